"""Checks of lesson 04/06, Initialization and normalization. The oracle is PyTorch's autograd."""

import functools

import numpy as np

from dlroadmap.check import _frame
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

call = functools.partial(_frame.call, hints=[
    (ValueError, "broadcast", "Two shapes do not fit. Write the shape of each factor below its "
                              "name: over which axis does each sum run, is keepdims=True missing, "
                              "where does gamma go?"),
    (ValueError, "reshape", "A reshape keeps the number of entries: write down the shape before "
                            "and after."),
])


def _tolerance(dtype):
    return {"rtol": 1e-8, "atol": 1e-9} if dtype == np.float64 else {"rtol": 5e-5, "atol": 5e-5}


def _compare(what, got, want, *, about, mistakes, **tolerance):
    """``same`` with the mistake that comes nearest; of four axes show the slice that is wrong."""
    fits = isinstance(got, np.ndarray) and got.shape == want.shape and got.dtype == want.dtype
    if not fits or close(got, want, tolerance["rtol"], tolerance["atol"]):
        return same(what, got, want, about=about, **tolerance)
    found = _nearest(got, want, mistakes)
    if got.ndim == 4:
        limit = tolerance["atol"] + tolerance["rtol"] * np.abs(want).max()
        with np.errstate(invalid="ignore"):
            n, c = np.argwhere(~(np.abs(got - want) <= limit))[0, :2]
        what, got, want = f"{what}[{n}, {c}]", got[n, c], want[n, c]
    return same(what, got, want, about=about, mistakes=[(got, found)] if found else (), **tolerance)


def _nearest(got, want, mistakes):
    """The sentence of the mistake that gives ``got``; None where no one does."""
    size = max(1.0, float(np.abs(want).max()))
    best, sentence = 2e-5 * size, None
    for value, text in mistakes:
        try:  # some mistakes cannot be made with these shapes
            with np.errstate(all="ignore"):
                value = np.asarray(value() if callable(value) else value, float)
        except Exception:
            continue
        if value.shape != got.shape or close(value, want, 1e-7, 1e-9):
            continue  # here it is no mistake
        off = np.abs(got - value).max()
        if off < best * 0.99:  # of equals the first
            best, sentence = off, text
    return sentence


def _shapes(what, got, want, hints, about):
    """Say what a wrong shape means where it is known; else leave it to ``same``."""
    if isinstance(got, np.ndarray) and got.shape != want:
        for shape, sentence in hints:
            if got.shape == shape:
                raise Wrong(f"{what}, with {about}, has shape {got.shape}, expected {want}. "
                            f"{sentence}")


def _torch(x, gamma, beta, normalise, dout=None):
    """out, or with dout the three gradients, computed in float64, in the dtype of x."""
    import torch

    tensors = [torch.tensor(np.ascontiguousarray(a), dtype=torch.float64,
                            requires_grad=dout is not None) for a in (x, gamma, beta)]
    out = normalise(*tensors)
    if dout is None:
        return out.numpy().astype(x.dtype)
    out.backward(torch.tensor(np.ascontiguousarray(dout), dtype=torch.float64))
    return [t.grad.numpy().astype(x.dtype) for t in tensors]


def _batch(x, gamma, beta, eps, dout=None, running=None):
    """PyTorch's batch norm, of tables and of pictures."""
    import torch

    def normalise(t, g, b):
        mean, var = (None, None) if running is None else (torch.tensor(a) for a in running)
        return torch.nn.functional.batch_norm(t, mean, var, g, b, training=running is None,
                                              eps=eps)

    return _torch(x, gamma, beta, normalise, dout)


def _layer(x, gamma, beta, eps, dout=None):
    import torch

    return _torch(x, gamma, beta, lambda t, g, b: torch.nn.functional.layer_norm(
        t, t.shape[1:], g, b, eps), dout)


def _group(x, gamma, beta, G, eps, dout=None):
    import torch

    return _torch(x, gamma, beta, lambda t, g, b: torch.nn.functional.group_norm(
        t, G, g.reshape(-1), b.reshape(-1), eps), dout)


def _check_cache(cache, want, names, about):
    if not isinstance(cache, tuple) or len(cache) != len(want):
        raise Wrong(f"with {about} cache must be the tuple ({', '.join(names)}): leave the line "
                    "with return as it is.")
    for i, (name, value) in enumerate(zip(names, want, strict=True)):
        if isinstance(value, np.ndarray):
            mistakes = ()
            if name == "std":
                mistakes = [(value**2, "That is the variance (plus eps): take the root.")]
            same(f"cache[{i}] ({name})", cache[i], value, about=about, mistakes=mistakes,
                 **_tolerance(value.dtype))
        elif cache[i] != value:
            raise Wrong(f"with {about} cache[{i}] must be {name}, {value}.")


# --- he_normal ------------------------------------------------------------------------------


@exercise
def he_normal(candidate):
    for fan_in, fan_out in [(3, 5), (7, 2), (1, 1), (4, 4)]:
        about = f"fan_in {fan_in}, fan_out {fan_out}"
        W = _weights(candidate, fan_in, fan_out, 0, about)
        if not isinstance(W, np.ndarray):
            raise Wrong(f"with {about} it returned {type(W).__name__}; an array was asked for.")
        if W.shape != (fan_in, fan_out):
            hint = " It is transposed: x @ W needs one row an input." \
                if W.shape == (fan_out, fan_in) else ""
            raise Wrong(f"with {about} W has shape {W.shape}, expected {(fan_in, fan_out)}.{hint}")
        if W.dtype != np.float64:
            raise Wrong(f"with {about} W has dtype {W.dtype}, expected float64.")
    first, again, other = (_weights(candidate, 6, 7, seed, "fan_in 6, fan_out 7")
                           for seed in (1, 1, 2))
    if not np.array_equal(first, again):
        raise Wrong("two generators with the same seed gave different weights: draw from rng, the "
                    "generator that is passed in, not from NumPy's global one.")
    if np.array_equal(first, other):
        raise Wrong("generators with different seeds gave the same weights: draw from rng, the "
                    "generator that is passed in, and seed nothing yourself.")
    if len(np.unique(first)) < first.size:
        raise Wrong("some weights are equal: each needs its own draw, size=(fan_in, fan_out).")
    for fan_in, fan_out in [(400, 100), (50, 1000)]:
        W = _weights(candidate, fan_in, fan_out, 3, f"fan_in {fan_in}, fan_out {fan_out}")
        _judge_weights(W, fan_in, fan_out)
    return ("8 draws: shape, dtype, generator, mean, standard deviation within 2 %, normal and not "
            "uniform")


def _weights(candidate, fan_in, fan_out, seed, about):
    return attempt(candidate, fan_in, fan_out, np.random.default_rng(seed), about=about)


