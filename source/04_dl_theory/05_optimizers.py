# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 50
#     days: 1
#     needs: ["04_dl_theory/04_multilayer_perceptron"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 Optimizers (优化器)
#
# Backpropagation tells each weight which way is down. How far to go, it does not tell. A rule that answers this is an optimiser, and there are many: SGD, momentum, AdaGrad, RMSProp, Adam. Each was an answer to one trouble. Here you see the troubles first, on real digits, and then each rule follows in a line or two.
#
# **You will** derive and write the rules, set each beside PyTorch's, race them fairly, find a learning rate without guessing, and cut a gradient that explodes.
#
# **After it you can**
#
# - write down one step of SGD, momentum, Nesterov, AdaGrad, RMSProp, Adam and AdamW, with everything that it remembers;
# - say which trouble each cures, and name a case where Adam is not better and one where SGD fails;
# - recognise five mistakes with optimisers and schedules that raise no error.
#
# **You need** the layers of [lesson 4, Multilayer perceptron](04_multilayer_perceptron.ipynb), and the four lines of a training step from [lesson 1](01_tensors_and_autograd.ipynb).
#
# **Where this stands.** Stage 4 of the roadmap, core path, one day. Watch first the cs231n lecture on training neural networks that covers parameter updates. Names, arguments and states are those of `optim.py` in cs231n's assignment 2. **Stuck?** Read chapter 7, 网络优化与正则化, of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the [cs231n notes](https://cs231n.github.io/neural-networks-3/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **How to read it.** The roadmap asks you to read such code until you can explain each line. Answer the questions "Explain this line" first, then write. Three exercises are the core; five more are challenges. What interviewers ask about zig-zag paths, momentum and saddle points has [a notebook of its own](../06_interview/g_optimisation.ipynb).

# %%
import math
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

import dlroadmap
from dlroadmap import check, data, plot
from dlroadmap.layers import (
    affine_backward,
    affine_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)

dlroadmap.setup(seed=0)

# %% [markdown]
# ## See three troubles on real digits
#
# What is so hard about walking downhill? Take real MNIST digits (CC BY-SA 3.0), averaged over blocks of 2×2 pixels so that everything here runs in seconds.

# %%
def shrink(X):
    """(N, 28, 28) → (N, 196): the mean of each block of 2×2 pixels, flattened"""
    return X.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(X), 196)


digits = data.mnist.load()
X, y = shrink(digits.X_train[:4000]), digits.y_train[:4000]
X_test, y_test = shrink(digits.X_test[:1000]), digits.y_test[:1000]

# %% [markdown]
# The network is the one of lesson 4: affine, ReLU, affine, softmax loss, with 64 hidden units. One thing is new. All its weights lie in one long vector `w`, and so does the gradient. An optimiser does not care which weight sits where.

# %%
SHAPES = [(196, 64), (64,), (64, 10), (10,)]  # W1, b1, W2, b2
CUTS = np.cumsum([np.prod(shape) for shape in SHAPES])  # where each of them ends in w


def loss_and_gradient(w, X, y):
    """w (P,) all weights, X (N, 196), y (N,) → loss, dw (P,)"""
    parts = np.split(w, CUTS[:-1])
    W1, b1, W2, b2 = (part.reshape(shape) for part, shape in zip(parts, SHAPES))
    hidden, cache1 = affine_forward(X, W1, b1)
    active, cache2 = relu_forward(hidden)
    scores, cache3 = affine_forward(active, W2, b2)
    loss, dscores = softmax_loss(scores, y)
    dactive, dW2, db2 = affine_backward(dscores, cache3)
    _, dW1, db1 = affine_backward(relu_backward(dactive, cache2), cache1)
    return loss, np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])


# %% [markdown]
# Start from small random weights and walk 80 steps of stochastic gradient descent (随机梯度下降, SGD): take a batch of 50 digits, step against its gradient, `w - lr * dw`. The step size lr is the learning rate (学习率).

# %%
rng = np.random.default_rng(0)
w = 0.1 * rng.normal(size=CUTS[-1])
print(f"{len(w):,} weights, loss {loss_and_gradient(w, X, y)[0]:.2f}")
for _ in range(80):
    batch = rng.integers(4000, size=50)
    w = w - 0.3 * loss_and_gradient(w, X[batch], y[batch])[1]
loss, full = loss_and_gradient(w, X, y)
print(f"after 80 steps: loss {loss:.2f}")

# %% [markdown]
# Now stand still at this `w` and look around. First, compute the gradient on 200 different batches, and compare each with the gradient `full` on all 4,000 digits. The cosine (余弦) of the angle between two vectors is 1 for the same direction, 0 for a right angle.

# %%
batches = rng.integers(4000, size=(200, 50))
G = np.array([loss_and_gradient(w, X[b], y[b])[1] for b in batches])  # (200, P)
cosine = G @ full / np.linalg.norm(G, axis=1) / np.linalg.norm(full)
print(f"cosine between batch and full gradient: {cosine.mean():.1f} on average")

# %% [markdown]
# Second, walk a little way from `w` in two directions, along the gradient and along a random one, and watch the loss. Its curvature (曲率), the second derivative, follows from three losses: $(L_+-2L_0+L_-)/h^2$.

# %%
def along(direction, t):
    """Loss at distance t from w in a direction, on 1,000 digits."""
    return loss_and_gradient(w + t * direction / np.linalg.norm(direction), X[:1000], y[:1000])[0]


random_direction = rng.normal(size=len(w))
curvature = [(along(d, 0.1) - 2 * along(d, 0) + along(d, -0.1)) / 0.1**2
             for d in (full, random_direction)]
print(f"curvature along the gradient {curvature[0]:.1f}, in a random direction {curvature[1]:.4f}")

# %% [markdown]
# Third, look at each weight alone. How large is its gradient, as the root of the mean square (均方根, RMS) over the 200 batches?

# %%
rms = np.sqrt((G**2).mean(axis=0))  # (P,)
low, high = np.quantile(rms[rms > 0], [0.05, 0.95])
print(f"{(rms == 0).mean():.0%} of the weights got no gradient at all")
print(f"of the rest, the middle 90 % span a factor of {high / low:,.0f}")

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.2))
axes[0].hist(cosine, bins=20, color=plot.BLUE)
axes[0].set(xlabel="cosine with the full gradient", ylabel="batches", title="noise")
t = np.linspace(-0.6, 0.6, 25)
for direction, name, colour in [(full, "gradient", plot.RED), (random_direction, "random", plot.GREEN)]:
    axes[1].plot(t, [along(direction, s) for s in t], color=colour, label=name)
axes[1].set(xlabel="distance from w", ylabel="loss", title="a valley")
axes[1].legend(title="direction")
axes[2].hist(np.log10(rms[rms > 0]), bins=30, color=plot.ORANGE)
axes[2].set(xlabel="log10 of the gradient's RMS", ylabel="weights", title="unequal weights")
fig.suptitle("A step must cope with noise, a valley and unequal weights", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a histogram of cosines from about −0.25 to 0.85, most of them between 0.2 and 0.8. Middle, the loss along the gradient is a steep, curved line, along a random direction it looks flat. Right, the sizes of the gradients, on a logarithmic axis, spread over several powers of ten, with a long tail to the left.

# %%
assert 0.3 < cosine.mean() < 0.8
assert curvature[0] > 200 * abs(curvature[1])
assert (rms == 0).mean() > 0.05
assert high / low > 100

# %% [markdown]
# **What to notice.** Three troubles.
#
# 1. **Noise** (噪声). A batch points roughly, not exactly, where all data point.
# 2. **A valley** (峡谷). In some directions the loss bends hundreds of times more than in others. The steep ones forbid large steps (above $2/$curvature they diverge); along the flat ones, small steps take for ever.
# 3. **Unequal and sparse gradients** (稀疏梯度). Some weights get large gradients in every batch, some tiny ones, some none: they belong to pixels at the border that are black in almost all digits. One learning rate has to serve all of them.
#
# The first two ask for a *memory of the direction*: momentum. The third asks for *a step size for each weight*: AdaGrad and RMSProp. Adam has both.
#
# ## Carry the speed along: momentum
#
# Across a valley the gradient changes its sign at each step. Along it, the sign stays. Noise changes signs at random. Can one rule tell these apart? Keep a running sum that forgets: at each step multiply it by 0.9 and add the new gradient. Feed it the three kinds.

# %%
def remember(signal, mu=0.9):
    """The running sum v ← mu * v + g after each g of the signal."""
    v, sums = 0.0, []
    for g in signal:
        v = mu * v + g
        sums.append(v)
    return np.array(sums)


signals = {"along: 1, 1, 1, …": np.ones(60),
           "across: 1, −1, 1, …": (-1.0) ** np.arange(60),
           "noise: random ±1": np.random.default_rng(0).choice([-1.0, 1.0], size=60)}
sums = {name: remember(signal) for name, signal in signals.items()}

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.4))
for (name, v), colour in zip(sums.items(), (plot.GREEN, plot.RED, plot.BLUE)):
    ax.plot(v, ".-", color=colour, label=name, lw=1)
ax.set(xlabel="step", ylabel="running sum", title="What agrees adds up to 10, what alternates stays near ½",
       ylim=(-6.5, 13.5))
ax.legend(loc="upper right", ncols=3)
plt.show()

# %% [markdown]
# **Figure in words.** The green sum of equal gradients rises along a curve to 10 and stays there. The red sum of alternating gradients zig-zags between about plus and minus one half. The blue sum of random signs wanders up to 6 and down to −5.

# %%
long_noise = remember(np.random.default_rng(1).choice([-1.0, 1.0], size=100_000))
print(f"limits: along {sums['along: 1, 1, 1, …'][-1]:.1f},"
      f" across {abs(sums['across: 1, −1, 1, …'][-1]):.2f}, noise (RMS) {long_noise[100:].std():.1f}")
