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
# # Chapter 5 Decision trees (决策树)
#
# A bank clerk looks at an application and asks: "Do you own a house?" No. "Do you have a job?" Yes. Loan granted. Two questions, and everybody can follow them. A decision tree learns which questions to ask, and in which order.
#
# **You will** work out by numbers which question is best, retrace every value of 例5.2, 例5.3 and 例5.4, see where scikit-learn does something else than the book, watch a tree learn its data by heart, and prune it.
#
# **After it you can**
#
# - compute entropy (熵), information gain (信息增益), gain ratio (信息增益比) and Gini index (基尼指数) on paper;
# - say how ID3, C4.5 and CART differ, and which of them scikit-learn has;
# - prune with `ccp_alpha`, and say what that number means in the book's formula;
# - read the arrays inside a fitted tree, and say what each parameter does.
#
# **You need** NumPy arrays, a pandas DataFrame and the logarithm, all from stage 1.
#
# **Where this stands.** Stage 2 of the roadmap, core path, three days. First read chapter 5 of 李航《统计学习方法》 (1st edition). **Stuck?** Read the posts on decision trees in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4), or [scikit-learn's guide](https://scikit-learn.org/stable/modules/tree.html). The roadmap asks you to retell this algorithm and to use it, not to rebuild it.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.preprocessing import LabelEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, export_text, plot_tree
from sklearn.utils import get_tags

import dlroadmap
from dlroadmap import plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Ask questions about fifteen loans
#
# This is 表5.1 of the book (例5.1): fifteen people asked a bank for a loan.
#
# | here | in the book | values |
# |---|---|---|
# | `age` | A1 年龄 | young 青年, middle 中年, old 老年 |
# | `job` | A2 有工作 | yes 是, no 否 |
# | `house` | A3 有自己的房子 | yes 是, no 否 |
# | `credit` | A4 信贷情况 | fair 一般, good 好, excellent 非常好 |
# | `loan` | 类别 | yes 是, no 否: was it granted? |

# %%
rows = """young no no fair no;         young no no good no;         young yes no good yes
          young yes yes fair yes;      young no no fair no;         middle no no fair no
          middle no no good no;        middle yes yes good yes;     middle no yes excellent yes
          middle no yes excellent yes; old no yes excellent yes;    old no yes good yes
          old yes no good yes;         old yes no excellent yes;    old no no fair no"""
names = ["age", "job", "house", "credit"]
people = [person.split() for person in rows.replace("\n", ";").split(";")]
loans = pd.DataFrame(people, columns=[*names, "loan"], index=range(1, 16))
loans

# %%
assert loans.shape == (15, 5)
assert loans["loan"].value_counts().to_dict() == {"yes": 9, "no": 6}

# %% [markdown]
# If you could ask one question only, which one would tell you most about the last column? Choose before you go on.
#
# scikit-learn wants numbers, so each word becomes a number. `OrdinalEncoder` does it column by column, in the order that you give: young 0, middle 1, old 2. Then `DecisionTreeClassifier` learns a tree, and `plot_tree` draws it.

# %%
steps = [["young", "middle", "old"], ["no", "yes"], ["no", "yes"], ["fair", "good", "excellent"]]
codes = OrdinalEncoder(categories=steps).fit_transform(loans[names])      # (15, 4)
tree = DecisionTreeClassifier(criterion="entropy", random_state=0).fit(codes, loans["loan"])

# %%
fig, ax = plt.subplots(figsize=(6.6, 4.2))
plot_tree(tree, feature_names=names, class_names=["no", "yes"], filled=True, impurity=False,
          ax=ax, fontsize=10)
ax.set_title("Two questions decide all fifteen loans")
plt.show()

# %% [markdown]
# **Figure in words.** The top box asks "house <= 0.5", that is: no house. Right, six people with a house, all "yes". Left, nine without a house, who are asked "job <= 0.5": six without a job, all "no"; three with a job, all "yes".
#
# **What to notice.** Age and credit are never asked. `value = [6, 9]` counts the classes in the order no, yes.
#
# **The idea: the model.** A decision tree has internal nodes (内部结点), each with a question about one feature, and leaves (叶结点), each with an answer. The first node is the root (根结点). Every path from the root to a leaf is one if-then rule (规则), and the rules are mutually exclusive and complete (互斥并且完备): each person follows exactly one. `export_text` prints them. `apply` says in which leaf each sample ends, and `predict_proba` gives the shares of the classes in that leaf. So a tree is also a conditional probability distribution (条件概率分布) P(Y|X), constant within each leaf.

# %%
print(export_text(tree, feature_names=names))
leaf = tree.apply(codes)
print(pd.crosstab(pd.Series(leaf, loans.index, name="leaf"), loans["loan"]))

# %%
assert set(leaf) == {2, 3, 4}
assert tree.score(codes, loans["loan"]) == 1
assert set(tree.predict_proba(codes).ravel()) == {0.0, 1.0}

# %% [markdown]
# ## Measure uncertainty with entropy
#
# How would you *compute* that "house" is the best first question? You need a number for how mixed a group is. Here is one; look at what it gives for everybody, for house owners and for the others.

# %%
def entropy(column):
    """Uncertainty of a column of labels, in bits."""
    p = column.value_counts(normalize=True)          # the share of each value
    return -(p * np.log2(p)).sum() + 0.0             # + 0.0 turns -0.0 into 0.0

# %%
print(f"all 15 people: {entropy(loans['loan']):.3f}")
for answer, group in loans.groupby("house"):
    print(f"house = {answer:<3} ({len(group)} people): {entropy(group['loan']):.3f}")

# %%
no_house = loans[loans["house"] == "no"]
assert np.isclose(entropy(loans["loan"]), 0.970951, atol=1e-6)
assert round(entropy(no_house["loan"]), 3) == 0.918
assert entropy(loans.loc[loans["house"] == "yes", "loan"]) == 0
assert entropy(pd.Series(["heads", "tails"])) == 1

# %% [markdown]
# **What to notice.** House owners: 0. All of them got the loan, nothing is left to ask. All fifteen: 0.971, nearly the 1 of a fair coin. (`groupby` cuts the table into one part for each value.)
#
# **The idea.** With $p_k$ the share of class k, the empirical entropy (经验熵) of a data set D is
#
# $$H(D)=-\sum_k p_k\log_2 p_k .$$
#
# It is 0 for a pure group and largest, $\log_2$ of the number of classes, when all classes are equally frequent. With $\log_2$ the unit is the bit: the answer to a fair yes/no question. A class that does not occur counts as 0.

# %% [markdown]
# ## Choose the question with the largest gain (例5.2)
#
# A question cuts the table into parts. Take the entropy of each part, average them with the sizes as weights, and see how much uncertainty is gone. Predict the order of the four attributes before you run.

# %%
def conditional_entropy(table, attribute):
    """H(D|A): the entropies of the parts, weighted with their sizes."""
    return sum(len(part) / len(table) * entropy(part["loan"])
               for _, part in table.groupby(attribute))


def gain(table, attribute):
    return entropy(table["loan"]) - conditional_entropy(table, attribute)

# %%
example2 = pd.DataFrame({a: {"H(D|A)": conditional_entropy(loans, a), "g(D,A)": gain(loans, a)}
                         for a in names}).T
print(f"H(D) = {entropy(loans['loan']):.3f}")
example2.round(3)

# %%
assert np.allclose(example2["H(D|A)"], [0.887943, 0.647300, 0.550978, 0.607961], atol=1e-6)
assert np.allclose(example2["g(D,A)"], [0.083007, 0.323650, 0.419973, 0.362990], atol=1e-6)
assert example2["g(D,A)"].round(3).tolist() == [0.083, 0.324, 0.420, 0.363]  # as printed
assert example2["g(D,A)"].idxmax() == "house"

# %%
fig, axes = plt.subplots(1, 4, figsize=(8.8, 3.3), sharey=True)
for ax, a, values in zip(axes, names, steps):
    counts = pd.crosstab(loans[a], loans["loan"]).reindex(values)
    ax.bar(values, counts["no"], color=plot.ORANGE, hatch="//", edgecolor="white", label="no")
    ax.bar(values, counts["yes"], bottom=counts["no"], color=plot.BLUE, label="yes")
    ax.set_title(f"{a}: {gain(loans, a):.3f} bits", fontsize=11)
