# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: ["04_dl_theory/08_convolution", "04_dl_theory/09_training_loop"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 CNN architectures (卷积神经网络结构)
#
# Stack 24 layers and the network learns nothing at all. Add one plus sign per block, and it learns. Here you build the networks behind that plus sign: a small one that reads 97 of 100 digits, one that branches, one that goes around its own layers, and at the end you read ResNet-18 as if it were a page of text.
#
# **You will** count shapes line by line, write one network three ways, build the Inception block and the residual block, race plain against residual networks at depth 24, and reuse a trained network for digits that it has never seen.
#
# **After it you can**
#
# - say the shape, the parameters and the multiplications of each layer of a CNN (卷积神经网络) before you run it;
# - explain with one formula why a skip connection helps, and show where it does not;
# - read the source of a ResNet, and freeze the part of it that you want to keep.
#
# **You need** [Convolution](../04_dl_theory/08_convolution.ipynb) and [The training loop](../04_dl_theory/09_training_loop.ipynb).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days. Watch first lectures 10 (CNN基础) and 11 (CNN高级) of [刘二大人《PyTorch深度学习实践》](https://www.bilibili.com/video/BV1Y7411d7Ys), and the cs231n lecture on CNN architectures. The section "Write one network three ways" is the PyTorch notebook of cs231n's assignment 2. **Stuck?** Read section 5.4 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the [cs231n notes](https://cs231n.github.io/convolutional-networks/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **Two sittings.** Day 1: up to the Inception block. Day 2: residual blocks, ResNet-18, transfer.

# %%
import copy
import os
from collections import OrderedDict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torchvision
from sklearn.datasets import load_sample_image
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import dlroadmap
from dlroadmap import check, data, plot
from dlroadmap.train import fit

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Count the shapes of a small network
#
# Lecture 10 starts with a convolution (卷积) by hand. Do the first number on paper: the upper left 3×3 patch of the picture times the filter, added up. Then run the cell.

# %% tags=["nbval-check-output"]
picture = torch.tensor([[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4],
                        [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]]).float()
kernel = torch.arange(1, 10).reshape(3, 3).float()
print((picture[:3, :3] * kernel).int().tolist(), "sum", int((picture[:3, :3] * kernel).sum()))
print(nn.functional.conv2d(picture[None, None], kernel[None, None]).int()[0, 0].tolist())

# %% [markdown]
# $3+8+18+8+20+36+7+48+63=211$. Now the network of the lecture. It has the form of LeNet (LeCun and others, 1998): convolution, pooling (池化, 汇聚), again, then one fully connected (全连接) layer. Before you run the cell, write down the shape after each line.

# %%
def lenet():
    """Scores (N, 10) of digits (N, 1, 28, 28)."""
    return nn.Sequential(
        nn.Conv2d(1, 10, kernel_size=5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(10, 20, kernel_size=5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(320, 10))


# %% tags=["nbval-check-output"]
x, sizes = torch.zeros(64, 1, 28, 28), {"input": 784}
for layer in lenet():
    x = layer(x)
    count = sum(p.numel() for p in layer.parameters())
    print(f"{type(layer).__name__:10} {tuple(x.shape)!s:18} {count:5} parameters")
    if not isinstance(layer, nn.ReLU | nn.Flatten):
        sizes[f"{type(layer).__name__} {len(sizes)}"] = x[0].numel()

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.2))
bars = ax.bar(range(len(sizes)), list(sizes.values()), color=plot.BLUE)
ax.bar_label(bars)
ax.set(ylabel="numbers for one digit", yscale="log", ylim=(5, 12000),
       title="The first convolution inflates a digit, everything after it condenses")
ax.set_xticks(range(len(sizes)), ["input\n1×28×28", "conv\n10×24×24", "pool\n10×12×12",
                                 "conv\n20×8×8", "pool\n20×4×4", "linear\n10"])
plt.show()

# %% [markdown]
# **Figure in words.** Six bars on a logarithmic scale: 784 numbers in the picture, 5,760 after the first convolution, then 1,440, 1,280, 320 and at last 10.

# %%
assert list(sizes.values()) == [784, 5760, 1440, 1280, 320, 10]
assert sum(p.numel() for p in lenet().parameters()) == 8490

# %% [markdown]
# **What to notice.** Without padding a 5×5 filter takes four rows and columns: 28 → 24, later 12 → 8. Each pooling halves. The 320 is not a free choice, it is $20\cdot4\cdot4$. And the whole network has 8,490 parameters (参数).
#
# **Explain this line, this shape.**
#
# 1. The lecture pools *before* ReLU. In lesson 8 it was the other way round. Does it matter?
# 2. Why is there no softmax at the end?
# 3. `nn.Flatten()` turns (64, 20, 4, 4) into what? Which axis does it leave alone?
#
# <details><summary>Answers</summary>
#
# 1. No. ReLU never changes which of two numbers is larger, so it may come before or after the maximum. After is cheaper: a quarter of the numbers.
# 2. `nn.CrossEntropyLoss` takes the scores and does the softmax itself.
# 3. (64, 320). It leaves the first axis, the pictures of the batch, alone.
#
# </details>

# %%
z = torch.randn(2, 3, 6, 6)
pool = nn.MaxPool2d(2)
assert torch.equal(torch.relu(pool(z)), pool(torch.relu(z)))

# %% [markdown]
# The number in front of the last layer is the one that people get wrong. Write the function that finds it.

# %% tags=["exercise"]
def flat_features(shape, layers):
    """How many numbers does nn.Flatten() hand to the linear layer, for one picture?

    shape: (C, H, W) of the picture. layers: list of ("conv", F, K, stride, pad) and
    ("pool", K, stride), in order; windows are K × K, a pool has no padding, sizes round down.
    → int
    """
    # BEGIN SOLUTION  keep C, H, W; a conv changes all three, a pool only H and W
    C, H, W = shape
    for kind, *numbers in layers:
        if kind == "conv":
            C, K, stride, pad = numbers
        else:
            K, stride, pad = *numbers, 0
        H = 1 + (H + 2 * pad - K) // stride
        W = 1 + (W + 2 * pad - K) // stride
    count = C * H * W
    # END SOLUTION
    return count


# %%
check.flat_features(flat_features)

# %%
layers = [("conv", 10, 5, 1, 0), ("pool", 2, 2), ("conv", 20, 5, 1, 0), ("pool", 2, 2)]
print("28×28:", flat_features((1, 28, 28), layers), " 32×32:", flat_features((1, 32, 32), layers))
assert flat_features((1, 28, 28), layers) == 320

# %% [markdown]
# ## Train it past 97 percent
#
# The lecture has 60,000 digits and reaches 98 %. You have 4,000. Two helpers make up for part of the difference. The pixels are standardised (标准化) with the mean 0.1307 and the standard deviation 0.3081 of MNIST, as in the lecture. And each digit is moved by up to two pixels each way, differently in each epoch: data augmentation (数据增强), which the lecture does not need. `Digits` is the `Dataset` of lesson 9.

# %%
mnist = data.mnist.load()
X, X_test = ((torch.tensor(part) - 0.1307)[:, None] / 0.3081
             for part in (mnist.X_train[:4000], mnist.X_test[:1000]))
y, y_test = torch.tensor(mnist.y_train[:4000]), torch.tensor(mnist.y_test[:1000])
print(tuple(X.shape), f"mean {X.mean():.1f}, standard deviation {X.std():.1f}")


# %%
class Digits(Dataset):
    """Pictures (N, 1, 28, 28) and labels (N,); each picture is moved by up to ``shift`` pixels."""

    def __init__(self, X, y, shift):
        self.X, self.y, self.shift = X, y, shift

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        down, right = torch.randint(-self.shift, self.shift + 1, (2,)).tolist()
        return self.X[i].roll((down, right), dims=(1, 2)), self.y[i]


def accuracy(scores, labels):
    return (scores.argmax(dim=1) == labels).float().mean()


# %% [markdown]
# One recipe for all networks of this section and the next: batches of 32, SGD with momentum (动量) 0.9 and weight decay (权重衰减), a learning rate (学习率) that falls along a cosine. `channels_last` stores the channels of a pixel side by side; the numbers are the same, the convolutions run faster here. `fit` is the loop of lesson 9. It measures the test digits after each epoch so that you can look at a curve; nothing is chosen by it.

# %%
def trained(make, epochs, seed=0):
    """Build a network with make(), train it on the 4,000 digits → network, history."""
    torch.manual_seed(seed)
    net = make().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-3)
    history = fit(net, DataLoader(Digits(X, y, shift=2), 32, shuffle=True),
                  DataLoader(TensorDataset(X_test, y_test), 500), loss_fn=nn.CrossEntropyLoss(),
                  optimizer=optimizer, epochs=epochs, metrics={"accuracy": accuracy}, device="cpu",
                  scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs))
    return net, history


