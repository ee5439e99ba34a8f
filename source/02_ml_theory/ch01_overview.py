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
# # Chapter 1 Overview of statistical learning (统计学习方法概论)
#
# Ten points and a polynomial with ten coefficients: the training error is zero, and the curve is useless. Most of chapter 1 explains this one accident, and how to avoid it.
#
# **You will** fit Bishop's ten points with four polynomials (例1.1), measure how the error that you see differs from the error that you will get, and choose between models by cross-validation on real data. Then you compare two kinds of classifiers, grade one, and meet the three tasks of the book.
#
# **After it you can**
#
# - name the three elements (三要素) of a method: model, strategy, algorithm;
# - say what empirical, expected and structural risk are, and show how the first misleads you;
# - choose a model with a validation set, with S folds, and with leave-one-out;
# - use `KFold`, `cross_val_score`, `Ridge` and `Lasso`, and turn the book's λ into scikit-learn's `alpha`;
# - compute precision, recall and F1, and choose a threshold.
#
# **You need** the gradient (梯度), the matrix product, maximum likelihood (极大似然) and NumPy arrays, all from stage 1.
#
# **Where this stands.** Stage 2 of the roadmap, core path, three days. First read chapter 1 of 李航《统计学习方法》 (1st edition); skip the proof of 定理1.1. **Stuck?** Read the posts on linear regression and on cross-validation in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide to cross-validation](https://scikit-learn.org/stable/modules/cross_validation.html). The chapter names many ideas at once. You do not have to master them today: each of them returns in a later chapter.

# %%
import warnings
from collections import Counter, defaultdict
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score
from sklearn.model_selection import (
    KFold,
    LeaveOneOut,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import dlroadmap
from dlroadmap import plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Fit a curve, and name its three elements
#
# The book draws ten noisy points of a sine curve and fits polynomials (例1.1, 图1.2), but prints no numbers. The example is Bishop's (*Pattern Recognition and Machine Learning*, 2006), and he published his ten points. Here they are: `x` are the inputs, `y` the measured values. `grid` and `sine` are the curve behind them. In real life you never see that curve.

# %%
x = np.arange(10) / 9
y = np.array([0.349486, 0.830839, 1.007332, 0.971507, 0.133066,
              0.166823, -0.848307, -0.445686, -0.563567, 0.261502])
grid = np.linspace(0, 1, 101)
sine = np.sin(2 * np.pi * grid)

# %% [markdown]
# Now fit a polynomial of degree 3. `powers` writes the columns 1, x, x², x³ side by side; such a table is a design matrix (设计矩阵). `np.linalg.lstsq` returns the weights with the smallest sum of squared errors (least squares, 最小二乘法).

# %%
def powers(x, M):
    """x (N,) → (N, M + 1): the columns 1, x, …, x to the power M."""
    return np.vander(x, M + 1, increasing=True)


def fit_polynomial(x, y, M):
    """Least-squares weights, shape (M + 1,)."""
    return np.linalg.lstsq(powers(x, M), y, rcond=None)[0]

# %%
w3 = fit_polynomial(x, y, 3)
print("w* =", w3.round(2))

# %%
fig, ax = plt.subplots()
ax.plot(grid, sine, color=plot.GREEN, ls="--", label="sin 2πx, unknown in real life")
ax.plot(grid, powers(grid, 3) @ w3, color=plot.RED, label="degree 3, least squares")
ax.vlines(x, y, powers(x, 3) @ w3, color="#888888", lw=1)
ax.scatter(x, y, color=plot.BLUE, zorder=3, label="the ten points")
ax.set(xlabel="x", ylabel="y", title="Four numbers follow ten points")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Ten blue points scatter around a dashed sine wave. A red cubic curve runs close to the wave; thin vertical lines show how far each point is from it.
#
# **The idea: three elements.** The book describes every method of learning by three answers.
#
# - **Model (模型)**: among which functions do we search? Here $f(x;w)=\sum_{j=0}^{M}w_jx^j$ with M = 3. All of them together are the hypothesis space (假设空间).
# - **Strategy (策略)**: which of them is best? Here the one with the smallest sum of squares $L(w)=\frac12\sum_{i=1}^{N}(f(x_i;w)-y_i)^2$. The ½ only makes the derivative shorter.
# - **Algorithm (算法)**: how do we find it? Set all derivatives to zero. $\partial L/\partial w_j=\sum_i(f(x_i;w)-y_i)\,x_i^j=0$ for j = 0, …, M. With the design matrix $X$ these M + 1 lines are one:
#
# $$X^{\mathsf T}(Xw-y)=0\quad\Longleftrightarrow\quad X^{\mathsf T}X\,w=X^{\mathsf T}y .$$
#
# They are called normal equations (正规方程). Check: solving them gives the same weights, and the errors are at a right angle to every column of $X$. `assert` tests a claim: it is silent when the claim is true and stops with an error when it is not. What this lesson says is tested in that way.

# %%
X3 = powers(x, 3)
by_hand = np.linalg.solve(X3.T @ X3, X3.T @ y)
print("normal equations:", by_hand.round(2))
assert np.allclose(by_hand, w3)
assert np.allclose(X3.T @ (X3 @ w3 - y), 0, atol=1e-10)

# %% [markdown]
# **Where it helps.** Ask the three questions of every method in this book. Two methods can end in the same kind of border and still differ in their answers: the perceptron of [chapter 2](ch02_perceptron.ipynb) and logistic regression of [chapter 6](ch06_logistic_regression.ipynb) both draw a straight line between two classes, but the model of the first is a decision, of the second a probability.

# %% [markdown]
# ## Measure a mistake in four ways
#
# A loss function (损失函数) says what one prediction costs. The book lists four: for a prediction $f(X)$ or a predicted probability $P(Y|X)$,
#
# | loss | formula |
# |---|---|
# | 0-1 (0-1损失) | 1 if $Y\ne f(X)$, else 0 |
# | squared (平方损失) | $(Y-f(X))^2$ |
# | absolute (绝对损失) | $\lvert Y-f(X)\rvert$ |
# | logarithmic (对数损失) | $-\log P(Y\mid X)$ |

# %%
error = np.linspace(-2.5, 2.5, 501)
probability = np.linspace(0.01, 1, 200)
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6))
axes[0].plot(error, error**2, color=plot.BLUE, label="squared")
axes[0].plot(error, np.abs(error), color=plot.RED, ls="--", label="absolute")
axes[0].axhline(1, color=plot.GREEN, ls=":", label="0-1 (free only at 0)")
axes[0].plot(0, 0, "o", color=plot.GREEN)
axes[0].set(xlabel="Y − f(X)", ylabel="loss", ylim=(-0.2, 6.5), title="Large errors: squared is hardest")
axes[0].legend(loc="upper center")
axes[1].plot(probability, -np.log(probability), color=plot.PURPLE)
axes[1].set(xlabel="probability given to what happened", ylabel="−log P(Y|X)",
            title="Certain and wrong has no upper limit")
plt.show()

# %% [markdown]
# **Figure in words.** Left: a blue parabola, a red V and a flat dotted line at 1 that is free only at zero error. Right: the logarithmic loss is 0 at probability 1 and shoots up as the probability goes to 0.
#
# Does the choice matter? Predict seven values by *one* number c, and let each loss choose its favourite c.

# %%
values = np.array([0, 1, 1, 3, 4, 6, 20])
c = np.arange(0, 2001) / 100                              # 0, 0.01, …, 20
difference = values[:, None] - c                          # (7, 2001)
risks = {"squared": (difference**2).mean(axis=0), "absolute": np.abs(difference).mean(axis=0),
         "0-1": (difference != 0).mean(axis=0)}
favourite = {name: c[risk.argmin()].item() for name, risk in risks.items()}
print(favourite)

# %%
assert abs(favourite["squared"] - values.mean()) < 0.01
assert (favourite["absolute"], favourite["0-1"]) == (np.median(values), 1)

# %% [markdown]
# **What to notice.** The squared loss wants the mean, 5. The absolute loss wants the median (中位数), 3. The 0-1 loss wants the most frequent value, 1. One far value, 20, pulls only the mean. So the loss decides what your model will tell you.
#
# **Try it.** Change 20 to 200 and let c run to 200, `c = np.arange(0, 20001) / 100`. Expect the mean to move to 30.71, and the other two to stay.

# %% [markdown]
# ## Watch what you see and what you get
#
# The average loss on your N samples is the empirical risk (经验风险). The average loss over everything that may ever come is the expected risk (期望风险):
#
# $$R_{\mathrm{emp}}(f)=\frac1N\sum_{i=1}^{N}L(y_i,f(x_i)),\qquad R_{\mathrm{exp}}(f)=E[L(Y,f(X))] .$$
#
# You see the first and want the second. Usually nobody can compute $R_{\mathrm{exp}}$. Here you can, because you invent the world: x is uniform on [0, 1], and y = sin 2πx plus Gaussian noise with standard deviation 0.3. No curve can get below the variance of the noise, 0.09.

# %%
fine = (np.arange(2000) + 0.5) / 2000
fine_sine = np.sin(2 * np.pi * fine)


def sample(N, rng):
    x = rng.uniform(size=N)
    return x, np.sin(2 * np.pi * x) + rng.normal(0, 0.3, N)


def expected_risk(w):
    return np.mean((powers(fine, len(w) - 1) @ w - fine_sine) ** 2) + 0.3**2

# %% [markdown]
# **First, a fixed function**: the cubic `w3` from above. Draw 400 data sets of each size N and compute its empirical risk on each.

# %%
rng = np.random.default_rng(0)
sizes = [10, 30, 100, 300, 1000, 3000]
seen = {N: [np.mean((ys - powers(xs, 3) @ w3) ** 2)
            for xs, ys in (sample(N, rng) for _ in range(400))] for N in sizes}
fixed = pd.DataFrame(seen).agg(["mean", "std"]).T
fixed["std × √N"] = fixed["std"] * np.sqrt(fixed.index)
print(f"expected risk of the cubic: {expected_risk(w3):.3f}")
print(fixed.round(3))

# %%
assert (fixed["mean"] - expected_risk(w3)).abs().max() < 0.01
assert fixed["std × √N"].between(0.15, 0.23).all()

# %% [markdown]
# **What to notice.** The mean is right for every N, and the measurements gather around it: the law of large numbers (大数定律). The spread shrinks like 1/√N, because the variance of a mean is the variance of one value divided by N. Four times as much data halves the error of the measurement.
#
# **Now a chosen function.** Empirical risk minimisation (经验风险最小化, ERM) takes the function with the smallest $R_{\mathrm{emp}}$ and then looks at the same $R_{\mathrm{emp}}$. Fit a cubic to each data set, and record both risks of the winner. The medians of 300 repeats follow.