def _judge_weights(W, fan_in, fan_out):
    want, std = np.sqrt(2 / fan_in), float(W.std())
    about = f"fan_in {fan_in}, fan_out {fan_out}"
    if not np.isfinite(W).all():
        raise Wrong(f"with {about} some weights are not finite numbers.")
    if not abs(std / want - 1) < 0.02:
        guesses = [
            (np.sqrt(1 / fan_in), "That is Xavier's 1 / n; a ReLU loses half of the squares: 2."),
            (2 / fan_in, "That is the variance 2 / fan_in. Multiply by its root, the standard "
                         "deviation."),
            (np.sqrt(2 / fan_out), "That is √(2 / fan_out): forward, a unit adds up its inputs."),
            (np.sqrt(2 / (fan_in + fan_out)), "That is √(2 / (fan_in + fan_out)), the rule of "
                                              "Glorot and Bengio."),
            (1, "That is the standard deviation 1: the factor is missing."),
            (np.sqrt(fan_in / 2), "It is divided where it should be multiplied: √(2 / fan_in)."),
            (want / np.sqrt(3), "A uniform number between -a and a has standard deviation a / √3. "
                                "Normal numbers were asked for: rng.normal."),
            (2 / np.sqrt(fan_in), "That is 2 / √fan_in: the 2 stands under the root."),
            (np.sqrt(6 / fan_in), "That is √(6 / fan_in), the limit of the uniform version."),
        ]
        hint = next((s for value, s in guesses if abs(std / value - 1) < 0.02), "")
        raise Wrong(f"with {about} the standard deviation is {std:.3g}, expected √(2 / fan_in) = "
                    f"{want:.3g}. {hint}")
    if not abs(W.mean()) < 0.03 * want:
        raise Wrong(f"with {about} the mean is {W.mean():.3g}, expected about 0.")
    kurtosis = float((W**4).mean() / std**4)
    if not 2.6 < kurtosis < 3.4:
        raise Wrong(f"with {about} the standard deviation is right, but the numbers are not "
                    f"normal (their fourth moment is {kurtosis:.1f}, a normal one 3). Uniform "
                    "numbers? Draw with rng.normal.")


# --- batch norm, forward --------------------------------------------------------------------

# x shape, mean, spread, eps, momentum, dtype, strided. None: not in bn_param. The third is square.
_BATCHES = [
    ((4, 3), 0.0, 1.0, None, None, "float64", False),
    ((5, 2), 3.0, 0.01, 0.1, 0.5, "float64", False),
    ((4, 4), -50.0, 20.0, 1e-3, None, "float64", False),
    ((7, 5), 2.0, 3.0, None, 0.8, "float64", True),
    ((2, 3), 1.0, 1.0, 0.5, 0.0, "float64", False),
    ((6, 3), 1.0, 2.0, 1e-2, 0.7, "float32", True),
]


def _batch_case(rng, shape, mean, spread, eps, momentum, dtype, strided, features=None):
    D = shape[1] if features is None else features
    x = (mean + spread * rng.normal(size=shape)).astype(dtype)
    gamma, beta = rng.normal(1, 0.5, D).astype(dtype), rng.normal(size=D).astype(dtype)
    param = {k: v for k, v in [("eps", eps), ("momentum", momentum)] if v is not None}
    return (strided_view(x) if strided else x), gamma, beta, param


def _said(x, mode, param):
    extra = "".join(f", {k} {v:g}" for k, v in param.items() if k in ("eps", "momentum"))
    return f"x {x.shape}, {mode} mode{extra}{kind_of(x)}"


def _norm_mistakes(x, gamma, beta, eps, axis=0):
    """Wrong outputs. ``axis`` is the one (or ones) that the right answer averages over."""
    x, g, b = x.astype(float), gamma.astype(float), beta.astype(float)

    def stat(ax=axis, ddof=0):
        return x.mean(axis=ax, keepdims=True), x.var(axis=ax, ddof=ddof, keepdims=True)

    mean, var = stat()
    hat = (x - mean) / np.sqrt(var + eps)

    def turned():
        m, v = stat(1 - axis)
        return g * (x - m) / np.sqrt(v + eps) + b

    def everything():
        m, v = stat(None)
        return g * (x - m) / np.sqrt(v + eps) + b

    def broadcast():  # mean and variance of axis 1 without keepdims, laid along the columns
        return g * (x - x.mean(axis=1)) / np.sqrt(x.var(axis=1) + eps) + b

    def per_row():
        return g[:, None] * hat + b[:, None]

    other = "each feature is normalised over the samples, axis 0" if axis == 0 else \
        "each sample is normalised over its features, axis 1"
    return [
        (hat, "It is x_hat: gamma and beta are missing."),
        (g * hat, "beta is missing: gamma * x_hat + beta."),
        (hat + b, "gamma is missing: gamma * x_hat + beta."),
        (g * (hat + b), "beta is multiplied by gamma: gamma * x_hat + beta."),
        (b * hat + g, "gamma and beta are swapped: gamma multiplies, beta is added."),
        (lambda: g * (x - mean) / np.sqrt(stat(ddof=1)[1] + eps) + b,
         "The variance is divided by one less than the number of values (ddof=1). Here it is the "
         "biased one, a plain mean of squares."),
        (g * (x - mean) / (np.sqrt(var) + eps) + b,
         "eps is added to the standard deviation; it belongs under the root, to the variance."),
        (lambda: g * (x - mean) / np.sqrt(var) + b, "eps is missing."),
        (g * (x - mean) / np.sqrt(var + 1e-5) + b if eps != 1e-5 else np.nan,
         "eps is fixed at 1e-5: read it from the dictionary."),
        (g * (x - mean) / (var + eps) + b, "It is divided by the variance: by its root."),
        (g * (x - mean) + b, "It is not divided by the standard deviation."),
        (g * x / np.sqrt(var + eps) + b, "The mean is not subtracted."),
        (broadcast, "mean and variance of the samples lie along the columns: keepdims=True makes "
                    "them (N, 1)."),
        (turned, f"The other axis is averaged: {other}."),
        (everything, f"One mean for the whole table: {other}."),
        (per_row, "gamma and beta lie along the samples; they belong to the features, the last "
                  "axis, and broadcast by themselves."),
    ]


def _expected_running(x, old_mean, old_var, m, axis=0):
    mean, var = x.mean(axis=axis, dtype=float), x.var(axis=axis, dtype=float)
    return ((m * old_mean + (1 - m) * mean).astype(x.dtype),
            (m * old_var + (1 - m) * var).astype(x.dtype))


