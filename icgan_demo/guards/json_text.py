"""JSON from strangers: text in, a checked dataclass out, or one plain sentence."""

import json
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from icgan_demo.errors import DemoError

Value = TypeVar("Value")

STRICT = ConfigDict(extra="forbid", strict=True)
"""Of dataclasses that are read from strangers' JSON: no other fields, no values of other kinds."""
CHOICE = "("
"""Begins the tag of one of several kinds that a field may have; it is not part of the field's name."""


def read_json(
    content: str | bytes, adapter: TypeAdapter[Value], what: str, error_type: type[DemoError], *, schema: int
) -> Value:
    """Return ``content`` as the dataclass of ``adapter``.

    Args:
        content: JSON; the caller has limited its length.
        adapter: of a dataclass with a field ``schema``.
        what: names the text in messages, for example ``produce64/card.json``.
        error_type: raised for whatever is wrong.
        schema: the only version that is understood.
    """
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise error_type(f"{what} is damaged: it is not JSON.") from error
    version = values.get("schema") if isinstance(values, dict) else None
    if version is None:
        raise error_type(f"{what} cannot be used: schema is missing.")
    if isinstance(version, int) and version > schema:
        raise error_type(f"{what} was written by a newer version of this program. Update the program.")
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        raise error_type(f"{what} cannot be used: {_first_problem(error.errors()[0])}.") from error


def all_finite(value: Any) -> Any:
    """Return ``value``, JSON of any shape; raises ValueError if a number in it is not finite."""
    json.dumps(value, allow_nan=False)
    return value


def _first_problem(problem: Any) -> str:
    """Say in our own words which field is wrong; only our own checks speak for themselves."""
    steps = (str(step) for step in problem["loc"])
    where = ".".join(step for step in steps if not step.startswith(CHOICE))[:100] or "it"
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "unexpected_keyword_argument":
            return f"{where} is not one of its fields"
        case "value_error":
            return f"{where}: {problem['ctx']['error']!s:.200}"
        case _:
            return f"{where} has a value of the wrong kind"
