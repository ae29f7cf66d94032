"""What torch.randn draws on the CPU: for every case some calls in a row with one generator.

Run from the repository root: python Tests/Fixtures/make_noise.py
Needs: pip install torch (an x86-64 machine with AVX2). Writes Tests/Fixtures/noise/cpu.json: of every call the bit
patterns of all values, or of the first and last 16 and the CRC-32 of all the bytes.
"""
import json
import zlib

import torch

SEEDS = (0, 42, 1024, 2**32 + 5)
COUNTS = (4, 15, 16, 17, 31, 100, 16384, 16900)
SEQUENCES = ((1, 1, 1), (3, 3, 16, 1, 5), (17, 4, 16384, 15, 15), (620, 20, 624, 7))


def call(generator, count):
    values = torch.randn(count, generator=generator).numpy()
    bits = values.view("<u4").tolist()
    return {
        "count": count,
        "first": bits if count <= 100 else bits[:16],
        "last": bits[-16:],
        "crc32": zlib.crc32(values.tobytes()),
    }


cases = []
for seed in SEEDS:
    for counts in [(count,) for count in COUNTS] + list(SEQUENCES):
        generator = torch.Generator().manual_seed(seed)
        cases.append({"seed": seed, "calls": [call(generator, count) for count in counts]})
with open("Tests/Fixtures/noise/cpu.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