def _check_running(param, x, old_mean, old_var, m, about, axis=0):
    """What the train mode wrote into bn_param."""
    want_mean, want_var = _expected_running(x, old_mean, old_var, m, axis)
    mean, var = x.mean(axis=axis, dtype=float), x.var(axis=axis, dtype=float)
    unbiased = x.var(axis=axis, dtype=float, ddof=1)
    for key, want, old, batch, special in [
        ("running_mean", want_mean, old_mean, mean, []),
        ("running_var", want_var, old_var, var, [
            (m * old_var + (1 - m) * unbiased,
             "It averages the unbiased variance, as PyTorch does; here it is the biased one, the "
             "same that normalises."),
            (m * old_var + (1 - m) * np.sqrt(var), "It averages the standard deviation, not the "
                                                   "variance."),
            (m * old_var + (1 - m) * mean, "It averages the mean, not the variance."),
        ]),
    ]:
        if key not in param or param[key] is None:
            raise Wrong(f"with {about} there is no {key} in bn_param: train mode must write "
                        f'bn_param["{key}"] = …')
        name, tolerance = f'bn_param["{key}"]', _tolerance(x.dtype)
        _compare(name, param[key], want, about=about, **tolerance, mistakes=[
            (old, "It did not change: train mode writes the new average into bn_param."),
            *special,
            ((1 - m) * old + m * batch, "old and new are swapped: momentum is the weight of the "
                                        "*old* value (PyTorch has it the other way round)."),
            (m * old + batch, "The new value lacks its weight, 1 - momentum."),
            (batch, "The batch's value replaces the old one: average them."),
            (0.9 * old + 0.1 * batch, "momentum is fixed at 0.9: read it from bn_param."),
        ])


@exercise
def batchnorm_forward(candidate):
    rng = np.random.default_rng(0)
    for case in _BATCHES:
        x, gamma, beta, param = _batch_case(rng, *case)
        eps, m = param.get("eps", 1e-5), param.get("momentum", 0.9)
        D = x.shape[1]
        old_mean, old_var = np.zeros(D, x.dtype), np.zeros(D, x.dtype)
        if "momentum" in param:  # else: the running arrays are missing, and start at 0
            old_mean = rng.normal(size=D).astype(x.dtype)
            old_var = rng.uniform(0.5, 2, D).astype(x.dtype)
            param |= {"running_mean": old_mean.copy(), "running_var": old_var.copy()}
        _train_case(candidate, x, gamma, beta, param, old_mean, old_var, eps, m)
        _test_case(candidate, rng, x, gamma, beta, param, eps)
    _closed_form(candidate, rng)
    _constant_feature(candidate)
    return ("18 calls against torch: other eps and momentum, N = D, a strided view, float32, a "
            "feature that never varies; running averages against their closed form; test mode")


def _run_forward(candidate, x, gamma, beta, param, about):
    """Call with a dict of ours, so that we see what was written; → out, cache, the dict."""
    kept = {}

    def keep(x, gamma, beta, given):
        kept["param"] = given
        return candidate(x, gamma, beta, given)

    result = call(keep, x, gamma, beta, param, about=about, may_change=(3,))
    return (*unpack(result, ["out", "cache"], about), kept["param"])


def _train_case(candidate, x, gamma, beta, param, old_mean, old_var, eps, m):
    about = _said(x, "train", param)
    out, cache, after = _run_forward(candidate, x, gamma, beta, {**param, "mode": "train"}, about)
    want = _batch(x, gamma, beta, eps)
    with np.errstate(all="ignore"):
        running = gamma * (x - old_mean) / np.sqrt(old_var + eps) + beta
        new = _expected_running(x, old_mean, old_var, m)
        updated = gamma * (x - new[0]) / np.sqrt(new[1] + eps) + beta
    _compare("out", out, want, about=about, **_tolerance(x.dtype), mistakes=[
        *_norm_mistakes(x, gamma, beta, eps),
        (running, "Train mode must use mean and variance of the batch, not the running ones."),
        (updated, "Train mode must use mean and variance of the batch, not the averages that it "
                  "updates."),
    ])
    std = np.sqrt(x.var(axis=0, dtype=float) + eps)
    hat = (x - x.mean(axis=0, dtype=float)) / std
    _check_cache(cache, [hat.astype(x.dtype), std.astype(x.dtype), gamma],
                 ["x_hat", "std", "gamma"], about)
    _check_running(after, x, old_mean, old_var, m, about)


def _test_case(candidate, rng, x, gamma, beta, param, eps):
    D = x.shape[1]
    mean = rng.normal(size=D).astype(x.dtype)
    var = rng.uniform(0.5, 2, D).astype(x.dtype)
    given = {**param, "mode": "test", "running_mean": mean, "running_var": var}
    about = _said(x, "test", param)
    out, _, after = _run_forward(candidate, x, gamma, beta, given, about)
    want = _batch(x, gamma, beta, eps, running=(mean.astype(float), var.astype(float)))
    batch = _batch(x, gamma, beta, eps)
    _compare("out", out, want, about=about, **_tolerance(x.dtype), mistakes=[
        (batch, "Test mode must use running_mean and running_var, not mean and variance of the "
                "batch: the answer for a sample must not depend on its neighbours."),
        (gamma * (x - x.mean(axis=0)) / np.sqrt(var + eps) + beta,
         "Test mode subtracts the mean of the batch: use running_mean."),
        (gamma * (x - mean) / np.sqrt(x.var(axis=0) + eps) + beta,
         "Test mode divides by the spread of the batch: use running_var."),
        (gamma * (x - mean) / np.sqrt(var) + beta, "In test mode eps is missing under the root."),
        (gamma * (x - mean) / (np.sqrt(var) + eps) + beta,
         "In test mode eps is added to the standard deviation; it belongs under the root."),
        (gamma * (x - mean) / (var + eps) + beta, "In test mode it divides by the variance: by "
                                                  "its root."),
        ((x - mean) / np.sqrt(var + eps), "In test mode gamma and beta are missing."),
    ])
    for key, old in [("running_mean", mean), ("running_var", var)]:
        if not np.array_equal(after.get(key), old):
            raise Wrong(f"with {about} it changed {key}: test mode changes nothing, or test data "
                        "leak into the network.")
    alone, _, _ = _run_forward(candidate, x[:1], gamma, beta, given, f"one sample, {about}")
    same("out", alone, want[:1], about=f"one sample, {about}", **_tolerance(x.dtype))


def _closed_form(candidate, rng):
    """The same batch again and again: (1 - m^(i+1)) times the statistic."""
    x, param, about = rng.normal(2, 3, size=(5, 3)), {"mode": "train"}, "the same x (5, 3), call {}"
    for i in range(4):
        _, _, param = _run_forward(candidate, x, np.ones(3), np.zeros(3), param, about.format(i))
        for key, value in [("running_mean", x.mean(axis=0)), ("running_var", x.var(axis=0))]:
            same(f'bn_param["{key}"]', param.get(key), (1 - 0.9 ** (i + 1)) * value,
                 about=about.format(i) + f" (from 0): (1 - 0.9^{i + 1}) times the batch's value")


def _constant_feature(candidate):
    x = np.array([[7.0, 1e6], [7.0, 1e6 + 1], [7.0, 1e6 + 2]])
    beta, about = np.array([1.0, 2.0]), "a feature that never varies, and one near a million"
    with np.errstate(all="ignore"):
        out, _, _ = _run_forward(candidate, x, np.ones(2), beta, {"mode": "train"}, about)
    same("out", out, _batch(x, np.ones(2), beta, 1e-5), about=about, rtol=1e-6, atol=1e-6)


