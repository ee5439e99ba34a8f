# ---
# jupyter:
#   dlroadmap:
#     path: core
#     minutes: 60
#     days: 1
#     needs: ["05_dl_competition/street_1_explore", "04_dl_theory/10_cnn_architectures"]
#   jupytext:
#     notebook_metadata_filter: dlroadmap
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Street view 2 Read and augment (数据读取与扩增)
#
# Turn a 6 upside down and it is a 9. A network that is shown turned digits in training, with their old labels, is taught a contradiction. In this lesson you measure what it makes of that. First you carry a picture from a file to a batch, and each step on the way can ruin it in silence.
#
# **You will** read images with Pillow, cut out digits by their bounding boxes (边界框), pad labels to a fixed length, write a `Dataset` line by line, put pixels on one scale, and test data augmentation (数据增强) on ten small networks.
#
# **After it you can**
#
# - say which of (H, W, C), (C, H, W), RGB and BGR you have in front of you, and move between them;
# - build batches from images of different sizes and with different numbers of boxes;
# - defend each augmentation with a number, and name those that destroy labels;
# - load a folder of your own photos, whatever came out of the phone;
# - say how far results on drawn images can be trusted.
#
# **You need** [Street view 1](../05_dl_competition/street_1_explore.ipynb), tensors, `Dataset` and `DataLoader` from [The training loop](../04_dl_theory/09_training_loop.ipynb), and the small CNN of [CNN architectures](../04_dl_theory/10_cnn_architectures.ipynb).
#
# **Where this stands.** Stage 5 of the roadmap, core path, task 2 of 5: how to load your own image data, and how to augment it. **Stuck?** Read [the notebook of task 2](https://tianchi.aliyun.com/notebook-ai/detail?postId=108150), which the roadmap names; [the competition's page](https://tianchi.aliyun.com/competition/entrance/531795/introduction) has the rules. Next on the path: [Street view 3](../05_dl_competition/street_3_model.ipynb), the model.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

import dlroadmap
from dlroadmap import check, grid, plot
from dlroadmap.data import street_view
from dlroadmap.data.street_view import PUBLISHED
from dlroadmap.plot import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED

dlroadmap.setup(seed=0)

# %% [markdown]
# ## Open one picture
#
# Read the line that `load` prints. By default the images are a **stand-in**: a program draws them in the competition's format. They are not photos, and a score on them is no score in the competition. With `DLROADMAP_DATA=full` the same cells run on the real files. `max_height=64` shrinks higher images, to save time; `first(n)` keeps the first n.

# %%
street = street_view.load(n_val=500, n_test=20, max_height=64)
stand_in = street.source == "stand-in"
train, val = street.train.first(1000 if stand_in else 10_000), street.val

# %% [markdown]
# `train[i]` gives a picture and its boxes. The picture is a `PIL.Image`: PIL is the name under which Python imports the library Pillow. `np.asarray` turns it into an array. Before you run the cell: `image.size` and the shape of the array do not agree. Guess how they differ.

# %%
image, boxes = train[1]
pixels = np.asarray(image)
print("PIL   ", image.mode, image.size)
print("array ", pixels.shape, pixels.dtype, "from", pixels.min(), "to", pixels.max())

# %%
assert pixels.shape == (image.height, image.width, 3)
assert pixels.dtype == np.uint8

# %% [markdown]
# **What to notice.** Pillow says (width, height). The array says (height, width, channels), because a matrix counts its rows first. This order is called **HWC**. A channel (通道) is one colour: red, green, blue, in this order, **RGB**. A value is a whole number from 0 to 255, stored in one byte, `uint8`.
#
# PyTorch's convolutions want **CHW**, channels first, and real numbers (浮点数). OpenCV, the library of the tutorial's second way of reading, gives HWC with the colours in the order blue, green, red, **BGR**. So three orders are in use. What does a picture look like when you take one for another?

# %%
mean_colour = np.array([np.asarray(train.image(i)).mean(axis=(0, 1)) for i in range(60)])
colourful = train.image(int(np.ptp(mean_colour, axis=1).argmax()))   # ptp: largest - smallest
rgb = np.asarray(colourful)                              # (H, W, 3)
bgr = rgb[..., ::-1]                                     # the last axis backwards
chw = torch.from_numpy(rgb.copy()).permute(2, 0, 1)      # (3, H, W): axes change places
mangled = torch.from_numpy(rgb.copy()).reshape(chw.shape)    # the same shape, another content

# %%
plot.images([rgb, bgr, chw.permute(1, 2, 0), mangled.permute(1, 2, 0)],
            ["RGB", "taken for BGR", "HWC → CHW\nby permute", "HWC → CHW\nby reshape"],
            height=1.05, title="Two of the four ways are right")
plt.show()

# %% [markdown]
# **Figure in words.** Four versions of one picture. The first and the third are equal. In the second, blue and red have changed places. The fourth is a fine pattern of coloured dots in which nobody can read the number.

# %%
assert np.array_equal(chw.permute(1, 2, 0).numpy(), rgb)
assert not torch.equal(mangled, chw)
assert mangled.shape == chw.shape
assert np.array_equal(bgr[..., ::-1], rgb)
assert not np.array_equal(bgr, rgb)

# %% [markdown]
# **What to notice.** `permute` changes the order of the axes: entry $[h, w, c]$ moves to $[c, h, w]$. `reshape` keeps the numbers in their row and cuts the row into other pieces. Both give the shape (3, H, W). No error tells you which one you wrote. Nor does one tell you RGB from BGR: the cure is to look at one picture right before it enters the network.
#
# One more silent trap is `uint8` itself. What is 200 + 100?

# %% tags=["nbval-check-output"]
bright = np.array([200, 100], dtype=np.uint8)
print(bright + np.uint8(100), bright.astype(np.float32) + 100)

# %% [markdown]
# One byte ends at 255 and starts again at 0, so 300 becomes 44. Make pixels float before you compute with them. From here on, a network sees floats.

# %% [markdown]
# ## Cut out the digits
#
# Digit crops (裁剪) are good for two things: to look at the labels, and to train a small network quickly. A box is left, top, width, height in pixels. Some boxes stick out over the edge of the picture. Take one whose left is −3 and slice without thinking.

# %% tags=["nbval-check-output"]
wall = np.zeros((40, 80, 3), np.uint8)
left, top, width, height = -3, 5, 12, 20
print("slice", wall[top:top + height, left:left + width].shape)

