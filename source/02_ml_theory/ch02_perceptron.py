# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 40
#     days: 3
#     needs: []
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 2 Perceptron (感知机)
#
# A machine guesses. When the guess is wrong, it moves a little towards the answer. That is the whole perceptron, an early ancestor of the networks of stage 4.
#
# **You will** draw a line between two classes, let it learn from one mistake at a time, and retrace every row of the book's table 2.1 (表2.1) with scikit-learn. Then you meet points that no line can separate, and real data.
#
# **After it you can**
#
# - retell the perceptron as the book does: model (模型), strategy (策略), algorithm (算法);
# - compute one update on paper;
# - use scikit-learn's `Perceptron`, say what each parameter does, and say why its defaults do not give the book's line;
# - find out whether a separating line exists at all.
#
# **You need** the dot product, the gradient (梯度) and NumPy arrays, all from stage 1.
#
# **Where this stands.** Stage 2 of the roadmap, core path, three days. First read chapter 2 of 李航《统计学习方法》 (1st edition), sections 2.1, 2.2 and 2.3.1. **Stuck?** Read the post on the perceptron in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide](https://scikit-learn.org/stable/modules/linear_model.html#perceptron). The roadmap asks you to retell this algorithm and to use it; it does not ask you to rebuild it. The convergence theorem and the dual form wait in the last part, "Beyond the roadmap".

# %% [markdown] lang="zh"
# # 第2章 感知机 (Perceptron)
#
# 机器先猜一次；猜错了，就朝正确答案的方向挪一小步。感知机（perceptron）的全部内容就是这么一句话，而第四阶段要学的神经网络，正是它的后代。
#
# **你将要做的：** 在两类点之间画一条直线，让它每次从一个错误中学习，并用 scikit-learn 逐行重现书中的表2.1；然后遇到任何直线都分不开的点，最后处理真实数据。
#
# **学完之后，你能够**
#
# - 按书中的三要素复述感知机：模型、策略、算法；
# - 在纸上完成一步更新；
# - 使用 scikit-learn 的 `Perceptron`，说出每个参数的作用，并解释为什么默认设置得不到书中的直线；
# - 判断一个数据集究竟存不存在能把它分开的直线。
#
# **预备知识：** 内积、梯度和 NumPy 数组，都在第一阶段学过。代码、输出和图中的文字保留英文。
#
# **在路线图中的位置。** 第二阶段，核心路线，三天。先读李航《统计学习方法》（第1版）第2章的 2.1 节、2.2 节和 2.3.1 节。**卡住了？** 读[刘建平博客](https://www.cnblogs.com/pinard/category/894692.html?page=4)中讲感知机的文章，或 [scikit-learn 的用户指南](https://scikit-learn.org/stable/modules/linear_model.html#perceptron)。路线图要求你能复述这个算法并会使用它，不要求从零重写。收敛性定理和对偶形式放在最后的“路线图之外”一节。

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_matrix
from scipy.spatial import ConvexHull
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dlroadmap
from dlroadmap import plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Draw a line between two classes
#
# The book's example (例2.1) has three points: $x_1=(3,3)$ and $x_2=(4,3)$ are positive, $x_3=(1,1)$ is negative. Each row of `X` is one sample, so `X` has shape (3, 2): N = 3 samples, D = 2 features (特征). `y` holds the labels (标记) +1 and −1.
#
# Take the line $x^{(1)}+x^{(2)}-3=0$. The book writes $x^{(1)}$ for the first feature of a point, and $x_1$ for the first point. Before you run the cell: on which side of the line does each point lie?

# %% [markdown] lang="zh"
# ## 在两类点之间画一条直线
#
# 书中例2.1 有三个点：正实例点 $x_1=(3,3)$、$x_2=(4,3)$，负实例点 $x_3=(1,1)$。`X` 的每一行是一个样本，所以 `X` 的形状是 (3, 2)：N = 3 个样本，D = 2 个特征。`y` 存放标记 +1 和 −1。
#
# 取直线 $x^{(1)}+x^{(2)}-3=0$。书中用 $x^{(1)}$ 表示一个点的第一个特征，用 $x_1$ 表示第一个点。运行之前先想一想：每个点各在直线的哪一侧？

# %%
X = np.array([[3.0, 3.0], [4.0, 3.0], [1.0, 1.0]])
y = np.array([1, 1, -1])
w, b = np.array([1.0, 1.0]), -3.0
score = X @ w + b
print("w·x + b:", score, "  sign:", np.sign(score), "  label:", y)

# %%
assert (np.sign(score) == y).all()

# %% [markdown]
# **What to notice.** Each point gets one number, its score; the sign of the score is the class. `X @ w` takes the dot product of `w` with each row at once. `assert` checks a claim: it is silent when the claim is true and stops with an error when it is not. This lesson checks many of its claims in that way.
#
# To see the line, you need three small drawing helpers. Read over them; `draw_line` starts at the line's point nearest to the origin and goes at a right angle to `w`.

# %% [markdown] lang="zh"
# **值得注意。** 每个点得到一个数（本课称它为得分），得分的符号就是类别。`X @ w` 一次算出 `w` 与每一行的内积。`assert` 用来检验一个论断：论断成立时它一声不响，不成立时报错并停下。本课的许多论断都用这种方式检验。
#
# 要看见这条直线，需要三个画图的小函数，通读一遍即可。`draw_line` 从直线上离原点最近的点出发，沿着与 `w` 垂直的方向画线。

# %%
def draw_points(ax, X, y, size=60):
    for label, style in ((1, plot.POSITIVE), (-1, plot.NEGATIVE)):
        ax.scatter(*X[y == label].T, s=size, edgecolors="black", linewidths=0.6, zorder=3,
                   label=f"y = {label:+d}", **style)


def draw_line(ax, w, b, **style):
    length = np.linalg.norm(w)
    if length > 0:  # w = 0 has no line
        foot = -b * w / length**2
        ax.axline(foot, foot + np.array([-w[1], w[0]]) / length, **style)


def shade(ax, w, b, box=(-1, 6)):
    ax.set(xlim=box, ylim=box, aspect="equal")
    gx, gy = np.meshgrid(np.linspace(*box, 50), np.linspace(*box, 50))
    ax.contourf(gx, gy, w[0] * gx + w[1] * gy + b, levels=[-1e9, 0, 1e9],
                colors=[plot.NEGATIVE["color"], plot.POSITIVE["color"]], alpha=0.18)

# %%
fig, ax = plt.subplots(figsize=(5.6, 5.0))
shade(ax, w, b)
draw_line(ax, w, b, color="black")
draw_points(ax, X, y)
foot = -b * w / (w @ w)  # the line's point nearest to the origin
ax.annotate("", xytext=foot, xy=foot + w, arrowprops={"arrowstyle": "->", "lw": 2})
ax.text(*(foot + [0.8, 0.25]), "w = (1, 1)")
for i, x in enumerate(X):
    ax.annotate(f"x{i + 1}", x, xytext=(7, 7), textcoords="offset points")
ax.set(xlabel="x(1)", ylabel="x(2)", title="The vector w points to the positive half-plane")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Figure in words.** The line x(1) + x(2) = 3 cuts the plane into a blue half with x1 and x2 and an orange half with x3. The arrow w is at a right angle to the line and points into the blue half.
#
# **The idea: the model.** The perceptron is the function
#
# $$f(x)=\operatorname{sign}(w\cdot x+b),$$
#
# with the weight vector (权值向量) $w$, the bias (偏置) $b$, and sign(z) = +1 for z ≥ 0, −1 for z < 0. The set $w\cdot x+b=0$ is a line in the plane and a hyperplane (超平面) in more features. $w$ is its normal vector (法向量): it gives the direction. $b$ shifts it. If some line puts all points of a data set on their right sides, the set is linearly separable (线性可分).
#
# How far away is each point? Divide the score by the length of $w$.

# %% [markdown] lang="zh"
# **图中所见。** 直线 x(1) + x(2) = 3 把平面分成两半：x1 和 x2 在蓝色的一半，x3 在橙色的一半。箭头 w 与直线垂直，指向蓝色的一半。
#
# **要点：模型。** 感知机是如下的函数：
#
# $$f(x)=\operatorname{sign}(w\cdot x+b),$$
#
# 其中 $w$ 是权值向量，$b$ 是偏置；z ≥ 0 时 sign(z) = +1，z < 0 时 sign(z) = −1。集合 $w\cdot x+b=0$ 在平面上是一条直线，特征更多时是一个超平面。$w$ 是它的法向量，决定方向；$b$ 使它平移。如果有一条直线能把数据集的所有点都分在正确的一侧，就称这个数据集线性可分。
#
# 每个点离直线有多远？把得分除以 $w$ 的长度。

# %%
distance = np.abs(X @ w + b) / np.linalg.norm(w)
print("distances to the line:", distance.round(2))
doubled = X @ (2 * w) + 2 * b

# %%
assert np.allclose(np.abs(doubled) / np.linalg.norm(2 * w), distance)
assert np.allclose(doubled, 2 * score)

# %% [markdown]
# **What to notice.** Doubling both $w$ and $b$ doubles the scores and leaves the distances as they are. It is the same line. So a score alone is no distance; $|w\cdot x_0+b|/\lVert w\rVert$ is the distance of a point $x_0$.
#
# **Try it.** Set `b = -5` in the first code cell of this section and run down to here. Expect a parallel line, farther from the origin, that still separates the three points. With `b = -7` the assert stops you: x2 lies exactly on the line (`np.sign(0)` is 0, the book's is +1) and x1 on the wrong side.

# %% [markdown] lang="zh"
# **值得注意。** 把 $w$ 和 $b$ 同时乘以 2，得分加倍，距离不变，因为还是同一条直线。所以得分本身不是距离；点 $x_0$ 到直线的距离是 $|w\cdot x_0+b|/\lVert w\rVert$。
#
# **试一试。** 在本节第一个代码单元里令 `b = -5`，重新运行到这里。你会得到一条离原点更远的平行直线，它仍然把三个点分开。若令 `b = -7`，assert 会让你停下：此时 x2 恰好落在直线上（`np.sign(0)` 得 0，书中规定为 +1），x1 则在错误的一侧。

# %% [markdown]
# ## Measure how wrong a line is
#
# Keep w = (1, 1) and slide the line by changing b. You can grade each line in two ways: count the misclassified points (误分类点), or add up how far their scores are on the wrong side. Which of the two can tell you in which direction to slide?
#
# `margin` holds y(w·x + b): negative means the wrong side. `[:, None]` makes a column, so that NumPy combines each of 3 points with each of 145 values of b.

# %% [markdown] lang="zh"
# ## 衡量一条直线错了多少
#
# 固定 w = (1, 1)，改变 b，让直线平行移动。给每条直线打分有两种办法：数一数误分类点有几个，或者把误分类点的得分偏到错误一侧的量加起来。哪一种能告诉你该往哪个方向移动？
#
# `margin` 存放 y(w·x + b)，负数表示在错误的一侧。`[:, None]` 把数组变成一列，于是 NumPy 把 3 个点中的每一个与 145 个 b 值中的每一个配对。

# %%
b_grid = np.arange(-144, 1) / 16                       # −9 … 0, exact in binary
margin = y[:, None] * ((X @ w)[:, None] + b_grid)      # (3, 145): y(w·x + b)
count = (margin <= 0).sum(axis=0)
loss_grid = np.where(margin <= 0, -margin, 0).sum(axis=0)
separates = (b_grid > -6) & (b_grid < -2)

# %%
assert margin.shape == (3, 145)
assert ((count == 0) == separates).all()
assert (loss_grid[separates] == 0).all()

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.4))
axes[0].step(b_grid, count, where="mid", color=plot.RED)
axes[0].set(title="Counting gives flat steps", xlabel="bias b", ylabel="misclassified points",
            yticks=[0, 1, 2])
axes[1].plot(b_grid, loss_grid, color=plot.BLUE)
axes[1].set(title="The loss slopes down to the goal", xlabel="bias b", ylabel="loss L(w, b)")
for ax in axes:
    ax.axvspan(-6, -2, color=plot.GREEN, alpha=0.15)
plt.show()

# %% [markdown]
# **Figure in words.** Left, the count of misclassified points against b is a staircase: 2, 1, 0, 1. Right, the loss falls in two straight pieces, steeper while two points are wrong, is zero for b between −6 and −2 (green), and rises again.
#
# **What to notice.** Both are zero for −6 < b < −2. (At the two ends a point lies exactly on the line: its loss is 0, but we count it as a mistake. The next section says why.) But the staircase is flat: a small step changes nothing, so its derivative says nothing. The slope says "this way".
#
# **The idea: the strategy.** For a misclassified point, $y_i(w\cdot x_i+b)\le 0$, so its distance to the line is $-y_i(w\cdot x_i+b)/\lVert w\rVert$. The book adds these up over the set $M$ of misclassified points and drops the factor $1/\lVert w\rVert$:
#
# $$L(w,b)=-\sum_{x_i\in M}y_i(w\cdot x_i+b).$$
#
# This is the loss function (损失函数). Without the factor its gradient is a plain sum, and zero loss still means: no point on the wrong side. The price: halving $w$ and $b$ halves the loss of the same line, so losses of different $w$ cannot be compared. The gradient is
#
# $$\nabla_w L=-\sum_{x_i\in M}y_ix_i,\qquad \nabla_b L=-\sum_{x_i\in M}y_i.$$
#
# Check it at b = −8, where x1 and x2 are both wrong. `numeric` moves one number by a tiny h in both directions, and divides the change of the loss by 2h: a derivative without any formula.

