# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 2
#     needs: ["04_dl_theory/01_tensors_and_autograd"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 Backpropagation (反向传播)
#
# A network with 50,890 weights and biases makes a mistake. Which of the weights were to blame, and by how much? One walk backwards through the computation answers for all of them, in a few times the time of the computation itself. Here you build the machine that does this walk, and it fits into two cells.
#
# **You will** walk small circuits backwards on paper, write an autograd engine and train a small network with it, learn to test any gradient with numbers, and then take a real network on handwritten digits apart into 13 named steps, send the gradient through each, and train it with your own backward pass.
#
# **After it you can**
#
# - compute the gradient of a small graph on paper, gate by gate;
# - say what `loss.backward()` does, in which order, and why gradients add up;
# - write the backward pass of a two-layer network, with the shape of every array, and prove that it is right.
#
# **You need** lesson 1, [Tensors and autograd](01_tensors_and_autograd.ipynb), and from stage 1 the derivative (导数) and the chain rule (链式法则).
#
# **Where this stands.** Stage 4 of the roadmap, core path, two days. Backpropagation is the first item on its must-master list. Watch first the cs231n lecture on backpropagation, or lecture 4 of [CS224n](https://www.bilibili.com/video/BV1pt411h7aT); lecture 4 of [刘二大人《PyTorch深度学习实践》](https://www.bilibili.com/video/BV1Y7411d7Ys) is the gentle start. **Stuck?** Read the [cs231n notes](https://cs231n.github.io/optimization-2/), or sections 4.4 and 4.5 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf).
#
# **Two sittings.** Day 1: numbers, up to the network of single numbers. Day 2: arrays, from "Push one vector" on. The roadmap asks you to *read* this code until you can explain each line. Answer the questions "Explain this line" first, then write.

# %%
import sys
import time
import tracemalloc
import warnings

import matplotlib.pyplot as plt
import numpy as np
import torch

import dlroadmap
from dlroadmap import check, data, plot

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Walk a small circuit backwards
#
# Start with three numbers and two operations: $f=(x+y)\cdot z$. How much does $f$ change if you change $x$ a little? Compute forwards first, one operation a line.

# %% tags=["nbval-check-output"]
x, y, z = 1, 4, -3
q = x + y
f = q * z
print("q =", q, " f =", f)

# %% [markdown]
# Now backwards, one line for each line above, in the opposite order. `df`, `dq`, `dx` stand for "how much $f$ changes for each unit of `f`, `q`, `x`". The last operation is a product: raise $q$ by 1, and $f=q\cdot z$ changes by $z$.

# %% tags=["nbval-check-output"]
df = 1  # f changes by 1 for each unit of f
dq = z * df  # f = q * z
dz = q * df
dx = 1 * dq  # q = x + y
dy = 1 * dq
print("dq =", dq, " dz =", dz, " dx =", dx, " dy =", dy)

# %% [markdown]
# Draw it. This function draws a circuit: circles for inputs and operations, and on each wire the value (blue, above) and its gradient (red and bold, below).

# %%
def draw_circuit(ax, places, wires):
    """places: name → (x, y); wires: (from, to, value, gradient)"""
    for name, at in places.items():
        ax.text(*at, name, ha="center", va="center", fontsize=12, zorder=3,
                bbox={"boxstyle": "circle,pad=0.35", "fc": "white", "ec": plot.BLACK})
    for start, end, value, gradient in wires:
        (x0, y0), (x1, y1) = places[start], places[end]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "shrinkA": 18, "shrinkB": 18})
        middle, style = ((x0 + x1) / 2, (y0 + y1) / 2), {"textcoords": "offset points", "ha": "center"}
        ax.annotate(f"{value:g}", middle, (0, 8), color=plot.BLUE, **style)
        ax.annotate(f"{gradient:g}", middle, (0, -18), color=plot.RED, weight="bold", **style)
    ax.set_axis_off()


# %%
places = {"x": (0, 1), "y": (0, -1), "+": (2, 0), "z": (2, -2.6), "×": (4, 0), "f": (6, 0)}
wires = [("x", "+", x, dx), ("y", "+", y, dy), ("+", "×", q, dq), ("z", "×", z, dz), ("×", "f", f, df)]
fig, ax = plt.subplots(figsize=(7.4, 3.2))
draw_circuit(ax, places, wires)
ax.set(xlim=(-0.5, 6.5), ylim=(-3.1, 1.5))
fig.suptitle("Values flow right (blue), gradients flow left (red, bold)", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** x = 1 and y = 4 enter a plus; its result 5 and z = −3 enter a product; out comes f = −15. Below the wires, from right to left: 1 at f, −3 on the wire between plus and product, 5 at z, and −3 at both x and y.
#
# Are these gradients right? Move each input by 0.01 and look at $f$. A move of 0.01 times the gradient is what $f$ should change by.

# %%
for name, args, slope in [("x", (x + 0.01, y, z), dx), ("y", (x, y + 0.01, z), dy), ("z", (x, y, z + 0.01), dz)]:
    change = (args[0] + args[1]) * args[2] - f
    print(f"{name} + 0.01: f changes by {change:+.2f}, gradient × 0.01 = {slope * 0.01:+.2f}")
    assert abs(change - slope * 0.01) < 1e-9

# %% [markdown]
# **The idea.** Each operation needs two things only. Its *local gradient* (局部梯度): how its output changes with its input. And the *upstream gradient* (上游梯度): how the end $f$ changes with its output. Their product goes on to the left. This is the chain rule,
#
# $$\frac{\partial f}{\partial x}=\frac{\partial f}{\partial q}\cdot\frac{\partial q}{\partial x},$$
#
# with $\partial f/\partial q$ from upstream and $\partial q/\partial x$ local. The plus does not know that a product follows. It does not need to.
#
# ## Name the gates
#
# Operations in a circuit are called gates (门). Three of them you meet everywhere. What does each do to a gradient that arrives? Measure it: `nudge` moves one input to both sides, and the upstream gradient is 2.

# %%
def nudge(function, args, i, h=1e-6):
    """Slope of function(*args) with respect to args[i], by moving it a little to both sides."""
    above, below = list(args), list(args)
    above[i] += h
    below[i] -= h
    return (function(*above) - function(*below)) / (2 * h)


gates = {"+": lambda a, b: a + b, "max": max, "×": lambda a, b: a * b}
passed = {name: [round(2 * nudge(gate, (3, -4), i), 6) for i in (0, 1)] for name, gate in gates.items()}
print(passed)

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.7, 2.6))
for ax, (name, gate) in zip(axes, gates.items()):
    wires = [("a", name, 3, passed[name][0]), ("b", name, -4, passed[name][1]), (name, "out", gate(3, -4), 2)]
    draw_circuit(ax, {"a": (0, 1), "b": (0, -1), name: (2, 0), "out": (4, 0)}, wires)
    ax.set(xlim=(-0.6, 4.6), ylim=(-1.6, 1.6))
fig.suptitle("Plus hands on, max chooses, times swaps", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Three gates with the inputs a = 3 and b = −4 and the upstream gradient 2. Plus: both inputs get 2. Max: a gets 2, b gets 0. Times: a gets −8 and b gets 6.
#
# **What to notice.** Plus *distributes*: each input gets the upstream gradient unchanged. Max *routes*: the larger input gets all of it, the other nothing. Times *swaps*: each input gets upstream times the *other* input.

# %%
assert passed["+"] == [2, 2]
assert passed["max"] == [2, 0]
assert passed["×"] == [2 * -4, 2 * 3]

# %% [markdown]
# A fourth gate hides where you see none. What if a number is used *twice*, as in $f=x\cdot x+5x$? Each use is a wire, and $f$ feels both.

# %%
slope = nudge(lambda x: x * x + 5 * x, (3,), 0)
print(f"slope at x = 3: {slope:.3f} = {3} + {3} + {5} from the three wires")
assert abs(slope - 11) < 1e-6

# %% [markdown]
# The product's two wires bring 3 each, the third wire 5. **Gradients of a number that is used several times add up.** Copying a number is a gate too, and its backward pass is a sum. (The multivariable chain rule: one term for each path.) Many bugs in backward passes are violations of this one sentence.
#
# **Where it helps.** A large input makes a large gradient on the *other* side of a product. With the same gradient from upstream, inputs 1,000 times as large make weight gradients 1,000 times as large: a reason to scale your data.
#
# ## Take a neuron apart
#
# A sigmoid neuron, with the sigmoid function (Logistic函数) σ: $p=\sigma(z)$ with $z=w_0x_0+w_1x_1+b$ and $\sigma(z)=1/(1+e^{-z})$. Split σ into four steps.

# %%
w0, w1, x0, x1, b = 0.5, -1.0, 3.0, 1.0, 0.5
z = w0 * x0 + w1 * x1 + b
n = -z
e = np.exp(n)
s = 1 + e
p = 1 / s
print(f"z {z:.4f}, n {n:.4f}, e {e:.4f}, s {s:.4f}, p {p:.4f}")

# %% [markdown]
# Cover the next cell. Which local derivative does each line have? ($1/s$ has $-1/s^2$; $e^n$ is its own.)

# %%
ds = -1 / s**2  # p = 1 / s
de = 1 * ds  # s = 1 + e
dn = e * de  # e = exp(n)
dz = -1 * dn  # n = -z
dw0, dw1, dx0, dx1, db = x0 * dz, x1 * dz, w0 * dz, w1 * dz, 1 * dz
print(f"ds {ds:.4f}, de {de:.4f}, dn {dn:.4f}, dz {dz:.4f}")
print(f"dw0 {dw0:.4f}, dw1 {dw1:.4f}, dx0 {dx0:.4f}, dx1 {dx1:.4f}, db {db:.4f}")

# %% [markdown]
# Four small steps for σ, or one large one? By hand: $\sigma'(z)=\dfrac{e^{-z}}{(1+e^{-z})^2}=\dfrac{1}{1+e^{-z}}\cdot\dfrac{e^{-z}}{1+e^{-z}}=\sigma(z)\,(1-\sigma(z))$. *Reason: the last fraction is $1-\frac{1}{1+e^{-z}}$.*

# %%
neuron = lambda w0, w1, x0, x1, b: 1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + b)))  # noqa: E731
print(f"p(1 - p) = {p * (1 - p):.4f}")
assert abs(p * (1 - p) - dz) < 1e-12
for i, slope in enumerate([dw0, dw1, dx0, dx1, db]):
    assert abs(nudge(neuron, (w0, w1, x0, x1, b), i) - slope) < 1e-8

