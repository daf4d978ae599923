#!/usr/bin/env python3
"""Lays out a cascade over recorded answers of gpt-oss-safeguard-20b on ToxicChat, for run.sh.

    prepare.py DATA OUT

DATA holds `data/dev/*.jsonl.gz` and `data/policies`. Written to OUT:

    labelled.jsonl   the messages that have a recorded answer, with the data set's labels
    answers.jsonl    the recorded answers in Winnow's own form, keyed by policy and text
    train.jsonl      the other part of ToxicChat, for the classifier: no text of labelled.jsonl, nor of any recording, is among it
    policy.md, cascade.yaml

Other sets of abusive text (OpenAI's moderation set, Surge, Aegis, harmful requests) were tried as additional training data and left out:
in cross-validation on train.jsonl alone each lowered the average precision on ToxicChat (0.47 without, 0.31 to 0.46 with them).
"""
import gzip
import hashlib
import json
import pathlib
import sys
import unicodedata

POLICY = "toxic_known_dataset"

def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def same(text):
    return unicodedata.normalize("NFC", text).strip()


def key(policy, text):
    """What winnow's recordings are keyed by: `RecordKey` in Sources/Safeguard."""
    parts = ["winnow-answer-1", "1", hashlib.sha256(policy.encode()).hexdigest(), "message", text, "0"]
    return hashlib.sha256("".join(f"{len(part.encode())}:{part}" for part in parts).encode()).hexdigest()


def main(shared, out):
    data, out = shared / "data" / "dev", pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    body = (shared / "data" / "policies" / "dngros" / f"{POLICY}.md").read_text(encoding="utf-8")
    policy = f"---\nid: {POLICY}\noutput: {{format: binary}}\n---\n{body}"
    (out / "policy.md").write_text(policy, encoding="utf-8")

    answers, asked = {}, set()
    for row in rows(data / "reasoner_dngros_toxicchat.jsonl.gz"):
        asked.add(same(row["content"]))
        if row["policy_file"].endswith(f"/{POLICY}.md") and row["content"] not in answers:
            answers[row["content"]] = row
    with open(out / "labelled.jsonl", "w", encoding="utf-8") as labelled, open(out / "answers.jsonl", "w", encoding="utf-8") as recorded:
        for text, row in answers.items():
            print(json.dumps({"id": row["id"].rsplit("/", 1)[1], "text": text, "labels": {"toxicity": int(row["label_true"])}}), file=labelled)
            line = {"key": key(policy, text), "policies": [POLICY], "model": row["model"], "final": row["raw_output"], "usage": {"calls": 1}}
            print(json.dumps(line), file=recorded)

    with open(out / "train.jsonl", "w", encoding="utf-8") as train:
        for row in rows(data / "toxicchat_test.jsonl.gz"):
            if same(row["text"]) not in asked:
                print(json.dumps({"text": row["text"], "labels": {"toxicity": row["labels"]["toxicity"]}}), file=train)

    (out / "cascade.yaml").write_text("""pipeline: toxicchat-cascade
input: {id: id, text: text}
categories:
  toxicity: {severity: medium, policy: policy.md}
stages:
  - id: linear
    type: classifier
    model: toxicity.linear
    bands:
      toxicity: {allow_below: 0.05, block_above: 0.95}
  - id: safeguard
    type: safeguard
    recorded: answers.jsonl
""")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
