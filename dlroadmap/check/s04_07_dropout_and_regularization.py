"""Checks of lesson 04/07, Dropout and regularization.

Dropout is judged by what it promises (values, shares, means), never by one random stream.
Oracles: PyTorch for label smoothing, numerical derivatives for gradients, slow loops for the rest.
"""

from itertools import pairwise

import numpy as np

from dlroadmap.check._frame import (
    Wrong,
    call,
    close,
    exercise,
    kind_of,
    numerical_gradient,
    same,
    unpack,
)

# --- dropout -------------------------------------------------------------------------------


def _nonzero(shape, dtype, seed, strided=False):
    """Random entries of both signs, none near 0: a zero in the answer was dropped."""
    rng = np.random.default_rng(seed)
    wide = (*shape[:-1], 2 * shape[-1]) if strided else shape
    x = (rng.uniform(0.5, 2, size=wide) * rng.choice([-1, 1], size=wide)).astype(dtype)
    return x[..., ::2] if strided else x


def _words(what, x, param):
    return f"{what} {x.shape}{kind_of(x)}, {param}"


def _drop(candidate, x, param):
    about = _words("x", x, param)
    out, cache = unpack(call(candidate, x, param, about=about), ("out", "cache"), about)
    if not isinstance(out, np.ndarray) or out.shape != x.shape or out.dtype != x.dtype:
        same("out", out, x, about=about)  # says what is wrong with type, shape or dtype
    if not isinstance(cache, tuple) or len(cache) != 2 or not isinstance(cache[0], dict):
        raise Wrong(f"the cache, with {about}, must be (dropout_param, mask).")
    return out, cache[1], about


def _factors(out, x, p, about):
    """out / x, after a judgement: each entry must be 0 or 1/p."""
    ratio = out.astype(np.float64) / x.astype(np.float64)
    fine = 1e-5 if x.dtype == np.float32 else 1e-9

    def near(value):
        return np.abs(ratio - value) < fine * max(1.0, value)

    if np.all(near(0) | near(1 / p)):
        return ratio
    for value, sentence in [
        (1, "The kept entries are not divided by p. Then training and test do not agree."),
        (
            1 / (1 - p),
            "The kept entries are divided by 1 - p: divide by p, the probability of keeping.",
        ),
        (p, "The kept entries are multiplied by p: divide by p."),
        (1 - p, "The kept entries are multiplied by 1 - p: divide by p."),
        (1 / p**2, "The kept entries are divided by p twice."),
    ]:
        if np.all(near(0) | near(value)) and near(value).any():
            raise Wrong(f"out, with {about}, is wrong. {sentence}")
    found = np.unique(ratio.round(3))
    raise Wrong(
        f"out / x, with {about}, must hold only 0 and 1/p = {1 / p:.4g}; it holds "
        f"{found.size} different values, from {found[0]:.4g} to {found[-1]:.4g}."
    )


def _independent(ratio, p, about):
    """Zeros in the whole, in rows and in columns; six standard deviations are allowed."""
    zero = ratio == 0
    if np.all(zero == zero[:1]):
        raise Wrong(
            f"with {about}, all rows have the same mask. Each sample needs its own: draw "
            "x.shape random numbers, not one row of them."
        )
    if np.all(zero == zero[:, :1]):
        raise Wrong(f"with {about}, whole rows are dropped: each entry is dropped on its own.")
    share, slack = zero.mean(), 6 * np.sqrt(p * (1 - p) / zero.size)
    if abs(share - p) <= slack:
        raise Wrong(
            f"with {about}, {share:.0%} of the entries are 0. p is the probability of "
            f"KEEPING, so about {1 - p:.0%} must be 0: keep where a random number is < p."
        )
    if abs(share - (1 - p)) > slack:
        raise Wrong(f"with {about}, {share:.1%} of the entries are 0, expected about {1 - p:.0%}.")
    for axis, name in ((1, "rows"), (0, "columns")):
        spread, expected = zero.mean(axis).std(), np.sqrt(p * (1 - p) / zero.shape[axis])
        if not 0.6 < spread / expected < 1.5:
            how = "equally many" if spread < expected else "very different numbers of"
            raise Wrong(
                f"with {about}, the {name} have {how} zeros: each entry is dropped on its "
                "own, with a random number of its own."
            )


