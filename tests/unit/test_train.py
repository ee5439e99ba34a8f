"""dlroadmap.train.fit: each promise of its docstring, a real kill, several processes."""

import ast
import json
import os
import pickle
import random
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, Dataset, TensorDataset

from dlroadmap import _checkpoint, train

CPU, CE = torch.device("cpu"), nn.CrossEntropyLoss()


def accuracy(output, y):
    return (output.argmax(1) == y).float().mean()


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def net(dropout=0.2, hidden=16, seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, hidden), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(hidden, 2))


def tensors(n, seed=0):
    X = torch.randn(n, 6, generator=torch.Generator().manual_seed(seed))
    return X, (X[:, 0] * X[:, 1] > 0).long()


def loaders(n=50, batch=16, **options):
    return (DataLoader(TensorDataset(*tensors(n)), batch, shuffle=True, **options),
            DataLoader(TensorDataset(*tensors(30, 1)), 8))


def run(model=None, pair=None, seed=3, **options):
    """fit on small data; → model, history."""
    model = model or net()
    pair = pair or loaders()
    given = {"loss_fn": CE, "epochs": 4, "metrics": {"accuracy": accuracy}, "device": "cpu",
             "progress": False, "optimizer": torch.optim.Adam(model.parameters(), lr=0.02)}
    if seed is not None:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
    return model, train.fit(model, *pair, **(given | options))


def same_weights(one, two):
    return all(torch.equal(a, b) for a, b in
               zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def same_history(one, two):
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), two.drop(columns="seconds"),
                                  check_exact=True)
    return True


# --- the loop ---------------------------------------------------------------------------------


def test_one_row_an_epoch():
    _, history = run(epochs=3)
    assert list(history) == ["epoch", "train_loss", "val_loss", "accuracy", "lr", "seconds"]
    assert list(history.epoch) == [1, 2, 3]
    assert (history.lr == 0.02).all()
    assert (history.seconds > 0).all()
    _, history = run(pair=loaders()[:1], metrics=None, epochs=2)
    assert list(history) == ["epoch", "train_loss", "val_loss", "lr", "seconds"]
    assert history.val_loss.isna().all()
    assert len(run(epochs=0)[1]) == 0


