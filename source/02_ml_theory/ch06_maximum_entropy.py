# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 30
#     days: 1
#     needs: ["02_ml_theory/ch06_logistic_regression"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 6b Maximum entropy (最大熵模型)
#
# You know a little about something, but not enough to name its probabilities. What do you say? The maximum entropy principle answers: agree with everything you know, and beyond that be as uncertain as you can. Follow this advice for a classifier, and out comes logistic regression.
#
# **You will** work example 6.1 (例6.1) to its end, where the book stops, solve example 6.2 (例6.2) with multipliers, and check on real wines that logistic regression keeps promises you did not know it made.
#
# **After it you can**
#
# - say the maximum entropy principle (最大熵原理) in one sentence, and give a reason to believe it;
# - solve a small problem with the dual (对偶问题) on paper;
# - explain why the maximum entropy model and logistic regression are the same model;
# - name the difference from naive Bayes.
#
# **You need** [logistic regression](ch06_logistic_regression.ipynb), entropy from [chapter 5](ch05_decision_tree.ipynb), and table 4.1 of [chapter 4](ch04_naive_bayes.ipynb).
#
# **Where this stands.** Stage 2 of the roadmap, core path, one day for the principle. First read sections 6.2.1 to 6.2.4 of 李航《统计学习方法》 (1st edition). **Stuck?** Read the post on the maximum entropy model in [刘建平's blog](https://www.cnblogs.com/pinard/category/894692.html?page=4). The training algorithms of section 6.3 wait in the last part, "Beyond the roadmap".

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.optimize import brentq, linprog, minimize, minimize_scalar
from scipy.special import gammaln, logsumexp, softmax
from scipy.stats import entropy, logistic
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import CategoricalNB
from sklearn.preprocessing import StandardScaler

import dlroadmap
from dlroadmap import plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Guess from almost nothing (例6.1)
#
# A random variable X takes one of five values A, B, C, D, E. That is all you know. Which probabilities do you give them? You probably say 1/5 each. Any other answer would prefer one letter, and you have no reason to.
#
# Entropy (熵) puts a number on "no preference": $H(P)=-\sum_xP(x)\ln P(x)$. Chapter 5 takes the logarithm to base 2 and counts in bits. Here it is the natural one, and the unit is the nat. SciPy's `entropy` computes it. Does any distribution beat 1/5 each? Try three, and then 10,000 random ones.

# %%
for P in ([0.9, 0.1, 0, 0, 0], [0.4, 0.3, 0.1, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2, 0.2]):
    print(P, f" entropy {entropy(P):.6f}")
rng = np.random.default_rng(0)
random_P = rng.dirichlet(np.ones(5), size=10_000)         # each row: 5 shares that add up to 1
print(f"largest of 10,000 random ones: {entropy(random_P, axis=1).max():.3f}")
uniform = np.full(5, 0.2)

# %%
assert np.isclose(entropy(uniform), 1.609438, atol=5e-7)
assert np.isclose(entropy(uniform), np.log(5))
assert entropy(random_P, axis=1).max() < np.log(5)

# %% [markdown]
# **What to notice.** The more even, the larger the entropy. The top is ln 5 = 1.609438, at 1/5 each.
#
# Now somebody tells you two facts, one after the other:
#
# 1. P(A) + P(B) = 3/10,
# 2. P(A) + P(C) = 1/2.
#
# Write down your five probabilities after fact 1, and again after fact 2. The book asks the second question and leaves it open.
#
# Then let a machine search. Each fact is a row of 0s and 1s, so that `f @ P` adds up the named probabilities. `minimize` with method "SLSQP" finds the smallest −H among all P that satisfy equations; `jac` is the gradient. You need not understand every line of the function; look at its results.

# %%
def most_uncertain(f, b):
    """The P (5,) with the largest entropy among those with sum(P) = 1 and f @ P = b."""
    A, c = np.vstack([np.ones(5), f]), np.r_[1, b]
    facts = {"type": "eq", "fun": lambda P: A @ P - c, "jac": lambda P: A}
    answer = minimize(lambda P: P @ np.log(P), uniform, jac=lambda P: np.log(P) + 1,
                      method="SLSQP", bounds=[(1e-9, 1)] * 5, constraints=facts,
                      options={"ftol": 1e-15, "maxiter": 500})
    return answer.x

# %%
f = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0]])          # row 1: A and B, row 2: A and C
b = np.array([0.3, 0.5])
found = [most_uncertain(f[:k], b[:k]) for k in (0, 1, 2)]
equal_split = np.array([0.15, 0.15, 0.35, 0.175, 0.175])
table = pd.DataFrame([*found, equal_split], columns=list("ABCDE"),
                     index=["no fact", "fact 1", "facts 1 and 2", "both, split equally"])
table["entropy"] = entropy(table.to_numpy(), axis=1)
table.round(6)

# %%
assert np.allclose(found[0], 1 / 5, atol=1e-6)
assert np.allclose(found[1], [3 / 20, 3 / 20, 7 / 30, 7 / 30, 7 / 30], atol=1e-6)
assert np.allclose(found[2], [0.185857, 0.114143, 0.314143, 0.192929, 0.192929], atol=1e-6)
assert np.allclose(table["entropy"], [1.609438, 1.587837, 1.559132, 1.546613], atol=6e-7)
assert np.allclose(f @ equal_split, b)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.8, 3.8), sharey=True)
titles = ("Nothing known", "P(A)+P(B) = 0.3", "and P(A)+P(C) = 0.5")
for ax, P, title in zip(axes, found, titles, strict=True):
    ax.bar(list("ABCDE"), P, color=plot.SKY, edgecolor="black", lw=0.6)
    ax.set(title=f"{title}\nentropy {entropy(P):.4f} nats", xlabel="value of X")
