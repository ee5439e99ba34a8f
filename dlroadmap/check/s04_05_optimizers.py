"""Checks of lesson 04/05, Optimizers.

The oracle is one step of ``torch.optim`` with the same state loaded; clipping is compared with
a plain loop, the schedule with PyTorch's schedulers. Each rule also gets gradients near its
epsilon: on ordinary ones an epsilon inside the root changes the seventh digit only.
"""

import math

import numpy as np

from dlroadmap.check import _frame
from dlroadmap.check._frame import Wrong, exercise, same, unpack

DEFAULTS = {
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-8},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
              "weight_decay": 1e-2},
}
STATES = {"sgd_momentum": ("velocity",), "nesterov_momentum": ("velocity",),
          "adagrad": ("cache",), "rmsprop": ("cache",),
          "adam": ("m", "v", "t"), "adamw": ("m", "v", "t")}


# --- the oracle ---------------------------------------------------------------------------


def _torch_step(rule, w, dw, config):
    """next_w and state of torch.optim, in float64, in cs231n's names."""
    import torch

    c = {**DEFAULTS[rule], **(config or {})}
    lr, optim = c["learning_rate"], torch.optim

    def tensor(x):
        return torch.tensor(np.array(x, dtype=np.float64))

    p = tensor(w)
    p.grad = tensor(dw)
    if rule in ("sgd_momentum", "nesterov_momentum"):
        optimizer = optim.SGD([p], lr=lr, momentum=c["momentum"],
                              nesterov=rule == "nesterov_momentum")
        if "velocity" in c:  # PyTorch's buffer holds no learning rate and the other sign
            optimizer.state[p]["momentum_buffer"] = tensor(c["velocity"]) / -lr
    elif rule == "adagrad":
        optimizer = optim.Adagrad([p], lr=lr, eps=c["epsilon"])
        if "cache" in c:
            optimizer.state[p]["sum"] = tensor(c["cache"])
    elif rule == "rmsprop":
        optimizer = optim.RMSprop([p], lr=lr, alpha=c["decay_rate"], eps=c["epsilon"])
        if "cache" in c:
            optimizer.state[p].update(step=torch.tensor(1.0), square_avg=tensor(c["cache"]))
    else:
        make, more = (optim.Adam, {}) if rule == "adam" else (
            optim.AdamW, {"weight_decay": c["weight_decay"]})
        optimizer = make([p], lr=lr, betas=(c["beta1"], c["beta2"]), eps=c["epsilon"], **more)
        if "m" in c:
            optimizer.state[p].update(step=torch.tensor(float(c["t"])), exp_avg=tensor(c["m"]),
                                      exp_avg_sq=tensor(c["v"]))
    optimizer.step()
    state = optimizer.state[p]
    if "momentum_buffer" in state:
        return p.numpy(), {"velocity": -lr * state["momentum_buffer"].numpy()}
    if "sum" in state:
        return p.numpy(), {"cache": state["sum"].numpy()}
    if "square_avg" in state:
        return p.numpy(), {"cache": state["square_avg"].numpy()}
    return p.numpy(), {"m": state["exp_avg"].numpy(), "v": state["exp_avg_sq"].numpy(),
                       "t": round(float(state["step"]))}


# --- what is fed in -----------------------------------------------------------------------


def _state(rule, rng, shape, dtype=np.float64, scale=1.0):
    """A state as earlier steps with gradients of this scale could have left it."""
    def normal():
        return (scale * rng.normal(size=shape)).astype(dtype)

    if "velocity" in STATES[rule]:
        return {"velocity": (0.3 * normal()).astype(dtype)}
    if "cache" in STATES[rule]:
        return {"cache": (normal() ** 2 + scale**2).astype(dtype)}
    return {"m": (0.3 * normal()).astype(dtype), "t": 5,
            "v": (0.005 * (normal() ** 2 + scale**2)).astype(dtype)}


