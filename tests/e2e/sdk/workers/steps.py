"""The work of the tests: three steps, of which the third is not reached by a first attempt that is told to wait."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "sdk/python"))

import holdfast  # noqa: E402


def work(run):
    if run.body["prompt"] == "refuse":
        raise holdfast.Refused("no such table", "not_found")
    done = run.checkpoint["done"] if run.checkpoint else []
    if run.attempt == 1:
        for step in ("schema", "query"):
            yield run.progress(step, f"pid {os.getpid()}")
            done = done + [[step, os.getpid()]]
            yield run.save(step, {"done": done})
        yield run.delta("half 🙂 ")
        while "wait" in run.body["prompt"]:
            time.sleep(0.05)
            yield run.progress("waiting")
    return {
        "result": "whole",
        "done": done,
        "from": run.step,
        "pid": os.getpid(),
        "seconds": run.remaining(),
        "level": run.memory_level,
        "user": run.user,
    }