@exercise
def dropout_forward(candidate):
    _in_test_mode(candidate)
    for p in (0.8, 0.25):
        x, param = _nonzero((300, 200), "float64", 2), {"mode": "train", "p": p}
        out, mask, about = _drop(candidate, x, param)
        ratio = _factors(out, x, p, about)
        _independent(ratio, p, about)
        if mask is None:
            raise Wrong(
                f"the mask in the cache, with {about}, is None: the backward pass needs it."
            )
        same(
            "the mask in the cache",
            mask,
            ratio,
            about=about,
            dtype=False,
            mistakes=[(ratio > 0, "Store the mask with the factor 1/p in it: 0 or 1/p.")],
        )
        if np.array_equal(out, _drop(candidate, x, param)[0]):
            raise Wrong(
                f"with {about}, two calls gave the same mask. Without a seed each call "
                "must draw a new one."
            )
        seeded = param | {"seed": 11}
        first, second = (_drop(candidate, x, seeded)[0] for _ in range(2))
        if not np.array_equal(first, second):
            raise Wrong(
                f"with {_words('x', x, seeded)}, two calls gave different masks: the seed "
                "is not used."
            )
        if np.array_equal(first, _drop(candidate, x, param | {"seed": 12})[0]):
            raise Wrong("the seeds 11 and 12 gave the same mask: use the value of the seed.")
    for shape, dtype, p, strided in [
        ((5, 9), "float32", 0.3, False),
        ((3, 4, 5), "float64", 0.6, False),
        ((8, 6), "float64", 0.7, True),
        ((40,), "float64", 0.4, False),
    ]:
        x, param = _nonzero(shape, dtype, 1, strided), {"mode": "train", "p": p}
        out, mask, about = _drop(candidate, x, param)
        _factors(out, x, p, about)
        same("the mask in the cache", mask, out / x, about=about, rtol=1e-5)
    x = _nonzero((20, 30), "float64", 3)
    out, _, about = _drop(candidate, x, {"mode": "train", "p": 1.0})
    same("out", out, x, about=about + " (nothing is dropped)")
    zero = np.zeros((4, 5))
    same("out", _drop(candidate, zero, {"mode": "train", "p": 0.5})[0], zero, about="x all zeros")
    return (
        "values 0 or x/p, the share of zeros, rows and columns on their own, a new mask each "
        "call, the same one with a seed, test mode, float32, a strided view"
    )


def _in_test_mode(candidate):
    for p in (0.5, 0.8):
        x, param = _nonzero((20, 30), "float64", 3), {"mode": "test", "p": p, "seed": 1}
        out, mask, about = _drop(candidate, x, param)
        if np.any(out == 0):
            raise Wrong(f"with {about}, some entries are 0: in test mode nothing is dropped.")
        same(
            "out",
            out,
            x,
            about=about,
            mistakes=[
                (x * p, "It is x * p. Inverted dropout needs no factor at test time."),
                (x / p, "It is x / p. At test time x goes through as it is."),
            ],
        )
        if mask is not None:
            raise Wrong(f"the mask in the cache, with {about}, must be None.")