# %% [markdown]
# **What to notice.** The crop has no columns. In NumPy `-3` means "third from the end", so the slice runs from column 77 to column 9 and is empty. Again, no error. The box must be cut at the edges of the picture first.
#
# **Explain this line, this shape.**
#
# 1. A picture is 80 wide. May `right` be 80, although the last column has the number 79?
# 2. The box is (−3, 5, 12, 20). After cutting, how wide is it: 12 or 9?
# 3. Why are left and top rounded down, but right and bottom up?
#
# <details><summary>Answers</summary>
#
# 1. Yes. A slice `left:right` ends before `right`.
# 2. 9. The right edge is −3 + 12 = 9, and it stays there. Only the left edge moves, to 0.
# 3. So that no pixel is lost that the box touches.
#
# </details>

# %% tags=["exercise"]
def clip_box(box, width, height):
    """The pixels of a picture that a box touches.

    box: left, top, box width, box height: four numbers, whole or not, perhaps beyond the edge.
    width, height: of the picture. → (left, top, right, bottom), four int, such that
    pixels[top:bottom, left:right] is the crop: left and top rounded down, right and bottom
    rounded up, then all of them cut to 0 … width or 0 … height. Empty where the box is outside.
    """
    x, y, w, h = box
    # BEGIN SOLUTION  both edges of each axis first, np.floor and np.ceil, then min and max
    left, right = int(np.floor(x)), int(np.ceil(x + w))
    top, bottom = int(np.floor(y)), int(np.ceil(y + h))
    left, right = min(max(left, 0), width), min(max(right, 0), width)
    top, bottom = min(max(top, 0), height), min(max(bottom, 0), height)
    # END SOLUTION
    return left, top, right, bottom


# %%
check.clip_box(clip_box)


# %% [markdown]
# Pillow's `crop` takes these four numbers in this order. `convert("L")` makes a picture grey: one channel, the weighted mean of the three.

# %%
def crop_digits(image, boxes):
    """PIL image and its (n, 5) boxes → list of pairs (PIL crop, label), a pair a digit."""
    found = []
    for label, *box in boxes:
        left, top, right, bottom = clip_box(box, image.width, image.height)
        if left < right and top < bottom:                # a box wholly outside shows nothing
            found.append((image.crop((left, top, right, bottom)), int(label)))
    return found


# %%
shown = [pair for i in range(5) for pair in crop_digits(*train[i])][:10]
plot.images([crop.resize((32, 48)) for crop, _ in shown], [f"{label}" for _, label in shown],
            height=1.1, title="A box's own label stands above each crop")
plt.show()

# %% [markdown]
# **Figure in words.** Ten small crops in a row, each filled by one digit, with its label above. Here and there a sliver of the neighbouring digit shows at the side.

# %%
over = [i for i in range(len(train)) if not np.array_equal(
    street_view.clip(train.boxes_of(i), *train.image(i).size), train.boxes_of(i))]
print(f"{len(over)} of {len(train)} pictures have a box over the edge")
assert 0 < len(over) < 0.2 * len(train)
if stand_in:
    assert all(len(crop_digits(*train[i])) == len(train.numbers[i]) for i in over)

# %% [markdown]
# ## Resize, and know what is lost
#
# A batch is one array, so its pictures need one size. The tutorial resizes all of them to 64 × 128 (height × width), whatever their shape was. The grid network of the next lesson takes 32 × 80. There are two ways to get there: **stretch** the picture, or shrink it until it fits and fill the rest, called **letterbox** after the bars above a wide film.

# %%
def stretch(image, width=80, height=32):
    return image.resize((width, height), Image.Resampling.BILINEAR)


def letterbox(image, width=80, height=32):
    grey = tuple(int(c) for c in np.asarray(image).mean(axis=(0, 1)))     # its mean colour
    return ImageOps.pad(image, (width, height), Image.Resampling.BILINEAR, color=grey)


# %%
aspect = train.sizes[:, 0] / train.sizes[:, 1]           # width / height of each picture
extremes = [int(aspect.argmax()), int(np.abs(aspect - 2.5).argmin()), int(aspect.argmin())]
rows = [fn(train.image(i)) for fn in (stretch, letterbox) for i in extremes]
names = [f"{fn}, from {train.sizes[i, 0]} × {train.sizes[i, 1]}"
         for fn in ("stretched", "letterbox") for i in extremes]
plot.images(rows, names, columns=3, height=1.1,
            title="Stretching bends the digits, the letterbox leaves bars")
plt.show()

# %% [markdown]
# **Figure in words.** Two rows of three pictures, all 80 × 32. Upper row, stretched: the widest picture is squeezed and its digits are thin, the middle one looks natural, the narrowest is pulled apart and its digits are fat. Lower row, letterbox: the digits keep their proportions, but bars of one colour fill the rest, and those of the widest picture are only about half as high.
#
# How much is that, over all digits? For each one, compute its height after both, and how much stretching changes its proportions.

# %%
of_image = train.boxes["image"].to_numpy()               # which picture a digit belongs to
W, H = train.sizes[of_image].T
digit = train.boxes["height"].to_numpy()
heights = {"letterbox 32 × 80": digit * np.minimum(80 / W, 32 / H),
           "stretched 32 × 80": digit * 32 / H, "stretched 64 × 128": digit * 64 / H}
bent = (80 / W) / (32 / H)                               # > 1: wider than it was
print("digit height in pixels, lowest 5 %, median:")
for name, h in heights.items():
    print(f"  {name:20}{np.quantile(h, 0.05):5.0f}{np.median(h):5.0f}")
print(f"stretching makes digits {np.quantile(bent, 0.05):.1f} to {np.quantile(bent, 0.95):.1f} "
      "times as wide (90 % of them)")

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.3))
levels = np.linspace(0, 100, 201)
for (name, h), colour in zip(heights.items(), (ORANGE, BLUE, GREEN), strict=True):
    ax.plot(np.percentile(h, levels), levels, color=colour, label=name)
ax.axvline(8, color=BLACK, lw=1, ls=":")
ax.set(xlim=(0, 64), xlabel="height of a digit in pixels", ylabel="digits up to this height (%)",
       title="The letterbox leaves more digits below 8 pixels")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Three rising curves: the share of digits that are at most so many pixels high. The letterbox at 32 × 80 lies a little to the left of stretching to 32 × 80. Both lie far to the left of 64 × 128. A dotted line marks 8 pixels.

# %%
small = {name: np.mean(h < 8) for name, h in heights.items()}
print("below 8 pixels:", ", ".join(f"{name} {share:.1%}" for name, share in small.items()))
assert np.all(heights["letterbox 32 × 80"] <= heights["stretched 32 × 80"] + 1e-9)
assert small["letterbox 32 × 80"] > small["stretched 32 × 80"] > small["stretched 64 × 128"]
assert np.median(heights["letterbox 32 × 80"]) > 0.9 * np.median(heights["stretched 32 × 80"])

