# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: ["02_ml_theory/ch08_boosting_tree"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 8c XGBoost (极端梯度提升)
#
# One tree of XGBoost is a table of numbers: splits, gains, covers, leaf values. Where do they come from? You will compute every one of them by hand, and then you know what each parameter does, because you know in which formula it stands.
#
# **You will** read the dump of one tree, derive the second-order objective, the leaf weight and the gain line by line, check each number against the library, and then turn the knobs on real data and race XGBoost against scikit-learn's two gradient boosting models.
#
# **After it you can**
#
# - write on paper the objective, the weight of a leaf and the gain of a split, with a reason for each line;
# - explain every column of `trees_to_dataframe()`;
# - say exactly what `reg_lambda`, `reg_alpha`, `gamma`, `min_child_weight`, `base_score`, `learning_rate` and `tree_method` do;
# - name the traps: small data, missing values, column order, early stopping, importances.
#
# **You need** [the lesson on boosting trees](ch08_boosting_tree.ipynb), [regression trees](ch05_decision_tree.ipynb), and $h=\pi(1-\pi)$ from [logistic regression](ch06_logistic_regression.ipynb).
#
# **Where this stands.** Stage 2 of the roadmap, core path, two days. XGBoost is the third of the three methods that the roadmap wants you to derive by hand. Chapter 8 of 李航《统计学习方法》 (1st edition) ends with gradient boosting (section 8.4), so read sections 2.1 and 2.2 of Chen and Guestrin's paper of 2016 first, or the official [introduction to boosted trees](https://xgboost.readthedocs.io/en/stable/tutorials/model.html). **Stuck?** Read the post on XGBoost in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4).

# %%
import os

os.environ["OMP_NUM_THREADS"] = "1"                # one thread for everybody: a fair race later

import json
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xgboost
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_friedman1
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, RepeatedKFold, RepeatedStratifiedKFold, train_test_split
from xgboost import XGBClassifier, XGBRegressor

import dlroadmap
from dlroadmap import check, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Grow one tree and read its dump
#
# A bean plant is measured in weeks 1 to 6: x is the week, y the height in cm. Grow a single tree on it. Most of the settings get their own cell later; fixed like this, every number can be checked. `base_score=5` says that the prediction before the first tree is 5.

# %%
x = np.arange(1.0, 7.0)
y = np.array([1.0, 2, 4, 5, 9, 10])
PLAIN = dict(n_estimators=1, learning_rate=1, max_depth=2, base_score=5, reg_lambda=1,
             min_child_weight=0, tree_method="exact", n_jobs=1)
bean = XGBRegressor(**PLAIN).fit(x[:, None], y)    # x[:, None] has shape (6, 1)
print("predictions:", bean.predict(x[:, None]).round(3))

# %%
assert np.allclose(bean.predict(x[:, None]), [8 / 3, 8 / 3, 14 / 3, 14 / 3, 8, 8], atol=1e-5)

# %% [markdown]
# **What to notice.** The tree makes three groups: weeks 1–2, 3–4, 5–6. Their mean heights are 1.5, 4.5 and 9.5. The tree of chapter 5 would predict these means. XGBoost predicts 2.667, 4.667 and 8: each of them lies nearer to 5. Where do such numbers come from? Ask the tree itself.

# %%
def dump(model, tree=0):
    """The table of one tree: one row for each node (结点)."""
    table = model.get_booster().trees_to_dataframe()
    columns = ["Node", "Feature", "Split", "Yes", "No", "Gain", "Cover"]
    table = table.loc[table["Tree"] == tree, columns].reset_index(drop=True)
    return table.round(5).replace(-0.0, 0.0)       # float32: about 7 digits are right


dump(bean)

# %%
tree0 = dump(bean)
assert tree0["Feature"].tolist() == ["f0", "f0", "Leaf", "Leaf", "Leaf"]
assert tree0["Split"].dropna().tolist() == [4.5, 2.5]
assert np.allclose(tree0["Gain"], [39.65714, 3.86667, 3, -7 / 3, -1 / 3], atol=1e-5)
assert tree0["Cover"].tolist() == [6, 4, 2, 2, 2]

# %% [markdown]
# **What to notice.** Read it from the top. Node 0 asks "f0 < 4.5?" (f0 is the first feature). *Yes* leads to node 1, written "0-1" (tree 0, node 1), *No* to node 2. Node 1 splits again at 2.5. Nodes 2, 3 and 4 are leaves (叶结点); in their rows the column Gain holds the leaf value. Prediction = base score + leaf value: 5 + 3 = 8 for weeks 5 and 6.
#
# (The comparison is "<". scikit-learn's trees use "≤". A value exactly on the threshold goes the other way.)

# %%
step, groups = bean.predict(x[:, None]), np.array([1.5, 1.5, 4.5, 4.5, 9.5, 9.5])
assert (np.abs(step - 5) < np.abs(groups - 5)).all()
assert ((step - 5) * (groups - 5) > 0).all()

# %%
fine = np.linspace(0.5, 6.5, 601)
fig, ax = plt.subplots(figsize=(6.6, 3.8))
ax.axhline(5, ls=":", color="#888888", label="base_score = 5")
ax.step(x, groups, where="mid", ls="--", color=plot.ORANGE, label="mean of each group")
ax.plot(fine, bean.predict(fine[:, None]), color=plot.BLUE, label="one tree of XGBoost")
ax.plot(x, y, "ko", label="bean plant")
ax.set(xlabel="week x", ylabel="height y (cm)",
       title="Each leaf stops between the mean of its group and 5")
