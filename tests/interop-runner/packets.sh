# The server is at port 443, and at 444 when it prefers another address.
# Questions about captured packets, sourced by cell.sh. tshark decrypts a capture once into a table, a line for each datagram;
# a field of which a datagram has several (coalesced packets, frames) is a list with commas.

columns=(
  time=frame.time_relative ip4src=ip.src ip6src=ipv6.src ip4dst=ip.dst ip6dst=ipv6.dst sport=udp.srcport dport=udp.dstport
  udplen=udp.length ecn4=ip.dsfield.ecn ecn6=ipv6.tclass.ecn form=quic.header_form version=quic.version
  type1=quic.long.packet_type type2=quic.long.packet_type_v2 scid=quic.scid dcid=quic.dcid number=quic.packet_number
  token=quic.token retrytoken=quic.retry_token phase=quic.key_phase frame=quic.frame_type
  cryptooffset=quic.crypto.offset cryptolength=quic.crypto.length hello=tls.handshake.type suite=tls.handshake.ciphersuite
  bidi=tls.quic.parameter.initial_max_streams_bidi challenge=quic.path_challenge.data response=quic.path_response.data
)

# What every question may use. Types of long headers are those of version 1, whatever the version.
prelude='
function has(list, x) { return index("," list ",", "," x ",") > 0 }
function first(list) { sub(/,.*/, "", list); return list }
function src() { return $ip4src $ip6src ":" $sport }
function dst() { return $ip4dst $ip6dst ":" $dport }
function fromclient() { return $dport == 443 || $dport == 444 }
function types(   n, i, t, r) {
  if ($type2 == "") return $type1
  n = split($type2, t, ",")
  for (i = 1; i <= n; i++) r = r (i > 1 ? "," : "") (t[i] + 3) % 4
  return r
}
function initial() { return has(types(), 0) }
function zerortt() { return has(types(), 1) }
function handshake() { return has(types(), 2) }
function retry() { return has(types(), 3) }
function streams(   n, i, f) {
  n = split($frame, f, ",")
  for (i = 1; i <= n; i++) if (f[i] >= 8 && f[i] <= 15) return 1
  return 0
}
'

# usage: table CAPTURE KEYLOG > TABLE
table() {
  local column fields=()
  for column in "${columns[@]}"; do fields+=(-e "${column#*=}"); done
  tshark -r "$1" -o "tls.keylog_file:$2" -d udp.port==443,quic -d udp.port==444,quic -Y '(udp.port == 443 || udp.port == 444) && !icmp && !icmpv6' \
    -T fields -E separator=/t -E occurrence=a -E aggregator=, "${fields[@]}" 2>/dev/null |
    sed 's/0x000000000000000\([0-9a-f]\)/\1/g'
}

# usage: ask TABLE PROGRAM [awk options]      the program is awk; it prints the answer
ask() {
  local i variables=() file=$1 program=$2
  shift 2
  for i in "${!columns[@]}"; do variables+=(-v "${columns[$i]%%=*}=$((i + 1))"); done
  awk -F '\t' "${variables[@]}" "$@" "$prelude $program" "$file"
}

# Connections are told apart by the ids that the server chose in its Initials.
handshakes() { ask "$1" '!fromclient() && initial() { seen[first($scid)] = 1 } END { n = 0; for (x in seen) n++; print n }'; }
versions() { ask "$1" 'initial() { seen[first($version)] = 1 } END { for (x in seen) print x }' | sort | tr '\n' ' '; }
retries() { ask "$1" '!fromclient() && retry() { n++ } END { print n + 0 }'; }
