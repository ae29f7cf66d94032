"""How much 8-bit weights change real pictures: prompts.py CHECKPOINT [--weights int8] [--steps 20] [--size 128]

Paints ten prompts with diffusers in float32 and with sd-lite, from the same seeds with the model's own scheduler, and
prints every PSNR and their mean. Meant for the bundled model, models/emoji."""
import argparse
import pathlib
import statistics
import tempfile

import oracle
from engine import Engine, psnr

PROMPTS = [
    "an astronaut riding a horse on mars", "a red apple on a blue background", "a penguin in the snow",
    "a dog on the grass", "a rocket in space", "a house at sunset", "a panda riding a unicorn on a purple background",
    "a pizza", "a snowman at night", "a cat and a tree",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--weights", default="int8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=128)
    options = parser.parse_args()
    pipe = oracle.load_pipeline(options.checkpoint)
    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(options.checkpoint, options.weights, pathlib.Path(scratch))
        for seed, prompt in enumerate(PROMPTS):
            _, _, wanted = oracle.picture(pipe, "pndm", prompt=prompt, steps=options.steps, seed=seed,
                                          height=options.size, width=options.size)
            _, found = engine.picture(prompt, scheduler="pndm", steps=options.steps, seed=seed, size=options.size)
            figures.append(psnr(found, wanted))
            print(f"{figures[-1]:6.1f} dB  {prompt}", flush=True)
    print(f"{statistics.mean(figures):6.1f} dB  mean, {options.weights} weights, {options.steps} steps")


main()
