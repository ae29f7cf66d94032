"""Makes Tests/Fixtures/safety_checker: a tiny safety checker with seeded weights in the spelling of the first uploads,
and what diffusers makes of pictures with it. Run from the root of the repository; needs torch, diffusers, transformers,
open-clip-torch, and Tests/Fixtures/pipeline.

Concepts and thresholds are set so that every rule decides about a picture: see `concepts`."""
import builtins
import json
import pathlib
import shutil
import sys
import tempfile
import zlib

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion import safety_checker as diffusers_file
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

sys.path.insert(0, "parity")
import oracle

SEED = 14
OUT = pathlib.Path("Tests/Fixtures/safety_checker")
CHECKPOINT = OUT / "checkpoint"
# What the upload of SD 1.4 says twice, and where the two differ the second counts.
VISION = dict(hidden_size=32, intermediate_size=48, num_attention_heads=4, num_hidden_layers=2, patch_size=14,
              image_size=56)
CONFIG = {
    "architectures": ["StableDiffusionSafetyChecker"], "initializer_factor": 1.0, "logit_scale_init_value": 2.6592,
    "model_type": "clip", "projection_dim": 20, "text_config": {}, "text_config_dict": {},
    "vision_config": VISION | dict(attention_dropout=0.0, hidden_act="quick_gelu", layer_norm_eps=1e-05,
                                   model_type="clip_vision_model", num_channels=3),
    "vision_config_dict": VISION,
}
PREPROCESSOR = {
    "crop_size": 56, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 56,
}
# Widths, heights and seeds of noise: enlarged and reduced, wide and high, of the very size.
NOISE = [(5, 3, 1), (64, 64, 2), (100, 61, 3), (9, 200, 4), (56, 56, 5), (57, 31, 6), (1, 1, 7)]
# Tests/Fixtures/make_pipeline.py has these two pictures as well.
PAINTED = dict(scheduler="pndm", height=64, width=64, seed=5, count=2)
PROMPT = "an astronaut riding a horse on mars"


def noise(width, height, seed):
    state, pixels = seed, bytearray()
    for _ in range(width * height * 3):
        state = (state * 1664525 + 1013904223) % 2**32
        pixels.append(state >> 24)
    return Image.frombytes("RGB", (width, height), bytes(pixels))


def concepts(embeddings):
    """Concepts near to pictures, and thresholds: `above` says by how much a picture is above one.

    Picture 0 is near the first special concept, and only the 0.01 that this adds brings it above the threshold of the
    second special concept and of concept 0. Picture 1 is near concept 1. Picture 2 is above concept 2 by less than
    rounding keeps. Picture 3 is as near to concept 3 as picture 0 is to concept 0, and has no 0.01. Of the two painted
    pictures, the last two, the first is near concept 4."""
    random = torch.Generator().manual_seed(SEED)

    def own(picture):
        """What of a picture's embedding no other one has."""
        others = torch.cat([embeddings[:picture], embeddings[picture + 1:]]).T
        return embeddings[picture] - others @ torch.linalg.lstsq(others, embeddings[picture][:, None]).solution[:, 0]

    def table(count, near):
        chosen, thresholds = torch.randn(count, embeddings.shape[1], generator=random), torch.zeros(count)
        for index, (picture, _) in near.items():
            chosen[index] = own(picture) + 0.1 * own(picture).std() * chosen[index]
        cosines = diffusers_file.cosine_distance(embeddings, chosen)
        for index in range(count):
            picture, above = near.get(index, (None, None))
            others = [i for i in range(len(embeddings)) if i != picture]
            if picture is None:
                thresholds[index] = cosines[:, index].max() + 0.054
            else:
                thresholds[index] = cosines[picture, index] - above
                assert cosines[others, index].max() + 0.01 < thresholds[index], (count, index, cosines[:, index])
        return chosen, thresholds

    special = table(3, {0: (0, 0.023), 1: (0, -0.004)})
    painted = len(embeddings) - 2
    return special, table(17, {0: (0, -0.004), 1: (1, 0.003), 2: (2, 0.0003), 3: (3, -0.004), 4: (painted, 0.023)})


