"""Compares sd-lite with diffusers in float32: compare.py CHECKPOINT [--size N] [--weights fp16 int8] [--skip-pictures]

CHECKPOINT is a diffusers folder, made by make_full_checkpoint.py or downloaded. The build comes first:
swift build -c release. What diffusers computes is kept in CHECKPOINT/parity (the first run takes tens of minutes at
512x512), sd-lite computes anew each time. --skip-pictures leaves one step: text, U-Net and VAE once each."""
import argparse
import json
import pathlib
import tempfile

from engine import Engine, psnr, relative_rms
from expected import SEED, STEPS, TEXTS, TIMESTEP, Expected

MEGABYTES = 300  # within which pictures are encoded


def compare(engine, expected, pictures):
    text, unet, vae = expected.text(), expected.unet(), expected.vae()
    embeddings = engine.text(TEXTS, text["embeddings"].shape)
    yield "text embeddings", f"{relative_rms(embeddings, text['embeddings']):.1e}"
    noise = engine.unet(unet["latents"].repeat(2, 1, 1, 1), TIMESTEP, text["embeddings"])
    yield "U-Net output", f"{relative_rms(noise, unet['noise']):.1e}"
    yield "VAE decode", f"{relative_rms(engine.vae(vae['latents'], vae['image'].shape), vae['image']):.1e}"
    encoding = expected.encoding()
    (mean, logvar), peak = engine.encode(encoding["pixels"], encoding["mean"].shape, MEGABYTES)
    yield "VAE encode", (f"{relative_rms(mean, encoding['mean'][0]):.1e}, logarithms of variances "
                         f"{relative_rms(logvar, encoding['logvar'][0]):.1e} (peak {peak:.0f} MB)")
    for scheduler in ("pndm", "ddim", "lms") if pictures else ():
        wanted = expected.picture(scheduler)
        latents, image = engine.picture(
            TEXTS[1], scheduler=scheduler, steps=STEPS, seed=SEED, size=expected.size)
        yield (f"{scheduler.upper()}, {STEPS} steps",
               f"{psnr(image, wanted['images']):.1f} dB (latents {relative_rms(latents, wanted['latents']):.1e})")


def model_size(checkpoint):
    return json.loads((checkpoint / "unet" / "config.json").read_text())["sample_size"] * 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--size", type=int, help="pixels; by default the model's")
    parser.add_argument("--weights", nargs="+", choices=["fp16", "int8"], default=["fp16", "int8"])
    parser.add_argument("--skip-pictures", action="store_true")
    options = parser.parse_args()
    expected = Expected(options.checkpoint, options.size or model_size(options.checkpoint))
    for weights in options.weights:
        with tempfile.TemporaryDirectory(dir=options.checkpoint) as scratch:
            engine = Engine(options.checkpoint, weights, pathlib.Path(scratch))
            for name, figure in compare(engine, expected, not options.skip_pictures):
                print(f"{weights}  {expected.size}x{expected.size}  {name:16}  {figure}", flush=True)


main()
