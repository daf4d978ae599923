"""Measures the exported folder through Winnow itself: prompts, constrained decoding and scores are the engine's.

usage: evaluate_engine.py DATA CACHE FOLDER [--winnow PATH] [--policies 60] [--strict] > result.json

Policies are drawn at random: 2 to 4 category rules with random ids, order and polarity, in wordings from training (`seen`) or kept from it (`unseen`).
Texts are natural and held out; a violating text is used once, at most 120 of a category. The opponent is a logistic regression for each category over word unigrams and bigrams, trained on the same training
part and told which categories the policy forbids: its score is the largest of theirs.

Where a set does not say whether a text has a category, the text counts as one without it if the opponent is sure of that. `--strict` leaves such texts out, and all that share
four fifths of their words with a training text.
"""
import argparse
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from corpus import near_copies, prepare
from evaluate import auroc, changed, rate
from prompts import Encoder, Format, Sampler, random_policy
from wordings import CATEGORIES

HEADER = '---\nid: p\nversion: "1"\ncategories: [violation]\noutput: {format: json, decision: violation, rule_ids: rule_ids, rationale: rationale}\n---\n'
PIPELINE = """pipeline: measure
input: {{format: jsonl, id: id, text: text}}
deadline: 600s
categories:
  violation: {{severity: medium, policy: {name}.md}}
stages:
  - id: safeguard
    type: safeguard
    model: {model}
    effort: low
    probe: false
    concurrency: 16
    timeout: 600s
    reasoning_budget: {budget}
"""


