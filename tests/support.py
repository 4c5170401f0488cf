"""What several tests share: where the data lies, and which tests can run."""

import os
from pathlib import Path

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.runtime.files import model_path

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("LAPA_SHARED", ROOT.parent / "shared"))


def needs_models(*names: str) -> pytest.MarkDecorator:
    """Skip, and say so, where a model file has not been fetched."""
    missing = []
    for name in names:
        try:
            model_path(name)
        except InputError:
            missing.append(name)
    reason = f"model files not fetched: {', '.join(missing)} (`lapa-annotator models fetch`)"
    return pytest.mark.skipif(bool(missing), reason=reason)


def needs_shared(folder: str) -> pytest.MarkDecorator:
    """Skip, and say so, where the shared data are not at hand."""
    path = SHARED / "data" / folder
    return pytest.mark.skipif(not path.is_dir(), reason=f"no shared data at {path}")
