"""Photos of faces to try the program on: those that installed packages carry."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from lapa_annotator.domain.errors import InputError

# Package -> place of the photo in it: Eileen Collins (NASA) and Grace Hopper (US Navy).
_PHOTOS = {
    "skimage": "data/astronaut.png",
    "matplotlib": "mpl-data/sample_data/grace_hopper.jpg",
}


def sample_photos() -> list[Path]:
    """The photos of faces that installed packages carry.

    Raises:
        InputError: none of the packages is there.
    """
    found = []
    for package, place in _PHOTOS.items():
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            path = Path(folder) / place
            found += [path] if path.is_file() else []
    if not found:
        raise InputError("sample", "no package with photos is here", "install scikit-image")
    return found
