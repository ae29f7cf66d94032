"""Times whole pictures by few-step recipes beside OpenVINO: few_steps.py FOLDER [--recipes lcm turbo] [--rounds 3]
[--threads N] [--size 512] [--decoder taesd] [--save FIGURES.json] [--plot OUT.svg]

This is how people paint fastest on CPUs today (FastSD CPU): a distilled U-Net without guidance, and a tiny decoder.

    lcm     SD v1-4's U-Net, four evaluations, TAESD
    turbo   SD 2.1's U-Net at 512x512, one evaluation, TAESD

The networks have the published shapes and random weights, which take as long as trained ones. FOLDER keeps what is made
once: checkpoints, sd-lite's files (int8) and OpenVINO's (float32), 20 GB of them. A folder or a link called v1-4, v2-1
or taesd that is there already is taken instead.

Every round paints a picture in new processes, one of sd-lite's and one of OpenVINO's for each recipe in turn, so that
what else the machine does burdens all alike. From text to PNG:

- "picture, loaded" is what every further picture takes. OpenVINO's process reads and compiles its models, paints one
  picture, and times the second. sd-lite's is the whole process less the time of `sd-lite plan`, which opens the same
  model, plans a picture's memory and ends.
- "process" is all of a process that paints one picture: for OpenVINO with reading and compiling, without Python's start
  and tokens, which it is given.

OpenVINO computes in float32, from files that are float32, with static shapes. Between its evaluations there are a few
operations of NumPy: neither torch nor a pipeline burdens its memory. Peaks are the system's counts (VmHWM) of the
processes. Needs a release build and torch, diffusers, transformers, open-clip-torch, openvino, pillow; --plot
matplotlib."""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from compare import ROOT, openvino_settings, peak_memory

PROMPT = "an astronaut riding a horse on mars"
RECIPES = {
    "lcm": dict(label="4 evaluations of SD 1's U-Net", checkpoint="v1-4", timesteps=[999, 759, 499, 259],
                options=["--scheduler", "lcm"]),
    "turbo": dict(label="1 evaluation of SD 2's U-Net", checkpoint="v2-1", timesteps=[999],
                  options=["--scheduler", "euler", "--timestep-spacing", "trailing"]),
}
ROWS = {"picture": "picture, loaded", "process": "process"}


def sd_lite(*words):
    """What a command of the release build prints, and the seconds of its process."""
    start = time.perf_counter()
    done = subprocess.run([ROOT / ".build/release/sd-lite", *map(str, words)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"sd-lite failed: {' '.join(map(str, words))}")
    return done.stdout, time.perf_counter() - start


def ours(options, name):
    recipe = RECIPES[name]
    common = ["--model", options.folder / f"{recipe['checkpoint']}.sdq", "--threads", options.threads,
              "--width", options.size, "--height", options.size, "--memory-limit", options.memory_limit]
    _, opening = sd_lite("plan", *common)
    with tempfile.TemporaryDirectory() as folder:
        facts, process = sd_lite("generate", PROMPT, *common, *recipe["options"], "--steps", len(recipe["timesteps"]),
                                 "--guidance-scale", 1, "--decoder", options.decoder, "--seed", 1, "--quiet", "--json",
                                 "--output", f"{folder}/picture.png")
    facts = json.loads(facts)
    return {"picture": process - opening, "process": process, "peak": facts["peak_memory_bytes"],
            "parts": {"text": facts["text_seconds"], "steps": sum(facts["step_seconds"]),
                      "decode": facts["decode_seconds"]}}


def theirs(options, name):
    command = [sys.executable, __file__, *sys.argv[1:], "--worker", name]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def worker(options, recipe):
    """OpenVINO's process."""
    import numpy
    import openvino
    from PIL import Image
    begin = time.perf_counter()
    core, side = openvino.Core(), options.size // 8
    source = options.folder / f"{recipe['checkpoint']}-openvino"
    ids = numpy.load(source / "ids.npy")

    def compiled(part, *shapes):
        model = core.read_model(source / f"{part}.xml")
        model.reshape({place: list(shape) for place, shape in enumerate(shapes)})
        return core.compile_model(model, "CPU", openvino_settings(options.threads))

    text = compiled("text", ids.shape)
    width = text.outputs[0].get_partial_shape()[2].get_length()
    unet = compiled("unet", (1, 4, side, side), (), (1, ids.shape[1], width))
    decoder = compiled(options.decoder, (1, 4, side, side))
    loaded = time.perf_counter() - begin

    betas = numpy.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2
    alphas = numpy.cumprod(1 - betas)
    random = numpy.random.default_rng(1)

    def noise():
        return random.standard_normal((1, 4, side, side), dtype=numpy.float32)

    def paint():
        states, latents = text([ids])[0], noise()
        for i, timestep in enumerate(recipe["timesteps"]):
            predicted = unet([latents, numpy.array(timestep), states])[0]
            alpha = alphas[timestep]
            latents = (latents - math.sqrt(1 - alpha) * predicted) / math.sqrt(alpha)
            if i + 1 < len(recipe["timesteps"]):
                alpha = alphas[recipe["timesteps"][i + 1]]
                latents = math.sqrt(alpha) * latents + math.sqrt(1 - alpha) * noise()
        pixels = decoder([latents.astype(numpy.float32)])[0][0].transpose(1, 2, 0) / 2 + 0.5
        Image.fromarray((pixels.clip(0, 1) * 255).round().astype(numpy.uint8)).save(f"{folder}/picture.png")

    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            start = time.perf_counter()
            paint()
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"picture": seconds[1], "process": loaded + seconds[0], "peak": peak_memory(),
                      "parts": {"reading and compiling": loaded, "first picture": seconds[0]}}))


