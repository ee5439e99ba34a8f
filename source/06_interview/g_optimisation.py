# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 55
#     days: 0.5
#     needs: []
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # G Optimisation (优化): nine interview questions
#
# Interviewers ask about optimisation because everybody has an answer ready. Here you run the
# answers. Some of the popular ones do not survive.
#
# **You will** guess, run and check nine questions that interviewers ask, and then say each answer
# aloud, in 30 seconds and in two minutes. At the end, four popular answers turn out to be traps.
#
# **You will learn** why three typing errors can ruin a line, what a larger batch (批量) buys, what
# momentum (动量) cures, what Adam's correction corrects, and how small the step of a numerical
# gradient may be.
#
# **You need** NumPy arrays and the idea of a gradient (梯度): the vector of slopes that points
# uphill. Each question explains the rest.
#
# **Where this stands.** Stage 6 of the roadmap names one book, 《百面机器学习》. Its chapter 7 (优化算法)
# belongs to this lesson: read a section of it after the question that names it, not before. The
# questions and answers are in our own words. What they claim to have measured, a cell of this
# notebook measures. Stuck? Read chapter 7 of 邱锡鹏,
# [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the book that the roadmap names.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
import torch

import dlroadmap
from dlroadmap.interview import outcome, predict
from dlroadmap.plot import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY

dlroadmap.setup(seed=0)

# %% [markdown]
# ## See what is asked
#
# {{index g_optimisation}}
#
# The number # is a rank: of 90 questions, number 1 returns in most of 13 public question lists.
# That says what people prepare for, not what your interviewer will ask. The level is our own
# judgement: E opens the talk, M shows whether you have run it yourself, H looks for the limit of
# what you know.
#
# Every question goes the same way. **Ask:** read it, and write your guess into the cell that lists
# the options. **Run** and **check:** the run says which option was right. **Say it:** answer aloud
# first, then open the folded answers and compare.

# %% [markdown]
# {{ask optimisation-losses}}

# %% [markdown]
# A loss function (损失函数) says how bad one error is. Forty flats cost 2 times their area, plus a
# little noise. Then someone types one zero too many in the prices of the three largest: they
# become outliers (异常值). You fit a line, price = w × area, with the slope w that has the smallest
# mean loss. You do it with the squared error (平方误差), the absolute error (绝对误差) and the Huber loss,
# which is squared for small errors and straight for large ones.
#
# **Predict.** Without the typing errors all three find 2. Which slope does the squared error find
# now?

# %%
predict("optimisation-losses", [
    "about 2: three of forty are too few to matter",
    "about 2.5",
    "more than 4",
], guess=None)


# %%
def flats(seed):
    """Areas x (40,) and prices y = 2x + noise; the three largest get one zero too many."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(1, 10, 40))
    y = 2 * x + rng.normal(0, 0.5, 40)
    y[-3:] *= 10
    return x, y


LOSSES = {
    "squared": lambda r: r**2,
    "absolute": lambda r: np.abs(r),
    "Huber": lambda r: np.where(np.abs(r) <= 1, r**2 / 2, np.abs(r) - 0.5),
}

# %%
SLOPES = np.linspace(0, 8, 801)


def best_slopes(x, y):
    """For each loss, the one of 801 slopes with the smallest mean loss."""
    r = y - SLOPES[:, None] * x  # residuals, one row a slope
    return {name: SLOPES[loss(r).mean(axis=1).argmin()] for name, loss in LOSSES.items()}


x, y = flats(seed=0)
best = best_slopes(x, y)
print({name: round(float(w), 2) for name, w in best.items()})

# %%
fig, ax = plt.subplots()
ax.plot(x, y, "o", color=BLACK, markersize=4)
for (name, w), colour in zip(best.items(), (RED, BLUE, GREEN)):
    style = "--" if name == "Huber" else "-"
    ax.plot(x, w * x, style, color=colour, label=f"{name}: slope {w:.2f}")
ax.set(xlabel="area x", ylabel="price y",
       title="Three typing errors drag the squared-error line away")
ax.legend()
plt.show()

# %%
found = [best_slopes(*flats(seed)) for seed in range(20)]
clean = best_slopes(x, np.where(np.arange(40) < 37, y, y / 10))  # the errors undone
assert all(abs(w - 2) < 0.1 for w in clean.values())
squared = min(slopes["squared"] for slopes in found)
assert squared > 4
assert all(abs(slopes[name] - 2) < 0.1 for slopes in found for name in ("absolute", "Huber"))
outcome("optimisation-losses", right="c" if squared > 4 else "b" if squared > 2.3 else "a")

# %% [markdown]
# **Figure in words.** Points rise slowly along a straight line; three at the right end stand ten
# times too high. The squared-error line is pulled up towards the three. The absolute and the Huber
# line lie on each other and follow the other 37.
#
# **What to notice.** In all 20 data sets the squared error gives a slope above 4, the other two
# stay within 0.1 of 2. The reason is the derivative of the loss, the force with which one point
# pulls. The squared error pulls with $2r$ at an error $r$, so a point with error 180 pulls 180
# times harder than one with error 1. The absolute error pulls with 1 at any distance.
#
# In classification (分类) the model gives a score s (得分), and the label y is +1 or −1. The margin
# (函数间隔) m = y·s takes the place of the error: positive is right, and the larger, the surer. Squared
# error compares s with y: (y − s)² = (1 − m)². The next cell draws four losses.

# %%
m = np.linspace(-3, 4, 701)
MARGIN = {
    "0–1": lambda m: np.where(m > 0, 0.0, 1.0),
    "squared": lambda m: (1 - m) ** 2,
    "hinge": lambda m: np.maximum(0, 1 - m),
    "log": lambda m: np.log(1 + np.exp(-m)),
}
fig, ax = plt.subplots()
for (name, loss), colour in zip(MARGIN.items(), (BLACK, RED, ORANGE, BLUE)):
    ax.plot(m, loss(m), color=colour, label=name)
ax.set(xlabel="margin m (right answers have m > 0)", ylabel="loss", ylim=(-0.2, 9),
       title="Squared error punishes confident right answers")
ax.legend(loc="upper center")
plt.show()

# %%
sure, wrong = ({name: float(loss(m)) for name, loss in MARGIN.items()} for m in (3.0, -3.0))
print("confidently right, m = 3: ", {name: round(value, 2) for name, value in sure.items()})
print("confidently wrong, m = −3:", {name: round(value, 2) for name, value in wrong.items()})
assert (sure["squared"], sure["hinge"]) == (4, 0)
assert (wrong["squared"], wrong["hinge"]) == (16, 4)
assert MARGIN["squared"](0) == 1  # undecided
assert sure["log"] < 0.05
assert 3 < wrong["log"] < 3.1

# %% [markdown]
# **Figure in words.** Left of zero, where answers are wrong, hinge and log loss rise like straight
# lines, the squared loss like a parabola. Right of one, only the squared loss rises again.
#
# **What to notice.** An answer that is right with margin 3 costs 4 under the squared loss, more
# than an answer that is undecided (1). Hinge (合页损失) charges nothing, log loss (对数损失) less than
# 0.05. For a wrong answer both grow no faster than a straight line.

# %% [markdown]
# {{say optimisation-losses}}

# %% [markdown]
# {{ask optimisation-minibatch}}

# %% [markdown]
# The loss over a data set is a mean over its samples, so its gradient is a mean too. You can
# estimate a mean from a few samples: that is a mini-batch (小批量). Here are 1000 samples of a linear
# regression. You draw 400 random mini-batches of each size with replacement (有放回): a sample may
# come twice, so even a batch of 1000 is not the whole data set. You see how far their gradients
# lie from the full one.
#
# **Predict.** The batch grows from 10 to 1000, a hundred times the work. The error of its gradient
# becomes …

# %%
predict("optimisation-minibatch", [
    "100 times smaller",
    "10 times smaller",
    "2 times smaller",
], guess=None)


# %%
def regression(seed, N=1000, D=5):
    """X (N, D), and y (N,) = X·w + noise with the weights w = (1, 1, …)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D))
    return X, X.sum(axis=1) + rng.normal(size=N)