# %%
def both_risks(M, N, rng):
    xs, ys = sample(N, rng)
    w = fit_polynomial(xs, ys, M)
    return np.mean((ys - powers(xs, M) @ w) ** 2), expected_risk(w)


chosen = {N: np.median([both_risks(3, N, rng) for _ in range(300)], axis=0) for N in sizes}
chosen = pd.DataFrame(chosen, index=["empirical", "expected"]).T
print(chosen.round(3))

# %%
gap = chosen["expected"] - chosen["empirical"]
assert (chosen["empirical"][:2] < 0.09).all()
assert (chosen["expected"] > 0.09).all()
assert gap[10] > 0.05
assert gap[3000] < 0.005

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.8), sharey=True)
axes[0].axhline(expected_risk(w3), color=plot.RED, label="expected risk")
for N in sizes:
    axes[0].scatter(np.full(100, N), seen[N][:100], s=6, color=plot.BLUE, alpha=0.4)
axes[0].set(xscale="log", xlabel="samples N", ylabel="risk", ylim=(0, 0.35),
            title="Fixed function: right on average")
axes[1].plot(chosen["expected"], "o-", color=plot.RED, label="expected risk of the winner")
axes[1].plot(chosen["empirical"], "o-", color=plot.BLUE, label="its empirical risk")
axes[1].axhline(0.09, color="#666666", ls=":", label="noise: nobody gets below")
axes[1].set(xscale="log", xlabel="samples N", title="Chosen function: you see too little")
for ax in axes:
    ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a cloud of blue dots around the red line of the expected risk gets narrower as N grows. Right, for the chosen function the blue curve comes from below and the red one from above; they meet a little above the dotted noise level, near 0.095: the rest is what no cubic can do about a sine.
#
# **What to notice.** With ten samples the winner's empirical risk lies *below* the noise. It has learnt some of the noise by heart. The same data chose the function and judged it, so the judge was partial. The gap is the optimism (乐观偏差) of the training error (训练误差). More data close it.
#
# **Where it helps.** This is the reason for test sets. The error on samples that took no part in the choice is the test error (测试误差): the left picture again. How well a model does on new data is its generalisation ability (泛化能力).

# %% [markdown]
# ## Overfit ten points (例1.1)
#
# Back to Bishop's points. Fit degrees M = 0, 1, 3 and 9, as the book does. (½ SSE is half the sum of squared errors, the book's L(w).) Which one would you choose from the training error alone?

# %%
def rms(values):
    """Root mean square: the typical size of the entries."""
    return np.sqrt(np.mean(np.square(values)))


fits = {M: fit_polynomial(x, y, M) for M in range(10)}
rows = {M: (((powers(x, M) @ w - y) ** 2).sum() / 2, rms(powers(x, M) @ w - y),
            rms(powers(grid, M) @ w - sine)) for M, w in fits.items()}
table = pd.DataFrame(rows, index=["½ SSE", "training RMS", "RMS to the sine"]).T
table.loc[[0, 1, 3, 9]].round(6)

# %%
for M in (0, 1, 3, 9):
    print(f"M = {M}: w* =", *(f"{v:.2f}" for v in fits[M]))

# %%
sheet = {0: [0.19], 1: [0.82, -1.27], 3: [0.31, 7.99, -25.43, 17.37],
         9: [0.35, 232.37, -5321.83, 48568.31, -231639.31, 640042.31, -1061800.62, 1042400.30,
             -557683.07, 125201.45]}
assert all(np.allclose(fits[M], w, rtol=2e-6, atol=0.0051) for M, w in sheet.items())
assert np.allclose(table["½ SSE"][[0, 1, 3]], [1.886845, 1.068271, 0.174824], atol=1e-6)
assert np.allclose(table["training RMS"][[0, 1, 3]], [0.614304, 0.462227, 0.186989], atol=1e-6)
assert table["training RMS"][9] < 1e-8
assert np.allclose(table["RMS to the sine"][[0, 1, 3, 9]], [0.728, 0.517, 0.224, 1.259], atol=6e-4)

# %%
fig, axes = plt.subplots(2, 2, figsize=(8.8, 5.6), sharex=True, sharey=True)
for ax, M in zip(axes.flat, (0, 1, 3, 9)):
    ax.plot(grid, sine, color=plot.GREEN, ls="--")
    ax.plot(grid, powers(grid, M) @ fits[M], color=plot.RED)
    ax.scatter(x, y, color=plot.BLUE, s=25, zorder=3)
    ax.set(ylim=(-1.6, 1.6))
    ax.set_title(f"M = {M}: training {table['training RMS'][M]:.2f}, "
                 f"to the sine {table['RMS to the sine'][M]:.2f}", fontsize=11)
fig.suptitle("M = 9 meets every point and misses the curve", x=0.01, ha="left")
fig.supxlabel("x")
fig.supylabel("y")
plt.show()

# %% [markdown]
# **Figure in words.** A flat line, a falling line, a cubic close to the dashed sine, and a curve of degree 9 that passes through all ten points but swings far beyond the picture near both ends.
#
# **What to notice.** M = 9 has ten weights for ten points, so the training error is zero. Its distance to the true curve is the largest of the four: 1.26. Look at the weights: up to a million, with changing signs. Huge terms cancel each other at the points, and nowhere else.
#
# Now all ten degrees:

# %%
fig, ax = plt.subplots(figsize=(6.8, 3.8))
ax.plot(table["training RMS"], "o-", color=plot.BLUE, label="training RMS: what you see")
ax.plot(table["RMS to the sine"], "s-", color=plot.RED, label="RMS to the sine: what you get")
ax.set(xlabel="degree M", ylabel="RMS error", xticks=range(10),
       title="Only the error that you get shows the accident at M = 9")
ax.legend(loc=(0.18, 0.72))
plt.show()

# %% [markdown]
# **Figure in words.** The blue training error falls step by step to zero at M = 9. The red error to the sine falls until M = 3, stays near 0.2 up to M = 8, and shoots up to 1.26 at M = 9.
#
# **What to notice.** Textbooks draw a smooth U for the second curve. On these ten points the bottom of the U is flat: degrees 3 to 8 are equally good. The accident comes with the tenth weight, which lets the curve meet every point. And with more points? Repeat degree 9 on larger random data sets:

# %%
assert (np.diff(table["training RMS"]) < 0).all()
assert table["RMS to the sine"][3:9].between(0.2, 0.235).all()
rng = np.random.default_rng(1)
many = {N: np.median([rms(powers(grid, 9) @ fit_polynomial(*sample(N, rng), 9) - sine)
                      for _ in range(100)]) for N in (30, 100, 1000)}
print("degree 9, RMS to the sine by number of points:", {N: f"{v:.2f}" for N, v in many.items()})

# %%
assert many[100] < 0.13 < 0.25 < many[30]
assert many[1000] < 0.05

# %% [markdown]
# **The idea.** A model that is too simple underfits (欠拟合). One that follows the noise overfits (过拟合): small training error, large test error. The training error can never tell you, because it only falls. Two ways out: get more data (with 100 points the same degree 9 is harmless), or ask for a small empirical risk *and* a simple function:
#
# $$R_{\mathrm{srm}}(f)=R_{\mathrm{emp}}(f)+\lambda J(f).$$
#
# $J(f)$ measures the complexity of f, and λ ≥ 0 says how much you mind. Making this structural risk (结构风险) small is structural risk minimisation (结构风险最小化, SRM). The term $\lambda J(f)$ is called regularizer (正则化项) or penalty term (罚项).

# %% [markdown]
# ## Punish large weights
#
# The weights of M = 9 are suspiciously large. So let them cost something. The book's L2 form is
#
# $$L(w)=\frac1N\sum_{i=1}^{N}(f(x_i;w)-y_i)^2+\frac{\lambda}{2}\lVert w\rVert^2 .$$
#
# Set the gradient to zero, $\frac2NX^{\mathsf T}(Xw-y)+\lambda w=0$, and sort:
#
# $$w=\left(X^{\mathsf T}X+\tfrac{N\lambda}{2}I\right)^{-1}X^{\mathsf T}y ,$$
#
# with the identity matrix $I$. One line of NumPy:

# %%
def fit_l2(X, y, lam):
    N, D = X.shape
    return np.linalg.solve(X.T @ X + N * lam / 2 * np.eye(D), X.T @ y)


X9, grid9 = powers(x, 9), powers(grid, 9)
for log_lam in (-20, -14, -8, -2, 4):
    w = fit_l2(X9, y, np.exp(log_lam))
    print(f"ln λ = {log_lam:>3}: largest weight {np.abs(w).max():8.2f}, training RMS "
          f"{rms(X9 @ w - y):.2f}, to the sine {rms(grid9 @ w - sine):.2f}")

# %% [markdown]
# scikit-learn calls this `Ridge` (岭回归). It minimises $\lVert Xw-y\rVert^2+\alpha\lVert w\rVert^2$: no 1/N, no ½. So `alpha` must be $N\lambda/2$. (`fit_intercept=False`, because column 0 of `X9` is the constant already.)

# %%
lam = np.exp(-8)
ridge = Ridge(alpha=10 * lam / 2, fit_intercept=False).fit(X9, y)
assert np.allclose(ridge.coef_, fit_l2(X9, y, lam), atol=1e-8)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.3), sharey=True)
panels = ((fits[9], "No penalty: wild"), (fit_l2(X9, y, np.exp(-14)), "ln λ = −14: calm"),
          (fit_l2(X9, y, np.exp(0)), "ln λ = 0: nearly dead"))
for ax, (w, title) in zip(axes, panels):
    ax.plot(grid, sine, color=plot.GREEN, ls="--")
    ax.plot(grid, grid9 @ w, color=plot.RED)
    ax.scatter(x, y, color=plot.BLUE, s=25, zorder=3)
    ax.set(ylim=(-1.6, 1.6), xlabel="x", title=title)
axes[0].set_ylabel("y")
plt.show()

# %% [markdown]
# **Figure in words.** Degree 9 three times: without penalty it swings through all points; with ln λ = −14 it is a smooth wave near the sine; with ln λ = 0 it is almost a straight, flat line.

# %%
distance = {v: rms(grid9 @ fit_l2(X9, y, np.exp(v)) - sine) for v in (-20, -14, -8, 0)}
assert distance[-14] < 0.23
assert distance[0] > 0.6
assert all(np.linalg.norm(fit_l2(X9, y, np.exp(a))) > np.linalg.norm(fit_l2(X9, y, np.exp(b)))
           for a, b in ((-20, -14), (-14, -8), (-8, 0)))

