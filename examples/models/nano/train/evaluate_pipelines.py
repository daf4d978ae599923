"""Measures the sample pipelines with the checkpoint, without it, and their prefilter alone, on texts that the checkpoint was not trained on.

usage: evaluate_pipelines.py DATA CACHE FOLDER [--winnow PATH] [--positives 60] [--clean 600] [--set NAME.jsonl.gz:LABEL=CATEGORY ...]

`winnow eval` does the counting; a message that goes to review counts as flagged, so a pipeline without a model flags all that it is unsure of. The example
classifier has seen most of these texts (not the ones of `--set`): it is surer of them than of a user's, in all three systems alike.
"""
import argparse
import gzip
import json
import os
import random
import re
import subprocess
import tempfile
from pathlib import Path

from corpus import prepare
from wordings import CATEGORIES

ROOT = Path(__file__).resolve().parents[4]
NAMES = dict(zip(CATEGORIES, ("harassment", "hate", "sexual", "threats", "self_harm", "spam", "injection")))
PIPELINES = {"game-chat": "harassment hate threats self_harm spam", "community-chat": "harassment hate threats self_harm sexual spam", "spam": "spam", "llm-guard": "injection self_harm hate sexual"}


def sample(rows, categories, positives, clean, rng):
    """Held-out natural rows: at most `positives` of each category, and clean ones."""
    test = [r for r in rows if r["part"] == "test" and r["natural"]]
    rng.shuffle(test)
    named = [(r, {NAMES[c]: l for c, l in zip(CATEGORIES, r["labels"])}) for r in test]
    chosen, ids = [], set()
    for c in categories:
        mine = [x for x in named if x[1][c] == 1][:positives]
        chosen += [x for x in mine if id(x[0]) not in ids]
        ids.update(id(x[0]) for x in mine)
    chosen += [x for x in named if all(v == 0 for v in x[1].values()) and id(x[0]) not in ids][:clean]
    return [(r["text"], {c: labels[c] for c in categories}) for r, labels in chosen]


def other_set(path, label, category, count, rng):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [r for r in rows if r["labels"].get(label) is not None and r["text"].strip()]
    return [(r["text"], {category: r["labels"][label]}) for r in rng.sample(rows, min(count, len(rows)))]


def measure(winnow, pipeline, rows, model):
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.jsonl"
        llm = "llm-guard" in str(pipeline)
        data.write_text("".join(json.dumps({"id": str(n), "labels": l, **({"prompt": t, "completion": "I see."} if llm else {"text": t})}, ensure_ascii=False) + "\n" for n, (t, l) in enumerate(rows)), encoding="utf-8")
        done = subprocess.run([winnow, "eval", str(pipeline), str(data), "--json"], capture_output=True, text=True, env={**os.environ, "WINNOW_MODEL": model})
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr)
        d = json.loads(done.stdout)
    q = d["overall"]["quality"]
    value = {k: round(q[k]["value"], 3) if q[k] and q[k]["value"] is not None else None for k in ("f1", "precision", "recall")}
    return dict(value, messages=d["messages"], positives=q["true_positives"] + q["false_negatives"], review=round(d["review_rate"], 3), escalated=round(d["escalation_rate"], 3))


def prefilter_alone(path):
    """The pipeline file cut off behind its first stage, beside the original so that paths hold."""
    text = path.read_text(encoding="utf-8")
    head, stages = text.split("stages:\n", 1)
    starts = [m.start() for m in re.finditer(r"(?m)^  - id: ", stages)]
    cut = path.parent / f".{path.stem}.prefilter-{os.getpid()}.yaml"
    cut.write_text(head + "stages:\n" + stages[:starts[1]], encoding="utf-8")
    return cut


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("data", "cache", "folder"):
        parser.add_argument(name)
    parser.add_argument("--winnow", default=str(ROOT / ".build/release/winnow"))
    parser.add_argument("--positives", type=int, default=60)
    parser.add_argument("--clean", type=int, default=600)
    parser.add_argument("--set", action="append", default=[], help="NAME:LABEL=CATEGORY: a further set in DATA, measured with game-chat")
    parser.add_argument("--count", type=int, default=2000, help="messages of a further set")
    a = parser.parse_args()
    rows = prepare(a.data, a.cache)[0]
    folder = str(Path(a.folder).resolve())
    jobs = [(name, name, sample(rows, c.split(), a.positives, a.clean, random.Random(3))) for name, c in PIPELINES.items()]
    examples = [json.loads(line) for line in open(ROOT / "examples/chat.labels.jsonl", encoding="utf-8")]
    jobs += [(f"{name}, example log", name, [(r["text"], {c: r["labels"].get(c) for c in PIPELINES[name].split()}) for r in examples]) for name in ("game-chat", "community-chat", "spam")]
    for what in a.set:
        name, label, category = re.fullmatch(r"(.+):(.+)=(.+)", what).groups()
        jobs.append((f"game-chat, {name}", "game-chat", other_set(Path(a.data) / f"{name}.jsonl.gz", label, category, a.count, random.Random(4))))
    for title, name, data in jobs:
        path = ROOT / "pipelines" / f"{name}.yaml"
        cut = prefilter_alone(path)
        try:
            for system, pipeline, model in (("prefilter alone", cut, "none"), ("without a model", path, "none"), ("with nano", path, folder)):
                print(json.dumps(dict(pipeline=title, system=system, **measure(a.winnow, pipeline, data, model))), flush=True)
        finally:
            cut.unlink()
