"""Makes Tests/Fixtures/loras: seeded LoRAs for the tiny pipelines of make_pipeline.py in the spellings that people's files
have, and what diffusers computes with them through `load_lora_weights` and `set_adapters`. Run from the root of the
repository after make_pipeline.py; needs torch, diffusers, peft, transformers, open-clip-torch.

diffusers does not read OneTrainer's spelling. Every one is also checked here against weights that the LoRA was added to by
hand."""
import copy
import json
import pathlib
import shutil
import sys
import tempfile
import zlib

import torch
from safetensors.torch import save_file

sys.path.insert(0, "parity")
import oracle

OUT = pathlib.Path("Tests/Fixtures/loras")
PIPELINE = pathlib.Path("Tests/Fixtures/pipeline")
PIPELINE2 = pathlib.Path("Tests/Fixtures/pipeline-sd2")
PROMPT = "an astronaut riding a horse on mars"
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
TRANSFORMER = ATTENTION + ("proj_in", "proj_out", "ff.net.0.proj", "ff.net.2")
CONVOLUTIONS = ("conv1", "conv2", "conv_shortcut", "time_emb_proj", "downsamplers.0.conv", "upsamplers.0.conv",
                "conv_in", "conv_out", "linear_1", "linear_2")
TEXT = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
# What is trained, rank and alpha (None: as large as the rank), in which spelling, at which scale.
LORAS = {
    "kohya": dict(unet=TRANSFORMER + CONVOLUTIONS, text=TEXT, rank=4, alpha=3.0, scale=0.8),
    "peft": dict(unet=TRANSFORMER, text=TEXT, rank=3, alpha=6.0, scale=1.0),
    "diffusers": dict(unet=ATTENTION, text=("q_proj", "v_proj"), rank=8, alpha=None, scale=-0.5),
    "processor": dict(unet=ATTENTION, text=(), rank=4, alpha=None, scale=1.0),
    "onetrainer": dict(unet=("to_q", "ff.net.0.proj"), text=("fc1",), rank=20, alpha=10.0, scale=1.0),
}
# In PEFT's metadata: one layer has another alpha.
PATTERN = {"mid_block.attentions.0.transformer_blocks.0.attn1.to_q": 1.5}


def layers(model, kinds):
    return [name for name, module in model.named_modules()
            if hasattr(module, "weight") and module.weight.ndim > 1 and any(name.endswith(kind) for kind in kinds)]


def matrices(module, rank, name):
    """down and up, as large together as half of the weights."""
    random = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    weight = module.weight
    down = torch.randn((rank, *weight.shape[1:]), generator=random) / weight[0].numel() ** 0.5
    up = torch.randn((weight.shape[0], rank, *[1] * (weight.ndim - 2)), generator=random)
    return down.half().float(), (up * 0.5 / rank ** 0.5).half().float()


def make(pipe, unet, text, rank, alpha, **_):
    """(component, layer) → down, up, alpha / rank"""
    factor = 1.0 if alpha is None else alpha / rank
    return {(component, name): (*matrices(model.get_submodule(name), rank, f"{component}.{name}"), factor)
            for component, model, kinds in [("unet", pipe.unet, unet), ("text_encoder", pipe.text_encoder, text)]
            for name in layers(model, kinds)}


def write(path, spelling, lora, rank, alpha, text_model="text_model."):
    """transformers' names had `text_model.` until version 5, and all files have it; diffusers 0.42 does not find the
    layers of version 5 so."""
    def long(component, name):
        bare = name.removeprefix("text_model.")
        return text_model + bare if component == "text_encoder" else bare

    tensors, metadata = {}, {"format": "pt"}
    for (component, name), (down, up, _) in lora.items():
        name = long(component, name)
        kohya = {"unet": "lora_unet", "text_encoder": "lora_te"}[component]
        if spelling in ("kohya", "onetrainer"):
            key = kohya + "_" + name.replace(".", "_") if spelling == "kohya" else kohya + "." + name
            tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(alpha)}
        elif spelling == "peft":
            tensors |= {f"{component}.{name}.lora_A.weight": down, f"{component}.{name}.lora_B.weight": up}
        elif spelling == "diffusers":
            key = "lora_linear_layer" if component == "text_encoder" else "lora"
            tensors |= {f"{component}.{name}.{key}.down.weight": down, f"{component}.{name}.{key}.up.weight": up}
        else:
            module, projection = name.replace(".to_out.0", ".to_out").rsplit(".", 1)
            key = f"{component}.{module}.processor.{projection}_lora"
            tensors |= {f"{key}.down.weight": down, f"{key}.up.weight": up}
    if spelling == "peft":
        settings = {f"{part}.{key}": value for part in ("unet", "text_encoder") for key, value in
                    dict(r=rank, lora_alpha=alpha, alpha_pattern=PATTERN if part == "unet" else {}, rank_pattern={},
                         target_modules=sorted(long(c, n) for c, n in lora if c == part)).items()}
        metadata["lora_adapter_metadata"] = json.dumps(settings, sort_keys=True)
    save_file({key: value.half().contiguous() if value.ndim else value for key, value in tensors.items()}, path, metadata)


