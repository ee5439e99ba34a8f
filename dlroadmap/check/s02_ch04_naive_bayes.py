"""Checks of the lesson 02_ml_theory/ch04_naive_bayes.

Expected values come from slow loops with exact fractions and from scikit-learn.
"""

from fractions import Fraction

import numpy as np

from dlroadmap.check._frame import Wrong, _short, call, exercise, same, unpack

# Table 4.1 of the book, coded 0, 1, 2.
_X41 = np.array([[0, 0], [0, 1], [0, 1], [0, 0], [0, 0], [1, 0], [1, 1], [1, 1], [1, 2], [1, 2],
                 [2, 2], [2, 1], [2, 1], [2, 2], [2, 2]])
_Y41 = np.array([-1, -1, 1, 1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, -1])
_C41 = np.array([-1, 1])


def _random(N, sizes, classes, seed, step=1):
    """Codes (N, D) and labels (N,) with every class present; step 2 makes strided views."""
    rng = np.random.default_rng(seed)
    X = np.stack([rng.integers(0, s, N * step) for s in sizes for _ in range(step)], axis=1)
    y = rng.permutation(np.resize(np.repeat(classes, np.arange(1, len(classes) + 1)), N * step))
    X, y = X[::step, ::step], y[::step].copy()
    y[: len(classes)] = classes
    return X, y


def _loops(X, y, classes, sizes, lam):
    """(4.10) and (4.11) with exact fractions, one row at a time."""
    classes, labels = list(classes), list(y)
    seen = dict.fromkeys(range(len(classes)), 0)
    hits = {}
    for row, label in zip(X.tolist(), labels, strict=True):
        k = classes.index(label)
        seen[k] += 1
        for j, value in enumerate(row):
            hits[k, j, value] = hits.get((k, j, value), 0) + 1
    lam = Fraction(lam)
    prior = [float((seen[k] + lam) / (len(labels) + len(classes) * lam)) for k in seen]
    conditional = [np.array([[float((hits.get((k, j, v), 0) + lam) / (seen[k] + s * lam))
                              for v in range(s)] for k in seen]) for j, s in enumerate(sizes)]
    return np.array(prior), conditional


def _same_tables(got, want, about, mistakes=()):
    """``mistakes``: (list of arrays, sentence); entry j is compared with table j."""
    if not isinstance(got, list):
        raise Wrong(f"with {about} the conditional probabilities are a {type(got).__name__}; "
                    "a list with one array for each feature was asked for.")
    if len(got) != len(want):
        raise Wrong(f"with {about} the list holds {len(got)} arrays; there are {len(want)} "
                    "features.")
    for j, (g, w) in enumerate(zip(got, want, strict=True)):
        if isinstance(g, np.ndarray) and g.shape == w.shape[::-1] and g.shape != w.shape:
            raise Wrong(f"conditional[{j}], with {about}, has shape {g.shape}, expected "
                        f"{w.shape}: one row for each class, one column for each value.")
        if isinstance(g, np.ndarray) and g.ndim == 2 and len(g) == len(w) \
                and g.shape[1] < w.shape[1]:
            raise Wrong(f"conditional[{j}], with {about}, has {g.shape[1]} columns, expected "
                        f"{w.shape[1]}: a value that was not seen still has its column, take "
                        "S[j] and do not count the values in the data.")
        same(f"conditional[{j}]", g, w, about=about,
             mistakes=[(tables[j], sentence) for tables, sentence in mistakes])


@exercise
def nb_prior_mle(candidate):
    cases = [
        (_Y41, _C41, "the labels of table 4.1, classes (-1, 1)"),
        (np.array([3, 7, 7, 20, 7, 3, 7]), np.array([3, 7, 20]), "7 labels, classes (3, 7, 20)"),
        (np.array(["spam", "ham", "ham", "ham"]), np.array(["ham", "spam"]),
         "labels in words, classes ('ham', 'spam')"),
        (np.array([5, 0, 1, 5, 1, 5])[::2], np.array([0, 1, 5]),
         "labels (5, 1, 5), a strided view, classes (0, 1, 5)"),
        (np.array([2]), np.array([2]), "one label and one class"),
    ]
    for y, classes, about in cases:
        labels = y.tolist()
        counts = np.array([float(labels.count(c)) for c in classes.tolist()])
        K, N = len(classes), len(labels)
        mistakes = [
            (counts, "These are counts: divide by N to get shares that sum to 1."),
            (counts / K, "You divided by the number of classes K. The denominator is N, the "
                         "number of samples."),
            (np.full(K, 1 / K), "All classes get the same: the labels are not used. Count them."),
            ((counts + 1) / (N + K), "That is the Bayesian estimate with λ = 1, formula (4.11). "
                                     "Here (4.8) is asked for, without smoothing."),
        ]
        got = call(candidate, y, classes, about=about)
        if isinstance(got, np.ndarray) and got.shape == (len(set(labels)),) != (K,):
            raise Wrong(f"prior, with {about}, has {len(got)} entries, expected {K}: a class "
                        "without a sample still has its place. Go through `classes`, not "
                        "through the labels that occur.")
        same("prior", got, counts / N, about=about, mistakes=mistakes)
    return "numbers and words as labels, a class without samples, a strided view"


