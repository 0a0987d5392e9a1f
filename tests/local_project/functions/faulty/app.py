"""Fails in the way that the path asks for."""

import ctypes
import os
from typing import Any

memory: list[bytes] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    match event["pathParameters"]["fault"]:
        case "exit":
            os._exit(3)
        case "segfault":
            ctypes.string_at(0)
        case "raise":
            raise RuntimeError("on purpose")
        case "memory":
            memory.append(b"x" * 400_000_000)
        case "no-answer":
            return None
        case "no-status":
            return {"body": "x"}
        case "no-string":
            return {"statusCode": 200, "body": {"a": 1}}
        case "no-json":
            return {"statusCode": 200, "body": b"bytes"}
        case "no-base64":
            return {"statusCode": 200, "body": "%%%", "isBase64Encoded": True}
        case "unknown-member":
            return {"statusCode": 200, "body": "x", "statusDescription": "OK"}
        case "print":
            print("a line from the handler\n" + "long" * 50_000)
    characters = int((event.get("queryStringParameters") or {}).get("characters", "0"))
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": "a" * characters}
