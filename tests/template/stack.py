"""A CloudFormation template, asked the questions that a reviewer asks."""

import json
from collections.abc import Iterator
from typing import Any

Resource = dict[str, Any]


class Stack:
    """`resources` by logical id, as CloudFormation gets them."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources: dict[str, Resource] = template["Resources"]

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The properties of all resources of a type."""
        return {name: one.get("Properties", {}) for name, one in self.resources.items() if one["Type"] == kind}

    def one(self, kind: str) -> Resource:
        """The properties of the only resource of a type."""
        (only,) = self.of_type(kind).values()
        return only

    def properties(self, name: str) -> Resource:
        properties: Resource = self.resources[name]["Properties"]
        return properties

    def routes(self) -> dict[tuple[str, str], Resource]:
        """Each operation of the API by method and path."""
        paths = self.one("AWS::ApiGateway::RestApi")["Body"]["paths"]
        return {(method.upper(), path): one for path, methods in paths.items() for method, one in methods.items()}

    def function_of(self, operation: Resource) -> str:
        """The logical id of the function that answers a route."""
        uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        (name,) = {
            name
            for name in self.of_type("AWS::Lambda::Function")
            if f"${{{name}.Alias}}" in uri or f"{name}Aliaslive" in uri
        }
        return name

    def managed_policies(self) -> set[str]:
        """The names of AWS's own policies that roles of the stack have."""
        roles = self.of_type("AWS::IAM::Role").values()
        return {
            json.dumps(arn).rpartition("/")[2].strip('"}')
            for role in roles
            for arn in role.get("ManagedPolicyArns", [])
        }

    def statements(self, name: str | None = None) -> Iterator[tuple[str, Resource]]:
        """Each statement of our own policies, with the name of the role or policy that has it."""
        for role, properties in {**self.of_type("AWS::IAM::Role"), **self.of_type("AWS::IAM::ManagedPolicy")}.items():
            if name is not None and role != name:
                continue
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
            for document in documents:
                for statement in document["Statement"]:
                    yield role, statement["Fn::If"][1] if "Fn::If" in statement else statement

    def definition(self, function: str) -> dict[str, Any]:
        """The only state machine, as Step Functions gets it where its function has this ARN."""
        machine = self.one("AWS::StepFunctions::StateMachine")
        separator, lines = machine["DefinitionString"]["Fn::Join"]
        text = separator.join(lines)
        for name, value in machine["DefinitionSubstitutions"].items():
            known = value["Fn::Sub"].replace("${AWS::Partition}", "aws") if "Fn::Sub" in value else function
            text = text.replace(f"${{{name}}}", known)
        definition: dict[str, Any] = json.loads(text)
        return definition


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
