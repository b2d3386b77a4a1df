"""A run's targets, batch by batch, for a student outside the cluster."""
from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

from ._client import tls_folder
from ._connection import Connection, Patience, TlsDir
from ._errors import LyceumError
from ._messages import enum_number

log = logging.getLogger("lyceum")

#: Where `coordinator targets serve` listens by default.
DEFAULT_ADDRESS = "127.0.0.1:7710"
_FIRST_CONTACT_SECONDS = 30.0

IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Teacher:
    name: str
    #: SHA-256, hex.
    identity: str
    #: `white`, `gray` or `black`.
    access: str
    weight: float


@dataclass(frozen=True)
class Outline:
    """What the targets are, and how many there are."""

    run_id: str
    specification_digest: str
    dataset_digest: str
    teachers: tuple[Teacher, ...]
    #: The ensemble's rule.
    rule: str
    sample_count: int
    batch_size: int
    steps_per_epoch: int
    #: The step after the last one: the run's own, or the one that was asked for.
    end_step: int
    #: Shape of a row by the name of the tensor, in the order in which batches have them.
    tensors: Mapping[str, tuple[int, ...]]
    class_names: tuple[str, ...]
    #: For a set in shards that is read by chunks: number of positions in a block of the order. The samples of a block
    #: come from a few chunks. None: a sample may be at any position.
    block_positions: int | None

    @property
    def pools(self) -> dict[str, float]:
        """Temperature by the name of each tensor of pooled probabilities: `pooled/arithmetic/4`; if only some
        teachers' answers are pooled, `pooled/arithmetic/4/of/0,2`."""
        names = [name for name in self.tensors if name.startswith("pooled/")]
        return {name: float(name.split("/of/", 1)[0].rsplit("/", 1)[1]) for name in names}


@dataclass(frozen=True)
class Batch:
    """A step's batch, or a rank's slice of it, which may be empty. Its tensors by name: `batch["inputs"]`."""

    step: int
    epoch: int
    #: [rows]: index in the set of each row's sample.
    samples: IntArray
    #: [rows]: class of each row, if the run may know its label; else -1.
    labels: IntArray
    #: Indices of the teachers that the targets are made of.
    contributors: tuple[int, ...]
    #: By name, [rows, ...] each.
    tensors: Mapping[str, FloatArray]
    #: Rows of the whole batch, over all ranks, and how many of these rows have a label.
    row_count: int
    labelled_count: int
    world_size: int

    def __getitem__(self, name: str) -> FloatArray:
        return self.tensors[name]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def row_weight(self) -> float:
        """Weight of a row's loss: if each rank sums weighted losses, DDP's average is the whole batch's mean."""
        return self.world_size / self.row_count

    @property
    def label_weight(self) -> float:
        """As `row_weight`, for losses of only those rows that have a label."""
        return self.world_size / self.labelled_count if self.labelled_count else 0.0


