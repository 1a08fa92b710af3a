# The interop runner's cases, sourced by cell.sh: for each what the sides are told, the network, the files, and what must be seen
# in the packets. case_NAME sets up and may redefine before_start, during and look; what look prints is what is wrong.

all_cases=(
  handshake transfer longrtt chacha20 multiplexing retry resumption zerortt http3 blackhole keyupdate ecn amplificationlimit
  handshakeloss transferloss handshakecorruption transfercorruption ipv6 v2 rebind-port rebind-addr connectionmigration
  versionnegotiation unsupported
)

before_start() { :; }
look() { :; }
MB=1048576

# ---------------------------------------------------------------- cases

case_handshake() {
  client_case=handshake server_case=handshake
  look() { [[ $(retries "$server_table") == 0 ]] || echo 'there was a Retry'; }
}

case_transfer() { sizes=($((2 * MB)) $((3 * MB)) $((5 * MB))); }

case_longrtt() {
  client_case=handshake server_case=handshake
  link=(delay=750 rate=10 queue=37500)
  # The first flight was repeated: CRYPTO from its beginning at least twice.
  look() {
    local n
    n=$(ask "$(table_of client)" 'fromclient() && initial() && has($cryptooffset, 0) { n++ } END { print n + 0 }')
    ((n >= 2)) || echo "the ClientHello was sent $n times"
  }
}

case_chacha20() {
  client_case=chacha20 server_case=chacha20
  sizes=($((3 * MB)))
  # Offered by the client's hello (1) and chosen by the server's (2): 0x1303 alone.
  look() {
    local suites
    suites=$(ask "$server_table" '$suite != "" { print $suite }' | tr ',' '\n' | sort -u | tr '\n' ' ')
    case $suites in '0x1303 ' | '4867 ') ;; *) echo "cipher suites: $suites" ;; esac
  }
}

case_multiplexing() {
  sizes=()
  make_files() { head -c $((1999 * 32)) /dev/urandom | split -b 32 -a 4 - "$out/www/f"; }
  look() {
    local most
    most=$(ask "$server_table" '!fromclient() && $bidi != "" { print first($bidi); exit }')
    [[ -n $most ]] && ((most <= 1000)) || echo "the server allows '$most' streams at first"
  }
}

case_retry() {
  client_case=retry server_case=retry
  sizes=(10240)
  look() {
    ask "$(table_of client)" '
      !fromclient() && retry() { retried = 1; if ($retrytoken != "") tokens[$retrytoken] = 1 }
      fromclient() && initial() {
        if ($token == "") { if (first($number) + 0 > before) before = first($number) + 0 }
        else if (first($number) + 0 <= before) again = 1
        else for (t in tokens) if (index($token, t) > 0) good = 1
      }
      END {
        if (!retried) print "there was no Retry"
        else if (again) print "packet numbers began anew after the Retry"
        else if (!good) print "no Initial has the token of a Retry"
      }'
  }
}

case_resumption() {
  client_case=resumption server_case=resumption
  sizes=(5120 10240)
  connections=2
  # A Certificate (11) in the first handshake only.
  look() {
    ask "$server_table" '
      !fromclient() && initial() && first($scid) != last { last = first($scid); n++ }
      !fromclient() && has($hello, 11) { certificates[n]++ }
      END {
        if (!certificates[1]) print "no certificate in the first handshake"
        if (certificates[2]) print "a certificate in the second handshake"
      }'
  }
}

case_zerortt() {
  client_case=zerortt server_case=zerortt
  name_length=250
  sizes=()
  for _ in $(seq 40); do sizes+=(32); done
  connections=2
  # Early data, and at most half of the names in 1-RTT packets (that have no long header).
  look() {
    ask "$server_table" '
      fromclient() && zerortt() { early += $udplen - 8 }
      fromclient() && types() == "" && streams() { late += $udplen - 8 }
      END {
        if (!early) print "no 0-RTT packet"
        else if (late > 40 * 250 / 2) print "requests in 1-RTT packets: " late " bytes"
      }'
  }
}

case_http3() {
  client_case=http3 server_case=http3
  sizes=(5120 10240 512000)
}

case_blackhole() {
  sizes=($((10 * MB)))
  during() {
    while :; do
      sleep 5
      sh "$shared/net/lab.sh" set down=1
      sleep 2
      sh "$shared/net/lab.sh" set down=0
    done
  }
}

case_keyupdate() {
  client_case=keyupdate
  sizes=($((3 * MB)))
  look() {
    ask "$server_table" '
      has($phase, 1) || has($phase, "True") { if (fromclient()) c++; else s++ }
      END {
        if (!c) print "no packet of the client with key phase 1"
        if (!s) print "no packet of the server with key phase 1"
      }'
  }
}

