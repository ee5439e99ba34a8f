"""Checks of lesson 04/04, Multilayer perceptron. The oracle is PyTorch's autograd."""

import functools

import numpy as np

from dlroadmap.check import _frame, _nets
from dlroadmap.check._frame import (
    Wrong,
    attempt,
    close,
    exercise,
    kind_of,
    same,
    strided_view,
    unpack,
)


def _tolerance(dtype):
    return {"rtol": 1e-9, "atol": 1e-10} if dtype == np.float64 else {"rtol": 2e-5, "atol": 1e-5}


_SHAPES = ("Two shapes do not fit. Write the shape of each factor below its name: is x flattened "
           "to (N, D), is the right one transposed, has b one entry an output?")
call = functools.partial(_frame.call, hints=[(ValueError, word, _SHAPES)
                                             for word in ("matmul", "broadcast")])


# --- affine ---------------------------------------------------------------------------------

# x shape, M, dtype, strided. The first is square on purpose: there no shape complains.
_AFFINE = [
    ((3, 3), 3, "float64", False),
    ((2, 3), 4, "float64", False),
    ((3, 2, 2), 5, "float64", False),
    ((2, 3, 2, 4), 3, "float64", True),
    ((1, 6), 1, "float64", False),
    ((4, 5), 2, "float32", True),
]


def _affine_arrays(rng, shape, M, dtype, strided):
    x = rng.normal(size=shape).astype(dtype)
    w = rng.normal(size=(int(np.prod(shape[1:])), M)).astype(dtype)
    b = rng.normal(size=M).astype(dtype)
    return (strided_view(x) if strided else x), w, b


def _affine_torch(x, w, b, dout=None):
    """out, or with dout the three gradients, in float64 and then in the dtype of x."""
    import torch

    tensors = [torch.tensor(np.ascontiguousarray(a), dtype=torch.float64,
                            requires_grad=dout is not None) for a in (x, w, b)]
    out = torch.nn.functional.linear(tensors[0].flatten(1), tensors[1].T, tensors[2])
    if dout is None:
        return out.numpy().astype(x.dtype)
    out.backward(torch.tensor(np.ascontiguousarray(dout), dtype=torch.float64))
    return [t.grad.numpy().astype(x.dtype) for t in tensors]


@exercise
def affine_forward(candidate):
    rng = np.random.default_rng(0)
    for case in _AFFINE:
        x, w, b = _affine_arrays(rng, *case)
        about = f"x {x.shape}, w {w.shape}, b {b.shape}{kind_of(x)}"
        result = call(candidate, x, w, b, about=about)
        out, cache = unpack(result, ["out", "cache"], about)
        right, rows = _affine_torch(x, w, b), len(x)

        def flattened(order, x=x, w=w, b=b, rows=rows):
            return x.reshape(rows, -1, order=order) @ w + b

        same("out", out, right, about=about, **_tolerance(x.dtype), mistakes=[
            (right - b, "The bias is missing: add b."),
            (right - 2 * b, "The bias is subtracted."),
            (lambda r=right, b=b: r - b + b[:, None],
             "b is added down the samples. Its entry m belongs to output m, the last axis: "
             "add b as it is, broadcasting puts it along each row."),
            (np.maximum(right, 0), "The negative outputs are gone: the ReLU is the next layer."),
            (lambda x=x, w=w, b=b, rows=rows: x.reshape(rows, -1) @ w.T + b,
             "w is transposed. w (D, M) has a row for each input and a column for each output."),
            (lambda x=x, w=w, b=b, rows=rows: x.reshape(-1, rows).T @ w + b,
             "The samples are mixed: x.reshape(-1, N).T cuts across them. The first axis stays: "
             "x.reshape(N, -1)."),
            (lambda f=flattened: f("F"), "Each sample is flattened column by column; the weights "
                                         "expect row by row, NumPy's default order."),
        ])
        if not isinstance(cache, tuple) or len(cache) != 3:
            raise Wrong(f"with {about} cache must be the tuple (x, w, b).")
        if np.ndim(cache[0]) == 2 < x.ndim:
            raise Wrong(f"with {about} cache[0] has shape {cache[0].shape}: keep x as it came in. "
                        "The backward pass needs its shape for dx.")
        for i, (name, value) in enumerate([("x", x), ("w", w), ("b", b)]):
            same(f"cache[{i}] ({name})", cache[i], value, about=about)
    x = np.full((2, 3), 1e200)
    result = call(candidate, x, np.zeros((3, 2)), np.array([1.0, -2.0]), about="w all zeros")
    out, _ = unpack(result, ["out", "cache"], "w all zeros")
    same("out", out, np.array([[1.0, -2.0]] * 2), about="w all zeros (only the bias is left)")
    return ("7 batches against torch: x with two, three and four axes, D = M = N, a strided view, "
            "float32, cache")