class Targets:
    """Batches of a run from step `next_step` on: see `targets`.

    `next_step` counts the batches that were handed out. Save `state_dict()` with each checkpoint of the student. After
    a crash, pass it to `load_state_dict()`: no batch is then left out or repeated. A broken stream is resumed by
    itself, if a server answers within `patience` seconds. There is a connection only during an iteration.
    """

    outline: Outline

    def __init__(self, request: dict[str, Any], address: str, tls_dir: TlsDir, patience: float) -> None:
        self._request = request
        self._address = address
        self._tls_dir = tls_dir
        self._patience = patience
        self.next_step: int = request["first_step"]
        self.outline = self._first_outline()

    @property
    def rank(self) -> int:
        return int(self._request["rank"])

    @property
    def world_size(self) -> int:
        return max(1, int(self._request["world_size"]))

    def __len__(self) -> int:
        """Number of steps that are left."""
        return max(0, self.outline.end_step - self.next_step)

    def __iter__(self) -> Iterator[Batch]:
        patience = Patience(self._patience)
        while self.next_step < self.outline.end_step:
            try:
                for batch in self._stream(patience):
                    self._check(batch)
                    # Counted before the batch is handed out: a checkpoint is saved after the batch's step.
                    self.next_step += 1
                    yield batch
                if self.next_step < self.outline.end_step:
                    raise LyceumError("UNAVAILABLE", f"{self._address}: the stream ended early")
            except LyceumError as error:
                if patience.wait(error):
                    log.warning("%s; trying again from step %d on", error, self.next_step)

    def state_dict(self) -> dict[str, Any]:
        """The position in the stream, in JSON's types."""
        outline = self.outline
        return {"run_id": outline.run_id, "digests": _digests(outline), "next_step": self.next_step}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continues at a position. Raises a LyceumError, FAILED_PRECONDITION, if it belongs to other targets."""
        if list(state["digests"]) != _digests(self.outline):
            own = self.outline.run_id
            message = f"this position belongs to run {state['run_id']}; run {own} has other targets"
            raise LyceumError("FAILED_PRECONDITION", message)
        self.next_step = int(state["next_step"])

    def _first_outline(self) -> Outline:
        # A rank may start again while the coordinator starts again.
        patience = Patience(min(self._patience, _FIRST_CONTACT_SECONDS))
        while True:
            try:
                with Connection(self._address, self._tls_dir) as connection:
                    answer = connection.call("GetTargetOutline", {"stream": self._request})
                return _outline(answer["outline"])
            except LyceumError as error:
                if patience.wait(error):
                    log.warning("%s; trying again", error)

    def _check(self, batch: Batch) -> None:
        if batch.step == self.next_step:
            return
        raise LyceumError("INTERNAL", f"want step {self.next_step}, got step {batch.step}")

    def _stream(self, patience: Patience) -> Iterator[Batch]:
        request = self._request | {"first_step": self.next_step, "end_step": self.outline.end_step, "wait": True}
        parts: list[dict[str, Any]] = []
        with Connection(self._address, self._tls_dir) as connection:
            for message in connection.stream("StreamTargets", request):
                # Also while the batch is waited for, which may take hours.
                patience.answered()
                if message["waiting"]:
                    log.info("%s", message["waiting"])
                if message["outline"] is not None:
                    self._require_same(_outline(message["outline"]))
                part = message["batch"]
                if part is None:
                    continue
                parts.append(part)
                if part["ends_batch"]:
                    yield _batch(parts, self.world_size)
                    parts = []

    def _require_same(self, now: Outline) -> None:
        """Raises if the run was deleted and another one was submitted under its name."""
        if _digests(now) == _digests(self.outline):
            return
        message = f"run {now.run_id} was replaced while its targets were read; start again"
        raise LyceumError("FAILED_PRECONDITION", message)


def targets(
    run: str,
    rank: int | None = None,
    world_size: int | None = None,
    *,
    address: str | None = None,
    tls_dir: TlsDir = None,
    inputs: bool = True,
    split: str = "train",
    first_step: int = 0,
    end_step: int = 0,
    temperature: float = 0.0,
    patience: float = 600.0,
) -> Targets:
    """Batches of a run, in the run's order, with the targets that its teachers' answers make.

    If several processes train one student, `rank` and `world_size` are those of this process
    (`torch.distributed.get_rank()`): each rank gets its slice of every step, and all slices make the whole batch. All
    ranks that read a run at the same time must give the same `world_size`. Without both a reader gets whole batches.

    `address` (`LYCEUM_TARGETS`, else 127.0.0.1:7710) is that of `coordinator targets serve RUN`. If `inputs` is false,
    it may be a coordinator's: batches then have `samples`, indices in the set, but no inputs. `tls_dir` as in Client.

    `split` is train, validation or test. Validation and test come in the split's own order, each sample once.
    `end_step` may be beyond the run's last step; 0: the run's own end. `temperature`, if not 0, replaces that
    of all pools.
    """
    if (rank is None) != (world_size is None):
        raise LyceumError("INVALID_ARGUMENT", "give rank and world_size together, or neither")
    if world_size is not None and world_size < 1:
        raise LyceumError("INVALID_ARGUMENT", f"world_size: want a number from 1 on, got {world_size}")
    for name, number in (("rank", rank or 0), ("first_step", first_step), ("end_step", end_step)):
        if number < 0:
            raise LyceumError("INVALID_ARGUMENT", f"{name}: want a number from 0 on, got {number}")
    try:
        split_number = enum_number("Split", split.upper())
    except ValueError:
        raise LyceumError("INVALID_ARGUMENT", f"split: want train, validation or test, got {split!r}") from None
    request: dict[str, Any] = {
        "run_id": run,
        "split": split_number,
        "first_step": first_step,
        "end_step": end_step,
        "temperature": temperature,
        "inputs": inputs,
        "rank": rank or 0,
        "world_size": world_size or 0,
    }
    where = address or os.environ.get("LYCEUM_TARGETS") or DEFAULT_ADDRESS
    return Targets(request, where, tls_folder(tls_dir), patience)


def _outline(message: Mapping[str, Any]) -> Outline:
    return Outline(
        run_id=message["run_id"],
        specification_digest=message["specification_digest"],
        dataset_digest=message["dataset_digest"],
        teachers=tuple(Teacher(**{f.name: teacher[f.name] for f in fields(Teacher)}) for teacher in message["teachers"]),
        rule=message["rule"],
        sample_count=message["sample_count"],
        batch_size=message["batch_size"],
        steps_per_epoch=message["steps_per_epoch"],
        end_step=message["end_step"],
        tensors={tensor["name"]: tuple(tensor["row_shape"].tolist()) for tensor in message["tensors"]},
        class_names=tuple(message["class_names"]),
        block_positions=message["block_positions"] or None,
    )


def _digests(outline: Outline) -> list[str]:
    """Digests of all that the targets depend on."""
    return [outline.specification_digest, outline.dataset_digest, *(t.identity for t in outline.teachers)]


def _batch(parts: Sequence[Mapping[str, Any]], world_size: int) -> Batch:
    """Joins the parts of a batch in new arrays: a long batch comes in several parts."""
    first = parts[0]
    return Batch(
        step=first["step"],
        epoch=first["epoch"],
        samples=np.concatenate([part["samples"] for part in parts]),
        labels=np.concatenate([part["labels"] for part in parts]),
        contributors=tuple(first["contributors"].tolist()),
        tensors={
            tensor["name"]: np.concatenate([_array(part["tensors"][index]) for part in parts])
            for index, tensor in enumerate(first["tensors"])
        },
        row_count=first["row_count"],
        labelled_count=first["labelled_count"],
        world_size=world_size,
    )


def _array(tensor: Mapping[str, Any]) -> FloatArray:
    # A view of the message, which may not be aligned: it is copied once, when the parts are joined.
    return np.frombuffer(tensor["data"], "<f4").reshape(tensor["shape"])