# %% [markdown]
# **What to notice.** Where you cut is your choice. Small steps are safe, a large gate is short. You make the same choice at the end with 13 steps.
#
# **Where it helps.** $p(1-p)$ is at most ¼. A sigmoid leaves *at most a quarter* of the gradient that reaches it. Trap 5 measures what ten of them do.
#
# **On paper now.** $w_0=2$, $x_0=1$, $w_1=0$, $x_1=7$, $b=-2$. What are `dw0`, `dw1`, `dx1`?
#
# <details><summary>Answer</summary>
#
# $z=0$, $p=0.5$, so $dz=0.25$. $dw_0=x_0\,dz=0.25$; $dw_1=x_1\,dz=1.75$; $dx_1=w_1\,dz=0$.
#
# </details>
#
# ## Build an engine, piece by piece
#
# Each step was mechanical. So let a program do it. What must a number remember, so that one can walk back later? The numbers it was made from, its *parents* (父节点), and for each parent the local derivative. Here by hand for $c=ab$, $d=c+a$, $f=cd$:

# %%
class Number:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.local = parents, local  # local[i] = d self / d parents[i]


a, b = Number(2), Number(-3)
c = Number(a.data * b.data, (a, b), (b.data, a.data))  # times swaps
d = Number(c.data + a.data, (c, a), (1.0, 1.0))  # plus hands on
f = Number(c.data * d.data, (c, d), (d.data, c.data))
print("c", c.data, " d", d.data, " f", f.data)

# %% [markdown]
# **First try: follow every wire.** Give `f` the gradient 1. Every number adds what arrives to its `.grad` and sends it on to each parent, times the local derivative. (`zip` walks through parents and local derivatives side by side.)

# %%
calls = 0


def spread(node, upstream):
    global calls  # count in the variable outside
    calls += 1
    node.grad += upstream
    for parent, slope in zip(node.parents, node.local):
        spread(parent, slope * upstream)


spread(f, 1.0)
print("grad: a", a.grad, " b", b.grad, " c", c.grad, " d", d.grad)

# %% [markdown]
# Is 24 right for `a`? As a formula $f=ab\,(ab+a)$. Three paths lead from `f` to `a`, and their products of local derivatives are $12$, $18$ and $-6$.

# %%
formula = lambda a, b: a * b * (a * b + a)  # noqa: E731
assert abs(nudge(formula, (2, -3), 0) - a.grad) < 1e-6
assert abs(nudge(formula, (2, -3), 1) - b.grad) < 1e-6
assert a.grad == 12 + 18 - 6

# %% [markdown]
# Right, but far too slow. Double a number 16 times, each time by adding it to itself, and count the calls of `spread`. Guess: 17 numbers, so …?

# %% tags=["nbval-check-output"]
top = start = Number(1)
for _ in range(16):
    top = Number(top.data * 2, (top, top), (1.0, 1.0))
calls = 0
spread(top, 1.0)
print(f"gradient {start.grad:.0f}, {calls:,} calls for 17 numbers")

# %% [markdown]
# **What to notice.** One call for each *path* and each place on it, and the number of paths doubles with each step. In a network with ten hidden layers of 100 neurons, $100^{10}$ paths lead from one pixel to one score.
#
# **Second try: visit each number once.** Let it first collect everything that arrives, and then send the sum on. But in which order? Take the order in which we find them from `f`: first `f`, then its parents, then theirs.

# %%
for node in (a, b, c, d, f):
    node.grad = 0.0
f.grad = 1.0
for node in (f, c, d, a, b):  # the order of discovery
    for parent, slope in zip(node.parents, node.local):
        parent.grad += slope * node.grad
print("grad: a", a.grad, " b", b.grad, " c", c.grad, " d", d.grad)
assert (a.grad, b.grad) == (6, -8)  # not 24 and -20
assert (c.grad, d.grad) == (-10, -6)

# %% [markdown]
# **What to notice.** `c` and `d` are right, `a` and `b` are wrong. `c` sent its gradient on when only −4 had arrived. The −6 from `d` came too late.
#
# **The idea.** A number may send only after *all* numbers that were made from it have sent. An order with this property is called topological (拓扑序). One way to get it: give each number a level (层级). A number that you typed has level 1. A number that was made has 1 + the highest level of its parents. Then every number stands above its parents, and walking from high levels to low ones is right. Here `c` has level 2, `d` 3, `f` 4, and `d` comes before `c`.
#
# Now make Python keep the books. When it sees `u * v`, it calls `u.__mul__(v)`. So a class with `__add__` and `__mul__` can record parents and local derivatives while you compute as always.
#
# **Explain this line** of the class below.
#
# 1. `return type(self)(self.data + other.data, (self, other), (1.0, 1.0))`: what are the three arguments? (`type(self)` is the class of `self`; a class derived from `Node` will then make its own kind.)
# 2. `for node in nodes:` while the loop appends to `nodes`. When does it end, and what is in `nodes` then?
# 3. For `u * u`, `parents` is `(u, u)`. What must a backward pass do with that?
#
# <details><summary>Answers</summary>
#
# 1. The result's value; its parents; the local derivatives of a sum, 1 for each.
# 2. The loop also reaches what is appended. It ends when no number has an unseen parent. Then `nodes` holds every number that `self` was made from, each once, in the order of discovery.
# 3. Use both entries: `u.grad` gets $u\cdot$upstream twice, together $2u\cdot$upstream.
#
# </details>
#
# The blanks are the local derivatives of a product and the walk itself. `sorted(nodes, key=g)` sorts a list by `g(node)`, from small to large; for high levels first, sort by minus the level.

# %% tags=["exercise"]
class Node:
    """A number that remembers how it was made. data, grad: floats; parents: nodes; local: for
    each parent the derivative of self by it; level: 1, or 1 + the highest level of a parent.
    backward() sets self.grad to 1 and adds d self / d node to the grad of all nodes below; it is
    meant to be called once on a graph."""

    def __init__(self, data, parents=(), local=()):
        self.data, self.grad, self.parents, self.local = float(data), 0.0, parents, local
        self.level = 1 + max((p.level for p in parents), default=0)

    def __add__(self, other):
        other = other if isinstance(other, Node) else type(self)(other)  # a plain number
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Node) else type(self)(other)
        # BEGIN SOLUTION  like __add__; but times swaps
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))
        # END SOLUTION

    def backward(self):
        nodes, seen = [self], {self}
        for node in nodes:  # nodes grows while the loop walks along it
            for parent in node.parents:
                if parent not in seen:
                    seen.add(parent)
                    nodes.append(parent)
        # BEGIN SOLUTION  grad of self; then from high levels to low: local × upstream to each parent
        self.grad = 1.0
        for node in sorted(nodes, key=lambda node: -node.level):
            for parent, slope in zip(node.parents, node.local):
                parent.grad += slope * node.grad
        # END SOLUTION


# %%
check.Node(Node)

# %% [markdown]
# You have an autograd engine. Ask it for the graph of before, and for the number that was doubled, now 1,000 times.

# %% tags=["nbval-check-output"]
del c, d, f  # the hand-made numbers are no longer needed
a, b = Node(2), Node(-3)
c = a * b
d = c + a
f = c * d
f.backward()
print("grad: a", a.grad, " b", b.grad, " c", c.grad, " d", d.grad)
top = start = Node(1)
for _ in range(1000):
    top = top + top
top.backward()
print("doubled 1,000 times: level", top.level, " gradient is 2 ** 1000:", start.grad == 2.0**1000)

# %% [markdown]
# Each node knows its parents and its level, so the graph can draw itself: one column for each level, and on each arrow the local derivative.

# %%
def nodes_below(root):
    """root and every node that it was made from, each once"""
    nodes = {root: None}  # a dict keeps the order and finds quickly
    waiting = [root]
    while waiting:
        for parent in waiting.pop(0).parents:
            if parent not in nodes:
                nodes[parent] = None
                waiting.append(parent)
    return list(nodes)


# %%
def draw_graph(ax, root, names):
    """One box a node with name, data and grad; one column a level."""
    columns = {}
    for node in nodes_below(root):
        columns.setdefault(node.level, []).append(node)
    at = {}
    for level, column in columns.items():
        shift = 0.5 * (-1) ** (level + 1) if len(column) == 1 else 0  # keeps arrows off the boxes
        for i, node in enumerate(column):
            at[node] = 2 * level, (len(column) - 1) / 2 - i + shift
    for node, (x1, y1) in at.items():
        ax.text(x1, y1, f"{names[node]}\ndata {node.data:g}\ngrad {node.grad:g}", ha="center", va="center",
                bbox={"boxstyle": "round", "fc": "white", "ec": plot.BLACK}, zorder=3)
        for parent, slope in zip(node.parents, node.local):
            x0, y0 = at[parent]
            ax.annotate("", (x1, y1), (x0, y0), zorder=1,
                        arrowprops={"arrowstyle": "->", "shrinkB": 36})
            ax.text(0.6 * x0 + 0.4 * x1, 0.6 * y0 + 0.4 * y1, f"{slope:g}", color=plot.BLUE, ha="center",
                    va="center", bbox={"fc": "white", "ec": "none", "pad": 1})
    ax.set_axis_off()


