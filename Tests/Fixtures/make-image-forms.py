#!/usr/bin/env python3
"""Writes image files as people have them, and the pixels that Pillow makes of them, into image-forms/ beside this script.

Needs Pillow and numpy; checked with Pillow 13.0. pixels.npz has each file's pixels by its name, as Pillow's convert("RGB") gives them to
torchvision's loader, turned upright by ImageOps.exif_transpose. "NAME white" and "NAME black" are laid over a color by alpha_composite.
"""
import io
import pathlib
import struct
import zlib

import numpy
from PIL import Image, ImageOps

folder = pathlib.Path(__file__).resolve().parent / "image-forms"
random = numpy.random.default_rng(12)
height, width = 17, 23
y, x = numpy.mgrid[0:height, 0:width]
smooth = numpy.stack([11 * x, 15 * y, 6 * (x + y)], axis=2).astype("uint8")
noise = random.integers(0, 256, (height, width, 3)).astype("uint8")
busy = Image.fromarray((smooth // 2 + noise // 2).astype("uint8"))
smooth = Image.fromarray(smooth)
pixels = {}
alpha = Image.fromarray(random.integers(0, 256, (height, width)).astype("uint8"))


def over(image, color):
    back = Image.new("RGBA", image.size, color)
    return Image.alpha_composite(back, image.convert("RGBA")).convert("RGB")


def expect(name, composed=False):
    """Writes what Pillow reads from a file that was written."""
    image = ImageOps.exif_transpose(Image.open(folder / name))
    pixels[name] = numpy.asarray(image.convert("RGB"))
    if composed:
        for color in ["white", "black"]:
            pixels[f"{name} {color}"] = numpy.asarray(over(image, color))


def save(image, name, composed=False, **options):
    image.save(folder / name, **options)
    expect(name, composed)


def write(name, data, composed=False):
    (folder / name).write_bytes(data)
    expect(name, composed)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth, color, rows, *chunks):
    """A PNG whose rows are bytes already."""
    ihdr = struct.pack(">IIBBBBB", rows[0][1], len(rows), depth, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row, _ in rows))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + b"".join(chunk(*c) for c in chunks)
            + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def jpegs():
    for quality, subsampling in [(95, 0), (75, 1), (60, 2)]:
        save(busy, f"q{quality}.jpg", quality=quality, subsampling=subsampling)
    save(busy, "progressive.jpg", quality=80, progressive=True)
    save(busy.convert("L"), "gray.jpg", quality=80)
    save(busy.convert("CMYK"), "cmyk.jpg", quality=80)
    # Black ink, which Pillow's own conversion never uses.
    save(Image.merge("CMYK", [*busy.split(), alpha]), "ink.jpg", quality=80)
    # YCCK: the same data, taken for another color space by the transform that its Adobe marker names.
    data = bytearray((folder / "cmyk.jpg").read_bytes())
    place = data.index(b"Adobe")
    data[place + 11] = 2
    write("ycck.jpg", bytes(data))
    # Adobe's RGB: no transform.
    plain = io.BytesIO()
    busy.save(plain, "JPEG", quality=80, subsampling=0)
    marker = b"\xff\xee\x00\x0eAdobe" + struct.pack(">HHHB", 100, 0, 0, 0)
    bytes_ = plain.getvalue()
    length = struct.unpack(">H", bytes_[4:6])[0]
    write("adobe-rgb.jpg", bytes_[:2] + marker + bytes_[4 + length:])
    # Stray bytes before a marker, as some cameras write them.
    write("stray.jpg", bytes_[:2 + 2 + length] + b"\0\0\0" + bytes_[2 + 2 + length:])
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(busy, f"exif{orientation}.jpg", quality=90, exif=exif)
    # The other byte order, after another segment, as a long.
    tiff = b"MM\0*" + struct.pack(">IH", 8, 2)
    tiff += struct.pack(">HHII", 0x010F, 2, 4, 0x41424300) + struct.pack(">HHII", 0x0112, 4, 1, 6) + b"\0" * 4
    segment = b"Exif\0\0" + tiff
    write("exif-big.jpg", bytes_[:2 + 2 + length] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + bytes_[4 + length:])


