"""Runs of a Lyceum cluster (`Client`), and the targets of a run for a student in Python (`targets`)."""
from ._client import Client, Progress, Run
from ._errors import LyceumError
from ._targets import Batch, Outline, Targets, Teacher, targets

__all__ = ["Batch", "Client", "LyceumError", "Outline", "Progress", "Run", "Targets", "Teacher", "targets"]