def _cases(rule):
    """w, dw, config, the input in words."""
    rng = np.random.default_rng(0)
    other = {"momentum": 0.8, "decay_rate": 0.7, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.5}
    other = {k: v for k, v in other.items() if k in DEFAULTS[rule]}
    after = "t = 5 steps made" if "t" in STATES[rule] else "a state"
    said = ", ".join(f"{k} {v}" for k, v in other.items())
    yield (np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -2.0]),
           {"learning_rate": 0.1, **other, **_state(rule, rng, 3)},
           f"3 weights, learning_rate 0.1{', ' if said else ''}{said}, {after}")
    yield (np.linspace(-1, 1, 20).reshape(4, 5), rng.normal(size=(4, 5)),
           {"learning_rate": 0.05, **_state(rule, rng, (4, 5))},
           f"w (4, 5), learning_rate 0.05, {after}")
    yield (rng.normal(size=4), np.array([0.0, 15.0, 0.0, -20.0]), {"learning_rate": 0.1},
           "a first step in which some gradients are 0")
    tiny = np.array([1e-7, -1e-8, 3e-9])
    yield (np.array([0.2, -0.1, 0.3]), tiny, {"learning_rate": 0.1},
           "tiny gradients (1e-7 to 3e-9), first step")
    yield rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), {}, "w (2, 3), an empty config"
    yield rng.normal(size=4), rng.normal(size=4), None, "w (4,), no config"
    yield (np.array([0.2, -0.1, 0.3]), tiny,
           {"learning_rate": 0.1, **_state(rule, rng, 3, scale=1e-8)},
           f"tiny gradients (1e-7 to 3e-9), {after}")
    yield (rng.normal(size=3), 1e8 * rng.normal(size=3), {"learning_rate": 0.1},
           "huge gradients (1e8), first step")
    yield (rng.normal(size=(3, 8))[:, ::2], rng.normal(size=(3, 8))[:, ::2],
           {"learning_rate": 0.1, **_state(rule, rng, (3, 4))}, "w (3, 4), a strided view")
    yield (rng.normal(size=(2, 3)).astype(np.float32), rng.normal(size=(2, 3)).astype(np.float32),
           {"learning_rate": 0.1, **_state(rule, rng, (2, 3), np.float32)}, "w (2, 3), float32")


# --- the comparison -----------------------------------------------------------------------


def _try(candidate, w, dw, config, about):
    with np.errstate(all="ignore"):
        result = _frame.call(candidate, w, dw, config, about=about, may_change=(2,))
    next_w, new = unpack(result, ["next_w", "config"], about)
    if not isinstance(new, dict):
        raise Wrong(f"with {about} the second thing returned is a {type(new).__name__}: return "
                    "the dict config.")
    return next_w, new


def _compare(rule, w, dw, config, next_w, new, about, mistakes):
    """One step against PyTorch's. ``mistakes(w, g, c)`` gives guesses for each value."""
    want_w, want = _torch_step(rule, w, dw, config)
    old, dtype = config or {}, np.asarray(w).dtype
    # Coarser than rounding, so that an epsilon inside the root shows only on tiny gradients,
    # where the message can say what it does.
    tolerance = {"rtol": 1e-7 if dtype == np.float64 else 1e-5, "atol": 0.0}
    full = {**DEFAULTS[rule], **old}
    for key in STATES[rule]:
        full.setdefault(key, 0 if key == "t" else np.zeros(np.shape(w)))
    with np.errstate(all="ignore"):
        guesses = mistakes(np.asarray(w, float), np.asarray(dw, float), full)
    for key in STATES[rule]:
        if key not in new:
            raise Wrong(f'with {about}, config has no "{key}" after the step: store the new one, '
                        "or the next step cannot know it.")
        if key in old and np.array_equal(new[key], old[key]) and not np.array_equal(
                old[key], want[key]):
            raise Wrong(f'with {about}, config["{key}"] is still the old one'
                        + (": t counts the steps, so it must grow by 1." if key == "t" else
                           ": store the new one in config."))
    for key, value in old.items():
        if key not in STATES[rule] and new.get(key) != value:
            raise Wrong(f'with {about}, config["{key}"] was {value} and is {new.get(key)} now: a '
                        "step changes the state, not the settings.")
    same("next_w", next_w, want_w.astype(dtype), about=about, mistakes=guesses["next_w"],
         **tolerance)
    for key in STATES[rule]:
        if key == "t":
            if new["t"] != want["t"]:
                raise Wrong(f'config["t"], with {about}, is {new["t"]!r}, expected {want["t"]}: '
                            "t counts the steps made.")
        else:
            same(f'config["{key}"]', new[key], want[key].astype(dtype), about=about,
                 mistakes=guesses.get(key, ()), **tolerance)


