"""A model hub in miniature for the tests of `sd-lite pull`: the files of a checkpoint, as the repository of any name.

    hub.py CHECKPOINT TOKENIZER

It prints the port that it listens on, and ends when its stdin does. The first part of an address says how this hub
misbehaves; BIG is what misbehaves most. Nothing is remembered from one request to the next."""
import hashlib
import http.server
import json
import os
import pathlib
import sys
import threading
import time
import urllib.parse

BIG = "unet/diffusion_pytorch_model.safetensors"
CARD = b"---\nlicense: creativeml-openrail-m\n---\n# Tiny\n"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MEMBER = "Bearer hf_member"


def read(checkpoint, tokenizer):
    files = {"README.md": CARD, "single.safetensors": b"not a checkpoint", "pictures/a cat.png": b"PNG"}
    for path in checkpoint.rglob("*"):
        if path.is_file():
            files[str(path.relative_to(checkpoint))] = path.read_bytes()
    for path in tokenizer.iterdir():
        files["tokenizer/" + path.name] = path.read_bytes()
    return files


FILES = read(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))


def repository(behaviour):
    """The files of this hub's repository, as they are sent."""
    files = dict(FILES)
    weights = [name for name in files if name.count("/") == 1 and name.endswith(".safetensors")]
    if behaviour == "fp16":
        files |= {name.replace(".safetensors", ".fp16.safetensors"): files[name] for name in weights}
    elif behaviour == "sharded":
        files["unet/diffusion_pytorch_model-00001-of-00001.safetensors"] = files.pop(BIG)
        header = files["unet/diffusion_pytorch_model-00001-of-00001.safetensors"]
        names = json.loads(header[8:8 + int.from_bytes(header[:8], "little")])
        names.pop("__metadata__", None)
        shards = dict.fromkeys(names, "diffusion_pytorch_model-00001-of-00001.safetensors")
        files["unet/diffusion_pytorch_model.safetensors.index.json"] = json.dumps({"weight_map": shards}).encode()
    elif behaviour == "pickled":
        files["unet/diffusion_pytorch_model.bin"] = files.pop(BIG)
    elif behaviour == "files":
        del files["model_index.json"]
    elif behaviour == "sdxl":
        index = json.loads(files["model_index.json"])
        files["model_index.json"] = json.dumps(index | {"text_encoder_2": ["transformers", "X"]}).encode()
    elif behaviour == "inpainting":
        config = json.loads(files["unet/config.json"])
        files["unet/config.json"] = json.dumps(config | {"in_channels": 9}).encode()
    elif behaviour == "names":
        evil = ["../evil.json", "/tmp/sd-lite-evil.json", "unet/../../evil.json", "unet/sub/evil.json", "unet/.evil.json",
                "unet/a\x1b[31m.json", "../LICENSE", "unet/" + 200 * "n" + ".json", "unet/..\\evil.json"]
        files |= {name: b"{}" for name in evil}
    return files


def info(behaviour):
    files = repository(behaviour)
    siblings = []
    for name, data in files.items():
        entry = {"rfilename": name, "size": len(data), "blobId": "0"}
        if name.endswith((".safetensors", ".bin")):
            entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        siblings.append(entry)
    value = {"id": "x/y", "sha": COMMIT, "siblings": siblings, "gated": False, "tags": ["text-to-image"],
             "cardData": {"license": "creativeml-openrail-m"}}
    if behaviour == "gated":
        value["gated"] = "auto"
    elif behaviour == "nosize":
        del siblings[0]["size"]
    elif behaviour == "minus":
        siblings[0]["size"] = -1
    elif behaviour == "vast":
        siblings[0]["size"] = 2 ** 63
    elif behaviour == "giant":
        for sibling in siblings:
            if "lfs" in sibling:
                sibling["size"] = 2 ** 40
    elif behaviour == "wordy":
        next(s for s in siblings if s["rfilename"] == "tokenizer/vocab.json")["size"] = 20 << 20
    elif behaviour == "badsum":
        next(s for s in siblings if "lfs" in s)["lfs"]["sha256"] = "../../evil"
    elif behaviour == "commit":
        value["sha"] = "../" * 13 + "x"
    elif behaviour == "card":
        value["cardData"] = {"license": ["a\x1b[2J", "b"]}
    elif behaviour == "nocard":
        del value["cardData"]
    elif behaviour == "array":
        return b"[1, 2]"
    elif behaviour == "html":
        return b"<!DOCTYPE html>"
    elif behaviour == "deep":
        return b"[" * 200_000
    elif behaviour == "huge":
        return json.dumps(value).encode() + b" " * (20 << 20)
    return json.dumps(value).encode()