# %%
fig, ax = plt.subplots(figsize=(8.4, 3.4))
draw_graph(ax, f, {a: "a", b: "b", c: "c = a·b", d: "d = c + a", f: "f = c·d"})
ax.set(xlim=(1.3, 8.7), ylim=(-1.1, 1.1))
fig.suptitle("A gradient is the sum over all paths of the product of the local derivatives", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Boxes in four columns: a and b; c = a·b; d = c + a; f = c·d. Arrows carry local derivatives: −3 from a to c, 2 from b to c, 1 from c to d, 1 from a to d, −4 from c to f, −6 from d to f. The gradients in the boxes are 24 for a, −20 for b, −10 for c, −6 for d, 1 for f.

# %%
assert [node.grad for node in (a, b, c, d, f)] == [24, -20, -10, -6, 1]
assert [node.level for node in (a, b, c, d, f)] == [1, 1, 2, 3, 4]

# %% [markdown]
# **The other half of the engine.** Every new operation needs one thing: its value and its local derivative.
#
# | operation | value | local derivative |
# | --- | --- | --- |
# | `u ** n`, n a plain number | $u^n$ | $n\,u^{n-1}$ |
# | `u.relu()` | $\max(u,0)$ | 1 where $u>0$, else 0 |
# | `u.tanh()` | $\tanh u$ | $1-\tanh^2u$ |
# | `u.exp()` | $e^u$ | $e^u$ |
# | `u.log()` | $\ln u$ | $1/u$ |
#
# Minus and division need no derivative of their own: $u-v=u+v\cdot(-1)$ and $u/v=u\cdot v^{-1}$. And for `3 - u`? Python first asks the plain 3, which does not know what a `Node` is. Then it asks `u` with the *reflected* form `u.__rsub__(3)`. There `self` is the *right* operand. `class Value(Node)` means: a `Value` has all that a `Node` has, and more.
#
# **Explain this line.**
#
# 1. `__radd__, __rmul__ = Node.__add__, Node.__mul__`: why may the reflected forms of plus and times be the plain ones, and why not those of minus?
# 2. ReLU at exactly 0: the graph has a kink and no derivative there. What does the table choose?
#
# <details><summary>Answers</summary>
#
# 1. $3+u=u+3$ and $3u=u\cdot3$, but $3-u\ne u-3$.
# 2. 0. PyTorch chooses the same. Trap 3 shows where it matters.
#
# </details>

# %% tags=["exercise"]
class Value(Node):
    """A Node with **, relu, tanh, exp, log, - and /, with plain numbers on both sides; ReLU' is 0 at 0."""

    def __pow__(self, n):  # n is a plain number
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def relu(self):
        # BEGIN SOLUTION  float(True) is 1.0
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))
        # END SOLUTION

    def tanh(self):
        # BEGIN SOLUTION  value and local derivative, as in the table
        return Value(np.tanh(self.data), (self,), (1 - np.tanh(self.data) ** 2,))
        # END SOLUTION

    def exp(self):
        return Value(np.exp(self.data), (self,), (np.exp(self.data),))

    def log(self):
        return Value(np.log(self.data), (self,), (1 / self.data,))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):  # other - self
        # BEGIN SOLUTION  out of + and * -1
        return self * -1 + other
        # END SOLUTION

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):  # other / self
        return self**-1 * other

    __radd__, __rmul__ = Node.__add__, Node.__mul__


# %%
check.Value(Value)

# %% [markdown]
# ## Compare with PyTorch on random expressions
#
# Is the engine right beyond your examples? PyTorch's tensors have methods of the same names, so one function can build the same random expression for both.

# %%
recipes = [lambda u, v: u + v, lambda u, v: u - v, lambda u, v: u * v, lambda u, v: u / (v * v + 1),
           lambda u, v: 2 - u, lambda u, v: 1 / (v.tanh() + 2), lambda u, v: u.relu() * 0.5,
           lambda u, v: (u * u + 1).log(), lambda u, v: (-u.tanh()).exp(), lambda u, v: (3 + v * v) ** 0.5]


def random_expression(leaves, seed, steps=12):
    """12 random recipes on random earlier results → the sum of everything"""
    rng, pool = np.random.default_rng(seed), list(leaves)
    for _ in range(steps):
        recipe, u, v = rng.integers(len(recipes)), *rng.integers(len(pool), size=2)
        pool.append(recipes[recipe](pool[u], pool[v]))
    return sum(pool)  # sum starts with 0 + pool[0]: the reflected form


# %%
worst = 0.0
for seed in range(150):
    start = np.random.default_rng(1000 + seed).normal(size=3)
    values = [Value(v) for v in start]
    tensors = [torch.tensor(v, requires_grad=True) for v in start]
    random_expression(values, seed).backward()
    random_expression(tensors, seed).backward()
    for v, t in zip(values, tensors):
        worst = max(worst, abs(v.grad - t.grad.item()) / max(1, abs(t.grad.item())))
print("150 expressions, largest difference below 1e-6:", worst < 1e-6)
assert worst < 1e-6

# %% [markdown]
# **What to notice.** 450 gradients, no disagreement. What you have built is, in principle, what PyTorch's autograd does for tensors. (Real engines store a function for each operation instead of numbers, so that one node can stand for a whole array. That is day 2.)
#
# ## Test a gradient with numbers
#
# Your engine had PyTorch for a judge. Who judges a gradient when no library has it? A judge who knows nothing but the function: move one input a little, and look. You have done this all along with `nudge`. Two questions are open: one side or both, and how little is "a little"?
#
# Try it on $g(x)=e^{\sin x}$, whose derivative is $\cos x\;e^{\sin x}$: steps $h$ from 0.1 to $10^{-12}$, the mean error over 41 points.

# %%
def mean_error(h, dtype, both_sides):
    """Mean |numerical - true derivative| of exp(sin x) at 41 points, computed in dtype"""
    x = np.linspace(-2, 2, 41).astype(dtype)
    h, g = dtype(h), lambda x: np.exp(np.sin(x))
    slope = (g(x + h) - g(x - h)) / (2 * h) if both_sides else (g(x + h) - g(x)) / h
    x = x.astype(np.float64)
    return np.abs(slope - np.cos(x) * np.exp(np.sin(x))).mean()


steps = 10.0 ** -np.arange(1, 13)
cases = {"one side, float64": (np.float64, False), "both sides, float64": (np.float64, True),
         "both sides, float32": (np.float32, True)}
errors = {name: np.array([mean_error(h, *case) for h in steps]) for name, case in cases.items()}

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.9))
for (name, curve), colour, style in zip(errors.items(), [plot.ORANGE, plot.BLUE, plot.RED], ["s-", "o-", "^-"]):
    ax.loglog(steps, curve, style, color=colour, ms=5, label=name)
ax.set(xlabel="step h", ylabel="mean error", title="Too large a step is wrong, and so is too small a step")
ax.legend(loc="lower right")
ax.grid(True)
plt.show()

# %% [markdown]
# **Figure in words.** Three curves of the error over the step h on logarithmic axes, shaped like a V; the third, float32, ends in a plateau on the left. Both sides in float64: lowest, at about 1e-11, near h = 1e-5. One side in float64: lowest near h = 1e-8, at about 1e-8. Both sides in float32: lowest near h = 1e-2, at about 1e-5, and without any right digit from h = 1e-7 on.

# %%
for name, curve in errors.items():
    print(f"{name}: best error {curve.min():.0e} at h = {steps[curve.argmin()]:.0e}")
one, both, single = errors.values()
assert steps[both.argmin()] in (1e-5, 1e-6)
assert steps[one.argmin()] in (1e-7, 1e-8, 1e-9)
assert steps[single.argmin()] in (1e-2, 1e-3)
assert both.min() < 1e-9 < one.min() < 1e-6 < single.min()
assert single[6:].min() > 0.1

# %% [markdown]
# **What to notice.** Read from right to left. Make $h$ ten times smaller, and the one-sided error falls ten times, the two-sided one a hundred times. Then, on the left arm, both rise again.
#
# **By hand.** Taylor (泰勒) gives $g(x\pm h)=g\pm hg'+\frac{h^2}{2}g''\pm\frac{h^3}{6}g'''+\dots$
#
# **Line 1.** One side: $\dfrac{g(x+h)-g(x)}{h}=g'+\frac h2g''+\dots$ *Reason: subtract $g$, divide by $h$.* The error falls like $h$.
#
# **Line 2.** Both sides: $\dfrac{g(x+h)-g(x-h)}{2h}=g'+\frac{h^2}{6}g'''+\dots$ *Reason: all even terms cancel.* The error falls like $h^2$.
#
# **Line 3.** A computer stores $g$ with a relative error of about $\varepsilon$: $10^{-16}$ in float64, $10^{-7}$ in float32. Divided by $h$ it becomes $\varepsilon/h$, and grows when $h$ shrinks. *Reason: the two values are nearly equal; their difference keeps only the last, wrong digits.*
#
# **Line 4.** $h^2+\varepsilon/h$ is smallest near $h\approx\varepsilon^{1/3}$: $10^{-5}$ in float64, $5\cdot10^{-3}$ in float32. *Reason: set the derivative $2h-\varepsilon/h^2$ to zero and drop the factor 2.*
#
# So: both sides, float64, $h=10^{-5}$. Now for an array. `np.ndindex((2, 3))` goes through all index tuples of a (2, 3) array, and `x[(1, 2)]` is `x[1, 2]`.
#
# **Explain this line.**
#
# 1. The function below moves `x[index]` *in place*, although a function should leave its inputs alone. Why must it put the old value back, and why not by `x[index] += h`?
# 2. How many calls of `f` does a gradient of 50,890 weights need?
#
# <details><summary>Answers</summary>
#
# 1. All other entries must be tested at the original `x`. And $(x-h)+h$ is not always $x$ in floating point: the array would be a little different afterwards. Keep the old number and write it back.
# 2. Two for each weight: 101,780.
#
# </details>

# %% tags=["exercise"]
def eval_numerical_gradient(f, x, h=1e-5):
    """Gradient of f at x by central differences, (f(x + h) - f(x - h)) / 2h for each entry.

    f: array → number; x: float64 array of any shape → array of the shape of x.
    Moves one entry of x at a time, in place, calls f(x), and puts the old value back exactly.
    """
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        # BEGIN SOLUTION  remember the entry; f above, f below; put it back; the quotient
        old = x[index]
        x[index] = old + h
        above = f(x)
        x[index] = old - h
        below = f(x)
        x[index] = old
        grad[index] = (above - below) / (2 * h)
        # END SOLUTION
    return grad


# %%
check.eval_numerical_gradient(eval_numerical_gradient)

# %% [markdown]
# **Where it fails: kinks** (不可导点). ReLU has slope 0 left of 0 and slope 1 right of it. What will the numerical gradient say *at* 0, and at $10^{-6}$?

# %%
relu_sum = lambda x: np.maximum(x, 0).sum()  # noqa: E731
at = np.array([-1.0, 0.0, 1e-6, 1.0])
print("numerical:", eval_numerical_gradient(relu_sum, at).round(3))
print("rule     :", (at > 0).astype(float))
assert np.allclose(eval_numerical_gradient(relu_sum, at), [0, 0.5, 0.55, 1])

