# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 1
#     needs: ["04_dl_theory/02_backpropagation"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 kNN and linear classifiers (k近邻与线性分类器)
#
# A program that only remembers 4,000 digits and looks up the most similar one reads 93 of 100 new digits. A program that keeps ten pictures, and one number for each, reads almost 90. Here you build both, and see what the second one gains by being so small.
#
# **You will** compute a table of four million distances without a loop, let neighbours vote, derive the gradients of two losses line by line, write them with and without loops, train a linear classifier (线性分类器), look at what it has learnt, and then give it better features (特征).
#
# **After it you can**
#
# - turn a double loop over arrays into one matrix product, and say what that buys and what it costs;
# - choose a setting by cross-validation (交叉验证) or on a validation part (验证集), and say how sure the choice is;
# - write the multiclass SVM loss and the softmax loss with their gradients, and test a gradient with numbers.
#
# **You need** the chain rule and shapes of gradients (lesson 2, [Backpropagation](02_backpropagation.ipynb)).
#
# **Where this stands.** Stage 4 of the roadmap, core path, one day. Watch first cs231n lectures 2 (image classification) and 3 (loss functions). The functions have the names, arguments and shapes of cs231n's assignment 1, so that you can carry your code there and back. **Stuck?** Read the cs231n notes on [classification](https://cs231n.github.io/classification/) and [linear classifiers](https://cs231n.github.io/linear-classify/), chapter 3 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# The roadmap asks you to *read* this code until you can explain each line. Answer the questions "Explain this line" first, then write.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from torch import nn

import dlroadmap
from dlroadmap import check, data, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Look up the most similar digit
#
# Can a program read digits without learning anything? The data are real scanned digits of MNIST (CC BY-SA 3.0), 28×28 pixels between 0 (black) and 1 (ink). `reshape` writes each picture as one row of 784 numbers.

# %%
digits = data.mnist.load()
X_train, y_train = digits.X_train[:4000].reshape(4000, -1), digits.y_train[:4000]
X_test, y_test = digits.X_test[:1000].reshape(1000, -1), digits.y_test[:1000]
print(X_train.shape, X_test.shape, X_train.dtype)

# %% [markdown]
# Take one test digit. Subtract it from every training digit, square, add up over the pixels, take the root. `argsort` returns the positions in order of distance, nearest first.

# %%
def nearest(query, k):
    """query (784,) → positions of its k nearest training digits"""
    distances = np.sqrt(((X_train - query) ** 2).sum(axis=1))  # (4000,)
    return distances.argsort()[:k]


print("true digit", y_test[0], "; labels of the five nearest:", y_train[nearest(X_test[0], 5)])

# %% [markdown]
# Now two digits that this look-up gets right and the first one that it gets wrong. Before you read on: what do you expect the wrong one to look like?

# %%
first = np.array([y_train[nearest(query, 1)[0]] for query in X_test[:100]])
wrong = np.flatnonzero(first != y_test[:100])
rows = [0, 1, wrong[0]]
pictures, titles = [], []
for i in rows:
    near = nearest(X_test[i], 5)
    pictures += [X_test[i].reshape(28, 28), *X_train[near].reshape(-1, 28, 28)]
    titles += [f"test: a {y_test[i]}", *(f"{label}" for label in y_train[near])]

# %%
plot.images(pictures, titles, columns=6, height=1.2,
            title=f"Two rows agree; in the third the nearest digit is a {y_train[nearest(X_test[rows[2]], 1)[0]]}, for a {y_test[rows[2]]}")
plt.show()

# %% [markdown]
# **Figure in words.** Three rows. On the left a test digit, then its five nearest training digits with their labels. In the first two rows all labels match. In the last row the nearest digit has another label than the test digit, and quite another shape: the two share little ink, but they also waste little.

# %%
print(f"{len(wrong)} of the first 100 are wrong")
assert len(wrong) <= 10
assert all((y_train[nearest(X_test[i], 5)] == y_test[i]).all() for i in (0, 1))

# %% [markdown]
# **The idea.** This is the nearest-neighbour classifier (最近邻分类器); with a vote among the $k$ nearest it is kNN (k近邻). Training means keeping the data. The distance (距离) between two pictures $x$ and $t$ of $D$ pixels is
#
# $$d(x,t)=\sqrt{\sum_{p=1}^{D}(x_p-t_p)^2}$$
#
# the L2 or Euclidean distance (欧氏距离). Nothing in it knows what a picture is. Shuffle the pixels of all digits in the same way, and every distance stays:

# %%
shuffle = np.random.default_rng(0).permutation(784)
before = np.sqrt(((X_train - X_test[0]) ** 2).sum(axis=1))
after = np.sqrt(((X_train[:, shuffle] - X_test[0, shuffle]) ** 2).sum(axis=1))
print("same distances after shuffling the pixels:", np.allclose(before, after, rtol=1e-4))
assert np.allclose(before, after, rtol=1e-4)

# %% [markdown]
# On colour photos kNN does much worse. The course reports about 28 % on CIFAR-10, ten classes of 32×32 photos, where guessing gives 10 %.
#
# ## Compute all distances, three ways
#
# For 1,000 test digits and 4,000 training digits, four million distances are needed. The course keeps the training data in an object, so here is the class, with its one line of training. Its other methods come one by one.

# %%
class KNearestNeighbor:
    """k nearest neighbours with L2 distance"""

    def train(self, X, y):
        """X (N_train, D), y (N_train,): remember them"""
        self.X_train, self.y_train = X, y


# %% [markdown]
# A method is a function whose first argument, by custom called `self`, is the object. So you can write it outside of the class and attach it later. That is how the exercises below work, and you can paste them into the class of the course unchanged.
#
# **Two loops.** The first form is slow and clear: one loop over test rows `i`, one over training rows `j`.
#
# **Explain this line, this shape.**
#
# 1. `dists = np.zeros((num_test, num_train), dtype=X.dtype)`: what does row 3 hold, what does column 3 hold?
# 2. `np.sqrt(((X[i] - self.X_train[j]) ** 2).sum())`: what has shape (D,) in it, what is a single number?
#
# <details><summary>Answers</summary>
#
# 1. Row 3: the distances of test digit 3 to all training digits. Column 3: the distances of training digit 3 to all test digits.
# 2. The difference and its square have shape (D,). The sum, and its root, are one number.
#
# </details>

# %% tags=["exercise", "challenge"]
def compute_distances_two_loops(self, X):
    """X (N_test, D), self.X_train (N_train, D), floats → dists (N_test, N_train), dtype of X.
    dists[i, j] = L2 distance (with root) between X[i] and self.X_train[j]; two loops.
    """
    num_test, num_train = len(X), len(self.X_train)
    dists = np.zeros((num_test, num_train), dtype=X.dtype)
    # BEGIN SOLUTION  for each pair: difference, square, sum, root
    for i in range(num_test):
        for j in range(num_train):
            dists[i, j] = np.sqrt(((X[i] - self.X_train[j]) ** 2).sum())
    # END SOLUTION
    return dists


# %%
check.compute_distances_two_loops(compute_distances_two_loops)

# %%
KNearestNeighbor.compute_distances_two_loops = compute_distances_two_loops

# %% [markdown]
# **One loop.** `self.X_train - X[i]` has shapes (N_train, D) and (D,). NumPy subtracts the one row from every row: broadcasting (广播). This is the line of `nearest` above.
#
# **Explain this line.** `.sum(axis=1)`: which axis disappears? What would `.sum()` without `axis` do to `dists[i] = …`?
#
# <details><summary>Answer</summary>
#
# The pixels disappear; a vector (N_train,) is left. Without `axis` the result is one number, and NumPy writes it into the whole row without an error.
#
# </details>

# %% tags=["exercise", "challenge"]
def compute_distances_one_loop(self, X):
    """X (N_test, D), self.X_train (N_train, D), floats → dists (N_test, N_train), dtype of X.
    The same distances with one loop, over the test rows.
    """
    dists = np.zeros((len(X), len(self.X_train)), dtype=X.dtype)
    # BEGIN SOLUTION  fill a whole row dists[i] at once; sum over the axis of the pixels
    for i in range(len(X)):
        dists[i] = np.sqrt(((self.X_train - X[i]) ** 2).sum(axis=1))
    # END SOLUTION
    return dists


# %%
check.compute_distances_one_loop(compute_distances_one_loop)

# %%
KNearestNeighbor.compute_distances_one_loop = compute_distances_one_loop

# %% [markdown]
# **No loop.** One could let NumPy subtract every row from every row, `X[:, None] - X_train[None]` (`None` adds an axis of length 1). But that table has three axes. Count its bytes before you try it (a float32 takes 4):

# %%
gigabytes = len(X_test) * len(X_train) * 784 * 4 / 1e9
print(f"{gigabytes:.1f} GB for the differences, {len(X_test) * len(X_train) * 4 / 1e9:.3f} GB for the distances")
assert gigabytes > 12

# %% [markdown]
# So do the algebra first. Multiply out the square:
#
# $$\sum_p (x_p-t_p)^2=\underbrace{\sum_p x_p^2}_{\text{one number per test row}}+\underbrace{\sum_p t_p^2}_{\text{one per training row}}-2\underbrace{\sum_p x_p t_p}_{\text{a dot product}}$$
#
# All dot products of test rows with training rows at once are one matrix product, `X @ self.X_train.T`, of shape (N_test, N_train). The processor is at its best there. What is left is to add a column and a row to it.
#
# **Explain this line, this shape.**
#
# 1. `(X ** 2).sum(axis=1, keepdims=True)` has shape (N_test, 1). What would happen without `keepdims=True`, that is with (N_test,), if N_test and N_train differ, and if they are equal?
# 2. `np.maximum(squared, 0)`: how can a sum of squares be negative here?
#
# <details><summary>Answers</summary>
#
# 1. NumPy aligns shapes from the right. (N_test,) + (N_test, N_train) fails if the numbers differ. If they are equal, it works and is wrong: the norms of the test digits are added along a row instead of down a column.
# 2. For two equal rows the exact result is 0: $a+a-2a$. Each of the three terms is rounded, and what is left can be a tiny negative number. Its root is NaN ("not a number").
#
# </details>

# %% tags=["exercise"]
def compute_distances_no_loops(self, X):
    """X (N_test, D), self.X_train (N_train, D), floats → dists (N_test, N_train), dtype of X.
    The same distances without a loop and without an array of three axes. No entry is NaN,
    also where a test row equals a training row.
    """
    # BEGIN SOLUTION  squares as a column, plus squares as a row, minus 2 dot products; never below 0
    test_squares = (X**2).sum(axis=1, keepdims=True)  # (N_test, 1)
    train_squares = (self.X_train**2).sum(axis=1)  # (N_train,)
    squared = test_squares + train_squares - 2 * (X @ self.X_train.T)
    dists = np.sqrt(np.maximum(squared, 0))
    # END SOLUTION
    return dists


