# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 50
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
# A machine guesses. When the guess is wrong, it moves a little towards the answer. That is the whole perceptron, and it is the oldest ancestor of the networks of stage 4.
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

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize
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

# %%
X = np.array([[3.0, 3.0], [4.0, 3.0], [1.0, 1.0]])
y = np.array([1, 1, -1])
w, b = np.array([1.0, 1.0]), -3.0
score = X @ w + b
print("w·x + b:", score, "  sign:", np.sign(score), "  label:", y)
assert (np.sign(score) == y).all()

# %% [markdown]
# **What to notice.** One number a point, and its sign is the class. `X @ w` takes the dot product of `w` with each row at once.
#
# To see the line, you need three small drawing helpers. Read over them; `draw_line` starts at the line's point nearest to the origin and goes at a right angle to `w`.

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
ax.annotate("", xytext=(1.5, 1.5), xy=(2.5, 2.5), arrowprops={"arrowstyle": "->", "lw": 2})
ax.text(2.3, 1.75, "w = (1, 1)")
for i, x in enumerate(X):
    ax.annotate(f"x{i + 1}", x, xytext=(7, 7), textcoords="offset points")
ax.set(xlabel="x(1)", ylabel="x(2)", title="The vector w points to the positive half-plane")
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Figure in words.** The line x(1) + x(2) = 3 cuts the plane into a blue half with x1 and x2 and an orange half with x3. The arrow w stands at a right angle on the line and points into the blue half.
#
# **The idea: the model.** The perceptron is the function
#
# $$f(x)=\operatorname{sign}(w\cdot x+b),$$
#
# with the weight vector (权值向量) $w$, the bias (偏置) $b$, and sign(z) = +1 for z ≥ 0, −1 for z < 0. The set $w\cdot x+b=0$ is a line in the plane and a hyperplane (超平面) in more features. $w$ is its normal vector (法向量): it gives the direction. $b$ shifts it. If some line puts all points of a data set on their right sides, the set is linearly separable (线性可分).
#
# How far away is each point? Divide the score by the length of $w$.

# %%
distance = np.abs(X @ w + b) / np.linalg.norm(w)
print("distances to the line:", distance.round(2))
doubled = X @ (2 * w) + 2 * b
assert np.allclose(np.abs(doubled) / np.linalg.norm(2 * w), distance)
assert np.allclose(doubled, 2 * score)

# %% [markdown]
# **What to notice.** Doubling both $w$ and $b$ doubles the scores and leaves the distances as they are. It is the same line. So a score alone is no distance; $|w\cdot x_0+b|/\lVert w\rVert$ is the distance of a point $x_0$.
#
# **Try it.** Set `b = -5` and run from there. Expect a parallel line, farther from the origin, that still separates the three points. With `b = -7` the point x2 lies exactly on the line and x1 on the wrong side.

# %% [markdown]
# ## Measure how wrong a line is
#
# Keep w = (1, 1) and slide the line by changing b. You can grade each line in two ways: count the misclassified points (误分类点), or add up how far their scores are on the wrong side. Which of the two can tell you in which direction to slide?

# %%
b_grid = np.arange(-144, 1) / 16                       # −9 … 0, exact in binary
margin = y[:, None] * ((X @ w)[:, None] + b_grid)      # (3, 145): y(w·x + b)
count = (margin <= 0).sum(axis=0)
loss_grid = np.where(margin <= 0, -margin, 0).sum(axis=0)
separates = (b_grid > -6) & (b_grid < -2)
assert ((count == 0) == separates).all()

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
axes[0].step(b_grid, count, where="mid", color=plot.RED)
axes[0].set(title="Counting gives flat steps", xlabel="bias b", ylabel="misclassified points",
            yticks=[0, 1, 2])
axes[1].plot(b_grid, loss_grid, color=plot.BLUE)
axes[1].set(title="The loss slopes down to the goal", xlabel="bias b", ylabel="loss L(w, b)")
for ax in axes:
    ax.axvspan(-6, -2, color=plot.GREEN, alpha=0.15)
plt.show()

# %% [markdown]
# **Figure in words.** Left, the count of misclassified points against b is a staircase: 2, 1, 0, 1. Right, the loss falls along a straight slope, is zero for b between −6 and −2 (green), and rises again.
#
# **What to notice.** Both are zero for the same lines. But the staircase is flat: a small step changes nothing, so its derivative says nothing. The slope says "this way".
#
# **The idea: the strategy.** For a misclassified point, $y_i(w\cdot x_i+b)<0$, so its distance to the line is $-y_i(w\cdot x_i+b)/\lVert w\rVert$. The book adds these up over the set $M$ of misclassified points and drops the factor $1/\lVert w\rVert$:
#
# $$L(w,b)=-\sum_{x_i\in M}y_i(w\cdot x_i+b).$$
#
# This is the loss function (损失函数). Without the factor its gradient is a plain sum, and zero loss still means: no point on the wrong side. The price: halving $w$ and $b$ halves the loss of the same line, so losses of different $w$ cannot be compared. The gradient is
#
# $$\nabla_w L=-\sum_{x_i\in M}y_ix_i,\qquad \nabla_b L=-\sum_{x_i\in M}y_i.$$
#
# Check it at b = −8, where x1 and x2 are both wrong. `numeric` moves one number by a tiny h in both directions and divides, which is what a derivative means.

# %%
def loss(w, b):
    margin = y * (X @ w + b)
    return -margin[margin <= 0].sum()


wrong = y * (X @ w - 8) <= 0
gradient = [*-(y[wrong] @ X[wrong]), -y[wrong].sum()]
h = 1e-6
numeric = [(loss(w + h * e, -8) - loss(w - h * e, -8)) / (2 * h) for e in np.eye(2)]
numeric += [(loss(w, -8 + h) - loss(w, -8 - h)) / (2 * h)]
print("formula:", np.array(gradient), "  numeric:", np.round(numeric, 4))
assert np.allclose(gradient, numeric, atol=1e-6)
assert np.isclose(loss(w / 2, -8 / 2), loss(w, -8) / 2)  # the same line, half the loss

# %% [markdown]
# **What to notice.** The two agree: −(x1 + x2) = (−7, −6), and −2 for b. To go downhill, add the misclassified positive points to w. The next section does that with one point at a time.