axes[0].set(ylabel="people", yticks=range(0, 11, 2))
axes[3].legend(title="loan", loc=(0.62, 0.7))
axes[3].tick_params(axis="x", labelsize=9)
fig.suptitle("The purer the bars, the larger the gain; house wins", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** One panel for each attribute, one bar for each value, split into "no" (orange, hatched) and "yes" (blue). All three bars of age are mixed. Job and house each have one pure bar; for house the other one is mostly "no". Credit has one pure bar, excellent.
#
# **What to notice.** These are the book's 0.083, 0.324, 0.420, 0.363. Job and house each have one pure bar, but house leaves fewer people in the mixed one.
#
# **The idea (算法5.1).** The information gain of attribute A is
#
# $$g(D,A)=H(D)-H(D\mid A),\qquad H(D\mid A)=\sum_i\frac{|D_i|}{|D|}H(D_i),$$
#
# where $D_i$ are the rows with the i-th value of A, and $H(D|A)$ is the empirical conditional entropy (经验条件熵). Another name of the gain is mutual information (互信息). scikit-learn has that as `mutual_info_score`, with the natural logarithm; dividing by ln 2 turns it into bits. A second way to the same four numbers:

# %%
for a in names:
    bits = mutual_info_score(loans[a], loans["loan"]) / np.log(2)
    print(f"{a:<7}{bits:.6f}")
    assert np.isclose(bits, gain(loans, a), atol=1e-12)

# %% [markdown]
# **Try it.** Add a column with the same value in every row, `loans["same"] = "x"`, and compute `gain(loans, "same")`. Expect 0. Then delete it again with `del loans["same"]`.

# %% [markdown]
# ## Grow the tree by ID3 (例5.3)
#
# ID3 (算法5.2) asks the best question, cuts the table into one part for *each* value, and does the same with each part that is still mixed. House owners are pure. Now the nine people without a house, the book's $D_2$.

# %%
rest = ["age", "job", "credit"]
exact = pd.Series({a: gain(no_house, a) for a in rest})
print(exact.round(4).to_string())

# %%
assert np.allclose(exact, [0.251629, 0.918296, 0.473851], atol=1e-6)
assert np.isclose(exact["job"], entropy(no_house["loan"]))

# %% [markdown]
# **What to notice.** Job takes away all the uncertainty that is left (0.918 of 0.918). Both parts are pure, and ID3 stops. It is the tree of the figure above: house, then job. (The book prints 0.251 for age, where 0.2516 rounds to 0.252. "Beyond the roadmap" says why.)
#
# **When ID3 stops.** A part is pure, or no attribute is left, or the largest gain is below a threshold ε. In the last two cases the leaf answers with the majority (多数表决).

# %% [markdown]
# ## Charge for many answers: the gain ratio (习题5.1)
#
# Credit (0.363) gains more than job (0.324). But credit has three answers and job two. Is the comparison fair? C4.5 (算法5.3) divides by the entropy of the attribute's own values, $H_A(D)$: the same formula, applied to the attribute's column instead of the class.

# %%
def gain_ratio(table, attribute):
    own = entropy(table[attribute])                  # H_A(D)
    return gain(table, attribute) / own if own else 0.0

# %%
def c45_table(table, attributes):
    return pd.DataFrame({a: {"g": gain(table, a), "H_A(D)": entropy(table[a]),
                             "g_R": gain_ratio(table, a)} for a in attributes}).T

# %%
root, below = c45_table(loans, names), c45_table(no_house, rest)
pd.concat({"root": root, "no house": below}).round(4)

# %%
assert np.allclose(root["g_R"], [0.052372, 0.352447, 0.432538, 0.231854], atol=1e-6)
assert np.allclose(below["g_R"], [0.164411, 1, 0.340374], atol=1e-6)
assert root["g"].idxmax() == root["g_R"].idxmax() == "house"
assert below["g_R"].idxmax() == "job"
assert root["g"]["credit"] > root["g"]["job"]
assert root["g_R"]["credit"] < root["g_R"]["job"]

# %% [markdown]
# **What to notice.** House is first again, and job is first among the rest: the C4.5 tree of 习题5.1 is the ID3 tree. Below the winner the order changed, though: job now beats credit, whose three answers cost 1.566 bits.
#
# **The idea.** $g_R(D,A)=g(D,A)/H_A(D)$, with $H_A(D)=-\sum_i\frac{|D_i|}{|D|}\log_2\frac{|D_i|}{|D|}$. Many small parts make $H_A(D)$ large.
#
# Public code has divided by $H(D)$ and by $H(D|A)$ instead. The first mistake is hard to see: compare it with the right column.

# %%
wrong = root["g"] / entropy(loans["loan"])                       # by H(D)
wrong_too = root["g"] / example2["H(D|A)"]                       # by H(D|A)
pd.DataFrame({"right": root["g_R"], "by H(D)": wrong, "by H(D|A)": wrong_too}).round(3)

# %%
assert np.isclose(wrong["house"], root["g_R"]["house"])  # 9 of 15 granted, 9 of 15 without house
for a in ("age", "job", "credit"):
    assert abs(wrong[a] - root["g_R"][a]) > 0.015
    assert abs(wrong_too[a] - root["g_R"][a]) > 0.03
assert wrong["credit"] > wrong["job"]

# %% [markdown]
# **What to notice.** For house the wrong formula gives the right number, because $H_A(D)=H(D)$ there: 9 to 6 in both columns. Whoever tests only the winner sees nothing. Divided by the constant H(D), the order is that of the plain gain. Test your code on all attributes.

# %% [markdown]
# ## Split in two: CART and the Gini index (例5.4)
#
# CART (算法5.6) asks only questions with two answers: "is credit excellent, or not?" So each *value* becomes a candidate. `get_dummies` makes one yes/no column for each value; this is called one-hot encoding (独热编码). A tree with `max_depth=1` on one column is exactly one such question, and its two leaves know how mixed they are. (`tree_` holds arrays with one entry a node: entry 0 is the root, 1 and 2 are its two parts.) The measure is the Gini index: 0 for a pure part, and for two classes with shares p and 1 − p it is $1-p^2-(1-p)^2=2p(1-p)$. One value by hand, age = young: $\frac5{15}\cdot2\cdot\frac25\cdot\frac35+\frac{10}{15}\cdot2\cdot\frac7{10}\cdot\frac3{10}=0.16+0.28=0.44$.

# %%
onehot = pd.get_dummies(loans[names])                            # (15, 10)
y = (loans["loan"] == "yes").astype(int)


def split_quality(column, y, criterion="gini"):
    """Weighted mean impurity of the two parts of the best split of one column."""
    t = DecisionTreeClassifier(criterion=criterion, max_depth=1, random_state=0)
    t = t.fit(np.asarray(column, dtype=float).reshape(-1, 1), y).tree_
    return t.n_node_samples[1:] @ t.impurity[1:] / t.n_node_samples[0]

# %%
gini = pd.Series({c: split_quality(onehot[c], y) for c in onehot})
print(gini.round(4).to_string())
print("lowest:", gini.round(9).idxmin())

# %%
def close(value, want):
    return abs(value - want) < 1e-9


assert close(gini["age_young"], 0.44)
assert close(gini["age_middle"], 0.48)
assert close(gini["age_old"], 0.44)
assert close(gini["job_yes"], 0.32)
assert close(gini["house_yes"], 4 / 15)
assert close(gini["credit_excellent"], 4 / 11)
assert close(gini["credit_fair"], 0.32)
assert close(gini["credit_good"], 64 / 135)
printed = {"house_yes": 0.27, "credit_excellent": 0.36, "credit_good": 0.47}
assert gini[list(printed)].round(2).to_dict() == printed

# %% [markdown]
# **What to notice.** All eight values of 例5.4: age 0.44, 0.48, 0.44; job 0.32; house 0.27; credit 0.36, 0.47, 0.32. The smallest is 0.27, so the first question is the house again. "house_no" and "house_yes" are one question asked twice, so their values are equal. Now the nine people without a house:

# %%
columns = [c for c in onehot if not c.startswith("house")]
below = pd.Series({c: split_quality(onehot.loc[no_house.index, c], y[no_house.index])
                   for c in columns})
print(below.round(3).to_string())

# %%
want = {"age_young": 0.433333, "age_middle": 0.380952, "age_old": 1 / 3, "job_yes": 0,
        "credit_excellent": 1 / 3, "credit_good": 0.4, "credit_fair": 0.266667}
assert np.allclose(below[list(want)], list(want.values()), atol=1e-6)

# %% [markdown]
# **What to notice.** "job" gives 0: both parts pure, the tree is done. CART, ID3 and C4.5 agree on this table.
#
# **The idea.** The Gini index of a set is
#
# $$\mathrm{Gini}(D)=1-\sum_k p_k^2 ,$$
#
# the chance that two rows drawn from D (with replacement) have different classes. For a split into $D_1,D_2$ it is the weighted mean, $\mathrm{Gini}(D,A)=\frac{|D_1|}{|D|}\mathrm{Gini}(D_1)+\frac{|D_2|}{|D|}\mathrm{Gini}(D_2)$. Does it matter whether you measure with Gini or with entropy? Draw both for two classes, and the plain error of a majority vote too.

# %%
p = np.linspace(0.001, 0.999, 400)
half_entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p)) / 2
gini_curve, error = 2 * p * (1 - p), np.minimum(p, 1 - p)

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.7))
ax.plot(p, half_entropy, color=plot.BLUE, label="entropy / 2")
ax.plot(p, gini_curve, color=plot.GREEN, ls="--", label="Gini index")
ax.plot(p, error, color=plot.RED, ls=":", label="error of the majority")
ax.set(xlabel="share p of class “yes” in a node", ylabel="impurity",
       title="Gini and half the entropy are nearly the same curve")
ax.legend(loc="lower center")
plt.show()

# %% [markdown]
# **Figure in words.** Three hills over p from 0 to 1, all 0 at the ends and 0.5 in the middle. Half the entropy is the highest, Gini lies a little under it, the error is a pointed roof under both.
#
# **What to notice.** The first two differ by less than 0.06 everywhere, so they often choose the same split or a near one. The error has straight sides, and that makes it a bad guide: a split that leaves the majority "yes" in both parts gains nothing by it, however much purer one part became.

# %%
assert np.abs(half_entropy - gini_curve).max() < 0.06
assert (half_entropy >= gini_curve - 1e-12).all()
assert (gini_curve >= error - 1e-12).all()
# 60 yes and 20 no, split into 30 : 0 and 30 : 20. The majority is "yes" before and after.
errors_before, errors_after = 20, 0 + 20
gini_before, gini_after = 1 - 0.75**2 - 0.25**2, (30 * 0 + 50 * (1 - 0.6**2 - 0.4**2)) / 80
print(f"errors {errors_before} → {errors_after}, Gini {gini_before:.3f} → {gini_after:.3f}")
assert (errors_before == errors_after, gini_after < gini_before) == (True, True)

# %% [markdown]
# ## Compare the book's trees with scikit-learn's
#
# | | ID3 | C4.5 | CART (book) | scikit-learn |
# |---|---|---|---|---|
# | chooses by | gain | gain ratio | Gini index | `criterion`: Gini, entropy |
# | parts of a split | one for each value | one for each value; numbers: two | two | two |
# | question | which value? | which value? number ≤ threshold? | this value or not? number ≤ threshold? | number ≤ threshold? |
# | numbers as features | no | yes | yes | yes, only numbers |
# | predicts numbers | no | no | yes | `DecisionTreeRegressor` |
# | pruning | $C_\alpha(T)$, 算法5.4 | its own | 算法5.7 | `ccp_alpha`, as 算法5.7 |
#
# scikit-learn is CART. `criterion="entropy"` does not make it ID3, for the split still has two parts. On the ordered codes it can only cut the order somewhere:

# %%
for a, column in zip(names, codes.T):
    two_parts = entropy(loans["loan"]) - split_quality(column, y, "entropy")
    print(f"{a:<7} best cut in two: {two_parts:.4f}   one part a value: {gain(loans, a):.4f}")
    assert two_parts <= gain(loans, a) + 1e-9