# %% [markdown]
# **What to notice.** Of two losses you choose one. Stretching bends proportions, but the bend is the same for all digits of a picture, and a network can learn thin and fat digits. Shrinking loses pixels, and those never come back: with a handful of pixels left, an 8 and a 6 are hard to tell apart, for you too. Between the two ways the difference is small here, because most of these pictures are about as wide as the target. The size of the input matters far more: at 64 × 128 each digit has twice the height, and costs more time. This course stretches, as the tutorial does.
#
# **Where it helps.** Ask these two questions of each data set: which sizes does it hold, and how many pixels are left on the thing that matters?

# %% [markdown]
# ## Give each number a fixed length
#
# A network has a fixed number of outputs, and house numbers have one to six digits. The tutorial's answer is called fixed-length (定长字符): give each number the same number of places, and let an eleventh class, 10, mean "no digit here". So 143 becomes 1, 4, 3, 10, 10, 10.
#
# How many places? Here are the published shares in the 30,000 real training images.

# %%
shares = np.array(PUBLISHED["train"]["digits"])
print(pd.DataFrame({"digits": range(1, 7), "images of 30,000": np.rint(shares * 30_000).astype(int),
                    "here": np.bincount([len(n) for n in train.numbers], minlength=7)[1:7]})
      .to_string(index=False))

# %%
assert np.rint(shares * 30_000).astype(int)[4:].tolist() == [9, 1]

# %% [markdown]
# The shares are published to four digits, so the counts are rounded: really 8 images have five digits, and one has six. With five places that one image cannot be labelled right. It is one of 30,000, and nobody loses a competition over it. But there is a slip here that does cost an evening. The tutorial's task 2 pads the labels to **five**. Its task 3 trains a network with **six** outputs, called heads. What happens at the sixth?

# %%
five = torch.tensor([[1, 4, 3, 10, 10], [5, 10, 10, 10, 10]])     # (2, 5): labels of a batch
heads = [torch.zeros(2, 11) for _ in range(6)]                    # six times scores (2, 11)
try:
    print(sum(F.cross_entropy(heads[k], five[:, k]) for k in range(6)))
except IndexError as error:
    print("IndexError:", error)
else:
    raise AssertionError("six heads trained on five places")

# %% [markdown]
# Good: this mistake is loud. Take one number everywhere. `street_view.MAX_DIGITS` is 6.
#
# **Explain this line, this shape.**
#
# 1. Why is "no digit" not 0?
# 2. Why does the label come from a text such as `"05"`, and not from a number?
# 3. Labels of a batch are (N, 6). What does `labels[:, 0]` hold, and which loss gets it?
#
# <details><summary>Answers</summary>
#
# 1. 0 is a digit. 5 and 50 would get one label.
# 2. As a number, 05 is 5, and the zero is gone. Texts keep it.
# 3. The first digit of each of the N numbers. The cross entropy of the first head gets it.
#
# </details>

# %% tags=["exercise"]
def pad_label(number, length=6):
    """number: text of digits, such as "143" or "05" → (length,) int64 tensor: its digits in
    order, then 10 in each free place. ValueError where the number has more than length digits.
    """
    # BEGIN SOLUTION  check the length, one int per character, then the tens
    if len(number) > length:
        raise ValueError(f"{number!r} has more than {length} digits")
    digits = [int(character) for character in number]
    label = torch.tensor(digits + [10] * (length - len(digits)))
    # END SOLUTION
    return label


# %%
check.pad_label(pad_label)

# %% [markdown]
# ## Write a Dataset line by line
#
# A `Dataset` answers two questions: how many samples are there, and what is sample number i? Read the class and say the shape of each thing that it returns before you run the next cell.

# %%
class Numbers(Dataset):
    """Pictures of a part, resized, with labels of fixed length."""

    def __init__(self, part, size=(64, 128), transform=None):
        self.part, self.size, self.transform = part, size, transform

    def __len__(self):                                   # len(numbers)
        return len(self.part)

    def __getitem__(self, i):                            # numbers[i]
        image = self.part.image(i)                       # PIL, any size
        if self.transform is not None:                   # augmentation, new at each call
            image = self.transform(image)
        height, width = self.size
        image = image.resize((width, height), Image.Resampling.BILINEAR)   # PIL: width first
        x = torch.from_numpy(np.array(image)).permute(2, 0, 1)             # HWC → CHW, uint8
        return x.float() / 255, pad_label(self.part.numbers[i])


# %% [markdown]
# `DataLoader` fetches samples, one after the other, and stacks (堆叠) them: N tensors of shape (3, 64, 128) become one of shape (N, 3, 64, 128). The tutorial uses batches of 10.

# %% tags=["nbval-check-output"]
numbers = Numbers(train)
x, label = numbers[1]
print("sample", tuple(x.shape), tuple(label.shape))
X, Y = next(iter(DataLoader(numbers, batch_size=10)))
print("batch ", tuple(X.shape), tuple(Y.shape), X.dtype, Y.dtype)

# %%
assert X.shape == (10, 3, 64, 128)
assert Y.shape == (10, 6)
assert ["".join(str(d) for d in row if d < 10) for row in Y.tolist()] == train.numbers[:10]

# %% [markdown]
# **What to notice.** Nothing was read when `numbers` was made. A picture is read when somebody asks for it, so a data set may be larger than the memory. And with a `transform` that draws random numbers, sample 1 looks different each time it is asked for. That is all that augmentation is, seen from here.
#
# Now return the boxes instead of the label: the next lesson needs them. One picture has two boxes, another has four.

# %%
class Boxes(Numbers):
    def __getitem__(self, i):
        x, _ = super().__getitem__(i)
        boxes = torch.tensor(self.part.boxes_of(i), dtype=torch.float32)      # (n, 5)
        width, height = self.part.image(i).size
        scale = torch.tensor([1, 128 / width, 64 / height, 128 / width, 64 / height])
        return x, boxes * scale                          # boxes move with the pixels


try:
    next(iter(DataLoader(Boxes(train), batch_size=10)))
except RuntimeError as error:
    print(error)
else:
    raise AssertionError("boxes of different counts were stacked")

# %% [markdown]
# `DataLoader` tries to stack (2, 5) on another shape and stops. The argument `collate_fn` replaces the stacking: it receives the list of samples and returns the batch. Pad the boxes to six with the label −1, which no digit has.

# %%
def collate(samples):
    """List of N (x, boxes) → (N, 3, H, W) and (N, 6, 5), label -1 where there is no box."""
    padded = torch.full((len(samples), street_view.MAX_DIGITS, 5), -1.0)
    for n, (_, boxes) in enumerate(samples):
        padded[n, :len(boxes)] = boxes
    return torch.stack([x for x, _ in samples]), padded


