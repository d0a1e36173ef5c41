#!/usr/bin/env bash
# Sets up and passes all tests. One profile, the whole workspace at once: mixing `-p` builds compiles everything twice.
# Tests that use outside material find it by DASH_TEST_MATERIAL and say so when they skip.
set -euo pipefail
cd "$(dirname "$0")/.."
samples/setup.sh
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
# The software renderer of the window's pictures complains without one.
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"
cargo test --workspace --all-targets --locked
cargo test --workspace --doc --locked