# %% [markdown]
# **What to notice.** At 0 it gives ½, the mean of both slopes. At $10^{-6}$ the left probe, $10^{-5}$ away, stands on the other side of the kink. Your rule is right there and the judge is wrong. **If a few entries of a gradient check fail: try a smaller $h$.** An error of the judge *near* a kink goes away, your own stays. (*Exactly at* a kink the judge says ½ for every $h$; then move the input a little.)
#
# **Where it helps.** For each new backward pass, once, on a small input. Never for training.
#
# ## Train a network of single numbers
#
# An engine that computes gradients can learn. Here is a toy: 30 points, a disc (class +1) inside a ring (class −1). No straight line parts them.

# %%
rng = np.random.default_rng(0)
inside = np.arange(30) < 15
angle = np.where(inside, rng.uniform(0, 2 * np.pi, 30), np.arange(30) * 2 * np.pi / 15)
radius = np.where(inside, rng.uniform(0, 0.9, 30), rng.uniform(1.5, 2.2, 30))
points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).tolist()
signs = np.where(inside, 1, -1).tolist()

# %% [markdown]
# The network has two layers: five hidden neurons $\tanh(w_{0k}x_0+w_{1k}x_1+b_k)$, and a score that adds them up with weights $v_k$ and a last bias. All 21 parameters are Values.

# %%
def make_net(seed, hidden=5):
    """→ list of neurons [w0, w1, b, v], and the last bias"""
    numbers = np.random.default_rng(seed).normal(size=(hidden, 4)) * [1, 1, 0, hidden**-0.5]
    return [[Value(n) for n in row] for row in numbers.tolist()], Value(0)


def score(net, x):
    """x: two numbers → Value; positive means "inside" """
    neurons, out = net
    for w0, w1, b, v in neurons:
        out = out + v * (w0 * x[0] + w1 * x[1] + b).tanh()
    return out


# %% [markdown]
# The loss of a point with sign $t=\pm1$ and score $s$ is $\ln(1+e^{-ts})$: small where $s$ has the sign $t$ and is far from 0. It is binary cross-entropy, written for labels ±1.

# %%
def toy_loss(net):
    return sum((1 + (-t * score(net, x)).exp()).log() for x, t in zip(points, signs)) / len(points)


def train(net, steps, lr=2.0):
    """Gradient descent on Values → list of losses"""
    parameters = [p for neuron in net[0] for p in neuron] + [net[1]]
    losses = []
    for _ in range(steps):
        loss = toy_loss(net)  # a new graph in each step
        for p in parameters:
            p.grad = 0.0  # zero_grad: the parameters outlive the graph
        loss.backward()
        for p in parameters:
            p.data -= lr * p.grad
        losses.append(loss.data)
    return losses


# %%
nets = [make_net(seed) for seed in range(3)]
runs = [train(net, steps=50) for net in nets]
for net, losses in zip(nets, runs):
    hits = sum((score(net, x).data > 0) == (t > 0) for x, t in zip(points, signs))
    print(f"loss {losses[0]:.2f} → {losses[-1]:.2f}, {hits} of 30 points right")
    assert losses[-1] < 0.25 * losses[0]
    assert hits >= 29

# %% [markdown]
# Draw the border: compute the score at 31×31 places of the plane, and colour by its sign.

# %%
grid = np.linspace(-2.6, 2.6, 31)
surface = np.array([[score(nets[0], (gx, gy)).data for gx in grid.tolist()] for gy in grid.tolist()])
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.8), width_ratios=[1, 1.1])
axes[0].plot(np.transpose(runs), color=plot.BLUE)
axes[0].set(xlabel="step", ylabel="loss", title="The loss of three starts", ylim=(0, None))
axes[1].contourf(grid, grid, surface, levels=[-99, 0, 99], colors=[plot.ORANGE, plot.SKY], alpha=0.3)
axes[1].contour(grid, grid, surface, levels=[0], colors=plot.BLACK)
for kind, style in [(1, plot.POSITIVE), (-1, plot.NEGATIVE)]:
    chosen = np.array([p for p, t in zip(points, signs) if t == kind])
    axes[1].scatter(*chosen.T, label=f"class {kind:+d}", **style)
