"""Model versions with their metrics, and jobs."""

import pytest

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.project import Project
from lapa_annotator.store.values import ModelVersion


def test_model_versions_are_kept_with_their_metrics(project: Project) -> None:
    first = ModelVersion("net-1", "landmarks", "models/net-1", metrics={"nme": 3.5})
    project.models.add(first)
    project.models.add(ModelVersion("net-2", "landmarks", parent="net-1"))
    project.models.add(ModelVersion("seg-1", "segmentation"))
    project.models.measure("net-2", {"nme": 3.1})
    project.models.measure("net-2", {"auc": 0.6})
    names = [m.name for m in project.models.all()]
    assert names == ["net-1", "net-2", "seg-1"]
    one, two = project.models.all("landmarks")
    assert (one.weights, one.metrics, two.parent) == ("models/net-1", {"nme": 3.5}, "net-1")
    assert two.metrics == {"nme": 3.1, "auc": 0.6}


def test_one_model_version_is_active_per_task_and_any_can_be_again(project: Project) -> None:
    for name in ("net-1", "net-2"):
        project.models.add(ModelVersion(name, "landmarks"))
    project.models.add(ModelVersion("seg-1", "segmentation"))
    assert project.models.active("landmarks") is None
    for name in ("net-1", "net-2", "net-1"):
        project.models.activate(name)
        assert project.models.active("landmarks").name == name
    assert project.models.active("segmentation") is None


def test_names_of_model_versions_are_unique_and_known(project: Project) -> None:
    project.models.add(ModelVersion("net-1", "landmarks"))
    with pytest.raises(InputError, match="another model version"):
        project.models.add(ModelVersion("net-1", "landmarks"))
    for call in (project.models.activate, lambda name: project.models.measure(name, {})):
        with pytest.raises(InputError, match="no model version"):
            call("net-9")


def test_jobs_are_kept(project: Project) -> None:
    first = project.jobs.start("annotate", {"query": "status:new"}, total=10)
    second = project.jobs.start("retrain", {})
    project.jobs.update(first, done=4)
    project.jobs.update(first, state="cancelled", message="by hand")
    latest, oldest = project.jobs.all()
    assert (latest.id, latest.state, latest.options) == (second, "running", {})
    assert (oldest.done, oldest.total, oldest.state, oldest.message) == (
        4,
        10,
        "cancelled",
        "by hand",
    )
    assert oldest.options == {"query": "status:new"}
    assert oldest.updated >= oldest.started
