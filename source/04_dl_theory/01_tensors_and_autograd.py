# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: []
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 Tensors and autograd (张量与自动求导)
#
# To train a network you need two things: a box that holds many numbers, and something that tells you for each number whether to turn it up or down. PyTorch calls the first a tensor (张量) and the second autograd (自动求导). With both, you end this lesson with a model that reads handwritten digits.
#
# **You will** guess a weight by trying all values, then walk to it downhill, compute a gradient backwards by hand, let PyTorch do the same, race eight optimisers, and train on real digits.
#
# **After it you can**
#
# - say for any tensor what shape, type and memory it has, and what broadcasting will do to it;
# - write the four lines of a training step, and say what breaks when one is missing or misplaced;
# - recognise eight mistakes that beginners make with PyTorch, several of which raise no error.
#
# **You need** Python and NumPy arrays, and from stage 1 the derivative (导数) and the chain rule (链式法则).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days. It goes along with lectures 1 to 6 of [刘二大人《PyTorch深度学习实践》](https://www.bilibili.com/video/BV1Y7411d7Ys); watch each before its section. **Stuck?** Read [code typed along with the lectures](https://blog.csdn.net/bit452/category_10569531.html), or chapter 4 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf).
#
# **Two sittings.** Day 1: up to the end of "Let autograd do it". Day 2: the rest.

# %%
import copy
import math
import warnings
import weakref

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

import dlroadmap
from dlroadmap import check, data, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Hold digits in a tensor
#
# How does a computer hold 4,000 handwritten digits? Load them (real MNIST digits, CC BY-SA 3.0) and turn the NumPy arrays into tensors.

# %%
digits = data.mnist.load()
X, y = torch.from_numpy(digits.X_train[:4000]), torch.from_numpy(digits.y_train[:4000])
X_test, y_test = torch.from_numpy(digits.X_test[:1000]), torch.from_numpy(digits.y_test[:1000])
print("X", tuple(X.shape), X.dtype, "from", X.min().item(), "to", X.max().item())
print("y", tuple(y.shape), y.dtype, "first labels", y[:5].tolist())

# %% [markdown]
# A tensor has a shape (形状): 4,000 digits of 28 rows and 28 columns. And it has a dtype (数据类型): `float32` is a number with a decimal point in 32 bits, `int64` a whole number in 64 bits. `.item()` turns a tensor with one number into a Python number, `.tolist()` a larger one into a list.
#
# Where do shape and dtype come from? Before you run the cell, guess the dtype of the first two lines.

# %% tags=["nbval-check-output"]
made = {"torch.tensor([1, 2])": torch.tensor([1, 2]), "torch.tensor([1.0, 2])": torch.tensor([1.0, 2]),
        "torch.tensor(3.5)": torch.tensor(3.5), "torch.zeros(2, 3)": torch.zeros(2, 3),
        "torch.arange(4)": torch.arange(4), "torch.linspace(0, 1, 5)": torch.linspace(0, 1, 5),
        "torch.rand(2, 1)": torch.rand(2, 1), "torch.from_numpy(np.zeros(2))": torch.from_numpy(np.zeros(2)),
        "torch.zeros(2).double()": torch.zeros(2).double(), "X > 0.5": X > 0.5}
for code, t in made.items():  # !s:15 in the next line: as text, 15 wide
    print(f"{code:30} shape {tuple(t.shape)!s:15} {t.dtype}")

# %% [markdown]
# **What to notice.** Whole numbers give `int64`, one decimal point anywhere gives `float32`. NumPy's own default is `float64`, and `from_numpy` keeps it. One number has the shape `()`. A comparison gives a tensor of `bool`.
#
# A `bool` tensor can choose: `X[y == 7]` are all sevens. `.mean(dim=0)` takes the mean over axis 0, so one picture is left, and `torch.stack` puts ten pictures on a new first axis. `t.sum(dim=(2, 3))` sums over two axes at once; `t.argmin(dim=1)` gives for each row the place of its smallest entry.

# %%
means = torch.stack([X[y == c].mean(dim=0) for c in range(10)])
print("X[0]", tuple(X[0].shape), " X[:, 14]", tuple(X[:, 14].shape),
      " X[y == 7]", tuple(X[y == 7].shape), " means", tuple(means.shape))

# %%
plot.images(list(means), [str(c) for c in range(10)], columns=10, height=0.85,
            title="The mean of some 400 digits of a class is blurred")
plt.show()

# %% [markdown]
# **Figure in words.** Ten soft grey digits from 0 to 9 on black. The 0 is fairly crisp; the 1 is sharp in the middle and fans out at its ends; the strokes of the 4, 5 and 9 melt together.

# %%
counts = torch.bincount(y, minlength=10)  # how many of each class
assert counts.sum() == 4000
assert counts.min() > 300
assert counts.max() < 500

# %% [markdown]
# These ten pictures are already a classifier (分类器): give a digit the class of the nearest mean. For that you need all differences between 1,000 test digits and 10 means, and broadcasting (广播) makes them without a loop. PyTorch writes the two shapes one above the other, aligned on the *right*. Each pair of sizes must be equal, or one of them must be 1 or missing; that one is repeated.

# %% tags=["nbval-check-output"]
column, row = torch.tensor([[1], [2], [3]]), torch.tensor([10, 20, 30, 40])
print(tuple(column.shape), "+", tuple(row.shape), "→", tuple((column + row).shape))
print(column + row)

# %% [markdown]
# For the digits: `X_test[:, None]` has an extra axis of size 1 in place 1.
#
# | tensor | shape |
# | --- | --- |
# | `X_test[:, None]` | (1000, 1, 28, 28) |
# | `means` | (10, 28, 28) |
# | their difference | (1000, 10, 28, 28) |
#
# **Explain this shape.** What would `X_test - means`, without `None`, do?
#
# <details><summary>Answer</summary>
#
# Aligned on the right, 1000 stands above 10. They differ and neither is 1: an error. But with exactly ten test digits there is *no* error: digit 0 would be compared with mean 0 only, digit 1 with mean 1, and so on.
#
# </details>

# %% tags=["exercise", "challenge"]
def nearest_mean(X, means):
    """X (N, H, W) float tensor of pictures, means (C, H, W) → (N,) int64 tensor:
    for each picture the number c of the mean at the smallest squared distance,
    the sum over all pixels of (X[n] - means[c])**2; at a tie the smaller c. No loop.
    """
    # BEGIN SOLUTION  a new axis into X, then difference, square, sum over the pixels, argmin
    distances = ((X[:, None] - means) ** 2).sum(dim=(2, 3))  # (N, C)
    labels = distances.argmin(dim=1)
    # END SOLUTION
    return labels


# %%
check.nearest_mean(nearest_mean)

# %%
nearest = (nearest_mean(X_test, means) == y_test).float().mean().item()
print(f"the nearest of ten means is right for {nearest:.0%} of the test digits")
assert 0.76 < nearest < 0.84

# %% [markdown]
# **What to notice.** No training, no gradient, and four of five digits are read. Keep this number: it is the score to beat at the end.
#
# **Who shares memory?** A tensor is a block of numbers plus a note on how to read it. `view` and `.T` (transposed: rows become columns) change only the note. So does `from_numpy`. `torch.tensor` and `.clone()` copy.

# %% tags=["nbval-check-output"]
a = np.arange(6)
shared, copied = torch.from_numpy(a), torch.tensor(a)
table = shared.view(2, 3)
a[0] = 100
print("from_numpy:", shared[0].item(), " view:", table[0, 0].item(), " torch.tensor:", copied[0].item())
print(".T.reshape(6):", table.T.reshape(6).tolist())
try:
    table.T.view(6)
except RuntimeError:
    print(".T.view(6): RuntimeError")

# %% [markdown]
# **What to notice.** One write into the NumPy array shows in three places. `view` never copies, so it refuses where the order in memory does not fit. `reshape` copies where it must, without telling you. Neither moves axes: `.T` does.
#
# **Where does it live?** On a device (设备): the CPU, or a graphics card, `cuda` (NVIDIA) or `mps` (Apple). Two tensors must be on the same device before you can add them. This function makes your code run everywhere; the last line brings a tensor back, which NumPy needs.

# %%
def best_device():
    """ "cuda" or "mps" where there is one, else "cpu" """
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


on_device = X[:2].to(best_device())
assert on_device.device.type == best_device()
assert np.array_equal(on_device.cpu().numpy(), digits.X_train[:2])

