"""PyTorch's side of compare-networks: holds a network and runs slices of its training or inference when told to (worker.py).

    peer-network.py NETWORK MODE BATCH THREADS

Modes: eager (NCHW), cl (channels-last), cl-comp (channels-last through torch.compile). A step is forward, mean cross-entropy,
backward and SGD with momentum 0.9 and weight decay 1e-4 on one fixed batch. Arithmetic is float32: processors with bfloat16 or AMX
are told not to use them, and a product and a convolution are held against double precision before anything is timed."""
import sys

import torch
import torch.nn.functional as F
from torchvision import models

import worker
from peer_networks import lenet5, resnet20

PIXELS = (3, 224, 224)
NETWORKS = {  # name: (make, image, classes)
    "lenet5": (lenet5, (1, 28, 28), 10),
    "resnet20": (resnet20, (3, 32, 32), 10),
    "alexnet": (models.alexnet, PIXELS, 1000),
    "vgg16": (models.vgg16, PIXELS, 1000),
    "googlenet": (lambda: models.googlenet(aux_logits=False, init_weights=False), PIXELS, 1000),
    "resnet18": (models.resnet18, PIXELS, 1000),
    "resnet50": (models.resnet50, PIXELS, 1000),
}


def demand_float32():
    torch.set_float32_matmul_precision("highest")
    x, w = torch.randn(8, 64, 28, 28), torch.randn(64, 64, 3, 3)
    a, b = torch.randn(512, 512), torch.randn(512, 512)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        x = x.contiguous(memory_format=memory_format)
        for got, want in ((F.conv2d(x, w), F.conv2d(x.double(), w.double())), (a @ b, a.double() @ b.double())):
            error = ((got - want).abs().max() / want.abs().max()).item()
            if not error < 1e-5:  # bfloat16: 4e-3; TF32: 5e-4
                sys.exit(f"peer-network: error: PyTorch's float32 is off by {error:.1e} of the largest: this is not float32 arithmetic")


def main():
    name, mode, batch, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    with torch.no_grad():
        demand_float32()
    make, shape, classes = NETWORKS[name]
    model, x, labels = make(), torch.randn(batch, *shape), torch.randint(0, classes, (batch,))
    if mode != "eager":
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
    forward = torch.compile(model) if mode == "cl-comp" else model

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(forward(x), labels).backward()
        optimizer.step()

    def infer():
        with torch.no_grad():
            forward(x)

    def train_mode():
        model.train()
        return step

    def inference_mode():
        model.eval()
        return infer

    worker.serve(f"PyTorch {torch.__version__}", {"train": train_mode, "infer": inference_mode})


main()
