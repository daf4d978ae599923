"""Trains the checkpoint.

usage: train.py DATA CACHE TOKENIZER OUT [--minutes 170] [--processes 2] [--seed 1] [--resume FILE]

Two processes of one thread each draw their own policies, step on their own, and average their weights every 1.5 seconds. Where there is a GPU, one process trains a wider
model on it, longer and in larger batches (`NANO_SIZE=small` or `wide` says which size outright). Progress is measured in wall time, so that a slower machine sees fewer examples,
not a longer night. Checkpoints go to OUT every minute.
"""
import argparse
import json
import math
import os
import random
import re
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from corpus import prepare
from export import read
from model import CONFIG, GPU, Nano, linear
from muon import Muon, matrices
from prompts import LABELS, Encoder, Sampler
from wiring import Heads, wire, wire_labels, wire_match
from wordings import CATEGORIES, DEF, FRAMES, NP, OTHER_NP, OTHER_VP, VP, WORDS

L, REP = CONFIG["layers"], CONFIG["heads"] // CONFIG["kv_heads"]
LINE_LETTER, LINE_DIGIT, MATCH, FETCH = (L - 3, 0), (L - 3, REP), (L - 2, 0), (L - 1, REP)
SPANS = ((L - 3, 1), (L - 3, REP + 1))
PREVIOUS, COPY = (0, CONFIG["heads"] - 1), ((L - 1, 0), (L - 1, 2 * REP))
BELOW = (LINE_LETTER, LINE_DIGIT, *SPANS, PREVIOUS)
POINTERS = (*BELOW, MATCH, FETCH, *COPY)
POLICIES = Path(__file__).resolve().parents[4] / "policies"


def weighed(encoder, texts, labels, vocab, limit=3, C=4.0):
    """Of a logistic regression over the tokens of `texts` (labels 0 or 1), the weight of each token in a text of about sixteen, within ±`limit`: [vocab]."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer=lambda text: [str(i) for i in encoder.ids(" " + text)], vocabulary=[str(i) for i in range(vocab)], use_idf=False, binary=True)
    fitted = LogisticRegression(C=C, solver="liblinear", class_weight="balanced").fit(vectorizer.fit_transform(texts), labels)
    return torch.tensor(fitted.coef_[0] / 4, dtype=torch.float32).clamp(-limit, limit)


def lexical(rows, encoder, vocab):
    """What each token says by itself of messages and of rules' phrases (for each category), and of the frames of rules (forbids rather than allows): [vocab, 8]."""
    own = [r for r in rows if r["part"] == "train" and not r["augmented"]]
    phrases = {c: NP[c].train + VP[c].train + DEF[c] + WORDS[c] for c in CATEGORIES} | {"other": OTHER_NP.train + OTHER_VP.train}
    lines = [p for mine in phrases.values() for p in mine]
    columns = []
    for i, c in enumerate(CATEGORIES):
        known = [r for r in own if r["labels"][i] is not None]
        messages = weighed(encoder, [r["text"] for r in known], [r["labels"][i] for r in known], vocab)
        columns.append(messages + weighed(encoder, lines, [k == c for k, mine in phrases.items() for _ in mine], vocab))
    frames = {mode: [re.sub(r"\{\w+\}", "", f) for kind in FRAMES[mode] for f in kind.train] for mode in ("forbid", "allow")}
    columns.append(weighed(encoder, frames["forbid"] + frames["allow"], [1] * len(frames["forbid"]) + [0] * len(frames["allow"]), vocab, C=30.0))
    return torch.stack(columns, 1)


def letters(id):
    """The class of an id's letters: one of 26, or a pair."""
    first, second = id[0], id[1] if id[1:2].isalpha() else None
    return ord(first) - 65 if second is None else 26 + 26 * (ord(first) - 65) + ord(second) - 65


def shared_letters(model, tokenizer):
    """A letter is the same thing behind a bracket or a space: `(H` and ` H` start from the embedding of `H`, so that an id can be copied."""
    vocab = tokenizer.get_vocab()
    for token, id in vocab.items():
        match = re.fullmatch(r"[^A-Za-z0-9]([A-Z]{1,2})", token)
        if match and match[1] in vocab:
            model.embed[id] = 0.85 * model.embed[vocab[match[1]]] + 0.5 * model.embed[id]


def batch_of(group):
    items = group["items"]
    S = max(len(i["ids"]) for i in items)
    suffix = torch.zeros(len(items), S, dtype=torch.long)
    for k, i in enumerate(items):
        suffix[k, :len(i["ids"])] = torch.tensor(i["ids"])
    return dict(prefix=torch.tensor(group["prefix"]), suffix=suffix, lengths=torch.tensor([len(i["ids"]) for i in items]))


