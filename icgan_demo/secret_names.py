"""Names that nobody can guess: who knows one may use what it stands for."""

import re
import secrets
from typing import Any, TypeGuard


def secret_name() -> str:
    """Return a new name of 128 random bits, in hex."""
    return secrets.token_hex(16)


def is_secret_name(value: Any) -> TypeGuard[str]:
    """Return whether what came from outside has the form of such a name, and so is no path."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value) is not None