def save(checker):
    """In float16 but for what decides, with the names that transformers gave before version 5."""
    tensors = {}
    for name, value in checker.state_dict().items():
        exact = "embeds" in name
        name = name.replace("vision_model.", "vision_model.vision_model.", 1)
        tensors[name] = value.contiguous() if exact else value.half().contiguous()
    places = (VISION["image_size"] // VISION["patch_size"]) ** 2 + 1
    tensors["vision_model.vision_model.embeddings.position_ids"] = torch.arange(places)[None]
    for folder in ["safety_checker", "feature_extractor"]:
        (CHECKPOINT / folder).mkdir(parents=True, exist_ok=True)
    save_file(tensors, CHECKPOINT / "safety_checker/model.safetensors", metadata={"format": "pt"})
    oracle.write_json(CHECKPOINT / "safety_checker/config.json", CONFIG)
    oracle.write_json(CHECKPOINT / "feature_extractor/preprocessor_config.json", PREPROCESSOR)


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    checker = diffusers_file.StableDiffusionSafetyChecker(CLIPConfig(**CONFIG))
    save(oracle.seed_weights(checker, SEED))
    processor = CLIPImageProcessorPil.from_pretrained(CHECKPOINT / "feature_extractor")

    with tempfile.TemporaryDirectory() as whole:
        shutil.copytree("Tests/Fixtures/pipeline/checkpoint", whole, dirs_exist_ok=True)
        oracle.write_tokenizer(pathlib.Path(whole) / "tokenizer")
        pipe = oracle.load_pipeline(whole)
    painted = oracle.picture(pipe, prompt=PROMPT, steps=10, **PAINTED)[2].numpy().astype(np.uint8)
    pictures = [noise(*each) for each in NOISE] + [Image.fromarray(each) for each in painted]
    pixels = torch.from_numpy(np.concatenate([processor(each, return_tensors="np").pixel_values for each in pictures]))
    embeddings = checker.visual_projection(checker.vision_model(pixels)[1])
    (special, special_thresholds), (common, thresholds) = concepts(embeddings)
    for name, value in [("special_care_embeds", special), ("special_care_embeds_weights", special_thresholds),
                        ("concept_embeds", common), ("concept_embeds_weights", thresholds)]:
        getattr(checker, name).copy_(value)
    save(checker)

    # From here on, what the libraries read from the files, and the scores that diffusers rounds.
    checker = diffusers_file.StableDiffusionSafetyChecker.from_pretrained(
        CHECKPOINT / "safety_checker", dtype=torch.float32).eval()
    assert torch.equal(checker.concept_embeds, common) and torch.equal(checker.concept_embeds_weights, thresholds)
    assert torch.equal(checker.visual_projection(checker.vision_model(pixels)[1]), embeddings)
    scores = []
    diffusers_file.round = lambda value, digits: scores.append(builtins.round(value, digits)) or scores[-1]
    _, flags = checker(clip_input=pixels, images=[np.ones(1) for _ in pictures])
    scores = np.array(scores, np.float64).reshape(len(pictures), 20).round(3).tolist()
    assert flags == [True, True] + [False] * 5 + [True, False], flags

    pipe.register_modules(safety_checker=checker, feature_extractor=processor)
    pipe.scheduler = oracle.SCHEDULERS[PAINTED["scheduler"]].from_config(pipe.scheduler.config)
    result = pipe(PROMPT, num_inference_steps=10, guidance_scale=7.5, height=PAINTED["height"], width=PAINTED["width"],
                  num_images_per_prompt=PAINTED["count"], output_type="np",
                  generator=torch.Generator("cpu").manual_seed(PAINTED["seed"]))
    assert result.nsfw_content_detected == [True, False]
    assert (result.images[0] == 0).all()
    assert ((result.images[1] * 255).round() == painted[1]).all()

    planes = pixels.permute(0, 2, 3, 1).contiguous().numpy()
    cases = [dict(width=width, height=height, seed=seed, pixels_crc32=zlib.crc32(planes[i].tobytes()),
                  special_care=scores[i][:3], concepts=scores[i][3:], flagged=flags[i])
             for i, (width, height, seed) in enumerate(NOISE)]
    (OUT / "cases.json").write_text("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")
    for case in cases:
        print(case)
    print("cosines of the embeddings", diffusers_file.cosine_distance(embeddings, embeddings)[0].tolist())


main()