ax.legend(fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Six dots rise from 1 to 10 cm. A dashed staircase runs through the means 1.5, 4.5 and 9.5. The solid staircase of XGBoost has the same three steps, each of them nearer to the dotted line at 5.
#
# Four numbers in the dump want an explanation: 39.657, 3.867, the leaves, the covers. All of them follow from one formula.

# %% [markdown]
# ## By hand: derive the weight of a leaf
#
# Boosting adds trees one after the other. Before the new tree f, row i has the prediction $\hat y_i$; afterwards $\hat y_i+f(x_i)$. (For classification $\hat y$ is the score before the sigmoid. XGBoost calls it margin.) The new tree should make this objective (目标函数) small:
#
# $$\mathrm{Obj}=\sum_{i=1}^N l\big(y_i,\hat y_i+f(x_i)\big)+\gamma T+\tfrac12\lambda\sum_{j=1}^Tw_j^2.$$
#
# $l$ is the loss (损失函数), $T$ the number of leaves, $w_j$ the weight (权值) of leaf j. $\gamma$ is the price of a leaf, $\lambda$ the price of large weights: a regularisation term (正则化项), as in structural risk. Line by line:
#
# 1. $l(y_i,\hat y_i+f)\approx l(y_i,\hat y_i)+g_if+\tfrac12h_if^2$ — Taylor expansion (泰勒展开) to second order at $\hat y_i$. $g_i=\partial l/\partial\hat y_i$ is the first derivative there, $h_i=\partial^2l/\partial\hat y_i^2$ the second.
# 2. $\mathrm{Obj}\approx\sum_i\left[g_if(x_i)+\tfrac12h_if(x_i)^2\right]+\gamma T+\tfrac12\lambda\sum_jw_j^2+\text{const}$ — $l(y_i,\hat y_i)$ does not depend on f; drop it.
# 3. $\mathrm{Obj}=\sum_{j=1}^T\left[G_jw_j+\tfrac12(H_j+\lambda)w_j^2\right]+\gamma T$ — a tree is constant on each leaf: $f(x_i)=w_j$ for the rows i in leaf j. Sort the sum by leaves, with $G_j=\sum_{i\in j}g_i$ and $H_j=\sum_{i\in j}h_i$.
# 4. $G_j+(H_j+\lambda)w_j=0$ — each bracket is a parabola in its own $w_j$, open upwards because $H_j+\lambda>0$. At its bottom the derivative is 0.
# 5. $w_j^*=-\dfrac{G_j}{H_j+\lambda}$ — solve for $w_j$. **This is the weight of a leaf.**
# 6. $\mathrm{Obj}^*=-\tfrac12\sum_j\dfrac{G_j^2}{H_j+\lambda}+\gamma T$ — put line 5 into line 3.
#
# The loss has vanished: whatever it is, the tree sees only g and h. For the squared loss (平方损失) XGBoost uses $l=\tfrac12(y-\hat y)^2$, so $g=\hat y-y$ and $h=1$. (Here the Taylor formula is no approximation.)

# %%
g, h = 5.0 - y, np.ones(6)                         # margin 5 for every row
G, H = g.sum(), h.sum()
print("g:", g, "  G =", G, "  H =", H)

# %% [markdown]
# **What to notice.** $-g$ is the residual (残差) of the last lesson. H counts the rows, because every h is 1; "Cover" in the dump is H. Look at the bracket of line 3 for weeks 5 and 6, where G = −4 − 5 = −9 and H = 2. Which w is best for λ = 0, 1, 4?

# %%
def leaf_objective(w, g, h, lam):
    """Line 3 for one leaf."""
    return g.sum() * w + (h.sum() + lam) * w**2 / 2


weeks56 = x > 4.5
lowest = {lam: minimize_scalar(leaf_objective, args=(g[weeks56], h[weeks56], lam)).x
          for lam in (0, 1, 4)}
print("minimum found numerically:", {lam: round(float(w), 4) for lam, w in lowest.items()})

# %%
for lam, w in lowest.items():
    assert np.isclose(w, 9 / (2 + lam), atol=1e-6)

# %%
ws = np.linspace(-0.5, 6, 200)
fig, ax = plt.subplots(figsize=(6.6, 3.8))
for (lam, w), style, colour in zip(lowest.items(), ("-", "--", "-."), plot.COLOURS):
    ax.plot(ws, leaf_objective(ws, g[weeks56], h[weeks56], lam), style, color=colour,
            label=f"λ = {lam}: best w = {w:.1f}")
    ax.plot(w, leaf_objective(w, g[weeks56], h[weeks56], lam), "o", ms=8, color=colour)
ax.set(xlabel="leaf weight w", ylabel="G w + ½ (H + λ) w²", ylim=(-22, 12),
       title="A larger λ pulls the best weight towards 0")
ax.legend(loc="lower left", fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Three parabolas meet at w = 0. Their lowest points lie at w = 4.5 for λ = 0, at 3 for λ = 1 and at 1.5 for λ = 4, and each of them is less deep than the one before.
#
# **What to notice.** With λ = 0 the best weight 4.5 is the mean residual: the tree of the last lesson. For the squared loss λ acts like λ more rows whose residual is 0.
#
# **Explain this line, this shape.** Answer aloud before you open.
#
# *Why does H stand in the denominator? What would a large h mean?*
#
# <details><summary>Answer</summary>
#
# h is the bend of the loss. Where the loss bends strongly, a small step already reaches the bottom of the parabola. −G/H is a Newton step, as in logistic regression, with one unknown w.
#
# </details>

# %% tags=["exercise"]
def xgb_leaf_weight(g, h, reg_lambda):
    """The best weight of one leaf, line 5.

    g : (n,) first derivatives of the loss, one for each row in the leaf
    h : (n,) second derivatives, ≥ 0
    reg_lambda : λ, a number ≥ 0 (Σh + λ is not 0)
    → a number
    """
    # BEGIN SOLUTION  add up g, add up h, divide
    weight = -g.sum() / (h.sum() + reg_lambda)
    # END SOLUTION
    return weight

# %%
check.xgb_leaf_weight(xgb_leaf_weight)

# %%
leaves = {"weeks 1–2": x < 2.5, "weeks 3–4": (x > 2.5) & (x < 4.5), "weeks 5–6": x > 4.5}
for name, part in leaves.items():
    w = xgb_leaf_weight(g[part], h[part], 1)
    print(f"{name}: G = {g[part].sum():+.0f}, H = {h[part].sum():.0f}, w = {w:+.4f}, "
          f"prediction {5 + w:.4f}")

# %% [markdown]
# **What to notice.** −7/3, −1/3 and 3: the three leaves of the dump, and with 5 in front the three predictions. Two columns of the table are explained.

# %% [markdown]
# ## By hand: derive the gain of a split
#
# Is a split worth it? Compare the objective of line 6 before and after. Before: one leaf with G and H. After: two leaves with $G_L,H_L$ and $G_R,H_R$, where $G_L+G_R=G$ and $H_L+H_R=H$.
#
# 1. $\mathrm{Obj}_{\text{before}}=-\tfrac12\dfrac{G^2}{H+\lambda}+\gamma$ — line 6 with T = 1.
# 2. $\mathrm{Obj}_{\text{after}}=-\tfrac12\left[\dfrac{G_L^2}{H_L+\lambda}+\dfrac{G_R^2}{H_R+\lambda}\right]+2\gamma$ — line 6 with T = 2.
# 3. $\text{gain}=\mathrm{Obj}_{\text{before}}-\mathrm{Obj}_{\text{after}}=\tfrac12\left[\dfrac{G_L^2}{H_L+\lambda}+\dfrac{G_R^2}{H_R+\lambda}-\dfrac{G^2}{H+\lambda}\right]-\gamma$ — one minus the other. All other leaves stay the same and cancel.
#
# A split pays if this is positive. That is formula (7) of the paper. Now the detail that costs people an afternoon: **the dump prints the square bracket only**, without the ½ and without −γ.
#
# Try it for the root split at 4.5: left G = 4 + 3 + 1 + 0 = 8 with H = 4, right G = −9 with H = 2, together G = −1 with H = 6. So the bracket is $\frac{64}{5}+\frac{81}{3}-\frac17=39.657$.
#
# *`x < 4.5` is an array of True and False, shape (6,). What are `g[x < 4.5]` and `~(x < 4.5)`?*
#
# <details><summary>Answer</summary>
#
# `g[mask]` keeps the entries where the mask is True: the four gradients of the left side. `~mask` turns True and False round: the right side.
#
# </details>

# %% tags=["exercise"]
def xgb_split_gain(g, h, left, reg_lambda):
    """The number that XGBoost prints as Gain: the square bracket of line 3.

    g, h : (n,) first and second derivatives of the rows in the node
    left : (n,) boolean, True for the rows that go to the left (neither side is empty)
    reg_lambda : λ, a number ≥ 0
    → a number, negative where the split makes the objective worse
    """
    # BEGIN SOLUTION  a small function for G²/(H+λ), used for left, ~left and all rows
    def score(g, h):
        return g.sum() ** 2 / (h.sum() + reg_lambda)

    gain = score(g[left], h[left]) + score(g[~left], h[~left]) - score(g, h)
    # END SOLUTION
    return gain

# %%
check.xgb_split_gain(xgb_split_gain)

# %% [markdown]
# ### Recompute the whole dump
#
# First every possible split of the root, then every split of its left child. (The right child holds weeks 5 and 6; there is one split.)

# %%
def all_brackets(x, g, h, lam=1):
    """Threshold (midpoint) → bracket, for all splits of these rows. x is sorted."""
    cuts = (x[:-1] + x[1:]) / 2
    return pd.Series([xgb_split_gain(g, h, x < c, lam) for c in cuts], index=cuts)


low = x < 4.5
brackets = {"root": all_brackets(x, g, h), "node 1": all_brackets(x[low], g[low], h[low]),
            "node 2": all_brackets(x[~low], g[~low], h[~low])}
pd.DataFrame(brackets).round(5)

# %%
assert np.allclose(brackets["root"], [12.02381, 28.990476, 36.107143, 39.657143, 15.02381],
                   atol=1e-5)
assert np.allclose(brackets["node 1"], [-0.8, 3.866667, 3.2], atol=1e-5)
assert np.allclose(brackets["node 2"], [-6.5], atol=1e-5)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.5))
for ax, (name, b) in zip(axes, list(brackets.items())[:2]):
    colours = [plot.BLUE if v == b.max() else "#bbbbbb" for v in b]
    ax.bar(b.index, b, width=0.6, color=colours)
    ax.axhline(0, color="black", lw=0.8)
    ax.set(xlabel="threshold", ylabel="bracket", xticks=b.index,
           title=f"{name}: {b.idxmax()} wins with {b.max():.3f}")
plt.show()

# %% [markdown]
# **Figure in words.** Left, five bars of the root; they grow up to the threshold 4.5 and the last one is small again. Right, three bars of node 1; the first is below zero and the middle one, at 2.5, is the highest.
#
# **What to notice.** The winners are the printed gains. Node 2 stays a leaf: its only bracket is −6.5, so splitting weeks 5 and 6 would cost more (in λ) than it brings. Now everything in one table:

# %%
rows = {0: x > 0, 1: low, 2: ~low, 3: leaves["weeks 1–2"], 4: leaves["weeks 3–4"]}
cut = {0: 4.5, 1: 2.5}
by_hand = []
for node, part in rows.items():
    gp, hp, xp = g[part], h[part], x[part]
    value = xgb_split_gain(gp, hp, xp < cut[node], 1) if node in cut else xgb_leaf_weight(gp, hp, 1)
    by_hand.append([node, value, hp.sum()])
table = pd.DataFrame(by_hand, columns=["Node", "Gain by hand", "Cover by hand"])
table.join(tree0[["Feature", "Split", "Gain", "Cover"]]).round(5)

# %%
assert np.allclose(table["Gain by hand"], tree0["Gain"], atol=1e-5)
assert np.allclose(table["Cover by hand"], tree0["Cover"], atol=1e-5)

# %% [markdown]
# **What to notice.** Every number of the dump, by hand. (XGBoost computes in float32, 32-bit numbers with about seven digits. Compare with a tolerance of 1e-5, never with `==`.)
#
# ### Prune with gamma, shrink with eta
#
# Which splits survive a price? Guess from the table before you run: how many nodes has the tree for `gamma` a little below and a little above 3.867, and around 39.657?

# %%
def nodes(X, y, model=XGBRegressor, **options):
    """How many nodes the first tree has."""
    return len(dump(model(**{**PLAIN, **options}).fit(X, y)))


prices = (3.86, 3.87, 39.65, 39.66)
print("nodes by gamma:", {price: nodes(x[:, None], y, gamma=price) for price in prices})
alone = dump(XGBRegressor(**PLAIN, gamma=39.66).fit(x[:, None], y))
print("the last tree is one leaf with the weight", alone["Gain"][0])

# %%
assert [nodes(x[:, None], y, gamma=price) for price in prices] == [5, 3, 3, 1]
assert np.isclose(alone["Gain"][0], xgb_leaf_weight(g, h, 1), atol=1e-5)     # 1/7

# %% [markdown]
# **What to notice.** A split is taken away when its printed Gain is below `gamma` (what if a good split stands under a bad one? a later section). The printed Gain has no ½, so the parameter `gamma` is compared with twice the gain of the formula: **`gamma` = 2γ**. If a paper's γ is 2, write `gamma=4`.
#
# `learning_rate`, the book's and the paper's η, is multiplied onto the leaves after they are computed:

# %%
slow = dump(XGBRegressor(**{**PLAIN, "learning_rate": 0.3, "max_depth": 1}).fit(x[:, None], y))
slow

# %%
assert np.allclose(slow["Gain"], [39.65714, -0.48, 0.9], atol=1e-5)

# %% [markdown]
# **What to notice.** Leaves 0.3 · (−8/5) = −0.48 and 0.3 · 3 = 0.9; Gain and Cover do not change. The rest is left to later trees.

# %% [markdown]
# ## Boost one round, then twenty
#
# A boosting round (一轮提升) is: derivatives at the current margins, best split, two leaves, new margins. Write it for the squared loss, one feature, trees with a single split (stumps, 决策树桩).
#
# *After round 1 with η = 0.3, the margins are 4.52 (weeks 1–4) and 5.9. What is g of week 6 in round 2?*
#
# <details><summary>Answer</summary>
#
# Margin − y = 5.9 − 10 = −4.1. In round 1 it was −5. The targets of the next tree are what the earlier trees have left over.
#
# </details>
#
# `np.argmax(gains)` is the place of the largest number; `np.where(left, a, b)` takes a where `left` is True and b elsewhere.

