"""The documentation page and the OpenAPI document: complete, and as strict as the service."""

import json
import re
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from livecode.domain import Reason, Status
from tests.unit.api import Api


def test_documents_every_call_and_every_code_path(api: Api) -> None:
    _, document, _ = api("GET", "/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "."}]
    assert set(document["paths"]) == {
        "/code-sessions", "/code-sessions/{session_id}", "/code-sessions/{session_id}/run",
        "/executions/{execution_id}", "/executions/session/{session_id}", "/languages", "/health", "/health/database",
        "/health/queue", "/health/workers", "/health/redis", "/health/celery",
    }  # fmt: skip
    for path in ("/health/redis", "/health/celery"):
        assert document["paths"][path]["get"]["deprecated"]
    schemas = document["components"]["schemas"]
    assert set(schemas["Status"]["enum"]) == {str(status) for status in Status}
    assert set(schemas["Reason"]["enum"]) == {str(reason) for reason in Reason}
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "422" not in operation["responses"]
    assert "content" not in document["paths"]["/code-sessions/{session_id}"]["delete"]["responses"]["204"]
    referenced = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert referenced == set(schemas)


def test_serves_the_documentation_page_and_its_assets(api: Api) -> None:
    status, page, headers = api("GET", "/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "//" not in page.replace("<!doctype html>", "").replace("</", "").replace("//-->", "")
    for asset, kind in (("swagger-ui-bundle.min.js", "text/javascript"), ("swagger-ui.min.css", "text/css")):
        assert f"docs/{asset}" in page
        status, content, headers = api("GET", f"/docs/{asset}")
        assert status == 200
        assert headers["content-type"].startswith(kind)
        assert len(content) > 50_000


@pytest.mark.parametrize("stage", ["", "/Prod"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_a_slash_too_many_leads_to_the_page_itself(api: Api, path: str, stage: str) -> None:
    status, _, headers = api("GET", f"{path}/")
    assert status == 308
    assert urljoin(f"https://example.test{stage}{path}/", headers["location"]) == f"https://example.test{stage}{path}"
    assert api("GET", path)[0] == 200


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        pytest.param("/Prod/code-sessions", "/Prod", id="a stage"),
        pytest.param("/code-sessions", "", id="no stage"),
        pytest.param("/run/v1/code-sessions", "/run/v1", id="a custom domain's base path"),
        pytest.param("/Prod/code-sessions/", "/Prod", id="a slash at the end"),
        pytest.param(None, "", id="unknown"),
    ],
)
def test_location_is_under_the_path_that_the_client_called_by(api: Api, path: str | None, prefix: str) -> None:
    context = {"requestId": "gateway-request", "path": path}
    _, answer, headers = api("POST", "/code-sessions", resource="/code-sessions", requestContext=context)
    assert headers["location"] == f"{prefix}/code-sessions/{answer['session_id']}"


def test_a_page_of_another_origin_may_read_all_that_an_answer_tells(api: Api) -> None:
    origin = {"Origin": "https://editor.example", "Content-Type": "application/json"}
    session = api.session()
    told: set[str] = set()
    for method, path, body in (
        ("POST", f"/code-sessions/{session}/run", None),
        ("GET", f"/executions/{uuid4()}", None),
        ("POST", "/code-sessions", "x" * 5_000_000),  # refused before any route is looked at
    ):
        _, _, headers = api(method, path, body, headers=origin)
        exposed = {name.lower() for name in headers["access-control-expose-headers"].split(",")}
        told |= {name for name in headers if name in ("location", "retry-after") or name.startswith("ratelimit-")}
        assert exposed >= told | {"ratelimit-reset", "retry-after", "x-amzn-requestid"}
    assert told >= {"location", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}


@pytest.mark.parametrize(("field", "value"), [("language", 1), ("source_code", []), ("source_code", "\x00")])
def test_names_the_field_that_a_patch_gets_wrong(api: Api, field: str, value: object) -> None:
    status, answer, _ = api("PATCH", f"/code-sessions/{api.session()}", {field: value})
    assert (status, [error["field"] for error in answer["errors"]]) == (400, [f"body.{field}"])


def test_the_openapi_document_is_as_strict_as_the_service(api: Api) -> None:
    _, document, _ = api("GET", "/openapi.json")
    bodies = [
        call["requestBody"] for item in document["paths"].values() for call in item.values() if "requestBody" in call
    ]
    assert len(bodies) == 4
    assert not any(body["required"] for body in bodies)
    schemas = document["components"]["schemas"]
    for name in ("CreateSessionRequest", "PatchSessionRequest"):
        language = schemas[name]["properties"]["language"]
        assert set(language["enum"]) == {"python", "py", "javascript", "js", "node", "c++", "cpp", "cxx"}
        assert {each["type"] for each in schemas[name]["properties"].values()} == {"string"}  # never null
    [limit] = [
        parameter["schema"]
        for parameter in document["paths"]["/executions/session/{session_id}"]["get"]["parameters"]
        if parameter["name"] == "limit"
    ]
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 100, 100)
    assert not {"ge", "le"} & set(limit)
    for alias in schemas["CreateSessionRequest"]["properties"]["language"]["enum"]:
        assert api.session(language=alias)