@exercise
def affine_backward(candidate):
    rng = np.random.default_rng(1)
    for case in _AFFINE:
        x, w, b = _affine_arrays(rng, *case)
        dout = strided_view(rng.normal(size=(len(x), len(b))).astype(x.dtype))
        about = f"dout {dout.shape}, x {x.shape}, w {w.shape}{kind_of(x)}"
        got = unpack(call(candidate, dout, (x, w, b), about=about), ["dx", "dw", "db"], about)
        want = _affine_torch(x, w, b, dout)
        mistakes = _affine_mistakes(dout, x, w)
        _affine_shapes(got, dout, x, w, about)
        for name, mine, right in zip(["dx", "dw", "db"], got, want, strict=True):
            same(name, mine, right, about=about, mistakes=mistakes[name], **_tolerance(x.dtype))
    return ("dx, dw and db of 6 batches against torch's autograd: x with two, three and four axes, "
            "D = M = N, strided views, float32")


def _affine_shapes(got, dout, x, w, about):
    """Say what a wrong shape means where it is known."""
    flat, (N, M) = (len(x), w.shape[0]), dout.shape
    known = [
        (0, x.shape, flat, "dx has the shape of x: reshape it at the end."),
        (0, x.shape, w.shape, "That is the shape of w: return dx, dw, db in this order."),
        (1, w.shape, w.shape[::-1], "dw is transposed: entry (d, m) belongs to weight w[d, m]."),
        (1, w.shape, (*x.shape[:0:-1], M), "Flatten x to (N, D) first, as in the forward pass."),
        (1, w.shape, flat, "That is the shape of x: return dx, dw, db in this order."),
        (2, (M,), (N, M), "db has one row a sample. The same b is added to every sample, so its "
                          "gradients add up over the batch: sum over axis 0."),
        (2, (M,), (1, M), "The summed axis must go: no keepdims."),
        (2, (M,), (N,), "The wrong axis is summed: axis 0 counts the samples."),
        (2, (M,), (), "Everything is summed: only over the samples, axis 0."),
    ]
    for i, right, wrong, sentence in known:
        if isinstance(got[i], np.ndarray | np.number) and np.shape(got[i]) != right \
                and np.shape(got[i]) == wrong:
            raise Wrong(f"{('dx', 'dw', 'db')[i]}, with {about}, has shape {wrong}, "
                        f"expected {right}. {sentence}")


def _affine_mistakes(dout, x, w):
    N, flat = len(x), x.reshape(len(x), -1)
    mean = "It is divided by N. The loss layer has divided already: every layer below only sums."
    return {
        "dx": [
            (lambda: (dout @ w).reshape(x.shape), "w is not transposed: dx = dout wᵀ."),
            (lambda: (dout @ w.T).reshape(x.shape) / N, mean),
            (lambda: flat.T @ dout, "That is dw: return dx, dw, db in this order."),
            (lambda: (dout @ w.T).reshape(x.shape, order="F"),
             "It is reshaped column by column; NumPy's default order is the right one."),
        ],
        "dw": [
            (lambda: (flat.T @ dout).T, "dw is transposed: entry (d, m) belongs to w[d, m]."),
            (lambda: flat @ dout, "x is not transposed: the sum must run over the samples."),
            (lambda: flat.T @ dout / N, mean),
        ],
        "db": [
            (lambda: dout.mean(axis=0), mean),
            (lambda: dout.sum(axis=1), "It is summed over the outputs: axis 0 counts the samples."),
            (lambda: dout[0], "Only sample 0 counts: sum over the batch."),
        ],
    }


