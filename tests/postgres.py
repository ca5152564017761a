"""A PostgreSQL server of the tests' own: started once, on a socket in a temporary folder, ended with the process that started it."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL

USER = "chitieu"
_TEMPLATE = "migrated"
_START_SECONDS = 30


def programs() -> Path | None:
    """The folder of the server's programs; None where they are not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: int(folder.parent.name), default=None)


def _owner() -> str:
    """Who runs the server: it refuses to run as root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Server:
    """A running server. `stop` ends it and removes its folder; so does the end of this process, however it comes.

    Attributes:
        folder: holds the data, the socket and the log.
    """

    def __init__(self, bin: Path) -> None:
        self._bin = bin
        self._owner = _owner()
        self._numbers = itertools.count(1)
        self._migrated = False
        self.folder = Path(tempfile.mkdtemp(prefix="chitieu-pg-"))  # short: a socket's path has 107 bytes
        self._watch: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._owner)
        try:
            self._run("initdb", "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
            self._watch = self._watchdog()
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, "-D", self.data, *arguments],
            user=self._owner if os.geteuid() == 0 else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')[-2000:]}")

    def _watchdog(self) -> subprocess.Popen[bytes]:
        """A process that ends the server and removes its folder once our end of its pipe is closed, by us or by our death."""
        script = 'cat >/dev/null; "$0" -D "$1/data" stop -m immediate -w >/dev/null 2>&1; rm -rf -- "$1"'
        return subprocess.Popen(
            ["/bin/sh", "-c", script, self._bin / "pg_ctl", self.folder],
            user=self._owner if os.geteuid() == 0 else None,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=60"
        waiting = ("-w", "-t", str(_START_SECONDS))
        # pg_ctl's child keeps its output open, so that goes to the log.
        with (self.folder / "start.log").open("wb") as log:
            subprocess.run(
                [self._bin / "pg_ctl", "-D", self.data, "-l", self.folder / "log", "-o", options, *waiting, "start"],
                user=self._owner if os.geteuid() == 0 else None,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=2 * _START_SECONDS,
                check=True,
            )

    def crash(self) -> None:
        """End the server at once, as a loss of power would; `start` starts it again."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-w")

    def stop(self) -> None:
        if self._watch is not None:
            with contextlib.suppress(OSError):
                self._watch.stdin.close()
            self._watch.wait(60)
        # As its owner cannot take it out of a folder that is not its own, this may be left.
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> URL:
        """Where a database is."""
        return URL.create("postgresql+psycopg", username=USER, database=name, query={"host": str(self.folder)})

    def execute(self, statement: str) -> None:
        """Run a statement of administration."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def new_database(self, *, migrated: bool = True) -> Iterator[URL]:
        """A database that is dropped at the end, empty or with this version's tables."""
        if migrated and not self._migrated:
            self._make_template()
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {_TEMPLATE}" if migrated else ""))
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _make_template(self) -> None:
        from chitieu.store.database import Database
        from chitieu.store.migrate import migrate

        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self.url(_TEMPLATE))
        try:
            migrate(database)
        finally:
            database.close()
        self._migrated = True


class Wire:
    """The network between a client and the server, which can be cut: then nothing comes through any more, and nobody is told."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._whole = threading.Event()
        self._whole.set()
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._whole.set()
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def url(self, url: URL) -> URL:
        """Where a database of the server is, through here."""
        return url.set(host="127.0.0.1", port=self._listener.getsockname()[1]).difference_update_query(["host"])

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """Let through what is sent from now on, and what was held up."""
        self._whole.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._server.folder / ".s.PGSQL.5432"))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                self._whole.wait()
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


def wait_until(condition, seconds: float = 10.0) -> None:
    """Wait for something that another process or thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
