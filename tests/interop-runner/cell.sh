#!/usr/bin/env bash
# One cell of the matrix: a test case of the interop runner between a client and a server, each in a network namespace of its own,
# with a link between them that has the case's delay, rate, loss and so on. Writes one line to OUT/result:
#   ok SECONDS | - REASON (somebody cannot play the case) | FAIL REASON
# usage: cell.sh CASE CLIENT SERVER OUT      CLIENT, SERVER: quiver quicgo quiche quinn; $PKI has the certificates. Root only.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
shared=$(cd "$root/../shared/peers" && pwd)
case=$1 client=$2 server=$3 out=$4

# Everything below happens in namespaces of this process's own, and ends with it: processes, network, mounts.
if [[ -z ${CELL_INSIDE:-} ]]; then
  mkdir -p "$out"
  CELL_INSIDE=1 timeout -k 5 420 unshare --mount --net --pid --fork --kill-child --mount-proc "$0" "$@" >"$out/cell.log" 2>&1
  [[ -s $out/result ]] || echo "FAIL the cell ended with $? before it was judged" >"$out/result"
  exit 0
fi
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
export LAB=$out/lab
source "$here/packets.sh"
source "$here/cases.sh"

finish() {
  echo "$*" >"$out/result"
  exit 0
}

# What a case may change; its setup function, case_CASE, comes next.
client_case=transfer server_case=transfer
link=(delay=15 rate=10 queue=37500)
sizes=(1024)
name_length=10
pki=$PKI/plain
ipv6=''          # the client connects by IPv6
nat=''           # there is a NAT before the server
connections=1
limit=60
during() { :; }  # runs beside the client
"case_${case//-/_}"

reason=$(cannot_play client "$client") || finish "- client: $reason"
reason=$(cannot_play server "$server") || finish "- server: $reason"

# The network: q1 (client) -- netemu -- q2 (server, or a NAT before the namespace s0 with the server).
sh "$shared/net/lab.sh" up "$PEERS/bin/netemu" "${link[@]}" || finish 'FAIL no network'
client_ns=q1 server_ns=q2 server_device=em0 address=10.79.0.2 client_address=10.79.0.1
if [[ -n $ipv6 ]]; then address=fd79::2 client_address=fd79::1; fi
if [[ -n $nat ]]; then
  server_ns=s0 server_device=s address=10.78.2.2
  ip netns add s0
  ip link add s netns s0 type veth peer name rs netns q2
  ip -n s0 link set lo up
  ip -n s0 addr add 10.78.2.2/24 dev s
  ip -n s0 link set s up
  ip -n q2 addr add 10.78.2.1/24 dev rs
  for i in $(seq 11 30); do ip -n q2 addr add "10.78.2.$i/24" dev rs; done
  ip -n q2 link set rs up
  ip -n q1 route add 10.78.2.0/24 dev em0
  ip netns exec q2 sysctl -qw net.ipv4.ip_forward=1
  ip netns exec s0 ethtool -K s tx-udp-segmentation off # captures show datagrams, not batches
  ip netns exec q2 nft -f - <<'N'
table ip nat {
  chain in {
    type filter hook input priority 0;
    udp sport 443 drop
  }
  chain post {
    type nat hook postrouting priority 100;
  }
}
N
  translate 11 40000
fi
before_start

# Files.
mkdir -p "$out/www" "$out/downloads" "$out/qlog"
make_files
mapfile -t names < <(ls "$out/www")
: >"$out/keys.log"

capture() { # namespace, device, file
  ip netns exec "$1" dumpcap -q -B 64 -i "$2" -f 'udp' -w "$out/$3" 2>"$out/$3.log" &
  captures+=($!)
  local i
  for i in $(seq 100); do ! grep -q '^File:' "$out/$3.log" || return 0; sleep 0.05; done
  finish "FAIL no capture: $(tail -1 "$out/$3.log")"
}
captures=()
capture "$client_ns" em0 client.pcapng
capture "$server_ns" "$server_device" server.pcapng

cd "$PEERS"
ip netns exec "$server_ns" env SSLKEYLOGFILE="$out/keys.log" QLOGDIR="$out/qlog" "$here/endpoint.sh" server "$server" "$server_case" \
  "$address" "$client_address" "$out" "$pki" >"$out/server.log" 2>&1 &
server_pid=$!
for i in $(seq 200); do
  [[ -z $(ip netns exec "$server_ns" ss -Hlun 'sport = :443') ]] || break
  if ! kill -0 $server_pid 2>/dev/null; then
    wait $server_pid
    code=$?
    [[ $code != 127 ]] || finish '- server: unsupported (127)'
    finish "FAIL the server ended with $code: $(tail -1 "$out/server.log")"
  fi
  sleep 0.05
done

during &
began=$(date +%s%N)
timeout -k 2 "$limit" ip netns exec "$client_ns" env SSLKEYLOGFILE="$out/keys.log" QLOGDIR="$out/qlog" "$here/endpoint.sh" client "$client" "$client_case" \
  "$address" "$client_address" "$out" "$pki" "${names[@]}" >"$out/client.log" 2>&1
code=$?
milliseconds=$((($(date +%s%N) - began) / 1000000))
[[ $code != 127 ]] || finish '- client: unsupported (127)'
sleep 1.2 # what is on its way arrives; dumpcap hands over what it has at least once a second
kill "$server_pid" 2>/dev/null
kill -INT "${captures[@]}"
wait "${captures[@]}"
[[ $code != 124 ]] || finish "FAIL the client was not done after $limit s"
[[ $code == 0 ]] || finish "FAIL the client ended with $code: $(tail -1 "$out/client.log")"

# Files byte for byte, and no others.
difference=$(diff -rq "$out/www" "$out/downloads" | head -1)
[[ -z $difference ]] || finish "FAIL files: $difference"

problem=$(judge)
[[ -z $problem ]] || finish "FAIL $problem"
finish "ok $(printf '%d.%d' $((milliseconds / 1000)) $((milliseconds % 1000 / 100)))"