reader, history = trained(lenet, epochs=10)

# %%
final = history.accuracy.iloc[-1]
error = np.sqrt(final * (1 - final) / len(y_test))
print(f"test accuracy {final:.1%} ± {error:.1%}")
assert final >= 0.97

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.2))
ax.plot(history.epoch, 100 * history.accuracy, "o-", color=plot.BLUE)
ax.axhline(97, color=plot.ORANGE, ls="--", label="97 %")
ax.set(xlabel="epoch", ylabel="test accuracy (%)", xticks=history.epoch,
       title="8,490 parameters pass 97 %")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The test accuracy starts at about 90 % after the first epoch, wobbles upwards, and ends above the dashed line at 97 %.
#
# **What to notice.** The ± is one standard error (标准误) of 1,000 test digits. Two networks that differ by half a point cannot be told apart here. Keep that in mind when architectures are compared.
#
# Which digits does it get wrong? Look at those of which it was surest.

# %%
reader.eval()
with torch.no_grad():
    p = reader(X_test).softmax(dim=1)
sure, guess = p.max(dim=1)
wrong = torch.nonzero(guess != y_test)[:, 0]
worst = wrong[sure[wrong].argsort(descending=True)][:8]
plot.images([X_test[i, 0] for i in worst],
            [f"is {y_test[i]}, read {guess[i]}\n{sure[i]:.0%} sure" for i in worst],
            columns=8, height=1.1, title="Its surest mistakes")
plt.show()

# %% [markdown]
# **Figure in words.** Eight misread digits with their label, the answer of the network and how sure it was. Several are hard for a person too.
#
# **Where it helps.** Ten lines of PyTorch. Many tasks need no more, and a baseline tells you what a fancier network is worth.
#
# **Try it.** Set `shift=0` in `trained`. Expect between 96 and 97 %. Then the homework of lecture 10: a third convolution (20 → 32, 3×3, padding 1, no pooling) and three linear layers (512 → 128 → 64 → 10), each but the last with a ReLU. Expect about 98 %.
#
# ## Write one network three ways
#
# cs231n's notebook asks for one network in three forms: conv 5×5 with padding 2 – ReLU – conv 3×3 with padding 1 – ReLU – fully connected. The first form is called barebones: a list of tensors and a function, nothing hidden.
#
# **Explain this line, this shape.**
#
# 1. x is (64, 3, 32, 32), `conv_w1` (6, 3, 5, 5), `conv_w2` (9, 6, 3, 3). What shape must `fc_w` have for ten classes?
# 2. Why padding 2 for the 5×5 filter and 1 for the 3×3 filter?
# 3. In `nn.Linear` the weight is stored as (out, in). In cs231n's `fc_w` it is (in, out). What follows for copying?
#
# <details><summary>Answers</summary>
#
# 1. (9·32·32, 10) = (9216, 10).
# 2. $p=(K-1)/2$ keeps height and width at stride 1, so 32 stays 32.
# 3. One of them must be transposed.
#
# </details>

# %% tags=["exercise"]
def three_layer_convnet(x, params):
    """x (N, C, H, W), params [conv_w1 (F1, C, 5, 5), conv_b1 (F1,), conv_w2 (F2, F1, 3, 3),
    conv_b2 (F2,), fc_w (F2·H·W, classes), fc_b (classes,)], torch tensors
    → scores (N, classes). conv, padding 2 - ReLU - conv, padding 1 - ReLU - fully connected.
    """
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    # BEGIN SOLUTION  torch.nn.functional.conv2d twice, torch.relu twice, flatten(1), @
    h = torch.nn.functional.conv2d(x, conv_w1, conv_b1, padding=2)
    h = torch.relu(h)
    h = torch.nn.functional.conv2d(h, conv_w2, conv_b2, padding=1)
    h = torch.relu(h)
    scores = h.flatten(1) @ fc_w + fc_b
    # END SOLUTION
    return scores


# %%
check.three_layer_convnet(three_layer_convnet)

# %% [markdown]
# The course's own test: zeros of shape (64, 3, 32, 32) must give scores of shape (64, 10).

# %% tags=["nbval-check-output"]
shapes = [(6, 3, 5, 5), (6,), (9, 6, 3, 3), (9,), (9 * 32 * 32, 10), (10,)]
scores = three_layer_convnet(torch.zeros(64, 3, 32, 32), [torch.zeros(s) for s in shapes])
print(tuple(scores.shape))
assert scores.shape == (64, 10)


# %% [markdown]
# The second form is a class: layers in `__init__`, their order in `forward`. `nn.Module` finds the parameters by itself, so that an optimizer can ask for them. The third is a list of layers, `nn.Sequential`, for networks that are one straight line.

# %%
class ModuleNet(nn.Module):
    def __init__(self, C, F1, F2, H, W, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(C, F1, 5, padding=2)
        self.conv2 = nn.Conv2d(F1, F2, 3, padding=1)
        self.fc = nn.Linear(F2 * H * W, classes)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.flatten(1))


def sequential_net(C, F1, F2, H, W, classes):
    return nn.Sequential(nn.Conv2d(C, F1, 5, padding=2), nn.ReLU(),
                         nn.Conv2d(F1, F2, 3, padding=1), nn.ReLU(),
                         nn.Flatten(), nn.Linear(F2 * H * W, classes))


# %% [markdown]
# Are they the same network? Give all three the same weights and the same pictures. The gradients must agree too.

# %%
module, sequential = (make(3, 6, 9, 8, 7, 10).double() for make in (ModuleNet, sequential_net))
sequential.load_state_dict(dict(zip(sequential.state_dict(), module.state_dict().values())))
params = [p.detach().clone() for p in module.parameters()]
params[4] = params[4].T.contiguous()  # (out, in) → (in, out)
x = torch.randn(5, 3, 8, 7, dtype=torch.float64)
for p in params:
    p.requires_grad_()
bare = three_layer_convnet(x, params)

# %%
for scores in (bare, module(x), sequential(x)):
    assert torch.allclose(scores, bare, rtol=0, atol=1e-6)
    nn.functional.cross_entropy(scores, torch.arange(5)).backward(retain_graph=True)
for i, (a, b, c) in enumerate(zip(params, module.parameters(), sequential.parameters())):
    mine = a.grad.T if i == 4 else a.grad
    assert torch.allclose(mine, b.grad, atol=1e-6)
    assert torch.allclose(c.grad, b.grad, atol=1e-6)
print("scores and six gradients agree to 1e-6, three ways")

# %% [markdown]
# **Which form when?** Barebones to understand, `Sequential` for straight lines, `Module` for everything with a branch. The next two blocks cannot be written as one straight line.
#
# **The targets of the course need CIFAR-10**, colour photos that no package ships, so nothing here imitates them. cs231n asks: Sequential form over 55 % after one epoch; the open challenge at least 70 % validation accuracy within ten epochs. With `DLROADMAP_DATA=full` the next cell loads CIFAR-10 and trains the Sequential form for one epoch (a few minutes on a processor).

# %%
if os.environ.get("DLROADMAP_DATA") == "full":
    cifar = data.cifar10.load()
    photos = torch.tensor(cifar.X_train)
    photos -= photos.mean((0, 2, 3), keepdim=True)
    photos /= photos.std((0, 2, 3), keepdim=True)
    parts = [TensorDataset(photos[part], torch.tensor(cifar.y_train[part]))
             for part in (slice(49_000), slice(49_000, None))]
    net = sequential_net(3, 32, 16, 32, 32, 10)
    fit(net, DataLoader(parts[0], 64, shuffle=True), DataLoader(parts[1], 500), epochs=1,
        loss_fn=nn.CrossEntropyLoss(), metrics={"accuracy": accuracy},
        optimizer=torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9, nesterov=True))
else:
    print("CIFAR-10 is not loaded. Set DLROADMAP_DATA=full to try the course's targets.")

# %% [markdown]
# ## Mix channels, then branch out
#
# A 1×1 convolution sees one pixel. What can it be good for? Apply it, and apply a linear layer to each pixel.

# %%
conv, linear = nn.Conv2d(5, 3, kernel_size=1), nn.Linear(5, 3)
linear.load_state_dict({"weight": conv.weight[:, :, 0, 0], "bias": conv.bias})
x = torch.randn(2, 5, 4, 6)
per_pixel = linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # channels last, and back
print(tuple(x.shape), "→", tuple(conv(x).shape))
assert torch.allclose(conv(x), per_pixel, atol=1e-6)

