"""Times sd-lite beside its peers: compare.py CHECKPOINT MODEL.sdq [--rounds 3] [--threads N] [--size 512] [--openvino]
[--sd-cpp BINARY] [--no-pytorch]

CHECKPOINT is the diffusers folder that MODEL.sdq was converted from. All take turns within every round, so that
what else the machine does burdens all alike; a row gives the medians, and the medians of the rounds' ratios. PyTorch
computes in float32 and channels_last, OpenVINO in float32, with as many threads. stable-diffusion.cpp is its command
line program, which makes an image in two steps; its times are those that it logs. The yardstick is the same number of
multiply-adds at the rate that OpenBLAS's sgemm sustains for a second and a half in the same round. Needs a release
build and OpenBLAS (libopenblas0); PyTorch and OpenVINO need torch, diffusers and transformers (and openvino).
--save FILE keeps the figures for plot.py."""
import argparse
import ctypes
import json
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "parity"))
PARTS = {"text": "text encoder, 2 prompts", "unet": "U-Net, batch 2", "vae": "VAE decode"}


def peak_memory(pid="self"):
    """The most resident memory that a process has had, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def openvino_settings(threads):
    return {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}


class PyTorch:
    def __init__(self, checkpoint, threads, size):
        import torch
        import oracle
        torch.set_num_threads(threads)
        self.torch, pipe = torch, oracle.load_pipeline(checkpoint)
        unet = pipe.unet.to(memory_format=torch.channels_last)
        vae = pipe.vae.to(memory_format=torch.channels_last)
        side = size // pipe.vae_scale_factor
        latents = torch.randn(2, 4, side, side).to(memory_format=torch.channels_last)
        ids = oracle.token_ids(pipe.tokenizer, ["", "an astronaut riding a horse on mars"])
        states = torch.randn(2, 77, unet.config.cross_attention_dim)
        self.parts = {"text": lambda: pipe.text_encoder(ids), "unet": lambda: unet(latents, 500, states),
                      "vae": lambda: vae.decode(latents[:1])}
        with torch.no_grad():
            unet(latents[:, :, :16, :16], 500, states)

    def round(self):
        seconds = {}
        with self.torch.no_grad():
            for part, work in self.parts.items():
                start = time.perf_counter()
                work()
                seconds[part] = time.perf_counter() - start
        return seconds


class OpenVINO:
    """The same modules, traced from PyTorch's."""

    def __init__(self, checkpoint, threads, size):
        import openvino
        import oracle
        import torch
        pipe = oracle.load_pipeline(checkpoint)
        side = size // pipe.vae_scale_factor
        latents, states = torch.randn(2, 4, side, side), torch.randn(2, 77, pipe.unet.config.cross_attention_dim)
        ids = oracle.token_ids(pipe.tokenizer, ["", "an astronaut riding a horse on mars"])
        pipe.vae.forward = pipe.vae.decode
        examples = {"text": (pipe.text_encoder, {"input_ids": ids}), "vae": (pipe.vae, {"z": latents[:1]}),
                    "unet": (pipe.unet, {"sample": latents, "timestep": torch.tensor(500),
                                         "encoder_hidden_states": states})}
        core = openvino.Core()
        self.parts = {}
        for part, (module, inputs) in examples.items():
            module.config.return_dict = False
            with torch.no_grad():
                compiled = core.compile_model(openvino.convert_model(module, example_input=inputs), "CPU",
                                              openvino_settings(threads))
            arrays = [inputs[name].numpy() for name in inputs]
            compiled(arrays)
            self.parts[part] = lambda compiled=compiled, arrays=arrays: compiled(arrays)

    def round(self):
        seconds = {}
        for part, work in self.parts.items():
            start = time.perf_counter()
            work()
            seconds[part] = time.perf_counter() - start
        return seconds