# %% [markdown]
# **What to notice.** All ten weights are still there, but they cannot be huge any more, and the curve is as good as M = 3. λ is a knob between overfitting and underfitting. The next section chooses it.
#
# **The L1 form** takes the sum of absolute weights instead, $\frac1N\sum_i(f(x_i;w)-y_i)^2+\lambda\lVert w\rVert_1$. It has no closed formula; scikit-learn's `Lasso` solves it, with `alpha` = λ/2. The surprise is in the weights. Real data: 442 diabetes patients, ten measurements each, and the progress of the disease one year later (Efron, Hastie, Johnstone and Tibshirani 2004; in scikit-learn). `StandardScaler` gives each column mean 0 and standard deviation 1; otherwise the penalty would depend on the units.

# %%
diabetes = load_diabetes(as_frame=True, scaled=False)
patients, yd = diabetes.data.to_numpy(), diabetes.target.to_numpy()
Xd = StandardScaler().fit_transform(patients)
weights = pd.DataFrame({"no penalty": LinearRegression().fit(Xd, yd).coef_,
                        "L2": Ridge(alpha=300).fit(Xd, yd).coef_,
                        "L1": Lasso(alpha=10).fit(Xd, yd).coef_}, index=diabetes.data.columns)
weights.round(1).T + 0.0  # + 0.0 turns -0.0 into 0.0

# %%
print((weights == 0).sum().to_dict())
assert (weights == 0).sum().to_list() == [0, 0, 6]
assert set(weights.index[weights["L1"] != 0]) == {"bmi", "bp", "s3", "s5"}

# %% [markdown]
# **What to notice.** L2 makes weights smaller; none is 0. L1 sets six of ten to *exactly* 0. What remains: body mass index, blood pressure, and two blood values. The reason is the slope at zero. The price of L2 is flat there, so a tiny weight costs almost nothing. The price of L1 has the slope λ all the way down: a weight that does not earn its price goes to zero and stays.
#
# **Where it helps.** L2 is the weight decay (权重衰减) of neural networks in stage 4. L1 chooses features. Both are the book's principle of Occam's razor (奥卡姆剃刀): of two models that explain the data equally well, take the simpler one.

# %% [markdown]
# ## Cross-validate
#
# You have ten points and no sine curve. How do you find out that M = 3 is a good degree? Keep some points out of the training and ask them. First, the simple way (简单交叉验证): 70 % train, 30 % judge. Do it for 100 random splits and count which degree wins (`Counter` is a dictionary that counts). Seven points train, so degrees above 6 are not asked.
# %%
winners = Counter()
for seed in range(100):
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.3, random_state=seed)
    judged = [rms(powers(xb, M) @ fit_polynomial(xa, ya, M) - yb) for M in range(7)]
    winners[int(np.argmin(judged))] += 1
print("degree: wins   ", dict(sorted(winners.items())))

# %%
assert winners.most_common(1)[0][0] == 3
assert 15 <= 100 - winners[3] <= 40

# %% [markdown]
# **What to notice.** M = 3 wins most often, but about one split in four chooses something else. Three judges are few, and it matters which three.
#
# **The idea.** Let every point be a judge once. Cut the data into S parts (folds, 折). Train on S − 1 of them, judge on the last, and do so S times: S-fold cross-validation (S折交叉验证). With S = N each point is its own part: leave-one-out (留一交叉验证).

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 2.9), width_ratios=(1, 1, 1))
five = [b for _, b in KFold(5, shuffle=True, random_state=0).split(x)]
one = [b for _, b in LeaveOneOut().split(x)]
simple = [train_test_split(np.arange(10), test_size=0.3, random_state=0)[1]]
for ax, folds, title in zip(axes, (simple, five, one), ("Simple: three judge", "5 folds: all judge", "Leave-one-out")):
    picture = np.zeros((len(folds), 10))
    for row, judges in enumerate(folds):
        picture[row, judges] = 1
    ax.pcolormesh(picture, cmap=plt.matplotlib.colors.ListedColormap(["#dbe9f3", plot.ORANGE]),
                  edgecolors="white", linewidth=2)
    ax.set(title=title, xlabel="point", yticks=np.arange(len(folds)) + 0.5,
           yticklabels=range(1, len(folds) + 1), xticks=[0.5, 9.5], xticklabels=[1, 10])
    ax.invert_yaxis()
    ax.grid(False)
    assert (picture.sum(axis=0) == 1).all() or title.startswith("Simple")
axes[0].set_ylabel("training run")
plt.show()

# %% [markdown]
# **Figure in words.** Three tables, a row for each training run, a column for each point; orange points judge, pale blue ones train. Simple: one run, three judges. Five folds: five runs with two judges each. Leave-one-out: ten runs with one judge, a diagonal. With folds every column has exactly one orange cell.
#
# Now with scikit-learn. `make_pipeline(A, B)` chains two steps into one model: first the powers, then the fit. It wants inputs of shape (N, D), so x becomes `column`, shape (10, 1). `least_squares()` is `LinearRegression` with a finer tolerance; trap 1 tells you why.

# %%
def least_squares():
    model = LinearRegression()
    return model.set_params(tol=1e-12) if "tol" in model.get_params() else model


def polynomial(M):
    return make_pipeline(PolynomialFeatures(M), least_squares())


column = x[:, None]
assert np.allclose(polynomial(3).fit(column, y).predict(column), X3 @ w3)

# %% [markdown]
# `cross_val_score(model, X, y, cv=…, scoring=…)` does all S runs and returns S scores. A score must be *larger for better* models, so the mean squared error comes with a minus: `"neg_mean_squared_error"`.

# %%
def cv_error(model, X, y, cv):
    return -cross_val_score(model, X, y, cv=cv, scoring="neg_mean_squared_error").mean()


loo = pd.Series([cv_error(polynomial(M), column, y, LeaveOneOut()) for M in range(10)])
print("leave-one-out, mean squared error by M:")
print(*(f"M={M}: {v:.3g}" for M, v in loo.items()), sep="  ")

# %%
assert np.allclose(loo[:3], [0.466, 0.363, 0.698], atol=6e-4)
assert np.allclose(loo[3:5], [0.0733, 0.1043], atol=6e-5)
assert np.isclose(loo[5], 0.351, atol=6e-4)
assert np.allclose(loo[6:8], [1.428, 29.93], rtol=1e-3)
assert (loo[8:] > 1000).all()  # these two depend on the solver: "Beyond the roadmap"
assert loo.idxmin() == 3
each = -cross_val_score(polynomial(8), column, y, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
assert each[[0, 9]].sum() > 0.95 * each.sum()  # nearly all of it comes from the two end points

# %%
five_fold = Counter()
for seed in range(10):
    cv = KFold(5, shuffle=True, random_state=seed)
    five_fold[int(np.argmin([cv_error(polynomial(M), column, y, cv) for M in range(7)]))] += 1
print("5 folds, 10 shufflings, degree: wins   ", dict(five_fold))
assert five_fold[3] == 10

# %% [markdown]
# **What to notice.** Without any sine curve, leave-one-out says M = 3, and so do five folds in all ten shufflings. At M = 8 and M = 9 the error is in the thousands: when an end point is left out, the curve must run on without a guide, and shoots off.
#
# Let it choose λ too, for degree 9:

# %%
logs = np.arange(-20, 5)
judged = [cv_error(Ridge(alpha=9 * np.exp(v) / 2, fit_intercept=False), X9, y, LeaveOneOut())
          for v in logs]                                        # 9 points train in each run
truth = [rms(grid9 @ fit_l2(X9, y, np.exp(v)) - sine) for v in logs]
best = logs[np.argmin(judged)]

# %%
fig, ax = plt.subplots(figsize=(6.8, 3.8))
ax.plot(logs, np.sqrt(judged), "o-", ms=4, color=plot.PURPLE, label="leave-one-out RMS")
ax.plot(logs, truth, "s-", ms=4, color=plot.RED, label="RMS to the sine")
ax.axvline(best, color="#888888", ls=":")
ax.set(yscale="log", xlabel="ln λ", ylabel="error", title="Leave-one-out takes too much penalty, with little harm")
ax.set_yticks([0.2, 0.4, 1, 2, 4], ["0.2", "0.4", "1", "2", "4"])
ax.minorticks_off()
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The purple leave-one-out error falls from above 4 to its lowest value, about 0.35, at a dotted line in the middle, and rises again. The red error to the sine is flat at about 0.21 on the left and rises from the middle on.

# %%
print(f"chosen: ln λ = {best}, RMS to the sine {truth[list(logs).index(best)]:.2f}, "
      f"best possible {min(truth):.2f}")
assert -10 <= best <= -6
assert truth[list(logs).index(best)] < 0.3
weak = Ridge(alpha=9 * np.exp(-14) / 2, fit_intercept=False)
each = -cross_val_score(weak, X9, y, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
assert each[9] > 0.8 * each.sum()  # with little penalty, the last point alone decides

# %% [markdown]
# **What to notice.** It chooses a much larger λ than the best one, yet the error grows only a little: the red curve is flat there. With less penalty, nearly all of its error comes from one run: the last point is left out, and the curve must run on without a guide (extrapolate, 外推). Where you have all points, that does not happen. Its choice is still far better than no penalty (1.26). Cross-validation is an estimate, not an oracle.

# %% [markdown]
# ## Choose a model on real data
#
# Now without knowing the truth: predict the diabetes progress. Candidates are polynomials of all ten features (degree 1: 10 columns; degree 2: 65, degree 3: 285, with all products of features), each with eight values of `alpha`. With enough data the book cuts them into three parts: the training set (训练集) fits each candidate, the validation set (验证集) chooses one, the test set (测试集) judges the winner, once.

# %%
alphas = 10.0 ** np.arange(-3, 5)
rows = np.arange(len(yd))
train, rest = train_test_split(rows, test_size=0.5, random_state=0)
valid, test = train_test_split(rest, test_size=0.5, random_state=0)
print("patients:", len(train), len(valid), len(test), "  variance of y:", yd.var().round())

# %%
def errors(train, parts):
    """Mean squared errors of all 24 candidates on the given parts: a row a candidate."""
    table = {}
    for degree in (1, 2, 3):
        expand = make_pipeline(StandardScaler(), PolynomialFeatures(degree, include_bias=False),
                               StandardScaler())
        expand.fit(patients[train])                    # scales come from the training part only
        Z = {name: expand.transform(patients[part]) for name, part in parts.items()}
        for alpha in alphas:
            model = Ridge(alpha=alpha).fit(Z["train"], yd[train])
            table[degree, alpha] = {name: np.mean((model.predict(Z[name]) - yd[part]) ** 2)
                                    for name, part in parts.items()}
    return pd.DataFrame(table).T


parts = {"train": train, "valid": valid, "test": test}
candidates = errors(train, parts)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.5), sharey=True)
for ax, degree in zip(axes, (1, 2, 3)):
    part = candidates.loc[degree]
    ax.plot(part["train"], "o-", color=plot.BLUE, label="training")
    ax.plot(part["valid"], "s-", color=plot.ORANGE, label="validation")
    ax.axhline(yd.var(), color="#666666", ls=":")
    ax.set(xscale="log", yscale="log", xlabel="alpha", title=f"Degree {degree}")