# %%
assert np.isclose(entropy(y) - split_quality(codes[:, 0], y, "entropy"), 0.0636, atol=5e-5)
assert np.isclose(entropy(y) - split_quality(codes[:, 3], y, "entropy"), 0.2490, atol=5e-5)
try:
    DecisionTreeClassifier().fit(loans[names], loans["loan"])
except ValueError as error:
    print("ValueError:", error)
else:
    raise AssertionError("text was accepted")

# %% [markdown]
# **What to notice.** For job and house the two agree, for two values are two parts anyway. For age and credit the cut in two gains less: 0.0636 and 0.2490. Merging parts can only lose information. The tree came out the same only because its winners have two values. So, three things that scikit-learn does not do: splits with many parts, gain ratio (no C4.5), and text. Encode text yourself: ordered values with `OrdinalEncoder` and *your* order, others one-hot.
#
# One more difference from paper. In the one-hot table "house_no" and "house_yes" are equally good. Who wins the tie?

# %%
fits = [DecisionTreeClassifier(random_state=s).fit(onehot, y) for s in range(50)]
ties = pd.Series([onehot.columns[m.tree_.feature[0]] for m in fits])
print(ties.value_counts().sort_index().to_string())

# %%
assert set(ties) == {"house_no", "house_yes"}

# %% [markdown]
# **What to notice.** At every node scikit-learn looks at the features in a random order, and the first of equals stays. So the seed decides, even with all other settings at their defaults. Give `random_state` if you want the same tree tomorrow.

# %% [markdown]
# ## Find thresholds in numbers
#
# Real data: the 150 iris flowers from [chapter 2](ch02_perceptron.ipynb) (Fisher 1936; in scikit-learn, from UCI, CC BY 4.0), here with two of the four lengths. A helper colours the plane by what a tree predicts.

# %%
CLASS_COLOURS = [plot.ORANGE, plot.BLUE, plot.GREEN]


def draw_regions(ax, model, F, labels, size=16):
    """Colour the plane by model.predict; F (N, 2), labels 0, 1, …"""
    low, high = F.min(axis=0), F.max(axis=0)
    pad = 0.05 * (high - low)
    g1, g2 = (np.linspace(a, b, 400) for a, b in zip(low - pad, high + pad))
    grid = np.dstack(np.meshgrid(g1, g2)).reshape(-1, 2)
    C = labels.max() + 1
    ax.contourf(g1, g2, model.predict(grid).reshape(400, 400), levels=np.arange(C + 1) - 0.5,
                colors=CLASS_COLOURS[:C], alpha=0.25)
    for k, marker in zip(range(C), "so^"):
        ax.scatter(*F[labels == k].T, s=size, marker=marker, color=CLASS_COLOURS[k],
                   edgecolors="black", linewidths=0.4)

# %%
iris = load_iris()
petals = iris.data[:, 2:]                            # (150, 2): petal length and width in cm
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.7), sharey=True)
titles = "Two cuts make {} leaves", "A full tree needs {} leaves"
for ax, depth, title in zip(axes, (2, None), titles):
    m = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(petals, iris.target)
    draw_regions(ax, m, petals, iris.target)
    u1, u2 = np.linspace(0.7, 7.2, 600), np.linspace(0, 2.6, 600)
    leaf_of = m.apply(np.dstack(np.meshgrid(u1, u2)).reshape(-1, 2)).reshape(600, 600)
    for number in np.unique(leaf_of):                # the border of each leaf
        ax.contour(u1, u2, leaf_of == number, levels=[0.5], colors="black", linewidths=0.5)
    ax.set(xlabel="petal length (cm)", title=title.format(m.get_n_leaves()))
axes[0].set_ylabel("petal width (cm)")
plt.show()

# %% [markdown]
# **Figure in words.** The plane of petal length and width, coloured by species: setosa squares, versicolor circles, virginica triangles. Left, two straight cuts make three areas. Right, the borders of the full tree's eight leaves; where leaves of one species touch, they look like one area. One small blue box around two flowers is new.
#
# **What to notice.** Every border is parallel to an axis, because each question asks about one feature. Each leaf is a box (a region, 单元).
#
# Where exactly does it cut? For a number there are infinitely many thresholds, but only those between two neighbouring values change the parts. scikit-learn tries the midpoints. The cell checks it for every node of a tree on all four features. `decision_path` tells which samples pass through which node.

# %%
m = DecisionTreeClassifier(random_state=0).fit(iris.data, iris.target)
passes = m.decision_path(iris.data).toarray().astype(bool)        # (150, nodes)
inner = np.flatnonzero(m.tree_.feature >= 0)
for node in inner:
    threshold = m.tree_.threshold[node]
    values = np.unique(iris.data[passes[:, node], m.tree_.feature[node]])
    below, above = values[values <= threshold].max(), values[values > threshold].min()
    assert np.isclose(threshold, (below + above) / 2, atol=1e-5)
print(f"{len(inner)} questions, each threshold is a midpoint of two neighbours.")

# %% [markdown]
# **Where it helps.** Only the order of the values matters for the parts. So a tree needs no scaling: standardise a feature or take its logarithm, and the training samples end in the same leaves (question 2 of "Check yourself" tests it). Compare that with the perceptron, which failed when centimetres became metres.

# %% [markdown]
# ## Watch a tree learn by heart
#
# Back to the tumours of chapter 2 (569 rows, 212 malignant 恶性, 357 benign 良性; Breast Cancer Wisconsin Diagnostic, in scikit-learn, from UCI, CC BY 4.0), with only two features, so that you can look at the tree and the task is hard. Class 1 is malignant. What will the full tree do where the classes overlap?

# %%
cancer = load_breast_cancer(as_frame=True)
all30, sick = cancer.data.to_numpy(), (cancer.target == 0).to_numpy().astype(int)
two = cancer.data[["mean texture", "mean smoothness"]].to_numpy()
splits = [train_test_split(np.arange(569), test_size=0.3, stratify=sick, random_state=s)
          for s in range(20)]                        # 20 times: rows to train on, rows to test on

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9), sharey=True)
a, b = splits[3]
drawn = []                                           # test accuracy of the two trees
for ax, depth in zip(axes, (2, None)):
    m = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(two[a], sick[a])
    draw_regions(ax, m, two[a], sick[a], size=10)
    seen, new = m.score(two[a], sick[a]), m.score(two[b], sick[b])
    drawn.append(new)
    ax.set(xlabel="mean texture",
           title=f"{m.get_n_leaves()} leaves: training {seen:.2f}, test {new:.2f}")
axes[0].set_ylabel("mean smoothness")
plt.show()

# %% [markdown]
# **Figure in words.** Tumours by texture and smoothness, benign as orange squares, malignant as blue circles. Left, four leaves make a few large boxes. Right, the full tree cuts the plane into dozens of stripes and islands, one around nearly every stray point.
#
# **What to notice.** The full tree makes no mistake on its training data, and it is worse on new tumours. It has learned accidents by heart: overfitting (过拟合). One split can be luck, so now the mean over 20 random splits, by depth, and the same with all 30 features:

# %%
depths = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15]


def by_depth(F):
    """(10, 2): mean training and test accuracy over the splits, for each max_depth."""
    out = []
    for depth in depths:
        fits = [(DecisionTreeClassifier(max_depth=depth, random_state=0).fit(F[a], sick[a]), a, b)
                for a, b in splits]
        out.append(np.mean([(m.score(F[a], sick[a]), m.score(F[b], sick[b]))
                            for m, a, b in fits], axis=0))
    return np.array(out)


curves = {"two features": by_depth(two), "all 30 features": by_depth(all30)}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6), sharey=True)
for ax, (name, c), end in zip(axes, curves.items(), ("deeper is worse", "deeper does no harm")):
    ax.plot(depths, c[:, 0], "o-", ms=4, color=plot.SKY, label="training")
    ax.plot(depths, c[:, 1], "s-", ms=4, color=plot.RED, label="test")
    ax.set(xlabel="max_depth", title=f"{name.capitalize()}: {end}", xticks=[1, 5, 10, 15])
