"""The frame of the checks: what it reports, what it compares, what it recognises."""

import numpy as np
import pytest

from dlroadmap.check import _frame
from dlroadmap.check._frame import (
    Wrong,
    attempt,
    call,
    close,
    exercise,
    kind_of,
    numerical_gradient,
    same,
    strided_view,
    unpack,
)

WANT = np.arange(12.0).reshape(3, 4) + 1


def message(got, want=WANT, **more):
    with pytest.raises(Wrong) as caught:
        same("out", got, want, about="x (3, 4)", **more)
    text = str(caught.value)
    assert text.startswith("out, with x (3, 4),")
    return text


@pytest.mark.parametrize(("got", "words"), [
    (None, "is None"),
    (WANT.tolist(), "is a list; a NumPy array of shape (3, 4)"),
    (3.0, "is a plain number"),
    (WANT.T, "The axes are the other way round"),
    (WANT.ravel(), "reshape or transpose"),
    (WANT[:2], "shape (2, 4), expected (3, 4)"),
    (WANT[:1], "shape (1, 4)"),  # never broadcast to fit
    (WANT.astype(np.float32), "dtype float32, expected float64"),
    (np.zeros_like(WANT), "all zeros"),
    (-WANT, "times -1"),
    (WANT * 3, "times 3 everywhere"),
    (WANT + 2, "plus 2 everywhere"),
    (WANT[:, ::-1], "last axis reversed"),
    (np.where(WANT == 5, np.nan, WANT), "1 of its 12 entries are NaN"),
    (np.where(WANT == 5, 7, WANT), "largest difference at [1, 0]: got 7, expected 5"),
    (np.array(["a"] * 12).reshape(3, 4), "numbers were asked for"),
])
def test_a_wrong_value_gets_its_sentence(got, words):
    assert words in message(got)


def test_a_square_transpose_is_recognised():
    square = np.array([[1.0, 2.0], [5.0, 4.0]])
    assert "transposed" in message(square.T.copy(), square)


def test_given_mistakes_come_first_and_may_fail():
    def broken():
        raise ValueError

    text = message(WANT * 3, mistakes=[(broken, "no"), (WANT * 3, "You forgot the mean.")])
    assert text.endswith("You forgot the mean.")
    assert "everywhere" not in text


def test_right_values_pass():
    same("out", WANT + 1e-12, WANT, about="x")
    same("out", 1.0 + 1e-12, 1.0, about="x")
    same("out", np.float64(2), 2.0, about="x")
    assert close(np.array([]), np.array([]))
    assert not close(np.array([np.nan]), np.array([1.0]))
    assert close(np.array([np.inf, 1.0]), np.array([np.inf, 1.0]))
    assert not close(np.array([-np.inf]), np.array([np.inf]))


def test_torch_and_numpy_are_told_apart():
    torch = pytest.importorskip("torch")
    assert "is a torch tensor" in message(torch.zeros(3, 4))
    assert "a torch tensor was asked for" in message(WANT, torch.zeros(3, 4))
    same("out", torch.ones(2), torch.ones(2), about="x")
    assert "times -1" in message(-torch.ones(2), torch.ones(2))


def test_call_protects_the_input():
    x = np.arange(6.0).reshape(2, 3)[:, ::2]

    def changes(a):
        a += 1
        return a

    with pytest.raises(Wrong, match="changed its input number 1 in place"):
        call(changes, x, about="x")
    assert np.array_equal(x, [[0, 2], [3, 5]])
    call(lambda config: config.update(t=1), {"t": 0}, about="config", may_change=(0,))
    with pytest.raises(Wrong, match="in place"):
        call(lambda config: config.update(t=1), {"t": 0}, about="config")
    with pytest.raises(Wrong, match="in place"):
        call(lambda pair: changes(pair[1]), (1, x), about="pair")


def test_call_keeps_strides():
    view = np.arange(12.0).reshape(2, 6)[:, ::2]
    seen = []
    call(lambda a: seen.append(a.flags.c_contiguous), view, about="view")
    assert seen == [False]


