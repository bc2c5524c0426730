"""Errors as clients see them: RFC 9457 problem details with a stable code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error as clients see it. `code` is upper snake case and never changes; `detail` says what to do."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Mapping[str, str], ...] = ()

    def response(self, request_id: str) -> Response[str]:
        document = {
            "type": f"urn:livecode:problem:{self.code.lower().replace('_', '-')}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = list(self.errors)
        return Response(
            status_code=self.status,
            content_type=CONTENT_TYPE,
            headers=dict(self.headers),
            body=json.dumps(document),
        )
