#!/usr/bin/env python3
"""Makes the fixtures that hold Apus to PyTorch: python make-fixtures.py [FOLDER]  (needs torch and safetensors).

Inputs are drawn as float32. PyTorch computes in float64, so that its own rounding plays no part, and the result is stored as
float32. Beside every expected tensor `v` stands `v.tolerance`, what a float32 implementation may be away from it,

    tolerance = (4 + √K) · ε · Σ|terms| + 2⁻¹²⁶,   ε = 2⁻²³,   K = number of terms

(the last: the smallest normal number, where underflow begins), where Σ|terms| is the sum of the magnitudes of what is added up to give v: nothing that cancels makes it small.
Everything is stored in Apus' layouts: images [N, H, W, C], filters [KH, KW, Cin/groups, Cout], matrices [in, out]."""
import itertools
import math
import pathlib
import runpy
import sys

import torch
import torch.nn.functional as F

import fixtures_layers
import norm_fixtures
from fixture import Fixture, generator, hwio, leaves, linear_map_gradients, nhwc, normal, same
from optimizer_fixtures import optimizers, schedules


def conv2d():
    fixture = Fixture()
    cases = {  # name: (batch, height, width, in, out, kernel, stride, padding, dilation, groups)
        "plain3x3": (2, 7, 9, 5, 6, (3, 3), (1, 1), (1, 1), (1, 1), 1),
        "pointwise": (2, 5, 5, 16, 17, (1, 1), (1, 1), (0, 0), (1, 1), 1),
        "strided": (1, 11, 8, 3, 10, (5, 3), (3, 2), (2, 0), (1, 1), 1),
        "stride-beyond-kernel": (1, 9, 9, 4, 4, (2, 2), (3, 3), (0, 0), (1, 1), 1),
        "dilated": (1, 10, 9, 6, 8, (3, 3), (2, 1), (3, 2), (2, 3), 1),
        "grouped": (2, 6, 6, 8, 12, (3, 3), (1, 1), (1, 1), (1, 1), 4),
        "depthwise": (1, 8, 8, 9, 9, (3, 3), (2, 2), (1, 1), (1, 1), 9),
        "padding-beyond-image": (1, 3, 3, 2, 3, (5, 5), (1, 1), (4, 4), (1, 1), 1),
    }
    for name, (n, h, w, ci, co, kernel, stride, padding, dilation, groups) in cases.items():
        x, weight, bias = normal(n, ci, h, w), normal(co, ci // groups, *kernel), normal(co)

        def operation(x, weight, bias):
            return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

        with torch.no_grad():
            dy = normal(*operation(x, weight, bias).shape)
        y, bound, (dx, dweight, dbias), (bx, bweight, bbias) = linear_map_gradients(operation, (x, weight, bias), dy)
        taps, pixels = kernel[0] * kernel[1], y.shape[0] * y.shape[2] * y.shape[3]
        fixture.integers(f"{name}/geometry", [*stride, *padding, *dilation, groups])
        fixture.given(f"{name}/x", x, nhwc)
        fixture.given(f"{name}/weight", weight, hwio)
        fixture.given(f"{name}/bias", bias)
        fixture.given(f"{name}/dy", dy, nhwc)
        fixture.expected(f"{name}/y", y, bound, taps * ci // groups + 1, nhwc)
        fixture.expected(f"{name}/dx", dx, bx, taps * co // groups, nhwc)
        fixture.expected(f"{name}/dweight", dweight, bweight, pixels, hwio)
        fixture.expected(f"{name}/dbias", dbias, bbias, pixels)
    return fixture


def pool2d():
    fixture = Fixture()
    cases = {  # name: (height, width, kernel, stride, padding)
        "halve": (8, 6, (2, 2), (2, 2), (0, 0)),
        "overlapping": (9, 9, (3, 3), (2, 2), (1, 1)),
        "uneven": (7, 10, (3, 2), (1, 3), (1, 0)),
        "global": (5, 4, (5, 4), (5, 4), (0, 0)),
    }
    for (name, (h, w, kernel, stride, padding)), kind in itertools.product(cases.items(), ("max", "average")):
        x = normal(2, 5, h, w)
        operation = {
            "max": lambda x: F.max_pool2d(x, kernel, stride, padding),
            "average": lambda x: F.avg_pool2d(x, kernel, stride, padding),
        }[kind]
        dy = normal(*operation(x).shape)
        (variable,) = leaves(x)
        y = operation(variable)
        (dx,) = torch.autograd.grad(y, variable, dy.double(), retain_graph=True)
        (bx,) = torch.autograd.grad(y, variable, dy.abs().double())
        terms = kernel[0] * kernel[1]
        case = f"{kind}-{name}"
        fixture.integers(f"{case}/geometry", [*kernel, *stride, *padding])
        fixture.given(f"{case}/x", x, nhwc)
        fixture.given(f"{case}/dy", dy, nhwc)
        fixture.expected(f"{case}/y", y, operation(variable.abs()) if kind == "average" else 0.0, terms, nhwc)
        fixture.expected(f"{case}/dx", dx, bx, terms, nhwc)
    return fixture


def activations():
    """y, and dx under the cotangent dy. Σ|terms| of a derivative that is a sum has its terms; where it is had from y, the rounding
    of y counts: |dy| times what that does. Beside them PyTorch's calculate_gain."""
    generator.manual_seed(20261125)  # whatever was drawn before
    fixture = Fixture()

    def bell(x):
        return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    def swish_terms(x, beta):
        s = torch.sigmoid(beta * x)
        return (1 + (beta * x).abs()) * (s + (beta * x).abs() * s * (1 - s))

    def cubic(x):
        return 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)

    def gelu_tanh_terms(x):
        s, slope = torch.sigmoid(cubic(x)), 2 * math.sqrt(2 / math.pi) * (x + 3 * 0.044715 * x**3)
        return (1 + cubic(x).abs()) * (s + slope.abs() * s * (1 - s))

    one = torch.ones_like
    cases = {  # name: (function, its parameters, what its rounding magnifies, Σ|terms| of the derivative)
        "sigmoid": (torch.sigmoid, [], one, one),
        "tanh": (torch.tanh, [], one, one),
        "leaky-relu": (lambda x: F.leaky_relu(x, 0.1), [0.1], one, one),
        "elu": (F.elu, [1.0], one, one),
        "elu-half": (lambda x: F.elu(x, 0.5), [0.5], one, one),
        "swish": (F.silu, [1.0], one, lambda x: swish_terms(x, 1)),
        "swish-beta": (lambda x: x * torch.sigmoid(1.5 * x), [1.5], lambda x: 1 + 1.5 * x.abs(), lambda x: swish_terms(x, 1.5)),
        "gelu": (F.gelu, [], one, lambda x: 0.5 * torch.erfc(-x / math.sqrt(2)) + x.abs() * bell(x)),
        "gelu-tanh": (lambda x: F.gelu(x, approximate="tanh"), [], lambda x: 1 + cubic(x).abs(), gelu_tanh_terms),
        "softplus": (F.softplus, [], one, one),
        "relu": (F.relu, [], one, one),
        "hard-sigmoid": (F.hardsigmoid, [], one, one),
        "hard-swish": (F.hardswish, [], one, lambda x: x.abs().clamp(max=3) / 3 + 0.5),
        "hardtanh": (lambda x: F.hardtanh(x, -2, 1.5), [-2, 1.5], one, one),
        "relu6": (F.relu6, [], one, one),
    }
    for name, (function, parameters, magnified, terms) in cases.items():
        x, dy = torch.cat([normal(40) * 3, torch.tensor([0.0, -30.0, 30.0, 1e-4, -1e-4])]), normal(45)
        (variable,) = leaves(x)
        y = function(variable)
        (dx,) = torch.autograd.grad(y, variable, dy.double())
        wide = x.double()
        fixture.given(f"{name}/x", x)
        fixture.given(f"{name}/dy", dy)
        fixture.given(f"{name}/parameters", torch.tensor(parameters + [0.0]))
        fixture.expected(f"{name}/y", y, y.abs() * magnified(wide), 1)
        fixture.expected(f"{name}/dx", dx, dy.double().abs() * terms(wide), 2)

    for name, channels in (("prelu-one", 1), ("prelu-channels", 5)):
        x, dy, slope = normal(2, 5, 3, 4), normal(2, 5, 3, 4), normal(channels)
        variables = leaves(x, slope)
        y = F.prelu(*variables)
        dx, dslope = torch.autograd.grad(y, variables, dy.double())
        below = torch.where(x > 0, 0.0, (x * dy).abs()).double()
        total = below.sum().reshape(1) if channels == 1 else below.sum((0, 2, 3))
        fixture.given(f"{name}/x", x, nhwc)
        fixture.given(f"{name}/dy", dy, nhwc)
        fixture.given(f"{name}/slope", slope)
        fixture.expected(f"{name}/y", y, y.abs(), 1, nhwc)
        fixture.expected(f"{name}/dx", dx, dx.abs(), 1, nhwc)
        fixture.expected(f"{name}/dslope", dslope, total, x.numel() // channels)

    x, dy, pieces = normal(4, 15), normal(4, 5), 3
    (variable,) = leaves(x)
    y = variable.reshape(4, pieces, 5).amax(1)
    (dx,) = torch.autograd.grad(y, variable, dy.double())
    fixture.given("maxout/x", x)
    fixture.given("maxout/dy", dy)
    fixture.integers("maxout/pieces", [pieces])
    fixture.expected("maxout/y", y, 0.0, 1)
    fixture.expected("maxout/dx", dx, 0.0, 1)

    gain = torch.nn.init.calculate_gain
    for name, value in {"Identity": gain("linear"), "Sigmoid": gain("sigmoid"), "Tanh": gain("tanh"), "ReLU": gain("relu"),
                        "LeakyReLU": gain("leaky_relu", 0.01), "PReLU": gain("leaky_relu", 0.25)}.items():
        fixture.given(f"gain/{name}", torch.tensor([float(value)]))
    return fixture


def batch_norm():
    """x away from zero, as a convolution's output is; two training steps for the running statistics, then inference."""
    fixture = Fixture()
    n, c, h, w = 4, 5, 3, 2
    rows, momentum, epsilon = n * h * w, 0.1, 1e-5
    gamma, beta = normal(c), normal(c)
    running_mean, running_var = torch.zeros(c).double(), torch.ones(c).double()
    fixture.given("gamma", gamma)
    fixture.given("beta", beta)

    def columns(t):
        return t.reshape(1, -1, 1, 1)

    def total(t):
        return t.sum((0, 2, 3))

    for phase in ("step0", "step1", "inference"):
        training = phase != "inference"
        x, dy = normal(n, c, h, w) * 2 + columns(torch.arange(c)), normal(n, c, h, w)
        variables = leaves(x, gamma, beta)
        if training:
            used_mean, used_var = total(x.double()) / rows, x.double().var((0, 2, 3), correction=0)
        else:
            used_mean, used_var = running_mean.clone(), running_var.clone()
        y = F.batch_norm(variables[0], running_mean, running_var, *variables[1:], training, momentum, epsilon)
        dx, dgamma, dbeta = torch.autograd.grad(y, variables, dy.double())

        # x̂ as a difference of two magnitudes: the error of each is relative to itself.
        deviation = columns((used_var + epsilon).rsqrt())
        distance = (x.double().abs() + columns(used_mean.abs() + total(x.double().abs()) / rows)) * deviation
        scale, size = columns(gamma.double().abs()) * deviation, dy.double().abs()
        projected = total(size * distance)
        backward = size + (columns(total(size)) + distance * columns(projected)) / rows if training else size
        fixture.given(f"{phase}/x", x, nhwc)
        fixture.given(f"{phase}/dy", dy, nhwc)
        terms = rows if training else 2
        fixture.expected(f"{phase}/y", y, columns(gamma.double().abs()) * distance + columns(beta.double().abs()), terms, nhwc)
        fixture.expected(f"{phase}/dx", dx, scale * backward, terms, nhwc)
        fixture.expected(f"{phase}/dgamma", dgamma, projected, rows)
        fixture.expected(f"{phase}/dbeta", dbeta, total(size), rows)
        if training:
            fixture.expected(f"{phase}/running_mean", running_mean, total(x.double().abs()) / rows, rows)
            spread = (x.double().abs() + columns(used_mean.abs())) ** 2
            fixture.expected(f"{phase}/running_var", running_var, 1 + total(spread) / (rows - 1), rows)
    return fixture


def linear():
    fixture = Fixture()
    for name, (n, i, o) in {"small": (3, 7, 5), "wide": (4, 33, 65), "one": (1, 16, 1)}.items():
        x, weight, bias, dy = normal(n, i), normal(o, i), normal(o), normal(n, o)
        y, bound, (dx, dweight, dbias), (bx, bweight, bbias) = linear_map_gradients(F.linear, (x, weight, bias), dy)
        fixture.given(f"{name}/x", x)
        fixture.given(f"{name}/weight", weight, torch.t)
        fixture.given(f"{name}/bias", bias)
        fixture.given(f"{name}/dy", dy)
        fixture.expected(f"{name}/y", y, bound, i + 1)
        fixture.expected(f"{name}/dx", dx, bx, o)
        fixture.expected(f"{name}/dweight", dweight, bweight, n, torch.t)
        fixture.expected(f"{name}/dbias", dbias, bbias, n)
    return fixture


def cross_entropy():
    fixture = Fixture()
    for name, (n, k, factor) in {"ten": (6, 10, 2.0), "two": (3, 2, 1.0), "confident": (4, 5, 60.0)}.items():
        logits, labels = normal(n, k) * factor, torch.randint(0, k, (n,), generator=generator)
        (variable,) = leaves(logits)
        loss = F.cross_entropy(variable, labels)
        (dlogits,) = torch.autograd.grad(loss, variable)
        # An error of a logit or of their maximum, relative to itself, goes through exp as it is.
        size = variable.abs().amax(1, keepdim=True) + 1
        fixture.given(f"{name}/logits", logits)
        fixture.integers(f"{name}/labels", labels.tolist())
        fixture.expected(f"{name}/loss", loss.reshape(1), 2 * size.mean(), k)
        probability = variable.softmax(1)
        fixture.expected(f"{name}/dlogits", dlogits, 2 * (probability * size + F.one_hot(labels, k)) / n, k)
    return fixture


def sgd():
    """The parameter's value after each of four steps with given gradients."""
    fixture = Fixture()
    steps, count = 4, 12
    cases = {
        "plain": dict(lr=0.1),
        "decay": dict(lr=0.1, weight_decay=0.05),
        "momentum": dict(lr=0.05, momentum=0.9),
        "momentum-decay": dict(lr=0.05, momentum=0.9, weight_decay=0.01),
        "nesterov": dict(lr=0.05, momentum=0.8, weight_decay=0.01, nesterov=True),
    }
    for name, options in cases.items():
        value, gradients = normal(count), normal(steps, count)
        parameter = value.double().requires_grad_()
        optimizer = torch.optim.SGD([parameter], **options)
        size, velocity, values, sizes = value.double().abs(), torch.zeros(count).double(), [], []
        for gradient in gradients.double():
            parameter.grad = gradient.clone()
            optimizer.step()
            values.append(parameter.detach().clone())
            velocity = options.get("momentum", 0) * velocity + gradient.abs() + options.get("weight_decay", 0) * size
            size = size + options["lr"] * 2 * velocity
            sizes.append(size)
        order = ("lr", "momentum", "weight_decay", "nesterov")
        fixture.given(f"{name}/options", torch.tensor([float(options.get(key, 0)) for key in order]))
        fixture.given(f"{name}/value", value)
        fixture.given(f"{name}/gradients", gradients)
        fixture.expected(f"{name}/values", torch.stack(values), torch.stack(sizes), 4 * steps)
    return fixture


class LeNet5(torch.nn.Module):
    def __init__(self):
        super().__init__()
        nn = torch.nn
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def lenet5():
    """Forward, backward and three steps of a whole network. A gradient's error comes from every layer above it, so the tolerance
    is relative to the tensor's largest element: Σ|terms| stands for twice that, K for the longest sum (400 terms)."""
    fixture = Fixture()

    def layout(name):
        if name == "classifier.1.weight":  # columns (C, H, W) there, rows (H, W, C) here
            return lambda w: w.reshape(120, 16, 5, 5).permute(2, 3, 1, 0).reshape(400, 120)
        return {4: hwio, 2: torch.t, 1: same}[model.state_dict()[name].dim()]

    def whole(name, value, layout=same):
        fixture.expected(name, value, 2 * value.abs().max(), 400, layout)

    torch.manual_seed(5)
    model = LeNet5().double()
    for name, parameter in model.named_parameters():
        parameter.data = parameter.data.float().double()
        fixture.given(f"initial/{name}", parameter, layout(name))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    for step in range(3):
        x, labels = normal(4, 1, 28, 28), torch.randint(0, 10, (4,), generator=generator)
        fixture.given(f"step{step}/x", x, nhwc)
        fixture.integers(f"step{step}/labels", labels.tolist())
        logits = model(x.double())
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        whole(f"step{step}/logits", logits)
        whole(f"step{step}/loss", loss.reshape(1))
        if step == 0:
            for name, parameter in model.named_parameters():
                if parameter.numel() < 10_000:  # the large ones show in the parameters after the steps
                    whole(f"gradient/{name}", parameter.grad, layout(name))
        optimizer.step()
    for name, parameter in model.named_parameters():
        whole(f"final/{name}", parameter, layout(name))
    return fixture


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    makers = (conv2d, pool2d, batch_norm, linear, cross_entropy, sgd, lenet5, activations, optimizers, schedules, *fixtures_layers.ALL)
    for make in (*makers, *norm_fixtures.makers(Fixture)):
        generator.manual_seed(20261121)  # a file does not depend on those before it
        path = folder / f"pytorch-{make.__name__.replace('_', '-')}.safetensors"
        make().save(path)
        print(f"{path.name}: {path.stat().st_size} bytes")
    for script in sorted(pathlib.Path(__file__).parent.glob("make-*-fixtures.py")):
        runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main()
