"""The gate over models that are equal, worse in one way, or only otherwise wrong."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from chitieu.cli import main
from chitieu.contract import MENTION_LABELS, PHRASE_LABELS
from chitieu.errors import BadRequest, ConfigInvalid, ModelInvalid, OutputUnwritable
from chitieu.evaluation.gate.comparing import MEASURES, speed, titles
from chitieu.evaluation.gate.deciding import reasons
from chitieu.evaluation.gate.limits import DATA, load_limits
from chitieu.evaluation.gate.offsets import violations
from chitieu.evaluation.gate.report import GateReport
from chitieu.evaluation.gate.run import described, gate, judge
from chitieu.evaluation.gate.served import identity, peak_memory
from chitieu.evaluation.gate.table import as_text
from chitieu.evaluation.gate.writing import write
from fakes import fake_pipeline
from gating import Shifted, contestant, documents, fair, judged, losing, silent


def codes(report: GateReport) -> set[str]:
    return {reason.code for reason in report.reasons}


def test_equal_models_pass():
    report = judged(contestant())
    assert (report.decision, report.reasons) == ("pass", [])
    assert [m.name for m in report.measures] == list(MEASURES)
    micro = report.measures[0]
    assert (micro.current, micro.candidate, micro.difference, micro.low, micro.high) == (1, 1, 0, 0, 0)
    assert report.views == [] and all(d.errors == (0, 0) for d in report.documents)
    assert "ĐẠT / PASS" in as_text(report)


def test_a_lost_label_is_refused_with_its_name_and_documents():
    report = judged(contestant(losing("UNIT", 0.5)))
    assert report.decision == "refuse"
    units = next(r for r in report.reasons if r.measure == "unit")
    assert units.code == "regression" and "UNIT" in units.message_vi and "UNIT" in units.message_en
    lost = {d.name for d in report.documents if d.measures["unit"][2] < d.measures["unit"][0]}
    assert set(units.documents) == lost and len(lost) > 8
    assert units.documents[0] in units.message_vi
    unit = next(m for m in report.measures if m.name == "unit")
    assert unit.verdict == "worse" and unit.high < 0 and unit.highest < 0 and unit.current == 1
    assert {r.measure for r in report.reasons if r.code == "regression"} == {"unit", "micro", "value_unit", "complete"}
    # The page shows just the documents that got worse, the worst first.
    added = {d.name: d.errors[1] - d.errors[0] for d in report.documents}
    shown = [view.name for view in report.views]
    assert set(shown) == lost and [added[name] for name in shown] == sorted(map(added.get, shown), reverse=True)
    # From the other side it is a gain.
    back = judged(contestant(), contestant(losing("UNIT", 0.5)))
    assert back.decision == "pass"
    assert next(m for m in back.measures if m.name == "unit").verdict == "better"


def test_noise_passes():
    # How often chance is taken for a loss is tested of the bootstrap.
    report = judged(contestant(losing("UNIT", 0.2, 1)), contestant(losing("UNIT", 0.2, 2)))
    assert report.decision == "pass", report.reasons
    units = next(m for m in report.measures if m.name == "unit")
    assert units.low < 0 < units.high
    # Few documents with such differences cannot show a loss of two points, and it says so.
    told = next(n for n in report.notices if n.code == "loss_may_be_unseen")
    assert units.detectable > 0.02 and "UNIT" in told.message_vi and "12 tài liệu" in told.message_vi


def test_a_loss_in_one_document_alone_may_be_chance():
    target = documents()[3].text

    def spoil(spans, passages):
        return losing("UNIT", 1.0)(spans, passages) if passages.reading.source.text == target else spans

    report = judged(contestant(spoil))
    assert report.decision == "pass"
    assert [view.name for view in report.views] == [documents()[3].name]


def test_shuffled_labels_are_refused():
    shuffled = dict(zip(MENTION_LABELS, (*MENTION_LABELS[1:], MENTION_LABELS[0]), strict=True))
    shuffled |= dict(zip(PHRASE_LABELS, (*PHRASE_LABELS[1:], PHRASE_LABELS[0]), strict=True))

    def spoil(spans, _passages):
        for span in spans:
            span.label, span.head = shuffled[span.label], None
        return spans

    report = judged(contestant(spoil))
    assert report.decision == "refuse"
    labels = {label.lower() for label in (*MENTION_LABELS, *PHRASE_LABELS)} - {"period"}  # which no document has
    assert {"micro", *labels} <= {r.measure for r in report.reasons}
    assert len(report.views) == 12


def test_one_offset_violation_is_too_many():
    report = judged(contestant(kind=Shifted))
    assert {"offsets"} <= codes(report)
    assert report.candidate.offset_faults == 12 and report.current.offset_faults == 0
    assert report.candidate.first_offset_faults[0].fault == "text"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"start": 3, "end": 99}, {"outside"}),
        ({"text": "khác"}, {"text"}),
        ({"start": 5, "text": "ò có 8.3"}, {"crossing"}),
    ],
)
def test_violations(change, wanted):
    text = "Đàn bò có 8.320 con."
    answer = fake_pipeline().extract(text)
    assert not list(violations(text, answer))
    first = answer.spans[0].model_copy(update={"start": 5, "end": 13, "text": text[5:13]} | change)
    answer.spans[0] = first
    assert wanted <= {v.fault for v in violations(text, answer)}


def test_spans_out_of_order_are_told():
    text = "Đàn bò có 8.320 con."
    answer = fake_pipeline().extract(text)
    answer.spans.reverse()
    assert {v.fault for v in violations(text, answer)} == {"order"}


def test_too_slow_is_refused():
    limits = fair(speed={"ratio": 1.25, "rounds": 2})
    report = judged(contestant(seconds=0.06), contestant(seconds=0.02), limits=limits)
    assert codes(report) == {"speed"}
    assert 1.3 < report.speed.ratio < 4
    assert "gấp" in report.reasons[0].message_vi


def test_the_ratio_of_times_is_a_median_of_pairs():
    seconds = np.ones((2, 10, 2))
    seconds[:, :, 1] = 1.1
    seconds[0, :3] *= 40  # a busy machine slows both
    seconds[1, 4, 1] = 900  # or one of them, once
    found = speed(seconds, load_limits())
    assert (found.ratio, found.low, found.high) == (1.1, 1.1, 1.1)


@pytest.mark.parametrize(
    ("current", "candidate", "wanted"),
    [
        ({"peak_mib": 690.0}, {"peak_mib": 701.0}, {"memory"}),
        ({"peak_mib": 300.0}, {"peak_mib": 376.0}, {"memory"}),
        ({"peak_mib": 300.0}, {"peak_mib": 374.0}, set()),
        ({"peak_mib": None}, {"peak_mib": None}, set()),
        ({}, {"bytes": 32_000_001}, {"size"}),
        ({"bytes": 32_000_001}, {"bytes": 32_000_000}, set()),
    ],
)
def test_memory_and_size(current, candidate, wanted):
    report = judged(contestant())
    old, new = report.current.model_copy(update=current), report.candidate.model_copy(update=candidate)
    found = reasons(old, new, report.measures, report.calibration, report.speed, report.documents, load_limits())
    assert {reason.code for reason in found} - {"speed"} == wanted


def test_scores_that_mean_less_are_refused():
    def surer(spans, _passages):
        for span in spans:
            span.score = 0.5
        return spans

    report = judged(contestant(surer))
    assert codes(report) == {"calibration"}
    assert next(c for c in report.calibration if c.name == "spans").verdict == "worse"


def test_a_test_set_that_is_too_small_refuses():
    assert codes(judged(contestant(), count=5)) == {"test_set_too_small"}
    report = judged(contestant(), count=5, limits=fair(test_set={"documents": 5}))
    assert report.decision == "pass"
    with pytest.raises(BadRequest):
        judge(contestant(), contestant(), [], limits=fair(), progress=silent)


def test_rare_labels_are_shown_and_not_judged():
    report = judged(contestant(), limits=fair(regression={"replicas": 1000, "items": 26}))
    verdicts = {m.name: m.verdict for m in report.measures}
    assert (verdicts["period"], verdicts["share"], verdicts["indicator"]) == ("not_judged", "not_judged", "same")
    assert any(n.code == "not_judged" and "SHARE" in n.message_vi for n in report.notices)


def test_one_text_twice_is_no_second_draw():
    twice = [*documents(10), documents(1)[0]]
    with pytest.raises(BadRequest, match=r"tai-lieu-00\.xml"):
        judge(contestant(), contestant(), twice, limits=fair(), progress=silent)


def test_progress_may_cancel():
    seen = []

    def stop(stage, done, of):
        seen.append((stage, done, of))
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(contestant(losing("UNIT", 0.1)), contestant(), documents(), limits=fair(), progress=stop)
    assert seen[0] == ("reading", 0, 24) and seen[-1] == ("reading", 5, 24)


def test_the_test_set_is_known_by_its_content():
    some = documents(6)
    known = described(some)
    random.Random(1).shuffle(some)
    assert described(some) == known
    assert described(documents(7)).sha256 != known.sha256


def test_the_report_tells_all_numbers_and_no_text(tmp_path):
    report = judged(contestant(losing("UNIT", 0.5)))
    files = write(report, tmp_path / "out")
    assert [f.name for f in files] == ["gate.json", "gate.html"] and not list(tmp_path.rglob("*.partial"))
    told = files[0].read_text(encoding="utf-8")
    assert "Đàn bò" not in told
    assert GateReport.model_validate_json(told) == report.model_copy(update={"views": []})
    raw = json.loads(told)
    assert (raw["schema"], raw["decision"]) == ("chitieu-gate/1", "refuse")
    # The measures follow from the counts of the documents.
    sums = np.array([d["measures"]["unit"] for d in raw["documents"]]).sum(axis=0)
    unit = next(m for m in raw["measures"] if m["name"] == "unit")
    assert (unit["current"], unit["candidate"]) == pytest.approx((sums[0] / sums[1], sums[2] / sums[3]), abs=1e-5)
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable):
        write(report, tmp_path / "file" / "out")


def test_limits_name_what_is_wrong(tmp_path):
    path = tmp_path / "limits.toml"
    path.write_text((DATA / "limits.toml").read_text(encoding="utf-8").replace("replicas = 10000", "replicas = 10"))
    with pytest.raises(ConfigInvalid, match=r"regression\.replicas"):
        load_limits(path)


def test_every_measure_has_its_titles():
    assert set(MEASURES) <= set(titles())


@pytest.fixture
def model(tmp_path) -> Path:
    """A folder whose manifest fits its files, which are no model."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").write_bytes(b"none")
    manifest = {
        "name": "x", "version": "1", "windows": {"core": 384, "context": 64, "lookahead": 16},
        "files": {"model.onnx": {"bytes": 4, "sha256": "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"}},
    }  # fmt: skip
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path / "model"


