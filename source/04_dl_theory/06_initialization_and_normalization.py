# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: ["04_dl_theory/04_multilayer_perceptron"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 Initialization and normalization (参数初始化与规范化)
#
# Two networks have the same layers and the same data. One reads digits after a hundred steps, the other is still guessing. They differ in a single number: the size of the random weights that they began with.
#
# **You will** watch a signal die and explode on its way through twenty layers, derive the two rules that keep it alive, write batch norm (批量规范化) and layer norm (层规范化) forward and backward, put them into a network, and measure where they help and where they do harm.
#
# **After it you can**
#
# - say why weights start with variance $1/n$ or $2/n$, and what goes wrong otherwise;
# - write batch norm from memory and explain each line of its backward pass;
# - say which numbers share a mean in batch, layer and group norm, and why training and testing differ in one of them only.
#
# **You need** the layers and `FullyConnectedNet` of lesson 4, [Multilayer perceptron](../04_dl_theory/04_multilayer_perceptron.ipynb).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days; batch norm is on its must-master list. Watch first the cs231n lectures on training neural networks. The functions have the names, arguments and shapes of cs231n's assignment 2, so that you can carry your code there and back. **Stuck?** Read chapter 7 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf) (参数初始化, 逐层规范化), the [cs231n notes](https://cs231n.github.io/neural-networks-2/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **Two sittings.** Day 1: how to start, and batch norm forward and backward. Day 2: layer norm, pictures, the network, measurements and traps. The roadmap asks you to *read* this code until you can explain each line. Answer the questions "Explain this line, this shape" first, then write.

# %%
import copy
import timeit

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
# ## Send digits through twenty layers
#
# Take 200 digits, divide by one number so that the mean of all squared pixels is 1, and send them through twenty random layers of 256 units. No training, no bias. What arrives at the other end?

# %%
digits = data.mnist.load()
X_train, y_train = digits.X_train[:4000].reshape(4000, 784), digits.y_train[:4000]
X_test, y_test = digits.X_test[:1000].reshape(1000, 784), digits.y_test[:1000]
signal = X_train[:200] / np.sqrt((X_train[:200] ** 2).mean())


# %%
def forward(X, scale, activation, depth=20, width=256, seed=0):
    """X (N, D) → activations [X, h1, …, h20], weights [W1, …, W20]; W ~ scale(n) · normal."""
    rng, layers, weights = np.random.default_rng(seed), [X], []
    for _ in range(depth):
        n = layers[-1].shape[1]  # how many numbers each unit adds up
        weights.append(scale(n) * rng.normal(size=(n, width)))
        layers.append(activation(layers[-1] @ weights[-1]))
    return layers, weights


# %% [markdown]
# `scale(n)` is the standard deviation of the weights of a unit with $n$ inputs. Four choices; `relu` and `np.tanh` are the activations.

# %%
scales = {"0.01": lambda n: 0.01, "√(1/n)": lambda n: np.sqrt(1 / n),
          "√(2/n)": lambda n: np.sqrt(2 / n), "0.2": lambda n: 0.2}
activations = {"tanh": np.tanh, "ReLU": lambda z: np.maximum(z, 0)}
runs = {(a, s): forward(signal, scales[s], activations[a]) for a in activations for s in scales}

# %% [markdown]
# Look at tanh first. It squeezes every number into (−1, 1). Each small panel is the histogram (直方图) of all activations of one layer. (`density` makes the area 1.)

# %%
fig, axes = plt.subplots(3, 4, figsize=(8.8, 4.6), sharex=True)
for row, name in zip(axes, ["0.01", "√(1/n)", "0.2"]):
    for ax, k in zip(row, [1, 2, 5, 20]):
        ax.hist(runs["tanh", name][0][k].ravel(), bins=41, range=(-1, 1), density=True)
        ax.set(yticks=[], title=f"scale {name}, layer {k}")
        ax.title.set_fontsize(9)
for ax in axes[-1]:
    ax.set_xlabel("activation")