class Engine:
    def __init__(self, winnow, model, folder):
        self.winnow, self.model, self.folder = winnow, model, Path(folder)

    def ask(self, policy_text, texts, budget=48):
        """For each text: score and cited rules."""
        (self.folder / "p.md").write_text(HEADER + policy_text.strip() + "\n", encoding="utf-8")
        (self.folder / "p.yaml").write_text(PIPELINE.format(name="p", model=self.model, budget=budget), encoding="utf-8")
        (self.folder / "in.jsonl").write_text("".join(json.dumps(dict(id=str(n), text=t)) + "\n" for n, t in enumerate(texts)), encoding="utf-8")
        audit = self.folder / "audit.db"
        for file in self.folder.glob("audit.db*"):
            file.unlink(missing_ok=True)
        done = subprocess.run([self.winnow, "run", str(self.folder / "p.yaml"), str(self.folder / "in.jsonl"), "--trace", "full", "-o", str(self.folder / "out.jsonl"), "--audit", str(audit)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        with sqlite3.connect(audit) as database:
            thoughts = dict(database.execute("SELECT position, reasoning FROM rationale"))
        # Positions ascend with the messages.
        thoughts = dict(enumerate(thoughts[p] for p in sorted(thoughts))) if len(thoughts) == len(texts) else {}
        out = []
        for n, line in enumerate((self.folder / "out.jsonl").read_text(encoding="utf-8").splitlines()):
            found = next(s for s in json.loads(line)["winnow"]["trace"] if s["stage"] == "safeguard")["findings"][0]
            out.append(dict(reasoning=thoughts.get(n) or "", score=found.get("score"), hit=found["outcome"] == "violates", cited=found.get("rules") or found.get("rule_ids") or [], outcome=found["outcome"]))
        return out


class Pools:
    """Held-out texts of each category, each given out once."""

    def __init__(self, sampler, most=120):
        self.texts = {}
        for c in CATEGORIES:
            mine = list(sampler.natural[c])
            sampler.rng.shuffle(mine)
            self.texts[c] = mine[:most]

    def take(self, category, fits):
        mine = self.texts[category]
        for k in range(len(mine)):
            if fits(mine[k]):
                return mine.pop(k)
        return None


def table(engine, sampler, count, unseen, per=12):
    s, rng, format, pools = sampler, sampler.rng, Format("json"), Pools(sampler)
    truth, reasoned, direct, linear, category, read, quoted, whole, empty = [], [], [], [], [], [], [], [], []
    removed, inverted, cites, swapped, stays = [], [], [], [], []
    for number in range(count):
        specs = s.specs(rng.sample(CATEGORIES, rng.randint(2, 4)), [], rng.randint(0, 1), allow=0.2)
        policy = random_policy(rng, specs, format, unseen=unseen)
        lines = policy.lines
        live = [l for l in lines if l["kind"] == "category"]
        chosen = []
        for n in range(per):
            line = rng.choice(live) if n < per * 0.6 else None
            row = pools.take(line["key"], lambda r: s.compatible(r, line["key"], lines)) if line else None
            if row is None:
                line, (row, _) = None, s.draw(lines)
            chosen.append((row, line))
        texts = [r["text"] for r, _ in chosen]
        a, b = engine.ask(policy.text, texts), engine.ask(policy.text, texts, budget=0)
        forbidden = [CATEGORIES.index(l["key"]) for l in live if l["polarity"]]
        for (row, line), x, y in zip(chosen, a, b):
            t = int(line is not None and line["polarity"] == 1)
            read.append(x["outcome"] in ("violates", "safe"))
            said = re.match(r"It says: ?(.*)\. Closest rule: ", x["reasoning"].strip())
            words, text = said[1].strip().lower() if said else "", row["text"].lower()
            empty.append(not words)
            if words:
                quoted.append(words in text)
                whole.append(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None)
            truth.append(t)
            reasoned.append(x["score"])
            direct.append(y["score"])
            linear.append(max(float(row["linear"][i]) for i in forbidden) if forbidden else -9.0)
            category.append(line["key"] if t else None)
            if t and x["hit"]:
                cites.append(x["cited"] == [line["id"]])
        hits = [(r, l) for (r, l), x in zip(chosen, a) if l is not None and l["polarity"] == 1 and x["hit"]]
        for key in sorted({l["key"] for _, l in hits}):
            mine = [r["text"] for r, l in hits if l["key"] == key]
            id_ = next(l["id"] for l in lines if l["key"] == key)
            removed += [not r["hit"] for r in engine.ask(changed(policy, drop=id_).text, mine)]
            other = [dict(x, polarity=0) if x["key"] == key else x for x in specs]
            # Random numbers of its own: what the model hits must not decide which policies and texts come next.
            aside = random.Random(f"{number} {key}")
            inverted += [not r["hit"] for r in engine.ask(random_policy(aside, other, format, False, unseen).text, mine)]
        if hits and len(lines) > 1:
            old = [l["id"] for l in lines]
            new = dict(zip(old, old[1:] + old[:1]))
            for (r, l), x in zip(hits, engine.ask(changed(policy, ids=new).text, [r["text"] for r, _ in hits])):
                stays.append(x["hit"])
                if x["hit"]:
                    swapped.append(x["cited"] == [new[l["id"]]])

    def against_all(scores, c):
        negatives = [s for s, t in zip(scores, truth) if not t]
        mine = [s for s, k in zip(scores, category) if k == c]
        return auroc([1] * len(mine) + [0] * len(negatives), mine + negatives)

    return dict(texts=len(truth), violations=sum(truth), readable=rate(read), auroc_reasoned=auroc(truth, reasoned), auroc_direct=auroc(truth, direct), auroc_linear=auroc(truth, linear),
                accuracy=rate((x > 0.5) == bool(t) for x, t in zip(reasoned, truth)), recall=rate(x > 0.5 for x, t in zip(reasoned, truth) if t),
                false_alarms=rate(x > 0.5 for x, t in zip(reasoned, truth) if not t), flips_when_removed=rate(removed), flips_when_inverted=rate(inverted), right_id=rate(cites),
                right_id_swapped=rate(swapped), hits_after_swapping=rate(stays), quoted_in_text=rate(quoted), quoted_nothing=rate(empty), quoted_whole_words=rate(whole), by_category={c: dict(n=category.count(c), nano=against_all(direct, c), linear=against_all(linear, c)) for c in CATEGORIES})


def strict(rows):
    """The rows without near copies of training texts, and without guesses where a set says nothing."""
    copies = near_copies(rows)
    return [dict(r, filled=r["labels"]) if r["part"] == "test" else r for n, r in enumerate(rows) if n not in copies]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("data", "cache", "folder"):
        parser.add_argument(name)
    parser.add_argument("--winnow", default=str(Path(__file__).resolve().parents[4] / ".build/release/winnow"))
    parser.add_argument("--policies", type=int, default=60)
    parser.add_argument("--only", default="seen,unseen")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--strict", action="store_true")
    a = parser.parse_args()
    from tokenizers import Tokenizer

    rows, _, topics = prepare(a.data, a.cache)
    if a.strict:
        rows = strict(rows)
    encoder = Encoder(Tokenizer.from_file(os.path.join(a.folder, "tokenizer.json")))
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(a.winnow, str(Path(a.folder).resolve()), folder)
        for which in a.only.split(","):
            sampler = Sampler(rows, topics, encoder, part="test", seed=a.seed, natural_only=True)
            result[which] = table(engine, sampler, a.policies, which == "unseen")
    json.dump(result, sys.stdout, indent=1)
    print()
