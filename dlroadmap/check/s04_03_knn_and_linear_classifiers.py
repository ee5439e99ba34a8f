"""Checks of lesson 04/03, kNN and linear classifiers.

The oracles: SciPy's ``cdist`` for distances, a vote counted in plain Python, scikit-learn's
folds, PyTorch's ``cross_entropy`` and ``multi_margin_loss`` with autograd. ``train`` is watched
by a loss of the check's own that writes down what it is given.
"""

from collections import Counter
from types import SimpleNamespace

import numpy as np

from dlroadmap.check import _frame
from dlroadmap.check._frame import Wrong, close, exercise, same

# --- distances -----------------------------------------------------------------------------

# test rows, training rows, features, dtype, what is special
_DISTANCE_CASES = [
    (3, 3, 2, "float64", ""),  # as many test rows as training rows: shapes hide nothing here
    (2, 3, 2, "float64", ""),
    (5, 4, 7, "float64", ""),
    (1, 6, 1, "float64", ""),
    (4, 1, 3, "float64", ""),
    (6, 5, 4, "float64", "a strided view"),
    (3, 4, 5, "float32", ""),
    (2, 3, 4, "float64", "numbers near 1000"),
    (2, 2, 3, "float64", "all zeros"),
    (40, 40, 7, "float64", "test rows equal to training rows"),
    (40, 40, 7, "float32", "test rows equal to training rows"),
]


def _points(rng, N, M, D, dtype, special):
    X, T = rng.normal(size=(N, D)) + 0.5, rng.normal(size=(M, D)) - 0.5
    if special == "a strided view":
        X, T = (np.repeat(A, 2, axis=1)[:, ::2] for A in (X, T))
    elif special == "numbers near 1000":
        X, T = 1000 + X, 1000 + 2 * T
    elif special == "all zeros":
        X, T = np.zeros((N, D)), np.zeros((M, D))
    elif special:
        X = T = 3 * T
    return X.astype(dtype), T.astype(dtype)


def _distances(name, candidate):
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(0)
    for N, M, D, dtype, special in _DISTANCE_CASES:
        X, T = _points(rng, N, M, D, dtype, special)
        if special == "a strided view":  # astype made copies of them
            X, T = (np.repeat(A, 2, axis=1)[:, ::2] for A in (X, T))
        kind = "" if dtype == "float64" else f", {dtype}"
        about = f"X {X.shape}, self.X_train {T.shape}{kind}" + (f", {special}" if special else "")

        def method(X, T):
            return candidate(SimpleNamespace(X_train=T, y_train=np.zeros(len(T), int)), X)

        got = call(method, X, T, about=about)
        X64, T64 = X.astype(np.float64), T.astype(np.float64)
        want = cdist(X64, T64).astype(dtype)
        _distance_trouble(got, X64, T64, N, M, about)
        # Between equal rows a rounding error of 1e-16 becomes 1e-8 under the root.
        loose = (1e-5 if special else 1e-8) if dtype == "float64" else (2e-2 if special else 1e-4)
        same("dists", got, want, about=about, rtol=1e-6 if dtype == "float64" else 1e-5,
             atol=loose, mistakes=_distance_mistakes(X64, T64, want) if np.any(got) else ())
    return (f"{len(_DISTANCE_CASES)} pairs of arrays against SciPy: odd shapes, as many test as "
            "training rows, equal rows, zeros, a strided view, float32")


def _distance_trouble(got, X, T, N, M, about):
    """Say what a wrong shape or a NaN means here."""
    if not isinstance(got, np.ndarray):
        return
    if got.shape == (M, N) != (N, M):
        raise Wrong(f"dists, with {about}, has shape {got.shape}, expected {(N, M)}: a row belongs "
                    "to a test point, a column to a training point.")
    if got.shape == (N, N) != (N, M):
        raise Wrong(f"dists, with {about}, has shape {got.shape}, expected {(N, M)}: are the test "
                    "rows compared with themselves instead of with self.X_train?")
    if got.shape == (N, M) and np.isnan(got).any():
        squares = ((X[:, None] - T[None]) ** 2).sum(axis=2)
        if not (np.isnan(got) & (squares > 1e-3)).any():
            raise Wrong(f"dists, with {about}, has {int(np.isnan(got).sum())} entries that are "
                        "NaN, all of them between equal points: rounding made the square a tiny "
                        "negative number. Take np.maximum(…, 0) before the root.")
        raise Wrong(f"dists, with {about}, has {int(np.isnan(got).sum())} entries that are NaN: "
                    "the root of a negative number. Is each difference squared, and the sign and "
                    "the factor of each term right?")


