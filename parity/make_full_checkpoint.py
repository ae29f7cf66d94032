"""Writes a Stable Diffusion in full size with seeded random weights: make_full_checkpoint.py FOLDER [--kind KIND]

The architecture, the file names and the spelling of the tensors are those of CompVis/stable-diffusion-v1-4 (2.1 GB),
stabilityai/stable-diffusion-2-1 or sd-turbo (2.6 GB), or SimianLuo/LCM_Dreamshaper_v7 (2.1 GB), so the folder takes the same way through the converter as the real thing."""
import argparse
import pathlib

import oracle

UNET = dict(sample_size=64, block_out_channels=(320, 640, 1280, 1280), layers_per_block=2, cross_attention_dim=768,
            attention_head_dim=8, norm_num_groups=32)
VAE = dict(sample_size=512, block_out_channels=(128, 256, 512, 512), layers_per_block=2, norm_num_groups=32,
           latent_channels=4, scaling_factor=0.18215, down_block_types=("DownEncoderBlock2D",) * 4,
           up_block_types=("UpDecoderBlock2D",) * 4)
UNET2 = UNET | dict(sample_size=96, cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20),
                    use_linear_projection=True)
TEXT2 = dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16,
             hidden_act="gelu", projection_dim=512)
KINDS = {
    "v1-4": dict(unet=UNET, vae=VAE, text={}, version=1),
    "v2-1": dict(unet=UNET2, vae=VAE | dict(sample_size=768), text=TEXT2, version=2),
    "lcm": dict(unet=UNET | dict(time_cond_proj_dim=256), vae=VAE | dict(sample_size=768), text={}, version=1,
                scheduler=oracle.LCM_SCHEDULER),
    "turbo": dict(unet=UNET2 | dict(sample_size=64), vae=VAE | dict(sample_size=768), text=TEXT2, version=2,
                  scheduler=oracle.TURBO_SCHEDULER),
}
OLD_VAE_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def upload_name(component, name):
    """The name that the uploads of 2022 give to a tensor."""
    if component == "text_encoder":
        return name if name.startswith("text_model.") else f"text_model.{name}"
    if component == "vae" and ".attentions." in name:
        for new, old in OLD_VAE_ATTENTION.items():
            name = name.replace(f".{new}.", f".{old}.")
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--kind", choices=KINDS, default="v1-4")
    parser.add_argument("--seed", type=int, default=14)
    options = parser.parse_args()
    kind = KINDS[options.kind]
    models = oracle.make_models(options.seed, kind["unet"], kind["vae"], oracle.text_encoder_config(**kind["text"]))
    oracle.save_pipeline(options.folder, models, rename=upload_name, version=kind["version"],
                         scheduler=kind.get("scheduler"))


main()
