"""Checks of lesson 04/02, Backpropagation.

Oracles: PyTorch's autograd, derivatives known in closed form, plain loops.
"""

import math
import operator

import numpy as np

from dlroadmap.check._frame import Wrong, attempt, call, close, exercise, same

# --- Node and Value -----------------------------------------------------------------------


def _try(about, build):
    """Run ``build``; an error of the learner's class becomes a sentence."""
    return attempt(build, about=about, hints=[
        (RecursionError, "", "A function that calls itself for each parent is too deep; "
                             "use a loop."),
        (TypeError, "unsupported operand", "Is a reflected form (__radd__, __rmul__, …) missing?"),
    ])


def _number(what, got, want, about, mistakes=()):
    """Compare one number; ``mistakes`` are (value, sentence)."""
    if got is None:
        raise Wrong(f"{what}, with {about}, is None: is a return line missing?")
    if not isinstance(got, int | float | np.number):
        raise Wrong(f"{what}, with {about}, is a {type(got).__name__}, not a number.")
    if close(got, want, 1e-9, 1e-10):
        return
    known = next((s for v, s in mistakes if close(got, v, 1e-9, 1e-10)), "")
    raise Wrong(f"{what}, with {about}, is {float(got):.6g}, expected {float(want):.6g}. {known}"
                .rstrip())


def _is_node(what, got, kind, about):
    if got is None:
        raise Wrong(f"{what}, with {about}, is None: is a return line missing?")
    if not isinstance(got, kind):
        raise Wrong(f"{what}, with {about}, is a {type(got).__name__}; a {kind.__name__} was "
                    "asked for.")


def _grads(kind, values, formula, about):
    """Build leaves and ``formula`` of them, call backward → result, leaves."""
    leaves = [kind(v) for v in values]
    out = _try(about, lambda: formula(*leaves))
    _is_node("the result", out, kind, about)
    _try(about + ", backward", out.backward)
    return out, leaves


def _shared(a, b):
    """Discovered from the end, c comes before d, and d needs c."""
    c = a * b
    return c * (c + a)


