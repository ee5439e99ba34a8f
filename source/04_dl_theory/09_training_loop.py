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
# # 9 The training loop (训练循环)
#
# Four lines train every network of this course: clear the gradients, compute the loss, go backward, take a step. Around these four lines stands the code that people get wrong: batches, validation, the best weights, a run that is cut off at 90 %. Here you build it all, and then you break it on purpose.
#
# **You will** serve data in batches, read ten kinds of digits, and build piece by piece the function that later lessons import: `dlroadmap.train.fit`. At the end a cell shows that yours is the same code.
#
# **After it you can**
#
# - write a `Dataset` for data of your own and say what a `DataLoader` does with it;
# - write a training loop with validation, early stopping and checkpoints from memory;
# - look at a loss curve and name the bug.
#
# **You need** [Multilayer perceptron](../04_dl_theory/04_multilayer_perceptron.ipynb) and, for `backward()`, [Tensors and autograd](../04_dl_theory/01_tensors_and_autograd.ipynb).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days. Watch first lectures 7 (处理多维特征的输入), 8 (加载数据集) and 9 (多分类问题) of [刘二大人《PyTorch深度学习实践》](https://www.bilibili.com/video/BV1Y7411d7Ys). **Stuck?** Read sections 3.3, 4.1 to 4.3 and 7.1, 7.2, 7.7 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), or the [cs231n notes](https://cs231n.github.io/neural-networks-3/) on watching a training run.
#
# **Two sittings.** Day 1: up to early stopping. Day 2: checkpoints, the assembled loop, the bugs.

# %%
import ast
import copy
import inspect
import itertools
import math
import pickle
import random
import sys
import tempfile
import textwrap
import time
from contextlib import nullcontext
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, Dataset, DistributedSampler, TensorDataset
from tqdm import tqdm

import dlroadmap
from dlroadmap import _checkpoint, check, data, plot, train
from dlroadmap import _parallel as parallel

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Feed eight features through a small network
#
# Lecture 7 sends a table with eight columns through a network 8 → 6 → 4 → 1. The lecture's table is about diabetes. This one ships inside scikit-learn: eight measurements of the cell nuclei of 569 breast tumours, and whether the tumour is benign (1) or malignant (0). Each column is standardised (标准化): minus its mean, divided by its standard deviation.

# %%
tumours = load_breast_cancer()
table = tumours.data[:, :8]
table = torch.tensor((table - table.mean(axis=0)) / table.std(axis=0), dtype=torch.float32)
benign = torch.tensor(tumours.target[:, None], dtype=torch.float32)  # (569, 1)
print(tuple(table.shape), tuple(benign.shape), f"benign: {benign.mean():.0%}")

# %% [markdown]
# The lecture puts a sigmoid after every layer and trains 100 epochs (回合; one epoch is one pass over all samples) at learning rate 0.1, each step on the whole table. The loss is binary cross-entropy (二元交叉熵), `binary_cross_entropy`. Watch how far the loss gets in 100 epochs, and what happens if the two *hidden* sigmoids become `Tanh`. (`nn.Sequential` runs its layers one after another.)

