"""Checkpoints of ``dlroadmap.train.fit``: whole at any moment, safe to read, refused if foreign."""

import os
import random

import numpy as np
import torch

from dlroadmap import _parallel as parallel

FORMAT = "dlroadmap.train 1"


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says why and what to do. The file is kept."""


def save_checkpoint(state, path):
    """Write ``state`` so that ``path`` holds the whole old or the whole new file at any moment."""
    part = f"{path}.part"
    with open(part, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())  # the bytes are on the disk before the name changes
    torch.load(part, weights_only=True)  # what cannot be read again shows now, not after a kill
    os.replace(part, path)


def refused(path, why):
    """A CheckpointError that says what to do."""
    return CheckpointError(f"{path} {why}. The file is left as it is. Move it away, or give "
                           "another checkpoint=, or resume=False to start anew and replace it.")


def load_checkpoint(path):
    """The state that ``fit`` saved under ``path``; CheckpointError where it is something else."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes torch raise a dozen kinds
        raise refused(path, f"cannot be read as a checkpoint ({type(error).__name__})") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise refused(path, "was not written by dlroadmap.train.fit")
    return state


class RandomGenerators:
    """All random generators that a run draws from, kept and put back like a module's state."""

    def __init__(self, loader, device):
        own = {"cpu": torch.default_generator, "loader": getattr(loader, "generator", None),
               "sampler": getattr(getattr(loader, "sampler", None), "generator", None)}
        if device.type == "cuda":
            own["cuda"] = torch.cuda.default_generators[device.index]
        self.torch = {name: g for name, g in own.items() if g is not None}

    def state_dict(self):
        """The states, of each process, in types that weights_only=True reads again."""
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002
        return {"processes": parallel.gather({
            "python": random.getstate(), "numpy": (kind, keys.tolist(), *rest),
            "torch": {name: g.get_state() for name, g in self.torch.items()}})}

    def load_state_dict(self, state):
        """Put every generator back to where it was."""
        states = state["processes"]
        mine = states[min(parallel.processes()[0], len(states) - 1)]
        random.setstate(mine["python"])
        np.random.set_state(mine["numpy"])  # noqa: NPY002
        for name in self.torch.keys() & mine["torch"].keys():  # cuda and cpu may change places
            self.torch[name].set_state(mine["torch"][name])


def signature(objects):
    """What a checkpoint and the objects that go on from it must agree on."""
    tensors = objects["model"].state_dict()
    return {**{name: tuple(getattr(t, "shape", ())) for name, t in tensors.items()},
            **{name: type(objects[name]).__name__ for name in ("optimizer", "scheduler")},
            "parameters": [len(group["params"]) for group in objects["optimizer"].param_groups],
            "generators": sorted(objects["random"].torch.keys() - {"cuda"})}


def snapshot(objects, rows, best):
    """All that the next epoch depends on, as a dict for :func:`save_checkpoint`."""
    states = {name: thing.state_dict() for name, thing in objects.items() if thing is not None}
    return {"format": FORMAT, "signature": signature(objects), "rows": rows, "best": best, **states}


def resume_from(path, objects, resume=True):
    """Put the state saved under ``path`` into all objects, or into none and raise → rows, best."""
    if path:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)  # now, not after the first epoch
    if not (path and resume and os.path.exists(path)):
        return [], None
    state, here = load_checkpoint(path), signature(objects)
    for name in {**here, **state["signature"]}:
        there = state["signature"].get(name)
        if there != here.get(name):
            raise refused(path, f"is of another run: {name} is {there} in the file and "
                                f"{here.get(name)} here")
    for name, thing in objects.items():
        if state.get(name):
            thing.load_state_dict(state[name])
    return state["rows"], state["best"]
