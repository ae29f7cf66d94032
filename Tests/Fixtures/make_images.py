"""What diffusers and Pillow make of pictures, for the tests of Image.

Run from the repository root: python Tests/Fixtures/make_images.py
Needs: pip install numpy torch diffusers pillow==13.0.0. Writes Tests/Fixtures/image/.
"""
import base64
import io
import json
import os
import struct
import zlib

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image, features

FOLDER = "Tests/Fixtures/image"
os.makedirs(FOLDER, exist_ok=True)
random = np.random.default_rng(0)


def save(name, content):
    with open(f"{FOLDER}/{name}.json", "w") as file:
        if isinstance(content, list):
            file.write("[\n" + ",\n".join(json.dumps(case) for case in content) + "\n]\n")
        else:
            json.dump(content, file)


def text(data):
    return base64.b64encode(data).decode()


# Every rounding case: the values that fall on k, k + 1/2 and just beside them, and what lies outside -1…1.
def rounding():
    steps = np.arange(0, 511, dtype=np.float32) / np.float32(510) * 2 - 1
    beside = [np.nextafter(steps, np.float32(2)), np.nextafter(steps, np.float32(-2))]
    decoded = np.concatenate([steps, *beside, np.float32([-3, 3, -1, 1, 0, -0.0])])
    decoded = np.concatenate([decoded, np.zeros(-len(decoded) % 24, np.float32)]).reshape(-1, 8, 3)[None]
    planes = torch.from_numpy(decoded.transpose(0, 3, 1, 2).copy())
    image = VaeImageProcessor().postprocess(planes, output_type="pil")[0]
    bits = decoded.reshape(-1).view("<u4").tolist()
    return {"shape": decoded.shape, "decoded": bits, "pixels": list(image.tobytes())}


# The way back: all 256 values, as the encoder gets them; the processor resizes to multiples of 8.
def normalized():
    pixels = np.arange(16 * 16 * 3).reshape(16, 16, 3).astype(np.uint8)
    planes = VaeImageProcessor().preprocess(Image.fromarray(pixels))
    values = planes.numpy().transpose(0, 2, 3, 1)
    return {"pixels": list(pixels.tobytes()), "values": np.ascontiguousarray(values).reshape(-1).view("<u4").tolist()}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def paeth(a, b, c):
    p = a + b - c
    distances = abs(p - a), abs(p - b), abs(p - c)
    return (a, b, c)[distances.index(min(distances))]


