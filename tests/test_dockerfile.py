"""No engine builds the image here: its steps are replayed in a fresh folder instead."""

import json
import os
import re
import shutil
import site
import socket
import subprocess
import sys
import time
import urllib.request

import pytest


@pytest.fixture(scope="module")
def instructions(root):
    """The Dockerfile's instructions as (name, rest), continuation lines joined."""
    text = (root / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_image_is_slim_and_does_not_run_as_root(instructions):
    bases = [rest for name, rest in instructions if name == "FROM"]
    assert len(bases) == 2 and all("slim" in base for base in bases)
    assert [rest for name, rest in instructions if name == "USER"] == ["chitieu"]


def test_the_context_holds_what_is_copied_and_little_else(root, instructions):
    allowed = {
        line[1:] for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied = {
        source.removeprefix("./")
        for name, rest in instructions
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert not {"tests", "training_data", ".venv"} & allowed


def test_replayed_steps_install_and_serve(root, instructions, tmp_path):
    if not (root / "models/current.json").is_file():
        pytest.skip("no model in models/")
    pytest.importorskip("hatchling", reason="the build backend is in the extra `dev`")
    source, app, wheels = tmp_path / "src", tmp_path / "app", tmp_path / "wheels"
    source.mkdir()
    app.mkdir()
    for name, rest in instructions:
        if name == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            for item in sources:
                origin, folder = root / item, app if item == "models" else source
                (shutil.copytree if origin.is_dir() else shutil.copy2)(origin, folder / item)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True, timeout=120)
    programs = tmp_path / "python/bin"
    # Without a network: what the wheel depends on is the environment that runs this test.
    env = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": os.pathsep.join(site.getsitepackages()),
        "CHITIEU_MODELS": str(app / "models"),
    }
    steps = [rest.replace("/wheels", str(wheels)) for name, rest in instructions if name == "RUN" and "pip" in rest]
    assert len(steps) == 2
    for step in steps:
        subprocess.run(step, shell=True, cwd=source, env=env, check=True, timeout=240)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = json.loads(next(rest for name, rest in instructions if name == "CMD"))
    start[start.index("--host") + 1] = "127.0.0.1"
    start = [str(programs / start[0]), *start[1:], "--port", str(port)]
    health = json.loads(re.search(r"CMD (\[.*\])", dict(instructions)["HEALTHCHECK"])[1])
    health = [part.replace(":8000", f":{port}") for part in health]
    process = subprocess.Popen(start, cwd=app, env=env)
    try:
        for _ in range(120):
            if subprocess.run(health, env=env, capture_output=True, check=False, timeout=30).returncode == 0:
                break
            time.sleep(1)
        else:
            pytest.fail("the health check never succeeded")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert b"<title>chitieu</title>" in page.read()
    finally:
        process.terminate()
        process.wait(timeout=30)
