"""Compares sd-lite's safety checker with diffusers', both in full size: CLIP ViT-L/14 with seeded random weights, beside
the tiny pipeline of the tests. The build comes first: swift build -c release."""
import json
import pathlib
import shutil
import tempfile

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker, cosine_distance
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import oracle
from engine import Engine

CONFIG = {
    "architectures": ["StableDiffusionSafetyChecker"], "model_type": "clip", "projection_dim": 768,
    "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
                      "num_hidden_layers": 24, "patch_size": 14},
}
COUNT = 8


def write_checkpoint(folder, checker):
    tiny = pathlib.Path(__file__).parent.parent / "Tests/Fixtures/pipeline/checkpoint"
    shutil.copytree(tiny, folder, dirs_exist_ok=True)
    oracle.write_tokenizer(folder / "tokenizer")
    index = json.loads((folder / "model_index.json").read_text())
    index |= {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
              "feature_extractor": ["transformers", "CLIPFeatureExtractor"]}
    oracle.write_json(folder / "model_index.json", index)
    for part in ["safety_checker", "feature_extractor"]:
        (folder / part).mkdir()
    save_file(checker.state_dict(), folder / "safety_checker/model.safetensors")
    oracle.write_json(folder / "safety_checker/config.json", CONFIG)
    oracle.write_json(folder / "feature_extractor/preprocessor_config.json", {"crop_size": 224, "size": 224})


def pictures(folder):
    """Soft coloured blobs of 512×512 and their files."""
    random = np.random.default_rng(0)
    images = [Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).resize((512, 512), Image.Resampling.BICUBIC)
              for _ in range(COUNT)]
    paths = [folder / f"{i}.png" for i in range(COUNT)]
    for image, path in zip(images, paths):
        image.save(path)
    return images, paths


@torch.no_grad()
def main():
    checker = oracle.seed_weights(StableDiffusionSafetyChecker(CLIPConfig(**CONFIG)), seed=42)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        write_checkpoint(scratch / "checkpoint", checker)
        images, paths = pictures(scratch)
        pixels = CLIPImageProcessorPil()(images, return_tensors="pt").pixel_values
        embeddings = checker.visual_projection(checker.vision_model(pixels)[1])
        expected = torch.cat([
            cosine_distance(embeddings, checker.special_care_embeds) - checker.special_care_embeds_weights,
            cosine_distance(embeddings, checker.concept_embeds) - checker.concept_embeds_weights], dim=1)
        for weights in ["fp16", "int8"]:
            engine = Engine(scratch / "checkpoint", weights, scratch)
            found = engine.tensor(expected.shape, "safety", *paths)
            print(f"{weights}  safety scores, largest difference {(found - expected).abs().max():.1e}", flush=True)


main()