@exercise
def Node(candidate):
    a, b = candidate(3), candidate(-4)
    about = "a = 3, b = -4"
    product = _try(about, lambda: a * b)
    _is_node("a * b", product, candidate, about)
    _number("the data of a * b", product.data, -12, about)
    if tuple(product.parents) != (a, b):
        raise Wrong(f"the parents of a * b, with {about}, must be the tuple (a, b).")
    if tuple(product.local) != (-4, 3):
        hint = {(3, -4): "Times swaps: d(ab)/da is b.", (1, 1): "These are those of a + b."}
        raise Wrong(f"local of a * b, with {about}, is {tuple(product.local)}, expected (-4, 3). "
                    f"{hint.get(tuple(product.local), 'Differentiate a·b by a, then by b.')}")

    out, (a, b) = _grads(candidate, (3, -4), lambda a, b: a + b, "f = a + b, a = 3, b = -4")
    if (out.grad, a.grad, b.grad) == (0, 0, 0):
        raise Wrong("after f.backward(), f = a + b, all gradients are 0: f needs the gradient 1 "
                    "before the walk begins.")
    _number("f.grad", out.grad, 1, "f = a + b", [
        (out.data, "The walk starts with 1, not with the value of f."),
        (2, "f gets its gradient twice.")])
    for name, leaf in (("a.grad", a), ("b.grad", b)):
        _number(name, leaf.grad, 1, "f = a + b", [
            (0, "Nothing arrived: is parent.grad changed, or only a copy of it? And does the walk "
                "begin at the top, f?"),
            (2, "local plus upstream; it must be local times upstream."),
            (-1, "It has the wrong sign.")])

    about = "f = (a * b) * 5, a = 3, b = -4"
    _, (a, b) = _grads(candidate, (3, -4), lambda a, b: (a * b) * 5, about)
    _number("a.grad", a.grad, -20, about, [
        (-4, "That is the local derivative alone: multiply it with the upstream gradient, "
             "node.grad."),
        (5, "That is the upstream gradient alone: multiply it with the local derivative."),
        (0, "The walk must go from high levels to low ones: here a low node sends before it has "
            "received anything."),
        (1, "The local derivatives are missing: each parent gets local times upstream.")])
    _number("b.grad", b.grad, 15, about)

    about = "f = a * a + a, a = 3"
    _, (a,) = _grads(candidate, (3,), lambda a: a * a + a, about)
    _number("a.grad", a.grad, 7, about, [
        (1, "It holds one of its uses only: gradients of a shared number add up, += and not =."),
        (3, "It holds one of its uses only: gradients of a shared number add up, += and not =."),
        (4, "a * a has a twice among its parents, and both count."),
        (6, "The use in + a is lost.")])

    about = "f = c * (c + a), c = a * b, a = 2, b = -3"
    _, (a, b) = _grads(candidate, (2, -3), _shared, about)
    hint = ("A node sent its gradient on before all of it had arrived: walk in topological order, "
            "highest level first.")
    _number("a.grad", a.grad, 24, about, [(6, hint), (0, hint)])
    _number("b.grad", b.grad, -20, about, [(-8, hint), (0, hint)])

    about = "two losses of the same a = 2: (a * 3).backward(), then (a * 5).backward()"
    a = candidate(2)
    for factor in (3, 5):
        _try(about, (a * factor).backward)
    _number("a.grad", a.grad, 8, about, [
        (5, "backward must add to the gradient that is there, as PyTorch does, and not start "
            "again.")])

    _deep_and_wide(candidate)
    return ("the local derivatives of a * b, shared nodes, a * a, the order, two losses, "
            "a chain of 3,000 and 2⁴⁰ paths")


def _deep_and_wide(candidate):
    about = "a chain of 3,000 products with -1"
    top = bottom = candidate(2)
    for _ in range(3000):
        top = top * -1
    _try(about, top.backward)
    _number("the gradient at its bottom", bottom.grad, 1, about)

    class Counted(candidate):
        reads = 0

        @property
        def local(self):
            Counted.reads += 1
            if Counted.reads > 5000:
                raise Wrong("a number added to itself 40 times has 41 nodes and 2⁴⁰ paths; this "
                            "walk goes along every path. Visit each node once.")
            return self.__dict__["local"]

        @local.setter
        def local(self, value):
            self.__dict__["local"] = value

    about = "a number added to itself 40 times"
    top = bottom = Counted(1)
    for _ in range(40):
        top = top + top
    _try(about, top.backward)
    _number("the gradient at its bottom", bottom.grad, 2.0**40, about)


_POINT = [0.7, -1.3, 2.0]


def _unary():
    """name in the message, the operation, its derivative, the points, known mistakes"""
    yield ("u ** 3", lambda u: u**3, lambda u: 3 * u**2, _POINT, [
        (lambda u: u**2, "The factor n is missing: n · uⁿ⁻¹."),
        (lambda u: 3 * u**3, "The exponent goes down by one: n · uⁿ⁻¹.")])
    yield ("u ** -1", lambda u: u**-1, lambda u: -(u**-2), _POINT, [])
    yield ("u ** 0.5", lambda u: u**0.5, lambda u: 0.5 * u**-0.5, [0.25, 2.0], [])
    yield ("u.relu()", lambda u: u.relu(), lambda u: float(u > 0), [0.7, 2.0, -1.3, 0.0], [])
    yield ("u.tanh()", lambda u: u.tanh(), lambda u: 1 - math.tanh(u) ** 2, [*_POINT, 0.0], [
        (lambda u: 1 - u**2, "1 − tanh²: the square of the *result*, not of u."),
        (lambda u: 1 - math.tanh(u), "The square is missing: 1 − tanh²."),
        (lambda u: 1 + math.tanh(u) ** 2, "The sign: 1 − tanh²."),
        (lambda u: math.tanh(u) * (1 - math.tanh(u)), "That is the rule of the sigmoid; tanh has "
                                                      "1 − tanh².")])
    yield ("u.exp()", lambda u: u.exp(), math.exp, [*_POINT, 0.0], [
        (lambda u: u * math.exp(u - 1), "eᵘ is no power of u: it is its own derivative."),
        (lambda u: 1.0, "eᵘ is its own derivative.")])
    yield ("u.log()", lambda u: u.log(), lambda u: 1 / u, [0.7, 2.0], [
        (lambda u: 1 / math.log(u), "1/u, with u and not with the result."),
        (lambda u: u, "1/u, not u.")])


