#!/bin/bash
# hardening.sh - what a release build must have been linked and compiled with, read from the files.
set -euo pipefail

if ! grep -q '^CMAKE_BUILD_TYPE:STRING=Release$' "$CSSL_BUILD_DIR/CMakeCache.txt"; then
    echo "only release builds are hardened"
    exit 77
fi
failures=0
# expect FILE WHAT PATTERN: readelf's words about FILE have a line with PATTERN.
expect() {
    if ! grep -qE "$3" <<< "$(readelf -W -h -l -d --dyn-syms "$1")"; then
        echo "$(basename "$1"): $2 is missing"
        failures=$((failures + 1))
    fi
}
for file in "$CSSL_BUILD_DIR/libcssl.so" "$CSSL_BUILD_DIR/cssl"; do
    expect "$file" "position independence" 'Type: +DYN'
    expect "$file" "RELRO" 'GNU_RELRO'
    expect "$file" "binding at start" 'BIND_NOW|Flags: NOW'
    expect "$file" "a stack that is not executable" 'GNU_STACK .* RW +0x'
    expect "$file" "stack protection" 'UND __stack_chk_fail'
    expect "$file" "_FORTIFY_SOURCE" 'UND __[a-z]+_chk@'
done
echo "$failures failures"
[ $failures = 0 ]