# %% [markdown]
# This lesson stays on the CPU, so that it runs alike everywhere.
#
# ## Try every weight
#
# The smallest learning problem (lecture 2): three students study 1, 2, 3 hours and get 2, 4, 6 points. What does one get for 4 hours? The model is a line through zero, $\hat y=wx$, with one weight (权重) $w$. Which $w$? Try all from 0 to 4 in steps of 0.1, and take the one with the smallest mean squared error (均方误差, MSE):
#
# $$\text{MSE}(w)=\frac1N\sum_{n=1}^{N}(w\,x_n-y_n)^2$$
#
# $N$ is the number of samples, $x_n$ the hours, $y_n$ the points of student $n$. Broadcasting computes all 41 weights times 3 students at once.

# %%
hours, points = torch.tensor([1.0, 2, 3]), torch.tensor([2.0, 4, 6])
w_grid = torch.linspace(0, 4, 41)
mse = ((w_grid[:, None] * hours - points) ** 2).mean(dim=1)  # (41, 3) → (41,)
best = w_grid[mse.argmin()].item()
print(f"MSE {mse[0]:.2f} at w = 0; best w = {best:.1f} with MSE {mse.min():.2f}; 4 hours: {4 * best:.0f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.4))
axes[0].plot(hours, points, "o", color=plot.BLACK, label="students")
for w, colour in [(0.0, plot.RED), (1.0, plot.ORANGE), (2.0, plot.GREEN)]:
    axes[0].plot([0, 4], [0, 4 * w], color=colour, label=f"w = {w:.0f}")
    axes[1].plot(w, mse[round(10 * w)], "o", color=colour, zorder=3)
axes[0].set(xlabel="hours", ylabel="points")
axes[0].legend()
axes[1].plot(w_grid, mse, color=plot.BLUE)
axes[1].set(xlabel="w", ylabel="MSE")
fig.suptitle("Each line on the left is one point of the bowl on the right", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, three black points on the green line w = 2; the orange line w = 1 and the flat red line w = 0 miss them. Right, the MSE over w: a bowl with the green dot at its bottom, the orange one on the slope and the red one at the left rim, at 18.67.

# %%
assert round(mse[0].item(), 2) == 18.67
assert math.isclose(best, 2, abs_tol=1e-6)
assert mse.min() < 1e-10
assert math.isclose(mse[10].item(), 14 / 3, rel_tol=1e-6)

# %% [markdown]
# **The homework of lecture 2.** Give the line an intercept, the bias (偏置) $b$: $\hat y=wx+b$. Now every *pair* has an MSE, and the bowl becomes a surface. `w` runs along axis 0, `b` along axis 1, the students along axis 2.

# %%
b_grid = torch.arange(-20, 21) / 10  # from -2 to 2
surface = ((w_grid[:, None, None] * hours + b_grid[:, None] - points) ** 2).mean(dim=2)
row, column = divmod(surface.argmin().item(), 41)  # argmin counts through the flattened surface
print("shape", tuple(surface.shape), f"smallest at w = {w_grid[row]:.1f}, b = {b_grid[column]:.1f}")
assert (row, column) == (20, 20)

# %%
fig = plt.figure(figsize=(8.7, 3.9))
ax = fig.add_subplot(1, 2, 1, projection="3d")
W, B = np.meshgrid(w_grid, b_grid, indexing="ij")
ax.plot_surface(W, B, surface.numpy(), cmap="cividis")
ax.set(xlabel="w", ylabel="b")
fig.suptitle("Equally far from the best pair, the MSE is 0.17 (circle) or 4.17 (square)", x=0.01, ha="left")
ax = fig.add_subplot(1, 2, 2)
lines = ax.contour(W, B, surface.numpy(), levels=[0.2, 0.5, 1, 2, 4, 8, 16, 32], cmap="cividis")
ax.clabel(lines, fontsize=8, fmt="%g")
for w, b, mark in [(2, 0, "*"), (1.5, 1, "o"), (2.5, 1, "s")]:
    ax.plot(w, b, mark, color=plot.RED, ms=9)
ax.set(xlabel="w", ylabel="b")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a curved surface like a half-pipe, high at two opposite corners. Right, its contour lines (等高线): narrow ellipses that lean from upper left to lower right, with a red star in the middle at w = 2, b = 0. A red circle lies inside the valley and a red square on its slope, both at the same distance from the star.

# %%
valley, slope = surface[15, 30].item(), surface[25, 30].item()
print(f"(w 1.5, b 1): {valley:.2f}   (w 2.5, b 1): {slope:.2f}")
assert math.isclose(slope / valley, 25, rel_tol=1e-4)

# %% [markdown]
# **What to notice.** Both points lie equally far from the best one, and one is 25 times worse. Raise $b$ and lower $w$, and the line still passes near the students. Remember this valley.
#
# **Why not always try everything?** One weight took 41 trials, two take $41^2=1681$. The digit model at the end has 7,850 parameters (参数, the numbers to be learned): 784·10 weights and 10 biases. How many digits has $41^{7850}$, the number of trials?

# %% tags=["nbval-check-output"]
print(f"41 ** 7850 has {math.floor(7850 * math.log10(41)) + 1:,} digits")

# %% [markdown]
# ## Walk downhill
#
# Lecture 3: look at the slope where you stand, and step downhill. The slope of MSE in direction $w$ is its derivative. For the line $wx+b$, write $r_n=wx_n+b-y_n$ for the residual (残差), the error on sample $n$.
#
# **Line 1.** $\text{MSE}=\frac1N\sum_n r_n^2$. *Reason: definition.*
#
# **Line 2.** $\dfrac{\partial\,\text{MSE}}{\partial w}=\frac1N\sum_n 2r_n\dfrac{\partial r_n}{\partial w}$. *Reason: derivative of a sum, then the chain rule on the square.*
#
# **Line 3.** $\dfrac{\partial r_n}{\partial w}=x_n$ and $\dfrac{\partial r_n}{\partial b}=1$. *Reason: $r_n$ is linear in $w$ and $b$.*
#
# **Line 4.** $\dfrac{\partial\,\text{MSE}}{\partial w}=\frac2N\sum_n r_nx_n,\qquad\dfrac{\partial\,\text{MSE}}{\partial b}=\frac2N\sum_n r_n$.
#
# These two numbers together are the gradient (梯度). It points uphill, so you step against it.
#
# **Explain this.** Why does the gradient of $b$ not contain $x$? And which sign has $\partial\,\text{MSE}/\partial w$ at $w=0,b=0$ for the students?
#
# <details><summary>Answer</summary>
#
# Raising $b$ by a little raises every prediction by the same amount, whatever $x$ is. At $w=b=0$ all residuals are $-y_n<0$, so the slope is negative: go right.
#
# </details>

# %% tags=["exercise"]
def linear_gradients(x, y, w, b):
    """Gradient of mean((w * x + b - y)**2).

    x, y: NumPy arrays (N,); w, b: numbers → (dw, db), two numbers.
    """
    # BEGIN SOLUTION  the residual r first, then line 4
    r = w * x + b - y
    dw = 2 * np.mean(r * x)
    db = 2 * np.mean(r)
    # END SOLUTION
    return dw, db


# %%
check.linear_gradients(linear_gradients)

# %% [markdown]
# Gradient descent (梯度下降) repeats one line: $w\leftarrow w-\text{lr}\cdot\partial\,\text{MSE}/\partial w$. The step size lr is the learning rate (学习率). With the numbers of the lecture (w starts at 1, lr = 0.01, 100 steps, no $b$):

# %%
def descend(lr, steps, w=1.0):
    """Gradient descent on the students with b = 0 → list of all w on the way."""
    path = [w]
    for _ in range(steps):
        dw, _ = linear_gradients(hours.numpy(), points.numpy(), w, 0.0)
        w = w - lr * dw
        path.append(float(w))
    return path


print(f"w = {descend(0.01, 100)[-1]:.4f}, 4 hours → {4 * descend(0.01, 100)[-1]:.3f} points")
assert abs(4 * descend(0.01, 100)[-1] - 8) < 1e-3

# %% [markdown]
# What does the learning rate do? Guess which of 0.01, 0.1, 0.2 and 0.22 is best, and which fails.

# %%
rates = {0.01: plot.BLUE, 0.1: plot.GREEN, 0.2: plot.ORANGE, 0.22: plot.RED}
fig, ax = plt.subplots(figsize=(7.6, 3.6))
for lr, colour in rates.items():
    ax.plot(descend(lr, 15), "o-", ms=4, color=colour, label=f"lr = {lr}")
ax.axhline(2, color=plot.BLACK, lw=1, ls=":")
ax.set(xlabel="step", ylabel="w", title="0.01 creeps, 0.1 arrives, 0.2 swings, 0.22 runs away")
ax.legend(loc="upper left", ncols=2)
plt.show()

# %% [markdown]
# **Figure in words.** w over 15 steps, with a dotted line at the goal 2. Blue (0.01) rises slowly and is still below 1.8. Green (0.1) is at 2 after two steps. Orange (0.2) jumps from side to side, each time closer. Red (0.22) jumps from side to side, each time farther.

# %%
ends = {lr: descend(lr, 15) for lr in rates}
assert ends[0.01][-1] < 1.8
assert abs(ends[0.1][3] - 2) < 0.01
assert ends[0.2][0] < 2 < ends[0.2][1]
assert abs(ends[0.2][-1] - 2) < abs(ends[0.2][1] - 2)
assert abs(ends[0.22][-1] - 2) > abs(ends[0.22][1] - 2)

# %% [markdown]
# **The idea.** For the students $\partial\,\text{MSE}/\partial w=\frac{28}{3}(w-2)$. ($r_n=wx_n-2x_n=(w-2)x_n$, so line 4 gives $\frac23(w-2)(1+4+9)$.) So one step multiplies the distance $w-2$ by $1-\frac{28}{3}\text{lr}$. At 0.01 that is 0.907: slow. At 0.1 it is 0.067. Above $\text{lr}=2\big/\frac{28}{3}\approx0.214$ it is below −1, and every step overshoots by more than the last error.
#
# **Try it.** `descend(3 / 28, 3)`. Expect 2 after the first step, because the factor is then 0.
#
# **One sample at a time.** With a million samples, each step of gradient descent reads them all. Stochastic gradient descent (随机梯度下降, SGD) takes *one* random sample for a step. What does that cost? Give the students a fourth friend, who does not lie on the line: 4 hours, 9 points. (Line 4 without $b$ is zero at $w=\sum x_ny_n/\sum x_n^2$: the best $w$ of all four.)

# %%
hours4, points4 = np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 9])


