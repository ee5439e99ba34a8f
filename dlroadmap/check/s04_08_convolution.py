"""Checks of lesson 04/08, Convolution. The oracle is PyTorch; the ties are written out."""

import functools

import numpy as np

from dlroadmap.check import _frame, _nets
from dlroadmap.check._frame import Wrong, attempt, close, exercise, kind_of, same, unpack

# x shape, (F, HH, WW), stride, pad, dtype. Height and width always differ. The first cases
# climb the four rungs of the lesson and are small, so that a message shows few numbers.
_CONV_CASES = [
    ((1, 1, 3, 4), (1, 2, 2), 1, 0, "float64"),
    ((1, 1, 5, 7), (1, 3, 3), 2, 0, "float64"),
    ((1, 1, 3, 2), (1, 2, 2), 1, 1, "float64"),
    ((1, 3, 3, 4), (2, 2, 2), 1, 0, "float64"),
    ((2, 1, 3, 4), (3, 2, 2), 1, 0, "float64"),
    ((2, 3, 7, 4), (4, 3, 2), 1, 1, "float64"),
    ((3, 2, 6, 9), (2, 2, 3), 2, 1, "float64"),
    ((1, 2, 8, 7), (3, 3, 3), 3, 0, "float64"),  # 8 - 3 does not divide by 3
    ((2, 3, 4, 5), (2, 4, 5), 1, 0, "float64"),  # as large as the picture
    ((2, 2, 5, 6), (3, 3, 1), 2, 2, "float32"),
]
_STRIDED = 6  # the case whose x is a strided view


def _arrays(rng, shape, filters, dtype, strided=False):
    x = rng.normal(size=(*shape[:-1], 2 * shape[-1]) if strided else shape).astype(dtype)
    if strided:
        x = x[..., ::2]
    F, HH, WW = filters
    return x, rng.normal(size=(F, shape[1], HH, WW)).astype(dtype), rng.normal(size=F).astype(dtype)


def _about(x, w, stride, pad):
    return f"x {x.shape}, w {w.shape}, stride {stride}, pad {pad}{kind_of(x)}"


def _close(dtype):
    return {"rtol": 1e-9, "atol": 1e-10} if dtype == np.float64 else {"rtol": 1e-5, "atol": 1e-5}


def _conv(x, w, b, stride, pad):
    """PyTorch's answer, computed in float64, in the dtype of x."""
    import torch

    tensors = (torch.tensor(np.ascontiguousarray(a), dtype=torch.float64) for a in (x, w, b))
    out = torch.nn.functional.conv2d(*tensors, stride=stride, padding=pad)
    return out.numpy().astype(x.dtype)


call = functools.partial(_frame.call, hints=[
    (IndexError, "", "An index ran out of an array: are height and width in the same order "
                     "everywhere, and are all sizes right?"),
    (ValueError, "broadcast", "Two shapes do not fit: a patch that runs over the border is too "
                              "small, so look at the output size, the starts, the frame, and the "
                              "order of height and width."),
])


def _same(what, got, want, *, about, mistakes, **tolerance):
    """``same`` for 4-axis arrays: judge the whole, show one plane of it."""
    if (not isinstance(got, np.ndarray) or got.ndim != 4 or got.shape != want.shape
            or got.dtype != want.dtype or close(got, want, **tolerance)):
        return same(what, got, want, about=about, mistakes=mistakes, **tolerance)
    limit = tolerance["atol"] + tolerance["rtol"] * np.abs(want).max()
    with np.errstate(invalid="ignore"):
        off = ~(np.abs(got - want) <= limit)  # also where got is NaN
    a, b = np.argwhere(off)[0, :2]
    found = next((sentence for value, sentence in mistakes if _is(got, value)), None)
    plane = got[a, b]
    return same(f"{what}[{a}, {b}]", plane, want[a, b], about=about,
                mistakes=[(plane, found)] if found else (), **tolerance)


