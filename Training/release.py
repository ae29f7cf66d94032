"""Copy a trained pipeline into the bundled folder: fp16 safetensors and configs only, machine-independent.

    python release.py --pipe sd/pipeline --out ../models/emoji
"""
import argparse
import glob
import hashlib
import json
import os
import shutil

from safetensors.torch import load_file, save_file

KEPT = ['model_index.json', 'unet', 'vae', 'text_encoder', 'tokenizer', 'scheduler']


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--pipe', default='sd/pipeline')
    ap.add_argument('--tokenizer', required=True, help='the folder that tokenizer.py wrote')
    ap.add_argument('--out', default='../models/emoji')
    a = ap.parse_args()
    for name in KEPT:
        source, target = (a.tokenizer if name == 'tokenizer' else f'{a.pipe}/{name}'), f'{a.out}/{name}'
        if os.path.isdir(source):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    for path in glob.glob(f'{a.out}/**/*.json', recursive=True):
        if path.endswith(('vocab.json', 'tokenizer_config.json', 'special_tokens_map.json')):
            continue
        config = json.load(open(path))
        config.pop('_name_or_path', None)
        if path.endswith('model_index.json'):
            absent = ('safety_checker', 'feature_extractor', 'image_encoder')
            config = {k: v for k, v in config.items() if k not in absent}
            config['requires_safety_checker'] = False
        if path.endswith('scheduler_config.json'):              # as in v1-4: DDIM, made from it, must not clip latents
            config['clip_sample'] = False
        with open(path, 'w') as f:
            json.dump(config, f, indent=2, sort_keys=True)
            f.write('\n')
    path = f'{a.out}/text_encoder/model.safetensors'            # names as in v1-4, whatever transformers' release
    weights = {k if k.startswith('text_model.') else f'text_model.{k}': v for k, v in load_file(path).items()}
    save_file(weights, path, metadata={'format': 'pt'})
    total = 0
    for path in sorted(glob.glob(f'{a.out}/**/*.safetensors', recursive=True)):
        total += os.path.getsize(path)
        print(hashlib.sha256(open(path, 'rb').read()).hexdigest(), os.path.relpath(path, a.out), os.path.getsize(path))
    print('weights', total, 'bytes')


if __name__ == '__main__':
    main()
