"""Files that NumPy writes, and a picture that diffusers rounds, for the tests of Npy and Image.

Run from the repository root: python Tests/Fixtures/make_npy.py
Needs: pip install numpy torch diffusers pillow. Writes Tests/Fixtures/npy/ and Tests/Fixtures/image/.
"""
import json
import os

import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor

os.makedirs("Tests/Fixtures/npy", exist_ok=True)
os.makedirs("Tests/Fixtures/image", exist_ok=True)


def save(name, array, version=(1, 0)):
    with open(f"Tests/Fixtures/npy/{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)


values = np.random.default_rng(0).standard_normal((1, 4, 2, 3)).astype("<f4")
save("v1", values)
save("v2", values, version=(2, 0))
save("v3", values, version=(3, 0))
save("vector", values.reshape(-1))
save("scalar", values[0, 0, 0, 0].reshape(()))
save("empty", np.zeros((0, 4), "<f4"))
save("fortran", np.asfortranarray(values))
save("float64", values.astype("<f8"))
save("big-endian", values.astype(">f4"))
save("record", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
save("nan", np.array([1, np.nan], "<f4"))

# Every rounding case: the values that fall on k, k + 1/2 and just beside them, and what lies outside -1…1.
steps = np.arange(0, 511, dtype=np.float32) / np.float32(510) * 2 - 1
beside = [np.nextafter(steps, np.float32(2)), np.nextafter(steps, np.float32(-2))]
decoded = np.concatenate([steps, *beside, np.float32([-3, 3, -1, 1, 0, -0.0])])
decoded = np.concatenate([decoded, np.zeros(-len(decoded) % 24, np.float32)]).reshape(-1, 8, 3)[None]
planes = torch.from_numpy(decoded.transpose(0, 3, 1, 2).copy())
image = VaeImageProcessor().postprocess(planes, output_type="pil")[0]
with open("Tests/Fixtures/image/rounding.json", "w") as file:
    bits = decoded.reshape(-1).view("<u4").tolist()
    json.dump({"shape": decoded.shape, "decoded": bits, "pixels": list(image.tobytes())}, file)
