"""Makes Tests/Fixtures/samplers: the latents that diffusers comes to with the tiny pipeline of Tests/Fixtures/pipeline
and samplers by A1111's names, some of which draw noise in every step. Run from the root of the repository after
make_pipeline.py; needs what it needs."""
import pathlib
import shutil
import sys
import tempfile

import torch
from safetensors.torch import save_file

sys.path.insert(0, "parity")
import oracle

CHECKPOINT = pathlib.Path("Tests/Fixtures/pipeline/checkpoint")
OUT = pathlib.Path("Tests/Fixtures/samplers")
PROMPT = "an astronaut riding a horse on mars"
KARRAS = dict(use_karras_sigmas=True)
# What sd-lite calls it, diffusers' class and its settings. Guidance as in make_pipeline.py, but for few steps.
PICTURES = {
    "euler": ("Euler", "euler", {}, dict(count=2)),
    "euler_a": ("Euler a", "euler-a", {}, dict(count=2)),
    "heun": ("Heun Exponential", "heun", dict(use_exponential_sigmas=True), {}),
    "dpm_karras": ("DPM++ 2M Karras", "dpm++-2m", KARRAS, {}),
    "dpm_sde_karras": ("DPM++ 2M SDE Karras", "dpm++-2m", KARRAS | dict(algorithm_type="sde-dpmsolver++"), {}),
    "unipc": ("UniPC", "unipc", {}, {}),
    "lcm": ("LCM", "lcm", {}, dict(steps=4, guidance=1.5, count=2)),
    "turbo": ("Euler", "euler", dict(timestep_spacing="trailing"), dict(steps=1, guidance=0.0)),
}


def main():
    torch.set_num_threads(1)
    values, pictures = {}, {}
    with tempfile.TemporaryDirectory() as whole, torch.no_grad():
        shutil.copytree(CHECKPOINT, whole, dirs_exist_ok=True)
        oracle.write_tokenizer(pathlib.Path(whole) / "tokenizer")
        pipe = oracle.load_pipeline(whole)
        for name, (sampler, scheduler, changes, options) in PICTURES.items():
            options = dict(height=64, width=64, seed=42, steps=10) | options
            _, trace, _ = oracle.picture(pipe, scheduler, prompt=PROMPT, changes=changes, **options)
            values[f"picture.{name}.latents"] = trace[-1].float().contiguous()
            pictures[name] = {"scheduler": sampler} | options
            if "timestep_spacing" in changes:
                pictures[name]["changes"] = {"timestep_spacing": changes["timestep_spacing"]}
            print(f"{name:16} mean {trace[-1].mean():8.3f}  std {trace[-1].std():7.3f}")
    OUT.mkdir(exist_ok=True)
    save_file(values, OUT / "expected.safetensors")
    oracle.write_json(OUT / "cases.json", {"texts": [], "timesteps": [], "sizes": [], "steps": 10, "prompt": PROMPT,
                                           "pictures": pictures})


main()
