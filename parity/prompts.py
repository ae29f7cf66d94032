"""How much 8-bit weights change real pictures:

    prompts.py CHECKPOINT [--weights int8] [--steps 20] [--size 128] [--guidance 7.5]

Paints fifty prompts with diffusers in float32 and with sd-lite, from the same seeds with the model's own scheduler, and
prints every PSNR and their mean. Meant for the bundled model, models/emoji."""
import argparse
import pathlib
import statistics
import tempfile

import oracle
from engine import Engine, psnr

SHEET = pathlib.Path(__file__).parent.parent / "Training" / "prompts.txt"
SUBJECTS = ["a horse", "a cat", "a dog", "a pizza", "a robot", "a panda", "a banana", "a star", "a fish", "a rose",
            "a hamburger", "a crown", "an airplane"]
GROUNDS = ["on a red background", "in the snow"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--weights", default="int8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--guidance", type=float, default=7.5)
    options = parser.parse_args()
    pipe = oracle.load_pipeline(options.checkpoint)
    prompts = SHEET.read_text().splitlines() + [f"{s} {g}" for s in SUBJECTS for g in GROUNDS]
    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(options.checkpoint, options.weights, pathlib.Path(scratch))
        for seed, prompt in enumerate(prompts):
            _, _, wanted = oracle.picture(pipe, "pndm", prompt=prompt, steps=options.steps, seed=seed,
                                          height=options.size, width=options.size, guidance=options.guidance)
            _, found = engine.picture(prompt, scheduler="pndm", steps=options.steps, seed=seed, size=options.size,
                                      guidance=options.guidance)
            figures.append(psnr(found, wanted))
            print(f"{figures[-1]:6.1f} dB  {prompt}", flush=True)
    print(f"{statistics.mean(figures):6.1f} dB  mean of {len(figures)} ({min(figures):.1f} dB the worst), "
          f"{options.weights} weights, {options.steps} steps")


main()