def gradient(w, X, y):
    """Gradient of the mean squared error of y ≈ X·w."""
    return 2 * X.T @ (X @ w - y) / len(y)


# %%
def batch_errors(B, seed, draws=400):
    """Mini-batch gradients minus the full gradient at w = 0: (draws, D)."""
    X, y = regression(seed)
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(y), size=(draws, B))  # with replacement
    batches = [gradient(np.zeros(X.shape[1]), X[i], y[i]) for i in rows]
    return np.array(batches) - gradient(np.zeros(X.shape[1]), X, y)


SIZES = np.array([1, 10, 100, 1000])
noise = np.array([batch_errors(B, seed=0).std() for B in SIZES])
print(dict(zip(SIZES.tolist(), noise.round(2).tolist())))


# %%
def train(X, y, B, lr, epochs, seed=0):
    """Mini-batch descent from w = 0. Returns samples seen and mean squared error, step by step."""
    rng, w = np.random.default_rng(seed), np.zeros(X.shape[1])
    seen, mse = [0], [np.mean(y**2)]
    for _ in range(epochs):
        order = rng.permutation(len(y))  # shuffle each pass
        for start in range(0, len(y), B):
            i = order[start:start + B]
            w = w - lr * gradient(w, X[i], y[i])
            seen.append(seen[-1] + len(i))
            mse.append(np.mean((X @ w - y) ** 2))
    return np.array(seen), np.array(mse)


# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.8))
left.loglog(SIZES, noise, "o", color=BLUE, label="measured")
left.loglog(SIZES, noise[0] / np.sqrt(SIZES), "--", color=BLACK, label="1/√B")
left.set(xlabel="batch size B", ylabel="error of the gradient", ylim=(0.1, 12),
         title="100 × the work, a tenth of the error")
X, y = regression(seed=0)
floor = np.mean((X @ np.linalg.lstsq(X, y)[0] - y) ** 2)  # no w is better
for B, lr, colour in ((1000, 0.3, BLACK), (50, 0.1, BLUE), (1, 0.01, ORANGE)):
    seen, mse = train(X, y, B, lr, epochs=6)
    right.semilogy(seen, mse - floor, color=colour, label=f"B = {B}, lr {lr}", linewidth=1)
right.set(xlabel="samples seen", ylabel="mean squared error above the best",
          title="Small batches lead, then stop falling")
left.legend()
right.legend()
plt.show()

# %%
ratios = []
for seed in range(5):
    small, large = batch_errors(10, seed), batch_errors(1000, seed)
    ratios.append(small.std() / large.std())
    assert np.abs(small.mean(axis=0)).max() < 4 * small.std() / np.sqrt(400)  # no bias
    X, y = regression(seed)
    full, mini, single = (train(X, y, B, lr, 6, seed)[1]
                          for B, lr in ((1000, 0.3), (50, 0.1), (1, 0.01)))
    assert max(mini[20], single[1000]) < full[1] - 0.3  # after one pass
    assert full[-1] < mini[-40:].mean() < single[-2000:].mean()  # over the last two passes
print("error at B = 10 over error at B = 1000:", np.round(ratios, 1))
assert min(ratios) > 8.5
assert max(ratios) < 11.5
ratio = np.mean(ratios)
outcome("optimisation-minibatch", right="a" if ratio > 30 else "b" if ratio > 5 else "c")

# %% [markdown]
# **Figure in words.** Left, on logarithmic axes: four points fall along a straight line of slope
# minus one half. Right: B = 1 falls first and then jumps about, high up; B = 50 falls a little
# later and stops lower; the full batch starts slowest, falls all the way, and ends far below both.
#
# On the right, each pass is shuffled and used without replacement, so there B = 1000 is the exact
# gradient. Each batch size has its own learning rate (lr), smaller for smaller batches. What happens
# to B = 50 at the large one?

# %%
for seed in range(5):
    X, y = regression(seed)
    floor = np.mean((X @ np.linalg.lstsq(X, y)[0] - y) ** 2)
    low, high = (train(X, y, 50, lr, 6, seed)[1][-40:].mean() - floor for lr in (0.1, 0.3))
    print(f"B = 50 stops {low:.3f} above the best at lr 0.1, {high:.3f} at lr 0.3")
    assert high > 4 * low

# %% [markdown]
# **What to notice.** The mini-batch gradient is right on average, and its error falls like
# $1/\sqrt{B}$: a hundred times the work buys a factor of about 10. After one pass (1, 20 and 1000
# steps) both small batches are ahead, on all five data sets. Over the fifth and sixth pass the
# order is reversed: the gradient has become small, and the noise has not. The height at which a
# curve stops depends on the batch and on the rate: at three times the rate, B = 50 stops more than
# four times as high. A noisy gradient cannot bear a large rate.

# %% [markdown]
# {{say optimisation-minibatch}}

# %% [markdown]
# {{ask optimisation-momentum}}

# %% [markdown]
# Think of a valley that is 100 times more curved across than along. The ratio of the largest to
# the smallest curvature is the condition number (条件数) κ, here 100. Gradient descent (梯度下降) steps
# against the slope. Momentum keeps part of the last step and adds the new one. Both get the
# settings that are best for this valley, and there is no noise.
#
# **Predict.** Gradient descent needs 807 steps to come within a distance of 0.000001 of the
# minimum (the start is 10 away). Momentum needs …

# %%
predict("optimisation-momentum", [
    "about 800: without noise there is nothing to average",
    "about 400",
    "about 100",
], guess=None)


# %%
def descend(curv, w, lr, beta=0.0, tol=1e-6, most=20_000):
    """Descend f(w) = ½ Σ curv·w² until |w| ≤ tol. Returns the path, one row a step."""
    path, v = [np.array(w, dtype=float)], np.zeros(len(w))
    while np.linalg.norm(path[-1]) > tol and len(path) <= most:
        v = beta * v + curv * path[-1]  # curv·w is the gradient
        path.append(path[-1] - lr * v)
    return np.array(path)


def best_settings(kappa):
    """The best (lr, beta) without and with momentum for curvatures from 1 to kappa."""
    root = np.sqrt(kappa)
    return (2 / (kappa + 1), 0.0), (4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2)


# %%
curv = np.array([1.0, 100.0])  # curvatures along and across the valley
plain, momentum = (descend(curv, [10, 1], *setting) for setting in best_settings(100))
print("steps without momentum:", len(plain) - 1)
print("steps with momentum:   ", len(momentum) - 1)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.8))
a, b = np.meshgrid(np.linspace(-3, 11, 80), np.linspace(-4, 4, 80))
left.contour(a, b, a**2 + 100 * b**2, np.geomspace(3, 1600, 9), colors="#bbbbbb", linewidths=0.8)
for path, colour, name in ((plain, ORANGE, "plain"), (momentum, BLUE, "momentum")):
    left.plot(*path[:25].T, ".-", color=colour, label=name, linewidth=1)
    right.semilogy(np.linalg.norm(path, axis=1), color=colour, label=name)
left.set(xlabel="along the valley", ylabel="across", title="24 steps: wide swings, almost there")
right.set(xlabel="step", ylabel="distance to the minimum",
          title="Momentum arrives eight times sooner")
left.legend(loc="lower left")
right.legend()
plt.show()

# %%
assert abs(len(plain) - 1 - 807) <= 2
assert abs(len(momentum) - 1 - 97) <= 2
counts = {k: [len(descend([1, k], [10, 1], *setting)) - 1 for setting in best_settings(k)]
          for k in (25, 100, 400)}
print("condition number → steps without, with momentum:", counts)
assert 3.5 < counts[400][0] / counts[100][0] < 4.5  # like κ
assert 1.8 < counts[400][1] / counts[100][1] < 2.3  # like √κ
ratios = []
for angle in np.random.default_rng(0).uniform(0, 2 * np.pi, 10):
    start = 10 * np.array([np.cos(angle), np.sin(angle)])
    slow, fast = (len(descend(curv, start, *setting)) for setting in best_settings(100))
    ratios.append(slow / fast)
