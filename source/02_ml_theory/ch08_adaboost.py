# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 40
#     days: 1
#     needs: ["02_ml_theory/ch05_decision_tree"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 8a AdaBoost (提升方法)
#
# Ask a room of people who are right a little more often than a coin. None of them is of much use alone. But let each new one look hardest at what the others got wrong, and then let them vote. That is boosting (提升), and AdaBoost is its first practical form.
#
# **You will** retrace 例8.1 row by row, see every weight and every vote, get the same numbers out of scikit-learn, watch boosting on real tumours, and then break it with wrong labels.
#
# **After it you can**
#
# - compute one round on paper: error rate, coefficient, new weights;
# - say what `estimator_weights_`, `decision_function` and the other outputs of `AdaBoostClassifier` are in the book's letters;
# - say what each parameter does, and when AdaBoost is the wrong tool;
# - compare SVM, AdaBoost and logistic regression (习题8.2).
#
# **You need** the decision tree and the Gini index (基尼指数) of [chapter 5](ch05_decision_tree.ipynb).
#
# **Where this stands.** Stage 2 of the roadmap, core path, one day. First read sections 8.1 to 8.3 of 李航《统计学习方法》 (1st edition); section 8.4 belongs to [8b](ch08_boosting_tree.ipynb). **Stuck?** Read the posts on AdaBoost in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide](https://scikit-learn.org/stable/modules/ensemble.html#adaboost). The roadmap asks you to retell this algorithm and to use it, not to rebuild it. Error bounds, forward stagewise fitting and 习题8.1 wait in the last part, "Beyond the roadmap".

# %%
import inspect
import warnings
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import dlroadmap
from dlroadmap import plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Ask one question about ten numbers
#
# 例8.1 has ten samples with one feature, x = 0, 1, …, 9. The labels are three times +1, three times −1, three times +1, one −1. You may ask one question, "is x < v?", and you may answer "+1 if yes, −1 if no" or the other way round. How few mistakes can you make?

# %%
x = np.arange(10)
y = np.array([1, 1, 1, -1, -1, -1, 1, 1, 1, -1])
cuts = np.arange(0.5, 9)                             # v = 0.5, 1.5, …, 8.5
left_plus = np.where(x < cuts[:, None], 1, -1)       # (9, 10): one row of answers for each cut
stumps = np.r_[left_plus, -left_plus]                # stacked, (18, 10): both ways round
mistakes = (stumps != y).sum(axis=1)

# %% tags=["nbval-check-output"]
print("cut v:           ", *(f"{v:>3}" for v in cuts), sep=" ")
print("+1 if x < v:     ", *(f"{n:>3}" for n in mistakes[:9]), sep=" ")
print("+1 if x > v:     ", *(f"{n:>3}" for n in mistakes[9:]), sep=" ")

# %%
assert mistakes.min() == 3
assert cuts[np.flatnonzero(mistakes == 3) % 9].tolist() == [2.5, 8.5]

# %% [markdown]
# **What to notice.** Three mistakes of ten is the best, and two questions reach it: v = 2.5 and v = 8.5, both with +1 on the left. A tie (平局); the book takes the first.
#
# Such a tree with one question is a decision stump (决策树桩). It is a weak classifier (弱分类器): better than guessing, but not by much. The labels change sign three times, and one cut can follow one change. So no stump can be right on all ten.
#
# **The idea of boosting.** It is hard to find one strong rule (强分类器), and not so hard to find a weak one. So find many weak ones, each for a *different* part of the trouble, and let them vote. (In the book's words: a weakly learnable, 弱可学习, problem is also strongly learnable, 强可学习. Schapire proved it in 1990.) Two things must be settled: how to make the next one different, and how to count the votes.

# %% [markdown]
# ## Make the mistakes heavier
#
# Give each sample a weight. The weights $D=(w_1,\dots,w_N)$ are positive and sum to 1: a weight distribution (权值分布). At the start all are 1/10. `DecisionTreeClassifier(max_depth=1)` is a stump, and `fit` takes the weights as `sample_weight`.

# %%
X = x.reshape(-1, 1)                                 # scikit-learn wants (N, D): here (10, 1)
D1 = np.full(10, 1 / 10)
stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y, sample_weight=D1)
G1 = stump.predict(X)
e1 = D1[y != G1].sum()                               # the weights of the mistakes
print("cut:", stump.tree_.threshold[0], "  mistakes: x =", x[y != G1], f"  e1 = {e1:.4f}")

# %% [markdown]
# It takes v = 2.5 and misses 6, 7 and 8. The sum of the weights of its mistakes is the error rate (分类误差率) $e_1$ = 0.3.
#
# Now the two formulas of AdaBoost. $\alpha=\frac12\ln\frac{1-e}{e}$ (why this one: after the result) says how much this stump's vote will count. Then each weight is multiplied by $e^{-\alpha}$ where the stump was right (y·G = +1) and by $e^{+\alpha}$ where it was wrong (y·G = −1), and all are divided by their sum Z. Which weights will be larger than 0.1 afterwards?

# %%
alpha1 = np.log((1 - e1) / e1) / 2
grown = D1 * np.exp(-alpha1 * y * G1)
Z1 = grown.sum()
D2 = grown / Z1
print(f"alpha1 = {alpha1:.4f}   Z1 = {Z1:.4f}")
print("D2 =", D2.round(4))

# %%
assert np.allclose(D2, np.where(y == G1, 1 / 14, 1 / 6))
assert np.isclose(alpha1, 0.423649, atol=1e-6)
assert np.isclose(Z1, 0.916515, atol=1e-6)
assert np.isclose(D2[y != G1].sum(), 0.5)

# %% [markdown]
# **What to notice.** The three mistakes now weigh 1/6 each, the seven right answers 1/14 each. And look at the sums: 3/6 and 7/14. The mistakes weigh exactly one half. With these weights the first stump is no better than a coin, so the next one has to be different.
#
# That is also how to do it on paper, without any exponential: *mistakes divide one half among themselves in the old proportions, right answers divide the other half.* In formulas: divide a weight by $2e_1$ if wrong, by $2(1-e_1)$ if right. It works because α is made for it: $e^{\alpha}=\sqrt{(1-e_1)/e_1}$, so the grown mistakes sum to $e_1e^{\alpha}=\sqrt{e_1(1-e_1)}$ and the shrunk rest to $(1-e_1)e^{-\alpha}$, the same number.
#
# Put one round into a function and do three.

# %%
def one_round(D):
    """Weights D (N,) → the stump, its answers (N,), e, alpha, Z and the next weights (N,)."""
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y, sample_weight=D)
    G = stump.predict(X)
    e = D[y != G].sum()
    alpha = np.log((1 - e) / e) / 2
    grown = D * np.exp(-alpha * y * G)
    return stump, G, e, alpha, grown.sum(), grown / grown.sum()


D, rounds = [D1], []
for _ in range(3):
    rounds.append(one_round(D[-1]))
    D.append(rounds[-1][-1])
trees, G, e, alpha, Z, _ = (list(part) for part in zip(*rounds))  # three rounds → six lists

# %% [markdown]
# Before you look at the table, watch where the weight goes. Top row: the weights at the start of each round, red and hatched where that round's stump is wrong. Bottom row: the weighted error of all 18 stumps under these weights. `stumps != y` is a table of mistakes, (18, 10); times the weights it gives 18 error rates.

# %%
fig, axes = plt.subplots(2, 3, figsize=(8.8, 5.2), sharex=True, sharey="row")
for m in range(3):
    top, bottom = axes[:, m]
    wrong = G[m] != y
    top.bar(x[~wrong], D[m][~wrong], color=plot.SKY, label="right")
    top.bar(x[wrong], D[m][wrong], color=plot.RED, hatch="//", edgecolor="white", label="wrong")
    top.axvline(trees[m].tree_.threshold[0], ymax=0.75, color="black", ls="--")
    top.set_title(f"Round {m + 1}: cut at {trees[m].tree_.threshold[0]:g}", fontsize=11)
    errors = (stumps != y) @ D[m]
    bottom.plot(cuts, errors[:9], "o-", color=plot.BLUE, label="+1 if x < v")
    bottom.plot(cuts, errors[9:], "s--", color=plot.ORANGE, label="+1 if x > v")
    bottom.plot(trees[m].tree_.threshold[0], e[m], "*", ms=15, color=plot.RED)
    bottom.set(xlabel="x, cut v", xticks=x)
