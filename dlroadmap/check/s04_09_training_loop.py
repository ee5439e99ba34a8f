"""Checks of lesson 04/09, The training loop.

The oracle of the two passes is a linear model in NumPy, stepped by hand; of early stopping, the
definition taken word by word; of the checkpoint, what is on the disk.
"""

import os
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import numpy as np

from dlroadmap.check._frame import Wrong, attempt, exercise

LR = 0.1


class _Part:
    """Half of a batch: a tensor that must be moved to the device before it is used."""

    def __init__(self, tensor, device):
        self.tensor, self.device, self.asked = tensor, device, False

    def __len__(self):
        return len(self.tensor)

    def to(self, device, *args, **kwargs):
        self.asked = True
        if str(device) != str(self.device):
            raise Wrong(f"a batch was moved to {device!r}, not to the device that was given "
                        f"({self.device}).")
        return self.tensor

    def __getattr__(self, name):
        raise Wrong(f"a batch is used (.{name}) before it is moved: x.to(device) and y.to(device) "
                    "return the moved tensors.")


def _model(D):
    """A linear model without bias that notes how it is called."""
    import torch

    class Noted(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.linspace(-1, 1, D, dtype=torch.float64))
            self.modes, self.gradients = [], []

        def forward(self, x):
            if not isinstance(x, torch.Tensor):
                raise Wrong("the model was given a batch that was not moved: x = x.to(device). "
                            + "(to() returns the moved tensor, x itself stays.)" * x.asked)
            self.modes.append(self.training)
            self.gradients.append(torch.is_grad_enabled())
            return x @ self.w

    return Noted()


def _batches(sizes, D, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(n, D)), rng.normal(size=n) * (1 + 3 * (k == len(sizes) - 1)))
            for k, n in enumerate(sizes)]


def _loader(batches, device):
    import torch

    return [tuple(_Part(torch.tensor(a), device) for a in batch) for batch in batches]


def _by_hand(batches, w, clear=True):
    """Gradient descent on the mean squared error → weights, loss of each batch before its step."""
    w, losses, old = np.array(w), [], 0.0
    for x, y in batches:
        miss = x @ w - y
        losses.append(np.mean(miss**2))
        gradient = 2 * x.T @ miss / len(y)
        old = gradient + (0 if clear else old)
        w = w - LR * old
    return w, np.array(losses)


def _mse(output, y):
    if isinstance(y, _Part):
        raise Wrong("the loss was given targets that were not moved: y = y.to(device).")
    return ((output - y) ** 2).mean()


def _run(candidate, *args, about):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return attempt(candidate, *args, about=about)


def _number(value, what, about):
    """A Python float, or a sentence about what it is instead."""
    if value is None:
        raise Wrong(f"with {about} {what} is None: is it returned?")
    if type(value).__module__.partition(".")[0] == "torch":
        chained = getattr(value, "requires_grad", False)
        raise Wrong(f"with {about} {what} is a torch tensor"
                    + (" that still carries its graph: use loss.detach(), and" if chained else ":")
                    + " make it a number at the end, float(…).")
    if isinstance(value, np.generic) or not isinstance(value, float):
        raise Wrong(f"with {about} {what} is {type(value).__name__}; a Python float was asked for.")
    return value


def _judge(what, got, want, about, mistakes):
    """Compare one number."""
    if abs(got - want) <= 1e-6 * max(1, abs(want)):
        return
    hint = next((sentence for value, sentence in mistakes
                 if abs(got - value) <= 1e-6 * max(1, abs(value))), "")
    raise Wrong(f"{what}, with {about}, is {got:.6g}, expected {want:.6g}. {hint}".rstrip())


def _mean_mistakes(each, sizes, word):
    n = np.array(sizes)
    return [
        (each.mean(), f"It is the plain mean over batches: a batch of {sizes[-1]} must count "
                      "by its size, * len(y)."),
        (each[-1], f"It is the {word} of the last batch only: add up."),
        ((n * each).sum(), "It is the sum over samples: divide by their number."),
        (each.sum(), "It is the sum over batches: weigh by len(y), divide by their sum."),
        ((n * each).sum() / len(n), "It is divided by the number of batches: divide by the number "
                                    "of samples."),
        ((n * each).sum() / (len(n) * n[0]), "It is divided as if every batch had the size of the "
                                             "first."),
        (each.sum() / n.sum(), "The batch means are added without * len(y)."),
        ((n * each).sum() / n[-1], "It is divided by the size of the last batch: count += len(y)."),
    ]


