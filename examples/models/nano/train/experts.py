"""Experts of clamped SwiGLU, each on its own tokens: rows of one expert stand together, and no product is done on filled-up rows. Routers are uneven; filled up to the
busiest expert's tokens the products would be two to four times as large."""
import torch
import torch.nn.functional as F

# Of the sigmoid in the gate.
ALPHA = 1.702


def each(spans, rows, matrices, biases=None):
    """Each expert's rows times its matrix [experts, in, out]."""
    out = rows.new_empty(len(rows), matrices.shape[-1])
    for e, (a, b) in enumerate(spans):
        if biases is None:
            torch.mm(rows[a:b], matrices[e], out=out[a:b])
        else:
            torch.addmm(biases[e], rows[a:b], matrices[e], out=out[a:b])
    return out


class Experts(torch.autograd.Function):
    """[tokens, hidden] from x [tokens, hidden], `weight` and `chosen` [tokens, k] and the experts' matrices (gate rows before up rows), in `low` precision."""

    @staticmethod
    def forward(ctx, x, weight, chosen, gate_up, gate_up_bias, down, down_bias, limit, low):
        n, k = chosen.shape
        order = chosen.flatten().argsort(stable=True)
        ends = torch.bincount(chosen.flatten(), minlength=len(down)).cumsum(0).tolist()
        spans = list(zip([0] + ends, ends))
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(n * k)
        tokens = order.div(k, rounding_mode="floor")

        own = x.to(low).index_select(0, tokens)
        matrices, outputs = gate_up.to(low), down.to(low)
        before = each(spans, own, matrices.mT, gate_up_bias.to(low)).float()
        gate, up = before.chunk(2, -1)
        inner = F.silu(gate.clamp(max=limit).mul_(ALPHA)).mul_(up.clamp(-limit, limit).add_(1)).div_(ALPHA).to(low)
        said = each(spans, inner, outputs.mT, down_bias.to(low)).float().index_select(0, inverse).view(n, k, -1)
        ctx.save_for_backward(weight, order, inverse, own, before, inner, said, matrices, outputs)
        ctx.spans, ctx.tokens, ctx.limit, ctx.low = spans, tokens, limit, low
        out = said[:, 0] * weight[:, :1]
        for i in range(1, k):
            out.addcmul_(said[:, i], weight[:, i, None])
        return out

    @staticmethod
    def backward(ctx, grad):
        weight, order, inverse, own, before, inner, said, matrices, outputs = ctx.saved_tensors
        n, k, size = said.shape
        low, limit = ctx.low, ctx.limit
        dweight = (said * grad[:, None]).sum(-1)
        part = grad.index_select(0, ctx.tokens).mul_(weight.flatten().index_select(0, order)[:, None])
        lower = part.to(low)
        dinner = each(ctx.spans, lower, outputs).float()
        ddown = torch.stack([lower[a:b].T @ inner[a:b] for a, b in ctx.spans]).float()
        ddown_bias = torch.stack([part[a:b].sum(0) for a, b in ctx.spans])

        gate, up = before.chunk(2, -1)
        scaled = gate.clamp(max=limit).mul_(ALPHA)
        dbefore = torch.empty_like(before)
        dgate, dup = dbefore.chunk(2, -1)
        torch.mul(dinner, F.silu(scaled).div_(ALPHA), out=dup)
        dgate.copy_(torch.ops.aten.silu_backward(dinner.mul_(up.clamp(-limit, limit).add_(1)), scaled))
        # Rarely is anything clamped, and comparing is slow.
        if gate.amax() > limit:
            dgate.mul_(gate <= limit)
        if up.abs().amax() > limit:
            dup.mul_(up.abs() <= limit)
        lower = dbefore.to(low)
        dx = each(ctx.spans, lower, matrices).float().index_select(0, inverse).view(n, k, size).sum(1)
        dgate_up = torch.stack([lower[a:b].T @ own[a:b] for a, b in ctx.spans]).float()
        dgate_up_bias = torch.stack([dbefore[a:b].sum(0) for a, b in ctx.spans])
        return dx, dweight, None, dgate_up, dgate_up_bias, ddown, ddown_bias, None, None