# --- batch norm, backward -------------------------------------------------------------------


def _batch_cache(x, gamma, eps):
    std = np.sqrt(x.var(axis=0, dtype=float) + eps)
    hat = (x - x.mean(axis=0, dtype=float)) / std
    return hat.astype(x.dtype), std.astype(x.dtype), gamma


def _vector_hints(N, D):
    return [
        ((N, D), "There is one row a sample: gamma and beta serve all of them, so sum over the "
                 "samples, axis 0."),
        ((1, D), "The summed axis must go: no keepdims."),
        ((N,), "The wrong axis is summed: axis 0 counts the samples."),
        ((), "Everything is summed: only over the samples, axis 0."),
    ]


def _batch_dx_mistakes(dout, hat, std, gamma, line9=False):
    """Wrong dx of batch norm; also of tables that pictures are turned into.

    line9: say it in words of the short form, where both forms share a mistake.
    """
    dout, hat, std, gamma = (a.astype(float) for a in (dout, hat, std, gamma))
    N, d = len(dout), hat * std
    dhat = dout * gamma

    def graph(through_mean=1, through_var=1, half=0.5, two=2, sign=-1, power=2, n=N):
        dstd = sign * (dhat * d).sum(axis=0) / std**power
        dd = dhat / std + through_var * two * d / n * (half * dstd / std)
        return dd - through_mean * dd.sum(axis=0) / n

    right = graph()
    long = [
        (dhat / std, "Only the direct way is left: the ways through the mean and through the "
                     "variance are missing."),
        (lambda: graph(through_var=0), "The way through the variance is missing: lines 2 to 4."),
        (lambda: graph(through_mean=0), "The way through the mean is missing: lines 5 and 6."),
        (lambda: graph(half=1), "The ½ of the root is missing: dvar = dstd / (2 std)."),
        (lambda: graph(half=2), "dvar = dstd / (2 std): the 2 stands below the line."),
        (lambda: graph(two=1), "The 2 of line 4 is missing: the derivative of d² is 2 d."),
        (lambda: graph(sign=1), "The sign of line 2: the derivative of d / s by s is -d / s²."),
        (lambda: graph(power=1), "In line 2 it is divided by s; the derivative of 1 / s is "
                                 "-1 / s²."),
        (lambda: graph(power=3), "In line 2 it is divided by s³; the derivative of 1 / s is "
                                 "-1 / s²."),
        (lambda: graph(n=N - 1), "It divides by N - 1: mean and variance of the forward pass "
                                 "divide by N."),
        (lambda: right / gamma, "gamma is missing: line 1, dx_hat = dout * gamma."),
        (lambda: right * gamma, "gamma is there twice."),
        (lambda: right * N, "The division by N is missing."),
        (lambda: right / N, "It is divided by N once too often."),
        (lambda: right * std, "The division by std is missing."),
        (lambda: right / std, "It is divided by the variance: once by std."),
    ]
    short = [
        (lambda: gamma / (N * std) * (dout - dout.sum(0) - hat * (dout * hat).sum(0)),
         "In line 9 the first term is N * dout."),
        (lambda: gamma / std * (dout - dout.sum(0) - hat * (dout * hat).sum(0)),
         "In line 9 both sums are divided by N: they are means."),
        (lambda: gamma / (N * std) * (N * dout - dout.sum(0) + hat * (dout * hat).sum(0)),
         "In line 9 the last term has a minus."),
        (lambda: gamma / (N * std) * (N * dout + dout.sum(0) - hat * (dout * hat).sum(0)),
         "In line 9 dbeta has a minus."),
        (lambda: gamma / (N * std) * (N * dout - dout.sum(0) - (dout * hat).sum(0)),
         "In line 9 dgamma is multiplied by x_hat."),
        (lambda: gamma / (N * std) * (N * dout - (dout * gamma).sum(0)
                                      - hat * (dout * gamma * hat).sum(0)),
         "gamma is in the sums and before the bracket too."),
        (lambda: dhat / std - (dhat / std).mean(1, keepdims=True)
         - hat * (dhat * hat).mean(1, keepdims=True) / std,
         "The sums run over the features: here N samples share a mean, axis 0."),
        (lambda: dhat / std - dhat.sum(0) / std - hat * (dhat * hat).sum(0) / std,
         "Sums where means belong: each is divided by N."),
    ]
    return short + long if line9 else long + short


def _parameter_mistakes(dout, hat, gamma, x=None):
    dout, hat, gamma = (a.astype(float) for a in (dout, hat, gamma))
    N = len(dout)
    mean = "It is divided by the number of samples. The loss layer has divided already: here is " \
           "a sum."
    out = {
        "dgamma": [
            (dout.sum(0), "It is dbeta: for gamma each dout is multiplied by its x_hat."),
            ((dout * hat).sum(0) / N, mean),
            (gamma * (dout * hat).sum(0), "gamma itself does not stand in its gradient."),
            (hat.sum(0), "dout is missing."),
        ],
        "dbeta": [
            ((dout * hat).sum(0), "It is dgamma: beta is only added, so the derivative is 1. Is "
                                  "the order dx, dgamma, dbeta?"),
            (dout.mean(0), mean),
            (gamma * dout.sum(0), "gamma does not stand in it: beta is added after it."),
        ],
    }
    if x is not None:
        out["dgamma"].append(((dout * x).sum(0), "dout is multiplied by x: it belongs to x_hat, "
                                                 "the number that gamma multiplies."))
    return out


def _backward_of_batches(candidate, seed, line9=False):
    rng = np.random.default_rng(seed)
    for case in _BATCHES:
        x, gamma, beta, param = _batch_case(rng, *case)
        eps = param.get("eps", 1e-5)
        dout = strided_view(rng.normal(size=x.shape).astype(x.dtype))
        cache, want = _batch_cache(x, gamma, eps), _batch(x, gamma, beta, eps, dout)
        about = f"dout {dout.shape}, eps {eps:g}{kind_of(x)}"
        got = unpack(call(candidate, dout, cache, about=about), ["dx", "dgamma", "dbeta"], about)
        _compare_gradients(got, want, about, x.dtype, x.shape,
                           _batch_dx_mistakes(dout, *cache, line9),
                           _parameter_mistakes(dout, cache[0], gamma, x))
    return len(_BATCHES)


def _compare_gradients(got, want, about, dtype, shape, dx_mistakes, others):
    tolerance = _tolerance(dtype)
    swapped = [_is(got[1], want[2]), _is(got[2], want[1]), not _is(want[1], want[2])]
    if all(swapped):
        raise Wrong(f"with {about} dgamma and dbeta are swapped: return dx, dgamma, dbeta.")
    for name, mine, right in zip(["dgamma", "dbeta"], got[1:], want[1:], strict=True):
        _shapes(name, mine, right.shape, _vector_hints(*shape[:2]), about)
        _compare(name, mine, right, about=about, mistakes=others[name], **tolerance)
    size = {"rtol": 1e-7, "atol": 1e-8} if dtype == np.float64 else {"rtol": 5e-4, "atol": 5e-4}
    _compare("dx", got[0], want[0], about=about, mistakes=dx_mistakes, **size)


