"""A start for training, set by hand: heads that copy rule ids and quotations, and, once the lower layers can read, heads that compare message and rule.

Only directions are set; all of them are trained further. Comparisons lie in the slowest rotations, so that they hardly depend on the distance.
"""
import math

import torch


def basis(rows, size):
    """Orthonormal columns that span the rows, filled up at random: [hidden, size]."""
    filled = torch.cat([rows.T, torch.randn(rows.shape[1], size - len(rows))], 1)
    q, _ = torch.linalg.qr(filled)
    return q


class Heads:
    """Rows and columns of one layer's heads."""

    def __init__(self, model, layer):
        c = model.c
        self.layer, self.hd, self.heads, self.kv = model.layers[layer], c["head_dim"], c["heads"], c["kv_heads"]
        self.rep = self.heads // self.kv

    def rows(self, head, part):
        """Where the query of a head, or the key or value of its group, lies."""
        start = {"q": head, "k": self.heads + head // self.rep, "v": self.heads + self.kv + head // self.rep}[part] * self.hd
        return slice(start, start + self.hd)

    def weight(self, head, part):
        return self.layer.qkv[self.rows(head, part)]

    def bias(self, head, part):
        return self.layer.qkv_bias[self.rows(head, part)]

    def output(self, head):
        return self.layer.o[:, head * self.hd:(head + 1) * self.hd]

    def slow(self, count):
        """Places in a head whose rotation is slowest, slowest first."""
        return [self.hd // 2 - 1 - i // 2 + (i % 2) * (self.hd // 2) for i in range(count)]


@torch.no_grad()
def wire(model, letters, digits, frame):
    """Ids, rule by rule, and quotations. `letters`, `digits`: token ids of rule ids; `frame` [hidden, 8]: the plane of the words of the
    categories and, last, of forbidding."""
    rep, plane = model.c["heads"] // model.c["kv_heads"], frame.T
    base = model.embed.clone()
    rest = base - base @ frame @ plane
    letter, digit = torch.linalg.qr(rest[letters].T)[0].T, torch.linalg.qr(rest[digits].T)[0].T
    reading, last, n = Heads(model, -3), Heads(model, -1), len(plane)
    model.category.weight.copy_(plane[:-1] * 0.5)
    model.polarity.weight.copy_(plane[-1:] * 0.5)

    # A rule's end takes the letter, then the digit of its id, and the plane of its words; a message's end the plane of its own.
    for head, id in ((0, letter), (rep, digit)):
        u = basis(torch.cat([plane, id]), reading.hd)
        reading.weight(head, "v").copy_(u.T)
        reading.output(head).copy_(torch.cat([torch.zeros(len(u), n), u[:, n:]], 1) * 0.5)
        reading.output(head + 1).copy_(torch.cat([u[:, :n], torch.zeros(len(u), u.shape[1] - n)], 1))
    u = basis(torch.cat([letter, digit])[:last.hd], last.hd)
    last.weight(rep, "v").copy_(u.T)
    last.output(rep).copy_(u * 0.7)
    wire_copy(model)
    model.norm.weight.fill_(3.0)


@torch.no_grad()
def wire_copy(model, copies=(0, 4), strength=2.5):
    """Quotations: the last head of the first layer brings every token what stands before it; heads of the last layer find the token that stood behind the
    current one before, and copy it, each another part of its embedding."""
    d, first, last = model.c["hidden"], Heads(model, 0), Heads(model, -1)
    before = first.heads - 1

    def orthonormal(n):
        return torch.linalg.qr(torch.randn(d, n))[0].T

    what, place, copied = orthonormal(first.hd), orthonormal(first.hd), orthonormal(first.hd * len(copies))
    first.weight(before, "v").copy_(what)
    first.output(before).copy_(place.T * 1.5)
    wire_previous(model)
    for n, head in enumerate(copies):
        q, k = last.weight(head, "q"), last.weight(head, "k")
        q *= 0.3
        k *= 0.3
        for j, at in enumerate(last.slow(16)):
            q[at], k[at] = what[j] * 6, place[j]
        part = copied[n * first.hd:(n + 1) * first.hd]
        last.weight(head, "v").copy_(part)
        last.output(head).copy_(part.T * strength)
        last.output(head + 1).mul_(0.3)


@torch.no_grad()
def wire_previous(model, sharpness=12.0, pairs=6):
    """The last head of the first layer looks at the token before: constant vectors in the fast rotations, a step apart, whose products are largest at a
    distance of one."""
    first, hd = Heads(model, 0), model.c["head_dim"]
    head, size = first.heads - 1, math.sqrt(sharpness * math.sqrt(hd))
    first.weight(head, "q").mul_(0.1)
    first.weight(head, "k").mul_(0.3)
    q, k = first.bias(head, "q"), first.bias(head, "k")
    for i in range(pairs):
        angle = model.c["theta"] ** (-2 * i / hd)
        q[i] += size
        k[i] += size * math.cos(angle)
        k[i + hd // 2] += size * math.sin(angle)


@torch.no_grad()
def wire_match(model, match=0, fetch=None):
    """The comparison, from the heads that read categories: a message's log-odds times the categories of a rule, at the ends of rules only, against the sink.
    Its share is the probability that one of the rules applies; whether that rule forbids is its value."""
    fetch = model.c["heads"] // model.c["kv_heads"] if fetch is None else fetch
    w, b, close, polarity = model.category.weight, model.category.bias, model.close, model.polarity
    for layer, head in ((-2, match), (-1, fetch)):
        h = Heads(model, layer)
        q, k, root = h.weight(head, "q"), h.weight(head, "k"), math.sqrt(h.hd)
        q *= 0.1
        k *= 0.3
        slow = h.slow(8)
        for j, at in enumerate(slow[1:]):
            q[at], k[at] = w[j] * root * 0.7, w[j] * 0.1
            h.bias(head, "q")[at], h.bias(head, "k")[at] = (b[j] + 2) * root * 0.7, b[j] * 0.1 + 0.4
        q[slow[0]], k[slow[0]] = 0.0, close.weight[0] * 0.1
        h.bias(head, "q")[slow[0]], h.bias(head, "k")[slow[0]] = 12 * root, close.bias[0] * 0.1 - 0.5
        h.layer.sinks[head] = 2.0
    h = Heads(model, -2)
    v, out = h.weight(match, "v"), h.output(match)
    out *= 0.3
    v[0], h.bias(match, "v")[0] = polarity.weight[0] * 0.3, polarity.bias[0] * 0.3
    decision = model.violation.weight[0] / model.violation.weight[0].norm()
    out[:, 0] = decision * 4


@torch.no_grad()
def wire_labels(model, pairs, share=0.6):
    """The head's rows of label tokens (safe, violating) lie along the decision, so that every pair of labels begins with its log-odds."""
    decision = model.violation.weight[0]
    for safe, violating in pairs:
        model.head[violating] += share * decision
        model.head[safe] -= share * decision