assert abs(sums["along: 1, 1, 1, …"][-1] - 10) < 0.05
assert abs(abs(sums["across: 1, −1, 1, …"][-1]) - 1 / 1.9) < 0.005
assert abs(long_noise[100:].std() - 1 / math.sqrt(1 - 0.81)) < 0.1

# %% [markdown]
# **The idea.** Call the sum velocity (速度) $v$ and give it the sign and size of a step. With gradient $g_t$ at step $t$, learning rate lr and momentum (动量) $\mu$:
#
# $$v_t=\mu\,v_{t-1}-\text{lr}\cdot g_t,\qquad w_t=w_{t-1}+v_t$$
#
# Put the first equation into itself, again and again, from $v_0=0$:
#
# $$v_t=-\text{lr}\,(g_t+\mu\,g_{t-1}+\mu^2g_{t-2}+\dots)$$
#
# If all $g$ are equal, the bracket is a geometric series (等比级数), $g/(1-\mu)$: ten times $g$ at $\mu=0.9$. If they alternate, it is $g/(1+\mu)$, 0.53. If they are independent noise of RMS 1, the squares add up, $1/\sqrt{1-\mu^2}=2.3$. So momentum steps ten times as far along the valley, half as far across, and the direction stands out from the noise about four times better. Everything has a price: in the direction that agrees, lr 0.1 now works like lr 1. Remember this for the traps.
#
# **Explain this line, this shape.** Three lines below are given. Why are they as they are?
#
# 1. `v = config.get("velocity", np.zeros_like(w))`: what is `v` at the first call, and what shape and dtype does it have?
# 2. Why must `config` be handed back, and handed in again at the next step?
# 3. `w += v` would be one line shorter. Who suffers?
#
# <details><summary>Answers</summary>
#
# 1. `get` returns the second argument while the key is missing: zeros of the shape and dtype of `w`. Each weight has its own velocity. `np.zeros(w.shape)` would be float64 even if `w` is float32.
# 2. The velocity lives there between two steps. Without it, each step is a first step, and plain SGD is left.
# 3. `w += v` writes into the caller's array. Whoever kept the old weights, to compare or to go back, has lost them.
#
# </details>

# %% tags=["exercise"]
def sgd_momentum(w, dw, config=None):
    """One step of SGD with momentum, in cs231n's form.

    w, dw: arrays of one shape; config: dict with "learning_rate", "momentum" and, after the
    first step, "velocity" (shape of w) → next_w (a new array), config with the new "velocity".
    velocity ← momentum * velocity - learning_rate * dw; next_w = w + velocity.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)  # stays as it is if the key is there
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    # BEGIN SOLUTION  compute the new v, then next_w from w and v, and store v in config
    v = config["momentum"] * v - config["learning_rate"] * dw
    next_w = w + v
    config["velocity"] = v
    # END SOLUTION
    return next_w, config


# %%
check.sgd_momentum(sgd_momentum)

# %% [markdown]
# **Look where you are about to be: Nesterov** (Nesterov 加速梯度). Momentum measures the slope where it stands. But the velocity will carry it on by $\mu v$ anyway. So measure the slope *there*: $v\leftarrow\mu v-\text{lr}\cdot g(w+\mu v)$. Both on the bowl $\frac12w^2$, whose gradient is $w$:

# %%
def roll(look_ahead, lr=0.1, mu=0.9, steps=60):
    """Momentum on the bowl w²/2 from w = 1 → all positions; look_ahead 1 is Nesterov's."""
    w, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = mu * v - lr * (w + look_ahead * mu * v)
        w = w + v
        path.append(w)
    return np.array(path)


classic, nesterov = roll(look_ahead=0), roll(look_ahead=1)

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.1))
ax.plot(classic, ".-", color=plot.ORANGE, label="momentum", lw=1)
ax.plot(nesterov, ".-", color=plot.BLUE, label="Nesterov", lw=1)
ax.axhline(0, color=plot.BLACK, lw=1)
ax.set(xlabel="step", ylabel="w", title="Nesterov brakes earlier and swings less")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Both curves start at 1 and swing around 0. Momentum swings down to −0.6, back up to almost 0.4, and is not quite at rest after 60 steps. Nesterov swings down to −0.35 and is nearly at rest after 40.

# %%
print(f"lowest point: momentum {classic.min():.2f}, Nesterov {nesterov.min():.2f}")
print(f"largest |w| after step 40: momentum {abs(classic[40:]).max():.3f}, Nesterov {abs(nesterov[40:]).max():.3f}")
assert abs(nesterov[40:]).max() < 0.3 * abs(classic[40:]).max()

# %% [markdown]
# **The form that you code.** A network hands you the gradient at the point where its weights are. So let the stored weights *be* the look-ahead point $\tilde w=w+\mu v$, and ask how it moves. With $v'$ for the new velocity, the next look-ahead point is
#
# $$\tilde w'=w'+\mu v'=(w+v')+\mu v'=(\tilde w-\mu v)+(1+\mu)v'$$
#
# *Reason: $w'=w+v'$, then $w=\tilde w-\mu v$.* So $\tilde w$ moves by $-\mu v+(1+\mu)v'$, with $v'=\mu v-\text{lr}\cdot g(\tilde w)$.

# %% tags=["exercise", "challenge"]
def nesterov_momentum(w, dw, config=None):
    """One step of Nesterov momentum in the form above: w is the look-ahead point, dw its gradient.

    w, dw: arrays of one shape; config: "learning_rate", "momentum", later "velocity"
    → next_w (a new array), config with the new "velocity" v'.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v_old = config.get("velocity", np.zeros_like(w))
    # BEGIN SOLUTION  the new v as in sgd_momentum; then w moves by -mu * v_old + (1 + mu) * v
    mu = config["momentum"]
    v = mu * v_old - config["learning_rate"] * dw
    next_w = w - mu * v_old + (1 + mu) * v
    config["velocity"] = v
    # END SOLUTION
    return next_w, config


# %%
check.nesterov_momentum(nesterov_momentum)

# %% [markdown]
# ## Give each weight its own step: AdaGrad
#
# Four words in film reviews. Each adds one point to the score of a review, so all four weights should become 1. But the words are not equally common: they stand in 50 %, 5 %, 0.5 % and 0.05 % of all reviews. Can SGD learn the rare ones? Give it 400 batches of 64 reviews, at five learning rates. Then do the same with PyTorch's `Adagrad`. (`p.grad = …` hands a gradient to a PyTorch optimiser by hand, `step()` makes it move `p`.)

# %%
SHARE = np.array([0.5, 0.05, 0.005, 0.0005])


def learn_words(make, lr, seed):
    """400 steps of linear regression on rare words → the four weights after each step."""
    random, p = np.random.default_rng(seed), torch.zeros(4, dtype=torch.float64)
    optimizer, path = make([p], lr=lr), []
    for _ in range(400):
        has = (random.random((64, 4)) < SHARE).astype(float)  # which review has which word?
        error = has @ p.numpy() - (has.sum(axis=1) + 0.1 * random.normal(size=64))
        p.grad = torch.from_numpy(has.T @ error / 64)
        optimizer.step()
        path.append(p.numpy().copy())
    return np.array(path)


# %%
word_rates = [0.1, 0.3, 1, 2, 3]
ends = {name: [np.mean([abs(learn_words(make, lr, seed)[-1] - 1).max() for seed in range(2)])
               for lr in word_rates]
        for name, make in [("SGD", torch.optim.SGD), ("AdaGrad", torch.optim.Adagrad)]}
for name, errors in ends.items():
    print(f"{name:8} error of the worst weight:", "  ".join(f"{e:.2f} (lr {lr})" for e, lr in zip(errors, word_rates)))

# %%
best_rate = {name: word_rates[int(np.argmin(errors))] for name, errors in ends.items()}
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.3), sharey=True)
for ax, make, name in zip(axes, (torch.optim.SGD, torch.optim.Adagrad), ends):
    path = learn_words(make, best_rate[name], seed=0)
    for j, colour in enumerate((plot.BLUE, plot.GREEN, plot.ORANGE, plot.RED)):
        ax.plot(path[:, j], color=colour, label=f"{SHARE[j]:.2%}")
    ax.set_title(f"{name}, lr {best_rate[name]} (its best)", fontsize=10)
    ax.set(xlabel="step", ylim=(-0.05, 1.25))
axes[0].set(ylabel="weight")
axes[1].legend(title="word in", loc="lower right")
fig.suptitle("Only with AdaGrad is the rarest word learned in 400 steps", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, SGD: the weight of the commonest word trembles around 1, two more reach 1, the red one of the rarest word climbs in small stairs and ends below one half. Right, AdaGrad: all four reach 1, the red one in a few high stairs.

# %%
assert min(ends["SGD"]) > 0.4
assert min(ends["AdaGrad"]) < 0.12
assert best_rate == {"SGD": 3, "AdaGrad": 0.3}
assert abs(learn_words(torch.optim.SGD, 5, seed=0)[-1]).max() > 1e10  # SGD at 5 diverges

# %% [markdown]
# **What to notice.** When a rare word turns up, one review of 64 has it, so its gradient is 64 times smaller than it would be alone. SGD takes it at its size. A larger rate does not help, because then the common word diverges, as it does at lr 5.
#
# **The idea, in two steps.** *First*, measure each weight's gradient in its own unit. Its typical size up to step $t$ is its RMS, $\sqrt{\frac1t\sum_{s\le t}g_s^2}$. Divided by that, every gradient is of size about 1, and each weight steps by about lr. *Second*, let the steps shrink like $1/\sqrt t$, so that the noise averages out in the end. Both together:
#
# $$\frac{\text{lr}}{\sqrt t}\cdot\frac{g_t}{\sqrt{\frac1t\sum_{s\le t}g_s^2}}=\frac{\text{lr}\cdot g_t}{\sqrt{\sum_{s\le t}g_s^2}}$$
#
# The $t$ cancels. What is left is AdaGrad (Duchi, Hazan and Singer, 2011). It needs to remember one sum of squares for each weight, the cache $c$:
#
# $$c\leftarrow c+g^2,\qquad w\leftarrow w-\frac{\text{lr}\cdot g}{\sqrt c+\epsilon}$$
#
# Square, root and division work entry by entry. The tiny $\epsilon$ keeps a weight that never had a gradient from $0/0$.

# %% tags=["exercise", "challenge"]
def adagrad(w, dw, config=None):
    """One step of AdaGrad.

    w, dw: arrays of one shape; config: "learning_rate", "epsilon", later "cache" (shape of w),
    the sum of all dw**2 so far, this one included → next_w (a new array), config.
    epsilon is added to the root, outside it.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("epsilon", 1e-8)
    cache = config.get("cache", np.zeros_like(w))
    # BEGIN SOLUTION  add dw**2 to the cache first, then divide by its root plus epsilon
    cache = cache + dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    config["cache"] = cache
    # END SOLUTION
    return next_w, config


