"""Checks of lesson 04/10, CNN architectures.

The oracles are PyTorch's layers, run one after another in float64 on the weights of the
learner's module; of the flattened size, PyTorch's shapes.
"""

import numpy as np

from dlroadmap.check._frame import Wrong, attempt, call, close, exercise, same

# --- sizes --------------------------------------------------------------------------------

_NETS = [
    ((3, 8, 11), []),
    ((1, 28, 28), [("conv", 10, 5, 1, 0), ("pool", 2, 2), ("conv", 20, 5, 1, 0), ("pool", 2, 2)]),
    ((3, 9, 14), [("conv", 4, 3, 1, 1)]),
    ((2, 11, 7), [("conv", 5, 3, 2, 0)]),
    ((3, 10, 15), [("pool", 3, 2)]),
    ((3, 12, 9), [("conv", 6, 3, 1, 2), ("pool", 3, 2), ("conv", 7, 1, 1, 0)]),
    ((1, 32, 45), [("conv", 8, 7, 2, 3), ("pool", 3, 2), ("conv", 16, 3, 2, 1), ("pool", 2, 1)]),
]


def _walk(shape, layers, *, double=2, one=1, stride=True, keep_pad=False, keep_height=False,
          channels=True, up=False):
    """The size that a learner's mistake would give."""
    (C, H, W), pad = shape, 0
    for kind, *numbers in layers:
        if kind == "conv":
            F, K, s, pad = numbers
            C = F if channels else C
        else:
            (K, s), pad = numbers, pad if keep_pad else 0
        s = s if stride else 1
        H, W = (one + (-((K - n - double * pad) // s) if up else (n + double * pad - K) // s)
                for n in (H, W))
        W = H if keep_height else W
    return C * H * W


@exercise
def flat_features(candidate):
    import torch

    guesses = [
        ({"one": 0}, "The 1 + of the size formula is missing."),
        ({"double": 1}, "The frame has two sides: 2 * pad."),
        ({"double": 0}, "The padding is ignored."),
        ({"stride": False}, "The stride is ignored."),
        ({"keep_pad": True}, "A pool has no padding: the pad of the convolution before it must "
                             "not stay in the formula."),
        ({"keep_height": True}, "The width is computed from the height."),
        ({"channels": False}, "A convolution has F output channels, whatever came in."),
        ({"up": True}, "It rounds up: a place that does not fit does not count."),
    ]
    answers = []
    for shape, layers in _NETS:
        about = f"shape {shape}, layers {layers}"
        answer = call(candidate, shape, list(layers), about=about)
        if answer is None:
            raise Wrong(f"with {about} it returned None: is the return line missing?")
        if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
            raise Wrong(f"with {about} it returned {answer!r}, which is no whole number: divide "
                        "with //.")
        answers.append(answer)
    for (shape, layers), answer in zip(_NETS, answers, strict=True):
        x = torch.zeros(1, *shape)
        for kind, *numbers in layers:
            if kind == "conv":
                F, K, stride, pad = numbers
                x = torch.nn.Conv2d(x.shape[1], F, K, stride=stride, padding=pad)(x)
            else:
                x = torch.nn.functional.max_pool2d(x, *numbers)
        if answer != x.numel():
            C, H, W = x.shape[1:]
            hint = next((sentence for options, sentence in guesses
                         if all(_walk(*net, **options) == a
                                for net, a in zip(_NETS, answers, strict=True))), "")
            if not hint and answer in (H * W, C):
                hint = "Multiply channels, height and width."
            raise Wrong(f"with shape {shape}, layers {layers} it returned {answer}, expected "
                        f"{C} * {H} * {W} = {x.numel()}. {hint}".rstrip())
    return f"{len(_NETS)} stacks of layers against PyTorch's shapes, height and width different"


# --- the barebones network ----------------------------------------------------------------


def _random(rng, *shapes, spread=1.0):
    import torch

    return [torch.tensor(spread * rng.normal(size=s)) for s in shapes]


def _same(what, got, want, about, mistakes=()):
    """``same`` for tensors of any number of axes; the mistakes are tried in order."""
    import torch

    if isinstance(got, torch.Tensor) and got.shape == want.shape and got.dtype == want.dtype:
        if close(got.detach(), want.detach(), 1e-9, 1e-10):
            return
        for value, sentence in mistakes:
            try:
                value = value() if callable(value) else value
            except Exception:  # a mistake that cannot be made with these shapes
                continue
            if close(got.detach(), value.detach(), 1e-5, 1e-7):
                raise Wrong(f"{what}, with {about}, is wrong. {sentence}")
        if got.ndim == 4:  # judge the whole, show the plane that is farthest off
            gap = (got - want).detach().abs().nan_to_num(nan=float("inf")).amax(dim=(2, 3))
            n, c = divmod(int(gap.argmax()), gap.shape[1])
            what, got, want = f"{what}[{n}, {c}]", got[n, c], want[n, c]
    same(what, got, want, about=about, rtol=1e-9, atol=1e-10)


def _bare(x, params, *, relu=(True, True, False), bias=(1, 1, 1), pads=(2, 1), order=None):
    """conv - ReLU - conv - ReLU - fully connected with PyTorch's modules."""
    import torch

    w1, b1, w2, b2, fc_w, fc_b = params

    def layer(h, w, b, pad):
        conv = torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2], padding=pad).double()
        conv.load_state_dict({"weight": w, "bias": b})
        return conv(h)

    h = layer(x, w1, bias[0] * b1, pads[0])
    h = h.clamp(min=0) if relu[0] else h
    h = layer(h, w2, bias[1] * b2, pads[1])
    h = h.clamp(min=0) if relu[1] else h
    h = h if order is None else h.permute(order)
    scores = torch.nn.functional.linear(h.reshape(len(x), -1), fc_w.T, bias[2] * fc_b)
    return scores.clamp(min=0) if relu[2] else scores