def sgd(high, seed, steps=400, lr=0.01, w=1.0):
    """One random sample a step; the index is drawn from 0 up to, not including, high."""
    path = [w]
    for i in np.random.default_rng(seed).integers(0, high, size=steps):
        w = w - lr * 2 * (w * hours4[i] - points4[i]) * hours4[i]
        path.append(w)
    return np.array(path)


w_best = (hours4 @ points4) / (hours4 @ hours4)  # where the derivative is zero
late = np.array([sgd(4, seed)[200:] for seed in range(5)])

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.4))
ax.plot(sgd(4, seed=0), color=plot.SKY, label="SGD, one sample a step")
ax.axhline(w_best, color=plot.BLACK, ls=":", label=f"best w = {w_best:.3f}")
ax.set(xlabel="step", ylabel="w", title="SGD finds the right region and does not come to rest")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** A jagged blue line climbs from 1 to about 2.1 within a few dozen steps, and then jumps between about 2.0 and 2.2 around the dotted line for the rest of the 400 steps.

# %%
print(f"last 200 steps, five seeds: mean {late.mean():.2f}, spread {late.std():.2f}")
assert late.min() > 1.9
assert late.max() < 2.4
assert abs(late.mean() - w_best) < 0.03
assert 0.03 < late.std() < 0.12

# %% [markdown]
# **What to notice.** A step costs a quarter, the path is a random one, and its mean is right. Smaller steps calm it. In practice one takes a mini-batch (小批量) of, say, 50 samples: less noise than one, far cheaper than all.
#
# ## By hand: send the gradient backwards
#
# You derived the gradient of a line on paper. Nobody wants to do that for a network. Lecture 4 shows the way out: break the computation into small steps, a computational graph (计算图), and do the chain rule one step at a time, from the end. One student, $x=2$, $y=4$, at $w=1$:
#
# | forward | value | derivative of this step | backward: gradient of the loss |
# | --- | --- | --- | --- |
# | $z=w\cdot x$ | 2 | $\partial z/\partial w=x=2$ | $\partial L/\partial w=\partial L/\partial z\cdot2=-8$ |
# | $r=z-y$ | −2 | $\partial r/\partial z=1$ | $\partial L/\partial z=\partial L/\partial r\cdot1=-4$ |
# | $L=r^2$ | 4 | $\partial L/\partial r=2r=-4$ | $\partial L/\partial r=-4$ |
#
# $L$ is the loss (损失) of this student. Read the second column downwards, the last one upwards. The same in code, six lines:

# %% tags=["nbval-check-output"]
x, target, w = 2, 4, 1
z = w * x
r = z - target
loss = r**2
dr = 2 * r  # the backward lines stand in the opposite order
dz = dr * 1
dw = dz * x
print(f"z {z}, r {r}, loss {loss}; dr {dr}, dz {dz}, dw {dw}")

# %%
def draw_graph(ax, places, edges):
    for name, (px, py) in places.items():
        ax.text(px, py, name, ha="center", va="center", fontsize=13, zorder=3,
                bbox={"boxstyle": "circle,pad=0.35", "fc": "white", "ec": plot.BLACK})
    for start, end, forward, backward in edges:
        (x0, y0), (x1, y1) = places[start], places[end]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "shrinkA": 20, "shrinkB": 20})
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        side = {"textcoords": "offset points", "ha": "center", "fontsize": 11,
                "bbox": {"fc": "white", "ec": "none", "pad": 1}}
        ax.annotate(forward, middle, (0, 9), color=plot.BLUE, **side)
        ax.annotate(backward, middle, (0, -20), color=plot.RED, **side)
    ax.set_axis_off()


# %%
places = {"w": (0, 1), "x": (0, -1), "×": (2, 0), "y": (3.5, -1.5), "−": (4.2, 0), "( )²": (6.2, 0), "L": (8.2, 0)}
edges = [("w", "×", f"w = {w}", f"dw = {dw}"), ("x", "×", f"x = {x}", ""), ("×", "−", f"z = {z}", f"dz = {dz}"),
         ("y", "−", f"y = {target}", ""), ("−", "( )²", f"r = {r}", f"dr = {dr}"), ("( )²", "L", f"L = {loss}", "1")]
