#!/bin/bash
# End to end on one core and on two, beside a Python pipeline (orjson + hyperscan + fastText), in one run.
#
#   Benchmarks/end-to-end/run.sh FOLDER [RECORDS-FOR-PYTHON=200000]
#
# FOLDER holds messages.jsonl ({"id", "text"} a line), phrases.txt, rules.tsv, the Python driver py_e2e.py and a fastText model ft.bin;
# PYTHON names an interpreter that has orjson, hyperscan and fasttext. CPU seconds decide, so that neighbours do not count.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1; limit=${2:-200000}; winnow=${WINNOW:-.build/release/winnow}; python=${PYTHON:-python3}
python3 Benchmarks/end-to-end/prepare.py "$folder/phrases.txt" "$folder/rules.tsv" examples/models/chat.linear "$folder/pipeline"
records=$(wc -l < "$folder/messages.jsonl")
# One core: reading, screening and writing are threads of their own, so a single lane would still use more than one core.
measure() {
  /usr/bin/time -f '%e %U %S %M' -o "$folder/time" taskset -c "$2" "$winnow" run "$folder/pipeline/pipeline.yaml" "$folder/messages.jsonl" --verdicts-only --trace none --threads "$1" --quiet -o /dev/null
  awk -v n="$records" -v t="$1" '{ printf "winnow, %d core%s: %.0f msg/s wall, %.0f msg/s of CPU, peak %.0f MB\n", t, (t > 1 ? "s" : ""), n / $1, n / ($2 + $3), $4 / 1024 }' "$folder/time"
}
measure 1 0
measure 2 0,1
"$python" "$folder/py_e2e.py" hs "$folder/phrases.txt" "$folder/rules.tsv" "$folder/ft.bin" "$limit" < "$folder/messages.jsonl" 2>&1 > /dev/null | tail -1