# %%
check.compute_distances_no_loops(compute_distances_no_loops)

# %%
KNearestNeighbor.compute_distances_no_loops = compute_distances_no_loops

# %% [markdown]
# What did each step buy? The same table three ways: 100 test digits, 1,000 training digits. Guess two factors first: from two loops to one, and from one loop to none.

# %%
def seconds(method, X, times):
    """Median time of method(X), and its result"""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        result = method(X)
        taken.append(time.perf_counter() - start)
    return float(np.median(taken)), result


def compare():
    """Seconds and distances of the three ways, two dicts"""
    small, took, tables = KNearestNeighbor(), {}, {}
    small.train(X_train[:1000], y_train[:1000])
    for name, times in [("two_loops", 1), ("one_loop", 3), ("no_loops", 7)]:
        method = getattr(small, f"compute_distances_{name}")  # the method of that name
        took[name], tables[name] = seconds(method, X_test[:100], times)
    return took, tables


took, tables = compare()

# %%
fig, ax = plt.subplots(figsize=(7, 2.4))
bars = ax.barh(list(took), [1000 * t for t in took.values()], color=[plot.ORANGE, plot.SKY, plot.BLUE])
ax.bar_label(bars, [f"{1000 * t:.3g} ms" for t in took.values()], padding=4)
ax.set(xscale="log", xlabel="milliseconds (each step of the axis is a factor of 10)",
       xlim=(0.5, 5000), title="100,000 distances: the matrix product wins")
ax.invert_yaxis()
plt.show()

# %% [markdown]
# **Figure in words.** Three horizontal bars on a logarithmic axis. Two loops take hundreds of milliseconds; the bar of one loop is shorter by a factor of several; without loops it is a few milliseconds or less.

# %%
print(f"two loops / no loop: {took['two_loops'] / took['no_loops']:.0f}; one loop / no loop: {took['one_loop'] / took['no_loops']:.0f}")
assert took["two_loops"] > 30 * took["no_loops"]
assert took["one_loop"] > 3 * took["no_loops"]
for name in ("one_loop", "no_loops"):
    assert np.allclose(tables[name], tables["two_loops"], atol=1e-3)

# %% [markdown]
# **What to notice.** The same numbers, and without loops the work is done more than 30 times as fast as with two. The inner loop costs Python's work for each pair. The outer one costs memory traffic: each turn writes and reads a fresh table of 1,000×784 differences, while the matrix product never forms one. Times on your machine differ; the assertions ask for factors of 30 and 3. (The course, with 500 and 5,000 photos: about 50 s with loops, 0.4 s without.)
#
# Now the whole test part takes a moment:

# %%
knn = KNearestNeighbor()
knn.train(X_train, y_train)
dists = knn.compute_distances_no_loops(X_test)  # (1000, 4000)
accuracy = (y_train[dists.argmin(axis=1)] == y_test).mean()
print(f"nearest neighbour: {accuracy:.1%} of 1,000 test digits")
assert abs(accuracy - 0.93) < 0.02

# %% [markdown]
# ## Look at the table of distances
#
# A table of distances is a picture too. Here are 40 rows (test digits) and 100 columns (training digits). Some rows and columns are bright from end to end. What kind of digit makes a bright row, what makes a dark column?

# %%
table = dists[:40, :100]
bright, dark = table.mean(axis=1).argmax(), table.mean(axis=0).argmin()
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.2), width_ratios=[5, 1.4, 1.4])
shown = axes[0].imshow(table, cmap="gray", aspect="auto")
axes[0].set(xlabel="training digit", ylabel="test digit", title="Ink makes bright lines")
fig.colorbar(shown, ax=axes[0], label="distance")
for ax, picture, name in [(axes[1], X_test[bright], f"brightest row: {bright}"), (axes[2], X_train[dark], f"darkest column: {dark}")]:
    ax.imshow(picture.reshape(28, 28), cmap="gray")
    ax.set_title(name, fontsize=9, loc="center")
    ax.set_axis_off()
axes[0].grid(False)
plt.show()

# %% [markdown]
# **Figure in words.** A grey table with clear bright and dark stripes, horizontal and vertical. Beside it, the digit of the brightest row, large and drawn with a thick pen, and the digit of the darkest column, a thin 1.

# %%
ink = (X_test**2).sum(axis=1)
link = np.corrcoef(ink, dists.mean(axis=1))[0, 1]
print(f"correlation of ink with mean distance, over 1,000 test digits: {link:.2f}")
assert link > 0.7
assert y_train[dark] == 1

# %% [markdown]
# **What to notice.** A bright row is a test digit that is far from every training digit, a bright column a training digit that is far from every test digit. Here the reason is mostly ink: in $\sum x_p^2+\sum t_p^2-2\sum x_p t_p$ a digit with much ink has a large first term, whoever the other is. (`np.corrcoef` gives the correlation, 相关系数: 1 would mean that ink alone decides.) A thin 1 is close to everybody, and that does harm:

# %%
guess = y_train[dists.argmin(axis=1)]
says_one, lost_one = ((guess == 1) & (y_test != 1)).sum(), ((guess != 1) & (y_test == 1)).sum()
print(f"{(guess != y_test).sum()} errors: other digits read as 1: {says_one}; real 1s missed: {lost_one}")
assert says_one >= lost_one + 5

# %% [markdown]
# **Try it.** Take `Z = X_test.copy()`, set `Z[5] = 1 - Z[5]`, white with a black digit, and draw `knn.compute_distances_no_loops(Z)[:40, :100]` instead. Expect row 5 to be by far the brightest.
#
# ## Let neighbours vote
#
# One nearest neighbour may be an accident. Ask $k$ of them, and let the majority decide (多数表决). Here is one test point with six training points, by hand:

# %% tags=["nbval-check-output"]
row, labels = np.array([0.5, 0.2, 0.9, 0.3, 0.4, 0.8]), np.array([2, 7, 7, 2, 5, 7])
order = row.argsort()
print("labels, nearest first:", labels[order])
for k in (1, 2, 3, 4, 6):
    print(f"k = {k}: votes for class 0, 1, 2, … {np.bincount(labels[order[:k]])}")

# %% [markdown]
# `np.bincount` counts how often 0, 1, 2, … occur. For k = 1 the answer is 7. For k = 2 there is one vote for 7 and one for 2: a tie (平票). The course's rule, and this lesson's: **at a tie the smaller label wins**, here 2.
#
# **Explain this line.** `np.bincount(votes).argmax()`: why does this obey the rule? And why is `labels[order[:k]]` not the same as `labels[:k]`?
#
# <details><summary>Answer</summary>
#
# `argmax` returns the first of equal largest entries, and the counts stand in order of the label. `labels[:k]` would take the first k training points, however far away they are.
#
# </details>

# %% tags=["exercise", "challenge"]
def predict_labels(self, dists, k=1):
    """dists (N_test, N_train), self.y_train (N_train,) whole numbers ≥ 0, 1 ≤ k ≤ N_train
    → y_pred (N_test,), dtype of self.y_train: for each row the most frequent label among
    the k nearest training points; at a tie the smaller label.
    """
    y_pred = np.zeros(len(dists), dtype=self.y_train.dtype)
    # BEGIN SOLUTION  argsort a row, take the labels of the first k, count them
    for i in range(len(dists)):
        votes = self.y_train[dists[i].argsort()[:k]]
        y_pred[i] = np.bincount(votes).argmax()
    # END SOLUTION
    return y_pred


# %%
check.predict_labels(predict_labels)

# %%
KNearestNeighbor.predict_labels = predict_labels

# %% [markdown]
# The class is complete. Which $k$ is best? $k$ is a hyperparameter (超参数): nothing in the training computes it, you choose it. The test part must not choose, or it would no longer be a test. With few data, use cross-validation: cut the training data into 5 folds (折); let each fold be the judge once, with the other four as training data; average the five accuracies.
#
# **Explain this line.** `np.array_split(np.arange(len(X)), num_folds)` gives five blocks of row numbers. Why does `np.concatenate(folds[:f] + folds[f + 1:])` leave block f out, and what would the accuracy for k = 1 be if it did not?
#
# <details><summary>Answer</summary>
#
# `folds` is a list; `+` joins the blocks before f and those after f. If the judged digits were in the training data, each would be its own nearest neighbour at distance 0, and k = 1 would score 100 %.
#
# </details>

# %% tags=["exercise", "challenge"]
def cross_validate_k(model, X, y, k_choices, num_folds=5):
    """model: a KNearestNeighbor; X (N, D), y (N,); k_choices: list of k
    → dict k → list of num_folds accuracies. The folds are blocks of neighbouring rows in
    the given order (np.array_split); fold f is judged by a model trained on all others.
    """
    accuracies = {k: [] for k in k_choices}
    folds = np.array_split(np.arange(len(X)), num_folds)
    # BEGIN SOLUTION  for each fold: train on the others, one table of distances, then every k
    for f in range(num_folds):
        others = np.concatenate(folds[:f] + folds[f + 1 :])
        model.train(X[others], y[others])
        dists = model.compute_distances_no_loops(X[folds[f]])
        for k in k_choices:
            y_pred = model.predict_labels(dists, k)
            accuracies[k].append(float((y_pred == y[folds[f]]).mean()))
    # END SOLUTION
    return accuracies


# %%
check.cross_validate_k(cross_validate_k)

# %% [markdown]
# The ten values of $k$ are those of the course. Use 2,000 training digits, to keep the wait short.

# %%
choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
cv = cross_validate_k(KNearestNeighbor(), X_train[:2000], y_train[:2000], choices)
mean = {k: np.mean(cv[k]) for k in choices}
spread = {k: np.std(cv[k]) for k in choices}
fig, ax = plt.subplots(figsize=(7, 3.6))
for k in choices:
    ax.plot([k] * 5, cv[k], "o", color=plot.SKY, ms=4)
ax.errorbar(choices, list(mean.values()), list(spread.values()), color=plot.BLUE, capsize=3, label="mean ± standard deviation")
ax.set(xscale="log", xlabel="k", ylabel="accuracy of a fold", title="One, three, five neighbours: no clear winner; a hundred are too many")
ax.set_xticks(choices, choices, fontsize=9)
ax.minorticks_off()
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Figure in words.** Accuracy against k, with five dots for the five folds at each k and a line through their means. The line is flat near 0.91 for k from 1 to 5, then falls slowly to k = 20 and steeply to about 0.75 at k = 100. The dots of one k are spread over a few hundredths.

