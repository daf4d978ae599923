"""Training texts: openly licensed sets joined into three-valued category labels, split by the hash of the text.

A label is 1, 0, or None where the set does not say. Sets (all MIT, Apache-2.0 or CC BY): davidson_tweets, surge_toxicity,
openai_moderation_2022, convabuse, context_toxicity_large, sms_spam, prompt_injections, irc_chat_logs (taken as clean), cope_policy_sets, hatecheck, and the
SimpleSafetyTests and StrongREJECT parts of harmful_requests. `folder` holds one NAME.jsonl.gz for each, rows {"text", "labels": {...}}.
"""
import gzip, hashlib, json, math, pickle, random, re, unicodedata
from collections import Counter
from pathlib import Path

import numpy as np

from synthetic import rows as synthetic_rows
from wordings import CATEGORIES

MAXIMUM = 230
# Texts made of pieces of training texts; and those that are kept until comparing is learnt, so that nothing of them is known by heart then.
PIECES, FRESH = 80000, 90000


def digest(text):
    return hashlib.sha256(unicodedata.normalize("NFC", text).strip().encode()).hexdigest()


def part(text):
    """40 % of all texts are for measuring only, 5 % for choosing, the rest for training. Equal texts fall on the same side."""
    h = digest(text)
    if int(h[8:16], 16) < 0.4 * 2**32:
        return "test"
    return "valid" if int(h[16:24], 16) < 0.08 * 2**32 else "train"


