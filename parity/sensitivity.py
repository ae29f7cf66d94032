"""What 8-bit weights cost, by kind of layer and by block: sensitivity.py CHECKPOINT

Rounds one kind of layer at a time as sd-lite-convert does (without its search for better scales) and prints how far the
result moves, as relative RMS: for text encoder and U-Net the prediction at guidance 7.5 over four prompts and three
timesteps, for the decoder the picture. Meant for the bundled model, models/emoji."""
import pathlib
import sys

import torch

import oracle

PROMPTS = ["an astronaut riding a horse on mars", "a red apple on a blue background", "a penguin in the snow", "a pizza"]
GUIDANCE = 7.5
BLOCKS = (32, 64, 128, None)
UNET_KINDS = {
    "conv_in": ("conv_in",), "conv_out": ("conv_out",), "time_embedding": ("time_embedding",),
    "time_emb_proj": ("time_emb_proj",), "3x3 convolutions of resnets": (".conv1", ".conv2"),
    "down- and upsamplers": ("samplers",), "shortcuts": ("conv_shortcut",), "proj_in, proj_out": ("proj_in", "proj_out"),
    "self-attention": ("attn1",), "cross-attention q, out": ("attn2.to_q", "attn2.to_out"),
    "cross-attention k, v": ("attn2.to_k", "attn2.to_v"), "feed-forward": (".ff.",),
    "all but conv_in, conv_out, time_embedding": ("down_blocks", "mid_block", "up_blocks")}
VAE_KINDS = {"conv_in": ("decoder.conv_in",), "conv_out": ("decoder.conv_out",), "post_quant_conv": ("post_quant",),
             "the rest": ("decoder.mid_block", "decoder.up_blocks")}
TEXT_KINDS = {"attention": ("self_attn",), "perceptrons": ("mlp",)}


def rounded(weight, block):
    """int8 with a float16 scale per output channel and block of input channels, which all taps share."""
    flat = weight.reshape(weight.shape[0], weight.shape[1], -1)
    parts = []
    for part in flat.split(block or flat.shape[1], dim=1):
        scale = (part.abs().amax((1, 2), keepdim=True) / 127).half().float().clamp(min=1e-7)
        parts.append((part / scale).round().clamp(-127, 127) * scale)
    return torch.cat(parts, 1).reshape(weight.shape)


def moved(module, words, block, outputs, wanted):
    kept = {name: value.clone() for name, value in module.named_parameters()
            if value.dim() in (2, 4) and "embeddings" not in name and any(word in name for word in words)}
    for name, value in kept.items():
        module.get_parameter(name).copy_(rounded(value, block))
    found = outputs()
    for name, value in kept.items():
        module.get_parameter(name).copy_(value)
    return ((found - wanted).square().sum() / wanted.square().sum()).sqrt().item()


@torch.no_grad()
def main():
    pipe = oracle.load_pipeline(pathlib.Path(sys.argv[1]))
    ids = oracle.token_ids(pipe.tokenizer, [""] * len(PROMPTS) + PROMPTS)
    generator = torch.Generator().manual_seed(0)
    side = pipe.unet.config.sample_size
    empty, states = pipe.text_encoder(ids).last_hidden_state.chunk(2)
    noise = torch.randn(len(PROMPTS), 4, side, side, generator=generator)
    final = pipe(prompt_embeds=states, negative_prompt_embeds=empty, num_inference_steps=20, guidance_scale=GUIDANCE,
                 latents=noise, output_type="latent").images
    sums = pipe.scheduler.alphas_cumprod

    def prediction():
        both = pipe.text_encoder(ids).last_hidden_state
        guided = []
        for t in (100, 500, 900):
            noisy = sums[t].sqrt() * final + (1 - sums[t]).sqrt() * noise
            unconditional, conditional = pipe.unet(noisy.repeat(2, 1, 1, 1), t, both).sample.chunk(2)
            guided.append(unconditional + GUIDANCE * (conditional - unconditional))
        return torch.cat(guided)

    def picture():
        return pipe.vae.decode(final / pipe.vae.config.scaling_factor).sample

    print(f"{'':52}" + "".join(f"{'block ' + str(block) if block else 'channel':>11}" for block in BLOCKS))
    for title, module, kinds, outputs in (
            ("text encoder", pipe.text_encoder, TEXT_KINDS, prediction),
            ("U-Net", pipe.unet, UNET_KINDS, prediction), ("decoder", pipe.vae, VAE_KINDS, picture)):
        wanted = outputs()
        for kind, words in kinds.items():
            row = [moved(module, words, block, outputs, wanted) for block in BLOCKS]
            print(f"{title + ', ' + kind:52}" + "".join(f"{error:11.1e}" for error in row), flush=True)


main()