# %% [markdown]
# **What to notice.** It is a linear layer across the channels (通道), the same one at each pixel. It mixes channels and changes their number. That saves work. The lecture's example takes 192 channels of 28×28 to 32 channels with 5×5 filters, directly, or through 16 channels:

# %%
direct = 5**2 * 28**2 * 192 * 32
first, second = 1**2 * 28**2 * 192 * 16, 5**2 * 28**2 * 16 * 32
print(f"direct {direct:,}; through 16 channels {first:,} + {second:,} = {first + second:,} multiplications")
assert (direct, first + second) == (120_422_400, 12_443_648)
assert round(direct / (first + second), 1) == 9.7

# %% [markdown]
# A tenth of the work, for the price of a bottleneck (瓶颈): only 16 numbers a pixel get through. (Public notes on the lecture print 12,433,648. The sum is 12,443,648.)
#
# **Inception** (Szegedy and others, 2015) answers the question "1×1, 3×3 or 5×5?" with "all, side by side", and joins the results along the channel axis. The block of the lecture:
#
# | branch | layers | channels |
# | --- | --- | --- |
# | `branch1x1` | 1×1 | 16 |
# | `branch5x5` | 1×1 to 16, then 5×5 with padding 2 | 24 |
# | `branch3x3` | 1×1 to 16, 3×3 to 24, 3×3 to 24, both with padding 1 | 24 |
# | `branch_pool` | 3×3 mean with stride 1, padding 1, then 1×1 | 24 |
#
# **Explain this line, this shape.** `torch.cat([a, b, c, d], dim=1)`: which sizes must agree, and how many channels come out? Why does the mean have padding 1?
#
# <details><summary>Answer</summary>
#
# All but axis 1: batch, height and width. 16 + 24 + 24 + 24 = 88 channels. Without padding the 3×3 mean would be two pixels smaller than the other branches, and `cat` would refuse.
#
# </details>

# %% tags=["exercise", "challenge"]
class InceptionA(torch.nn.Module):
    """x (N, in_channels, H, W) → (N, 88, H, W): the four branches of the table, in its order,
    joined along the channels. No activation inside, as in the lecture.

    Submodules: branch1x1 (Conv2d), branch5x5 and branch3x3 (Sequential of Conv2d),
    branch_pool (Sequential: AvgPool2d, Conv2d).
    """

    def __init__(self, in_channels):
        super().__init__()
        # BEGIN SOLUTION  one Conv2d and three Sequentials; 5×5 needs padding 2, 3×3 padding 1
        conv, join = torch.nn.Conv2d, torch.nn.Sequential
        self.branch1x1 = conv(in_channels, 16, 1)
        self.branch5x5 = join(conv(in_channels, 16, 1), conv(16, 24, 5, padding=2))
        self.branch3x3 = join(conv(in_channels, 16, 1), conv(16, 24, 3, padding=1),
                              conv(24, 24, 3, padding=1))
        self.branch_pool = join(torch.nn.AvgPool2d(3, stride=1, padding=1),
                                conv(in_channels, 24, 1))
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION  torch.cat of the four results along axis 1
        results = [self.branch1x1(x), self.branch5x5(x), self.branch3x3(x), self.branch_pool(x)]
        return torch.cat(results, dim=1)
        # END SOLUTION


# %%
check.InceptionA(InceptionA)

# %% [markdown]
# The network of the lecture puts the block after each pooling. 12×12 and 4×4 stay as they are, so the linear layer gets $88\cdot4\cdot4=1408$ numbers.

# %%
def inception_net():
    return nn.Sequential(nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(), InceptionA(10),
                         nn.Conv2d(88, 20, 5), nn.MaxPool2d(2), nn.ReLU(), InceptionA(20),
                         nn.Flatten(), nn.Linear(1408, 10))


_, inception_history = trained(inception_net, epochs=1)
assert inception_history.accuracy.iloc[-1] > 0.85

# %% [markdown]
# One epoch, and it took a while. Where does the time go? Count instead of guess. A *forward hook* (前向钩子) is a function of yours that PyTorch calls each time a layer has run, with the layer, its inputs and its output. This one notes shape, parameters and multiplications. As in lesson 8, each weight of a convolution is used once at each place.

# %%
def census(net, x):
    """One row for each convolution and linear layer: name, shape, parameters, multiplications."""
    rows = []

    def hook(name):
        def note(layer, inputs, output):
            places = output[0, 0].numel() if output.ndim == 4 else 1
            rows.append((name, tuple(output.shape[1:]), sum(p.numel() for p in layer.parameters()),
                         layer.weight.numel() * places))
        return note

    hooks = [layer.register_forward_hook(hook(name)) for name, layer in net.named_modules()
             if isinstance(layer, nn.Conv2d | nn.Linear)]
    net.eval()
    with torch.no_grad():
        net(x)
    for h in hooks:
        h.remove()  # otherwise the next run would note again
    return pd.DataFrame(rows, columns=["layer", "shape", "parameters", "multiplications"])


# %% tags=["nbval-check-output"]
table = census(inception_net(), torch.zeros(1, 1, 28, 28))
print(table.to_string(index=False))
work = table.set_index("layer").multiplications
assert work["4"] == work.max() > work[work.index.str.startswith("3.")].sum()

# %% [markdown]
# **What to notice.** The most expensive layer, number 4, is the ordinary 5×5 convolution between the blocks. It reads 88 channels, and nobody squeezed before it: it multiplies more often than the whole first block.
#
# Something else: inside the branches stands no ReLU. Two convolutions without anything between them are *one* convolution. Check it: send a single white pixel through 1×1 and 5×5. What comes out is a 5×5 filter, turned by 180°, and with that one filter you get the same result. (Biases are set to 0; with them the frame of zeros would see a difference at the border.)

# %%
squeeze, wide = nn.Conv2d(3, 16, 1, bias=False), nn.Conv2d(16, 24, 5, padding=2, bias=False)
one = nn.Conv2d(3, 24, 5, padding=2, bias=False)
impulses = torch.zeros(3, 3, 5, 5)
impulses[[0, 1, 2], [0, 1, 2], 2, 2] = 1  # one white pixel, in one channel at a time
one.weight.data = wide(squeeze(impulses)).flip(2, 3).transpose(0, 1).detach()
x = torch.randn(2, 3, 9, 8)
assert torch.allclose(one(x), wide(squeeze(x)), atol=1e-5)
print("two convolutions without ReLU = one convolution")

# %% [markdown]
# So without a ReLU the 1×1 convolution adds no power. And does it save work? Here the first block reads only 10 channels and "squeezes" them to 16.

# %% tags=["nbval-check-output"]
print("weights from 10 to 24 channels: direct", 25 * 10 * 24, " through 16:", 10 * 16 + 25 * 16 * 24)

# %% [markdown]
# It does not; in the example above, with 192 channels, it did. Szegedy and others put a ReLU after every convolution. **Try it.** Put `nn.ReLU()` behind each convolution of the block. (Then the check, which expects the lecture's block, will refuse it.)
#
# This is the end of day 1.
#
# ## Go around a layer
#
# The residual block (残差块, He and others, 2016) computes two convolutions *and keeps its input*. The input goes around them on a skip connection (直连边, also called residual connection, 残差连接) and is added before the last ReLU:
#
# $$y=\mathrm{ReLU}\big(x+F(x)\big)\qquad F(x)=\mathrm{conv}_2\big(\mathrm{ReLU}(\mathrm{conv}_1(x))\big)$$
#
# $F$ only has to learn what to *change* in $x$, the residual (残差).
#
# **Explain this line, this shape.**
#
# 1. Why must $F(x)$ have the shape of $x$, and which arguments of the 3×3 convolutions see to that?
# 2. All weights and biases of $F$ are 0. What does the block compute, if x came out of a ReLU?
# 3. `x += self.conv2(h)` instead of `x = x + …`: what happens to the caller's x?
#
# <details><summary>Answers</summary>
#
# 1. They are added entry by entry. `padding=1` keeps height and width, and the number of channels in and out is the same.
# 2. $\mathrm{ReLU}(x+0)=x$: nothing. A plain block with zero weights would erase its input.
# 3. It is overwritten, because `+=` works in place. Somebody may still need it, and autograd may stop with an error.
#
# </details>

# %% tags=["exercise"]
class ResidualBlock(torch.nn.Module):
    """x (N, channels, H, W) → ReLU(x + conv2(ReLU(conv1(x)))) of the same shape.
    Submodules conv1 and conv2: 3×3, padding 1, channels → channels, with bias. x is not changed.
    """

    def __init__(self, channels):
        super().__init__()
        # BEGIN SOLUTION  two Conv2d as attributes conv1 and conv2
        self.conv1 = torch.nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = torch.nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION  the branch first, then add x, then ReLU
        h = torch.relu(self.conv1(x))
        h = self.conv2(h)
        out = torch.relu(x + h)
        return out
        # END SOLUTION