# %%
check.adagrad(adagrad)

# %% [markdown]
# ## Forget old gradients: RMSProp
#
# What if a weight had a wild beginning? Feed a rule 10 gradients of size 100, and from then on gradients of size 1. How long are its steps, in units of lr?

# %%
def step_lengths(make, gradients):
    """Length of each step, with lr = 1, when a PyTorch optimiser gets these gradients."""
    p = torch.zeros(1, dtype=torch.float64)
    optimizer, path = make([p], lr=1.0), [0.0]
    for g in gradients:
        p.grad = torch.full_like(p, g)  # a tensor like p, filled with g
        optimizer.step()
        path.append(p.item())
    return np.abs(np.diff(path))


wild = [100.0] * 10 + [1.0] * 1990
lengths = {"AdaGrad": step_lengths(torch.optim.Adagrad, wild),
           "RMSProp": step_lengths(torch.optim.RMSprop, wild)}

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.4))
for (name, length), colour in zip(lengths.items(), (plot.ORANGE, plot.BLUE)):
    ax.semilogy(length, color=colour, label=name)
ax.axhline(1, color=plot.BLACK, lw=1, ls=":")
ax.set(xlabel="step", ylabel="step length / lr", title="AdaGrad never forgives a wild start; RMSProp forgets")
ax.legend(loc="center right")
plt.show()

# %% [markdown]
# **Figure in words.** On a logarithmic axis both curves begin high and drop at step 10 to about 0.003 and 0.03. RMSProp climbs back along a straight line and bends into 1 after about 800 steps. AdaGrad stays near 0.003 to the end.

# %%
for name, length in lengths.items():
    print(f"{name}: first step {length[0]:.1f}, step 11 {length[10]:.4f}, step 1000 {length[999]:.4f}")
assert round(lengths["RMSProp"][0]) == 10
assert lengths["AdaGrad"][-1] < 0.0032
assert lengths["RMSProp"][999] > 0.9

# %% [markdown]
# **What to notice.** AdaGrad's sum never shrinks. Even without a wild start it grows, and the steps die out like $1/\sqrt t$: this is how it stalls (the [interview notebook](../06_interview/g_optimisation.ipynb) measures that). For a fixed, convex problem this is what you want. For a network, whose gradients change their size while it learns, it can stop too soon.
#
# **The idea.** Keep AdaGrad's first step, dividing by the RMS, and drop the second. And take the RMS over recent gradients only, with an exponential moving average (指数移动平均) of the squares. With decay rate $\rho$:
#
# $$c\leftarrow\rho\,c+(1-\rho)\,g^2,\qquad w\leftarrow w-\frac{\text{lr}\cdot g}{\sqrt c+\epsilon}$$
#
# The square of $k$ steps ago has weight $(1-\rho)\rho^k$. At $\rho=0.99$ the average reaches back about 100 steps. This is RMSProp, which Hinton showed on a lecture slide in 2012 and never published as a paper.
#
# **Explain this line, this shape.**
#
# 1. The first step in the printout is 10 times lr. Why? Put $c=0$ into the formula.
# 2. `cache` has 13,258 entries for the digits. Why not one number, the mean?
# 3. A weight whose gradients are all 0: what does its line compute?
#
# <details><summary>Answers</summary>
#
# 1. $c=0.01\,g^2$, its root is $0.1\,|g|$, and $g$ divided by it is ±10. The average starts at 0 and does not know yet how large gradients are.
# 2. Then all weights would share one step size again, and nothing would be cured.
# 3. $0/(0+\epsilon)=0$: it stays. Without $\epsilon$ it would become NaN ("not a number").
#
# </details>