# %% [markdown] lang="zh"
# **图中所见。** 左图：误分类点的个数随 b 呈阶梯状，依次为 2、1、0、1。右图：损失沿两段直线下降，两个点都错时更陡，在 b 介于 −6 和 −2 之间时为零（绿色区域），然后又上升。
#
# **值得注意。** 当 −6 < b < −2 时两者都为零。（在两个端点上，有一个点恰好落在直线上：它的损失是 0，但我们仍算它误分类，理由见下一节。）但阶梯是平的：挪一小步，什么也不变，它的导数不提供任何信息。斜坡却在说：“往这边走。”
#
# **要点：策略。** 对误分类点有 $y_i(w\cdot x_i+b)\le 0$，因此它到直线的距离是 $-y_i(w\cdot x_i+b)/\lVert w\rVert$。书中对误分类点的集合 $M$ 求和，并略去因子 $1/\lVert w\rVert$：
#
# $$L(w,b)=-\sum_{x_i\in M}y_i(w\cdot x_i+b).$$
#
# 这就是损失函数。略去这个因子后，梯度只是一个简单的和，而损失为零的含义不变：没有点在错误的一侧。代价是：把 $w$ 和 $b$ 同时减半，直线没变，损失却减半，所以不同 $w$ 的损失不能互相比较。梯度为
#
# $$\nabla_w L=-\sum_{x_i\in M}y_ix_i,\qquad \nabla_b L=-\sum_{x_i\in M}y_i.$$
#
# 在 b = −8 处验证一下，这时 x1 和 x2 都被误分类。`numeric` 把一个数向两边各移动一个很小的 h，再用损失的变化除以 2h：不用任何公式也能得到导数。

# %%
def loss(w, b):
    margin = y * (X @ w + b)
    return -margin[margin <= 0].sum()

# %%
wrong = y * (X @ w - 8) <= 0
gradient = [*-(y[wrong] @ X[wrong]), -y[wrong].sum()]
h = 1e-6
numeric = [(loss(w + h * e, -8) - loss(w - h * e, -8)) / (2 * h) for e in np.eye(2)]
numeric += [(loss(w, -8 + h) - loss(w, -8 - h)) / (2 * h)]
print("formula:", np.array(gradient), "  numeric:", np.round(numeric, 4))

# %%
assert np.allclose(gradient, numeric, atol=1e-6)
assert np.isclose(loss(w / 2, -8 / 2), loss(w, -8) / 2)  # the same line, half the loss

# %% [markdown]
# **What to notice.** The two agree: −(x1 + x2) = (−7, −6), and −2 for b. To go downhill, add the misclassified positive points to w, and subtract the negative ones. The next section does that with one point at a time.

# %% [markdown] lang="zh"
# **值得注意。** 两者一致：对 w 是 −(x1 + x2) = (−7, −6)，对 b 是 −2。要往下走，就把误分类的正实例点加到 w 上，负实例点则减去。下一节每次只用一个点来做这件事。

# %% [markdown]
# ## Learn from one mistake
#
# scikit-learn's `Perceptron` has a method `partial_fit(X, y, classes)`. It shows the model these samples once and keeps what it knew. `classes` lists all labels; the first call needs it. `X[[0]]` with two brackets keeps two dimensions, shape (1, 2), as scikit-learn wants. Show it x1, then x3, and watch `coef_` ($w$, shape (1, D)) and `intercept_` ($b$, shape (1,)).

# %% [markdown] lang="zh"
# ## 从一个错误中学习
#
# scikit-learn 的 `Perceptron` 有一个方法 `partial_fit(X, y, classes)`：把这些样本给模型看一遍，并保留它已经学到的东西。`classes` 列出所有的标记，第一次调用时必须给出。`X[[0]]` 用双层方括号，是为了保持二维，形状为 (1, 2)，这是 scikit-learn 的要求。先给它看 x1，再看 x3，观察 `coef_`（即 $w$，形状 (1, D)）和 `intercept_`（即 $b$，形状 (1,)）。

# %%
model = Perceptron()
model.partial_fit(X[[0]], y[[0]], classes=[-1, 1])
w_old, b_old = model.coef_[0].copy(), model.intercept_[0]
model.partial_fit(X[[2]], y[[2]])
w_new, b_new = model.coef_[0].copy(), model.intercept_[0]
print("after x1:", w_old, b_old, "  after x3:", w_new, b_new)

# %%
assert np.array_equal(w_new, w_old + y[2] * X[2])
assert b_new == b_old + y[2]

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.3), sharey=True)
for ax, w_, b_, when in ((axes[0], w_old, b_old, "Before"), (axes[1], w_new, b_new, "After")):
    shade(ax, w_, b_, box=(-2, 6))
    draw_line(ax, w_, b_, color="black")
    draw_points(ax, X, y)
    ax.scatter(1, 1, s=260, facecolors="none", edgecolors=plot.RED, linewidths=2)
    ax.set(xlabel="x(1)", title=f"{when}: score of x3 is {w_ @ X[2] + b_:g}")
