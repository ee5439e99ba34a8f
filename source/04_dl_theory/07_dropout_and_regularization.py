# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 50
#     days: 1
#     needs: ["04_dl_theory/05_optimizers", "04_dl_theory/06_initialization_and_normalization"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 Dropout and regularization (丢弃法与正则化)
#
# Give a network 300 digits and put a wrong label on every fifth. It learns all of them by heart, the wrong ones too, and reads new digits worse than it did before. Then switch half of its units off at random while it trains. It reads better.
#
# **You will** watch a network learn by heart, derive and write dropout (丢弃法) forward and backward, and then race it against weight decay, early stopping, moved pictures and softened labels: each on five draws of real digits, with clean and with wrong labels, also where it does not help.
#
# **After it you can**
#
# - write inverted dropout in three lines, say why it divides by p, and read PyTorch's version, whose p means the opposite;
# - say what each method does to weights, units, data or labels, and name a case in which it is useless or harmful;
# - compare methods fairly, and recognise eight mistakes that raise no error.
#
# **You need** the layers of [lesson 4](04_multilayer_perceptron.ipynb), AdamW from [lesson 5](05_optimizers.ipynb) and batch norm from [lesson 6](06_initialization_and_normalization.ipynb).
#
# **Where this stands.** Stage 4 of the roadmap, core path, one day. Watch first the cs231n lecture on training neural networks that covers regularization. Names, arguments and caches are those of cs231n's assignment 2 (2019). **Stuck?** Read section 7.7, 网络正则化, of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the [cs231n notes](https://cs231n.github.io/neural-networks-2/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **How to read it.** Answer the questions "Explain this line" first, then write. Three exercises are the core; three more are challenges.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import rotate, shift
from torch import nn
from torchvision.transforms import v2

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
# ## Watch a network learn by heart
#
# The data are real MNIST digits (CC BY-SA 3.0). You get 300 to train on, few on purpose: this is where regularization has something to do. One draw of 300 proves little, so there are five draws. And every draw comes twice: with its own labels, and with 20 % of them wrong, as a tired annotator would leave them.

# %%
digits = data.mnist.load()
pool, pool_y = torch.tensor(digits.X_train[:4000]).flatten(1), torch.tensor(digits.y_train[:4000])
X_test, y_test = torch.tensor(digits.X_test[:1000]).flatten(1), torch.tensor(digits.y_test[:1000])
order = torch.stack([torch.randperm(4000) for _ in range(5)])  # (5, 4000): five shuffles
order = torch.cat([order, order])  # rows 5 to 9: the same digits once more
labels = pool_y[order]
wrong = torch.rand(5, 4000) < 0.2
labels[5:] = torch.where(wrong, (labels[5:] + torch.randint(1, 10, (5, 4000))) % 10, labels[5:])

# %% [markdown]
# The first 300 of each shuffle are for training, the last 300 for validation (验证), with the same share of wrong labels. The 1,000 test digits keep their right labels.

# %%
X, y = pool[order[:, :300]], labels[:, :300]  # (10, 300, 784), (10, 300)
X_val, y_val = pool[order[:, -300:]], labels[:, -300:]
HALVES = {"clean labels": slice(0, 5), "20 % wrong": slice(5, 10)}
share = (y[5:] != y[:5]).float().mean().item()
print(f"{share:.0%} of the labels in the second half are wrong")
assert 0.17 < share < 0.23

# %% [markdown]
# Ten data sets, so ten networks. They train side by side: each weight matrix gets a first axis for the network, and `h @ W` multiplies ten pairs of matrices at once. Row 5 starts from the same weights as row 0, sees the same digits in the same order, and differs in its labels alone. (`pairwise` yields neighbours: (784, 100), (100, 100), (100, 10).) `nn.Dropout(0.0)` does nothing yet.

# %%
class Team(nn.Module):
    """S networks side by side, 784 – hidden – 10: x (S, N, 784) or (N, 784) → scores (S, N, 10)."""

    def __init__(self, hidden=(100, 100), drop=0.0, copies=2):
        super().__init__()
        random, dims = torch.Generator().manual_seed(0), [784, *hidden, 10]
        self.W, self.b = nn.ParameterList(), nn.ParameterList()
        for D, M in pairwise(dims):
            W = torch.randn(5, D, M, generator=random) * (2 / D) ** 0.5  # He's scale, lesson 6
            self.W.append(W.repeat(copies, 1, 1))
            self.b.append(torch.zeros(5 * copies, 1, M))
        self.drop = nn.Dropout(drop)

    def forward(self, x):
        for W, b in zip(self.W[:-1], self.b[:-1]):
            x = self.drop(torch.relu(x @ W + b))  # affine – ReLU – dropout
        return x @ self.W[-1] + self.b[-1]


# %% [markdown]
# One training loop serves the whole lesson. `decay`, `smooth`, `change` and `after` are the doors through which the methods will enter; leave them shut for now.

# %%
def train(team, X, y, epochs=25, batch=50, decay=0.0, smooth=0.0, change=None, after=None, watch=None):
    """AdamW, the same batches for every method. change(x) alters a batch, after(team) runs after
    each step, watch(team) after each epoch → list of what watch returned."""
    torch.manual_seed(0)  # for masks and changes
    random, seen = torch.Generator().manual_seed(0), []  # for the order of the digits
    groups = [{"params": team.W, "weight_decay": decay}, {"params": team.b, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=2e-3, fused=True)  # fused: one fast step for all
    for _ in range(epochs):
        team.train()
        for rows in torch.randperm(X.shape[1], generator=random).split(batch):
            x = X[:, rows] if change is None else change(X[:, rows])
            scores = team(x).flatten(0, 1)
            loss = F.cross_entropy(scores, y[:, rows].flatten(), label_smoothing=smooth)
            optimizer.zero_grad()
            (len(X) * loss).backward()  # a mean for each network, not over all of them
            optimizer.step()
            if after:
                after(team)
        if watch:
            seen.append(watch(team))
    return seen


# %% [markdown]
# `score` judges in eval mode (评估模式): accuracy and mean loss of each network. `gather` picks the log-probability of the right class.

# %%
def losses(scores, y):
    """scores (…, N, C), y (…, N) or (N,) → cross-entropy of each digit (…, N)"""
    y = y.expand(scores.shape[:-1])
    return -scores.log_softmax(-1).gather(-1, y[..., None])[..., 0]


@torch.no_grad()
def score(team, X, y):
    """→ accuracy (S,), loss (S,)"""
    team.eval()
    scores = team(X)
    return (scores.argmax(-1) == y).float().mean(-1), losses(scores, y).mean(-1)


# %% [markdown]
# Train without any help, and look after each epoch: accuracy on the training labels, loss on the validation digits, scores of all test digits. What do you expect of the wrong labels: can 300 digits with nonsense labels be learned at all?

# %%
@torch.no_grad()
def watch(team):
    train_right, val_loss = score(team, X, y)[0], score(team, X_val, y_val)[1]
    return train_right, val_loss, team(X_test)  # score has set eval mode


base = Team()
train_right, val_loss, scores = map(torch.stack, zip(*train(base, X, y, watch=watch)))
hits = scores.argmax(3) == y_test  # (25 epochs, 10 networks, 1000 digits)
test_right, test_loss = hits.float().mean(2), losses(scores, y_test).mean(2)  # (25, 10)

# %%
epochs = np.arange(1, 26)
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.4))
for (label, half), colour in zip(HALVES.items(), [plot.BLUE, plot.ORANGE]):
    axes[0].plot(epochs, train_right[:, half].mean(1), ":", color=colour, label=f"train, {label}")
    axes[0].plot(epochs, test_right[:, half].mean(1), color=colour, label=f"test, {label}")
    axes[1].plot(epochs, test_loss[:, half].mean(1), color=colour, label=f"test, {label}")