# %%
def whole_table(activation, epochs):
    """Train 8 → 6 → 4 → 1 on all rows at once; return the loss of each epoch."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 6), activation(), nn.Linear(6, 4), activation(),
                          nn.Linear(4, 1), nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy(model(table), benign)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


sigmoid, tanh = whole_table(nn.Sigmoid, 800), whole_table(nn.Tanh, 800)

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.4))
ax.plot(sigmoid, label="sigmoid", color=plot.ORANGE)
ax.plot(tanh, label="tanh", color=plot.BLUE)
ax.axvline(100, color="gray", ls=":", lw=1.2)
ax.text(110, 0.72, "the lecture stops here", color="gray", fontsize=10)
ax.set(xlabel="epoch", ylabel="loss", title="With sigmoids the first 100 epochs look like failure")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two falling curves. With tanh the loss drops at once and is near 0.2 at epoch 100. With sigmoids it stays near 0.65 for some 400 epochs, then falls too.

# %%
share = float(benign.mean())
constant = -(share * np.log(share) + (1 - share) * np.log(1 - share))
print(f"loss at epoch 100: sigmoid {sigmoid[99]:.2f}, tanh {tanh[99]:.2f}; one constant guess {constant:.2f}")
assert abs(sigmoid[99] - constant) < 0.02
assert tanh[99] < 0.3
assert sigmoid[400] > 0.6
assert round(share, 2) == 0.63
assert sigmoid[-1] < 0.35

# %% [markdown]
# **What to notice.** After 100 epochs the sigmoid network is no better than answering "63 % benign" for everybody: a plateau (平台), not a bug. Each sigmoid multiplies the gradient by at most ¼, so two hidden layers of them hardly pass any of it on. You only know that it is a plateau if you go on. So a loop must let you see the loss while it runs, stop when nothing improves, and go on later from where it stopped. These are the pieces of this lesson.
#
# **Try it.** Replace `nn.Tanh` by `nn.ReLU` (the homework of lecture 7). Expect about 0.59 at epoch 100, between the two, and about 0.13 at the end.
#
# ## Serve the data in batches
#
# Lecture 8 takes a step after each mini-batch (小批量) of 32 rows. Two objects do it. A `Dataset` (数据集) answers two questions: how many samples are there, and what is sample number $i$? A `DataLoader` (数据加载器) draws an order, collects samples into batches, and hands them out. Write a `Dataset` yourself: two methods. This one holds digits, and shifts each by a random number of pixels each time it is asked: data augmentation (数据增强).

# %%
class Digits(Dataset):
    """Pictures (N, 28, 28) and labels (N,); each picture is moved by up to ``shift`` pixels."""

    def __init__(self, X, y, shift=0):
        self.X, self.y, self.shift = X, y, shift

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.X[i]
        if self.shift:
            down, right = torch.randint(-self.shift, self.shift + 1, (2,)).tolist()
            x = x.roll((down, right), dims=(0, 1))  # what leaves at one side enters at the other
        return x, self.y[i]


# %% [markdown]
# Real digits to fill it with. 3,500 are to learn from. 500 make the validation set (验证集): you look at it while you choose. 1,000 make the test set (测试集): you look at it once.

# %%
mnist = data.mnist.load()
X, y = torch.tensor(mnist.X_train[:4000]), torch.tensor(mnist.y_train[:4000])
train_set, val_set = Digits(X[:3500], y[:3500]), Digits(X[3500:], y[3500:])
test_set = Digits(torch.tensor(mnist.X_test[:1000]), torch.tensor(mnist.y_test[:1000]))
x, label = train_set[0]
print(len(train_set), tuple(x.shape), x.dtype, "label", int(label))

# %% [markdown]
# The loader takes 64 of them at a time. Before you run the cell: how many batches, and how large is the last?

# %% tags=["nbval-check-output"]
loader = DataLoader(train_set, batch_size=64)
batches = list(loader)
xb, yb = batches[0]
print(len(loader), "batches; first", tuple(xb.shape), tuple(yb.shape), "; last", len(batches[-1][1]))
print("without the last one:", len(DataLoader(train_set, batch_size=64, drop_last=True)))

# %% [markdown]
# 3,500 = 54·64 + 44. **The last batch is smaller.** Remember it; it returns as a bug. `drop_last=True` leaves it out.
#
# `shuffle=True` draws a new order for each epoch. Seven numbers show it best. `TensorDataset` is a ready-made `Dataset` around tensors.

# %%
seven = TensorDataset(torch.arange(7))
shuffled = DataLoader(seven, batch_size=3, shuffle=True)
orders = [[xb.tolist() for (xb,) in shuffled] for epoch in range(2)]
print(*orders, sep="\n")
assert orders[0] != orders[1]
assert all(sorted(itertools.chain(*order)) == list(range(7)) for order in orders)

# %% [markdown]
# **What to notice.** Each epoch serves every sample once, in another order. Where does the order come from? From torch's global random generator (随机数生成器): at the start of each epoch the loader draws two numbers from it, one for the order and one for its workers. So a seed fixes all orders to come.

# %%
def orders_after(seed):
    torch.manual_seed(seed)
    return [[xb.tolist() for (xb,) in shuffled] for epoch in range(2)]


assert orders_after(5) == orders_after(5)
assert orders_after(5) != orders_after(6)

# %% [markdown]
# **The idea.** A loader makes a batch in three moves: the *sampler* (采样器) yields numbers, the data set yields a sample for each, and `collate_fn` (整理函数) turns a list of samples into one batch. The default stacks tensors, so they must have one shape. Sentences do not:

# %%
sentences = [torch.tensor([4, 1]), torch.tensor([7, 7, 2]), torch.tensor([5])]
try:
    next(iter(DataLoader(sentences, batch_size=3)))
except RuntimeError as error:
    print("RuntimeError:", str(error).split(",")[0])

# %% [markdown]
# **Right:** give the loader your own collate function. `pad_sequence` fills up with zeros; the true lengths go along.

# %% tags=["nbval-check-output"]
def pad(samples):
    lengths = torch.tensor([len(s) for s in samples])
    return nn.utils.rnn.pad_sequence(samples, batch_first=True), lengths


padded, lengths = next(iter(DataLoader(sentences, batch_size=3, collate_fn=pad)))
print(padded.tolist(), lengths.tolist())

# %% [markdown]
# **Workers.** With `num_workers=0` your own process calls `__getitem__`, and the network waits. With `num_workers=2`, two worker processes (工作进程) prepare the next batches while the network computes. That helps when a sample is expensive, such as a JPEG to be decoded. For tensors in memory there is little to gain, and every batch must travel between processes. The order is the same. (Random shifts are not: each worker has a generator of its own.)

# %%
served = []
for workers in (0, 2):
    torch.manual_seed(0)
    served.append([xb.tolist() for (xb,) in DataLoader(seven, 3, shuffle=True, num_workers=workers)])
assert served[0] == served[1]

# %% [markdown]
# (On Windows and macOS a worker must be able to import your data set, so define it in a file, not in a notebook.)
#
# Now the mini-batch loop of lecture 8, on the tumours. There is a bug in the code of a public copy of that lecture: it plots `loss`, as it is at the end of each epoch. What is it, at that moment?

# %%
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 4), nn.Sigmoid(),
                      nn.Linear(4, 1), nn.Sigmoid())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
last_losses, mean_losses = [], []
for _ in range(80):
    total = 0.0
    for xb, yb in DataLoader(TensorDataset(table, benign), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
    last_losses.append(loss.item())
    mean_losses.append(total / len(table))

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.4))
ax.plot(last_losses, color=plot.ORANGE, lw=1.2, label="loss of the last mini-batch")
ax.plot(mean_losses, color=plot.BLUE, label="mean over all samples")
ax.set(xlabel="epoch", ylabel="loss", title="The last mini-batch says little about the epoch")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** A smooth blue curve falls and flattens near 0.16. An orange line zigzags around it, in the second half between about 0.05 and 0.4.

# %%
jumps = {name: np.abs(np.diff(line[40:])).mean() for name, line in
         [("last", last_losses), ("mean", mean_losses)]}
print({name: round(float(v), 3) for name, v in jumps.items()}, "; last batch:", len(yb), "rows")
assert jumps["last"] > 10 * jumps["mean"]
assert max(last_losses[40:]) > 1.5 * mean_losses[-1]
assert min(last_losses[40:]) < 0.6 * mean_losses[-1]

# %% [markdown]
# **What to notice.** At the end of the epoch `loss` belongs to the last mini-batch, here 25 rows of 569. It jumps with the luck of the draw, on average more than ten times as far as the mean does. **The idea.** With $n_b$ samples and mean loss $L_b$ in batch $b$, the mean loss of the epoch is
#
# $$L=\frac{\sum_b n_b L_b}{\sum_b n_b}$$
#
# It weighs each batch by its size. That is what a loop should report.
#
# ## Name ten classes
#
# Ten kinds of digits need ten outputs. Lecture 9 ends the network in ten numbers without any activation, called logits (未归一化的得分). Softmax turns logits $z$ into probabilities, and the loss of a sample with label $k$ is its cross-entropy (交叉熵):
#
# $$p_j=\frac{e^{z_j}}{\sum_i e^{z_i}}\qquad\qquad L=-\log p_k=-z_k+\log\sum_i e^{z_i}$$
#
# The example of the lecture: three samples with labels 2, 0, 1, and two guesses for them. Which is better, and by how much?

# %%
labels = torch.tensor([2, 0, 1])
good = torch.tensor([[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]])
bad = torch.tensor([[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]])
for name, z in [("good", good), ("bad", bad)]:
    by_hand = (-z[[0, 1, 2], labels] + torch.log(torch.exp(z).sum(dim=1))).mean()
    print(name, f"{by_hand:.4f}", f"{nn.CrossEntropyLoss()(z, labels):.4f}")

# %% [markdown]
# **What to notice.** 0.4966 and 1.2389, the numbers of the lecture, from the formula and from `nn.CrossEntropyLoss`. It takes logits and labels (whole numbers, `int64`), and does the softmax itself. The homework asks how `NLLLoss` differs: it is the second half. It takes *log-probabilities*, and only picks $-\log p_k$.

# %%
for z, number in [(good, 0.4966), (bad, 1.2389)]:
    halves = nn.NLLLoss()(nn.LogSoftmax(dim=1)(z), labels)
    assert torch.allclose(halves, nn.CrossEntropyLoss()(z, labels))
    assert abs(halves - number) < 5e-5
same_guess = nn.CrossEntropyLoss()(torch.zeros(1, 10), torch.tensor([3]))
print(f"a network that knows nothing about ten classes: {same_guess:.3f} = ln 10")
assert torch.isclose(same_guess, torch.tensor(10.0).log())

# %% [markdown]
# So the first loss of a fresh ten-class network should be near 2.3. If it is not, look for a bug before you train. Now the network of the lecture: 784 → 512 → 256 → 128 → 64 → 10 with ReLU.

# %%
def make_net():
    """Logits (N, 10) from pictures (N, 28, 28)."""
    sizes, layers = [784, 512, 256, 128, 64, 10], [nn.Flatten()]
    for D, M in itertools.pairwise(sizes):  # 784, 512; then 512, 256; …
        layers += [nn.Linear(D, M), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU after the last layer


loss_fn = nn.CrossEntropyLoss()  # the mean over a batch
first = loss_fn(make_net()(X[:500]), y[:500])
print(sum(p.numel() for p in make_net().parameters()), f"parameters, first loss {first:.2f}")
assert abs(first - 2.303) < 0.02

# %% [markdown]
# ## Write one epoch
#
# Two functions carry everything: one pass with updates, one pass without.
#
# **Explain this line.** Answer before you write.
#
# 1. `optimizer.zero_grad()`: `backward()` *adds* to `.grad`. What would the second step use without this line?
# 2. `model.train()` and `model.eval()`: they train and judge nothing. What do they switch, and in which layers?
# 3. `total += loss.detach() * len(y)`: why not `total += loss * len(y)`, and why not `loss.item()`?
#
# <details><summary>Answers</summary>
#
# 1. The sum of the gradients of both batches, and later of all batches so far.
# 2. A flag, `model.training`. Two kinds of layers look at it. Dropout (丢弃法, lesson 7) switches random units off, and batch norm (批量归一化, lesson 6) scales with the statistics of the batch at hand: both only in training mode.
# 3. `loss` carries the graph of its whole computation; a sum of such losses keeps every graph of the epoch in memory. `detach()` cuts it off. `.item()` would do so too, but it must wait until a GPU has finished the step; a tensor stays there, and you wait once, at the end.
#
# </details>

# %% tags=["exercise"]
def train_epoch(model, loader, loss_fn, optimizer, device):
    """One pass over the loader with updates → mean loss over all samples (a Python float).

    loader yields batches (x, y), the last may be smaller; move both to ``device``.
    loss_fn(model(x), y) is the mean over a batch. The model must be in training mode.
    """
    # BEGIN SOLUTION  train mode; per batch: zero_grad, loss, backward, step; add loss * len(y)
    model.train()
    total, count = 0.0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(y)
        count += len(y)
    mean = float(total) / count
    # END SOLUTION
    return mean


# %%
check.train_epoch(train_epoch)

# %% [markdown]
# The other pass changes nothing. `metrics` is a dictionary of further functions (output, y) → mean over the batch, such as this one:

# %%
def accuracy(output, y):
    """Share of samples whose largest logit is the right one."""
    return (output.argmax(dim=1) == y).float().mean()


# %% tags=["exercise"]
def evaluate(model, loader, loss_fn, metrics, device):
    """One pass without updates → {"loss": mean, name: mean of each metric} over all samples.

    All values are Python floats. Batches (x, y) weigh by their size. The model must be in
    evaluation mode, and no gradients are computed.
    """
    # BEGIN SOLUTION  eval mode, torch.no_grad(); add measure(output, y) * len(y) for each name
    model.eval()
    measures = {"loss": loss_fn, **metrics}
    totals, count = dict.fromkeys(measures, 0.0), 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            output = model(x)
            for name, measure in measures.items():
                totals[name] += measure(output, y) * len(y)
            count += len(y)
    means = {name: float(total) / count for name, total in totals.items()}
    # END SOLUTION
    return means


# %%
check.evaluate(evaluate)

# %% [markdown]
# Train with the settings of lecture 9 (SGD with learning rate 0.01, momentum 0.5, batches of 64), and with a bolder pair. Momentum (动量) repeats a part of the step before, here a half; lesson 5 is about it. Five epochs each. In the lecture, the first epoch already reaches 90 %.

# %%
device, accuracies = torch.device("cpu"), {}
val_loader = DataLoader(val_set, batch_size=500)
for lr, momentum in [(0.01, 0.5), (0.05, 0.9)]:
    torch.manual_seed(0)
    model = make_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    for _ in range(5):
        train_epoch(model, DataLoader(train_set, 64, shuffle=True), loss_fn, optimizer, device)
    accuracies[lr] = evaluate(model, val_loader, loss_fn, {"accuracy": accuracy}, device)["accuracy"]
    print(f"lr {lr}, momentum {momentum}: validation accuracy {accuracies[lr]:.0%}")
assert accuracies[0.01] < 0.5 < 0.8 < accuracies[0.05]

# %% [markdown]
# **What to notice.** The lecture's settings are still asleep. An epoch of the lecture has 60,000/64 = 938 steps; yours has 55. Give them 17 epochs, 935 steps. And the lecture standardises the pixels, (x − 0.1307)/0.3081, with the mean and standard deviation of all MNIST pixels; yours go from 0 to 1. Is it the steps, or both?

# %%
longer = {}
for name, pictures in [("pixels 0 to 1", X), ("standardised", (X - 0.1307) / 0.3081)]:
    torch.manual_seed(0)
    model, judged = make_net(), DataLoader(Digits(pictures[3500:], y[3500:]), 500)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    for _ in range(17):
        train_epoch(model, DataLoader(Digits(pictures[:3500], y[:3500]), 64, shuffle=True), loss_fn, optimizer, device)
    longer[name] = evaluate(model, judged, loss_fn, {"accuracy": accuracy}, device)["accuracy"]
    print(f"{name}: validation accuracy {longer[name]:.0%}")
assert longer["pixels 0 to 1"] < 0.65
assert longer["standardised"] > 0.85

# %% [markdown]
# **What to notice.** Both. Steps alone bring about half of the digits; with standardised pixels as well you get the lecture's 90 %. Before you compare two runs, compare their steps and their inputs.
#
# ## Stop at the right epoch
#
# How many epochs? Train too long on few data and the network learns them by heart: overfitting (过拟合). To see it quickly, take 500 digits only. (Adam is an optimizer that finds a step size for each weight; lesson 5 again.)

# %%
torch.manual_seed(0)
small = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(small.parameters(), lr=3e-3)
few = DataLoader(Digits(X[:500], y[:500]), 50, shuffle=True)
curve = {"train": [], "validation": []}
for _ in range(40):
    curve["train"].append(train_epoch(small, few, loss_fn, optimizer, device))
    curve["validation"].append(evaluate(small, val_loader, loss_fn, {}, device)["loss"])

# %% [markdown]
# Where should it have stopped? You will draw both curves below. The rule is early stopping (提前停止): stop when the validation loss has set no new low for `patience` epochs in a row.
#
# **Explain this line.** In `losses = [3, 2, 2, 4, 1]` with patience 2, where does the rule stop? Does it ever see the 1?
#
# <details><summary>Answer</summary>
#
# The low of 2 comes at epoch 2. Epoch 3 is a tie, no *new* low; epoch 4 is worse: two epochs in a row. It stops after epoch 4 and does not see the 1. Patience buys protection against this, at the price of time.
#
# </details>

# %% tags=["exercise"]
def early_stopping_epoch(losses, patience):
    """The first epoch (from 1) that ends ``patience`` epochs without a new lowest loss, or None."""
    # BEGIN SOLUTION  walk through the losses; remember the best so far and how long you waited
    best, waited = float("inf"), 0
    for epoch, loss in enumerate(losses, 1):
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited >= patience:
            return epoch
    # END SOLUTION
    return None


# %%
check.early_stopping_epoch(early_stopping_epoch)

# %%
stop = early_stopping_epoch(curve["validation"], patience=5)
best = int(np.argmin(curve["validation"][:stop])) + 1
fig, ax = plt.subplots(figsize=(6.6, 3.4))
for (name, losses), colour in zip(curve.items(), [plot.BLUE, plot.ORANGE]):
    ax.plot(range(1, 41), losses, color=colour, label=name)
ax.plot(best, curve["validation"][best - 1], "o", color=plot.GREEN, ms=9, label=f"best: epoch {best}")
ax.axvline(stop, color="gray", ls=":", label=f"stop: epoch {stop}")
ax.set(xlabel="epoch", ylabel="loss", title="Training loss goes to 0 while validation loss turns back up")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The blue training loss falls to almost zero. The orange validation loss falls, reaches its low, marked by a green dot, and then climbs slowly. A dotted line five epochs after the dot marks the stop.

# %%
print(f"best epoch {best}, stop at {stop} of 40")
print(f"validation loss: {curve['validation'][best - 1]:.2f} there, {curve['validation'][-1]:.2f} at the end")
assert stop == best + 5 < 40
assert curve["train"][-1] < 0.01
assert curve["validation"][-1] > 1.1 * curve["validation"][best - 1]

# %% [markdown]
# **What to notice.** The run stops five epochs after its best one. So you want the weights *of the best epoch* back, and must have copied them then: `best = copy.deepcopy(model.state_dict())`. A `state_dict` is a dictionary from names to the tensors of a model. Without the copy, `best` would be the same tensors, and go on changing:

# %%
linked, copied = small.state_dict(), copy.deepcopy(small.state_dict())
train_epoch(small, few, loss_fn, torch.optim.SGD(small.parameters(), lr=0.1), device)
now = small.state_dict()["1.weight"]
print("linked is the new state:", torch.equal(linked["1.weight"], now),
      "; copied is:", torch.equal(copied["1.weight"], now))
assert torch.equal(linked["1.weight"], now)
assert not torch.equal(copied["1.weight"], now)

# %% [markdown]
# This is the end of day 1.
#
# ## Survive a kill
#
# The power fails, Colab disconnects, the machine is needed. What must be on the disk so that the run can go on *as if nothing had happened*? Find out: train six epochs in one go; then train three, save some parts, start everything anew, load them, and train the other three.

# %%
def half_and_half(parts, stop=3, epochs=6):
    """Losses of six epochs; after ``stop``, all is made anew and only ``parts`` are put back."""
    losses, kept = [], {}
    for start, end in [(0, stop), (stop, epochs)]:
        torch.manual_seed(start)  # a new process, another state of the generator
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 10))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        if kept and "weights" in parts:
            net.load_state_dict(kept["weights"])
        if kept and "optimizer" in parts:
            optimizer.load_state_dict(kept["optimizer"])
        if kept and "generator" in parts:
            torch.set_rng_state(kept["generator"])
        for _ in range(start, end):
            losses.append(train_epoch(net, DataLoader(few.dataset, 50, shuffle=True), loss_fn, optimizer, device))
        kept = {"weights": copy.deepcopy(net.state_dict()), "generator": torch.get_rng_state(),
                "optimizer": copy.deepcopy(optimizer.state_dict())}
    return np.array(losses)


# %%
whole, gaps = half_and_half([], stop=6), {}
for parts in (["weights"], ["weights", "optimizer"], ["weights", "optimizer", "generator"]):
    gaps[len(parts)] = np.abs(half_and_half(parts) - whole).max()
    print(f"{' + '.join(parts):32} largest difference to the run in one go: {gaps[len(parts)]:.3f}")
assert gaps[1] > 0.01
assert gaps[2] > 0.001
assert gaps[3] == 0

# %% [markdown]
# **What to notice.** With weights alone the run goes on, but otherwise: the optimizer has lost its momentum, and the shuffled orders and dropout masks are others. With the state of the random generator as well, the difference is 0, to the last digit. The complete list: model, optimizer, learning-rate schedule, the generators of Python, NumPy and torch, the history so far, the best state, and the scaler of mixed precision (you will meet it below).
#
# **The kill may come while you write.** Then half a file has replaced a good one. The cure is old: write to another name, and rename when all is there. `os.replace` is atomic (原子操作): at any moment the name leads to the old file or to the new one, never to a mixture.
#
# **Explain this line.** Why does the solution below read its own file before it renames it?
#
# <details><summary>Answer</summary>
#
# Because a file that cannot be read again is no checkpoint (检查点), and you would learn that only after the kill. `weights_only=True` makes `torch.load` accept tensors, numbers, strings, lists and dictionaries and refuse everything else; a trap below shows why.
#
# </details>

# %% tags=["exercise"]
import os


def save_checkpoint(state, path):
    """Write ``state`` so that ``path`` holds the whole old or the whole new file at any moment.

    state: dict for torch.save; path: str or Path; returns nothing. Write to f"{path}.part",
    read it again with torch.load(…, weights_only=True), which raises where it must, then rename.
    """
    # BEGIN SOLUTION  open the part "wb", torch.save, torch.load it again, os.replace(part, path)
    part = f"{path}.part"
    with open(part, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # the bytes are on the disk before the name changes
    torch.load(part, weights_only=True)  # what cannot be read again shows now, not after a kill
    os.replace(part, path)
    # END SOLUTION


# %%
check.save_checkpoint(save_checkpoint)

# %% [markdown]
# (`flush` and `fsync` are for a power cut: `flush` hands the bytes to the system, `fsync` waits until they are on the disk.)
#
# Loading deserves the same care. A file may be cut short, or be something else, or belong to another model. Then say so, say what to do, and leave the file alone; it may be somebody's only copy. (`map_location="cpu"` lets a file that was written on a GPU be read anywhere.)

# %%
FORMAT = "dlroadmap.train 1"


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says why and what to do. The file is kept."""


