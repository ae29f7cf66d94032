"""How far LZ4 shrinks the contents of a .sdq file: the measurement behind docs/FORMAT.md's "stored raw".

    python3 benchmarks/lz4_on_weights.py MODEL.sdq [MODEL.sdq ...]

Needs only liblz4. Every tensor and document is compressed as one block with LZ4 HC at its highest level; fp16 tensors
also byte-shuffled (all low bytes, then all high bytes), which is how fp16 is usually made compressible."""
import collections
import ctypes
import json
import mmap
import struct
import sys
import zlib

lz4 = ctypes.CDLL("liblz4.so.1")
HIGHEST = 12


def compressed(data):
    """Bytes after LZ4 HC."""
    room = lz4.LZ4_compressBound(len(data))
    target = ctypes.create_string_buffer(room)
    return lz4.LZ4_compress_HC(bytes(data), target, len(data), room, HIGHEST)


def shuffled(data):
    return data[0::2] + data[1::2]


def contents(path):
    """Yields (kind, bytes) of every document and tensor."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    magic, version, checksum, length = struct.unpack_from("<8sIIQ", data)
    if magic != b"SDLITEQ1" or version != 1:
        sys.exit(f"{path}: not a .sdq file of version 1")
    if zlib.crc32(data[24:24 + length]) != checksum:
        sys.exit(f"{path}: the header's checksum is wrong")
    header = json.loads(data[24:24 + length])
    start = -(-(24 + length) // 4096) * 4096
    for entry in header["documents"]:
        first = start + entry["offset"]
        yield "documents", entry, data[first:first + entry["storedByteCount"]]
    for entry in header["tensors"]:
        first = start + entry["offset"]
        yield entry["scheme"], entry, data[first:first + entry["byteCount"]]


def main():
    for path in sys.argv[1:]:
        plain, packed = collections.Counter(), collections.Counter()
        for kind, entry, data in contents(path):
            if kind == "documents":
                plain[kind] += entry["byteCount"]
                packed[kind] += len(data)
                continue
            plain[kind] += len(data)
            packed[kind] += compressed(data)
            if kind in ("f16", "f16-panels"):
                plain[kind + " shuffled"] += len(data)
                packed[kind + " shuffled"] += compressed(shuffled(data))
        print(path)
        for kind in plain:
            print(f"  {kind:20} {plain[kind]:12} bytes, {packed[kind] / plain[kind]:6.3f} of that with LZ4")


main()
