#!/usr/bin/env bash
# Installs what a bare Debian 12 or Ubuntu 22.04+ lacks to build, test and run the packager and the player.
# Safe to run twice: it installs only what is missing. Other systems get the list.
set -euo pipefail

# Build: FFmpeg's headers, libclang for bindgen, ALSA's headers, a C compiler.
BUILD="build-essential pkg-config libclang-dev libavcodec-dev libavformat-dev libavutil-dev libavfilter-dev
       libswscale-dev libswresample-dev libasound2-dev ca-certificates"
# Run: the window's GL and X11 libraries, all opened at run time.
RUN="libgl1 libegl1 libgl1-mesa-dri libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libxkbcommon0 libxkbcommon-x11-0"
# Test: foreign readers of our output, a display without a screen, a software Vulkan for the pictures of the panels.
TEST="ffmpeg libxml2-utils xvfb xdotool imagemagick mesa-vulkan-drivers curl git"
RUST_NEEDED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml")

say() { printf '%s\n' "$*" >&2; }

missing_packages() {
  local package
  for package in $BUILD $RUN $TEST; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

install_packages() {
  local missing root=()
  missing=$(missing_packages)
  [ -n "$missing" ] || { say "setup: all system packages are there"; return; }
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "setup: not root and no sudo. Ask an administrator for: apt-get install $missing"; exit 1; }
    root=(sudo)
  fi
  say "setup: installing $missing"
  "${root[@]}" apt-get update -q >/dev/null
  # shellcheck disable=SC2086 # one word a package
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
}

check_rust() {
  local have=""
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
  command -v cargo >/dev/null && have=$(rustc --version | cut -d' ' -f2)
  if [ -z "$have" ] || [ "$(printf '%s\n%s\n' "$RUST_NEEDED" "$have" | sort -V | head -n1)" != "$RUST_NEEDED" ]; then
    say "setup: Rust $RUST_NEEDED or newer is needed, found ${have:-none}. Install or update it with rustup: https://rustup.rs"
    exit 1
  fi
  say "setup: Rust $have"
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  install_packages
else
  say "setup: this script knows Debian and Ubuntu only. What is needed elsewhere, by its Debian names:"
  say "  to build: $BUILD"
  say "  to run the window: $RUN"
  say "  to test: $TEST"
  say "FFmpeg 5.1 or newer with libx264; https://ffmpeg.org/download.html"
fi
check_rust