# --- ReLU -----------------------------------------------------------------------------------


def _relu_inputs(rng):
    """Arrays of several shapes, with exact zeros, large and tiny numbers."""
    x = rng.normal(size=(3, 4))
    x[0, 1], x[1, 2], x[2, 0] = 0.0, -0.0, 0.0
    yield x
    yield np.array([-2.0, -1e-12, 0.0, 1e-12, 3.0, 1e300, -1e300])
    yield rng.normal(size=(2, 3, 2, 2)) - 5  # nothing is positive
    yield strided_view(rng.normal(size=(4, 3)))
    yield rng.normal(size=(2, 5)).astype(np.float32)


@exercise
def relu_forward(candidate):
    import torch

    for x in _relu_inputs(np.random.default_rng(2)):
        about = f"x {x.shape}{kind_of(x)}"
        out, cache = unpack(call(candidate, x, about=about), ["out", "cache"], about)
        right = torch.relu(torch.tensor(np.ascontiguousarray(x))).numpy()
        if np.size(out) == 1 < x.size or (x.ndim > 1 and np.shape(out) == x.shape[1:]):
            raise Wrong(f"out, with {about}, has shape {np.shape(out)}: np.max takes the largest "
                        "entry along an axis; np.maximum compares entry by entry.")
        same("out", out, right, about=about, **_tolerance(x.dtype), mistakes=[
            (np.minimum(x, 0), "The positive numbers are gone: keep the larger of x and 0."),
            (np.abs(x), "Negative numbers became positive: they become 0."),
            (lambda x=x: (x > 0).astype(float), "It holds only 0 and 1: that is the derivative. "
                                                "Positive numbers pass as they are."),
            (np.maximum(x, 1), "The bend is at 1; it belongs at 0."),
            (lambda x=x: np.where(x > 0, x, 0.01 * x), "That is the leaky ReLU: here negative "
                                                       "numbers become 0."),
            (x, "x came back as it was: negative numbers become 0."),
        ])
        if isinstance(cache, np.ndarray) and cache.dtype == bool:
            raise Wrong(f"with {about} cache holds a mask; the lesson's backward pass expects x.")
        same("cache", cache, x, about=f"{about} (cache is x as it came in)")
    return "5 arrays against torch: one to four axes, exact zeros, 1e300, a strided view, float32"


@exercise
def relu_backward(candidate):
    import torch

    rng = np.random.default_rng(3)
    for x in _relu_inputs(rng):
        dout = rng.normal(size=x.shape).astype(x.dtype)
        about = f"x {x.shape}{kind_of(x)}"
        dx = call(candidate, dout, x, about=about)
        t = torch.tensor(np.ascontiguousarray(x), requires_grad=True)
        torch.relu(t).backward(torch.tensor(dout))
        same("dx", dx, t.grad.numpy(), about=about, **_tolerance(x.dtype), mistakes=[
            (dout * (x >= 0), "Where x is exactly 0 the gradient passes. The rule here, and in "
                              "PyTorch, is 0 at 0: compare with >, not >=."),
            (dout * (x < 0), "The gradient passes where x is negative: the other way round."),
            (dout * (x <= 0), "The gradient passes where x is not positive: the other way round."),
            (lambda x=x: (x > 0).astype(float), "It is the mask alone: multiply it by dout."),
            (np.maximum(dout, 0), "The ReLU is applied to dout. Look at the sign of x, not at the "
                                  "sign of dout."),
            (lambda x=x, d=dout: d * np.maximum(x, 0), "dout is multiplied by the output; the "
                                                       "derivative is 1 there, not x."),
            (lambda x=x, d=dout: d * np.where(x > 0, 1, 0.01), "That is the leaky ReLU: below 0 "
                                                               "the derivative is 0."),
            (dout, "dout came back as it was: set it to 0 where x is not positive."),
        ])
    return ("5 arrays against torch's autograd: exact zeros, 1e300, no positive entry, a strided "
            "view, float32")