# %%
best_k = max(mean, key=mean.get)
print({k: round(float(mean[k]), 3) for k in (1, 3, 5, 10, 100)}, "best:", best_k)
assert best_k <= 5
# np.ptp is the largest minus the smallest
assert np.ptp([mean[k] for k in (1, 3, 5)]) < min(spread[k] for k in (1, 3, 5))
assert all(five > eight for five, eight in zip(cv[5], cv[8]))
assert abs(mean[5] - 0.91) < 0.01
assert abs(mean[100] - 0.75) < 0.02

# %% [markdown]
# **What to notice.** Between k = 1, 3 and 5 the means differ by less than one fold differs from another. So "the best k is …" is more than these data can say. That 8 is worse than 5 they do say: it loses in each of the five folds. (Compare fold with fold, since some folds are harder for every k.) And why are 100 neighbours so bad? There are only about 160 of each class among 1,600 training digits. 100 voters would be more than half of the own class, and its far-away members are often farther than the nearest digits of other classes.
#
# In the course, on CIFAR-10, the curve peaks near k = 10. There one neighbour is a bad guide, and a vote helps. What is best depends on the data, which is why one measures.
#
# The choice is made. Now the test part, three times, to check the claim that 1, 3 and 5 do not differ; the standard error (标准误) of an accuracy on 1,000 digits is about 0.008 here.

# %%
for k in (1, 3, 5):
    share = (knn.predict_labels(dists, k) == y_test).mean()
    print(f"all 4,000 training digits, k = {k}: test accuracy {share:.3f}")
    assert abs(share - 0.93) < 0.02

# %% [markdown]
# ## Change the data, keep the neighbours
#
# There is a second common distance, L1 or Manhattan distance (曼哈顿距离): add up the absolute differences,
#
# $$d_1(x,t)=\sum_p|x_p-t_p|.$$
#
# Two points, and two ways to ask which is nearer to the origin:

# %%
points = {"A": np.array([0.9, 0.9]), "B": np.array([1.45, 0.0])}
c = np.sqrt(0.5)
turn = np.array([[c, -c], [c, c]])  # a rotation by 45°
for name, change in [("as they are", np.eye(2)), ("turned by 45°", turn)]:
    moved = {key: change @ point for key, point in points.items()}
    L1 = min(moved, key=lambda key: np.abs(moved[key]).sum())
    L2 = min(moved, key=lambda key: np.sqrt((moved[key] ** 2).sum()))
    print(f"{name}: nearest by L1 is {L1}, by L2 is {L2}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(8, 3.7), sharey=True)
angle = np.linspace(0, 2 * np.pi, 200)
for ax, change, title in [(axes[0], np.eye(2), "L1: B, L2: A"), (axes[1], turn, "turned by 45°: L1: A, L2: A")]:
    moved = [change @ point for point in points.values()]
    r1, r2 = min(np.abs(p).sum() for p in moved), min(np.hypot(*p) for p in moved)
    ax.plot(r1 * np.array([1, 0, -1, 0, 1]), r1 * np.array([0, 1, 0, -1, 0]), color=plot.ORANGE, label="L1")
    ax.plot(r2 * np.cos(angle), r2 * np.sin(angle), color=plot.BLUE, label="L2")
    for key, p in zip(points, moved):
        ax.plot(*p, "o", color="black")
        ax.annotate(key, p, xytext=(6, 6), textcoords="offset points")
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", xlim=(-1.7, 1.9), ylim=(-1.7, 1.7))
    ax.set_title(title, fontsize=11)
axes[0].legend(loc="lower left")
fig.suptitle("A turn of the axes changes who is nearest by L1, not by L2", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two panels with the points A and B, an orange diamond (equal L1 distance from the origin) and a blue circle (equal L2 distance), each drawn through the nearest point. On the left the diamond touches B and the circle touches A. On the right, after the turn, both touch A.

# %%
A, B = points["A"], points["B"]
assert np.abs(A).sum() > np.abs(B).sum()
assert np.abs(turn @ A).sum() < np.abs(turn @ B).sum()
for point in (A, B):  # the length, that is the L2 distance from the origin, stays
    assert np.isclose(np.hypot(*(turn @ point)), np.hypot(*point))

# %% [markdown]
# Now a question of the course, measured. Someone preprocesses training and test data in the same way. Which of these five changes leaves the nearest neighbour by **L1** as it was? Write down your guess.
#
# 1. Subtract one number, the mean of all pixels of all training digits.
# 2. Subtract the mean digit, pixel by pixel.
# 3. Subtract the one mean and divide by the one standard deviation of all pixels.
# 4. Subtract pixel by pixel, and divide each pixel by its own standard deviation.
# 5. Rotate: multiply each row by a matrix $Q$ with $QQ^T=I$.
#
# (`cdist` of SciPy computes tables of distances; "cityblock" is its name for L1. `np.linalg.qr` makes a random rotation, perhaps with a reflection.)

# %%
A, B = X_train[:1000].astype(np.float64), X_test[:200].astype(np.float64)
pixel_std = np.where(A.std(axis=0) > 0, A.std(axis=0), 1)  # 1 where a pixel is always black
Q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(784, 784)))
changes = {
    "1 subtract one mean": lambda Z: Z - A.mean(),
    "2 subtract the mean digit": lambda Z: Z - A.mean(axis=0),
    "3 one mean, one std": lambda Z: (Z - A.mean()) / A.std(),
    "4 mean and std per pixel": lambda Z: (Z - A.mean(axis=0)) / pixel_std,
    "5 rotate": lambda Z: Z @ Q,
}

# %%
changed = {}
for metric in ("cityblock", "euclidean"):
    before = cdist(B, A, metric).argmin(axis=1)
    for name, change in changes.items():
        after = cdist(change(B), change(A), metric).argmin(axis=1)
        changed[name, metric] = int((after != before).sum())
print(f"{'':<28}L1   L2   (changed neighbours, of 200)")
for name in changes:
    print(f"{name:<26}{changed[name, 'cityblock']:>4} {changed[name, 'euclidean']:>4}")

# %%
same_L1 = [name[0] for name in changes if changed[name, "cityblock"] == 0]
same_L2 = [name[0] for name in changes if changed[name, "euclidean"] == 0]
print("unchanged: L1", same_L1, " L2", same_L2)
assert same_L1 == ["1", "2", "3"]
assert same_L2 == ["1", "2", "3", "5"]

# %% [markdown]
# **What to notice.** For L1 the answer is 1, 2 and 3. A shift, even one of its own for each pixel, cancels in $x_p-t_p$. One common factor makes all distances larger or smaller alike, and the order stays. A factor for each pixel says that some pixels count more: new distances, new neighbours. A rotation keeps L2, which has no favourite axes, and not L1.
#
# **Where it helps.** Changing the neighbours can be what you want: see trap 3.
#
# ## Score every class with one picture
#
# kNN keeps 4,000 digits and reads all of them for each answer. Could *ten* pictures be enough, one for each class? Multiply the digit with each picture, pixel by pixel, and add up; the largest of the ten sums, called scores (得分), names the class:
#
# $$s_j=\sum_p x_p\,W_{pj}+b_j$$
#
# $W$ (D, C) has one column, one weight for each pixel, for each of the $C$ classes; $b_j$ is a bias (偏置). To be rid of $b$, append a pixel that is always 1 to each digit, and a row for it to $W$: the bias trick. For all digits at once the scores are one product, `X @ W`, of shape (N, C).

# %%
def add_one(X):
    """(N, D) → (N, D + 1): a last column of ones"""
    return np.c_[X, np.ones(len(X), dtype=X.dtype)]


B_train, B_test = add_one(X_train), add_one(X_test)
W = (0.001 * np.random.default_rng(0).normal(size=(785, 10))).astype(np.float32)
print(B_train.shape, "@", W.shape, "→", (B_train @ W).shape)

# %% [markdown]
# How good is a $W$? A loss (损失) must say it in one number. Take one digit with three classes, and the scores 2.0 for the right class, 3.5 and −1.0 for the others. Two common answers:
#
# **SVM loss** (also hinge loss, 合页损失; SVM is 支持向量机, support vector machine). The right score should be ahead of each other score by a margin (间隔) of 1. Pay what is missing:
#
# $$L=\sum_{j\ne y}\max(0,\;s_j-s_y+1)$$
#
# with $y$ the right class. **Softmax loss** (cross-entropy, 交叉熵). Turn scores into probabilities, and pay $-\ln$ of the right one:
#
# $$p_j=\frac{e^{s_j}}{\sum_k e^{s_k}},\qquad L=-\ln p_y$$
#
# Do both on paper before you run the cell. ($e^2\approx7.4$, $e^{3.5}\approx33.1$, $e^{-1}\approx0.4$.)

# %% tags=["nbval-check-output"]
s, y = np.array([2.0, 3.5, -1.0]), 0
margins = np.maximum(0, s - s[y] + 1)
margins[y] = 0  # the sum leaves the right class out
p = np.exp(s) / np.exp(s).sum()
print("margins", margins, "SVM loss", margins.sum())
print("probabilities", p.round(3), "softmax loss", (-np.log(p[y])).round(3))

# %% [markdown]
# **What to notice.** The third class is 3 behind the right one, more than the margin, and costs the SVM nothing. Softmax still gives it a probability. Without `margins[y] = 0` the right class would pay $\max(0,0+1)=1$ to itself.
#
# With two classes each loss depends only on the lead $s_y-s_j$. Draw both, and their slopes:

# %%
lead = np.linspace(-2, 4, 601)
hinge, soft = np.maximum(0, 1 - lead), np.log(1 + np.exp(-lead))
fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.3))
axes[0].plot(lead, hinge, label="SVM")
axes[0].plot(lead, soft, "--", label="softmax")
axes[1].plot(lead, np.where(lead < 1, -1.0, 0), label="SVM")
axes[1].plot(lead, -1 / (1 + np.exp(lead)), "--", label="softmax")
for ax, label in zip(axes, ["loss", "slope of the loss"]):
    ax.set(xlabel="lead of the right class", ylabel=label)
    ax.axvline(1, color="grey", lw=1, ls=":")