def refused(path, why):
    """A CheckpointError that says what to do."""
    return CheckpointError(f"{path} {why}. The file is left as it is. Move it away, or give "
                           "another checkpoint=, or resume=False to start anew and replace it.")


def load_checkpoint(path):
    """The state that ``fit`` saved under ``path``; CheckpointError where it is something else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch raise a dozen kinds
        raise refused(path, f"cannot be read as a checkpoint ({type(error).__name__})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise refused(path, "was not written by dlroadmap.train.fit")
    return state


# %%
folder = Path(tempfile.mkdtemp())
(folder / "thesis.pt").write_text("Chapter 1")
try:
    load_checkpoint(folder / "thesis.pt")
except CheckpointError as error:
    print(str(error).replace(str(folder), "…"))
assert (folder / "thesis.pt").read_text() == "Chapter 1"

# %% [markdown]
# The random generators, dressed up as an object with the two methods that models and optimizers have, `state_dict` and `load_state_dict`. A loader may have been given a generator of its own; it is kept too. (`parallel` is for several processes at once; in one process its functions hand back what they get. See "Beyond the roadmap". The generator of `mps`, the GPU of an Apple computer, is not among them: there a resumed run with dropout draws other masks.)

# %%
class RandomGenerators:
    """All random generators that a run draws from, kept and put back like a module's state."""

    def __init__(self, loader, device):
        own = {"cpu": torch.default_generator, "loader": getattr(loader, "generator", None),
               "sampler": getattr(getattr(loader, "sampler", None), "generator", None)}
        if device.type == "cuda":
            own["cuda"] = torch.cuda.default_generators[device.index]
        self.torch = {name: g for name, g in own.items() if g is not None}

    def state_dict(self):
        """The states, of each process, in types that weights_only=True reads again."""
        kind, keys, *rest = np.random.get_state()
        return {"processes": parallel.gather({
            "python": random.getstate(), "numpy": (kind, keys.tolist(), *rest),
            "torch": {name: g.get_state() for name, g in self.torch.items()}})}

    def load_state_dict(self, state):
        """Put every generator back to where it was."""
        states = state["processes"]
        mine = states[min(parallel.processes()[0], len(states) - 1)]
        random.setstate(mine["python"])
        np.random.set_state(mine["numpy"])
        for name in self.torch.keys() & mine["torch"].keys():  # cuda and cpu may change places
            self.torch[name].set_state(mine["torch"][name])


