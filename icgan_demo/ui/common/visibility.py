"""How a button comes and goes: it stays in the page and is hidden by its style."""

from typing import Literal

HIDDEN: Literal["hidden"] = "hidden"
"""``visible`` of such a button while it is away.

Gradio 6.31 takes one with ``visible=False`` out of the page, and on a busy machine now and then loses the update
that is to bring it back: a Stop button that never came. Not for what lies in an accordion or a column that is away
at first: there a hidden button does not come at all.
"""
