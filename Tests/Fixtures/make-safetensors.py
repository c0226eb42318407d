#!/usr/bin/env python3
"""Writes python.safetensors beside this script with Python's safetensors, or reads a file of ours with it.

  make-safetensors.py            writes the fixture (needs torch and safetensors; checked with 2.15 and 0.8)
  make-safetensors.py FILE       prints name, dtype, shape and values of each tensor in FILE and its metadata as JSON
"""
import json
import pathlib
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def write(path):
    inf = float("inf")
    save_file(
        {
            "f32": torch.tensor([[0, 1, -2.5], [2.0**-140, inf, 3]], dtype=torch.float32),
            "f64": torch.tensor([0.1], dtype=torch.float64),
            "f16": torch.tensor([1, -2, 65504, 6e-8, -inf, 0.1], dtype=torch.float16),
            "bf16": torch.tensor([1, -3.140625, 2.0**-133], dtype=torch.bfloat16),
            "i64": torch.tensor([-1, 2**31 - 1], dtype=torch.int64),
            "i32": torch.tensor([-7], dtype=torch.int32),
            "i16": torch.tensor([-32768, 5], dtype=torch.int16),
            "i8": torch.tensor([-128, 127, 3], dtype=torch.int8),
            "u8": torch.tensor([0, 255, 3], dtype=torch.uint8),
            "bool": torch.tensor([True, False]),
            "empty": torch.zeros(0, 3),
            "scalar": torch.tensor(2.0),
        },
        path,
        metadata={"made by": "safetensors"},
    )


def show(path):
    with safe_open(path, "pt") as file:
        tensors = {}
        for name in file.keys():
            value = file.get_tensor(name)
            tensors[name] = [str(value.dtype), list(value.shape), value.flatten().tolist()]
        print(json.dumps({"metadata": file.metadata(), "tensors": tensors}, sort_keys=True))


if len(sys.argv) > 1:
    show(sys.argv[1])
else:
    write(pathlib.Path(__file__).resolve().parent / "python.safetensors")
