"""Times sd-lite beside PyTorch: compare.py CHECKPOINT MODEL.sdq [--rounds 3] [--threads N] [--size 512]

CHECKPOINT is the diffusers folder that MODEL.sdq was converted from. Both take turns within every round, so that what
else the machine does burdens both alike; a row gives the median of each and of the rounds' ratios. PyTorch computes in
float32 and channels_last, with as many threads. Needs torch, diffusers, transformers, and a release build."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "parity"))
PARTS = {"text": "text encoder, 2 prompts", "unet": "U-Net, batch 2", "vae": "VAE decode"}


def peak_memory(pid="self"):
    """The most resident memory that a process has had, in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


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


class SDLite:
    def __init__(self, model, threads, size):
        self.command = [ROOT / ".build/release/sd-lite", "bench", "--model", model, "--threads", str(threads),
                        "--size", str(size), "--rounds", "1", "--json"]
        self.peak = 0

    def round(self):
        facts = json.loads(subprocess.run(self.command, check=True, capture_output=True, text=True).stdout)
        self.peak = max(self.peak, facts["peak_memory_bytes"])
        return {part: facts["seconds"][part][0] for part in PARTS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()

    ours = SDLite(options.model, options.threads, options.size)
    theirs = PyTorch(options.checkpoint, options.threads, options.size)
    rounds = []
    for number in range(options.rounds):
        rounds.append((ours.round(), theirs.round()))
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)

    print(f"{options.size}x{options.size}, {options.threads} threads, medians of {options.rounds} rounds")
    print(f"{'':26}{'sd-lite':>10}{'PyTorch':>10}{'ratio':>8}")
    for part, label in PARTS.items():
        mine, torchs = ([pair[side][part] for pair in rounds] for side in (0, 1))
        ratio = statistics.median(b / a for a, b in zip(mine, torchs))
        print(f"{label:26}{statistics.median(mine):9.2f}s{statistics.median(torchs):9.2f}s{ratio:7.2f}x")
    print(f"{'peak resident memory':26}{ours.peak / 2**30:6.2f} GiB{peak_memory() / 2**30:6.2f} GiB")


main()
