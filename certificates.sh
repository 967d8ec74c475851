#!/bin/sh
# Certificates for mutual TLS between the gateway and the model server: an authority, and a pair for each side that it signed.
#
#   ./certificates.sh [FOLDER]           by default secrets/; SERVING_NAMES names the model server, as openssl's subjectAltName
#
# Run again it renews both pairs and keeps the authority, whose key is needed for nothing else and may be kept elsewhere.
set -eu
folder=${1:-secrets}
names=${SERVING_NAMES:-DNS:serving,DNS:localhost,IP:127.0.0.1}
days=825

# The containers run as a user that is nobody here, so they can read only what everybody may; the folder keeps the others out.
umask 022
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p gateway
if [ ! -e ca.key ] || [ ! -e gateway/ca.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Ragam's own authority" \
        -addext "keyUsage=critical,keyCertSign" -keyout ca.key -out gateway/ca.crt 2>/dev/null
    chmod 600 ca.key
fi

sign() { # NAME PURPOSE [SUBJECTALTNAME]: $work/NAME.key and $work/NAME.pem
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nsubjectAltName=%s\n' \
        "$2" "$3" > "$work/extensions"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/request" 2>/dev/null
    openssl x509 -req -in "$work/request" -CA gateway/ca.crt -CAkey ca.key -CAcreateserial -CAserial "$work/serial" -days $days \
        -extfile "$work/extensions" -out "$work/$1.pem" 2>/dev/null
}

field() { # NAME FILE: a field of the SSLConfig, whose strings hold the PEM text itself
    printf '%s: "%s"\n' "$1" "$(awk '{ printf "%s\\n", $0 }' "$2")"
}

sign gateway clientAuth DNS:gateway
sign serving serverAuth "$names"
{
    field server_key "$work/serving.key"
    field server_cert "$work/serving.pem"
    field custom_ca gateway/ca.crt
    echo "client_verify: true"
} > "$work/serving.ssl.config"
chmod 644 "$work/gateway.key"
mv "$work/gateway.key" gateway/tls.key
mv "$work/gateway.pem" gateway/tls.crt
mv "$work/serving.ssl.config" serving.ssl.config
echo "In $folder: gateway/ for the gateway (ca.crt, tls.crt, tls.key), serving.ssl.config for the model server; ca.key is the authority's."
