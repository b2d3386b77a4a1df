"""A coordinator's runs: submitted, followed, reported."""
from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from ._connection import Connection, Patience, TlsDir
from ._errors import LyceumError
from ._messages import enum_name, enum_number

log = logging.getLogger("lyceum")

DEFAULT_ADDRESS = "127.0.0.1:7700"
#: Time limit of calls in which the coordinator has work to do.
_LONG_CALL_SECONDS = 120.0
_ENDS = ("SUCCEEDED", "FAILED", "CANCELLED")
#: Names of the figures in a row of a report.
_FIGURES = ("accuracy", "nll", "ece", "brier", "agreementWithEnsemble", "parameters", "bytes", "latencyBatch1Ms")

#: A run's document: YAML or JSON as text, the path of a file, or a mapping.
Document = str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True)
class Progress:
    step: int
    step_count: int
    epoch: int
    loss: float
    learning_rate: float
    samples_per_second: float
    #: Share of the training time that the student waited for targets.
    waiting_share: float
    validation_accuracy: float
    validation_nll: float
    checkpoint_step: int
    #: Teachers whose answers the next step waits for.
    waiting_for: tuple[str, ...]
    degraded_share: float


@dataclass(frozen=True)
class Run:
    """A run, as it was at the time of the call."""

    id: str
    #: `Distillation` or `Training`.
    kind: str
    #: `QUEUED`, `PREPARING`, `FITTING`, `TRAINING`, `EVALUATING`, `PAUSED`, `CANCELLING`, or how the run ended.
    state: str
    #: Why the run is in that state, in words; may be empty.
    reason: str
    attempt: int
    progress: Progress | None
    submitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    team: str
    labels: Mapping[str, str]
    #: Warnings for the user, in words.
    warnings: tuple[str, ...]
    #: The document as the coordinator completed it; empty in lists.
    specification: Mapping[str, Any] = field(repr=False)
    model_digest: str = field(repr=False)

    @property
    def ended(self) -> bool:
        return self.state in _ENDS

    @property
    def succeeded(self) -> bool:
        return self.state == "SUCCEEDED"


