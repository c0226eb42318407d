"""Optimizers and learning-rate schedules, for make-fixtures.py. All in float64: the tests say how near float32 must come."""
import itertools

import torch
from safetensors.torch import save_file

CHECKED = (1, 10, 100)
"""After how many steps the values are kept."""


class Numbers:
    def __init__(self):
        self.tensors = {}

    def save(self, path):
        save_file(dict(sorted(self.tensors.items())), path)


def optimizers():
    """100 steps with given gradients of very different size. Values begin at 1.6 to 1.9 and stay above 1 in magnitude: a float there is
    within 6e-8 of what it stands for, so that the rounding of 100 steps stays below a millionth."""
    optim = torch.optim
    cases = {
        "sgd": (optim.SGD, dict(lr=0.002)),
        "sgd-decay": (optim.SGD, dict(lr=0.002, weight_decay=0.05)),
        "momentum": (optim.SGD, dict(lr=0.0002, momentum=0.9)),
        "momentum-decay": (optim.SGD, dict(lr=0.0002, momentum=0.9, weight_decay=0.05)),
        "nesterov": (optim.SGD, dict(lr=0.0002, momentum=0.9, weight_decay=0.05, nesterov=True)),
        "adam": (optim.Adam, dict(lr=0.003)),
        "adam-decay": (optim.Adam, dict(lr=0.003, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.05)),
        "adamw": (optim.AdamW, dict(lr=0.003, weight_decay=0.05)),
        "rmsprop": (optim.RMSprop, dict(lr=0.002, alpha=0.9)),
        "rmsprop-decay": (optim.RMSprop, dict(lr=0.002, alpha=0.99, weight_decay=0.05)),
        "rmsprop-momentum": (optim.RMSprop, dict(lr=0.0003, alpha=0.9, momentum=0.9)),
        "rmsprop-centered": (optim.RMSprop, dict(lr=0.001, alpha=0.9, centered=True)),
        "rmsprop-all": (optim.RMSprop, dict(lr=0.0002, alpha=0.95, eps=1e-6, momentum=0.8, centered=True, weight_decay=0.05)),
        "adagrad": (optim.Adagrad, dict(lr=0.01)),
        "adagrad-decay": (optim.Adagrad, dict(lr=0.02, lr_decay=0.01, eps=1e-8, weight_decay=0.05)),
    }
    numbers, count, steps = Numbers(), 24, max(CHECKED)
    generator = torch.Generator().manual_seed(20261125)
    size = 10 ** (torch.rand(count, generator=generator) * 2 - 1.5)
    gradients = (torch.randn(steps, count, generator=generator) + 0.5) * size
    value = (1.6 + 0.3 * torch.rand(count, generator=generator)) * torch.randn(count, generator=generator).sign()
    numbers.tensors |= {"value": value, "gradients": gradients, "steps": torch.tensor(CHECKED, dtype=torch.int32)}
    for name, (kind, options) in cases.items():
        parameter = value.double().requires_grad_()
        optimizer = kind([parameter], **options)
        kept = []
        for step, gradient in enumerate(gradients.double(), 1):
            parameter.grad = gradient.clone()
            optimizer.step()
            if step in CHECKED:
                kept.append(parameter.detach().clone())
        numbers.tensors[f"{name}/values"] = torch.stack(kept)
    return numbers


def schedules():
    """The rate of each time from 0 on. A plateau's rates are those after each of the metrics."""
    kinds = torch.optim.lr_scheduler
    numbers, base = Numbers(), 0.8

    def made(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
        return optimizer, make(optimizer)

    def rates(name, times, make):
        optimizer, schedule = made(make)
        kept = []
        for _ in range(times):
            kept.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        numbers.tensors[name] = torch.tensor(kept, dtype=torch.float64)

    rates("constant", 5, lambda o: kinds.ConstantLR(o, factor=1, total_iters=1))
    rates("step", 40, lambda o: kinds.StepLR(o, 7, 0.3))
    rates("milestones", 40, lambda o: kinds.MultiStepLR(o, [5, 12, 30], 0.1))
    rates("exponential", 40, lambda o: kinds.ExponentialLR(o, 0.9))
    rates("cosine", 41, lambda o: kinds.CosineAnnealingLR(o, 40, base * 0.05))
    rates("one-cycle", 50, lambda o: kinds.OneCycleLR(o, base, 50))
    rates("one-cycle-wide", 60, lambda o: kinds.OneCycleLR(o, base, 60, pct_start=0.5, div_factor=10, final_div_factor=100))

    def warmup(then):
        def make(optimizer):
            rising = kinds.LinearLR(optimizer, start_factor=1 / 8, total_iters=7)
            return kinds.SequentialLR(optimizer, [rising, then(optimizer)], [8])

        return make

    rates("warmup-cosine", 40, warmup(lambda o: kinds.CosineAnnealingLR(o, 32)))
    rates("warmup-step", 40, warmup(lambda o: kinds.StepLR(o, 10, 0.1)))
    rates("warmup-exponential", 40, warmup(lambda o: kinds.ExponentialLR(o, 0.9)))

    generator = torch.Generator().manual_seed(3)
    falling = 2 / (1 + torch.arange(60)).double() ** 0.4 + 0.05 * torch.randn(60, generator=generator).double()
    for (name, metrics), (kind, options) in itertools.product(
        {"falling": falling, "rising": 1 - falling / 3}.items(),
        {
            "usual": dict(patience=3),
            "slow": dict(patience=1, factor=0.5, threshold=0.02, cooldown=4, min_lr=base * 0.1),
        }.items(),
    ):
        optimizer, plateau = made(
            lambda o: kinds.ReduceLROnPlateau(o, mode="min" if name == "falling" else "max", eps=0, **options)
        )
        kept = []
        for metric in metrics.tolist():
            plateau.step(metric)
            kept.append(optimizer.param_groups[0]["lr"])
        numbers.tensors[f"plateau-{name}-{kind}/metrics"] = metrics.clone()
        numbers.tensors[f"plateau-{name}-{kind}/rates"] = torch.tensor(kept, dtype=torch.float64)
    return numbers