# %%
check.ResidualBlock(ResidualBlock)

# %% [markdown]
# The lecture's network: 16 channels, a block, 32 channels, a block, and $32\cdot4\cdot4=512$ numbers for the linear layer. Train it for one epoch, like the Inception network, and lay the three side by side. For LeNet take the first epoch of its run: same recipe, same learning rate.

# %%
def residual_net():
    return nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), ResidualBlock(16),
                         nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2), ResidualBlock(32),
                         nn.Flatten(), nn.Linear(512, 10))


_, residual_history = trained(residual_net, epochs=1)

# %%
rows = []
for make, run in [(lenet, history), (inception_net, inception_history), (residual_net, residual_history)]:
    counts = census(make(), torch.zeros(1, 1, 28, 28))[["parameters", "multiplications"]].sum()
    rows.append((make.__name__, *counts, f"{run.accuracy[0]:.0%}"))
    assert run.accuracy[0] > 0.85
names = ["network", "parameters", "multiplications", "after 1 epoch"]
comparison = pd.DataFrame(rows, columns=names).set_index("network")
print(comparison)
work = comparison.multiplications
assert work["inception_net"] > 10 * work["lenet"]

# %% [markdown]
# **What to notice.** Three architectures, one recipe, one epoch: all read most digits, at very different cost. Inception multiplies more than ten times as often as LeNet. A point of difference proves nothing with 1,000 test digits and one start. In the lecture, with 60,000 digits and ten epochs, LeNet ends at 98 %, the other two at 98 to 99 %. A digit is too small a task to need a deep network. So why did everybody want depth, and what stopped them?
#
# ## Watch a signal fade in a deep network
#
# Take digits of 14×14 (2×2 pixels averaged), a first convolution to 8 channels of 7×7, then eleven blocks of two convolutions, then a linear layer: 24 layers that learn. With `skip=False` the blocks are plain. With `norm=True` a batch norm (批量归一化) follows each convolution, in its usual place: **conv – batch norm – ReLU**.
#
# One start proves little, so train four networks with different starts at the same time. `groups=4` cuts 32 channels into four groups of 8 that do not see each other: four networks side by side in one.

# %%
NETS = 4


class Block(nn.Module):
    """Two convolutions, with or without skip and batch norm, for NETS networks side by side."""

    def __init__(self, channels, skip, norm):
        super().__init__()
        self.skip = skip
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, groups=NETS)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=NETS)
        self.norm1 = nn.BatchNorm2d(channels) if norm else nn.Identity()
        self.norm2 = nn.BatchNorm2d(channels) if norm else nn.Identity()

    def forward(self, x):
        branch = torch.relu(self.norm1(self.conv1(x)))
        branch = self.norm2(self.conv2(branch))
        return torch.relu(x + branch if self.skip else branch)


# %% [markdown]
# `nn.Identity` does nothing. The head is a 7×7 convolution in groups, that is, one linear layer for each network; its output (N, 40, 1, 1) is cut into four times ten scores.

# %%
def deep_net(depth, skip, norm, seed=0, width=8):
    """Digits (N, 1, 14, 14) → scores (N, 40, 1, 1): ten for each of the four networks."""
    torch.manual_seed(seed)
    channels = NETS * width
    return nn.Sequential(nn.Conv2d(1, channels, 3, stride=2, padding=1), nn.ReLU(),
                         *[Block(channels, skip, norm) for _ in range((depth - 2) // 2)],
                         nn.Conv2d(channels, NETS * 10, 7, groups=NETS))


def losses_of(net, x, labels):
    """The loss of each of the four networks, a tensor (4,)."""
    scores = net(x).reshape(len(x), NETS, 10)
    return torch.stack([nn.functional.cross_entropy(scores[:, k], labels) for k in range(NETS)])


small = nn.functional.avg_pool2d(X, 2)  # (4000, 1, 14, 14)
print(tuple(small.shape), "→", tuple(deep_net(24, True, True)(small[:5]).shape))

# %% [markdown]
# Are they really separate? The loss of network 0 must not depend on the weights of the others, channels 8 to 31.

# %%
net = deep_net(24, skip=True, norm=True)
losses_of(net, small[:20], y[:20])[0].backward()
gradient = net[2].conv1.weight.grad
assert gradient[:8].abs().sum() > 0
assert gradient[8:].abs().sum() == 0

# %% [markdown]
# Now look into fresh networks, before any training, with 64 digits. Forwards: how much do the digits still *differ* after each block? `h.std(dim=0)` is the standard deviation over the digits, for each channel and place. Backwards: how large is the gradient there? `retain_grad` keeps the gradient of a tensor in the middle of a network.

# %%
def signal_and_gradient(skip, norm):
    """How much the digits differ, and the mean |gradient|, after each of the eleven blocks."""
    net, h, kept = deep_net(24, skip, norm), small[:64], []
    for layer in net:
        h = layer(h)
        if isinstance(layer, Block):
            h.retain_grad()
            kept.append(h)
    scores = h.reshape(64, NETS, 10).transpose(1, 2)  # (64, 10, 4): classes on axis 1
    nn.functional.cross_entropy(scores, y[:64, None].expand(-1, NETS)).backward()
    return [h.std(dim=0).mean().item() for h in kept], [h.grad.abs().mean().item() for h in kept]


kinds = {"plain": (False, False), "residual": (True, False),
         "plain + BN": (False, True), "residual + BN": (True, True)}
inside = {name: signal_and_gradient(*kind) for name, kind in kinds.items()}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.7, 3.6), sharex=True)
for (name, (signal, gradient)), colour, style in zip(
        inside.items(), [plot.ORANGE, plot.BLUE] * 2, ["-", "-", "--", "--"]):
    axes[0].plot(range(1, 12), signal, style, marker="o", ms=4, color=colour, label=name)
    axes[1].plot(range(1, 12), gradient, style, marker="o", ms=4, color=colour)
axes[0].set(yscale="log", xlabel="block", ylabel="difference between digits", title="forwards")
axes[1].set(yscale="log", xlabel="block", ylabel="mean |gradient|", title="backwards")
axes[0].legend(fontsize=9, handlelength=3, loc="lower left")
fig.suptitle("Without skip and batch norm the digits fade forwards, the gradient backwards", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, how much the digits differ after blocks 1 to 11, on a logarithmic scale. For the plain network the line falls through about seven powers of ten. The residual one is level, the plain one with batch norm too, the residual one with batch norm rises. Right, the gradient. All four lines start from one point at block 11. Going back to block 1, the plain one falls by about nine powers of ten, the residual one stays level, residual with batch norm rises a little and plain with batch norm rises more.

# %%
back = {name: gradient[0] / gradient[-1] for name, (_, gradient) in inside.items()}
for name, (signal, _) in inside.items():
    print(f"{name:14} difference between digits, block 11 / block 1: {signal[-1] / signal[0]:8.2g}"
          f"   gradient, 1 / 11: {back[name]:8.2g}")
assert inside["plain"][0][-1] < 1e-5 * inside["plain"][0][0]
assert back["plain"] < 1e-6
assert 0.1 < back["residual"] < 10
assert 5 < back["plain + BN"] < 100
assert inside["residual + BN"][0][-1] > 2 * inside["residual + BN"][0][0]

# %% [markdown]
# **What to notice.** After eleven plain blocks the digits differ less than a hundred-thousandth as much as after the first. And of the gradient less than a millionth comes back to the first block. Such a network cannot tell its inputs apart and is told nothing about its mistakes. The skip alone cures both. Batch norm alone keeps the digits apart, but lets the gradient grow on its way back. And with both, what goes forwards grows with depth; that returns at the end of the lesson.
#
# **By hand: the gradient through a skip.** Write $x_k$ for what enters block $k$ of K blocks, and leave out the last ReLU of each block for a moment.
#
# **Line 1.** $x_{k+1}=F_k(x_k)$ in the plain network, $x_{k+1}=x_k+F_k(x_k)$ in the residual one. *Reason: the definition.*
#
# **Line 2.** $\dfrac{\partial L}{\partial x_k}=J_k^\top\dfrac{\partial L}{\partial x_{k+1}}$ in the plain one, with the Jacobian (雅可比矩阵) $J_k=\partial F_k/\partial x_k$. *Reason: chain rule.*
#
# **Line 3.** $\dfrac{\partial L}{\partial x_k}=\dfrac{\partial L}{\partial x_{k+1}}+J_k^\top\dfrac{\partial L}{\partial x_{k+1}}$ in the residual one. *Reason: $x_k$ is used twice, and gradients add up; the derivative of $x_k$ by itself is the identity.*
#
# **Line 4.** Through all blocks: plain $J_1^\top J_2^\top\cdots J_K^\top\,g$, residual $(I+J_1^\top)(I+J_2^\top)\cdots(I+J_K^\top)\,g$, where $g$ is the gradient at the end. *Reason: line 2 or 3, K times.* If each $J$ shrinks a vector, the first product dies out exponentially. The second, multiplied out, begins with $I\,g$: one path on which nothing is multiplied.
#
# With the last ReLU back in place, $g$ first loses the entries in which the ReLU is off. Check line 3 on a block of yours:

# %%
block = ResidualBlock(2).double()
x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
out, dout = block(x), torch.randn(1, 2, 4, 5, dtype=torch.float64)
(dx,) = torch.autograd.grad(out, x, dout)
d = dout * (out > 0)  # through the last ReLU
branch = block.conv2(torch.relu(block.conv1(x)))
(through_branch,) = torch.autograd.grad(branch, x, d)  # Jᵀ d
assert torch.allclose(dx, d + through_branch, rtol=0, atol=1e-12)
print("dx = d + Jᵀd")

# %% [markdown]
# **Where it helps.** In most deep networks of today, also outside pictures: the transformer of a later lesson is built from residual blocks.
#
# ## Race plain against residual networks
#
# Does the fresh gradient decide the training? Train for 60 steps of 32 digits, at learning rate 0.01, with and without batch norm: plain with 4 layers, plain with 24, residual with 24. Four starts each. Look at the *training* loss, so that nobody can say "overfitting".

# %%
def race(net, lr, steps):
    """Train four networks side by side → their losses (steps, 4)."""
    order = torch.Generator().manual_seed(0)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    net.train()
    history = []
    for batch in torch.randperm(4000, generator=order).split(32)[:steps]:
        optimizer.zero_grad()
        losses = losses_of(net, small[batch], y[batch])
        losses.sum().backward()  # each loss reaches its own network only
        optimizer.step()
        history.append(losses.detach())
    return torch.stack(history).numpy()


# %%
races = {}
for norm in (False, True):
    for depth, skip in [(4, False), (24, False), (24, True)]:
        name = f"{'residual' if skip else 'plain'}, {depth} layers"
        races[norm, name] = race(deep_net(depth, skip, norm), lr=0.01, steps=60)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.7, 3.6), sharey=True)
