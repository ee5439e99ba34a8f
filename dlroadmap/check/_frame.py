"""The frame of every check: what it reports, and how it compares.

A check is a function decorated with :func:`exercise`. It receives the learner's object,
calls it through :func:`call`, compares with :func:`same`, and returns one line that says
what it looked at. Expected values come from a library, a slow loop or a numerical
derivative, never from a copy of the solution.
"""

import functools
import reprlib

import numpy as np

from dlroadmap import progress


class Wrong(AssertionError):
    """The learner's answer is not right; the message says how."""


def exercise(function):
    """Turn a checking function into a check.

    - right → prints one line with what was checked, notes "passed"
    - ``NotImplementedError`` from the candidate → prints "not attempted yet", returns
    - wrong → :class:`Wrong` (an AssertionError) with a sentence that helps
    """
    name = function.__name__

    @functools.wraps(function)
    def check(candidate):
        if not callable(candidate):
            raise Wrong(f"{name}: give the check the function itself, check.{name}({name}), "
                        f"not {_short(candidate)}.")
        try:
            looked_at = function(candidate)
        except NotImplementedError as error:
            if not _is_blank(error):
                progress.note(name, "attempted")
                raise Wrong(f"{name}: it stopped with NotImplementedError: {error}") from error
            print(f"{name}: not attempted yet. Fill in the TODO, then run this cell again.")
            return
        except Wrong as wrong:
            progress.note(name, "attempted")
            raise Wrong(f"{name}: {wrong}") from wrong.__cause__
        progress.note(name, "passed")
        print(f"{name}: right. Checked {looked_at}.")

    check.is_check = True
    return check


def _is_blank(error):
    """Whether a NotImplementedError comes from a blank: press writes "name: hint" into it.

    Libraries raise it too (torch, for a dtype that an operation does not know); that is an
    ordinary mistake of the learner.
    """
    import dlroadmap.check

    text = str(error)
    return not text or text.partition(":")[0] in dir(dlroadmap.check)


def _short(value):
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, suppress_small=True, threshold=60,
                               edgeitems=2, max_line_width=80)
        return text if "\n" not in text else "\n" + text
    return reprlib.repr(value)


def _copy(value):
    if isinstance(value, np.ndarray):
        # Copies keep their memory layout, so a strided view stays one.
        return value.copy(order="K") if value.base is None else _like_view(value)
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_copy(v) for v in value)
    if hasattr(value, "detach"):  # a torch tensor
        return value.detach().clone().requires_grad_(value.requires_grad)
    return value


def _like_view(value):
    """A copy of a view that is a view again: not contiguous where the original was not."""
    if value.flags.c_contiguous:
        return value.copy()
    wide = np.empty((*value.shape[:-1], 2 * value.shape[-1]) if value.ndim else (2,), value.dtype)
    view = wide[..., ::2] if value.ndim else wide[0]
    view[...] = value
    return view


def _unchanged(before, after):
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_unchanged(before[k], after[k])
                                                     for k in before)
    if isinstance(before, tuple | list):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if hasattr(before, "detach"):
        return bool((before == after).all())
    if isinstance(before, int | float | str | None):
        return before == after or before != before  # NaN is not equal to itself
    return True


def strided_view(x):
    """The same numbers as a view that is not contiguous."""
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


def kind_of(x):
    """What is special about an array, in words: ", float32, a strided view", or nothing."""
    kind = "" if x.dtype == np.float64 else f", {x.dtype}"
    return kind + ("" if x.flags.c_contiguous else ", a strided view")