axes[0].set_ylabel("x(2)")
axes[1].legend(loc="upper right")
fig.suptitle("One correction moves the line towards x3, but not past it", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Before and after one update with the circled point x3. The line slides towards x3, its score falls from 7 to 4, but the point is still in the blue half.
#
# **What to notice.** From zero, x1 made w = (3, 3), b = 1: w got the point itself, b got its label. Then x3, which has label −1, took (1, 1) from w and 1 from b. One correction was not enough.
#
# **The idea: the algorithm.** Take a misclassified point $(x_i,y_i)$, one with $y_i(w\cdot x_i+b)\le 0$, and step against the gradient of its own loss:
#
# $$w\leftarrow w+\eta y_ix_i,\qquad b\leftarrow b+\eta y_i.$$
#
# $\eta$ is the learning rate (学习率), η > 0 (the book takes 0 < η ≤ 1); here and in `Perceptron()` it is 1. One random sample a step is called stochastic gradient descent (随机梯度下降, SGD). Here we fix the order, to match the book. Repeat until no point is misclassified: that is 算法2.1. A point *on* the line counts as misclassified too (≤, not <); otherwise nothing would ever leave the start w = 0, b = 0.
#
# Put the new $w$ and $b$ into the score: $y_i(w\cdot x_i+b)$ grows by exactly $\eta(\lVert x_i\rVert^2+1)$. Each correction pushes its point in the right direction, by a known amount.

# %% [markdown] lang="zh"
# **图中所见。** 一步更新的前后，所用的点 x3 被圈出。直线向 x3 移动，x3 的得分从 7 降到 4，但它仍在蓝色的一半里。
#
# **值得注意。** 从零出发，x1 使 w = (3, 3)、b = 1：w 加上了这个点本身，b 加上了它的标记。接着，标记为 −1 的 x3 从 w 中减去 (1, 1)，从 b 中减去 1。纠正一次还不够。
#
# **要点：算法。** 取一个误分类点 $(x_i,y_i)$，即满足 $y_i(w\cdot x_i+b)\le 0$ 的点，沿它自己那一项损失的负梯度方向走一步：
#
# $$w\leftarrow w+\eta y_ix_i,\qquad b\leftarrow b+\eta y_i.$$
#
# $\eta$ 是步长，又称学习率，η > 0（书中取 0 < η ≤ 1）；这里以及 `Perceptron()` 中都取 1。每一步只随机取一个样本，这种做法叫随机梯度下降法（stochastic gradient descent，SGD）。这里为了与书一致，固定了次序。重复进行，直到没有误分类点，这就是算法2.1。落在直线上的点也算误分类（是 ≤，不是 <）；否则从 w = 0、b = 0 出发就永远迈不出第一步。
#
# 把新的 $w$ 和 $b$ 代入得分：$y_i(w\cdot x_i+b)$ 恰好增加 $\eta(\lVert x_i\rVert^2+1)$。每次纠正都把所用的点推向正确的方向，而且推多少是已知的。

# %%
before, after = y[2] * (w_old @ X[2] + b_old), y[2] * (w_new @ X[2] + b_new)
print("y(w·x + b) of x3:", before, "→", after, "  ‖x3‖² + 1 =", X[2] @ X[2] + 1)
assert (before, after) == (-7, -4)
assert after - before == X[2] @ X[2] + 1

# %% [markdown]
# **Where it helps.** Networks in stage 4 learn with this loop: take a few samples, compute the gradient of their loss, step. Only the model between input and loss grows.

# %% [markdown] lang="zh"
# **用在哪里。** 第四阶段的网络也用同样的循环学习：取几个样本，算出损失的梯度，走一步。变大的只是输入与损失之间的那个模型。

# %% [markdown]
# ## Retrace 例2.1 row by row
#
# The book starts at w = 0, b = 0 with η = 1, and takes the misclassified points in the order x1, x3, x3, x3, x1, x3, x3. `learn` shows a model these samples one by one. It also writes down y(w·x + b) *before* each update: it must be ≤ 0, or the point was no mistake.

# %% [markdown] lang="zh"
# ## 逐行重现例2.1
#
# 书中从 w = 0、b = 0 出发，取 η = 1，误分类点依次为 x1、x3、x3、x3、x1、x3、x3。`learn` 把这些样本逐个给模型看，并记下每次更新*之前*的 y(w·x + b)：它必须 ≤ 0，否则这个点就不是误分类点。

# %%
def learn(X, y, order):
    """Show samples (counted from 1, as in the book) one at a time; a row for each."""
    model = Perceptron()
    w, b, rows = np.zeros(X.shape[1]), 0.0, []
    for i in order:
        score = y[i - 1] * (w @ X[i - 1] + b) + 0.0  # + 0.0 turns -0.0 into 0.0
        model.partial_fit(X[[i - 1]], y[[i - 1]], classes=[-1, 1])
        w, b = model.coef_[0].copy(), model.intercept_[0]
        rows.append((f"x{i}", score, *w, b, (y * (X @ w + b) <= 0).sum()))
    columns = ["point", "y(w·x+b) before", "w(1)", "w(2)", "b", "wrong after"]
    return pd.DataFrame(rows, columns=columns, index=range(1, len(rows) + 1))

# %%
table = learn(X, y, [1, 3, 3, 3, 1, 3, 3])
table

# %%
book = [(3, 3, 1), (2, 2, 0), (1, 1, -1), (0, 0, -2), (3, 3, -1), (2, 2, -2), (1, 1, -3)]
for step, row in enumerate(book, 1):
    assert tuple(table.loc[step, ["w(1)", "w(2)", "b"]]) == row, f"row {step} differs"
assert (table["y(w·x+b) before"] <= 0).all()
assert table["wrong after"].tolist() == [1, 1, 1, 2, 1, 1, 0]
print("All seven rows are those of 表2.1. Last: x(1) + x(2) - 3 = 0.")

# %%
fig, axes = plt.subplots(2, 4, figsize=(8.8, 5.2), sharex=True, sharey=True)
for ax, (step, row) in zip(axes.flat, table.iterrows()):
    w_, b_ = np.array([row["w(1)"], row["w(2)"]]), row["b"]
    shade(ax, w_, b_, box=(-2, 5))
    draw_line(ax, w_, b_, color="black")
    draw_points(ax, X, y, size=30)
    ax.scatter(*X[int(row["point"][1]) - 1], s=150, facecolors="none", edgecolors=plot.RED)
    ax.set_title(f"{step}: {row['point']} → ({w_[0]:g}, {w_[1]:g}), {b_:g}", fontsize=10)
axes[1, 3].set_axis_off()
axes[1, 3].legend(*axes[0, 0].get_legend_handles_labels(), loc="center left")
fig.suptitle("Seven corrections; only the last line has no mistake", x=0.01, ha="left")
fig.supxlabel("x(1)")
fig.supylabel("x(2)")
plt.show()

# %% [markdown]
# **Figure in words.** Seven small panels, one for each row of 表2.1. Each title: point used → w, b. The circled point is the one that was used. The line moves up and to the right, vanishes in panel 4 where all is orange, starts again lower in panel 5, and separates the points in panel 7.
#
# **What to notice.** Look at row 4: w = (0, 0) is no line at all, and with b = −2 everything is called negative. Two points are wrong there, more than before. The perceptron does not get better at every step. It corrects one point and may spoil another; what it gains shows only in the end.
#
# The result is $f(x)=\operatorname{sign}(x^{(1)}+x^{(2)}-3)$. The point x2 was never used.
#
# **Try it.** Do rows 1 and 2 on paper. Then add more samples at the end of the order, `learn(X, y, [1, 3, 3, 3, 1, 3, 3, 1, 2, 3])`. Expect three more rows in which w and b stay as they are: a point that is on its right side changes nothing, so the book may leave such points out of its table.

# %% [markdown] lang="zh"
# **图中所见。** 七幅小图，对应表2.1 的七行，被圈出的是该步所用的点；每幅的标题是：所用的点 → w，b。直线向右上方移动，在第 4 幅中消失（整个平面都是橙色），在第 5 幅中从较低的位置重新出现，到第 7 幅把点分开。
#
# **值得注意。** 看第 4 行：w = (0, 0) 根本不是直线，再加上 b = −2，所有点都被判为负类。这时有两个点分错，比前一步还多。感知机并不是每一步都在变好：它纠正一个点，却可能弄错另一个点；收益到最后才显现出来。
#
# 最终的模型是 $f(x)=\operatorname{sign}(x^{(1)}+x^{(2)}-3)$。点 x2 一次也没有用到。
#
# **试一试。** 先在纸上算出第 1、2 行。再在次序末尾多加几个样本：`learn(X, y, [1, 3, 3, 3, 1, 3, 3, 1, 2, 3])`。你会看到多出的三行里 w 和 b 都保持不变：在正确一侧的点不会引起任何更新，所以书中的表里可以不写它们。

# %%
longer = learn(X, y, [1, 3, 3, 3, 1, 3, 3, 1, 2, 3])
assert (longer.loc[8:, ["w(1)", "w(2)", "b"]] == [1, 1, -3]).all().all()
assert (longer.loc[8:, "y(w·x+b) before"] > 0).all()

# %% [markdown]
# ## Change the order and get another line
#
# The book then takes another order of mistakes: x1, x3, x3, x3, x2, x3, x3, x3, x1, x3, x3. Same data, same start. Will the line be the same?

# %% [markdown] lang="zh"
# ## 换一种次序，得到另一条直线
#
# 书中接着换了一种误分类点的次序：x1、x3、x3、x3、x2、x3、x3、x3、x1、x3、x3。数据相同，初值相同。得到的直线会一样吗？

# %%
other = learn(X, y, [1, 3, 3, 3, 2, 3, 3, 3, 1, 3, 3])
other

# %%
assert tuple(other.loc[11, ["w(1)", "w(2)", "b"]]) == (2, 1, -5)
assert (other["y(w·x+b) before"] <= 0).all()
assert other["wrong after"].iloc[-1] == 0

# %%
fig, ax = plt.subplots(figsize=(5.6, 4.6))
ax.set(xlim=(-0.5, 5.5), ylim=(-0.5, 5), aspect="equal", xlabel="x(1)", ylabel="x(2)",
       title="Two orders, two lines, no mistake on either")
draw_line(ax, np.array([1, 1]), -3, color=plot.GREEN, label="7 steps: x(1) + x(2) − 3 = 0")
draw_line(ax, np.array([2, 1]), -5, color=plot.PURPLE, ls="--",
          label="11 steps: 2x(1) + x(2) − 5 = 0")
draw_points(ax, X, y)
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# **Figure in words.** A solid and a dashed line with different slopes both leave the two blue points on one side and the orange point on the other.
#
# **What to notice.** Eleven steps instead of seven, and 2x(1) + x(2) − 5 = 0 instead of x(1) + x(2) − 3 = 0. Both are right.
#
# **The idea.** The perceptron stops at the first line that makes no mistake. Which one that is depends on the start and on the order of the samples. The solution is not unique. (The support vector machine, 支持向量机, of chapter 7 asks for one particular line, the one farthest from the points.)

# %% [markdown] lang="zh"
# **图中所见。** 一条实线和一条虚线，斜率不同，都把两个蓝点留在一侧，把橙点留在另一侧。
#
# **值得注意。** 这次走了十一步而不是七步，得到 2x(1) + x(2) − 5 = 0，而不是 x(1) + x(2) − 3 = 0。两条直线都是对的。
#
# **要点。** 感知机遇到第一条不出错的直线就停下。究竟停在哪一条，取决于初值和样本的次序，所以解不唯一。（第7章的支持向量机要求的是一条特定的直线：离各点最远的那一条。）

# %% [markdown]
# ## Let `fit` do the walking
#
# `fit(X, y)` starts from zero and passes over all samples again and again. One pass is an epoch (轮). `shuffle=False` keeps the order of the rows; `tol=None` says: do not stop before `max_iter` epochs. With `max_iter=1, 2, …` you see the line at the end of each epoch.

# %% [markdown] lang="zh"
# ## 让 `fit` 自己走完全程
#
# `fit(X, y)` 从零出发，一遍又一遍地扫过所有样本，扫过一遍叫一轮（epoch）。`shuffle=False` 保持各行原来的次序；`tol=None` 的意思是：不到 `max_iter` 轮不停。依次取 `max_iter=1, 2, …`，就能看到每一轮结束时的直线。

# %%
for epochs in (1, 2, 3, 4, 5, 1000):
    m = Perceptron(max_iter=epochs, tol=None, shuffle=False).fit(X, y)
    print(f"{epochs:>4} epochs: w = {m.coef_[0]}, b = {m.intercept_[0]:g}, n_iter_ = {m.n_iter_}")

# %%
assert (*m.coef_[0], m.intercept_[0]) == (1, 1, -3)
assert m.n_iter_ == 1000

# %% [markdown]
# **What to notice.** Going round x1, x2, x3 makes the book's seven updates, and after five epochs nothing changes any more. The model then walks on for the rest of its 1000 epochs without a mistake: `n_iter_` says how far it walked, not when it was done.
#
# Now the defaults. `Perceptron()` shuffles the samples before each epoch; `random_state` chooses the shuffling. Count the lines that 20 shufflings give.

# %% [markdown] lang="zh"
# **值得注意。** 按 x1、x2、x3 循环，正好做出书中的七次更新；五轮之后不再有任何变化。模型把剩下的轮数走满 1000 轮，再没有出错：`n_iter_` 说的是走了多少轮，不是什么时候就已经学好。
#
# 再看默认设置。`Perceptron()` 在每一轮之前打乱样本，`random_state` 决定怎么打乱。数一数，20 种打乱方式给出哪些直线。

# %%
lines = [Perceptron(random_state=seed).fit(X, y) for seed in range(20)]
found = pd.Series([(*m.coef_[0].tolist(), m.intercept_[0].item()) for m in lines])
print(found.value_counts().to_string())

# %%
assert all((m.predict(X) == y).all() for m in lines)
assert found.nunique() >= 2
assert found[0] != (1, 1, -3)  # Perceptron() has random_state=0: not the book's line

# %% [markdown]
# **What to notice.** The same three points give several lines (w(1), w(2), b), all without a mistake. Plain `Perceptron()` is one of them, and it is not the book's. If you want the book's numbers, ask for the book's order: `Perceptron(tol=None, shuffle=False)`.

# %% [markdown] lang="zh"
# **值得注意。** 同样三个点，得到好几条直线（依次列出 w(1)、w(2)、b），全都没有错误。直接写 `Perceptron()` 得到的是其中之一，而且不是书中那一条。想得到书中的数字，就要指定书中的次序：`Perceptron(tol=None, shuffle=False)`。

# %% [markdown]
# ## Change the step size and see nothing
#
# Many learners turn the learning rate first. It is called `eta0` here. Try a hundred times smaller and sixteen times larger. What do you expect of the line?

# %% [markdown] lang="zh"
# ## 改变步长，什么也没发生
#
# 许多初学者最先去调的是学习率，它在这里叫 `eta0`。把它缩小到百分之一，再放大到十六倍。你预计直线会怎样？

# %%
for eta in (0.01, 0.25, 1, 16):
    m = Perceptron(eta0=eta, tol=None, shuffle=False).fit(X, y)
    print(f"eta0 = {eta:<5}: w = {m.coef_[0].round(4)}, b = {m.intercept_[0]:.4g}")
    assert np.allclose(m.coef_[0] / eta, [1, 1])
    assert np.isclose(m.intercept_[0] / eta, -3)

# %% [markdown]
# **What to notice.** All of them are x(1) + x(2) − 3 = 0, written with other numbers. From a zero start every step has the factor η, so $w$ and $b$ have it too, and no sign changes. So here the learning rate only scales. (With the default `tol` the model may also stop in another epoch, because `tol` does not scale along.)
#
# That changes when the start is not zero, because the start does not scale along. Some public code starts at $w=(1,1)$ with η = 0.1 and then cannot reproduce 表2.1. `fit` takes a start as `coef_init` and `intercept_init`.

# %% [markdown] lang="zh"
# **值得注意。** 它们都是 x(1) + x(2) − 3 = 0，只是写成了不同的数。从零出发时，每一步都带有因子 η，所以 $w$ 和 $b$ 也都带有这个因子，没有任何符号会改变。所以这里学习率只起缩放作用。（若用默认的 `tol`，停下的轮次还可能不同，因为 `tol` 不随之缩放。）
#
# 初值不为零时就不同了，因为初值不会跟着缩放。有些公开的代码从 $w=(1,1)$ 出发并取 η = 0.1，于是无论如何得不到表2.1。`fit` 可以用 `coef_init` 和 `intercept_init` 指定初值。

# %%
start = {"coef_init": [[1, 1]], "intercept_init": [0]}
small = Perceptron(eta0=0.1, tol=None, shuffle=False).fit(X, y, **start)
large = Perceptron(eta0=10, tol=None, shuffle=False).fit(X, y, **start)
for m in (small, large):
    print("w, b divided by w(1):", (m.coef_[0] / m.coef_[0, 0]).round(3),
          (m.intercept_ / m.coef_[0, 0]).round(3))

# %%
ends = [(m.intercept_ / m.coef_[0, 0])[0] for m in (small, large)]
assert abs(ends[0] - ends[1]) > 0.1
assert min(abs(end + 3) for end in ends) > 0.1  # neither is the book's line

# %% [markdown]
# **What to notice.** Same start w = (1, 1), b = 0, same order, two step sizes: two different lines, and neither is the book's. With a start other than zero, η matters.

# %% [markdown] lang="zh"
# **值得注意。** 初值同为 w = (1, 1)、b = 0，次序也相同，步长不同，得到的直线就不同，而且都不是书中那一条。初值不为零时，η 就有影响了。

# %% [markdown]
# ## Meet XOR, which no line separates
#
# Exercise 2.1 of the book (习题2.1) asks why the perceptron cannot represent exclusive or (异或, XOR): "one of the two, but not both". Four points, shown to the model one by one. Look at the last row.

# %% [markdown] lang="zh"
# ## 遇到任何直线都分不开的异或
#
# 习题2.1 问：感知机为什么不能表示异或（XOR）？异或的意思是“两者取其一，但不能都取”。把四个点逐个给模型看，注意最后一行。

# %%
X_xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y_xor = np.array([-1, 1, 1, -1])
circle = learn(X_xor, y_xor, [1, 2, 3, 4])
circle

# %%
assert (circle["y(w·x+b) before"] <= 0).all()
assert (circle.loc[4, ["w(1)", "w(2)", "b"]] == 0).all()
thousand = Perceptron(max_iter=1000, tol=None, shuffle=False).fit(X_xor, y_xor)
assert (thousand.coef_ == 0).all()
assert thousand.intercept_ == 0

# %% [markdown]
# **What to notice.** All four points are mistakes, and after the fourth, w and b are back at zero, where they began. (The last column says 4, because then all four lie "on the line".) The next epoch does the same, and so does the thousandth. The perceptron never settles (不收敛).
#
# **The idea, on paper.** Suppose a line separated XOR. Then
#
# $$w^{(2)}+b>0,\quad w^{(1)}+b>0,\quad b<0,\quad w^{(1)}+w^{(2)}+b<0.$$
#
# Add the first two: $w^{(1)}+w^{(2)}+2b>0$. Add the last two: $w^{(1)}+w^{(2)}+2b<0$. Both cannot hold, so there is no such line.
#
# **The idea, for any data.** "Is there a $w$ and a $b$ with $y_i(w\cdot x_i+b)\ge 1$ for all i?" is a list of linear inequalities, and linear programming (线性规划) decides such lists. (Any separating line can be scaled until the smallest $y_i(w\cdot x_i+b)$ is 1.) `linprog` looks for a vector v with `A_ub @ v <= b_ub` that makes a cost smallest; with cost 0 it only has to find one. It answers with `status`: 0 means found, 2 means there is none. `linprog` knows only ≤, so we multiply both sides by −1; `np.c_` puts a column of ones beside X, for b.

# %% [markdown] lang="zh"
# **值得注意。** 四个点全是错误，而第四步之后 w 和 b 回到了零，也就是出发的地方。（最后一列是 4，因为这时四个点都算“在直线上”。）下一轮照样重演，第一千轮也一样。感知机永远不收敛。
#
# **要点：在纸上证明。** 假设有一条直线能把异或的四个点分开，那么
#
# $$w^{(2)}+b>0,\quad w^{(1)}+b>0,\quad b<0,\quad w^{(1)}+w^{(2)}+b<0.$$
#
# 前两式相加得 $w^{(1)}+w^{(2)}+2b>0$，后两式相加得 $w^{(1)}+w^{(2)}+2b<0$。两者不能同时成立，所以这样的直线不存在。
#
# **要点：任意数据怎么判断。** “是否存在 $w$ 和 $b$，使得对所有 i 都有 $y_i(w\cdot x_i+b)\ge 1$？”这是一组线性不等式，线性规划（linear programming）正好能判定它有没有解。（任何一条能分开数据的直线，都可以适当缩放，使最小的 $y_i(w\cdot x_i+b)$ 等于 1。）`linprog` 在满足 `A_ub @ v <= b_ub` 的向量 v 中寻找使目标函数最小的一个；把目标函数取为 0，它只需找到一个可行的 v。它用 `status` 回答：0 表示找到了，2 表示不存在。`linprog` 只认 ≤，所以两边同乘 −1；`np.c_` 在 X 旁边添上一列 1，留给 b。

# %%
def separating_line(X, y):
    """w (D,) and b of a line without mistakes, or None when no such line exists."""
    A = -y[:, None] * np.c_[X, np.ones(len(X))]
    answer = linprog(np.zeros(A.shape[1]), A_ub=A, b_ub=-np.ones(len(X)), bounds=(None, None))
    assert answer.status in (0, 2), answer.message
    return (answer.x[:-1], answer.x[-1]) if answer.status == 0 else None

# %%
w_lp, b_lp = separating_line(X, y)
assert (y * (X @ w_lp + b_lp) > 0).all()
assert separating_line(X_xor, y_xor) is None
print("例2.1: a line exists. XOR: no line exists.")

# %% [markdown]
# **What to notice.** For 例2.1 it found a line, for XOR it proved that there is none. (`bounds=(None, None)` matters: without it `linprog` looks at v ≥ 0 only.) Use this check before you wait for a perceptron.
#
# What helps? Not more epochs: another feature. Give each point a third number, the product x(1)·x(2).

# %% [markdown] lang="zh"
# **值得注意。** 对例2.1，它找到了一条直线；对异或，它证明了没有这样的直线。（`bounds=(None, None)` 很要紧：不写它，`linprog` 只考虑 v ≥ 0。）在苦等感知机收敛之前，先做这个检查。
#
# 那么怎么办？不是多训练几轮，而是增加一个特征：给每个点加上第三个数，即乘积 x(1)·x(2)。

# %%
X_product = np.c_[X_xor, X_xor[:, 0] * X_xor[:, 1]]
assert separating_line(X_product, y_xor) is not None
errors = {}
for name, Z in (("two features", X_xor), ("with the product", X_product)):
    fits = [Perceptron(max_iter=k, tol=None, shuffle=False).fit(Z, y_xor) for k in range(1, 21)]
    errors[name] = [(m.predict(Z) != y_xor).sum() for m in fits]

# %%
assert min(errors["two features"]) == 2
assert errors["with the product"][8:] == [0] * 12
assert errors["with the product"][5:8] == [0, 0, 2]
assert fits[5].decision_function(X_product)[0] == fits[6].decision_function(X_product)[0] == 0
assert (fits[7].decision_function(X_product)[[1, 2]] == 0).all()  # epoch 8: the positive points

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9), width_ratios=(1.25, 1))
for (name, e), colour in zip(errors.items(), (plot.RED, plot.GREEN)):
    axes[0].plot(range(1, 21), e, "o-", ms=4, color=colour, label=name)
