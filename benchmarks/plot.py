"""Draws what compare.py --save kept: plot.py FIGURES.json OUT.svg

Left: seconds per part beside the peers. Right: where each group of operations stands against sgemm's sustained rate
(a group whose products are computed in fewer or cheaper multiplications can stand above it)."""
import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

PARTS = {"text": "text encoder,\n2 prompts", "unet": "U-Net,\nbatch 2", "vae": "VAE decode"}


def bars(axes, figures):
    names = list(figures["seconds"])
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        medians = [statistics.median(times[part] for times in figures["seconds"][name]) for part in PARTS]
        places = [x + (i - (len(names) - 1) / 2) * width for x in range(len(PARTS))]
        drawn = axes.bar(places, medians, width, label=name)
        axes.bar_label(drawn, [f"{median:.1f}" if median >= 1 else f"{median:.2f}" for median in medians], fontsize=7)
    axes.set_xticks(range(len(PARTS)), PARTS.values())
    axes.set_ylabel("seconds")
    axes.set_title(f"{figures['size']}×{figures['size']}, {figures['threads']} threads, medians", fontsize=10)
    axes.legend(fontsize=8)


def roofline(axes, figures):
    facts = figures["facts"]
    yardstick = statistics.median(value for fact in facts for value in fact["sgemm_sustained"])
    groups = {}
    for fact in facts:
        for part in ("unet", "vae"):
            for group in fact["groups"][part]:
                if group["products"]:
                    groups.setdefault((part, group["name"]), []).append(group)
    rows = sorted((sum(g["seconds"] for g in found) / len(found), part, name,
                   statistics.median(g["products"] / g["seconds"] for g in found))
                  for (part, name), found in groups.items())
    rows = [row for row in rows if row[0] > 0.02]
    axes.barh(range(len(rows)), [rate / 1e9 for *_, rate in rows],
              color=["tab:blue" if part == "unet" else "tab:green" for _, part, _, _ in rows])
    axes.set_yticks(range(len(rows)), [f"{part}: {name}, {seconds:.2f} s" for seconds, part, name, _ in rows],
                    fontsize=6)
    axes.axvline(yardstick / 1e9, color="black", linestyle="--", linewidth=1)
    axes.text(yardstick / 1e9, len(rows) - 0.3, " sgemm, sustained", fontsize=7, va="bottom")
    axes.set_xlabel("GMAC/s")
    axes.set_title("where the time goes", fontsize=10)


figures = json.loads(pathlib.Path(sys.argv[1]).read_text())
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), width_ratios=[2, 3])
bars(left, figures)
roofline(right, figures)
figure.tight_layout()
figure.savefig(sys.argv[2], metadata={"Date": None})