def attempt(function, *args, about, hints=(), **options):
    """``function(*args, **options)``; an error of the learner's own becomes a sentence.

    Parameters
    ----------
    about : str
        What is tried, in words; stands in the message.
    hints : iterable of (exception class, str, str)
        A kind of error, a word that its text has, and the sentence to add then.

    Raises
    ------
    Wrong
        The function raised an error (chained).
    NotImplementedError
        Passed on: the exercise is still blank.
    """
    try:
        return function(*args, **options)
    except Wrong:  # an oracle of the check's own has seen something
        raise
    except Exception as error:
        if isinstance(error, NotImplementedError) and _is_blank(error):
            raise
        text = f"with {about} it stopped with {type(error).__name__}: {error}".rstrip()
        hint = next((sentence for kind, word, sentence in hints
                     if isinstance(error, kind) and word in str(error)), None)
        raise Wrong(f"{text.removesuffix('.')}. {hint}" if hint else text) from error


def call(candidate, *args, about, may_change=(), hints=()):
    """Call the learner's function on copies of ``args``.

    Parameters
    ----------
    about : str
        The input in words ("x (2, 3, 4, 4), stride 2, pad 1"); stands in every message.
    may_change : tuple of int
        Positions of arguments that the function may write to (a config dict).
    hints : see :func:`attempt`

    Raises
    ------
    Wrong
        The function raised an error of its own (chained), or changed an input.
    NotImplementedError
        Passed on: the exercise is still blank.
    """
    given = [_copy(a) for a in args]
    result = attempt(candidate, *given, about=about, hints=hints)
    for i, (before, after) in enumerate(zip(args, given, strict=True)):
        if i not in may_change and not _unchanged(before, after):
            raise Wrong(f"with {about} it changed its input number {i + 1} in place. Work on a "
                        "copy: the caller still needs the old values.")
    return result


def unpack(result, names, about):
    """Check that ``result`` is a tuple of ``len(names)`` things and return it."""
    if result is None:
        raise Wrong(f"with {about} it returned None: is the return line missing?")
    if not isinstance(result, tuple) or len(result) != len(names):
        what = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
        raise Wrong(f"it must return {len(names)} things ({', '.join(names)}); "
                    f"with {about} it returned {what}.")
    return result


def same(what, got, want, *, about, rtol=1e-7, atol=1e-9, dtype=True, mistakes=()):
    """Compare the learner's value with the expected one: type, shape, dtype, then values.

    Parameters
    ----------
    what : str
        The name of the value ("out", "dw").
    got, want : numpy arrays, torch tensors or numbers
        ``want`` decides the type. Nothing is broadcast to fit.
    about : str
        The input in words.
    rtol, atol : float
        |got - want| ≤ atol + rtol·max|want|. The scale is that of the whole array: small
        entries of a sum of large terms have that rounding error.
    dtype : bool
        Ask for the same dtype too.
    mistakes : iterable of (value or callable, str)
        What a recognised mistake would give, and the sentence to say then.

    Raises
    ------
    Wrong
    """
    where = f"{what}, with {about},"
    if got is None:
        raise Wrong(f"{where} is None: is something not computed or not returned?")
    if type(got).__module__.partition(".")[0] == "torch":
        if type(want).__module__.partition(".")[0] != "torch":
            raise Wrong(f"{where} is a torch tensor; a NumPy array was asked for.")
        got, want = got.detach().numpy(), want.detach().numpy()
    elif type(want).__module__.partition(".")[0] == "torch":
        raise Wrong(f"{where} is {_kind(got)}; a torch tensor was asked for.")
    if isinstance(want, np.ndarray) and want.ndim and not isinstance(got, np.ndarray):
        raise Wrong(f"{where} is {_kind(got)}; a NumPy array of shape {want.shape} was asked for.")
    got_array, want = np.asarray(got), np.asarray(want)
    if got_array.dtype.kind not in "biufc":
        raise Wrong(f"{where} is {_kind(got)}; numbers were asked for.")
    if got_array.shape != want.shape:
        hint = ""
        if got_array.shape == want.shape[::-1]:
            hint = " The axes are the other way round."
        elif got_array.size == want.size:
            hint = " The number of entries is right: a reshape or transpose is missing or wrong."
        raise Wrong(f"{where} has shape {got_array.shape}, expected {want.shape}.{hint}")
    if dtype and got_array.dtype != want.dtype:
        raise Wrong(f"{where} has dtype {got_array.dtype}, expected {want.dtype}: keep the dtype "
                    "of the input (np.zeros makes float64 unless told otherwise).")
    if close(got_array, want, rtol, atol):
        return
    raise Wrong(_difference(where, got_array, want, rtol, atol, mistakes))