print(f"ten other starts: momentum is {min(ratios):.1f} to {max(ratios):.1f} times faster")
assert min(ratios) > 6
assert max(ratios) < 10
ratio = min(ratios)
outcome("optimisation-momentum", right="c" if ratio > 5 else "b" if ratio > 1.5 else "a")

# %% [markdown]
# **Figure in words.** Left: without momentum the path zig-zags narrowly and has covered less than
# half of the way after 24 steps. With momentum it swings up to 3.7 to each side, but after 24 steps
# it is almost at the minimum. Right: on a logarithmic axis both distances fall along straight
# lines, the one with momentum about eight times as steeply.
#
# **What to notice.** No noise, one minimum, and momentum is still about eight times faster. Along
# the valley the gradients agree, and in the sum they add up. Across it they alternate, so the new
# gradient pulls against the old velocity. Four times the condition number means four times the
# steps for gradient descent, and twice the steps for momentum: they grow like κ and like
# $\sqrt{\kappa}$.
#
# Books say that momentum damps the zig-zag. In this figure the swing gets almost four times as
# wide first. Who is right?

# %%
lr, beta = best_settings(100)[1]
same_rate = descend(curv, [10, 1], best_settings(100)[0][0], beta)
diverging = descend(curv, [10, 1], lr, most=24)
print("widest swing, momentum at its best rate:       ", np.abs(momentum[:, 1]).max().round(1))
print("swing after 24 steps, momentum at plain's rate:", np.abs(same_rate[24, 1]).round(2))
print("swing after 24 steps, no momentum at that rate:", np.abs(plain[24, 1]).round(2))
assert round(np.abs(momentum[:, 1]).max(), 1) == 3.7
assert np.abs(same_rate[24, 1]) < 0.05 < 0.5 < np.abs(plain[24, 1])
assert momentum[24, 0] < 1 < 6 < plain[24, 0]  # along the valley, from 10
assert np.abs(diverging[24, 1]) > 1000  # no momentum at momentum's best rate

# %% [markdown]
# **What to notice.** Both. At the rate of the plain run, momentum damps the zig-zag. But it also
# keeps a larger rate stable, 0.033, at which plain descent explodes (its limit is 2/100). The best
# settings use that room: a wider swing at first, and the shortest way in the end.

# %% [markdown]
# {{say optimisation-momentum}}

# %% [markdown]
# {{ask optimisation-adam}}

# %% [markdown]
# Adam keeps two running means (指数移动平均) for each parameter: m of the gradient g, v of its square.
# At each step m ← 0.9 m + 0.1 g and v ← 0.999 v + 0.001 g² (β₁ = 0.9, β₂ = 0.999), and the step is
# the learning rate times m/√v. Both start at zero, so after t steps the weights of the gradients
# seen add up only to 1 − βᵗ, not to 1. Bias correction (偏差修正) divides by that sum. You give Adam
# the same gradient at every step; then each step should be as long as the learning rate. For
# comparison the figure also shows AdaGrad, an older method that divides by the root of the sum of
# all g².
#
# **Predict.** You leave the correction out. The first step is …

# %%
predict("optimisation-adam", [
    "about 10 times too short",
    "right: the two errors cancel",
    "about 3 times too long",
], guess=None)