def test_it_is_the_loop_by_hand_to_the_last_bit():
    by_hand, (loader, _) = net(), loaders()
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.02)
    torch.manual_seed(3)
    by_hand.train()
    losses = []
    for _ in range(3):
        total = 0
        for x, y in loader:
            optimizer.zero_grad()
            loss = CE(by_hand(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        losses.append(total / 50)
    model, history = run(pair=loaders()[:1], metrics=None, epochs=3)
    assert same_weights(model, by_hand)
    assert np.allclose(history.train_loss, losses, rtol=1e-6)


def test_the_last_smaller_batch_counts_by_its_size():
    """49 samples in batches of 16: the last one has a single, far too expensive sample."""
    X, y = torch.zeros(49, 1), torch.zeros(49, 1)
    y[48] = 7.0
    loader = DataLoader(TensorDataset(X, y), 16)
    model = nn.Linear(1, 1, bias=False)
    frozen = torch.optim.SGD(model.parameters(), lr=0.0)
    assert train.train_epoch(model, loader, nn.MSELoss(), frozen, CPU) == pytest.approx(1.0)
    found = train.evaluate(model, loader, nn.MSELoss(), {
        "tensor": lambda o, y: (y - o).mean(), "number": lambda o, y: float((y - o).mean())}, CPU)
    assert found == {k: pytest.approx(v) for k, v in
                     {"loss": 1.0, "tensor": 1 / 7, "number": 1 / 7}.items()}


class Mode(nn.Module):
    """Notes in which mode, with which gradients switch, and on what it is called."""

    def __init__(self):
        super().__init__()
        self.inner, self.seen = nn.Linear(6, 2), []

    def forward(self, *inputs):
        self.seen.append((self.training, torch.is_grad_enabled(), len(inputs)))
        return self.inner(inputs[0])


def test_modes_and_gradients():
    model = Mode()
    run(model, loaders(n=32), epochs=2)
    assert model.seen == ([(True, True, 1)] * 2 + [(False, False, 1)] * 4) * 2
    assert not model.training
    assert not run(pair=loaders()[:1], metrics=None)[0].training


def test_several_inputs():
    model, (X, y) = Mode(), tensors(32)
    data = DataLoader(TensorDataset(X, X, X, y), 16)
    run(model, (data, data), epochs=1)
    assert {n for _, _, n in model.seen} == {3}


def test_scheduler_steps_once_an_epoch():
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    _, history = run(model, optimizer=optimizer, epochs=5,
                     scheduler=lr_scheduler.StepLR(optimizer, 2, gamma=0.1))
    assert np.allclose(history.lr, [1, 1, 0.1, 0.1, 0.01])


@pytest.mark.parametrize("validated", [True, False])
def test_plateau_gets_the_validation_loss(validated, monkeypatch):
    model, seen = net(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    plateau = lr_scheduler.ReduceLROnPlateau(optimizer)
    monkeypatch.setattr(plateau, "step", lambda loss: seen.append(loss))
    _, history = run(model, loaders()[:1 + validated], optimizer=optimizer, scheduler=plateau,
                     metrics=None)
    assert seen == list(history.val_loss if validated else history.train_loss)


def test_the_same_seed_gives_the_same_run():
    (one, first), (two, second), (other, _) = run(), run(), run(seed=4)
    assert same_weights(one, two)
    assert same_history(first, second)
    assert not same_weights(one, other)


def test_nothing_waits_for_the_device_at_each_step(monkeypatch):
    calls = []
    for name in ("item", "tolist", "cpu", "numpy", "__float__", "__bool__", "__int__"):
        inner = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda self, *a, _inner=inner, _name=name, **k: (
            calls.append(_name), _inner(self, *a, **k))[1])
    counts = []
    for batches in (2, 20):
        calls.clear()
        data = [(torch.zeros(4, 6), torch.zeros(4, dtype=torch.long))] * batches
        model = nn.Linear(6, 2)
        run(model, (data, data), epochs=1, optimizer=torch.optim.SGD(model.parameters(), 0.1))
        counts.append(len(calls))
    assert counts[0] == counts[1]


# --- early stop and best state ----------------------------------------------------------------


@pytest.mark.parametrize(("losses", "patience", "want"), [
    ([3, 2, 1], 1, None), ([3, 2, 2], 1, 3), ([1, 2, 3, 4], 2, 3), ([1, 2, 0, 2, 3], 2, 5),
    ([1, 2, 0, 2, 0], 2, 5), ([], 1, None), ([1], 1, None), ([2, 3, 1, 3], 2, None)])
def test_early_stopping_epoch(losses, patience, want):
    assert train.early_stopping_epoch(losses, patience) == want


def fading(monkeypatch, losses):
    """Let evaluate report these losses, one an epoch."""
    left = iter(losses)
    monkeypatch.setattr(train, "evaluate", lambda *a: {"loss": next(left), "accuracy": 0.5})


def test_patience_stops_and_hands_back_the_best_state(monkeypatch):
    fading(monkeypatch, [3.0, 1.0, 2.0, 1.0, 0.0])
    model, history = run(epochs=9, patience=2)
    assert list(history.val_loss) == [3, 1, 2, 1]  # a tie is no progress
    assert same_weights(model, run(epochs=2, pair=(loaders()[0], None), metrics=None)[0])


def test_without_patience_and_checkpoint_it_ends_with_the_last_epoch(monkeypatch, tmp_path):
    fading(monkeypatch, [1.0, 2.0, 3.0] * 2)
    last = run(epochs=3)[0]
    best = run(epochs=3, checkpoint=tmp_path / "c.pt")[0]
    two = run(epochs=3, pair=(loaders()[0], None), metrics=None)[0]
    assert same_weights(last, two)
    assert same_weights(best, run(epochs=1, pair=(loaders()[0], None), metrics=None)[0])
    assert not same_weights(last, best)
    kept = train.load_checkpoint(tmp_path / "c.pt")
    assert all(torch.equal(kept["best"][k], v) for k, v in best.state_dict().items())
    assert all(torch.equal(kept["model"][k], v) for k, v in last.state_dict().items())


def test_a_stopped_run_stays_stopped(monkeypatch, tmp_path):
    fading(monkeypatch, [1.0, 2.0, 2.0])
    _, one = run(epochs=9, patience=2, checkpoint=tmp_path / "c.pt")
    _, two = run(epochs=9, patience=2, checkpoint=tmp_path / "c.pt")
    assert len(one) == 3
    assert one.equals(two)


# --- resume -----------------------------------------------------------------------------------


class Noisy(Dataset):
    """Draws from all three global generators, as augmentation does."""

    X, y = tensors(50)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        noise = random.gauss(0, 0.1) + np.random.normal(0, 0.1)  # noqa: NPY002
        return self.X[i] + noise + 0.1 * torch.randn(6), self.y[i]


def whole_and_resumed(path, make, stop=2, epochs=5):
    """The same run in one go, and with a new start (of everything) after ``stop`` epochs."""
    model, parts = make()
    whole = run(model, **parts, epochs=epochs, checkpoint=path.with_name("whole.pt"))
    model, parts = make()
    run(model, **parts, epochs=stop, checkpoint=path)
    model, parts = make()
    return whole, run(model, **parts, epochs=epochs, checkpoint=path, seed=99)


@pytest.mark.parametrize("generator", [False, True])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_resumed_equals_whole(tmp_path, kind, generator):
    def make():
        model = net()
        optimizer = (torch.optim.Adam(model.parameters(), 0.02) if kind == "Adam" else
                     torch.optim.SGD(model.parameters(), 0.1, momentum=0.9))
        own = {"generator": torch.Generator().manual_seed(7)} if generator else {}
        pair = DataLoader(Noisy(), 16, shuffle=True, **own), loaders()[1]
        return model, {"optimizer": optimizer, "pair": pair,
                       "scheduler": lr_scheduler.MultiStepLR(optimizer, [1, 3])}

    (one, first), (two, second) = whole_and_resumed(tmp_path / "c.pt", make)
    assert same_history(first, second)
    assert same_weights(one, two)


@pytest.mark.parametrize("scheduler", [
    lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0), lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
    lambda o: lr_scheduler.LambdaLR(o, lambda e: 0.9**e),
    lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=6),
    lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [2])])
