"""Requests made up from the description: no fault of ours, and no answer that the description does not tell of."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import sampled_from
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chitieu.api.app import create_app
from chitieu.settings import Settings
from fakes import fake_pipeline

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8  # of each operation; there are many, and each costs a second
ACCEPTED = ["*/*", "application/json", "application/x-ndjson", "text/csv", "text/html", "text/plain", "image/png"]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The description of a service without a login, that holds a document."""
    made = Settings(data=tmp_path_factory.mktemp("made"), login="open", allowed_hosts="testserver", rate_per_minute=0)
    app = create_app(fake_pipeline(), settings=made)
    loaded = schemathesis.openapi.from_asgi("/openapi.json", app)
    sent = {"text": "Đàn bò có 8.320 con, tăng 6,2% so với cùng kỳ.", "id": "bo.txt", "store": True}
    answer = loaded["/v1/extract"]["POST"].Case(body=sent, media_type="application/json").call()
    assert answer.status_code == 200
    return loaded


@pytest.mark.parametrize("label", ["GET /v1/documents/{id}", "GET /v1/documents/{id}/text"])
def test_a_document_that_is_there_is_answered_as_described(described, label):
    (operation,) = (found.ok() for found in described.get_all_operations() if found.ok().label == label)
    stored = described["/v1/documents"]["GET"].Case().call().json()["documents"][0]["id"]

    @given(case=operation.as_strategy(path_parameters={"id": stored}), accept=sampled_from(ACCEPTED))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    def ask(case, accept):
        case.headers["Accept"] = accept
        assert case.call_and_validate(checks=CHECKS).status_code in (200, 406)

    ask()


@pytest.mark.parametrize("mode", GenerationMode)
def test_whatever_is_asked_is_answered_as_described(described, subtests, mode):
    """Both what the description allows and what it does not."""
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 15
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            continue  # nothing of it can be wrong
        with subtests.test(operation.label):

            @given(case=operation.as_strategy(generation_mode=mode), accept=sampled_from(ACCEPTED))
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            def ask(case, accept):
                case.headers["Accept"] = accept
                case.call_and_validate(checks=CHECKS)

            ask()
