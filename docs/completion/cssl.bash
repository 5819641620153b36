# cssl.bash - completion of the command cssl for bash. The tests compare its tables with --help.

# The commands below a command.
_cssl_commands() {
    case "$1" in
    "") echo "cert serve connect trace advisories help" ;;
    cert) echo "self-signed ca issue csr show verify help" ;;
    esac
}

# The options of a command.
_cssl_options() {
    local names="--name --cn --org --server --client"
    local files="--out --cert --key --force --json"
    local both="--cert --key --cacert --alpn --ciphers --groups --sigalgs --psk --psk-identity
        --cert-compression --record-size-limit --crl-file --crl-dir --crl-check --staple
        --post-handshake-auth --json --password-file --port --tls1.2 --tls1.3"
    local tls="$both --key-update-at --keylog --trace --trace-file"
    local client="--name --insecure --starttls --timeout --max-fragment-length"
    case "$1" in
    "cert self-signed") echo "$names --key-type --use-key --days --starts $files" ;;
    "cert ca") echo "--name --org --cacert --cakey --path-len --password-file --key-type --use-key
        --days --starts $files" ;;
    "cert issue") echo "$names --cacert --cakey --password-file --csr --copy-names --key-type
        --use-key --days --starts $files" ;;
    "cert csr") echo "$names --key-type --use-key $files" ;;
    "cert show") echo "--name --json" ;;
    "cert verify") echo "--cacert --name --purpose --time --json" ;;
    serve) echo "$tls --ip --optional-client --require-client --echo --files --once --reply --www
        --max-early-data --sni --dhfile --client-renegotiation" ;;
    connect) echo "$tls $client --sess-in --sess-out --quiet --early-data --renegotiate" ;;
    trace) echo "$both $client --form --out" ;;
    advisories) echo "--file --for --severity --json" ;;
    esac
    echo "--help"
}

# What an option's value may be: words, or FILE, FOLDER, or nothing that can be foreseen (NONE).
# Nothing at all is printed for an option without a value.
_cssl_value() {
    case "$1" in
    --cert | --key | --cacert | --cakey | --csr | --use-key | --password-file | --file | \
        --keylog | --trace-file | --sess-in | --sess-out | --early-data | --psk | --crl-file | \
        --dhfile) echo FILE ;;
    --out | --files | --crl-dir) echo FOLDER ;;
    --crl-check) echo "peer chain best-effort" ;;
    --cert-compression) echo "zlib brotli zstd" ;;
    --max-fragment-length) echo "512 1024 2048 4096" ;;
    --key-type) echo "ecdsa p256 p384 p521 ed25519 ed448 rsa mldsa44 mldsa65 mldsa87" ;;
    --purpose) echo "server client" ;;
    --severity) echo "low moderate high critical" ;;
    --form) echo "text ascii mermaid svg json" ;;
    --starttls) echo "smtp imap pop3 postgres ldap xmpp" ;;
    --name | --cn | --org | --days | --starts | --time | --path-len | --for | --ip | --port | \
        --reply | --alpn | --ciphers | --groups | --key-update-at | --timeout | \
        --max-early-data | --sni | --sigalgs | --psk-identity | --record-size-limit) echo NONE ;;
    esac
}

_cssl_files() {
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_cssl_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_cssl() {
    local current=${COMP_WORDS[COMP_CWORD]} command="" option="" value i
    COMPREPLY=()
    # the command that was named, passing over `help' in front of it
    for ((i = 1; i < COMP_CWORD; i++)); do
        value=${COMP_WORDS[i]}
        [[ $value == help ]] && continue
        [[ " $(_cssl_commands "$command") " == *" $value "* ]] || break
        command=${command:+$command }$value
    done
    # --option VALUE and --option=VALUE, which bash hands over as three words
    if [[ $current == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 1]} current=""
    elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $option == --trace ]]; then
        _cssl_words "text mermaid svg json" "$current"
        return
    fi
    option=${option:-${COMP_WORDS[COMP_CWORD - 1]}}
    value=$(_cssl_value "$option")
    [[ $command == serve && $option == --staple ]] && value=FILE # a client's has no value
    [[ $command == trace && $value == FOLDER ]] && value=FILE # its --out is a file
    case "$value" in
    FILE) _cssl_files -f "$current" ;;
    FOLDER) _cssl_files -d "$current" ;;
    NONE) ;;
    "")
        if [[ -n $(_cssl_commands "$command") ]]; then
            _cssl_words "$(_cssl_commands "$command")" "$current"
        elif [[ $current == -* ]]; then
            _cssl_words "$(_cssl_options "$command")" "$current"
        elif [[ $command == "cert show" || $command == "cert verify" ]]; then
            _cssl_files -f "$current"
        fi
        ;;
    *) _cssl_words "$value" "$current" ;;
    esac
}

complete -F _cssl cssl