# %% tags=["exercise"]
def rmsprop(w, dw, config=None):
    """One step of RMSProp.

    w, dw: arrays of one shape; config: "learning_rate", "decay_rate", "epsilon", later "cache"
    (shape of w), the moving average of dw**2 → next_w (a new array), config with the new "cache".
    The new cache is used in this step; epsilon is added to the root, outside it.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    cache = config.get("cache", np.zeros_like(w))
    # BEGIN SOLUTION  the new cache first, then the step, then store the cache
    cache = config["decay_rate"] * cache + (1 - config["decay_rate"]) * dw**2
    next_w = w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"])
    config["cache"] = cache
    # END SOLUTION
    return next_w, config


# %%
check.rmsprop(rmsprop)

# %% [markdown]
# ## Put both together: Adam
#
# Momentum remembers the direction and RMSProp the size. Why not both? And the first step, ten times too long, wants a cure as well.
#
# **Line 1.** Two moving averages, $m$ of the gradient, $v$ of its square, both from 0 (this $v$ is no velocity; the name is the paper's):
#
# $$m_t=\beta_1m_{t-1}+(1-\beta_1)\,g_t,\qquad v_t=\beta_2v_{t-1}+(1-\beta_2)\,g_t^2$$
#
# **Line 2.** If all gradients were equal to $g$, then $m_t=(1-\beta_1)(1+\beta_1+\dots+\beta_1^{t-1})\,g=(1-\beta_1^t)\,g$. *Reason: put line 1 into itself; geometric series.* Likewise $v_t=(1-\beta_2^t)\,g^2$.
#
# **Line 3.** So divide that factor out. This is bias correction (偏差修正):
#
# $$\hat m_t=\frac{m_t}{1-\beta_1^t},\qquad\hat v_t=\frac{v_t}{1-\beta_2^t}$$
#
# **Line 4.** Step with the mean, in units of the RMS:
#
# $$w_t=w_{t-1}-\frac{\text{lr}\cdot\hat m_t}{\sqrt{\hat v_t}+\epsilon}$$
#
# This is Adam (Kingma and Ba, 2015), with $\beta_1=0.9$, $\beta_2=0.999$, $\epsilon=10^{-8}$. If the gradients agree, $|\hat m|/\sqrt{\hat v}$ is 1 and the step is lr. If they cancel, it is near 0 and the step is short.
#
# **Explain this line.**
#
# 1. `t` starts at 0 in `config`. What happens if you correct with `t` first and count afterwards?
# 2. Both corrections fade: which one fades first, and after how many steps is $1-\beta_2^t$ above 0.9?
# 3. May you store $\hat m$ instead of $m$ in `config`?
#
# <details><summary>Answers</summary>
#
# 1. $1-\beta^0=0$: a division by zero, and the weights are NaN. So count first: a state with `t = 5` is used with 6.
# 2. $\beta_1$'s. $0.9^t$ is gone after some 40 steps, but $1-0.999^t>0.9$ needs about 2,300.
# 3. No. Line 1 wants the uncorrected $m_{t-1}$. You would correct again what is already corrected.
#
# </details>

# %% tags=["exercise"]
def adam(w, dw, config=None):
    """One step of Adam.

    w, dw: arrays of one shape; config: "learning_rate", "beta1", "beta2", "epsilon", later
    "m", "v" (shape of w, uncorrected) and "t" (number of steps made) → next_w (a new array),
    config with the new m, v and t. t is incremented before the bias correction; epsilon is
    added to the root of the corrected v, outside it.
    """
    config = {} if config is None else config
    for key, value in [("learning_rate", 1e-3), ("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8)]:
        config.setdefault(key, value)
    m, v = config.get("m", np.zeros_like(w)), config.get("v", np.zeros_like(w))
    t, beta1, beta2 = config.get("t", 0), config["beta1"], config["beta2"]
    # BEGIN SOLUTION  t, m, v; then m_hat, v_hat; then the step; store m, v, t
    t = t + 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    next_w = w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"])
    config.update(m=m, v=v, t=t)
    # END SOLUTION
    return next_w, config


# %%
check.adam(adam)

# %% [markdown]
# How far does the *first* step go? Three weights with gradients 100, 0.5 and 0.00000001, and lr 0.1:

# %%
g = np.array([100, 0.5, 1e-8])
for name, rule in [("momentum", sgd_momentum), ("RMSProp", rmsprop), ("Adam", adam)]:
    next_w, _ = rule(np.zeros(3), g, {"learning_rate": 0.1})
    print(f"{name:8}", "  ".join(f"{-step:.3g}" for step in next_w))

# %%
inside = 0.1 * g / np.sqrt(g**2 + 1e-8)  # epsilon inside the root, a common slip
print("epsilon inside the root:", "  ".join(f"{step:.3g}" for step in inside))
assert np.allclose(-next_w, [0.1, 0.1, 0.05])
assert inside[2] < 1e-4 * 0.11
assert np.allclose(inside[:2], 0.1, rtol=1e-7)

# %% [markdown]
# **What to notice.** Momentum's first step is lr times the gradient, whatever its size. Adam's is lr, except where the gradient is as small as $\epsilon$: there $\epsilon$ halves it. With $\epsilon$ *inside* the root, $\sqrt{\hat v+\epsilon}$, gradients below $10^{-4}$ already count as small, and the last step is 5,000 times shorter. On gradients of ordinary size the two agree to seven digits; the tests of the course do not notice the slip. The check above does, because it also feeds tiny gradients.
#
# Do your three rules train the digits? The same 80 batches, from the same start:

# %%
for name, rule, lr in [("momentum", sgd_momentum, 0.1), ("RMSProp", rmsprop, 0.003), ("Adam", adam, 0.01)]:
    rng, config = np.random.default_rng(0), {"learning_rate": lr}
    w = 0.1 * rng.normal(size=CUTS[-1])
    for _ in range(80):
        batch = rng.integers(4000, size=50)
        w, config = rule(w, loss_and_gradient(w, X[batch], y[batch])[1], config)
    end = loss_and_gradient(w, X, y)[0]
    print(f"{name:8} lr {lr}: loss {end:.2f}")
    assert end < loss  # plain SGD's, from the first section

# %% [markdown]
# All three end below plain SGD. But the learning rates were chosen by hand, so this proves only that the code works. The fair race comes later.
#
# **Try it.** Comment out `config.update(…)` in `adam`. Expect the check to say what is missing, and the loss to end a little higher: each step is then a first step, of length lr for every weight, however unsure its direction.
#
# ## Shrink the weights beside the gradient: AdamW
#
# Lesson 4 added an L2 penalty $\frac\lambda2\sum w^2$ to the loss, which adds $\lambda w$ to the gradient. For plain SGD this is the same as shrinking the weights a little at each step, weight decay (权重衰减):
#
# $$w-\text{lr}\,(g+\lambda w)=(1-\text{lr}\cdot\lambda)\,w-\text{lr}\cdot g$$
#
# Is it the same under Adam? Three groups of 400 weights start at 1. Their gradients are pure noise, of size 10, 1 and 0.1, so nothing but the penalty has a direction. `weight_decay` is $\lambda$; PyTorch's `Adam` adds $\lambda w$ to the gradient, its `AdamW` shrinks the weights instead.

# %%
def shrinking(make, steps=300):
    """Mean weight of three groups whose gradients are noise of size 10, 1, 0.1 → (steps, 3)."""
    random = torch.Generator().manual_seed(0)
    p, size = torch.ones(3, 400), torch.tensor([[10.0], [1.0], [0.1]])
    optimizer, means = make([p], lr=0.01, weight_decay=0.1), []
    for _ in range(steps):
        p.grad = size * torch.randn(3, 400, generator=random)
        optimizer.step()
        means.append(p.mean(dim=1).numpy())
    return np.array(means)


l2, decoupled = shrinking(torch.optim.Adam), shrinking(torch.optim.AdamW)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2), sharey=True)
for ax, means, name in [(axes[0], l2, "Adam, L2 in the gradient"), (axes[1], decoupled, "AdamW")]:
    for j, (label, style) in enumerate([("10", "-"), ("1", "--"), ("0.1", ":")]):
        ax.plot(means[:, j], style, color=(plot.BLUE, plot.GREEN, plot.RED)[j], label=label, lw=2.5)
    ax.set_title(name, fontsize=10)
    ax.set(xlabel="step")
axes[0].set(ylabel="mean weight", ylim=(0, 1.05))
axes[0].legend(title="gradient size", loc="center right")
fig.suptitle("Under Adam, an L2 term spares the weights with large gradients", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, three different curves: the weights with gradients of size 10 stay almost at 1, those of size 1 sink to about three quarters, those of size 0.1 sink to nearly 0. Right, all three curves lie on each other and sink to about three quarters.

# %%
print("mean weight after 300 steps: L2", l2[-1].round(2), " AdamW", decoupled[-1].round(2),
      f" (1 − lr·λ)³⁰⁰ = {0.999**300:.2f}")
assert l2[-1][0] > 0.93
assert l2[-1][2] < 0.15
assert np.abs(decoupled[-1] - 0.999**300).max() < 0.04

# %% [markdown]
# **The idea.** Under Adam everything in the gradient is divided by $\sqrt{\hat v}$, and so is $\lambda w$. The shrinkage per step becomes about $\text{lr}\cdot\lambda w/\sqrt{\hat v}$: ten times weaker for gradients of size 10, ten times stronger for 0.1. So an L2 penalty and weight decay are two different things there. AdamW (Loshchilov and Hutter, 2019) takes the decay out of the gradient. This is called decoupled (解耦) weight decay:
#
# $$w_t=w_{t-1}-\text{lr}\cdot\lambda\,w_{t-1}-\frac{\text{lr}\cdot\hat m_t}{\sqrt{\hat v_t}+\epsilon}$$
#
# with $\hat m,\hat v$ from the plain gradient. [Lesson 7](07_dropout_and_regularization.ipynb) asks whether the decay helps on digits.

# %% tags=["exercise", "challenge"]
def adamw(w, dw, config=None):
    """One step of AdamW: Adam's step from dw alone, and beside it w shrinks by
    learning_rate * weight_decay * w, with w as it was before the step.

    w, dw, config: as for adam, and "weight_decay" (default 0.01) → next_w (a new array), config.
    You may call adam.
    """
    config = {} if config is None else config
    config.setdefault("weight_decay", 1e-2)
    # BEGIN SOLUTION  adam's step, then subtract the decay
    next_w, config = adam(w, dw, config)
    next_w = next_w - config["learning_rate"] * config["weight_decay"] * w
    # END SOLUTION
    return next_w, config


# %%
check.adamw(adamw)

# %% [markdown]
# ## By hand: make one step of each rule, then compare with PyTorch
#
# One weight $w=1$, gradient 0.5, lr 0.1, otherwise the defaults ($\mu=0.9$, $\rho=0.99$, $\beta_1=0.9$, $\beta_2=0.999$). The memory of earlier steps is given. Cover the two right columns and do it on paper.
#
# | rule | before | after | next w |
# | --- | --- | --- | --- |
# | SGD | – | – | $1-0.05=0.95$ |
# | momentum | $v=-0.1$ | $v=-0.09-0.05=-0.14$ | $1-0.14=0.86$ |
# | Nesterov | $v=-0.1$ | $v=-0.14$ | $1+0.09-1.9\cdot0.14=0.824$ |
# | AdaGrad | $c=0.11$ | $c=0.11+0.25=0.36$ | $1-0.05/0.6=0.9167$ |
# | RMSProp | $c=0.25$ | $c=0.2475+0.0025=0.25$ | $1-0.05/0.5=0.9$ |
# | Adam, $t=5$ | $m=0.2$, $v=0.0015$ | $m=0.23$, $v=0.0017485$, $t=6$ | $1-0.1\cdot0.4909/0.5405=0.9092$ |
# | AdamW, $\lambda=0.1$ | as Adam | as Adam | $0.9092-0.1\cdot0.1\cdot1=0.8992$ |
#
# In Adam's row, $\hat m=0.23/(1-0.9^6)=0.4909$ and $\sqrt{\hat v}=\sqrt{0.0017485/(1-0.999^6)}=0.5405$. Check them with your functions, first the core ones:

# %%
def one_step(rule, **state):
    """next w and the config after one step from w = 1 with dw = 0.5, lr 0.1."""
    state = {k: np.array([x]) if isinstance(x, float) and k in ("velocity", "cache", "m", "v") else x
             for k, x in state.items()}
    next_w, config = rule(np.array([1.0]), np.array([0.5]), {"learning_rate": 0.1, **state})
    return next_w.item(), config


memory = {"m": 0.2, "v": 0.0015, "t": 5}
w, config = one_step(adam, **memory)
print(f"Adam: w {w:.4f}, m {config['m'].item():.2f}, v {config['v'].item():.7f}, t {config['t']}")
assert abs(w - 0.9092) < 5e-5
assert abs(one_step(sgd_momentum, velocity=-0.1)[0] - 0.86) < 1e-9
assert abs(one_step(rmsprop, cache=0.25)[0] - 0.9) < 1e-6

# %%
assert abs(one_step(nesterov_momentum, velocity=-0.1)[0] - 0.824) < 1e-9
assert abs(one_step(adagrad, cache=0.11)[0] - 0.9167) < 5e-5
assert abs(one_step(adamw, weight_decay=0.1, **memory)[0] - 0.8992) < 5e-5
print("all rows of the table agree")

# %% [markdown]
# PyTorch has the same rules in `torch.optim`, under its own names and with its own conventions:
#
# | rule | cs231n, and here | PyTorch | same path? |
# | --- | --- | --- | --- |
# | momentum | $v\leftarrow\mu v-\text{lr}\,g;\ w\leftarrow w+v$ | $b\leftarrow\mu b+g;\ w\leftarrow w-\text{lr}\,b$ | while lr is constant: $v=-\text{lr}\,b$ |
# | Nesterov | moves by $-\mu v+(1+\mu)v'$ | `nesterov=True`: moves by $-\text{lr}\,(g+\mu b')$ | while lr is constant |
# | AdaGrad | `epsilon` 1e-8 | `eps` 1e-10 | with equal $\epsilon$ |
# | RMSProp | `decay_rate`, `cache` | `alpha`, `square_avg` | yes; $\epsilon$ outside the root in both |
# | Adam, AdamW | `m`, `v`, `t` in `config` | `exp_avg`, `exp_avg_sq`, `step`; `betas` is a pair | yes; both count $t$ first |
#
# Feed both sides the same 20 random gradients:

# %%
def largest_gap(rule, config, make, steps=20):
    """Largest difference between our w and PyTorch's over all steps, same gradients."""
    random, w, gap = np.random.default_rng(0), np.linspace(-1, 1, 5), 0.0
    p = torch.tensor(w)
    optimizer = make([p])
    for _ in range(steps):
        g = random.normal(size=5) * [100, 10, 1, 0.1, 1e-9]
        w, config = rule(w, g, config)
        p.grad = torch.tensor(g)
        optimizer.step()
        gap = max(gap, np.abs(w - p.numpy()).max())
    return gap


# %%
optim = torch.optim
gaps = {"momentum": largest_gap(sgd_momentum, {"learning_rate": 0.01}, lambda p: optim.SGD(p, lr=0.01, momentum=0.9)),
        "RMSProp": largest_gap(rmsprop, {"learning_rate": 0.01}, lambda p: optim.RMSprop(p, lr=0.01)),
        "Adam": largest_gap(adam, {"learning_rate": 0.01}, lambda p: optim.Adam(p, lr=0.01))}
