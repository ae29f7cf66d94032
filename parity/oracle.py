"""What the parity scripts share: seeded weights that make every path of a Stable Diffusion pipeline matter, a diffusers
folder written with them, and diffusers' own numbers for it. Needs torch, diffusers, transformers, open-clip-torch."""
import copy
import gzip
import json
import math
import pathlib
import zlib

import open_clip
import torch
from diffusers import (AutoencoderKL, DDIMScheduler, DPMSolverMultistepScheduler, EulerAncestralDiscreteScheduler,
                       EulerDiscreteScheduler, HeunDiscreteScheduler, LCMScheduler, LMSDiscreteScheduler, PNDMScheduler,
                       StableDiffusionPipeline, TCDScheduler, UNet2DConditionModel, UniPCMultistepScheduler)
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

# The scheduler file of CompVis/stable-diffusion-v1-4. It names no timestep_spacing: every scheduler then uses its
# own default, which is "leading" for PNDM and DDIM and "linspace" for LMS.
V1_4_SCHEDULER = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.7.0.dev0", "beta_end": 0.012,
    "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000,
    "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
}
# The same of stabilityai/stable-diffusion-2-1.
V2_1_SCHEDULER = {
    "_class_name": "DDIMScheduler", "_diffusers_version": "0.8.0", "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000, "prediction_type": "v_prediction",
    "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
}
# Those of SimianLuo/LCM_Dreamshaper_v7 and stabilityai/sd-turbo, as far as they differ from v1-4's.
LCM_SCHEDULER = V1_4_SCHEDULER | {
    "_class_name": "LCMScheduler", "clip_sample_range": 1.0, "original_inference_steps": 50,
    "prediction_type": "epsilon", "set_alpha_to_one": True, "steps_offset": 0, "timestep_spacing": "leading",
}
TURBO_SCHEDULER = V1_4_SCHEDULER | {
    "_class_name": "EulerDiscreteScheduler", "interpolation_type": "linear", "prediction_type": "epsilon",
    "timestep_spacing": "trailing", "use_karras_sigmas": False,
}
SCHEDULERS = {
    "pndm": PNDMScheduler, "ddim": DDIMScheduler, "lms": LMSDiscreteScheduler, "euler": EulerDiscreteScheduler,
    "euler-a": EulerAncestralDiscreteScheduler, "heun": HeunDiscreteScheduler, "dpm++-2m": DPMSolverMultistepScheduler,
    "unipc": UniPCMultistepScheduler, "lcm": LCMScheduler, "tcd": TCDScheduler,
}


def text_encoder_config(**changes):
    """The text encoder of SD 1.x, with changes."""
    values = dict(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                  num_attention_heads=12, max_position_embeddings=77, hidden_act="quick_gelu", layer_norm_eps=1e-5,
                  projection_dim=768, bos_token_id=0, eos_token_id=2, pad_token_id=1)
    return CLIPTextConfig(**(values | changes))


