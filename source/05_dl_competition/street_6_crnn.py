# ---
# jupyter:
#   dlroadmap:
#     path: optional
#     minutes: 40
#     days: 1
#     needs: ["05_dl_competition/street_3_model"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Street 6 Read without a grid: CRNN and CTC (卷积循环神经网络, 连接时序分类)
#
# A page of handwriting, a sentence on a recording, a number on a house: somebody wrote down *what* it says, nobody marked *where*. Can a network learn to read from the text alone, when a text of two digits meets a picture of forty columns? A loss function of 2006 says yes, and its trick is to add up more than a hundred thousand possibilities at once.
#
# **You will** cut a picture into 40 columns, let a network say one thing in each column, and train it with CTC (connectionist temporal classification, 连接时序分类).
#
# **After it you can**
#
# - turn a row of column answers into a number, and say why the blank (空白符) exists;
# - compute the CTC loss of a tiny case by listing every path, and of a real one by a recursion (递推);
# - build a CRNN (卷积循环神经网络): convolution, columns, a recurrent layer (循环层), eleven classes;
# - recognise the blank phase, in which a CTC network learns nothing for a long time, and get out of it;
# - say what numbers without boxes are worth, from a measured comparison.
#
# **You need** convolution and the training loop from stage 4, and the two models of [Street 3](street_3_model.ipynb). Recurrent networks are introduced here in one paragraph; they have their own lessons in stage 4.
#
# **Where this stands.** Stage 5 of the roadmap, street view character recognition (街景字符编码识别), optional. The tutorial's task 1 names three routes: fixed-length characters (定长字符), CRNN, and detection (检测). Street 3 took the first and a relative of the third. This is the second. **Stuck?** Read [the competition's page](https://tianchi.aliyun.com/competition/entrance/531795/introduction) and [the notebook of task 1](https://tianchi.aliyun.com/notebook-ai/detail?postId=108659).

# %%
import copy
import itertools
import math
import os

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import dlroadmap
from dlroadmap import grid
from dlroadmap.data import street_view
from dlroadmap.plot import BLUE, GREEN, ORANGE, RED, SKY

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Cut a picture into columns
#
# Load the data and read the line that `load` prints. By default you have the **stand-in** (替身数据): drawn pictures, not photos. A score on it is no score in the competition. With `DLROADMAP_DATA=full` and a GPU the same cells take the real 30,000 images.
#
# `grid.pixels_and_boxes` is from Street 3. It shrinks each image to 32 × 80 grey pixels and gives the digits' boxes in the same pixels, label −1 where there is no further digit.

# %%
FULL = os.environ.get("DLROADMAP_DATA") == "full" and torch.cuda.is_available()
DEVICE = "cuda" if FULL else "cpu"
street = street_view.load(n_train=None if FULL else 1600, n_val=None if FULL else 500,
                          n_test=1, max_height=64)
STAND_IN = street.source == "stand-in"
pixels, boxes = grid.pixels_and_boxes(street.train)
pixels_val, boxes_val = grid.pixels_and_boxes(street.val)
truth = street.val.numbers
print(tuple(pixels.shape), tuple(boxes.shape))

# %%
COLUMNS, BLANK = 40, 10   # forty columns, each two pixels wide; classes 0 … 9, and 10 = blank
numbers = street.train.numbers
twins = [i for i, n in enumerate(numbers) if len(n) == 3 and n[0] == n[1] != n[2]]
# The clearest of them: much contrast, wide digits.
sample = max(twins, key=lambda i: pixels[i].float().std() * boxes[i, :3, 3].sum())
fig, ax = plt.subplots(figsize=(8.8, 3.8))
ax.imshow(pixels[sample, 0], cmap="gray")
ax.vlines(np.arange(2, 80, 2) - 0.5, -0.5, 31.5, color=SKY, linewidth=0.6)
ax.set(xlabel="pixel", ylabel="pixel", title="Forty columns, and a number of only three digits")
ax.grid(False)
plt.show()

# %% [markdown]
# **Figure in words.** One small grey picture of a three-digit house number that begins with the same digit twice, cut by 39 thin vertical lines into 40 columns. A digit covers several columns, and many columns show only background.

# %%
width = boxes[..., 3][boxes[..., 0] >= 0]
median, narrow = width.median() / 2, width.quantile(0.05) / 2
print(f"number {numbers[sample]}")
print(f"a digit is {median:.0f} columns wide (median); one in twenty at most {narrow:.0f}")
assert len(numbers[sample]) == 3
assert width.median() / 2 > 4

# %% [markdown]
# **What to notice.** Columns outnumber digits by far. A network that looks at a column can say "here is a 2", or "nothing". Nobody tells it which column should say what. The known number is short, the row of answers is long. Compare what each route asks for:
#
# | route | answer of the network | what the training data must say |
# |---|---|---|
# | heads (fixed length) | five or six digits, each by its position | the number |
# | grid | a class for each of 8 × 20 cells | the number **and a box for each digit** |
# | columns with CTC | a class for each of 40 columns, read from left to right | the number |
#
# Boxes are expensive: somebody has to draw them. And the heads need a fixed greatest length. CTC needs neither. That is its promise. This lesson finds out what the promise is worth in a minute of training.

# %% [markdown]
# ## Turn forty answers into one number
#
# A digit is several columns wide, so the same answer will come several times in a row. First idea: collapse (合并) each run of equal answers into one. What happens to house number 11?

# %% tags=["nbval-check-output"]
def runs(path):
    """The path with each run of equal answers collapsed into one."""
    return "".join(answer for answer, _ in itertools.groupby(path))


for path in ["1112222", "1111111"]:
    print(path, "→", runs(path))