def pngs():
    gray16 = (numpy.arange(height * width).reshape(height, width) * 3).astype("uint16")
    rows16 = [(row.astype(">u2").tobytes(), width) for row in gray16]
    write("gray16.png", png(16, 0, rows16))
    write("gray16-trns.png", png(16, 0, rows16, (b"tRNS", struct.pack(">H", 300))))
    deep = random.integers(0, 65536, (height, width, 4)).astype("uint16")
    write("rgb16.png", png(16, 2, [(row[:, :3].astype(">u2").tobytes(), width) for row in deep]))
    write("rgba16.png", png(16, 6, [(row.astype(">u2").tobytes(), width) for row in deep]), composed=True)
    write("la16.png", png(16, 4, [(row[:, :2].astype(">u2").tobytes(), width) for row in deep]), composed=True)
    for depth in [1, 2, 4]:
        rows = [(random.integers(0, 256, (width * depth + 7) // 8).astype("uint8").tobytes(), width) for _ in range(height)]
        write(f"gray{depth}.png", png(depth, 0, rows))
        # Fewer colors than there are indices: those beyond are black in Pillow.
        palette = bytes([200, 10, 30, 5, 250, 9])
        write(f"palette{depth}.png", png(depth, 3, rows, (b"PLTE", palette)))
    indices = [(bytes(random.integers(0, 256, width).astype("uint8")), width) for _ in range(height)]
    colors = bytes(random.integers(0, 256, 3 * 100).astype("uint8"))
    write("palette8.png", png(8, 3, indices, (b"PLTE", colors)))
    colors = bytes(random.integers(0, 256, 3 * 256).astype("uint8"))
    opacity = bytes(random.integers(0, 256, 200).astype("uint8"))
    write("palette-trns.png", png(8, 3, indices, (b"PLTE", colors), (b"tRNS", opacity)), composed=True)
    save(Image.merge("LA", [busy.convert("L"), alpha]), "la.png", composed=True)
    rgba = busy.copy()
    rgba.putalpha(alpha)
    save(rgba, "rgba.png", composed=True)
    rgb = [(row.tobytes(), width) for row in numpy.asarray(busy)]
    first = numpy.asarray(busy)[3, 4]
    write("rgb-trns.png", png(8, 2, rgb, (b"tRNS", struct.pack(">HHH", *[int(v) for v in first]))), composed=True)
    gray = [(row.tobytes(), width) for row in numpy.asarray(busy.convert("L"))]
    write("gray-trns.png", png(8, 0, gray, (b"tRNS", struct.pack(">H", gray[3][0][4]))), composed=True)
    write("gamma.png", png(8, 2, rgb, (b"gAMA", struct.pack(">I", 100000))))
    write("srgb-less.png", png(8, 0, gray, (b"gAMA", struct.pack(">I", 30000))))
    save(busy.convert("1"), "bit.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    save(busy, "exif.png", exif=exif)
    # Behind the data, where some programs write it.
    data = (folder / "exif.png").read_bytes()
    start = data.index(b"eXIf") - 4
    end = start + 12 + struct.unpack(">I", data[start:start + 4])[0]
    last = data.index(b"IEND") - 4
    (folder / "exif-late.png").write_bytes(data[:start] + data[end:last] + data[start:end] + data[last:])
    pixels["exif-late.png"] = pixels["exif.png"]
    (folder / "interlaced.png").write_bytes(interlaced(numpy.asarray(busy)))
    expect("interlaced.png")
    (folder / "interlaced16.png").write_bytes(interlaced(gray16[:, :, None], 16))
    expect("interlaced16.png")


def interlaced(pixels, depth=8):
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    kind = {8: "u1", 16: ">u2"}[depth]
    data = b"".join(
        b"\0" + row.astype(kind).tobytes()
        for top, left, down, across in passes
        for row in pixels[top::down, left::across] if row.size)
    ihdr = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, 0 if pixels.shape[2] == 1 else 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def others():
    save(busy, "lossy.webp", quality=70)
    save(busy, "lossless.webp", lossless=True)
    rgba = busy.copy()
    rgba.putalpha(alpha)
    save(rgba, "alpha.webp", composed=True, quality=70)
    save(rgba, "alpha-lossless.webp", composed=True, lossless=True, exact=True)
    exif = Image.Exif()
    exif[0x0112] = 8
    save(busy, "exif.webp", quality=70, exif=exif)
    save(busy, "frames.webp", save_all=True, append_images=[smooth], lossless=True)
    write("small-frame.webp", canvas((folder / "lossless.webp").read_bytes(), 40, 30, 6, 4), composed=True)
    save(busy, "rgb.bmp")
    save(busy.convert("L"), "gray.bmp")
    save(busy.quantize(200), "palette.bmp")
    save(busy.convert("1"), "bit.bmp")
    rgba.save(folder / "rgba.bmp")
    expect("rgba.bmp", composed=True)
    raw = numpy.asarray(busy)
    bits16 = random.integers(0, 65536, (height, width)).astype("<u2")
    write("555.bmp", bmp(16, bits16))
    write("565.bmp", bmp(16, bits16, masks=[0xF800, 0x7E0, 0x1F]))
    write("32.bmp", bmp(32, random.integers(0, 2**32, (height, width)).astype("<u4")))
    write("from-above.bmp", bmp(24, raw[:, :, ::-1], down=True))
    nibbles = random.integers(0, 256, (height, (width + 1) // 2)).astype("uint8")
    write("palette4.bmp", bmp(4, nibbles, palette=random.integers(0, 256, (16, 4)).astype("uint8")))
    core = struct.pack("<IHHHH", 12, width, height, 1, 24)
    rows = b"".join(row[:, ::-1].tobytes().ljust((width * 24 + 31) // 32 * 4, b"\0") for row in raw[::-1])
    write("os2.bmp", b"BM" + struct.pack("<IHHI", 26 + len(rows), 0, 0, 26) + core + rows)
    save(busy.quantize(64), "frame.gif")
    save(busy.quantize(64), "interlaced.gif", interlace=1)
    save(busy.convert("L"), "gray.gif")
    save(busy.quantize(60), "transparent.gif", composed=True, transparency=7)
    save(busy.quantize(64), "frames.gif", save_all=True, append_images=[smooth.quantize(64)])
    # A frame smaller than its screen, with and without a transparent color around it, and one that reaches beyond it.
    data = (folder / "transparent.gif").read_bytes()
    write("small-frame.gif", screen(data, 40, 30, 5, 6), composed=True)
    write("small-frame-plain.gif", screen((folder / "frame.gif").read_bytes(), 40, 30, 5, 6))
    write("beyond.gif", screen((folder / "frame.gif").read_bytes(), 10, 9, 3, 2))
    # A stray byte between two blocks.
    data = (folder / "frame.gif").read_bytes()
    start = 13 + 3 * 2 ** (data[10] % 8 + 1)
    write("stray.gif", data[:start] + b"\0" + data[start:])
    # Alpha of 16 bits is left alone; no masks at all are the usual ones; what fills up the last row may lack.
    write("1555.bmp", bmp(16, bits16, masks=[0x7C00, 0x3E0, 0x1F, 0x8000], size=56))
    write("32-no-masks.bmp", bmp(32, raw.astype("<u4") @ numpy.array([1 << 16, 1 << 8, 1], "<u4"), masks=[0, 0, 0]))
    write("unfilled.bmp", (folder / "rgb.bmp").read_bytes()[:-3])
    (folder / "p5-15.pgm").write_bytes(b"P5 4 4 15\n" + bytes(range(16)))
    expect("p5-15.pgm")
    (folder / "p5-1000.pgm").write_bytes(b"P5 4 4 1000\n" + struct.pack(">16H", *range(0, 16)))
    expect("p5-1000.pgm")
    (folder / "p6-1000.ppm").write_bytes(b"P6 4 1 1000\n" + struct.pack(">12H", *range(0, 1000, 84)))
    expect("p6-1000.ppm")


def bmp(bits, rows, masks=(), palette=None, down=False, size=40):
    stride = (width * bits + 31) // 32 * 4
    order = rows if down else rows[::-1]
    data = b"".join(row.tobytes().ljust(stride, b"\0")[:stride] for row in order)
    table = b"" if palette is None else palette.tobytes()
    extra = b"".join(struct.pack("<I", mask) for mask in masks) + table
    info = struct.pack("<IiiHHIIiiII", size, width, -height if down else height, 1, bits, 3 if masks else 0, len(data), 0, 0, 0, 0)
    offset = 54 + len(extra)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + extra + data


def canvas(webp, canvas_width, canvas_height, left, top):
    """An animation of that one frame on a larger canvas."""
    def three(*values):
        return b"".join(struct.pack("<I", value)[:3] for value in values)

    def part(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    frame = three(left // 2, top // 2, width - 1, height - 1, 100) + b"\0" + webp[12:]
    parts = part(b"VP8X", b"\x12\0\0\0" + three(canvas_width - 1, canvas_height - 1))
    parts += part(b"ANIM", b"\0" * 6) + part(b"ANMF", frame)
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WEBP" + parts


def screen(gif, screen_width, screen_height, left, top):
    """The same frame at another place of a screen of another size."""
    data = bytearray(gif)
    data[6:10] = struct.pack("<HH", screen_width, screen_height)
    place = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 128 else 0)
    while data[place] == 0x21:
        place += 2
        while data[place]:
            place += data[place] + 1
        place += 1
    data[place + 1:place + 5] = struct.pack("<HH", left, top)
    return bytes(data)


def main():
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    jpegs()
    pngs()
    others()
    numpy.savez_compressed(folder / "pixels.npz", **pixels)


main()
