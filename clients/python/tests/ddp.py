"""Trains one student twice on a run's targets: in four processes by DDP (gloo), and in one. Prints how weights differ.

    python ddp.py TARGETS.json

TARGETS.json: arguments of `lyceum.targets`. SGD, equal slices, no batch norm: both take equal steps, up to rounding.
"""
import json
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

import lyceum
from lyceum.pytorch import TargetDataset

WORLD_SIZE = 4


def train(arguments, rank=None):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    world_size = None if rank is None else WORLD_SIZE
    targets = lyceum.targets(**arguments, rank=rank, world_size=world_size)
    (pool, temperature), *_ = targets.outline.pools.items()
    features = int(torch.tensor(targets.outline.tensors["inputs"]).prod())
    student = nn.Sequential(
        nn.Flatten(), nn.Linear(features, 16), nn.Tanh(), nn.Linear(16, len(targets.outline.class_names))
    )
    model = student if rank is None else DistributedDataParallel(student)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in DataLoader(TargetDataset(targets), batch_size=None):
        logits = model(batch["inputs"])
        softened = torch.log_softmax(logits / temperature, 1)
        kd = nn.functional.kl_div(softened, batch[pool], reduction="sum") * batch["row_weight"]
        known = batch["labels"] >= 0
        ce = nn.functional.cross_entropy(logits[known], batch["labels"][known], reduction="sum")
        optimizer.zero_grad()
        (kd + ce * batch["label_weight"]).backward()
        optimizer.step()
    return [weight.detach() for weight in student.parameters()]


def train_rank(rank, arguments, folder):
    dist.init_process_group("gloo", f"file://{folder}/rendezvous", rank=rank, world_size=WORLD_SIZE)
    torch.save(train(arguments, rank), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    arguments = json.loads(Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as folder:
        processes.spawn(train_rank, (arguments, folder), nprocs=WORLD_SIZE)
        together = [torch.load(f"{folder}/{rank}.pt") for rank in range(WORLD_SIZE)]
    alone = train(arguments)
    greatest = max(float((a - b).abs().max()) for rank in together for a, b in zip(rank, alone))
    moved = max(float(weight.abs().max()) for weight in alone)
    print(json.dumps({"greatestDifference": greatest, "greatestWeight": moved}))