# %% [markdown]
# Try it: note where the generators are, draw, put them back, draw again.

# %%
generators = RandomGenerators(few, device)
noted = generators.state_dict()
draws = []
for _ in range(2):
    generators.load_state_dict(noted)
    draws.append((random.random(), np.random.rand(), torch.rand(1).item()))
assert draws[0] == draws[1]

# %% [markdown]
# Now the checkpoint itself: a `signature` of what must agree, a `snapshot` of everything, and `resume_from`, which checks the whole signature *before* it puts anything back, so that a wrong file changes nothing.

# %%
def signature(objects):
    """What a checkpoint and the objects that go on from it must agree on."""
    tensors = objects["model"].state_dict()
    return {**{name: tuple(getattr(t, "shape", ())) for name, t in tensors.items()},
            **{name: type(objects[name]).__name__ for name in ("optimizer", "scheduler")},
            "parameters": [len(group["params"]) for group in objects["optimizer"].param_groups],
            "generators": sorted(objects["random"].torch.keys() - {"cuda"})}


def snapshot(objects, rows, best):
    """All that the next epoch depends on, as a dict for :func:`save_checkpoint`."""
    states = {name: thing.state_dict() for name, thing in objects.items() if thing is not None}
    return {"format": FORMAT, "signature": signature(objects), "rows": rows, "best": best, **states}


# %%
def resume_from(path, objects, resume=True):
    """Put the state saved under ``path`` into all objects, or into none and raise → rows, best."""
    if path:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)  # now, not after the first epoch
    if not (path and resume and os.path.exists(path)):
        return [], None
    state, here = load_checkpoint(path), signature(objects)
    for name in {**here, **state["signature"]}:
        there = state["signature"].get(name)
        if there != here.get(name):
            raise refused(path, f"is of another run: {name} is {there} in the file and "
                                f"{here.get(name)} here")
    for name, thing in objects.items():
        if state.get(name):
            thing.load_state_dict(state[name])
    return state["rows"], state["best"]


# %% [markdown]
# ## Move to another device
#
# Where is the work done? On an NVIDIA card (`cuda`), on the GPU of an Apple computer (`mps`), or on the processor (`cpu`). Model and batches must be in the same place. On a card there is one more thing to gain: mixed precision (混合精度). Inside `autocast`, matrix products run on 16-bit numbers, which need half the memory of 32-bit ones; the weights themselves stay in 32 bit. bfloat16 has the range of float32 with fewer digits. Older cards have only float16, whose smallest gradients round to zero; a `GradScaler` multiplies the loss by a large number before `backward` and divides the gradients by it before the step.

