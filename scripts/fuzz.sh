#!/usr/bin/env bash
# Feeds every reader of files with bytes that nobody wrote: `scripts/fuzz.sh [EXECUTIONS [TARGET…]]`, a million of each
# target by default. Needs a nightly compiler and cargo-fuzz; target/release/zoo makes the files to begin with. An input
# that makes a reader panic, take a minute or take over 2 GB of memory stays in tests/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
executions=${1:-1000000}
shift || true
fuzz() { cargo +nightly fuzz "$@" --fuzz-dir tests/fuzz --sanitizer none; }

cp Cargo.lock tests/fuzz/ # the program's own versions
[ -e tests/fuzz/corpus ] || python3 tests/fuzz/seeds.py target/release/zoo
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"$/\1/p' tests/fuzz/Cargo.toml | tail -n +2)
trap 'rm -rf /dev/shm/burn-zoo-fuzz-*' EXIT
for target; do
    fuzz build "$target" 2> tests/fuzz/build.log || { cat tests/fuzz/build.log; exit 1; }
    began=$SECONDS
    mkdir -p "tests/fuzz/corpus/$target" "tests/fuzz/artifacts/$target"
    code=0
    "tests/fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release/$target" "tests/fuzz/corpus/$target" \
        -runs="$executions" -rss_limit_mb=2048 -timeout=60 -artifact_prefix="tests/fuzz/artifacts/$target/" \
        -print_final_stats=1 > "tests/fuzz/$target.log" 2>&1 || code=$?
    done=$(sed -n 's/^stat::number_of_executed_units: *//p' "tests/fuzz/$target.log")
    printf '%-14s %12s executions %6s s%s\n' "$target" "${done:-?}" $((SECONDS - began)) \
        "$([ $code = 0 ] || echo ", ended with code $code: see tests/fuzz/$target.log")"
done
