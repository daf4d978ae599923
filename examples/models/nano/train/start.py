"""What a model knows before it is trained: what tokens say by themselves, that a letter is a letter wherever it stands, and the heads that `wire` sets by hand."""
import re

import torch
import torch.nn.functional as F

from model import CONFIG, Nano
from wiring import wire
from wordings import CATEGORIES, DEF, FRAMES, NP, OTHER_NP, OTHER_VP, VP, WORDS


def weighed(encoder, texts, labels, vocab, limit=3, C=4.0):
    """Of a logistic regression over the tokens of `texts` (labels 0 or 1), the weight of each token in a text of about sixteen, within ±`limit`: [vocab]."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer=lambda text: [str(i) for i in encoder.ids(" " + text)], vocabulary=[str(i) for i in range(vocab)], use_idf=False, binary=True)
    fitted = LogisticRegression(C=C, solver="liblinear", class_weight="balanced").fit(vectorizer.fit_transform(texts), labels)
    return torch.tensor(fitted.coef_[0] / 4, dtype=torch.float32).clamp(-limit, limit)


def lexical(rows, encoder, vocab):
    """What each token says by itself of messages and of rules' phrases (for each category), and of the frames of rules (forbids rather than allows): [vocab, 8]."""
    own = [r for r in rows if r["part"] == "train" and not r["augmented"]]
    phrases = {c: NP[c].train + VP[c].train + DEF[c] + WORDS[c] for c in CATEGORIES} | {"other": OTHER_NP.train + OTHER_VP.train}
    lines = [p for mine in phrases.values() for p in mine]
    columns = []
    for i, c in enumerate(CATEGORIES):
        known = [r for r in own if r["labels"][i] is not None]
        messages = weighed(encoder, [r["text"] for r in known], [r["labels"][i] for r in known], vocab)
        columns.append(messages + weighed(encoder, lines, [k == c for k, mine in phrases.items() for _ in mine], vocab))
    frames = {mode: [re.sub(r"\{\w+\}", "", f) for kind in FRAMES[mode] for f in kind.train] for mode in ("forbid", "allow")}
    columns.append(weighed(encoder, frames["forbid"] + frames["allow"], [1] * len(frames["forbid"]) + [0] * len(frames["allow"]), vocab, C=30.0))
    return torch.stack(columns, 1)


def shared_letters(model, tokenizer):
    """A letter is the same thing behind a bracket or a space: `(H` and ` H` start from the embedding of `H`, so that an id can be copied."""
    vocab = tokenizer.get_vocab()
    for token, id in vocab.items():
        match = re.fullmatch(r"[^A-Za-z0-9]([A-Z]{1,2})", token)
        if match and match[1] in vocab:
            model.embed[id] = 0.85 * model.embed[vocab[match[1]]] + 0.5 * model.embed[id]


@torch.no_grad()
def fresh(rows, encoder):
    """A model to begin with."""
    model = Nano()
    model.embed.mul_(0.6)
    shared_letters(model, encoder.tokenizer)
    model.head.copy_(F.normalize(model.embed, dim=1) * 0.3)
    frame, _ = torch.linalg.qr(torch.randn(CONFIG["hidden"], 8))
    wire(model, [encoder.ids(x)[0] for x in "ABCDEFGHJKLMNPRTVXZ"], [encoder.ids(str(x))[0] for x in range(1, 10)], frame)
    model.embed.add_(lexical(rows, encoder, CONFIG["vocab"]) @ frame.T * 1.2)
    return model
