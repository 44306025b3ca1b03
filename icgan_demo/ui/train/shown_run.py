"""What of a run the page shows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownRun:
    """What of a run the page shows, so that a look that finds nothing new changes nothing."""

    run_id: str
    step: int = -1
    evaluated: int = -1
    """Step of the newest figures."""
    sheets: tuple[int, ...] = ()
    """Steps of the sheets, oldest first."""
    state: str = ""
    model: str = ""
