"""Numbers from outside: whole or not, finite, and within their limits."""

import math
from typing import Any, TypeGuard

from icgan_demo.config import MAX_TRUNCATION, MIN_TRUNCATION
from icgan_demo.errors import RequestError


def whole(value: Any) -> Any:
    """Return 7.0 as 7, since JSON numbers come as floats; anything else as it is, for the request to refuse."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_whole(value: Any, low: int, high: int) -> TypeGuard[int]:
    """Return whether ``value``, from outside, is a whole number between ``low`` and ``high``."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def finite_number(value: Any) -> float | None:
    """Return ``value``, from outside, as float if it is a finite number, else None."""
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def check_integer(what: str, value: int, low: int, high: int) -> None:
    """Raise RequestError unless ``value`` is a whole number between ``low`` and ``high``."""
    if not is_whole(value, low, high):
        raise RequestError(f"{what} must be a whole number between {low} and {high}, got {value!r:.40}.")


def check_number(what: str, value: float, low: float, high: float) -> None:
    """Raise RequestError unless ``value`` is a finite number between ``low`` and ``high``."""
    if finite_number(value) is None or not low <= value <= high:
        raise RequestError(f"{what} must be a number between {low:g} and {high:g}, got {value!r:.40}.")


def check_truncation(value: float) -> None:
    """Raise RequestError unless noise can be cut at +-2 * ``value``."""
    check_number("Truncation", value, MIN_TRUNCATION, MAX_TRUNCATION)