axes[0].set_ylabel("accuracy, mean of 20 splits")
axes[1].legend(loc="lower right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, two features: training accuracy climbs nearly to 1, test accuracy rises to about 0.77 at depth 2 and then falls to about 0.71. Right, 30 features: training reaches 1 and test stays flat near 0.92 from depth 2 on.
#
# **What to notice.** On the left, every level of questions after the second makes the tree worse. On the right, a full tree is as good as a cut one. "Full trees overfit" is not a law: with 30 good features the classes hardly overlap, the tree is pure after about 17 leaves, and there is little left to learn by heart. Look at the test curve before you fight overfitting.

# %%
test2, test30 = curves["two features"][:, 1], curves["all 30 features"][:, 1]
assert curves["two features"][-1, 0] > 0.99
assert test2.argmax() == 1                           # depth 2
assert abs(test2.max() - 0.77) < 0.01
assert abs(test2[-1] - 0.71) < 0.01
assert (np.diff(test2[1:]) < 0.002).all()
assert drawn[1] < drawn[0] - 0.03                    # the two trees of the figure
assert seen == 1
assert np.ptp(test30[2:]) < 0.01
assert abs(test30[-1] - 0.92) < 0.015
sizes = [DecisionTreeClassifier(random_state=0).fit(all30[a], sick[a]).get_n_leaves()
         for a, _ in splits]
assert 14 < np.mean(sizes) < 19

# %% [markdown]
# ## Prune: charge for every leaf
#
# Stopping early with `max_depth` is called pre-pruning (预剪枝). The book grows the full tree first and then cuts branches off: pruning (剪枝). For that, a tree T gets a price:
#
# $$C_\alpha(T)=C(T)+\alpha|T|,\qquad C(T)=\sum_{t}N_tH_t(T).$$
#
# $|T|$ is the number of leaves, the sum goes over the leaves t, $N_t$ is the number of samples in leaf t and $H_t$ its entropy. C(T) measures the fit on the training data, and α ≥ 0 is the price of a leaf.
#
# The loan tree can be cut in two places. `tree_` holds arrays with one entry a node: node 0 is "house", 1 is "job", 2, 3, 4 are the leaves.

# %%
t = tree.tree_
C = t.n_node_samples * t.impurity                    # N_t · H_t for every node
prices = {"house and job (3 leaves)": (C[2] + C[3] + C[4], 3),
          "house only (2 leaves)": (C[1] + C[4], 2),
          "no question (1 leaf)": (C[0], 1)}
for name, (cost, leaves) in prices.items():
    print(f"{name:<25} C(T) = {cost:9.6f}   |T| = {leaves}")

# %%
assert np.allclose([c for c, _ in prices.values()], [0, 8.264663, 14.564259], atol=1e-6)

# %%
fig, ax = plt.subplots(figsize=(7.2, 4))
alpha = np.linspace(0, 12, 100)
for (name, (cost, leaves)), style, colour in zip(prices.items(), ("-", "--", "-."),
                                                 (plot.BLUE, plot.RED, plot.GREEN)):
    ax.plot(alpha, cost + alpha * leaves, style, color=colour, label=name)
meet = C[0] / 2
ax.axvline(meet, color="#666666", ls=":")
ax.annotate("α = 7.28", (meet, 3 * meet), xytext=(8.1, 18.3), fontsize=10,
            arrowprops={"arrowstyle": "->"})
ax.set(xlabel="price α of a leaf", ylabel=r"$C_\alpha(T)$",
       title="The tree with two leaves is never the cheapest")
ax.legend(loc="upper left")
plt.show()

# %% [markdown]
# **Figure in words.** Three rising lines. The full tree starts at 0 with slope 3 and is lowest until α = 7.28; from there on the single leaf with slope 1 is lowest. The line of the tree with two leaves runs above one of the others everywhere.
#
# **What to notice.** With a low price the full tree is best, with a high price no question is worth it. The tree in between is skipped.
#
# **The idea.** For an inner node t compare "t as a leaf", C(t) + α, with "the branch $T_t$ below t", $C(T_t)+\alpha|T_t|$. They cost the same at
#
# $$\alpha=g(t)=\frac{C(t)-C(T_t)}{|T_t|-1}.$$
#
# CART pruning (算法5.7) cuts the node with the smallest g(t) first, then computes again, until only the root is left. The result is a sequence of ever smaller trees, each the best for an interval of α.

# %%
g = {"job": (C[1] - C[2] - C[3]) / (2 - 1), "house": (C[0] - C[2] - C[3] - C[4]) / (3 - 1)}
print({name: round(float(value), 6) for name, value in g.items()})
path = DecisionTreeClassifier(criterion="entropy", random_state=0).cost_complexity_pruning_path(
    codes, loans["loan"])
print("ccp_alphas:", path.ccp_alphas.round(6), "  times 15:", (15 * path.ccp_alphas).round(6))

# %%
assert np.isclose(g["job"], 8.264663)
assert np.isclose(g["house"], 7.282129)
assert np.allclose(path.ccp_alphas, [0, 0.485475], atol=1e-6)
assert np.allclose(15 * path.ccp_alphas, [0, g["house"]])
with_gini = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(codes, y)
assert np.allclose(with_gini.ccp_alphas, [0, 0.24])
for ccp, leaves in ((0.48, 3), (0.49, 1)):
    m = DecisionTreeClassifier(criterion="entropy", ccp_alpha=ccp, random_state=0).fit(codes, y)
    assert m.get_n_leaves() == leaves

# %% [markdown]
# **What to notice.** g(house) = 7.28 is smaller than g(job) = 8.26, so the root is cut first, and the sequence is: three leaves, then one. scikit-learn finds the same, but it divides all costs by the number of samples N. So
#
# $$\alpha_{\text{book}}=N\cdot\texttt{ccp\_alpha}.$$
#
# Section 5.4 takes the entropy as the cost; section 5.5.2, 算法5.7, names the Gini index as an example. With `criterion="gini"` the step is at 0.24.
#
# **Try it.** Fit with `criterion="entropy", ccp_alpha=0.48`, then with 0.49, and print `get_n_leaves()`. Expect 3 and 1, and never 2.

# %% [markdown]
# ## Choose alpha by cross-validation
#
# Which α? The training data always prefer α = 0. So ask data that the tree has not seen: cut the training part into five folds, train on four, test on the fifth, in turn. That is cross-validation (交叉验证), and `cross_val_score` does it. Two features of the tumours again.

# %%
a, b = splits[0]
alphas = np.geomspace(1e-3, 0.1, 15)                 # 15 numbers with equal ratios
cv, n_leaves = [], []
for ccp in alphas:
    m = DecisionTreeClassifier(ccp_alpha=ccp, random_state=0)
    cv.append(cross_val_score(m, two[a], sick[a], cv=5).mean())
    n_leaves.append(m.fit(two[a], sick[a]).get_n_leaves())
best = int(np.argmax(cv))

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.5))
axes[0].plot(alphas, cv, "o-", ms=5, color=plot.BLUE)
axes[0].plot(alphas[best], cv[best], "o", ms=12, mfc="none", mec=plot.RED, mew=2)
axes[0].set(xscale="log", xlabel="ccp_alpha", ylabel="accuracy in cross-validation",
            title="Neither too cheap nor too dear")
axes[1].plot(alphas, n_leaves, "s-", ms=5, color=plot.GREEN)
axes[1].set(xscale="log", yscale="log", xlabel="ccp_alpha", ylabel="leaves",
            title="A dearer leaf, a smaller tree")
plt.show()

# %% [markdown]
# **Figure in words.** Left, accuracy in cross-validation rises with ccp_alpha, stays on a plateau (its first point is circled), and falls for the largest values. Right, the number of leaves falls from about ninety to one.

# %%
assert 85 < n_leaves[0] < 95
assert n_leaves[-1] == 1
assert n_leaves == sorted(n_leaves, reverse=True)
assert 3 < best < 13
assert cv[best] - cv[0] > 0.03
assert cv[best] - cv[-1] > 0.05

# %% [markdown]
# `GridSearchCV` does the same search and then fits the best tree on the whole training part. Does it pay on the test part? Ten splits; the full tree, α by cross-validation, and, to be fair to the plainer way, `max_depth` by cross-validation.

# %%
outcome = []
for a, b in splits[:10]:
    scores = [DecisionTreeClassifier(random_state=0).fit(two[a], sick[a]).score(two[b], sick[b])]
    for options in ({"ccp_alpha": [0, *alphas[::2]]}, {"max_depth": range(1, 7)}):
        search = GridSearchCV(DecisionTreeClassifier(random_state=0), options, cv=5)
        scores.append(search.fit(two[a], sick[a]).score(two[b], sick[b]))
    outcome.append(scores)
outcome = pd.DataFrame(outcome, columns=["full tree", "ccp_alpha by CV", "max_depth by CV"])
print(outcome.agg(["mean", "min"]).T.round(3))

# %%
difference = outcome["ccp_alpha by CV"] - outcome["full tree"]
assert abs(difference.mean() - 0.07) < 0.015
assert (difference > 0).sum() >= 8
assert abs(outcome["ccp_alpha by CV"].mean() - outcome["max_depth by CV"].mean()) < 0.03

# %% [markdown]
# **What to notice.** Pruning gains six to seven points over the full tree. Limiting the depth gains nearly as much. Both have one number to choose. Pruning can keep one deep branch where it pays; on these data that is worth about one point.

# %% [markdown]
# ## Predict a number: the regression tree (习题5.2)
#
# The loan tree votes. A regression tree (回归树) averages. 习题5.2 gives ten points. Where would you cut once, so that two flat steps fit best?

# %%
x = np.arange(1, 11).reshape(-1, 1)                  # (10, 1)
z = np.array([4.50, 4.75, 4.91, 5.34, 5.80, 7.05, 7.90, 8.23, 8.70, 9.00])


def squares(part):
    return ((part - part.mean()) ** 2).sum()


cuts = pd.DataFrame([(s + 0.5, z[:s].mean(), z[s:].mean(), squares(z[:s]) + squares(z[s:]))
                     for s in range(1, 10)], columns=["cut", "mean left", "mean right", "loss"])
cuts.round(3)

# %%
best_cut = cuts.loc[cuts["loss"].idxmin()]
stump = DecisionTreeRegressor(max_depth=1).fit(x, z)
assert stump.tree_.threshold[0] == best_cut["cut"] == 5.5
assert np.allclose(stump.tree_.value.ravel(), [z.mean(), 5.06, 8.176])
assert np.isclose(best_cut["loss"], 3.35872)

# %% [markdown]
# **What to notice.** The cut at 5.5 leaves the smallest loss, 3.359, with the means 5.06 and 8.176; `DecisionTreeRegressor` finds the same.
#
# **The idea (算法5.5).** Choose the feature j and the cut s that make
#
# $$\sum_{x_i\in R_1}(y_i-c_1)^2+\sum_{x_i\in R_2}(y_i-c_2)^2$$
#
# smallest, where $R_1$ and $R_2$ are the two parts and $c_1,c_2$ the means of y in them. Then cut each part again. The exercise does not say when to stop, and the tree depends on it. **Our rule: stop at depth 3** (`max_depth=3`). For comparison, depths 1 and 2.

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9))
axes[0].plot(cuts["cut"], cuts["loss"], "o-", color=plot.GREEN)
axes[0].set(xlabel="first cut s", ylabel="loss", ylim=(0, 24),
            title="The first cut is at 5.5", xticks=range(1, 11))
fine = np.linspace(0.5, 10.5, 1001).reshape(-1, 1)
for depth, colour in zip((1, 2, 3), (plot.RED, plot.ORANGE, plot.BLUE)):
    m = DecisionTreeRegressor(max_depth=depth).fit(x, z)
    axes[1].plot(fine, m.predict(fine), ("--", "-.", "-")[depth - 1], color=colour, lw=4 - depth,
                 label=f"depth {depth}")
axes[1].scatter(x, z, color="black", zorder=3)
axes[1].set(xlabel="x", ylabel="y", title="Each level doubles the steps", xticks=range(1, 11))
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Left, the loss against the first cut is a valley with its bottom at 5.5. Right, ten rising points and three staircases with two, four and eight steps; the last one passes through most points.

