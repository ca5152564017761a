"""What compose.yaml promises, as far as it can be seen without an engine."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from chitieu.cli import parser
from chitieu.settings import Settings


@pytest.fixture(scope="module")
def compose(root):
    return yaml.safe_load((root / "compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def ours(compose):
    return {name: compose["services"][name] for name in ("service", "worker")}


def environment(service):
    """What the container would be given, where nothing is set outside."""
    return {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in service["environment"].items()}


def seconds(word):
    return int(re.fullmatch(r"(\d+)s", word)[1])


def test_its_settings_are_settings_and_fit(ours, monkeypatch):
    for service in ours.values():
        with monkeypatch.context() as patch:
            for name, value in environment(service).items():
                patch.setenv(name, value)
            settings = Settings()
        assert settings.jobs == "apart", "the worker does the jobs"
        assert settings.database_url.get_secret_value().startswith("postgresql://")
        for file in (settings.admin_password_file, settings.database_password_file):
            assert file.parent.as_posix() == "/run/secrets" and file.name in service["secrets"]
        assert seconds(service["stop_grace_period"]) > settings.shutdown_seconds
    assert environment(ours["service"])["CHITIEU_LOGIN"] == "required"


def test_its_commands_are_commands(ours):
    assert "command" not in ours["service"], "the image's own"
    assert ours["worker"]["command"][0] == "chitieu"
    assert parser().parse_args(ours["worker"]["command"][1:]).command == "worker"


def test_every_container_is_held_short(compose):
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["restart"] == "unless-stopped", name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert "privileged" not in service and "network_mode" not in service, name
        assert service["logging"]["options"]["max-size"], f"the log of {name} would fill the disk"
    assert "cap_add" not in compose["services"]["service"]


def test_data_lies_in_named_volumes(compose, root):
    image = re.search(r"^VOLUME (\S+)$", (root / "Dockerfile").read_text("utf-8"), re.M)[1]
    mounts = {name: service["volumes"] for name, service in compose["services"].items()}
    assert mounts["service"] == mounts["worker"] == [f"data:{image}"]
    assert mounts["database"] == ["database:/var/lib/postgresql/data"]
    assert set(compose["volumes"]) == {"data", "database"}


def test_only_this_machine_reaches_the_service_and_nobody_the_database(compose):
    ports = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert ports["worker"] == ports["database"] == []
    assert all(port.startswith("127.0.0.1:") and port.endswith(":8000") for port in ports["service"])
    assert compose["networks"]["back"]["internal"] is True
    assert compose["services"]["database"]["networks"] == compose["services"]["worker"]["networks"] == ["back"]


def test_it_believes_the_gateway_of_its_network_and_nobody_else(compose):
    (net,) = compose["networks"]["front"]["ipam"]["config"]
    assert compose["services"]["service"]["environment"]["CHITIEU_PROXIES"] == net["gateway"]


def test_those_who_wait_for_each_other_can_be_asked(compose, ours):
    assert compose["services"]["database"]["healthcheck"]["test"][1] == "pg_isready"
    for service in ours.values():
        assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "healthcheck" not in ours["service"], "the image's own"


def test_no_password_has_a_default(compose, root):
    text = (root / "compose.yaml").read_text("utf-8")
    assert not re.search(r"PASSWORD(?!_FILE)\b", text)
    for name, secret in compose["secrets"].items():
        variable, told, rest = re.fullmatch(r"\$\{(\w+):\?(.*?)\}(.*)", secret["file"]).groups()
        assert (variable, rest) == ("CHITIEU_SECRETS", f"/{name}")
        assert " / " in told and name in told, "what is missing is told in both languages"


def composing(root, **variables):
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("needs the compose plugin of docker")
    return subprocess.run(
        [docker, "compose", "--file", root / "compose.yaml", "config", "--quiet"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_compose_reads_it(root, tmp_path):
    read = composing(root, CHITIEU_SECRETS=str(tmp_path))
    assert read.returncode == 0, read.stderr


def test_compose_tells_that_the_secrets_are_missing(root):
    read = composing(root)
    assert read.returncode != 0 and "CHITIEU_SECRETS" in read.stderr and "admin_password" in read.stderr
