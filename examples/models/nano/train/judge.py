"""How surely a text violates a policy, from what the teacher sees of each category: the graded answers from which comparing is learnt.

A text's most likely category is not the one with the largest log-odds: the teacher's categories are not of one scale (those of insults lie 3.8 too high), and some
go together. Seven of its log-odds in, seven out, and a policy is violated when one of the forbidden categories is there (a noisy or). Fitted on natural training texts, each judged by
the models that have not seen it, under policies as they are drawn for measuring. On such draws the AUROC is 0.94 for the largest log-odds and 0.96 for this.
"""
import random

import torch
import torch.nn.functional as F

from wordings import CATEGORIES


def odds(soft):
    p = torch.as_tensor(soft, dtype=torch.float32).clamp(1e-4, 1 - 1e-4)
    return p.log() - (-p).log1p()


def forbidden(lines):
    """The categories that the lines forbid: [7]."""
    out = torch.zeros(len(CATEGORIES))
    for l in lines:
        if l["kind"] == "category" and l["polarity"]:
            out[CATEGORIES.index(l["key"])] = 1
    return out


class Judge:
    def __init__(self, sampler, policies=1500, messages=12, seed=4):
        texts, rules, truth = self.draws(sampler, random.Random(seed), policies, messages)
        self.mix, self.bias = torch.eye(len(CATEGORIES), requires_grad=True), torch.zeros(len(CATEGORIES), requires_grad=True)
        optimizer = torch.optim.Adam([self.mix, self.bias], lr=0.03)
        for _ in range(300):
            loss = F.binary_cross_entropy(self(texts, rules), truth) + 1e-4 * (self.mix - torch.eye(len(CATEGORIES))).square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.mix, self.bias = self.mix.detach(), self.bias.detach()

    @staticmethod
    def draws(s, rng, policies, messages):
        """Log-odds, forbidden categories and truth of natural texts: as `evaluate_engine.py` draws, but from training texts."""
        texts, rules, truth = [], [], []
        kinds = sorted(s.clean)
        for _ in range(policies):
            lines = [dict(kind="category", key=c, polarity=int(rng.random() >= 0.2)) for c in rng.sample(CATEGORIES, rng.randint(2, 4))]
            absent = [c for c in CATEGORIES if c not in {l["key"] for l in lines}]
            for n in range(messages):
                line = rng.choice(lines) if n < messages * 0.6 else None
                row = None
                for _ in range(30):
                    row = rng.choice(s.natural[line["key"]] if line else s.natural[rng.choice(absent)] if rng.random() < 0.5 else s.clean[rng.choice(kinds)])
                    if row["natural"] and s.compatible(row, line["key"] if line else None, lines):
                        break
                else:
                    continue
                texts.append(odds(row["soft"]))
                rules.append(forbidden(lines))
                truth.append(float(line is not None and line["polarity"] == 1))
        return torch.stack(texts), torch.stack(rules), torch.tensor(truth)

    def __call__(self, texts, rules):
        """[n, 7] log-odds and [n, 7] forbidden categories to probabilities [n]."""
        p = torch.sigmoid(texts @ self.mix + self.bias) * rules * 0.999
        return (-torch.expm1(torch.log1p(-p).sum(-1))).clamp(1e-4, 1 - 1e-4)

    def categories(self, row):
        """Probability of each category: [7]."""
        return torch.sigmoid(odds(row["soft"]) @ self.mix + self.bias)

    def share(self, row, lines):
        """Of one row under these lines."""
        with torch.no_grad():
            return float(self(odds(row["soft"])[None], forbidden(lines)[None])[0])