for name, gap in gaps.items():
    print(f"{name}: largest difference in 20 steps below 1e-6: {gap < 1e-6}")
assert max(gaps.values()) < 1e-6

# %%
gaps = [largest_gap(nesterov_momentum, {"learning_rate": 0.01}, lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True)),
        largest_gap(adagrad, {"learning_rate": 0.01}, lambda p: optim.Adagrad(p, lr=0.01, eps=1e-8)),
        largest_gap(adamw, {"learning_rate": 0.01, "weight_decay": 0.1}, lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1))]
print("Nesterov, AdaGrad, AdamW below 1e-6:", max(gaps) < 1e-6)
assert max(gaps) < 1e-6

# %% [markdown]
# And "while lr is constant"? Give both a constant gradient of 1, and divide lr by 10 at step 40.

# %%
def around_the_drop():
    """The lengths of 80 steps, cs231n's and PyTorch's; lr drops at step 40."""
    w, config, p = np.zeros(1), {"learning_rate": 0.1}, torch.zeros(1)
    optimizer, ours, theirs = torch.optim.SGD([p], lr=0.1, momentum=0.9), [0.0], [0.0]
    for t in range(80):
        if t == 40:
            config["learning_rate"] = optimizer.param_groups[0]["lr"] = 0.01
        w, config = sgd_momentum(w, np.ones(1), config)
        p.grad = torch.ones(1)
        optimizer.step()
        ours.append(-w.item())
        theirs.append(-p.item())
    return np.diff(ours), np.diff(theirs)


# %%
ours, theirs = around_the_drop()
fig, ax = plt.subplots(figsize=(7.4, 3.1))
ax.plot(ours, color=plot.BLUE, label="cs231n: lr is inside the velocity")
ax.plot(theirs, "--", color=plot.RED, label="PyTorch: lr outside")
ax.set(xlabel="step", ylabel="step length", title="After a drop of lr, cs231n's velocity coasts on")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Both curves rise together towards 1 and lie on each other until step 40. There PyTorch's falls at once to a tenth, while cs231n's sinks along a curve and reaches the same level after some 40 steps.

# %%
print(f"step before the drop {ours[39]:.2f}; first step after it: cs231n {ours[40]:.2f}, PyTorch {theirs[40]:.2f}")
assert np.allclose(ours[:40], theirs[:40], atol=1e-5)
assert ours[40] > 8 * theirs[40]

# %% [markdown]
# **What to notice.** In cs231n's form the old, larger steps are stored in $v$ and fade with $0.9^k$. In PyTorch's form a schedule acts at once. Neither is wrong; but two codes that agree on every test can part when the schedule begins.
#
# ## Race fairly on digits
#
# Which optimiser is best? A race at one common learning rate compares rates, not rules, as lesson 1 showed. A fair race gives each rule the same number of trials, chooses by validation (验证) loss, and then measures on new seeds. From here on PyTorch does the work; the network has the same sizes as above.

# %%
X_fit, y_fit = torch.tensor(X[:3000]), torch.tensor(y[:3000])
X_val, y_val = torch.tensor(X[3000:]), torch.tensor(y[3000:])
X_last, y_last = torch.tensor(X_test), torch.tensor(y_test)
cross_entropy = nn.functional.cross_entropy


def mlp(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10))


@torch.no_grad()
def score(net):
    """Training loss, validation loss, test accuracy."""
    return (cross_entropy(net(X_fit), y_fit).item(), cross_entropy(net(X_val), y_val).item(),
            (net(X_last).argmax(dim=1) == y_last).float().mean().item())


# %% [markdown]
# `train` is the loop of lesson 1: two passes over 3,000 digits, batches of 50, so 120 steps. `lr` may be a number or, later, a function of the step. An optimiser keeps its settings in `param_groups`, a list of dictionaries; writing into `"lr"` changes the rate.

# %%
def train(make, lr, seed, epochs=2, build=mlp):
    """Train a network; make(parameters, lr=…) builds the optimiser → net"""
    rate = lr if callable(lr) else (lambda step: lr)
    net, random = build(seed), torch.Generator().manual_seed(seed)
    optimizer, step = make(net.parameters(), lr=rate(0)), 0
    for _ in range(epochs):
        for batch in torch.randperm(3000, generator=random).split(50):
            optimizer.param_groups[0]["lr"] = rate(step)
            optimizer.zero_grad()
            cross_entropy(net(X_fit[batch]), y_fit[batch]).backward()
            optimizer.step()
            step += 1
    return net


# %% [markdown]
# Six rules, five rates each, a factor of about 3 apart, two seeds. `functools.partial` would do the same as the two `lambda`s: fix an argument.

# %%
RULES = {"SGD": optim.SGD,
         "momentum": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9),
         "Nesterov": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
         "AdaGrad": optim.Adagrad, "RMSProp": optim.RMSprop, "Adam": optim.Adam}
RATES = {"SGD": [0.03, 0.1, 0.3, 1, 3], "momentum": [0.01, 0.03, 0.1, 0.3, 1],
         "Nesterov": [0.01, 0.03, 0.1, 0.3, 1], "AdaGrad": [0.003, 0.01, 0.03, 0.1, 0.3],
         "RMSProp": [3e-4, 0.001, 0.003, 0.01, 0.03], "Adam": [0.001, 0.003, 0.01, 0.03, 0.1]}
search = {name: [np.mean([score(train(make, lr, seed))[1] for seed in range(2)]) for lr in RATES[name]]
          for name, make in RULES.items()}

# %%
fig, ax = plt.subplots(figsize=(8, 4))
for (name, losses), marker, colour in zip(search.items(), "osD^vP", plot.COLOURS):
    ax.semilogx(RATES[name], losses, marker=marker, color=colour, label=name)
ax.axvline(0.01, color=plot.BLACK, lw=1, ls=":")
ax.set(xlabel="learning rate", ylabel="validation loss", ylim=(0.2, 1.7),
       title="Each rule has its own best rate")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))  # outside, to the right
plt.show()

# %% [markdown]
# **Figure in words.** Six U-shaped curves of the validation loss over the learning rate. RMSProp has its lowest point at 0.01, Adam at 0.03, AdaGrad and momentum at 0.1, Nesterov at 0.3, SGD at 1. All lowest points lie between 0.2 and 0.4. A dotted line at 0.01 cuts the curves at very different heights.

# %%
best = {name: RATES[name][int(np.argmin(losses))] for name, losses in search.items()}
print("best rates:", best)
for losses in search.values():
    assert 0 < int(np.argmin(losses)) < 4  # never at the edge of its grid
assert max(min(losses) for losses in search.values()) < 0.45
assert search["Adam"][2] < 0.5 * search["momentum"][0]  # both at lr 0.01
assert search["momentum"][2] < search["Adam"][4]  # both at lr 0.1

# %% [markdown]
# **What to notice.** No best rate lies at an edge of its five, otherwise the search would not be fair. At the common rate 0.01 Adam looks far better than momentum; at 0.1 momentum looks better than Adam. Now the race proper: the best rate of each, five new seeds.

# %%
race = {name: np.array([score(train(make, best[name], seed)) for seed in range(10, 15)])
        for name, make in RULES.items()}
print("            training loss    test accuracy")
for name, results in race.items():
    (loss, _, right), (loss_sd, _, right_sd) = results.mean(axis=0), results.std(axis=0)
    print(f"{name:9}  {loss:.3f} ± {loss_sd:.3f}    {right:.1%} ± {right_sd:.1%}")

# %%
final = {name: results.mean(axis=0) for name, results in race.items()}
wins = int((race["Adam"][:, 0] < race["SGD"][:, 0]).sum())  # training loss, seed by seed
print(f"Adam's training loss is below SGD's on {wins} of 5 seeds")
assert wins >= 4
assert 0.015 < final["Adam"][2] - final["SGD"][2] < 0.045
assert abs(final["momentum"][2] - final["SGD"][2]) < 0.015
assert np.ptp([final[name][2] for name in ("AdaGrad", "RMSProp", "Adam")]) < 0.015

# %% [markdown]
# **What to notice.** After two passes Adam leads SGD, in training loss and by some three points of test accuracy (one standard error of 1,000 test digits is one point). AdaGrad and RMSProp are as good. Momentum, tuned, gains next to nothing over tuned SGD here. Does Adam's lead last? Let it and SGD go on for eight passes.

# %%
later = {name: np.array([score(train(RULES[name], best[name], seed, epochs=8)) for seed in range(10, 13)])
         for name in ("SGD", "Adam")}
for name, results in later.items():
    print(f"{name:4} after 8 passes: training loss {results[:, 0].mean():.2f}, test accuracy {results[:, 2].mean():.1%}")
assert later["Adam"][:, 2].mean() < later["SGD"][:, 2].mean() + 0.01

# %% [markdown]
# **What to notice.** The lead in accuracy is gone. On this network Adam arrives sooner, not further. Its best rate was also chosen for two passes, and nothing says that it is the best for eight: the budget is part of the race.
#
# **So what is Adam for?** Give it a badly scaled problem. Three layers, and all weights start a hundred times too small, 0.001. The gradient of each layer passes through the others, so it almost vanishes.

# %%
def tiny_start(seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.001)
    return net


names = ["SGD", "momentum", "AdaGrad", "RMSProp", "Adam"]
hard = {name: [score(train(RULES[name], lr, 0, build=tiny_start)) for lr in RATES[name]]
        for name in names}
chosen = {name: RATES[name][int(np.argmin([s[1] for s in scores]))] for name, scores in hard.items()}

# %%
rescued = {name: [score(train(RULES[name], chosen[name], seed, build=tiny_start))[2]
                  for seed in (10, 11)] for name in names}
for name, right in rescued.items():
    print(f"{name:9} at its best rate {chosen[name]:<6} test accuracy", "  ".join(f"{r:.0%}" for r in right))