# %% [markdown]
# ## Learn from one mistake
#
# scikit-learn's `Perceptron` has a method `partial_fit(X, y, classes)`. It shows the model these samples once and keeps what it knew. `classes` lists all labels; the first call needs it. `X[[0]]` with two brackets keeps two dimensions, shape (1, 2), as scikit-learn wants. Show it x1, then x3, and watch `coef_` ($w$, shape (1, D)) and `intercept_` ($b$, shape (1,)).

# %%
model = Perceptron()
model.partial_fit(X[[0]], y[[0]], classes=[-1, 1])
w_old, b_old = model.coef_[0].copy(), model.intercept_[0]
model.partial_fit(X[[2]], y[[2]])
w_new, b_new = model.coef_[0].copy(), model.intercept_[0]
print("after x1:", w_old, b_old, "  after x3:", w_new, b_new)
assert np.array_equal(w_new, w_old + y[2] * X[2])
assert b_new == b_old + y[2]

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4.3), sharey=True)
for ax, w_, b_, when in ((axes[0], w_old, b_old, "Before"), (axes[1], w_new, b_new, "After")):
    shade(ax, w_, b_, box=(-2, 6))
    draw_line(ax, w_, b_, color="black")
    draw_points(ax, X, y)
    ax.scatter(1, 1, s=260, facecolors="none", edgecolors=plot.RED, linewidths=2)
    ax.set(xlabel="x(1)", title=f"{when}: score of x3 is {w_ @ X[2] + b_:g}")
axes[0].set_ylabel("x(2)")
plt.show()

# %% [markdown]
# **Figure in words.** Before and after one update with the circled point x3. The line slides towards x3, its score falls from 7 to 4, but the point is still in the blue half.
#
# **What to notice.** From zero, x1 made w = (3, 3), b = 1: the point itself, with its label as the step of b. Then x3, which has label −1, took (1, 1) from w and 1 from b. One correction was not enough.
#
# **The idea: the algorithm.** Take a misclassified point $(x_i,y_i)$, one with $y_i(w\cdot x_i+b)\le 0$, and step against the gradient of its own loss:
#
# $$w\leftarrow w+\eta y_ix_i,\qquad b\leftarrow b+\eta y_i.$$
#
# $\eta$ is the learning rate (学习率), 0 < η ≤ 1; here and in `Perceptron()` it is 1. One random sample a step is called stochastic gradient descent (随机梯度下降, SGD). Repeat until no point is misclassified: that is 算法2.1. A point *on* the line counts as misclassified too (≤, not <); otherwise nothing would ever leave the start w = 0, b = 0.
#
# Put the new $w$ and $b$ into the score: $y_i(w\cdot x_i+b)$ grows by exactly $\eta(\lVert x_i\rVert^2+1)$. Each correction pushes its point in the right direction, by a known amount.

# %%
before, after = y[2] * (w_old @ X[2] + b_old), y[2] * (w_new @ X[2] + b_new)
print("y(w·x + b) of x3:", before, "→", after, "  ‖x3‖² + 1 =", X[2] @ X[2] + 1)
assert (before, after) == (-7, -4)
assert after - before == X[2] @ X[2] + 1

# %% [markdown]
# **Where it helps.** Networks in stage 4 learn with this loop: take a few samples, compute the gradient of their loss, step. Only the model between input and loss grows.

# %% [markdown]
# ## Retrace 例2.1 row by row
#
# The book starts at w = 0, b = 0 with η = 1, and takes the misclassified points in the order x1, x3, x3, x3, x1, x3, x3. `learn` shows a model these samples one by one. It also writes down y(w·x + b) *before* each update: it must be ≤ 0, or the point was no mistake.

# %%
def learn(X, y, order):
    """Show samples (counted from 1, as in the book) one at a time; a row for each."""
    model = Perceptron()
    w, b, rows = np.zeros(X.shape[1]), 0.0, []
    for i in order:
        score = y[i - 1] * (w @ X[i - 1] + b)
        model.partial_fit(X[[i - 1]], y[[i - 1]], classes=[-1, 1])
        w, b = model.coef_[0].copy(), model.intercept_[0]
        rows.append((f"x{i}", score, *w, b, (y * (X @ w + b) <= 0).sum()))
    columns = ["point", "y(w·x+b) before", "w(1)", "w(2)", "b", "wrong after"]
    return pd.DataFrame(rows, columns=columns, index=range(1, len(rows) + 1))


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
fig, axes = plt.subplots(2, 4, figsize=(9, 5.2), sharex=True, sharey=True)
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
# **Figure in words.** Seven small panels, one for each row of 表2.1. The circled point is the one that was used. The line slides down-left to up-right, vanishes in panel 4 where all is orange, comes back, and separates the points in panel 7.
#
# **What to notice.** Look at row 4: w = (0, 0) is no line at all, and with b = −2 everything is called negative. Two points are wrong there, more than before. The perceptron does not get better at every step. It corrects one point and may spoil another; what it gains shows only in the end.
#
# The result is $f(x)=\operatorname{sign}(x^{(1)}+x^{(2)}-3)$. The point x2 was never used.
#
# **Try it.** Do row 1 and row 2 on paper. Then change the label of x2 to −1 in `learn(X, np.array([1, -1, -1]), …)` and look at the column "wrong after": with these seven samples it does not reach 0.

# %%
assert learn(X, np.array([1, -1, -1]), [1, 3, 3, 3, 1, 3, 3])["wrong after"].iloc[-1] > 0

# %% [markdown]
# ## Change the order and get another line
#
# The book then takes another order of mistakes: x1, x3, x3, x3, x2, x3, x3, x3, x1, x3, x3. Same data, same start. Will the line be the same?

# %%
other = learn(X, y, [1, 3, 3, 3, 2, 3, 3, 3, 1, 3, 3])
assert tuple(other.loc[11, ["w(1)", "w(2)", "b"]]) == (2, 1, -5)
assert (other["y(w·x+b) before"] <= 0).all()
assert other["wrong after"].iloc[-1] == 0
other

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

# %% [markdown]
# ## Let `fit` do the walking
#
# `fit(X, y)` starts from zero and passes over all samples again and again. One pass is an epoch (轮). `shuffle=False` keeps the order of the rows; `tol=None` says: do not stop before `max_iter` epochs. With `max_iter=1, 2, …` you see the line at the end of each epoch.

# %%
for epochs in (1, 2, 3, 4, 5, 1000):
    m = Perceptron(max_iter=epochs, tol=None, shuffle=False).fit(X, y)
    print(f"{epochs:>4} epochs: w = {m.coef_[0]}, b = {m.intercept_[0]:g}, n_iter_ = {m.n_iter_}")