def scatter(suffix, items, rng, share):
    """Other tokens in place of some of a message's own, in many messages: the same few texts come often. Words that the answer quotes stay. Some harmless messages
    become a heap of tokens, so that a quotation is copied, not guessed."""
    some = share
    for row, i in zip(suffix, items):
        if rng.random() < 0.75:
            a, b = i["span"]
            share = 0.6 if i.get("opens") and not i["decision"] and max(i["categories"]) < 0.1 and rng.random() < 0.12 else some
            quoted = set(i["ids"][i["prompt"]:])
            for k in range(a, b):
                if rng.random() < share and i["ids"][k] not in quoted and i["ids"][k] < 4075:
                    row[k] = rng.randrange(4075)


def offsets(items):
    out, n = [], 0
    for i in items:
        out.append(n)
        n += len(i["ids"])
    return out


def quotation(out, items, start, own, rng):
    """Every token of a message looks at the one before it; a token that is quoted is looked at by the place that quotes it."""
    P, total = out["P"], 0.0
    previous, copied = [], []
    for o, i in zip(start, items):
        a, b = i["span"]
        places = range(a + 1, b)
        if rng is not None and len(places) > 10:
            places = rng.sample(places, 10)
        previous += [(o + p, o + p - 1, o) for p in places]
        copied += [(o + p, o + source, o) for p, source in i["copies"]]
    for which, pairs, weight in ((PREVIOUS, previous, 0.15), *((c, copied, 0.5) for c in COPY)):
        if not pairs or which not in out["saved"]:
            continue
        at, target, first = (torch.tensor(x) for x in zip(*pairs))
        q, k, sink = out["saved"][which]
        qa = q[P + at]
        inside = (qa @ k[P:].T).masked_fill((own[None] < first[:, None]) | (own[None] > at[:, None]), -1e9)
        parts = [inside, sink.expand(len(at), 1)] + ([qa @ k[:P].T] if which in COPY else [])
        log = torch.cat(parts, 1).log_softmax(-1)
        total = total - weight * log[torch.arange(len(at)), target].mean() * len(items)
    return total


