"""nginx before the service, as scripts/deploy/nginx.conf has it: a real one before a real one, on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

from chitieu.settings import Settings
from serving import Served

NAME = "chitieu.example.vn"
CLIENT = "127.0.0.5"  # an address of this machine that is not nginx's own
PASSWORD = "một câu dài dễ nhớ"
TEXT = "Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán."


@pytest.fixture(scope="module")
def written(root):
    return (root / "scripts/deploy/nginx.conf").read_text("utf-8")


def told(conf, directive):
    return re.search(rf"^ *{directive} +(.+?);", conf, re.M)[1]


def seconds(word):
    return int(re.fullmatch(r"(\d+)s", word)[1])


def test_it_lets_in_what_the_service_takes_and_waits_as_long_as_that_may_take(written):
    settings = Settings()
    assert told(written, "client_max_body_size") == f"{settings.max_file_bytes // 1024**2}m"
    assert seconds(told(written, "client_body_timeout")) == settings.body_seconds
    assert seconds(told(written, "proxy_read_timeout")) > settings.request_seconds
    assert seconds(told(written, "proxy_send_timeout")) > settings.body_seconds


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Proxy:
    """nginx with the project's file, in which ports and certificate alone are changed."""

    def __init__(self, program, written, folder, upstream):
        self.program, self.folder = program, folder
        self.plain, self.tls = free_port(), free_port()
        self.certificate = folder / "cert.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
             "-keyout", folder / "key.pem", "-out", self.certificate],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        text = re.sub(r"^ *listen \[::\].*\n", "", written, flags=re.M)
        for before, after in {
            "listen 80;": f"listen 127.0.0.1:{self.plain};",
            "listen 443 ": f"listen 127.0.0.1:{self.tls} ",
            "/etc/ssl/certs/chitieu.pem": str(self.certificate),
            "/etc/ssl/private/chitieu.key": str(folder / "key.pem"),
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
        }.items():
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        (folder / "chitieu.conf").write_text(text, "utf-8")
        paths = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;\n" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log info;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{paths}include {folder}/chitieu.conf;\n}}\n"
        )
        self.process = None

    def run(self, *args):
        return [
            self.program,
            "-e",
            self.folder / "start.log",
            "-p",
            self.folder,
            "-c",
            self.folder / "nginx.conf",
            *args,
        ]

    def start(self):
        self.process = subprocess.Popen(self.run(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.tls), 1):
                return
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "error.log").read_text()
            time.sleep(0.05)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def client(self):
        context = ssl.create_default_context(cafile=self.certificate)
        return httpx.Client(
            base_url=f"https://{NAME}:{self.tls}", transport=Here(verify=context, local_address=CLIENT), timeout=60
        )

    @contextmanager
    def connection(self):
        """One over TLS, for what an ordinary client would not say."""
        context = ssl.create_default_context(cafile=self.certificate)
        plain = socket.create_connection(("127.0.0.1", self.tls), 60)
        with context.wrap_socket(plain, server_hostname=NAME) as tls:  # closes both
            yield tls


class Here(httpx.HTTPTransport):
    """Asks this machine, whatever name is asked for."""

    def handle_request(self, request):
        request.headers["Host"] = NAME
        return super().handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host="127.0.0.1"),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions | {"sni_hostname": NAME},
            )
        )


@pytest.fixture(scope="module")
def nginx():
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("needs nginx and openssl: `make programs` installs them")
    return program


@pytest.fixture(scope="module")
def served(root, tmp_path_factory):
    if not (root / "models/current.json").is_file():
        pytest.skip("no model in models/")
    folder = tmp_path_factory.mktemp("service")
    (folder / "password").write_text(PASSWORD, "utf-8")
    service = Served(
        folder,
        CHITIEU_LOGIN="required",
        CHITIEU_ADMIN_PASSWORD_FILE=str(folder / "password"),
        CHITIEU_ALLOWED_HOSTS=NAME,
    )
    yield service
    service.kill()