# %%
def adam(grad, w, lr=0.001, steps=100, correct=True, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam from w with the gradient function grad. Returns the path, one row a step."""
    path = [np.array(w, dtype=float)]
    m = v = np.zeros(len(w))
    for t in range(1, steps + 1):
        g = grad(path[-1])
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if correct else (m, v)
        path.append(path[-1] - lr * m_hat / (np.sqrt(v_hat) + eps))
    return np.array(path)


# %%
def constant(w):
    return np.full(len(w), 4.0)


t = np.arange(1, 3001)
with_it, without = (-np.diff(adam(constant, [0.0], lr=1, steps=3000, correct=c)[:, 0])
                    for c in (True, False))
adagrad = 4 / np.sqrt(np.cumsum(np.full(3000, 4.0**2)))  # g / root of the sum of all g²
print("with correction:   ", with_it[:3].round(2))
print("without correction:", without[:3].round(2), "largest:", without.max().round(2))
print("AdaGrad, steps 1, 100, 1000:", adagrad[[0, 99, 999]].round(3))

# %%
fig, ax = plt.subplots()
ax.loglog(t, without, color=RED, label="Adam without correction")
ax.loglog(t, with_it, color=BLUE, label="Adam")
ax.loglog(t, adagrad, color=GREEN, label="AdaGrad")
ax.set(xlabel="step t", ylabel="step length / learning rate",
       title="Without correction the first steps are too long")
ax.legend()
plt.show()

# %%
assert np.allclose(with_it, 1)
assert np.allclose(without[:3], [3.16, 4.25, 4.95], atol=0.005)
assert t[without.argmax()] == 12
assert round(without.max(), 2) == 6.57
assert without[-1] < 1.05
assert np.allclose(adagrad, 1 / np.sqrt(t))
outcome("optimisation-adam", right="c" if without[0] > 2 else "b" if without[0] > 0.5 else "a")

# %% [markdown]
# **Figure in words.** With correction the step length is flat at 1. Without it the line starts at
# 3, climbs to more than 6 near step 12, and is back at 1 after a few thousand steps. AdaGrad's line
# falls steadily.
#
# **What to notice.** Both means are too small, but the step is their ratio. After one step m is a
# tenth of g, and √v is √0.001, about a thirtieth of it. So the step is 3.16 times too long, then
# 4.25, then 4.95. AdaGrad forgets no square: with this gradient its steps shrink like
# $1/\sqrt{t}$, to 0.1 after 100 steps and 0.032 after 1000.
#
# Is this the Adam of PyTorch? Does the scale of the loss not matter to it? The loss is now a random
# bowl ½ w·A·w in six dimensions, with gradient A·w. And how long is a step when the gradient is
# pure noise?

# %%
for seed in range(5):
    rng = np.random.default_rng(seed)
    A, w0 = rng.normal(size=(6, 6)), rng.normal(size=6)
    A = A @ A.T
    ours = adam(lambda w, A=A: A @ w, w0, lr=0.01, steps=200)
    scaled = adam(lambda w, A=A: 1000 * A @ w, w0, lr=0.01, steps=200)
    p = torch.tensor(w0, requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        (0.5 * p @ torch.tensor(A) @ p).backward()
        optimizer.step()
    assert np.abs(ours[-1] - p.detach().numpy()).max() < 1e-6
    assert np.abs(ours - scaled).max() < 1e-6
print("five bowls: same end as torch.optim.Adam; 1000 × the loss, same path")

# %%
rng = np.random.default_rng(0)
path = adam(lambda w: rng.normal(size=1000), np.zeros(1000), lr=1, steps=1000)
shaky = np.abs(np.diff(path[500:], axis=0)).mean()
print(f"pure noise: a step is {shaky:.2f} times the learning rate, on average")
assert 0.17 < shaky < 0.2

# %% [markdown]
# **What to notice.** A loss a thousand times larger has gradients a thousand times larger; m grows
# by the same factor, √v too, and the ratio does not change. With pure noise the signs cancel in m
# and not in v, so the steps are short.

# %% [markdown]
# {{say optimisation-adam}}

# %% [markdown]
# {{ask optimisation-learning-rate}}

# %% [markdown]
# The learning rate (学习率) is the factor between the gradient and the step. Take the simplest bowl,
# f = 5w², with slope 10w, and start at w = 1. One step turns w into w − lr · 10w. You make 100
# steps with each of five rates.
#
# **Predict.** The rate 0.19 is 19 times the rate 0.01. After 100 steps, 0.19 ends …

# %%
predict("optimisation-learning-rate", [
    "much closer to the minimum than 0.01",
    "exactly as close as 0.01",
    "nowhere: it diverges",
], guess=None)

# %%
RATES = np.array([0.0001, 0.01, 0.1, 0.19, 0.21])
w = np.ones((101, 5))
for t in range(100):
    w[t + 1] = w[t] - RATES * 10 * w[t]
for rate, end in zip(RATES, np.abs(w[-1])):
    print(f"learning rate {rate}: |w| = {end:.1e} after 100 steps")


# %%
def noisy(rate_at, seed, steps=1500, runs=1000):
    """Mean of w² over many runs of descent on f = 5w² with noise of size 10 in the gradient."""
    rng, w, squares = np.random.default_rng(seed), np.ones(runs), []
    for t in range(1, steps + 1):
        w = w - rate_at(t) * (10 * w + 10 * rng.normal(size=runs))
        squares.append(np.mean(w**2))
    return np.array(squares)


SCHEDULES = {"constant 0.05": lambda t: 0.05, "0.05, then 0.1/t": lambda t: min(0.05, 0.1 / t)}
curves = {name: noisy(rate_at, seed=0) for name, rate_at in SCHEDULES.items()}
print({name: f"{curve[-300:].mean():.2g}" for name, curve in curves.items()})

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.8))
for i, colour in enumerate((PURPLE, ORANGE, BLUE, GREEN, RED)):
    style = "--" if i == 3 else "-"
    left.semilogy(np.abs(w[:, i]) + 1e-9, style, color=colour, label=RATES[i])
left.set(xlabel="step", ylabel="|w|", title="0.01 and 0.19 are equally slow", ylim=(1e-6, 1e5))
left.legend(title="learning rate", ncols=2)
for (name, curve), colour in zip(curves.items(), (ORANGE, BLUE)):
    right.loglog(np.arange(1, 1501), curve, color=colour, label=name)
right.set(xlabel="step", ylabel="mean of w²", title="With noise only decay arrives")
right.legend()
plt.show()

# %%
end = np.abs(w[-1])
assert 0.9 < end[0] < 0.91
assert np.isclose(end[1], end[3])
assert np.isclose(end[1], 2.7e-5, rtol=0.02)
assert end[2] < 1e-12
assert np.isclose(end[4], 1.4e4, rtol=0.02)
for seed in range(5):
    constant_end, decay_end = (noisy(f, seed)[-300:].mean() for f in SCHEDULES.values())
    assert 0.31 < constant_end < 0.36
    assert 0.0006 < decay_end < 0.0008
outcome("optimisation-learning-rate",
        right="b" if np.isclose(end[3], end[1]) else "c" if end[3] > 1 else "a")

# %% [markdown]
# **Figure in words.** Left, logarithmic: the lines of 0.01 and 0.19 lie on each other and fall
# steadily; 0.0001 stays near 1; 0.1 drops out of the picture at its first step; 0.21 rises
# without end. Right: with noise, the constant rate goes flat near 0.33, the decaying one keeps
# falling.
#
# **What to notice.** Each step multiplies w by 1 − 10 · lr: by 0.9 for 0.01, by −0.9 for 0.19. The
# second jumps from wall to wall, but shrinks as slowly. Above 2/10 = 0.2, two over the curvature,
# the factor is beyond −1 and w explodes. With noise, the mean of w² stays at 0.33 at a constant
# rate; with a rate that falls like 1/t it ends below 0.001.
#
# **Try it.** Replace 0.19 by 0.2. Expect |w| = 1 after 100 steps, and a failing assert: the factor
# is −1, and w jumps from 1 to −1 and back.

# %% [markdown]
# {{say optimisation-learning-rate}}

# %% [markdown]
# {{ask optimisation-batch-size}}

# %% [markdown]
# You train a linear regression on 4096 samples for three passes over the data (epochs, 轮). With
# batch size 8 and learning rate 0.01, the mean squared error ends at about 0.26, almost all of it
# noise (0.25). Now you have a larger machine and take 512 samples a batch. Three epochs again, and
# the same learning rate.
#
# **Predict.** The mean squared error ends …

# %%
predict("optimisation-batch-size", [
    "lower: the gradients are more exact",
    "about the same: the same samples were seen",
    "about 100 times higher",
], guess=None)


# %%
def scaled_data(seed, N=4096, D=20):
    """A regression with noise of variance 0.25, so no model gets below about 0.25."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D))
    return X, X @ rng.normal(0, 2, D) + rng.normal(0, 0.5, N)


X, y = scaled_data(seed=0)
for B, lr in ((8, 0.01), (512, 0.01), (512, 0.15)):
    seen, mse = train(X, y, B, lr, epochs=3)
    print(f"B = {B:3}, lr {lr:.2f}: {len(mse) - 1:4} steps, mean squared error {mse[-1]:.2f}")

# %%
BATCHES = 8 * 2 ** np.arange(10)  # 8, 16, …, 4096
RULES = {"constant": 0.0, "square root": 0.5, "linear": 1.0}  # lr = 0.01 · (B/8)^power
ends = {name: [train(X, y, B, 0.01 * (B / 8) ** power, epochs=3)[1][-1] for B in BATCHES]
        for name, power in RULES.items()}
assert round(ends["constant"][0], 2) == 0.26  # B = 8, lr 0.01
assert 28 < ends["constant"][6] < 31  # B = 512, lr 0.01

# %%
fig, ax = plt.subplots()
LABELS = ("rate fixed", "rate ∝ √B", "rate ∝ B")
for mse, label, colour, marker in zip(ends.values(), LABELS, (ORANGE, GREEN, BLUE), "osD"):
    ax.loglog(BATCHES, mse, marker + "-", color=colour, label=label)
ax.set(xlabel="batch size B", ylabel="mean squared error after 3 epochs", ylim=(0.15, 200),
       title="Scaling the rate rescues large batches, up to a limit")
ax.legend()
plt.show()

# %%
limits = []
for seed in range(5):
    X, y = scaled_data(seed)
    small, large, repaired, linear, too_far = (
        train(X, y, B, lr, 3, seed)[1][-1]
        for B, lr in ((8, 0.01), (512, 0.01), (512, 0.15), (512, 0.64), (1024, 1.28)))
    assert max(small, repaired) < 0.28
    assert linear < 0.35
    assert large > 60 * small
    assert too_far > 1e4 * small
    limits.append(2 / np.linalg.eigvalsh(2 * X.T @ X / len(y)).max())
print("two over the curvature:", np.round(limits, 2))
assert 0.865 < min(limits) < max(limits) < 0.895
outcome("optimisation-batch-size",
        right="c" if large > 50 * small else "a" if large < 0.9 * small else "b")

# %% [markdown]
# **Figure in words.** With a fixed rate the error is flat up to a batch of about 64, then climbs
# more than a hundredfold. With a rate like √B it is flat up to 512, then climbs slowly. With a rate
# like B it is flat up to 512, too, and then leaves the picture.
#
# **What to notice.** Three epochs are 1536 steps with B = 8 and 24 steps with B = 512: the model
# has not arrived. A learning rate of 0.15 repairs it; it is chosen by hand, between the 0.08 of the
# square-root rule and the 0.64 of the linear rule (64 times the batch, 64 times the rate), which
# works here too. One doubling more and the linear rule asks for 1.28. That is above two over the
# curvature (in the steepest direction; Question 42 explains how to get it), which is 0.87 to 0.89
# for these data, and the error explodes. More exact gradients do not move that limit.

# %% [markdown]
# {{say optimisation-batch-size}}

# %% [markdown]
# {{ask optimisation-saddle-points}}

# %% [markdown]
# At a minimum the gradient is zero and the loss curves upwards in all directions. At a saddle
# point (鞍点) the gradient is zero too, but some directions curve down. The Hessian (海森矩阵), the
# matrix of second derivatives, knows: its eigenvalues (特征值) are the curvatures, and a minimum
# needs all of them positive. As a model of a random point with zero gradient take a random
# symmetric matrix.
#
# **Predict.** In one dimension half of them are minima. In five dimensions the share is …

# %%
predict("optimisation-saddle-points", [
    "about 1 in 2",
    "about 1 in 32, like five coins that all show heads",
    "below 1 in 1000",
], guess=None)


# %%
def share_of_minima(n, seed, draws=200_000):
    """Share of random symmetric (n, n) matrices whose eigenvalues are all positive."""
    A = np.random.default_rng(seed).normal(size=(draws, n, n))
    A = A + A.transpose(0, 2, 1)
    A = A[np.diagonal(A, axis1=1, axis2=2).min(axis=1) > 0]  # the others curve down on an axis
    return np.sum(np.linalg.eigvalsh(A).min(axis=1) > 0) / draws


DIMENSIONS = [1, 2, 3, 4, 5]
shares = [np.mean([share_of_minima(n, seed) for seed in range(10 if n == 5 else 1)])
          for n in DIMENSIONS]  # n = 5 is rare and needs ten times the draws
for n, share in zip(DIMENSIONS, shares):
    print(f"n = {n}: share of minima {share:.2g}; coins say {0.5**n:.2g}")


# %%
def walk(start, noise, seed, lr=0.05, steps=300):
    """Descend x² − y² + y⁴ with noise in the gradient. Returns the path (steps + 1, 2)."""
    rng, path = np.random.default_rng(seed), [np.array(start, dtype=float)]
    for _ in range(steps):
        x, y = path[-1]
        slope = np.array([2 * x, -2 * y + 4 * y**3])
        path.append(path[-1] - lr * (slope + noise * rng.normal(size=2)))
    return np.array(path)


quiet, shaken = walk([1, 0], noise=0, seed=0), walk([1, 0], noise=1e-3, seed=0)
for name, path in (("without noise", quiet), ("with noise", shaken)):
    print(f"{name} it ends at x = {abs(path[-1, 0]):.2f}, |y| = {abs(path[-1, 1]):.3f}")

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.8))
a, b = np.meshgrid(np.linspace(-1, 1.1, 80), np.linspace(-1.1, 1.1, 80))
left.contour(a, b, a**2 - b**2 + b**4, levels=14, colors="#bbbbbb", linewidths=0.8)
left.plot(*quiet.T, color=ORANGE, linewidth=5, label="no noise")
left.plot(*shaken.T, color=BLUE, linewidth=1.5, label="noise 0.001")
left.plot(0, 0, "X", color=BLACK, markersize=9, label="saddle")
left.plot([0, 0], [0.707, -0.707], "*", color=BLACK, markersize=10, label="minima")
left.set(xlabel="x", ylabel="y", title="On the ridge only noise finds the way down")
right.semilogy(DIMENSIONS, 0.5 ** np.array(DIMENSIONS), "--", color=BLACK, label="coins: $2^{-n}$")
right.semilogy(DIMENSIONS, shares, "o-", color=PURPLE, label="measured")
right.set(xlabel="dimension n", ylabel="share of minima",
          title="Minima get rare, much faster than coins")
