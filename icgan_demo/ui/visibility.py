"""How a control comes and goes: it stays in the page and is hidden by its style.

Gradio 6.31 takes a control with ``visible=False`` out of the page, and on a busy machine now and then loses the update
that is to bring it back: a Stop button that never came.
"""

from typing import Literal

HIDDEN: Literal["hidden"] = "hidden"


def shown(is_shown: bool) -> Literal[True, "hidden"]:
    """Return the value of ``visible`` for a control that comes and goes."""
    return True if is_shown else HIDDEN
