"""Compares sd-lite's tiny autoencoder with diffusers' in full size: TAESD with seeded random weights, beside the tiny
pipeline of the tests. The build comes first: swift build -c release."""
import pathlib
import shutil
import tempfile

import torch
from diffusers import AutoencoderTiny
from PIL import Image

import oracle
from engine import Engine, psnr, relative_rms

SIDE = 512


def random_vae():
    """Each block adds half as much as it gets, so that all of them count and nothing grows out of bounds."""
    vae = AutoencoderTiny()
    random = torch.Generator().manual_seed(1)
    for name, parameter in vae.named_parameters():
        values = torch.randn(parameter.shape, generator=random)
        scale = (2 / parameter[0].numel()) ** 0.5 if parameter.dim() == 4 else 0.05
        scale *= 0.5 if ".conv.4." in name else 0.7
        parameter.data = (values * scale).half().float()
    return vae


def write_checkpoint(folder, vae):
    tiny = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/pipeline/checkpoint"
    shutil.copytree(tiny, folder, dirs_exist_ok=True)
    oracle.write_tokenizer(folder / "tokenizer")
    vae.save_pretrained(folder / "tiny_vae")


@torch.no_grad()
def main():
    vae = random_vae()
    random = torch.Generator().manual_seed(2)
    latents = torch.randn((1, 4, SIDE // 8, SIDE // 8), generator=random)
    pixels = torch.randint(0, 256, (SIDE, SIDE, 3), generator=random)
    decoded = vae.decode(latents).sample.permute(0, 2, 3, 1)
    encoded = vae.encode(pixels.permute(2, 0, 1)[None] / 255 * 2 - 1).latents
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        write_checkpoint(scratch / "checkpoint", vae)
        Image.fromarray(pixels.numpy().astype("uint8")).save(scratch / "picture.png")
        for weights in ["fp16", "int8"]:
            engine = Engine(scratch / "checkpoint", weights, scratch)
            found = engine.tensor(decoded.shape, "tiny", engine.file("latents", latents), *latents.shape)
            codes = engine.tensor(encoded.shape, "tiny-encode", scratch / "picture.png")
            mean, deviation = decoded.mean(), decoded.std()
            contrast = [((x - mean) / deviation * 60 + 128).clamp(0, 255).round() for x in (found, decoded)]
            print(f"{weights}  decode {relative_rms(found, decoded):.1e}, {psnr(*contrast):.1f} dB;  "
                  f"encode {relative_rms(codes, encoded):.1e}", flush=True)


main()
