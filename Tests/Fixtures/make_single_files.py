"""Makes Tests/Fixtures/single-files: what the tensors of Stable Diffusion 1 and 2 are called in single files, in full
size and in miniature, as diffusers reads them. Needs torch, diffusers and transformers; runs from the root of the
repository.

A file lists, for every component, the single file's names in the order of diffusers' and transformers' sorted names;
`/0` to `/2` is the third of the rows that a tensor is. `texts` are the configurations of the miniatures.

The names are written down here from the modules of CompVis' latent-diffusion (openaimodel.py and model.py in
ldm/modules/diffusionmodules) and OpenCLIP, and then go through diffusers' own conversion: every tensor holds a number of
its own, which has to arrive where diffusers' models want it."""
import json
import pathlib
import re

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils
from transformers import CLIPTextConfig, CLIPTextModel

CROSS, PLAIN = "CrossAttn{}Block2D", "{}Block2D"


def unet(widths, cross_attention_dim, attends, sample_size=64, **others):
    """`attends`: which levels attend to the prompt."""
    kinds = [CROSS if attend else PLAIN for attend in attends]
    return {
        "_class_name": "UNet2DConditionModel", "block_out_channels": widths, "cross_attention_dim": cross_attention_dim,
        "sample_size": sample_size, "down_block_types": [kind.format("Down") for kind in kinds],
        "up_block_types": [kind.format("Up") for kind in reversed(kinds)], **others,
    }


def vae(widths, layers, sample_size=512):
    return {
        "_class_name": "AutoencoderKL", "block_out_channels": widths, "layers_per_block": layers,
        "sample_size": sample_size,
        "down_block_types": ["DownEncoderBlock2D"] * len(widths), "up_block_types": ["UpDecoderBlock2D"] * len(widths),
    }


def text(width, intermediate, layers, activation):
    return {
        "architectures": ["CLIPTextModel"], "hidden_size": width, "intermediate_size": intermediate,
        "num_hidden_layers": layers, "num_attention_heads": width // 64, "hidden_act": activation,
    }


FULL = [320, 640, 1280, 1280]
MODELS = {
    "v1": {
        "unet": unet(FULL, 768, [True] * 3 + [False]), "vae": vae([128, 256, 512, 512], 2),
        "text_encoder": text(768, 3072, 12, "quick_gelu"),
    },
    "v2": {
        "unet": unet(FULL, 1024, [True] * 3 + [False], attention_head_dim=[5, 10, 20, 20], use_linear_projection=True),
        "vae": vae([128, 256, 512, 512], 2), "text_encoder": text(1024, 4096, 23, "gelu"),
    },
    # Other numbers of levels and layers in every network.
    "tiny1": {
        "unet": unet([32, 64, 64], 64, [True, True, False]), "vae": vae([32, 64], 1),
        "text_encoder": text(64, 96, 2, "quick_gelu"),
    },
    "tiny2": {
        "unet": unet([64, 128], 64, [True, False], 96, layers_per_block=1, attention_head_dim=[1, 2],
                     use_linear_projection=True),
        "vae": vae([32, 32, 64], 2, 768), "text_encoder": text(64, 96, 23, "gelu"),
    },
}

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET_ENDS = {"conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0",
             "time_embedding.linear_2": "time_embed.2", "conv_norm_out": "out.0", "conv_out": "out.2"}


def unet_name(name, config):
    stride = config.get("layers_per_block", 2) + 1
    if match := re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.*)", name):
        side, block, kind, layer, rest = match.groups()
        place = int(block) * stride + int(layer)
        start = f"input_blocks.{place + 1}" if side == "down" else f"output_blocks.{place}"
        return f"{start}.1.{rest}" if kind == "attentions" else f"{start}.0.{resnet(rest)}"
    if match := re.fullmatch(r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.*)", name):
        return f"input_blocks.{(int(match[1]) + 1) * stride}.0.op.{match[2]}"
    if match := re.fullmatch(r"up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.*)", name):
        place = 2 if "CrossAttn" in config["up_block_types"][int(match[1])] else 1
        return f"output_blocks.{(int(match[1]) + 1) * stride - 1}.{place}.conv.{match[2]}"
    if match := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", name):
        kind, number, rest = match.groups()
        return f"middle_block.1.{rest}" if kind == "attentions" else f"middle_block.{2 * int(number)}.{resnet(rest)}"
    module, part = name.rsplit(".", 1)
    return f"{UNET_ENDS[module]}.{part}"


def resnet(rest):
    module, part = rest.split(".")
    return f"{RESNET[module]}.{part}"


