"""The layers of a multilayer perceptron in NumPy, as lesson 04_multilayer_perceptron builds them.

Later lessons import them instead of building them again. Names, argument order and shapes are
those of cs231n, assignment 2. N samples, D inputs, M outputs, C classes.
"""

import numpy as np


def affine_forward(x, w, b):
    """x (N, d1, …, dk), w (D, M) with D = d1·…·dk, b (M,) → out (N, M), cache"""
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    """dout (N, M) → dx (N, d1, …, dk), dw (D, M), db (M,)"""
    x, w, _ = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x):
    """x, any shape → out of the same shape, cache"""
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    """dout, any shape → dx of the same shape; the derivative at 0 is 0"""
    return dout * (cache > 0)


def softmax_loss(x, y):
    """scores x (N, C), labels y (N,) int → loss (mean over N), dx (N, C)"""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[rows, y] -= 1
    return -log_p[rows, y].mean(), dx / len(x)