fig.suptitle("Too small: all become 0. Too large: many stick at ±1. √(1/n) keeps a spread", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Twelve histograms of tanh activations. At scale 0.01 a hill at layer 1, a narrow one at layer 2 and a single spike at 0 from layer 5 on. At √(1/n) they fill the whole range at first and end as a hill of middle width. At 0.2 they are two towers at −1 and +1 in every layer.

# %%
def rms(h):
    """Root of the mean square: the size of a signal."""
    return np.sqrt((h.astype(float) ** 2).mean())


small, good, large = (runs["tanh", s][0][20] for s in ("0.01", "√(1/n)", "0.2"))
stuck = (np.abs(large) > 0.99).mean()
print(f"tanh, layer 20: rms {rms(small):.0e} at 0.01, {rms(good):.1f} at √(1/n); at 0.2 {stuck:.0%} are beyond ±0.99")
assert 1e-17 < rms(small) < 1e-15
assert abs(rms(good) - 0.15) < 0.03
assert stuck > 0.25

# %% [markdown]
# **What to notice.** At 0.01 the twentieth layer sends on numbers near $10^{-16}$: whatever digit goes in, the same nothing comes out. At 0.2 a unit is nearly always fully on or fully off, and its slope there is almost 0; this is called saturation (饱和). Now the size of the signal in *every* layer, for both activations.

# %%
def plot_by_depth(ax, series, **options):
    """One line for each name; the x axis counts layers and ends at 20."""
    for (name, values), style in zip(series.items(), ["o-", "s-", "^-", "d-"]):
        ax.plot(range(21 - len(values), 21), values, style, ms=3.5, label=name)
    ax.set(xlabel="layer", xticks=range(0, 21, 5), **options)
    ax.legend()


# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
for ax, a in zip(axes, activations):
    plot_by_depth(ax, {s: [rms(h) for h in runs[a, s][0]] for s in scales}, yscale="log", title=a)
axes[0].set_ylabel("rms of the activations")
fig.suptitle("ReLU: a constant factor a layer, so only a factor near 1 survives; tanh caps what would explode", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Rms against layer on a logarithmic axis. Tanh, left: a steep straight fall at 0.01, three nearly level lines for the others, √(1/n) sinking slowly. ReLU, right: four straight lines. 0.01 falls most, √(1/n) falls gently, √(2/n) is level near 1, and 0.2 climbs above ten million.

# %%
last = {key: rms(layers[-1]) for key, (layers, _) in runs.items()}
assert last["ReLU", "0.01"] < 1e-17
assert last["ReLU", "√(1/n)"] < 0.005
assert 0.5 < last["ReLU", "√(2/n)"] < 3
assert last["ReLU", "0.2"] > 1e7
assert last["tanh", "√(1/n)"] < 0.3 < last["tanh", "√(2/n)"] < 0.7

# %% [markdown]
# **What to notice.** On a logarithmic axis a straight line means a constant *factor* a layer. The ReLU needs a larger scale than tanh, and $\sqrt{1/n}$, which serves tanh well, lets a ReLU network fade. Why is it $n$, and why 1 here and 2 there?
#
# ## By hand: derive 1/n and 2/n
#
# One layer. $h_i$ are its $n$ inputs, $q=\frac1n\sum_i h_i^2$ is their mean square, $W_{ij}$ are independent random numbers with mean 0 and variance $\sigma^2$.
#
# **Line 1.** The unit adds up: $z_j=\sum_{i=1}^n h_iW_{ij}$. *Reason: that is the affine layer without bias.*
#
# **Line 2.** Square it: $z_j^2=\sum_i\sum_k h_ih_k\,W_{ij}W_{kj}$. *Reason: a sum times itself is every term times every term.*
#
# **Line 3.** Average over the random weights, for fixed $h$. Terms with $i\ne k$ vanish, because $E[W_{ij}W_{kj}]=E[W_{ij}]\,E[W_{kj}]=0$; terms with $i=k$ give $\sigma^2$:
#
# $$E[z_j^2]=\sigma^2\sum_i h_i^2=n\sigma^2\,q$$
#
# **Line 4, tanh.** Near 0 $\tanh(z)\approx z$, so the mean square after the layer is about $n\sigma^2q$. It keeps its size if $n\sigma^2=1$:
#
# $$\sigma^2=\frac1n\qquad\text{(Xavier initialization, Xavier 初始化)}$$
#
# **Line 5, ReLU.** $W$ and $-W$ are equally likely, so $z$ and $-z$ are too. The ReLU sets the negative half to 0 and keeps the other, so half of the squares are left: $q_\text{next}=\tfrac12n\sigma^2q$. It keeps its size if
#
# $$\sigma^2=\frac2n\qquad\text{(He initialization, He 初始化, in PyTorch "kaiming")}$$
#
# **Line 6.** After $L$ layers the factor is $(n\sigma^2)^L$, or $(\tfrac12n\sigma^2)^L$. *Reason: the layers multiply.* With $\tfrac12$ a layer, twenty layers leave $2^{-20}$, a millionth of the mean square and a thousandth of the rms.
#
# Line 3 is an average over all weights. Does a real layer obey? Measure the factor $q_\text{next}/q$ of each ReLU layer, averaged over ten networks.

# %%
for name, sigma2 in [("0.01", 1e-4), ("√(1/n)", 1 / 256), ("√(2/n)", 2 / 256)]:
    factors = []
    for seed in range(10):
        q = np.array([rms(h) ** 2 for h in forward(signal[:100], scales[name], activations["ReLU"], seed=seed)[0]])
        factors.append(q[2:] / q[1:-1])  # the first layer has another n, 784
    measured, derived = np.mean(factors), 256 * sigma2 / 2
    print(f"scale {name:>6}: measured factor {measured:.3f}, derived {derived:.3f}")
    assert abs(measured / derived - 1) < 0.05

# %% [markdown]
# **What to notice.** The derivation hits the measured factor within a few per cent. One network of 256 units still wobbles around it, as the level line in the figure did. And line 4 is only an approximation: $|\tanh z|<|z|$, so at $\sqrt{1/n}$ the signal shrinks a little in each layer, from 1 to about 0.15.
#
# $n$ is the number of inputs, called fan-in (扇入). The paper of Glorot and Bengio, from whose first author the name Xavier comes, uses $\sigma^2=2/(n_\text{in}+n_\text{out})$, a compromise with the backward pass, where the number of outputs counts, as you will see in a moment.
#
# **Explain this line, this shape.**
#
# 1. A weight has shape (784, 100), as in `x @ W`. What is $n$? And for PyTorch's `nn.Linear(784, 100).weight`, which has shape (100, 784)?
# 2. A convolution has filters (F, C, HH, WW). What is $n$ there?
# 3. $\sigma^2=2/n$ is a variance. What do you multiply `rng.normal(size=…)` by?
#
# <details><summary>Answers</summary>
#
# 1. 784 both times: the number of numbers that one unit adds up.
# 2. C·HH·WW: an output adds up one patch over all channels.
# 3. $\sqrt{2/n}$, the standard deviation.
#
# </details>

# %% tags=["exercise", "challenge"]
def he_normal(fan_in, fan_out, rng):
    """Weights of an affine layer for ReLU: (fan_in, fan_out), float64, independent normal numbers
    with mean 0 and variance 2 / fan_in, drawn from rng (a numpy.random.Generator)."""
    # BEGIN SOLUTION  the standard deviation, times normal numbers of size (fan_in, fan_out)
    return np.sqrt(2 / fan_in) * rng.normal(size=(fan_in, fan_out))
    # END SOLUTION


# %%
check.he_normal(he_normal)

# %% [markdown]
# ## Send the gradient back
#
# The gradient takes the same road in the other direction. At each layer it meets the slope of the activation and the transposed weights: $g_{k-1}=(g_k\odot f'(z_k))\,W_k^\top$, where $\odot$ multiplies entry by entry. Both slopes can be read off the output $h$: $1-h^2$ for tanh; 1 or 0 for the ReLU.
#
# In the figure with the towers, many tanh units at scale 0.2 had a slope near 0. **Guess:** does the gradient vanish there?

# %%
def gradients(layers, weights, slope):
    """Gradients at h1 … h20 for a random gradient of size 1 at h20."""
    grads = [np.random.default_rng(1).normal(size=layers[-1].shape)]
    for h, W in zip(layers[:0:-1], weights[:0:-1]):  # h20 and W20 first, down to h2 and W2
        grads.insert(0, (grads[0] * slope(h)) @ W.T)
    return grads


slopes = {"tanh": lambda h: 1 - h**2, "ReLU": lambda h: h > 0}
back = {(a, s): [rms(g) for g in gradients(*runs[a, s], slopes[a])] for a, s in runs}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
for ax, a in zip(axes, activations):
    plot_by_depth(ax, {s: back[a, s] for s in scales}, yscale="log", title=a)
axes[0].set_ylabel("rms of the gradient at this layer")
fig.suptitle("Backwards (read from right to left) the same scales vanish and explode", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Rms of the gradient, equal to 1 at layer 20. Towards layer 1 it falls along a steep line at 0.01 in both panels. For the ReLU it also falls at √(1/n), stays level at √(2/n) and climbs at 0.2. For tanh it falls slowly at √(1/n), rises slowly at √(2/n), and climbs at 0.2.

# %%
assert back["tanh", "0.01"][0] < 1e-12
assert back["ReLU", "0.01"][0] < 1e-14
assert 0.3 < back["ReLU", "√(2/n)"][0] < 3
assert back["ReLU", "√(1/n)"][0] < 0.01
assert back["ReLU", "0.2"][0] > 1e5
assert back["tanh", "0.2"][0] > 100  # saturated, and yet it explodes
mean_slope2 = (slopes["tanh"](large) ** 2).mean()
print(f"tanh at 0.2: n σ² = {256 * 0.2**2:.1f}, mean squared slope {mean_slope2:.2f}, product {256 * 0.2**2 * mean_slope2:.1f}")
assert 256 * 0.2**2 * mean_slope2 > 1.2

# %% [markdown]
# **What to notice.** You may have read that saturated tanh units make the gradient vanish. Here it *explodes*: the slopes take away less than the large weights put in. By the argument of lines 1 to 3, a layer multiplies the mean square of the gradient by about $m\sigma^2\,E[f'^2]$, with $m$ outputs, and that product is above 1. For the ReLU the slope squared is 1 half of the time: $\tfrac12m\sigma^2$. So forward wants $2/n_\text{in}$ and backward wants $2/n_\text{out}$. In a layer with as many inputs as outputs they agree, and gradient vanishing (梯度消失) and exploding (梯度爆炸) are cured together.
#
# **Where it helps.** When a deep network does not train, print the rms of each layer's output for one batch before you touch the learning rate.
#
# ## Start with equal weights, and units stay twins
#
# Why random at all? Start a network 784-50-10 with zeros, with one constant, and with He's random numbers. One hundred steps on 200 digits. Three numbers tell the story: how far W1 moved, how many *different* hidden units there are, and the training accuracy.

# %%
def train_two_layers(W1, W2, X, y, lr=0.2, steps=100):
    """Gradient descent on affine - relu - affine - softmax; → trained W1, training accuracy."""
    W1, W2, b1, b2 = W1.copy(), W2.copy(), np.zeros(W1.shape[1]), np.zeros(W2.shape[1])
    for _ in range(steps):
        z, first = affine_forward(X, W1, b1)
        h, relu = relu_forward(z)
        scores, second = affine_forward(h, W2, b2)
        dh, dW2, db2 = affine_backward(softmax_loss(scores, y)[1], second)
        _, dW1, db1 = affine_backward(relu_backward(dh, relu), first)
        for p, dp in [(W1, dW1), (W2, dW2), (b1, db1), (b2, db2)]:
            p -= lr * dp
    return W1, (scores.argmax(axis=1) == y).mean()


# %%
rng = np.random.default_rng(0)
starts = {"all zero": (np.zeros((784, 50)), np.zeros((50, 10))),
          "all 0.01": (np.full((784, 50), 0.01), np.full((50, 10), 0.01)),
          "He": (he_normal(784, 50, rng), he_normal(50, 10, rng))}
story = {}
for name, (W1, W2) in starts.items():
    after, accurate = train_two_layers(W1, W2, X_train[:200].astype(float), y_train[:200])
    different = len(np.unique(after.round(6), axis=1).T)  # columns that are not equal
    story[name] = np.abs(after - W1).max(), different, accurate
    print(f"{name}: W1 moved by {story[name][0]:.2f}, {different:2} different units, training accuracy {accurate:.0%}")

# %%
assert story["all zero"][:2] == (0, 1)
assert story["all 0.01"][0] > 0.01
assert story["all 0.01"][1] == 1
assert story["He"][1] == 50
assert story["He"][2] > story["all 0.01"][2] + 0.3 > story["all zero"][2] + 0.3

# %% [markdown]
# **What to notice.** From zeros, W1 does not move at all: $dh=g\,W_2^\top$ is 0 because $W_2$ is 0, and $dW_2=h^\top g$ is 0 because $h$ is 0. Only the last bias learns. From a constant the weights move, but all fifty units move alike: equal weights give equal outputs, equal gradients, equal weights. The network has one hidden unit, fifty times. This is the problem of symmetric weights (对称权重现象). Random numbers break the symmetry. (Biases may start at 0, once the weights differ.)
#
# ## See what one line does
#
# He keeps the size of the signal. Is that enough? Size is not everything: two different digits should still *look different* in layer 20. Their cosine similarity (余弦相似度) is 1 if both activations point in the same direction, 0 if they have nothing in common. Take its mean over all pairs of 100 digits.
#
# And try a rude idea. If the size must be right in each layer, *make* it right: after each matrix product subtract the mean of each unit over the digits, and divide by its standard deviation.

# %%
def normalise(z):
    """z (N, H): each column gets mean 0 and standard deviation 1."""
    return (z - z.mean(axis=0)) / z.std(axis=0)


def likeness(h):
    """Mean cosine similarity of all pairs of different rows of h."""
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(h), k=1)].mean()  # the entries above the diagonal


# %%
normed = {s: forward(signal[:100], scales[s], lambda z: np.maximum(normalise(z), 0))[0] for s in ("0.01", "√(2/n)", "0.2")}
plain = forward(signal[:100], scales["√(2/n)"], activations["ReLU"])[0]
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.4))
plot_by_depth(axes[0], {s: [rms(h) for h in layers] for s, layers in normed.items()},
              ylim=(0, 1.3), ylabel="rms", title="normalised: three scales, one line")
plot_by_depth(axes[1], {"He alone": [likeness(h) for h in plain], "normalised": [likeness(h) for h in normed["√(2/n)"]]},
              ylim=(0, 1.05), ylabel="mean cosine of two digits", title="He alone: digits become alike")