axes[0].set(xlabel="epoch", ylabel="misclassified points", yticks=[0, 1, 2],
            xticks=[1, 5, 10, 15, 20], title="XOR: the product feature ends the mistakes")
axes[0].legend(loc=(0.48, 0.6))
g1, g2 = np.meshgrid(np.linspace(-0.4, 1.4, 200), np.linspace(-0.4, 1.4, 200))
surface = np.tensordot(fits[-1].coef_[0], [g1, g2, g1 * g2], axes=1) + fits[-1].intercept_
axes[1].contourf(g1, g2, surface, levels=[-1e9, 0, 1e9], alpha=0.18,
                 colors=[plot.ORANGE, plot.BLUE])
axes[1].contour(g1, g2, surface, levels=[0], colors="black")
draw_points(axes[1], X_xor, y_xor)
axes[1].set(xlabel="x(1)", ylabel="x(2)", title="In two features: a curved border",
            aspect="equal")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the mistakes by epoch: with two features the curve stays at two of four points; with the product it drops to zero, jumps back once, and stays at zero from epoch 9. Right, in the old coordinates, two curved branches cut off a blue corner around each positive point; both negative points lie in the orange band between.
#
# **What to notice.** The model is still linear, in three features. In the two old ones its border is a curve. A better description of the data did what patience could not do. The jump back at epoch 8 is no error. After epochs 6 and 7 the point (0, 0) lies exactly on the border. `predict` calls that negative, which is right, but the algorithm counts it as a mistake and goes on correcting. After epoch 8 the two positive points lie on the border, and `predict` calls them negative too. (The table above says 4: it counts a score of 0 as a mistake, as the algorithm does. The figure counts wrong answers of `predict`, which calls 0 negative: two of four.)
#
# **Where it helps.** All of deep learning stands on this: a network *learns* features in which a last linear layer can separate.
#
# **Build your own (习题2.2).** The book asks you to make an example like 例2.1. Change the points or the labels below. The cell tells you first whether a line exists.

# %% [markdown] lang="zh"
# **图中所见。** 左图是各轮的错误个数：只用两个特征时，四个点里始终错两个；加上乘积之后，错误降到零，中途跳回一次，从第 9 轮起一直为零。右图回到原来的坐标：两条弯曲的边界在两个正实例点周围各切出一个蓝色的角，两个负实例点都在中间的橙色带里。
#
# **值得注意。** 模型仍然是线性的，只不过是在三个特征的空间里；回到原来的两个特征，它的边界是曲线。耐心做不到的事，换一种更好的数据表示就做到了。第 8 轮的回跳不是程序出错。第 6、7 轮结束时，点 (0, 0) 恰好在边界上：`predict` 判它为负类，判得对，但算法把它算作误分类，继续纠正。第 8 轮结束时，轮到两个正实例点落在边界上，`predict` 把它们也判成了负类。（上面的表里是 4，因为它和算法一样，把得分 0 算作误分类；图中数的是 `predict` 的错误，它把得分 0 判为负类，所以四个点错两个。）
#
# **用在哪里。** 整个深度学习都建立在这一点上：网络*学习*出一组特征，使得最后一个线性层能够把数据分开。
#
# **自己造一个例子（习题2.2）。** 书中要求你模仿例2.1 构造一个例子。改动下面的点或标记，单元会先告诉你直线是否存在。

# %%
X_mine = np.array([[1.0, 4.0], [2.0, 5.0], [4.0, 4.0], [2.0, 1.0], [5.0, 2.0]])
y_mine = np.array([1, 1, 1, -1, -1])
if separating_line(X_mine, y_mine) is None:
    print("No line exists: the perceptron would never settle.")
else:
    m = Perceptron(tol=None, shuffle=False, max_iter=10000).fit(X_mine, y_mine)
    print("w =", m.coef_[0], " b =", m.intercept_[0], " accuracy:", m.score(X_mine, y_mine))

# %% [markdown]
# ## Compare two pairs of flowers
#
# Real data now: Fisher's iris flowers (1936; in scikit-learn, from UCI, CC BY 4.0). 150 flowers, three species with 50 each, four lengths in centimetres. A perceptron knows two classes, so take pairs: setosa against versicolor, and versicolor against virginica. Ask first whether a line exists.

# %% [markdown] lang="zh"
# ## 比较两对鸢尾花
#
# 现在用真实数据：Fisher 的鸢尾花（1936 年；scikit-learn 自带，来自 UCI，CC BY 4.0 许可）。共 150 朵花，三种各 50 朵，每朵有四个长度，单位是厘米。感知机只认两类，所以两两配对：山鸢尾（setosa）对变色鸢尾（versicolor），变色鸢尾对维吉尼亚鸢尾（virginica）。先问：直线（超平面）存在吗？

# %%
iris = load_iris()
pairs = {}
for name, (low, high) in {"setosa / versicolor": (0, 1), "versicolor / virginica": (1, 2)}.items():
    rows = np.isin(iris.target, [low, high])
    pairs[name] = iris.data[rows], np.where(iris.target[rows] == high, 1, -1)
    exists = separating_line(*pairs[name]) is not None
    print(f"{name}: X {pairs[name][0].shape}, a separating hyperplane exists: {exists}")

# %% [markdown]
# Now train both for 1, 2, … 60 epochs, and look at the accuracy (准确率), the share of right answers, on the flowers that were used for training.

# %% [markdown] lang="zh"
# 下面对两对花分别训练 1、2、…、60 轮，观察在训练数据上的准确率（accuracy），即判对的比例。

# %%
curves = {name: [Perceptron(max_iter=k, tol=None).fit(A, t).score(A, t) for k in range(1, 61)]
          for name, (A, t) in pairs.items()}

# %%
assert min(curves["setosa / versicolor"][5:]) == 1
jumping = np.array(curves["versicolor / virginica"])
assert jumping.max() < 1
assert jumping[20:].max() - jumping[20:].min() > 0.1
assert np.abs(np.diff(jumping)).max() > 0.2

# %%
fig, ax = plt.subplots(figsize=(8, 3.8))
for (name, curve), colour in zip(curves.items(), (plot.GREEN, plot.RED)):
    ax.plot(range(1, 61), curve, "o-", ms=3, lw=1.2, color=colour, label=name)
ax.set(xlabel="epochs", ylabel="accuracy on the training data", ylim=(0.45, 1.03),
       title="Separable flowers settle; the others still jump after 60 epochs")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** The green curve for setosa and versicolor stands at 1. The red curve for versicolor and virginica jumps up and down between about 0.5 and 1 in all 60 epochs.
#
# It cannot come to rest: where no line exists, every line has a mistake, and every mistake moves the line.
#
# **What to notice.** One epoch more or less can cost you twenty flowers of a hundred. `fit` gives you its *last* line, not its best one. Where no separating line exists, that is a lottery.
#
# **The idea.** Each single state (the pair w, b after one sample) is thrown about by the last mistake, but the *mean* of all states is calm. The averaged perceptron (Freund and Schapire, 1999) keeps that mean. scikit-learn has it: `Perceptron` is `SGDClassifier` with some settings fixed, and `SGDClassifier` can average. `loss="perceptron"` is the loss above; a constant `eta0=1` and no penalty are what `Perceptron` fixes by default.

# %% [markdown] lang="zh"
# **图中所见。** 绿色曲线（setosa 与 versicolor）停在 1。红色曲线（versicolor 与 virginica）在大约 0.5 与 1 之间，60 轮里一直在跳。
#
# 它不可能停：既然没有能分开的直线，任何直线都有误分类点，而每个误分类点都会让直线再动一次。
#
# **值得注意。** 多训练一轮或少训练一轮，可能让一百朵花里多错二十朵。`fit` 交给你的是*最后*一条直线，不是最好的一条。如果数据分不开，这就成了抽奖。
#
# **要点。** 单个状态（看过一个样本之后的 w 和 b）总被最近的一次错误甩来甩去，但所有状态的*平均*是平稳的。平均感知机（averaged perceptron，Freund 与 Schapire，1999）保留的就是这个平均。scikit-learn 里就有：`Perceptron` 其实是固定了几个参数的 `SGDClassifier`，而 `SGDClassifier` 可以取平均。`loss="perceptron"` 就是前面的损失函数；步长恒为 `eta0=1`、没有惩罚项，正是 `Perceptron` 的默认设置。

# %%
as_sgd = dict(loss="perceptron", learning_rate="constant", eta0=1, penalty=None)
A, t = pairs["versicolor / virginica"]
last = [Perceptron(random_state=s).fit(A, t).score(A, t) for s in range(20)]
same = [SGDClassifier(**as_sgd, random_state=s).fit(A, t).score(A, t) for s in range(20)]
mean = [SGDClassifier(**as_sgd, average=True, random_state=s).fit(A, t).score(A, t)
        for s in range(20)]
print(f"last line: {min(last):.2f} to {max(last):.2f}")
print(f"mean line: {min(mean):.2f} to {max(mean):.2f}")

# %%
assert last == same
assert max(last) - min(last) > 0.25
assert max(mean) - min(mean) < 0.05
assert min(mean) > 0.93

# %% [markdown]
# **What to notice.** Over 20 shufflings the last line can be anything from a coin flip to excellent, on the training data. The mean of the states is good there every time, with the same data and the same updates.

# %% [markdown] lang="zh"
# **值得注意。** 在 20 种打乱方式下，在训练数据上，最后一条直线可以像抛硬币一样差，也可以非常好。而状态的平均每次都好；所用的数据和更新完全相同。

# %% [markdown]
# ## Scale real data before you learn
#
# The next data set has 569 tumours, 212 malignant (恶性) and 357 benign (良性), with 30 numbers measured on pictures of their cells (Breast Cancer Wisconsin Diagnostic: Wolberg, Mangasarian, Street and Street; in scikit-learn, from UCI, CC BY 4.0). Malignant is our +1. The features have very different sizes; look at a large one and a small one.

# %% [markdown] lang="zh"
# ## 训练之前先缩放真实数据
#
# 下一个数据集有 569 个肿瘤，212 个恶性（malignant），357 个良性（benign），每个肿瘤有 30 个由细胞图像测得的数（威斯康星乳腺癌诊断数据集，作者 Wolberg、Mangasarian、Street 等；scikit-learn 自带，来自 UCI，CC BY 4.0 许可）。我们把恶性记作 +1。各个特征的大小相差悬殊，先看一个大的和一个小的。

# %%
cancer = load_breast_cancer(as_frame=True)
F, t = cancer.data.to_numpy(), np.where(cancer.target == 0, 1, -1)
print(cancer.data[["worst area", "mean smoothness"]].agg(["mean", "min", "max"]).round(2))
share = (F**2).sum(axis=0) / (F**2).sum()
largest = np.argsort(share)[-2:]
print("The two largest:", *(f"{cancer.feature_names[i]} ({share[i]:.2f})" for i in largest))
print(f"Their share in ‖x‖²: {share[largest].sum():.3f}")

# %%
assert share[largest].sum() > 0.95

# %% [markdown]
# An update adds the whole point to $w$. So two of the thirty features get nearly all of the movement, and the bias, which moves by 1, gets none that counts. `StandardScaler` takes from each feature its mean and divides by its standard deviation (标准差). In a pipeline (流水线) it learns mean and deviation from the training part only, so nothing of the test part leaks in. Compare on 20 random splits: what do you expect?

# %% [markdown] lang="zh"
# 一步更新把整个点加到 $w$ 上。于是三十个特征中有两个几乎包揽了全部的变化，而每次只移动 1 的偏置几乎等于没动。`StandardScaler` 把每个特征减去均值，再除以标准差。放进流水线（pipeline）之后，均值和标准差只从训练部分学得，测试部分的信息不会泄漏进来。在 20 次随机划分上比较：你预计会怎样？

# %%
splits = [train_test_split(F, t, test_size=0.3, stratify=t, random_state=s) for s in range(20)]


def test_scores(model):
    return np.array([model.fit(Fa, ta).score(Fb, tb) for Fa, Fb, ta, tb in splits])


averaged = SGDClassifier(**as_sgd, average=True, random_state=0)
scores = {
    "raw": test_scores(Perceptron()),
    "scaled": test_scores(make_pipeline(StandardScaler(), Perceptron())),
    "scaled, averaged": test_scores(make_pipeline(StandardScaler(), averaged)),
}
print(pd.DataFrame(scores).agg(["mean", "min", "max"]).T.round(3))

# %%
benign = (t == -1).mean()  # always saying "benign" is right this often
assert round(benign, 2) == 0.63
assert (scores["scaled"] > scores["raw"]).sum() >= 18
assert scores["scaled"].mean() - scores["raw"].mean() > 0.05
assert scores["raw"].min() < 0.6 < 0.88 < scores["scaled"].min()
assert scores["scaled, averaged"].mean() - scores["scaled"].mean() > 0.004

# %%
fig, ax = plt.subplots(figsize=(8, 3.2))
for row, s in enumerate(scores.values()):
    ax.scatter(s, row + np.linspace(-0.16, 0.16, 20), s=24, color=plot.COLOURS[row], alpha=0.8)
    ax.plot([s.mean()] * 2, [row - 0.3, row + 0.3], color="black")
ax.axvline(benign, color="#666666", ls=":")
ax.text(benign - 0.008, -0.38, "always “benign”", ha="right", va="center", fontsize=10)
ax.set(yticks=range(3), yticklabels=list(scores), ylim=(2.5, -0.6),
       xlabel="accuracy on the test part (20 splits; bar: mean)",
       title="Scaling lifts the mean and ends the disasters")