fig, ax = plt.subplots(figsize=(8.6, 3.4))
draw_graph(ax, places, edges)
ax.set(xlim=(-0.6, 8.8), ylim=(-1.8, 1.6))
fig.suptitle("Values flow right (blue), gradients flow left (red)", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** A graph of circles joined by arrows. w and x enter a multiplication; its result z = 2 and y = 4 enter a subtraction; r = −2 is squared to L = 4. Below the arrows, in red, from right to left: 1, dr = −4, dz = −4, dw = −8.
#
# **The idea.** Each step needs two things only: the gradient that arrives from the right, and its own local derivative. Their product goes on to the left. This is backpropagation (反向传播). Check −8 by moving $w$ a little to both sides:

# %%
h = 1e-4
numeric = (((w + h) * x - target) ** 2 - ((w - h) * x - target) ** 2) / (2 * h)
print(f"numerical derivative {numeric:.4f}")
assert math.isclose(numeric, dw, rel_tol=1e-6)

# %% [markdown]
# **On paper now.** The second graph of the lecture has a bias: $L=(wx+b-y)^2$. Take $x=2,y=4,w=1,b=3$. What are `dw` and `db`?
#
# <details><summary>Answer</summary>
#
# $z=2$, $z+b=5$, $r=1$, $L=1$. Backwards: $dr=2$; the addition passes it on unchanged, so $db=2$ and $dz=2$; $dw=2\cdot x=4$.
#
# </details>
#
# ## Let autograd do it
#
# PyTorch draws this graph while you compute. You mark the numbers that you want a gradient for with `requires_grad=True`, compute as always, and call `.backward()` on the result.

# %% tags=["nbval-check-output"]
w, b = torch.tensor(1.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
loss = (w * 2 + b - 4) ** 2
loss.backward()
print("loss", loss.item(), " dw", w.grad.item(), " db", b.grad.item())
print("last step of the graph:", type(loss.grad_fn).__name__)
print("leaf:", w.is_leaf, loss.is_leaf)

# %% [markdown]
# **What to notice.** 4 and 2, as on paper (there: $x=2,y=4,w=1,b=3$). The result carries `grad_fn`, the step that made it and that knows the way back. `w` and `b` are leaves (叶子) of the graph: you made them, no computation did. Gradients are stored in `.grad` of leaves only (unless you ask for more: `retain_grad`, lesson 2).
#
# And the formula that you wrote in NumPy? The same numbers:

# %%
w, b = torch.tensor(0.5, requires_grad=True), torch.tensor(1.0, requires_grad=True)
((w * hours + b - points) ** 2).mean().backward()
dw, db = linear_gradients(hours.numpy(), points.numpy(), 0.5, 1.0)
print(f"by hand {dw:.4f}, {db:.4f}; autograd {w.grad:.4f}, {b.grad:.4f}")
assert np.allclose([dw, db], [w.grad.item(), b.grad.item()], atol=1e-6)

# %% [markdown]
# Now call `backward` twice, for two losses with the same w. The first gives 4. The second?

# %% tags=["nbval-check-output"]
w = torch.tensor(1.0, requires_grad=True)
for k in (1, 2):
    loss = (w * 2 + 3 - 4) ** 2  # a new graph each time, the same numbers
    loss.backward()
    print(f"w.grad after backward number {k}: {w.grad.item()}")
w.grad.zero_()
print("after w.grad.zero_():", w.grad.item())

# %% [markdown]
# **What to notice.** 8: `backward` *adds* to `.grad`. There is a reason: you may want the sum over several losses, or over several small batches. The price is that you must empty `.grad` before each step.
#
# Now a training loop, with nothing but tensors. It is lecture 4, one student after the other.

# %%
w = torch.tensor(1.0, requires_grad=True)
for _ in range(100):
    for x, target in zip(hours, points):
        loss = (w * x - target) ** 2  # forward: a graph is built
        loss.backward()  # backward: w.grad is filled, the graph is thrown away
        with torch.no_grad():  # the update is no part of any graph
            w -= 0.01 * w.grad
        w.grad.zero_()
print(f"w = {w.item():.4f}, 4 hours → {4 * w.item():.3f}")
assert abs(4 * w.item() - 8) < 1e-3

# %% [markdown]
# One pass over all samples is an epoch (回合). `with torch.no_grad():` switches the recording off; without it PyTorch refuses to change a leaf (trap 7). `w -= …` changes the tensor in place, so that `w` stays the same leaf. (A method whose name ends in `_`, as `zero_()`, works in place too.)
#
# **Explain this line.** Why `w.grad.zero_()` after the update, and not between `backward()` and the update?
#
# <details><summary>Answer</summary>
#
# Between them it would wipe out the gradient before anyone has used it, and `w` would never move. Before `backward()` or after the update are both right.
#
# </details>

# %% tags=["exercise"]
def sgd_train_line(x, y, lr, epochs):
    """Train ŷ = w * x + b by SGD with autograd, no optimiser, no hand-made formula.

    x, y: float tensors (N,); w and b start at 0, in the dtype of x. Each epoch goes through
    the samples in order, i = 0 … N - 1, and makes one step a sample for the loss
    (w * x[i] + b - y[i])**2 → (w, b), two Python floats.
    """
    # BEGIN SOLUTION  two leaves; for each sample: loss, backward, update under no_grad, zero
    w = torch.zeros((), dtype=x.dtype, requires_grad=True)
    b = torch.zeros((), dtype=x.dtype, requires_grad=True)
    for _ in range(epochs):
        for i in range(len(x)):
            loss = (w * x[i] + b - y[i]) ** 2
            loss.backward()
            with torch.no_grad():
                w -= lr * w.grad
                b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    # END SOLUTION
    return w.item(), b.item()


# %%
check.sgd_train_line(sgd_train_line)

# %% [markdown]
# **The homework of lecture 4.** A curved model, $\hat y=w_1x^2+w_2x+b$, on the same three students, all three parameters starting at 1. Autograd does not care that the formula changed. Only two things are new: the three parameters lie in one tensor `p`, and each $x$ is turned into a row $q=(x^2,x,1)$. `p @ q` is their dot product (点积), $w_1x^2+w_2x+b$.

# %%
def fit_parabola(epochs, lr=0.01):
    """SGD as above on the three students → p = (w1, w2, b)"""
    p = torch.ones(3, requires_grad=True)
    powers = torch.stack([hours**2, hours, torch.ones(3)], dim=1)  # a row (x², x, 1) a student
    for _ in range(epochs):
        for q, target in zip(powers, points):
            loss = (p @ q - target) ** 2
            loss.backward()
            with torch.no_grad():
                p -= lr * p.grad
            p.grad.zero_()
    return p.detach().numpy()  # detach: the numbers without the graph


short, longer = fit_parabola(100), fit_parabola(3000)  # np.polyval(p, t) is w1 t² + w2 t + b
print("100 epochs ", short.round(2), f"4 hours → {np.polyval(short, 4):.2f}")
print("3000 epochs", longer.round(2), f"4 hours → {np.polyval(longer, 4):.2f}")

# %%
t = np.linspace(0, 4.2, 100)
fig, ax = plt.subplots(figsize=(7.2, 3.6))
ax.plot(t, np.polyval(short, t), color=plot.RED, label="100 epochs")
ax.plot(t, np.polyval(longer, t), color=plot.BLUE, label="3000 epochs")
ax.plot(hours, points, "o", color=plot.BLACK, label="students")
ax.plot(4, 8, "*", color=plot.BLACK, ms=13, label="4 hours → 8")
ax.set(xlabel="hours", ylabel="points", title="After 100 epochs: close at 1, 2 and 3 hours, half a point off at 4")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Three black points on a rising line, and a star at (4, 8). The blue curve is almost straight and passes close to all of them. The red curve passes close to the three points, bends upwards and passes clearly above the star; at zero hours it is one point too high.

# %%
miss = np.abs(np.polyval(short, hours.numpy()) - points.numpy())
assert miss.max() < 0.25
assert abs(np.polyval(short, 4) - 8.54) < 0.02
assert abs(np.polyval(short, 0) - 1) < 0.1
assert abs(np.polyval(longer, 4) - 8) < 0.2
assert np.abs(np.polyval(longer, t) - 2 * t).max() < 0.4

# %% [markdown]
# **What to notice.** After 100 epochs no student is missed by more than a quarter of a point, and the prediction for 4 hours is 8.54 instead of 8. A small training loss says little about a place where there are no data. And there is a valley again: three parameters can make up for each other.
#
# This is the end of day 1.
#
# ## Hand the bookkeeping to PyTorch
#
# Lecture 5 replaces what you wrote by ready-made parts:
#
# | you wrote | PyTorch | note |
# | --- | --- | --- |
# | `w * x + b` | `nn.Linear(1, 1)` | holds weight (out, in) and bias (out,), random at the start |
# | the squared error | `nn.MSELoss()` | mean; the lecture takes `reduction="sum"` |
# | `w -= lr * w.grad` | `torch.optim.SGD(…).step()` | for all parameters at once |
# | `w.grad.zero_()` | `optimizer.zero_grad()` | sets `.grad` to `None`, which counts as zero |
#
# `nn.Linear` wants a batch: `x` of shape (N, features). Three students with one feature are (3, 1), so use `hours[:, None]`.

# %%
x_batch, y_batch = hours[:, None], points[:, None]
model = nn.Linear(1, 1)
loss_fn, optimizer = nn.MSELoss(reduction="sum"), torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(1000):
    loss = loss_fn(model(x_batch), y_batch)  # forward
    optimizer.zero_grad()  # empty the gradients of the last step
    loss.backward()  # backward
    optimizer.step()  # update
w, b = model.weight.item(), model.bias.item()
print(f"w = {w:.3f}, b = {b:.3f}, 4 hours → {4 * w + b:.2f}")

# %%
assert abs(w - 2) < 0.01
assert abs(b) < 0.01
assert abs(4 * w + b - 8) < 0.01

# %% [markdown]
# Four lines like these train the networks of this stage. Write them once as a function.
#
# **Explain this line.**
#
# 1. `value = loss.item()`: why not return `loss` itself?
# 2. Could `optimizer.zero_grad()` stand in the first line of the function?
#
# <details><summary>Answers</summary>
#
# 1. The tensor drags its graph along, and with it every tensor that the graph needs. `.item()` is a plain number. (Trap 3 measures it.)
# 2. Yes: anywhere before `backward()`, as long as it comes after the last `step()`.
#
# </details>

# %% tags=["exercise"]
def training_step(model, loss_fn, optimizer, x, y):
    """One step of training on the batch x, y; gradients left in .grad from before must not count.

    model(x) → prediction; loss_fn(prediction, y) → loss, a tensor with one number
    → the loss of this batch before the update, a Python float.
    """
    # BEGIN SOLUTION  forward, zero_grad, backward, step
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    value = loss.item()
    # END SOLUTION
    return value


# %%
check.training_step(training_step)

# %% [markdown]
# **The homework of lecture 5: race eight optimisers** (优化器). Each has its own rule for turning a gradient into a step; [lesson 5](05_optimizers.ipynb) takes them apart. Here: same start, same `lr=0.01`, three random starts, median of the loss. L-BFGS computes loss and gradient many times in one step, so it wants a function, a closure (闭包), that does forward, zero and backward; the others accept one too. It gets 25 steps, the others 100; `asked` counts the gradients that each computes.

# %%
def race(name, seed, lr=0.01):
    """→ list of the loss before each step"""
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=lr)

    def closure():
        asked[name] += 1
        optimizer.zero_grad()
        loss = loss_fn(model(x_batch), y_batch)
        loss.backward()
        return loss

    steps = 25 if name == "LBFGS" else 100
    return [optimizer.step(closure).item() for _ in range(steps)]


asked = dict.fromkeys(["Adagrad", "Adamax", "Adam", "RMSprop", "SGD", "ASGD", "Rprop", "LBFGS"], 0)
names = list(asked)
races = {name: np.median([race(name, seed) for seed in range(3)], axis=0) for name in names}

# %%
fig, ax = plt.subplots(figsize=(8.4, 4.2))
for name, colour in zip(names, [*plot.COLOURS[:6], plot.BLACK, plot.RED]):
    style = "--" if name in ("ASGD", "LBFGS") else "-"
    ax.semilogy(races[name], style, color=colour, label=f"{name}: {races[name][-1]:.0e}")
ax.set(xlabel="step", ylabel="loss (median of 3 starts)", title="At lr = 0.01, SGD beats Adam, and Rprop beats SGD")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), title="last loss")
plt.show()