# %%
tree52 = {depth: DecisionTreeRegressor(max_depth=depth).fit(x, z) for depth in (1, 2, 3, None)}
for depth, m in tree52.items():
    inner = m.tree_.feature >= 0
    loss = ((m.predict(x) - z) ** 2).sum()
    print(f"depth {depth}: loss {loss:.4f}, cuts", *np.sort(m.tree_.threshold[inner]))

# %%
steps3 = pd.Series(tree52[3].predict(x), index=range(1, 11)).groupby(tree52[3].apply(x)).mean()
assert np.allclose(sorted(steps3), [4.5, 4.83, 5.34, 5.8, 7.05, 7.9, 8.23, 8.85])
loss = {d: ((m.predict(x) - z) ** 2).sum() for d, m in tree52.items()}
assert np.allclose([loss[1], loss[2], loss[3]], [3.35872, 0.853717, 0.0578], atol=1e-5)
assert loss[None] == 0
assert tree52[None].get_n_leaves() == 10
assert np.sort(tree52[2].tree_.threshold[tree52[2].tree_.feature >= 0]).tolist() == [3.5, 5.5, 7.5]

# %% [markdown]
# **What to notice.** Our tree has cuts at 1.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5 and the steps 4.50, 4.83, 5.34, 5.80, 7.05, 7.90, 8.23, 8.85. Without a rule each point gets its own leaf and the loss is 0.
#
# Real data: 442 patients with diabetes (糖尿病), ten measurements each, and a number that says how far the illness went within a year (Efron, Hastie, Johnstone and Tibshirani 2004; in scikit-learn). `score` is R² here: 1 is perfect, 0 is no better than always answering the mean, and below 0 is worse than that. Guess the R² of a full tree on new patients.

# %%
diabetes = load_diabetes(as_frame=True, scaled=False)
P, progress = diabetes.data.to_numpy(), diabetes.target.to_numpy()
halves = [train_test_split(np.arange(442), test_size=0.3, random_state=s) for s in range(20)]
r2 = []
for depth in (*range(1, 11), None):
    fits = [(DecisionTreeRegressor(max_depth=depth, random_state=0).fit(P[a], progress[a]), a, b)
            for a, b in halves]
    r2.append(np.mean([(m.score(P[a], progress[a]), m.score(P[b], progress[b]))
                       for m, a, b in fits], axis=0))
r2 = np.array(r2)
line = np.mean([LinearRegression().fit(P[a], progress[a]).score(P[b], progress[b])
                for a, b in halves])

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.8))
ax.plot(range(1, 12), r2[:, 0], "o-", color=plot.SKY, label="tree, training")
ax.plot(range(1, 12), r2[:, 1], "s-", color=plot.RED, label="tree, test")
ax.axhline(line, color=plot.GREEN, ls="--", label="linear regression, test")
ax.axhline(0, color="#666666", lw=1)
ax.set(xlabel="max_depth", ylabel="R², mean of 20 splits", xticks=range(1, 12),
       xticklabels=[*range(1, 11), "None"],
       ylim=(-0.2, 1.22), title="A full regression tree is worse than the mean")
ax.legend(loc="upper left", ncols=3)
plt.show()

# %% [markdown]
# **Figure in words.** The training curve climbs to 1. The test curve is highest at depth 2, about 0.34, then falls and ends below 0. A dashed line, linear regression, lies above the whole test curve, near 0.48.
#
# **What to notice.** Perfect on patients it has seen, worse than no model on new ones. Even the best depth loses to a straight line here. A likely reason: the relation is nearly a slope, and four flat steps are a poor copy of a slope.

# %%
print(export_text(DecisionTreeRegressor(max_depth=2).fit(P, progress),
                  feature_names=diabetes.feature_names, decimals=1))
assert r2[:, 1].argmax() == 1
assert abs(r2[1, 1] - 0.34) < 0.01
assert r2[-1, 1] < -0.05
assert np.isclose(r2[-1, 0], 1)
assert abs(line - 0.48) < 0.01
assert line > r2[:, 1].max() + 0.1

# %% [markdown]
# **What to notice.** This is what you get for the loss in score: a rule that fits on a card. It asks for `bmi` (body-mass index) and `s5` (a blood value, possibly the logarithm of the triglycerides).

# %% [markdown]
# ## Parameters
#
# **What goes in and what comes out.** The same for classifier and regressor unless the remark says otherwise.
#
# | | name | shape and type | remarks |
# |---|---|---|---|
# | in | `X` | (N, D), numbers | stored as float32; sparse allowed; text: `ValueError`; NaN: see below |
# | in | `y` | (N,), or (N, K) for K targets at once | classifier: any labels; regressor: numbers |
# | in | `sample_weight` | (N,) | extra argument of `fit` |
# | out | `predict(X)` | (N,) | majority label, or mean, of the leaf |
# | out | `predict_proba(X)` | (N, C) | shares in the leaf; classifier only |
# | out | `apply(X)`, `decision_path(X)` | (N,), (N, nodes) sparse | leaf number; nodes passed |
# | out | `classes_` | (C,) | sorted labels; classifier only |
# | out | `get_depth()`, `get_n_leaves()` | numbers | size of the tree |
# | out | `feature_importances_` | (D,) | share of each feature in the fall of impurity; sums to 1; see trap 3 |
# | out | `cost_complexity_pruning_path(X, y)` | `ccp_alphas`, `impurities` | the pruning sequence |
# | out | `tree_` | arrays with one entry a node | the tree itself |
#
# Look into `tree_` of the loan tree. Nodes are numbered from the root, left branch first.

# %%
fields = ["children_left", "children_right", "feature", "threshold", "impurity", "n_node_samples"]
inside = pd.DataFrame({f: getattr(tree.tree_, f) for f in fields})
inside["value"] = [v.round(2).tolist() for v in tree.tree_.value[:, 0]]
inside.round(3)

# %%
assert inside["children_left"].tolist() == [1, 2, -1, -1, -1]
assert inside["children_right"].tolist() == [4, 3, -1, -1, -1]
assert inside["feature"].tolist() == [2, 1, -2, -2, -2]
assert inside["n_node_samples"].tolist() == [15, 9, 6, 3, 6]
assert inside["impurity"].round(6).tolist() == [0.970951, 0.918296, 0, 0, 0]
assert tree.tree_.value.shape == (5, 1, 2)
assert np.allclose(tree.tree_.value[0, 0], [6 / 15, 9 / 15])

# %% [markdown]
# **What to notice.** Row 0 reads: "feature 2 (house) ≤ 0.5? Then go to node 1, else to node 4." −1 means "no child", and −2 means "no question": leaves. `impurity` holds the entropies of 例5.2 and 例5.3. `value` has the shape (nodes, targets, classes) and holds shares, not counts; a regressor keeps the mean there.
#
# **What you can turn.**
#
# | parameter | default | effect |
# |---|---|---|
# | `criterion` | "gini" | "entropy" or "log_loss" (two names for one thing). Regressor: "squared_error"; "absolute_error" (the leaf holds the median, 中位数); "poisson" (for counts, y ≥ 0). "friedman_mse" is on its way out since 1.9 |
# | `splitter` | "best" | "random": one random threshold a feature, the best of these |
# | `max_depth` | None | most questions in a row |
# | `min_samples_split` | 2 | a node with fewer samples is not split |
# | `min_samples_leaf` | 1 | a split that would leave fewer on one side is not allowed |
# | `min_weight_fraction_leaf` | 0 | the same as a share of the total sample weight |
# | `max_features` | None | look at so many random features at each node; random forests use it |
# | `max_leaf_nodes` | None | grow best-first: always split where impurity falls most, until there are so many leaves |
# | `min_impurity_decrease` | 0 | least fall of impurity, times $N_t/N$, that a split must bring; ε of ID3, nearly. See trap 5 |
# | `class_weight` | None | classifier only: weight of each class, as `{1: 10, 0: 1}` or "balanced" |
# | `ccp_alpha` | 0 | pruning, α / N of the book |
# | `monotonic_cst` | None | list of 1, 0, −1 for each feature: the prediction may only rise, anything, only fall |
# | `random_state` | None | breaks ties; None: another tree each time |
#
# Some of these claims, tested:

# %%
def same_tree(m1, m2):
    return (np.array_equal(m1.tree_.feature, m2.tree_.feature)
            and np.array_equal(m1.tree_.threshold, m2.tree_.threshold))


one, other = (DecisionTreeClassifier(criterion=c, random_state=0).fit(all30, sick)
              for c in ("entropy", "log_loss"))
assert same_tree(one, other)
median = DecisionTreeRegressor(criterion="absolute_error", max_depth=1).fit(x, z)
assert np.allclose(median.predict([[1], [10]]), [np.median(z[:5]), np.median(z[5:])])
first = DecisionTreeRegressor(max_leaf_nodes=3).fit(x, z).tree_
assert np.sort(first.threshold[first.feature >= 0]).tolist() == [5.5, 7.5]  # 7.5 before 3.5

# %%
rising = [0, 0, 1] + [0] * 7                                        # bmi may only raise it
m = DecisionTreeRegressor(max_depth=6, monotonic_cst=rising, random_state=0).fit(P, progress)
free = DecisionTreeRegressor(max_depth=6, random_state=0).fit(P, progress)
heavier = P.copy()
heavier[:, 2] += 5
assert (m.predict(heavier) >= m.predict(P)).all()
assert (free.predict(heavier) < free.predict(P)).any()

# %%
for bad in ("mse", "c4.5"):                          # "mse" is the name in old code
    try:
        DecisionTreeRegressor(criterion=bad).fit(x, z)
    except ValueError as error:
        print(f"criterion={bad!r}: {type(error).__name__}, a ValueError")
    else:
        raise AssertionError("no error")
big = np.array([[2.0**24], [2.0**24 + 1]])           # two different numbers, one float32
assert DecisionTreeClassifier().fit(big, [0, 1]).get_n_leaves() == 1