axes[0, 0].set(ylabel="weight of sample x", ylim=(0, 0.24))
axes[0, 0].legend(ncols=2, loc="upper left", fontsize=9, handlelength=1.2, columnspacing=1)
axes[1, 0].set(ylabel="weighted error", ylim=(0.1, 1.1))
axes[1, 0].legend(loc="upper left", fontsize=9)
fig.suptitle("New weights, new best cut: each stump repairs what the last one missed",
             x=0.01, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Three columns for three rounds. Top: bars for the weights of x = 0 … 9 and a dashed line at the chosen cut, 2.5, then 8.5, then 5.5. The wrong ones, hatched red, are 6 to 8, then 3 to 5, then 0 to 2 and 9; what is red in one panel is tall in the next. Bottom: the error of every cut, both ways round; a star marks the lowest point, which moves from panel to panel.
#
# **What to notice.** In rounds 1 and 2 +1 is on the left (solid curve), in round 3 on the right (dashed curve). In each later panel the star of the panel before has risen to 0.5. In round 1 two points are equally low, 2.5 and 8.5. scikit-learn takes 2.5 for a reason of its own: it minimises the weighted Gini index, not the error, and there 2.5 wins clearly. "Beyond the roadmap" shows where that makes a difference. Here, from round to round, both choose the same.

# %%
for m in range(3):
    errors = (stumps != y) @ D[m]
    assert np.isclose(errors.min(), e[m])            # the Gini stump has the smallest error, too
    if m:
        missed = G[m - 1] != y
        assert np.isclose(D[m][missed].sum(), 0.5)
        assert (G[m][missed] == y[missed]).all()     # the next stump repairs all of them
assert [t.tree_.threshold[0] for t in trees] == [2.5, 8.5, 5.5]
assert [int(g[0]) for g in G] == [1, 1, -1]          # what each stump says on the left

# %% [markdown]
# ## Retrace 例8.1 row by row
#
# The three rounds beside the digits that the book prints (taken from scans of an early printing). Everything is exact here: `Fraction(…).limit_denominator(500)` finds the fraction behind a decimal number. Look for the places where a printed number is not the rounding of the exact one.

# %%
def fraction(number):
    return str(Fraction(float(number)).limit_denominator(500))


table = pd.DataFrame({
    "G_m": ["+1 if x < 2.5", "+1 if x < 8.5", "+1 if x > 5.5"],
    "e exact": [f"{fraction(v)} = {v:.4f}" for v in e], "e printed": ["0.3", "0.2143", "0.1820"],
    "α exact": np.round(alpha, 4), "α printed": ["0.4236", "0.6496", "0.7514"],
    "Z": np.round(Z, 6),
}, index=pd.Index([1, 2, 3], name="m"))
table.T

# %% tags=["nbval-check-output"]
for m in (1, 2, 3):
    print(f"D{m + 1}:", *(fraction(w) for w in D[m]))
print("D3 as decimals:", np.unique(D[2].round(4)), "  D4:", np.unique(D[3].round(3)))

# %%
assert np.allclose(e, [3 / 10, 3 / 14, 2 / 11])
assert np.allclose(alpha, [0.423649, 0.649641, 0.752039], atol=1e-6)
assert np.isclose(alpha[2], np.log(9 / 2) / 2)
assert np.allclose(Z, [0.916515, 0.820652, 0.771389], atol=1e-6)
assert np.allclose(D[2] * 66, [3, 3, 3, 11, 11, 11, 7, 7, 7, 3])
assert np.allclose(D[3] * 216, [27, 27, 27, 22, 22, 22, 14, 14, 14, 27])
assert np.round(alpha[:2], 4).tolist() == [0.4236, 0.6496]   # as printed
assert round(alpha[2], 4) == 0.7520                  # printed: 0.7514

# %% [markdown]
# **What to notice.** Rows 1 and 2 are the book's. In row 3 the book has e = 0.1820 and α = 0.7514, where exact arithmetic gives 2/11 = 0.1818 and 0.7520. Nobody miscalculated: the book goes on with rounded weights, 4 × 0.0455 = 0.1820. (It also prints 0.1060 for 7/66 = 0.1061. The whole chain is in "Beyond the roadmap".) So do not ask a program for 0.7514.
#
# **Try it.** Compute D3 on paper from D2 with the rule of the two halves: G2 is wrong at 3, 4, 5, which weigh 1/14 each. Expect 1/6 for each of them, and for a right answer its old weight divided by 2 · 11/14: 1/22 from 1/14, 7/66 from 1/6.

# %% [markdown]
# ## Add up the votes
#
# Each stump votes +1 or −1, and its vote counts α. The sum is $f_m(x)$, the answer is its sign. How many of the ten does the sum get wrong after each round?

# %% tags=["nbval-check-output"]
f = np.cumsum([a * g for a, g in zip(alpha, G)], axis=0)     # (3, 10): f_1, f_2, f_3
errors_of_vote = (np.sign(f) != y).sum(axis=1)
print("errors of sign f_m:", *errors_of_vote)
assert errors_of_vote.tolist() == [3, 3, 0]

# %% [markdown]
# Why 3, 3, 0? Draw $f_1,f_2,f_3$.

# %%
grid = np.linspace(-0.5, 9.5, 1001).reshape(-1, 1)
votes = np.cumsum([a * t.predict(grid) for a, t in zip(alpha, trees)], axis=0)
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.3), sharey=True)
for m, ax in enumerate(axes):
    ax.plot(grid, votes[m], color="#555555")
    ax.axhline(0, color="black", lw=0.8)
    for label, style in ((1, plot.POSITIVE), (-1, plot.NEGATIVE)):
        ax.scatter(x[y == label], f[m][y == label], zorder=3, edgecolors="black", s=45, **style)
    bad = np.sign(f[m]) != y
    ax.scatter(x[bad], f[m][bad], s=150, facecolors="none", edgecolors=plot.RED, linewidths=2)
    ax.set(xlabel="x", title=f"f{m + 1}: {bad.sum()} mistakes", xticks=range(0, 10, 3))
axes[0].set_ylabel("sum of the votes f(x)")
fig.suptitle("Three cuts together follow all three changes of sign", x=0.01, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Three staircases over x with the ten samples on them, blue circles for y = +1 and orange squares for −1; mistakes are ringed. The first has one step down at 2.5 and three ringed points, 6 to 8. The second has steps down at 2.5 and 8.5 and three ringed points, 3 to 5. The third also steps up at 5.5 and changes sign three times; no point is ringed.

# %%
for piece in ((0, 2), (3, 5), (6, 8), (9, 9)):
    values = f[2][piece[0]:piece[1] + 1]
    assert np.ptp(values) < 1e-12                    # one value on each piece
    print(f"x = {piece[0]}..{piece[1]}:  f3 = {values[0]:+.6f}")

# %%
assert np.allclose(f[2][[0, 3, 6, 9]], [0.321252, -0.526046, 0.978031, -0.321252], atol=1e-6)
assert alpha[1] > alpha[0]
assert max(alpha) < sum(alpha) - max(alpha)          # any two outvote the third
assert [int((g != y).sum()) for g in G] == [3, 3, 4]

# %% [markdown]
# **What to notice.** In the second panel stump 2 outvotes stump 1 wherever they disagree, so the second round does not lower the number of mistakes; it moves them. In the third, any two of the three can outvote the third one. Three rules, each wrong on 30 or 40 percent of the samples, and together no mistake.
#
# **The idea (算法8.1).** With $I(\cdot)=1$ if true and 0 if not, for m = 1, …, M:
#
# 1. fit a basic classifier (基本分类器) $G_m$ to the data with weights $D_m=(w_{m1},\dots,w_{mN})$;
# 2. error rate: $e_m=\sum_i w_{mi}\,I(G_m(x_i)\ne y_i)$;
# 3. coefficient (系数): $\alpha_m=\tfrac12\ln\dfrac{1-e_m}{e_m}$;
# 4. new weights: $w_{m+1,i}=\dfrac{w_{mi}}{Z_m}e^{-\alpha_my_iG_m(x_i)}$, where the normalisation factor (规范化因子) $Z_m$ makes their sum 1.
#
# The result is a weighted majority vote (加权多数表决): $f(x)=\sum_m\alpha_mG_m(x)$ and $G(x)=\operatorname{sign}f(x)$. The sum of the α is not 1.
#
# Put step 4 for m, m − 1, …, 1 into each other: $w_{m+1,i}=\frac1N\prod_k\frac1{Z_k}\;e^{-y_i\sum_k\alpha_kG_k(x_i)}$. So $w_{m+1,i}$ is $e^{-y_if_m(x_i)}$, divided by the sum of these. The weights *are* the mistakes of the vote so far, on an exponential scale. Check that, and see how α depends on e.

# %%
for m in range(3):
    direct = np.exp(-y * f[m])
    assert np.allclose(direct / direct.sum(), D[m + 1])
print("D2, D3 and D4 come straight out of f1, f2 and f3.")

# %%
error = np.linspace(0.005, 0.995, 397)
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.4))
axes[0].plot(error, np.log((1 - error) / error) / 2, color=plot.BLUE)
axes[0].plot(e, alpha, "o", color=plot.RED)
axes[0].axhline(0, color="black", lw=0.8)
axes[0].set(xlabel="error rate e", ylabel="coefficient α", title="A coin gets no vote")
half = error[error <= 0.5]
axes[1].plot(half, 1 / (2 * half), color=plot.RED, label="wrong: × 1 / (2e)")
axes[1].plot(half, 1 / (2 * (1 - half)), color=plot.BLUE, ls="--", label="right: × 1 / (2 − 2e)")
axes[1].set(xlabel="error rate e", ylabel="factor on the weight", yscale="log",
            title="Rare mistakes grow most")
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Left, α falls as e grows: high and steep near e = 0, zero at e = 0.5, negative beyond; three red dots mark the rounds of 例8.1. Right, the factor on the weight of a mistake falls from about 100 near e = 0 to 1 at e = 0.5; the factor for a right answer rises from 0.5 to 1.
#
# **What to notice.** The smaller the error, the louder the vote, and a stump that is always right would get α = ∞. At e = 0.5 the vote is 0 and the weights stay as they are. For e > 0.5 α is negative: its answer is reversed.

# %% [markdown]
# ## Let scikit-learn do the rounds
#
# `AdaBoostClassifier(n_estimators=3)` runs three rounds; its base classifier is a stump unless you give another one. After `fit`: `estimators_` are the fitted stumps, `estimator_errors_` the $e_m$, `estimator_weights_` the votes. Compare with your α.

# %%
model = AdaBoostClassifier(n_estimators=3, random_state=0).fit(X, y)
print("cuts:   ", *(t.tree_.threshold[0] for t in model.estimators_))
print("errors: ", model.estimator_errors_.round(6))
print("weights:", model.estimator_weights_.round(6), "  your α:", np.round(alpha, 6))
print("decision_function:", model.decision_function(X)[[0, 3, 6, 9]].round(4))

# %% [markdown]
# Neither the weights nor the scores are the book's. What are they? Divide and see.

# %%
print("weights / α:", (model.estimator_weights_ / alpha).round(6))
print("score / f3: ", (model.decision_function(X) / f[2]).round(4)[:3], "…")
print("4 / sum(weights):", round(4 / model.estimator_weights_.sum(), 4))

# %%
book_f = model.decision_function(X) * model.estimator_weights_.sum() / 4
assert np.allclose(model.estimator_weights_, 2 * np.array(alpha))
assert np.allclose(model.estimator_weights_, [0.847298, 1.299283, 1.504077], atol=1e-6)
assert np.allclose(model.estimator_errors_, e)
assert np.allclose(book_f, f[2])
assert [t.tree_.threshold[0] for t in model.estimators_] == [2.5, 8.5, 5.5]
assert [int(t.predict([[0]])[0]) for t in model.estimators_] == [1, 1, -1]
wrong_by_round = [int((p != y).sum()) for p in model.staged_predict(X)]
assert wrong_by_round == [3, 3, 0]
print("errors after 1, 2, 3 rounds:", wrong_by_round)

