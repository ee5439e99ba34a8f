# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: ["04_dl_theory/02_backpropagation", "04_dl_theory/03_knn_and_linear_classifiers"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 Multilayer perceptron (多层感知机)
#
# Four points on a square defeat every linear classifier. Fold the paper once, and a straight line separates them. A hidden layer is a fold, and the network chooses where to fold.
#
# **You will** write the layers of a network one by one, derive each backward pass (反向传播) line by line before you code it, stack the layers to any depth, drive the training error to zero on purpose, and read handwritten digits with nothing but NumPy.
#
# **After it you can**
#
# - say for every line of a multilayer perceptron (MLP) what goes in, what comes out, and with which shape;
# - tell in two minutes whether a new network is wired correctly: first loss, gradient check, overfitting 50 images;
# - say what depth buys, what it costs, and where it buys nothing.
#
# **You need** the chain rule on a graph (lesson 2, [Backpropagation](../04_dl_theory/02_backpropagation.ipynb)) and the linear classifier with its two losses (lesson 3, [kNN and linear classifiers](../04_dl_theory/03_knn_and_linear_classifiers.ipynb)).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days. Watch first the cs231n lecture on neural networks and backpropagation. The functions have the names, arguments and shapes of cs231n's assignment 2 (`layers.py`, `fc_net.py`), so that you can carry your code there and back. **Stuck?** Read chapter 4 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the [cs231n notes](https://cs231n.github.io/neural-networks-1/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **Two sittings.** Day 1: the layers, up to the two-layer network. Day 2: any depth, training, what depth buys, traps. The roadmap asks you to *read* this code until you can explain each line. Answer the questions "Explain this line, this shape" first, then write.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import ListedColormap
from torch import nn

import dlroadmap
from dlroadmap import check, data, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Fold the plane
#
# The XOR function (异或) is 1 where its two inputs differ. How many of its four points can a line get right? Throw 20,000 random lines at them and keep the best.

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([0, 1, 1, 0])
rng = np.random.default_rng(0)
sides = corners @ rng.normal(size=(2, 20_000)) + rng.normal(size=20_000) > 0  # (4, 20000)
best = (sides == xor[:, None]).mean(axis=0).max()
print(f"the best of 20,000 lines has {best:.0%} of the points on the right side")
assert best == 0.75

# %% [markdown]
# No line will ever do better. A linear score (得分) is $s(x)=w\cdot x+b$, so $s(0,0)+s(1,1)=s(0,1)+s(1,0)$: both sides equal $w_1+w_2+2b$. XOR wants the left sum negative and the right sum positive.
#
# Now put two numbers between the input and the score. Each is a linear function whose negative values are cut off; `np.maximum(a, 0)` takes the larger of `a` and 0, entry by entry.

# %% tags=["nbval-check-output"]
total = corners.sum(axis=1)
hidden = np.stack([np.maximum(total, 0), np.maximum(total - 1, 0)], axis=1)  # (4, 2)
score = hidden @ np.array([1, -2])
for x, h, s in zip(corners, hidden, score):
    print(f"input {x}  hidden {h}  score {s}")
assert np.array_equal(score, xor)

# %% [markdown]
# The score $h_1-2h_2$ is right for all four points. It is linear in $h$. Draw the points before and after.

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.2, 3.6))
for ax, points, names in zip(axes, [corners, hidden], ["x", "h"]):
    for value, style in [(0, plot.NEGATIVE), (1, plot.POSITIVE)]:
        ax.scatter(*points[xor == value].T, s=110, label=f"XOR = {value}", zorder=3, **style)
    ax.set(xlabel=f"${names}_1$", ylabel=f"${names}_2$", xlim=(-0.4, 2.4), ylim=(-1.4, 1.6))
for fold in (0, 1):  # where a hidden unit switches on
    axes[0].plot([-0.4, 2.4], [fold + 0.4, fold - 2.4], "--", color="gray", lw=1.2)
axes[1].plot([-0.4, 2.4], [-0.45, 0.95], color=plot.GREEN, label="score = 0.5")
axes[0].set_title("input: no line separates", fontsize=11)
axes[1].set_title("hidden layer: a line does", fontsize=11)
axes[1].text(1.15, -0.05, "(0, 1) and (1, 0)\nboth land here", fontsize=9, va="center")
axes[0].legend(loc="upper right")
axes[1].legend(loc="upper left")
fig.suptitle("Two hidden units fold the plane, and XOR becomes linear", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the corners of a square; blue circles and orange squares sit on opposite corners. Two dashed lines mark where the hidden units switch on. Right, the same points in the coordinates of the hidden layer: both circles lie on one spot, (1, 0), below a green line; the squares lie above it, at (0, 0) and (2, 1).

# %%
level = hidden @ np.array([1, -2]) - 0.5  # the green line is where this is 0
assert (level[xor == 1] > 0).all()
assert (level[xor == 0] < 0).all()

# %% [markdown]
# **The idea.** The cut-off is called ReLU (修正线性单元), $\max(0,a)$, and it is an activation function (激活函数). Affine layer, activation, affine layer: this is a multilayer perceptron, also called feedforward network (前馈神经网络).
#
# $$h=\max(0,\;xW_1+b_1)\qquad s=hW_2+b_2$$
#
# $x$ is the input with D numbers, $h$ the hidden layer (隐藏层) with H units (神经元), $s$ the scores, one for each of C classes. $W_1,W_2$ are weights and $b_1,b_2$ biases (偏置). You chose the fold by hand; a network learns it from gradients.
#
# **Try it.** Replace the second `np.maximum(total - 1, 0)` by `total - 1`, without the cut-off. The assert stops, for the score is wrong now. Run the drawing cell all the same, and expect the two squares and the circles on one straight line, with the circles in the middle: no line separates them. Then undo it.
#
# ## Read the shapes first
#
# Almost every mistake in this lesson shows up as a wrong shape. So look at the whole machine before you build it. A batch (批量) of N samples goes down the chain; the gradient (梯度) of the loss comes back up, and at each place it has the shape of what went down.

# %%
def draw_chain(ax, names, shapes, params):
    """Boxes of layers with the shape of what flows between them."""
    for i, name in enumerate(names):
        ax.add_patch(plt.Rectangle((2 * i, 0), 1, 1, fc=plot.SKY, ec="black"))
        ax.text(2 * i + 0.5, 0.5, name, ha="center", va="center", fontsize=10)
        ax.text(2 * i + 0.5, 1.25, params[i], ha="center", fontsize=9)
    for i, shape in enumerate(shapes):
        for y, step, colour in [(0.7, 1, plot.BLUE), (0.3, -1, plot.RED)]:
            start, end = (2 * i - 1, 2 * i)[::step]
            ax.annotate("", (end, y), (start, y), arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.8})
        ax.text(2 * i - 0.5, 0.8, shape, ha="center", va="bottom", fontsize=9)
    ax.set(xlim=(-1.1, 2 * len(names) - 0.9), ylim=(-0.15, 1.75))
    ax.set_axis_off()


# %%
fig, ax = plt.subplots(figsize=(8.8, 2))
draw_chain(ax, ["affine", "ReLU", "affine", "softmax\nloss"],
           ["(N, D)", "(N, H)", "(N, H)", "(N, C)"],
           ["W1 (D, H), b1 (H,)", "", "W2 (H, C), b2 (C,)", "labels y (N,)"])
ax.set_title("Forward in blue, backward in orange: the same shapes both ways")
plt.show()

# %% [markdown]
# **Figure in words.** Four boxes in a row: affine, ReLU, affine, softmax loss. Between them arrows run right (blue) and left (orange), with the shapes (N, D), (N, H), (N, H), (N, C). Above the affine boxes stand the shapes of their weights and biases.
#
# Each box is a pair of functions. `forward` returns its output and a `cache`: what the backward pass will need. `backward` receives `dout`, the gradient of the loss $L$ with respect to the output, $\partial L/\partial\text{out}$, and returns the gradients for everything that went in. No box knows what its neighbours are. That is why they can be stacked in any order.
#
# ## Write the affine layer
#
# The affine layer (仿射层, also 全连接层) multiplies by a matrix and adds a bias. cs231n's version takes pictures as they are, x (N, d1, …, dk), and flattens each sample to D = d1·…·dk numbers.
#
# **Explain this line, this shape.** Answer before you write.
#
# 1. x is (50, 28, 28). What is `x.reshape(x.shape[0], -1).shape`, and what would `x.reshape(-1, x.shape[0]).T` do to the samples?
# 2. In `… @ w + b`, the product is (N, M) and b is (M,). To which entries is `b[3]` added?
# 3. The cache keeps x unflattened. Why?
#
# <details><summary>Answers</summary>
#
# 1. (50, 784): the first axis stays, −1 means "whatever is left". The second form has the same shape, but it deals the numbers out like cards: each row holds pixels of all samples.
# 2. To column 3 of every row. Broadcasting (广播) lines shapes up at the right end, so each sample gets the same b.
# 3. The gradient of x must have the shape of x, and only x knows it.
#
# </details>

