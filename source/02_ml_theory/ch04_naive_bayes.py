# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 4
#     needs: []
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 4 Naive Bayes (朴素贝叶斯法)
#
# Count a table with fifteen rows, multiply three fractions, and you have a classifier. It assumes something that is almost never true, and it works surprisingly often. This lesson shows both sides with numbers.
#
# **You will** retrace example 4.1 (例4.1) and example 4.2 (例4.2) fraction by fraction, find out why scikit-learn's default does not give the book's numbers, derive both estimates line by line, write them yourself, and then let the method loose on flowers, tumours, digits and short reviews.
#
# **After it you can**
#
# - say what is assumed, what is counted and what is multiplied;
# - derive the maximum likelihood estimate and the Bayesian estimate on paper (习题4.1, 4.2);
# - choose between `CategoricalNB`, `MultinomialNB` and `GaussianNB`, and say what each parameter does;
# - tell when its answer can be trusted and when its *probability* cannot.
#
# **You need** conditional probability (条件概率), Bayes' theorem (贝叶斯定理), partial derivatives and NumPy arrays, all from stage 1.
#
# **Where this stands.** Stage 2 of the roadmap, core path, four days. Naive Bayes is one of the three methods that the roadmap wants you to derive by hand. First read chapter 4 of 李航《统计学习方法》 (1st edition). **Stuck?** Read the posts on naive Bayes in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide](https://scikit-learn.org/stable/modules/naive_bayes.html).

# %%
import itertools
import warnings
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    LeaveOneGroupOut,
    LeaveOneOut,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import CategoricalNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import dlroadmap
from dlroadmap import check, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Count a table and weigh the classes
#
# This is table 4.1 of the book. Two features (特征): X1 takes the values 1, 2, 3, and X2 the values S, M, L. The label (标记) Y is 1 or −1. A new sample arrives, x = (2, S). Which label should it get?

# %%
table = pd.DataFrame({
    "X1": [1] * 5 + [2] * 5 + [3] * 5,
    "X2": list("SMMSSSMMLLLMMLL"),
    "Y": [-1, -1, 1, 1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, -1],
}, index=range(1, 16))
table.T

# %% [markdown]
# Begin with X1 alone. `pd.crosstab` counts how often each pair of values occurs.

# %%
count1 = pd.crosstab(table["Y"], table["X1"])
count1.assign(all=count1.sum(axis=1))

# %% [markdown]
# Three of the fifteen rows have Y = 1 *and* X1 = 2. You can reach the same 3/15 in two steps: nine of fifteen rows have Y = 1, and three of those nine have X1 = 2. `Fraction` calculates with exact fractions, so nothing is rounded.

# %%
joint = Fraction(3, 15)
prior_1, likelihood_1 = Fraction(9, 15), Fraction(3, 9)
print(f"{joint} = {prior_1} × {likelihood_1}")

# %%
assert joint == prior_1 * likelihood_1
assert count1.loc[1, 2] == 3
assert count1.sum(axis=1).tolist() == [6, 9]

# %% [markdown]
# Each number has a name.
#
# - $P(Y=1)=9/15$ is the prior (先验概率): what you believe of the class before you see the sample.
# - $P(X1=2\mid Y=1)=3/9$ is the likelihood (似然): how often the class shows this value. It is a conditional probability, "given Y = 1".
# - $P(X1=2,\,Y=1)=3/15$ is the joint probability (联合概率): both at once.
#
# Draw it: width for the prior, height for the likelihood. Then the joint is an area.

# %%
fig, ax = plt.subplots(figsize=(7, 4.2))
left = 0
for label, n in ((-1, 6), (1, 9)):
    bottom = 0
    for value, colour in zip((1, 2, 3), (plot.SKY, plot.ORANGE, "#dddddd")):
        m = count1.loc[label, value]
        ax.bar(left, m / n, n / 15, bottom, align="edge", color=colour, edgecolor="black")
        ax.text(left + n / 30, bottom + m / n / 2, f"X1 = {value}: area {m}/15", ha="center",
                va="center")
        bottom += m / n
    left += n / 15
ax.grid(False)
ax.set(xticks=[0.2, 0.7], xticklabels=["Y = −1 (width 6/15)", "Y = 1 (width 9/15)"], xlim=(0, 1),
       ylabel="share within the class", title="Joint = prior × likelihood: area = width × height")
plt.show()

# %% [markdown]
# **Figure in words.** A square of area 1 is cut into two columns, as wide as the priors. Each column is cut by the values of X1. The two orange pieces, X1 = 2, have the areas 2/15 and 3/15.
#
# **What to notice.** Someone tells you "X1 = 2". Then only the two orange pieces remain. Y = 1 holds 3 of their 5 fifteenths. That share, $P(Y=1\mid X1=2)=3/5$, is the posterior (后验概率): what you believe after you have looked.
#
# **The idea: Bayes' theorem.** For a sample x and classes $c_1,\dots,c_K$,
#
# $$P(Y=c_k\mid X=x)=\frac{P(Y=c_k)\,P(X=x\mid Y=c_k)}{\sum_{r}P(Y=c_r)\,P(X=x\mid Y=c_r)} .$$
#
# Above stands one piece, below the sum of all pieces with that x. To find the *largest* posterior you may skip the bottom: it is the same for all classes.

# %%
pieces = {-1: Fraction(6, 15) * Fraction(2, 6), 1: Fraction(9, 15) * Fraction(3, 9)}
posterior = {label: piece / sum(pieces.values()) for label, piece in pieces.items()}
print("P(Y | X1 = 2):", {label: str(p) for label, p in posterior.items()})
assert posterior[1] == Fraction(3, 5)

# %% [markdown]
# ## Multiply what each feature says (例4.1)
#
# Now use both features. The direct way: look at the rows that are exactly (2, S). How many are there?

# %%
pairs = table.groupby(["X1", "X2"]).size().unstack()[["S", "M", "L"]]
print(pairs, "\n\nrows equal to (2, S):", table.query("X1 == 2 and X2 == 'S'").to_dict("records"))

# %%
assert len(table.query("X1 == 2 and X2 == 'S'")) == 1
assert pairs.isna().sum().sum() == 2

# %% [markdown]
# **What to notice.** One row. You would decide by a single sample, and for two of the nine combinations (NaN, nothing counted) you could not decide at all. It gets worse fast: with ten features of three values there are $3^{10}=59049$ combinations for each class.
#
# **The idea: be naive.** Count each feature on its own, and pretend that within a class the features have nothing to do with each other:
#
# $$P(X=x\mid Y=c_k)=\prod_{j=1}^{D}P(X^{(j)}=x^{(j)}\mid Y=c_k).$$
#
# D is the number of features, $x^{(j)}$ the value of feature j. This is conditional independence (条件独立性), and it gives the method its name: naive (朴素). The ten features now need ten small tables.
#
# `fractions` divides each row of a table of counts by its sum. (The argument `lam` waits for the next section.) A `Fraction` reduces itself: the book's 3/9 appears as 1/3.

# %%
def fractions(counts, lam=0):
    """Counts (K, S) → exact fractions (n + λ) / (row sum + S·λ), one row a class."""
    S = counts.shape[1]
    rows = [[Fraction(int(n) + lam, int(row.sum()) + S * lam) for n in row]
            for row in counts.to_numpy()]
    return pd.DataFrame(rows, counts.index, counts.columns)


def show(tables):
    for name, t in zip(("Y", "X1", "X2"), tables):
        for label, row in t.iterrows():
            given = "" if name == "Y" else f" | Y = {label:+d}"
            print(f"P({name}{given})".ljust(15), *[f"{v}: {p!s:<5}" for v, p in row.items()])

# %% tags=["nbval-check-output"]
count_y = table["Y"].value_counts().sort_index().to_frame("all").T
count2 = pd.crosstab(table["Y"], table["X2"])[["S", "M", "L"]]
tables = [fractions(counts) for counts in (count_y, count1, count2)]
show(tables)

# %% [markdown]
# These are all fourteen numbers that 例4.1 estimates. Compare them with the book's.

# %%
F = Fraction
prior, by_x1, by_x2 = tables[0].iloc[0], tables[1], tables[2]
assert prior.to_dict() == {-1: F(6, 15), 1: F(9, 15)}
assert by_x1.loc[1].tolist() == [F(2, 9), F(3, 9), F(4, 9)]
assert by_x1.loc[-1].tolist() == [F(3, 6), F(2, 6), F(1, 6)]
assert by_x2.loc[1].tolist() == [F(1, 9), F(4, 9), F(4, 9)]
assert by_x2.loc[-1].tolist() == [F(3, 6), F(2, 6), F(1, 6)]

# %% [markdown]
# Now the score of each class for x = (2, S): prior × P(X1 = 2 | Y) × P(X2 = S | Y). Do it on paper first.

# %% tags=["nbval-check-output"]
score = {label: prior[label] * by_x1.loc[label, 2] * by_x2.loc[label, "S"] for label in (1, -1)}
for label, s in score.items():
    print(f"Y = {label:+d}: {prior[label]} × {by_x1.loc[label, 2]} × {by_x2.loc[label, 'S']} = {s}")
print("P(Y = -1 | x) =", score[-1] / sum(score.values()))

# %%
assert score == {1: F(1, 45), -1: F(1, 15)}
assert score[-1] / sum(score.values()) == F(3, 4)

# %% [markdown]
# **What to notice.** 1/15 is larger than 1/45, so y = −1, as in the book. The posterior of −1 is 3/4; the book does not print it.
#
# Which part decided? Take logarithms of the ratio "Y = 1 against Y = −1". Then the product becomes a sum, and each part has a bar of its own.

# %%
parts = {"prior": prior, "X1 = 2": by_x1[2], "X2 = S": by_x2["S"]}
evidence = {name: float(np.log(float(p[1] / p[-1]))) for name, p in parts.items()}
evidence["sum"] = sum(evidence.values())
print({name: round(v, 3) for name, v in evidence.items()})
assert by_x1.loc[1, 2] == by_x1.loc[-1, 2]
assert np.isclose(evidence["sum"], np.log(1 / 3))

# %%
fig, ax = plt.subplots(figsize=(7, 2.8))
colours = [plot.BLUE if v > 0 else plot.ORANGE for v in evidence.values()]
ax.barh(list(evidence), list(evidence.values()), color=colours, edgecolor="black")
ax.axvline(0, color="black", lw=1)
ax.invert_yaxis()
ax.set(xlim=(-1.8, 1.8), xlabel="← speaks for Y = −1      log ratio      speaks for Y = 1 →",
       title="S decides; X1 = 2 says nothing")
plt.show()

