"""A page of the API's description that needs no network: plain HTML made from the OpenAPI document."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:0 auto;padding:1rem;color:#1b1f24;background:#fff}
h2{margin-top:2rem}code,pre{font:14px/1.45 ui-monospace,monospace;background:#f3f4f6;border-radius:4px}code{padding:.1em .3em}
pre{padding:.8rem;overflow:auto}b.m{display:inline-block;min-width:3.5em;color:#0b5d3b}"""


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    kinds = ", ".join(f"<code>{escape(kind)}</code>" for kind in body)
    examples = [e for content in body.values() for e in content.get("schema", {}).get("examples", [])]
    example = "".join(f"<pre>{escape(json.dumps(e, ensure_ascii=False, indent=2))}</pre>" for e in examples)
    answers = ", ".join(f"<code>{escape(code)}</code>" for code in operation.get("responses", {}))
    return (
        f"<h2><b class=m>{method.upper()}</b> <code>{escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}</p>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<p>Nội dung gửi / body: {kinds}</p>{example}" if kinds else "")
        + f"<p>Mã trả về / status codes: {answers}</p>"
    )


@router.get("/docs", response_class=HTMLResponse)
def docs(request: Request) -> str:
    """The routes, bodies and status codes."""
    spec = request.app.openapi()
    parts = [_operation(m, path, op) for path, methods in spec["paths"].items() for m, op in methods.items()]
    return (
        f"<!doctype html><html lang=vi><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>chitieu API</title><style>{_STYLE}</style><h1>chitieu API {escape(spec['info']['version'])}</h1>"
        f"<p>{escape(spec['info']['description'])}</p><p><a href='/openapi.json'>openapi.json</a> · <a href='/'>Trang chính / home</a></p>"
        + "".join(parts)
    )