# %% [markdown]
# **What to notice.**
#
# - `estimator_weights_` is $2\alpha_m$: scikit-learn leaves out the ½ in the logarithm. It multiplies the wrong samples by $e^{2\alpha}$ and leaves the right ones alone; after dividing by the sum that is the same $D_{m+1}$.
# - `decision_function` is f, divided by the sum of the α and multiplied by 2, so it always lies between −2 and 2. The book's score is `decision_function(X) * estimator_weights_.sum() / 4`.
# - A common factor changes no sign, so the predictions are the book's.
# - `staged_predict` gives the answers after 1, 2, 3, … rounds without training again. We use it all the time from here on.
#
# Does it stop when there is nothing left to mend? Ask for 50 rounds.

# %%
longer = AdaBoostClassifier(n_estimators=50, random_state=0).fit(X, y)
print(len(longer.estimators_), "stumps; mistakes by round:",
      *[int((p != y).sum()) for p in longer.staged_predict(X)][:8], "…")
print("cuts:", *(t.tree_.threshold[0] for t in longer.estimators_[:9]), "…")

# %%
assert len(longer.estimators_) == 50
assert [t.tree_.threshold[0] for t in longer.estimators_] == ([2.5, 8.5, 5.5] * 17)[:50]
assert all((p == y).all() for p in list(longer.staged_predict(X))[2:])

# %% [markdown]
# **What to notice.** It does not stop at zero training errors. It asks the same three questions again and again, because each of them still errs somewhere. (It stops early only when a base classifier makes no mistake at all, or is no better than guessing. See trap 4.)

# %% [markdown]
# ## Boost on real tumours
#
# The 569 tumours of chapters 2 and 5: 212 malignant (恶性, here +1), 357 benign (良性, −1), 30 features (Breast Cancer Wisconsin Diagnostic, in scikit-learn, from UCI, CC BY 4.0). 398 for training, 171 for testing, six random splits, 100 rounds. Trees need no scaling, so stumps need none.
#
# The function also has room for wrong labels and for a learning rate; both come later. What will the test accuracy (准确率) do after the training errors are gone?

# %%
cancer = load_breast_cancer()
F, t = cancer.data, np.where(cancer.target == 0, 1, -1)
splits = [train_test_split(np.arange(569), test_size=0.3, stratify=t, random_state=s)
          for s in range(6)]


def noisy(rows, share, seed):
    """Labels of these rows with a share of them flipped, and a mask that says which."""
    flip = np.zeros(len(rows), dtype=bool)
    chosen = np.random.default_rng(seed).choice(len(rows), round(share * len(rows)), replace=False)
    flip[chosen] = True
    return np.where(flip, -t[rows], t[rows]), flip


def boosted(share=0.0, rounds=100, lr=1.0):
    """Train on the six splits → six models, training and test accuracy, each (6, rounds)."""
    models, train, test = [], [], []
    for seed, (a, b) in enumerate(splits):
        labels, _ = noisy(a, share, seed)
        m = AdaBoostClassifier(n_estimators=rounds, learning_rate=lr, random_state=0)
        models.append(m.fit(F[a], labels))
        train.append(list(m.staged_score(F[a], labels)))
        test.append(list(m.staged_score(F[b], t[b])))
    return models, np.array(train), np.array(test)


clean_models, clean_train, clean_test = boosted()

# %%
first_perfect = (clean_train == 1).argmax(axis=1) + 1
fig, ax = plt.subplots(figsize=(8, 3.8))
r = np.arange(1, 101)
ax.plot(r, clean_train.T, color=plot.SKY, lw=0.7)
ax.plot(r, clean_test.T, color=plot.ORANGE, lw=0.7, alpha=0.7)
ax.plot(r, clean_train.mean(axis=0), color=plot.BLUE, label="training (mean of 6)")
ax.plot(r, clean_test.mean(axis=0), color=plot.RED, label="test (mean of 6)")
ax.axvspan(first_perfect.min(), first_perfect.max(), color=plot.GREEN, alpha=0.15,
           label="first round without a training error")
ax.set(xlabel="rounds (stumps)", ylabel="accuracy", ylim=(0.83, 1.01),
       title="Training errors are gone by round 29; the mean test accuracy climbs on")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Training accuracy of six splits climbs to 1; each split reaches 1 for the first time within the green band, rounds 13 to 21. Test accuracy jumps; after round 20 single splits lie between 0.9 and 0.99. Its mean rises quickly to about 0.94 and then slowly to about 0.956 at round 100.

# %%
at = [0, 4, 19, 49, 99]
print(pd.DataFrame({"training": clean_train.mean(axis=0)[at], "test": clean_test.mean(axis=0)[at]},
                   index=pd.Index(np.array(at) + 1, name="rounds")).round(3))
print("first round without a training error:", *first_perfect)

# %%
assert (first_perfect.min(), first_perfect.max()) == (13, 21)
assert (clean_train[:, 28:] == 1).all()
mean_test = clean_test.mean(axis=0)
assert abs(mean_test[99] - mean_test[19] - 0.015) < 0.01
assert abs(mean_test[0] - 0.88) < 0.01
assert abs(mean_test[99] - 0.956) < 0.005
assert 0.9 < clean_test[:, 20:].min() < clean_test[:, 20:].max() < 0.99

# %% [markdown]
# The sign of f is right long before f is sure. Divide $y f(x)$ by the sum of the α, and you get the margin (间隔) of the vote: 1 if all stumps agree on the right answer, 0 for a tie, −1 if all agree on the wrong one. Look at the smallest margin among the training tumours, for the six splits, after 20 and after 100 rounds.

# %%
smallest = []
for (a, _), m in zip(splits, clean_models):
    margin = t[a] * np.array(list(m.staged_decision_function(F[a]))) / 2  # y·f / sum of α
    smallest.append((margin[19].min(), margin[99].min()))
smallest = np.array(smallest)
print("smallest margin after 20 rounds:", smallest[:, 0].round(2), " after 100:",
      smallest[:, 1].round(2))
assert (smallest[:, 1] > smallest[:, 0]).all()

# %% [markdown]
# **What to notice.** One stump is right on 88 percent of the test tumours, a hundred on 96. Each split is free of training errors for the first time by round 21, and all six stay free of them from round 29 on. From round 20 to 100 the mean test accuracy still gains about one and a half points. Do not draw conclusions from a single split: single curves jump.
#
# The smallest margin grows after round 20 in all six splits: the vote gets surer of the hardest training tumours. (In the splits whose smallest margin was positive after 20 rounds, nothing was left to correct.) (Schapire, Freund, Bartlett and Lee, 1998, explain rising test curves by growing margins.)

# %% [markdown]
# ## Flip labels: which model suffers most?
#
# So AdaBoost does not overfit? Put it to a harder test. Flip the labels of 10 or 20 percent of the *training* tumours, as careless clerks would. The test labels stay right. Compare with three others, on the same six splits: logistic regression (逻辑斯谛回归) and a support vector machine (支持向量机, SVM), both scaled, and a random forest (随机森林) of 30 full trees. AdaBoost gets the default of 50 rounds. Guess before you run.

# %%
noise = {0.0: (clean_models, clean_train, clean_test), 0.1: boosted(0.1, rounds=50),
         0.2: boosted(0.2)}
others = {"logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
          "SVM": lambda: make_pipeline(StandardScaler(), SVC()),
          "random forest": lambda: RandomForestClassifier(30, random_state=0)}
scores = {"AdaBoost": {share: run[2][:, 49] for share, run in noise.items()}}  # 50 rounds
for name, make in others.items():
    scores[name] = {}
    for share in noise:
        fits = [make().fit(F[a], noisy(a, share, seed)[0]) for seed, (a, _) in enumerate(splits)]
        scores[name][share] = np.array([m.score(F[b], t[b])
                                        for m, (_, b) in zip(fits, splits)])

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9))
for k, (name, by_share) in enumerate(scores.items()):
    values = np.array(list(by_share.values()))       # (3 shares, 6 splits)
    place = np.array([0, 10, 20]) + 0.5 * (k - 1.5)
    colour = (plot.RED, plot.BLUE, plot.GREEN, plot.PURPLE)[k]
    axes[0].plot(place, values.mean(axis=1), "os^D"[k] + "-", color=colour, label=name)
    axes[0].vlines(place, values.min(axis=1), values.max(axis=1), color=colour, lw=1)
axes[0].set(xlabel="training labels flipped (percent)", ylabel="test accuracy",
            xticks=[0, 10, 20], title="AdaBoost falls deepest")
axes[0].legend(loc="lower left", fontsize=9)
for share, style, colour in ((0.0, "-", plot.BLUE), (0.2, "--", plot.RED)):
    axes[1].plot(r, noise[share][2].mean(axis=0), style, color=colour, label=f"{share:.0%} flipped")