@exercise
def three_layer_convnet(candidate):
    import torch

    rng = np.random.default_rng(0)
    for N, C, F1, F2, H, W, classes in [(2, 3, 4, 5, 6, 7, 3), (4, 1, 3, 2, 5, 3, 10)]:
        shapes = [(F1, C, 5, 5), (F1,), (F2, F1, 3, 3), (F2,), (F2 * H * W, classes), (classes,)]
        x, *params = _random(rng, (N, C, H, W), *shapes)
        about = f"x {(N, C, H, W)}, conv_w1 {shapes[0]}, conv_w2 {shapes[2]}, fc_w {shapes[4]}"
        for p in params:
            p.requires_grad_()
        try:
            scores = call(candidate, x, params, about=about)
        except Wrong as wrong:
            if "mat1 and mat2" in str(wrong):
                raise Wrong(f"with {about} the numbers after flattening do not fit fc_w. Padding "
                            "2 and 1 must keep height and width, flatten(1) must keep the batch, "
                            f"and fc_w is (in, out): no transpose. ({wrong})") from wrong
            raise
        if scores is None:
            raise Wrong(f"with {about} it returned None: is the return line missing?")
        if not isinstance(scores, torch.Tensor):
            raise Wrong(f"with {about} it returned a {type(scores).__name__}; a torch tensor was "
                        "asked for.")
        if scores.shape == (N, classes) and not scores.requires_grad:
            raise Wrong(f"with {about} no gradient can flow back from the scores: detach(), "
                        ".data, .numpy() or torch.no_grad() cuts the graph.")
        want = _bare(x, params)
        _same("scores", scores, want, about, [
            (lambda x=x, p=params: _bare(x, p, relu=(False, True, False)),
             "The ReLU after the first convolution is missing."),
            (lambda x=x, p=params: _bare(x, p, relu=(True, False, False)),
             "The ReLU after the second convolution is missing."),
            (lambda x=x, p=params: _bare(x, p, relu=(False, False, False)),
             "There is no ReLU at all, so the network is one linear layer."),
            (lambda x=x, p=params: _bare(x, p, relu=(True, True, True)),
             "There is a ReLU after the last layer: scores may be negative."),
            (lambda w=want: w.softmax(1), "Those are probabilities: return the scores, the softmax "
                                          "is part of the loss."),
            (lambda w=want: w.log_softmax(1), "Those are log-probabilities: return the scores."),
            (lambda x=x, p=params: _bare(x, p, bias=(0, 1, 1)), "conv_b1 is not used."),
            (lambda x=x, p=params: _bare(x, p, bias=(1, 0, 1)), "conv_b2 is not used."),
            (lambda x=x, p=params: _bare(x, p, bias=(1, 1, 0)), "fc_b is not used."),
            (lambda x=x, p=params: _bare(x, p, pads=(1, 2)),
             "The paddings are swapped: 2 for the 5×5 filters, 1 for the 3×3 filters."),
            (lambda x=x, p=params: _bare(x, p, order=(0, 2, 3, 1)),
             "The channels were moved last before flattening; fc_w expects (F2, H, W)."),
        ])
    return "scores of 2 networks against PyTorch's modules, height and width different"