right.set_xticks(DIMENSIONS)
left.legend(loc="upper left", frameon=True)
right.legend()
plt.show()

# %%
assert np.abs(quiet[-1]).max() < 1e-9  # it sits on the saddle
leaves = [np.argmax(np.abs(walk([1, 0], noise, seed=0)[:, 1]) > 0.5) for noise in (1e-3, 1e-9)]
assert 80 < leaves[0] < 130 < 220 < leaves[1] < 280  # steps until |y| > 0.5
for seed in range(10):
    x, y = walk([1, 0], noise=1e-3, seed=seed)[-1]
    assert abs(x) < 0.01
    assert abs(abs(y) - 0.707) < 0.01
assert abs(shares[1] - 0.15) < 0.01
five = shares[4]
print(f"n = 5: 1 in {1 / five:.0f}, {0.5**5 / five:.0f} times less than the coins")
assert 6000 < 1 / five < 8000
assert 0.5**5 / five > 200
outcome("optimisation-saddle-points", right="c" if five < 1e-3 else "b" if five < 0.1 else "a")

# %% [markdown]
# **Figure in words.** Left: without noise the path runs along the ridge into the saddle at (0, 0)
# and ends there; with noise it turns off to one of the two minima. Right: on a logarithmic axis the
# coin model is a straight line, and the measured shares fall away below it.
#
# **What to notice.** For two dimensions the share is 0.15; for five it is about one in seven
# thousand, more than 200 times less than the coins say. Eigenvalues of a random matrix keep apart
# from each other, so they rarely crowd together on one side. A network's Hessian is not random:
# take this as a picture of the direction, not of the number. At a saddle, noise of 0.001 is enough
# to leave, on all ten seeds.
#
# **Try it.** Make the noise of `shaken` a million times smaller, 1e-9. Expect the same end, after
# about 240 instead of 100 steps on the ridge.

# %% [markdown]
# {{say optimisation-saddle-points}}

# %% [markdown]
# {{ask optimisation-newton}}

# %% [markdown]
# Newton's method (牛顿法) also uses the curvature. It lays a parabola through the point where it
# stands and jumps to where that parabola is flat: w − H⁻¹g, with gradient g and Hessian H. On a
# bowl the parabola is the bowl itself. But H holds one number for each pair of parameters.
#
# **Predict.** A network with ten million parameters is small today. Its Hessian in float32 (4
# bytes a number) needs …

# %%
predict("optimisation-newton", [
    "40 megabytes",
    "40 gigabytes",
    "400 terabytes",
], guess=None)

# %%
curv = np.array([1.0, 1000.0])  # condition number 1000
start = np.array([10.0, 1.0])
plain = descend(curv, start, lr=2 / 1001)
newton = start - np.linalg.solve(np.diag(curv), curv * start)  # one step
print("gradient descent:", len(plain) - 1, "steps to 1e-6")
print(f"Newton: 1 step, distance {np.linalg.norm(newton):.1f}")

# %%
parameters = np.logspace(2, 9, 50)
hessian = 4 * parameters**2  # bytes
fig, ax = plt.subplots()
ax.loglog(parameters, hessian, color=RED, label="Hessian")
ax.loglog(parameters, 4 * parameters, color=BLUE, label="gradient")
ax.axhline(80e9, color=BLACK, linestyle="--", label="one large GPU, 80 GB")
ax.set(xlabel="number of parameters", ylabel="bytes (float32)",
       title="A GPU holds the Hessian of 140 thousand parameters")
ax.legend()
plt.show()

# %%
need = 4 * 10_000_000**2
print(f"ten million parameters: {need:,} bytes for H,")
print(f"about {10_000_000**3 / 3:.0e} operations to solve, for one step")
assert need == 400 * 10**12
assert round(np.sqrt(80e9 / 4), -4) == 140_000
assert abs(len(plain) - 1 - 8062) <= 2
for seed in range(10):
    w = np.random.default_rng(seed).normal(size=2)
    w *= 10 / np.linalg.norm(w)  # ten starts at distance 10
    assert 8000 < len(descend(curv, w, lr=2 / 1001)) < 8100
    assert np.linalg.norm(w - np.linalg.solve(np.diag(curv), curv * w)) < 1e-12
outcome("optimisation-newton", right="c" if need > 1e14 else "b" if need > 1e9 else "a")

# %% [markdown]
# **Figure in words.** On logarithmic axes the Hessian's line rises twice as steeply as the
# gradient's, and crosses the 80-gigabyte line at about 140 thousand parameters.
#
# **What to notice.** Newton lands in one step where gradient descent takes about 8000, from each
# of ten starts. But twice the parameters are four times the memory and eight times the work for
# solving. Ten million parameters would need 400 terabytes for one step.

# %% [markdown]
# {{say optimisation-newton}}

# %% [markdown]
# {{ask optimisation-gradient-check}}

