#!/usr/bin/env python3
"""Writes Sources/CApusDigits/digits.idx.gz from scikit-learn's copy of the UCI handwritten digits.

The file is gzip over two IDX files one after the other: uint8 images [1797, 8, 8] with values 0...16, then uint8 labels [1797].
Deterministic: no time and no name in the gzip header. Needs scikit-learn (checked with 1.9.1).
"""
import gzip
import pathlib
import struct

from sklearn.datasets import load_digits


def main():
    digits = load_digits()
    images = digits.images.astype("uint8")
    labels = digits.target.astype("uint8")
    assert images.shape == (1797, 8, 8) and (images == digits.images).all() and images.max() == 16
    assert labels.shape == (1797,) and set(labels) == set(range(10))
    data = struct.pack(">4I", 0x00000803, *images.shape) + images.tobytes()
    data += struct.pack(">2I", 0x00000801, len(labels)) + labels.tobytes()
    path = pathlib.Path(__file__).resolve().parent.parent / "Sources/CApusDigits/digits.idx.gz"
    path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(f"{path}: {path.stat().st_size} bytes for {len(data)}")


main()