axes[1].set(xlabel="rounds", ylim=axes[0].get_ylim(), title="With 20 % flipped, more rounds harm")
axes[1].legend(title="AdaBoost, mean of 6 splits", loc=(0.35, 0.3), fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Left, mean test accuracy (markers) and range over six splits (bars) of four models with 0, 10 and 20 percent flipped labels. All four start between 0.93 and 0.97. At 20 percent AdaBoost is lowest, below 0.9, the others above 0.91. Right, AdaBoost's mean test accuracy by rounds: it rises without noise, and with 20 percent noise it sinks slowly to below 0.88.

# %%
means = pd.DataFrame({n: {f"{s:.0%}": v.mean() for s, v in by.items()} for n, by in scores.items()})
print(means.round(3).to_string())
drop = means.loc["0%"] - means.loc["20%"]
print("drop", drop.round(3).to_dict())
assert means.loc["0%"].between(0.93, 0.97).all()
assert means.loc["20%", "AdaBoost"] < 0.9 < 0.91 < means.loc["20%"].drop("AdaBoost").min()
assert abs(drop["AdaBoost"] - 0.05) < 0.01
assert drop.drop("AdaBoost").max() < 0.03
after100 = clean_test[:, -1].mean() - noise[0.2][2][:, -1].mean()
print(f"drop of AdaBoost after 100 rounds: {after100:.3f}")
print("20 % flipped, after 1, 50, 100 rounds:", noise[0.2][2].mean(axis=0)[[0, 49, 99]].round(3))
assert abs(after100 - 0.08) < 0.01
paired = [scores["AdaBoost"][0.2] < scores[name][0.2] for name in others]
print("AdaBoost is worse in", np.sum(paired), "of 3 × 6 comparisons")
assert np.sum(paired) >= 15
late, early = noise[0.2][2][:, -1].mean(), noise[0.2][2][:, :5].mean()
assert early - late > 0.01
assert late < 0.88
assert noise[0.2][2].mean(axis=0)[[0, 49, 99]].round(3).tolist() == [0.889, 0.894, 0.873]

# %% [markdown]
# **What to notice.** With a fifth of the labels wrong AdaBoost loses about five points after 50 rounds and eight after 100, each of the others less than three. With that much noise boosting hardly helps: one stump has 0.889, fifty have 0.894, a hundred 0.873. More rounds did no harm on the clean tumours; that is no law.
#
# Why? Follow the weights. To most stumps a flipped sample looks like a mistake, and mistakes get more weight. The function computes the weights after each round from $e^{-yf}$, with f computed from `staged_decision_function` as in the section on scikit-learn.

# %%
def weights_by_round(m, rows, labels):
    """(rounds, N): the weights D after each round, each row with sum 1."""
    f = np.array(list(m.staged_decision_function(F[rows])))
    f = f * np.cumsum(m.estimator_weights_)[:, None] / 4
    D = np.exp(-labels * f)
    return D / D.sum(axis=1, keepdims=True)


held, caught, lowest_z = [], [], []                  # share of the weight; of the top places; min y·f
for seed, (a, _) in enumerate(splits):
    labels, flip = noisy(a, 0.2, seed)
    W = weights_by_round(noise[0.2][0][seed], a, labels)
    held.append(W[:, flip].sum(axis=1))
    heaviest = np.argsort(-W[19])[:flip.sum()]       # after 20 rounds
    caught.append(flip[heaviest].mean())
    f20 = list(noise[0.2][0][seed].staged_decision_function(F[a]))[19]
    f20 = f20 * noise[0.2][0][seed].estimator_weights_[:20].sum() / 4
    lowest_z.append((labels * f20).min())
held = np.array(held)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.7))
axes[0].plot(np.arange(101), np.c_[np.full(6, 0.2), held].T, color=plot.RED, lw=0.9)
axes[0].axhline(0.2, color="#666666", ls=":")
axes[0].set(xlabel="rounds", ylabel="share of all weight", ylim=(0, 0.6),
            title="A fifth of the samples, 45 % of the weight")
a, _ = splits[5]
labels, flip = noisy(a, 0.2, 5)
w20 = weights_by_round(noise[0.2][0][5], a, labels)[19] * len(a)
bins = np.geomspace(w20.min(), w20.max(), 25)
axes[1].hist([w20[~flip], w20[flip]], bins=bins, stacked=True, label=["right label", "flipped"],
             color=[plot.SKY, plot.RED])
axes[1].set(xscale="log", xlabel="weight after 20 rounds (start: 1)", ylabel="samples",
            title="The heaviest are mostly flipped ones")
axes[1].set_xticks([0.5, 1, 2, 4], labels=["0.5", "1", "2", "4"])
axes[1].minorticks_off()
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Left, six curves, one a split: the share of the total weight that the flipped samples hold jumps from 0.2 to about 0.4 in the first round and then stays between 0.37 and 0.5. Right, a histogram of the weights in one split after 20 rounds, logarithmic: samples with right labels pile up at the left, flipped ones at the right.

# %%
print("share of the weight on flipped samples after 100 rounds:", held[:, -1].round(2))
print("flipped among the heaviest fifth after 20 rounds:       ", np.round(caught, 2))
print("smallest z = y·f of a training tumour after 20 rounds:  ", np.round(lowest_z, 2))
assert (held[:, 0] > 0.35).all()
assert 0.36 < held.min() < held.max() < 0.51
assert 0.43 < held[:, 4:].mean() < 0.47
assert min(caught) > 0.77
assert -1.4 < min(lowest_z) < max(lowest_z) < -0.75

# %% [markdown]
# **What to notice.** A fifth of the samples takes almost half of the attention, from the first rounds on. The stumps are chosen to please wrong labels.
#
# **Where it helps.** Turn it round: sort the training samples by weight, and look at the top. Here more than three quarters of the heaviest fifth have a wrong label, where chance would give one fifth. Use it as a list of samples to look at again. (This is not special to AdaBoost. The samples that logistic regression, fitted to the same labels, finds worst are at least as good a list:)

# %%
by_logistic = []
for seed, (a, _) in enumerate(splits):
    labels, flip = noisy(a, 0.2, seed)
    m = make_pipeline(StandardScaler(), LogisticRegression()).fit(F[a], labels)
    worst = np.argsort(labels * m.decision_function(F[a]))[:flip.sum()]
    by_logistic.append(flip[worst].mean())
print("flipped among the worst fifth of logistic regression:", np.round(by_logistic, 2))
assert (np.array(by_logistic) > np.array(caught) - 0.02).all()

# %% [markdown]
# ## Compare three losses (习题8.2)
#
# The book asks to compare SVM, AdaBoost and logistic regression. All three give a score f(x) and answer with its sign. They differ in what they charge for a score. Let z = y·f(x): positive is right, and the larger, the surer.

# %%
z = np.linspace(-3, 3, 601)
losses = {"exponential (AdaBoost): exp(−z)": np.exp(-z),
          "hinge (SVM): max(0, 1 − z)": np.maximum(0, 1 - z),
          "logistic: log2(1 + exp(−z))": np.log2(1 + np.exp(-z))}
zero_one = (z <= 0).astype(float)

# %%
fig, ax = plt.subplots(figsize=(7.2, 4))
for (name, value), style, colour in zip(losses.items(), ("-", "--", "-."),
                                        (plot.RED, plot.GREEN, plot.BLUE)):
    ax.plot(z, value, style, color=colour, label=name)
ax.plot(z, zero_one, color="black", lw=1.2, label="0-1 loss: a mistake costs 1")
ax.set(xlabel="z = y·f(x)", ylabel="loss", ylim=(0, 8),
       title="None of the three falls below the 0-1 loss; the exponential explodes")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Loss against z from −3 to 3. The 0-1 loss is a step from 1 to 0 at z = 0. The hinge loss is a straight line that ends in 0 at z = 1. The logistic loss is a smooth curve close to it. The exponential loss leaves the picture at z = −2.1, above all others there.

# %%
for name, value in losses.items():
    print(f"{name:<33} at z = −3: {value[0]:5.1f}   at z = 3: {value[-1]:.2f}")
    assert (value >= zero_one - 1e-12).all()
assert losses["exponential (AdaBoost): exp(−z)"][0] > 20
assert max(losses["hinge (SVM): max(0, 1 − z)"][0], losses["logistic: log2(1 + exp(−z))"][0]) < 4.5

# %% [markdown]
# | | SVM (chapter 7; skip it if you have not read it) | AdaBoost | logistic regression |
# |---|---|---|---|
# | model (模型) | separating hyperplane, with a kernel (核函数) also curved | weighted vote of weak classifiers: an additive model (加法模型) | conditional probability P(Y given X), linear log odds |
# | strategy (策略) | hinge loss (合页损失) + penalty; largest margin | exponential loss (指数损失) | logistic loss = maximum likelihood (极大似然), often + penalty |
# | algorithm (算法) | quadratic programming, SMO | one stump after the other (forward stagewise, 前向分步算法) | gradient descent, Newton, quasi-Newton |
# | what counts | the support vectors (支持向量) | all samples, exponentially by their z | all samples; the pull of a wrong one is bounded |
# | scaling of features | needed | not needed with trees | needed when there is a penalty |
# | probabilities | not by itself | not by itself (trap 5) | yes |
# | wrong labels (measured above) | loses little | loses most | loses little |
#
# **What to notice.** At z = −3, confidently wrong, a sample costs about 20 in AdaBoost and about 4 in the two others. The flipped tumours do not go that far: above, the worst of all training tumours had z between −0.8 and −1.4. But the steeper a loss, the harder a sample pulls. In AdaBoost the pull is the weight, $e^{-z}$: at z = −1 it is 2.7, for a right answer with z = 1 it is 0.4. The two others never pull harder than a straight line.

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out** (M rounds, C classes).
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D), numbers | sparse allowed; NaN or text: `ValueError` |
# | in | `y` | (N,), any labels | two or more classes |
# | in | `sample_weight` | (N,), ≥ 0 | extra argument of `fit`: the start $D_1$, scaled to sum 1 |
# | out | `estimators_` | list, ≤ M | the fitted base classifiers |
# | out | `estimator_weights_` | (M,) | learning_rate · (ln((1−e)/e) + ln(C−1)); for two classes and learning rate 1 that is 2α; zeros after an early stop |
# | out | `estimator_errors_` | (M,) | $e_m$; ones after an early stop |
# | out | `classes_`, `n_classes_` | (C,), number | sorted labels |
# | out | `feature_importances_` | (D,) | mean of the trees' importances, weighted by the votes |
# | out | `decision_function(X)` | (N,); (N, C) for C > 2 | 2f / Σα for two classes |
# | out | `predict(X)`, `score(X, y)` | (N,), number | labels, accuracy |
# | out | `predict_proba(X)` | (N, C) | squeezed, see trap 5 |
# | out | `staged_predict`, `staged_score`, `staged_decision_function` | one item a round | the same after 1, 2, … rounds |
#
# **What you can turn.** Four parameters, and those of the base classifier.
#
# | parameter | default | effect |
# |---|---|---|
# | `estimator` | None: `DecisionTreeClassifier(max_depth=1)` | any classifier whose `fit` takes `sample_weight`; deeper trees are stronger |
# | `n_estimators` | 50 | largest number of rounds M |
# | `learning_rate` | 1.0 | factor on each vote, so the weights change more slowly; a small one needs more rounds |
# | `random_state` | None | passed on to the base classifiers: ties between features; useless for those without randomness |
#
# More than two classes? Then it is SAMME (Zhu, Zou, Rosset and Hastie, 2009): the term ln(C − 1) is added, and a base classifier has to beat 1/C, not 1/2. Check the table.