assert runs("1111111") == "1"

# %% [markdown]
# **What to notice.** `itertools.groupby` walks along the text and groups equal neighbours. The 11 is lost: seven times "1" may be one wide 1 or two of them. So CTC adds an eleventh answer, the **blank** (空白符), written `-` here. Reading then takes two steps, in this order:
#
# 1. collapse each run into one;
# 2. drop the blanks.
#
# Work these out before you run the cell: `-11--2-`, `1-1`, `1--1122`, `-------`.

# %% tags=["nbval-check-output"]
def collapse(path):
    """'-11--2-' → '12'."""
    return runs(path).replace("-", "")


for path in ["-11--2-", "1-1", "1--1122", "-------"]:
    print(path, "→", repr(collapse(path)))
assert [collapse(p) for p in ("-11--2-", "1-1", "1--1122")] == ["12", "11", "112"]

# %% [markdown]
# **What to notice.** A blank between two equal digits keeps them apart. A row of blanks is the empty text. A row of answers, one for each column, is called a **path** or alignment (路径, 对齐). Many paths read as the same number, and that is the whole idea.
#
# **Trap: the other order.** Drop the blanks first and collapse afterwards, and the blank has done its work for nothing.

# %% tags=["nbval-check-output"]
wrong_order = runs("1-1".replace("-", ""))
print("1-1 → drop, then collapse:", wrong_order, "  collapse, then drop:", collapse("1-1"))
assert wrong_order == "1"

# %% [markdown]
# ## Add up every path
#
# Take a world small enough to list: four columns, three answers: 1, 2 and blank. That makes $3^4=81$ paths. How many of them read "12"? Guess first.

# %%
ANSWERS = "12-"


def paths_of(number, columns, answers=ANSWERS):
    """Every path of this length that reads as the number."""
    every = itertools.product(answers, repeat=columns)
    return [p for p in map("".join, every) if collapse(p) == number]


twelve = paths_of("12", 4)
fig, axes = plt.subplots(3, 5, figsize=(8.0, 2.6))
for ax, path in zip(axes.flat, twelve, strict=True):
    ax.imshow([[ANSWERS.index(c) for c in path]], cmap=plt.matplotlib.colors.ListedColormap(
        [ORANGE, SKY, "white"]), vmin=0, vmax=2)
    ax.set(xticks=np.arange(0.5, 3), yticks=[], xticklabels=[])
    for t, c in enumerate(path):
        ax.text(t, 0, c, ha="center", va="center")