assert (*m.coef_[0], m.intercept_[0]) == (1, 1, -3)
assert m.n_iter_ == 1000

# %% [markdown]
# **What to notice.** Going round x1, x2, x3 makes the book's seven updates, and after five epochs nothing changes any more. The model then walks on for the rest of its 1000 epochs without a mistake: `n_iter_` says how far it walked, not when it was done.
#
# Now the defaults. `Perceptron()` shuffles the samples before each epoch; `random_state` chooses the shuffling. Count the lines that 20 shufflings give.

# %%
lines = [Perceptron(random_state=seed).fit(X, y) for seed in range(20)]
found = pd.Series([(*m.coef_[0].tolist(), m.intercept_[0].item()) for m in lines])
print(found.value_counts().to_string())
assert all((m.predict(X) == y).all() for m in lines)
assert found.nunique() >= 2
assert found[0] != (1, 1, -3)  # Perceptron() has random_state=0: not the book's line

# %% [markdown]
# **What to notice.** The same three points give several lines (w(1), w(2), b), all without a mistake. Plain `Perceptron()` is one of them, and it is not the book's. If you want the book's numbers, ask for the book's order: `Perceptron(tol=None, shuffle=False)`.

# %% [markdown]
# ## Change the step size and see nothing
#
# Most learners first turn the learning rate. It is called `eta0` here. Try a hundred times smaller and sixteen times larger. What do you expect of the line?

# %%
for eta in (0.01, 0.25, 1, 16):
    m = Perceptron(eta0=eta, tol=None, shuffle=False).fit(X, y)
    print(f"eta0 = {eta:<5}: w = {m.coef_[0].round(4)}, b = {m.intercept_[0]:.4g}")
    assert np.allclose(m.coef_[0] / eta, [1, 1])
    assert np.isclose(m.intercept_[0] / eta, -3)

# %% [markdown]
# **What to notice.** All of them are x(1) + x(2) − 3 = 0, written with other numbers. From a zero start every step has the factor η, so $w$ and $b$ have it too, and no sign changes. The learning rate of a perceptron only scales.
#
# That changes when the start is not zero, because the start does not scale along. Some public code starts at $w=(1,1)$ with η = 0.1 and then cannot reproduce 表2.1. `fit` takes a start as `coef_init` and `intercept_init`.

# %%
start = {"coef_init": [[1, 1]], "intercept_init": [1]}
small = Perceptron(eta0=0.1, tol=None, shuffle=False).fit(X, y, **start)
large = Perceptron(eta0=10, tol=None, shuffle=False).fit(X, y, **start)
for m in (small, large):
    print("w, b divided by w(1):", (m.coef_[0] / m.coef_[0, 0]).round(3),
          (m.intercept_ / m.coef_[0, 0]).round(3))
assert not np.allclose(small.intercept_ / small.coef_[0, 0], large.intercept_ / large.coef_[0, 0])

# %% [markdown]
# ## Meet XOR, which no line separates
#
# Exercise 2.1 of the book (习题2.1) asks why the perceptron cannot represent exclusive or (异或, XOR): "one of the two, but not both". Four points, shown to the model one by one. Look at the last row.

# %%
X_xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y_xor = np.array([-1, 1, 1, -1])
circle = learn(X_xor, y_xor, [1, 2, 3, 4])
assert (circle["y(w·x+b) before"] <= 0).all()
assert (circle.loc[4, ["w(1)", "w(2)", "b"]] == 0).all()
circle

# %% [markdown]
# **What to notice.** All four points are mistakes, and after the fourth, w and b are back at zero, where they began. The next epoch does the same, and so does the thousandth. The perceptron never settles (不收敛).
#
# **The idea, on paper.** Suppose a line separated XOR. Then
#
# $$w^{(2)}+b>0,\quad w^{(1)}+b>0,\quad b<0,\quad w^{(1)}+w^{(2)}+b<0.$$
#
# Add the first two: $w^{(1)}+w^{(2)}+2b>0$. Add the last two: $w^{(1)}+w^{(2)}+2b<0$. Both cannot hold, so there is no such line.
#
# **The idea, for any data.** "Is there a $w$ and a $b$ with $y_i(w\cdot x_i+b)\ge 1$ for all i?" is a list of linear inequalities, and linear programming (线性规划) decides such lists. (Any separating line can be scaled until the smallest score is 1.) `linprog` looks for a vector v with `A_ub @ v <= b_ub` that makes a cost smallest; with cost 0 it only has to find one. It answers with `status`: 0 means found, 2 means there is none.

# %%
def separating_line(X, y):
    """w (D,) and b of a line without mistakes, or None when no such line exists."""
    A = -y[:, None] * np.c_[X, np.ones(len(X))]
    answer = linprog(np.zeros(A.shape[1]), A_ub=A, b_ub=-np.ones(len(X)), bounds=(None, None))
    assert answer.status in (0, 2), answer.message
    return (answer.x[:-1], answer.x[-1]) if answer.status == 0 else None


w_lp, b_lp = separating_line(X, y)
assert (y * (X @ w_lp + b_lp) > 0).all()
assert separating_line(X_xor, y_xor) is None
print("例2.1: a line exists. XOR: no line exists.")

# %% [markdown]
# **What to notice.** For 例2.1 it found a line, for XOR it proved that there is none. (`bounds=(None, None)` matters: without it `linprog` looks at v ≥ 0 only.) Use this check before you wait for a perceptron.
#
# What helps? Not more epochs: another feature. Give each point a third number, the product x(1)·x(2).

# %%
X_product = np.c_[X_xor, X_xor[:, 0] * X_xor[:, 1]]
assert separating_line(X_product, y_xor) is not None
errors = {}
for name, Z in (("two features", X_xor), ("with the product", X_product)):
    fits = [Perceptron(max_iter=k, tol=None, shuffle=False).fit(Z, y_xor) for k in range(1, 21)]
    errors[name] = [(m.predict(Z) != y_xor).sum() for m in fits]
w_product, b_product = fits[-1].coef_[0], fits[-1].intercept_[0]
assert min(errors["two features"]) == 2
assert errors["with the product"][-1] == 0

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.9), width_ratios=(1.25, 1))
for (name, e), colour in zip(errors.items(), (plot.RED, plot.GREEN)):
    axes[0].plot(range(1, 21), e, "o-", ms=4, color=colour, label=name)
