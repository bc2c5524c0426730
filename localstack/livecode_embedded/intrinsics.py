"""CloudFormation's intrinsic functions and conditions, resolved to plain values."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from itertools import islice
from typing import Any

from livecode_embedded.errors import UnsupportedTemplate

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
STACK_NAME = "livecode"

PSEUDO_PARAMETERS: dict[str, Any] = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{STACK_NAME}/local",
    "AWS::StackName": STACK_NAME,
    "AWS::URLSuffix": "amazonaws.com",
}

_NO_VALUE = object()
_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class Resolver:
    """Resolves values of one template.

    `refer(logical_id)` and `attribute(logical_id, name)` say what Ref and Fn::GetAtt of a resource come to.
    """

    def __init__(
        self,
        *,
        parameters: Mapping[str, Any],
        conditions: Mapping[str, Any],
        refer: Callable[[str], str],
        attribute: Callable[[str, str], str],
    ) -> None:
        self._values = {**PSEUDO_PARAMETERS, **parameters}
        self._conditions = conditions
        self._refer = refer
        self._attribute = attribute
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.holds,
            "Fn::And": lambda arguments: all(self.resolve(argument) for argument in arguments),
            "Fn::Cidr": self._cidr,
            "Fn::Equals": lambda arguments: str(self.resolve(arguments[0])) == str(self.resolve(arguments[1])),
            "Fn::GetAtt": self._get_att,
            "Fn::GetAZs": lambda region: [f"{self.resolve(region) or REGION}{zone}" for zone in "abc"],
            "Fn::If": self._if,
            "Fn::Join": lambda arguments: str(arguments[0]).join(str(item) for item in self.resolve(arguments[1])),
            "Fn::Not": lambda arguments: not self.resolve(arguments[0]),
            "Fn::Or": lambda arguments: any(self.resolve(argument) for argument in arguments),
            "Fn::Select": lambda arguments: self.resolve(arguments[1])[int(self.resolve(arguments[0]))],
            "Fn::Split": lambda arguments: str(self.resolve(arguments[1])).split(arguments[0]),
            "Fn::Sub": self._sub,
        }

    def holds(self, condition: str) -> bool:
        """Whether the named condition is true; raises UnsupportedTemplate for one that the template lacks."""
        if condition not in self._conditions:
            raise UnsupportedTemplate(f"The template has no condition named {condition}.")
        return bool(self.resolve(self._conditions[condition]))

    def resolve(self, value: Any) -> Any:
        """Resolves the intrinsics in `value`; entries that come to AWS::NoValue are left out."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument) = next(iter(value.items()))
            # An IAM statement has a map named Condition; the intrinsic has the name of one.
            if name in self._functions and not (name == "Condition" and not isinstance(argument, str)):
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                raise UnsupportedTemplate(f"The embedded stack cannot resolve {name}.")
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self._values[name] if name in self._values else self._refer(name)

    def _get_att(self, argument: Any) -> str:
        logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
        return self._attribute(logical_id, name)

    def _cidr(self, arguments: list[Any]) -> list[str]:
        block, count, host_bits = map(self.resolve, arguments)
        subnets = ip_network(str(block)).subnets(new_prefix=32 - int(host_bits))
        return [str(subnet) for subnet in islice(subnets, int(count))]

    def _if(self, arguments: list[Any]) -> Any:
        condition, when_true, when_false = arguments
        return self.resolve(when_true if self.holds(condition) else when_false)

    def _sub(self, argument: Any) -> str:
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return str(self.resolve(variables[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUB_VARIABLE.sub(value, text)
