"""Thirty mistakes of several kinds in what a model read, corrected by the keys of the help sheet alone: the export is right to the last span."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chitieu.annotation.inline_xml import parse
from workbench_page import press, saved

pytestmark = [pytest.mark.browser, pytest.mark.pages]
PLANTED = Path(__file__).parent / "planted"
KEYS = {"ArrowRight": "→", "Escape": "Esc"}  # as the help sheet writes them


@dataclass(frozen=True)
class Told:
    """A span as mistakes.tsv writes it: `LABEL words`, then `of` or `in` and the words of an indicator, `as` and an entry."""

    label: str
    words: str
    to: str | None
    entry: str | None

    @classmethod
    def read(cls, written: str) -> Told | None:
        found = re.fullmatch(r"([A-Z]+) (.+?)(?: (?:of|in) (.+?))?(?: as ([\w-]+))?", written)
        return cls(*found.groups()) if found else None


def spans_of(document):
    """By label, start and end: the same of the link's target, and the entry."""
    spans = document.spans
    places = [(s.label, s.start, s.end) for s in spans]
    return {
        place: {"to": places[s.head] if s.head is not None else None, "entry": s.entry}
        for place, s in zip(places, spans, strict=True)
    }


def found_in(text, words, near=None):
    """Where words stand alone, over a place if that is told."""
    for match in re.finditer(rf"(?<![\w,.]){re.escape(words)}(?!\w|,\d)", text):
        if near is None or (match.start() < near[1] and near[0] < match.end()):
            return match.span()
    raise AssertionError(words)


def planted(text, right, mistakes):
    """The right annotation with every mistake in it."""
    wrong = {place: {"place": place, **told} for place, told in right.items()}
    by_words = {(place[0], text[place[1] : place[2]]): place for place in right}
    indicators = {words: place for (label, words), place in by_words.items() if label == "INDICATOR"}
    for row in mistakes:
        is_right, is_wrong = Told.read(row["right"]), Told.read(row["planted"])
        if is_right is None:
            place = (is_wrong.label, *found_in(text, is_wrong.words))
            wrong[place] = {"place": place, "to": None, "entry": None}
            continue
        place = by_words[is_right.label, is_right.words]
        if is_wrong is None:
            del wrong[place]
            continue
        one = wrong[place]
        if row["kind"] in ("label", "edge"):
            one["place"] = (is_wrong.label, *found_in(text, is_wrong.words, place[1:]))
        if is_right.entry is not None:
            one["entry"] = is_wrong.entry
        if is_wrong.to is not None:
            one["to"] = indicators[is_wrong.to]
    ids = {place: f"s{number}" for number, place in enumerate(wrong)}
    return [
        {
            "id": ids[place],
            "label": one["place"][0],
            "start": one["place"][1],
            "end": one["place"][2],
            "state": "suggested",
            "score": 0.9,
            **({"entry": one["entry"]} if one["entry"] else {}),
            **({"in" if one["place"][0] == "INDICATOR" else "of": ids[one["to"]]} if one["to"] in ids else {}),
        }
        for place, one in wrong.items()
    ]


def go_to(page, words):
    """With the arrow keys; from the beginning where it is not ahead."""
    assert page.evaluate(
        """async (words) => {
            const chosen = () => document.querySelector('#words .chosen')?.textContent ?? '';
            const press = async (key) => {
                document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            };
            for (let turn = 0; turn < 2; turn++) {
                for (let before = null; chosen() !== before; ) {
                    if (chosen() === words) return true;
                    before = chosen();
                    await press('ArrowRight');
                }
                await press('Escape');
            }
            return false;
        }""",
        words,
    ), words


def plain(page, words):
    return page.evaluate(
        "w => w.normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/đ/gi, 'd').toLowerCase()", words
    )


def typed(page, words):
    """Into the list that is open, until what is first has them."""
    page.keyboard.type(words)
    for _ in range(100):
        first = page.locator("#picker-0")
        if first.count() and words in plain(page, first.inner_text()):
            return
        page.wait_for_timeout(30)
    raise AssertionError(f"nothing is called {words}")


def test_thirty_planted_mistakes_are_corrected_by_keys_and_exported(entered, bench):
    document = parse((PLANTED / "report.xml").read_text("utf-8"), "bao-cao.xml")
    text = document.text
    with (PLANTED / "mistakes.tsv").open(encoding="utf-8", newline="") as lines:
        mistakes = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(mistakes) == 30 and len({row["kind"] for row in mistakes}) == 6
    by_words = {(s.label, text[s.start : s.end]): at for at, s in enumerate(document.spans)}
    spans = list(document.spans)
    for told in filter(None, (Told.read(row["right"]) for row in mistakes)):
        if told.entry is not None:
            at = by_words[told.label, told.words]
            spans[at] = replace(spans[at], entry=told.entry)
    right = spans_of(replace(document, spans=tuple(spans)))

    wrong = planted(text, right, mistakes)
    project = bench.ask("/v1/projects", {"name": "Ba mươi lỗi"})["id"]
    line = json.dumps({"schema": "chitieu-annotation/1", "name": "bao-cao", "text": text, "spans": wrong})
    task = bench.ask(f"/v1/projects/{project}/import?format=jsonl&name=bao-cao.jsonl", raw=line.encode())["tasks"][0]
    assert exported(bench, project) != right

    page = entered("lan", f"/annotate?task={task['id']}")
    page.wait_for_selector("#words .mark")
    press(page, "?")
    sheet = set(page.locator("dialog kbd").all_inner_texts())
    press(page, "Escape")
    for row in sorted(mistakes, key=lambda one: found_in(text, one["from"])[0]):
        go_to(page, row["from"])
        keys = re.findall(r'"[^"]+"|\S+', row["keys"])
        assert row["kind"] not in ("label", "extra") or len(keys) == 1
        assert row["kind"] != "link" or len(keys) <= 3
        for key in keys:
            if key.startswith('"'):
                typed(page, key.strip('"'))
                continue
            name = key.removeprefix("Shift+")
            assert KEYS.get(name, name) in sheet | set("0123456789") | {"Enter"}, key
            press(page, key)
    saved(page)
    assert exported(bench, project) == right


def exported(bench, project):
    told = bench.ask(f"/v1/projects/{project}/export")
    places = {s["id"]: (s["label"], s["start"], s["end"]) for s in told["spans"]}
    return {
        places[s["id"]]: {"to": places.get(s.get("of") or s.get("in")), "entry": s.get("entry")} for s in told["spans"]
    }