axes[0].set(xlabel="epoch", ylabel="accuracy", ylim=(0.4, 1.02))
axes[1].set(xlabel="epoch", ylabel="loss", ylim=(0, 2))
axes[0].legend(fontsize=8)
axes[1].legend(fontsize=8)
fig.suptitle("Every label is learned, the wrong ones too, and the test loss turns back up", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, both dotted training curves climb to 100 %. The solid test curve of the clean half levels off in the eighties; that of the half with wrong labels rises to about 75 % and then sinks. Right, both test losses fall for a few epochs and then rise again, the one with wrong labels steeply.

# %%
results = {"nothing": score(base, X_test, y_test)}
for label, half in HALVES.items():
    right, worst = test_right[:, half].mean(1), test_loss[:, half].mean(1)
    print(f"{label}: train {train_right[-1, half].mean():.0%}, test {right[-1]:.0%} (best epoch {right.max():.0%}); "
          f"test loss {worst.min():.2f} → {worst[-1]:.2f}")
assert train_right[-1].min() > 0.99
assert (test_loss[-1] > test_loss.min(0).values + 0.02).all()  # it turned up for each network
assert test_right[:, 5:].mean(1).max() - test_right[-1, 5:].mean() > 0.02
assert 0.8 < test_right[-1, :5].mean() < 0.88

# %% [markdown]
# **What to notice.** Training accuracy says 100 % in both halves. It cannot tell a network that has understood from one that has memorised nonsense. And the loss shows trouble before the accuracy does: on clean labels the test accuracy stays where it is, while the test loss climbs, because the network grows ever surer of its mistakes.
#
# **The idea.** This is overfitting (过拟合): good on the training set, worse on new data. Regularization (正则化) is anything that you do to training in order to be better on *new* data. You can limit the weights, disturb the units, stop sooner, vary the pictures, soften the labels. You will do each, and keep a table.
#
# ## Switch units off at random
#
# Dropout does a strange thing. In each training step every unit of a hidden layer is kept with probability $p$ and set to 0 otherwise, anew for each sample. Take one hidden layer of 100 units, all at 1, and drop half:

# %%
rng = np.random.default_rng(0)
x = np.ones(100)
kept = rng.random(100) < 0.5  # True with probability 0.5
print("the first ten units:", (x * kept)[:10], " mean of all:", (x * kept).mean())

# %% [markdown]
# The next layer now receives about half of what it is used to. That would not matter if it always did. But at test time you want no noise: all units are on, and suddenly twice as much arrives. Look at the sum that a unit of the next layer computes, over 5,000 random masks (掩码), and at what it computes at test time.

# %%
h, w = np.maximum(rng.normal(size=100), 0), rng.normal(0.1, 0.1, size=100)  # a layer, weights of a unit
masks = rng.random((5000, 100)) < 0.5
plain, inverted, test_sum = (h * masks) @ w, (h * masks / 0.5) @ w, h @ w
fig, ax = plt.subplots(figsize=(7.6, 3.2))
bins = np.linspace(0, 1.2 * inverted.max(), 60)
ax.hist(plain, bins, color=plot.ORANGE, alpha=0.7, label="training, not divided")
ax.hist(inverted, bins, color=plot.BLUE, alpha=0.6, label="training, divided by p")
ax.axvline(test_sum, color="black", label="test: all units on")
ax.set(title="Divide by p, and training agrees with the test on average", xlabel="sum that arrives at the next unit",
       ylabel="number of masks")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two hills. The orange one, without division, stands at half the value of a black vertical line that marks the test. The blue one, divided by p, is wider and centred on the line.

# %%
print(f"test {test_sum:.2f}; mean over masks: not divided {plain.mean():.2f}, divided {inverted.mean():.2f}")
assert abs(inverted.mean() / test_sum - 1) < 0.02
assert abs(plain.mean() / test_sum - 0.5) < 0.01

# %% [markdown]
# **By hand: why divide by p.** $m_i$ is 1 with probability $p$ and 0 otherwise, one for each entry of x, independent of the others.
#
# **Line 1.** $\text{out}_i=x_i\,m_i/p$. *Reason: this is the definition of inverted dropout (反向随机失活).*
#
# **Line 2.** $E[\text{out}_i]=p\cdot\dfrac{x_i}{p}+(1-p)\cdot0=x_i$. *Reason: two cases, weighted by their probabilities. So on average training sees what the test will see, and the test needs no correction.*
#
# **Line 3.** $\text{Var}[\text{out}_i]=E[\text{out}_i^2]-x_i^2=\dfrac{x_i^2}{p}-x_i^2=\dfrac{1-p}{p}\,x_i^2$. *Reason: $E[\text{out}_i^2]=p\cdot x_i^2/p^2$. The mean is right; the noise stays. That noise is the point.*
#
# The older way leaves training undivided and multiplies by $p$ at test time. The inverted way costs nothing at test time, and is what every library does.
#
# **Explain this line, this shape.** Answer before you write.
#
# 1. `mask = (rng.random(x.shape) < p) / p`: which values does the mask hold? Why `< p` and not `> p`?
# 2. x is (50, 100). What would `rng.random(x.shape[1]) < p` do?
# 3. Why does the cache need the mask?
#
# <details><summary>Answers</summary>
#
# 1. 0 and 1/p. `rng.random` is uniform between 0 and 1, so it lies below p with probability p, the probability of *keeping*.
# 2. One mask of 100 entries, laid over all 50 rows: the same units are off for every sample of the batch. Nothing fails, there is less variety.
# 3. The gradient must go the way that the numbers went. A new mask would send it through other units.
#
# </details>

# %% tags=["exercise"]
def dropout_forward(x, dropout_param):
    """Inverted dropout. x: any shape, float. dropout_param: {"mode": "train" or "test",
    "p": probability of KEEPING an entry, 0 < p ≤ 1, and perhaps "seed": int}.

    train → out = x * mask; mask has the shape and dtype of x, each entry on its own is 1/p
    with probability p, else 0: new at each call, except that a seed gives the same mask again.
    test → out = x, mask = None.
    Return out (dtype of x) and cache = (dropout_param, mask).
    """
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask, out = None, x
    # BEGIN SOLUTION  in train mode: a generator from the seed (None is random), the mask, x * mask
    if mode == "train":
        rng = np.random.default_rng(dropout_param.get("seed"))
        mask = ((rng.random(x.shape) < p) / p).astype(x.dtype)
        out = x * mask
    # END SOLUTION
    return out, (dropout_param, mask)


# %%
check.dropout_forward(dropout_forward)

# %% [markdown]
# **By hand: backward.** $g_i=\partial L/\partial\text{out}_i$ is `dout`.
#
# **Line 1.** $\text{out}_i=x_i\cdot\text{mask}_i$. *Reason: the forward pass. The mask is a table of constants now; nobody asks for its gradient.*
#
# **Line 2.** $\dfrac{\partial\,\text{out}_i}{\partial x_j}=\text{mask}_i$ if $i=j$, else 0. *Reason: each output reads one input.*
#
# **Line 3.** $\dfrac{\partial L}{\partial x_i}=g_i\cdot\text{mask}_i$. *Reason: chain rule. A dropped unit gets no gradient, a kept one gets $1/p$ times as much.* Shapes: all that of x.
#
# **Explain this line.**
#
# 1. A unit was dropped for all samples of a batch. What do the weights *into* it learn in this step? And the weights *out of* it?
# 2. In test mode the mask is `None`. What is dx?
#
# <details><summary>Answers</summary>
#
# 1. Nothing, both. Into it: its dx is 0. Out of it: its value is 0, and $dw=x^\top g$.
# 2. dout: the output was x itself.
#
# </details>

# %% tags=["exercise"]
def dropout_backward(dout, cache):
    """dout: shape of x; cache (dropout_param, mask) of dropout_forward, mask 0 or 1/p, or None
    in test mode → dx of the same shape and dtype."""
    dropout_param, mask = cache
    # BEGIN SOLUTION  dout times the mask in train mode, dout as it is in test mode
    dx = dout * mask if dropout_param["mode"] == "train" else dout
    # END SOLUTION
    return dx


# %%
check.dropout_backward(dropout_backward)

# %% [markdown]
# ## Find the same layer in PyTorch
#
# `nn.Dropout(p)` has a p too. Does it mean the same? Give both a million ones. Do not ask for the same entries, since the two random generators differ; ask for what dropout promises.

# %%
million = np.ones((1000, 1000), dtype=np.float32)
ours = dropout_forward(million, {"mode": "train", "p": 0.8})[0]
theirs = nn.Dropout(0.2)(torch.tensor(million)).numpy()  # a new layer is in train mode
for name, out in [("dropout_forward, p = 0.8", ours), ("nn.Dropout(p = 0.2)     ", theirs)]:
    print(f"{name}: mean {out.mean():.2f}, zeros {np.mean(out == 0):.0%}, largest value {out.max():.2f}")
    assert abs(out.mean() - 1) < 0.005
    assert abs(np.mean(out == 0) - 0.2) < 0.005
    assert abs(out.max() - 1.25) < 1e-6

# %% [markdown]
# **What to notice.** The same layer, and p has the opposite meaning: **cs231n's p (2019) is the probability of keeping, PyTorch's p that of dropping.** Write `nn.Dropout(1 - keep)` when you carry a network over.
#
# Backward, with one mask for both: take PyTorch's output on ones, which *is* its mask. And the test mode:

# %%
layer, x = nn.Dropout(0.2), torch.ones(50, 100, dtype=torch.float64, requires_grad=True)
out, dout = layer(x), torch.randn(50, 100, dtype=torch.float64)
out.backward(dout)
dx = dropout_backward(dout.numpy(), ({"mode": "train", "p": 0.8}, out.detach().numpy()))
print("gradients agree:", np.allclose(dx, x.grad, rtol=0, atol=1e-6), "; eval is the identity:", torch.equal(layer.eval()(x), x))
assert np.allclose(dx, x.grad, rtol=0, atol=1e-6)
assert torch.equal(layer.eval()(x), x)

# %% [markdown]
# Now into the network of lesson 4. `FullyConnectedNet` takes `dropout`, the probability of keeping, and three lines grow: in the forward pass dropout comes after the ReLU, in the backward pass before it, and without labels the mode is "test".

# %%
class FullyConnectedNet:
    """Lesson 4's class with dropout (keep): affine – ReLU – dropout, …, affine – softmax."""

    def __init__(self, hidden_dims, input_dim=784, num_classes=10, dropout=1.0, reg=0.0,
                 weight_scale=1e-2, dtype=np.float32, seed=None):
        rng, dims = np.random.default_rng(seed), [input_dim, *hidden_dims, num_classes]
        self.keep, self.reg, self.dtype, self.num_layers = dropout, reg, dtype, len(dims) - 1
        self.params, self.mask_seed = {}, None  # None: a new mask in each step
        for k in range(1, len(dims)):
            W = weight_scale * rng.normal(size=(dims[k - 1], dims[k]))
            self.params |= {f"W{k}": W.astype(dtype), f"b{k}": np.zeros(dims[k], dtype)}

    def loss(self, X, y=None):
        p, L, h, caches = self.params, self.num_layers, X.astype(self.dtype), []
        how = {"mode": "test" if y is None else "train", "p": self.keep, "seed": self.mask_seed}
        for k in range(1, L):
            h, affine = affine_forward(h, p[f"W{k}"], p[f"b{k}"])
            h, relu = relu_forward(h)
            h, drop = dropout_forward(h, how)  # new
            caches.append((affine, relu, drop))
        return self.finish(h, y, caches)


# %% [markdown]
# The second half: the last affine layer has no dropout; then down through the caches.

# %%
def finish(self, h, y, caches):
    """The last layer, the loss, and the way back → scores, or loss and grads."""
    p, L = self.params, self.num_layers
    scores, affine = affine_forward(h, p[f"W{L}"], p[f"b{L}"])
    if y is None:
        return scores
    (loss, d), grads = softmax_loss(scores, y), {}
    d, grads[f"W{L}"], grads[f"b{L}"] = affine_backward(d, affine)
    for k, (affine, relu, drop) in zip(range(L - 1, 0, -1), caches[::-1]):
        d = relu_backward(dropout_backward(d, drop), relu)  # new: the reverse order
        d, grads[f"W{k}"], grads[f"b{k}"] = affine_backward(d, affine)
    for k in range(1, L + 1):
        grads[f"W{k}"] += self.reg * p[f"W{k}"]
        loss += 0.5 * self.reg * (p[f"W{k}"] ** 2).sum()
    return loss, grads


FullyConnectedNet.finish = finish

# %% [markdown]
# Two of lesson 4's questions. Is the first loss $\ln 10$? Are the gradients right? For the second you move a weight up and down and compare two losses: both must use the same mask, or you measure the noise. That is what the seed is for.

# %%
net = FullyConnectedNet([20, 15], dropout=0.6, reg=0.1, weight_scale=0.1, dtype=np.float64, seed=0)
net.mask_seed, sample, target = 7, X[0, :30].numpy(), y[0, :30].numpy()
_, grads = net.loss(sample, target)
for name, values in net.params.items():
    i = np.unravel_index(np.abs(grads[name]).argmax(), values.shape)  # where the gradient is largest
    old, pair = values[i], []
    for step in (1e-5, -1e-5):
        values[i] = old + step
        pair.append(net.loss(sample, target)[0])
    values[i] = old
    assert abs((pair[0] - pair[1]) / 2e-5 / grads[name][i] - 1) < 1e-6
print("six gradients agree with central differences")
first = FullyConnectedNet([100, 100], dropout=0.5, seed=0).loss(sample, target)[0]
print(f"first loss {first:.2f}, ln 10 = {np.log(10):.2f}")
assert abs(first - np.log(10)) < 0.02

# %% [markdown]
# ## Ask what dropout buys
#
# Now the ten networks, with dropout of one half. `race` trains a new team and puts its test result into the table; `report` compares it with the networks without help, pair by pair: same digits, same start, same batches.

# %%
def race(name, hidden=(100, 100), drop=0.0, **options):
    team = Team(hidden, drop)
    train(team, X, y, **options)
    results[name] = score(team, X_test, y_test)
    return team


def gain(name, half, against="nothing"):
    """Points of test accuracy that each of five networks gained."""
    return 100 * (results[name][0][half] - results[against][0][half])


def report(name):
    for label, half in HALVES.items():
        points, loss = gain(name, half), results[name][1][half].mean()
        print(f"{name}, {label}: {points.mean():+.1f} points ({points.min():+.1f} to {points.max():+.1f}), "
              f"test loss {results['nothing'][1][half].mean():.2f} → {loss:.2f}")


# %%
dropped = race("dropout", drop=0.5)
report("dropout")
assert gain("dropout", HALVES["20 % wrong"]).min() > 1
assert abs(gain("dropout", HALVES["clean labels"]).mean()) < 1.5
assert (results["dropout"][1] < results["nothing"][1]).float().mean() > 0.7

# %% [markdown]
# **What to notice.** With wrong labels dropout gains several points, on each of the five draws. With clean labels it gains no accuracy; if anything it costs a little. The loss falls, the network is less sure of its mistakes.
#
# When is it useless or worse? Two suspects: seven times as many digits, and a network so narrow, 16 units a layer, that it has no room to spare.

# %%
many, many_y = pool[order[:5, :2000]], labels[:5, :2000]  # clean labels
for drop in (0.0, 0.5):
    team = Team(drop=drop, copies=1)  # one copy: only the five clean draws
    train(team, many, many_y, epochs=8, batch=100)
    results[f"2000 digits, drop {drop}"] = score(team, X_test, y_test)
    narrow = Team((16, 16), drop, copies=1)
    train(narrow, X[:5], y[:5])
    results[f"narrow, drop {drop}"] = score(narrow, X_test, y_test)

# %%
clean, noisy = HALVES.values()
cases = {"300 digits,\n20 % wrong": gain("dropout", noisy), "300 digits,\nclean": gain("dropout", clean),
         "2000 digits,\nclean": gain("2000 digits, drop 0.5", clean, "2000 digits, drop 0.0"),
         "300 digits, clean,\n16 units": gain("narrow, drop 0.5", clean, "narrow, drop 0.0")}
fig, ax = plt.subplots(figsize=(7.8, 3.4))
for k, points in enumerate(cases.values()):
    ax.plot(np.full(5, k) + np.linspace(-0.12, 0.12, 5), points, "o", color=plot.BLUE)
    ax.hlines(points.mean(), k - 0.25, k + 0.25, color=plot.RED)
ax.axhline(0, color="black", lw=1)
ax.set(xticks=range(4), xticklabels=list(cases), ylabel="gain (points of accuracy)",
       title="Dropout helps against wrong labels, not on clean ones, and ruins a narrow net")
plt.show()

# %% [markdown]
# **Figure in words.** Five blue dots and an orange mean for each of four cases. With wrong labels all dots lie above zero. With 300 and with 2,000 clean digits they lie around zero or a little below, and with 16 units far below.

# %%
means = [points.mean().item() for points in cases.values()]
print("mean gain in points:", np.round(means, 1))
assert means[1] < 0.5
assert means[2] < 0
assert cases["300 digits, clean,\n16 units"].max() < -5

# %% [markdown]
# **The idea.** Dropout takes capacity (容量) away and adds noise. That pays when the network would otherwise use its capacity to memorise. A network that underfits (欠拟合), or one with enough data, has nothing to gain, and it also learns more slowly.
#
# **Where it helps.** Look at the training accuracy first. If it is far from perfect, leave dropout out.
#
# **Try it.** Give the 2,000 digits `epochs=16` instead of 8. Expect most of the deficit to go away: part of it was that dropout learns more slowly. Then train two teams with `Team((400, 400), drop, copies=1)` on `X[:5], y[:5]`. Expect no clear gain there either, although the network is four times as wide.
#
# ## Average over many masks
#
# Each mask leaves another, thinner network. So dropout trains a huge number of networks that share their weights, and at test time, people say, you use their average: an ensemble (集成). Is that true? Leave the dropout on at test time, draw 20 masks, and average the probabilities.

# %%
dropped.train()  # dropout on
with torch.no_grad():
    votes = torch.stack([dropped(X_test[:500])[:5].softmax(2) for _ in range(20)])  # clean half
sizes = [1, 2, 3, 5, 10, 20]
truth = y_test[:500]
averaged = [votes[:n].mean(0) for n in sizes]  # (5, 500, 10) each
many_right = [(p.argmax(2) == truth).float().mean().item() for p in averaged]
many_loss = [losses(p.log(), truth).mean().item() for p in averaged]
eval_right, eval_loss = (part[:5].mean().item() for part in score(dropped, X_test[:500], truth))

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.1))
for ax, values, line, name in [(axes[0], many_right, eval_right, "accuracy"), (axes[1], many_loss, eval_loss, "loss")]:
    ax.plot(sizes, values, "o-", label="average of masks")
    ax.axhline(line, color=plot.RED, ls="--", label="one pass in eval mode")
    ax.set(xlabel="number of masks", ylabel=f"test {name}", xscale="log", xticks=sizes, xticklabels=sizes)
    ax.minorticks_off()
    ax.legend()
