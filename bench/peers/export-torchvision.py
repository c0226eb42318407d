"""Writes a network of torchvision with seeded random weights as an ONNX file, for compare-imports.

    export-torchvision.py NAME FILE          prints the size of an image that it is usually given"""
import sys
import warnings

import torch
import torchvision

warnings.filterwarnings("ignore")


def main():
    name, path = sys.argv[1:]
    torch.manual_seed(3)
    extra = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    if name.startswith(("fcn", "deeplab", "lraspp")):
        extra = {"weights_backbone": None}
    model = torchvision.models.get_model(name, weights=None, **extra)
    size = 299 if name == "inception_v3" else 224
    model.train()
    with torch.no_grad():  # Batch norms get statistics worth the name.
        for _ in range(2):
            model(torch.randn(4, 3, size, size))
    model.eval()

    class Alone(torch.nn.Module):
        """The first result: segmentation networks return a dictionary."""

        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            y = self.model(x)
            return y["out"] if isinstance(y, dict) else y

    torch.onnx.export(Alone(), (torch.randn(2, 3, size, size),), path, input_names=["input"], output_names=["output"], opset_version=17,
                      dynamo=False, dynamic_axes={"input": {0: "N"}, "output": {0: "N"}})
    print(size)


main()
