"""What must stay true of the source as a whole: the direction of imports, and calls that are never made."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "icgan_demo"
RANK = {
    "_compat": 0,
    "errors": -2,
    "setting": -1,
    "config": 0,
    "later": 1,
    "pixels": 1,
    "cli_options": 1,
    "guards": 1,
    "models": 2,
    "weights": 3,
    "encoders": 4,
    "index": 4,
    "inference": 5,
    "training": 5,
    "service": 6,
    "ui": 7,
    "tags_cli": 7,
    "digits_cli": 7,
    "train_cli": 7,
    "studio_cli": 7,
    "bank_cli": 7,
    "weights_cli": 7,
    "server": 8,
    "cli": 9,
    "app": 9,
    "__main__": 10,
}
"""A unit imports only units of lower rank; the package itself (__init__) may be imported by all for its version."""
FORBIDDEN = {
    "runs code from a file": r"weights_only\s*=\s*False|allow_pickle\s*=\s*True|\bpickle\.loads?\b|add_safe_globals"
    r"|trust_remote_code\s*=\s*True|(?<![.\w])(eval|exec)\(|torch\.jit\.load|torch\.hub\.load",
    "unpacks names chosen by strangers": r"\bextractall\b",
    "loads or pairs only what happens to fit": r"\bstrict\s*=\s*False",
    "opens the page to the world": r"share\s*=\s*True|show_error\s*=\s*True",
    "raises a decoder's own limits": r"MAX_IMAGE_PIXELS\s*=|LOAD_TRUNCATED_IMAGES\s*=",
}


def sources() -> list[Path]:
    """Return the project's Python files, tests left out."""
    return [
        *sorted(PACKAGE.rglob("*.py")),
        *ROOT.glob("*.py"),
        *sorted((ROOT / "benchmarks").rglob("*.py")),
    ]


def imports_of(source: str) -> Iterator[str]:
    """Yield the modules that a file imports, also inside functions; ``from a import b`` as ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def unit_of(path: Path) -> str:
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).with_suffix("").parts[0]


def ranked() -> list[Path]:
    """Return the files that have a rank: those of the package, and the one that opens the page."""
    return [ROOT / "app.py", *sorted(PACKAGE.rglob("*.py"))]


def misdirected(unit: str, source: str) -> list[str]:
    """Return the imports that point upwards or sideways, or that only another unit may make."""
    wrong = []
    for name in imports_of(source):
        first, _, rest = name.partition(".")
        other = rest.partition(".")[0] if first == "icgan_demo" else ""
        points_up = other in RANK and other != unit and RANK[other] >= RANK.get(unit, 0)
        is_relative = name.startswith(".")
        is_page_only = first in ("gradio", "gradio_client") and unit != "ui"
        is_server_only = first in ("starlette", "uvicorn") and unit != "server"
        is_torch_on_page = first in ("torch", "torchvision") and unit in ("ui", "server", "app")
        if points_up or is_relative or is_page_only or is_server_only or is_torch_on_page:
            wrong.append(name)
    return wrong


def test_every_unit_has_a_rank():
    assert {unit_of(path) for path in ranked()} - {"__init__"} == set(RANK)


@pytest.mark.parametrize("unit", RANK)
def test_imports_point_downwards(unit):
    files = [path for path in ranked() if unit_of(path) == unit]
    assert {path.name: wrong for path in files if (wrong := misdirected(unit, path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    ("unit", "line"),
    [
        ("weights", "from icgan_demo.service.store import ModelStore"),
        ("weights", "from icgan_demo import encoders"),
        ("inference", "from icgan_demo.training.data import SUFFIXES"),
        ("guards", "import icgan_demo.pixels"),
        ("models", "def late():\n    import icgan_demo.index"),
        ("service", "import gradio as gr"),
        ("ui", "import torch.nn"),
        ("ui", "from icgan_demo.server.app_config import AppConfig"),
        ("ui", "from starlette.middleware import Middleware"),
        ("server", "import gradio as gr"),
        ("server", "import torch"),
        ("app", "import icgan_demo.cli"),
        ("service", "from . import store"),
    ],
)
def test_a_planted_violation_is_found(unit, line):
    assert misdirected(unit, line)


def test_every_file_says_what_is_inside():
    silent = [
        path for path in sources() if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


@pytest.mark.parametrize("why", FORBIDDEN)
def test_forbidden_calls_are_never_made(why):
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(FORBIDDEN[why], line.partition("#")[0])
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle = True)",
        "pickle.load(stream)",
        "torch.serialization.add_safe_globals([set])",
        "archive.extractall(folder)",
        "network.load_state_dict(tensors, strict=False)",
        "zip(seeds, pictures, strict = False)",
        "demo.launch(share=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_a_planted_forbidden_call_is_found(line):
    assert any(re.search(pattern, line) for pattern in FORBIDDEN.values())
