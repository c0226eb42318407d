#!/usr/bin/env python3
"""Writes python.safetensors beside this script with Python's safetensors, and checks with it that apus.safetensors, which a
test compares with what Apus writes, holds what that test put in (needs torch and safetensors; checked with 2.15 and 0.8).
"""
import math
import pathlib

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


def check(path):
    inf = float("inf")
    expected = {
        "b.weight": torch.tensor([[1.5, -2, inf], [0, -0.0, 2.0**-140]], dtype=torch.float32),
        "double": torch.tensor(math.pi, dtype=torch.float64),
        "labels": torch.tensor([-1, 2**31 - 1, -(2**31)], dtype=torch.int32),
        "a": torch.tensor([[1], [255], [0]], dtype=torch.uint8),
        "empty": torch.zeros(0, 4),
        'name "in quotes"\n\x01\u00e9': torch.tensor([4.0]),
    }
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"format": "pt"}, file.metadata()
        assert set(file.keys()) == set(expected), file.keys()
        for name, value in expected.items():
            found = file.get_tensor(name)
            assert found.dtype == value.dtype and found.shape == value.shape and torch.equal(found, value), name
    print(f"{path}: as expected")


folder = pathlib.Path(__file__).resolve().parent
write(folder / "python.safetensors")
check(folder / "apus.safetensors")
