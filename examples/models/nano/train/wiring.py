"""A start for training: heads that already copy rule ids and compare words.

The tokens' weights for the seven categories lie in one plane of the embedding for policy and message alike. A head of the last layer but two brings the id
of a rule to the end of its line, heads of the last two compare the planes of message and line and fetch the id. Only values, outputs and the
comparison are set; where to look is learned.
"""
import math

import torch


def basis(rows, size):
    """Orthonormal columns that span the rows, filled up at random: [hidden, size]."""
    filled = torch.cat([rows.T, torch.randn(rows.shape[1], size - len(rows))], 1)
    q, _ = torch.linalg.qr(filled)
    return q


@torch.no_grad()
def wire(model, letters, digits, frame):
    """`letters`, `digits`: token ids of rule ids; `frame` [hidden, 7]: the plane of the categories."""
    c = model.c
    heads, kv, hd = c["heads"], c["kv_heads"], c["head_dim"]
    rep, q_rows = heads // kv, heads * hd
    base = model.embed.clone()
    plane = frame.T
    rest = base - base @ frame @ plane
    letter, digit = torch.linalg.qr(rest[letters].T)[0].T, torch.linalg.qr(rest[digits].T)[0].T

    def value(layer, group, u):
        start = q_rows + kv * hd + group * hd
        layer.qkv[start:start + hd] = u.T

    def output(layer, head, u, scale):
        layer.o[:, head * hd:(head + 1) * hd] = u * scale

    # Slowest rotations: the comparison must not depend on the distance.
    slow = [hd // 2 - 1 - i // 2 + (i % 2) * (hd // 2) for i in range(7)]

    def compare(layer, head, scale):
        for rows, s in ((head * hd, scale), (q_rows + head // rep * hd, 1.0)):
            layer.qkv[rows:rows + hd] *= 0.5
            for j, place in enumerate(slow):
                layer.qkv[rows + place] = plane[j] * s

    one, two, three = model.layers[-3:]
    u = basis(torch.cat([plane, letter]), hd)
    value(one, 0, u)
    output(one, 0, torch.cat([torch.zeros(len(plane[0]), 7), u[:, 7:]], 1), 0.5)
    output(one, 1, torch.cat([u[:, :7], torch.zeros(len(plane[0]), hd - 7)], 1), 1.0)
    u = basis(torch.cat([plane, digit]), hd)
    value(one, 1, u)
    output(one, 3, torch.cat([torch.zeros(len(plane[0]), 7), u[:, 7:]], 1), 0.5)
    output(one, 4, torch.cat([u[:, :7], torch.zeros(len(plane[0]), hd - 7)], 1), 1.0)
    compare(two, 0, 2.0)
    compare(three, 3, 2.0)
    ids = torch.cat([letter, digit])
    u = basis(ids[:hd], hd)
    value(three, 1, u)
    output(three, 3, u, 0.7)
    wire_copy(model)


@torch.no_grad()
def wire_copy(model):
    """Quotations: the last head of the first layer brings every token what stands before it, the first head of the last layer finds the token that stood
    behind the current one before, and copies it. Where to look is learned, but the comparison is set (in the slowest rotations)."""
    c = model.c
    d, heads, kv, hd = c["hidden"], c["heads"], c["kv_heads"], c["head_dim"]
    rep, q_rows = heads // kv, heads * hd
    first, last = model.layers[0], model.layers[-1]

    def orthonormal(n):
        return torch.linalg.qr(torch.randn(d, n))[0].T

    slow = [hd // 2 - 1 - i // 2 + (i % 2) * (hd // 2) for i in range(12)]
    what, place = orthonormal(hd), orthonormal(hd)
    group = kv - 1
    first.qkv[q_rows + (kv + group) * hd:q_rows + (kv + group + 1) * hd] = what
    first.o[:, (heads - 1) * hd:] = place.T * 1.5
    wire_previous(model)
    q, k = last.qkv[:hd], last.qkv[q_rows:q_rows + hd]
    q *= 0.5
    k *= 0.5
    for j, at in enumerate(slow):
        q[at], k[at] = what[j] * 2, place[j]
    copied = orthonormal(hd)
    last.qkv[q_rows + kv * hd:q_rows + kv * hd + hd] = copied
    last.o[:, :hd] = copied.T * 0.7
    last.o[:, hd:rep * hd] *= 0.3


@torch.no_grad()
def wire_previous(model, sharpness=12.0, pairs=6):
    """The last head of the first layer looks at the token before: constant vectors in the fast rotations, a step apart, whose products are largest at a
    distance of one."""
    c = model.c
    heads, kv, hd = c["heads"], c["kv_heads"], c["head_dim"]
    layer, size = model.layers[0], math.sqrt(sharpness * math.sqrt(hd))
    q, k = (heads - 1) * hd, (heads + kv - 1) * hd
    layer.qkv[q:q + hd] *= 0.1
    layer.qkv[k:k + hd] *= 0.3
    for i in range(pairs):
        angle = c["theta"] ** (-2 * i / hd)
        layer.qkv_bias[q + i] += size
        layer.qkv_bias[k + i] += size * math.cos(angle)
        layer.qkv_bias[k + i + hd // 2] += size * math.sin(angle)
