#!/bin/sh
# The game-chat pipeline over the example log, then what it decided and why. Without WINNOW_MODEL the reasoner is the demonstration model of examples/models/nano.
set -eu
winnow=${1:-.build/release/winnow}
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

echo "\$ winnow run pipelines/game-chat.yaml examples/chat.jsonl -o verdicts.jsonl --audit audit.db"
"$winnow" run pipelines/game-chat.yaml examples/chat.jsonl -o "$out/verdicts.jsonl" --audit "$out/audit.db"
echo
echo "\$ winnow report audit.db --messages examples/chat.jsonl --html report.html"
"$winnow" report "$out/audit.db" --messages examples/chat.jsonl --html "$out/report.html" 2>/dev/null
report=${TMPDIR:-/tmp}/winnow-demo-report.html
cp "$out/report.html" "$report"

cat <<END

The same with plots and the conversations: $report

Next:
  $winnow test pipelines/game-chat.yaml --verbose     the cases beside the pipeline
  $winnow lint pipelines/*.yaml policies/*.md         what a mistake looks like: break one first
  WINNOW_MODEL=/path/to/gpt-oss-safeguard-20b make demo        the same, with the real reasoner
END
