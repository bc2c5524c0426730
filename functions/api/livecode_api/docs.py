"""The documentation pages: OpenAPI from the code, and Swagger UI with its assets from our own package."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from livecode import __version__

# Swagger UI comes with powertools; serving it ourselves makes the page work offline.
_ASSETS = files("aws_lambda_powertools.event_handler.openapi") / "swagger_ui"
_CONTENT_TYPES = {
    "swagger-ui-bundle.min.js": "text/javascript; charset=utf-8",
    "swagger-ui.min.css": "text/css; charset=utf-8",
}

# Every address is relative, so that the page also works behind a stage prefix.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LiveCode API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.min.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.min.js"></script>
<script>
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
</script>
</body>
</html>
"""


def without_slash(path: str) -> Response[str] | None:
    """Redirects from `/docs/` to `/docs`; None for a path that does not end in a slash.

    A REST API takes both for one resource, as powertools' APIGatewayRestResolver does, but our addresses are relative
    and would lead elsewhere from the longer one. So is the redirect's, which thereby keeps a stage prefix.
    """
    if not path.endswith("/"):
        return None
    name = path.rstrip("/").rpartition("/")[2]
    return Response(status_code=308, content_type="text/plain", headers={"Location": f"../{name}"}, body="")


def page() -> Response[str]:
    return Response(status_code=200, content_type="text/html; charset=utf-8", body=_PAGE)


def asset(name: str) -> Response[str] | None:
    """Serves one of Swagger UI's files; None if it is not one of them."""
    content_type = _CONTENT_TYPES.get(name)
    if content_type is None:
        return None
    return Response(
        status_code=200,
        content_type=content_type,
        headers={"Cache-Control": "public, max-age=86400"},
        body=_read(name),
    )


def openapi(app: APIGatewayRestResolver) -> Response[str]:
    document = _schema(app)
    # Relative to the document's own place, whatever stage or domain it was asked for by.
    document["servers"] = [{"url": "."}]
    return Response(status_code=200, content_type="application/json", body=json.dumps(document))


@cache
def _read(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _schema(app: APIGatewayRestResolver) -> dict[str, Any]:
    text = app.get_openapi_json_schema(
        title="LiveCode",
        version=__version__,
        openapi_version="3.1.0",
        description="Send a program, read what it printed. Create a code session, run it, and poll the execution.",
    )
    document: dict[str, Any] = json.loads(text)
    # Powertools documents its own form of validation errors; ours are 400, and documented with each call.
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            # It takes the handler's text for a body; an answer without one has none.
            operation["responses"].get("204", {}).pop("content", None)
            # An empty body means {}, and every field has a default.
            if "requestBody" in operation:
                operation["requestBody"]["required"] = False
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
