"""sd-lite's side of the comparisons: one model file, and the programs of the release build that compute with it."""
import pathlib
import subprocess

import numpy as np
import torch
from PIL import Image

BIN = pathlib.Path(__file__).parent.parent / ".build" / "release"


class Engine:
    def __init__(self, checkpoint, weights, scratch):
        self.scratch, self.model = scratch, scratch / f"{weights}.sdq"
        run("sd-lite-convert", checkpoint, "-o", self.model, "--weights", weights)

    def tensor(self, shape, *arguments):
        return self.printing_tensor(shape, *arguments)[0]

    def printing_tensor(self, shape, *arguments):
        """what it computes, and what it prints"""
        out = self.scratch / "out.f32"
        printed = run("sd-lite-tensors", self.model, out, *arguments)
        return torch.from_numpy(np.fromfile(out, dtype="<f4").reshape(shape)), printed

    def file(self, name, tensor):
        path = self.scratch / f"{name}.f32"
        tensor.numpy().astype("<f4").tofile(path)
        return path

    def text(self, texts, shape):
        return self.tensor(shape, "text", *texts)

    def unet(self, latents, timestep, texts):
        return self.tensor(latents.shape, "unet", self.file("latents", latents), *latents.shape, timestep,
                           self.file("texts", texts))

    def vae(self, latents, shape):
        count, channels, height, width = shape
        image = self.tensor((count, height, width, channels), "vae", self.file("latents", latents), *latents.shape)
        return image.permute(0, 3, 1, 2)

    def encode(self, pixels, shape, megabytes):
        """moments [2, channels, h, w] of an 8-bit picture [height, width, 3], and the peak of memory in MB"""
        png = self.scratch / "input.png"
        Image.fromarray(pixels.numpy().astype("uint8")).save(png)
        moments, peak = self.printing_tensor((2, *shape[1:]), "encode", png, megabytes)
        return moments, int(peak) / 1e6

    def picture(self, prompt, *, scheduler, steps, seed, size, guidance=7.5):
        """final latents, 8-bit image"""
        png, latents = self.scratch / "picture.png", self.scratch / "latents.npy"
        run("sd-lite", "generate", prompt, "--model", self.model, "--steps", steps, "--seed", seed, "--scheduler",
            scheduler, "--width", size, "--height", size, "--guidance-scale", guidance, "--output", png,
            "--latents-out", latents, "--quiet")
        image = np.asarray(Image.open(png).convert("RGB"), dtype=np.float32)
        return torch.from_numpy(np.load(latents)), torch.from_numpy(image)[None]


def run(program, *arguments):
    return subprocess.run([BIN / program, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout


def relative_rms(found, expected):
    return float((found - expected).square().mean().sqrt() / expected.square().mean().sqrt())


def psnr(found, expected):
    return float(10 * torch.log10(255**2 / (found - expected).square().mean().clamp(min=1e-9)))