def _binary():
    """name, the operation on (u, v) or with a plain number 3"""
    for symbol, act in [("+", operator.add), ("-", operator.sub), ("*", operator.mul),
                        ("/", operator.truediv)]:
        yield f"u {symbol} v", act
        yield f"u {symbol} 3", lambda u, v, act=act: act(u, 3)
        yield f"3 {symbol} u", lambda u, v, act=act: act(3, u)
    yield "-u", lambda u, v: -u


@exercise
def Value(candidate):
    import torch

    for name, act, derivative, points, mistakes in _unary():
        for point in points:
            about = f"{name}, u = {point:g}"
            out, (u,) = _grads(candidate, (point,), act, about)
            tensor = torch.tensor(point, dtype=torch.float64)
            _number("the value", out.data, act(tensor).item(), about)
            known = [(f(point), s) for f, s in mistakes]
            if name == "u.relu()":
                known = [
                    (1, "ReLU' is 0 at exactly 0, so ask for > 0."
                        if point == 0 else "ReLU is max(u, 0): where u loses, it gets nothing."),
                    (0, "Where u wins, it gets all: the slope is 1."),
                    (0.5, "At 0 the rule here, and in PyTorch, is 0."),
                    (point, "The slope is 1, not the value of u.")]
            _number("u.grad", u.grad, derivative(point), about, known)
            _, (u,) = _grads(candidate, (point,), lambda u, act=act: act(u) * 2, about)
            _number("u.grad", u.grad, 2 * derivative(point), about + ", times 2")

    for name, act in _binary():
        about = f"{name}, u = 0.7, v = -1.3"
        out, (u, v) = _grads(candidate, (0.7, -1.3), act, about)
        tu, tv = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (0.7, -1.3))
        want = act(tu, tv)
        want.backward()
        mistakes = [(-want.item(), "The sign is wrong: in 3 - u, self is u, the *right* operand."
                     if name.startswith("3 -") else "The sign is wrong.")]
        if name == "3 / u":
            mistakes = [(0.7 / 3, "It is u / 3: in the reflected form self is the right operand.")]
        _number("the value", out.data, want.item(), about, mistakes)
        for letter, mine, tensor in (("u", u, tu), ("v", v, tv)):
            grad = 0.0 if tensor.grad is None else tensor.grad.item()
            _number(f"{letter}.grad", mine.grad, grad, about, [
                (-grad, "Its sign is wrong."), (0, "Nothing arrived.")])

    about = "(x * x - 2 / (x + 3).exp()).tanh() ** 2 + (1 - x * y).relu() + (y * y + 1).log()"

    def formula(x, y):
        return ((x * x - 2 / (x + 3).exp()).tanh() ** 2 + (1 - x * y).relu() + (y * y + 1).log())

    out, leaves = _grads(candidate, (0.4, -0.9), formula, about)
    tensors = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.4, -0.9)]
    formula(*tensors).backward()
    for name, mine, tensor in zip("xy", leaves, tensors, strict=True):
        _number(f"{name}.grad", mine.grad, tensor.grad.item(), about)
    return ("+, -, *, / with Values and with plain numbers on both sides, **, relu (also at 0), "
            "tanh, exp, log, and a mixed expression against PyTorch")


