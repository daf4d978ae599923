"""A start for training: heads that already copy rule ids and compare words.

The tokens' weights for the seven categories lie in one plane of the embedding for policy and message alike. A head of the second layer brings the id
of a rule to the end of its line, heads of the later layers compare the planes of message and line and fetch the id. Only values, outputs and the
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

    one, two, three = model.layers[1], model.layers[2], model.layers[3]
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
