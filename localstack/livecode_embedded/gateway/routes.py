"""Which resource and method a path belongs to, by API Gateway's rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of a resource: `function` answers by proxy; without one, `integration` is a mock."""

    resource: str
    function: str | None
    integration: dict[str, Any]


@dataclass(kw_only=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "tuple[str, _Node] | None" = None
    greedy: "tuple[str, _Node] | None" = None
    methods: dict[str, Method] = field(default_factory=dict)


class Routes:
    """The resources and methods of an API. Raises ValueError for an integration that is neither aws_proxy nor mock."""

    def __init__(self, paths: Mapping[str, Any]) -> None:
        self._root = _Node()
        self.function_names: set[str] = set()
        for path, operations in paths.items():
            node = self._root
            for segment in _segments(path):
                node = _child(node, segment)
            for verb, operation in operations.items():
                integration = operation.get("x-amazon-apigateway-integration")
                if integration is not None:
                    method = _method(path, integration)
                    node.methods[_verb(verb)] = method
                    self.function_names |= {method.function} if method.function else set()

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """Finds the method of a raw request path, and its path parameters, percent-decoded."""
        found = _find(self._root, _segments(path), {})
        if found is None:
            return None
        node, parameters = found
        method = node.methods.get(verb) or node.methods.get("ANY")
        return (method, parameters) if method else None


def _segments(path: str) -> list[str]:
    # A slash at the end makes no difference to API Gateway.
    stripped = path[1:].removesuffix("/")
    return stripped.split("/") if stripped else []


def _child(node: _Node, segment: str) -> _Node:
    if segment.startswith("{") and segment.endswith("+}"):
        node.greedy = node.greedy or (segment[1:-2], _Node())
        return node.greedy[1]
    if segment.startswith("{"):
        node.parameter = node.parameter or (segment[1:-1], _Node())
        return node.parameter[1]
    return node.literals.setdefault(segment, _Node())


def _find(node: _Node, segments: list[str], parameters: dict[str, str]) -> tuple[_Node, dict[str, str]] | None:
    if not segments:
        return (node, parameters) if node.methods else None
    first, rest = segments[0], segments[1:]
    if first in node.literals and (found := _find(node.literals[first], rest, parameters)):
        return found
    if node.parameter and first:
        name, child = node.parameter
        if found := _find(child, rest, {**parameters, name: unquote(first)}):
            return found
    if node.greedy:
        name, child = node.greedy
        return child, {**parameters, name: unquote("/".join(segments))}
    return None


def _verb(name: str) -> str:
    return "ANY" if name == "x-amazon-apigateway-any-method" else name.upper()


def _method(path: str, integration: dict[str, Any]) -> Method:
    match integration.get("type", "").lower():
        case "aws_proxy":
            # arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<function arn>/invocations
            function = integration["uri"].split("/functions/")[1].split("/")[0].rsplit(":", 1)[-1]
            return Method(resource=path, function=function, integration=integration)
        case "mock":
            return Method(resource=path, function=None, integration=integration)
        case other:
            raise ValueError(f"the integration type {other} of {path}")