colours = [plot.SKY, plot.ORANGE, plot.BLUE]
for norm, ax in zip((False, True), axes):
    for (_, name), colour in zip([key for key in races if key[0] == norm], colours):
        smooth = pd.DataFrame(races[norm, name]).rolling(10, min_periods=1).mean()
        ax.plot(smooth, color=colour, lw=1)
        ax.plot([], [], color=colour, label=name)
    ax.axhline(np.log(10), color="gray", ls=":", lw=1)
    ax.set(xlabel="step", title=f"{'with' if norm else 'without'} batch norm", ylim=(0, 3.2))
axes[0].set_ylabel("training loss (mean of 10 steps)")
axes[1].legend(fontsize=9)
fig.suptitle("Of the deep networks, those with skips are ahead in every start", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two panels, four curves for each network. Without batch norm the four plain networks of 24 layers lie on the dotted line ln 10 from the first to the last step, the four residual ones fall quickly, the shallow ones have hardly begun. With batch norm the residual ones first shoot up, out of the picture, then fall below the plain deep ones, which fall slowly; the shallow plain ones are lowest.

# %%
last = {key: curve[-20:].mean(axis=0) for key, curve in races.items()}
for (norm, name), losses in last.items():
    print(f"{'BN' if norm else '--'}  {name:20} last 20 steps: ", *(f"{loss:.2f}" for loss in losses))
plain, residual = "plain, 24 layers", "residual, 24 layers"
assert (abs(last[False, plain] - np.log(10)) < 0.05).all()
assert last[False, residual].max() < 1
assert last[True, plain].min() > 1.5 * last[True, residual].max()

# %% [markdown]
# **What to notice.**
#
# - Without batch norm the plain network of 24 layers has learnt nothing: all four starts sit at $\ln10$, the loss of guessing. The same layers with skips learn.
# - Batch norm wakes the deep plain network, but its worst residual rival is still clearly ahead of its best start.
# - The deep plain network is worse *on the training data* than the shallow one. That is no overfitting; it is harder to train. He and others (2016) called it degradation (退化).
# - Depth has bought nothing here: with batch norm the four *shallow* networks are best. Skips make depth possible. Whether you need depth is a question for your task.

# %%
shallow = "plain, 4 layers"
assert last[False, shallow].mean() < last[False, plain].mean() - 0.05
assert last[True, shallow].max() < last[True, plain].min()
assert last[True, shallow].mean() < last[True, residual].mean()

# %% [markdown]
# **Try it.** `deep_net(60, True, False)`: 60 layers with skips. Expect losses between 0.5 and 0.8 at the end. With `deep_net(12, False, False)` expect about 2.3.
#
# ## Read ResNet-18 layer by layer
#
# torchvision ships the architecture of the ResNet with 18 layers. `weights=None` means random weights, so nothing is downloaded. Read its outline first.

# %% tags=["nbval-check-output"]
resnet = torchvision.models.resnet18(weights=None).eval()
for name, child in resnet.named_children():
    print(f"{name:8} {type(child).__name__:18} {sum(p.numel() for p in child.parameters()):>10,}")
print(sum(p.numel() for p in resnet.parameters()), "parameters")

# %% [markdown]
# The four `Sequential` hold two residual blocks each, called `BasicBlock`. The hook of `census` shows what happens to one photo of 224×224. Before you run it: `conv1` is 7×7 with stride (步幅) 2 and padding 3. What comes out?

# %% tags=["nbval-check-output"]
rows = census(resnet, torch.zeros(1, 3, 224, 224))
shown = rows[rows.layer.str.contains("conv1|downsample|fc")]
print(shown.to_string(index=False))
assert (len(shown), len(rows)) == (13, 21)
assert rows.loc[0, "shape"] == (64, 112, 112)

# %% [markdown]
# **What to notice.** 21 layers with weights: 20 convolutions and `fc`. Three of them are called `downsample`; "18" leaves these out. (The table shows 13 of the 21.) Stages 2 to 4 halve height and width with stride 2 in their first convolution, and double the channels. There $x$ no longer has the shape of $F(x)$, so the skip gets a layer of its own: a 1×1 convolution with stride 2 and a batch norm. Look at it:

# %%
first = resnet.layer2[0]
print("conv1     ", first.conv1, "\ndownsample", first.downsample[0])
x = torch.zeros(1, 64, 56, 56)
assert first.conv1(x).shape == first.downsample(x).shape == (1, 128, 28, 28)
assert resnet.layer1[0].downsample is None

# %% [markdown]
# `bias=False`, because a batch norm follows, which subtracts the mean of each channel and a bias with it:

# %%
z = torch.randn(5, 4, 6, 6)
norm = nn.BatchNorm2d(4)
assert torch.allclose(norm(z), norm(z + 3), atol=1e-4)  # a bias of 3 leaves no trace

# %% [markdown]
# Where are the parameters of ResNet-18, and where is its work?

# %%
parts = rows.groupby(rows.layer.str.split(".").str[0], sort=False)[["parameters", "multiplications"]].sum()
fig, axes = plt.subplots(1, 2, figsize=(8.7, 3.2))
for ax, column, unit in zip(axes, parts.columns, (1e6, 1e9)):
    bars = ax.bar(parts.index, parts[column] / unit, color=plot.BLUE)
    ax.bar_label(bars, fmt="%.2f", fontsize=9)
    ax.margins(y=0.12)
    ax.set_title(f"{column} ({'millions' if unit == 1e6 else 'thousand millions'})", fontsize=10)
fig.suptitle("The last stage holds most parameters; the stages share the work evenly", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, parameters in millions: conv1 almost none, the four stages 0.15, 0.52, 2.10 and 8.39, fc 0.51. Right, multiplications in thousand millions: conv1 0.12, the first stage 0.46, the other three 0.41 each, fc almost none.

# %%
stages = parts.loc[["layer1", "layer2", "layer3", "layer4"]]
assert stages.parameters.iloc[3] > 0.7 * parts.parameters.sum()
assert stages.multiplications.max() < 1.2 * stages.multiplications.min()
assert round(parts.multiplications.sum() / 1e9, 2) == 1.81

# %% [markdown]
# **What to notice.** Half the height, half the width, twice the channels in and twice out: $\tfrac12\cdot\tfrac12\cdot2\cdot2=1$, nearly the same work in each stage, four times the weights. 1.81 thousand million multiplications for one photo; He and others write "1.8 billion FLOPs" and count a multiplication with its addition as one.
#
# How far does one number of the last stage see? Lesson 8 had the formula of the receptive field (感受野), $R=1+\sum_l(k_l-1)\prod_{m<l}s_m$. Walk through the main path, (kernel, stride) by (kernel, stride):

# %% tags=["nbval-check-output"]
def receptive_field(layers):
    """Width in pixels that one output sees; layers: (kernel, stride) in order."""
    width, step = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * step
        step *= stride
    return width


path = [(7, 2), (3, 2)] + 4 * [(3, 1)] + 3 * ([(3, 2)] + 3 * [(3, 1)])
print("LeNet", receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]), " ResNet-18", receptive_field(path))
assert receptive_field(path) == 435

