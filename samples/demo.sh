#!/usr/bin/env bash
# The main job, from nothing: makes a film, packages it, serves it over a link that collapses after 20 s and
# recovers after 40 s, and opens the player on it. Without a display it plays headless and prints the summary.
# A second run starts in seconds: what is already built and packaged is kept under target/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
samples/setup.sh
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
cargo build --workspace --release --locked

BIN=target/release DEMO=target/demo
mkdir -p "$DEMO"
[ -f "$DEMO/film.mp4" ] || "$BIN/packager" sample "$DEMO/film.mp4" --seconds 75
# A run that was interrupted while packaging goes on where it stopped.
[ -f "$DEMO/package/manifest.mpd" ] || "$BIN/packager" package "$DEMO/film.mp4" --output "$DEMO/package" --resume

"$BIN/packager" serve "$DEMO/package" --listen 127.0.0.1:0 --throttle samples/traces/collapse.csv >"$DEMO/serve.log" &
SERVER=$!
trap 'kill "$SERVER" 2>/dev/null || true' EXIT
# The server prints its address once it listens.
URL=""
for _ in $(seq 100); do
  URL=$(grep -o 'http://[^ ]*manifest\.mpd' "$DEMO/serve.log" | head -n1 || true)
  [ -z "$URL" ] || break
  kill -0 "$SERVER" 2>/dev/null || { echo "demo: the server ended; see $DEMO/serve.log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$URL" ] || { echo "demo: the server printed no address; see $DEMO/serve.log" >&2; exit 1; }

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  "$BIN/player" "$URL"
else
  echo "demo: no display, playing headless: $URL"
  "$BIN/player" --headless "$URL" --summary "$DEMO/summary.json"
  cat "$DEMO/summary.json"
fi