# %% [markdown]
# **Figure in words.** Four bars. The prior points a little towards Y = 1, X1 = 2 has no length at all, X2 = S points strongly towards Y = −1, and so does the sum.
#
# **What to notice.** X1 = 2 has the same probability, 1/3, in both classes. It cannot tell them apart, so it has no vote. The prior votes for 1, and S, which is three of six in class −1 and one of nine in class 1, outvotes it.
#
# **Where it helps.** A doctor, a spam filter and an analyst can read this figure. Each piece of evidence has a number, and the numbers add up.
#
# **Try it.** Replace (2, S) by (3, M): in the cell that begins with `parts`, write `by_x1[3]` and `by_x2["M"]`. Expect three bars on the same side and the answer +1. (Its asserts then complain, rightly.) Undo it afterwards.
#
# ### Let scikit-learn count
#
# `CategoricalNB` (NB: naive Bayes) is made for such data. It wants whole numbers 0, 1, 2, … instead of names. `OrdinalEncoder` translates; you give it the order. `alpha=0` means: plain counts. `predict_joint_log_proba` returns the logarithm of each score, in the order of `classes_`.

# %%
encoder = OrdinalEncoder(categories=[[1, 2, 3], ["S", "M", "L"]], dtype=int)
X, y = encoder.fit_transform(table[["X1", "X2"]]), table["Y"].to_numpy()
query = encoder.transform(pd.DataFrame({"X1": [2], "X2": ["S"]}))
model = CategoricalNB(alpha=0).fit(X, y)
print("X", X.shape, " query", query, " classes_", model.classes_)
print("scores:", np.exp(model.predict_joint_log_proba(query)).round(6))
print("posterior:", model.predict_proba(query).round(4), " answer:", model.predict(query))

# %%
assert np.allclose(np.exp(model.predict_joint_log_proba(query)), [[1 / 15, 1 / 45]])
assert np.allclose(model.predict_proba(query), [[0.75, 0.25]])
assert model.predict(query) == [-1]
for k, t in enumerate((by_x1, by_x2)):  # all twelve conditional probabilities
    assert np.allclose(np.exp(model.feature_log_prob_[k]), t.astype(float))

# %% [markdown]
# ## Leave one row out (例4.2)
#
# Cover row 15, the only row with X1 = 3 and Y = −1. Then ask about (3, S). S speaks strongly for −1. What happens?

# %%
short = [fractions(pd.crosstab(table["Y"][:14], table[name][:14])) for name in ("X1", "X2")]
product = short[0].loc[-1, 3] * short[1].loc[-1, "S"] * Fraction(6 - 1, 14)
print("Y = -1:", short[0].loc[-1, 3], "×", short[1].loc[-1, "S"], "× prior =", product)

# %%
assert short[0].loc[-1, 3] == 0
assert short[1].loc[-1, "S"] == F(3, 5)

# %% [markdown]
# **What to notice.** One zero wipes out all other evidence. "Never seen in fourteen rows" became "impossible". With 1000 features, one unlucky zero outvotes 999 good reasons.
#
# **The idea: smoothing.** In each table on its own, pretend that you saw every entry λ more times: each value of a feature within a class, and each class in the table of Y. The book's formulas (4.10) and (4.11) are
#
# $$P_\lambda(X^{(j)}=a_{jl}\mid Y=c_k)=\frac{n_{kjl}+\lambda}{N_k+S_j\lambda},\qquad P_\lambda(Y=c_k)=\frac{N_k+\lambda}{N+K\lambda}.$$
#
# $N_k$ counts the samples of class $c_k$, N all samples. $n_{kjl}$ counts those of class $c_k$ whose feature j has its l-th value $a_{jl}$. $S_j$ is the number of possible values of feature j, K the number of classes. The bottom grows by $S_j\lambda$ because λ was added $S_j$ times; so the row still sums to 1. With λ = 1 this is Laplace smoothing (拉普拉斯平滑); λ = 0 is plain counting. 例4.2 takes λ = 1 on all fifteen rows.

# %% tags=["nbval-check-output"]
tables = [fractions(counts, lam=1) for counts in (count_y, count1, count2)]
show(tables)
prior, by_x1, by_x2 = tables[0].iloc[0], tables[1], tables[2]
score = {label: prior[label] * by_x1.loc[label, 2] * by_x2.loc[label, "S"] for label in (1, -1)}
for label, s in score.items():
    print(f"score of Y = {label:+d}: {s} = {float(s):.4f}")
print("P(Y = -1 | x) =", score[-1] / sum(score.values()))

# %%
assert prior.to_dict() == {-1: F(7, 17), 1: F(10, 17)}
assert by_x1.loc[1].tolist() == [F(3, 12), F(4, 12), F(5, 12)]
assert by_x1.loc[-1].tolist() == [F(4, 9), F(3, 9), F(2, 9)]
assert by_x2.loc[1].tolist() == [F(2, 12), F(5, 12), F(5, 12)]
assert by_x2.loc[-1].tolist() == [F(4, 9), F(3, 9), F(2, 9)]
assert score == {1: F(5, 153), -1: F(28, 459)}
assert score[-1] / sum(score.values()) == F(28, 43)
assert (round(float(score[1]), 4), round(float(score[-1]), 4)) == (0.0327, 0.0610)

# %% [markdown]
# **What to notice.** All are the book's numbers, and the answer is again −1. But the posterior fell from 3/4 to 28/43 ≈ 0.65. Smoothing pulls every estimate towards "all values alike", so the model becomes less sure.
#
# ### Compare with scikit-learn's `alpha`
#
# `CategoricalNB(alpha=1)` should be 例4.2, because `alpha` is λ. Should it?

# %%
book_prior = [7 / 17, 10 / 17]  # in the order of classes_: -1, 1
plain = CategoricalNB(alpha=1).fit(X, y)
mended = CategoricalNB(alpha=1, class_prior=book_prior).fit(X, y)
for name, m in (("alpha=1", plain), ("with class_prior", mended)):
    print(f"{name:<17} scores {np.exp(m.predict_joint_log_proba(query))[0].round(6)}"
          f"  posterior {m.predict_proba(query)[0].round(4)}")

# %%
assert np.allclose(np.exp(plain.class_log_prior_), [6 / 15, 9 / 15])
assert np.allclose(np.exp(plain.predict_joint_log_proba(query)), [[0.059259, 0.033333]], atol=1e-6)
assert np.allclose(plain.predict_proba(query), [[0.64, 0.36]])
assert np.allclose(np.exp(mended.predict_joint_log_proba(query)), [[28 / 459, 5 / 153]])
assert np.allclose(mended.predict_proba(query)[0, 0], 28 / 43)

# %% [markdown]
# **What to notice.** The first line is not the book. scikit-learn smooths the likelihoods and *never* the prior: its prior stays 6/15 and 9/15. To get formula (4.11) you calculate the prior yourself and pass it as `class_prior`, in the order of `classes_` (sorted: −1 before 1).
#
# Who is right? Both are estimates. With fifteen rows they differ in the second digit, with thousands of rows you cannot see the difference. But when your numbers should equal the book's, this is the reason why they do not.
#
# **Try it.** Set λ = 1000 in the code cell of 例4.2. Expect all fractions near 1/3 and 1/2, and a posterior near 1/2: too much smoothing forgets the data. (The asserts below it complain; set λ back to 1 and run again.)

# %%
heavy = [fractions(counts, lam=1000) for counts in (count_y, count1, count2)]
pull = [heavy[0].iloc[0][c] * heavy[1].loc[c, 2] * heavy[2].loc[c, "S"] for c in (-1, 1)]
assert abs(pull[0] / sum(pull) - F(1, 2)) < F(1, 100)

# %% [markdown]
# ## Ask why the largest posterior is the best answer
#
# You always answered with the class of the largest posterior. Is there a better rule? Suppose the fractions of 例4.1 were the exact truth. There are nine possible samples, and a rule gives each of them one of two labels: $2^9=512$ rules in all. Try them all; `itertools.product` lists them. `truth[k, i]` is the joint probability of class k and sample i; a rule is wrong with the probability of the class that it did not say.

# %%
p1, p2 = (np.exp(t) for t in model.feature_log_prob_)      # (K, 3) each
truth = (np.array([6, 9])[:, None, None] / 15 * p1[:, :, None] * p2[:, None, :]).reshape(2, 9)
rules = np.array(list(itertools.product((0, 1), repeat=9)))  # (512, 9)
risk = np.array([truth[1 - rule, np.arange(9)].sum() for rule in rules])
by_posterior = truth.argmax(axis=0)
winner = rules[risk.argmin()]
print("best of 512 rules:", winner, " largest posterior:", by_posterior)
print("its share of errors:", risk.min().round(4), " worst rule:", risk.max().round(4))

# %%
assert np.isclose(truth.sum(), 1)
assert (winner == by_posterior).all()
assert np.isclose(risk.min(), 7 / 27)
assert (risk < risk.min() + 1e-9).sum() == 1  # no other rule is as good

# %%
fig, ax = plt.subplots(figsize=(7, 3.2))
ax.hist(risk, bins=40, color=plot.SKY, edgecolor="white")
ax.axvline(risk.min(), color=plot.RED)
ax.annotate("largest posterior: 7/27", (risk.min(), 26), xytext=(8, 0),
            textcoords="offset points", color=plot.RED)
ax.set(xlabel="expected share of wrong answers", ylabel="rules",
       title="Of all 512 rules, none beats the largest posterior")
plt.show()

# %% [markdown]
# **Figure in words.** A hill-shaped histogram of the error shares of 512 rules, from about 0.26 to 0.74. A red line at its left end marks the rule of the largest posterior.
#
# **The idea (4.1.2).** Count 1 for a wrong answer and 0 for a right one: the 0-1 loss (0-1损失). A rule f has the expected risk (期望风险)
#
# $$R(f)=\sum_x P(x)\sum_{k:\,c_k\neq f(x)}P(c_k\mid x)=\sum_x P(x)\,\bigl(1-P(f(x)\mid x)\bigr).$$
#
# The first step: at x you are wrong when the class is any other than f(x). The second: probabilities sum to 1. Each x has its own term, and you may choose f(x) freely for each. So at each x make $P(f(x)\mid x)$ as large as you can. That is all: maximal posterior = minimal expected 0-1 risk.
#
# Now by simulation: draw 100,000 samples from that truth, and compare four ways to answer.

# %%
rng = np.random.default_rng(0)
draws = rng.choice(18, size=100_000, p=truth.ravel() / truth.sum())
label, cell = draws // 9, draws % 9                       # true class and sample, each (100000,)
post = truth / truth.sum(axis=0)                          # P(class | sample), (2, 9)
answers = {"largest posterior": by_posterior[cell],
           "draw from the posterior": (rng.random(100_000) < post[1, cell]).astype(int),
           "always Y = 1": np.ones(100_000, dtype=int), "toss a coin": rng.integers(0, 2, 100_000)}
wrong = {name: (a != label).mean() for name, a in answers.items()}
print(pd.Series(wrong).round(2).to_string())

# %%
assert abs(wrong["largest posterior"] - 7 / 27) < 0.01
assert min(wrong, key=wrong.get) == "largest posterior"
assert 0.08 < wrong["draw from the posterior"] - wrong["largest posterior"] < 0.1

# %% [markdown]
# **What to notice.** "If it is 3/4 likely, say it three times out of four" sounds fair. It costs about nine errors in a hundred more than always saying the likelier class.
#
# **Where it helps.** The argument needs the 0-1 loss. If calling an ill person healthy costs more than the reverse, the largest posterior is no longer best: question 3 at the end.

