"""The HTTP contract: which call does what, and how it is answered."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, Field, TypeAdapter

from livecode.domain import SessionLimits, SessionStatus, Status
from livecode.errors import RateLimited, SourceTooLarge
from livecode_api import docs, schemas
from livecode_api.bodies import source_too_large
from livecode_api.errors import NOT_FOUND, PROBLEMS, invalid_request, rate_limited
from livecode_api.parameters import canonical_uuid, plain_number
from livecode_api.problems import CONTENT_TYPE, Problem
from livecode_api.resolver import LiveCodeResolver, path_prefix, request_id
from livecode_api.service import ExecutionService

SessionId = Annotated[UUID, canonical_uuid, Path(description="A code session's id.")]
ExecutionId = Annotated[UUID, canonical_uuid, Path(description="An execution's id.")]
# The bounds are not the query's: it would put them into the document by names that are not JSON Schema's.
Limit = Annotated[int, Field(ge=1, le=100), plain_number, Query(description="At most this many.")]
_SUMMARIES = TypeAdapter(list[schemas.ExecutionSummaryResponse])
_LANGUAGES = TypeAdapter(list[schemas.LanguageResponse])
_STATUS_TEXT = {
    400: "The request is malformed",
    404: "There is no such thing",
    413: "The source is too large",
    415: "The body is not JSON",
    429: "Too many runs",
    503: "A part of the service does not answer",
}


def build_app(service: ExecutionService, session_limits: SessionLimits) -> LiveCodeResolver:
    """Builds the whole HTTP API over `service`."""
    app = LiveCodeResolver(service)
    _add_sessions(app, service)
    _add_runs(app, service, session_limits)
    _add_languages(app, service)
    _add_health(app, service)
    _add_docs(app)
    _add_errors(app, service, session_limits)
    return app


def _add_sessions(app: LiveCodeResolver, service: ExecutionService) -> None:
    @app.post(
        "/code-sessions",
        summary="Create a code session",
        tags=["Code sessions"],
        responses=_responses(201, schemas.SessionResponse, 400, 413, 415, 503),
    )
    def create_session(request: Annotated[schemas.CreateSessionRequest, Body()]) -> Response[str]:
        session_id = service.create_session(request.language, request.source_code)
        body = schemas.SessionResponse(session_id=session_id, status=SessionStatus.ACTIVE)
        return _json(201, body, {"Location": _location(app, f"/code-sessions/{session_id}")})

    @app.get(
        "/code-sessions/<session_id>",
        summary="Read a code session",
        tags=["Code sessions"],
        responses=_responses(200, schemas.SessionDetailResponse, 400, 404, 503),
    )
    def get_session(session_id: SessionId) -> Response[str]:
        return _json(200, schemas.SessionDetailResponse.from_session(service.get_session(session_id)))

    @app.patch(
        "/code-sessions/<session_id>",
        summary="Autosave: change source or language",
        tags=["Code sessions"],
        responses=_responses(200, schemas.SessionResponse, 400, 404, 413, 415, 503),
    )
    def patch_session(session_id: SessionId, request: Annotated[schemas.PatchSessionRequest, Body()]) -> Response[str]:
        status = service.change_session(session_id, language=request.language, source_code=request.source_code)
        return _json(200, schemas.SessionResponse(session_id=session_id, status=status))

    @app.delete(
        "/code-sessions/<session_id>",
        summary="Delete a code session and its executions",
        tags=["Code sessions"],
        responses=_responses(204, None, 400, 404, 503),
    )
    def delete_session(session_id: SessionId) -> Response[str]:
        service.delete_session(session_id)
        return Response(status_code=204, body="")


def _add_runs(app: LiveCodeResolver, service: ExecutionService, limits: SessionLimits) -> None:
    def run(session_id: SessionId, _: Annotated[schemas.RunRequest, Body()]) -> Response[str]:
        queued = service.run(session_id)
        headers = {
            "Location": _location(app, f"/executions/{queued.execution_id}"),
            "RateLimit-Limit": str(limits.rate_limit_burst),
            "RateLimit-Remaining": str(queued.slot.runs_left),
            "RateLimit-Reset": str(round(queued.slot.full_in_seconds)),
        }
        return _json(202, schemas.RunResponse(execution_id=queued.execution_id, status=Status.QUEUED), headers)

    for path, summary in (
        ("/code-sessions/<session_id>/run", "Run the session's program"),
        ("/code-sessions/<session_id>", "Run the session's program (alias of /run)"),
    ):
        app.post(
            path,
            summary=summary,
            tags=["Executions"],
            responses=_responses(202, schemas.RunResponse, 400, 404, 415, 429, 503),
        )(run)

    @app.get(
        "/executions/<execution_id>",
        summary="Read an execution",
        tags=["Executions"],
        responses=_responses(200, schemas.ExecutionResponse, 400, 404, 503),
    )
    def get_execution(execution_id: ExecutionId) -> Response[str]:
        body = schemas.ExecutionResponse.from_execution(service.get_execution(execution_id))
        return _json(200, body, exclude_unset=True)

    @app.get(
        "/executions/session/<session_id>",
        summary="List a session's executions, newest first",
        tags=["Executions"],
        responses=_responses(200, list[schemas.ExecutionSummaryResponse], 400, 404, 503),
    )
    def list_executions(
        session_id: SessionId,
        limit: Limit = 100,
    ) -> Response[str]:
        summaries = service.list_executions(session_id, limit=limit)
        body = [schemas.ExecutionSummaryResponse.from_summary(summary) for summary in summaries]
        return Response(status_code=200, content_type="application/json", body=_SUMMARIES.dump_json(body).decode())


def _add_languages(app: LiveCodeResolver, service: ExecutionService) -> None:
    @app.get(
        "/languages",
        summary="List the languages, their versions and limits",
        tags=["Languages"],
        responses=_responses(200, list[schemas.LanguageResponse], 503),
    )
    def list_languages() -> Response[str]:
        limits = schemas.LimitsResponse(
            **{name: getattr(service.run_limits, name) for name in service.run_limits.__dataclass_fields__},
            source_limit_bytes=service.source_limit_bytes,
        )
        body = [
            schemas.LanguageResponse(
                name=language.name,
                aliases=list(language.aliases),
                version=version,
                compile_command=list(language.compile) if language.compile else None,
                run_command=list(language.run),
                limits=limits,
            )
            for language, version in service.language_versions()
        ]
        return Response(status_code=200, content_type="application/json", body=_LANGUAGES.dump_json(body).decode())


def _add_health(app: LiveCodeResolver, service: ExecutionService) -> None:
    def health() -> Response[str]:
        return _json(200, schemas.HealthResponse(timestamp=service.now()))

    def database() -> Response[str]:
        service.check_database()
        return _json(200, schemas.DatabaseHealthResponse())

    def queue() -> Response[str]:
        state = service.queue_health()
        age = state.oldest_message_age_seconds
        return _json(
            200,
            schemas.QueueHealthResponse(
                depth=state.counts.visible + state.counts.delayed,
                in_flight=state.counts.in_flight,
                oldest_message_age_s=None if age is None else round(age, 3),
                dead_letters=state.dead_letters,
            ),
        )

    def workers() -> Response[str]:
        state = service.worker_health()
        return _json(
            200,
            schemas.WorkersHealthResponse(
                active_workers=state.active_executions,
                active_tasks=state.active_executions,
                sandbox_layers=state.sandbox_layers,
            ),
        )

    for path, summary, model, handler in (
        ("/health", "Whether the process answers; touches nothing", schemas.HealthResponse, health),
        ("/health/database", "Whether the database answers", schemas.DatabaseHealthResponse, database),
        ("/health/queue", "Whether the queue answers, and what is in it", schemas.QueueHealthResponse, queue),
        ("/health/workers", "How many runs are under way", schemas.WorkersHealthResponse, workers),
    ):
        app.get(path, summary=summary, tags=["Health"], responses=_responses(200, model, 503))(handler)
    for path, successor, model, handler in (
        ("/health/redis", "/health/queue", schemas.QueueHealthResponse, queue),
        ("/health/celery", "/health/workers", schemas.WorkersHealthResponse, workers),
    ):
        app.get(
            path,
            summary=f"The old name of {successor}",
            tags=["Health"],
            deprecated=True,
            responses=_responses(200, model, 503),
        )(handler)


def _add_docs(app: LiveCodeResolver) -> None:
    @app.get("/docs", include_in_schema=False)
    def page() -> Response[str]:
        return docs.without_slash(app.current_event.path) or docs.page()

    @app.get("/docs/<asset>", include_in_schema=False)
    def swagger_asset(asset: str) -> Response[str]:
        return docs.asset(asset) or NOT_FOUND.response(request_id(app.current_event.raw_event))

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response[str]:
        return docs.without_slash(app.current_event.path) or docs.openapi(app)


def _add_errors(app: LiveCodeResolver, service: ExecutionService, limits: SessionLimits) -> None:
    def answer(problem: Problem) -> Response[str]:
        return problem.response(request_id(app.current_event.raw_event))

    @app.exception_handler(list(PROBLEMS))
    def known(error: Exception) -> Response[str]:
        return answer(PROBLEMS[type(error)])

    @app.exception_handler(SourceTooLarge)
    def too_large(_: SourceTooLarge) -> Response[str]:
        return answer(source_too_large(service.source_limit_bytes))

    @app.exception_handler(RateLimited)
    def too_many(error: RateLimited) -> Response[str]:
        return answer(
            rate_limited(error, burst=limits.rate_limit_burst, refill_seconds=limits.rate_limit_refill_seconds)
        )

    @app.exception_handler(RequestValidationError)
    def invalid(error: RequestValidationError) -> Response[str]:
        return answer(invalid_request(error))

    @app.not_found
    def not_found(_: NotFoundError) -> Response[str]:
        return answer(NOT_FOUND)


def _location(app: LiveCodeResolver, path: str) -> str:
    """Returns where a client finds what was made: the path under the stage or base path that it called by."""
    return path_prefix(app.current_event.raw_event) + path


def _json(
    status: int, body: BaseModel, headers: dict[str, str] | None = None, *, exclude_unset: bool = False
) -> Response[str]:
    """Answers with a document; with `exclude_unset`, without the fields that are not known yet."""
    text = body.model_dump_json(exclude_unset=exclude_unset)
    return Response(status_code=status, content_type="application/json", body=text, headers=headers or {})


def _responses(status: int, model: Any, *errors: int) -> dict[int, Any]:
    """Describes the answers of a call for the OpenAPI document."""
    answers: dict[int, Any] = {status: {"description": "Done"}}
    if model is not None:
        answers[status]["content"] = {"application/json": {"model": model}}
    for error in errors:
        answers[error] = {
            "description": _STATUS_TEXT[error],
            "content": {CONTENT_TYPE: {"model": schemas.ProblemResponse}},
        }
    return answers
