"""Files that one process holds at a time."""

import fcntl
from typing import IO, Any

from icgan_demo.errors import DemoError


def hold(file: IO[Any], refusal: DemoError) -> None:
    """Lock an open file until it is closed; raises ``refusal`` if another process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise refusal from error