# %% tags=["exercise"]
def xgb_boosting_round(x, y, margin, eta, reg_lambda):
    """One round of XGBoost for the loss ½(y − margin)²: the best stump on one feature.

    x : (n,) the feature, in any order, with at least two different values
    y : (n,) targets
    margin : (n,) predictions so far
    eta : learning rate; reg_lambda : λ
    → threshold : the best of the midpoints between neighbouring different values of x
      leaf_left, leaf_right : the leaf values as the dump prints them, η times the weight
      new_margin : (n,) the predictions after the round

    Left are the rows with x < threshold. Use xgb_split_gain and xgb_leaf_weight.
    np.unique(x) gives the different values, sorted.
    """
    # BEGIN SOLUTION  g and h, midpoints, best gain, two leaves, new margins
    g, h = margin - y, np.ones(len(y))
    values = np.unique(x)
    cuts = (values[:-1] + values[1:]) / 2
    gains = [xgb_split_gain(g, h, x < c, reg_lambda) for c in cuts]
    threshold = cuts[np.argmax(gains)]
    left = x < threshold
    leaf_left = eta * xgb_leaf_weight(g[left], h[left], reg_lambda)
    leaf_right = eta * xgb_leaf_weight(g[~left], h[~left], reg_lambda)
    new_margin = margin + np.where(left, leaf_left, leaf_right)
    # END SOLUTION
    return threshold, leaf_left, leaf_right, new_margin

# %%
check.xgb_boosting_round(xgb_boosting_round)

# %% [markdown]
# Now repeat your round twenty times and let the library do the same.

# %%
margin, stumps = np.full(6, 5.0), []
for _ in range(20):
    threshold, a, b, margin = xgb_boosting_round(x, y, margin, 0.3, 1)
    stumps.append((threshold, a, b))
library = XGBRegressor(**{**PLAIN, "n_estimators": 20, "learning_rate": 0.3, "max_depth": 1})
library.fit(x[:, None], y)
print("yours:  ", margin.round(4))
print("library:", library.predict(x[:, None]).round(4))

# %%
assert np.allclose(margin, library.predict(x[:, None]), atol=1e-4)
for t, stump in enumerate(stumps):
    its = dump(library, tree=t)
    assert np.allclose([its["Split"][0], *its["Gain"][1:]], stump, atol=1e-4)

# %%
errors = [np.mean((library.predict(x[:, None], iteration_range=(0, k)) - y) ** 2)
          for k in range(1, 21)]               # iteration_range: only the first k trees
assert (np.diff(errors) < 0).all()
assert errors[-1] < 0.05 * errors[0]

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6))
for rounds, style, colour in ((1, ":", plot.SKY), (5, "--", plot.ORANGE), (20, "-", plot.BLUE)):
    axes[0].plot(fine, library.predict(fine[:, None], iteration_range=(0, rounds)), style,
                 color=colour, label=f"{rounds} round" + "s" * (rounds > 1))
axes[0].plot(x, y, "ko")
axes[0].set(xlabel="week x", ylabel="height y (cm)", title="Round by round towards the dots")
axes[0].legend()
axes[1].plot(range(1, 21), errors, "o-", color=plot.GREEN)
axes[1].set(xlabel="rounds", ylabel="mean squared error", ylim=(0, None), xticks=(1, 5, 10, 15, 20),
            title="Every round lowers the training error")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the fitted staircase: after one round two flat steps near 5, after five rounds clearly rising, after twenty close to the six dots. Right, the training error falls in every round, fast at first and then slowly.
#
# **Try it.** Take η = 1 in both calls. Which has the smaller error: five rounds with η = 1, or twenty with 0.3? Guess.

# %%
fast, fast_margin = XGBRegressor(**{**PLAIN, "n_estimators": 5, "max_depth": 1}), np.full(6, 5.0)
fast.fit(x[:, None], y)
for _ in range(5):
    fast_margin = xgb_boosting_round(x, y, fast_margin, 1, 1)[3]
assert np.allclose(fast.predict(x[:, None]), fast_margin, atol=1e-4)
assert np.mean((fast_margin - y) ** 2) < 1.6 * errors[-1]
print(f"error: η = 1, 5 rounds {np.mean((fast_margin - y) ** 2):.3f}; η = 0.3, 20 rounds "
      f"{errors[-1]:.3f}")

# %% [markdown]
# ## Do it again with probabilities
#
# Eight patients get the doses x = 1 … 8 of a drug; y says who recovered. Too little does not help, too much harms, and patient 2 recovered anyway.
#
# The margin z is now the score before the sigmoid (the logit), $p=\sigma(z)=1/(1+e^{-z})$, and the loss is $l=-y\ln p-(1-y)\ln(1-p)=\ln(1+e^z)-yz$ (because $\ln p=z-\ln(1+e^z)$ and $\ln(1-p)=-\ln(1+e^z)$). Line by line:
#
# 1. $g=\dfrac{\partial l}{\partial z}=\dfrac{e^z}{1+e^z}-y=p-y$ — derivative of the logarithm times the inner derivative.
# 2. $h=\dfrac{\partial^2l}{\partial z^2}=\dfrac{dp}{dz}=p(1-p)$ — y is constant; the rest is the derivative of the sigmoid.
#
# Nothing else changes. `base_score` is given as a probability: 0.5 means margin 0. What are g and h at the start?

# %%
dose = np.arange(1.0, 9.0)
better = np.array([0, 1, 0, 0, 1, 1, 1, 0])
p0 = np.full(8, 0.5)
g1, h1 = p0 - better, p0 * (1 - p0)
print("g:", g1, "  h:", h1)
HALF = {**PLAIN, "base_score": 0.5}
drug = XGBClassifier(**HALF).fit(dose[:, None], better)
dump(drug)

# %% [markdown]
# **What to notice.** "Cover" is 2 for eight rows: each h is ¼. So Cover is Σh and not a number of rows. All brackets of all nodes that were split, by hand:

# %%
def node_brackets(x, g, h, first, second):
    """All brackets of the root (split at first) and of its two children (split at second)."""
    low, high = x < first, x >= first
    table = pd.DataFrame({"root": all_brackets(x, g, h),
                          "node 1": all_brackets(x[low], g[low], h[low]),
                          "node 2": all_brackets(x[high], g[high], h[high])})
    best = [table["root"].idxmax(), table["node 1"].idxmax(), table["node 2"].idxmax()]
    assert best == [first, *second], best
    return table


round1 = node_brackets(dose, g1, h1, 4.5, (2.5, 7.5))
round1.round(5).replace(-0.0, 0.0)

# %%
def seven_by_hand(x, g, h, brackets, first, second):
    """The column Gain and the column Cover of a full tree of depth 2, in the dump's order."""
    low, high = x < first, x >= first
    ends = [x < second[0], low & (x >= second[0]), high & (x < second[1]), x >= second[1]]
    gain = [*brackets.max(), *(xgb_leaf_weight(g[e], h[e], 1) for e in ends)]
    return gain, [h[part].sum() for part in (x > 0, low, high, *ends)]


gain1, cover1 = seven_by_hand(dose, g1, h1, round1, 4.5, (2.5, 7.5))
print("Gain by hand: ", np.round(gain1, 5) + 0.0)   # + 0.0 turns −0.0 into 0.0
print("Cover by hand:", np.round(cover1, 5))

# %%
tree1 = dump(drug)
assert tree1["Split"].dropna().tolist() == [4.5, 2.5, 7.5]
assert np.allclose(tree1["Gain"], gain1, atol=1e-5)
assert np.allclose(tree1["Cover"], cover1, atol=1e-5)
assert np.allclose(gain1[:3], [1, 1 / 6, 0.985714], atol=1e-5)
assert np.allclose(gain1[3:], [0, -2 / 3, 6 / 7, -0.4], atol=1e-5)
assert [r.nlargest(2).diff().abs().iloc[-1] > 0.3 for _, r in round1.items()] == [True] * 3

# %% [markdown]
# **What to notice.** Every number again. On the left of 4.5, G = ½ − ½ + ½ + ½ = 1 and H = 1; on the right G = −1. So the root bracket is $\frac{1^2}{1+1}+\frac{(-1)^2}{1+1}-\frac{0^2}{2+1}=1$. Leaf 5 (doses 5 to 7) has G = −1.5 and H = 0.75, so w = 1.5/1.75 = 6/7. No node has two best splits of equal gain; a test example must be chosen like that (trap 2).
#
# **The second round.** The margins are now the leaf values. p is no longer ½, so every row gets its own g and h.

# %%
z1 = drug.predict(dose[:, None], output_margin=True).astype(float)
p1 = 1 / (1 + np.exp(-z1))
g2, h2 = p1 - better, p1 * (1 - p1)
print("p:", p1.round(3))
print("h:", h2.round(3))
round2 = node_brackets(dose, g2, h2, 4.5, (2.5, 7.5))
gain2, cover2 = seven_by_hand(dose, g2, h2, round2, 4.5, (2.5, 7.5))
two = XGBClassifier(**{**HALF, "n_estimators": 2}).fit(dose[:, None], better)
tree2 = dump(two, tree=1)
tree2["by hand"] = np.round(gain2, 5) + 0.0
tree2["Σh by hand"] = np.round(cover2, 5)
tree2[["Node", "Split", "Gain", "by hand", "Cover", "Σh by hand"]]

# %%
assert tree2["Split"].dropna().tolist() == [4.5, 2.5, 7.5]
assert np.allclose(tree2["Gain"], gain2, atol=1e-5)
assert np.allclose(tree2["Cover"], cover2, atol=1e-5)
assert (h2 <= 0.25).all()
assert h2[4:7].max() < 0.22
assert np.allclose([h2[:2].min(), tree2["Cover"][0]], [0.25, 1.816], atol=5e-4)

# %% [markdown]
# **What to notice.** Rows that the model is sure about have a smaller h (doses 5 to 7), rows with p = ½ keep ¼ (doses 1 and 2). So the eight rows count for less: the root's Cover falls from 2 to 1.816.

# %% [markdown]
# ### Count nodes over gamma and min_child_weight
#
# `min_child_weight` forbids a split if one of the two children has Σh below it. With Cover and the brackets above, predict the counts for these values. Then run.

# %%
gammas = (0, 0.16, 0.17, 0.98, 0.99, 1.01)
weights = (0, 0.25, 0.3, 0.5, 0.51, 1, 1.01)
as_class = dict(X=dose[:, None], y=better, model=XGBClassifier, base_score=0.5)
by_gamma = {v: nodes(**as_class, gamma=v) for v in gammas}
by_weight = {v: nodes(**as_class, min_child_weight=v) for v in weights}
print("gamma:           ", by_gamma)
print("min_child_weight:", by_weight)

# %%
assert list(by_gamma.values()) == [7, 7, 5, 5, 3, 1]
assert list(by_weight.values()) == [7, 7, 7, 7, 3, 3, 1]