# --- eval_numerical_gradient --------------------------------------------------------------


def _functions():
    """name, f, its true gradient, x"""
    rng = np.random.default_rng(0)
    yield ("f = sum of x³, x (3,)", lambda x: (x**3).sum(), lambda x: 3 * x**2,
           np.array([0.5, -1.0, 2.0]))
    yield ("f = sum of sin x, x (2, 3)", lambda x: np.sin(x).sum(), np.cos, rng.normal(size=(2, 3)))
    weights = rng.normal(size=(3, 1, 2))
    yield ("f = sum of w·eˣ, x (3, 1, 2)", lambda x: (weights * np.exp(x)).sum(),
           lambda x: weights * np.exp(x), rng.normal(size=(3, 1, 2)))
    yield ("f = product of all entries, x (4,)", lambda x: x.prod(), lambda x: x.prod() / x,
           np.array([0.5, -2.0, 3.0, 1.5]))
    yield ("f = x², x of shape ()", lambda x: float(x**2), lambda x: 2 * x, np.array(1.5))
    yield ("x a strided view (2, 3)", lambda x: (x**2).sum(), lambda x: 2 * x,
           rng.normal(size=(2, 6))[:, ::2])
    yield ("tiny entries, x (3,)", lambda x: x.sum(), np.ones_like,
           np.array([1.2345e-7, -3.3e-9, 1 / 3]))
    yield ("x a transposed view (3, 2)", lambda x: (x**2)[:, 0].sum(),
           lambda x: 2 * x * np.array([1.0, 0.0]), rng.normal(size=(2, 3)).T)


@exercise
def eval_numerical_gradient(candidate):
    cases = list(_functions())
    for about, f, gradient, x in cases:
        before, want = x.copy(), np.asarray(gradient(x.copy()))
        got = _try(about, lambda f=f, x=x: candidate(f, x))
        _restored(x, before, about)
        if np.shape(got) == (x.size,) != x.shape:
            raise Wrong(f"with {about} it has shape ({x.size},): give it the shape of x.")
        h = 1e-5
        one_side = [_probe(f, before, h, 0, h), _probe(f, before, 0, h, h)]
        sentence = ("It is close, but not close enough: the difference from one side has an error "
                    "of about h. Take f(x + h) - f(x - h), over 2h.")
        mistakes = [(want / 2, "It is half: the probes must be 2h apart, one above, one below."),
                    (2 * want, "It is twice too large: the two probes are 2h apart."),
                    (want * 2e-5, "The division is missing: over 2h."),
                    (want * h, "It is multiplied with h: divide by 2h."),
                    (want * h * h, "Divide by (2 * h): / 2 * h divides by 2 and then multiplies.")]
        if (isinstance(got, np.ndarray) and not close(got, want, 1e-8, 1e-8)
                and any(close(got, guess, 1e-9, 1e-9) for guess in one_side)):
            raise Wrong(f"with {about}: {sentence}")
        same("grad", got, want, about=about, rtol=1e-7, atol=1e-7, mistakes=mistakes)

    # A loss that looks at the array itself, as a network looks at its weights.
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    about = "an f that ignores its argument and reads x itself, as a network reads its weights"
    before = x.copy()
    got = _try(about, lambda: candidate(lambda _: (x**2).sum(), x))
    _restored(x, before, about)
    same("grad", got, 2 * x, about=about, rtol=1e-7, atol=1e-7, mistakes=[
        (np.zeros((2, 2)), "x itself did not move: change x[index] in place, not a copy.")])

    about = "f = x², x = 2, h = 0.5"
    got = _try(about, lambda: candidate(lambda x: (x**4).sum(), np.array([2.0]), 0.5))
    same("grad", got, np.array([34.0]), about="f = x⁴, x = 2, h = 0.5 (34 for this h, not 32)",
         mistakes=[(lambda: np.array([32.0]), "h is not used.")])

    calls = []
    about = "x (3,)"
    _try(about, lambda: candidate(lambda x: calls.append(x.copy()) or x.sum(), np.arange(3.0)))
    for k, seen in enumerate(calls):
        moved = np.flatnonzero(seen != np.arange(3.0))
        if len(moved) > 1:
            raise Wrong(f"in call {k + 1} of f several entries of x are moved at once: put the "
                        "old value back before the next entry.")
    return (f"{len(cases)} functions against their derivatives, (), strided and transposed views, "
            "x put back exactly, another h")