case_ecn() {
  client_case=ecn server_case=ecn
  sizes=(102400)
  # ECT(0) is 2, ECT(1) is 1, CE is 3; ACK frames with counts are of type 3.
  look() {
    ask "$server_table" '
      { e = ($ecn4 $ecn6) + 0; side = fromclient() ? "client" : "server"; if (e == 1 || e == 2) ect[side]++; if (e == 3) ce++; if (has($frame, 3)) ack[side]++ }
      END {
        if (!ect["client"]) print "the client sends no ECT"
        if (!ect["server"]) print "the server sends no ECT"
        if (!ack["client"]) print "the client reports no counts"
        if (!ack["server"]) print "the server reports no counts"
        if (ce) print "CE where nothing is congested"
      }' | head -1
  }
}

case_amplificationlimit() {
  sizes=(5120)
  pki=$PKI/chain
  # The second to the seventh packet of the client never get through the node before the server.
  nat=1
  before_start() {
    ip netns exec q2 nft -f - <<'N'
table inet drops {
  chain forward {
    type filter hook forward priority 0;
    udp dport 443 numgen inc mod 1000000 1-6 counter drop
  }
}
N
  }
  # Until a Handshake packet of the client arrives, the server has sent at most three times what it has received. The runner lets
  # foreign servers have a little more.
  look() {
    ask "$server_table" '
      fromclient() { if (handshake()) validated = 1; received += $udplen - 8 }
      !fromclient() {
        if (!validated) { sent += $udplen - 8; if (sent > factor * received) over = sent " bytes for " received }
        if (handshake()) { n = split($cryptooffset, o, ","); split($cryptolength, l, ","); for (i = 1; i <= n; i++) if (o[i] + l[i] > crypto) crypto = o[i] + l[i] }
      }
      END {
        if (crypto < 7500) print "the server sent only " crypto + 0 " bytes of CRYPTO"
        else if (over != "") print "the server sent " over " before the address was valid"
      }' -v factor="$([[ $server == quiver ]] && echo 3 || echo 3.99)"
    local dropped
    dropped=$(ip netns exec q2 nft list chain inet drops forward | sed -n 's/.*packets \([0-9]*\).*/\1/p')
    ((dropped == 6)) || echo "$dropped packets were dropped, not 6"
  }
}

many_connections() {
  client_case=multiconnect server_case=multiconnect
  limit=300
  connections=50
  sizes=()
  for _ in $(seq 50); do sizes+=(1024); done
}

case_handshakeloss() {
  many_connections
  link+=(loss=30)
}

case_handshakecorruption() {
  many_connections
  link+=(corrupt=30)
}

case_transferloss() {
  sizes=($((2 * MB)))
  link+=(loss=2)
}

case_transfercorruption() {
  sizes=($((2 * MB)))
  link+=(corrupt=2)
}

case_ipv6() {
  sizes=($((5 * 1024)))
  ipv6=1
  look() {
    local n
    n=$(ask "$server_table" '$ip4src != "" { n++ } END { print n + 0 }')
    ((n == 0)) || echo "$n packets by IPv4"
  }
}

case_v2() {
  client_case=v2 server_case=v2
  # The client begins with version 1, and all Handshake packets are of version 2.
  look() {
    ask "$server_table" '
      fromclient() && initial() && !begun { begun = 1; if (first($version) !~ /^(0x0*)?1$/) print "the client begins with version " first($version) }
      handshake() { n++; if (first($version) !~ /6b3343cf$/ && first($version) != 1798521807) other = first($version) }
      END {
        if (!n) print "no Handshake packet"
        else if (other != "") print "a Handshake packet of version " other
      }'
  }
  expected_versions='0x00000001 0x6b3343cf '
}

rebinding() {
  nat=1
  sizes=($((10 * MB)))
  # To each new address of the client the server sends a PATH_CHALLENGE first, and each challenge to the address where the client is
  # has its answer: one to an address that it has lost cannot have. Where a client has empty connection ids tshark loses the server's
  # packets when addresses change; then answers on each path must do.
  look() {
    ask "$server_table" '
      !fromclient() {
        if (!(dst() in met)) { met[dst()] = 1; if (++paths > 1 && $challenge == "" && $frame != "") late = dst() }
        if (dst() == where && $challenge != "") { n = split($challenge, c, ","); for (i = 1; i <= n; i++) challenges[c[i]] = 1 }
      }
      fromclient() {
        where = src()
        if (!(where in from)) { from[where] = 1; places++; answers = 0 }
        if ($response != "") { n = split($response, r, ","); for (i = 1; i <= n; i++) responses[r[i]] = 1; if (!answers++) answered++ }
      }
      END {
        if (paths < 2) print "the address of the client never changed"
        else if (late != "") print "the first packet to " late " has no PATH_CHALLENGE"
        else if (answered < places - 1) print "answers on " answered + 0 " of " places - 1 " new paths"
        else for (x in challenges) if (!(x in responses)) { print "challenge " x " was not answered"; exit }
      }'
  }
}

