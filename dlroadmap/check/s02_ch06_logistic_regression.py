"""Checks of lesson 02/ch06_logistic_regression: log-likelihood, gradient, Hessian, Newton step.

The oracles go sample by sample in plain Python (``math``), take central differences of that,
or solve the weighted least-squares problem that one Newton step is equal to.
"""

import functools
import math

import numpy as np

from dlroadmap.check._frame import Wrong, call, exercise, numerical_gradient, same, strided_view


def _term(z, label):
    """ln P(label | z) of one sample, for any size of z."""
    s = z if label else -z
    return -math.log1p(math.exp(-s)) if s > 0 else s - math.log1p(math.exp(s))


def _probability(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


def _scores(w, X):
    return [math.fsum(float(a) * float(b) for a, b in zip(row, w, strict=True)) for row in X]


def _likelihood(w, X, y):
    return math.fsum(_term(z, label) for z, label in zip(_scores(w, X), y, strict=True))


def _gradient(w, X, y):
    total = np.zeros(X.shape[1])
    for row, z, label in zip(X, _scores(w, X), y, strict=True):
        # y - π without cancellation: 1 - π(z) = π(-z).
        total += np.asarray(row, float) * (_probability(-z) if label else -_probability(z))
    return total


def _hessian(w, X):
    total = np.zeros((X.shape[1], X.shape[1]))
    for row, z in zip(X, _scores(w, X), strict=True):
        total -= np.multiply.outer(row, row) * (_probability(z) * _probability(-z))
    return total


def _case(N, D, seed, scale=1.0, dtype=float):
    rng = np.random.default_rng(seed)
    X = np.c_[rng.normal(size=(N, D - 1)), np.ones(N)].astype(dtype)
    y = (rng.random(N) < 0.5).astype(int)
    y[:2] = 0, 1
    return (rng.normal(size=D) * scale).astype(dtype), X, y


@functools.cache
def _cases():
    """(words, w, X, y): moderate scores, odd shapes and kinds of arrays."""
    single = np.array([0.3, -1.0]), np.array([[2.0, 1.0]]), np.array([1])
    w, X, y = _case(9, 4, 3)
    return (
        ("w = 0, X (5, 2)", np.zeros(2), *_case(5, 2, 1)[1:]),
        ("X (4, 4)", *_case(4, 4, 2)),
        ("X (9, 4)", w, X, y),
        ("X (9, 4), y as floats", w, X, y.astype(float)),
        ("X (9, 4), a view with strides", w, strided_view(X), y),
        ("X (1, 2), one sample", *single),
        ("X (6, 1), only the column of ones", np.array([0.7]), np.ones((6, 1)),
         np.array([0, 1, 1, 1, 0, 1])),
    )


def _large():
    """(words, w, X, y): scores of 40 and 1000, on the right and on the wrong side."""
    w = np.array([1.0, 0.0])
    for z in (40.0, 1000.0):
        for label in (0, 1):
            for sign in (1, -1):
                X = np.array([[sign * z, 1.0], [0.5, 1.0], [-1.5, 1.0]])
                yield (f"a score w·x of {sign * z:g} and the label {label}", w, X,
                       np.array([label, 1, 0]))


def _ask(candidate, w, X, y, about):
    """The learner's value; NumPy's warnings about overflow are judged by the value alone."""
    with np.errstate(all="ignore"):
        return call(candidate, w, X, y, about=about)


def _finite(what, got, about, nan, inf):
    """The sentence for NaN or infinity where neither belongs."""
    if got is None:
        return
    try:
        array = np.asarray(got, float)
    except (TypeError, ValueError):
        return
    if np.isnan(array).any():
        raise Wrong(f"{what}, with {about}, is NaN. {nan}")
    if np.isinf(array).any():
        raise Wrong(f"{what}, with {about}, is infinite. {inf}")


@exercise
def logistic_log_likelihood(candidate):
    def judge(about, w, X, y, rtol=1e-9):
        want = _likelihood(w, X, y)
        got = _ask(candidate, w, X, y, about)
        _finite("L", got, about,
                "It holds 0 · ln 0: π is rounded to exactly 0 or 1, and then comes the logarithm. "
                "Use the form without π, y·z − ln(1 + e^z).",
                "Either e^z is larger than the largest float, or it is ln 0. "
                "np.logaddexp(0, z) is ln(1 + e^z) for any z.")
        z = np.array(_scores(w, X))
        p = np.clip([_probability(s) for s in z], 1e-15, 1 - 1e-15)
        same("L", got, want, about=about, rtol=rtol, dtype=False, mistakes=[
            (want / len(y), "It is the mean over the samples; L is their sum."),
            (z.sum() - np.logaddexp(0, z).sum(),
             "It treats every label as 1: the first term is y·z, not z."),
            (y @ np.log(p) + (1 - y) @ np.log(1 - p),
             "It looks as if π is clipped before the logarithm. That is finite and false: "
             "a score of 1000 on the wrong side costs 1000."),
            (np.exp(want), "It is the likelihood itself, the product; take the logarithm."),
        ])

    for case in _cases():
        judge(*case)
    for case in _large():
        judge(*case)
    judge("X (9, 4) in float32", *_case(9, 4, 3, dtype=np.float32), rtol=1e-5)
    return ("seven data sets against a sum taken sample by sample, scores of ±40 and ±1000, "
            "float32, a strided view")


@exercise
def logistic_gradient(candidate):
    def judge(about, w, X, y, rtol=1e-8, numeric=False):
        want = (numerical_gradient(lambda v: _likelihood(v, X, y), w) if numeric
                else _gradient(w, X, y))
        got = _ask(candidate, w, X, y, about)
        _finite("the gradient", got, about,
                "e^z is infinite there, and infinite / infinite is NaN: "
                "write π so that large scores are safe, for example np.exp(-np.logaddexp(0, -z)).",
                "e^z is larger than the largest float there.")
        z = np.array(_scores(w, X))
        p = np.array([_probability(s) for s in z])
        mistakes = [
            (want / len(y), "It is the mean over the samples; the gradient of L is their sum."),
            (-want, "The sign: y − π raises L, π − y raises the loss −L."),
            (lambda: X.T @ (y - z), "The score w·x stands where its probability π belongs."),
            (lambda: X.T @ (2 * y - 1 - p), "The labels are 0 and 1 here, not −1 and +1."),
        ]
        if X.shape[0] == X.shape[1]:
            mistakes.append((lambda: X @ (y - p), "X is not transposed: X.T has one row for each "
                             "weight."))
        same("the gradient", got, want, about=about, rtol=rtol, atol=1e-7 if numeric else 1e-9,
             dtype=False, mistakes=mistakes)

    # The square case first: there a missing transpose still has the right shape.
    first = _case(4, 4, 2)
    judge("X (4, 4), against differences of L", *first, numeric=True)
    for case in _cases():
        judge(*case)
    for case in _large():
        judge(*case)
    judge("X (9, 4) in float32", *_case(9, 4, 3, dtype=np.float32), rtol=1e-5)
    return ("a numerical derivative of L, seven data sets sample by sample, scores of ±40 and "
            "±1000, float32, a strided view")


@exercise
def logistic_hessian(candidate):
    def judge(about, w, X, y, rtol=1e-8, numeric=False):
        want = _hessian(w, X)
        if numeric:
            want = np.array([numerical_gradient(lambda v, j=j: _gradient(v, X, y)[j], w)
                             for j in range(len(w))])
        got = _ask(candidate, w, X, y, about)
        _finite("the Hessian", got, about,
                "e^z is infinite there, and infinite / infinite is NaN: "
                "write π so that large scores are safe, for example np.exp(-np.logaddexp(0, -z)).",
                "e^z is larger than the largest float there.")
        p = np.array([_probability(s) for s in _scores(w, X)])
        s = p * (1 - p)
        mistakes = [
            (want / len(y), "It is the mean over the samples; the Hessian of L is their sum."),
            (-want, "It is XᵀSX without its minus sign: L has a summit, so its second derivative "
             "is negative."),
            (lambda: -(X.T * p) @ X, "The weights are π; the derivative of π is π(1 − π)."),
            (lambda: -X.T @ X, "The weights π(1 − π) of the samples are missing."),
            (lambda: -np.outer(X.T @ s, X.T @ s), "It is an outer product of sums; it must be the "
             "sum of the outer products."),
        ]
        if X.shape[0] == X.shape[1]:
            mistakes.append((lambda: -(X * s) @ X.T, "The transpose stands on the wrong X: "
                             "a (D, D) matrix is XᵀSX."))
        same("the Hessian", got, want, about=about, rtol=rtol, atol=1e-7 if numeric else 1e-9,
             dtype=False, mistakes=mistakes)

    judge("X (4, 4), against differences of the gradient", *_case(4, 4, 2), numeric=True)
    for case in _cases():
        judge(*case)
    for case in _large():
        judge(*case)
    judge("X (9, 4) in float32", *_case(9, 4, 3, dtype=np.float32), rtol=1e-5)
    return ("numerical second derivatives of L, seven data sets sample by sample, scores of ±40 "
            "and ±1000, float32, a strided view")


def _weighted_least_squares(w, X):
    """What one Newton step solves: √s (X w' − target) as small as possible."""
    z = np.array(_scores(w, X))
    s = np.array([_probability(a) * _probability(-a) for a in z])
    return z, s


@exercise
def newton_step(candidate):
    def judge(about, w, X, y, rtol=1e-7):
        X64, w64 = np.asarray(X, float), np.asarray(w, float)
        z, s = _weighted_least_squares(w64, X64)
        root = np.sqrt(s)
        residual = np.array([_probability(-a) if label else -_probability(a)
                             for a, label in zip(z, y, strict=True)])
        keep = s > 0  # a weight of exactly 0 belongs to a sample that pulls at nothing
        assert not residual[~keep].any()
        want = np.linalg.lstsq((root[:, None] * X64)[keep],
                               (root * z)[keep] + residual[keep] / root[keep], rcond=None)[0]
        got = _ask(candidate, w, X, y, about)
        g, H = _gradient(w64, X64, y), _hessian(w64, X64)
        same("the new w", got, want, about=about, rtol=rtol, dtype=False, mistakes=[
            (2 * w64 - want, "The step goes the wrong way. H is negative, so w − H⁻¹∇L climbs."),
            (w64 + g, "It is a gradient step: the Hessian is not used."),
            (w64 - g, "It is a gradient step, and downhill: the Hessian is not used."),
            (lambda: w64 - H @ g, "It multiplies by H; solve H d = ∇L instead."),
            (w64 - g / np.diag(H), "It divides by the diagonal of H only."),
            (want - w64, "It is only the step; add it to w."),
            (w64 - want, "It is only the step, and turned round; subtract H⁻¹∇L from w."),
        ])

    six = np.c_[np.arange(1.0, 7), np.ones(6)], np.array([0, 0, 1, 0, 1, 1])
    # w = 0 would hide a step returned without w, so it comes last.
    judge("w = (0.8, −2.8) and the six students", np.array([0.8, -2.8]), *six)
    for about, w, X, y in _cases():
        if X.shape[0] > X.shape[1]:
            judge(about, w * 0.5, X, y)
    w, X, y = _case(12, 3, 5)
    X[0, 0], y[0] = 1000 / w[0], 1  # one score of about 1000; the rest keeps H invertible
    judge("X (12, 3) with a score of about 1000", w, X, y)
    judge("X (9, 4) in float32", *_case(9, 4, 3, 0.5, dtype=np.float32), rtol=1e-3)
    judge("w = (0, 0) and the six students", np.zeros(2), *six)
    return ("one step against weighted least squares, from zero and from elsewhere, a score of "
            "1000, float32, a strided view")