def _probe(f, x, plus, minus, width):
    x, out = x.copy(), np.empty(x.shape)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + plus
        above = f(x)
        x[index] = old - minus
        out[index] = (above - f(x)) / width
        x[index] = old
    return out


def _restored(x, before, about):
    if np.array_equal(x, before):
        return
    if close(x, before, 1e-9, 1e-12):
        raise Wrong(f"with {about} x is a tiny bit different afterwards: (x - h) + h is not always "
                    "x. Keep the old number and write it back.")
    raise Wrong(f"with {about} x is not the same afterwards: put the old value back after both "
                "calls of f.")


# --- sum_to_shape -------------------------------------------------------------------------

_SHAPES = [((4,), (3, 4)), ((3, 1), (3, 4)), ((1, 4), (3, 4)), ((3, 4), (3, 4)), ((), (2, 3)),
           ((1,), (5,)), ((1, 1), (2, 3)), ((3, 1), (5, 3, 4)), ((5, 1, 4), (5, 3, 4)),
           ((1, 3, 1), (2, 5, 3, 4)), ((2, 1), (2, 1)), ((3,), (3, 3))]


@exercise
def sum_to_shape(candidate):
    rng = np.random.default_rng(0)
    cases = [(*case, "float64") for case in _SHAPES]
    cases += [((3, 1), (3, 4), "float32"), ((1, 3), (4, 3), "strided")]
    for shape, full, kind in cases:
        grad = rng.normal(size=full)
        if kind == "strided":
            grad = rng.normal(size=(full[0], 2 * full[1]))[:, ::2]
        elif kind == "float32":
            grad = grad.astype(np.float32)
        about = f"grad {full}, shape {shape}" + ("" if kind == "float64" else f", {kind}")
        # Oracle: walk over all entries; each belongs to one entry of the small array.
        want = np.zeros(shape)
        source = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), full)
        for index in np.ndindex(full):
            want[np.unravel_index(source[index], shape)] += grad[index]
        want = want.astype(grad.dtype)
        got = call(candidate, grad, shape, about=about)
        if got is not None and np.shape(got) != shape:
            squeezed = tuple(s for s in shape if s != 1)
            hint = ""
            if np.shape(got) == squeezed:
                hint = " The axes of size 1 are gone: keepdims=True."
            elif np.shape(got) == full:
                hint = " Nothing was summed along an axis that was stretched or put in front."
            elif np.shape(got) == ():
                hint = " Everything was summed: only axes that broadcasting made."
            elif len(np.shape(got)) > len(shape):
                hint = " Axes that broadcasting put in front are still there."
            raise Wrong(f"the result, with {about}, has shape {np.shape(got)}, expected {shape}."
                        + hint)
        copies = math.prod(full) / max(math.prod(shape), 1)
        first = grad[tuple(slice(0, 1) for _ in full)]
        axes = tuple(range(len(full) - len(shape)))
        same("the result", got, want, about=about,
             rtol=1e-5 if kind == "float32" else 1e-9, atol=1e-6 if kind == "float32" else 1e-10,
             mistakes=[
                 (want / copies, "It is the mean over the copies: their gradients add up."),
                 (lambda full=full, shape=shape, grad=grad: _first(grad, shape),
                  "Only the first copy counts: add up all copies."),
                 (lambda first=first, shape=shape: first.reshape(shape), "Only one entry is left."),
                 (lambda grad=grad, axes=axes, shape=shape: grad.max(axis=axes).reshape(shape),
                  "It is the largest of the copies: add them up."),
                 (lambda grad=grad, shape=shape: grad.T.sum(
                     axis=tuple(range(grad.ndim - len(shape)))).reshape(shape),
                  "The axes were summed at the wrong end: broadcasting puts new axes in front.")])
    return (f"{len(cases)} pairs of shapes against a loop: new axes, stretched axes, both, none, "
            "(), float32, a strided view")


