#!/usr/bin/env python3
"""Checks the goldens of the tuning tests against scikit-learn and SciPy, or writes them.

    python3 -m venv venv && venv/bin/pip install scikit-learn scipy
    venv/bin/python Tests/TuningTests/check_against_sklearn.py            # compares, exit status 1 on a difference
    venv/bin/python Tests/TuningTests/check_against_sklearn.py --write    # rewrites Golden/sklearn.json

Scores are float32, as the pipeline's probabilities are.
"""

import json
import math
import pathlib
import sys

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

GOLDEN = pathlib.Path(__file__).parent / "Golden" / "sklearn.json"


def ece(scores, labels, bins=15):
    """Expected calibration error, equal-width bins, by the definition of Guo et al. 2017."""
    places = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        inside = places == b
        if inside.any():
            total += inside.mean() * abs(scores[inside].mean() - labels[inside].mean())
    return total


def ranking_case(name, seed, n, base_rate, rounding):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < base_rate).astype(int)
    labels[:2] = [0, 1]
    logits = rng.normal(loc=labels * 1.6 - 1.0, scale=1.2)
    scores = 1 / (1 + np.exp(-logits))
    if rounding is not None:
        scores = np.round(scores, rounding)
    scores = scores.astype(np.float32)
    wide = scores.astype(float)

    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(wide, labels)
    platt = _SigmoidCalibration().fit(wide, labels)
    probes = np.linspace(0, 1, 11).astype(np.float32).astype(float)
    auroc = metrics.roc_auc_score(labels, scores)
    spread = stats.bootstrap(
        (wide, labels), lambda s, y: metrics.roc_auc_score(y, s), paired=True, vectorized=False,
        n_resamples=2000, method="percentile", rng=np.random.default_rng(seed),
    ).confidence_interval
    precision_spread = stats.bootstrap(
        (wide, labels), lambda s, y: metrics.average_precision_score(y, s), paired=True, vectorized=False,
        n_resamples=2000, method="percentile", rng=np.random.default_rng(seed),
    ).confidence_interval
    flagged = wide >= 0.5
    return {
        "name": name,
        "scores": [float(s) for s in scores],
        "labels": [int(y) for y in labels],
        "auroc": auroc,
        "aurocInterval": [spread.low, spread.high],
        "averagePrecision": metrics.average_precision_score(labels, scores),
        "averagePrecisionInterval": [precision_spread.low, precision_spread.high],
        "brier": metrics.brier_score_loss(labels, wide),
        "ece": ece(wide, labels),
        "precision": metrics.precision_score(labels, flagged),
        "recall": metrics.recall_score(labels, flagged),
        "f1": metrics.f1_score(labels, flagged),
        "plattSlope": float(platt.a_),
        "plattOffset": float(platt.b_),
        "probes": [float(p) for p in probes],
        "isotonic": [float(p) for p in isotonic.predict(probes)],
        "platt": [float(p) for p in platt.predict(probes)],
    }


def interval_cases():
    cases = []
    for successes, trials in [(0, 10), (10, 10), (1, 7), (59, 60), (95, 100), (3, 1000), (500_000, 1_000_000)]:
        for confidence in (0.9, 0.95, 0.99):
            test = stats.binomtest(successes, trials)
            wilson = test.proportion_ci(confidence, method="wilson")
            exact = test.proportion_ci(confidence, method="exact")
            upper = stats.binomtest(successes, trials, alternative="less").proportion_ci(confidence, method="exact")
            cases.append({
                "successes": successes, "trials": trials, "confidence": confidence,
                "wilson": [float(wilson.low), float(wilson.high)], "exact": [float(exact.low), float(exact.high)],
                "upper": float(upper.high),
            })
    return cases


def agreement_cases():
    cases = []
    for seed, n in [(1, 40), (2, 200)]:
        rng = np.random.default_rng(seed)
        first = rng.integers(0, 3, n)
        second = np.where(rng.random(n) < 0.7, first, rng.integers(0, 3, n))
        cases.append({
            "first": first.tolist(), "second": second.tolist(), "kappa": float(metrics.cohen_kappa_score(first, second)),
        })
    return cases


