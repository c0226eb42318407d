"""What bench/compare-norms asks of PyTorch: as norms.swift, in float32. Run by the interpreter that has torch."""
import json
import sys

import torch
import torch.nn.functional as F


def weights(x, epsilon):
    """Weight standardization has no function of its own: composed as its paper's authors do."""
    mean = x.mean(0, keepdim=True)
    return (x - mean) / torch.sqrt((x - mean).square().mean(0, keepdim=True) + epsilon)


for case in json.load(open(sys.argv[1])):
    n, epsilon = len(case["x"]), case["epsilon"]
    norms = {"layer": ((1, n), lambda x: F.layer_norm(x, (n,), eps=epsilon)),
             "group": ((1, 1, n, 1), lambda x: F.group_norm(x, 1, eps=epsilon)),
             "instance": ((1, 1, n, 1), lambda x: F.instance_norm(x, eps=epsilon)),
             "weights": ((n, 1), lambda x: weights(x, epsilon)),
             "batch": ((n, 1, 1, 1), lambda x: F.batch_norm(x, None, None, training=True, eps=epsilon))}
    for name, (shape, norm) in norms.items():
        x = torch.tensor(case["x"], dtype=torch.float32).reshape(shape).requires_grad_()
        y = norm(x)
        (y * torch.tensor(case["c"], dtype=torch.float32).reshape(shape)).sum().backward()
        print(json.dumps({"name": case["name"], "norm": name, "y": y.flatten().tolist(), "dx": x.grad.flatten().tolist()}))
