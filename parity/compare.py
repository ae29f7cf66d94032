"""Compares sd-lite with diffusers in float32: compare.py CHECKPOINT [--size 512] [--weights fp16 int8] [--skip-pictures]

CHECKPOINT is a diffusers folder, made by make_full_checkpoint.py or downloaded. The build comes first:
swift build -c release. What diffusers computes is kept in CHECKPOINT/parity (the first run takes tens of minutes at
512x512), sd-lite computes anew each time."""
import argparse
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from PIL import Image

from expected import SEED, STEPS, TEXTS, TIMESTEP, Expected

BIN = pathlib.Path(__file__).parent.parent / ".build" / "release"


def relative_rms(found, expected):
    return float((found - expected).square().mean().sqrt() / expected.square().mean().sqrt())


def psnr(found, expected):
    return float(10 * torch.log10(255**2 / (found - expected).square().mean().clamp(min=1e-9)))


class Engine:
    """sd-lite on one model file, through its programs."""

    def __init__(self, checkpoint, weights, scratch):
        self.scratch, self.model = scratch, scratch / f"{weights}.sdq"
        run("sd-lite-convert", checkpoint, "-o", self.model, "--weights", weights)

    def tensor(self, shape, *arguments):
        out = self.scratch / "out.f32"
        run("sd-lite-tensors", self.model, out, *arguments)
        return torch.from_numpy(np.fromfile(out, dtype="<f4").reshape(shape))

    def file(self, name, tensor):
        path = self.scratch / f"{name}.f32"
        tensor.numpy().astype("<f4").tofile(path)
        return path

    def text(self, shape):
        return self.tensor(shape, "text", *TEXTS)

    def unet(self, latents, texts):
        both = latents.repeat(2, 1, 1, 1)
        return self.tensor(both.shape, "unet", self.file("latents", both), *both.shape, TIMESTEP,
                           self.file("texts", texts))

    def vae(self, latents, shape):
        count, channels, height, width = shape
        image = self.tensor((count, height, width, channels), "vae", self.file("latents", latents), *latents.shape)
        return image.permute(0, 3, 1, 2)

    def picture(self, scheduler, size):
        """final latents, 8-bit image"""
        png, latents = self.scratch / "picture.png", self.scratch / "latents.npy"
        run("sd-lite", "generate", TEXTS[1], "--model", self.model, "--steps", STEPS, "--seed", SEED, "--scheduler",
            scheduler, "--width", size, "--height", size, "--output", png, "--latents-out", latents, "--quiet")
        image = np.asarray(Image.open(png).convert("RGB"), dtype=np.float32)
        return torch.from_numpy(np.load(latents)), torch.from_numpy(image)[None]


def run(program, *arguments):
    subprocess.run([BIN / program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def compare(engine, expected, pictures):
    text, unet, vae = expected.text(), expected.unet(), expected.vae()
    yield "text embeddings", f"{relative_rms(engine.text(text['embeddings'].shape), text['embeddings']):.1e}"
    yield "U-Net output", f"{relative_rms(engine.unet(unet['latents'], text['embeddings']), unet['noise']):.1e}"
    yield "VAE decode", f"{relative_rms(engine.vae(vae['latents'], vae['image'].shape), vae['image']):.1e}"
    for scheduler in ("pndm", "ddim", "lms") if pictures else ():
        wanted = expected.picture(scheduler)
        latents, image = engine.picture(scheduler, expected.size)
        yield (f"{scheduler.upper()}, {STEPS} steps",
               f"{psnr(image, wanted['images']):.1f} dB (latents {relative_rms(latents, wanted['latents']):.1e})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--weights", nargs="+", choices=["fp16", "int8"], default=["fp16", "int8"])
    parser.add_argument("--skip-pictures", action="store_true")
    options = parser.parse_args()
    expected = Expected(options.checkpoint, options.size)
    for weights in options.weights:
        with tempfile.TemporaryDirectory(dir=options.checkpoint) as scratch:
            engine = Engine(options.checkpoint, weights, pathlib.Path(scratch))
            for name, figure in compare(engine, expected, not options.skip_pictures):
                print(f"{weights}  {options.size}x{options.size}  {name:16}  {figure}", flush=True)


main()
