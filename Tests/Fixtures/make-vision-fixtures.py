#!/usr/bin/env python3
"""Makes pytorch-vision.safetensors: python make-vision-fixtures.py [FOLDER]. What torchvision, OpenCV, Pillow and Clipper make of
small pictures, boxes and masks. Needs torch, torchvision, opencv-python-headless, Pillow, pyclipper, safetensors.

Pictures and masks are stored as bytes, whole numbers as int32; what is float32 comes with its tolerance, as in make-fixtures.py."""
import io
import pathlib
import sys

import cv2
import numpy as np
import pyclipper
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision import ops
from torchvision.transforms.functional import pil_to_tensor, to_tensor
from torchvision.utils import draw_bounding_boxes

from fixture import Fixture, nhwc

generator = np.random.default_rng(20261130)


def picture(height, width, channels):
    """Smooth waves and noise, so that neither interpolation nor a filter is exact by chance."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    waves = 120 + 70 * np.sin(x / 3 + c) + 40 * np.cos(y / 2 - c)
    return np.clip(waves + generator.integers(-20, 21, waves.shape), 0, 255).astype(np.uint8)


def add(fixture, name, image):
    """[H, W, C] as bytes."""
    image = torch.as_tensor(np.ascontiguousarray(image))
    fixture.tensors[name] = image.reshape(*image.shape[:2], -1).to(torch.uint8)


def tensors(fixture):
    image = picture(7, 9, 3)
    add(fixture, "tensor/image", image)
    fixture.expected("tensor/y", to_tensor(Image.fromarray(image))[None], 0, 1, nhwc)


def crops(fixture):
    image = picture(31, 43, 3)
    add(fixture, "crops/image", image)
    planes = torch.tensor(image).permute(2, 0, 1)[None].float()
    # Whole pixels: shrunk, enlarged, one pixel, the whole image, over the sides.
    whole = [[3, 2, 30, 25], [10, 10, 15, 13], [42, 30, 43, 31], [0, 0, 43, 31], [-4, -3, 9, 50]]
    fixture.integers("crops/whole", whole)
    cut = [[max(l, 0), max(t, 0), min(r, 43), min(b, 31)] for l, t, r, b in whole]
    area = torch.cat([F.interpolate(planes[:, :, t:b, l:r], size=(6, 8), mode="area") for l, t, r, b in cut])
    fixture.expected("crops/area", area / 255, area / 255, 60, nhwc)
    # Sides between pixels, inside of the image, where torchvision does not read zeros.
    boxes = torch.tensor([[3.25, 2.5, 30.75, 25.125], [10.3, 10.6, 15.1, 13.9], [1, 1, 42, 30]])
    fixture.given("crops/boxes", boxes)
    align = ops.roi_align(planes, [boxes], (6, 8), sampling_ratio=1, aligned=True)
    # Places are float32 there.
    fixture.expected("crops/bilinear", align / 255, torch.full_like(align, 60.0), 1, nhwc)
    resized = cv2.resize(image.astype(np.float32), (20, 50), interpolation=cv2.INTER_LINEAR)
    fixture.expected("crops/resized", torch.tensor(resized)[None] / 255, 60.0, 1)
    for height, width in ((50, 20), (7, 90), (31, 42), (1, 1)):
        add(fixture, f"crops/opencv/{height}x{width}", cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR))


def pyramid(fixture):
    for name, image in (("color", picture(13, 18, 3)), ("gray", picture(16, 5, 1)), ("row", picture(1, 6, 1))):
        add(fixture, f"pyramid/{name}/0", image)
        for level in (1, 2, 3):
            image = cv2.pyrDown(image)
            add(fixture, f"pyramid/{name}/{level}", image)


def letterbox(fixture):
    for name, image in (("wide", picture(10, 25, 3)), ("high", picture(26, 11, 1))):
        height, width = image.shape[:2]
        factor = min(20 / height, 23 / width)
        inner = cv2.resize(image, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_LINEAR)
        top, left = (20 - inner.shape[0]) // 2, (23 - inner.shape[1]) // 2
        framed = cv2.copyMakeBorder(
            inner, top, 20 - inner.shape[0] - top, left, 23 - inner.shape[1] - left, cv2.BORDER_CONSTANT, value=(114, 114, 114))
        add(fixture, f"letterbox/{name}/image", image)
        add(fixture, f"letterbox/{name}/y", framed)


def suppression(fixture):
    """The way of facenet_pytorch's "Min", on sides without its additional pixel."""
    corners = generator.uniform(0, 60, (80, 2))
    boxes = torch.tensor(np.hstack([corners, corners + generator.uniform(5, 40, (80, 2))]), dtype=torch.float32)
    # Equal scores among them.
    scores = torch.tensor(generator.integers(0, 40, 80) / 40, dtype=torch.float32)
    classes = torch.tensor(generator.integers(0, 3, 80))
    fixture.given("nms/boxes", boxes)
    fixture.given("nms/scores", scores)
    fixture.integers("nms/classes", classes.tolist())
    fixture.expected("nms/overlaps", ops.box_iou(boxes, boxes), 1.0, 4)
    for threshold in (3, 5, 7):
        fixture.integers(f"nms/union{threshold}", ops.nms(boxes, scores, threshold / 10).tolist())
        fixture.integers(f"nms/classes{threshold}", ops.batched_nms(boxes, scores, classes, threshold / 10).tolist())
        order, chosen = torch.sort(scores, descending=True, stable=True).indices.tolist(), []
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        while order:
            first, rest = order[0], torch.tensor(order[1:], dtype=torch.long)
            chosen.append(first)
            low, high = torch.maximum(boxes[first, :2], boxes[rest, :2]), torch.minimum(boxes[first, 2:], boxes[rest, 2:])
            common = (high - low).clamp(min=0).prod(1)
            order = rest[common / torch.minimum(area[first], area[rest]) <= threshold / 10].tolist()
        fixture.integers(f"nms/smaller{threshold}", chosen)


