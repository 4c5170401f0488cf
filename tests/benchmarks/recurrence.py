"""Recurrent propagation: milliseconds of a column a step, of a pixel a step, and in OpenVINO.

Times are the least of several rounds: the machine has other work to do, too. A GPU is timed
where there is one, and its answer compared.
"""

import tempfile
from pathlib import Path

import torch

from lapa_annotator.nets.propagation import DIRECTIONS, Propagation
from lapa_annotator.nets.recurrent import HIDDEN, Recurrent
from lapa_annotator.runtime.convert import export_ir
from lapa_annotator.runtime.sessions import Session
from tests.timing import least_ms, say

SIDES = (64, 128)
PICTURES = (128, 256)
BATCH = 16


def _pixel_by_pixel(module: Propagation, x: torch.Tensor, gates: torch.Tensor) -> torch.Tensor:
    """One direction, to the right, as equation 3 is written."""
    omega, bias = module.bounded()[0], module.bias[0]
    hidden = torch.zeros_like(x)
    for row in range(x.shape[2]):
        last = torch.zeros_like(x[:, :, 0, 0])
        for column in range(x.shape[3]):
            last = x[:, :, row, column] + gates[:, :, row, column] * (last @ omega.T + bias)
            hidden[:, :, row, column] = last
    return hidden


def _scan(device: torch.device, side: int) -> None:
    torch.manual_seed(0)
    module = Propagation(HIDDEN).to(device)
    x = torch.randn(BATCH, HIDDEN, side, side, device=device, requires_grad=True)
    gates = torch.rand_like(x, requires_grad=True)

    def run(back: bool) -> None:
        with torch.set_grad_enabled(back):
            said = module(x, gates)
        if back:
            said.sum().backward()
        if x.is_cuda:
            torch.cuda.synchronize()

    what = f"{device.type}, {BATCH} maps of {side}², four directions"
    say(what, least_ms(lambda: run(False)))
    say(f"{what}, and back", least_ms(lambda: run(True)))


@torch.no_grad()
def _against_pixels(side: int) -> None:
    module = Propagation(HIDDEN)
    x = torch.randn(1, HIDDEN, side, side)
    gates = torch.rand_like(x)
    right = module.directions(x, gates)[DIRECTIONS.index("right")]
    apart = (_pixel_by_pixel(module, x, gates) - right).abs().max()
    say("a pixel a step, one map, one direction",
         least_ms(lambda: _pixel_by_pixel(module, x, gates), 1))  # fmt: skip
    say("a column a step, one map, four directions", least_ms(lambda: module(x, gates)))
    say("  largest difference", float(apart), "")


@torch.no_grad()
def _openvino(side: int, folder: Path) -> None:
    torch.manual_seed(0)
    module = Recurrent().eval()
    path = export_ir(module, side, folder / f"{side}.xml")
    session = Session(path, "f32", (1, 3, side, side), threads=1)
    picture = torch.rand(1, 3, side, side)
    apart = module(picture) - torch.from_numpy(session(picture.numpy())[0])
    say(f"picture of {side}², torch", least_ms(lambda: module(picture)))
    say(f"picture of {side}², OpenVINO", least_ms(lambda: session(picture.numpy())))
    say("  largest difference", float(apart.abs().max()), "")


def main() -> None:
    """Print the figures."""
    _against_pixels(min(SIDES))
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for device in devices:
        for side in SIDES:
            _scan(torch.device(device), side)
    with tempfile.TemporaryDirectory() as folder:
        for side in PICTURES:
            _openvino(side, Path(folder))


if __name__ == "__main__":
    main()