def prepare(folder, checkpoint, decoder):
    """Makes what is not there yet, each in a process of its own: the memory of torch goes with it."""
    folder.mkdir(parents=True, exist_ok=True)
    source, model = folder / checkpoint, folder / f"{checkpoint}.sdq"
    if not source.exists():
        command = [sys.executable, ROOT / "parity/make_full_checkpoint.py", source, "--kind", checkpoint]
        subprocess.run(command, check=True)
    if not (folder / "taesd").exists():
        make(folder, "taesd", "taesd")
    if not model.exists():
        command = [ROOT / ".build/release/sd-lite-convert", source, "-o", model]
        if decoder == "taesd":
            command += ["--tiny-vae", folder / "taesd"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for part in ("text", "unet", decoder):
        if not (folder / f"{checkpoint}-openvino" / f"{part}.xml").exists():
            make(folder, checkpoint, part)


def make(folder, checkpoint, part):
    print(f"making {checkpoint} {part}", file=sys.stderr)
    subprocess.run([sys.executable, __file__, str(folder), "--make", checkpoint, part], check=True)


def make_part(folder, checkpoint, part):
    """A file of OpenVINO's traced from PyTorch's module, or the tiny autoencoder."""
    import torch
    from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer
    torch.manual_seed(14)
    if checkpoint == "taesd":
        return AutoencoderTiny().half().save_pretrained(folder / "taesd")
    import numpy
    import openvino
    source, out = folder / checkpoint, folder / f"{checkpoint}-openvino"
    out.mkdir(exist_ok=True)
    latents = torch.randn(1, 4, 64, 64)
    if part == "text":
        module = CLIPTextModel.from_pretrained(source / "text_encoder", dtype=torch.float32)
        tokenizer = CLIPTokenizer.from_pretrained(source / "tokenizer")
        ids = tokenizer([PROMPT], padding="max_length", max_length=77, return_tensors="pt").input_ids
        numpy.save(out / "ids.npy", ids.numpy())
        inputs = {"input_ids": ids}
    elif part == "unet":
        module = UNet2DConditionModel.from_pretrained(source / "unet", torch_dtype=torch.float32)
        inputs = {"sample": latents, "timestep": torch.tensor(500),
                  "encoder_hidden_states": torch.randn(1, 77, module.config.cross_attention_dim)}
    elif part == "taesd":
        module = AutoencoderTiny.from_pretrained(folder / "taesd", torch_dtype=torch.float32)
        inputs = {"x": latents}
    else:
        module = AutoencoderKL.from_pretrained(source / "vae", torch_dtype=torch.float32)
        inputs = {"z": latents}
    module.eval().config.return_dict = False
    if part in ("taesd", "full"):
        module.forward = module.decode
    with torch.no_grad():
        model = openvino.convert_model(module, example_input=inputs)
    openvino.save_model(model, out / f"{part}.xml", compress_to_fp16=False)


def report(figures):
    print(f"{figures['size']}x{figures['size']}, {figures['threads']} threads, decoder {figures['decoder']}, sd-lite "
          f"within {figures['memory_limit']}: medians of {figures['rounds']} rounds (and of sd-lite's / OpenVINO's)")
    print(f"{'':40}{'sd-lite':>14}{'OpenVINO':>14}{'ratio':>9}")
    for name, rounds in figures["recipes"].items():
        for key, row in (ROWS | {"peak": "peak memory"}).items():
            mine, other = ([each[key] for each in rounds[who]] for who in ("sd-lite", "OpenVINO"))
            ratio = statistics.median(a / b for a, b in zip(mine, other))
            a, b = (f"{statistics.median(values) / 1e6:.0f} MB" if key == "peak" else
                    f"{statistics.median(values):.2f} s" for values in (mine, other))
            print(f"{RECIPES[name]['label'] + ', ' + row:<46}{a:>8}{b:>14}{ratio:9.2f}")
        for who, values in rounds.items():
            parts = {part: statistics.median(each["parts"][part] for each in values) for part in values[0]["parts"]}
            print(f"    {who}: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in parts.items()))


def plot(figures, out):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "sd-lite"
    import matplotlib.pyplot as plt
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    labels = [RECIPES[name]["label"] for name in figures["recipes"]]
    for i, (who, color) in enumerate({"sd-lite": "tab:blue", "OpenVINO": "tab:gray"}.items()):
        for axes, key, unit in ((left, "picture", 1), (right, "peak", 1e6)):
            values = [statistics.median(each[key] for each in rounds[who]) / unit
                      for rounds in figures["recipes"].values()]
            places = [place + (i - 0.5) * 0.4 for place in range(len(labels))]
            bars = axes.bar(places, values, 0.4, label=who, color=color)
            axes.bar_label(bars, [f"{value:.1f}" if unit == 1 else f"{value:,.0f}" for value in values])
    for axes, text in ((left, "seconds from text to PNG"), (right, "peak resident memory, MB")):
        axes.set(ylabel=text)
        axes.set_xticks(range(len(labels)), labels)
        axes.spines[["top", "right"]].set_visible(False)
    left.set_title(f"{figures['size']}×{figures['size']}, {figures['threads']} threads, medians", fontsize=10)
    right.set_title(f"sd-lite within {figures['memory_limit']}", fontsize=10)
    left.legend()
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--decoder", choices=("taesd", "full"), default="taesd")
    parser.add_argument("--memory-limit", default="250M", help="sd-lite's")
    parser.add_argument("--save", type=pathlib.Path)
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--worker", choices=RECIPES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        return make_part(options.folder, *options.make)
    if options.worker:
        return worker(options, RECIPES[options.worker])

    for name in options.recipes:
        prepare(options.folder, RECIPES[name]["checkpoint"], options.decoder)
    recipes = {name: {"sd-lite": [], "OpenVINO": []} for name in options.recipes}
    for number in range(options.rounds):
        for name, rounds in recipes.items():
            rounds["sd-lite"].append(ours(options, name))
            rounds["OpenVINO"].append(theirs(options, name))
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    figures = {key: getattr(options, key) for key in ("size", "threads", "decoder", "memory_limit", "rounds")}
    figures["recipes"] = recipes
    report(figures)
    if options.save:
        options.save.write_text(json.dumps(figures))
    if options.plot:
        plot(figures, options.plot)


main()
