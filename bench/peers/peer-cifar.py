"""Trains ResNet-20 on CIFAR-10 in PyTorch by the recipe of `apus train resnet20`: a JSON line. Run by compare-cifar.

Nine tenths of the images are trained on, by classes' shares; images move by up to four pixels and are mirrored half of the time; SGD
with momentum 0.9, weight decay on filters and matrices only, a linear warm-up over a part of the steps and a cosine to 0. The model
of the last epoch is measured on the test images. Channels-last, memory as the C library gives it."""
import argparse
import gzip
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F

from peer_networks import resnet20


def read(folder, names):
    raw = b""
    for name in names:
        path = pathlib.Path(folder) / name
        if path.exists():
            raw += path.read_bytes()
        elif path.with_name(name + ".gz").exists():
            raw += gzip.decompress(path.with_name(name + ".gz").read_bytes())
    records = torch.frombuffer(bytearray(raw), dtype=torch.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32).contiguous(), records[:, 0].long()


def split(labels, generator):
    """Indices to train on: nine tenths of every class."""
    parts = []
    for label in range(10):
        members = (labels == label).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=generator)]
        parts.append(members[len(members) // 10:])
    return torch.cat(parts)


def augmented(images, generator, shift=4):
    """Each image of the batch moved and mirrored by itself."""
    n = len(images)
    padded = F.pad(images, (shift,) * 4)
    rows = torch.randint(0, 2 * shift + 1, (n, 1), generator=generator) + torch.arange(32)
    columns = torch.randint(0, 2 * shift + 1, (n, 1), generator=generator) + torch.arange(32)
    flips = torch.rand(n, 1, generator=generator) < 0.5
    columns = torch.where(flips, columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None, None], torch.arange(3)[:, None, None], rows[:, None, :, None], columns[:, None, None, :]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    for name, kind in (("epochs", int), ("batch", int), ("seed", int), ("threads", int), ("learning-rate", float),
                       ("weight-decay", float), ("warmup", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    images, labels = read(options.data, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test, test_labels = read(options.data, ["test_batch.bin"])
    chosen = split(labels, torch.Generator().manual_seed(1))
    wide = images[chosen].float()
    mean, deviation = wide.mean((0, 2, 3))[:, None, None], wide.std((0, 2, 3))[:, None, None]

    model = resnet20().to(memory_format=torch.channels_last)
    for layer in model.modules():  # as the layers of Apus begin
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)
    decaying = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD([{"params": decaying, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0}],
                                lr=options.learning_rate, momentum=0.9)
    steps = math.ceil(len(chosen) / options.batch) * options.epochs
    rise = options.warmup * steps

    def rate(step):
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / (steps - rise)))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    normalized = lambda batch: ((batch.float() - mean) / deviation).contiguous(memory_format=torch.channels_last)
    start = time.perf_counter()
    for _ in range(options.epochs):
        model.train()
        order = chosen[torch.randperm(len(chosen), generator=generator)]
        for first in range(0, len(order), options.batch):
            batch = order[first:first + options.batch]
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(normalized(augmented(images[batch], generator))), labels[batch]).backward()
            optimizer.step()
            scheduler.step()
    seconds = time.perf_counter() - start
    model.eval()
    with torch.no_grad():
        right = sum((model(normalized(test[i:i + 500])).argmax(1) == test_labels[i:i + 500]).sum().item() for i in range(0, len(test), 500))
    print(json.dumps({"accuracy": right / len(test), "seconds": seconds, "version": f"PyTorch {torch.__version__}"}))


main()
