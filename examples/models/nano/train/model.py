"""gpt-oss in PyTorch for training: one policy prefix shared by several continuations, unpadded linear layers, attention of chosen heads exposed.

The equations are those of GptOssForCausalLM: RMSNorm, grouped-query attention with biases and sinks, sliding layers and full ones, half-split
rotary embedding without scaling, top-k router with softmax over the chosen, clamped SwiGLU experts, untied head. Gate and up rows are kept
apart here and interleaved on export.
"""
import math
import os

import torch
import torch.nn.functional as F
from torch import nn

from attention import Attention, parts
from experts import Experts

SMALL = dict(vocab=4096, hidden=192, layers=5, heads=6, kv_heads=3, head_dim=32, experts=8, top_k=2, intermediate=96, window=128, theta=1e6, limit=7.0, eps=1e-5)
# What a GPU has time for: 8.0 million parameters, 9.2 MB.
WIDE = dict(SMALL, hidden=256, layers=6, heads=8, kv_heads=4, intermediate=128)
GPU = torch.cuda.is_available()
CONFIG = WIDE if os.environ.get("NANO_SIZE", "wide" if GPU else "small") == "wide" else SMALL


# Of what a layer that reads adds, while it trains: some categories have a few dozen texts. Comparing has no end of examples.
DROPOUT = 0.1
# Matrix products are done in this type. bfloat16 is twice as fast on processors that have it, and eight times as slow on those that do not. Measurements set it to
# float32.
LOW = torch.bfloat16 if GPU or any(torch.cpu.get_capabilities().get(k) for k in ("avx512_bf16", "amx_bf16", "bf16")) else torch.float32