fig.suptitle("Fifteen paths through four columns read 12", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Fifteen strips of four cells. Each holds a run of 1 and, somewhere to its right, a run of 2; blanks fill the rest, before, between or after.

# %%
print(len(ANSWERS) ** 4, "paths;", len(twelve), "read 12,", len(paths_of("11", 4)), "read 11")
assert (len(twelve), len(paths_of("11", 4))) == (15, 5)

# %% [markdown]
# **What to notice.** Fewer paths read 11 than 12, because 11 must spend a column on the blank in the middle.
#
# Now let a network give probabilities. It says, for column $t$, how likely each answer is: $p_t(k)$. CTC supposes that the columns answer independently, so the probability of a path $\pi$ is a product, and the probability of the number is the sum over its paths:
#
# $$P(\text{number})=\sum_{\pi\,\text{reads as the number}}\ \prod_{t=1}^{T}p_t(\pi_t),\qquad \text{loss}=-\ln P(\text{number}),$$
#
# with $T$ columns and $\pi_t$ the answer of the path in column $t$. PyTorch has this as `nn.CTCLoss`. Give it random probabilities and compare with the plain sum.

# %%
log_p = torch.randn(4, 1, 3, dtype=torch.float64).log_softmax(dim=2)   # (T, N, C): columns first


def by_listing(number, log_p):
    """−ln of the sum over all paths, for one picture: log_p (T, 1, 3)."""
    total = sum(math.exp(sum(log_p[t, 0, ANSWERS.index(c)] for t, c in enumerate(path)))
                for path in paths_of(number, len(log_p)))
    return -math.log(total)


tiny_loss = nn.CTCLoss(blank=2, reduction="sum")
for number in ("12", "11", "2", "121"):
    target = torch.tensor([[ANSWERS.index(c) for c in number]])
    library = tiny_loss(log_p, target, torch.tensor([4]), torch.tensor([len(number)])).item()
    print(f"{number:>4}: listed {by_listing(number, log_p):.4f}   nn.CTCLoss {library:.4f}")
    assert abs(by_listing(number, log_p) - library) < 1e-5

# %% [markdown]
# **What to notice.** The two agree. `nn.CTCLoss` takes four things: the logarithms of the probabilities with the **columns on the first axis**, the target, the number of columns of each picture, and the number of digits of each target. `blank=2` says which class is the blank.
#
# The gradient (梯度) of this sum reaches every column of every path. A path that is already likely gets most of it. Nobody has to choose an alignment.
#
# ## Count the paths
#
# Can the real case be listed too? A number of $n$ digits with $r$ equal neighbours ("11" has $r=1$) has
#
# $$\binom{T+n-r}{2n}$$
#
# paths through $T$ columns. `math.comb(a, b)` is the number of ways to choose $b$ of $a$ things. Check the formula on cases small enough to list, then use it.

# %%
def count(number, columns):
    repeats = sum(a == b for a, b in itertools.pairwise(number))
    return math.comb(columns + len(number) - repeats, 2 * len(number))


for number, columns in itertools.product(["1", "12", "11", "121", "112", "111"], range(1, 8)):
    assert count(number, columns) == len(paths_of(number, columns))
for number in ("5", "12", "11", "123"):
    print(f"{number:>3} in 40 columns: {count(number, 40):>9,} paths")

# %%
assert count("12", 40) == 111_930
assert count("123", 40) == 6_096_454

# %% [markdown]
# **What to notice.** Two digits have 111,930 paths through 40 columns, three digits six million. And to find them by listing, you would walk through all $11^{40}$ rows of answers. Nobody lists that.
#
# ## By hand: add them up in forty steps
#
# The way out is the **forward algorithm** (前向算法), the same idea as in a hidden Markov model (隐马尔可夫模型). Write the number with a blank before, between and after its digits: 12 becomes `-1-2-`. These are $S=2n+1$ states (状态). A path moves through them from left to right. In each column it may
#
# - stay in its state,
# - go to the next state,
# - or skip a blank, from one digit to the next, **if the two digits differ**.
#
# Let $\alpha_t(s)$ be the probability of all beginnings that stand in state $s$ at column $t$. Then
#
# $$\alpha_t(s)=p_t(\text{answer of }s)\,\bigl[\alpha_{t-1}(s)+\alpha_{t-1}(s-1)+\alpha_{t-1}(s-2)\ \text{if allowed}\bigr].$$
#
# A path may begin in the first blank or the first digit, and end in the last digit or the last blank.

# %%
def ctc_by_hand(log_p, target, blank=BLANK):
    """log_p (T, C), target: list of n classes → −ln P(target), by the forward algorithm."""
    states = [blank]
    for digit in target:
        states += [digit, blank]                       # [-, 1, -, 2, -]
    p = log_p.exp()
    alpha = torch.zeros(len(states), dtype=log_p.dtype)
    alpha[:2] = p[0, states[:2]]                       # begin in the first two states
    for t in range(1, len(p)):
        came = alpha.clone()                           # stay
        came[1:] += alpha[:-1]                         # one step on
        for s in range(2, len(states)):
            if states[s] not in (blank, states[s - 2]):
                came[s] += alpha[s - 2]                # skip the blank
        alpha = came * p[t, states]
    return -alpha[-2:].sum().log().item()              # end in the last two states


# %%
log_p = torch.randn(COLUMNS, 11, dtype=torch.float64).log_softmax(dim=1)
ctc_sum = nn.CTCLoss(blank=BLANK, reduction="sum")
for number in ("7", "12", "11", "2005", "111111"):
    target = [int(c) for c in number]
    library = ctc_sum(log_p[:, None], torch.tensor([target]), torch.tensor([COLUMNS]),
                      torch.tensor([len(target)])).item()
    print(f"{number:>6}: by hand {ctc_by_hand(log_p, target):.4f}   nn.CTCLoss {library:.4f}")
    assert abs(ctc_by_hand(log_p, target) - library) < 1e-5

# %% [markdown]
# **What to notice.** Forty steps over at most 13 states do the work of millions of paths. The library does the same with logarithms, because a product of 40 small probabilities can fall below the smallest number that a float32 can hold (underflow, 下溢).
#
# ## Ask the loss what it wants first
#
# Before any training, a network knows nothing: each of the eleven answers has about 1/11 in every column. Which way does the loss push? For softmax (归一化指数函数) with this loss the gradient has a form that you know from cross entropy (交叉熵):
#
# $$\frac{\partial\,\text{loss}}{\partial z_t(k)}=p_t(k)-q_t(k),$$
#
# where $z_t(k)$ is the score of answer $k$ in column $t$, and $q_t(k)$ is the share of all paths (weighted by their probability) that give answer $k$ in column $t$. So $q$ is what the loss wants. Compute the gradient with autograd (自动求导) and read $q=p-\text{gradient}$ from it.

# %%
def wanted(number, columns=COLUMNS):
    """What CTC asks of a network that knows nothing: q (columns, 11)."""
    z = torch.zeros(columns, 1, 11, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[int(c) for c in number]])
    ctc_sum(z.log_softmax(dim=2), target, torch.tensor([columns]),
            torch.tensor([len(number)])).backward()
    return (z.softmax(dim=2).detach() - z.grad)[:, 0]


# %%
q = wanted("25")
fig, ax = plt.subplots(figsize=(7.4, 3.4))
for k, name, colour in ((BLANK, "blank", BLUE), (2, "2", ORANGE), (5, "5", RED)):
    ax.plot(np.arange(1, 41), q[:, k], color=colour, label=name)
ax.axhline(1 / 11, color="black", linestyle=":", label="1/11, what the network says")
ax.set(xlabel="column", ylabel="wanted probability", ylim=(0, 1),
       title="For the number 25, every column is first asked to say blank")
ax.legend(ncols=2)
plt.show()

# %% [markdown]
# **Figure in words.** The blue line of the blank starts and ends at about 0.9, sinks to a little below 0.5 in the middle, and lies above the others in all 40 columns. The 2 has a broad hill on the left, the 5 its mirror image on the right.

# %%
everything = torch.stack([wanted(n) for n in numbers[:300]]).mean(dim=0)
digit_best = everything[:, :BLANK].max()
print(f"25: blank at least {q[:, BLANK].min():.2f}, mean {q[:, BLANK].mean():.2f}")
print(f"300 numbers: blank at least {everything[:, BLANK].min():.2f}, "
      f"mean {everything[:, BLANK].mean():.2f}; any digit at most {digit_best:.2f}")
assert (q[:, BLANK] > q[:, :BLANK].max(dim=1).values).all()
assert abs(q.sum(dim=1) - 1).max() < 1e-6
assert 0.5 < everything[:, BLANK].mean() < 0.65
assert everything[:, BLANK].min() > 2 * digit_best