@exercise
def train_epoch(candidate):
    import torch

    for sizes, D, seed in [((4, 4, 1), 3, 0), ((5, 5, 5, 2), 2, 1), ((3,), 4, 2)]:
        about = f"batches of {', '.join(map(str, sizes))} samples"
        batches, model, device = _batches(sizes, D, seed), _model(D), torch.device("cpu")
        start = model.w.detach().numpy().copy()
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        model.eval()  # as evaluation left it
        model.w.grad = torch.full_like(model.w, 7.0)  # as another computation may have left it
        empty = []  # at each step: is there no gradient?
        optimizer.register_step_pre_hook(lambda *_, w=model.w, e=empty: e.append(w.grad is None))
        mean = _run(candidate, model, _loader(batches, device), _mse, optimizer, device,
                    about=about)
        now, (want, each) = model.w.detach().numpy(), _by_hand(batches, start)
        if len(model.modes) != len(sizes):
            raise Wrong(f"with {about} the model was called {len(model.modes)} times, expected "
                        f"{len(sizes)}: once for each batch, also for the last, smaller one.")
        if not all(model.modes):
            raise Wrong(f"with {about} the model was in evaluation mode: call model.train() first "
                        "(the validation before left it in model.eval()).")
        if np.array_equal(now, start):
            raise Wrong(f"with {about} the weights did not move: " + (
                "backward() only fills .grad; optimizer.step() uses it." if not empty else
                "step() comes before backward(), when there is no gradient yet."
                if model.w.grad is not None else
                "zero_grad() between backward() and step() throws the gradient away."))
        if not np.allclose(now, want, rtol=1e-9, atol=1e-9):
            hint = _weights_hint(batches, start, now)
            raise Wrong(f"the weights after one epoch, with {about}, are {np.round(now, 4)}, "
                        f"expected {np.round(want, 4)}. {hint}".rstrip())
        n = np.array(sizes)
        _judge("the mean loss", _number(mean, "the result", about), (n * each).sum() / n.sum(),
               about, [*_mean_mistakes(each, sizes, "loss"),
                *[(value, "It is measured with the weights after the last step: add up the loss of "
                          "each batch before its own step.")
                  for value in [np.mean((np.concatenate([x for x, _ in batches]) @ want
                                         - np.concatenate([y for _, y in batches])) ** 2)]]])
    return ("weights and mean loss of 3 epochs against gradient descent in NumPy, with a last, "
            "smaller batch, a model left in evaluation mode, old gradients")


def _weights_hint(batches, start, now):
    w, left = np.array(start), 7.0
    for x, y in batches:  # never cleared: also what stood in .grad before
        left = left + 2 * x.T @ (x @ w - y) / len(y)
        w = w - LR * left
    if np.allclose(now, w):
        return "The gradients of all batches add up: optimizer.zero_grad() in each step."
    if np.allclose(now, _by_hand(batches, start, clear=False)[0]):
        return "The gradients are cleared once only: zero_grad() belongs inside the loop."
    if np.allclose(now, _by_hand(batches[:-1], start)[0]):
        return "The last, smaller batch is left out."
    return ""


@exercise
def evaluate(candidate):
    import torch

    def hardest(output, y):
        return (output - y).abs().max()

    def share(output, y):  # a metric may also return a plain number
        return float((output > y).double().mean())

    for sizes, D, seed, metrics in [((4, 4, 1), 3, 3, {"hardest": hardest, "share": share}),
                                    ((3, 3, 3, 2), 2, 4, {"share": share}), ((5,), 2, 5, {})]:
        about = f"batches of {', '.join(map(str, sizes))} samples, metrics {list(metrics)}"
        batches, model, device = _batches(sizes, D, seed), _model(D), torch.device("cpu")
        start = model.w.detach().numpy().copy()
        model.train()
        given = dict(metrics)
        found = _run(candidate, model, _loader(batches, device), _mse, metrics, device, about=about)
        if metrics != given:
            raise Wrong(f"with {about} the dictionary of metrics was changed: the caller needs it "
                        "for the next epoch. Make a new one, {\"loss\": loss_fn, **metrics}.")
        if not np.array_equal(model.w.detach().numpy(), start) or model.w.grad is not None:
            raise Wrong(f"with {about} the model was changed: no backward() and no step() here.")
        if len(model.modes) != len(sizes):
            raise Wrong(f"with {about} the model was called {len(model.modes)} times, expected "
                        f"{len(sizes)}: once for each batch; all measures share its output.")
        if any(model.modes):
            raise Wrong(f"with {about} the model was in training mode: call model.eval() first, or "
                        "dropout drops while you judge.")
        if any(model.gradients):
            raise Wrong(f"with {about} gradients were recorded: wrap the loop into "
                        "with torch.no_grad(), or memory fills with graphs that nobody uses.")
        if not isinstance(found, dict):
            raise Wrong(f"with {about} it returned {type(found).__name__}, expected a dictionary "
                        f"with the keys {['loss', *metrics]}.")
        if set(found) != {"loss", *metrics}:
            raise Wrong(f"with {about} the keys are {list(found)}, expected {['loss', *metrics]}.")
        _check_measures(found, batches, sizes, start, metrics, about)
    return ("loss and metrics of 3 passes against NumPy, with a last, smaller batch, metrics that "
            "give tensors and numbers; evaluation mode, no gradients, nothing changed")


