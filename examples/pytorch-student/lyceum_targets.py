"""A run's targets as a PyTorch data set. Needs numpy, torch, grpcio and grpcio-tools.

Each item is a batch of the run, in the run's order, as a dictionary of arrays: `samples` [B], `labels` [B] (-1: the run
does not know it), the tensors of the targets under their names [B, ...], and `inputs` [B, ...].
"""
import pathlib
import sys

import grpc
import numpy as np
from torch.utils.data import IterableDataset

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "proto"))
protos, services = grpc.protos_and_services("lyceum/v1/target.proto")

TRAIN, VALIDATION, TEST = 1, 2, 3
MESSAGE_MAX_BYTES = 8 << 20


class LyceumTargets(IterableDataset):
    """Batches of a run from step `next_step` on, as `coordinator targets serve` gives them at `address`.

    `next_step` counts the batches that were taken: keep it with a checkpoint, and set it to go on from there. A stream
    that breaks is taken up again by itself. `end_step` may be beyond the run's own last step.
    """

    def __init__(self, address, run, split=TRAIN, end_step=0, temperature=0.0):
        options = [("grpc.max_receive_message_length", MESSAGE_MAX_BYTES)]
        self.service = services.TargetServiceStub(grpc.insecure_channel(address, options))
        self.asked = dict(
            run_id=run, split=split, end_step=end_step, temperature=temperature, inputs=True, wait=True
        )
        self.next_step = 0
        request = protos.GetTargetOutlineRequest(stream=protos.StreamTargetsRequest(**self.asked))
        self.outline = self.service.GetTargetOutline(request, timeout=60).outline

    def __iter__(self):
        while self.next_step < self.outline.end_step:
            try:
                for batch in self.stream():
                    self.next_step += 1
                    yield batch
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise

    def stream(self):
        request = protos.StreamTargetsRequest(first_step=self.next_step, **self.asked)
        parts = []
        for message in self.service.StreamTargets(request, wait_for_ready=True):
            if message.waiting:
                print(message.waiting, file=sys.stderr)
            if message.HasField("batch"):
                parts.append(message.batch)
            if message.batch.ends_batch:
                yield whole(parts)
                parts = []


def whole(parts):
    """A batch in arrays; long ones come in several parts."""
    batch = {
        tensor.name: np.concatenate([array(part.tensors[i]) for part in parts])
        for i, tensor in enumerate(parts[0].tensors)
    }
    for name in ("samples", "labels"):
        batch[name] = np.concatenate([np.array(getattr(part, name), np.int64) for part in parts])
    return batch


def array(tensor):
    return np.frombuffer(tensor.data, "<f4").reshape(tensor.shape)
