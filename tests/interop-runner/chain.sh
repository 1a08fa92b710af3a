#!/usr/bin/env bash
# A chain of nine certificates, each with names to fill it: more than a server may send before it has heard from the client
# again, several times over. The interop runner's case "amplificationlimit" has one like it.
# usage: chain.sh DIR      writes DIR/cert.pem (the chain, without its root), DIR/priv.key, DIR/ca.pem
set -euo pipefail
dir=$1
length=9
mkdir -p "$dir"
cd "$dir"
new=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256)
filler=$(for i in $(seq 10); do printf ',DNS:filler-%02d-of-a-certificate-that-is-to-be-large.example.test' "$i"; done)

openssl req -x509 "${new[@]}" -days 10 -subj "/CN=interop root" -keyout key-0.pem -out ca.pem \
  -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
cp ca.pem cert-0.pem
for i in $(seq "$length"); do
  if ((i == length)); then
    extensions="basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:10.79.0.2$filler"
  else
    extensions="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectAltName=DNS:ca-$i.example.test$filler"
  fi
  openssl req -new "${new[@]}" -subj "/CN=interop $i" -keyout "key-$i.pem" -out csr.pem 2>/dev/null
  openssl x509 -req -in csr.pem -CA "cert-$((i - 1)).pem" -CAkey "key-$((i - 1)).pem" -CAcreateserial -days 10 -sha256 \
    -extfile <(printf '%b\n' "$extensions") -out "cert-$i.pem" 2>/dev/null
done
mv "key-$length.pem" priv.key
for i in $(seq "$length" -1 1); do cat "cert-$i.pem"; done > cert.pem
rm -f csr.pem key-*.pem cert-*.pem ./*.srl