@torch.no_grad()
def merged(pipe, lora, scale):
    """A copy of the pipeline with the LoRA in its weights."""
    pipe = copy.copy(pipe)
    pipe.unet, pipe.text_encoder = copy.deepcopy(pipe.unet), copy.deepcopy(pipe.text_encoder)
    for (component, name), (down, up, factor) in lora.items():
        weight = getattr(pipe, component).get_submodule(name).weight
        weight += scale * factor * (up.flatten(1) @ down.flatten(1)).reshape(weight.shape)
    return pipe


def compute(pipe, version):
    size = 64 if version == 1 else 72
    embeddings = pipe.text_encoder(oracle.token_ids(pipe.tokenizer, ["", PROMPT]))[0]
    latents = torch.randn((2, 4, 9, 13 if version == 1 else 9), generator=torch.Generator().manual_seed(5))
    _, trace, _ = oracle.picture(pipe, "ddim", prompt=PROMPT, steps=6, seed=42, height=size, width=size, guidance=2.0)
    return {"text": embeddings, "unet": pipe.unet(latents, 500, embeddings).sample, "latents": trace[-1],
            "input": latents}


def difference(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def whole(folder, out):
    """The tiny checkpoint with what the fixtures leave out."""
    shutil.copytree(folder / "checkpoint", out, dirs_exist_ok=True)
    shutil.copytree(PIPELINE / "checkpoint" / "vae", out / "vae", dirs_exist_ok=True)
    oracle.write_tokenizer(out / "tokenizer")
    if folder == PIPELINE2:
        oracle.write_special_tokens(out / "tokenizer" / "special_tokens_map.json")
    return oracle.load_pipeline(out)


def main():
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    expected, cases = {}, {}
    for folder, version, names in [(PIPELINE, 1, LORAS), (PIPELINE2, 2, ["kohya"])]:
        with tempfile.TemporaryDirectory() as checkpoint, torch.no_grad():
            pipe = whole(folder, pathlib.Path(checkpoint))
            plain = compute(pipe, version)
            prefix = "" if version == 1 else "sd2-"
            expected |= {f"{prefix}plain.{key}": value for key, value in plain.items()}
            for spelling in names:
                settings, name = LORAS[spelling], prefix + spelling
                lora = make(pipe, **settings)
                write(OUT / f"{name}.safetensors", spelling, lora, settings["rank"], settings["alpha"])
                if spelling == "peft":
                    for layer, alpha in PATTERN.items():
                        lora["unet", layer] = (*lora["unet", layer][:2], alpha / settings["rank"])
                by_hand = compute(merged(pipe, lora, settings["scale"]), version)
                if spelling == "onetrainer":  # which diffusers does not read
                    values, origin = by_hand, "by hand"
                else:
                    bare = f"{name}.safetensors"
                    write(pathlib.Path(checkpoint) / bare, spelling, lora, settings["rank"], settings["alpha"], "")
                    pipe.load_lora_weights(checkpoint, weight_name=bare, adapter_name=spelling)
                    pipe.set_adapters([spelling], [settings["scale"]])
                    values, origin = compute(pipe, version), "diffusers"
                    pipe.unload_lora_weights()
                for key in ("text", "unet", "latents"):
                    print(f"{name:14} {key:8} {origin:9} changes {difference(values[key], plain[key]):.3f}, "
                          f"by hand {difference(by_hand[key], values[key]):.1e}")
                    assert difference(by_hand[key], values[key]) < 1e-4
                expected |= {f"{name}.{key}": values[key] for key in ("text", "unet", "latents")}
                cases[name] = settings["scale"]
            if version == 1:
                two = merged(merged(pipe, make(pipe, **LORAS["kohya"]), 0.5), make(pipe, **LORAS["diffusers"]), 0.7)
                expected |= {f"two.{key}": compute(two, version)[key] for key in ("text", "unet", "latents")}
    save_file({name: value.float().contiguous() for name, value in expected.items()}, OUT / "expected.safetensors")
    oracle.write_json(OUT / "cases.json", {"prompt": PROMPT, "scales": cases})


main()