# --- blocks -------------------------------------------------------------------------------


def _build(candidate, *args, about):
    """Make the learner's module, in float64 and with random numbers in it."""
    import torch

    block = attempt(candidate, *args, about=f"{about}, in __init__,", hints=[
        (AttributeError, "before Module.__init__", "super().__init__() must come first.")])
    if not isinstance(block, torch.nn.Module):
        raise Wrong(f"with {about} it is no nn.Module: class …(torch.nn.Module).")
    return block.double()


def _fill(block, rng):
    import torch

    for name, value in block.state_dict().items():
        if value.is_floating_point():
            numbers = rng.normal(size=tuple(value.shape)) * (0.4 if value.ndim > 1 else 1)
            value.copy_(torch.tensor(np.abs(numbers) + 0.3 if "var" in name else numbers))


def _tensors(block, want, about):
    """The names and shapes of parameters and buffers are those asked for."""
    got = {k: tuple(v.shape) for k, v in block.state_dict().items() if v.ndim}
    if got == want:
        return
    missing, extra = [k for k in want if k not in got], [k for k in got if k not in want]
    if missing:
        also = (f" There is {', '.join(extra)} instead." if extra else
                " A convolution has a bias unless told otherwise: bias=True."
                if all("bias" in k for k in missing) else
                " Batch norm keeps running values unless told otherwise: track_running_stats=True."
                if all("running" in k for k in missing) else
                " A layer must be an attribute of self, made in __init__: only then is it found "
                "and trained.")
        raise Wrong(f"with {about} the block has no {', '.join(missing)}.{also}")
    if extra:
        hint = (" A bias before batch norm is lost in its mean: bias=False."
                if any("bias" in k for k in extra) else "")
        raise Wrong(f"with {about} the block has {', '.join(extra)}, which was not asked for."
                    f"{hint}")
    name = next(k for k in want if got[k] != want[k])
    raise Wrong(f"{name}, with {about}, has shape {got[name]}, expected {want[name]}.")


