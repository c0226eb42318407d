#!/usr/bin/env python3
"""Writes files/ beside this script with numpy and PyTorch, for the tests of Npy, Npz, ZipArchive and PyTorchFile, and checks with
numpy that files/apus.npy and files/apus.npz, which tests compare with what Apus writes, hold what those tests put in (numpy 2.4,
torch 2.15). The same bytes at every run.
"""
import math
import pathlib

import numpy as np
import torch

folder = pathlib.Path(__file__).resolve().parent / "files"
folder.mkdir(exist_ok=True)
inf = float("inf")
cube = np.arange(24, dtype="<f4").reshape(2, 3, 4)


def types():
    """Every dtype that is read, in both byte orders where it has two."""
    values = {
        "f8": [0.1, -inf, 2.0**-1074],
        "f4": [1.5, -inf, 2.0**-140],
        "f2": [1, -65504, 2.0**-24],
        "i8": [-1, 2**31 - 1, -(2**31)],
        "i4": [-7, 2**31 - 1, -(2**31)],
        "i2": [-32768, 32767, 5],
    }
    arrays = {}
    for dtype, numbers in values.items():
        arrays[dtype] = np.array(numbers, dtype="<" + dtype)
        arrays[dtype + "-big"] = np.array(numbers, dtype=">" + dtype)
    arrays["i1"] = np.array([-128, 127, 3], dtype="i1")
    arrays["u1"] = np.array([0, 255, 3], dtype="u1")
    arrays["b1"] = np.array([True, False])
    arrays["scalar"] = np.array(2.5, dtype="<f4")
    arrays["empty"] = np.zeros((0, 3), dtype="<f4")
    arrays["fortran"] = np.asfortranarray(cube)
    arrays["fortran-big"] = np.asfortranarray(cube.astype(">f4"))
    arrays["é"] = np.array([4], dtype="<f4")
    return arrays


def write_numpy():
    np.save(folder / "matrix.npy", cube[0])
    with open(folder / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, cube[0], version=(2, 0))
    np.save(folder / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(folder / "structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.savez(folder / "stored.npz", **types())
    np.savez_compressed(folder / "deflated.npz", w=np.zeros(1000, dtype="<f4"), b=cube)


def write_torch():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3))
    with torch.no_grad():
        for number, value in enumerate(model.state_dict().values()):
            value.copy_(torch.arange(value.numel()).reshape(value.shape) + 100 * number)
    torch.save(model.state_dict(), folder / "state.pth")
    momentum = {0: {"momentum_buffer": torch.tensor([0.5, 1.5])}}
    checkpoint = {
        "epoch": 3,
        "big": 2**80,
        "state_dict": model.state_dict(),
        "parameter": torch.nn.Parameter(torch.tensor([7.0])),
        "optimizer": {"state": momentum, "param_groups": [{"lr": 0.1, "params": [0], "nesterov": False}]},
        "shape": torch.Size([2, 3]),
        "list": [None, torch.tensor([1, 2])],
    }
    torch.save(checkpoint, folder / "checkpoint.pth")
    checkpoint["raw"] = b"bytes"
    torch.save(checkpoint, folder / "checkpoint-protocol4.pth", pickle_protocol=4)
    base = torch.arange(24.0).reshape(2, 3, 4)
    views = {
        "base": base,
        "permuted": base.permute(2, 0, 1),
        "window": base[1, 1:, ::2],
        "last": base[1, 2, 3],
        "expanded": torch.tensor([5.0]).expand(3, 2),
        "empty": torch.zeros(0, 3),
        "channels last": base[None].contiguous(memory_format=torch.channels_last),
        "tied": base,
        "f64": torch.tensor([0.1], dtype=torch.float64),
        "f16": torch.tensor([1, -65504, 2.0**-24], dtype=torch.float16),
        "bf16": torch.tensor([1, -3.140625], dtype=torch.bfloat16),
        "i32": torch.tensor([-7], dtype=torch.int32),
        "i16": torch.tensor([-32768, 5], dtype=torch.int16),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
    }
    torch.save(views, folder / "views.pth")
    torch.save(torch.tensor([[1.0, 2.0]]), folder / "tensor.pth")
    torch.save({"n": torch.tensor([2**31])}, folder / "large-integer.pth")


def check_apus():
    expected = {
        "weight": np.array([[1.5, -2, inf], [0, -0.0, 2.0**-140]], dtype="<f4"),
        "double": np.array(math.pi),
        "labels": np.array([-1, 2**31 - 1, -(2**31)], dtype="<i4"),
        "bytes": np.array([[1], [255], [0]], dtype="u1"),
        "empty": np.zeros((0, 4), dtype="<f4"),
        "é": np.array([4], dtype="<f4"),
    }
    with np.load(folder / "apus.npz") as file:
        assert file.files == list(expected), file.files
        found = dict(file)
    found["npy"], expected["npy"] = np.load(folder / "apus.npy"), expected["weight"]
    for name, value in expected.items():
        other = found[name]
        assert other.dtype == value.dtype and other.shape == value.shape and (other == value).all(), name
    print("apus.npy, apus.npz: as expected")


write_numpy()
write_torch()
check_apus()
