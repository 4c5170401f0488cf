"""Projects that tests begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lapa_annotator.store.project import Project
from tests.store.builders import make_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project of three photos, opened by ann."""
    with make_project(tmp_path, "a.jpg", "b/c.jpg", "b/d.jpg") as made:
        yield made