# %% [markdown]
# The last line is worth a thought: above 16,777,216 (that is $2^{24}$) float32 cannot tell neighbours apart, so a tree cannot split long identity numbers or time stamps.
#
# Now turn one parameter at a time on the two-feature tumours, on the same 20 splits. Recall (召回率) is the share of the malignant tumours that is found.

# %%
settings = {
    "default": {}, "criterion=entropy": {"criterion": "entropy"},
    "splitter=random": {"splitter": "random"}, "max_features=1": {"max_features": 1},
    "max_depth=3": {"max_depth": 3}, "max_leaf_nodes=4": {"max_leaf_nodes": 4},
    "min_samples_split=40": {"min_samples_split": 40},
    "min_samples_leaf=10": {"min_samples_leaf": 10},
    "min_samples_leaf=60": {"min_samples_leaf": 60},
    "min_impurity_decrease=0.01": {"min_impurity_decrease": 0.01},
    "ccp_alpha=0.01": {"ccp_alpha": 0.01}, "ccp_alpha=0.1": {"ccp_alpha": 0.1},
    "malignant × 10": {"class_weight": {1: 10, 0: 1}},
    "malignant × 10, max_depth=3": {"class_weight": {1: 10, 0: 1}, "max_depth": 3},
}

# %%
effect = {}
for name, options in settings.items():
    for a, b in splits:
        m = DecisionTreeClassifier(random_state=0, **options).fit(two[a], sick[a])
        hit = m.predict(two[b]) == sick[b]
        numbers = m.score(two[a], sick[a]), hit.mean(), hit[sick[b] == 1].mean(), m.get_n_leaves()
        effect.setdefault(name, []).append(numbers)
effect = {name: np.array(values) for name, values in effect.items()}
panels = ("training accuracy", "test accuracy", "recall, malignant", "leaves")

# %%
fig, axes = plt.subplots(1, 4, figsize=(8.8, 4.8), sharey=True)
for k, (ax, label) in enumerate(zip(axes, panels)):
    for row, values in enumerate(effect.values()):
        v = values[:, k]
        ax.plot([v.min(), v.max()], [row, row], color=plot.SKY, lw=3)
        ax.plot(v.mean(), row, "o", color=plot.BLUE)
    ax.set_xlabel(label)
axes[0].set(yticks=range(len(effect)), yticklabels=list(effect), ylim=(len(effect) - 0.5, -0.5))
axes[3].set_xscale("log")
fig.suptitle("Any sensible limit on the size lifts test accuracy (dot: mean, bar: range)",
             x=0.01, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Fourteen settings in rows, four numbers in columns. The first four rows and "malignant × 10" have training accuracy 1, test accuracy near 0.7 and around a hundred leaves or more. The rows with a moderate limit have few leaves, training accuracy near 0.8 and test accuracy above 0.73. The last row has the highest recall and the lowest test accuracy.
#
# **What to notice.** For test accuracy, criterion and splitter hardly matter (though the random splitter needs twice the leaves). What matters is the size, and many knobs control it. `ccp_alpha=0.1` is too much: fewer than two leaves on average. And a surprise: weighting the malignant class ten times does not raise the recall of a full tree. It cuts at other places and gives another tree, but its leaves are pure again, and a pure leaf has no majority to turn. With `max_depth=3` the same weights raise recall from about 0.64 to about 0.93, and pay with false alarms.

# %%
means = pd.DataFrame({n: v.mean(axis=0) for n, v in effect.items()}, index=panels).T
means.round(2)

# %%
test, recall = means["test accuracy"], means["recall, malignant"]
for name in ("max_depth=3", "max_leaf_nodes=4", "min_samples_leaf=10", "min_samples_leaf=60",
             "min_samples_split=40", "min_impurity_decrease=0.01", "ccp_alpha=0.01"):
    assert test[name] > test["default"] + 0.02
    assert test[name] > 0.73
assert abs(test["criterion=entropy"] - test["default"]) < 0.02
assert abs(test["splitter=random"] - test["default"]) < 0.02
assert test["ccp_alpha=0.1"] < test["ccp_alpha=0.01"] - 0.05
assert means["leaves"]["ccp_alpha=0.1"] < 2
assert abs(recall["malignant × 10"] - recall["default"]) < 0.05
assert abs(recall["max_depth=3"] - 0.64) < 0.015
assert abs(recall["malignant × 10, max_depth=3"] - 0.93) < 0.015
assert test["malignant × 10, max_depth=3"] == test.min()

# %% [markdown]
# **Missing values.** Does your version accept NaN ("not a number", here: unknown)? Ask the estimator. Then forget whether the people 9, 10 and 11 own a house, and fit again.

# %%
accepts = get_tags(DecisionTreeClassifier()).input_tags.allow_nan
print("NaN accepted:", accepts)
if accepts:
    holes = codes.copy()
    holes[[8, 9, 10], 2] = np.nan                    # all three got the loan
    m = DecisionTreeClassifier(criterion="entropy", random_state=0).fit(holes, loans["loan"])
    unknown = [[1, 0, np.nan, 1]]                    # middle, no job, house unknown, good
    print("trained with NaN:", m.predict(unknown)[0], "  without:", tree.predict(unknown)[0])
    assert (m.predict(unknown)[0], tree.predict(unknown)[0]) == ("yes", "no")

# %% [markdown]
# **What to notice.** At each question the tree tries unknown values on both sides and keeps the better side. All three unknowns here got a loan, so "unknown" now behaves like "owns a house". The first tree never saw an unknown; it sends it where most samples went. Missing values are not ignored: the tree learns from who has them.

# %% [markdown]
# ## Shake the data and get another tree
#
# How much does a tree depend on the very rows it was given? Draw 398 of the 398 training tumours *with replacement* (有放回), so that some come twice and some not at all: a bootstrap sample (自助样本). All 30 features, 40 bootstrap samples from each of five splits.

# %%
rng = np.random.default_rng(0)
first_question, disagree, single, voted = [], [], [], []
for a, b in splits[:5]:
    answers = []
    for _ in range(40):
        rows_drawn = rng.choice(a, len(a))
        m = DecisionTreeClassifier(random_state=0).fit(all30[rows_drawn], sick[rows_drawn])
        first_question.append(cancer.feature_names[m.tree_.feature[0]])
        answers.append(m.predict(all30[b]))
    answers = np.array(answers)                      # (40, number of test tumours)
    pairs = [(answers[i] != answers[j]).mean() for i in range(40) for j in range(i)]
    disagree.append(np.mean(pairs))
    single.append((answers == sick[b]).mean(axis=1))
    voted.append(((answers.mean(axis=0) > 0.5) == sick[b]).mean())

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.5), width_ratios=(1, 1.15))
roots = pd.Series(first_question).value_counts()
axes[0].barh(roots.index[::-1], roots[::-1], color=plot.BLUE)
axes[0].set(xlabel="trees", title="The first question changes")
for row, (s, v) in enumerate(zip(single, voted)):
    axes[1].scatter(s, row + rng.uniform(-0.2, 0.2, 40), s=14, color=plot.SKY,
                    label="one tree" if row == 0 else None)
    axes[1].plot(v, row, "D", color=plot.RED, label="vote of 40 trees" if row == 0 else None)
axes[1].set(yticks=range(5), yticklabels=[f"split {i + 1}" for i in range(5)], ylim=(4.6, -1.3),
            xlabel="test accuracy", title="The vote beats most single trees")
axes[1].legend(ncols=2, loc="upper left", handletextpad=0.2, columnspacing=1)
plt.show()

# %% [markdown]
# **Figure in words.** Left, a bar for each feature that a tree asked first; several features share the first place. Right, for each of five splits a cloud of forty single-tree accuracies, and a red diamond, the majority vote of these trees, to the right of most of the cloud.
#
# **What to notice.** Trees from resampled data ask different first questions and disagree on about one tumour in twelve. So do not read a cause out of a single tree: the next sample may give another. But the mistakes are different mistakes, and a vote cancels many of them. That is bagging (装袋法). The random forest (随机森林), which you will use in stage 3, also lets each node look at a random part of the features only. The seed alone shakes the tree too:

# %%
print(f"two trees disagree on {np.mean(disagree):.3f} of the test tumours")
print(f"one tree: {np.mean(single):.3f}   vote: {np.mean(voted):.3f}")
a, b = splits[0]
seeds = [DecisionTreeClassifier(random_state=s).fit(all30[a], sick[a]) for s in range(50)]
different = len({(*m.tree_.feature, *m.tree_.threshold) for m in seeds})
accuracy = [m.score(all30[b], sick[b]) for m in seeds]
print(f"50 seeds: {different} different trees, accuracy {min(accuracy):.2f} to {max(accuracy):.2f}")

# %%
assert abs(np.mean(disagree) - 1 / 12) < 0.015
assert roots.size >= 4
assert roots.iloc[0] < 0.7 * roots.sum()
assert all(v > s.mean() + 0.005 for s, v in zip(single, voted))
assert all((s < v).mean() > 0.6 for s, v in zip(single, voted))
assert np.mean(voted) - np.mean(single) > 0.015
assert different > 25
assert max(accuracy) - min(accuracy) > 0.02

# %% [markdown]
# ## Traps
#
# ### Trap 1: one LabelEncoder for all columns
#
# Public code turns this table into numbers with one `LabelEncoder`, made for *labels*. It sorts all words of all columns into one alphabet.

# %%
encoder = LabelEncoder().fit(loans.to_numpy().ravel())
print(dict(zip(encoder.classes_.tolist(), range(8))))
muddle = loans[names].apply(encoder.transform)
m = DecisionTreeClassifier(criterion="entropy", random_state=0).fit(muddle, loans["loan"])
print(export_text(m, feature_names=names).splitlines()[0])

# %%
assert m.tree_.threshold[0] == 5.0                   # between "no" (4) and "yes" (6)
ordered = entropy(y) - split_quality(codes[:, 3], y, "entropy")
alphabet = entropy(y) - split_quality(muddle["credit"], y, "entropy")
print(f"credit, best cut: own order {ordered:.4f}, alphabet {alphabet:.4f}")
assert alphabet < ordered - 0.005

# %% [markdown]
# **What to notice.** "house <= 5.00" is not a house. And the order excellent < fair < good is nonsense: no cut can separate "fair" from the two better ones any more, and the gain falls. It gets worse when new people are encoded by a new encoder. Here are the six house owners, all with a loan:

