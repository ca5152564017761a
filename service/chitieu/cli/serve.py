"""`chitieu serve`: the API and the page."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from chitieu import __version__
from chitieu.cli.numbers import number
from chitieu.cli.surroundings import DATABASE
from chitieu.cores import usable_cores
from chitieu.errors import AddressTaken, ConfigInvalid
from chitieu.settings import Settings, load_settings
from chitieu.store.addresses import is_loopback

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

    from chitieu.cli.main import Commands

_MOST_WORKERS = 1024
_OTHER_FILES = 256  # open files that are no connections
_ANSWER_SECONDS = 5  # for the answers that what was not finished in time gets
_HEALTH_SECONDS = 60  # in which a worker process must answer its parent, also while it loads and all cores are busy


def add_serve(commands: Commands) -> None:
    """Describe the command."""
    serve = commands.add_parser("serve", help="mở dịch vụ / serve the API and the page")
    serve.add_argument("--host", default="127.0.0.1", help="địa chỉ / address (127.0.0.1)")
    serve.add_argument(
        "--port", type=number(0, 65535), default=8000, help="cổng, 0: cổng trống / port, 0: a free one (8000)"
    )
    serve.add_argument("--socket", type=Path, help="socket Unix thay cho địa chỉ / Unix socket instead of an address")
    serve.add_argument(
        "--workers",
        type=number(1, _MOST_WORKERS),
        default=1,
        metavar="N",
        help="số tiến trình / processes that share the port (1)",
    )
    serve.set_defaults(run=run_serve)


def login_mode(login: str, host: str | None) -> str:
    """`open` or `required`: whether callers must say who they are.

    Args:
        login: `settings.login`.
        host: what the service binds to; None for a Unix socket.

    Raises:
        ConfigInvalid: `open` on a host that others reach.
    """
    here = host is None or is_loopback(host)
    if login == "open" and not here:
        raise ConfigInvalid(
            f"CHITIEU_LOGIN=open chỉ dùng được với địa chỉ nội bộ, không phải {host}. / "
            f"CHITIEU_LOGIN=open is for loopback alone, not for {host}.",
            variable="CHITIEU_LOGIN",
            host=host,
        )
    return login if login != "auto" else "open" if here else "required"


def _bind(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that the host has.

    Raises:
        AddressTaken: one of them cannot be had.
    """
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            taken = socket.socket(family, kind, protocol)
            sockets.append(taken)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Where any port will do, all addresses have the first one's.
            taken.bind((address[0], port, *address[2:]))
            port = taken.getsockname()[1]
    except OSError as error:
        for taken in sockets:
            taken.close()
        raise AddressTaken(
            f"Không mở được {host}:{port} (cổng đang được dùng?). / Cannot listen on {host}:{port}: {error.strerror}.",
            host=host,
            port=port,
        ) from error
    return sockets


def _bind_unix(path: Path) -> list[socket.socket]:
    """Raises AddressTaken where something answers there already, or it cannot be made."""
    taken = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
                if trial.connect_ex(str(path)) == 0:
                    raise OSError(0, "in use")
            path.unlink()
        taken.bind(str(path))
        path.chmod(0o660)
    except OSError as error:
        taken.close()
        raise AddressTaken(
            f"Không mở được {path}. / Cannot listen on {path}: {error.strerror}.", host=str(path)
        ) from error
    return [taken]