def test_every_scheduler_can_be_kept(tmp_path, scheduler):
    def make():
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        return model, {"optimizer": optimizer, "scheduler": scheduler(optimizer)}

    (one, first), (two, second) = whole_and_resumed(tmp_path / "c.pt", make)
    assert same_history(first, second)
    assert same_weights(one, two)


def test_weighted_sampler_with_its_own_generator(tmp_path):
    def make():
        sampler = torch.utils.data.WeightedRandomSampler(
            torch.arange(1, 51), 40, generator=torch.Generator().manual_seed(5))
        return net(), {"pair": (DataLoader(TensorDataset(*tensors(50)), 16, sampler=sampler),
                                loaders()[1])}

    (one, first), (two, second) = whole_and_resumed(tmp_path / "c.pt", make)
    assert same_history(first, second)
    assert same_weights(one, two)


def test_resume_false_starts_anew(tmp_path):
    path = tmp_path / "new folder" / "c.pt"
    run(epochs=3, checkpoint=path)
    model, history = run(epochs=1, checkpoint=path, resume=False)
    assert list(history.epoch) == [1]
    assert same_weights(model, run(epochs=1)[0])
    assert len(train.load_checkpoint(path)["rows"]) == 1
    assert [p.name for p in path.parent.iterdir()] == ["c.pt"]


def test_validation_may_come_later(tmp_path):
    run(epochs=1, checkpoint=tmp_path / "c.pt", pair=(loaders()[0], None), metrics=None)
    _, history = run(epochs=3, checkpoint=tmp_path / "c.pt", patience=5)
    assert list(history.val_loss.isna()) == [True, False, False]


