"""Run as a program: does a thing to a registry again and again, and is killed before its first step, its second, … until it gets through.

A line of JSON tells what is there after each kill.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from chitieu.registry.pointer import read_pointer
from chitieu.registry.promote import check_serves, promote, rollback
from chitieu.registry.register import register
from chitieu.registry.versions import check_whole, versions
from registered import fake_load, model_folder

_KILLED = 9


def _after(steps: int, root: Path, do: Callable[[], object]) -> bool:
    """Do it in a process that dies before so many steps that the system takes in the registry; whether it got through."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != _KILLED
    left = steps

    def step(event: str, told: tuple[object, ...]) -> None:
        nonlocal left
        if event == "fcntl.flock" or any(str(root) in str(word) for word in told if isinstance(word, str | Path)):
            left -= 1
            if left == 0:
                os._exit(_KILLED)

    sys.addaudithook(step)
    status = 1
    try:
        do()
        status = 0
    finally:
        os._exit(status)


def _tell(root: Path, steps: int, done: bool) -> None:
    held = versions(root)
    for one in held:
        check_whole(one.folder)
    pointer = read_pointer(root)
    told = {
        "steps": steps,
        "done": done,
        "versions": [one.label for one in held if one.problem is None],
        "faulty": [one.label for one in held if one.problem is not None],
        "line": [version for _, version in pointer.line] if pointer is not None else [],
        "incoming": len(list((root / ".incoming").glob("*"))),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    what, root, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    check_serves(next(iter(versions(root))), fake_load)  # so that none of the processes has to load what reading needs
    done, steps = False, 0
    while not done:
        steps += 1
        if what == "register":
            source = model_folder(work / str(steps), f"1.{steps}.0")
            done = _after(steps, root, lambda: register(source, root, {"code": "0.6.0"}))  # noqa: B023
        elif what == "promote":
            pointer = read_pointer(root)
            other = "1.0.0" if pointer is not None and pointer.version == "2.0.0" else "2.0.0"
            done = _after(steps, root, lambda: promote(root, "fake", other, "lan", load=fake_load))  # noqa: B023
        else:
            done = _after(steps, root, lambda: rollback(root, "lan", load=fake_load))
        _tell(root, steps, done)


if __name__ == "__main__":
    main()
