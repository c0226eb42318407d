"""What the scripts that make the fixtures share: random numbers, layouts, the tensors of a file and their tolerances."""
import math

import torch
from safetensors.torch import save_file

EPSILON, SMALLEST_NORMAL = 2.0**-23, 2.0**-126
generator = torch.Generator().manual_seed(20261121)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def hwio(w):
    return w.permute(2, 3, 1, 0)


def same(v):
    return v


class Fixture:
    """The tensors of one file, by name."""

    def __init__(self):
        self.tensors = {}

    def integers(self, name, values):
        self.tensors[name] = torch.tensor(values, dtype=torch.int32)

    def given(self, name, value, layout=same):
        self.tensors[name] = layout(value.detach()).to(torch.float32).contiguous()

    def expected(self, name, value, magnitude, terms, layout=same):
        """`magnitude`: Σ|terms| of every element, or one number for all (stored as one), `terms`: K."""
        magnitude = torch.as_tensor(magnitude, dtype=torch.float64).detach()
        tolerance = (4 + math.sqrt(terms)) * EPSILON * magnitude + SMALLEST_NORMAL * (magnitude > 0)
        self.given(name, value, layout)
        if tolerance.dim() == 0:
            self.given(name + ".tolerance", tolerance.reshape(1))
        else:
            self.given(name + ".tolerance", tolerance, layout)

    def save(self, path):
        save_file(dict(sorted(self.tensors.items())), path)


def leaves(*tensors):
    return [t.double().requires_grad_() for t in tensors]


def linear_map_gradients(operation, inputs, dy):
    """operation(*inputs) for an operation linear in each input: its value, its gradients, and their Σ|terms|, which are what the
    same operation gives on magnitudes."""
    variables = leaves(*inputs)
    y = operation(*variables)
    gradients = torch.autograd.grad(y, variables, dy.double())
    magnitudes = leaves(*[t.abs() for t in inputs])
    bound = operation(*magnitudes)
    bounds = torch.autograd.grad(bound, magnitudes, dy.abs().double())
    return y, bound, gradients, bounds
