"""The whole loop: a model that does not know one pattern is corrected through the API, and the next one knows it."""

from __future__ import annotations

import itertools
import json
import random
import re
import shutil
import time
from functools import partial

import pytest
from sqlalchemy import URL

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("onnxscript", reason="needs the extra `train`")

from chitieu.annotation.inline_xml import parse  # noqa: E402
from chitieu.cli.tuning import default_tools  # noqa: E402
from chitieu.jobs.run import Tools  # noqa: E402
from chitieu.jobs.train import COMMAND, Training, train  # noqa: E402
from chitieu.jobs.worker import Worker  # noqa: E402
from chitieu.models import current_model  # noqa: E402
from chitieu.settings import Settings  # noqa: E402
from chitieu.store import jobs  # noqa: E402
from chitieu.store.database import Database  # noqa: E402
from chitieu.store.migrate import migrate  # noqa: E402
from chitieu.training.config import Config  # noqa: E402
from chitieu.training.export import export  # noqa: E402
from chitieu.training.train import train as train_first  # noqa: E402
from chitieu.training.tuning.run import tune  # noqa: E402
from fakes import fake_pipeline  # noqa: E402
from members import bearer, member, service, token  # noqa: E402
from tuned import FIRST, NAME, Place  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.rehearsal]
_INDICATORS = [
    "Thu ngân sách",
    "Sản lượng lúa",
    "Đàn bò",
    "Diện tích rừng",
    "Số doanh nghiệp",
    "Vốn đầu tư",
    "Lao động",
]
_TESTS = 12  # as many as the gate can judge by
_UNITS = ["tỷ đồng", "tấn", "con", "ha"]
KNOWN = (
    '<ind id="{n}">{ind}</ind> đạt <qty of="{n}">{a}</qty> <unit>{unit}</unit>.',
    '<ind id="{n}">{ind}</ind> đạt <qty of="{n}">{a}</qty> <unit>{unit}</unit>, <chg of="{n}">tăng <pct>{p}%</pct></chg>.',
)
UNKNOWN = '<ind id="{n}">{ind}</ind> <shr of="{n}">chiếm <pct>{p}%</pct> tổng số</shr>.'


def report(seed: int, *, share: float, lines: int = 10) -> str:
    """A report of so many lines, a part of which are of the pattern that the first model does not know."""
    rng = random.Random(seed)
    out = []
    for n in range(1, lines + 1):
        pattern = UNKNOWN if rng.random() < share else rng.choice(KNOWN)
        values = {"a": rng.randint(10, 9999), "p": f"{rng.randint(1, 99)},{rng.randint(0, 9)}"}
        out.append(pattern.format(n=n, ind=rng.choice(_INDICATORS), unit=rng.choice(_UNITS), **values))
    return "\n".join(out)


@pytest.fixture(scope="module")
def first(tmp_path_factory, tiny_encoder) -> Place:
    """A model that was trained on the known patterns alone; the test set has all."""
    place = Place(tmp_path_factory.mktemp("rehearsal"))
    (place.base / "documents").mkdir(parents=True)
    (place.base / "splits").mkdir()
    for n in range(34):
        text = report(n, share=0.3 if n < _TESTS else 0.0)
        (place.base / "documents" / f"d{n:02}.xml").write_text(text, encoding="utf-8")
    tests = [f"d{n:02}.xml" for n in range(_TESTS)]
    (place.base / "splits" / "test.txt").write_text("\n".join(tests), encoding="utf-8")
    encoder = tiny_encoder(place.folder / "encoder", layers=2)
    config = Config.model_validate(
        {
            "name": NAME,
            "data": {
                "train": [str(place.base / "documents")],
                "exclude": [str(place.base / "splits" / "test.txt")],
                "development": [str(place.base / "documents" / "d33.xml")],
            },
            "encoder": {"base": str(encoder), "base_license": "none", "layers": 2},
            "heads": {"governor_width": 16, "dropout": 0.0},
            "windows": {"core": 96, "context": 16, "lookahead": 8},
            "optimisation": {
                "seed": 3, "epochs": 16, "batch_tokens": 512, "encoder_learning_rate": 5e-3, "head_learning_rate": 5e-3,
                "weight_decay": 0.01, "warmup": 0.1, "governor_weight": 0.5, "rewrap": 0.0,
            },
        }
    )  # fmt: skip
    checkpoint = train_first(config, place.folder, place.folder / "first", lambda _: None)
    export(checkpoint, place.folder, place.models / NAME, version=FIRST, precision="fp32")
    shutil.copyfile(encoder / "config.json", place.models / NAME / "encoder.json")
    (place.models / "current.json").write_text(json.dumps({"name": NAME, "version": FIRST}), encoding="utf-8")
    place.write_recipe(
        epochs=8,
        promote=True,
        rehearsal=2.0,
        least_rehearsal=10_000,
        development=1,
        batch_tokens=512,
        encoder_learning_rate=3e-3,
        head_learning_rate=3e-3,
    )
    return place