axes[0].text(1e-3, yd.var() * 1.15, "predict the mean", fontsize=10)
axes[0].set_ylabel("mean squared error")
axes[2].legend(loc="upper right")
fig.suptitle("The smallest training error belongs to the worst model", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** For degree 1 both errors are close together and flat until alpha is large. For degree 2 the validation error has a shallow dip near alpha 100. For degree 3 and small alpha the training error falls towards zero, while the validation error rises far above the dotted line of "predict the mean".

# %%
least, best = candidates["train"].idxmin(), candidates["valid"].idxmin()
print(f"smallest training error:   degree {least[0]}, alpha {least[1]:g}")
print(f"smallest validation error: degree {best[0]}, alpha {best[1]:g}")
candidates.loc[[least, best]].round(0).astype(int)

# %%
assert least == (3, 0.001)
assert [PolynomialFeatures(d, include_bias=False).fit(patients).n_output_features_
        for d in (1, 2, 3)] == [10, 65, 285]
assert candidates.loc[least, "train"] < 100 < 20 * yd.var() < candidates.loc[least, "test"]
assert candidates.loc[best, "test"] < 0.7 * yd.var()
assert candidates.loc[best, "train"] < candidates.loc[best, "valid"]

# %% [markdown]
# **What to notice.** Who trusts the training error takes degree 3 with almost no penalty, and predicts new patients far worse than by always saying the mean. The validation set avoids that. (The test error of the loser is printed for the lesson only. In real work you would not open it.)
#
# But the validation error of the winner is too good as well: you took the *best* of 24. How much? Repeat with 20 random splits. To be fair, let the two halves of the rest swap roles each time.

# %%
outcome = []
for seed in range(20):
    a, rest = train_test_split(rows, test_size=0.5, random_state=seed)
    b, c_ = train_test_split(rest, test_size=0.5, random_state=seed)
    scores = errors(a, {"train": a, "b": b, "c": c_})
    for chooser, judge in (("b", "c"), ("c", "b")):
        outcome.append(scores.loc[scores[chooser].idxmin(), ["train", chooser, judge]].to_numpy())
outcome = np.array(outcome)
mean = pd.Series(outcome.mean(axis=0), ["training", "validation", "test"])
print("mean squared error of the winner:", mean.round(-1).astype(int).to_dict())

# %%
swapped = (outcome[:, 2] - outcome[:, 1]).reshape(20, 2).mean(axis=1)  # one number a split
assert mean["training"] + 150 < mean["validation"] < mean["test"] - 50
assert swapped.mean() > 2 * swapped.std() / np.sqrt(20)

# %% [markdown]
# **What to notice.** On average: training below validation below test. Each set that took part in a decision is too friendly afterwards. The optimism of the training error is large, that of the validation error small (24 candidates are few). Therefore: the test set judges once, at the very end.
#
# **The idea.** When data are scarce, replace the validation set by cross-validation on everything that is not test. That is what you will do in the competitions of stage 3; [the first of them](../03_ml_competition/steam_1_explore.ipynb) shows a case in which even the folds are not innocent.
#
# **Try it.** Allow only strong penalties, `alphas = 10.0 ** np.arange(2, 5)`, and run this section again. Expect the assert on `least` to stop you: the smallest training error now has alpha 100, and its test error is below the dotted line. You have struck out the candidates that could overfit.

# %% [markdown]
# ## Compare two ways to classify
#
# Two varieties of wine, 119 bottles, two chemical measurements (Wine: Aeberhard and Forina 1992; in scikit-learn, from UCI, CC BY 4.0). `GaussianNB` and `LogisticRegression` both learn to tell them apart, by two different routes.

# %%
wine = load_wine(as_frame=True)
two = wine.target > 0
Xw = wine.data.loc[two, ["flavanoids", "color_intensity"]].to_numpy()
yw = wine.target[two].to_numpy() - 1                       # 0 and 1
generative = GaussianNB().fit(Xw, yw)
discriminative = make_pipeline(StandardScaler(), LogisticRegression()).fit(Xw, yw)

# %%
g1, g2 = np.meshgrid(np.linspace(-0.5, 6, 200), np.linspace(0, 14, 200))
plane = np.c_[g1.ravel(), g2.ravel()]
joint = np.exp(generative.predict_joint_log_proba(plane))   # P(X, Y), a column a class
posterior = discriminative.predict_proba(plane)[:, 1]       # P(Y = 1 | X)
fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.2), sharey=True)
for k, colour in ((0, plot.ORANGE), (1, plot.BLUE)):
    axes[0].contour(g1, g2, joint[:, k].reshape(g1.shape), levels=[0.003, 0.02, 0.08],
                    colors=colour)
axes[1].contourf(g1, g2, posterior.reshape(g1.shape), levels=np.linspace(0, 1, 11),
                 cmap="cividis_r", alpha=0.5)
axes[1].contour(g1, g2, posterior.reshape(g1.shape), levels=[0.5], colors="black")
for ax, title in zip(axes, ("Generative: what does each class look like?",
                            "Discriminative: where is the border?")):
    for k, style in ((0, plot.NEGATIVE), (1, plot.POSITIVE)):
        ax.scatter(*Xw[yw == k].T, s=20, edgecolors="black", linewidths=0.4, **style,
                   label=f"variety {k}")
    ax.scatter(5.5, 13, marker="*", s=160, color=plot.RED, label="a strange bottle")
    ax.set(xlabel="flavanoids", title=title)
    ax.title.set_fontsize(11)
axes[0].set_ylabel("colour intensity")
axes[0].legend(loc=(0.45, 0.6))
plt.show()

# %% [markdown]
# **Figure in words.** Left, two sets of oval contour lines, one around the cloud of each variety. Right, the plane is shaded from one class to the other along a slanted black border. A red star lies in the upper right corner, far from all bottles.
#
# Both classify these bottles about equally well. Now ask both about the strange bottle (5.5, 13), unlike any that they have seen.

# %%
strange = [[5.5, 13.0]]
accuracy = [cross_val_score(m, Xw, yw, cv=10).mean() for m in (generative, discriminative)]
density = np.exp(generative.predict_joint_log_proba(np.vstack([Xw, strange]))).sum(axis=1)
print("accuracy, 10 folds:", np.round(accuracy, 2))
print(f"generative: P(x) of the strange bottle is {density[-1]:.0e}; "
      f"the least likely real bottle has {density[:-1].min():.0e}")
print("discriminative: largest class probability", discriminative.predict_proba(strange).max().round(2))

# %%
assert min(accuracy) > 0.95
assert density[-1] < 1e-4 * density[:-1].min()
assert discriminative.predict_proba(strange).max() > 0.6

# %% [markdown]
# **The idea.** A generative model (生成模型) learns the joint distribution $P(X,Y)=P(X\mid Y)P(Y)$, and gets the answer by Bayes' rule:
#
# $$P(Y\mid X)=\frac{P(X,Y)}{P(X)} .$$
#
# It can say "no such wine": its P(x) for the strange bottle is tiny. A discriminative model (判别模型) learns $P(Y\mid X)$ or $f(X)$ directly. It knows nothing about P(x), so it cannot tell a usual input from a strange one, and it answers every question. Naive Bayes ([chapter 4](ch04_naive_bayes.ipynb)) and the hidden Markov model are generative. The perceptron, decision trees, logistic regression, boosting and others are discriminative.
#
# The book says of the two: the generative one converges faster as the samples grow, the discriminative one is often more accurate. Test that on two data sets, with 15 random training sets of each size (`stratify=y` keeps the shares of the classes).

# %%
def learning_curve(X, y, sizes):
    curve = {}
    for N in sizes:
        splits = [train_test_split(X, y, train_size=N, stratify=y, random_state=s)
                  for s in range(15)]
        curve[N] = {name: np.mean([m.fit(a, ta).score(b, tb) for a, b, ta, tb in splits])
                    for name, m in (("generative", GaussianNB()), ("discriminative", make_pipeline(
                        StandardScaler(), LogisticRegression(max_iter=1000))))}
    return pd.DataFrame(curve).T


curves = {"Iris": learning_curve(*load_iris(return_X_y=True), (15, 20, 30, 50, 100)),
          "Tumours": learning_curve(*load_breast_cancer(return_X_y=True), (15, 30, 60, 150, 450))}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6))
for ax, curve in zip(axes, curves.values()):
    ax.plot(curve["generative"], "o-", color=plot.ORANGE, label="generative: GaussianNB")
    ax.plot(curve["discriminative"], "s-", color=plot.BLUE, label="discriminative: logistic")
    ax.set(xscale="log", xlabel="training samples", ylabel="test accuracy")
    ax.set_xticks(curve.index, curve.index)
    ax.minorticks_off()
axes[0].set_title("Iris: the generative one is ahead early")
axes[1].set_title("Tumours: GaussianNB soon stops improving")
axes[0].legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Test accuracy against training size. On the irises the orange curve of GaussianNB starts higher, and the blue one of logistic regression catches up. On the tumours both start near 0.92; the orange curve stops near 0.94 while the blue one climbs to about 0.98.

# %%
iris_curve, tumour_curve = curves.values()
lead = iris_curve["generative"] - iris_curve["discriminative"]
assert lead[15] > 0.015
assert lead[100] < 0.015
assert tumour_curve["discriminative"][450] - tumour_curve["generative"][450] > 0.02
assert abs(tumour_curve["discriminative"][15] - tumour_curve["generative"][15]) < 0.02
assert tumour_curve["generative"].max() < 0.95
versicolor = load_iris().data[50:100]
assert np.corrcoef(versicolor[:, 2], versicolor[:, 3])[0, 1] > 0.75  # petal length and width

# %% [markdown]
# **What to notice.** Both halves of the rule can be seen, but on different data. GaussianNB assumes features that are Gaussian and independent within a class. That is false on both data sets: within one species, petal length and petal width go together. On the irises the wrong assumption does little harm and saves samples. On thirty measurements of the same cells it does lasting harm, and more data cannot mend it.
#
# **Where it helps.** Few samples, or inputs that may be strange: try a generative model as well. Enough samples and only the answer matters: a discriminative one.

# %% [markdown]
# ## Grade a classifier
#
# Ten people, four of them ill (1). A test says 1 for five of them. Count the four kinds of answers. `Fraction` keeps the shares exact.

# %%
ill = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
said = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
TP, FN = int(((said == 1) & (ill == 1)).sum()), int(((said == 0) & (ill == 1)).sum())
FP, TN = int(((said == 1) & (ill == 0)).sum()), int(((said == 0) & (ill == 0)).sum())
P, R = Fraction(TP, TP + FP), Fraction(TP, TP + FN)
print(f"TP {TP}, FN {FN}, FP {FP}, TN {TN}")
print(f"accuracy {Fraction(TP + TN, 10)}, P {P}, R {R}, F1 {2 * P * R / (P + R)}")