def allow_open_files() -> int:
    """Let the process open as many files as it may; returns how many those are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@dataclass(frozen=True)
class _Ready:
    """Where the database lies, and whether callers must say who they are."""

    database: str
    needs_login: bool


@contextmanager
def _prepared(settings: Settings, host: str | None, workers: int) -> Iterator[_Ready]:
    """What all processes of the service rely on: the login mode, threads for each, the tables, the accounts."""
    from chitieu.access.prepare import prepare_access
    from chitieu.store.database import open_database
    from chitieu.store.migrate import migrate

    os.environ["CHITIEU_LOGIN"] = login_mode(settings.login, host)
    if settings.threads is None:
        os.environ["CHITIEU_THREADS"] = str(max(1, usable_cores() // workers))
    settings = load_settings()
    database = open_database(settings)
    try:
        migrate(database)
        prepare_access(settings, database)
        ready = _Ready(database.place, settings.login == "required")
    finally:
        database.close()
    with tempfile.TemporaryDirectory(prefix="chitieu-") as folder:
        if workers > 1:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        yield ready


def application() -> FastAPI:
    """What each process of the service runs: the application, and its log."""
    from chitieu.api.app import create_app
    from chitieu.api.telemetry.logs import configure

    settings = load_settings()
    configure(settings)
    return create_app(settings=settings)


def _config(settings: Settings, *, workers: int, unix: bool) -> Config:
    import uvicorn

    from chitieu.api.protocol import Limits

    limits = Limits(
        header_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        connections=max(1, min(settings.max_connections, allow_open_files() - _OTHER_FILES)),
    )
    return uvicorn.Config(
        "chitieu.cli.serve:application",
        factory=True,
        workers=workers,
        http=limits.as_http(),
        ws="none",
        log_config=None,  # the log is the process's: `application`
        access_log=False,
        server_header=False,
        # A Unix socket's clients have no address; they are this machine's.
        proxy_headers=True,
        forwarded_allow_ips="*" if unix else settings.proxies,
        timeout_graceful_shutdown=settings.shutdown_seconds + _ANSWER_SECONDS,
        timeout_worker_healthcheck=_HEALTH_SECONDS,
    )


def _stop(_number: int, _: FrameType | None) -> None:
    raise SystemExit(0)


def _pass(_number: int, _: FrameType | None) -> None:
    pass


def _on_stop(handler: object) -> None:
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, handler)  # type: ignore[arg-type]


def _serve(config: Config, sockets: list[socket.socket]) -> int:
    """Serve until told to stop and all is finished; returns the exit status."""
    from uvicorn import Server
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    # uvicorn ends tidily and then raises the signal once more.
    _on_stop(_pass)
    if config.workers > 1:
        parent = Multiprocess(config, sockets)
        parent.run()
        return 1 if any(process.exitcode == STARTUP_FAILURE for process in parent.processes) else 0
    server = Server(config)
    try:
        server.run(sockets)
    except SystemExit:
        return 1  # it could not start; the log says why
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Serve until stopped: 0 where it was told to stop, 1 where it could not start."""
    from chitieu.api.telemetry.logs import configure
    from chitieu.models import current_model
    from chitieu.store.database import database_url
    from chitieu.tagging.encoder import read_manifest

    settings = load_settings()
    configure(settings)
    database_url(settings)  # checked, as all settings are, before anything else
    read_manifest(current_model())  # a missing model is told before the port is taken
    _on_stop(_stop)
    sockets = _bind(args.host, args.port) if args.socket is None else _bind_unix(args.socket)
    try:
        with _prepared(settings, args.host if args.socket is None else None, args.workers) as ready:
            _tell(args, sockets[0], ready)
            return _serve(_config(settings, workers=args.workers, unix=args.socket is not None), sockets)
    finally:
        for taken in sockets:
            taken.close()
        if args.socket is not None:
            args.socket.unlink(missing_ok=True)


def _tell(args: argparse.Namespace, taken: socket.socket, ready: _Ready) -> None:
    if args.socket is not None:
        where, curl = str(args.socket), f"curl --unix-socket {args.socket} http://localhost"
    else:
        host = f"[{args.host}]" if ":" in args.host else args.host
        where = f"http://{host}:{taken.getsockname()[1]}"
        curl = f"curl {where}"
    print(f"chitieu {__version__}: {where}\n{DATABASE}: {ready.database}\n", flush=True)
    token = ' -H "Authorization: Bearer $CHITIEU_TOKEN"' if ready.needs_login else ""
    print(
        f"  {curl}/v1/extract{token} -H 'Content-Type: text/plain; charset=utf-8' "
        "--data-binary 'Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.'\n",
        flush=True,
    )
