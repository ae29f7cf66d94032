"""Write the CLIP tokenizer folder (vocab.json, merges.txt, configs) from OpenAI's bpe_simple_vocab_16e6.txt.gz.

    python tokenizer.py --bpe bpe_simple_vocab_16e6.txt.gz --out tokenizer      (default: open-clip-torch's copy)

The vocabulary is 256 byte symbols, the same with '</w>', one entry per merge (lines 1 to 48894 of the file),
and the two special tokens: 49,408 entries.
"""
import argparse
import gzip
import json
import os


def byte_symbols():
    """GPT-2's printable stand-ins for the 256 bytes, in the vocabulary's order."""
    kept = [c for a, b in ('!~', '¡¬', '®ÿ') for c in range(ord(a), ord(b) + 1)]
    return [chr(b) for b in kept] + [chr(256 + i) for i in range(256 - len(kept))]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--bpe', default='')
    ap.add_argument('--out', default='tokenizer')
    a = ap.parse_args()
    if not a.bpe:
        import open_clip
        a.bpe = os.path.join(os.path.dirname(open_clip.__file__), 'bpe_simple_vocab_16e6.txt.gz')
    merges = gzip.open(a.bpe).read().decode('utf-8').split('\n')[1:48895]
    symbols = byte_symbols()
    vocabulary = symbols + [s + '</w>' for s in symbols] + [m.replace(' ', '') for m in merges]
    vocabulary += ['<|startoftext|>', '<|endoftext|>']
    assert len(vocabulary) == len(set(vocabulary)) == 49408
    special = {k: dict(content=c, lstrip=False, normalized=True, rstrip=False, single_word=False)
               for k, c in dict(bos_token='<|startoftext|>', eos_token='<|endoftext|>',
                                unk_token='<|endoftext|>').items()}
    os.makedirs(a.out, exist_ok=True)
    with open(f'{a.out}/vocab.json', 'w', encoding='utf-8') as f:
        json.dump({w: i for i, w in enumerate(vocabulary)}, f, ensure_ascii=False)
    with open(f'{a.out}/merges.txt', 'w', encoding='utf-8') as f:
        f.write('#version: 0.2\n' + '\n'.join(merges) + '\n')
    with open(f'{a.out}/special_tokens_map.json', 'w') as f:
        json.dump(dict(special, pad_token='<|endoftext|>'), f, indent=2)
    with open(f'{a.out}/tokenizer_config.json', 'w') as f:
        json.dump(dict(add_prefix_space=False, do_lower_case=True, errors='replace', model_max_length=77,
                       pad_token='<|endoftext|>', tokenizer_class='CLIPTokenizer', **special), f, indent=2)


if __name__ == '__main__':
    main()
