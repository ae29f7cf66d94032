"""Makes Tests/Fixtures/tiny_vae: tiny autoencoders (TAESD) in miniature with seeded weights, and what diffusers makes of
small pictures and latents with them. Run from the root of the repository; needs torch, diffusers.

checkpoint/: diffusers' folder; taesd_encoder.safetensors, taesd_decoder.safetensors: the same weights as the original
code has them, whose decoder has one layer more, in front (github.com/madebyollin/taesd, taesd.py).
expected.safetensors: pictures and their latents, latents and their pictures."""
import pathlib

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

OUT = pathlib.Path("Tests/Fixtures/tiny_vae")
# As many doublings as the tiny pipeline's autoencoder has, and no two numbers alike where these could be confused.
CONFIGURATION = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (16,) * 4,
                 "num_encoder_blocks": (1, 0, 2, 1), "num_decoder_blocks": (2, 1, 0, 1)}
PICTURES = {"one": (1, 32, 48), "two": (2, 40, 56)}


def generator(seed):
    return torch.Generator().manual_seed(seed)


def model():
    """Weights of fp16, so that nothing is rounded when they are converted; large enough that blocks and biases matter."""
    vae = AutoencoderTiny(**CONFIGURATION)
    random = generator(3)
    for name, parameter in vae.named_parameters():
        fan_in = parameter[0].numel() if parameter.dim() == 4 else 16
        parameter.data = (torch.randn(parameter.shape, generator=random) * (1.2 / fan_in ** 0.5)).half().float()
    return vae


def original(vae, half, shift):
    """The names of the original code: without the path, the decoder's layers counted from the one in front."""
    names = {}
    for name, value in getattr(vae, half).layers.state_dict().items():
        layer, rest = name.split(".", 1)
        names[f"{int(layer) + shift}.{rest}"] = value.half().contiguous()
    return names


def main():
    torch.set_num_threads(1)
    vae = model()
    vae.half().save_pretrained(OUT / "checkpoint")
    vae.float()
    save_file(original(vae, "encoder", 0), OUT / "taesd_encoder.safetensors")
    save_file(original(vae, "decoder", 1), OUT / "taesd_decoder.safetensors")
    values = {}
    for name, (count, height, width) in PICTURES.items():
        pixels = torch.randint(0, 256, (count, height, width, 3), generator=generator(height))
        values[f"{name}.pixels"] = pixels.half()  # whole numbers up to 255: exact
        values[f"{name}.encoded"] = vae.encode(pixels.permute(0, 3, 1, 2) / 255 * 2 - 1).latents
        # Beyond both ends of what the clamp leaves alone.
        latents = 2 * torch.randn((count, 4, height // 8, width // 8), generator=generator(width))
        values |= {f"{name}.latents": latents, f"{name}.decoded": vae.decode(latents).sample}
    save_file({name: value.contiguous() for name, value in values.items()}, OUT / "expected.safetensors")
    for name, value in values.items():
        print(f"{name:16} {str(list(value.shape)):18} mean {value.float().mean():8.3f}  std {value.float().std():7.3f}")


if __name__ == "__main__":
    with torch.no_grad():
        main()
