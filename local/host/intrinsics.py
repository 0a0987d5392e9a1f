"""Evaluates CloudFormation's intrinsic functions with the parameters' defaults, as far as one machine can know them.

What only a deployed stack knows becomes a name that says so: `!GetAtt Proxy.Endpoint` is "Proxy.Endpoint".
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

NO_VALUE = object()  # what AWS::NoValue evaluates to: the property that holds it is removed

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": NO_VALUE,
    "AWS::NotificationARNs": [],
    "AWS::Partition": "aws",
    "AWS::StackId": "local",
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
}


class TemplateError(Exception):
    """The template cannot be read, or makes no sense; the message is for the person who wrote it."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Sub x` is read as `{"Fn::Sub": "x"}`."""


def _read_short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    return {name: loader.construct_scalar(node)}


_Loader.add_multi_constructor("!", _read_short_form)


def load_yaml(path: Path) -> dict[str, Any]:
    """The template as it is written, short forms expanded. Raises TemplateError."""
    try:
        document = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise TemplateError(f"{path.name} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise TemplateError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path.name} has no Resources")
    return document


class Intrinsics:
    """`resolve` evaluates any part of the template it was made of."""

    def __init__(self, template: dict[str, Any]) -> None:
        self._conditions = template.get("Conditions") or {}
        self._references = {
            **{name: name for name in template["Resources"]},
            **{name: declared.get("Default", "") for name, declared in (template.get("Parameters") or {}).items()},
            **PSEUDO_PARAMETERS,
            "AWS::Region": os.environ.get("AWS_REGION", "us-east-1"),
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._reference,
            "Condition": self.holds,
            "Fn::And": all,
            "Fn::Equals": lambda pair: str(pair[0]) == str(pair[1]),
            "Fn::GetAtt": lambda path: ".".join(path) if isinstance(path, list) else path,
            "Fn::Join": lambda arguments: arguments[0].join(str(part) for part in arguments[1]),
            "Fn::Not": lambda conditions: not conditions[0],
            "Fn::Or": any,
            "Fn::Sub": self._substitute,
        }

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic function in it evaluated. Raises TemplateError."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Fn::If":  # only the branch that is taken
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            if name == "Ref" or name == "Condition" or name.startswith("Fn::"):
                return self._call(name, argument)
        members = {key: self.resolve(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Whether the named condition is true with the parameters' defaults."""
        if condition not in self._conditions:
            raise TemplateError(f"There is no condition {condition}")
        return bool(self.resolve(self._conditions[condition]))

    def _call(self, name: str, argument: Any) -> Any:
        function = self._functions.get(name)
        if function is None:  # Fn::ImportValue, Fn::GetAZs ...: known only to a deployed stack, or of no use here
            return f"{name} {argument}"
        try:
            return function(self.resolve(argument))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise TemplateError(f"{name} cannot be evaluated: {argument}") from error

    def _reference(self, name: str) -> Any:
        if name not in self._references:
            raise TemplateError(f"Ref {name} refers to nothing")
        return self._references[name]

    def _substitute(self, argument: str | list[Any]) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return str(variables[name])
            return name if "." in name else str(self._reference(name))

        return re.sub(r"\$\{([^}]+)\}", replace, text)