def _distance_mistakes(X, T, want):
    difference = X[:, None] - T[None]
    x2, t2, dot = (X**2).sum(1), (T**2).sum(1), X @ T.T
    mistakes = [
        (want.astype(float) ** 2, "The root is missing: these are squared distances."),
        (np.abs(difference).sum(2), "These are L1 distances: square the differences, add up, take "
                                    "the root."),
        (np.sqrt((difference**2).mean(2)), "It is the root of the mean: take the sum over the "
                                           "features."),
        (np.abs(difference).max(2), "It is the largest difference of each pair: sum the squares."),
        (lambda: np.sqrt(np.maximum(x2[:, None] + t2 - dot, 0)),
         "The factor 2 before the dot products is missing."),
        (lambda: np.sqrt(x2[:, None] + t2 + 2 * dot), "The dot products are added; they must be "
                                                      "subtracted."),
        (lambda: np.sqrt(np.maximum(t2 - 2 * dot, 0)), "The squares of the test rows are missing."),
        (lambda: np.sqrt(np.maximum(x2[:, None] - 2 * dot, 0)),
         "The squares of the training rows are missing."),
        (lambda: np.broadcast_to(np.sqrt((difference**2).sum((1, 2)))[:, None], want.shape),
         "Each row holds one number: the sum ran over the training points too. Use axis=1."),
        (lambda: np.sqrt(np.maximum(x2[:, None] + t2 - 2 * X @ T, 0)),
         "self.X_train is not transposed in the product."),
        (lambda: np.broadcast_to(want[-1:], want.shape), "All rows are the last test point's: "
                                                         "write into dists[i]."),
        (lambda: np.broadcast_to(want[:1], want.shape), "All rows are the first test point's: use "
                                                        "X[i]."),
    ]
    if len(X) == len(T):
        self_squares = ((X[:, None] - X[None]) ** 2).sum(axis=2)
        mistakes += [
            (np.sqrt(self_squares), "The test rows are compared with themselves instead of with "
                                    "self.X_train."),
            (lambda: np.sqrt(np.maximum(x2[:, None] + t2 - 2 * X @ X.T, 0)),
             "The dot products are those of the test rows with themselves: X @ self.X_train.T."),
            (lambda: np.sqrt(np.maximum(x2.sum() + t2 - 2 * dot, 0)),
             "The squares of all test rows are added into one number: each row keeps its own, "
             "axis=1."),
            (lambda: np.sqrt(np.maximum(x2 + t2 - 2 * dot, 0)),
             "The squares of the test rows run along a row; they must stand in a column: "
             "keepdims=True or [:, None]."),
            (lambda: np.sqrt(np.maximum(x2[:, None] + t2[:, None] - 2 * dot, 0)),
             "The squares of the training rows stand in a column; they must run along a row."),
            (lambda: want.T, "Rows and columns are exchanged: dists[i, j] belongs to X[i] and "
                             "self.X_train[j]."),
        ]
    return mistakes


_SHAPES = ("Two shapes do not fit: write the shape of each factor beside it, and look at axis, "
           "keepdims and .T.")


def call(candidate, *args, about):
    """The frame's ``call``, without NumPy's warnings and with a word on shapes that clash."""
    with np.errstate(all="ignore"):
        return _frame.call(candidate, *args, about=about, hints=[
            (IndexError, "", "An index ran out of an array: is each index used with the array "
                             "that it counts?"),
            *((ValueError, word, _SHAPES) for word in ("broadcast", "matmul", "shape"))])


@exercise
def compute_distances_two_loops(candidate):
    return _distances("two loops", candidate)


@exercise
def compute_distances_one_loop(candidate):
    return _distances("one loop", candidate)


@exercise
def compute_distances_no_loops(candidate):
    return _distances("no loops", candidate)


# --- the vote ------------------------------------------------------------------------------


def _vote(dists, labels, k, order=None):
    """Plain Python: the k nearest, counted; at a tie the smaller label."""
    out = []
    for row in dists.tolist():
        near = sorted(range(len(row)), key=lambda j, row=row: row[j])[:k]
        counts = Counter(labels[j] for j in near)
        out.append(min(counts, key=lambda label: (-counts[label], label)))
    return np.array(out)


