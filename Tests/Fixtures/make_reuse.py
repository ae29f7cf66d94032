"""Makes Tests/Fixtures/reuse: what comes of the tiny pipeline in Tests/Fixtures/pipeline if every second step reuses the
deep layers' work, computed with diffusers' layers. Run from the root of the repository, after make_pipeline.py; needs
torch, diffusers, transformers, open-clip-torch.

In the first step and in every odd one (from 0) the U-Net is evaluated as a whole. In the others only conv_in, the last
layer of the last up block and the output are, for the prompt alone; the map that this layer reads of those before it, and
the difference between conditional and unconditional prediction, lie on the line through those of the last two whole
steps."""
import pathlib
import shutil
import sys
import tempfile

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from safetensors.torch import save_file
from torch.nn.functional import silu

sys.path.insert(0, "parity")
import oracle

PIPELINE = pathlib.Path("Tests/Fixtures/pipeline")
OUT = pathlib.Path("Tests/Fixtures/reuse")
PROMPT = "an astronaut riding a horse on mars"
STEPS = 10
PICTURES = {
    "ddim": dict(scheduler="ddim", height=64, width=64, seed=42),
    "pndm": dict(scheduler="pndm", height=64, width=64, seed=42, count=2),
    "lms": dict(scheduler="lms", height=72, width=104, seed=3),
    "rescaled": dict(scheduler="ddim", height=64, width=64, seed=7, guidance=3.0, rescale=0.7),
    "unguided": dict(scheduler="ddim", height=64, width=64, seed=7, guidance=1.0),
}


class Evaluations:
    """Of one U-Net for one picture, step by step."""

    def __init__(self, unet, states):
        self.unet, self.states, self.whole_steps = unet, states, []

    def __call__(self, step, latents, timestep):
        """[1 or 2, channels, height, width]: with guidance, for the negative prompt and the prompt."""
        if step == 0 or step % 2 == 1:
            return self.whole(latents, timestep)
        time, map, difference = self.whole_steps[-1]
        if len(self.whole_steps) == 2 and self.whole_steps[0][0] != time:
            time_before, map_before, difference_before = self.whole_steps[0]
            share = (float(timestep) - time) / (time - time_before)
            map = map + share * (map - map_before)
            difference = difference + share * (difference - difference_before)
        prediction = self.shallow(latents, timestep, map)
        return prediction if len(self.states) == 1 else torch.cat([prediction - difference, prediction])

    def whole(self, latents, timestep):
        read = []
        last = self.unet.up_blocks[-1].resnets[-1]
        hook = last.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
        prediction = self.unet(latents.repeat(len(self.states), 1, 1, 1), timestep, self.states).sample
        hook.remove()
        map = read[0][-1:, :-self.unet.conv_in.out_channels]
        self.whole_steps = [*self.whole_steps[-1:], (float(timestep), map, prediction[-1:] - prediction[:1])]
        return prediction

    def shallow(self, latents, timestep, map):
        unet, block = self.unet, self.unet.up_blocks[-1]
        embedding = unet.time_embedding(unet.time_proj(torch.as_tensor(timestep).reshape(1)))
        x = block.resnets[-1](torch.cat([map, unet.conv_in(latents)], 1), embedding)
        x = block.attentions[-1](x, encoder_hidden_states=self.states[-1:]).sample
        return unet.conv_out(silu(unet.conv_norm_out(x)))


def final_latents(pipe, scheduler, *, seed, height, width, guidance=7.5, rescale=0.0, count=1):
    prompts = ["", PROMPT] if guidance > 1 else [PROMPT]
    states = pipe.text_encoder(oracle.token_ids(pipe.tokenizer, prompts))[0]
    scheduler = oracle.SCHEDULERS[scheduler].from_config(pipe.scheduler.config)
    scheduler.set_timesteps(STEPS)
    latents = torch.randn((count, 4, height // 8, width // 8), generator=torch.Generator().manual_seed(seed))
    latents = latents * scheduler.init_noise_sigma
    evaluations = [Evaluations(pipe.unet, states) for _ in range(count)]
    for step, timestep in enumerate(scheduler.timesteps):
        inputs = scheduler.scale_model_input(latents, timestep).split(1)
        noise = []
        for evaluate, picture in zip(evaluations, inputs):
            prediction = evaluate(step, picture, timestep)
            conditional = prediction[-1:]
            if guidance > 1:
                prediction = prediction[:1] + guidance * (conditional - prediction[:1])
                if rescale > 0:
                    prediction = rescale_noise_cfg(prediction, conditional, guidance_rescale=rescale)
            noise.append(prediction)
        latents = scheduler.step(torch.cat(noise), timestep, latents).prev_sample
    return latents


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        shutil.copytree(PIPELINE / "checkpoint", folder, dirs_exist_ok=True)
        oracle.write_tokenizer(folder / "tokenizer")
        pipe = oracle.load_pipeline(folder)
        values = {name: final_latents(pipe, **options) for name, options in PICTURES.items()}
    OUT.mkdir(exist_ok=True)
    save_file({name: value.contiguous() for name, value in values.items()}, OUT / "expected.safetensors")
    oracle.write_json(OUT / "cases.json", {"prompt": PROMPT, "steps": STEPS, "pictures": PICTURES})
    for name, value in values.items():
        print(f"{name:12} {str(list(value.shape)):18} std {value.std():7.3f}")


main()