def test_call_explains_an_error_of_the_learners():
    with pytest.raises(Wrong, match=r"with x \(2,\) it stopped with IndexError") as caught:
        call(lambda x: x[5], np.zeros(2), about="x (2,)")
    assert isinstance(caught.value.__cause__, IndexError)


def test_unpack():
    assert unpack((1, 2), ("out", "cache"), "x") == (1, 2)
    with pytest.raises(Wrong, match="returned None"):
        unpack(None, ("out", "cache"), "x")
    with pytest.raises(Wrong, match="a tuple of 3"):
        unpack((1, 2, 3), ("out", "cache"), "x")
    with pytest.raises(Wrong, match="returned ndarray"):
        unpack(WANT, ("out", "cache"), "x")


def test_a_check_reports(capsys, monkeypatch):
    noted = []
    monkeypatch.setattr(_frame.progress, "note", lambda *a: noted.append(a))

    @exercise
    def twice(candidate):
        same("out", call(candidate, 2, about="x = 2"), 4, about="x = 2")
        return "one number"

    twice(lambda x: 2 * x)
    assert capsys.readouterr().out == "twice: right. Checked one number.\n"

    def not_yet(x):
        raise NotImplementedError

    twice(not_yet)
    assert "twice: not attempted yet" in capsys.readouterr().out
    with pytest.raises(Wrong, match="twice: out, with x = 2, is wrong"):
        twice(lambda x: x)
    with pytest.raises(Wrong, match="give the check the function itself"):
        twice(4)
    assert noted == [("twice", "passed"), ("twice", "attempted")]


def test_only_a_blank_counts_as_not_attempted(capsys):
    """torch raises NotImplementedError too, for instance for a dtype that it cannot handle."""

    @exercise
    def twice(candidate):
        call(candidate, 2, about="x = 2")

    def another_blank(x):
        raise NotImplementedError("softmax_loss: subtract the largest score first")

    def wrong_dtype(x):
        raise NotImplementedError('"nll_loss" not implemented for \'Long\'')

    twice(another_blank)
    assert "not attempted yet" in capsys.readouterr().out
    with pytest.raises(Wrong, match=r"with x = 2 it stopped with NotImplementedError: .nll_loss"):
        twice(wrong_dtype)
    raw = exercise(lambda candidate: candidate(2))  # a check that calls without the frame's call
    with pytest.raises(Wrong, match=r"it stopped with NotImplementedError: .nll_loss"):
        raw(wrong_dtype)


def test_numerical_gradient():
    x = np.random.default_rng(0).normal(size=(2, 3))
    up = np.random.default_rng(1).normal(size=(2, 3))
    assert np.allclose(numerical_gradient(np.sin, x, up), np.cos(x) * up, atol=1e-9)


def test_attempt_says_what_stopped_and_adds_the_hint_that_fits():
    hints = [(ValueError, "broadcast", "Two shapes do not fit."), (IndexError, "", "Too far.")]

    def add():
        return np.zeros(2) + np.zeros(3)

    with pytest.raises(Wrong, match=r"^with x it stopped with ValueError: .*broadcast.*\. Two "
                                    r"shapes do not fit\.$") as caught:
        attempt(add, about="x", hints=hints)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(Wrong, match=r"IndexError: .*range\. Too far\.$"):
        call(lambda x: x[5], [1], about="x", hints=hints)
    with pytest.raises(Wrong, match=r"stopped with KeyError: 'a'$"):
        attempt(lambda: {}["a"], about="x", hints=hints)
    with pytest.raises(Wrong, match=r"^seen$"):  # what an oracle says is not wrapped again
        attempt(lambda: (_ for _ in ()).throw(Wrong("seen")), about="x")
    with pytest.raises(KeyboardInterrupt):
        attempt(lambda: (_ for _ in ()).throw(KeyboardInterrupt), about="x")


def test_views_and_their_words():
    x = np.arange(6.0).reshape(2, 3)
    view = strided_view(x.astype(np.float32))
    assert np.array_equal(view, x)
    assert not view.flags.c_contiguous
    assert kind_of(x) == ""
    assert kind_of(view) == ", float32, a strided view"