axes[0].set(xlabel="epoch", ylabel="misclassified points", yticks=[0, 1, 2], xticks=[1, 5, 10, 15, 20],
            title="XOR: two features never settle")
axes[0].legend(loc=(0.48, 0.6))
g1, g2 = np.meshgrid(np.linspace(-0.4, 1.4, 200), np.linspace(-0.4, 1.4, 200))
surface = w_product[0] * g1 + w_product[1] * g2 + w_product[2] * g1 * g2 + b_product
axes[1].contourf(g1, g2, surface, levels=[-1e9, 0, 1e9], colors=[plot.ORANGE, plot.BLUE], alpha=0.18)
axes[1].contour(g1, g2, surface, levels=[0], colors="black")
draw_points(axes[1], X_xor, y_xor)
axes[1].set(xlabel="x(1)", ylabel="x(2)", title="A plane there, a curve here", aspect="equal")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the errors by epoch: with two features the curve stays at two of four points, with the product it drops to zero after some wandering. Right, the plane of three features looks like two curved branches in the old coordinates; the two positive points lie between them.
#
# **What to notice.** The model is still linear, in three features. In the two old ones its border is a curve. A better description of the data did what patience could not do.
#
# **Where it helps.** All of deep learning stands on this: a network *learns* features in which a last linear layer can separate.
#
# **Build your own (习题2.2).** The book asks you to make an example like 例2.1. Change the points or the labels below. The cell tells you first whether a line exists.

# %%
X_mine = np.array([[1.0, 4.0], [2.0, 5.0], [4.0, 4.0], [2.0, 1.0], [5.0, 2.0]])
y_mine = np.array([1, 1, 1, -1, -1])
if separating_line(X_mine, y_mine) is None:
    print("No line exists: the perceptron would never settle.")
else:
    m = Perceptron(tol=None, shuffle=False, max_iter=10000).fit(X_mine, y_mine)
    print("w =", m.coef_[0], " b =", m.intercept_[0], " mistakes:", (m.predict(X_mine) != y_mine).sum())

# %% [markdown]
# ## Compare two pairs of flowers
#
# Real data now: Fisher's iris flowers (1936; in scikit-learn, from UCI, CC BY 4.0). 150 flowers, three species with 50 each, four lengths in centimetres. A perceptron knows two classes, so take pairs: setosa against versicolor, and versicolor against virginica. Ask first whether a line exists.

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

# %%
curves = {name: [Perceptron(max_iter=k, tol=None).fit(A, t).score(A, t) for k in range(1, 61)]
          for name, (A, t) in pairs.items()}
assert min(curves["setosa / versicolor"][5:]) == 1
jumping = np.array(curves["versicolor / virginica"][20:])
assert jumping.max() - jumping.min() > 0.1
assert jumping.max() < 1

# %%
fig, ax = plt.subplots(figsize=(8, 3.8))
for (name, curve), colour in zip(curves.items(), (plot.GREEN, plot.RED)):
    ax.plot(range(1, 61), curve, "o-", ms=3, lw=1.2, color=colour, label=name)
ax.set(xlabel="epochs", ylabel="accuracy on the training data", ylim=(0.45, 1.03),
       title="Separable flowers settle; the others jump for ever")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** The green curve for setosa and versicolor stands at 1 from the start. The red curve for versicolor and virginica jumps up and down between about 0.5 and 1 and never comes to rest.
#
# **What to notice.** One epoch more or less can cost you twenty flowers of a hundred. `fit` gives you its *last* line, not its best one. Where no separating line exists, that is a lottery.
#
# **The idea.** Each single state is thrown about by the last mistake, but the *mean* of all states is calm. The averaged perceptron (Freund and Schapire, 1999) keeps that mean. scikit-learn has it: `Perceptron` is `SGDClassifier` with some settings fixed, and `SGDClassifier` can average.

# %%
as_sgd = dict(loss="perceptron", learning_rate="constant", eta0=1, penalty=None)
A, t = pairs["versicolor / virginica"]
last = [Perceptron(random_state=s).fit(A, t).score(A, t) for s in range(20)]
same = [SGDClassifier(**as_sgd, random_state=s).fit(A, t).score(A, t) for s in range(20)]
mean = [SGDClassifier(**as_sgd, average=True, random_state=s).fit(A, t).score(A, t)
        for s in range(20)]
print(f"last line: {min(last):.2f} to {max(last):.2f}   mean line: {min(mean):.2f} to {max(mean):.2f}")
assert last == same
assert max(last) - min(last) > 0.25
assert max(mean) - min(mean) < 0.05
assert min(mean) > 0.93

# %% [markdown]
# **What to notice.** Over 20 shufflings the last line can be anything from a coin flip to excellent. The mean of the states is good every time, with the same data and the same updates.

# %% [markdown]
# ## Scale real data before you learn
#
# The next data set has 569 tumours, 212 malignant (恶性) and 357 benign (良性), with 30 numbers measured on pictures of their cells (Breast Cancer Wisconsin Diagnostic: Wolberg, Mangasarian, Street and Street; in scikit-learn, from UCI, CC BY 4.0). Malignant is our +1. The features have very different sizes; look at two of them.

# %%
cancer = load_breast_cancer(as_frame=True)
F, t = cancer.data.to_numpy(), np.where(cancer.target == 0, 1, -1)
print(cancer.data[["worst area", "mean smoothness"]].describe().loc[["mean", "min", "max"]].round(2))
share = (F**2).sum(axis=0) / (F**2).sum()
print(f"Share of the two largest features in ‖x‖²: {np.sort(share)[-2:].sum():.3f}")
assert np.sort(share)[-2:].sum() > 0.95

# %% [markdown]
# An update adds the whole point to $w$. So two of the thirty features get nearly all of the movement, and the bias, which moves by 1, gets none that counts. `StandardScaler` takes from each feature its mean and divides by its standard deviation (标准差). In a pipeline (流水线) it learns both from the training part only, so nothing of the test part leaks in. Compare on 20 random splits: what do you expect?

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
assert scores["raw"].min() < 0.6 < 0.9 < scores["scaled"].min()
assert scores["scaled, averaged"].mean() - scores["scaled"].mean() > 0.004

# %%
fig, ax = plt.subplots(figsize=(8, 3.2))
for row, (name, s) in enumerate(scores.items()):
    ax.scatter(s, row + np.linspace(-0.16, 0.16, 20), s=24, color=plot.COLOURS[row], alpha=0.8)
    ax.plot([s.mean()] * 2, [row - 0.3, row + 0.3], color="black")