# %% [markdown]
# A derivative is the limit of a slope over a step h that goes to zero. On a computer you take a
# small h and measure: the forward difference (前向差分) looks one step ahead, the central difference
# (中心差分) one step to each side. The function is the log loss of a small logistic regression (逻辑回归),
# whose exact gradient you know. Python's usual number, float64, has 16 digits.
#
# **Predict.** Which step gives the most exact central difference?

# %%
predict("optimisation-gradient-check", [
    "h = 0.01",
    "h = 0.00001",
    "h = 0.000000000001: the smaller, the closer to the limit",
], guess=None)


# %%
def log_loss(w, X):  # each row of X is already multiplied by its label ±1
    return np.log(1 + np.exp(-X @ w)).mean()


def exact_gradient(w, X):
    return -X.T @ (1 / (1 + np.exp(X @ w))) / len(X)


def numerical(f, w, h, central=True):
    """The gradient of f at w by differences with step h, one parameter at a time."""
    steps = h * np.eye(len(w), dtype=w.dtype)
    if central:
        return np.array([(f(w + e) - f(w - e)) / (2 * h) for e in steps])
    return np.array([(f(w + e) - f(w)) / h for e in steps])


# %%
def relative_errors(seed, dtype, central):
    """Largest error over largest entry of the gradient, for h = 1e-1, 1e-2, …, 1e-12."""
    rng = np.random.default_rng(seed)
    X, w = rng.normal(size=(20, 5)).astype(dtype), rng.normal(size=5).astype(dtype)
    g = exact_gradient(w, X)
    tries = [numerical(lambda w: log_loss(w, X), w, dtype(h), central) for h in STEPS]
    return np.array([np.abs(n - g).max() / np.abs(g).max() for n in tries])


STEPS = 10.0 ** -np.arange(1, 13)
KINDS = {"forward": (np.float64, False), "central": (np.float64, True),
         "central, float32": (np.float32, True)}
errors = {name: np.median([relative_errors(seed, *kind) for seed in range(9)], axis=0)
          for name, kind in KINDS.items()}

# %%
fig, ax = plt.subplots()
for (name, error), colour in zip(errors.items(), (ORANGE, BLUE, SKY)):
    ax.loglog(STEPS, error, "o-", color=colour, label=name)
ax.invert_xaxis()
ax.set(xlabel="step h (smaller to the right)", ylabel="relative error",
       title="The smallest step is not the best")
ax.legend()
plt.show()

# %%
for name, error in errors.items():
    print(f"{name:17} best h {STEPS[error.argmin()]:.0e},"
          f" error at 1e-05: {error[4]:.0e}, at 1e-12: {error[11]:.0e}")
assert errors["central"].argmin() in (4, 5)  # h = 1e-5 or 1e-6
assert 2e-11 < errors["central"][4] < 5e-10
assert errors["forward"].argmin() == 6  # h = 1e-7
assert 2e-6 < errors["forward"][4] < 8e-6
assert min(errors["central"][11], errors["forward"][11]) > 1e-4
assert errors["central"][11] > 2e6 * errors["central"][4]
assert errors["central, float32"].argmin() == 1
assert errors["central, float32"][4] > 0.01
assert np.allclose(errors["central, float32"][7:], 1)
right = {1: "a", 4: "b", 11: "c"}[min((1, 4, 11), key=lambda i: errors["central"][i])]
outcome("optimisation-gradient-check", right=right)

# %% [markdown]
# **Figure in words.** The two float64 curves are a V each: going right, the error falls and rises
# again. The central curve is lowest near h = 1e-5, the forward one at 1e-7 (theory says about
# 1e-8), and not as low. The float32 curve turns already near 0.01, is far higher, and goes flat
# at 1.
#
# **What to notice.** Two errors compete. The curve that you replace by a straight line costs about
# h² (central) or h (forward). Rounding costs about 1e-16/h: the two losses agree in nearly all
# their digits, and the difference keeps the rest. At 1e-12 both differences are off by more than
# one in ten thousand, far above the 1e-7 that a check asks for. In float32 the error at 1e-5 is
# more than one percent, so a bug of that size would pass. From about 1e-8 on float32 stays at 1:
# w + h rounds back to w, and the difference is 0. Check gradients in float64.
#
# Does the check find a bug? And can it raise a false alarm?

# %%
rng = np.random.default_rng(0)
X, w = rng.normal(size=(20, 5)), rng.normal(size=5)
measured = numerical(lambda w: log_loss(w, X), w, h=1e-5)
g = exact_gradient(w, X)
candidates = {"right": g, "bug (divided by 19)": g * 20 / 19}
off = {name: np.abs(g - measured).max() / np.abs(measured).max() for name, g in candidates.items()}
print({name: f"{error:.0e}" for name, error in off.items()})
kink = numerical(lambda w: np.maximum(0, w).sum(), np.array([1e-6]), h=1e-5)[0]
print(f"ReLU at 0.000001: true slope 1, measured {kink:.2f}")
assert off["right"] < 1e-8
assert round(off["bug (divided by 19)"], 2) == 0.05
assert round(kink, 2) == 0.55

# %% [markdown]
# **What to notice.** A sum divided by 19 instead of 20 still trains. The check finds it: 5 in a
# hundred instead of less than 1 in a hundred million. At the kink of a ReLU, the function that is 0
# below zero and w above, it also complains, and there is no bug: one of its two points lies on the
# other side.

# %% [markdown]
# {{say optimisation-gradient-check}}

# %% [markdown]
# ## Know the parameters
#
# These are the optimisers of `torch.optim` that interviewers name. A cell below reads the defaults
# out of your PyTorch.
#
# | optimiser | setting (default) | what it does | raise it and … |
# |---|---|---|---|
# | all | `params` | the tensors to change (input); `step()` changes them in place (output) | |
# | SGD | `lr` (0.001) | factor between gradient and step | faster up to about one over the curvature, then slower again; diverges above two over the largest curvature |
# | SGD | `momentum` (0) | share β of the old velocity that is kept | faster in valleys, more noise, longer swing |
# | SGD | `dampening` (0) | takes that share off the new gradient | smaller steps |
# | SGD | `nesterov` (False) | gradient where the velocity is about to lead | less overshooting |
# | SGD, Adam | `weight_decay` (0) | adds that times w to the gradient (an L2 term) | smaller weights |
# | AdamW | `weight_decay` (0.01) | shrinks w beside the step | smaller weights |
# | Adam, AdamW | `lr` (0.001) | at most about the length of a step of each parameter | faster, then it jitters |
# | Adam, AdamW | `betas` (0.9, 0.999) | memory of m and of v: about 10 and 1000 steps | smoother, slower to react |
# | Adam, AdamW | `eps` (1e-8) | added to √v | less scaling, closer to SGD |
# | RMSprop | `lr` (0.01), `alpha` (0.99) | as Adam without m and correction; memory of v | smoother |
# | Adagrad | `lr` (0.01) | divides by the root of the sum of all g² | larger steps, which still die out |

# %%
DEFAULTS = {
    "SGD": ("lr", "momentum", "dampening", "nesterov", "weight_decay"),
    "Adam": ("lr", "betas", "eps", "weight_decay"),
    "AdamW": ("lr", "betas", "eps", "weight_decay"),
    "RMSprop": ("lr", "alpha"),
    "Adagrad": ("lr",),
}
for name, settings in DEFAULTS.items():
    signature = inspect.signature(getattr(torch.optim, name)).parameters
    print(name, {setting: signature[setting].default for setting in settings})
    assert signature["lr"].default == (0.01 if name in ("RMSprop", "Adagrad") else 0.001)
    if name.startswith("Adam"):
        assert signature["betas"].default == (0.9, 0.999)
        assert signature["weight_decay"].default == (0.01 if name == "AdamW" else 0)

# %% [markdown]
# What does the learning rate do? You give each of 71 rates 2000 steps on the bowl with condition
# number 100, from seven starts, and count the steps until the loss stays below a millionth of its
# start. Then you multiply the loss by 100, and then the distance to go by 10. Look where the useful
# rates lie.