def _first(grad, shape):
    grad = grad[(0,) * (grad.ndim - len(shape))]
    return grad[tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)]


# --- softmax and the two-layer net --------------------------------------------------------


def _call(candidate, *args, about):
    """The frame's ``call``, with a word on shapes that do not fit."""
    try:
        return call(candidate, *args, about=about)
    except Wrong as wrong:
        if isinstance(wrong.__cause__, ValueError) and "broadcast" in str(wrong):
            raise Wrong(f"{str(wrong).rstrip(' .')}. Two shapes do not fit: a sum or maximum of "
                        "each row needs keepdims=True to stay (N, 1).") from wrong.__cause__
        if isinstance(wrong.__cause__, ValueError) and "matmul" in str(wrong):
            raise Wrong(f"{str(wrong).rstrip(' .')}. Write the shapes under the factors of the "
                        "product: the inner sizes must agree.") from wrong.__cause__
        raise


def _logit_cases():
    """logits, labels, the input in words; often N differs from C, once it does not."""
    rng = np.random.default_rng(0)
    yield rng.normal(size=(5, 3)), np.array([0, 2, 2, 1, 0]), "logits (5, 3)"
    yield rng.normal(size=(1, 3)), np.array([2]), "one sample, logits (1, 3)"
    yield rng.normal(size=(4, 4)), np.array([3, 1, 1, 0]), "as many samples as classes, (4, 4)"
    yield np.zeros((2, 5)), np.array([4, 0]), "all logits equal, (2, 5)"
    yield (np.array([[1000.0, 1001.0, 0.0], [-2000.0, -2000.0, 0.0]]), np.array([0, 1]),
           "logits in the thousands, (2, 3)")
    yield rng.normal(size=(6, 8))[:, ::2], np.array([1, 0, 3, 2, 2, 1]), "a strided view (6, 4)"
    yield rng.normal(size=(3, 10)).astype(np.float32), np.array([9, 0, 5]), "float32, (3, 10)"