def vae_name(name, config):
    last = len(config["block_out_channels"]) - 1
    name = re.sub(r"up_blocks\.(\d+)", lambda match: f"up.{last - int(match[1])}", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda match: f"mid.block_{int(match[1]) + 1}", name)
    for new, old in {
        "down_blocks.": "down.", ".resnets.": ".block.", "downsamplers.0": "downsample", "upsamplers.0": "upsample",
        "conv_shortcut": "nin_shortcut", "mid_block.attentions.0": "mid.attn_1", "group_norm": "norm",
        "to_out.0": "proj_out", "to_q": "q", "to_k": "k", "to_v": "v", "conv_norm_out": "norm_out",
    }.items():
        name = name.replace(new, old)
    return name


def open_clip_name(name, config):
    for new, old in {
        "embeddings.token_embedding": "token_embedding", "embeddings.position_embedding.weight": "positional_embedding",
        "final_layer_norm": "ln_final", "encoder.layers.": "transformer.resblocks.", "layer_norm1": "ln_1",
        "layer_norm2": "ln_2", "fc1": "c_fc", "fc2": "c_proj", "self_attn": "attn", "attn.q_proj.": "attn.in_proj_/0",
        "attn.k_proj.": "attn.in_proj_/1", "attn.v_proj.": "attn.in_proj_/2",
    }.items():
        name = name.replace(new, old)
    return re.sub(r"in_proj_/(\d)(.*)", r"in_proj_\2/\1", name)


def names(state, name_of, prefix, config, convert):
    """What diffusers makes of a file with these names, checked, as the list that the fixture has."""
    wanted = sorted(state)
    listed = [name_of(name, config) for name in wanted]
    parts = {}
    for number, (name, listed_name) in enumerate(zip(wanted, listed)):
        shape = list(state[name].shape)
        if ".attn_1." in listed_name and len(shape) == 2:
            shape += [1, 1]
        stored, _, third = listed_name.partition("/")
        # One number for all elements, which takes no memory.
        parts.setdefault(stored, {})[third] = torch.tensor(number, dtype=torch.int16).expand(shape)
    checkpoint = {
        prefix + name: torch.cat([thirds[third] for third in "012"]) if "" not in thirds else thirds[""]
        for name, thirds in parts.items()
    }
    if prefix == "cond_stage_model.model.":
        width = config["hidden_size"]
        checkpoint[prefix + "text_projection"] = torch.zeros(1, dtype=torch.int16).expand(width, width)
    found = {name.removeprefix("text_model."): value for name, value in convert(checkpoint).items()}
    assert sorted(found) == wanted, set(found) ^ set(wanted)
    for number, name in enumerate(wanted):
        assert found[name].shape == state[name].shape, name
        rank = found[name].dim()
        assert found[name][(0,) * rank] == found[name][(-1,) * rank] == number, name
    return {"prefix": prefix, "tensors": listed}


def describe(config):
    with torch.device("meta"):
        models = {
            "unet": UNet2DConditionModel.from_config(config["unet"]), "vae": AutoencoderKL.from_config(config["vae"]),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**config["text_encoder"])),
        }
    state = {
        part: {name: value for name, value in model.state_dict().items() if not name.endswith("position_ids")}
        for part, model in models.items()
    }
    unet_config = dict(models["unet"].config)
    if config["text_encoder"]["hidden_act"] == "gelu":
        text_encoder = names(
            state["text_encoder"], open_clip_name, "cond_stage_model.model.", config["text_encoder"],
            lambda checkpoint: single_file_utils.convert_open_clip_checkpoint(models["text_encoder"], checkpoint))
    else:
        text_encoder = names(
            state["text_encoder"], lambda name, _: name, "cond_stage_model.transformer.text_model.",
            config["text_encoder"], single_file_utils.convert_ldm_clip_checkpoint)
    return {
        "unet": names(
            state["unet"], unet_name, "model.diffusion_model.", config["unet"],
            lambda checkpoint: single_file_utils.convert_ldm_unet_checkpoint(checkpoint, unet_config)),
        "vae": names(
            state["vae"], vae_name, "first_stage_model.", config["vae"],
            lambda checkpoint: single_file_utils.convert_ldm_vae_checkpoint(checkpoint, models["vae"].config)),
        "text_encoder": text_encoder,
    }


torch.set_num_threads(1)
folder = pathlib.Path("Tests/Fixtures/single-files")
folder.mkdir(parents=True, exist_ok=True)
for name, config in MODELS.items():
    texts = {f"{part}/config.json": json.dumps(values) for part, values in config.items()} if "tiny" in name else {}
    fixture = {"texts": texts, "names": describe(config)}
    (folder / f"{name}.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