axes[1].set(xlabel="$x_0$", ylabel="$x_1$", title="The border closes round the disc", aspect="equal")
axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
fig.suptitle("Your engine finds a closed border, where no straight line could part the points", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, three loss curves that start at 0.7 to 0.85 and fall to about 0.1 within 50 steps. Right, blue dots in the middle and orange squares around them; a closed black border runs between the two groups, blue inside, orange outside.

# %%
assert (surface[[0, -1]] < 0).all()  # outside along all four edges: the border is closed
assert (surface[:, [0, -1]] < 0).all()
assert surface[15, 15] > 0
assert all(0.65 < losses[0] < 1 for losses in runs)

# %% [markdown]
# **How good is it as an engine?** Count the nodes of one loss, take the time of one step, and let PyTorch do the same with arrays.

# %%
loss = toy_loss(nets[0])
start = time.perf_counter()
toy_loss(nets[0]).backward()
slow = time.perf_counter() - start
W, bias, v = (torch.tensor(np.array(part, dtype=float), requires_grad=True) for part in (
    [[n.data for n in neuron[:2]] for neuron in nets[0][0]], [n[2].data for n in nets[0][0]], [n[3].data for n in nets[0][0]]))
X_toy, t_toy = torch.tensor(points, dtype=torch.float64), torch.tensor(signs)
start = time.perf_counter()
s = torch.tanh(X_toy @ W.T + bias) @ v + nets[0][1].data
torch.log(1 + torch.exp(-t_toy * s)).mean().backward()
fast = time.perf_counter() - start
print(f"{len(nodes_below(loss)):,} nodes; one step {1000 * slow:.0f} ms, PyTorch {1000 * fast:.1f} ms")

# %%
for neuron in nets[0][0]:
    for n in neuron:
        n.grad = 0.0
loss.backward()
from_values = np.array([[n.grad for n in neuron] for neuron in nets[0][0]])
gap = np.abs(from_values - np.column_stack([W.grad, bias.grad, v.grad])).max()
print("gradients equal to 1e-6:", gap < 1e-6)
assert gap < 1e-6
assert len(nodes_below(loss)) > 1500

# %% [markdown]
# **What to notice.** The same gradients, out of more than 1,500 little boxes for 30 points. With a node for each *number*, one digit of 784 pixels and 64 neurons would need some 100,000 of them. The cure: one node for each *array*. Then you need local rules for arrays.
#
# This is the end of day 1.
#
# ## Push one vector, build no Jacobian
#
# For a step $y=g(x)$ with $p$ numbers in and $q$ numbers out, there are $q\cdot p$ local derivatives. Their table $J_{ij}=\partial y_i/\partial x_j$ is the Jacobian matrix (雅可比矩阵). Build one: for $Y=XW$ with X (4, 5) and W (5, 3), as a function of X. PyTorch gives it as an array of shape (4, 3, 4, 5), output axes first; `reshape` makes a matrix of it.

# %%
rng = np.random.default_rng(0)
X, W, G = rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
J = torch.autograd.functional.jacobian(lambda X: X @ torch.tensor(W), torch.tensor(X)).numpy()
print("X", X.shape, "→ Y", (X @ W).shape, "; Jacobian", J.shape, "→", J.reshape(12, 20).shape)
print(f"{(J != 0).mean():.0%} of it are not zero")
assert (J != 0).mean() == 1 / 4

# %%
fig, ax = plt.subplots(figsize=(7.4, 4.2))
limit = np.abs(J).max()
picture = ax.imshow(J.reshape(12, 20), cmap="PuOr_r", vmin=-limit, vmax=limit)
for k in range(1, 4):
    ax.axhline(3 * k - 0.5, color=plot.BLACK, lw=0.6)
    ax.axvline(5 * k - 0.5, color=plot.BLACK, lw=0.6)
ax.set(xlabel="entry of X, sample by sample", ylabel="entry of Y", xticks=range(0, 20, 5), yticks=range(0, 12, 3),
       title="The Jacobian of X @ W holds W transposed four times, and zeros")
ax.grid(False)
fig.colorbar(picture)
plt.show()

# %% [markdown]
# **Figure in words.** A 12×20 matrix cut into 4×4 blocks. The four blocks on the diagonal hold one and the same pattern of orange and purple; all other blocks are white.

# %%
for n in range(4):
    assert np.array_equal(J[n, :, n, :], W.T)

# %% [markdown]
# **What to notice.** Sample 2 of the output does not depend on sample 1 of the input, hence the zeros. And each block repeats what W already says.
#
# Nobody wants $J$ anyway. What the chain rule wants is $\dfrac{\partial L}{\partial x_j}=\sum_i\dfrac{\partial L}{\partial y_i}J_{ij}$: the upstream gradient as a row vector *times* $J$, a vector-Jacobian product (向量-雅可比积, VJP). Each operation needs only a recipe for this product. For the matrix product, with $G=\partial L/\partial Y$:
#
# **Line 1.** $Y_{nm}=\sum_dX_{nd}W_{dm}$. *Reason: definition.*
#
# **Line 2.** $\dfrac{\partial L}{\partial X_{nd}}=\sum_mG_{nm}W_{dm}$, so $dX=G\,W^{\mathsf T}$. *Reason: $X_{nd}$ stands in row $n$ of $Y$ only, in each column $m$, with the factor $W_{dm}$. Its uses add up.*
#
# **Line 3.** $\dfrac{\partial L}{\partial W_{dm}}=\sum_nX_{nd}G_{nm}$, so $dW=X^{\mathsf T}G$. *Reason: $W_{dm}$ is used once for each sample $n$, with the factor $X_{nd}$.* (To test it: $L=\sum_{nm}G_{nm}Y_{nm}$ has exactly this upstream gradient, $\partial L/\partial Y=G$.)
#
# The shapes nearly force it: out of (N, M) and (D, M), `G @ W.T` makes the (N, D) of X.

# %%
through_jacobian = (G.reshape(-1) @ J.reshape(12, 20)).reshape(4, 5)
print("VJP equals the product with the Jacobian:", np.allclose(through_jacobian, G @ W.T))
assert np.allclose(through_jacobian, G @ W.T)
assert np.allclose(eval_numerical_gradient(lambda W: (G * (X @ W)).sum(), W), X.T @ G)

# %% [markdown]
# How much does the recipe save? Measure the memory. `tracemalloc` follows what Python and NumPy allocate. D = 784 pixels, M = 64 neurons, and N digits in float64:

# %%
def peak_mib(work):
    """Largest memory in MiB that work() holds at once"""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def by_jacobian(G, W):
    N, D, M = len(G), *W.shape
    J = np.zeros((N, M, N, D))
    for n in range(N):
        J[n, :, n, :] = W.T
    return (G.reshape(-1) @ J.reshape(N * M, N * D)).reshape(N, D)


# %%
W = rng.normal(size=(784, 64))
sizes, memory = [1, 2, 4, 8, 16], {"Jacobian": [], "VJP": []}
for N in sizes:
    G = rng.normal(size=(N, 64))
    memory["Jacobian"].append(peak_mib(lambda: by_jacobian(G, W)))  # noqa: B023
    memory["VJP"].append(peak_mib(lambda: G @ W.T))  # noqa: B023
    assert np.allclose(by_jacobian(G, W), G @ W.T)
at_100 = 8 * (100 * 64) * (100 * 784) / 2**20
print(f"N = 16: Jacobian {memory['Jacobian'][-1]:.0f} MiB, VJP {memory['VJP'][-1]:.2f} MiB; N = 100: Jacobian {at_100:,.0f} MiB")

# %%
fig, ax = plt.subplots(figsize=(8.8, 3.4))
ax.loglog(sizes, memory["Jacobian"], "o-", color=plot.RED, label="Jacobian, measured")
ax.loglog([100], [at_100], "o", mfc="white", color=plot.RED, label="Jacobian, computed: 8·N²·M·D bytes")
ax.loglog(sizes, memory["VJP"], "s-", color=plot.BLUE, label="VJP, measured")
ax.set(xlabel="batch size N", ylabel="MiB", title="The Jacobian grows with N², the VJP with N")
ax.set_ylim(3e-3, 3e4)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# **Figure in words.** Two straight lines on logarithmic axes. The Jacobian climbs steeply from less than 1 MiB at N = 1 to about 100 at 16, and a hollow circle marks several thousand at 100. The VJP climbs half as steeply and stays near 0.1 MiB at N = 16.

# %%
ratio = memory["Jacobian"][-1] / memory["Jacobian"][0]
assert 200 < ratio < 300  # 16² = 256
assert memory["Jacobian"][-1] > 500 * memory["VJP"][-1]
assert 3500 < at_100 < 4000
assert 8 * 100 * 784 < 2**20  # the VJP at N = 100, in bytes

# %% [markdown]
# **What to notice.** About 4 GB for one layer and one batch (computed, not built), against less than one megabyte. PyTorch does not build them for a backward pass, and neither will you.
#
# ## Undo broadcasting
#
# `X @ W + b` adds `b` of shape (M,) to *every* row of an (N, M) array. That is broadcasting (广播), and it is the copy gate in disguise: each `b[m]` is used N times, so its gradient is the sum of N upstream gradients. A sum is the mirror image: its one result is felt by every summand.
#
# | forward | backward (G arrives) |
# | --- | --- |
# | broadcast `b` (M,) to (N, M) | sum G over axis 0 → (M,) |
# | broadcast `c` (N, 1) to (N, M) | sum G over axis 1, keep the axis → (N, 1) |
# | `X.sum(axis=1, keepdims=True)` → (N, 1) | repeat G along axis 1 → (N, M) |
# | `X.mean()` → () | $G/$(number of entries), everywhere |
# | `X * c`, c (N, 1) | $dX=G\cdot c$; for $c$: sum of $G\cdot X$ over axis 1 |
#
# In short: **what broadcasting copied, the backward pass sums.** Test one row of the table with numbers:

# %%
X, c, G = rng.normal(size=(3, 4)), rng.normal(size=(3, 1)), rng.normal(size=(3, 4))
dc = (G * X).sum(axis=1, keepdims=True)
assert np.allclose(eval_numerical_gradient(lambda c: (G * (X * c)).sum(), c), dc)
print("dc", dc.shape, "agrees with the numerical gradient")

# %% [markdown]
# **Explain this shape.** X is (3, 3) and you normalise its rows with `X / X.sum(axis=1)`, without `keepdims=True`. Which shapes meet, and what is divided by what? Why does nobody warn you?
#
# <details><summary>Answer</summary>
#
# (3, 3) meets (3,). Aligned on the right, the sum of row $j$ divides *column* $j$. The shapes fit, so there is no error. With (3, 4) there would be one. That is why tests should use N ≠ M.
#
# </details>

# %%
square = np.arange(1.0, 10).reshape(3, 3)
print("rows sum to", (square / square.sum(axis=1)).sum(axis=1).round(2), "without keepdims,",
      (square / square.sum(axis=1, keepdims=True)).sum(axis=1).round(2), "with it")
assert not np.allclose((square / square.sum(axis=1)).sum(axis=1), 1)

# %% [markdown]
# **Challenge.** Write the general undo. Broadcasting may have put new axes in front, and stretched axes of size 1.

# %% tags=["exercise", "challenge"]
def sum_to_shape(grad, shape):
    """Undo broadcasting: an array of the given shape was broadcast to grad.shape.

    grad: array; shape: tuple → array of that shape and the dtype of grad, in which the
    gradients of all copies of an entry are added up.
    """
    # BEGIN SOLUTION  sum away the axes in front; then sum axes of size 1 with keepdims
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    result = grad.sum(axis=stretched, keepdims=True)
    # END SOLUTION
    return result


# %%
check.sum_to_shape(sum_to_shape)

# %% [markdown]
# ## Break a network into named steps
#
# Now a real network: real MNIST digits (CC BY-SA 3.0), D = 784 pixels, a hidden layer (隐藏层) of H = 64 ReLU neurons, C = 10 classes, softmax and cross-entropy. 50,890 weights. Lesson 1 has used the loss already: softmax turns ten scores into probabilities, and the loss is $-\ln p$ of the right class, averaged over the batch.

# %%
digits = data.mnist.load()
X_train, X_test = (a.reshape(len(a), -1).astype(np.float64) for a in (digits.X_train[:4000], digits.X_test[:1000]))
y_train, y_test = digits.y_train[:4000], digits.y_test[:1000]


def init(seed, H=64):
    """→ dict of weights; the factor √(2 / inputs) is the subject of lesson 6"""
    rng = np.random.default_rng(seed)
    return {"W1": rng.normal(size=(784, H)) * (2 / 784) ** 0.5, "b1": np.zeros(H),
            "W2": rng.normal(size=(H, 10)) * (2 / H) ** 0.5, "b2": np.zeros(10)}


# %% [markdown]
# Take it apart, one operation a line, and give every result a name. (`locals()` is the dictionary of all names inside the function, so `steps["h"]` is the array `h`; it also holds the inputs `X`, `y`, `W1`, ….)

# %%
def two_layer_forward(X, y, W1, b1, W2, b2):
    """X (N, D), y (N,), W1 (D, H), b1 (H,), W2 (H, C), b2 (C,) → loss, steps (a dict)"""
    h_lin = X @ W1  # (N, H)
    h_pre = h_lin + b1
    h = np.maximum(h_pre, 0)
    s_lin = h @ W2  # (N, C)
    s = s_lin + b2  # the scores
    s_max = s.max(axis=1, keepdims=True)  # (N, 1)
    s_shift = s - s_max  # the largest is now 0, so exp cannot overflow
    e = np.exp(s_shift)
    e_sum = e.sum(axis=1, keepdims=True)  # (N, 1)
    log_sum = np.log(e_sum)
    log_p = s_shift - log_sum  # ln of the softmax
    picked = log_p[np.arange(len(y)), y]  # (N,): of the right class
    loss = -picked.mean()
    return loss, locals()


# %%
params = init(seed=0)
X, y = X_train[:32], y_train[:32]
loss, steps = two_layer_forward(X, y, **params)
print(f"loss {loss:.3f}; guessing would give ln 10 = {np.log(10):.3f}")
print({name: steps[name].shape for name in ("h_pre", "s", "s_max", "e", "log_p", "picked")})

# %% [markdown]
# Backwards, one line for each line. `dv` stands for $\partial L/\partial v$.
#
# | forward | backward | reason |
# | --- | --- | --- |
# | `loss = -picked.mean()` | `dpicked` is $-1/N$ | a mean of N |
# | `picked = log_p[rows, y]` | `dlog_p` is `dpicked` at the places $(n,y_n)$, else 0 | what was not picked does not count |
# | `log_p = s_shift - log_sum` | to `s_shift`: `dlog_p`; `dlog_sum` is minus the sum of `dlog_p` over the classes | minus; `log_sum` (N, 1) was broadcast |
# | `log_sum = log(e_sum)` | `de_sum` is `dlog_sum` over `e_sum` | the derivative of ln |
# | `e_sum = e.sum(axis=1)` | `de` is `de_sum`, repeated | a sum |
# | `e = exp(s_shift)` | to `s_shift` once more: plus `de` times `e` | **two uses of `s_shift`: add** |
# | `s_shift = s - s_max` | to `s`: `ds_shift`; `ds_max` is minus its sum over the classes | minus, broadcast |
# | `s_max = s.max(axis=1)` | to `s` once more: `ds_max` at the winner | max routes |
# | `s = s_lin + b2` | `ds_lin` is `ds`; `db2` is its sum over the samples | broadcast |
# | `s_lin = h @ W2` | $dh=ds\,W_2^{\mathsf T}$, $dW_2=h^{\mathsf T}ds$ | matrix product |
# | `h = max(h_pre, 0)` | `dh_pre` is `dh` where `h_pre` > 0, else 0 | ReLU |
# | `h_pre = h_lin + b1` | `dh_lin` is `dh_pre`; `db1` is its sum over the samples | broadcast |
# | `h_lin = X @ W1` | `dW1` is X transposed times `dh_pre` | matrix product; nobody needs `dX` |
#
# **Explain this line, this shape.**
#
# 1. `dlog_p[rows, y] = -1 / len(y)`: how many entries of the (N, C) array are not zero?
# 2. `ds[rows, s.argmax(axis=1)] += ds_max[:, 0]`: why `[:, 0]`?
# 3. Which entries of `steps` does the backward pass need? What does that say about the memory of training?
#
# <details><summary>Answers</summary>
#
# 1. N: one in each row.
# 2. `ds_max` is (N, 1), the place to add to is (N,). Without `[:, 0]`, NumPy adds (N,) and (N, 1), which makes (N, N), and that does not fit into (N,).
# 3. X, y, h_pre, h, s (for the winner), e, e_sum and W2, and of `log_p` the shape. Everything that a local derivative needs must be kept until the backward pass arrives. So training needs memory for the results of *all* layers, prediction only for the current one.
#
# </details>
#
# **Challenge.** This is the longest exercise of the lesson, and each line is one row of the table.

# %% tags=["exercise", "challenge"]
def two_layer_backward(steps):
    """steps: the dict of two_layer_forward (also holds X, y, W1, b1, W2, b2) → dict of gradients
    of the loss, in the shapes of the arrays: log_p, log_sum, e_sum, e, s_shift, s_max, s,
    W2, b2, h, h_pre, W1, b1. The gradient of ReLU at 0 is 0."""
    X, y, W2, h_pre, h, s, e, e_sum, log_p = (
        steps[name] for name in ("X", "y", "W2", "h_pre", "h", "s", "e", "e_sum", "log_p"))
    rows = np.arange(len(y))
    # BEGIN SOLUTION  from the loss down to s: the first eight rows of the table
    dlog_p = np.zeros_like(log_p)
    dlog_p[rows, y] = -1 / len(y)
    dlog_sum = -dlog_p.sum(axis=1, keepdims=True)
    de_sum = dlog_sum / e_sum
    de = de_sum * np.ones_like(e)
    ds_shift = dlog_p + de * e
    ds_max = -ds_shift.sum(axis=1, keepdims=True)
    ds = ds_shift.copy()
    ds[rows, s.argmax(axis=1)] += ds_max[:, 0]
    # END SOLUTION
    # BEGIN SOLUTION  from s down to W1: the last five rows
    dW2, db2 = h.T @ ds, ds.sum(axis=0)
    dh = ds @ W2.T
    dh_pre = dh * (h_pre > 0)
    dW1, db1 = X.T @ dh_pre, dh_pre.sum(axis=0)
    # END SOLUTION
    return {"log_p": dlog_p, "log_sum": dlog_sum, "e_sum": de_sum, "e": de, "s_shift": ds_shift,
            "s_max": ds_max, "s": ds, "W2": dW2, "b2": db2, "h": dh, "h_pre": dh_pre,
            "W1": dW1, "b1": db1}


# %%
check.two_layer_backward(two_layer_backward)

# %% [markdown]
# Compare every step with autograd. The same lines in PyTorch; `retain_grad()` asks it to keep `.grad` also for results in the middle, which it otherwise throws away.

# %%
def torch_gradients(X, y, W1, b1, W2, b2):
    """The same steps in PyTorch → dict of its gradients"""
    v = {k: torch.tensor(a, requires_grad=True) for k, a in dict(W1=W1, b1=b1, W2=W2, b2=b2).items()}
    v["h_pre"] = torch.tensor(X) @ v["W1"] + v["b1"]
    v["h"] = v["h_pre"].relu()
    v["s"] = v["h"] @ v["W2"] + v["b2"]
    v["s_max"] = v["s"].amax(dim=1, keepdim=True)
    v["s_shift"] = v["s"] - v["s_max"]
    v["e"] = v["s_shift"].exp()
    v["e_sum"] = v["e"].sum(dim=1, keepdim=True)
    v["log_sum"] = v["e_sum"].log()
    v["log_p"] = v["s_shift"] - v["log_sum"]
    for tensor in v.values():
        tensor.retain_grad()
    (-v["log_p"][torch.arange(len(y)), torch.tensor(y)].mean()).backward()
    return {name: tensor.grad.numpy() for name, tensor in v.items()}


# %%
mine, theirs = two_layer_backward(steps), torch_gradients(X, y, **params)
for name, gradient in mine.items():
    gap = np.abs(gradient - theirs[name]).max()
    approximate = np.allclose(gradient, theirs[name], rtol=0, atol=1e-6)
    print(f"{name:8} {gradient.shape!s:10} exact: {gap == 0!s:6} approximate: {approximate}   max difference {gap:.0e}")
    assert gap < 1e-6

# %% [markdown]
# **What to notice.** All 13 agree, to rounding. Differences near $10^{-17}$ come from sums taken in another order. And `s_max`? Look at its gradient itself:

# %%
print(f"largest |gradient|: s {np.abs(mine['s']).max():.1e}, s_max {np.abs(mine['s_max']).max():.1e}")
assert np.abs(mine["s_max"]).max() < 1e-15
assert np.abs(mine["s"].sum(axis=1)).max() < 1e-15
assert np.abs(mine["s"]).max() > 1e-3

# %% [markdown]
# The gradient of the maximum is zero up to rounding. It has to be: subtracting a number from all scores of a row does not change the softmax. The line is there for safety only. For the same reason each row of `ds` sums to 0: what one class gains, the others lose.
#
# ## Collapse the steps into one line
#
# What do nine lines of backward do to the scores, all in all? Look at `ds` for eight digits.

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.8))
picture = ax.imshow(32 * mine["s"][:8], cmap="PuOr_r", vmin=-1, vmax=1, aspect="auto")
for n in range(8):
    ax.add_patch(plt.Rectangle((y[n] - 0.5, n - 0.5), 1, 1, fill=False, ec=plot.BLACK, lw=2))