# %%
each = loans[names].apply(LabelEncoder().fit_transform)          # each column by itself
m = DecisionTreeClassifier(criterion="entropy", random_state=0).fit(each, loans["loan"])
owners = loans.loc[loans["house"] == "yes", names]
refitted = m.predict(owners.apply(LabelEncoder().fit_transform))
right = tree.predict(OrdinalEncoder(categories=steps).fit_transform(owners))
print("new LabelEncoder:", *refitted)
print("OrdinalEncoder:  ", *right)

# %%
assert (refitted == "no").sum() == 4
assert (right == "yes").all()

# %% [markdown]
# **What to notice.** Everyone in the new table owns a house, "yes" is the only word in the column, so it becomes 0, which used to mean "no". Four people lose their loan, and no error is raised. **Right:** `OrdinalEncoder` with your `categories`, fitted once, in a pipeline.
#
# ### Trap 2: names that no longer match their columns
#
# After a question, public ID3 code removes the used column and takes the remaining names from `np.setdiff1d`, which sorts them. The columns are not sorted along.

# %%
chinese = ["年龄", "有工作", "有自己的房子", "信贷情况"]
left = np.delete(codes[no_house.index - 1], 2, axis=1)           # columns A1, A2, A4
m = DecisionTreeClassifier(random_state=0).fit(left, loans.loc[no_house.index, "loan"])
sorted_names = np.setdiff1d(chinese, ["有自己的房子"])
kept_names = [c for c in chinese if c != "有自己的房子"]
asked = m.tree_.feature[0]
print("names sorted:", sorted_names[asked], "  names in order:", kept_names[asked])

# %%
assert sorted_names[asked] == "年龄"                  # "age": a tree that nobody learned
assert kept_names[asked] == "有工作"

# %% [markdown]
# **What to notice.** The tree asks for the job, and the printout says age. The predictions stay right, so only a reader can notice. **Right:** keep names and columns in one object. A model that was fitted on a DataFrame remembers its names and refuses columns in another order:

# %%
m = DecisionTreeClassifier(random_state=0).fit(pd.DataFrame(codes, columns=names), y)
try:
    m.predict(pd.DataFrame(codes, columns=names)[["credit", *names[:3]]])
except ValueError as error:
    print("ValueError:", str(error).splitlines()[0])
else:
    raise AssertionError("no error")

# %% [markdown]
# ### Trap 3: the identity number that knows everything
#
# Give each person a number and ask for its gain. Then the gain ratio, which is said to cure this.

# %%
with_id = loans.assign(number=loans.index)
print(c45_table(with_id, [*names, "number"])[["g", "g_R"]].round(3))

# %%
with_ratio = c45_table(with_id, [*names, "number"])
assert with_ratio["g"].idxmax() == "number"
assert np.isclose(with_ratio["g"]["number"], 0.970951)
assert with_ratio["g_R"].idxmax() == "house"
assert with_ratio["g_R"].drop("house").drop("job").idxmax() == "number"
assert np.isclose(with_ratio["g_R"]["number"], 0.248523, atol=1e-6)

# %% [markdown]
# **What to notice.** Fifteen parts with one person each are all pure: the gain is the whole 0.971, the largest possible, and the question is useless for the next person. The gain ratio puts house and job above the number. Cured? Only because these two are so good. The number (0.249) still beats credit (0.232) and age. Without house and job, C4.5 would ask for the number. The most famous example, Quinlan's 14 days of tennis (1986), has no attribute strong enough:

# %%
days = pd.DataFrame({"outlook": ["sunny"] * 5 + ["overcast"] * 4 + ["rain"] * 5, "day": range(14),
                     "loan": ["no"] * 3 + ["yes"] * 2 + ["yes"] * 4 + ["yes"] * 3 + ["no"] * 2})
tennis = c45_table(days, ["outlook", "day"])         # the column "loan" holds: played or not
print(tennis.round(3))

# %%
assert tennis["g"].round(3).tolist() == [0.247, 0.940]
assert tennis["g_R"].round(3).tolist() == [0.156, 0.247]
# Quinlan's remedy "among those with at least average gain" keeps the day, too:
assert tennis["g"]["day"] > tennis["g"].mean()

# %% [markdown]
# **What to notice.** Outlook is the best real attribute there, and the day beats it by gain and by gain ratio. "The gain ratio cures the love of identity numbers" is a popular answer, and it fails. Cures that work: leave identity columns out, or demand several samples in each leaf.
#
# scikit-learn's two-part splits are less attracted by such columns, but not immune. Add two columns of pure chance to the diabetes data, one with 442 different values and one coin, and read the importances of a full tree. The real feature `sex` is there to compare.

# %%
importance, limited = [], []
for s in range(20):
    chance = np.random.default_rng(s)
    noisy = diabetes.data.assign(number=chance.permutation(442), coin=chance.integers(0, 2, 442))
    m = DecisionTreeRegressor(random_state=0).fit(noisy, progress)
    importance.append(pd.Series(m.feature_importances_, noisy.columns))
    m = DecisionTreeRegressor(min_samples_leaf=40, random_state=0).fit(noisy, progress)
    limited.append(pd.Series(m.feature_importances_, noisy.columns))
importance, limited = pd.DataFrame(importance), pd.DataFrame(limited)
shown = ["number", "coin", "sex"]
print(pd.DataFrame({"full tree": importance[shown].mean(),
                    "min_samples_leaf=40": limited[shown].mean()}).round(3))

# %%
assert (importance["number"] > importance["coin"]).all()
assert importance["number"].mean() > 4 * importance["coin"].mean()
assert (importance["number"] > importance["sex"]).sum() >= 18
assert limited["number"].mean() < 0.3 * importance["number"].mean()
row_number = np.arange(150).reshape(-1, 1)           # the line number in the iris file, no flower
folds = KFold(5, shuffle=True, random_state=0)
by_line = cross_val_score(DecisionTreeClassifier(random_state=0), row_number, iris.target, cv=folds)
print(f"iris species from the line number alone: {by_line.mean():.2f}")
assert by_line.min() > 0.9

# %% [markdown]
# **What to notice.** Both columns are noise, but the one with many values gets several times the importance of the coin, and more than a real feature with two values: it offers more places to cut. With at least 40 patients in each leaf most of that is gone. Do not rank features by `feature_importances_` alone. And the last line: the iris file is sorted by species, so its line number alone "predicts" almost perfectly, even in cross-validation. Never let an index into X.
#
# ### Trap 4: a tree cannot extrapolate
#
# 习题5.2 rises steadily up to x = 10. What does its tree say for x = 20?

# %%
wide = np.linspace(1, 20, 400).reshape(-1, 1)
full, straight = DecisionTreeRegressor().fit(x, z), LinearRegression().fit(x, z)
fig, ax = plt.subplots(figsize=(7.2, 3.5))
ax.plot(wide, full.predict(wide), color=plot.BLUE, label="full tree")
ax.plot(wide, straight.predict(wide), color=plot.GREEN, ls="--", label="linear regression")
ax.scatter(x, z, color="black", zorder=3, label="training data")
ax.axvspan(10, 20, color="#999999", alpha=0.15)
ax.set(xlabel="x", ylabel="y", xticks=range(0, 21, 5),
       title="Beyond the data the tree stands still")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Up to x = 10 the tree follows the points step by step. In the grey area beyond, it stays at 9.00 for ever, while the dashed line of the linear regression goes on rising.
#
# **What to notice.** Every x above 9.5 falls into the last leaf. A tree never predicts a value outside what it has seen, and beyond the data it is constant. Forests and boosted trees are constant beyond the data, too. For sales that grow each year, predict the *change*, or take the trend away first.

# %%
assert (full.predict([[11], [20], [1000]]) == 9.0).all()
assert straight.predict([[20]])[0] > 14

# %% [markdown]
# ### Trap 5: stopping because nothing is gained
#
# "Stop when the gain is below ε" sounds safe. Exclusive or (异或) of chapter 2, where the answer is "one of the two, but not both":

# %%
X_xor, y_xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
patient = DecisionTreeClassifier(random_state=0).fit(X_xor, y_xor)
hasty = DecisionTreeClassifier(min_impurity_decrease=1e-6, random_state=0).fit(X_xor, y_xor)
for name, m in (("default", patient), ("min_impurity_decrease=1e-6", hasty)):
    print(f"{name:<27} leaves {m.get_n_leaves()}, accuracy {m.score(X_xor, y_xor)}")

# %%
assert (patient.score(X_xor, y_xor), hasty.score(X_xor, y_xor)) == (1.0, 0.5)

# %% [markdown]
# **What to notice.** Each feature alone gains exactly nothing, so the hasty tree asks nothing. Two questions together explain all. A tree is greedy (贪心): it looks one question ahead. That is a reason to grow first and prune afterwards.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part.
#
# ### Find where 0.251 comes from (例5.3)
#
# Two columns: the exact gain, and the gain from entropies that were rounded to three decimals first.

# %%
rounded = pd.Series({a: round(entropy(no_house["loan"]), 3)
                     - round(conditional_entropy(no_house, a), 3) for a in exact.index})
printed = pd.Series({"age": 0.251, "job": 0.918, "credit": 0.474})
pd.DataFrame({"exact": exact.round(6), "rounded first": rounded.round(3), "printed": printed})

# %%
assert np.allclose(rounded.round(3), printed)
assert exact["age"].round(3) == 0.252

# %% [markdown]
# **What to notice.** The print has 0.918 − 0.667 = 0.251. No harm here: job wins by far. But a test that compares your code with 0.251 to three digits fails, and your code is right.
#
# ### Let ID3 and C4.5 grow by themselves
#
# The formulas stand above; a function that calls itself makes a tree of them. A tree is either a class, or a pair (attribute, branches). scikit-learn has neither algorithm.

# %%
def grow(table, attributes, score):
    """table with a column "loan" → a class, or (attribute, {value: tree})."""
    if table["loan"].nunique() == 1 or not attributes:
        return table["loan"].mode()[0]
    best = max(attributes, key=lambda a: score(table, a))
    rest = [a for a in attributes if a != best]
    return best, {v: grow(part, rest, score) for v, part in table.groupby(best)}