assert max(s[2] for name in ("SGD", "momentum") for s in hard[name]) < 0.3  # at no rate
assert max(rescued["SGD"] + rescued["momentum"]) < 0.3
assert min(rescued["AdaGrad"] + rescued["RMSProp"] + rescued["Adam"]) > 0.7

# %% [markdown]
# **What to notice.** At none of their rates do SGD and momentum learn anything in 120 steps. The three rules that divide by the gradient's size do not mind that it is tiny. This is what they are for: layers, words or features of very different scale, and a start or a rate that nobody tuned. A better start also cures it; that is [lesson 6](06_initialization_and_normalization.ipynb).
#
# ## Find the rate, then let it fall
#
# A search of ten trainings is fine for a small network. For a large one there is a cheaper trick, the learning-rate range test (Smith, 2017): one short run in which the rate grows at each step by the same factor, from far too small to far too large.

# %%
def range_test(make, seed, low=1e-4, high=10.0, steps=150):
    """One step at each of 150 growing rates → rates, smoothed batch losses"""
    rates, losses = np.geomspace(low, high, steps), []
    net, random = mlp(seed), torch.Generator().manual_seed(seed)
    optimizer = make(net.parameters(), lr=low)
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        batch = torch.randint(3000, (50,), generator=random)
        optimizer.zero_grad()
        loss = cross_entropy(net(X_fit[batch]), y_fit[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return rates[4:-4], np.convolve(losses, np.ones(9) / 9, mode="valid")  # mean of 9


# %%
fig, ax = plt.subplots(figsize=(7.6, 3.6))
for name, colour in [("Adam", plot.BLUE), ("momentum", plot.ORANGE)]:
    rates, losses = range_test(RULES[name], seed=0)
    ax.semilogx(rates, losses, color=colour, label=name)
    ax.axvline(rates[losses.argmin()] / 3, color=colour, ls="--", lw=1)
ax.set(xlabel="learning rate (grows with each step)", ylabel="loss, mean of 9 batches", ylim=(0, 3.2),
       title="One short run shows where the rate becomes too large")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two curves start at 2.3, fall, and shoot up: Adam's lowest point is near 0.03, momentum's near 0.4. Dashed lines mark a third of these rates, on the falling parts of the curves.

# %%
for name in ("Adam", "momentum"):
    lowest = [rates[losses.argmin()] for rates, losses in (range_test(RULES[name], seed) for seed in range(3))]
    print(f"{name}: a third of the rate at the lowest loss, three seeds: {[round(float(r) / 3, 3) for r in lowest]};"
          f" the search said {best[name]}")
    assert all(1 / 5 < r / 3 / best[name] < 5 for r in lowest)

# %% [markdown]
# **What to notice.** A third of the rate at the lowest point lies within a factor of 5 of what the whole search found. It is a first guess for the price of one short run, no more.
#
# **Does the rate have to fall?** Put Adam on the bowl $\frac12w^2$ with noise of size 1 in the gradient, 400 times at once (`w` has 400 entries that never meet). Two constant rates, and one that falls from 0.1 to 0 along half a cosine wave:

# %%
def wander(rate, steps=1500):
    """Mean of w² over 400 noisy bowls, under Adam; rate(s) for s from 0 to 1."""
    random, w, config, squares = np.random.default_rng(0), np.ones(400), {}, []
    for t in range(steps):
        config["learning_rate"] = rate(t / steps)
        w, config = adam(w, w + random.normal(size=400), config)
        squares.append(np.mean(w**2))
    return np.array(squares)


floors = {"constant 0.1": wander(lambda s: 0.1), "constant 0.01": wander(lambda s: 0.01),
          "cosine, 0.1 to 0": wander(lambda s: 0.05 * (1 + np.cos(np.pi * s)))}

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.5))
for (name, squares), colour in zip(floors.items(), (plot.ORANGE, plot.GREEN, plot.BLUE)):
    ax.semilogy(squares, color=colour, label=name, lw=1.2)
ax.set(xlabel="step", ylabel="mean of w²", title="A constant rate stops at a floor; a falling one goes below")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** On a logarithmic axis the orange curve, rate 0.1, drops within 50 steps to 0.05 and stays. The green one, 0.01, needs ten times as long and stays at 0.005. The blue cosine drops as fast as the orange, then sinks on, and ends below both.

# %%
for name, squares in floors.items():
    print(f"{name:17} mean of w² over the last 50 steps {squares[-50:].mean():.4f}")
high, low, cosine_end = (squares[-50:].mean() for squares in floors.values())
assert abs(high / 0.05 - 1) < 0.15
assert abs(low / 0.005 - 1) < 0.15
assert cosine_end < 0.7 * low

# %% [markdown]
# **What to notice.** The floor is about half the learning rate here: ten times the rate, ten times the floor. Adam divides by the size of the gradient, so its steps do not shrink when the slope does; what keeps it moving is noise. A falling rate gets both, the quick start and the low end. Without noise Adam has no such floor ("Beyond the roadmap" measures it), and a rate that falls before it has done its work only slows you down.
#
# **The schedules** (学习率衰减) that you will meet. $T$ steps in all, $t$ counts from 0:
#
# - *step*, piecewise constant (分段常数衰减): divide by 10 at chosen epochs;
# - *cosine* (余弦衰减): $\frac{\text{peak}}2\left(1+\cos\frac{\pi t}T\right)$, slow at both ends;
# - *warm-up* (学习率预热): climb to the peak in the first $W$ steps, $\text{peak}\cdot\frac{t+1}W$, then decay over the remaining $T-W$.
#
# **Challenge.** Cosine with warm-up, the usual schedule for large networks.

# %% tags=["exercise", "challenge"]
def cosine_with_warmup(step, total, warmup, peak):
    """Learning rate at a step: a float.

    step counts from 0; 0 <= warmup < total. For step < warmup: peak * (step + 1) / warmup.
    Then half a cosine wave: peak at step = warmup, 0 at step = total, and 0 for all later steps.
    """
    # BEGIN SOLUTION  the share s of the decay that is done, 0 to 1; never above 1
    if step < warmup:
        return peak * (step + 1) / warmup
    s = min(1.0, (step - warmup) / (total - warmup))
    return float(peak * 0.5 * (1 + np.cos(np.pi * s)))
    # END SOLUTION


# %%
check.cosine_with_warmup(cosine_with_warmup)

# %% [markdown]
# Do schedules help on the digits? Adam at its best rate and at three times that, constant, with cosine, with warm-up and cosine; four seeds each.

# %%
def schedules(peak):
    """Three ways to spend 120 steps."""
    return {"constant": peak, "cosine": lambda t: cosine_with_warmup(t, 120, 0, peak),
            "warm-up + cosine": lambda t: cosine_with_warmup(t, 120, 20, peak)}


scheduled = {(peak, name): np.array([score(train(optim.Adam, lr, seed)) for seed in range(10, 14)])
             for peak in (0.03, 0.1) for name, lr in schedules(peak).items()}