fig.suptitle("One line makes the scale of W irrelevant and keeps digits apart", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left: the rms of three normalised networks with weight scales 0.01, √(2/n) and 0.2; the lines lie on each other at about 0.71 from layer 1 on. Right: likeness of digits by layer. It starts near 0.4; with He alone it rises to almost 1 at layer 20; with normalisation it stays near 0.3.

# %%
for s in ("0.01", "0.2"):
    assert np.allclose(normed[s][20], normed["√(2/n)"][20], atol=1e-6)
assert abs(rms(normed["0.2"][20]) - np.sqrt(1 / 2)) < 0.05
print(f"likeness: digits {likeness(plain[0]):.1f}, layer 20 He alone {likeness(plain[20]):.2f}, normalised {likeness(normed['0.2'][20]):.2f}")
assert likeness(plain[20]) > 0.93
assert likeness(normed["0.2"][20]) < 0.45

# %% [markdown]
# **What to notice.** Multiply W by anything: mean and standard deviation of $z$ are multiplied too, and the quotient stays. The three networks give the same activations. (Half of the squares survive the ReLU: $\sqrt{1/2}\approx0.71$.) Less expected is the right panel. ReLU outputs are never negative, so all of them share a large common part; layer by layer it grows, until the network sees nearly the same digit everywhere. Subtracting the mean over the digits removes the common part.
#
# This line is the heart of batch norm. PyTorch has it as `nn.BatchNorm1d`. Use it as a black box once, before you build it: does it make *training* insensitive to the scale of the first weights? Four hidden layers of 50 units, 100 steps of 50 digits, two seeds.

# %%
def mlp(norm, weight_scale, seed, dims=(784, 50, 50, 50, 50, 10)):
    """affine - norm - relu for each hidden layer, then affine; norm is None or a class like nn.BatchNorm1d."""
    torch.manual_seed(seed)
    layers = []
    for k in range(len(dims) - 1):
        linear = nn.Linear(dims[k], dims[k + 1])
        nn.init.normal_(linear.weight, std=weight_scale)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if k < len(dims) - 2:  # no norm and no ReLU after the scores
            layers += [norm(dims[k + 1]), nn.ReLU()] if norm else [nn.ReLU()]
    return nn.Sequential(*layers)


# %%
T_train, L_train, T_test, L_test = map(torch.tensor, (X_train, y_train, X_test, y_test))


def fit(model, lr=0.1, steps=100, batch_size=50, seed=0, groups=None):
    """SGD on random batches; groups are parameter groups for the optimiser."""
    optimizer = torch.optim.SGD(groups or model.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for _ in range(steps):
        batch = torch.randint(0, len(T_train), (batch_size,), generator=generator)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(T_train[batch]), L_train[batch]).backward()
        optimizer.step()
    return model


# %% [markdown]
# `model.train()` and `model.eval()` switch batch norm between two ways of working. What they do is the subject of the next section; here, train in the first and test in the second.

# %%
@torch.no_grad()  # no gradients needed here
def torch_accuracy(model):
    model.eval()
    return (model(T_test).argmax(dim=1) == L_test).float().mean().item()


weight_scales = [1e-4, 1e-3, 1e-2, 0.1, 0.2, 1, 3]
rescue = {(norm, s): [torch_accuracy(fit(mlp(norm, s, seed), seed=seed)) for seed in range(2)]
          for norm in (None, nn.BatchNorm1d) for s in weight_scales}

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for norm, name, style in [(None, "plain", "o-"), (nn.BatchNorm1d, "batch norm", "s-")]:
    ax.plot(weight_scales, [np.mean(rescue[norm, s]) for s in weight_scales], style, label=name)
ax.axvline(np.sqrt(2 / 50), color="gray", ls=":", label="√(2/50)")
ax.set(title="Batch norm turns a narrow window into a wide one, with soft ends", xscale="log",
       xlabel="weight_scale (standard deviation of all weights)", ylabel="test accuracy after 100 steps", ylim=(0, 1))
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Test accuracy against weight_scale, mean of two seeds. The plain network is at chance, 0.1, up to 0.01 and from 1 on, with a peak around 0.2, where a dotted line marks √(2/50). With batch norm the curve is high from 0.001 to 0.2 and sinks towards both ends.

# %%
batch_norm = {s: np.mean(rescue[nn.BatchNorm1d, s]) for s in weight_scales}
for s in (1e-3, 1e-2):  # the rescue: at least 40 points on both seeds
    assert min(rescue[nn.BatchNorm1d, s]) > max(rescue[None, s]) + 0.4
assert max(weight_scales, key=lambda s: np.mean(rescue[None, s])) == 0.2
assert abs(batch_norm[0.2] - np.mean(rescue[None, 0.2])) < 0.1  # no gain at this start
assert batch_norm[1e-2] > np.mean(rescue[None, 0.2]) + 0.05
assert batch_norm[1e-4] < batch_norm[1e-2] - 0.2
assert batch_norm[1] < batch_norm[1e-2] - 0.2

# %% [markdown]
# **What to notice.** Batch norm rescues starts that a plain network cannot use. At 0.2, the plain network's best point (He's rule for 50 inputs), it gains nothing; its own best point lies at smaller weights, and higher. And the curve is not flat: your three networks agreed whatever the scale of W, so why does *training* still care? At the large end, every activation is the same, but a step of the same length changes large weights by a smaller *share*. If that is the reason, a ten times larger learning rate must help at scale 1. (The small end has another reason. It waits under Parameters.)

# %%
faster = [torch_accuracy(fit(mlp(nn.BatchNorm1d, 1, seed), lr=1, seed=seed)) for seed in range(2)]
print("scale 1, lr 0.1:", np.round(rescue[nn.BatchNorm1d, 1], 1), "  lr 1:", np.round(faster, 1))
assert min(faster) > max(rescue[nn.BatchNorm1d, 1]) + 0.08

# %% [markdown]
# ## Write batch norm, forward
#
# Three things turn the rude line into a layer.
#
# $$\mu=\frac1N\sum_n x_n\qquad v=\frac1N\sum_n(x_n-\mu)^2\qquad\hat x_n=\frac{x_n-\mu}{\sqrt{v+\varepsilon}}\qquad y_n=\gamma\,\hat x_n+\beta$$
#
# All of this is done for each feature (column) on its own. $x$ is (N, D); $\mu$, $v$, $\gamma$, $\beta$ have D entries.
#
# 1. **ε** (default $10^{-5}$) keeps the division safe when a feature does not vary. It is added to the *variance*, under the root.
# 2. **γ and β** are learned, start at 1 and 0, and give the network back the freedom to choose another spread and another mean.
# 3. **Training and testing differ.** In training the mean and variance of the *batch* are used. A test sample may come alone, and its answer must not depend on its neighbours. So training keeps a running average (移动平均) of mean and variance, and testing uses that, as constants:
#
# $$\text{running}\leftarrow m\cdot\text{running}+(1-m)\cdot\text{batch}\qquad m=0.9$$
#
# $m$ is called momentum, and here it is the weight of the *old* value. The variance $v$ divides by N, not by N−1: the biased variance (有偏方差), in both places.
#
# `bn_param` is a dictionary that belongs to one layer: `mode`, optional `eps` and `momentum`, and the two running arrays, which the function writes into it.
#
# **Explain this line, this shape.**
#
# 1. x is (50, 100). Which shapes have `x.mean(axis=0)` and `x.mean(axis=1)`? Which one is μ?
# 2. `x - x.mean(axis=0)`: how does (100,) get subtracted from (50, 100)?
# 3. Why does the function write to `bn_param`, when every other layer leaves its inputs alone?
#
# <details><summary>Answers</summary>
#
# 1. (100,) and (50,). μ has one entry a feature: axis 0, over the samples.
# 2. Broadcasting lines shapes up at the right end: μ is subtracted from each row.
# 3. The running averages must survive from one call to the next, and they are not trained by gradients.
#
# </details>

# %% tags=["exercise"]
def batchnorm_forward(x, gamma, beta, bn_param):
    """x (N, D), gamma (D,), beta (D,) → out (N, D) with the dtype of x, cache.

    bn_param: "mode" "train" or "test"; "eps" (default 1e-5), "momentum" (default 0.9, the weight of
    the old value), "running_mean", "running_var" (D,), default zeros. In train mode normalise with
    mean and biased variance of the batch, and write new running_mean and running_var (both from
    those two) into bn_param. In test mode normalise with the running ones and change nothing.
    cache = (x_hat (N, D), std (D,), gamma) with std = sqrt(variance + eps).
    """
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    # BEGIN SOLUTION  choose mean and var by the mode (train: also update), then std, x_hat, out
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    out = gamma * x_hat + beta
    # END SOLUTION
    return out, (x_hat, std, gamma)


# %%
check.batchnorm_forward(batchnorm_forward)

# %% [markdown]
# Give it numbers with wild means and spreads, and ask for γ = 1, 2, 3 and β = 10, 20, 30.

# %%
x = np.random.default_rng(0).normal(size=(40, 3)) * [1, 50, 0.1] + [5, -200, 0]
gamma, beta = np.array([1.0, 2, 3]), np.array([10.0, 20, 30])
bn_param = {"mode": "train"}
out, cache = batchnorm_forward(x, gamma, beta, bn_param)
print("mean", out.mean(axis=0).round(3), " std", out.std(axis=0).round(3))
assert np.allclose(out.mean(axis=0), beta)
assert np.allclose(out.std(axis=0), gamma, rtol=1e-2)

# %% [markdown]
# The mean is β and the standard deviation is γ, or a trace below it where the variance is so small that ε counts (third column). Now the running average. Show the *same* batch sixty times. After call number $i$ (from 0) the running mean should be $(1-m^{i+1})\,\mu$: after call 0 it is $(1-m)\mu$, and the part that is still missing is multiplied by $m$ each time.

# %%
def same_batch(calls):
    """Running mean / mean of the first feature after each call with the batch x."""
    param, shares = {"mode": "train"}, []
    for i in calls:
        batchnorm_forward(x, gamma, beta, param)
        shares.append(param["running_mean"][0] / x[:, 0].mean())
        assert np.allclose(param["running_mean"], (1 - 0.9 ** (i + 1)) * x.mean(axis=0))
        assert np.allclose(param["running_var"], (1 - 0.9 ** (i + 1)) * x.var(axis=0))
    return shares


calls = np.arange(60)
seen = same_batch(calls)
print(f"share of the true mean after 1, 10, 50 calls: {seen[0]:.2f} {seen[9]:.2f} {seen[49]:.3f}")

# %%
def random_batches(m):
    """Running mean of the pixel in the centre after each batch, with momentum m."""
    param, path = {"mode": "train", "momentum": m}, []
    for batch in batches:
        batchnorm_forward(X_train[batch], np.ones(784), np.zeros(784), param)
        path.append(param["running_mean"][14 * 28 + 14])
    return path


stream = np.random.default_rng(0)
batches = [stream.integers(0, 4000, size=20) for _ in range(150)]
wander = {m: random_batches(m) for m in (0.5, 0.9, 0.99)}
centre = X_train[:, 14 * 28 + 14].mean()

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.4))
axes[0].plot(calls, seen, "o", ms=3, label="running mean / mean")
axes[0].plot(calls, 1 - 0.9 ** (calls + 1), color="black", lw=1, label="$1-0.9^{i+1}$")
axes[0].set(xlabel="call i, always the same batch", ylim=(0, 1.05), title="it starts at 0 and catches up")
for m, style in [(0.5, ":"), (0.9, "-"), (0.99, "--")]:
    axes[1].plot(wander[m], style, label=f"m = {m}")
axes[1].axhline(centre, color="black", lw=1)
axes[1].set(xlabel="call, batches of 20 digits", ylabel="centre pixel", title="large m: calm, but late")
for ax in axes:
    ax.legend(loc="lower right")
fig.suptitle("A large m makes the running mean calm, and slow to forget its start", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left: dots rise from 0.1 towards 1 and lie on the black curve. Right: the running mean of the centre pixel over 150 random batches. With m = 0.5 it jumps about; with 0.9 it wobbles around the black line of the true mean; with 0.99 it is smooth, and after 150 calls it is still below the line.

# %%
jumps = {m: np.abs(np.diff(values[50:])).mean() for m, values in wander.items()}  # from call to call
assert jumps[0.5] > 2 * jumps[0.9] > 4 * jumps[0.99]
assert wander[0.99][149] < 0.9 * centre
assert wander[0.99][50] < 0.6 * centre < wander[0.9][50]

# %% [markdown]
# **What to notice.** Test a network after ten steps, and its running statistics are still too small by a third ($0.9^{10}\approx0.35$). That is not a mistake in your network; wait, or start from other values. PyTorch starts the running variance at 1, not 0.
#
# Now PyTorch beside it, same batch, same γ and β. Two conventions differ: its `momentum` is the weight of the *new* value, and its running variance is the *unbiased* one, divided by N−1, although it normalises with the biased one. Measure both.

# %%
torch_bn = nn.BatchNorm1d(3, momentum=0.1).double()
with torch.no_grad():
    torch_bn.weight.copy_(torch.tensor(gamma))
    torch_bn.bias.copy_(torch.tensor(beta))
bn_param = {"mode": "train", "running_mean": np.zeros(3), "running_var": np.ones(3)}
out, cache = batchnorm_forward(x, gamma, beta, bn_param)
torch_out = torch_bn(torch.tensor(x))
gap = torch_bn.running_var.numpy() - bn_param["running_var"]
print("out equal:", np.allclose(out, torch_out.detach(), atol=1e-6), " running mean equal:",
      np.allclose(bn_param["running_mean"], torch_bn.running_mean, atol=1e-6))
print("gap of the running variance, as a share of the batch variance:", (gap / x.var(axis=0)).round(5))

# %%
assert np.abs(out - torch_out.detach().numpy()).max() < 1e-6
assert np.abs(bn_param["running_mean"] - torch_bn.running_mean.numpy()).max() < 1e-6
assert np.allclose(gap, 0.1 * x.var(axis=0) / 39)  # 0.1 (v N/(N-1) - v) = 0.1 v / (N - 1)
assert (gap / x.var(axis=0)).round(5).tolist() == [0.00256] * 3

# %% [markdown]
# **What to notice.** For N = 40 the two running variances are $0.1\,v/39\approx0.0026\,v$ apart after one step. Small, but far above rounding: if your test-mode outputs miss PyTorch's by a per cent or so, look here. The gap closes for large batches.
#
# ## By hand: send the gradient back through batch norm
#
# Before any formula, three experiments on the forward pass (with ε = 0). Does the output stay the same if you add 3 to all entries, multiply all entries by 5, or add 1 to sample 0 alone?

# %%
def in_batch(x):
    return batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0})[0]


