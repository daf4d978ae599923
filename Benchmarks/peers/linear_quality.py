#!/usr/bin/env python3
"""Five-fold AUPRC of `winnow train` beside scikit-learn's LIBLINEAR on TF-IDF word and character n-grams.

usage: linear_quality.py DATA_FOLDER [--winnow PATH] [--only SET,…] [--peers-cache FILE] [--out FILE.json] [--options '…']

DATA_FOLDER holds `<set>.jsonl.gz` with rows {"text", "labels": {label: 0|1|null}}. Needs numpy, scipy and scikit-learn.
Both sides use the same folds: fold = (FNV-1a-64 of the text's UTF-8 bytes, started from basis xor seed) >> 32, modulo 5,
so that equal texts never stand on both sides of a fold. AUPRC is the mean over the folds. The peers are trained on the whole
training part of a fold; `winnow train` reads its own folds from the same rule and writes the result into the model card.
A set of fewer than 4,000 rows is cut five times (seeds 1 to 5), since one cut says little there: with 28 positives the same
model's AUPRC is 0.51 under one seed and 0.70 under the next.
"""
import argparse, gzip, json, os, struct, subprocess, sys, tempfile

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

TASKS = [
    ("davidson_tweets", "toxic"), ("davidson_tweets", "hate"), ("davidson_tweets", "offensive"),
    ("gametox", "toxic"), ("gametox", "hate_harassment"), ("conda_dota2", "toxic"), ("conda_dota2", "explicit"),
    ("tweeteval_offensive_olid", "offensive"), ("tweeteval_hate", "hate"), ("surge_toxicity", "toxic"),
    ("unhealthy_comments", "unhealthy"), ("context_toxicity_large", "toxic"),
    ("context_toxicity_small", "toxic_no_context"), ("context_toxicity_small", "toxic_in_context"),
    ("sms_spam", "spam"), ("convabuse", "abusive"), ("toxicchat_test", "toxicity"), ("toxicchat_test", "jailbreaking"),
    ("openai_moderation_2022", "S"), ("openai_moderation_2022", "H"), ("openai_moderation_2022", "V"),
    ("openai_moderation_2022", "HR"), ("openai_moderation_2022", "SH"), ("openai_moderation_2022", "any"),
    ("beavertails_qa", "harmful"), ("aegis_test", "harmful"), ("prompt_injections", "injection"),
    ("raxit_policy_tests", "violates"), ("harmful_requests", "harmful_request"), ("xstest", "unsafe"),
    ("teen_safety_pack", "violates"), ("cope_policy_sets", "violates"),
]
FOLDS = 5
SMALL, SMALL_SEEDS = 4000, (1, 2, 3, 4, 5)
MASK = (1 << 64) - 1


def seeds(count):
    return SMALL_SEEDS if count < SMALL else (1,)


def fold(text, seed):
    h = 0xCBF29CE484222325 ^ seed
    for byte in text.encode("utf-8", "surrogatepass"):
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return (h >> 32) % FOLDS


def rows(folder, name, label):
    for line in gzip.open(os.path.join(folder, name + ".jsonl.gz"), "rt", encoding="utf-8"):
        row = json.loads(line)
        value = row["labels"].get(label)
        if value is not None:
            yield int(value), row["text"]


def peers():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    def words():
        return TfidfVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", sublinear_tf=True, min_df=2)

    def characters(analyzer):
        return TfidfVectorizer(analyzer=analyzer, ngram_range=(2, 5), sublinear_tf=True, min_df=2)

    for name, analyzer in (("char", "char"), ("char_wb", "char_wb")):
        yield name, make_union(words(), characters(analyzer)), LogisticRegression(C=4.0, solver="liblinear")


def peer_scores(data):
    import numpy as np
    from sklearn.metrics import average_precision_score

    label = np.array([y for y, _ in data])
    texts = np.array([t for _, t in data], dtype=object)
    result = {}
    for name, vectorizer, model in peers():
        means, deviations = [], []
        for seed in seeds(len(data)):
            folds = np.array([fold(t, seed) for t in texts])
            each = []
            for k in range(FOLDS):
                train, test = folds != k, folds == k
                if label[test].sum() in (0, test.sum()) or label[train].sum() in (0, train.sum()):
                    continue
                model.fit(vectorizer.fit_transform(texts[train]), label[train])
                each.append(average_precision_score(label[test], model.decision_function(vectorizer.transform(texts[test]))))
            means.append(float(np.mean(each)))
            deviations.append(float(np.std(each)))
        result[name] = {"mean": float(np.mean(means)), "sd": float(np.mean(deviations)), "seeds": means}
    return result


def card(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(length))["__metadata__"]["winnow.card"])


def winnow_scores(winnow, data, extra):
    with tempfile.TemporaryDirectory() as folder:
        source, model = folder + "/data.jsonl", folder + "/model.linear"
        with open(source, "w", encoding="utf-8") as file:
            for y, text in data:
                file.write(json.dumps({"text": text, "labels": {"y": y}}, ensure_ascii=False) + "\n")
        command = [winnow, "train", source, "-o", model, "--labels", "y", *extra]
        result = []
        for seed in seeds(len(data)):
            subprocess.run([*command, "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            result.append(card(model)["metrics"][0]["auprc"])
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--winnow", help="the winnow executable; without it only the peers run")
    parser.add_argument("--only", default="")
    parser.add_argument("--peers-cache", help="JSON file of peer results to read and extend")
    parser.add_argument("--out")
    parser.add_argument("--options", default="", help="further options for `winnow train`, in one string")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    cache = {}
    if options.peers_cache and os.path.exists(options.peers_cache):
        cache = json.load(open(options.peers_cache))
    table, below = [], 0
    print(f"{'set / label':44s} {'rows':>6s} {'pos':>6s} {'char':>7s} {'char_wb':>7s} {'winnow':>7s} {'gap':>7s} {'fold sd':>7s}", flush=True)
    for name, label in TASKS:
        if only and name not in only:
            continue
        data, key = list(rows(options.data, name, label)), f"{name}/{label}"
        if key not in cache:
            cache[key] = peer_scores(data)
            if options.peers_cache:
                json.dump(cache, open(options.peers_cache, "w"), indent=1)
        peer = cache[key]
        line = {"task": key, "rows": len(data), "positives": sum(y for y, _ in data), "peers": peer}
        text = f"{key:44s} {line['rows']:6d} {line['positives']:6d} {peer['char']['mean']:7.4f} {peer['char_wb']['mean']:7.4f}"
        if options.winnow:
            each = winnow_scores(options.winnow, data, options.options.split())
            ours = sum(each) / len(each)
            line["winnow"] = {"mean": ours, "seeds": each}
            gap = ours - peer["char"]["mean"]
            below += gap < -0.01
            text += f" {ours:7.4f} {gap:+7.4f} {peer['char']['sd']:7.4f}"
        table.append(line)
        print(text, flush=True)
    if options.winnow:
        print(f"{below} of {len(table)} more than 0.01 below LIBLINEAR TF-IDF word+char")
    if options.out:
        json.dump(table, open(options.out, "w"), indent=1)


if __name__ == "__main__":
    main()
