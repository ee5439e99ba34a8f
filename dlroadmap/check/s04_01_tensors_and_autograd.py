"""Checks of lesson 04/01, Tensors and autograd.

Oracles: PyTorch's own losses and autograd, numerical derivatives, plain loops.
"""

import numpy as np

from dlroadmap.check._frame import Wrong, call, close, exercise, numerical_gradient, same, unpack

# --- linear_gradients ---------------------------------------------------------------------


def _line_cases():
    """x, y, w, b, the input in words. Some are strided views, whole numbers, a single sample."""
    rng = np.random.default_rng(0)
    students = np.array([1.0, 2, 3]), np.array([2.0, 4, 6])
    yield *students, 1.0, 1.5, "x [1, 2, 3], y [2, 4, 6], w 1, b 1.5"
    yield *students, 2.0, 0.0, "x [1, 2, 3], y [2, 4, 6], w 2, b 0 (the best line)"
    yield np.array([3.0]), np.array([1.0]), -2.0, 0.5, "one sample, x [3], y [1], w -2, b 0.5"
    yield rng.normal(size=5), rng.normal(size=5), 0.7, -1.3, "5 random samples, w 0.7, b -1.3"
    yield (rng.normal(size=14)[::2], rng.normal(size=14)[::2], -0.4, 2.0,
           "7 random samples in strided views, w -0.4, b 2")
    yield np.arange(1, 5), np.array([3, 1, 4, 1]), 1, 2, "x, y, w and b whole numbers"
    yield 1e4 * rng.normal(size=6), rng.normal(size=6), 3.0, 1e3, "large x"


def _numerical(x, y, w, b):
    def mse(theta):
        return np.mean((theta[0] * x + theta[1] - y) ** 2)

    # The loss is a parabola: central differences are exact for it, so a large step is best.
    return numerical_gradient(mse, np.array([w, b], dtype=float), h=1.0)


@exercise
def linear_gradients(candidate):
    cases = list(_line_cases())
    for x, y, w, b, about in cases:
        got = unpack(call(candidate, x, y, w, b, about=about), ["dw", "db"], about)
        want, r, N = _numerical(x, y, w, b), w * x + b - y, len(x)
        dw, db = want
        for name, value in zip(("dw", "db"), got, strict=True):
            if np.shape(value) == (N,):
                raise Wrong(f"{name}, with {about}, has one entry a sample, shape ({N},): the loss "
                            "is a mean over the samples, so its gradient is one number.")
        if N > 1 and close(got[0], db) and close(got[1], dw) and not close(dw, db):
            raise Wrong(f"with {about} dw and db are swapped: return dw, db, in this order.")
        common = [
            (N, "It is the sum over the samples: take the mean."),
            (1 / 2, "The factor 2 from the derivative of the square is missing."),
            (-1, "The sign is wrong: r is prediction minus y."),
            (1 / N, "It is divided by N twice."),
        ]
        hints = [(0.0 if not np.any(r) else 2 * np.mean(r),
                  "dw lacks the factor x: r depends on w through w * x."),
                 (2 * np.mean(np.abs(r) * x), "The sign of each residual is lost: no abs."),
                 (2 * np.mean(r) * np.mean(x), "The mean of a product is not the product of the "
                                               "means: multiply r and x first."),
                 (2 * np.mean((w * x - y) * x), "The bias b is missing in the residual."),
                 (2 * r[0] * x[0], "Only the first sample counts.")]
        same("dw", got[0], dw, about=about, rtol=1e-8, dtype=False,
             mistakes=[(f * dw, s) for f, s in common] + hints)
        hints = [(dw, "It contains the factor x; r contains b with the factor 1."),
                 (2 * np.mean(w * x - y), "The bias b is missing in the residual."),
                 (2 * np.mean(r) * b, "The derivative of r with respect to b is 1, not b."),
                 (2 * r[0], "Only the first sample counts.")]
        same("db", got[1], db, about=about, rtol=1e-8, dtype=False,
             mistakes=[(f * db, s) for f, s in common] + hints)
    return (f"{len(cases)} lines against numerical derivatives: one sample, strided views, "
            "whole numbers, large x")


# --- nearest_mean -------------------------------------------------------------------------