plt.show()

# %% [markdown]
# **Figure in words.** Three rows of twenty dots. The raw data scatter from below 0.6 to above 0.9. Scaled, all lie near 0.9 or higher. Averaged, they shift a little further to the right. A dotted line marks what the answer "benign" for everyone would reach.
#
# **What to notice.** On the raw data some splits end below 0.63, the accuracy that "always benign" reaches without learning anything. After scaling none does. Averaging adds a little more.
#
# Different shufflings again give different lines. Measure it: the angle between two weight vectors, and the test accuracy, for 20 values of `random_state` on one split.

# %% [markdown] lang="zh"
# **图中所见。** 三行，每行二十个点。原始数据的点从 0.6 以下散布到 0.9 以上；缩放之后，所有的点都在 0.9 附近或更高；取平均之后，又略微右移。虚线标出对所有人都答“良性”时的准确率。
#
# **值得注意。** 用原始数据，有几次划分的结果低于 0.63，而什么都不学、总说“良性”也能达到 0.63。缩放之后，再没有这样的情况。取平均又好了一点。
#
# 不同的打乱方式同样给出不同的直线。来量一量：在同一次划分上取 20 个 `random_state`，看任意两个权值向量之间的夹角，以及测试准确率。

# %%
Fa, Fb, ta, tb = splits[0]
scaler = StandardScaler().fit(Fa)
models = [Perceptron(random_state=s).fit(scaler.transform(Fa), ta) for s in range(20)]
W = np.array([m.coef_[0] / np.linalg.norm(m.coef_[0]) for m in models])
angles = np.degrees(np.arccos((W @ W.T)[np.triu_indices(20, k=1)]))  # each pair once
accuracy = [m.score(scaler.transform(Fb), tb) for m in models]
print(f"angles: {angles.min():.0f}° to {angles.max():.0f}°")
print(f"test accuracy: {min(accuracy):.2f} to {max(accuracy):.2f}")

# %%
assert angles.min() > 5
assert max(accuracy) - min(accuracy) > 0.03

# %% [markdown]
# **What to notice.** No two of the 20 agree. The choice of the seed alone moves the test accuracy by several points, so do not praise a gain of one or two points from a single run. Compare on many splits, as above.
#
# One more question. Is this data set linearly separable? `separating_line` knows. Then give the perceptron up to 2000 epochs.

# %% [markdown] lang="zh"
# **值得注意。** 20 个结果两两不同。仅仅换一个随机种子，测试准确率就会变动好几个百分点，所以，单跑一次就提高一两个百分点，先别急着叫好；要像上面那样，在许多次划分上比较。
#
# 还有一个问题：这个数据集线性可分吗？`separating_line` 知道答案。然后让感知机最多训练 2000 轮。

# %%
F_scaled = StandardScaler().fit_transform(F)
w_lp, b_lp = separating_line(F_scaled, t)
assert (t * (F_scaled @ w_lp + b_lp) > 0).all()
print("A separating hyperplane exists for all 569 tumours.")
for epochs in (20, 200, 2000):
    m = Perceptron(max_iter=epochs, tol=None).fit(F_scaled, t)
    print(f"{epochs:>4} epochs: {(m.predict(F_scaled) != t).sum()} mistakes")
    assert (m.predict(F_scaled) != t).sum() > 0

# %% [markdown]
# **What to notice.** The hyperplane exists; the linear program found it in a moment. The perceptron still makes mistakes after 2000 epochs. To exist is one thing, to be found soon is another. "Beyond the roadmap" shows how little the theory promises here.
#
# And do the last training mistakes matter? On the 20 splits, 1000 epochs make fewer training mistakes than the default, but the test accuracy stays where it was:

# %% [markdown] lang="zh"
# **值得注意。** 分离超平面是存在的，线性规划一眨眼就找到了；而感知机训练 2000 轮之后仍有错误。存在是一回事，很快找到是另一回事。“路线图之外”一节会看到，理论在这里能保证的有多么少。
#
# 那么，训练集上最后的几个错误要紧吗？在 20 次划分上，训练 1000 轮比默认设置的训练错误更少，但测试准确率没有变化：

# %%
patient = make_pipeline(StandardScaler(), Perceptron(tol=None))
quick = make_pipeline(StandardScaler(), Perceptron())
train = {name: np.mean([m.fit(Fa, ta).score(Fa, ta) for Fa, _, ta, _ in splits])
         for name, m in (("default", quick), ("1000 epochs", patient))}
test = {"default": scores["scaled"].mean(), "1000 epochs": test_scores(patient).mean()}
print(pd.DataFrame({"train": train, "test": test}).round(3))

# %%
assert train["1000 epochs"] - train["default"] > 0.01
assert abs(test["1000 epochs"] - test["default"]) < 0.008

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out.**
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D), numbers | whole numbers become float64, float32 stays; sparse matrices allowed; NaN or text: `ValueError` |
# | in | `y` | (N,), any labels | two classes: one line; C > 2 classes: C lines, each "this class against the rest" |
# | in | `coef_init`, `intercept_init`, `sample_weight` | (1, D), (1,), (N,) | extra arguments of `fit`: a start other than zero, a weight for each sample |
# | out | `coef_`, `intercept_` | (1, D), (1,); (C, D), (C,) for C > 2 | $w$ and $b$ |
# | out | `classes_` | (C,) | sorted labels; a score > 0 means `classes_[1]`, any other score, also 0, means `classes_[0]` |
# | out | `n_iter_` | number | epochs walked, not epochs needed |
# | out | `t_` | number | samples looked at, plus 1; *not* the number of updates |
# | out | `decision_function(X)` | (N,) | $w\cdot x+b$; divide by $\lVert w\rVert$ for distances |
# | out | `predict(X)`, `score(X, y)` | (N,), number | labels, accuracy; there is no `predict_proba` |

# %% [markdown] lang="zh"
# ## 参数
#
# **输入什么，输出什么。**
#
# | | 名称 | 形状与类型 | 说明 |
# |---|---|---|---|
# | 输入 | `X` | (N, D)，数值 | 整数会转成 float64，float32 保持不变；允许稀疏矩阵；含 NaN 或文本时报 `ValueError` |
# | 输入 | `y` | (N,)，任意标记 | 两类：一条直线；C > 2 类：C 条直线，每条都是“这一类对其余各类” |
# | 输入 | `coef_init`、`intercept_init`、`sample_weight` | (1, D)、(1,)、(N,) | `fit` 的附加参数：非零的初值；每个样本的权重 |
# | 输出 | `coef_`、`intercept_` | (1, D)、(1,)；C > 2 时为 (C, D)、(C,) | 即 $w$ 和 $b$ |
# | 输出 | `classes_` | (C,) | 排好序的标记；得分 > 0 时判为 `classes_[1]`，其余情形（包括 0）判为 `classes_[0]` |
# | 输出 | `n_iter_` | 一个数 | 走过的轮数，不是所需的轮数 |
# | 输出 | `t_` | 一个数 | 看过的样本次数加 1，*不是*更新次数 |
# | 输出 | `decision_function(X)` | (N,) | $w\cdot x+b$，除以 $\lVert w\rVert$ 才是（带符号的）距离 |
# | 输出 | `predict(X)`、`score(X, y)` | (N,)、一个数 | 标记、准确率；没有 `predict_proba` |

# %%
m = Perceptron(tol=None, shuffle=False).fit(X, y)
print("coef_", m.coef_.shape, " intercept_", m.intercept_.shape)
print("classes_", m.classes_, " n_iter_", m.n_iter_, " t_", m.t_)

# %%
assert m.t_ == 1000 * 3 + 1  # 3001 looks, though only 7 updates
assert not hasattr(m, "predict_proba")
assert Perceptron().fit(X.astype(np.float32), y).coef_.dtype == np.float32
assert Perceptron().fit(csr_matrix(X), y).coef_.shape == (1, 2)
assert Perceptron().fit(iris.data, iris.target).coef_.shape == (3, 4)
assert m.decision_function([[1.5, 1.5]]) == 0
assert m.predict([[1.5, 1.5]]) == -1  # the book's sign(0) is +1

# %%
for bad in ([[np.nan, 1], [2, 2]], [["red", 1], [2, 2]]):
    try:
        Perceptron().fit(bad, [1, -1])
    except ValueError as error:
        print("ValueError:", str(error).splitlines()[0])
    else:
        raise AssertionError("no error")

# %% [markdown]
# **What you can turn.**
#
# | parameter | default | effect |
# |---|---|---|
# | `max_iter` | 1000 | most epochs in `fit`; `partial_fit` ignores it |
# | `tol` | 0.001 | stop when the mean loss of an epoch has not beaten the best one by `tol` in `n_iter_no_change` epochs in a row; `None`: never. See trap 1 |
# | `n_iter_no_change` | 5 | that number of epochs |
# | `shuffle` | True | new order in each epoch; False: the order of the rows, as in 例2.1 |
# | `random_state` | 0 | which shuffling; another number, another line |
# | `eta0` | 1 | step η; only scales from a zero start, without penalty and with `tol=None` (`tol` does not scale along, so it may stop in another epoch) |
# | `fit_intercept` | True | False: b = 0, the line goes through the origin |
# | `penalty` | None | "l2" pulls all weights towards 0, "l1" sets some to 0, "elasticnet" mixes |
# | `alpha` | 0.0001 | strength of the penalty; nothing without one |
# | `l1_ratio` | 0.15 | share of l1 in "elasticnet"; nothing otherwise |
# | `class_weight` | None | factor on the step for each class, as `{1: 10, -1: 1}` or "balanced" |
# | `early_stopping` | False | True: hold back a part of the training data, stop when its *accuracy* no longer grows |
# | `validation_fraction` | 0.1 | that part; nothing without `early_stopping` |
# | `warm_start` | False | True: `fit` goes on from the last line instead of zero |
# | `n_jobs`, `verbose` | None, 0 | processors for C > 2 classes; printing |
#
# Three parameters do nothing until another is set. Prove it. Then see what `fit_intercept=False`, `class_weight` and `warm_start=True` do to 例2.1.

# %% [markdown] lang="zh"
# **可以调什么。**
#
# | 参数 | 默认值 | 作用 |
# |---|---|---|
# | `max_iter` | 1000 | `fit` 最多训练的轮数；对 `partial_fit` 不起作用 |
# | `tol` | 0.001 | 若连续 `n_iter_no_change` 轮，平均损失都没有比历史最好值低 `tol`，就停止；`None` 表示不因此停止。见陷阱一 |
# | `n_iter_no_change` | 5 | 上一行中的轮数 |
# | `shuffle` | True | 每一轮换一种次序；False 则保持各行的次序，如例2.1 |
# | `random_state` | 0 | 用哪一种打乱方式；换一个数，就换一条直线 |
# | `eta0` | 1 | 步长 η；初值为零、没有惩罚项且 `tol=None` 时只起缩放作用（`tol` 不随之缩放，停下的轮次可能不同） |
# | `fit_intercept` | True | False 则 b = 0，直线过原点 |
# | `penalty` | None | "l2" 把所有权值往 0 拉，"l1" 使一部分权值变为 0，"elasticnet" 是两者的混合 |
# | `alpha` | 0.0001 | 惩罚项的强度；没有惩罚项时不起作用 |
# | `l1_ratio` | 0.15 | "elasticnet" 中 l1 所占的比例；其他情形不起作用 |
# | `class_weight` | None | 各类的步长乘上的因子，如 `{1: 10, -1: 1}` 或 "balanced" |
# | `early_stopping` | False | True 则留出一部分训练数据，当这部分的*准确率*不再提高时停止 |
# | `validation_fraction` | 0.1 | 留出的比例；没有 `early_stopping` 时不起作用 |
# | `warm_start` | False | True 则 `fit` 从上一次的直线继续，而不是从零开始 |
# | `n_jobs`、`verbose` | None、0 | C > 2 类时使用的处理器个数；打印信息 |
#
# 有三个参数，不配合别的参数就毫无作用，下面来证明。再看 `fit_intercept=False`、`class_weight` 和 `warm_start=True` 对例2.1 有什么影响。

# %%
reference = Perceptron().fit(F_scaled, t).coef_
for idle in ({"alpha": 10}, {"l1_ratio": 0.9}, {"validation_fraction": 0.5}):
    assert np.array_equal(Perceptron(**idle).fit(F_scaled, t).coef_, reference), idle

# %%
origin = Perceptron(fit_intercept=False, tol=None).fit(X, y)
assert (origin.predict(X) != y).any()  # x1 = 3·x3: no line through 0 parts them

# %%
double = Perceptron(class_weight={1: 2, -1: 1}).partial_fit(X[[0]], y[[0]], classes=[-1, 1])
assert (*double.coef_[0], double.intercept_[0]) == (6, 6, 2)  # twice the step of row 1

# %%
step = Perceptron(max_iter=1, tol=None, shuffle=False, warm_start=True)
states = [(*step.fit(X, y).coef_[0], step.intercept_[0]) for _ in range(5)]
assert states == [(2, 2, 0), (1, 1, -1), (0, 0, -2), (2, 2, -2), (1, 1, -3)]
print("Five warm fits of one epoch each walk through the epochs of 例2.1.")

# %% [markdown]
# Now turn one parameter at a time on the tumours, always scaled, on the same 20 splits. Four numbers for each setting: test accuracy; recall (召回率), the share of the malignant tumours that is found; epochs walked; weights that are not 0.

# %% [markdown] lang="zh"
# 现在用肿瘤数据，始终先缩放，在同样的 20 次划分上每次只改一个参数。每种设置看四个数：测试准确率；召回率（recall），即恶性肿瘤中被找出来的比例；走过的轮数；不为 0 的权值个数。

