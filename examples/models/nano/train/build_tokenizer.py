"""Trains the tokenizer on the training texts and on policies, prompts and answers as prompts.py writes them.

usage: build_tokenizer.py DATA CACHE OUT [SIZE]
"""
import random
import sys
from pathlib import Path

import tokenizer as bpe
from corpus import prepare
from prompts import HANDLING, SYSTEM, analysis_pieces, random_format, random_policy, reason
from wordings import CATEGORIES


def policy_texts(topics, rng, count=2500):
    texts, topics = [], sorted(topics)
    for k in range(count):
        specs = [dict(kind="category", key=c, polarity=int(rng.random() > 0.25)) for c in rng.sample(CATEGORIES, rng.randint(1, 5))]
        specs += [dict(kind="topic", key=rng.choice(topics), polarity=1), dict(kind="distractor", key=None, polarity=int(rng.random() > 0.4))]
        format = random_format(rng)
        texts.append(random_policy(rng, specs, format, long=k % 4 == 0).text)
        key = rng.choice(CATEGORIES)
        finding = rng.choice([None, dict(key=key, id="H1", polarity=1), dict(key=key, id=None, polarity=0), dict(key="topic", id="HS1", polarity=0), dict(plain_safe=True, id="HS2", polarity=0)])
        note = dict(quote="", key=rng.choice([key, key, "topic", "other"]), id="H1")
        fence = "".join(rng.choice("0123456789abcdef") for _ in range(16))
        texts += ["".join(t for t, _ in analysis_pieces(note)), f"===== content to judge: one message {fence}\n", f"\n===== end of content {fence}\n\n",
                  f"Judge only the content between the last two `=====` lines, under the policy. {format.instruction}\n"]
        texts += [t for t, _ in format.pieces(1, ["H1"], reason(finding))] * 2
        # Ids of the shipped policies' form: their letters are one token.
        for l in "ABCDEFGHJKLMNPRTVXZ":
            texts += [f"**{l}S1", f" ({l}S2", f" {l}S3"]
        if k % 4 == 0:
            texts += [HANDLING, SYSTEM, f"===== context: earlier messages of the conversation, not to be judged {fence}\n", "system", "developer", "user", "assistant", "analysis", "final",
                      "# Instructions\n\n", "\n# Answer\n\n"]
    return texts


if __name__ == "__main__":
    data, cache, out = sys.argv[1:4]
    size = int(sys.argv[4]) if len(sys.argv) > 4 else 4096
    rows, _, topics = prepare(data, cache)
    rng = random.Random(3)
    shipped = [p.read_text(encoding="utf-8") for p in sorted((Path(__file__).resolve().parents[4] / "policies").glob("*.md"))]
    t = bpe.train(bpe.corpus(rows, policy_texts(topics, rng) + shipped * 30), size, out)
    print(t.get_vocab_size(), t.encode('- **HS1** Calls players "trash" 120 times.\n').tokens)
