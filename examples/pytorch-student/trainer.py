"""Trains a Vision Transformer on a run of pictures with Hugging Face's Trainer, which saves checkpoints and resumes.

    coordinator targets serve digits
    python examples/pytorch-student/trainer.py digits
    torchrun --standalone --nproc-per-node 4 examples/pytorch-student/trainer.py digits --resume

Needs `pip install ./clients/python torch transformers accelerate`. No model is fetched from a hub: it is made here.
"""
import argparse
import os

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification

import lyceum
from lyceum.pytorch import TargetDataset

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1:7710")
parser.add_argument("--tls-dir")
parser.add_argument("run", nargs="?", default="digits")
parser.add_argument("--steps", type=int, default=0, help="default: the run's")
parser.add_argument("--save-steps", type=int, default=200)
parser.add_argument("--out", default="trainer-student")
parser.add_argument("--resume", action="store_true", help="from the newest checkpoint in --out")
options = parser.parse_args()

on_gpu = torch.cuda.is_available()
ranks = {"rank": int(os.environ["RANK"]), "world_size": int(os.environ["WORLD_SIZE"])} if "RANK" in os.environ else {}
server = {"address": options.address, "tls_dir": options.tls_dir}
targets = lyceum.targets(options.run, end_step=options.steps, **ranks, **server)
(pool, temperature), *_ = targets.outline.pools.items()
height, width, channels = targets.outline.tensors["inputs"]


class FromGlobalStep(TargetDataset):
    """Begins at the optimiser's next step. The Trainer knows this step once it has read its checkpoint."""

    def __len__(self):
        return self.targets.outline.end_step

    def __iter__(self):
        self.targets.next_step = trainer.state.global_step
        return super().__iter__()


class DistillingTrainer(Trainer):
    """Reads whole batches, and minimises the divergence from the ensemble's soft targets."""

    def get_train_dataloader(self):
        return DataLoader(self.train_dataset, batch_size=None)

    def compute_loss(self, model, inputs, return_outputs=False, **_):
        assert inputs["step"] == self.state.global_step, "a step is missing or repeated"
        outputs = model(pixel_values=inputs["inputs"].permute(0, 3, 1, 2))
        softened = F.log_softmax(outputs.logits / temperature, dim=1)
        kd = F.kl_div(softened, inputs[pool], reduction="sum") * temperature**2
        loss = kd * inputs["row_weight"]
        return (loss, outputs) if return_outputs else loss


torch.manual_seed(1)
student = ViTForImageClassification(
    ViTConfig(
        image_size=height,
        num_channels=channels,
        patch_size=4,
        hidden_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=128,
        num_labels=len(targets.outline.class_names),
    )
)
arguments = TrainingArguments(
    output_dir=options.out,
    max_steps=targets.outline.end_step,
    learning_rate=1e-3,
    lr_scheduler_type="cosine",
    save_steps=options.save_steps,
    logging_steps=50,
    # The stream is in the run's order already, and begins at the step where training resumes.
    ignore_data_skip=True,
    report_to="none",
    # Without these, processes on CPUs would each train a student of their own.
    use_cpu=not on_gpu,
    ddp_backend="nccl" if on_gpu else "gloo",
)
if arguments.world_size != targets.world_size:
    raise SystemExit(
        f"the Trainer has {arguments.world_size} processes, "
        f"but torchrun started {targets.world_size}; they must be equal"
    )
trainer = DistillingTrainer(model=student, args=arguments, train_dataset=FromGlobalStep(targets))
trainer.train(resume_from_checkpoint=options.resume or None)

if trainer.is_world_process_zero():
    student.eval()
    right = samples = 0
    with torch.no_grad():
        test = lyceum.targets(options.run, split="test", **server)
        for batch in DataLoader(TargetDataset(test), batch_size=None):
            pixels = batch["inputs"].permute(0, 3, 1, 2).to(student.device)
            right += int((student(pixel_values=pixels).logits.argmax(1).cpu() == batch["labels"]).sum())
            samples += int((batch["labels"] >= 0).sum())
    print(f"accuracy {right / max(1, samples):.4f} on {samples} labelled test samples")
