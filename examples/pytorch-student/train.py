"""Trains a perceptron in PyTorch on a run's ensemble, with the run's own kd and ce terms, and measures it on the test split.

    coordinator targets serve digits
    python examples/pytorch-student/train.py --address 127.0.0.1:7710 --run digits
"""
import argparse
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from lyceum_targets import TEST, LyceumTargets

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1:7710")
parser.add_argument("--run", default="digits")
parser.add_argument("--hidden", type=int, nargs="*", default=[30, 30])
parser.add_argument("--kd-weight", type=float, default=0.9)
parser.add_argument("--ce-weight", type=float, default=0.1)
parser.add_argument("--learning-rate", type=float, default=1e-3)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
torch.manual_seed(options.seed)

targets = LyceumTargets(options.address, options.run)
pool = next(t.name for t in targets.outline.tensors if t.name.startswith("pooled/"))
temperature = float(pool.split("/")[-1])
features = int(np.prod(next(t.row_shape for t in targets.outline.tensors if t.name == "inputs")))

sizes = [features, *options.hidden, len(targets.outline.class_names)]
layers = [nn.Flatten()]
for size, following in zip(sizes, sizes[1:]):
    layers += [nn.Linear(size, following), nn.ReLU()]
student = nn.Sequential(*layers[:-1])
for layer in student:
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
optimizer = torch.optim.Adam(student.parameters(), lr=options.learning_rate)

started = time.time()
for batch in DataLoader(targets, batch_size=None):
    logits = student(batch["inputs"])
    softened = F.log_softmax(logits / temperature, dim=1)
    kd = F.kl_div(softened, batch[pool], reduction="batchmean") * temperature**2
    known = batch["labels"] >= 0
    # As the run does: the mean over the rows of the batch that have a label.
    ce = F.cross_entropy(logits[known], batch["labels"][known]) if known.any() else 0.0
    loss = options.kd_weight * kd + options.ce_weight * ce
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
seconds = time.time() - started

right = samples = 0
with torch.no_grad():
    for batch in DataLoader(LyceumTargets(options.address, options.run, split=TEST), batch_size=None):
        right += int((student(batch["inputs"]).argmax(1) == batch["labels"]).sum())
        samples += len(batch["labels"])
steps = targets.outline.end_step
print(f"{steps} steps in {seconds:.1f} s; accuracy {right / samples:.4f} on {samples} test samples")