# %% [markdown]
# 435 pixels, more than the photo has. Each of the 7×7 places of the last map could see the whole picture. The average over these places (`avgpool`) leaves 512 numbers, whatever the size of the photo: no `flat_features` needed.

# %%
with torch.no_grad():
    shapes = [tuple(resnet(torch.zeros(1, 3, size, size)).shape) for size in (64, 160)]
assert shapes == [(1, 1000), (1, 1000)]

# %% [markdown]
# **Try it.** `census(torchvision.models.resnet50(weights=None), torch.zeros(1, 3, 224, 224))`. Its blocks are 1×1, 3×3, 1×1: the bottleneck of the Inception section again. Expect 25.6 million parameters with batch norm, and about 4.1 thousand million multiplications.
#
# ## Use what another network has learnt
#
# A network trained on a large set has learnt filters that may serve elsewhere: transfer learning (迁移学习). The usual source is ImageNet. This lesson downloads nothing; if its ResNet-18 weights lie in torch's cache, the next cell uses them.

# %%
kind = torchvision.models.ResNet18_Weights.IMAGENET1K_V1
file = Path(torch.hub.get_dir()) / "checkpoints" / kind.url.split("/")[-1]
if file.is_file():
    resnet.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    photo = torch.tensor(load_sample_image("flower.jpg")).permute(2, 0, 1)
    with torch.no_grad():
        p = resnet(kind.transforms()(photo)[None]).softmax(dim=1)[0]
    print(f"{p.max():.0%} sure: {kind.meta['categories'][int(p.argmax())]}")
else:
    print(f"{file.name} is not in the cache; so a source of our own:")

# %% [markdown]
# Train a LeNet on the digits 0 to 4 only. Then come the digits 5 to 9, of which it has never seen one, with very few labels. Will its filters help? Write down your guess.

# %%
def split_net(classes):
    """LeNet in two named parts: body → 320 features, head → scores."""
    layers = list(lenet())
    return nn.Sequential(OrderedDict(body=nn.Sequential(*layers[:-1]), head=nn.Linear(320, classes)))


def train_on(net, x, labels, epochs):
    parameters = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.02, momentum=0.9)
    return fit(net, DataLoader(TensorDataset(x, labels), 32, shuffle=True), epochs=epochs, device="cpu",
               loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, progress=False)


torch.manual_seed(0)
low, low_test = y < 5, y_test < 5
source = split_net(5)
train_on(source, X[low], y[low], epochs=4)
with torch.no_grad():
    right = accuracy(source(X_test[low_test]), y_test[low_test])
print(f"digits 0 to 4: {right:.1%}")
assert right > 0.93

# %% [markdown]
# To reuse it, cut off the head, put on a new one, and freeze (冻结) the body: its parameters get no gradient, so no step moves them.
#
# **Explain this line.** `parameters = [p for p in net.parameters() if p.requires_grad]` above: why not hand all parameters to the optimizer?
#
# <details><summary>Answer</summary>
#
# A frozen parameter has no gradient and would be skipped anyway. But if it has an old gradient in `.grad`, weight decay or momentum could still move it. What the optimizer does not know, it cannot move.
#
# </details>

# %% tags=["exercise", "challenge"]
def freeze(model, names):
    """Switch off requires_grad for all parameters inside the submodules called ``names``.

    model: nn.Module; names: list of names as in dict(model.named_modules()), e.g. "body" or
    "body.conv1"; a name stands for that submodule and all inside it, and for no other
    ("conv1" is not "conv10"). An unknown name raises KeyError. All else stays as it is.
    → number of entries (numel) that still get gradients, an int
    """
    # BEGIN SOLUTION  look the names up in dict(model.named_modules()); loop over .parameters()
    modules = dict(model.named_modules())
    for name in names:
        for parameter in modules[name].parameters():
            parameter.requires_grad = False
    left = sum(p.numel() for p in model.parameters() if p.requires_grad)
    # END SOLUTION
    return left


# %%
check.freeze(freeze)

# %%
transfer = copy.deepcopy(source)
transfer.head = nn.Linear(320, 5)
print(freeze(transfer, ["body"]), "of", sum(p.numel() for p in transfer.parameters()), "still learn")
before = copy.deepcopy(transfer.state_dict())
train_on(transfer, X[~low][:50], y[~low][:50] - 5, epochs=5)
for name, value in transfer.state_dict().items():
    assert torch.equal(value, before[name]) == name.startswith("body")

# %% [markdown]
# Since the body does not change, its 320 features of each digit can be computed once. Then the head is a logistic regression (逻辑斯谛回归). Compare four ways, with 2, 10 and 50 labels for each new digit, three draws each:
#
# - **frozen**: features from the body trained on 0 to 4;
# - **random**: features from a fresh, untrained body. If these are as good, nothing was transferred;
# - **pixels**: no features at all;
# - **from scratch**: a new LeNet trained on the few labels.

# %%
new_X, new_y = X[~low], y[~low] - 5
test_X, test_y = X_test[~low_test], y_test[~low_test] - 5


def draw(k):
    """Positions of k random training digits of each of the five new classes."""
    where = [torch.nonzero(new_y == c)[:, 0] for c in range(5)]
    return torch.cat([w[torch.randperm(len(w))[:k]] for w in where])


def head_only(features, chosen):
    """Test accuracy of a logistic regression on features(x)."""
    with torch.no_grad():
        train, test = features(new_X[chosen]), features(test_X)
    model = LogisticRegression(max_iter=2000).fit(train.numpy(), new_y[chosen].numpy())
    return model.score(test.numpy(), test_y.numpy())


def from_scratch(chosen):
    net = split_net(5).to(memory_format=torch.channels_last)
    train_on(net, new_X[chosen], new_y[chosen], epochs=max(12, 60 // -(-len(chosen) // 32)))
    with torch.no_grad():
        return float(accuracy(net(test_X), test_y))


# %% [markdown]
# `-(-a // b)` divides and rounds up: the number of batches of an epoch. So each new LeNet gets about 60 steps, and 12 epochs at least.

# %%
results = {}
for k in (2, 10, 50):
    for seed in range(3):
        torch.manual_seed(seed)
        chosen = draw(k)
        fresh = split_net(5).body
        for name, score in [("frozen", head_only(source.body, chosen)), ("random", head_only(fresh, chosen)),
                            ("pixels", head_only(lambda x: x.flatten(1), chosen)),
                            ("from scratch", from_scratch(chosen))]:
            results.setdefault(name, {}).setdefault(k, []).append(score)

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.8))
for (name, scores), colour, marker in zip(results.items(), [plot.BLUE, plot.GREEN, plot.ORANGE, plot.RED], "osD^"):
    ax.plot(scores.keys(), [np.mean(v) for v in scores.values()], "-", marker=marker, color=colour, label=name)
    for k, values in scores.items():
        ax.plot([k] * len(values), values, marker, color=colour, ms=4, alpha=0.4)
ax.set(xscale="log", xlabel="labels for each new digit", ylabel="test accuracy on digits 5 to 9",
       title="Borrowed filters help most when labels are few")
ax.minorticks_off()
ax.set_xticks([2, 10, 50], ["2", "10", "50"])
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Four rising curves over 2, 10 and 50 labels, with a pale mark for each draw. The frozen features are on top, clearly so at 2 labels; pixels are lowest or nearly so; random features and the network from scratch lie between. At 50 labels the curves have come close together.

# %%
means = pd.DataFrame({name: {k: np.mean(v) for k, v in scores.items()} for name, scores in results.items()})
print((100 * means).round(0).astype(int).rename_axis("labels"))
gap = np.array([results["frozen"][k] for k in (2, 10, 50)]) - [results["from scratch"][k] for k in (2, 10, 50)]
assert gap[:2].min() > 0  # in every draw with 2 and 10 labels
assert gap[0].mean() > 0.05
assert gap[2].mean() < gap[0].mean()
assert (means.frozen > means.random + 0.02).all()
spread = means.max(axis=1) - means.min(axis=1)
assert spread[50] < 0.7 * spread[2]
assert means.random[10] > means.pixels[10]

