"""Checks of lesson 02/ch08_xgboost: leaf weight, gain of a split, one boosting round.

The oracles are a numeric minimiser (of the objective, in float64) and xgboost itself: a
custom objective hands it the gradients of the exercise, and its dump is read back.
"""

import functools
import json
import math

import numpy as np

from dlroadmap.check._frame import Wrong, call, exercise, same, strided_view, unpack


def _smallest(g, h, reg_lambda):
    """(w, value) at the minimum of Σ[g w + h w²/2] + λ w²/2, found by Brent's method."""
    from scipy.optimize import minimize_scalar

    g, h = [float(v) for v in g], [float(v) for v in h]

    def objective(w):
        return (math.fsum(a * w + b * w * w / 2 for a, b in zip(g, h, strict=True))
                + reg_lambda * w * w / 2)

    found = minimize_scalar(objective, bracket=(-1.0, 1.0), tol=1e-12)
    return float(found.x), float(found.fun)


def _tree(x, *, gradients=None, objective=None, y=None, margin=None, **options):
    """(root of the first tree as a dict, its margins after the round), from xgboost."""
    import xgboost

    data = xgboost.DMatrix(np.asarray(x, float).reshape(-1, 1),
                           label=np.zeros(len(x)) if y is None else y)
    settings = {"base_score": 0.0 if objective != "binary:logistic" else 0.5,
                "eta": 1.0, "gamma": 0.0, "reg_lambda": 1.0, "min_child_weight": 0.0,
                "max_depth": 1, "tree_method": "exact", "nthread": 1, **options}
    if margin is not None:
        data.set_base_margin(margin)
    if objective is not None:
        settings["objective"] = objective
    custom = None if gradients is None else (lambda margins, d: gradients)
    booster = xgboost.train(settings, data, 1, obj=custom)
    root = json.loads(booster.get_dump(dump_format="json", with_stats=True)[0])
    return root, booster.predict(data, output_margin=True)


@functools.cache
def _sums():
    """(words, g, h, reg_lambda) of leaves: gradients and second derivatives of their rows."""
    rng = np.random.default_rng(0)
    g, h = rng.normal(size=7), rng.uniform(0.05, 0.25, 7)
    return (
        ("g = (4, 3, 1, 0), h = 1, λ = 1", np.array([4.0, 3, 1, 0]), np.ones(4), 1.0),
        ("the same rows, λ = 0", np.array([4.0, 3, 1, 0]), np.ones(4), 0.0),
        ("seven rows with different h, λ = 1", g, h, 1.0),
        ("seven rows with different h, λ = 0", g, h, 0.0),
        ("seven rows with different h, λ = 2.5", g, h, 2.5),
        ("views with strides, λ = 1", strided_view(g), strided_view(h), 1.0),
        ("one row, λ = 3", np.array([-2.0]), np.array([0.25]), 3.0),
        ("gradients that add up to 0, λ = 1", np.array([1.5, -1.0, -0.5]), np.ones(3), 1.0),
        ("large gradients, λ = 1", g * 1e4, h, 1.0),
        ("whole numbers as integers, λ = 1", np.array([3, -1, 2]), np.array([1, 1, 1]), 1),
    )