# --- losses ---------------------------------------------------------------------------------


def _scores(rng):
    """(scores, labels, words), from small to nasty."""
    yield np.array([[3.0, 1.0, 2.0]]), np.array([2]), "one row of scores, 3 1 2, label 2"
    x = rng.normal(size=(4, 4))  # N = C: no shape complains
    yield x, np.array([1, 0, 3, 1]), "scores (4, 4)"
    yield 3 * rng.normal(size=(5, 3)), rng.integers(0, 3, 5), "scores (5, 3)"
    yield np.zeros((3, 10)), np.array([9, 0, 0]), "scores (3, 10), all zero"
    x = strided_view(rng.normal(size=(6, 4)))
    yield x, rng.integers(0, 4, 6), "scores (6, 4), a strided view"
    x = rng.normal(size=(4, 5)).astype(np.float32)
    yield x, rng.integers(0, 5, 4), "scores (4, 5), float32"


def _loss_torch(x, y, which):
    """loss and dx by autograd in float64."""
    import torch

    t = torch.tensor(np.ascontiguousarray(x), dtype=torch.float64, requires_grad=True)
    labels = torch.tensor(np.asarray(y, dtype=np.int64))
    if which == "softmax":
        loss = torch.nn.functional.cross_entropy(t, labels)
    else:
        loss = torch.nn.functional.multi_margin_loss(t, labels) * x.shape[1]  # torch divides by C
    loss.backward()
    return loss.item(), t.grad.numpy()


def _compare_loss(result, x, about, loss_right, dx_right, loss_mistakes, dx_mistakes):
    loss, dx = unpack(result, ["loss", "dx"], about)
    tolerance = _tolerance(x.dtype)
    if np.ndim(loss) != 0:
        raise Wrong(f"loss, with {about}, has shape {np.shape(loss)}: the loss is one number, the "
                    "mean over the samples.")
    same("loss", loss, loss_right, about=about, dtype=False, mistakes=loss_mistakes, **tolerance)
    same("dx", dx, dx_right.astype(x.dtype), about=about, mistakes=dx_mistakes, **tolerance)


@exercise
def softmax_loss(candidate):
    rng, count = np.random.default_rng(4), 0
    for x, y, about in _scores(rng):
        result = call(candidate, x, y, about=about)
        loss, dx = _loss_torch(x, y, "softmax")
        _compare_loss(result, x, about, loss, dx, *_softmax_mistakes(x, y, loss, dx))
        count += 1
    nasty = [
        (np.array([[1000.0, 999.0, 990.0], [998.0, 1000.0, 999.0]]), np.array([0, 2]),
         "scores of about 1000", "exp(1000) is too large for a float: subtract the largest score "
                                 "of each row first. It changes no probability."),
        (np.array([[5000.0, 4999.0], [-5000.0, -4999.0]]), np.array([0, 1]),
         "one row near 5000, one near -5000", "The largest score of the whole batch is subtracted; "
                                              "then rows of small scores underflow to log 0. Each "
                                              "row needs its own: axis=1, keepdims=True."),
        (np.array([[900.0, 0.0, 1.0], [0.0, 1.0, 2.0]]), np.array([1, 2]),
         "a very wrong answer, scores 900 0 1 and label 1",
         "log(p) loses a probability that is too small for a float. Take the log by hand: "
         "log p = shifted - log(sum of exp(shifted))."),
    ]
    for x, y, about, sentence in nasty:
        with np.errstate(all="ignore"):
            loss, dx = unpack(call(candidate, x, y, about=about), ["loss", "dx"], about)
        right = _loss_torch(x, y, "softmax")
        for name, mine, want in zip(["loss", "dx"], (loss, dx), right, strict=True):
            if not close(mine, want, 1e-9, 1e-10):
                raise Wrong(f"{name}, with {about}, is {_short(mine)}, expected {_short(want)}. "
                            f"{sentence}")
    return (f"loss and dx of {count + len(nasty)} batches against torch: N = C, equal scores "
            "(loss ln C), scores of ±5000, a strided view, float32")