@exercise
def nb_conditional_mle(candidate):
    cases = [(_X41, _Y41, _C41, (3, 3), "table 4.1, S = (3, 3)")]
    for N, sizes, classes, seed, step, about in [
        (40, (2, 4, 3), (5, 2, 9), 0, 1, "40 samples, classes (5, 2, 9), S = (2, 4, 3)"),
        (30, (3, 5), (0, 1), 1, 2, "30 samples as strided views, S = (3, 5)"),
    ]:
        X, y = _random(N, sizes, np.array(classes), seed, step)
        cases.append((X, y, np.array(classes), sizes, about))
    X, y = _random(12, (2, 2), np.array([0, 1]), 3)
    cases.append((X, y, np.array([0, 1]), (4, 3), "values that never occur, S = (4, 3)"))
    cases.append((np.array([[1], [0], [1]], dtype=np.int8), np.array(["b", "a", "b"]),
                  np.array(["a", "b"]), (2,), "one feature, labels in words"))
    for X, y, classes, sizes, about in cases:
        prior, want = _loops(X, y, classes, sizes, 0)
        joint = [t * prior[:, None] for t in want]
        with np.errstate(invalid="ignore"):
            reverse = [t / t.sum(axis=0) for t in joint]
        first = [want[0] if w.shape == want[0].shape else np.array(np.nan) for w in want]
        mistakes = [
            (joint, "These are joint probabilities P(feature = l, Y = c). Divide by the number "
                    "of samples of the class, not by N."),
            (reverse, "That is P(Y = c | feature = l), the condition the other way round. Each "
                      "row, not each column, sums to 1."),
            ([t.T if t.shape[0] == t.shape[1] else np.array(np.nan) for t in want],
             "Rows are classes and columns are values."),
            (first, "Every table equals the first one: use column j."),
            ([w * (y[:, None] == classes).sum(axis=0)[:, None] for w in want],
             "These are counts: divide by the number of samples of the class."),
        ]
        _same_tables(call(candidate, X, y, classes, sizes, about=about), want, about, mistakes)
    return "table 4.1, three classes, values that never occur, labels in words, strided views"