# %%
wine = load_wine()                                   # 178 wines, 13 features, C = 3
m = AdaBoostClassifier(n_estimators=10, random_state=0).fit(wine.data, wine.target)
print("weights", m.estimator_weights_.shape, " score", m.decision_function(wine.data).shape,
      " proba", m.predict_proba(wine.data).shape, " classes", m.classes_)

# %%
assert np.allclose(m.estimator_weights_, np.log(1 / m.estimator_errors_ - 1) + np.log(3 - 1))
assert m.decision_function(wine.data).shape == (178, 3)
assert np.isclose(m.feature_importances_.sum(), 1)
slow = AdaBoostClassifier(n_estimators=3, learning_rate=0.5, random_state=0).fit(X, y)
assert np.isclose(slow.estimator_weights_[0], 0.5 * 2 * alpha[0])
assert [s.tree_.threshold[0] for s in slow.estimators_] == [2.5, 2.5, 2.5]
by_hand = AdaBoostClassifier(n_estimators=2, random_state=0).fit(X, y, sample_weight=D[1])
assert np.allclose(by_hand.estimator_errors_, e[1:])  # starting at D2 gives rounds 2 and 3
assert np.allclose(AdaBoostClassifier(n_estimators=3).fit(csr_matrix(X), y).estimator_errors_, e)
two = [AdaBoostClassifier(random_state=s).fit(X, y).estimator_errors_ for s in (0, 1)]
assert np.array_equal(*two)                          # one feature, no tie: the seed does nothing

# %%
for bad, what in (([[np.nan], [1], [2], [3]], "NaN"), ([["a"], ["b"], ["c"], ["d"]], "text")):
    try:
        AdaBoostClassifier().fit(bad, [0, 0, 1, 1])
    except ValueError as problem:
        print(f"{what}: {type(problem).__name__}")
    else:
        raise AssertionError("no error")
for base, weights in ((KNeighborsClassifier(), None), (None, -D1)):
    try:
        AdaBoostClassifier(base).fit(X, y, sample_weight=weights)
    except ValueError as problem:
        print("ValueError:", problem)
    else:
        raise AssertionError("no error")

# %% [markdown]
# **Turn `learning_rate`.** In 例8.1 the value 0.5 already changes the whole table: the stump at 2.5 is chosen three times in a row. On the tumours: 1 against 0.1, with clean labels and with 20 percent flipped. What do you expect of the small steps?

# %%
slow_clean = boosted(0.0, rounds=50, lr=0.1)[2]
slow_models, _, slow_noisy = boosted(0.2, rounds=50, lr=0.1)
fast_clean, fast_noisy = clean_test[:, :50], noise[0.2][2][:, :50]

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
for ax, fast, slow, title in (
        (axes[0], fast_clean, slow_clean, "Clean labels: small steps are behind"),
        (axes[1], fast_noisy, slow_noisy, "20 % flipped: small steps win")):
    ax.plot(r[:50], fast.mean(axis=0), color=plot.RED, label="learning_rate 1")
    ax.plot(r[:50], slow.mean(axis=0), "--", color=plot.BLUE, label="learning_rate 0.1")
    ax.set(xlabel="rounds (n_estimators)", title=title)
axes[0].set_ylabel("test accuracy, mean of 6 splits")
axes[0].legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, clean labels: both curves rise; the one with learning rate 1 runs above the one with 0.1. Right, a fifth of the labels flipped: the curve with 0.1 rises to about 0.935 and stays, the curve with 1 stays below 0.9.

# %%
gap_clean = (fast_clean - slow_clean)[:, -1]
gap_noisy = (slow_noisy - fast_noisy)[:, -1]
print(f"after 50 rounds: clean {gap_clean.mean():+.3f} for 1, noisy {gap_noisy.mean():+.3f} for 0.1")
assert 0.005 < gap_clean.mean() < 0.03
assert gap_noisy.mean() > 0.03
assert (gap_noisy > 0).all()
assert (fast_clean.mean(axis=0)[9:] > slow_clean.mean(axis=0)[9:]).all()
assert fast_noisy.mean(axis=0).max() < 0.9
for seed, (a, _) in enumerate(splits):
    labels, flip = noisy(a, 0.2, seed)
    slow_share = weights_by_round(slow_models[seed], a, labels)[49, flip].sum()
    assert slow_share < held[seed, 49] - 0.02
    assert slow_share < 0.42
assert abs(slow_noisy.mean(axis=0)[-1] - 0.935) < 0.01

# %% [markdown]
# **What to notice.** Small steps are slower, and on clean data they have not caught up after 50 rounds. With noisy labels they are the better choice in all six splits. After the same 50 rounds the flipped samples hold less of the weight than with rate 1, again in every split. So `learning_rate` and `n_estimators` belong together; try them together, and look at the curve before you believe in more rounds.
#
# **Turn `estimator`.** Digits now: 1,797 small pictures of 8 × 8 pixels, ten classes (in scikit-learn, from UCI, CC BY 4.0). 500 for training, 800 for testing, two splits. A stump has two leaves, so it can name two of ten digits. Can a vote of such stumps read?

# %%
digits = load_digits()
depth_curves = {}
for depth in (1, 2, 5):
    base = DecisionTreeClassifier(max_depth=depth)
    curves = []
    for s in range(2):
        Pa, Pb, da, db = train_test_split(digits.data, digits.target, train_size=500,
                                          test_size=800, stratify=digits.target, random_state=s)
        m = AdaBoostClassifier(base, n_estimators=50, random_state=0).fit(Pa, da)
        curves.append(list(m.staged_score(Pb, db)))
    depth_curves[depth] = np.array(curves)

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.9))
styles = zip(depth_curves.items(), ("-", "--", "-."), (plot.RED, plot.ORANGE, plot.BLUE))
for (depth, curves), style, colour in styles:
    ax.plot(np.arange(1, 51), curves.mean(axis=0), style, color=colour, label=f"max_depth {depth}")
ax.set(xlabel="rounds", ylabel="test accuracy, mean of 2 splits", ylim=(0, 1),
       title="Ten classes: stumps are slow, deeper trees boost fast")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Three curves over 50 rounds. Depth 5 starts near 0.65 and ends near 0.95. Depth 2 starts near 0.3 and ends near 0.88. Depth 1 stays near 0.2 for some rounds, climbs late and with jumps, and ends near 0.7.

# %%
last = {depth: c[:, -1] for depth, c in depth_curves.items()}
print({depth: (round(float(c[:, 0].mean()), 2), round(float(c[:, -1].mean()), 2))
       for depth, c in depth_curves.items()}, "(after 1 and 50 rounds)")
assert depth_curves[1][:, 0].max() < 0.25
assert 0.6 < last[1].mean() < 0.8 < last[2].mean() < last[5].mean() - 0.03
assert last[5].min() > 0.92

# %% [markdown]
# **What to notice.** One stump reads a fifth of the digits, fifty stumps together about 70 percent, fifty trees of depth 5 about 95. For ten classes the default is too weak; set `estimator=DecisionTreeClassifier(max_depth=…)`.

# %% [markdown]
# ## Traps
#
# For the first three you need AdaBoost as public code writes it: without scikit-learn, with the weighted error itself. `family` holds the answers of all stumps, one row each; here it is `stumps` from the first section. Rounding to 12 digits makes equal errors equal, and `argmin` takes the first of them. `slip` builds in the mistake of trap 2 or 3.

# %%
def boost(family, y, rounds, slip=None):
    """Weighted-error stumps: family (S, N) of ±1. A row for each round, and the last f (N,)."""
    D, f, rows = np.full(len(y), 1 / len(y)), np.zeros(len(y)), []
    for _ in range(rounds):
        errors = (family != y) @ D
        k = int(errors.round(12).argmin())           # the best stump, the first one of equals
        a = np.log((1 - errors[k]) / errors[k]) / 2
        f = f + a * family[k]
        vote = np.sign(f) if slip == "ensemble" else family[k]
        grown = D * np.exp(-a * y * vote)
        total = D.sum() if slip == "old sum" else grown.sum()
        rows.append({"k": k, "e": errors[k], "alpha": a, "Z": grown.sum(), "D": grown / total,
                     "wrong": int((np.sign(f) != y).sum())})
        D = grown / total
    return pd.DataFrame(rows, index=range(1, rounds + 1)), f

# %%
right, f_right = boost(stumps, y, 4)
assert np.allclose(right["alpha"][:3], alpha)
assert all(np.allclose(right["D"][m], D[m]) for m in (1, 2, 3))
assert np.allclose(boost(stumps, y, 3)[1], f[2])
right[["k", "e", "alpha", "Z", "wrong"]].round(4)

# %% [markdown]
# ### Trap 1: the direction of the last cut
#
# A public implementation tries all cuts and keeps the best one. But it keeps the *direction* of whichever cut it tried last. Training uses the right answers, so e and α come out right. What will the predictions of 例8.1 look like? (The words below say on which side of the cut the answer is +1.)

# %%
def stored_stump(D, careful):
    """The cut and direction that such code stores: +1 means "+1 on the left"."""
    best = np.inf
    for v in cuts:
        e_left = D[np.where(x < v, 1, -1) != y].sum()
        direction = 1 if e_left <= 0.5 + 1e-9 else -1
        if min(e_left, 1 - e_left) < best - 1e-9:
            best, cut, kept = min(e_left, 1 - e_left), v, direction
    return cut, (kept if careful else direction)     # the slip: direction is the last one

# %%
results = {}
for careful in (False, True):
    found = [stored_stump(D[m], careful) for m in range(3)]
    score = sum(a * s * np.where(x < v, 1, -1) for a, (v, s) in zip(alpha, found))
    results[careful] = [s for _, s in found], int((np.sign(score) != y).sum())
    words = [f"{v:g} {'left' if s > 0 else 'right'}" for v, s in found]
    print(f"{'careful' if careful else 'careless'}: {words}, mistakes: {results[careful][1]}")

