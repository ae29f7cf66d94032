"""Makes docs/gallery.png, the picture that the README opens with: python docs/make_gallery.py MODEL.sdq

MODEL.sdq is the converted bundled model. Every picture is what `sd-lite generate PROMPT --seed 9 --steps 20`
paints. Needs pillow and a release build."""
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

ROOT = pathlib.Path(__file__).parent.parent
PROMPTS = (ROOT / "Training/prompts.txt").read_text().splitlines()
COLUMNS = 8


def main():
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for prompt in PROMPTS:
            path = pathlib.Path(folder) / "picture.png"
            subprocess.run([ROOT / ".build/release/sd-lite", "generate", prompt, "--model", sys.argv[1], "--seed", "9",
                            "--steps", "20", "--output", path, "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            pictures.append(Image.open(path).convert("RGB"))
    side = pictures[0].width
    sheet = Image.new("RGB", (COLUMNS * side, -(-len(pictures) // COLUMNS) * side))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (i % COLUMNS * side, i // COLUMNS * side))
    sheet.save(ROOT / "docs/gallery.png", optimize=True)


main()