def _short(value):
    return np.array2string(np.asarray(value), precision=4).replace("\n", " ")


def _softmax_mistakes(x, y, loss, dx):
    x = x.astype(np.float64)
    N, C = x.shape
    rows = np.arange(N)
    onehot = np.eye(C)[y]
    over_batch = np.exp(x - x.max()) / np.exp(x - x.max()).sum(axis=0)
    no_mean = "It is the sum over the samples; the loss is their mean: divide by N."
    return [
        (loss * N, no_mean),
        (-loss, "The sign: the loss is minus the log of the probability."),
        (loss / np.log(2), "The logarithm to base 2; the loss takes the natural one, np.log."),
        (loss / np.log(10), "The logarithm to base 10; the loss takes the natural one, np.log."),
        (loss / C, "It is divided by the classes too: only by N."),
        (lambda: -np.log(over_batch[rows, y]).mean(), "The softmax runs over the batch: the "
                                                      "probabilities of one row add up to 1."),
        *((lambda e=e: -np.log(e / e.sum())[rows, y].mean(),
         "The sum runs over all rows: each row needs its own, axis=1, keepdims=True.")
          for e in (np.exp(x - x.max()), np.exp(x - x.max(axis=1, keepdims=True)))),
        (lambda: -x[rows, y].mean(), "The log of the sum is missing."),
        (lambda: -_log_p(x)[:, y].mean(), "log_p[:, y] takes the columns y of *every* row. Pair "
                                          "each row with its label: log_p[rows, y]."),
        (lambda: -_log_p(x).mean(), "It averages over all classes: only the label's counts."),
        (lambda: 1 - np.exp(_log_p(x))[rows, y].mean(), "The log is missing."),
    ], [
        (dx * N, "It is not divided by N, but the loss is a mean."),
        (dx + onehot / N, "It is the softmax alone: subtract 1 at the label, p - onehot."),
        (dx * N + onehot, "It is the softmax alone: subtract 1 at the label, then divide by N."),
        (-dx, "The sign: it must be probability minus one-hot."),
        (lambda: dx + onehot / N - onehot, "The 1 is subtracted after the division by N: "
                                           "subtract first."),
        (lambda: (np.exp(_log_p(x)) - np.isin(np.arange(C), y)) / N,
         "dx[:, y] -= 1 changes the columns y of *every* row. Pair each row with its label: "
         "dx[rows, y]."),
        (dx / C, "It is divided by the classes too: only by N."),
    ]


def _log_p(x):
    shifted = x - x.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@exercise
def svm_loss(candidate):
    rng = np.random.default_rng(5)
    ties = np.array([[2.0, 1.0, 3.0], [0.0, 5.0, 1.0], [4.0, 4.0, 0.0]])  # margins of exactly 0
    cases = [(np.array([[3.0, 0.5, 2.0]]), np.array([2]), "one row of scores, 3 0.5 2, label 2"),
             *list(_scores(rng))[1:],
             (ties, np.array([0, 2, 0]), "scores with margins of exactly 0"),
             (1e6 * rng.normal(size=(3, 4)), np.array([0, 3, 1]), "scores of about a million")]
    for x, y, about in cases:
        result = call(candidate, x, y, about=about)
        loss, dx = _svm_by_loop(x, y)
        if "exactly 0" not in about and "zero" not in about:  # no kink: torch agrees
            assert close(loss, _loss_torch(x, y, "svm")[0], 1e-9)
        _compare_loss(result, x, about, loss, dx, *_svm_mistakes(x, y, loss, dx))
    return (f"loss and dx of {len(cases)} batches against a slow loop and torch: N = C, equal "
            "scores (loss C - 1), margins of exactly 0, scores of a million, float32")