# %%
assert results == {False: ([1, 1, 1], 6), True: ([1, 1, -1], 0)}
reversed_G3 = -G[2]
assert np.isclose(D[2][reversed_G3 != y].sum(), 9 / 11)
assert (reversed_G3[3], G[2][3], y[3]) == (1, -1, -1)
print(f"error rate of the reversed G3: {D[2][reversed_G3 != y].sum():.3f}")

# %% [markdown]
# **What to notice.** Two directions are right by luck, the third is not, and six of ten samples come out wrong. Several public transcriptions of 例8.1 print G3 in this reversed way, "1 for x < 5.5". Its error rate would be 0.818, which no one would choose; and notes that use it call the sample x = 3 misclassified (误分类), because the reversed G3 says +1 there. **Right:** store cut and direction together, and test on 例8.1: +1 on the left, left, right, and no mistake.
#
# ### Trap 2: weights from the vote instead of the stump
#
# Step 4 of the algorithm uses $G_m$. Some code uses sign $f_m$, the vote so far.

# %%
wrong2, _ = boost(stumps, y, 4, slip="ensemble")
for name, run in (("right", right), ("slip", wrong2)):
    print(f"{name:<6} e:", run["e"].round(4).tolist(), " D4:", *np.unique(run["D"][3].round(4)))

# %%
assert np.allclose(wrong2["e"][:3], right["e"][:3])  # three rounds show nothing
assert np.allclose(wrong2["D"][2], right["D"][2])    # nor does D3
assert np.allclose(wrong2["D"][3], D[2])             # but D4 is D3 once more
assert not np.allclose(right["D"][3], D[2])
assert wrong2["k"][4] == wrong2["k"][3]
assert wrong2["wrong"][4] == 4

# %% [markdown]
# **What to notice.** All errors and coefficients of 例8.1 come out right, and D3 too, because sign f1 = G1 and sign f2 = G2 there. Only D4 shows the mistake: f3 has no error, so nothing grows, D4 is D3 once more, the fourth stump is the third again, and four samples become wrong. Test the weights *after* the last round.
#
# ### Trap 3: divide by the old sum
#
# The new weights must be divided by *their* sum $Z_m$. The old sum is 1 in the first round, so dividing by it does nothing.

# %%
wrong3, f_wrong3 = boost(stumps, y, 3, slip="old sum")
for name, run in (("right", right[:3]), ("slip", wrong3)):
    print(f"{name:<6} sum of D:", [round(float(d.sum()), 4) for d in run["D"]],
          " alpha:", run["alpha"].round(4).tolist())

# %%
assert wrong3["wrong"].tolist() == [3, 3, 0]         # the errors look right
assert all(np.isclose(d.sum(), 1) for d in right["D"])
assert not any(np.isclose(d.sum(), 1) for d in wrong3["D"])
assert abs(wrong3["alpha"][2] - 0.7045) < 1e-4
mean_loss = np.exp(-y * f[2]).mean()
print(f"right: product of Z = {np.prod(Z):.6f}, mean of exp(−y f3) = {mean_loss:.6f}")
print(f"slip:  product of Z = {wrong3['Z'].prod():.6f}, mean = {np.exp(-y * f_wrong3).mean():.6f}")
assert np.isclose(np.prod(Z), mean_loss)
assert np.isclose(mean_loss, 0.580193, atol=1e-6)
assert abs(wrong3["Z"].prod() - np.exp(-y * f_wrong3).mean()) > 0.05

# %% [markdown]
# **What to notice.** The training errors are 3, 3, 0 even so; the coefficients are wrong from round 2 on. **Right:** after each round the weights sum to 1, and the product of all Z equals the mean of $e^{-yf}$ (定理8.1 below).
#
# ### Trap 4: a base classifier that is too good or no good
#
# XOR (异或) of chapter 2 with stumps, then wine with trees of depth 3.

# %%
X_xor, y_xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])
try:
    AdaBoostClassifier(random_state=0).fit(X_xor, y_xor)
except ValueError as problem:
    print("XOR: ValueError:", problem)
else:
    raise AssertionError("no error")
deep = AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), random_state=0).fit(X_xor, y_xor)
print(f"depth 2: {len(deep.estimators_)} tree, score {deep.score(X_xor, y_xor)}, "
      f"weights {deep.estimator_weights_[:3]} … {deep.estimator_weights_.shape}")

# %%
assert len(deep.estimators_) == 1
assert deep.estimator_weights_.tolist() == [1.0] + [0.0] * 49
stop = {}
for depth in (1, 3):
    base = DecisionTreeClassifier(max_depth=depth)
    for s in range(6):
        Wa, Wb, ca, cb = train_test_split(wine.data, wine.target, test_size=0.3,
                                          stratify=wine.target, random_state=s)
        m = AdaBoostClassifier(base, random_state=0).fit(Wa, ca)
        stop.setdefault(depth, []).append((len(m.estimators_), m.score(Wb, cb)))
    print(f"wine, depth {depth}: trees {[n for n, _ in stop[depth]]}, "
          f"mean test accuracy {np.mean([v for _, v in stop[depth]]):.3f}")

# %%
assert all(n == 50 for n, _ in stop[1])
assert sum(n == 1 for n, _ in stop[3]) >= 3
assert np.mean([v for _, v in stop[1]]) > np.mean([v for _, v in stop[3]]) + 0.02

# %% [markdown]
# **What to notice.** On XOR every stump has error 0.5, and AdaBoost refuses. At the other end, a tree that makes no training mistake ends the boosting at once, and the "ensemble" (集成) is one tree: on XOR, and on wine in half of the splits. There the mean test accuracy is lower than that of fifty stumps. No warning is given. **Right:** look at `len(model.estimators_)`. Boosting needs *weak* classifiers; if yours is perfect on the training data, make it shallower.
#
# ### Trap 5: `predict_proba` is no probability
#
# How sure is AdaBoost about tumours that it has never seen? Compare with logistic regression.

# %%
a, b = splits[0]
probability = clean_models[0].predict_proba(F[b])[:, 1]
logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(F[a], t[a])
p_logistic = logistic.predict_proba(F[b])[:, 1]
print(f"AdaBoost: {probability.min():.3f} to {probability.max():.3f}, "
      f"accuracy {clean_models[0].score(F[b], t[b]):.2f}")
print(f"logistic: {p_logistic.min():.3f} to {p_logistic.max():.3f}")
score = clean_models[0].decision_function(F[b])
assert np.allclose(probability, 1 / (1 + np.exp(-score)))

# %%
limits = 1 / (1 + np.exp([2, -2]))
print("limits:", limits.round(3))
assert limits[0] < probability.min() < 0.3
assert 0.7 < probability.max() < limits[1]
assert p_logistic.min() < 0.001
assert p_logistic.max() > 0.999
assert limits.round(3).tolist() == [0.119, 0.881]

# %% [markdown]
# **What to notice.** It is right most of the time and never more than 88 percent sure: `predict_proba` puts `decision_function`, which lies between −2 and 2, into the logistic function, so nothing outside 0.119 … 0.881 is possible. The order of the samples is the order of f; the numbers are no probabilities. **Right:** use the scores for sorting, or calibrate them (`CalibratedClassifierCV`, stage 3).
#
# ### Trap 6: names from old code
#
# Older tutorials write `algorithm="SAMME"` or `"SAMME.R"`, and `base_estimator=`. What does your version say? Ask its signature first.

# %%
known = inspect.signature(AdaBoostClassifier).parameters
print("parameters:", *known)
assert "base_estimator" not in known
try:
    AdaBoostClassifier(base_estimator=DecisionTreeClassifier(max_depth=1))
except TypeError as problem:
    print("TypeError:", str(problem).split("__init__() ")[-1])
else:
    raise AssertionError("no error")

# %%
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    try:
        AdaBoostClassifier(algorithm="SAMME").fit(X, y)
        outcome = said[0].category.__name__
    except TypeError:
        outcome = "TypeError"
assert outcome == ("FutureWarning" if "algorithm" in known else "TypeError")
print('algorithm="SAMME":', outcome)

# %% [markdown]
# **What to notice.** `base_estimator` is now `estimator`. `algorithm` is deprecated in scikit-learn 1.6 and 1.7 and gone in the newer ones; SAMME, the book's algorithm for two classes, is the only one that is left. SAMME.R, the default of old tutorials, used probabilities and gave other numbers: do not compare with its printed results.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part. It holds the book's rounding, 习题8.1, the error bound of section 8.2 and the second view of AdaBoost in section 8.3.
#
# ### Follow the book's rounding
#
# Why 0.1820, 0.7514 and 0.1060? Go on with rounded numbers, as the book does. Public copies differ in D2: a scan has 0.0715 and 0.1666, transcriptions have 0.07143 and 0.16667, which is right.

# %%
def next_weights(w, wrong, a):
    """One update of weights w (N,) with coefficient a, not rounded."""
    grown = w * np.exp(np.where(wrong, a, -a))
    return grown / grown.sum()


# Two weights of round 1, rounded to 4 decimals before they are divided by their sum.
small, large = round(0.1 * np.exp(-0.4236), 4), round(0.1 * np.exp(0.4236), 4)
scan_D2 = np.where(G[0] == y, small, large) / (7 * small + 3 * large)
D2_scan = np.where(G[0] == y, 0.0715, 0.1666)
D3_scan = next_weights(D2_scan, G[1] != y, 0.6496)
D3_book = np.where(G[1] != y, 0.1667, np.where(G[0] == y, 0.0455, 0.1060))

# %%
e3_book = D3_book[G[2] != y].sum()
alpha3_book = np.log((1 - e3_book) / e3_book) / 2
D4_book = next_weights(D3_book, G[2] != y, 0.7514)
f3_book = 0.4236 * G[0] + 0.6496 * G[1] + 0.7514 * G[2]
pd.DataFrame({
    "exact": [D[2][6], e[2], alpha[2], *D[3][[0, 3, 6]], *f[2][[0, 3, 6]]],
    "book's chain": [D3_scan[6], e3_book, alpha3_book, *D4_book[[0, 3, 6]], *f3_book[[0, 3, 6]]],
    "printed": ["0.1060", "0.1820", "0.7514", "0.125", "0.102", "0.065", "", "", ""],
}, index=["D3 at 6, 7, 8", "e3", "α3", "D4 at 0, 1, 2, 9", "D4 at 3, 4, 5", "D4 at 6, 7, 8",
          "f3 at 0, 1, 2", "f3 at 3, 4, 5", "f3 at 6, 7, 8"]).round(5)

