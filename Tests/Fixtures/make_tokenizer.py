"""What transformers' CLIPTokenizer makes of prompts that independent tokenizers get wrong, and of seeded random text.

Run from the repository root: python Tests/Fixtures/make_tokenizer.py [RANDOM_COUNT FILE]
Needs: pip install transformers. Writes Tests/Fixtures/tokenizer/prompts.json and, with the special tokens of Stable
Diffusion 2, exclamations.json; or as many random texts as wanted to FILE.
"""
import json
import pathlib
import random
import shutil
import string
import sys
import tempfile
import unicodedata

from transformers import CLIPTokenizer

LENGTH = 77
PROMPTS = [
    "",
    " ",
    "\n\t ",
    "a",
    "A photo of a CAT, highly-detailed!!!",
    "an astronaut riding a horse on mars",
    "a photograph of an astronaut riding a horse",
    "  two   spaces\tand\ttabs\r\nand lines ",
    "it's 'tis we'll they've I'm you'd aren't we're",
    "IT'S DON'T",
    "'s't're've'm'll'd",
    "''s !!'s '''",
    "it\u2019s \u201cquoted\u201d \u2018text\u2019",
    "12345 3.14159 1,000,000 2nd",
    "x2y3z4",
    "½ ¼ ² Ⅷ ⑦ ٣ ३",
    "1girl, (masterpiece:1.2), [bad], {curly} <lora:x:0.8>",
    "user@example.com https://example.com/a?b=c&d=e#f",
    "C++ & C# -- a/b\\c | d_e ~f^g `h` $5 50% *",
    "&amp; &lt;tag&gt; &quot;",
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00fcber",
    "cafe\u0301 nai\u0308ve re\u0301sume\u0301",
    "Å \u212b A\u030a",
    "e\u0323\u0302 e\u0302\u0323 ệ",
    "a\u08e1\u08d2 \U000114c2\U00011d42 \U00011935\U00011930 a\u0301\u1abf\u0301",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 한글",
    "क\u093c फ\u093c \u0958",
    "ÄÖÜ äöü ß ẞ ẞTRASSE",
    "İstanbul ISPARTA ıI",
    "ΟΔΥΣΣΕΥΣ Σίσυφος ΣΑΣ ς",
    "Ά Έ ᾳ ᾼ ᾍ ΐ",
    "ПРИВЕТ мир Ёлка йод и\u0306",
    "\U00010400\U00010428 Deseret",
    "Ǆ ǅ ǆ ﬁ ﬂ ﬃ ſ",
    "ＦＵＬＬ ｗｉｄｔｈ １２３",
    "𝓯𝓪𝓷𝓬𝔂 𝔗𝔢𝔵𝔱 𝟙𝟚",
    "ⓐⒷ ™ © ® ª º",
    "日本語のテスト、漢字とかな。",
    "中文提示词：一只猫，坐在沙发上！",
    "ｶﾞ ガ カ\u3099",
    "مرحبا بالعالم، قطة جميلة",
    "שָׁלוֹם עולם",
    "\u202eright to left\u202c",
    "नमस्ते दुनिया",
    "สวัสดีชาวโลก",
    "வணக்கம் உலகம்",
    "አማርኛ ქართული ᲥᲐᲠᲗᲣᲚᲘ Ꭰ ꭰ",
    "😀 😃😄 a😀b",
    "👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈",
    "👍🏽 ☝🏿 ❤️ ❤ ☺︎",
    "🇩🇪🇫🇷 1️⃣ #️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "¯\\_(ツ)_/¯ ( ͡° ͜ʖ ͡°)",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "a\x00b\x01c\x07d\x1be\x7ff\x80g\x9fh",
    "a\x1cb\x1dc\x1ed\x1fe",
    "a\x0bb\x0cc\x85d",
    "a\u00a0b\u1680c\u2000d\u2003e\u2009f\u200ag\u2028h\u2029i\u202fj\u205fk\u3000l",
    "a\u200bb\u200cc\u200dd\u2060e\ufefff\u180eg\u00adh",
    "\ufffd \ufffe \U0010ffff \ue000",
    "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ ≤ ∞ × ÷ ± √",
    "→ ← ↑ ⇒ ■ ▲ ● ★ ♠ ♪ ✓",
    "€ £ ¥ ₹ ₿ ¢",
    "<|startoftext|>",
    "<|endoftext|>",
    "a<|endoftext|>b <|startoftext|> c",
    "<|STARTOFTEXT|> !<|EndOfText|>!",
    "<|startoftext|",
    "<|<|endoftext|>|>",
    "<start_of_text> </w> a</w>b",
    "<|startof\u212aext|>",
    "\u212aelvin \u2126 ohm",
    "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
    "-----===-----",
    "hahahahahahahaha lololol",
    "Müller-Lüdenscheidt's",
    "o'clock rock'n'roll y'all'd've",
    " ".join(["word"] * 75),
    " ".join(["word"] * 76),
    "one " * 74 + "two, three; it's Ünïcödé 😀 end.",
    "! " * 200,
    "猫" * 120,
    "<|endoftext|>" * 80,
    "word " * 75 + "</w>",
    "a very long prompt, " * 30 + "<|endoftext|> the end",
]
# In Stable Diffusion 2, "!" is the padding, and a special token wherever it stands.
EXCLAMATIONS = [
    "", "a cat", "!", "!!", "! !", "a cat!", "a cat!!! and a dog", "!a", "a!b!c", "wow!?!...!,", "it!'s", "don!'t",
    "\u00a1hola!", "caf\u00e9!", "e!\u0301 !\u0301", "1!2", "x\uff01y", "a !</w> b", "hey!<|endoftext|>!b",
    "<|start!oftext|>", "\n!\t", "word! " * 50, "!" * 100, "one " * 74 + "two! three!", "a " * 74 + "!!!", "a<|endoftext|>! b",
]