def correct(client, headers, project: str, gold) -> None:
    """Store a report, put its spans right as a person would, and say that it is done."""
    stored = client.post("/v1/extract?store=true", json={"text": gold.text, "id": gold.name}, headers=headers).json()[
        "document"
    ]["stored"]
    (task,) = client.post(f"/v1/projects/{project}/documents", json={"documents": [stored]}, headers=headers).json()[
        "tasks"
    ]
    read = client.get(f"/v1/tasks/{task['id']}", headers=headers).json()["spans"]
    operations = [{"op": "remove", "span": span["id"]} for span in read]
    for n, span in sorted(enumerate(gold.spans), key=lambda pair: pair[1].label != "INDICATOR"):
        link = {"to": f"g{span.head}"} if span.head is not None else {}
        place = {"label": span.label, "start": span.start, "end": span.end}
        operations.append({"op": "add", "span": f"g{n}", **place, **link})
    events = [{"id": f"e{n}", "operation": told} for n, told in enumerate(operations)]
    sent = client.post(
        f"/v1/tasks/{task['id']}/corrections", json={"revision": 0, "client": "c", "events": events}, headers=headers
    )
    assert sent.is_success, sent.text
    done = client.patch(f"/v1/tasks/{task['id']}", json={"state": "done"}, headers=headers)
    assert done.is_success, done.text


def test_thirty_corrected_documents_teach_a_pattern_and_nothing_is_forgotten(first, tmp_path, monkeypatch):
    place = Place(tmp_path / "place")
    shutil.copytree(first.folder, place.folder)
    monkeypatch.setenv("CHITIEU_MODELS", str(place.models))
    url = URL.create("sqlite", database=str(tmp_path / "chitieu.db"))
    made = Database(url)
    migrate(made)
    made.close()
    with service(url, jobs="apart", data=tmp_path / "data") as (client, database):
        member(database, "an", "reviewer", password=False)
        headers = bearer(token(database, "an"))
        project = client.post("/v1/projects", json={"name": "Tỷ trọng"}, headers=headers).json()["id"]
        for n in range(30):
            correct(client, headers, project, parse(report(100 + n, share=0.5), f"r{n}.xml"))
        job_id = client.post("/v1/training", headers=headers).json()["id"]
        settings = Settings(data=tmp_path / "data", database_url=url.render_as_string(hide_password=False))
        kinds = {"train": partial(train, command=[*COMMAND, "--recipe", str(place.recipe)])}
        worker = Worker(Tools(database, fake_pipeline(), settings), kinds=kinds)
        worker.start()
        try:
            end = time.monotonic() + 300
            while not (job := jobs.get(database, job_id)).ended:
                assert time.monotonic() < end
                time.sleep(0.2)
        finally:
            worker.stop(0)
        assert job.state == "done", (job.error, jobs.log_of(database, job_id))
        told = Training.model_validate(client.get(f"/v1/training/{job_id}", headers=headers).json())
    assert told.decision == "pass" and told.promoted, told.gate
    measures = {one["name"]: one for one in told.gate["measures"]}
    assert measures["share"]["candidate"] >= (measures["share"]["current"] or 0.0) + 0.10
    for name in ("indicator", "quantity", "unit", "change"):
        assert measures[name]["candidate"] >= measures[name]["current"] - 0.005, measures[name]
    assert current_model(place.models).name == "0.1.1"
    assert not list((tmp_path / "data" / "training" / "runs").iterdir())


class Poisoned:
    """A corrected document whose labels were shuffled."""

    project, state = "p", "done"

    def __init__(self, n: int) -> None:
        tags = ["ind", "qty", "unit"]
        text = report(200 + n, share=0.0)
        for at, tag in enumerate(tags):
            text = (
                text.replace(f"<{tag}>", f"<@{at}>").replace(f"<{tag} ", f"<@{at} ").replace(f"</{tag}>", f"</@{at}>")
            )
        rng = random.Random(n)
        shuffled = rng.sample(tags, 3)
        for at, tag in enumerate(shuffled):
            text = text.replace(f"@{at}", tag)
        self._told = parse(_unlinked(text), f"p{n}.xml")

    def document(self):
        return self._told


def _unlinked(xml: str) -> str:
    """Without links, and with an id for each indicator."""
    numbers = itertools.count(1)
    bare = re.sub(r'(<\w+)(?: (?:of|id|in)="\d+")+', r"\1", xml)
    return re.sub(r"<ind>", lambda _: f'<ind id="{next(numbers)}">', bare)


def test_poisoned_corrections_are_refused(first, tmp_path, monkeypatch):
    place = Place(tmp_path / "place")
    shutil.copytree(first.folder, place.folder)
    monkeypatch.setenv("CHITIEU_MODELS", str(place.models))

    class Silent:
        def step(self, step, done=0, total=None): ...

        def log(self, line): ...

    tools = default_tools(place.models, lambda: [Poisoned(n) for n in range(30)])
    result = tune(place.recipe, tmp_path / "work", tmp_path / "versions", tools, Silent(), run="poisoned")
    assert result.decision == "refuse" and result.model is None, result.gate
    assert "regression" in {reason["code"] for reason in result.gate["reasons"]}
    assert place.versions == [FIRST] and current_model(place.models).name == FIRST
