"""U-Net and text encoder: how they are built, started from a trained pipeline, and written as a pipeline folder."""
import copy

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from transformers import CLIPTextConfig, CLIPTextModel

from init import init_, init_text_

TABLE = 'token_embedding.weight'
GUIDANCE = 7.5      # what the bundled model is made for, as real ones are


def scheduler():
    return PNDMScheduler(num_train_timesteps=1000, beta_start=.00085, beta_end=.012, beta_schedule='scaled_linear',
                         skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1, prediction_type='epsilon',
                         timestep_spacing='leading')


def text_encoder(a, words=49408):
    return CLIPTextModel(CLIPTextConfig(vocab_size=words, hidden_size=a.hidden, intermediate_size=4 * a.hidden,
                                        num_hidden_layers=a.text_layers, num_attention_heads=4,
                                        max_position_embeddings=77, projection_dim=a.hidden, hidden_act='quick_gelu',
                                        bos_token_id=49406, eos_token_id=49407, pad_token_id=49407))


def unet(a):
    down = [('DownBlock2D', 'CrossAttnDownBlock2D')[int(c)] for c in a.down_attention]
    up = [('UpBlock2D', 'CrossAttnUpBlock2D')[int(c)] for c in a.up_attention]
    net = UNet2DConditionModel(sample_size=16, in_channels=4, out_channels=4, layers_per_block=a.layers,
                               block_out_channels=tuple(map(int, a.channels.split(','))), down_block_types=down,
                               up_block_types=up, cross_attention_dim=a.hidden, attention_head_dim=a.heads,
                               norm_num_groups=a.groups)
    init_(net)
    with torch.no_grad():
        net.conv_out.weight.zero_()                     # start by predicting nothing
        net.conv_out.bias.zero_()
    return net


def start_from(folder, net, text):
    """Takes over what fits of a trained pipeline; attention that it lacks starts by adding nothing."""
    old = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
    for new, trained in ((net, old.unet), (text, old.text_encoder)):
        weights, own = trained.state_dict(), new.state_dict()
        fits = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape}
        new.load_state_dict(fits, strict=False)
        with torch.no_grad():
            for k, p in new.named_parameters():
                if k not in fits and 'proj_out' in k:
                    p.zero_()
        print('took over', len(fits), 'of', len(own), 'tensors', flush=True)


def build(a, words):
    """Networks whose token table holds only the rows in words, and the whole table."""
    net, text = unet(a), init_text_(text_encoder(a))
    if a.start:
        start_from(a.start, net, text)
    table = next(p for k, p in text.named_parameters() if k.endswith(TABLE)).detach()
    small = text_encoder(a, len(words))
    small.load_state_dict({k: v[words] if k.endswith(TABLE) else v for k, v in text.state_dict().items()})
    if a.device == 'cpu':
        net.set_attn_processor(AttnProcessor())         # the backward of the fused CPU kernels is slow
    return torch.nn.ModuleDict(dict(unet=net, text=small)), table


def write_pipeline(net, table, words, tokenizer, a):
    """The pipeline folder in float16, with the whole token table."""
    weights = {k: v.cpu() for k, v in net['text'].state_dict().items()}
    text = text_encoder(a)
    for k in weights:
        if k.endswith(TABLE):
            rows, weights[k] = weights[k], table.clone()
            weights[k][words] = rows
    text.load_state_dict(weights)
    pipe = StableDiffusionPipeline(vae=AutoencoderKL.from_pretrained(a.vae), text_encoder=text, tokenizer=tokenizer,
                                   unet=copy.deepcopy(net['unet']).cpu().to(memory_format=torch.contiguous_format),
                                   scheduler=scheduler(), safety_checker=None, feature_extractor=None,
                                   requires_safety_checker=False)
    pipe.to(torch.float16).save_pretrained(f'{a.out}/pipeline', safe_serialization=True)