BLOCKS = [
    (0, 0x250), (0x250, 0x600), (0x600, 0x1200), (0x1200, 0x2000), (0x2000, 0x3100), (0x3100, 0xA800),
    (0xA800, 0x10000), (0x10000, 0x12000), (0x1D000, 0x1FB00),
]


def random_text(rng):
    """Words, blanks and scalars of many blocks; only such as Python's Unicode tables know."""
    pieces = []
    for _ in range(rng.randint(0, 24)):
        kind = rng.random()
        if kind < 0.3:
            pieces.append("".join(rng.choices(string.ascii_letters, k=rng.randint(1, 9))))
        elif kind < 0.45:
            pieces.append(rng.choice([" ", "  ", "\n", "\u3000", "\u00a0", ""]))
        elif kind < 0.6:
            pieces.append("".join(rng.choices(string.punctuation + string.digits + "strevmld", k=rng.randint(1, 5))))
        else:
            low, high = rng.choice(BLOCKS)
            for _ in range(rng.randint(1, 4)):
                scalar = chr(rng.randrange(low, high))
                if unicodedata.category(scalar) not in ("Cn", "Cs"):
                    pieces.append(scalar)
    return "".join(pieces)


def write(output, tokenizer, texts):
    cases = []
    for text in texts:
        ids = tokenizer(text, padding="max_length", max_length=LENGTH, truncation=True).input_ids
        untruncated = tokenizer(text, padding="longest").input_ids
        dropped = tokenizer.batch_decode([untruncated[LENGTH - 1 : -1]])[0] if len(untruncated) > LENGTH else None
        while len(ids) > 1 and ids[-1] == ids[-2] == tokenizer.pad_token_id and len(untruncated) < len(ids):
            ids.pop()  # the padding is checked, not stored
        cases.append({"text": text, "ids": ids, "truncatedText": dropped})
    with open(output, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "texts")


def main():
    source = pathlib.Path("models/emoji/tokenizer")
    tokenizer = CLIPTokenizer.from_pretrained(source, model_max_length=LENGTH)
    rng = random.Random(0)
    count, output = sys.argv[1:] or (120, "Tests/Fixtures/tokenizer/prompts.json")
    write(output, tokenizer, PROMPTS + [random_text(rng) for _ in range(int(count))])
    if sys.argv[1:]:
        return
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        shutil.copy("Tests/Fixtures/pipeline-sd2/special_tokens_map.json", folder)
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    texts = [text for text in PROMPTS if "!" in text and "|>" not in text]
    write("Tests/Fixtures/tokenizer/exclamations.json", tokenizer, EXCLAMATIONS + texts)


if __name__ == "__main__":
    main()