ax.set(xlabel="class", ylabel="sample", xticks=range(10), title="N · ds: negative at the right class (framed), positive elsewhere")
ax.grid(False)
fig.colorbar(picture)
plt.show()

# %% [markdown]
# **Figure in words.** A table of eight samples by ten classes. In each row one framed cell, the right class, is dark purple, about −0.9; the other nine are pale to medium orange.

# %%
right = np.zeros_like(mine["s"], dtype=bool)
right[np.arange(32), y] = True
assert (mine["s"][right] < 0).all()
assert (mine["s"][~right] > 0).all()

# %% [markdown]
# **By hand.** One sample with scores $s_c$ and label $y$; $p_c=e^{s_c}/\sum_ke^{s_k}$ is the softmax.
#
# **Line 1.** $\ell=-\ln p_y=-s_y+\ln\sum_ke^{s_k}$. *Reason: the logarithm of the fraction.*
#
# **Line 2.** $\dfrac{\partial\ell}{\partial s_c}=-[c=y]+\dfrac{e^{s_c}}{\sum_ke^{s_k}}$, where $[c=y]$ is 1 for the right class and 0 otherwise. *Reason: $s_y$ has the derivative 1; for the second term $\ln'$ times the inner derivative $e^{s_c}$.*
#
# **Line 3.** $\dfrac{\partial\ell}{\partial s_c}=p_c-[c=y]$. *Reason: the fraction is $p_c$.*
#
# **Line 4.** $\dfrac{\partial L}{\partial s_{nc}}=\dfrac1N\big(p_{nc}-[c=y_n]\big)$. *Reason: $L$ is the mean over N samples.*
#
# Nine lines became: **probability minus truth, over N.** A prediction that is sure and right sends nothing back. One that is sure and wrong sends nearly the most there is: −1 to the right class and +1 to the wrong one. The scores $s$ are also called logits.
#
# **Explain this line.** `p[np.arange(N), y] -= 1`: why not `p[:, y] -= 1`?
#
# <details><summary>Answer</summary>
#
# `p[:, y]` takes whole columns: in *every* row, one entry for each label. The pair of index arrays takes one entry a row, (0, y₀), (1, y₁), …
#
# </details>

# %% tags=["exercise"]
def softmax_cross_entropy_grad(logits, y):
    """Gradient of the mean softmax cross-entropy with respect to the logits.

    logits: float array (N, C), y: int array (N,) → array (N, C) of the dtype of logits.
    Must not overflow for logits in the thousands.
    """
    # BEGIN SOLUTION  subtract the row maximum, softmax, minus 1 at the right class, over N
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad = e / e.sum(axis=1, keepdims=True)
    grad[np.arange(len(y)), y] -= 1
    grad /= len(y)
    # END SOLUTION
    return grad


# %%
check.softmax_cross_entropy_grad(softmax_cross_entropy_grad)

# %%
collapsed = softmax_cross_entropy_grad(steps["s"], y)
print("nine lines and one line agree to 1e-15:", np.abs(collapsed - mine["s"]).max() < 1e-15)
assert np.abs(collapsed - mine["s"]).max() < 1e-15

# %% [markdown]
# ## Train with your own backward pass
#
# With the collapsed line, forward and backward of the whole network take nine lines. No engine, no framework.

# %%
def gradients(p, X, y):
    """→ loss, dict of gradients for p's W1, b1, W2, b2"""
    h_pre = X @ p["W1"] + p["b1"]
    h = np.maximum(h_pre, 0)
    s = h @ p["W2"] + p["b2"]
    s_shift = s - s.max(axis=1, keepdims=True)
    log_p = s_shift - np.log(np.exp(s_shift).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(len(y)), y].mean()
    ds = softmax_cross_entropy_grad(s, y)
    dh_pre = (ds @ p["W2"].T) * (h_pre > 0)
    return loss, {"W1": X.T @ dh_pre, "b1": dh_pre.sum(axis=0), "W2": h.T @ ds, "b2": ds.sum(axis=0)}


# %%
loss, grads = gradients(params, X, y)
for name in params:
    assert np.allclose(grads[name], mine[name], rtol=0, atol=1e-12)
print("the same gradients as in 13 steps:", list(grads))

# %% [markdown]
# Train: mini-batches of 50, plain gradient descent, ten epochs. Beside it PyTorch's autograd with the same start and the same batches. If your backward pass is right, the two must stay together.

# %%
def train_numpy(seed, lr=0.3, epochs=10):
    """→ trained weights, loss of each step, test accuracy after each epoch"""
    p, rng, losses, scores = init(seed), np.random.default_rng(seed), [], []
    for _ in range(epochs):
        for i in np.split(rng.permutation(4000), 80):
            loss, grads = gradients(p, X_train[i], y_train[i])
            for name in p:
                p[name] -= lr * grads[name]
            losses.append(loss)
        h = np.maximum(X_test @ p["W1"] + p["b1"], 0)
        scores.append(((h @ p["W2"] + p["b2"]).argmax(axis=1) == y_test).mean())
    return p, np.array(losses), scores


