"""How checks judge a net in NumPy: params, and loss(X) → scores, loss(X, y) → loss, grads.

The oracle is PyTorch's autograd on the same parameters, in float64.
"""

import numpy as np

from dlroadmap.check._frame import Wrong, call, same, unpack


def fill(net, rng):
    """Replace the parameters by larger numbers, biases too, of the same dtype."""
    for name, value in net.params.items():
        net.params[name] = rng.normal(size=value.shape).astype(value.dtype)


def oracle(params, forward, X, y, reg, penalised):
    """Scores, loss and gradients by autograd.

    forward : (dict of tensors, X tensor) → scores (N, C)
    penalised : names of the parameters in the penalty 0.5·reg·ΣW²
    """
    import torch

    p = {n: torch.tensor(np.asarray(v, dtype=np.float64), requires_grad=True)
         for n, v in params.items()}
    scores = forward(p, torch.tensor(np.asarray(X, dtype=np.float64)))
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(np.asarray(y, dtype=np.int64)))
    loss = loss + 0.5 * reg * sum((p[n] ** 2).sum() for n in penalised)
    loss.backward()
    return scores.detach().numpy(), loss.item(), {n: t.grad.numpy() for n, t in p.items()}


def run(net, about, *args, call=call):
    """net.loss on copies; says so when X, y or the parameters change."""
    before = {k: np.array(v) for k, v in net.params.items()}
    result = call(net.loss, *args, about=about)
    for name, value in before.items():
        if not np.array_equal(value, net.params[name]):
            raise Wrong(f"loss, with {about}, changed params[{name!r}] in place; it only computes. "
                        "The training loop makes the step.")
    return result


def judge(net, forward, X, y, reg, about, tolerance, *, of_scores=(), of_grads=lambda name: (),
          call=call):
    """Scores, loss and all gradients against autograd, with 0.5·reg·ΣW² over the "W…".

    of_scores : (forward with a mistake, sentence)
    of_grads : name → (value or callable, sentence) pairs
    call : the check's own ``call``, where it has hints
    """
    params = net.params
    dtype, weights = params["W1"].dtype, tuple(n for n in params if n[0] == "W")
    scores = run(net, f"{about}, y=None", X, call=call)
    want, loss_right, grads_right = oracle(params, forward, X, y, reg, weights)
    if isinstance(scores, tuple):
        raise Wrong(f"loss(X), with {about}, returned a tuple: without labels return the scores "
                    "alone.")
    same("loss(X), the scores,", scores, want.astype(dtype), about=about, **tolerance, mistakes=[
        *((lambda f=f: oracle(params, f, X, y, reg, weights)[0], text) for f, text in of_scores),
        (lambda: np.exp(want) / np.exp(want).sum(axis=1, keepdims=True),
         "Those are probabilities: return the scores; the softmax is part of the loss."),
    ])
    loss, grads = unpack(run(net, about, X, y, call=call), ["loss", "grads"], about)
    if np.ndim(loss) != 0:
        raise Wrong(f"loss, with {about}, has shape {np.shape(loss)}: the loss is one number.")
    penalties = [((lambda a=a: oracle(params, forward, X, y, *a)), text)
                 for a, text in _penalties(reg, weights, tuple(params))]
    same("loss", loss, loss_right, about=about, dtype=False, **tolerance, mistakes=[
        (lambda f=f: f()[1], f"In the loss {text}.") for f, text in penalties])
    if not isinstance(grads, dict) or set(grads) != set(params):
        keys = sorted(grads) if isinstance(grads, dict) else type(grads).__name__
        raise Wrong(f"grads, with {about}, has the keys {keys}; it needs those of params, "
                    f"{sorted(params)}.")
    for name in sorted(grads, reverse=True):  # W before b, the last layer first
        same(f"grads[{name!r}]", grads[name], grads_right[name].astype(dtype), about=about,
             **tolerance, mistakes=[
                 *((lambda f=f, n=name: f()[2][n], f"In the gradient {text}.")
                   for f, text in penalties), *of_grads(name)])
    again = run(net, f"{about}, a second time", X, y, call=call)[0]
    same("loss", again, loss, about=f"{about}, a second call", **tolerance)


def _penalties(reg, weights, everything):
    """((reg, penalised names), sentence) of the usual mistakes with the penalty."""
    yield (0, weights), "the penalty is missing"
    yield ((2 * reg, weights),
           "the penalty is reg·ΣW²; here, as in assignment 2, it is 0.5·reg·ΣW²")
    yield (-reg, weights), "the penalty has the wrong sign"
    yield (reg, everything), "the biases are penalised too; only the weights are"
    yield from (((reg, (name,)), f"only {name} is penalised") for name in weights)
    yield from (((reg, tuple(n for n in weights if n != name)), f"{name} is not penalised")
                for name in weights)
    yield (len(weights) * reg, weights), "the penalty is added more than once"
