"""dlroadmap.layers: equal to torch, and the same code as lesson 04_multilayer_perceptron."""

import ast
import inspect

import numpy as np
import pytest

from dlroadmap import layers
from press.source import ROOT, lessons
from press.stamp import parse, solved

LESSON = "04_dl_theory/04_multilayer_perceptron"
NAMES = ["affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss"]


def tensor(array):
    import torch

    return torch.tensor(array, requires_grad=array.dtype.kind == "f")


@pytest.mark.parametrize("shape", [(5, 7), (3, 2, 4, 3), (1, 1)])
def test_affine(shape):
    rng = np.random.default_rng(0)
    x, b = rng.normal(size=shape), rng.normal(size=6)
    w, dout = rng.normal(size=(x[0].size, 6)), rng.normal(size=(len(x), 6))
    out, cache = layers.affine_forward(x, w, b)
    tx, tw, tb = map(tensor, (x, w, b))
    want = tx.flatten(1) @ tw + tb
    want.backward(tensor(dout))
    np.testing.assert_allclose(out, want.detach().numpy(), rtol=1e-12)
    for got, t in zip(layers.affine_backward(dout, cache), (tx, tw, tb), strict=True):
        np.testing.assert_allclose(got, t.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_relu():
    x = np.array([[-2.0, 0.0, 3.0], [0.0, 1e-300, -1e-300]])
    out, cache = layers.relu_forward(x)
    tx = tensor(x)
    want = tx.relu()
    want.sum().backward()
    assert np.array_equal(out, want.detach().numpy())
    assert np.array_equal(layers.relu_backward(np.ones_like(x), cache), tx.grad.numpy())


def test_softmax_loss():
    import torch

    rng = np.random.default_rng(1)
    for scale in (1, 1e3):  # large scores must not overflow
        x, y = scale * rng.normal(size=(8, 5)), rng.integers(0, 5, 8)
        loss, dx = layers.softmax_loss(x, y)
        tx = tensor(x)
        want = torch.nn.functional.cross_entropy(tx, torch.tensor(y))
        want.backward()
        assert loss == pytest.approx(want.item(), rel=1e-12)
        np.testing.assert_allclose(dx, tx.grad.numpy(), atol=1e-14)


def test_float32_stays_float32():
    x = np.ones((2, 3), np.float32)
    out, cache = layers.affine_forward(x, x.T.copy(), np.ones(2, np.float32))
    results = [out, *layers.affine_backward(out, cache), layers.relu_forward(x)[0],
               layers.relu_backward(x, x), layers.softmax_loss(x, np.array([0, 2]))[1]]
    assert {r.dtype for r in results} == {np.dtype(np.float32)}


def code(text):
    """The statements of a function without its docstring, comments and layout."""
    body = ast.parse(text).body[0].body
    return [ast.dump(s) for s in body
            if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


@pytest.mark.parametrize("name", NAMES)
def test_the_lesson_builds_this_very_function(name):
    (lesson,) = [x for x in lessons(ROOT) if x.name == LESSON]
    cells = [c.source for c in parse(lesson).cells if c.source.startswith(f"def {name}(")]
    assert len(cells) == 1
    assert code(solved(cells[0])) == code(inspect.getsource(getattr(layers, name)))