def _is(got, want):
    return np.shape(got) == np.shape(want) and close(got, want, 1e-6, 1e-8)


@exercise
def batchnorm_backward(candidate):
    count = _backward_of_batches(candidate, 1)
    return (f"dx, dgamma and dbeta of {count} batches against torch's autograd: large eps, N = D, "
            "two samples, strided views, float32")


@exercise
def batchnorm_backward_alt(candidate):
    count = _backward_of_batches(candidate, 2, line9=True)
    return (f"dx, dgamma and dbeta of {count} batches against torch's autograd: large eps, N = D, "
            "two samples, strided views, float32")


# --- layer norm -----------------------------------------------------------------------------

# x shape, mean, spread, eps, dtype, strided. The second is square: there no shape complains.
_ROWS = [
    ((2, 5), 0.0, 1.0, None, "float64", False),
    ((4, 4), 3.0, 2.0, 1e-2, "float64", False),
    ((5, 3), -20.0, 10.0, None, "float64", True),
    ((1, 6), 1.0, 0.01, 0.1, "float64", False),
    ((6, 4), 1.0, 2.0, 0.5, "float32", True),
]


def _row_case(rng, shape, mean, spread, eps, dtype, strided):
    x, gamma, beta, _ = _batch_case(rng, shape, mean, spread, None, None, dtype, strided)
    return x, gamma, beta, 1e-5 if eps is None else eps, {} if eps is None else {"eps": eps}


@exercise
def layernorm_forward(candidate):
    rng = np.random.default_rng(3)
    for case in _ROWS:
        x, gamma, beta, eps, param = _row_case(rng, *case)
        about = f"x {x.shape}, eps {eps:g}{kind_of(x)}"
        out, cache = unpack(call(candidate, x, gamma, beta, param, about=about),
                            ["out", "cache"], about)
        want = _layer(x, gamma, beta, eps)
        _compare("out", out, want, about=about, **_tolerance(x.dtype),
                 mistakes=_norm_mistakes(x, gamma, beta, eps, axis=1))
        std = np.sqrt(x.var(axis=1, dtype=float, keepdims=True) + eps)
        hat = (x - x.mean(axis=1, dtype=float, keepdims=True)) / std
        if isinstance(cache, tuple) and len(cache) == 3 and np.shape(cache[1]) == (len(x),):
            raise Wrong(f"with {about} cache[1] (std) has shape {(len(x),)}, expected "
                        f"{(len(x), 1)}: keepdims=True.")
        _check_cache(cache, [hat.astype(x.dtype), std.astype(x.dtype), gamma],
                     ["x_hat", "std", "gamma"], about)
    x = np.array([[7.0, 7, 7], [1, 2, 3]])
    out, _ = unpack(call(candidate, x, np.ones(3), np.zeros(3), {}, about="a row of equal numbers"),
                    ["out", "cache"], "a row of equal numbers")
    same("out", out, _layer(x, np.ones(3), np.zeros(3), 1e-5), about="a row of equal numbers")
    return (f"{len(_ROWS) + 1} batches against torch: other eps, N = D, one sample, a row of equal "
            "numbers, strided views, float32")


def _layer_dx_mistakes(dout, hat, std, gamma):
    dout, hat, std, gamma = (a.astype(float) for a in (dout, hat, std, gamma))
    dhat, N, D = dout * gamma, *dout.shape

    def form(d=dhat, front=1.0, mean=1.0, along=1.0, n=D, axis=1, by=std):
        return front * (d - mean * d.sum(axis, keepdims=True) / n
                        - along * hat * (d * hat).sum(axis, keepdims=True) / n) / by

    return [
        (dhat / std, "Only the direct way is left: the ways through mean and variance are "
                     "missing."),
        (lambda: form(d=dout, front=gamma), "gamma stands before the bracket, as in batch norm. "
                                            "Along a row each feature has its own gamma: put it "
                                            "into the sums, dx_hat = dout * gamma."),
        (lambda: form(d=dout), "gamma is missing: dx_hat = dout * gamma."),
        (lambda: form(mean=0), "The way through the mean is missing: the sum of dx_hat."),
        (lambda: form(along=0), "The way through the variance is missing: x_hat times the sum of "
                                "dx_hat * x_hat."),
        (lambda: form(along=-1), "The last term has a minus."),
        (lambda: form(mean=-1), "The sum of dx_hat has a minus."),
        (lambda: form(n=1), "The sums are not divided by D."),
        (lambda: form(n=N), "The sums are divided by N: here D features share a mean."),
        (lambda: form(axis=0, n=N), "The sums run over the samples, as in batch norm: here the "
                                    "features of one sample share a mean, axis 1."),
        (lambda: form(axis=0), "The sums run over the samples, as in batch norm: here the "
                               "features of one sample share a mean, axis 1."),
        (lambda: form(by=1), "The division by std is missing."),
        (lambda: form(by=std**2), "It is divided by the variance: once by std."),
        (lambda: form(n=D - 1), "It divides by D - 1: the forward pass divides by D."),
        (lambda: form() / D, "It is divided by D once too often."),
        (lambda: form() * D, "The division by D is missing."),
    ]


@exercise
def layernorm_backward(candidate):
    rng = np.random.default_rng(4)
    for case in _ROWS:
        x, gamma, beta, eps, _ = _row_case(rng, *case)
        dout = strided_view(rng.normal(size=x.shape).astype(x.dtype))
        std = np.sqrt(x.var(axis=1, dtype=float, keepdims=True) + eps)
        hat = (x - x.mean(axis=1, dtype=float, keepdims=True)) / std
        cache = hat.astype(x.dtype), std.astype(x.dtype), gamma
        about = f"dout {dout.shape}, eps {eps:g}{kind_of(x)}"
        got = unpack(call(candidate, dout, cache, about=about), ["dx", "dgamma", "dbeta"], about)
        _compare_gradients(got, _layer(x, gamma, beta, eps, dout), about, x.dtype, x.shape,
                           _layer_dx_mistakes(dout, *cache),
                           _parameter_mistakes(dout, cache[0], gamma, x))
    return (f"dx, dgamma and dbeta of {len(_ROWS)} batches against torch's autograd: large eps, "
            "N = D, one sample, strided views, float32")


# --- pictures: batch norm -------------------------------------------------------------------

# x shape, mean, spread, eps, momentum, dtype, strided. Height and width differ, save in the
# second, where all axes are equal and no shape complains.
_PICTURES = [
    ((2, 3, 2, 4), 1.0, 2.0, None, None, "float64", False),
    ((2, 2, 2, 2), 3.0, 1.0, 0.1, 0.5, "float64", False),
    ((3, 4, 5, 2), -5.0, 3.0, None, 0.8, "float64", True),
    ((1, 3, 4, 3), 0.0, 1.0, 0.5, 0.7, "float64", False),
    ((2, 2, 3, 4), 1.0, 2.0, 1e-2, 0.6, "float32", True),
]


