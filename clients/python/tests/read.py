"""Reads a run's targets as one rank, or alone, and writes a line for each step: digests of its slices, and the state.

    python read.py JOB.json

JOB.json: `file`, `targets` (arguments), `slices`, and `pauseAt`. A slice's digest covers its samples, labels and
tensors; a reader alone cuts each batch into `slices` slices, as ranks get them. If the file exists, the reader goes on
where it ends. At step `pauseAt` the reader prints "paused" and waits for a line.
"""
import hashlib
import json
import sys
from pathlib import Path

import lyceum

job = json.loads(Path(sys.argv[1]).read_text())
path, slices = Path(job["file"]), job["slices"]


def digest(batch, first, end):
    parts = [batch.samples, batch.labels, *batch.tensors.values()]
    return hashlib.sha256(b"".join(part[first:end].tobytes() for part in parts)).hexdigest()


try:
    targets = lyceum.targets(**job["targets"])
    if path.exists():
        # A killed reader may have left half a line.
        whole = path.read_bytes().rpartition(b"\n")[0].splitlines(keepends=True)
        path.write_bytes(b"".join([line if line.endswith(b"\n") else line + b"\n" for line in whole]))
        if whole:
            targets.load_state_dict(json.loads(whole[-1])["state"])
    with path.open("a") as file:
        for batch in targets:
            if batch.step == job.get("pauseAt"):
                print("paused", flush=True)
                sys.stdin.readline()
            cuts = [slice * len(batch) // slices for slice in range(slices + 1)]
            line = {
                "step": batch.step,
                "rows": len(batch),
                "rowCount": batch.row_count,
                "labelledCount": batch.labelled_count,
                "digests": [digest(batch, *cut) for cut in zip(cuts, cuts[1:])],
                "state": targets.state_dict(),
            }
            print(json.dumps(line), file=file, flush=True)
except lyceum.LyceumError as error:
    print(json.dumps({"code": error.code, "message": error.message}))