ax.axvline(benign, color="#666666", ls=":")
ax.text(benign - 0.008, -0.38, "always “benign”", ha="right", va="center", fontsize=10)
ax.set(yticks=range(3), yticklabels=scores, ylim=(2.5, -0.6), xlabel="accuracy on the test part, 20 splits",
       title="Scaling lifts the mean and ends the disasters")
plt.show()

# %% [markdown]
# **Figure in words.** Three rows of twenty dots. The raw data scatter from below 0.5 to above 0.9. Scaled, all lie above 0.9. Averaged, they shift a little further to the right. A dotted line marks what the answer "benign" for everyone would reach.
#
# **What to notice.** On the raw data some splits end below 0.63, which "always benign" reaches without learning anything. After scaling none does. Averaging adds a little more.
#
# Different shufflings again give different lines. Measure it: the angle between two weight vectors, and the test accuracy, for 20 values of `random_state` on one split.

# %%
Fa, Fb, ta, tb = splits[0]
scaler = StandardScaler().fit(Fa)
models = [Perceptron(random_state=s).fit(scaler.transform(Fa), ta) for s in range(20)]
W = np.array([m.coef_[0] / np.linalg.norm(m.coef_[0]) for m in models])
angles = np.degrees(np.arccos((W @ W.T)[np.triu_indices(20, k=1)]))
accuracy = [m.score(scaler.transform(Fb), tb) for m in models]
print(f"angles {angles.min():.0f}° to {angles.max():.0f}°, test accuracy {min(accuracy):.2f} to {max(accuracy):.2f}")
assert angles.min() > 5
assert max(accuracy) - min(accuracy) > 0.03

# %% [markdown]
# **What to notice.** No two of the 20 agree. The choice of the seed alone moves the test accuracy by several points, so do not praise a change that gains less than that.
#
# One more question. Is this data set linearly separable? `separating_line` knows. Then give the perceptron up to 2000 epochs.

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
# **What to notice.** The hyperplane exists; the linear program found it in a moment. The perceptron still makes mistakes after 2000 epochs. To exist is one thing, to be found soon is another. "Beyond the roadmap" measures why: the gap between the classes is very thin.
#
# And do the last training mistakes matter? On the 20 splits, 1000 epochs make fewer training mistakes than the default, but the test accuracy stays where it was:

# %%
patient = make_pipeline(StandardScaler(), Perceptron(tol=None))
quick = make_pipeline(StandardScaler(), Perceptron())
train = {name: np.mean([m.fit(Fa, ta).score(Fa, ta) for Fa, _, ta, _ in splits])
         for name, m in (("default", quick), ("1000 epochs", patient))}
test = {"default": scores["scaled"].mean(), "1000 epochs": test_scores(patient).mean()}
print(pd.DataFrame({"train": train, "test": test}).round(3))
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
# | out | `classes_` | (C,) | sorted labels; a score > 0 means `classes_[1]`, also a score of exactly 0 means `classes_[0]` |
# | out | `n_iter_` | number | epochs walked, not epochs needed |
# | out | `t_` | number | samples looked at, plus 1; *not* the number of updates |
# | out | `decision_function(X)` | (N,) | $w\cdot x+b$; divide by $\lVert w\rVert$ for distances |
# | out | `predict(X)`, `score(X, y)` | (N,), number | labels, accuracy; there is no `predict_proba` |

# %%
m = Perceptron(tol=None, shuffle=False).fit(X, y)
print("coef_", m.coef_.shape, " intercept_", m.intercept_.shape, " classes_", m.classes_, " t_", m.t_)
assert m.t_ == 1000 * 3 + 1  # 3001 looks, though only 7 updates
assert not hasattr(m, "predict_proba")
assert Perceptron().fit(X.astype(np.float32), y).coef_.dtype == np.float32
assert Perceptron().fit(iris.data, iris.target).coef_.shape == (3, 4)
assert m.decision_function([[1.5, 1.5]]) == 0
assert m.predict([[1.5, 1.5]]) == -1  # the book's sign(0) is +1
try:
    Perceptron().fit([[np.nan, 1], [2, 2]], [1, -1])
except ValueError as error:
    print("ValueError:", str(error).splitlines()[0])

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
# | `eta0` | 1 | step η; from a zero start without penalty it only scales |
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
# Three parameters do nothing until another is set. Prove it. And see what `fit_intercept=False` and `warm_start=True` do to 例2.1.

# %%
reference = Perceptron().fit(F_scaled, t).coef_
for idle in ({"alpha": 10}, {"l1_ratio": 0.9}, {"validation_fraction": 0.5}):
    assert np.array_equal(Perceptron(**idle).fit(F_scaled, t).coef_, reference), idle

origin = Perceptron(fit_intercept=False, tol=None).fit(X, y)
assert (origin.predict(X) != y).any()  # x1 = 3·x3: no line through 0 parts them

step = Perceptron(max_iter=1, tol=None, shuffle=False, warm_start=True)
states = [(*step.fit(X, y).coef_[0], step.intercept_[0]) for _ in range(5)]
assert states == [(2, 2, 0), (1, 1, -1), (0, 0, -2), (2, 2, -2), (1, 1, -3)]
print("idle parameters: no effect. Five warm fits of one epoch: the epochs of 例2.1.")

# %% [markdown]
# Now turn one parameter at a time on the tumours, always scaled, on the same 20 splits. Four numbers for each setting: test accuracy; recall (召回率), the share of the malignant tumours that is found; epochs walked; weights that are not 0.

# %%
settings = {
    "default": {}, "max_iter=1": {"max_iter": 1, "tol": None}, "tol=None": {"tol": None},
    "shuffle=False": {"shuffle": False}, "eta0=0.1": {"eta0": 0.1},
    "fit_intercept=False": {"fit_intercept": False}, "early_stopping": {"early_stopping": True},
    "l2, alpha=0.001": {"penalty": "l2", "alpha": 1e-3}, "l2, alpha=0.1": {"penalty": "l2", "alpha": 0.1},
    "l1, alpha=0.001": {"penalty": "l1", "alpha": 1e-3}, "l1, alpha=0.01": {"penalty": "l1", "alpha": 1e-2},
    "malignant × 10": {"class_weight": {1: 10, -1: 1}}, "benign × 10": {"class_weight": {1: 1, -1: 10}},
}
effect = {}
for name, options in settings.items():
    for Fa, Fb, ta, tb in splits:
        pipe = make_pipeline(StandardScaler(), Perceptron(**options)).fit(Fa, ta)
        hit, p = pipe.predict(Fb) == tb, pipe[-1]
        numbers = hit.mean(), hit[tb == 1].mean(), p.n_iter_, np.count_nonzero(p.coef_)
        effect.setdefault(name, []).append(numbers)