class StableDiffusionCpp:
    """Its program, run once a round. A guided U-Net evaluation is a step, which evaluates one prompt after the other;
    weights are loaded before anything is timed."""
    TIMES = {"text": r"get_learned_condition completed, taking ([\d.]+)(s)", "unet": r"([\d.]+)(s/it|it/s)",
             "vae": r"latent 1 decoded, taking ([\d.]+)(s)"}

    def __init__(self, binary, model, threads, size, options):
        self.command = [binary, "--eager-load", "-m", model, "-t", str(threads), "-W", str(size), "-H", str(size),
                        "-p", "an astronaut riding a horse on mars", "--cfg-scale", "7.5", "--sampling-method", "euler",
                        "--steps", "2", *options]
        self.peak = 0

    def round(self):
        seconds = {part: [] for part in PARTS}
        with tempfile.TemporaryDirectory() as folder:
            command = [*self.command, "-o", f"{folder}/image.png"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for line in process.stdout:
                for part, pattern in self.TIMES.items():
                    if found := re.search(pattern, line):
                        seconds[part].append(1 / float(found[1]) if found[2] == "it/s" else float(found[1]))
                if "latent 1 decoded" in line:
                    self.peak = max(self.peak, peak_memory(process.pid))
            if process.wait() != 0 or not all(seconds.values()):
                sys.exit(f"failed: {shlex.join(map(str, command))}")
        return {part: statistics.median(times) for part, times in seconds.items()}


class SDLite:
    def __init__(self, model, threads, size):
        self.command = [ROOT / ".build/release/sd-lite", "bench", "--model", model, "--threads", str(threads),
                        "--width", str(size), "--height", str(size), "--rounds", "1", "--json"]
        self.facts = []
        self.peak = self.run("--no-sgemm")["peak_memory_bytes"]

    def run(self, *options):
        return json.loads(subprocess.run([*self.command, *options], check=True, capture_output=True, text=True).stdout)

    def round(self):
        facts = self.run()
        self.facts.append(facts)
        return {part: facts["seconds"][part][0] for part in PARTS}

    def sgemm_round(self):
        """Seconds that the last round's multiply-adds would take at sgemm's sustained rate."""
        facts = self.facts[-1]
        return {part: facts["products"][part] / facts["sgemm_sustained"][0] for part in PARTS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--openvino", action="store_true")
    parser.add_argument("--no-pytorch", action="store_true")
    parser.add_argument("--sd-cpp", metavar="BINARY", help="stable-diffusion.cpp's program, usually called sd-cli")
    parser.add_argument("--sd-cpp-model", metavar="FILE", help="CHECKPOINT if not given")
    parser.add_argument("--sd-cpp-options", default="", help="further options for it, as one argument")
    parser.add_argument("--save", type=pathlib.Path)
    options = parser.parse_args()

    try:
        ctypes.CDLL("libopenblas.so.0")
    except OSError:
        sys.exit("compare.py needs OpenBLAS as its yardstick: apt-get install libopenblas0")
    ours = SDLite(options.model, options.threads, options.size)
    peers = {}
    if not options.no_pytorch:
        peers["PyTorch"] = PyTorch(options.checkpoint, options.threads, options.size)
    if options.openvino:
        peers["OpenVINO"] = OpenVINO(options.checkpoint, options.threads, options.size)
    here = list(peers)
    if options.sd_cpp:
        model = options.sd_cpp_model or options.checkpoint
        peers["sd.cpp"] = StableDiffusionCpp(options.sd_cpp, model, options.threads, options.size,
                                             shlex.split(options.sd_cpp_options))
    seconds = {name: [] for name in ("sd-lite", "sgemm, sustained", *peers)}
    for number in range(options.rounds):
        seconds["sd-lite"].append(ours.round())
        seconds["sgemm, sustained"].append(ours.sgemm_round())
        for name, peer in peers.items():
            seconds[name].append(peer.round())
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)

    print(f"{options.size}x{options.size}, {options.threads} threads, {ours.facts[0]['kernels']} kernels, "
          f"medians of {options.rounds} rounds (and of sd-lite's time / theirs)")
    print(f"{'':26}" + "".join(f"{name:>20}" for name in seconds))
    for part, label in PARTS.items():
        mine = [times[part] for times in seconds["sd-lite"]]
        row = f"{label:26}"
        for name, rounds in seconds.items():
            theirs = [times[part] for times in rounds]
            ratio = statistics.median(a / b for a, b in zip(mine, theirs))
            share = "" if name == "sd-lite" else f" ({ratio:.2f})"
            row += f"{statistics.median(theirs):10.2f} s{share:>8}"
        print(row)
    sustained, burst = (statistics.median(facts[key][0] / 1e9 for facts in ours.facts)
                        for key in ("sgemm_sustained", "sgemm_burst"))
    print(f"sgemm ({ours.facts[0]['sgemm_kernels']} kernels): {sustained:.0f} GMAC/s sustained, {burst:.0f} at best")
    peaks = {"sd-lite": ours.peak}
    if here:
        peaks[f"{' and '.join(here)} in one process"] = peak_memory()
    if options.sd_cpp:
        peaks["sd.cpp"] = peers["sd.cpp"].peak
    print("peak resident memory: " + ", ".join(f"{name} {peak / 2**20:.0f} MiB" for name, peak in peaks.items()))
    if options.save:
        options.save.write_text(json.dumps({"size": options.size, "threads": options.threads, "seconds": seconds,
                                            "facts": ours.facts}))


if __name__ == "__main__":
    main()