# %% [markdown]
# **What to notice.** `gamma` takes away one split after the other, in the order of their gains: 1/6, 0.986, 1. For `min_child_weight`, a node of four rows with h = ¼ can be halved up to 0.5. Did you expect 5 nodes at 0.3, because leaf 6 has only Cover 0.25? The tree does not lose that split; it takes another one that is allowed:

# %%
other = dump(XGBClassifier(**{**HALF, "min_child_weight": 0.3}).fit(dose[:, None], better))
print("splits:", other["Split"].dropna().tolist(), "  gains:", other["Gain"][:3].tolist())

# %%
assert other["Split"].dropna().tolist() == [4.5, 2.5, 6.5]
assert np.isclose(other["Gain"][2], round1.loc[6.5, "node 2"], atol=1e-5)

# %%
grid_v = np.sort([*np.linspace(0, 1.2, 13), 0.167, 0.501, 0.986, 1.001])
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.5), sharey=True)
for ax, name, colour in ((axes[0], "gamma", plot.BLUE), (axes[1], "min_child_weight", plot.RED)):
    ax.step(grid_v, [nodes(**as_class, **{name: v}) for v in grid_v], where="post", color=colour)
    ax.set(xlabel=name, yticks=(1, 3, 5, 7))
axes[0].set(ylabel="nodes of the tree", title="gamma cuts one split at a time")
axes[1].set(title="min_child_weight cuts two at once here")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the number of nodes falls with gamma from 7 to 5, 3 and 1, at about 0.17, 0.99 and 1. Right, with min_child_weight it stays at 7 up to 0.5, falls to 3 and, beyond 1, to 1.
#
# The default is `min_child_weight=1`. At p = ½ a child then needs four rows. That is a trap for small data, and a protection for large ones: in a leaf where the model is sure, every h is small, so it needs more rows.

# %% [markdown]
# ### Challenge: the round with a price
#
# Write the round for the logistic loss, with both rules. If no split is allowed, one leaf is left: let `threshold` be `np.inf` (then every row has x < threshold), and give both leaves its value.

# %% tags=["exercise", "challenge"]
def xgb_logistic_round(x, y, margin, eta, reg_lambda, gamma, min_child_weight):
    """One round for the logistic loss: the best allowed stump, or a single leaf.

    x, y, margin : (n,) as in xgb_boosting_round; y is 0 or 1, margin is before the sigmoid
    gamma : the best split stays only if its bracket (the printed Gain) is above gamma (no tie is tested)
    min_child_weight : both sides of a split need Σh ≥ this number (never larger than the Σh of all rows)
    → threshold, leaf_left, leaf_right, new_margin, as in xgb_boosting_round; without a split
      np.inf, twice the leaf of all rows, new_margin
    """
    # BEGIN SOLUTION  p, g, h; brackets of allowed midpoints; compare with gamma; leaves; margins
    p = 1 / (1 + np.exp(-margin))
    g, h = p - y, p * (1 - p)
    values = np.unique(x)
    threshold, best = np.inf, gamma
    for cut in (values[:-1] + values[1:]) / 2:
        left = x < cut
        if min(h[left].sum(), h[~left].sum()) < min_child_weight:
            continue
        gain = xgb_split_gain(g, h, left, reg_lambda)
        if gain > best:
            threshold, best = cut, gain
    left = x < threshold
    leaf_left = leaf_right = eta * xgb_leaf_weight(g[left], h[left], reg_lambda)
    if not left.all():
        leaf_right = eta * xgb_leaf_weight(g[~left], h[~left], reg_lambda)
    new_margin = margin + np.where(left, leaf_left, leaf_right)
    # END SOLUTION
    return threshold, leaf_left, leaf_right, new_margin

# %%
check.xgb_logistic_round(xgb_logistic_round)

# %% [markdown]
# ## Turn one knob at a time
#
# Back to the bean plant, one split. You know the formulas; now watch each parameter in them.
#
# **`reg_lambda` (λ)** stands in every denominator. It shrinks leaves with few rows more than leaves with many:

# %%
knob = []
for lam in (0, 1, 10, 100):
    t = dump(XGBRegressor(**{**PLAIN, "max_depth": 1, "reg_lambda": lam}).fit(x[:, None], y))
    knob.append([lam, *t["Gain"]])
    assert np.allclose(t["Gain"][1:], [-8 / (4 + lam), 9 / (2 + lam)], rtol=1e-4)
sse = [((part - part.mean()) ** 2).sum() for part in (y, y[low], y[~low])]
assert np.isclose(knob[0][1], sse[0] - sse[1] - sse[2], atol=1e-4)
pd.DataFrame(knob, columns=["reg_lambda", "Gain of the root", "left leaf", "right leaf"]).round(3)

# %% [markdown]
# **What to notice.** The gain falls too, so with a fixed `gamma` a larger λ also prunes. With λ = 0 the leaves are the mean residuals, and Gain is the reduction of Σ(y − ŷ)² from the best single leaf to the two leaves: 66.833 − 10.5 = 56.333.
#
# **`reg_alpha` (α)** adds α Σ|w| to the objective (L1). For w > 0 the derivative of $Gw+\frac12(H+\lambda)w^2+\alpha|w|$ is $G+\alpha+(H+\lambda)w$, for w < 0 it is $G-\alpha+(H+\lambda)w$. So the bottom is at $-(G+\alpha)/(H+\lambda)$ if $G<-\alpha$, at $-(G-\alpha)/(H+\lambda)$ if $G>\alpha$, and otherwise in the corner w = 0. In one line:
#
# $$w=-\frac{\operatorname{sign}(G)\,\max(|G|-\alpha,\,0)}{H+\lambda}:$$
#
# |G| is reduced by α, and a leaf with |G| ≤ α gets the weight 0. Check with α = 2 against the library and against a numeric minimum:

# %%
alpha = dump(XGBRegressor(**{**PLAIN, "max_depth": 1, "reg_alpha": 2}).fit(x[:, None], y))
found = [minimize_scalar(lambda w, part=part: leaf_objective(w, g[part], h[part], 1) + 2 * abs(w)).x
         for part in (low, ~low)]
print("library:", alpha["Gain"].round(4).tolist(), "  numeric minimum:", np.round(found, 4))

# %%
assert np.allclose(alpha["Gain"], [6**2 / 5 + 7**2 / 3 - 0, -6 / 5, 7 / 3], atol=1e-5)
assert np.allclose(found, [-6 / 5, 7 / 3], atol=1e-5)

# %% [markdown]
# **What to notice.** G = 8 and −9 become 6 and −7, also inside the gain; the root's |G| = 1 becomes 0.
#
# **`base_score`** is where the margins start. It changes g, and with it the first tree. If you do not set it, XGBoost estimates it from y (since version 2.0; for squared loss it is the mean of y). `intercept_` shows it.

# %%
free = XGBRegressor(**{**PLAIN, "base_score": None}).fit(x[:, None], y)
print("estimated base_score:", free.intercept_.round(4), "  mean of y:", y.mean().round(4))
print("leaves with 5:", tree0["Gain"][2:].tolist())
print("leaves without:", dump(free)["Gain"][2:].tolist())

# %%
assert np.isclose(free.intercept_[0], y.mean(), atol=1e-5)
assert not np.allclose(dump(free)["Gain"][2:], tree0["Gain"][2:], atol=0.05)

# %% [markdown]
# **What to notice.** Other leaves, from the same data. Fix `base_score` whenever you compare with a calculation.

# %% [markdown]
# ## Prune from below, or do not grow at all
#
# A sentence that you often read: "XGBoost grows the tree to `max_depth` and then prunes it from below (后剪枝), so a bad split survives if a good one stands under it." Test that on the data of the perceptron's defeat, XOR (异或): no first split helps much, but the second ones do.

# %%
X_xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
y_xor = np.array([-4.0, 3, 2, -2])
ZERO = {**PLAIN, "base_score": 0}
dump(XGBRegressor(**ZERO).fit(X_xor, y_xor))

# %% [markdown]
# The root gains 1.467 only, its children 8.667 and 6.167. Now ask for `gamma=7`: the root is far below it.

# %%
dump(XGBRegressor(**ZERO, gamma=7).fit(X_xor, y_xor))

# %%
full, pruned = (dump(XGBRegressor(**ZERO, gamma=c).fit(X_xor, y_xor)) for c in (0, 7))
assert np.allclose(full["Gain"][:3], [1.466667, 8.666667, 6.166667], atol=1e-5)
assert len(full) == 7
assert len(pruned) == 5
assert pruned["Gain"][0] < 7 < pruned["Gain"][1]

# %% [markdown]
# **What to notice.** The split with 6.167 is gone, the root with 1.467 stays: it carries a child with 8.667. So the sentence is true. For `tree_method="exact"`! The default since version 2.0 is `"hist"`. Count the nodes for both:

# %%
steps = np.sort([*np.arange(0, 10.5, 0.5), 1.47, 6.17, 8.67])
count = {m: [nodes(X_xor, y_xor, base_score=0, tree_method=m, gamma=c) for c in steps]
         for m in ("exact", "hist")}
at = dict(zip(steps, zip(count["exact"], count["hist"])))
assert at[1.0] == (7, 7)
assert at[1.47] == at[6.0] == (7, 1)
assert at[6.17] == at[8.5] == (5, 1)
assert at[8.67] == (1, 1)

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.5))
ax.step(steps, count["exact"], where="post", color=plot.BLUE, label='tree_method="exact"')
ax.step(steps, count["hist"], "--", where="post", color=plot.RED, label='"hist" (default)')
ax.set(xlabel="gamma", ylabel="nodes of the tree", yticks=(1, 3, 5, 7),
       title="On XOR, hist gives up as soon as gamma exceeds the root's gain")
ax.legend(loc=(0.25, 0.3))
plt.show()

# %% [markdown]
# **Figure in words.** The solid line of "exact" stays at 7 nodes until gamma is about 6.2, at 5 until about 8.7, then it is 1. The dashed line of "hist" falls from 7 to 1 already at about 1.5.
#
# **What to notice.** "hist" compares with `gamma` while it grows: a split below the price is not made, so nothing can grow under it. (Measured with versions 2.1 and 3.2.) In an interview, say which one you mean.

# %% [markdown]
# ## Compare hist with exact thresholds
#
# "exact" tries the midpoint between any two neighbouring values. "hist" sorts each feature into at most `max_bin` = 256 bins once, and then adds up g and h by bin: that is why it is fast. HistGradientBoosting does the same. On the bean plant each value is its own bin. What differs?

