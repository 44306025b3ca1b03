"""What the training commands share: options from the fields of their settings, threads, and a clean end."""

import inspect
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer

from icgan_demo.setting import kind_of, with_parameters

RunFolder = Annotated[Path, typer.Option(help="Folder of the run; an existing run continues.")]
Threads = Annotated[int, typer.Option(help="CPU threads; 0 leaves the choice to torch.")]


def takes_settings(
    config: type, *, leaves_open: bool = False, without: Sequence[str] = ()
) -> Callable[[Callable], Callable]:
    """Give a command, in place of the dictionary ``given``, an option for each field of ``config`` that has a help.

    Args:
        leaves_open: whether the command chooses what is not said, which ``given`` then lacks, instead of the default.
        without: fields that get no option.
    """
    settings = {each.name: each for each in fields(config) if each.metadata.get("help") and each.name not in without}
    options = [_option(each, leaves_open) for each in settings.values()]

    def read(values: dict[str, Any]) -> dict[str, Any]:
        said = {name: value for name, value in values.items() if value is not None and value is not False}
        return {name: _listed(value) if _is_list(settings[name]) else value for name, value in said.items()}

    return lambda command: with_parameters(command, "given", options, read)


def use_threads(threads: int) -> None:
    """Let torch use so many threads; 0 leaves the choice to it."""
    if threads:
        import torch

        torch.set_num_threads(threads)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that is told how much is done of how much; on a terminal it moves a bar."""
    with typer.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def report(done: int, total: int) -> None:
            bar.length = total
            bar.update(min(done, total) - bar.pos)

        yield report


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl+C set from now on, instead of ending the process."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _option(each: Field, leaves_open: bool) -> inspect.Parameter:
    """An option is named after its field; a flag only says yes, and a list is one word with commas."""
    kind = kind_of(each)
    names = [f"--{each.name.replace('_', '-')}"] if kind is bool else []
    default = False if kind is bool else None if leaves_open or each.default is MISSING else each.default
    default = ",".join(default) if isinstance(default, tuple) else default
    taken: Any = kind if kind in (bool, int, float) else str
    return inspect.Parameter(
        each.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=default,
        annotation=Annotated[
            taken | None if default is None else taken, typer.Option(*names, help=each.metadata["help"])
        ],
    )


def _is_list(each: Field) -> bool:
    return get_origin(kind_of(each)) is tuple


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part not in ("", "none"))