def _vote_mistakes(dists, labels, k):
    order = dists.argsort(axis=1)
    near = labels[order[:, :k]]

    def by(choose):
        return lambda: np.array([choose(row) for row in near.tolist()])

    def larger(row):
        counts = Counter(row)
        return max(counts, key=lambda label: (counts[label], label))

    return [
        (lambda: _vote(-dists, labels, k), "It asks the k farthest points: argsort puts the "
                                           "smallest first."),
        (lambda: _vote(dists, labels, 1), "Only the nearest point is asked: use k."),
        (lambda: _vote(dists, labels, min(k + 1, dists.shape[1])), "It asks k + 1 points."),
        (lambda: _vote(dists, labels, max(k - 1, 1)), "It asks k - 1 points."),
        (lambda: _vote(np.where(dists == dists.min(axis=1, keepdims=True), np.inf, dists),
                       labels, min(k, dists.shape[1] - 1)),
         "The nearest point is left out: the slice begins at 0."),
        (by(lambda row: Counter(row).most_common(1)[0][0]),
         "At a tie it takes the label that comes first among the nearest: the rule is the smaller "
         "label."),
        (by(larger), "At a tie it takes the larger label: the rule is the smaller one."),
        (by(lambda row: max(Counter(row).values())), "It returns the number of votes: return the "
                                                     "label, the position of the largest count."),
        (by(lambda row: round(sum(row) / len(row))), "It averages labels: 1 and 7 do not make a "
                                                     "4. Count them."),
        (by(lambda row: sorted(row)[len(row) // 2]), "It is the middle of the sorted labels: "
                                                     "count them."),
        (by(lambda row: int(np.unique(row, return_counts=True)[1].argmax())),
         "It returns a position in the list of distinct labels: look the label up there."),
        (by(lambda row: min(row)), "It returns the smallest label among the k: the most frequent "
                                   "one is asked for."),
        (lambda: _vote(np.arange(dists.size).reshape(dists.shape), labels, k),
         "It takes the first k training points, however far away: sort by distance first."),
        (lambda: order[:, 0], "It returns the number of the training point: return its label."),
    ]


def _vote_hint(cases, answers):
    """The first mistake that explains every answer, not only the first wrong one."""
    for number in range(len(_vote_mistakes(*cases[0][1:]))):
        for (_, dists, labels, k), (_, got, _) in zip(cases, answers, strict=True):
            guess, sentence = _vote_mistakes(dists, labels, k)[number]
            if not close(got, guess()):
                break
        else:
            return sentence
    return ""


@exercise
def predict_labels(candidate):
    rng = np.random.default_rng(1)
    # The first two are ties that the lesson's rule decides.
    tie = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.3, 0.1, 0.4, 0.2]])
    cases = [("a tie between labels 7 and 2", tie, np.array([7, 2, 7, 2]), 2),
             ("a tie of all four labels", tie, np.array([5, 3, 8, 4]), 4)]
    for N, M, C, k in [(5, 7, 3, 1), (6, 9, 3, 3), (9, 9, 4, 5), (4, 12, 10, 4), (1, 5, 3, 5)]:
        dists = rng.permutation(N * M).reshape(N, M) / (N * M) + 0.01  # no two are equal
        cases.append((f"{C} labels", dists, rng.integers(0, C, M), k))
    wide = rng.permutation(60).reshape(5, 12) / 60 + 0.01
    cases.append(("a strided view", wide[:, ::2], np.array([1, 0, 1, 9, 0, 9]), 3))
    cases.append(("labels in int32", wide, rng.integers(2, 5, 12).astype(np.int32), 6))
    answers = []
    for words, dists, labels, k in cases:
        about = f"dists {dists.shape}, {words}, k = {k}"

        def method(dists, labels, k=k):
            model = SimpleNamespace(X_train=np.zeros((len(labels), 1)), y_train=labels)
            return candidate(model, dists, k)

        got = call(method, dists, labels, about=about)
        if isinstance(got, np.ndarray) and got.dtype.kind not in "iu":
            raise Wrong(f"y_pred, with {about}, has dtype {got.dtype}: labels are whole numbers, "
                        "like self.y_train.")
        answers.append((about, got, _vote(dists, labels.tolist(), k).astype(labels.dtype)))
    for about, got, want in answers:
        if not close(got, want):
            hint = _vote_hint(cases, answers)
            same("y_pred", got, want, about=about, mistakes=[(got, hint)] if hint else ())
        same("y_pred", got, want, about=about)
    model = SimpleNamespace(X_train=np.zeros((4, 1)), y_train=np.array([7, 2, 7, 2]))
    default = call(lambda dists: candidate(model, dists), tie, about="k not given")
    same("y_pred", default, np.array([7, 2, 2]), about="k not given (it is 1)")
    return (f"{len(cases) + 1} tables against a vote counted one by one: ties, k from 1 to all, "
            "a strided view, the default of k")


# --- cross-validation -----------------------------------------------------------------------


class _Watched:
    """A k nearest neighbour model that writes down what it is asked."""

    def __init__(self):
        self.asked = []  # (training rows, judged rows) by their first feature, a row number

    def train(self, X, y):
        self.X_train, self.y_train = np.array(X), np.array(y)

    def compute_distances_no_loops(self, X):
        from scipy.spatial.distance import cdist

        self.asked.append((self.X_train[:, 0].astype(int).tolist(), X[:, 0].astype(int).tolist()))
        return cdist(X[:, 1:], self.X_train[:, 1:])

    compute_distances_one_loop = compute_distances_two_loops = compute_distances_no_loops

    def predict_labels(self, dists, k=1):
        return _vote(dists, self.y_train.tolist(), k)

    def predict(self, X, k=1, num_loops=0):
        return self.predict_labels(self.compute_distances_no_loops(X), k)


def _fold_accuracies(X, y, ks, num_folds):
    """With scikit-learn's folds."""
    from sklearn.model_selection import KFold

    out = {k: [] for k in ks}
    for others, judged in KFold(num_folds).split(X):
        model = _Watched()
        model.train(X[others], y[others])
        dists = model.compute_distances_no_loops(X[judged])
        for k in ks:
            out[k].append(float((model.predict_labels(dists, k) == y[judged]).mean()))
    return out


