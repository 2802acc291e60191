#!/bin/sh
# Cargo runs this in the place of rustc for the crates of this workspace (RUSTC_WORKSPACE_WRAPPER): libFuzzer learns from counters in
# the code which inputs lead somewhere new. Build scripts and macros run without libFuzzer, and so without counters.
for argument in "$@"; do
    case $argument in proc-macro | build_script_*) exec "$@" ;; esac
done
exec "$@" \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
