"""Sprites and names of all subjects: the bitmaps of Noto Color Emoji (Debian fonts-noto-color-emoji, SIL OFL 1.1)
with the English names and keywords of CLDR (Debian unicode-cldr-core)."""
import io
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from fontTools.ttLib import TTFont
from PIL import Image

FONT = '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf'
CLDR = '/usr/share/unicode/cldr/common'
SKIN = set(map(chr, range(0x1F3FB, 0x1F400)))
S = 128                                             # sprite canvas and picture side


def annotations():
    """English short names, and keywords, by character sequence."""
    names, keywords = {}, {}
    for base in ('annotations', 'annotationsDerived'):
        for e in ET.parse(f'{CLDR}/{base}/en.xml').getroot().iter('annotation'):
            s = e.get('cp').replace('\ufe0f', '')
            if e.get('type') == 'tts':
                names[s] = e.text.replace('’', "'")
            else:
                keywords[s] = [k.strip().replace('’', "'") for k in e.text.split('|')]
    return names, keywords


def sequences(font):
    """Character sequences by glyph: from the character map, and from the ligatures."""
    characters, found = {}, {}
    for code, glyph in font.getBestCmap().items():
        characters.setdefault(glyph, code)
        found.setdefault(glyph, []).append(chr(code))
    for lookup in font['GSUB'].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, 'ExtSubTable', table)
            for first, ligatures in getattr(table, 'ligatures', {}).items():
                for l in ligatures:
                    parts = [first] + l.Component
                    if all(p in characters for p in parts):
                        found.setdefault(l.LigGlyph, []).append(''.join(chr(characters[p]) for p in parts))
    return {g: [s.replace('\ufe0f', '') for s in v] for g, v in found.items()}


def left_out(s, name, names):
    """Why a named sequence is no subject: skin tones, flags; hair and family variants, lettering, clock faces;
    the man or woman of a subject that exists without ("woman pilot", "man running")."""
    if set(s) & SKIN:
        return 'skin'
    if name.startswith('flag:') or 0x1F1E6 <= ord(s[0]) <= 0x1F1FF:
        return 'flags'
    if ':' in name or '“' in name or name.endswith('button') or "o'clock" in name or 'thirty' in name:
        return 'text'
    who, _, what = name.partition(' ')
    people = {'man': 'person', 'woman': 'person', 'men': 'people', 'women': 'people'}
    if who in people and (what in names or f'{people[who]} {what}' in names):
        return 'gendered'
    return ''


def sprite(png):
    """Premultiplied RGBA [4,128,128] of the bitmap's tight box fitted to 120 pixels; width and height of the box."""
    im = np.asarray(Image.open(io.BytesIO(png)).convert('RGBA'), dtype=np.float32) / 255
    im[..., :3] *= im[..., 3:]
    im = torch.from_numpy(im).permute(2, 0, 1)
    ys, xs = (im[3] > .04).any(1).nonzero(), (im[3] > .04).any(0).nonzero()
    im = im[:, ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    k = 120 / max(im.shape[1:])
    h, w = max(1, round(im.shape[1] * k)), max(1, round(im.shape[2] * k))
    im = F.interpolate(im[None], (h, w), mode='bicubic', antialias=True, align_corners=False)[0].clamp(0, 1)
    out = torch.zeros(4, S, S)
    out[:, (S - h) // 2:(S - h) // 2 + h, (S - w) // 2:(S - w) // 2 + w] = im
    return (out * 255).round().byte(), (w / S, h / S)


def aliases(keywords, names):
    """Of each subject's keywords those that mean no other subject."""
    count = Counter(k for ks in keywords for k in set(ks))
    return [[k for k in ks if count[k] == 1 and k not in names and k.isascii() and len(k) > 2] for ks in keywords]


def extract(path):
    """Writes sprites (uint8 [N,4,128,128]), names, aliases, box sizes and counts of what was left out."""
    font = TTFont(FONT)
    named, keywords = annotations()
    glyphs = sequences(font)
    set_of_names, stats = set(named.values()), Counter()
    names, words, sprites, boxes, seen = [], [], [], [], set()
    for strike in font['CBDT'].strikeData:
        for glyph, bitmap in strike.items():
            stats['bitmaps'] += 1
            s = next((c for c in glyphs.get(glyph, []) if c in named), None)
            png = bytes(bitmap.imageData)
            why = 'unnamed' if s is None else left_out(s, named[s], set_of_names)
            if not why and (png in seen or named[s] in names):
                why = 'duplicate'
            if why:
                stats[why] += 1
                continue
            seen.add(png)
            picture, box = sprite(png)
            sprites.append(picture)
            boxes.append(box)
            names.append(named[s])
            words.append(keywords.get(s, []))
    stats['subjects'] = len(names)
    torch.save(dict(sprites=torch.stack(sprites), names=names, aliases=aliases(words, names), boxes=boxes,
                    stats=dict(stats)), path)
    return dict(stats)