# %% [markdown]
# **Figure in words.** Eight curves of the loss on a logarithmic axis. Adagrad stays near the top. Adamax, Adam and RMSprop fall slowly. SGD falls at once and then slowly, with ASGD drawn over it. L-BFGS falls along a straight line, below SGD when its 25 steps end; Rprop ends lowest, near 1e-8, with jumps up and down on the way.

# %%
last = {name: curve[-1] for name, curve in races.items()}
assert last["Adagrad"] > last["Adamax"] > last["Adam"] > last["RMSprop"] > 5 * last["SGD"]
assert last["SGD"] > 1000 * last["Rprop"]
assert races["SGD"][24] > 5 * last["LBFGS"]
print("gradients for each start:", {name: count // 3 for name, count in asked.items()})
assert asked["LBFGS"] > 4 * asked["SGD"]
assert np.allclose(races["SGD"], races["ASGD"], rtol=1e-3)
assert np.diff(np.log(races["SGD"]))[:3].max() < -0.3  # at once …
assert np.abs(np.diff(np.log(races["SGD"]))[20:]).max() < 0.05  # … then slowly

# %% [markdown]
# **What to notice.** L-BFGS computes about five times as many gradients for its 25 steps as the others for their 100, so do not compare it step by step. And is Adam bad, then? Look at its first step, for a small gradient and for a large one.

# %% tags=["nbval-check-output"]
for gradient in (1, 1000):
    p = torch.zeros(1, requires_grad=True)
    adam = torch.optim.Adam([p], lr=0.01)
    (gradient * p).sum().backward()
    adam.step()
    print(f"gradient {gradient}: Adam moves by {p.item():.3f}")

# %% [markdown]
# Whatever the gradient is, this step has the length lr. So 0.01 is far too careful for a weight that has to travel a distance of about 2. Give three of the optimisers 0.3:

# %%
again = {name: [race(name, seed, lr=0.3)[-1] for seed in range(3)] for name in ("Adam", "RMSprop", "SGD")}
for name, losses in again.items():
    print(f"{name:8} lr 0.3: median loss {np.median(losses):.0e}")
assert np.median(again["Adam"]) < 0.1 * last["SGD"]
assert np.median(again["RMSprop"]) < 0.1 * last["SGD"]
assert not np.isfinite(again["SGD"]).any()

# %% [markdown]
# **What to notice.** Now Adam and RMSprop are ahead of SGD at 0.01, and SGD at 0.3 has run away to infinity; `nan` is what infinity minus infinity leaves ("not a number"). A race at one common learning rate compares how well that rate happens to suit each, not the optimisers. And Rprop, the winner, is made for the exact gradient of *all* data (so is L-BFGS, whose own rate is 1). Mini-batches, the normal case, give a noisy one.
#
# ## Predict a probability
#
# Lecture 6 asks another question: will a student *pass*? Those with 1 and 2 hours failed (0), the one with 3 hours passed (1). The sigmoid function (Sigmoid 函数, also called logistic function) turns a score $z=wx+b$ into a probability (概率), $\hat y=\sigma(z)=1/(1+e^{-z})$. The loss is the binary cross-entropy (二元交叉熵, BCE):
#
# $$\text{BCE}=-\frac1N\sum_n\big[y_n\ln\hat y_n+(1-y_n)\ln(1-\hat y_n)\big]$$
#
# For a student who passed only $-\ln\hat y$ counts: near 0 for $\hat y$ near 1, without limit for $\hat y$ near 0. The training loop is the one you know. (The lecture takes lr = 0.01 and 1,000 epochs, about as far as 100 epochs here.)

# %%
def fit_passing(epochs, seed=0):
    """Logistic regression as in lecture 6 → the model of the score z"""
    torch.manual_seed(seed)
    model, passed = nn.Linear(1, 1), torch.tensor([[0.0], [0], [1]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    bce = nn.BCELoss(reduction="sum")
    for _ in range(epochs):
        training_step(lambda x: torch.sigmoid(model(x)), bce, optimizer, x_batch, passed)
    return model


# %%
early, late_model = fit_passing(100), fit_passing(1000)
t = torch.linspace(0, 5, 101)[:, None]
fig, ax = plt.subplots(figsize=(7.2, 3.5))
for model, colour, name in [(early, plot.ORANGE, "100 epochs"), (late_model, plot.BLUE, "1,000 epochs")]:
    ax.plot(t, torch.sigmoid(model(t)).detach(), color=colour, label=name)
ax.plot(hours, [0, 0, 1], "o", color=plot.BLACK, label="students")
ax.axhline(0.5, color=plot.BLACK, lw=1, ls=":")
ax.set(xlabel="hours", ylabel="probability to pass", title="More training makes the step steeper, at about the same place")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two S-shaped curves from near 0 to near 1 that cross the dotted line 0.5 at nearly the same place, a little below 2.5 hours. The orange one, after 100 epochs, is gentle; the blue one, after 1,000, is steep. Black dots: 0 at one and two hours, 1 at three.

# %%
results = {}
for epochs in (100, 1000):
    models = [fit_passing(epochs, seed) for seed in range(3)]
    w, b = np.array([[m.weight.item(), m.bias.item()] for m in models]).T
    results[epochs] = (w, -b / w, 1 / (1 + np.exp(-(4 * w + b))))
    print(f"{epochs:5} epochs, 3 starts: w {w.round(1)}, half at {(-b / w).round(2)} h, p(4 h) {results[epochs][2].round(3)}")
assert (results[1000][0] > 2 * results[100][0]).all()
assert (np.abs(results[100][1] - results[1000][1]) < 0.1).all()
assert (results[1000][2] > 0.995).all()

# %% [markdown]
# **What to notice.** The place where the chance is one half hardly moves, but $w$ goes on growing, because these three points can be separated without an error. No training length is "done" here; [chapter 6 of stage 2](../02_ml_theory/ch06_logistic_regression.ipynb) proves it.
#
# **A loss that survives large scores.** Take a student with score $z=200$ who failed. The loss should be 200 (as $-\ln(1-\sigma(z))=\ln(1+e^z)\approx z$). Three ways:

# %%
z = torch.tensor([200.0], requires_grad=True)
failed = torch.zeros(1)
by_formula = -torch.log(1 - torch.sigmoid(z))
ways = {"by the formula": by_formula, "nn.BCELoss": nn.functional.binary_cross_entropy(torch.sigmoid(z), failed),
        "nn.BCEWithLogitsLoss": nn.functional.binary_cross_entropy_with_logits(z, failed)}
slopes = {}
for name, loss in ways.items():
    slopes[name] = torch.autograd.grad(loss, z)[0].item()  # the gradient, not stored in z.grad
    print(f"{name:21} loss {loss.item():5.0f}, gradient {slopes[name]:.0f}")

# %% [markdown]
# **What to notice.** In float32, $\sigma(200)$ is 1, and the formula gives infinity. `BCELoss` quietly cuts the logarithm off at −100, so the loss is wrong and, worse, the gradient is 0: the worst mistake of all teaches nothing. `BCEWithLogitsLoss` takes the score itself (the logit, 对数几率) and gives 200 with gradient 1. Use it, and leave the sigmoid out of the model.
#
# How does it do that? For any $z$ and label $y$,
#
# $$-y\ln\sigma(z)-(1-y)\ln(1-\sigma(z))=\ln(1+e^{z})-yz=\max(z,0)-yz+\ln(1+e^{-|z|})$$
#
# *Reasons.* First: $-\ln\sigma(z)=\ln(1+e^{-z})=\ln(1+e^z)-z$ and $-\ln(1-\sigma(z))=\ln(1+e^z)$. Second: for $z>0$, $\ln(1+e^z)=z+\ln(1+e^{-z})$; for $z\le0$ there is nothing to do, as $\max(z,0)=0$ and $|z|=-z$. The exponent $-|z|$ is never positive, so nothing can overflow.
#
# **Explain this.** What are the three terms for $z=200,y=0$? And for $z=200,y=1$?
#
# <details><summary>Answer</summary>
#
# $200-0+0$ and $200-200+0$, where the last 0 stands for $\ln(1+e^{-200})$, far below anything that float32 can show beside 200.
#
# </details>

# %%
assert torch.isinf(by_formula)
assert ways["nn.BCELoss"].item() == 100
assert slopes["nn.BCELoss"] == 0
assert slopes["nn.BCEWithLogitsLoss"] == 1
assert math.isclose(ways["nn.BCEWithLogitsLoss"].item(), 200)

# %% tags=["exercise", "challenge"]
def bce_with_logits(z, y):
    """Mean binary cross-entropy of scores, in NumPy, safe for scores of any size.

    z: float array (N,) of scores (before the sigmoid); y: array (N,) of labels from 0 to 1
    → one number. Small losses must be accurate too: np.log1p(a) is ln(1 + a), also for tiny a.
    """
    # BEGIN SOLUTION  the last form of the formula above, then the mean
    losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    value = losses.mean()
    # END SOLUTION
    return value


# %%
check.bce_with_logits(bce_with_logits)

# %%
scores, labels = np.array([-3.0, 0.5, 200.0]), np.array([0.0, 1.0, 0.0])
by_torch = nn.functional.binary_cross_entropy_with_logits(torch.tensor(scores), torch.tensor(labels))
print(f"yours {bce_with_logits(scores, labels):.4f}, PyTorch {by_torch.item():.4f}")
assert math.isclose(bce_with_logits(scores, labels), by_torch.item(), rel_tol=1e-6)

# %% [markdown]
# ## Read real digits
#
# Now everything together, on the 4,000 digits. A linear classifier has one score for each class: `nn.Linear(784, 10)`, ten lines at once. Softmax (the sigmoid's big sister) turns ten scores into ten probabilities: $p_c=e^{z_c}/\sum_k e^{z_k}$. The loss is $-\ln p_{\text{label}}$, averaged over the batch. `nn.CrossEntropyLoss` does both from the scores, safely, as `BCEWithLogitsLoss` does. [Lesson 3](03_knn_and_linear_classifiers.ipynb) derives it.
#
# Each epoch shuffles the digits (`randperm`) and walks through them in mini-batches of 50.

# %%
def accuracy(model, X, y):
    with torch.no_grad():  # nothing to train here: record no graph
        return (model(X).argmax(dim=1) == y).float().mean().item()


def train_digits(seed=0, lr=0.1, epochs=10):
    """→ model, its weights at the start, loss of each step, test accuracy after each epoch"""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))  # (N, 28, 28) → (N, 784) → (N, 10)
    start = model[1].weight.detach().clone()
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), nn.CrossEntropyLoss()
    losses, scores = [], []
    for _ in range(epochs):
        for i in torch.randperm(len(X)).split(50):  # 80 index tensors of 50
            losses.append(training_step(model, loss_fn, optimizer, X[i], y[i]))
        scores.append(accuracy(model, X_test, y_test))
    return model, start, losses, scores


# %% [markdown]
# What should the first loss be? An untrained model gives each class about 1/10, so the loss is near $-\ln\frac1{10}=\ln10\approx2.30$. Such a guess *before* the run is the cheapest test of a training loop.

# %%
runs = [train_digits(seed) for seed in range(3)]
for seed, (_, _, losses, scores) in enumerate(runs):
    print(f"seed {seed}: first loss {losses[0]:.1f}, last epoch {np.mean(losses[-80:]):.2f}, test accuracy {scores[-1]:.1%}")
print(f"nearest mean: {nearest:.1%}")

# %%
for _, _, losses, scores in runs:
    assert 2.1 < losses[0] < 2.6
    assert np.mean(losses[-80:]) < 0.4
    assert 0.87 < scores[-1] < 0.92
    assert scores[-1] > nearest + 0.06

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.7, 3.4))
for seed, (_, _, losses, scores) in enumerate(runs):
    axes[0].plot(losses, color=plot.COLOURS[seed], lw=0.6, alpha=0.7)
    axes[1].plot(range(1, 11), scores, "o-", ms=4, color=plot.COLOURS[seed], label=f"seed {seed}")
