"""What a training runs on: device, precision, threads, and how often it reports."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from lapa_annotator.domain.errors import InputError

INSTALL = "run `pip install 'lapa-annotator[train]'`"


@dataclass(frozen=True, slots=True)
class Machine:
    """How a training runs; none of this belongs to the recipe, and it may change on resuming.

    Attributes:
        accelerator: Lightning's name of the device: "auto", "cpu", "gpu"; ``$LAPA_DEVICE``
            stands in for "auto".
        devices: how many; a batch is divided among them.
        strategy: Lightning's: "auto" on one device, "ddp" on several.
        precision: "auto" (bf16 where the device likes it), "bf16" or "fp32".
        threads: of the processor; 0 leaves torch's choice.
        report_every, validate_every, save_every: in steps; 0 for never, the last step always is.
    """

    accelerator: str = "auto"
    devices: int = 1
    strategy: str = "auto"
    precision: str = "auto"
    threads: int = 0
    report_every: int = 20
    validate_every: int = 500
    save_every: int = 250

    def on_gpu(self) -> bool:
        """Whether it trains on a GPU."""
        torch = need("torch")
        if self.device_name() == "auto":
            return bool(torch.cuda.is_available())
        return self.device_name() not in ("cpu", "mps")

    def device_name(self) -> str:
        """Lightning's name of the device that is asked for here or by ``$LAPA_DEVICE``."""
        wanted = self.accelerator
        if wanted == "auto":
            wanted = os.environ.get("LAPA_DEVICE", "auto").lower().split(":")[0]
        return "auto" if wanted == "" else wanted

    def bf16(self) -> bool:
        """Whether to multiply in bfloat16, and keep pictures channels-last."""
        if self.precision == "auto":
            return self.on_gpu() or cpu_likes_bf16()
        return self.precision == "bf16"


def leads() -> bool:
    """Whether this process writes files and reports; of several devices' processes one does."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "NODE_RANK"))


def cpu_likes_bf16() -> bool:
    """Whether this processor multiplies bfloat16 numbers by instructions of its own.

    Without them (AVX-512 BF16, AMX or Arm's BF16) bfloat16 is slower than float32.
    """
    torch = need("torch")
    known = {"_is_avx512_bf16_supported", "_is_amx_tile_supported"} & set(dir(torch.cpu))
    if any(getattr(torch.cpu, name)() for name in known):
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags))


def need(name: str) -> ModuleType:
    """Import a package of the extra ``train``.

    Raises:
        InputError: it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(name, "training needs this package, which is missing", INSTALL) from error