@exercise
def nb_bayes_estimates(candidate):
    cases = [(_X41, _Y41, _C41, (3, 3), 1, "table 4.1, λ = 1"),
             (_X41[:14], _Y41[:14], _C41, (3, 3), 1, "table 4.1 without row 15, λ = 1")]
    X, y = _random(50, (2, 4, 3), np.array([5, 2, 9]), 0, 2)
    cases.append((X, y, np.array([5, 2, 9]), (2, 4, 3), 0.5,
                  "50 samples as strided views, classes (5, 2, 9), S = (2, 4, 3), λ = 0.5"))
    X, y = _random(12, (2, 2), np.array([0, 1, 2]), 3)
    cases.append((X, y, np.array([0, 1, 2]), (4, 3), 2.0,
                  "values that never occur, S = (4, 3), λ = 2"))
    cases.append((np.array([[0, 1], [2, 1]]), np.array([1, 1]), np.array([0, 1]), (3, 2), 1,
                  "a class without samples, S = (3, 2), λ = 1"))
    for X, y, classes, sizes, lam, about in cases:
        want_prior, want = _loops(X, y, classes, sizes, lam)
        got_prior, got = unpack(call(candidate, X, y, classes, sizes, lam, about=about),
                                ("prior", "conditional"), about)
        K, N = len(classes), len(y)
        counts = np.array([y.tolist().count(c) for c in classes.tolist()], dtype=float)
        one_prior, one = _loops(X, y, classes, sizes, 1)
        same("prior", got_prior, want_prior, about=about, mistakes=[
            (counts / N, "The prior is not smoothed. scikit-learn leaves it so; formula (4.11) "
                         "adds λ to each count and K·λ to N."),
            ((counts + lam) / (N + sizes[0] * lam),
             "The denominator has S_j where K belongs: λ was added once for each class."),
            ((counts + lam) / N, "λ is missing in the denominator: the shares sum to more than 1."),
            ((counts + lam) / (N + lam), "The denominator needs K·λ: λ was added K times."),
            (one_prior, "That is right for λ = 1. Use the argument lam."),
        ])
        n = [np.rint(t * (counts[:, None] + s * Fraction(lam)).astype(float) - lam)
             for t, s in zip(want, sizes, strict=True)]

        def over(bottom, n=n, lam=lam):
            return [(t + lam) / b for t, b in zip(n, bottom, strict=True)]

        column = counts[:, None]
        with np.errstate(all="ignore"):
            mistakes = [
                (over([column] * len(n)), "λ is missing in the denominator: the rows sum to "
                                          "more than 1."),
                (over([column + lam] * len(n)),
                 "The denominator needs S_j·λ: λ was added once for each of the S_j values."),
                (over([column + K * lam] * len(n)),
                 "The denominator has K where S_j belongs: λ was added once for each value."),
                (over([column + t.any(axis=0).sum() * lam for t in n]),
                 "S_j was counted from the values seen in the data. A value that is possible "
                 "counts too: use S[j]."),
                (over([column + ((t > 0).sum(axis=1, keepdims=True)) * lam for t in n]),
                 "S_j was counted from the values seen in the class. A value that is possible "
                 "counts too: use S[j]."),
                ([t / column for t in n], "These are the plain counts of formula (4.9), without "
                                          "λ."),
                (over([counts + s * lam if s == K else np.nan for s in sizes]),
                 "You divided each column by a class count. Make counts a column with "
                 "counts[:, None]."),
                (over([N + s * lam for s in sizes]),
                 "You divided by N: formula (4.10) divides by the number of samples of the class."),
                (one, "That is right for λ = 1. Use the argument lam."),
            ]
        _same_tables(got, want, about, mistakes)
    return ("examples 4.1 and 4.2, row 15 left out, λ = 0.5, 1 and 2, a class and values "
            "without samples")


@exercise
def nb_predict_log(candidate):
    rng = np.random.default_rng(0)
    prior, tables = _loops(_X41, _Y41, _C41, (3, 3), 1)
    cases = [(np.array([[1, 0], [2, 1], [0, 2]]), _C41, prior, tables, "table 4.1, λ = 1")]
    for N, sizes, classes, about in [
        (9, (2, 4, 3), (3, 7, 20), "9 samples, classes (3, 7, 20), S = (2, 4, 3)"),
        (3, (5, 2), (10, 20, 30), "as many samples as classes"),
        (4, (3,) * 900, (-1, 1), "900 features, whose product is too small for a float"),
        (1, (4, 4), (8, 9), "one sample"),
    ]:
        K = len(classes)
        X = np.stack([rng.integers(0, s, 2 * N) for s in sizes], axis=1)[::2]
        cases.append((X, np.array(classes), rng.dirichlet(np.ones(K)),
                      [rng.dirichlet(np.ones(s), K) for s in sizes], about))
    cases.append((np.array([[0], [1]]), np.array([4, 6]), np.array([0.01, 0.99]),
                  [np.array([[0.9, 0.1], [0.2, 0.8]])], "a prior of 0.99 that outvotes the data"))
    cases.append((np.array([[0], [1]]), np.array([4, 6]), np.array([0.5, 0.5]),
                  [np.full((2, 2), 0.5)], "a tie"))
    for X, classes, prior, tables, about in cases:
        # A slow loop; scikit-learn's predict_joint_log_proba gives the same.
        evidence = np.array([[sum(float(np.log(t[k, v])) for t, v in zip(tables, row, strict=True))
                              for k in range(len(classes))] for row in X.tolist()])
        log_joint = evidence + np.log(prior)
        with np.errstate(all="ignore"):
            labels, got = unpack(call(candidate, X, classes, prior, tables, about=about),
                                 ("labels", "log_joint"), about)
            product = np.log(np.exp(log_joint))
        if isinstance(got, np.ndarray) and got.shape == log_joint.shape \
                and np.isneginf(got).any():
            raise Wrong(f"log_joint, with {about}, holds -inf: the product of the probabilities "
                        "underflowed to 0 before you took its logarithm. Add logarithms instead.")
        same("log_joint", got, log_joint, about=about, mistakes=[
            (evidence, "The prior is missing: add log prior[k] in column k."),
            (evidence + prior, "You added the prior itself: add its logarithm."),
            (product if np.isfinite(product).all() else np.exp(log_joint),
             "That is the joint, not its logarithm."),
            (np.exp(log_joint), "That is the joint, not its logarithm."),
            (log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True),
             "That is the log of the posterior: do not divide by the sum over the classes."),
        ])
        index = log_joint.argmax(axis=1)
        want = classes[index]
        if isinstance(labels, np.ndarray) and labels.shape == want.shape \
                and not np.array_equal(labels, want):
            for wrong, sentence in [
                (index, "These are positions 0 … K-1: look the labels up, classes[position]."),
                (classes[log_joint.argmin(axis=1)], "You chose the smallest log score. Logs of "
                 "probabilities are negative; the largest is the one nearest to 0."),
                (classes[evidence.argmax(axis=1)], "The prior has no vote in the labels."),
                (classes[::-1][log_joint[:, ::-1].argmax(axis=1)], "A tie goes to the class that "
                 "stands first."),
            ]:
                if np.array_equal(labels, wrong):
                    raise Wrong(f"labels, with {about}, is {_short(labels)}, expected "
                                f"{_short(want)}. {sentence}")
        if isinstance(labels, np.ndarray) and labels.shape != want.shape \
                and labels.shape == classes.shape:
            raise Wrong(f"labels, with {about}, has {len(labels)} entries for {len(want)} "
                        "samples: take the argmax over the classes, axis=1.")
        same("labels", labels, want, about=about, dtype=False)
    return "table 4.1, three classes, 900 features without underflow, a strong prior, a tie"