def test_a_file_that_is_not_the_manifests_is_refused(model):
    known = identity(model)
    assert (known.name, known.bytes) == ("x", 4)
    manifest = model / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"core": 384', '"core": 128'), encoding="utf-8")
    assert identity(model).sha256 != known.sha256  # windows shape the answers as well
    (model / "model.onnx").write_bytes(b"else")
    with pytest.raises(ModelInvalid, match=r"model\.onnx"):
        gate(model, model, documents(), progress=silent)


def test_a_model_that_does_not_load_is_told_by_the_process_that_measures_it(model):
    with pytest.raises(ModelInvalid, match="cannot read texts"):
        peak_memory(model, ["Đàn bò có 8 con."], lambda: None)


def test_measuring_memory_can_be_cancelled(model):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        peak_memory(model, ["Đàn bò có 8 con."], stop)


def test_the_command_judges_the_served_model_against_itself(tmp_path, root, capsys):
    if not (root / "models/current.json").is_file():
        pytest.skip("no served model")
    from chitieu.models import current_model

    for number in range(2):
        text = f'<ind id="1">Đàn bò</ind> có <qty of="1">8.{number}20</qty> <unit>con</unit>.'
        (tmp_path / f"{number}.xml").write_text(text, encoding="utf-8")
    limits = (DATA / "limits.toml").read_text(encoding="utf-8")
    for before, after in (("documents = 10 ", "documents = 2 "), ("ratio = 1.25", "ratio = 50"), ("= 10000", "= 1000")):
        limits = limits.replace(before, after)
    (tmp_path / "limits.toml").write_text(limits, encoding="utf-8")
    command = [
        "gate",
        str(current_model(root / "models")),
        "--documents",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main([*command, "--limits", str(tmp_path / "limits.toml")]) == 0
    told = capsys.readouterr()
    assert "ĐẠT / PASS" in told.out and "same_model" in told.out and "gate.html" in told.err
    report = GateReport.model_validate_json((tmp_path / "out/gate.json").read_text(encoding="utf-8"))
    assert report.current.sha256 == report.candidate.sha256
    assert report.candidate.peak_mib is None or 100 < report.candidate.peak_mib < 700
    assert report.candidate.offset_faults == 0


def test_the_commands_exit_status(monkeypatch, tmp_path, capsys):
    import chitieu.evaluation.gate.run

    answers = iter([judged(contestant(losing("UNIT", 0.5)))])
    monkeypatch.setattr(chitieu.evaluation.gate.run, "gate", lambda *_, **__: next(answers))
    assert main(["gate", str(tmp_path), "--current", str(tmp_path)]) == 1
    assert "TỪ CHỐI / REFUSED" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["gate"])
    assert stopped.value.code == 2


def test_a_test_document_that_is_missing_is_told(tmp_path, capsys):
    (tmp_path / "names.txt").write_text("a.xml\nb.xml\n", encoding="utf-8")
    (tmp_path / "a.xml").write_text("Không có gì.", encoding="utf-8")
    command = ["gate", str(tmp_path), "--current", str(tmp_path), "--documents", str(tmp_path)]
    assert main([*command, "--only", str(tmp_path / "names.txt")]) == 1
    assert "b.xml" in capsys.readouterr().err