def _forward(block, x, want, about, mistakes):
    """The output, the untouched input, and the gradient."""
    import torch

    try:
        out = call(block, x, about=about)
    except Wrong as wrong:
        if "Sizes of tensors must match" in str(wrong):
            hint = ("AvgPool2d has the stride of its window unless told otherwise: without "
                    "stride=1 it steps 3 pixels, and its map is smaller"
                    if "except in dimension 1" in str(wrong) else "dim=1 joins channels")
            raise Wrong(f"{str(wrong).splitlines()[0]} ({hint}.)") from wrong
        raise
    if isinstance(out, torch.Tensor) and out.shape != want.shape:
        hints = [(out.ndim == 4 and out.shape[2:] != want.shape[2:],
                  "Height and width must stay: padding."),
                 (out.ndim == 4 and out.shape[1] != want.shape[1],
                  "The number of channels is wrong.")]
        hint = next((sentence for wrong, sentence in hints if wrong), "")
        raise Wrong(f"the output, with {about}, has shape {tuple(out.shape)}, expected "
                    f"{tuple(want.shape)}. {hint}".rstrip())
    _same("the output", out, want, about, mistakes)
    if not out.requires_grad:
        raise Wrong(f"with {about} no gradient can flow back from the output: detach(), .data or "
                    "torch.no_grad() cuts the graph.")


def _conv(layer, x):
    """A convolution of the block, as PyTorch's function, on its weights."""
    import torch

    pad = layer.kernel_size[0] // 2
    return torch.nn.functional.conv2d(x, layer.weight, layer.bias, padding=pad)


