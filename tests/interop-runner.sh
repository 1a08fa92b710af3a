#!/usr/bin/env bash
# What the QUIC interop runner does, without Docker: each of its test cases between a client and a server in network namespaces, with
# a link between them that has the case's delay, rate, loss, corruption or NAT; files are compared byte for byte, and tshark says
# what happened on the wire. Prints the matrix; a red cell between our own two sides is a failure.
# usage: interop-runner.sh [--pairs ours|peers|all] [--cases "NAME..."] [--jobs N] [--out DIR [--keep]] [--write]
#   --keep    does not run again what has a result in DIR
#   --write   puts the matrix into docs/interop.md
# Needs root, namespaces, and ../shared/peers with its groups tools (and go, quiche, deno for the peers' cells), and a built solution.
# The last line is: interop runner: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PEERS="${PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/quic-peers}"
source tests/interop-runner/cases.sh
pairs=all cases="${all_cases[*]}" jobs=2 out='' write='' keep=''
while (($# > 0)); do
  case $1 in
    --pairs) pairs=$2; shift ;;
    --cases) cases=$2; shift ;;
    --jobs) jobs=$2; shift ;;
    --out) out=$2; shift ;;
    --write) write=1 ;;
    --keep) keep=1 ;;
    *) echo "interop-runner.sh: what is '$1'?" >&2; exit 2 ;;
  esac
  shift
done

# Where everything can be installed (QUIVER_PEERS=required) what is missing is a failure and not a gap.
not_run() {
  echo "NOT RUN: the interop runner's cases: $1"
  if [[ ${QUIVER_PEERS:-} == required ]]; then
    echo 'interop runner: 0 passed, 1 failed'
    exit 1
  fi
  echo 'interop runner: 0 passed, 0 failed'
  exit 0
}
[[ $(id -u) == 0 ]] || not_run 'not root'
for program in unshare ip nft conntrack ethtool ss dumpcap tshark openssl "$PEERS/bin/netemu"; do
  command -v "$program" >/dev/null || not_run "there is no $program"
done
[[ -f ../shared/peers/net/lab.sh ]] || not_run 'there is no ../shared/peers'
unshare --mount --net --pid --fork --mount-proc true 2>/dev/null || not_run 'no namespaces are allowed'
[[ -c /dev/net/tun ]] || not_run 'there is no /dev/net/tun'
[[ -x artifacts/bin/Quiver.Interop/release/Quiver.Interop ]] || not_run 'Quiver.Interop is not built (-c Release)'

if [[ -z $out ]]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
out=$(realpath "$out")
export PKI=$out/pki
../shared/peers/certs.sh "$PKI/plain" && cp "$PKI/plain/key.pem" "$PKI/plain/priv.key" || not_run 'certificates could not be made'
tests/interop-runner/chain.sh "$PKI/chain" || not_run 'the chain of certificates could not be made'

has_peer() {
  case $1 in
    quicgo) [[ -x $PEERS/bin/quicgo ]] ;;
    quiche) [[ -d $PEERS/node_modules/@matrixai/quic-linux-x64 ]] && command -v node >/dev/null ;;
    quinn) [[ -x $PEERS/bin/deno ]] ;;
  esac
}
columns=()
[[ $pairs == peers ]] || columns+=('quiver quiver')
if [[ $pairs != ours ]]; then
  for peer in quicgo quiche quinn; do
    if has_peer "$peer"; then
      columns+=("quiver $peer" "$peer quiver")
    else
      echo "NOT RUN: the interop runner's cases with $peer, which is not installed"
    fi
  done
fi

cell_of() { echo "$out/$1.${2// /-}"; }

# One line a cell as it is done. Long ones first, so that none is left alone at the end.
list() {
  local case column
  for case in $cases; do
    for column in "${columns[@]}"; do
      case $case in
        handshakeloss | handshakecorruption) echo "0 $case $column" ;;
        *) echo "1 $case $column" ;;
      esac
    done
  done | sort -s -n -k 1,1 | cut -d ' ' -f 2-
}
run_cell() {
  [[ -n $keep && -s $out/$1.$2-$3/result ]] || tests/interop-runner/cell.sh "$1" "$2" "$3" "$out/$1.$2-$3"
  printf '%-22s %-8s -> %-8s %s\n' "$1" "$2" "$3" "$(cat "$out/$1.$2-$3/result")"
}
export out keep
export -f run_cell
list | xargs -P "$jobs" -L 1 bash -c 'run_cell "$@"' run_cell

# usage: mark CASE COLUMN      the cell as the matrix has it
mark() {
  local result expected=ok
  result=$(cat "$(cell_of "$1" "$2")/result" 2>/dev/null || echo 'FAIL not run')
  [[ $1 != unsupported && $1 != http3 ]] || expected='-'
  case $result in
    ok*) [[ $expected == ok ]] && echo "✓" || echo "✗ $result" ;;
    '- '*) if [[ $expected == '-' ]]; then echo "✓ 127"; elif [[ $2 == 'quiver quiver' ]]; then echo "✗ ${result#- }"; else echo "–"; fi ;;
    *) echo "✗" ;;
  esac
}
passed=0 failed=0
matrix() {
  local case column line='| case |' rule='|---|'
  for column in "${columns[@]}"; do
    line+=" ${column/ / → } |" rule+='---|'
  done
  echo "$line"
  echo "$rule"
  for case in $cases; do
    line="| $case |"
    for column in "${columns[@]}"; do
      # That what nobody knows is refused is our own programs' affair.
      if [[ $column != 'quiver quiver' && ($case == unsupported || $case == http3) ]]; then line+=' |'; else line+=" $(mark "$case" "$column") |"; fi
    done
    echo "$line"
  done
}
echo
matrix | tee "$out/matrix.md"
for case in $cases; do
  for column in "${columns[@]}"; do
    [[ $column == 'quiver quiver' || ($case != unsupported && $case != http3) ]] || continue
    case $(mark "$case" "$column") in
      ✓*) passed=$((passed + 1)) ;;
      ✗*)
        echo "${column/ / -> } $case: $(cat "$(cell_of "$case" "$column")/result")"
        if [[ $column == 'quiver quiver' ]]; then failed=$((failed + 1)); fi
        ;;
    esac
  done
done
if [[ -n $write ]]; then
  {
    sed '/<!-- matrix -->/q' docs/interop.md
    cat "$out/matrix.md"
    sed -n '/<!-- end of the matrix -->/,$p' docs/interop.md
  } >"$out/interop.md"
  cp "$out/interop.md" docs/interop.md
fi
echo "interop runner: $passed passed, $failed failed"
((failed == 0))
