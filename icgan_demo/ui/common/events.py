"""How events of the page are wired, and what their handlers return."""

from collections.abc import Iterator
from typing import Any

Updates = dict[Any, Any]
"""New values of components, or ``gr.update``s."""

AT_ONCE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Past the queue, for what draws nothing."""
QUICKLY: dict[str, Any] = {**AT_ONCE, "trigger_mode": "always_last"}
"""Past the queue, one at a time for each visitor, for what follows a slider."""
WORKS = 12
"""Events that take turns at the model; more wait in the queue until one of them has ended."""
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": WORKS}
"""Everything that runs a model has one place (``turns``), so that two visitors never draw at once on two cores."""
TAKES_TURNS = frozenset({"model", "ranges", "search", "bank", "larger", "digits_learn"})
"""Lines whose events share that place; in all but the first two, one event at a time."""
GIVE_WAY: Any = object()
"""A handler in one of these lines yields it where others may have a turn and there is nothing new to show."""
ASIDE: Any = object()
"""It yields this before a long step that runs no model: others draw meanwhile."""
ON_QUEUE: dict[str, Any] = {**MODEL, "show_progress": "hidden", "api_visibility": "private"}
"""So do the page's own events."""
LATEST: dict[str, Any] = {**ON_QUEUE, "trigger_mode": "always_last"}
"""What is asked for while something else is being drawn comes next."""
CLICKED: dict[str, Any] = {**ON_QUEUE, "trigger_mode": "multiple"}
"""For clicks that carry their place, and photos whose box an answer fills: with ``always_last``, Gradio calls again
with the data of the first click, or with what the box holds by then."""


def told_once(list_id: str) -> dict[str, Any]:
    """Return how an event of a dropdown is wired, its first input: a choice that it tells again comes as None.

    Gradio's list tells a choice when it is made and each time it loses the focus, up to four times in all: told late,
    it would undo what was chosen since. Choosing the same again needs the focus, and counts.
    """
    return {
        "js": f"""(choice, ...others) => {{
    const box = document.querySelector("#{list_id} input"), told = JSON.stringify(choice);
    if (box.told === undefined) box.addEventListener("focus", () => {{ box.told = null; }});
    const isNew = box.told !== told;
    box.told = told;
    return [isNew ? choice : null, ...others];
}}"""
    }


def apart(queue: str, at_a_time: int = 1) -> dict[str, Any]:
    """Return how events are wired that take long: so many at a time in ``queue``, past those that wait to draw."""
    return {**ON_QUEUE, "concurrency_id": queue, "concurrency_limit": at_a_time}


def or_else(drawing: Iterator[Updates], failed: Updates) -> Iterator[Updates]:
    """Yield what a handler yields; where it fails, ``failed`` before the error: no Stop button or progress stays."""
    try:
        yield from drawing
    except Exception:
        yield failed
        raise