for (peak, name), results in scheduled.items():
    print(f"peak {peak:<5} {name:17} validation loss {results[:, 1].mean():.2f} ± {results[:, 1].std():.2f},"
          f" test {results[:, 2].mean():.1%}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.3))
for (name, lr), colour in zip(schedules(0.1).items(), (plot.ORANGE, plot.BLUE, plot.GREEN)):
    axes[0].plot([lr(t) if callable(lr) else lr for t in range(120)], color=colour, label=name)
    for x, peak in enumerate((0.03, 0.1)):
        losses = scheduled[peak, name][:, 1]
        axes[1].plot(np.full(4, x) + 0.15 * list(schedules(1)).index(name), losses, "o", color=colour)
axes[0].set(xlabel="step", ylabel="learning rate", title="schedules with peak 0.1")
axes[0].legend(fontsize=9)
axes[1].set(xticks=[0.15, 1.15], xticklabels=["peak 0.03", "peak 0.1"], ylabel="validation loss", ylim=(0, None),
            title="four seeds each")
fig.suptitle("The larger the peak, the more a schedule gains", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, three rates over 120 steps: a flat line, half a cosine wave from 0.1 to 0, and one that climbs for 20 steps before it falls. Right, validation losses: at peak 0.03 three clusters of dots between 0.2 and 0.32; at peak 0.1 the constant rate is highest, cosine lower, warm-up with cosine lowest.

# %%
val = {key: results[:, 1] for key, results in scheduled.items()}
gain = {peak: val[peak, "constant"].mean() - val[peak, "warm-up + cosine"].mean() for peak in (0.03, 0.1)}
assert val[0.1, "cosine"].mean() < 0.85 * val[0.1, "constant"].mean()
assert val[0.1, "warm-up + cosine"].max() < val[0.1, "constant"].min()
assert gain[0.1] > 3 * gain[0.03]

# %% [markdown]
# **What to notice.** At the best constant rate a schedule gains little. At three times that rate the constant one is poor, and warm-up with cosine makes it about as good as the best. So a schedule forgives a peak that is too high. Why warm-up? In the first steps Adam's averages rest on very few gradients, and each weight moves by about lr whether its direction is sure or not.
#
# ## Cut gradients that explode
#
# A recurrent network (lesson 12) multiplies by the same weight again and again. Take 20 times: the output is $w^{20}$, the target is 1, the loss $\frac12(w^{20}-1)^2$. At $w=1.3$, how large is the gradient?

# %%
def cliff(w):
    """Loss and gradient of ½(w²⁰ − 1)²"""
    return 0.5 * (w**20 - 1) ** 2, (w**20 - 1) * 20 * w**19


for w in (0.9, 1.0, 1.1, 1.3):
    print(f"w = {w}: loss {cliff(w)[0]:,.2f}, gradient {cliff(w)[1]:,.1f}")
print(f"one step of SGD at lr 0.01 from 1.3 lands at {1.3 - 0.01 * cliff(1.3)[1]:,.0f}")

# %% [markdown]
# The slope is not wrong: the loss *is* that steep. But it holds for a tiny neighbourhood, and the step jumps far out of it. Clipping (梯度截断) keeps the direction and limits the length: if the norm of the gradient is above a limit, scale it down to the limit.

# %%
def walk(limit, lr=0.01, steps=60):
    """SGD on the cliff from w = 1.3, the gradient cut to ±limit."""
    path = [np.float64(1.3)]  # NumPy's number: it becomes inf where Python's raises an error
    for _ in range(steps):
        g = cliff(path[-1])[1]
        path.append(path[-1] - lr * max(-limit, min(limit, g)))
    return np.array(path)


# %%
path = walk(limit=1.0)
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.2))
grid = np.linspace(0.6, 1.35, 300)
axes[0].semilogy(grid, cliff(grid)[0], color=plot.BLACK)
axes[0].plot(path, cliff(path)[0], ".", color=plot.BLUE)
axes[0].set(xlabel="w", ylabel="loss (logarithmic)", title="a cliff next to a plain", ylim=(1e-3, 1e5))
axes[1].plot(path, color=plot.BLUE, label="clipped at 1")
axes[1].axhline(1, color=plot.BLACK, lw=1, ls=":")
axes[1].set(xlabel="step", ylabel="w", title="60 steps", ylim=(0.8, 1.4))
axes[1].legend()
fig.suptitle("With clipping, SGD walks down the cliff to the minimum", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the loss over w on a logarithmic axis: flat up to about 0.9, a narrow notch at 1, then a steep rise; blue dots run down the rise into the notch. Right, w falls along a straight line from 1.3 to 1 in 30 steps and stays there, with a slight tremble at the end.

# %%
with np.errstate(over="ignore", invalid="ignore"):  # infinity is the point here
    lost = walk(limit=np.inf, steps=3)
print("without clipping:", ", ".join(f"{x:.1e}" for x in lost))
assert np.abs(path[31:] - 1).max() < 0.02
assert not abs(lost[-1]) < 1e100

# %% [markdown]
# **What to notice.** Clipped, each step is at most lr times the limit, 0.01, so w walks down. At the minimum it trembles: the curvature there is 400, and lr 0.01 is above $2/400$. Without clipping it would diverge even from here; with it, the tremble stays small. Clipping is no cure for a rate that is too large, but it keeps one wild batch from ruining everything.
#
# **The idea.** For a network, take the norm over *all* gradients together, so that the whole step keeps its direction. With arrays $g_1,\dots,g_k$, norm $n=\sqrt{\sum_i\lVert g_i\rVert^2}$ and a limit:
#
# $$g_i\leftarrow g_i\cdot\min\!\left(1,\frac{\text{limit}}n\right)$$

# %% tags=["exercise", "challenge"]
def clip_by_norm(grads, max_norm):
    """grads: dict name → array of any shape; max_norm: a positive number
    → clipped (a new dict, same names, shapes and dtypes), norm (a float, before clipping).

    norm is the root of the sum of all squares over all arrays. If it is above max_norm, all
    arrays are multiplied by max_norm / norm; otherwise they keep their values.
    """
    # BEGIN SOLUTION  one norm over everything, one factor for everything
    norm = float(np.sqrt(sum((g**2).sum() for g in grads.values())))
    factor = max_norm / norm if norm > max_norm else 1.0
    clipped = {name: g * factor for name, g in grads.items()}
    # END SOLUTION
    return clipped, norm


# %%
check.clip_by_norm(clip_by_norm)

# %% [markdown]
# PyTorch's `clip_grad_norm_` does the same to the `.grad` of a list of parameters. (It divides by norm + 1e-6.) It belongs between `backward()` and `step()`.

# %%
net = mlp(0)
cross_entropy(net(100 * X_fit[:50]), y_fit[:50]).backward()
mine, norm = clip_by_norm({name: p.grad.numpy().copy() for name, p in net.named_parameters()}, 1.0)
theirs = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
print(f"norm {norm:.1f} before clipping")
assert abs(norm - theirs.item()) < 1e-4 * norm
assert all(np.allclose(mine[name], p.grad, atol=1e-6) for name, p in net.named_parameters())

# %% [markdown]
# ## Parameters
#
# Input of each: `params`, the tensors to change, and their `.grad`. Output: `step()` changes the tensors in place. The last column says what to expect when you raise the value.
#
# | optimiser | parameter | default | what it does; if you raise it |
# | --- | --- | --- | --- |
# | `SGD` | `lr` | 0.001 | factor before the step; faster, then diverges |
# | `SGD` | `momentum` | 0 | $\mu$; longer memory, larger effective rate $\text{lr}/(1-\mu)$ |
# | `SGD` | `dampening` | 0 | new gradient enters with factor 1 − dampening; slower |
# | `SGD` | `nesterov` | `False` | gradient at the look-ahead point; swings less |
# | `SGD`, `Adam` | `weight_decay` | 0 | adds $\lambda w$ to the gradient (an L2 term); smaller weights |
# | `AdamW` | `weight_decay` | 0.01 | shrinks $w$ by $\text{lr}\cdot\lambda w$ beside the step; smaller weights |
# | `Adam`, `AdamW` | `lr` | 0.001 | about the longest step of a weight; faster, then jitters |
# | `Adam`, `AdamW` | `betas` | (0.9, 0.999) | memory of $m$ and of $v$; smoother, later to react |
# | `Adam`, `AdamW` | `eps` | 1e-8 | added to the root; above the size of the gradients Adam turns into slow momentum |
# | all three | `maximize` | `False` | climbs instead |
#
# What do they do on the digits? One parameter at a time, one pass over the data, the mean of two seeds.

# %%
def effect(make, values, lr):
    """Training loss for each value of a parameter."""
    return [np.mean([score(train(lambda p, lr, v=value: make(p, lr, v), lr, seed, epochs=1))[0]
                     for seed in range(2)]) for value in values]


mus, epsilons, decays = [0.0, 0.5, 0.9, 0.99], [1e-8, 1e-4, 1e-2, 1.0], [0.001, 0.01, 0.1, 1.0]
by_mu = effect(lambda p, lr, v: optim.SGD(p, lr=lr, momentum=v), mus, lr=0.1)
by_eps = effect(lambda p, lr, v: optim.Adam(p, lr=lr, eps=v), epsilons, lr=0.01)
by_l2 = effect(lambda p, lr, v: optim.Adam(p, lr=lr, weight_decay=v), decays, lr=0.01)
by_decay = effect(lambda p, lr, v: optim.AdamW(p, lr=lr, weight_decay=v), decays, lr=0.01)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.2), sharey=True)
axes[0].plot(range(4), by_mu, "o-", color=plot.BLUE)
axes[0].set(xticks=range(4), xticklabels=mus, xlabel="momentum (SGD, lr 0.1)", ylabel="training loss")
axes[1].semilogx(epsilons, by_eps, "o-", color=plot.BLUE)
axes[1].set(xlabel="eps (Adam, lr 0.01)")
axes[2].semilogx(decays, by_l2, "s-", color=plot.RED, label="Adam (L2)")
axes[2].semilogx(decays, by_decay, "o-", color=plot.BLUE, label="AdamW")
axes[2].set(xlabel="weight_decay (lr 0.01)", ylim=(0, 2.5))
axes[2].legend()
fig.suptitle("Too much momentum, eps or L2 hurts", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the training loss falls from momentum 0 to 0.9 and is higher again at 0.99. Middle, it stays low from eps 1e-8 to 0.01, a little higher at the end, and is above 2 at eps 1. Right, Adam's curve rises with the weight decay, to 2.3 at 1, while AdamW's rises only at the last value, and far less.

# %%
assert by_mu[2] < min(by_mu[0], by_mu[1], by_mu[3]) - 0.05
assert by_eps[1] < by_eps[0] + 0.05
assert by_eps[3] > 2
assert by_l2[3] > 2.2
assert by_decay[3] < 0.8

# %% [markdown]
# ## Traps
#
# **Trap 1: `weight_decay` in `Adam` is not AdamW.** You read a recipe, "AdamW, weight decay 0.1", and write `Adam(…, weight_decay=0.1)`:

# %%
decayed = {make.__name__: [score(train(lambda p, lr, make=make: make(p, lr=lr, weight_decay=0.1), 0.01, seed))[2]
                           for seed in range(3)] for make in (optim.Adam, optim.AdamW)}
for name, right in decayed.items():
    print(f"{name:5} with weight_decay=0.1: test accuracy", "  ".join(f"{r:.0%}" for r in right))
assert max(decayed["Adam"]) < min(decayed["AdamW"]) - 0.05

# %% [markdown]
# **Right:** if you want weight decay, write `AdamW`. A value tuned for one does not carry over to the other.
#
# **Trap 2: the scheduler at the wrong place.** `StepLR(optimizer, step_size=1, gamma=0.5)` halves the rate at each call of `scheduler.step()`. Meant once an *epoch*, called once a *batch*, it is called 60 times as often. And called *before* `optimizer.step()`, it skips the first value; PyTorch warns, if nobody hides the warning.

# %%
def halving(per_batch, seed=0, epochs=2):
    """Two epochs of Adam; the rate is halved after every batch, or after every epoch."""
    net, random = mlp(seed), torch.Generator().manual_seed(seed)
    optimizer = optim.Adam(net.parameters(), lr=0.03)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    for _ in range(epochs):
        for batch in torch.randperm(3000, generator=random).split(50):
            optimizer.zero_grad()
            cross_entropy(net(X_fit[batch]), y_fit[batch]).backward()
            optimizer.step()
            if per_batch:
                scheduler.step()
        if not per_batch:
            scheduler.step()
    return score(net)[2], optimizer.param_groups[0]["lr"]


# %%
for per_batch in (True, False):
    right, rate = halving(per_batch)
    print(f"scheduler.step() after each {'batch' if per_batch else 'epoch'}: last rate {rate:.0e}, test accuracy {right:.0%}")
    assert (right < 0.85) == per_batch

# %%
optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
scheduler, used = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5), []
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(3):
        scheduler.step()  # wrong: before optimizer.step()
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
print("rates used:", used, "; PyTorch says:", str(caught[0].message).split(".")[0][:60] + " …")
assert used == [0.5, 0.25, 0.125]