effect = {name: np.array(values) for name, values in effect.items()}

# %%
fig, axes = plt.subplots(1, 4, figsize=(9, 4.6), sharey=True)
panels = ("test accuracy", "recall, malignant", "epochs walked", "weights ≠ 0")
for k, (ax, label) in enumerate(zip(axes, panels)):
    for row, values in enumerate(effect.values()):
        v = values[:, k]
        ax.plot([v.min(), v.max()], [row, row], color=plot.SKY, lw=3)
        ax.plot(v.mean(), row, "o", color=plot.BLUE)
    ax.set_xlabel(label)
axes[0].set(yticks=range(len(effect)), yticklabels=effect, ylim=(len(effect) - 0.5, -0.5))
axes[2].set_xscale("log")
fig.suptitle("Only a strong penalty and class weights move the scores (dot: mean, bar: range)",
             x=0.01, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Thirteen settings in rows, four numbers in columns. Test accuracy and recall are alike for most rows; they drop for the strong penalties, and the class weights move recall up or down. Epochs are about ten except for max_iter=1 and tol=None. Only l1 brings the number of weights below 30.
#
# **What to notice.** Most knobs change little here, less than another seed does. Three effects are real: l1 with alpha = 0.01 leaves only a few of the 30 weights and pays with accuracy; a strong l2 costs accuracy too; a larger step for the malignant class finds more malignant tumours and raises more false alarms.

# %%
means = pd.DataFrame({n: v.mean(axis=0) for n, v in effect.items()}, index=panels).T
assert means.loc["l1, alpha=0.01", "weights ≠ 0"] < 10
assert means["test accuracy"]["default"] - means["test accuracy"]["l2, alpha=0.1"] > 0.03
assert means["test accuracy"]["default"] - means["test accuracy"]["l1, alpha=0.01"] > 0.01
assert means["recall, malignant"]["malignant × 10"] > means["recall, malignant"]["default"] + 0.01
assert means["recall, malignant"]["benign × 10"] < means["recall, malignant"]["default"] - 0.01
assert means["test accuracy"]["malignant × 10"] < means["test accuracy"]["default"]
means.round(3)

# %% [markdown]
# ## Traps
#
# ### Trap 1: the default stops before the goal
#
# Much public code for this chapter trains on two features of two iris species, sepal length and width of setosa and versicolor, and is surprised by a flower on the wrong side. Is the data to blame? Ask `separating_line`, then fit with the default `tol` and with `tol=None`, 20 shufflings each.

# %%
A, t2 = pairs["setosa / versicolor"][0][:, :2], pairs["setosa / versicolor"][1]
assert separating_line(A, t2) is not None
early = [Perceptron(random_state=s).fit(A, t2) for s in range(20)]
full = [Perceptron(random_state=s, tol=None).fit(A, t2) for s in range(20)]
wrong = {name: [int((m.predict(A) != t2).sum()) for m in ms]
         for name, ms in (("default tol", early), ("tol=None", full))}
print("A line exists. Mistakes in 20 fits:", *wrong.items(), sep="\n")
assert min(wrong["default tol"]) >= 1
assert max(wrong["tol=None"]) == 0

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4.0), sharey=True)
for ax, ms, title in ((axes[0], early, "Default tol: a flower on the wrong side, each time"),
                      (axes[1], full, "tol=None: every line separates")):
    ax.set(xlim=(4, 7.2), ylim=(1.8, 4.6), xlabel="sepal length (cm)")
    ax.set_title(title, fontsize=11)
    for m in ms:
        draw_line(ax, m.coef_[0], m.intercept_[0], color="#555555", lw=0.8, alpha=0.7)
    draw_points(ax, A, t2, size=22)
axes[0].set_ylabel("sepal width (cm)")
plt.show()

# %% [markdown]
# **Figure in words.** Flowers by sepal length and width, setosa as orange squares, versicolor as blue circles. Left, twenty lines in a wide fan; many run through the flowers. Right, twenty lines lie close together in the gap between the classes.
#
# **What to notice.** A line exists, and the default missed it in all 20 fits, without a warning. The loss of a perceptron jumps from epoch to epoch. A few bad epochs in a row look like "no progress" to the stopping rule, and `fit` returns a line that still errs. On XOR it even stops at once, at w = 0, and says nothing:

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    stuck = Perceptron().fit(X_xor, y_xor)
    short = Perceptron(max_iter=3).fit(X, y)
print("XOR:", stuck.coef_[0], stuck.intercept_, " epochs:", stuck.n_iter_)
print("warnings:", [w.category.__name__ for w in caught], "(from max_iter=3 on 例2.1, not from XOR)")
assert len(caught) == 1
assert caught[0].category is ConvergenceWarning
assert (stuck.coef_ == 0).all()

# %% [markdown]
# **Right.** On data that you know is separable: `tol=None`, enough epochs, and then *look* whether `score(X, y)` is 1. On other data: average, and judge on test data.
#
# ### Trap 2: a sorted file without shuffling
#
# The iris file lists one species after the other. Train versicolor against virginica for 20 epochs with and without shuffling:

# %%
A, t3 = pairs["versicolor / virginica"]
in_order = Perceptron(max_iter=20, tol=None, shuffle=False).fit(A, t3).score(A, t3)
shuffled = [Perceptron(max_iter=20, tol=None, random_state=s).fit(A, t3).score(A, t3) for s in range(10)]
print(f"file order: {in_order:.2f}   shuffled: {np.mean(shuffled):.2f} (mean of 10)")
assert in_order < 0.6
assert np.mean(shuffled) > 0.75

# %% [markdown]
# **What to notice.** Fifty flowers of one class in a row pull the line so far that it calls everything by the last class. `shuffle=False` is for retracing a book, not for data. For `partial_fit` this is your job: shuffle the rows before you feed them.
#
# ### Trap 3: metres instead of centimetres
#
# Setosa and versicolor with all four features settle in a few epochs. Divide the numbers by 100, as if a colleague had measured in metres.