def _check(rule, candidate, mistakes):
    cases = list(_cases(rule))
    for w, dw, config, about in cases:
        next_w, new = _try(candidate, w, dw, config, about)
        _compare(rule, w, dw, config, next_w, new, about, mistakes)
    rng = np.random.default_rng(1)
    w, config = rng.normal(size=3), {"learning_rate": 0.1}
    for step in range(1, 5):  # the candidate's own config goes in again
        dw, about = rng.normal(size=3), f"step {step} of 4 in a row"
        next_w, new = _try(candidate, w, dw, config, about)
        _compare(rule, w, dw, config, next_w, new, about, mistakes)
        w, config = next_w, new
    return (f"{len(cases)} single steps and 4 in a row against torch.optim: states, defaults, "
            "zero, tiny and huge gradients, a strided view, float32")


OUTSIDE = "epsilon stands inside the root: it belongs outside, sqrt(…) + epsilon. With tiny " \
          "gradients this matters."
UPHILL = "The step goes uphill: it must go against dw."
NO_RATE = "The learning rate is missing."
NO_ROOT = "The root is missing: divide by the root of the mean square, not by the mean square."


@exercise
def sgd_momentum(candidate):
    def mistakes(w, g, c):
        lr, mu, v = c["learning_rate"], c["momentum"], c["velocity"]
        new = mu * v - lr * g
        return {
            "next_w": [
                (w + mu * new - lr * g, "This is Nesterov's step; momentum moves w by v itself."),
                (w + v, "w is moved by the old velocity: compute the new one first."),
                (w - new, "The velocity is subtracted. It already points downhill: w + v."),
                (w + mu * v + lr * g, UPHILL),
                (w - lr * g, "This is plain SGD: the old velocity is not used."),
                (w + v - lr * g, "The old velocity is not multiplied by momentum."),
                (w + mu * v - (1 - mu) * lr * g, "The gradient enters with the factor "
                                                 "1 - momentum: this is a moving average."),
                (w - lr * (mu * v + g), "This is PyTorch's form; in cs231n's the learning rate "
                                        "is inside the velocity."),
                (w + mu * v - g, NO_RATE),
                (new, "This is the velocity alone: next_w is w + v."),
            ],
            "velocity": [
                (mu * v + g, "This is PyTorch's velocity; cs231n's holds the learning rate and "
                             "points downhill."),
                (w + new, "This is next_w: store the velocity."),
                (-new, "The sign is PyTorch's: here the velocity points downhill."),
            ],
        }

    return _check("sgd_momentum", candidate, mistakes)


