"""Fit the network to examples, and write its weights (needs PyTorch 2).

python -m benchmarks.film_network.fit EXAMPLES OUT.npz --minutes 60
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from calciseg.radiograph.clues import N_CLUES

CHANNELS = (16, 24, 32, 32)
SIDE, N_AT_ONCE = 128, 16
"""Blocks along a side of a piece; pieces of a step."""
RATE, DECAY = 3e-3, 1e-4


class Level(nn.Module):
    """A convolution, its normalisation, and a cut at zero."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, image: Tensor) -> Tensor:
        return functional.relu(self.norm(self.convolution(image)))


class Net(nn.Module):
    """The shape of ``calciseg.radiograph.network``."""

    def __init__(self) -> None:
        super().__init__()
        ins = (N_CLUES * 4, *CHANNELS)
        self.down = nn.ModuleList(
            nn.ModuleList([Level(ins[n], CHANNELS[n]), Level(CHANNELS[n], CHANNELS[n])])
            for n in range(len(CHANNELS))
        )
        self.up = nn.ModuleList(Level(a + b, a) for a, b in pairwise(CHANNELS))
        self.last = nn.Conv2d(CHANNELS[0], 8, 1)

    def forward(self, clues: Tensor) -> Tensor:
        found, kept = functional.pixel_unshuffle(clues, 2), []
        for n, (first, second) in enumerate(self.down):
            found = second(first(functional.max_pool2d(found, 2) if n else found))
            kept.append(found)
        for n in reversed(range(len(self.up))):
            wide = functional.interpolate(found, scale_factor=2, mode="nearest")
            found = self.up[n](torch.cat([kept[n], wide], 1))
        return functional.pixel_shuffle(self.last(found), 2)


class Examples:
    """All examples, in memory."""

    def __init__(self, folder: Path, rng: np.random.Generator) -> None:
        self.rng = rng
        self.films = []
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as stored:
                layers = np.concatenate([stored["clues"], [stored[n] for n in ("lesion", "bone", "weight")]])
                short = [(0, max(0, SIDE + 60 - n)) for n in layers.shape[1:]]
                body = np.argwhere(stored["is_body"])[::11]
                lesions = [np.argwhere(stored["labels"] == n) for n in np.unique(stored["labels"])[1:]]
            self.films.append((np.pad(layers, ((0, 0), *short), mode="edge"), body, lesions))

    def piece(self) -> Tensor:
        """Cut a piece around a lesion, each as likely, or anywhere in a body; turn, scale and tone it."""
        layers, body, lesions = self.films[self.rng.integers(len(self.films))]
        places = lesions[self.rng.integers(len(lesions))] if lesions and self.rng.random() < 0.5 else body
        where = places[self.rng.integers(len(places))]
        side = int(SIDE * np.clip(np.exp(self.rng.normal(0, 0.18)), 0.75, 1.35))
        corner = [
            int(np.clip(at - self.rng.integers(side // 5, 4 * side // 5), 0, n - side))
            for at, n in zip(where, layers.shape[1:], strict=True)
        ]
        cut = layers[:, corner[0] : corner[0] + side, corner[1] : corner[1] + side].astype(np.float32)
        piece = functional.interpolate(torch.from_numpy(cut)[None], (SIDE, SIDE), mode="bilinear")[0]
        for axis in (1, 2):
            piece = piece.flip(axis) if self.rng.random() < 0.5 else piece
        piece = piece.transpose(1, 2) if self.rng.random() < 0.5 else piece
        piece = piece.clone()
        fine, coarse = np.exp(self.rng.normal(0, 0.25, 2))
        piece[0] = piece[0] * self.rng.uniform(0.85, 1.15) + self.rng.uniform(-0.1, 0.1)
        piece[[1, 4, 5]] *= fine
        piece[[2, 6, 7]] *= coarse
        return piece


def loss(scores: Tensor, lesion: Tensor, bone: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy and overlap for lesions, cross entropy for bone where it is known."""
    entropy = functional.binary_cross_entropy_with_logits
    for_lesion = (entropy(scores[:, 0], lesion, reduction="none") * weight * (1 + 1.5 * lesion)).sum()
    evidence = torch.sigmoid(scores[:, 0])
    shared, both = (evidence * lesion * weight).sum(), ((evidence + lesion) * weight).sum()
    known = (bone >= 0).float()
    for_bone = (entropy(scores[:, 1], bone.clamp(0, 1), reduction="none") * known).sum() / (known.sum() + 1)
    return 3 * for_lesion / weight.sum() + 0.5 * (1 - (2 * shared + 50) / (both + 50)) + 0.4 * for_bone


def fit(examples: Examples, minutes: float) -> Net:
    net = Net().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    start, n_steps = time.monotonic(), 0
    while (done := (time.monotonic() - start) / (60 * minutes)) < 1:
        rate = RATE * min(1, n_steps / 100) * (0.5 + 0.5 * np.cos(np.pi * done)) + 2e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        pieces = torch.stack([examples.piece() for _ in range(N_AT_ONCE)])
        value = loss(net(pieces[:, :N_CLUES]), *pieces[:, N_CLUES:].unbind(1))
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2)
        optimizer.step()
        n_steps += 1
        if n_steps % 200 == 0:
            print(n_steps, f"{value.item():.3f}", flush=True)
    return net.eval()


def weights_of(net: Net) -> dict[str, np.ndarray]:
    """Fold the normalisation into the convolutions."""
    arrays = {}
    layers = {f"down{n}{'ab'[i]}": pair[i] for n, pair in enumerate(net.down) for i in range(2)}
    layers |= {f"up{n}": layer for n, layer in enumerate(net.up)}
    for name, layer in layers.items():
        norm = layer.norm
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = layer.convolution.weight * scale[:, None, None, None]
        arrays[f"{name}_weights"] = weights.detach().numpy().astype(np.float16)
        arrays[f"{name}_constants"] = (norm.bias - norm.running_mean * scale).detach().numpy()
    arrays["last_weights"] = net.last.weight.detach().numpy()[:, :, 0, 0].astype(np.float16)
    arrays["last_constants"] = net.last.bias.detach().numpy()
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("examples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    net = fit(Examples(chosen.examples, np.random.default_rng(0)), chosen.minutes)
    np.savez_compressed(chosen.out, **weights_of(net))


if __name__ == "__main__":
    main()