def _svm_by_loop(x, y, delta=1.0, at_zero=False):
    """The definition, one pair at a time."""
    N, C = x.shape
    loss, dx = 0.0, np.zeros((N, C))
    for n in range(N):
        for j in range(C):
            margin = float(x[n, j]) - float(x[n, y[n]]) + delta
            if j != y[n] and (margin > 0 or (at_zero and margin == 0)):
                loss += margin / N
                dx[n, j] += 1 / N
                dx[n, y[n]] -= 1 / N
    return loss, dx


def _svm_mistakes(x, y, loss, dx):
    N, C = x.shape
    rows, onehot = np.arange(N), np.eye(C)[y]
    x = x.astype(np.float64)
    margins = np.maximum(0, x - x[rows, y][:, None] + 1) * (1 - onehot)
    counts = (margins > 0).astype(float)
    return [
        (loss + 1, "It is 1 too large: the label's own margin, always 1, must not count."),
        (loss * N, "It is the sum over the samples; the loss is their mean: divide by N."),
        (lambda: _svm_by_loop(x, y, delta=0)[0], "The margin 1 is missing."),
        (lambda: _svm_by_loop(-x, y)[0], "The sign in the margin: it is x_j - x_y + 1."),
        (lambda: (margins**2).sum() / N, "The margins are squared: that is another loss."),
        (loss / C, "It is divided by the classes too: only by N."),
        (loss / (C - 1), "It is divided by C - 1: the margins of a sample are added up."),
        (lambda: (x - x[rows, y][:, None] + 1 - onehot).sum() / N,
         "Negative margins count: cut them off with np.maximum(0, …)."),
        (lambda: margins.max(axis=1).sum() / N, "Only the largest margin of each row counts: add "
                                                "up all that are positive."),
    ], [
        (dx * N, "It is not divided by N, but the loss is a mean."),
        (counts / N, "The label's column is missing: each positive margin contains -x_y, so the "
                     "label gets minus their number."),
        ((counts - onehot) / N, "The label gets -1; it must be minus the *number* of positive "
                                "margins of its row."),
        (np.where(onehot > 0, -C, 1) / N if np.any(margins[onehot == 0] == 0) else np.nan,
         "Every class sends a gradient: after np.maximum a class without a positive margin has "
         "0, so compare with > 0."),
        ((counts - onehot * (counts.sum(1, keepdims=True) + 1)) / N,
         "The label gets one too many: its own margin does not count."),
        (lambda: _svm_by_loop(x, y, at_zero=True)[1], "A margin of exactly 0 sends a gradient: "
                                                      "the rule here is none at the kink, > 0."),
        (-dx, "The sign is wrong everywhere."),
        *((m / N, "It holds the margins; the derivative of a positive margin is 1.")
          for m in (margins, margins - onehot * margins.sum(axis=1, keepdims=True))),
        (dx / C, "It is divided by the classes too: only by N."),
    ]


# --- nets -----------------------------------------------------------------------------------


def _build(candidate, about, **options):
    """Make a net; the learner's own errors become sentences."""
    given = {k: list(v) if isinstance(v, list) else v for k, v in options.items()}
    net = attempt(candidate, about=f"{about}, in __init__,", **given)
    if given != options:
        raise Wrong(f"__init__, with {about}, changed the list hidden_dims of its caller to "
                    f"{given['hidden_dims']}: build a new list.")
    if not isinstance(getattr(net, "params", None), dict):
        raise Wrong(f"with {about} the net has no dict self.params.")
    return net