@exercise
def nesterov_momentum(candidate):
    def mistakes(w, g, c):
        lr, mu, v = c["learning_rate"], c["momentum"], c["velocity"]
        new = mu * v - lr * g
        return {
            "next_w": [
                (w + new, "This is plain momentum: w must move by -mu * v_old + (1 + mu) * v."),
                (w + mu * v + (1 + mu) * new, "The sign of mu * v_old is wrong: the look-ahead "
                                              "of the last step is taken back."),
                (w + (1 + mu) * new, "The look-ahead of the last step, mu * v_old, is not taken "
                                     "back."),
                (w - mu * v + mu * new, "The factor of the new v is 1 + mu: the step itself and "
                                        "the look-ahead."),
                (w - mu * v + (1 + mu) * v, "The old velocity stands in both places."),
                (w - v + (1 + mu) * new, "The old velocity is not multiplied by momentum."),
                (w - lr * g, "This is plain SGD: the velocity is not used."),
                (w - mu * v + (1 + mu) * (mu * v + lr * g), UPHILL),
            ],
            "velocity": [
                (-mu * v + (1 + mu) * new, "This is the whole step: store the velocity v."),
                (mu * v + g, "This is PyTorch's velocity; cs231n's holds the learning rate and "
                             "points downhill."),
            ],
        }

    return _check("nesterov_momentum", candidate, mistakes)


@exercise
def adagrad(candidate):
    def mistakes(w, g, c):
        lr, eps, old = c["learning_rate"], c["epsilon"], c["cache"]
        new = old + g**2

        def step(cache):
            return w - lr * g / (np.sqrt(cache) + eps)

        return {
            "next_w": [
                (w - lr * g / np.sqrt(new + eps), OUTSIDE),
                (step(old), "The old cache is used: add dw**2 first."),
                (step(g**2), "Only this gradient counts: the cache adds up all of them."),
                (w - lr * g / (new + eps), NO_ROOT),
                (w + lr * g / (np.sqrt(new) + eps), UPHILL),
                (w - g / (np.sqrt(new) + eps), NO_RATE),
                (step(old + np.abs(g)), "The cache adds up |dw|: it must be dw**2."),
                (step(0.99 * old + 0.01 * g**2), "This is RMSProp: AdaGrad's cache forgets "
                                                 "nothing."),
                (step((old + g**2) / 2), "The cache is a mean: it must be the sum."),
                (w - lr * g, "This is plain SGD: divide by the root of the cache."),
            ],
            "cache": [(np.sqrt(new), "This is the root of the cache: store the sum itself.")],
        }

    return _check("adagrad", candidate, mistakes)


@exercise
def rmsprop(candidate):
    def mistakes(w, g, c):
        lr, rho, eps, old = c["learning_rate"], c["decay_rate"], c["epsilon"], c["cache"]
        new = rho * old + (1 - rho) * g**2

        def step(cache):
            return w - lr * g / (np.sqrt(cache) + eps)

        return {
            "next_w": [
                (w - lr * g / np.sqrt(new + eps), OUTSIDE),
                (step((1 - rho) * old + rho * g**2), "decay_rate and 1 - decay_rate are swapped: "
                                                     "the old cache gets decay_rate."),
                (step(old), "The old cache is used: compute the new one first."),
                (step(old + g**2), "This is AdaGrad: the cache must be a moving average."),
                (step(rho * old + g**2), "dw**2 must be multiplied by 1 - decay_rate."),
                (step(rho * old + (1 - rho) * np.abs(g)), "The cache averages |dw|: it must be "
                                                          "dw**2."),
                (w - lr * g / (new + eps), NO_ROOT),
                (w + lr * g / (np.sqrt(new) + eps), UPHILL),
                (w - g / (np.sqrt(new) + eps), NO_RATE),
                (step(rho * old + (1 - rho) * g), "The cache averages dw: it must be dw**2."),
                (step(g**2), "Only this gradient counts: the old cache is not used."),
            ],
            "cache": [(np.sqrt(new), "This is the root of the cache: store the average itself.")],
        }

    return _check("rmsprop", candidate, mistakes)