# %% [markdown]
# **Right:** `optimizer.step()`, then `scheduler.step()`; and read in the documentation whether your scheduler counts epochs or batches. Print the rate once an epoch.
#
# **Trap 3: the state is lost when the optimiser is rebuilt.** You continue a training, load the weights, and build a new `Adam`. Its `m`, `v` and `t` are gone. Watch the length of its steps around a rebuild at step 180:

# %%
def continue_training(rebuild, seed):
    """190 steps of Adam → the length of each step; at step 180 the optimiser is made anew."""
    net, random = mlp(seed), torch.Generator().manual_seed(seed)
    optimizer, lengths = optim.Adam(net.parameters(), lr=0.01), []
    for t in range(190):
        if t == 180:
            memory = optimizer.state_dict()  # everything that it remembers
            optimizer = optim.Adam(net.parameters(), lr=0.01)
            if not rebuild:
                optimizer.load_state_dict(memory)
        before = nn.utils.parameters_to_vector(net.parameters()).detach()
        batch = torch.randint(3000, (50,), generator=random)
        optimizer.zero_grad()
        cross_entropy(net(X_fit[batch]), y_fit[batch]).backward()
        optimizer.step()
        lengths.append((nn.utils.parameters_to_vector(net.parameters()) - before).norm().item())
    return lengths


# %%
for seed in range(2):
    lost, kept = continue_training(True, seed), continue_training(False, seed)
    print(f"step 180 {lost[179]:.2f}; step 181: state lost {lost[180]:.2f}, state loaded {kept[180]:.2f}")
    assert lost[180] > 3 * kept[180]

# %% [markdown]
# The step after the rebuild is a first step: every weight with a gradient moves by the full learning rate, however unsure its direction. **Right:** save `optimizer.state_dict()` beside the weights and load both. ([Lesson 9](09_training_loop.ipynb) builds that in.)
#
# **Trap 4: parameters added after the optimiser was built.** You replace the last layer, as in fine-tuning (微调). The optimiser still holds the *old* tensors.

# %%
net = mlp(0)
optimizer = optim.Adam(net.parameters(), lr=0.01)
net[2] = nn.Linear(64, 10)  # a new last layer
before = net[2].weight.detach().clone()
for fixed in (False, True):
    if fixed:
        optimizer.add_param_group({"params": net[2].parameters()})
    optimizer.zero_grad()
    cross_entropy(net(X_fit[:50]), y_fit[:50]).backward()
    optimizer.step()
    moved = not torch.equal(net[2].weight, before)
    print("with add_param_group:" if fixed else "as it is:            ", "the new layer moves" if moved else "the new layer never moves")
    assert moved == fixed

# %% [markdown]
# **Right:** build the optimiser last, or add the new tensors with `add_param_group`. There is no error message: the old layer below still moves, so the loss may even fall.
#
# **Trap 5: switch momentum on, keep the rate.** SGD works best at lr 1 here. Add `momentum=0.9` and leave the 1:

# %%
for mu, lr in [(0.0, 1.0), (0.9, 1.0), (0.9, 0.1)]:
    right = [score(train(lambda p, lr, mu=mu: optim.SGD(p, lr=lr, momentum=mu), lr, seed))[2] for seed in range(3)]
    print(f"momentum {mu}, lr {lr}: test accuracy", "  ".join(f"{r:.0%}" for r in right))
    assert (np.mean(right) < 0.8) == (mu == 0.9 and lr == 1.0)

# %% [markdown]
# **Right:** where gradients agree, the step is $\text{lr}/(1-\mu)$ times the gradient. With 0.9, divide lr by ten, then tune.
#
# ## Beyond the roadmap
#
# **Dividing by the size alone does not come to rest.** No noise this time: the bowl $\frac12w^2$ under RMSProp and under Adam, lr 0.01, 3,000 steps.

# %%
for name, rule in [("RMSProp", rmsprop), ("Adam", adam)]:
    w, config, path = np.ones(1), {"learning_rate": 0.01}, []
    for _ in range(3000):
        w, config = rule(w, w, config)
        path.append(abs(w.item()))
    print(f"{name:8} smallest |w| {min(path):.0e}, at the end {path[-1]:.0e}")
    assert (path[-1] > 0.004) == (name == "RMSProp")

# %% [markdown]
# **What to notice.** RMSProp arrives, and is thrown out again. Its cache forgets, until even the tiniest gradient looks large, and from then on it bounces with steps of lr from one side to the other, ±lr/2. Adam's $m$ averages the two sides away, and its $v$ forgets ten times more slowly, so in these 3,000 steps it stays. In a real training noise comes first and you never see this; but it is why "each step has length lr" is not a goal in itself.
#
# **Two memories that do not fit.** The bound "a step is at most about lr" needs $v$ to remember longer than $m$. Question 4 below breaks it.
#
# ## Check yourself
#
# **1.** AdaGrad's steps die out. Do Adam's, when the gradients stay the same? (Asked in cs231n's assignment 2. Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# No. AdaGrad divides by the root of a sum, which grows without end, so its steps fall like $1/\sqrt t$. Adam divides by the root of a moving average, which stays at $g^2$: each step is lr.
#
# </details>
#
# **2.** You train with momentum, first in cs231n's form, then in PyTorch's, with lr halved at epoch 5. The paths agree up to there and then part. Which code has the bug?
#
# <details><summary>Answer</summary>
#
# None. cs231n's velocity contains the learning rate, so the old steps fade slowly. PyTorch's buffer does not, so the new rate acts at once.
#
# </details>
#
# **3.** How many numbers must Adam store for a network with 13,258 weights, beside the weights themselves? And SGD with momentum? (Run the second cell.)
#
# <details><summary>Answer</summary>
#
# $m$ and $v$: $2\cdot13{,}258=26{,}516$, and the count $t$ (PyTorch keeps one for each of the four tensors). Momentum: 13,258.
#
# </details>
#
# **4.** You set `betas=(0.9, 0.5)`. What goes wrong? (Run the third cell.)
#
# <details><summary>Answer</summary>
#
# $v$ forgets within two steps, $m$ only within ten. After a large gradient $\sqrt{\hat v}$ is soon small again while $\hat m$ is still large, so the quotient, and with it the step, becomes much larger than lr. Keep $\beta_1^2<\beta_2$.
#
# </details>
#
# **5.** Why does clipping use one norm over all arrays, and not one for each?
#
# <details><summary>Answer</summary>
#
# One common factor keeps the direction of the whole step. Different factors for different layers would turn it.
#
# </details>
#
# **6.** Somebody shows that Adam beats SGD, both at lr 0.01. What do you answer? (Stage 6 asks this in several forms.)
#
# <details><summary>Answer</summary>
#
# That a common rate favours whoever it happens to suit. Give each the same number of trials, choose on validation data, measure on new seeds, and report the spread.
#
# </details>

# %%
lengths = {make.__name__: step_lengths(make, [3.0] * 1000)[[0, 99, 999]].round(3).tolist()
           for make in (torch.optim.Adagrad, torch.optim.Adam)}
print("1. step length / lr at steps 1, 100, 1000:", lengths)
assert lengths == {"Adagrad": [1.0, 0.1, 0.032], "Adam": [1.0, 1.0, 1.0]}

# %%
for name in ("momentum", "Adam"):
    net = mlp(0)
    optimizer = RULES[name](net.parameters(), lr=0.01)
    cross_entropy(net(X_fit[:50]), y_fit[:50]).backward()
    optimizer.step()
    stored = sum(x.numel() for state in optimizer.state.values() for x in state.values() if torch.is_tensor(x) and x.ndim)
    print(f"3. {name} stores {stored:,} numbers")
    assert stored == (26_516 if name == "Adam" else 13_258)

# %%
spike = [1.0] * 20 + [100.0] + [0.01] * 20  # one large gradient among small ones
longest = {betas: step_lengths(lambda p, lr, b=betas: optim.Adam(p, lr=lr, betas=b), spike).max()
           for betas in [(0.9, 0.999), (0.9, 0.5)]}
print("4. longest step / lr:", {betas: round(float(length), 1) for betas, length in longest.items()})
assert longest[0.9, 0.999] < 5
assert longest[0.9, 0.5] > 10

# %% [markdown]
# ## In one breath
#
# Say aloud: "SGD steps against the gradient of a batch. Momentum adds up past gradients, so what agrees grows tenfold and what alternates shrinks; Nesterov looks ahead. AdaGrad divides by the root of the sum of squares, which helps rare features and stalls late; RMSProp takes a moving average instead; Adam is momentum and RMSProp with bias correction, and counts t first. An L2 term under Adam is divided by the root too, so AdamW shrinks the weights beside the step. Compare optimisers only with a tuned rate for each: on a well-scaled network they are close, on a badly scaled one SGD fails and the adaptive ones do not. Noise leaves a floor that only a falling rate goes below; warm-up and cosine forgive a high peak; and clipping by the norm keeps the direction of a gradient that explodes."
#
# **Read on.** Chapter 7.2 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Sutskever, Martens, Dahl, Hinton (2013), "On the importance of initialization and momentum in deep learning". Duchi, Hazan, Singer (2011), "Adaptive subgradient methods": AdaGrad. Kingma, Ba (2015), ["Adam: a method for stochastic optimization"](https://arxiv.org/abs/1412.6980). Loshchilov, Hutter (2019), ["Decoupled weight decay regularization"](https://arxiv.org/abs/1711.05101), and (2017), ["SGDR"](https://arxiv.org/abs/1608.03983): the cosine. Smith (2017), ["Cyclical learning rates for training neural networks"](https://arxiv.org/abs/1506.01186): the range test. Wilson and others (2017), ["The marginal value of adaptive gradient methods in machine learning"](https://arxiv.org/abs/1705.08292). Pascanu, Mikolov, Bengio (2013), ["On the difficulty of training recurrent neural networks"](https://arxiv.org/abs/1211.5063): clipping.