def _check_params(net, dims, scale, dtype, about):
    """Names, shapes, dtype, zero biases, weights of the asked spread."""
    layers = len(dims) - 1
    shapes = {f"W{k}": (dims[k - 1], dims[k]) for k in range(1, layers + 1)}
    shapes |= {f"b{k}": (dims[k],) for k in range(1, layers + 1)}
    if set(net.params) != set(shapes):
        raise Wrong(f"params, with {about}, has the keys {sorted(net.params)}, "
                    f"expected {sorted(shapes)}.")
    for name, shape in shapes.items():
        value = net.params[name]
        if np.shape(value) != shape:
            raise Wrong(f"params[{name!r}], with {about}, has shape {np.shape(value)}, "
                        f"expected {shape}.")
        if value.dtype != dtype:
            raise Wrong(f"params[{name!r}], with {about}, has dtype {value.dtype}, expected "
                        f"{np.dtype(dtype)}.")
        if name[0] == "b":
            if np.any(value):
                raise Wrong(f"params[{name!r}], with {about}, is not zero: biases start at 0.")
            continue
        if value.size < 1000:
            continue
        spread = float(value.std())
        if not 0.9 * scale < spread < 1.1 * scale or abs(value.mean()) > 0.15 * scale:
            hint = (" That is a variance of weight_scale; it must be the standard deviation."
                    if abs(spread - scale**0.5) < 0.1 * scale**0.5 else "")
            raise Wrong(f"params[{name!r}], with {about}, has mean {value.mean():.4g} and standard "
                        f"deviation {spread:.4g}, expected about 0 and {scale}: normal numbers "
                        f"times weight_scale.{hint}")


def _forward(layers, relu="between"):
    """The net in torch: (dict of tensors, X tensor) → scores."""
    def forward(p, X):
        h = X.flatten(1)
        for k in range(1, layers + 1):
            h = h @ p[f"W{k}"] + p[f"b{k}"]
            if (k < layers and relu != "nowhere") or relu == "everywhere":
                h = h.relu()
        return h

    return forward


def _check_net(net, layers, X, y, reg, dtype, about):
    """Scores, loss and all gradients against autograd."""
    _nets.judge(net, _forward(layers), X, y, reg, about, _tolerance(dtype), call=call, of_scores=[
        (_forward(layers, "nowhere"),
         "There is no ReLU between the layers, so the net is one affine layer."),
        (_forward(layers, "everywhere"), "The last layer has a ReLU too: scores may be negative."),
    ], of_grads=lambda name: [
        (lambda: _no_mask(net.params, layers, X, y, reg, name),
         "A ReLU is missing in the backward pass: the gradient passes where it must stop."),
    ])


def _no_mask(params, layers, X, y, reg, name):
    """The gradient when the backward pass skips the ReLUs."""
    h, inputs = np.asarray(X, dtype=np.float64).reshape(len(X), -1), []
    for k in range(1, layers + 1):
        inputs.append(h)
        h = h @ params[f"W{k}"] + params[f"b{k}"]
        h = np.maximum(h, 0) if k < layers else h
    d = np.exp(_log_p(h))
    d[np.arange(len(h)), y] -= 1
    d = d / len(h)
    for k in range(layers, int(name[1:]), -1):
        d = d @ params[f"W{k}"].T
    if name[0] == "b":
        return d.sum(axis=0)
    return inputs[int(name[1:]) - 1].T @ d + reg * params[name]


