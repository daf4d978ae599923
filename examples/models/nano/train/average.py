"""The mean of checkpoints that were trained on from one another: each has its own noise, the mean less of it. Part of the way back to where training began
keeps what it knew of other texts (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").

usage: average.py CHECKPOINT[:WEIGHT] CHECKPOINT[:WEIGHT] ... OUT

An exported folder may stand for a checkpoint; of what only training needs it has nothing, and the mean takes that from the others.
"""
import sys
from pathlib import Path

import torch

from export import read


def loaded(name):
    """What was saved, and the weight behind the colon (1 without)."""
    path, colon, weight = name.rpartition(":")
    path, weight = (path, float(weight)) if colon else (name, 1.0)
    return dict(model=read(path)) if Path(path).is_dir() else torch.load(path, map_location="cpu"), weight


if __name__ == "__main__":
    *checkpoints, out = sys.argv[1:]
    if len(checkpoints) < 2:
        raise SystemExit(__doc__)
    saved = [loaded(name) for name in checkpoints]
    whole = max((s for s, _ in saved), key=lambda s: len(s["model"]))
    mean = {}
    for key in whole["model"]:
        parts = [(s["model"][key].float(), w) for s, w in saved if key in s["model"]]
        mean[key] = sum(p * w for p, w in parts) / sum(w for _, w in parts)
    torch.save(dict(whole, model=mean, f=1.0, step=0, seen=0), out)
