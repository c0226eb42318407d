"""PyTorch's side of compare-look: the same maps of ResNet-18's scores, written by hand, in slices when told to (worker.py).

    peer-look.py BATCH THREADS FOLDER

Writes resnet18.safetensors, x.npy, small.npy (an image of 64x64), class.txt (the class predicted for the first image) and each map to
FOLDER first, those of the small image in float64: images and maps channels last. Weights are seeded, and batch norms have statistics worth
the name. Parameters want no gradients; saliency, integrated gradients and Grad-CAM compute only what they need."""
import pathlib
import sys

import numpy as np
import safetensors.torch
import torch
import torchvision

import worker

STEPS, SMALL_STEPS = 32, 4


class Guided(torch.autograd.Function):
    """ReLU, back through which goes what is positive where the unit was active (Springenberg et al. 2015)."""

    @staticmethod
    def forward(ctx, x):
        y = torch.relu(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, gradient):
        y, = ctx.saved_tensors
        return torch.relu(gradient) * (y > 0)


class GuidedReLU(torch.nn.Module):
    def forward(self, x):
        return Guided.apply(x)


def made():
    torch.manual_seed(3)
    model = torchvision.models.resnet18(weights=None)
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.randn(4, 3, 224, 224))
    return model.eval().requires_grad_(False)


def gradient(model, x, label):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(model(x)[:, label].sum(), x)[0]


def integrated(model, x, label, steps):
    """Midpoints from zeros, 16 at a time of one image."""
    parts = []
    for image in x:
        total = torch.zeros_like(image)
        for first in range(0, steps, 16):
            alpha = ((torch.arange(first, min(first + 16, steps)) + 0.5) / steps).to(x.dtype)
            total += gradient(model, alpha[:, None, None, None] * image, label).sum(0)
        parts.append(image * total / steps)
    return torch.stack(parts)


def grad_cam(model, x, label):
    kept = {}

    def keep(_module, _inputs, maps):
        kept["maps"] = maps.detach().requires_grad_(True)
        return kept["maps"]

    handle = model.layer4.register_forward_hook(keep)
    score = model(x)[:, label].sum()
    handle.remove()
    weights = torch.autograd.grad(score, kept["maps"])[0].mean((2, 3), keepdim=True)
    return torch.relu((weights * kept["maps"].detach()).sum(1))


def rectified(module):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.ReLU):
            setattr(module, name, GuidedReLU())
        else:
            rectified(child)
    return module


def tasks(model, guided, x, label, steps):
    return {"saliency": lambda: gradient(model, x, label).abs().amax(1), "integrated-gradients": lambda: integrated(model, x, label, steps),
            "guided-backprop": lambda: gradient(guided, x, label), "grad-cam": lambda: grad_cam(model, x, label)}


def last(y):
    """Channels last."""
    return np.ascontiguousarray(y.permute(0, 2, 3, 1) if y.ndim == 4 else y)


def main():
    batch, threads, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    torch.set_num_threads(threads)
    model, guided = made(), rectified(made())
    safetensors.torch.save_file(model.state_dict(), folder / "resnet18.safetensors")
    random = np.random.default_rng(1)
    x, small = (torch.from_numpy(random.standard_normal([n, 3, size, size]).astype(np.float32)) for n, size in ((batch, 224), (1, 64)))
    label = int(model(x)[0].argmax())
    (folder / "class.txt").write_text(str(label))
    for name, images in (("x", x), ("small", small)):
        np.save(folder / f"{name}.npy", last(images))
    for name, run in tasks(model.double(), guided.double(), small.double(), label, SMALL_STEPS).items():
        np.save(folder / f"pytorch-small-{name}.npy", last(run()))
    # The faster memory format for convolutions on processors.
    model, guided, x = (v.float().to(memory_format=torch.channels_last) for v in (model, guided, x))
    large = tasks(model, guided, x, label, STEPS)
    for name, run in large.items():
        np.save(folder / f"pytorch-{name}.npy", last(run()))
    worker.serve(f"PyTorch {torch.__version__}", {name: lambda run=run: run for name, run in large.items()})


main()