@exercise
def softmax_cross_entropy_grad(candidate):
    import torch

    cases = list(_logit_cases())
    for logits, y, about in cases:
        N, C = logits.shape
        scores = torch.tensor(logits.astype(np.float64), requires_grad=True)
        torch.nn.functional.cross_entropy(scores, torch.tensor(y)).backward()
        want = scores.grad.numpy().astype(logits.dtype)
        p = torch.softmax(scores, dim=1).detach().numpy()
        onehot = np.eye(C)[y]
        with np.errstate(all="ignore"):
            got = _call(candidate, logits, y, about=about)
        if isinstance(got, np.ndarray) and got.shape == want.shape and not np.isfinite(got).all():
            if np.isnan(got).all(axis=1).any():
                raise Wrong(f"with {about} a whole row is NaN: all its e to the … are 0, and so is "
                            "their sum. Subtract the largest logit of *each row*.")
            raise Wrong(f"with {about} there are inf or NaN in it: e to a large power overflows. "
                        "Subtract the largest logit of each row first.")
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        over_batch = torch.softmax(scores, dim=0).detach().numpy()
        mistakes = [
            (N * want, "It is not divided by N: the loss is a mean over the samples."),
            (want * N / C, "It is divided by C; the mean is over the N samples."),
            (want / C, "It is divided by N and by C; the mean is over the N samples only."),
            (-want, "The sign is wrong: p minus truth."),
            (p / N, "The 1 at the right class is not subtracted."),
            (p - onehot / N, "Only the 1 is divided by N: divide p too."),
            (p / N - onehot, "Only p is divided by N: divide the 1 too."),
            (lambda p=p, y=y, N=N: _all_rows(p, y) / N,
             "The 1 is subtracted in whole columns: [np.arange(N), y] takes one entry a row."),
            ((over_batch - onehot) / N, "The softmax runs over the samples: axis=1."),
            ((e - onehot) / N, "e is not divided by its sum."),
        ]
        if N == C:
            mistakes.append((lambda e=e, h=onehot, N=N: (e / e.sum(axis=1) - h) / N,
                             "Column j is divided by the sum of row j: keepdims=True."))
        same("grad", got, want, about=about, mistakes=mistakes,
             **({"rtol": 1e-5, "atol": 1e-6} if logits.dtype == np.float32
                else {"rtol": 1e-9, "atol": 1e-11}))
    return (f"{len(cases)} batches against PyTorch: one sample, N = C, equal logits, thousands, "
            "a strided view, float32")


def _all_rows(p, y):
    p = p.copy()
    p[:, y] -= 1
    return p


def _forward(X, y, W1, b1, W2, b2):
    """The lesson's 13 steps → its dict of all arrays."""
    h_lin = X @ W1
    h_pre = h_lin + b1
    h = np.maximum(h_pre, 0)
    s_lin = h @ W2
    s = s_lin + b2
    s_max = s.max(axis=1, keepdims=True)
    s_shift = s - s_max
    e = np.exp(s_shift)
    e_sum = e.sum(axis=1, keepdims=True)
    log_sum = np.log(e_sum)
    log_p = s_shift - log_sum
    picked = log_p[np.arange(len(y)), y]
    loss = -picked.mean()
    return locals()


def _torch_steps(v):
    """PyTorch's gradients of the same steps."""
    import torch

    t = {k: torch.tensor(v[k], requires_grad=True) for k in ("W1", "b1", "W2", "b2")}
    t["h_pre"] = torch.tensor(v["X"]) @ t["W1"] + t["b1"]
    t["h"] = t["h_pre"].relu()
    t["s"] = t["h"] @ t["W2"] + t["b2"]
    t["s_max"] = t["s"].amax(dim=1, keepdim=True)
    t["s_shift"] = t["s"] - t["s_max"]
    t["e"] = t["s_shift"].exp()
    t["e_sum"] = t["e"].sum(dim=1, keepdim=True)
    t["log_sum"] = t["e_sum"].log()
    t["log_p"] = t["s_shift"] - t["log_sum"]
    for tensor in t.values():
        tensor.retain_grad()
    rows = torch.arange(len(v["y"]))
    (-t["log_p"][rows, torch.tensor(v["y"])].mean()).backward()
    return {name: tensor.grad.numpy() for name, tensor in t.items()}


def _net(seed, N, D, H, C, zeros=False):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, size=N)
    W1, b1 = rng.normal(size=(D, H)), rng.normal(size=H)
    if zeros:  # an empty picture and no bias: h_pre is exactly 0
        X[0], b1[:] = 0.0, 0.0
    return _forward(X, y, W1, b1, rng.normal(size=(H, C)), rng.normal(size=C))


_STEPS = ("log_p", "log_sum", "e_sum", "e", "s_shift", "s_max", "s", "W2", "b2", "h", "h_pre",
          "W1", "b1")


