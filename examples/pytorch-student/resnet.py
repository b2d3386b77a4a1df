"""Trains torchvision's ResNet-18 with DDP on a run of pictures: one process for each GPU, or several on CPUs.

    coordinator targets serve digits
    torchrun --standalone --nproc-per-node 4 examples/pytorch-student/resnet.py digits

Needs `pip install ./clients/python torch torchvision`. Batch norm sees only a rank's slice of the batch. So, unlike in
train.py, the weights depend on the number of ranks; `--sync-batch-norm` uses the whole batch (on GPUs only).
"""
import argparse
import os

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torchvision.models import resnet18

import lyceum
from lyceum.pytorch import TargetDataset

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1:7710")
parser.add_argument("--tls-dir")
parser.add_argument("run", nargs="?", default="digits")
parser.add_argument("--learning-rate", type=float, default=0.05)
parser.add_argument("--steps", type=int, default=0, help="default: the run's")
parser.add_argument("--sync-batch-norm", action="store_true")
options = parser.parse_args()

on_gpu = torch.cuda.is_available()
dist.init_process_group("nccl" if on_gpu else "gloo")
device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
ranks = {"rank": dist.get_rank(), "world_size": dist.get_world_size()}
server = {"address": options.address, "tls_dir": options.tls_dir}
targets = lyceum.targets(options.run, end_step=options.steps, **ranks, **server)
(pool, temperature), *_ = targets.outline.pools.items()
height, width, channels = targets.outline.tensors["inputs"]

torch.manual_seed(1)
student = resnet18(num_classes=len(targets.outline.class_names))
# For pictures of a few dozen pixels, as for CIFAR: no stride and no pool before the first block.
student.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
student.maxpool = nn.Identity()
if options.sync_batch_norm:
    student = nn.SyncBatchNorm.convert_sync_batchnorm(student)
model = DistributedDataParallel(student.to(device))
optimizer = torch.optim.SGD(model.parameters(), lr=options.learning_rate, momentum=0.9, weight_decay=5e-4)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(targets))


def pictures(batch):
    """Channels first."""
    return batch["inputs"].to(device).permute(0, 3, 1, 2).contiguous()


for batch in DataLoader(TargetDataset(targets), batch_size=None):
    softened = F.log_softmax(model(pictures(batch)) / temperature, dim=1)
    kd = F.kl_div(softened, batch[pool].to(device), reduction="sum") * temperature**2
    loss = kd * batch["row_weight"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if ranks["rank"] == 0 and batch["step"] % 50 == 0:
        print(f"step {batch['step']}: {loss.item():.4f}", flush=True)

# Each rank measures its slices; their counts are added.
student.eval()
counts = torch.zeros(2, device=device)
with torch.no_grad():
    test = lyceum.targets(options.run, split="test", **ranks, **server)
    for batch in DataLoader(TargetDataset(test), batch_size=None):
        if len(batch["labels"]) > 0:
            right = student(pictures(batch)).argmax(1).cpu() == batch["labels"]
            counts += torch.tensor([right.sum(), (batch["labels"] >= 0).sum()], device=device)
dist.all_reduce(counts)
if ranks["rank"] == 0:
    print(f"accuracy {counts[0] / counts[1].clamp(min=1):.4f} on {int(counts[1])} labelled test samples")
dist.destroy_process_group()