KILL = """
import io, json, os, signal, sys, time
sys.path.insert(0, {here!r})
import torch
from test_train import *

folder = {folder!r}
moments = ["step 1", "step 6", "step 11", "validation 9", "write 2", "read 2", "before rename 1",
           "after rename 3"]

def die_at(moment):
    what, number = moment.rsplit(" ", 1)
    def count(function, name, after=False):
        calls = [0]
        def wrapped(*a, **k):
            calls[0] += name == what
            if calls[0] == int(number) and name == what and not after:
                if name == "write":                     # half of the file is on the disk
                    whole = io.BytesIO(); function(a[0], whole)
                    a[1].write(whole.getvalue()[:len(whole.getvalue()) // 2]); a[1].flush()
                os.kill(os.getpid(), signal.SIGKILL)
            out = function(*a, **k)
            if calls[0] == int(number) and name == what:
                os.kill(os.getpid(), signal.SIGKILL)
            return out
        return wrapped
    torch.optim.Adam.step = count(torch.optim.Adam.step, "step")
    evaluated = nn.CrossEntropyLoss.forward
    nn.CrossEntropyLoss.forward = count(evaluated, "validation")
    torch.save = count(torch.save, "write")
    torch.load = count(torch.load, "read")
    os.replace = count(count(os.replace, "before rename"), "after rename", after=True)

def fit(path):
    return run(pair=(DataLoader(Noisy(), 16, shuffle=True), loaders()[1]), checkpoint=path)

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

torch.set_num_threads(1)
whole, history = fit(os.path.join(folder, "whole.pt"))
report = {{}}
for moment in moments:
    path = os.path.join(folder, moment.replace(" ", "_") + ".pt")
    code = child(lambda: (die_at(moment), fit(path)))
    found = len(train.load_checkpoint(path)["rows"]) if os.path.exists(path) else 0
    model, again = fit(path)
    report[moment] = [code, found, same_weights(model, whole), same_history(again, history)]
# Killed from outside, three times in a row, wherever it is.
path = os.path.join(folder, "outside.pt")
codes = []
for pause in (0.03, 0.06, 0.09):
    pid = os.fork()
    if pid == 0:
        try:
            while True:
                fit(path) if not os.path.exists(path) else run(
                    pair=(DataLoader(Noisy(), 16, shuffle=True), loaders()[1]), checkpoint=path, epochs=400)
        finally:
            os._exit(0)
    time.sleep(pause)
    os.kill(pid, signal.SIGKILL)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
rows = len(train.load_checkpoint(path)["rows"]) if os.path.exists(path) else 0
more = max(rows + 2, 4)
pair = lambda: (DataLoader(Noisy(), 16, shuffle=True), loaders()[1])
model, again = run(pair=pair(), checkpoint=path, epochs=more)
once, history = run(pair=pair(), checkpoint=os.path.join(folder, "once.pt"), epochs=more)
report["outside"] = [codes[-1], rows, same_weights(model, once), same_history(again, history)]
print("REPORT", json.dumps(report))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_at_any_moment_it_goes_on_from_the_last_whole_checkpoint(tmp_path):
    code = KILL.format(here=os.path.dirname(__file__), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert "REPORT" in done.stdout, done.stderr
    report = json.loads(done.stdout.split("REPORT", 1)[1])
    # An epoch has 4 steps, 4 training and 4 validation losses. How many whole epochs are left?
    left = {"step 1": 0, "step 6": 1, "step 11": 2, "validation 9": 1, "write 2": 1, "read 2": 1,
            "before rename 1": 0, "after rename 3": 3}
    outside = report.pop("outside")
    assert report == {moment: [-9, n, True, True] for moment, n in left.items()}
    assert outside[0] == -9
    assert outside[2:] == [True, True]


# --- checkpoints that cannot be used ----------------------------------------------------------


class Evil:
    def __reduce__(self):
        return os.system, ("touch was_run",)


def foreign(path, kind):
    """Put something else than a checkpoint of this run under ``path``."""
    run(epochs=1, checkpoint=path)
    whole = path.read_bytes()
    other = net(hidden=20)
    if kind == "other shapes":
        run(other, epochs=1, checkpoint=path, resume=False)
    elif kind == "other names":
        other = nn.Sequential(nn.Flatten(), nn.Linear(6, 2))
        run(other, epochs=1, checkpoint=path, resume=False)
    elif kind == "other optimizer":
        run(model := net(), optimizer=torch.optim.SGD(model.parameters(), 0.1), epochs=1,
            checkpoint=path, resume=False)
    elif kind == "other scheduler":
        optimizer = torch.optim.Adam((model := net()).parameters(), 0.1)
        run(model, optimizer=optimizer, scheduler=lr_scheduler.StepLR(optimizer, 1), epochs=1,
            checkpoint=path, resume=False)
    elif kind == "other parameter groups":
        model = net()
        optimizer = torch.optim.Adam([{"params": p} for p in model.parameters()], 0.1)
        run(model, optimizer=optimizer, epochs=1, checkpoint=path, resume=False)
    elif kind == "a bare state dict":
        torch.save(net().state_dict(), path)
    elif kind == "a tensor":
        torch.save(torch.zeros(3), path)
    elif kind == "a whole model":
        torch.save(net(), path)
    else:
        path.write_bytes({"empty": b"", "text": b"my thesis, chapter 1", "half": whole[:len(whole) // 2],
                          "nearly whole": whole[:-1], "zeros": bytes(len(whole)), "middle lost":
                          whole[:2000] + whole[3000:], "evil": pickle.dumps(Evil())}[kind])


@pytest.mark.parametrize(("kind", "words"), [
    ("empty", "cannot be read"), ("text", "cannot be read"), ("half", "cannot be read"),
    ("nearly whole", "cannot be read"), ("zeros", "cannot be read"),
    ("middle lost", "cannot be read"), ("evil", "cannot be read"),
    ("a whole model", "cannot be read"), ("a tensor", "was not written by dlroadmap.train.fit"),
    ("a bare state dict", "was not written by dlroadmap.train.fit"),
    ("other shapes", r"0.weight is \(20, 6\) in the file and \(16, 6\) here"),
    ("other names", r"0.weight is None in the file and \(16, 6\) here"),
    ("other optimizer", "optimizer is SGD in the file and Adam here"),
    ("other scheduler", "scheduler is StepLR in the file and NoneType here"),
    ("other parameter groups", r"parameters is \[1, 1, 1, 1\] in the file and \[4\] here")])
def test_a_foreign_checkpoint_is_refused_and_kept(tmp_path, monkeypatch, kind, words):
    monkeypatch.chdir(tmp_path)
    foreign(path := tmp_path / "c.pt", kind)
    before, model = path.read_bytes(), net()
    with pytest.raises(train.CheckpointError, match=words) as caught:
        run(model, checkpoint=path)
    assert str(path) in str(caught.value)
    assert "Move it away, or give another checkpoint=, or resume=False" in str(caught.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]
    assert same_weights(model, net())  # nothing was half loaded
    run(model, checkpoint=path, resume=False, epochs=1)  # what the message proposes works
    assert len(train.load_checkpoint(path)["rows"]) == 1


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    train.save_checkpoint({"a": 1}, path := tmp_path / "c.pt")
    before = path.read_bytes()
    for bad in (np.float64(1), lambda: 0):
        with pytest.raises((pickle.UnpicklingError, pickle.PicklingError, AttributeError)):
            train.save_checkpoint({"a": bad}, path)
        assert path.read_bytes() == before


def test_checkpoints_of_the_card_serve_without_it(tmp_path, monkeypatch):
    """The generator of a card is kept under its own name, and its absence is no error."""
    own = _checkpoint.RandomGenerators(None, CPU)
    state = own.state_dict()
    state["processes"][0]["torch"]["cuda"] = torch.zeros(16, dtype=torch.uint8)
    own.load_state_dict(state)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["train_loss", "val_loss"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_is_refused(tmp_path, where, value):
    path, calls = tmp_path / "c.pt", []
    run(epochs=1, checkpoint=path)
    before = path.read_bytes()

    def loss_fn(output, y):
        calls.append(0)
        bad = len(calls) == (2 if where == "train_loss" else 5)
        return CE(output, y) * (value if bad else 1)

    with pytest.raises(FloatingPointError, match=f"epoch 2: {where} is (nan|inf).*kept"):
        run(epochs=3, checkpoint=path, loss_fn=loss_fn)
    assert path.read_bytes() == before
    calls.clear()
    with pytest.raises(FloatingPointError, match=r"Start with a new model\.$"):
        run(epochs=3, loss_fn=loss_fn)


@pytest.mark.parametrize(("options", "words"), [
    ({"optimizer": torch.optim.SGD(nn.Linear(2, 2).parameters(), 0.1)}, "no parameter of this model"),
    ({"epochs": -1}, "epochs is -1"), ({"patience": 0}, "patience 0"),
    ({"pair": (loaders()[0], None)}, "need a val_loader"),
    ({"pair": (loaders()[0], None), "metrics": None, "patience": 3}, "need a val_loader"),
    ({"metrics": {"loss": accuracy}}, "no metric can be called"),
    ({"metrics": {"lr": accuracy}}, "no metric can be called"),
    ({"pair": (DataLoader(TensorDataset(*tensors(9)), 16, drop_last=True), loaders()[1])}, "no batch")])
def test_arguments_that_do_not_fit(options, words):
    with pytest.raises(ValueError, match=words):
        run(**options)


# --- device, precision, progress --------------------------------------------------------------


@pytest.mark.parametrize(("cuda", "mps", "rank", "want"), [
    (True, True, None, "cuda:0"), (True, False, "1", "cuda:1"), (False, True, None, "mps"),
    (False, False, None, "cpu")])
def test_device_choice(monkeypatch, cuda, mps, rank, want):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    if rank:
        monkeypatch.setenv("LOCAL_RANK", rank)
    assert str(train.pick_device()) == want
    assert str(train.pick_device("cpu")) == "cpu"
    assert str(train.pick_device("cuda:3")) == "cuda:3"


@pytest.mark.parametrize(("bf16", "amp", "want"), [
    (True, None, (torch.bfloat16, False)), (False, None, (torch.float16, True)), (True, False, None)])
def test_precision_on_cuda(monkeypatch, bf16, amp, want):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    made = {}
    monkeypatch.setattr(torch, "autocast", lambda kind, dtype: made.update(autocast=dtype))
    monkeypatch.setattr(torch.amp, "GradScaler", lambda kind, enabled: made.update(scaler=enabled))
    train.mixed_precision(torch.device("cuda", 0), amp)
    assert made == ({"scaler": False} if want is None else {"autocast": want[0], "scaler": want[1]})


def test_precision_on_the_cpu():
    seen = []

    def loss_fn(output, y):
        seen.append(output.dtype)
        return CE(output.float(), y)

    for amp, want in ((None, torch.float32), (False, torch.float32), (True, torch.bfloat16)):
        seen.clear()
        model, _ = run(loss_fn=loss_fn, epochs=1, amp=amp)
        assert set(seen) == {want}
        assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_a_scaler_is_used(monkeypatch):
    """The float16 path, on the CPU: scaled loss, unscaled step, same result."""
    real = torch.amp.GradScaler
    model, loader = net(dropout=0), loaders()[0]
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = real("cpu", init_scale=1024.0, growth_interval=2)
    torch.manual_seed(0)
    train.train_epoch(model, loader, CE, optimizer, CPU, scaler=scaler)
    assert scaler.get_scale() == 4096
    plain = net(dropout=0)
    torch.manual_seed(0)
    train.train_epoch(plain, loader, CE, torch.optim.SGD(plain.parameters(), 0.1), CPU)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in
               zip(model.parameters(), plain.parameters(), strict=True))


def test_one_line_and_no_bar_where_nobody_looks(capsys, tmp_path):
    run(progress=True, epochs=2, checkpoint=tmp_path / "c.pt")
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.count("\n") == 1
    assert said.out.startswith("2 of 2 epochs; best: epoch ")
    run(progress=True, epochs=3, checkpoint=tmp_path / "c.pt")
    assert capsys.readouterr().out.startswith("3 of 3 epochs (2 from the checkpoint); best: epoch ")
    run(progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(progress=True, epochs=2)
    assert "epoch 2/2" in capsys.readouterr().err


# --- several processes ------------------------------------------------------------------------

SHARED = """
import sys, torch
sys.path.insert(0, {here!r})
from test_train import *
from dlroadmap import _parallel
torch.set_num_threads(1)
rank = lambda: _parallel.processes()[0]
loader = DataLoader(TensorDataset(*tensors(64)), 16, shuffle=True)
out, seen = {{}}, []

