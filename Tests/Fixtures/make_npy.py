"""Files that NumPy writes, for the tests of Npy.

Run from the repository root: python Tests/Fixtures/make_npy.py
Needs: pip install numpy. Writes Tests/Fixtures/npy/.
"""
import os

import numpy as np

os.makedirs("Tests/Fixtures/npy", exist_ok=True)


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
