#!/usr/bin/env python3
"""Writes files/ beside this script with numpy and PyTorch, for the tests of Npy, Npz, ZipArchive and PyTorchFile, and checks with
numpy that files/apus.npy and files/apus.npz, which tests compare with what Apus writes, hold what those tests put in (numpy 2.4,
torch 2.15). The same bytes at every run.
"""
import argparse
import collections
import datetime
import enum
import io
import math
import pathlib
import pickle
import struct

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


class Color(enum.Enum):
    RED = 1


class Attributes(dict):
    """A dict of somebody's own."""


class Anything(dict):
    """What a pickle's names stand for while only its storages are looked for."""

    def __new__(cls, *arguments):
        return dict.__new__(cls)

    def __init__(self, *arguments):
        pass

    def __setstate__(self, state):
        pass

    def append(self, item):
        pass


class Storages(pickle.Unpickler):
    """Reads a pickle for the storages that it refers to: their element sizes, by key in the order of the file."""

    sizes = {"Double": 8, "Long": 8, "ComplexFloat": 8, "Float": 4, "Int": 4, "Half": 2, "BFloat16": 2, "Short": 2}

    def __init__(self, file):
        super().__init__(file)
        self.found = {}

    def find_class(self, module, name):
        return type(name, (Anything,), {})

    def persistent_load(self, identifier):
        if identifier[0] == "storage":
            name = identifier[1].__name__.removesuffix("Storage")
            self.found.setdefault(identifier[2], self.sizes.get(name, 1))
        return Anything()


def save_legacy(value, path):
    """As torch.save before 1.6; storages get numbers as keys in place of addresses, so that every run writes the same bytes."""
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=False)
    buffer.seek(0)
    for _ in range(3):
        pickle.load(buffer)
    begin = buffer.tell()
    reader = Storages(buffer)
    reader.load()
    body = buffer.getvalue()[begin : buffer.tell()]
    pieces = {}
    for key in pickle.load(buffer):
        (count,) = struct.unpack("<q", buffer.read(8))
        pieces[key] = struct.pack("<q", count) + buffer.read(count * reader.found[key])
    assert not buffer.read()
    for number, key in enumerate(reader.found):
        text = str(number).encode()
        body = body.replace(
            b"X" + struct.pack("<I", len(key)) + key.encode(), b"X" + struct.pack("<I", len(text)) + text
        )
    keys = [str(number) for number in range(len(reader.found))]
    content = buffer.getvalue()[:begin] + body + pickle.dumps(keys, 2) + b"".join(pieces[k] for k in reader.found)
    path.write_bytes(content)
    # PyTorch cannot read everything that it writes in this format: no type without a storage class.
    if "UntypedStorage" not in content.decode("latin1"):
        torch.load(path, weights_only=False)


def objects():
    """What checkpoints have beside their weights: none of it is to be made, all of it to be passed over."""
    parameter, tensor = torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.tensor([3.0])
    parameter.tag, tensor.tag = "x", "y"
    attributes = Attributes(weight=torch.tensor([4.0]))
    attributes.note = "x"
    return {
        "parameter": parameter,
        "tensor": tensor,
        "attributes": attributes,
        "nested": collections.defaultdict(dict, a=collections.OrderedDict(b=torch.tensor([5.0]))),
        "epoch": np.float64(3),
        "array": np.arange(3),
        "args": argparse.Namespace(lr=0.1, out=pathlib.PurePosixPath("x")),
        "path": pathlib.PurePosixPath("x"),
        "time": datetime.datetime(2020, 1, 1),
        "color": Color.RED,
        "set": {1},
        "counter": collections.Counter("ab"),
        "deque": collections.deque([1, 2]),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "function": torch.relu,
        "bytes": b"x",
        "slice": slice(1, 2),
        "complex": 1j,
        "generator": {"state": np.random.RandomState(1).get_state()[1][:3], "long": 2**100},
        "sparse": torch.eye(2).to_sparse(),
        "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        "complex64": torch.ones(2, dtype=torch.complex64),
        "float8": torch.ones(2).to(torch.float8_e4m3fn),
        "uint16": torch.ones(2, dtype=torch.uint16),
        "optimizer": torch.optim.Adam([torch.nn.Parameter(torch.ones(1))]).state_dict(),
    }


def gpu(storage):
    return "cuda:0"


def write_checkpoints(state, checkpoint, views):
    """Other forms of the files of write_torch, and what people have beside and around them."""
    for name, value in {"state": state, "checkpoint": checkpoint, "views": views, "objects": objects()}.items():
        save_legacy(value, folder / f"{name}-legacy.pth")
    torch.save(objects(), folder / "objects.pth")
    network = torch.load(folder.parent / "interchange.pth")
    save_legacy(network, folder.parent / "interchange-legacy.pth")
    model = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False), torch.nn.ReLU(), torch.nn.BatchNorm1d(1))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 2.0]]))
    torch.save({"model": torch.nn.DataParallel(model), "epoch": 1}, folder / "module.pth")


def write_gpu():
    """Tensors that say they were on a GPU. What is saved after this says so too."""
    torch.serialization.register_package(0, gpu, lambda storage, location: storage)
    save_legacy({"w": torch.tensor([1.0, 2.0])}, folder / "gpu-legacy.pth")
    torch.save({"w": torch.tensor([1.0, 2.0])}, folder / "gpu.pth")


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
    del checkpoint["raw"]
    write_checkpoints(model.state_dict(), checkpoint, views)
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
write_gpu()
check_apus()
