"""Draws resident memory over time while a picture is painted: memory.py MODEL.sdq OUT.svg [--limits 200M 300M none]
[--steps 5] [--size 512] [--peer NAME=MEGABYTES ...]

Every generation is a process of its own, looked at fifty times a second; its peak is the system's count (VmHWM). Peers'
peaks are given: compare.py prints them. Needs matplotlib and a release build."""
import argparse
import pathlib
import subprocess
import tempfile
import time

import matplotlib
matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "sd-lite"
import matplotlib.pyplot as plt

ROOT = pathlib.Path(__file__).parent.parent


def resident(pid):
    """Megabytes resident now, and the most that were."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return values.get("VmRSS"), values.get("VmHWM")


def watch(model, limit, steps, size):
    with tempfile.TemporaryDirectory() as folder:
        command = [ROOT / ".build/release/sd-lite", "generate", "an astronaut riding a horse on mars", "--model", model,
                   "--steps", str(steps), "--seed", "1", "--width", str(size), "--height", str(size), "--quiet",
                   "-o", f"{folder}/picture.png"]
        if limit != "none":
            command += ["--memory-limit", limit]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        start, times, sizes, peak = time.monotonic(), [], [], 0
        while process.poll() is None:
            now, most = resident(process.pid)
            if now is not None:
                times.append(time.monotonic() - start)
                sizes.append(now)
                peak = most
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"sd-lite failed with {limit}")
    return times, sizes, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--limits", nargs="+", default=["200M", "300M", "none"])
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=MEGABYTES")
    options = parser.parse_args()

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(3, 2))
    peaks = []
    for limit in options.limits:
        name = "no limit" if limit == "none" else f"--memory-limit {limit}"
        times, sizes, peak = watch(options.model, limit, options.steps, options.size)
        print(f"{name}: peak {peak:.0f} MB, {times[-1]:.1f} s")
        left.plot(times, sizes, linewidth=1, label=name)
        peaks.append((f"sd-lite, {limit if limit != 'none' else 'no limit'}", peak))
    left.set(xlabel="seconds", ylabel="resident memory, MB", ylim=(0, None),
             title=f"{options.size}×{options.size}, {options.steps} steps")
    left.legend()
    peaks += [(name, float(value)) for name, value in (peer.rsplit("=", 1) for peer in options.peer)]
    names, values = zip(*reversed(peaks))
    bars = right.barh(names, values, color=["tab:blue" if name.startswith("sd-lite") else "tab:gray" for name in names])
    right.bar_label(bars, [f" {value:,.0f}" for value in values])
    right.set(xscale="log", xlabel="peak resident memory, MB (logarithmic)", xlim=(100, max(values) * 3))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(options.out, metadata={"Date": None})


main()
