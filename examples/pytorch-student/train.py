"""Trains a perceptron in PyTorch on a run's ensemble, with kd and ce terms as in the run, and measures it on the test.

    coordinator targets serve digits
    python examples/pytorch-student/train.py digits
    torchrun --standalone --nproc-per-node 4 examples/pytorch-student/train.py digits

Several processes train one student with DDP; its weights equal those of one process, but for rounding. Needs `pip
install ./clients/python torch`. With `--checkpoint FILE` the training resumes where it was killed.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

import lyceum
from lyceum.pytorch import TargetDataset

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1:7710")
parser.add_argument("--tls-dir")
parser.add_argument("run", nargs="?", default="digits")
parser.add_argument("--hidden", type=int, nargs="*", default=[30, 30])
parser.add_argument("--optimizer", choices=["Adam", "SGD"], default="Adam")
parser.add_argument("--kd-weight", type=float, default=0.9)
parser.add_argument("--ce-weight", type=float, default=0.1)
parser.add_argument("--learning-rate", type=float, default=1e-3)
parser.add_argument("--steps", type=int, default=0, help="default: the run's")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--checkpoint", type=Path)
parser.add_argument("--checkpoint-every", type=int, default=100, help="steps")
options = parser.parse_args()

ranks = {}
if "WORLD_SIZE" in os.environ:
    dist.init_process_group("gloo")
    ranks = {"rank": dist.get_rank(), "world_size": dist.get_world_size()}
is_first = ranks.get("rank", 0) == 0
server = {"address": options.address, "tls_dir": options.tls_dir}

torch.manual_seed(options.seed)
targets = lyceum.targets(options.run, end_step=options.steps, **ranks, **server)
(pool, temperature), *_ = targets.outline.pools.items()
sizes = [int(np.prod(targets.outline.tensors["inputs"])), *options.hidden, len(targets.outline.class_names)]
layers: list[nn.Module] = [nn.Flatten()]
for size, following in zip(sizes, sizes[1:]):
    linear = nn.Linear(size, following)
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    layers += [linear, nn.ReLU()]
student = nn.Sequential(*layers[:-1])
optimizer = getattr(torch.optim, options.optimizer)(student.parameters(), lr=options.learning_rate)

if options.checkpoint and options.checkpoint.exists():
    saved = torch.load(options.checkpoint)
    student.load_state_dict(saved["student"])
    optimizer.load_state_dict(saved["optimizer"])
    targets.load_state_dict(saved["targets"])
model = DistributedDataParallel(student) if ranks else student


def save():
    """Writes weights and position to one file, at once: the file is never half written."""
    saved = {"student": student.state_dict(), "optimizer": optimizer.state_dict(), "targets": targets.state_dict()}
    partial = options.checkpoint.with_suffix(".partial")
    torch.save(saved, partial)
    partial.replace(options.checkpoint)


started = time.time()
for batch in DataLoader(TargetDataset(targets), batch_size=None):
    logits = model(batch["inputs"])
    softened = F.log_softmax(logits / temperature, dim=1)
    kd = F.kl_div(softened, batch[pool], reduction="sum") * temperature**2
    known = batch["labels"] >= 0
    # As in the run: the mean over the rows of the whole batch that have a label.
    ce = F.cross_entropy(logits[known], batch["labels"][known], reduction="sum")
    loss = options.kd_weight * kd * batch["row_weight"] + options.ce_weight * ce * batch["label_weight"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if options.checkpoint and is_first and targets.next_step % options.checkpoint_every == 0:
        save()
seconds = time.time() - started

if is_first:
    if options.checkpoint:
        save()
    right = samples = 0
    with torch.no_grad():
        test = lyceum.targets(options.run, split="test", **server)
        for batch in DataLoader(TargetDataset(test), batch_size=None):
            right += int((student(batch["inputs"]).argmax(1) == batch["labels"]).sum())
            samples += int((batch["labels"] >= 0).sum())
    print(f"{targets.outline.end_step} steps in {seconds:.1f} s")
    print(f"accuracy {right / max(1, samples):.4f} on {samples} labelled test samples")
if ranks:
    dist.destroy_process_group()