# %%
assert (TP, FN, FP, TN) == (3, 1, 2, 4)
assert (said == ill).mean() == 0.7
assert np.allclose([precision_score(ill, said), recall_score(ill, said), f1_score(ill, said)],
                   [0.6, 0.75, 2 / 3])
assert confusion_matrix(ill, said).tolist() == [[TN, FP], [FN, TP]]  # rows: truth; 0 comes first

# %% [markdown]
# **The idea.** TP, FN, FP and TN are true positives, false negatives, false positives and true negatives. Accuracy (准确率) is the share of right answers. The other two ask about the positive class:
#
# $$P=\frac{TP}{TP+FP},\qquad R=\frac{TP}{TP+FN},\qquad \frac{2}{F_1}=\frac1P+\frac1R,\qquad F_1=\frac{2TP}{2TP+FP+FN} .$$
#
# Precision (精确率) P: of those that you called ill, how many are? Recall (召回率) R: of the ill, how many did you find? F1 is their harmonic mean (调和均值); it is close to the smaller of the two.
#
# A classifier with probabilities has a knob: say "ill" from which probability on? Real data: the tumours of [chapter 2](ch02_perceptron.ipynb), malignant is positive, but only two of the thirty measurements, so that the task is hard. `cross_val_predict` gives each tumour a probability from a model that has not seen it.

# %%
cancer = load_breast_cancer(as_frame=True)
Xc = cancer.data[["mean radius", "mean texture"]].to_numpy()
malignant = (cancer.target == 0).to_numpy().astype(int)      # scikit-learn stores malignant as 0
model = make_pipeline(StandardScaler(), LogisticRegression())
chance = cross_val_predict(model, Xc, malignant, cv=10, method="predict_proba")[:, 1]

# %%
thresholds = np.arange(2, 97) / 100
sweep = pd.DataFrame(
    [(precision_score(malignant, chance >= t), recall_score(malignant, chance >= t),
      f1_score(malignant, chance >= t)) for t in thresholds],
    columns=["precision", "recall", "F1"], index=thresholds)
sweep.loc[[0.1, 0.3, 0.5, 0.7, 0.9]].round(2)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.8))
for name, colour, dash in (("precision", plot.BLUE, "-"), ("recall", plot.RED, "--"),
                           ("F1", plot.GREEN, "-.")):
    axes[0].plot(sweep[name], color=colour, ls=dash, label=name)
axes[0].set(xlabel="threshold", ylabel="score", title="A higher threshold: precision up, recall down")
axes[0].legend(loc="lower center")
axes[1].plot(sweep["recall"], sweep["precision"], color=plot.BLACK)
for t in (0.1, 0.3, 0.5, 0.7, 0.9):
    axes[1].plot(sweep.loc[t, "recall"], sweep.loc[t, "precision"], "o", color=plot.RED)
    axes[1].annotate(f"{t}", (sweep.loc[t, "recall"], sweep.loc[t, "precision"]),
                     xytext=(-8, -14), textcoords="offset points", ha="right", fontsize=10)
axes[1].set(xlabel="recall", ylabel="precision", title="More recall costs precision")
plt.show()

# %% [markdown]
# **Figure in words.** Left: as the threshold rises from 0 to 1, recall falls from 1 to below 0.5 and precision climbs from below 0.5 to 1; F1 is a flat hill between them. Right: the same thresholds as points on one falling curve of precision against recall.

# %%
careful = sweep.index[sweep["recall"] >= 0.95].max()
alarms = int(((chance >= careful) & (malignant == 0)).sum())
print(f"to find 95 % of the malignant: threshold {careful}, "
      f"precision {sweep.loc[careful, 'precision']:.2f}, false alarms {alarms} of 357")

# %%
assert sweep["recall"].is_monotonic_decreasing
assert sweep.loc[0.1, "recall"] > 0.95 > 0.65 > sweep.loc[0.1, "precision"]
assert sweep.loc[0.9, "precision"] > 0.95 > 0.6 > sweep.loc[0.9, "recall"]
assert careful < 0.3
assert alarms == 81
assert 0.55 < sweep.loc[careful, "precision"] < 0.75

# %% [markdown]
# **What to notice.** The threshold 0.5 is a habit, not a law. To miss at most one malignant tumour in twenty you must go down to the printed threshold, and pay with 81 false alarms. No setting is best by itself; somebody has to say what a miss costs. Recall can only fall as the threshold rises; precision usually climbs, but not at every step.
#
# **Try it.** Use all thirty measurements, `Xc = cancer.data.to_numpy()`. Expect a curve that hugs the upper right corner and three false alarms instead of 81. Then an assert stops you: the numbers of this paragraph are gone, and a threshold above 0.5 is now low enough.

# %% [markdown]
# ## Name the three tasks
#
# The book sorts supervised learning (监督学习) by its output.
#
# | task | output | example here | score |
# |---|---|---|---|
# | classification (分类) | one of a few classes | tumours, wines | accuracy, P, R, F1 |
# | tagging (标注) | a sequence of tags, one for each position | noun phrases, below | the same, by tag or by phrase |
# | regression (回归) | a real number | sine, diabetes | squared error |
#
# You have met two of them. The third: mark the noun phrases (名词短语) in a sentence. B begins a phrase, E ends it, O is outside. The book's example begins "At/O Microsoft/B Research/E". Here are ten small sentences in the same form, all phrases two words long.

# %%
text = """we/O train/O a/O small/B model/E
the/O night/B train/E is/O late/O
the/O small/B model/E reads/O long/B words/E
a/O deep/B network/E learns/O from/O clean/B data/E
she/O reads/O the/O long/B book/E at/O night/O
clean/O the/O raw/B data/E first/O
they/O test/O a/O deep/B model/E
the/O last/B test/E is/O on/O clean/B data/E
we/O book/O the/O night/B train/E
a/O new/B book/E is/O late/O"""
sentences = [[pair.split("/") for pair in line.split()] for line in text.splitlines()]
print(sentences[1])

# %% [markdown]
# The smallest tagger one can think of: give each word the tag that it had most often; a word never seen gets O. Judge it by leave-one-out, over sentences.

# %%
def train_tagger(sentences):
    counts = defaultdict(Counter)
    for word, tag in (pair for s in sentences for pair in s):
        counts[word][tag] += 1
    return {word: c.most_common(1)[0][0] for word, c in counts.items()}


def tag(words, tagger):
    return [tagger.get(word, "O") for word in words]

# %%
truth, guess = [], []
for i, sentence in enumerate(sentences):
    words, tags = zip(*sentence)
    truth.append(list(tags))
    guess.append(tag(words, train_tagger(sentences[:i] + sentences[i + 1:])))
flat_truth = [t for tags in truth for t in tags]
flat_guess = [t for tags in guess for t in tags]
same = [a == b for a, b in zip(flat_truth, flat_guess)]
seen = train_tagger(sentences)
on_training = [seen[word] == t for s in sentences for word, t in s]
print(f"right tags: {np.mean(on_training):.2f} on the training sentences, {np.mean(same):.2f} on new "
      f"ones; always O: {flat_truth.count('O') / len(flat_truth):.2f}")

# %%
assert np.mean(on_training) > np.mean(same) + 0.1
assert np.mean(same) > flat_truth.count("O") / len(flat_truth)
print("words:", " ".join(word for word, _ in sentences[8]))
print("truth:", *truth[8])
print("guess:", *guess[8])

# %%
assert guess[8] != truth[8]
lonely = sum(t == "E" and before != "B" for tags in guess for before, t in zip(["O"] + tags, tags))
print("tags E without a B before them:", lonely)
assert lonely > 0

# %% [markdown]
# **What to notice.** Three lessons in one table lookup. The training score is too good, again. Some words need their neighbours: "book" and "train" are nouns in one sentence and verbs in another, and a tagger that looks at one word cannot know. And it writes E where no B came before, which is no phrase at all: tags depend on each other. The hidden Markov model (隐马尔可夫模型) and the conditional random field (条件随机场) of chapters 10 and 11 model that. The roadmap skips these chapters; networks for sequences come in stage 4.

# %% [markdown]
# ## Work the exercises 1.1 and 1.2
#
# **习题1.1.** A coin falls n times, k times on heads (1). Let θ be the probability of heads (the Bernoulli model, 伯努利模型). Estimate θ by maximum likelihood (极大似然估计) and in the Bayesian way (贝叶斯估计), and name the three elements.
#
# | | maximum likelihood | Bayes with the prior Beta(a, b) |
# |---|---|---|
# | model | $P(X=1)=\theta$, 0 ≤ θ ≤ 1 | the same, and θ itself is random: prior (先验) density ∝ $\theta^{a-1}(1-\theta)^{b-1}$ |
# | strategy | largest $\theta^k(1-\theta)^{n-k}$ | the posterior (后验) of θ; report its mean, or its highest point (maximum a posteriori, 最大后验, MAP) |
# | algorithm | derivative of the logarithm = 0 | multiply, and read the new exponents |
#
# *Maximum likelihood.* $\ell(\theta)=k\ln\theta+(n-k)\ln(1-\theta)$, and $\ell'(\theta)=\frac k\theta-\frac{n-k}{1-\theta}=0$ gives $k(1-\theta)=(n-k)\theta$, so $\hat\theta=k/n$.
#
# *Bayes.* Prior times likelihood is $\propto\theta^{k+a-1}(1-\theta)^{n-k+b-1}$, which is Beta(k + a, n − k + b). A Beta(α, β) has mean α/(α + β), and for α, β > 1 its highest point is at (α − 1)/(α + β − 2). So
#
# $$\text{mean}=\frac{k+a}{n+a+b},\qquad \text{MAP}=\frac{k+a-1}{n+a+b-2} .$$
#
# With k = 3, n = 10, a = b = 2, check all three against a fine grid of θ:

# %%
n, k, a, b = 10, 3, 2, 2
theta = np.arange(1, 12000) / 12000
likelihood = theta**k * (1 - theta) ** (n - k)
posterior = likelihood * theta ** (a - 1) * (1 - theta) ** (b - 1)
formulas = [Fraction(k, n), Fraction(k + a, n + a + b), Fraction(k + a - 1, n + a + b - 2)]
on_grid = [theta[likelihood.argmax()], (theta * posterior).sum() / posterior.sum(),
           theta[posterior.argmax()]]
for name, exact, near in zip(("MLE ", "mean", "MAP "), formulas, on_grid):
    print(f"{name} {exact!s:>5} = {float(exact):.4f}   grid {near:.4f}")

# %%
assert formulas == [Fraction(3, 10), Fraction(5, 14), Fraction(1, 3)]
assert np.allclose(on_grid, [float(f) for f in formulas], atol=1e-6)

# %%
fig, ax = plt.subplots(figsize=(6.8, 3.8))
prior = theta ** (a - 1) * (1 - theta) ** (b - 1)
for curve, name, colour, dash in ((prior, "prior Beta(2, 2)", "#666666", ":"),
                                  (likelihood, "likelihood: 3 heads of 10", plot.BLUE, "--"),
                                  (posterior, "posterior Beta(5, 9)", plot.RED, "-")):
    ax.plot(theta, curve / curve.mean(), color=colour, ls=dash, label=name)
for name, value, mark, colour in zip(("MLE", "mean", "MAP"), formulas, "osD",
                                     (plot.BLUE, plot.RED, plot.PURPLE)):
    ax.plot(float(value), 0, mark, color=colour, clip_on=False, zorder=4, label=f"{name} {value}")
ax.set(xlabel="θ", ylabel="density (likelihood scaled to area 1)", ylim=(0, 3.7),
       title="The posterior lies between prior and data")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** A broad dotted hill around 0.5, the prior; a dashed hill with its top at 0.3, the likelihood; and a solid hill with its top at 1/3 between them, the posterior. Marks on the axis: circle MLE, square posterior mean, diamond MAP.
#
# **What to notice.** The prior acts like a + b − 2 = 2 extra tosses, one of each kind, in the MAP, and like a + b = 4 in the mean. With k = 0 the MLE says "never"; the Bayesian does not. You will meet that again as smoothing in chapter 4.
#
# **习题1.2.** *Show: if the model is a conditional probability and the loss is the logarithmic loss, then minimising the empirical risk is maximum likelihood.* Proof in one line, for samples $(x_i,y_i)$ and parameters θ:
#
# $$R_{\mathrm{emp}}(\theta)=\frac1N\sum_{i=1}^{N}-\ln P(y_i\mid x_i;\theta)=-\frac1N\ln\prod_{i=1}^{N}P(y_i\mid x_i;\theta).$$
#
# The product is the likelihood. The logarithm is increasing, and the factor −1/N turns largest into smallest. So both have their best θ at the same place. ∎ In the same way SRM with the penalty $-\frac1N\ln(\text{prior})$ is MAP. Numbers:

# %%
tosses = np.array([1] * k + [0] * (n - k))
log_loss = -np.where(tosses[:, None] == 1, np.log(theta), np.log(1 - theta)).mean(axis=0)
penalty = -((a - 1) * np.log(theta) + (b - 1) * np.log(1 - theta)) / n
assert log_loss.argmin() == likelihood.argmax()
assert (log_loss + penalty).argmin() == posterior.argmax()
print("ERM:", theta[log_loss.argmin()].round(4), "  SRM:", theta[(log_loss + penalty).argmin()].round(4))

# %%
many = theta**3000 * (1 - theta) ** 7000
print("10,000 tosses: largest likelihood", many.max(), "  smallest mean log loss",
      log_loss.min().round(4))
assert many.max() == 0

# %% [markdown]
# **What to notice.** With 10,000 tosses the product is smaller than any number that a computer's float can hold, so it becomes 0 for *every* θ. The mean of the logarithms stays calm (3000 of 10,000 heads have the same mean as 3 of 10). That is why code for more than a handful of samples works with log-likelihoods.

# %% [markdown]
# ## Parameters
#
# **`KFold(n_splits=5, shuffle=False, random_state=None)`** cuts N rows into S folds.
#
# | parameter | default | effect |
# |---|---|---|
# | `n_splits` | 5 | S; each fold has N/S rows, rounded up or down |
# | `shuffle` | False | False: neighbouring rows stay together. Trap 3 |
# | `random_state` | None | which shuffling; only allowed with `shuffle=True` |
#
# Its `split(X)` yields S pairs (training rows, judging rows), arrays of row numbers.
#
# **`cross_val_score(estimator, X, y, …)`** trains and judges S times, and returns an array of shape (S,).
#
# | parameter | default | effect |
# |---|---|---|
# | `estimator` | | a model or pipeline; it is copied for each fold and never changed |
# | `X`, `y` | | (N, D) and (N,); what the estimator accepts |
# | `scoring` | None | None: the estimator's own `score`, accuracy for classifiers, $R^2$ for regressors; a name such as `"f1"`, `"neg_mean_squared_error"`; larger is better |
# | `cv` | None (5) | a number: `KFold` without shuffling for regressors, `StratifiedKFold` (equal shares of the classes, 分层) for classifiers; or a splitter object |
# | `groups` | None | rows with the same number stay in one fold, with `GroupKFold` |
# | `n_jobs` | None (1) | processes at once; −1: all cores |
# | `error_score` | nan | what a failed fit scores; `"raise"` stops at the first |

# %%
untouched = Ridge()
scores = cross_val_score(untouched, Xd, yd)
print("5 values of R²:", scores.round(2))
assert scores.shape == (5,)
assert not hasattr(untouched, "coef_")
assert np.array_equal(scores, cross_val_score(untouched, Xd, yd, cv=KFold(5)))
assert sorted(len(judges) for _, judges in KFold(3).split(column)) == [3, 3, 4]

# %%
try:
    KFold(5, random_state=0)
except ValueError as error:
    print("ValueError:", str(error)[:70])
else:
    raise AssertionError("no error")

# %% [markdown]
# How many folds? For S = 2, 5, 10 and 30, shuffle 10 times and look at the cross-validated error of one model on the diabetes data.

# %%
plain = make_pipeline(StandardScaler(), Ridge())
spread = {S: [cv_error(plain, patients, yd, KFold(S, shuffle=True, random_state=s))
              for s in range(10)] for S in (2, 5, 10, 30)}
fig, ax = plt.subplots(figsize=(6.8, 3.4))
for place, errors_ in enumerate(spread.values()):
    ax.scatter(np.full(10, place), errors_, s=16, color=plot.BLUE, alpha=0.6)
    ax.plot([place - 0.25, place + 0.25], [np.mean(errors_)] * 2, color=plot.RED)
ax.set(xticks=range(4), xticklabels=spread, xlabel="folds S", ylabel="mean squared error",
       title="More folds: calmer and a little lower, and S fits to pay")
plt.show()

# %% [markdown]
# **Figure in words.** Four columns of ten dots. With 2 folds the estimates spread over about two hundred; with 5, 10 and 30 folds they come closer together, and their red mean falls slightly.

# %%
deviation = pd.Series({S: np.std(e) for S, e in spread.items()})
assert deviation.is_monotonic_decreasing
assert deviation[2] > 2 * deviation[5]
assert np.mean(spread[2]) > np.mean(spread[30]) + 30