# %%
A, t2 = pairs["setosa / versicolor"]
def mistakes(model, Z): return [int((model.set_params(**{seed: s}).fit(Z, t2).predict(Z) != t2).sum()) for s in range(10)]


seed = "random_state"
print("centimetres:    ", mistakes(Perceptron(), A))
print("metres:         ", in_metres := mistakes(Perceptron(), A / 100))
seed = "perceptron__random_state"
print("metres, scaled: ", rescued := mistakes(make_pipeline(StandardScaler(), Perceptron()), A / 100))
assert min(in_metres) >= 1
assert max(rescued) == 0

# %% [markdown]
# **What to notice.** Only the unit changed, and all ten fits fail. The bias still moves by 1 a step, which is now huge beside features of a few hundredths; and losses are so small that the default `tol` sees no progress. With `StandardScaler` the unit no longer matters.
#
# ### Trap 4: a list of weights that all change
#
# You want to record how $w$ moves in 例2.1:

# %%
model, bad, good = Perceptron(), [], []
for i in (0, 2, 2):
    model.partial_fit(X[[i]], y[[i]], classes=[-1, 1])
    bad.append(model.coef_[0])
    good.append(model.coef_[0].copy())
print("without copy:", *bad, "  with copy:", *good)
assert (np.array(good) == [[3, 3], [2, 2], [1, 1]]).all()
assert (np.array(bad) == [1, 1]).all()

# %% [markdown]
# **What to notice.** `partial_fit` writes into the same array each time. Without `.copy()` your list holds one array three times.

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
        if len(rows) == before:  # a whole epoch without a mistake
            break
    return alpha, rows

# %%
G = X @ X.T
assert (G == [[18, 21, 6], [21, 25, 7], [6, 7, 2]]).all()
alpha, rows = dual_perceptron(G, y)
assert rows == [("x1", 1, 0, 0, 1), ("x3", 1, 0, 1, 0), ("x3", 1, 0, 2, -1), ("x3", 1, 0, 3, -2),
                ("x1", 2, 0, 3, -1), ("x3", 2, 0, 4, -2), ("x3", 2, 0, 5, -3)]
assert ((alpha * y) @ X == [1, 1]).all()
pd.DataFrame(rows, columns=["point", "α1", "α2", "α3", "b"], index=range(1, 8)).T

# %% [markdown]
# **What to notice.** The same seven updates as in 例2.1, now as counts: w = 2x1 − 5x3 = (1, 1), b = 2 − 5 = −3. α2 = 0: the point x2 was never needed.
#
# ### Correct a misprint in 表2.2
#
# The table above is right. In the 1st edition, as public scans of it show, column k = 4 of 表2.2 reads: x3, α = (2, 0, 2), b = 0. That cannot be. Let the cell find out how it came about.

# %%
a3, b3 = np.array([1, 0, 2]), -1                         # column 3, printed correctly
margin3 = y * (G @ (a3 * y) + b3)
print("y(w·x + b) after column 3:", margin3)
assert (margin3 <= 0).tolist() == [False, False, True]   # only x3 can be used next
assert (a3 + [0, 0, 1]).tolist() == [1, 0, 3]            # using x3 gives this, and b = −2
assert (a3 + [1, 0, 0]).tolist() == [2, 0, 2]            # the printed values: x1 was used
assert (b3 + y[2], b3 + y[0]) == (-2, 0)

# %% [markdown]
# **What to notice.** After column 3 only x3 is misclassified, and using it gives α = (1, 0, 3), b = −2. The printed (2, 0, 2), 0 is what using *x1* would give, although x1 is on its right side (5 > 0). From column 5 on the book is right again.
#
# **Where it helps.** Because only dot products occur, you may replace G by other "dot products", called kernels (核函数). With $(1+x\cdot z)^2$ the dual perceptron solves XOR, and nobody had to think of the product feature:

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
# Two facts make the proof. Each update adds at least $\eta\gamma$ to $\hat w\cdot\hat w_{opt}$, so after k updates it is ≥ kηγ. Each update adds at most $\eta^2R^2$ to $\lVert\hat w\rVert^2$, because the point used was on the wrong side; so $\lVert\hat w\rVert\le\sqrt k\,\eta R$. The first cannot outgrow the second, a dot product with a unit vector is at most the length: $k\eta\gamma\le\sqrt k\,\eta R$. See both facts on 表2.1:

# %%
X_hat = np.c_[X, np.ones(3)]
w_opt = np.array([0.5, 0.5, -2]) / np.linalg.norm([0.5, 0.5, -2])
gamma, R = (y * (X_hat @ w_opt)).min(), np.linalg.norm(X_hat, axis=1).max()
k = np.arange(1, 8)
path = table[["w(1)", "w(2)", "b"]].to_numpy(dtype=float)
proof = pd.DataFrame({"ŵ·ŵ_opt": path @ w_opt, "≥ kγ": k * gamma,
                      "‖ŵ‖²": (path**2).sum(axis=1), "≤ kR²": k * R**2}, index=k)
assert (proof["ŵ·ŵ_opt"] >= proof["≥ kγ"] - 1e-9).all()
assert (proof["‖ŵ‖²"] <= proof["≤ kR²"]).all()
proof.round(2)

# %% [markdown]
# Now the bound itself. The best $\hat w_{opt}$ is the shortest $\hat w$ with all $y_i\,\hat w\cdot\hat x_i\ge 1$; then γ = 1/‖ŵ‖. `minimize` with the method SLSQP finds it: smallest ‖ŵ‖² under these conditions.

# %%
def best_gamma(X, y):
    A = y[:, None] * np.c_[X, np.ones(len(X))]
    begin = np.append(*separating_line(X, y))
    answer = minimize(lambda v: v @ v / 2, begin, jac=lambda v: v, method="SLSQP",
                      constraints={"type": "ineq", "fun": lambda v: A @ v - 1, "jac": lambda v: A})
    return (A @ answer.x).min() / np.linalg.norm(answer.x)


def bound(X, gamma): return ((X**2).sum(axis=1).max() + 1) / gamma**2


assert np.isclose(best_gamma(X, y) ** 2, 2 / 9, atol=1e-5)
assert round(R**2) == 26
assert np.isclose(gamma**2, 2 / 9)
other_gamma = (y * (X_hat @ [1, 1, -3])).min() / np.sqrt(11)
print(f"bound with the best ŵ: {bound(X, gamma):.0f}   with ŵ ∝ (1, 1, -3): {bound(X, other_gamma):.0f}   updates: 7")