# %%
def train_torch(seed, lr=0.3, epochs=1):
    """The same with autograd → weights, losses"""
    p = {k: torch.tensor(a, requires_grad=True) for k, a in init(seed).items()}
    X, y, rng, losses = torch.tensor(X_train), torch.tensor(y_train), np.random.default_rng(seed), []
    for _ in range(epochs):
        for i in np.split(rng.permutation(4000), 80):
            s = (X[i] @ p["W1"] + p["b1"]).relu() @ p["W2"] + p["b2"]
            loss = torch.nn.functional.cross_entropy(s, y[i])
            for w, g in zip(p.values(), torch.autograd.grad(loss, list(p.values()))):
                with torch.no_grad():
                    w -= lr * g
            losses.append(loss.item())
    return p, np.array(losses)


# %%
runs = [train_numpy(seed) for seed in range(3)]
_, torch_losses = train_torch(seed=0)
for seed, (_, losses, scores) in enumerate(runs):
    print(f"seed {seed}: loss {losses[:5].mean():.2f} → {losses[-80:].mean():.2f}, test accuracy {scores[-1]:.1%}")
gap = np.abs(runs[0][1][:80] - torch_losses).max()
print("80 steps beside PyTorch, losses equal to 1e-6:", gap < 1e-6)
assert gap < 1e-6

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.7, 3.5))
axes[0].plot(runs[0][1][:80], color=plot.BLUE, lw=3, alpha=0.5, label="your backward pass")
axes[0].plot(torch_losses, color=plot.BLACK, lw=1, ls="--", label="PyTorch's autograd")
axes[0].set(xlabel="step", ylabel="loss of a mini-batch", title="Yours and PyTorch's are the same")
axes[0].legend()
for seed, (_, _, scores) in enumerate(runs):
    axes[1].plot(range(1, 11), scores, "os^"[seed] + "-", ms=4, color=plot.COLOURS[seed], label=f"seed {seed}")
axes[1].set(xlabel="epoch", ylabel="test accuracy", title="Over 90 % on three seeds")
axes[1].legend()
plt.show()

# %% [markdown]
# **Figure in words.** Left, a noisy loss curve that falls from about 2.4 to about 0.4 in 80 steps, thick blue, with a dashed black line exactly on it. Right, the test accuracy of three seeds over ten epochs: from 86 to 89 % after the first, wobbling upwards to between 91 and 93 %.

# %%
for _, losses, scores in runs:
    assert 0.9 < scores[-1] < 0.95
    assert 0.83 < scores[0] < 0.9
    assert losses[-80:].mean() < 0.15
    assert losses[0] > 2

# %% [markdown]
# **What does a gradient cost?** Compare the time of a forward pass, of a forward and a backward pass, and of the numerical gradient, which needs 101,780 forward passes (that one is computed, not run).

# %%
def seconds(work, times=31):
    """Median time of a call, after one call to warm up"""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


forward = seconds(lambda: two_layer_forward(X, y, **params))
with_backward = seconds(lambda: two_layer_backward(two_layer_forward(X, y, **params)[1]))
count = sum(w.size for w in params.values())
print(f"{count:,} weights; forward and backward take {with_backward / forward:.1f} times as long as forward")
print(f"numerical gradient: {2 * count:,} times as long as forward, about {2 * count * forward:.0f} s a step")
assert count == 50_890
assert with_backward / forward < 10
assert 2 * count * forward > 200 * with_backward

# %% [markdown]
# **The idea.** All 50,890 derivatives together cost about as much as a few forward passes, *however many weights there are*: each forward operation has one or two backward operations of about its size. This one fact makes deep learning possible.
#
# **Try it.** Replace ReLU by tanh: `h = np.tanh(h_pre)`, and in the backward pass `(1 - h**2)` for `(h_pre > 0)`, also in the line that measures the test accuracy. Test it with `eval_numerical_gradient` on `b1` first (64 entries). Expect about the same accuracy.
#
# ## Parameters
#
# | call | input → output | parameters that matter |
# | --- | --- | --- |
# | `eval_numerical_gradient(f, x, h=1e-5)` | array → array of its shape | `h`: the V-shaped figure of day 1 shows its effect |
# | `tensor.backward(gradient=None, retain_graph=False)` | adds to `.grad` of the leaves | `gradient`: the upstream gradient; needed if the tensor holds more than one number |
# | `tensor.retain_grad()` | – | keeps `.grad` of a result in the middle |
# | `torch.autograd.grad(outputs, inputs, grad_outputs=None)` | → tuple of gradients, `.grad` untouched | `grad_outputs` is the upstream gradient, so this call *is* a VJP |
# | `torch.autograd.gradcheck(f, inputs, eps=1e-6, atol=1e-5)` | → True, or an error | `eps` is $h$; inputs must be float64 |
#
# What `eps` does to PyTorch's own gradient check: $e^{\sin x}$ at nine points, whose autograd gradient is right. Which steps let it pass? (`gradcheck` warns about float32 itself; the warning is switched off here.)

# %%
def passes(dtype, eps):
    x = torch.linspace(-2, 2, 9, dtype=dtype, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.autograd.gradcheck(lambda x: x.sin().exp(), x, eps=eps, raise_exception=False)


eps = 10.0 ** -np.arange(1, 15)
table = np.array([[passes(dtype, step) for step in eps.tolist()] for dtype in (torch.float64, torch.float32)])

# %%
fig, ax = plt.subplots(figsize=(8.6, 2.1))
ax.imshow(table, cmap="Blues", vmin=0, vmax=2, aspect="auto")
for (i, j), good in np.ndenumerate(table):
    ax.text(j, i, "pass" if good else "fail", ha="center", va="center", fontsize=9)
ax.set(xticks=range(14), xticklabels=[f"{e:.0e}" for e in eps], yticks=[0, 1], yticklabels=["float64", "float32"],
       xlabel="eps (the default is 1e-06)", title="A right gradient fails with the default step in float32")
ax.tick_params(axis="x", labelsize=8)
ax.grid(False)
plt.show()

# %% [markdown]
# **Figure in words.** A table of two rows and fourteen steps from 0.1 to 1e-14. float64 fails at 0.1, passes over a long stretch that includes the default 1e-6, and fails at the end. float32 passes only in a short stretch around 1e-3.

# %%
default = 5  # eps[5] is 1e-6
assert table[0, default]
assert not table[1, default]
assert table[:, 2].all()  # 1e-3 is right for both
assert not table[:, [0, -1]].any()

# %% [markdown]
# ## Traps
#
# **Trap 1: calling `backward` twice.** Your engine adds to `.grad`. A second call on the same graph should make all gradients twice as large, should it not? Take $u^4$ as $(u\cdot u)\cdot(u\cdot u)$ at $u=1$, with slope 4.

# %% tags=["nbval-check-output"]
u = Value(1)
v = u * u
f = v * v
f.backward()
print("first call: ", u.grad)
f.backward()
print("second call:", u.grad)
for node in nodes_below(f):
    node.grad = 0.0
f.backward()
print("all set to 0 before:", u.grad)
assert u.grad == 4

# %% [markdown]
# Not 8 but 12. After the first call `v.grad` is 2. The second call adds 2 more and sends *4* on, so `u` gets 8 on top of 4. PyTorch refuses a second call, because it has thrown the graph's inner arrays away:

# %%
u = torch.tensor(1.0, requires_grad=True)
f = (u * u) * (u * u)
f.backward()
try:
    f.backward()
    raise AssertionError("no error")
except RuntimeError as error:
    print("RuntimeError:", str(error)[:52])

# %% [markdown]
# **Right:** compute the loss anew for each `backward`, as `train` does, and set the gradients of the parameters to zero before.
#
# **Trap 2: working in place on a cached array.** The gradient of the scores is $p$ minus 1 at the right class. Many write `ds = p`, then `ds[rows, y] -= 1`. But `ds` is no copy: it is the same array as `p`, and now `p` is damaged. Use `p` for the accuracy afterwards:

# %%
def step_with(copy):
    s = steps["s"]
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    ds = p.copy() if copy else p
    ds[np.arange(32), y] -= 1
    return (p.argmax(axis=1) == y).mean(), p.sum(axis=1).mean()


trained, _, _ = runs[0]
_, steps = two_layer_forward(X, y, **trained)
for copy in (True, False):
    print(f"copy {copy!s:5}: accuracy {step_with(copy)[0]:.0%}, rows of p sum to {step_with(copy)[1]:.2f}")
assert step_with(True)[0] > 0.9
assert step_with(False)[0] == 0

# %% [markdown]
# **What to notice.** A trained network, and an accuracy of 0 %: at the right class $p-1$ is negative, so it never wins. No error, and the gradient itself is right. **Right:** `.copy()` before you write into an array that has another name too. Whatever the forward pass has put into its cache, leave alone.
#
# **Trap 3: ReLU at exactly 0.** "It never happens that a float is exactly 0." It does: feed an empty page, all pixels 0, into a network whose biases are still 0. The label is 3.

# %%
blank, label = np.zeros((1, 784)), np.array([3])
_, empty = two_layer_forward(blank, label, **params)
print("hidden neurons at exactly 0:", (empty["h_pre"] == 0).sum(), "of 64")
dh = softmax_cross_entropy_grad(empty["s"], label) @ params["W2"].T
theirs = torch_gradients(blank, label, **params)["b1"]
print(f"largest |db1|: with > {np.abs(dh * (empty['h_pre'] > 0)).max()}, PyTorch {np.abs(theirs).max()}, with >= {np.abs(dh * (empty['h_pre'] >= 0)).max():.2f}")
x0 = torch.zeros((), requires_grad=True)
print("slope at 0: relu", torch.autograd.grad(x0.relu(), x0)[0].item(),
      " maximum(x, 0)", torch.autograd.grad(torch.maximum(x0, torch.zeros(())), x0)[0].item())

# %%
assert (empty["h_pre"] == 0).all()
assert np.abs(theirs).max() == 0
assert np.abs(dh).max() > 0.1
assert torch.autograd.grad(torch.maximum(x0, torch.zeros(())), x0)[0] == 0.5

# %% [markdown]
# **What to notice.** At the kink any slope from 0 to 1 can be defended. PyTorch says 0 for `relu` and ½ for `maximum(x, 0)`. If you compare with `relu`, write `>`. Random test data never show the difference.
#
# **Trap 4: recursion.** Textbooks find the topological order with a function that calls itself: first all parents, then the node.

# %%
def order_by_recursion(node, seen, order):
    if node not in seen:
        seen.add(node)
        for parent in node.parents:
            order_by_recursion(parent, seen, order)
        order.append(node)  # after all its parents


def chain(length):
    top = bottom = Value(1)
    for _ in range(length):
        top = top * 1.0001
    return bottom, top


# %%
bottom, top = chain(10 * sys.getrecursionlimit())
try:
    order_by_recursion(top, set(), [])
    raise AssertionError("no error")
except RecursionError as error:
    print("RecursionError:", str(error)[:32])
top.backward()
print("the loop over levels:", top.level, "levels, gradient equals the value:", bool(np.isclose(bottom.grad, top.data)))
assert np.isclose(bottom.grad, top.data)

# %% [markdown]
# **What to notice.** Python allows only about a thousand calls inside one another (`sys.getrecursionlimit()`), and a chain is as deep as it is long. A recurrent network over a long text is such a chain. **Right:** a loop with a list, as in `Node.backward`. Raising the limit is no cure; it may crash Python itself.
#
# **Trap 5: ten sigmoids in a row.** Each sigmoid multiplies the gradient by $p(1-p)\le\frac14$. How much of the gradient is left at the input of a deep network? Width 50, random weights of the usual size ($\sqrt{1/50}$; for ReLU $\sqrt{2/50}$), five seeds, no training.

# %%
def share_left(activation, depth, seed, width=50):
    """|gradient at the input| / |gradient at the output| of a random network"""
    rng = np.random.default_rng(seed)
    gain = 2 if activation is torch.relu else 1
    x = torch.tensor(rng.normal(size=(100, width)), requires_grad=True)
    h = x
    for _ in range(depth):
        h = activation(h @ torch.tensor(rng.normal(size=(width, width)) * (gain / width) ** 0.5))
    upstream = torch.tensor(rng.normal(size=(100, width)))
    return (torch.autograd.grad(h, x, upstream)[0].norm() / upstream.norm()).item()


depths = [1, 2, 4, 6, 8, 10]
left = {f.__name__: np.array([[share_left(f, depth, seed) for seed in range(5)] for depth in depths])
        for f in (torch.relu, torch.tanh, torch.sigmoid)}

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.8))
for (name, curves), colour, style in zip(left.items(), [plot.GREEN, plot.BLUE, plot.RED], ["o-", "s-", "^-"]):
    ax.semilogy(depths, np.median(curves, axis=1), style, color=colour, label=name)
