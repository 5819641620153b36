#!/bin/bash
# run-fuzzer.sh - runs one libFuzzer target: a few seconds with a fixed seed as a test, or as long
# as CSSL_FUZZ_SECONDS says, with a random seed and a corpus that is kept and grows.
#
#     tools/run-fuzzer.sh PROGRAM SEED_FOLDER
set -euo pipefail

program=$1
seeds=$2
name=$(basename "$program")
name=${name#fuzz_}
build=${CSSL_BUILD_DIR:-$(dirname "$program")}
found=$build/fuzz-findings
mkdir -p "$found"

if [ -n "${CSSL_FUZZ_SECONDS:-}" ]; then
    corpus=$build/fuzz-corpus/$name
    mkdir -p "$corpus"
    options=(-max_total_time="$CSSL_FUZZ_SECONDS")
else
    corpus=$(mktemp -d)
    trap 'rm -rf "$corpus"' EXIT
    options=(-max_total_time=4 -seed=1)
fi
folders=("$corpus")
if [ -d "$seeds" ]; then
    folders+=("$seeds")
fi
status=0
"$program" "${options[@]}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$found/$name-" "${folders[@]}" 2>&1 | tail -n 60 || status=$?
if [ $status != 0 ]; then
    echo "The input that did it is in $found; to run it again: $program FILE"
    exit 1
fi
