#!/bin/sh
# A cascade over recorded answers of gpt-oss-safeguard-20b, from training to thresholds: the figures of the README's section "Tune".
#
#   Benchmarks/cascade/run.sh DATA OUT [WINNOW=.build/release/winnow]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
winnow=$(realpath "${3:-$here/../../.build/release/winnow}")
python3 "$here/prepare.py" "$1" "$2"
cd "$2"
"$winnow" train train.jsonl -o toxicity.linear --labels toxicity --eval
"$winnow" eval cascade.yaml labelled.jsonl --recorded answers.jsonl --slice length --html eval.html > eval.txt
"$winnow" tune cascade.yaml labelled.jsonl --recorded answers.jsonl --goal "maximum f1 @ llm_calls <= 20%" --html tune.html | tee tune.txt
python3 "$here/resplits.py" "$winnow" 200
for promise in share measure; do
  "$winnow" tune cascade.yaml labelled.jsonl --recorded answers.jsonl --goal "minimum escalation_rate @ recall >= 0.5" --promise $promise --resplits 200 | tail -4
done