def _check_measures(found, batches, sizes, w, metrics, about):
    measured = {"loss": lambda x, y: np.mean((x @ w - y) ** 2),
                "hardest": lambda x, y: np.abs(x @ w - y).max(),
                "share": lambda x, y: np.mean(x @ w > y)}
    n = np.array(sizes)
    for name in ["loss", *metrics]:
        each = np.array([measured[name](x, y) for x, y in batches])
        _judge(f"[{name!r}]", _number(found[name], f"[{name!r}]", about),
               (n * each).sum() / n.sum(), about, _mean_mistakes(each, sizes, name))


@exercise
def early_stopping_epoch(candidate):
    rng = np.random.default_rng(6)
    cases = [([3.0, 2.0, 1.0], 1), ([3.0, 2.0, 2.0], 1), ([3.0, 2.0, 2.0, 4.0, 1.0], 2),
             ([1.0, 2.0], 2), ([1.0, 2.0, 3.0], 2), ([], 1), ([5.0], 1),
             ([1.0, 2.0, 0.5, 2.0, 0.7, 0.6], 3), ([2.0, 3.0, 2.5, 2.2, 2.1], 3),
             ([4.0, 5.0, 3.0, 5.0, 2.0, 5.0, 1.0], 2), ([0.0, -1.0, -2.0, -2.0], 1)]
    cases += [(list(map(float, rng.integers(0, 9, 12))), int(p)) for p in rng.integers(1, 6, 40)]
    got = []
    for losses, patience in cases:
        about = f"losses {losses}, patience {patience}"
        kept = list(losses)
        got.append(_run(candidate, losses, patience, about=about))
        if losses != kept:
            raise Wrong(f"with {about} it changed the list of losses.")
    for (losses, patience), answer in zip(cases, got, strict=True):
        want = _stop(losses, patience)
        if answer is not None and (isinstance(answer, bool) or not isinstance(answer, int)):
            raise Wrong(f"with losses {losses}, patience {patience} it returned {answer!r}: an "
                        "epoch (a whole number) or None.")
        if answer != want:
            hint = next((sentence for guess, sentence in _STOPS
                         if [guess(x, p) for x, p in cases] == got), "")
            raise Wrong(f"with losses {losses}, patience {patience} it returned {answer}, expected "
                        f"{want}. {hint}".rstrip())
    return f"{len(cases)} histories: ties, new lows at the last moment, no epoch at all"


def _lows(losses, tie=False):
    """Position (from 1) of the lowest loss so far, after each epoch."""
    return [max((i for i in range(e) if losses[i] == min(losses[:e])), default=0) + 1 if tie
            else losses.index(min(losses[:e])) + 1 for e in range(1, len(losses) + 1)]


def _stop(losses, patience, tie=False, extra=0):
    """By definition: the first epoch that lies ``patience`` after the lowest one so far."""
    lows = enumerate(_lows(losses, tie), 1)
    return next((e for e, low in lows if e - low >= patience + extra), None)


def _worse_than_before(losses, patience, ever=False):
    waited = 0
    for e in range(1, len(losses)):
        better = losses[e] < losses[e - 1]
        waited = waited + 1 if not better else (waited if ever else 0)
        if waited >= patience:
            return e + 1
    return None


def _without_reset(losses, patience):
    best, waited = float("inf"), 0
    for e, loss in enumerate(losses, 1):
        waited += loss >= best
        best = min(best, loss)
        if waited >= patience:
            return e
    return None


def _shifted(by):
    return lambda losses, p: None if _stop(losses, p) is None else _stop(losses, p) + by


_STOPS = [
    (lambda x, p: _stop(x, p, tie=True), "A tie is no new low: use <, not <=."),
    (lambda x, p: _stop(x, p, extra=1), "It stops one epoch too late: after exactly patience "
                                        "epochs without a new low, >=."),
    (lambda x, p: _stop(x, p, extra=-1), "It stops one epoch too early."),
    (_shifted(-1), "Epochs count from 1: enumerate(losses, 1)."),
    (_worse_than_before, "It compares with the epoch before; compare with the lowest so far."),
    (lambda x, p: _worse_than_before(x, p, ever=True), "It compares with the epoch before, and "
                                                       "never starts counting again."),
    (_without_reset, "A new low must set the waiting back to 0: epochs in a row."),
    (lambda x, p: len(x) if _stop(x, p) else None, "It goes on to the end: return at the first "
                                                   "such epoch."),
    (lambda x, p: None if _stop(x, p) is None else _stop(x, p) - p,
     "That is the best epoch; asked for is the one at which it stops."),
    (lambda x, p: _stop(x, p) or len(x), "Where patience never runs out, it is None."),
    (lambda x, p: _stop([-v for v in x], p), "A lower loss is the better one."),
    (lambda x, p: p if len(x) >= p else None, "Nothing ever counts as a new low: loss < best, "
                                              "where best starts at infinity."),
]


