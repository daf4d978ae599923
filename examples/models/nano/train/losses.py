"""What is wanted of the model: readings of rules and messages, where chosen heads look, and the answers.

A group is a policy, which is the prefix, and messages with their answers (`Sampler.group`). Losses are sums over its messages.
"""
import torch
import torch.nn.functional as F

from model import CONFIG, linear
from wiring import Heads
from wordings import CATEGORIES

# Layer and head of what is taught where to look.
L, REP = CONFIG["layers"], CONFIG["heads"] // CONFIG["kv_heads"]
LINE_LETTER, LINE_DIGIT, MATCH, FETCH = (L - 3, 0), (L - 3, REP), (L - 2, 0), (L - 1, REP)
SPANS = ((L - 3, 1), (L - 3, REP + 1))
PREVIOUS, COPY = (0, CONFIG["heads"] - 1), ((L - 1, 0), (L - 1, 2 * REP))
BELOW = (LINE_LETTER, LINE_DIGIT, *SPANS, PREVIOUS)
POINTERS = (*BELOW, MATCH, FETCH, *COPY)


def letters(id):
    """The class of an id's letters: one of 26, or a pair."""
    first, second = id[0], id[1] if id[1:2].isalpha() else None
    return ord(first) - 65 if second is None else 26 + 26 * (ord(first) - 65) + ord(second) - 65


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