def _is(got, value):
    try:
        return close(got, value() if callable(value) else value, 1e-5, 1e-7)
    except Exception:  # a mistake that cannot be made with these shapes
        return False


def _shape(what, got, hints, want, about):
    """Say what a wrong shape means where it is known; else leave it to ``same``."""
    if isinstance(got, np.ndarray) and got.shape != want:
        for shape, sentence in hints:
            if got.shape == tuple(shape):
                raise Wrong(f"{what}, with {about}, has shape {got.shape}, expected {want}. "
                            f"{sentence}")


def _conv_shapes(x, w, stride, pad):
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape

    def places(size, kernel, stride=stride, pad=pad):
        return 1 + (size + 2 * pad - kernel) // stride

    h, v = places(H, HH), places(W, WW)
    return [
        ((N, h, v, F), "The filter axis is last: transpose to (N, F, H_out, W_out)."),
        ((N, F, v, h), "Height and width are swapped."),
        ((N, F, h - 1, v - 1), "One row and one column too few: the 1 + of the size formula."),
        ((N, F, h + 1, v + 1), "One row and one column too many: the last place must still fit."),
        ((N, F, places(H, HH, pad=0), places(W, WW, pad=0)), "The padding is missing in the size."),
        ((N, F, 1 + (H + pad - HH) // stride, 1 + (W + pad - WW) // stride),
         "The frame has two sides: 2 * pad."),
        ((N, F, places(H, HH, stride=1), places(W, WW, stride=1)),
         "The stride is missing in the size."),
        ((N, F, h, h), "W_out is computed from the height; it needs W and WW."),
        ((N, F, v, v), "H_out is computed from the width; it needs H and HH."),
        ((N, F, places(H, WW), places(W, HH)),
         "Height and width of the filter are swapped: w is (F, C, HH, WW)."),
    ]


def _conv_mistakes(x, w, b, stride, pad):
    """What wrong layers would give. Some coincide with the right answer in small cases."""
    x64, w64, b64 = (a.astype(np.float64) for a in (x, w, b))
    right = _conv(x64, w64, b64, stride, pad)
    bias = b64[None, :, None, None]

    def dense():  # stride 1, then the first places only
        return _conv(x64, w64, b64, 1, pad)[:, :, : right.shape[2], : right.shape[3]]

    def frame(mode):
        padded = np.pad(x64, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode=mode)
        return _conv(padded, w64, b64, stride, 0)

    def one_side(before, after):
        side = (before * pad, after * pad)
        return _conv(np.pad(x64, ((0, 0), (0, 0), side, side)), w64, b64, stride, 0)

    def scrambled():
        return right.transpose(0, 2, 3, 1).reshape(right.shape)

    def first_channel():
        return _conv(np.repeat(x64[:, :1], x.shape[1], axis=1), w64, b64, stride, pad)

    def all_filters():
        return np.repeat(_conv(x64, w64, 0 * b64, stride, pad).sum(1, keepdims=True),
                         len(b), axis=1) + bias

    def channels_last():  # rows hold (HH, WW, C), filters (C, HH, WW)
        F, C, HH, WW = w.shape
        return _conv(x64, w64.reshape(F, HH, WW, C).transpose(0, 3, 1, 2), b64, stride, pad)

    def not_transposed():
        return _conv(x64, w64.reshape(-1, len(w)).T.reshape(w.shape), b64, stride, pad)

    size = w[0].size
    turned = "The filter is turned by 180°. Deep learning does not flip: it multiplies patch and " \
             "filter as they are."
    return [
        (right - bias, "The bias is missing: add b[f]."),
        (right - 2 * bias, "The bias is subtracted."),
        (np.broadcast_to(bias, right.shape), "Only the bias is left. Does np.pad put zeros around "
                                             "pictures and channels too? It needs four pairs."),
        (right + (size - 1) * bias, "The bias is added once for each weight: add b[f] after "
                                    ".sum()."),
        (right - bias + b64[0], "All filters get the bias b[0]: add b[f]."),
        (lambda: _conv(x64, w64[:, :, ::-1, ::-1], b64, stride, pad), turned),
        (dense, "The patches start at i, j instead of i * stride, j * stride."),
        ((right - bias) / size + bias, "It is the mean over the patch: take the sum."),
        (first_channel, "Only channel 0 is read: the patch needs all channels, x_padded[n, :, …]."),
        (all_filters, "All filters are mixed in each output: multiply with w[f], not with w."),
        (lambda: frame("edge"), "The frame repeats the border; it must be zeros."),
        (lambda: frame("reflect"), "The frame mirrors the picture; it must be zeros."),
        (lambda: one_side(2, 0), "The whole frame is at the top and left: pad both sides."),
        (lambda: one_side(0, 2), "The whole frame is at the bottom and right: pad both sides."),
        (scrambled, "The numbers are right and in the wrong order: reshape to "
                    "(N, H_out, W_out, F) first, then transpose(0, 3, 1, 2)."),
        (channels_last, "A patch is flattened in another order than a filter: both need "
                        "(C, HH, WW)."),
        (not_transposed, "The filters are cut up: w.reshape(F, -1).T has a filter in each column, "
                         "w.reshape(-1, F) has not."),
        (lambda: np.broadcast_to(right[:1], right.shape), "Every picture got the answer of "
                                                          "picture 0: use x_padded[n]."),
    ]


def _check_out(out, x, w, b, stride, pad):
    about = _about(x, w, stride, pad)
    want = _conv(x, w, b, stride, pad)
    _shape("out", out, _conv_shapes(x, w, stride, pad), want.shape, about)
    _same("out", out, want, about=about, mistakes=_conv_mistakes(x, w, b, stride, pad),
          **_close(x.dtype))


@exercise
def conv_output_size(candidate):
    cases = [(s, k, t, p) for s in (1, 2, 5, 7, 8, 28, 32) for k in (1, 2, 3, 5)
             for t in (1, 2, 3) for p in (0, 1, 2)]
    guesses = [
        (lambda s, k, t, p: max(0, (s + 2 * p - k) // t), "The 1 + is missing."),
        (lambda s, k, t, p: max(0, 1 + (s + p - k) // t), "The frame has two sides: 2 * pad."),
        (lambda s, k, t, p: max(0, 1 + (s - k) // t), "The padding is missing."),
        (lambda s, k, t, p: max(0, 1 + s + 2 * p - k), "The stride is missing."),
        (lambda s, k, t, p: max(0, 1 - (k - s - 2 * p) // t),
         "It rounds up: a place that does not fit does not count."),
        (lambda s, k, t, p: 1 + (s + 2 * p - k) // t,
         "A filter that does not fit has 0 places, never fewer."),
        (lambda s, k, t, p: max(0, 1 + int((s + 2 * p - k) / t)),
         "int() rounds towards zero, so a filter that does not fit gets a place: use //."),
        (lambda s, k, t, p: abs(1 + (s + 2 * p - k) // t),
         "abs() hides a filter that does not fit."),
    ]
    got = [call(candidate, *case, about="size {}, kernel {}, stride {}, pad {}".format(*case))
           for case in cases]
    for case, answer in zip(cases, got, strict=True):
        want = len(range(0, case[0] + 2 * case[3] - case[1] + 1, case[2]))  # count the starts
        if answer is None:
            raise Wrong("it returned None: is the return line missing?")
        about = "size {}, kernel {}, stride {}, pad {}".format(*case)
        if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
            raise Wrong(f"with {about} it returned {answer!r}, which is no whole number: "
                        "a number of places is an int, and // divides and rounds down.")
        if answer != want:
            hint = next((sentence for guess, sentence in guesses
                         if all(guess(*c) == a for c, a in zip(cases, got, strict=True))),
                        "Draw the row and count the places.")
            raise Wrong(f"with {about} it returned {answer}, expected {want}. {hint}")
    return f"{len(cases)} combinations, by counting the places, also where the filter does not fit"


@exercise
def conv_forward_naive(candidate):
    rng = np.random.default_rng(0)
    for k, (shape, filters, stride, pad, dtype) in enumerate(_CONV_CASES):
        x, w, b = _arrays(rng, shape, filters, dtype, strided=k == _STRIDED)
        param, about = {"stride": stride, "pad": pad}, _about(x, w, stride, pad)
        result = call(candidate, x, w, b, param, about=about)
        out, cache = unpack(result, ["out", "cache"], about)
        _check_out(out, x, w, b, stride, pad)
        if not isinstance(cache, tuple) or len(cache) != 4:
            raise Wrong(f"with {about} cache must be the tuple (x, w, b, conv_param).")
        padded = (*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad)
        if pad and np.shape(cache[0]) == padded:
            raise Wrong(f"with {about} cache[0] is the padded x: keep x as it came in; the "
                        "backward pass pads again.")
        for i, (name, value) in enumerate([("x", x), ("w", w), ("b", b)]):
            same(f"cache[{i}] ({name})", cache[i], value, about=about)
        if cache[3] != param:
            raise Wrong(f"with {about} cache[3] must be conv_param, {param}.")
    x = np.zeros((1, 2, 4, 3))
    w, b = np.full((2, 2, 3, 3), 1e6), np.array([1.0, -2.0])
    out, _ = unpack(call(candidate, x, w, b, {"stride": 1, "pad": 1}, about="x all zeros"),
                    ["out", "cache"], "x all zeros")
    same("out", out, _conv(x, w, b, 1, 1), about="x all zeros (only the bias is left)")
    return ("11 batches against torch: heights and widths that differ, strides that do not divide, "
            "a strided view, float32, cache")


@exercise
def conv_forward_im2col(candidate):
    rng = np.random.default_rng(1)
    for k, (shape, filters, stride, pad, dtype) in enumerate(_CONV_CASES):
        x, w, b = _arrays(rng, shape, filters, dtype, strided=k == _STRIDED)
        about = _about(x, w, stride, pad)
        out = call(candidate, x, w, b, {"stride": stride, "pad": pad}, about=about)
        if isinstance(out, tuple):
            raise Wrong(f"with {about} it returned a tuple of {len(out)}: return out alone.")
        _check_out(out, x, w, b, stride, pad)
    return ("10 batches against torch: heights and widths that differ, strides that do not divide, "
            "a strided view, float32")


def _windows(dout, stride, HH, WW):
    for n, f, i, j in np.ndindex(dout.shape):
        yield n, f, i, j, np.s_[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]


@exercise
def conv_backward_naive(candidate):
    import torch

    rng = np.random.default_rng(2)
    for k, (shape, filters, stride, pad, dtype) in enumerate(_CONV_CASES):
        x, w, b = _arrays(rng, shape, filters, dtype, strided=k == _STRIDED)
        tensors = [torch.tensor(np.ascontiguousarray(a), dtype=torch.float64, requires_grad=True)
                   for a in (x, w, b)]
        out = torch.nn.functional.conv2d(*tensors, stride=stride, padding=pad)
        dout = rng.normal(size=(*out.shape[:-1], 2 * out.shape[-1])).astype(dtype)[..., ::2]
        out.backward(torch.tensor(np.ascontiguousarray(dout), dtype=torch.float64))
        want = [t.grad.numpy().astype(dtype) for t in tensors]
        about = _about(x, w, stride, pad)
        got = call(candidate, dout, (x, w, b, {"stride": stride, "pad": pad}), about=about)
        got = unpack(got, ["dx", "dw", "db"], about)
        mistakes = _backward_mistakes(dout, x, w, stride, pad)
        padded = (*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad)
        _shape("dx", got[0], [
            (padded, "The frame is still there: cut pad rows and columns off each side."),
            (w.shape, "That is the shape of w: return dx, dw, db in this order."),
            ((*x.shape[:2], 0, 0), "The slice pad:-pad is empty when pad is 0: use pad : pad + H."),
        ], x.shape, about)
        _shape("db", got[2], [
            ((dout.shape[0],), "It has one entry a picture; the bias has one a filter: sum over "
                               "pictures, rows and columns, axes (0, 2, 3)."),
            (dout.shape[1:], "Sum over rows and columns too: axes (0, 2, 3)."),
            (dout.shape[:2], "Sum over the pictures too: axes (0, 2, 3)."),
            (dout.shape[2:3], "The wrong axis is left: sum over axes (0, 2, 3)."),
            (dout.shape[3:], "The wrong axis is left: sum over axes (0, 2, 3)."),
        ], b.shape, about)
        for name, mine, right in zip(["dx", "dw", "db"], got, want, strict=True):
            _same(name, mine, right, about=about, mistakes=mistakes[name], **_close(x.dtype))
    return ("dx, dw and db of 10 batches against torch's autograd: with and without frame, strides "
            "that do not divide, strided views, float32")


def _backward_mistakes(dout, x, w, stride, pad):
    """Wrong gradients, computed only when an answer is wrong."""
    dout, x, w = (a.astype(np.float64) for a in (dout, x, w))
    x_padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    HH, WW = w.shape[2:]

    def dx(filters=w, step=stride, add=True, first_rows=False, per_picture=1):
        total = np.zeros_like(x_padded)
        for n, f, i, j, window in _windows(dout, step, HH, WW):
            total[window] = add * total[window] + dout[n, f, i, j] * filters[f] / per_picture
        top = 0 if first_rows else pad
        return total[:, :, top : top + x.shape[2], top : top + x.shape[3]]

    def dw(step=stride, add=True, source=x_padded):
        total = np.zeros_like(w)
        for n, f, i, j, window in _windows(dout, step, HH, WW):
            total[f] = add * total[f] + dout[n, f, i, j] * source[window]
        return total

    def transposed_db():
        return dout.sum(axis=(1, 2, 3))

    starts = "The patches start at i, j instead of i * stride, j * stride."
    mean = "It is divided by the number of pictures: lines 3 to 5 are sums over the batch."
    return {
        "dx": [
            (lambda: dx(add=False), "Later patches overwrite earlier ones: a pixel that several "
                                    "outputs read collects all its terms, with +=."),
            (lambda: dx(filters=w[:, :, ::-1, ::-1]), "The filter is turned by 180°: each output "
                                                      "hands back w[f] as it is."),
            (lambda: dx(step=1), starts),
            (lambda: dx(first_rows=True), "The frame is cut off at the wrong side: the picture "
                                          "starts at row pad, column pad."),
            (lambda: dx(per_picture=len(x)), mean),
        ],
        "dw": [
            (lambda: dw(add=False), "Only the last patch counts: dw[f] is a sum over pictures and "
                                    "places, with +=."),
            (lambda: dw(step=1), starts),
            (lambda: dw() / len(x), mean),
            (lambda: dw()[:, :, ::-1, ::-1], "It is turned by 180°: line 4 has the patch as "
                                             "it is."),
            (lambda: np.repeat(dw().sum(0, keepdims=True), len(w), axis=0),
             "All filters got the same gradient: write to dw[f]."),
        ],
        "db": [
            (lambda: dout[-1, :, -1, -1], "Only the last output counts: db[f] is a sum over "
                                          "pictures and places, with +=."),
            (lambda: dout.sum(axis=(0, 2, 3)) / len(x), mean),
            (lambda: dout.mean(axis=(0, 2, 3)), "It is the mean: line 3 is a sum."),
            (lambda: np.full(len(w), dout.sum()), "It is summed over the filters too: each bias "
                                                  "belongs to one filter, axes (0, 2, 3)."),
            (transposed_db, "It is summed over the filters instead of the pictures: axes "
                            "(0, 2, 3)."),
        ],
    }


# x shape, pool height, pool width, stride, dtype
_POOL_CASES = [
    ((1, 1, 4, 6), 2, 2, 2, "float64"),
    ((1, 2, 3, 5), 2, 2, 2, "float64"),  # the last row and column are left out
    ((1, 1, 7, 5), 3, 2, 2, "float64"),  # windows are not square, and overlap
    ((2, 3, 7, 5), 3, 2, 2, "float64"),
    ((2, 2, 5, 8), 2, 3, 1, "float64"),
    ((1, 2, 9, 7), 2, 2, 3, "float64"),  # gaps between windows
    ((2, 2, 6, 4), 2, 4, 2, "float32"),
]


def _pool_arrays(rng, shape, dtype, strided):
    """Numbers without a tie, all below zero in the first picture."""
    size = int(np.prod(shape)) * (2 if strided else 1)
    x = (rng.permutation(size) / size - 0.5).reshape(*shape[:-1], -1).astype(dtype)
    x[0] -= 1
    return x[..., ::2] if strided else x


def _pool_about(x, height, width, stride):
    return f"x {x.shape}, windows {height}×{width}, stride {stride}{kind_of(x)}"


def _pool_param(height, width, stride):
    return {"pool_height": height, "pool_width": width, "stride": stride}


def _pool(x, height, width, stride, dout=None):
    """PyTorch's max pool, or, where dout is given, its gradient."""
    import torch

    t = torch.tensor(np.ascontiguousarray(x), requires_grad=dout is not None)
    out = torch.nn.functional.max_pool2d(t, (height, width), stride=stride)
    if dout is None:
        return out.numpy()
    out.backward(torch.tensor(np.ascontiguousarray(dout)))
    return t.grad.numpy()


def _cells(x, height, width, stride):
    """All windows, (N, C, H_out, W_out, height, width)."""
    view = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    return view[:, :, ::stride, ::stride]


@exercise
def max_pool_forward_naive(candidate):
    rng = np.random.default_rng(3)
    for k, (shape, height, width, stride, dtype) in enumerate(_POOL_CASES):
        x = _pool_arrays(rng, shape, dtype, strided=k == 3)
        param, about = _pool_param(height, width, stride), _pool_about(x, height, width, stride)
        out, cache = unpack(call(candidate, x, param, about=about), ["out", "cache"], about)
        want = _pool(x, height, width, stride)
        N, C, h, v = want.shape
        H, W = shape[2:]
        _shape("out", out, [
            ((N, C, v, h), "Height and width are swapped."),
            ((N, C, 1 + (H - width) // stride, 1 + (W - height) // stride),
             "pool_height and pool_width are swapped."),
            ((N, C, h - 1, v - 1), "One row and one column too few: 1 + (H - height) // stride."),
            ((N, C, -(-(H - height) // stride) + 1, -(-(W - width) // stride) + 1),
             "The size is rounded up: windows that do not fit are left out, so use //."),
            ((N, C, H // height, W // width), "The windows are laid side by side: their distance "
                                              "is stride, not the window size."),
            ((N, C, 1 + H - height, 1 + W - width), "The stride is missing in the size."),
            ((N, h, v), "The channel axis is gone: each channel is pooled for itself."),
        ], want.shape, about)
        cells = _cells(x, height, width, stride)
        dense = _cells(x, height, width, 1)[:, :, :h, :v].max(axis=(4, 5))
        _same("out", out, want, about=about, **_close(x.dtype), mistakes=[
            (np.maximum(want, 0), "Windows of negative numbers give 0: start from -np.inf or take "
                                  "window.max(), not a running maximum from 0."),
            (cells.mean(axis=(4, 5)), "It is the mean of the window: take the largest."),
            (cells.min(axis=(4, 5)), "It is the smallest of the window: take the largest."),
            (np.abs(cells).max(axis=(4, 5)), "It is the largest absolute value."),
            (dense, "The windows start at i, j instead of i * stride, j * stride."),
            (np.broadcast_to(want.max(axis=1, keepdims=True), want.shape),
             "It is the maximum over all channels: each channel is pooled for itself."),
            (lambda x=x, h=height, v=width, s=stride: _cells(x, v, h, s).max(axis=(4, 5)),
             "pool_height and pool_width are swapped."),
            (lambda cells=cells: cells[..., :-1, :-1].max(axis=(4, 5)),
             "The last row and column of each window are not read: slices end before their end."),
        ])
        if not isinstance(cache, tuple) or len(cache) != 2:
            raise Wrong(f"with {about} cache must be the tuple (x, pool_param).")
        same("cache[0] (x)", cache[0], x, about=about)
        if cache[1] != param:
            raise Wrong(f"with {about} cache[1] must be pool_param, {param}.")
    return ("7 batches against torch: negative numbers, windows that are not square, overlap or "
            "do not fit, a strided view, float32, cache")


@exercise
def max_pool_backward_naive(candidate):
    rng = np.random.default_rng(4)
    for k, (shape, height, width, stride, dtype) in enumerate(_POOL_CASES):
        x = _pool_arrays(rng, shape, dtype, strided=k == 3)
        out = _pool(x, height, width, stride)
        dout = rng.normal(size=(*out.shape[:-1], 2 * out.shape[-1])).astype(dtype)[..., ::2]
        want, about = _pool(x, height, width, stride, dout), _pool_about(x, height, width, stride)
        _pool_backward_case(candidate, dout, x, (height, width, stride), want, about)

    # The ties of the lesson: the first largest entry in reading order gets everything.
    x = np.array([[5.0, 5, 1, 3], [5, 0, 3, 2], [7, 7, 0, 0], [7, 7, 0, 0]])[None, None]
    dout = np.array([[1.0, 2], [3, 4]])[None, None]
    want = np.array([[1.0, 0, 0, 2], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]])[None, None]
    about = f"ties: x {x[0, 0].astype(int).tolist()}, windows 2×2, stride 2"
    _pool_backward_case(candidate, dout, x, (2, 2, 2), want, about)
    return ("7 batches against torch's autograd (windows that are not square, overlap or leave "
            "gaps, strided views, float32), and ties")


def _pool_backward_case(candidate, dout, x, window, want, about):
    dx = call(candidate, dout, (x, _pool_param(*window)), about=about)
    if isinstance(dx, tuple):
        raise Wrong(f"with {about} it returned a tuple of {len(dx)}: return dx alone.")
    _shape("dx", dx, [(dout.shape, "That is the shape of dout: dx has the shape of x.")],
           x.shape, about)
    height, width, stride = window

    def spread(choose, add=True, value=None):
        total = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dout.shape):
            place = np.s_[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
            g = dout[n, c, i, j] if value is None else value[place].max()
            weight = choose(x[place])
            if add:
                total[place] += g * weight
            else:
                total[place] = np.where(weight, g, total[place])
        return total

    def winner(cells):
        return cells == cells.max()

    def one(cells, position):
        weight = np.zeros(cells.size)
        weight[position % cells.size] = 1
        return weight.reshape(cells.shape)

    def last(cells):
        return one(cells, cells.size - 1 - int(cells.ravel()[::-1].argmax()))

    def placed(place):
        total = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dout.shape):
            top, left = i * stride, j * stride
            cells = x[n, c, top : top + height, left : left + width]
            total[(n, c, *place(cells, i, j))] += dout[n, c, i, j]
        return total

    def uv(cells):
        return np.unravel_index(cells.argmax(), cells.shape)

    def wrong_width(cells, i, j):
        u, v = divmod(int(cells.argmax()), height)
        return i * stride + u, j * stride + v

    def dense():
        total = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dout.shape):
            u, v = uv(x[n, c, i : i + height, j : j + width])
            total[n, c, i + u, j + v] += dout[n, c, i, j]
        return total

    _same("dx", dx, want, about=about, **_close(x.dtype), mistakes=[
        (lambda: spread(np.ones_like), "Every entry of the window gets the gradient: only the "
                                       "winner does."),
        (lambda: spread(lambda c: np.ones_like(c) / c.size), "The gradient is shared evenly: that "
                                                             "is mean pooling."),
        (lambda: spread(winner), "All equal winners get the gradient: only the first of them, in "
                                 "reading order, does (argmax finds it)."),
        (lambda: spread(lambda c: winner(c) / winner(c).sum()),
         "Equal winners share the gradient: the first of them, in reading order, gets it all."),
        (lambda: spread(last), "The last of equal winners gets the gradient: the first one, in "
                               "reading order, should."),
        (lambda: spread(lambda c: one(c, int(np.ravel_multi_index(
            np.unravel_index(c.T.argmax(), c.T.shape)[::-1], c.shape)))),
         "Of equal winners the first by columns gets the gradient: read row by row."),
        (lambda: spread(winner, add=False), "Later windows overwrite earlier ones: an entry that "
                                            "wins in several windows collects, with +=."),
        (lambda: spread(winner, value=x), "It holds the maxima: pass dout on, not x."),
        (lambda: placed(lambda cells, i, j: uv(cells)),
         "The place inside the window is taken for the place in x: add top and left."),
        (dense, "The windows start at i, j instead of i * stride, j * stride."),
        (lambda: placed(wrong_width),
         "The position is decoded with the wrong width: row = position // width of the window, "
         "or np.unravel_index(position, shape)."),
        (lambda: spread(lambda c: one(c, 0)), "The first entry of each window gets the gradient, "
                                              "not the winner."),
    ])


# input_dim, num_filters, filter_size, hidden_dim, classes, N, reg, dtype
_NETS = [((1, 4, 6), 2, 3, 5, 3, 4, 0.0, "float64"), ((2, 6, 4), 3, 5, 4, 3, 5, 0.3, "float64"),
         ((1, 6, 8), 2, 3, 6, 4, 3, 0.2, "float32")]


@exercise
def ThreeLayerConvNet(candidate):
    rng = np.random.default_rng(11)
    for input_dim, F, K, hidden, classes, N, reg, dtype in _NETS:
        about = (f"input_dim {input_dim}, {F} filters {K}×{K}, hidden_dim {hidden}, reg {reg}, "
                 f"{dtype}")
        net = attempt(candidate, about=f"{about}, in __init__,", input_dim=input_dim, num_filters=F,
                      filter_size=K, hidden_dim=hidden, num_classes=classes, reg=reg,
                      dtype=np.dtype(dtype))
        _nets.fill(net, rng)
        X = rng.normal(size=(N, *input_dim))  # float64: the net converts it
        _nets.judge(net, _forward, X.astype(dtype).astype(np.float64),
                    rng.integers(0, classes, N), reg, about, _close(np.dtype(dtype)))
    return ("scores, loss and all six gradients of 3 nets against torch's autograd, with and "
            "without reg, float32 too")


def _forward(p, X):
    """Scores by torch; p a dict of tensors, X a tensor."""
    from torch.nn.functional import conv2d, max_pool2d

    conv = conv2d(X, p["W1"], p["b1"], padding=p["W1"].shape[2] // 2)
    flat = max_pool2d(conv.relu(), 2).flatten(1)
    return (flat @ p["W2"] + p["b2"]).relu() @ p["W3"] + p["b3"]