# %% [markdown]
# ## Break the naive assumption
#
# What if the features do have something to do with each other? Take the worst case: hand in the same feature several times. The truth: Y is a coin toss, and a sensor x shows Y with probability 0.8. The true posterior of what it shows is always 0.8.

# %%
def sensor(n, rng):
    """n tosses y (n,) and readings x (n, 1) that are right with probability 0.8."""
    y = rng.integers(0, 2, n)
    return np.where(rng.random(n) < 0.8, y, 1 - y)[:, None], y


x_train, y_train = sensor(5000, rng)
x_test, y_test = sensor(20_000, rng)
copies = range(1, 9)

# %%
confidence, accuracy = [], []
for k in copies:
    m = CategoricalNB().fit(np.repeat(x_train, k, axis=1), y_train)
    p = m.predict_proba(np.repeat(x_test, k, axis=1))
    confidence.append(p.max(axis=1).mean())
    accuracy.append((p.argmax(axis=1) == y_test).mean())
print("copies:    ", *copies)
print("confidence:", *np.round(confidence, 2), "\naccuracy:  ", *np.round(accuracy, 2))

# %%
assert len(set(accuracy)) == 1
assert abs(accuracy[0] - 0.8) < 0.01
assert abs(confidence[0] - 0.8) < 0.02
assert confidence[2] > 0.97
assert all(abs(c - 4**k / (4**k + 1)) < 0.02 for k, c in zip(copies, confidence))

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
ax.plot(copies, confidence, "o-", color=plot.RED, label="what the model claims")
ax.plot(copies, accuracy, "s--", color=plot.BLUE, label="how often it is right")
ax.set(xlabel="copies of the one feature", ylabel="probability", ylim=(0.7, 1.02),
       title="Copies add no knowledge, yet the model grows certain")
ax.legend(loc=(0.6, 0.5))
plt.show()

# %% [markdown]
# **Figure in words.** The dashed line of right answers stays at 0.8. The claimed probability starts there and climbs to almost 1 with three or four copies.
#
# **What to notice.** One reading gives odds (几率) of 0.8 : 0.2 = 4. The model thinks that k copies are k witnesses and multiplies: $4^k$. But they are one witness, repeated. The *answers* do not change, because the copies push towards the class that was ahead anyway. So naive Bayes can be a good classifier and a bad estimator of probabilities at the same time (Domingos and Pazzani, 1997).
#
# Sometimes the answers break too. Remember XOR from [chapter 2](ch02_perceptron.ipynb): Y = 1 when exactly one of two bits is 1. Each bit alone says nothing about Y.

# %%
bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (500, 1))  # all four cases, equally often
t = bits[:, 0] ^ bits[:, 1]                               # ^ is XOR
together = bits @ [[2], [1]]                              # one feature with four values
p_apart = CategoricalNB().fit(bits, t).predict_proba(bits[:4])[:, 1]
p_joined = CategoricalNB().fit(together, t).predict_proba(together[:4])[:, 1]
print("P(Y = 1) for the four cases: two features", p_apart, " joined", p_joined.round(3))

# %%
assert np.allclose(p_apart, 0.5)
assert np.allclose(p_joined, [0, 1, 1, 0], atol=0.01)

# %% [markdown]
# **What to notice.** With two features it knows nothing, after 2000 samples: 1/2 in every case. Joined into one feature with four values, it knows everything. If you know that two features only mean something together, join them. Naive Bayes cannot find that out by itself.

# %% [markdown]
# ## By hand: derive the counts (习题4.1)
#
# Counting gave good fractions. But why is "count and divide" right? The answer is maximum likelihood estimation (极大似然估计, MLE): choose the probabilities under which the observed table is most likely.
#
# **The unknowns.** $\theta_k=P(Y=c_k)$ and $\varphi_{kjl}=P(X^{(j)}=a_{jl}\mid Y=c_k)$. In each group they sum to 1: $\sum_k\theta_k=1$, and $\sum_l\varphi_{kjl}=1$ for each k and j.
#
# **Step 1: write down the log-likelihood (对数似然).** $\theta_{y_i}$ and $\varphi_{y_i\,j\,x_i}$ stand for the θ of sample i's class, and for the φ of its class and of its value of feature j.
#
# | | line | reason |
# |---|---|---|
# | (1) | $L=\log\prod_{i=1}^N P(x_i,y_i)$ | the samples are independent of each other |
# | (2) | $=\log\prod_i\Bigl[\theta_{y_i}\prod_j\varphi_{y_i\,j\,x_i}\Bigr]$ | joint = prior × likelihood, and the naive assumption |
# | (3) | $=\sum_i\log\theta_{y_i}+\sum_i\sum_j\log\varphi_{y_i\,j\,x_i}$ | the log of a product is the sum of the logs |
# | (4) | $=\sum_k N_k\log\theta_k+\sum_k\sum_j\sum_l n_{kjl}\log\varphi_{kjl}$ | collect equal terms: $\log\theta_k$ occurs $N_k$ times, $\log\varphi_{kjl}$ occurs $n_{kjl}$ times |
#
# Look at line (4). The letters of one group never meet those of another. So each group can be maximised alone.
#
# **Step 2: maximise one group.** Without the condition you would make every θ huge. A Lagrange multiplier (拉格朗日乘子) μ builds the condition in. (λ is already taken.)
#
# | | line | reason |
# |---|---|---|
# | (5) | $\Lambda=\sum_k N_k\log\theta_k+\mu\bigl(1-\sum_k\theta_k\bigr)$ | the goal, plus μ times the condition |
# | (6) | $\dfrac{\partial\Lambda}{\partial\theta_k}=\dfrac{N_k}{\theta_k}-\mu=0$ | at the maximum the slope is 0; the derivative of log θ is 1/θ |
# | (7) | $\theta_k=N_k/\mu$ | solve for $\theta_k$ |
# | (8) | $1=\sum_k\theta_k=\frac{1}{\mu}\sum_kN_k=N/\mu$, so $\mu=N$ | the condition; the class counts add up to N |
# | (9) | $\hat\theta_k=\dfrac{N_k}{N}$ | (8) in (7): the book's formula (4.8) |
#
# It is a maximum and not a minimum: the logarithm is concave (凹), so a sum of logs with weights $N_k\ge 0$ is concave too. (A class with $N_k=0$ has no term in the sum; θ = 0 leaves the most for the others, and (9) says the same.)
#
# **Step 3: the other groups.** For fixed k and j, the part $\sum_l n_{kjl}\log\varphi_{kjl}$ has the same form. Repeat (5)–(9) with $n_{kjl}$ in place of $N_k$. The multiplier becomes $\sum_l n_{kjl}=N_k$, because each sample of the class has exactly one value of feature j:
#
# $$\hat\varphi_{kjl}=\frac{n_{kjl}}{N_k},\qquad\text{the book's formula (4.9).}$$
#
# **Check it without any formula.** Let a general optimiser climb L on table 4.1: 14 unknowns, five conditions. It knows nothing about counting. `minimize` with the method SLSQP looks for the smallest value, so it gets −L; the conditions say that each group sums to 1.

# %%
groups = [np.array([6, 9])] + [row for c in (count1, count2) for row in c.to_numpy()]
n = np.concatenate(groups)                                 # all counts, (14,)
member = np.repeat(np.arange(5), [len(g) for g in groups])  # which group, (14,)
A = (member == np.arange(5)[:, None]).astype(float)        # A @ v = sum of each group, (5, 14)
start = 1 / A.sum(axis=1)[member]
climb = minimize(lambda v: -n @ np.log(v), start, jac=lambda v: -n / v, method="SLSQP",
                 bounds=[(1e-6, 1)] * 14, options={"ftol": 1e-12, "maxiter": 200},
                 constraints={"type": "eq", "fun": lambda v: A @ v - 1, "jac": lambda v: A})
counted = n / (A @ n)[member]
print("climbed:", climb.x.round(4), "\ncounted:", counted.round(4))

# %%
assert climb.success
assert np.allclose(climb.x, counted, atol=1e-3)
assert -n @ np.log(counted) <= climb.fun + 1e-9
assert np.allclose(counted[:2], [6 / 15, 9 / 15])

# %% [markdown]
# **What to notice.** The optimiser ends at the counts, from a start that knows nothing. The derivation is right on this table.
#
# ### Explain the shapes, then write it
#
# Three questions before you write.
#
# **a.** X has shape (N, D), `y` has shape (N,). What are the shapes of `y == 1` and of `X[y == 1, 0]`, on table 4.1?
#
# <details><summary>Answer</summary>
#
# `y == 1` is (15,), True or False for each row. Inside the brackets it picks the 9 rows where it is True; with column 0 you get shape (9,), the X1 codes of class 1.
#
# </details>
#
# **b.** What does `np.mean(X[y == 1, 0] == 2)` compute?
#
# <details><summary>Answer</summary>
#
# True counts as 1 and False as 0, so the mean is the share of True: P(X1 = code 2 | Y = 1). Code 2 is the value 3, so 4/9.
#
# </details>
#
# **c.** Why do you get the number of values $S_j$ as an argument, and not from the data?
#
# <details><summary>Answer</summary>
#
# A value may be possible and yet not in the data, or not in one of the classes. It still needs its column. For smoothing the number matters even more: it stands in the denominator.
#
# </details>

# %% tags=["exercise"]
def nb_prior_mle(y, classes):
    """Maximum likelihood estimate of the prior, formula (4.8).

    y (N,) labels; classes (K,) all labels → prior (K,) float64.
    prior[k] is the share of classes[k] among the labels, in the order of `classes`.
    A class that does not occur in y gets 0. Labels may be numbers or text.
    """
    # BEGIN SOLUTION  for each class: how often is y equal to it, divided by N?
    prior = np.array([np.sum(y == c) / len(y) for c in classes])
    # END SOLUTION
    return prior

# %%
check.nb_prior_mle(nb_prior_mle)

# %% tags=["exercise"]
def nb_conditional_mle(X, y, classes, S):
    """Maximum likelihood estimate of the conditional probabilities, formula (4.9).

    X (N, D) whole numbers, column j holds codes 0 … S[j]-1; y (N,) labels;
    classes (K,) all labels, each occurs in y; S: D whole numbers
    → list of D float64 arrays, entry j of shape (K, S[j]):
    row k, column l is P(feature j = l | Y = classes[k]). Each row sums to 1.
    """
    conditional = []
    for j in range(X.shape[1]):
        # BEGIN SOLUTION  rows: classes, columns: values 0 … S[j]-1; within the class, what share?
        table = np.array([[np.mean(X[y == c, j] == v) for v in range(S[j])] for c in classes])
        # END SOLUTION
        conditional.append(table)
    return conditional

# %%
check.nb_conditional_mle(nb_conditional_mle)

# %% [markdown]
# Your functions on table 4.1, against scikit-learn's:

