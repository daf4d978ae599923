#!/usr/bin/env python3
"""The peer of Benchmarks/Sources/tokenizer-bench: Hugging Face tokenizers (Rust) on the same texts, one thread.

    python3 Benchmarks/peers/tokenizers_bench.py TOKENIZER.json TEXT [REPEATS]

Needs: pip install tokenizers. Prints one JSON line for each workload, as tokenizer-bench does: `messages` encodes every line of TEXT by a
call of its own, `text` encodes all of TEXT in one call. The best of REPEATS (default 3) counts, as on the other side.
"""

import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402 (reads the variable when it is loaded)


def checksum(ids, state):
    """FNV-1a over the ids as 32-bit words: both sides must print the same."""
    for i in ids:
        state = ((state ^ i) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


def measure(name, texts, size, tokenizer, repeats):
    best = float("inf")
    for _ in range(repeats):
        tokens, seconds = [], 0.0
        for text in texts:
            start = time.perf_counter()
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            seconds += time.perf_counter() - start
            tokens.append(ids)
        best = min(best, seconds)
    state = 0xCBF29CE484222325
    for ids in tokens:
        state = checksum(ids, state)
    count = sum(len(ids) for ids in tokens)
    print(
        json.dumps(
            {
                "tokenizer": f"tokenizers {tokenizers.__version__}",
                "workload": name,
                "texts": len(texts),
                "bytes": size,
                "tokens": count,
                "seconds": round(best, 4),
                "mb_per_s": round(size / best / 1e6, 2),
                "checksum": f"{state:016x}",
            }
        ),
        flush=True,
    )


def main():
    start = time.perf_counter()
    tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
    # Special tokens in text would be parsed here; the other side encodes ordinary text.
    tokenizer.encode_special_tokens = True
    print(json.dumps({"workload": "load", "seconds": round(time.perf_counter() - start, 4)}), flush=True)
    data = open(sys.argv[2], "rb").read()
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    text = data.decode("utf-8", errors="replace")
    lines = [line.decode("utf-8", errors="replace") for line in data.split(b"\n")]
    measure("messages", lines, len(data) - len(lines) + 1, tokenizer, repeats)
    measure("text", [text], len(data), tokenizer, repeats)


main()
