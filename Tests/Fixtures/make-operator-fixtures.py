#!/usr/bin/env python3
"""Makes the fixture of operators: python make-operator-fixtures.py [FOLDER]. make-fixtures.py, whose rules hold here, runs it too.

It draws from a generator of its own, so that a case more here changes nothing there. A case has the operands `0`, `1` …, the result
`y`, a cotangent `dy` and the gradients `d0`, `d1` … of the operands that have one."""
import importlib.util
import pathlib
import sys

import torch
import torch.nn.functional as F
from torchvision.ops import SqueezeExcitation

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("make_fixtures", here / "make-fixtures.py")
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
Fixture, leaves = base.Fixture, base.leaves
generator = torch.Generator().manual_seed(20261130)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def add(fixture, name, operation, inputs, terms=1, scale=1):
    """Σ|terms| of a result is what the operation's linear part gives on magnitudes, times `scale` where others come before it."""
    variables = leaves(*inputs)
    y = operation(*variables)
    dy = normal(*y.shape)
    gradients = torch.autograd.grad(y, variables, dy.double(), retain_graph=True)
    bounds = [g.abs() for g in torch.autograd.grad(y, variables, dy.abs().double())]
    for index, x in enumerate(inputs):
        fixture.given(f"{name}/{index}", x.clone())
    fixture.given(f"{name}/dy", dy)
    fixture.expected(f"{name}/y", y, y.abs() * scale, terms)
    for index, (gradient, bound) in enumerate(zip(gradients, bounds)):
        fixture.expected(f"{name}/d{index}", gradient, torch.maximum(bound, gradient.abs()) * scale, terms)


def softmaxes(fixture):
    """An exponent's error is relative to itself; a gradient is the difference of two sums over the row."""
    for axis in (0, 1, 2):
        x = normal(3, 5, 4)
        for name, operation in (("softmax", F.softmax), ("logSoftmax", F.log_softmax)):
            (variable,) = leaves(x)
            y = operation(variable, axis)
            dy = normal(3, 5, 4)
            (dx,) = torch.autograd.grad(y, variable, dy.double())
            fixture.given(f"{name}{axis}/0", x.clone())
            fixture.given(f"{name}{axis}/dy", dy)
            fixture.expected(f"{name}{axis}/y", y, y.abs() * 8 + (1 if name == "logSoftmax" else 0), 5)
            p = variable.softmax(axis)
            row = dy.abs().double()
            bound = p * (row + (p * row).sum(axis, keepdim=True)) if name == "softmax" else row + p * row.sum(axis, keepdim=True)
            fixture.expected(f"{name}{axis}/d0", dx, bound * 8, 5)


def movement(fixture):
    def case(name, operation, *inputs, terms=1):
        add(fixture, name, operation, inputs, terms)

    x = normal(2, 5, 4, 3)
    case("maximum", lambda x: x.clamp(min=0.25), x)
    case("minimum", lambda x: x.clamp(max=-0.25), x)
    case("step", lambda x: x[:, 1:5:2], x)
    case("mirror", lambda x: x[:, :, 1:4].flip(2), x)
    case("subscript", lambda x: x[-1, :, 1:-1, -2:], x)
    case("chunk", lambda x: x.chunk(2, 2)[1] - 2 * x.chunk(2, 2)[0], x, terms=2)
    case("split", lambda x: torch.split(x, [1, 3, 1], 1)[1], x)
    case("stack", lambda a, b: torch.stack([a, b], -1), x, normal(2, 5, 4, 3))
    case("tile", lambda x: x.repeat(2, 1, 3, 1, 2), x, terms=12)
    case("repeat", lambda x: x.repeat_interleave(3, 1), x, terms=3)
    # PyTorch names the last axes first, and reflects images [N, C, H, W] alone.
    case("constant", lambda x: F.pad(x, (1, 2, 0, 3, 2, 0, 1, 1), value=0.75), x)
    for mode in ("reflect", "replicate"):
        case(mode, lambda x: F.pad(x.permute(0, 3, 1, 2), (2, 3, 4, 1), mode=mode).permute(0, 2, 3, 1), x, terms=25)


