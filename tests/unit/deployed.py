"""What CloudFormation makes of infra/template.yaml for given parameters, without what is conditioned off."""

import json
import re
from pathlib import Path
from typing import Any

from livecode_embedded.intrinsics import Resolver
from livecode_embedded.transform import translate

TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
_REFERENCE = re.compile(r"<(\w+)[.>]")


class Deployed:
    """The resources by logical id; Ref and GetAtt of one another are `<Name>` and `<Name.Attribute>`."""

    def __init__(self, **parameters: str) -> None:
        document = translate(TEMPLATE, parameters)
        values = {}
        for name, row in document["Parameters"].items():
            value = parameters.get(name, row.get("Default"))
            values[name] = str(value).split(",") if row["Type"] == "CommaDelimitedList" else value
        resolver = Resolver(
            parameters=values,
            conditions=document["Conditions"],
            refer=lambda name: f"<{name}>",
            attribute=_attribute,
        )
        self.resources: dict[str, dict[str, Any]] = {
            name: resolver.resolve(row)
            for name, row in document["Resources"].items()
            if "Condition" not in row or resolver.holds(row["Condition"])
        }
        self.types = {row["Type"] for row in self.resources.values()}

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id."""
        return {name: row.get("Properties", {}) for name, row in self.resources.items() if row["Type"] == kind}

    def each_of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Like `of_type`, for a loop: AssertionError where there is none, since a loop over nothing proves nothing."""
        found = self.of_type(kind)
        assert found, f"there is no {kind}"
        return found

    def properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def refers_to(self, name: str) -> set[str]:
        resource = self.resources[name]
        after = resource.get("DependsOn", [])
        return {*_REFERENCE.findall(json.dumps(resource)), *([after] if isinstance(after, str) else after)}

    def needs(self, name: str) -> set[str]:
        """The resources that CloudFormation makes, or updates, before this one."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            more = self.refers_to(waiting.pop()) - found
            found |= more
            waiting.extend(more)
        return found


def _attribute(name: str, attribute: str) -> str:
    if attribute == "DBProxyArn":  # IAM names a proxy by the last part
        return f"arn:aws:rds:us-east-1:000000000000:db-proxy:<{name}.Id>"
    return f"<{name}.{attribute}>"
