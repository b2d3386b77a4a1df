"""The other side of `npm run bench -- pytorch`: one run's distillation in one PyTorch process.

    python distil.py JOB.json

JOB.json: `dataset` (NPZ with inputs [N, height, width, channels], labels [N] and splits [N]), `inputScale`,
`teachers` (each `model`, an architecture's settings, and `weights`, a safetensors file), `run` (a distillation's
specification with one term, kd) and `mostThreads`: the script tries every number of threads up to this one.

As in the run, each epoch shows the student the whole training split and ends with a validation; the weights with the
best validation NLL are kept. The time is that of this loop; the targets are computed once, before it. Prints one line
of JSON.
"""
import itertools
import json
import math
import struct
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Steps for each number of threads and order of dimensions, to find the fastest pair. Warm-up steps are not timed.
WARM_UP_STEPS, TIMED_STEPS = 10, 40
INFERENCE_ROWS = 2000
SPLITS = {"train": 1, "validation": 2, "test": 3}

with open(sys.argv[1]) as file:
    job = json.load(file)
run = job["run"]
settings, (term,) = run["training"], run["objective"]
assert term["term"] == "kd" and settings["optimizer"] == "adam", "this script knows kd and Adam only"
torch.set_num_threads(job["mostThreads"])
# Adam's moments for pixels that are always black decay to denormal numbers, which make a step ten times slower.
torch.set_flush_denormal(True)

data = np.load(job["dataset"])
inputs = torch.from_numpy(data["inputs"].astype(np.float32) * np.float32(job["inputScale"])).permute(0, 3, 1, 2).contiguous()
labels = torch.from_numpy(data["labels"].astype(np.int64))
rows = {name: torch.from_numpy(np.flatnonzero(data["splits"] == number)) for name, number in SPLITS.items()}
x = {name: inputs[at] for name, at in rows.items()}
y = {name: labels[at] for name, at in rows.items()}
class_count = int(labels.max()) + 1


def build(model):
    """An architecture of the runs, ending in logits."""
    kind = model["architecture"]
    channels, side = inputs.shape[1], inputs.shape[2]
    if kind == "mlp":
        layers, units = [], model["hiddenUnits"]
    elif kind == "lenet":
        layers, units = [*conv(channels, 6, 5, 2), *conv(6, 16, 5, 0)], [120, 84]
        channels, side = 16, (side // 2 - 4) // 2
    elif kind == "conv":
        layers, units = [], model["denseUnits"]
        for filters in model["filters"]:
            layers += conv(channels, filters, 3, 1)
            channels, side = filters, side // 2
    else:
        raise ValueError(f"architecture {kind} is not known here")
    sizes = [channels * side * side, *units, class_count]
    layers.append(nn.Flatten())
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def conv(before, after, size, padding):
    return [nn.Conv2d(before, after, size, padding=padding), nn.ReLU(), nn.MaxPool2d(2)]


def initialise(model):
    for layer in model:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model


def load(model, path):
    """Weights are in TensorFlow's order: [height, width, in, out], [in, out], features flattened channels last."""
    with open(path, "rb") as file:
        content = file.read()
    (header_bytes,) = struct.unpack_from("<Q", content)
    start = 8 + header_bytes
    header = json.loads(content[8:start])
    def tensors():
        for name, spec in header.items():
            if name == "__metadata__":
                continue
            begin, end = spec["data_offsets"]
            yield torch.frombuffer(bytearray(content[start + begin : start + end]), dtype=torch.float32).reshape(spec["shape"])
    left, channels = tensors(), inputs.shape[1]
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Conv2d):
                layer.weight.copy_(next(left).permute(3, 2, 0, 1))
                channels = layer.out_channels
            elif isinstance(layer, nn.Linear):
                kernel = next(left)
                places = kernel.shape[0] // channels
                layer.weight.copy_(kernel.reshape(places, channels, -1).permute(2, 1, 0).flatten(1))
                channels = 1
            else:
                continue
            layer.bias.copy_(next(left))
    assert next(left, None) is None, f"{path} has more weights than the model"
    return model


@torch.no_grad()
def logits(model, x):
    return torch.cat([model(part) for part in x.split(INFERENCE_ROWS)])


def accuracy(z):
    return (z.argmax(1) == y["test"]).float().mean().item()


def trainer(model):
    """A function that takes one step on rows of the training split."""
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learningRate"]["constant"]["rate"], fused=True)
    scale, temperature = term["weight"] * term["temperature"] ** 2, term["temperature"]

    def step(at):
        log_q = F.log_softmax(model(x["train"][at]) / temperature, 1)
        loss = scale * F.kl_div(log_q, target[at], reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def student(memory_format):
    torch.manual_seed(settings["seed"])
    return initialise(build(run["student"]["model"])).to(memory_format=memory_format)


def step_seconds(way):
    threads, memory_format = way
    torch.set_num_threads(threads)
    step, at = trainer(student(memory_format)), torch.arange(settings["batchSize"])
    for _ in range(WARM_UP_STEPS):
        step(at)
    begin = time.perf_counter()
    for _ in range(TIMED_STEPS):
        step(at)
    return time.perf_counter() - begin


begin = time.perf_counter()
teachers = [load(build(teacher["model"]), teacher["weights"]) for teacher in job["teachers"]]
target = sum(F.softmax(logits(teacher, x["train"]) / term["temperature"], 1) for teacher in teachers) / len(teachers)
target_seconds = time.perf_counter() - begin

formats = (torch.contiguous_format, torch.channels_last)
threads, memory_format = min(itertools.product(range(1, job["mostThreads"] + 1), formats), key=step_seconds)
torch.set_num_threads(threads)
model = student(memory_format)
step = trainer(model)
best, chosen, step_count = math.inf, None, 0
begin, cpu_begin = time.perf_counter(), time.process_time()
for epoch in range(settings["epochs"]):
    for at in torch.randperm(len(rows["train"])).split(settings["batchSize"]):
        step(at)
        step_count += 1
    nll = F.cross_entropy(logits(model, x["validation"]), y["validation"]).item()
    if nll < best:
        best, chosen = nll, {name: value.clone() for name, value in model.state_dict().items()}
seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
model.load_state_dict(chosen)
print(
    json.dumps(
        {
            "samplesPerSecond": settings["epochs"] * len(rows["train"]) / seconds,
            "stepCount": step_count,
            "cpuMsPerBatch": 1000 * cpu_seconds / step_count,
            "accuracy": accuracy(logits(model, x["test"])),
            "teacherAccuracies": [accuracy(logits(teacher, x["test"])) for teacher in teachers],
            "targetSeconds": target_seconds,
            "threads": threads,
            "memoryFormat": str(memory_format).removeprefix("torch."),
        }
    )
)