@exercise
def two_layer_backward(candidate):
    cases = [("5 samples, D 4, H 6, C 3", _net(0, 5, 4, 6, 3)),
             ("one sample, D 3, H 2, C 4", _net(1, 1, 3, 2, 4)),
             ("as many samples as classes, N = C = 3, D = H = 4", _net(2, 3, 4, 4, 3)),
             ("an empty picture and b1 = 0, so that h_pre holds exact zeros",
              _net(3, 4, 3, 5, 2, zeros=True))]
    for about, v in cases:
        want = _torch_steps(v)
        got = _call(candidate, v, about=about)
        if not isinstance(got, dict):
            raise Wrong(f"with {about} it returned {type(got).__name__}; a dict was asked for.")
        missing = [name for name in _STEPS if name not in got]
        if missing:
            raise Wrong(f"with {about} the dict lacks {', '.join(missing)}.")
        hints = _net_mistakes(v, want)
        for name in _STEPS:
            same(f"the gradient of {name}", got[name], want[name], about=about, rtol=1e-9,
                 atol=1e-11, mistakes=hints.get(name, ()))
    return (f"13 gradients on {len(cases)} networks against PyTorch: one sample, N = C, "
            "exact zeros before the ReLU")


def _net_mistakes(v, w):
    """For each step what a mistake in it would give."""
    N = len(v["y"])
    dh, picked = w["h"], w["log_p"]
    return {
        "log_p": [(N * picked, "It is not divided by N: the loss is a mean."),
                  (-picked, "The loss has a minus in front of the mean."),
                  (np.full(picked.shape, -1 / N), "Only the picked places get something."),
                  (lambda: np.where(np.isin(np.arange(picked.shape[1]), v["y"]), -1 / N, 0.0)
                   * np.ones_like(picked), "Whole columns are set: [rows, y] takes one entry a "
                                           "row.")],
        "log_sum": [(-w["log_sum"], "log_p = s_shift - log_sum: a minus."),
                    (w["log_sum"] / picked.shape[1], "It is the mean over the classes: the copies "
                                                     "of a broadcast number add up.")],
        "e_sum": [(w["log_sum"] * v["e_sum"], "The derivative of ln u is 1/u: divide."),
                  (w["log_sum"], "The derivative of ln is missing.")],
        "e": [(w["e"] / picked.shape[1], "A sum hands the gradient on to each summand, whole."),
              (w["e"] * v["e"], "That is the gradient after exp: e is a plain summand of e_sum.")],
        "s_shift": [(picked, "s_shift is used twice, in exp and in log_p: here the path through "
                             "exp is missing."),
                    (w["e"] * v["e"], "s_shift is used twice: here the path through log_p is "
                                      "missing."),
                    (picked + w["e"], "The derivative of exp is missing: de * e."),
                    (picked - w["e"] * v["e"], "Two uses add up; here one is subtracted.")],
        "s": [(w["s"] + 1, "")],
        "W2": [(lambda: v["h_pre"].T @ w["s"], "The layer reads h, after the ReLU."),
               (lambda: w["W2"] / N, "The division by N is done in log_p already.")],
        "b2": [(w["b2"] / N, "It is the mean over the samples; the copies of b2 add up.")],
        "h": [(lambda: w["s"] @ v["W2"].T * (v["h_pre"] > 0), "That is the gradient after the "
                                                              "ReLU.")],
        "h_pre": [(dh, "The ReLU lets nothing through where h_pre ≤ 0."),
                  (dh * (v["h_pre"] >= 0), "At exactly 0 the slope of ReLU is 0: ask for > 0."),
                  (dh * (v["h_pre"] < 0), "The wrong half got through."),
                  (dh * v["h"], "Multiply with 1 where h_pre > 0, not with h itself.")],
        "W1": [(lambda: v["X"].T @ dh, "It uses dh instead of dh_pre."),
               (lambda: w["W1"] / N, "The division by N is done in log_p already.")],
        "b1": [(lambda: dh.sum(axis=0), "It uses dh instead of dh_pre."),
               (w["b1"] / N, "It is the mean over the samples; the copies of b1 add up.")],
    }