def _is_conv(layer, C, F, K, name, about):
    import torch

    if not isinstance(layer, torch.nn.Conv2d):
        raise Wrong(f"with {about} {name} is a {type(layer).__name__}, expected nn.Conv2d.")
    if layer.weight.shape != (F, C, K, K):
        raise Wrong(f"{name}, with {about}, has a weight of shape {tuple(layer.weight.shape)}, "
                    f"expected {(F, C, K, K)}.")
    if tuple(layer.padding) != (K // 2, K // 2) or tuple(layer.stride) != (1, 1):
        raise Wrong(f"{name}, with {about}, has padding {layer.padding[0]} and stride "
                    f"{layer.stride[0]}; to keep height and width a {K}×{K} filter needs padding "
                    f"{K // 2} and stride 1.")


@exercise
def ResidualBlock(candidate):
    import torch

    rng = np.random.default_rng(1)
    for channels, N, H, W in [(2, 2, 4, 5), (3, 1, 6, 3), (1, 3, 2, 5)]:
        about = f"channels {channels}, x {(N, channels, H, W)}"
        block = _build(candidate, channels, about=about)
        shapes = {"weight": (channels, channels, 3, 3), "bias": (channels,)}
        _tensors(block, {f"{c}.{k}": s for c in ("conv1", "conv2") for k, s in shapes.items()},
                 about)
        for name in ("conv1", "conv2"):
            _is_conv(getattr(block, name), channels, channels, 3, name, about)
        _fill(block, rng)
        x = _random(rng, (N, channels, H, W))[0]
        first = _conv(block.conv1, x)
        h = first.clamp(min=0)
        branch = _conv(block.conv2, h)
        want = (x + branch).clamp(min=0)
        again = _conv(block.conv1, h)
        _forward(block, x, want, about, [
            (branch.clamp(min=0), "The input is not added: the skip is missing."),
            (x + branch, "The ReLU after the addition is missing."),
            (x + branch.clamp(min=0), "The last ReLU stands before the addition; it belongs after "
                                      "it. So the block could only ever add."),
            ((x + branch.clamp(min=0)).clamp(min=0),
             "There is a ReLU on the branch before the addition: its output must be free to be "
             "negative."),
            ((x + _conv(block.conv2, first)).clamp(min=0), "The ReLU between the two convolutions "
                                                           "is missing."),
            ((x + again).clamp(min=0), "conv1 is used twice, conv2 never."),
            ((h + branch).clamp(min=0), "The result of conv1 is added instead of the input."),
            ((x.clamp(min=0) + branch).clamp(min=0), "ReLU(x) is added instead of x."),
            ((x - branch).clamp(min=0), "The branch is subtracted."),
            (lambda x=x, b=block: (x + _conv(b.conv2, _conv(b.conv1, x.clamp(min=0)).clamp(min=0)))
             .clamp(min=0), "The branch starts from ReLU(x); here it starts from x."),
            (branch, "Only the branch is left: no skip, no ReLU."),
        ])
        if channels == 2:
            zero = _build(candidate, channels, about=about)
            for p in zero.parameters():
                torch.nn.init.zeros_(p)
            _same("the output", zero(x.abs()), x.abs(), f"{about}, all weights 0 and x ≥ 0")
    return ("names and shapes of the parameters, outputs of 3 blocks against PyTorch's "
            "convolutions, an unchanged x, the identity for zero weights")


@exercise
def PreActBlock(candidate):
    rng = np.random.default_rng(2)
    for channels, N, H, W in [(2, 3, 4, 5), (3, 2, 5, 3)]:
        about = f"channels {channels}, x {(N, channels, H, W)}"
        block = _build(candidate, channels, about=about)
        shapes = {f"{n}.{k}": (channels,) for n in ("bn1", "bn2")
                  for k in ("weight", "bias", "running_mean", "running_var")}
        shapes |= {f"{c}.weight": (channels, channels, 3, 3) for c in ("conv1", "conv2")}
        _tensors(block, shapes, about)
        for name in ("conv1", "conv2"):
            _is_conv(getattr(block, name), channels, channels, 3, name, about)
        _fill(block, rng)
        x = _random(rng, (N, channels, H, W))[0]
        for mode, training in (("training mode", True), ("evaluation mode", False)):
            block.train(training)
            c1, c2 = block.conv1, block.conv2

            def n1(h, t=training, b=block.bn1):
                return _batch_norm(h, b, t)

            def n2(h, t=training, b=block.bn2):
                return _batch_norm(h, b, t)

            branch = _conv(c2, n2(_conv(c1, n1(x).clamp(min=0))).clamp(min=0))
            _forward(block, x, x + branch, f"{about}, {mode}", [
                ((x + branch).clamp(min=0), "There is a ReLU after the addition: in this block the "
                                            "skip stays untouched."),
                (branch, "The input is not added: the skip is missing."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 (x + n2(_conv(c2, n1(_conv(c1, x)).clamp(min=0)))).clamp(min=0),
                 "That is the order of the first ResNet; here batch norm and ReLU come before "
                 "each convolution."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 x + n2(_conv(c2, n1(_conv(c1, x)).clamp(min=0))),
                 "Batch norm stands after the convolutions; here it comes before each of them."),
                (lambda b=branch, n1=n1, x=x: n1(x).clamp(min=0) + b,
                 "The skip carries ReLU(bn1(x)) instead of x."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 x + _conv(c2, n2(_conv(c1, n1(x))).clamp(min=0)),
                 "The ReLU before conv1 is missing."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 x + _conv(c2, n2(_conv(c1, n1(x).clamp(min=0)))),
                 "The ReLU before conv2 is missing."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 x + _conv(c2, n2(_conv(c1, n1(x.clamp(min=0)))).clamp(min=0)),
                 "ReLU comes before bn1; it belongs after it."),
                (lambda x=x, c1=c1, c2=c2, n1=n1, n2=n2:
                 x + _conv(c2, n2(_conv(c1, n1(x.clamp(min=0)).clamp(min=0))).clamp(min=0)),
                 "A ReLU stands before bn1 as well: bn1 must see x itself."),
                (lambda x=x, c1=c1, c2=c2, n1=n1:
                 x + _conv(c2, n1(_conv(c1, n1(x).clamp(min=0))).clamp(min=0)),
                 "bn1 is used twice: each place needs a batch norm of its own."),
                (lambda x=x, c1=c1, n1=n1, n2=n2:
                 x + _conv(c1, n2(_conv(c1, n1(x).clamp(min=0))).clamp(min=0)),
                 "conv1 is used twice, conv2 never."),
            ])
    return ("names and shapes, outputs of 2 blocks in training and in evaluation mode against "
            "PyTorch's functions, an unchanged x")


def _batch_norm(h, bn, training):
    """Batch norm from its definition, without touching the running values."""
    if training:
        mean, var = h.mean((0, 2, 3)), h.var((0, 2, 3), correction=0)
    else:
        mean, var = bn.running_mean, bn.running_var
    scale = bn.weight / (var + bn.eps).sqrt()
    return h * scale[:, None, None] + (bn.bias - mean * scale)[:, None, None]


@exercise
def InceptionA(candidate):
    import torch

    rng = np.random.default_rng(3)
    wanted = {"branch1x1": [(16, 1)], "branch5x5": [(16, 1), (24, 5)],
              "branch3x3": [(16, 1), (24, 3), (24, 3)], "branch_pool": [(24, 1)]}
    for C, N, H, W in [(3, 2, 6, 5), (1, 1, 4, 7)]:
        about = f"in_channels {C}, x {(N, C, H, W)}"
        block = _build(candidate, C, about=about)
        convs = {}
        for name, layers in wanted.items():
            branch = getattr(block, name, None)
            if not isinstance(branch, torch.nn.Module):
                raise Wrong(f"with {about} the block has no {name}: self.{name} = … in __init__.")
            convs[name] = [m for m in branch.modules() if isinstance(m, torch.nn.Conv2d)]
            if len(convs[name]) != len(layers):
                raise Wrong(f"{name}, with {about}, has {len(convs[name])} of {len(layers)} "
                            "convolutions.")
            channels = C
            for k, (conv, (F, K)) in enumerate(zip(convs[name], layers, strict=True)):
                _is_conv(conv, channels, F, K, f"convolution {k} of {name}", about)
                if conv.bias is None:
                    raise Wrong(f"convolution {k} of {name}, with {about}, has no bias.")
                channels = F
        _fill(block, rng)
        x = _random(rng, (N, C, H, W))[0]
        mean = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1)

        def run(name, h, convs=convs, relu=False):
            for conv in convs[name]:
                h = _conv(conv, h)
                h = h.clamp(min=0) if relu else h
            return h

        parts = [run(name, x) for name in list(wanted)[:3]]
        pooled = run("branch_pool", mean)
        want = torch.cat([*parts, pooled], dim=1)
        highest = torch.nn.functional.max_pool2d(x, 3, stride=1, padding=1)
        inner = torch.nn.functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        names = list(wanted)
        orders = [([0, 2, 1, 3], "The order of the branches is 1×1, 5×5, 3×3, pool."),
                  ([3, 0, 1, 2], "branch_pool comes last in the table, not first.")]
        everything = [*parts, pooled]
        _forward(block, x, want, about, [
            *((lambda o=o, e=everything: torch.cat([e[k] for k in o], dim=1), text)
              for o, text in orders),
            (lambda p=parts, r=run, h=highest: torch.cat([*p, r("branch_pool", h)], dim=1),
             "branch_pool takes the maximum; it must take the mean."),
            (lambda p=parts, r=run, h=inner: torch.cat([*p, r("branch_pool", h)], dim=1),
             "The mean leaves out the frame: count_include_pad=False is not the default."),
            (lambda p=parts, r=run, x=x: torch.cat([*p, r("branch_pool", x)], dim=1),
             "branch_pool has no pooling: 3×3 mean with stride 1 and padding 1, then 1×1."),
            (lambda w=want: w.clamp(min=0), "There is a ReLU at the end; the lecture's block has "
                                            "no activation."),
            (lambda r=run, x=x, m=mean, names=names: torch.cat(
                [*(r(n, x, relu=True) for n in names[:3]), r("branch_pool", m, relu=True)], dim=1),
             "There are ReLUs after the convolutions. That is better practice, but the block of "
             "the lecture has none."),
        ])
    return "the convolutions of all four branches, outputs of 2 blocks against PyTorch's functions"