def regions(fixture):
    noise = (generator.uniform(size=(24, 37)) < 0.42).astype(np.uint8)
    blobs = (cv2.GaussianBlur(generator.uniform(size=(40, 50)).astype(np.float32), (0, 0), 2.0) > 0.5).astype(np.uint8)
    rings = np.zeros((20, 26), np.uint8)
    cv2.rectangle(rings, (0, 0), (25, 19), 1, 2)
    cv2.circle(rings, (12, 9), 5, 1, 1)
    rings[9, 12] = 1
    for name, mask in (("noise", noise), ("blobs", blobs), ("rings", rings), ("full", np.ones((3, 4), np.uint8))):
        add(fixture, f"regions/{name}/mask", mask)
        for connectivity in (4, 8):
            count, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
            # In the order of first pixels.
            flat = labels.reshape(-1)
            order = sorted(range(1, count), key=lambda label: int(np.argmax(flat == label)))
            numbers = np.zeros(count, np.int32)
            numbers[order] = np.arange(1, count)
            fixture.integers(f"regions/{name}/labels{connectivity}", numbers[labels])
            fixture.integers(f"regions/{name}/stats{connectivity}", stats[order])
            fixture.expected(
                f"regions/{name}/centroids{connectivity}", torch.tensor(centroids[order].reshape(-1, 2)), 40.0, 1)
        contours, _ = cv2.findContours(mask * 255, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        fixture.integers(f"regions/{name}/contour-sizes", [len(contour) for contour in contours])
        fixture.integers(f"regions/{name}/contours", np.concatenate(contours).reshape(-1, 2))


def polygons(fixture):
    for index in range(6):
        points = (generator.integers(0, 60, (12, 2)) * np.array([[3, 1]]) + generator.integers(0, 20, (12, 2))).astype(np.int32)
        hull = cv2.convexHull(points).reshape(-1, 2)
        size = cv2.minAreaRect(points)[1]
        fixture.integers(f"polygon/{index}/points", points)
        fixture.integers(f"polygon/{index}/hull", hull)
        area, perimeter = cv2.contourArea(hull), cv2.arcLength(hull, True)
        fixture.expected(f"polygon/{index}/measures", torch.tensor([area, perimeter, size[0] * size[1]]), 8 * area, 1)
        offset = pyclipper.PyclipperOffset()
        offset.AddPath(hull, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
        (expanded,) = offset.Execute(area * 0.4 / perimeter)
        fixture.given(f"polygon/{index}/distance", torch.tensor([area * 0.4 / perimeter]))
        fixture.integers(f"polygon/{index}/expanded", expanded)


def drawing(fixture):
    image = picture(20, 30, 3)
    add(fixture, "drawing/image", image)
    planes = torch.tensor(image).permute(2, 0, 1)
    # Pillow's sides include the last pixel.
    for width in (1, 2, 3):
        framed = draw_bounding_boxes(planes, torch.tensor([[4, 3, 20, 15]]), colors=[(255, 0, 0)], width=width)
        add(fixture, f"drawing/frame{width}", framed.permute(1, 2, 0))
    polygon = np.array([[3, 2], [25, 5], [20, 18], [11, 8], [4, 17]], np.int32)
    fixture.integers("drawing/polygon", polygon)
    # Inside or on a side, in whole numbers.
    mask = np.zeros((20, 30), np.int32)
    for y in range(20):
        for x in range(30):
            mask[y, x] = cv2.pointPolygonTest(polygon, (x, y), False) >= 0
    add(fixture, "drawing/filled", mask)


def jpeg(fixture):
    for name, image in (("color", picture(17, 23, 3)), ("gray", picture(16, 16, 1))):
        add(fixture, f"jpeg/{name}/image", image)
        for quality in (30, 90):
            file = io.BytesIO()
            Image.fromarray(image.squeeze()).save(file, "JPEG", quality=quality)
            decoded = pil_to_tensor(Image.open(file)).permute(1, 2, 0)
            add(fixture, f"jpeg/{name}/{quality}", decoded)


def main(folder):
    fixture = Fixture()
    for part in (tensors, crops, pyramid, letterbox, suppression, regions, polygons, drawing, jpeg):
        part(fixture)
    fixture.save(str(pathlib.Path(folder) / "pytorch-vision.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