# %% [markdown]
# **What to notice.** Filters learnt on 0 to 4 do help with 5 to 9: in every draw with 2 and with 10 labels. The gain shrinks as labels become many. And mind the control: features of a network that has learnt *nothing* already beat raw pixels at 10 labels. Part of the "transfer" is the architecture: a convolution with pooling is a good way to look at a picture even with random weights.
#
# Does borrowing always help? Carry over the hidden units of a fully connected network in the same way: 784 → 64 → 32, trained on 0 to 4, frozen, with ten labels for each new digit.

# %%
torch.manual_seed(0)
hidden = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
train_on(nn.Sequential(hidden, nn.Linear(32, 5)), X[low], y[low], epochs=3)
pairs = []
for seed in range(3):
    torch.manual_seed(seed)
    chosen = draw(10)
    pairs.append((head_only(hidden, chosen), head_only(lambda x: x.flatten(1), chosen)))
print("frozen hidden units, pixels:", [(f"{a:.0%}", f"{b:.0%}") for a, b in pairs])
assert all(a < b - 0.05 for a, b in pairs)

# %% [markdown]
# **What to notice.** It does harm: in every draw the borrowed hidden units are worse than the raw pixels (negative transfer, 负迁移; question 47 of stage 6). A likely reason: 32 units learnt to tell five digits apart and threw away what the other five need, while 320 convolution features still say which stroke is where. **Where it helps.** Before you freeze anything, run the control.
#
# **Try it.** Do not freeze, but go on training the whole network from the borrowed weights: fine-tuning (微调). With 10 labels expect a result between "from scratch" and "frozen".
#
# ## Parameters
#
# | layer, parameter | default | what matters here |
# | --- | --- | --- |
# | `nn.Conv2d` `kernel_size` | – | 1 mixes channels only; two 3×3 see as far as one 5×5 |
# | `stride` | 1 | 2 halves the map; then the skip needs stride 2 as well |
# | `padding` | 0 | `kernel_size // 2` keeps the size, which a skip needs |
# | `groups` | 1 | networks or channels that do not see each other |
# | `bias` | `True` | `False` before batch norm |
# | `nn.MaxPool2d` `kernel_size`, `stride` | –, `kernel_size` | 2 halves; ResNet has 3 with stride 2 and padding 1 |
# | `nn.AdaptiveAvgPool2d` `output_size` | – | a fixed size out of any size in; 1 is the mean over the map |
# | `nn.BatchNorm2d` `num_features` | – | channels; learns a scale and a shift for each |
# | `eps` | 1e-5 | keeps a channel without spread from a division by zero |
# | `momentum` | 0.1 | weight of the *new* batch in the running values; `None`: plain mean of all |
# | `affine` | `True` | `False`: no scale, no shift |
# | `track_running_stats` | `True` | `False`: uses the batch also in `eval()` |
#
# Inputs and outputs are (N, C, H, W). `momentum` decides how many batches `eval()` needs behind it. Send batches of mean 2 through four fresh layers:

# %%
torch.manual_seed(0)
layers = {m: nn.BatchNorm2d(1, momentum=m) for m in (0.01, 0.1, 0.5, None)}
running = {m: [0.0] for m in layers}
for _ in range(40):
    batch = 2 + torch.randn(8, 1, 2, 2)
    for m, layer in layers.items():
        layer(batch)
        running[m].append(layer.running_mean.item())

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for (m, line), colour in zip(running.items(), plot.COLOURS):
    ax.plot(line, color=colour, label=f"momentum={m}")
ax.axhline(2, color="gray", ls=":")
ax.set(xlabel="batches seen in training mode", ylabel="running mean",
       title="A small momentum needs many batches before eval() can be trusted")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The dotted line is the true mean 2. With momentum 0.5 and with None the running mean is there after a few batches, with 0.5 it jitters. With 0.1 it needs about 30 batches. With 0.01 it has come a third of the way after 40.

# %%
print({m: round(line[-1], 1) for m, line in running.items()})
assert abs(running[0.01][-1] - 2 * (1 - 0.99**40)) < 0.1
assert abs(running[0.1][-1] - 2) < 0.15
assert np.std(running[0.5][20:]) > 2 * np.std(running[None][20:])

# %% [markdown]
# ## Traps
#
# **Trap 1: another picture size, the same linear layer.** LeNet is built for 28×28. Give it 32×32:

# %%
try:
    lenet()(torch.zeros(1, 1, 32, 32))
except RuntimeError as error:
    print("RuntimeError:", error)
any_size = nn.Sequential(*list(lenet())[:-2], nn.AdaptiveMaxPool2d(4), nn.Flatten(), nn.Linear(320, 10))
assert any_size(torch.zeros(1, 1, 32, 32)).shape == any_size(torch.zeros(1, 1, 45, 30)).shape == (1, 10)
assert flat_features((1, 32, 32), [("conv", 10, 5, 1, 0), ("pool", 2, 2), ("conv", 20, 5, 1, 0), ("pool", 2, 2)]) == 500

# %% [markdown]
# "1x500 and 320x10": the second number of the first shape is what the linear layer should have been given. **Right:** `flat_features`, or an adaptive pooling before the linear layer.
#
# **Trap 2: softmax before `CrossEntropyLoss`.** The softmax is applied twice. Lesson 9 showed that the loss cannot get near 0. Here is the other half: a network that is *wrong and sure* hardly gets a gradient.

# %%
z, label = torch.tensor([[12.0, 0, 0]], requires_grad=True), torch.tensor([1])
for name, scores in [("scores", z), ("probabilities", z.softmax(dim=1))]:
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(scores, label), z)
    print(f"{name:13} → largest |gradient| {gradient.abs().max():.0e}")
assert gradient.abs().max() < 1e-4

# %% [markdown]
# **Right:** hand over the scores.
#
# **Trap 3: the last ReLU at the wrong place.** `x + torch.relu(branch)` looks much like `torch.relu(x + branch)`. But then no block can make a number smaller. Send positive numbers through twenty of each:

# %%
torch.manual_seed(0)
right = wrong = torch.rand(4, 8, 6, 6)
with torch.no_grad():
    for _ in range(20):
        block = ResidualBlock(8)
        branch = block.conv2(torch.relu(block.conv1(wrong)))
        assert (wrong + torch.relu(branch) >= wrong).all()
        right, wrong = block(right), wrong + torch.relu(branch)
print(f"mean after 20 blocks: ReLU after the sum {right.mean():.2f}, before it {wrong.mean():.2f}")
assert wrong.mean() > 1.5 * right.mean()

# %% [markdown]
# **Right:** add first, then ReLU. (No ReLU after the sum at all is another matter: it is the pre-activation block below, if the branch begins with one.)
#
# **Trap 4: an in-place ReLU on the skip.** `nn.ReLU(inplace=True)` writes over its input. If that input is the one that goes around, the skip carries something else, and nothing complains.

# %%
x = torch.tensor([-1.0, 2.0])
careful = x + torch.relu(x)
careless = torch.relu_(x) + x  # the underscore: in place
print("careful", careful.tolist(), " careless", careless.tolist())
assert careful.tolist() == [-1, 4]
assert careless.tolist() == [0, 4]

# %% [markdown]
# **Right:** in place only on a tensor that you made yourself and that nobody else needs, such as the output of a convolution with a batch norm behind it.
#
# **Trap 5: no `eval()` with batch norm.** In training mode the answer for a picture depends on the other pictures of the batch. And a single number per channel has no spread to divide by.

# %%
torch.manual_seed(0)
norm_net = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
alone, together = norm_net(X[:1]), norm_net(X[:8])[:1]
print("training mode, largest difference:", round((alone - together).abs().max().item(), 1))
assert (alone - together).abs().max() > 0.1
norm_net.eval()
assert torch.allclose(norm_net(X[:1]), norm_net(X[:8])[:1], atol=1e-5)
try:
    nn.BatchNorm2d(4)(torch.zeros(1, 4, 1, 1))
except ValueError as error:
    print("ValueError:", error)

# %% [markdown]
# **Right:** `net.eval()` before you judge; no batch of one in training. `fit` does the first for you.
#
# **Trap 6: frozen, yet changing.** Batch norm has two kinds of numbers. Freezing stops the parameters; the running mean and variance are buffers (缓冲区) and move in every forward pass in training mode.