axes[2].plot(list("ABCDE"), equal_split, "D", color=plot.RED)
axes[2].text(4.45, 0.41, "diamonds: split equally, 1.5466", ha="right", fontsize=9)
axes[0].set(ylabel="probability", ylim=(0, 0.44))
fig.suptitle("Each of these two facts lowers the largest possible entropy", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Three bar charts. Without a fact all five bars are 0.2. With the first, A and B are 0.15 and the rest 0.233. With both, A is 0.186, B 0.114, C 0.314, D and E 0.193. Red diamonds at 0.15, 0.15, 0.35, 0.175, 0.175 show the equal split.
#
# **What to notice.** After fact 1 you probably agree with the machine: A and B share 3/10, the rest share 7/10. That is the book's answer, 3/20 and 7/30. After fact 2 it is tempting to keep A = B = 0.15 and to split the rest to fit. Those numbers satisfy both facts, but their entropy is smaller than it needs to be: 1.5466 against 1.5591. After fact 1 nothing told A and B apart. Fact 2 names A and not B, so there is no longer a reason to treat them alike.
#
# Each of these two facts costs uncertainty: 1.6094, 1.5878, 1.5591.
#
# **The idea: the principle.** Among all models that satisfy the known facts, the constraints (约束条件), choose the one with the largest entropy. What is not known is treated as equally likely (等可能的) as far as the constraints allow; and the entropy is the measure of that.

# %% [markdown]
# ## Count the ways
#
# Why the entropy, and not some other measure of "even"? Here is a reason that you can count. Write down a sequence of N letters. For N = 20 the facts read: the counts of A and B add up to 6, those of A and C to 10. Let all sequences be equally likely, and keep those in which both facts hold. How often does A occur in them? First an experiment: a million sequences, of which `multinomial` returns the counts of the five letters.

# %%
counts = rng.multinomial(20, uniform, size=1_000_000)     # (1000000, 5)
kept = counts[(counts @ f.T == [6, 10]).all(axis=1)]
share_seen = np.bincount(kept[:, 0], minlength=7) / len(kept)
print(f"{len(kept)} sequences satisfy both facts")
print("how many hold 0, 1, … 6 times A:", share_seen.round(2))

# %% [markdown]
# Now exactly. If A occurs $n_A$ times, then B occurs $0.3N-n_A$ times, C occurs $0.5N-n_A$ times, and $n_{DE}=0.2N+n_A$ places are left for D and E, with two choices each. The number of such sequences is $N!/(n_A!\,n_B!\,n_C!\,n_{DE}!)\cdot2^{n_{DE}}$. `gammaln(n + 1)` is ln n!, so that nothing overflows.

# %%
def share_of_ways(N):
    """For n_A = 0 … 0.3N: its share among the sequences that satisfy both facts."""
    n_A = np.arange(3 * N // 10 + 1)
    n = np.array([n_A, 3 * N // 10 - n_A, N // 2 - n_A, N // 5 + n_A])
    log_ways = gammaln(N + 1) - gammaln(n + 1).sum(axis=0) + n[3] * np.log(2)
    return softmax(log_ways)                              # exponentials, divided by their sum

# %%
near = {}
for N in (20, 100, 1000):
    share = share_of_ways(N)
    P_A = np.arange(len(share)) / N
    near[N] = share[np.abs(P_A - found[2][0]) < 0.03].sum()
    print(f"N = {N:<5} most ways at n_A / N = {P_A[share.argmax()]:.3f}; "
          f"within 0.03 of {found[2][0]:.4f}: {near[N]:.1%}")

# %%
assert np.allclose(share_seen, share_of_ways(20), atol=0.025)
assert share_of_ways(100).argmax() == 19
assert share_of_ways(1000).argmax() == 186
assert near[20] < 0.4 < 0.8 < near[100] < 0.999 < near[1000]

# %%
def one_free(a):
    """Both facts hold and D = E: one number a = P(A) is left free. → (5, len(a))"""
    return np.array([a, 0.3 - a, 0.5 - a, (0.2 + a) / 2, (0.2 + a) / 2])


a = np.linspace(0.001, 0.299, 299)
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.5), sharex=True)
axes[0].plot(a, entropy(one_free(a)), color=plot.BLUE)
axes[0].plot(0.15, entropy(equal_split), "D", color=plot.RED, label="split equally")
axes[0].set(ylabel="entropy (nats)", title="The entropy is largest at 0.186 …")
axes[0].legend(loc="lower right")
for N, style, colour in ((20, "o:", plot.ORANGE), (100, ".--", plot.GREEN), (1000, "-", "black")):
    share = share_of_ways(N)
    axes[1].plot(np.arange(len(share)) / N, share / share.max(), style, color=colour,
                 label=f"N = {N}")
axes[1].set(ylabel="ways (largest = 1)", title="… and there the sequences gather")
axes[1].legend(loc="upper left")
for ax in axes:
    ax.axvline(found[2][0], color="black", lw=0.7)
    ax.set_xlabel("P(A), or n_A / N")
plt.show()

# %%
assert abs(a[entropy(one_free(a)).argmax()] - 0.186) < 0.0015

# %% [markdown]
# **Figure in words.** Left, the entropy against P(A) is a hill with its top at 0.186; the red diamond of the equal split lies left of it, lower. Right, the number of sequences against the share of A: a wide bump for N = 20, a narrower one for N = 100, a thin spike for N = 1000, around the same place.
#
# **What to notice.** Of the sequences with N = 1000 that satisfy both facts, more than 99.9 % have a share of A within 0.03 of the maximum entropy answer. So the answer is not a matter of taste. Start with all sequences equally likely: then it describes what almost all sequences look like that agree with what you know.
#
# **Try it.** Suppose fact 2 said P(A) + P(C) = 0.3. Predict: which letters get equal probabilities, and is P(A) larger or smaller than 0.186? Then run.

# %%
tried = most_uncertain(f, [0.3, 0.3])
print(dict(zip("ABCDE", tried.round(3).tolist(), strict=True)))
assert np.allclose(tried, [0.122, 0.178, 0.178, 0.261, 0.261], atol=6e-4)

# %% [markdown]
# B = C, because the facts no longer tell them apart, and P(A) is smaller, because fact 2 now asks for less.

# %% [markdown]
# ## Solve it with multipliers (例6.2)
#
# The machine has searched. Now find the first answer, 3/20 and 7/30, on paper. The problem: minimise $-H(P)=\sum_xP(x)\ln P(x)$ with $P(A)+P(B)=\frac3{10}$ and $\sum_xP(x)=1$. Write $P_1,\dots,P_5$ for P(A), …, P(E).
#
# 1. $L(P,w)=\sum_iP_i\ln P_i+w_1\left(P_1+P_2-\frac3{10}\right)+w_0\left(\sum_iP_i-1\right)$ — each constraint gets a price w, a Lagrange multiplier (拉格朗日乘子). L is the Lagrangian (拉格朗日函数). Where the constraints hold, $L=-H$.
# 2. $\dfrac{\partial L}{\partial P_1}=1+\ln P_1+w_1+w_0=0$, and $1+\ln P_3+w_0=0$ for $P_3$ — for fixed prices, the smallest L over P. ($P_2$ is like $P_1$; $P_4$, $P_5$ like $P_3$.)
# 3. $P_1=P_2=e^{-w_1-w_0-1}$, $P_3=P_4=P_5=e^{-w_0-1}$ — solve for P. An exponential appears, because the derivative of $P\ln P$ holds a logarithm.
# 4. $\Psi(w)=-2e^{-w_1-w_0-1}-3e^{-w_0-1}-\frac3{10}w_1-w_0$ — put P back into L: with $\ln P_1=-w_1-w_0-1$ almost everything cancels, and $-\sum_iP_i-\frac3{10}w_1-w_0$ is left. $\Psi$ is the dual function (对偶函数): it depends on the prices alone. For these prices it is the smallest L; and where the constraints hold, L = −H. So $\Psi$ never exceeds the −H that we look for, and the best prices are those that make it largest.
# 5. $\dfrac{\partial\Psi}{\partial w_1}=2e^{-w_1-w_0-1}-\frac3{10}=0$, $\dfrac{\partial\Psi}{\partial w_0}=2e^{-w_1-w_0-1}+3e^{-w_0-1}-1=0$ — the maximum of $\Psi$. Read with line 3, the two equations say: the constraints hold.
# 6. $e^{-w_1-w_0-1}=\frac3{20}$, $e^{-w_0-1}=\frac7{30}$ — the answer.
#
# Five unknown probabilities became two unknown prices. Check with a machine that maximises $\Psi$:

# %%
def minus_dual(w):                                        # w = (w1, w0)
    return 2 * np.exp(-w[0] - w[1] - 1) + 3 * np.exp(-w[1] - 1) + 0.3 * w[0] + w[1]


best = minimize(minus_dual, np.zeros(2), tol=1e-9)
w1, w0 = best.x
print(f"w1 = {w1:.6f}   w0 = {w0:.6f}   dual {-best.fun:.6f}   −H {-entropy(found[1]):.6f}")

# %%
assert np.isclose(w0, -1 - np.log(7 / 30), atol=1e-5)
assert np.isclose(w1, np.log((7 / 30) / (3 / 20)), atol=1e-5)
assert np.allclose([w1, w0, -best.fun], [0.441833, 0.455287, -1.587837], atol=1e-5)
assert np.isclose(best.fun, entropy(found[1]), atol=1e-8)

# %% [markdown]
# **What to notice.** The largest value of the dual, −1.587837, is the smallest value of −H. Is that luck? Compare the dual at *any* price with −H of *any* distribution that satisfies the constraint. (For the picture, $w_0$ is always the best one for its $w_1$: the second equation of line 5 gives $e^{w_0+1}=2e^{-w_1}+3$, and then $\Psi=-0.3w_1-\ln(2e^{-w_1}+3)$.)

# %%
price = np.linspace(-1.5, 2.5, 200)
dual = -0.3 * price - np.log(2 * np.exp(-price) + 3)
some = np.c_[0.3 * rng.dirichlet([4, 4], 40), 0.7 * rng.dirichlet([4, 4, 4], 40)]
fig, ax = plt.subplots(figsize=(7, 3.9))
ax.hlines(-entropy(some, axis=1), -1.5, 2.5, color="#999999", lw=0.6)
ax.plot([], [], color="#999999", lw=0.6, label="−H of 40 distributions with P(A)+P(B) = 0.3")
ax.plot(price, dual, color=plot.BLUE, label="dual Ψ")
ax.axhline(-entropy(found[1]), color=plot.RED, ls=":", lw=1.2, label="smallest −H")
ax.plot(w1, -best.fun, "o", color=plot.RED, label="w1 = 0.4418, Ψ = −1.5878")
ax.set(xlabel="price w1", ylabel="nats", ylim=(-2.0, -1.3), xlim=(-1.5, 2.5),
       title="The dual stays below, and its top touches the answer")
ax.legend(loc="lower center", fontsize=9)
plt.show()

# %%
many = np.c_[0.3 * rng.dirichlet([1, 1], 5000), 0.7 * rng.dirichlet([1, 1, 1], 5000)]
assert dual.max() <= -best.fun + 1e-9
assert (-entropy(np.r_[some, many], axis=1)).min() >= -best.fun - 1e-9
random_w = rng.normal(size=(2, 5000))
assert (-minus_dual(random_w)).max() <= -best.fun + 1e-9

# %% [markdown]
# **Figure in words.** A blue arch, the dual, rises to a red dot at price 0.44 and height −1.588 and falls again. Grey horizontal lines, one for each of 40 distributions, lie above the dot, the lowest close to it. A dotted red line, the smallest −H, touches the arch at the dot.
#
# **The idea: the dual.** Every value of the dual is a lower bound for −H of every distribution that satisfies the constraints: there L = −H for any price, and $\Psi$ is the smallest L. Here no gap is left: the maximum of the dual equals the minimum of −H. (−H is a convex function, 凸函数, and the constraints are linear; then this holds in general, as the book's appendix on Lagrange duality explains.) So you may solve the dual instead. It has one unknown for each constraint, and no constraints.
#
# **A trap in the signs.** In 例6.2 the book adds $w_1(P_1+P_2-\frac3{10})$. In the general model, below, it adds $w_i(\text{wanted}-\text{present})$, with the opposite sign. The distribution is the same; the weight changes its sign:

# %%
weights = np.array([-w1, -w1, 0, 0, 0])                   # e^weight / sum, the book's (6.22)
print("P =", softmax(weights).round(4), "  weight of the first fact:", round(-w1, 4))
assert np.allclose(softmax(weights), found[1], atol=1e-5)

# %% [markdown]
# ### Finish example 6.1 on paper
#
# With both facts, line 3 becomes: A carries both prices, B the first, C the second, D and E none. In the form of the book's formula (6.22), $e$ to the sum of the weights, divided by a total (derived below, for classifiers), with weights $v_1,v_2$ for the two facts,
#
# $$P\ \propto\ \bigl(e^{v_1+v_2},\ e^{v_1},\ e^{v_2},\ 1,\ 1\bigr),\qquad\text{so}\qquad P(A)\,P(D)=P(B)\,P(C).$$
#
# Put in $P(B)=0.3-a$, $P(C)=0.5-a$, $P(D)=(0.2+a)/2$ with $a=P(A)$: the product equation becomes $a^2-1.8a+0.3=0$, and the root between 0 and 0.3 is $a=0.9-\sqrt{0.51}$.

# %%
exact = one_free(0.9 - np.sqrt(0.51))
v1, v2 = np.log(exact[1] / exact[3]), np.log(exact[2] / exact[3])
print("P =", exact.round(6), f"  weights {v1:.4f} and {v2:.4f}")

# %%
assert np.allclose(exact, found[2], atol=1e-6)
assert np.allclose(softmax([v1 + v2, v1, v2, 0, 0]), exact)
assert np.allclose([v1, v2], [-0.5249, 0.4875], atol=5e-5)

# %% [markdown]
# **What to notice.** A negative weight pushes probability away: A and B would have 0.4 together without a fact, and must come down to 0.3. A positive one draws it in. A feels both.

# %% [markdown]
# ## Turn the principle into a classifier
#
# So far there was one distribution P(x). A classifier needs P(y|x), a distribution of the class for each x. What are its "facts"? Counts from the training data. Take table 4.1 (表4.1) of chapter 4: 15 rows, $X^{(1)}\in\{1,2,3\}$, $X^{(2)}\in\{S,M,L\}$, class y = −1 or 1. `onehot` has one column of 0 and 1 for each value (one-hot), `Y` one for each class.

# %%
X1 = np.repeat([1, 2, 3], 5)
X2 = np.array(list("SMMSSSMMLLLMMLL"))
y = np.array([-1, -1, 1, 1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, -1])
values = [(X1, 1), (X1, 2), (X1, 3), (X2, "S"), (X2, "M"), (X2, "L")]
onehot = np.array([column == v for column, v in values], float).T       # (N, D) = (15, 6)
Y = np.array([y == -1, y == 1], float).T                           # (N, C) = (15, 2)
names = ["X1=1", "X1=2", "X1=3", "X2=S", "X2=M", "X2=L"]
counted = pd.DataFrame(onehot.T @ Y, index=names, columns=["y = −1", "y = 1"])
counted.T

# %%
assert counted.to_numpy().astype(int).tolist() == [[3, 2], [2, 3], [1, 4], [3, 1], [2, 4], [1, 4]]

# %% [markdown]
# **What to notice.** `onehot.T @ Y` counts how often each value occurs with each class: 12 numbers. Each belongs to a feature function (特征函数), a question about the pair (x, y) that is answered with 1 or 0, such as
#
# $$f_1(x,y)=\begin{cases}1,&x^{(1)}=1\text{ and }y=-1\\0,&\text{otherwise.}\end{cases}$$
#
# Its empirical expectation (经验期望), $E_{\tilde P}(f_1)=\sum_{x,y}\tilde P(x,y)f_1(x,y)$, is the count divided by N: 3/15. ($\tilde P$ is the empirical distribution (经验分布): each row of the table has 1/N.) A model P(y|x) expects $E_P(f_1)=\sum_{x,y}\tilde P(x)P(y|x)f_1(x,y)$. The constraints say: these two agree, for each feature. Among all P(y|x) that satisfy them, take the one with the largest conditional entropy (条件熵) $H(P)=-\sum_{x,y}\tilde P(x)P(y|x)\ln P(y|x)$.
#
# Now fit logistic regression to the same columns, without a penalty (`C=np.inf`) and without an intercept. It has never heard of entropy or of these constraints. What does it expect?

# %%
model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=1000).fit(onehot, y)
P = model.predict_proba(onehot)                                # (15, 2), columns y = −1, 1
expected = pd.DataFrame(onehot.T @ P, index=names, columns=counted.columns)
print("with y = -1, counted :", *counted["y = −1"])
print("with y = -1, expected:", *expected["y = −1"].round(4))

# %%
assert np.allclose(expected, counted, atol=1e-6)
assert model.classes_.tolist() == [-1, 1]

# %% [markdown]
# **What to notice.** All twelve constraints hold (the assert checks both classes). And the entropy? There are 7 different x in the table, so P(y = −1|x) has 7 free numbers, and the constraints leave some of them free. `null_space` gives the directions in which you can change the 7 numbers without breaking a constraint. (The constraints with y = 1 then hold too: how often each value occurs is fixed.) Take 1000 random steps in these directions:

# %%
x_seen, where, times = np.unique(onehot, axis=0, return_index=True, return_counts=True)
q = P[where, 0]                                           # P(y = −1 | x) for the 7 different x
free = null_space(x_seen.T * times)                       # (7, 2): two directions are free


def conditional_entropy(q):
    return times @ entropy([q, 1 - q]) / 15


steps = rng.normal(size=(1000, 2)) * 0.03
others = [q + free @ step for step in steps]
lower = sum(conditional_entropy(other) < conditional_entropy(q) for other in others)
print(f"entropy of the model: {conditional_entropy(q):.6f}")
print(f"free directions: {free.shape[1]}; of 1000 random steps {lower} lower the entropy")

# %%
assert free.shape == (7, 2)
assert lower == 1000
assert np.allclose([(x_seen.T * times) @ other for other in others], counted["y = −1"], atol=1e-6)

# %% [markdown]
# **What to notice.** Every step lowers the entropy. Logistic regression *is* the maximum entropy model. Why? Repeat the six lines of 例6.2 for P(y|x).
#
# 1. $L=\sum_{x,y}\tilde P(x)P(y|x)\ln P(y|x)+\sum_iw_i\bigl(E_{\tilde P}(f_i)-E_P(f_i)\bigr)+\sum_x\tilde P(x)\,w_0(x)\bigl(1-\sum_yP(y|x)\bigr)$ — minus the entropy, and a price for each constraint. "Adds up to 1" is one constraint for each x. (The book writes a single $w_0$. Here each x has its own price, multiplied by $\tilde P(x)$ to keep line 2 short; the result is the same.)
# 2. $\dfrac{\partial L}{\partial P(y|x)}=\tilde P(x)\bigl[\ln P(y|x)+1-\sum_iw_if_i(x,y)-w_0(x)\bigr]=0$ — the smallest L for fixed prices.
# 3. $P_w(y|x)=\dfrac1{Z_w(x)}\exp\sum_iw_if_i(x,y)$ with $Z_w(x)=\sum_y\exp\sum_iw_if_i(x,y)$ — solve for P; the normalising factor (规范化因子) $Z_w$ makes it add up to 1. This is (6.22).
# 4. $\Psi(w)=\sum_iw_iE_{\tilde P}(f_i)-\sum_x\tilde P(x)\ln Z_w(x)$ — put P back: the dual function.
# 5. $\Psi(w)=\sum_{x,y}\tilde P(x,y)\ln P_w(y|x)$ — look at line 3: $\ln P_w=\sum_iw_if_i-\ln Z_w$. So the dual function is the log-likelihood (对数似然函数), divided by N.
# 6. $\dfrac{\partial\Psi}{\partial w_i}=E_{\tilde P}(f_i)-E_{P_w}(f_i)$ — because $\partial\ln Z_w(x)/\partial w_i=\sum_yP_w(y|x)f_i(x,y)$; at the maximum it is 0: the constraints hold. This is "truth minus prediction" of lesson 6a.
#
# With features "x_j, if y = k" the sum $\sum_iw_if_i(x,y)$ is $w_y\cdot x$, where $w_y$ collects the weights of class y, and line 3 is softmax. Maximum entropy asks "which is the most uncertain model that agrees with these averages?", maximum likelihood asks "which softmax model makes the data most probable?". They meet in the same P. Line 5 has a consequence that you can measure: at the maximum, minus the mean log-likelihood (the log loss) equals the conditional entropy.

# %%
print(f"entropy {entropy(P, axis=1).mean():.6f}   log loss {log_loss(y, P):.6f}")

# %%
assert np.isclose(entropy(P, axis=1).mean(), log_loss(y, P), atol=1e-7)
assert np.isclose(log_loss(y, P), 0.566462, atol=1e-6)

# %% [markdown]
# **Where it helps.** In a problem with many kinds of evidence (words, their endings, their neighbours) you do not have to invent a probability story. You list questions about (x, y), count how often each is answered with yes, and let the principle combine them. Before neural networks this was a standard tool for language, under the name "maxent".

# %% [markdown]
# ## Compare naive Bayes with maximum entropy
#
# Chapter 4 used the same 12 counts. For the book's query x = (2, S) it found P(y = −1|x) = 0.75. Does the maximum entropy model agree? And does naive Bayes satisfy the constraints?

# %%
codes = np.c_[X1 - 1, ["SML".index(v) for v in X2]]       # CategoricalNB wants 0, 1, 2
bayes = CategoricalNB(alpha=0).fit(codes, y)
query = np.array([[0, 1, 0, 1, 0, 0]])                    # X1 = 2, X2 = S
P_nb = bayes.predict_proba(codes)
print(f"P(−1 | 2, S): naive Bayes {bayes.predict_proba([[1, 0]])[0, 0]:.4f}, "
      f"maximum entropy {model.predict_proba(query)[0, 0]:.4f}")
print("with y = -1, counted    :", *counted["y = −1"])
print("with y = -1, naive Bayes:", *(onehot.T @ P_nb)[:, 0].round(2))

# %%
assert np.isclose(bayes.predict_proba([[1, 0]])[0, 0], 0.75)
assert np.isclose(model.predict_proba(query)[0, 0], 0.7485, atol=5e-5)
assert np.isclose((onehot.T @ P_nb)[0, 0], 3.67, atol=0.005)

# %% [markdown]
# **What to notice.** Close on the query, but naive Bayes misses constraints: where 3 were counted it expects 3.67. Strange, as it is made of these very counts. Look at its formula: $\ln P(y)+\sum_j\ln P(x^{(j)}|y)$ is a sum of one number for each (value, class). That is the exponent of (6.22), with *other weights*.

# %%
W_nb = np.vstack([block.T for block in bayes.feature_log_prob_]) + bayes.class_log_prior_ / 2
print("naive Bayes is a softmax of onehot @ W_nb:", np.allclose(softmax(onehot @ W_nb, axis=1), P_nb))
print(f"log-likelihood of y given x: naive Bayes {-log_loss(y, P_nb, normalize=False):.3f}, "
      f"maximum entropy {-log_loss(y, P, normalize=False):.3f}")

# %%
assert np.allclose(softmax(onehot @ W_nb, axis=1), P_nb)
assert np.isclose(-log_loss(y, P_nb, normalize=False), -8.931, atol=5e-4)
assert np.isclose(-log_loss(y, P, normalize=False), -8.497, atol=5e-4)

# %% [markdown]
# (One value of each attribute is on in each row, so half of the log prior on each attribute gives the whole.)
#
# **The idea.** One family of models, two ways to choose the weights. Naive Bayes computes them from counts, one at a time, under the assumption that attributes are independent (独立) within a class: a generative approach (生成方法). Maximum entropy adjusts them together until the expectations agree: a discriminative approach (判别方法). Now break the assumption. Copy the column X2 once, twice, three times; a copy brings no information.

# %%
nb_says, me_says = [], []
for copies in range(4):
    more = np.c_[codes, np.repeat(codes[:, [1]], copies, axis=1)]
    nb_says.append(CategoricalNB(alpha=0).fit(more, y).predict_proba([[1, *[0] * (copies + 1)]]))
    Z_more = np.c_[onehot, np.tile(onehot[:, 3:], copies)]
    fit = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=1000)
    me_says.append(fit.fit(Z_more, y).predict_proba(np.c_[query, np.tile(query[:, 3:], copies)]))
