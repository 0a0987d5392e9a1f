"""Writes site/api.html, the API for people to read: from the OpenAPI document, and from the sample events for curl.

    <section id="get_user"><h2><b>GET</b> /user</h2> ... parameters, answers, a command </section>

One plain page, so that the browser's own find searches all of it.
"""

import json
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from deploy.api_examples import REFUSED, Call, Schema, find_call, write_answer

SIGN = """\
  --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
  ${AWS_SESSION_TOKEN:+-H"x-amz-security-token: $AWS_SESSION_TOKEN"}"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>The API of Crosswalk</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Every route of Crosswalk: parameters, answers, problems, and a command for each.">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
</head>
<body class="api">

<header class="top">
  <h1><img src="icon.svg" alt="" width="22" height="22"> Crosswalk</h1>
  <p>The API</p>
  <nav aria-label="More"><a href="./">The page</a> <a href="openapi.json">openapi.json</a></nav>
</header>

<main>
{introduction}
<p>In the commands <code>$API</code> is the address of the API: <code>http://localhost:3000</code> where it runs on
your machine, the stack&rsquo;s output <code>ApiUrl</code> on AWS.</p>
<nav aria-label="Routes">
<ul>
{contents}
</ul>
</nav>

<section id="signing">
<h2>Signed requests</h2>
<p>On AWS some routes want requests that are signed by AWS Signature Version 4, for the service
<code>execute-api</code>. curl signs them itself, with parameters sorted by name and percent-encoded but for
A-Z, a-z, 0-9 and <code>-._~</code>: <code>@</code> is <code>%40</code>, <code>+</code> is <code>%2B</code>, a space
is <code>%20</code>. The SDKs sign them, too.</p>
<pre tabindex="0">{signing}</pre>
</section>

<section id="problems">
<h2>Problems</h2>
<p>{problem}</p>
<dl>
{members}
</dl>
</section>

{routes}
</main>

</body>
</html>
"""


def write_page(document: dict[str, Any], events: Path) -> str:
    """The page of an OpenAPI document. `events` is the folder of sample events, one for each operation's id."""
    routes = [
        (path, method.upper(), operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    schemas = document["components"]["schemas"]
    problem = schemas["Problem"]
    return PAGE.format(
        introduction="\n".join(f"<p>{mark(part)}</p>" for part in document["info"]["description"].split("\n\n")),
        contents="\n".join(list_route(*route) for route in routes),
        signing=escape(f'curl "$API/users" \\\n{SIGN}'),
        problem=mark(problem["description"]),
        members="\n".join(
            f"<div><dt><code>{escape(name)}</code></dt><dd>{mark(member['description'])}</dd></div>"
            for name, member in problem["properties"].items()
            if "description" in member
        ),
        routes="\n\n".join(describe_route(*route, schemas, events) for route in routes),
    )


def mark(text: str) -> str:
    """Text with its `code` marked as such."""
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


def list_route(path: str, method: str, operation: dict[str, Any]) -> str:
    signed = " <i>signed</i>" if "security" in operation else ""
    link = f'<a href="#{operation["operationId"]}"><b>{method}</b> {escape(path)}</a>'
    return f"<li>{link} {mark(operation['summary'])}{signed}</li>"


def describe_route(path: str, method: str, operation: dict[str, Any], schemas: Schema, events: Path) -> str:
    name = operation["operationId"]
    call = find_call(name, events)
    signed = "security" in operation
    parts = [
        f'<section id="{name}">',
        f"<h2><b>{method}</b> {escape(path)}{' <i>signed</i>' if signed else ''}</h2>",
        f"<p>{mark(operation['summary'])}. {mark(operation.get('description', ''))}</p>",
        describe_parameters(operation.get("parameters", [])),
        describe_body(operation),
        f'<pre tabindex="0">{escape(write_command(method, call, signed=signed))}</pre>',
        *(describe_answer(name, status, answer, schemas) for status, answer in operation["responses"].items()),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def write_command(method: str, call: Call, *, signed: bool) -> str:
    query = f"?{urlencode(sorted(call.query.items()), quote_via=quote)}" if call.query else ""
    asks = "" if (method == "GET" and not call.body) or (method == "POST" and call.body) else f" -X {method}"
    lines = [f'curl{asks} "$API{call.path}{query}"']
    if call.body:
        lines.append("  --data-binary '{}'".format(call.body.replace("'", "'\\''")))
    if signed:
        lines.append(SIGN)
    return " \\\n".join(lines)


def describe_parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = "\n".join(describe_parameter(parameter) for parameter in parameters)
    head = '<tr><th scope="col">Parameter</th><th scope="col">Values</th><th scope="col">Meaning</th></tr>'
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="Parameters"><table>\n{head}\n{rows}\n</table></div>'
    )


def describe_parameter(parameter: dict[str, Any]) -> str:
    name, meaning = escape(parameter["name"]), mark(parameter.get("description", ""))
    values = describe_values(parameter["schema"], required=parameter.get("required", False))
    return f'<tr><th scope="row"><code>{name}</code></th><td>{values}</td><td>{meaning}</td></tr>'


def describe_values(schema: Schema, *, required: bool) -> str:
    """What a parameter may be, and what it is by default."""
    if "enum" in schema:
        values = ", ".join(f"<code>{escape(value)}</code>" for value in schema["enum"])
    elif "maximum" in schema and schema["maximum"] < 2**31:
        values = f"{schema['minimum']} to {schema['maximum']}"
    else:
        values = "true or false" if schema.get("type") == "boolean" else escape(schema.get("type", "string"))
    default = json.dumps(schema["default"]).strip('"') if "default" in schema else ""
    if required:
        return f"{values}; required"
    return f"{values}; <code>{escape(default)}</code> by default" if default else values


def describe_body(operation: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    types = ", ".join(f"<code>{escape(name)}</code>" for name in operation["requestBody"]["content"])
    return f"<p>The body: {types}.</p>"


def describe_answer(operation: str, status: str, answer: Schema, schemas: Schema) -> str:
    title = "Others" if status == "default" else status
    description = "Done" if answer["description"] == "Successful Response" else answer["description"]
    headers = "".join(
        f" <code>{escape(name)}</code>: {mark(header['description'])}"
        for name, header in answer.get("headers", {}).items()
    )
    refused = REFUSED.get((operation, status))
    asked = f" Such as for <code>{escape(refused.body or '')}</code>:" if refused else ""
    example = write_answer(operation, status, answer, schemas)
    shown = f'\n<pre tabindex="0">{escape(example)}</pre>' if example else ""
    return f"<h3>{title} <span>{mark(description)}.{headers}{asked}</span></h3>{shown}"
