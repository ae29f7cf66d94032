"""Makes merges.lz4 from models/emoji/tokenizer/merges.txt: its size as four little-endian bytes, then one LZ4 block. Run
from the root of the repository; needs liblz4, and nothing else."""
import ctypes
import pathlib

lz4 = ctypes.CDLL("liblz4.so.1")
HIGHEST = 12

text = pathlib.Path("models/emoji/tokenizer/merges.txt").read_bytes()
room = lz4.LZ4_compressBound(len(text))
block = ctypes.create_string_buffer(room)
count = lz4.LZ4_compress_HC(text, block, len(text), room, HIGHEST)
pathlib.Path("Sources/CLIPMerges/merges.lz4").write_bytes(len(text).to_bytes(4, "little") + block.raw[:count])
