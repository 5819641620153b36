#!/bin/bash
# make.sh - makes the certificates and keys of the unit tests anew with openssl(1) 3.x. The results
# are committed, so that tests are the same everywhere; every date is fixed, and tests look at them
# on 2030-01-01. The keys protect nothing.
set -euo pipefail
cd "$(dirname "$0")"
rm -f ./*.pem ./*.der
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

from=20200101000000Z
to=21200101000000Z

key() { # key NAME [ALGORITHM...]
    local name=$1
    shift
    if [ $# -eq 0 ]; then
        set -- EC -pkeyopt ec_paramgen_curve:P-256
    fi
    openssl genpkey -quiet -algorithm "$@" -out "$work/$name.key" 2>/dev/null ||
        openssl genpkey -algorithm "$@" -out "$work/$name.key" 2>/dev/null
}

# cert NAME SUBJECT ISSUER EXTENSIONS: EXTENSIONS are lines of x509v3_config(5). ISSUER is a name
# of a certificate made before, or NAME itself. Variables: from, to, digest, sigopt, signer (another
# key of the issuer), key (another name's key).
cert() {
    local name=$1 subject=$2 issuer=$3 ext=$4
    [ -f "$work/${key:-$name}.key" ] || key "$name"
    {
        printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nserial=%s\n' \
            "$work/index" "$work" "$work/serial"
        printf 'unique_subject=no\npolicy=p\nemail_in_dn=yes\npreserve=yes\n[p]\n'
        printf 'commonName=optional\nemailAddress=optional\norganizationName=optional\n[x]\n'
        # openssl adds these two by itself unless it is told not to.
        [[ $ext = *subjectKeyIdentifier* ]] || echo subjectKeyIdentifier=none
        [[ $ext = *authorityKeyIdentifier* ]] || echo authorityKeyIdentifier=none
        printf '%s\n' "$ext"
    } >"$work/config"
    : >"$work/index"
    openssl rand -hex 8 | sed 's/^./4/' >"$work/serial"
    openssl req -new -key "$work/${key:-$name}.key" -subj "$subject" -utf8 \
        -config <(printf '[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n') \
        -out "$work/$name.csr"
    local by=(-cert "$issuer.pem" -keyfile "$work/${signer:-$issuer}.key")
    if [ "$issuer" = "$name" ]; then
        by=(-selfsign -keyfile "$work/$name.key")
    fi
    openssl ca -batch -notext -preserveDN -config "$work/config" -extensions x \
        -md "${digest:-sha256}" \
        -startdate "$from" -enddate "$to" -in "$work/$name.csr" -out "$name.pem" "${by[@]}" \
        -utf8 ${sigopt:+-sigopt $sigopt} 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

keep_key() { cp "$work/$1.key" "$1.key.pem"; chmod 600 "$1.key.pem"; }

ca='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash'
aki='authorityKeyIdentifier=keyid:always'
leaf="basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
$aki"
server="$leaf
extendedKeyUsage=serverAuth"
names='subjectAltName=DNS:localhost,DNS:example.com,DNS:*.example.com,IP:127.0.0.1,IP:::1'

# An authority, an intermediate one, and what they issue.
cert ca '/O=cssl tests/CN=Test CA' ca "$ca"
cert ica '/O=cssl tests/CN=Test Intermediate CA' ca "$ca
$aki"
cert server '/CN=server' ca "$server
$names"
keep_key server
cert server-ica '/CN=server of the intermediate' ica "$server
$names"
keep_key server-ica
cert client '/CN=client' ca "$leaf
extendedKeyUsage=clientAuth"
keep_key client
cat server-ica.pem ica.pem >chain.pem
cat ica.pem server-ica.pem >chain-reversed.pem
cat server-ica.pem ca.pem >chain-gap.pem
cat server.pem server.key.pem >both.pem
openssl x509 -in server.pem -outform der -out server.der
openssl x509 -in ca.pem -outform der -out ca.der
openssl pkey -in server.key.pem -outform der -out server.key.der
openssl pkcs8 -topk8 -in server.key.pem -passout pass:secret -iter 2048 \
    -out server.encrypted-key.pem

# Self-signed servers.
cert self-signed '/CN=localhost' self-signed "basicConstraints=critical,CA:TRUE
subjectKeyIdentifier=hash
$names"
keep_key self-signed
cert self-signed-leaf '/CN=localhost' self-signed-leaf "basicConstraints=critical,CA:FALSE
subjectAltName=DNS:localhost"

# Times.
to=20210101000000Z cert expired '/CN=expired' ca "$server
$names"
from=20900101000000Z cert future '/CN=future' ca "$server
$names"
to=20210101000000Z key=ica cert ica-expired '/O=cssl tests/CN=Test Intermediate CA' ca "$ca
$aki"
to=20210101000000Z key=ca cert ca-expired '/O=cssl tests/CN=Test CA' ca "$ca"

# Another authority of the same name, with and without key identifiers.
cert impostor-ca '/O=cssl tests/CN=Test CA' impostor-ca "$ca"
cert impostor '/CN=server' impostor-ca "$server
$names"
cert impostor-no-aki '/CN=server' impostor-ca "basicConstraints=critical,CA:FALSE
$names"

# The other authority that vouches for the intermediate one: two ways lead up.
cert other-ca '/O=cssl tests/CN=Other CA' other-ca "$ca"
key=ica cert ica-cross '/O=cssl tests/CN=Test Intermediate CA' other-ca "$ca
$aki"
# The same name and key in another certificate, with its letters and white space written otherwise.
key=ca cert ca-renewed '/O=cssl tests/CN=Test CA' ca "$ca"
cert ica-spelled '/O=CSSL  Tests/CN=test intermediate ca' ca "$ca
$aki"
key=ica-spelled cert ica-respelled '/O=cssl tests/CN=Test Intermediate CA' ca "$ca
$aki"
signer=ica-spelled cert spelled '/CN=spelled' ica-respelled "$server
$names"

# Extensions that forbid something.
cert no-ca '/CN=no authority' ca "basicConstraints=critical,CA:FALSE
subjectKeyIdentifier=hash
$aki"
cert under-no-ca '/CN=under' no-ca "$server
$names"
cert no-sign-ca '/CN=authority without keyCertSign' ca "basicConstraints=critical,CA:TRUE
keyUsage=critical,cRLSign
subjectKeyIdentifier=hash
$aki"
cert under-no-sign '/CN=under' no-sign-ca "$server
$names"
cert mild-ca '/CN=authority not critical' ca "basicConstraints=CA:TRUE
subjectKeyIdentifier=hash
$aki"
cert under-mild '/CN=under' mild-ca "$server
$names"
cert short-ca '/CN=short' ca "basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign
subjectKeyIdentifier=hash
$aki"
cert below-short '/CN=below' short-ca "$ca
$aki"
cert short '/CN=short leaf' short-ca "$server
$names"
cert too-long '/CN=too long' below-short "$server
$names"
cert client-ca '/CN=for clients' ca "$ca
extendedKeyUsage=clientAuth
$aki"
cert under-client-ca '/CN=under' client-ca "$server
$names"
cert wrong-eku '/CN=wrong use' ca "$leaf
extendedKeyUsage=codeSigning
$names"
cert any-eku '/CN=any use' ca "$leaf
extendedKeyUsage=anyExtendedKeyUsage
$names"
cert wrong-ku '/CN=wrong key usage' ca "basicConstraints=critical,CA:FALSE
keyUsage=critical,keyAgreement
$names
$aki"
cert contradiction '/CN=contradiction' ca "basicConstraints=critical,CA:FALSE
keyUsage=critical,keyCertSign,digitalSignature
$names
$aki"
cert unknown-critical '/CN=unknown critical' ca "$server
$names
1.3.6.1.4.1.55555.1=critical,DER:0500"
cert unknown '/CN=unknown' ca "$server
$names
1.3.6.1.4.1.55555.1=DER:0500
1.3.6.1.4.1.55555.2=DER:0500"
cert policy-ca '/CN=needs policies' ca "$ca
$aki
certificatePolicies=1.2.3.4
policyConstraints=critical,requireExplicitPolicy:0"
cert under-policy '/CN=under' policy-ca "$server
$names"
cert no-names '/CN=localhost' ca "$server"
cert mail '/CN=mail' ca "$server
subjectAltName=email:somebody@example.com"
cert many-names '/CN=many' ca "$server
subjectAltName=$(for i in $(seq 1 40); do printf 'DNS:host%d.example.net,' "$i"; done)IP:10.1.2.3"

# Keys and digests.
key weak RSA -pkeyopt rsa_keygen_bits:1024
cert weak '/CN=weak' ca "$server
$names"
key rsa RSA -pkeyopt rsa_keygen_bits:2048
cert rsa '/CN=rsa' ca "$server
$names"
keep_key rsa
key secp256k1 EC -pkeyopt ec_paramgen_curve:secp256k1
key=secp256k1 cert unsupported-key '/CN=secp256k1' ca "$server
$names"
digest=sha1 cert sha1 '/CN=sha1' ca "$server
$names"
digest=sha384 cert sha384 '/CN=sha384' ca "$server
$names"
key rsa-ca RSA -pkeyopt rsa_keygen_bits:2048
cert rsa-ca '/CN=RSA CA' rsa-ca "$ca"
cert under-rsa '/CN=under rsa' rsa-ca "$server
$names"
key pss-ca RSA-PSS -pkeyopt rsa_keygen_bits:2048
sigopt=rsa_pss_saltlen:digest cert pss-ca '/CN=PSS CA' pss-ca "$ca"
sigopt=rsa_pss_saltlen:digest cert under-pss '/CN=under pss' pss-ca "$server
$names"
key ed25519 ED25519
digest=null cert ed25519 '/CN=ed25519' ed25519 "basicConstraints=critical,CA:TRUE
$names"

sigopt=rsa_pss_saltlen:20 cert odd-pss '/CN=odd pss' pss-ca "$server
$names"

# Name constraints.
within='permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0,permitted;email:example.com'
within="$within,permitted;email:me@example.org,permitted;URI:.example.com"
cert names-ca '/CN=Names CA' ca "$ca
$aki
nameConstraints=critical,$within,excluded;DNS:bad.example.com,excluded;IP:10.9.0.0/255.255.0.0"
constrained() { cert "names-$1" "${3:-/CN=constrained}" names-ca "$server
subjectAltName=$2"; }
good='DNS:example.com,DNS:www.example.com,IP:10.1.2.3,email:you@example.com'
constrained good "$good,email:me@example.org,URI:https://www.example.com/x"
constrained dns 'DNS:example.org'
constrained suffix 'DNS:notexample.com'
constrained excluded 'DNS:www.bad.example.com'
constrained wildcard 'DNS:*.example.com'
constrained ip 'IP:11.1.2.3'
constrained ip-excluded 'IP:10.9.2.3'
constrained ip6 'IP:::1'
constrained email 'email:you@example.org'
constrained email-subject 'DNS:example.com' '/CN=constrained/emailAddress=you@example.net'
constrained uri 'URI:https://example.com/'
constrained uri-ip 'URI:https://10.0.0.1/'
constrained malformed 'DNS:.example.com'
cert dir-ca '/CN=Directory CA' ca "$ca
$aki
nameConstraints=critical,permitted;dirName:dir
[dir]
O=cssl tests"
cert dir-good '/O=CSSL  tests/CN=good' dir-ca "$server
$names"
cert dir-bad '/O=others/CN=bad' dir-ca "$server
$names"
cert other-name-ca '/CN=Other Name CA' ca "$ca
$aki
nameConstraints=critical,excluded;otherName:1.3.6.1.4.1.55555.3;UTF8:x"
cert other-name '/CN=other name' other-name-ca "$server
subjectAltName=DNS:localhost,otherName:1.3.6.1.4.1.55555.3;UTF8:y"
cert no-other-name '/CN=no other name' other-name-ca "$server
$names"
cert dot-ca '/CN=Dot CA' ca "$ca
$aki
nameConstraints=critical,permitted;DNS:.example.com"
cert dot '/CN=dot' dot-ca "$server
$names"
list() { # list [PREFIX]: four hundred names
    for i in $(seq 1 400); do
        printf '%sDNS:n%d.example.com' "${1-}" "$i"
        [ "$i" = 400 ] || printf ','
    done
}
cert large-ca '/CN=Large CA' ca "$ca
$aki
nameConstraints=critical,$(list 'permitted;' | sed 's/n\([0-9]*\)\./m\1./g')"
cert large '/CN=large' large-ca "$server
subjectAltName=$(list)"

# A hostile mesh: fifteen authorities of one name and different keys, none of them trusted.
for i in $(seq 1 15); do
    key "mesh$i"
done
previous=mesh1
cert mesh1 '/CN=Mesh' mesh1 "basicConstraints=critical,CA:TRUE"
for i in $(seq 2 15); do
    cert "mesh$i" '/CN=Mesh' "$previous" "basicConstraints=critical,CA:TRUE"
    previous=mesh$i
done
cert mesh '/CN=mesh leaf' mesh15 "basicConstraints=critical,CA:FALSE
$names"
for i in $(seq 1 15); do
    cat "mesh$i.pem" >>mesh-cas.pem
    rm "mesh$i.pem"
done
# Six authorities, each of which vouches for each other one: 30 certificates, 1,956 ways.
for i in 1 2 3 4 5 6; do
    cert "cross$i" "/CN=Cross $i" "cross$i" "$ca"
done
for i in 1 2 3 4 5 6; do
    for j in 1 2 3 4 5 6; do
        if [ $i != $j ]; then
            key=cross$i cert one "/CN=Cross $i" "cross$j" "$ca"
            cat one.pem >>cross-cas.pem
        fi
    done
done
cert cross '/CN=cross leaf' cross1 "$server
$names"
rm -f one.pem cross[1-6].pem

# Seeds of the fuzzers, from the same certificates.
seeds=../../fuzz/seeds
rm -rf $seeds/cert $seeds/chain $seeds/hostname
mkdir -p $seeds/cert $seeds/chain $seeds/hostname
der() { openssl x509 -in "$1.pem" -outform der; }
for name in ca server rsa under-pss ed25519 names-ca names-good dir-ca other-name policy-ca \
    unknown; do
    der "$name" >"$seeds/cert/$name"
done
chain() { # chain CHOICES ANCHOR SENT...: see fuzz_chain.c
    local choices=$1 file=$seeds/chain/$2-$3 one size
    shift
    printf '%b' "\\x$choices" >"$file"
    for one in "$@"; do
        der "$one" >"$work/one"
        size=$(printf '%06x' "$(stat -c %s "$work/one")")
        printf '%b' "\\x${size:0:2}\\x${size:2:2}\\x${size:4:2}" >>"$file"
        cat "$work/one" >>"$file"
    done
}
chain 00 ca server
chain 01 ca server-ica ica-expired ica-cross ica
chain 01 other-ca expired
chain 09 ca names-dns names-ca
chain 00 self-signed self-signed
chain 01 ca self-signed
chain 05 ca client
chain 01 ca unknown-critical
chain 09 ca too-long below-short short-ca
printf 'example.com\nexample.com' >$seeds/hostname/plain
printf '*.example.com\nwww.Example.com.' >$seeds/hostname/wildcard
printf '*.com\nb\303\274cher.example.com' >$seeds/hostname/unicode
printf '127.0.0.1\n[2001:db8::1]' >$seeds/hostname/address
printf 'xn--bcher-kva.example\n\344\276\213\345\255\220.\360\237\222\251' >$seeds/hostname/wide
