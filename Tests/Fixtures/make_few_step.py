"""Makes Tests/Fixtures/few-step: what turns the tiny Stable Diffusions of make_pipeline.py into few-step models in
miniature, and what diffusers computes with these. Run from the root of the repository after make_pipeline.py; needs
torch, diffusers, transformers, open-clip-torch.

Each model is a folder with the files that differ from those of the checkpoint that it is laid over."""
import pathlib
import shutil
import sys
import tempfile

import torch
from diffusers import LatentConsistencyModelPipeline, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file

sys.path.insert(0, "parity")
import oracle

SEED = 21
OUT = pathlib.Path("Tests/Fixtures/few-step")
FIXTURES = pathlib.Path("Tests/Fixtures")
CROSS = ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D")
UNETS = {
    # As LCM_Dreamshaper_v7: told the guidance scale; other layers in each level besides.
    "lcm": dict(sample_size=8, block_out_channels=(16, 24), layers_per_block=(2, 1), cross_attention_dim=16,
                attention_head_dim=2, norm_num_groups=8, time_cond_proj_dim=32,
                down_block_types=(CROSS[0], "DownBlock2D"), up_block_types=("UpBlock2D", CROSS[1])),
    # As nota-ai/bk-sdm-tiny: three levels with attention, one layer each, no middle.
    "small": dict(sample_size=8, block_out_channels=(8, 16, 24), layers_per_block=1, cross_attention_dim=16,
                  attention_head_dim=2, norm_num_groups=4, mid_block_type=None,
                  down_block_types=CROSS[:1] * 3, up_block_types=CROSS[1:] * 3),
}
BASES = {"lcm": 1, "small": 1, "turbo": 2}
SCHEDULERS = {"lcm": oracle.LCM_SCHEDULER, "turbo": oracle.TURBO_SCHEDULER}
TEXTS = ["", "an astronaut riding a horse on mars"]
SIZES = [(8, 8), (9, 13)]
TIMESTEPS = [999, 259]
SCALES = [1.0, 8.5]
PICTURES = {
    "lcm": {"four": dict(steps=4, guidance=8.5, seed=42), "two": dict(steps=2, guidance=1.0, seed=3, count=2),
            "one": dict(steps=1, guidance=3.5, seed=5)},
    "turbo": {"one": dict(steps=1, guidance=0.0, seed=42), "four": dict(steps=4, guidance=0.0, seed=3, count=2)},
}


def embedding(scale):
    width = UNETS["lcm"]["time_cond_proj_dim"]
    return LatentConsistencyModelPipeline.get_guidance_scale_embedding(None, torch.tensor([scale - 1]), width)


def unet_values(name, pipe):
    values = {}
    states = pipe.text_encoder(oracle.token_ids(pipe.tokenizer, TEXTS))[0]
    for height, width in SIZES:
        latents = torch.randn(2, 4, height, width, generator=torch.Generator().manual_seed(height * 100 + width))
        key = f"{name}.{height}x{width}"
        values[f"{key}.latents"] = latents
        for timestep in TIMESTEPS:
            values[f"{key}.t{timestep}"] = pipe.unet(latents, timestep, states).sample
        for scale in SCALES if name == "lcm" else []:
            cond = embedding(scale).expand(2, -1)
            values[f"{key}.guided{scale}"] = pipe.unet(latents, TIMESTEPS[0], states, timestep_cond=cond).sample
    return values


def picture(pipe, side, *, steps, guidance, seed, count=1):
    """The last latents."""
    return pipe(TEXTS[1], num_inference_steps=steps, guidance_scale=guidance, height=side, width=side,
                num_images_per_prompt=count, generator=torch.Generator().manual_seed(seed), output_type="latent").images


def write_overlay(name):
    folder = OUT / name
    if name in UNETS:
        model = oracle.seed_weights(UNet2DConditionModel(**UNETS[name]), SEED)
        (folder / "unet").mkdir(parents=True)
        half = {key: value.half().contiguous() for key, value in model.state_dict().items()}
        save_file(half, folder / "unet" / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
        model.save_config(folder / "unet")
        oracle.tidy_config(folder / "unet" / "config.json")
    if name in SCHEDULERS:
        (folder / "scheduler").mkdir(parents=True)
        oracle.write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULERS[name])
        index = {"_class_name": pipeline_class(name).__name__, "_diffusers_version": "0.22.0",
                 "feature_extractor": [None, None], "safety_checker": [None, None], "requires_safety_checker": False,
                 "scheduler": ["diffusers", SCHEDULERS[name]["_class_name"]],
                 "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
                 "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}
        oracle.write_json(folder / "model_index.json", index | ({"_name_or_path": "stabilityai/sd-turbo"}
                                                               if name == "turbo" else {}))


def pipeline_class(name):
    return LatentConsistencyModelPipeline if name == "lcm" else StableDiffusionPipeline


def load(name, folder):
    """The whole model, as the tests put it together too."""
    base = FIXTURES / ("pipeline" if BASES[name] == 1 else "pipeline-sd2") / "checkpoint"
    for part in [FIXTURES / "pipeline" / "checkpoint", base, OUT / name]:
        shutil.copytree(part, folder, dirs_exist_ok=True)
    oracle.write_tokenizer(folder / "tokenizer")
    if BASES[name] == 2:
        oracle.write_special_tokens(folder / "tokenizer" / "special_tokens_map.json")
    pipe = pipeline_class(name).from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None,
                                                local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    values = {}
    for name in BASES:
        write_overlay(name)
        with tempfile.TemporaryDirectory() as folder:
            pipe = load(name, pathlib.Path(folder))
        if name in UNETS:
            values |= unet_values(name, pipe)
        for case, options in PICTURES.get(name, {}).items():
            side = pipe.unet.config.sample_size * pipe.vae_scale_factor
            values[f"{name}.picture.{case}"] = picture(pipe, side, **options)
    values = {name: value.float().contiguous() for name, value in values.items()}
    save_file(values, OUT / "expected.safetensors")
    oracle.write_json(OUT / "cases.json", {"texts": TEXTS, "sizes": SIZES, "timesteps": TIMESTEPS, "scales": SCALES,
                                           "pictures": PICTURES})
    for name, value in values.items():
        print(f"{name:28} {str(list(value.shape)):18} mean {value.mean():8.3f}  std {value.std():7.3f}")


main()