nb_says, me_says = np.array(nb_says)[:, 0, 0], np.array(me_says)[:, 0, 0]
print("P(−1 | 2, S), naive Bayes:    ", *nb_says.round(3))
print("P(−1 | 2, S), maximum entropy:", *me_says.round(3))

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.9))
axes[0].plot([0.5, 4.5], [0.5, 4.5], color="black", lw=0.8)
axes[0].plot(counted.to_numpy().ravel(), (onehot.T @ P_nb).ravel(), "s", color=plot.ORANGE, ms=8,
             label="naive Bayes")
axes[0].plot(counted.to_numpy().ravel(), expected.to_numpy().ravel(), "o", color=plot.BLUE,
             label="maximum entropy")
axes[0].set(xlabel="counted in table 4.1", ylabel="expected by the model",
            title="Maximum entropy keeps every count")
axes[1].plot(nb_says, "s--", color=plot.ORANGE)
axes[1].plot(me_says, "o-", color=plot.BLUE)
axes[1].set(xlabel="copies of X2", xticks=range(4), ylabel="P(−1 | 2, S)", ylim=(0.5, 1.03),
            title="Copies fool naive Bayes")
axes[0].legend(loc="upper left")
plt.show()

# %%
assert np.allclose(nb_says, [0.75, 0.931, 0.984, 0.996], atol=5e-4)
assert np.allclose(me_says, me_says[0], atol=1e-5)

