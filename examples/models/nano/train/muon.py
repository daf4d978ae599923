"""Muon (Jordan et al. 2024): momentum whose singular values are made equal, for the matrices inside the layers; the size of a step as in Liu et al. 2025
("Muon is scalable for LLM training"), so that it has AdamW's learning rate."""
import math

import torch

import model as network


def orthogonal(g, steps=5):
    """About U Vᵀ of each matrix [..., m, n], m ≤ n, by Newton-Schulz iterations in the type of the model's products."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = (g / (g.norm(dim=(-2, -1), keepdim=True) + 1e-7)).to(network.LOW)
    for _ in range(steps):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return x.float()


class Muon(torch.optim.Optimizer):
    """`split` says where a parameter is several matrices, one below the other."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.05, size=0.3):
        super().__init__([dict(params=[p], split=split) for p, split in parameters], dict(lr=lr, momentum=momentum, weight_decay=weight_decay, size=size))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group["momentum"])
                g = p.grad.lerp(m, group["momentum"])
                p.mul_(1 - group["lr"] * group["weight_decay"])
                for part, target in zip(g.split(group["split"], -2), p.split(group["split"], -2)):
                    high = part.shape[-2] > part.shape[-1]
                    o = orthogonal(part.mT if high else part)
                    target.add_(o.mT if high else o, alpha=-group["lr"] * group["size"] * math.sqrt(max(part.shape[-2:])))


def matrices(model):
    """The matrices inside the layers, and where each is cut."""
    c = model.c
    q, kv = c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    for layer in model.layers:
        yield layer.qkv, [q, kv, kv]
        yield layer.o, [c["hidden"]]
        yield layer.gate_up, [c["intermediate"], c["intermediate"]]
        yield layer.down, [c["hidden"]]
