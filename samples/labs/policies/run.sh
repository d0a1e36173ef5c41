#!/usr/bin/env bash
# Three traces under every policy: reports, tables, pages and plots, in some seconds of virtual time.
#   run.sh [--output DIR] [--buffer SECONDS] [FILM]
# FILM: a manifest (file or URL) or a description of a film; without it the one beside this script. PLAYER: the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
output=policies-lab film=$here/film.json buffer=25 own=0
usage() { echo "usage: run.sh [--output DIR] [--buffer SECONDS] [FILM]" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --output) [ $# -ge 2 ] || usage; output=$2; shift 2 ;;
    --buffer) [ $# -ge 2 ] || usage; buffer=$2 own=1; shift 2 ;;
    -*) usage ;;
    *) film=$1 own=1; shift ;;
  esac
done
# What was just built comes before what is installed.
find_player() {
  local built
  for built in "$here"/../../../target/{release,debug}/player; do
    [ ! -x "$built" ] || { echo "$built"; return; }
  done
  command -v player || { echo "run.sh: no player: build it (cargo build --workspace --release) or set PLAYER" >&2; exit 3; }
}
player=${PLAYER:-$(find_player)}

mkdir -p "$output"
echo figure,value >"$output/figures.csv"
for trace in collapse sawtooth train; do
  folder=$output/$trace
  mkdir -p "$folder"
  "$player" simulate --movie "$film" --trace "$trace" --policy all --buffer-seconds "$buffer" --format csv \
    --reports "$folder" --html "$output/$trace.html" >"$folder/table.csv"
  # One row a policy: view, seconds of avoidable stalls, mean rate and switches are what the worksheet asks for.
  awk -F, -v trace="$trace" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["family"] != "all" {
      printf "%s_%s_view,%.1f\n", trace, $at["policy"], $at["view"]
      printf "%s_%s_avoidable_stall_s,%.1f\n", trace, $at["policy"], $at["avoidable_stall_seconds"]
      printf "%s_%s_mean_kbps,%.0f\n", trace, $at["policy"], $at["mean_kbps"]
      printf "%s_%s_switches_percent,%.1f\n", trace, $at["policy"], $at["switches_percent"]
    }' "$folder/table.csv" >>"$output/figures.csv"
  for policy in default throughput bba; do
    "$player" export "$folder/$policy.jsonl" --output "$folder/$policy" >/dev/null
  done
  "$player" compare "$folder"/{default,throughput,bba,bola-e}.jsonl --output "$folder" >/dev/null
done

column -s, -t "$output/figures.csv" 2>/dev/null || cat "$output/figures.csv"
echo "Pages: $output/{collapse,sawtooth,train}.html   plots: $output/*/compare.png   tables: $output/*/table.csv"

# Another film or another buffer gives other figures: there is nothing to check them against.
[ "$own" = 0 ] || exit 0
awk -F, 'NR == FNR { if (FNR > 1) got[$1] = $2; next }
  FNR == 1 { next }
  !($1 in got) { print "missing: " $1; bad = 1; next }
  {
    tolerance = $3; if (sub(/%$/, "", tolerance)) tolerance = tolerance / 100 * ($2 < 0 ? -$2 : $2)
    off = got[$1] - $2; if (off < 0) off = -off
    if (off > tolerance + 1e-9) { print "off: " $1 " is " got[$1] ", expected " $2 " within " $3; bad = 1 }
  }
  END { exit bad }' "$output/figures.csv" "$here/expected.csv"