# %%
assert np.unique(scan_D2.round(4)).tolist() == [0.0715, 0.1666]       # the scan's digits
assert np.unique(D3_scan.round(4)).tolist() == [0.0455, 0.1060, 0.1667]
assert D[2][6].round(4) == 0.1061                    # the exact 7/66
assert np.floor(D[2][6] * 1e4) / 1e4 == 0.1060       # cut instead of rounded
assert np.isclose(e3_book, 0.1820)
assert alpha3_book.round(4) == 0.7514
assert np.unique(D4_book.round(3)).tolist() == [0.065, 0.102, 0.125]
assert np.unique(D[3].round(3)).tolist() == [0.065, 0.102, 0.125]
assert np.allclose(f3_book[[0, 3, 6, 9]], [0.3218, -0.5254, 0.9774, -0.3218])
assert round(3 / 14, 4) == 0.2143                    # e2 needs the exact D2, 3 × 0.0715 is 0.2145
assert abs(e3_book - 2 / 11) < 2e-4

# %% [markdown]
# **What to notice.** 4 × 0.0455 = 0.1820, and ½ ln(0.818/0.182) = 0.7514: the printed row 3. The scan's D2 comes out if $w e^{\pm\alpha}$ is rounded to four digits before the division; and from that D2 follows 0.1060 by ordinary rounding. (Cutting the exact 0.10606 gives the same, so the print alone cannot tell. And e2 = 0.2143 belongs to the exact D2: 3 × 0.0715 would be 0.2145. Printings and copies are mixed.) D4 agrees in both columns to the three printed digits.
#
# ### Two kinds of best stump (习题8.1)
#
# scikit-learn's stump minimises the weighted Gini index, the book's the weighted error. In 例8.1 they agree in all of the twelve rounds that the next cell compares. 习题8.1 is different. A firm tests ten people: fitness (身体, 0 or 1), skill (业务, 1 to 3), potential (潜力, 1 to 3), and a verdict.

# %%
long, _ = boost(stumps, y, 12)
gini12 = AdaBoostClassifier(n_estimators=12, random_state=0).fit(X, y)
assert np.allclose(gini12.estimator_errors_, long["e"])
assert [s.tree_.threshold[0] for s in gini12.estimators_] == cuts[long["k"] % 9].tolist()

# %%
P = np.array([[0, 1, 3], [0, 3, 1], [1, 2, 2], [1, 1, 3], [1, 2, 3],
              [0, 1, 2], [1, 1, 2], [1, 1, 1], [1, 3, 1], [0, 2, 1]])
q = np.array([-1, -1, -1, -1, -1, -1, 1, 1, -1, -1])
features = ["fitness", "skill", "potential"]
places = [(j, v + 0.5) for j in range(3) for v in np.unique(P[:, j])[:-1]]
names = [f"{features[j]} < {v}" for j, v in places]
inside = np.array([np.where(P[:, j] < v, 1, -1) for j, v in places])  # (5, 10)

# %%
family_inside = np.r_[inside, -inside]               # cuts between values: 10 stumps
family_all = np.r_[family_inside, np.ones((1, 10)), -np.ones((1, 10))]  # and two constant ones
labels_all = [f"+1 if {n}" for n in names] + [f"−1 if {n}" for n in names] + ["always +1",
                                                                            "always −1"]
run_inside, _ = boost(family_inside, q, 20)
run_all, f_all = boost(family_all, q, 20)
gini = AdaBoostClassifier(n_estimators=20, random_state=0).fit(P, q)
gini_wrong = [int((p != q).sum()) for p in gini.staged_predict(P)]

# %%
def say(tree):
    """What a fitted stump asks and answers."""
    left, right = tree.classes_[tree.tree_.value[1:, 0].argmax(axis=1)]
    question = f"{features[tree.tree_.feature[0]]} < {tree.tree_.threshold[0]:g}"
    return "always −1" if left == right == -1 else f"{'+1' if left > 0 else '−1'} if {question}"


def column(asked, errors, wrong):
    return pd.DataFrame({"stump": asked[:6], "e": np.round(errors[:6], 3), "wrong": wrong[:6]},
                        index=range(1, 7))


pd.concat({
    "cuts inside": column([labels_all[k] for k in run_inside["k"]], run_inside["e"].to_numpy(),
                          run_inside["wrong"].to_numpy()),
    "constants allowed": column([labels_all[k] for k in run_all["k"]], run_all["e"].to_numpy(),
                                run_all["wrong"].to_numpy()),
    "scikit-learn": column([say(s) for s in gini.estimators_], gini.estimator_errors_, gini_wrong),
}, axis=1)

# %% [markdown]
# **What to notice.** Two families and two criteria, three stories. A constant stump (常数), "always −1", has two mistakes only, so it comes first where it is allowed; the book's text does not say whether a cut outside the data is. scikit-learn's first stump cuts at skill < 1.5, but both of its leaves have a majority of −1: a constant in disguise. With constants allowed, weighted error and Gini agree in rounds 1 and 2 and part in round 3.

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.4))
for wrong, style, colour, name in (
        (run_inside["wrong"], "s--", plot.RED, "weighted error, cuts inside the data"),
        (run_all["wrong"], "o-", plot.BLUE, "weighted error, constants allowed"),
        (gini_wrong, "^-.", plot.GREEN, "scikit-learn (weighted Gini)")):
    shift = 0.12 * (colour == plot.GREEN)            # beside the blue curve, not on it
    ax.plot(np.arange(1, 21) + shift, wrong, style, ms=5, lw=1.3, color=colour, label=name)
ax.set(xlabel="rounds", ylabel="mistakes of 10", xticks=range(1, 21, 2), yticks=range(5),
       title="Exercise 8.1: without a constant stump two mistakes stay")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# **Figure in words.** Mistakes on ten samples by round. The red dashed curve, cuts inside only, goes 3, 4, 2 and stays at 2. The blue curve, constants allowed, reaches 0 at round 6 and stays. The green one, scikit-learn, reaches 0 at round 5 and stays.

# %%
far, _ = boost(family_inside, q, 200)
assert far["wrong"][3:].eq(2).all()
assert 0.47 < far["e"][200] < 0.5
assert run_all["wrong"].tolist()[:7] == [2, 3, 1, 1, 1, 0, 0]
assert run_all["wrong"][6:].eq(0).all()
assert gini_wrong[:6] == [2, 3, 1, 2, 0, 0]
assert max(gini_wrong[4:]) == 0
assert np.allclose(gini.estimator_errors_[:2], run_all["e"][:2])
assert abs(gini.estimator_errors_[2] - run_all["e"][3]) > 0.01
assert np.isclose(run_all["Z"].prod(), np.exp(-q * f_all).mean())    # a second computation
seeds = [AdaBoostClassifier(n_estimators=20, random_state=s).fit(P, q).estimator_errors_
         for s in range(4)]
assert all(np.allclose(s, seeds[0]) for s in seeds)  # no luck of the seed

# %% [markdown]
# Is the red curve bad luck, or is there no way? Ask a linear program (线性规划), as in [chapter 2](ch02_perceptron.ipynb): is there any weighting of the five inside stumps whose vote is right for all ten people? `linprog` looks for a vector v with `A_ub @ v <= b_ub`; here that says y·f ≥ 1 for everyone. `status` 0 means it found one, 2 means there is none. A constant stump adds a column of ones.

# %%
for name, votes_ in (("inside", inside.T), ("with a constant", np.c_[inside.T, np.ones(10)])):
    answer = linprog(np.zeros(votes_.shape[1]), A_ub=-q[:, None] * votes_, b_ub=-np.ones(10),
                     bounds=(None, None))
    print(f"{name}: status {answer.status}")
    assert answer.status == (2 if name == "inside" else 0)

# %% [markdown]
# **What to notice.** Without a constant no vote whatever separates the ten. So the boosting cannot end: the error rates creep towards 0.5 and two people stay wrong. State your family when you solve 习题8.1, and before you compare with someone's solution, ask for theirs.
#
# ### Bound the training error (定理8.1, 定理8.2)
#
# Why must it work at all? Let $\gamma_m=\tfrac12-e_m$: how much better than a coin round m is. The book proves
#
# $$\frac1N\sum_iI(G(x_i)\ne y_i)\;\le\;\frac1N\sum_ie^{-y_if(x_i)}=\prod_mZ_m=\prod_m2\sqrt{e_m(1-e_m)}\;\le\;e^{-2\sum_m\gamma_m^2}.$$
#
# The first step is the figure of the three losses: $e^{-z}$ lies above the 0-1 loss. The equality follows by multiplying out the weights. $Z_m=2\sqrt{e_m(1-e_m)}=\sqrt{1-4\gamma_m^2}$ follows by putting $\alpha_m$ into $Z_m$, and the last step uses $\sqrt{1-u}\le e^{-u/2}$. If every round has $\gamma_m\ge\gamma>0$, the bound is at most $e^{-2M\gamma^2}$ (推论8.1): it falls exponentially, and nobody has to know γ beforehand. That is the "Ada" in AdaBoost: adaptive (自适应).

# %%
def bounds(errors):
    """After each round: the product of the Z, and exp(−2 Σ γ²)."""
    errors = np.asarray(errors)
    return (np.cumprod(2 * np.sqrt(errors * (1 - errors))),
            np.exp(-2 * np.cumsum((0.5 - errors) ** 2)))


product, exponential = bounds(e)
corollary = np.exp(-2 * 3 * (0.5 - max(e)) ** 2)
print("例8.1, after rounds 1, 2, 3")
print("training error  ", (np.sign(f) != y).mean(axis=1))
print("product of Z    ", product.round(6))
print("exp(−2 Σ γ²)    ", exponential.round(6), f"  with the smallest γ: {corollary:.4f}")

