"""The training loop that lesson 04/09 builds piece by piece: ``fit`` and its parts.

A loader yields batches ``(*inputs, target)`` of tensors whose first axis is the sample. The
model is called as ``model(*inputs)``, then ``loss_fn(output, target)`` → mean over the batch.
"""

import copy
import math
import os
import sys
import time
from contextlib import nullcontext

import pandas as pd
import torch
from tqdm import tqdm

from dlroadmap import _parallel as parallel
from dlroadmap._checkpoint import (
    CheckpointError,
    RandomGenerators,
    load_checkpoint,
    resume_from,
    save_checkpoint,
    snapshot,
)

__all__ = ["CheckpointError", "fit", "load_checkpoint", "save_checkpoint"]
COLUMNS = ["epoch", "train_loss", "val_loss", "lr", "seconds"]


def pick_device(device=None):
    """The device asked for, else the first that is there: cuda, mps, cpu."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": 1}
    device = torch.device(device or next(name for name, is_there in there.items() if is_there))
    if device.type == "cuda" and device.index is None:  # torchrun gives each process its card
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return device


def mixed_precision(device, amp):
    """(autocast, scaler) for the device; amp None = on cuda only. Both idle where it is off."""
    on = device.type == "cuda" if amp is None else amp
    fp16 = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    kind = torch.float16 if fp16 else torch.bfloat16  # float16 needs its gradients scaled up
    scaler = torch.amp.GradScaler(device.type, enabled=on and fp16)
    return torch.autocast(device.type, kind) if on else nullcontext(), scaler


def averages(totals, count, device):
    """Totals over ``count`` samples, numbers or tensors → their means (over all processes)."""
    kind = torch.float32 if device.type == "mps" else torch.float64
    sums = torch.stack([torch.as_tensor(t, dtype=kind, device=device) for t in (*totals, count)])
    *totals, count = parallel.total(sums).tolist()
    if not count:
        raise ValueError("the loader gave no batch: is the data set empty, or drop_last=True?")
    return [total / count for total in totals]


def train_epoch(model, loader, loss_fn, optimizer, device, autocast=None, scaler=None):
    """One pass over the loader with updates → mean loss over all samples (float)."""
    autocast = autocast or nullcontext()
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    model.train()
    total, count = 0.0, 0
    for batch in loader:
        *x, y = (part.to(device, non_blocking=True) for part in batch)
        optimizer.zero_grad()
        with autocast:
            loss = loss_fn(model(*x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        total += loss.detach() * len(y)  # stays on the device: .item() would wait for it
        count += len(y)
    return averages([total], count, device)[0]


@torch.no_grad()
def evaluate(model, loader, loss_fn, metrics, device):
    """One pass without updates → {"loss": mean over all samples, metric's name: its mean, …}."""
    model.eval()
    measures = {"loss": loss_fn, **metrics}
    totals, count = dict.fromkeys(measures, 0.0), 0
    for batch in loader:
        *x, y = (part.to(device, non_blocking=True) for part in batch)
        output = model(*x)
        for name, measure in measures.items():
            totals[name] += measure(output, y) * len(y)
        count += len(y)
    return dict(zip(totals, averages(totals.values(), count, device), strict=True))


def early_stopping_epoch(losses, patience):
    """The first epoch (from 1) that ends ``patience`` epochs without a new lowest loss, or None."""
    best, waited = float("inf"), 0
    for epoch, loss in enumerate(losses, 1):
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited >= patience:
            return epoch
    return None


def validate(model, loader, loss_fn, metrics, device, autocast):
    """The validation columns of a row: val_loss and the metrics, or none without a loader."""
    if loader is None:
        return {}
    with autocast:
        measured = evaluate(model, loader, loss_fn, metrics, device)
    return {"val_loss": measured.pop("loss"), **measured}


def check_arguments(model, val_loader, optimizer, epochs, metrics, patience):
    """ValueError for arguments that do not fit together."""
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    for wrong, message in [
        (held.isdisjoint(map(id, model.parameters())),
         "the optimizer holds no parameter of this model: make it again, after the model"),
        (epochs < 0 or patience == 0, f"epochs is {epochs}, patience {patience}: too small"),
        (val_loader is None and (patience or metrics), "patience and metrics need a val_loader"),
        (set(metrics) & {"loss", *COLUMNS}, f"no metric can be called loss, {', '.join(COLUMNS)}"),
    ]:
        if wrong:
            raise ValueError(message)


def refuse_nan(row, checkpoint):
    """FloatingPointError where a loss of this epoch is NaN or infinite."""
    bad = [k for k in ("train_loss", "val_loss") if not math.isfinite(row.get(k, 0))]
    if bad:
        raise FloatingPointError(
            f"epoch {row['epoch']}: {bad[0]} is {row[bad[0]]}. Too large a learning rate? NaN in "
            "the data? Start with a new model." + f" {checkpoint} is kept." * bool(checkpoint))


def step(optimizer, scheduler, row):
    """Step the scheduler; return the learning rate that the epoch was trained with."""
    lr = float(optimizer.param_groups[0]["lr"])
    if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
        scheduler.step(row.get("val_loss", row["train_loss"]))
    elif scheduler is not None:
        scheduler.step()
    return lr


def lowest(rows):
    """Position of the first row with the lowest val_loss."""
    losses = [row.get("val_loss", math.inf) for row in rows]
    return losses.index(min(losses))


def stopped(rows, patience):
    """Has the patience run out?"""
    losses = (row["val_loss"] for row in rows if "val_loss" in row)
    return patience and early_stopping_epoch(losses, patience)


def watched(loader, epoch, epochs, progress):
    """The loader, with a progress bar where a person looks on."""
    hidden = not (progress and sys.stderr.isatty() and parallel.processes()[0] == 0)
    return tqdm(loader, f"epoch {epoch}/{epochs}", leave=False, disable=hidden)


def summary(rows, epochs, resumed, best):
    """The run in one line."""
    row = rows[lowest(rows) if best else -1] if rows else {}
    numbers = [f"{k} {v:.4g}" for k, v in row.items() if k not in ("lr", "seconds")]
    return (f"{len(rows)} of {epochs} epochs" + f" ({resumed} from the checkpoint)" * (resumed > 0)
            + f"; {'best' if best else 'last'}: " + ", ".join(numbers))


def fit(model, train_loader, val_loader=None, *, loss_fn, optimizer, epochs, metrics=None,
        scheduler=None, device=None, checkpoint=None, resume=True, patience=None, amp=None,
        progress=True):
    """Train ``model`` and return its history. Runs unchanged under ``torchrun``.

    Parameters
    ----------
    model : nn.Module
        Is moved to the device, and ends in eval mode. With ``val_loader`` and ``checkpoint`` or
        ``patience`` it ends in the state of its epoch with the lowest val_loss, else of the last.
    train_loader, val_loader : DataLoader
        Batches (*inputs, target). A last, smaller batch counts by its size.
    loss_fn : callable (output, target) → scalar tensor, the mean over the batch
    optimizer : torch.optim.Optimizer over parameters of ``model``
    epochs : int
        In total: a resumed run does those that are left.
    metrics : dict of name → callable (output, target) → mean over the batch
        Measured on ``val_loader``. F1 and AUC are no such means: compute them afterwards.
    scheduler : of torch.optim.lr_scheduler
        Stepped once an epoch; ReduceLROnPlateau gets val_loss (without val_loader train_loss).
    device : "cuda", "mps", "cpu" or None = the first of them that is there
    checkpoint : path of a file
        Written after each epoch: model, optimizer (with its learning rate), scheduler, history,
        random generators; the best model under the key "best".
    resume : bool
        Go on from ``checkpoint`` if it is there. Killed at any moment and called again, the
        result is that of a run in one go (unless the data set draws from a generator of its own,
        or workers persist). False starts anew and replaces the file.
    patience : int
        Stop after so many epochs in a row without a new lowest val_loss.
    amp : bool
        Mixed precision; None = on cuda only. bfloat16, or float16 with scaled gradients.
    progress : bool
        A bar on a terminal, and one summary line.

    Returns
    -------
    DataFrame
        One row an epoch: epoch (from 1), train_loss (mean while training), val_loss (NaN without
        val_loader), each metric, lr (of the first group, in that epoch), seconds.

    Raises
    ------
    CheckpointError
        The file is damaged, no checkpoint, or of another model, optimizer or scheduler.
    FloatingPointError
        A loss is NaN or infinite. The last checkpoint is kept.
    ValueError
        Arguments that do not fit together; a loader that gives no batch.
    """
    metrics = metrics or {}
    check_arguments(model, val_loader, optimizer, epochs, metrics, patience)
    device = parallel.join(pick_device(device))
    autocast, scaler = mixed_precision(device, amp)
    objects = {"model": model.to(device), "optimizer": optimizer, "scheduler": scheduler,
               "scaler": scaler, "random": RandomGenerators(train_loader, device)}
    rows, best = resume_from(checkpoint, objects, resume)
    resumed, trained = len(rows), parallel.wrap(model)
    train, val = (parallel.share(x, device, x is train_loader) for x in (train_loader, val_loader))
    while len(rows) < epochs and not stopped(rows, patience):
        start, row = time.perf_counter(), {"epoch": len(rows) + 1}
        bar = watched(train, row["epoch"], epochs, progress)
        row["train_loss"] = train_epoch(trained, bar, loss_fn, optimizer, device, autocast, scaler)
        row |= validate(model, val, loss_fn, metrics, device, autocast)
        refuse_nan(row, checkpoint)
        rows.append(row)
        if val is not None and (checkpoint or patience) and lowest(rows) == len(rows) - 1:
            best = copy.deepcopy(model.state_dict())
        row |= {"lr": step(optimizer, scheduler, row), "seconds": time.perf_counter() - start}
        if checkpoint:
            parallel.once(save_checkpoint, snapshot(objects, rows, best), checkpoint)
    if best is not None:
        model.load_state_dict(best)
    model.eval()
    if progress:
        parallel.once(print, summary(rows, epochs, resumed, best))
    return pd.DataFrame(rows, columns=[*COLUMNS[:3], *metrics, *COLUMNS[3:]])
