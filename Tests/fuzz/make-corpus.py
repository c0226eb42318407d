#!/usr/bin/env python3
"""Writes the seeds that the fuzzers start from: a folder of corpus/ beside this script for each reader. Deterministic."""
import gzip
import json
import pathlib
import struct
import zipfile

corpus = pathlib.Path(__file__).resolve().parent / "corpus"
fixtures = corpus.parent.parent / "Fixtures" / "files"


def idx(*sizes):
    count = 1
    for size in sizes:
        count *= size
    return struct.pack(f">{1 + len(sizes)}I", 0x0800 | len(sizes), *sizes) + bytes(i % 251 for i in range(count))


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


small = {
    "conv1.weight": entry("F32", [2, 1], 0, 8),
    "steps": entry("I64", [], 8, 16),
}
seeds = {
    "idx/images": idx(2, 3, 4),
    "idx/labels": idx(5),
    "idx/images.gz": gzip.compress(idx(2, 3, 4), mtime=0),
    "idx/labels.gz": gzip.compress(idx(5), mtime=0),
    "idx/stored.gz": gzip.compress(idx(3, 2, 2), compresslevel=0, mtime=0),
    "idx/huge": struct.pack(">4I", 0x0803, 2**31 - 1, 65535, 65535),
    "idx/huge.gz": gzip.compress(struct.pack(">4I", 0x0803, 1 << 20, 32, 32) + bytes(5000), mtime=0),
    "safetensors/empty": safetensors({}),
    "safetensors/small": safetensors({"__metadata__": {"format": "pt"}, **small}, bytes(16)),
    "safetensors/every-type": safetensors(
        {
            "a": entry("F64", [1], 0, 8),
            "b": entry("I32", [1], 8, 12),
            "c": entry("F16", [2], 12, 16),
            "d": entry("BF16", [1, 1], 16, 18),
            "e": entry("I16", [1], 18, 20),
            "f": entry("I8", [1], 20, 21),
            "g": entry("U8", [1], 21, 22),
            "h": entry("BOOL", [1], 22, 23),
            "i": entry("F32", [0, 7], 23, 23),
        },
        bytes(range(23)),
    ),
    "safetensors/huge-offset": safetensors({"a": entry("F32", [2], 0, 2**62)}, bytes(8)),
    "safetensors/hole": safetensors({"a": entry("U8", [1], 0, 1), "b": entry("U8", [1], 2, 3)}, bytes(3)),
    # Headers alone: the target also reads its input as one, before sixteen bytes of data.
    "safetensors/header": json.dumps(small).encode(),
    "safetensors/escapes": rb'{ "\u0061\ud83d\ude00\n" : {"shape":[4,4],"dtype":"U8","data_offsets":[0,16]} }  ',
}
# The npy and pth targets read their input as a header and as a pickle too. What PyTorch wrote is in the tests' fixtures.
seeds["npy/header"] = b"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }  "
seeds["npy/other-header"] = b'{"shape": (16,), "descr": "|b1", "fortran_order": False}'
seeds["npy/big"] = b"{'descr': '>i8', 'fortran_order': False, 'shape': (1, 2)}"
for name in ["matrix.npy", "version2.npy", "objects.npy", "structured.npy"]:
    seeds["npy/" + name] = (fixtures / name).read_bytes()
for name in ["apus.npz", "deflated.npz"]:
    seeds["npz/" + name] = (fixtures / name).read_bytes()
for name in ["state", "tensor", "views", "checkpoint", "checkpoint-protocol4"]:
    path = fixtures / (name + ".pth")
    with zipfile.ZipFile(path) as archive:
        seeds["pth/" + name] = archive.read(name + "/data.pkl")
    # Longer inputs are cut.
    if path.stat().st_size <= 4096:
        seeds["pth/" + path.name] = path.read_bytes()
# Images: what Pillow wrote for the tests, one of each kind of a format.
forms = corpus.parent.parent / "Fixtures" / "image-forms"
for format, names in {
    "png": ["rgba16.png", "palette4.png", "gray16-trns.png", "interlaced.png", "exif-late.png"],
    "jpeg": ["q95.jpg", "q60.jpg", "progressive.jpg", "cmyk.jpg", "exif-big.jpg"],
    "webp": ["lossy.webp", "alpha.webp", "alpha-lossless.webp", "frames.webp", "exif.webp"],
    "gif": ["interlaced.gif", "small-frame.gif", "beyond.gif"],
    "bmp": ["rgb.bmp", "565.bmp", "palette4.bmp", "os2.bmp", "rgba.bmp"],
    "netpbm": ["p5-15.pgm", "p6-1000.ppm"],
}.items():
    for name in names:
        data = (forms / name).read_bytes()
        # Longer inputs are cut.
        if len(data) <= 4096:
            seeds[f"{format}/{name}"] = data
# The legacy target reads its input as a file, and as the pickle of a value in one.
for name in ["state", "checkpoint", "objects", "gpu"]:
    data = (fixtures / (name + "-legacy.pth")).read_bytes()
    ends = [data.index(b"\x2e\x80\x02") + 1]
    while len(ends) < 4:
        ends.append(data.index(b"\x2e\x80\x02", ends[-1]) + 1)
    seeds["legacy/" + name] = data[ends[2] : ends[3]]
    if len(data) <= 4096:
        seeds["legacy/" + name + ".pth"] = data
        seeds["weights/" + name + "-legacy.pth"] = data
for name in ["state.pth", "apus.npz", "matrix.npy", "module.pth"]:
    seeds["weights/" + name] = (fixtures / name).read_bytes()
seeds["weights/linear.safetensors"] = safetensors(
    {"module.weight": entry("F32", [1, 2], 0, 8), "module.bias": entry("F32", [1], 8, 12)}, bytes(12)
)
# Models as files, and their graphs, which the target puts into a file.
for name in ["keras", "operators", "decomposed", "shapes", "places", "resizes", "branches", "pair"]:
    data = (fixtures.parent / "onnx-import" / (name + ".onnx")).read_bytes()
    if len(data) <= 4096:
        seeds["onnx/" + name] = data
    # Of the file: version of the format, producer, graph.
    start = data.index(b"\x3a", 2 + 2 + len("fixtures"))
    length, shift, place = 0, 0, start + 1
    while True:
        length |= (data[place] & 0x7F) << shift
        shift, place = shift + 7, place + 1
        if data[place - 1] < 0x80:
            break
    if length <= 4096:
        seeds["onnx/" + name + "-graph"] = data[place : place + length]
for name, text in {"page": "<!doctype html>", "json": '{"weight_map": {}}', "lfs": "version https://git-lfs"}.items():
    seeds["weights/" + name] = text.encode()
for name, data in seeds.items():
    path = corpus / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
