#!/usr/bin/env python3
"""Makes the fixtures of InterchangeFixtureTests: python make-interchange-fixtures.py [FOLDER]
(needs torch, torchvision, safetensors, numpy).

interchange.{safetensors,npz,pth}   the state dict of one small network, as the libraries themselves write it. Sizes are such that
                                    a wrong axis order has the right shape: 3 to 3 channels by 3×3, 24 to 24 features.
interchange-values.safetensors      its input [N, H, W, C], and in float64 its logits in both modes and its gradients
torchvision-names.json              of each network of torchvision: tensors, and a hash of their names and shapes"""
import json
import pathlib
import sys

import numpy
import torch
import torchvision.models as zoo
from safetensors.torch import save_file
from torch import nn


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
            nn.Conv2d(3, 4, (3, 2)), nn.ReLU(),
            nn.Conv2d(4, 4, 3, padding=1, groups=2), nn.PReLU(4),
            nn.ConvTranspose2d(4, 4, 2, stride=2, groups=2), nn.GroupNorm(2, 4), nn.MaxPool2d((3, 2)))
        self.head = nn.Sequential(
            nn.Flatten(), nn.BatchNorm1d(24), nn.Dropout(0.5), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 5))

    def forward(self, x):
        return self.head(self.features(x))


def network(folder):
    torch.manual_seed(20261126)
    model = Network()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
            elif value.is_floating_point() and value.dim() == 1:
                value.normal_()
    x = torch.randn(4, 3, 5, 4)
    state = {k: v.clone() for k, v in model.state_dict().items()}
    save_file(state, folder / "interchange.safetensors", metadata={"format": "pt"})
    torch.save(model.state_dict(), folder / "interchange.pth")
    numpy.savez(folder / "interchange.npz", **{k: v.numpy() for k, v in state.items()})

    model = model.double()
    labels = torch.tensor([0, 4, 2, 2])
    values = {"x": x.permute(0, 2, 3, 1), "labels": labels.to(torch.int32)}
    model.eval()
    with torch.no_grad():
        values["inference"] = model(x.double())
    model.train()
    model.head[2].eval()
    logits = model(x.double())
    nn.functional.cross_entropy(logits, labels).backward()
    values["training"] = logits.detach()
    values |= {"gradient/" + name: parameter.grad for name, parameter in model.named_parameters()}
    values = {k: (v.float() if v.is_floating_point() else v).contiguous() for k, v in values.items()}
    save_file(values, folder / "interchange-values.safetensors")


def fnv(text):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def names(folder):
    networks = {"alexnet.torchvision": zoo.alexnet}
    networks |= {f"vgg{n}": getattr(zoo, f"vgg{n}") for n in (11, 13, 16, 19)}
    networks |= {f"resnet{n}": getattr(zoo, f"resnet{n}") for n in (18, 34)}
    networks |= {f"resnet{n}.torchvision": getattr(zoo, f"resnet{n}") for n in (50, 101, 152)}
    networks["googlenet.torchvision"] = lambda: zoo.googlenet(aux_logits=False, init_weights=False)
    networks["googlenet.torchvision.aux"] = lambda: zoo.googlenet(aux_logits=True, init_weights=False)
    for name in ("mobilenet", "efficientnet_b", "convnext", "densenet", "squeezenet", "shufflenet"):
        networks |= {n: getattr(zoo, n) for n in zoo.list_models(zoo) if n.startswith(name)}
    found = {}
    for name, make in networks.items():
        with torch.device("meta"):
            state = make().state_dict()
        lines = sorted(f"{key} {'x'.join(map(str, value.shape))}\n" for key, value in state.items())
        found[name] = {"tensors": len(lines), "hash": fnv("".join(lines))}
    (folder / "torchvision-names.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    network(folder)
    names(folder)
