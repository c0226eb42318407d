"""Fixtures of transposed convolution, ceil-mode pooling and resizing; run by make-fixtures.py."""
import torch
import torch.nn.functional as F

from fixture import Fixture, hwio, leaves, linear_map_gradients, nhwc, normal


def transposed_conv2d():
    fixture = Fixture()
    cases = {  # name: (batch, height, width, in, out, kernel, stride, padding, output padding, dilation, groups)
        "plain": (2, 4, 5, 3, 6, (3, 3), (1, 1), (0, 0), (0, 0), (1, 1), 1),
        "double": (1, 5, 3, 8, 4, (4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 1),
        "uneven": (1, 3, 4, 4, 6, (3, 2), (3, 2), (1, 0), (2, 1), (2, 1), 2),
    }
    for name, (n, h, w, ci, co, kernel, stride, padding, extra, dilation, groups) in cases.items():
        x, weight, bias = normal(n, ci, h, w), normal(ci, co // groups, *kernel), normal(co)

        def operation(x, weight, bias):
            return F.conv_transpose2d(x, weight, bias, stride, padding, extra, groups, dilation)

        with torch.no_grad():
            dy = normal(*operation(x, weight, bias).shape)
        y, bound, (dx, dweight, dbias), (bx, bweight, bbias) = linear_map_gradients(operation, (x, weight, bias), dy)
        taps, pixels = kernel[0] * kernel[1], y.shape[0] * y.shape[2] * y.shape[3]
        fixture.integers(f"{name}/geometry", [*stride, *padding, *extra, *dilation, groups])
        fixture.given(f"{name}/x", x, nhwc)
        fixture.given(f"{name}/weight", weight, hwio)
        fixture.given(f"{name}/bias", bias)
        fixture.given(f"{name}/dy", dy, nhwc)
        fixture.expected(f"{name}/y", y, bound, taps * ci // groups + 1, nhwc)
        fixture.expected(f"{name}/dx", dx, bx, taps * co // groups, nhwc)
        fixture.expected(f"{name}/dweight", dweight, bweight, n * h * w, hwio)
        fixture.expected(f"{name}/dbias", dbias, bbias, pixels)
    return fixture


def pool2d_ceil():
    fixture = Fixture()
    cases = {  # name: (height, width, kernel, stride, padding); average pooling only where there is no padding
        "googlenet": (12, 12, (3, 3), (2, 2), (0, 0)),
        "begins-behind": (5, 7, (2, 2), (3, 2), (0, 0)),
        "padded": (7, 6, (3, 2), (2, 3), (1, 1)),
    }
    for name, (h, w, kernel, stride, padding) in cases.items():
        for kind in ("max", "average") if padding == (0, 0) else ("max",):
            x = normal(2, 3, h, w)
            operation = {"max": F.max_pool2d, "average": F.avg_pool2d}[kind]
            (variable,) = leaves(x)
            y = operation(variable, kernel, stride, padding, ceil_mode=True)
            dy = normal(*y.shape)
            (dx,) = torch.autograd.grad(y, variable, dy.double(), retain_graph=True)
            (bx,) = torch.autograd.grad(y, variable, dy.abs().double())
            bound = F.avg_pool2d(variable.abs(), kernel, stride, padding, ceil_mode=True) if kind == "average" else 0.0
            terms = kernel[0] * kernel[1]
            case = f"{kind}-{name}"
            fixture.integers(f"{case}/geometry", [*kernel, *stride, *padding])
            fixture.given(f"{case}/x", x, nhwc)
            fixture.given(f"{case}/dy", dy, nhwc)
            fixture.expected(f"{case}/y", y, bound, terms, nhwc)
            fixture.expected(f"{case}/dx", dx, bx, terms, nhwc)
    return fixture


def resize2d():
    """Filters without antialiasing and, where PyTorch has it, with."""
    fixture = Fixture()
    cases = {  # name: (mode, antialias, align corners, height, width)
        "nearest-up": ("nearest", False, None, 9, 10),
        "nearest-down": ("nearest", False, None, 2, 3),
        "bilinear-up": ("bilinear", False, False, 11, 7),
        "bilinear-down": ("bilinear", False, False, 3, 2),
        "bilinear-corners": ("bilinear", False, True, 8, 9),
        "bilinear-antialias": ("bilinear", True, False, 2, 3),
        "bicubic-up": ("bicubic", False, False, 9, 8),
        "bicubic-antialias": ("bicubic", True, False, 3, 2),
    }
    for name, (mode, antialias, corners, height, width) in cases.items():
        x = normal(2, 3, 5, 7)

        def operation(x):
            return F.interpolate(x, (height, width), mode=mode, align_corners=corners, antialias=antialias)

        (variable,) = leaves(x)
        y = operation(variable)
        dy = normal(*y.shape)
        (dx,) = torch.autograd.grad(y, variable, dy.double(), retain_graph=True)
        # Weights of at most 1.4 per row in magnitude each way; taps of both axes.
        terms, size = 64, 2 * variable.abs().max()
        fixture.integers(f"{name}/options", [["nearest", "bilinear", "bicubic"].index(mode), int(antialias), int(bool(corners))])
        fixture.given(f"{name}/x", x, nhwc)
        fixture.given(f"{name}/dy", dy, nhwc)
        fixture.expected(f"{name}/y", y, size, terms, nhwc)
        fixture.expected(f"{name}/dx", dx, 2 * dy.abs().max() * max(1, height * width / 35), terms, nhwc)
    return fixture


def adaptive_pool2d():
    fixture = Fixture()
    for name, (h, w, height, width) in {"googlenet": (14, 14, 4, 4), "uneven": (5, 7, 3, 4), "larger": (3, 2, 5, 2)}.items():
        x = normal(2, 3, h, w)
        (variable,) = leaves(x)
        y = F.adaptive_avg_pool2d(variable, (height, width))
        dy = normal(*y.shape)
        (dx,) = torch.autograd.grad(y, variable, dy.double())
        (bx,) = torch.autograd.grad(F.adaptive_avg_pool2d(variable, (height, width)), variable, dy.abs().double())
        terms = h * w
        fixture.given(f"{name}/x", x, nhwc)
        fixture.given(f"{name}/dy", dy, nhwc)
        fixture.expected(f"{name}/y", y, F.adaptive_avg_pool2d(variable.abs(), (height, width)), terms, nhwc)
        fixture.expected(f"{name}/dx", dx, bx, terms, nhwc)
    return fixture


ALL = (transposed_conv2d, pool2d_ceil, resize2d, adaptive_pool2d)
