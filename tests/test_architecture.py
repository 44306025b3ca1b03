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
    "atomic_files": 0,
    "file_lock": 0,
    "secret_names": 0,
    "lazy": 1,
    "pixels": 1,
    "guards": 1,
    "models": 2,
    "weights": 3,
    "encoders": 4,
    "index": 4,
    "inference": 5,
    "training": 5,
    "service": 6,
    "ui": 7,
    "server": 8,
    "cli": 9,
    "app": 9,
    "__main__": 10,
}
"""A unit imports only units of lower rank; the package itself (__init__) may be imported by all for its version."""
FOLDERS = {
    "guards": ("picture", "."),
    "models": (".", "cgan"),
    "weights": (".", "published"),
    "inference": ("fast", "."),
    "training": ("common", "encoder start", ". digits tags"),
    "service": (".", "drawing", "recipes", "banks cgan training", "comparison", "cluster"),
    "ui": (
        "page_icon texts theme",
        "common",
        "lean_blocks visitor",
        "about",
        "generate",
        "stage",
        "map",
        "cgan directions edit explore grids studio train travel",
        "compare",
        "api",
        "layout",
        "launch",
    ),
}
"""Within a unit, lowest first: a folder, or a file beside the folders, imports only what stands before it; those of one
rank do not know each other. The dot stands for all files beside the folders that are not named."""
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
        ("weights", "from icgan_demo.service.model_store import ModelStore"),
        ("weights", "from icgan_demo import encoders"),
        ("inference", "from icgan_demo.training.common.image_set import SUFFIXES"),
        ("guards", "import icgan_demo.pixels"),
        ("models", "def late():\n    import icgan_demo.index"),
        ("service", "import gradio as gr"),
        ("ui", "import torch.nn"),
        ("ui", "from icgan_demo.server.app_config import AppConfig"),
        ("ui", "from starlette.middleware import Middleware"),
        ("server", "import gradio as gr"),
        ("server", "import torch"),
        ("app", "import icgan_demo.cli.main"),
        ("service", "from . import store"),
    ],
)
def test_a_planted_violation_is_found(unit, line):
    assert misdirected(unit, line)


def ranks_within(unit: str) -> dict[str, int]:
    return {part: rank for rank, parts in enumerate(FOLDERS.get(unit, ())) for part in parts.split()}


def part_of(unit: str, name: str) -> str:
    """Return which part of a unit a file or module belongs to, from its name below the unit, with slashes or dots."""
    first = re.split(r"[/.]", name)[0]
    return first if first in ranks_within(unit) else "."


def misdirected_within(file: str, source: str) -> list[str]:
    """Return the imports of a file, named below the package, that point upwards or sideways within its unit."""
    unit, _, name = file.partition("/")
    ranks, own, start = ranks_within(unit), part_of(unit, name), f"icgan_demo.{unit}."
    inside = {found.removeprefix(start) for found in imports_of(source) if found.startswith(start)}
    others = {found: part_of(unit, found) for found in inside}
    below = ranks.get(own, -1)
    return sorted(found for found, other in others.items() if other != own and ranks.get(other, 99) >= below)


def test_every_folder_of_a_unit_has_a_rank():
    folders = {init.parent.relative_to(PACKAGE).parts for init in PACKAGE.rglob("__init__.py")}
    ranked_folders = {(unit, part) for unit in FOLDERS for part in ranks_within(unit)}
    assert {folder for folder in folders if len(folder) > 1} <= ranked_folders
    gone = [part for part in ranked_folders if part[1] != "." and not list(PACKAGE.glob("/".join(part) + "*"))]
    assert gone == []


@pytest.mark.parametrize("unit", FOLDERS)
def test_imports_between_the_folders_of_a_unit_point_downwards(unit):
    files = {str(path.relative_to(PACKAGE)): path for path in sorted((PACKAGE / unit).rglob("*.py"))}
    assert {
        name: wrong for name, path in files.items() if (wrong := misdirected_within(name, path.read_text("utf-8")))
    } == {}


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("ui/common/events.py", "from icgan_demo.ui.studio.swap_page import SwapPage"),
        ("ui/train/train_tab.py", "from icgan_demo.ui.studio import swap_page"),
        ("ui/generate/generate_tab.py", "def late():\n    from icgan_demo.ui.layout import build_app"),
        ("service/values.py", "from icgan_demo.service.drawing.sampling_contract import Drawing"),
        ("service/banks/bank_service.py", "from icgan_demo.service.training import jobs"),
        ("training/common/losses.py", "import icgan_demo.training.trainer"),
        ("training/digits/parzen.py", "from icgan_demo.training.tags.tag_trainer import TagData"),
        ("weights/cards.py", "from icgan_demo.weights.published import hub"),
        ("models/noise.py", "from icgan_demo.models.cgan.maxout import Maxout"),
    ],
)
def test_a_planted_violation_between_folders_is_found(file, line):
    assert misdirected_within(file, line)


def test_a_file_s_name_stands_once():
    """``digits`` stood three times: in inference, service and training."""
    names = [path.stem for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"]
    assert sorted(names) == sorted(set(names))


def test_every_file_says_what_is_inside():
    silent = [
        path for path in sources() if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_no_function_has_more_than_60_lines_below_its_signature():
    """The signature of a command is a table of its options."""
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.body[0].lineno >= 60
    ]
    assert long == []


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
