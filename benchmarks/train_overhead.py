"""What a step of ``dlroadmap.train.fit`` costs beside the same loop written by hand.

    python benchmarks/train_overhead.py            # a minute; writes the table
    python benchmarks/train_overhead.py --dry-run  # measured and printed only

Two models on batches of 64 random pictures: lesson 04/09's CNN (allowed: 3 % more) and its MLP
(allowed: 0.1 ms a step more; a step is short there). ``fit`` and the loop by hand take turns step
by step, and must end with the same weights to the last bit. Time is processor time of one thread;
the table (benchmarks/results/train_overhead.csv) holds medians over the steps.
"""

import argparse
import copy
import hashlib
import itertools
import platform
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import torch
from torch import nn

from dlroadmap import _checkpoint, _parallel, train

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks/results/train_overhead.csv"
MEASURED = [Path(m.__file__) for m in (train, _checkpoint, _parallel)]


def cnn():
    return nn.Sequential(nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 5),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(320, 10))


def mlp():
    sizes = [784, 512, 256, 128, 64]
    layers = [x for pair in itertools.pairwise(sizes) for x in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(64, 10))


class Alternating:
    """Batches for ``fit``; before each, the same batch makes a step of the loop by hand.

    ``seconds`` collects processor time: by hand, and from handing a batch to ``fit`` until it
    asks for the next one. So both kinds meet the same state of the machine.
    """

    def __init__(self, batches, model, optimizer, loss_fn):
        self.batches, self.model, self.optimizer, self.loss_fn = batches, model, optimizer, loss_fn
        self.seconds = {"hand": [], "fit": []}

    def __iter__(self):
        self.model.train()
        for batch in self.batches:
            start = time.process_time()
            x, y = batch
            self.optimizer.zero_grad()
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.seconds["hand"].append(time.process_time() - start)
            start = time.process_time()
            yield batch
            self.seconds["fit"].append(time.process_time() - start)


def measure(name, model, steps):
    torch.manual_seed(0)
    batches = [(torch.rand(64, 1, 28, 28), torch.randint(10, (64,))) for _ in range(20)]
    twin = copy.deepcopy(model)
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.01, momentum=0.5) for m in (model, twin)]
    loader = Alternating(batches, twin, optimizers[1], nn.CrossEntropyLoss())
    train.fit(model, loader, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizers[0],
              epochs=steps // 20, device="cpu", progress=False)
    assert all(map(torch.equal, model.state_dict().values(), twin.state_dict().values()))
    hand, fit = loader.seconds["hand"][20:], loader.seconds["fit"][20:]  # without the warm-up
    step = {"hand": 1000 * statistics.median(hand), "fit": 1000 * statistics.median(fit)}
    more = 1000 * statistics.median(f - h for f, h in zip(fit, hand, strict=True))
    percent = 100 * more / step["hand"]
    allowed = percent <= 3 if name == "CNN" else more <= 0.1
    print(f"{name}: by hand {step['hand']:.3f} ms a step, fit {step['fit']:.3f} ms, median "
          f"difference {more:+.4f} ms = {percent:+.2f} %: {'allowed' if allowed else 'TOO MUCH'}",
          flush=True)
    return f"{name},{len(fit)},{step['hand']:.3f},{step['fit']:.3f},{more:.4f},{percent:.2f}"


def fingerprint():
    """Hash of the code that was measured: a test compares it with today's."""
    text = b"".join(p.read_bytes().replace(b"\r\n", b"\n") for p in MEASURED)
    return hashlib.sha256(text).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure("CNN", cnn(), 400), measure("MLP", mlp(), 1000)]
    head = [f"# python benchmarks/train_overhead.py, {date.today()}",
            f"# torch {torch.__version__}, Python {platform.python_version()}, "
            f"{platform.machine()}, one thread, device cpu",
            f"# code {fingerprint()}"]
    columns = "model,steps,hand_ms_a_step,fit_ms_a_step,more_ms_a_step,more_percent"
    if not options.dry_run:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text("\n".join([*head, columns, *rows]) + "\n", encoding="utf-8")
        print(f"wrote {RESULT.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