@exercise
def xgb_leaf_weight(candidate):
    for about, g, h, lam in _sums():
        with np.errstate(all="ignore"):
            got = call(candidate, g, h, lam, about=about)
        want, _ = _smallest(g, h, lam)
        G, H, N = float(np.sum(g)), float(np.sum(h)), len(g)
        mistakes = [
            (-want, "The sign: the leaf goes against the gradient, −G / (H + λ)."),
            (-G / H if H else 0.0, "λ is missing: the denominator is H + λ."),
            (-G / (H + N * lam), "λ counts once for each row here: that is what the means of g "
             "and h do, or λ inside the sum. G and H are sums, and λ belongs to the leaf."),
            (lambda g=g, h=h, lam=lam: float(np.sum(-g / (h + lam))),
             "It adds up one quotient for each row. Add up g and h first, then divide."),
            (want / 2, "It is half of the right weight: the ½ of the objective has cancelled "
             "against the 2 of the derivative."),
        ]
        same("the weight", got, want, about=about, rtol=1e-6, atol=1e-7, dtype=False,
             mistakes=mistakes if want else mistakes[3:4])
        root, _ = _tree(np.zeros(N), gradients=(g, h), reg_lambda=lam)
        same("the weight (xgboost's leaf)", got, root["leaf"], about=about, rtol=1e-5, atol=1e-6,
             dtype=False)
    about = "seven rows in float32, λ = 1"
    g, h = (a.astype(np.float32) for a in _sums()[2][1:3])
    same("the weight", call(candidate, g, h, 1.0, about=about), _smallest(g, h, 1.0)[0],
         about=about, rtol=1e-5, dtype=False)
    return ("ten leaves against a numeric minimum and against xgboost's own leaf, λ from 0 to 3, "
            "float32, a strided view")


@functools.cache
def _splits():
    """(words, g, h, left, reg_lambda): splits of a node."""
    rng = np.random.default_rng(1)
    g, h = rng.normal(size=9), rng.uniform(0.05, 0.25, 9)
    left = np.array([1, 0, 0, 1, 1, 0, 1, 0, 0], bool)
    six = np.array([4.0, 3, 1, 0, -4, -5]), np.ones(6), np.arange(1, 7) < 4.5
    return (
        ("the six rows split at 4.5, λ = 1", *six, 1.0),
        ("nine rows with different h, λ = 1", g, h, left, 1.0),
        ("nine rows with different h, λ = 0", g, h, left, 0.0),
        ("nine rows with different h, λ = 4", g, h, left, 4.0),
        ("views with strides, λ = 1", strided_view(g), strided_view(h), left, 1.0),
        ("one row on the left, λ = 1", g, h, np.arange(9) == 6, 1.0),
        ("two equal halves, λ = 1 (the bracket is negative)", np.full(4, 2.0), np.ones(4),
         np.array([True, True, False, False]), 1.0),
        ("large gradients, λ = 1", g * 1e3, h, left, 1.0),
    )


@exercise
def xgb_split_gain(candidate):
    for about, g, h, left, lam in _splits():
        with np.errstate(all="ignore"):
            got = call(candidate, g, h, left, lam, about=about)
        whole, one, two = (_smallest(g[part], h[part], lam)[1]
                           for part in (np.ones(len(g), bool), left, ~left))
        want = 2 * (whole - one - two)

        def score(part, lam, g=g, h=h):
            return float(g[part].sum() ** 2 / (h[part].sum() + lam))

        every = np.ones(len(g), bool)
        parts = score(left, lam), score(~left, lam), score(every, lam)
        same("the bracket", got, want, about=about, rtol=1e-6, atol=1e-7, dtype=False, mistakes=[
            (want / 2, "It is half of the printed Gain: the dump leaves the factor ½ out."),
            (parts[0] + parts[1], "The node before the split is missing: subtract its G²/(H + λ)."),
            (sum(parts), "The node before the split is added; subtract it."),
            (parts[0] + parts[1] - score(every, 0) if h.sum() else 0.0,
             "λ is missing in the last term: all three denominators are H + λ."),
            (score(left, 0) + score(~left, 0) - score(every, 0),
             "λ is missing: each of the three denominators is H + λ."),
            (max(want, 0.0), "It is cut off at 0. A bracket may be negative: then the split "
             "makes the objective worse."),
            (parts[0] - parts[2], "The right child is missing: its rows are ~left."),
            (2 * parts[0] - parts[2], "The right child uses the rows of the left one; its rows "
             "are ~left."),
            (lambda g=g, h=h, left=left, lam=lam: float(
                abs(g[left].sum()) / (h[left].sum() + lam)
                + abs(g[~left].sum()) / (h[~left].sum() + lam)
                - abs(g.sum()) / (h.sum() + lam)), "G is not squared."),
            (lambda g=g, h=h, left=left, lam=lam: float(
                (g[left] ** 2).sum() / (h[left].sum() + lam)
                + (g[~left] ** 2).sum() / (h[~left].sum() + lam)
                - (g ** 2).sum() / (h.sum() + lam)),
             "It adds up the squares of g. Add up first, then square: G²."),
        ])
        if want > 1e-3:
            root, _ = _tree(np.where(left, 0.0, 1.0), gradients=(g, h), reg_lambda=lam)
            same("the bracket (Gain of xgboost's dump)", got, root["gain"], about=about,
                 rtol=1e-5, atol=1e-6, dtype=False)
    return ("eight splits against numeric minima and against the Gain that xgboost prints, λ from "
            "0 to 4, a negative bracket, a strided view")


