#!/usr/bin/env bash
# The rules between crates that no compiler keeps: who may know whom, and where `unsafe` lives.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
# Unit tests beside the code count, too.
MOST_KINDS=8
complain() { echo "fence: $*" >&2; failed=1; }

# refuse CRATE NAME...: none of the names may be among the crate's normal dependencies, at any depth.
refuse() {
  local crate=$1 tree name; shift
  tree=$(cargo tree --locked -p "$crate" -e normal --prefix none --format '{p}' | cut -d' ' -f1 | sort -u)
  for name in "$@"; do
    ! grep -qx -- "$name" <<<"$tree" || complain "$crate depends on $name"
  done
}
SHELLS="tokio reqwest axum ffmpeg-next ffmpeg-sys-next shared-av cpal egui eframe winit"
refuse shared player-core player packager $SHELLS
refuse player-core player packager $SHELLS
refuse shared-av player-core player packager tokio reqwest axum cpal egui eframe winit
refuse packager player player-core cpal egui eframe winit reqwest
refuse player packager axum

# `unsafe` only inside the FFmpeg fence and the GL video surface.
unsafe_files=$(git grep -lE '\bunsafe (\{|fn|impl|extern)|expect\(unsafe_code' -- '*.rs' | grep -vE '^shared/av/src/|^player/src/ui/surface' || true)
[ -z "$unsafe_files" ] || complain "unsafe outside its fences: $unsafe_files"

# verify looks with independent eyes: it may not import what wrote the package.
if [ -e packager/src/verify ] || [ -e packager/src/verify.rs ]; then
  ! git grep -nE 'crate::(mux|catalogue)\b|use crate::\{[^}]*\b(mux|catalogue)\b' -- 'packager/src/verify*' ':!packager/src/verify/tests*' | grep -v '//!' || complain "verify imports mux or catalogue"
fi

# A path of a package is written down once: no name of a segment, an index or a template outside of `layout`. Tests may
# spell out what they expect.
paths=$(git ls-files 'packager/src/*.rs' | grep -vE '/tests?(/|\.rs$)|/layout(\.rs|/)|/sample/' | xargs awk '
  /^(pub\(crate\) )?mod tests \{/ { nextfile }
  !/^ *\/\// && /\$(Number|RepresentationID)\$|\.m4s"|\.sidx"|\/init\.mp4"|"manifest\.mpd"/ { print FILENAME ":" FNR ": " $0 }')
[ -z "$paths" ] || complain "paths of a package outside of layout: $paths"

# Where the local files of a run lie is known to the workspace alone (`serve` has a root of another kind: what it serves).
roots=$(git grep -nE '\broot\(\)' -- 'packager/src/*.rs' ':!packager/src/workspace/*' ':!packager/src/serve/*' || true)
[ -z "$roots" ] || complain "root() outside of the workspace: $roots"

# What is printed passes one module in each program: it bears closed and full streams, and shows control characters.
printed=$(git grep -nE '\be?print(ln)?!' -- 'packager/src/*.rs' 'player/src/*.rs' 'player/core/src/*.rs' 'shared/src/*.rs' 'shared/av/src/*.rs' ':!*/tests/*' || true)
[ -z "$printed" ] || complain "printed outside of the out modules: $printed"

# The session's rooms: what each may name. Loading uses the network; no other room knows another.
room() {
  local folder=player/core/src/session/$1 names=$2 found
  found=$(git grep -nE "^ *(pub(\\([^)]*\\))? )?use .*\\b($names)\\b" -- "$folder/*.rs" ':!*/testing.rs' || true)
  [ -z "$found" ] || complain "the room $1 names what it may not: $found"
}
room network 'loading|playhead|level|buffer|abr|clock'
room loading 'playhead'
room playhead 'network|loading|presentation|abr|estimate'

# Kinds of track are data: outside of their tables nothing asks which kind it is.
kinds=$(git grep -hoE '\b(Track)?Kind::(Video|Audio|Text|Image)\b' -- 'player/core/src/*.rs' 'player/src/*.rs' \
  ':!*kind*.rs' ':!*/tests/*' ':!*/tests.rs' ':!*/testing.rs' | wc -l)
[ "$kinds" -le "$MOST_KINDS" ] || complain "kinds of track are asked for $kinds times outside of their tables"

# Identity is a type: no bare number is called a rung, a Period or a position in a signature or a field.
bare=$(git grep -nE '\b(rung|period|position): &?(Option<)?(usize|u64)\b' -- 'player/core/src/*.rs' 'player/src/*.rs' ':!*/tests/*' || true)
[ -z "$bare" ] || complain "bare numbers where names belong: $bare"

# The top level is what the README says.
extra=$(git ls-files | cut -d/ -f1 | sort -u | grep -vxE '(\..*|Cargo\.toml|Cargo\.lock|LICENSE|README\.md|CHANGELOG\.md|packager|player|shared|samples)' || true)
[ -z "$extra" ] || complain "unexpected at the top level: $extra"

[ "$failed" -eq 0 ] && echo "fences: all hold"
exit "$failed"
