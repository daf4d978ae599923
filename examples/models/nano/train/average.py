"""The mean of checkpoints that were trained on from one another: each has its own noise, the mean less of it.

usage: average.py CHECKPOINT CHECKPOINT ... OUT
"""
import sys

import torch

if __name__ == "__main__":
    *checkpoints, out = sys.argv[1:]
    if len(checkpoints) < 2:
        raise SystemExit(__doc__)
    weights = [torch.load(path)["model"] for path in checkpoints]
    mean = {name: torch.stack([w[name].float() for w in weights]).mean(0) for name in weights[0]}
    torch.save(dict(model=mean, f=1.0, step=0, seen=0), out)
