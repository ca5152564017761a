"""`chitieu serve`: the API and the page."""

from __future__ import annotations

import argparse
import socket
from typing import TYPE_CHECKING

from chitieu import __version__
from chitieu.errors import AddressTaken

if TYPE_CHECKING:
    from chitieu.cli.main import Commands


def add_serve(commands: Commands) -> None:
    """Describe the command."""
    serve = commands.add_parser("serve", help="mở dịch vụ / serve the API and the page")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.set_defaults(run=run_serve)


def _check_free(host: str, port: int) -> None:
    """Raise AddressTaken where nothing can listen, before anything says that it does."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise AddressTaken(
            f"Không mở được {host}:{port} (cổng đang được dùng?). / Cannot listen on {host}:{port}: {error.strerror}.",
            host=host,
            port=port,
        ) from error


def run_serve(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    import uvicorn

    from chitieu.api.app import create_app
    from chitieu.models import current_model

    current_model()  # a missing model is told before the port is taken
    _check_free(args.host, args.port)
    where = f"http://{args.host}:{args.port}"
    print(f"chitieu {__version__}: {where}\n", flush=True)
    print(
        f"  curl {where}/v1/extract -H 'Content-Type: text/plain; charset=utf-8' "
        "--data-binary 'Thu ngân sách đạt 7.215 tỷ đồng, bằng 81,4% dự toán.'\n",
        flush=True,
    )
    uvicorn.run(create_app(), host=args.host, port=args.port, log_level="warning")
    return 0