def _adam_mistakes(w, g, c):
    lr, b1, b2, eps = c["learning_rate"], c["beta1"], c["beta2"], c["epsilon"]
    t = c["t"] + 1
    m, v = b1 * c["m"] + (1 - b1) * g, b2 * c["v"] + (1 - b2) * g**2

    def step(m, v, first=t, second=t):
        one = 1 - b1**first if first is not None else 1
        two = 1 - b2**second if second is not None else 1
        return w - lr * (m / one) / (np.sqrt(v / two) + eps)

    m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
    b_m, b_v = b2 * c["m"] + (1 - b2) * g, b1 * c["v"] + (1 - b1) * g**2  # betas swapped
    old_t = c["t"] if c["t"] else np.nan
    return {
        "next_w": [
            (w - lr * m_hat / np.sqrt(v_hat + eps), OUTSIDE),
            (w - lr * m_hat / (np.sqrt(v) + eps) * np.sqrt(1 - b2**t),
             "epsilon is added to the uncorrected root: correct v first, then root, then "
             "epsilon. With tiny gradients this matters."),
            (step(m, v, old_t, old_t), "The bias correction uses the old t: increment t first."),
            (step(m, v, None, None), "The bias correction is missing."),
            (step(m, v, t, None), "Only m is corrected: correct v too."),
            (step(m, v, None, t), "Only v is corrected: correct m too."),
            (step(b_m, b_v), "beta1 and beta2 are swapped: beta1 belongs to m."),
            (w - lr * (b_m / (1 - b2**t)) / (np.sqrt(b_v / (1 - b1**t)) + eps),
             "beta1 and beta2 are swapped: beta1 belongs to m."),
            (w - lr * v_hat / (np.sqrt(np.abs(m_hat)) + eps), "m and v are swapped in the step."),
            (w - lr * v_hat / (np.sqrt(m_hat) + eps), "m and v are swapped in the step."),
            (step(c["m"], c["v"]), "The old m and v are used: compute the new ones first."),
            (w - lr * g / (np.sqrt(v_hat) + eps), "The step uses dw: it must use m."),
            (w - lr * m_hat / (v_hat + eps), NO_ROOT),
            (w + lr * m_hat / (np.sqrt(v_hat) + eps), UPHILL),
            (w - m_hat / (np.sqrt(v_hat) + eps), NO_RATE),
            (step(b1 * c["m"] + g, b2 * c["v"] + g**2), "The factors 1 - beta are missing."),
            (step(m, b2 * c["v"] + (1 - b2) * np.abs(g)), "v averages |dw|: it must be dw**2."),
            (w - lr * (m / (1 - b1)) / (np.sqrt(v / (1 - b2)) + eps),
             "The bias correction has beta without the power t."),
        ],
        "m": [(m_hat, "This is the corrected m: store the uncorrected one."),
              (v, "m and v are swapped in config.")],
        "v": [(v_hat, "This is the corrected v: store the uncorrected one."),
              (m, "m and v are swapped in config.")],
    }


@exercise
def adam(candidate):
    return _check("adam", candidate, _adam_mistakes)


@exercise
def adamw(candidate):
    def mistakes(w, g, c):
        lr, decay = c["learning_rate"], c["weight_decay"]
        plain = {k: v for k, v in c.items() if k != "weight_decay"}
        if not plain["t"]:
            for key in ("m", "v", "t"):
                plain.pop(key)

        def adam_step(w, g):
            return _torch_step("adam", w, g, plain)

        step, penalised = adam_step(w, g)[0], adam_step(w, g + decay * w)
        guesses = _adam_mistakes(w, g, c)
        guesses["next_w"] = [
            (penalised[0], "The decay is added to the gradient, so it is divided by the root: "
                           "this is L2 under Adam. Shrink w beside the step."),
            (step, "The weights do not shrink: subtract learning_rate * weight_decay * w."),
            (step - decay * w, "The decay lacks the learning rate."),
            (step + lr * decay * w, "The weights grow: subtract the decay."),
            (step * (1 - lr * decay), "The decay is taken from next_w: take it from w, as it was "
                                      "before the step."),
            (penalised[0] - lr * decay * w, "The decay is in the gradient as well: leave dw "
                                            "alone."),
            (step - lr * decay * w / 2, "The decay has a factor ½ too many."),
            (step - lr * decay, "The decay lacks the factor w."),
            (step - lr * decay * np.sign(w), "The decay is the same for all weights: multiply it "
                                             "by w."),
        ] + [(value - lr * decay * w, sentence) for value, sentence in guesses["next_w"]]
        guesses["m"] = [(penalised[1]["m"], "The decay got into m: m averages dw alone."),
                        *guesses["m"]]
        return guesses

    return _check("adamw", candidate, mistakes)