# %%
RACE_RATES = np.logspace(-6, 1, 71)


def race(rule, H, starts, most=2000):
    """Steps until the loss ½ w·H·w stays below 1e-6 of its start: (71 rates, starts)."""
    lr = RACE_RATES[:, None, None]
    w = np.tile(starts, (71, 1, 1))  # (rates, starts, 2)
    m, v, last = np.zeros_like(w), np.zeros_like(w), np.zeros(w.shape[:2], dtype=int)
    for t in range(1, most + 1):
        g = w @ H
        if rule == "Adam":
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        else:
            m = g + (0.9 * m if rule == "momentum 0.9" else 0)
            w = w - lr * m
        w, m = np.clip(w, -1e9, 1e9), np.clip(m, -1e9, 1e9)  # a diverging run stays finite
        last[((w @ H) * w).sum(axis=2) >= 1e-6 * ((starts @ H) * starts).sum(axis=1)] = t
    return last + 1


# %%
def bowl(kappa, degrees=0):
    """A Hessian with curvatures 1 and kappa, turned by an angle; seven starts around it."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    R = np.array([[c, -s], [s, c]])
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 7)
    starts = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return R @ np.diag([1.0, kappa]) @ R.T, starts @ R.T


H, starts = bowl(100)
sweeps = {(rule, scale): np.median(race(rule, scale * H, starts), axis=1)
          for rule in ("momentum 0.9", "Adam") for scale in (1, 100)}

# %%
fig, ax = plt.subplots()
for (rule, scale), steps in sweeps.items():
    ax.loglog(RACE_RATES, np.where(steps < 1000, steps, np.nan), ".-" if scale == 1 else "s:",
              color=BLUE if rule == "Adam" else GREEN, markersize=4,
              label=f"{rule}, loss × {scale}")
ax.set(xlabel="learning rate", ylabel="steps needed", ylim=(80, 3000), xlim=(1e-6, 10),
       title="Scale the loss: momentum's rates move, Adam's stay")
ax.legend(loc="upper right")
plt.show()

# %%
useful = {key: RACE_RATES[steps < 1000] for key, steps in sweeps.items()}
for (rule, scale), rates in useful.items():
    print(f"{rule:12} loss × {scale:3}: {len(rates)} rates need less than 1000 steps,"
          f" {rates.min():.1g} to {rates.max():.1g}")
for rule in ("momentum 0.9", "Adam"):
    far = RACE_RATES[np.median(race(rule, H, 10 * starts), axis=1) < 1000]
    print(f"{rule:12} ten times as far: {far.min():.1g} to {far.max():.1g}")
    farther = far.max() / useful[rule, 1].max()
    assert np.isclose(farther, 10 if rule == "Adam" else 1, rtol=0.3)
assert 0.7 < len(useful["Adam", 1]) / len(useful["momentum 0.9", 1]) < 1.4
assert np.isclose(useful["momentum 0.9", 1].max() / useful["momentum 0.9", 100].max(), 100)
assert np.isclose(useful["Adam", 1].max(), useful["Adam", 100].max())
assert sweeps["Adam", 1][np.isclose(RACE_RATES, 0.001)].min() > 2000  # the default

# %% [markdown]
# **Figure in words.** Each curve falls with a growing learning rate and ends at the last rate that
# needs less than 1000 steps. Momentum's curve for the hundredfold loss has the same shape, two
# decades further left. Adam's two curves lie on each other.
#
# **What to notice.** Adam is said to forgive a wrong learning rate. Here about as many of the 71
# rates work for Adam as for momentum. What differs is what moves them. Momentum's move with the
# loss, because they are bound to the curvature. Adam's move with the distance to go: a step is
# about the learning rate long, so 0.001, the default, needs about 1000 steps for a distance of 1
# along an axis, and does not arrive in 2000 here. Adam's rate is measured in units of the weights,
# SGD's in units of one over the curvature.

# %% [markdown]
# ## Spot the traps in four popular answers
#
# Each of these is said in interviews. Guess, then run.
#
# ### "Momentum always helps"
#
# Same race, bowls from round (κ = 1) to κ = 1000. Each method gets its best learning rate. β is
# 0.9, as most people set it.
#
# **Predict.** For which bowls does momentum 0.9 need fewer steps than plain SGD?

# %%
predict("optimisation-momentum", [
    "for all of them",
    "only for the narrow ones",
    "for none: the learning rate makes up for it",
], part="trap", guess=None)

# %%
KAPPAS = [1, 3, 10, 30, 100, 1000]
steps = {rule: [np.median(race(rule, *bowl(k)), axis=1).min() for k in KAPPAS]
         for rule in ("SGD", "momentum 0.9")}
fig, ax = plt.subplots()
for (rule, counts), colour in zip(steps.items(), (ORANGE, GREEN)):
    ax.loglog(KAPPAS, counts, "o-", color=colour, label=rule)
ax.set(xlabel="condition number κ", ylabel="steps at the best rate",
       title="Momentum pays only in narrow valleys")
ax.legend()
plt.show()

# %%
sgd, with_momentum = np.array(steps["SGD"]), np.array(steps["momentum 0.9"])
print("SGD:     ", dict(zip(KAPPAS, sgd.astype(int).tolist())))
print("momentum:", dict(zip(KAPPAS, with_momentum.astype(int).tolist())))
assert sgd[0] == 1
assert with_momentum[0] > 100
assert 2 * sgd[2] < with_momentum[2]  # κ = 10
assert sgd[3] < with_momentum[3]  # κ = 30
assert sgd[4] > 2 * with_momentum[4]  # κ = 100
assert sgd[5] > 10 * with_momentum[5]  # κ = 1000
helps = with_momentum < sgd
outcome("optimisation-momentum", part="trap",
        right="a" if helps.all() else "b" if helps.any() else "c")

# %% [markdown]
# **Figure in words.** SGD's line climbs steadily with κ, from one step to more than a thousand.
# Momentum's is nearly flat, a little above a hundred. They cross between κ = 30 and κ = 100.
#
# **What to notice.** On the round bowl SGD is there in one step. With β = 0.9 the velocity has to
# die out first, and that takes about a hundred steps in any bowl. β should fit the condition
# number: the best value for κ = 1 is 0.
#
# These counts differ from those of Questions 63 and 51. Here a run ends when the loss has fallen to
# a millionth of its start, there when the distance was 1e-6; and β is fixed at 0.9. "SGD" is the
# optimiser's name in PyTorch; there is no noise.
#
# ### "Adam always wins"
#
# Adam scales each parameter by its own gradients. You race it on a round bowl, on a narrow valley
# along an axis, and on the same valley turned by 45°.
#
# **Predict.** With the best learning rate for each, Adam needs the fewest steps …

# %%
predict("optimisation-adam", [
    "on all three",
    "only on the valley along an axis",
    "on both valleys",
], part="trap", guess=None)

# %%
BOWLS = {"round": bowl(1), "narrow, along an axis": bowl(1000),
         "narrow, turned by 45°": bowl(1000, 45)}
counts = {name: {rule: int(np.median(race(rule, H, starts), axis=1).min())
                 for rule in ("SGD", "momentum 0.9", "Adam")}
          for name, (H, starts) in BOWLS.items()}
for name, steps in counts.items():
    print(f"{name:22}", steps)
round_bowl, along, turned = counts.values()
wins = [min(steps, key=steps.get) == "Adam" for steps in counts.values()]
assert wins == [False, True, False]
assert round_bowl["SGD"] == 1
assert along["SGD"] > 10 * along["Adam"]
assert turned["Adam"] > 2 * turned["momentum 0.9"]
assert all(abs(turned[rule] - along[rule]) <= 5 for rule in ("SGD", "momentum 0.9"))
outcome("optimisation-adam", part="trap", right={3: "a", 1: "b", 2: "c"}[sum(wins)])

# %% [markdown]
# **What to notice.** Along the axis Adam divides each coordinate by its own scale, and the valley
# becomes round. It is a little ahead of momentum there, and ten times as fast as SGD. Turn the
# valley, and both coordinates see the same mixture of steep and flat: momentum is more than twice
# as fast. SGD and momentum do not notice the turn. On the round bowl one step of SGD is enough.
#
# ### "Absolute error is robust to outliers"
#
# The forty flats again. Now the typing error is in the **area** of the three largest flats: one
# zero too many in x, and the prices are right.
#
# **Predict.** The absolute error finds a slope of …

# %%
predict("optimisation-losses", [
    "about 2: it ignores three wild points",
    "about 1",
    "about 0.2",
], part="trap", guess=None)

# %%
found = []
for seed in range(20):
    x, y = flats(seed)
    y[-3:] /= 10  # the prices are right again …
    x[-3:] *= 10  # … and the areas are wrong
    found.append(best_slopes(x, y))
for name in LOSSES:
    low, high = (pick(slopes[name] for slopes in found) for pick in (min, max))
    print(f"{name:8} slope {low:.2f} to {high:.2f} on 20 data sets")
    assert high < 0.35
worst = max(slopes["absolute"] for slopes in found)
outcome("optimisation-losses", part="trap",
        right="a" if worst > 1.5 else "b" if worst > 0.6 else "c")

# %% [markdown]
# **What to notice.** All three losses fail. A point far out on the x axis is a leverage point
# (杠杆点): a small change of slope moves the line a long way there, so it costs less to fit the three
# than the other 37. Robust losses protect against wild y, not against wild x.
#
# ### "Newton's method goes downhill, only faster"
#
# The surface with the saddle again, x² − y² + y⁴. The minima lie at y = ±0.707. Both methods start
# close to the ridge.
#
# **Predict.** Newton starts at (0.3, 0.1) and ends …

# %%
predict("optimisation-newton", [
    "in the minimum at y = 0.707, like gradient descent, in fewer steps",
    "in the saddle at (0, 0)",
    "nowhere: it diverges",
], part="trap", guess=None)


# %%
def newton_walk(start, steps=8):
    w = np.array(start, dtype=float)
    for _ in range(steps):
        x, y = w
        H = np.array([[2.0, 0.0], [0.0, -2 + 12 * y**2]])
        w = w - np.linalg.solve(H, [2 * x, -2 * y + 4 * y**3])
    return w


rng = np.random.default_rng(0)
starts = rng.uniform((-1, 0.05), (1, 0.3), size=(20, 2))
newton_ends = np.abs([newton_walk(s) for s in starts])
descent_ends = np.abs([walk(s, noise=0, seed=0)[-1] for s in starts])

# %%
x, y = np.abs(newton_walk((0.3, 0.1)))
print(f"Newton from (0.3, 0.1): |x| = {x:.3f}, |y| = {y:.3f}")
print(f"Newton from (0.3, 0.5): |y| = {abs(newton_walk((0.3, 0.5))[1]):.3f}")
print("20 other starts: Newton |y| at most", newton_ends[:, 1].max().round(3))
print("      gradient descent |y| at least", descent_ends[:, 1].min().round(3))
assert max(x, y, newton_ends.max()) < 1e-6  # all in the saddle
assert np.allclose(newton_walk((0.3, 0.5)), (0, np.sqrt(0.5)))
assert np.allclose(descent_ends[:, 1], np.sqrt(0.5), atol=1e-3)
outcome("optimisation-newton", part="trap", right="b" if y < 1e-6 else "a" if y < 1 else "c")

# %% [markdown]
# **What to notice.** Newton ends in the saddle from (0.3, 0.1) and from all 20 other starts (with
# |y| between 0.05 and 0.3); gradient descent ends in a minimum from all 20. From further out Newton
# can reach a minimum, as from (0.3, 0.5). Newton looks for a place where the gradient is zero, and
# a saddle is one. Where the curvature is negative, dividing by it turns the step around: uphill.

# %% [markdown]
# ## Check yourself
#
# Answer aloud, then open. The cells below answer 1, 2 and 4 by running.
#
# 1. You train with noisy gradients and switch momentum 0.9 on, at the same learning rate. Does the
#    cloud around the minimum get smaller?
#
# <details><summary>Answer</summary>
#
# No: it gets about ten times larger (measured as the mean of w²). The velocity adds up about ten
# gradients, so the effective learning rate is ten times as large. Lower the learning rate with it.
#
# </details>
#
# 2. Adam with both betas at 0.9, and without bias correction. Is the first step too long or too
#    short?
#
# <details><summary>Answer</summary>
#
# Too short: 0.1 divided by the root of 0.1 is 0.32. The usual "too small" is right for these
# betas, and wrong for the defaults.
#
# </details>
#
# 3. The largest curvature is 50. Which learning rates make gradient descent diverge?
#
# <details><summary>Answer</summary>
#
# Those above 2/50 = 0.04: each step then multiplies the error in that direction by less than −1.
#
# </details>
#
# 4. You draw a batch without replacement, and its size is that of the data set. How large is the
#    noise of its gradient?
#
# <details><summary>Answer</summary>
#
# Zero: the batch is the whole data set in another order. The $1/\sqrt{B}$ law holds for draws with
# replacement, or for batches much smaller than the data.
#
# </details>
#
# 5. The gradient is zero. What do you compute to tell a minimum from a saddle?
#
# <details><summary>Answer</summary>
#
# The smallest eigenvalue of the Hessian. If it is negative, there is a way down.
#
# </details>

# %%
for seed in range(3):  # question 1: f = 5w², noise of size 10, learning rate 0.001
    clouds = []
    for beta in (0.0, 0.9):
        rng, w, v, squares = np.random.default_rng(seed), np.zeros(1000), np.zeros(1000), []
        for _ in range(2000):
            v = beta * v + 10 * w + 10 * rng.normal(size=1000)
            w = w - 0.001 * v
            squares.append(np.mean(w**2))
        clouds.append(np.mean(squares[1000:]))
    print(f"mean of w²: without momentum {clouds[0]:.3f}, with {clouds[1]:.3f}")
    assert 8 < clouds[1] / clouds[0] < 12

# %%
path = adam(constant, [0.0], lr=1, steps=1, correct=False, beta2=0.9)  # question 2
short = path[0, 0] - path[1, 0]
print("first step with both betas at 0.9:", short.round(2))
assert round(short, 2) == 0.32

# %%
X, y = regression(seed=0)  # question 4
order = np.random.default_rng(0).permutation(len(y))  # all rows, none twice
difference = gradient(np.zeros(5), X[order], y[order]) - gradient(np.zeros(5), X, y)
print("largest difference to the full gradient:", np.abs(difference).max().round(12))
assert np.abs(difference).max() < 1e-12

# %% [markdown]
# ## In one breath
#
# Say this without looking. A loss is known by its force: squared error lets few wild points
# decide, absolute error does not, and neither survives wild inputs. A batch gradient is right on
# average and its noise falls with the square root of the work. Gradient descent is limited to
# rates below two over the largest curvature, and the smallest curvature sets the time: momentum
# turns κ into √κ. Adam gives each parameter its own scale, so the scale of the loss does not
# matter, but the axes do. Larger batches need larger rates, up to that limit. In many dimensions
# flat points at high loss are mostly saddles; noise leaves them, Newton seeks them, and its Hessian
# does not fit anyway. And a gradient check wants float64, central differences and a step of 1e-5.
#
# **Read on.** The book: 《百面机器学习》 7.1 to 7.6. Its 7.7, on L1 and sparse weights, belongs to the
# group on regularisation. The papers: Kingma and Ba (2015), *Adam: A Method for Stochastic
# Optimization*. Polyak (1964), *Some methods of speeding up the convergence of iteration methods*
# (momentum). Huber (1964), *Robust Estimation of a Location Parameter*. Dauphin and others (2014),
# *Identifying and attacking the saddle point problem in high-dimensional non-convex optimization*.
# Goyal and others (2017), *Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour*. McCandlish
# and others (2018), *An Empirical Model of Large-Batch Training*.
