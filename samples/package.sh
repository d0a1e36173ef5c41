#!/usr/bin/env bash
# Makes a .deb and a tarball of both programs, with manual pages, completions, desktop entry and icon, and prints the two
# paths. Builds what is shipped (profile dist) unless --bin names a folder with both programs.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
usage() { echo "usage: samples/package.sh [--bin DIR] [--output DIR]" >&2; exit 2; }
say() { printf 'package: %s\n' "$*" >&2; }

target=${CARGO_TARGET_DIR:-$top/target}
bin="" output="$target/packages"
while [ $# -gt 0 ]; do
  case $1 in
    --bin) [ $# -ge 2 ] || usage; bin=$2; shift 2 ;;
    --output) [ $# -ge 2 ] || usage; output=$2; shift 2 ;;
    *) usage ;;
  esac
done
for tool in dpkg-deb dpkg-shlibdeps strip; do
  command -v "$tool" >/dev/null || { say "needs $tool: apt-get install dpkg-dev binutils"; exit 3; }
done
if [ -z "$bin" ]; then
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
  (cd "$top" && cargo build --workspace --bins --profile dist --locked) >&2
  bin="$target/dist"
fi
for program in packager player; do
  [ -x "$bin/$program" ] || { say "there is no $program in $bin; build it, or leave out --bin"; exit 3; }
done
bin=$(cd "$bin" && pwd)
mkdir -p "$output"
output=$(cd "$output" && pwd)

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$top/Cargo.toml" | head -n1)
architecture=$(dpkg --print-architecture)
maintainer="${DEBFULLNAME:-The authors of dash-player} <${DEBEMAIL:-dash-player@packages.debian.org}>"
# The time of the last change, so that the same source gives the same packages.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$top" log -1 --format=%ct 2>/dev/null || stat -c %Y "$top/CHANGELOG.md")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root="$work/root" usr="$work/root/usr" share="$work/root/usr/share" doc="$work/root/usr/share/doc/dash-player"

programs() {
  install -d "$usr/bin"
  local program
  for program in packager player; do
    install -m 755 "$bin/$program" "$usr/bin/"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$usr/bin/$program"
  done
}

manuals() {
  local program
  for program in packager player; do "$bin/$program" manual "$work/man" >&2; done
  install -d "$share/man/man1"
  install -m 644 "$work"/man/*.1 "$share/man/man1/"
  gzip -9n "$share"/man/man1/*.1
}

completions() {
  local bash="$share/bash-completion/completions" zsh="$share/zsh/vendor-completions" fish="$share/fish/vendor_completions.d"
  install -d "$bash" "$zsh" "$fish"
  local program
  for program in packager player; do
    "$bin/$program" completions bash >"$bash/$program"
    "$bin/$program" completions zsh >"$zsh/_$program"
    "$bin/$program" completions fish >"$fish/$program.fish"
  done
}

desktop() {
  install -D -m 644 "$top/samples/debian/dash-player.desktop" "$share/applications/dash-player.desktop"
  install -D -m 644 "$top/samples/debian/dash-player.svg" "$share/icons/hicolor/scalable/apps/dash-player.svg"
}

# Without the two first lines of the licence, which Debian's file has in its own form.
copyright() {
  sed "s/^@COPYRIGHT@/$(sed -n 's/^Copyright (c)/Copyright:/p' "$top/LICENSE")/" "$top/samples/debian/copyright"
  sed '1,/^Copyright/d' "$top/LICENSE" | sed '1{/^$/d}; s/^$/./; s/^/ /'
}

changelog() {
  printf 'dash-player (%s-1) unstable; urgency=medium\n\n  * Built from the source; see NEWS.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date -R -u -d "@$epoch")"
}

documents() {
  cd "$top"
  install -d "$doc"
  copyright >"$doc/copyright"
  changelog | gzip -9n >"$doc/changelog.Debian.gz"
  gzip -9nc "$top/CHANGELOG.md" >"$doc/NEWS.gz"
  # The guide's pages refer to each other by their places in the source.
  local page
  for page in player/README.md player/docs/*.md packager/README.md packager/docs/*.md; do
    install -D -m 644 "$top/$page" "$doc/$page"
  done
}

# What the programs are linked with, by Debian's names and versions; opened at run time are those in the control file.
libraries() {
  mkdir -p "$work/debian"
  printf 'Source: dash-player\n\nPackage: dash-player\nArchitecture: any\n' >"$work/debian/control"
  (cd "$work" && dpkg-shlibdeps -O "$usr/bin/packager" "$usr/bin/player" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

deb() {
  local file="$output/dash-player_$version-1_$architecture.deb" size
  install -d "$root/DEBIAN"
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  size=$(du -ks "$usr" | cut -f1)
  sed -e "s/@VERSION@/$version-1/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" \
    -e "s/@MAINTAINER@/$maintainer/" -e "s/@LIBRARIES@/$(libraries)/" "$top/samples/debian/control" >"$root/DEBIAN/control"
  find "$root" -exec touch -h -d "@$epoch" {} +
  SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >&2
  echo "$file"
}

# Unpacked over a prefix, with `tar -xzf FILE --strip-components=1 -C ~/.local`, both programs are there.
tarball() {
  local name="dash-player-$version-$(uname -m)-linux"
  local file="$output/$name.tar.gz"
  cp "$top/README.md" "$top/LICENSE" "$top/CHANGELOG.md" "$usr/"
  tar -C "$work/root" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
    --transform "s,^usr,$name," -cf - usr | gzip -9n >"$file"
  echo "$file"
}

programs
manuals
completions
desktop
documents
find "$root" -type d -exec chmod 755 {} +
find "$share" -type f -exec chmod 644 {} +
deb
tarball