def _split_trouble(model, N, num_folds, about):
    """What the model saw tells how the rows were split."""
    blocks = [b.tolist() for b in np.array_split(np.arange(N), num_folds)]
    for train, judged in model.asked:
        both = set(train) & set(judged)
        if both == set(judged) and set(train) == set(range(N)):
            raise Wrong(f"with {about} the judged rows are in the training rows too: leave fold f "
                        "out of the training data.")
        if both:
            raise Wrong(f"with {about} {len(both)} rows are in the training rows and judged too.")
        if sorted(train) in blocks and len(judged) > len(train):
            raise Wrong(f"with {about} it trains on one fold and judges the others: it must train "
                        "on the others and judge the one.")
        if set(train) | set(judged) != set(range(N)):
            raise Wrong(f"with {about} {N - len(set(train) | set(judged))} of {N} rows are used "
                        "neither for training nor for judging.")
        if sorted(judged) not in blocks:
            raise Wrong(f"with {about} the judged rows are {judged[:6]} …: the folds are blocks of "
                        "neighbouring rows in the given order, as np.array_split cuts them.")
    done = [sorted(judged) for _, judged in model.asked]
    missing = [f for f, block in enumerate(blocks) if block not in done]
    if missing:
        raise Wrong(f"with {about} fold {missing[0]} is never judged.")


@exercise
def cross_validate_k(candidate):
    rng = np.random.default_rng(2)
    for N, ks, num_folds, words in [(20, [1, 3], None, "five folds by default"),
                                    (23, [1, 2, 5], 4, "23 rows in 4 folds"),
                                    (12, [3], 3, "three folds")]:
        y = rng.integers(0, 3, N)
        X = np.c_[np.arange(N), rng.normal(size=(N, 3)) + 0.7 * y[:, None]]
        about = f"X {X.shape}, k_choices {ks}, {words}"
        model = _Watched()

        def run(X, y, ks, model=model, num_folds=num_folds):
            return candidate(model, X, y, ks) if num_folds is None else candidate(
                model, X, y, ks, num_folds)

        got = call(run, X, y, ks, about=about)
        folds = num_folds or 5
        want = _fold_accuracies(X, y, ks, folds)
        if not isinstance(got, dict):
            raise Wrong(f"with {about} it must return a dict k → list of accuracies, not "
                        f"{type(got).__name__}.")
        if list(got) != ks:
            raise Wrong(f"with {about} the keys must be {ks}; they are {list(got)}.")
        _split_trouble(model, N, folds, about)
        for k in ks:
            if not isinstance(got[k], list | tuple | np.ndarray):
                raise Wrong(f"with {about} the value for k = {k} is {got[k]!r}; a list with one "
                            "accuracy for each fold is asked for.")
            if len(got[k]) != folds:
                raise Wrong(f"with {about} the list for k = {k} has {len(got[k])} entries, one for "
                            f"each of the {folds} folds is asked for.")
            sizes = np.array([len(block) for block in np.array_split(y, folds)])
            first = _fold_accuracies(X, y, [1], folds)[1]
            mistakes = [
                (1 - np.array(want[k]), "These are shares of errors; accuracy is the share that "
                                        "is right."),
                (want[k] * sizes, "These are counts; divide by the number of judged rows."),
                (np.array(first), "These are the accuracies of k = 1: hand k to predict_labels."),
            ]
            same(f"accuracies[{k}]", np.array(got[k], float), np.array(want[k]), about=about,
                 mistakes=mistakes)
    return ("three data sets against scikit-learn's folds, also where the rows do not divide; "
            "no row judged by a model that had seen it")


# --- the two losses ---------------------------------------------------------------------------

# N, D, C, reg, scale of W, dtype, words. Small first, so that a message shows few numbers.
_LOSS_CASES = [
    (1, 2, 3, 0.0, 1.0, "float64", "one sample"),
    (3, 2, 3, 0.0, 1.0, "float64", "without penalty"),
    (3, 2, 3, 0.5, 1.0, "float64", "with penalty"),
    (4, 4, 4, 0.1, 1.0, "float64", "N = D = C"),
    (6, 5, 2, 0.0, 0.001, "float64", "weights near 0"),
    (7, 3, 5, 1.5, 2.0, "float64", "a strided view"),
    (5, 1, 4, 0.2, 1.0, "float64", "one feature"),
    (6, 4, 3, 0.3, 1.0, "float32", "float32"),
]


def _loss_case(rng, N, D, C, scale, dtype, words):
    W = (scale * rng.normal(size=(D, C))).astype(dtype)
    X = rng.normal(size=(N, D)).astype(dtype)
    if words == "a strided view":
        X = np.repeat(X, 2, axis=1)[:, ::2]
    return W, X, rng.integers(0, C, N)


def _torch_loss(kind, W, X, y, reg):
    """Loss and gradient by autograd, in float64; also the gradient on the scores."""
    import torch

    tW = torch.tensor(np.ascontiguousarray(W), dtype=torch.float64, requires_grad=True)
    tX = torch.tensor(np.ascontiguousarray(X), dtype=torch.float64)
    scores, ty = tX @ tW, torch.tensor(np.ascontiguousarray(y))
    scores.retain_grad()
    if kind == "softmax":
        part = torch.nn.functional.cross_entropy(scores, ty)
    else:  # PyTorch divides by the number of classes
        part = W.shape[1] * torch.nn.functional.multi_margin_loss(scores, ty)
    loss = part + reg * (tW**2).sum()
    loss.backward()
    return loss.item(), tW.grad.numpy(), scores.grad.numpy(), part.item()


