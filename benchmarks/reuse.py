"""How far `--reuse` moves pictures, beside fewer steps: reuse.py MODEL.sdq [--schedulers ddim pndm]
[--guidance-scales 7.5 4.5 3] [--steps 20] [--fewer 10 11 12 14] [--pictures 10]

Every figure is the PSNR of pictures to those of the same sampler with all --steps computed as a whole: mean and worst.
In brackets are evaluations of the U-Net as a whole, and those of its first and last layer alone. Needs pillow, numpy
and a release build."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).parent.parent
PROMPTS = (ROOT / "Training/prompts.txt").read_text().splitlines()


def paint(model, pictures, *words):
    """The pictures as numbers from 0 to 1, and the seconds of the first one's steps."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(pictures):
            path = f"{folder}/picture.png"
            facts = subprocess.run(
                [ROOT / ".build/release/sd-lite", "generate", PROMPTS[i % len(PROMPTS)], "--model", model, "--seed",
                 str(i + 1), "--quiet", "--json", "--output", path, *map(str, words)],
                check=True, stdout=subprocess.PIPE).stdout
            found.append(numpy.asarray(Image.open(path).convert("RGB")) / 255)
            if i == 0:
                seconds = json.loads(facts)["step_seconds"]
    return found, seconds


def distances(pictures, others):
    found = [-10 * numpy.log10(max(1e-10, ((a - b) ** 2).mean())) for a, b in zip(pictures, others)]
    return f"{sum(found) / len(found):.1f} ({min(found):.1f}) dB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--schedulers", nargs="+", default=["ddim", "pndm"])
    parser.add_argument("--guidance-scales", nargs="+", type=float, default=[7.5, 4.5, 3])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--fewer", nargs="*", type=int, default=[10, 11, 12, 14])
    parser.add_argument("--pictures", type=int, default=10)
    options = parser.parse_args()

    for guidance in options.guidance_scales:
        for scheduler in options.schedulers:
            common = ["--scheduler", scheduler, "--guidance-scale", guidance, "--steps"]
            whole, seconds = paint(options.model, options.pictures, *common, options.steps)
            reused, _ = paint(options.model, options.pictures, *common, options.steps, "--reuse")
            light = (len(seconds) - 1) // 2
            print(f"guidance {guidance}, {scheduler} {options.steps} --reuse ({len(seconds) - light} + {light}): "
                  f"{distances(reused, whole)}", flush=True)
            for steps in options.fewer:
                fewer, seconds = paint(options.model, options.pictures, *common, steps)
                print(f"guidance {guidance}, {scheduler} {steps} ({len(seconds)}): {distances(fewer, whole)}",
                      flush=True)


main()