# %%
classes = np.array([-1, 1])
yours = [nb_prior_mle(y, classes), *nb_conditional_mle(X, y, classes, S=(3, 3))]
theirs = [np.exp(model.class_log_prior_)] + [np.exp(t) for t in model.feature_log_prob_]
assert all(np.allclose(a, b) for a, b in zip(yours, theirs))
print(yours[1].round(4))

# %% [markdown]
# ## By hand: derive the smoothing (习题4.2)
#
# Adding λ looked like a trick. It is the answer to an honest question: what do you believe about θ if you had an opinion before you saw the data? That is Bayesian estimation (贝叶斯估计).
#
# **The opinion.** Give θ = (θ₁, …, θ_K) a density (密度) of its own, the symmetric Dirichlet distribution (狄利克雷分布) with parameter λ > 0:
#
# $$p(\theta)\;\propto\;\prod_{k=1}^{K}\theta_k^{\lambda-1}\qquad\text{for }\theta_k\ge 0,\ \sum_k\theta_k=1.$$
#
# ∝ means "equal up to a factor without θ". λ = 1 is flat: all θ are alike. A large λ favours θ near (1/K, …, 1/K). For K = 2 it is the Beta distribution.
#
# **Step 1: the posterior of θ.**
#
# | | line | reason |
# |---|---|---|
# | (1) | $p(\theta\mid y)\propto P(y\mid\theta)\,p(\theta)$ | Bayes' theorem; the bottom has no θ |
# | (2) | $\propto\prod_k\theta_k^{N_k}\cdot\prod_k\theta_k^{\lambda-1}$ | likelihood: one factor θ for each sample; then the opinion |
# | (3) | $=\prod_k\theta_k^{N_k+\lambda-1}$ | add the exponents: again a Dirichlet, with parameters $\alpha_k=N_k+\lambda$ |
#
# The data have added their counts to λ. So λ acts like λ samples of each class that you saw in an earlier life.
#
# **Step 2: one number from the density.** What is the probability that the *next* label is $c_k$? Average $\theta_k$ over all θ, weighted by how much you believe in each: the posterior mean. For the integral you need one fact, the constant of the Dirichlet: $\int\prod_k\theta_k^{\alpha_k-1}d\theta=B(\alpha)=\prod_k\Gamma(\alpha_k)\,/\,\Gamma(\sum_k\alpha_k)$. Γ is the factorial for real numbers: $\Gamma(z+1)=z\,\Gamma(z)$. Write $\alpha_+=\sum_k\alpha_k$.
#
# | | line | reason |
# |---|---|---|
# | (4) | $P(y_{new}=c_k\mid y)=\int\theta_k\,p(\theta\mid y)\,d\theta=E[\theta_k]$ | sum rule: over all θ |
# | (5) | $=\dfrac{1}{B(\alpha)}\displaystyle\int\theta_k\prod_r\theta_r^{\alpha_r-1}d\theta=\dfrac{B(\alpha\text{ with }\alpha_k+1)}{B(\alpha)}$ | one more factor $\theta_k$ raises its exponent by 1 |
# | (6) | $=\dfrac{\Gamma(\alpha_k+1)}{\Gamma(\alpha_k)}\cdot\dfrac{\Gamma(\alpha_+)}{\Gamma(\alpha_++1)}$ | all other Γ cancel |
# | (7) | $=\dfrac{\alpha_k}{\alpha_+}$ | $\Gamma(z+1)=z\,\Gamma(z)$, above and below |
# | (8) | $=\dfrac{N_k+\lambda}{N+K\lambda}$ | $\alpha_k=N_k+\lambda$; their sum is $N+K\lambda$: formula (4.11) |
#
# For each group φ of class k and feature j the same lines give formula (4.10): counts $n_{kjl}$, $S_j$ values, sum $N_k+S_j\lambda$.
#
# **Mean or peak?** You could also take the *highest point* of the posterior, the maximum a posteriori estimate (最大后验估计, MAP). Maximise $\sum_k(N_k+\lambda-1)\log\theta_k$ with Lagrange as before: $N_k+\lambda-1$ takes the place of $N_k$, so
#
# $$\hat\theta_k^{MAP}=\frac{N_k+\lambda-1}{N+K(\lambda-1)}.$$
#
# (For λ ≥ 1; below, an empty class would get a negative share.) With λ = 1 that is the MLE, no smoothing. The MAP equals (4.11) if you start from Dirichlet(λ + 1). So "add one" is the mean under a flat opinion, or the peak under Dirichlet(2). See both, on a fine grid of θ = P(Y = 1) with 9 of 15:

# %%
theta = np.linspace(0, 1, 100_001)[1:-1]
summary = {}
for lam in (1, 2):
    density = theta ** (9 + lam - 1) * (1 - theta) ** (6 + lam - 1)  # line (3)
    density /= density.sum() * 1e-5                                  # area 1
    summary[lam] = density, (theta * density).sum() * 1e-5, theta[density.argmax()]
    print(f"Dirichlet({lam}): mean {summary[lam][1]:.4f}, peak {summary[lam][2]:.4f}")
print(f"9/15 = {9 / 15:.4f}   10/17 = {10 / 17:.4f}   11/19 = {11 / 19:.4f}")

# %%
assert np.isclose(summary[1][1], 10 / 17, atol=1e-6)  # mean, flat opinion: formula (4.11)
assert np.isclose(summary[1][2], 9 / 15, atol=1e-4)   # peak, flat opinion: the MLE
assert np.isclose(summary[2][2], 10 / 17, atol=1e-4)  # peak, Dirichlet(2): (4.11) again
assert np.isclose(summary[2][1], 11 / 19, atol=1e-6)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.4), sharey=True)
for ax, (lam, (density, mean, peak)) in zip(axes, summary.items()):
    ax.plot(theta, density, color=plot.BLUE, label="after 9 of 15")
    ax.plot(theta, stats.beta(lam, lam).pdf(theta), color="#777777", ls="--", label="before")
    ax.axvline(mean, color=plot.GREEN, label=f"mean {mean:.3f}")
    ax.axvline(peak, color=plot.RED, ls=":", lw=2.2, label=f"peak {peak:.3f}")
    ax.set(xlabel="θ = P(Y = 1)", xlim=(0, 1))
    ax.legend(loc="upper left", fontsize=9)
axes[0].set(ylabel="density", title="λ = 1: the mean is 10/17")
axes[1].set_title("λ = 2: the peak is 10/17")
plt.show()

# %% [markdown]
# **Figure in words.** Two bell-like curves over θ. Left, from a flat opinion: the peak is at 0.600 and the mean a little lower at 0.588. Right, from an opinion that favours the middle: now the peak is at 0.588 and the mean lower still.
#
# **What to notice.** The curve leans, so its mean is not its peak. The same number 10/17 is a mean on the left and a peak on the right. Name the prior *and* the summary when someone asks where "add one" comes from.
#
# Three values work alike. Class −1 has the X1 counts 3, 2, 1. Check the mean by drawing from the posterior Dirichlet(4, 3, 2), and the peak of Dirichlet(2) with the optimiser:

# %%
counts = np.array([3, 2, 1])
draws = rng.dirichlet(counts + 1, size=200_000)           # (200000, 3), each row sums to 1
peak = minimize(lambda v: -(counts + 2 - 1) @ np.log(v), [1 / 3] * 3, method="SLSQP",
                bounds=[(1e-6, 1)] * 3, constraints={"type": "eq", "fun": lambda v: v.sum() - 1})
print("formula (4.10):", (np.array([4, 3, 2]) / 9).round(3))
print("mean of draws: ", draws.mean(axis=0).round(2), "  peak:", peak.x.round(2))

# %%
assert np.allclose(draws.mean(axis=0), [4 / 9, 3 / 9, 2 / 9], atol=0.003)
assert np.allclose(stats.dirichlet(counts + 1).mean(), [4 / 9, 3 / 9, 2 / 9])
assert np.allclose(peak.x, [4 / 9, 3 / 9, 2 / 9], atol=1e-3)

# %% [markdown]
# ### Write the Bayesian estimates
#
# **d.** In `(n + lam) / (counts[:, None] + S_j * lam)`, n has shape (K, S_j) and `counts` (K,). What does `[:, None]` do, and what would happen without it when K = S_j?
#
# <details><summary>Answer</summary>
#
# It makes `counts` a column of shape (K, 1), so each *row* k is divided by its own class count. Without it, NumPy lines `counts` up with the last axis and divides each *column* by a class count. If K ≠ S_j that is an error. If K = S_j it runs, and is silently wrong.
#
# </details>

# %% tags=["exercise"]
def nb_bayes_estimates(X, y, classes, S, lam):
    """Bayesian estimates of naive Bayes, formulas (4.11) and (4.10).

    X (N, D) codes, column j holds 0 … S[j]-1; y (N,) labels; classes (K,) all labels;
    S: D whole numbers; lam ≥ 0: the book's λ
    → prior (K,) float64, and a list of D float64 arrays, entry j of shape (K, S[j]).
    With lam > 0 a class may be missing in y, and values may be missing in a class:
    both get what the formulas say.
    """
    K, N = len(classes), len(y)
    counts = np.array([np.sum(y == c) for c in classes])  # (K,)
    # BEGIN SOLUTION  prior by (4.11); then for each feature count (K, S[j]) and use (4.10)
    prior = (counts + lam) / (N + K * lam)
    conditional = []
    for j in range(X.shape[1]):
        n = np.array([[np.sum(X[y == c, j] == v) for v in range(S[j])] for c in classes])
        conditional.append((n + lam) / (counts[:, None] + S[j] * lam))
    # END SOLUTION
    return prior, conditional

# %%
check.nb_bayes_estimates(nb_bayes_estimates)

# %%
prior_b, conditional_b = nb_bayes_estimates(X, y, classes, (3, 3), 1)
assert np.allclose(prior_b, [7 / 17, 10 / 17])
assert np.allclose(conditional_b[0], by_x1.astype(float))
assert np.allclose(conditional_b[1], by_x2.astype(float))
print("All fourteen numbers of 例4.2.")

# %% [markdown]
# ### Add logarithms, or the product dies
#
# Two features are few. A picture has hundreds of pixels. Multiply 400 probabilities of 0.1:

# %%
p = np.full(400, 0.1)
print("product:", np.prod(p), "   sum of logs:", np.log(p).sum().round(1))

# %%
assert np.prod(p) == 0
assert np.isclose(np.log(p).sum(), -921.0, atol=0.05)

# %% [markdown]
# **What to notice.** $10^{-400}$ is smaller than the smallest float, so the computer rounds it to 0: underflow (下溢). All classes get the score 0 and nothing can be compared. The sum of logs is an ordinary number, and the logarithm grows with its argument, so the largest log score belongs to the largest score. That is why scikit-learn stores `feature_log_prob_`.

# %% [markdown]
# **e.** `table` is (K, S_j) and `X[:, j]` is (N,). What is the shape of `table[:, X[:, j]]`?
#
# <details><summary>Answer</summary>
#
# (K, N): one column of the table is picked for each sample, and a column may be picked many times. `.T` makes it (N, K), one row a sample.
#
# </details>