# %% [markdown]
# **Figure in words.** Left, blue dots of maximum entropy lie on the diagonal "expected = counted"; most orange squares of naive Bayes lie beside it. Right, with 0 to 3 copies of X2 the orange curve climbs from 0.75 to nearly 1; the blue one stays at 0.748.
#
# **What to notice.** Naive Bayes counts the same evidence again and again. Maximum entropy shares one weight among the copies. The price: its weights must be searched, and it has no P(x), so it cannot say how usual an x is. And with few samples the strong assumption can help: see the learning curves in [chapter 4](ch04_naive_bayes.ipynb).

# %% [markdown]
# ## Check the promises on real wines
#
# 178 wines from three growers (scikit-learn's `load_wine`, from UCI, CC BY 4.0); take three measurements: alcohol, malic acid and hue. They are real numbers, not 0 and 1, but a feature function may be any number: here "x_j, if y = k". With an intercept, there is one more feature for each class, "1, if y = k". What do the constraints promise in words? For each grower k:
#
# - the probabilities of k add up to the number of wines of grower k;
# - the mean of a measurement, each wine weighted with its probability of k, is the mean of grower k.

# %%
wine = load_wine()
columns = [0, 1, 10]                                      # alcohol, malic acid, hue
M, grower = wine.data[:, columns], wine.target            # (178, 3), (178,)
S = StandardScaler().fit_transform(M)
G = np.eye(3)[grower]                                     # one-hot, (178, 3)
free_fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(S, grower)
P_wine = free_fit.predict_proba(S)
print("wines of each grower:", G.sum(axis=0), "  expected:", P_wine.sum(axis=0).round(3))
print("judged wrongly:", (free_fit.predict(S) != grower).sum(), "of", len(S))