@exercise
def dropout_backward(candidate):
    for shape, dtype, p, strided in [
        ((4, 5), "float64", 0.8, False),
        ((6, 3), "float32", 0.3, False),
        ((2, 3, 4), "float64", 0.6, False),
        ((5, 4), "float64", 0.7, True),
    ]:
        rng = np.random.default_rng(4)
        mask = ((rng.random(shape) < p) / p).astype(dtype)
        dout = _nonzero(shape, dtype, 5, strided)
        cache = ({"mode": "train", "p": p, "seed": 3}, mask)
        about = _words("dout", dout, cache[0])
        x = rng.normal(size=shape)
        want = numerical_gradient(lambda x, mask=mask: x * mask, x, dout.astype(float), 1e-3)
        kept = (mask > 0).astype(dtype)
        dx = call(candidate, dout, cache, about=about)
        if isinstance(dx, np.ndarray) and dx.shape == shape:
            _other_mask(dx, dout, mask, about)
        same(
            "dx",
            dx,
            want.astype(dtype),
            about=about,
            rtol=1e-6,
            mistakes=[
                (dout, "It is dout itself: the mask is not used, so dropped units get a gradient."),
                (dout * kept, "The factor 1/p is missing. It is in the mask: dout * mask."),
                (dout * mask / p, "There is one factor 1/p too many: the mask holds it already."),
                (dout * mask * p, "The factor is wrong: the mask holds 1/p already."),
                (dout * (1 - kept), "The gradient goes to the dropped entries."),
                (dout / p, "The mask is not used, only its factor."),
            ],
        )
    for p in (0.5, 0.8):
        dout, param = _nonzero((4, 6), "float64", 6), {"mode": "test", "p": p}
        about = _words("dout", dout, param) + ", mask None"
        dx = call(candidate, dout, (param, None), about=about)
        same(
            "dx",
            dx,
            dout,
            about=about,
            mistakes=[
                (dout * p, "It is dout * p. In test mode out = x, so dx = dout."),
                (dout / p, "It is dout / p. In test mode out = x, so dx = dout."),
            ],
        )
    return (
        "train mode against central differences, the mask of the cache, test mode, float32, "
        "a strided view"
    )


def _other_mask(dx, dout, mask, about):
    """Each entry is 0 or dout / p, as with a mask, but not with this one."""
    on = dx != 0
    if close(dx, dout * mask.max() * on, 1e-6, 0) and not on.all() and (on != (mask > 0)).any():
        raise Wrong(
            f"dx, with {about}, is 0 in other places than the mask of the cache. Do not "
            "draw a new mask: use the one that the forward pass stored."
        )


# --- early stopping ------------------------------------------------------------------------


def _stop_by_loop(losses, patience):
    """By the words of the docstring, slowly: look back at each epoch."""
    stop = len(losses)
    for epoch in range(patience + 1, len(losses) + 1):
        before, last = losses[: epoch - patience], losses[epoch - patience : epoch]
        if min(last) >= min(before):
            stop = epoch
            break
    seen = list(losses[:stop])
    return seen.index(min(seen)) + 1, stop


def _stop_cases():
    yield [5.0, 3.0, 4.0, 3.5, 3.2, 1.0, 2.0], 2
    yield [5.0, 3.0, 4.0, 3.0, 2.0], 2  # a tie is no new low
    yield [5.0, 4.0, 4.5, 4.2, 4.1, 3.0, 3.5], 3  # better than before, not than the best
    yield [3.0, 2.0, 2.5, 1.5, 1.8, 1.2, 1.9, 1.9, 0.5], 2  # the waiting starts anew
    yield [3.0, 2.0, 1.0], 2  # never stops
    yield [1.0, 2.0, 3.0, 0.5], 1
    yield [1.0, 2.0, 3.0, 4.0], 3  # the first epoch is the best
    yield [1.0, 1.0, 1.0], 5
    yield [2.0], 1
    yield [-1.0, -3.0, -2.0, -2.5, -2.9, -4.0], 3  # negative losses
    rng = np.random.default_rng(7)
    for n in (12, 30, 30, 30):
        yield rng.normal(size=n).round(1).tolist(), int(rng.integers(1, 6))


@exercise
def early_stopping(candidate):
    for losses, patience in _stop_cases():
        shown = losses if len(losses) < 12 else f"of {len(losses)} epochs"
        about = f"losses {shown}, patience {patience}"
        result = unpack(call(candidate, losses, patience, about=about), ("best", "stop"), about)
        want = _stop_by_loop(losses, patience)
        for name, value in zip(("best", "stop"), result, strict=True):
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise Wrong(
                    f"{name}, with {about}, is {value!r}; a whole number was asked for "
                    "(the last epoch if the run is never stopped)."
                )
        if tuple(result) != want:
            why = _why(tuple(map(int, result)), want, losses, patience)
            raise Wrong(
                f"with {about}, it returned best, stop = {result[0]}, {result[1]}; "
                f"expected {want[0]}, {want[1]}.{why}"
            )
    return "ties, several lows, a run that never stops, patience 1, one epoch, negative losses"