class Hub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        behaviour, _, rest = path.lstrip("/").partition("/")
        if rest.startswith("api/models/"):
            self.send_info(behaviour, rest)
        else:
            owner, name, _, commit, file = (rest.split("/", 4) + 5 * [""])[:5]
            self.send_file(behaviour, file)

    def send_info(self, behaviour, rest):
        token = self.headers.get("Authorization")
        if behaviour == "down":
            self.send_error(500)
        elif rest.startswith("api/models/no/"):
            self.send_error(404)
        elif behaviour == "private" and token != MEMBER:
            self.send_error(401)
        elif "blobs=true" not in self.path:
            self.send_error(400)
        else:
            self.answer(info(behaviour))

    def send_file(self, behaviour, file):
        data = repository(behaviour).get(file)
        token = self.headers.get("Authorization")
        start = int((self.headers.get("Range") or "bytes=0-")[len("bytes="):].rstrip("-"))
        big = file == BIG
        if data is None:
            self.send_error(404)
        elif behaviour == "gated" and token != MEMBER:
            self.send_error(403 if token else 401)
        elif behaviour == "lost" and file == "vae/config.json":
            self.send_error(404)
        elif behaviour == "redirect" and big:
            # Another host as far as anyone can tell, which must not see the token.
            self.redirect(f"http://localhost:{self.server.server_port}/elsewhere/x/y/resolve/main/{file}",
                          token == MEMBER)
        elif behaviour == "elsewhere" and token:
            self.send_error(418)
        elif behaviour == "loop" and big:
            self.redirect(self.path, True)
        elif behaviour == "gopher" and big:
            self.redirect("file:///etc/passwd", True)
        elif behaviour == "dropped" and big:
            self.close_connection = True
        elif behaviour == "cut" and big and start == 0:
            self.answer(data, announced=len(data), sent=len(data) // 2)
        elif behaviour == "half" and big:
            if start == 0:
                self.answer(data, announced=len(data), sent=len(data) // 2)
            else:
                self.send_error(503)
        elif behaviour == "rest" and big and start == 0:
            self.send_error(400)
        elif behaviour == "slow" and big:
            self.answer(data, announced=len(data), sent=len(data) // 2, then=lambda: time.sleep(60))
        elif behaviour == "short" and big:
            self.send_error(416) if start else self.answer(data[:-10])
        elif behaviour == "long" and big:
            self.answer(data + b"0123456789")
        elif behaviour == "endless" and big:
            self.answer(data + b"0" * (64 << 20), announced=None)
        elif behaviour == "damaged" and big:
            self.answer(bytes([data[0] ^ 1]) + data[1:])
        elif start and behaviour != "noranges":
            self.answer(data[start:], status=206, range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.answer(data)

    def redirect(self, address, permitted):
        if not permitted:
            return self.send_error(418)
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def answer(self, data, status=200, announced=0, sent=None, range=None, then=None):
        """`announced` is the length in the header: 0 for the true one, None for none."""
        self.send_response(status)
        if announced is not None:
            self.send_header("Content-Length", str(announced or len(data)))
        if range:
            self.send_header("Content-Range", range)
        self.end_headers()
        try:
            self.wfile.write(data[:sent])
            self.wfile.flush()
            if then:
                then()
        except OSError:
            pass  # the client has had enough


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.buffer.read()
os._exit(0)
