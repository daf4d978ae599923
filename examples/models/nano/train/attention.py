"""Attention of a prefix and of the messages that share it, with sinks.

Its parts stand under one softmax: the prefix sees itself, all messages see the prefix (at once, not padded), messages see themselves (in chunks of nearly one length). On a
processor each part is PyTorch's flash kernel, so that no score is ever written to memory. A part gives its output under its own softmax and the logarithm of its sum, by
which parts and sinks are put together. Going back, a part that is given the whole's output and logarithm in place of its own gives its share of the whole's gradients
(Dao et al. 2022, "FlashAttention", appendix B.2: P = exp(S - L), D = rowsum(dO * O)).
"""
import torch

FLASH = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
FLASH_BACK = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


def wall(hidden, dtype):
    return torch.where(hidden, -1e9, 0.0).to(dtype)


def near(size, window, dtype):
    """Which of `size` tokens in a row see which, in a layer that slides; nothing where all that come before are near enough."""
    if size <= window:
        return None
    own = torch.arange(size)[:, None] - torch.arange(size)[None]
    return wall((own < 0) | (own >= window), dtype)


def shared(x, repeat):
    """Keys or values [batch, kv, n, size] for every head that shares them."""
    return x.repeat_interleave(repeat, 1)


def gathered(x, repeat):
    """The gradient of `shared`."""
    return x.view(x.shape[0], -1, repeat, *x.shape[2:]).sum(2)


class Part:
    """Some tokens and what they see. `laid` brings rows of all tokens, and one of zeros behind them, [tokens + 1, heads, size], into the kernel's order
    [batch, heads, n, size]; `rows` back into those of the part, whose places are `tokens`. `keys` and `seen` do so for what is looked at; `causal`: the tokens see
    themselves, and none those behind it."""

    causal, mask = False, None

    def forward(self, q, k, v):
        """Output [batch, heads, n, size] and logarithm of the sum [batch, heads, n]."""
        if q.device.type == "cpu":
            return FLASH(q, k, v, 0.0, self.causal, attn_mask=self.mask, scale=1.0)
        scores = self.scores(q, k)
        total = scores.logsumexp(-1)
        return (scores - total[..., None]).exp().to(v.dtype) @ v, total

    def backward(self, grad, q, k, v, out, total):
        """Of the whole's gradient, output and logarithm this part's gradients of queries, keys and values."""
        if q.device.type == "cpu":
            return FLASH_BACK(grad, q, k, v, out, total, 0.0, self.causal, attn_mask=self.mask, scale=1.0)
        share = (self.scores(q, k) - total[..., None]).exp()
        inner = share * ((grad @ v.mT).float() - (grad * out).float().sum(-1, keepdim=True))
        inner, share = inner.to(q.dtype), share.to(q.dtype)
        return inner @ k, inner.mT @ q, share.mT @ grad

    def scores(self, q, k):
        scores = (q @ k.mT).float()
        if self.causal:
            scores = scores + wall(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), scores.dtype)
        return scores if self.mask is None else scores + self.mask


class Prefix(Part):
    """The prefix sees itself."""

    def __init__(self, P, repeat, mask):
        self.tokens, self.repeat, self.mask, self.causal = slice(0, P), repeat, mask, mask is None

    def laid(self, x):
        return x[self.tokens][None].transpose(1, 2)

    def rows(self, x):
        return x[0].transpose(0, 1)

    def keys(self, x):
        return shared(self.laid(x), self.repeat)

    def seen(self, total, x):
        total[self.tokens] += self.rows(gathered(x, self.repeat))


class Before(Part):
    """All messages see the prefix from `first` on. Rows of heads that share keys stand one below the other."""

    def __init__(self, P, first, repeat, mask):
        self.P, self.tokens, self.first, self.repeat, self.mask = P, slice(P, -1), first, repeat, mask

    def laid(self, x):
        kv = x.shape[1] // self.repeat
        return x[self.tokens].unflatten(1, (kv, self.repeat)).permute(1, 2, 0, 3).reshape(1, kv, -1, x.shape[-1])

    def rows(self, x):
        return x.unflatten(2, (self.repeat, -1))[0].permute(2, 0, 1, 3).flatten(1, 2)

    def keys(self, x):
        return x[self.first:self.P][None].transpose(1, 2)

    def seen(self, total, x):
        total[self.first:self.P] += x[0].transpose(0, 1)


