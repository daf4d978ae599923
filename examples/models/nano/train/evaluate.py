"""Measures a training checkpoint, with the weights as they are exported, on the part of the texts that was held out.

usage: evaluate.py DATA CACHE TOKENIZER CHECKPOINT [--policies 60] [--raw] [--part test] > result.json

Policies are drawn at random: 2 to 4 category rules with random ids, order and polarity, as text that was never used for training (`unseen`) or in
wordings from training (`seen`). Texts are natural only. The opponent is a logistic regression for each category over word unigrams and bigrams,
trained on the same training part and told which categories the policy forbids: its score is the largest of theirs.
Unconstrained answers are the model's own but for one thing: reasoning that has not ended after 48 tokens is ended.
"""
import argparse
import json
import random
import re
import sys

import torch
from sklearn.metrics import roc_auc_score

import model as model_module
from corpus import prepare
from export import rounded
from losses import batch_of
from model import CONFIG, Nano
from prompts import Encoder, Format, Policy, Sampler, random_policy
from train import POLICIES
from wordings import CATEGORIES

REASONING = 48


def force(tokens):
    for t in tokens:
        yield t, None


def script(e, format, rules, analysis, constrained, out):
    """A message's answer as a coroutine: yields (forced token, None) or (None, allowed tokens or None for all), is sent (token, logits)."""
    s = e.special
    yield from force([s["channel"]])
    if analysis:
        yield from force([*e.ids("analysis"), s["message"]])
        thought = []
        for _ in range(REASONING):
            token, _ = yield None, None
            if token in (s["end"], s["return"]):
                break
            thought.append(token)
        out["analysis"] = e.tokenizer.decode(thought)
        if len(thought) == REASONING:
            yield from force([s["end"]])
        if constrained:
            yield from force([s["start"], *e.ids("assistant"), s["channel"]])
        else:
            # Everything that follows is the model's own.
            rest = []
            for _ in range(80):
                token, _ = yield None, None
                if token == s["return"]:
                    break
                rest.append(token)
            text = e.tokenizer.decode(rest, skip_special_tokens=False)
            out["free"] = text.split("<|channel|>final<|message|>", 1)[1] if text.startswith("<|start|>assistant<|channel|>final<|message|>") else None
            return
    yield from force([*e.ids("final"), s["message"]])
    if format.kind != "bare":
        yield from force(e.ids('{"label":' if format.kind == "label" else '{"violation":'))
    labels = [e.ids(l)[0] for l in format.labels]
    token, logits = yield None, labels
    out["score"] = (logits[labels[1]] - logits[labels[0]]).item()
    out["decision"] = labels.index(token)
    if format.kind == "bare":
        return
    yield from force(e.ids(',"rule_ids":['))
    quote, close = e.ids('"')[0], e.ids("]")[0]
    token, _ = yield None, [quote, close]
    cited = []
    if token == quote:
        open_, path = [e.ids(r) for r in rules], []
        while len(open_) > 1 or len(path) < len(open_[0]):
            allowed = sorted({r[len(path)] for r in open_ if len(r) > len(path)})
            token, _ = yield None, allowed
            path.append(token)
            open_ = [r for r in open_ if r[:len(path)] == path and (len(r) > len(path) or r == path)]
            if any(r == path for r in open_):
                break
        cited.append(e.tokenizer.decode(path))
    out["cited"] = cited


@torch.no_grad()
def answers(model, e, prefix, prompts, format, rules, analysis=True, constrained=True):
    """Greedy answers of all prompts under one policy."""
    group = dict(prefix=prefix, items=[dict(ids=p) for p in prompts])
    batch, cache = batch_of(group), []
    out = model(batch, cache=cache)
    P, K = out["P"], len(prompts)
    lengths = batch["lengths"].clone()
    ends = P + lengths.cumsum(0) - 1
    logits = model.logits(out["x"][ends])
    results = [dict() for _ in prompts]
    scripts = [script(e, format, rules, analysis, constrained, r) for r in results]
    requests = [next(s) for s in scripts]
    alive = [True] * K
    while any(alive):
        tokens = torch.zeros(K, dtype=torch.long)
        for k in range(K):
            if not alive[k]:
                continue
            forced, allowed = requests[k]
            if forced is None:
                row = logits[k]
                forced = allowed[int(row[allowed].argmax())] if allowed else int(row.argmax())
            tokens[k] = forced
            try:
                requests[k] = scripts[k].send((forced, logits[k]))
            except StopIteration:
                alive[k] = False
        if any(alive):
            logits = model.step(tokens, cache, lengths, P)
            lengths = lengths + 1
    return results


def changed(policy, drop=None, ids=None):
    """The policy's text without one line, or with other ids."""
    p, position = Policy(), 0
    text = policy.text
    for n, line in enumerate(sorted(policy.lines, key=lambda l: l["id_span"][0])):
        start = text.rfind("\n", 0, line["id_span"][0]) + 1
        p.add(text[position:start])
        position = line["close"] + 1
        if line["id"] == drop:
            continue
        a, b = line["id_span"]
        what = {k: v for k, v in line.items() if k not in ("id", "id_span", "close")}
        p.rule(text[start:a], (ids or {}).get(line["id"], line["id"]), text[b:line["close"]], "", "\n", **what)
    p.add(text[position:])
    return p


