"""A run's targets for PyTorch. Only this module imports PyTorch."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from ._errors import LyceumError
from ._targets import Targets

#: A batch's tensors by name, with its `samples`, `labels`, `row_weight`, `label_weight` and `step`.
Tensors = dict[str, Any]


class TargetDataset(IterableDataset[Tensors]):
    """Whole batches for `DataLoader(dataset, batch_size=None)`: dictionaries of tensors, and numbers of the batch.

    With `num_workers=1` the loader's worker fetches ahead, with its own copy of `targets`. To resume after the last
    batch that was trained on: `load_state_dict({**targets.state_dict(), "next_step": batch["step"] + 1})`.
    """

    def __init__(self, targets: Targets) -> None:
        self.targets = targets

    def __len__(self) -> int:
        return len(self.targets)

    def __iter__(self) -> Iterator[Tensors]:
        worker = get_worker_info()
        if worker is not None and worker.num_workers > 1:
            message = f"want at most 1 worker of a DataLoader, got {worker.num_workers}: each would read every step"
            raise LyceumError("INVALID_ARGUMENT", message)
        for batch in self.targets:
            yield {
                **{name: torch.from_numpy(values) for name, values in batch.tensors.items()},
                "samples": torch.from_numpy(batch.samples),
                "labels": torch.from_numpy(batch.labels),
                "row_weight": batch.row_weight,
                "label_weight": batch.label_weight,
                "step": batch.step,
            }