def _mean_cases():
    """X, means, the input in words; N differs from C, height from width."""
    import torch

    rng = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=rng)

    yield random(7, 3, 4), random(5, 3, 4), "X (7, 3, 4), means (5, 3, 4)"
    yield random(4, 2, 5), random(4, 2, 5), "as many pictures as means, X and means (4, 2, 5)"
    yield random(1, 3, 2), random(6, 3, 2), "X (1, 3, 2), means (6, 3, 2)"
    yield random(6, 5, 3).mT, random(4, 3, 5), "X a transposed view (6, 3, 5), means (4, 3, 5)"
    yield random(5, 4, 3).double(), random(3, 4, 3).double(), "float64, X (5, 4, 3)"
    means = random(3, 2, 3)
    yield means[[2, 0, 1, 2]] + 0.01, means[[0, 1, 2, 1]], "means 1 and 3 equal (a tie)"
    # One large difference against many small ones: L1 and L2 disagree.
    means = torch.zeros(2, 2, 3)
    means[0, 0, 0], means[1] = 2.0, 0.5
    yield torch.zeros(3, 2, 3), means, "one large difference against six small ones"


@exercise
def nearest_mean(candidate):
    import torch

    cases = list(_mean_cases())
    for X, means, about in cases:
        N, C = len(X), len(means)
        d = torch.tensor([[((a - m) ** 2).sum() for m in means] for a in X], dtype=torch.float64)
        want = torch.tensor([min(range(C), key=lambda c: (row[c], c)) for row in d.tolist()])
        try:
            got = call(candidate, X, means, about=about)
        except Wrong as wrong:
            if isinstance(wrong.__cause__, RuntimeError) and "must match" in str(wrong.__cause__):
                raise Wrong(f"{str(wrong).rstrip('.')}. The shapes do not broadcast: X needs an "
                            "axis of size 1 in place 1, X[:, None].") from wrong.__cause__
            raise
        if not isinstance(got, torch.Tensor):
            raise Wrong(f"with {about} it returned {type(got).__name__}; a tensor was asked for.")
        if got.shape == (N, C):
            raise Wrong(f"with {about} it has shape ({N}, {C}): these are distances; the number "
                        "of the smallest in each row was asked for.")
        if got.shape == (C,) and N != C:
            raise Wrong(f"with {about} it has shape ({C},): one answer for each mean instead of "
                        "each picture. Take the smallest along the axis of the means, 1.")
        if got.shape == want.shape and got.is_floating_point():
            raise Wrong(f"with {about} it has dtype {got.dtype}: the smallest distance itself, "
                        "not its place? argmin gives places.")

        def labels(distances, pick=torch.argmin):
            return pick(distances, dim=1)

        pairs = X[:, None].double() - means.double()
        last_axis = (pairs**2).sum(-1)
        mistakes = [
            (lambda d=d: labels(d, torch.argmax), "It is the farthest mean: argmin, not argmax."),
            (lambda p=pairs: labels(p.abs().sum((2, 3))), "It measures |X - mean|: square the "
                                                          "differences."),
            (lambda p=pairs: labels(p.sum((2, 3))), "The square is missing: positive and negative "
                                                    "differences cancel."),
            (lambda p=pairs: labels(p.sum((2, 3)) ** 2), "The square comes after the sum: square "
                                                         "each difference, then add."),
            (lambda p=pairs: labels((p**2).amax((2, 3))), "It takes the largest difference: add "
                                                          "up all pixels."),
            (lambda a=last_axis: labels(a[:, :, 0]), "Only one row of pixels counts: sum over "
                                                     "dim=(2, 3)."),
            (lambda d=d: len(d[0]) - 1 - labels(d.flip(1)), "At a tie the smaller number wins."),
        ]
        if N == C:
            mistakes.append((lambda d=d: d.argmin(dim=0), "Each mean got its nearest picture: take "
                                                          "the smallest along axis 1."))
        same("labels", got, want, about=about, mistakes=mistakes)
    return (f"{len(cases)} batches against a loop: as many pictures as means, a transposed view, "
            "float64, a tie, one large difference")


# --- sgd_train_line -----------------------------------------------------------------------


