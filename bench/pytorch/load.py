"""The other side of `npm run bench -- data`: the same JPEGs by PyTorch's DataLoader and torchvision.

    python load.py JOB.json

JOB.json: `files` (tar shards), `shardOf`, `offsets`, `lengths` (where row i's JPEG is), `rows` (which rows, in which
order), `grid` (side of the square that every picture is brought to), `crop` (side of what a model sees), `batch`,
`workers` (processes of the DataLoader) and `decoder` (`pil` or `tensor`: the two ways that torchvision offers).

Each picture is decoded; its shorter side is scaled to the grid, its middle square is cut out, and a random part of
that (by area and ratio) is scaled to the crop: Resize, CenterCrop, RandomResizedCrop. Batches are uint8, as the graph
takes them. Prints one line of JSON. The time runs from asking for the first batch to having the last one; processor
time is that of all processes over the same time.
"""
import io
import json
import os
import resource
import sys
import time

import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms import v2

with open(sys.argv[1]) as file:
    job = json.load(file)
torch.set_num_threads(1)


class Pictures(Dataset):
    def __init__(self):
        self.files = None
        resize = [v2.Resize(job["grid"]), v2.CenterCrop(job["grid"]), v2.RandomResizedCrop(job["crop"])]
        if job["decoder"] == "pil":
            resize.append(v2.PILToTensor())
        self.transform = v2.Compose(resize)

    def __len__(self):
        return len(job["rows"])

    def __getitem__(self, position):
        if self.files is None:
            self.files = [os.open(name, os.O_RDONLY) for name in job["files"]]
        row = job["rows"][position]
        content = os.pread(self.files[job["shardOf"][row]], job["lengths"][row], job["offsets"][row])
        if job["decoder"] == "pil":
            from PIL import Image

            picture = Image.open(io.BytesIO(content)).convert("RGB")
        else:
            picture = decode_jpeg(torch.frombuffer(bytearray(content), dtype=torch.uint8), ImageReadMode.RGB)
        return self.transform(picture)


def cpu_seconds():
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


loader = DataLoader(Pictures(), batch_size=job["batch"], num_workers=job["workers"], multiprocessing_context="fork", prefetch_factor=2)
begin, cpu_begin = time.perf_counter(), cpu_seconds()
count, first = 0, None
for batch in loader:
    if first is None:
        first = time.perf_counter() - begin
    assert batch.dtype == torch.uint8 and batch.shape[1:] == (3, job["crop"], job["crop"])
    count += len(batch)
seconds = time.perf_counter() - begin
del loader
print(
    json.dumps(
        {
            "picturesPerSecond": count / seconds,
            "cpuMsPerPicture": 1000 * (cpu_seconds() - cpu_begin) / count,
            "firstBatchSeconds": first,
        }
    )
)
