#!/bin/bash
# make-certs.sh - writes certs.c anew: identities of every key type under one authority, and some
# that are to be refused. Needs openssl(1). The tests do not run it: what it makes is kept, so that
# they are the same everywhere. Usage: tests/pair/make-certs.sh > tests/pair/certs.c
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch index
echo unique_subject=no > index.attr

cat > conf <<'END'
[ca]
default_ca = any
[any]
database = index
rand_serial = yes
new_certs_dir = .
policy = policy
default_md = sha256
[policy]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[sub]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:server.test, DNS:other.test, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[encipher]
keyUsage = critical, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:server.test, DNS:other.test, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.test
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END

key() { # NAME ALGORITHM [OPTION]
    openssl genpkey -quiet -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$1.key" 2> /dev/null ||
        openssl genpkey -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$1.key" 2> /dev/null
}

# cert NAME ISSUER EXTENSIONS [END]
cert() {
    openssl req -new -config conf -key "$1.key" -subj "/CN=$1" -out "$1.csr" 2> /dev/null
    local by=(-cert "$2.pem" -keyfile "$2.key")
    if [ "$1" = "$2" ]; then
        by=(-selfsign -keyfile "$1.key")
    fi
    openssl ca -batch -config conf -notext "${by[@]}" -in "$1.csr" -extensions "$3" \
        -startdate 20200101000000Z -enddate "${4:-20491231235959Z}" -out "$1.pem" 2> /dev/null
}

show() { # C-NAME FILE...
    echo "const char $1[] ="
    cat "${@:2}" | sed 's/.*/    "&\\n"/; $s/$/;/'
    echo
}

key root EC ec_paramgen_curve:P-256
cert root root root
key stranger EC ec_paramgen_curve:P-256
cert stranger stranger root
key root2 EC ec_paramgen_curve:P-256
cert root2 root2 root
key sub EC ec_paramgen_curve:P-256
cert sub root sub

cat <<'END'
/*
 * certs.c - certificates and private keys of the tests, written by make-certs.sh. The keys are
 * public: nothing but these tests may ever trust them.
 */
#include "certs.h"

END
show pair_root root.pem
show pair_stranger stranger.pem
show pair_root2 root2.pem

identity() { # NAME ISSUER EXTENSIONS ALGORITHM OPTION [END]
    key "$1" "$4" "$5"
    cert "$1" "$2" "$3" "${6:-}"
    local chain=("$1.pem")
    if [ "$2" = sub ]; then
        chain+=(sub.pem)
    fi
    show "pair_$1" "${chain[@]}" "$1.key"
}
identity p256 sub server EC ec_paramgen_curve:P-256
identity p384 root server EC ec_paramgen_curve:P-384
identity p521 root server EC ec_paramgen_curve:P-521
identity ed25519 root server ED25519 ""
identity ed448 root server ED448 ""
identity rsa root server RSA rsa_keygen_bits:2048
identity rsa_pss root server RSA-PSS rsa_keygen_bits:2048
identity impostor stranger server EC ec_paramgen_curve:P-256
identity ending root server EC ec_paramgen_curve:P-256 20270115090000Z
identity client sub client EC ec_paramgen_curve:P-256
identity client_ed25519 root client ED25519 ""
identity client_rsa root client RSA rsa_keygen_bits:2048
identity client_ending root client EC ec_paramgen_curve:P-256 20270115090000Z
identity client_stranger stranger client EC ec_paramgen_curve:P-256
identity rsa_encipher root2 encipher RSA rsa_keygen_bits:2048