def _read(root):
    """(threshold, left leaf, right leaf) of a tree of depth ≤ 1; a single leaf has no threshold."""
    if "leaf" in root:
        return math.inf, root["leaf"], root["leaf"]
    children = {c["nodeid"]: c["leaf"] for c in root["children"]}
    return root["split_condition"], children[root["yes"]], children[root["no"]]


def _judge_round(answer, about, x, margin, root, after, mistakes):
    """Compare the four things of a round with xgboost's tree."""
    names = ("threshold", "leaf_left", "leaf_right", "new_margin")
    answer = unpack(answer, names, about)
    threshold, *leaves = _read(root)
    values = np.unique(x)
    near = []
    if math.isfinite(threshold):
        near = [(values[values < threshold].max(), "It is the largest x of the left side. The "
                 "threshold is the midpoint between it and the next x."),
                (values[values > threshold].min(), "It is the smallest x of the right side (as "
                 "tree_method=\"hist\" prints it). Here the threshold is the midpoint.")]
    same("threshold", answer[0], threshold, about=about, rtol=1e-5, atol=1e-6, dtype=False,
         mistakes=[*near, *mistakes("threshold")])
    for name, got, want in zip(names[1:3], answer[1:3], leaves, strict=True):
        same(name, got, want, about=about, rtol=1e-5, atol=1e-6, dtype=False,
             mistakes=mistakes(name))
    want = np.asarray(after, float)
    step = np.where(np.asarray(x) < threshold, *leaves)
    same("new_margin", answer[3], want, about=about, rtol=1e-5, atol=1e-5, dtype=False, mistakes=[
        (step, "It is only the step; add it to the old margin."),
        (margin - step, "The step is subtracted. The leaf has its minus already: add it."),
        (margin + step[::-1], "The leaves are in the wrong order."),
        (margin + np.where(np.asarray(x) < threshold, *leaves[::-1]), "Left and right are "
         "exchanged: x < threshold goes to the left leaf."),
    ])


def _rows(N, seed, distinct=None):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=N) * 4 + 6 if distinct is None else rng.integers(0, distinct, N) * 1.0
    return x, rng


@functools.cache
def _rounds():
    """(words, x, y, margin, eta, reg_lambda) for the squared loss."""
    six = np.arange(1.0, 7), np.array([1.0, 2, 4, 5, 9, 10]), np.full(6, 5.0)
    x, rng = _rows(12, 2)
    y, margin = np.sin(x) * 3 + rng.normal(size=12), rng.normal(size=12)
    x5, rng5 = _rows(20, 3, 5)
    y5, m5 = rng5.normal(size=20) * 4, rng5.normal(size=20)
    return (
        ("the six rows, η = 1, λ = 1", *six, 1.0, 1.0),
        ("the six rows, η = 0.3, λ = 1", *six, 0.3, 1.0),
        ("twelve rows in any order, η = 0.3, λ = 1", x, y, margin, 0.3, 1.0),
        ("twelve rows in any order, η = 0.5, λ = 10", x, y, margin, 0.5, 10.0),
        ("twenty rows with equal x, η = 0.3, λ = 0", x5, y5, m5, 0.3, 0.0),
        ("uneven gaps between the x, η = 1, λ = 1", x ** 3, y, margin, 1.0, 1.0),
        ("views with strides, η = 0.3, λ = 1", *map(strided_view, (x, y, margin)), 0.3, 1.0),
        ("two rows, η = 1, λ = 1", np.array([2.0, -4.0]), np.array([1.0, 8.0]), np.zeros(2),
         1.0, 1.0),
    )