def _why(got, want, losses, patience):
    best, stop = want
    seen = list(losses[:stop])
    if got == (best - 1, stop - 1):
        return " Epochs count from 1."
    if got == (stop, best):
        return " The order is best, stop."
    if got == _wait(losses, patience, lambda new, low, last: new <= low):
        return " Equal is not lower: a tie is no new low, and the earlier epoch is the best."
    if got[1] == _wait(losses, patience, lambda new, low, last: new < last)[1] != stop:
        return " Compare with the lowest loss so far, not with the one before."
    if got[1] == _wait(losses, patience, lambda new, low, last: new < low, reset=False)[1] != stop:
        return " A new low must set the waiting back to 0."
    if got[1] == stop and got[0] == list(losses).index(min(losses)) + 1 != best:
        return " best looks at epochs after the stop. Nobody has trained them."
    if got == (stop, stop):
        return " best is the epoch of the lowest loss, not the last one."
    if got[1] == stop and 1 <= got[0] <= stop and seen[got[0] - 1] == min(seen):
        return " Of several equal lows the earliest is the best."
    if got[1] == min(stop + 1, len(losses)) != stop:
        return f" It waits one epoch too long: stop after {patience} epochs without a new low."
    if got[1] == stop - 1:
        return f" It stops one epoch too soon: wait {patience} epochs."
    return ""


def _wait(losses, patience, is_better, reset=True):
    """The rule with another idea of "better" → best, stop."""
    low, last, best, waited = np.inf, np.inf, 1, 0
    for epoch, loss in enumerate(losses, 1):
        if is_better(loss, low, last):
            low, best, waited = min(low, loss), epoch, 0 if reset else waited
        else:
            waited += 1
        last = loss
        if waited >= patience:
            return best, epoch
    return best, len(losses)


# --- the penalty, the shifts, the soft labels ----------------------------------------------


@exercise
def l2_penalty(candidate):
    for dims, dtype, reg, norms in [
        ((3, 4, 2), "float64", 0.7, False),
        ((5, 2, 3, 4), "float32", 0.1, True),
        ((4, 3), "float64", 0.0, False),
        ((2, 6, 3), "float64", 3.0, True),
    ]:
        rng, params = np.random.default_rng(8), {}
        for k, (D, M) in enumerate(pairwise(dims), 1):
            params[f"W{k}"] = rng.normal(size=(D, M)).astype(dtype)
            params[f"b{k}"] = rng.normal(size=M).astype(dtype)
            if norms:
                params |= {
                    f"gamma{k}": rng.normal(size=M).astype(dtype) + 1,
                    f"beta{k}": rng.normal(size=M).astype(dtype),
                }
        about = f"{', '.join(params)} of {dtype}, reg {reg}"
        loss, grads = unpack(call(candidate, params, reg, about=about), ("loss", "grads"), about)
        names = [n for n in params if n[0] == "W"]
        if not isinstance(grads, dict):
            raise Wrong(f"grads, with {about}, is a {type(grads).__name__}; a dict was asked for.")
        if set(grads) != set(names):
            more, less = sorted(set(grads) - set(names)), sorted(set(names) - set(grads))
            raise Wrong(
                f"grads, with {about}, has the names {sorted(grads)}, expected {names}."
                + (f" {', '.join(more)}: only weights are penalised." if more else "")
                + (f" {', '.join(less)} is missing." if less else "")
            )
        squares = {n: sum(float(v) ** 2 for v in w.flat) for n, w in params.items()}
        total = sum(squares[n] for n in names)
        flat = {n: sum(abs(float(v)) for v in params[n].flat) for n in names}
        same(
            "loss",
            float(loss) if np.ndim(loss) == 0 else loss,
            0.5 * reg * total,
            about=about,
            rtol=1e-5 if dtype == "float32" else 1e-9,
            mistakes=[
                (reg * total, "The factor 0.5 is missing."),
                (
                    0.5 * reg * sum(squares.values()),
                    "Biases, gamma or beta are in the sum: only names that begin with W.",
                ),
                (0.5 * total, "reg is missing."),
                (0.5 * reg * squares[names[-1]], "Only the last W is counted: add all."),
                (0.5 * reg * squares[names[0]], "Only the first W is counted: add all."),
                (0.5 * reg * sum(flat.values()), "It is the sum of absolute values, which is L1."),
                (0.5 * reg * total**0.5, "No root: L2 adds up squares."),
            ],
        )
        for n in names:
            W = params[n].astype(np.float64)
            want = numerical_gradient(lambda W, reg=reg: 0.5 * reg * W**2, W, 1.0, 1e-3)
            same(
                f'grads["{n}"]',
                grads[n],
                want.astype(dtype),
                about=about,
                rtol=1e-6,
                mistakes=[
                    (2 * reg * W, "It is 2 * reg * W: that belongs to a loss without the 0.5."),
                    (0.5 * reg * W, "It is 0.5 * reg * W: the derivative of 0.5 * W**2 is W."),
                    (W, "reg is missing."),
                    (reg * np.sign(W), "It is the gradient of L1."),
                ],
            )
    return (
        "one to three layers, with and without gamma and beta, reg 0, float32; gradients against "
        "central differences"
    )


