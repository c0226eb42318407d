"""PyTorch's side of compare-look: the same maps of ResNet-18's scores, written by hand, in slices when told to (worker.py).

    peer-look.py BATCH THREADS FOLDER

Writes resnet18.safetensors, x.npy and each map to FOLDER first: images and maps channels last. Weights are seeded, and batch norms
have statistics worth the name. Parameters want no gradients; saliency, integrated gradients and Grad-CAM compute only what they need."""
import pathlib
import sys

import numpy as np
import safetensors.torch
import torch
import torchvision

import worker

CLASS, STEPS = 243, 32


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


def gradient(model, x):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(model(x)[:, CLASS].sum(), x)[0]


def integrated(model, x):
    """Midpoints from zeros, 16 at a time of one image."""
    parts = []
    for image in x:
        total = torch.zeros_like(image)
        for first in range(0, STEPS, 16):
            alpha = (torch.arange(first, first + 16) + 0.5) / STEPS
            total += gradient(model, alpha[:, None, None, None] * image).sum(0)
        parts.append(image * total / STEPS)
    return torch.stack(parts)


def grad_cam(model, x):
    kept = {}

    def keep(_module, _inputs, maps):
        kept["maps"] = maps.detach().requires_grad_(True)
        return kept["maps"]

    handle = model.layer4.register_forward_hook(keep)
    score = model(x)[:, CLASS].sum()
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


def main():
    batch, threads, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    torch.set_num_threads(threads)
    model = made()
    # Its keys are copied before ReLUs are replaced: these hold no weights.
    safetensors.torch.save_file(model.state_dict(), folder / "resnet18.safetensors")
    x = torch.from_numpy(np.random.default_rng(1).standard_normal([batch, 3, 224, 224]).astype(np.float32))
    np.save(folder / "x.npy", np.ascontiguousarray(x.permute(0, 2, 3, 1)))
    guided = rectified(made())
    # The faster memory format for convolutions on processors.
    model, guided, x = (v.to(memory_format=torch.channels_last) for v in (model, guided, x))
    tasks = {"saliency": lambda: gradient(model, x).abs().amax(1), "integrated-gradients": lambda: integrated(model, x),
             "guided-backprop": lambda: gradient(guided, x), "grad-cam": lambda: grad_cam(model, x)}
    for name, run in tasks.items():
        y = run()
        np.save(folder / f"pytorch-{name}.npy", np.ascontiguousarray(y.permute(0, 2, 3, 1) if y.ndim == 4 else y))
    worker.serve(f"PyTorch {torch.__version__}", {name: lambda run=run: run for name, run in tasks.items()})


main()