# %%
norm_net.train()
freeze(norm_net, ["0", "1"])
before = norm_net[1].running_mean.clone()
norm_net(X[:32])
print("running mean moved:", not torch.equal(before, norm_net[1].running_mean))
assert not torch.equal(before, norm_net[1].running_mean)
norm_net[1].eval()  # right: this layer alone into evaluation mode
before = norm_net[1].running_mean.clone()
norm_net(X[:32])
assert torch.equal(before, norm_net[1].running_mean)

# %% [markdown]
# **Right:** put frozen batch norms into `eval()`, after each `net.train()`.
#
# **Trap 7: a downsampling block without its own shortcut.** With 16 channels the sum fails, loudly. With *one* channel it works, silently: broadcasting repeats it.

# %%
x = torch.rand(1, 16, 14, 14)
half = nn.Conv2d(16, 32, 3, stride=2, padding=1)
try:
    x + half(x)
except RuntimeError as error:
    print("RuntimeError:", error)
shortcut = nn.Conv2d(16, 32, kernel_size=1, stride=2, bias=False)
assert (shortcut(x) + half(x)).shape == (1, 32, 7, 7)
gray = torch.rand(1, 1, 14, 14)
assert (gray + nn.Conv2d(1, 8, 3, padding=1)(gray)).shape == (1, 8, 14, 14)  # no error, no skip you meant

# %% [markdown]
# **Right:** a 1×1 convolution with the stride of the block wherever channels or size change.
#
# ## Beyond the roadmap
#
# **The first homework of lecture 11: identity mappings.** He and others (2016) then moved batch norm and ReLU *before* the convolutions, so that nothing stands on the skip: $x_{k+1}=x_k+F(x_k)$ without a last ReLU, exactly line 3 of the derivation. It is called pre-activation (预激活).

# %% tags=["exercise", "challenge"]
class PreActBlock(torch.nn.Module):
    """x (N, channels, H, W) → x + conv2(ReLU(bn2(conv1(ReLU(bn1(x)))))) of the same shape.
    Submodules bn1, bn2: BatchNorm2d; conv1, conv2: 3×3, padding 1, bias=False. x is not changed.
    """

    def __init__(self, channels):
        super().__init__()
        # BEGIN SOLUTION  two BatchNorm2d, two Conv2d without bias
        self.bn1 = torch.nn.BatchNorm2d(channels)
        self.conv1 = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(channels)
        self.conv2 = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION  from the inside out: bn1, ReLU, conv1, bn2, ReLU, conv2, then add x
        h = torch.relu(self.bn1(x))
        h = self.conv1(h)
        h = torch.relu(self.bn2(h))
        h = self.conv2(h)
        out = x + h
        return out
        # END SOLUTION


# %%
check.PreActBlock(PreActBlock)

# %% [markdown]
# **The second homework: DenseNet** (Huang and others, 2017) does not add, it *appends*. Each layer reads all channels before it and adds a few new ones, here four.

# %%
class DenseLayer(nn.Module):
    def __init__(self, channels, growth=4):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(torch.relu(self.norm(x)))], dim=1)


dense = nn.Sequential(*[DenseLayer(8 + 4 * k) for k in range(6)])
x = torch.randn(2, 8, 7, 7)
out = dense(x)
assert out.shape == (2, 8 + 6 * 4, 7, 7)
assert torch.equal(out[:, :8], x)  # the input arrives at the end, untouched

# %% [markdown]
# **When batch norm harms a residual network.** In the figure of fading signals the residual network with batch norm grew: each block adds a branch of spread about 1, so the sum grows, and the first scores with it. At learning rate 0.01 its loss shot up first and recovered. At 0.03 it does not recover. A known cure starts each block as the identity: set the scale of its *last* batch norm to zero (`zero_init_residual=True` in torchvision).

# %%
hot = {}
for cure in (False, True):
    net = deep_net(24, skip=True, norm=True)
    if cure:
        for block in net[2:-1]:
            nn.init.zeros_(block.norm2.weight)
    with torch.no_grad():
        first = losses_of(net, small[:200], y[:200])
    hot[cure] = race(net, lr=0.03, steps=25)[-6:].mean(axis=0)
    print(f"{'last scale 0' if cure else 'default':12} first loss {first.mean():.1f}; steps 20 to 25:",
          *(f"{loss:.2f}" for loss in hot[cure]))
    assert first.mean() < 2.5 if cure else first.mean() > 2.7
assert hot[False].min() > 1.5 * hot[True].max()

# %% [markdown]
# ## Check yourself
#
# **1.** `nn.Conv2d(64, 128, 3, stride=2, padding=1)` on (8, 64, 56, 56): shape of the output, parameters, multiplications for one picture? (Question 77 of stage 6. Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# (8, 128, 28, 28); $64\cdot9\cdot128+128=73{,}856$ parameters; $73{,}728\cdot28\cdot28=57{,}802{,}752$ multiplications.
#
# </details>
#
# **2.** What is a 1×1 convolution good for, if it sees one pixel only? (Question 81. Run the second cell below.)
#
# <details><summary>Answer</summary>
#
# It is a linear layer across the channels. It changes their number cheaply, before an expensive filter or on a skip.
#
# </details>
#
# **3.** Why do skip connections help to train deep networks? One sentence, one formula. (Question 25.)
#
# <details><summary>Answer</summary>
#
# The gradient reaches early layers also on a path without any factor: $\partial L/\partial x_k=(I+J_k^\top)\,\partial L/\partial x_{k+1}$ instead of $J_k^\top\,\partial L/\partial x_{k+1}$.
#
# </details>
#
# **4.** A plain network of 24 layers has a higher *training* loss than one of 4 layers. Overfitting?
#
# <details><summary>Answer</summary>
#
# No. Overfitting lowers the training loss and raises the test loss. This is degradation: the deeper one is harder to optimise.
#
# </details>
#
# **5.** You froze the body of a network, and its answers still changed during training. Name two possible reasons. (Question 47.)
#
# <details><summary>Answer</summary>
#
# The new head learns, as it should. And batch norms in the body move their running values, unless they are in `eval()`.
#
# </details>
#
# **6.** Your transfer beats pixels by ten points. What do you run before you believe that something was transferred?
#
# <details><summary>Answer</summary>
#
# The same frozen architecture with random weights, and the network from scratch, on several draws of the labels.
#
# </details>

# %%
layer = nn.Conv2d(64, 128, 3, stride=2, padding=1)
row = census(nn.Sequential(layer), torch.zeros(1, 64, 56, 56)).iloc[0]
print("1.", row["shape"], f"{row.parameters:,} parameters, {row.multiplications:,} multiplications")
assert (row.parameters, row.multiplications) == (73_856, 57_802_752)

# %%
bottleneck = nn.Sequential(nn.Conv2d(256, 64, 1), nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 256, 1))
weights = [sum(p.numel() for p in net.parameters() if p.ndim > 1)
           for net in (nn.Conv2d(256, 256, 3, padding=1), bottleneck)]
print(f"2. 256 → 256 channels: direct {weights[0]:,} weights, through 64 {weights[1]:,}")
assert weights == [589_824, 69_632]

# %% [markdown]
# ## In one breath
#
# Say aloud: "A CNN trades height and width for channels; the number before the linear layer is channels times height times width. A 1×1 convolution is a linear layer across channels and makes bottlenecks cheap. Inception runs several filter sizes side by side and joins the channels. A residual block adds its input to what it computes, then ReLU; so the gradient has a path without factors, and 24 layers train where plain ones do not. Batch norm stands between convolution and ReLU, without a bias before it; it keeps the signal alive, needs eval(), and with skips it makes the sum grow. Where a block halves the map, its skip is a 1×1 convolution with stride 2. ResNet-18: 11.7 million parameters, 1.8 thousand million multiplications, nearly equal work in each stage. Transfer: freeze the body, train the head, and compare with random features."
#
# **Read on.** Section 5.4 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition". Szegedy and others (2015), ["Going deeper with convolutions"](https://arxiv.org/abs/1409.4842). He, Zhang, Ren, Sun (2016), ["Deep residual learning for image recognition"](https://arxiv.org/abs/1512.03385) and ["Identity mappings in deep residual networks"](https://arxiv.org/abs/1603.05027). Huang, Liu, van der Maaten, Weinberger (2017), ["Densely connected convolutional networks"](https://arxiv.org/abs/1608.06993). Goyal and others (2017), ["Accurate, large minibatch SGD"](https://arxiv.org/abs/1706.02677), on starting the last scale at zero. Yosinski, Clune, Bengio, Lipson (2014), ["How transferable are features in deep neural networks?"](https://arxiv.org/abs/1411.1792). Before this lesson: [Convolution](../04_dl_theory/08_convolution.ipynb) and [The training loop](../04_dl_theory/09_training_loop.ipynb). Next on the core path: word vectors.
