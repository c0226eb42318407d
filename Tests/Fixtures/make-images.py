#!/usr/bin/env python3
"""Writes the small pictures of images/ beside this script (needs Pillow; checked with 13.0).

All show the same 12x9 gradient: red = 20 x, green = 28 y, blue = 10 (x + y); gray = 10 x + 15 y.
"""
import pathlib

import numpy
from PIL import Image

folder = pathlib.Path(__file__).resolve().parent / "images"
y, x = numpy.mgrid[0:9, 0:12]
gray = (10 * x + 15 * y).astype("uint8")
rgb = numpy.stack([20 * x, 28 * y, 10 * (x + y)], axis=2).astype("uint8")


def main():
    folder.mkdir(exist_ok=True)
    Image.fromarray(gray).save(folder / "gray.png")
    Image.fromarray(rgb).save(folder / "rgb.png")
    Image.fromarray(rgb).quantize(256).save(folder / "palette.png")
    Image.fromarray(gray.astype("uint16") * 257).save(folder / "gray16.png")
    alpha = numpy.where(x < 6, 255, 0).astype("uint8")
    Image.fromarray(numpy.dstack([rgb, alpha])).save(folder / "alpha.png")
    Image.fromarray(gray).save(folder / "gray.pgm")
    Image.fromarray(rgb).save(folder / "rgb.ppm")
    Image.fromarray(gray).save(folder / "gray.jpg", quality=98)
    Image.fromarray(rgb).save(folder / "rgb.jpg", quality=98, subsampling=0)
    Image.fromarray(rgb).convert("CMYK").save(folder / "cmyk.jpg")
    # What Pillow's filter makes of it, to compare ours with.
    bilinear = Image.Resampling.BILINEAR
    Image.fromarray(rgb).resize((5, 4), bilinear).save(folder / "rgb-5x4.ppm")
    Image.fromarray(rgb).resize((31, 20), bilinear).save(folder / "rgb-31x20.ppm")
    Image.fromarray(rgb).convert("L").save(folder / "luma.pgm")


main()
