"""Normalizations: part of make-fixtures.py, with a generator of its own."""
import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(20261125)


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def group_norm(fixture):
    """Group, instance and layer norm of x [N, H, W, C] away from zero. A mean is accurate to Σ|x|/m, and a deviation to the same,
    so an element to (1 + |x̂|) times that; every difference from the mean counts as a sum of magnitudes."""

    def by_groups(groups):
        return lambda x, w, b: channels_last(F.group_norm(channels_first(x), groups, w, b))

    cases = {  # name: (N, H, W, C), groups (0: the last axis, −1: all of a sample), operation, parameters' shape
        "group": ((2, 5, 3, 6), 3, by_groups(3), (6,)),
        "one": ((2, 3, 4, 5), 1, by_groups(1), (5,)),
        "instance": ((3, 4, 5, 7), 7, lambda x, w, b: channels_last(F.instance_norm(channels_first(x), None, None, w, b)), (7,)),
        "layer": ((2, 3, 2, 19), 0, lambda x, w, b: F.layer_norm(x, (19,), w, b), (19,)),
        "layer-chw": ((3, 4, 2, 5), -1, lambda x, w, b: F.layer_norm(x, (4, 2, 5), w, b), (4, 2, 5)),
    }
    for name, (shape, groups, operation, parameters) in cases.items():
        x, dy = normal(*shape) * 2 + torch.arange(shape[-1]), normal(*shape)
        weight, bias = normal(*parameters), normal(*parameters)
        variables = [t.double().requires_grad_() for t in (x, weight, bias)]
        y = operation(*variables)
        dx, dweight, dbias = torch.autograd.grad(y, variables, dy.double())

        def shared(t):
            """The mean over the members of each element's group."""
            if groups <= 0:
                return t.mean((1, 2, 3) if groups else 3, keepdim=True).expand(shape)
            split = t.reshape(*shape[:3], groups, -1)
            return split.mean((1, 2, 4), keepdim=True).expand(split.shape).reshape(shape)

        def total(t):
            return t.sum(tuple(range(4 - len(parameters))))

        wide, gamma, size = x.double(), weight.double().abs(), dy.double().abs()
        mean = shared(wide)
        inverse = (shared((wide - mean) ** 2) + 1e-5).rsqrt()
        distance = (wide.abs() + mean.abs() + shared(wide.abs())) * inverse
        weighed = gamma * size
        members = {0: shape[3], -1: shape[1] * shape[2] * shape[3]}.get(groups, shape[1] * shape[2] * shape[3] // max(groups, 1))
        rows = x.numel() // weight.numel()
        for key, value in dict(x=x, weight=weight, bias=bias, dy=dy).items():
            fixture.given(f"{name}/{key}", value)
        fixture.integers(f"{name}/groups", [groups])
        spread = 1 + (wide - mean).abs() * inverse
        fixture.expected(f"{name}/y", y, gamma * distance * spread + bias.double().abs(), members)
        backward = weighed + shared(weighed) + distance * shared(weighed * distance)
        fixture.expected(f"{name}/dx", dx, inverse * backward * spread, members)
        fixture.expected(f"{name}/dweight", dweight, total(size * distance * spread), rows + members)
        fixture.expected(f"{name}/dbias", dbias, total(size), rows)


def local_response_norm(fixture):
    cases = {  # name: (N, H, W, C), size, alpha, beta, k, scale of x
        "alexnet": ((2, 2, 3, 23), 5, 5e-4, 0.75, 2.0, 30.0),
        "defaults": ((1, 2, 2, 9), 3, 1e-4, 0.75, 1.0, 20.0),
        "even": ((2, 1, 3, 10), 4, 0.6, 0.5, 1.5, 2.0),
        "wide": ((1, 2, 2, 4), 9, 1.0, 1.25, 0.5, 1.0),
    }
    for name, (shape, size, alpha, beta, k, scale) in cases.items():
        x, dy = normal(*shape) * scale, normal(*shape)
        alpha, beta, k = (float(torch.tensor(v)) for v in (alpha, beta, k))  # as float32 has them
        variable = x.double().requires_grad_()
        y = channels_last(F.local_response_norm(channels_first(variable), size, alpha, beta, k))
        (dx,) = torch.autograd.grad(y, variable, dy.double())
        # d is a sum of positive terms; d^−beta is accurate to beta times its error, and to the logarithm's where it goes through it.
        power = (y / variable).detach().abs()
        wider = 1 + beta + power.log().abs()
        direct = dy.double().abs() * power
        # On magnitudes the gradient is the direct term less the one across channels: twice the first less it is their sum.
        size_x = x.double().abs().requires_grad_()
        forward = channels_last(F.local_response_norm(channels_first(size_x), size, alpha, beta, k))
        (difference,) = torch.autograd.grad(forward, size_x, dy.double().abs())
        bound = 2 * direct - difference
        fixture.given(f"{name}/numbers", torch.tensor([size, alpha, beta, k]))
        fixture.given(f"{name}/x", x)
        fixture.given(f"{name}/dy", dy)
        fixture.expected(f"{name}/y", y, wider * y.abs(), size)
        fixture.expected(f"{name}/dx", dx, wider.max() * bound, size)


def makers(fixture_class):
    def made(fill):
        def make():
            fixture = fixture_class()
            fill(fixture)
            return fixture

        make.__name__ = fill.__name__
        return make

    return [made(group_norm), made(local_response_norm)]