# %% tags=["exercise"]
def nb_predict_log(X, classes, prior, conditional):
    """Classify in log space.

    X (N, D) codes; classes (K,) labels; prior (K,) > 0; conditional: list of D arrays,
    entry j (K, S_j) > 0
    → labels (N,), taken from `classes`, and log_joint (N, K) float64:
    log prior[k] + sum over j of log conditional[j][k, X[i, j]].
    A tie goes to the class that stands first.
    """
    # BEGIN SOLUTION  start with log prior in each row, add one log table a feature, then argmax
    log_joint = np.tile(np.log(prior), (len(X), 1))
    for j, table in enumerate(conditional):
        log_joint += np.log(table[:, X[:, j]]).T
    labels = classes[np.argmax(log_joint, axis=1)]
    # END SOLUTION
    return labels, log_joint

# %%
check.nb_predict_log(nb_predict_log)

# %% [markdown]
# Put your pieces together: 例4.2, and then real handwritten digits, 1797 pictures of 8 × 8 pixels with whole numbers from 0 to 16 (Alpaydin and Kaynak, 1998; in scikit-learn, from UCI, CC BY 4.0). Each pixel is a feature with 17 possible values.

# %%
digits = load_digits()
P, d = digits.data.astype(int), digits.target             # (1797, 64), (1797,)
P_train, P_test, d_train, d_test = train_test_split(P, d, test_size=0.3, stratify=d, random_state=0)

# %%
labels, log_joint = nb_predict_log(query, classes, prior_b, conditional_b)
print("例4.2:", labels, np.exp(log_joint).round(4))
mine = nb_bayes_estimates(P_train, d_train, np.arange(10), [17] * 64, 1)
labels, _ = nb_predict_log(P_test, np.arange(10), *mine)
theirs = CategoricalNB(min_categories=17, class_prior=mine[0]).fit(P_train, d_train)
print(f"digits: {(labels == d_test).mean():.2f} right")

# %%
assert (labels == theirs.predict(P_test)).all()
assert (labels == d_test).mean() > 0.85

# %% [markdown]
# **What to notice.** The few lines that you derived read handwriting, with the same answers as scikit-learn, picture by picture. Guessing would be right one time in ten.

# %% [markdown]
# ## Choose the model that fits your features
#
# All naive Bayes models multiply prior and likelihoods. They differ in one thing: what $P(X^{(j)}\mid Y)$ looks like.
#
# | class | a feature is | it assumes, within a class | it stores |
# |---|---|---|---|
# | `CategoricalNB` | a category, coded 0, 1, 2, …; the order means nothing | any probability for each value | a table (K, S_j) for each feature |
# | `MultinomialNB` | a count: how often a word occurs | a sample is made of draws from one big box of words | one probability for each class and feature |
# | `GaussianNB` | a measured number | a bell curve | mean and variance (方差) for each class and feature |
#
# (There are also `BernoulliNB` for yes/no features and `ComplementNB` for counts with very unequal classes.)
#
# ### Measure with bell curves: GaussianNB
#
# Fisher's iris flowers (150 flowers, 3 species, 4 lengths), wines (178 wines, 3 growers, 13 chemical measurements) and tumours (569, malignant or benign, 30 measurements); all in scikit-learn, from UCI, CC BY 4.0. `GaussianNB` needs nothing but `fit`. Compare with logistic regression, which you meet in [chapter 6](ch06_logistic_regression.ipynb). Each model predicts each sample with 5-fold cross-validation (交叉验证), five times with other folds: it never saw that sample. So each tumour counts five times. "Confidence" is the largest probability that the model gives. (`quality.xs(…)` below picks the rows of one model.)

# %%
sets = {"iris": load_iris(), "wine": load_wine(), "tumours": load_breast_cancer()}
logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
kinds = {"GaussianNB": GaussianNB(), "logistic regression": logistic}
rows, mistakes = {}, {}
for (name, s), (kind, m) in itertools.product(sets.items(), kinds.items()):
    folds = [StratifiedKFold(5, shuffle=True, random_state=k) for k in range(5)]
    p = np.vstack([cross_val_predict(m, s.data, s.target, cv=f, method="predict_proba")
                   for f in folds])
    hit, conf = p.argmax(axis=1) == np.tile(s.target, 5), p.max(axis=1)
    rows[name, kind] = hit.mean(), conf.mean()
    mistakes[name, kind] = conf[~hit]
quality = pd.DataFrame(rows, index=["accuracy", "mean confidence"]).T
quality.round(3)

# %%
gnb, lr = quality.xs("GaussianNB", level=1), quality.xs("logistic regression", level=1)
assert (gnb["accuracy"] > 0.93).all()
assert (gnb["mean confidence"] > gnb["accuracy"]).all()
assert (lr["mean confidence"] < lr["accuracy"]).all()
assert gnb.loc["tumours", "mean confidence"] - gnb.loc["tumours", "accuracy"] > 0.04
sure = {kind: (mistakes["tumours", kind] > 0.99).mean() for kind in kinds}
print({kind: f"{v:.0%} of its mistakes with confidence > 0.99" for kind, v in sure.items()})

# %%
assert sure["GaussianNB"] > 0.5
assert sure["logistic regression"] < 0.2

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.5))
for kind, colour, marker in (("GaussianNB", plot.RED, "o"),
                             ("logistic regression", plot.BLUE, "s")):
    q = quality.xs(kind, level=1)
    axes[0].scatter(q["accuracy"], q["mean confidence"], s=60, color=colour, marker=marker,
                    label=kind)
    axes[1].hist(mistakes["tumours", kind], bins=np.linspace(0.5, 1, 21), color=colour,
                 histtype="step", lw=2, ls="-" if kind == "GaussianNB" else "--", label=kind)
axes[0].plot([0.87, 1], [0.87, 1], color="#777777", ls=":")
axes[0].text(0.892, 0.884, "honest", color="#777777")
axes[0].set(xlabel="accuracy", ylabel="mean confidence", xlim=(0.87, 1), ylim=(0.87, 1),
            title="Naive Bayes claims too much")
axes[1].set(xlabel="confidence of wrong answers (tumours)", ylabel="wrong answers, five repeats",
            title="Most of its mistakes are “certain”")
axes[0].legend(loc="upper left", fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** Left, three red dots (GaussianNB) lie above the dotted diagonal where confidence equals accuracy; three blue squares (logistic regression) lie below it. Right, the red histogram of wrong answers has a tower at confidence 1; the blue one is low and spread out.
#
# **What to notice.** Three data sets, no tuning, and accuracy above 0.93. Now look at the probabilities: on the tumours more than half of its mistakes come with "more than 99 % sure". One reason you know: the 30 measurements hold near copies, such as radius, perimeter and area of the same cell nuclei. They are one witness who speaks three times.
#
# How many near copies? Ask the correlation coefficient (相关系数): it is ±1 when one feature is a straight-line function of the other. And does it help to drop the near copies? Go through the features and keep one only if it is not correlated above 0.7 with one that you kept.

# %%
C = load_breast_cancer().data
R = np.abs(np.corrcoef(C.T))                              # correlation coefficients
kept = []
for j in range(30):
    if all(R[j, i] < 0.7 for i in kept):
        kept.append(j)
hits, errors, certain = {}, {}, {}
sets_of_12 = {f"any 12, no. {k}": np.random.default_rng(k).choice(30, 12, replace=False)
              for k in range(4)}
for name, cols in {"all 30": range(30), f"{len(kept)} features": kept, **sets_of_12}.items():
    p = np.vstack([cross_val_predict(GaussianNB(), C[:, list(cols)], sets["tumours"].target, cv=f,
                                     method="predict_proba") for f in folds])
    hit = p.argmax(axis=1) == np.tile(sets["tumours"].target, 5)
    hits[name], certain[name] = hit.mean(), (p.max(axis=1)[~hit] > 0.99).mean()
    print(f"{name}: accuracy {hits[name]:.2f}, certain mistakes {certain[name]:.0%}")
print("pairs with a correlation above 0.9:", (R[np.triu_indices(30, k=1)] > 0.9).sum())

# %%
assert (R[np.triu_indices(30, k=1)] > 0.9).sum() == 21
assert certain["12 features"] < certain["all 30"] - 0.3
others = [certain[name] for name in sets_of_12]
assert certain["12 features"] < min(others) < max(others) < certain["all 30"]
assert 0.01 < hits["all 30"] - hits["12 features"] < 0.05

# %% [markdown]
# **What to notice.** With these 12 features the model is far less often certain when it is wrong. Part of that comes from multiplying fewer factors: any 12 features help. Twelve without near copies help most. It pays with a little accuracy: the copies were not *pure* copies. Use the labels of naive Bayes, and distrust its probabilities until you have checked them.
#
# ### Read short reviews with counts: MultinomialNB
#
# A text becomes numbers as a bag of words (词袋): count each word, forget the order. Here are 24 reviews with praise and 24 complaints, written for this lesson. They come in pairs with the same topic, so that only the judgement differs.

# %%
praise = """\
The soup was warm and the bread was fresh
Fast delivery and a friendly note in the parcel
I love this lamp, the light is soft and warm
Great sound, great price, I am happy
The staff was friendly and the room was clean
A good book, I read it in one night
The battery lasts all week, very good phone
Fresh fruit, clean tables, friendly people
This bag is strong and light, a great help on the road
The film was great and the music was lovely
Very happy with the shoes, they fit from the first day
The teacher explains well and the pace is good
Lovely tea, lovely cup, I will buy it again
The repair was quick and the price was fair
My son loves the puzzle, a good gift
The bed was soft and the night was quiet
Good coffee, quick service, fair price
The app is quick and clear, I use it every day
A happy evening, the food was fresh and hot
The bike rides well and the brakes are strong
Clear picture, good sound, great screen
I will come again, the cake was lovely
The jacket is warm and the colour is lovely
Quick answer from the shop, very friendly, great service""".splitlines()

# %%
complaints = """\
The soup was cold and the bread was old
Slow delivery and the parcel was broken
The lamp broke after one week, I want my money back
Poor sound, high price, I am angry
The staff was rude and the room was dirty
A boring book, I stopped after one chapter
The battery is empty after two hours, bad phone
Old fruit, dirty tables, rude people
This bag broke on the first day, a waste of money
The film was boring and the music was too loud
Very angry about the shoes, they hurt and the colour is wrong
The teacher is late and the pace is too slow
Cold tea, dirty cup, I will not buy it again
The repair was slow and the price was too high
My son hates the puzzle, two parts were missing
The bed was hard and the street was loud all night
Bad coffee, slow service, high price
The app is slow and it stops every day
A sad evening, the food was cold and late
The bike is loud and the brakes are weak
Dark picture, poor sound, broken screen
I will not come again, the cake was dry
The jacket is thin and the zip broke
No answer from the shop, very rude, bad service""".splitlines()

# %% [markdown]
# `CountVectorizer` makes the matrix of counts, one column a word (it drops words of a single letter). In a pipeline it learns its words from the training part only.

# %%
texts = np.array(praise + complaints)
mood = np.repeat(["praise", "complaint"], 24)
reader = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, mood)
words = reader[0].get_feature_names_out()
bag = reader[0].transform(texts)
print("counts:", bag.shape, f" zeros: {1 - bag.nnz / np.prod(bag.shape):.0%}")
print("first row:", {words[j]: int(bag[0, j]) for j in bag[0].nonzero()[1]})