@exercise
def xgb_boosting_round(candidate):
    for about, x, y, margin, eta, lam in _rounds():
        root, after = _tree(x, objective="reg:squarederror", y=y, margin=margin, eta=eta,
                            reg_lambda=lam)
        threshold, *leaves = _read(root)
        sides = np.asarray(x) < threshold, np.asarray(x) >= threshold
        free = [eta * float(np.mean((y - margin)[s])) for s in sides]

        def mistakes(name, x=x, leaves=leaves, free=free, eta=eta, lam=lam, y=y, margin=margin,
                     sides=sides):
            if name == "threshold":
                def best(cuts, g):
                    scores = [_bracket(g, x < c, lam) if (x < c).any() and (x >= c).any()
                              else -math.inf for c in cuts]
                    return float(cuts[int(np.argmax(scores))])

                values = np.unique(x)
                return [(best((x[:-1] + x[1:]) / 2, margin - y), "x need not be sorted: take "
                         "midpoints between neighbours of np.unique(x)."),
                        (best((values[:-1] + values[1:]) / 2, -y), "It looks as if the gradient "
                         "ignores the margin: g = margin − y, not −y.")]
            k = ("leaf_left", "leaf_right").index(name)
            return [
                (-leaves[k], "The sign: g is prediction minus truth, and the leaf is −G/(H + λ)."),
                (leaves[k] / eta, "η is missing: the leaf is η times its weight."),
                (leaves[k] * eta, "η is in it twice."),
                (free[k], "λ is missing in the leaf."),
                (-eta * float(np.sum(-y[sides[k]])) / (sides[k].sum() + lam),
                 "The gradient ignores the margin: g = margin − y, not −y."),
                (leaves[k] * 2, "It is twice the right leaf: the loss is ½(y − ŷ)², so g is "
                 "margin − y and h is 1."),
            ]

        answer = call(candidate, x, y, margin, eta, lam, about=about)
        _judge_round(answer, about, x, margin, root, after, mistakes)
    return ("eight rounds against xgboost's tree: rows in any order, equal x, uneven gaps, "
            "several η and λ, a strided view")


def _bracket(g, left, lam):
    def score(v):
        return float(v.sum()) ** 2 / (len(v) + lam)

    return score(g[left]) + score(g[~left]) - score(g)