def _loss_mistakes(kind, W, X, y, reg, want):
    """(for the loss, for dW): what wrong programs would give."""
    W, X = W.astype(np.float64), X.astype(np.float64)
    loss, dW, dscores, part = want
    penalty, N, C, rows = (W**2).sum(), len(X), W.shape[1], np.arange(len(X))
    scores = X @ W
    right_only, wrong_only = np.zeros_like(dscores), dscores.copy()
    right_only[rows, y] = dscores[rows, y]
    wrong_only[rows, y] = 0
    rest = 2 * reg * W
    mean = "The mean is missing: divide the sum over the samples by N."
    for_loss = [
        (N * part + reg * penalty, mean),
        (N * loss, "The whole is multiplied by N: divide the sum by N before the penalty is "
                   "added."),
        (part / C + reg * penalty, "It is divided by the number of classes too: the mean runs "
                                   "over the samples alone."),
        (part / N + reg * penalty, "It is divided by N twice."),
    ]
    for_dW = [
        (N * (dW - rest) + rest, mean),
        (-(dW - rest) + rest, "The data part has the wrong sign."),
        ((dW - rest) / C + rest, "It is divided by the number of classes too."),
        (X.T @ wrong_only + rest, "The column of the right class gets nothing: see the "
                                  "derivative by s_y."),
        (X.T @ right_only + rest, "Only the column of the right class gets a gradient."),
    ]
    if reg:
        for_loss += [
            (part, "The penalty reg * (W ** 2).sum() is missing."),
            (part + 0.5 * reg * penalty, "The penalty has a factor 1/2: here it is "
                                         "reg * (W ** 2).sum(), without one."),
            (part + reg * np.sqrt(penalty), "The penalty has a root: it is the sum of squares."),
            (part + reg * penalty / N, "The penalty is divided by N: add it after the mean."),
            (part + reg * np.abs(W).sum(), "The penalty sums absolute values; squares are asked "
                                           "for."),
        ]
        for_dW += [
            (dW - rest, "The gradient of the penalty, 2 * reg * W, is missing."),
            (dW - rest / 2, "The gradient of the penalty lacks the factor 2: the derivative of "
                            "reg * W² is 2 * reg * W."),
            (dW - rest + rest / N, "The gradient of the penalty is divided by N: add it after the "
                                   "mean."),
        ]
    if len(X) == C:
        along = scores - scores[rows, y] + 1
        along[rows, y] = 0
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_sums = np.log(np.exp(shifted).sum(axis=1))
        for_loss.append(
            (np.maximum(along, 0).sum() / N + reg * penalty if kind == "svm" else
             -(shifted - log_sums)[rows, y].mean() + reg * penalty,
             "There are as many samples as classes here, and a vector with one number for each "
             "sample ran along the rows: it must stand in a column, [:, None] or keepdims=True."))
    if kind == "svm":
        margins = scores - scores[rows, y][:, None] + 1
        other = np.arange(C) != y[:, None]
        positive = np.maximum(margins, 0) * other

        def without(delta):
            return (np.maximum(margins - 1 + delta, 0) * other).sum() / N + reg * penalty

        ones = (margins > 0) & other
        single = ones - 1.0 * (~other)
        at_kink = ((margins >= 0) & other).astype(float)
        at_kink[rows, y] = -at_kink.sum(axis=1)
        itself = (margins > 0).astype(float)
        itself[rows, y] = -itself.sum(axis=1)
        weighted = positive.copy()
        weighted[rows, y] = -weighted.sum(axis=1)
        for_loss += [
            (loss + 1, "It is 1 too large: the right class pays a margin to itself. Leave it out "
                       "of the sum."),
            (without(0), "The margin of 1 is missing: max(0, s_j - s_y + 1)."),
            (without(-1), "The margin is subtracted: max(0, s_j - s_y + 1)."),
            ((margins * other).sum() / N + reg * penalty, "Negative margins are added too: "
                                                          "max(0, …)."),
            (positive.max(axis=1).sum() / N + reg * penalty,
             "Only the largest margin of each sample counts: sum over all wrong classes."),
            ((positive**2).sum() / N + reg * penalty, "The margins are squared."),
            ((np.maximum(2 - margins, 0) * other).sum() / N + reg * penalty,
             "The scores are the wrong way round: s_j - s_y + 1, not s_y - s_j + 1."),
            ((positive > 0).sum() / N + reg * penalty, "It counts the margins: sum them."),
        ]
        everyone = np.ones_like(scores)
        everyone[rows, y] = -C
        for_dW += [
            (X.T @ everyone / N + rest, "Every class gets a gradient, and the right one counts "
                                        "itself: after max(0, …) no margin is below 0, so ask "
                                        "for > 0, not >= 0."),
            (X.T @ single / N + rest, "The right class gets -x once for each sample: it must get "
                                      "it once for each violated margin."),
            (X.T @ itself / N + rest, "The right class counts itself among the violated margins: "
                                      "set its margin to 0 first."),
            (X.T @ at_kink / N + rest, "A margin of exactly 0 gives a gradient: use > 0, "
                                       "not >= 0."),
            (X.T @ (other - (C - 1) * ~other) / N + rest,
             "All wrong classes get a gradient: only those with a margin above 0 may."),
            (X.T @ weighted / N + rest, "The margins themselves stand where 1 and 0 belong: the "
                                        "derivative of max(0, m) is 1, not m."),
        ]
    else:
        p = dscores * N
        p[rows, y] += 1
        raw = np.exp(np.minimum(scores, 700))
        over_batch = raw / raw.sum(axis=0)
        with np.errstate(all="ignore"):
            for_loss += [
                (-(part) + reg * penalty, "The minus before the logarithm is missing."),
                (1 - p[rows, y].mean() + reg * penalty, "The logarithm is missing: -ln p_y."),
                (part / np.log(2) + reg * penalty, "It is the logarithm to base 2: np.log."),
                (part / np.log(10) + reg * penalty, "It is the logarithm to base 10: np.log."),
                (-np.log(over_batch[rows, y]).mean() + reg * penalty,
                 "The sum of e^s runs over the samples: it must run over the classes, axis=1."),
                (-np.log(p).mean() + reg * penalty, "It is the mean over all classes: take only "
                                                    "p_y of each sample."),
                (-np.log(p).sum() / N + reg * penalty, "The logarithms of all classes are added: "
                                                       "take only p_y of each sample."),
                (-scores[rows, y].mean() + reg * penalty, "Only -s_y is there: ln of the sum of "
                                                          "e^s is missing."),
            ]
        for_dW += [
            (X.T @ p / N + rest, "The -1 of the right class is missing: p_j - [j = y]."),
            (X.T @ (p - 1) / N + rest, "1 is subtracted from every class: only from the right "
                                       "one."),
            (X.T @ (p * (1 - p)) / N + rest, "It is the derivative of p itself; of -ln p_y it is "
                                             "p - [j = y]."),
            (X.T @ (over_batch - (np.arange(C) == y[:, None])) / N + rest,
             "The sum of e^s runs over the samples: it must run over the classes, axis=1."),
        ]
    return for_loss, for_dW


