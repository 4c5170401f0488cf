"""Model versions with their metrics, and long pieces of work."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.sql.dml import ReturningInsert

from lapa_annotator.domain.errors import InputError
from lapa_annotator.store.database import Database
from lapa_annotator.store.lease import process_lives
from lapa_annotator.store.models import JobRow, ModelVersionRow
from lapa_annotator.store.values import Job, ModelVersion

ALIVE_SECONDS = 60.0
"""A job that has told nothing for so long has ended without a word."""


class ModelVersions:
    """The model versions of a project; at most one per task is active."""

    def __init__(self, database: Database) -> None:
        """Keep model versions in ``database``."""
        self._database = database

    def add(self, model: ModelVersion, *, active: bool = False) -> ModelVersion:
        """Store a model version, and use it for its task if it shall be; returns it as stored.

        Raises:
            InputError: there is one of that name.
        """
        created = model.created or time.time()
        with self._database.write() as connection:
            if connection.scalar(_one_model(model.name)) is not None:
                raise InputError(model.name, "is the name of another model version", "rename it")
            if active:
                others = ModelVersionRow.task == model.task
                connection.execute(update(ModelVersionRow).where(others).values(active=False))
            connection.execute(
                insert(ModelVersionRow).values(
                    name=model.name,
                    task=model.task,
                    weights=model.weights,
                    parent=model.parent,
                    created=created,
                    active=active,
                    metrics=json.dumps(model.metrics or {}),
                )
            )
        return replace(model, created=created, active=active, metrics=model.metrics or {})

    def all(self, task: str | None = None) -> list[ModelVersion]:
        """Return the model versions (of one task), oldest first."""
        t = ModelVersionRow
        columns = (t.name, t.task, t.weights, t.parent, t.created, t.metrics, t.active)
        wanted = select(*columns).order_by(t.created, t.id)
        if task is not None:
            wanted = wanted.where(t.task == task)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [ModelVersion(*r[:5], metrics=json.loads(r.metrics), active=r.active) for r in rows]

    def active(self, task: str) -> ModelVersion | None:
        """Return the model version in use for a task, None without one."""
        return next((m for m in self.all(task) if m.active), None)

    def activate(self, name: str) -> None:
        """Use a model version for its task from now on, in place of the one before.

        Raises:
            InputError: there is none of that name.
        """
        t = ModelVersionRow
        with self._database.write() as connection:
            task = connection.scalar(select(t.task).where(t.name == name))
            if task is None:
                raise InputError(name, "is no model version of this project", "add it first")
            connection.execute(update(t).where(t.task == task).values(active=t.name == name))

    def measure(self, name: str, metrics: dict[str, float]) -> None:
        """Add metrics to those of a model version.

        Raises:
            InputError: there is none of that name.
        """
        t = ModelVersionRow
        with self._database.write() as connection:
            found = connection.scalar(select(t.metrics).where(t.name == name))
            if found is None:
                raise InputError(name, "is no model version of this project", "add it first")
            merged = json.dumps(json.loads(found) | metrics)
            connection.execute(update(t).where(t.name == name).values(metrics=merged))


def _one_model(name: str) -> Select[int]:
    return select(ModelVersionRow.id).where(ModelVersionRow.name == name)


class Jobs:
    """The long pieces of work of a project."""

    def __init__(self, database: Database) -> None:
        """Keep jobs in ``database``."""
        self._database = database

    def start(self, kind: str, options: dict[str, Any], total: int = 0) -> int:
        """Store that a job is running; returns its number."""
        with self._database.write() as connection:
            return connection.scalars(_new_job(kind, options, total)).one()

    def claim(self, kind: str, options: dict[str, Any]) -> int:
        """Store that a job runs in this process, if no other of its kind does; its number.

        Jobs of that kind whose process has ended without a word are marked as stopped.

        Raises:
            InputError: another process is at such a job.
        """
        mine = {"process": os.getpid(), "host": socket.gethostname()}
        t = JobRow
        going = (t.kind == kind) & t.state.in_(_GOING)
        with self._database.write() as connection:
            for row in connection.execute(select(t.__table__).where(going)).all():
                other = _job(row)
                if other.alive:
                    raise InputError(
                        f"job {other.id}",
                        f"such a job is already running since "
                        f"{time.strftime('%H:%M', time.localtime(other.started))}",
                        "wait until it ends, or cancel it",
                    )
                connection.execute(update(t).where(t.id == other.id).values(state="stopped"))
            return connection.scalars(_new_job(kind, options | mine, 0)).one()

    def beat(self, job_id: int) -> str:
        """Tell that a job is alive; returns its state, which others may have changed."""
        with self._database.write() as connection:
            told = update(JobRow).where(JobRow.id == job_id).values(updated=time.time())
            state = connection.scalars(told.returning(JobRow.state)).one_or_none()
        return state or "cancelling"

    def last(self, kind: str) -> Job | None:
        """Return the latest job of a kind, None without one."""
        wanted = select(JobRow.__table__).where(JobRow.kind == kind)
        with self._database.read() as connection:
            row = connection.execute(wanted.order_by(JobRow.id.desc()).limit(1)).one_or_none()
        return None if row is None else _job(row)

    def update(
        self,
        job_id: int,
        *,
        done: int | None = None,
        total: int | None = None,
        state: str | None = None,
        message: str | None = None,
    ) -> None:
        """Store how far a job is; what is not given stays."""
        values = {"done": done, "total": total, "state": state, "message": message}
        given = {key: value for key, value in values.items() if value is not None}
        with self._database.write() as connection:
            connection.execute(
                update(JobRow).where(JobRow.id == job_id).values(updated=time.time(), **given)
            )

    def all(self) -> list[Job]:
        """Return the jobs, latest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(JobRow.__table__).order_by(JobRow.id.desc())).all()
        return [_job(row) for row in rows]


_GOING = ("running", "paused", "cancelling")


def _new_job(kind: str, options: dict[str, Any], total: int) -> ReturningInsert[int]:
    now = time.time()
    values = {"kind": kind, "options": json.dumps(options), "state": "running", "done": 0}
    values |= {"total": total, "message": "", "started": now, "updated": now}
    return insert(JobRow).values(**values).returning(JobRow.id)


def _job(row: Row[Any]) -> Job:
    options = json.loads(row.options)
    told = row.state in _GOING and row.updated > time.time() - ALIVE_SECONDS
    return Job(
        alive=told and process_lives(options.get("host", ""), options.get("process", 0)),
        id=row.id,
        kind=row.kind,
        options=options,
        state=row.state,
        done=row.done,
        total=row.total,
        message=row.message,
        started=row.started,
        updated=row.updated,
    )