# --- clip_by_norm -------------------------------------------------------------------------


def _clip_cases():
    rng = np.random.default_rng(0)
    yield ({"W": np.array([[12.0, 0.0], [0.0, 3.0]]), "b": np.array([4.0])}, 6.5,
           "norm 13, limit 6.5")
    yield {"W": np.array([0.3, -0.4])}, 1.0, "norm 0.5, below the limit 1"
    yield {"W": np.array([3.0, 4.0])}, 5.0, "norm 5, exactly the limit"
    yield ({"W1": rng.normal(size=(3, 4)), "b1": 10 * rng.normal(size=4),
            "W2": 1e-3 * rng.normal(size=(2, 3, 2))}, 0.7, "three arrays of unequal size")
    yield {"W": np.zeros((2, 2)), "b": np.zeros(3)}, 1.0, "all gradients 0"
    yield ({"W": rng.normal(size=(3, 6))[:, ::2], "b": rng.normal(size=5)}, 0.1,
           "a strided view")
    yield ({"W": (100 * rng.normal(size=(2, 3))).astype(np.float32)}, 1.0, "float32")


@exercise
def clip_by_norm(candidate):
    cases = list(_clip_cases())
    for grads, limit, about in cases:
        with np.errstate(all="ignore"):
            result = _frame.call(candidate, grads, limit, about=about)
        clipped, norm = unpack(result, ["clipped", "norm"], about)
        squares = {k: math.fsum(float(x) ** 2 for x in g.flat) for k, g in grads.items()}
        want = math.sqrt(math.fsum(squares.values()))
        every = [x for g in grads.values() for x in np.abs(g).ravel().tolist()]
        single = next(iter(grads.values())).dtype == np.float32
        tolerance = {"rtol": 1e-5 if single else 1e-9, "atol": 1e-12}
        same("norm", norm, want, about=about, dtype=False, **tolerance, mistakes=[
            (want**2, "This is the sum of squares: the root is missing."),
            (sum(math.sqrt(s) for s in squares.values()),
             "The norms of the arrays are added up: add the squares, then take one root."),
            (sum(every), "This is the sum of absolute values: add squares, then take the root."),
            (max(every), "This is the largest entry: add squares, then take the root."),
            (min(want, limit), "This is the norm after clipping: return the one before."),
            (math.sqrt(max(squares.values())), "Only the largest array counts: add the squares "
                                               "of all."),
            (math.sqrt(list(squares.values())[-1]), "Only the last array counts: add the squares "
                                                    "of all."),
            (math.sqrt(want**2 / len(every)), "This is the root of the mean: take the sum."),
        ])
        if not isinstance(clipped, dict) or clipped.keys() != grads.keys():
            raise Wrong(f"clipped, with {about}, must be a dict with the names "
                        f"{', '.join(grads)}.")
        factor = min(1.0, limit / want) if want else 1.0
        for name, g in grads.items():
            own = math.sqrt(squares[name])
            g64 = g.astype(float)
            same(f'clipped["{name}"]', clipped[name], (g64 * factor).astype(g.dtype), about=about,
                 **tolerance, mistakes=[
                     (g64 * (min(1.0, limit / own) if own else 1.0),
                      "Each array is clipped by its own norm: one factor for all, or the step "
                      "turns."),
                     (np.clip(g64, -limit, limit), "Each entry is clipped: scale whole arrays, "
                                                   "or the step turns."),
                     (g64 * (limit / want if want else 1.0),
                      "A gradient below the limit is scaled up: leave it as it is."),
                     (g64 / (want or 1.0), "It is scaled to length 1, not to max_norm."),
                     (g64, "It is not clipped."),
                     (g64 * limit / (want**2 or 1.0), "It is divided by the square of the norm."),
                     (g64 * want / limit, "The factor is upside down: max_norm / norm."),
                 ])
    return (f"{len(cases)} sets of gradients against a plain loop: below, at and above the limit, "
            "zeros, unequal arrays, a strided view, float32")