@exercise
def shift_digits(candidate):
    for shape, dy, dx, dtype, strided in [
        ((2, 4, 5), 1, 2, "float64", False),
        ((2, 3, 4), 1, 0, "float64", False),
        ((2, 3, 4), 0, 1, "float64", False),
        ((2, 4, 3), -1, 0, "float64", False),
        ((2, 3, 4), 0, -1, "float64", False),
        ((2, 3, 4), 0, 0, "float64", False),
        ((3, 6, 5), 2, -3, "float32", False),
        ((1, 5, 7), -4, 6, "float64", False),
        ((2, 5, 6), -1, -2, "float64", True),
        ((2, 5, 6), 3, 1, "uint8", False),
    ]:
        rng = np.random.default_rng(9)
        X = rng.integers(1, 100, size=(*shape[:2], shape[2] * (2 if strided else 1))).astype(dtype)
        X = X[..., ::2] if strided else X
        about = f"X {shape} of {dtype}{', a strided view' if strided else ''}, dy {dy}, dx {dx}"
        held = X.copy()

        def watched(X, dy, dx):
            out = candidate(X, dy, dx)
            if isinstance(out, np.ndarray) and np.shares_memory(out, X):
                raise Wrong(
                    f"with {about}, the result shares its memory with X: return a new "  # noqa: B023
                    "array, also where nothing moves."
                )
            return out

        out = _passing_wrong(call, watched, X, dy, dx, about=about)
        same(
            "out",
            out,
            _move(held, dy, dx),
            about=about,
            mistakes=[
                (
                    np.roll(held, (dy, dx), (1, 2)),
                    "What goes out on one side comes in on the other, as with "
                    "np.roll: fill with 0.",
                ),
                (_move(held, -dy, -dx), "It moves the other way: positive is down and right."),
                (
                    lambda h=held, a=dx, b=dy: _move(h, a, b),
                    "dy and dx are swapped: dy is for rows (axis 1).",
                ),
                (_move(held, dy, -dx), "Columns move the other way: positive is right."),
                (_move(held, -dy, dx), "Rows move the other way: positive is down."),
                (held, "Nothing moved."),
                (
                    lambda h=held, a=dy, b=dx: _move(h, a, b, edge=True),
                    "The border is repeated: what comes in is 0.",
                ),
            ],
        )
    return (
        "all directions, no shift, large shifts, pictures that are not square, uint8, float32, "
        "a strided view"
    )


def _passing_wrong(function, *args, about):
    """``call``, but a Wrong from inside stays as it is."""
    try:
        return function(*args, about=about)
    except Wrong as wrong:
        if isinstance(wrong.__cause__, Wrong):
            raise wrong.__cause__ from None
        if "broadcast" in str(wrong):
            raise Wrong(
                f"{wrong}. The two slices have different sizes: a slice that ends at -0 is "
                "empty, so write H + min(dy, 0)."
            ) from wrong.__cause__
        raise


