"""Reads the template: translated, with its parameters and conditions resolved, as a `StackSpec`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from livecode_embedded.errors import UnsupportedTemplate
from livecode_embedded.intrinsics import ACCOUNT_ID, REGION, Resolver
from livecode_embedded.resources import check_parameter, read_mapping, read_queue, read_rest_api, read_schedules
from livecode_embedded.specs import FunctionSpec, StackSpec
from livecode_embedded.transform import transform

WITHOUT_LOCAL_MEANING = {
    "AWS::ApiGateway::Account": "a setting of the account",
    "AWS::ApiGateway::Deployment": "the REST API is always deployed",
    "AWS::CloudWatch::Alarm": "nobody is on call for a laptop",
    "AWS::CloudWatch::Dashboard": "metrics stay in the logs",
    "AWS::CodeDeploy::Application": "new code runs at the next invocation",
    "AWS::CodeDeploy::DeploymentGroup": "new code runs at the next invocation",
    "AWS::IAM::ManagedPolicy": "calls are not authorised here",
    "AWS::IAM::Policy": "calls are not authorised here",
    "AWS::IAM::Role": "calls are not authorised here",
    "AWS::Lambda::Alias": "there is one version, what lies in the folder",
    "AWS::Lambda::EventInvokeConfig": "asynchronous invocations keep to the defaults of Lambda",
    "AWS::Lambda::LayerVersion": "layers are put on PYTHONPATH",
    "AWS::Lambda::Permission": "calls are not authorised here",
    "AWS::Lambda::Version": "there is one version, what lies in the folder",
    "AWS::Logs::LogGroup": "logs are one file a function",
    "AWS::Logs::MetricFilter": "metrics stay in the logs",
    "AWS::SQS::QueuePolicy": "calls are not authorised here",
    "AWS::XRay::SamplingRule": "nothing is traced here",
    "Custom::DatabaseMigration": "the stack itself runs MigrateFunction",
}

_ARN_SERVICES = {"AWS::SQS::Queue": "sqs", "AWS::Lambda::Function": "lambda"}


class Template:
    """One template file with its parameters' values.

    Raises UnsupportedTemplate for what has no meaning here.
    """

    def __init__(self, path: Path, *, cache_folder: Path, parameters: Mapping[str, str]) -> None:
        self._folder = path.parent.resolve()
        self._source = yaml.load(path.read_text(), Loader=_SourceLoader)
        self._document = transform(path, cache_folder)
        self._declared: dict[str, Any] = self._document.get("Parameters", {})
        if unknown := sorted(set(parameters) - set(self._declared)):
            raise UnsupportedTemplate(f"The template has no parameter named {unknown[0]}.")
        for name, value in parameters.items():
            check_parameter(name, value, self._declared[name])
        self._parameters = dict(parameters)

    def declares(self, parameter: str) -> bool:
        return parameter in self._declared

    def stack(self, *, endpoint_url: str, parameters: Mapping[str, str]) -> StackSpec:
        """Describes everything that runs here, with queue URLs under `endpoint_url`.

        `parameters` are the stack's own; those given by the user win.
        """
        resources: dict[str, Any] = self._document["Resources"]
        values = {name: row.get("Default") for name, row in self._declared.items()}
        values |= {name: value for name, value in parameters.items() if name in values} | self._parameters
        if missing := [name for name, value in values.items() if value is None]:
            raise UnsupportedTemplate(f"The template's parameter {missing[0]} has no default; give it a value.")

        values = {
            name: str(value).split(",") if self._declared[name]["Type"] == "CommaDelimitedList" else value
            for name, value in values.items()
        }

        def resource_type(logical_id: str) -> str:
            if logical_id not in resources:
                raise UnsupportedTemplate(f"The template refers to {logical_id}, which it does not have.")
            return str(resources[logical_id]["Type"])

        def refer(logical_id: str) -> str:
            match resource_type(logical_id):
                case "AWS::SQS::Queue":
                    return f"{endpoint_url}/{ACCOUNT_ID}/{logical_id}"
                case "AWS::Lambda::Alias":  # every alias leads to the one version that there is
                    return attribute(str(resolver.resolve(resources[logical_id]["Properties"]["FunctionName"])), "Arn")
            return logical_id

        def attribute(logical_id: str, name: str) -> str:
            if name == "Arn":
                service = _ARN_SERVICES.get(resource_type(logical_id), "local")
                kind = "function:" if service == "lambda" else ""
                return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{kind}{logical_id}"
            return refer(logical_id) if name == "QueueUrl" else logical_id

        resolver = Resolver(
            parameters=values,
            conditions=self._document.get("Conditions", {}),
            refer=refer,
            attribute=attribute,
        )
        of_type: dict[str, dict[str, Any]] = {}
        for name, resource in resources.items():
            kind = resource["Type"]
            if "Condition" in resource and not resolver.holds(resource["Condition"]):
                continue
            if kind in _READ_TYPES:
                of_type.setdefault(kind, {})[name] = resolver.resolve(resource.get("Properties", {}))
            elif kind not in WITHOUT_LOCAL_MEANING:
                raise UnsupportedTemplate(f"The embedded stack does not know the resource type {kind} ({name}).")
        functions = {
            name: self._function(name, properties)
            for name, properties in of_type.get("AWS::Lambda::Function", {}).items()
        }
        return StackSpec(
            functions=functions,
            queues={name: read_queue(name, row) for name, row in of_type.get("AWS::SQS::Queue", {}).items()},
            mappings=tuple(map(read_mapping, of_type.get("AWS::Lambda::EventSourceMapping", {}).values())),
            schedules=tuple(
                schedule
                for name, properties in of_type.get("AWS::Events::Rule", {}).items()
                for schedule in read_schedules(name, properties)
            ),
            api=read_rest_api(of_type),
            code_roots=tuple(sorted({root for row in functions.values() for root in (row.code_root, *row.layers)})),
        )

    def _function(self, name: str, properties: dict[str, Any]) -> FunctionSpec:
        source = self._source["Resources"][name]
        if properties.get("PackageType") == "Image":
            command = properties.get("ImageConfig", {}).get("Command", [])
            if len(command) != 1:
                raise UnsupportedTemplate(f"{name} needs an ImageConfig.Command that names its handler.")
            metadata = source["Metadata"]
            # An image's code is what lies beside its Dockerfile; what it copies from elsewhere is the layer.
            dockerfile = self._folder / metadata["DockerContext"] / metadata["Dockerfile"]
            handler, code_root, layers = command[0], dockerfile.parent, self._layers(None)
        else:
            handler, code_root = properties["Handler"], self._folder / self._code_uri(source)
            layers = self._layers(source["Properties"].get("Layers"))
        logging = properties.get("LoggingConfig", {})
        reserved = properties.get("ReservedConcurrentExecutions")
        return FunctionSpec(
            name=name,
            handler=handler,
            code_root=code_root.resolve(),
            layers=layers,
            runtime=properties.get("Runtime"),
            timeout_seconds=float(properties.get("Timeout", 3)),
            memory_mb=int(properties.get("MemorySize", 128)),
            reserved_concurrency=None if reserved is None else int(reserved),
            log_format=logging.get("LogFormat", "Text"),
            log_level=logging.get("ApplicationLogLevel"),
            log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
            variables={key: str(item) for key, item in properties.get("Environment", {}).get("Variables", {}).items()},
        )

    def _code_uri(self, source: dict[str, Any]) -> str:
        globally = self._source.get("Globals", {}).get("Function", {})
        return str(source["Properties"].get("CodeUri", globally.get("CodeUri", ".")))

    def _layers(self, references: Any) -> tuple[Path, ...]:
        """Returns the folders of the named layers, or of all when an image stands in for them."""
        layers = {
            name: (self._folder / resource["Properties"]["ContentUri"]).resolve()
            for name, resource in self._source["Resources"].items()
            if resource["Type"] == "AWS::Serverless::LayerVersion"
        }
        if references is None:
            references = self._source.get("Globals", {}).get("Function", {}).get("Layers")
        if references is None:
            return tuple(layers.values())
        return tuple(layers[name] for name in references if name in layers)


class _SourceLoader(yaml.SafeLoader):
    """Reads the template's short forms (`!Ref X`) as their argument: only paths and names are wanted here."""


def _argument(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_SourceLoader.add_multi_constructor("!", _argument)

_READ_TYPES = {
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::Events::Rule",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::SQS::Queue",
}