# --- cosine_with_warmup -------------------------------------------------------------------


def _torch_schedule(total, warmup, peak):
    """The rates of steps 0 … total, from PyTorch's LinearLR and CosineAnnealingLR."""
    import torch

    def run(make, steps):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
        scheduler, rates = make(optimizer), []
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return rates

    schedulers = torch.optim.lr_scheduler
    climb = run(lambda o: schedulers.LinearLR(o, 1 / warmup, 1.0, warmup - 1),
                warmup) if warmup > 1 else [peak] * warmup
    return climb + run(lambda o: schedulers.CosineAnnealingLR(o, total - warmup),
                       total - warmup + 1)


@exercise
def cosine_with_warmup(candidate):
    cases = [(20, 5, 0.1), (12, 0, 1.0), (10, 1, 0.3), (7, 6, 2.0)]
    for total, warmup, peak in cases:
        rates = [*_torch_schedule(total, warmup, peak), 0.0, 0.0]
        rates[total] = 0.0
        for step, want in zip([*range(total + 1), total + 1, 3 * total], rates, strict=True):
            about = f"step {step}, total {total}, warmup {warmup}, peak {peak}"
            got = _frame.call(candidate, step, total, warmup, peak, about=about)
            if got is None or isinstance(got, np.ndarray | tuple | list):
                raise Wrong(f"with {about} it returned {type(got).__name__}: one number was "
                            "asked for.")
            decay = total - warmup

            def wave(s, peak=peak):
                return peak * 0.5 * (1 + math.cos(math.pi * s))

            same("the rate", float(got), float(want), about=about, dtype=False, rtol=1e-9,
                 atol=1e-12, mistakes=[
                     (peak * step / (warmup or 1),
                      "The climb starts at 0, a step without effect: use step + 1."),
                     (wave((step - warmup) / decay),
                      "The warm-up is missing: below warmup the rate climbs." if step < warmup
                      else "After the last step the cosine climbs again: the rate must stay 0."),
                     (wave(step / total), "The cosine starts at step 0: it starts after the "
                                          "warm-up, at step = warmup."),
                     (wave(step / decay), "The cosine starts at step 0: subtract warmup."),
                     (wave((step - warmup) / total), "The cosine is spread over total steps: "
                                                     "only total - warmup are left."),
                     (wave(2 * (step - warmup) / decay), "It is a whole wave: the cosine runs "
                                                         "from 0 to π."),
                     (wave((step - warmup + 1) / decay), "The cosine is one step ahead: at step "
                                                         "= warmup the rate is peak."),
                     (peak * math.cos(math.pi * (step - warmup) / decay),
                      "The cosine itself runs from 1 to -1: the rate is half of 1 + cosine."),
                     (peak * (1 + math.cos(math.pi * (step - warmup) / decay)),
                      "The factor ½ is missing."),
                     (peak * (1 - (step - warmup) / decay), "This is a straight line down: the "
                                                            "cosine is missing."),
                     (peak, "It stays at the peak."),
                     (want / peak, "The peak is missing."),
                     (peak * 0.5 * (1 + math.cos((step - warmup) / decay)), "π is missing."),
                     (peak * (step + 1) / total, "The climb is too slow: it ends after warmup "
                                                 "steps."),
                 ])
    return (f"every step of {len(cases)} schedules against PyTorch's schedulers: with and "
            "without warm-up, the peak, the end, steps after it")