X, B = next(iter(DataLoader(Boxes(train), batch_size=10, collate_fn=collate)))
print(tuple(X.shape), tuple(B.shape), "labels of picture 1:", B[1, :, 0].int().tolist())

# %%
counts = [len(number) for number in train.numbers[:10]]
assert len(set(counts)) > 1
assert (B[..., 0] >= 0).sum(dim=1).tolist() == counts

# %% [markdown]
# **Where it helps.** Sentences of different lengths, graphs, boxes: whenever samples differ in shape, you pad in a `collate_fn` and mark what is padding. The padding must be a value that nothing real has.

# %% [markdown]
# ## Put the pixels on one scale
#
# Networks learn faster when their inputs lie around 0 with a spread near 1 ([Initialization and normalization](../04_dl_theory/06_initialization_and_normalization.ipynb)). The tutorial subtracts, for each colour, the mean of ImageNet's photos and divides by their standard deviation (标准差). A network that was trained on ImageNet wants exactly these constants. For one that you train yourself, they are a guess. Compare them with this data.

# %%
imagenet = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
several = torch.stack([numbers[i][0] for i in range(300)])            # (300, 3, 64, 128)
grey = torch.stack([torch.from_numpy(np.array(stretch(train.image(i).convert("L"))))
                    for i in range(300)])[:, None]                    # (300, 1, 32, 80) uint8
for name, value in [("ImageNet mean", imagenet["mean"]), ("here", several.mean((0, 2, 3))),
                    ("ImageNet std", imagenet["std"]), ("here", several.std((0, 2, 3)))]:
    print(f"{name:14}", " ".join(f"{float(v):.2f}" for v in value))
assert (several.mean((0, 2, 3)) - torch.tensor(imagenet["mean"])).abs().max() < 0.1

# %%
light, contrast = grey.float().mean((1, 2, 3)), grey.float().std((1, 2, 3))
print(f"mean grey of a picture:    {light.quantile(0.05):.0f} to {light.quantile(0.95):.0f}")
print(f"standard deviation within: {contrast.quantile(0.05):.0f} to {contrast.quantile(0.95):.0f}")
assert contrast.quantile(0.95) > 2.5 * contrast.quantile(0.05)
assert light.quantile(0.95) - light.quantile(0.05) > 80

# %% [markdown]
# **What to notice.** The constants are not far off on average. The trouble is the spread *between* pictures: one is dark, the next light, and the contrast of one is several times that of another. Constants move all of them alike. The digit, though, is in the differences *within* a picture. So give each picture its own mean and deviation:
#
# $$z=\frac{x-\bar x}{s+\varepsilon},$$
#
# with the pixels $x$ of one picture, their mean $\bar x$, their standard deviation $s$, and a small $\varepsilon$ (0.001) so that a picture of one single grey is not divided by 0.

# %% tags=["exercise"]
def standardise(pixels):
    """pixels (N, C, H, W) of any number type → float32 of the same shape, each picture with mean
    0 and standard deviation 1: its own mean subtracted, divided by its own x.std(…) + 1e-3.
    A picture's channels share one mean and one deviation. pixels is not changed.
    """
    # BEGIN SOLUTION  float first; mean and std over axes 1, 2, 3 with keepdim=True
    x = pixels.float()
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    std = x.std(dim=(1, 2, 3), keepdim=True)
    z = (x - mean) / (std + 1e-3)
    # END SOLUTION
    return z


# %%
check.standardise(standardise)

# %%
order = light.argsort()
some = order[[2, 100, 200, 297]]                           # from dark to light
constant = (grey / 255 - 0.45) / 0.225                     # one mean and deviation for all
fig, axes = plt.subplots(2, 4, figsize=(8.8, 2.6))
for row, (z, name) in enumerate([(constant, "constants for all"), (standardise(grey), "each its own")]):
    for ax, i in zip(axes[row], some, strict=True):
        ax.imshow(z[i, 0], vmin=-2.5, vmax=2.5, cmap="gray")
        ax.set(xticks=[], yticks=[])
    axes[row, 0].set_ylabel(name, fontsize=9)
