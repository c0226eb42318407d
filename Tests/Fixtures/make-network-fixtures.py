#!/usr/bin/env python3
"""Makes the fixtures of NetworkFamilyTests: python make-network-fixtures.py [FOLDER] (needs torch, torchvision, safetensors, numpy).

pytorch-networks.safetensors   what torchvision's networks, and the U-Net below, make of an image in float64. Weights and images are not
                               in the file: both sides draw them by the same formula from their names in PyTorch, and take the
                               statistics of batch norms from the images.
torchvision-settings.json      what weights do not show: ε and momentum of the norms, the probabilities of dropout and of stochastic
                               depth where there is some, and how each weight begins: its deviation, and its largest number in those"""
import itertools
import json
import math
import pathlib
import sys

import numpy
import torch
import torchvision.models as zoo
from torch import nn
from torchvision.models.efficientnet import MBConv
from torchvision.ops import StochasticDepth

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture import Fixture, nhwc

NETWORKS = (
    "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "densenet121", "squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0")
SISTERS = NETWORKS + tuple(f"efficientnet_b{n}" for n in range(1, 8)) + (
    "convnext_small", "convnext_base", "convnext_large", "densenet161", "densenet169", "densenet201", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0")
CLASSES, SIZE, BATCH = 10, 64, 4


def uniform(name, shape):
    """In [-1, 1), by a hash of the name and the place: FNV-1a of the name is added to a multiple of the place, MurmurHash's end mixes."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 % 2**32
    h = numpy.arange(math.prod(shape), dtype=numpy.uint32) * numpy.uint32(2654435761) + numpy.uint32(seed)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> numpy.uint32(shift))) * numpy.uint32(factor)
    h ^= h >> numpy.uint32(16)
    return torch.from_numpy(((h >> numpy.uint32(8)).astype(numpy.float32) / numpy.float32(2**23) - numpy.float32(1)).reshape(shape))


def drawn(name, shape):
    """A parameter: weights of layers with He's deviation, scales around 1, everything else around 0."""
    u = uniform(name, shape)
    if name.endswith("layer_scale"):
        return u * 0.25 + 0.5
    if len(shape) > 1:
        return u * numpy.float32(math.sqrt(6 / math.prod(shape[1:])))
    return u * 0.25 + 1 if name.endswith("weight") else u * 0.125


class UNet(nn.Module):
    """Figure 1 of the paper, with the names of the library."""

    def __init__(self, widths, channels, classes, padding):
        super().__init__()

        def convolutions(a, b, drops=False):
            layers = [nn.Conv2d(a, b, 3, padding=padding), nn.ReLU(), nn.Conv2d(b, b, 3, padding=padding), nn.ReLU()]
            return nn.Sequential(*layers, *([nn.Dropout(0.5)] if drops else []))

        levels = len(widths)
        self.contracting = nn.ModuleList(
            convolutions(a, b, level >= levels - 2) for level, (a, b) in enumerate(itertools.pairwise((channels, *widths))))
        self.expanding = nn.ModuleList()
        for a, b in itertools.pairwise(widths[::-1]):
            step = nn.Module()
            step.enlarge, step.convolutions = nn.ConvTranspose2d(a, b, 2, stride=2), convolutions(2 * b, b)
            self.expanding.append(step)
        self.score = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        maps = []
        for level in self.contracting[:-1]:
            maps.append(level(x))
            x = nn.functional.max_pool2d(maps[-1], 2)
        x = self.contracting[-1](x)
        for step in self.expanding:
            x, map = step.enlarge(x), maps.pop()
            top, left = ((map.shape[axis] - x.shape[axis]) // 2 for axis in (2, 3))
            map = map[:, :, top : top + x.shape[2], left : left + x.shape[3]]
            x = step.convolutions(torch.cat([map, x], 1))
        return self.score(x)


def prepared(model, x):
    """With drawn parameters, and batch norms that have the statistics of x."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(drawn(name, tuple(parameter.shape)))
        model.double().train()
        for module in model.modules():
            if isinstance(module, (nn.Dropout, StochasticDepth)):
                module.eval()
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None  # the mean over all batches: of one, its own
        model(x)
    return model.eval()


def outputs():
    fixture = Fixture()
    # Of 8×8 squares of one color: a network without norms hardly tells noise from noise.
    x = uniform("images", (BATCH, 3, SIZE // 8, SIZE // 8)).repeat_interleave(8, 2).repeat_interleave(8, 3) * 2
    for name in NETWORKS:
        model = prepared(zoo.get_model(name, weights=None, num_classes=CLASSES), x.double())
        with torch.no_grad():
            y = model(x.double())
        assert y.std(0).mean() > 0.02 * y.abs().max(), f"{name}: the images hardly differ: {y}"
        # 1e-4 of the largest logit: a batch norm divides by deviations of 16 numbers, some of which are small.
        fixture.expected(name, y, y.abs().max(), 700_000)
    for name, size, padding in (("unet.paper", (60, 76), 0), ("unet.padded", (16, 24), 1)):
        model = UNet((4, 6, 8), 2, 3, padding)
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                parameter.copy_(drawn(key, tuple(parameter.shape)))
            y = model.double().eval()(uniform(name, (1, 2, *size)).double())
        fixture.expected(name, y, 2 * y.abs().max(), 400, nhwc)
    return fixture


def beginnings(model):
    weights = [p.detach() for p in model.parameters() if p.dim() == 2 or p.dim() == 4]
    return [[float(f"{number:.3g}") for number in (w.std(), w.abs().max() / w.std())] for w in weights]


def settings():
    found = {}
    for name in SISTERS:
        torch.manual_seed(20261130)
        model = zoo.get_model(name, weights=None)
        unused = {
            block.stochastic_depth for block in model.modules() if isinstance(block, MBConv) and not block.use_res_connect}
        modules = [module for module in model.modules() if module not in unused]
        norms = [[m.eps, m.momentum] for m in modules if isinstance(m, nn.BatchNorm2d)]
        assert norms == norms[:1] * len(norms)
        found[name] = {
            "norms": len(norms),
            "norm": norms[0] if norms else [],
            "layerNorms": sum(isinstance(m, nn.LayerNorm) and m.eps == 1e-6 for m in modules),
            "dropout": [m.p for m in modules if isinstance(m, nn.Dropout)],
            "stochasticDepth": [m.p for m in modules if isinstance(m, StochasticDepth) and m.p > 0],
            "beginnings": beginnings(model) if name in NETWORKS else [],
        }
    return found


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    path = folder / "pytorch-networks.safetensors"
    outputs().save(path)
    print(f"{path.name}: {path.stat().st_size} bytes")
    (folder / "torchvision-settings.json").write_text(json.dumps(settings()) + "\n")
