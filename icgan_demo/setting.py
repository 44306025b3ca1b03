"""A setting is said once: default, help and range stand in its dataclass's field, and checks and options follow."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, field, fields, replace
from enum import StrEnum
from functools import wraps
from types import UnionType
from typing import Any, TypeVar, get_args

from icgan_demo.errors import RequestError

Config = TypeVar("Config")


def setting(
    default: Any = MISSING,
    help: str = "",
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    within: str = "",
    **more: Any,
) -> Any:
    """Return a dataclass field that says all there is to say about a setting.

    Args:
        default: its value unless another one is given.
        help: one sentence for whoever may give one; without it, there is no option of that name.
        least, most: the smallest and the largest value.
        above: what the value must be larger than.
        within: an interval such as "[0, 1)".
        more: what only some readers want to know.
    """
    ranges = {"least": least, "most": most, "above": above, "within": within}
    return field(default=default, metadata={"help": help, **ranges, **more})


def check_settings(config: Any) -> None:
    """Raise ValueError, by name and value, unless each field is in its range; words of an enumeration become members.

    None is what leaves a choice open, and always in range.
    """
    for each in fields(config):
        value = getattr(config, each.name)
        if isinstance(each.type, type) and issubclass(each.type, StrEnum):
            if value not in list(each.type):
                raise ValueError(f"{each.name} must be {_either(each.type)}, got {value!r}")
            object.__setattr__(config, each.name, each.type(value))
        elif value is not None and (broken := _broken(each.metadata, value)):
            raise ValueError(f"{each.name} must {broken}, got {value}")


def checked(defaults: Config, **values: Any) -> Config:
    """Return ``defaults`` with ``values``, or say what is out of range as a RequestError."""
    try:
        return replace(defaults, **values)  # type: ignore[type-var]
    except ValueError as error:
        raise RequestError(f"{error}.") from error


def kind_of(each: Field) -> Any:
    """Return the type of a field's values, None left out."""
    is_open = isinstance(each.type, UnionType)
    return next(kind for kind in get_args(each.type) if kind is not type(None)) if is_open else each.type


def with_parameters(
    function: Callable,
    place: str,
    parameters: Sequence[inspect.Parameter],
    read: Callable[[dict[str, Any]], Any] = lambda values: values,
) -> Callable:
    """Return ``function`` with named parameters where it takes, as ``place``, what ``read`` makes of their values."""
    signature = inspect.signature(function)
    shown: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        shown += parameters if parameter.name == place else [parameter]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = signature.replace(parameters=[parameter.replace(kind=kind) for parameter in shown])

    @wraps(function)
    def called(*values: Any, **further: Any) -> Any:
        bound = named.bind(*values, **further)
        bound.apply_defaults()
        own = {parameter.name: bound.arguments.pop(parameter.name) for parameter in parameters}
        return function(**{place: read(own)}, **bound.arguments)

    called.__signature__ = named  # type: ignore[attr-defined]
    return called


def _broken(ranges: Any, value: Any) -> str:
    """Return what a value must and does not; nothing for one that is in range, or has no range."""
    least, most, above, within = (ranges.get(name) for name in ("least", "most", "above", "within"))
    if least is not None and not value >= least:
        return "not be negative" if least == 0 else f"be at least {least}"
    if most is not None and not value <= most:
        return f"be at most {most:,}"
    if above is not None and not value > above:
        return "be positive" if above == 0 else f"be above {above}"
    if within:
        low, high = (float(bound) for bound in within[1:-1].split(","))
        is_above = value >= low if within[0] == "[" else value > low
        is_below = value <= high if within[-1] == "]" else value < high
        return "" if is_above and is_below else f"be in {within}"
    return ""


def _either(words: type[StrEnum]) -> str:
    quoted = [f'"{word}"' for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