def _kind(value):
    return "a plain number" if isinstance(value, int | float) else f"a {type(value).__name__}"


def close(got, want, rtol=1e-7, atol=1e-9):
    """True where shapes agree and |got - want| ≤ atol + rtol·max|want| everywhere (no NaN)."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return False
    if want.size == 0:
        return True
    # NaN in got makes the comparison false, which is what we want.
    with np.errstate(invalid="ignore"):
        finite = want[np.isfinite(want)]
        scale = np.abs(finite).max() if finite.size else 0.0
        return bool(np.all((np.abs(got - want) <= atol + rtol * scale) | (got == want)))


def _difference(where, got, want, rtol, atol, mistakes):
    def near(value):
        # A guess at the mistake may be coarser than the judgement of the answer.
        return close(got, value, max(rtol, 1e-5), max(atol, 1e-7))

    lines = [f"{where} is wrong."]
    if got.dtype.kind == "f" and np.isnan(got).any() and not np.isnan(want).any():
        lines.append(f"{int(np.isnan(got).sum())} of its {got.size} entries are NaN.")
    lines.append(f"got      {_short(got if got.ndim else got.item())}")
    lines.append(f"expected {_short(want if want.ndim else want.item())}")
    if got.ndim and got.size > 8:
        with np.errstate(invalid="ignore"):
            gap = np.where(np.isnan(got), np.inf, np.abs(np.asarray(got, float) - want))
        first = np.unravel_index(int(gap.argmax()), gap.shape)
        index = ", ".join(map(str, first))
        lines.append(f"largest difference at [{index}]: got {got[first]:.6g}, "
                     f"expected {want[first]:.6g}")
    for value, sentence in mistakes:
        try:
            value = value() if callable(value) else value
        except Exception:
            continue
        if near(value):
            return "\n".join([*lines, sentence])
    if not np.any(got) and np.any(want):
        lines.append("It is all zeros: is anything written into the result?")
    elif np.any(want) and near(-want):
        lines.append("It is the right result times -1: check the sign.")
    elif got.ndim == 2 and got.shape[0] == got.shape[1] and near(want.T):
        lines.append("It equals the right result transposed.")
    elif got.ndim and near(np.flip(want, -1)):
        lines.append("It equals the right result with its last axis reversed.")
    else:
        with np.errstate(all="ignore"):
            ratio = np.asarray(got, float)[want != 0] / want[want != 0]
        if ratio.size > 1 and np.all(np.isfinite(ratio)) and np.ptp(ratio) < 1e-5 * abs(ratio[0]):
            lines.append(f"It is the right result times {ratio[0]:.6g} everywhere: "
                         "a factor is missing or one too many.")
        elif got.ndim and np.all(np.isfinite(got)):
            shift = np.asarray(got, float) - want
            if np.ptp(shift) < 1e-6 * max(1.0, float(np.abs(want).max())):
                lines.append(f"It is the right result plus {shift.flat[0]:.6g} everywhere.")
    return "\n".join(lines)


def numerical_gradient(function, x, upstream=1.0, h=1e-5):
    """Central-difference gradient of ``(function(x) * upstream).sum()`` with respect to ``x``.

    Parameters
    ----------
    function : callable
        x → array; must not change x.
    x : float64 array of any shape
    upstream : array of function(x)'s shape, or a number
    h : float
        Step; the error is about h² and the rounding about 1e-16/h.

    Returns
    -------
    array of x's shape
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        old = x[index]
        x[index] = old + h
        above = np.sum(function(x) * upstream)
        x[index] = old - h
        below = np.sum(function(x) * upstream)
        x[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient
