# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 50
#     days: 3
#     needs: ["02_ml_theory/ch02_perceptron"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 6a Logistic regression (逻辑斯谛回归)
#
# The perceptron says which side. A patient asks: how sure are you? Logistic regression keeps the perceptron's score $w\cdot x+b$ and turns it into a probability. It is one of the three methods that the roadmap wants you to derive by hand.
#
# **You will** fit a probability curve to real tumours, derive the log-likelihood, its gradient and its Hessian line by line, climb to the maximum with Newton's method, and meet data for which there is no maximum at all.
#
# **After it you can**
#
# - say what odds (几率) are and read a weight as an odds ratio;
# - write on paper the likelihood, the gradient, the Hessian and one Newton step, with a reason for each line;
# - use scikit-learn's `LogisticRegression`, and say what `C`, `l1_ratio`, `solver` and `class_weight` do;
# - notice when data are linearly separable (线性可分) and the weights mean nothing.
#
# **You need** [chapter 2](ch02_perceptron.ipynb), and from stage 1 the gradient (梯度), the second derivative and maximum likelihood (极大似然).
#
# **Where this stands.** Stage 2 of the roadmap, core path, three days. First read section 6.1 of 李航《统计学习方法》 (1st edition). **Stuck?** Read the post on logistic regression in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide](https://scikit-learn.org/stable/modules/linear_model.html#logistic-regression). The second half of the chapter, [maximum entropy](ch06_maximum_entropy.ipynb), is a lesson of its own.

# %%
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import sklearn
from matplotlib.colors import to_rgb
from scipy.optimize import minimize
from scipy.special import expit, softmax
from scipy.stats import logistic, norm
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dlroadmap
from dlroadmap import check, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Ask for a probability
#
# Back to the 569 tumours of chapter 2 (Breast Cancer Wisconsin Diagnostic; in scikit-learn, from UCI, CC BY 4.0). Each has 30 measurements; take one, the mean radius of the cell nuclei. `t` is 1 for a malignant tumour and 0 for a benign one (in the file it is the other way round). `np.digitize` sorts the radii into bins of width 1. Which share of each bin is malignant?

# %%
tumours = load_breast_cancer()
F, t = tumours.data, 1 - tumours.target            # F (569, 30)
radius = F[:, [0]]                                 # (569, 1): two brackets keep two dimensions
place = np.digitize(radius[:, 0], np.arange(10, 21))
bins = pd.DataFrame({"radius": radius[:, 0], "share": t}).groupby(place).mean()
print("radius:         ", *bins["radius"].round(1))
print("share malignant:", *bins["share"].round(2))

# %%
assert bins["share"].iloc[0] == 0
assert bins["share"].iloc[-1] == 1
assert bins["share"].between(0.02, 0.98).sum() >= 7

# %% [markdown]
# **What to notice.** No threshold separates the two classes. Between small and large lies a wide zone where both occur, and the share climbs from 0 to 1 like a flat S. "Malignant, yes or no" hides that. Fit the curve. `C=np.inf` switches a penalty (正则化) off and `tol=1e-10` asks for more digits; both are explained later.

# %%
one = LogisticRegression(C=np.inf, tol=1e-10).fit(radius, t)
w1, b1 = one.coef_[0, 0], one.intercept_[0]
line = np.polyfit(radius[:, 0], t, 1)              # a straight line, for comparison
print(f"w = {w1:.3f}, b = {b1:.2f}")
print("P(benign), P(malignant) at radius 14:", one.predict_proba([[14.0]])[0].round(2))

# %%
assert np.abs(one.predict_proba(bins[["radius"]].to_numpy())[:, 1] - bins["share"]).max() < 0.15
assert np.polyval(line, radius.min()) < -0.2       # a "probability" below 0 …
assert np.polyval(line, radius.max()) > 1.2        # … and one above 1

# %%
grid = np.linspace(6, 29, 300)
fig, ax = plt.subplots(figsize=(7.2, 4.0))
wobble = np.random.default_rng(0).uniform(-0.03, 0.03, len(t))
for label, style in ((0, plot.NEGATIVE), (1, plot.POSITIVE)):
    ax.scatter(radius[t == label], (t + wobble)[t == label], s=8, alpha=0.4,
               label=("benign", "malignant")[label], **style)
ax.plot(grid, np.polyval(line, grid), ":", color=plot.RED, label="straight line")
ax.plot(grid, one.predict_proba(grid[:, None])[:, 1], color="black", label="logistic regression")
ax.scatter(bins["radius"], bins["share"], s=60, marker="D", color=plot.GREEN,
           edgecolors="black", zorder=3, label="share in each bin")
ax.set(xlabel="mean radius", ylabel="P(malignant)", ylim=(-0.3, 1.3),
       title="An S-curve follows the shares and stays between 0 and 1")
ax.legend(loc=(0.62, 0.2))
plt.show()

# %% [markdown]
# **Figure in words.** Benign tumours lie at height 0, mostly left of radius 15, malignant ones at height 1, mostly right of 13. Green diamonds, the shares by bin, climb from 0 to 1 along a black S-curve. A dotted straight line leaves the band from 0 to 1 on both sides.
#
# **The idea: the model.** With $Y=1$ for malignant, the book writes
#
# $$P(Y=1\mid x)=\frac{e^{w\cdot x+b}}{1+e^{w\cdot x+b}},\qquad P(Y=0\mid x)=\frac{1}{1+e^{w\cdot x+b}}.$$
#
# $w$ holds the weights (权值), $b$ is the bias (偏置), $w\cdot x+b$ is the score of chapter 2. The function $\sigma(z)=e^z/(1+e^z)=1/(1+e^{-z})$ is called the sigmoid. The score is 0 exactly where the probability is ½, so the border between the classes is still a line or hyperplane. In spite of its name the method is a classifier.

# %% [markdown]
# ## Find the steepest point: the logistic distribution
#
# Section 6.1.1 starts with a distribution, and it is the same curve. The logistic distribution (逻辑斯谛分布) with location $\mu$ and scale $\gamma>0$ has the distribution function (分布函数) and the density (密度函数)
#
# $$F(x)=\frac{1}{1+e^{-(x-\mu)/\gamma}},\qquad f(x)=F'(x)=\frac{e^{-(x-\mu)/\gamma}}{\gamma\,(1+e^{-(x-\mu)/\gamma})^2}.$$
#
# Where is F steepest, and what does a smaller $\gamma$ do? `logistic(loc, scale)` of SciPy has both functions, as `cdf` and `pdf`.

# %%
u = np.linspace(-8, 12, 401)
curves = {gamma: logistic(loc=2, scale=gamma) for gamma in (0.5, 1, 2)}
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.5))
for (gamma, d), style, colour in zip(curves.items(), ("-", "--", "-."), plot.COLOURS):
    axes[0].plot(u, d.cdf(u), style, color=colour, label=f"γ = {gamma}")
    axes[1].plot(u, d.pdf(u), style, color=colour)
axes[0].plot(2, 0.5, "ko", ms=6)
axes[0].set(xlabel="x", ylabel="F(x)", title="All pass through (μ, ½)")
axes[1].set(xlabel="x", ylabel="f(x)", title="Smaller γ: a higher peak, at μ")
axes[0].legend()
plt.show()

# %%
for gamma, d in curves.items():
    assert np.isclose(u[d.pdf(u).argmax()], 2)               # steepest at μ = 2
    assert np.isclose(d.pdf(2), 1 / (4 * gamma))             # with slope 1 / (4γ)
    assert np.allclose(d.cdf(2 - u) - 0.5, 0.5 - d.cdf(2 + u))
    assert np.allclose(d.pdf(u), d.cdf(u) * (1 - d.cdf(u)) / gamma)
assert np.allclose(logistic(-b1 / w1, 1 / w1).cdf(grid), one.predict_proba(grid[:, None])[:, 1])

# %% [markdown]
# **Figure in words.** Left, three S-curves with γ = 0.5, 1 and 2 cross in the point (2, ½); the one with the smallest γ is the steepest. Right, three bell-shaped densities with their peaks at 2; the smallest γ has the highest and narrowest.
#
# **What to notice.** F is steepest at μ, where it is ½; the slope there is 1/(4γ). It is symmetric about the point (μ, ½): $F(\mu-x)-\tfrac12=-(F(\mu+x)-\tfrac12)$. And $f=F(1-F)/\gamma$: the slope is made of the function itself. (With $e=e^{-(x-\mu)/\gamma}$: $F=\frac1{1+e}$ and $1-F=\frac e{1+e}$, so $f=\frac1\gamma\cdot\frac1{1+e}\cdot\frac e{1+e}$.) You will need that line.
#
# The last assert says: the tumour curve *is* such an F, with μ = −b/w and γ = 1/w. A large weight means a steep curve, a sure model.

# %%
low, high = logistic(-b1 / w1, 1 / w1).ppf([0.1, 0.9])
print(f"P = 1/2 at radius {-b1 / w1:.1f}; P = 0.1 at {low:.1f}, P = 0.9 at {high:.1f}")

# %%
assert np.isclose(high - low, 2 * np.log(9) / w1)

# %% [markdown]
# ## Turn probabilities into odds
#
# Instead of "probability 0.8" one can say "4 to 1 for it": four cases with, one without. Odds are $p/(1-p)$ (a bookmaker quotes them the other way round, against the event), and their logarithm is called logit (对数几率). Look at both ends of the table.

# %%
p = np.array([0.01, 0.1, 0.5, 0.8, 0.9, 0.99])
odds = pd.DataFrame({"p": p, "odds": p / (1 - p), "logit": np.log(p / (1 - p))})
odds.round(3)

# %%
assert np.isclose(odds["odds"][3], 4)
assert odds["logit"][2] == 0
assert np.allclose(odds["logit"][[0, 1]], -odds["logit"][[5, 4]])
assert np.allclose(expit(odds["logit"]), p)

# %% [markdown]
# **What to notice.** Probabilities live between 0 and 1, odds between 0 and ∞, the logit on the whole line, and p = ½ is its zero. `expit`, SciPy's sigmoid, turns a logit back into p. Now plot the logit of the shares by bin. (Bins with share 0 or 1 have an infinite logit and are left out.)

# %%
inner = bins[bins["share"].between(0, 1, inclusive="neither")]
share_logit = np.log(inner["share"] / (1 - inner["share"]))
fig, ax = plt.subplots(figsize=(6.2, 3.7))
ax.scatter(inner["radius"], share_logit, s=60, marker="D", color=plot.GREEN, edgecolors="black",
           label="logit of the share in each bin")
ax.plot([10, 18], w1 * np.array([10, 18]) + b1, color="black", label=f"{w1:.2f} x {b1:+.1f}")
ax.set(xlabel="mean radius", ylabel="logit", title="On the logit scale the S is a line")
ax.legend()
plt.show()

# %%
assert np.corrcoef(inner["radius"], share_logit)[0, 1] > 0.95

# %% [markdown]
# **Figure in words.** Eight green diamonds, the logits of the shares, rise almost along the black straight line of the model, from about −4 at radius 10.5 to about 3 at radius 17.5.
#
# **The idea.** Put the model into the odds: $\dfrac{P(Y=1\mid x)}{P(Y=0\mid x)}=e^{w\cdot x+b}$, so
#
# $$\ln\frac{P(Y=1\mid x)}{1-P(Y=1\mid x)}=w\cdot x+b.$$
#
# The logit is linear in x. That sentence is the whole model. One unit more in a feature adds its weight to the logit and multiplies the odds by $e^{w}$, wherever you start:

# %%
at = one.predict_proba([[12.0], [13.0], [17.0], [18.0]])[:, 1]
ratio = at / (1 - at)
print(f"odds ×{ratio[1] / ratio[0]:.2f} from 12 to 13, ×{ratio[3] / ratio[2]:.2f} from 17 to 18")
print(f"probability {at[0]:.2f} → {at[1]:.2f} and {at[2]:.2f} → {at[3]:.2f}")

# %%
assert np.allclose([ratio[1] / ratio[0], ratio[3] / ratio[2]], np.exp(w1))

# %% [markdown]
# **What to notice.** The same factor on the odds, but very different changes of the probability. So never say "one unit more adds so much probability". The factor $e^w$ is called odds ratio (几率比).

# %% [markdown]
# ## Use all 30 features and ask how sure
#
# `StandardScaler` gives each feature mean 0 and standard deviation 1, as in chapter 2. Twenty random splits, 70 % for training. Is it better than the perceptron? And is the probability worth anything: are the unsure answers the wrong ones?

# %%
splits = [train_test_split(F, t, test_size=0.3, random_state=s, stratify=t) for s in range(20)]


def test_probabilities(**options):
    """P(malignant) for all test tumours of the 20 splits, one after the other."""
    pipes = [make_pipeline(StandardScaler(), LogisticRegression(**options)).fit(Fa, ta)
             for Fa, _, ta, _ in splits]
    return np.concatenate([m.predict_proba(s[1])[:, 1] for m, s in zip(pipes, splits)])

# %%
truth = np.concatenate([tb for _, _, _, tb in splits])
q = test_probabilities()
perceptron = np.mean([make_pipeline(StandardScaler(), Perceptron()).fit(Fa, ta).score(Fb, tb)
                      for Fa, Fb, ta, tb in splits])
right = (q > 0.5) == truth
print(f"accuracy: perceptron {perceptron:.3f}, logistic regression {right.mean():.3f}")
sure = np.maximum(q, 1 - q)                        # probability of the class that is named
for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 1.0)):
    part = (sure > low) & (sure <= high)
    print(f"sure between {low} and {high}: {part.mean():4.0%} of the answers, "
          f"{1 - right[part].mean():.0%} of them wrong")

# %%
assert right.mean() > perceptron + 0.01
assert 0.25 < 1 - right[sure < 0.7].mean() < 0.35
assert 1 - right[sure > 0.9].mean() < 0.015

# %% [markdown]
# **What to notice.** Better than the perceptron, and it knows where it is weak: of the few answers given with less than 0.7, about three in ten are wrong; of the many given with more than 0.9, about one in a hundred. A hospital would send the first group to a second examination. A perceptron has only a distance to the line: that ranks its answers too, but it does not say "three in ten".

# %% [markdown]
# ## By hand: climb the log-likelihood
#
# How are $w$ and $b$ found? On six students you can follow every number. They studied x = 1 … 6 hours; y says who passed. Student 3 passed and student 4 did not, so no threshold separates them.
#
# From here on, as in the book, write $x=(x,1)$ and $w=(w,b)$. The column of ones makes the bias one more weight, the last.

# %%
x = np.arange(1.0, 7.0)
y = np.array([0, 0, 1, 0, 1, 1])
X = np.c_[x, np.ones(6)]                           # (N, D) = (6, 2)
pi_zero = expit(X @ np.zeros(2))
print("X has shape", X.shape, "  π for w = (0, 0):", pi_zero)
print("likelihood:", np.prod(np.where(y == 1, pi_zero, 1 - pi_zero)))

# %%
assert np.prod(np.where(y == 1, pi_zero, 1 - pi_zero)) == 1 / 64

# %% [markdown]
# ### The log-likelihood
#
# Write $z_i=w\cdot x_i$ and $\pi_i=P(Y=1\mid x_i)=\sigma(z_i)$. The likelihood (似然函数) is the probability that the model gives to what was seen. For w = (0, 0) every student passes with ½, so it is $(1/2)^6=1/64$. We look for the w that makes it largest. Line by line:
#
# 1. $\displaystyle\prod_{i=1}^N\pi_i^{y_i}(1-\pi_i)^{1-y_i}$ — the samples are independent, so probabilities multiply; the exponents pick $\pi_i$ for $y_i=1$ and $1-\pi_i$ for $y_i=0$.
# 2. $L(w)=\sum_i\left[y_i\ln\pi_i+(1-y_i)\ln(1-\pi_i)\right]$ — the logarithm turns the product into a sum and, because it increases, keeps the place of the maximum.
# 3. $L(w)=\sum_i\left[y_i\ln\dfrac{\pi_i}{1-\pi_i}+\ln(1-\pi_i)\right]$ — collect the terms with $y_i$.
# 4. $L(w)=\sum_i\left[y_iz_i-\ln(1+e^{z_i})\right]$ — the logit is $z_i$, and $1-\pi_i=1/(1+e^{z_i})$.
#
# $L$ is the log-likelihood (对数似然函数). Line 2 with a minus is the cross-entropy (交叉熵) loss that you will minimise in all of stage 4. Before you code line 4, one warning about it:

# %%
with np.errstate(over="ignore"):                   # NumPy would warn; the value says enough
    print("e^1000 =", np.exp(1000.0), "   ln(1 + e^1000) =", np.log(1 + np.exp(1000.0)))
print("np.logaddexp(0, 1000) =", np.logaddexp(0, 1000.0))

# %%
assert np.logaddexp(0, 1000.0) == 1000
assert np.isclose(np.logaddexp(0, 2.0), np.log(1 + np.exp(2.0)))

# %% [markdown]
# **What to notice.** $e^{1000}$ is larger than the largest float. `np.logaddexp(a, b)` is $\ln(e^a+e^b)$, computed without that detour. With a = 0 and b = z it is $\ln(1+e^z)$ for any z, and `np.exp(-np.logaddexp(0, -z))` is a sigmoid that never overflows.
#
# **Explain this line, this shape.** Answer aloud before you open.
#
# *What is in `X @ w`, and which shape has it?*
#
# <details><summary>Answer</summary>
#
# The scores $z_i=w\cdot x_i$, one for each sample: (N, D) times (D,) gives (N,). The bias is inside, because of the column of ones.
#
# </details>
#
# *Why is `y @ z` a number, and which samples count in it?*
#
# <details><summary>Answer</summary>
#
# Two vectors of shape (N,) give their dot product. With y in {0, 1} it adds up the scores of the positive samples.
#
# </details>

# %% tags=["exercise"]
def logistic_log_likelihood(w, X, y):
    """The log-likelihood L(w) = Σ_i [y_i z_i − ln(1 + e^{z_i})] with z_i = w·x_i.

    w : (D,) weights; the last one belongs to the column of ones
    X : (N, D) samples, the column of ones included
    y : (N,) labels 0 or 1
    → a number (the sum over the samples, not the mean)

    Must be right for scores of ±1000 too, where e^z overflows.
    """
    # BEGIN SOLUTION  scores z (N,), then the sum; np.logaddexp(0, z) is ln(1 + e^z)
    z = X @ w
    value = y @ z - np.logaddexp(0, z).sum()
    # END SOLUTION
    return value

# %%
check.logistic_log_likelihood(logistic_log_likelihood)

# %%
start = logistic_log_likelihood(np.zeros(2), X, y)
print(f"L(0, 0) = {start:.6f}   L(0.8, -2.8) = "
      f"{logistic_log_likelihood(np.array([0.8, -2.8]), X, y):.6f}")

# %%
assert np.isclose(start, np.log(1 / 64))
assert np.isclose(start, -log_loss(y, pi_zero, normalize=False))  # scikit-learn's cross-entropy

# %% [markdown]
# **What to notice.** L(0, 0) = ln(1/64) = −4.158883, and (0.8, −2.8) is much better. Where does (0.8, −2.8) come from? That is the first step of Newton's method, below.
#
# ### The gradient
#
# 1. $\dfrac{d}{dz}\left[yz-\ln(1+e^z)\right]=y-\dfrac{e^z}{1+e^z}=y-\pi$ — derivative of the logarithm, times the inner derivative $e^z$.
# 2. $\dfrac{\partial z_i}{\partial w_j}=x_{ij}$ — $z_i=\sum_jw_jx_{ij}$ is linear in w.
# 3. $\dfrac{\partial L}{\partial w_j}=\sum_i(y_i-\pi_i)\,x_{ij}$ — chain rule, and the derivative of a sum is the sum of the derivatives.
# 4. $\nabla L=X^{\mathsf T}(y-\pi)$ — line 3 for all j at once: entry j is column j of X times the vector $y-\pi$.
#
# Read it: each sample pulls w along its own x, with the force "truth minus prediction". The perceptron pulled with all or nothing.
#
# *Which shapes have X, Xᵀ, y − π and the result?*
#
# <details><summary>Answer</summary>
#
# (N, D), (D, N), (N,), (D,). The gradient has the shape of w. Without the transpose the shapes do not fit, unless N = D: then you get a wrong result and no error.
#
# </details>

# %% tags=["exercise"]
def logistic_gradient(w, X, y):
    """The gradient of the log-likelihood, Xᵀ(y − π), with π_i = 1 / (1 + e^{−w·x_i}).

    w (D,), X (N, D) with the column of ones, y (N,) of 0 and 1 → (D,)

    Must be right for scores of ±1000 too. np.exp(-np.logaddexp(0, -z)) is a safe π.
    """
    # BEGIN SOLUTION  probabilities p (N,), then one matrix product
    p = np.exp(-np.logaddexp(0, -(X @ w)))
    gradient = X.T @ (y - p)
    # END SOLUTION
    return gradient

# %%
check.logistic_gradient(logistic_gradient)

# %%
uphill = logistic_gradient(np.zeros(2), X, y)
print("gradient at (0, 0):", uphill, "  one step with η = 0.1:", 0.1 * uphill)

# %%
assert np.allclose(uphill, [3.5, 0])

# %% [markdown]
# **What to notice.** With all π = ½ the forces are −½, −½, ½, −½, ½, ½. Times x they add up to 3.5; times 1 they add up to 0. One step of gradient ascent (梯度上升) with η = 0.1 leads to (0.35, 0).
#
# The column of ones says something useful: at the maximum its entry of the gradient is 0, so $\sum_i\pi_i=\sum_iy_i$. The probabilities of a fitted model average to the share of the class. Check it on the tumours:

# %%
mean_p = one.predict_proba(radius)[:, 1].mean()
print(f"mean probability {mean_p:.4f}, share of malignant {t.mean():.4f}")
assert np.isclose(mean_p, t.mean(), atol=1e-5)

# %% [markdown]
# ### The Hessian
#
# The Hessian (海塞矩阵) holds all second derivatives. It tells how the slope changes.
#
# 1. $\dfrac{d\pi}{dz}=\pi(1-\pi)$ — the line $f=F(1-F)/\gamma$ of the logistic distribution, with γ = 1.
# 2. $\dfrac{\partial^2L}{\partial w_j\partial w_k}=-\sum_ix_{ij}\,\pi_i(1-\pi_i)\,x_{ik}$ — differentiate $\sum_i(y_i-\pi_i)x_{ij}$; $y_i$ is constant, and $\partial\pi_i/\partial w_k=\pi_i(1-\pi_i)x_{ik}$.
# 3. $H=-X^{\mathsf T}SX$ with the diagonal matrix $S=\operatorname{diag}(\pi_i(1-\pi_i))$ — line 2 for all j, k at once.
# 4. $v^{\mathsf T}Hv=-\sum_i\pi_i(1-\pi_i)(x_i\cdot v)^2\le0$ for every direction v — each factor is ≥ 0.
#
# Line 4 says that L bends downwards in every direction: L is concave (凹函数). It has no second summit to get lost on. If the columns of X are independent, there is at most one maximum. And y has vanished: the bend does not depend on the labels.
#
# *`X.T * s` with X.T of shape (2, 6) and s of shape (6,): what happens?*
#
# <details><summary>Answer</summary>
#
# Broadcasting multiplies each row of X.T by s, so column i (sample i) gets the factor $s_i$. That is $X^{\mathsf T}S$ without building the (N, N) matrix S.
#
# </details>

# %% tags=["exercise"]
def logistic_hessian(w, X, y):
    """The Hessian of the log-likelihood, −XᵀSX with S = diag(π_i (1 − π_i)).

    w (D,), X (N, D) with the column of ones, y (N,) of 0 and 1 (not needed) → (D, D)

    Must be right for scores of ±1000 too.
    """
    # BEGIN SOLUTION  probabilities p (N,), weights p(1 − p) on the columns of X.T, a product
    p = np.exp(-np.logaddexp(0, -(X @ w)))
    hessian = -(X.T * (p * (1 - p))) @ X
    # END SOLUTION
    return hessian

# %%
check.logistic_hessian(logistic_hessian)

# %%
bend = logistic_hessian(np.zeros(2), X, y)
print("−H at (0, 0):", (-bend).tolist(), "  eigenvalues of H:", np.linalg.eigvalsh(bend).round(3))

# %%
assert np.allclose(-bend, [[22.75, 5.25], [5.25, 1.5]])
assert (np.linalg.eigvalsh(bend) < 0).all()

# %% [markdown]
# ### The Newton step
#
# Setting the gradient to 0 gives equations in $e^{w\cdot x}$ that no formula solves. Newton's method (牛顿法) solves an easier problem again and again: replace L by a parabola and jump to its summit.
#
# 1. $L(w+d)\approx L(w)+\nabla L\cdot d+\tfrac12d^{\mathsf T}Hd$ — Taylor to second order.
# 2. $\nabla L+Hd=0$ — at the summit of the parabola its derivative with respect to d is 0.
# 3. $d=-H^{-1}\nabla L=(X^{\mathsf T}SX)^{-1}X^{\mathsf T}(y-\pi)$ — solve for d; the minus of H cancels.
# 4. $w\leftarrow w+d$ — jump, and repeat there.
#
# `np.linalg.solve(A, c)` gives the d with A d = c. It is faster and more exact than computing an inverse.

# %% tags=["exercise"]
def newton_step(w, X, y):
    """One Newton step w − H⁻¹ ∇L towards the maximum of the log-likelihood.

    w (D,), X (N, D) with the column of ones, y (N,) of 0 and 1 → the new w, (D,)

    Use logistic_gradient and logistic_hessian. The old w must stay as it is.
    """
    # BEGIN SOLUTION  gradient g and Hessian H, then np.linalg.solve(H, g)
    g, H = logistic_gradient(w, X, y), logistic_hessian(w, X, y)
    w_new = w - np.linalg.solve(H, g)
    # END SOLUTION
    return w_new

# %%
check.newton_step(newton_step)

# %% [markdown]
# ### Walk to the maximum
#
# Start at (0, 0) and repeat. Do row 1 on paper first: −H has the rows (22.75, 5.25) and (5.25, 1.5), and ∇L = (3.5, 0). The determinant is 22.75 · 1.5 − 5.25² = 6.5625, so Cramer's rule gives w = 3.5 · 1.5 / 6.5625 = 0.8 and b = −3.5 · 5.25 / 6.5625 = −2.8.

# %%
def newton_path(X, y, steps):
    path = [np.zeros(X.shape[1])]
    for _ in range(steps):
        path.append(newton_step(path[-1], X, y))
    return np.array(path)


def table_row(w):
    H = -logistic_hessian(w, X, y)
    return [*w, logistic_log_likelihood(w, X, y), *logistic_gradient(w, X, y),
            H[0, 0], H[0, 1], H[1, 1]]

# %%
path = newton_path(X, y, 10)
columns = ["w", "b", "L", "∂L/∂w", "∂L/∂b", "−H (w,w)", "−H (w,b)", "−H (b,b)"]
table = pd.DataFrame([table_row(path[k]) for k in (0, 1, 2, 3, 10)],
                     index=["k = 0", "1", "2", "3", "∞"], columns=columns)
table.round(6) + 0.0                               # + 0.0 turns −0.0 into 0.0

# %%
expected = [[0, 0, -4.158883, 3.5, 0, 22.75, 5.25, 1.5],
            [0.8, -2.8, -2.606451, 0.691753, 0, 15.050220, 3.662041, 1.046298],
            [1.109776, -3.884215, -2.484874, 0.135748, 0, 11.718217, 2.945514, 0.841575],
            [1.206125, -4.221436, -2.478024, 0.009547, 0, 10.869967, 2.758447, 0.788128],
            [1.214028, -4.249097, -2.477987, 0, 0, 10.804246, 2.743856, 0.783959]]
assert np.allclose(table, expected, rtol=0, atol=6e-7)
error = np.abs(path[:5, 0] - path[-1, 0])
assert (error[1:] < error[:-1] ** 2).all()         # each step at least squares the error of w

# %% [markdown]
# **What to notice.** L rises in every row. The gradient falls from 3.5 to 0.69, 0.14, 0.0095: each step about squares the error of w, so near the summit the number of right digits doubles. After five steps nothing changes in six decimals. Its second entry is 0 in every row, because the students lie symmetrically around 3.5.
#
# Now the library. scikit-learn's solver `"newton-cholesky"` takes the same steps. `max_iter=k` stops it after k of them (it warns that it has not arrived; the cell collects the warnings). The default solver, `"lbfgs"`, goes another way to the same summit.

# %%
stopped = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for k in (1, 2, 3):
        m = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=k)
        stopped[k] = [*m.fit(x[:, None], y).coef_[0], *m.intercept_]
        print(f"newton-cholesky, {k} steps:", np.round(stopped[k], 6))
mle = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], y)
w_hat, b_hat = mle.coef_[0, 0], mle.intercept_[0]
print(f"lbfgs, to the end:        [ {w_hat:.6f} {b_hat:.6f}]")

# %%
assert len(caught) == 3
assert all(c.category is ConvergenceWarning for c in caught)
assert np.allclose([w_hat, b_hat], [1.214028, -4.249097], atol=5e-6)

# %%
for k in (1, 2, 3):
    assert np.allclose(stopped[k], path[k], atol=1e-6)
assert np.allclose([w_hat, b_hat], path[-1], atol=5e-6)

# %% [markdown]
# **What to notice.** Row by row the library prints your table. Now see both ways up the hill: Newton's jumps, and 200 steps of gradient ascent with η = 0.1.

# %%
def ascend(X, y, eta, steps):
    path = [np.zeros(X.shape[1])]
    for _ in range(steps):
        path.append(path[-1] + eta * logistic_gradient(path[-1], X, y))
    return np.array(path)

# %%
slow = ascend(X, y, 0.1, 200)
gw, gb = np.meshgrid(np.linspace(-0.2, 1.9, 120), np.linspace(-6, 0.8, 120))
scores = gw[..., None] * x + gb[..., None]                       # (120, 120, 6)
height = scores @ y - np.logaddexp(0, scores).sum(axis=-1)

# %%
assert np.allclose(slow[1], [0.35, 0])
assert np.linalg.norm(slow[-1] - path[-1]) > 0.3 > np.linalg.norm(path[3] - path[-1])

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.0), width_ratios=(1.25, 1))
levels = [-12, -9, -7, -5.5, -4.5, -3.7, -3.1, -2.7, -2.52]
axes[0].contour(gw, gb, height, levels=levels, colors="#888888", linewidths=0.8,
                linestyles="solid")
axes[0].plot(*slow.T, ".-", ms=3, lw=1, color=plot.ORANGE, label="gradient ascent, 200 steps")
axes[0].plot(*path.T, "o-", color=plot.BLUE, label="Newton")
axes[0].set(xlabel="w", ylabel="b", title="L from above: Newton jumps, ascent crawls")
axes[0].legend(loc="upper right", fontsize=9)
hours = np.linspace(0, 7, 200)
for k, style in ((0, ":"), (1, "--"), (10, "-")):
    label = "maximum" if k == 10 else f"Newton, k = {k}"
    axes[1].plot(hours, expit(path[k][0] * hours + path[k][1]), style, color="black", label=label)
for label, style in ((0, plot.NEGATIVE), (1, plot.POSITIVE)):
    axes[1].scatter(x[y == label], y[y == label], s=50, zorder=3, edgecolors="black",
                    label=("failed", "passed")[label], **style)
axes[1].set(xlabel="hours", ylabel="P(pass)", title="One step shows the S")
axes[1].legend(loc=(0.02, 0.62), fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Left, contour lines of L form a long narrow ridge in the plane of w and b. Blue dots jump from (0, 0) along the ridge to the summit near (1.2, −4.2) in four steps; an orange path of 200 steps first zigzags across the ridge, then creeps along it, and has not arrived. Right, the six students and the curve for k = 0 (flat at ½), k = 1 (already an S) and the maximum, a little steeper.
#
# **Try it.** Start elsewhere: `newton_step(np.array([2.0, -7.0]), X, y)`. Expect (0.56, −1.95), too far back. Put the result in again, and you reach the same summit. (From some places it does not come back: see "Beyond the roadmap".)

# %%
backwards = newton_step(np.array([2.0, -7.0]), X, y)
assert np.allclose(backwards, [0.56, -1.95], atol=0.01)
for _ in range(5):
    backwards = newton_step(backwards, X, y)
assert np.allclose(backwards, path[-1])

# %% [markdown]
# ### Read the result
#
# What does the fitted model say about the students, and how sure is it of its own weights? Near the summit the bend of L answers the second question: a sharp summit pins w down, a flat one does not. The theory of maximum likelihood gives the covariance of $\hat w$ as $(-H)^{-1}$; the roots of its diagonal are the standard errors (标准误, s.e.).

# %%
pi_hat = mle.predict_proba(x[:, None])[:, 1]
cov = np.linalg.inv((X.T * (pi_hat * (1 - pi_hat))) @ X)
se = np.sqrt(np.diag(cov))
print("π:", pi_hat.round(4))
print(f"P = 1/2 at {-b_hat / w_hat:.2f} hours; one hour more: odds × {np.exp(w_hat):.4f}")
print(f"standard errors: {se[0]:.4f} (w), {se[1]:.4f} (b)")

# %%
assert np.allclose(pi_hat, [0.0459, 0.1393, 0.3527, 0.6473, 0.8607, 0.9541], atol=6e-5)
assert np.isclose(-b_hat / w_hat, 3.5, atol=1e-4)
assert np.isclose(np.exp(w_hat), 3.3670, atol=6e-5)
assert np.allclose(se, [0.9126, 3.3879], atol=1e-4)
assert w_hat - 1.96 * se[0] < 0                    # the 95 % interval of w holds 0

# %% [markdown]
# **What to notice.** Each hour multiplies the odds by 3.367, says the estimate. But w = 1.21 ± 1.96 · 0.91 reaches below 0: six students cannot even prove that studying helps. With 569 tumours the formula says 0.093 for the weight of the radius. Do you believe it? A second way needs no theory: draw 569 tumours with replacement, fit again, look how w scatters (the bootstrap, 自助法).

# %%
R = np.c_[radius, np.ones(len(t))]
p_one = one.predict_proba(radius)[:, 1]
se_one = np.sqrt(np.diag(np.linalg.inv((R.T * (p_one * (1 - p_one))) @ R)))[0]
rng = np.random.default_rng(0)
again = []
for _ in range(200):
    i = rng.integers(0, len(t), len(t))
    m = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(radius[i], t[i])
    again.append(m.coef_[0, 0])
print(f"s.e. of w: formula {se_one:.3f}, bootstrap {np.std(again):.3f}")
low, high = np.exp(w1 + 1.96 * se_one * np.array([-1, 1]))
print(f"odds ratio {np.exp(w1):.2f}, 95 % interval {low:.2f} to {high:.2f}")

# %%
assert np.isclose(se_one, 0.093, atol=5e-4)
assert abs(np.std(again) / se_one - 1) < 0.25

# %% [markdown]
# ## Descend step by step (习题6.2)
#
# Exercise 6.2 asks for the gradient descent (梯度下降) algorithm. The loss is $-L$, its gradient is $-X^{\mathsf T}(y-\pi)$:
#
# 1. Start with w = 0 and choose a learning rate η and a tolerance ε.
# 2. Compute $g=X^{\mathsf T}(y-\pi)$. If every entry of g is smaller than ε in size, stop.
# 3. $w\leftarrow w+\eta g$, and go to 2.
#
# How large may η be? Because $\pi(1-\pi)\le\frac14$, the bend of L never exceeds $\lambda$, the largest eigenvalue of $X^{\mathsf T}X/4$, and with η = 1/λ every step raises L. Try it on real flowers that no line separates: versicolor against virginica, petal length and width, scaled.

# %%
def gradient_descent(X, y, eps=1e-6, most=20_000):
    """→ w (D,) and the number of steps."""
    eta = 1 / np.linalg.eigvalsh(X.T @ X / 4)[-1]
    w = np.zeros(X.shape[1])
    for step in range(most):
        g = logistic_gradient(w, X, y)
        if np.abs(g).max() < eps:
            return w, step
        w = w + eta * g
    raise RuntimeError("not there yet: is the data separable?")

# %%
iris = load_iris()
two = iris.target > 0                              # versicolor (1) and virginica (2)
A = StandardScaler().fit_transform(iris.data[two][:, 2:])
v = (iris.target[two] == 2).astype(int)
library = LogisticRegression(C=np.inf, tol=1e-10).fit(A, v)
print("LogisticRegression:", library.coef_[0].round(4), library.intercept_.round(4))

# %%
w_gd, steps_gd = gradient_descent(np.c_[A, np.ones(len(v))], v)
print("gradient descent:  ", w_gd[:2].round(4), w_gd[2:].round(4), f" after {steps_gd} steps")

# %%
assert np.allclose(w_gd, [*library.coef_[0], *library.intercept_], atol=1e-3)
assert 500 < steps_gd < 10_000
A1 = np.c_[A, np.ones(len(v))]
slow_direction = np.linalg.eigvalsh(-logistic_hessian(w_gd, A1, v))[0]
assert slow_direction / np.linalg.eigvalsh(A1.T @ A1 / 4)[-1] < 0.01  # of the error, a step

# %% [markdown]
# **What to notice.** The same weights, after thousands of steps. Why so many? The flowers are nearly separable: at the summit most π are close to 0 or 1, so the hill is flat there, and η, which must suit the steepest place, is small for it. There is a second reason for slowness, which scaled data do not have. The six students have it: the ridge of the last figure is narrow. Across it η must be small, along it every step is then tiny. Subtract 3.5 from the hours, and the ridge becomes a round hill.

# %%
def climb(X, eta, steps):
    """How far L is below its maximum, step by step."""
    best = logistic_log_likelihood(newton_path(X, y, 10)[-1], X, y)
    return [best - logistic_log_likelihood(w, X, y) for w in ascend(X, y, eta, steps)]


Xc = np.c_[x - 3.5, np.ones(6)]
bends = [-logistic_hessian(newton_path(Z, y, 10)[-1], Z, y) for Z in (X, Xc)]
stretch = [np.linalg.cond(B) for B in bends]       # largest / smallest eigenvalue
print(f"largest / smallest bend: hours {stretch[0]:.0f}, hours − 3.5 {stretch[1]:.1f}")

# %%
raw, centred = climb(X, 0.1, 2000), climb(Xc, 0.5, 40)
nearly, too_big = climb(X, 0.17, 2000), climb(X, 0.2, 2000)
newton_gap = [table["L"].iloc[-1] - logistic_log_likelihood(w, X, y) for w in path[:6]]
needed = {"hours": int(np.argmax(np.array(raw) < 1e-10)),
          "hours − 3.5": int(np.argmax(np.array(centred) < 1e-10))}
print("steps to come within 1e-10 of the maximum:", needed)

# %%
assert needed["hours"] > 50 * needed["hours − 3.5"] > 0
assert newton_gap[5] < 1e-10
assert min(too_big[1000:]) > 0.01                  # η = 0.2 bounces for ever
careful = climb(X, 1 / np.linalg.eigvalsh(X.T @ X / 4)[-1], 2000)
assert (np.diff(careful) < 1e-12).all()            # η = 1/λ: no step loses height
assert np.argmax(np.array(nearly) < 1e-10) < 0.6 * needed["hours"]
assert 0.17 < 2 / np.linalg.eigvalsh(bends[0])[-1] < 0.18
assert stretch[0] > 100
assert stretch[1] < 2

# %%
fig, ax = plt.subplots(figsize=(7.2, 4.0))
for gap, style, colour, label in (
        (too_big, ":", plot.RED, "gradient, hours, η = 0.2"),
        (raw, "-", plot.ORANGE, "gradient, hours, η = 0.1"),
        (centred, "--", plot.GREEN, "gradient, hours − 3.5, η = 0.5"),
        (newton_gap, "o-", plot.BLUE, "Newton")):
    ax.plot(np.arange(len(gap)) + 1, np.maximum(gap, 1e-13), style, ms=5, color=colour, label=label)
ax.set(xscale="log", yscale="log", ylim=(5e-14, 100), xlabel="step + 1",
       ylabel="distance of L from its maximum",
       title="Centred hours: some fifteen steps instead of a thousand")
ax.legend(loc=(0.44, 0.1), fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Both axes are logarithmic. Newton's blue curve falls steeply to 1e-13 in about five steps, gradient ascent on centred hours needs about fifteen, on raw hours more than a thousand. With η = 0.2 the red dotted curve stays high for ever. (Distances below 1e-13 are drawn at 1e-13; each curve has an η that suits it.)
#
# **Try it.** In the cell that prints the steps, replace `climb(X, 0.2, 2000)` by `climb(X, 0.17, 2000)`, and run the figure again (the assert between them complains). Expect about half the steps of η = 0.1. The limit near the summit is 2 divided by the largest bend there, 2/11.5 ≈ 0.174; beyond it each step overshoots by more than it corrects.
#
# **Where it helps.** Newton costs more a step (a D × D system) and needs few; gradient descent is cheap a step and lives or dies with the scaling. With millions of weights only gradients are affordable: that is stage 4. See also [the interview notebook on optimisation](../06_interview/g_optimisation.ipynb).

# %% [markdown]
# ## Watch the weights run away
#
# Now six points with three features, from a public solution manual of 习题6.2, which reports a maximum for them. The perceptron separates them without a mistake. Fit them with a weaker and weaker penalty (larger C), and look at the length of w.

# %%
X_sep = np.array([[3, 3, 3], [4, 3, 2], [2, 1, 2], [1, 1, 1], [-1, 0, 1], [2, -2, 1.0]])
y_sep = np.array([1, 1, 1, 0, 0, 0])
lengths = {}
for C in (1, 1e2, 1e4, 1e8):
    m = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(X_sep, y_sep)
    lengths[C] = np.linalg.norm(m.coef_)
    print(f"C = {C:<9g} ‖w‖ = {lengths[C]:5.2f}   L = "
          f"{-log_loss(y_sep, m.predict_proba(X_sep), normalize=False):.6f}")

# %%
assert Perceptron(tol=None).fit(X_sep, y_sep).score(X_sep, y_sep) == 1
assert np.allclose(list(lengths.values()), [1.06, 5.04, 10.65, 22.9], atol=0.02)

# %% [markdown]
# **What to notice.** ‖w‖ grows and grows, and L creeps towards 0. Now without any penalty. Stop it early and late, and watch ‖w‖:

# %%
norms, heard = {}, {}
for limit in (5, 10, 20, 100):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        m = LogisticRegression(C=np.inf, tol=1e-10, max_iter=limit).fit(X_sep, y_sep)
    norms[limit], heard[limit] = np.linalg.norm(m.coef_), len(caught)
    print(f"max_iter = {limit:<4} ‖w‖ = {norms[limit]:.0f}   warnings: {len(caught)}")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    quiet = LogisticRegression(C=np.inf).fit(X_sep, y_sep)
print(f"default tol:     ‖w‖ = {np.linalg.norm(quiet.coef_):.0f}   warnings: {len(caught)}")

# %%
assert norms[5] < norms[10] < norms[20] < norms[100]
assert norms[100] > 1.5 * np.linalg.norm(quiet.coef_)
assert heard[5] == 1 > heard[100]
assert len(caught) == 0                            # the default says nothing

# %% [markdown]
# **What to notice.** With 5, 10, 20 and 100 iterations ‖w‖ grows and grows. The last fit gives no warning: not because there is a summit, but because the gradient has fallen below `tol`, and the solver believes that it has arrived. With the default `tol` it stops earlier, at a shorter w. These numbers measure patience, not data.
#
# **The idea.** If w puts every point on its right side, then 2w does too, and every $\pi_i$ comes closer to its label. So L(2w) > L(w): L rises towards 0 along this direction and never gets there. For separable data the maximum likelihood estimate (极大似然估计) does not exist. Compare L along the ray c·ŵ:

# %%
c = np.linspace(0, 4, 200)
direction = np.r_[quiet.coef_[0], quiet.intercept_] / 8
z_sep = np.c_[X_sep, np.ones(6)] @ direction
z_six = w_hat * x + b_hat
along_sep = [y_sep @ z - np.logaddexp(0, z).sum() for z in c[:, None] * z_sep]
along_six = [y @ z - np.logaddexp(0, z).sum() for z in c[:, None] * z_six]
fig, ax = plt.subplots(figsize=(6.4, 3.6))
ax.plot(c, along_sep, color=plot.RED, label="separable: six points of the manual")
ax.plot(c, along_six, "--", color=plot.BLUE, label="not separable: six students")
ax.axhline(0, color="black", lw=0.8)
ax.set(xlabel="factor c on the weights", ylabel="log-likelihood L(c · w)",
       title="Only the students' curve has a summit")
ax.legend(loc=(0.4, 0.6))
plt.show()

# %%
assert (np.diff(along_sep) > 0).all()
assert max(along_sep) < 0
assert abs(c[np.argmax(along_six)] - 1) < 0.02
F_scaled = StandardScaler().fit_transform(F)
assert LogisticRegression(C=1e8, max_iter=10_000).fit(F_scaled, t).score(F_scaled, t) == 1

# %% [markdown]
# **Figure in words.** The blue dashed curve of the students rises to a summit at c = 1 and falls again. The red curve of the separable points rises towards the line L = 0 without reaching it.
#
# **Where it helps.** Real data with many features are often separable: the 569 tumours with all 30 are. Then a penalty is no luxury. scikit-learn has one switched on by default.
#
# **Try it.** Set `y_sep[0] = 0`: now no plane separates the points. Expect ‖w‖ = 0.59, 1.70, 1.80, 1.80 for the four C (and the asserts complain).

# %%
y_mixed = np.array([0, 1, 1, 0, 0, 0])
settles = [np.linalg.norm(LogisticRegression(C=C, tol=1e-10).fit(X_sep, y_mixed).coef_)
           for C in lengths]
assert np.allclose(settles, [0.59, 1.70, 1.80, 1.80], atol=0.006)

# %% [markdown]
# ## Go from two classes to K
#
# The iris file has three species. Give each class its own weights and make the exponentials add up to 1 (section 6.1.4, 多项逻辑斯谛回归):
#
# $$P(Y=k\mid x)=\frac{e^{w_k\cdot x}}{\sum_{l=1}^{K}e^{w_l\cdot x}},\qquad k=1,\dots,K.$$
#
# This function of the scores is called softmax. `LogisticRegression` does it by itself when y has more than two classes. `decision_function` gives the scores, shape (N, K), with K classes.

# %%
Z = StandardScaler().fit_transform(iris.data)
three = LogisticRegression(tol=1e-8, max_iter=1000).fit(Z, iris.target)
P = softmax(three.decision_function(Z), axis=1)
print("coef_", three.coef_.shape, " intercept_", three.intercept_.shape, " P", P.shape)
print("flower 77:", P[77].round(3), " true class:", iris.target[77])

# %%
assert np.allclose(P, three.predict_proba(Z))
assert np.allclose(P.sum(axis=1), 1)
assert three.score(Z, iris.target) > 0.96
assert 0.5 < P[77, 2] < 0.6

# %% [markdown]
# **What to notice.** One row of weights for each class. Flower 77 lies between two species: the model hesitates, and its slight preference is wrong.
#
# **The gradient** follows the same pattern. Write each label as a row with a single 1 (one-hot, 独热): $Y$ has shape (N, K). Then $L=\sum_i\left[w_{y_i}\cdot x_i-\ln\sum_le^{w_l\cdot x_i}\right]$. The derivative of the second term with respect to $w_k$ is $P_{ik}x_i$, that of the first is $Y_{ik}x_i$. Together
#
# $$\nabla_WL=X^{\mathsf T}(Y-P),\qquad\text{shape }(D,K).$$
#
# Truth minus prediction again. Check it with differences at a random W, one entry at a time:

# %%
Z1, Y = np.c_[Z, np.ones(150)], np.eye(3)[iris.target]           # (150, 5), (150, 3)


def multinomial_log_likelihood(W):
    S = Z1 @ W
    return (Y * S).sum() - np.logaddexp.reduce(S, axis=1).sum()


W = np.random.default_rng(0).normal(size=(5, 3))
formula = Z1.T @ (Y - softmax(Z1 @ W, axis=1))
numeric = np.zeros((5, 3))
for j, k in np.ndindex(5, 3):
    E = np.zeros((5, 3))
    E[j, k] = 1e-5
    up, down = multinomial_log_likelihood(W + E), multinomial_log_likelihood(W - E)
    numeric[j, k] = (up - down) / 2e-5
print("largest difference is below 1e-6:", np.abs(formula - numeric).max() < 1e-6)

# %%
assert np.allclose(formula, numeric, atol=1e-6)
assert np.allclose(Z.T @ (Y - P), three.coef_.T, atol=1e-3)
assert np.allclose((Y - P).sum(axis=0), 0, atol=1e-3)

# %% [markdown]
# **What to notice.** The last two asserts are about the library's own solution. Its default subtracts the penalty $\frac12\sum w^2$, whose derivative is W, so at its maximum $X^{\mathsf T}(Y-P)=W$. The intercepts are not penalised; there the gradient is 0.
#
# Add the same vector $a$ to all $w_k$: each exponential gets the factor $e^{a\cdot x}$, above and below, and it cancels. So one class can be fixed at 0. The book does that, with K − 1 vectors and the last class as reference. With two classes and one of them at 0, softmax is the sigmoid.

# %%
shift = np.c_[three.coef_, three.intercept_] - np.r_[three.coef_[2], three.intercept_[2]]
assert np.allclose(softmax(Z1 @ shift.T, axis=1), P)
assert np.allclose(softmax(np.c_[np.zeros(9), np.arange(9)], axis=1)[:, 1], expit(np.arange(9)))
print("weights of the last class, in the book's form:", shift[2])

# %%
petals = LogisticRegression(C=10).fit(iris.data[:, 2:], iris.target)
g1, g2 = np.meshgrid(np.linspace(0.5, 7.2, 200), np.linspace(-0.1, 2.7, 200))
Sg = petals.decision_function(np.c_[g1.ravel(), g2.ravel()]).reshape(200, 200, 3)
Pg = softmax(Sg, axis=-1)
fig, ax = plt.subplots(figsize=(6.6, 4.0))
paint = np.array([to_rgb(c) for c in (plot.ORANGE, plot.GREEN, plot.BLUE)])
ax.imshow(1 - 0.5 * Pg @ (1 - paint), extent=(0.5, 7.2, -0.1, 2.7), origin="lower",
          aspect="auto")
for k in (0, 1):                                   # borders: two scores are equal
    ax.contour(g1, g2, Sg[..., k] - Sg[..., k + 1], levels=[0], colors="black", linewidths=0.8)
for k, marker in enumerate("s^o"):
    ax.scatter(*iris.data[iris.target == k, 2:].T, s=20, color=paint[k], marker=marker,
               edgecolors="black", linewidths=0.5, label=iris.target_names[k])
ax.set(xlabel="petal length (cm)", ylabel="petal width (cm)",
       title="Three classes, straight borders, colours that mix")
ax.grid(False)
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# **Figure in words.** Three regions from lower left to upper right, orange for setosa, green for versicolor, blue for virginica, with straight black borders. The colours are mixed by the three probabilities, so they run into each other near the borders, where flowers of the last two species mix too.
#
# The same call reads handwritten digits: 10 classes, 64 pixels.

# %%
digits = load_digits()
parts = train_test_split(digits.data / 16, digits.target, test_size=0.3, random_state=0)
reader = LogisticRegression(max_iter=1000).fit(parts[0], parts[2])
print(f"coef_ {reader.coef_.shape}, test accuracy {reader.score(parts[1], parts[3]):.2f}")
assert reader.score(parts[1], parts[3]) > 0.94

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out.**
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D), numbers | sparse matrices allowed; NaN or text: `ValueError` |
# | in | `y` | (N,), any labels | one class only: `ValueError` |
# | in | `sample_weight` | (N,) | argument of `fit`: a factor on each sample's term of L |
# | out | `coef_`, `intercept_` | (1, D), (1,); (K, D), (K,) for K > 2 classes | $w$ and $b$ |
# | out | `classes_` | (K,) | sorted labels; the columns of `predict_proba` stand in this order |
# | out | `n_iter_` | (1,) | iterations done |
# | out | `decision_function(X)` | (N,); (N, K) | scores: the logit for two classes |
# | out | `predict_proba(X)`, `predict_log_proba(X)` | (N, K) | probabilities, each row adds up to 1 |
# | out | `predict(X)`, `score(X, y)` | (N,), number | class with the largest probability, accuracy |

# %%
assert (one.coef_.shape, one.intercept_.shape, one.n_iter_.shape) == ((1, 1), (1,), (1,))
assert one.decision_function(radius).shape == (569,)
assert one.predict_proba(radius).shape == (569, 2)
assert np.allclose(expit(one.decision_function(radius)), one.predict_proba(radius)[:, 1])
for X_bad, y_bad in (([[np.nan], [1]], [0, 1]), ([["red"], ["blue"]], [0, 1]), ([[1], [2]], [1, 1])):
    try:
        LogisticRegression().fit(X_bad, y_bad)
    except ValueError as error:
        print("ValueError:", str(error).splitlines()[0][:75])
    else:
        raise AssertionError("no error")

# %% [markdown]
# **What you can turn.** The solver minimises the loss plus a penalty:
#
# $$-L(w,b)+\frac1C\left[\frac{1-\rho}{2}\sum_jw_j^2+\rho\sum_j|w_j|\right],$$
#
# where ρ is `l1_ratio`.
#
# | parameter | default | effect |
# |---|---|---|
# | `C` | 1 | inverse strength of the penalty: small C, small weights; `np.inf`: none, the book's estimate |
# | `l1_ratio` | 0 | ρ. 0: L2, shrinks all weights; 1: L1, sets some to exactly 0; between: elastic net. Before version 1.8 it is called `penalty="l2"`, `"l1"`, `"elasticnet"` |
# | `solver` | "lbfgs" | which algorithm; see the table below |
# | `max_iter`, `tol` | 100, 0.0001 | most iterations; stop when the gradient (or the change) is this small |
# | `class_weight` | None | factor on the terms of a class, as `{0: 1, 1: 10}` or "balanced" |
# | `fit_intercept` | True | False: b = 0 |
# | `random_state` | None | for the solvers that draw samples: "sag", "saga", "liblinear" |
# | `warm_start` | False | True: start from the last weights |
# | `dual`, `intercept_scaling` | False, 1 | for "liblinear" only |
# | `verbose`, `n_jobs` | 0, None | printing; `n_jobs` does nothing since 1.8 |
#
# Which solver can do what? Ask them. The helper speaks both dialects.

# %%
NEW = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)


def penalised(kind, **options):
    """A LogisticRegression with penalty "none", "l2", "l1" or "elasticnet", in any version."""
    if NEW:
        rho = {"l1": 1.0, "elasticnet": 0.5}.get(kind, 0.0)
        more = {"C": np.inf} if kind == "none" else {}
        return LogisticRegression(l1_ratio=rho, **(more | options))
    more = {"l1_ratio": 0.5} if kind == "elasticnet" else {}
    return LogisticRegression(penalty=None if kind == "none" else kind, **more, **options)


def works(kind, solver, X, y):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")        # too few iterations: not the question here
            penalised(kind, solver=solver, max_iter=20).fit(X, y)
    except ValueError:
        return False
    return True

# %%
solvers = ("lbfgs", "newton-cg", "newton-cholesky", "liblinear", "sag", "saga")
kinds = ("none", "l2", "l1", "elasticnet")
support = pd.DataFrame({kind: [works(kind, s, A, v) for s in solvers] for kind in kinds},
                       index=solvers)
support["3 classes"] = [works("l2", s, Z, iris.target) for s in solvers]
support.replace({True: "yes", False: "–"})

# %%
assert support.loc["saga", list(kinds)].all()
for s in ("lbfgs", "newton-cg", "newton-cholesky", "sag"):
    assert support.loc[s, list(kinds)].tolist() == [True, True, False, False]
assert support.loc["liblinear", list(kinds)].tolist() == [False, True, True, False]
assert support["3 classes"].drop("liblinear").all()
assert not NEW or not support.loc["liblinear", "3 classes"]

# %% [markdown]
# **What to notice.** Only "saga" does everything. Rules of thumb: "lbfgs" first; "newton-cholesky" for many samples and few features; "liblinear" or "saga" for L1; "sag" and "saga" for very many samples, scaled. ("liblinear" on three classes: older versions train one class against the rest, newer ones refuse.)
#
# ### Turn C
#
# Fit the scaled tumours with C from 0.0001 to 1,000,000, on the first ten splits. Log loss is −L/N, on training and on test data.

# %%
C_grid = 10.0 ** np.arange(-4, 7, 2)
log = {name: [] for name in ("training", "test", "accuracy", "length")}
for C in C_grid:
    for Fa, Fb, ta, tb in splits[:10]:
        m = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=10_000)).fit(Fa, ta)
        log["training"].append(log_loss(ta, m.predict_proba(Fa)))
        log["test"].append(log_loss(tb, m.predict_proba(Fb)))
        log["accuracy"].append(m.score(Fb, tb))
        log["length"].append(np.linalg.norm(m[-1].coef_))
log = pd.DataFrame({k: np.reshape(a, (-1, 10)).mean(axis=1) for k, a in log.items()}, index=C_grid)

# %%
C_l1 = 10.0 ** np.arange(-2, 2.1, 0.5)
nonzero = []
for C in C_l1:
    sparse = [penalised("l1", C=C, solver="liblinear", random_state=0) for _ in range(5)]
    fits = [m.fit(StandardScaler().fit_transform(s[0]), s[2]) for m, s in zip(sparse, splits)]
    nonzero.append(np.mean([np.count_nonzero(m.coef_) for m in fits]))

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.5))
axes[0].plot(C_grid, log["training"], "s--", color=plot.ORANGE, label="training")
axes[0].plot(C_grid, log["test"], "o-", color=plot.BLUE, label="test")
axes[0].set(ylabel="log loss", title="Best in the middle")
axes[0].legend()
axes[1].plot(C_grid, log["length"], "o-", color=plot.GREEN)
axes[1].set(yscale="log", ylabel="length of w", title="Large C, long w")
axes[2].plot(C_l1, nonzero, "o-", color=plot.RED)
axes[2].set(ylabel="weights ≠ 0 of 30", ylim=(0, 31), title="L1 drops features")
for ax in axes:
    ax.set(xscale="log", xlabel="C")
plt.show()

# %%
print("test accuracy:", log["accuracy"].round(3).to_dict())
assert log["training"].is_monotonic_decreasing
assert log["accuracy"].idxmax() == 1
assert log["test"].idxmin() == 1
assert log["test"].iloc[-1] > 5 * log["test"][1]
assert log["accuracy"].iloc[1:].between(0.94, 0.98).all()
assert log["accuracy"][1] - log["accuracy"].iloc[-1] > 0.005
assert log["length"].is_monotonic_increasing
assert nonzero[0] < 5
assert nonzero[-1] > 15

# %% [markdown]
# **Figure in words.** Left, training loss falls with C to nearly 0; test loss falls until C = 1 and then climbs to many times its smallest value. Middle, the length of w grows from below 0.1 to hundreds. Right, with L1 the number of weights that are not 0 grows from about 3 to most of the 30.
#
# **What to notice.** Too small a C says the share of malignant tumours, about 0.37, to everybody; too large a C says 0 or 1 to everybody. From C = 0.01 upwards the test accuracy stays between 0.94 and 0.98, best at C = 1; the test log loss changes by a factor of more than five, because it punishes wrong certainty. Choose C on a logarithmic grid by cross-validation (交叉验证); `LogisticRegressionCV` does it in one call.
#
# ### Check whether 0.8 means 80 %
#
# Of all tumours that get a probability near 0.8, about 80 % should be malignant. That is called calibration (校准). Collect the test probabilities of the 20 splits for three settings.

# %%
edges = np.array([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])
reliability = {}
for name, options in (("C = 1", {}), ("C = 1,000,000", {"C": 1e6, "max_iter": 10_000}),
                      ("malignant × 10", {"class_weight": {0: 1, 1: 10}})):
    given = test_probabilities(**options)
    group = pd.DataFrame({"said": given, "true": truth}).groupby(np.digitize(given, edges[1:-1]))
    reliability[name] = group.mean()[group.size() >= 50]
    caught_share = (given[truth == 1] > 0.5).mean()
    print(f"{name:<15} malignant found: {caught_share:.1%}   "
          f"said below 1 % or above 99 %: {((given < 0.01) | (given > 0.99)).mean():.0%}")

# %%
fig, ax = plt.subplots(figsize=(5.8, 4.6))
ax.plot([0, 1], [0, 1], color="black", lw=0.8)
for (name, r), style, colour in zip(reliability.items(), ("o-", "s", "^--"), plot.COLOURS):
    ax.plot(r["said"], r["true"], style, color=colour, label=name, ms=8)
ax.set(xlabel="probability that the model said", ylabel="share that was malignant",
       title="Class weights break the meaning of the probability")
ax.legend()
plt.show()

# %%
plain, wild, heavy = reliability.values()
assert (plain["said"] - plain["true"]).abs().max() < 0.25
assert (heavy["said"] - heavy["true"]).max() > 0.3
assert abs(heavy["said"][3] - 0.6) < 0.03
assert 0.05 < heavy["true"][3] < 0.2
assert 0.975 < (q[truth == 1] > 0.1).mean() < 0.985
assert (q[truth == 0] > 0.1).sum() > (given[truth == 0] > 0.5).sum()  # given: malignant × 10
assert len(wild) == 2                              # hardly any answer between 0.1 and 0.9 …
assert wild["true"].iloc[0] > 0.02 > wild["said"].iloc[0]       # … and too sure at both ends
assert wild["true"].iloc[1] < 0.97 < wild["said"].iloc[1]

# %% [markdown]
# **Figure in words.** The diagonal means "says what is true". The blue curve of C = 1 stays near it, somewhat above it on the right. The dashed curve of the class weights hangs far below it. C = 1,000,000 has only two points, at the far left and the far right.
#
# **What to notice.** C = 1 is roughly honest. C = 1,000,000 says 0 or 1 nearly always and is wrong about every twentieth time. Counting malignant tumours ten times finds more of them, and a "0.6" then means little more than one in ten. If you need a cautious rule, you can instead keep the honest model and lower the threshold: with "malignant from 0.1 on" it finds 98 % of them, and raises more false alarms than the weighted model. Both are points of the same trade.
#
# ### Scale, and the solver arrives
#
# "lbfgs" allows 100 iterations. Raw measurements of the tumours range from thousandths to thousands. How many iterations does it take?

