"""Makes Tests/Fixtures/pipeline and pipeline-sd2: a tiny Stable Diffusion 1 and a tiny 2 in diffusers' folder layout
with seeded weights, and what diffusers computes with them. Run from the root of the repository; needs torch, diffusers,
transformers, open-clip-torch.

The tokenizer is not part of the folders: the tests take it from models/emoji, and this script builds the same one. Nor
is the second's autoencoder: the tests take that of the first."""
import pathlib
import shutil
import sys
import tempfile

import torch
from safetensors.torch import save_file

sys.path.insert(0, "parity")
import oracle

SEED = 14
OUT = pathlib.Path("Tests/Fixtures/pipeline")
OUT2 = pathlib.Path("Tests/Fixtures/pipeline-sd2")
# Three levels, so that a height of 9 or 13 latents meets diffusers' forward_upsample_size; two transformer levels and
# one without; two ResNets per block; groups and heads that differ from SD's, so that the engine has to read them.
UNET = dict(sample_size=8, block_out_channels=(16, 24, 32), layers_per_block=2, cross_attention_dim=16,
            attention_head_dim=2, norm_num_groups=8,
            down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"))
VAE = dict(sample_size=64, block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4,
           latent_channels=4, scaling_factor=0.18215, down_block_types=("DownEncoderBlock2D",) * 4,
           up_block_types=("UpDecoderBlock2D",) * 4)
TEXT = dict(hidden_size=16, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, projection_dim=16)
# What Stable Diffusion 2 has: heads per level, linear projections, gelu; and a size that is no multiple of 64. With this
# seed and guidance, ten steps enlarge an error of the U-Net fivefold at most; with others, so small a network enlarges
# it ten thousandfold.
SEED2 = 15
UNET2 = dict(sample_size=9, block_out_channels=(8, 8, 16), layers_per_block=1, cross_attention_dim=8,
             attention_head_dim=(1, 2, 4), use_linear_projection=True, norm_num_groups=1,
             down_block_types=UNET["down_block_types"], up_block_types=UNET["up_block_types"])
TEXT2 = dict(hidden_size=8, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, projection_dim=8,
             hidden_act="gelu")

TEXTS = ["", "an astronaut riding a horse on mars", "Ünïcödé café, 3 cats & a dog!!!",
         " ".join(f"a very long prompt, part {n}" for n in range(30))]
TIMESTEPS = [1, 500, 981, 946.4211]
SIZES = [(8, 8), (8, 16), (9, 13), (10, 6)]
SIZES2 = [(9, 9), (6, 10)]
# In tiles of 8: two whole ones and one of 2 rows, and in the columns one of 1 besides.
TILED = (14, 19)
PICTURES = {
    "pndm": dict(scheduler="pndm", height=64, width=64, seed=42),
    "ddim": dict(scheduler="ddim", height=64, width=64, seed=42),
    "lms": dict(scheduler="lms", height=64, width=64, seed=42),
    "unguided": dict(scheduler="ddim", height=64, width=64, seed=7, guidance=1.0),
    "negative": dict(scheduler="pndm", height=64, width=64, seed=7, negative=TEXTS[2]),
    "odd_size": dict(scheduler="ddim", height=72, width=104, seed=3),
    "two": dict(scheduler="pndm", height=64, width=64, seed=5, count=2),
}
PICTURES2 = {
    "ddim": dict(scheduler="ddim", height=72, width=72, seed=42, guidance=3.0),
    "pndm": dict(scheduler="pndm", height=72, width=72, seed=42, guidance=3.0),
    "lms": dict(scheduler="lms", height=72, width=72, seed=42, guidance=3.0),
    "rescaled": dict(scheduler="pndm", height=72, width=72, seed=7, guidance=3.0, rescale=0.7, count=2),
    "zero_snr": dict(scheduler="ddim", height=72, width=72, seed=7, guidance=3.0, rescale=0.7,
                     changes=dict(rescale_betas_zero_snr=True, timestep_spacing="trailing")),
    "one_step": dict(scheduler="ddim", height=72, width=72, seed=7, guidance=0.0, steps=1,
                     changes=dict(timestep_spacing="trailing")),
}


def inputs(*shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def text_and_unet(pipe, sizes):
    """With all timesteps at the first size, and one at the others."""
    values = {}
    ids = oracle.token_ids(pipe.tokenizer, TEXTS)
    embeddings = pipe.text_encoder(ids)[0]
    values |= {"text.ids": ids, "text.embeddings": embeddings}
    for height, width in sizes:
        latents = inputs(2, 4, height, width, seed=height * 100 + width)
        name = f"unet.{height}x{width}"
        values[f"{name}.latents"] = latents
        for timestep in TIMESTEPS if (height, width) == sizes[0] else TIMESTEPS[1:2]:
            values[f"{name}.t{timestep}"] = pipe.unet(latents, timestep, embeddings[:2]).sample
    return values


def expected(pipe):
    values = text_and_unet(pipe, SIZES)
    for height, width in SIZES[:3]:
        latents = inputs(1, 4, height, width, seed=height * 100 + width) / 0.18215
        values[f"vae.{height}x{width}.latents"] = latents
        values[f"vae.{height}x{width}.image"] = pipe.vae.decode(latents).sample
    latents = inputs(1, 4, *TILED, seed=14) / 0.18215
    pipe.vae.enable_tiling()
    values |= {"vae.tiled.latents": latents, "vae.tiled.image": pipe.vae.decode(latents).sample}
    pipe.vae.disable_tiling()
    for name, options in PICTURES.items():
        start, trace, images = oracle.picture(pipe, prompt=TEXTS[1], steps=10, **options)
        values |= {f"picture.{name}.start": start, f"picture.{name}.steps": trace, f"picture.{name}.images": images}
    return values


def expected2(pipe):
    values = text_and_unet(pipe, SIZES2)
    for name, options in PICTURES2.items():
        _, trace, _ = oracle.picture(pipe, **({"prompt": TEXTS[1], "steps": 10} | options))
        values[f"picture.{name}.latents"] = trace[-1]
    return values


def write(out, version, models, expected, sizes, pictures):
    shutil.rmtree(out, ignore_errors=True)
    oracle.save_pipeline(out / "checkpoint", models, with_tokenizer=False, version=version)
    with tempfile.TemporaryDirectory() as whole, torch.no_grad():
        oracle.save_pipeline(pathlib.Path(whole), models, version=version)
        values = expected(oracle.load_pipeline(whole))
    values = {name: value.float().contiguous() for name, value in values.items()}
    save_file(values, out / "expected.safetensors")
    oracle.write_json(out / "cases.json", {"texts": TEXTS, "timesteps": TIMESTEPS, "sizes": sizes, "steps": 10,
                                           "prompt": TEXTS[1], "pictures": pictures})
    for name, value in values.items():
        print(f"{name:28} {str(list(value.shape)):18} mean {value.mean():8.3f}  std {value.std():7.3f}")


def main():
    torch.set_num_threads(1)
    write(OUT, 1, oracle.make_models(SEED, UNET, VAE, oracle.text_encoder_config(**TEXT)), expected, SIZES, PICTURES)
    write(OUT2, 2, oracle.make_models(SEED2, UNET2, VAE, oracle.text_encoder_config(**TEXT2)), expected2, SIZES2,
          PICTURES2)
    # Of its autoencoder only the shape of the latents counts.
    shutil.rmtree(OUT2 / "checkpoint" / "vae")
    oracle.write_special_tokens(OUT2 / "special_tokens_map.json")


main()
