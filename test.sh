#!/usr/bin/env bash
# Builds everything and runs every test. The very last line says how many passed and failed.
# usage: ./test.sh            PEERS=DIR says where foreign QUIC implementations are (default: ~/.cache/quic-peers)
#        NO_PEERS=1           installs no peers
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export PEERS="${PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/quic-peers}"

passed=0
failed=0
skipped=0
broken=()
named=()

# Whoever sees only the end of the output sees what failed.
finish() {
  if ((${#named[@]} > 0)); then
    printf 'FAIL: %s\n' "${named[@]}"
  fi
  if ((${#broken[@]} > 0)); then
    printf 'FAILED: %s\n' "${broken[@]}"
  fi
  ((skipped == 0)) || echo "$skipped skipped"
  echo "$passed passed, $failed failed"
  exit $((failed > 0 ? 1 : 0))
}

# A step that must succeed; with "stop", nothing after it makes sense.
step() {
  local name=$1 otherwise=$2
  shift 2
  echo "== $name"
  if ! "$@"; then
    failed=$((failed + 1))
    broken+=("$name")
    [[ $otherwise != stop ]] || finish
  fi
}

has_peer() {
  case $1 in
    go) [[ -x $PEERS/bin/quicgo ]] ;;
    quiche) [[ -d $PEERS/node_modules/@matrixai/quic-linux-x64 ]] && command -v node >/dev/null ;;
    deno) [[ -x $PEERS/bin/deno ]] ;;
    ngtcp2) command -v gtlsclient >/dev/null && [[ -x /usr/sbin/gtlsserver ]] ;;
    caddy) command -v caddy >/dev/null ;;
    bun) [[ -x $PEERS/bin/bun ]] ;;
    qpack) [[ -x $PEERS/bin/qpackref ]] ;;
    impit) [[ -d $PEERS/node_modules/impit ]] && command -v node >/dev/null ;;
    chromium) [[ -d $PEERS/node_modules/playwright-core ]] && command -v chromium >/dev/null ;;
    firefox) [[ -d $PEERS/node_modules/puppeteer-core ]] && command -v firefox-esr certutil | wc -l | grep -q 2 ;;
    tools) [[ -x $PEERS/bin/netemu ]] && command -v tshark nft conntrack ip ethtool | wc -l | grep -q 5 ;;
  esac
}

# The interop tests run against whatever is there; what is not is said by name.
install_peers() {
  local script=../shared/peers/install.sh group
  for group in go quiche deno ngtcp2 caddy bun impit qpack chromium firefox tools; do
    has_peer "$group" && continue
    if [[ -z ${NO_PEERS:-} && -f $script && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
      echo "installing peer: $group"
      timeout 600 sh "$script" "$group" || true
    fi
    if ! has_peer "$group"; then
      echo "NOT RUN: interop with '$group' is not installed in the peers' folder"
    fi
  done
}

# Notes each failure in a log of xunit's: the test's name and the lines that say why, up to the stack, as one line.
name_failures() {
  local line
  while IFS= read -r line; do
    named+=("$line")
  done < <(awk -v most=400 '
    function flush() { if (text != "") print substr(text, 1, most); text = "" }
    / \[FAIL\] *$/ || /^ *\[(Test|Assembly|Collection|Class|Method|FATAL).*(Failure|ERROR)/ { flush(); sub(/^ */, ""); text = $0; next }
    text == "" { next }
    /^ *$/ || /^ *(Stack Trace|Output|Warnings|Attachments):/ { flush(); next }
    { sub(/^ */, " "); text = text $0 }
    END { flush() }' "$1")
}

# Name of the project, then filters.
run_tests() {
  local name=$1 program=artifacts/bin/$1/release/$1 log code summary total errors fails skips
  shift
  echo "== $name $*"
  log=$(mktemp)
  timeout 900 "$program" -noColor "$@" 2>&1 | tee "$log" | grep -vE '^ *(Discovering|Discovered|Starting|Finished): |^ *$|^xUnit'
  code=${PIPESTATUS[0]}
  summary=$(grep -E "Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+" "$log" | tail -1)
  name_failures "$log"
  rm -f "$log"
  total=$(sed -nE 's/.*Total: ([0-9]+).*/\1/p' <<<"$summary")
  errors=$(sed -nE 's/.*Errors: ([0-9]+).*/\1/p' <<<"$summary")
  fails=$(sed -nE 's/.*Failed: ([0-9]+).*/\1/p' <<<"$summary")
  skips=$(sed -nE 's/.*Skipped: ([0-9]+).*/\1/p' <<<"$summary")
  total=${total:-0} errors=${errors:-0} fails=${fails:-0} skips=${skips:-0}
  skipped=$((skipped + skips))
  passed=$((passed + total - fails - skips))
  failed=$((failed + fails + errors))
  if ((fails + errors > 0)); then
    broken+=("$name: $((fails + errors)) tests")
  elif ((code != 0 || total == 0)); then
    failed=$((failed + 1))
    broken+=("$name: exit code $code, $total tests run")
  fi
}

# The interop runner's cases: our own two sides in all of them, and foreign ones in those that take little time.
run_interop_runner() {
  local log summary code line
  echo "== interop runner $*"
  log=$(mktemp)
  timeout 900 tests/interop-runner.sh "$@" 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  summary=$(tail -1 "$log")
  if [[ $summary =~ ^interop\ runner:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if ((BASH_REMATCH[2] > 0)); then
      broken+=("interop runner: ${BASH_REMATCH[2]} cases")
      while IFS= read -r line; do
        named+=("interop runner: $line")
      done < <(grep -E '^(quiver -> quiver [a-z0-9-]+|NOT RUN: the interop runner.s cases): ' "$log")
    fi
  else
    failed=$((failed + 1))
    broken+=("interop runner: exit code $code, and no count")
  fi
  rm -f "$log"
}

install_peers
# Where everything can be installed, a peer that is missing is a failure and not a gap.
if [[ -z ${NO_PEERS:-} && -d ../shared/peers && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  export QUIVER_PEERS=required
fi
step restore stop dotnet restore Quiver.slnx --locked-mode
step build stop dotnet build Quiver.slnx -c Release --no-restore -warnaserror -v quiet
step format go-on dotnet format Quiver.slnx --no-restore --verify-no-changes
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if [[ $name == Quiver.Tests ]]; then
    # What is measured of a whole process, its heap, gets one of its own.
    run_tests "$name" -class- '*.StreamChurnTests' -class- '*.StreamCostTests'
    run_tests "$name" -class '*.StreamChurnTests' -class '*.StreamCostTests'
  else
    run_tests "$name"
  fi
done
run_interop_runner --pairs ours
run_interop_runner --pairs peers --cases "handshake chacha20 multiplexing retry resumption zerortt keyupdate ecn amplificationlimit ipv6 versionnegotiation"
finish