print("add 3:     ", np.allclose(in_batch(x + 3), in_batch(x)))
print("times 5:   ", np.allclose(in_batch(5 * x), in_batch(x)))
print("one sample:", np.allclose(in_batch(x + np.eye(40)[:, :1]), in_batch(x)))
assert np.allclose(in_batch(x + 3), in_batch(x))
assert np.allclose(in_batch(5 * x), in_batch(x))

# %% [markdown]
# (`np.eye(40)[:, :1]` is 1 for sample 0 and 0 for the others.) A gradient says which small change of x changes the loss. Shifting a whole column changes nothing, and stretching it changes nothing. **Guess:** what does that say about the numbers in a column of `dx`? Keep your guess until after the derivation.
#
# Break the forward pass into steps so small that each has an obvious derivative. As in lesson 2, draw it as a graph (计算图), and count the ways from $x$ to the output.

# %%
graph = {"x": ["mean", "d"], "mean": ["d"], "d": ["var", "x_hat"], "var": ["std"], "std": ["x_hat"], "x_hat": ["out"], "out": []}
places = {"x": (0, 1), "mean": (1, 0), "d": (2, 1), "var": (3, 0), "std": (4.4, 0), "x_hat": (5.2, 1), "out": (6.7, 1)}
words = {"x": "x\n(N, D)", "mean": "mean\n(D,)", "d": "d = x − mean\n(N, D)", "var": "var = mean of d²\n(D,)",
         "std": "√(var + ε)\n(D,)", "x_hat": "x_hat = d / std\n(N, D)", "out": "γ x_hat + β\n(N, D)"}


def ways(node):
    """How many paths lead from this node to out?"""
    return 1 if node == "out" else sum(ways(after) for after in graph[node])


# %%
fig, ax = plt.subplots(figsize=(8.8, 2.9))
for node, afters in graph.items():
    for after in afters:
        level = places[after][1] == places[node][1]  # then stop at the side of the box
        gaps = [4 + 2.8 * max(map(len, words[box].split("\n"))) if level else 22 for box in (node, after)]
        ax.annotate("", places[after], places[node], arrowprops={
            "arrowstyle": "->", "lw": 1.6, "color": plot.BLUE, "shrinkA": gaps[0], "shrinkB": gaps[1]})
    ax.text(*places[node], words[node], ha="center", va="center", fontsize=9, bbox={"boxstyle": "round", "fc": "white", "ec": "black"})
ax.set(xlim=(-0.4, 7.2), ylim=(-0.4, 1.4))
ax.set_axis_off()
ax.set_title(f"From x to the output there are {ways('x')} ways: backward, {ways('x')} terms add up")
plt.show()
assert ways("x") == 4

# %% [markdown]
# **Figure in words.** A graph of seven boxes. On the upper line x, d = x − mean, x_hat = d / std, and γ x_hat + β; on the lower line mean, var and √(var + ε). Arrows lead from x to d directly and by way of the mean, and from d to x_hat directly and by way of var and the root.
#
# Go through the boxes backwards. $g=\partial L/\partial\,\text{out}$ is `dout` (N, D), $s$ is std, and a letter $d$ in front of a name means "gradient of the loss with respect to". Sums run over the N samples, $n$ counts them, and every line holds for each feature alone.
#
# **Line 1.** out = γ·x_hat + β: $\;d\beta=\sum_n g_n,\;\; d\gamma=\sum_n g_n\hat x_n,\;\; d\hat x_n=g_n\gamma$. *Reason: product rule; γ and β serve all samples, so their gradients add up.*
#
# **Line 2.** x_hat = d/s: $\;ds=-\sum_n d\hat x_n\,d_n/s^2$, and d gets a first term $d\hat x_n/s$. *Reason: the derivative of $d/s$ by $s$ is $-d/s^2$; one $s$ serves all samples.*
#
# **Line 3.** s = √(v+ε): $\;dv=ds/(2s)$. *Reason: the derivative of a root is one over twice the root.*
#
# **Line 4.** v = mean of d²: d gets a second term $\frac{2d_n}{N}\,dv$. *Reason: the derivative of $d_n^2/N$.* Both terms together:
#
# $$dd_n=\frac{d\hat x_n}{s}+\frac{2d_n}{N}\,dv$$
#
# **Line 5.** d = x − μ: $\;d\mu=-\sum_n dd_n$, and x gets a first term $dd_n$. *Reason: factor 1 for x, −1 for μ.*
#
# **Line 6.** μ = mean of x: x gets a second term $d\mu/N$: $\;dx_n=dd_n+d\mu/N$.
#
# Six boxes, six lines. With the cache, d is `x_hat * std`.
#
# **Explain this line, this shape.**
#
# 1. `dstd = -(dx_hat * d).sum(axis=0) / std**2`: what shape, and why is there a sum here, but none in the term `dx_hat / std`?
# 2. Which of the four ways does a person forget who treats mean and variance as constants?
# 3. Why does the cache hold std, and neither mean nor beta?
#
# <details><summary>Answers</summary>
#
# 1. (D,). All N samples divide by the same std, so it collects N terms; each d has its own x_hat.
# 2. Three: by way of the mean, by way of the variance, and by way of both. What is left is $d\hat x/s$.
# 3. Neither mean nor beta stands in any of the lines: both are added, and what is added has the derivative 1.
#
# </details>

# %% tags=["exercise"]
def batchnorm_backward(dout, cache):
    """dout (N, D), cache (x_hat (N, D), std (D,), gamma (D,)) of batchnorm_forward in train mode,
    std = sqrt(variance + eps) → dx (N, D), dgamma (D,), dbeta (D,)."""
    x_hat, std, gamma = cache
    N, d = len(dout), x_hat * std  # d = x - mean
    # BEGIN SOLUTION  lines 1 to 6, one gradient at a time
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dstd = -(dx_hat * d).sum(axis=0) / std**2
    dvar = dstd / (2 * std)
    dd = dx_hat / std + 2 * d / N * dvar
    dmean = -dd.sum(axis=0)
    dx = dd + dmean / N
    # END SOLUTION
    return dx, dgamma, dbeta


# %%
check.batchnorm_backward(batchnorm_backward)

# %% [markdown]
# PyTorch found its gradients alone, from the same batch.

# %%
dout = np.random.default_rng(1).normal(size=x.shape)
x_torch = torch.tensor(x, requires_grad=True)
torch_bn.zero_grad()
torch_bn(x_torch).backward(torch.tensor(dout))
dx, dgamma, dbeta = batchnorm_backward(dout, cache)
for name, mine, theirs in [("dx", dx, x_torch.grad), ("dgamma", dgamma, torch_bn.weight.grad), ("dbeta", dbeta, torch_bn.bias.grad)]:
    print(name, mine.shape, "equal to 1e-6:", np.abs(mine - theirs.numpy()).max() < 1e-6)
    assert np.abs(mine - theirs.numpy()).max() < 1e-6

# %% [markdown]
# And your guess?

# %%
x_hat = cache[0]
print("columns of dx add up to 0:", (np.abs(dx.sum(axis=0)) < 1e-10).all())
cosine = (dx * x_hat).sum(axis=0) / (np.linalg.norm(dx, axis=0) * np.linalg.norm(x_hat, axis=0))
print("cosine of dx and x_hat:", np.abs(cosine).round(3))
assert (np.abs(dx.sum(axis=0)) < 1e-10).all()
assert (np.abs(cosine) < 0.01).all()

# %% [markdown]
# **What to notice.** Shifting a column costs nothing, so each column of dx adds up to 0. Stretching costs nothing, so each column of dx is at a right angle to its x_hat (up to ε). That hints at a shorter formula: take the gradient, remove its mean, remove its part along x_hat. Derive it.
#
# **Line 7.** Put lines 2 and 3 into the second term of line 4, with $d_n=s\hat x_n$:
#
# $$\frac{2d_n}{N}\,dv=\frac{2s\hat x_n}{N}\cdot\frac1{2s}\cdot\Bigl(-\frac1s\sum_k d\hat x_k\hat x_k\Bigr)=-\frac{\hat x_n}{Ns}\sum_k d\hat x_k\hat x_k$$
#
# **Line 8.** In line 5 the sum of this term over the samples is 0, because $\sum_n\hat x_n=0$. So $d\mu=-\frac1s\sum_k d\hat x_k$.
#
# **Line 9.** Put both into line 6, and take γ out of the sums, $d\hat x=\gamma g$. The sums are then dβ and dγ of line 1:
#
# $$dx_n=\frac{\gamma}{N\,s}\,\bigl(N\,g_n-d\beta-\hat x_n\,d\gamma\bigr)$$
#
# One line: the gradient, minus its mean, minus its component along x_hat, times γ/s.
#
# **Challenge.** Write it.

# %% tags=["exercise", "challenge"]
def batchnorm_backward_alt(dout, cache):
    """The same as batchnorm_backward, dx in one line: dout (N, D), cache (x_hat, std, gamma)
    → dx (N, D), dgamma (D,), dbeta (D,)."""
    x_hat, std, gamma = cache
    # BEGIN SOLUTION  dbeta and dgamma first, then line 9
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / (len(dout) * std) * (len(dout) * dout - dbeta - x_hat * dgamma)
    # END SOLUTION
    return dx, dgamma, dbeta


# %%
check.batchnorm_backward_alt(batchnorm_backward_alt)

# %%
big = np.random.default_rng(2).normal(size=(500, 400))
_, big_cache = batchnorm_forward(big, np.ones(400), np.zeros(400), {"mode": "train"})
for long, short in zip(batchnorm_backward(big, big_cache), batchnorm_backward_alt(big, big_cache)):
    assert np.allclose(long, short)
times = [min(timeit.repeat(lambda f=f: f(big, big_cache), number=5, repeat=7)) for f in (batchnorm_backward, batchnorm_backward_alt)]
print(f"equal; the short form is {'faster' if times[1] < times[0] else 'slower'}")
assert times[1] < times[0]

