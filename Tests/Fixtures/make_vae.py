"""Makes Tests/Fixtures/vae: what diffusers' autoencoders make of small pictures. Run from the root of the repository,
after make_pipeline.py; needs torch, diffusers, pillow.

encoded.safetensors: the tiny pipeline's encoder on pictures of noise, the distribution of their latents and a sample of
it. picture.png and reconstruction.png: a drawing, and what the bundled model's autoencoder, which is a trained one, makes
of its mode."""
import pathlib

import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image, ImageDraw
from safetensors.torch import save_file

OUT = pathlib.Path("Tests/Fixtures/vae")
# Name: number, height and width of the pictures. The 220 latents of the wide one are no multiple of 16, which
# torch.randn draws in another way.
PICTURES = {"one": (1, 64, 64), "wide": (1, 40, 88), "two": (2, 24, 32)}
SEED = 7


def generator(seed):
    return torch.Generator().manual_seed(seed)


def distribution(name, found, seed=SEED):
    """Its parameters, a sample, and the noise that the same generator draws next."""
    random = generator(seed)
    return {f"{name}.mean": found.mean, f"{name}.logvar": found.logvar, f"{name}.std": found.std,
            f"{name}.sample": found.sample(random), f"{name}.next": torch.randn(found.mean.shape, generator=random)}


def tiny():
    vae = AutoencoderKL.from_pretrained("Tests/Fixtures/pipeline/checkpoint/vae", torch_dtype=torch.float32)
    values = {}
    for name, (count, height, width) in PICTURES.items():
        pixels = torch.randint(0, 256, (count, height, width, 3), generator=generator(height))
        images = VaeImageProcessor().preprocess((pixels / 255).numpy())
        values[f"{name}.pixels"] = pixels.half()  # whole numbers up to 255: exact
        values |= distribution(name, vae.encode(images).latent_dist)
    # Beyond both ends of the clamped logarithms.
    moments = 30 * torch.randn((2, 8, 2, 3), generator=generator(1))
    values |= {"clamped.moments": moments, **distribution("clamped", DiagonalGaussianDistribution(moments))}
    return values


def drawing():
    """A face, a hat and a ball in the style of the pictures that the bundled model was trained on, 128×96."""
    image = Image.new("RGB", (512, 384), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 90, 300, 330), "#fcc21b")
    draw.rectangle((120, 40, 240, 130), "#3e4347")
    draw.rectangle((80, 120, 280, 140), "#3e4347")
    draw.ellipse((115, 180, 145, 220), "#2f2f2f")
    draw.ellipse((215, 180, 245, 220), "#2f2f2f")
    draw.arc((120, 190, 240, 290), 20, 160, "#2f2f2f", 10)
    draw.ellipse((350, 200, 480, 330), "#d50000")
    draw.ellipse((380, 215, 420, 245), "#ff8a80")
    return image.resize((128, 96), Image.Resampling.LANCZOS)


def main():
    torch.set_num_threads(1)
    OUT.mkdir(exist_ok=True)
    values = {name: value if value.dtype == torch.half else value.float() for name, value in tiny().items()}
    save_file({name: value.contiguous() for name, value in values.items()}, OUT / "encoded.safetensors")
    for name, value in values.items():
        print(f"{name:16} {str(list(value.shape)):18} mean {value.float().mean():8.3f}  std {value.float().std():7.3f}")

    picture = drawing()
    vae = AutoencoderKL.from_pretrained("models/emoji/vae", torch_dtype=torch.float32)
    processor = VaeImageProcessor()
    decoded = vae.decode(vae.encode(processor.preprocess(picture)).latent_dist.mode()).sample
    picture.save(OUT / "picture.png", optimize=True)
    processor.postprocess(decoded, output_type="pil")[0].save(OUT / "reconstruction.png", optimize=True)


if __name__ == "__main__":
    with torch.no_grad():
        main()
