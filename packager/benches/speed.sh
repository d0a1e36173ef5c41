#!/usr/bin/env bash
# How long packaging takes beside what else is on this machine: `ffmpeg` on PATH, and newer ones named by FFMPEGS.
# The same rates, caps, group length and preset; runs alternate, because machines change their mind; the smallest wall
# time and CPU time of each count. SSIM of every rung says that the comparison is fair. Not run by CI: it takes minutes.
#
#   packager/benches/speed.sh FILM [ROUNDS]     FILM: 1920x1080 with sound, e.g. target/release/packager sample film.mp4
#   PACKAGER=…  the program (target/release/packager)      FFMPEGS="a b"  more ffmpegs      PRESET=veryfast
set -euo pipefail
film=${1:?which film? see the first lines of this file}
rounds=${2:-3}
packager=${PACKAGER:-target/release/packager}
preset=${PRESET:-veryfast}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sizes=(1920x1080 1280x720 854x480 426x240)
rates=(5000 2800 1200 400)

peers=(ours)
for one in ffmpeg ${FFMPEGS:-}; do
  command -v "$one" > /dev/null && peers+=("$(command -v "$one")")
done
[ ${#peers[@]} -gt 1 ] || { echo "there is no ffmpeg on PATH to compare with"; exit 1; }
judge=${peers[1]}

rate=$("${judge%ffmpeg}ffprobe" -v error -select_streams v:0 -show_entries stream=r_frame_rate -of csv=p=0 "$film")
gop=$(awk -F/ '{ printf "%d", 4 * $1 / ($2 ? $2 : 1) + 0.5 }' <<< "$rate")

ours() {
  local ladder="" n
  for n in "${!sizes[@]}"; do ladder+="${ladder:+,}${sizes[n]}@${rates[n]}"; done
  "$packager" package "$film" --output "$1" --ladder "$ladder" --preset "$preset" --progress none 2> /dev/null
}

# One command as people write it: decode once, scale, encode, write DASH.
theirs() {
  local ffmpeg=$1 out=$2 n filter="[0:v]split=${#sizes[@]}" args=()
  for n in "${!sizes[@]}"; do filter+="[s$n]"; done
  for n in "${!sizes[@]}"; do
    filter+=";[s$n]scale=${sizes[n]/x/:}:flags=bicubic[v$n]"
    args+=(-map "[v$n]" -b:v:"$n" "${rates[n]}k" -maxrate:v:"$n" $((rates[n] * 12 / 10))k -bufsize:v:"$n" $((rates[n] * 2))k)
  done
  mkdir -p "$out"
  "$ffmpeg" -v error -nostdin -y -i "$film" -filter_complex "$filter" "${args[@]}" -map 0:a:0 -c:v libx264 -preset "$preset" \
    -profile:v high -pix_fmt yuv420p -g "$gop" -keyint_min "$gop" -sc_threshold 0 -flags +cgop -c:a aac -b:a 128k -ac 2 \
    -seg_duration 4 -f dash "$out/manifest.mpd" 2> /dev/null
}

run() { if [ "$1" = ours ]; then ours "$2"; else theirs "$1" "$2"; fi; }

# The media of rung $2 of the package in $1, as one file.
media() {
  if compgen -G "$1/init-stream*.m4s" > /dev/null; then
    cat "$1/init-stream$2.m4s" $(printf '%s\n' "$1"/chunk-stream"$2"-*.m4s | sort -V)
  else
    local folder
    folder=$(echo "$1"/*/h264-"${sizes[$2]}"-*)
    cat "$folder/init.mp4" $(printf '%s\n' "$folder"/*.m4s | sort -V)
  fi
}

TIMEFORMAT='%R %U %S'
for round in $(seq "$rounds"); do
  for n in "${!peers[@]}"; do
    rm -rf "$work/$n"
    { time run "${peers[n]}" "$work/$n"; } 2>> "$work/times-$n"
  done
  echo "round $round of $rounds done" >&2
done

best() { awk '{ w = $1; c = $2 + $3; if (NR == 1 || w < bw) bw = w; if (NR == 1 || c < bc) bc = c } END { print bw, bc }' "$work/times-$1"; }
read -r our_wall our_cpu <<< "$(best 0)"
printf '%-44s %8s %8s   %s\n' program 'wall s' 'CPU s' 'ours/theirs wall, CPU; rungs: kbit/s, SSIM'
for n in "${!peers[@]}"; do
  read -r wall cpu <<< "$(best "$n")"
  line=$(awk -v w="$wall" -v c="$cpu" -v ow="$our_wall" -v oc="$our_cpu" 'BEGIN { printf "%.2f %.2f;", ow / w, oc / c }')
  for rung in "${!sizes[@]}"; do
    media "$work/$n" "$rung" > "$work/rung.mp4"
    ssim=$("$judge" -v info -nostdin -i "$work/rung.mp4" -i "$film" \
      -lavfi "[1:v]scale=${sizes[rung]/x/:}:flags=bicubic[r];[0:v][r]ssim" -f null - 2>&1 | sed -n 's/.*SSIM Y:\([0-9.]*\).*/\1/p')
    seconds=$("${judge%ffmpeg}ffprobe" -v error -show_entries format=duration -of csv=p=0 "$film")
    kbps=$(awk -v b="$(stat -c %s "$work/rung.mp4")" -v s="$seconds" 'BEGIN { printf "%d", b * 8 / s / 1000 }')
    line+=" $kbps $ssim"
  done
  printf '%-44s %8.2f %8.2f   %s\n' "${peers[n]}" "$wall" "$cpu" "$line"
done
