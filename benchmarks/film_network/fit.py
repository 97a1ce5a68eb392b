"""Fit the network to examples, and write its weights (needs PyTorch 2).

python -m benchmarks.film_network.fit EXAMPLES OUT.npz --minutes 60 [--start calciseg/radiograph/network.npz]
"""

import argparse
import time
from copy import deepcopy
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.film_network.pieces import N_AT_ONCE, Batch, Examples
from calciseg.radiograph.clues import N_CLUES

CHANNELS = (16, 40, 64, 96, 96)
RATE, RATE_ON, DECAY = 2e-3, 4e-4, 1e-4
"""Of learning: at first, and where other weights go on; decay of the weights."""
KEPT = 0.9985
"""Of the mean of the weights, at every step: the mean is what is written."""


HAS_BFLOAT16 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
"""Elsewhere the short numbers are worked out in software."""


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

    def named_levels(self) -> dict[str, Level]:
        """Return all convolutions but the last, by the names of their weights."""
        levels = {f"down{n}{'ab'[i]}": pair[i] for n, pair in enumerate(self.down) for i in range(2)}
        return levels | {f"up{n}": level for n, level in enumerate(self.up)}


@torch.no_grad()
def go_on_from(path: Path) -> Net:
    """Return a network with weights of before, whose normalisation, folded into them, stays as it is."""
    net = Net()
    with np.load(path) as stored:
        arrays = {name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files}
    for name, level in net.named_levels().items():
        level.convolution.weight.copy_(arrays[f"{name}_weights"])
        level.norm.bias.copy_(arrays[f"{name}_constants"])
        level.norm.running_var.fill_(1 - level.norm.eps)
    net.last.weight.copy_(arrays["last_weights"][:, :, None, None])
    net.last.bias.copy_(arrays["last_constants"])
    return net.eval()


def loss(scores: Tensor, batch: Batch) -> Tensor:
    """Cross entropy and overlap for lesions, cross entropy for bone where it is known.

    What is false and sure of itself counts up to three times.
    """
    entropy = functional.binary_cross_entropy_with_logits
    lesion, bone, weight = batch.lesion, batch.bone, batch.weight
    evidence = torch.sigmoid(scores[:, 0])
    times = 1 + 1.5 * lesion + 2 * (lesion < 0.01) * evidence.detach() ** 2
    for_lesion = (entropy(scores[:, 0], lesion, reduction="none") * weight * times).sum()
    shared, both = (evidence * lesion * weight).sum(), ((evidence + lesion) * weight).sum()
    known = (bone >= 0).float()
    for_bone = (entropy(scores[:, 1], bone.clamp(0, 1), reduction="none") * known).sum() / (known.sum() + 1)
    return 3 * for_lesion / weight.sum() + 0.5 * (1 - (2 * shared + 50) / (both + 50)) + 0.4 * for_bone


def fit(examples: Examples, minutes: float, net: Net, most_rate: float) -> Net:
    mean = deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=most_rate, weight_decay=DECAY)
    start, n_steps = time.monotonic(), 0
    while (done := (time.monotonic() - start) / (60 * minutes)) < 1:
        rate = most_rate * min(1, (n_steps + 1) / 150) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = examples.batch(N_AT_ONCE)
        with torch.autocast("cpu", torch.bfloat16, enabled=HAS_BFLOAT16):
            scores = net(batch.clues)
        value = loss(scores.float(), batch)
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2)
        optimizer.step()
        n_steps += 1
        examples.learn(batch, torch.sigmoid(scores[:, 0].detach().float()).numpy())
        _follow(mean, net, min(KEPT, 1 - 1 / (n_steps + 1)))
        if n_steps % 200 == 0:
            print(n_steps, f"{value.item():.3f}", flush=True)
    return mean.eval()


@torch.no_grad()
def _follow(mean: Net, net: Net, kept: float) -> None:
    for average, now in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
        if average.dtype.is_floating_point:
            average.lerp_(now, 1 - kept)


def weights_of(net: Net) -> dict[str, np.ndarray]:
    """Fold the normalisation into the convolutions."""
    arrays = {}
    for name, layer in net.named_levels().items():
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
    parser.add_argument("--start", type=Path, help="weights to go on from")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    net = go_on_from(chosen.start) if chosen.start else Net()
    examples = Examples(chosen.examples, np.random.default_rng(0))
    net = fit(
        examples,
        chosen.minutes,
        net.to(memory_format=torch.channels_last),
        RATE_ON if chosen.start else RATE,
    )
    np.savez_compressed(chosen.out, **weights_of(net))


if __name__ == "__main__":
    main()