# --- freezing -----------------------------------------------------------------------------


def _network():
    import torch

    def conv():
        return torch.nn.Conv2d(2, 2, 3)

    body = torch.nn.ModuleDict({"conv1": conv(), "conv10": conv(), "norm": torch.nn.BatchNorm2d(2)})
    return torch.nn.ModuleDict({"body": body, "head": torch.nn.Linear(5, 3)})


@exercise
def freeze(candidate):
    import torch

    count = {name: p.numel() for name, p in _network().named_parameters()}
    for names in ([], ["head"], ["body.conv1"], ["body"], ["body.norm", "body.conv10"],
                  ["body", "head"]):
        about = f"names {names}"
        net = _network()
        before = {k: v.clone() for k, v in net.state_dict().items()}
        left = call(lambda n, net=net: candidate(net, n), names, about=about)
        for name, value in net.state_dict().items():
            if name not in before or not torch.equal(value, before[name]):
                raise Wrong(f"with {about} {name} has other values now: freezing changes no "
                            "weight.")
        want = {n for n in count if not any(n.startswith(f"{m}.") for m in names)}
        there = {n for n, p in net.named_parameters() if p.requires_grad}
        if set(dict(net.named_parameters())) != set(count):
            raise Wrong(f"with {about} parameters have disappeared from the model.")
        if there != want:
            _which(there, want, names, set(count), about)
        expected = sum(count[n] for n in want)
        if left is None:
            raise Wrong(f"with {about} it returned None: return how many entries still get "
                        "gradients.")
        if isinstance(left, bool) or not isinstance(left, int | np.integer):
            raise Wrong(f"with {about} it returned {left!r}; a whole number was asked for.")
        if left != expected:
            total = sum(count.values())
            hint = next((text for value, text in [
                (len(want), "That is the number of tensors: count their entries with numel()."),
                (total - expected, "Those are the entries that were frozen."),
                (total, "Those are all entries, the frozen ones too."),
            ] if left == value), "")
            raise Wrong(f"with {about} it returned {left}, expected {expected}. {hint}".rstrip())
    _earlier(candidate)
    for typo in (["conv1"], ["body.conv"], ["heads"]):
        net = _network()
        try:
            candidate(net, typo)
        except KeyError:
            continue
        except Exception as error:
            raise Wrong(f"the unknown name {typo[0]!r} must raise KeyError, not "
                        f"{type(error).__name__}: {error}") from error
        frozen = [n for n, p in net.named_parameters() if not p.requires_grad]
        raise Wrong(f"the name {typo[0]!r} is no submodule and must raise KeyError; here it froze "
                    f"{', '.join(frozen) or 'nothing'}, in silence.")
    return "6 choices of submodules, what was frozen before stays frozen, and unknown names"