axes[0].axhline(math.log(10), color=plot.BLACK, ls=":", lw=1)
axes[0].set(xlabel="step", ylabel="loss of a mini-batch", title="The loss falls from about ln 10 (three seeds)")
axes[1].axhline(nearest, color=plot.BLACK, ls=":", label="nearest mean")
axes[1].set(xlabel="epoch", ylabel="test accuracy", title="One epoch beats the means")
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Left, three noisy loss curves start at the dotted line 2.3, fall quickly to below 1 and then slowly to about 0.3. Right, the test accuracy of three seeds over ten epochs: about 84 % after the first, 88 to 89 % at the end, all above the dotted line of the nearest mean at about 80 %.

# %%
assert all(scores[0] > nearest + 0.02 for *_, scores in runs)
assert all(np.mean(losses[100:200]) < 1 for _, _, losses, _ in runs)

# %% [markdown]
# **What to notice.** Nearly nine of ten digits, from a model with 7,850 numbers and a loop that you wrote. What did it learn? Each class has 784 weights, one for each pixel, so they can be drawn as a picture.

# %%
reader, start, losses, scores = runs[0]
weights = reader[1].weight.detach()
limit = weights.abs().max().item()
plot.images(list(weights.view(10, 28, 28)), [str(c) for c in range(10)], columns=5, height=1.5,
            cmap="PuOr_r", vmin=-limit, vmax=limit, title="Orange: ink here speaks for the digit. Purple: against it")
plt.show()

# %% [markdown]
# **Figure in words.** Ten square pictures in two rows, orange and purple on a pale ground. The 0 has a ring of orange with a dark purple middle. The 1 has an orange stroke in the centre. The others are blotchy, with traces of their digit. All around the border lies a faint speckle that looks alike in all ten.

# %%
assert weights[0].view(28, 28)[12:16, 12:16].mean() < -0.2  # the hole of the 0
assert weights[1].view(28, 28)[8:20, 13:15].mean() > 0.1  # the stroke of the 1
assert start.abs().max() <= 1 / math.sqrt(784)

# %% [markdown]
# **What to notice.** The 0 has a strong "no" in its hole: ink there speaks against a 0. And the speckle at the border? Guess before you run the next cell. A hint: the border is never inked.

# %%
blank = (X == 0).all(dim=0).flatten()  # (784,): pixels that are 0 in every training digit
print(f"{blank.sum().item()} of 784 pixels are never inked")
print("their weights moved:", not torch.equal(weights[:, blank], start[:, blank]))
assert torch.equal(weights[:, blank], start[:, blank])
print(f"largest move elsewhere: {(weights - start)[:, ~blank].abs().max():.2f}")
assert (weights - start)[:, ~blank].abs().max() > 0.2
assert 50 < blank.sum() < 250

# %% [markdown]
# The gradient of a weight contains its input as a factor (line 3 above: $\partial r/\partial w=x$). Where $x$ is always 0, the gradient is 0, and the weight keeps its random start forever. Harmless here, but not on a test digit with a smudge in the corner.
#
# Which digits does it get wrong, and how sure is it?

# %%
with torch.no_grad():
    p = reader(X_test).softmax(dim=1)  # (1000, 10) probabilities
sure, guess = p.max(dim=1)  # the largest of each row, and its place
wrong = (guess != y_test).nonzero().flatten()  # the places of the mistakes
worst = wrong[sure[wrong].argsort(descending=True)[:8]]
plot.images(list(X_test[worst]), [f"is {y_test[i]}\nsays {guess[i]}, {sure[i]:.0%}" for i in worst], columns=8,
            height=1.05, title="The eight mistakes that it is most sure of")
plt.show()

# %% [markdown]
# **Figure in words.** Eight test digits, each with its label, the model's answer and its probability, all above 90 %. Some you could misread too; others are clear to a person.

# %%
assert sure[worst].min() > 0.9
right_sure = sure[guess == y_test].mean().item()
print(f"mean confidence: {right_sure:.0%} where right, {sure[wrong].mean().item():.0%} where wrong")
assert right_sure > sure[wrong].mean().item() + 0.15

