#!/bin/bash
# demo.sh - shows what cssl does, on real sockets and with real processes: `make demo`.
#
# Everything happens in a temporary directory and on ports that are free. It ends by itself, leaves
# nothing behind, and fails loudly when a step does not go as its sentence says.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cssl=${CSSL_BUILD_DIR:-$root/build}/cssl
if [ ! -x "$cssl" ]; then
    echo "demo.sh: $cssl is not built: run make" >&2
    exit 1
fi

folder=$(mktemp -d)
servers=()
step=0

finish() {
    code=$?
    trap - EXIT
    for pid in "${servers[@]}"; do
        kill "$pid" 2> /dev/null || true
    done
    rm -rf "$folder"
    if [ "$code" != 0 ]; then
        echo "demo.sh: the demonstration FAILED in step $step" >&2
    fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$folder"

bold= dim= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

# ---- Telling ----

chapter() {
    step=$((step + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$step" "$1" "$plain"
}

# say prints a sentence of the story, wrapped.
say() {
    printf '%s\n' "$*" | fold -s -w 90 | sed 's/ *$//; s/^/   /'
}

# show prints a command as somebody would type it; typed adds quotes where words have spaces.
show() {
    printf '\n   %s$ %s%s\n' "$dim" "$*" "$plain"
}

typed() {
    local word words=()
    for word in "$@"; do
        case $word in
        *[[:space:]\'!]*) words+=("'$word'") ;;
        *) words+=("$word") ;;
        esac
    done
    echo "${words[*]}"
}

indented() {
    sed 's/^/   | /'
}

fail() {
    echo "demo.sh: step $step: $*" >&2
    exit 1
}

# run shows a command of cssl and runs it; its output goes to $folder/said too.
run() {
    show "cssl $(typed "$@")"
    timeout 20 "$cssl" "$@" 2>&1 < /dev/null | tee said | indented
}

# expect demands that the last command's output has this text.
expect() {
    grep -qF -- "$1" said || fail "the output should say: $1"
}

# ---- Servers ----

# serve starts a server in the background and sets $server, $log (a descriptor that reads what it
# says) and $port, which it reads there. Two kinds of programs say it in two ways.
launch() {
    exec {log}< <(exec "$@" 2>&1)
    server=$!
    servers+=("$server")
    local line
    port=
    while read -r -t 20 -u "$log" line; do
        case $line in
        "Listening on "*) port=${line#*port } port=${port%% *} && break ;;
        ACCEPT*) port=${line##*:} && break ;;
        esac
    done
    [ -n "$port" ] || fail "the server does not listen: ${line:-it said nothing}"
}

serve() {
    show "cssl serve --port 0 $(typed "$@") &"
    launch "$cssl" serve --port 0 "$@"
    say "It listens on port $port."
}

# told reads the server's words up to a line with this text, and shows that line.
told() {
    local line
    while read -r -t 20 -u "$log" line; do
        if [[ $line == *"$1"* ]]; then
            printf '%s\n' "$line" | sed 's/^/   server | /'
            return
        fi
    done
    fail "the server should have said: $1"
}

# stop ends the server; the descriptor is at its end when the process is gone.
stop() {
    kill "$server" 2> /dev/null || true
    timeout 20 cat <&"$log" > /dev/null || fail "the server does not stop"
    exec {log}<&-
}

# ---- Clients ----

hello='Hello, server!'

# greet says hello with `cssl connect` and demands success.
greet() {
    show "echo '$hello' | cssl connect $(typed "$@")"
    echo "$hello" | timeout 20 "$cssl" connect "$@" 2> report > said ||
        { cat report; fail "the client was refused"; }
    indented < report
    sed 's/^/   client | /' said
}

# refused connects and demands exit code 1, a sentence with this text, and that nothing was sent.
refused() {
    local sentence=$1 code=0
    shift
    show "echo '$hello' | cssl connect $(typed "$@")"
    echo "$hello" | timeout 20 "$cssl" connect "$@" > said 2>&1 || code=$?
    indented < said
    [ "$code" = 1 ] || fail "the exit code is $code, and should be 1"
    expect "$sentence"
    expect 'Nothing was sent.'
}

# ---- The story ----

printf '%scssl: TLS 1.3, from making a certificate to a closed connection%s\n' "$bold" "$plain"

chapter 'A certificate authority'
say 'Whoever wants to be recognised needs a certificate, and somebody who vouches for it. A' \
    'certificate authority is a key, and a certificate in which it vouches for itself.'
run cert ca 'Demo Authority'

chapter 'A certificate for the server, and one for a client'
say 'The server is called localhost, the client alice. Keys are readable for their owner alone.'
run cert issue localhost --cacert ca.pem --out server
run cert issue alice --client --cacert ca.pem --out client

chapter 'A server, and a client that trusts the authority'
say 'The client verifies the server before it says a word: the certificate is for localhost, it' \
    'is valid today, and the authority vouches for it.'
serve --cert server/server.pem --key server/server.key --reply 'Hello, secure world!'
greet --cacert ca.pem "localhost:$port"
expect 'Hello, secure world!'
told "received: $hello"

chapter 'The same, drawn'
say 'What the two said to each other before that. Double lines are encrypted: all but the' \
    'two greetings.'
greet --cacert ca.pem --quiet --trace "localhost:$port"
expect 'Hello, secure world!'
stop

chapter 'Another port'
say 'Nothing depends on the port. This server takes another one and shows a page.'
serve --cert server/server.pem --key server/server.key --www
show "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | cssl connect --quiet --cacert ca.pem localhost:$port"
printf 'GET / HTTP/1.0\r\n\r\n' | timeout 20 "$cssl" connect --quiet --cacert ca.pem \
    "localhost:$port" > said 2>&1 || fail 'the page was not shown'
sed -n 's/<[^>]*>/ /g; /^ *\(Protocol\|Cipher\|Key\|Your\)/p' said | indented
expect 'Your connection is secure'
stop

chapter 'Both sides show who they are'
say 'With --cacert the server wants to see a certificate too. alice has one.'
serve --cert server/server.pem --key server/server.key --cacert ca.pem \
    --reply 'Hello, alice!'
greet --quiet --cacert ca.pem --cert client/client.pem --key client/client.key "localhost:$port"
expect 'Hello, alice!'
told 'client CN=alice'
say 'Without a certificate there is no connection.'
show "echo '$hello' | cssl connect --quiet --cacert ca.pem localhost:$port"
if echo "$hello" | timeout 20 "$cssl" connect --quiet --cacert ca.pem "localhost:$port" \
    > said 2>&1; then
    fail 'a client without a certificate was served'
fi
indented < said
expect 'Certificate required'
stop

chapter 'Three attacks'
say 'A server in the middle can have a certificate too, but not the right one. Each of these has' \
    'something wrong with it, and each time the client says what, and sends nothing.'

echo
say 'First, an impostor who vouches for himself:'
run cert self-signed localhost --cert impostor.pem --key impostor.key
serve --cert impostor.pem --key impostor.key
refused 'Not trusted: ' --quiet --cacert ca.pem "localhost:$port"
expect 'self-signed'
stop

echo
say "Second, somebody whose certificate is real, but for another name:"
run cert issue evil.example --cacert ca.pem --out other
serve --cert other/server.pem --key other/server.key
refused 'certificate is for "evil.example", but "localhost" was asked for' \
    --quiet --cacert ca.pem "localhost:$port"
stop

echo
say 'Third, a certificate that was good once:'
run cert issue localhost --starts 2020-01-01 --days 30 --cacert ca.pem --out expired
serve --cert expired/server.pem --key expired/server.key
refused 'expired' --quiet --cacert ca.pem "localhost:$port"
stop

chapter 'Strangers understand it'
say "OpenSSL's client talks to our server, and our client to OpenSSL's server, which turns every" \
    'line around.'
serve --cert server/server.pem --key server/server.key --reply 'Hello, OpenSSL!'
show "echo '$hello' | openssl s_client -quiet -verify_return_error -CAfile ca.pem" \
    "-connect localhost:$port"
echo "$hello" | timeout 20 openssl s_client -quiet -verify_return_error -CAfile ca.pem \
    -connect "localhost:$port" 2> report > said || { cat report; fail 's_client failed'; }
sed 's/^/   s_client | /' said
expect 'Hello, OpenSSL!'
told "received: $hello"
stop
show 'openssl s_server -rev -cert server/server.pem -key server/server.key -accept 0 &'
launch openssl s_server -rev -cert server/server.pem -key server/server.key -accept 0
say "It listens on port $port."
greet --quiet --cacert ca.pem "localhost:$port"
expect '!revres ,olleH'
stop

printf '\n%sThat was it.%s\n' "$bold" "$plain"
say 'Try it yourself: build/cssl help, and examples/ for the same in C.'