fig.suptitle("With its own mean and deviation, each picture uses the whole scale", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** Four pictures from dark to light, in two rows, drawn on one grey scale. Upper row, constants: the first is dark throughout, the last nearly white. Lower row, each with its own mean and deviation: all four lie around a middle grey, and the digits stand out more.

# %%
z = standardise(grey)
print(f"spread of the pictures' means: constants {constant.mean((1, 2, 3)).std():.2f}, "
      f"own {z.mean((1, 2, 3)).std():.2f}")
assert constant.mean((1, 2, 3)).std() > 0.4
assert z.mean((1, 2, 3)).std() < 0.01
assert torch.allclose(z, grid.standardise(grey), atol=1e-5)         # what later lessons import
assert torch.allclose(standardise(255 - grey), -z, atol=1e-3)

# %% [markdown]
# **What to notice.** The last line of the cell says more than it seems. Exchange light and dark in a picture (inversion, 反色), and after standardising you have the same numbers with the other sign. House numbers come in both kinds, light on dark and dark on light. Standardising brings the two as close as a sign. The rest is left to the network, or to augmentation.

# %% [markdown]
# ## Look at the augmentations
#
# Augmentation makes new training pictures from old ones by changes that keep the label. `torchvision.transforms.v2` has the usual ones. They take a PIL image and draw their random numbers from torch. `ColorJitter` and `RandomRotation` have the tutorial's values here; the others show what else there is.

# %%
changes = {
    "original": v2.Identity(),
    "RandomCrop": v2.Compose([v2.Resize((64, 128)), v2.RandomCrop((52, 104))]),
    "RandomRotation(5)": v2.RandomRotation((5, 5)),
    "ColorJitter": v2.ColorJitter((1.3, 1.3), (0.7, 0.7), (0.8, 0.8)),
    "RandomInvert": v2.RandomInvert(p=1.0),
    "GaussianBlur": v2.GaussianBlur(5, sigma=1.5),
    "flip, left-right": v2.RandomHorizontalFlip(p=1.0),
    "rotation by 180": v2.RandomRotation((180, 180)),
}
sixes = [i for i in range(200) if "6" in train.numbers[i] and len(train.numbers[i]) == 2]
picture = max((train.image(i) for i in sixes), key=lambda im: np.asarray(im.convert("L")).std())

# %%
torch.manual_seed(0)
plot.images([fn(picture).resize((128, 64)) for fn in changes.values()], list(changes), columns=4,
            height=1.05, title="Six versions keep the number, the last two do not")
plt.show()

# %% [markdown]
# **Figure in words.** One house number of two digits, with a 6, in eight versions: as it is, cropped, turned by 5 degrees, brighter, inverted, blurred, mirrored, and upside down. In the last two a person reads another number or no number.
#
# Look at the third version closely: its edges are jagged. `RandomRotation` takes the nearest old pixel by default (`NEAREST`). With `interpolation=v2.InterpolationMode.BILINEAR` it takes a mean of four, and the edges are smooth. And the corners that come in from outside are black; `fill` sets another colour.
#
# The ranges are fixed in this figure (`(5, 5)` means 5 degrees each time) so that you see their ends. In training you write `RandomRotation(5)` and get any angle from −5 to 5. A picture that is changed differently in each epoch is never seen twice.
#
# Boxes must move with the pixels. A crop, a rotation or a shift of the picture alone leaves its boxes behind, and then they point at the wall:

# %%
moved = v2.functional.affine(image, angle=0, translate=[image.width // 4, 0], scale=1, shear=[0.0])
fig, axes = plt.subplots(1, 2, figsize=(7.4, 2.2))
for ax, shift, name in [(axes[0], 0, "boxes left behind"),
                        (axes[1], image.width // 4, "boxes moved too")]:
    ax.imshow(moved, extent=(0, image.width, image.height, 0))
    for _, left, top, width, height in boxes:
        ax.add_patch(plt.Rectangle((left + shift, top), width, height, fill=False,
                                   color=ORANGE, lw=1.8))
    ax.set_axis_off()
    ax.set_title(name, fontsize=10)
fig.suptitle("A label is more than a number: boxes move with the picture", fontsize=12)
plt.show()

# %% [markdown]
# **Figure in words.** The same shifted picture twice. On the left the orange boxes stand where the digits were before the shift. On the right they stand on the digits.
#
# `dlroadmap.grid.augment`, which the next lessons use, moves both at once.

# %% [markdown]
# ## Measure what an augmentation is worth
#
# Pictures persuade, numbers decide. Take the digit crops, train one small CNN several times, and change nothing but the augmentation. First the crops: grey, 20 × 20, each standardised.

# %%
def digits_of(part, size=20):
    """All digits of a part → standardised crops (D, 1, size, size), labels (D,)."""
    crops, labels = [], []
    for i in range(len(part)):
        for crop, label in crop_digits(*part[i]):
            small = crop.convert("L").resize((size, size), Image.Resampling.BILINEAR)
            crops.append(np.array(small))
            labels.append(label)
    return standardise(torch.from_numpy(np.stack(crops))[:, None]), torch.tensor(labels)


D_train, y_train = digits_of(train)
D_val, y_val = digits_of(val)
print(f"{len(y_train)} training digits, {len(y_val)} validation digits")

# %% [markdown]
# Four augmentations, each a function of a batch (N, 1, 20, 20). `sometimes` applies a change to each crop with probability ½. `shift` moves each crop by up to two pixels: it widens the batch by two pixels on each side, then reads a window of 20 × 20 that begins at a random row and column. Indexing with three arrays `[n, 0, row, column]` picks one entry for each combination.

# %%
def sometimes(change):
    def changed(x):
        picked = torch.rand(len(x), 1, 1, 1) < 0.5
        return torch.where(picked, change(x), x)
    return changed


def shift(x, reach=2):
    N, _, H, W = x.shape
    wide = F.pad(x, (reach,) * 4, mode="replicate")                   # repeat the edge pixels
    row = torch.randint(0, 2 * reach + 1, (N, 1, 1)) + torch.arange(H)[:, None]
    column = torch.randint(0, 2 * reach + 1, (N, 1, 1)) + torch.arange(W)
    return wide[torch.arange(N)[:, None, None], 0, row, column][:, None]


ways = {"nothing": lambda x: x, "shift": shift, "invert": sometimes(lambda x: -x),
        "mirror": sometimes(lambda x: x.flip(3)), "half turn": sometimes(lambda x: x.flip(2, 3))}

# %%
assert torch.equal(torch.rot90(D_val, 2, dims=(2, 3)), D_val.flip(2, 3))
assert shift(D_val[:50]).shape == (50, 1, 20, 20)


# %% [markdown]
# `flip(3)` reverses the last axis, left and right. `flip(2, 3)` reverses both, which is a turn by 180 degrees, as the assert shows.
#
# The network has three convolutions. It is trained for five epochs with AdamW ([Optimizers](../04_dl_theory/05_optimizers.ipynb)). `OneCycleLR` raises the learning rate (学习率) at first and lowers it to almost 0 at the end.

# %%
def digit_net():
    layers = []
    for C, out, pool in [(1, 16, nn.MaxPool2d(2)), (16, 32, nn.MaxPool2d(2)),
                         (32, 48, nn.AdaptiveAvgPool2d(2))]:
        layers += [nn.Conv2d(C, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(), pool]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(48 * 4, 10))


def trained(change, seed, epochs=5):
    """A digit_net that saw change(batch) instead of each batch, with the true labels."""
    torch.manual_seed(seed)
    net, batch = digit_net().to(memory_format=torch.channels_last), 64
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
    steps = epochs * -(-len(y_train) // batch)                        # -(-a // b) rounds up
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(y_train)).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(net(change(D_train[rows])), y_train[rows]).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


# %% [markdown]
# Each way twice, with two seeds. Predict before you run: which way gains most, which loses most?

# %%
nets = {name: [trained(change, seed) for seed in (0, 1)] for name, change in ways.items()}


@torch.no_grad()
def read(net, x):
    return net(x).argmax(dim=1)


torch.manual_seed(7)
D_moved = shift(D_val, reach=3)                           # as if the boxes were a little off
tests = {"validation": D_val, "moved": D_moved, "inverted": -D_val}
readings = {(test, seed): {name: read(pair[seed], x) for name, pair in nets.items()}
            for test, x in tests.items() for seed in (0, 1)}
table = pd.DataFrame({key: {name: float((r == y_val).float().mean()) for name, r in row.items()}
                      for key, row in readings.items()})
print((100 * table).round(0).astype(int).to_string())

# %%
error = 100 * np.sqrt(0.9 * 0.1 / len(y_val))
print(f"one standard error at 90 %: {error:.1f} points")
mean = 100 * table.T.groupby(level=0).mean().T            # mean of the two seeds
gain = mean - mean.loc["nothing"]
print(gain[list(tests)].round(0).astype(int).to_string())

# %%
if stand_in:
    assert gain.loc["mirror", "validation"] < -2
    assert gain.loc["half turn", "validation"] < -4
    assert gain.loc["shift", "moved"] > 4
    assert (table.loc["nothing"] - table.loc["half turn"])["validation"].min() > 0.02   # each seed
    assert (table.loc["nothing"] - table.loc["mirror"])["validation"].min() > 0.02
    assert abs(gain.loc["shift", "validation"]) < 4
    assert abs(gain.loc["invert", "validation"]) < 4
    assert abs(mean.loc["nothing", "inverted"] - mean.loc["nothing", "validation"]) < 4

# %% [markdown]
# The table shows percent right, for two seeds; the second table, points gained against `nothing`. Which digits pay?

# %%
def recall(name):
    """Share of each digit that is read right, mean of the two networks → (10,)."""
    right = [readings["validation", seed][name] == y_val for seed in (0, 1)]
    return np.array([np.mean([float(r[y_val == d].float().mean()) for r in right])
                     for d in range(10)])


lost = {name: 100 * (recall("nothing") - recall(name)) for name in ("mirror", "half turn")}
fig, ax = plt.subplots(figsize=(8.0, 3.4))
for k, (name, colour) in enumerate(zip(lost, (PURPLE, RED), strict=True)):
    ax.bar(np.arange(10) + 0.4 * k - 0.2, lost[name], 0.38, color=colour, label=name)
ax.axhline(0, color=BLACK, lw=0.8)
ax.set(xlabel="digit", ylabel="points lost", xticks=range(10),
       title="The half turn costs 6 and 9 more than the other digits")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** Two bars for each digit: how many points of its accuracy mirroring and the half turn cost. Taken together, the red bars of 6 and 9 are far longer than those of the other digits.

# %%
six_nine = (y_val == 6) | (y_val == 9)


def swapped(reading):
    """Share of the sixes and nines that are read as the other one (15 - 6 = 9)."""
    return float((reading[six_nine] == 15 - y_val[six_nine]).float().mean())


confused = {name: np.mean([swapped(readings["validation", seed][name]) for seed in (0, 1)])
            for name in ways}
upside_down = np.mean([swapped(read(net, D_val.flip(2, 3))) for net in nets["nothing"]])
print("6 read as 9 or 9 as 6:", {name: f"{share:.0%}" for name, share in confused.items()})
print(f"the net that never saw a turned digit, on turned ones: {upside_down:.0%}")

# %%
if stand_in:
    others = np.delete(lost["half turn"], [6, 9])
    assert lost["half turn"][[6, 9]].mean() > others.mean() + 8
    assert confused["half turn"] > 0.08
    assert confused["nothing"] < 0.05
    assert upside_down > 0.7

# %% [markdown]
# **What to notice.**
#
# - **Half turn** and **mirror** lose, on both seeds, by more than two standard errors. Trained with half turns, the networks take many nines for sixes, or sixes for nines; trained without, hardly any. They have to: they were shown upright sixes and turned nines, which look alike, under different labels. What little tells them apart (a slanted font, where the light falls) is all that is left to go by. The other digits pay too, because each of them now has two shapes to learn. The networks that never saw a turned digit read most turned sixes as nines, and who would blame them.
# - **Shift** gains nothing on crops that fit as well as those of the training. It gains where the crops are a little off. That is what a detector's boxes will be.
# - **Invert** gains nothing here, and the last column says why: the network without it reads inverted digits as well as the others. The training digits hold both kinds already.
#
# So the rule is not "more augmentation is better". **An augmentation pays when the test varies in a way in which the training does not, and when the label survives it.** Without the second half, it teaches something false.
#
# **Where it helps.** Before you add an augmentation, write down one sentence: which variation of the test pictures does it imitate? For street numbers a mirror image imitates nothing.
#
# **Try it.** Shift by up to four pixels in training: `nets["far"] = [trained(lambda x: shift(x, 4), seed) for seed in (0, 1)]`, then run the table again. Expect the moved crops to stay as good as with two pixels, and the crops that fit to lose several points: too much of a good thing.

# %% [markdown]
# ## Compare with real photos
#
# All numbers above are about drawn digits. How do networks that saw nothing else read photos? `benchmarks/street_transfer.py` measured that once with 256 real photos, which are not part of this course. Two readers, several seeds each: a digit network on crops, somewhat larger than yours, and the grid network of the next lesson on whole numbers.

# %%
transfer = street_view.results("street_transfer")
found = transfer[["digits_stand_in", "digits_real", "numbers_stand_in", "numbers_real"]]
assert (transfer["real_images"] == 256).all()
n_images, n_digits = int(transfer["real_images"].iloc[0]), int(transfer["real_digits"].iloc[0])
print(found.agg(["mean", "min", "max"]).round(2).to_string())


# %%
def standard_error(p, n):
    return np.sqrt(p * (1 - p) / n)


for what, n in [("digits", n_digits), ("numbers", n_images)]:
    drawn, real = found[f"{what}_stand_in"].mean(), found[f"{what}_real"].mean()
    print(f"{what:8} drawn {drawn:.2f}, real {real:.2f} ± {standard_error(real, n):.2f} ({n} real)")
    assert drawn - real > 4 * standard_error(real, n)

# %% [markdown]
# **What to notice.** The ± is one standard error (标准误) that comes from the small number of photos alone; seeds add theirs, which you see as the distance from min to max. Both readers fall when they meet photos, by more than four standard errors. Part of what they learned carries over, and part was about the drawing program: its fonts, its walls, its kind of blur. It knows nineteen fonts and some strokes; a street has hundreds of fonts, and leaves, rust, reflections and passers-by. And since the program was tuned while watching those same 256 photos, the real scores flatter it a little.
#
# For comparison, as published: small CNNs up to a ResNet18 that were trained on SVHN's *real* digit crops read 86.4 to 94.8 % of digits (RheinXenon, logs on GitHub).
#
# **Where it helps.** Training on drawings is common where photos are missing. Its honest use has two halves: train on the drawings, and keep a set of real ones, however small, that is used for nothing but the verdict.

# %% [markdown]
# ## Load your own photos
#
# A folder from a phone holds more than pictures: other files, endings in capitals, grey pictures, pictures with transparency (mode RGBA), and a torn download among a thousand good ones. Many phones also store a photo lying on its side and add a note, "turn me", in a list of facts called EXIF. Viewers obey the note. Pillow does not, until `ImageOps.exif_transpose(image)` tells it to.
#
# **Explain this line, this shape.**
#
# 1. `folder.iterdir()` lists the files in any order. Why must you sort?
# 2. `Image.open` reads only the head of a file. When does a torn file show?
# 3. `image.convert("RGB")` of a grey picture: how many channels, and what is in them?
#
# <details><summary>Answers</summary>
#
# 1. The order differs between machines. Sample 3 must be the same picture each time, or a split by number is another split elsewhere.
# 2. When the pixels are needed, in `convert`. So the `try` must go around that too.
# 3. Three, all with the same grey values.
#
# </details>

# %% tags=["exercise"]
class PhotoFolder(Dataset):
    """The pictures of a folder: its files ending in .png, .jpg or .jpeg, small letters or
    capitals, sorted by name; other files and subfolders are left out.

    PhotoFolder(folder): folder is a text or a Path. ValueError, naming the folder, where it holds
    no picture. photos[i] → (image, name): a PIL image in mode RGB, turned upright by its EXIF
    note, of the size that it has; and the file name. ValueError, naming the file, where it cannot
    be read.
    """

    def __init__(self, folder):
        # BEGIN SOLUTION  sorted paths whose suffix.lower() is one of the three
        endings = {".png", ".jpg", ".jpeg"}
        self.paths = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in endings)
        if not self.paths:
            raise ValueError(f"{folder} holds no .png, .jpg or .jpeg file")
        # END SOLUTION

    def __len__(self):
        # BEGIN SOLUTION  how many paths
        return len(self.paths)
        # END SOLUTION

    def __getitem__(self, i):
        # BEGIN SOLUTION  open, exif_transpose, convert, all inside try; OSError → ValueError
        path = self.paths[i]
        try:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, SyntaxError) as error:          # Pillow's errors for damaged files
            raise ValueError(f"{path.name} cannot be read: {error}") from error
        return upright, path.name
        # END SOLUTION


# %%
check.PhotoFolder(PhotoFolder)

# %% [markdown]
# Now set `MY_PHOTOS` to a folder of yours, for example `"house_numbers"` on your machine, or the folder that you uploaded in Colab. Walk down the street, take ten photos, and crop each to the number and a bit of wall. As long as it is `None`, the next cell fills a temporary folder with six pictures, as a phone would: one lies on its side with an EXIF note, one is grey, one is transparent.

# %%
MY_PHOTOS = None
temporary = tempfile.TemporaryDirectory()
folder = Path(MY_PHOTOS or temporary.name)
if MY_PHOTOS is None:
    note = Image.Exif()
    note[0x0112] = 6                                     # "turn me by 90 degrees"
    for i in range(3):
        street.test.image(i).save(folder / f"photo_{i}.png")
    street.test.image(3).rotate(90, expand=True).save(folder / "photo_3.JPG", exif=note, quality=95)
    street.test.image(4).convert("L").save(folder / "photo_4.jpeg")
    street.test.image(5).convert("RGBA").save(folder / "photo_5.png")

photos = PhotoFolder(folder)
print(len(photos), "pictures:", ", ".join(name for _, name in photos))

# %%
plot.images([stretch(photos[k][0]) for k in range(min(6, len(photos)))],
            [photos[k][1] for k in range(min(6, len(photos)))], columns=3, height=1.1,
            title="Whatever the file was, it arrives upright and in RGB")
plt.show()

# %% [markdown]
# **Figure in words.** Six pictures with house numbers, stretched to 80 × 32, each under its file name. All are upright; one is grey.

# %%
own = torch.stack([torch.from_numpy(np.array(stretch(image.convert("L")))) for image, _ in photos])
own = standardise(own[:, None])
print("ready for a network:", tuple(own.shape), own.dtype)
assert own.shape == (len(photos), 1, 32, 80)
if MY_PHOTOS is None:
    assert photos[3][0].size == street.test.image(3).size             # upright again

# %%
temporary.cleanup()

# %% [markdown]
# This tensor has the form that the grid network of the next lesson takes. Keep the folder: a few photos of your own are the most honest test set that you will have.
#
# **Try it.** Put a text file with the name `broken.png` among your photos and run the cells again. Expect a ValueError that names it.

# %% [markdown]
# ## Parameters
#
# | what | parameter | what it does | usual |
# |---|---|---|---|
# | `DataLoader` | `batch_size` | samples stacked into a batch | tutorial 10, baseline 40 |
# | | `shuffle` | a new order in each epoch | `True` for training, `False` for validation and test |
# | | `collate_fn` | how a list of samples becomes a batch | stacking; your own for boxes |
# | | `num_workers` | processes that read in parallel | 0 in notebooks; 2 to 8 where reading is the slow part |
# | | `drop_last` | leave out a last, smaller batch | `False` |
# | `Image.resize` | `size` | (width, height) | |
# | | `resample` | how new pixels come from old | `BILINEAR`; `NEAREST` for masks of classes |
# | `v2.RandomRotation` | `degrees` | angle drawn from −d to d | tutorial 5 |
# | `v2.ColorJitter` | `brightness`, `contrast`, `saturation` | factor drawn from 1 − b to 1 + b | tutorial 0.3, 0.3, 0.2 |
# | `v2.RandomCrop` | `size` | height and width of the window | baseline 60 × 120 out of 64 × 128 |
# | `v2.Normalize` | `mean`, `std` | one of each for each channel | ImageNet's with ImageNet's weights |
#
# How far may you rotate? Ask a network that never saw a rotated digit beyond those that occur. Turn the validation digits step by step, and watch what it reads.

# %%
angles = np.array([0, 5, 10, 15, 30, 45, 60, 90, 120, 135, 150, 165, 180])
upright = nets["nothing"]
right, as_nine = [], []
for angle in angles:
    turned = v2.functional.rotate(D_val, float(angle), v2.InterpolationMode.BILINEAR)
    each = [read(net, turned) for net in upright]
    right.append(np.mean([float((r == y_val).float().mean()) for r in each]))
    as_nine.append(np.mean([swapped(r) for r in each]))

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.3))
ax.plot(angles, 100 * np.array(right), "o-", color=BLUE, label="digits read right")
ax.plot(angles, 100 * np.array(as_nine), "s--", color=RED, label="6 and 9 taken for each other")
ax.axvspan(0, 5, color=GREEN, alpha=0.25, lw=0, label="the tutorial's range")
ax.set(xlabel="rotation (degrees)", ylabel="%", xticks=range(0, 181, 30), ylim=(0, 100),
       title="Five degrees cost little, at 180 degrees a 6 is a 9")
ax.legend()
plt.show()

# %% [markdown]
# **Figure in words.** The blue line, digits read right, begins near 90 %, is nearly as high at 5 degrees, falls faster and faster, and is low from 45 degrees on. The red line, sixes and nines taken for each other, lies near 0 up to 60 degrees, then climbs to nearly 90 %. A narrow green band marks the tutorial's 5 degrees.

# %%
if stand_in:
    assert right[0] - right[1] < 0.05        # 5 degrees
    assert right[0] - right[5] > 0.4         # 45 degrees
    assert as_nine[6] < 0.12                 # 60 degrees
    assert as_nine[-1] > 0.6                 # 180 degrees

# %% [markdown]
# ## Traps
#
# **Width and height.** `PIL.Image.resize` and OpenCV's want (width, height), torchvision's `Resize` wants (height, width). The wrong one raises no error.

# %% tags=["nbval-check-output"]
print("PIL resize((64, 128)):   ", np.asarray(image.resize((64, 128))).shape)
print("v2.Resize((64, 128)):    ", np.asarray(v2.Resize((64, 128))(image)).shape)

# %% [markdown]
# The first one is a portrait, 128 high and 64 wide. Print the shape of one sample before you train.
#
# **Shrinking without smoothing.** Shrink a fine pattern to a quarter. Pillow averages over the pixels that fall together. `F.interpolate` on tensors picks from a few neighbours, unless you ask for `antialias=True`.

# %%
stripes = (torch.arange(320) // 3 % 2 * 255.0).expand(1, 1, 80, 320)      # three pixels each
options = {"size": (20, 80), "mode": "bilinear", "align_corners": False}
picked = F.interpolate(stripes, **options)
averaged = F.interpolate(stripes, **options, antialias=True)
pil = np.asarray(Image.fromarray(stripes[0, 0].numpy().astype(np.uint8))
                 .resize((80, 20), Image.Resampling.BILINEAR), float)
print(f"contrast: picked {picked.std():.0f}, averaged {averaged.std():.0f}, Pillow {pil.std():.0f}")
assert picked.std() > 2 * averaged.std()
assert abs(averaged.std() - pil.std()) < 3

# %% [markdown]
# The stripes are finer than the new pixels, so they should become nearly an even grey, as the two averages do. Picking keeps a strong pattern that was never there. On real walls (bricks, siding) such patterns look like strokes. And a network trained on Pillow's pictures sees others when a program resizes tensors: training and use must share one way.
#
# **One random number for the whole batch.** torchvision's random transforms draw once for each call. Give them a batch, and all its pictures get the same change.

# %%
torch.manual_seed(0)
inverted = [v2.RandomInvert(p=0.5)(torch.zeros(8, 1, 2, 2)).amax((1, 2, 3)) for _ in range(6)]
print("pictures changed, of 8, in six calls:", [int(x.sum()) for x in inverted])
assert all(int(x.sum()) in (0, 8) for x in inverted)

# %% [markdown]
# All or none. Inside `Dataset.__getitem__` each picture gets its own call and all is well. On batches, write `torch.where` with one random number for each picture, as `sometimes` does.
#
# **Augmenting the validation set.** Then its score changes from run to run, and you compare dice. Watch one network on the same digits, shifted anew each time:

# %%
torch.manual_seed(1)
scores = [float((read(upright[0], shift(D_val)) == y_val).float().mean()) for _ in range(5)]
print("augmented:    ", " ".join(f"{s:.3f}" for s in scores))
print("as they are:  ", " ".join(f"{(read(upright[0], D_val) == y_val).float().mean():.3f}"
                                 for _ in range(5)))
assert len(set(scores)) > 1

# %% [markdown]
# Give the validation `Dataset` no `transform`. (Test-time augmentation, 测试集数据扩增, in [Street view 5](../05_dl_competition/street_5_ensemble.ipynb), is another matter: there you average over the versions of each picture.)

# %% [markdown]
# ## Check yourself
#
# **1.** An array has the shape (3, 48, 96). Which order is it, and how do you show it with `imshow`?
#
# <details><summary>Answer</summary>
#
# CHW. `imshow` wants HWC: `x.permute(1, 2, 0)` for a tensor, `x.transpose(1, 2, 0)` for an array. Never `reshape`.
#
# </details>
#
# **2.** A box has left 70 and width 20 in a picture that is 80 wide. What do you get from `pixels[:, 70:90]`, and what from `image.crop((70, 0, 90, 40))`? Guess, then run the cell.

# %% tags=["nbval-check-output"]
blank_wall = Image.new("RGB", (80, 40), (200, 200, 200))
print("slice", np.asarray(blank_wall)[:, 70:90].shape)
cut = np.asarray(blank_wall.crop((70, 0, 90, 40)))
print("crop ", cut.shape, "last column", cut[0, -1].tolist())

# %% [markdown]
# <details><summary>Answer</summary>
#
# The slice stops at the edge: 10 columns. `crop` gives 20 columns and fills the missing ones with black. A black bar beside a digit looks like a stroke, so cut the box first.
#
# </details>
#
# **3.** A colleague mirrors pictures of cats and gains two points. Why does mirroring help there and hurt here?
#
# <details><summary>Answer</summary>
#
# A mirrored cat is a cat that could be in the test set. A mirrored 2 is not a 2, and no house has one.
#
# </details>
#
# **4.** You standardise a picture, and somebody else first makes it twice as bright and adds 30. How do the results differ? Guess, then run the cell.

# %%
once = standardise(grey[:20])
brighter = standardise(2 * grey[:20].float() + 30)
print(f"largest difference {(once - brighter).abs().max():.3f}")
assert (once - brighter).abs().max() < 0.01

# %% [markdown]
# <details><summary>Answer</summary>
#
# Not at all, as long as no pixel is cut off at 255 (here none is: these are floats). Mean and deviation take brightness and contrast away. So `ColorJitter`'s brightness has little left to teach a network that standardises each picture.
#
# </details>
#
# **5.** Labels are padded to six places with class 10. What is the accuracy of the sixth head if it always says 10, on the published training shares?
#
# <details><summary>Answer</summary>
#
# 29,999 of 30,000. A head's accuracy says nothing here. Count whole numbers.
#
# </details>

# %% [markdown]
# ## In one breath
#
# Say aloud: "Pillow gives width, height; arrays are height, width, channel; PyTorch wants channel, height, width, in float. Permute, never reshape; OpenCV is BGR. A box is cut at the picture's edges before slicing. Resizing either bends or shrinks; I know how many pixels my digits keep. Labels are padded to six places with class 10, and boxes in a collate function with −1. Each picture is standardised by its own mean and deviation, so that brightness and contrast are gone and inversion is a sign. An augmentation pays when it imitates a variation of the test that the training lacks, and when the label survives it: shifts yes, mirror images and half turns no, a 6 would be a 9. Drawings are not photos, and I say how much is lost between them."
#
# **Read on.** [The notebook of task 2](https://tianchi.aliyun.com/notebook-ai/detail?postId=108150). Netzer and others (2011), "Reading digits in natural images with unsupervised feature learning", the paper of the SVHN photos. Shorten, Khoshgoftaar (2019), ["A survey on image data augmentation for deep learning"](https://doi.org/10.1186/s40537-019-0197-0). Krizhevsky, Sutskever, Hinton (2012), "ImageNet classification with deep convolutional neural networks", for crops and mirror images where they help. Before this lesson: [Street view 1](../05_dl_competition/street_1_explore.ipynb). Next: [Street view 3](../05_dl_competition/street_3_model.ipynb), the model.