# %%
def pick_device(device=None):
    """The device asked for, else the first that is there: cuda, mps, cpu."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": 1}
    device = torch.device(device or next(name for name, is_there in there.items() if is_there))
    if device.type == "cuda" and device.index is None:  # torchrun gives each process its card
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return device


def mixed_precision(device, amp):
    """(autocast, scaler) for the device; amp None = on cuda only. Both idle where it is off."""
    on = device.type == "cuda" if amp is None else amp
    fp16 = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    kind = torch.float16 if fp16 else torch.bfloat16  # float16 needs its gradients scaled up
    scaler = torch.amp.GradScaler(device.type, enabled=on and fp16)
    return torch.autocast(device.type, kind) if on else nullcontext(), scaler


# %% [markdown]
# What does a number lose? Put 1/3, a very small and a very large number into the three types.

# %%
for number in (1 / 3, 1e-8, 1e5):
    row = [float(torch.tensor(number, dtype=t)) for t in (torch.float32, torch.bfloat16, torch.float16)]
    print("float32 {:.6g}   bfloat16 {:.6g}   float16 {:.6g}".format(*row))
assert torch.bfloat16.itemsize * 2 == torch.float32.itemsize
assert row[2] == float("inf")
assert abs(row[1] / 1e5 - 1) < 0.01
assert torch.tensor(1e-8, dtype=torch.float16) == 0 != torch.tensor(1e-8, dtype=torch.bfloat16)

# %% [markdown]
# **What to notice.** float16 turns $10^{-8}$ into 0 and $10^5$ into infinity; bfloat16 keeps both and is coarse. Now `train_epoch` and `evaluate` in their final form. (`@torch.no_grad()` above a function switches gradients off in all of it.) Compare with yours; three things are new: `*x, y` takes any number of inputs before the target; the forward pass runs under `autocast`, and `scaler` (which does nothing when it is off) wraps the two steps; and the last division is done in `averages`, over all processes.

# %%
def averages(totals, count, device):
    """Totals over ``count`` samples, numbers or tensors → their means (over all processes)."""
    kind = torch.float32 if device.type == "mps" else torch.float64
    sums = torch.stack([torch.as_tensor(t, dtype=kind, device=device) for t in (*totals, count)])
    *totals, count = parallel.total(sums).tolist()
    if not count:
        raise ValueError("the loader gave no batch: is the data set empty, or drop_last=True?")
    return [total / count for total in totals]


def train_epoch(model, loader, loss_fn, optimizer, device, autocast=None, scaler=None):
    """One pass over the loader with updates → mean loss over all samples (float)."""
    autocast = autocast or nullcontext()
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    model.train()
    total, count = 0.0, 0
    for batch in loader:
        *x, y = (part.to(device, non_blocking=True) for part in batch)
        optimizer.zero_grad()
        with autocast:
            loss = loss_fn(model(*x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        total += loss.detach() * len(y)  # stays on the device: .item() would wait for it
        count += len(y)
    return averages([total], count, device)[0]


# %%
@torch.no_grad()
def evaluate(model, loader, loss_fn, metrics, device):
    """One pass without updates → {"loss": mean over all samples, metric's name: its mean, …}."""
    model.eval()
    measures = {"loss": loss_fn, **metrics}
    totals, count = dict.fromkeys(measures, 0.0), 0
    for batch in loader:
        *x, y = (part.to(device, non_blocking=True) for part in batch)
        output = model(*x)
        for name, measure in measures.items():
            totals[name] += measure(output, y) * len(y)
        count += len(y)
    return dict(zip(totals, averages(totals.values(), count, device), strict=True))


def validate(model, loader, loss_fn, metrics, device, autocast):
    """The validation columns of a row: val_loss and the metrics, or none without a loader."""
    if loader is None:
        return {}
    with autocast:
        measured = evaluate(model, loader, loss_fn, metrics, device)
    return {"val_loss": measured.pop("loss"), **measured}


# %% [markdown]
# The final forms pass the same checks as yours:

# %%
check.train_epoch(train_epoch)
check.evaluate(evaluate)

# %% [markdown]
# ## Assemble the loop
#
# Small helpers first. Each answers one question. (`row` will be a dictionary, the history of one epoch; `tqdm` draws a progress bar.) `check_arguments` and `refuse_nan` turn silent failures into sentences.

# %%
COLUMNS = ["epoch", "train_loss", "val_loss", "lr", "seconds"]


def check_arguments(model, val_loader, optimizer, epochs, metrics, patience):
    """ValueError for arguments that do not fit together."""
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    for wrong, message in [
        (held.isdisjoint(map(id, model.parameters())),
         "the optimizer holds no parameter of this model: make it again, after the model"),
        (epochs < 0 or patience == 0, f"epochs is {epochs}, patience {patience}: too small"),
        (val_loader is None and (patience or metrics), "patience and metrics need a val_loader"),
        (set(metrics) & {"loss", *COLUMNS}, f"no metric can be called loss, {', '.join(COLUMNS)}"),
    ]:
        if wrong:
            raise ValueError(message)


def refuse_nan(row, checkpoint):
    """FloatingPointError where a loss of this epoch is NaN or infinite."""
    bad = [k for k in ("train_loss", "val_loss") if not math.isfinite(row.get(k, 0))]
    if bad:
        raise FloatingPointError(
            f"epoch {row['epoch']}: {bad[0]} is {row[bad[0]]}. Too large a learning rate? NaN in "
            "the data? Start with a new model." + f" {checkpoint} is kept." * bool(checkpoint))


# %%
def step(optimizer, scheduler, row):
    """Step the scheduler; return the learning rate that the epoch was trained with."""
    lr = float(optimizer.param_groups[0]["lr"])
    if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
        scheduler.step(row.get("val_loss", row["train_loss"]))
    elif scheduler is not None:
        scheduler.step()
    return lr


def lowest(rows):
    """Position of the first row with the lowest val_loss."""
    losses = [row.get("val_loss", math.inf) for row in rows]
    return losses.index(min(losses))


def stopped(rows, patience):
    """Has the patience run out?"""
    losses = (row["val_loss"] for row in rows if "val_loss" in row)
    return patience and early_stopping_epoch(losses, patience)


# %%
def watched(loader, epoch, epochs, progress):
    """The loader, with a progress bar where a person looks on."""
    hidden = not (progress and sys.stderr.isatty() and parallel.processes()[0] == 0)
    return tqdm(loader, f"epoch {epoch}/{epochs}", leave=False, disable=hidden)


def summary(rows, epochs, resumed, best):
    """The run in one line."""
    row = rows[lowest(rows) if best else -1] if rows else {}
    numbers = [f"{k} {v:.4g}" for k, v in row.items() if k not in ("lr", "seconds")]
    return (f"{len(rows)} of {epochs} epochs" + f" ({resumed} from the checkpoint)" * (resumed > 0)
            + f"; {'best' if best else 'last'}: " + ", ".join(numbers))


# %% [markdown]
# And the loop. Read it from the middle: the `while` is the training. Above it everything is made ready, below it everything is put away. `row |= …` adds entries to a dictionary. The scheduler (学习率调整) changes the learning rate from epoch to epoch.

# %%
def fit(model, train_loader, val_loader=None, *, loss_fn, optimizer, epochs, metrics=None,
        scheduler=None, device=None, checkpoint=None, resume=True, patience=None, amp=None,
        progress=True):
    metrics = metrics or {}
    check_arguments(model, val_loader, optimizer, epochs, metrics, patience)
    device = parallel.join(pick_device(device))
    autocast, scaler = mixed_precision(device, amp)
    objects = {"model": model.to(device), "optimizer": optimizer, "scheduler": scheduler,
               "scaler": scaler, "random": RandomGenerators(train_loader, device)}
    rows, best = resume_from(checkpoint, objects, resume)
    resumed, trained = len(rows), parallel.wrap(model)
    train, val = (parallel.share(x, device, x is train_loader) for x in (train_loader, val_loader))
    while len(rows) < epochs and not stopped(rows, patience):
        start, row = time.perf_counter(), {"epoch": len(rows) + 1}
        bar = watched(train, row["epoch"], epochs, progress)
        row["train_loss"] = train_epoch(trained, bar, loss_fn, optimizer, device, autocast, scaler)
        row |= validate(model, val, loss_fn, metrics, device, autocast)
        refuse_nan(row, checkpoint)
        rows.append(row)
        if val is not None and (checkpoint or patience) and lowest(rows) == len(rows) - 1:
            best = copy.deepcopy(model.state_dict())
        row |= {"lr": step(optimizer, scheduler, row), "seconds": time.perf_counter() - start}
        if checkpoint:
            parallel.once(save_checkpoint, snapshot(objects, rows, best), checkpoint)
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    if progress:
        parallel.once(print, summary(rows, epochs, resumed, best))
    return pd.DataFrame(rows, columns=[*COLUMNS[:3], *metrics, *COLUMNS[3:]])


# %% [markdown]
# **Explain this line.**
#
# 1. `row["train_loss"]` and `row["val_loss"]` of one epoch: are they measured on the same weights?
# 2. `refuse_nan` stands before the checkpoint is written. Why there?
# 3. `model.eval()` at the end, after `load_state_dict(best)`: who needs it?
#
# <details><summary>Answers</summary>
#
# 1. No. The training loss is collected *while* the weights change, with dropout on; the validation loss comes after the last step, with dropout off. So in the first epochs the validation loss is often the lower one.
# 2. A checkpoint full of NaN would replace the last good one.
# 3. You, in your next line. A forgotten `eval()` leaves dropout on while you predict.
#
# </details>
#
# Use it for the network of lecture 9, with all that you have: digits shifted by up to one pixel, a learning rate that falls along half a cosine, the best of 12 epochs by validation. (`**run` hands over the entries of a dictionary as named arguments.)

# %%
def make_run(seed=0):
    """Everything that a run consists of, made anew."""
    dlroadmap.setup(seed)
    model = make_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return model, {
        "train_loader": DataLoader(Digits(X[:3500], y[:3500], shift=1), 64, shuffle=True),
        "val_loader": DataLoader(val_set, 500), "loss_fn": loss_fn, "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12),
        "metrics": {"accuracy": accuracy}, "device": "cpu"}


learner, run = make_run()
history = fit(learner, **run, epochs=12, checkpoint=folder / "mnist.pt")
reader = learner
history.drop(columns="seconds").tail(3).round(3)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3))
axes[0].plot(history.epoch, history.train_loss, label="train", color=plot.BLUE)
axes[0].plot(history.epoch, history.val_loss, label="validation", color=plot.ORANGE)
axes[0].legend()
axes[1].plot(history.epoch, history.accuracy, color=plot.ORANGE)
axes[2].plot(history.epoch, history.lr, color=plot.BLACK)
for ax, name in zip(axes, ["loss", "validation accuracy", "learning rate"]):
    ax.set(xlabel="epoch", ylabel=name, xticks=[1, 4, 8, 12])
