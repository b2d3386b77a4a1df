"""Uses a `Client` as a person would in a notebook, and prints the results as JSON.

    python runs.py ADDRESS TLS_DIR DOCUMENTS.json
"""
import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import grpc

import lyceum
from lyceum._errors import error_of

address, tls_dir, documents = sys.argv[1:]
documents = json.loads(Path(documents).read_text())


def refusal(call):
    try:
        call()
    except lyceum.LyceumError as error:
        return {"code": error.code, "message": error.message}


class Lost(grpc.RpcError):
    """The error that gRPC raises when a server dies, or wants TLS and the client speaks none."""

    def code(self):
        return grpc.StatusCode.UNAVAILABLE

    def details(self):
        return "Socket closed"


#: Names of targets: of terms with all teachers, and with some.
POOLS = ["pooled/arithmetic/4", "pooled/median/standardized/2/of/1", "pooled/arithmetic/0.5/of/0,2", "votes/of/0,2"]

with lyceum.Client(address, tls_dir) as client:
    # `submit` takes a dictionary, a text or a file.
    teacher = client.submit(documents[0])
    ended = client.wait(teacher.id)
    text = json.dumps(documents[1])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        again = [client.submit(text).id, client.submit(Path(file.name)).id]
    states = [run.state for run in client.watch(again[0])]
    run = client.get(again[0])
    history = client.history(run.id)
    print(
        json.dumps(
            {
                "teacher": [ended.state, ended.reason],
                "again": again,
                "lastState": states[-1],
                "run": [run.kind, run.state, run.progress.step, run.progress.step_count, dict(run.labels)],
                "times": run.submitted_at <= run.started_at <= run.ended_at,
                "specification": run.specification["spec"]["training"]["epochs"],
                "list": [run.id for run in client.list()],
                "failed": [run.id for run in client.list(states="FAILED")],
                "report": client.report(run.id),
                "rows": client.report_rows(run.id),
                "history": {name: values.tolist() for name, values in history.items() if name in ("step", "loss")},
                "pools": lyceum.Outline.pools.fget(SimpleNamespace(tensors=dict.fromkeys(POOLS))),
                "lost": [error_of(Lost(), "a:1", answered).message for answered in (False, True)],
                "refusals": [
                    refusal(lambda: client.get("nobody")),
                    refusal(lambda: client.submit({**documents[0], "kind": "Nothing"})),
                    refusal(lambda: client.submit("run.yaml")),
                    refusal(lambda: client.list(states=["DONE"])),
                    refusal(lambda: client.cancel(run.id)),
                    refusal(lambda: lyceum.Client("127.0.0.1:1", tls_dir).list()),
                    refusal(lambda: lyceum.Client(address).list()),
                    refusal(lambda: lyceum.Client(address, tempfile.gettempdir() + "/nothing-here").list()),
                ],
            }
        )
    )
