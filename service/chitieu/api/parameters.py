"""Query parameters that no route knows are refused: a misspelt one would else say nothing, and a table be the wrong one."""

from __future__ import annotations

from fastapi import Request

from chitieu.errors import BadRequest


def known_parameters(request: Request) -> None:
    """A dependency of every route that the description names, whose parameters are those it describes.

    Raises:
        BadRequest: a query parameter that the route does not have; ``detail`` names it in ``problems``, and in ``known`` those that it has.
    """
    if not request.query_params:
        return
    path = getattr(request.scope.get("route"), "path_format", None)
    operations = request.app.openapi()["paths"].get(path, {})
    operation = operations.get("get" if request.method == "HEAD" else request.method.lower())
    if operation is None:
        return
    known = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known][:20]
    if unknown:
        raise BadRequest(
            "Tham số không có trong yêu cầu này. / A parameter that this request does not have.",
            problems=[{"where": f"query.{name[:100]}", "what": "không có / unknown"} for name in unknown],
            known=known,
        )
