"""Checks that transformers reads the folder and gives, greedily, the same tokens as Winnow's engine on 50 prompts.

usage: check_transformers.py FOLDER EXAMPLES.jsonl [WINNOW]

transformers writes its completions to a copy of the folder; `winnow model conformance` compares its own with them.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from prompts import Encoder, Format, random_policy, shipped_policy
from wordings import CATEGORIES

folder, examples = Path(sys.argv[1]).resolve(), sys.argv[2]
root = Path(__file__).resolve().parents[4]
winnow = sys.argv[3] if len(sys.argv) > 3 else str(root / ".build/release/winnow")
torch.set_num_threads(1)
rng = random.Random(4)
encoder = Encoder(Tokenizer.from_file(str(folder / "tokenizer.json")))
texts = [json.loads(line)["text"] for line in open(examples, encoding="utf-8")]
policies = [shipped_policy(p) for p in sorted((root / "policies").glob("*.md"))]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
stop = json.loads((folder / "generation_config.json").read_text())["eos_token_id"]
lines = []
for n in range(50):
    format = Format("json") if n % 3 else Format("bare")
    if n % 5 == 0:
        policy = policies[n // 5 % len(policies)]
    else:
        specs = [dict(kind="category", key=c, polarity=int(rng.random() > 0.2)) for c in rng.sample(CATEGORIES, rng.randint(1, 4))]
        policy = random_policy(rng, specs, format, unseen=n % 2 == 0)
    frame = "winnow" if n % 2 else "bare"
    prefix, _ = encoder.prefix(policy, format, frame)
    ids = prefix + encoder.user(rng, rng.choice(texts), format, frame)[0]
    out = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=90, do_sample=False, eos_token_id=stop)
    lines.append(dict(name=f"prompt {n + 1}", prompt_ids=ids, completion_ids=out[0, len(ids):].tolist()))
with tempfile.TemporaryDirectory() as copy:
    for file in folder.iterdir():
        if file.is_file() and file.suffix in (".json", ".safetensors"):
            os.symlink(file, Path(copy) / file.name)
    (Path(copy) / "completions.jsonl").write_text("".join(json.dumps(l) + "\n" for l in lines))
    print(f"transformers: {len(lines)} completions, {sum(len(l['completion_ids']) for l in lines)} tokens")
    sys.exit(subprocess.run([winnow, "model", "conformance", copy]).returncode)