def crop(text, maximum=MAXIMUM):
    text = " ".join(text.split())
    if len(text) <= maximum:
        return text
    cut = text[:maximum]
    return cut[: cut.rfind(" ")] if " " in cut[maximum // 2:] else cut


def either(a, b):
    return 1 if 1 in (a, b) else (0 if (a, b) == (0, 0) else None)


def load(folder, seed=7):
    rng = random.Random(seed)
    out, seen = [], set()

    def read(name):
        path = Path(folder) / f"{name}.jsonl.gz"
        if not path.exists():
            return []
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def add(source, text, known, default=0):
        whole = " ".join(text.split())
        if len(whole) < 2 or whole in seen:
            return
        seen.add(whole)
        labels = [known.get(c, default) for c in CATEGORIES]
        text_ = crop(whole)
        out.append(dict(text=text_, rest=whole[len(text_):len(text_) + 1500].strip(), labels=labels, source=source, part=part(text), rule=None, natural=True))

    for row in read("davidson_tweets"):
        l = row["labels"]
        text = row["text"].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
        text = re.sub(r"&#\d+;", "", text)
        if l["hate"] == 1:
            add("davidson", text, dict(hate=1, insult=None, sexual=None, threat=None))
        elif l["offensive"] == 1:
            add("davidson", text, dict(hate=0, insult=1, sexual=None, threat=None))
        else:
            add("davidson", text, dict(sexual=None, threat=None))
    for row in read("surge_toxicity"):
        t = row["labels"]["toxic"]
        add("surge", row["text"], dict(insult=1, hate=None, sexual=None, threat=None, self_harm=None) if t else {})
    for row in read("convabuse"):
        t = row["labels"].get("abusive")
        if t is None:
            continue
        aspects = row.get("aspect_votes") or {}
        sexual = any("sexual" in k.lower() or "harassment" in k.lower() for k in aspects)
        if t:
            add("convabuse", row["text"], dict(insult=None if sexual else 1, sexual=1 if sexual else None, hate=None, threat=None, self_harm=None))
        else:
            add("convabuse", row["text"], dict(sexual=0, self_harm=None))
    clean = [r for r in read("context_toxicity_large") if not r["labels"]["toxic"]]
    for row in [r for r in read("context_toxicity_large") if r["labels"]["toxic"]]:
        add("wikipedia", row["text"], dict(insult=1, hate=None, sexual=None, threat=None))
    for row in rng.sample(clean, min(6000, len(clean))):
        add("wikipedia", row["text"], {})
    for row in read("openai_moderation_2022"):
        l = row["labels"]
        add("openai", row["text"], dict(insult=l.get("HR"), hate=either(l.get("H"), l.get("H2")), threat=either(l.get("V"), l.get("V2")),
                                        sexual=l.get("S"), self_harm=l.get("SH")))
    for row in read("sms_spam"):
        add("sms", row["text"], dict(spam=row["labels"]["spam"], sexual=None))
    for row in read("prompt_injections"):
        t = row["labels"]["injection"]
        add("injections", row["text"], dict(injection=t, hate=None if t else 0, insult=None if t else 0))
    for row in read("cope_policy_sets"):
        area, v = row.get("policy_area", ""), row["labels"].get("violates")
        if v is None:
            continue
        key = "self_harm" if "self" in area else "sexual" if "sex" in area or "kink" in area else "spam" if "scam" in area else None
        if key:
            add("cope", row["text"], {key: v, **{c: None for c in CATEGORIES if c != key and c != "injection"}})
    for row in read("harmful_requests"):
        if row.get("subset") == "simplesafetytests":
            if "Suicide" in row.get("category", ""):
                add("sst", row["text"], dict(self_harm=1, threat=None))
            elif "Physical" in row.get("category", ""):
                add("sst", row["text"], dict(threat=1, self_harm=None, hate=None))
        elif row.get("subset") == "strongreject" and row.get("category") in ("Violence", "Sexual content", "Hate, harassment and discrimination"):
            key = {"Violence": "threat", "Sexual content": "sexual"}.get(row["category"], "hate")
            add("strongreject", row["text"], {key: 1, **{c: None for c in ("insult", "hate", "sexual", "threat", "self_harm") if c != key}})
    for row in read("hatecheck"):
        threat = "threat" in row.get("functionality", "")
        individual = row.get("functionality", "").startswith("target_indiv")
        add("hatecheck", row["text"], dict(hate=row["labels"]["hate"], threat=1 if threat else 0 if not row["labels"]["hate"] else None, insult=1 if individual else None))
    chat = read("irc_chat_logs")
    for row in rng.sample(chat, min(12000, len(chat))):
        if row.get("text_split", "dev") == "dev":
            add("irc", row["text"], {})
    synthetic = []
    for row in synthetic_rows(random.Random(seed + 1)):
        if row["text"] in seen:
            continue
        labels = [0] * 7
        if row["category"] and not row["safe"]:
            labels[CATEGORIES.index(row["category"])] = 1
        synthetic.append(dict(text=row["text"], labels=labels, source="synthetic", part="train", rule=row["rule"], category=row["category"], safe=row["safe"], natural=False))
    return out + synthetic


TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")


def words(text):
    return TOKEN.findall(text.lower())


class Linear:
    """One logistic regression a category over word unigrams and bigrams: fills unknown labels, finds the words that matter, and is the opponent."""

    def __init__(self, rows):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self.vectorizer = TfidfVectorizer(tokenizer=words, token_pattern=None, lowercase=False, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        x = self.vectorizer.fit_transform([r["text"] for r in rows])
        self.models = []
        for i in range(len(CATEGORIES)):
            known = [j for j, r in enumerate(rows) if r["labels"][i] is not None]
            y = np.array([rows[j]["labels"][i] for j in known])
            self.models.append(LogisticRegression(C=8.0, max_iter=300, class_weight="balanced").fit(x[known], y))
        names = self.vectorizer.get_feature_names_out()
        self.weights = {}
        idf = self.vectorizer.idf_
        for k, name in enumerate(names):
            if " " not in name:
                self.weights[name] = np.array([m.coef_[0][k] for m in self.models]) * idf[k]

    def scores(self, texts):
        x = self.vectorizer.transform(texts)
        return np.stack([m.decision_function(x) for m in self.models], 1)

    def key_words(self, text, category, count=4):
        """The words that speak most for the category, first the strongest, cut from the text as they stand."""
        i, found = CATEGORIES.index(category), {}
        for k, m in enumerate(re.finditer(r"\S+", text)):
            word = m[0].strip("\"'.,;:!?()[]{}<>*-\\/=|~_^`")
            if word and word not in found:
                ws = [self.weights[w][i] for w in words(word) if w in self.weights and w.isalnum()]
                # Long ones (addresses) and the first one, whose token has no space before it, only when there is no other.
                found[word] = (max(ws) if ws else -1.0) - (5 if len(word) > 20 else 0) - (1.5 if k == 0 else 0)
        return sorted(found, key=found.get, reverse=True)[:count] or [text[:20]]


def vectorizer():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(tokenizer=words, token_pattern=None, lowercase=False, ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True))


class Teacher:
    """What words alone say about a text: linear models, each of which has not seen one part of the training texts.

    A small transformer learns 20,000 texts by heart (AUROC 0.99 on them and 0.93 on others), and so does a linear model with its own; one that has not seen a text
    cannot. These speak about every text, labelled or not; also about texts made of pieces of others, of which there is no end.
    """

    def __init__(self, rows, folds=5):
        from sklearn.linear_model import LogisticRegression

        self.folds = [[j for j, r in enumerate(rows) if r["part"] == "train" and int(digest(r["text"])[24:32], 16) % folds == k] for k in range(folds)]
        self.models = []
        for k in range(folds):
            fit = [j for n, fold in enumerate(self.folds) if n != k for j in fold]
            v = vectorizer()
            x = v.fit_transform([rows[j]["text"] for j in fit])
            models = []
            for i in range(len(CATEGORIES)):
                known = [n for n, j in enumerate(fit) if rows[j]["labels"][i] is not None]
                y = np.array([rows[fit[n]]["labels"][i] for n in known])
                weight = np.array([1.0 if rows[fit[n]]["natural"] else 0.5 for n in known])
                models.append(LogisticRegression(C=4.0, solver="liblinear", class_weight="balanced").fit(x[known], y, sample_weight=weight))
            self.models.append((v, models))

    def soft(self, k, texts):
        """Probabilities [texts, 7] by the models that have not seen part `k`."""
        v, models = self.models[k]
        x = v.transform(texts)
        return 1 / (1 + np.exp(-np.stack([m.decision_function(x) for m in models], 1)))


def pieces(rng, pick):
    """A text made of training texts: a later part of a long one, or two halves, or one with some words lost and some from another."""
    row = pick()
    kind, own = rng.random(), row["text"].split()
    if kind < 0.25 and len(row.get("rest", "")) > 40:
        rest = row["rest"].split()
        begin = rng.randrange(max(1, len(rest) - 12))
        return crop(" ".join(rest[begin:begin + rng.randint(6, 40)]))
    other = pick()["text"].split()
    if kind < 0.6:
        a, b = rng.randrange(len(own)), rng.randrange(len(other))
        first, second = (own[:a + 1] if rng.random() < 0.5 else own[a:]), (other[:b + 1] if rng.random() < 0.5 else other[b:])
        return crop(" ".join(first[:25] + second[:25]))
    loss, change = rng.choice([0.0, 0.1, 0.25]), rng.choice([0.1, 0.2, 0.4])
    return crop(" ".join(w if rng.random() >= change else rng.choice(other) for w in own if rng.random() >= loss))


def augmented(rows, teacher, linear, count, seed=9, fresh=False):
    """Rows of texts that nobody wrote, with what the teacher says of them; each of pieces from one part only, judged by the models that have not seen that part."""
    rng, out = random.Random(seed), []
    for k, fold in enumerate(teacher.folds):
        mine = [rows[j] for j in fold]
        positive = [[r for r in mine if r["labels"][i] == 1] for i in range(len(CATEGORIES))]
        sources = {}
        for r in mine:
            sources.setdefault(r["source"], []).append(r)
        names = sorted(sources)

        def pick():
            return rng.choice(rng.choice(positive)) if rng.random() < 0.4 else rng.choice(sources[rng.choice(names)]) if rng.random() < 0.5 else rng.choice(mine)

        texts = sorted({t for t in (pieces(rng, pick) for _ in range(count // len(teacher.folds))) if len(t) > 3})
        for text, soft in zip(texts, teacher.soft(k, texts)):
            labels = [1 if p > 0.85 else 0 if p < 0.15 else None for p in soft]
            out.append(dict(text=text, labels=labels, filled=labels, soft=soft.tolist(), source="pieces", part="train", rule=None, natural=False, augmented=True, fresh=fresh))
    for r in out:
        describe(r, linear, max(range(len(CATEGORIES)), key=lambda i: r["soft"][i]))
    return out


def describe(row, linear, most):
    """What may be quoted, and the words."""
    row["quote"] = {c: linear.key_words(row["text"], c) for i, c in enumerate(CATEGORIES) if i == most or row["labels"][i] == 1}
    row["quote"][None] = row["quote"][CATEGORIES[most]]
    row["words"] = frozenset(w for w in words(row["text"]) if w.isalpha())


def near_copies(rows, share=0.8):
    """Indices of the test texts that have this share of their words (of both texts' words together) in common with a training text somebody wrote."""
    index, train = {}, [frozenset(words(r["text"])) for r in rows if r["part"] == "train" and not r["augmented"]]
    frequency = Counter(w for t in train for w in t)
    # Two sets that have so much in common share one of the rarest few words of either.
    def rarest(t):
        return sorted(t, key=lambda w: (frequency[w], w))[:len(t) - math.ceil(share * len(t)) + 1]

    for n, t in enumerate(train):
        for w in rarest(t):
            index.setdefault(w, []).append(n)
    found = set()
    for n, r in enumerate(rows):
        if r["part"] == "test":
            t = frozenset(words(r["text"]))
            if any(len(t & train[k]) >= share * len(t | train[k]) for k in {k for w in rarest(t) for k in index.get(w, ())}):
                found.add(n)
    return found


def prepare(folder, cache):
    """Rows, linear model; unknown labels that the linear model is sure of are filled with 0 (`filled`); what the teacher says of training texts (`soft`)."""
    cache = Path(cache)
    if cache.exists():
        return pickle.loads(cache.read_bytes())
    rows = load(folder)
    linear = Linear([r for r in rows if r["part"] == "train"])
    scores = linear.scores([r["text"] for r in rows])
    for r, s in zip(rows, scores):
        r["filled"] = [0 if l is None and s[i] < -1.5 else l for i, l in enumerate(r["labels"])]
        r["linear"] = s.astype(np.float32)
        describe(r, linear, int(np.argmax(s)))
    teacher = Teacher(rows)
    for k, fold in enumerate(teacher.folds):
        for j, soft in zip(fold, teacher.soft(k, [rows[j]["text"] for j in fold])):
            rows[j]["soft"] = soft.tolist()
    for r in rows:
        r.setdefault("soft", [0.5] * len(CATEGORIES))
        r["augmented"] = False
    made = augmented(rows, teacher, linear, PIECES)
    known = {r["text"] for r in rows + made}
    made += [r for r in augmented(rows, teacher, linear, FRESH, seed=10, fresh=True) if r["text"] not in known]
    for r in rows:
        r.pop("rest", None)
    frequency = Counter(w for r in rows if r["part"] == "train" for w in r["words"])
    n = sum(r["part"] == "train" for r in rows)
    topics = {w for w, f in frequency.items() if 3 <= f <= 0.01 * n and 4 <= len(w) <= 12}
    result = (rows + made, linear, topics)
    cache.write_bytes(pickle.dumps(result))
    return result


if __name__ == "__main__":
    import sys

    import corpus

    rows, linear, topics = corpus.prepare(sys.argv[1], sys.argv[2])
    for p in ("train", "valid", "test"):
        print(p, sum(r["part"] == p for r in rows), {c: sum(r["part"] == p and r["natural"] and r["labels"][i] == 1 for r in rows) for i, c in enumerate(CATEGORIES)})
    print("synthetic", sum(not r["natural"] for r in rows), "topic words", len(topics))