# %%
hist = XGBRegressor(**{**PLAIN, "tree_method": "hist"}).fit(x[:, None], y)
print("Split, exact:", tree0["Split"].dropna().tolist(), "  hist:",
      dump(hist)["Split"].dropna().tolist())
new_week = np.array([[4.7]])
print("prediction at 4.7: exact", bean.predict(new_week).round(3), " hist",
      hist.predict(new_week).round(3))

# %%
assert np.allclose(dump(hist)["Gain"], tree0["Gain"], atol=1e-5)
assert dump(hist)["Split"].dropna().tolist() == [5, 3]
assert bean.predict(new_week)[0] > 7 > 5 > hist.predict(new_week)[0]

# %% [markdown]
# **What to notice.** The same groups, gains and leaves. But hist writes the next data value, 5, where exact writes the midpoint 4.5. On the training rows nothing changes; a new value between 4.5 and 5 goes to the other side.

# %% [markdown]
# ## Learn where missing values go
#
# For two plants the week is missing (缺失值): NaN. They are 8.5 and 9.5 cm high. XGBoost does not fill anything in. For each threshold it puts all rows with NaN once to the left and once to the right, and keeps what gains more. By hand, with heights 1, 2, 8, 9 for weeks 1 to 4 and margin 5:

# %%
x_gap = np.array([1, 2, 3, 4, np.nan, np.nan])
y_gap = np.array([1, 2, 8, 9, 8.5, 9.5])
g_gap = 5 - y_gap
lost = np.isnan(x_gap)
cuts = [1.5, 2.5, 3.5, np.inf]                     # inf: all known weeks against the missing ones
choices = pd.DataFrame(
    {"NaN left": [xgb_split_gain(g_gap, h, (x_gap < c) | lost, 1) for c in cuts],
     "NaN right": [xgb_split_gain(g_gap, h, x_gap < c, 1) for c in cuts]}, index=cuts)
choices.round(3)

# %% [markdown]
# (A comparison with NaN is always False, so `x_gap < c` sends NaN to the right.) The best of all: 2.5 with NaN to the right. What does the library say? The column `Missing` of the full dump names the node that NaN goes to.

# %%
gap = XGBRegressor(**{**PLAIN, "max_depth": 1}).fit(x_gap[:, None], y_gap)
full_dump = gap.get_booster().trees_to_dataframe()
print(full_dump.loc[0, ["Split", "Yes", "No", "Missing", "Gain"]].to_dict())
print("prediction for NaN:", gap.predict([[np.nan]]))

# %%
assert choices.max().idxmax() == "NaN right"
assert choices["NaN right"].idxmax() == 2.5
assert np.isclose(full_dump["Gain"][0], choices.loc[2.5, "NaN right"], rtol=1e-6)
assert full_dump["Missing"][0] == full_dump["No"][0]
assert np.isclose(gap.predict([[np.nan]])[0], 8)

# %% [markdown]
# **What to notice.** The two plants without a date are high, so NaN goes to the high group. With heights 1.5 and 0.5 it would go left (try it). This is the *default direction* of the paper. It is learned from missing values in the training data. And if there were none?

# %%
known = ~lost
for method in ("exact", "hist"):
    m = XGBRegressor(**{**PLAIN, "max_depth": 1, "tree_method": method})
    m.fit(x_gap[known][:, None], y_gap[known])
    print(f"{method:<5} prediction for NaN: {m.predict([[np.nan]])[0]:.3f}")

# %% [markdown]
# **What to notice.** Then nothing was learned, and the two methods answer differently: an arbitrary choice of the program. If NaN can occur in use, it must occur in training.

# %%
a, b = (XGBRegressor(**{**PLAIN, "max_depth": 1, "tree_method": method})
        .fit(x_gap[known][:, None], y_gap[known]).predict([[np.nan]])[0]
        for method in ("exact", "hist"))
assert abs(a - b) > 3
low_gap = XGBRegressor(**{**PLAIN, "max_depth": 1})
low_gap.fit(x_gap[:, None], np.array([1, 2, 8, 9, 1.5, 0.5]))
assert low_gap.get_booster().trees_to_dataframe()["Missing"][0] == "0-1"

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out.** `XGBClassifier` and `XGBRegressor` speak scikit-learn's language.
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D), numbers; array, sparse matrix or DataFrame | stored as float32; NaN = missing; infinity is an error; text must be made numbers, or dtype "category" with `enable_categorical=True` |
# | in | `y` | (N,) | classes must be 0, 1, …, C − 1; a missing y is an error |
# | in | `fit(…, sample_weight, base_margin, eval_set)` | (N,), (N,), list of (X, y) | a factor on g and h; start margins; data to watch |
# | out | `predict(X)` | (N,) | value, or class |
# | out | `predict_proba(X)` | (N, C) | classifier only |
# | out | `predict(X, output_margin=True)` | (N,); (N, C) for C > 2 | margin, before the sigmoid or softmax |
# | out | `apply(X)` | (N, trees) | the node of the leaf in each tree |
# | out | `get_booster()` | object | the trees: `trees_to_dataframe()`, `get_score(importance_type=…)` |
# | out | `evals_result()`, `best_iteration`, `best_score` | dict, int, float | with `eval_set`; with early stopping |
# | out | `feature_importances_`, `intercept_`, `classes_` | (D,), (1,) or (C,), (C,) | see Traps; base score; sorted labels |
#
# With C > 2 classes each round grows C trees, one for each class. Handwritten digits, five rounds:

# %%
digits = load_digits()
five = XGBClassifier(n_estimators=5, n_jobs=1).fit(digits.data[:1200], digits.target[:1200])
shapes = {"predict": five.predict(digits.data[:7]).shape,
          "predict_proba": five.predict_proba(digits.data[:7]).shape,
          "margin": five.predict(digits.data[:7], output_margin=True).shape,
          "apply": five.apply(digits.data[:7]).shape}
print(shapes, " trees:", five.get_booster().trees_to_dataframe()["Tree"].nunique())

# %%
assert shapes == {"predict": (7,), "predict_proba": (7, 10), "margin": (7, 10), "apply": (7, 50)}
bc = load_breast_cancer()
bad = {"y = 1, 2": (bc.data, bc.target + 1), "infinity": (np.where(bc.data > 4000, np.inf, bc.data),
                                                         bc.target),
       "text": (pd.DataFrame({"c": ["red", "blue"] * 50}), np.arange(100) % 2)}
for name, (X_bad, y_bad) in bad.items():
    try:
        XGBClassifier(n_estimators=1, n_jobs=1).fit(X_bad, y_bad)
    except ValueError as error:                    # XGBoostError is a ValueError too
        print(f"{name}: {type(error).__name__}")
    else:
        raise AssertionError("no error")

# %% [markdown]
# **What you can turn.** `get_params()` shows None for what you did not set. The values in use stand in the booster's configuration:

# %%
config = json.loads(XGBRegressor(n_estimators=1).fit(x[:, None], y).get_booster().save_config())
used = config["learner"]["gradient_booster"]["tree_train_param"]
wanted = ("learning_rate", "max_depth", "gamma", "min_child_weight", "reg_lambda", "reg_alpha",
          "subsample", "colsample_bytree", "max_bin", "max_leaves")
print({name: round(float(used[name]), 3) for name in wanted})

# %%
assert [round(float(used[name]), 3) for name in wanted] == [0.3, 6, 0, 1, 1, 0, 1, 1, 256, 0]

# %% [markdown]
# | parameter | default | effect |
# |---|---|---|
# | `n_estimators` | 100 | rounds |
# | `learning_rate` (`eta`) | 0.3 | factor on every leaf; smaller needs more rounds |
# | `max_depth` | 6 | largest number of splits from the root to a leaf; 0: no limit (an error with "exact") |
# | `max_leaves`, `grow_policy` | 0, "depthwise" | limit on leaves ("exact" ignores it); "lossguide" splits the largest gain first |
# | `gamma` (`min_split_loss`) | 0 | "hist": a split needs a printed Gain ≥ gamma; "exact": prunes from below |
# | `min_child_weight` | 1 | each child needs Σh ≥ this |
# | `reg_lambda`, `reg_alpha` | 1, 0 | λ in every denominator; α off every abs(G) |
# | `subsample` | 1 | share of rows, drawn anew for each tree |
# | `colsample_bytree`, `_bylevel`, `_bynode` | 1 | share of features, drawn for each tree, level, node |
# | `tree_method`, `max_bin` | "auto" = "hist", 256 | "exact", "approx", "hist"; number of bins |
# | `objective` | squared error, logistic, softmax | the loss, so g and h |
# | `base_score` | estimated | where the margins start; for "binary:logistic" as a probability |
# | `scale_pos_weight` | 1 | factor on g and h of the rows with y = 1 |
# | `early_stopping_rounds`, `eval_metric` | None | stop when `eval_set` has not improved for so many rounds; what is watched |
# | `missing`, `enable_categorical` | NaN, False | which value counts as missing; category columns as they are |
# | `importance_type` | "gain" for trees | what `feature_importances_` shows |
# | `n_jobs`, `random_state`, `device` | all cores, 0, "cpu" | threads; seed of the draws; "cuda" for a GPU |
#
# ### Trade the learning rate for rounds
#
# 442 diabetes patients, ten features, five folds. `eval_set` measures the error (RMSE, root of the mean squared error) after each round. Three learning rates, 200 rounds.

# %%
diabetes = load_diabetes()
X, target = diabetes.data, diabetes.target
folds = list(KFold(5, shuffle=True, random_state=0).split(X))
curve, spread = {}, []
for rate in (0.03, 0.1, 0.3):
    runs = []
    for a, b in folds:
        m = XGBRegressor(n_estimators=200, learning_rate=rate, max_depth=3, n_jobs=1)
        m.fit(X[a], target[a], eval_set=[(X[a], target[a]), (X[b], target[b])], verbose=False)
        runs.append([m.evals_result()[f"validation_{k}"]["rmse"] for k in (0, 1)])
    curve[rate] = np.mean(runs, axis=0)            # (2, 200): training, test
    best = curve[rate][1].argmin()
    spread.append(np.std([test_rmse[best] for _, test_rmse in runs]))
    print(f"η = {rate}: best after {best + 1} rounds with {curve[rate][1][best]:.1f}, "
          f"after 200 rounds {curve[rate][1][-1]:.1f}")