def linear(x, w, b=None):
    y = F.linear(x.to(LOW), w.to(LOW)).float()
    return y if b is None else y + b


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Rotary:
    def __init__(self, c, maximum=4096):
        inv = c["theta"] ** (-torch.arange(0, c["head_dim"], 2).float() / c["head_dim"])
        angle = torch.arange(maximum).float()[:, None] * inv
        self.cos, self.sin = angle.cos(), angle.sin()

    def __call__(self, x, positions):
        """[n, heads, head_dim]."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        a, b = x.chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def halves(self, x, cos, sin):
        """[n, 2, heads * head_dim / 2], the halves of all heads apart: the same in long rows, which vector units like."""
        a, b = x.unbind(1)
        size = a.shape[1]
        return torch.stack([a * cos[:, :size] - b * sin[:, :size], b * cos[:, :size] + a * sin[:, :size]], 1)


def sliding(c, layer):
    """The first layers look around; the last three must reach the policy."""
    return layer < c["layers"] - 3


class Layer(nn.Module):
    def __init__(self, c, index):
        super().__init__()
        self.c, self.sliding = c, sliding(c, index)
        d, q, kv, e, i = c["hidden"], c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"], c["experts"], c["intermediate"]
        self.norm1, self.norm2 = RMSNorm(d, c["eps"]), RMSNorm(d, c["eps"])

        def matrix(o, n, scale=1.0):
            return nn.Parameter(torch.randn(o, n) * scale / math.sqrt(n))

        depth = 1 / math.sqrt(2 * c["layers"])
        self.qkv, self.qkv_bias = matrix(q + 2 * kv, d), nn.Parameter(torch.zeros(q + 2 * kv))
        self.o, self.o_bias = matrix(d, q, depth), nn.Parameter(torch.zeros(d))
        self.sinks = nn.Parameter(torch.zeros(c["heads"]))
        self.router, self.router_bias = matrix(e, d, 0.5), nn.Parameter(torch.zeros(e))
        # Rows of gates, then rows of ups.
        self.gate_up, self.gate_up_bias = nn.Parameter(torch.randn(e, 2 * i, d) / math.sqrt(d)), nn.Parameter(torch.zeros(e, 2 * i))
        self.down, self.down_bias = nn.Parameter(torch.randn(e, d, i) * depth / math.sqrt(i)), nn.Parameter(torch.zeros(e, d))

    def experts(self, x):
        c = self.c
        logits = F.linear(x, self.router, self.router_bias)
        top, chosen = logits.topk(c["top_k"], -1)
        weight = top.softmax(-1)
        out = Experts.apply(x, weight, chosen, self.gate_up, self.gate_up_bias, self.down, self.down_bias, c["limit"], LOW)
        # Load balance: share of tokens times mean probability.
        share = F.one_hot(chosen, c["experts"]).float().mean((0, 1))
        balance = c["experts"] * (share * logits.softmax(-1).mean(0)).sum()
        return out, balance


class Nano(nn.Module):
    def __init__(self, c=CONFIG):
        super().__init__()
        self.c = c
        self.embed = nn.Parameter(torch.randn(c["vocab"], c["hidden"]))
        self.layers = nn.ModuleList([Layer(c, i) for i in range(c["layers"])])
        self.norm = RMSNorm(c["hidden"], c["eps"])
        self.head = nn.Parameter(torch.empty(0))
        self.rotary = Rotary(c)
        # Only for training: what the layers below the comparison say about a rule's end or a message, on normalized states.
        self.category = nn.Linear(c["hidden"], 7)
        self.polarity, self.close = nn.Linear(c["hidden"], 1), nn.Linear(c["hidden"], 1)
        self.violation = nn.Linear(c["hidden"], 1)
        # One class for each letter and for each pair of letters that an id may begin with.
        self.letter = nn.Linear(c["hidden"], 27 * 26)
        self.digit = nn.Linear(c["hidden"], 10)
        self.noise, self.drawn = None, 0
        self.tie()

    def tie(self):
        """The head starts as the embedding, so that a copied value votes for its own token."""
        self.head = nn.Parameter(self.embed.detach().clone() / math.sqrt(self.c["hidden"]))

    def forward(self, batch, pointers=(), cache=None, bottom=False):
        """`batch`: prefix [P], tokens [K, S] padded, lengths [K]. Gives hidden states of prefix and of the unpadded suffix tokens, and for each
        (layer, head) in `pointers` query and key tensors; `values` are those of the last layer. `bottom`: only the layers below the comparison; their states are `middle`."""
        c = self.c
        prefix, suffix, lengths = batch["prefix"], batch["suffix"], batch["lengths"]
        P, (K, S) = len(prefix), suffix.shape
        mask = torch.arange(S)[None] < lengths[:, None]
        rows, cols = mask.nonzero(as_tuple=True)
        x = F.embedding(torch.cat([prefix, suffix[rows, cols]]), self.embed)
        positions = torch.cat([torch.arange(P), P + cols])
        heads, kv, hd, W = c["heads"], c["kv_heads"], c["head_dim"], c["window"]
        rep = heads // kv

        # Rows of q and k with the first halves of all heads before the second ones.
        order = torch.arange(heads * hd).view(heads, 2, hd // 2).transpose(0, 1).flatten()
        order_k = heads * hd + torch.arange(kv * hd).view(kv, 2, hd // 2).transpose(0, 1).flatten()
        order = torch.cat([order, order_k, torch.arange((heads + kv) * hd, (heads + 2 * kv) * hd)])
        full, slide = parts(P, lengths, rep, W, LOW, chunks=1 if cache is not None else max(1, K // 4))
        cos, sin = (t[positions].repeat(1, heads) for t in (self.rotary.cos, self.rotary.sin))
        saved, balance, middle = {}, 0.0, None
        for index, layer in enumerate(self.layers):
            if index == c["layers"] - 2:
                middle = F.rms_norm(x, (x.shape[-1],), eps=c["eps"])
                if bottom:
                    break
            h = layer.norm1(x)
            qkv = linear(h, layer.qkv.index_select(0, order), layer.qkv_bias[order])
            q, k, v = qkv.split([heads * hd, kv * hd, kv * hd], -1)
            q = self.rotary.halves(q.view(-1, 2, heads * hd // 2), cos, sin).view(-1, 2, heads, hd // 2).transpose(1, 2).reshape(-1, heads, hd) / math.sqrt(hd)
            k = self.rotary.halves(k.view(-1, 2, kv * hd // 2), cos, sin).view(-1, 2, kv, hd // 2).transpose(1, 2).reshape(-1, kv, hd)
            v = v.view(-1, kv, hd)
            for l, head in pointers:
                if l == index:
                    saved[l, head] = (q[:, head], k[:, head // rep], layer.sinks[head])
            q, k, v = q.to(LOW), k.to(LOW), v.to(LOW)
            if cache is not None:
                cache.append([k[:P], v[:P], *(x.new_zeros(K, S, kv, hd, dtype=LOW).index_put((rows, cols), t[P:]) for t in (k, v))])
            out = Attention.apply(q, k, v, layer.sinks, slide if layer.sliding else full).flatten(1)
            x = x + self.dropped(linear(out, layer.o, layer.o_bias), index)
            h, b = layer.experts(layer.norm2(x))
            x = x + self.dropped(h, index)
            balance = balance + b / c["layers"]
        return dict(x=x, middle=middle, saved=saved, balance=balance, P=P, values=v)

    def dropped(self, x, index):
        """With dropout, in the layers that read. Its random numbers are drawn once for many batches, and each takes them from another place: to draw them anew was a
        tenth of the time."""
        if not self.training or index >= self.c["layers"] - 2:
            return x
        if self.noise is None or self.drawn == 1000:
            self.noise, self.drawn = (torch.rand(1 << 21) >= DROPOUT).float() / (1 - DROPOUT), 0
        self.drawn += 1
        if x.numel() >= len(self.noise):
            return F.dropout(x, DROPOUT)
        first = int(torch.randint(len(self.noise) - x.numel(), ()))
        return x * self.noise[first:first + x.numel()].view_as(x)

    def logits(self, x):
        return linear(self.norm(x), self.head)

    @torch.no_grad()
    def step(self, tokens, cache, lengths, P):
        """One more token for each of the K messages; `cache` as `forward` filled it, `lengths` [K] tokens that each has already. Logits [K, vocab]."""
        c = self.c
        heads, kv, hd, W = c["heads"], c["kv_heads"], c["head_dim"], c["window"]
        rep, K = heads // kv, len(tokens)
        x, positions = self.embed[tokens], P + lengths
        for index, layer in enumerate(self.layers):
            kp, vp, ks, vs = cache[index]
            if int(lengths.max()) >= ks.shape[1]:
                room = ks.new_zeros(K, 64, kv, hd)
                ks, vs = torch.cat([ks, room], 1), torch.cat([vs, room], 1)
                cache[index] = [kp, vp, ks, vs]
            q, k, v = linear(layer.norm1(x), layer.qkv, layer.qkv_bias).split([heads * hd, kv * hd, kv * hd], -1)
            q = self.rotary(q.view(K, heads, hd), positions) / math.sqrt(hd)
            ks[torch.arange(K), lengths] = self.rotary(k.view(K, kv, hd), positions).to(ks.dtype)
            vs[torch.arange(K), lengths] = v.view(K, kv, hd).to(vs.dtype)
            q = q.view(K, kv, rep, hd)
            before = torch.einsum("bgrd,pgd->bgrp", q, kp.float())
            inside = torch.einsum("bgrd,bsgd->bgrs", q, ks.float())
            s = torch.arange(ks.shape[1])
            hidden = s[None] > lengths[:, None]
            if layer.sliding:
                hidden = hidden | (lengths[:, None] - s[None] >= W)
                before = before.masked_fill((positions[:, None] - torch.arange(P)[None] >= W)[:, None, None], -1e9)
            inside = inside.masked_fill(hidden[:, None, None], -1e9)
            p = torch.cat([before, inside, layer.sinks.view(1, kv, rep, 1).expand(K, -1, -1, 1)], -1).softmax(-1)
            out = torch.einsum("bgrp,pgd->bgrd", p[..., :P], vp.float()) + torch.einsum("bgrs,bsgd->bgrd", p[..., P:-1], vs.float())
            x = x + linear(out.reshape(K, heads * hd), layer.o, layer.o_bias)
            x = x + layer.experts(layer.norm2(x))[0]
        return self.logits(x)
