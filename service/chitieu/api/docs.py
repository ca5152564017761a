"""`/docs`: a page made from the OpenAPI description that needs no network, no inline style and no script to be read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from chitieu.api.html import Html, el, inline, joined, prose

router = APIRouter(include_in_schema=False)
Spec = dict[str, Any]
_ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' "
    "fill='%230b5d3b'/><path d='M3 12V8h2v4zm4 0V4h2v8zm4 0V6h2v6z' fill='white'/></svg>"
)
_NAME = re.compile(r"<code>([A-Z]\w+)</code>")
_FILES = {"text/plain": "bao-cao.txt", "application/x-ndjson": "van-ban.ndjson"}  # made-up names of what is sent


@router.get("/docs", response_class=HTMLResponse)
def docs(request: Request) -> str:
    """Every route with what it takes and gives."""
    files = request.app.state.web.files("src/docs/main.ts")
    return page(request.app.openapi(), str(request.base_url).rstrip("/"), files)


def page(spec: Spec, base: str, files: Collection[str]) -> str:
    """The whole page of a description.

    Args:
        spec: the description.
        base: the address that the examples are asked at, without a slash at the end.
        files: paths of the page's scripts and styles.
    """
    tags = spec["tags"]
    by_tag: dict[str, list[tuple[str, str, Spec]]] = {tag["name"]: [] for tag in tags}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            by_tag[operation["tags"][0]].append((method, path, operation))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("link", rel="icon", href=_ICON),
        el("title", f"chitieu API {spec['info']['version']}"),
        *(el("link", rel="stylesheet", href=file) for file in files if file.endswith(".css")),
        *(el("script", type="module", src=file) for file in files if file.endswith(".js")),
    )
    header = el(
        "header",
        el("h1", f"chitieu API {spec['info']['version']}"),
        el(
            "nav",
            el("a", "Trang chính / home", href="/"),
            " ",
            el("a", "Số liệu qua các năm / series", href="/series"),
            " ",
            el("a", "openapi.json", href="/openapi.json"),
        ),
    )
    sections = [
        el(
            "section",
            el("h2", tag["description"]),
            *(_operation(method, path, operation, spec, base) for method, path, operation in by_tag[tag["name"]]),
            id=f"tag-{tag['name']}",
        )
        for tag in tags
    ]
    body = el(
        "main",
        el("section", prose(spec["info"]["description"]), _access(spec, base), id="about"),
        *sections,
        _schemas(spec),
    )
    whole = el("html", head, el("body", header, el("div", _menu(by_tag, tags), body, class_="page")), lang="vi")
    return "<!doctype html>\n" + _linked(whole, spec["components"]["schemas"])


def _linked(html: str, names: Collection[str]) -> str:
    """A page in which what is named in code and described on it leads there."""
    return _NAME.sub(
        lambda match: el("a", Html(match[0]), href=f"#schema-{match[1]}") if match[1] in names else match[0],
        html,
    )


def _menu(by_tag: dict[str, list[tuple[str, str, Spec]]], tags: list[Spec]) -> Html:
    groups = [
        joined(
            el("h2", el("a", tag["description"].split(" / ")[0], href=f"#tag-{tag['name']}")),
            el(
                "ul",
                *(
                    el("li", el("a", _verb(method), el("span", path), href=f"#{operation['operationId']}"))
                    for method, path, operation in by_tag[tag["name"]]
                ),
            ),
        )
        for tag in tags
    ]
    return el(
        "nav",
        el(
            "details",
            el("summary", "Mục lục / Contents"),
            *groups,
            el("h2", el("a", "Kiểu dữ liệu", href="#schemas")),
            open="",
        ),
        class_="menu",
        aria_label="Mục lục / Contents",
    )


def _verb(method: str) -> Html:
    return el("b", method.upper(), class_=f"verb {method}")


def _access(spec: Spec, base: str) -> Html:
    kinds = spec["components"]["securitySchemes"]
    example = f'curl -H "Authorization: Bearer $CHITIEU_TOKEN" {base}/v1/model'
    return joined(
        el("h3", "Ai được gọi / Who may ask"),
        prose(
            "Dịch vụ chỉ trả lời máy này thì không cần đăng nhập; nếu không: / "
            "A service that answers its own machine alone asks for no login; else:"
        ),
        el("ul", *(el("li", inline(f"`{name}`: {kind['description']}")) for name, kind in kinds.items())),
        _copyable(example),
    )


def _operation(method: str, path: str, operation: Spec, spec: Spec, base: str) -> Html:
    return _folded(
        joined(el("h3", _verb(method), el("code", path)), el("span", operation.get("summary", ""))),
        prose(operation.get("description", "")),
        _parameters(operation.get("parameters", [])),
        _bodies(method, path, operation, base),
        el("h4", "Trả lời / Answers"),
        *(_answer(status, response) for status, response in operation["responses"].items()),
        id=operation["operationId"],
    )


def _folded(title: Html, *parts: Html | None, id: str) -> Html:
    """What is unfolded by a click on its title, or by an address that leads to it."""
    return el("article", el("details", el("summary", title), *parts, class_="whole"), id=id)


def _parameters(parameters: list[Spec]) -> Html | None:
    if not parameters:
        return None
    rows = [
        el(
            "tr",
            el("td", el("code", p["name"]), el("small", "bắt buộc / required") if p.get("required") else None),
            el("td", p["in"]),
            el("td", _type(p["schema"]), _limits(p["schema"])),
            el("td", inline(p.get("description", ""))),
        )
        for p in parameters
    ]
    return joined(
        el("h4", "Tham số / Parameters"), _table(("Tên / Name", "Ở / In", "Kiểu / Type", "Nghĩa / Meaning"), rows)
    )


def _bodies(method: str, path: str, operation: Spec, base: str) -> Html:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return joined(el("h4", "Ví dụ / Example"), _copyable(curl(method, path, operation, base)))
    parts = [el("h4", "Nội dung gửi / Body")]
    for media, told in content.items():
        schema = told.get("schema", {})
        parts.append(el("h5", el("code", media), " ", _type(schema), " ", inline(schema.get("description", ""))))
        fields = told.get("schema", {}).get("properties")
        if fields:
            parts.append(_fields(told["schema"]))
        examples = list(told.get("examples", {}).values()) or [{}]
        for example in examples:
            if "summary" in example:
                parts.append(el("p", example["summary"]))
            parts.append(_copyable(curl(method, path, operation, base, media, example.get("value"))))
    return joined(*parts)


def curl(method: str, path: str, operation: Spec, base: str, media: str | None = None, body: Any = None) -> str:
    """A command that asks for an operation; without a body to show, it sends a file of a made-up name."""
    query = []
    for parameter in operation.get("parameters", []):
        value = _sample(parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value or parameter["name"])))
        elif parameter["in"] == "query" and value is not None and (parameter.get("required") or media is None):
            query.append(f"{parameter['name']}={value}")
    verb = [] if method == ("get" if media is None else "post") else ["-X", method.upper()]
    words = [" ".join(["curl", *verb, *(["-G"] if query else []), shlex.quote(f"{base}{path}")])]
    words += [f"--data-urlencode {shlex.quote(pair)}" for pair in query]
    if media == "multipart/form-data":
        words.append("-F file=@bao-cao.pdf")
    elif media is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        sent = f"@{_FILES.get(media, 'bao-cao.pdf')}" if body is None else shlex.quote(text)
        words += [f"-H 'Content-Type: {media}'", f"--data-binary {sent}"]
    return " \\\n  ".join(words)


def _sample(parameter: Spec) -> Any:
    examples = list(parameter.get("examples", {}).values())
    if examples:
        return examples[0]["value"]
    return parameter.get("example", next(iter(parameter["schema"].get("examples", [])), None))


def _answer(status: str, response: Spec) -> Html:
    good = status.startswith("2")
    words = HTTPStatus(int(status)).phrase if status.isdecimal() else status
    parts: list[Html] = [prose(response.get("description", ""))]
    for name, header in response.get("headers", {}).items():
        parts.append(el("p", el("code", name), ": ", inline(header.get("description", ""))))
    content = response.get("content", {})
    if len(content) > 1:
        parts.append(el("p", inline("Dạng nào là do `Accept` / which form, `Accept` says:")))
    for media, told in content.items():
        schema = told.get("schema", {})
        words_of = schema.get("description", "") if "$ref" not in schema else ""
        parts.append(el("p", el("code", media), " ", _type(schema), " ", inline(words_of)))
        examples = list(told.get("examples", {}).values())
        parts += [_sample_of(example["value"]) for example in (examples if good else examples[:1])]
    return el(
        "details",
        el("summary", el("b", status, class_="good" if good else "bad"), " ", words),
        *parts,
        open="" if good else None,
    )


def _sample_of(value: Any) -> Html:
    return el("pre", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2), tabindex="0")


def _schemas(spec: Spec) -> Html:
    known = spec["components"]["schemas"]
    articles = [
        _folded(el("h3", name), prose(schema.get("description", "")), _fields(schema), id=f"schema-{name}")
        for name, schema in sorted(known.items())
    ]
    return el("section", el("h2", "Kiểu dữ liệu / Schemas"), *articles, id="schemas")


def _fields(schema: Spec) -> Html:
    properties = schema.get("properties", {})
    if not properties:
        return el("p", _type(schema))
    required = schema.get("required", [])
    rows = [
        el(
            "tr",
            el("td", el("code", name), el("small", "bắt buộc / required") if name in required else None),
            el("td", _type(told), _limits(told)),
            el("td", inline(told.get("description", ""))),
        )
        for name, told in properties.items()
    ]
    return _table(("Tên / Name", "Kiểu / Type", "Nghĩa / Meaning"), rows)


def _table(names: tuple[str, ...], rows: list[Html]) -> Html:
    head = el("thead", el("tr", *(el("th", name) for name in names)))
    return el("div", el("table", head, el("tbody", *rows)), class_="wide", tabindex="0")


def _type(schema: Spec) -> Html:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return el("a", name, href=f"#schema-{name}")
    if "const" in schema:
        return el("code", json.dumps(schema["const"]))
    if "enum" in schema:
        return joined(*_between([el("code", str(value)) for value in schema["enum"]], ", "))
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return joined(*_between([_type(one) for one in schema[key]], " | "))
    if schema.get("type") == "array":
        return joined("[", _type(schema.get("items", {})), "]")
    if schema.get("format") == "binary":
        return Html("tệp / file")
    return joined(str(schema.get("type", "")), f" ({schema['format']})" if "format" in schema else None)


def _limits(schema: Spec) -> Html | None:
    if "default" not in schema and not any(key in schema for key in ("minimum", "maximum", "maxLength", "maxItems")):
        return None
    parts = []
    if "minimum" in schema or "maximum" in schema:
        parts.append(f"{schema.get('minimum', '')}…{schema.get('maximum', '')}")
    for key in ("maxLength", "maxItems"):
        if key in schema:
            parts.append(f"≤ {schema[key]}")
    if schema.get("default") not in (None, ""):
        parts.append(f"mặc định / default {json.dumps(schema['default'])}")
    return el("small", "; ".join(parts)) if parts else None


def _between(parts: list[Html], separator: str) -> list[str]:
    return [piece for part in parts for piece in (separator, part)][1:]


def _copyable(command: str) -> Html:
    return el(
        "div",
        el("pre", command, tabindex="0"),
        el("button", "Chép / Copy", type="button", hidden=""),
        class_="command",
    )
