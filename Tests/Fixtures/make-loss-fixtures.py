#!/usr/bin/env python3
"""Makes the fixtures of losses and initializations: python make-loss-fixtures.py [FOLDER]. make-fixtures.py, whose rules hold here, runs it too.

It draws from a generator of its own, so that a case more here changes nothing there."""
import importlib.util
import pathlib
import sys

import torch
import torch.nn.functional as F

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("make_fixtures", here / "make-fixtures.py")
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
Fixture, leaves = base.Fixture, base.leaves
generator = torch.Generator().manual_seed(20261125)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def positive(*shape):
    return torch.rand(*shape, generator=generator) + 0.1


def integers(low, high, shape):
    return torch.randint(low, high, shape, generator=generator)


def classes_first(t):
    """PyTorch has classes on axis 1, we on the last."""
    return t.movedim(-1, 1).contiguous()


def add(fixture, name, operation, inputs, terms, size=None, factor=8):
    """Value and gradients of a loss under a cotangent. An input's error relative to itself goes through exp as it is: the magnitude of a
    result is its own times 1 + the largest input, plus that of the loss's own terms, which are of the order of 1."""
    variables = leaves(*inputs.values())
    y = operation(*variables)
    dy = torch.ones_like(y) if y.dim() == 0 else normal(*y.shape).double()
    gradients = torch.autograd.grad(y, variables, dy)
    size = size or 1 + max(v.detach().abs().max().item() for v in variables)
    for key, value in inputs.items():
        fixture.given(f"{name}/{key}", value.clone())
    fixture.given(f"{name}/dy", dy.reshape(1) if y.dim() == 0 else dy)
    fixture.expected(f"{name}/y", y.reshape(1) if y.dim() == 0 else y, factor * size * (1 + y.detach().abs()), terms)
    for key, gradient in zip(inputs, gradients):
        bound = gradient.abs() + gradient.abs().amax() * 2.0**-6 if gradient.dim() else gradient.abs()
        fixture.expected(f"{name}/d{key}", gradient, factor * size * bound, terms)


def class_losses():
    """Logits, labels and options; options are [smoothing or gamma or margin, ignored label or −1000, weighted, reduction]."""
    fixture = Fixture()
    reductions = ("none", "sum", "mean")
    cases = {  # name: (shape, scale, option, ignored, weighted, reduction)
        "entropy-plain": ((6, 10), 2, 0.0, None, False, "mean"),
        "entropy-weights": ((9, 5), 2, 0.0, None, True, "mean"),
        "entropy-weights-sum": ((9, 5), 2, 0.0, None, True, "sum"),
        "entropy-ignored": ((9, 5), 2, 0.0, -100, True, "mean"),
        "entropy-smooth": ((7, 17), 3, 0.1, None, False, "mean"),
        "entropy-all": ((8, 6), 3, 0.2, 3, True, "mean"),
        "entropy-none": ((8, 6), 3, 0.2, 3, True, "none"),
        "entropy-dense": ((2, 3, 4, 5), 2, 0.0, 255, True, "mean"),
        "entropy-dense-smooth": ((2, 3, 4, 5), 2, 0.3, 255, True, "none"),
        "entropy-confident": ((4, 5), 60, 0.0, None, False, "mean"),
        "nll-plain": ((6, 10), 2, 0.0, None, False, "mean"),
        "nll-weights": ((9, 5), 2, 0.0, 1, True, "mean"),
        "nll-dense": ((2, 3, 2, 4), 2, 0.0, 255, True, "none"),
        "hinge-plain": ((6, 10), 1, 1.0, None, False, "mean"),
        "hinge-weights": ((8, 4), 2, 0.5, None, True, "none"),
    }
    for name, (shape, scale, option, ignored, weighted, reduction) in cases.items():
        k = shape[-1]
        logits, weights = normal(*shape) * scale, positive(k)
        labels = integers(0, k, shape[:-1])
        if ignored is not None:
            labels[torch.rand(labels.shape, generator=generator) < 0.3] = ignored
        w = weights.double() if weighted else None

        def operation(z):
            if name.startswith("entropy"):
                return F.cross_entropy(
                    classes_first(z), labels, w, ignore_index=-1000 if ignored is None else ignored, reduction=reduction, label_smoothing=option
                )
            if name.startswith("nll"):
                return F.nll_loss(
                    classes_first(z.log_softmax(-1)), labels, w, ignore_index=-1000 if ignored is None else ignored, reduction=reduction
                )
            # PyTorch divides by the number of classes.
            return k * F.multi_margin_loss(z, labels, 1, option, w, reduction=reduction)

        fixture.given(f"{name}/options", torch.tensor([option, -1000 if ignored is None else ignored, float(weighted), reductions.index(reduction)]))
        fixture.tensors[f"{name}/labels"] = labels.to(torch.int32)
        fixture.given(f"{name}/weights", weights)
        add(fixture, name, operation, {"logits": logits}, k + labels.numel())
    return fixture


