"""Description of operations that answer with a file."""

from __future__ import annotations

from typing import Any


def describe_file_answer(*media_types: str) -> dict[str, Any]:
    """`openapi_extra` of an operation that answers with a file of one of these types."""
    content = {media: {"schema": {"type": "string", "format": "binary"}} for media in media_types}
    return {"openapi_extra": {"responses": {200: {"description": "The file", "content": content}}}}