def _finite(kind, loss, dW, about):
    """NaN and infinity of the softmax loss have known causes."""
    if kind != "softmax" or loss is None or not np.isscalar(loss):
        return
    grad = np.asarray(dW) if dW is not None else np.zeros(1)
    if grad.dtype.kind != "f":
        return
    if np.isnan(loss) or np.isnan(grad).any():
        which = "the loss" if np.isnan(loss) else "dW"
        if about.startswith("large scores"):
            raise Wrong(f"{which}, with {about}, is NaN: e to the power of a large score "
                        "overflows. Subtract the largest score of each sample first.")
        raise Wrong(f"{which}, with {about}, is NaN: somewhere e^s is 0 for every class, or "
                    "infinite. Each sample needs its own largest score subtracted, not that of "
                    "the whole table.")
    if np.isinf(loss):
        if about.startswith("large scores"):  # here no probability is near 0
            raise Wrong(f"the loss, with {about}, is infinite: e to the power of a large score "
                        "overflows. Subtract the largest score of each sample first.")
        raise Wrong(f"the loss, with {about}, is infinite: a probability was rounded to 0 before "
                    "the logarithm. Use ln p = s - ln(sum of e^s), with each row's own largest "
                    "score subtracted.")


def _judge(kind, candidate, W, X, y, reg, about):
    result = call(candidate, W, X, y, reg, about=about)
    loss, dW = _frame.unpack(result, ["loss", "dW"], about)
    want = _torch_loss(kind, W, X, y, reg)
    if isinstance(loss, np.ndarray) and loss.ndim:
        raise Wrong(f"the loss, with {about}, is an array of shape {loss.shape}: it is one number, "
                    "the mean over the samples.")
    if isinstance(loss, np.ndarray):
        loss = loss[()]
    _finite(kind, loss, dW, about)
    fine = W.dtype == np.float64
    rtol = 1e-9 if fine else 2e-5
    for_loss, for_dW = _loss_mistakes(kind, W, X, y, reg, want)
    if kind == "softmax" and not close(loss, want[0], rtol):
        _clipped(loss, W, X, y, reg, about)
    same("the loss", loss, want[0], about=about, rtol=rtol, atol=1e-9 if fine else 1e-5,
         dtype=False, mistakes=for_loss)
    same("dW", dW, want[1].astype(W.dtype), about=about, rtol=rtol, atol=1e-9 if fine else 1e-5,
         mistakes=for_dW)


