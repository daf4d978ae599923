#!/usr/bin/env python3
"""Lays out a cascade over recorded answers of gpt-oss-safeguard-20b on ToxicChat, for run.sh.

    prepare.py SHARED OUT

SHARED holds `data/dev/*.jsonl.gz` and `data/policies`. Written to OUT:

    labelled.jsonl   the messages that have a recorded answer, with the data set's labels
    answers.jsonl    the recorded answers in Winnow's own form, keyed by policy and text
    train.jsonl      labelled messages for the classifier: no text of labelled.jsonl among them
    policy.md, cascade.yaml
"""
import gzip
import hashlib
import json
import pathlib
import sys
import unicodedata

POLICY = "toxic_known_dataset"
# Beside the rest of ToxicChat: sets of abusive and of harmless text that are about the same thing, with the label that says so.
OTHERS = [
    ("openai_moderation_2022", lambda row: any_of(row["labels"], ("S", "H", "V", "HR", "SH", "S3", "H2", "V2"))),
    ("surge_toxicity", lambda row: row["labels"].get("toxic")),
    ("harmful_requests", lambda row: row["labels"].get("harmful_request")),
    ("aegis_test", lambda row: row["labels"].get("harmful")),
]


def any_of(labels, names):
    known = [labels.get(name) for name in names if labels.get(name) is not None]
    return int(any(known)) if known else None


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
    policy = f"---\nid: {POLICY}\noutput: {{labels: {{0: safe, 1: violates}}}}\n---\n{body}"
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
        def learn(text, label, source):
            if label is not None and same(text) not in asked:
                print(json.dumps({"text": text, "labels": {"toxicity": int(label)}, "source": source}), file=train)

        for row in rows(data / "toxicchat_test.jsonl.gz"):
            learn(row["text"], row["labels"].get("toxicity"), "toxicchat")
        for name, label in OTHERS:
            for row in rows(data / f"{name}.jsonl.gz"):
                learn(row["text"], label(row), name)

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
