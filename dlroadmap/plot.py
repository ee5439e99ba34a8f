"""One figure style for all lessons, and the drawings that several lessons share.

Colours are the eight of Okabe and Ito (2008), which colour-blind readers can tell apart.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK = COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)

#: Two-class scatter plots: negative and positive class differ in colour and in marker.
NEGATIVE = {"color": ORANGE, "marker": "s"}
POSITIVE = {"color": BLUE, "marker": "o"}

_STYLE = {
    "figure.dpi": 100,
    "figure.figsize": (6.4, 4.0),
    "figure.constrained_layout.use": True,
    "savefig.dpi": 100,
    "axes.prop_cycle": mpl.cycler(color=COLOURS[:6]),
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "image.cmap": "cividis",
    "font.family": "DejaVu Sans",  # ships inside Matplotlib: no font is ever missing
    "svg.hashsalt": "dlroadmap",
}


def use_style():
    """Set Matplotlib's defaults to the style of the lessons (``dlroadmap.setup`` calls it)."""
    mpl.rcParams.update(_STYLE)


def images(pictures, titles=None, columns=None, height=1.6, cmap="gray", vmin=None, vmax=None,
           title=None):
    """Draw pictures side by side without axes.

    Parameters
    ----------
    pictures : sequence of arrays, each (H, W) grey or (H, W, 3) colour
    titles : sequence of str, optional
        Above each picture; "\\n" breaks the line.
    columns : int, optional
        Pictures in a row (default: all of them, at most 10).
    height : float
        Height of one row in inches; the width follows from the first picture, and the
        whole figure is kept within 9 inches.
    cmap, vmin, vmax : as in ``Axes.imshow``; for grey pictures only
    title : str, optional
        The finding, above everything.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No picture, a picture that is not (H, W) or (H, W, 3), or another number of titles.
    """
    pictures = [np.asarray(p) for p in pictures]
    if not pictures:
        raise ValueError("images needs at least one picture")
    for i, p in enumerate(pictures):
        if p.ndim not in (2, 3) or (p.ndim == 3 and p.shape[2] not in (3, 4)):
            raise ValueError(f"picture {i} has shape {p.shape}; draw (H, W) or (H, W, 3)")
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"{len(titles)} titles for {len(pictures)} pictures")
    columns = min(columns or 10, len(pictures))
    rows = -(-len(pictures) // columns)
    h, w = pictures[0].shape[:2]
    width = columns * height * w / h
    shrink = min(1.0, 9 / width)
    # Room for the titles: a line of size 9 takes about 0.16 inch.
    line = 0.04 if titles is None else 0.12 + 0.16 * (1 + max(t.count("\n") for t in titles))
    fig, axes = plt.subplots(
        rows, columns, squeeze=False,
        figsize=(max(width * shrink, 2.5),
                 rows * (height * shrink + line) + (0.4 if title else 0)),
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for i, (ax, p) in enumerate(zip(axes.flat, pictures)):  # noqa: B905 (spare axes stay empty)
        ax.imshow(p, cmap=cmap if p.ndim == 2 else None, vmin=vmin, vmax=vmax)
        if titles is not None:
            ax.set_title(titles[i], fontsize=9, loc="center")
    if title:
        fig.suptitle(title, fontsize=12, x=0.01, ha="left")
    return fig