def write_tokenizer(folder):
    """vocab.json and merges.txt of CLIP, built from the merge list that open-clip-torch carries (MIT licence)."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = pathlib.Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
    merges = gzip.decompress(packed.read_bytes()).decode("utf-8").split("\n")[1:48895]
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    symbols = [chr(byte) for byte in visible] + [chr(256 + i) for i in range(256 - len(visible))]
    words = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: index for index, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", {
        "add_prefix_space": False, "bos_token": "<|startoftext|>", "do_lower_case": True,
        "eos_token": "<|endoftext|>", "errors": "replace", "model_max_length": 77, "pad_token": "<|endoftext|>",
        "tokenizer_class": "CLIPTokenizer", "unk_token": "<|endoftext|>"})


def write_special_tokens(path):
    """special_tokens_map.json of SD 2.x. Its pad_token counts; that in tokenizer_config.json is the end token."""
    def token(content):
        return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    write_json(path, {"bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"), "pad_token": "!",
                      "unk_token": token("<|endoftext|>")})


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def gain(name):
    """By how much a matrix multiplies the size of its input, chosen so that activations stay near one."""
    if any(part in name for part in ("to_q", "to_k", "q_proj", "k_proj", "attn1.to_v", "attn2.to_v")):
        return 1.25                                     # logits of size ~1.5: attention neither flat nor one-hot
    if name == "decoder.conv_out.weight":
        return 0.6                                      # pictures that rarely leave [-1, 1]
    if any(part in name for part in ("conv1", "conv2", "conv_out", "ff.net.2", "time_emb_proj", "linear_2", "fc2")):
        return 1.4                                      # behind SiLU or GELU, which shrink their input
    return 1.0


@torch.no_grad()
def seed_weights(model, seed, keep=()):
    """Fills every parameter from a stream of its own (seed and name), then rounds it to float16 values."""
    for name, parameter in model.named_parameters():
        random = torch.Generator().manual_seed(zlib.crc32(f"{seed}/{name}".encode()))
        values = torch.randn(parameter.shape, generator=random)
        if "embedding" in name and "time" not in name:
            values *= 0.5
        elif name.endswith("bias"):
            values *= 0.1
        elif parameter.ndim == 1:
            values = 1 + 0.2 * values
        else:
            values *= gain(name) / math.sqrt(parameter[0].numel())
        parameter.copy_(values.half())
    return model.float().eval()


def make_models(seed, unet, vae, text):
    """The three networks of a pipeline with seeded weights: computing in float32 on float16 values."""
    return {"unet": seed_weights(UNet2DConditionModel(**unet), seed),
            "vae": seed_weights(AutoencoderKL(**vae), seed),
            "text_encoder": seed_weights(CLIPTextModel(text), seed)}


def save_pipeline(folder, models, with_tokenizer=True, rename=lambda component, name: name, version=1,
                  scheduler=None):
    """A diffusers folder of Stable Diffusion 1 or 2 with float16 safetensors, as from_pretrained reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
    for component, model in models.items():
        (folder / component).mkdir(exist_ok=True)
        half = {rename(component, k): v.half().contiguous() for k, v in model.state_dict().items() if "_ids" not in k}
        save_file(half, folder / component / f"{files[component]}.safetensors", metadata={"format": "pt"})
        if component == "text_encoder":
            model.config.save_pretrained(folder / component)
        else:
            model.save_config(folder / component)
        tidy_config(folder / component / "config.json")
    (folder / "scheduler").mkdir(exist_ok=True)
    scheduler = scheduler or (V1_4_SCHEDULER if version == 1 else V2_1_SCHEDULER)
    write_json(folder / "scheduler" / "scheduler_config.json", scheduler)
    if with_tokenizer:
        write_tokenizer(folder / "tokenizer")
    if with_tokenizer and version == 2:
        write_special_tokens(folder / "tokenizer" / "special_tokens_map.json")
    write_json(folder / "model_index.json", {
        "_class_name": ("LatentConsistencyModelPipeline" if scheduler["_class_name"] == "LCMScheduler"
                        else "StableDiffusionPipeline"), "_diffusers_version": "0.6.0",
        "feature_extractor": [None, None], "safety_checker": [None, None], "requires_safety_checker": False,
        "scheduler": ["diffusers", scheduler["_class_name"]], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"]})


def tidy_config(path):
    """Without the versions of the libraries that happened to write the file."""
    config = json.loads(path.read_text())
    for key in ("_diffusers_version", "transformers_version", "_name_or_path", "dtype"):
        config.pop(key, None)
    write_json(path, config)


def load_pipeline(folder):
    """diffusers' own reading of a folder, in float32, quiet."""
    pipe = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None,
                                                   local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def token_ids(tokenizer, texts):
    """[texts, 77]"""
    return tokenizer(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids


def picture(pipe, scheduler, *, prompt, steps, seed, height, width, guidance=7.5, rescale=0.0, negative=None, count=1,
            changes={}):
    """The starting latents, the latents after every step and the 8-bit pictures of one run, with changes to the
    scheduler's file."""
    pipe = copy.copy(pipe)
    pipe.scheduler = SCHEDULERS[scheduler].from_config(pipe.scheduler.config, **changes)
    generator = torch.Generator("cpu").manual_seed(seed)
    factor = pipe.vae_scale_factor
    start = torch.randn((count, pipe.unet.config.in_channels, height // factor, width // factor), generator=generator)
    trace = []

    def record(_, step, timestep, tensors):
        trace.append(tensors["latents"].clone())
        return tensors

    images = pipe(prompt, negative_prompt=negative, num_inference_steps=steps, guidance_scale=guidance,
                  guidance_rescale=rescale, height=height, width=width, num_images_per_prompt=count,
                  generator=torch.Generator("cpu").manual_seed(seed), output_type="np",
                  callback_on_step_end=record).images
    return start, torch.stack(trace), torch.from_numpy((images * 255).round())