# %% [markdown]
# The probability of the answer is called confidence (置信度). It is lower where the model errs, on average; the eight digits are the exceptions.
#
# **Where it helps.** Load, look, guess the first loss, train, compare with a baseline (基线) that needs no training, look at the mistakes: this order serves for every model of this stage.
#
# **Try it.** Put a layer between: `nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))`. (`reader[1].weight` is then the first layer.) Expect one to two percentage points more. [Lesson 4](04_multilayer_perceptron.ipynb) says why.
#
# ## Parameters
#
# | call | input → output | parameters that matter |
# | --- | --- | --- |
# | `nn.Linear(in_features, out_features, bias=True)` | (…, in) → (…, out) | learns weight (out, in), bias (out,); both start uniform in ±1/√in |
# | `nn.MSELoss(reduction="mean")` | two tensors of one shape → () | `"sum"` makes every gradient larger by the number of entries |
# | `nn.BCEWithLogitsLoss(…)` | scores, labels 0…1 as *float*, one shape | `pos_weight` for rare positives |
# | `nn.CrossEntropyLoss(…)` | scores (N, C), labels (N,) *int64* | `label_smoothing=0.0`, `ignore_index` |
# | `torch.optim.SGD(params, lr=…)` | – | `lr` (0.001 unless you pass it), `momentum=0`, `weight_decay=0` |
# | `tensor.backward(retain_graph=False)` | adds to `.grad` of the leaves | the tensor must hold one number |
#
# The one that you will tune most is the learning rate. Here from 0.0001 to 100, three seeds each, three epochs:

# %%
rates = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100]
by_rate = np.array([[train_digits(seed, lr, epochs=3)[3][-1] for seed in range(3)] for lr in rates])
fig, ax = plt.subplots(figsize=(7.2, 3.5))
ax.semilogx(rates, by_rate.mean(axis=1), color=plot.BLUE)
ax.semilogx(rates, by_rate, "o", color=plot.ORANGE, ms=4)
ax.axhline(nearest, color=plot.BLACK, ls=":", lw=1)
ax.set(xlabel="learning rate", ylabel="test accuracy", title="Too small is too slow; very large costs less than you would think")
plt.show()

# %% [markdown]
# **Figure in words.** Test accuracy over the learning rate on a logarithmic axis, three orange dots a rate with a blue line through their means. It climbs from below 25 % at 0.0001 to its top, near 88 %, at 0.1 and 1, and lies a little lower, with scattered dots, at 10 and 100. A dotted line marks the nearest mean.

# %%
mean_by_rate = by_rate.mean(axis=1)
print({lr: f"{a:.0%}" for lr, a in zip(rates, mean_by_rate)})
assert mean_by_rate[0] < 0.25
assert mean_by_rate[1] < nearest < mean_by_rate[3]
assert mean_by_rate.argmax() in (3, 4)
assert torch.optim.SGD(nn.Linear(1, 1).parameters()).defaults["lr"] == 0.001
assert 0.78 < mean_by_rate[-1] < mean_by_rate.max() - 0.01

# %% [markdown]
# **What to notice.** On the students, 0.22 was too much, and w ran away. Here 100 still gives a usable model, because softmax gradients cannot grow: each is a probability minus 0 or 1, times a pixel from 0 to 1. Do not carry a learning rate from one loss to another.
#
# ## Traps
#
# Each is shown failing, then right. Watch for the silent ones: no error message helps you there.
#
# **Trap 1: gradients add up.** Leave out `zero_grad` on the students (loss: the MSE of $y=wx$).

# %%
def without_zero(steps, lr=0.01):
    w, path = torch.tensor(1.0, requires_grad=True), []
    for _ in range(steps):
        ((w * hours - points) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
        path.append(w.item())
    return path


# %%
swing = without_zero(200)
fig, ax = plt.subplots(figsize=(7.6, 3.2))
ax.plot(swing, color=plot.RED, label="without zero_grad")
ax.plot(descend(0.01, 200)[1:], color=plot.GREEN, label="with zero_grad")
ax.set(xlabel="step", ylabel="w", title="Without zero_grad, w swings around 2 and does not calm down")
ax.legend(loc="upper right", ncols=2)
ax.set_ylim(0.7, 3.7)
plt.show()

# %% [markdown]
# **Figure in words.** The green curve rises from 1 to 2 and stays. The red one swings like a pendulum between about 1 and 3 for all 200 steps.

# %%
assert max(swing[150:]) > 2.9
assert min(swing[150:]) < 1.1
assert min(swing) > 0.9
assert max(swing) < 3.1

# %% [markdown]
# The sum of all past gradients acts like the speed of a ball without friction: it rolls through the lowest point and up the other side. **Right:** `zero_grad()` once before each `backward()`. (Adding up on purpose, over several small batches, is a trick to imitate a large one.)
#
# **Trap 2: (N,) against (N, 1).** A model gives (3, 1), the labels are (3,). Their difference is (3, 3): every prediction against every label.

# %%
def fit_line(labels):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(1000):
        loss = training_step(model, lambda p, t: ((p - t) ** 2).mean(), optimizer, x_batch, labels)
    return model(x_batch).detach().flatten(), loss


fits = {"labels (3,)": fit_line(points), "labels (3, 1)": fit_line(points[:, None])}
for name, (predicted, loss) in fits.items():
    print(f"{name:13}: predictions {[round(v, 1) for v in predicted.tolist()]}, loss {loss:.2f}")

# %% [markdown]
# **What to notice.** Three equal predictions, the mean of the labels: the only peace with all labels at once. No error, and a loss of 2.67 that stops falling looks like a hard problem. `nn.MSELoss` at least warns. **Right:** make shapes equal, and assert it.

# %%
wrong_fit, wrong_loss = fits["labels (3,)"]
assert (wrong_fit - points.mean()).abs().max() < 0.01
assert abs(wrong_loss - 8 / 3) < 0.01
assert (fits["labels (3, 1)"][0] - points).abs().max() < 0.05
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    nn.MSELoss()(torch.zeros(3, 1), torch.zeros(3))
print("MSELoss warns:", "target size" in str(caught[0].message))

# %% [markdown]
# **Trap 3: keeping the loss keeps its graph.** You want the mean loss over 40 batches, and write `total += loss`. How much memory do the graphs still hold at the end? Count it: `saved_tensors_hooks` calls `pack` for each tensor that a graph saves. A `WeakSet` lists those that somebody still holds.

# %%
class Parcel:
    def __init__(self, tensor):
        self.tensor = tensor.detach()


alive = weakref.WeakSet()  # an entry vanishes when nobody else holds it


def pack(tensor):
    parcel = Parcel(tensor)
    alive.add(parcel)
    return parcel


def held(add, backward):
    """MiB that the graphs hold after 40 batches of 100"""
    model, total = nn.Linear(784, 10), 0.0
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda parcel: parcel.tensor):
        for i in torch.arange(4000).split(100):
            loss = nn.functional.cross_entropy(model(X[i].flatten(1)), y[i])
            if backward:
                loss.backward()
            total = total + add(loss)
    del loss
    return sum(p.tensor.nbytes for p in alive) / 2**20


# %%
memory = {("total += loss", "no backward"): held(lambda loss: loss, False),
          ("total += loss.item()", "no backward"): held(lambda loss: loss.item(), False),
          ("total += loss", "backward"): held(lambda loss: loss, True)}
for (code, when), size in memory.items():
    print(f"{code:21} {when:12} {size:5.1f} MiB")

# %%
assert list(memory.values())[0] > 11.9
assert list(memory.values())[1] == list(memory.values())[2] == 0

# %% [markdown]
# **What to notice.** In evaluation every batch stays in memory: 12 MiB for 40 batches of this toy, and it grows with each. With `.item()`, nothing. In *training* it is less urgent: `backward()` frees what the graph saved, and no saved tensor is left. (A chain of small graph nodes remains.) **Right:** `.item()` for numbers, `torch.no_grad()` around evaluation.
#
# **Trap 4: `randint` leaves out the last sample.** A public copy of the lecture draws from four points with `randint(0, 3)`. In NumPy and in PyTorch the upper end is *not* included; in Python's own `random` it is.

# %%
three_only = np.array([sgd(3, seed)[200:] for seed in range(5)])
print("torch.randint(0, 3) gives", torch.randint(0, 3, (1000,)).unique().tolist())
print(f"SGD on four friends: w {late.mean():.2f}; with randint(0, 3): {three_only.mean():.2f}")
assert abs(three_only.mean() - 2) < 0.01
assert late.mean() > 2.08
assert three_only.std() < 0.01 < late.std()

# %% [markdown]
# The fourth friend is never asked, and the result looks *better*, since it no longer wobbles. **Right:** `randint(0, len(x))`, or a shuffled pass with `randperm`, which uses each sample once.
#
# **Trap 5: whole numbers and mixed types.** A gradient says what a tiny change does, and a whole number cannot change by a tiny bit. And float64, which NumPy makes by default, does not mix with the float32 of a layer.

# %%
attempts = {"torch.tensor([1, 2], requires_grad=True)": lambda: torch.tensor([1, 2], requires_grad=True),
            "nn.Linear(1, 1) of int64": lambda: nn.Linear(1, 1)(torch.tensor([[1], [2]])),
            "nn.Linear(1, 1) of float64": lambda: nn.Linear(1, 1)(torch.from_numpy(np.ones((2, 1))))}