def filtered(rows, pixel_size):
    """Rows with the five filters in turn (PNG specification, 9.2)."""
    result, above = b"", bytes(len(rows[0]))
    for y, row in enumerate(rows):
        left = bytes(pixel_size) + row
        corner = bytes(pixel_size) + above
        kind = y % 5
        guess = [
            (0, left[i], above[i], (left[i] + above[i]) // 2, paeth(left[i], above[i], corner[i]))[kind]
            for i in range(len(row))
        ]
        result += bytes([kind]) + bytes((x - g) & 255 for x, g in zip(row, guess))
        above = row
    return result


def packed(samples, depth):
    """Rows of samples as bytes."""
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in samples]
    bits = (samples[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return [np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in bits]


def png(colour_type, depth, interlaced, ancillary=b"", palette=b"", size=(9, 11)):
    width, height = size
    channels = CHANNELS[colour_type]
    most = len(palette) // 3 if palette else 1 << depth
    samples = random.integers(0, most, (height, width, channels))
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    data = b""
    for x, y, dx, dy in passes:
        part = samples[y::dy, x::dx]
        if part.size:
            rows = part.reshape(len(part), -1)
            data += filtered(packed(rows, depth), max(1, channels * depth // 8))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced)
    stream = zlib.compress(data, 9)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + ancillary
    if palette:
        file += chunk(b"PLTE", palette)
        if ancillary:
            file += chunk(b"tRNS", bytes([0, 128]))
    # Two chunks of pixels, as large files have many.
    file += chunk(b"IDAT", stream[:20]) + chunk(b"IDAT", stream[20:]) + chunk(b"IEND", b"")
    rgb = np.array(Image.open(io.BytesIO(file)).convert("RGB"))
    if (colour_type, depth) == (0, 16):
        # Here Pillow makes white of all that exceeds 255. Expected is what it does with 16 bits elsewhere.
        rgb = np.repeat(samples >> 8, 3, axis=2).astype(np.uint8)
    return {"name": f"colour type {colour_type}, {depth} bits, {'interlaced' if interlaced else 'in rows'}"
            + (", ancillary chunks" if ancillary else ""), "file": text(file),
            "width": width, "height": height, "rgb": text(rgb.tobytes())}


def pngs():
    cases = []
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    gamma = chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"Comment\0none")
    gamma += chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"not a profile"))
    for colour_type in depths:
        for depth in depths[colour_type]:
            palette = random.bytes(3 * min(1 << depth, 20)) if colour_type == 3 else b""
            for interlaced in (0, 1):
                cases.append(png(colour_type, depth, interlaced, palette=palette))
    for colour_type, depth in ((2, 8), (6, 16), (3, 8), (0, 2)):
        palette = random.bytes(60) if colour_type == 3 else b""
        cases.append(png(colour_type, depth, 0, gamma, palette))
    # Fewer columns than an interlaced file has passes.
    return cases + [png(2, 8, 1, size=(1, 1)), png(0, 1, 1, size=(3, 2))]


def jpegs():
    y, x = np.mgrid[0:19, 0:21]
    smooth = np.stack([x * 12, y * 13, 255 - x * 6 - y * 5], axis=2)
    picture = Image.fromarray(np.clip(smooth + random.integers(-20, 20, smooth.shape), 0, 255).astype(np.uint8))
    kinds = [
        ("4:4:4", "RGB", {"subsampling": 0}), ("4:2:2", "RGB", {"subsampling": 1}),
        ("4:2:0", "RGB", {"subsampling": 2}), ("progressive", "RGB", {"subsampling": 2, "progressive": True}),
        ("without conversion of colours", "RGB", {"keep_rgb": True}),
        ("restart markers", "RGB", {"restart_marker_blocks": 1}), ("grey", "L", {}),
        ("progressive grey", "L", {"progressive": True}), ("CMYK", "CMYK", {}),
    ]
    cases = []
    for name, mode, options in kinds:
        file = io.BytesIO()
        picture.convert(mode).save(file, "JPEG", quality=80, optimize=True, **options)
        rgb = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
        cases.append({"name": name, "file": text(file.getvalue()), "width": rgb.width, "height": rgb.height,
                      "rgb": text(rgb.tobytes())})
    return cases


def noise(width, height):
    """Numerical Recipes' linear congruential generator, which the tests have too."""
    state, pixels = 1, bytearray()
    for _ in range(width * height * 3):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        pixels.append(state >> 24)
    return Image.frombytes("RGB", (width, height), bytes(pixels))


def resizes():
    filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
    sizes = [
        ((1, 1), (1, 1)), ((1, 1), (5, 3)), ((5, 3), (1, 1)), ((7, 5), (7, 5)), ((7, 5), (7, 9)), ((7, 5), (3, 5)),
        ((16, 16), (64, 64)), ((64, 64), (16, 16)), ((31, 17), (32, 16)), ((40, 3), (3, 40)), ((100, 80), (99, 81)),
        ((257, 129), (53, 224)), ((320, 200), (224, 224)), ((13, 11), (200, 150)), ((300, 2), (2, 1)),
        # To both sides of where Pillow 13 begins to resize vertically first.
        ((60, 90), (40, 49)), ((60, 90), (40, 50)), ((48, 64), (51, 51)), ((20, 30), (24, 29)),
    ]
    return [
        {"width": old[0], "height": old[1], "newWidth": new[0], "newHeight": new[1], "filter": name,
         "crc32": zlib.crc32(noise(*old).resize(new, filters[name]).tobytes())}
        for old, new in sizes for name in filters
    ]


assert Image.__version__ == "13.0.0" and features.check("libjpeg_turbo")
save("rounding", rounding())
save("normalized", normalized())
save("png", pngs())
save("jpeg", jpegs())
save("resize", resizes())
