"""The answer of an extraction in the form that the client accepts: JSON, NDJSON, CSV or a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chitieu.contract import Extraction
from chitieu.errors import NotAcceptable
from chitieu.output.page import to_html
from chitieu.output.table import to_csv

JSON, NDJSON, CSV, HTML = "application/json", "application/x-ndjson", "text/csv", "text/html"


_FORMS: dict[str, Callable[[Extraction, str], bytes]] = {
    JSON: lambda answer, _: answer.model_dump_json().encode(),
    NDJSON: lambda answer, _: answer.model_dump_json().encode() + b"\n",
    CSV: lambda answer, _: to_csv([answer]).encode(),
    HTML: lambda answer, text: to_html(text, answer).encode(),
}
OFFERED = tuple(_FORMS)


def accepted(header: str | None, offered: Sequence[str] = OFFERED) -> str:
    """The media type to answer with: the one of ``offered`` that an `Accept` header (RFC 9110, 12.5.1) likes best, the first of equals.

    Raises:
        NotAcceptable: it likes none of them.
    """
    if header is None or not header.strip():
        return offered[0]
    likes: list[tuple[str, float]] = []
    for part in header.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            likes.append((media, float(weight)))
        except ValueError:
            likes.append((media, 0.0))

    def quality(offered: str) -> float:
        # The most exact range decides: `text/html;q=0, */*` wants anything but a page.
        for wanted in (offered, offered.split("/")[0] + "/*", "*/*"):
            found = [q for media, q in likes if media == wanted]
            if found:
                return max(found)
        return 0.0

    best = max(offered, key=quality)
    if not quality(best) > 0:  # nor where it is no number
        raise NotAcceptable(
            f"Chỉ trả lời được: {', '.join(offered)}. / Answers are to be had as: {', '.join(offered)}.",
            offered=list(offered),
        )
    return best


def render(media: str, answer: Extraction, text: str) -> bytes:
    """The answer as one of OFFERED, in UTF-8; ``text`` is what its offsets count in."""
    return _FORMS[media](answer, text)