# %% [markdown]
# **What to notice.** Blank belongs to every number, a given digit only to some. So over a whole batch the loss first says: *blank, everywhere*. Once the network does that, the paths with many blanks are the likely ones, and the wish for blank grows. A digit's share is spread thinly over all the columns where it might be. This is the **blank phase** (空白阶段). It is no error in your code. But it can be long.
#
# ## Build a CRNN
#
# The network of Shi, Bai and Yao (2015) has three parts:
#
# 1. **Convolutions** that shrink the height much and the width little: 32 × 80 pixels become 4 rows × 40 columns of 64 channels.
# 2. **Columns**: the 64 × 4 numbers of a column are mixed into 64. A convolution over one axis with a window of 1 (`nn.Conv1d(256, 64, 1)`) is the same linear layer for each column.
# 3. A **recurrent layer** (循环层). It walks along the columns and carries a hidden state (隐状态), a vector of 64 numbers that it updates at each step, so that a column's answer can depend on the columns before it. The GRU (门控循环单元) is a kind of recurrent layer that learns how much of its state to keep. `bidirectional=True` (双向) runs a second one from right to left, and each column gets both states: 128 numbers. A last linear layer makes eleven scores of them.

# %%
def block(i, o):
    """Convolution, batch normalisation (批量归一化), ReLU: i → o channels, size unchanged."""
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]