def _clipped(loss, W, X, y, reg, about):
    """Probabilities kept away from 0 by a small number: finite and false."""
    scores = X.astype(float) @ W.astype(float)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = (p / p.sum(axis=1, keepdims=True))[np.arange(len(X)), y]
    for tiny in (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5):
        for guess in (-np.log(p + tiny).mean(), -np.log(np.clip(p, tiny, 1)).mean()):
            if close(loss, guess + reg * (W**2).sum(), 1e-6):
                raise Wrong(f"the loss, with {about}, is {float(loss):.6g}: a small number keeps "
                            "the probability away from 0. That is finite and false; "
                            "ln p = s - ln(sum of e^s) needs no such help.")


def _losses(kind, candidate):
    rng = np.random.default_rng(4)
    for N, D, C, reg, scale, dtype, words in _LOSS_CASES:
        W, X, y = _loss_case(rng, N, D, C, scale, dtype, words)
        _judge(kind, candidate, W, X, y, reg,
               f"W {W.shape}, X {X.shape}, y {y.tolist()}, reg {reg} ({words})")
    # Whole numbers: margins of exactly 0, and equal scores.
    W = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 1.0]])
    X = np.array([[1.0, 1.0], [2.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    _judge(kind, candidate, W, X, np.array([0, 1, 2, 1]), 0.0,
           "whole numbers, some margins exactly 0")
    W = np.array([[3000.0, 2999.0, 2998.5], [1.0, 0.0, 2.0]])
    X = np.array([[1.0, 0.5], [1.0, -1.0]])
    _judge(kind, candidate, W, X, np.array([0, 1]), 0.0, "large scores that differ little")
    # Scores of thousands, in both directions, and a row whose scores are all far below another's.
    W = np.array([[1.0, 0.0, -1.0], [0.5, 0.25, 0.0]])
    X = np.array([[3000.0, 1.0], [-2000.0, 4.0], [0.5, 1.0]])
    for y in ([1, 0, 2], [0, 2, 1]):
        _judge(kind, candidate, W, X, np.array(y), 0.1, f"scores of thousands, y {y}")
    X = np.array([[0.0, 4000.0], [0.0, -4000.0], [1.0, 0.0]])
    _judge(kind, candidate, W, X, np.array([0, 0, 1]), 0.0, "rows of scores near +2000 and -2000")
    return (f"{len(_LOSS_CASES) + 5} cases of loss and gradient against PyTorch: odd shapes, "
            "penalty, whole numbers with ties, scores of thousands, a strided view, float32")


@exercise
def svm_loss_naive(candidate):
    return _losses("svm", candidate)


@exercise
def svm_loss_vectorized(candidate):
    return _losses("svm", candidate)


@exercise
def softmax_loss_naive(candidate):
    return _losses("softmax", candidate)


@exercise
def softmax_loss_vectorized(candidate):
    return _losses("softmax", candidate)


# --- training ---------------------------------------------------------------------------------


def _watched(candidate, dtype=np.float64):
    """An object of a subclass whose loss writes down what it gets; its gradient is known."""
    log = []

    class Watched(candidate):
        def loss(self, X_batch, y_batch, reg):
            W = np.array(self.W)
            step = np.random.default_rng(len(log)).normal(size=W.shape).astype(dtype)
            log.append(SimpleNamespace(W=W, X=np.array(X_batch), y=np.array(y_batch), reg=reg,
                                       dW=step))
            return float(100 + len(log)), step

    return Watched(), log


def _training_data(N, D, classes, dtype=np.float64):
    """Row i has first feature i and label i · 7 mod C, so that a batch tells its rows."""
    X = np.random.default_rng(5).normal(size=(N, D)).astype(dtype)
    X[:, 0] = np.arange(N)
    return X, (np.arange(N) * 7) % classes


def _train(model, X, y, about, **options):
    return call(lambda X, y: model.train(X, y, **options), X, y, about=about)


def _check_train(candidate):
    model, log = _watched(candidate)
    X, y = _training_data(50, 4, 5)
    about = "X (50, 4), 5 classes, num_iters 6, batch_size 8"
    losses = _train(model, X, y, about, learning_rate=0.5, reg=0.25, num_iters=6, batch_size=8)
    if len(log) != 6:
        raise Wrong(f"with {about} self.loss was asked {len(log)} times; once for each of the 6 "
                    "steps is right.")
    _check_start(log[0].W, X, about)
    for entry in log:
        _check_batch(entry, X, y, about)
    rows = [tuple(entry.X[:, 0]) for entry in log]
    if len(set(rows)) == 1:
        raise Wrong(f"with {about} every step gets the same batch: draw anew inside the loop.")
    if all(r == tuple(range(8 * i, 8 * i + 8)) for i, r in enumerate(rows)):
        raise Wrong(f"with {about} the batches are blocks in order: draw the rows at random.")
    _check_steps([e.W for e in log] + [np.array(model.W)], [e.dW for e in log], 0.5, about)
    if losses is None:
        raise Wrong(f"with {about} train returned None: return the list of losses.")
    if not isinstance(losses, list) or len(losses) != 6:
        raise Wrong(f"with {about} train must return a list of 6 losses, one for each step; it "
                    f"returned {_frame._short(losses)}.")
    same("the losses", np.array(losses, float), np.arange(101.0, 107.0), about=about)
    # A second call goes on from the weights that are there.
    before = np.array(model.W)
    _train(model, X, y, about, learning_rate=0.5, num_iters=1, batch_size=8)
    if not np.array_equal(log[-1].W, before):
        raise Wrong("a second call of train began with new weights: make W only where self.W is "
                    "None.")
    return model


def _check_start(W, X, about):
    if W.shape != (4, 5):
        words = {(5, 4): " Rows are features, columns are classes.",
                 (4, 4): " The largest label is 4, and 0 counts too: y.max() + 1 classes."}
        raise Wrong(f"with {about} the first W has shape {W.shape}, expected (4, 5)."
                    f"{words.get(W.shape, '')}")
    if not W.any():
        raise Wrong(f"with {about} the first W is all zeros: 0.001 times normal numbers are asked "
                    "for.")
    if not 1e-4 < np.abs(W).mean() < 1e-2:
        raise Wrong(f"with {about} the first weights are about {np.abs(W).mean():.1g} in size: "
                    "0.001 times standard normal numbers are asked for.")


def _check_batch(entry, X, y, about):
    if entry.X.shape == X.shape:
        raise Wrong(f"with {about} self.loss got all rows: hand it a batch.")
    if entry.X.shape != (8, 4) or entry.y.shape != (8,):
        raise Wrong(f"with {about} self.loss got X {entry.X.shape} and y {entry.y.shape}; "
                    "(8, 4) and (8,) are right.")
    rows = entry.X[:, 0].astype(int)
    if not np.array_equal(entry.X, X[rows]):
        raise Wrong(f"with {about} the rows of the batch are not rows of X.")
    if not np.array_equal(entry.y, y[rows]):
        raise Wrong(f"with {about} samples have lost their labels: X and y need the same row "
                    "numbers.")
    if entry.reg != 0.25:
        raise Wrong(f"with {about} and reg 0.25 self.loss got reg {entry.reg}: pass it on.")


def _check_steps(weights, gradients, rate, about):
    for before, after, dW in zip(weights[:-1], weights[1:], gradients, strict=True):
        if close(after, before - rate * dW):
            continue
        guesses = [
            (before + rate * dW, "The step goes up the gradient: subtract it."),
            (before, "W does not change: store the new weights in self.W."),
            (before - dW, "The learning rate is missing."),
            (before - rate * dW / 8, "The gradient is divided by the batch size: self.loss has "
                                     "taken the mean already."),
            (-rate * dW, "The old weights are gone: W minus learning_rate times dW."),
        ]
        hint = next((s for guess, s in guesses if close(after, guess, 1e-6)), "")
        raise Wrong(f"with {about} a step is not W - learning_rate * dW. {hint}")


@exercise
def LinearClassifier(candidate):
    if not isinstance(candidate, type):
        raise Wrong("give the check the class, check.LinearClassifier(LinearClassifier).")
    model = _check_train(candidate)
    X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [3.0, -1.0, 0.5], [0.0, 0.0, 0.0]])
    model.W = np.array([[0.5, -1.0], [1.0, 2.0], [0.0, 0.3]])
    about = "X (4, 3), W (3, 2)"
    got = call(lambda X: model.predict(X), X, about=about)
    scores = X @ model.W
    same("the prediction", got, np.argmax(scores, axis=1), about=about, dtype=False, mistakes=[
        (scores.max(axis=1), "These are the largest scores: return their positions, argmax."),
        (scores.argmin(axis=1), "It is the class with the smallest score."),
    ])
    model.W = np.array([[0.5, -1.0, 0.1, 0.7], [1.0, 2.0, 0.0, -3.0], [0.0, 0.3, 2.0, 0.1]])
    got = call(lambda X: model.predict(X), X, about="X (4, 3), W (3, 4)")
    scores = X @ model.W
    same("the prediction", got, np.argmax(scores, axis=1), about="X (4, 3), W (3, 4)", dtype=False,
         mistakes=[(scores.argmax(axis=0), "The largest score of each column: a row is a sample, "
                                           "so axis=1.")])
    # A real loss on data that a line can split, in float32.
    model, log = _watched(candidate, np.float32)
    X, y = _training_data(30, 3, 4, np.float32)
    _train(model, X, y, "X (30, 3) in float32", num_iters=3, batch_size=5)
    if log[0].W.dtype != np.float32 or np.asarray(model.W).dtype != np.float32:
        raise Wrong(f"with X in float32 W has dtype {log[0].W.dtype} at the start and "
                    f"{np.asarray(model.W).dtype} at the end: make it with the dtype of X.")
    model, log = _watched(candidate)
    X, y = _training_data(300, 2, 3)
    _train(model, X, y, "all options left out")
    if len(log) != 100 or log[0].X.shape[0] != 200 or log[0].reg != 1e-5:
        raise Wrong("the defaults are learning_rate=1e-3, reg=1e-5, num_iters=100, "
                    "batch_size=200.")
    return ("what self.loss gets at each step, each step of W, the losses, a second call, "
            "the defaults, float32, and predict")