def counted(output, y):
    seen.append(len(y))
    return accuracy(output, y)

for name, epochs, file, shuffle in [("once", 4, None, False), ("shuffled", 4, None, True),
                                    ("first", 2, "c.pt", True), ("resumed", 4, "c.pt", True)]:
    held = DataLoader(TensorDataset(*tensors(37, 1)), 8, shuffle=shuffle)
    model = net(dropout=0)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    _, history = run(model, (loader, held), optimizer=optimizer, epochs=epochs, progress=True,
                     metrics={{"accuracy": counted}}, checkpoint=file and {folder!r} + "/" + file)
    out[name] = [history.drop(columns="seconds").values.tolist(),
                 torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()]
out["seen"] = sum(seen)
try:
    run(pair=(DataLoader(TensorDataset(*tensors(64)), 15), None), metrics=None)
    out["refused"] = ""
except ValueError as error:
    out["refused"] = str(error)
open({folder!r} + f"/{{rank()}}.json", "w").write(json.dumps(out))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun and gloo as on Unix")
def test_two_processes_give_what_one_gives(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SHARED.format(here=os.path.dirname(__file__), folder=str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone",
         "--nproc-per-node", "2", str(script)], capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    zero, one = (json.loads((tmp_path / f"{r}.json").read_text()) for r in "01")
    assert (zero.pop("seen"), one.pop("seen")) == (19 * 12, 18 * 12)  # 37 dealt out, 12 epochs
    assert zero == one  # both processes know everything
    model = net(dropout=0)
    loader = DataLoader(TensorDataset(*tensors(64)), 16, shuffle=True)
    held = DataLoader(TensorDataset(*tensors(37, 1)), 8)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    _, history = run(model, (loader, held), optimizer=optimizer)
    weights = torch.cat([p.detach().flatten() for p in model.parameters()]).numpy()
    assert np.allclose(zero["shuffled"][0], zero["resumed"][0], rtol=1e-6)
    assert np.allclose(history.drop(columns="seconds").values, zero["once"][0], rtol=1e-4)
    assert np.allclose(weights, zero["once"][1], atol=1e-5)
    assert "cannot be shared equally by 2 processes" in zero["refused"]
    assert done.stdout.count(" of ") == 4  # one process speaks


# --- the house --------------------------------------------------------------------------------


def without_docstring(node, text):
    """The source of a function or class without docstrings, blank lines, lines of comment."""
    lines = text.split("\n")
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part):
            doc = part.body[0]
            for i in range(doc.lineno - 1, doc.end_lineno):
                lines[i] = ""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return "\n".join(x.partition("  # noqa")[0] for x in lines[first - 1:node.end_lineno]
                     if x.strip() and not x.strip().startswith("#"))


