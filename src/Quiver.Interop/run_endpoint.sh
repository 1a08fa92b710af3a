#!/bin/bash
# The entry of the image: the runner sets ROLE, TESTCASE, REQUESTS, SSLKEYLOGFILE and QLOGDIR.
set -e

# Routes of the simulated network; it comes with the base image.
/setup.sh

if [ "$ROLE" = client ]; then
  # Until the simulator is ready.
  /wait-for-it.sh sim:57832 -s -t 30
fi

exec /usr/share/dotnet/dotnet /quiver/Quiver.Interop.dll
