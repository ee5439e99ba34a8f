"""Several processes, one model: what ``dlroadmap.train.fit`` does under ``torchrun``.

In one process every function here hands back what it was given.
"""

import atexit

import torch
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler


def processes():
    """(number of this process, how many there are): (0, 1) without torchrun."""
    there = dist.is_available() and dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if there else (0, 1)


def join(device):
    """Make this process ready: its card; under torchrun it meets the others → device."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.deterministic = True  # the same seed, the same result
    if dist.is_available() and dist.is_torchelastic_launched() and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)
        if dist.get_rank():  # own dropout masks; the order of the samples is process 0's
            torch.manual_seed(torch.initial_seed() + dist.get_rank())
    return device


def wrap(model):
    """The model, whose gradients are averaged over the processes in each backward pass."""
    return DistributedDataParallel(model) if processes()[1] > 1 else model


def total(sums):
    """A tensor of sums → the sums over all processes."""
    if processes()[1] > 1:
        dist.all_reduce(sums)
    return sums


def gather(thing):
    """The thing of each process, in a list."""
    things = [thing] * processes()[1]
    if len(things) > 1:
        dist.all_gather_object(things, thing)
    return things


def once(function, *args):
    """Call the function in process 0; the others wait for it."""
    if processes()[0] == 0:
        function(*args)
    if processes()[1] > 1:
        dist.barrier()


class Share(DistributedSampler):
    """This process's share of the order that the loader's own sampler draws in process 0."""

    def __init__(self, loader, device):
        super().__init__(loader.sampler, shuffle=False, drop_last=loader.drop_last)
        self.device = device

    def __iter__(self):
        order = torch.tensor(list(self.dataset), device=self.device)
        dist.broadcast(order, src=0)
        return iter(order[list(super().__iter__())].tolist())


def share(loader, device, train):
    """A loader for this process's part of the work.

    Together the parts of a training batch are the batch of one process (where the number of
    samples does not divide, a few count twice). Validation samples are dealt out, none twice.
    A loader that has a DistributedSampler already is left alone.
    """
    rank, number = processes()
    if loader is None or number == 1 or isinstance(loader.sampler, DistributedSampler):
        return loader
    if loader.batch_size is None or (train and loader.batch_size % number):
        raise ValueError(f"a batch_size of {loader.batch_size} cannot be shared equally by "
                         f"{number} processes: take a multiple of {number}")
    with torch.random.fork_rng(devices=[]):  # looking at a shuffled order draws a number
        mine = Share(loader, device) if train else sorted(loader.sampler)[rank::number]
    return DataLoader(
        loader.dataset, max(1, loader.batch_size // number), sampler=mine,
        num_workers=loader.num_workers, collate_fn=loader.collate_fn, pin_memory=loader.pin_memory,
        worker_init_fn=loader.worker_init_fn, generator=loader.generator,
        drop_last=loader.drop_last)