# %%
settings = {
    "default": {}, "max_iter=1": {"max_iter": 1, "tol": None}, "tol=None": {"tol": None},
    "shuffle=False": {"shuffle": False}, "eta0=0.1": {"eta0": 0.1},
    "fit_intercept=False": {"fit_intercept": False}, "early_stopping": {"early_stopping": True},
    "l2, alpha=0.001": {"penalty": "l2", "alpha": 0.001},
    "l2, alpha=0.1": {"penalty": "l2", "alpha": 0.1},
    "l1, alpha=0.001": {"penalty": "l1", "alpha": 0.001},
    "l1, alpha=0.01": {"penalty": "l1", "alpha": 0.01},
    "malignant × 10": {"class_weight": {1: 10, -1: 1}},
    "benign × 10": {"class_weight": {1: 1, -1: 10}},
}

# %%
effect = {}
for name, options in settings.items():
    for Fa, Fb, ta, tb in splits:
        pipe = make_pipeline(StandardScaler(), Perceptron(**options)).fit(Fa, ta)
        hit, p = pipe.predict(Fb) == tb, pipe[-1]
        numbers = hit.mean(), hit[tb == 1].mean(), p.n_iter_, np.count_nonzero(p.coef_)
        effect.setdefault(name, []).append(numbers)
effect = {name: np.array(values) for name, values in effect.items()}

# %%
fig, axes = plt.subplots(1, 4, figsize=(8.8, 4.6), sharey=True)
panels = ("test accuracy", "recall, malignant", "epochs walked", "weights ≠ 0")
for k, (ax, label) in enumerate(zip(axes, panels)):
    for row, values in enumerate(effect.values()):
        v = values[:, k]
        ax.plot([v.min(), v.max()], [row, row], color=plot.SKY, lw=3)
        ax.plot(v.mean(), row, "o", color=plot.BLUE)
    ax.set_xlabel(label)
axes[0].set(yticks=range(len(effect)), yticklabels=list(effect), ylim=(len(effect) - 0.5, -0.5))
axes[1].set_xticks([0.25, 0.5, 0.75])
axes[2].set_xscale("log")
fig.suptitle("Only a strong penalty and class weights move the scores (dot: mean, bar: range)",
             x=0.01, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Thirteen settings in rows, four numbers in columns. Test accuracy and recall are alike for most rows; they drop for the strong penalties, and the class weights move recall up or down. Epochs are about ten except for max_iter=1 and tol=None. Only l1 brings the number of weights below 30.
#
# **What to notice.** Most settings change the mean accuracy by less than one point. Three effects are clear on most splits: l1 with alpha = 0.01 leaves only a few of the 30 weights and pays with accuracy; a strong l2 costs accuracy too; a larger step for the malignant class finds more malignant tumours and raises more false alarms (its accuracy falls although it finds more).

# %% [markdown] lang="zh"
# **图中所见。** 每行一种设置，共十三行；每列一个数，共四列。多数行的测试准确率和召回率相差无几；强惩罚使它们下降，类别权重使召回率升高或降低。除 max_iter=1 和 tol=None 外，轮数都在十轮上下。只有 l1 使非零权值少于 30 个。
#
# **值得注意。** 大多数设置使准确率的均值变动不到一个百分点。有三项影响在多数划分上都很清楚：alpha = 0.01 的 l1 只留下 30 个权值中的几个，代价是准确率下降；强的 l2 也损失准确率；加大恶性一类的步长，能找出更多的恶性肿瘤，也带来更多的误报（找到的更多，准确率却下降）。

# %%
means = pd.DataFrame({n: v.mean(axis=0) for n, v in effect.items()}, index=panels).T
means.loc[["default", *list(means.index)[-5:]]].round(3)

# %%
assert means.loc["l1, alpha=0.01", "weights ≠ 0"] < 10
assert means["test accuracy"]["default"] - means["test accuracy"]["l2, alpha=0.1"] > 0.03
assert means["test accuracy"]["default"] - means["test accuracy"]["l1, alpha=0.01"] > 0.01
assert means["recall, malignant"]["malignant × 10"] > means["recall, malignant"]["default"] + 0.01
assert means["recall, malignant"]["benign × 10"] < means["recall, malignant"]["default"] - 0.01
assert means["test accuracy"]["malignant × 10"] < means["test accuracy"]["default"]
calm = means["test accuracy"].drop(["l2, alpha=0.1", "l1, alpha=0.01", "malignant × 10"])
assert (calm - calm["default"]).abs().max() < 0.01
assert not np.array_equal(effect["eta0=0.1"], effect["default"])  # `tol` does not scale along

# %%
change = {name: values - effect["default"] for name, values in effect.items()}  # split by split
assert (change["l2, alpha=0.1"][:, 0] < 0).sum() >= 18
assert (change["l1, alpha=0.01"][:, 0] < 0).sum() >= 13
assert (change["malignant × 10"][:, 1] > 0).sum() >= 15
assert (change["malignant × 10"][:, 0] < 0).sum() >= 15

# %% [markdown]
# ## Traps
#
# ### Trap 1: the default stops before the goal
#
# Some public code for this chapter trains on two features of two iris species, sepal length and width of setosa and versicolor, and is surprised by a flower on the wrong side. Is the data to blame? Ask `separating_line`, then fit with the default `tol` and with `tol=None`, 20 shufflings each.

# %% [markdown] lang="zh"
# ## 陷阱
#
# ### 陷阱一：默认设置没到终点就停下
#
# 本章有一些公开的代码，取两种鸢尾花（setosa 和 versicolor）的两个特征（花萼长度和花萼宽度）来训练，结果发现总有一朵花分错。是数据的问题吗？先问 `separating_line`，再分别用默认的 `tol` 和 `tol=None` 各训练一遍，每种取 20 种打乱方式。

# %%
A, t2 = pairs["setosa / versicolor"][0][:, :2], pairs["setosa / versicolor"][1]
assert separating_line(A, t2) is not None
early = [Perceptron(random_state=s).fit(A, t2) for s in range(20)]
full = [Perceptron(random_state=s, tol=None).fit(A, t2) for s in range(20)]
wrong_early = [int((m.predict(A) != t2).sum()) for m in early]
wrong_full = [int((m.predict(A) != t2).sum()) for m in full]
print("A line exists. Mistakes in 20 fits:")
print("default tol:", *wrong_early)
print("tol=None:   ", *wrong_full)

# %%
assert min(wrong_early) >= 1
assert max(wrong_full) == 0

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.0), sharey=True)
for ax, ms, title in ((axes[0], early, "Default tol: every line misses some flowers"),
                      (axes[1], full, "tol=None: every line separates")):
    ax.set(xlim=(4, 7.2), ylim=(1.8, 4.6), xlabel="sepal length (cm)")
    ax.set_title(title, fontsize=11)
    for m in ms:
        draw_line(ax, m.coef_[0], m.intercept_[0], color="#555555", lw=0.8, alpha=0.7)
    draw_points(ax, A, t2, size=22)