# %% [markdown]
# **What to notice.** R² = 26 and γ² = 2/9 give at most 117 updates; the book's walk needed 7, the other order 11. With the perceptron's own solution (1, 1, −3) in place of the best one, the bound is 286. Any separating ŵ gives a true bound; the best one gives the smallest. Now 150 random separable sets, with gaps from wide to thin:

# %%
assert (round(bound(X, gamma)), round(bound(X, other_gamma))) == (117, 286)
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
assert (updates <= bounds).all()
print(f"updates / bound: median {np.median(updates / bounds):.2f}, largest {(updates / bounds).max():.2f}")

# %%
fig, ax = plt.subplots(figsize=(6.2, 4.6))
ax.scatter(bounds, updates, s=22, color=plot.BLUE, alpha=0.7, label="random separable sets")
ax.scatter([117, 117], [7, 11], s=70, marker="D", color=plot.ORANGE, edgecolors="black", label="例2.1, two orders".replace("例", "example "))
ends = np.array([3, bounds.max() * 1.5])
ax.plot(ends, ends, color=plot.RED, label="updates = bound")
ax.set(xscale="log", yscale="log", xlabel="Novikoff's bound (R / γ)²", ylabel="updates until no mistake",
       title="The bound always holds and is never tight")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# **Figure in words.** On logarithmic axes all dots lie below the red diagonal where updates equal the bound, most of them ten times or more below it. Sets with larger bounds need more updates.
#
# **What to notice.** No set breaks the bound; most stay far under it. The thinner the gap (small γ), the longer the walk may last. That explains two riddles of this lesson. In metres the points lie close together, so γ is small beside the constant 1 in $\hat x$. And the tumours are separable with a very thin gap: even the guarantee is enormous.

# %%
A, t2 = pairs["setosa / versicolor"]
metres, centimetres = bound(A / 100, best_gamma(A / 100, t2)), bound(A, best_gamma(A, t2))
gap = (t * (F_scaled @ w_lp + b_lp)).min() / np.linalg.norm(np.append(w_lp, b_lp))
print(f"irises: bound {centimetres:.0f} in cm, {metres:.0f} in metres")
print(f"tumours, scaled: a bound of about 10^{np.log10(bound(F_scaled, gap)):.0f} updates")
assert metres > 50 * centimetres
assert bound(F_scaled, gap) > 1e7

# %% [markdown]
# ### See separability as two hulls (习题2.3)
#
# The convex hull (凸壳) of a set of points is the smallest convex region around them: all mixtures $\sum_i\lambda_ix_i$ with $\lambda_i\ge0$ and $\sum_i\lambda_i=1$. Exercise 2.3 asks you to prove: a set is linearly separable exactly when the hull of the positive points and the hull of the negative points do not meet. Two directions.
#
# - *Separable → hulls apart.* If a line exists, every mixture of positive points has a positive score, and every mixture of negative points a negative one. A common point would need both.
# - *Hulls apart → separable.* Take the two nearest points of the hulls. The line through the middle between them, at a right angle to their connection, leaves one hull on each side.
#
# Whether the hulls meet is again a linear program: find mixtures with $\sum_i\lambda_ix_i=\sum_j\mu_jx_j$. If the exercise is right, then for every data set exactly one of the two programs has an answer.

# %%
def hulls_meet(X, y):
    """A common point (D,) of the two convex hulls, or None."""
    P, Q = X[y == 1], X[y == -1]
    A = np.block([[P.T, -Q.T], [np.ones(len(P)), np.zeros(len(Q))], [np.zeros(len(P)), np.ones(len(Q))]])
    answer = linprog(np.zeros(len(X)), A_eq=A, b_eq=[*np.zeros(X.shape[1]), 1, 1])  # λ, μ ≥ 0
    return P.T @ answer.x[: len(P)] if answer.status == 0 else None


print("XOR: the hulls meet at", hulls_meet(X_xor, y_xor).round(3), "  例2.1:", hulls_meet(X, y))
outcomes = []
for _ in range(200):
    P, s = rng.normal(size=(8, 2)), rng.permutation([1, 1, 1, 1, -1, -1, -1, -1])
    P = P + rng.uniform(0, 1.5) * s[:, None]
    outcomes.append((separating_line(P, s) is not None, hulls_meet(P, s) is not None))
separable, meet = np.array(outcomes).T
assert (separable != meet).all()
assert 20 < separable.sum() < 180

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.9))
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

# %%
m = Perceptron(tol=None, shuffle=False).fit(X, y)
s = m.decision_function([[2, 2]])[0]
print("class", m.predict([[2, 2]])[0], "  distance", round(s / np.linalg.norm(m.coef_), 2))
assert s == 1

# %% [markdown]
# **2.** Swap all labels, `y → -y`, and train again in the same order. Which line comes out? Answer, then run.
#
# <details><summary>Answer</summary>
#
# The same line with all signs turned: w = (−1, −1), b = +3. Each update changes its sign, and the condition y(w·x + b) ≤ 0 does not notice.
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

# %%
for w_, b_ in (([1, 1], -3), ([1, 1], -4)):
    nearest = (y * (X @ w_ + b_)).min() / np.linalg.norm(w_)
    print(f"x(1) + x(2) {b_:+d} = 0: nearest point at {nearest:.2f}")
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

# %% [markdown]
# ## In one breath
#
# Say this aloud: *The perceptron is a linear classifier for two classes, f(x) = sign(w·x + b). Its loss adds up how far the misclassified points are on the wrong side, −Σ y(w·x + b). It is minimised by stochastic gradient descent: take a misclassified point, add ηyx to w and ηy to b. On linearly separable data it stops after finitely many updates; the line depends on start and order, and η does not matter from a zero start. On other data it never settles; XOR is the smallest example. In scikit-learn: scale first, know that the default may stop early, and average when the data are not separable.*
#
# **Links.** 李航《统计学习方法》 chapter 2, sections 2.1–2.3, 算法2.1, 算法2.2, 定理2.1, 习题2.1–2.3 · F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958 · A. Novikoff, "On convergence proofs on perceptrons", 1962 · M. Minsky and S. Papert, *Perceptrons*, 1969 (XOR and its relatives) · Y. Freund and R. Schapire, "Large margin classification using the perceptron algorithm", 1999 · [scikit-learn: Perceptron](https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.Perceptron.html). In the book, naive Bayes (chapter 4) comes next on the roadmap.