# %%
true_means = (G.T @ M) / G.sum(axis=0)[:, None]           # (grower, measurement)
model_means = (P_wine.T @ M) / P_wine.sum(axis=0)[:, None]
measured = ["alcohol", "malic acid", "hue"]
pd.concat({"real": pd.DataFrame(true_means, columns=measured),
           "model": pd.DataFrame(model_means, columns=measured)}, axis=1).round(3)

# %%
assert np.allclose(P_wine.sum(axis=0), G.sum(axis=0), atol=1e-4)
assert np.allclose(model_means, true_means, atol=1e-5)
assert 0.85 < free_fit.score(S, grower) < 0.9
assert np.isclose(entropy(P_wine, axis=1).mean(), log_loss(grower, P_wine), atol=1e-6)
assert np.abs(free_fit.coef_).max() < 4                   # finite weights: not separable

# %% [markdown]
# **What to notice.** More than one wine in ten is judged wrongly. Yet on average the model's "wine of grower 0" has the alcohol, the acid and the hue of the real ones, to all printed decimals. Maximum entropy does not promise right answers. It promises right averages, and no opinion beyond them.

# %% [markdown]
# ## Parameters
#
# There is no estimator of its own: the maximum entropy model is `LogisticRegression`. Its inputs, outputs and parameters stand in the [table of lesson 6a](ch06_logistic_regression.ipynb). What this lesson adds is the meaning of some of them:
#
# | parameter or input | default | in terms of constraints |
# |---|---|---|
# | columns of `X` | | one constraint for each column and class: the sum of x_j over the samples with y = k |
# | `fit_intercept` | True | one more constraint for each class: the shares of the classes |
# | `sample_weight`, `class_weight` | None | the averages to keep are the weighted ones |
# | `C` | 1 | how far the model may miss the averages; `np.inf`: not at all |
#
# Check the two in the middle on the wines:

# %%
plain = {"C": np.inf, "tol": 1e-10, "max_iter": 10_000}
no_bias = LogisticRegression(fit_intercept=False, **plain).fit(S, grower).predict_proba(S)
balanced = LogisticRegression(class_weight="balanced", **plain).fit(S, grower).predict_proba(S)
weight = (178 / (3 * G.sum(axis=0)))[grower]              # what "balanced" gives each wine
print("real shares:         ", G.mean(axis=0).round(3))
print("without an intercept:", no_bias.mean(axis=0).round(3))
print("balanced, weighted:  ", (weight @ balanced / 178).round(3))

# %%
assert np.abs(no_bias.mean(axis=0) - G.mean(axis=0)).max() > 0.02
assert np.allclose(S.T @ no_bias, S.T @ G, atol=1e-4)     # the other constraints still hold
assert np.allclose(weight @ balanced / 178, 1 / 3, atol=1e-6)

# %% [markdown]
# **What to notice.** Without an intercept nobody asked for the shares, and they come out wrong. With balanced weights the model keeps *weighted* shares, one third each.
#
# ### Turn C and relax the constraints
#
# The penalty adds $\frac1{2C}\sum w^2$ to the loss, so at the minimum the gradient of the log-likelihood is not 0 but $w/C$. Divide by N:
#
# $$E_{\tilde P}(f_i)-E_P(f_i)=\frac{w_i}{C\,N}.$$
#
# Each constraint is missed in proportion to its weight. (The intercept is not penalised: the shares of the classes hold for every C.) Fit with C from 0.0001 to 10,000.

# %%
C_grid = 10.0 ** np.arange(-4, 5)
missed, uncertain, loss = [], [], []
for C in C_grid:
    m = LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(S, grower)
    P_C = m.predict_proba(S)
    gap = S.T @ (G - P_C) / 178                           # (3, 3): feature, grower
    assert np.allclose(gap, m.coef_.T / (C * 178), atol=1e-6)
    assert np.allclose(P_C.mean(axis=0), G.mean(axis=0), atol=1e-5)
    missed.append(np.abs(gap).max())
    uncertain.append(entropy(P_C, axis=1).mean())
    loss.append(log_loss(grower, P_C))
print(f"largest miss, in standard deviations: C = 1: {missed[4]:.3f}, C = 10,000: {missed[8]:.0e}")

# %%
shares = entropy(G.mean(axis=0))
fig, axes = plt.subplots(1, 2, figsize=(8.8, 3.6))
axes[0].plot(C_grid, missed, "o-", color=plot.RED)
axes[0].set(yscale="log", ylabel="largest miss of a constraint",
            title="Smaller C misses the averages more")
axes[1].plot(C_grid, uncertain, "o-", color=plot.BLUE, label="conditional entropy")
axes[1].plot(C_grid, loss, "s--", color=plot.ORANGE, label="log loss on the same wines")
axes[1].axhline(shares, color="black", lw=0.8, ls=":", label="entropy of the shares")
axes[1].set(ylim=(0.2, 1.2), ylabel="nats", title="Looser demands leave more entropy")
axes[1].legend(loc=(0.4, 0.56), fontsize=9)
for ax in axes:
    ax.set(xscale="log", xlabel="C")
plt.show()

# %%
assert (np.diff(missed) < 0).all()
assert np.allclose(missed[:2], 0.35, atol=0.03)
assert np.allclose(missed[-1] / missed[-2], 0.1, atol=0.01)
assert 1e-6 < missed[-1] < 3e-6
assert (np.diff(uncertain) < 0).all()
assert abs(uncertain[0] - shares) < 0.001
assert abs(uncertain[-1] - loss[-1]) < 1e-3
assert uncertain[4] - loss[4] > 0.03
assert int(np.argmax(np.array(uncertain) - loss)) == 2          # at C = 0.01
assert uncertain[2] - loss[2] > 0.25 > 0.02 > uncertain[0] - loss[0]
assert 0.005 < missed[4] < 0.02

# %% [markdown]
# **Figure in words.** Left, on logarithmic axes, the largest miss stays near 0.35 at first and then falls in proportion to 1/C, to about 0.000002. Right, the entropy falls from the entropy of the class shares, 1.09, to about 0.29; the dashed log loss lies below it, furthest at C = 0.01, and comes close to it at both ends.
#
# **What to notice.** Counts from few samples are no exact truths. With a finite C you say "agree with the averages, roughly", and the principle answers with a more uncertain model. For C near 0 it knows the shares of the growers and nothing else. Entropy minus log loss is $\sum w^2/(CN)$: zero where the constraints hold (large C), largest in between, and small again for C near 0, where the weights themselves vanish.

# %% [markdown]
# ## Traps
#
# ### Trap 1: features without their attribute
#
# Some public code stores a feature under the key (value, class). In table 5.1 (表5.1) of [chapter 5](ch05_decision_tree.ipynb) the attributes "has a job" and "owns a house" both have the values yes and no. How many different features that occur are left?

# %%
rows = """young no no fair no;         young no no good no;         young yes no good yes
          young yes yes fair yes;      young no no fair no;         middle no no fair no
          middle no no good no;        middle yes yes good yes;     middle no yes excellent yes
          middle no yes excellent yes; old no yes excellent yes;    old no yes good yes
          old yes no good yes;         old yes no excellent yes;    old no no fair no"""
people = [row.split() for row in rows.replace("\n", ";").split(";")]
right_keys = {(j, row[j], row[4]) for row in people for j in range(4)}
wrong_keys = {(row[j], row[4]) for row in people for j in range(4)}
print(len(right_keys), "features with the attribute in the key,", len(wrong_keys), "without")

# %%
assert (len(right_keys), len(wrong_keys)) == (17, 14)

# %% [markdown]
# Three features are lost: "job = yes" and "house = yes" have become the same thing, and so have the "no"s. Does that do harm? Take twelve people, three for each combination, whose loan depends on the job alone:

# %%
job, house = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 3, axis=0).T
keyed = np.c_[job, 1 - job, house, 1 - house]
collided = np.c_[job + house, 2 - job - house]            # how many "yes", how many "no"
for name, features in (("with attribute", keyed), ("without", collided)):
    m = LogisticRegression(fit_intercept=False).fit(features, job)
    print(f"{name:<15} P(loan | job, no house) = {m.predict_proba(features[[6]])[0, 1]:.2f}, "
          f"P(loan | house, no job) = {m.predict_proba(features[[3]])[0, 1]:.2f}")

# %%
assert np.array_equal(collided[6], collided[3])
assert np.allclose(m.predict_proba(collided[3:9])[:, 1], 0.5, atol=1e-3)
m_keyed = LogisticRegression(fit_intercept=False).fit(keyed, job)
assert m_keyed.predict_proba(keyed[[6]])[0, 1] > 0.7
assert m_keyed.score(keyed, job) == 1

# %% [markdown]
# **What to notice.** For the colliding key the two people are the same person. **Right:** the key is (attribute, value, class). A program that makes a feature of each combination that *occurs* finds 17 on 表5.1 (of 10 values × 2 classes = 20; three never occur). That is a quick test.
#
# ### Trap 2: the weather that never comes to rest
#
# The famous weather table (14 days, play tennis or not; J. R. Quinlan, 1986) often serves to demonstrate maximum entropy. Fit it with weaker and weaker penalties.

# %%
days = """sunny hot high no no; sunny hot high yes no; overcast hot high no yes
rainy mild high no yes; rainy cool normal no yes; rainy cool normal yes no
overcast cool normal yes yes; sunny mild high no no; sunny cool normal no yes
rainy mild normal no yes; sunny mild normal yes yes; overcast mild high yes yes
overcast hot normal no yes; rainy mild high yes no"""
days = pd.DataFrame([d.split() for d in days.replace("\n", ";").split(";")],
                    columns=["outlook", "temperature", "humidity", "windy", "play"])
D = pd.get_dummies(days.drop(columns="play")).to_numpy(float)      # one-hot, (14, 10)
play = (days["play"] == "yes").to_numpy().astype(int)