def _move(X, dy, dx, edge=False):
    """Pixel by pixel."""
    out = np.zeros_like(X)
    H, W = X.shape[1:]
    for i in range(H):
        for j in range(W):
            a, b = i - dy, j - dx
            if edge:
                a, b = min(max(a, 0), H - 1), min(max(b, 0), W - 1)
            if 0 <= a < H and 0 <= b < W:
                out[:, i, j] = X[:, a, b]
    return out


def _smooth_torch(logits, y, eps):
    import torch

    s = torch.tensor(np.ascontiguousarray(logits), dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(s, torch.tensor(y), label_smoothing=eps)
    loss.backward()
    return loss.item(), s.grad.numpy()


@exercise
def label_smoothing_loss(candidate):
    for shape, scale, eps, dtype, strided in [
        ((3, 4), 1, 0.1, "float64", False),
        ((5, 3), 2, 0.4, "float64", False),
        ((4, 6), 1, 0.0, "float64", False),
        ((6, 5), 1, 0.3, "float32", False),
        ((4, 3), 1, 0.2, "float64", True),
        ((1, 2), 1, 0.5, "float64", False),
        ((4, 5), 2000, 0.1, "float64", False),
    ]:
        rng, (N, C) = np.random.default_rng(10), shape
        s = (scale * rng.normal(size=(N, 2 * C if strided else C))).astype(dtype)
        s = s[:, ::2] if strided else s
        y = rng.integers(0, C, size=N)
        size = "large logits" if scale > 100 else "logits"
        about = f"{size} {shape} of {dtype}{', a strided view' if strided else ''}, eps {eps}"
        with np.errstate(all="ignore"):
            result = call(candidate, s, y, eps, about=about)
        loss, ds = unpack(result, ("loss", "dlogits"), about)
        want, dwant = _smooth_torch(s, y, eps)
        log_p = s - s.max(1, keepdims=True).astype(np.float64)
        log_p = log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
        hard = np.eye(C)[y]
        soft = (1 - eps) * hard + eps / C
        others = (1 - eps) * hard + eps / (C - 1) * (1 - hard)
        bare = (1 - eps) * hard

        def mean(t, log_p=log_p):
            return -(t * log_p).sum() / len(log_p)

        fine = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-10}
        if np.ndim(loss) == 0 and not np.isfinite(loss):
            raise Wrong(
                f"loss, with {about}, is {float(loss)}: subtract the largest logit of each row "
                "before exp, and take the log of the softmax without computing the softmax."
            )
        same(
            "loss",
            float(loss) if np.ndim(loss) == 0 else loss,
            want,
            about=about,
            **fine,
            mistakes=[
                (N * want, "It is the sum over the samples: take the mean."),
                (mean(hard), "The labels are not smoothed."),
                (
                    mean(others),
                    "eps is spread over the C - 1 wrong classes. Here it goes to all C classes, "
                    "the right one too: (1 - eps) * onehot + eps / C.",
                ),
                (
                    mean(bare),
                    "The share eps is taken from the right class and given to nobody: add eps / C.",
                ),
                (
                    mean(hard + eps / C),
                    "The right class keeps its full 1: multiply onehot by 1 - eps.",
                ),
                (mean((1 - eps) * hard + eps), "Each class gets eps: divide it by C."),
                (want / C, "It is divided by C too: sum over the classes, mean over the samples."),
            ],
        )
        p = np.exp(log_p)
        same(
            "dlogits",
            ds,
            dwant.astype(dtype),
            about=about,
            **fine,
            mistakes=[
                (p - soft, "It is not divided by N: the loss is a mean."),
                (
                    (p - hard) / N,
                    "The gradient uses the hard labels: softmax minus the smoothed targets.",
                ),
                ((p - others) / N, "The gradient uses other targets than the loss."),
                ((soft - p) / N, "The sign is wrong: softmax minus targets."),
                ((p - bare) / N, "The gradient forgets eps / C."),
            ],
        )
    return (
        "eps from 0 to 0.5, two to six classes, large logits, float32, a strided view; equal to "
        "PyTorch"
    )