def target_losses():
    """Cross-entropy with soft targets: options are [smoothing, weighted, reduction]."""
    fixture = Fixture()
    for name, (shape, scale, smoothing, weighted, reduction) in {
        "plain": ((6, 10), 2, 0.0, False, "mean"),
        "weights": ((5, 7), 2, 0.0, True, "mean"),
        "smooth": ((5, 33), 3, 0.1, True, "none"),
        "dense": ((2, 3, 2, 4), 2, 0.2, True, "mean"),
    }.items():
        k = shape[-1]
        logits, targets, weights = normal(*shape) * scale, (normal(*shape) * 2).softmax(-1), positive(k)

        def operation(z):
            w = weights.double() if weighted else None
            return F.cross_entropy(classes_first(z), classes_first(targets.double()), w, reduction=reduction, label_smoothing=smoothing)

        fixture.given(f"{name}/options", torch.tensor([smoothing, float(weighted), ("none", "sum", "mean").index(reduction)]))
        fixture.given(f"{name}/targets", targets)
        fixture.given(f"{name}/weights", weights)
        add(fixture, name, operation, {"logits": logits}, 2 * k)
    return fixture


def sigmoid_focal(z, t, alpha, gamma):
    """As torchvision.ops.sigmoid_focal_loss, which need not be installed."""
    p = z.sigmoid()
    p_t = p * t + (1 - p) * (1 - t)
    return (alpha * t + (1 - alpha) * (1 - t)) * F.binary_cross_entropy_with_logits(z, t, reduction="none") * (1 - p_t) ** gamma


def element_losses():
    fixture = Fixture()
    shape = (3, 7)
    for reduction in ("none", "sum", "mean"):
        x, t = normal(*shape) * 2, normal(*shape)
        for name, operation in {
            "mse": lambda x, t: F.mse_loss(x, t, reduction=reduction),
            "l1": lambda x, t: F.l1_loss(x, t, reduction=reduction),
            "smooth1": lambda x, t: F.smooth_l1_loss(x, t, reduction=reduction),
            "smooth.3": lambda x, t: F.smooth_l1_loss(x, t, reduction=reduction, beta=0.3),
        }.items():
            add(fixture, f"{name}-{reduction}", operation, {"x": x, "t": t}, 21)
    for name, scale in {"plain": 2, "wide": 40}.items():
        z, t, hard, weights = normal(*shape) * scale, torch.rand(*shape, generator=generator), integers(0, 2, shape).float(), positive(7)
        for key, value in {"targets": t, "hard": hard, "weights": weights}.items():
            fixture.given(f"binary-{name}/{key}", value)
        for kind, operation in {
            "entropy": lambda z: F.binary_cross_entropy_with_logits(z, t.double()),
            "weighted": lambda z: F.binary_cross_entropy_with_logits(z, t.double(), pos_weight=weights.double(), reduction="none"),
            "focal": lambda z: sigmoid_focal(z, hard.double(), 0.25, 2.0),
            "sharp": lambda z: sigmoid_focal(z, hard.double(), 0.5, 3.5).mean(),
        }.items():
            add(fixture, f"binary-{name}/{kind}", operation, {"logits": z}, 21)
    order = integers(0, 2, (11,)) * 2 - 1
    fixture.given("ranking/order", order.float())
    add(fixture, "ranking", lambda f, g: F.margin_ranking_loss(f, g, order.double(), 0.3), {"f": normal(11), "g": normal(11)}, 11)
    embeddings = {key: normal(5, 8) for key in ("anchor", "near", "far")}
    add(fixture, "triplet", lambda a, p, n: F.triplet_margin_loss(a, p, n, 0.7), embeddings, 40)
    x = normal(4, 6) * 3
    add(fixture, "log-softmax", lambda x: x.log_softmax(-1), {"x": x}, 6)
    return fixture


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else here)
    for make in (class_losses, target_losses, element_losses):
        path = folder / f"pytorch-{make.__name__.replace('_', '-')}.safetensors"
        make().save(path)
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