# %%
best_round = [curve[rate][1].argmin() + 1 for rate in curve]
assert best_round[0] > 1.5 * best_round[1] > 1.5 * 1.5 * best_round[2]
assert max(c[1].min() for c in curve.values()) - min(c[1].min() for c in curve.values()) < 1.5
assert min(spread) > 2.3                           # how far the five folds differ
assert all(c[1][-1] > c[1].min() + 0.2 for c in curve.values())
assert all((np.diff(c[0]) < 0).all() for c in curve.values())

# %%
fig, ax = plt.subplots(figsize=(7.0, 3.9))
for (rate, (train, test)), colour in zip(curve.items(), plot.COLOURS):
    ax.plot(range(1, 201), test, color=colour, label=f"η = {rate}")
    ax.plot(range(1, 201), train, ":", lw=1.2, color=colour)
    ax.plot(test.argmin() + 1, test.min(), "o", color=colour)
ax.set(xlabel="rounds", ylabel="RMSE", xscale="log", ylim=(20, 80),
       title="A smaller step needs more rounds; the lowest points are equally low")
ax.legend(title="solid: test\ndotted: training")
plt.show()

# %% [markdown]
# **Figure in words.** Three solid test curves fall, reach their lowest point, marked with a dot, at about the same height, and rise again. The larger η, the earlier: about 14 rounds for 0.3, 31 for 0.1, 96 for 0.03. The dotted training curves fall all the way.
#
# **What to notice.** The best test errors are equal within 1.5, while the five folds differ by more than 2 (standard deviation). What a small η buys is a broad minimum, which is harder to miss. Halve η, and you need up to about twice the rounds. (The dots are chosen on the test curves, so they are a little too good: trap 5.)

# %% [markdown]
# ### Turn six knobs on real data
#
# Fifty rounds with η = 0.1 and depth 4; one parameter changes at a time. R² is the share of the variance that is explained: 1 is perfect, 0 is as good as predicting the mean.

# %%
KNOBS = {"max_depth": (1, 2, 4, 10), "min_child_weight": (1, 5, 20, 80),
         "gamma": (0, 1e3, 1e4, 1e5), "reg_lambda": (0, 1, 30, 1000),
         "subsample": (0.1, 0.3, 0.6, 1), "colsample_bytree": (0.1, 0.3, 0.6, 1)}
BASE = dict(n_estimators=50, learning_rate=0.1, max_depth=4, n_jobs=1, random_state=0)
effect = {}
for name, values in KNOBS.items():
    for value in values:
        runs = []
        for a, b in folds:
            m = XGBRegressor(**{**BASE, name: value}).fit(X[a], target[a])
            runs.append((m.score(X[a], target[a]), m.score(X[b], target[b])))
        effect[name, value] = np.mean(runs, axis=0)

# %%
def scores(name):
    return np.transpose([effect[name, v] for v in KNOBS[name]])


default_test = effect["max_depth", 4][1]
for name in KNOBS:                                 # the strongest brake stands first or last
    assert abs(scores(name)[0][0] - scores(name)[0][-1]) > 0.15
assert scores("max_depth")[0][3] > 0.98
assert scores("max_depth")[1].argmin() == 3
assert scores("max_depth")[1][1] > scores("max_depth")[1][3] + 0.08
assert scores("colsample_bytree")[1][0] < default_test - 0.05
assert max(v[1] for v in effect.values()) < default_test + 0.06
assert scores("reg_lambda")[1][3] < default_test - 0.05
assert scores("gamma")[1][3] < default_test - 0.03
assert abs(scores("gamma")[1][1] - default_test) < 0.02

# %%
fig, axes = plt.subplots(2, 3, figsize=(8.8, 5.0), sharey=True)
for ax, (name, values) in zip(axes.flat, KNOBS.items()):
    train, test = np.transpose([effect[name, v] for v in values])
    ax.plot(range(4), train, "s--", color=plot.ORANGE, label="training")
    ax.plot(range(4), test, "o-", color=plot.BLUE, label="test")
    ax.set(title=name, ylim=(0, 1.05))
    ax.set_xticks(range(4), [f"{v:g}" for v in values])
axes[0, 1].legend(loc="lower left")
for ax in axes[:, 0]:
    ax.set(ylabel="R²")
fig.suptitle("Brakes lower the training score a lot; the test score gains little", x=0.01,
             ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Six panels with a dashed training curve above a solid test curve. The training curve changes much in every panel; the test curve is flat over a wide range, and falls for deep trees, very large gamma or λ, and very small shares of features.
#
# **What to notice.** With depth 10 the training score is above 0.98 and the test score the worst of its panel: learned by heart. No setting gains more than 0.06 over the start. `gamma` is measured in units of the squared target, so here 1000 does almost nothing; there is no "usual" value. A common order for tuning (not tested here): rounds by early stopping with a fixed η, then `max_depth` and `min_child_weight`, then `subsample` and `colsample_bytree`, then λ and `gamma`, then a smaller η.

# %% [markdown]
# ### Stop early, on data kept for it
#
# `early_stopping_rounds` belongs to the constructor, the data to watch to `fit`. Prediction then uses the trees up to the best round. (The R² of a single split is a matter of luck: do not compare it with the race below, a mean over ten folds.)

# %%
rest, test = train_test_split(np.arange(len(X)), test_size=0.25, random_state=0)
train, watch = train_test_split(rest, test_size=0.25, random_state=0)
stopper = XGBRegressor(n_estimators=1000, learning_rate=0.1, max_depth=3, n_jobs=1,
                       early_stopping_rounds=20)
stopper.fit(X[train], target[train], eval_set=[(X[watch], target[watch])], verbose=False)
print(f"best round {stopper.best_iteration + 1}, grown {stopper.get_booster().num_boosted_rounds()}, "
      f"test R² {stopper.score(X[test], target[test]):.2f}")

# %%
assert stopper.get_booster().num_boosted_rounds() == stopper.best_iteration + 1 + 20
first = stopper.predict(X[test], iteration_range=(0, stopper.best_iteration + 1))
assert np.array_equal(first, stopper.predict(X[test]))

# %% [markdown]
# ## Race it against GradientBoosting and HistGradientBoosting
#
# The same ten folds (five, drawn twice), 50 trees of depth 3, η = 0.1, one thread. `process_time` counts processor time, so waiting for other programs is not counted. Tumours by log loss (lower is better), diabetes by R² (higher is better). One entry more: XGBoost with λ = 0 and without `min_child_weight`, which is as unregularised as GradientBoosting.

# %%
tree = dict(max_depth=3, learning_rate=0.1)
xgb_tree = dict(n_estimators=50, n_jobs=1, **tree)
RACERS = {
    "GradientBoosting": (lambda: GradientBoostingClassifier(n_estimators=50, random_state=0, **tree),
                         lambda: GradientBoostingRegressor(n_estimators=50, random_state=0, **tree)),
    "HistGradientBoosting": (
        lambda: HistGradientBoostingClassifier(max_iter=50, early_stopping=False, **tree),
        lambda: HistGradientBoostingRegressor(max_iter=50, early_stopping=False, **tree)),
    "XGBoost exact": (lambda: XGBClassifier(tree_method="exact", **xgb_tree),
                      lambda: XGBRegressor(tree_method="exact", **xgb_tree)),
    "XGBoost hist": (lambda: XGBClassifier(**xgb_tree), lambda: XGBRegressor(**xgb_tree)),
    "XGBoost hist, no brakes": (
        lambda: XGBClassifier(reg_lambda=0, min_child_weight=0, **xgb_tree),
        lambda: XGBRegressor(reg_lambda=0, min_child_weight=0, **xgb_tree)),
}

# %%
def race(which, data, label, splits, score):
    """→ score (fold, racer), processor seconds of fit (fold, racer)."""
    values, seconds = {}, {}
    for name, makers in RACERS.items():
        for k, (a, b) in enumerate(splits):
            start = time.process_time()
            m = makers[which]().fit(data[a], label[a])
            seconds[k, name] = time.process_time() - start
            values[k, name] = score(m, data[b], label[b])
    return pd.Series(values).unstack()[list(RACERS)], pd.Series(seconds).unstack()[list(RACERS)]


stratified = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
ten = list(RepeatedKFold(n_splits=5, n_repeats=2, random_state=0).split(X))
loss, t_loss = race(0, bc.data, bc.target, list(stratified.split(bc.data, bc.target)),
                    lambda m, X, y: log_loss(y, m.predict_proba(X)))
r2, t_r2 = race(1, X, target, ten, lambda m, X, y: m.score(X, y))

# %%
result = pd.DataFrame({
    "log loss": loss.mean(), "± folds": loss.std(), "R²": r2.mean(), "±  folds": r2.std(),
    "tumours ms": 1000 * t_loss.median(), "diabetes ms": 1000 * t_r2.median()})
result.round({"log loss": 3, "± folds": 3, "R²": 2, "±  folds": 2, "tumours ms": 0, "diabetes ms": 0})

# %%
ours = loss["XGBoost hist"]
assert ours.mean() < loss["GradientBoosting"].mean() - 0.01
assert abs(ours.mean() - loss["HistGradientBoosting"].mean()) < 0.01
assert abs(ours.mean() - loss["XGBoost exact"].mean()) < 0.01
free_of_brakes = loss["XGBoost hist, no brakes"]
assert (free_of_brakes > ours).sum() >= 9
assert (loss["GradientBoosting"] > ours).sum() >= 8
assert (free_of_brakes - ours).mean() > 0.4 * (loss["GradientBoosting"] - ours).mean()
assert r2.mean().max() - r2.mean().min() < 0.012 < 0.08 < r2.std().min()
for seconds in (t_loss.median(), t_r2.median()):
    assert seconds["GradientBoosting"] > 1.7 * seconds["XGBoost hist"]

# %% [markdown]
# **What to notice.**
#
# - **Diabetes: a draw.** The means differ by about 0.01, the folds by more than 0.08. Whoever reports a winner here reports noise.
# - **Tumours: XGBoost has the smaller log loss than GradientBoosting**, on most folds, although the clouds overlap in the figure. But switch off λ *and* `min_child_weight`, and it loses on at least nine of the ten folds against its own default. So a large part of the lead (more than 40 %) is two brakes, and not a mystery. Against HistGradientBoosting the difference is below 0.01.
# - **Time.** GradientBoosting is clearly slower on both. Between the two histogram methods, on such small data, the order depends on the machine: no claim.
#
# And with more rows? Data made by a formula (Friedman's, ten features, with noise), five trees, median of three runs.

# %%
sizes = (1000, 3000, 10_000)
growth = {name: [] for name in RACERS if "brakes" not in name}
for n in sizes:
    X_n, y_n = make_friedman1(n, n_features=10, noise=1, random_state=0)
    for name in growth:
        m = RACERS[name][1]()
        m.set_params(**{"max_iter" if "Hist" in name else "n_estimators": 5})
        runs = []
        for _ in range(3):
            start = time.process_time()
            m.fit(X_n, y_n)
            runs.append(time.process_time() - start)
        growth[name].append(np.median(runs))

# %%
last = {name: seconds[-1] for name, seconds in growth.items()}
assert last["GradientBoosting"] > 5 * last["XGBoost hist"]
assert last["GradientBoosting"] > 5 * last["HistGradientBoosting"]
assert last["GradientBoosting"] > 1.5 * last["XGBoost exact"]
assert growth["GradientBoosting"][2] > 5 * growth["GradientBoosting"][0]

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.7), width_ratios=(1, 1, 1.3))
for ax, values, label in ((axes[0], loss, "log loss on tumours (lower: better)"), (axes[1], r2, "R² on diabetes (higher: better)")):
    for k, name in enumerate(growth):
        ax.plot(np.full(10, k), values[name], "o", ms=4, alpha=0.5, color=plot.COLOURS[k])
        ax.plot(k, values[name].mean(), "_", ms=22, mew=3, color=plot.COLOURS[k])
    ax.set(ylabel=label, xlim=(-0.6, 3.6))
    ax.set_xticks(range(4), ["GB", "HistGB", "exact", "hist"], fontsize=9)
