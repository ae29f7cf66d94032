"""Names and shapes of every tensor of several Stable Diffusion architectures, as diffusers and transformers define
them, for Tests/ConvertTests. Needs torch, diffusers and transformers; runs from the root of the repository. Nothing is
random: the models are built without values."""
import json
import pathlib

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModel

V1_4 = {
    "unet": {"sample_size": 64, "cross_attention_dim": 768},
    "vae": {
        "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
        "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4,
    },
    "text_encoder": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
    "safety_checker": {
        "projection_dim": 768,
        "vision_config": {
            "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 24,
            "patch_size": 14,
        },
    },
}
V2_1 = {
    "unet": {
        "sample_size": 96, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20],
        "use_linear_projection": True,
    },
    "vae": V1_4["vae"],
    "text_encoder": {
        "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 23,
        "hidden_act": "gelu",
    },
}
# Two levels, other groups and heads (a list), linear projections, one layer, five channels in.
LINEAR = {
    "unet": {
        "sample_size": 16, "in_channels": 5, "cross_attention_dim": 40, "block_out_channels": [32, 48],
        "layers_per_block": 1, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "norm_num_groups": 8, "attention_head_dim": [4, 6],
        "use_linear_projection": True,
    },
    "vae": {
        "block_out_channels": [16, 24], "layers_per_block": 1, "norm_num_groups": 8, "latent_channels": 3,
        "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
    },
    "text_encoder": {
        "hidden_size": 40, "intermediate_size": 56, "num_attention_heads": 4, "num_hidden_layers": 3,
        "vocab_size": 1000, "bos_token_id": 998, "eos_token_id": 999,
    },
}
# Three levels that narrow and widen, attention only in the middle level, three layers.
UNEVEN = {
    "unet": {
        "cross_attention_dim": 24, "block_out_channels": [32, 64, 32], "layers_per_block": 3,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "norm_num_groups": 16,
    },
    "vae": {
        "block_out_channels": [32, 32, 64], "layers_per_block": 3, "norm_num_groups": 16, "in_channels": 4,
        "down_block_types": ["DownEncoderBlock2D"] * 3, "up_block_types": ["UpDecoderBlock2D"] * 3,
    },
    "text_encoder": {"hidden_size": 24, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 1},
}
# One level more than it has attention, with as many layers as it is deep; told the guidance scale.
LCM = {
    "unet": {
        "sample_size": 8, "cross_attention_dim": 16, "block_out_channels": [16, 24, 32], "layers_per_block": [1, 2, 3],
        "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "norm_num_groups": 8,
        "attention_head_dim": 2, "time_cond_proj_dim": 24,
    },
    "vae": LINEAR["vae"], "text_encoder": UNEVEN["text_encoder"],
}
# The U-Net of nota-ai/bk-sdm-tiny: three levels, one layer each, no middle.
BK_TINY = {
    "unet": {
        "sample_size": 64, "cross_attention_dim": 768, "block_out_channels": [320, 640, 1280], "layers_per_block": 1,
        "down_block_types": ["CrossAttnDownBlock2D"] * 3, "up_block_types": ["CrossAttnUpBlock2D"] * 3,
        "mid_block_type": None,
    },
    "vae": LINEAR["vae"], "text_encoder": UNEVEN["text_encoder"],
}


def shapes(model):
    return {name: list(value.shape) for name, value in model.state_dict().items()}


def describe(config):
    with torch.device("meta"):
        unet = UNet2DConditionModel(**config["unet"])
        vae = AutoencoderKL(**config["vae"])
        text = CLIPTextModel(CLIPTextConfig(**config["text_encoder"]))
        checker = StableDiffusionSafetyChecker(CLIPConfig(**config.get("safety_checker", {})))
    parts = {
        "unet": {"config": {"_class_name": "UNet2DConditionModel", **config["unet"]}, "tensors": shapes(unet)},
        "vae": {"config": {"_class_name": "AutoencoderKL", **config["vae"]}, "tensors": shapes(vae)},
        "text_encoder": {
            "config": {"architectures": ["CLIPTextModel"], **config["text_encoder"]}, "tensors": shapes(text)},
    }
    if "safety_checker" in config:
        parts["safety_checker"] = {
            "config": {"architectures": ["StableDiffusionSafetyChecker"], **config["safety_checker"]},
            "tensors": shapes(checker)}
    return parts


folder = pathlib.Path("Tests/Fixtures/architectures")
folder.mkdir(parents=True, exist_ok=True)
for name, config in {"v1-4": V1_4, "v2-1": V2_1, "linear": LINEAR, "uneven": UNEVEN, "lcm": LCM,
                     "bk-tiny": BK_TINY}.items():
    (folder / f"{name}.json").write_text(json.dumps(describe(config), separators=(",", ":")) + "\n")