# %% [markdown]
# This is the end of day 1.
#
# ## See which numbers share a mean
#
# Batch norm ties the samples of a batch together. That is a strange thing to do, and the cause of most of its traps. Other layers use the same formula over *other* numbers. Which? Do not read it, measure it: take a batch of 4 pictures with 6 channels of 5×5 pixels, change *one* pixel in picture 1, channel 2, and see which outputs change.

# %%
def who_changes(layer, shape=(4, 6, 5, 5)):
    """(N, C) table: does any output of picture n, channel c change with one pixel of picture 1, channel 2?"""
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    moved = x.clone()
    moved[1, 2, 0, 0] += 1
    return (layer(x) != layer(moved)).flatten(2).any(dim=2).numpy()


kinds = {"batch norm": nn.BatchNorm2d(6), "layer norm": nn.LayerNorm([6, 5, 5]),
         "group norm, G = 3": nn.GroupNorm(3, 6), "group norm, G = 6": nn.GroupNorm(6, 6)}
changed = {name: who_changes(layer) for name, layer in kinds.items()}

# %%
fig, axes = plt.subplots(1, 4, figsize=(8.8, 2.5), sharey=True)
for ax, (name, table) in zip(axes, changed.items()):
    ax.pcolormesh(table, cmap="Blues", vmin=0, vmax=1.6, edgecolors="gray", linewidth=0.8)
    ax.plot(2.5, 1.5, "o", color=plot.RED)
    ax.set(title=name, xlabel="channel", xticks=np.arange(6) + 0.5, xticklabels=range(6),
           yticks=np.arange(4) + 0.5, yticklabels=range(4), aspect="equal")
    ax.title.set_fontsize(10)
axes[0].invert_yaxis()  # picture 0 on top; the axes share it
axes[0].set_ylabel("picture")
fig.suptitle("Change one pixel (dot): the blue cells answer, because they share its mean", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Four tables, 4 pictures down and 6 channels across, each cell a map of 5×5 pixels. The dot is at picture 1, channel 2. Batch norm: the whole column of channel 2 is blue. Layer norm: the whole row of picture 1. Group norm with 3 groups: the two cells of channels 2 and 3 in row 1. With 6 groups: the dot's own cell only.

# %%
assert changed["batch norm"].sum() == 4
assert changed["batch norm"][:, 2].all()
assert changed["layer norm"].sum() == 6
assert changed["layer norm"][1].all()
assert np.argwhere(changed["group norm, G = 3"]).tolist() == [[1, 2], [1, 3]]
assert changed["group norm, G = 6"].sum() == 1

# %% [markdown]
# **The idea.** Same formula, other axes.
#
# | layer | x | one mean for each | averages over | γ, β |
# | --- | --- | --- | --- | --- |
# | batch norm | (N, D) | feature | N | (D,) |
# | spatial batch norm | (N, C, H, W) | channel | N, H, W | (C,) |
# | layer norm | (N, D) | sample | D | (D,) |
# | group norm (组规范化) | (N, C, H, W) | picture and group of C/G channels | C/G, H, W | (C,) |
#
# Group norm with one group averages over a whole picture, as layer norm does there. With G = C it is called instance norm (实例规范化). Only the first two look at other samples; only they need running averages and a test mode.
#
# ## Write layer norm
#
# Turn the table on its side: mean and variance of each *row*. γ and β still belong to features, so they do not turn.
#
# **Explain this line, this shape.**
#
# 1. `x.mean(axis=1)` is (N,). Why does `x - x.mean(axis=1)` fail, or worse, not fail? What does `keepdims=True` change?
# 2. x is (N, D) and gamma is (D,). Which numbers does `gamma * x_hat` multiply by `gamma[0]`?
# 3. Where is the mode, where are the running averages?
#
# <details><summary>Answers</summary>
#
# 1. (N,) is lined up with the columns. If N ≠ D that is an error; if N = D it subtracts the mean of sample j from *feature* j. With `keepdims=True` the shape is (N, 1), one number a row.
# 2. Feature 0 of every sample, as in batch norm.
# 3. There are none: a sample is normalised by its own numbers, in training and in testing.
#
# </details>

# %% tags=["exercise"]
def layernorm_forward(x, gamma, beta, ln_param):
    """x (N, D), gamma (D,), beta (D,), ln_param {"eps": default 1e-5}
    → out (N, D) with the dtype of x, cache = (x_hat (N, D), std (N, 1), gamma).
    Each sample is normalised over its D features: mean, biased variance, std = sqrt(variance + eps)."""
    eps = ln_param.get("eps", 1e-5)
    # BEGIN SOLUTION  as batch norm in train mode, but axis=1 with keepdims=True
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    out = gamma * x_hat + beta
    # END SOLUTION
    return out, (x_hat, std, gamma)


# %%
check.layernorm_forward(layernorm_forward)

# %% [markdown]
# **Backward.** Lines 2 to 8 never asked *what* the N numbers are that share a mean. Here they are the D features of one row, so the sums run along axis 1 and N becomes D. One thing differs: in line 9 γ could leave the sum, because all N numbers of a column had the same γ. Along a row each number has its own γ, so $d\hat x=g\gamma$ stays inside:
#
# $$dx_j=\frac1{D\,s}\Bigl(D\,d\hat x_j-\sum_k d\hat x_k-\hat x_j\sum_k d\hat x_k\hat x_k\Bigr)$$
#
# $d\gamma=\sum_n g_n\hat x_n$ and $d\beta=\sum_n g_n$ still sum over the samples, because γ and β serve all of them.
#
# **Challenge.** Two kinds of sums in one function, each along its own axis.

# %% tags=["exercise", "challenge"]
def layernorm_backward(dout, cache):
    """dout (N, D), cache (x_hat (N, D), std (N, 1), gamma (D,)) of layernorm_forward
    → dx (N, D), dgamma (D,), dbeta (D,)."""
    x_hat, std, gamma = cache
    # BEGIN SOLUTION  dgamma, dbeta over axis 0; dx_hat = dout * gamma; its sums over axis 1, keepdims
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx_hat, D = dout * gamma, dout.shape[1]
    total = dx_hat.sum(axis=1, keepdims=True)
    along = (dx_hat * x_hat).sum(axis=1, keepdims=True)
    dx = (D * dx_hat - total - x_hat * along) / (D * std)
    # END SOLUTION
    return dx, dgamma, dbeta


# %%
check.layernorm_backward(layernorm_backward)

# %% [markdown]
# Against PyTorch, and one sample alone against the same sample in the batch:

# %%
x, dout = np.random.default_rng(3).normal(2, 3, size=(8, 5)), np.random.default_rng(4).normal(size=(8, 5))
gamma, beta = np.linspace(0.5, 1.5, 5), np.linspace(-1, 1, 5)
out, cache = layernorm_forward(x, gamma, beta, {})
torch_ln, x_torch = nn.LayerNorm(5).double(), torch.tensor(x, requires_grad=True)
torch_ln.load_state_dict({"weight": torch.tensor(gamma), "bias": torch.tensor(beta)})
torch_out = torch_ln(x_torch)
torch_out.backward(torch.tensor(dout))
theirs = [x_torch.grad, torch_ln.weight.grad, torch_ln.bias.grad]
gaps = [np.abs(out - torch_out.detach().numpy()).max()]
gaps += [np.abs(a - b.numpy()).max() for a, b in zip(layernorm_backward(dout, cache), theirs)]
print("out, dx, dgamma, dbeta equal to 1e-6:", max(gaps) < 1e-6)
assert max(gaps) < 1e-6
assert np.array_equal(layernorm_forward(x[:1], gamma, beta, {})[0], out[:1])

# %% [markdown]
# ## Carry it to pictures
#
# After a convolution x is (N, C, H, W), and the same filter made every pixel of a channel. So the channel is the feature, and each pixel of each picture is one of its samples. Batch norm for pictures is batch norm on a table of N·H·W rows and C columns: move the channel axis to the end, flatten the rest, call what you have, and go back.
#
# **Explain this line, this shape.** x is (2, 3, 4, 5).
#
# 1. What is the shape of `x.transpose(0, 2, 3, 1)`, and of its `.reshape(-1, 3)`?
# 2. Why not `x.reshape(-1, 3)` at once? It has the same shape.
# 3. `out.reshape(2, 4, 5, 3)` comes back from the table. Which transpose restores (2, 3, 4, 5)?
#
# <details><summary>Answers</summary>
#
# 1. (2, 4, 5, 3), then (40, 3): one row a pixel, one column a channel.
# 2. It cuts the numbers in memory order: the first row would be three neighbouring pixels of channel 0.
# 3. `transpose(0, 3, 1, 2)`: axis 3 (channels) comes second.
#
# </details>
#
# **Challenge.** Two or three lines each, with your own functions inside.

# %% tags=["exercise", "challenge"]
def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """x (N, C, H, W), gamma (C,), beta (C,), bn_param as in batchnorm_forward (the same dictionary
    gets the running arrays (C,)) → out (N, C, H, W), and the cache of batchnorm_forward on the
    (N·H·W, C) table: (x_hat (N·H·W, C), std (C,), gamma); its rows run over n, then h, then w."""
    # BEGIN SOLUTION  channels last, flatten to rows, batchnorm_forward, and back
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    out = out.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    # END SOLUTION
    return out, cache


# %%
check.spatial_batchnorm_forward(spatial_batchnorm_forward)


# %% tags=["exercise", "challenge"]
def spatial_batchnorm_backward(dout, cache):
    """dout (N, C, H, W), cache of spatial_batchnorm_forward in train mode
    → dx (N, C, H, W), dgamma (C,), dbeta (C,)."""
    # BEGIN SOLUTION  the same two moves around batchnorm_backward
    N, C, H, W = dout.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    # END SOLUTION
    return dx, dgamma, dbeta


# %%
check.spatial_batchnorm_backward(spatial_batchnorm_backward)

# %% [markdown]
# Group norm cuts the C channels into G groups of neighbours. `x.reshape(N, G, -1)` lays the numbers of each group in one row, because channels, rows and columns follow each other in memory order; mean and variance run along the last axis. γ and β belong to channels, so go back to (N, C, H, W) before you use them. cs231n passes them as (1, C, 1, 1), PyTorch has (C,); take both: `gamma.reshape(1, -1, 1, 1)` makes them fit, and dgamma gets the shape that gamma had.

# %% tags=["exercise", "challenge"]
def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """x (N, C, H, W), gamma and beta (C,) or (1, C, 1, 1), G divides C, gn_param {"eps": default 1e-5}
    → out (N, C, H, W) with the dtype of x, cache = (x_hat (N, C, H, W), std (N, G, 1), gamma, G).
    Each picture's channels are cut into G groups of C / G neighbours; each group is normalised over
    its channels, rows and columns: mean, biased variance, std = sqrt(variance + eps)."""
    eps = gn_param.get("eps", 1e-5)
    # BEGIN SOLUTION  groups = x.reshape(N, G, -1); mean and var over its last axis, keepdims=True
    groups = x.reshape(len(x), G, -1)
    std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    x_hat = ((groups - groups.mean(axis=2, keepdims=True)) / std).reshape(x.shape)
    out = gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)
    # END SOLUTION
    return out, (x_hat, std, gamma, G)