def definitions(text):
    return {node.name: without_docstring(node, text) for node in ast.parse(text).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_the_lesson_builds_exactly_this_loop(root):
    from press.source import lessons
    from press.stamp import parse, solved

    lesson = next((x for x in lessons(root) if x.name == "04_dl_theory/09_training_loop"), None)
    if lesson is None:
        pytest.skip("the lesson is not there yet")
    cells = [solved(c.source) for c in parse(lesson).cells if c.cell_type == "code"]
    taught = {}
    for cell in cells:
        taught |= definitions(cell)
    package = {}
    for module in (train, _checkpoint):
        with open(module.__file__, encoding="utf-8") as file:
            package |= definitions(file.read())
    for name, text in package.items():
        assert name in taught, f"the lesson does not build {name}"
        assert taught[name] == text, f"the lesson's {name} is not the package's: make them equal"


def test_the_loop_stays_short(root):
    """Under 150 lines of code: no comments, docstrings, blank lines."""
    text = (root / "dlroadmap/train.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    docs = {i for n in ast.walk(tree)
            if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(n)
            for i in range(n.body[0].lineno, n.body[0].end_lineno + 1)}
    code = [x for i, x in enumerate(text.split("\n"), 1)
            if i not in docs and x.strip() and not x.strip().startswith("#")]
    assert len(code) < 150


def test_the_overhead_was_measured_on_this_code(root):
    """benchmarks/results/train_overhead.csv belongs to the code as it is, and keeps the promise."""
    sys.path.insert(0, str(root / "benchmarks"))
    try:
        import train_overhead
    finally:
        sys.path.pop(0)
    text = train_overhead.RESULT.read_text(encoding="utf-8")
    assert f"# code {train_overhead.fingerprint()}" in text, "run python benchmarks/train_overhead.py"
    table = pd.read_csv(train_overhead.RESULT, comment="#").set_index("model")
    assert table.more_percent["CNN"] <= 3
    assert table.more_ms_a_step["MLP"] <= 0.1


def test_importing_the_package_stays_light():
    code = "import sys, dlroadmap; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