@functools.cache
def _logistic_rounds():
    """(words, x, y, margin, eta, reg_lambda, gamma, min_child_weight)."""
    eight = np.arange(1.0, 9), np.array([0, 1, 0, 0, 1, 1, 1, 0]), np.zeros(8)
    x, rng = _rows(16, 5)
    y = (rng.random(16) < 1 / (1 + np.exp(-(x - 6) / 2))).astype(int)
    margin = rng.normal(size=16)
    tail = np.arange(1.0, 9), np.array([1, 0, 0, 0, 0, 0, 0, 0]), np.zeros(8)
    sure = np.arange(1.0, 9), np.array([0, 0, 0, 1, 1, 1, 1, 0]), np.array(
        [-5.0, -5, -5, -5, 1, 0, 1, 0])
    return (
        ("the eight rows, γ = 0", *eight, 1.0, 1.0, 0.0, 0.0),
        ("the eight rows, gamma = 0.8 (bracket 1)", *eight, 1.0, 1.0, 0.8, 0.0),
        ("the eight rows, gamma = 1.2 (bracket 1)", *eight, 1.0, 1.0, 1.2, 0.0),
        ("sixteen rows in any order", x, y, margin, 0.3, 1.0, 0.0, 0.0),
        ("sixteen rows, min_child_weight = 1.2", x, y, margin, 0.3, 1.0, 0.0, 1.2),
        ("one positive row at the left end, min_child_weight = 0", *tail, 1.0, 1.0, 0.0, 0.0),
        ("one positive row at the left end, min_child_weight = 0.6", *tail, 1.0, 1.0, 0.0, 0.6),
        ("four rows with margin −5, min_child_weight = 0.5", *sure, 0.5, 1.0, 0.0, 0.5),
        ("one positive row at the left end, nothing allowed", *tail, 0.5, 1.0, 0.0, 1.5),
        ("one positive row at the left end, gamma = 50", *tail, 0.5, 1.0, 50.0, 0.0),
    )


@exercise
def xgb_logistic_round(candidate):
    for about, x, y, margin, eta, lam, gamma, least in _logistic_rounds():
        root, after = _tree(x, objective="binary:logistic", y=y, margin=margin, eta=eta,
                            reg_lambda=lam, gamma=gamma, min_child_weight=least)
        p = 1 / (1 + np.exp(-margin))
        g, h = p - y, p * (1 - p)
        threshold, *leaves = _read(root)

        def other(price, weight, x=x, y=y, margin=margin, eta=eta, lam=lam):
            """The threshold under other rules, found only where an answer is wrong."""
            return lambda: _read(_tree(x, objective="binary:logistic", y=y, margin=margin, eta=eta,
                                       reg_lambda=lam, gamma=price, min_child_weight=weight)[0])[0]

        def mistakes(name, x=x, g=g, h=h, leaves=leaves, eta=eta, threshold=threshold, lam=lam,
                     other=other, gamma=gamma, least=least):
            if name == "threshold":
                return [
                    (other(0.0, least), "gamma is not used: a bracket below gamma is no split."),
                    (other(gamma / 2, least), "The bracket is the printed Gain, without ½, and "
                     "gamma is compared with exactly that: do not double one or halve the other."),
                    (other(gamma * 2, least), "gamma is compared with half of the bracket. The "
                     "printed Gain has no ½: compare gamma with the whole bracket."),
                    (other(gamma, 0.0), "min_child_weight is not applied to both sides: "
                     "each child needs Σh ≥ min_child_weight. (It is Σh, not the number of rows.)"),
                ]
            side = np.asarray(x) < threshold if name == "leaf_left" else np.asarray(x) >= threshold
            if not np.isfinite(threshold):
                side = np.ones(len(x), bool)
            k = ("leaf_left", "leaf_right").index(name)
            return [
                (-leaves[k], "The sign: g = p − y, and the leaf is −G/(H + λ)."),
                (leaves[k] / eta, "η is missing: the leaf is η times its weight."),
                (-eta * float(g[side].sum()) / (side.sum() + lam),
                 "h is 1 in it. For the logistic loss h = p(1 − p)."),
                (0.0, "Without a split there is still one leaf, with the weight of all rows."),
            ]

        answer = call(candidate, x, y, margin, eta, lam, gamma, least, about=about)
        if isinstance(answer, tuple) and len(answer) == 4 and answer[0] is None:
            raise Wrong(f"threshold, with {about}, is None; where no split is allowed it must be "
                        "np.inf, so that x < threshold sends every row to the left.")
        _judge_round(answer, about, x, margin, root, after, mistakes)
    return ("ten rounds against xgboost's tree: γ below and above the bracket, Σh on either side, "
            "rows with large margins, no split at all")