case_rebind_port() {
  rebinding
  during() { rebind_with 'translate 11 $((40000 + n))'; }
}

case_rebind_addr() {
  rebinding
  during() { rebind_with 'translate $((11 + n)) $((40000 + n))'; }
}

# One second after the handshake, during which addresses must not change (RFC 9000 §9), then each five.
rebind_with() {
  local n
  while (($(ip -s -n q2 -j link show rs | sed -n 's/.*"rx":{"bytes":\([0-9]*\).*/\1/p') < 50000)); do sleep 0.1; done
  sleep 1
  for n in $(seq 19); do
    eval "$1"
    sleep 5
  done
}

# The NAT shows the client under this address (the last number) and port from now on.
translate() {
  ip netns exec q2 nft -f - <<N
flush chain ip nat post
add rule ip nat post oifname "rs" udp dport 443 snat to 10.78.2.$1:$2
N
  ip netns exec q2 conntrack -F 2>/dev/null
}

case_connectionmigration() {
  server_case=connectionmigration
  sizes=($((2 * MB)))
  # The client moves, with another id of the server's; the server's first packet on the new path has a PATH_CHALLENGE.
  look() {
    ask "$server_table" '
      fromclient() && types() == "" {
        path = src() " " dst()
        if (home == "") home = path
        if (!(path in ids) && path != home) { moved = 1; for (p in ids) if (ids[p] == first($dcid)) same = 1 }
        ids[path] = first($dcid)
      }
      !fromclient() {
        path = dst() " " src()
        if (start == "") start = path
        if (!(path in met) && path != start && $challenge == "") late = 1
        met[path] = 1
      }
      END {
        if (!moved) print "the client stays on its path"
        else if (same) print "the client moved under its old connection id"
        else if (late) print "the first packet of the server on the new path has no PATH_CHALLENGE"
      }'
  }
}

case_versionnegotiation() {
  client_case=versionnegotiation server_case=versionnegotiation
  expected_versions='0x00000001 0x6b3343cf ' # what the client begins with, and what it goes on with
  look() {
    ask "$server_table" '
      fromclient() && id == "" && $dcid != "" { id = first($dcid) }
      !fromclient() && $version ~ /^(0x0*)?0$/ { n++; if (first($scid) == id) good = 1 }
      END { if (!n) print "there was no Version Negotiation"; else if (!good) print "its source id is not the one that the client chose" }'
  }
}

# The runner's own check of an image: a test case that nobody knows is refused with 127, by either side.
case_unsupported() {
  client_case=$(head -c 8 /dev/urandom | od -An -tx1 | tr -d ' \n')
  server_case=$client_case
}

# ---------------------------------------------------------------- what all have

random_name() { # length
  head -c $(($1)) /dev/urandom | od -An -v -tx1 | tr -d ' \n' | head -c "$1"
}

make_files() {
  local size
  for size in "${sizes[@]}"; do head -c "$size" /dev/urandom >"$out/www/$(random_name "$name_length")"; done
}

table_of() { # client or server: made when first asked for
  [[ -f $out/$1.table ]] || table "$out/$1.pcapng" "$out/keys.log" >"$out/$1.table"
  echo "$out/$1.table"
}

# Says what is wrong, or nothing.
judge() {
  local n seen server_table
  server_table=$(table_of server)
  n=$(handshakes "$server_table")
  [[ $n == "$connections" ]] || { echo "$n handshakes, not $connections"; return; }
  seen=$(versions "$server_table")
  [[ $seen == "${expected_versions:-0x00000001 }" ]] || { echo "versions $seen"; return; }
  look
}

# Fails and says why, where it is known that a foreign implementation, or the program around it, does not have what the case needs.
cannot_play() { # role, who
  local reason=''
  case $case-$2-$1 in
    *-quiver-*) ;;
    http3-*) reason='not played by these programs' ;;
    v2-*) reason='knows version 2 as a draft only, or not at all' ;;
    unsupported-*) reason='our own programs around a library' ;;
    ecn-quicgo-* | ecn-quiche-*) reason='marks nothing' ;;
    connectionmigration-*-server) [[ $2 == quinn ]] || reason='has no preferred address' ;;
    connectionmigration-*-client) reason='does not move to a preferred address' ;;
    rebind-*-quicgo-server) reason='does not follow a rebinding' ;;
    chacha20-quiche-client | chacha20-quinn-client) reason='no choice of cipher suites' ;;
    keyupdate-quiche-client | keyupdate-quinn-client) reason='starts no key update' ;;
    versionnegotiation-*-client) reason='begins with no other version' ;;
    retry-quinn-server) reason='has no switch for Retry' ;;
    resumption-quinn-client) reason='no switch for resumption alone' ;;
    amplificationlimit-quinn-client) reason='takes no chain so long' ;;
  esac
  [[ -z $reason ]] && return
  echo "$reason"
  return 1
}