for name, attempt in attempts.items():
    try:
        attempt()
        raise AssertionError(f"{name} raised no error")
    except RuntimeError as error:
        print(f"{name}\n    RuntimeError: {str(error)[:75]}")

# %% [markdown]
# **Right:** write `1.0`, or `.float()`. Why not float64 everywhere? It takes twice the memory, and training does not need it. But a *numerical* derivative does: the difference of two nearly equal numbers keeps few digits. Here the slope of the students' MSE at $w=1$, truly $-28/3=-9.3333$.

# %%
def numerical_slope(dtype, h):
    x, t, w = hours.to(dtype), points.to(dtype), torch.tensor(1.0, dtype=dtype)
    above, below = (((w + s * h) * x - t).square().mean() for s in (1, -1))
    return ((above - below) / (2 * h)).item()


for h in (1e-2, 1e-5, 1e-8):
    print(f"h = {h:.0e}: float32 {numerical_slope(torch.float32, h):9.4f}   float64 {numerical_slope(torch.float64, h):9.4f}")
assert numerical_slope(torch.float32, 1e-8) == 0
assert abs(numerical_slope(torch.float64, 1e-5) + 28 / 3) < 1e-6
assert torch.tensor(16_777_216.0) + 1 == 16_777_216  # float32 has about 7 digits

# %% [markdown]
# With h = 1e-8, float32 cannot tell 1 + h from 1. **Right:** check gradients in float64.
#
# **Trap 6: changing a number that the way back still needs.** $e^w$ is its own derivative, so PyTorch keeps the result. Change it in place, and `backward` notices. Change it through `.data`, as old code does, and nobody notices.

# %%
def slope_of_exp(change):
    w = torch.tensor(1.0, requires_grad=True)
    e = w.exp()
    change(e)
    e.backward()
    return w.grad.item()


print(f"untouched: {slope_of_exp(lambda e: None):.3f}")
print(f"e.data.add_(1): {slope_of_exp(lambda e: e.data.add_(1)):.3f}, and no error")
try:
    slope_of_exp(lambda e: e.add_(1))
except RuntimeError as error:
    print("e.add_(1): RuntimeError,", str(error)[:88])

# %%
assert math.isclose(slope_of_exp(lambda e: None), math.e, rel_tol=1e-6)
assert math.isclose(slope_of_exp(lambda e: e.data.add_(1)), math.e + 1, rel_tol=1e-6)

# %% [markdown]
# **Right:** write `e = e + 1`. Use `.detach()` and `no_grad`, not `.data`.
#
# **Trap 7: the update without `no_grad`.** Two ways to go wrong, one loud, one nearly silent.

# %%
w = torch.tensor(1.0, requires_grad=True)
(w**2).backward()
try:
    w -= 0.1 * w.grad
except RuntimeError as error:
    print("w -= …   RuntimeError:", str(error)[:63])
w = w - 0.1 * w.grad  # no error: a new tensor, the result of a computation
(w**2).backward()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    gradient = w.grad
print("w = w - …  leaf:", w.is_leaf, " grad:", gradient, " warnings:", len(caught))
assert not w.is_leaf
assert gradient is None

# %% [markdown]
# The new `w` is no leaf, so it gets no `.grad`, and the old leaf is lost. **Right:** `with torch.no_grad(): w -= lr * w.grad`.
#
# **Trap 8: `zero_grad` in the wrong place.** Between `backward` and `step` it deletes what `step` was to use. The loss stays where it is, and the program runs happily.

# %%
def wrong_place(model, loss_fn, optimizer, x, y):
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


model = nn.Linear(1, 1)
before = copy.deepcopy(model.state_dict())  # all parameters by name
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
losses = {wrong_place(model, nn.MSELoss(), optimizer, x_batch, y_batch) for _ in range(100)}
print("different losses in 100 steps:", len(losses))
assert len(losses) == 1
assert torch.equal(model.weight, before["weight"])

# %% [markdown]
# **Right:** a loss that does not move *at all* is no hard problem; look at the order of the four lines.
#
# ## Beyond the roadmap
#
# **Check a lecture without its random numbers.** The slides of lecture 5 report after 400 epochs w = 1.9906 and b = 0.0213, which nobody can repeat, because the start is random. Yet the two numbers can be checked against each other. In the valley, the steep direction is gone after a few steps. What is left lies in the flat direction, and that is an eigenvector (特征向量) of the matrix of second derivatives, $2\sum_n\begin{pmatrix}x_n^2&x_n\\x_n&1\end{pmatrix}$.

# %%
second = 2 * np.array([[14.0, 6], [6, 3]])
values, vectors = np.linalg.eigh(second)  # from the smallest eigenvalue upwards
flat = vectors[1, 0] / vectors[0, 0]  # change of b for each unit of w
print(f"eigenvalues {values.round(2)}; flat direction: b / (w - 2) = {flat:.2f}; slides: {0.0213 / (1.9906 - 2):.2f}")
print(f"the flat distance is multiplied by {1 - 0.01 * values[0]:.4f} in each step; lr must stay below {2 / values[1]:.3f}")
assert abs(flat - 0.0213 / (1.9906 - 2)) < 0.02
assert round(4 * 1.9906 + 0.0213, 3) == 7.984  # the prediction on the slide

# %% [markdown]
# **What to notice.** The slides' numbers lie on the valley's axis, and so do those of any other start. The ratio of the two eigenvalues, about 46, says how much slower the valley is than its walls. [Lesson 5](05_optimizers.ipynb) fights that ratio.

# %%
for seed in range(3):
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(400):
        training_step(model, loss_fn, optimizer, x_batch, y_batch)
    ratio = model.bias.item() / (model.weight.item() - 2)
    print(f"seed {seed}: b / (w - 2) = {ratio:.2f}")
    assert abs(ratio - flat) < 0.02
assert 45 < values[1] / values[0] < 47

# %% [markdown]
# ## Check yourself
#
# **1.** `a` has shape (5, 1, 4), `b` has shape (3, 1). What is the shape of `a + b`? (Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# Aligned on the right: 4 against 1, 1 against 3, 5 against nothing. The result is (5, 3, 4).
#
# </details>
#
# **2.** $w=2$ is used twice: $L=w\cdot w+3w$. What is `w.grad` after `L.backward()`? (Run the second cell below.)
#
# <details><summary>Answer</summary>
#
# Each use sends its gradient, and they add up: $w+w+3=7$.
#
# </details>
#
# **3.** Your loss stays exactly constant. Your colleague's loss swings up and down. Which line is misplaced, which is missing?
#
# <details><summary>Answer</summary>
#
# Constant: `zero_grad` stands between `backward` and `step` (or `step` is missing). Swinging: `zero_grad` may be missing, or the learning rate may be too large.
#
# </details>
#
# **4.** A model for house prices predicts the same price for every house. Which trap do you suspect, and what do you print?
#
# <details><summary>Answer</summary>
#
# Trap 2. Print the shapes of the prediction and of the labels: (N, 1) against (N,).
#
# </details>
#
# **5.** Before training a classifier with 100 classes, what loss do you expect?
#
# <details><summary>Answer</summary>
#
# $\ln100\approx4.6$. Much more says that the first weights are too large, or that something is wrong with the labels.
#
# </details>

# %% tags=["nbval-check-output"]
print("1.", tuple((torch.zeros(5, 1, 4) + torch.zeros(3, 1)).shape))

# %% tags=["nbval-check-output"]
w = torch.tensor(2.0, requires_grad=True)
(w * w + 3 * w).backward()
print("2.", w.grad.item())

# %% [markdown]
# ## In one breath
#
# Say aloud: "A tensor is a block of numbers with a shape, a type and a device; shapes broadcast from the right. A model turns inputs into predictions, a loss turns predictions into one number. While it computes, PyTorch records a graph; `backward` walks it from the end, multiplies local derivatives and adds the results into `.grad` of the leaves. A training step is forward, zero the gradients, backward, update. Too small a learning rate creeps, too large a one runs away. Classifiers give scores to a loss that takes the logarithm safely. And I check shapes, the first loss, a simple baseline, and the mistakes."
#
# **Read on.** Lectures 1 to 6 of [刘二大人](https://www.bilibili.com/video/BV1Y7411d7Ys). Chapters 2 and 4 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Rumelhart, Hinton, Williams (1986), "Learning representations by back-propagating errors". Baydin, Pearlmutter, Radul, Siskind (2018), ["Automatic differentiation in machine learning: a survey"](https://arxiv.org/abs/1502.05767). Paszke and others (2019), ["PyTorch: an imperative style, high-performance deep learning library"](https://arxiv.org/abs/1912.01703). Next you build autograd yourself, in about 60 lines: [2 Backpropagation](02_backpropagation.ipynb).