def copied(model, out, batch, items, start, scale, rng):
    """Quotations are few; this teaches copying on every message. What the copying heads would write of a token is that token, strong enough beside all else at
    the place of an answer (its root mean square: `scale`); and of a message's tokens the one that stood behind the same token is found, by the slow rotations."""
    at, want, found = [], [], 0.0
    hd, o, written = CONFIG["head_dim"], model.layers[-1].o, 0.0
    slow = Heads(model, -1).slow(16)
    for n, (first, i) in enumerate(zip(start, items)):
        a, b = i["span"]
        places = rng.sample(range(a, b), min(4, b - a))
        at += [out["P"] + first + k for k in places]
        want += [batch["suffix"][n, k] for k in places]
        if b - a > 2:
            tokens, begin = batch["suffix"][n, a:b - 1], out["P"] + first + a
            same = torch.where(tokens[:, None] == tokens[None], 0.0, -1e9)
            for which in COPY:
                q, k, _ = out["saved"][which]
                log = (q[begin:begin + b - a - 1][:, slow] @ k[begin + 1:begin + b - a][:, slow].T).log_softmax(-1)
                found = found - (log + same).logsumexp(-1).mean()
    for _, head in COPY:
        written = written + linear(out["values"][at, head // REP].float(), o[:, head * hd:(head + 1) * hd])
    logits = linear(written / scale * model.norm.weight, model.head)
    return 2 * F.cross_entropy(logits, torch.stack(want)) * len(items) + found


def opening(model, out, batch, items, start, spelling):
    """How a quotation begins, summed over messages, also where it is not known with which word: -log of the probability that it is a token that begins a word
    of the message, and -log of the probability that the copying heads look at one and the same. Heads that look everywhere at once write what all words have in
    common: "the"."""
    P, x = out["P"], out["x"]
    known = [(n, P + o + k) for n, (o, i) in enumerate(zip(start, items)) for k in i["opens"]]
    if not known:
        return x.new_zeros(())
    at = torch.tensor([k for _, k in known])
    tokens, places = torch.full((len(known), model.c["vocab"]), -1e9), torch.full((len(known), len(x)), -1e9)
    for row, (n, _) in enumerate(known):
        a, b = items[n]["span"]
        own = batch["suffix"][n, a:b]
        fit = spelling.beginnings(own)
        tokens[row, own[fit]] = 0.0
        places[row, P + start[n] + a:P + start[n] + b][fit] = 0.0
    own = torch.tensor([start[n] for n, _ in known])[:, None] + P
    order = torch.arange(len(x))[None]
    hidden = (order >= P) & (order < own) | (order > at[:, None])
    both = places
    for which in COPY:
        q, k, sink = out["saved"][which]
        scores = (q[at] @ k.T).masked_fill(hidden, -1e9)
        both = both + torch.cat([scores, sink.expand(len(at), 1)], 1).log_softmax(-1)[:, :-1]
    said = model.logits(x[at]).log_softmax(-1) + tokens
    sure = (tokens == 0).any(1)
    return -3 * ((said.logsumexp(-1) + both.logsumexp(-1)) * sure).sum()


def disturbed(group, noise, rng):
    """The group as a batch, with other tokens in some places of policy and messages."""
    batch, items = batch_of(group), group["items"]
    if noise and rng.random() < 0.7:
        hit = torch.rand(len(batch["prefix"])) < noise
        for l in group["lines"]:
            hit[l["first"]:l["last"] + 1] = False
            hit[l["close"]] = False
        batch["prefix"] = torch.where(hit & (batch["prefix"] < 4075), torch.randint(0, 4075, batch["prefix"].shape), batch["prefix"])
    if noise:
        scatter(batch["suffix"], items, rng, 0.04)
    return batch


def pointer_at(head, at, targets):
    """-log of the attention from places of the prefix to targets there."""
    q, k, sink = head
    scores = q[at] @ k[:int(at.max()) + 1].T
    scores = scores.masked_fill(torch.arange(scores.shape[1])[None] > at[:, None], -1e9)
    log = torch.cat([scores, sink.expand(len(at), 1)], 1).log_softmax(-1)
    return -log[torch.arange(len(at)), targets] if targets.dim() == 1 else -(log[:, :-1] + targets[:, :log.shape[1] - 1].clamp(min=1e-30).log()).logsumexp(-1)


def rule_losses(model, out, lines):
    """Reading of rules, summed over losses, mean over rules: where id and words stand, category, polarity, id, and that it is the end of a rule."""
    P, middle = out["P"], out["middle"]
    close = torch.tensor([l["close"] for l in lines])
    pointer = 0.0
    for which, end in ((LINE_LETTER, "first"), (LINE_DIGIT, "last")):
        pointer = pointer + 0.5 * pointer_at(out["saved"][which], close, torch.tensor([l[end] for l in lines])).mean()
    inner = torch.zeros(len(lines), P)
    for n, l in enumerate(lines):
        inner[n, l["last"] + 1:l["close"] + 1] = 1
    for which in SPANS:
        pointer = pointer + 0.5 * pointer_at(out["saved"][which], close, inner).mean()
    return pointer, line_losses(model, middle, close, lines)


def line_losses(model, middle, close, lines):
    """Category, polarity and id at the ends of rules, and that they are ends; `middle` holds all states."""
    what, other = torch.zeros(len(lines), 7), torch.tensor([[float(l["kind"] != "category")] for l in lines])
    for k, l in enumerate(lines):
        if l["kind"] == "category":
            what[k, CATEGORIES.index(l["key"])] = 1
    states, ends = middle[close], torch.zeros(len(middle))
    ends[close] = 1
    aux = 2 * (F.binary_cross_entropy_with_logits(model.category(states), what, reduction="none") * (1 + what + 1.5 * other)).sum(1).mean()
    aux = aux + 5 * F.binary_cross_entropy_with_logits(model.polarity(states)[:, 0], torch.tensor([float(l["polarity"]) for l in lines]))
    aux = aux + 4 * F.binary_cross_entropy_with_logits(model.close(middle)[:, 0], ends, pos_weight=torch.tensor(8.0))
    return aux + spelled(model, states, [l["id"] for l in lines]).mean()


def spelled(model, states, ids):
    """The id of a rule, read with the same two heads at the rule's end and wherever the answer needs it."""
    states = F.rms_norm(states, (states.shape[-1],))
    letter = torch.tensor([letters(i) for i in ids])
    digit = torch.tensor([int(i[-1]) for i in ids])
    return F.cross_entropy(model.letter(states), letter, reduction="none") + F.cross_entropy(model.digit(states), digit, reduction="none")


# The label of a fresh piece counts this much for the violating side beside the safe one: a hit should be surer than even. Less (0.6, for all that the judge grades) took
# the F1 of the example log from 0.80 to 0.70.
SURER = 0.75


def answer_loss(model, out, items, start):
    """Cross-entropy of the answers' tokens, summed with their weights, and the places before them; a label counts for either side as surely as the message violates."""
    at, want, weight = [], [], []
    for o, i in zip(start, items):
        for k in range(i["prompt"], len(i["ids"])):
            if not i["weights"][k]:
                continue
            sides = [(i["ids"][k], 1.0)]
            if k == i["label_at"] + 1:
                sides = zip(i["labels"], (1 - i["graded"], i["graded"] * (SURER if "shares" in i else 1.0)))
            for token, share in sides:
                at.append(out["P"] + o + k - 1)
                want.append(token)
                weight.append(i["weights"][k] * share)
    at = torch.tensor(at)
    ce = F.cross_entropy(model.logits(out["x"][at]), torch.tensor(want), reduction="none")
    return (ce * torch.tensor(weight)).sum(), at


def only_places(places, P):
    """One at each of the places of the prefix, or at the sink behind them where there are none: [P + 1]."""
    return torch.zeros(P + 1).index_fill(0, torch.tensor(places or [P]), 1.0)


def odds_of(shares, P):
    """How attention should be shared among the rules and the sink, which stands for "none": in proportion to the odds that the message has a rule's category: [P + 1]."""
    odds = torch.zeros(P + 1)
    odds[P] = 1.0
    for close, p in shares:
        odds[close] = p / (1 - min(p, 0.995))
    return odds / odds.sum()


def match_loss(out, items, start):
    """From the places of decision to the ends of matching rules, else to the sink. Where label and judge disagree, the pointer counts less."""
    asks, first, share, matched, fetched, graded = [], [], [], [], [], []
    P = out["P"]
    for o, i in zip(start, items):
        for a, fetch in zip(i["asks"], i["fetch"]):
            asks.append(P + o + a)
            first.append(o)
            share.append(((1 - abs(i["graded"] - i["decision"])) / len(i["asks"]), 1 / len(i["asks"])))
            matched.append(odds_of(i["shares"], P) if "shares" in i else only_places(i["targets"], P))
            fetched.append(only_places(fetch, P))
            graded.append("shares" in i)
    asks, first, (sure, even), graded = torch.tensor(asks), torch.tensor(first), torch.tensor(share).T, torch.tensor(graded)
    own = torch.arange(len(out["x"]) - P)
    outside = (own[None] < first[:, None]) | (own[None] > (asks - P)[:, None])
    total = 0.0
    for which, target, weight in ((MATCH, torch.stack(matched), 1.5), (FETCH, torch.stack(fetched), 1.0)):
        q, k, sink = out["saved"][which]
        log = torch.cat([q[asks] @ k[:P].T, sink.expand(len(asks), 1), (q[asks] @ k[P:].T).masked_fill(outside, -1e9)], 1).log_softmax(-1)[:, :P + 1]
        anywhere = (log + target.clamp(min=1e-30).log()).logsumexp(-1) * sure
        each = torch.where(graded, (target * log).sum(1) * even, anywhere) if which == MATCH else anywhere
        total = total - weight * each.sum()
    return total


def upper_losses(model, group, rng):
    """Sums over the group's messages of what the upper two layers are for, while those below them stand; as `losses` gives them. Needs none of the readings that only
    training has, so an exported folder can be trained on."""
    batch, items = disturbed(group, 0.01, rng), group["items"]
    out = model(batch, POINTERS)
    P, x, start, count = out["P"], out["x"], offsets(items), len(items)
    pointer = quotation(out, items, start, torch.arange(len(x) - P), rng) + match_loss(out, items, start)
    answer, at = answer_loss(model, out, items, start)
    answer = answer + opening(model, out, batch, items, start, group["spelling"])
    aux = copied(model, out, batch, items, start, x[at].detach().square().mean(-1).sqrt().mean(), rng)
    return answer, pointer, aux, x.new_zeros(()), out["balance"] * count, count, P + sum(len(i["ids"]) for i in items)


def losses(model, group, noise=0.0, rng=None, bottom=False):
    """Sums over the group's messages: answers, pointers, readings, decision, balance. `bottom` has only what the layers below the comparison are for."""
    batch, items, lines = disturbed(group, noise, rng), group["items"], group["lines"]
    out = model(batch, BELOW if bottom else POINTERS, bottom=bottom)
    P, x, start, count = out["P"], out["x"], offsets(items), len(items)
    pointer, aux = rule_losses(model, out, lines)
    pointer, aux = pointer * count, aux * count
    own = torch.arange(len(x) - P)
    pointer = pointer + quotation(out, items, start, own, rng)

    # From the places of decision to the message, and its categories there.
    asks, member = [], []
    for n, (o, i) in enumerate(zip(start, items)):
        asks += [P + o + a for a in i["asks"]]
        member += [n] * len(i["asks"])
    asks, member = torch.tensor(asks), torch.tensor(member)
    share = torch.tensor([1 / len(i["asks"]) for i in items])[member]
    first = torch.tensor(start)[member]
    outside = (own[None] < first[:, None]) | (own[None] > (asks - P)[:, None])
    within = torch.zeros(count, len(x) - P)
    for n, (o, i) in enumerate(zip(start, items)):
        within[n, o + i["span"][0]:o + i["span"][1]] = 1
    within = within[member].clamp(min=1e-30).log()
    for which in SPANS:
        q, k, sink = out["saved"][which]
        qa = q[asks]
        log = torch.cat([(qa @ k[P:].T).masked_fill(outside, -1e9), qa @ k[:P].T, sink.expand(len(asks), 1)], 1).log_softmax(-1)[:, :len(x) - P]
        pointer = pointer - ((log + within).logsumexp(-1) * share).sum() * 0.5
    labels = torch.tensor([i["categories"] for i in items]).float()
    if (labels >= 0).any():
        aux = aux + 2 * category_loss(model, out["middle"][asks], labels[member], share)
    if bottom:
        zero = x.new_zeros(())
        return zero, pointer, aux, zero, out["balance"] * count, count, P + sum(len(i["ids"]) for i in items)

    answer, at = answer_loss(model, out, items, start)
    answer = answer + opening(model, out, batch, items, start, group["spelling"])
    if rng is not None:
        aux = aux + copied(model, out, batch, items, start, x[at].detach().square().mean(-1).sqrt().mean(), rng)

    # From the places of decision to the end of the matching rule, else to the sink.
    matched, fetched = torch.zeros(len(asks), P + 1), torch.zeros(len(asks), P + 1)
    cited, spelling = [], []
    row = 0
    for o, i in zip(start, items):
        for a, fetch, spell in zip(i["asks"], i["fetch"], i["spell"]):
            matched[row, i["targets"] or [P]] = 1
            fetched[row, fetch or [P]] = 1
            if spell:
                cited.append(row)
                spelling.append(spell)
            row += 1
    for which, target, weight in ((MATCH, matched, 1.5), (FETCH, fetched, 1.0)):
        q, k, sink = out["saved"][which]
        qa = q[asks]
        log = torch.cat([qa @ k[:P].T, sink.expand(len(asks), 1), (qa @ k[P:].T).masked_fill(outside, -1e9)], 1).log_softmax(-1)
        pointer = pointer - weight * ((log[:, :P + 1] + target.clamp(min=1e-30).log()).logsumexp(-1) * share).sum()
    if cited:
        aux = aux + (spelled(model, x[asks[cited]], spelling) * share[cited]).sum()
    decision = torch.tensor([float(i["decision"]) for i in items])[member]
    violation = (F.binary_cross_entropy_with_logits(model.violation(model.norm(x[asks]))[:, 0], decision, reduction="none") * share).sum()
    return answer, pointer, aux, violation, out["balance"] * count, count, P + sum(len(i["ids"]) for i in items)


def category_loss(model, states, labels, weight=None):
    """`labels` [places, 7]: shares, -1 where nothing is known."""
    known, share = labels >= 0, labels.clamp(min=0)
    each = (F.binary_cross_entropy_with_logits(model.category(states), share, reduction="none") * known * (1 + share)).sum(1)
    return (each if weight is None else each * weight).sum()


def text_loss(model, group, rng):
    """The categories of messages alone; see `Sampler.texts`."""
    batch, items = batch_of(group), group["items"]
    scatter(batch["suffix"], items, rng, 0.06)
    out = model(batch, bottom=True)
    ends = torch.tensor([out["P"] + o + i["prompt"] - 1 for o, i in zip(offsets(items), items)])
    return category_loss(model, out["middle"][ends], torch.tensor([i["categories"] for i in items])), out["balance"] * len(items)


def rule_text_loss(model, group, rng, noise=0.02):
    """What rules say, on policies alone; see `Sampler.rules`."""
    batch, items = batch_of(group), group["items"]
    if rng.random() < 0.7:
        hit = (torch.rand(batch["suffix"].shape) < noise) & (batch["suffix"] < 4075)
        for n, i in enumerate(items):
            for l in i["lines"]:
                hit[n, l["first"]:l["last"] + 1] = False
                hit[n, l["close"]] = False
        batch["suffix"] = torch.where(hit, torch.randint(0, 4075, hit.shape), batch["suffix"])
    out = model(batch, bottom=True)
    lines = [(o, l) for o, i in zip(offsets(items), items) for l in i["lines"]]
    return line_losses(model, out["middle"], torch.tensor([out["P"] + o + l["close"] for o, l in lines]), [l for _, l in lines]), out["balance"]


@torch.no_grad()
def measure(model, sampler, stage, groups=40, count=8):
    """Accuracy and AUROC at the label, exact ids in hits, and the share of the pointer."""
    truth, score, right_ids, ids = [], [], 0, 0
    for _ in range(groups):
        group = sampler.group(count, stage)
        items = group["items"]
        out = model(batch_of(group))
        start = offsets(items)
        labels = [sampler.encoder.ids(l)[0] for l in group["format"].labels]
        for o, i in zip(start, items):
            logits = model.logits(out["x"][[out["P"] + o + i["label_at"]]])[0]
            truth.append(i["decision"])
            score.append((logits[labels[1]] - logits[labels[0]]).item())
            if i["id_at"] and i["decision"]:
                got = model.logits(out["x"][[out["P"] + o + a for a in i["id_at"]]]).argmax(-1).tolist()
                ids += 1
                right_ids += got == [i["ids"][a + 1] for a in i["id_at"]]
    from sklearn.metrics import roc_auc_score

    accuracy = sum((s > 0) == bool(t) for s, t in zip(score, truth)) / len(truth)
    return dict(auroc=round(roc_auc_score(truth, score), 3), accuracy=round(accuracy, 3), ids=round(right_ids / max(1, ids), 3), n=len(truth))


def stage_at(f):
    """First what decides, in few tokens; then reasoning and ids; then policies and prompts as they are used."""
    if f < 0.4:
        return dict(noise=0.15, allow=0.35, long=0.0, shipped=0.0, winnow=0.06, direct=0.5, lines=4, short=0.6)
    if f < 0.7:
        return dict(disguise=0.04, noise=0.15, allow=0.35, long=0.03, shipped=0.04, winnow=0.25, direct=0.4, lines=5, short=0.5)
    return dict(disguise=0.05, noise=0.15, allow=0.35, long=0.04, shipped=0.1, winnow=0.5, direct=0.3, lines=5, short=0.2, off=0.5 if f < 0.87 else 0.75)


# Then the comparison alone. This share of the groups is of fresh pieces with graded answers (`Sampler.graded_group`), the rest as ever, with many shipped policies.
COMPARING = dict(disguise=0.05, noise=0.15, allow=0.3, long=0.03, shipped=0.35, winnow=0.7, direct=0.3, lines=5, short=0.2, off=0.7)
GRADED = 0.7

# At the end: quotations, in all formats and frames.
QUOTING = dict(disguise=0.05, noise=0.0, allow=0.35, long=0.02, shipped=0.1, winnow=0.6, direct=0.0, lines=5, short=0.6, off=0.75)


def only_copying(model):
    """Freezes all but the copying heads of the last layer (and so the keys and values that each shares with a neighbour): quotations improve, and little else
    changes. Gives the parameters left and which of their elements may change."""
    for p in model.parameters():
        p.requires_grad_(False)
    heads, last, free = Heads(model, -1), model.layers[-1], {p: torch.zeros_like(p, dtype=torch.bool) for p in (model.layers[-1].qkv, model.layers[-1].qkv_bias, model.layers[-1].o)}
    for _, head in COPY:
        for part in "qkv":
            free[last.qkv][heads.rows(head, part)] = free[last.qkv_bias][heads.rows(head, part)] = True
        free[last.o][:, head * heads.hd:(head + 1) * heads.hd] = True
    for p in free:
        p.requires_grad_(True)
    return free


def only_comparing(model):
    """Freezes all but the two layers that compare and fetch, and what follows them; gives the parameters left. The layers below know their training texts by heart
    and read them better than others; what compares must learn what their readings are worth in texts that they have not seen, and from those alone."""
    for p in model.parameters():
        p.requires_grad_(False)
    free = [p for layer in model.layers[-2:] for p in layer.parameters()] + [model.norm.weight, model.head]
    for p in free:
        p.requires_grad_(True)
    return free


def optimizers_of(model, parameters, lr, muon, head=1.0):
    """AdamW, and Muon, whose steps have the size `muon`, for the matrices inside the layers. `head`: learning rate of the output's rows beside that of all else."""
    mine = {id(p) for p in parameters}
    inner = [(p, cut) for p, cut in matrices(model) if muon and id(p) in mine]
    rest = [p for p in parameters if not any(p is m for m, _ in inner) and p is not model.head]
    # Tokens that come rarely must keep their embedding.
    decay = [p for p in rest if p.dim() > 1 and p is not model.embed]
    groups = [dict(params=decay, weight_decay=0.05), dict(params=[p for p in rest if not any(p is d for d in decay)], weight_decay=0.0), dict(params=[model.head], weight_decay=0.0, share=head)]
    return [torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)] + ([Muon(inner, lr, size=muon)] if inner else [])


def rate(a, f, phase, steps):
    """Share of the learning rate at `f` in a phase, after some steps of it."""
    if phase == "copying":
        return min(1.0, steps / 40) * max(0.02, min(0.7, 0.8 * (1 - f) / (1 - a.copying)))
    if phase == "comparing":
        return min(1.0, steps / 30) * max(0.02, min(1.0, (a.copying - f) / (a.copying - a.comparing) / 0.6)) / 3
    return min(1.0, steps / (40 if a.start > a.bottom else 150)) * min(1.0, max(0.0, (1 - f / a.comparing) / 0.65) * 0.98 + 0.02)


def scattered(flat, parameters):
    """Writes one vector of all parameters back into them."""
    position = 0
    for p in parameters:
        p.data.copy_(flat[position:position + p.numel()].view_as(p))
        position += p.numel()


def phase_at(a, f):
    """Which part of the model learns: "all" of it (at first only the layers that read), then what compares, then what copies."""
    return "all" if f < a.comparing else "comparing" if f < a.copying else "copying"


def run(rank, world, a):
    torch.set_num_threads(1)
    if GPU:
        torch.set_default_device("cuda")
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(a.port), GLOO_SOCKET_IFNAME="lo")
    if world > 1:
        dist.init_process_group("gloo", rank=rank, world_size=world, timeout=timedelta(hours=3))
    from tokenizers import Tokenizer

    rows, _, topics = prepare(a.data, a.cache)
    encoder = Encoder(Tokenizer.from_file(a.tokenizer))
    torch.manual_seed(a.seed)
    model = Nano()
    with torch.no_grad():
        model.embed.mul_(0.6)
        shared_letters(model, encoder.tokenizer)
        model.head.copy_(F.normalize(model.embed, dim=1) * 0.3)
        frame, _ = torch.linalg.qr(torch.randn(CONFIG["hidden"], 8))
        ids = [encoder.ids(x)[0] for x in "ABCDEFGHJKLMNPRTVXZ"], [encoder.ids(str(x))[0] for x in range(1, 10)]
        wire(model, *ids, frame)
        model.embed.add_(lexical(rows, encoder, CONFIG["vocab"]) @ frame.T * 1.2)
        if a.resume:
            # A folder has no readings beside the answers; comparing needs none.
            folder = Path(a.resume).is_dir()
            model.load_state_dict(read(a.resume) if folder else torch.load(a.resume, map_location="cpu")["model"], strict=not folder)
    torch.manual_seed(a.seed * 100 + rank)
    sampler = Sampler(rows, topics, encoder, policies=POLICIES, seed=a.seed * 100 + rank)
    valid = Sampler(rows, topics, encoder, part="valid", seed=5, natural_only=True)
    rng = random.Random(a.seed * 100 + rank)
    parameters = list(model.parameters())
    optimizers = optimizers_of(model, parameters, a.lr, a.muon)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    if world > 1:
        dist.barrier()
    started, step, seen, tokens, averaged = time.time(), 0, 0, 0, 0
    last_report, last_saved, last_measured = started, started, started
    sums = torch.zeros(5)
    f, stop, wired, since = a.start, False, a.start > a.bottom, 0
    phase, free, now_averaged, mean, meant = "all", {}, True, 0.0, 0
    while not stop:
        if now_averaged and phase != phase_at(a, f):
            phase, since = phase_at(a, f), step
            if meant:
                scattered(mean / meant, parameters)
            mean, meant = 0.0, 0
            if phase == "comparing":
                model.eval()
                sampler.compare()
                parameters = only_comparing(model)
                optimizers = optimizers_of(model, parameters, a.lr, a.muon, head=0.25)
            else:
                model.train()
                free = only_copying(model)
                parameters = list(free)
                optimizers = [torch.optim.AdamW(parameters, lr=a.lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]
        stage = {"all": stage_at(f / a.comparing), "comparing": COMPARING, "copying": QUOTING}[phase]
        for p in parameters:
            if p.grad is not None:
                p.grad.zero_()
        budget, n = 0, 0
        while budget < a.tokens:
            graded = phase == "comparing" and rng.random() < GRADED
            group = sampler.graded_group(a.messages, stage) if graded else sampler.group(a.messages, stage)
            answer, pointer, aux, violation, balance, k, t = losses(model, group, noise=0.03, rng=rng, bottom=not wired) if phase == "all" else upper_losses(model, group, rng)
            loss = (answer / 6 + pointer + aux * 0.3 + violation + 0.02 * balance) / 16
            loss.backward()
            if phase == "all" and rng.random() < (a.texts if wired else 0.5):
                apart, balance = text_loss(model, sampler.texts(28), rng)
                ((0.6 * apart + 0.02 * balance) / 28 * k / 16).backward()
            if phase == "all" and rng.random() < (a.rules if wired else 1.0):
                apart, balance = rule_text_loss(model, sampler.rules(28), rng)
                (((0.65 if wired else 0.8) * apart + 0.02 * balance) * k / 16).backward()
            sums += torch.tensor([answer.item(), pointer.item(), violation.item(), aux.item(), k])
            budget, n, tokens = budget + t, n + k, tokens + t
        for p in parameters:
            if p.grad is not None:
                p.grad.mul_(16 / n * free[p] if free else 16 / n)
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
        seen += n * world
        scale = rate(a, f, phase, step - since + 1)
        for optimizer in optimizers:
            for g in optimizer.param_groups:
                g["lr"] = a.lr * scale * g.get("share", 1.0)
            optimizer.step()
        step += 1
        f = a.start + (1 - a.start) * (time.time() - started) / (60 * a.minutes)
        stop = world == 1 and f >= 1
        now_averaged = time.time() - started > a.average * (averaged + 1)
        if now_averaged:
            averaged += 1
            flat = torch.cat([p.detach().reshape(-1) for p in parameters] + [torch.tensor([f])])
            if world > 1:
                dist.all_reduce(flat)
                flat /= world
                scattered(flat, parameters)
            # Both must come to the end after the same number of averages.
            f = flat[-1].item()
            stop = f >= 1
            if phase == "comparing" and 2 * f > a.comparing + a.copying or phase == "all" and f >= a.mean * a.comparing:
                mean, meant = mean + flat[:-1], meant + 1
        if not wired and f >= a.bottom and now_averaged:
            wired, since = True, step
            wire_match(model)
            wire_labels(model, [tuple(encoder.ids(l)[0] for l in pair) for pair in LABELS])
            for optimizer in optimizers:
                optimizer.state.clear()
        if rank == 0:
            now = time.time()
            if now - last_report > 30:
                m = sums / sums[4].clamp(min=1)
                print(f"{now - started:6.0f}s f={f:.3f} step {step} seen {seen} tok/s {tokens / (now - started):.0f} answer {m[0]:.2f} pointer {m[1]:.2f} violation {m[2]:.3f} aux {m[3]:.2f} norm {norm:.2f}", flush=True)
                last_report = now
                sums.zero_()
            if now - last_saved > 60:
                torch.save(dict(model=model.state_dict(), config=CONFIG, f=f, step=step, seen=seen), out / "last.pt.tmp")
                os.replace(out / "last.pt.tmp", out / "last.pt")
                last_saved = now
            if wired and now - last_measured > a.measure:
                model.eval()
                direct = dict(long=0.0, shipped=0.0, winnow=0.2, direct=1.0, lines=4)
                line = dict(f=round(f, 3), seen=seen, seen_wording=measure(model, valid, direct), unseen_wording=measure(model, valid, dict(direct, unseen=True)))
                print(json.dumps(line), flush=True)
                model.train(phase != "comparing")
                last_measured = time.time()
    if meant:
        scattered(mean / meant, parameters)
    if rank == 0:
        torch.save(dict(model=model.state_dict(), config=CONFIG, f=1.0, step=step, seen=seen), out / "final.pt")
        print(f"done: {seen} examples, {step} steps", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("data", "cache", "tokenizer", "out"):
        parser.add_argument(name)
    parser.add_argument("--minutes", type=float, default=240 if GPU else 170)
    parser.add_argument("--processes", type=int, default=1 if GPU else 2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--muon", type=float, default=0.3, help="size of a step of Muon beside AdamW's; 0: AdamW alone")
    parser.add_argument("--tokens", type=int, default=1)
    parser.add_argument("--average", type=float, default=1.5)
    parser.add_argument("--messages", type=int, default=48 if GPU else 12)
    parser.add_argument("--texts", type=float, default=0.3, help="share of the steps with messages alone, once the lower layers can read")
    parser.add_argument("--rules", type=float, default=0.5, help="share of the steps with policies alone")
    parser.add_argument("--bottom", type=float, default=0.2, help="share of the time in which only the lower layers learn to read rules and messages")
    parser.add_argument("--mean", type=float, default=0.9, help="share of the time until `comparing` from which on the mean of all weights is kept; what follows goes on from it")
    parser.add_argument("--comparing", type=float, default=0.85, help="share of the time after which only the layers that compare learn, on texts they have not seen")
    parser.add_argument("--copying", type=float, default=0.95, help="share of the time after which only the copying heads learn")
    parser.add_argument("--measure", type=float, default=420)
    parser.add_argument("--start", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=29555)
    parser.add_argument("--resume", help="a checkpoint of this script; or an exported folder, to go on from `comparing`")
    a = parser.parse_args()
    prepare(a.data, a.cache)
    if a.processes == 1:
        run(0, 1, a)
    else:
        mp.spawn(run, args=(a.processes, a), nprocs=a.processes)