# %%
assert bag.shape == (48, 141)
assert 1 - bag.nnz / np.prod(bag.shape) > 0.9

# %% [markdown]
# The model stores $P(\text{word}\mid\text{class})$: draw one word from all words of a class, how likely is this one? With smoothing it is $(n_{kw}+\alpha)/(n_k+141\,\alpha)$: $n_{kw}$ counts word w in class k, $n_k$ all words of the class, and 141 is the number of different words. The log ratio of the two classes tells which words speak loudest.

# %%
nb = reader[-1]
ratio = nb.feature_log_prob_[1] - nb.feature_log_prob_[0]  # classes_: complaint, praise
order = ratio.argsort(kind="stable")
ends = np.r_[order[:8], order[-8:]]
assert list(nb.classes_) == ["complaint", "praise"]
assert {"slow", "cold", "bad", "after"} <= set(words[order[:8]])
assert set(words[order[-3:]]) == {"good", "great", "lovely"}

# %%
fig, ax = plt.subplots(figsize=(7, 4.4))
ax.barh(words[ends], ratio[ends], color=np.where(ratio[ends] > 0, plot.BLUE, plot.ORANGE),
        edgecolor="black", lw=0.6)
ax.axvline(0, color="black", lw=1)
ax.set(xlabel="← complaint      log ratio      praise →",
       title="Most of the loudest words judge; “after” is an accident")
plt.show()

# %% [markdown]
# **Figure in words.** Sixteen words with bars. Words like "slow", "cold" and "bad" point to complaint; "good", "great" and "lovely" point to praise.
#
# **What to notice.** Nobody gave it a dictionary. It also believes that "after" is a complaint: three texts are enough to start a superstition. Now test it. Hold out one pair of texts at a time, train on the other 46, and predict the pair. `LeaveOneGroupOut` does that; the group is the number of the pair.

# %%
pair = np.tile(np.arange(24), 2)
fresh = make_pipeline(CountVectorizer(), MultinomialNB())
predicted = cross_val_predict(fresh, texts, mood, cv=LeaveOneGroupOut(), groups=pair)
print(f"right: {(predicted == mood).sum()} of 48. Wrong:", *texts[predicted != mood], sep="\n  ")

# %%
assert (predicted == mood).mean() > 0.85

# %% [markdown]
# **What to notice.** Most are right, from 46 tiny texts. Such a filter against spam was the first great success of naive Bayes, and in stage 5 a bag of words is the baseline that the deep models have to beat. But what does the model not see?

# %%
tests = ["good, not bad", "bad, not good", "not good, not friendly, not fresh"]
for text, p in zip(tests, reader.predict_proba(tests)):
    print(f"{text:<35} {reader.classes_[p.argmax()]:<10} {p.max():.2f}")
p_tests = reader.predict_proba(tests)

# %%
assert np.allclose(p_tests[0], p_tests[1])
assert p_tests[2, 1] > 0.8

# %% [markdown]
# **What to notice.** The first two texts are opposites and get the same answer: they are the same bag. The third is a complaint that the model takes for praise, because "not" is counted apart from "good". That is conditional independence again. Stage 4 brings models that read in order.
#
# ### Draw from the model
#
# A model of $P(Y)P(X\mid Y)$ can do something that most classifiers cannot: it can make new samples. For a digit, draw each pixel from its table. What do you expect a naive artist to paint?

# %%
artist = CategoricalNB(alpha=0.1, min_categories=17).fit(P, d)
tables = np.exp(artist.feature_log_prob_)                  # (64 pixels, 10 digits, 17 values)
mean = (tables * np.arange(17)).sum(axis=2).T              # mean picture of each digit, (10, 64)
rng = np.random.default_rng(1)
new = [[rng.choice(17, p=t[k]) for t in tables] for k in range(10)]
real = [P[d == k][0] for k in range(10)]
pictures = np.concatenate([real, mean, new]).reshape(30, 8, 8)

# %%
rows = np.repeat(["real", "mean", "drawn"], 10)
plot.images(pictures, titles=[f"{r} {k}" for r, k in zip(rows, [*range(10)] * 3)], columns=10,
            height=0.85, vmin=0, vmax=16,
            title="The mean of its drawings is right, each single one falls apart")
plt.show()

# %% [markdown]
# **Figure in words.** Three rows of ten small digits: real ones, the mean picture of each class, and pictures drawn from the model. The drawn ones show the rough shape of the digit, with holes and stray spots like a bad television picture.
#
# **What to notice.** Each drawn pixel is right on its own, but it does not know its neighbours. Measure it on two pixels that touch, number 20 and 28, within each class:

# %%
real_pairs = np.mean([np.corrcoef(P[d == k][:, [20, 28]].T)[0, 1] for k in range(10)])
paint = [[rng.choice(17, p=tables[j, k], size=1000) for j in (20, 28)] for k in range(10)]
drawn_pairs = np.mean([np.corrcoef(z)[0, 1] for z in paint])
print(f"correlation within a class, mean of ten: real {real_pairs:.1f}, drawn {abs(drawn_pairs):.1f}")

# %%
assert real_pairs > 0.25
assert abs(drawn_pairs) < 0.05

# %% [markdown]
# ### Compare generative with discriminative
#
# Naive Bayes learns how each class *makes* its samples, P(Y) and P(X | Y), and turns that round with Bayes' theorem: a generative approach (生成方法). Logistic regression learns P(Y | X) directly and never asks what a sample looks like: a discriminative approach (判别方法). [Chapter 1](ch01_overview.ipynb) has the two words. Which one learns faster? Train both on 10, 20, … 320 tumours and test on the rest, 20 splits each.

# %%
T, t = sets["tumours"].data, sets["tumours"].target
sizes = [10, 20, 40, 80, 160, 320]
curve = {kind: [] for kind in kinds}
for size, seed in itertools.product(sizes, range(20)):
    A_, B_, a_, b_ = train_test_split(T, t, train_size=size, stratify=t, random_state=seed)
    for kind, m in kinds.items():
        curve[kind].append(m.fit(A_, a_).score(B_, b_))
curve = {kind: np.reshape(v, (6, 20)).mean(axis=1) for kind, v in curve.items()}
print(pd.DataFrame(curve, index=sizes).round(2).T)

# %%
g, l_ = curve["GaussianNB"], curve["logistic regression"]
assert abs(g[5] - g[2]) < 0.01       # 40 samples: naive Bayes is at its final level
assert l_[5] - l_[2] > 0.015         # logistic regression still climbs
assert l_[5] - g[5] > 0.025
assert abs(g[0] - l_[0]) < 0.03

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
for (kind, v), colour, marker in zip(curve.items(), (plot.RED, plot.BLUE), "os"):
    ax.plot(sizes, v, marker + "-", color=colour, label=kind)
ax.set(xscale="log", xlabel="tumours for training", ylabel="test accuracy (mean of 20)",
       title="Naive Bayes is done after 40 samples; the other goes on")
ax.set_xticks(sizes, [str(s) for s in sizes])
ax.minorticks_off()
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Two curves over the number of training samples. Both begin near 0.9. The red one (GaussianNB) becomes flat at 40 samples, near 0.94; the blue one (logistic regression) passes it and climbs to about 0.98.
#
# **What to notice.** The naive assumption is a strong opinion. It replaces data: naive Bayes needs few samples to be as good as it will ever be. But where the opinion is wrong, more data cannot repair it. Ng and Jordan (2001) found this pattern. They also report that naive Bayes often *wins* with little data; on these tumours the two are level there.

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out.**
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D) | `CategoricalNB`: whole numbers 0, 1, …; `MultinomialNB`: counts ≥ 0, sparse allowed; `GaussianNB`: any numbers. Text or NaN: `ValueError` |
# | in | `y` | (N,), any labels, also text | |
# | in | `sample_weight` | (N,) | argument of `fit`: weight 2 counts a sample twice |
# | out | `classes_`, `class_count_` | (K,) | sorted labels; $N_k$ |
# | out | `class_log_prior_` | (K,) | log of the prior; `GaussianNB` has `class_prior_` without log |
# | out | `feature_log_prob_` | list of D arrays (K, S_j) | `CategoricalNB`: log of (4.10); the counts are in `category_count_` |
# | out | `feature_log_prob_` | (K, D) | `MultinomialNB`: log P(word \| class); counts in `feature_count_` |
# | out | `theta_`, `var_` | (K, D) | `GaussianNB`: mean and variance of each feature in each class |
# | out | `n_categories_` | (D,) | `CategoricalNB`: the $S_j$ it used |
# | out | `predict_joint_log_proba(X)` | (N, K) | log of prior × likelihood |
# | out | `predict_proba(X)`, `predict(X)` | (N, K), (N,) | posterior; label of the largest |

# %%
cat, mul, gau = (m.fit(X, y) for m in (CategoricalNB(), MultinomialNB(), GaussianNB()))
print("CategoricalNB:", [t.shape for t in cat.feature_log_prob_], "S_j:", cat.n_categories_)
print("MultinomialNB:", mul.feature_log_prob_.shape, " GaussianNB:", gau.theta_.shape)
log_scores = cat.predict_joint_log_proba(X)
by_hand = np.exp(log_scores - logsumexp(log_scores, axis=1, keepdims=True))

# %%
assert np.allclose(by_hand, cat.predict_proba(X))  # logsumexp: log of a sum of exp, no underflow
assert cat.class_count_.tolist() == [6, 9]
assert cat.category_count_[0].tolist() == [[3, 2, 1], [2, 3, 4]]
twice = CategoricalNB().fit(X, y, sample_weight=np.full(15, 2))
assert np.allclose(twice.predict_proba(X), CategoricalNB().fit(np.r_[X, X], np.r_[y, y])
                   .predict_proba(X))
assert np.allclose(gau.var_[0], X[y == -1].var(axis=0))    # divided by N_k: the MLE

# %% [markdown]
# **What you can turn.**
#
# | parameter | of | default | effect |
# |---|---|---|---|
# | `alpha` | Categorical, Multinomial | 1.0 | λ in the likelihoods, never in the prior; 0 is plain counting (trap 1); an array of shape (D,) is allowed in `MultinomialNB` |
# | `class_prior` | Categorical, Multinomial | None | your own prior, in the order of `classes_`; wins over `fit_prior`. Its sum is not checked (trap 5) |
# | `fit_prior` | Categorical, Multinomial | True | False: the prior is 1/K for all classes |
# | `min_categories` | Categorical | None | $S_j$ is at least this: a number, or one number for each feature (trap 2) |
# | `force_alpha` | Categorical, Multinomial | True | False: an `alpha` below $10^{-10}$ is lifted to $10^{-10}$ |
# | `priors` | Gaussian | None | the same as `class_prior`, under another name; here the sum must be 1 |
# | `var_smoothing` | Gaussian | $10^{-9}$ | this share of the *largest* variance of any feature is added to every variance (trap 6) |
#
# The method `partial_fit(X, y, classes)` takes data in pieces. Counts add up, so the pieces give the same model as all at once:

# %%
pieces = MultinomialNB()
for part in np.array_split(np.arange(len(P)), 5):
    pieces.partial_fit(P[part], d[part], classes=np.arange(10))
assert np.allclose(pieces.feature_log_prob_, MultinomialNB().fit(P, d).feature_log_prob_)
uniform = CategoricalNB(fit_prior=False).fit(X, y)
assert np.allclose(np.exp(uniform.class_log_prior_), 0.5)

# %% [markdown]
# Now turn `alpha` on the digits. Train on 100 pictures only, so that many pixel values were never seen in some class; test on the rest; 8 splits. For `MultinomialNB` a pixel is a count of ink: "0 to 16 drops here". Beside it `var_smoothing` for `GaussianNB`, trained on the same pictures.

# %%
alphas = [1e-10, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]
smooth = [1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 0.1, 1, 10]
settings = ([CategoricalNB(alpha=a, min_categories=17) for a in alphas]
            + [MultinomialNB(alpha=a) for a in alphas]
            + [GaussianNB(var_smoothing=v) for v in smooth])
found = np.zeros((8, 24))
for seed in range(8):
    P_a, P_b, d_a, d_b = train_test_split(P, d, train_size=100, stratify=d, random_state=seed)
    found[seed] = [m.fit(P_a, d_a).score(P_b, d_b) for m in settings]
c_score, m_score, g_score = found.mean(axis=0).reshape(3, 8)
by_alpha = {"CategoricalNB": c_score, "MultinomialNB": m_score}
print(pd.DataFrame(by_alpha, index=[f"{a:g}" for a in alphas]).round(2).T, end="\n\n")
print(pd.DataFrame({"GaussianNB": g_score}, index=[f"{v:g}" for v in smooth]).round(2).T)

# %%
assert c_score[4] - c_score[0] > 0.05
assert c_score[4] - c_score[7] > 0.015
assert m_score[4] - m_score[0] > 0.02
assert g_score[5] - g_score[1] > 0.1
assert m_score.max() > c_score.max() + 0.04

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
axes[0].plot(alphas, m_score, "s-", color=plot.GREEN, label="MultinomialNB")
axes[0].plot(alphas, c_score, "o-", color=plot.PURPLE, label="CategoricalNB")
axes[1].plot(smooth, g_score, "D-", color=plot.RED, label="GaussianNB")
axes[0].axvline(1, color="#777777", ls=":")
axes[1].axvline(1e-9, color="#777777", ls=":")
axes[0].set(xscale="log", xlabel="alpha", ylabel="test accuracy, 100 training digits",
            title="Zeros hurt, and so does too much")
axes[1].set(xscale="log", xlabel="var_smoothing", title="The default is too small here")
axes[0].legend(loc=(0.02, 0.5))
axes[1].legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, two curves over alpha on a logarithmic axis. Both are lowest at 1e-10; CategoricalNB has its top near 1 and falls again, MultinomialNB rises slowly up to 10. Right, GaussianNB rises by more than a tenth from its default to about 0.1. Dotted lines mark the defaults.
#
# **What to notice.** Almost no smoothing is bad: one unseen value has the power to veto. Too much is bad too, most of all for `CategoricalNB`: with ten pictures of a class, alpha = 10 adds 170 invented counts to each pixel, and the ten real ones drown. `MultinomialNB` beats it with 100 pictures. It knows that 12 drops are nearly 13 drops, while to `CategoricalNB` they are two unrelated names. `GaussianNB` meets pixels that are 0 in all training pictures of a class: variance 0, an infinitely thin bell. `var_smoothing` widens it.
#
# **Try it.** Set `train_size=1000`. Expect the left half of both curves to rise and to become flatter: with more data, fewer values are unseen. (One assert then complains, rightly.) Undo it afterwards.

# %% [markdown]
# ## Traps
#
# ### Trap 1: `alpha=0` and a zero count
#
# Leave row 15 out again, count without smoothing, and ask about (3, S). Then give both classes an impossible value. `catch_warnings(record=True)` collects the warnings instead of showing them.

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    zero = CategoricalNB(alpha=0, min_categories=4).fit(X[:14], y[:14])
    for x in ([[2, 0]], [[3, 0]]):
        print("log scores", zero.predict_joint_log_proba(x)[0].round(2), " posterior",
              zero.predict_proba(x)[0], " answer", zero.predict(x)[0])
    nothing = zero.predict_proba([[3, 0]])
print("warnings:", sorted({w.category.__name__ for w in caught}))

# %%
assert np.isnan(nothing).all()
assert zero.predict([[3, 0]])[0] == zero.classes_[0]
assert {w.category for w in caught} == {RuntimeWarning}

# %% [markdown]
# **What to notice.** First: −inf for class −1, so +1 is "certain". Second: both are −inf, the posterior is NaN (not a number), and `predict` still answers: silently the first class. You get a label that means nothing. **Right:** `alpha` > 0.
#
# ### Trap 2: a value that training never saw
#
# Your colleague's file has X1 = 4, code 3. Trained on codes 0 to 2:

# %%
try:
    CategoricalNB().fit(X, y).predict([[3, 0]])
except IndexError as error:
    print("IndexError:", error)
else:
    raise AssertionError("no error")
four = CategoricalNB(min_categories=[4, 3]).fit(X, y)
print("min_categories=[4, 3]: S_j =", four.n_categories_, " answer", four.predict([[3, 0]]))

# %%
assert four.n_categories_.tolist() == [4, 3]
assert np.allclose(np.exp(four.feature_log_prob_[0][:, 3]), [1 / 10, 1 / 13])

# %% [markdown]
# **Right.** Tell it how many values are *possible*: `min_categories`. Each class then has λ/(N_k + 4λ) for the unseen one.
#
# ### Trap 3: text, and numbers with a fraction
#
# `CategoricalNB` does not read names. That at least is loud. Numbers with a fraction are worse: it cuts them off and says nothing.

# %%
try:
    CategoricalNB().fit(table[["X1", "X2"]], y)
except ValueError as error:
    print("ValueError:", error)
else:
    raise AssertionError("no error")
cut = CategoricalNB().fit([[0.1], [0.9], [1.2], [1.8]], [0, 0, 1, 1])
print("0.1, 0.9 | 1.2, 1.8 are counted as", cut.category_count_[0].tolist())

# %%
assert cut.category_count_[0].tolist() == [[2, 0], [0, 2]]

# %% [markdown]
# **Right.** `OrdinalEncoder` for names, `GaussianNB` for measurements.
#
# ### Trap 4: MultinomialNB on codes
#
# Both have "NB" in the name, both eat whole numbers. Give table 4.1 to the wrong one:

# %%
wrong_tool = MultinomialNB().fit(X, y)
print("MultinomialNB on codes:", wrong_tool.predict(query), " book:", mended.predict(query))

# %%
assert wrong_tool.predict(query) == [1]
assert mended.predict(query) == [-1]

# %% [markdown]
# **What to notice.** The other label, without a complaint. `MultinomialNB` reads code 2 for "L" as "the word X2 occurs twice", and code 0 for "S" as "nothing there", so S gets no vote. **Right:** codes → `CategoricalNB`, counts → `MultinomialNB`.
#
# ### Trap 5: a prior in the wrong order
#
# `class_prior` follows `classes_`, and that is sorted: −1, 1. Write it in the order in which the book talks, Y = 1 first:

# %%
turned = CategoricalNB(class_prior=[10 / 17, 7 / 17]).fit(X, y)
counts_as_prior = CategoricalNB(class_prior=[7, 10]).fit(X, y)
for name, m in (("right", mended), ("turned", turned), ("counts", counts_as_prior)):
    print(f"{name:<7} posterior {m.predict_proba(query)[0].round(4)}"
          f"  sum of scores {np.exp(m.predict_joint_log_proba(query)).sum():.2f}")

# %%
assert not np.allclose(turned.predict_proba(query), mended.predict_proba(query), atol=0.1)
assert np.allclose(counts_as_prior.predict_proba(query), mended.predict_proba(query))
assert np.exp(counts_as_prior.predict_joint_log_proba(query)).sum() > 1
try:
    GaussianNB(priors=[7, 10]).fit(X, y)
except ValueError as error:
    print("GaussianNB checks it. ValueError:", error)

# %% [markdown]
# **What to notice.** The turned prior gives another posterior and no error. Numbers that do not sum to 1 pass too; the posterior survives, because the factor cancels, but the scores are no joint probabilities any more.
#
# ### Trap 6: one feature with huge numbers
#
# `GaussianNB` treats each feature alone, so its scale should not matter. Add one useless column to the iris data, noise of about a million:

# %%
iris = sets["iris"]
noise = np.random.default_rng(0).normal(size=(150, 1)) * 1e6
wide = np.hstack([iris.data, noise])
scaled = make_pipeline(StandardScaler(), GaussianNB())
result = {name: cross_val_score(m, Z, iris.target, cv=folds[0]).mean()
          for name, m, Z in (("iris", GaussianNB(), iris.data), ("with noise", GaussianNB(), wide),
                             ("scaled", scaled, wide))}
print({name: round(float(v), 2) for name, v in result.items()})

# %%
assert result["iris"] > 0.9
assert result["with noise"] < 0.5
assert result["scaled"] > 0.9

# %% [markdown]
# **What to notice.** From excellent to guessing. `var_smoothing` adds $10^{-9}$ of the largest variance, $10^{-9}\cdot 10^{12}=1000$, to *every* variance. A petal that varies by half a centimetre drowns in it. **Right:** `StandardScaler` first.
#
# ### Trap 7: S_j counted from the class
#
# Some public code for this chapter takes $S_j$ from the values that it *saw in the class*. On table 4.1 that goes unnoticed, because each class has seen everything. Leave out row 15 and it breaks:

# %%
seen = count1.loc[-1].to_numpy() - [0, 0, 1]               # X1 counts of class -1: 3, 2, 0
bad = {v: F(int(n) + 1, int(seen.sum()) + 2) for v, n in zip((1, 2), seen)}
good = {v: F(int(n) + 1, int(seen.sum()) + 3) for v, n in zip((1, 2, 3), seen)}
print("bad :", {v: str(p) for v, p in bad.items()}, " X1 = 3: KeyError")
print("good:", {v: str(p) for v, p in good.items()})

# %%
assert good == {1: F(4, 8), 2: F(3, 8), 3: F(1, 8)}
library = CategoricalNB().fit(X[:14], y[:14])
assert np.allclose(np.exp(library.feature_log_prob_[0][0]), [4 / 8, 3 / 8, 1 / 8])