# %% tags=["exercise"]
def affine_forward(x, w, b):
    """x (N, d1, …, dk), w (D, M) with D = d1·…·dk, b (M,)
    → out (N, M), cache = (x, w, b) as they came in."""
    # BEGIN SOLUTION  flatten each sample to one row (N, D), one matrix product, add b
    out = x.reshape(x.shape[0], -1) @ w + b
    # END SOLUTION
    return out, (x, w, b)


# %%
check.affine_forward(affine_forward)

# %% [markdown]
# **By hand.** Now backward. Write $x$ for the flattened input (N, D), and $g[n,m]=\partial L/\partial\,\text{out}[n,m]$ for `dout`.
#
# **Line 1.** The forward pass, one output:
#
# $$\text{out}[n,m]=b[m]+\sum_{d}x[n,d]\,w[d,m]$$
#
# *Reason: that is what a matrix product is.*
#
# **Line 2.** For any number $\theta$ among x, w and b:
#
# $$\frac{\partial L}{\partial\theta}=\sum_{n,m}g[n,m]\,\frac{\partial\,\text{out}[n,m]}{\partial\theta}$$
#
# *Reason: chain rule. $\theta$ reaches $L$ only through the outputs, and all paths add up.*
#
# **Line 3.** $\theta=b[m]$ stands with factor 1 in column $m$ of every row: $db[m]=\sum_n g[n,m]$.
#
# *Shapes: (N, M) summed over the samples gives (M,).*
#
# **Line 4.** $\theta=w[d,m]$ stands in column $m$ of every row, multiplied by $x[n,d]$:
#
# $$dw[d,m]=\sum_n x[n,d]\,g[n,m]\qquad\text{that is}\qquad dw=x^\top g$$
#
# *Shapes: (D, N)·(N, M) → (D, M), the shape of w. The sum over samples is inside the product.*
#
# **Line 5.** $\theta=x[n,d]$ stands in row $n$ only, in every column, multiplied by $w[d,m]$:
#
# $$dx[n,d]=\sum_m g[n,m]\,w[d,m]\qquad\text{that is}\qquad dx=g\,w^\top$$
#
# *Shapes: (N, M)·(M, D) → (N, D); then back to the shape that x had.*
#
# **Explain this line, this shape.**
#
# 1. You forgot the formula, but know the shapes of $x$, $g$ and $w$. How many ways are there to multiply two of them, transposed or not, so that the result has the shape of w?
# 2. When does this trick fail?
# 3. `db = dout.sum(axis=0)`: why a sum and not a mean?
#
# <details><summary>Answers</summary>
#
# 1. One: (D, N)·(N, M), so $x^\top g$.
# 2. When D = M or N = D or N = M: then a wrong product can have the right shape. Test with sizes that all differ.
# 3. Line 2 is a sum. The mean over the batch belongs to the loss; it has divided by N already.
#
# </details>

# %% tags=["exercise"]
def affine_backward(dout, cache):
    """dout (N, M), cache (x, w, b) of affine_forward
    → dx (N, d1, …, dk), dw (D, M), db (M,)."""
    x, w, _ = cache
    # BEGIN SOLUTION  lines 5, 4 and 3; flatten x for dw, reshape dx like x
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    # END SOLUTION
    return dx, dw, db


# %%
check.affine_backward(affine_backward)

# %% [markdown]
# ## Bend it: the ReLU
#
# The ReLU works on each number alone: $\text{out}=\max(0,x)$. What is its derivative (导数)? Ask PyTorch at a few hundred points, one of them exactly 0.

# %%
grid = (torch.arange(-200, 201) / 100).requires_grad_()
bent = torch.relu(grid)
bent.sum().backward()  # each output depends on one input, so grad holds the derivatives
slope_at_zero = grid.grad[200].item()
print(f"x = {grid[200].item():.0f}: derivative {slope_at_zero:.0f}")
assert slope_at_zero == 0

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.2, 2.8), sharex=True)
axes[0].plot(grid.detach(), bent.detach())
axes[1].plot(grid.detach(), grid.grad, ".", ms=3)
axes[1].plot(0, slope_at_zero, "o", color=plot.RED)
axes[1].text(0.1, 0.05, "at 0 PyTorch says 0", color=plot.RED)
axes[0].set(title="max(0, x)", xlabel="x", ylabel="out")
axes[1].set(title="its derivative is 0 or 1", xlabel="x", ylabel="slope")
fig.suptitle("The ReLU bends once, and its slope jumps there", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a line that is flat at 0 for negative x and rises with slope 1 for positive x. Right, the derivative: 0 on the left, 1 on the right, and an orange dot at x = 0, height 0.
#
# **What to notice.** Every slope is 0 or 1; there is nothing between.

# %% tags=["nbval-check-output"]
print("slopes:", grid.grad.unique().tolist())
assert grid.grad.unique().tolist() == [0, 1]

# %% [markdown]
# **By hand.** For one number:
#
# $$dx=g\cdot\frac{\partial\max(0,x)}{\partial x}=\begin{cases}g&x>0\\0&x\le0\end{cases}$$
#
# *Reason: for $x>0$ out is x, for $x<0$ it is the constant 0. At 0 there is a kink and no derivative; everybody takes 0, and so do you.* So the backward pass is a gate: the sign of $x$ decides whether the gradient passes. Shapes: out, dout, dx and x all have the same one.
#
# **Explain this line, this shape.**
#
# 1. `np.max(x, 0)` against `np.maximum(x, 0)`: what does each return for x (5, 3)?
# 2. `dout * (x > 0)` multiplies numbers by `True` and `False`. What happens?
# 3. Which sign matters in the backward pass, that of `dout` or that of `x`?
#
# <details><summary>Answers</summary>
#
# 1. `np.max(x, 0)` is the largest entry along axis 0, shape (3,). `np.maximum` compares entry by entry, shape (5, 3).
# 2. `True` counts as 1 and `False` as 0, and the dtype of `dout` stays.
# 3. That of x, from the forward pass. `dout` may have any sign.
#
# </details>

# %% tags=["exercise"]
def relu_forward(x):
    """x, any shape → out of the same shape and dtype, cache = x as it came in."""
    # BEGIN SOLUTION  return np.maximum of x and 0, and x itself
    return np.maximum(x, 0), x
    # END SOLUTION


# %%
check.relu_forward(relu_forward)


# %% tags=["exercise"]
def relu_backward(dout, cache):
    """dout, any shape, cache = x of relu_forward → dx of the same shape and dtype.
    The derivative at x = 0 is 0."""
    # BEGIN SOLUTION  dout where x is greater than 0, else 0
    return dout * (cache > 0)
    # END SOLUTION


# %%
check.relu_backward(relu_backward)

# %% [markdown]
# ## Stack two boxes
#
# Affine and ReLU come together so often that cs231n gives the pair a name. Read how little it takes: forward, the output of one box is the input of the next; backward, the same in reverse order. The two caches travel as one.

# %%
def affine_relu_forward(x, w, b):
    """x (N, d1, …, dk), w (D, M), b (M,) → out (N, M), cache"""
    affine, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(affine)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout, cache):
    """dout (N, M) → dx (N, d1, …, dk), dw (D, M), db (M,)"""
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)


# %% [markdown]
# Is the stack right? The tool of lesson 2 answers: move one number up and down by a small $h$ and watch the loss. With a random `dout`, the number $L=\sum\text{out}\cdot\text{dout}$ has exactly this `dout` as its gradient. The lambda ignores its argument `_`: it reads x, w and b themselves, one of which is being moved.