class Chunk(Part):
    """Messages of nearly one length see themselves; little is filled up where they are padded."""

    def __init__(self, P, lengths, items, repeat):
        mine = lengths[items]
        self.count, self.size, self.repeat = len(items), int(mine.max()), repeat
        inside = torch.arange(self.size)[None] < mine[:, None]
        places = P + (lengths.cumsum(0) - lengths)[items][:, None] + torch.arange(self.size)
        # Behind a message's end stands the row of zeros.
        self.source = torch.where(inside, places, P + int(lengths.sum())).flatten()
        self.inside, self.tokens = inside.flatten().nonzero()[:, 0], places[inside]

    def sliding(self, window, dtype):
        """The same, in a layer that slides or (without a window) in one that does not."""
        self.mask = None if window is None else near(self.size, window, dtype)
        self.causal = self.mask is None
        return self

    def laid(self, x):
        return x.index_select(0, self.source).unflatten(0, (self.count, self.size)).transpose(1, 2)

    def rows(self, x):
        return x.transpose(1, 2).flatten(0, 1).index_select(0, self.inside)

    def keys(self, x):
        return shared(self.laid(x), self.repeat)

    def seen(self, total, x):
        total.index_add_(0, self.tokens, self.rows(gathered(x, self.repeat)))


def parts(P, lengths, repeat, window, dtype, chunks):
    """The parts of a layer without and with a sliding window, for messages of `lengths` behind a prefix of `P` tokens, messages in so many chunks."""
    split = lengths.argsort().tensor_split(chunks)
    first = max(0, P - window)
    places = P + torch.cat([torch.arange(int(n)) for n in lengths])
    far = wall(places[:, None] - torch.arange(first, P)[None] >= window, dtype).repeat(repeat, 1)
    full = [Prefix(P, repeat, None), Before(P, 0, repeat, None), *(Chunk(P, lengths, items, repeat).sliding(None, dtype) for items in split)]
    slide = [Prefix(P, repeat, near(P, window, dtype)), Before(P, first, repeat, far), *(Chunk(P, lengths, items, repeat).sliding(window, dtype) for items in split)]
    return full, slide


def filled(x):
    """With a row of zeros behind the last one."""
    return torch.cat([x, x.new_zeros(1, *x.shape[1:])])


class Attention(torch.autograd.Function):
    """[tokens, heads, size] from queries (scaled), keys and values [tokens, kv, size] and sinks [heads]."""

    @staticmethod
    def forward(ctx, q, k, v, sinks, parts):
        rows = [filled(x) for x in (q, k, v)]
        total, said = sinks.float().expand(len(rows[0]), -1).clone(), []
        for part in parts:
            laid = part.laid(rows[0]), part.keys(rows[1]), part.keys(rows[2])
            o, l = part.forward(*laid)
            said.append((laid, part.rows(o), part.rows(l[..., None])[..., 0]))
            total[part.tokens] = torch.logaddexp(total[part.tokens], said[-1][2])
        out = torch.zeros_like(rows[0])
        for part, (_, o, l) in zip(parts, said):
            out[part.tokens] += (o * (l - total[part.tokens]).exp()[..., None]).to(out.dtype)
        ctx.save_for_backward(out, total, sinks, *(x for laid, _, _ in said for x in laid))
        ctx.parts, ctx.kv = parts, k.shape[1]
        return out[:-1]

    @staticmethod
    def backward(ctx, grad):
        out, total, sinks, *laid = ctx.saved_tensors
        grad = filled(grad)
        dq = torch.zeros_like(out)
        dk, dv = (out.new_zeros(len(out), ctx.kv, out.shape[-1]) for _ in "kv")
        for n, part in enumerate(ctx.parts):
            a, b, c = part.backward(part.laid(grad), *laid[3 * n:3 * n + 3], part.laid(out), part.laid(total[..., None])[..., 0])
            dq[part.tokens] += part.rows(a)
            part.seen(dk, b)
            part.seen(dv, c)
        dsinks = -((sinks - total).exp() * (grad * out).float().sum(-1)).sum(0)
        return dq[:-1], dk[:-1], dv[:-1], dsinks.to(sinks.dtype), None