def rate(values):
    values = list(values)
    return dict(rate=round(sum(values) / max(1, len(values)), 3), n=len(values))


def auroc(truth, score):
    return round(roc_auc_score(truth, score), 3) if len(set(truth)) == 2 else None


class Evaluation:
    def __init__(self, model, encoder, rows, topics, part, seed):
        self.model, self.e = model, encoder
        self.sampler = Sampler(rows, topics, encoder, part=part, policies=POLICIES, seed=seed, natural_only=True)
        self.rng = random.Random(seed)

    def ask(self, policy, format, texts, frame, **how):
        prefix, lines = self.e.prefix(policy, format, frame)
        prompts = [self.e.user(self.rng, t, format, frame)[0] for t in texts]
        return answers(self.model, self.e, prefix, prompts, format, [l["id"] for l in lines], **how)

    def table(self, count, unseen, per=10, topic=False):
        s, rng = self.sampler, self.sampler.rng
        truth, direct, reasoned, linear, category = [], [], [], [], []
        flips, inverted, cites, cites_free, swapped, stays, quotes, free_ok, tokens = [], [], [], [], [], [], [], [], []
        for k in range(count):
            frame = "winnow" if k % 2 else "bare"
            format = Format("json")
            specs = s.specs([] if topic else rng.sample(CATEGORIES, rng.randint(2, 4)), rng.sample(s.topic_words, 3) if topic else [], rng.randint(0, 1), allow=0.2)
            policy = random_policy(rng, specs, format, long=False, unseen=unseen)
            prefix, lines = self.e.prefix(policy, format, frame)
            tokens.append(len(prefix))
            live = [l for l in lines if l["kind"] != "distractor"]
            chosen = []
            for n in range(per):
                line = rng.choice(live) if n < per * 0.6 else None
                row, off = s.draw(lines, line["key"] if line else None)
                if line and not (s.compatible(row, line["key"], lines) and s.holds(row, line["key"])):
                    line = None
                chosen.append((row, line))
            texts = [r["text"] for r, _ in chosen]
            a = self.ask(policy, format, texts, frame)
            b = self.ask(policy, format, texts, frame, analysis=False)
            free = self.ask(policy, format, texts, frame, constrained=False)
            forbidden = [CATEGORIES.index(l["key"]) for l in live if l["polarity"] and l["kind"] == "category"]
            for (row, line), x, y, z in zip(chosen, a, b, free):
                t = int(line is not None and line["polarity"] == 1)
                truth.append(t)
                reasoned.append(x["score"])
                direct.append(y["score"])
                linear.append(max((float(row["linear"][i]) for i in forbidden), default=-9.0))
                category.append(line["key"] if t else None)
                said = x["analysis"]
                quoted = re.match(r"It says: ?(.*)\. Closest rule: ", said)
                words = quoted[1].strip().lower() if quoted else ""
                if words:
                    quotes.append(words in row["text"].lower())
                parsed = None
                try:
                    parsed = json.loads(z["free"])
                    good = set(parsed) == {"violation", "rule_ids", "rationale"} and parsed["violation"] in (0, 1) and isinstance(parsed["rule_ids"], list)
                except (ValueError, TypeError):
                    good = False
                free_ok.append(good)
                if t and x["decision"]:
                    cites.append(x["cited"] == [line["id"]])
                    cites_free.append(bool(good) and parsed["rule_ids"] == [line["id"]])
            hits = [(r, l) for (r, l), x in zip(chosen, a) if l is not None and l["polarity"] == 1 and x["decision"]]
            for key in sorted({l["key"] for _, l in hits}):
                mine = [r["text"] for r, l in hits if l["key"] == key]
                id_ = next(l["id"] for l in lines if l["key"] == key)
                flips += [r["decision"] == 0 for r in self.ask(changed(policy, drop=id_), format, mine, frame)]
                other = [dict(x, polarity=0) if x["key"] == key else x for x in specs]
                # Random numbers of its own: what the model hits must not decide which policies and texts come next.
                aside = random.Random(f"{k} {key}")
                inverted += [r["decision"] == 0 for r in self.ask(random_policy(aside, other, format, False, unseen), format, mine, frame)]
            if hits and len(lines) > 1:
                old = [l["id"] for l in lines]
                new = dict(zip(old, old[1:] + old[:1]))
                for (r, l), x in zip(hits, self.ask(changed(policy, ids=new), format, [r["text"] for r, _ in hits], frame)):
                    stays.append(bool(x["decision"]))
                    if x["decision"]:
                        swapped.append(x["cited"] == [new[l["id"]]])
        result = dict(
            texts=len(truth), violations=sum(truth), prefix_tokens=round(sum(tokens) / len(tokens)), auroc_direct=auroc(truth, direct), auroc_reasoned=auroc(truth, reasoned),
            auroc_linear=auroc(truth, linear) if not topic else None, accuracy=rate((s > 0) == bool(t) for s, t in zip(reasoned, truth)),
            recall=rate(s > 0 for s, t in zip(reasoned, truth) if t), false_alarms=rate(s > 0 for s, t in zip(reasoned, truth) if not t),
            flips_when_removed=rate(flips), flips_when_inverted=rate(inverted), right_id=rate(cites), right_id_swapped=rate(swapped), hits_after_swapping=rate(stays), right_id_unconstrained=rate(cites_free),
            quoted_in_text=rate(quotes), json_unconstrained=rate(free_ok))
        if not topic:
            negatives = [s for s, t in zip(direct, truth) if not t]
            lin = [s for s, t in zip(linear, truth) if not t]
            result["by_category"] = {c: dict(n=category.count(c), auroc=auroc([1] * category.count(c) + [0] * len(negatives), [s for s, k in zip(direct, category) if k == c] + negatives),
                                             linear=auroc([1] * category.count(c) + [0] * len(lin), [s for s, k in zip(linear, category) if k == c] + lin)) for c in CATEGORIES}
        return result

    def shipped(self, per=60):
        """The repository's own policies: natural positives of the category against clean texts and positives of other categories."""
        s, rng, out = self.sampler, self.sampler.rng, {}
        for policy in s.shipped:
            c, format = policy.category, Format("json")
            k = CATEGORIES.index(c)
            positives = rng.sample(s.natural[c], min(per, len(s.natural[c])))
            lines = [dict(l) for l in policy.lines]
            negatives = []
            while len(negatives) < per:
                row, _ = s.draw(lines)
                if row["filled"][k] == 0:
                    negatives.append(row)
            texts = [r["text"] for r in positives + negatives]
            truth = [1] * len(positives) + [0] * len(negatives)
            got = []
            for i in range(0, len(texts), 12):
                got += self.ask(policy, format, texts[i:i + 12], "winnow")
            score = [g["score"] for g in got]
            out[c] = dict(n=len(texts), auroc=auroc(truth, score), linear=auroc(truth, [float(r["linear"][k]) for r in positives + negatives]),
                          recall=rate(x > 0 for x, t in zip(score, truth) if t), false_alarms=rate(x > 0 for x, t in zip(score, truth) if not t))
        return out

    def formats(self):
        """Share of unconstrained answers that are exactly in the asked format, over all formats."""
        s, rng, out = self.sampler, self.sampler.rng, {}
        for name, format in [("0/1", Format("bare")), ("VALID/INVALID", Format("bare", ("VALID", "INVALID"))), ("json label", Format("label")), ("json category", Format("category"))]:
            good = []
            for k in range(6):
                specs = s.specs(rng.sample(CATEGORIES, 3), [], 0, allow=0.2)
                policy = random_policy(rng, specs, format)
                for x in self.ask(policy, format, [s.benign()["text"] if n % 2 else s.positive(rng.choice(CATEGORIES))["text"] for n in range(10)], "winnow" if k % 2 else "bare", constrained=False):
                    text = x["free"]
                    if format.kind == "bare":
                        good.append(text in format.labels)
                    else:
                        try:
                            good.append(set(json.loads(text)) == ({"label", "rule_ids", "rationale"} if format.kind == "label" else {"violation", "policy_category"}))
                        except (ValueError, TypeError):
                            good.append(False)
            out[name] = rate(good)
        return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("data", "cache", "tokenizer", "checkpoint"):
        parser.add_argument(name)
    parser.add_argument("--policies", type=int, default=60)
    parser.add_argument("--raw", action="store_true", help="without the rounding of the export")
    parser.add_argument("--part", default="test")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--only", default="seen,unseen,topics,shipped,formats")
    a = parser.parse_args()
    torch.set_num_threads(1)
    model_module.LOW = torch.float32
    from tokenizers import Tokenizer

    rows, _, topics = prepare(a.data, a.cache)
    saved = torch.load(a.checkpoint, map_location="cpu")
    state, c = saved["model"], saved.get("config", CONFIG)
    m = Nano(c)
    m.load_state_dict(state if a.raw else rounded(state, c))
    evaluation = Evaluation(m.eval(), Encoder(Tokenizer.from_file(a.tokenizer)), rows, topics, a.part, a.seed)
    result, only = {}, a.only.split(",")
    if "seen" in only:
        result["seen"] = evaluation.table(a.policies, False)
    if "unseen" in only:
        result["unseen"] = evaluation.table(a.policies, True)
    if "topics" in only:
        result["topics"] = evaluation.table(max(4, a.policies // 3), False, topic=True)
    if "shipped" in only:
        result["shipped"] = evaluation.shipped()
    if "formats" in only:
        result["formats"] = evaluation.formats()
    json.dump(result, sys.stdout, indent=1)
    print()