# %%
def eval_numerical_gradient(f, x, h=1e-5):
    """Central differences of the number f(x) for each entry of x; x is restored at the end."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):  # every index of x, whatever its shape
        old = x[index]
        x[index] = old + h
        above = f(x)
        x[index] = old - h
        below = f(x)
        x[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient


# %%
x, w, b = rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)
dout = rng.normal(size=(4, 5))
_, cache = affine_relu_forward(x, w, b)
for name, array, mine in zip(["dx", "dw", "db"], [x, w, b], affine_relu_backward(dout, cache)):
    slow = eval_numerical_gradient(lambda _: (affine_relu_forward(x, w, b)[0] * dout).sum(), array)
    error = np.abs(mine - slow).max() / np.abs(slow).max()
    print(f"{name} {mine.shape}: relative error below 1e-8: {error < 1e-8}")
    assert error < 1e-8

# %% [markdown]
# **What to notice.** You derived each box alone and never the pair. The chain rule did the rest. This is all of backpropagation: local rules, put together in reverse.
#
# **Where the tool fails.** Next to a kink. At $x=3\cdot10^{-6}$ the ReLU has slope 1, but $x-h=-7\cdot10^{-6}$ lies on the flat side:

# %% tags=["nbval-check-output"]
near = np.array([3e-6])
print(f"numerical slope {eval_numerical_gradient(lambda x: relu_forward(x)[0].sum(), near)[0]:.2f}, true slope 1")

# %% [markdown]
# So if one entry of thousands disagrees, look for a kink before you look for a mistake.
#
# ## Turn scores into a loss
#
# The last box receives scores x (N, C) and labels y (N,), and returns one number, the loss (损失), and its gradient. Lesson 3 had W inside the loss. Here the affine layer has it, and the loss sees scores only.
#
# Take three classes with scores $(s, 0, 0)$, where the first class is right. How does each loss of lesson 3 judge $s$, the hinge loss (合页损失) of the SVM and the cross-entropy (交叉熵) of the softmax?

# %%
s = np.linspace(-3, 5, 161)
hinge = 2 * np.maximum(0, 0 - s + 1)  # two wrong classes, margin 1
cross_entropy = np.log(np.exp(s) + 2) - s  # -log of the softmax of the first class
fig, ax = plt.subplots(figsize=(6.6, 3.2))
ax.plot(s, hinge, label="SVM (hinge)")
ax.plot(s, cross_entropy, "--", label="softmax (cross-entropy)")
ax.axvline(1, color="gray", lw=1, ls=":")
ax.set(title="The hinge is content at a margin of 1, the softmax never", xlabel="score s of the right class",
       ylabel="loss")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two falling curves. The hinge loss is a straight line that reaches zero at s = 1, where a dotted line stands, and stays there. The softmax loss is a smooth curve that comes closer and closer to zero without touching it.

# %%
assert (hinge[s > 1.01] == 0).all()
assert (cross_entropy > 0.01).all()
assert (np.diff(cross_entropy) < 0).all()

# %% [markdown]
# **By hand: softmax loss.** One sample first, scores $x_1,\dots,x_C$, label $y$.
#
# **Line 1.** $p_j=e^{x_j}/Z$ with $Z=\sum_k e^{x_k}$. *Reason: softmax makes scores positive and lets them add up to 1.*
#
# **Line 2.** $L=-\log p_y=-x_y+\log Z$. *Reason: the log of a quotient.*
#
# **Line 3.** $\dfrac{\partial\log Z}{\partial x_j}=\dfrac{e^{x_j}}{Z}=p_j$. *Reason: the derivative of $\log Z$ is that of $Z$, divided by $Z$; in $Z$ only the term $e^{x_j}$ contains $x_j$.*
#
# **Line 4.** $\dfrac{\partial L}{\partial x_j}=p_j-[j=y]$, where $[j=y]$ is 1 at the label and 0 elsewhere.
#
# **Line 5.** For a batch the loss is the mean, so each row of the gradient is divided by N: $dx=(p-\text{onehot}(y))/N$. *Shapes: all (N, C).*
#
# **Line 6.** Subtract the largest score of each row first. *Reason: $e^{1000}$ overflows. Adding a constant to all scores of a row multiplies numerator and denominator by the same factor, so $p$ stays.*
#
# **Explain this line, this shape.**
#
# 1. `x - x.max(axis=1, keepdims=True)`: why `keepdims`, and why not `x.max()`?
# 2. `dx[rows, y] -= 1` with `rows = np.arange(N)`: how many entries change? And with `dx[:, y] -= 1`?
# 3. What do the entries of one row of dx add up to?
#
# <details><summary>Answers</summary>
#
# 1. (N, 1) broadcasts along each row; (N,) would be laid along the columns, which fails or, if N = C, is silently wrong. With the maximum of the whole batch, a row of much smaller scores becomes all zeros after `exp`, and log 0 is −∞.
# 2. N entries, one a row: NumPy pairs the two lists. `dx[:, y]` takes those columns in *every* row.
# 3. 0: the probabilities add up to 1, and 1 is subtracted.
#
# </details>

# %% tags=["exercise"]
def softmax_loss(x, y):
    """scores x (N, C), labels y (N,) int
    → loss, the mean over N of -log p at the label; dx (N, C) with the dtype of x.
    Safe for large scores; x is not changed."""
    # BEGIN SOLUTION  lines 6, 1, 2, then 4 and 5; log p = shifted - log(sum of exp(shifted))
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[rows, y] -= 1
    return -log_p[rows, y].mean(), dx / len(x)
    # END SOLUTION


# %%
check.softmax_loss(softmax_loss)

# %% [markdown]
# **By hand: SVM loss.** Each wrong class wants a margin (间隔) of 1 below the label:
#
# $$L=\frac1N\sum_n\sum_{j\ne y_n}\max(0,\;m_{nj})\qquad m_{nj}=x_{nj}-x_{ny_n}+1$$
#
# A pair with $m_{nj}>0$ contains $+x_{nj}$ and $-x_{ny_n}$; a pair with $m_{nj}\le0$ contributes nothing. So $dx_{nj}=1/N$ for each positive margin, and the label's column gets $-1/N$ *for each of them*: minus their number.
#
# **Challenge.** The label's own margin is always 1; do not count it.

# %% tags=["exercise", "challenge"]
def svm_loss(x, y):
    """scores x (N, C), labels y (N,) int
    → loss, the mean over N of the sum over j ≠ y of max(0, x_j - x_y + 1);
    dx (N, C) with the dtype of x. A margin of exactly 0 sends no gradient."""
    # BEGIN SOLUTION  margins (N, C), 0 at the labels; dx 1 where positive, minus the count at y
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)
    # END SOLUTION


# %%
check.svm_loss(svm_loss)

# %% [markdown]
# ## Build a network of two layers
#
# Now put the boxes together. `TwoLayerNet` keeps its weights in a dictionary `params`. `loss(X)` returns scores; `loss(X, y)` returns the loss and a dictionary `grads` with the same keys.
#
# Large weights are punished by the L2 penalty (L2 正则化): $\tfrac12\lambda\sum W^2$ is added to the loss, for all weights and no bias. $\lambda$ is `reg`. Its derivative is $\lambda W$; the ½ is there to cancel the 2.
#
# **Explain this line, this shape.**
#
# 1. X is (50, 28, 28), `hidden_dim` 100, 10 classes. Which shapes have W1, b1, W2, b2?
# 2. Why must the weights start at random numbers, while the biases may start at 0?
# 3. In the backward pass, which of the three gradients of the *first* affine layer is thrown away?
#
# <details><summary>Answers</summary>
#
# 1. (784, 100), (100,), (100, 10), (10,).
# 2. Equal weights make equal hidden units with equal gradients: they stay twins for ever (trap 2). Random weights make them differ already.
# 3. dx: below the first layer there is only data.
#
# </details>
#
# **Challenge.** Seven calls of your own functions. `rng.normal(size=…)` draws numbers with mean 0 and standard deviation 1.

# %% tags=["exercise", "challenge"]
class TwoLayerNet:
    """affine - relu - affine - softmax. params: W1 (input_dim, hidden_dim), b1 (hidden_dim,),
    W2 (hidden_dim, num_classes), b2 (num_classes,), float64: weights normal with standard
    deviation weight_scale, biases 0. loss(X (N, d1, …)) → scores (N, C);
    loss(X, y (N,)) → loss with 0.5 * reg * (sum of W1² and W2²), grads with the keys of params."""

    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0,
                 seed=None):
        # BEGIN SOLUTION  draw W1 and W2, make zero biases, keep reg
        rng = np.random.default_rng(seed)
        W1 = weight_scale * rng.normal(size=(input_dim, hidden_dim))
        W2 = weight_scale * rng.normal(size=(hidden_dim, num_classes))
        self.params = {"W1": W1, "b1": np.zeros(hidden_dim), "W2": W2, "b2": np.zeros(num_classes)}
        self.reg = reg
        # END SOLUTION

    def loss(self, X, y=None):
        # BEGIN SOLUTION  forward through three boxes, loss, backward through the same boxes
        p = self.params
        hidden, affine1 = affine_forward(X, p["W1"], p["b1"])
        hidden, relu = relu_forward(hidden)
        scores, affine2 = affine_forward(hidden, p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dhidden, dW2, db2 = affine_backward(dscores, affine2)
        _, dW1, db1 = affine_backward(relu_backward(dhidden, relu), affine1)
        loss += 0.5 * self.reg * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        dW1, dW2 = dW1 + self.reg * p["W1"], dW2 + self.reg * p["W2"]
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        # END SOLUTION


# %%
check.TwoLayerNet(TwoLayerNet)

# %% [markdown]
# ## Ask three questions before you train
#
# A network with a mistake often trains anyway, only worse. Three questions find most mistakes in seconds. They need data: MNIST digits, 28×28 pixels between 0 and 1.

# %%
digits = data.mnist.load()
X_train, y_train = digits.X_train[:4000], digits.y_train[:4000]
X_test, y_test = digits.X_test[:1000], digits.y_test[:1000]
print(X_train.shape, X_test.shape, f"pixels from {X_train.min():.0f} to {X_train.max():.0f}")

# %% [markdown]
# **Question 1: is the first loss ln C?** With small weights all scores are near 0, so every class has probability about 1/C, and $-\log\frac1C=\ln C$. With the penalty the loss must be clearly larger; if it is not, the penalty is missing.

# %%
first = TwoLayerNet(weight_scale=1e-3, seed=0).loss(X_train[:100], y_train[:100])[0]
penalised = TwoLayerNet(weight_scale=1e-3, reg=10, seed=0).loss(X_train[:100], y_train[:100])[0]
print(f"ln 10 = {np.log(10):.3f}; first loss {first:.3f}; with reg=10 {penalised:.2f}")
assert abs(first - np.log(10)) < 0.01
assert penalised > first + 0.3

# %% [markdown]
# **What to notice.** A first loss far from 2.3 means a mistake. Far too large scores make it larger; a sum instead of a mean over these 100 images makes it 230. Much smaller, and the loss is divided once too often, or the number of classes is wrong. Shifted labels it cannot see: with all probabilities near 1/10, every label costs ln 10.
#
# The other two questions are better asked of a network of any depth. Write it once, and it serves for the rest of the lesson. The structure repeats, so the layers are counted by a loop: layer $k$ has `W{k}` and `b{k}`, and every layer but the last is followed by a ReLU. In Python, `f"W{k}"` with k = 3 is the text `"W3"`.
#
# **Explain this line, this shape.**
#
# 1. `dims = [input_dim, *hidden_dims, num_classes]`: what is it for hidden_dims [100, 50] and digits? Which shape has W2?
# 2. `zip(range(L, 0, -1), caches[::-1])`: which pairs does it make for three layers?
# 3. `d` is overwritten at each step of that loop. What is it?
#
# <details><summary>Answers</summary>
#
# 1. [784, 100, 50, 10] (the star puts the entries of one list into another). W2 is (100, 50): `dims[k - 1]` rows, `dims[k]` columns.
# 2. Layer 3 with the last cache, 2 with the one before, 1 with the first: `[::-1]` reverses a list.
# 3. The gradient that has come down so far: first of the scores, then of the input of layer 3, and so on.
#
# </details>
#
# **Challenge.** Dropout and normalization are arguments of cs231n's network, and lessons 6 and 7 will fill them. Until then any other value than 1 and `None` is refused: a silent wrong answer is worse than an error. (In cs231n `seed` serves only dropout; here it draws the weights too.)

# %% tags=["exercise", "challenge"]
class FullyConnectedNet:
    """affine - relu for each entry of hidden_dims, then affine - softmax. params W1, b1, … of dtype:
    weights normal, standard deviation weight_scale, from seed; biases 0. loss as in TwoLayerNet."""

    def __init__(self, hidden_dims, input_dim=784, num_classes=10, dropout=1, normalization=None,
                 reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        if (dropout, normalization) != (1, None):
            raise ValueError("lesson 6 adds normalization and lesson 7 dropout: use None and 1 here")
        # BEGIN SOLUTION  dims, then W{k} (dims[k - 1], dims[k]) and b{k} (dims[k],) in a loop
        rng, dims = np.random.default_rng(seed), [input_dim, *hidden_dims, num_classes]
        self.reg, self.dtype, self.num_layers, self.params = reg, dtype, len(dims) - 1, {}
        for k in range(1, len(dims)):
            W = weight_scale * rng.normal(size=(dims[k - 1], dims[k]))
            self.params |= {f"W{k}": W.astype(dtype), f"b{k}": np.zeros(dims[k], dtype)}
        # END SOLUTION

    def loss(self, X, y=None):
        # BEGIN SOLUTION  X to self.dtype; up through all layers, keep caches; then down, k = L … 1
        p, L, h, caches = self.params, self.num_layers, X.astype(self.dtype), []
        for k in range(1, L + 1):
            h, affine = affine_forward(h, p[f"W{k}"], p[f"b{k}"])
            h, relu = relu_forward(h) if k < L else (h, None)
            caches.append((affine, relu))
        if y is None:
            return h
        (loss, d), grads = softmax_loss(h, y), {}
        for k, (affine, relu) in zip(range(L, 0, -1), caches[::-1]):
            d, dW, grads[f"b{k}"] = affine_backward(relu_backward(d, relu) if k < L else d, affine)
            grads[f"W{k}"] = dW + self.reg * p[f"W{k}"]
            loss += 0.5 * self.reg * (p[f"W{k}"] ** 2).sum()
        return loss, grads
        # END SOLUTION


# %%
check.FullyConnectedNet(FullyConnectedNet)

# %%
for options in ({"dropout": 0.5}, {"normalization": "batchnorm"}):
    try:
        FullyConnectedNet([100], **options)
    except ValueError as error:
        print("ValueError:", error)
losses = [FullyConnectedNet([100] * depth, weight_scale=0.01, seed=0).loss(X_train[:100], y_train[:100])[0]
          for depth in (1, 2, 4)]
print("first losses with 1, 2 and 4 hidden layers:", np.round(losses, 2))
assert np.allclose(losses, np.log(10), atol=0.02)

# %% [markdown]
# **Question 2: do the gradients agree with those of somebody else?** Build the same network in PyTorch. `nn.Sequential` is the chain of the figure above, `nn.Linear` is the affine layer; it stores its weight as (out, in), so transpose. PyTorch works out the backward pass by itself.

# %%
mine = FullyConnectedNet([20, 15, 12], weight_scale=0.1, reg=0.1, dtype=np.float64, seed=0)
for k in range(1, 5):
    mine.params[f"b{k}"] += 0.1  # biases away from 0 make the test stricter
theirs = nn.Sequential(nn.Flatten(), nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 15), nn.ReLU(),
                       nn.Linear(15, 12), nn.ReLU(), nn.Linear(12, 10)).double()
linears = [layer for layer in theirs if isinstance(layer, nn.Linear)]
with torch.no_grad():
    for k, layer in enumerate(linears, 1):
        layer.weight.copy_(torch.tensor(mine.params[f"W{k}"].T))
        layer.bias.copy_(torch.tensor(mine.params[f"b{k}"]))

# %%
X, y = X_train[:30].astype(np.float64), y_train[:30]
loss, grads = mine.loss(X, y)
penalty = sum((layer.weight**2).sum() for layer in linears)
torch_loss = nn.functional.cross_entropy(theirs(torch.tensor(X)), torch.tensor(y)) + 0.05 * penalty
torch_loss.backward()
worst = abs(loss - torch_loss.item())
for k, layer in enumerate(linears, 1):
    for mine_, their in [(grads[f"W{k}"], layer.weight.grad.T), (grads[f"b{k}"], layer.bias.grad)]:
        worst = max(worst, np.abs(mine_ - their.numpy()).max())
print(f"loss and all {len(grads)} gradients: largest difference below 1e-6: {worst < 1e-6}")
assert worst < 1e-6

# %% [markdown]
# And once with the slow tool, for those who trust nobody. Ten random entries of each weight are enough: a mistake in a layer rarely hides in all ten.

# %%
for name in mine.params:
    flat = mine.params[name].reshape(-1)  # a view: a change here is a change in the network
    for index in np.random.default_rng(1).integers(flat.size, size=10):
        slow = eval_numerical_gradient(lambda _: mine.loss(X, y)[0], flat[index : index + 1])[0]
        assert abs(slow - grads[name].reshape(-1)[index]) < 1e-6
print("numerical check of", 10 * len(mine.params), "entries passed")

# %% [markdown]
# **Question 3: can it learn 50 images by heart?** Count layers as cs231n does: a network of 3 layers has 3 affine layers, so 2 hidden ones, `[100] * 2`. A network with 100 units a layer has more than enough weights to store 50 images. If it cannot reach 100 % on them, the wiring or a setting is wrong, and more data will not mend it. The loop is stochastic gradient descent (随机梯度下降, SGD) as in lesson 3: a random batch, one step against the gradient; one pass over the data is an epoch (轮). `decay=True` lets the learning rate (学习率) fall to zero along a straight line.

# %%
def accuracy(net, X, y):
    return (net.loss(X).argmax(axis=1) == y).mean()


def train(net, X, y, lr, epochs, batch_size, seed=0, decay=True):
    """SGD on all of X, y; → training loss of each batch, training accuracy after each epoch."""
    rng, losses, accuracies = np.random.default_rng(seed), [], []
    steps = epochs * (len(X) // batch_size)
    for _ in range(epochs):
        order = rng.permutation(len(X))[: len(X) // batch_size * batch_size]
        for batch in order.reshape(-1, batch_size):
            loss, grads = net.loss(X[batch], y[batch])
            rate = lr * (1 - len(losses) / steps) if decay else lr
            for name in net.params:
                net.params[name] -= rate * grads[name]
            losses.append(loss)
        accuracies.append(accuracy(net, X, y))
    return losses, accuracies


# %%
small, small_y = X_train[:50], y_train[:50]
runs = {}
for depth, seed in [(d, s) for d in (3, 5) for s in range(3)]:
    net = FullyConnectedNet([100] * (depth - 1), weight_scale=0.14, seed=seed)
    _, curve = train(net, small, small_y, lr=0.1, epochs=20, batch_size=25, seed=seed, decay=False)
    runs[depth, seed] = curve, accuracy(net, X_test, y_test)
    print(f"{depth} layers, seed {seed}: train {curve[-1]:.0%} after 20 epochs, test {runs[depth, seed][1]:.0%}")
    assert curve[0] < 0.6
    assert min(curve[12:]) == 1
    assert 0.35 < runs[depth, seed][1] < 0.65

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for (depth, seed), (curve, _) in runs.items():
    ax.plot(range(1, 21), curve, "-" if depth == 3 else "--", color=plot.BLUE if depth == 3 else plot.ORANGE,
            label=f"{depth} layers" if seed == 0 else None)
ax.set(title="Six of six networks learn 50 images by heart", xlabel="epoch (2 steps each)",
       ylabel="training accuracy", ylim=(0, 1.05), xticks=range(0, 21, 5))
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Training accuracy against epoch for six networks, three of 3 layers (solid) and three of 5 layers (dashed). All start low, have reached 1.0 by about the tenth epoch, and stay there.
#
# **What to notice.** 100 % on the 50 images means no more than: nothing is badly broken. On new digits the same networks read about half. That is overfitting (过拟合), here on purpose.
#
# **Try it.** Plant a mistake: change `dout.sum(axis=0)` in `affine_backward` to `dout.mean(axis=0)`. Run only that cell and the three questions (the `check` of the layer stops, as it should), then undo it. Question 1 passes, question 3 passes too; question 2 fails. So ask all three.
#
# ## Measure how choosy a deep network is
#
# cs231n asks: which is more sensitive to `weight_scale`, the 3-layer or the 5-layer network? Guess, then run the same 20 epochs for twelve scales, three seeds each. A scale counts as good if all three seeds reach 100 %.

# %%
scales = np.array([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.3, 0.5, 0.7, 1.0])


def worst_of_three_seeds(depth, scale):
    """The lowest training accuracy that three networks end with."""
    nets = [FullyConnectedNet([100] * (depth - 1), weight_scale=scale, seed=s) for s in range(3)]
    return min(train(net, small, small_y, lr=0.1, epochs=20, batch_size=25, seed=s, decay=False)[1][-1]
               for s, net in enumerate(nets))


with np.errstate(all="ignore"):  # the largest scales overflow; that is part of the answer
    worst_of_three = {(d, s): worst_of_three_seeds(d, s) for d in (3, 5) for s in scales}
good = {d: [float(s) for s in scales if worst_of_three[d, s] == 1] for d in (3, 5)}
print(f"3 layers learn at the scales {good[3]},\n5 layers at {good[5]}")

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for depth, style in [(3, "o-"), (5, "s--")]:
    ax.plot(scales, [worst_of_three[depth, s] for s in scales], style, label=f"{depth} layers")
ax.set(title="At lr 0.1, 20 epochs: five layers have the narrower window of scales", xscale="log",
       xlabel="weight_scale", ylabel="worst training accuracy of 3 seeds", ylim=(0, 1.05))
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Training accuracy against weight_scale on a logarithmic axis. Both curves are low on the left, reach 1.0 in the middle and fall again on the right. The plateau of the 3-layer network is several points wide; that of the 5-layer network is narrow and falls off a cliff.

# %%
assert len(good[3]) >= len(good[5]) + 2
assert 0.14 in good[3]
assert 0.14 in good[5]

# %% [markdown]
# **Why.** Each layer multiplies the size of the signal by about the same factor. How large is it? Send digits through untrained networks and compare the spread of the scores.

# %%
for scale in (0.03, 0.14, 0.5):
    nets = [FullyConnectedNet([100] * (d - 1), weight_scale=scale, seed=0) for d in (3, 5)]
    three, five = (net.loss(X_train[:500]).std() for net in nets)
    rule = (scale * np.sqrt(100 / 2)) ** 2
    print(f"weight_scale {scale:<4}: std {three:5.2g} (3 layers) {five:6.2g} (5 layers); ratio {five / three:5.2g}, rule {rule:5.2g}")
    assert np.isclose(five / three, rule, rtol=0.3)

# %% [markdown]
# **What to notice.** Two more layers multiply the scores by about $(\text{weight\_scale}\cdot\sqrt{H/2})^2$, with H = 100: the column "rule". At 0.14 that is about 1; at 0.03 the signal dies, at 0.5 it explodes. (Each unit adds H independent products, so variances add: H · weight_scale² · mean of h². The ReLU sets about half of the numbers to 0, so the mean of h² is half the variance before it. The variance gets the factor weight_scale² · H/2 per layer, the standard deviation its root; two layers, the root squared.) A product of many factors is near 1 only if each factor is. The gradient goes back through the same matrices and suffers the same fate. Lesson 6, [Initialization and normalization](../04_dl_theory/06_initialization_and_normalization.ipynb), turns this into a rule: $\text{weight\_scale}=\sqrt{2/H}$.
#
# The edges of the window belong to this learning rate and these 20 epochs: with 100 epochs the five layers also learn at scale 0.07, with a smaller step at 0.3 (the next cell). So "narrower" is a statement about one fixed training recipe.

# %%
with np.errstate(all="ignore"):
    for name, scale, lr, epochs in [("more epochs", 0.07, 0.1, 100), ("smaller steps", 0.3, 0.02, 40)]:
        nets = [FullyConnectedNet([100] * 4, weight_scale=scale, seed=s) for s in range(3)]
        ends = [train(net, small, small_y, lr=lr, epochs=epochs, batch_size=25, seed=s, decay=False)[1][-1]
                for s, net in enumerate(nets)]
        print(f"5 layers, scale {scale}, {name}: worst {min(ends):.0%}; with the recipe above {worst_of_three[5, scale]:.0%}")
        assert min(ends) == 1 > worst_of_three[5, scale]

# %% [markdown]
#
# ## Train it to read digits
#
# Three questions answered; now train in earnest: 4,000 digits, layers 784-150-80-10, small batches, a large learning rate that falls to zero, a small penalty.

# %%
net = FullyConnectedNet([150, 80], weight_scale=0.06, reg=2e-3, seed=0)
before = net.params["W1"].copy()
start = time.perf_counter()
losses, curve = train(net, X_train, y_train, lr=0.35, epochs=18, batch_size=10)
taken, final = time.perf_counter() - start, accuracy(net, X_test, y_test)
print(f"{len(losses):,} steps in {taken:.0f} s: train {curve[-1]:.1%}, test {final:.1%}")
assert final >= 0.94 or len(digits.X_train) > 4000  # the whole MNIST has other test digits
assert curve[-1] > 0.995

# %% [markdown]
# Better than 94 of 100 new digits, with nothing but NumPy. (Without a hidden layer the same loop stops at about 90; you will measure it below.) The standard error (标准误) of an accuracy near 95 % on 1,000 digits is $\sqrt{0.95\cdot0.05/1000}$, about 0.7 %, so the decimal place means little. cs231n asks its fully connected network for 50 % on CIFAR-10: small colour photos are another matter, do not compare.
#
# ## Look inside
#
# Each hidden unit of the first layer has 784 weights, one a pixel. Draw them as a picture. Here are the eight units with the largest weights, before and after training.

# %%
largest = np.argsort(-(net.params["W1"] ** 2).sum(axis=0))[:8]
pictures = [W[:, unit].reshape(28, 28) for W in (before, net.params["W1"]) for unit in largest]
plot.images(pictures, columns=8, height=1.05, title="Weights of hidden units: noise before training (above), smooth patterns after (below)")
plt.show()

# %% [markdown]
# **Figure in words.** Two rows of eight 28×28 pictures. Above, even noise. Below, the same units after training: an even grey rim, and inside it bright and dark blobs, some of them shaped like strokes. Bright is a positive weight, dark a negative one. Each picture has its own scale, so compare patterns, not greys.
#
# Two things can be measured in these pictures. Neighbouring weights have become alike (correlation 0 for noise, 1 for equal). And the rim: pixels that hold no ink in any training digit.

# %%
def neighbours_alike(W, ink):
    """Correlation of the weights of pixels side by side, where both have ink; W (784, H)."""
    W, both = W.reshape(28, 28, -1), ink[:, 1:] & ink[:, :-1]
    return np.corrcoef(W[:, 1:][both].ravel(), W[:, :-1][both].ravel())[0, 1]


ink = (X_train > 0).mean(axis=0) > 0.05  # pixels used by at least 5 % of the digits
blank = (X_train == 0).all(axis=0).ravel()  # pixels used by none
rim = net.params["W1"][blank].std() / before[blank].std()
alike = [neighbours_alike(W, ink) for W in (before, net.params["W1"])]
print(f"neighbours alike: {alike[0]:.1f} → {alike[1]:.1f}; the weights of {blank.sum()} blank pixels shrank to {rim:.0%}")
assert abs(alike[0]) < 0.05
assert alike[1] > 0.4

# %% [markdown]
# **What to notice.** Nobody told the network which pixels are neighbours: for an MLP the 784 inputs are a list. It found out, because neighbours carry ink together. And line 4 of the derivation explains the rim: $dw=x^\top g$ is 0 where x is always 0, so only the penalty acts there and shrinks these weights at each step by the factor $1-\text{lr}\cdot\lambda$. Compute the product of all factors:

# %%
steps = len(losses)
rates = 0.35 * (1 - np.arange(steps) / steps)
print(f"product of (1 - lr * reg) over {steps:,} steps: {np.prod(1 - rates * 2e-3):.1%}, measured {rim:.1%}")
assert np.isclose(np.prod(1 - rates * 2e-3), rim, rtol=1e-3)

# %% [markdown]
# ## See what a hidden layer cuts
#
# A ReLU unit is on or off. Where it switches, its input is 0: for a unit of the first layer, a straight line in the plane of the inputs. Colour each point of the plane by *which* units are on, its activation pattern. Two small networks learn to tell a disc from a ring around it.

# %%
def patterns(net, points):
    """points (P, 2) → (P, all hidden units) bool: which units are on?"""
    h, on = points.astype(net.dtype), []
    for k in range(1, net.num_layers):
        h, _ = affine_relu_forward(h, net.params[f"W{k}"], net.params[f"b{k}"])
        on.append(h > 0)
    return np.concatenate(on, axis=1)


def plane(width, size):
    """(size², 2) points on a square grid, and its extent for imshow."""
    ticks = np.linspace(-width, width, size)
    return np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2), (-width, width, -width, width)


def he_start(hidden_dims, seed):
    """A network for 2 inputs and 2 classes with weight_scale = sqrt(2 / inputs) in each layer."""
    net = FullyConnectedNet(hidden_dims, input_dim=2, num_classes=2, weight_scale=1, seed=seed)
    for k in range(1, net.num_layers + 1):
        net.params[f"W{k}"] *= np.sqrt(2 / len(net.params[f"W{k}"]))
    return net


# %%
radius = np.concatenate([rng.uniform(0, 0.7, 200), rng.uniform(1, 1.6, 200)])
angle = rng.uniform(0, 2 * np.pi, 400)
disc = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
disc_y = (radius < 0.85).astype(int)
points, extent = plane(1.8, 300)
shallow, deep = he_start([8], seed=1), he_start([8, 8], seed=1)
for model in (shallow, deep):
    train(model, disc, disc_y, lr=0.3, epochs=100, batch_size=40)
    assert accuracy(model, disc, disc_y) > 0.98

# %% [markdown]
# `np.unique(…, axis=0, return_inverse=True)` numbers the different patterns; a shuffled colour for each number makes them visible.

# %%
counts, (fig, axes) = [], plt.subplots(1, 2, figsize=(8.4, 4.2))
for ax, model, name in zip(axes, [shallow, deep], ["8 units", "8 + 8 units"]):
    _, region = np.unique(patterns(model, points), axis=0, return_inverse=True)
    colours = np.random.default_rng(3).permutation(region.max() + 1)[region.ravel()]
    ax.imshow(colours.reshape(300, 300), extent=extent, origin="lower", cmap="Pastel1", interpolation="nearest")
    number, border = region.reshape(300, 300), np.zeros((300, 300))
    border[:, 1:] = number[:, 1:] != number[:, :-1]
    border[1:] = np.maximum(border[1:], number[1:] != number[:-1])
    ax.contour(border, levels=[0.5], extent=extent, colors="gray", linewidths=0.4)
    scores = model.loss(points).reshape(300, 300, 2)
    ax.contour(scores[..., 1] - scores[..., 0], levels=[0], extent=extent, colors="black", linewidths=2)
    for value, style in [(0, plot.NEGATIVE), (1, plot.POSITIVE)]:
        ax.scatter(*disc[disc_y == value][::4].T, s=8, **style)
    counts.append(region.max() + 1)
    ax.set(title=f"{name}: {counts[-1]} regions", xlabel="$x_1$", ylabel="$x_2$")
    ax.grid(False)
fig.suptitle("One layer cuts with straight lines; the cuts of a second layer bend", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two squares of pastel pieces with thin grey borders; inside each, a black closed line separates the blue disc from the orange ring. Left, the pieces are cut by straight lines that run through the whole square. Right, there are about three times as many pieces, and some borders change direction where they meet another border.
#
# **The idea.** Inside one region the set of units that are on is fixed, so the network is one affine map there. A ReLU network is a function made of flat pieces. Check it: take pairs of points of the same region. A region is cut out by straight lines and has no dents, so the point in the middle of two of its points belongs to it. On a flat piece the score in the middle is the mean of the scores at the ends.

# %%
a, b = rng.uniform(-1.8, 1.8, size=(2, 20_000, 2))
same = (patterns(deep, a) == patterns(deep, b)).all(axis=1)
gap = np.abs(deep.loss((a + b) / 2) - (deep.loss(a) + deep.loss(b)) / 2).max(axis=1)
print(f"{same.sum()} pairs in one region: gap below 1e-4: {gap[same].max() < 1e-4}; other pairs: up to {gap[~same].max():.1f}")
assert same.sum() > 100
assert counts[0] <= 37  # no more than eight lines can make: 1 + 8 + 28
assert 2 < counts[1] / counts[0] < 4.5
assert gap[same].max() < 1e-4
assert gap[~same].max() > 0.5

# %% [markdown]
# ## Ask what depth buys
#
# About the same number of parameters (722 to 852), in one wide layer or in several narrow ones. The numbers before and after × are hidden layers and their units. The task: two spirals (双螺旋) of two turns each, wound into each other.

# %%
def spirals(n, seed, turns=2, noise=0.02):
    """n points on two arms → X (n, 2), y (n,)"""
    rng = np.random.default_rng(seed)
    t, y = np.sqrt(rng.uniform(0.03, 1, size=n)), np.arange(n) % 2
    angle = 2 * np.pi * turns * t + np.pi * y
    return 2 * np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1) + 2 * noise * rng.normal(size=(n, 2)), y


spiral, spiral_y = spirals(400, seed=0)
new, new_y = spirals(1000, seed=1)
shapes = {"0 hidden": [], "1 × 170": [170], "2 × 24": [24, 24], "3 × 18": [18, 18, 18], "14 × 7": [7] * 14}

# %%
def unwind(hidden_dims, seed):
    model = he_start(hidden_dims, seed)
    train(model, spiral, spiral_y, lr=0.5, epochs=150, batch_size=40, seed=seed)
    return model


models = {(name, seed): unwind(hidden_dims, seed) for name, hidden_dims in shapes.items() for seed in range(3)}
results = {name: [accuracy(models[name, seed], new, new_y) for seed in range(3)] for name in shapes}
for name in shapes:
    size = sum(p.size for p in models[name, 0].params.values())
    print(f"{name:>8}: {size:>3} parameters, test accuracy", "  ".join(f"{a:.0%}" for a in results[name]))

# %%
points, extent = plane(2.3, 200)
fig, axes = plt.subplots(1, 5, figsize=(8.8, 2.5), sharey=True)
for ax, name in zip(axes, shapes):
    seed = int(np.argsort(results[name])[1])  # the middle one of three seeds
    ax.imshow(models[name, seed].loss(points).argmax(axis=1).reshape(200, 200), extent=extent, origin="lower",
              cmap=ListedColormap(["#F7DFA8", "#A8CFE8"]), vmin=0, vmax=1)
    for value, style in [(0, plot.NEGATIVE), (1, plot.POSITIVE)]:
        ax.scatter(*spiral[spiral_y == value].T, s=1.5, **style)
    ax.set_title(f"{name}\n{results[name][seed]:.0%}", fontsize=10, loc="center")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
fig.suptitle("Two spirals at one learning rate: some depth helps, fourteen hidden layers fail", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Five squares with two interleaved spirals of dots and the coloured decision regions of a network, each the middle one of three seeds. Without a hidden layer: a straight cut. One wide layer: the spiral bands are ragged. Two and three hidden layers: clean spiral bands. Fourteen of seven units: no bands.

# %%
assert max(results["0 hidden"]) < 0.7
for name in ("2 × 24", "3 × 18"):
    assert np.mean(results[name]) > np.mean(results["1 × 170"]) + 0.01
    assert min(results[name]) > 0.98
assert np.median(results["14 × 7"]) < 0.75

# %% [markdown]
# **What to notice.** Two or three hidden layers beat the wide one on the average of three seeds, with fewer parameters, and their bands are clean. But "deeper is better" is not what you see: fourteen hidden layers of seven units are hardly better than guessing. Is it this learning rate? Try it below. Lessons 6 (normalization) and 10 (residual connections) are about this last panel.
#
# **Try it.** Give the 14 hidden layers `lr=0.1`. Expect about 60 to 70 %, still worse than the wide layer. Give the wide layer `lr=1`: expect about the same as here, 92 to 98 %; with 0.3 it falls below 70 %. A race between shapes is fair only if each runs at a learning rate that suits it.
#
# Is it the number of flat pieces? Count the regions that a 300×300 grid meets.

# %%
points, _ = plane(2.3, 300)
regions = {name: len(np.unique(np.packbits(patterns(models[name, 0], points), axis=1), axis=0))
           for name in ("1 × 170", "2 × 24", "3 × 18")}
print(regions)
assert regions["1 × 170"] > 2 * regions["3 × 18"]

# %% [markdown]
# **What to notice.** No. Of the three, the wide network has by far the *most* pieces and the worst accuracy. You may read that deep networks win because they have more regions; that is a statement about the largest number possible, not about what training makes. What the second layer does is combine: its cuts bend wherever the first layer folds, so few units suffice for a long curved border.
#
# **And where depth buys little.** The digits again: about 79,600 parameters in one hidden layer or in three, and for comparison none, three seeds each.

# %%
compare = {}
for hidden_dims in ([], [100], [90, 60, 50]):
    for seed in range(3):
        model = FullyConnectedNet(hidden_dims, weight_scale=0.08, reg=1e-3, seed=seed)
        train(model, X_train, y_train, lr=0.3, epochs=6, batch_size=20, seed=seed)
        compare.setdefault(str(hidden_dims), []).append(accuracy(model, X_test, y_test))
    size = sum(p.size for p in model.params.values())
    print(f"{hidden_dims!s:>12}: {size:,} parameters, test", "  ".join(f"{a:.1%}" for a in compare[str(hidden_dims)]))
none, one, three = (np.mean(a) for a in compare.values())
assert abs(one - three) < 0.015
assert one > none + 0.01

# %% [markdown]
# **What to notice.** One hidden layer lifts the accuracy clearly. Two more, at the same number of parameters, change it by less than 1.5 points, about the size of the noise. Lesson 7 tries another way: more data, made by shifting the digits.
#
# ## Parameters
#
# `FullyConnectedNet(hidden_dims, …)` and the loop `train`: X (N, d1, …) → scores (N, C), or loss and gradients.
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `hidden_dims` | – | list: its length is the number of hidden layers (depth), its entries their sizes (width) |
# | `input_dim`, `num_classes` | 784, 10 | D and C |
# | `weight_scale` | 0.01 | standard deviation of the first weights; $\sqrt{2/\text{inputs}}$ is a good first guess |
# | `reg` | 0 | strength λ of ½λΣW²; too large, and all scores become equal |
# | `dropout`, `normalization` | 1, `None` | lessons 7 and 6 |
# | `dtype` | float32 | float64 for gradient checks |
# | `seed` | `None` | which random weights |
# | `lr` (of `train`) | – | step size; the most important number to tune, and the first |
# | `epochs`, `batch_size` | – | passes over the data; samples a step. Smaller batches make more steps and noisier ones |
#
# Change one at a time, from a common start: 2,000 digits to train, 1,000 *other training digits* to validate (验证集). Choosing on the test digits would spoil them.

# %%
def validate(hidden_dims=(100,), lr=0.2, reg=1e-3, weight_scale=0.08):
    """Train on 2,000 digits, → accuracy on 1,000 others."""
    model = FullyConnectedNet(hidden_dims, reg=reg, weight_scale=weight_scale, seed=0)
    with np.errstate(all="ignore"):  # some settings diverge on purpose
        train(model, X_train[:2000], y_train[:2000], lr, epochs=5, batch_size=40)
        return accuracy(model, X_train[3000:4000], y_train[3000:4000])


sweeps = {"hidden size": [2, 5, 10, 30, 200], "hidden layers of 100": [0, 1, 2, 4, 8],
          "weight_scale": [1e-3, 0.03, 0.1, 1], "lr": [1e-3, 1e-2, 0.1, 0.3, 1, 10],
          "reg": [1e-4, 1e-2, 0.1, 1]}
as_options = {"hidden size": lambda v: {"hidden_dims": [v]}, "hidden layers of 100": lambda v: {"hidden_dims": [100] * v},
              "weight_scale": lambda v: {"weight_scale": v}, "lr": lambda v: {"lr": v}, "reg": lambda v: {"reg": v}}

# %%
found = {name: [validate(**as_options[name](v)) for v in values] for name, values in sweeps.items()}
for name, values in sweeps.items():
    print(f"{name:>20}:", "  ".join(f"{v:g}: {a:.0%}" for v, a in zip(values, found[name])))

# %%
fig, axes = plt.subplots(1, 5, figsize=(8.8, 2.7), sharey=True)
for ax, (name, values) in zip(axes, sweeps.items()):
    ax.plot(values, found[name], "o-", ms=4)
    ax.set(xlabel=name, ylim=(0, 1))
    if name != "hidden layers of 100":
        ax.set_xscale("log")
axes[0].set_ylabel("validation accuracy")
fig.suptitle("lr and reg can ruin everything; above 30 units the size matters little", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Five small curves of validation accuracy. Hidden size: steep up to about 30 units, then nearly flat. Layers: flat up to four, lower at eight. weight_scale: a low hill. lr: near chance at both ends, high between 0.1 and 1. reg: flat on the left, and a fall to chance at the right.
#
# **What to notice.** Tune the learning rate first: it has the steepest cliffs. Over a factor of a thousand in `weight_scale`, one hidden layer loses about ten points; you have seen what five layers lose. And eight hidden layers suffer from the common scale 0.08, a factor of $0.08\sqrt{50}\approx0.57$ a layer: at 0.14 they do better.

# %%
size, layers, scale, lr, reg = (np.array(found[name]) for name in sweeps)
assert size[0] < 0.7
assert abs(size[-1] - size[3]) < 0.05
assert max(lr[0], lr[-1], reg[-1]) < 0.35
assert 0.03 < max(scale) - min(scale) < 0.2
assert min(layers[:4]) > 0.83
assert validate([100] * 8, weight_scale=0.14) > layers[4] + 0.05

# %% [markdown]
# ## Traps
#
# **Trap 1: layers without an activation.** Three affine layers and no ReLU: $((xW_1+b_1)W_2+b_2)W_3+b_3$. How much can they do? Multiply the brackets out.

# %%
p = FullyConnectedNet([50, 40], weight_scale=0.1, dtype=np.float64, seed=0).params
h = X_train[:200].reshape(200, -1)
for k in (1, 2, 3):
    h = h @ p[f"W{k}"] + p[f"b{k}"]  # no ReLU
one_w = p["W1"] @ p["W2"] @ p["W3"]
print("one matrix", one_w.shape, "gives the same scores:", np.allclose(h, X_train[:200].reshape(200, -1) @ one_w))
assert np.allclose(h, X_train[:200].reshape(200, -1) @ one_w)
assert sum(a.size for a in p.values()) == 41_700

# %% [markdown]
# 41,700 numbers do the work of one (784, 10) matrix: the network is a linear classifier, however deep. (The biases, all 0 here, would combine to one bias.) **Right:** an activation after each hidden layer, and none after the last, or the scores could not be negative.
#
# **Trap 2: equal weights.** Start all weights at 0, or all at the same number, and train on real digits for 100 steps.

# %%
for value in (0.0, 0.01):
    twin = TwoLayerNet(hidden_dim=20, weight_scale=0)
    for name in ("W1", "W2"):
        twin.params[name] += value
    train(twin, X_train, y_train, lr=0.1, epochs=1, batch_size=40)
    moved = {name: bool(np.abs(p - value * (name[0] == "W")).max() > 1e-6) for name, p in twin.params.items()}
    different = len(np.unique(twin.params["W1"].round(12), axis=1).T)
    print(f"start {value}: moved {moved}; different hidden units: {different} of 20")
    assert different == 1
    assert moved["W1"] == (value > 0)

# %% [markdown]
# From 0 nothing moves except the last bias: every gradient is a product with a zero factor. From 0.01 the weights move, and all 20 units move alike: they are one unit, 20 times. **Right:** random weights. Biases may be 0.
#
# **Trap 3: the gate open at 0.** `dout * (x >= 0)` passes a test with random numbers, because these are hardly ever exactly 0. Black pixels are. Give the network an empty picture: with biases 0, *every* unit is at the kink.

# %%
empty = np.zeros((1, 28, 28))
model = TwoLayerNet(hidden_dim=20, weight_scale=0.1, seed=0)
right = model.loss(empty, np.array([3]))[1]["b1"]


def open_gate(dout, cache):
    return dout * (cache >= 0)


keep, relu_backward = relu_backward, open_gate  # the network now uses the wrong one …
wrong = model.loss(empty, np.array([3]))[1]["b1"]
relu_backward = keep  # … and now the right one again
print(f"largest gradient of b1 with > : {np.abs(right).max():.2f}, with >= : {np.abs(wrong).max():.2f}")
assert np.abs(right).max() == 0
assert np.abs(wrong).max() > 0.01

# %% [markdown]
# **Right:** `>`. And put exact zeros into your tests; the check of this lesson does.
#
# **Trap 4: the bias gradient without a sum.** Suppose `db = dout`, shape (N, M). What happens depends on how you write the step.

# %%
b, dout = np.zeros(10), rng.normal(size=(50, 10))
try:
    b -= 0.1 * dout
except ValueError as error:
    print("b -= …   ValueError:", str(error).split(" with")[0])
b = b - 0.1 * dout
print("b = b - … makes b", b.shape, "without a word")
assert b.shape == (50, 10)

# %% [markdown]
# Now every *place in the batch* has its own bias. Training goes on, until a batch of another size arrives. **Right:** `dout.sum(axis=0)`, and `-=` for steps: it refuses to change a shape.
#
# **Trap 5: a bias of the wrong shape is broadcast.** b as a column (M, 1) instead of (M,). With N ≠ M NumPy complains. With a batch of 10 samples and 10 classes it does not.

# %%
x, w, b = rng.normal(size=(10, 6)), rng.normal(size=(6, 10)), np.arange(10.0)
right, wrong = x @ w + b, x @ w + b[:, None]
print(right.shape, wrong.shape, "equal:", np.allclose(right, wrong))
try:
    x[:7] @ w + b[:, None]
except ValueError as error:
    print("7 samples: ValueError:", str(error).split(" with")[0])
assert right.shape == wrong.shape
assert not np.allclose(right, wrong)

# %% [markdown]
# Each *sample* got its own bias instead of each class. **Right:** b (M,), and tests in which N, D and M all differ.
#
# **Trap 6: three meanings of "reg".** Assignment 1 of cs231n adds $\lambda\sum W^2$, gradient $2\lambda W$. Assignment 2, as here, adds $\tfrac12\lambda\sum W^2$, gradient $\lambda W$. PyTorch's `weight_decay` adds $\lambda\theta$ to the gradient of *every* parameter, biases too. One SGD step from the same start, with the loss left out:

# %%
start, lam, lr = torch.tensor([2.0, -1.0]), 0.1, 0.5
after = {}
for name, decay in [("weight_decay = reg", lam), ("weight_decay = 2 reg", 2 * lam)]:
    theta = start.clone().requires_grad_()
    theta.grad = torch.zeros(2)  # no loss, only the penalty
    torch.optim.SGD([theta], lr=lr, weight_decay=decay).step()
    after[name] = theta.detach().numpy()
a1, a2 = start.numpy() * (1 - lr * 2 * lam), start.numpy() * (1 - lr * lam)
print("assignment 2 is weight_decay = reg:  ", np.allclose(a2, after["weight_decay = reg"]))
print("assignment 1 is weight_decay = 2 reg:", np.allclose(a1, after["weight_decay = 2 reg"]))
layer = nn.Linear(2, 2)
bias = layer.bias.detach().clone()
layer.weight.grad, layer.bias.grad = torch.zeros(2, 2), torch.zeros(2)
torch.optim.SGD(layer.parameters(), lr=lr, weight_decay=lam).step()
print("weight_decay shrinks biases too:     ", torch.allclose(layer.bias, bias * (1 - lr * lam)))
assert torch.allclose(layer.bias, bias * (1 - lr * lam))
assert np.allclose(a2, after["weight_decay = reg"])
assert np.allclose(a1, after["weight_decay = 2 reg"])

# %% [markdown]
# **Right:** when you copy a value of `reg` from somewhere, look up the factor. To spare the biases in PyTorch, give them a parameter group of their own with `weight_decay=0`. (With Adam, weight decay and L2 penalty are not the same at all: lesson 7.)
#
# **Trap 7: a learning rate so large that units die.** A unit whose input is negative for every sample has gradient 0 for every sample: no gradient brings it back. This is a dead ReLU (死亡 ReLU). Count them after one epoch.

# %%
def dead_share(model, X):
    """Share of first-layer units that are off for all samples."""
    h, _ = affine_relu_forward(X, model.params["W1"], model.params["b1"])
    return (h == 0).all(axis=0).mean()


dead = {}
for lr in (0.1, 0.3, 1, 2, 4):
    model = FullyConnectedNet([100], weight_scale=0.05, seed=0)
    train(model, X_train, y_train, lr=lr, epochs=1, batch_size=40, decay=False)
    dead[lr] = dead_share(model, X_train)
    print(f"lr {lr:<3}: {dead[lr]:4.0%} of the hidden units are dead, test accuracy {accuracy(model, X_test, y_test):.0%}")
assert dead[0.1] == 0
assert dead[4] > 0.5

# %% [markdown]
# **Right:** lower the learning rate first. A loss that leaps up in the first steps and then stays at about ln C is a sign. But half of the units may die without it, as at lr 1: count them.
#
# **Trap 8: pixels from 0 to 255.** Forget to divide by 255, and keep everything else.

# %%
for factor in (1, 255):
    model = FullyConnectedNet([100], weight_scale=0.05, seed=0)
    first = model.loss(factor * X_train[:200], y_train[:200])[0]
    with np.errstate(all="ignore"):
        train(model, factor * X_train, y_train, lr=0.2, epochs=1, batch_size=40)
        reached = accuracy(model, factor * X_test, y_test)
    print(f"pixels up to {factor:>3}: first loss {first:5.1f}, test accuracy after one epoch {reached:.0%}")
    assert (first < 3) == (factor == 1)
    assert (reached > 0.8) == (factor == 1)

# %% [markdown]
# The scores are 255 times as large, and line 4, $dw=x^\top g$, has x in it: the step is far too long. The first loss would have told you. **Right:** divide by 255, and ask question 1.
#
# ## Check yourself
#
# **1.** A layer maps (64, 3, 32, 32) to (64, 100). How many parameters does it have, and which shapes have dx, dw, db? (Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# D = 3·32·32 = 3,072. Parameters 3,072·100 + 100 = 307,300. dx (64, 3, 32, 32), dw (3072, 100), db (100,).
#
# </details>
#
# **2.** The first loss of your 10-class network is 23.0, not 2.3. Name three causes.
#
# <details><summary>Answer</summary>
#
# The weights or the inputs are too large, so the first guesses are confident and wrong; the loss is a sum over ten samples and not a mean; a penalty with a large `reg` is in it (then it should drop to 2.3 with `reg=0`).
#
# </details>
#
# **3.** One entry of thousands fails the gradient check at a ReLU network. A mistake? (cs231n asks it of the SVM loss.)
#
# <details><summary>Answer</summary>
#
# Perhaps a kink: the two probes lie on different sides of 0. Repeat with a smaller step h or other data; a mistake stays, a kink goes away.
#
# </details>
#
# **4.** Your network reaches 100 % on 50 images and 40 % on new ones. What have you learnt?
#
# <details><summary>Answer</summary>
#
# That nothing is badly broken: the loss falls when you follow the gradients. Not that every gradient is right (the wrong db of the "Try it" reached 100 % too), and nothing about the settings for new images: 50 are too few for that.
#
# </details>
#
# **5.** XOR needs at least how many ReLU hidden units? (Question 67 of stage 6 asks it. The second cell tries one.)
#
# <details><summary>Answer</summary>
#
# Two. With one unit the score is $v\max(0,w\cdot x+b)+c$: along $w$ it only rises or only falls. So "score > 0" is one side of a straight line, or everything, or nothing; and no line separates XOR.
#
# </details>
#
# **6.** Why is the window of good weight scales narrower for five layers than for three?
#
# <details><summary>Answer</summary>
#
# Signal and gradient are multiplied by about the same factor in each layer. The same deviation of the factor from 1 is raised to a higher power.
#
# </details>

# %%
x, w, b = np.zeros((64, 3, 32, 32)), np.zeros((3072, 100)), np.zeros(100)
out, cache = affine_forward(x, w, b)
print("1.", w.size + b.size, [g.shape for g in affine_backward(out, cache)])
assert w.size + b.size == 307_300

# %%
w, b, v, c = rng.normal(size=(2, 50_000)), rng.normal(size=50_000), rng.normal(size=50_000), rng.normal(size=50_000)
one_unit = v * np.maximum(corners @ w + b, 0) + c > 0  # (4, 50000)
print(f"5. the best of 50,000 networks with one hidden unit: {(one_unit == xor[:, None]).mean(axis=0).max():.0%}")
assert (one_unit == xor[:, None]).mean(axis=0).max() == 0.75

# %% [markdown]
# ## In one breath
#
# Say aloud: "An MLP is affine, ReLU, affine: the hidden layer bends the space so that a linear classifier suffices at the end. Without the ReLU it is one matrix. Backwards, an affine layer gives dx = g wᵀ, dw = xᵀ g, db = sum of g over the batch; the ReLU lets the gradient pass where its input was positive; softmax with cross-entropy gives p minus one-hot, divided by N. Before training I ask: is the first loss ln C, do the gradients agree, does it learn 50 images by heart? Each layer multiplies the signal by a factor, so depth makes the start delicate. Some depth makes composed shapes cheap; on the digits it bought little, and fourteen hidden layers trained badly or not at all."
#
# **Read on.** Chapter 4 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Rumelhart, Hinton, Williams (1986), "Learning representations by back-propagating errors". Cybenko (1989), "Approximation by superpositions of a sigmoidal function", and Hornik (1991): one hidden layer of enough units can approximate any continuous function on a closed and bounded set (universal approximation, 通用近似定理). Both want a bounded activation such as the sigmoid; Leshno, Lin, Pinkus, Schocken (1993) cover the ReLU. None says how many, or that training finds them. Glorot, Bordes, Bengio (2011), "Deep sparse rectifier neural networks". Montúfar, Pascanu, Cho, Bengio (2014), ["On the number of linear regions of deep neural networks"](https://arxiv.org/abs/1402.1869), and Hanin, Rolnick (2019), ["Complexity of linear regions in deep networks"](https://arxiv.org/abs/1901.09021), who count what networks really have. Next: lesson 5, [Optimizers](../04_dl_theory/05_optimizers.ipynb).