axes[0].set_ylabel("sepal width (cm)")
axes[1].legend(axes[1].collections, ["versicolor", "setosa"], loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Flowers by sepal length and width, setosa as orange squares, versicolor as blue circles. Left, twenty lines in a wide fan; many run through the flowers. Right, twenty lines lie close together in the gap between the classes.
#
# **What to notice.** A line exists, and the default missed it in all 20 fits, without a warning. The loss of a perceptron jumps from epoch to epoch. A few bad epochs in a row look like "no progress" to the stopping rule, and `fit` returns a line that still errs. On XOR it stops after 6 epochs, still at w = 0, and says nothing:

# %% [markdown] lang="zh"
# **图中所见。** 横轴是花萼长度，纵轴是花萼宽度；橙色方块是 setosa，蓝色圆点是 versicolor。左图：二十条直线散成一把宽扇，许多条从花中间穿过。右图：二十条直线挤在一起，都从两类之间的缝隙里穿过。
#
# **值得注意。** 直线是存在的，而默认设置在全部 20 次训练中都没有找到它，也没有任何警告。感知机的损失在各轮之间跳动很大，连着几轮不好，停止准则就以为“没有进展”，于是 `fit` 返回一条仍有错误的直线。在异或上，它走了 6 轮就停下，仍在 w = 0，而且一声不响：

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    stuck = Perceptron().fit(X_xor, y_xor)
    short = Perceptron(max_iter=3).fit(X, y)
print("XOR:", stuck.coef_[0], stuck.intercept_, " epochs:", stuck.n_iter_)
print("warnings:", [w.category.__name__ for w in caught], "(from max_iter=3 on 例2.1, not from XOR)")

# %%
assert len(caught) == 1
assert caught[0].category is ConvergenceWarning
assert (stuck.coef_ == 0).all()
assert stuck.n_iter_ == 6

# %% [markdown]
# **Right.** On data that you know is separable: `tol=None`, enough epochs, and then *look* whether `score(X, y)` is 1. On other data: average, and judge on test data.
#
# ### Trap 2: a sorted file without shuffling
#
# The iris file lists one species after the other. Train versicolor against virginica for 20 epochs with and without shuffling:

# %% [markdown] lang="zh"
# **正确做法。** 如果已知数据线性可分：设 `tol=None`，给足轮数，然后*看一眼* `score(X, y)` 是不是 1。其他情形（不可分或不知道）：取平均，并用测试数据来评价。
#
# ### 陷阱二：文件已按类别排好序，又不打乱
#
# 鸢尾花的文件是一种接着一种排列的。用 versicolor 对 virginica 训练 20 轮，比较打乱与不打乱：

# %%
A, t3 = pairs["versicolor / virginica"]
ordered = Perceptron(max_iter=20, tol=None, shuffle=False).fit(A, t3)
shuffled = [Perceptron(max_iter=20, tol=None, random_state=s).fit(A, t3).score(A, t3)
            for s in range(10)]
print(f"file order: {ordered.score(A, t3):.2f}   shuffled: {np.mean(shuffled):.2f} (mean of 10)")

# %%
assert (ordered.predict(A) == 1).all()  # "virginica" for every flower
assert np.mean(shuffled) > 0.75

# %% [markdown]
# **What to notice.** Fifty flowers of one class in a row pull the line so far that it calls everything by the last class. `shuffle=False` is for retracing a book, not for data. (The tumours come mixed, so there it did no harm.) For `partial_fit` this is your job: shuffle the rows before you feed them.
#
# ### Trap 3: metres instead of centimetres
#
# Setosa and versicolor with all four features settle in a few epochs. Divide the numbers by 100, as if a colleague had measured in metres.

# %% [markdown] lang="zh"
# **值得注意。** 同一类的五十朵花接连出现，把直线拉得太远，结果所有的花都被判成最后那一类。`shuffle=False` 是用来重现书中例题的，不是用来处理数据的。（肿瘤数据本来就是混排的，所以那里没有受害。）用 `partial_fit` 时，这件事要你自己做：送进去之前先把行打乱。
#
# ### 陷阱三：用米代替厘米
#
# 四个特征全用时，setosa 与 versicolor 几轮就能收敛。现在把所有的数除以 100，就好像有位同事改用米来测量。

# %%
A, t2 = pairs["setosa / versicolor"]


def mistakes(Z, scale=False, **options):
    fits = [Perceptron(random_state=s, **options) for s in range(10)]
    fits = [make_pipeline(StandardScaler(), m) if scale else m for m in fits]
    return [int((m.fit(Z, t2).predict(Z) != t2).sum()) for m in fits]

# %%
in_metres = mistakes(A / 100)
patient_metres = mistakes(A / 100, tol=None)
rescued = mistakes(A / 100, scale=True)
print("centimetres:     ", *mistakes(A))
print("metres:          ", *in_metres)
print("metres, tol=None:", *patient_metres)
print("metres, scaled:  ", *rescued)

# %%
assert min(in_metres) >= 1
assert max(patient_metres) == max(rescued) == 0

# %% [markdown]
# **What to notice.** Only the unit changed, and all ten fits fail. The bias still moves by 1 a step, which is now huge beside features of a few hundredths, so the walk is long. And the losses have shrunk a hundredfold while `tol` has not, so the stopping rule sees no progress. `tol=None` and patience help; `StandardScaler` removes the cause.
#
# ### Trap 4: a list of weights that all change
#
# You want to record how $w$ moves in 例2.1:

# %% [markdown] lang="zh"
# **值得注意。** 只是换了单位，十次训练就全部失败。偏置每步仍然移动 1，与百分之几大小的特征相比太大了，所以要走很长的路；同时损失缩小了一百倍，`tol` 却没有跟着缩小，停止准则便认为没有进展。设 `tol=None` 再加上耐心，可以解决；`StandardScaler` 则从根源上消除问题。
#
# ### 陷阱四：列表里的权值一起变
#
# 你想记录例2.1 中 $w$ 的变化过程：

# %%
model, bad, good = Perceptron(), [], []
for i in (0, 2, 2):
    model.partial_fit(X[[i]], y[[i]], classes=[-1, 1])
    bad.append(model.coef_[0])
    good.append(model.coef_[0].copy())
print("without copy:", *bad, "  with copy:", *good)

# %%
assert (np.array(good) == [[3, 3], [2, 2], [1, 1]]).all()
assert (np.array(bad) == [1, 1]).all()

# %% [markdown]
# **What to notice.** `partial_fit` writes into the same array each time. Without `.copy()` your list holds one array three times.

# %% [markdown] lang="zh"
# **值得注意。** `partial_fit` 每次都写进同一个数组。不加 `.copy()`，你的列表里装的是同一个数组，重复了三次。

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part. Read it when you want to know why the perceptron stops at all, or meet the dual form in section 2.3.3.
#
# ### Count the uses of each point: the dual form (例2.2)
#
# Every update adds $\eta y_ix_i$. If point i was used $n_i$ times, and $\alpha_i=n_i\eta$, then in the end
#
# $$w=\sum_i\alpha_iy_ix_i,\qquad b=\sum_i\alpha_iy_i.$$
#
# So you can store the counts α instead of w. To score a point you then need only dot products between samples, and these stand in the Gram matrix (Gram矩阵) $G=[x_i\cdot x_j]$. That is the dual form (对偶形式), 算法2.2. scikit-learn has no dual perceptron, so here it is, with η = 1.

# %% [markdown] lang="zh"
# ## 路线图之外
#
# 路线图不要求这一部分。当你想知道感知机究竟为什么会停下来，或者读到 2.3.3 节的对偶形式时，再来读它。
#
# ### 数一数每个点用了几次：对偶形式（例2.2）
#
# 每次更新都加上 $\eta y_ix_i$。如果第 i 个点被用了 $n_i$ 次，令 $\alpha_i=n_i\eta$，那么最后
#
# $$w=\sum_i\alpha_iy_ix_i,\qquad b=\sum_i\alpha_iy_i.$$
#
# 所以可以不存 w，只存次数 α。这时计算一个点的得分，只需要样本之间的内积，而这些内积都写在 Gram 矩阵 $G=[x_i\cdot x_j]$ 里。这就是对偶形式，即算法2.2。scikit-learn 没有对偶形式的感知机，所以写在这里，取 η = 1。

# %%
def dual_perceptron(G, y, max_epochs=1000):
    """G (N, N) dot products → alpha (N,), and a row (point, *alpha, b) for each update."""
    alpha, rows = np.zeros(len(y), dtype=int), []
    for _ in range(max_epochs):
        before = len(rows)
        for i in range(len(y)):
            if y[i] * ((alpha * y) @ G[i] + alpha @ y) <= 0:
                alpha[i] += 1
                rows.append((f"x{i + 1}", *alpha, alpha @ y))
        if len(rows) == before:  # an epoch without a mistake
            break
    return alpha, rows

# %%
G = X @ X.T
alpha, rows = dual_perceptron(G, y)
pd.DataFrame(rows, columns=["point", "α1", "α2", "α3", "b"], index=range(1, 8)).T

# %%
assert (G == [[18, 21, 6], [21, 25, 7], [6, 7, 2]]).all()
assert ((alpha * y) @ X == [1, 1]).all()
assert rows == [("x1", 1, 0, 0, 1), ("x3", 1, 0, 1, 0), ("x3", 1, 0, 2, -1), ("x3", 1, 0, 3, -2),
                ("x1", 2, 0, 3, -1), ("x3", 2, 0, 4, -2), ("x3", 2, 0, 5, -3)]

# %% [markdown]
# **What to notice.** The same seven updates as in 例2.1, now as counts: w = 2x1 − 5x3 = (1, 1), b = 2 − 5 = −3. α2 = 0: the point x2 was never needed.
#
# ### Correct a misprint in 表2.2
#
# The table above is right. In the 1st edition, as public scans of it show, column k = 4 of 表2.2 reads: x3, α = (2, 0, 2), b = 0. That cannot be. Let the cell find out how it came about.

# %% [markdown] lang="zh"
# **值得注意。** 与例2.1 相同的七次更新，只是改用次数来记：w = 2x1 − 5x3 = (1, 1)，b = 2 − 5 = −3。α2 = 0，说明点 x2 从未用到。
#
# ### 更正表2.2 的一处印刷错误
#
# 上面的表是对的。从公开的扫描页看，第1版的表2.2 在 k = 4 一列印作：x3，α = (2, 0, 2)，b = 0。这不可能。让代码单元来查明错误是怎么来的。

# %%
a3, b3 = np.array([1, 0, 2]), -1                         # column 3, printed correctly
margin3 = y * (G @ (a3 * y) + b3)
print("y(w·x + b) after column 3:", margin3)

# %%
assert margin3[0] == 5
assert (margin3 <= 0).tolist() == [False, False, True]   # only x3 can be used next
assert (a3 + [0, 0, 1]).tolist() == [1, 0, 3]            # using x3 gives this, and b = −2
assert (a3 + [1, 0, 0]).tolist() == [2, 0, 2]            # the printed values: x1 was used
assert (b3 + y[2], b3 + y[0]) == (-2, 0)
# Column 5, (2, 0, 3) with b = −1, is labelled x1: that fits (1, 0, 3), −2 and not the print.
assert ([1 + 1, 0, 3], -2 + y[0]) == ([2, 0, 3], -1)
assert ([2 + 1, 0, 2], 0 + y[0]) != ([2, 0, 3], -1)

# %% [markdown]
# **What to notice.** After column 3 only x3 is wrong; using it gives (1, 0, 3), −2. The printed (2, 0, 2), 0 would need x1, which is right (5 > 0). Column 5 fits only the corrected values.
#
# **Where it helps.** Because only dot products occur, you may replace G by other "dot products", called kernels (核函数). With $(1+x\cdot z)^2$ the dual perceptron solves XOR, and nobody had to think of the product feature:

# %% [markdown] lang="zh"
# **值得注意。** 第 3 列之后只有 x3 是误分类点，用它更新，得到 (1, 0, 3)、−2。印出的 (2, 0, 2)、0 要用 x1 更新才会得到，而 x1 分得正确（5 > 0）。第 5 列也只与更正后的数值相符。
#
# **用在哪里。** 既然只出现内积，就可以把 G 换成别的“内积”，即核函数（kernel）。取 $(1+x\cdot z)^2$，对偶形式的感知机就能解决异或，用不着谁去想出那个乘积特征：

# %%
K = (1 + X_xor @ X_xor.T) ** 2
alpha_xor, updates = dual_perceptron(K, y_xor)
assert (y_xor * (K @ (alpha_xor * y_xor) + alpha_xor @ y_xor) > 0).all()
print("XOR with a kernel: α =", alpha_xor, "after", len(updates), "updates, no mistake")

# %% [markdown]
# ### Bound the number of mistakes (定理2.1)
#
# Why does it stop? Novikoff (1962) proved it. Write $\hat x=(x,1)$ and $\hat w=(w,b)$. Suppose a unit vector $\hat w_{opt}$ has $y_i\,\hat w_{opt}\cdot\hat x_i\ge\gamma>0$ for all points, and $R=\max_i\lVert\hat x_i\rVert$. Then the number k of updates obeys
#
# $$k\le\left(\frac{R}{\gamma}\right)^2 .$$
#
# Two facts make the proof. Each update adds at least $\eta\gamma$ to $\hat w\cdot\hat w_{opt}$, so after k updates it is ≥ kηγ. Each update adds at most $\eta^2R^2$ to $\lVert\hat w\rVert^2$, because the point used was on the wrong side; so $\lVert\hat w\rVert\le\sqrt k\,\eta R$. The first cannot outgrow the second, because a dot product with a unit vector is at most the length: $k\eta\gamma\le\sqrt k\,\eta R$. Divide by $\sqrt k\,\eta\gamma$ and square: that is the bound. See both facts on 表2.1. (We use $\hat w\propto(0.5,0.5,-2)$, the best one; how to find it comes next.)

# %% [markdown] lang="zh"
# ### 给错误次数一个上界（定理2.1）
#
# 它为什么会停？Novikoff 在 1962 年给出了证明。记 $\hat x=(x,1)$，$\hat w=(w,b)$。设有单位向量 $\hat w_{opt}$，使所有的点都满足 $y_i\,\hat w_{opt}\cdot\hat x_i\ge\gamma>0$，并令 $R=\max_i\lVert\hat x_i\rVert$。那么更新次数 k 满足
#
# $$k\le\left(\frac{R}{\gamma}\right)^2 .$$
#
# 证明由两件事组成。其一，每次更新使 $\hat w\cdot\hat w_{opt}$ 至少增加 $\eta\gamma$，所以 k 次更新之后它 ≥ kηγ。其二，由于所用的点在错误的一侧，每次更新使 $\lVert\hat w\rVert^2$ 至多增加 $\eta^2R^2$，所以 $\lVert\hat w\rVert\le\sqrt k\,\eta R$。与单位向量的内积不超过向量的长度，所以前者不能超过后者：$k\eta\gamma\le\sqrt k\,\eta R$。两边除以 $\sqrt k\,\eta\gamma$ 再平方，就得到上界。在表2.1 上看这两件事。（这里取最优的 $\hat w\propto(0.5,0.5,-2)$，怎样求它见下文。）

# %%
X_hat = np.c_[X, np.ones(3)]
w_opt = np.array([0.5, 0.5, -2]) / np.linalg.norm([0.5, 0.5, -2])
gamma, R = (y * (X_hat @ w_opt)).min(), np.linalg.norm(X_hat, axis=1).max()
k = np.arange(1, 8)
path = table[["w(1)", "w(2)", "b"]].to_numpy(dtype=float)
proof = pd.DataFrame({"ŵ·ŵ_opt": path @ w_opt, "≥ kγ": k * gamma,
                      "‖ŵ‖²": (path**2).sum(axis=1), "≤ kR²": k * R**2}, index=k)
proof.round(2)

# %%
assert (proof["ŵ·ŵ_opt"] >= proof["≥ kγ"] - 1e-9).all()
assert (proof["‖ŵ‖²"] <= proof["≤ kR²"]).all()
assert np.allclose(proof["ŵ·ŵ_opt"], proof["≥ kγ"])
assert proof["‖ŵ‖²"][7] < 0.1 * proof["≤ kR²"][7]

# %% [markdown]
# **What to notice.** In every row, column 1 is at least column 2, and column 3 is at most column 4. Columns 1 and 2 are even equal: the walk used only x1 and x3, and both have $y_i\,\hat w_{opt}\cdot\hat x_i$ exactly γ ≈ 0.47. (This is a distance in the space of $\hat x$ with its extra 1; in the plane both are 1.41 from the line.) Columns 3 and 4 are far apart; there the bound loses most.
#
# Now the bound itself. Take the shortest $\hat w$ with all $y_i\,\hat w\cdot\hat x_i\ge 1$ and divide it by its length: that is the best $\hat w_{opt}$, and γ = 1/‖ŵ‖. `minimize` with the method SLSQP finds it: smallest ‖ŵ‖² under these conditions.

# %% [markdown] lang="zh"
# **值得注意。** 每一行中，第 1 列都不小于第 2 列，第 3 列都不大于第 4 列。第 1、2 列甚至相等，因为整个过程只用到 x1 和 x3，而它们的 $y_i\,\hat w_{opt}\cdot\hat x_i$ 都恰好等于 γ ≈ 0.47。（这是在添上常数 1 之后的 $\hat x$ 空间里的距离；在平面上，它们到直线的距离都是 1.41。）第 3、4 列相差很远，这个上界主要就松在这里。
#
# 现在计算上界本身。取满足所有 $y_i\,\hat w\cdot\hat x_i\ge 1$ 的最短的 $\hat w$，再除以它的长度，就得到最优的 $\hat w_{opt}$，此时 γ = 1/‖ŵ‖。`minimize` 用 SLSQP 方法求它：在这些约束下使 ‖ŵ‖² 最小。

# %%
def best_gamma(X, y):
    A = y[:, None] * np.c_[X, np.ones(len(X))]
    begin = np.append(*separating_line(X, y))
    answer = minimize(lambda v: v @ v / 2, begin, jac=lambda v: v, method="SLSQP",
                      constraints={"type": "ineq", "fun": lambda v: A @ v - 1, "jac": lambda v: A})
    return (A @ answer.x).min() / np.linalg.norm(answer.x)


def bound(X, gamma):
    return ((X**2).sum(axis=1).max() + 1) / gamma**2

# %%
assert np.isclose(best_gamma(X, y) ** 2, 2 / 9, atol=1e-5)
assert round(R**2) == 26
assert np.isclose(gamma**2, 2 / 9)
other_gamma = (y * (X_hat @ [1, 1, -3])).min() / np.sqrt(11)
print(f"bound with the best ŵ: {bound(X, gamma):.0f}")
print(f"bound with (1, 1, -3): {bound(X, other_gamma):.0f}")

# %%
assert np.isclose(bound(X, gamma), 117)
assert np.isclose(bound(X, other_gamma), 286)

# %% [markdown]
# **What to notice.** R² = 26 and γ² = 2/9 give at most 117 updates; the book's walk needed 7, the other order 11. With the perceptron's own solution (1, 1, −3) in place of the best one, the bound is 286. Any separating ŵ gives a true bound; the best one gives the smallest. Now 150 random separable sets, with gaps from wide to thin:

# %% [markdown] lang="zh"
# **值得注意。** R² = 26，γ² = 2/9，所以更新至多 117 次；书中的过程用了 7 次，另一种次序用了 11 次。如果不用最优解，而用感知机自己的解 (1, 1, −3)，上界是 286。任何一个能分开数据的 ŵ 都给出正确的上界，最优的 ŵ 给出最小的上界。下面取 150 个随机的线性可分数据集，间隔有宽有窄：

# %%
rng = np.random.default_rng(0)
results = []
while len(results) < 150:
    P, v = rng.uniform(-1, 1, (30, 2)), rng.normal(size=2)
    d = P @ v / np.linalg.norm(v) + rng.uniform(-0.4, 0.4)
    keep = np.abs(d) > 10 ** rng.uniform(-2.3, -0.5)     # leave a gap along the line
    P, s = P[keep], np.sign(d[keep]).astype(int)
    if len(set(s)) == 2:
        results.append((bound(P, best_gamma(P, s)), len(dual_perceptron(P @ P.T, s)[1])))
bounds, updates = np.array(results).T
part = updates / bounds
print(f"updates / bound: median {np.median(part):.2f}, largest {part.max():.2f}")

# %%
assert (updates <= bounds).all()
assert np.median(part) < 0.15

# %%
fig, ax = plt.subplots(figsize=(6.2, 4.6))
ax.scatter(bounds, updates, s=22, color=plot.BLUE, alpha=0.7, label="random separable sets")
ax.scatter([117, 117], [7, 11], s=70, marker="D", color=plot.ORANGE, edgecolors="black",
           label="the book's example, two orders")
ends = np.array([3, bounds.max() * 1.5])
ax.plot(ends, ends, color=plot.RED, label="updates = bound")
ax.set(xscale="log", yscale="log", xlabel="Novikoff's bound (R / γ)²",
       ylabel="updates until no mistake", title="All sets stay under the bound, most far under it")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# **Figure in words.** On logarithmic axes all dots lie below the red diagonal where updates equal the bound, typically about ten times below it. Sets with larger bounds tend to need more updates.
#
# **What to notice.** No set breaks the bound; most stay far under it. The thinner the gap (small γ), the longer the walk may last. That explains two riddles of this lesson. In metres the points lie close together, so γ is small beside the constant 1 in $\hat x$. And for the tumours the hyperplane we found leaves so thin a gap that its bound is about 10⁹ updates: the theory promises an end, but not soon. (A better hyperplane would give a smaller bound.)

# %% [markdown] lang="zh"
# **图中所见。** 坐标轴是对数刻度。红色对角线表示更新次数等于上界，所有的点都在它下方，通常低十倍左右。上界越大的数据集，往往需要更多更新。
#
# **值得注意。** 没有一个数据集突破上界，多数离上界还很远。间隔越窄（γ 越小），可能要走的路就越长。本课的两个谜由此得到解释：用米作单位时，各点挤在一起，与 $\hat x$ 中的常数 1 相比，γ 很小；至于肿瘤数据，我们找到的超平面留下的间隔极窄，由它得到的上界约为 10⁹ 次：理论保证会停，却不保证很快停。（换一个更好的超平面，上界会小一些。）

# %%
A, t2 = pairs["setosa / versicolor"]
metres, centimetres = bound(A / 100, best_gamma(A / 100, t2)), bound(A, best_gamma(A, t2))
gap = (t * (F_scaled @ w_lp + b_lp)).min() / np.linalg.norm(np.append(w_lp, b_lp))
print(f"irises: bound {centimetres:.0f} in cm, {metres:.0f} in metres")
print(f"tumours, scaled: a bound of about 10^{np.log10(bound(F_scaled, gap)):.0f} updates")

# %%
assert metres > 50 * centimetres
assert 1e8 < bound(F_scaled, gap) < 1e10

# %% [markdown]
# ### See separability as two hulls (习题2.3)
#
# The convex hull (凸壳) of a set of points is the smallest convex region around them: all mixtures $\sum_i\lambda_ix_i$ with $\lambda_i\ge0$ and $\sum_i\lambda_i=1$. Exercise 2.3 asks you to prove: a set is linearly separable exactly when the hull of the positive points and the hull of the negative points do not meet. Two directions.
#
# - *Separable → hulls apart.* If a line exists, every mixture of positive points has a positive score, and every mixture of negative points a negative one. A common point would need both.
# - *Hulls apart → separable.* Take the two nearest points of the hulls. The line through the middle between them, at a right angle to their connection, leaves one hull on each side.
#
# Whether the hulls meet is again a linear program: find mixtures with $\sum_i\lambda_ix_i=\sum_j\mu_jx_j$. If the exercise is right, then for every data set exactly one of the two programs has an answer.

# %% [markdown] lang="zh"
# ### 用两个凸壳来看线性可分（习题2.3）
#
# 一组点的凸壳（convex hull）是包含它们的最小凸集，也就是所有的凸组合 $\sum_i\lambda_ix_i$，其中 $\lambda_i\ge0$，$\sum_i\lambda_i=1$。习题2.3 要求证明：样本集线性可分的充分必要条件是，正实例点集的凸壳与负实例点集的凸壳互不相交。分两个方向来证。
#
# - *线性可分 → 凸壳不相交。* 如果直线存在，正实例点的任何凸组合得分都为正，负实例点的任何凸组合得分都为负。公共点则必须既正又负，矛盾。
# - *凸壳不相交 → 线性可分。* 取两个凸壳之间距离最近的一对点，作它们连线的垂直平分线（高维时为垂直平分超平面），两个凸壳就分居其两侧。
#
# 凸壳是否相交，同样是一个线性规划问题：求两组凸组合，使 $\sum_i\lambda_ix_i=\sum_j\mu_jx_j$。如果习题的结论成立，那么对每个数据集，两个线性规划恰好有一个有解。

# %%
def hulls_meet(X, y):
    """A common point (D,) of the two convex hulls, or None."""
    P, Q = X[y == 1], X[y == -1]
    A = np.block([[P.T, -Q.T], [np.ones(len(P)), np.zeros(len(Q))],
                  [np.zeros(len(P)), np.ones(len(Q))]])
    answer = linprog(np.zeros(len(X)), A_eq=A, b_eq=[*np.zeros(X.shape[1]), 1, 1])  # λ, μ ≥ 0
    return P.T @ answer.x[: len(P)] if answer.status == 0 else None

# %%
print("XOR: the hulls meet at", hulls_meet(X_xor, y_xor).round(3), "  例2.1:", hulls_meet(X, y))
outcomes = []
for _ in range(200):
    P, s = rng.normal(size=(8, 2)), rng.permutation([1, 1, 1, 1, -1, -1, -1, -1])
    P = P + rng.uniform(0, 1.5) * s[:, None]
    outcomes.append((separating_line(P, s) is not None, hulls_meet(P, s) is not None))
separable, meet = np.array(outcomes).T
print(f"200 random sets: {separable.sum()} separable, {meet.sum()} with hulls that meet")

# %%
assert (separable != meet).all()
assert 20 < separable.sum() < 180

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9))
P = np.random.default_rng(3).normal(size=(16, 2))
s = np.repeat([1, -1], 8)
for ax, shift, title in ((axes[0], 1.6, "Hulls apart: a line fits between"),
                         (axes[1], 0.4, "Hulls overlap: no line")):
    Z = P + shift * s[:, None]
    for label, style in ((1, plot.POSITIVE), (-1, plot.NEGATIVE)):
        corners = Z[s == label][ConvexHull(Z[s == label]).vertices]
        ax.fill(*corners.T, color=style["color"], alpha=0.2)
    draw_points(ax, Z, s, size=30)
    found_line = separating_line(Z, s)
    assert (found_line is None) == (hulls_meet(Z, s) is not None) == (shift < 1)
    ax.set(title=title, xlabel="x(1)", ylabel="x(2)", xlim=ax.get_xlim(), ylim=ax.get_ylim())
    if found_line:
        draw_line(ax, *found_line, color="black")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a blue and an orange polygon stand apart and a line runs between them. Right, the polygons overlap and there is no line.
