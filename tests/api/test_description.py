"""The OpenAPI description: valid, whole, and true."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from chitieu.errors import ChitieuError
from chitieu.output.columns import columns
from counting import counted

BILINGUAL = re.compile(r".+ / .+", re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with counted(tmp_path_factory.mktemp("description")) as (client, _):
        yield client


@pytest.fixture(scope="module")
def spec(served):
    return served.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(spec):
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    }


def kinds():
    left, found = [ChitieuError], {}
    while left:
        kind = left.pop()
        found[kind.code] = kind
        left += kind.__subclasses__()
    return found


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def check(spec, schema, value):
    """That a value is what a schema of the description says."""
    jsonschema.Draft202012Validator({**schema, "components": spec["components"]}).validate(value)


def test_it_is_valid(spec):
    assert spec["openapi"] == "3.1.0"
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(spec)] == []
    for schema in spec["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(spec):
    found = set(references(spec))
    assert len(found) > 10
    for reference in found:
        assert reference.startswith("#/"), reference
        node = spec
        for part in reference[2:].split("/"):
            assert part in node, reference
            node = node[part]


def test_it_tells_what_is_served(spec):
    assert {
        "/v1/extract", "/v1/extract/batch", "/v1/documents", "/v1/documents/{id}", "/v1/documents/{id}/text", "/v1/observations",
        "/v1/indicators", "/v1/indicators/{id}", "/v1/model", "/healthz", "/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/result", "/v1/session",
    } <= set(spec["paths"])  # fmt: skip
    assert not {"/docs", "/openapi.json", "/"} & set(spec["paths"])


def test_names_of_operations_are_stable(operations, spec):
    assert len(operations) == sum(len(methods) for methods in spec["paths"].values())
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in operations)
    assert {
        "extract", "extract_batch", "list_documents", "get_document", "get_document_text", "delete_document", "list_observations",
        "search_indicators", "get_indicator", "get_model",
    } <= set(operations)  # fmt: skip


def test_every_operation_says_what_it_does(operations, spec):
    tags = {tag["name"] for tag in spec["tags"]}
    for named, (method, path, operation) in operations.items():
        assert BILINGUAL.fullmatch(operation["summary"]), named
        assert operation["description"], named
        assert len(operation["tags"]) == 1 and set(operation["tags"]) <= tags, named
        assert "security" in operation, named
        if method in ("post", "put") and path != "/v1/extract":
            content = operation["requestBody"]["content"]
            assert operation["requestBody"]["required"] and content, named
            assert all("schema" in told for told in content.values()), named
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (named, parameter["name"])
            assert parameter["name"].lower() not in ("accept", "content-type", "authorization")
            assert {"type": "null"} not in parameter["schema"].get("anyOf", []), (named, parameter["name"])


def test_every_answer_is_described(operations):
    for named, (_, _, operation) in operations.items():
        assert any(status.startswith("2") for status in operation["responses"]), named
        for status, response in operation["responses"].items():
            assert response["description"] and response["description"] != "Successful Response", (named, status)
            for media, told in response.get("content", {}).items():
                assert "schema" in told, (named, status, media)


def test_every_error_is_shown_by_an_example_of_the_one_body(operations, spec):
    known = kinds()
    for named, (_, _, operation) in operations.items():
        assert {"500", "421"} <= set(operation["responses"]), named
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                continue
            told = response["content"]["application/json"]
            assert told["schema"] == {"$ref": "#/components/schemas/ErrorBody"}, (named, status)
            assert told["examples"], (named, status)
            for code, example in told["examples"].items():
                assert example["value"]["error"]["code"] == code
                assert BILINGUAL.fullmatch(example["value"]["error"]["message"]), (named, code)
                assert known[code].status == int(status), (named, code)
                assert f"`{code}`" in response["description"], (named, code)
                check(spec, told["schema"], example["value"])
            if status == "429":
                assert "Retry-After" in response["headers"], named


def test_what_needs_a_login_says_so(operations, spec):
    assert set(spec["components"]["securitySchemes"]) == {"token", "session", "name_and_token"}
    for named, (method, path, operation) in operations.items():
        if path.startswith("/v1/") and named not in ("log_in_here", "make_first_account"):
            assert operation["security"] == [{}, {"token": []}, {"session": []}], named
            assert {"401", "403", "429"} <= set(operation["responses"]), named
            codes = operation["responses"]["403"]["content"]["application/json"]["examples"]
            assert ("cross_site" in codes) is (method != "get"), named


def test_every_field_is_described(spec):
    for name, schema in spec["components"]["schemas"].items():
        assert schema["description"], name
        assert "``" not in schema["description"] and "Attributes:" not in schema["description"], name
        for field, told in schema.get("properties", {}).items():
            assert told.get("description"), (name, field)


def test_the_words_for_fields_are_all_of_use(spec, root):
    schemas = spec["components"]["schemas"]
    for line in (root / "service/chitieu/api/data/fields.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        names, field, vi, en = line.split("\t")
        assert vi and en
        if names != "*":
            for name in names.split():
                assert field in schemas[name]["properties"], (name, field)


def test_the_table_is_described_by_its_columns(spec):
    row = spec["components"]["schemas"]["ObservationRow"]
    assert (
        list(row["properties"]) == row["required"] == ["stored", *(column.name for column in columns("observations"))]
    )
    for column in columns("observations"):
        told = row["properties"][column.name]
        assert told["title"] == f"{column.title_vi} / {column.title_en}"
        assert told["description"] == f"{column.description_vi} / {column.description_en}"
        kind = {"text": "string", "decimal": "string", "integer": "integer", "date": "string"}[column.type]
        assert [one["type"] for one in told["anyOf"]] == [kind, "null"]


def test_names_as_they_are_sent(spec):
    span = spec["components"]["schemas"]["Span"]["properties"]
    assert "in" in span and "in_" not in span
    request = spec["components"]["schemas"]["ExtractRequest"]
    assert request["required"] == ["text"]
    assert set(request["properties"]) == {"text", "id", "period", "place", "with_text", "store"}


def test_examples_of_answers_are_what_their_schemas_say(operations, spec):
    checked = set()
    for named, (_, _, operation) in operations.items():
        for status, response in operation["responses"].items():
            for media, told in response.get("content", {}).items():
                for example in told.get("examples", {}).values():
                    check(spec, told["schema"], example["value"])
                    checked.add((named, status, media))
    assert {("extract", "200", "application/json"), ("list_observations", "200", "application/json")} <= checked


def requests(operations):
    for named, (method, path, operation) in operations.items():
        for media, told in operation.get("requestBody", {}).get("content", {}).items():
            for name, example in told.get("examples", {}).items():
                yield named, method, path, media, name, example["value"], told["schema"]


def test_examples_of_bodies_are_answered_as_said(served, operations, spec):
    met = set()
    for named, method, path, media, name, value, schema in requests(operations):
        check(spec, schema, value)
        if "{id}" in path or path.startswith("/v1/models/"):
            continue  # of what is not there, or what changes which model the project serves
        data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        answer = served.request(method, path, content=data.encode(), headers={"Content-Type": media})
        assert answer.is_success, (named, name, answer.text)
        response = operations[named][2]["responses"][str(answer.status_code)]
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in response["content"], (named, kind)
        if kind == "application/json":
            check(spec, response["content"][kind]["schema"], answer.json())
        met.add((named, media))
    assert {
        ("extract", "application/json"),
        ("extract", "text/plain"),
        ("extract_batch", "application/x-ndjson"),
    } <= met


def test_the_example_of_an_answer_is_the_answer_to_the_example_of_a_body(served, operations):
    operation = operations["extract"][2]
    sent = operation["requestBody"]["content"]["application/json"]["examples"]["text"]["value"]
    told = operation["responses"]["200"]["content"]["application/json"]["examples"]["text"]["value"]
    got = served.post("/v1/extract", json=sent).json()
    for field in ("id", "sha256", "length", "stored"):
        assert got["document"][field] == told["document"][field]
    assert [(f["start"], f["end"], f["value"]) for f in got["figures"]] == [
        (f["start"], f["end"], f["value"]) for f in told["figures"]
    ]
    assert set(got) == set(told) and set(got["figures"][0]) == set(told["figures"][0])


def test_lines_of_a_batch_are_what_their_schemas_say(served, operations, spec):
    operation = operations["extract_batch"][2]
    example = operation["requestBody"]["content"]["application/x-ndjson"]["examples"]["lines"]["value"]
    shown = operation["responses"]["200"]["content"]["application/x-ndjson"]["examples"]["lines"]["value"]
    got = served.post("/v1/extract/batch", content=example.encode(), headers={"Content-Type": "application/x-ndjson"})
    for text in (shown, got.text):
        *lines, last = map(json.loads, text.splitlines())
        assert sorted("answer" in line for line in lines) == [False, True]
        for line in lines:
            name = "BatchAnswer" if "answer" in line else "BatchFailure"
            check(spec, {"$ref": f"#/components/schemas/{name}"}, line)
        check(spec, {"$ref": "#/components/schemas/BatchSummary"}, last)


@pytest.mark.parametrize(
    ("path", "id", "model"),
    [
        ("/v1/documents", "list_documents", "DocumentPage"),
        ("/v1/observations", "list_observations", "ObservationPage"),
        ("/v1/indicators?q=ho%20ngheo", "search_indicators", "IndicatorPage"),
        ("/v1/indicators/ty-le-che-phu-rung", "get_indicator", "IndicatorDetail"),
        ("/v1/model", "get_model", "Served"),
    ],
)
def test_answers_are_what_their_schemas_say(served, operations, spec, path, id, model):
    served.post("/v1/extract", json={"text": "Đàn bò có 8.320 con, tăng 6,2% so với cùng kỳ.", "store": True})
    schema = operations[id][2]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": f"#/components/schemas/{model}"}
    check(spec, schema, served.get(path).json())


def test_a_document_is_what_its_schema_says(served, operations, spec):
    sent = {"text": "Đàn bò có 8.320 con.", "store": True, "place": {"text": "xã Bến Lâm"}}
    answer = served.post("/v1/extract", json=sent)
    schema = operations["get_document"][2]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/DocumentWithAnswer"}
    check(spec, schema, served.get(answer.headers["location"]).json())