# %%
assert np.allclose(product, np.exp(-y * f).mean(axis=1))
assert np.allclose(product, np.cumprod(Z))
assert np.isclose(product[2], 0.580193, atol=1e-6)
assert np.isclose(exponential[2], 0.640347, atol=1e-6)
assert ((np.sign(f) != y).mean(axis=1) <= product).all()
assert (product <= exponential).all()
assert exponential[2] <= corollary

# %%
product, exponential = bounds(clean_models[0].estimator_errors_)
training_error = 1 - clean_train[0]
fig, ax = plt.subplots(figsize=(7.6, 3.8))
shown = training_error > 0                           # a logarithmic axis has no zero
ax.plot(r[shown], training_error[shown], "o-", ms=4, color=plot.BLUE, label="training error")
ax.plot(r, product, "--", color=plot.RED, label="product of Z")
ax.plot(r, exponential, "-.", color=plot.GREEN, label="exp(−2 Σ γ²)")
ax.axhline(1 / 398, color="#666666", ls=":", lw=1)
ax.text(101, 1 / 398, "1 of 398", va="bottom", ha="right", fontsize=9)
ax.set(xlabel="rounds", ylabel="share, logarithmic", yscale="log",
       title="Tumours: the training error stays below both bounds")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# **Figure in words.** Three falling curves on a logarithmic axis. The first of the six splits. The training error is the lowest and ends at round 21 (in round 20 it is zero once); zero is what this axis cannot show. The product of Z falls from about 0.5 to less than 0.001, exp(−2 Σ γ²) runs above it. Both get straighter to the right. A dotted line marks one mistake in 398; the product crosses it at round 66.

# %%
last_error = int(np.flatnonzero(training_error > 0).max()) + 1
proved = int((product < 1 / 398).argmax()) + 1
print(f"last training error: round {last_error}; product of Z below 1/398 from round {proved} on")
assert (last_error, proved) == (21, 66)
assert (training_error <= product + 1e-12).all()
assert (product <= exponential + 1e-12).all()

# %% [markdown]
# **What to notice.** The bounds hold in every round, and they are generous. After round 21 there is no training error, but the product proves it only from round 66 on: a share below 1/398 of 398 samples is no sample. A straight line on a logarithmic axis is an exponential fall.
#
# ### See AdaBoost as forward stagewise fitting (定理8.3)
#
# Section 8.3 tells the same story in another way. Build a sum $f(x)=\sum_m\beta_mG_m(x)$ term by term, and never touch a term again: the forward stagewise algorithm (前向分步算法, 算法8.2). In each step take the pair (β, G) that makes the exponential loss $\sum_i\exp(-y_i(f_{m-1}(x_i)+\beta G(x_i)))$ smallest. No weights, no error rate, no formula for α. Do it with brute force in 例8.1: for each of the 18 stumps let `minimize_scalar` find the best β ≥ 0.

# %%
def stagewise_step(f_old):
    """The best (mean loss, beta) of each stump, by numerical search: two arrays (18,)."""
    found = [minimize_scalar(lambda beta, g=g: np.exp(-y * (f_old + beta * g)).mean(),
                             bounds=(0, 5), method="bounded", options={"xatol": 1e-9})
             for g in stumps]
    return np.array([s.fun for s in found]), np.array([s.x for s in found])


f_stage = np.zeros(10)
for m in range(3):
    loss, beta = stagewise_step(f_stage)
    k = int(loss.round(9).argmin())
    side = "<" if k < 9 else ">"
    print(f"step {m + 1}: +1 if x {side} {cuts[k % 9]}, beta = {beta[k]:.6f}, loss {loss[k]:.6f}, "
          f"α of AdaBoost {alpha[m]:.6f}")
    assert np.array_equal(stumps[k], G[m])
    assert np.isclose(beta[k], alpha[m], atol=1e-6)
    assert np.isclose(loss[k], np.prod(Z[:m + 1]))
    f_stage = f_stage + beta[k] * stumps[k]

# %%
steps = np.linspace(0, 1.4, 200)
fig, ax = plt.subplots(figsize=(7.6, 3.9))
for k, g in enumerate(stumps):
    curve = np.exp(-y * (f[0] + steps[:, None] * g)).mean(axis=1)
    best = np.array_equal(g, G[1])
    ax.plot(steps, curve, color=plot.RED if best else "#bbbbbb", lw=2.4 if best else 1,
            label={True: "+1 if x < 8.5", False: None if k else "the 17 others"}[best],
            zorder=3 if best else 1)
ax.plot(alpha[1], np.prod(Z[:2]), "o", color="black", zorder=4, label="AdaBoost's G2, α2")
ax.set(xlabel="β", ylabel="mean exponential loss", ylim=(0.7, 1.6),
       title="Step 2: the lowest valley is AdaBoost's stump, its bottom is α2")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# **Figure in words.** The mean exponential loss against β for all 18 stumps, starting from f1. All begin at 0.917. Most curves fall a little and rise, or only rise. The red one, "+1 if x < 8.5", has the deepest valley, with a black dot at its bottom, β = 0.65, loss 0.752.
#
# **What to notice.** Same stumps, same coefficients, in all three steps (step 1 has two equally deep valleys, the tie of the first section). The reason in two lines: write $w_i=e^{-y_if_{m-1}(x_i)}$, then the loss is $e^{-\beta}\sum_{\text{right}}w_i+e^{\beta}\sum_{\text{wrong}}w_i$. For any β > 0 the best G has the smallest weighted error; and the derivative is zero at $\beta=\tfrac12\ln\frac{1-e}{e}=\alpha$, with e the wrong share of these weights. So AdaBoost is: additive model, exponential loss, forward stagewise algorithm. (Friedman, Hastie and Tibshirani, 2000; the algorithm is older than this view of it.)
#
# **Where it helps.** Change the loss and keep the scheme: squared loss gives the boosting tree of [8b](ch08_boosting_tree.ipynb), any loss with two derivatives gives [XGBoost](ch08_xgboost.ipynb).

# %% [markdown]
# ## Check yourself
#
# 1. A stump has e = 0.2 under weights of 1/10 each. What do its two mistakes weigh in the next round, what a right answer, and what is its weighted error then?
#
# <details><summary>Answer</summary>
#
# Mistakes: 1/10 divided by 0.4, that is 1/4 each. Right answers: 1/10 divided by 1.6, that is 1/16 each. The error is 2 · 1/4 = 1/2, as always. The first cell below computes it.
#
# </details>
#
# 2. You multiply all features of the tumours by 1000. What happens to AdaBoost with stumps?
#
# <details><summary>Answer</summary>
#
# Nothing, except that the cuts are multiplied too: a stump looks at the order of the values only. The second cell below compares the errors of twenty rounds.
#
# </details>
#
# 3. Your model has `estimator_weights_` [1.0, 0, 0, …]. What happened?
#
# <details><summary>Answer</summary>
#
# The first base classifier made no training mistake, so boosting stopped after one round. Make the base classifier weaker, for example a tree of smaller depth.
#
# </details>
#
# 4. Why does a wrong label hurt AdaBoost more than logistic regression?
#
# <details><summary>Answer</summary>
#
# The slope of its exponential loss has no limit: the weight of a sample is e^(−z). So wrong labels take a share of the weight far above their number (above: 45 % instead of 20 %), and the next stumps are chosen to please them. The logistic loss pulls at most in proportion.
#
# </details>
#
# 5. In round 1 of 例8.1 the cuts 2.5 and 8.5 have the same error. Why does scikit-learn still choose 2.5 with every `random_state`?
#
# <details><summary>Answer</summary>
#
# It minimises the weighted Gini index. Cut 2.5 gives a pure part of three samples, cut 8.5 a pure part of only one: 0.343 against 0.400. The third cell below computes both.
#
# </details>

# %%
w, wrong = np.full(10, 0.1), np.arange(10) < 2
w_next = next_weights(w, wrong, np.log(0.8 / 0.2) / 2)
print("mistake:", w_next[0].round(4), " right:", w_next[9].round(4), " error:",
      w_next[wrong].sum().round(4))
assert np.allclose(w_next, np.where(wrong, 1 / 4, 1 / 16))

# %%
a, _ = splits[0]
large = AdaBoostClassifier(n_estimators=20, random_state=0).fit(1000 * F[a], t[a])
assert np.allclose(large.estimator_errors_, clean_models[0].estimator_errors_[:20])
print("20 rounds, same errors.")

# %%
def weighted_gini(v):
    parts = [y[x < v], y[x > v]]
    return sum(len(part) / 10 * (1 - (part == 1).mean() ** 2 - (part == -1).mean() ** 2)
               for part in parts)


print("Gini index: cut 2.5", round(weighted_gini(2.5), 3), "  cut 8.5", round(weighted_gini(8.5), 3))
assert {AdaBoostClassifier(n_estimators=1, random_state=s).fit(X, y).estimators_[0]
        .tree_.threshold[0] for s in range(10)} == {2.5}
assert weighted_gini(2.5) == min(weighted_gini(v) for v in cuts) < weighted_gini(8.5) - 0.05

# %% [markdown]
# ## In one breath
#
# AdaBoost trains weak classifiers one after the other, each on the same data with other weights. After each round the mistakes together get half of the weight, so the next classifier has to look at them. A classifier with error e gets the vote α = ½ ln((1 − e)/e), and the sign of the weighted sum is the answer. It is an additive model, fitted forward stagewise, with exponential loss; its training error has a bound that falls exponentially as long as every round beats a coin by a fixed margin. On clean tumours more rounds did no harm; with wrong labels they did, because the exponential loss chases them. In scikit-learn: `AdaBoostClassifier`, `estimator_weights_` = 2α, small `learning_rate` against noise, deeper trees for many classes.
#
# **Links.** 李航, 1st edition, sections 8.1 to 8.3. Freund and Schapire, "A decision-theoretic generalization of on-line learning and an application to boosting", 1997. Schapire, Freund, Bartlett and Lee, "Boosting the margin", 1998. Friedman, Hastie and Tibshirani, "Additive logistic regression: a statistical view of boosting", 2000. Zhu, Zou, Rosset and Hastie, "Multi-class AdaBoost", 2009. Next: [boosting trees](ch08_boosting_tree.ipynb).