class Client:
    """A coordinator at `address` (`LYCEUM_COORDINATOR`, else 127.0.0.1:7700), over mutual TLS if there is a `tls_dir`
    (`LYCEUM_TLS_DIR`): a folder with ca.crt, tls.crt and tls.key, as `coordinator certificates NAME` writes it.

    Calls raise a LyceumError with the server's code and text. If no server answers, the code is UNAVAILABLE. A watch
    that has begun keeps trying for `patience` seconds.
    """

    def __init__(self, address: str | None = None, tls_dir: TlsDir = None, *, patience: float = 60.0) -> None:
        self._connection = Connection(coordinator_address(address), tls_folder(tls_dir))
        self._patience = patience

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def submit(self, document: Document, *, run_id: str = "", dry_run: bool = False) -> Run:
        """Submits a run. If it was submitted before, returns the existing run. `dry_run` only checks the document."""
        request = {"specification": _text(document), "run_id": run_id, "dry_run": dry_run}
        response = self._connection.call("SubmitRun", request, _LONG_CALL_SECONDS)
        for warning in response["warnings"]:
            log.warning("%s", warning)
        return _run(response["run"])

    def get(self, run_id: str) -> Run:
        return _run(self._connection.call("GetRun", {"run_id": run_id})["run"])

    def list(self, *, states: str | Sequence[str] = (), team: str = "", text: str = "") -> Sequence[Run]:
        """All runs that match, newest first, without their specifications.

        `text` is a part of an id, or of a label as NAME=VALUE.
        """
        numbers = [_state_number(state) for state in ([states] if isinstance(states, str) else states)]
        request: dict[str, Any] = {"states": numbers, "team": team, "text": text, "brief": True}
        runs: list[Run] = []
        while True:
            page = self._connection.call("ListRuns", request)
            runs += map(_run, page["runs"])
            request["page_token"] = page["next_page_token"]
            if not request["page_token"]:
                return runs

    def watch(self, run_id: str) -> Iterator[Run]:
        """Yields the run now, and again after each change, until the run ends."""
        patience = Patience(self._patience)
        # The first call does not try again: if no server answers, it raises at once.
        yield (last := self.get(run_id))
        while not last.ended:
            try:
                for message in self._connection.stream("WatchRun", {"run_id": run_id}):
                    patience.answered()
                    run = _run(message["run"])
                    if run != last:
                        yield run
                    last = run
                    if last.ended:
                        return
                raise LyceumError("UNAVAILABLE", f"{self._connection.address}: the watch of run {run_id} ended early")
            except LyceumError as error:
                if patience.wait(error):
                    log.warning("%s; trying again", error)

    def wait(self, run_id: str) -> Run:
        """Waits until the run has ended, and returns it, also if it failed: see `succeeded` and `reason`."""
        for run in self.watch(run_id):
            last = run
        return last

    def cancel(self, run_id: str) -> Run:
        return _run(self._connection.call("CancelRun", {"run_id": run_id})["run"])

    def report(self, run_id: str) -> dict[str, Any]:
        """The report of a run that succeeded, as `coordinator report -o json` prints it."""
        report: dict[str, Any] = json.loads(self._connection.call("GetReport", {"run_id": run_id})["report_json"])
        return report

    def report_rows(self, run_id: str) -> Sequence[dict[str, Any]]:
        """The report's table, one row for each model: `pandas.DataFrame(client.report_rows(run_id))`."""
        report = self.report(run_id)
        models = [(f"teacher {teacher['name']}", teacher) for teacher in report["teachers"]]
        models += [
            ("ensemble", report["ensemble"]),
            ("student", report["student"]),
            ("student without teachers", report["studentWithoutTeachers"]),
            ("student with all labels", report["studentAllLabels"]),
        ]
        return [
            {"run": report["runId"], "model": name} | {figure: model.get(figure) for figure in _FIGURES}
            for name, model in models
            if model is not None
        ]

    def history(self, run_id: str, *, points: int = 512) -> dict[str, np.ndarray[Any, Any]]:
        """The history of the run's steps, for a data frame or a plot: `step`, the step after the last one of each
        point, and one column for each figure (`loss`, `validationAccuracy`, …; NaN: unknown)."""
        history = self._connection.call("GetHistory", {"run_id": run_id, "point_count": points})
        means = [point["means"] for point in history["points"]]
        table = np.array(means).reshape(len(means), len(history["columns"]))
        step = np.array([point["end_step"] for point in history["points"]], np.int64)
        return {"step": step} | dict(zip(history["columns"], table.T))


def coordinator_address(address: str | None) -> str:
    return address or os.environ.get("LYCEUM_COORDINATOR") or DEFAULT_ADDRESS


def tls_folder(tls_dir: TlsDir) -> TlsDir:
    return tls_dir or os.environ.get("LYCEUM_TLS_DIR") or None


def _state_number(state: str) -> int:
    try:
        return enum_number("RunState", state)
    except ValueError as error:
        raise LyceumError("INVALID_ARGUMENT", f"states: {error}") from None


def _text(document: Document) -> str:
    if isinstance(document, str):
        if "\n" not in document and document.endswith((".yaml", ".yml", ".json")):
            message = f"want YAML or JSON as text, got {document!r}; a file is pathlib.Path({document!r})"
            raise LyceumError("INVALID_ARGUMENT", message)
        return document
    if isinstance(document, Mapping):
        return json.dumps(document)
    return Path(document).read_text(encoding="utf-8")


def _run(message: Mapping[str, Any]) -> Run:
    progress = message["progress"]
    return Run(
        id=message["run_id"],
        kind=message["kind"],
        state=enum_name("RunState", message["state"]),
        reason=message["reason"],
        attempt=message["attempt"],
        progress=progress and _progress(progress),
        submitted_at=_time(message["submitted_at_ms"]),
        started_at=_time(message["started_at_ms"]),
        ended_at=_time(message["ended_at_ms"]),
        team=message["team"],
        labels=message["labels"],
        warnings=tuple(message["warnings"]),
        specification=json.loads(message["specification_json"] or "{}"),
        model_digest=message["model_digest"],
    )


def _progress(message: Mapping[str, Any]) -> Progress:
    known = {field.name: message[field.name] for field in fields(Progress)}
    return Progress(**{**known, "waiting_for": tuple(message["waiting_for"])})


def _time(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc) if milliseconds else None