def _plain_sgd(x, y, lr, epochs, *, keep=0.0, batch=False, last=0, bias=True, sign=1.0, halve=1.0,
               start=0.0):
    """SGD with the formulas of the lesson, in float64; the options are known mistakes."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    w = b = start
    dw = db = 0.0
    for _ in range(epochs):
        for i in [slice(None)] if batch else range(len(x) - last):
            r = w * x[i] + b - y[i]
            dw = keep * dw + np.mean(2 * r * x[i]) * halve
            db = keep * db + np.mean(2 * r) * halve
            w, b = w - sign * lr * dw, b - sign * lr * db * bias
    return w, b


@exercise
def sgd_train_line(candidate):
    import torch

    rng = np.random.default_rng(1)
    cases = [([1.0, 2, 3], [2.0, 4, 6], 0.01, 1, "float64"),
             ([1.0, 2, 3], [2.0, 4, 6], 0.05, 12, "float64"),
             ([2.0], [5.0], 0.1, 3, "float64"),
             (rng.normal(size=5), rng.normal(size=5), 0.03, 7, "float64"),
             ([1.0, 2, 3, 4], [2.0, 4, 6, 9], 0.01, 20, "float32"),
             ([1.0, 2], [3.0, 4], 0.01, 0, "float64")]
    for x, y, lr, epochs, dtype in cases:
        about = f"{len(x)} samples, lr {lr}, {epochs} epochs, {dtype}"
        x, y = (torch.tensor(np.array(a), dtype=getattr(torch, dtype)) for a in (x, y))
        result = call(candidate, x, y, lr, epochs, about=about)
        got = unpack(result, ["w", "b"], about)
        for name, value in zip("wb", got, strict=True):
            if isinstance(value, torch.Tensor):
                raise Wrong(f"with {about} {name} is a tensor, with its graph or gradient: "
                            ".item() makes a Python float of it.")
            if not isinstance(value, float):
                raise Wrong(f"with {about} {name} is a {type(value).__name__}; a Python float was "
                            "asked for.")
        want = _plain_sgd(x, y, lr, epochs)
        known = [
            ({"keep": 1.0}, "The gradients of all earlier steps are still in it: zero both "
                             ".grad after each update."),
            ({"batch": True}, "It makes one step for all samples: one step a sample."),
            ({"last": 1}, "The last sample is never used: range(len(x))."),
            ({"bias": False}, "b never moves: update it too."),
            ({"sign": -1.0}, "It walks uphill: subtract lr times the gradient."),
            ({"halve": 0.5}, "The loss is halved; it is the square of the error."),
            ({"start": 1.0}, "w and b start at 1; they start at 0."),
        ]
        both = np.array(got)
        if not close(both, np.array(want), *_tolerance(dtype)):
            for options, sentence in known:
                if close(both, np.array(_plain_sgd(x, y, lr, epochs, **options)), 1e-5, 1e-7):
                    raise Wrong(f"(w, b), with {about}, is ({got[0]:.6g}, {got[1]:.6g}), expected "
                                f"({want[0]:.6g}, {want[1]:.6g}). {sentence}")
            if epochs and got == (0.0, 0.0):
                raise Wrong(f"(w, b), with {about}, is (0, 0): the parameters never move. Is the "
                            "gradient zeroed before the update, or is the update missing?")
            if close(both, np.array(want), 1e-5, 1e-6):
                raise Wrong(f"(w, b), with {about}, is right to about 7 digits only: w and b must "
                            "have the dtype of x, torch.zeros((), dtype=x.dtype, …).")
            if got[::-1] == want:
                raise Wrong(f"with {about} w and b are swapped.")
            more = np.array(_plain_sgd(x, y, lr, epochs + 1))
            if close(both, more, 1e-5, 1e-7):
                raise Wrong(f"(w, b), with {about}, is right for {epochs + 1} epochs: one too "
                            "many.")
        for name, value, right in zip("wb", got, want, strict=True):
            rtol, atol = _tolerance(dtype)
            same(name, value, right, about=about, rtol=rtol, atol=atol)
    return (f"{len(cases)} runs against a plain loop with the formulas: one sample, float32 and "
            "float64, no epoch")


def _tolerance(dtype):
    return (1e-9, 1e-10) if dtype == "float64" else (1e-5, 1e-5)


# --- training_step ------------------------------------------------------------------------


def _step_cases():
    """A model, loss, optimiser and three batches each: a line, a net, a classifier."""
    import torch
    from torch import nn

    torch_rng = torch.Generator().manual_seed(0)

    def random(*shape):
        return torch.randn(*shape, generator=torch_rng, dtype=torch.float64)

    def linear(inputs, outputs):
        layer = nn.Linear(inputs, outputs).double()
        with torch.no_grad():
            layer.weight.copy_(random(outputs, inputs))
            layer.bias.copy_(random(outputs))
        return layer

    yield (linear(2, 1), nn.MSELoss(), lambda p: torch.optim.SGD(p, lr=0.1),
           [(random(4, 2), random(4, 1)) for _ in range(3)], "nn.Linear(2, 1), MSELoss, SGD")
    yield (nn.Sequential(linear(2, 4), nn.Tanh(), linear(4, 1)), nn.BCEWithLogitsLoss(),
           lambda p: torch.optim.Adam(p, lr=0.1),
           [(random(3, 2), (random(3, 1) > 0).double()) for _ in range(3)],
           "a two-layer net, BCEWithLogitsLoss, Adam")
    labels = torch.tensor([0, 2, 1, 2, 0])
    yield (linear(3, 3), nn.CrossEntropyLoss(), lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9),
           [(random(5, 3), labels) for _ in range(3)],
           "nn.Linear(3, 3), CrossEntropyLoss, SGD with momentum")


def _reference(model, loss_fn, make, batches, order):
    """Losses and parameters after the steps of ``order``, e.g. "fzbsr"; by the flat pieces.

    f forward, F the same with the arguments of the loss swapped, z zero_grad, b backward,
    s step, e forward again (the loss after the update).
    """
    import copy

    model = copy.deepcopy(model)
    _dirty(model)
    optimizer, losses = make(model.parameters()), []
    for x, y in batches:
        loss = None
        for piece in order:
            if piece == "f":
                loss = loss_fn(model(x), y)
            elif piece == "F":
                loss = loss_fn(y, model(x))
            elif piece == "e":
                loss = loss_fn(model(x), y).detach()
            elif piece == "z":
                optimizer.zero_grad()
            elif piece == "b":
                loss.backward()
            elif piece == "s":
                optimizer.step()
        losses.append(loss.item())
    return np.array(losses), _flat(model)


def _dirty(model):
    """Leave a gradient in every parameter, as an earlier step does."""
    import torch

    for p in model.parameters():
        p.grad = torch.full_like(p, 0.5)


def _flat(model):
    import torch

    return torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()


@exercise
def training_step(candidate):
    import copy

    for model, loss_fn, make, batches, about in _step_cases():
        want_losses, want = _reference(model, loss_fn, make, batches, "fzbs")
        start = _flat(model)
        learner = copy.deepcopy(model)
        _dirty(learner)
        learner.train()
        optimizer, losses, steps = make(learner.parameters()), [], []
        optimizer.register_step_pre_hook(lambda *_, m=learner, s=steps: s.append(_has_gradient(m)))
        for x, y in batches:
            value = call(candidate, learner, loss_fn, optimizer, x, y, about=about)
            _is_float(value, about)
            losses.append(value)
        got, losses = _flat(learner), np.array(losses)
        if not learner.training:
            raise Wrong(f"with {about} the model is left in eval mode: a training step must not "
                        "call model.eval().")
        if close(got, want, 1e-9, 1e-11) and close(losses, want_losses, 1e-9, 1e-11):
            continue
        if close(got, start, 1e-12, 1e-12):
            raise Wrong(f"with {about} the parameters never move. {_why_still(learner, steps)}")
        known = [
            ("fbs", "Gradients of earlier steps are added in: call optimizer.zero_grad() before "
                    "backward()."),
            ("fbsz", "Gradients that lay there before the first step count: zero_grad() must come "
                     "before backward(), not only after step()."),
            ("Fzbs", "The arguments of the loss are swapped: loss_fn(model(x), y)."),
            ("fszb", "step() comes before backward(): it uses old gradients."),
        ]
        for order, sentence in known:
            try:
                other_losses, other = _reference(model, loss_fn, make, batches, order)
            except RuntimeError:  # this loss cannot take its arguments swapped
                continue
            if close(got, other, 1e-9, 1e-11) and close(losses, other_losses, 1e-9, 1e-11):
                raise Wrong(f"with {about}, after {len(batches)} steps the parameters are wrong. "
                            f"{sentence}")
        after, _ = _reference(model, loss_fn, make, batches, "fzbse")
        if close(got, want, 1e-9, 1e-11):
            if close(losses, after, 1e-9, 1e-11):
                raise Wrong(f"with {about} the parameters are right and the loss is that after "
                            "the update: return the loss of the forward pass that you used.")
            same("the returned loss of the steps", losses, want_losses, about=about,
                 mistakes=[(want_losses * len(batches[0][0]), "It is multiplied by the size of the "
                                                              "batch.")])
        twice, doubled = _reference(model, loss_fn, make, batches, "fzbss")
        if close(got, doubled, 1e-9, 1e-11) and close(losses, twice, 1e-9, 1e-11):
            raise Wrong(f"with {about} each call makes two updates: step() once.")
        same("the parameters after three steps", got, want, about=about, mistakes=[
            (2 * start - want, "They moved the wrong way.")])
    return ("three steps each of a line (SGD), a net (Adam) and a classifier (momentum), with old "
            "gradients lying about")


def _has_gradient(model):
    return any(p.grad is not None and bool((p.grad != 0).any()) for p in model.parameters())


def _why_still(model, steps):
    """``steps``: for each call of step(), whether there was a gradient."""
    if not steps:
        return "optimizer.step() is never called."
    if _has_gradient(model):
        return ("step() finds no gradients, and afterwards there are some: it stands between "
                "zero_grad() and backward().")
    return ("step() finds no gradients, and afterwards there are none: zero_grad() stands between "
            "backward() and step(), or backward() is missing.")


def _is_float(value, about):
    import torch

    if isinstance(value, torch.Tensor):
        raise Wrong(f"with {about} it returned a tensor, which keeps the whole graph alive: return "
                    "loss.item().")
    if value is None:
        raise Wrong(f"with {about} it returned None: is the return line missing?")
    if not isinstance(value, float):
        raise Wrong(f"with {about} it returned a {type(value).__name__}; a Python float was asked "
                    "for.")


# --- bce_with_logits ----------------------------------------------------------------------


@exercise
def bce_with_logits(candidate):
    import torch

    rng = np.random.default_rng(2)
    cases = [(np.array([0.0]), np.array([1.0]), "z [0], y [1]"),
             (rng.normal(size=6), np.array([0.0, 1, 1, 0, 1, 0]), "6 random scores"),
             (rng.normal(size=10)[::2], rng.uniform(size=5), "a strided view, labels between 0 "
                                                             "and 1"),
             (np.array([-3.0, 2.0]), np.array([0, 1]), "labels of dtype int64"),
             (np.array([200.0, -200.0]), np.array([0.0, 1.0]), "z [200, -200], y [0, 1]"),
             (np.array([1e4, -1e4]), np.array([1.0, 0.0]), "z [10000, -10000], y [1, 0]"),
             (np.array([-40.0]), np.array([0.0]), "z [-40], y [0] (a tiny loss)")]
    for z, y, about in cases:
        z64, y64 = (torch.tensor(np.ascontiguousarray(a), dtype=torch.float64) for a in (z, y))
        want = torch.nn.functional.binary_cross_entropy_with_logits(z64, y64).item()
        if about.endswith("(a tiny loss)"):
            want = float(np.exp(-40.0))  # ln(1 + a) = a to 17 digits
        with np.errstate(all="ignore"):
            got = call(candidate, z, y, about=about)
        if np.shape(got) == z.shape:
            raise Wrong(f"with {about} it has one entry a sample: take the mean.")
        if got is not None and np.shape(got) == ():
            _not_finite(float(got), want, about)
        losses = np.maximum(z, 0) - y * z + np.logaddexp(0, -np.abs(z))
        swapped = np.mean(np.maximum(z, 0) - (1 - y) * z + np.logaddexp(0, -np.abs(z)))
        as_probability = np.mean(np.logaddexp(0, z) - y * z + z)
        tiny = ("It is 0: 1 + a is rounded to 1 for a tiny a, so ln(1 + a) loses it. Use "
                "np.log1p(a).")
        same("the loss", got, want, about=about, rtol=1e-9, atol=0.0, dtype=False, mistakes=[
            *([(0.0, tiny)] if want < 1e-9 else []),
            (losses.sum(), "It is the sum: take the mean."),
            (swapped, "The labels are swapped: y = 1 means that ŷ should be near 1."),
            (-want, "The sign is wrong: a loss is not negative."),
            (np.mean(np.logaddexp(0, z)), "The term y * z is missing."),
            (np.mean(losses - np.maximum(z, 0)), "The term max(z, 0) is missing."),
            (np.mean(losses) / np.log(2), "It is in bits: use the natural logarithm."),
            (as_probability, "The sign of the score is wrong."),
            (np.mean(-y * z + np.abs(z) + np.logaddexp(0, -np.abs(z))),
             "The first term is max(z, 0), not |z|."),
            (-np.mean(y * -np.logaddexp(0, -z)), "The term of the failed, (1 - y) ln(1 - ŷ), is "
                                                 "missing."),
        ])
    return (f"{len(cases)} sets of scores against torch: soft labels, ±200, ±10000, a loss of "
            "4e-18")


def _not_finite(got, want, about):
    if np.isfinite(got):
        # Clipping the probability: a plausible number, too small for large scores.
        if want > 100 and got < 0.6 * want:
            raise Wrong(f"the loss, with {about}, is {got:.4g}, expected {want:.4g}: something is "
                        "clipped. Do not clip the probability; never form it.")
        return
    what = "NaN (0 times infinity, or infinity minus infinity)" if np.isnan(got) else "infinite"
    raise Wrong(f"the loss, with {about}, is {what}, expected {want:.4g}: large scores make exp "
                "overflow or the probability exactly 0 or 1. Use the form with -|z|.")