# %% [markdown]
# **What to notice.** Two folds train on half the data, so their error is too high, and the shuffling matters. From 5 to 10 folds on there is little to gain; 5 or 10 is what people use. The dots show only the luck of the shuffling. A new sample of patients would move all of them.
#
# **`Ridge` and `Lasso`**
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X`, `y` | (N, D), (N,) numbers | float32 stays; NaN or text: `ValueError`; scale first: the penalty compares weights |
# | in | `sample_weight` | (N,) | weight of each sample in `fit` |
# | out | `coef_`, `intercept_` | (D,), number | $w$ and $b$; with `y` of shape (N, K): (K, D) and (K,) |
# | out | `n_iter_` | number, None for closed forms | rounds of the solver |
# | out | `predict(X)`, `score(X, y)` | (N,), number | values, $R^2$ |
#
# | parameter | default | effect |
# |---|---|---|
# | `alpha` | 1 | `Ridge`: $\lVert y-Xw\rVert^2+\alpha\lVert w\rVert^2$. `Lasso`: $\frac{1}{2N}\lVert y-Xw\rVert^2+\alpha\lVert w\rVert_1$. Mind the 2N: the same number means different strengths |
# | `fit_intercept` | True | a bias that is not punished; False: none |
# | `positive` | False | True: all weights ≥ 0 |
# | `max_iter`, `tol` | None / 1000, 1e-4 | patience of iterative solvers; a `ConvergenceWarning` asks for more |
# | `solver` (`Ridge`) | "auto" | the way, not the result |
# | `selection`, `random_state` (`Lasso`) | "cyclic" | order in which the weights are visited |
# | `warm_start`, `precompute` (`Lasso`) | False | start from the last weights; use $X^{\mathsf T}X$ |
# | `copy_X` | True | False: `X` may be overwritten |

# %%
strengths = 10 ** np.linspace(-1, 6, 57)
ridge_path = np.array([Ridge(alpha=s).fit(Xd, yd).coef_ for s in strengths])
lasso_strengths = 10 ** np.linspace(-1, 2, 49)
lasso_path = np.array([Lasso(alpha=s).fit(Xd, yd).coef_ for s in lasso_strengths])
fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.0), sharey=True)
for ax, s, path in ((axes[0], strengths, ridge_path), (axes[1], lasso_strengths, lasso_path)):
    for j, name in enumerate(diabetes.data.columns):
        bold = name in ("bmi", "s5", "bp", "s1")
        ax.plot(s, path[:, j], lw=2 if bold else 1, label=name if bold else None,
                color=plot.COLOURS[("bmi", "s5", "bp", "s1").index(name)] if bold else "#aaaaaa")
    ax.set(xscale="log", xlabel="alpha")
axes[0].set(ylabel="weight", title="Ridge: small in the end, not exactly 0")
axes[1].set(title="Lasso: to 0, one after the other")
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Ten weights against alpha. Left, with Ridge, the lines bend smoothly; some cross zero or grow for a while, and all come close to zero at the right end. Right, with Lasso, lines hit zero one after the other; bp leaves well before s5 and bmi, and beyond alpha 45.2 nothing is left. The line of s1 starts most negative on both sides: with Ridge it crosses zero before it returns to it, with Lasso it is zero from alpha 3.3 on.

# %%
assert (ridge_path != 0).all()
assert np.linalg.norm(ridge_path[-1]) < 0.01 * np.linalg.norm(ridge_path[0])
last = np.abs(Xd.T @ (yd - yd.mean())).max() / len(yd)   # from this alpha on all weights are 0
assert (Lasso(alpha=last * 1.001).fit(Xd, yd).coef_ == 0).all()
assert np.count_nonzero(Lasso(alpha=last * 0.98).fit(Xd, yd).coef_) == 1
assert round(last, 1) == 45.2
s1 = list(diabetes.data.columns).index("s1")
assert ridge_path[0, s1] < 0 < ridge_path[:, s1].max()
assert Lasso(alpha=3.4).fit(Xd, yd).coef_[s1] == 0 != Lasso(alpha=3.2).fit(Xd, yd).coef_[s1]
assert (Lasso(positive=True).fit(Xd, yd).coef_ >= 0).all()
assert Ridge().fit(Xd.astype(np.float32), yd.astype(np.float32)).coef_.dtype == np.float32
assert Ridge().fit(Xd, np.c_[yd, yd]).coef_.shape == (2, 10)

# %%
for bad in ([[np.nan], [1.0]], [["red"], ["blue"]]):
    for model in (Ridge(), Lasso()):
        try:
            model.fit(bad, [0.0, 1.0])
        except ValueError as error:
            print(f"{type(model).__name__}: ValueError: {str(error).splitlines()[0][:50]}")
        else:
            raise AssertionError("no error")

# %% [markdown]
# ## Traps
#
# ### Trap 1: `LinearRegression` hides the overfitting
#
# Fit M = 9 with the plain defaults, as anybody would, and compare with `least_squares()` from above. The cell asks for the version first, because the result depends on it.

# %%
version = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
default = make_pipeline(PolynomialFeatures(9), LinearRegression()).fit(column, y)
careful_fit = polynomial(9).fit(column, y)
print("scikit-learn", sklearn.__version__)
for name, m in (("default", default), ("least_squares()", careful_fit)):
    print(f"{name:>15}: rank {m[-1].rank_}, training RMS {rms(m.predict(column) - y):.3f}")

# %%
assert rms(careful_fit.predict(column) - y) < 1e-8
lost = rms(default.predict(column) - y) > 0.01
assert lost == (default[-1].rank_ < 9)
if version == (1, 9):
    assert default[-1].rank_ == 8
    assert round(rms(default.predict(column) - y), 3) == 0.163
if version < (1, 9):
    assert not lost

# %% [markdown]
# **What to notice.** Ten points and ten weights: the training error must be 0. scikit-learn 1.9 reports 0.163, and the overfitting seems gone. In 1.9, the default `tol=1e-6` also says which directions of $X$ are too weak to count; one of nine is thrown away (rank 8), without a warning. (Nine, not ten: it first subtracts the means, which turns the constant column into zeros.) **Right:** `LinearRegression(tol=1e-12)` where the parameter exists, or `np.linalg.lstsq`, or `np.polyfit`.
#
# ### Trap 2: the book's λ is not scikit-learn's `alpha`
#
# Public code for 例1.1 appends the penalty to the list of errors and gives the list to a least-squares solver, which squares and adds everything. Is it ½, 1/N, a square root? Such a solver minimises $\lVert Zw-v\rVert^2$. Add ten rows $s\cdot I$ to $Z$ and ten zeros to $v$: each new row has the error $s\,w_j$, so the sum grows by $s^2\lVert w\rVert^2$. For the book's loss you need $s=\sqrt{\lambda/2}$, and $\sqrt{1/N}$ on the old rows. Take λ = 0.001, and compare five ways with the closed form, by the length of $w$.

# %%
def appended(first, second):
    """Least squares on the errors times `first`, with the weights times `second` appended."""
    Z, v = np.vstack([first * X9, second * np.eye(10)]), np.append(first * y, np.zeros(10))
    return np.linalg.lstsq(Z, v, rcond=None)[0]


lam, N = 1e-3, 10
ways = {"book, closed form": fit_l2(X9, y, lam),
        "right: √(1/N) and √(λ/2)": appended(np.sqrt(1 / N), np.sqrt(lam / 2)),
        "1/N forgotten": appended(1, np.sqrt(lam / 2)),
        "square root forgotten": appended(np.sqrt(1 / N), lam / 2),
        "Ridge(alpha=λ)": Ridge(alpha=lam, fit_intercept=False).fit(X9, y).coef_,
        "right: Ridge(alpha=Nλ/2)": Ridge(alpha=N * lam / 2, fit_intercept=False).fit(X9, y).coef_}
for name, w in ways.items():
    print(f"{name:>25}: length of w {np.linalg.norm(w):7.2f}")

# %%
length = {name: np.linalg.norm(w - ways["book, closed form"]) for name, w in ways.items()}
assert max(v for name, v in length.items() if name.startswith("right")) < 1e-6
assert min(length[n] for n in ("1/N forgotten", "square root forgotten", "Ridge(alpha=λ)")) > 1
lasso = Lasso(alpha=20 / 2, tol=1e-10).fit(Xd, yd)         # the book's L1 form with λ = 20
slope = 2 / len(yd) * Xd.T @ (lasso.predict(Xd) - yd)      # gradient of the squared part
alive = lasso.coef_ != 0
assert np.allclose(slope[alive], -20 * np.sign(lasso.coef_[alive]), atol=1e-3)
assert (np.abs(slope[~alive]) < 20).all()

# %% [markdown]
# **What to notice.** Three of the five give another curve, and none complains. **Right:** write down the sum that the program really minimises, multiply it until the squared errors have the factor 1, and compare. For the book's forms: `Ridge(alpha=N*λ/2)`, `Lasso(alpha=λ/2)`. By default both leave the intercept unpunished, which the book's formula does not.
#
# ### Trap 3: `KFold` on a sorted file
#
# The 150 irises lie in the file by species, 50 each. Three folds:

# %%
iris_X, iris_y = load_iris(return_X_y=True)
judge = LogisticRegression(max_iter=1000)
for name, cv in (("KFold(3)", KFold(3)), ("KFold(3, shuffle=True)", KFold(3, shuffle=True, random_state=0)),
                 ("cv=3: StratifiedKFold", 3)):
    print(f"{name:>23}:", cross_val_score(judge, iris_X, iris_y, cv=cv).round(2))

# %%
assert (cross_val_score(judge, iris_X, iris_y, cv=KFold(3)) == 0).all()
assert cross_val_score(judge, iris_X, iris_y, cv=3).min() > 0.9

# %% [markdown]
# **What to notice.** Accuracy 0 for a very good model: each fold asks about the one species that was missing in training. **Right:** `shuffle=True`, or `cv=3`, which keeps the shares of the classes. But if rows belong together (days of one machine, visits of one patient), shuffling is a trap itself: then keep groups together, or test on the later rows.
#
# ### Trap 4: choosing features before cross-validating
#
# 100 people, 1000 random numbers each, and labels by coin flips. There is nothing to learn. Keep the 20 features that go best with the labels (`SelectKBest`), then cross-validate; eight repeats.

# %%
before, inside = [], []
for seed in range(8):
    noise_rng = np.random.default_rng(seed)
    noise, coin = noise_rng.normal(size=(100, 1000)), noise_rng.permutation([0, 1] * 50)
    picked = SelectKBest(f_classif, k=20).fit_transform(noise, coin)
    before.append(cross_val_score(LogisticRegression(), picked, coin).mean())
    pipeline = make_pipeline(SelectKBest(f_classif, k=20), LogisticRegression())
    inside.append(cross_val_score(pipeline, noise, coin).mean())
print(f"chosen before: {np.mean(before):.2f}   chosen inside the folds: {np.mean(inside):.2f}")

# %%
assert np.mean(before) > 0.7
assert abs(np.mean(inside) - 0.5) < 0.07

# %% [markdown]
# **What to notice.** Wonderful accuracy on pure noise. The judges had helped to choose the features. That is leakage (数据泄漏). **Right:** everything that looks at `y`, and scaling too, goes into the pipeline, so that each fold does it alone.
#
# ### Trap 5: precision and recall of the wrong class
#
# In scikit-learn's tumour data, malignant is stored as 0. The functions count 1 as positive.

# %%
raw_truth, raw_guess = cancer.target, (chance < 0.5).astype(int)     # 1 = benign
print(f"recall as it comes:     {recall_score(raw_truth, raw_guess):.2f}")
print(f"recall, pos_label=0:    {recall_score(raw_truth, raw_guess, pos_label=0):.2f}")

# %%
assert recall_score(raw_truth, raw_guess) > 0.9
assert abs(sweep.loc[0.5, "recall"] - 0.8) < 0.02
assert np.isclose(recall_score(raw_truth, raw_guess, pos_label=0), sweep.loc[0.5, "recall"])

# %% [markdown]
# **What to notice.** The first number is the recall of *benign*. It looks fine and hides that about one malignant tumour in five is missed. **Right:** look at `classes_` or `target_names` first, then pass `pos_label`.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part.
#
# ### Bound the expected risk (定理1.1)
#
# Can anything be said about $R_{\mathrm{exp}}$ without a test set? Yes, for a hypothesis space of finitely many functions, two classes and 0-1 loss. Theorem 1.1: if there are d functions, then with probability at least 1 − δ, for every one of them,
#
# $$R(f)\le\hat R(f)+\varepsilon(d,N,\delta),\qquad \varepsilon(d,N,\delta)=\sqrt{\frac{1}{2N}\left(\ln d+\ln\frac1\delta\right)} .$$
#
# $\hat R$ is the empirical risk on N samples. This is a generalisation error bound (泛化误差上界).

# %%
def epsilon(d, N, delta):
    return np.sqrt((np.log(d) + np.log(1 / delta)) / (2 * N))


for d, N in ((10, 100), (100, 100), (10, 1000), (1000, 1000)):
    print(f"d = {d:>4}, N = {N:>4}: ε = {epsilon(d, N, 0.05):.6f}")

# %%
assert [round(epsilon(d, N, 0.05).item(), 6) for d, N in
        ((10, 100), (100, 100), (10, 1000), (1000, 1000))] == [0.162762, 0.194947, 0.05147, 0.070369]

# %% [markdown]
# Where does it come from? Hoeffding's inequality: for *one* fixed function, $P(R-\hat R\ge\varepsilon)\le e^{-2N\varepsilon^2}$. The probability that any of d functions is that unlucky is at most the sum, $d\,e^{-2N\varepsilon^2}$. Call it δ and solve for ε.
#
# Test it where luck is all there is: d classifiers that guess, so that R = ½ for each. On N = 100 samples each has a number of errors with a binomial distribution. 20,000 experiments; in each we look at the classifier whose $\hat R$ is most flattering.

# %%
rng = np.random.default_rng(0)
worst = {d: (0.5 - rng.binomial(100, 0.5, (20_000, d)) / 100).max(axis=1) for d in (1, 10, 100)}
deltas = np.array([0.02, 0.05, 0.1, 0.2, 0.5])
violated = {d: [(gap > epsilon(d, 100, delta)).mean() for delta in deltas]
            for d, gap in worst.items()}
naive = (worst[100] > epsilon(1, 100, 0.05)).mean()
print(f"δ = 0.05, bound for d = 100 violated: {violated[100][1]:.3f}; without ln d: {naive:.2f}")

# %%
assert all((np.array(v) <= deltas).all() for v in violated.values())
assert naive > 0.4

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.8))
axes[0].hist(worst[100], bins=np.arange(0.005, 0.3, 0.01), color=plot.SKY)
for d, colour, dash in ((1, plot.RED, "--"), (100, plot.BLACK, "-")):
    axes[0].axvline(epsilon(d, 100, 0.05), color=colour, ls=dash, label=f"ε for d = {d}")
axes[0].set(xlabel="largest R − R̂ among 100 guessers", ylabel="experiments",
            xlim=(0, 0.34), title="The best of 100 flatters more")
axes[0].legend(loc="upper right")
for (d, v), colour, style in zip(violated.items(), (plot.BLUE, plot.ORANGE, plot.PURPLE),
                                 ("o-", "s--", "^-.")):
    axes[1].plot(deltas, v, style, color=colour, label=f"d = {d}")
axes[1].plot(deltas, deltas, color=plot.RED, ls="--", label="promised: at most δ")
axes[1].set(xscale="log", yscale="log", xlabel="δ", ylabel="share of violations",
            ylim=(1e-3, 1), title="The promise is kept, with room to spare")
axes[1].set_xticks(deltas, deltas)
axes[1].minorticks_off()
axes[1].legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a histogram of the largest gap around 0.12; the dashed line for d = 1 cuts through its middle, the solid line for d = 100 lies right of nearly all. Right, three lines of measured violations run well below the dashed diagonal.
#
# **What to notice.** The bound is violated less often than δ, always. The part $\ln d$ is no luxury: whoever picks the best of 100 and then uses the bound for one function is wrong almost every second time. That is the optimism of this whole lesson in one formula. It grows slowly with the number of candidates ($\ln d$) and shrinks with data ($1/N$ under the root). Polynomials are infinitely many functions; for them other measures of size take the place of d.
#
# ### Mind the closed form and its digits
#
# An early printing of the 1st edition is reported to give a wrong formula for $w_j$ in 例1.1 (page 11). This lesson has not seen that page, so it cannot say what is wrong; the normal equations above are right, as the assert showed. On a computer they have a weakness of their own:

# %%
condition = np.linalg.cond(X9)
by_normal = np.linalg.solve(X9.T @ X9, X9.T @ y)
print(f"condition number of X: {condition:.1e}, of XᵀX: about its square")
print(f"training RMS: lstsq {rms(X9 @ fits[9] - y):.0e}, normal equations {rms(X9 @ by_normal - y):.0e}")

# %%
assert 1e7 < condition < 2e7
assert rms(X9 @ by_normal - y) > 1e4 * rms(X9 @ fits[9] - y)

# %% [markdown]
# **What to notice.** The condition number (条件数) says how much relative errors can grow. $X^{\mathsf T}X$ squares it, and about half of the digits are gone. So: normal equations on paper, `lstsq` in code.
#
# For the same reason some leave-one-out values of M = 8 and 9 depend on the solver. With one point left out, nine points meet nine or ten weights.

# %%
def left_out(fit, M):
    """Leave-one-out mean squared error; fit(x, y, M) returns weights in rising order."""
    return np.mean([(powers(x[[i]], M) @ fit(np.delete(x, i), np.delete(y, i), M) - y[i]) ** 2
                    for i in range(10)])


with warnings.catch_warnings():
    warnings.simplefilter("ignore", np.exceptions.RankWarning)      # polyfit warns at M = 9
    solvers = {M: (left_out(fit_polynomial, M), left_out(lambda *a: np.polyfit(*a)[::-1], M),
                   cv_error(make_pipeline(PolynomialFeatures(M), LinearRegression()), column, y,
                            LeaveOneOut())) for M in (6, 7, 8, 9)}
pd.DataFrame(solvers, index=["lstsq", "polyfit", "LinearRegression()"]).T.round(2)

# %%
assert np.isclose(solvers[6], 1.42776, rtol=1e-4).all()
assert np.isclose(solvers[7], 29.9296, rtol=1e-4).all()
assert np.allclose(solvers[8][:2], 2787.13, rtol=1e-3)
assert np.allclose(solvers[9][:2], [2928, 3030], rtol=5e-3)
if version == (1, 9):
    assert np.allclose(solvers[8][2], 56.06, rtol=1e-2)
    assert np.allclose(solvers[9][2], 2320, rtol=1e-2)

# %% [markdown]
# **What to notice.** Up to M = 7 all agree. At M = 9 there are more weights than points, many solutions with error 0, and each solver picks another. With scikit-learn 1.9 the default of `LinearRegression` differs at M = 8 already: trap 1 again. None of it changes the answer, M = 3.
#
# ### Recognise dead code
#
# Public code for this book is often ten years old. Each line below was right once. The cell tries it and tells what happens with your versions.

# %%
fit = ".fit([[0], [1]], [0, 1])"
old = {
    "import numpy as np; np.float(1)": "float(1), np.float64",
    "import numpy as np; np.mat([[1]])": "np.array",
    "from scipy.misc import derivative": "a difference quotient",
    "from sklearn.datasets import load_boston": "load_diabetes",
    "from sklearn.cross_validation import KFold": "sklearn.model_selection",
    "from sklearn.linear_model import Perceptron; Perceptron(n_iter=5)": "max_iter=5",
    "from sklearn.ensemble import AdaBoostClassifier; AdaBoostClassifier(base_estimator=None)":
        "estimator=",
    f"from sklearn.ensemble import AdaBoostClassifier; AdaBoostClassifier(algorithm='SAMME'){fit}":
        "leave it out",
    "from sklearn.ensemble import GradientBoostingRegressor; "
    f"GradientBoostingRegressor(loss='ls'){fit}": "loss='squared_error'",
    "from sklearn.tree import DecisionTreeRegressor; "
    f"DecisionTreeRegressor(criterion='mse'){fit}": "criterion='squared_error'",
}

# %%
def what_happens(line):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(line, {})
        except Exception as error:
            return type(error).__name__
    return ", ".join({w.category.__name__ for w in caught}) or "works"


results = {line: what_happens(line) for line in old}
for line, result in results.items():
    print(f"{line.split('; ')[-1].replace(fit, ''):<42} {result:<22} now: {old[line]}")

# %%
samme, misc = (next(line for line in old if name in line) for name in ("SAMME", "scipy.misc"))
assert all(r.endswith("Error") for line, r in results.items() if line not in (samme, misc))
if tuple(int(part) for part in scipy.__version__.split(".")[:2]) >= (1, 17):
    assert results[misc].endswith("Error")  # in 1.13 the name is still there
assert results[samme] == ("TypeError" if version >= (1, 8) else "FutureWarning")

# %% [markdown]
# **What to notice.** An error is the friendly case. Read the *signature* of today (`help(Ridge)`) before you copy from a blog. `load_boston` is gone for a reason beside its age: its data contain a column built on an assumption about race.

# %% [markdown]
# ## Check yourself
#
# **1.** A test for a disease that one person in a hundred has always answers "healthy". Its accuracy? Its recall? Its precision? Answer, then run.
#
# <details><summary>Answer</summary>
#
# Accuracy 0.99, recall 0. Precision is 0/0: nobody was called ill. scikit-learn returns 0 and warns; `zero_division=0` says that you know.
#
# </details>

# %%
people, answer = np.array([1] + [0] * 99), np.zeros(100, dtype=int)
print("accuracy", (people == answer).mean(), "  recall", recall_score(people, answer),
      "  precision", precision_score(people, answer, zero_division=0))

# %%
assert recall_score(people, answer) == 0

# %% [markdown]
# **2.** The book's L2 loss with λ = 0.02 on 50 samples: which `alpha` for `Ridge`? Which for `Lasso` with the book's L1 loss? Answer, then run: the cell puts the `Ridge` solution into the gradient of the book's loss.
#
# <details><summary>Answer</summary>
#
# `Ridge(alpha=0.5)`, because Nλ/2 = 50 · 0.02 / 2. `Lasso(alpha=0.01)`, because the 1/N is already in it.
#
# </details>

# %%
Z, v = Xd[:50], yd[:50]
w = Ridge(alpha=0.5, fit_intercept=False).fit(Z, v).coef_
gradient = 2 / 50 * Z.T @ (Z @ w - v) + 0.02 * w
print("largest entry of the gradient:", np.abs(gradient).max().round(6))
assert np.abs(gradient).max() < 1e-6

# %% [markdown]
# **3.** Ten heads in ten tosses. MLE, and posterior mean and MAP with the prior Beta(2, 2)? Answer, then run.
#
# <details><summary>Answer</summary>
#
# 1, 12/14 = 6/7, and 11/12. The Bayesian keeps a little doubt.
#
# </details>

# %%
print(Fraction(10, 10), Fraction(10 + 2, 10 + 4), Fraction(10 + 2 - 1, 10 + 4 - 2))
assert (Fraction(12, 14), Fraction(11, 12)) == (Fraction(6, 7), 1 - Fraction(1, 12))

# %% [markdown]
# **4.** A colleague tried 500 settings on the same five folds and reports the best score. What do you expect on new data?
#
# <details><summary>Answer</summary>
#
# Less. The folds took part in the choice, so their score is optimistic, more so with 500 candidates than with 24. Ask for the score on a test set that was opened once.
#
# </details>
#
# **5.** Generative or discriminative: naive Bayes, logistic regression, perceptron, decision tree, hidden Markov model?
#
# <details><summary>Answer</summary>
#
# Naive Bayes and the hidden Markov model are generative: they model P(X, Y). The other three are discriminative.
#
# </details>
#
# **6.** Name the three elements of ridge regression.
#
# <details><summary>Answer</summary>
#
# Model: linear functions of the inputs. Strategy: structural risk, squared loss plus an L2 penalty. Algorithm: the closed form, a system of linear equations (or an iterative solver).
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *A method of statistical learning is a model, a strategy and an algorithm. The strategy wants a small expected risk but sees only the empirical risk. A function that was chosen by its empirical risk looks better than it is; with a rich model and few samples that is overfitting. Structural risk adds a penalty: L2 shrinks all weights, L1 sets some to zero. Cross-validation lets every sample judge a model that has not seen it; whatever took part in a choice cannot give the final grade. Generative models learn P(X, Y), discriminative ones P(Y|X) or f(X). Precision asks how many of the called are positive, recall how many of the positives were called. Classification, tagging and regression differ in their output.*
#
# **Links.** 李航《统计学习方法》 chapter 1, 例1.1, 定理1.1, 习题1.1, 1.2 · C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 1.1 (the ten points) · W. Hoeffding, "Probability inequalities for sums of bounded random variables", 1963 · R. Tibshirani, "Regression shrinkage and selection via the lasso", 1996 · A. Ng and M. Jordan, "On discriminative vs. generative classifiers", 2001 · B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", 2004 (the diabetes data) · [scikit-learn: cross-validation](https://scikit-learn.org/stable/modules/cross_validation.html). Next in the book: [the perceptron](ch02_perceptron.ipynb).