# %%
length = []
for C in (1, 1e2, 1e4, 1e6):
    m = LogisticRegression(C=C, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(D, play)
    length.append(np.linalg.norm(m.coef_))
    print(f"C = {C:<9g} ‖w‖ = {length[-1]:5.1f}   "
          f"entropy {entropy(m.predict_proba(D), axis=1).mean():.6f}")

# %%
assert D.shape == (14, 10)
assert np.allclose(length, [1.6, 12.5, 38.3, 67.7], atol=0.06)
assert entropy(m.predict_proba(D), axis=1).mean() < 1e-3

# %% [markdown]
# **What to notice.** The weights grow and grow, the entropy goes to 0. Two linear programs (`linprog`) explain it. The first looks for a plane between the classes: the largest margin d with $\pm w\cdot x\ge d$ and all $|w_j|\le1$. The second asks what freedom the constraints leave: how far can P(yes|x) be from the labels in total, if it agrees with all counts?

# %%
sign = 2 * play - 1
plane = linprog([*np.zeros(10), -1], A_ub=np.c_[-sign[:, None] * D, np.ones(14)],
                b_ub=np.zeros(14), bounds=[(-1, 1)] * 10 + [(None, None)])
freedom = linprog(sign, A_eq=D.T, b_eq=D.T @ play, bounds=(0, 1))  # smallest Σ ± P(yes|x)
print(f"margin {plane.x[-1]:.4f};   total distance from the labels at most "
      f"{play.sum() - freedom.fun:.4f}")

# %%
assert np.isclose(plane.x[-1], 1 / 3)
assert np.isclose(play.sum() - freedom.fun, 0, atol=1e-6)

# %% [markdown]
# **What to notice.** A plane separates the days, so there is no finite maximum of the likelihood (lesson 6a). Seen from the other side: one single P(y|x) satisfies all the constraints, the labels themselves, with entropy 0. The maximum entropy *distribution* exists; the weights do not, because $e^{w}$ is never exactly 0 or ∞. **Right:** do not demonstrate maximum entropy on this table. Use table 4.1, or a finite C.
#
# ### Trap 3: `entropy` makes it add up to 1
#
# You want the part of the entropy that comes from A and B, −2 · 0.15 ln 0.15. SciPy answers:

# %%
part = np.array([0.15, 0.15])
print(f"entropy(part) = {entropy(part):.4f}   −Σ P ln P = {-(part * np.log(part)).sum():.4f}")

# %%
assert np.isclose(entropy(part), np.log(2))
assert np.isclose(-(part * np.log(part)).sum(), 0.5691, atol=5e-5)

# %% [markdown]
# **What to notice.** `entropy` divides its input by the sum without a word, here to (½, ½), and gives ln 2. If your P adds up to 0.9 by mistake, you will not see it. **Right:** assert that the sum is 1 first. And say which unit you use: `entropy(P, base=2)` gives bits.

# %% [markdown]
# ## Beyond the roadmap
#
# The roadmap does not ask for this part. Read it for section 6.3 of the book (IIS, BFGS) and for exercises 6.1 and 6.3.
#
# ### Raise every weight at once: IIS (算法6.1)
#
# Improved iterative scaling (改进的迭代尺度法, IIS) trains a maximum entropy model with little mathematics per step. Start with w = 0. Then, for each feature i, find the change $\delta_i$ with
#
# $$\sum_{x,y}\tilde P(x)P_w(y|x)\,f_i(x,y)\,e^{\delta_if^\#(x,y)}=E_{\tilde P}(f_i),\qquad f^\#(x,y)=\sum_if_i(x,y),$$
#
# and set $w_i\leftarrow w_i+\delta_i$ for all i. $f^\#$ is the number of features that are on at (x, y). It is there because all weights move at once: a place with two features moves twice. The equation makes a lower bound of the gain in likelihood as large as possible, for each $\delta_i$ by itself (section 6.3.1 derives it). So no step goes down.
#
# Try it on 例6.1 with both facts. There is no y, so drop it from the formula. $f^\#=(2,1,1,0,0)$: not constant. Each $\delta_i$ needs the root of an equation in one unknown; `brentq` finds it between two bounds.

# %%
f_sharp = f.sum(axis=0)


def iis_step(w, f_sharp):
    P, far = softmax(w @ f), 20 / f_sharp.max()           # δ lies between −far and far
    return w + [brentq(lambda d, i=i: P * f[i] @ np.exp(d * f_sharp) - b[i], -far, far)
                for i in range(2)]


def run_iis(f_sharp, steps):
    w = [np.zeros(2)]
    for _ in range(steps):
        w.append(iis_step(w[-1], f_sharp))
    return np.array(w)

# %%
iis = run_iis(f_sharp, 60)
error = np.abs(softmax(iis @ f, axis=1) - exact).max(axis=1)
print("f#:", f_sharp, "  weights after 60 steps:", iis[-1].round(6))
for k in (1, 10, 20, 30, 60):
    print(f"step {k:>2}: largest error of P {error[k]:.0e}")

# %%
climb = iis @ b - logsumexp(iis @ f, axis=1)              # the dual, Ψ(w)
assert (np.diff(climb) > -1e-12).all()                    # no step goes down
assert np.allclose(iis[-1], [v1, v2], atol=1e-8)
assert np.allclose(softmax(iis[-1] @ f), most_uncertain(f, b), atol=1e-6)
ratio = error[11:31] / error[10:30]
assert ((ratio > 0.65) & (ratio < 0.70)).all()

# %% [markdown]
# **What to notice.** IIS arrives at the direct solution of the first section. Each step multiplies the error by about 2/3. So every further digit costs about six steps; Newton's method in lesson 6a doubled its digits in each step.
#
# ### Train a classifier with IIS
#
# On table 4.1 exactly one value of each attribute is on, so $f^\#=2$ everywhere. Then $e^{\delta_i\cdot2}$ leaves the sum, and the root is a formula: $\delta_i=\frac12\ln\bigl(E_{\tilde P}(f_i)/E_P(f_i)\bigr)$. All 12 at once:

# %%
def conditional_iis(onehot, Y, f_sharp, steps):
    """→ weights (D, C) and the log-likelihood before each step."""
    W, climb = np.zeros((onehot.shape[1], Y.shape[1])), []
    for _ in range(steps):
        log_P = onehot @ W - logsumexp(onehot @ W, axis=1, keepdims=True)
        climb.append((Y * log_P).sum())
        W = W + np.log((onehot.T @ Y) / (onehot.T @ np.exp(log_P))) / f_sharp
    return W, np.array(climb)

# %%
W_iis, climb = conditional_iis(onehot, Y, 2, 200)
print(f"P(−1 | 2, S) by IIS: {softmax(query @ W_iis, axis=1)[0, 0]:.4f}")
slope = W_iis[:, 1] - W_iis[:, 0]                         # weight for y = 1 minus y = −1
print("weights by IIS:               ", slope.round(3))
print("weights by LogisticRegression:", model.coef_[0].round(3))

# %%
assert np.allclose(softmax(onehot @ W_iis, axis=1), P, atol=1e-6)
assert (np.diff(climb) > -1e-12).all()
shift = slope - model.coef_[0]
assert np.allclose(shift[:3], shift[0], atol=1e-5)
assert np.allclose(shift[3:], -shift[0], atol=1e-5)
assert abs(shift[0]) > 0.01

# %% [markdown]
# **What to notice.** The same probabilities, but other weights! Add a constant to the three weights of X1 and subtract it from those of X2: one value of each is on, so nothing changes. The weights of one-hot columns are not unique; differences within an attribute are. Compare models by their probabilities.
#
# And the weather of trap 2? "overcast and no" never occurs, and ln 0 would stop the formula at once. Leave out the column "overcast" (the other columns still know it: neither sunny nor rainy) and let IIS run, longer and longer. At most four features are on, so f# = 4 is on the safe side.

# %%
sizes = []
for steps in (10, 100, 1000):
    W_days, rise = conditional_iis(D[:, 1:], np.c_[1 - play, play], 4, steps)
    sizes.append(np.linalg.norm(W_days))
    print(f"{steps:>4} steps: ‖w‖ = {sizes[-1]:4.1f}, log-likelihood {rise[-1]:.3f}")

# %%
assert sizes[2] > 2 * sizes[1] > 4 * sizes[0]
assert -0.6 < rise[-1] < 0

# %% [markdown]
# **What to notice.** The longer it runs, the larger the weights, while the log-likelihood creeps towards 0. The weights of a program on this table say when it was stopped.
#
# ### Get f# wrong
#
# Public programs often use a constant in place of $f^\#$: 10000, or 16 everywhere, or 1. What does it cost?

# %%
wrong = {M: np.abs(softmax(run_iis(np.full(5, M), 60) @ f, axis=1) - exact).max(axis=1)
         for M in (16, 10_000)}
for M, e in wrong.items():
    print(f"例6.1 with f# = {M}: largest error after 60 steps {e[-1]:.4f} (at the start {e[0]:.4f})")
twice = np.c_[onehot, onehot]                                       # every column twice: f# = 4
for M in (4, 1):
    print(f"table 4.1 twice with f# = {M}: log-likelihood",
          conditional_iis(twice, Y, M, 6)[1].round(1))

# %%
assert wrong[10_000][-1] > 0.99 * wrong[10_000][0]
assert 1e-3 < wrong[16][-1] < 0.1
assert (np.diff(conditional_iis(twice, Y, 4, 6)[1]) > 0).all()
bad = conditional_iis(twice, Y, 1, 6)[1]
assert bad[-1] < bad[0] - 50
assert (bad[1:] < bad[0]).all()
assert np.allclose(softmax(run_iis(np.ones(5), 60)[-1] @ f), exact, atol=1e-8)

# %% [markdown]
# **What to notice.** Too large, and it crawls: with 10000, sixty steps change almost nothing, and a program that stops "when w changes little" stops at once, at a wrong answer. Too small, and it overshoots: on the doubled table the log-likelihood swings up and down, and after the first step it never comes back to where it started. (Too small does not always fail: on 例6.1 the constant 1 happens to work.)
#
# ### Call a quasi-Newton method: BFGS (算法6.2)
#
# The other way of section 6.3: minimise $-\Psi(w)=\sum_x\tilde P(x)\ln\sum_ye^{\sum_iw_if_i(x,y)}-\sum_{x,y}\tilde P(x,y)\sum_iw_if_i(x,y)$ with its gradient $E_P(f_i)-E_{\tilde P}(f_i)$. Newton's method would need the matrix of second derivatives. A quasi-Newton method (拟牛顿法) collects what it learns about the bend from the gradients on its way. SciPy has BFGS; `callback` stores each point.

# %%
def bfgs(function, start):
    """→ the points that scipy's BFGS visits, and how often it asked for the function."""
    points = [np.array(start)]
    answer = minimize(function, start, jac=True, method="BFGS", options={"gtol": 1e-8},
                      callback=lambda w: points.append(w.copy()))
    return np.array(points), answer.nfev


def minus_psi(w):                                         # 例6.1: value and gradient
    return logsumexp(w @ f) - w @ b, f @ softmax(w @ f) - b

# %%
points, _ = bfgs(minus_psi, np.zeros(2))
error_bfgs = np.abs(softmax(points @ f, axis=1) - exact).max(axis=1)
print(f"BFGS: {len(points) - 1} steps, error of P below 1e-6: {error_bfgs[-1] < 1e-6}")

# %%
fig, ax = plt.subplots(figsize=(7, 3.9))
for e, style, colour, label in ((error_bfgs, "o-", plot.BLUE, "BFGS"),
                                (error, ".-", plot.GREEN, "IIS, f# = (2, 1, 1, 0, 0)"),
                                (wrong[16], "--", plot.ORANGE, "“IIS”, f# = 16"),
                                (wrong[10_000], ":", plot.RED, "“IIS”, f# = 10000")):
    ax.plot(np.maximum(e, 1e-12), style, color=colour, label=label)
ax.set(yscale="log", xlabel="step", ylabel="largest error of P", ylim=(1e-12, 3),
       title="BFGS is fast, IIS steady; too large an f# crawls")
ax.legend(loc=(0.5, 0.5), fontsize=9)
plt.show()

# %%
assert len(points) - 1 <= 15
assert error_bfgs[-1] < 1e-6
assert error[15] > 1e-5

# %% [markdown]
# **Figure in words.** The vertical axis is logarithmic. BFGS falls steeply within about ten steps. IIS falls along a straight line that reaches 1e-10 after some fifty steps. With f# = 16 the line is much flatter, with 10000 it is horizontal.
#
# ### Meet the older sister: DFP (习题6.3)
#
# Exercise 6.3 asks for the DFP algorithm for this model. Both methods go $w\leftarrow w+\lambda p$ with a direction p and the best step length λ. They keep a matrix that must satisfy the quasi-Newton condition (拟牛顿条件). Write δ for the last step and γ (the book's y) for the change of the gradient along it.
#
# - **BFGS** (算法6.2) keeps $B\approx$ the matrix of second derivatives and solves $Bp=-g$. The condition is $B\delta=\gamma$. The update: $B\leftarrow B+\dfrac{\gamma\gamma^{\mathsf T}}{\gamma^{\mathsf T}\delta}-\dfrac{B\delta\delta^{\mathsf T}B}{\delta^{\mathsf T}B\delta}$.
# - **DFP** keeps $G\approx$ its *inverse* and multiplies, $p=-Gg$. The condition is $G\gamma=\delta$. The update is the same with δ and γ exchanged: $G\leftarrow G+\dfrac{\delta\delta^{\mathsf T}}{\delta^{\mathsf T}\gamma}-\dfrac{G\gamma\gamma^{\mathsf T}G}{\gamma^{\mathsf T}G\gamma}$.
#
# SciPy has no DFP, so here it is, on table 4.1. `minimize_scalar` searches the best λ.

# %%
def loss_41(w):                                           # table 4.1: value and gradient
    scores = onehot @ w.reshape(6, 2)
    value = (logsumexp(scores, axis=1) - (Y * scores).sum(axis=1)).mean()
    return value, (onehot.T @ (softmax(scores, axis=1) - Y) / 15).ravel()


def dfp(function, w, eps=1e-6, most=100):
    G, points, asked = np.eye(len(w)), [w], 0
    g = function(w)[1]
    while np.abs(g).max() > eps and len(points) < most:
        p = -G @ g
        line = minimize_scalar(lambda s, w=w, p=p: function(w + s * p)[0])
        delta, asked = line.x * p, asked + line.nfev + 1
        w = w + delta
        gamma = function(w)[1] - g
        Gg, g = G @ gamma, g + gamma
        G = G + np.outer(delta, delta) / (delta @ gamma) - np.outer(Gg, Gg) / (gamma @ Gg)
        assert np.allclose(G @ gamma, delta, atol=1e-6)   # the quasi-Newton condition
        points.append(w)
    return np.array(points), asked

# %%
dfp_points, dfp_asked = dfp(loss_41, np.zeros(12))
bfgs_points, bfgs_asked = bfgs(loss_41, np.zeros(12))
for name, p, asked in (("DFP ", dfp_points, dfp_asked), ("BFGS", bfgs_points, bfgs_asked)):
    P_last = softmax(query @ p[-1].reshape(6, 2), axis=1)[0, 0]
    print(f"{name}: P(−1 | 2, S) = {P_last:.4f}, {len(p) - 1} steps, loss computed {asked} times")

# %%
for p in (dfp_points, bfgs_points):
    assert np.allclose(softmax(onehot @ p[-1].reshape(6, 2), axis=1), P, atol=1e-4)
assert len(dfp_points) - 1 < len(bfgs_points) - 1 < 45
assert dfp_asked > 60 > bfgs_asked

# %% [markdown]
# **What to notice.** Both find the maximum. DFP takes fewer steps here, because it searches the best λ in each; SciPy's BFGS accepts the first λ that is good enough, and so needs fewer evaluations of the loss in total. (This compares two line searches as much as two updates.)
#
# ### Look at exercise 6.1 from this side (习题6.1)
#
# Exercise 6.1 asks you to confirm that the logistic distribution (逻辑斯谛分布) belongs to the exponential family (指数分布族). Lesson 6a counts a rank and finds: with an unknown location it does not. From here you can see what is true. Maximum entropy distributions have the form $\ln P=\sum_iw_if_i(x)-\ln Z$ with *fixed* features and free weights: an exponential family. The logistic density with μ = 0, γ = 1 is one of that form, with the features x and $\ln(1+e^{-x})$: $\ln f(x)=-x-2\ln(1+e^{-x})$. Move μ or γ: can other weights of the same features follow? `lstsq` finds the best ones.

# %%
x = np.linspace(-6, 6, 41)
features = np.c_[x, np.logaddexp(0, -x), np.ones(41)]     # np.logaddexp(0, -x) = ln(1 + e^(−x))
misfit = {}
for mu, gamma in ((0, 1), (1, 1), (0, 2)):
    target = logistic.logpdf(x, mu, gamma)
    best_w = np.linalg.lstsq(features, target, rcond=None)[0]
    misfit[mu, gamma] = np.abs(features @ best_w - target).max()
    print(f"μ = {mu}, γ = {gamma}: weights {best_w.round(2) + 0.0}, misfit {misfit[mu, gamma]:.2f}")

# %%
assert misfit[0, 1] < 1e-9
assert np.isclose(misfit[1, 1], 0.38, atol=0.006)
assert np.isclose(misfit[0, 2], 0.08, atol=0.006)

# %% [markdown]
# **What to notice.** At μ = 0, γ = 1 the weights −1, −2 fit. Any *single* density fits some features; a family must do it with the same features for all its members. Here they fail as soon as μ or γ moves. What does belong to the exponential family is the distribution of Y given x, formula (6.22) itself; that is what the published answers mostly prove.

# %% [markdown]
# ## Check yourself
#
# **1.** A die shows 4.5 on average instead of 3.5. You know nothing else. Which form do the six probabilities have, and is 6 more than twice as likely as 3? Answer, then run.
#
# <details><summary>Answer</summary>
#
# One constraint, with the feature f(x) = x, so P(x) ∝ e^(wx): each face is likelier than the one before by the same factor, about 1.449. From 3 to 6 that is 1.449³ ≈ 3.0, so yes.
#
# </details>

# %%
faces = np.arange(1, 7)
w_die = brentq(lambda w: softmax(w * faces) @ faces - 4.5, -5, 5)
die = softmax(w_die * faces)
print(die.round(3), f"  factor {np.exp(w_die):.3f}, P(6) / P(3) = {die[5] / die[2]:.1f}")

# %%
assert np.allclose(die[1:] / die[:-1], np.exp(w_die))
assert np.isclose(np.exp(w_die), 1.449, atol=5e-4)
assert np.isclose(die[5] / die[2], 3.0, atol=0.05)

# %% [markdown]
# **2.** "Every constraint lowers the entropy." In 例6.1, after fact 1, somebody adds: P(C) + P(D) + P(E) = 7/10. What happens to P and to the entropy? And if the new fact is P(D) + P(E) = 1/2? Answer, then run.
#
# <details><summary>Answer</summary>
#
# 7/10: nothing, the new fact follows from the old one. (The weights of the two facts are then not unique: either of them can carry the price.) 1/2: the old answer has 7/30 + 7/30 there, less than 1/2, so P must change and the entropy falls. A constraint can never raise the largest entropy, because it leaves fewer distributions to choose from; it lowers it if the old answer breaks it.
#
# </details>

# %%
after_1 = found[1]
print(f"P(C) + P(D) + P(E) after fact 1: {after_1[2:].sum():.4f}, entropy {entropy(after_1):.4f}")
half = most_uncertain(np.array([f[0], [0, 0, 0, 1, 1]]), [0.3, 0.5])
print("with P(D) + P(E) = 1/2:", half.round(3), f" entropy {entropy(half):.4f}")
v, v_other = [-w1, -w1, 0, 0, 0], [0, 0, w1, w1, w1]      # weight on fact 1, or on the new one
print("two sets of weights, one distribution:", np.allclose(softmax(v), softmax(v_other)))

# %%
assert np.isclose(after_1[2:].sum(), 0.7, atol=1e-6)
assert np.allclose(softmax(v), softmax(v_other))
assert np.allclose(softmax(v), after_1, atol=1e-5)
assert entropy(half) < entropy(after_1) - 0.003

# %% [markdown]
# **3.** `LogisticRegression()` with its default C: a colleague compares expected and counted features and finds a difference of 0.01. Is it a bug in the solver?
#
# <details><summary>Answer</summary>
#
# No. With C = 1 the difference is w/(C N) at the exact minimum. With `C=np.inf` and a small `tol` it disappears.
#
# </details>
#
# **4.** In which sense is "logistic regression maximises the likelihood" the same statement as "it has the largest entropy"?
#
# <details><summary>Answer</summary>
#
# The dual of the entropy problem is the log-likelihood (divided by N) of the model P ∝ exp Σ w f. Its maximum over w gives the P with the largest conditional entropy among all P whose expected features equal the counted ones, and the two values agree: entropy = log loss.
#
# </details>
#
# **5.** Naive Bayes and maximum entropy use the same counts and the same form. What differs?
#
# <details><summary>Answer</summary>
#
# The weights. Naive Bayes takes each from its own count, as if attributes were independent within a class (it maximises the joint likelihood of x and y). Maximum entropy adjusts all together until every expectation agrees (it maximises the likelihood of y given x). With copied or dependent attributes naive Bayes becomes too sure.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say this aloud: *The maximum entropy principle: among all distributions that satisfy what is known, take the one with the largest entropy. What is known are expectations of feature functions. The Lagrangian gives P(y|x) = exp(Σ w_i f_i(x, y)) / Z(x); the dual function is the log-likelihood, and its gradient is counted minus expected. So the maximum entropy model is (multinomial) logistic regression. It is discriminative; naive Bayes has the same form with weights from counts, and is generative. IIS raises all weights at once and uses f#, the number of active features; BFGS is faster. A penalty relaxes the constraints.*
#
# **Links.** 李航《统计学习方法》 chapter 6, sections 6.2 and 6.3, 例6.1, 例6.2, 算法6.1, 算法6.2, 习题6.1, 6.3 · E. T. Jaynes, "Information theory and statistical mechanics", 1957 · J. N. Darroch and D. Ratcliff, "Generalized iterative scaling for log-linear models", 1972 · A. L. Berger, S. A. Della Pietra and V. J. Della Pietra, "A maximum entropy approach to natural language processing", 1996 · A. Y. Ng and M. I. Jordan, "On discriminative vs. generative classifiers", 2001 · [scikit-learn: LogisticRegression](https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegression.html). The book goes on with boosting, in [chapter 8](ch08_adaboost.ipynb).
