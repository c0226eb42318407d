"""One training step and one inference pass of a network in PyTorch, timed, and the memory of the steps: a JSON line. Run by
compare-networks.

Modes: eager (NCHW), cl (channels-last), cl-comp (channels-last through torch.compile). A step is forward, mean cross-entropy,
backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch."""
import argparse
import json
import pathlib
import statistics
import time

import torch
import torch.nn.functional as F
from torchvision import models

from peer_networks import lenet5, resnet20


PIXELS = (3, 224, 224)
NETWORKS = {  # name: (make, image, classes)
    "lenet5": (lenet5, (1, 28, 28), 10),
    "resnet20": (resnet20, (3, 32, 32), 10),
    "alexnet": (models.alexnet, PIXELS, 1000),
    "vgg16": (models.vgg16, PIXELS, 1000),
    "googlenet": (lambda: models.googlenet(aux_logits=False, init_weights=False), PIXELS, 1000),
    "resnet18": (models.resnet18, PIXELS, 1000),
    "resnet50": (models.resnet50, PIXELS, 1000),
}


def median_seconds(run, budget):
    """Of at least four calls, after two and a tenth of the budget."""
    def calls(least, seconds):
        times, end = [], time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < end:
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return times
    calls(2, budget / 10)
    return statistics.median(calls(4, budget))


def resident_mib(line):
    """A line of this process's status; nan where the system has none."""
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
        return next(int(text.split()[1]) / 1024 for text in lines if text.startswith(line))
    except (OSError, StopIteration):
        return float("nan")


def forget_peak():
    """The greatest resident size counts from now on."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # It then counts from the start of the process.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--mode", choices=["eager", "cl", "cl-comp"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--budget", type=float, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    make, shape, classes = NETWORKS[options.network]
    model, x, labels = make(), torch.randn(options.batch, *shape), torch.randint(0, classes, (options.batch,))
    if options.mode != "eager":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    forward = torch.compile(model) if options.mode == "cl-comp" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(forward(x), labels).backward()
        optimizer.step()

    before = resident_mib("VmRSS:")
    forget_peak()
    train = median_seconds(step, options.budget)
    peak = resident_mib("VmHWM:") - before
    model.eval()
    with torch.no_grad():
        inference = median_seconds(lambda: forward(x), options.budget / 2)
    print(json.dumps({"train_ms": 1e3 * train, "infer_ms": 1e3 * inference, "peak_mb": peak, "version": f"PyTorch {torch.__version__}"}))


main()
