"""Stands in for the AWS CLI: the commands that doctor and the pages print, by boto3 and the service
model.

A program of its own, for a shell. Of the shorthand, it knows ``Name=value,Name=value``, and lists
of words.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3


def main(argv: list[str]) -> int:
    """Run one command, as ``aws`` would."""
    service, command, *rest = argv
    options = dict(_options(rest))
    region = "".join(options.pop("region", []))
    query, output = "".join(options.pop("query", [])), options.pop("output", None)
    client = boto3.client(service, region_name=region or "eu-west-1")
    operation = command.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    arguments: dict[str, Any] = {}
    if "cli-input-json" in options:
        arguments = json.loads("".join(options.pop("cli-input-json")))
    for name, shape in model.input_shape.members.items():
        words = options.pop(_option(name), None)
        if words is not None:
            arguments[name] = _value(shape, words)
    if options:
        raise SystemExit(f"unknown options {sorted(options)}")
    answer = getattr(client, operation)(**arguments)
    answer.pop("ResponseMetadata")
    for name in filter(None, query.split(".")):
        answer = answer[name]
    if output != ["text"] or not isinstance(answer, str):
        answer = json.dumps(answer, default=lambda when: when.timestamp())
    sys.stdout.write(f"{answer}\n")
    return 0


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word.removeprefix("--"), []))
        else:
            found[-1][1].append(word)
    return found


def _option(member: str) -> str:
    letters = [f"-{one.lower()}" if one.isupper() else one for one in member]
    return "".join(letters).removeprefix("-").replace("u-r-ls", "urls")


def _value(shape: Any, words: list[str]) -> Any:
    if shape.type_name == "list":
        return [_value(shape.member, [word]) for word in words]
    (text,) = words or ["true"]
    if shape.type_name == "structure":
        pairs = [pair.partition("=") for pair in text.split(",")]
        return {name: _value(shape.members[name], [value]) for name, _, value in pairs}
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name in ("integer", "long") else text


sys.exit(main(sys.argv[1:]))
