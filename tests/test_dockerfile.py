"""No engine builds the image here: its steps are replayed in a fresh folder instead."""

import json
import os
import re
import shutil
import signal
import site
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import httpx
import pytest

from chitieu.settings import Settings

NOT_SENT = ("node_modules", "dist", "dist.partial", "__pycache__")  # .dockerignore


@pytest.fixture(scope="module")
def instructions(root):
    """The Dockerfile's instructions as (name, rest), continuation lines joined."""
    text = (root / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [tuple(line.split(maxsplit=1)) for line in lines]


def environment(instructions):
    """What the image sets."""
    words = " ".join(rest for name, rest in instructions if name == "ENV").split()
    return dict(word.split("=", 1) for word in words)


def test_the_image_is_slim_and_does_not_run_as_root(instructions):
    bases = [rest for name, rest in instructions if name == "FROM"]
    assert len(bases) == 3 and all("slim" in base for base in bases)
    assert [rest for name, rest in instructions if name == "USER"] == ["chitieu"]


def test_what_is_kept_lies_in_a_volume_of_the_user(instructions):
    told = dict(instructions)
    assert environment(instructions)["CHITIEU_DATA"] == told["VOLUME"] == "/data"
    made = " && ".join(rest for name, rest in instructions if name == "RUN")
    assert "install -d -o chitieu -g chitieu -m 700 /data" in made
    names = [name for name, _ in instructions]
    assert "RUN" not in names[names.index("VOLUME") :], "what is made in a volume afterwards is lost"


def test_it_is_stopped_as_the_service_expects_and_asked_whether_it_lives(instructions):
    told = dict(instructions)
    assert told["STOPSIGNAL"] == "SIGTERM"
    assert "/healthz" in told["HEALTHCHECK"]
    assert environment(instructions)["CHITIEU_LOG_FORMAT"] == "json"
    for name in environment(instructions):
        field = name.removeprefix("CHITIEU_").lower()
        assert not name.startswith("CHITIEU_") or name == "CHITIEU_MODELS" or field in Settings.model_fields, name


def test_it_can_speak_to_postgresql(root, instructions):
    (extra,) = re.findall(r"\.whl\)\[(\w+)\]", " ".join(rest for name, rest in instructions if name == "RUN"))
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    assert any("psycopg" in needed for needed in project["project"]["optional-dependencies"][extra])


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
    assert all(source in allowed or source.split("/")[0] in allowed for source in copied)
    assert allowed <= copied
    assert not {"tests", "training_data", ".venv"} & allowed


def build_pages(root, instructions, folder):
    steps = [rest for name, rest in instructions if name == "RUN" and rest.startswith("npm ")]
    assert [step.split()[1] for step in steps] == ["ci", "run"]
    assert ("COPY", "--from=web /web/dist ./service/web/dist") in instructions
    packages = root / "service/web/node_modules"
    if not packages.is_dir():
        pytest.skip("needs the packages of the pages: `make web` installs them")
    (folder / "node_modules").symlink_to(packages)
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(steps[1], shell=True, cwd=folder, env=env, check=True, timeout=120)


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
                target = folder / item
                target.parent.mkdir(parents=True, exist_ok=True)
                if origin.is_dir():
                    shutil.copytree(origin, target, ignore=shutil.ignore_patterns(*NOT_SENT), dirs_exist_ok=True)
                else:
                    shutil.copy2(origin, target)
    # Without a network: the packages of the pages are those of the project's folder, the steps after them the Dockerfile's.
    build_pages(root, instructions, source / "service/web")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True, timeout=120)
    programs = tmp_path / "python/bin"
    # Without a network: what the wheel depends on is the environment that runs this test.
    env = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": os.pathsep.join(site.getsitepackages()),
    }
    env |= {
        name: value.replace("/app", str(app)).replace("/data", str(tmp_path / "data"))
        for name, value in environment(instructions).items()
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
    # Bound to loopback here; the image's own address wants accounts.
    (tmp_path / "password").write_text("một câu dài dễ nhớ", "utf-8")
    env |= {"CHITIEU_LOGIN": "required", "CHITIEU_ADMIN_PASSWORD_FILE": str(tmp_path / "password")}
    env.pop("CHITIEU_ALLOWED_HOSTS", None)
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(start, cwd=app, env=env, stderr=stream)
    try:
        for _ in range(120):
            if subprocess.run(health, env=env, capture_output=True, check=False, timeout=30).returncode == 0:
                break
            time.sleep(1)
        else:
            pytest.fail(f"the health check never succeeded: {log.read_text('utf-8')}")
        where = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{where}/v1/model").status_code == 401
        with httpx.Client(base_url=where, headers={"Accept": "text/html"}, follow_redirects=True, timeout=10) as client:
            assert client.get("/").url.path == "/login"
            login = client.post("/v1/session", json={"name": "admin", "password": "một câu dài dễ nhớ"})
            assert login.status_code == 200, login.text
            assert "<title>chitieu</title>" in client.get("/").text
        process.send_signal(getattr(signal, dict(instructions)["STOPSIGNAL"]))
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait(timeout=30)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {"first_account", "ready", "answered"} <= {line["event"] for line in lines}
    assert (tmp_path / "data/chitieu.db").is_file()