# %% [markdown]
# **What to notice.** The bad version has nothing for X1 = 3, and its other two values take 7/7 of the probability. scikit-learn takes $S_j$ from the whole column, so the other class helped it here. A value that *no* class has seen needs `min_categories`.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part.
#
# ### Forget the prior and nobody notices
#
# Some public code for this chapter leaves the prior out. Would a test on labels find it? Compare all nine possible samples, λ = 0.

# %%
grid = np.array(list(itertools.product(range(3), range(3))))
joint_all = CategoricalNB(alpha=0).fit(X, y).predict_joint_log_proba(grid)
bare = joint_all - np.log([6 / 15, 9 / 15])
print("labels that change:", (joint_all.argmax(axis=1) != bare.argmax(axis=1)).sum(), "of 9")
print("scores of (2, S):", np.exp(joint_all[3]).round(4), "→", np.exp(bare[3]).round(4))

# %%
assert (joint_all.argmax(axis=1) == bare.argmax(axis=1)).all()
assert np.allclose(np.exp(bare[3]), [1 / 6, 1 / 27])

# %% [markdown]
# **What to notice.** None of nine. So compare *scores* with the book, 1/15 and 1/45, not labels. That is what the checks above do. Another slip in public notes is the hand sum 6/15 · 1/6 · 3/6 = 1/15: the result is right, the middle factor is not (it is 2/6).

# %%
assert F(6, 15) * F(1, 6) * F(3, 6) != F(1, 15) == F(6, 15) * F(2, 6) * F(3, 6)

# %% [markdown]
# ### Ask what `force_alpha` protects from
#
# `alpha=0` is really 0, because `force_alpha=True` is the default. With False, scikit-learn replaces it by $10^{-10}$ and warns. On table 4.1 no digit changes:

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    lifted = CategoricalNB(alpha=0, force_alpha=False).fit(X, y)
print(caught[0].category.__name__, "·", lifted.predict_proba(query).round(6))

# %%
assert caught
assert np.allclose(lifted.predict_proba(query), [[0.75, 0.25]])

# %% [markdown]
# ### Use MultinomialNB on one-hot columns
#
# `OneHotEncoder` gives each value a column of 0 and 1. On table 4.1 `MultinomialNB` on those columns gives the posterior of `CategoricalNB` (0.64 for (2, S), since neither smooths the prior). Always? Its denominator is $D\,N_k+\lambda\sum_jS_j$, one for all features; the book has $N_k+S_j\lambda$ for each. Up to the factor D, which is the same for all classes, they agree if all $S_j$ are equal, or if λ → 0. Table 4.1 has $S_1=S_2=3$. Make them differ:

# %%
def gap(X_, S, alpha):
    """Largest difference of the two posteriors over the rows of X_."""
    hot = OneHotEncoder(categories=[range(s) for s in S], sparse_output=False).fit_transform(X_)
    a = MultinomialNB(alpha=alpha).fit(hot, y).predict_proba(hot)
    b = CategoricalNB(alpha=alpha, min_categories=S).fit(X_, y).predict_proba(X_)
    return np.abs(a - b).max()


print(f"S = (3, 3): {gap(X, [3, 3], 1):.3f}   S = (3, 30): {gap(X, [3, 30], 1):.3f}"
      f"   S = (3, 30), alpha → 0: {gap(X, [3, 30], 1e-9):.3f}")

# %%
assert gap(X, [3, 3], 1) < 1e-12
hot_41 = OneHotEncoder(categories=[range(3)] * 2, sparse_output=False).fit(X)
assert np.isclose(MultinomialNB().fit(hot_41.transform(X), y).predict_proba(hot_41.transform(query))[0, 0], 0.64)
assert gap(X, [3, 30], 1) > 0.01
assert gap(X, [3, 30], 1e-9) < 1e-6

# %% [markdown]
# ### Beware of the twin
#
# The reviews come in pairs with the same topic and opposite judgement. Leave out *one text* at a time instead of one pair, and look:

# %%
alone = cross_val_predict(fresh, texts, mood, cv=LeaveOneOut())
print(f"pairs left out: {(predicted == mood).mean():.2f}   single texts left out: "
      f"{(alone == mood).mean():.2f}")

# %%
assert (predicted == mood).mean() - (alone == mood).mean() > 0.2

# %% [markdown]
# **What to notice.** The same model, the same texts, and a much *worse* score. The twin stays in the training part and votes with "soup", "bread" and "parcel" for the wrong class. Rows that belong together must stay together when you split, or the score means something else than you think.
#
# ### Meet the same table in chapter 6
#
# Logistic regression on the one-hot columns of table 4.1 asks for P(Y | X) directly. `C=np.inf` switches its penalty off.

# %%
hot = OneHotEncoder(sparse_output=False).fit(X)
direct = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=1000)
direct.fit(hot.transform(X), y)
print("P(Y = -1 | 2, S): naive Bayes 0.7500, logistic regression",
      direct.predict_proba(hot.transform(query))[0, 0].round(4))

# %%
assert 0.74 < direct.predict_proba(hot.transform(query))[0, 0] < 0.7499

# %% [markdown]
# **What to notice.** Near, but not the same: two questions to the same table. [The lesson on maximum entropy](ch06_maximum_entropy.ipynb) takes this up.
#
# ### Write the bell curve in log space (challenge)
#
# `GaussianNB` assumes that feature j in class k has the density
#
# $$p(x^{(j)}\mid c_k)=\frac{1}{\sqrt{2\pi\sigma_{kj}^2}}\exp\Bigl(-\frac{(x^{(j)}-\mu_{kj})^2}{2\sigma_{kj}^2}\Bigr).$$
#
# The MLE of μ and σ² are the mean and the variance of the class (set the derivatives of the log-likelihood to zero; try it on paper). Take the logarithm of the density, and write the log joint.

# %% tags=["exercise", "challenge"]
def nb_gaussian_log_joint(X, prior, mean, var):
    """Log joint of Gaussian naive Bayes.

    X (N, D); prior (K,); mean (K, D); var (K, D), the variances σ² > 0
    → (N, K) float64: log prior[k] + sum over j of the log density of X[i, j]
    under the bell curve of class k and feature j.
    """
    # BEGIN SOLUTION  gap (N, K, D) by broadcasting; log density; sum over the last axis
    gap = X[:, None, :] - mean
    log_density = -0.5 * (np.log(2 * np.pi * var) + gap**2 / var)
    log_joint = np.log(prior) + log_density.sum(axis=2)
    # END SOLUTION
    return log_joint

# %%
check.nb_gaussian_log_joint(nb_gaussian_log_joint)

# %% [markdown]
# ## Check yourself
#
# **1.** With the numbers of 例4.2 (λ = 1), which label gets (3, M)? Calculate on paper, then run.
#
# <details><summary>Answer</summary>
#
# Y = 1: 10/17 · 5/12 · 5/12 = 125/1224 ≈ 0.102. Y = −1: 7/17 · 2/9 · 3/9 = 14/459 ≈ 0.031. So +1.
#
# </details>

# %%
scores = {c: prior[c] * by_x1.loc[c, 3] * by_x2.loc[c, "M"] for c in (1, -1)}
print({c: str(s) for c, s in scores.items()})
assert scores == {1: F(125, 1224), -1: F(14, 459)}

# %% [markdown]
# **2.** Copy every row of table 4.1, so that there are 30. Does the posterior of (2, S) change with λ = 0? With λ = 1? Answer, then run.
#
# <details><summary>Answer</summary>
#
# With λ = 0 it stays 0.75: all shares are the same. With λ = 1 it moves towards 0.75: the same λ has less weight against more counts. So smoothing disappears by itself as data grow.
#
# </details>

# %%
for lam in (0, 1):
    once = nb_bayes_estimates(X, y, classes, (3, 3), lam)
    double = nb_bayes_estimates(np.r_[X, X], np.r_[y, y], classes, (3, 3), lam)
    both = [np.exp(nb_predict_log(query, classes, *e)[1][0]) for e in (once, double)]
    print(f"λ = {lam}:", *[(s / s.sum()).round(3) for s in both])
    assert lam == 1 or np.allclose(*[s / s.sum() for s in both])

# %%
assert 0.66 < both[1][0] / both[1].sum() < 0.74

# %% [markdown]
# **3.** In 例4.2 the posterior of (2, S) is 28/43 for −1. Suppose that overlooking a +1 costs 4, and a false alarm costs 1. What should you answer? Answer, then run.
#
# <details><summary>Answer</summary>
#
# Saying −1 costs 4 · 15/43 = 60/43 on average, saying +1 costs 1 · 28/43. Say +1, although −1 is likelier. The largest posterior is best for the 0-1 loss only.
#
# </details>

# %%
p_minus = F(28, 43)
expected_cost = {"say -1": 4 * (1 - p_minus), "say +1": 1 * p_minus}
print({answer: str(cost) for answer, cost in expected_cost.items()})
assert expected_cost["say +1"] < expected_cost["say -1"]

# %% [markdown]
# **4.** Which model: (a) age and blood pressure, (b) words of a mail, (c) colour and brand of a car?
#
# <details><summary>Answer</summary>
#
# (a) `GaussianNB`, (b) `MultinomialNB`, (c) `CategoricalNB`. If you have (a) and (c) together: fit one model on each part, add their log joints, and subtract one log prior, because it is in both.
#
# </details>
#
# **5.** Someone says: "add-one smoothing is the MAP estimate under a flat prior." What is wrong?
#
# <details><summary>Answer</summary>
#
# Under a flat prior, Dirichlet(1), the MAP is the MLE: no smoothing. Add-one is the posterior *mean* under Dirichlet(1), or the MAP under Dirichlet(2).
#
# </details>
#
# **6.** A naive Bayes model says 0.9999. What do you ask before you believe it?
#
# <details><summary>Answer</summary>
#
# Whether features repeat each other. Near copies are multiplied as if they were independent witnesses, and push the posterior to 0 or 1. Compare confidence and accuracy on held-out data.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *Naive Bayes is a generative classifier. It learns the prior P(Y) and the likelihoods P(X | Y), assumes that the features are independent within each class, multiplies, and answers with the class of the largest posterior; under the 0-1 loss that has the smallest expected risk. The maximum likelihood estimates are shares of counts: Lagrange, one multiplier for each group. A zero count would veto everything, so you use the Bayesian estimate: add λ to each count and S_j·λ, or K·λ, to the total; it is the posterior mean under a symmetric Dirichlet prior. Add logs instead of multiplying. scikit-learn smooths the likelihoods and not the prior. The labels are often good, the probabilities too extreme.*
#
# **Links.** 李航《统计学习方法》 chapter 4, sections 4.1–4.2, 算法4.1, 例4.1, 例4.2, 习题4.1, 4.2 · P. Domingos and M. Pazzani, "On the optimality of the simple Bayesian classifier under zero-one loss", 1997 · A. Y. Ng and M. I. Jordan, "On discriminative vs. generative classifiers: a comparison of logistic regression and naive Bayes", 2001 · [scikit-learn: naive Bayes](https://scikit-learn.org/stable/modules/naive_bayes.html). Next in the book: [chapter 5, decision trees](ch05_decision_tree.ipynb).
