#!/bin/bash
# The native model beside llama.cpp on a random model of the exact 20b shape: one run, one table.
#
#   Benchmarks/native-model/run.sh FOLDER [PART…]
#
# FOLDER/model      checkpoint; made here when absent, from CONFIG (a config.json) and TOKENIZER (a folder with tokenizer.json): 13.8 GB, and as much
#                   again for the prepared file
# FOLDER/model.gguf the same shape for llama.cpp: MXFP4 experts, Q8_0 for the rest
# LLAMA             folder with llama-bench, llama-batched-bench and llama-server
# THREADS           default 2
#
# Parts: llama, llama-batch, llama-job, forward, batch, job, start, neighbour, table; none means all, in this order. Each adds to
# FOLDER/results.jsonl, so a machine that is free for minutes only can take them one by one. Never two engines at once.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Benchmarks/native-model; folder=$1; shift
winnow=${WINNOW:-.build/release/winnow}; threads=${THREADS:-2}; results=$folder/results.jsonl
parts=${*:-llama llama-batch llama-job forward batch job start neighbour table}

if [[ " $parts " != " table " && ! -e $folder/model/config.json ]]; then
  mkdir -p "$folder/model"
  cp "${TOKENIZER:?a folder with tokenizer.json}"/tokenizer*.json "$folder/model/"
  "$winnow" model random "${CONFIG:?a config.json}" "$folder/model"
fi
if [[ " $parts " =~ \ (forward|batch|job|start|neighbour)\  ]]; then
  compgen -G "$folder/model/winnow-prepared.v*.bin" > /dev/null || "$winnow" model prepare "$folder/model"
fi

# Marks each line with its part.
record() { sed -u "s/^{/{\"part\":\"$1\",/" | tee -a "$results"; }
bench() { "$winnow" model bench "$folder/model" --json --threads "$threads" "$@"; }

for part in $parts; do
  echo "== $part" >&2
  case $part in
    llama) "$LLAMA/llama-bench" -m "$folder/model.gguf" -t "$threads" -fa 1 -p 512 -n 32 -r "${REPEATS:-2}" -o jsonl 2> /dev/null | record llama ;;
    llama-batch)
      # -kvu: the sequences share the policy's cache; random tokens for every sequence are this tool's default.
      "$LLAMA/llama-batched-bench" -m "$folder/model.gguf" -t "$threads" -fa on -kvu -pps -npp 600 -ntg 8 -npl 8,16,32 -c 1024 -b 2048 -ub 512 \
        --output-format jsonl 2> /dev/null | grep '^{' | record llama-batch ;;
    llama-job) python3 $here/llama_job.py "$LLAMA/llama-server" "$folder/model.gguf" "$threads" | record llama-job ;;
    forward) bench --prefill 16,60,512 --batches 1 --steps 48 | record forward ;;
    batch) bench --prefill none --batches 2,4,8,16,32 --steps 12 | record batch ;;
    job) bench --prefill none --batches none --job --prefixes "$folder/prefixes" | record job ;;
    start)
      # Twice: the first brings the files into the page cache if something had pushed them out.
      for _ in 1 2; do bench --start --prefixes "$folder/prefixes" > "$folder/start.jsonl"; done
      record start < "$folder/start.jsonl" ;;
    neighbour)
      ( while :; do :; done ) & neighbour=$!
      trap 'kill $neighbour 2> /dev/null' EXIT
      sleep 1
      for n in 2 1; do
        "$winnow" model bench "$folder/model" --json --threads $n --prefill 60 --batches 1,8 --steps 16 | record "neighbour-$n"
      done
      kill $neighbour; trap - EXIT ;;
    table) python3 $here/table.py "$results" ;;
    *) echo "no part $part" >&2; exit 64 ;;
  esac
done