def indexing(fixture):
    """The places of indices are literals of the tests."""

    def case(name, operation, *inputs, terms=1, scale=1):
        add(fixture, name, operation, inputs, terms, scale)

    x = normal(3, 5, 4)
    places = torch.tensor([[[1, 0, 4, 3], [1, 1, 0, 2]], [[0, 4, 4, 1], [2, 0, 4, 2]]])
    case("take", lambda x: x[:, torch.tensor([2, 0, 2, 4])], x, terms=2)
    case("takeOfTable", lambda x: x[torch.tensor([[1, 0], [2, 1]])], x, terms=2)
    case("gather", lambda x: x.gather(1, places), x, terms=2)
    case("scatterAdd", lambda x, u: x.scatter_add(1, places[:, :, :], u), normal(2, 5, 4), normal(2, 2, 4), terms=3)
    case("cumulativeSum", lambda x: x.cumsum(1), x, terms=5, scale=4)
    case("cumulativeSumOfRows", lambda x: x.cumsum(-1), x, terms=4, scale=4)
    case("sort", lambda x: x.sort(dim=1, stable=True).values, x)
    case("sortDescending", lambda x: x.sort(dim=-1, descending=True, stable=True).values, x)
    case("topK", lambda x: x.topk(2, 1).values, x)
    case("topKSmallest", lambda x: x.topk(3, -1, largest=False).values, x)
    case("select", lambda x, b: torch.where(x > 0.2, 2 * x, b), x, normal(5, 4), terms=3)
    case("mask", lambda x: (x <= 0.2).double() * x, x)
    case("erf", lambda x: torch.erf(x), x, scale=8)
    case("powers", lambda x, p: (x.abs() + 0.5) ** p, x, normal(5, 1), terms=15, scale=16)
    image = normal(2, 3, 2, 18)

    def channels_first(operation):
        return lambda x: operation(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    case("pixelShuffle", channels_first(lambda x: F.pixel_shuffle(x, 3)), image)
    case("pixelUnshuffle", channels_first(lambda x: F.pixel_unshuffle(x, 2)), normal(2, 6, 4, 3))


def grids(fixture):
    """Weights are differences of coordinates, which are exact to some units of the size only."""
    for filter in ("bilinear", "nearest"):
        for padding in ("zeros", "border"):
            for align in (False, True):
                x, grid = normal(2, 5, 4, 3), normal(2, 3, 4, 2) * 0.7
                name = f"gridSample-{filter}-{padding}" + ("-aligned" if align else "")

                def operation(x, grid):
                    y = F.grid_sample(x.permute(0, 3, 1, 2), grid, mode=filter, padding_mode=padding, align_corners=align)
                    return y.permute(0, 2, 3, 1)

                variables = leaves(x, grid)
                y = operation(*variables)
                dy = normal(*y.shape)
                gradients = torch.autograd.grad(y, variables, dy.double())
                for index, given in enumerate((x, grid)):
                    fixture.given(f"{name}/{index}", given.clone())
                fixture.given(f"{name}/dy", dy)
                fixture.expected(f"{name}/y", y, 20 * x.abs().max(), 4)
                fixture.expected(f"{name}/d0", gradients[0], 20 * dy.abs().max(), 12)
                fixture.expected(f"{name}/d1", gradients[1], 100 * x.abs().max() * dy.abs().max(), 12)


def blocks():
    """Layers with PyTorch's weights by their names. Products of a few terms of the order of the largest result: 8 times that bounds what
    is added up."""
    fixture = Fixture()

    class Attention(torch.nn.MultiheadAttention):
        def forward(self, x):
            return super().forward(x, x, x, need_weights=False)[0]

    def sequence(x):
        return x.transpose(1, 2)

    def image(x):
        return x.permute(0, 3, 1, 2)

    cases = {  # name: (module, input, to PyTorch's layout, back)
        "conv1d": (torch.nn.Conv1d(6, 8, 5, stride=2, padding=3, dilation=2, groups=2), normal(3, 19, 6), sequence, sequence),
        "max-pool1d": (torch.nn.MaxPool1d(3, 2, 1), normal(3, 10, 4), sequence, sequence),
        "average-pool1d": (torch.nn.AvgPool1d(4, 3, 2), normal(3, 10, 4), sequence, sequence),
        "attention": (Attention(12, 3, batch_first=True), normal(2, 7, 12), lambda x: x, lambda x: x),
        "squeeze-excitation": (SqueezeExcitation(8, 3), normal(2, 4, 5, 8), image, lambda y: y.permute(0, 2, 3, 1)),
    }
    for name, (module, x, there, back) in cases.items():
        for parameter, value in module.named_parameters():
            value.data = normal(*value.shape) * 0.5
            fixture.given(f"{name}/weights/{parameter}", value.data.clone())
        module = module.double()
        (variable,) = leaves(x)
        y = back(module(there(variable)))
        dy = normal(*y.shape)
        (dx,) = torch.autograd.grad(y, variable, dy.double())
        fixture.given(f"{name}/x", x.clone())
        fixture.given(f"{name}/dy", dy)
        fixture.expected(f"{name}/y", y, 8 * y.abs().max(), 36)
        fixture.expected(f"{name}/dx", dx, 8 * dx.abs().max(), 36)
    return fixture


def make(folder):
    blocks().save(folder / "pytorch-blocks.safetensors")
    fixture = Fixture()
    softmaxes(fixture)
    movement(fixture)
    indexing(fixture)
    grids(fixture)
    fixture.save(folder / "pytorch-operators.safetensors")


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here)