@exercise
def nb_gaussian_log_joint(candidate):
    from sklearn.naive_bayes import GaussianNB

    rng = np.random.default_rng(0)
    for N, D, K, scale, about in [
        (30, 2, 2, 1.0, "X (30, 2), 2 classes"),
        (24, 5, 3, 100.0, "X (24, 5) with values in the hundreds, 3 classes"),
        (9, 3, 3, 1.0, "X (9, 3), 3 classes: N, D and K are easy to mix up"),
        (12, 1, 4, 0.01, "X (12, 1) with tiny values, 4 classes"),
        (20, 900, 2, 1.0, "X (20, 900), whose density is too small for a float"),
    ]:
        y = np.resize(np.repeat(np.arange(K), [3] + [1] * (K - 1)), 10 * N)
        X = scale * (rng.normal(size=(10 * N, D)) * rng.uniform(0.5, 2, D) + y[:, None])
        model = GaussianNB(var_smoothing=0).fit(X, y)
        prior, mean, var = model.class_prior_, model.theta_, model.var_
        X = X[::10]
        want = model.predict_joint_log_proba(X)
        squares = ((X[:, None, :] - mean) ** 2 / var).sum(axis=2)
        norm = np.log(2 * np.pi * var).sum(axis=1)
        log_density = -((X[:, None, :] - mean) ** 2 / var + np.log(2 * np.pi * var)) / 2
        spread = ((X[:, None, :] - mean) ** 2 / var**2).sum(axis=2)
        with np.errstate(all="ignore"):
            got = call(candidate, X, prior, mean, var, about=about)
        if isinstance(got, np.ndarray) and got.shape == want.shape and np.isneginf(got).any():
            raise Wrong(f"log_joint, with {about}, holds -inf: a product of densities underflowed "
                        "to 0 before you took its logarithm. Add log densities instead.")
        same("log_joint", got, want, about=about, mistakes=[
            (want - np.log(prior), "The prior is missing."),
            (lambda dens=log_density, prior=prior: np.log(prior) + dens.sum(axis=1),
             "You summed over the classes: sum over the features, the last axis."),
            (np.log(prior) - squares / 2, "The factor 1/√(2πσ²) of the density is missing. It "
                                          "differs between the classes."),
            (want - np.log(var).sum(axis=1) / 2, "var is the variance σ² already: do not square "
                                                 "it, log σ² stands with the factor ½."),
            (np.log(prior) - spread / 2 - np.log(2 * np.pi * var**2).sum(axis=1) / 2,
             "var is the variance σ² already: do not square it."),
            (np.log(prior) - squares - norm / 2, "The factor ½ before the squares is missing."),
            (np.log(prior) - squares / 2 + norm / 2, "The density has σ² in its denominator: its "
                                                     "logarithm comes with a minus."),
        ])
    return "five shapes against GaussianNB, large and tiny values, 900 features"