def _which(there, want, names, everything, about):
    """Say what was frozen wrongly."""
    if there == everything and "body" in names:
        raise Wrong(f"with {about} nothing is frozen: body has no parameter of its own, they are "
                    "in its submodules. .parameters() finds these too.")
    if there == everything:
        raise Wrong(f"with {about} nothing is frozen: requires_grad belongs to each parameter "
                    "(module.parameters()); on a module it is an attribute like any other.")
    if there == everything - want:
        raise Wrong(f"with {about} it is the other way round: what is named must be frozen, and "
                    "the rest must not.")
    if there - want:
        raise Wrong(f"with {about} {', '.join(sorted(there - want))} still gets gradients: a name "
                    "stands for everything inside it.")
    extra = ", ".join(sorted(want - there))
    hint = (" A name that begins alike is another module: conv1 is not conv10."
            if "conv10" in extra and "body.conv1" in names else "")
    raise Wrong(f"with {about} {extra} is frozen too.{hint}")


def _earlier(candidate):
    net = _network()
    for p in net["head"].parameters():
        p.requires_grad = False
    candidate(net, ["body.conv1"])
    if any(p.requires_grad for p in net["head"].parameters()):
        raise Wrong("with head frozen before and names ['body.conv1'] head gets gradients again: "
                    "leave alone what is not named.")