@pytest.fixture(scope="module")
def proxy(nginx, written, served, tmp_path_factory):
    made = Proxy(nginx, written, tmp_path_factory.mktemp("nginx"), served.port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(proxy):
    with proxy.client() as made:
        yield made


@pytest.fixture
def member(client):
    """A client that is logged in, and sends what those must send who change something."""
    answer = client.post("/v1/session", json={"name": "admin", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


def test_nginx_understands_it(nginx, written, tmp_path):
    proxy = Proxy(nginx, written, tmp_path, 8000)
    done = subprocess.run(proxy.run("-t"), capture_output=True, text=True, timeout=30, check=False)
    said = done.stderr + (tmp_path / "start.log").read_text()
    assert done.returncode == 0, said
    assert "[warn]" not in said and "[emerg]" not in said


def test_without_tls_one_is_sent_there(proxy):
    answer = httpx.get(f"http://127.0.0.1:{proxy.plain}/v1/model?a=1", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/v1/model?a=1")


def test_whoever_is_not_known_is_refused(client):
    assert client.get("/v1/model").status_code == 401
    assert client.get("/healthz").status_code == 200


def test_a_login_comes_back_over_tls_alone(client):
    answer = client.post("/v1/session", json={"name": "admin", "password": PASSWORD})
    assert answer.status_code == 200
    assert "secure" in answer.headers["set-cookie"].lower(), "the service knows that the browser speaks TLS"
    assert answer.headers["strict-transport-security"]
    assert client.get("/v1/model").status_code == 200


def test_the_log_and_the_audit_trail_see_the_client_and_not_what_it_says_of_itself(served, member):
    answer = member.get("/v1/model", headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "made-up"})
    assert answer.status_code == 200
    request = answer.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", request), "nginx's own"
    end = time.monotonic() + 10
    while not (lines := [line for line in served.lines("answered") if line["request"] == request]):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert [(line["address"], line["actor"]) for line in lines] == [(CLIENT, "admin")]
    entries = member.get("/v1/audit").json()["entries"]
    assert {entry["address"] for entry in entries if entry["action"] == "login"} == {CLIENT}


def test_a_batch_is_answered_line_by_line_while_it_still_comes(proxy, member):
    """One connection, on which the second text goes out only once the first is answered."""
    cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
    head = (
        f"POST /v1/extract/batch HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/x-ndjson\r\n"
        f"Accept-Encoding: gzip\r\nCookie: {cookies}\r\nX-CSRF-Token: {member.headers['X-CSRF-Token']}\r\n"
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )

    def chunk(text):
        data = (json.dumps({"text": text}) + "\n").encode()
        return f"{len(data):x}\r\n".encode() + data + b"\r\n"

    with proxy.connection() as tls:
        tls.sendall(head.encode() + chunk(TEXT))
        received = b""
        while b'"index":0' not in received.replace(b" ", b""):
            part = tls.recv(65536)
            assert part, received
            received += part
        assert received.startswith(b"HTTP/1.1 200")
        assert b'"index":1' not in received.replace(b" ", b"")
        tls.sendall(chunk(TEXT) + b"0\r\n\r\n")
        while part := tls.recv(65536):
            received += part
    assert b'"index":1' in received.replace(b" ", b"") and b'"done":2' in received.replace(b" ", b"")


def test_a_jobs_events_come_through(member):
    asked = member.post("/v1/jobs", content=TEXT.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})
    assert asked.status_code == 202, asked.text
    with member.stream("GET", f"/v1/jobs/{asked.json()['id']}", headers={"Accept": "text/event-stream"}) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        seen = "".join(events.iter_text())
    assert "event: done" in seen and '"state":"done"' in seen


def test_measures_are_not_for_those_outside(member):
    answer = member.get("/metrics")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"


def test_what_is_too_large_has_the_projects_error(proxy):
    size = Settings().max_file_bytes + 1
    with proxy.connection() as tls:
        tls.sendall(f"POST /v1/extract HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {size}\r\n\r\n".encode())
        received = b""
        while part := tls.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413") and b"application/json" in head
    assert json.loads(body)["error"]["code"] == "file_too_large"


def test_errors_of_the_service_are_not_nginxs(member):
    answer = member.get("/v1/indicators/no-such-thing")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "indicator_unknown"


def test_while_the_service_is_down_the_projects_error_says_so(nginx, written, tmp_path):
    proxy = Proxy(nginx, written, tmp_path, free_port())
    proxy.start()
    try:
        with proxy.client() as client:
            answer = client.get("/v1/model")
    finally:
        proxy.stop()
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "not_ready"
    assert answer.headers["retry-after"] == "5"