fig.suptitle("One pass without dropout is about as good as the average of 20 masks", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the accuracy of the average climbs from one mask to twenty and comes close to a dashed line, the single pass in eval mode. Right, the loss falls towards its dashed line in the same way.

# %%
print(f"one mask {many_right[0]:.0%}, 20 masks {many_right[-1]:.0%}, eval mode {eval_right:.0%}")
assert many_right[0] < eval_right - 0.05
assert abs(many_right[-1] - eval_right) < 0.025
assert abs(many_loss[-1] - eval_loss) < 0.25 * abs(many_loss[0] - eval_loss)

# %% [markdown]
# **What to notice.** A single thin network is much worse. Twenty of them together are about as good as one pass with all units on, which costs a twentieth. For a linear layer the two are equal on average (line 2 of the derivation). After a ReLU or a softmax they are not, since the mean of a bent function is not the function of the mean; here it hardly matters.
#
# The masks hold something that the eval pass does not: their disagreement. Monte-Carlo dropout (蒙特卡罗丢弃法; Gal and Ghahramani, 2016) takes it as a measure of doubt. Two lines: the mean over masks, and how far the masks differ in the probability of the class that the mean chose.

# %%
mean = votes.mean(0)
doubt = votes.std(0).gather(2, mean.argmax(2, keepdim=True))[..., 0]  # (5, 500)
missed = mean.argmax(2) != truth
print(f"mean doubt where right: {doubt[~missed].mean():.2f}, where wrong: {doubt[missed].mean():.2f}")
assert doubt[missed].mean() > 1.15 * doubt[~missed].mean()

# %%
rank = doubt[0].argsort()
chosen = torch.cat([rank[:6], rank[-6:]])
plot.images(list(X_test[chosen].view(-1, 28, 28)),
            [f"read {mean[0, i].argmax()}, is {truth[i]}\ndoubt {doubt[0, i]:.2f}" for i in chosen.tolist()],
            columns=6, height=1.3, title="The masks agree on the upper six and quarrel over the lower six")
plt.show()

# %% [markdown]
# **Figure in words.** Twelve test digits in two rows. The upper six, with doubt near zero, are clearly written. The lower six, with large doubt, have odd loops or strokes; several are misread, though your eye has little trouble with them.

# %%
surest, least = missed[0][rank[:100]].float().mean(), missed[0][rank[-100:]].float().mean()
print(f"wrong among the 100 with the least doubt: {surest:.0%}, with the most: {least:.0%}")
assert least > surest + 0.1

# %% [markdown]
# ## Make large weights cost something
#
# A sharp opinion needs large weights. So make them expensive: add a penalty to the loss, L2 (the sum of squares) or L1 (the sum of absolute values). What do the two do to weights? Take the smallest network whose weights you can see, a softmax classifier without hidden layer: 784 weights for each digit are a picture.
#
# After each step of gradient descent, `shrink` makes the weights smaller. L2 adds $\lambda w$ to the gradient, so a step multiplies $w$ by $1-\text{lr}\,\lambda$. L1 has slope $\pm\lambda$ whatever the size of $w$, so a step takes the same amount $\text{lr}\,\lambda$ from each weight, and stops at 0 (soft thresholding, 软阈值).

# %%
def templates(shrink, steps=100, lr=0.5):
    """Softmax classifiers for the first three clean draws → W (3, 784, 10)."""
    onehot, W = F.one_hot(y[:3], 10).float(), torch.zeros(3, 784, 10)
    for _ in range(steps):
        p = (X[:3] @ W).softmax(2)
        W = shrink(W - lr * X[:3].transpose(1, 2) @ (p - onehot) / 300, lr)
    return W


kinds = {"no penalty": templates(lambda W, lr: W),
         "L2, λ = 0.03": templates(lambda W, lr: W * (1 - lr * 0.03)),
         "L1, λ = 0.003": templates(lambda W, lr: W.sign() * (W.abs() - lr * 0.003).clamp(min=0)),
         "L1 by its gradient": templates(lambda W, lr: W - lr * 0.003 * W.sign())}

# %%
pictures = [W[0, :, digit].view(28, 28).numpy() for W in list(kinds.values())[:3] for digit in (0, 3, 7)]
captions = [f"{digit}\n{kind.split(',')[0]}" for kind in list(kinds)[:3] for digit in (0, 3, 7)]
edge = np.abs(pictures[0]).max() / 2
plot.images(pictures, captions, columns=9, height=0.95, cmap="PuOr", vmin=-edge, vmax=edge,
            title="L2 makes the weights smaller, L1 leaves a few")
plt.show()

# %% [markdown]
# **Figure in words.** Templates of 0, 3 and 7, three times, orange for negative weights, purple for positive: ink on purple speaks for the digit. Without a penalty they are strong and speckled to the rim. With L2 the same pattern is paler. With L1 most pixels are blank, and the core of the pattern remains.

# %%
ink = X[:3].sum((0, 1)) > 0  # pixels that are not blank in all digits
for name, W in kinds.items():
    zeros = (W[:, ink] == 0).float().mean()
    right = ((X_test @ W).argmax(2) == y_test).float().mean()
    print(f"{name:18}: norm {W.norm():4.1f}, exact zeros {zeros:4.0%}, test {right:.0%}")
share = {name: (W[:, ink] == 0).float().mean().item() for name, W in kinds.items()}
assert share["L1, λ = 0.003"] > share["L1 by its gradient"] + 0.4
assert abs(share["L1 by its gradient"] - share["no penalty"]) < 0.01
assert kinds["L2, λ = 0.03"].norm() < 0.7 * kinds["no penalty"].norm()

# %% [markdown]
# **What to notice.** L2 takes in proportion, so small weights hardly pay and none becomes exactly 0. L1 takes the same from all, and small weights end at 0: it is sparse (稀疏). But look at the last row: if you add $\lambda\cdot\text{sign}(w)$ to the gradient, as `loss + reg * w.abs().sum()` does in PyTorch, no weight that the data moved stays exactly at 0. It jumps across. (The zeros without a penalty belong to pixels that never had ink in that draw.) And the test accuracy? Nobody gains here.
#
# In the network the L2 penalty goes over all weight matrices. Biases and the γ, β of batch norm are left out: they set levels, they do not make a function wild.

# %% tags=["exercise", "challenge"]
def l2_penalty(params, reg):
    """params: dict of float arrays with cs231n's names ("W1", "b1", "gamma1", "beta1", …).
    → loss, grads: loss = 0.5 · reg · the sum of the squares of all weights, the arrays whose name
    begins with "W"; grads: dict with the gradient of this loss for those names, and no others.
    """
    # BEGIN SOLUTION  keep the names that start with W; the derivative of 0.5·w² is w
    weights = {name: W for name, W in params.items() if name.startswith("W")}
    loss = 0.5 * reg * sum((W**2).sum() for W in weights.values())
    grads = {name: reg * W for name, W in weights.items()}
    # END SOLUTION
    return loss, grads


# %%
check.l2_penalty(l2_penalty)

# %% [markdown]
# For SGD that penalty is weight decay (权重衰减): $w-\text{lr}\,(g+\lambda w)=(1-\text{lr}\,\lambda)\,w-\text{lr}\,g$. PyTorch's SGD with `weight_decay` makes the same step as your penalty:

# %%
W = nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
W.grad = torch.randn(4, 3, dtype=torch.float64)  # what the data say
penalty = torch.tensor(l2_penalty({"W1": W.detach().numpy()}, 0.3)[1]["W1"])
by_hand = W.detach() - 0.1 * (W.grad + penalty)
torch.optim.SGD([W], lr=0.1, weight_decay=0.3).step()
assert torch.allclose(W, by_hand, rtol=0, atol=1e-6)

# %% [markdown]
# For Adam it is not the same, because Adam divides $\lambda w$ by the size of the gradients too. [Lesson 5](05_optimizers.ipynb) derives it. Here are two weights that start at 1, with noisy gradients of size 10 and 0.1:

# %%
noise = torch.randn(300, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([10.0, 0.1])
for make in (torch.optim.Adam, torch.optim.AdamW):
    w = nn.Parameter(torch.ones(2))
    optimizer = make([w], lr=1e-3, weight_decay=1.0)
    for g in noise:
        w.grad = g.clone()
        optimizer.step()
    print(f"{make.__name__:5}: the weight with large gradients is at {w[0]:.2f}, with small ones at {w[1]:.2f}")
    assert (abs(w[0] - w[1]) < 0.15) == (make is torch.optim.AdamW)

# %% [markdown]
# Therefore `train` uses AdamW. Its `weight_decay` takes $\text{lr}\cdot\lambda$ of each weight per step: 0.6 % at `decay=3`. And a relative of it, the max-norm constraint (最大范数约束): no penalty, but after each step the weights *into* a unit are scaled back to length $c$ if they are longer.

# %%
@torch.no_grad()
def max_norm(team, c=1.5):
    for W in team.W[:-1]:
        W *= (c / W.norm(dim=1, keepdim=True)).clamp(max=1)


race("weight decay", decay=3.0)
race("max-norm", after=max_norm)
report("weight decay")
report("max-norm")

# %%
assert (results["weight decay"][1] < results["nothing"][1]).all()  # the loss, on all ten
assert abs(gain("weight decay", clean).mean()) < 1.5
assert abs(gain("max-norm", clean).mean()) < 1.5

# %% [markdown]
# **What to notice.** Weight decay lowers the test loss of all ten networks, most where labels are wrong. Accuracy moves little. Max-norm alone does next to nothing here. (Srivastava and others used it together with dropout and a high learning rate.)
#
# ## Stop early
#
# The cheapest method changes nothing but the time. In the first figure the test loss was lowest after a few epochs. The test set must not choose the epoch, but the validation set may. You know the rule from [lesson 9](09_training_loop.ipynb): early stopping (提前停止) ends training when `patience` (耐心值) epochs in a row brought no new low. Now you need both numbers: which epoch's weights to keep, and how long the run took.
#
# **Explain this line.** `losses = [5, 3, 4, 3, 2]` with patience 2. Which epoch is kept? When does the run end?
#
# <details><summary>Answer</summary>
#
# Epoch 2 is kept, and the run ends after epoch 4. Epochs 3 and 4 bring no *new* low: equal is not lower. The 2 is never seen.
#
# </details>

# %% tags=["exercise"]
def early_stopping(losses, patience):
    """losses: validation loss after each epoch (at least one); patience ≥ 1 → best, stop.

    Epochs count from 1. stop: the first epoch that ends ``patience`` epochs in a row without a new
    lowest loss (equal is not lower), or the last epoch if that never happens.
    best: the epoch of the lowest loss among epochs 1 … stop, the earliest if there are several.
    """
    # BEGIN SOLUTION  remember the epoch of the best loss so far; stop when it is patience epochs ago
    best, stop = 1, len(losses)
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best >= patience:
            stop = epoch
            break
    # END SOLUTION
    return best, stop


# %%
check.early_stopping(early_stopping)

# %%
ends = [early_stopping(val_loss[:, s].tolist(), patience=3) for s in range(10)]
fig, ax = plt.subplots(figsize=(7.6, 3.4))
for s, colour, label in [(0, plot.BLUE, "clean labels"), (5, plot.ORANGE, "20 % wrong")]:
    best, stop = ends[s]
    ax.plot(epochs, val_loss[:, s], color=colour, label=f"validation, {label}")
    ax.plot(best, val_loss[best - 1, s], "o", color=plot.GREEN, ms=9)
    ax.plot([stop, stop], [0, val_loss[stop - 1, s]], color=colour, ls=":")
ax.set(xlabel="epoch", ylabel="loss", ylim=(0, 2.6), title="Keep the low point; patience ends the run three epochs later")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Validation loss of one clean and one noisy network. Each falls, has its low point, marked by a green dot, and rises again, the noisy one by far more. A dotted line a little to the right of each dot shows where the run ends.

# %%
keep = torch.tensor([best - 1 for best, _ in ends])
results["early stopping"] = (test_right[keep, torch.arange(10)], test_loss[keep, torch.arange(10)])
print("kept, stopped after:", ends)
report("early stopping")
assert gain("early stopping", noisy).mean() > 0.8
assert gain("early stopping", noisy).max() > gain("early stopping", noisy).min() + 2
assert (results["early stopping"][1] < results["nothing"][1]).float().mean() > 0.7
assert abs(gain("early stopping", clean).mean()) < 2
assert max(stop for _, stop in ends) <= 20
assert ends[0][1] - ends[0][0] == ends[5][1] - ends[5][0] == 3

# %% [markdown]
# **What to notice.** With wrong labels, stopping early saves points on average: a network learns what most digits share first and single odd labels later. The range is wide, because 300 validation digits with wrong labels of their own make a jumpy curve, and it can end a run too soon. With clean labels there is no accuracy to save. And all runs end well before epoch 25, which no other method here offers.
#
# It has a price that is often forgotten: the 300 validation digits. What would they have brought as *training* digits?

# %%
team = Team(copies=1)
train(team, pool[order[:5, :600]], labels[:5, :600])
results["600 digits"] = score(team, X_test, y_test)
more = gain("600 digits", clean)
print(f"600 clean digits instead of 300: {more.mean():+.1f} points ({more.min():+.1f} to {more.max():+.1f})")
assert more.mean() > 2

# %% [markdown]
# You need a validation set anyway, to choose between methods. But on few data keep it small, or use cross-validation (交叉验证).
#
# ## Vary the pictures
#
# More digits help more than any method so far. Can you make some? A 3 that moves by two pixels is still a 3. This is data augmentation (数据增强): change the input in a way that keeps the label.

# %%
one = X_test[y_test == 6][1].view(28, 28).numpy()
views = [one, np.roll(one, (2, -3), axis=(0, 1)), np.roll(one, 12, axis=1), rotate(one, 15, reshape=False, order=1),
         one[:, ::-1], one[::-1, ::-1]]
plot.images(views, ["original", "2 down, 3 left", "12 right, rolled", "15° turned", "mirrored", "half turn"], columns=6,
            height=1.4, title="Three keep the digit; rolling, mirroring and a half turn do not")
plt.show()

# %% [markdown]
# **Figure in words.** A handwritten 6 six times: as it is, moved down and left, pushed so far right that its right part reappears at the left border, turned by 15 degrees, mirrored, which is no digit, and turned by 180 degrees: a 9.
#
# **What to notice.** `np.roll` pushes pixels out on one side and in on the other. Small moves of a centred digit hide it; large ones tear the digit. Write it without wrap-around.

# %%
assert one[:, -3:].sum() == 0  # the border is empty: small moves lose nothing
assert (np.roll(one, 12, axis=1)[:, 0].sum() > 0) or (np.roll(one, 12, axis=1)[:, 1:4].sum() > 0)

# %% tags=["exercise", "challenge"]
def shift_digits(X, dy, dx):
    """X (N, H, W) → a new array of the same shape and dtype: each picture moved down by dy rows and
    right by dx columns (negative: up, left). What comes in is 0, what goes out is lost.
    dy, dx: ints, also 0, with |dy| < H and |dx| < W.
    """
    # BEGIN SOLUTION  zeros; copy X[:, what stays] to out[:, where it goes]; one slice a side
    H, W = X.shape[1:]
    out = np.zeros_like(X)
    out[:, max(dy, 0) : H + min(dy, 0), max(dx, 0) : W + min(dx, 0)] = X[
        :, max(-dy, 0) : H + min(-dy, 0), max(-dx, 0) : W + min(-dx, 0)]
    # END SOLUTION
    return out


# %%
check.shift_digits(shift_digits)

# %% [markdown]
# SciPy has such a function too (with `order=0` it reads whole pixels). Compare, and keep the test digits moved three pixels to the right for later.

# %%
pictures = X_test.view(-1, 28, 28).numpy()
assert np.array_equal(shift_digits(pictures, -2, 3), shift(pictures, (0, -2, 3), order=0))
X_right = torch.tensor(shift_digits(pictures, 0, 3)).flatten(1)

# %% [markdown]
# For training, each digit of each batch gets its own random move. `move` does it with two functions of PyTorch: `F.affine_grid` says for each pixel of the result where to read (rotation and shift in one 2×3 matrix; the picture reaches from −1 to 1, so a pixel is 1/14), and `F.grid_sample` reads there, 0 outside. `half_turn` turns half of the digits upside down: reversing the 784 pixels reverses rows and columns.

# %%
def move(x, shift=2, degrees=15):
    """x (S, N, 784) → each picture turned and shifted at random, up to the given limits."""
    pictures = x.reshape(-1, 1, 28, 28)
    n = len(pictures)
    angle = torch.deg2rad((2 * torch.rand(n) - 1) * degrees)
    down, right = torch.randint(-shift, shift + 1, (2, n)) / 14
    rows = [angle.cos(), -angle.sin(), right, angle.sin(), angle.cos(), down]
    grid = F.affine_grid(torch.stack(rows, 1).view(n, 2, 3), pictures.shape, align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False).view(x.shape)


def half_turn(x):
    return torch.where(torch.rand(x.shape[:2])[..., None] < 0.5, x.flip(2), x)


# %%
moved = race("shift, turn 15°", change=move)
turned = race("half turn", change=half_turn)
for name in ("shift, turn 15°", "half turn"):
    report(name)
assert gain("shift, turn 15°", noisy).min() > 4
assert gain("shift, turn 15°", clean).mean() > 1.5
assert gain("half turn", slice(0, 10)).max() < -2

# %% [markdown]
# **What to notice.** Small moves bring the largest gain of the lesson, with clean labels and even more with wrong ones: a picture that never looks the same twice is hard to learn by heart. The half turn is an augmentation too, with the same code, and it costs several points. Who pays? Count how often a 6 is read as a 9, or a 9 as a 6.

# %%
@torch.no_grad()
def six_nine(team):
    """Share of the sixes and nines that are read as the other (clean half)."""
    read = team.eval()(X_test)[:5].argmax(2)
    pairs = (y_test == 6) & (read == 9) | (y_test == 9) & (read == 6)
    return pairs.float().sum() / (5 * ((y_test == 6) | (y_test == 9)).sum())


print(f"6 and 9 confused: without {six_nine(base):.0%}, with half turns {six_nine(turned):.0%}")
assert six_nine(turned) > six_nine(base) + 0.03

# %% [markdown]
# And who gains? Read the test digits that stand three pixels further right, further than the training moved any.

# %%
for name, team in [("nothing", base), ("shift, turn 15°", moved)]:
    print(f"{name}: {results[name][0][clean].mean():.0%} in place, {score(team, X_right, y_test)[0][clean].mean():.0%} moved")
assert score(moved, X_right, y_test)[0][clean].mean() > score(base, X_right, y_test)[0][clean].mean() + 0.2

# %% [markdown]
# **The idea.** Augmentation tells the network an invariance (不变性): "this change does not matter." It helps as much as the statement is true. For photos of cats a mirror is true; for digits and letters it is false. So look at the pictures before you train.
#
# **Try it.** `change=lambda x: move(x, shift=8)`. Expect a fall: digits lose limbs over the border, and the test digits are all centred.
#
# ## Soften the labels
#
# The last door. Cross-entropy with a hard label is satisfied only when the right class has probability 1, that is, never. Label smoothing (标签平滑) asks for less: a share ε of the label is spread evenly over all C classes.
#
# $$t_j=(1-\varepsilon)\,[j=y]+\frac{\varepsilon}{C}\qquad L=-\sum_j t_j\log p_j\qquad\frac{\partial L}{\partial s_j}=p_j-t_j$$
#
# $s$ are the scores, $p$ their softmax, $[j=y]$ is 1 at the label. The gradient is that of lesson 4 with $t$ in place of the hard label, since the $t_j$ add up to 1. It is 0 at $p=t$: scores have no reason to grow without end.

# %% tags=["exercise", "challenge"]
def label_smoothing_loss(logits, y, eps):
    """logits (N, C), y (N,) int, 0 ≤ eps < 1 → loss (a number, mean over N), dlogits (N, C).
    Targets (1 - eps) · onehot(y) + eps / C, as in PyTorch. Safe for large logits; keeps the dtype.
    """
    # BEGIN SOLUTION  targets; log-softmax with the row maximum subtracted; softmax minus targets, / N
    N, C = logits.shape
    targets = np.full((N, C), eps / C, dtype=logits.dtype)
    targets[np.arange(N), y] += 1 - eps
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -(targets * log_p).sum() / N
    dlogits = (np.exp(log_p) - targets) / N
    # END SOLUTION
    return loss, dlogits


# %%
check.label_smoothing_loss(label_smoothing_loss)

# %%
logits = np.random.default_rng(3).normal(size=(6, 10))
same_logits = torch.tensor(logits, requires_grad=True)
theirs = F.cross_entropy(same_logits, y[0, :6], label_smoothing=0.1)
theirs.backward()
mine, gradient = label_smoothing_loss(logits, y[0, :6].numpy(), 0.1)
assert abs(mine - theirs.item()) < 1e-6
assert np.allclose(gradient, same_logits.grad, rtol=0, atol=1e-6)

# %% [markdown]
# That was PyTorch's `label_smoothing`, equal to a millionth. Now the race, and a look at how sure the networks are.

# %%
smoothed = race("label smoothing", smooth=0.1)
report("label smoothing")
with torch.no_grad():
    sure = {name: team.eval()(X_test)[:5].softmax(2).max(2).values.mean().item()
            for name, team in [("nothing", base), ("label smoothing", smoothed)]}
for name, confidence in sure.items():
    print(f"{name}: mean confidence {confidence:.0%}, accuracy {results[name][0][clean].mean():.0%} (clean half)")

# %%
assert sure["nothing"] > results["nothing"][0][clean].mean() + 0.03
assert sure["label smoothing"] < results["label smoothing"][0][clean].mean() - 0.05
assert abs(gain("label smoothing", clean).mean()) < 1.5
assert gain("label smoothing", noisy).mean() < 1.5

# %% [markdown]
# **What to notice.** Without help, the network is surer than it should be: its confidence (the largest probability) is well above its accuracy. Smoothing lowers the confidence, here even below the accuracy. It does not read better, not even with wrong labels, which many would expect it to cure.
#
# ## Compare them all
#
# One more team uses two methods at once, moves and a little dropout. Then the table, in points of accuracy gained over the same network without help.

# %%
race("moves + dropout 0.2", drop=0.2, change=move)
print(f"early stopping needed {np.mean([stop for _, stop in ends]) / 25:.0%} of the epochs, the others all of them")
methods = ["label smoothing", "max-norm", "weight decay", "early stopping", "dropout", "shift, turn 15°", "moves + dropout 0.2"]
print(f"{'mean gain in points':22}{'clean':>7}{'20 % wrong':>12}   test loss clean, wrong")
for name in ["half turn", *methods]:
    loss = results[name][1]
    print(f"{name:22}{gain(name, clean).mean():+7.1f}{gain(name, noisy).mean():+12.1f}   "
          f"{loss[clean].mean():13.2f}{loss[noisy].mean():7.2f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
for ax, (label, half) in zip(axes, HALVES.items()):
    for k, name in enumerate(methods):
        points = gain(name, half)
        ax.plot(points, np.full(5, k) + np.linspace(-0.15, 0.15, 5), "o", color=plot.BLUE, ms=4)
        ax.plot(points.mean(), k, "D", color=plot.RED, ms=6)
    ax.axvline(0, color="black", lw=1)
    ax.set(xlabel="gain (points of accuracy)", title=label, yticks=range(len(methods)), yticklabels=methods)
fig.suptitle("Moves help most; decay, stopping and dropout help where labels are wrong", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Seven methods, five blue dots each, an orange diamond for the mean. On clean labels the five methods other than moves sit around zero, and the two with moves lie clearly to the right. With wrong labels weight decay, early stopping and dropout also lie to the right of zero on average, and moves lie furthest.

# %%
best_other = max(gain(name, clean).mean() for name in methods[:5])
assert gain("shift, turn 15°", clean).mean() > best_other + 1
assert gain("shift, turn 15°", noisy).mean() > gain("dropout", noisy).mean() + 2
assert min(gain(name, noisy).mean() for name in ("weight decay", "early stopping", "dropout")) > 0.8
assert best_other < 1

# %% [markdown]
# **What to notice.** On 300 clean digits, no method that works on weights, units, time or labels gains as much as a point of accuracy on average; several improve the loss. True information about the world, that moved digits are the same digits, gains most. When labels are wrong, whatever hinders memorising helps. So the honest answer to "which regularizer is best?" is a question: what is your network overfitting to? These are five draws of one small data set and one architecture. On yours, run the same comparison: same start, same batches, several seeds, differences in pairs.
#
# ## Parameters
#
# | where | parameter | default | what it does |
# | --- | --- | --- | --- |
# | `nn.Dropout` | `p` | 0.5 | probability of *dropping*; larger: more noise, less capacity |
# | `nn.Dropout2d` | `p` | 0.5 | drops whole channels of (N, C, H, W): neighbouring pixels tell the same |
# | `F.dropout` | `training` | `True` | pass `self.training`, or it drops at test time |
# | `optim.SGD`, `Adam` | `weight_decay` | 0 | L2 in the gradient |
# | `optim.AdamW` | `weight_decay` | 0.01 | takes lr·λ of each weight per step; also of biases, unless you make groups |
# | `nn.CrossEntropyLoss` | `label_smoothing` | 0.0 | ε |
# | `v2.RandomAffine` | `degrees`, `translate` | –, `None` | limits of the turn, of the shift as a share of the size |
# | `v2.RandomHorizontalFlip` | `p` | 0.5 | probability of a mirror; not for digits and letters |
# | `dlroadmap.train.fit` | `patience` | `None` | epochs without a new low before it stops |
#
# How much is too much? Try other values of the first two that matter here.

# %%
for p in (0.2, 0.8):
    race(f"drop {p}", drop=p)
race("decay 30", decay=30.0)
sweeps = {"nn.Dropout: p": ([0, 0.2, 0.5, 0.8], ["nothing", "drop 0.2", "dropout", "drop 0.8"]),
          "AdamW: weight_decay": ([0, 3, 30], ["nothing", "weight decay", "decay 30"])}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.3), sharey=True)
for ax, (name, (values, keys)) in zip(axes, sweeps.items()):
    for (label, half), style in zip(HALVES.items(), ["o-", "s--"]):
        ax.plot(range(len(keys)), [results[key][0][half].mean() for key in keys], style, label=label)
    ax.set(xlabel=name, xticks=range(len(keys)), xticklabels=values)
axes[0].set(ylabel="test accuracy", ylim=(0, 1))
axes[0].legend()
fig.suptitle("A little helps against wrong labels, too much destroys", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, test accuracy against the dropout probability: the clean curve is flat from 0 to 0.5 and falls at 0.8; the curve with wrong labels rises up to 0.5 and falls at 0.8 too. Right, against weight decay: flat for clean labels from 0 to 3, slightly rising for wrong ones, and both collapse at 30.

# %%
for key in ("drop 0.8", "decay 30"):
    assert gain(key, slice(0, 10)).max() < -5
assert gain("drop 0.2", noisy).mean() > 0
assert nn.Dropout().p == v2.RandomHorizontalFlip().p == 0.5
assert torch.optim.AdamW([nn.Parameter(torch.ones(1))]).defaults["weight_decay"] == 0.01

# %% [markdown]
# ## Traps
#
# **Trap 1: `eval()` forgotten at test time.** Nothing fails. The answers are worse, and different each time you ask.

# %%
dropped.train()
with torch.no_grad():
    one_look, other_look = (dropped(X_test)[:5].argmax(2) for _ in range(2))
loud, quiet = (one_look == y_test).float().mean(), results["dropout"][0][clean].mean()
changed = (one_look != other_look).float().mean()
print(f"train mode {loud:.0%}, eval mode {quiet:.0%}; asked twice, {changed:.0%} of the answers change")
assert loud < quiet - 0.05
assert changed > 0.1

# %% [markdown]
# **Right:** `model.eval()` before you measure, `model.train()` before the next epoch.
#
# **Trap 2: `F.dropout` without `training=`.** `F.dropout` is a function and does not know the mode of your module. Its default is `training=True`, so `eval()` has no effect.

# %%
class Forgetful(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)  # right: F.dropout(x, 0.5, self.training)


zeros = (Forgetful().eval()(torch.ones(1000)) == 0).float().mean().item()
print(f"in eval mode {zeros:.0%} are still dropped")
assert 0.4 < zeros < 0.6
assert (F.dropout(torch.ones(1000), 0.5, training=False) == 1).all()

# %% [markdown]
# **Right:** pass `self.training`, or use the module `nn.Dropout`, which listens to `eval()`.
#
# **Trap 3: dropout on the output layer.** The output is your answer; half of the time it is now 0. For a regression (回归) you can work out the damage. The output $a$ is trained to match a target $t$ under squared error: $E[(a\,m/p-t)^2]=a^2/p-2at+t^2$ is smallest at $a=p\,t$. The network learns *p times* the target.

# %%
answer, target = nn.Parameter(torch.zeros(2000)), 10.0  # 2,000 copies of the simplest model
optimizer = torch.optim.SGD([answer], lr=0.01)
for _ in range(300):
    optimizer.zero_grad()
    ((F.dropout(answer, 0.3) - target) ** 2).sum().backward()
    optimizer.step()
print(f"target {target:.0f}, learned {answer.mean().item():.1f}")
assert abs(answer.mean().item() - 7) < 0.2

# %% [markdown]
# **Right:** dropout after hidden layers only. For a classifier the damage is less clear: **try it**, return `self.drop(…)` of the scores in `Team` and train with `drop=0.5` there alone. Expect about the same accuracy on clean digits and a lower test loss: the noise in the scores regularizes too.
#
# **Trap 4: a seed left in `dropout_param`.** For the gradient check you fixed the mask. Forget to take the seed out, and every step drops the *same* entries: you train one thin network, and the test uses all units.

# %%
masks = [dropout_forward(np.ones((50, 100)), {"mode": "train", "p": 0.5, "seed": 7})[0] for _ in range(3)]
print("the same mask in each step:", all(np.array_equal(masks[0], m) for m in masks))
assert all(np.array_equal(masks[0], m) for m in masks)

# %% [markdown]
# **Right:** seed the generator once, at the start of the program, not at each call.
#
# **Trap 5: weight decay on biases and norms.** `AdamW(model.parameters(), weight_decay=…)` shrinks *everything*, also γ of batch norm, whose neutral value is 1. Train without any signal, with zero gradients, and see what is left:

# %%
def decayed(grouped):
    net = nn.Sequential(nn.Linear(10, 5), nn.BatchNorm1d(5))
    flat = [p for p in net.parameters() if p.ndim < 2]  # biases, gamma, beta
    wide = [p for p in net.parameters() if p.ndim >= 2]
    groups = [{"params": wide}, {"params": flat, "weight_decay": 0.0}] if grouped else net.parameters()
    optimizer = torch.optim.AdamW(groups, lr=2e-3, weight_decay=3.0)
    for _ in range(180):
        for p in net.parameters():
            p.grad = torch.zeros_like(p)
        optimizer.step()
    return net[1].weight.mean().item()


print(f"gamma after 180 steps: all parameters {decayed(False):.2f}, in two groups {decayed(True):.2f}")
assert decayed(False) < 0.4
assert decayed(True) == 1

# %% [markdown]
# **Right:** two parameter groups, as in `train`.
#
# **Trap 6: the validation set is augmented too.** One `transform` for both sets is quickly written. Then you measure on pictures that nobody will send you, and the score changes with each look.

# %%
looks = [score(moved, move(X_val, shift=4, degrees=30), y_val)[0][clean].mean().item() for _ in range(3)]
still = score(moved, X_val, y_val)[0][clean].mean().item()
print(f"validation as it is: {still:.1%}; moved by up to 4 pixels and 30°:", " ".join(f"{v:.1%}" for v in looks))
assert max(looks) < still - 0.05

# %% [markdown]
# **Right:** two transforms; the one for validation and test holds what every input gets, such as scaling, and nothing random.
#
# **Trap 7: a transform that gets a batch.** torchvision's random transforms draw *once per call*. Give them a batch, and all pictures move alike:

# %%
transform = v2.RandomAffine(degrees=15, translate=(0.1, 0.1))
copies = torch.tensor(one).repeat(64, 1, 1, 1)  # 64 times the same 6
batch_kinds = len(torch.unique(transform(copies).flatten(1), dim=0))
single_kinds = len(torch.unique(torch.stack([transform(c) for c in copies]).flatten(1), dim=0))
print(f"different pictures: {batch_kinds} from one call, {single_kinds} from 64 calls")
assert batch_kinds == 1
assert single_kinds > 50

# %% [markdown]
# **Right:** apply it in the `Dataset`, picture by picture, or write it for batches, as `move` does.
#
# **Trap 8: early stopping judged on the set that chose the epoch.** The best of 25 numbers is good partly by luck. Cut the 1,000 test digits 200 times at random into 300 that choose the epoch by accuracy and 700 that had no say:

# %%
luck = []
for _ in range(200):
    shuffled = torch.randperm(1000)
    chose, fresh = (hits[:, :, part].float().mean(2) for part in (shuffled[:300], shuffled[300:]))
    pick = chose.argmax(0), torch.arange(10)
    luck.append((chose[pick] - fresh[pick]).mean().item())
print(f"the 300 that chose report {100 * np.mean(luck):.1f} points more than the others")
assert np.mean(luck) > 0.003

# %% [markdown]
# **Right:** three sets. The training set fits the weights, the validation set chooses epoch, method and values, and the test set is used once, at the end. This lesson is no exception: it shows test scores of many methods, and whoever now picks the best and quotes its score is a little too optimistic.
#
# ## Beyond the roadmap
#
# **Dropout before batch norm.** Batch norm stores the variance that it saw in training. Dropout changes the variance between training and test (line 3 of the derivation), so the stored one is wrong. This is the variance shift (方差偏移; Li and others, 2019). Three networks for each order:

# %%
def with_norm(before):
    """784 – 100 – 10 with dropout directly before batch norm, or after it."""
    drop, norm = nn.Dropout(0.5), nn.BatchNorm1d(100)
    middle = [drop, norm] if before else [norm, drop]
    return nn.Sequential(nn.Linear(784, 100), nn.ReLU(), *middle, nn.Linear(100, 10)), norm


@torch.no_grad()
def true_over_stored(net, norm):
    """Variance that arrives at the norm in eval mode, over the stored one (mean of the units)."""
    arrives = []
    handle = norm.register_forward_pre_hook(lambda _, inputs: arrives.append(inputs[0].var(0)))
    right = (net.eval()(X_test).argmax(1) == y_test).float().mean().item()
    handle.remove()  # the hook ran once, directly before norm, and saw what goes in
    return (arrives[0] / norm.running_var).mean().item(), right


# %%
order_of = {True: [], False: []}
for seed in range(3):
    for before, rows in order_of.items():
        torch.manual_seed(seed)
        net, norm = with_norm(before)
        optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, fused=True)
        for _ in range(15):
            for part in torch.randperm(300).split(50):
                optimizer.zero_grad()
                F.cross_entropy(net(X[seed, part]), y[seed, part]).backward()
                optimizer.step()
        rows.append(true_over_stored(net, norm))
for before, rows in order_of.items():
    ratio, right = np.mean(rows, axis=0)
    print(f"dropout {'before' if before else 'after'} norm: true / stored variance {ratio:.2f}, test accuracy {right:.0%}")

# %%
ratio, right = (np.array([[row[k] for row in order_of[before]] for before in (True, False)]) for k in (0, 1))
assert ratio[0].max() < ratio[1].min() - 0.2
assert abs(right[0].mean() - right[1].mean()) < 0.04

# %% [markdown]
# **What to notice.** The shift is there: with dropout first, the true variance at test time is far below the stored one. The accuracy does not show it in this small network. In deep ones the paper measured a loss. If you combine the two, put dropout after the last norm, and compare the loss in train and eval mode on the *training* set when something looks odd.
#
# ## Check yourself
#
# **1.** You train with keep = 0.8 and forget to divide by p, and you test with all units on. By which factor is the sum that a unit of the next layer receives too large at test time? (Question 22 of stage 6. Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# 1/0.8 = 1.25. Two such layers: 1.25², if you leave out biases.
#
# </details>
#
# **2.** The training loss with dropout is *higher* than the validation loss. Is there a mistake? (Question 84. Run the second cell below.)
#
# <details><summary>Answer</summary>
#
# Not necessarily. The training loss was measured with dropout on and as a mean over the epoch, the validation loss with dropout off. Measure the training loss again in eval mode.
#
# </details>
#
# **3.** Why does L1 give exact zeros and L2 not? And why does `loss + reg * w.abs().sum()` with plain gradient descent give none? (Question 6.)
#
# <details><summary>Answer</summary>
#
# Near 0 the pull of L2 fades with w; that of L1 keeps its size and brings w to 0. With a finite step the sign flips at 0 and w jumps back and forth, so the zero must be made by soft thresholding.
#
# </details>
#
# **4.** Is weight decay the same as an L2 penalty? (Question 5.)
#
# <details><summary>Answer</summary>
#
# For SGD yes. Under Adam the penalty's gradient is divided by the root of the mean squared gradient, so weights with large gradients hardly shrink. AdamW shrinks beside the step.
#
# </details>
#
# **5.** Your network reaches 70 % on the training set and 69 % on validation. A colleague suggests more dropout. What do you say?
#
# <details><summary>Answer</summary>
#
# It underfits. Dropout takes more capacity away (the 16 units above). Larger network, longer training, better learning rate first.
#
# </details>

# %%
values = np.ones((20_000, 50))
kept_sum = (values * (np.random.default_rng(1).random(values.shape) < 0.8)).sum(1).mean()
print(f"1. test sum / training sum = {50 / kept_sum:.2f}")
assert abs(50 / kept_sum - 1.25) < 0.01

# %%
dropped.train()
with torch.no_grad():
    noisy_loss = losses(dropped(X), y)[:5].mean().item()
print(f"2. training loss, dropout on: {noisy_loss:.2f}; off: {score(dropped, X, y)[1][:5].mean():.2f}")
assert noisy_loss > 2 * score(dropped, X, y)[1][:5].mean()

# %% [markdown]
# ## In one breath
#
# Say aloud: "A network that is large enough learns every label by heart, right or wrong; training accuracy cannot tell. Dropout keeps each unit with probability p during training and divides by p, so that the expected value stays and the test needs nothing; backward multiplies by the same mask. PyTorch's p is the probability of dropping. A pass in eval mode is about as good as the average over many masks, and the masks' disagreement measures doubt. L2 shrinks weights in proportion, L1 by a fixed amount to exact zeros; under Adam use AdamW, and spare biases and norms. Early stopping costs nothing but a validation set, which then took part in the choice. Augmentation states an invariance and helps if it is true: small moves yes, flipped digits no. Label smoothing lowers confidence. Compare on several seeds in pairs, on validation data, and expect some methods to do nothing on your problem."
#
# **Read on.** Section 7.7 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov (2014), "Dropout: a simple way to prevent neural networks from overfitting". Zhang, Bengio, Hardt, Recht, Vinyals (2017), ["Understanding deep learning requires rethinking generalization"](https://arxiv.org/abs/1611.03530): networks fit random labels. Gal, Ghahramani (2016), ["Dropout as a Bayesian approximation"](https://arxiv.org/abs/1506.02142). Loshchilov, Hutter (2019), ["Decoupled weight decay regularization"](https://arxiv.org/abs/1711.05101). Müller, Kornblith, Hinton (2019), ["When does label smoothing help?"](https://arxiv.org/abs/1906.02629). Li, Chen, Hu, Yang (2019), ["Understanding the disharmony between dropout and batch normalization by variance shift"](https://arxiv.org/abs/1801.05134).