for name, marker, colour in zip(growth, "so^D", plot.COLOURS):
    axes[2].loglog(sizes, 1000 * np.array(growth[name]), marker + "-", color=colour, label=name)
axes[2].minorticks_off()
axes[2].set(xlabel="rows", ylabel="milliseconds for 5 trees")
axes[2].set_xticks(sizes, sizes)
axes[2].set_yticks([10, 20, 50, 100, 200, 500], [10, 20, 50, 100, 200, 500])
axes[2].legend(fontsize=8)
fig.suptitle("The scores overlap; with many rows GradientBoosting is far slower", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left and middle, ten dots (folds) and a bar (mean) for each model: the clouds overlap. Right, time against rows on logarithmic axes: GradientBoosting rises most and ends highest, above exact XGBoost and far above the two histogram methods.
#
# **Where it helps.** With thousands of rows use a histogram method. HistGradientBoosting needs no extra package; XGBoost has more knobs, more losses, a GPU version, and is common in competitions. XGBoost "exact" sorts each feature once; GradientBoosting sorts again in every node.

# %% [markdown]
# ## Traps
#
# ### Trap 1: min_child_weight swallows small data
#
# The six students of the logistic regression lesson: hours 1 to 6, passed 0 0 1 0 1 1. A hundred trees of `XGBClassifier`:

# %%
hours, passed = np.arange(1.0, 7.0), np.array([0, 0, 1, 0, 1, 1])
silent = XGBClassifier(n_jobs=1).fit(hours[:, None], passed)
trees = silent.get_booster().trees_to_dataframe()
print("P(pass):", silent.predict_proba(hours[:, None])[:, 1])
print("splits in 100 trees:", (trees["Feature"] != "Leaf").sum())
right = XGBClassifier(n_jobs=1, min_child_weight=0).fit(hours[:, None], passed)
print("min_child_weight=0:", right.predict_proba(hours[:, None])[:, 1].round(2))

# %%
assert (trees["Feature"] == "Leaf").all()
assert np.allclose(silent.predict_proba(hours[:, None])[:, 1], 0.5)
assert right.score(hours[:, None], passed) > 0.8
assert nodes(x[:, None], y, min_child_weight=1) == 5

# %% [markdown]
# **What to notice.** Six rows have Σh = 1.5, so no split leaves 1 on both sides. A hundred empty trees, no warning. For the regressor the same 1 does nothing, because there h = 1 and every child has a row. **Right:** a smaller `min_child_weight` when the data are small or one class is rare.
#
# ### Trap 2: a test example with a tie
#
# The same students, one split. Which threshold?

# %%
ONE = {**HALF, "max_depth": 1}
for method, tied in (("exact", (2.5, 4.5)), ("hist", (3, 5))):
    t = dump(XGBClassifier(**{**ONE, "tree_method": method}).fit(hours[:, None], passed))
    assert t["Split"][0] in tied
    print(f"{method:<5} Split {t['Split'][0]}  Gain {t['Gain'][0]}")
tie = all_brackets(hours, 0.5 - passed, np.full(6, 0.25))
print("brackets:", tie.round(4).to_dict())

# %%
assert np.isclose(tie[2.5], tie[4.5])
assert np.isclose(tie.max(), tie[2.5])

# %% [markdown]
# **What to notice.** Read backwards with 0 and 1 exchanged, y is the same, so 2.5 and 4.5 have the same bracket. Which of them is taken is an accident of the program (hist's 3.0 is the cut between 2 and 3), and neither is wrong. **Right:** compare gains, not trees, or choose data without ties.
#
# ### Trap 3: the columns in another order
#
# Train on a DataFrame, predict on the same columns in reverse order. Then the same as a plain array.

# %%
table_X = pd.DataFrame(bc.data, columns=bc.feature_names)
named = XGBClassifier(n_estimators=10, n_jobs=1).fit(table_X, bc.target)
reverse = table_X[table_X.columns[::-1]]
for name, frame in (("reversed", reverse), ("renamed ", table_X.rename(columns=str.upper))):
    try:
        named.predict(frame)
    except ValueError as error:
        print(f"{name}:  ValueError:", str(error)[:22])
    else:
        raise AssertionError("no error")
print(f"array:     accuracy {named.score(reverse.to_numpy(), bc.target):.2f}")
print(f"repaired:  accuracy {named.score(reverse[named.feature_names_in_], bc.target):.2f}")

# %%
assert named.score(reverse.to_numpy(), bc.target) < 0.8
assert named.score(reverse[named.feature_names_in_], bc.target) > 0.98

# %% [markdown]
# **What to notice.** With names XGBoost checks order and spelling; an array has no names, and the answer is nonsense without an error. **Right:** keep DataFrames, and select `[feature_names_in_]`.
#
# ### Trap 4: a zero is not always a zero
#
# Almost half of the pixels of the digits are 0. Predict the same test digits once as an array and once as a sparse matrix (稀疏矩阵), which does not store zeros.

# %%
test_digits, test_labels = digits.data[1200:], digits.target[1200:]
as_array, as_sparse = five.score(test_digits, test_labels), five.score(csr_matrix(test_digits),
                                                                      test_labels)
both = XGBClassifier(n_estimators=5, n_jobs=1).fit(csr_matrix(digits.data[:1200]),
                                                   digits.target[:1200])
print(f"trained on an array: array {as_array:.2f}, sparse {as_sparse:.2f}")
print(f"trained on sparse:   sparse {both.score(csr_matrix(test_digits), test_labels):.2f}")

# %%
assert as_array > 0.8
assert as_sparse < 0.3
assert both.score(csr_matrix(test_digits), test_labels) > 0.8

# %% [markdown]
# **What to notice.** For XGBoost an entry that is not stored is missing, and goes the default direction. **Right:** the same kind of matrix in training and in use.
#
# ### Trap 5: early stopping on the test set
#
# Twenty splits of the diabetes data. Once the number of rounds is chosen on the test set itself, once on a part of the training set. Both are scored on the same test set.

# %%
lucky, honest = [], []
for s in range(20):
    A, B = train_test_split(np.arange(len(X)), test_size=0.25, random_state=s)
    A, V = train_test_split(A, test_size=0.25, random_state=s)
    m = XGBRegressor(n_estimators=100, learning_rate=0.1, max_depth=3, n_jobs=1)
    m.fit(X[A], target[A], eval_set=[(X[V], target[V]), (X[B], target[B])], verbose=False)
    on_watch, on_test = (np.array(m.evals_result()[f"validation_{k}"]["rmse"]) for k in (0, 1))
    variance = target[B].var()
    lucky.append(1 - on_test.min() ** 2 / variance)
    honest.append(1 - on_test[on_watch.argmin()] ** 2 / variance)
print(f"R² reported: chosen on the test set {np.mean(lucky):.3f}, on held-back data "
      f"{np.mean(honest):.3f}")

# %%
assert 0.012 < np.mean(lucky) - np.mean(honest) < 0.05

# %% [markdown]
# **What to notice.** The same trees, and about 0.02 more in the report: the luck of the test set has been picked up. That is more than the whole range of the race on these data. **Right:** three parts: to train, to stop, to report.
#
# ### Trap 6: importances that disagree
#
# Add a column of pure noise to the diabetes data and ask four measures. "weight" counts the splits on a feature, "gain" is the mean Gain of these splits, "cover" their mean Cover. The fourth, permutation importance (置换重要性), shuffles one column of the test data and measures how much R² falls. Means over four splits, each measure as a share of its sum.

# %%
names = [*diabetes.feature_names, "noise"]
shares = []
for s in range(4):
    X_noise = np.c_[X, np.random.default_rng(s).normal(size=len(X))]
    A, B = train_test_split(np.arange(len(X)), test_size=0.3, random_state=s)
    m = XGBRegressor(n_estimators=100, learning_rate=0.1, max_depth=3, n_jobs=1)
    m.fit(X_noise[A], target[A])
    kinds = {kind: [m.get_booster().get_score(importance_type=kind).get(f"f{j}", 0)
                    for j in range(11)] for kind in ("weight", "gain", "cover")}
    fall = permutation_importance(m, X_noise[B], target[B], n_repeats=10, random_state=0)
    kinds["permutation"] = fall.importances_mean
    frame = pd.DataFrame(kinds, index=names)
    shares.append(frame / frame.sum())
share = sum(shares) / 4

# %%
ranks = share.rank(ascending=False).loc["noise"]
print("place of noise among 11:", ranks.astype(int).to_dict())
assert share.loc["noise", "weight"] > 0.08
assert share.loc["noise", "gain"] < 0.05
assert abs(share.loc["noise", "permutation"]) < 0.03
assert share["weight"].idxmax() != share["gain"].idxmax()

# %%
fig, axes = plt.subplots(1, 4, figsize=(8.8, 3.6), sharey=True)
for ax, kind in zip(axes, share):
    ax.barh(names, share[kind], color=[plot.RED if n == "noise" else plot.BLUE for n in names])
    ax.set(xlabel="share", title=kind)
    ax.invert_yaxis()
axes[0].invert_yaxis()
fig.suptitle("For weight, noise is an ordinary feature; for permutation it is nothing", x=0.01,
             ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Four groups of eleven bars. The red bar of the noise is among the longer ones for weight, of average length for cover, among the shortest for gain and almost nothing for permutation.
#
# **What to notice.** Noise has another value in every row, so some threshold always gains a little by luck, and it is split often. Gain, weight and cover look at the training data only. `feature_importances_` shows gain. **Right:** say which measure you show, and check with permutation on data that the model has not seen.
#
# ### Trap 7: a misspelled parameter
#
# `gama` instead of `gamma`:

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    XGBRegressor(n_estimators=1, gama=50).fit(x[:, None], y)
message = str(caught[0].message)
print("fitted, with a warning:", message[message.index("Parameters"):].strip())

# %%
assert len(caught) == 1
assert "gama" in message

# %% [markdown]
# **Right:** do not silence warnings (`verbosity=0`) before you have read them once.

# %% [markdown]
# ## Beyond the roadmap
#
# ### Rebuild 例8.2 with XGBoost
#
# With λ = 0, η = 1 and stumps, XGBoost is the boosting tree of section 8.4, and Gain is the reduction of the squared error: 19.1142 − 1.9300 = 17.1842 in the first round. (The book rounds after each round, so its last digits differ: −0.52, 0.79, 0.47.)

# %%
y82 = np.array([5.56, 5.70, 5.91, 6.40, 6.80, 7.05, 8.90, 8.70, 9.00, 9.05])
x82 = np.arange(1.0, 11)[:, None]
six = XGBRegressor(**{**PLAIN, "n_estimators": 6, "max_depth": 1, "reg_lambda": 0, "base_score": 0})
six.fit(x82, y82)
gb6 = GradientBoostingRegressor(n_estimators=6, learning_rate=1, max_depth=1).fit(x82, y82)
trees82 = [dump(six, tree=k) for k in range(6)]
pd.DataFrame({"s": [t["Split"][0] for t in trees82], "c1": [t["Gain"][1] for t in trees82],
              "c2": [t["Gain"][2] for t in trees82], "Gain": [t["Gain"][0] for t in trees82]},
             index=[f"T{k}" for k in range(1, 7)]).round(4)

# %%
sse = [((y82 - six.predict(x82, iteration_range=(0, k))) ** 2).sum() for k in range(1, 7)]
assert [t["Split"][0] for t in trees82] == [6.5, 3.5, 6.5, 4.5, 6.5, 2.5]
assert np.allclose(sse, [1.930008, 0.800675, 0.478008, 0.305559, 0.228915, 0.172178], atol=1e-4)
assert np.allclose([t["Gain"][0] for t in trees82[1:]], -np.diff(sse), atol=1e-4)
assert np.isclose(trees82[0]["Gain"][0], 17.1842, atol=1e-4)
assert np.allclose(six.predict(x82), gb6.predict(x82), atol=1e-4)

# %% [markdown]
# ### Ask for the base score of a classifier
#
# Ten rows, three of them positive. Version 3.2 takes the mean, 0.3. Version 2.1 takes one Newton step from p = ½: a leaf weight with λ = 0 for all rows, −G/H = −2/2.5 = −0.8, and σ(−0.8) = 0.310.

# %%
y_three = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
base = XGBClassifier(n_estimators=1).fit(np.arange(10.0)[:, None], y_three).intercept_[0]
newton = xgb_leaf_weight(0.5 - y_three, np.full(10, 0.25), 0)
print(f"this version: {base:.4f}   mean {y_three.mean():.4f}   "
      f"Newton step {1 / (1 + np.exp(-newton)):.4f}")

# %%
assert min(abs(base - y_three.mean()), abs(base - 1 / (1 + np.exp(-newton)))) < 1e-5
version = tuple(map(int, xgboost.__version__.split(".")[:2]))
if version == (2, 1):
    assert np.isclose(base, 0.3100, atol=5e-5)
if version >= (3, 2):
    assert np.isclose(base, 0.3, atol=1e-5)

# %% [markdown]
# ### Weigh the positive rows
#
# `scale_pos_weight=5` multiplies g and h of the positive rows by 5. It is the same as a sample weight (with "exact"; "hist" also chooses its bins by the weights).

# %%
as_scale = XGBClassifier(n_estimators=10, scale_pos_weight=5, base_score=0.5, tree_method="exact",
                         n_jobs=1).fit(bc.data, bc.target)
as_weight = XGBClassifier(n_estimators=10, base_score=0.5, tree_method="exact", n_jobs=1)
as_weight.fit(bc.data, bc.target, sample_weight=np.where(bc.target == 1, 5, 1))
gap_p = np.abs(as_scale.predict_proba(bc.data) - as_weight.predict_proba(bc.data)).max()
print(f"largest difference of the probabilities: {gap_p:.6f}")
assert gap_p < 1e-5

# %% [markdown]
# ### Meet a leaf that is not −G/(H + λ)
#
# If `min_child_weight` exceeds the Σh of *all* rows, the single leaf that remains gets the weight 0.

# %%
for least in (1.5, 1.6):
    t = dump(XGBClassifier(**{**ONE, "gamma": 99, "min_child_weight": least})
             .fit(hours[:, None], np.array([1, 0, 0, 0, 0, 0])))
    print(f"min_child_weight {least}: Σh = {t['Cover'][0]}, leaf {t['Gain'][0]}")

# %%
assert t["Gain"][0] == 0

# %% [markdown]
# ## Check yourself
#
# **1.** A node has three rows with g = 2, −1, 3 and h = 1. λ = 1. What is the weight of its leaf? What is the bracket of the split {first two | third}? Answer, then run.
#
# <details><summary>Answer</summary>
#
# G = 4, H = 3: w = −4/4 = −1. The bracket is 1²/3 + 3²/2 − 4²/4 = 0.333 + 4.5 − 4 = 0.833.
#
# </details>

# %%
g3, h3 = np.array([2.0, -1, 3]), np.ones(3)
answer = xgb_leaf_weight(g3, h3, 1), xgb_split_gain(g3, h3, np.array([True, True, False]), 1)
print(np.round(answer, 3))
assert np.allclose(answer, (-1, 5 / 6))

# %% [markdown]
# **2.** The formula of the paper says that a split pays if ½[…] > γ, with γ = 10. Which `gamma` do you write? Does the bean plant's root split survive it? Answer, then run.
#
# <details><summary>Answer</summary>
#
# `gamma=20`, because the printed bracket is compared. The root's bracket is 39.66 > 20, so it survives; the split with 3.87 does not: three nodes.
#
# </details>

# %%
print("nodes:", nodes(x[:, None], y, gamma=20))
assert nodes(x[:, None], y, gamma=20) == 3

# %% [markdown]
# **3.** You multiply all targets of a regression by 10 (and `base_score` too). Which of these must you change to get the same trees, ten times as high: `reg_lambda`, `gamma`, `min_child_weight`? Answer, then run.
#
# <details><summary>Answer</summary>
#
# g grows by 10, h stays 1. Leaves grow by 10 with the same λ, Σh is the same, but the brackets grow by 100: `gamma` must be multiplied by 100.
#
# </details>

# %%
small = XGBRegressor(**{**PLAIN, "gamma": 5}).fit(x[:, None], y)
large = XGBRegressor(**{**PLAIN, "gamma": 500, "base_score": 50}).fit(x[:, None], 10 * y)
print(large.predict(x[:, None]) / small.predict(x[:, None]))
assert np.allclose(large.predict(x[:, None]), 10 * small.predict(x[:, None]), rtol=1e-5)

# %% [markdown]
# **4.** Why does a logistic leaf with very sure rows need many of them before it may be split?
#
# <details><summary>Answer</summary>
#
# h = p(1 − p) is nearly 0 for sure rows, so Σh grows slowly, and each child needs Σh ≥ `min_child_weight`. There is little left to gain there, and a small H would allow wild weights.
#
# </details>
#
# **5.** What does XGBoost use that plain gradient boosting does not?
#
# <details><summary>Answer</summary>
#
# The second derivative h in the *gain* (scikit-learn's GradientBoosting uses it in the leaves of the logistic loss only); λ, α and γ inside the objective; sums over bins, learned default directions for missing values. With the squared loss and λ = γ = 0 the trees of 例8.2 are the same.
#
# </details>
#
# **6.** A colleague says: "gamma prunes from below, so a weak split is kept if a strong one stands under it." What do you answer?
#
# <details><summary>Answer</summary>
#
# True for `tree_method="exact"`. With the default "hist" the split is compared with gamma when it is made, so nothing grows under a weak one: on XOR the tree is a single leaf as soon as gamma exceeds the root's gain.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *XGBoost adds one tree after the other. It replaces the loss by its Taylor polynomial of second order, with g and h for each row, and adds γ for each leaf and ½λw² for each weight. Sorted by leaves the objective is Σ[Gw + ½(H+λ)w²] + γT, so the best weight is −G/(H+λ), the value −½G²/(H+λ), and a split gains ½[G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ)] − γ. The dump prints the bracket as Gain and H as Cover; the parameter gamma is compared with the bracket; min_child_weight bounds H of each child; η multiplies the leaves. For squared loss g is ŷ − y and h is 1, for logistic loss g is p − y and h is p(1 − p). Missing values go where the gain is larger. hist sums over bins and is fast; its scores are close to those of its relatives, and where it was ahead, much of the lead came from the two brakes.*
#
# **Links.** T. Chen and C. Guestrin, "XGBoost: a scalable tree boosting system", 2016 · J. Friedman, "Greedy function approximation: a gradient boosting machine", 2001 · J. Friedman, T. Hastie and R. Tibshirani, "Additive logistic regression", 2000 (Newton steps in boosting) · [XGBoost: parameters](https://xgboost.readthedocs.io/en/stable/parameter.html) · [XGBoost: introduction to boosted trees](https://xgboost.readthedocs.io/en/stable/tutorials/model.html) · 李航《统计学习方法》 section 8.4. Earlier: [boosting trees](ch08_boosting_tree.ipynb), [AdaBoost](ch08_adaboost.ipynb). Next: use it in a competition, [industrial steam](../03_ml_competition/steam_1_explore.ipynb).
