#!/usr/bin/env bash
# Starts one side of a case, as the interop runner starts a container. Ends with its exit code.
# usage: endpoint.sh client|server WHO CASE SERVER_ADDRESS CLIENT_ADDRESS OUT PKI [FILE...]
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scripts=$root/tests/Quiver.Interop.Tests/Peers
role=$1 who=$2 case=$3 address=$4 local=$5 out=$6 pki=$7
shift 7
host=$address
[[ $address != *:* ]] || host="[$address]"
urls=()
paths=()
for name in "$@"; do
  urls+=("https://$host:443/$name")
  paths+=("/$name")
done

# A connection for each file, one after the other.
one_by_one() {
  local url
  for url in "${urls[@]}"; do "$@" "$url" || return; done
}

case $who-$role in
  quiver-*)
    ROLE=$role TESTCASE=$case REQUESTS="${urls[*]}" WWW=$out/www DOWNLOADS=$out/downloads CERTS=$pki \
      exec "$root/artifacts/bin/Quiver.Interop/release/Quiver.Interop"
    ;;
  quicgo-server)
    more=()
    [[ $case != retry ]] || more+=(-retry)
    exec "$PEERS/bin/quicgo" server -addr :443 -cert "$pki/cert.pem" -key "$pki/priv.key" -www "$out/www" -keylog "$SSLKEYLOGFILE" "${more[@]}"
    ;;
  quicgo-client)
    command=("$PEERS/bin/quicgo" hq -keylog "$SSLKEYLOGFILE" -out "$out/downloads" -timeout 55s)
    case $case in
      resumption) exec "${command[@]}" -resume "${urls[@]}" ;;
      zerortt) exec "${command[@]}" -0rtt "${urls[@]}" ;;
      keyupdate) exec "${command[@]}" -keyupdate 100 "${urls[@]}" ;;
      chacha20) exec "${command[@]}" -cipher chacha20 "${urls[@]}" ;;
      multiconnect) one_by_one "${command[@]}" ;;
      *) exec "${command[@]}" "${urls[@]}" ;;
    esac
    ;;
  quiche-server)
    more=()
    [[ $case != retry ]] || more+=(--retry)
    exec node "$scripts/quiche.mjs" hq-server --host "$address" --port 443 --cert "$pki/cert.pem" --key "$pki/priv.key" --www "$out/www" \
      "${more[@]}"
    ;;
  quiche-client)
    more=()
    case $case in
      resumption) more+=(--resume) ;;
      zerortt) more+=(--zrtt) ;;
      multiconnect) more+=(--each) ;;
    esac
    exec node "$scripts/quiche.mjs" get --host "$address" --local "$local" --port 443 --out "$out/downloads" "${more[@]}" "${paths[@]}"
    ;;
  quinn-server)
    more=()
    [[ $case != connectionmigration ]] || more+=(--preferred "$address:444")
    exec "$PEERS/bin/deno" run -A --unstable-net --no-lock "$scripts/quinn.ts" hq-server --host "$address" --port 443 --cert "$pki/cert.pem" \
      --key "$pki/priv.key" --www "$out/www" "${more[@]}"
    ;;
  quinn-client)
    more=()
    case $case in
      zerortt) more+=(--zrtt) ;;
      multiconnect) more+=(--each) ;;
    esac
    exec "$PEERS/bin/deno" run -A --unstable-net --no-lock "$scripts/quinn.ts" get --host "$address" --local "$local" --port 443 --ca "$pki/ca.pem" \
      --out "$out/downloads" "${more[@]}" "${paths[@]}"
    ;;
  *)
    echo "endpoint.sh: who is '$who'?" >&2
    exit 2
    ;;
esac
