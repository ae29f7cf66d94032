"""How close a few steps of each sampler come to the converged picture: closeness.py MODEL.sdq [--steps 8 10 12 15 20]
[--samplers PNDM DDIM "DPM++ 2M Karras" ...] [--guidance 2 7.5] [--prompts FILE] [--count 12] [--seed 9]

A row a sampler: for every number of steps the PSNR to the same prompt and seed with --reference (a sampler and its
steps), the mean over the prompts and in brackets the worst. Samplers with noise in every step converge to another
picture and are left out. Needs numpy, Pillow and a release build (--program names another)."""
import argparse
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).parent.parent
SAMPLERS = ["PNDM", "DDIM", "LMS", "LMS Karras", "Euler", "Euler Karras", "Heun Karras", "DPM++ 2M", "DPM++ 2M Karras",
            "UniPC", "UniPC Karras"]


def psnr(found, wanted):
    error = numpy.mean((found - wanted) ** 2)
    return 10 * numpy.log10(255 ** 2 / error) if error > 0 else numpy.inf


class Painter:
    def __init__(self, options, folder):
        self.options = options
        self.path = pathlib.Path(folder) / "picture.png"

    def __call__(self, prompt, sampler, steps, guidance):
        command = [self.options.program, "generate", prompt, "--model", self.options.model, "--scheduler", sampler,
                   "--steps", str(steps), "--seed", str(self.options.seed), "--quiet", "-o", self.path]
        command += ["--threads", str(self.options.threads)] if self.options.threads else []
        command += ["--guidance-scale", str(guidance)] if guidance is not None else []
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return numpy.asarray(Image.open(self.path), dtype=numpy.float64)


def table(paint, prompts, options, guidance):
    sampler, steps = options.reference
    wanted = [paint(prompt, sampler, int(steps), guidance) for prompt in prompts]
    print(f"\nguidance {'of the model' if guidance is None else guidance}\n")
    print("| sampler | " + " | ".join(f"{steps} steps" for steps in options.steps) + " |")
    print("|---" * (1 + len(options.steps)) + "|")
    for sampler in options.samplers:
        cells = []
        for steps in options.steps:
            figures = [psnr(paint(p, sampler, steps, guidance), w) for p, w in zip(prompts, wanted)]
            cells.append(f"{numpy.mean(figures):.1f} ({min(figures):.1f})")
        print(f"| {sampler} | " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--steps", type=int, nargs="+", default=[8, 10, 12, 15, 20])
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS)
    parser.add_argument("--reference", nargs=2, default=["DDIM", "200"], metavar=("SAMPLER", "STEPS"))
    parser.add_argument("--guidance", type=float, nargs="+", default=[None])
    parser.add_argument("--prompts", default=ROOT / "Training/prompts.txt")
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--program", default=ROOT / ".build/release/sd-lite")
    options = parser.parse_args()
    prompts = pathlib.Path(options.prompts).read_text(encoding="utf-8").splitlines()[:options.count]
    with tempfile.TemporaryDirectory() as folder:
        for guidance in options.guidance:
            table(Painter(options, folder), prompts, options, guidance)


main()