def _rows(x):
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _picture_hints(N, C, H, W):
    return [
        ((N, H, W, C), "The channel axis is last: transpose(0, 3, 1, 2) brings it back."),
        ((N * H * W, C), "It is still a table: reshape to (N, H, W, C), then transpose."),
        ((N, C, W, H), "Height and width are swapped."),
        ((C, N, H, W), "The first two axes are swapped."),
        ((N, C, H * W), "Rows and columns are still one axis: reshape to the shape of x."),
    ]


def _picture_mistakes(x, gamma, beta, eps, G=None):
    x = x.astype(float)
    g, b = (a.astype(float).reshape(1, -1, 1, 1) for a in (gamma, beta))
    N, C, H, W = x.shape

    def over(*axes, ddof=0):
        m, v = x.mean(axes, keepdims=True), x.var(axes, ddof=ddof, keepdims=True)
        return g * (x - m) / np.sqrt(v + eps) + b

    def table():
        rows = x.reshape(-1, C)
        hat = (rows - rows.mean(0)) / np.sqrt(rows.var(0) + eps)
        return (g.ravel() * hat + b.ravel()).reshape(x.shape)

    def half():
        rows = _rows(over(0, 2, 3))
        return rows.reshape(x.shape)

    def groups(n, ddof=0, split=None, spread=None):
        t = x.reshape(N, n, -1) if split is None else split(x)
        m, v = t.mean(-1, keepdims=True), t.var(-1, ddof=ddof, keepdims=True)
        hat = (t - m) / (np.sqrt(v + eps) if spread is None else spread(v))
        return hat.reshape(x.shape)

    def interleaved():
        t = x.reshape(N, C // G, G, H * W).transpose(0, 2, 1, 3).reshape(N, G, -1)
        hat = (t - t.mean(-1, keepdims=True)) / np.sqrt(t.var(-1, keepdims=True) + eps)
        return g * hat.reshape(N, G, C // G, H, W).transpose(0, 2, 1, 3, 4).reshape(x.shape) + b

    def with_batch():
        t = x.reshape(N, G, -1)
        m, v = t.mean((0, 2), keepdims=True), t.var((0, 2), keepdims=True)
        return g * ((t - m) / np.sqrt(v + eps)).reshape(x.shape) + b

    def moved(order):
        return g * over(0, 2, 3).transpose(order) + b

    batch = G is None
    what = "here the pixels of a channel in all pictures share a mean: axes 0, 2, 3" if batch else \
        "here the channels of a group, with all their pixels, in one picture share a mean"
    yield from [
        (lambda: over(0), f"Each pixel place got its own mean over the pictures: {what}."),
        (lambda: over(1), f"The channels of each pixel share a mean: {what}."),
        (lambda: over(0, 1, 2, 3), f"One mean for everything: {what}."),
        (lambda: g * x + b, "Nothing is normalised."),
    ]
    if batch:
        yield from [
            (lambda: over(2, 3), f"Each picture got its own mean (that is instance norm): {what}."),
            (lambda: over(1, 2, 3), f"Each picture got one mean (that is layer norm): {what}."),
            (table, "The table is cut in memory order: move the channels last with "
                    "transpose(0, 2, 3, 1) before the reshape."),
            (lambda: table().reshape(N, H, W, C).transpose(0, 3, 1, 2),
             "The table is cut in memory order: move the channels last with "
             "transpose(0, 2, 3, 1) before the reshape."),
            (half, "The numbers are right and in the wrong order: reshape to (N, H, W, C) first, "
                   "then transpose(0, 3, 1, 2)."),
            (lambda: np.swapaxes(over(0, 2, 3), 2, 3) if H == W else None,
             "Height and width are swapped on the way back: transpose(0, 3, 1, 2)."),
            (lambda: over(0, 2, 3, ddof=1), "The variance is the unbiased one (ddof=1)."),
        ]
        return
    right = groups(G)
    yield from [
        (right, "gamma and beta are missing."),
        (lambda: g * right, "beta is missing."),
        (lambda: right + b, "gamma is missing."),
        (lambda: over(2, 3), f"Each channel got its own mean (G = C): {what}."),
        (lambda: over(1, 2, 3), f"All channels share a mean (G = 1): {what}."),
        (interleaved, "The groups are interleaved, every G-th channel: a group is C / G "
                      "neighbours. x.reshape(N, G, -1) cuts them so."),
        (lambda: g * groups(C // G) + b, "There are C / G groups of G channels: G is the number "
                                         "of groups."),
        (with_batch, f"All pictures share a mean: {what}."),
        (lambda: g * groups(G, ddof=1) + b, "The variance is the unbiased one (ddof=1); here it "
                                            "is the plain mean of squares."),
        (lambda: g * groups(G, spread=lambda v: np.sqrt(v) + eps) + b,
         "eps is added to the standard deviation; it belongs under the root, to the variance."),
        (lambda: g * groups(G, spread=np.sqrt) + b, "eps is missing."),
        (lambda: g * groups(G, spread=lambda v: np.sqrt(v + 1e-5)) + b,
         "eps is fixed at 1e-5: read it from gn_param."),
        (lambda: g * groups(G, spread=lambda v: v + eps) + b, "It is divided by the variance: by "
                                                              "its root."),
        (lambda: gamma.ravel() * right + beta.ravel(),
         "gamma and beta lie along the columns of the picture: reshape them to (1, C, 1, 1)."),
        (lambda: gamma.reshape(-1, 1) * right + beta.reshape(-1, 1),
         "gamma and beta lie along the rows of the picture: reshape them to (1, C, 1, 1)."),
    ]


@exercise
def spatial_batchnorm_forward(candidate):
    rng = np.random.default_rng(5)
    for case in _PICTURES:
        x, gamma, beta, param = _batch_case(rng, *case)
        eps, m, C = param.get("eps", 1e-5), param.get("momentum", 0.9), x.shape[1]
        old_mean, old_var = np.zeros(C, x.dtype), np.zeros(C, x.dtype)
        if "momentum" in param:
            old_mean = rng.normal(size=C).astype(x.dtype)
            old_var = rng.uniform(0.5, 2, C).astype(x.dtype)
            param |= {"running_mean": old_mean.copy(), "running_var": old_var.copy()}
        about = _said(x, "train", param)
        out, cache, after = _run_forward(candidate, x, gamma, beta, {**param, "mode": "train"},
                                         about)
        want = _batch(x, gamma, beta, eps)
        _shapes("out", out, x.shape, _picture_hints(*x.shape), about)
        _compare("out", out, want, about=about, **_tolerance(x.dtype),
                 mistakes=_picture_mistakes(x, gamma, beta, eps))
        hat, std, _ = _batch_cache(_rows(x), gamma, eps)
        _check_cache(cache, [hat, std, gamma], ["x_hat", "std", "gamma"], about)
        _check_running(after, x, old_mean, old_var, m, about, axis=(0, 2, 3))
        _spatial_test_mode(candidate, rng, x, gamma, beta, param, eps)
    return ("10 batches against torch, train and test mode: all axes equal, one picture, other eps "
            "and momentum, strided views, float32, running averages, cache")


def _spatial_test_mode(candidate, rng, x, gamma, beta, param, eps):
    C = x.shape[1]
    mean, var = rng.normal(size=C).astype(x.dtype), rng.uniform(0.5, 2, C).astype(x.dtype)
    given = {**param, "mode": "test", "running_mean": mean, "running_var": var}
    about = _said(x, "test", param)
    out, _, after = _run_forward(candidate, x, gamma, beta, given, about)
    want = _batch(x, gamma, beta, eps, running=(mean.astype(float), var.astype(float)))
    _compare("out", out, want, about=about, **_tolerance(x.dtype), mistakes=[
        (_batch(x, gamma, beta, eps), "Test mode must use running_mean and running_var: hand "
                                      "bn_param on as it is.")])
    for key, old in [("running_mean", mean), ("running_var", var)]:
        if not np.array_equal(after.get(key), old):
            raise Wrong(f"with {about} it changed {key}: test mode changes nothing.")


def _spatial_parameters(dout, hat, gamma):
    """Wrong dgamma and dbeta; dout (N, C, H, W), hat of the same shape."""
    dout, hat, gamma = dout.astype(float), hat.astype(float), gamma.astype(float)
    g, shape = gamma.ravel(), gamma.shape
    N, _, H, W = dout.shape
    mean = "It is a mean: the loss layer has divided already, here is a sum."
    sums = {"dgamma": (dout * hat).sum((0, 2, 3)), "dbeta": dout.sum((0, 2, 3))}
    found = {}
    for name, value in sums.items():
        found[name] = [(lambda v=value, n=n: (v / n).reshape(shape), mean)
                       for n in (N * H * W, N, H * W)]
        found[name].append((lambda v=value: (v * g).reshape(shape), "gamma does not stand in it."))
        term = dout * hat if name == "dgamma" else dout
        found[name] += [
            (lambda t=term: t.sum((0, 1, 2)).reshape(shape), "It is summed over the channels and "
                                                             "not over the columns: axes "
                                                             "(0, 2, 3)."),
            (lambda t=term: t.sum((1, 2, 3)).reshape(shape), "One entry a picture: gamma and beta "
                                                             "belong to channels, axes (0, 2, 3)."),
            (lambda t=term: t[0].sum((1, 2)).reshape(shape), "Only picture 0 counts."),
        ]
    found["dgamma"].append((sums["dbeta"].reshape(shape), "It is dbeta: multiply dout by x_hat "
                                                          "first."))
    found["dbeta"].append((sums["dgamma"].reshape(shape), "It is dgamma. Is the order dx, dgamma, "
                                                          "dbeta?"))
    return found


def _spatial_vectors(got, want, dout, about):
    N, C, H, W = dout.shape
    for name, mine, right in zip(["dgamma", "dbeta"], got[1:], want[1:], strict=True):
        _shapes(name, mine, right.shape, [
            ((C,), "It must have the shape that gamma has: reshape it."),
            ((1, C, 1, 1), "It must have the shape that gamma has: reshape it."),
            ((N, C, H, W), "It is not summed: gamma and beta serve all pictures and pixels, so sum "
                           "over axes (0, 2, 3)."),
            ((N, C), "Sum over the pictures too: axes (0, 2, 3)."),
            ((C, H, W), "Sum over rows and columns too: axes (0, 2, 3)."),
            ((N,), "One entry a picture: axes (0, 2, 3), so that the channels are left."),
            ((W,), "The columns are left: sum over axes (0, 2, 3)."),
            ((H,), "The rows are left: sum over axes (0, 2, 3)."),
            ((), "Everything is summed: only over axes (0, 2, 3)."),
        ], about)


@exercise
def spatial_batchnorm_backward(candidate):
    rng = np.random.default_rng(6)
    for case in _PICTURES:
        x, gamma, beta, param = _batch_case(rng, *case)
        eps = param.get("eps", 1e-5)
        dout = strided_view(rng.normal(size=x.shape).astype(x.dtype))
        cache, want = _batch_cache(_rows(x), gamma, eps), _batch(x, gamma, beta, eps, dout)
        about = f"dout {dout.shape}, eps {eps:g}{kind_of(x)}"
        got = unpack(call(candidate, dout, cache, about=about), ["dx", "dgamma", "dbeta"], about)
        N, C, H, W = x.shape
        hat = cache[0].reshape(N, H, W, C).transpose(0, 3, 1, 2)
        _spatial_vectors(got, want, dout, about)
        _shapes("dx", got[0], x.shape, _picture_hints(*x.shape), about)
        others = _spatial_memory_order(dout, cache, _spatial_parameters(dout, hat, gamma))
        _compare_gradients(got, want, about, x.dtype, x.shape,
                           _spatial_dx_mistakes(dout, want[0], cache), others)
    return (f"dx, dgamma and dbeta of {len(_PICTURES)} batches against torch's autograd: all axes "
            "equal, one picture, large eps, strided views, float32")


def _spatial_memory_order(dout, cache, found):
    """dgamma and dbeta of a table that is cut in memory order."""
    rows = dout.astype(float).reshape(-1, dout.shape[1])
    text = "The table is cut in memory order: transpose(0, 2, 3, 1) before the reshape."
    found["dgamma"].insert(0, (lambda: (rows * cache[0]).sum(0), text))
    found["dbeta"].insert(0, (lambda: rows.sum(0), text))
    return found


def _spatial_dx_mistakes(dout, right, cache):
    right = right.astype(float)
    N, C, H, W = right.shape
    g = cache[2].astype(float).reshape(1, C, 1, 1)

    def back(rows):
        return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)

    yield (_rows(right).reshape(right.shape), "The numbers are right and in the wrong order: "
                                              "reshape to (N, H, W, C) first, then "
                                              "transpose(0, 3, 1, 2).")
    if H == W:
        yield (np.swapaxes(right, 2, 3), "Height and width are swapped on the way back: "
                                         "transpose(0, 3, 1, 2).")
    yield (right / N, "It is divided by the number of pictures.")
    yield (right * g, "gamma is there twice: batchnorm_backward has multiplied by it.")
    for value, sentence in _batch_dx_mistakes(_rows(dout), *cache):
        yield (lambda value=value: back(np.asarray(value() if callable(value) else value)),
               sentence)


# --- pictures: group norm -------------------------------------------------------------------

# x shape, G, mean, spread, eps, dtype, strided, gamma as (1, C, 1, 1)
_GROUPS = [
    ((2, 4, 2, 3), 2, 1.0, 2.0, None, "float64", False, False),
    ((2, 6, 3, 2), 2, -3.0, 1.0, 0.1, "float64", False, True),
    ((3, 6, 6, 6), 3, 2.0, 3.0, None, "float64", True, False),
    ((2, 3, 2, 4), 1, 0.0, 1.0, 0.5, "float64", False, True),
    ((1, 4, 3, 2), 4, 5.0, 2.0, None, "float64", False, False),
    ((2, 4, 2, 3), 2, 1.0, 2.0, 1e-2, "float32", True, True),
]


def _group_case(rng, shape, G, mean, spread, eps, dtype, strided, wide):
    x, gamma, beta, _ = _batch_case(rng, shape, mean, spread, None, None, dtype, strided)
    if wide:
        gamma, beta = gamma.reshape(1, -1, 1, 1), beta.reshape(1, -1, 1, 1)
    value, param = (1e-5, {}) if eps is None else (eps, {"eps": eps})
    return x, gamma, beta, G, value, param


def _group_cache(x, gamma, G, eps):
    t = x.astype(float).reshape(len(x), G, -1)
    std = np.sqrt(t.var(axis=2, keepdims=True) + eps)
    hat = ((t - t.mean(axis=2, keepdims=True)) / std).reshape(x.shape)
    return hat.astype(x.dtype), std.astype(x.dtype), gamma, G


def _group_about(x, gamma, G, eps):
    return f"x {x.shape}, G {G}, gamma {gamma.shape}, eps {eps:g}{kind_of(x)}"


@exercise
def spatial_groupnorm_forward(candidate):
    rng = np.random.default_rng(7)
    for case in _GROUPS:
        x, gamma, beta, G, eps, param = _group_case(rng, *case)
        about = _group_about(x, gamma, G, eps)
        out, cache = unpack(call(candidate, x, gamma, beta, G, param, about=about),
                            ["out", "cache"], about)
        N, C, H, W = x.shape
        _shapes("out", out, x.shape, [
            ((N, G, C * H * W // G), "It is still one row a group: reshape to the shape of x."),
            ((N, G, C // G, H, W), "The group axis is still there: reshape to the shape of x."),
            *_picture_hints(*x.shape),
        ], about)
        _compare("out", out, _group(x, gamma, beta, G, eps), about=about, **_tolerance(x.dtype),
                 mistakes=_picture_mistakes(x, gamma, beta, eps, G))
        want = _group_cache(x, gamma, G, eps)
        if isinstance(cache, tuple) and len(cache) == 4 and np.shape(cache[0]) == (
                N, G, C * H * W // G):
            raise Wrong(f"with {about} cache[0] (x_hat) is still one row a group: reshape it to "
                        f"{x.shape}.")
        if isinstance(cache, tuple) and len(cache) == 4 and np.size(cache[1]) == N * G \
                and np.shape(cache[1]) != (N, G, 1):
            raise Wrong(f"with {about} cache[1] (std) has shape {np.shape(cache[1])}, expected "
                        f"{(N, G, 1)}.")
        _check_cache(cache, want, ["x_hat", "std", "gamma", "G"], about)
    return (f"{len(_GROUPS)} batches against torch: G = 1, G = C, gamma (C,) and (1, C, 1, 1), one "
            "picture, other eps, strided views, float32, cache")


def _group_dx_mistakes(dout, hat, std, gamma, G):
    dout, hat, std, g = (a.astype(float) for a in (dout, hat, std, gamma.reshape(1, -1, 1, 1)))
    N, C, H, W = dout.shape

    def cut(a):
        return a.reshape(N, G, -1)

    size = C * H * W // G

    def form(d=None, front=1.0, mean=1.0, along=1.0, n=size, axis=2, by=std):
        d = cut(dout * g) if d is None else d
        t = (d - mean * d.sum(axis, keepdims=True) / n
             - along * cut(hat) * (d * cut(hat)).sum(axis, keepdims=True) / n) / by
        return front * t.reshape(dout.shape)

    def batch():
        d, t = dout * g, cut(dout * 0) + std
        t = t.reshape(dout.shape)
        axes = (0, 2, 3)
        return (d - d.mean(axes, keepdims=True)
                - hat * (d * hat).mean(axes, keepdims=True)) / t

    return [
        (lambda: form(mean=0, along=0), "Only the direct way is left: the ways through mean and "
                                        "variance are missing."),
        (lambda: form(d=cut(dout), front=g), "gamma stands before the bracket: the channels of a "
                                             "group have different gammas, so it belongs into the "
                                             "sums."),
        (lambda: form(d=cut(dout)), "gamma is missing: dx_hat = dout * gamma."),
        (lambda: form(mean=0), "The way through the mean is missing."),
        (lambda: form(along=0), "The way through the variance is missing."),
        (lambda: form(along=-1), "The last term has a minus."),
        (lambda: form(n=1), "Sums where means belong: divide by the number of entries of a group."),
        (lambda: form(n=H * W), "The sums are divided by H·W: a group has C / G channels."),
        (lambda: form(n=C * H * W), "The sums are divided by C·H·W: a group has C / G channels, "
                                    "not all of them."),
        (lambda: form(n=C // G), "The sums are divided by C / G: each channel has H·W pixels."),
        (lambda: form(n=N * size), "The sums are divided by N too: pictures share nothing here."),
        (lambda: form(axis=(0, 2), n=N * size), "The sums run over the pictures too: here each "
                                                "picture stands alone."),
        (batch, "The sums run as in batch norm, over axes (0, 2, 3): here over the channels and "
                "pixels of a group."),
        (lambda: form(by=1), "The division by std is missing."),
        (lambda: form(by=std**2), "It is divided by the variance: once by std."),
        (lambda: form(n=size - 1), "It divides by one less than the number of entries."),
        (lambda: form() * size, "The division by the number of entries of a group is missing."),
    ]


@exercise
def spatial_groupnorm_backward(candidate):
    rng = np.random.default_rng(8)
    for case in _GROUPS:
        x, gamma, beta, G, eps, _ = _group_case(rng, *case)
        dout = strided_view(rng.normal(size=x.shape).astype(x.dtype))
        cache, want = _group_cache(x, gamma, G, eps), _group(x, gamma, beta, G, eps, dout)
        about = _group_about(x, gamma, G, eps).replace("x (", "dout (", 1)
        got = unpack(call(candidate, dout, cache, about=about), ["dx", "dgamma", "dbeta"], about)
        N, C, H, W = x.shape
        _spatial_vectors(got, want, dout, about)
        _shapes("dx", got[0], x.shape, [
            ((N, G, C * H * W // G), "It is still one row a group: reshape to the shape of dout."),
            *_picture_hints(*x.shape),
        ], about)
        _compare_gradients(got, want, about, x.dtype, x.shape, _group_dx_mistakes(dout, *cache),
                           _spatial_parameters(dout, cache[0], gamma))
    return (f"dx, dgamma and dbeta of {len(_GROUPS)} batches against torch's autograd: G = 1, "
            "G = C, gamma (C,) and (1, C, 1, 1), one picture, strided views, float32")
