#!/usr/bin/env python3
"""Tunes the cascade of run.sh on many splits, and tells what the thresholds give on the parts that no choice has seen.

    resplits.py WINNOW COUNT
"""
import json
import statistics
import subprocess
import sys

GOAL = "maximum f1 @ llm_calls <= 20%"


def value(point, metric):
    found = point["metrics"][metric]
    return found["value"] if isinstance(found, dict) else found


def tuned(winnow, seed):
    command = [winnow, "tune", "cascade.yaml", "labelled.jsonl", "--recorded", "answers.jsonl", "--goal", GOAL, "--seed", str(seed), "--json"]
    goal = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["goals"][0]
    systems = {entry["name"]: entry["reporting"] for entry in goal["simpler"]}
    return {"cascade": goal["reporting"]["chosen"], **systems}


def main(winnow, count):
    splits = [tuned(winnow, seed) for seed in range(1, count + 1)]
    print(f"{GOAL}: means over {count} splits, on the reporting parts")
    print(f"{'':22}{'F1':>8}{'recall':>9}{'precision':>11}{'calls':>8}")
    for name in splits[0]:
        means = [statistics.mean(value(split[name], metric) for split in splits) for metric in ("f1", "recall", "precision", "escalation_rate")]
        print(f"{name:22}{means[0]:8.3f}{means[1]:9.3f}{means[2]:11.3f}{means[3]:8.1%}")
    gains = [value(split["cascade"], "f1") - value(split["all to the reasoner"], "f1") for split in splits]
    print(f"F1 of the cascade is no lower than the reasoner's in {sum(gain >= 0 for gain in gains)} of {count} splits; mean difference {statistics.mean(gains):+.3f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