@exercise
def TwoLayerNet(candidate):
    rng = np.random.default_rng(6)
    about = "input_dim 200, hidden_dim 60, num_classes 30, weight_scale 0.01"
    net = _build(candidate, about, input_dim=200, hidden_dim=60, num_classes=30,
                 weight_scale=0.01, reg=0.0)
    _check_params(net, [200, 60, 30], 0.01, np.float64, about)
    scores = _nets.run(net, about, rng.normal(size=(20, 200)))
    if isinstance(scores, np.ndarray) and np.abs(scores).max() > 1:
        raise Wrong(f"with {about} the first scores are as large as {np.abs(scores).max():.3g}; "
                    "with weights this small they must be near 0.")
    for shape, reg in [((5, 4), 0.0), ((3, 4), 0.7), ((4, 2, 3), 0.1)]:
        D = int(np.prod(shape[1:]))
        about = f"X {shape}, hidden_dim 6, 3 classes, reg {reg}"
        net = _build(candidate, about, input_dim=D, hidden_dim=6, num_classes=3,
                     weight_scale=0.1, reg=reg)
        _check_params(net, [D, 6, 3], 0.1, np.float64, about)
        _nets.fill(net, rng)
        _check_net(net, 2, rng.normal(size=shape), rng.integers(0, 3, shape[0]), reg,
                   np.float64, about)
    return ("the parameters (names, shapes, spread, zero biases), then scores, loss and all four "
            "gradients of 3 nets against torch's autograd, with and without reg")


@exercise
def FullyConnectedNet(candidate):
    rng = np.random.default_rng(7)
    common = {"dropout": 1, "normalization": None}
    about = "hidden_dims [50, 40], input_dim 60, num_classes 30, weight_scale 0.02"
    options = {"hidden_dims": [50, 40], "input_dim": 60, "num_classes": 30, "reg": 0.0,
               "weight_scale": 0.02, "dtype": np.float64, **common}
    net = _build(candidate, about, seed=3, **options)
    _check_params(net, [60, 50, 40, 30], 0.02, np.float64, about)
    for seed, equal in [(3, True), (4, False)]:
        other = _build(candidate, about, seed=seed, **options).params["W1"]
        if np.array_equal(net.params["W1"], other) != equal:
            raise Wrong(f"with {about} two nets of seed 3 and seed {seed} start "
                        + ("differently: draw from np.random.default_rng(seed)." if equal else
                           "with the same weights: seed is not used."))
    cases = [([], (4, 5), 0.0, np.float64), ([6], (3, 4), 0.3, np.float64),
             ([5, 7], (4, 2, 3), 0.1, np.float64), ([4, 6, 3, 5], (6, 4), 0.2, np.float64),
             ([5, 4, 6], (3, 2, 2), 0.1, np.float32)]
    for hidden, shape, reg, dtype in cases:
        D = int(np.prod(shape[1:]))
        about = f"hidden_dims {hidden}, X {shape}, reg {reg}, {np.dtype(dtype)}"
        net = _build(candidate, about, hidden_dims=hidden, input_dim=D, num_classes=3, reg=reg,
                     weight_scale=0.1, dtype=dtype, seed=1, **common)
        _check_params(net, [D, *hidden, 3], 0.1, dtype, about)
        _nets.fill(net, rng)
        X = rng.normal(size=shape)  # float64: the net converts it
        _check_net(net, len(hidden) + 1, X.astype(dtype).astype(np.float64),
                   rng.integers(0, 3, shape[0]), reg, dtype, about)
    for wrong, lesson in [({"dropout": 0.5}, "7"), ({"normalization": "batchnorm"}, "6")]:
        _must_refuse(candidate, wrong, lesson)
    return ("the parameters and the seed, then scores, loss and all gradients of nets with 0, 1, "
            "2, 3 and 4 hidden layers against torch's autograd, float32 too")


def _must_refuse(candidate, wrong, lesson):
    (name, value), = wrong.items()
    try:
        candidate([4], input_dim=3, num_classes=2, **wrong)
    except ValueError as error:
        if lesson not in str(error):
            raise Wrong(f"{name}={value!r} raises ValueError, but the message must name lesson "
                        f"{lesson}, which adds it.") from error
    except Exception as error:
        raise Wrong(f"{name}={value!r} must raise ValueError, not "
                    f"{type(error).__name__}: {error}") from error
    else:
        raise Wrong(f"{name}={value!r} is accepted and ignored: raise a ValueError that names "
                    f"lesson {lesson}, which adds it.")
