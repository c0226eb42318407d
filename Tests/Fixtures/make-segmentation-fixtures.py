#!/usr/bin/env python3
"""Makes the fixture of the published fully convolutional nets: python make-segmentation-fixtures.py [FOLDER]. make-fixtures.py runs it too.

The arithmetic is that of the authors' Caffe files (fcn.berkeleyvision.org: voc-fcn32s, voc-fcn16s, voc-fcn8s): padding of 100, pooling
that rounds up, transposed convolutions without padding, crops by 19, 27, 31, 5 and 9. Only the widths are small. Caffe counts scores
beyond the border as 0 in the last enlargement; what it makes of ones divides that out."""
import pathlib
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixture import Fixture, hwio, nhwc

generator = torch.Generator().manual_seed(20261126)
WIDTHS, HIDDEN, CLASSES, CHANNELS = (2, 3, 3, 4, 4), 5, 3, 2
CONVOLUTIONS = (2, 2, 3, 3, 3)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def triangle(size):
    factor, center = (size + 1) // 2, (size - 1) / 2
    line = 1 - (torch.arange(size, dtype=torch.float64) - center).abs() / factor
    return line[:, None] * line


def crop(x, offset, like):
    return x[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]


def enlarged(scores, stride, offset, like):
    """The last layer: bilinear, fixed, 2·stride wide."""
    classes = scores.shape[1]
    weight = triangle(2 * stride).expand(classes, 1, -1, -1)

    def enlarge(s):
        return crop(F.conv_transpose2d(s, weight, stride=stride, groups=classes), offset, like)

    return enlarge(scores) / enlarge(torch.ones_like(scores))


def fcn():
    fixture = Fixture()
    weights = {}

    def parameter(name, *shape):
        fan_in = shape[1] * shape[2] * shape[3] if len(shape) == 4 else 1
        weights[name] = (normal(*shape) * (2 / fan_in) ** 0.5).float().double()
        fixture.given(f"parameters/{name}", weights[name], hwio if len(shape) == 4 else (lambda v: v))

    def layer(name, inputs, outputs, kernel):
        parameter(f"{name}.weight", outputs, inputs, kernel, kernel)
        parameter(f"{name}.bias", outputs)

    before = CHANNELS
    for stage, (width, count) in enumerate(zip(WIDTHS, CONVOLUTIONS)):
        for index in range(count):
            layer(f"stages.{stage}.{2 * index}", before, width, 3)
            before = width
    layer("head.0", before, HIDDEN, 7)
    layer("head.3", HIDDEN, HIDDEN, 1)
    layer("score", HIDDEN, CLASSES, 1)
    for index, width in enumerate((WIDTHS[3], WIDTHS[2])):
        parameter(f"fusions.{index}.enlarge.weight", CLASSES, CLASSES, 4, 4)
        layer(f"fusions.{index}.score", width, CLASSES, 1)

    def convolution(x, name, padding=0):
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=padding)

    for name, size in {"odd": (37, 45), "whole": (64, 32), "small": (1, 3)}.items():
        x = normal(1, CHANNELS, *size)
        fixture.given(f"{name}/x", x, nhwc)
        h, pools = x.double(), []
        for stage, count in enumerate(CONVOLUTIONS):
            for index in range(count):
                h = convolution(h, f"stages.{stage}.{2 * index}", 100 if stage == index == 0 else 1).relu()
            h = F.max_pool2d(h, 2, 2, ceil_mode=True)
            pools.append(h)
        score = convolution(convolution(convolution(h, "head.0").relu(), "head.3").relu(), "score")
        two = F.conv_transpose2d(score, weights["fusions.0.enlarge.weight"], stride=2)
        fuse4 = two + crop(convolution(pools[3], "fusions.0.score"), 5, two)
        two = F.conv_transpose2d(fuse4, weights["fusions.1.enlarge.weight"], stride=2)
        fuse3 = two + crop(convolution(pools[2], "fusions.1.score"), 9, two)
        for variant, scores, stride, offset in (("32s", score, 32, 19), ("16s", fuse4, 16, 27), ("8s", fuse3, 8, 31)):
            y = enlarged(scores, stride, offset, x)
            assert y.shape[2:] == x.shape[2:]
            fixture.expected(f"{name}/{variant}", y, 2 * y.abs().max(), 400, nhwc)
    return fixture


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    path = folder / "pytorch-fcn.safetensors"
    fcn().save(path)
    print(f"{path.name}: {path.stat().st_size} bytes")
