"""The runs of fashion-seeds in PyTorch: same data, splits, architectures, initialisers, optimiser and schedule.

    python reference.py SET.npz [SEEDS]      SET.npz: with arrays inputs, labels and splits, as data sets are stored

Prints the test accuracy of each teacher, of the ensemble, and of the student alone and distilled, with all labels,
as mean and standard deviation over the seeds. Like the runs, it selects the weights with the best validation NLL.
"""
import math
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Adam's moments for pixels that are always black decay to denormal numbers, which make a step ten times slower.
torch.set_flush_denormal(True)

BATCH, STUDENT_STEPS, TEACHER_EPOCHS = 128, 7660, 8
data = np.load(sys.argv[1])
seeds = range(1, int(sys.argv[2]) + 1) if len(sys.argv) > 2 else range(1, 4)
inputs = torch.from_numpy(data["inputs"].astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()
labels = torch.from_numpy(data["labels"].astype(np.int64))
split = {name: torch.from_numpy(np.flatnonzero(data["splits"] == n)) for name, n in (("train", 1), ("validation", 2), ("test", 3))}


def mlp(*units):
    sizes = [784, *units, 10]
    layers = [nn.Flatten()]
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def conv():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def initialise(model):
    for layer in model:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


def logits(model, rows):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(inputs[part]) for part in rows.split(2000)])


def train(make, steps, peak, seed, target=None):
    """target: [N, 10] soft targets of the training rows, or None for hard labels alone."""
    torch.manual_seed(seed)
    model, rows = initialise(make()), split["train"]
    optimizer = torch.optim.Adam(model.parameters(), lr=peak, eps=1e-7)
    per_epoch, best, chosen = math.ceil(len(rows) / BATCH), math.inf, None
    for step in range(steps):
        if step % per_epoch == 0:
            order = torch.randperm(len(rows))
        place = order[step % per_epoch * BATCH : (step % per_epoch + 1) * BATCH]
        rate = peak * (step + 1) / 100 if step < 100 else peak * 0.5 * (1 + math.cos(math.pi * (step - 100) / (steps - 100)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        model.train()
        z = model(inputs[rows[place]])
        loss = F.cross_entropy(z, labels[rows[place]])
        if target is not None:
            loss = 0.1 * loss + 0.9 * F.kl_div(F.log_softmax(z, 1), target[place], reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % per_epoch == 0 or step + 1 == steps:
            nll = F.cross_entropy(logits(model, split["validation"]), labels[split["validation"]]).item()
            if nll < best:
                best, chosen = nll, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(chosen)
    return model


def accuracy(z):
    return 100 * (z.argmax(1) == labels[split["test"]]).float().mean().item()


steps_per_epoch = math.ceil(len(split["train"]) / BATCH)
teachers = [train(make, TEACHER_EPOCHS * steps_per_epoch, 0.001, 1) for make in (lambda: mlp(300, 100), lenet, conv)]
for name, teacher in zip(("mlp", "lenet", "conv"), teachers):
    print(f"teacher {name:6} {accuracy(logits(teacher, split['test'])):.2f} %", flush=True)
pool = lambda rows: sum(F.softmax(logits(t, rows), 1) for t in teachers) / len(teachers)
print(f"ensemble       {accuracy(pool(split['test'])):.2f} %", flush=True)
target = pool(split["train"])
for name, soft in (("alone", None), ("distilled", target)):
    results = [accuracy(logits(train(lambda: mlp(30, 30), STUDENT_STEPS, 0.002, seed, soft), split["test"])) for seed in seeds]
    print(f"student {name:9} {np.mean(results):.2f} % (sd {np.std(results, ddof=1) if len(results) > 1 else 0:.2f}, {len(results)} seeds)", flush=True)
