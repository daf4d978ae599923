#!/bin/sh
# The game-chat pipeline over the example log, explained.
set -eu
winnow=${1:-.build/release/winnow}
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

echo "\$ winnow run pipelines/game-chat.yaml examples/chat.jsonl -o verdicts.jsonl --audit audit.db"
"$winnow" run pipelines/game-chat.yaml examples/chat.jsonl -o "$out/verdicts.jsonl" --audit "$out/audit.db"

explain() {
  echo
  echo "$1"
  sed -n "s/.*\"id\": \"$2\".*\"text\": \"\([^\"]*\)\".*/  “\1”/p" examples/chat.jsonl
  "$winnow" audit show "$out/audit.db" "$2" | grep -E '^  (verdict|degraded|stage)|^   {10,}' || true
}
explain "A rule settles it: spelt to get around filters, found all the same." m033
explain "The classifier settles it: nothing here needs reading." m001
explain "Nobody is sure: this is what the reasoner is for." m024
echo
"$winnow" score examples/models/chat.linear 'nobody wants you here, you are trash' --features 3

cat <<END

Next:
  $winnow test pipelines/game-chat.yaml --verbose     the cases beside the pipeline
  $winnow lint pipelines/*.yaml policies/*.md         what a mistake looks like: break one first
  WINNOW_MODEL=/path/to/gpt-oss-safeguard-20b make demo        the same, with the reasoner
END
