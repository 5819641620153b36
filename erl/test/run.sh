#!/bin/bash
# run.sh SUITE - runs a suite of Common Test over what was built, with the drop-in not in the path:
# a suite that wants it starts nodes of its own. Prints what failed.
set -euo pipefail
suite=$1
build=${CSSL_BUILD_DIR:?}
source=${CSSL_SOURCE_DIR:?}
out=$build/erl/ct/$suite
rm -rf "$out"
mkdir -p "$out"
cp "$source"/erl/test/*.erl "$source"/examples/erlang/*.erl "$out"
cd "$out"
unset ERL_LIBS ERL_FLAGS ERL_AFLAGS
# A NIF made with a sanitizer wants its library to be there before anything else. What the VM keeps
# until its end is not lost.
preload=$(ldd "$build"/erl/cssl/priv/*.so | awk '$1 ~ /^lib(a|t)san/ { print $3 }')
if [ -n "$preload" ]; then
    export LD_PRELOAD=$preload ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:${ASAN_OPTIONS:-}
fi
if ! ct_run -sname "ct_${suite}_$$" -noshell -noinput -pa "$build/erl/cssl/ebin" -dir "$out" \
        -suite "$suite" -logdir "$out" > "$out/run.log" 2>&1; then
    cat "$out/run.log"
    find "$out" -name 'suite.log' -exec cat {} +
    exit 1
fi
tail -3 "$out/run.log"