# %%
effort, saga_loss = {}, {}
for name, data in (("raw", F), ("scaled", F_scaled)):
    for solver in ("lbfgs", "newton-cholesky"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            first = LogisticRegression(solver=solver).fit(data, t)
            patient = LogisticRegression(solver=solver, max_iter=50_000).fit(data, t)
        effort[name, solver] = int(patient.n_iter_[0])
        said = sorted({c.category.__name__ for c in caught})
        print(f"{name:<7} {solver:<16} needs {patient.n_iter_[0]:>5} iterations", *said)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")            # 100 iterations are not enough, on purpose
        m = LogisticRegression(solver="saga", random_state=0).fit(data, t)
    saga_loss[name] = log_loss(t, m.predict_proba(data))
    print(f"{name:<7} saga             log loss {saga_loss[name]:.2f} after 100 iterations")

# %%
assert effort["raw", "lbfgs"] > 10 * effort["scaled", "lbfgs"]
assert effort["raw", "lbfgs"] > 100 > effort["scaled", "lbfgs"]
assert saga_loss["raw"] > 3 * saga_loss["scaled"]
assert max(effort["raw", "newton-cholesky"], effort["scaled", "newton-cholesky"]) < 30

# %% [markdown]
# **What to notice.** The same story as with the hours. (The word beside the first line is the warning of the default fit.) When you meet the famous warning "lbfgs failed to converge", scale first, and only then raise `max_iter`. A Newton solver hardly cares. (Without a penalty its steps do not depend on the units at all. With C = 1, as here, raw and scaled are two different models: trap 3.)

# %% [markdown]
# ## Traps
#
# ### Trap 1: the default is not the book's estimate
#
# Fit the six students with `LogisticRegression()` and compare with the table above. What does it minimise?

# %%
default = LogisticRegression().fit(x[:, None], y)


def penalised_loss(theta, on_bias=0.0):
    z = theta[0] * x + theta[1]
    loss = np.logaddexp(0, z).sum() - y @ z
    return loss + theta[0] ** 2 / 2 + on_bias * theta[1] ** 2 / 2


smallest = minimize(penalised_loss, np.zeros(2), tol=1e-10).x
print(f"LogisticRegression(): {default.coef_[0, 0]:.6f}, {default.intercept_[0]:.6f}")
print(f"argmin −L + w²/2:     {smallest[0]:.6f}, {smallest[1]:.6f}")

# %%
assert np.allclose([default.coef_[0, 0], default.intercept_[0]], [0.767056, -2.684689], atol=2e-5)
assert np.allclose(smallest, [0.767054, -2.684688], atol=2e-5)

# %% [markdown]
# **What to notice.** w = 0.767 instead of 1.214: the default C = 1 adds w²/2 to the loss. **Right:** for the book's numbers, for odds ratios and standard errors, write `C=np.inf`. For prediction keep a penalty, and choose C.
#
# ### Trap 2: the default stops early
#
# Even with `C=np.inf` the fourth digit is off:

# %%
rough = LogisticRegression(C=np.inf).fit(x[:, None], y)
for name, m in (("tol=1e-4 (default)", rough), ("tol=1e-10", mle)):
    print(f"{name:<19} w = {m.coef_[0, 0]:.6f}   error {abs(m.coef_[0, 0] - 1.2140276):.6f}")

# %%
assert abs(mle.coef_[0, 0] - 1.2140276) < 5e-6 < abs(rough.coef_[0, 0] - 1.2140276) < 1e-2

# %% [markdown]
# **Right:** `tol=1e-10` when you compare digits. For a prediction the difference means nothing.
#
# ### Trap 3: the penalty looks at the units
#
# Write the hours in thousands of hours. Nothing else changes.

# %%
for C in (np.inf, 1):
    a = LogisticRegression(C=C, tol=1e-10).fit(x[:, None], y).predict_proba(x[:, None])
    b = make_pipeline(StandardScaler(), LogisticRegression(C=C, tol=1e-10))
    b = b.fit(x[:, None] / 1000, y).predict_proba(x[:, None] / 1000)
    raw_units = LogisticRegression(C=C, tol=1e-10, solver="newton-cholesky")
    k = raw_units.fit(x[:, None] / 1000, y).predict_proba(x[:, None] / 1000)
    print(f"C = {C}: hours {a[5, 1]:.2f}, thousands of hours {k[5, 1]:.2f}, scaled {b[5, 1]:.2f}")
    assert np.allclose(a, k, atol=1e-3) == np.isinf(C)

# %%
assert np.allclose(k, 0.5, atol=0.01)
assert b[5, 1] > 0.7

# %% [markdown]
# **What to notice.** P(pass) after six hours. Without a penalty the units do not matter: w becomes 1000 times larger. With C = 1 such a weight is far too expensive, and the model says 0.50 to everybody, without a warning. Even "hours" and "scaled" differ: C means something else on each scale. **Right:** scale first, then choose C.
#
# ### Trap 4: which column, which class
#
# Two lines that look right. The first takes column 1 of `predict_proba` as "malignant", with the labels of the file. The second is from a public solution: it decides with `sigmoid(z) > 0`.

# %%
as_filed = LogisticRegression(C=np.inf).fit(radius, tumours.target)
print("classes_", as_filed.classes_, " names", tumours.target_names)
print(f"column 1 at radius 25: {as_filed.predict_proba([[25.0]])[0, 1]:.3f}")
z_one = one.decision_function(radius)
print(f"called malignant: {(expit(z_one) > 0).mean():.0%} with σ(z) > 0, "
      f"{(z_one > 0).mean():.0%} with z > 0")

# %%
assert as_filed.predict_proba([[25.0]])[0, 1] < 0.01
assert (expit(z_one) > 0).all()
assert np.array_equal(z_one > 0, expit(z_one) > 0.5)

# %% [markdown]
# **What to notice.** In the file 1 means *benign*: a huge tumour gets 0.000 in column 1. And a probability is always > 0, so `sigmoid(z) > 0` calls every tumour malignant. **Right:** look at `classes_`, and compare σ(z) with ½, or z with 0.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part. Read it when old code warns, when Newton fails, or for exercise 6.1.
#
# ### Read old code: spellings that died
#
# Much public code writes `penalty=None`, `multi_class="multinomial"` or `n_jobs=-1`. Ask the installed version what it says to each.

# %%
def reaction(**options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            LogisticRegression(**options).fit(A, v)
        except (TypeError, ValueError) as error:
            return type(error).__name__
    return ", ".join(sorted({c.category.__name__ for c in caught})) or "accepted"


print("scikit-learn", ".".join(sklearn.__version__.split(".")[:2]))
for options in ({"penalty": None}, {"multi_class": "multinomial"}, {"n_jobs": 1},
                {"l1_ratio": 1, "solver": "liblinear"}, {"C": np.inf}):
    print(f"{options!s:<42}", reaction(**options))

# %%
assert reaction(C=np.inf) == "accepted"            # the spelling that works everywhere
version = tuple(map(int, sklearn.__version__.split(".")[:2]))
if (1, 8) <= version < (1, 10):
    assert reaction(penalty=None) == reaction(n_jobs=1) == "FutureWarning"
if version >= (1, 9):
    assert reaction(multi_class="multinomial") == "TypeError"
if version < (1, 8):
    assert reaction(penalty=None) == "accepted"

# %% [markdown]
# **What to notice.** Since 1.8 `penalty` is announced as leaving in 1.10: write `C=np.inf` for none, and `l1_ratio` for L1 and elastic net. `multi_class` is gone; more than two classes always mean softmax.
#
# ### See one solver penalise the bias
#
# "liblinear" treats the column of ones like any other feature. On the six students:

# %%
lib = LogisticRegression(solver="liblinear", tol=1e-10).fit(x[:, None], y)
both = minimize(penalised_loss, np.zeros(2), args=(1.0,), tol=1e-10).x
helped = LogisticRegression(solver="liblinear", tol=1e-10, intercept_scaling=100)
helped.fit(x[:, None], y)
print(f"liblinear:                {lib.coef_[0, 0]:.4f}, {lib.intercept_[0]:.4f}")
print(f"argmin −L + (w² + b²)/2:  {both[0]:.4f}, {both[1]:.4f}")
print(f"intercept_scaling=100:    {helped.coef_[0, 0]:.4f}, {helped.intercept_[0]:.4f}")

# %%
assert np.allclose([lib.coef_[0, 0], lib.intercept_[0]], both, atol=1e-4)
assert abs(lib.intercept_[0] - default.intercept_[0]) > 2
assert np.allclose([helped.coef_[0, 0], helped.intercept_[0]], smallest, atol=0.01)

# %% [markdown]
# **What to notice.** The bias is pulled to −0.585 instead of −2.685, and drags the weight along. A large `intercept_scaling` makes its penalty cheap.
#
# ### Send Newton over the edge
#
# The parabola of a Newton step is right near its point only. Start at w = (1, 0):

# %%
theta, seen = np.array([1.0, 0.0]), []
for _ in range(2):
    p_far = expit(X @ theta)
    B_far = (X.T * (p_far * (1 - p_far))) @ X
    theta = theta + np.linalg.solve(B_far, X.T @ (y - p_far))
    seen.append(theta)
    print("w, b =", theta.round(2), "  largest π(1 − π) before the step:",
          (p_far * (1 - p_far)).max().round(3))

# %%
assert np.linalg.norm(seen[0]) < 10 < 1000 < np.linalg.norm(seen[1])

# %% [markdown]
# **What to notice.** The first step jumps too far, to a place where every π is nearly 0 or 1. There L is almost a plane, its bend almost 0, and the next jump ends thousands away. So a real solver checks after each step whether L has risen, and shortens the step if not (line search, 线搜索). Solvers also start at w = 0, where π(1 − π) has its largest value, ¼. scikit-learn's solver, started at (1, 0) with `warm_start`, arrives:

# %%
guarded = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, warm_start=True)
guarded.fit(x[:, None], y)
guarded.coef_, guarded.intercept_ = np.array([[1.0]]), np.array([0.0])
guarded.fit(x[:, None], y)
print("with line search:", guarded.coef_[0].round(4), guarded.intercept_.round(4))

# %%
assert np.allclose([guarded.coef_[0, 0], guarded.intercept_[0]], [1.214028, -4.249097], atol=1e-4)

# %% [markdown]
# ### Test whether it is an exponential family (习题6.1)
#
# Exercise 6.1 asks you to confirm that the logistic distribution belongs to the exponential family (指数分布族): densities of the form $f(x\mid\theta)=h(x)\,e^{\eta(\theta)T(x)-A(\theta)}$. Some printed answers prove another thing, so test first. Take logarithms on a grid of x and θ: $\ln h(x)$ depends on x only, $A(\theta)$ on θ only. Subtract the row means and the column means, and both are gone. What is left is η times T: a matrix of rank (秩) 1. (With K terms η·T, rank K.) The singular values (奇异值) count the rank.

# %%
def singular_values(log_density, thetas):
    M = np.array([log_density(theta) for theta in thetas])
    M = M - M.mean(axis=0) - M.mean(axis=1, keepdims=True) + M.mean()
    s = np.linalg.svd(M, compute_uv=False)
    return s / s[0]


grid_x, mus, gammas = np.linspace(-6, 6, 41), np.linspace(-2, 2, 21), np.linspace(0.5, 3, 21)
families = {
    "normal, location μ": singular_values(lambda a: norm.logpdf(grid_x, a), mus),
    "logistic, location μ": singular_values(lambda a: logistic.logpdf(grid_x, a), mus),
    "logistic, scale γ": singular_values(lambda a: logistic.logpdf(grid_x, 0, a), gammas),
    "Bernoulli, π": singular_values(lambda a: np.log([1 - a, a]), np.linspace(0.1, 0.9, 21)),
}
for name, s in families.items():
    print(f"{name:<22} rank {(s > 1e-9).sum():>2}   first:", *(f"{value:.0e}" for value in s[:4]))

# %%
ranks = {name: int((s > 1e-9).sum()) for name, s in families.items()}
assert ranks["normal, location μ"] == ranks["Bernoulli, π"] == 1
assert min(ranks["logistic, location μ"], ranks["logistic, scale γ"]) >= 8

# %% [markdown]
# **What to notice.** The normal distribution with known variance has rank 1: exponential family. (Bernoulli too; with only two values of y there is no room for more.) The logistic *distribution* with unknown location, or unknown scale, does not: the singular values shrink slowly and do not stop after the first few. (The printed rank counts values above 1e-9; that is evidence, not a proof.) The reason on paper: $\ln f=-(x-\mu)-2\ln(1+e^{-(x-\mu)})$ (γ = 1), and the last term does not split into finitely many products of a function of x and a function of μ. So the statement of the exercise does not hold in this sense.
#
# What is true, and what the answers mostly prove: given x, the label Y has a Bernoulli distribution (伯努利分布), and that one is an exponential family:
#
# $$P(y\mid\pi)=\pi^y(1-\pi)^{1-y}=\exp\left[y\ln\frac{\pi}{1-\pi}+\ln(1-\pi)\right],$$
#
# with T(y) = y and η = the logit. That is line 3 of the derivation again, and it is why the logit is called the natural parameter: logistic regression makes it linear in x. (Exercise 6.3, DFP for maximum entropy, stands in [the lesson on maximum entropy](ch06_maximum_entropy.ipynb).)

# %% [markdown]
# ## Check yourself
#
# **1.** A model has w = 0.7 for "cigarettes per day in packs". What happens to odds of 1 to 4 when somebody smokes one pack more? Answer, then run.
#
# <details><summary>Answer</summary>
#
# They are multiplied by e^0.7 ≈ 2.01: from 0.25 to about 0.50, that is about 1 to 2. The probability goes from 0.20 to about 0.33.
#
# </details>

# %%
new_odds = 0.25 * np.exp(0.7)
print(f"odds {new_odds:.2f}, probability {new_odds / (1 + new_odds):.2f}")
assert np.isclose(new_odds, 0.50, atol=0.005)

# %% [markdown]
# **2.** Copy every student once, so that N = 12. What happens to $\hat w$, and what to its standard error? Answer, then run.
#
# <details><summary>Answer</summary>
#
# L doubles everywhere, so its maximum stays where it is: the same ŵ. H doubles too, so the standard error is divided by √2. (The formula believes that the copies are new students.)
#
# </details>

# %%
twice = LogisticRegression(C=np.inf, tol=1e-10).fit(np.r_[x, x][:, None], np.r_[y, y])
p_twice = expit(X @ np.r_[twice.coef_[0], twice.intercept_])
se_twice = np.sqrt(np.linalg.inv(2 * (X.T * (p_twice * (1 - p_twice))) @ X)[0, 0])
print(f"w = {twice.coef_[0, 0]:.4f}, s.e. {se_twice:.4f} instead of {se[0]:.4f}")
assert np.isclose(twice.coef_[0, 0], w_hat, atol=1e-4)
assert np.isclose(se_twice, se[0] / np.sqrt(2), atol=1e-4)

# %% [markdown]
# **3.** And with the default C = 1: does w stay the same when every student is copied? Answer, then run.
#
# <details><summary>Answer</summary>
#
# No. The loss doubles, the penalty does not, so the penalty weighs half as much and w grows. C is measured against a *sum* over samples.
#
# </details>

# %%
twice_default = LogisticRegression().fit(np.r_[x, x][:, None], np.r_[y, y])
print(f"C = 1: w = {default.coef_[0, 0]:.3f} with 6 students, {twice_default.coef_[0, 0]:.3f} with 12")
assert twice_default.coef_[0, 0] > default.coef_[0, 0] + 0.1

# %% [markdown]
# **4.** Write down the gradient and the Hessian of L and say in words what each factor is.
#
# <details><summary>Answer</summary>
#
# $\nabla L=X^{\mathsf T}(y-\pi)$: truth minus prediction, carried along the samples. $H=-X^{\mathsf T}SX$ with $S=\operatorname{diag}(\pi(1-\pi))$: samples weighted by how undecided the model is about them.
#
# </details>
#
# **5.** Your weights are all between 50 and 500, and training accuracy is 1. What has happened, and what do you do?
#
# <details><summary>Answer</summary>
#
# The data are separable and the penalty is weak or off. There is no maximum, and the numbers say where the solver stopped. Use a penalty (smaller C), chosen by cross-validation; do not read the weights.
#
# </details>
#
# **6.** Why not use squared error on σ(z) instead of −L?
#
# <details><summary>Answer</summary>
#
# With it the gradient has the extra factor π(1 − π). A sample that is wrong with great certainty then pulls with almost no force, and the loss is not convex in w. In −L that factor cancels: the force is y − π.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *Logistic regression models the log-odds as a linear function, so P(Y=1|x) = 1/(1+e^(−w·x)). The weights maximise the log-likelihood Σ[y w·x − ln(1+e^(w·x))]. Its gradient is Xᵀ(y − π), its Hessian −XᵀSX with S = diag π(1−π), so it is concave, and Newton's step is (XᵀSX)⁻¹Xᵀ(y − π). e^w is the factor on the odds for one unit more. For separable data there is no finite maximum; a penalty repairs that. For K classes the sigmoid becomes softmax, and the gradient is Xᵀ(Y − P). In scikit-learn: scale, the default C = 1 is a penalty, C = inf is the book.*
#
# **Links.** 李航《统计学习方法》 chapter 6, section 6.1, 习题6.1, 6.2 · J. Berkson, "Application of the logistic function to bio-assay", 1944 · D. R. Cox, "The regression analysis of binary sequences", 1958 · A. Albert and J. A. Anderson, "On the existence of maximum likelihood estimates in logistic regression models", 1984 · [scikit-learn: LogisticRegression](https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegression.html). Next in the book: [the maximum entropy model](ch06_maximum_entropy.ipynb) (最大熵模型), which turns out to be the same model from another side.