fig.suptitle("With shifted digits, validation loss never rises above training loss", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Three panels over 12 epochs. Both losses fall steeply, the training loss above the validation loss, and come close to each other near 0.15. Accuracy climbs from 30 % in uneven steps to above 95 %, where it changes little. The learning rate bends from 0.05 down to nearly 0.
#
# **What to notice.** The gap of overfitting, validation above training, does not open. Each digit comes at one of nine places, which makes it harder to learn by heart. Early on the training loss is even much the higher one: it averages over an epoch of quick progress, and on shifted digits.
#
# **Try it.** Set `shift=0` in `make_run`, and another name for the checkpoint. Expect a training loss near 0.01 and a validation loss near 0.18 in the last row (best: epoch 8, 0.03 and 0.17), and about 93 % on the test set below with the weights of that best epoch.
#
# Now, once, the test set.

# %%
final = evaluate(reader, DataLoader(test_set, 500), loss_fn, {"accuracy": accuracy}, device)
print(f"test accuracy {final['accuracy']:.1%} on {len(test_set):,} digits")
assert final["accuracy"] >= 0.94
assert history.accuracy.max() > 0.95
assert abs(history.train_loss - history.val_loss).iloc[-1] < 0.05
assert (history.val_loss < history.train_loss).all()

# %% [markdown]
# What does it misread? `softmax` tells how sure it was.

# %%
with torch.no_grad():
    probabilities = reader(test_set.X).softmax(dim=1)
sure, guess = probabilities.max(dim=1)
wrong = (guess != test_set.y).nonzero().flatten()
worst = wrong[sure[wrong].argsort(descending=True)][:10]
plot.images(test_set.X[worst], [f"{test_set.y[i]} read as {guess[i]}\n{sure[i]:.0%} sure" for i in worst],
            columns=5, height=1.3, title="Its ten surest mistakes")
plt.show()

# %% [markdown]
# **Figure in words.** Ten digits in two rows, each with its label, the answer and how sure the network was. Several are badly written; some you read without trouble.
#
# ## Cut it off and go on
#
# Interrupt a run in the middle of an epoch, as the Stop button does. A loss function that raises `KeyboardInterrupt` at its 200th call will do. (The project's tests do it for real, too: they send the kill signal to a process, during an epoch and while it writes the checkpoint.)

# %%
def cut_off(loss_fn, calls):
    """The same loss, which pulls the plug at the given call."""
    left = iter(range(calls - 1))  # lets so many calls through, then gives None

    def loss_or_not(output, y):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return loss_fn(output, y)

    return loss_or_not


model_2, run = make_run()
try:
    fit(model_2, **(run | {"loss_fn": cut_off(loss_fn, 200)}), epochs=6, checkpoint=folder / "cut.pt")
except KeyboardInterrupt:
    whole_epochs = len(load_checkpoint(folder / "cut.pt")["rows"])
    print("interrupted; whole epochs on the disk:", whole_epochs)
assert whole_epochs == 3

# %% [markdown]
# Start everything anew, with another seed even, and call the same function again. Compare with the first six epochs of the run above, which nobody interrupted.

# %%
model_2, run = make_run(seed=123)
history_2 = fit(model_2, **run, epochs=6, checkpoint=folder / "cut.pt")
columns = ["train_loss", "val_loss", "accuracy", "lr"]
gap = (history[columns][:6] - history_2[columns]).abs().max().max()
print("largest difference to the run in one go:", float(gap))
assert gap == 0

# %% [markdown]
# **What to notice.** 0.0, to the last digit: the fourth epoch was cut off and done again from the state at the end of the third, as if nothing had happened. The notes of that state include the random generators, so another seed in the new start does not matter.
#
# **Try it.** Run the cell above a second time. Expect it to return at once: 6 of 6 epochs are in the file. That is also a trap; see Traps.
#
# ## Compare with the package
#
# Is this what `from dlroadmap import train` gives to later lessons? First the numbers: six epochs with the package, in one go.

# %%
model_3, run = make_run()
history_3 = train.fit(model_3, **run, epochs=6, patience=6, progress=False)  # patience: so that the best weights are kept
print(history_3[columns].round(4).to_string(index=False))
assert history_3[columns].equals(history_2[columns])
assert all(torch.equal(a, b) for a, b in zip(model_2.state_dict().values(), model_3.state_dict().values()))

# %% [markdown]
# The same losses, and the same weights to the last bit. Then the text. `inspect.getsource` reads the source of a function. Docstrings may differ, since the package says more; `ast.unparse` prints the rest in one standard form.

# %%
def bare(thing):
    """The code of a function without its docstring."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.unparse(tree)


package = {name: thing for module in (train, _checkpoint) for name, thing in vars(module).items()
           if inspect.isfunction(thing) and thing.__module__ == module.__name__}
methods = ("__init__", "state_dict", "load_state_dict")
package |= {name: getattr(_checkpoint.RandomGenerators, name) for name in methods}
mine = globals() | {name: getattr(RandomGenerators, name) for name in methods}
differ = [name for name in package if bare(package[name]) != bare(mine[name])]
print(f"{len(package)} functions, different from the package's: {differ or 'none'}")

# %% [markdown]
# (In the exercise edition, functions that you wrote yourself may be listed. The check judges them, not the text.)

# %%
assert len(package) > 20
assert set(differ) <= {"early_stopping_epoch", "save_checkpoint"}

# %% [markdown]
# ## Debug a loop
#
# Six runs of one small network with dropout, each with one planted bug. Every one of these bugs runs without an error message. You may read how they are planted: the cell shuffles them, so you do not see which run has which. For each panel of the figure, write down your guess before you read on.

# %%
def run_with(bug, epochs=5):
    """Train 784 → 128 → 10 with a bug; → training losses, validation accuracies."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=5.0 if bug == "learning rate too large" else 0.1)
    if bug == "no zero_grad()":
        optimizer.zero_grad = lambda: None
    if bug == "no eval()":
        net.eval = lambda: net.train()
    if bug == "layer unknown to the optimizer":  # replaced after the optimizer was made
        net[4] = nn.Linear(128, 10)
    loss, samples = loss_fn, train_set
    if bug == "softmax before CrossEntropyLoss":
        loss = lambda output, y: loss_fn(output.softmax(dim=1), y)  # noqa: E731
    if bug == "labels shuffled apart":
        samples = Digits(X[:3500], y[torch.randperm(3500)])
    batches, losses, scores = DataLoader(samples, 64, shuffle=True), [], []
    for _ in range(epochs):
        losses.append(train_epoch(net, batches, loss, optimizer, device))
        scores.append([evaluate(net, val_loader, loss, {"accuracy": accuracy}, device)["accuracy"] for _ in "12"])
    return losses, scores


bugs = ["labels shuffled apart", "layer unknown to the optimizer", "learning rate too large",
        "no eval()", "no zero_grad()", "softmax before CrossEntropyLoss"]
random.Random(115).shuffle(bugs)
runs = {"none": run_with(None)} | {letter: run_with(bug) for letter, bug in zip("ABCDEF", bugs)}

# %%
fig, axes = plt.subplots(2, 6, figsize=(8.8, 4), sharex=True, sharey="row")
for column, bug in zip(axes.T, "ABCDEF"):
    once, again = np.array(runs[bug][1]).T  # accuracies, (5,) each
    column[0].plot(range(1, 6), runs["none"][0], color="#bbbbbb", lw=3)
    column[0].plot(range(1, 6), runs[bug][0], color=plot.RED, lw=1.6)
    column[1].plot(range(1, 6), np.array(runs["none"][1])[:, 0], color="#bbbbbb", lw=3)
    column[1].plot(range(1, 6), once, color=plot.RED, lw=1.6)
    column[1].text(1, 0.2, f"again: ± {np.abs(again - once).max():.3f}", fontsize=8)
    column[0].set_title(f"run {bug}", fontsize=10)
    column[0].set_ylim(0, 2.9)
    column[1].set(xlabel="epoch", ylim=(0, 1), xticks=[1, 3, 5])
axes[0, 0].set_ylabel("training loss")
axes[1, 0].set_ylabel("validation accuracy")
fig.suptitle("Six bugs, no error message (grey: healthy; ±: measured again)", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Six columns; above, the training loss, below, the validation accuracy, with the largest difference that a second measurement of the same network makes; the healthy run in grey falls from 1.7 to 0.5 and rises to 90 %. A: the loss is far above the healthy one and accuracy falls. B: the loss is healthy; the accuracy lies lower than the grey line, and a second measurement differs by up to two points, in all others by 0. C: the loss creeps down from 2.3 to 2.0. D: the loss stays at 2.3, accuracy far below the healthy run. E: the loss falls, but less far than the healthy one. F: the loss begins above the picture, then stays at 2.3.

# %%
for bug, (losses, scores) in runs.items():
    print(f"{bug:5} loss", " ".join(f"{v:5.2f}" for v in losses), "  accuracy twice",
          " ".join(f"{100 * v:.1f}" for v in scores[-1]))
healthy = runs["none"]
assert healthy[0][-1] < 0.6
assert healthy[1][-1][0] > 0.88
assert healthy[1][-1][0] == healthy[1][-1][1]

# %% [markdown]
# Guess now, then open the list.
#
# <details><summary>Causes</summary>
#
# **A: no `zero_grad()`.** Each step uses the sum of all gradients so far, like momentum without friction. It starts faster than the healthy run and then overshoots.
#
# **B: no `eval()`.** Dropout stays on while you validate. The give-away: *the same weights, the same data, two different answers*.
#
# **C: softmax before `CrossEntropyLoss`.** The softmax is applied twice. It learns, slowly, and the loss cannot come near 0.
#
# **D: labels shuffled apart from their pictures.** There is nothing to learn; the best answer is 10 % for each class, loss ln 10 = 2.30. The accuracy wanders around 10 %, here below it: pictures of one class get the same answer, so it is right or wrong for a whole class at a time. Looks like a learning rate that is far too small; look at a few pictures *with their labels*.
#
# **E: a layer that the optimizer does not know.** The last layer was replaced after the optimizer was made, so it keeps its random weights. The layers below learn to live with it.
#
# **F: learning rate too large.** The first steps throw the weights so far that all ReLUs are off; then the output is the same for every picture, and no gradient comes back.
#
# </details>
#
# Prove it, symptom by symptom.

# %%
print(*(f"{letter}: {bug}" for letter, bug in zip("ABCDEF", bugs)), sep="\n")
losses = {bug: run[0] for bug, run in runs.items()}
scores = {bug: run[1][-1] for bug, run in runs.items()}
assert losses["A"][0] < losses["none"][0]
assert losses["A"][-1] > 1.5
assert abs(losses["B"][-1] - losses["none"][-1]) < 0.03
assert scores["B"][0] != scores["B"][1]
assert max(scores["B"]) < scores["none"][0]
assert all(abs(v - 2.303) < 0.05 for v in losses["D"])
assert max(scores["D"]) < 0.3
assert losses["none"][-1] < losses["E"][-1] < 2
assert losses["F"][0] > 3
assert abs(losses["F"][-1] - 2.303) < 0.1

# %% [markdown]
# How low can the loss of C get? Let the network be perfectly sure and right: after the first softmax it hands on (1, 0, …, 0), and
#
# $$L=-\log\frac{e^1}{e^1+9e^0}=\log(1+9/e)\approx 1.461$$

# %%
perfect = 1000 * nn.functional.one_hot(torch.tensor([3]), 10).float()
floor = loss_fn(perfect.softmax(dim=1), torch.tensor([3]))
print(f"perfect answer, softmax twice: {floor:.4f}; once: {loss_fn(perfect, torch.tensor([3])):.4f}")
assert abs(floor - 1.4612) < 1e-4

# %% [markdown]
# **One more, without a curve.** Somebody averages the batch losses without weights: `sum(losses) / len(losses)`. With batches of 64 and a last one of 44 you hardly see it. Take a last batch of one, and put the hardest sample there.

# %%
each = nn.functional.cross_entropy(reader(val_set.X), val_set.y, reduction="none").detach()
order = each.argsort()  # the hardest last
means = [float(part.mean()) for part in each[order].split(499)]
unweighted, weighted = sum(means) / len(means), float(each.mean())
print(f"batches of 499 and 1: without weights {unweighted:.2f}, by size {weighted:.3f}")
assert unweighted > 10 * weighted

# %% [markdown]
# **The idea.** Debug in this order. (1) The first loss: near $\ln C$ for C classes? (2) Ten samples: can the network learn them by heart? If not, the loop is broken. (3) A few samples with their labels, as the network gets them. (4) Evaluate twice: the same numbers? (5) Take one step: has every parameter changed? That is how bug E shows. (6) Then the learning rate. Step 2, with right labels and with wrong ones:

# %%
torch.manual_seed(0)
ten = DataLoader(Digits(X[:10], y[:10]), 10)
for name, samples in [("right labels", ten), ("wrong labels", DataLoader(Digits(X[:10], y[:10].roll(1)), 10))]:
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    by_heart = train.fit(net, samples, loss_fn=loss_fn, optimizer=torch.optim.SGD(net.parameters(), lr=0.1),
                         epochs=60, device="cpu", progress=False)
    print(f"{name}: loss {by_heart.train_loss.iloc[-1]:.3f}")
    assert by_heart.train_loss.iloc[-1] < 0.06

# %% [markdown]
# **What to notice.** Ten digits are learnt by heart, and ten wrong labels as well. That is why step 3 exists. Now step 5, on a sound network and on one with bug E:

# %%
for bug in (None, "E"):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    if bug == "E":
        net[3] = nn.Linear(128, 10)
    before = copy.deepcopy(net.state_dict())
    train_epoch(net, ten, loss_fn, optimizer, device)
    still = [name for name, tensor in net.state_dict().items() if torch.equal(tensor, before[name])]
    print("not changed by a step:", still or "none")
    assert still == (["3.weight", "3.bias"] if bug else [])

# %% [markdown]
# ## Parameters
#
# `DataLoader`: a `Dataset` → an iterable of batches.
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `dataset` | – | anything with `__len__` and `__getitem__` |
# | `batch_size` | 1 | samples in a batch |
# | `shuffle` | `False` | a new order each epoch; for training |
# | `sampler` | – | your own order, instead of `shuffle` |
# | `num_workers` | 0 | processes that prepare batches; 0 = your own |
# | `collate_fn` | stack | list of samples → batch |
# | `drop_last` | `False` | leave out a last, smaller batch |
# | `pin_memory` | `False` | faster copies to a CUDA card |
# | `generator` | global | where orders and workers' seeds come from |
#
# `train.fit(model, train_loader, val_loader, …)` → history, a DataFrame with one row an epoch.
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `loss_fn`, `optimizer` | – | mean loss of a batch; over the model's parameters |
# | `epochs` | – | in total, also when it resumes |
# | `metrics` | `None` | name → function; measured on `val_loader` |
# | `scheduler` | `None` | stepped once an epoch |
# | `device` | `None` | `None` = cuda, mps or cpu, the first that is there |
# | `checkpoint` | `None` | file, written after each epoch |
# | `resume` | `True` | go on from that file if it is there |
# | `patience` | `None` | epochs without a new lowest validation loss |
# | `amp` | `None` | mixed precision; `None` = on cuda only |
# | `progress` | `True` | bar on a terminal, and one line at the end |
#
# With `val_loader` and one of `checkpoint`, `patience` the model ends with the weights of its best epoch, otherwise with those of the last. What does the batch size do, at one learning rate?

# %%
fig, ax = plt.subplots(figsize=(8, 3.2))
batch_curves = {}
for size, colour in zip((16, 64, 256, 1024), plot.COLOURS):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    h = train.fit(net, DataLoader(train_set, size, shuffle=True), val_loader, loss_fn=loss_fn, epochs=4,
                  optimizer=torch.optim.SGD(net.parameters(), lr=0.1), device="cpu", progress=False)
    batch_curves[size] = h.val_loss
    ax.plot(h.epoch, h.val_loss, "o-", color=colour, label=f"{size}: {-(-3500 // size)} steps an epoch")
ax.set(xlabel="epoch", ylabel="validation loss", xticks=range(1, 5),
       title="At one learning rate, larger batches learn less in an epoch")
ax.legend(title="batch size", loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# **Figure in words.** Four falling curves, in order: batches of 16 lowest, below 0.4 at once, then 64, then 256, and 1024 highest, still near 1.9 after four epochs.

# %%
assert all((batch_curves[a] < batch_curves[b]).all() for a, b in [(16, 64), (64, 256), (256, 1024)])

# %% [markdown]
# A larger batch means fewer steps, not better ones in the same measure. Whoever enlarges the batch usually enlarges the learning rate too.
#
# ## Traps
#
# **Trap 1: a rerun that trains nothing.** `resume=True` finds the finished run of yesterday, with yesterday's learning rate, and returns its history at once. The summary line says so: "12 of 12 epochs (12 from the checkpoint)". **Right:** another file for another experiment, or `resume=False`.

# %%
yesterday = history
model_2, run = make_run()
run["optimizer"].param_groups[0]["lr"] = 10.0  # "let me try a larger one"
again = fit(model_2, **run, epochs=12, checkpoint=folder / "mnist.pt")
assert again.equals(yesterday)

# %% [markdown]
# **Trap 2: you ran the model's cell again, but not the optimizer's.** The optimizer still moves the old weights; the loss stays where it is. `fit` refuses:

# %%
optimizer = torch.optim.SGD(make_net().parameters(), lr=0.1)
try:
    fit(make_net(), ten, loss_fn=loss_fn, optimizer=optimizer, epochs=1)
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# **Trap 3: a checkpoint from a stranger.** The usual file format, pickle, can hold *commands*. Loading it runs them. This one only prints; it could delete your files.

# %%
class Stranger:
    def __reduce__(self):  # pickle asks it how to rebuild the object: call this with that
        return print, ("this ran on your machine",)


(folder / "stranger.pt").write_bytes(pickle.dumps(Stranger(), protocol=2))
pickle.loads((folder / "stranger.pt").read_bytes())
try:
    load_checkpoint(folder / "stranger.pt")
except CheckpointError as error:
    print(str(error).split(". ")[0].replace(str(folder), "…"))

# %% [markdown]
# **Right:** `torch.load(path, weights_only=True)`, which is the default since torch 2.6. Write it anyway: older versions ran everything.
#
# **Trap 4: a score that is no mean of batches.** Accuracy over all samples is the weighted mean of the batches' accuracies. The F1 score (F1 值) is not: it is a ratio of counts. Say the network answers "is it a 9?".

# %%
def f1(guess, truth):
    hits = (guess & truth).sum()
    return float(2 * hits / max(guess.sum() + truth.sum(), 1))


guess, truth = reader(val_set.X).argmax(dim=1) == 9, val_set.y == 9
parts = [f1(a, b) for a, b in zip(guess.split(10), truth.split(10))]
print(f"F1 of all 500: {f1(guess, truth):.2f}; mean over batches of 10: {np.mean(parts):.2f}")
assert f1(guess, truth) - np.mean(parts) > 0.1

# %% [markdown]
# **Right:** collect all answers, then compute it once. (In a batch without any 9 the F1 score is 0 or undefined, whatever you do.)
#
# **Trap 5: NaN.** One division by zero, and every weight is "not a number" (NaN); from then on every loss is. `fit` stops, and keeps the last good checkpoint.

# %%
model_2, run = make_run()
run["loss_fn"] = lambda output, y: loss_fn(output, y) / 0.0
try:
    fit(model_2, **run, epochs=1)
except FloatingPointError as error:
    print("FloatingPointError:", error)

# %% [markdown]
# ## Beyond the roadmap
#
# **Several processes.** Started with `torchrun --nproc-per-node 2 script.py`, the same call of `fit` runs in two processes, on two cards or two cores. Each holds a copy of the model and works on half of every batch; after `backward()` the gradients are averaged, so both take the same step. Who gets which sample? A `DistributedSampler` deals the order out like cards. It needs no second process to show that:

# %% tags=["nbval-check-output"]
hands = [list(DistributedSampler(range(8), num_replicas=2, rank=rank, shuffle=False)) for rank in (0, 1)]
print(hands)

# %% [markdown]
# Its own `shuffle=True` takes the order from a seed and the number of the epoch, which you must set with `set_epoch`; who forgets it gets the same order in every epoch.

# %%
sampler = DistributedSampler(range(8), num_replicas=2, rank=0, shuffle=True, seed=0)
first, second = list(sampler), list(sampler)
sampler.set_epoch(1)
print(first, second, list(sampler))
assert first == second != list(sampler)

# %% [markdown]
# `dlroadmap` does it a little differently: process 0 draws the order as it always does, sends it to the others, and the sampler deals it out. So the batches are those of one process, and the project's tests find the same losses from one process and from two. The small file `_parallel.py` holds it: `join` (meet), `wrap` (average gradients), `share` (deal samples), `total` (add up sums), `gather`, `once` (let process 0 write and print).
#
# **Where it differs from larger trainers.** It has no gradient clipping, no logging server, no checkpoint within an epoch. What it has, you have read.
#
# ## Check yourself
#
# **1.** 3,500 samples, batch size 64, 12 epochs: how many steps? And with `drop_last=True`? (Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# 55 · 12 = 660, and 54 · 12 = 648.
#
# </details>
#
# **2.** A ten-class network starts with loss 7.5. What is wrong? (Run the second cell below.)
#
# <details><summary>Answer</summary>
#
# It is confident before it has seen anything. Logits of large random size do that: inputs from 0 to 255 instead of 0 to 1, or too large initial weights.
#
# </details>
#
# **3.** The validation loss is lower than the training loss in the first epochs. Is something leaking?
#
# <details><summary>Answer</summary>
#
# Not necessarily. The training loss is an average over the epoch, from weights that were worse, with dropout on; the validation loss comes from the weights at its end, with dropout off.
#
# </details>
#
# **4.** You validate twice without training in between and get two different accuracies. What do you look for?
#
# <details><summary>Answer</summary>
#
# A missing `model.eval()` (dropout, batch norm), or augmentation in the validation set.
#
# </details>
#
# **5.** A run was killed while it wrote its checkpoint. What is in the folder, and what does the next start do?
#
# <details><summary>Answer</summary>
#
# The whole checkpoint of the epoch before, and perhaps half a file that ends in `.part`. The next start goes on from the whole one, and overwrites the part later.
#
# </details>
#
# **6.** Why may you not choose the best epoch by the test set?
#
# <details><summary>Answer</summary>
#
# The lowest of twelve noisy numbers is partly luck. Chosen on the test set, the luck is in your result; chosen on the validation set, the test set stays honest.
#
# </details>

# %%
print("1.", 12 * len(DataLoader(train_set, 64)), 12 * len(DataLoader(train_set, 64, drop_last=True)))
assert 12 * len(DataLoader(train_set, 64)) == 660

# %%
torch.manual_seed(0)
fresh = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
print(f"2. inputs 0 to 1: {loss_fn(fresh(X[:500]), y[:500]):.2f}; 0 to 255: {loss_fn(fresh(255 * X[:500]), y[:500]):.1f}")
assert loss_fn(fresh(255 * X[:500]), y[:500]) > 5

# %% [markdown]
# ## In one breath
#
# Say aloud: "A Dataset answers how many and which; a DataLoader draws an order, collates batches and leaves a smaller one at the end. Per batch: zero the gradients, forward, loss, backward, step. In train mode for training, in eval mode and without gradients for judging. Report the mean over samples, not the last batch. Validate after each epoch, keep a copy of the best weights, stop when patience runs out. A checkpoint holds model, optimizer, scheduler, generators and history, is written under another name and renamed, and is loaded with weights only. Cross-entropy takes logits. When a run looks wrong: first loss, ten samples by heart, look at the data, evaluate twice, one step moves every parameter, then the learning rate."
#
# **Read on.** Sections 3.3, 7.1 to 7.3 and 7.7 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Prechelt (1998), "Early stopping – but when?". Micikevicius and others (2018), ["Mixed precision training"](https://arxiv.org/abs/1710.03740). Goyal and others (2017), ["Accurate, large minibatch SGD"](https://arxiv.org/abs/1706.02677), on batch size, learning rate and many processes. Karpathy (2019), ["A recipe for training neural networks"](https://karpathy.github.io/2019/04/25/recipe/). Lesson 10, [CNN architectures](../04_dl_theory/10_cnn_architectures.ipynb), trains with this loop.
