#!/bin/bash
# Kills a checkpointed run with SIGKILL at random moments until it has been killed KILLS times and then ends by itself,
# and compares its output with that of an unbroken run, byte for byte.
#
#   Scripts/kill-test.sh [KILLS=50] [RECORDS=400000] [WINNOW=.build/release/winnow] [PIPELINE=pipelines/game-chat.yaml]
set -euo pipefail
cd "$(dirname "$0")/.."
# The cheap layers alone: a model would take hours.
export WINNOW_MODEL=none
kills=${1:-50}; records=${2:-400000}; winnow=${3:-.build/release/winnow}; pipeline=${4:-pipelines/game-chat.yaml}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# Plain, blocked, odd and broken lines, in several conversations.
awk -v n="$records" 'BEGIN {
  split("gg wp|nice shot|you are trash uninstall|free nitro at http://example.com/x|rush b|kys noob|lol|report this idiot please", words, "|");
  for (i = 0; i < n; i++) {
    if (i % 9973 == 17) { print "{broken"; continue }
    printf "{\"id\":%d,\"channel\":\"m%d\",\"author\":\"p%d\",\"text\":\"%s %d\"}\n", i, i % 23, i % 11, words[i % 8 + 1], i % 97
  }
}' > "$work/in.jsonl"

run() { "$winnow" run "$pipeline" "$work/in.jsonl" -o "$1/out.jsonl" --quiet "${@:2}" 2> "$1/err.txt"; }

mkdir "$work/whole" "$work/broken"
run "$work/whole"

killed=0
while [ "$killed" -lt "$kills" ]; do
  run "$work/broken" --checkpoint "$work/broken/checkpoint.json" --checkpoint-interval 20ms & pid=$!
  sleep "0.$(printf '%03d' $((RANDOM % 250 + 30)))"
  child=$(pgrep -P "$pid" -f "$winnow" || echo "$pid")
  if kill -9 $child 2> /dev/null; then killed=$((killed + 1)); fi
  if wait "$pid" 2> /dev/null; then
    # It was faster than the killer: begin again, what it wrote must be right already.
    cmp "$work/whole/out.jsonl" "$work/broken/out.jsonl"
    rm "$work/broken/"*
  fi
done
run "$work/broken" --checkpoint "$work/broken/checkpoint.json"

cmp "$work/whole/out.jsonl" "$work/broken/out.jsonl"
sed "s|$work/[a-z]*||" "$work/whole/out.jsonl.dead.jsonl" > "$work/a"
sed "s|$work/[a-z]*||" "$work/broken/out.jsonl.dead.jsonl" > "$work/b"
cmp "$work/a" "$work/b"
echo "killed $killed times; $(wc -l < "$work/whole/out.jsonl") verdicts and $(wc -l < "$work/a") dead letters are byte-identical to an unbroken run"