ax.semilogy(depths, 0.25 ** np.array(depths), ":", color=plot.BLACK, label="one quarter for each layer")
ax.set(xlabel="layers", ylabel="share of the gradient left", title="With weights of this size, ten sigmoids leave less than a millionth")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The share of the gradient over the number of layers, on a logarithmic axis. ReLU stays near 1 and tanh falls to about 0.3 at ten layers. The sigmoid falls on a straight line to less than 1e-6, close to the dotted line of one quarter for each layer.

# %%
print({name: f"{np.median(curves[-1]):.1g}" for name, curves in left.items()}, f"0.25 ** 10 = {0.25**10:.1g}")
assert left["sigmoid"][-1].max() < 1e-6
assert left["relu"][-1].min() > 0.3
assert 0.1 < np.median(left["tanh"][-1]) < 0.5

# %% [markdown]
# **What to notice.** With the sigmoid the first layers get almost no gradient, so they hardly learn: the vanishing gradient (梯度消失). (Larger weights can make up for the quarter, at the price of neurons that are stuck near 0 or 1.) **Right:** ReLU or tanh inside the network, and weights of the right size, which is lesson 6. A sigmoid belongs at the output, where the loss undoes it: $p-y$ contains no $p(1-p)$.
#
# ## Beyond the roadmap
#
# **A numerical derivative without the V.** The left arm of the V comes from subtracting two nearly equal numbers. For smooth formulas there is a way without subtraction: step into the *imaginary* direction. $g(x+ih)=g+ihg'-\dots$, so the imaginary part over $h$ is $g'$, and $h$ may be absurdly small.

# %%
x_line = np.linspace(-2, 2, 41)
complex_step = np.exp(np.sin(x_line + 1e-100j)).imag / 1e-100
true_slope = np.cos(x_line) * np.exp(np.sin(x_line))
print("h = 1e-100, largest error below 1e-14:", np.abs(complex_step - true_slope).max() < 1e-14)
assert np.abs(complex_step - true_slope).max() < 1e-14

# %% [markdown]
# **Why backwards?** The chain rule can also be walked *forwards* (前向模式): carry along, with each value, how much it changes when one input changes. One forward walk gives the effect of *one* input (or one direction) on all outputs. One backward walk gives the effect of *all* inputs on one output. A loss is one output of 50,890 inputs, so backwards wins by about that factor. Try it with one random direction in which all weights move at once. `walk_forwards` carries the change of each array along with the array.

# %%
def walk_forwards(p, move, X, y):
    """How fast the loss changes when all weights p move in the direction `move` (a dict like p)"""
    h_pre, h_pre_change = X @ p["W1"] + p["b1"], X @ move["W1"] + move["b1"]
    h, h_change = np.maximum(h_pre, 0), h_pre_change * (h_pre > 0)
    s, s_change = h @ p["W2"] + p["b2"], h_change @ p["W2"] + h @ move["W2"] + move["b2"]
    return (softmax_cross_entropy_grad(s, y) * s_change).sum()


move = {name: rng.normal(size=w.shape) for name, w in params.items()}
forwards = walk_forwards(params, move, X, y)
backwards = sum((grads[name] * move[name]).sum() for name in params)
print("one direction, forwards and backwards agree:", bool(np.isclose(forwards, backwards)))
assert np.isclose(forwards, backwards)

# %% [markdown]
# ## Check yourself
#
# **1.** $L=a\cdot b+\max(a,b)$ at $a=2$, $b=5$. What are $\partial L/\partial a$ and $\partial L/\partial b$? (Run the first cell; it uses $\max(a,b)=b+\text{relu}(a-b)$.)
#
# <details><summary>Answer</summary>
#
# Times swaps: 5 to $a$, 2 to $b$. Max routes: 1 to $b$. So 5 and $2+1=3$.
#
# </details>
#
# **2.** X of shape (5, 1, 4) plus b of shape (3, 1) gives (5, 3, 4). The upstream gradient is 1 everywhere. What are the shapes and the entries of both gradients? (Run the second cell.)
#
# <details><summary>Answer</summary>
#
# Each gradient has the shape of its own array. Each entry of X was copied 3 times, so `dX` is (5, 1, 4) full of 3. Each entry of b was copied $5\cdot4$ times: (3, 1) full of 20.
#
# </details>
#
# **3.** A network says $p=(0.7,0.2,0.1)$ for one sample, and the right class is the first. What is the gradient on the scores? And if the right class is the last? (Run the third cell.)
#
# <details><summary>Answer</summary>
#
# $p$ minus 1 at the right class: $(-0.3,0.2,0.1)$ and $(0.7,0.2,-0.9)$. Both sum to 0.
#
# </details>
#
# **4.** Your gradient check of a ReLU network: 60 entries agree to $10^{-9}$, two are off by 0.2. A bug?
#
# <details><summary>Answer</summary>
#
# Perhaps a kink between the two probes. Repeat with a smaller $h$. If the two entries then agree, the judge was wrong. (If an input of a ReLU is exactly 0, move it a little first.)
#
# </details>
#
# **5.** Why does training need more memory than prediction, even with the same batch size?
#
# <details><summary>Answer</summary>
#
# The backward pass needs the results of the forward pass for its local derivatives, so all of them must be kept until it comes by. Prediction may forget each layer as soon as the next is computed.
#
# </details>
#
# **6.** In an engine, why is "each node once, parents later" not enough as an order?
#
# <details><summary>Answer</summary>
#
# A node must wait for *all* nodes that were made from it, on the longest path too. In the order of discovery `c` sent its gradient on before the part from `d` had arrived.
#
# </details>

# %%
a, b = Value(2), Value(5)
(a * b + (b + (a - b).relu())).backward()
print("1.", a.grad, b.grad)
assert (a.grad, b.grad) == (5, 3)

# %%
ones = np.ones((5, 3, 4))
for shape in [(5, 1, 4), (3, 1)]:
    print("2.", shape, "full of", np.unique(sum_to_shape(ones, shape)).item())
assert (sum_to_shape(ones, (3, 1)) == 20).all()

# %%
logits = np.log([[0.7, 0.2, 0.1]])
for label in (0, 2):
    print("3.", softmax_cross_entropy_grad(logits, np.array([label])).round(3))
assert np.allclose(softmax_cross_entropy_grad(logits, np.array([2])), [[0.7, 0.2, -0.9]])

# %% [markdown]
# ## In one breath
#
# Say aloud: "A computation is a graph. Each operation knows its local derivative; backwards, it multiplies what arrives from upstream with it and hands it on. Plus hands on, times swaps, max routes to the winner, and a number that is used several times adds up what it gets. The walk goes in topological order, so that a node has received everything before it sends. For arrays nobody builds Jacobians; each operation has a vector-Jacobian product: for X times W it is G times W transposed and X transposed times G, and what broadcasting copied, the backward pass sums. Softmax with cross-entropy collapses to p minus y over N. All gradients together cost a few forward passes. Test a new backward pass with central differences in float64, step 1e-5, and mind the kinks."
#
# **Read on.** Sections 4.4 and 4.5 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). [cs231n notes on backpropagation](https://cs231n.github.io/optimization-2/). Karpathy's [micrograd](https://github.com/karpathy/micrograd), an engine in the same spirit with functions instead of stored derivatives, and the exercises of his [lectures](https://github.com/karpathy/nn-zero-to-hero), which break a larger network into steps. Rumelhart, Hinton, Williams (1986), "Learning representations by back-propagating errors". Baydin, Pearlmutter, Radul, Siskind (2018), ["Automatic differentiation in machine learning: a survey"](https://arxiv.org/abs/1502.05767). Before this lesson: [Tensors and autograd](01_tensors_and_autograd.ipynb). Next: [kNN and linear classifiers](03_knn_and_linear_classifiers.ipynb). The layers of day 2 come back as functions in [Multilayer perceptron](04_multilayer_perceptron.ipynb).