def mcnemar_cases():
    cases = []
    for b, c in [(0, 0), (1, 9), (10, 2), (25, 25), (400, 330)]:
        n = b + c
        exact = stats.binomtest(min(b, c), n, 0.5).pvalue if n else 1.0
        mid = min(1.0, 2 * stats.binom.cdf(min(b, c), n, 0.5) - stats.binom.pmf(min(b, c), n, 0.5)) if n and b != c else 1.0
        statistic = max(0, abs(b - c) - 1) ** 2 / n if n else 0.0
        cases.append({
            "onlyFirst": b, "onlySecond": c, "exact": float(exact), "midP": float(mid),
            "chiSquare": statistic, "chiSquareP": float(stats.chi2.sf(statistic, 1)),
        })
    return cases


def function_cases():
    betas = [[a, b, x, float(stats.beta.cdf(x, a, b))] for a, b, x in
             [(0.5, 0.5, 0.3), (2, 3, 0.4), (1, 60, 0.05), (500, 20, 0.95), (5000, 100000, 0.048), (1, 1, 0.7)]]
    return {
        "beta": betas,
        "logGamma": [[x, math.lgamma(x)] for x in (0.1, 0.5, 1, 1.5, 2, 7.25, 100, 12345.678, 1e6)],
        "normalQuantile": [[p, float(stats.norm.ppf(p))] for p in (1e-9, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999)],
        "hypergeometric": [[k, population, marked, drawn, float(stats.hypergeom.cdf(k, population, marked, drawn))]
                           for k, population, marked, drawn in [(0, 20, 3, 10), (4, 200, 16, 80), (12, 5000, 40, 2000), (3, 10, 8, 5)]],
        "binomial": [[k, n, p, float(stats.binom.cdf(k, n, p)), float(stats.binom.pmf(k, n, p))] for k, n, p in
                     [(0, 59, 0.05), (3, 60, 0.05), (40, 100, 0.5), (180, 4000, 0.05)]],
    }


def psi(reference, current):
    p = (np.array(reference) + 0.5) / (sum(reference) + 0.5 * len(reference))
    q = (np.array(current) + 0.5) / (sum(current) + 0.5 * len(current))
    return float(((q - p) * np.log(q / p)).sum())


def drift_cases():
    pairs = [([100, 50, 25, 10, 0], [100, 50, 25, 10, 0]), ([100, 50, 25, 10, 0], [60, 60, 40, 20, 5])]
    return [{"reference": a, "current": b, "psi": psi(a, b)} for a, b in pairs]


def produce():
    return {
        "ranking": [
            ranking_case("smooth scores", 1, 120, 0.3, None),
            ranking_case("many ties", 2, 150, 0.2, 1),
            ranking_case("rare positives", 3, 200, 0.1, 2),
        ],
        "intervals": interval_cases(),
        "agreement": agreement_cases(),
        "mcnemar": mcnemar_cases(),
        "functions": function_cases(),
        "drift": drift_cases(),
    }


def differences(path, expected, found, tolerance=1e-9):
    if isinstance(expected, dict):
        for key in expected:
            yield from differences(f"{path}.{key}", expected[key], found.get(key) if isinstance(found, dict) else None, tolerance)
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield path
        else:
            for place, pair in enumerate(zip(expected, found)):
                yield from differences(f"{path}[{place}]", *pair, tolerance)
    elif isinstance(expected, (int, float)) and isinstance(found, (int, float)):
        if abs(expected - found) > tolerance * max(1, abs(expected)):
            yield f"{path}: {expected} here, {found} in the golden file"
    elif expected != found:
        yield path


if __name__ == "__main__":
    values = json.loads(json.dumps(produce()))
    if "--write" in sys.argv[1:]:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(values, separators=(",", ":")) + "\n")
        print(f"wrote {GOLDEN}")
    else:
        # Iterative fits and resampling may differ a little between library versions.
        found = list(differences("", json.loads(GOLDEN.read_text()), values, 1e-6))
        print("\n".join(found) or "the goldens agree with scikit-learn and SciPy")
        sys.exit(1 if found else 0)
