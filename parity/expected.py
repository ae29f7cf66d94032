"""What diffusers computes at full size: one picture's worth of work is minutes, so every result is kept in the folder
CHECKPOINT/parity and computed only once."""
import torch
from safetensors.torch import load_file, save_file

import oracle

TEXTS = ["", "an astronaut riding a horse on mars"]
TIMESTEP = 500.0
STEPS = 10
SEED = 42


def kept(folder, name, compute):
    """The tensors that `compute` made, now or in an earlier run."""
    path = folder / "parity" / f"{name}.safetensors"
    if not path.exists():
        print(f"diffusers: {name} …", flush=True)
        path.parent.mkdir(exist_ok=True)
        with torch.no_grad():
            save_file({key: value.float().contiguous() for key, value in compute().items()}, path)
    return load_file(path)


class Expected:
    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        self._pipe = None

    @property
    def pipe(self):
        if self._pipe is None:
            self._pipe = oracle.load_pipeline(self.folder)
        return self._pipe

    def latents(self, seed):
        return torch.randn((1, 4, self.size // 8, self.size // 8), generator=torch.Generator().manual_seed(seed))

    def text(self):
        """embeddings [2, 77, channels] of the empty prompt and the prompt"""
        return kept(self.folder, "text", lambda: {
            "embeddings": self.pipe.text_encoder(oracle.token_ids(self.pipe.tokenizer, TEXTS))[0]})

    def unet(self):
        """noise [2, 4, h, w] for the same latents with both texts"""
        latents, texts = self.latents(1), self.text()["embeddings"]
        return kept(self.folder, f"unet-{self.size}", lambda: {
            "latents": latents, "noise": self.pipe.unet(latents.repeat(2, 1, 1, 1), TIMESTEP, texts).sample})

    def vae(self):
        """image [1, 3, 8h, 8w] for latents as the sampling loop leaves them"""
        latents = self.latents(2)
        return kept(self.folder, f"vae-{self.size}", lambda: {
            "latents": latents,
            "image": self.pipe.vae.decode(latents / self.pipe.vae.config.scaling_factor).sample})

    def encoding(self):
        """mean and logvar [1, 4, h, w] of the latents of an 8-bit picture of noise, pixels [8h, 8w, 3]"""
        pixels = torch.randint(0, 256, (self.size, self.size, 3), generator=torch.Generator().manual_seed(3))

        def compute():
            found = self.pipe.vae.encode(2 * (pixels.float() / 255).permute(2, 0, 1)[None] - 1).latent_dist
            return {"pixels": pixels, "mean": found.mean, "logvar": found.logvar}
        return kept(self.folder, f"encoding-{self.size}", compute)

    def picture(self, scheduler):
        """final latents [1, 4, h, w] and 8-bit image [1, 8h, 8w, 3]"""
        def compute():
            _, steps, images = oracle.picture(self.pipe, scheduler, prompt=TEXTS[1], steps=STEPS, seed=SEED,
                                              height=self.size, width=self.size)
            return {"latents": steps[-1], "images": images}
        return kept(self.folder, f"{scheduler}-{self.size}", compute)