class _Interrupted(Exception):
    pass


def _whole(path):
    """What torch.load makes of the file, or None."""
    import torch

    try:
        return torch.load(path, weights_only=True)["epoch"]
    except Exception:
        return None


@exercise
def save_checkpoint(candidate):
    import torch

    def state(epoch):
        return {"epoch": epoch, "weights": torch.arange(6.0).reshape(2, 3) + epoch, "name": "net"}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.pt"
        for kind in (Path, str):
            for epoch in (1, 2):
                about = f"epoch {epoch} and the path as {kind.__name__}"
                given = state(epoch)
                _run(candidate, given, kind(path), about=about)
                _look(folder, path, epoch, given, state(epoch), about)
        _cut(candidate, state, path, folder)
        _unreadable(candidate, path)
    return ("what is on the disk after writing twice, after a cut in the middle of writing and "
            "before the renaming, and after a state that cannot be read again")


def _look(folder, path, epoch, given, want, about):
    import torch

    names = sorted(os.listdir(folder))
    if "run.pt" not in names:
        raise Wrong(f"with {about} there is no file run.pt afterwards, only {names}: rename the "
                    "part, os.replace(part, path).")
    if names != ["run.pt"]:
        raise Wrong(f"with {about} there are {names} afterwards: the part is renamed, not copied.")
    found = _whole(path)
    if found is None:
        raise Wrong(f"with {about} the file cannot be read with weights_only=True.")
    if found != epoch:
        raise Wrong(f"with {about} the file still holds epoch {found}.")
    kept = torch.load(path, weights_only=True)
    if set(kept) != set(want) or not torch.equal(kept["weights"], want["weights"]):
        raise Wrong(f"with {about} the file does not hold the state that was given.")
    if set(given) != set(want):
        raise Wrong(f"with {about} the state was changed.")


def _cut(candidate, state, path, folder):
    """A kill in the middle of writing, and one before the renaming."""
    import torch

    save = torch.save

    def half(thing, file, *args, **kwargs):
        where = file if hasattr(file, "write") else open(file, "wb")  # noqa: SIM115
        where.write(b"half a file")
        where.flush()
        raise _Interrupted

    def never(*args, **kwargs):
        raise _Interrupted

    save(state(2), path)
    for what, patches in [
        ("in the middle of writing", [mock.patch("torch.save", half)]),
        ("just before the renaming", [mock.patch(name, never) for name in (
            "os.replace", "os.rename", "shutil.move", "shutil.copyfile")]),
    ]:
        for patch in patches:
            patch.start()
        try:
            candidate(state(3), str(path))
        except (_Interrupted, NotImplementedError):
            pass
        except Exception as error:
            raise Wrong(f"killed {what} it stopped with {type(error).__name__}: {error}") from error
        finally:
            for patch in patches:
                patch.stop()
        found = _whole(path) if path.exists() else "nothing"
        if found != 2:
            holds = {None: "half a file", "nothing": "nothing"}.get(found, f"epoch {found}")
            raise Wrong(f"killed {what}, run.pt holds {holds}, expected the old epoch 2. "
                        + ("The old file is removed too early: os.replace replaces it in one move."
                           if found == "nothing" else
                           "Write to the part, and rename it when it is complete."))
        for name in os.listdir(folder):
            if name != path.name:
                os.remove(Path(folder) / name)


def _unreadable(candidate, path):
    """A NumPy number is saved without a word, and refused by weights_only=True."""
    bad = {"epoch": 4, "lr": np.float64(0.1)}
    try:
        candidate(bad, str(path))
    except NotImplementedError:
        raise
    except Exception as error:
        raised = type(error).__name__
    else:
        raised = ""
    if _whole(path) != 2:
        raise Wrong("given a state that weights_only=True cannot read again (with a NumPy number), "
                    "it replaced the good old file: read the part before you rename it"
                    + (f" (its {raised} came too late)." if raised else "."))
    if not raised:
        raise Wrong("given a state that weights_only=True cannot read again, it says nothing: let "
                    "the error of torch.load(part, weights_only=True) through.")