# %%
id3, c45 = grow(loans, names, gain), grow(loans, names, gain_ratio)
print(id3)

# %%
assert id3 == c45 == ("house", {"no": ("job", {"no": "no", "yes": "yes"}), "yes": "yes"})
assert grow(loans, ["house", "age", "job", "credit"], gain) == id3   # column order plays no role

# %% [markdown]
# **What to notice.** The tree stores *names*. Some public code stores the position within the already reduced table and then reads that position in the full row. On 表5.1 this works by luck. Permute the columns:

# %%
for order in (names, ["house", "age", "job", "credit"]):
    reduced = [a for a in order if a != "house"]
    position = reduced.index("job")
    print(f"columns {order}: wants job, reads {order[position]}")

# %%
assert names[["age", "job", "credit"].index("job")] == "job"
assert ["house", "age", "job", "credit"][["age", "job", "credit"].index("job")] == "age"

# %% [markdown]
# ### Prove the pruning sequence (习题5.3, 习题5.4)
#
# *习题5.3: for a fixed α there is one smallest subtree with the least price.* The price is a sum over leaves, so two branches never influence each other. Hence the best pruning of the branch at t is either t as a leaf, at C(t) + α, or the best left branch together with the best right branch. Take the leaf when both cost the same. By induction from the leaves up, this gives the least price. And the result is contained in every other cheapest pruning S of the branch: if S is the single leaf, the rule takes the leaf too; otherwise S is a cheapest left and a cheapest right branch, and by induction ours are contained in them. So it is unique.
#
# *习题5.4: the sequence of 算法5.7 consists of these trees.* For a node t, the branch is cheaper than the leaf as long as α < g(t). Below $\alpha_1=\min_t g(t)$ nothing is worth cutting. At $\alpha_1$ exactly the nodes with g(t) = α₁ are cut. This gives $T_1$, and the argument starts again with $T_1$ and α ≥ α₁. So $T_i$ is the smallest optimal tree for all α in $[\alpha_i,\alpha_{i+1})$.
#
# The recursion of the first proof is a second computation, independent of scikit-learn's:

# %%
big_tree = DecisionTreeClassifier(random_state=0).fit(two, sick)
t = big_tree.tree_
cost = t.impurity * t.n_node_samples / 569           # as scikit-learn counts


def cheapest(node, price):
    """(least cost, leaves) of the branch at node."""
    leaf = (cost[node] + price, 1)
    if t.children_left[node] < 0:
        return leaf
    l, r = cheapest(t.children_left[node], price), cheapest(t.children_right[node], price)
    return leaf if leaf[0] <= l[0] + r[0] else (l[0] + r[0], l[1] + r[1])

# %%
steps_of_alpha = big_tree.cost_complexity_pruning_path(two, sick).ccp_alphas
wide_enough = np.flatnonzero(np.diff(steps_of_alpha) > 1e-9)
for i in wide_enough:
    middle = (steps_of_alpha[i] + steps_of_alpha[i + 1]) / 2
    pruned = DecisionTreeClassifier(ccp_alpha=middle, random_state=0).fit(two, sick)
    assert pruned.get_n_leaves() == cheapest(0, middle)[1]
print(f"{big_tree.get_n_leaves()} leaves unpruned; equal at all {len(wide_enough)} prices tried")

# %%
assert len(wide_enough) > 20

# %% [markdown]
# **What to notice.** The recursion tries all prunings, and 算法5.7 finds trees of the same size at every price tried. The simpler 算法5.4, which merges one pair of leaves at a time as long as the price does not rise, can get stuck. Take α = 8 on the loan tree:

# %%
price = {name: c + 8 * leaves for name, (c, leaves) in prices.items()}
for name, value in price.items():
    print(f"{name:<25} {value:.2f}")

# %%
three, two_leaves, single_leaf = price.values()
assert two_leaves > three                            # the first merge costs: 算法5.4 stops
assert single_leaf < three                           # but the single leaf is cheapest of all

# %% [markdown]
# **What to notice.** To reach the cheapest tree you would have to pass the dearest one.
#
# ### Catch slips in public notes and code
#
# Three more, each with the check that catches it: a hand sum Gini(D, A1 = 3) = 0.11 (it is 0.44); a row 15 of 表5.1 with six fields; and a regression tree that compares x with the *position* of the cut instead of its value, tried on x = 1, …, 10 and on x = 101, …, 110.

# %%
old = loans["age"] == "old"
by_hand = sum((1 - (loans[g]["loan"].value_counts(normalize=True) ** 2).sum()) * g.mean()
              for g in (old, ~old))
assert np.isclose(by_hand, 0.44)
try:
    np.array([*people[:-1], [*people[-1], "no"]])
except ValueError:
    print("row 15 with six fields: ValueError, the rows have different lengths")
else:
    raise AssertionError("no error")

# %%
position = int(np.argmin(cuts["loss"]))              # 4: the fifth of the cuts, counted from 0
for shift in (0, 100):
    moved = x.ravel() + shift
    by_position, by_value = z[moved <= position], z[moved <= position + 1.5 + shift]
    print(f"x from {moved[0]}: by position {len(by_position)} points go left, "
          f"by value {len(by_value)}")
    assert len(by_value) == 5
    assert np.isclose(by_value.mean(), 5.06)
    assert len(by_position) != 5

# %% [markdown]
# **What to notice.** Compared with its position, the point x = 5 changes sides, and on shifted data nothing goes left at all. Check the leaves of 习题5.2 against 5.06 and 8.176, and shift x.

# %% [markdown]
# ## Check yourself
#
# **1.** A new applicant: old, no job, no house, excellent credit. What does the loan tree say, and would you believe it? Answer, then run.
#
# <details><summary>Answer</summary>
#
# "no": no house, no job. But look at the table: all four people with excellent credit got their loan; none of them was without both house and job. The tree extends a rule to a combination that it has never seen.
#
# </details>

# %%
applicant = pd.DataFrame([["old", "no", "no", "excellent"]], columns=names)
print(tree.predict(OrdinalEncoder(categories=steps).fit_transform(applicant))[0])
assert tree.predict(OrdinalEncoder(categories=steps).fit_transform(applicant))[0] == "no"
excellent = loans[loans["credit"] == "excellent"]
assert ((excellent["house"] == "yes") | (excellent["job"] == "yes")).all()
assert len(excellent) == 4
assert (excellent["loan"] == "yes").all()

# %% [markdown]
# **2.** You standardise all features, or take logarithms. Which training samples change their leaf? Answer, then run.
#
# <details><summary>Answer</summary>
#
# None. The order of the values stays, so the same parts are possible. (The thresholds between the values move, so a *new* sample that falls between two training values may change sides.)
#
# </details>

# %%
reference = DecisionTreeClassifier(random_state=0).fit(all30, sick).apply(all30)
for name, Z in (("standardised", StandardScaler().fit_transform(all30)),
                ("logarithm", np.log1p(1000 * all30))):
    moved = DecisionTreeClassifier(random_state=0).fit(Z, sick).apply(Z) != reference
    print(f"{name}: {moved.sum()} of 569 in another leaf")
    assert moved.sum() == 0

# %% [markdown]
# **3.** A full tree has training accuracy 1. What do you know? Answer, then run: labels thrown with a coin.
#
# <details><summary>Answer</summary>
#
# That no two samples with equal features have different labels. Nothing else: it learns coin throws as perfectly.
#
# </details>

# %%
coin = np.random.default_rng(0).integers(0, 2, 569)
m = DecisionTreeClassifier(random_state=0).fit(all30, coin)
print("accuracy on thrown labels:", m.score(all30, coin), " leaves:", m.get_n_leaves())
assert m.score(all30, coin) == 1
assert m.get_n_leaves() > 100

# %% [markdown]
# **4.** How do ID3, C4.5 and CART differ? Which one is scikit-learn's?
#
# <details><summary>Answer</summary>
#
# ID3: information gain, one branch for each value, classes only. C4.5: gain ratio, and numbers too. CART: Gini or squared error, always two branches, classes and numbers, pruning by $C_\alpha$. scikit-learn's is CART, with `entropy` as a choice of impurity.
#
# </details>
#
# **5.** Your colleague sets `class_weight` on a full tree and finds no more malignant tumours. Why?
#
# <details><summary>Answer</summary>
#
# The weights move the cuts, but in the end the leaves are pure; no leaf's answer can be turned by a weight. It helps once the size is limited.
#
# </details>
#
# **6.** The book's α is 10 and you have 500 samples. Which `ccp_alpha` do you set, and with which criterion?
#
# <details><summary>Answer</summary>
#
# 10 / 500 = 0.02, with `criterion="entropy"` (in bits) if α belongs to the cost of section 5.4. The Gini index gives another scale.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *A decision tree asks one question about one feature at each node; every path is an if-then rule, every leaf a class or a mean. Growing is greedy: choose the question after which the parts are purest, by information gain (ID3), gain ratio (C4.5), or Gini index and squared error (CART, two parts each). A full tree learns its data by heart where classes overlap. So limit its size, or grow it fully and prune: the cost is training impurity plus α for every leaf, the pruning sequence comes from g(t), and cross-validation chooses α. Trees need no scaling and can be read aloud; they are unstable, cannot extrapolate, and love columns with many values. scikit-learn is CART on numbers: encode words with your own order.*
#
# **Links.** 李航《统计学习方法》 chapter 5, 算法5.1–5.7, 例5.1–5.4, 习题5.1–5.4 · J. R. Quinlan, "Induction of decision trees", 1986 (ID3) · J. R. Quinlan, *C4.5: Programs for Machine Learning*, 1993 · L. Breiman, J. Friedman, R. Olshen and C. Stone, *Classification and Regression Trees*, 1984 (CART) · [scikit-learn: decision trees](https://scikit-learn.org/stable/modules/tree.html). Next in the book: [Logistic regression](ch06_logistic_regression.ipynb). Trees return in [AdaBoost](ch08_adaboost.ipynb), [boosting trees](ch08_boosting_tree.ipynb) and [XGBoost](ch08_xgboost.ipynb).
