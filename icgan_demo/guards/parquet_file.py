"""Parquet files with pictures in a column, as data sets on the Hub have them; needs pyarrow, an optional package.

A row's picture is bytes, or a record whose field ``bytes`` is; paths in it are never followed.

Source: https://huggingface.co/docs/datasets, features ``Image`` and ``ClassLabel``.
"""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.candidate import MAX_PACKED_BYTES, Candidate, read_candidate
from icgan_demo.guards.file_names import one_line
from icgan_demo.guards.labels import clean_label
from icgan_demo.guards.picture import DEFAULT_LIMITS, PictureLimits

AT_ONCE = 64
"""Rows in memory."""
LABELS = ("label", "labels", "class", "cls", "fine_label")
"""What a column of classes may be called."""
NO_PICTURES = "There is no column of images in the Parquet file. It needs one of bytes, such as image.bytes."


def is_parquet(path: Path) -> bool:
    """Return whether a file is called a Parquet file."""
    return path.suffix.lower() == ".parquet"


def read_parquet(path: Path, picture_limits: PictureLimits = DEFAULT_LIMITS, unread: int = 0) -> Iterator[Candidate]:
    """Yield the pictures of a Parquet file, with a reason those of no use, a few rows in memory at a time.

    Args:
        unread: rows at the beginning of which only the names are wanted; whole groups of them are not read at all.
    Raises:
        RequestError: if pyarrow is missing.
        ArchiveError: if the file cannot be read, or has no column of pictures.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise RequestError("Reading Parquet needs pyarrow. Install icgan-demo[parquet].")
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            pictures, labels, names = _columns(file.schema_arrow)
            columns = [column for column in (pictures, labels) if column]
            row = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if row + rows <= unread:
                    yield from (Candidate(f"{path.name}/{row + place}", "", None) for place in range(rows))
                    row += rows
                    continue
                for batch in file.iter_batches(AT_ONCE, [group], columns):
                    for values in batch.to_pylist():
                        label = _label(values.get(labels), names)
                        yield _picture(f"{path.name}/{row}", label, values[pictures], picture_limits, row < unread)
                        row += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise ArchiveError(f"{one_line(path.name)} is damaged, or no Parquet file.") from error


def _columns(schema: Any) -> tuple[str, str, list[str]]:
    """Return the columns of pictures and classes, the latter empty without one, and the classes' names if known."""
    from pyarrow import types

    def holds_bytes(kind: Any) -> bool:
        if types.is_struct(kind):
            return any(part.name == "bytes" and holds_bytes(part.type) for part in kind)
        return types.is_binary(kind) or types.is_large_binary(kind)

    pictures = [column.name for column in schema if holds_bytes(column.type)]
    if not pictures:
        raise ArchiveError(NO_PICTURES)
    labels = next((name for name in LABELS if name in schema.names), "")
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])
        names = said["info"]["features"][labels]["names"]
    except (LookupError, ValueError, TypeError, RecursionError):
        names = []
    return pictures[0], labels, [str(name) for name in names] if isinstance(names, list) else []


def _label(value: Any, names: list[str]) -> str:
    if isinstance(value, int) and 0 <= value < len(names):
        return clean_label(names[value])
    return "" if value is None or isinstance(value, bytes | dict | list) else clean_label(str(value)[:1_000])


def _picture(name: str, label: str, value: Any, limits: PictureLimits, is_unread: bool) -> Candidate:
    if is_unread:
        return Candidate(name, label, None)
    content = value.get("bytes") if isinstance(value, dict) else value
    if not content:
        return Candidate(name, label, None, "The row holds no image.")
    if len(content) > MAX_PACKED_BYTES:
        return Candidate(name, label, None, f"The file is too large: the limit is {MAX_PACKED_BYTES // 1_000_000} MB.")
    return read_candidate(name, label, content, limits)