class CRNN(nn.Module):
    """(N, 1, 32, 80) → (N, 40, 11): scores of each column."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *block(1, 16), nn.MaxPool2d(2),           # 32 × 80 → 16 × 40
            *block(16, 32), nn.MaxPool2d((2, 1)),     # halve the height only: 8 × 40
            *block(32, 64), nn.MaxPool2d((2, 1)),     # 4 × 40
            *block(64, 64))
        self.column = nn.Conv1d(64 * 4, 64, 1)
        self.rnn = nn.GRU(64, 64, bidirectional=True, batch_first=True)
        self.head = nn.Linear(128, 11)

    def forward(self, x):
        x = self.features(x).flatten(1, 2)            # (N, 64, 4, 40) → (N, 256, 40)
        x = torch.relu(self.column(x)).transpose(1, 2)   # (N, 40, 64): columns, then channels
        x, _ = self.rnn(x)                            # (N, 40, 128); the last state is not needed
        return self.head(x)


# %%
net, x = CRNN(), torch.zeros(2, 1, 32, 80)
features = net.features(x)
print("features", tuple(features.shape), "→ flattened", tuple(features.flatten(1, 2).shape))
print("scores  ", tuple(net(x).shape))
sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in net.named_children()}
for name, size in sizes.items():
    print(f"{name:8} {size:7,} parameters")
assert net(x).shape == (2, COLUMNS, 11)
assert 0.4 < sizes["features"] / sum(sizes.values()) < 0.5

# %% [markdown]
# **What to notice.** `MaxPool2d((2, 1))` halves the height and keeps the width: with `MaxPool2d(2)` three times, ten columns would remain, a digit would be about one column wide, and a blank would find no room between the two digits of "11". `flatten(1, 2)` joins the channels and the rows, so that a column becomes one long vector. Nearly half of the parameters sit in the features, and most of the others in the recurrent layer.
#
# **Explain this line, this shape.**
#
# 1. Why `transpose(1, 2)` before the GRU?
# 2. The head gives (2, 40, 11). `nn.CTCLoss` wants (40, 2, 11). What is missing?
# 3. Would this network read a picture that is 160 pixels wide?
#
# <details><summary>Answers</summary>
#
# 1. A convolution has channels on axis 1, (N, 64, 40). A GRU with `batch_first=True` wants the steps on axis 1, (N, 40, 64).
# 2. `transpose(0, 1)`: columns first. It comes in the loss below.
# 3. Yes: 80 columns come out. No layer depends on the width. Only the training data has one width.
#
# </details>

# %%
with torch.no_grad():
    assert net(torch.zeros(1, 1, 32, 160)).shape == (1, 80, 11)

# %% [markdown]
# ## Train from scratch, and meet the blank phase
#
# The loss for a batch: `log_softmax`, columns first, and the targets of all pictures one behind the other, with their lengths. That is the second form in which `nn.CTCLoss` takes targets; it needs no padding (填充). With the default `reduction="mean"`, the loss of each picture is divided by its number of digits, then averaged.

# %%
ctc = nn.CTCLoss(blank=BLANK, zero_infinity=True)


def ctc_loss(scores, labels):
    """scores (N, T, 11), labels (N, 6) with −1 where there is no further digit."""
    log_p = scores.log_softmax(dim=2).transpose(0, 1)
    columns = torch.full((len(scores),), scores.shape[1])
    digits = (labels >= 0).sum(dim=1).cpu()
    return ctc(log_p, labels[labels >= 0], columns, digits)


labels = boxes[..., 0].long()                        # (N, 6)
print(numbers[:3], labels[:3].tolist())

# %% [markdown]
# The training loop is that of stage 4, shortened. AdamW, batches of 16, a learning rate (学习率) that rises and falls once (OneCycle), and the gradient's length cut at 5 (梯度裁剪, gradient clipping), because a recurrent layer can now and then produce a huge one. It notes the loss of each step and the mean probability of blank.

# %%
inputs, inputs_val = grid.standardise(pixels), grid.standardise(pixels_val)


def train(net, loss_of, target, epochs, images=None, lr=4e-3, batch=16, seed=0):
    """Train on the first ``images`` pictures (None: all) → array (steps, 2): loss, mean P(blank)."""
    torch.manual_seed(seed)
    images = images or len(inputs)
    net.train().to(DEVICE)
    optimizer = torch.optim.AdamW(net.parameters(), lr, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * math.ceil(images / batch), pct_start=0.2)
    log = []
    for _ in range(epochs):
        for i in torch.randperm(images).split(batch):
            x = inputs[i].to(DEVICE).contiguous(memory_format=torch.channels_last)
            scores = net(x)
            loss = loss_of(scores, target[i].to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                log.append((loss.item(), scores.softmax(2)[..., BLANK].mean().item()))
    return np.array(log)

# %% [markdown]
# To judge the loss you need a guess to compare with, as always. The best **blind** answer gives the same eleven probabilities in each column of each picture: it has seen the numbers, and no picture. Eleven scores, fitted to 200 numbers by Adam in 50 steps. The score of blank begins at 3, not far from where it ends.

# %%
blind = torch.zeros(11)
blind[BLANK] = 3.0
blind.requires_grad_()
optimizer = torch.optim.Adam([blind], lr=0.1)
for _ in range(50):
    blind_loss = ctc_loss(blind.expand(200, COLUMNS, 11), labels[:200])
    optimizer.zero_grad()
    blind_loss.backward()
    optimizer.step()
blind_loss = blind_loss.item()
print(f"blind loss {blind_loss:.2f}, with P(blank) = {blind.softmax(0)[BLANK]:.2f} in every column")

# %%
torch.manual_seed(0)
scratch = CRNN().to(memory_format=torch.channels_last)
log = train(scratch, ctc_loss, labels, epochs=1, images=800)
smooth = np.convolve(log[:, 0], np.ones(10) / 10, mode="valid")

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.3))
left.plot(np.arange(len(smooth)) + 10, smooth, color=BLUE, label="CRNN, mean of 10 steps")
left.axhline(blind_loss, color=RED, linestyle="--", label="blind answer")
left.set(xlabel="step", ylabel="CTC loss a digit", ylim=(0, None),
         title="The loss falls fast, then stops …")
left.legend()
right.plot(log[:, 1], color=BLUE)
right.axhline(blind.softmax(0)[BLANK].item(), color=RED, linestyle="--")
right.set(xlabel="step", ylabel="mean probability of blank", ylim=(0, 1.02),
          title="… when blank is everywhere")
plt.show()

# %% [markdown]
# **Figure in words.** Left: the loss drops from above 30 to about 3 within some twenty or thirty steps and then runs along the dashed red line of the blind answer. Right: the probability of blank climbs from 0.1 to above 0.9 in the same steps and stays there.


# %%
@torch.no_grad()
def column_scores(net, x=inputs_val):
    """(N, 40, 11) on the CPU, in evaluation mode."""
    net.eval()
    return torch.cat([net(part.to(DEVICE)).cpu() for part in x.split(200)])


def read(scores):
    """Greedy reading (贪心解码): the surest answer of each column, collapsed, without blanks."""
    best = scores.argmax(dim=2).tolist()
    return [collapse("".join("0123456789-"[k] for k in path)) for path in best]


readings = read(column_scores(scratch))
empty = np.mean([r == "" for r in readings])
print(f"last steps: loss {log[-20:, 0].mean():.1f} against {blind_loss:.1f} blind, "
      f"P(blank) {log[-20:, 1].mean():.2f}")
print(f"numbers read as nothing: {empty:.0%}, right: {grid.accuracy(readings, truth):.0%}")
if STAND_IN:
    assert abs(log[-20:, 0].mean() - blind_loss) < 0.4
    assert abs(log[-20:, 1].mean() - 0.95) < 0.03
    assert empty > 0.9

# %% [markdown]
# **What to notice.** 800 pictures later the network has found out how rare each digit is, and hardly anything about pictures: its loss is about that of the blind answer. Nearly every reading is empty. And the wish for blank did grow: from somewhat more than half of a column's probability before training to about 0.95.
#
# With enough passes CTC leaves this phase: Shi, Bai and Yao trained on eight million drawn words. A minute on a processor is too short. In trials outside this notebook, 38,400 passes from scratch read about 2 % of the stand-in's numbers. A better start helps.
#
# ## Warm up with some boxes
#
# Suppose that somebody drew boxes for the first 640 of the 1,600 pictures, and that the others have their numbers only. Boxes tell each column what to say: the digit, if the column's centre lies in the middle 60 % of a digit's width, and blank otherwise. The 60 % leave a gap between neighbours, so that two equal digits stay apart.

# %%
def column_targets(boxes, core=0.3):
    """(N, 6, 5) boxes → (N, 40) classes: a digit within ``core`` × its width of its centre."""
    x = (torch.arange(COLUMNS) + 0.5) * 2                      # centres of the columns in pixels
    label, centre, _, width, _ = boxes.unbind(dim=2)           # each (N, 6)
    near = (x - centre[..., None]).abs() <= core * width[..., None]   # (N, 6, 40)
    near &= (label >= 0)[..., None]
    target = torch.full((len(boxes), COLUMNS), BLANK)
    for m in range(boxes.shape[1]):                            # the m-th digit of each picture
        target = torch.where(near[:, m], label[:, m, None].long(), target)
    return target


with_column = column_targets(boxes)
path = "".join("0123456789-"[k] for k in with_column[sample])
print(path, "→", collapse(path))

# %%
fig, (top, bottom) = plt.subplots(2, 1, figsize=(8.8, 4.2), sharex=True, height_ratios=[4, 1])
top.imshow(pixels[sample, 0], cmap="gray", extent=(0, 40, 32, 0), aspect="auto")
top.set(yticks=[], title="What the boxes ask of each column")
bottom.imshow((with_column[sample] != BLANK)[None], cmap="Blues", vmin=0, vmax=2,
              extent=(0, 40, 1, 0), aspect="auto")
for t, answer in enumerate(path):
    bottom.text(t + 0.5, 0.5, answer, ha="center", va="center")
bottom.set(xlabel="column", yticks=[])
for ax in (top, bottom):
    ax.grid(False)
plt.show()

# %% [markdown]
# **Figure in words.** The picture from above, and under it a strip of 40 cells. Below the middle of each digit stand a few blue cells with that digit; all the others, those between the two equal digits too, hold a dash for blank.

# %%
kept = np.mean([collapse("".join("0123456789-"[k] for k in row)) == n
                for row, n in zip(with_column.tolist(), numbers, strict=True)])
print(f"targets that read as the right number: {kept:.1%}")
assert kept > (0.95 if STAND_IN else 0.8)

# %% [markdown]
# **What to notice.** Read with `collapse`, these targets give the right number for nearly every picture. They are not the only right path. They are one path of very many, picked by us. With one answer for each column known, the loss is plain cross entropy, the mean over all columns.

# %%
WITH_BOXES = len(pixels) * 2 // 5                    # 640 of 1,600


def column_loss(scores, target):
    """scores (N, 40, 11), target (N, 40) → mean cross entropy of the columns."""
    return F.cross_entropy(scores.flatten(0, 1), target.flatten())


# %%
torch.manual_seed(0)
warm = CRNN().to(memory_format=torch.channels_last)
train(warm, column_loss, with_column, epochs=8, images=WITH_BOXES)
scores_warm = column_scores(warm)
results = {f"{WITH_BOXES:,} with boxes: columns": grid.accuracy(read(scores_warm), truth)}
error = math.sqrt(0.25 / len(truth))
print(f"whole numbers right: {list(results.values())[0]:.2f}, standard error at most {error:.3f}")
if STAND_IN:
    assert min(results.values()) > 0.08

# %% [markdown]
# **What to notice.** The same network that read nothing now reads some whole numbers. A share measured on 500 numbers has a standard error (标准误) of at most $\sqrt{0.25/500}=0.022$.
#
# ## Let CTC go on without boxes
#
# Now use what the 960 other pictures have: their numbers. Take the warm network and train it with CTC on all 1,600 pictures, boxes unused, for two epochs: 3,200 passes.
#
# To know what CTC adds, you need a **control** (对照): the same warm network, the same number of passes, spent on the 640 pictures with boxes. Guess which of the two wins.

# %%
read_on = copy.deepcopy(warm)
log_ctc = train(read_on, ctc_loss, labels, epochs=2, seed=1)
scores_ctc = column_scores(read_on)
results[f"then all {len(pixels):,} numbers: CTC"] = grid.accuracy(read(scores_ctc), truth)

# %%
control = copy.deepcopy(warm)
train(control, column_loss, with_column, epochs=5, images=WITH_BOXES, seed=1)
results[f"or the same {WITH_BOXES:,} boxes again"] = grid.accuracy(
    read(column_scores(control)), truth)

# %%
fig, ax = plt.subplots(figsize=(7.6, 2.8))
bars = ax.barh(list(results), list(results.values()), color=[SKY, BLUE, ORANGE],
               xerr=error, error_kw={"ecolor": "black", "capsize": 3})
ax.bar_label(bars, fmt="%.2f", padding=8)
ax.invert_yaxis()
ax.set(xlabel="share of whole numbers read right (validation)", xlim=(0, 0.8),
       title="Numbers without boxes lift a network that boxes have warmed up")
ax.grid(axis="y", visible=False)
plt.show()

# %% [markdown]
# **Figure in words.** Three horizontal bars with error bars. The warm start alone is the shortest. The two networks that trained on have clearly longer bars, and these two differ by little.

# %%
first, last = log_ctc[:5, 0].mean(), log_ctc[-50:, 0].mean()
print(f"CTC loss: {first:.1f} at first, {last:.1f} at the end; blind {blind_loss:.1f}")
if STAND_IN:
    start, with_numbers, with_boxes = results.values()
    assert with_numbers > start + 0.04
    assert with_boxes > start + 0.02
    assert abs(with_numbers - with_boxes) < 0.12
    assert last < blind_loss - 0.5

# %% [markdown]
# **What to notice.** The warm start is out of the blank phase: its CTC loss ends far below the blind answer's. Without a single box, CTC lifts the network well beyond the noise.
#
# The control rises too. Do not read a winner from the two lower bars: the difference of two such shares has a standard error of about 0.03. Two more seeds, run apart with 1,000 of 2,500 pictures boxed and eight warm epochs, put CTC ahead by 0.04 and 0.02. With data augmentation (数据增强) in all three trainings, which takes longer to pay, the two came out level. And when the control was given boxes for *all* pictures, it came out level with CTC too. So the honest sentence is: **CTC did not beat boxes; it replaced them.** Once some boxes have started the network, the cheap numbers of other pictures taught about as much as expensive boxes.
#
# What CTC did not do, in trials outside this notebook with equal passes and all boxes, is beat the grid of [Street 3](street_3_model.ipynb).
#
# ## Look at where it reads
#
# What does a network that was trained with CTC say in each column? Take validation pictures, and draw the probability of each answer under them, before and after CTC.

# %%
probability = {"columns": scores_warm.softmax(2), "CTC": scores_ctc.softmax(2)}
right = [r == t and len(t) == 3 for r, t in zip(read(scores_ctc), truth, strict=True)]
pick = right.index(True)
fig, axes = plt.subplots(3, 1, figsize=(8.0, 6.0), sharex=True, height_ratios=[1, 1, 1])
axes[0].imshow(pixels_val[pick, 0], cmap="gray", extent=(0, 40, 32, 0), aspect="auto")
axes[0].set(yticks=[], title=f"A picture of {truth[pick]}, read right with CTC")
for ax, (name, p) in zip(axes[1:], probability.items(), strict=True):
    ax.imshow(p[pick].T, extent=(0, 40, 10.5, -0.5), aspect="auto", vmin=0, vmax=1)
    ax.set(yticks=range(11), yticklabels=[*"0123456789", "blank"], ylabel=f"after {name}")
    ax.tick_params(axis="y", labelsize=7)
axes[2].set_xlabel("column")
for ax in axes:
    ax.grid(False)
plt.show()

# %% [markdown]
# **Figure in words.** Above, a picture with three digits. In the middle, the probabilities of the network that learned columns: smeared bars of several columns at each digit, some with a second candidate. Below, the same after CTC: short marks of one or two columns, one for each digit, and blank bright everywhere else.

# %%
share = {name: (p.argmax(2) != BLANK).float().mean().item() for name, p in probability.items()}
digits = np.mean([len(t) for t in truth])
for name, s in share.items():
    print(f"{name:8} a digit in {s:.0%} of the columns: {s * COLUMNS / digits:.1f} columns a digit")
if STAND_IN:
    assert share["CTC"] < 0.7 * share["columns"]
    assert share["CTC"] * COLUMNS / digits < 1.5

# %% [markdown]
# **What to notice.** CTC narrows the answers to peaks (尖峰). One column with the digit is enough for the right text, and blank costs nothing, so the paths with a single column for each digit win. The peak need not stand in the digit's middle: with a recurrent layer, a column knows its neighbours. So a CTC network tells you *what* is written and only roughly *where*. If you need boxes, this is the wrong tool.
#
# **Where it helps.** Lines of text of any length, number plates, handwriting, and speech: CTC was made for speech, where a second holds a hundred columns and a handful of letters.
#
# **Try it.** Call `column_targets(boxes, core=0.1)` and count again how many targets read as the right number. Then `core=0.5`. Expect both to fall below the share for 0.3, for opposite reasons: a narrow digit slips between two column centres, or two equal neighbours touch and merge.
#
# ## Parameters
#
# | name | meaning | choose |
# |---|---|---|
# | `blank` (0) | index of the blank class | set it: the default takes class 0, which is a digit here |
# | `reduction` ("mean") | "mean" divides by the target's length, then averages; "sum" adds | "mean" |
# | `zero_infinity` (False) | impossible targets give 0 loss and no gradient | True, and count them |
# | `log_probs` (T, N, C) | `log_softmax` of the scores, columns first | |
# | `targets` (N, S) or one after the other | classes without blanks | |
# | `input_lengths`, `target_lengths` (N,) | columns and digits of each picture | |
# | number of columns $T$ | decided by the pooling | well above $n+r$, digits plus equal neighbours |
#
# The last row is the one that people meet late. See what a network that knows nothing pays, for different $T$.

# %%
columns = list(range(1, 13))
fig, ax = plt.subplots(figsize=(7.4, 3.4))
for number, colour, marker in (("12", BLUE, "o"), ("11", ORANGE, "s"), ("1111", GREEN, "^")):
    loss = [ctc_by_hand(torch.full((t, 11), -math.log(11.0)), [int(c) for c in number])
            for t in columns]
    ax.plot(columns, loss, color=colour, marker=marker, label=number)
    print(number, "first possible with", columns[int(np.isfinite(loss).argmax())], "columns")
ax.set(xlabel="columns T", ylabel="loss of a network that knows nothing", xticks=columns,
       title="Too few columns: no path, an infinite loss, no point to draw")
ax.legend(title="number")
plt.show()

# %% [markdown]
# **Figure in words.** Three rising lines. The one of 12 begins at two columns, the one of 11 at three, the one of 1111 at seven. To the left of that there is no point: the loss is infinite.

# %%
for number, least in (("12", 2), ("11", 3), ("1111", 7)):
    assert count(number, least) > 0
    assert count(number, least - 1) == 0

# %% [markdown]
# ## Step into the traps
#
# **Trap 1: the default blank is 0.** Here class 0 is the digit 0. Take scores that say `-1-0-` with near certainty, and the target 10. The default raises no error. But now the digit 0 serves as the blank, and no path contains your blank, class 10.

# %%
one_zero = torch.full((5, 1, 11), -9.0)
for t, k in enumerate([10, 1, 10, 0, 10]):
    one_zero[t, 0, k] = 9.0
log_p, lengths = one_zero.log_softmax(2), (torch.tensor([5]), torch.tensor([2]))
right = nn.CTCLoss(blank=10)(log_p, torch.tensor([[1, 0]]), *lengths).item()
wrong = nn.CTCLoss()(log_p, torch.tensor([[1, 0]]), *lengths).item()
print(f"scores that say -1-0-: loss {abs(right):.2f} with blank=10, {wrong:.2f} with the default")
assert abs(right) < 0.01
assert wrong > 1

# %% [markdown]
# **Trap 2: scores instead of logarithms of probabilities.** A loss that is $-\ln$ of a probability cannot be negative. If yours is, `log_softmax` is missing.

# %%
no_log = nn.CTCLoss(blank=10)(one_zero, torch.tensor([[1, 0]]), *lengths).item()
print(f"without log_softmax: {no_log:.1f}")
assert no_log < 0

# %% [markdown]
# **Trap 3: columns and pictures exchanged.** With (N, T, C) instead of (T, N, C) PyTorch complains, unless N and T happen to be equal. Then it adds up paths across pictures.

# %%
square = torch.full((4, 4, 11), -9.0)                     # 4 columns, 4 pictures
for t, k in enumerate([10, 1, 2, 10]):
    square[t, :, k] = 9.0                                 # each picture says -12-
square = square.log_softmax(2)
args = torch.tensor([[1, 2]] * 4), torch.full((4,), 4), torch.full((4,), 2)
as_it_is, exchanged = ctc(square, *args).item(), ctc(square.transpose(0, 1), *args).item()
print(f"four columns, four pictures: loss {abs(as_it_is):.2f}, exchanged {exchanged:.1f}, no error")
try:
    ctc(torch.randn(2, 4, 11).log_softmax(2), *args)
except RuntimeError as message:
    print("two columns:", str(message).partition(" (")[0])
assert abs(as_it_is) < 0.01
assert exchanged > 1

# %% [markdown]
# **Trap 4: the hidden zero.** An impossible target, such as 11 in two columns, costs infinity, and one infinite loss makes every weight NaN. `zero_infinity=True` replaces it by 0. Then a picture that can never be learned looks like a perfect one.

# %%
two = torch.tensor([2])
args = torch.zeros(2, 1, 11).log_softmax(2), torch.tensor([[1, 1]]), two, two
plain = nn.CTCLoss(blank=10)(*args).item()
zeroed = nn.CTCLoss(blank=10, zero_infinity=True)(*args).item()
print(f"default {plain}, zero_infinity {zeroed}")
impossible = sum(count(n, COLUMNS) == 0 for n in numbers)
print(f"impossible numbers in the training data: {impossible}")
assert (plain, zeroed) == (math.inf, 0.0)
assert impossible == 0

# %% [markdown]
# ## Beyond the roadmap: the surest path is not the surest number
#
# Greedy reading takes the surest path. But the loss adds up paths. Two columns, two answers: blank with 0.6 and "1" with 0.4 in both. What does greedy reading say, and which number is more probable? Work it out, then run.

# %%
p = {"-": 0.6, "1": 0.4}
total = {}
for path in itertools.product("-1", repeat=2):
    number = collapse("".join(path))
    total[number] = total.get(number, 0) + p[path[0]] * p[path[1]]
print({number or "nothing": round(value, 2) for number, value in total.items()})
assert math.isclose(total["1"], 0.64)
assert math.isclose(total[""], 0.36)

# %% [markdown]
# **What to notice.** The surest path is `--`, which reads as nothing, with 0.36. Three other paths, `-1`, `1-` and `11`, all read "1", and together they have 0.64. **Prefix beam search** (前缀束搜索) keeps the few best beginnings of texts, and adds up the paths that lead to the same beginning. It is slower.
#
# **With the real data.** With `DLROADMAP_DATA=full` on a GPU, these cells take all images of the competition; raise `epochs` to 20 each there. Our sources publish no score of a CRNN in this competition. For orientation, as published: the tutorial's ResNet18 with five heads reached .34 to .58, detection with YOLO models .92 to .95.

# %% [markdown]
# ## Check yourself
#
# 1. What does `22-2--05-` read as? And `2-22--0-5`?
# 2. How many columns does "1111" need at least?
# 3. Why does a CTC network say blank everywhere at first?
# 4. How many paths through 5 columns read "7"?
# 5. You have 100,000 numbers without boxes and 500 pictures with boxes. What do you do?
#
# <details><summary>Answer to 1</summary>
#
# 2205 both times: a blank stands between two runs of 2. The next cell checks it.
#
# </details>
#
# <details><summary>Answer to 2</summary>
#
# Seven: four digits and three blanks between them. The figure of the section Parameters showed it.
#
# </details>
#
# <details><summary>Answer to 3</summary>
#
# Blank is on many of the paths of every number, a given digit on few. Averaged over a batch, the loss asks for blank most, in each column. The more blank the network says, the more the likely paths are those with blanks.
#
# </details>
#
# <details><summary>Answer to 4</summary>
#
# $\binom{5+1}{2}=15$: choose where the run of 7 begins and where it ends. The next cell lists them.
#
# </details>
#
# <details><summary>Answer to 5</summary>
#
# Warm up with the 500 (with data augmentation, 数据增强), then CTC on everything. Measure against a control with the same number of passes.
#
# </details>

# %%
assert collapse("22-2--05-") == "2205" == collapse("2-22--0-5")
fifteen = paths_of("7", 5, answers="7-")
print(len(fifteen), "paths, the first three:", fifteen[:3])
assert len(fifteen) == count("7", 5) == 15

# %% [markdown]
# ## In one breath
#
# A CRNN shrinks a picture to a row of columns, lets a recurrent layer look along them, and says a digit or blank in each. Reading collapses runs, then drops blanks; the blank keeps equal neighbours apart. CTC is minus the logarithm of the sum of all paths that read as the number, computed by the forward algorithm in $T$ steps. From scratch it first says blank everywhere; a warm start with boxes for some pictures gets it out, and then numbers without boxes go on teaching.
#
# - The loss: Graves, Fernández, Gomez and Schmidhuber, *Connectionist Temporal Classification*, ICML 2006.
# - The network: Shi, Bai and Yao, *An End-to-End Trainable Neural Network for Image-based Sequence Recognition*, 2015.
# - The forward algorithm: 李航《统计学习方法》, chapter 10, hidden Markov models.
# - Lessons beside this one: [Street 3](street_3_model.ipynb) with heads and the grid, [Street 5](street_5_ensemble.ipynb) with ensembles and the submission.