#
# **What to notice.** In all 200 random sets exactly one of "a line exists" and "the hulls meet" was true. For XOR the hulls are the two diagonals of the square, and they meet in its middle.

# %% [markdown] lang="zh"
# **图中所见。** 左图：蓝、橙两个多边形彼此分离，一条直线从中间穿过。右图：两个多边形重叠，没有直线。
#
# **值得注意。** 在全部 200 个随机数据集上，“直线存在”和“凸壳相交”恰好有一个成立。异或的两个凸壳是正方形的两条对角线，它们交于正方形的中心。

# %% [markdown]
# ## Check yourself
#
# **1.** With the line of 表2.1, on which side is the new point (2, 2), and how far from the line? Answer first, then run the next cell.
#
# <details><summary>Answer</summary>
#
# The score is 2 + 2 − 3 = 1 > 0: positive. The distance is 1/√2 ≈ 0.71.
#
# </details>

# %% [markdown] lang="zh"
# ## 自测
#
# **1.** 对表2.1 的直线，新的点 (2, 2) 在哪一侧？离直线多远？先回答，再运行下一个单元。
#
# <details><summary>答案</summary>
#
# 得分是 2 + 2 − 3 = 1 > 0，所以是正类。距离是 1/√2 ≈ 0.71。
#
# </details>

# %%
m = Perceptron(tol=None, shuffle=False).fit(X, y)
s = m.decision_function([[2, 2]])[0]
print("class", m.predict([[2, 2]])[0], "  distance", round(s / np.linalg.norm(m.coef_), 2))

# %%
assert s == 1

# %% [markdown]
# **2.** Swap all labels, `y → -y`, and train again in the same order. Which line comes out? Answer, then run.
#
# <details><summary>Answer</summary>
#
# The same line with all signs turned: w = (−1, −1), b = +3. Each update changes its sign, and the condition y(w·x + b) ≤ 0 does not notice.
#
# </details>

# %% [markdown] lang="zh"
# **2.** 把所有的标记反号，即 `y → -y`，按同样的次序重新训练，会得到哪条直线？先回答，再运行。
#
# <details><summary>答案</summary>
#
# 同一条直线，所有符号相反：w = (−1, −1)，b = +3。每一步更新都变号，而条件 y(w·x + b) ≤ 0 不受影响。
#
# </details>

# %%
swapped = Perceptron(tol=None, shuffle=False).fit(X, -y)
print(swapped.coef_[0], swapped.intercept_[0])
assert (*swapped.coef_[0], swapped.intercept_[0]) == (-1, -1, 3)

# %% [markdown]
# **3.** "The perceptron finds the line that is farthest from the points." True? Answer, then run: the cell prints the smallest distance of a point to the line, for two lines.
#
# <details><summary>Answer</summary>
#
# False. It stops at the first line without mistakes. The book's line passes x3 at 0.71; the line x(1) + x(2) − 4 = 0 stays 1.41 away from all points. Finding that one is the task of the support vector machine.
#
# </details>

# %% [markdown] lang="zh"
# **3.** “感知机找到的是离各点最远的直线。”对吗？先回答，再运行：下面的单元对两条直线打印出各点到直线的最小距离。
#
# <details><summary>答案</summary>
#
# 不对。它停在第一条不出错的直线上。书中的直线离 x3 只有 0.71；而直线 x(1) + x(2) − 4 = 0 离所有点都不小于 1.41。找出那条最远的直线，是支持向量机的任务。
#
# </details>

# %%
for w_, b_ in (([1, 1], -3), ([1, 1], -4)):
    nearest = (y * (X @ w_ + b_)).min() / np.linalg.norm(w_)
    print(f"x(1) + x(2) {b_:+d} = 0: nearest point at {nearest:.2f}")

# %%
assert np.isclose(nearest, np.sqrt(2))

# %% [markdown]
# **4.** Your training accuracy is 0.98, and you know that the data are separable. Name two things to check.
#
# <details><summary>Answer</summary>
#
# `tol` (set it to None and give enough epochs: trap 1), and the scale of the features (trap 3). After that, ask how thin the gap is: with a small γ the walk can be very long.
#
# </details>
#
# **5.** Why is counting mistakes no good as a loss to minimise?
#
# <details><summary>Answer</summary>
#
# It is a staircase in w and b: flat almost everywhere, with jumps. Its gradient is 0 or does not exist, so it gives no direction.
#
# </details>
#
# **6.** What does a perceptron not give you that you may want from a classifier?
#
# <details><summary>Answer</summary>
#
# Probabilities. Its score has no scale (2w, 2b is the same classifier). Logistic regression in chapter 6 keeps the same linear score and turns it into a probability.
#
# </details>

# %% [markdown] lang="zh"
# **4.** 训练准确率是 0.98，而你知道数据线性可分。说出两件该检查的事。
#
# <details><summary>答案</summary>
#
# 一是 `tol`（设为 None 并给足轮数，见陷阱一），二是特征的尺度（见陷阱三）。之后再问间隔有多窄：γ 很小时，可能要走很久。
#
# </details>
#
# **5.** 为什么不能直接把错误个数当作损失来最小化？
#
# <details><summary>答案</summary>
#
# 作为 w 和 b 的函数，它是阶梯形的：几乎处处平坦，偶尔跳一下。它的梯度或者是 0，或者不存在，给不出方向。
#
# </details>
#
# **6.** 一个分类器可能提供、而感知机不提供的是什么？
#
# <details><summary>答案</summary>
#
# 概率。它的得分没有固定的尺度（2w、2b 是同一个分类器）。第6章的逻辑斯谛回归保留同样的线性得分，并把它变成概率。
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *The perceptron is a linear classifier for two classes, f(x) = sign(w·x + b). Its loss adds up how far the misclassified points are on the wrong side, −Σ y(w·x + b). It is minimised by stochastic gradient descent: take a misclassified point, add ηyx to w and ηy to b. On linearly separable data it stops after finitely many updates; the line depends on start and order, and η does not matter from a zero start (without penalty, with `tol=None`). On other data it never settles; XOR is the famous example. In scikit-learn: scale first, know that the default may stop early, and average when the data are not separable.*
#
# **Links.** 李航《统计学习方法》 chapter 2, sections 2.1–2.3, 算法2.1, 算法2.2, 定理2.1, 习题2.1–2.3 · F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958 · A. Novikoff, "On convergence proofs on perceptrons", 1962 · M. Minsky and S. Papert, *Perceptrons*, 1969 (XOR and its relatives) · Y. Freund and R. Schapire, "Large margin classification using the perceptron algorithm", 1999 · [scikit-learn: Perceptron](https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.Perceptron.html). In the book, naive Bayes (chapter 4) comes next on the roadmap.

# %% [markdown] lang="zh"
# ## 一口气讲完
#
# 请大声说出来：*感知机是二类分类的线性分类模型，f(x) = sign(w·x + b)。它的损失函数是误分类点偏到错误一侧的量之和，即 −Σ y(w·x + b)。用随机梯度下降法极小化它：取一个误分类点，把 ηyx 加到 w 上，把 ηy 加到 b 上。数据线性可分时，它经过有限次更新就停下；停在哪条直线，取决于初值和次序；从零出发时，η 不起作用（没有惩罚项且 `tol=None`）。数据线性不可分时，它永远不收敛，异或是最有名的例子。用 scikit-learn 时：先缩放；记住默认设置可能停得太早；数据不可分时取平均。*
#
# **延伸阅读。** 李航《统计学习方法》第2章，2.1–2.3 节，算法2.1，算法2.2，定理2.1，习题2.1–2.3 · F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958 · A. Novikoff, "On convergence proofs on perceptrons", 1962 · M. Minsky 与 S. Papert, *Perceptrons*, 1969（异或及同类问题） · Y. Freund 与 R. Schapire, "Large margin classification using the perceptron algorithm", 1999 · [scikit-learn：Perceptron](https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.Perceptron.html)。按路线图，书中接下来读的是第4章朴素贝叶斯法。