axes[0].legend()
fig.suptitle("From a lead of 1 on the SVM is content; softmax never quite is", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the two losses fall with the lead. The SVM's is a straight line that reaches 0 at a lead of 1, with a kink, and stays there; softmax is a smooth curve that approaches 0. Right, their slopes: the SVM's jumps from −1 to 0 at the kink, softmax's climbs smoothly from almost −1 to almost 0.

# %%
assert (hinge[lead > 1.001] == 0).all()
assert (soft > 0).all()
assert soft[-1] < 0.02  # at a lead of 4 there is little left

# %% [markdown]
# The loss of a data set is the mean over its $N$ samples plus a penalty on large weights, the regularisation (正则化):
#
# $$L(W)=\frac1N\sum_{i=1}^{N}L_i+\lambda\sum_{p,j}W_{pj}^2$$
#
# Without it nothing holds the weights back: where all samples are right, twice the weights lead by twice as much. In the code $\lambda$ is `reg`. Assignment 1 of the course has this form; assignment 2 puts $\tfrac12$ before the penalty, and so does lesson 4. Look at the factor whenever you compare two programs.
#
# ## By hand: the gradient of the SVM loss
#
# To improve $W$ one needs the gradient (梯度) `dW`, of the shape of $W$: how $L$ changes with each weight. Take one sample: $x$ (D,), its right class $y$, scores $s_j=\sum_p x_pW_{pj}$, and $m_j=s_j-s_y+1$ for $j\ne y$.
#
# **Line 1.** $L_i=\sum_{j\ne y}\max(0,m_j)$. *Reason: the definition.*
#
# **Line 2.** The derivative of $\max(0,m)$ by $m$ is 1 where $m>0$ and 0 where $m<0$. *Reason: there it is $m$, here it is constant.* At $m=0$ there is a kink; take 0, as PyTorch does.
#
# **Line 3.** For a wrong class $j$: $\dfrac{\partial L_i}{\partial s_j}=1$ if $m_j>0$, else 0. *Reason: $s_j$ stands only in $m_j$, with factor 1.*
#
# **Line 4.** For the right class: $\dfrac{\partial L_i}{\partial s_y}=-(\text{number of } j\ne y \text{ with } m_j>0)$. *Reason: $s_y$ stands in every $m_j$ with factor −1, and paths add up.*
#
# **Line 5.** $\dfrac{\partial L_i}{\partial W_{pj}}=x_p\,\dfrac{\partial L_i}{\partial s_j}$. *Reason: chain rule; in $s_j$ the weight $W_{pj}$ has the factor $x_p$.* In words: each class that violates its margin gets $+x$ into its column, and the right class gets $-x$ for each of them.
#
# **Line 6.** Sum line 5 over the samples, divide by $N$, and add $2\lambda W$. *Reason: the loss is a mean, and the derivative of $\lambda W^2$ is $2\lambda W$.*
#
# With loops this is almost a translation.
#
# **Explain this line.**
#
# 1. `dW[:, j] += X[i]`: what is the shape of both sides?
# 2. Why `if j == y[i]: continue`?
#
# <details><summary>Answers</summary>
#
# 1. (D,): a column of `dW`, and a sample.
# 2. The sum runs over $j\ne y$. The right class would always add 1 to the loss.
#
# </details>

# %% tags=["exercise", "challenge"]
def svm_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,) in 0 … C - 1, reg a number → loss (a number), dW (D, C), dtype of W.
    Loss = mean over samples of the sum over wrong classes of max(0, s_j - s_y + 1), plus
    reg * (W ** 2).sum(). A margin of exactly 0 gives no gradient. Loops allowed.
    """
    loss, dW = 0.0, np.zeros_like(W)
    # BEGIN SOLUTION  loop over samples and classes; lines 3 to 5 where the margin is above 0
    for i in range(len(X)):
        scores = X[i] @ W
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / len(X) + reg * (W**2).sum()
    dW = dW / len(X) + 2 * reg * W
    # END SOLUTION
    return loss, dW


# %%
check.svm_loss_naive(svm_loss_naive)

# %% [markdown]
# Without loops: compute all margins as a table (N, C). Lines 3 and 4 fill a table `dscores` of the same shape with ones, zeros, and one negative count a row. Line 5, summed over the samples, is then `X.T @ dscores`.
#
# **Explain this line, this shape.**
#
# 1. `scores[np.arange(N), y]` has shape (N,). Which entries are these? Why does it need `[:, None]` before it is subtracted from `scores`?
# 2. `X.T @ dscores`: write its entry $(p,j)$ as a sum and compare with line 5.
# 3. After `dscores = (margins > 0).astype(W.dtype)`, why is `dscores[np.arange(N), y]` zero before you write to it, if `margins` was set to 0 there?
#
# <details><summary>Answers</summary>
#
# 1. Entry $i$ is `scores[i, y[i]]`, the right score of sample $i$. `[:, None]` makes it a column (N, 1), one number for each row.
# 2. $\sum_i x_{ip}\,\partial L_i/\partial s_{ij}$: line 5 summed over the samples.
# 3. Because 0 > 0 is false. So minus the sum of a row is minus the number of violated margins: line 4.
#
# </details>

# %% tags=["exercise"]
def svm_loss_vectorized(W, X, y, reg):
    """The loss and dW of svm_loss_naive without a loop.
    W (D, C), X (N, D), y (N,) in 0 … C - 1, reg → loss (a number), dW (D, C), dtype of W.
    """
    N, rows = len(X), np.arange(len(X))
    # BEGIN SOLUTION  a table of margins, 0 in the right class; a table of 1, 0 and -count
    scores = X @ W
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / N + reg * (W**2).sum()
    dscores = (margins > 0).astype(W.dtype)
    dscores[rows, y] = -dscores.sum(axis=1)
    dW = X.T @ dscores / N + 2 * reg * W
    # END SOLUTION
    return loss, dW


# %%
check.svm_loss_vectorized(svm_loss_vectorized)

# %% [markdown]
# **A sanity check before any training.** With weights near 0 all scores are near 0, so each of the $C-1$ wrong classes pays about 1. Ten classes: about 9.

# %%
loss, _ = svm_loss_vectorized(W, B_train, y_train, reg=0)
print(f"first SVM loss {loss:.2f}")
assert abs(loss - 9) < 0.1

# %% [markdown]
# ## Test a gradient with numbers
#
# How do you know that `dW` is right, when nobody has the solution? Change one weight by a little, $h$, in both directions, and see how the loss changes: the numerical gradient (数值梯度),
#
# $$\frac{\partial L}{\partial W_{pj}}\approx\frac{L(W_{pj}+h)-L(W_{pj}-h)}{2h}.$$
#
# Two losses for one entry: much too slow for training, good for a test on a few entries drawn at random. Compare by the relative error $|a-n|/(|a|+|n|)$. Use float64: float32 has only 7 digits, and the difference of two nearly equal losses eats most of them.

# %%
def grad_check_sparse(f, W, dW, num_checks=8, h=1e-5, seed=0):
    """Relative errors of dW at random entries where it is not 0; f: W → loss"""
    rng, errors = np.random.default_rng(seed), []
    entries = np.argwhere(dW != 0)  # (row, column) of each
    for entry in rng.permutation(entries)[:num_checks]:
        step = np.zeros_like(W)
        step[tuple(entry)] = h
        numeric = (f(W + step) - f(W - step)) / (2 * h)
        analytic = dW[tuple(entry)]
        errors.append(abs(analytic - numeric) / (abs(analytic) + abs(numeric)))
    return np.array(errors)


# %%
X64, y64 = B_train[:100].astype(np.float64), y_train[:100]
W64 = 0.1 * np.random.default_rng(1).normal(size=(785, 10))


def svm_at(W):
    return svm_loss_vectorized(W, X64, y64, 0.01)[0]


_, dW = svm_loss_vectorized(W64, X64, y64, 0.01)
errors = grad_check_sparse(svm_at, W64, dW)
print("largest relative error below 1e-6:", errors.max() < 1e-6)
assert errors.max() < 1e-6

# %% [markdown]
# Does the test notice a mistake? Forget the factor 2 in the penalty:

# %%
half = dW - 0.01 * W64  # what reg * W instead of 2 * reg * W would give
wrong = grad_check_sparse(svm_at, W64, half)
print(f"without the 2: largest relative error {wrong.max():.1f}")
assert wrong.max() > 1e-3

# %% [markdown]
# A right gradient may still fail, at a kink. Take one weight $w$ and the loss $\max(0,w)$. At $w=3\cdot10^{-6}$ the slope is 1. But with $h=10^{-5}$ the left probe lies beyond the kink:

# %%
w, steps = 3e-6, [1e-4, 1e-5, 1e-6, 1e-7]
slopes = [(max(0, w + h) - max(0, w - h)) / (2 * h) for h in steps]
for h, slope in zip(steps, slopes):
    print(f"h = {h:.0e}: numerical slope {slope:.3f}")
assert abs(slopes[1] - 0.65) < 1e-6
assert abs(slopes[-1] - 1) < 1e-6

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.3))
near = np.linspace(-14, 18, 200)
ax.plot(near, np.maximum(0, near), label="loss max(0, w)")
ax.plot([3 - 10, 3 + 10], [0, 13], "o--", color=plot.RED, label="probes with $h=10^{-5}$: slope 0.65")
ax.plot(3, 3, "s", color="black", label="here, true slope 1")
ax.set(title="A probe that steps over the kink measures neither slope", xlabel="w (millionths)", ylabel="loss (millionths)")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** A line that is 0 on the left and rises with slope 1 from the kink at 0. A black square sits on the rising part, close to the kink. A dashed line joins the two probes, one on the flat part and one on the rising part, and is less steep than the rising part.
#
# **What to notice.** One entry with a relative error of 0.2, among many with $10^{-7}$, is probably a kink and no bug. Make $h$ smaller: a kink's error goes away, a bug's stays. Softmax has no kink.
#
# ## By hand: the gradient of the softmax loss
#
# **Line 1.** $L_i=-\ln p_y=-s_y+\ln\sum_k e^{s_k}$. *Reason: the logarithm of a quotient.*
#
# **Line 2.** $\dfrac{\partial}{\partial s_j}\ln\sum_k e^{s_k}=\dfrac{e^{s_j}}{\sum_k e^{s_k}}=p_j$. *Reason: chain rule; of the sum, only the term $k=j$ depends on $s_j$.*
#
# **Line 3.** $\dfrac{\partial L_i}{\partial s_j}=p_j-[j=y]$, where $[j=y]$ is 1 for the right class and 0 for others. *Reason: lines 1 and 2; $-s_y$ adds −1 for $j=y$.*
#
# **Line 4.** From scores to weights and from one sample to the mean: as lines 5 and 6 of the SVM. `dW = X.T @ dscores / N + 2 * reg * W`.
#
# **Line 5.** Subtracting one number $c$ from all scores of a sample changes nothing: $\dfrac{e^{s_j-c}}{\sum_k e^{s_k-c}}=p_j$. *Reason: $e^{-c}$ stands above and below.* With $c=\max_k s_k$ the largest exponent is 0 and no $e^{s}$ can overflow. See why this is needed:

# %%
large = np.array([1000.0, 990.0, 0.0])
with np.errstate(over="ignore", invalid="ignore"):  # hide NumPy's warning; look at the result
    naive = np.exp(large) / np.exp(large).sum()
safe = np.exp(large - large.max()) / np.exp(large - large.max()).sum()
print("without max:", naive, "  with max:", safe.round(6))
assert np.isnan(naive[:2]).all()
assert np.isclose(safe.sum(), 1)

# %% [markdown]
# $e^{1000}$ is larger than the largest float64, so it becomes infinite, and infinite divided by infinite is NaN. And there is a second pitfall: $\ln p_y$ where $p_y$ is so small that it was rounded to 0. Compute the logarithm as in line 1, $\ln p_j=s_j-\ln\sum_k e^{s_k}$, with the scores already shifted.
#
# **Explain this line.**
#
# 1. `scores = scores - scores.max()` in the loop, for one sample. What must the vectorised form write, and what goes wrong with `scores.max()` of the whole table?
# 2. Why `scores = scores - …` and not `scores -= …`? (Here it would do no harm. When would it?)
#
# <details><summary>Answers</summary>
#
# 1. `scores.max(axis=1, keepdims=True)`. With the maximum of the whole table a sample with small scores gets exponents such as −1000; all its $e^{s}$ become 0, and $\ln 0$ is $-\infty$.
# 2. `-=` writes into the array itself. If the scores came from a caller, the caller's array would change too.
#
# </details>

# %% tags=["exercise", "challenge"]
def softmax_loss_naive(W, X, y, reg):
    """W (D, C), X (N, D), y (N,) in 0 … C - 1, reg a number → loss (a number), dW (D, C), dtype of W.
    Loss = mean over samples of -ln p_y, p = softmax of the scores X[i] @ W, plus
    reg * (W ** 2).sum(). Finite and right also for scores of thousands. Loops allowed.
    """
    loss, dW = 0.0, np.zeros_like(W)
    # BEGIN SOLUTION  loop over samples; shift by the maximum; lines 1, 3 and 4
    for i in range(len(X)):
        scores = X[i] @ W
        scores = scores - scores.max()
        log_p = scores - np.log(np.exp(scores).sum())
        loss -= log_p[y[i]]
        for j in range(W.shape[1]):
            dW[:, j] += (np.exp(log_p[j]) - (j == y[i])) * X[i]
    loss = loss / len(X) + reg * (W**2).sum()
    dW = dW / len(X) + 2 * reg * W
    # END SOLUTION
    return loss, dW


# %%
check.softmax_loss_naive(softmax_loss_naive)

# %% [markdown]
# **Explain this shape.** In the next function `log_p` is (N, C). `-log_p[rows, y].mean()` is line 1 for all samples. What are the shapes of `np.exp(scores).sum(axis=1, keepdims=True)` and of `dscores`, and what is the sum of a row of `dscores`?
#
# <details><summary>Answer</summary>
#
# (N, 1) and (N, C). A row sums to 0: the probabilities sum to 1, and 1 is subtracted once. What the wrong classes lose, the right one gains.
#
# </details>

# %% tags=["exercise"]
def softmax_loss_vectorized(W, X, y, reg):
    """The loss and dW of softmax_loss_naive without a loop.
    W (D, C), X (N, D), y (N,) in 0 … C - 1, reg → loss (a number), dW (D, C), dtype of W.
    """
    N, rows = len(X), np.arange(len(X))
    # BEGIN SOLUTION  log-probabilities (N, C) with each row's maximum taken off; minus 1 at [rows, y]
    scores = X @ W
    scores = scores - scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -log_p[rows, y].mean() + reg * (W**2).sum()
    dscores = np.exp(log_p)
    dscores[rows, y] -= 1
    dW = X.T @ dscores / N + 2 * reg * W
    # END SOLUTION
    return loss, dW


# %%
check.softmax_loss_vectorized(softmax_loss_vectorized)

# %% [markdown]
# The sanity check again. With weights near 0 every class has probability about $1/C$, so the first loss is about $-\ln\frac1{10}=\ln10$. And the numerical gradient:

# %%
loss, _ = softmax_loss_vectorized(W, B_train, y_train, reg=0)
print(f"first softmax loss {loss:.2f}, ln 10 = {np.log(10):.2f}")
assert abs(loss - np.log(10)) < 0.05
_, dW = softmax_loss_vectorized(W64, X64, y64, 0.01)
errors = grad_check_sparse(lambda W: softmax_loss_vectorized(W, X64, y64, 0.01)[0], W64, dW)
print("largest relative error below 1e-6:", errors.max() < 1e-6)
assert errors.max() < 1e-6

# %% [markdown]
# **The same in PyTorch.** `cross_entropy` is the softmax loss. `multi_margin_loss` is the SVM loss, with one difference: it divides by the number of classes, so multiply by $C=10$. The penalty is added by hand, and autograd (自动求导) finds the gradients.

# %%
for name, mine in [("softmax", softmax_loss_vectorized), ("SVM", svm_loss_vectorized)]:
    tW, tX, ty = torch.tensor(W64, requires_grad=True), torch.tensor(X64), torch.tensor(y64)
    if name == "softmax":
        theirs = nn.functional.cross_entropy(tX @ tW, ty)
    else:
        theirs = 10 * nn.functional.multi_margin_loss(tX @ tW, ty)
    theirs = theirs + 0.01 * (tW**2).sum()
    theirs.backward()
    loss, dW = mine(W64, X64, y64, 0.01)
    assert abs(loss - theirs.item()) < 1e-6
    assert np.abs(dW - tW.grad.numpy()).max() < 1e-6
    print(f"{name}: loss and gradient agree with PyTorch to 1e-6")

# %% [markdown]
# ## Train it with mini-batches
#
# A gradient says which way is up. Step the other way, and repeat: gradient descent (梯度下降). One gradient over all 4,000 digits is exact and slow. A mini-batch (小批量) of 200 digits drawn at random gives a rough one 20 times as cheap: stochastic gradient descent (随机梯度下降, SGD).
#
# The course's class holds $W$ and the loop. It has no `loss` of its own; two small subclasses (子类) bring it.
#
# **Explain this line.**
#
# 1. `batch = rng.integers(0, len(X), batch_size)`: what are these numbers, and why must `X[batch]` and `y[batch]` use the same ones?
# 2. `self.W - learning_rate * dW`: why minus?
# 3. Why `if self.W is None`?
#
# <details><summary>Answers</summary>
#
# 1. Row numbers, drawn with replacement. A digit must keep its own label.
# 2. `dW` points to where the loss grows.
# 3. A second call of `train` then continues where the first stopped.
#
# </details>

# %% tags=["exercise"]
class LinearClassifier:
    """Scores X @ W. A subclass adds the method loss(X_batch, y_batch, reg) → loss, dW."""

    W = None  # (D, C), made by the first call of train

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, seed=0):
        """X (N, D), y (N,) in 0 … C - 1 → list of num_iters losses, one for each step.
        First call: W = 0.001 · standard normal numbers, (D, C), with the dtype of X and
        C = largest label + 1. Then num_iters times: batch_size rows drawn at random, their
        loss and gradient by self.loss, one step of learning_rate against the gradient.
        """
        # BEGIN SOLUTION  draw row numbers; X[batch] with y[batch]; note the loss; step
        rng = np.random.default_rng(seed)
        if self.W is None:
            self.W = (0.001 * rng.normal(size=(X.shape[1], y.max() + 1))).astype(X.dtype)
        losses = []
        for _ in range(num_iters):
            batch = rng.integers(0, len(X), batch_size)
            loss, dW = self.loss(X[batch], y[batch], reg)
            losses.append(loss)
            self.W = self.W - learning_rate * dW
        # END SOLUTION
        return losses

    def predict(self, X):
        """X (N, D) → labels (N,): for each row the class with the largest score"""
        # BEGIN SOLUTION  scores, then argmax over the classes
        y_pred = (X @ self.W).argmax(axis=1)
        # END SOLUTION
        return y_pred


# %%
check.LinearClassifier(LinearClassifier)

# %%
class LinearSVM(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)


# %%
svm, softmax = LinearSVM(), Softmax()
svm_losses = svm.train(B_train, y_train, learning_rate=0.03, reg=1e-3, num_iters=400)
softmax_losses = softmax.train(B_train, y_train, learning_rate=0.3, reg=1e-3, num_iters=400)
for name, model in [("SVM", svm), ("softmax", softmax)]:
    share = (model.predict(B_test) == y_test).mean()
    print(f"{name}: test accuracy {share:.1%}")
    assert 0.86 < share < 0.93

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.2))
for ax, losses, start, name in [(axes[0], svm_losses, 9, "SVM, first loss C − 1 = 9"),
                                (axes[1], softmax_losses, np.log(10), "softmax, first loss ln 10")]:
    ax.plot(losses, lw=1)
    ax.axhline(start, color=plot.ORANGE, ls="--")
    ax.set(xlabel="step", ylabel="loss of the batch", ylim=(0, None))
    ax.set_title(name, fontsize=11)
fig.suptitle("Both losses start where the sanity check says, and fall", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two curves of the loss against the step. Each starts at its dashed line, falls steeply within the first fifty steps, and then sinks slowly, with a jitter from batch to batch.

# %%
for losses, start in [(svm_losses, 9), (softmax_losses, np.log(10))]:
    assert abs(losses[0] - start) < 0.1 * start
    assert np.mean(losses[-50:]) < 0.25 * start

# %% [markdown]
# **What to notice.** Ten pictures read not quite 90 of 100 digits, where 4,000 read 93; and reading one digit takes ten dot products instead of 4,000. The course's numbers on CIFAR-10 photos: kNN about 0.28, a linear SVM about 0.39 on its validation part. There the linear classifier wins.
#
# ## Search two settings on a validation part
#
# The learning rate and `reg` above were a guess. Which are better? Five folds would train five times. With more data, or slower training, one validation part does: train on 3,000 digits, judge on the other 1,000 of the training part, and leave the test part alone. Look for good values on a logarithmic grid, in steps of ten.

# %%
rates, regs = [0.001, 0.01, 0.1, 1.0], [1e-4, 1e-3, 1e-2, 1e-1]


def search(kind):
    """Validation accuracy for each learning rate (rows) and reg (columns)"""
    scores = np.zeros((len(rates), len(regs)))
    for i, rate in enumerate(rates):
        for j, reg in enumerate(regs):
            model = kind()
            model.train(B_train[:3000], y_train[:3000], rate, reg, num_iters=300)
            scores[i, j] = (model.predict(B_train[3000:]) == y_train[3000:]).mean()
    return scores


found = {"SVM": search(LinearSVM), "softmax": search(Softmax)}

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.6))
for ax, (name, scores) in zip(axes, found.items()):
    ax.imshow(scores, vmin=0.6, vmax=0.95)
    for (i, j), value in np.ndenumerate(scores):
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if value < 0.8 else "black")
    ax.set(xticks=range(4), yticks=range(4), xlabel="reg", ylabel="learning rate", title=name)
    ax.set_xticklabels(regs)
    ax.set_yticklabels(rates)
    ax.grid(False)
fig.suptitle("Softmax needs ten times the learning rate for the same accuracy", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two tables of validation accuracy, learning rate downwards and reg to the right. The SVM is good, about 0.9, in the middle rows and bad in the lower right corner. Softmax is poor in the top row and best in the lower left corner; the lower right corner is bad again.

# %%
best = {name: np.unravel_index(scores.argmax(), scores.shape) for name, scores in found.items()}
for name, (i, j) in best.items():
    print(f"{name}: best learning rate {rates[i]}, reg {regs[j]}, validation {found[name][i, j]:.3f}")
assert found["SVM"][0].max() > found["softmax"][0].max() + 0.05
assert rates[best["SVM"][0]] < rates[best["softmax"][0]]
assert found["SVM"][3, 3] < 0.8
assert found["softmax"][3, 3] < 0.8

# %% [markdown]
# **What to notice.** The SVM is good at a learning rate ten times as small. Compare the gradients on the scores at the start: the SVM has 1 for each wrong class and −9 for the right one, softmax has 0.1 and −0.9. At the same learning rate the SVM's first step is ten times as long:

# %%
first_steps = [np.linalg.norm(f(W, B_train, y_train, 0.0)[1]) for f in (svm_loss_vectorized, softmax_loss_vectorized)]
print(f"first gradients: ratio {first_steps[0] / first_steps[1]:.1f}")
assert abs(first_steps[0] / first_steps[1] - 10) < 0.5
assert np.ptp(found["SVM"][0]) < 0.02
assert np.ptp(found["softmax"][0]) < 0.02
# the title: a row of softmax is as good as the row above it of the SVM
assert np.abs(found["softmax"][1:3, 0] - found["SVM"][:2, 0]).max() < 0.03

# %% [markdown]
# So carry a learning rate from one loss to another only after you have compared the gradients. Large steps with a strong penalty do badly in both tables. Along the top rows `reg` does not matter: with such tiny steps the weights never become large.
#
# The best cell was chosen because it was best, so its own accuracy flatters. Train once more with its settings on all 4,000, with more steps (800) because now it is the final training, and only now ask the test part:

# %%
def trained(kind, X, y, learning_rate, reg, **settings):
    model = kind()
    model.train(X, y, learning_rate, reg, **settings)
    return model


final = {name: trained(kind, B_train, y_train, rates[best[name][0]], regs[best[name][1]], num_iters=800)
         for name, kind in [("SVM", LinearSVM), ("softmax", Softmax)]}
share = {name: (model.predict(B_test) == y_test).mean() for name, model in final.items()}
for name, a in share.items():
    print(f"{name}: test accuracy {a:.3f} ± {np.sqrt(a * (1 - a) / 1000):.3f}")
    assert 0.86 < a < 0.93
assert abs(share["SVM"] - share["softmax"]) < 0.028  # two standard errors of a difference
guessed = (svm.predict(B_test) == y_test).mean()
print(f"SVM with the guess of the last section: {guessed:.3f}")
assert share["SVM"] < guessed + 0.01

# %% [markdown]
# The ± is one standard error of 1,000 digits. The two differ by less than two standard errors of a difference ($\sqrt2$ times as large): these data do not say which is better. And for the SVM the search has not beaten the guess of the last section (0.03, which was not in the grid): good cells of the table lie within the standard error of each other. A search finds the good region, not the best cell.
#
# ## Look at the templates
#
# Each column of $W$ has one weight for each pixel, so it *is* a picture: a template (模板). Its dot product with a digit is the score. Red weights want ink, blue ones want none. The upper row comes from the weak penalty, the lower from a strong one.

# %%
strong = trained(Softmax, B_train, y_train, learning_rate=0.3, reg=0.1, num_iters=1500)
short = trained(Softmax, B_train, y_train, learning_rate=0.1, reg=1e-4, num_iters=400)  # for the end of this section
weak = trained(Softmax, B_train, y_train, learning_rate=0.3, reg=1e-4, num_iters=1500)
templates = [W[:784, c].reshape(28, 28) for W in (weak.W, strong.W) for c in range(10)]
shown = [t / np.abs(t).max() for t in templates]  # each on its own scale

# %%
plot.images(shown, [str(c) for c in range(10)] * 2, columns=10, height=0.87, cmap="RdBu_r", vmin=-1, vmax=1,
            title="A strong penalty blurs the templates into ghosts of digits")
plt.show()

# %% [markdown]
# **Figure in words.** Two rows of ten templates. Above, with the weak penalty, grainy patterns of red and blue spots in which a digit can be guessed at best. Below, with the strong penalty, soft shapes: a red ring with a blue centre for 0, a red upright bar for 1, and so on.
#
# Measure two things. Is a template smooth: are neighbouring weights alike? And is it a ghost of its digit: which mean digit, minus the mean of all digits, does it resemble most?

# %%
means = np.array([X_train[y_train == c].mean(axis=0) for c in range(10)]) - X_train.mean(axis=0)


def smoothness(W):
    """Correlation of each weight with its right-hand neighbour"""
    pictures = W[:784].T.reshape(10, 28, 28)
    return np.corrcoef(pictures[:, :, 1:].ravel(), pictures[:, :, :-1].ravel())[0, 1]


for name, model in [("weak", weak), ("strong", strong)]:
    likeness = np.corrcoef(model.W[:784].T, means)[:10, 10:]  # (template, mean digit)
    own = (likeness.argmax(axis=1) == np.arange(10)).sum()
    print(f"{name}: smoothness {smoothness(model.W):.2f}, likeness to the own digit {np.diag(likeness).mean():.2f}; {own} of 10 resemble their own digit most")

# %%
assert smoothness(strong.W) > smoothness(weak.W) + 0.05
ghost, grainy = (np.diag(np.corrcoef(m.W[:784].T, means)[:10, 10:]) for m in (strong, weak))
assert (ghost > grainy + 0.1).all()
better = [(m.predict(B_test) == y_test).mean() for m in (weak, strong)]
print(f"test accuracy: weak {better[0]:.3f}, strong {better[1]:.3f}")
assert better[0] > better[1] + 0.02

# %% [markdown]
# **What to notice.** The pretty templates read *worse*. A template does not have to look like its digit; it has to give a higher score to its digit than the other nine templates do. Is only the penalty smooth? No. Few and small steps with the *weak* penalty, too, stay close to the mean digits, from which the first gradient comes:

# %%
reached = (short.predict(B_test) == y_test).mean()
print(f"weak penalty, short training: smoothness {smoothness(short.W):.2f}, test accuracy {reached:.3f}")
assert smoothness(short.W) > smoothness(weak.W) + 0.05
assert better[1] + 0.02 < reached <= better[0]

# %% [markdown]
# So a short training works like a penalty, and costs less here.
#
# And one template has to serve all ways of writing a digit, with and without a bar, upright and slanted. That is the limit of a linear classifier, and the reason for lesson 4.
#
# ## See who still pulls
#
# After training, which samples still want $W$ to change? The pull of a sample is its row of `dscores`, $\partial L_i/\partial s_j$: zero means that it is content. First in two dimensions, where one can see it: three classes of 20 points.

# %%
rng = np.random.default_rng(3)
centres = np.array([[0.0, 2.2], [-2.0, -1.2], [2.0, -1.2]])
P, q = centres.repeat(20, axis=0) + 1.1 * rng.normal(size=(60, 2)), np.arange(3).repeat(20)
flat = {kind.__name__: trained(kind, add_one(P), q, 0.1, 1e-3, num_iters=1000, batch_size=60)
        for kind in (LinearSVM, Softmax)}

# %%
def svm_pull(W, X, y):
    """Length of ∂L_i/∂s for each sample"""
    ds = ((X @ W - (X @ W)[np.arange(len(X)), y][:, None] + 1) > 0).astype(X.dtype)
    ds[np.arange(len(X)), y] = 0
    ds[np.arange(len(X)), y] = -ds.sum(axis=1)
    return np.linalg.norm(ds, axis=1)


def softmax_pull(W, X, y):
    """The same for softmax: p - [j = y]"""
    scores = X @ W
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(X)), y] -= 1
    return np.linalg.norm(p, axis=1)


# %%
pulls = {"LinearSVM": svm_pull(flat["LinearSVM"].W, add_one(P), q),
         "Softmax": softmax_pull(flat["Softmax"].W, add_one(P), q)}
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.8), sharey=True)
for ax, (name, pull) in zip(axes, pulls.items()):
    for c, (colour, marker) in enumerate(zip([plot.BLUE, plot.ORANGE, plot.GREEN], "os^")):
        mine = q == c
        ax.scatter(*P[mine & (pull == 0)].T, s=18, marker=marker, facecolors="none", edgecolors=colour, linewidths=0.8)
        ax.scatter(*P[mine & (pull > 0)].T, s=18 + 90 * pull[mine & (pull > 0)], marker=marker, color=colour)
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title(f"{name}: {(pull == 0).sum()} of 60 do not pull", fontsize=11)
fig.suptitle("The SVM listens to points near or beyond the border, softmax to all", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Three groups of points in two panels. Hollow points have no pull, filled ones are larger the more they pull. On the left, for the SVM, most points are hollow, and the filled ones lie where the groups meet, or inside a wrong group. On the right, for softmax, all points are filled, small far outside and large where the groups meet.
#
# Now move a point that the SVM ignores much further out. What does the gradient of the whole data set do?

# %%
quiet = int(np.flatnonzero(pulls["LinearSVM"] == 0)[0])
moved = P.copy()
moved[quiet] = 3 * moved[quiet]
for name, f in [("LinearSVM", svm_loss_vectorized), ("Softmax", softmax_loss_vectorized)]:
    W = flat[name].W
    before, after = f(W, add_one(P), q, 0.0), f(W, add_one(moved), q, 0.0)
    changed = np.abs(before[1] - after[1]).max()
    print(f"{name}: gradient changes by {changed:.1e}")
    assert (changed == 0) == (name == "LinearSVM")

# %% [markdown]
# **What to notice.** For the SVM, nothing at all happens: a point whose margins are kept contributes exactly 0 to loss and gradient, wherever it goes beyond the margin. Softmax always pays something. The points that do pull carry the border, and give the support vector machine its name.
#
# And on real digits? In float64, so that no small number is rounded to 0:

# %%
digits64 = B_train.astype(np.float64)
quiet = svm_pull(final["SVM"].W.astype(np.float64), digits64, y_train) == 0
pull = softmax_pull(final["softmax"].W.astype(np.float64), digits64, y_train)
print(f"SVM ignores {quiet.mean():.0%} of the training digits; softmax ignores {(pull == 0).mean():.0%}")
print(f"in softmax, those same digits make {pull[quiet].sum() / pull.sum():.0%} of all pull")

# %%
assert quiet.mean() > 0.5
assert (pull == 0).sum() == 0
assert pull[quiet].sum() < 0.25 * pull.sum()

# %% [markdown]
# So the difference is real, and smaller than the words "all" and "none" suggest: softmax listens to everybody, but to most of them quietly.
#
# ## Give it better features
#
# A linear classifier on pixels asks "is there ink at this place?". Better questions, not a better classifier, may help: "is there an edge here, and in which direction?" Such hand-made numbers are features. The classic for shapes is the histogram of oriented gradients (方向梯度直方图, HOG). Here *gradient* means how brightness changes from pixel to pixel.
#
# Four steps. Brightness differences to the right and downwards (`np.gradient`). Their length: how strong is the edge? Their angle, between 0° and 180°, because dark-to-bright and bright-to-dark are the same edge. Then cut the picture into cells, and in each cell add up the strengths separately for nine ranges of angle: a small histogram (直方图) for each cell. (The original also divides by the strength of neighbouring cells; this short form does not.)

# %%
def hog(X, cell=4, bins=9):
    """X (N, 784) → (N, cells · bins): strength of edges by direction, in cells of cell × cell pixels"""
    down, right = np.gradient(X.reshape(-1, 28, 28), axis=(1, 2))
    strength = np.hypot(right, down)
    angle = np.arctan2(down, right) % np.pi  # direction without sign, 0 to π
    which = np.minimum((angle / np.pi * bins).astype(int), bins - 1)  # 0 … bins - 1
    n = 28 // cell
    cells = []
    for b in range(bins):
        only = np.where(which == b, strength, 0).reshape(-1, n, cell, n, cell)
        cells.append(only.sum(axis=(2, 4)))  # (N, n, n)
    return np.stack(cells, axis=-1).reshape(len(X), -1)


# %% [markdown]
# See it on one digit. In the right panel each cell shows its histogram as strokes; a stroke is drawn *along* the edge, that is, across the direction in which brightness changes.

# %%
one = X_test[1]
down, right = np.gradient(one.reshape(28, 28))
histogram = hog(one[None], cell=4).reshape(7, 7, 9)
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.1))
for ax, picture, name in zip(axes, [one.reshape(28, 28), np.hypot(right, down), np.zeros((28, 28))],
                             ["digit", "strength of the edges", "49 cells × 9 directions"]):
    ax.imshow(picture, cmap="gray")
    ax.set_title(name, fontsize=10, loc="center")
    ax.set_axis_off()
for (i, j, b), value in np.ndenumerate(histogram / histogram.max()):
    along = (b + 0.5) * np.pi / 9 + np.pi / 2
    dx, dy = 2 * value * np.cos(along), 2 * value * np.sin(along)
    axes[2].plot([4 * j + 1.5 - dx, 4 * j + 1.5 + dx], [4 * i + 1.5 - dy, 4 * i + 1.5 + dy], color=plot.YELLOW, lw=1.2)
fig.suptitle("The strokes of the cells follow the outline of the digit", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a handwritten digit. Middle, its outline as bright lines. Right, a 7×7 grid of small stars of strokes on black; along the outline of the digit each star has one or two long strokes that follow it, and empty cells have none.
#
# Does it help? Compare with the pixels on three different splits of all 5,000 digits into 4,000 and 1,000, so that one lucky split cannot decide. Both kinds of features get the same treatment: they are standardised (标准化) with mean and standard deviation of the training rows; 0.01 is added so that nothing is divided by 0.

# %%
X_all, y_all = np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])


def split_accuracy(F, kind, rate, seed):
    """Train on 4,000 rows of F, judge the other 1,000"""
    order = np.random.default_rng(seed).permutation(len(F))
    a, b = order[:4000], order[4000:]
    F = add_one((F - F[a].mean(axis=0)) / (F[a].std(axis=0) + 0.01))
    model = kind()
    model.train(F[a], y_all[a], rate, reg=1e-3, num_iters=400)
    return (model.predict(F[b]) == y_all[b]).mean()


# %%
features = hog(X_all)
shares = {(kind, name): np.array([split_accuracy(F, kind, rate, seed) for seed in range(3)])
          for kind, rate in [(LinearSVM, 0.01), (Softmax, 0.1)]
          for name, F in [("pixels", X_all), ("HOG", features)]}
for (kind, name), accuracies in shares.items():
    print(f"{kind.__name__:<9} {name:<6}", accuracies.round(3))

# %%
for kind in (LinearSVM, Softmax):
    errors = [1 - shares[kind, name] for name in ("pixels", "HOG")]
    assert (errors[1] < errors[0] - 0.025).all()
    assert errors[1].mean() < 0.5 * errors[0].mean()

# %% [markdown]
# **What to notice.** Same classifier, same training, and on every split several points more: more than half of the errors are gone. The features have 441 numbers instead of 784. What do they throw away that pixels keep? The exact place of an edge inside its cell. What do they keep that nine numbers for the whole picture would lose? Change the size of the cells:

# %%
by_cell = [[split_accuracy(F, LinearSVM, 0.01, seed) for seed in range(3)]
           for F in (hog(X_all, cell) for cell in (28, 14, 7))]
by_cell = np.array([*by_cell, shares[LinearSVM, "HOG"]])  # cells of 4 pixels: from above
pixels = shares[LinearSVM, "pixels"].mean()

# %%
fig, ax = plt.subplots(figsize=(6.8, 3.3))
bars = ax.bar(range(4), by_cell.mean(axis=1), color=plot.BLUE, width=0.6)
ax.bar_label(bars, [f"{m:.2f}" for m in by_cell.mean(axis=1)], padding=2)
ax.set(xticks=range(4), ylabel="accuracy, 3 splits", ylim=(0, 1.09), xlabel="cells × directions = features",
       title="Directions alone do not do it; they must know where")
ax.set_xticklabels([f"{n} × 9 = {n * 9}" for n in (1, 4, 16, 49)])
ax.axhline(pixels, color=plot.ORANGE, ls="--", label="pixels (784)")
ax.legend(loc="upper left", bbox_to_anchor=(0, 0.8))
plt.show()

# %% [markdown]
# **Figure in words.** Four bars that grow with the number of cells: about half with one cell for the whole picture, about 0.9 with four cells, where the dashed line of the pixels is, and about 0.95 and 0.97 with 16 and 49 cells.

# %%
assert by_cell[0].mean() < 0.65
assert abs(by_cell[1].mean() - pixels) < 0.03
assert (by_cell[2] > by_cell[1] + 0.02).all()

# %% [markdown]
# Thirty-six numbers do about as well as 784 pixels. In the course, on CIFAR-10 photos, HOG and a colour histogram lift the SVM from about 0.39 to about 0.44, and a two-layer network on them reaches 0.55 to 0.60. Those are the course's numbers; its photos are not these digits.
#
# **Where it helps.** Before convolutional networks, much of computer vision was a search for such features. A convolutional network ([lesson 8](08_convolution.ipynb)) learns its own, and its last layer is the classifier of this lesson.
#
# **Try it.** Give HOG to kNN: train a `KNearestNeighbor` on `hog(X_train)`, and look up the nearest neighbours of `hog(X_test)`. Expect about two points more than on pixels.
#
# ## Parameters
#
# | class here | in scikit-learn | takes | gives |
# | --- | --- | --- | --- |
# | `KNearestNeighbor` | `KNeighborsClassifier` | X (N, D), y (N,) | labels (N,) |
# | `LinearSVM` | `LinearSVC(loss="hinge")`, `SGDClassifier(loss="hinge")` (one class against the rest) | X (N, D), y (N,) | labels, scores (N, C) |
# | `Softmax` | `LogisticRegression` | X (N, D), y (N,) | labels, scores, probabilities |
#
# | parameter | what it does | where to start |
# | --- | --- | --- |
# | `k` (`n_neighbors`, default 5) | voters; more is smoother | 1 to 20, by cross-validation |
# | distance (`p`, default 2) | 1 for L1, 2 for L2 | 2; scale the features first |
# | `learning_rate` | length of a step | powers of ten; as large as still falls |
# | `reg` (`C` in scikit-learn: large C is *weak* penalty) | pulls weights to 0 | powers of ten; small |
# | `num_iters` | steps | until the validation accuracy stops rising |
# | `batch_size` | digits for one gradient; larger is smoother and slower | 100 to 256 |
#
# The one that matters most, on the softmax loss:

# %%
curves = {rate: np.array(Softmax().train(B_train, y_train, rate, 1e-4, num_iters=200))
          for rate in (0.003, 0.03, 0.3, 10.0)}
fig, ax = plt.subplots(figsize=(7, 3.6))
for (rate, curve), style in zip(curves.items(), [":", "--", "-", "-."]):
    ax.plot(curve, style, lw=1.4, label=f"learning rate {rate:g}")
ax.set(yscale="log", xlabel="step", ylabel="loss of the batch", title="Too small a rate crawls, too large a rate jumps about")
ax.legend(loc="upper right", fontsize=9)
plt.show()

# %% [markdown]
# **Figure in words.** The loss against the step on a logarithmic axis. At 0.003 it falls slowly; at 0.03 faster; at 0.3 it is lowest after 200 steps. At 10 it leaps up at once, to more than ten times the first loss, and keeps jumping, nearly always above the curve of 0.3.

# %%
ends = {rate: np.median(curve[-50:]) for rate, curve in curves.items()}
assert ends[0.003] > ends[0.03] > ends[0.3]
assert curves[10.0].max() > 10 * curves[10.0][0]
assert (curves[10.0] > curves[0.3]).mean() > 0.9

# %% [markdown]
# And how does `reg` translate into scikit-learn's `C`? `LogisticRegression` minimises $C\sum_iL_i+\tfrac12\sum W^2$. Divide by $C\cdot N$, and you see $\texttt{reg}=1/(2CN)$. Test it on scikit-learn's own small digits (8×8): at *its* solution *our* gradient must be about 0.

# %%
D, labels = load_digits(return_X_y=True)
D, labels, C = D[:500] / 16, labels[:500], 1.0
theirs = LogisticRegression(C=C, fit_intercept=False, tol=1e-6, max_iter=5000).fit(D, labels)
reg = 1 / (2 * C * len(D))
_, at_solution = softmax_loss_vectorized(theirs.coef_.T, D, labels, reg)
_, at_zero = softmax_loss_vectorized(np.zeros((64, 10)), D, labels, reg)
print(f"largest |dW|: {np.abs(at_zero).max():.2f} at W = 0; below 0.0001 at scikit-learn's W: {np.abs(at_solution).max() < 1e-4}")
assert np.abs(at_solution).max() < 1e-4
assert np.abs(at_zero).max() > 0.03

# %% [markdown]
# ## Traps
#
# **Trap 1: distances of uint8 pixels.** Files store pixels as whole numbers from 0 to 255. In uint8 a difference of −1 becomes 255, and squares wrap round too. No error, no warning:

# %%
raw_train, raw_test = ((255 * Z).round().astype(np.uint8) for Z in (X_train[:1000], X_test[:200]))
share = {}
for kind in (np.uint8, np.float32):
    a, b = raw_train.astype(kind), raw_test.astype(kind)
    guess = [y_train[((a - query) ** 2).sum(axis=1).argmin()] for query in b]
    share[kind.__name__] = (np.array(guess) == y_test[:200]).mean()
print({name: round(float(value), 2) for name, value in share.items()})
assert share["float32"] > share["uint8"] + 0.1

# %% [markdown]
# **Right:** `astype(np.float32)` before any arithmetic.
#
# **Trap 2: the root of a negative rounding error.** Ask 1,000 training digits for their distance to themselves, without `np.maximum`:

# %%
A = X_train[:1000]
squared = (A**2).sum(axis=1, keepdims=True) + (A**2).sum(axis=1) - 2 * A @ A.T
with np.errstate(invalid="ignore"):  # hide NumPy's warning; count instead
    bad = np.sqrt(squared)
itself = bad.argsort(axis=1)[:, 0] == np.arange(1000)
print(f"{np.isnan(np.diag(bad)).sum()} of 1,000 distances to itself are NaN; {itself.sum()} digits find themselves")
assert np.isnan(np.diag(bad)).sum() > 100
assert itself.sum() <= 1000 - np.isnan(np.diag(bad)).sum()

# %% [markdown]
# `argsort` puts NaN last: the nearest of all becomes the farthest. **Right:** `np.sqrt(np.maximum(squared, 0))`, after which every digit finds itself.

# %%
good = np.sqrt(np.maximum(squared, 0))
assert (good.argmin(axis=1) == np.arange(1000)).all()

# %% [markdown]
# **Trap 3: features in different units.** scikit-learn's wine data have 13 features; one of them, proline, is counted in hundreds, others in tenths. Judge each wine by its nearest other wine:

# %%
Z, wine = load_wine(return_X_y=True)


def leave_one_out(Z):
    """Share of wines whose nearest other wine has the same label"""
    table = cdist(Z, Z)
    np.fill_diagonal(table, np.inf)  # nobody is its own neighbour
    return (wine[table.argmin(axis=1)] == wine).mean()


raw, scaled = leave_one_out(Z), leave_one_out((Z - Z.mean(axis=0)) / Z.std(axis=0))
print(f"as they are {raw:.2f}, each feature divided by its standard deviation {scaled:.2f}")
assert scaled > raw + 0.1

# %% [markdown]
# **Right:** standardise each feature. This is change 4 from above, which alters the neighbours, and here it should. (For a fair test, mean and standard deviation come from the training part only.)
#
# **Trap 4: a library's loss is not quite yours.** `multi_margin_loss` divides by the number of classes, and `cross_entropy` takes *scores*: whoever hands it probabilities applies softmax twice.

# %%
scores = torch.tensor([[2.0, 3.5, -1.0]])
right = nn.functional.cross_entropy(scores, torch.tensor([0]))
twice = nn.functional.cross_entropy(scores.softmax(dim=1), torch.tensor([0]))
print(f"margin loss {nn.functional.multi_margin_loss(scores, torch.tensor([0])):.3f} instead of 2.5; cross-entropy {right:.2f}, of probabilities {twice:.2f}")
assert abs(nn.functional.multi_margin_loss(scores, torch.tensor([0])).item() - 2.5 / 3) < 1e-6
assert abs(right.item() - 1.71) < 0.01
assert abs(twice - right) > 0.3

# %% [markdown]
# **Right:** test a library's function once on numbers that you worked out by hand.
#
# ## Beyond the roadmap
#
# **What the fast formula costs.** $a+b-2c$ subtracts large numbers that are nearly equal, and the digits that cancel are gone. Add 1,000 to every pixel. No distance changes (change 1 from above). But in float32:

# %%
far = KNearestNeighbor()
far.train(X_train[:1000] + np.float32(1000), y_train[:1000])
queries = X_test[:200] + np.float32(1000)
truth = cdist(X_test[:200], X_train[:1000]).argmin(axis=1)
fast = (far.compute_distances_no_loops(queries).argmin(axis=1) != truth).mean()
slow = (far.compute_distances_one_loop(queries).argmin(axis=1) != truth).mean()
print(f"wrong neighbours: without loops {fast:.0%}, with one loop {slow:.0%}")
assert fast > 0.5
assert slow < 0.1

# %% [markdown]
# The cure is free: subtract the mean of the training data from both, which changes no L2 distance.

# %%
centre = far.X_train.mean(axis=0)
near = KNearestNeighbor()
near.train(far.X_train - centre, y_train[:1000])
cured = (near.compute_distances_no_loops(queries - centre).argmin(axis=1) != truth).mean()
print(f"centred first: {cured:.0%}")
assert cured < 0.1

# %% [markdown]
# ## Check yourself
#
# **1.** True or false? (a) The border between two classes of kNN is a straight line. (b) On its own training data 1-NN makes no more errors than 5-NN. (c) On test data 1-NN makes fewer errors than 5-NN. (d) The time to classify a digit grows with the training set. (Run the first cell for b.)
#
# <details><summary>Answer</summary>
#
# (a) False; it can be as ragged as the data. (b) True: each point is its own nearest neighbour, so 1-NN makes no error at all, unless two equal points have different labels. (c) Not in general; it depends on the data. (d) True. A linear classifier needs the same time whatever it was trained on.
#
# </details>
#
# **2.** You start training with 7 classes and tiny weights. Which first losses do you expect from the SVM and from softmax, and what is wrong if you see much more? (Compare question 69 of stage 6. Run the second cell.)
#
# <details><summary>Answer</summary>
#
# $7-1=6$ and $\ln7\approx1.95$. If it is 1 more for the SVM (7), the right class is counted. If it is N times as much, the mean is missing. Otherwise the weights or inputs are large, or `reg` is.
#
# </details>
#
# **3.** A gradient check of the SVM shows relative errors near $10^{-8}$, and one of 0.3. What do you do?
#
# <details><summary>Answer</summary>
#
# Check this entry again with a smaller $h$. If the error goes away, a margin was near its kink.
#
# </details>
#
# **4.** Someone adds the same vector to all columns of $W$. Do predictions change? Does the softmax loss without penalty? (Run the third cell.)
#
# <details><summary>Answer</summary>
#
# No and no. All scores of a sample move by the same number, and only differences count. The penalty does change, and it prefers the W in which each row (one pixel, all classes) sums to zero.
#
# </details>
#
# **5.** Your colleague tried 50 settings and reports the best test accuracy. What is wrong, and what should be reported?
#
# <details><summary>Answer</summary>
#
# The test part chose the setting, so its accuracy flatters. Choose on a validation part or by cross-validation, and ask the test part once.
#
# </details>

# %%
own = KNearestNeighbor()
own.train(X_train[:1000], y_train[:1000])
table = own.compute_distances_no_loops(X_train[:1000])
errors = [int((own.predict_labels(table, k) != y_train[:1000]).sum()) for k in (1, 5)]
print("1b. errors on the training data, k = 1 and 5:", errors)
assert errors[0] == 0 < errors[1]

# %%
rng = np.random.default_rng(0)
X, y, W = rng.normal(size=(200, 20)), rng.integers(0, 7, 200), 0.001 * rng.normal(size=(20, 7))
print(f"2. {svm_loss_vectorized(W, X, y, 0)[0]:.2f} {softmax_loss_vectorized(W, X, y, 0)[0]:.2f}")
assert abs(svm_loss_vectorized(W, X, y, 0)[0] - 6) < 0.05
assert abs(softmax_loss_vectorized(W, X, y, 0)[0] - np.log(7)) < 0.01

# %%
shifted = W + rng.normal(size=(20, 1))
print("4. same predictions:", np.array_equal((X @ W).argmax(axis=1), (X @ shifted).argmax(axis=1)))
assert np.array_equal((X @ W).argmax(axis=1), (X @ shifted).argmax(axis=1))
assert np.isclose(softmax_loss_vectorized(W, X, y, 0)[0], softmax_loss_vectorized(shifted, X, y, 0)[0])

# %% [markdown]
# ## In one breath
#
# Say aloud: "kNN keeps the data and lets the k nearest vote; k is chosen by cross-validation, never on the test part. Distances without loops: squares of the one plus squares of the other minus twice the dot products, never below zero, then the root. A linear classifier has one template a class; scores are X times W. The SVM loss wants a lead of one and ignores who has it; softmax loss is minus the log of the right probability and ignores nobody. Gradients on the scores: for the SVM one for each violated margin and minus their number for the right class; for softmax p minus one at the right class; then X transposed times that, over N, plus two reg W. First losses: C minus one, and ln C. The numerical gradient tests them, except at a kink. And better features can do more than a better search for settings."
#
# **Read on.** Chapter 3 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). Cover, Hart (1967), "Nearest neighbor pattern classification". Weston, Watkins (1999), "Support vector machines for multi-class pattern recognition": the SVM loss of this lesson. (Crammer and Singer, 2001, take only the largest violation instead of the sum.) Dalal, Triggs (2005), "Histograms of oriented gradients for human detection". Before this lesson: [Backpropagation](02_backpropagation.ipynb). Next: [Multilayer perceptron](04_multilayer_perceptron.ipynb).