# %%
check.spatial_groupnorm_forward(spatial_groupnorm_forward)


# %% tags=["exercise", "challenge"]
def spatial_groupnorm_backward(dout, cache):
    """dout (N, C, H, W), cache (x_hat (N, C, H, W), std (N, G, 1), gamma, G) of
    spatial_groupnorm_forward → dx (N, C, H, W), dgamma and dbeta with the shape of gamma."""
    x_hat, std, gamma, G = cache
    # BEGIN SOLUTION  dgamma, dbeta over axes 0, 2, 3; then layer norm's formula on (N, G, -1)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3)).reshape(gamma.shape)
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(gamma.shape)
    d = (dout * gamma.reshape(1, -1, 1, 1)).reshape(len(dout), G, -1)
    x_hat = x_hat.reshape(d.shape)
    mean, along = d.mean(axis=2, keepdims=True), (d * x_hat).mean(axis=2, keepdims=True)
    dx = ((d - mean - x_hat * along) / std).reshape(dout.shape)
    # END SOLUTION
    return dx, dgamma, dbeta


# %%
check.spatial_groupnorm_backward(spatial_groupnorm_backward)

# %% [markdown]
# PyTorch's `nn.BatchNorm2d` and `nn.GroupNorm`, with a height and a width that differ:

# %%
rng = np.random.default_rng(5)
x, dout, gamma, beta = rng.normal(3, 2, (2, 6, 4, 5)), rng.normal(size=(2, 6, 4, 5)), rng.normal(size=6), rng.normal(size=6)
mine = {"BatchNorm2d": (spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"}), spatial_batchnorm_backward),
        "GroupNorm": (spatial_groupnorm_forward(x, gamma, beta, 3, {}), spatial_groupnorm_backward)}
for name, layer in [("BatchNorm2d", nn.BatchNorm2d(6)), ("GroupNorm", nn.GroupNorm(3, 6))]:
    (out, cache), backward = mine[name]
    layer.weight, layer.bias = nn.Parameter(torch.tensor(gamma)), nn.Parameter(torch.tensor(beta))
    x_torch = torch.tensor(x, requires_grad=True)
    layer.double()(x_torch).backward(torch.tensor(dout))
    theirs = [layer(x_torch).detach(), x_torch.grad, layer.weight.grad, layer.bias.grad]
    gap = max(np.abs(a - b.numpy()).max() for a, b in zip([out, *backward(dout, cache)], theirs))
    print(name, "out and three gradients equal to 1e-6:", gap < 1e-6)
    assert gap < 1e-6

# %% [markdown]
# ## Put it into the network
#
# `FullyConnectedNet` of lesson 4 refused every `normalization` but `None`. Here it learns two words. The order in each hidden layer is **affine – norm – relu**; the last layer has neither norm nor ReLU, because scores need their free size. New lines compared with lesson 4: γ and β in `params`, one `bn_param` a layer, and the norm between affine and ReLU, forward and backward. `weight_scale="he"` is new too. Read it before you run it.

# %%
NORMS = {"batchnorm": (batchnorm_forward, batchnorm_backward_alt), "layernorm": (layernorm_forward, layernorm_backward)}


class FullyConnectedNet:
    """affine - norm - relu for each entry of hidden_dims, then affine - softmax."""

    def __init__(self, hidden_dims, input_dim=784, num_classes=10, dropout=1, normalization=None,
                 reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        if dropout != 1 or normalization not in (None, *NORMS):
            raise ValueError("dropout comes in lesson 7; normalization is None, 'batchnorm' or 'layernorm'")
        rng, dims = np.random.default_rng(seed), [input_dim, *hidden_dims, num_classes]
        self.normalization, self.reg, self.dtype = normalization, reg, dtype
        self.num_layers, self.params = len(dims) - 1, {}
        self.bn_params = [{} for _ in hidden_dims]  # one dictionary a layer, never shared
        for k in range(1, len(dims)):
            sigma = np.sqrt(2 / dims[k - 1]) if weight_scale == "he" else weight_scale
            W = sigma * rng.normal(size=(dims[k - 1], dims[k]))
            self.params |= {f"W{k}": W.astype(dtype), f"b{k}": np.zeros(dims[k], dtype)}
            if normalization and k < len(dims) - 1:
                self.params |= {f"gamma{k}": np.ones(dims[k], dtype), f"beta{k}": np.zeros(dims[k], dtype)}


# %% [markdown]
# The method `loss` gets a cell of its own; the last line of the next cell puts it into the class.

# %%
def loss(self, X, y=None):
    p, L, h, caches = self.params, self.num_layers, X.astype(self.dtype), []
    for k in range(1, L + 1):
        h, affine = affine_forward(h, p[f"W{k}"], p[f"b{k}"])
        norm = relu = None
        if k < L and self.normalization:
            self.bn_params[k - 1]["mode"] = "test" if y is None else "train"
            h, norm = NORMS[self.normalization][0](h, p[f"gamma{k}"], p[f"beta{k}"], self.bn_params[k - 1])
        if k < L:
            h, relu = relu_forward(h)
        caches.append((affine, norm, relu))
    if y is None:
        return h
    (value, d), grads = softmax_loss(h, y), {}
    for k in range(L, 0, -1):
        affine, norm, relu = caches[k - 1]
        d = relu_backward(d, relu) if k < L else d
        if norm:
            d, grads[f"gamma{k}"], grads[f"beta{k}"] = NORMS[self.normalization][1](d, norm)
        d, dW, grads[f"b{k}"] = affine_backward(d, affine)
        grads[f"W{k}"] = dW + self.reg * p[f"W{k}"]
        value += 0.5 * self.reg * (p[f"W{k}"] ** 2).sum()
    return value, grads


FullyConnectedNet.loss = loss

# %% [markdown]
# The three questions of lesson 4, for the two new words. First loss near ln 10? Gradients equal to PyTorch's, for every parameter of a network of three layers?

# %%
for kind, torch_kind in [("batchnorm", nn.BatchNorm1d), ("layernorm", nn.LayerNorm)]:
    first = FullyConnectedNet([50, 50], normalization=kind, seed=0).loss(X_train[:100], y_train[:100])[0]
    net = FullyConnectedNet([20, 15], normalization=kind, weight_scale="he", dtype=np.float64, seed=0)
    theirs = mlp(torch_kind, 1, seed=0, dims=(784, 20, 15, 10)).double()
    with torch.no_grad():
        for k, layer in enumerate([layer for layer in theirs if isinstance(layer, nn.Linear)], 1):
            layer.weight.copy_(torch.tensor(net.params[f"W{k}"].T))
    value, grads = net.loss(X_train[:30], y_train[:30])
    nn.functional.cross_entropy(theirs(T_train[:30].double()), L_train[:30]).backward()
    names = ["W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"]
    gap = max(np.abs(grads[n] - p.grad.numpy().T).max() for n, p in zip(names, theirs.parameters()))
    print(f"{kind}: first loss {first:.2f}, all {len(grads)} gradients equal to 1e-6: {gap < 1e-6}")
    assert abs(first - np.log(10)) < 0.1
    assert gap < 1e-6

# %% [markdown]
# And the third: 50 images by heart, from three seeds, with the training loop of lesson 4 in its shortest form.

# %%
def train(net, X, y, lr, steps, batch_size, seed=0):
    """SGD on shuffled batches for a number of steps; → loss of each batch."""
    rng, losses = np.random.default_rng(seed), []
    while True:
        order = rng.permutation(len(X))[: len(X) // batch_size * batch_size]
        for batch in order.reshape(-1, batch_size):
            value, grads = net.loss(X[batch], y[batch])
            for name in net.params:
                net.params[name] -= lr * grads[name]
            losses.append(value)
            if len(losses) == steps:
                return losses


def accuracy(net, X, y):
    return (net.loss(X).argmax(axis=1) == y).mean()


# %%
for kind in NORMS:
    nets = [FullyConnectedNet([100, 100], normalization=kind, weight_scale="he", seed=seed) for seed in range(3)]
    for seed, net in enumerate(nets):
        train(net, X_train[:50], y_train[:50], lr=0.1, steps=60, batch_size=25, seed=seed)
    reached = [accuracy(net, X_train[:50], y_train[:50]) for net in nets]
    print(kind, *(f"{a:.0%}" for a in reached))
    assert min(reached) == 1

# %% [markdown]
# ## Measure what it buys, and what it costs
#
# **Larger learning rates.** A network of five hidden layers of 50 units, He start, 120 steps of 50 digits, two seeds, with every learning rate from 0.03 to 10. Numbers that overflow are part of the answer, so `np.errstate` keeps NumPy from warning.

# %%
def experiment(kind, hidden_dims, lr, steps, batch_size, seed):
    """Train from a He start, → test accuracy."""
    net = FullyConnectedNet(hidden_dims, normalization=kind, weight_scale="he", seed=seed)
    with np.errstate(all="ignore"):
        train(net, X_train, y_train, lr, steps, batch_size, seed)
        return accuracy(net, X_test, y_test)


kinds, rates = [None, "batchnorm", "layernorm"], [0.03, 0.1, 0.3, 1, 3, 10]
by_rate = {(kind, lr): [experiment(kind, [50] * 5, lr, 120, 50, seed) for seed in range(2)] for kind in kinds for lr in rates}

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for kind, style in zip(kinds, ["o-", "s-", "^--"]):
    ax.plot(rates, [np.mean(by_rate[kind, lr]) for lr in rates], style, label=kind or "plain")
ax.set(title="Batch norm still trains at a rate ten times larger", xscale="log", xlabel="learning rate",
       ylabel="test accuracy after 120 steps", ylim=(0, 1))
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Figure in words.** Test accuracy against learning rate for three networks. The plain one rises to a peak near 0.1 or 0.3 and is at chance from 1 on. Layer norm falls between 0.3 and 3. Batch norm is the highest curve, stays high up to 3 and is at chance at 10.

# %%
best = {kind: max(np.mean(by_rate[kind, lr]) for lr in rates) for kind in kinds}
print("best over all rates:", {str(kind): f"{value:.0%}" for kind, value in best.items()})
for lr in (1, 3):
    assert min(by_rate["batchnorm", lr]) > max(by_rate[None, lr]) + 0.5
assert max(by_rate["batchnorm", 10]) < 0.3
assert best["batchnorm"] > max(best[None], best["layernorm"]) + 0.02
assert abs(best["layernorm"] - best[None]) < 0.08

# %% [markdown]
# **What to notice.** Batch norm tolerates a learning rate at which the plain network is lost. After these 120 steps the best point of its curve is the highest too. Layer norm tolerates less, and its best point is about that of the plain network.
#
# **Where it buys nothing: a shallow network with a good start.** One hidden layer of 100 units, He, 500 steps, learning rate 0.5, three seeds.

# %%
shallow = {kind: [experiment(kind, [100], 0.5, 500, 50, seed) for seed in range(3)] for kind in (None, "batchnorm")}
for kind, values in shallow.items():
    print(f"{kind or 'plain':>9}:", "  ".join(f"{a:.1%}" for a in values))
assert abs(np.mean(shallow[None]) - np.mean(shallow["batchnorm"])) < 0.015

# %% [markdown]
# The difference of the means is below 1.5 %, about two standard errors of an accuracy on 1,000 digits (0.8 % each).
#
# **Where it does harm: small batches.** The mean of two numbers is a poor estimate of a mean. Two hidden layers of 50 units, 300 steps each, learning rate 0.05, three seeds. (Small batches see fewer digits in 300 steps; so compare the networks at the same batch size, not along the curve.)

# %%
batch_sizes = [2, 4, 16, 64]
by_batch = {(kind, B): [experiment(kind, [50, 50], 0.05, 300, B, seed) for seed in range(3)] for kind in kinds for B in batch_sizes}

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for kind, style, colour in zip(kinds, ["o-", "s-", "^--"], plot.COLOURS):
    mean = [np.mean(by_batch[kind, B]) for B in batch_sizes]
    ax.plot(batch_sizes, mean, style, label=kind or "plain", color=colour)
    ax.vlines(batch_sizes, [min(by_batch[kind, B]) for B in batch_sizes], [max(by_batch[kind, B]) for B in batch_sizes], color=colour, lw=1)
ax.set(title="With batches of two, batch norm does harm; layer norm does not mind", xscale="log", xlabel="batch size",
       ylabel="test accuracy after 300 steps", ylim=(0, 1), xticks=batch_sizes, xticklabels=batch_sizes)
ax.minorticks_off()
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Test accuracy against batch size, means of three seeds with thin bars from the worst to the best. At 16 and 64 the three curves are close together near 0.9. At 2 batch norm drops to about a third, far below the plain network and layer norm, which stay near each other.

# %%
assert np.mean(by_batch["batchnorm", 2]) < min(np.mean(by_batch[None, 2]), np.mean(by_batch["layernorm", 2])) - 0.15
assert max(by_batch["batchnorm", 2]) < min(by_batch["layernorm", 2])
for B in (16, 64):
    assert np.ptp([np.mean(by_batch[kind, B]) for kind in kinds]) < 0.05
for B in batch_sizes:
    assert np.mean(by_batch["layernorm", B]) > np.mean(by_batch[None, B]) - 0.05

# %% [markdown]
# **What to notice.** In a batch of two, every feature becomes +1 and −1 (trap 2 shows it): only *which* of the two is larger gets through. Layer norm never looks at the batch, and keeps level with the plain network at every batch size.
#
# **Where it helps.** Pictures and large batches: batch norm. Small batches (large pictures, detection): group norm. Sequences and transformers (lesson 18): layer norm.
#
# **Try it.** Run `experiment("batchnorm", [50, 50], 0.05, 3000, 2, 0)`: ten times as many steps. Expect no rescue: it stays near a third, while `None` with the same settings comes close to 90 %.
#
# ## Parameters
#
# `nn.BatchNorm1d` ((N, D) or (N, C, L)) and `nn.BatchNorm2d` ((N, C, H, W)) → same shape. Learn weight γ and bias β; keep running_mean, running_var and num_batches_tracked.
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `num_features` | – | D or C |
# | `eps` | 1e-5 | added to the variance |
# | `momentum` | 0.1 | weight of the *new* value; `None`: plain average of all batches |
# | `affine` | `True` | `False`: no γ, no β |
# | `track_running_stats` | `True` | `False`: batch statistics in eval mode too |
#
# `nn.LayerNorm`: any shape whose last axes are `normalized_shape`. `nn.GroupNorm`: (N, C, …).
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `normalized_shape` | – | an int or a list: the *last* axes, over which it averages; γ and β have this shape |
# | `num_groups`, `num_channels` | – | G and C; G must divide C |
# | `eps` | 1e-5 | added to the variance |
# | `elementwise_affine` (LayerNorm), `affine` (GroupNorm) | `True` | `False`: no γ, no β |
#
# `nn.init` fills a tensor in place; the `_` at the end of each name says so. For a weight (m, n) of `nn.Linear(n, m)`:
#
# | function | standard deviation |
# | --- | --- |
# | `nn.init.normal_(w, mean=0, std=1)`, `zeros_`, `constant_` | what you say |
# | `nn.init.xavier_normal_(w, gain=1)`, `xavier_uniform_` | gain·√(2/(n+m)) |
# | `nn.init.kaiming_normal_(w, nonlinearity="relu")`, `kaiming_uniform_` | √(2/n); without an argument too, because `a=0` makes the default `"leaky_relu"` a ReLU |
# | `… mode="fan_out"` | √(2/m) |
# | nothing: what `nn.Linear` does by itself | √(1/(3n)) |
#
# Measure them on a layer with 400 inputs and 100 outputs, and then by what is left of a signal after twenty layers of 256 ReLU units without bias.

# %%
inits = {"normal_(std=0.01)": lambda w: nn.init.normal_(w, std=0.01), "nn.Linear's own": lambda w: None,
         "xavier_normal_": nn.init.xavier_normal_, "kaiming_normal_": nn.init.kaiming_normal_,
         "kaiming_uniform_": nn.init.kaiming_uniform_,
         "kaiming, fan_out": lambda w: nn.init.kaiming_normal_(w, mode="fan_out")}
width, left = {}, {}
for name, init in inits.items():
    torch.manual_seed(0)
    layer, h = nn.Linear(400, 100), torch.randn(50, 256, dtype=torch.float64)
    init(layer.weight)
    width[name] = layer.weight.std().item() * np.sqrt(400)
    for _ in range(20):
        layer = nn.Linear(256, 256, bias=False).double()
        init(layer.weight)
        h = torch.relu(layer(h)).detach()
    left[name] = rms(h.numpy())

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3), sharey=True)
for ax, values, mark in [(axes[0], width, np.sqrt(2)), (axes[1], left, 1)]:
    ax.barh(list(inits), list(values.values()))
    ax.axvline(mark, color=plot.RED, ls="--")
axes[0].invert_yaxis()
axes[0].set(xlabel="standard deviation · √400 (dashed: √2)", title="400 inputs, 100 outputs")
axes[1].set(xlabel="rms after 20 ReLU layers (dashed: 1)", xscale="log", title="256 in, 256 out")
fig.suptitle("PyTorch's default is far from He: a deep ReLU stack fades", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, bars of the standard deviation times √400: 0.2 for normal_(std=0.01), 0.58 for nn.Linear's own, 1.26 for xavier, √2 at the dashed line for both kaiming functions, 2.8 with fan_out. Right, what is left after twenty layers: tiny for the first, about 10⁻⁸ for nn.Linear's own, about 10⁻³ for xavier, near 1 for the three kaiming ones.

# %%
expected = {"normal_(std=0.01)": 0.2, "nn.Linear's own": np.sqrt(1 / 3), "xavier_normal_": np.sqrt(800 / 500),
            "kaiming_normal_": np.sqrt(2), "kaiming_uniform_": np.sqrt(2), "kaiming, fan_out": np.sqrt(8)}
for name, value in expected.items():
    assert abs(width[name] / value - 1) < 0.03
assert 1e-9 < left["nn.Linear's own"] < 1e-7  # (1/6)^10
assert 1e-4 < left["xavier_normal_"] < 1e-2
for name in ("kaiming_normal_", "kaiming_uniform_", "kaiming, fan_out"):
    assert 0.2 < left[name] < 5

# %% [markdown]
# And `eps`. Remember the small end of the weight_scale figure: at 1e-4 batch norm no longer rescued everything. How large is the variance that the first batch norm sees there, against ε = 1e-5?

# %%
for s in (1e-4, 1e-3, 1e-2):
    z = X_train[:500] @ (s * np.random.default_rng(0).normal(size=(784, 50)))
    out, _ = batchnorm_forward(z, np.ones(50), np.zeros(50), {"mode": "train"})
    print(f"weight_scale {s:g}: variance of z {z.var(axis=0).mean():.0e}, std after batch norm {out.std():.2f}")
    assert np.isclose(out.std(), np.sqrt(z.var(axis=0) / (z.var(axis=0) + 1e-5)).mean(), rtol=0.05)
    assert (out.std() < 0.5) == (s == 1e-4)

# %% [markdown]
# **What to notice.** $\sqrt{v/(v+\varepsilon)}$ is the size that comes out. Where $v$ is far below ε, the layer no longer normalises. The promise "independent of scale" ends at ε.
#
# ## Traps
#
# **Trap 1: `model.eval()` forgotten.** Then every answer depends on the company. Train a network, and test it in training mode: with random batches, and with batches in which the digits are sorted by class, as files on a disk often are.

# %%
model = fit(mlp(nn.BatchNorm1d, 0.1, seed=0), steps=150)
right = torch_accuracy(model)
orders = {"random": torch.arange(1000), "sorted": torch.argsort(L_test)}
forgot = {}
for name, order in orders.items():
    for B in (100, 50, 2):
        mode_train = copy.deepcopy(model).train()  # a copy: this changes its running averages
        with torch.no_grad():
            answers = torch.cat([mode_train(T_test[part]) for part in order.split(B)]).argmax(dim=1)
        forgot[name, B] = (answers == L_test[order]).float().mean().item()
print(f"eval mode: {right:.0%}")
for key, value in forgot.items():
    print("train mode, {} digits, batches of {}: {:.0%}".format(*key, value))

# %%
assert right > 0.8
assert forgot["sorted", 50] < 0.35
assert forgot["random", 2] < 0.5
assert forgot["random", 100] > right - 0.05  # with large mixed batches nobody notices

# %% [markdown]
# **What to notice.** With large mixed batches the mistake is invisible. With sorted digits the mean of the batch *is* the digit, and batch norm subtracts it. **Right:** `model.eval()` before testing, `model.train()` before going on.
#
# **Trap 2: a batch of one, or two.** With one sample $x-\mu=0$. PyTorch refuses; your NumPy version returns β without a word. With two samples, whatever they are:

# %%
try:
    nn.BatchNorm1d(3)(torch.randn(1, 3))
except ValueError as error:
    print("ValueError:", error)
one, _ = batchnorm_forward(np.array([[5.0, -7, 100]]), np.ones(3), np.zeros(3), {"mode": "train"})
two, _ = batchnorm_forward(np.array([[5.0, -7, 100], [9, -70, 101]]), np.ones(3), np.zeros(3), {"mode": "train"})
print("one sample:", one.round(3), "\ntwo samples:\n", two.round(3))
assert (one == 0).all()
assert np.allclose(np.abs(two), 1, atol=1e-4)

# %% [markdown]
# **Right:** `drop_last=True` in the DataLoader (4,001 digits in batches of 50 leave a last batch of one), and group or layer norm where batches must be small.
#
# **Trap 3: momentum means the opposite.** You carry cs231n's 0.9 to PyTorch. The running mean then follows the last batch. How far is it from the mean of all digits, at the centre pixels?

# %%
middle = (X_train.reshape(-1, 28, 28)[:, 10:18, 10:18]).reshape(4000, 64)
for momentum in (0.1, 0.9):
    layer = nn.BatchNorm1d(64, momentum=momentum)
    for batch in batches[:100]:
        layer(torch.tensor(middle[batch]))
    off = np.abs(layer.running_mean.numpy() - middle.mean(axis=0)).mean()
    print(f"momentum={momentum}: mean distance from the true mean {off:.3f}")
    assert (off < 0.04) == (momentum == 0.1)

# %% [markdown]
# **Right:** PyTorch's momentum = 1 − cs231n's.
#
# **Trap 4: a bias before batch norm.** Batch norm subtracts the mean, and the bias with it. Its gradient is a sum over a column of dx, and that is 0.

# %%
net = FullyConnectedNet([50, 50], normalization="batchnorm", weight_scale="he", dtype=np.float64, seed=0)
value, grads = net.loss(X_train[:50], y_train[:50])
net.params["b1"] += 100  # a huge bias …
moved, _ = net.loss(X_train[:50], y_train[:50])
print(f"largest |db1| below 1e-12: {np.abs(grads['b1']).max() < 1e-12}; loss before and after: {value:.6f} {moved:.6f}")
assert np.abs(grads["b1"]).max() < 1e-12 < 1e-3 < np.abs(grads["b3"]).max()
assert np.isclose(value, moved)

# %% [markdown]
# **Right:** `nn.Linear(n, m, bias=False)`, `nn.Conv2d(…, bias=False)` before batch norm; β does the bias's work. (Before layer norm a bias is not useless: only a shift of all features together is removed.)
#
# **Trap 5: weight decay on γ.** The optimiser's `weight_decay` (权重衰减) shrinks *every* parameter at each step, by the factor $1-\text{lr}\cdot\lambda$, γ and β too. 100 steps with λ = 0.03, with γ, β and biases included or spared:

# %%
decayed = {}
for spare in (False, True):
    for seed in range(3):
        model = mlp(nn.BatchNorm1d, 0.1, seed)
        matrices = [p for p in model.parameters() if p.ndim == 2]
        vectors = [p for p in model.parameters() if p.ndim == 1]  # gamma, beta, biases
        groups = [{"params": matrices, "weight_decay": 0.03}, {"params": vectors, "weight_decay": 0 if spare else 0.03}]
        fit(model, seed=seed, groups=groups)
        decayed.setdefault(spare, []).append((model[1].weight.mean().item(), torch_accuracy(model)))
    print("γ, β spared:" if spare else "all decayed:", "  ".join(f"mean γ {g:.2f}, accuracy {a:.0%}" for g, a in decayed[spare]))

# %%
for g, _ in decayed[False]:
    assert abs(g - (1 - 0.1 * 0.03) ** 100) < 0.05
for g, _ in decayed[True]:
    assert abs(g - 1) < 0.05
mean_accuracy = {spare: np.mean([a for _, a in decayed[spare]]) for spare in decayed}
assert abs(mean_accuracy[True] - mean_accuracy[False]) < 0.05

# %% [markdown]
# **What to notice.** Decay drives γ along $(1-0.003)^{100}=0.74$, and the gradient hardly resists. In this small network the accuracy does not show it: the means differ by less than 5 %, and nobody would call that a proof either way. It is a habit of the trade rather than a law: **right** is to give γ, β and biases a group of their own with `weight_decay=0`, as the cell does. And know what decay on W *before* batch norm means: the outputs do not depend on the size of W, so it cannot make the function simpler. It makes W smaller, and with it each step's share larger.
#
# **Trap 6: validation data leak into the statistics.** `torch.no_grad()` stops gradients. It does not stop running averages.

# %%
model = fit(mlp(nn.BatchNorm1d, 0.1, seed=0), steps=150)
for mode in ("train", "eval"):
    before = model[1].running_mean.clone()
    getattr(model, mode)()  # model.train() or model.eval()
    with torch.no_grad():
        model(T_test)
    moved = (model[1].running_mean - before).abs().max().item()
    print(f"{mode} mode: one look at the test digits moves the running mean by up to {moved:.3f}")
    assert (moved > 0.001) == (mode == "train")

# %% [markdown]
# **Right:** `eval()` for everything that is not training. It stops the update and the dependence at once; `no_grad()` saves memory. You need both.
#
# ## Beyond the roadmap
#
# **Do not judge depth by weight gradients.** A popular test for vanishing gradients compares the gradient of W in early and late layers. Try it on the ReLU network with scale 0.01, in which the gradient at layer 2 is some $10^{-17}$ of that at layer 20. ($dW_k=h_{k-1}^\top(g_k\odot f'(z_k))$.)

# %%
layers, weights = runs["ReLU", "0.01"]
grads = gradients(layers, weights, slopes["ReLU"])
dW = {k: rms(layers[k - 1].T @ (grads[k - 1] * (layers[k] > 0))) for k in (2, 11, 20)}
print("rms of dW, relative to layer 20:  ", {k: round(float(dW[k] / dW[20]), 1) for k in dW})
print(f"gradient at layer 2, relative to layer 20: {rms(grads[1]) / rms(grads[19]):.0e}")
assert 0.3 < dW[2] / dW[20] < 3
assert 1e-18 < rms(grads[1]) / rms(grads[19]) < 1e-16

# %% [markdown]
# All weight gradients are equally, uselessly small: dW is a product of the signal, which dies on the way up, and the gradient, which dies on the way down. Look at $\partial L/\partial h$.
#
# **Batch norm vanishes when training is over.** In test mode μ and s are constants, so the layer is $\frac{\gamma}{s}x+(\beta-\frac{\gamma\mu}{s})$, an affine map. It can be folded into the affine layer before it, and then it costs nothing.

# %%
model.eval()
linear, norm = model[0], model[1]
factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
folded = nn.Linear(784, 50)
with torch.no_grad():
    folded.weight.copy_(factor[:, None] * linear.weight)
    folded.bias.copy_(factor * (linear.bias - norm.running_mean) + norm.bias)
    same = torch.allclose(folded(T_test), norm(linear(T_test)), atol=1e-4)
print("two layers in one:", same)
assert same

# %% [markdown]
# **Why does it help?** The paper of 2015 said: it removes internal covariate shift (内部协变量偏移), the change of each layer's inputs while the layers below learn. Santurkar and others (2018) added noise after batch norm, so that the shift came back, and training stayed as fast; they say that it makes the loss smoother. You have measured three things: scale drops out, digits stay apart, rates may be larger. Say those, and say that the explanation is disputed.
#
# ## Check yourself
#
# **1.** A ReLU network has layers of 1,000 units and weights with standard deviation 0.03. Does the signal grow or fade, and by which factor of its mean square a layer? (Question 35 of stage 6. Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# $\tfrac12n\sigma^2=\tfrac12\cdot1000\cdot0.0009=0.45$. It fades; He would be $\sqrt{2/1000}\approx0.045$.
#
# </details>
#
# **2.** A layer norm gets only two features (D = 2). What comes out? (cs231n asks when layer norm works badly. Run the second cell.)
#
# <details><summary>Answer</summary>
#
# +1 and −1 in each row, as batch norm in a batch of two: only which feature is larger gets through. Layer norm needs many features.
#
# </details>
#
# **3.** Which of these treats pictures as batch norm does, and which as layer norm does? (a) Subtract the mean picture of the data set from each picture. (b) Scale each picture so that its pixels add up to 1.
#
# <details><summary>Answer</summary>
#
# (a) is like batch norm: each pixel's mean over the samples. (b) is like layer norm: each picture by its own numbers.
#
# </details>
#
# **4.** Your network reaches 89 % in validation, and one picture at a time, in the app, it answers nonsense or stops with an error. What do you look at first? (Question 40.)
#
# <details><summary>Answer</summary>
#
# `model.eval()`. Validation ran in large mixed batches, where training mode looks fine.
#
# </details>
#
# **5.** You double all weights of a layer before batch norm, with ε = 0. What happens to the output, and to the gradient of these weights?
#
# <details><summary>Answer</summary>
#
# The output stays. The gradient is halved: the same output change now needs twice the step. (Line 9 has $1/s$, and s has doubled.)
#
# </details>
#
# **6.** Why is dx in batch norm not $\gamma g/s$?
#
# <details><summary>Answer</summary>
#
# Each x also moves the mean and the variance of its column, and with them every output of the column. These paths remove from g its mean and its part along x_hat.
#
# </details>

# %%
q = [rms(h) ** 2 for h in forward(np.ones((1, 1000)), lambda n: 0.03, activations["ReLU"], depth=10, width=1000)[0]]
print(f"1. factor a layer: {(q[-1] / q[0]) ** 0.1:.2f}")
assert abs((q[-1] / q[0]) ** 0.1 - 0.45) < 0.05

# %%
pairs = np.random.default_rng(0).normal(size=(4, 2)) * 100
print("2.", layernorm_forward(pairs, np.ones(2), np.zeros(2), {})[0].round(2).tolist())
assert np.allclose(np.abs(layernorm_forward(pairs, np.ones(2), np.zeros(2), {})[0]), 1, atol=1e-2)

# %% [markdown]
# ## In one breath
#
# Say aloud: "A layer multiplies the mean square of its signal by n σ², and a ReLU takes half of it; so σ² is 1/n for tanh and 2/n for ReLU, and the gradient obeys the same rule with the number of outputs. Zeros do not learn, and equal units stay equal. Batch norm subtracts the batch mean of each feature, divides by the root of variance plus ε, and learns γ and β; it keeps running averages for testing. Its gradient is γ over s times g, minus its mean, minus its part along x_hat. It forgives a bad start and a large learning rate; it needs batches that are not tiny, and eval mode. Layer norm does the same along each sample, so it needs neither. Group norm is in between, for pictures."
#
# **Read on.** Chapter 7 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Glorot, Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks". He, Zhang, Ren, Sun (2015), ["Delving deep into rectifiers"](https://arxiv.org/abs/1502.01852). Ioffe, Szegedy (2015), ["Batch normalization"](https://arxiv.org/abs/1502.03167). Ba, Kiros, Hinton (2016), ["Layer normalization"](https://arxiv.org/abs/1607.06450). Wu, He (2018), ["Group normalization"](https://arxiv.org/abs/1803.08494). Santurkar, Tsipras, Ilyas, Mądry (2018), ["How does batch normalization help optimization?"](https://arxiv.org/abs/1805.11604). Next: lesson 7, [Dropout and regularization](../04_dl_theory/07_dropout_and_regularization.ipynb).
