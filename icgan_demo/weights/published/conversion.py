"""Foreign weights into our own format, in a child process: little memory, limited time, no network, no programs.

The readers run nothing that a file contains. This is the second fence: should a library have a hole, the process that
falls into it can do nothing and ends without taking the page with it.
"""

import json
import logging
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from icgan_demo.errors import WeightsError
from icgan_demo.weights.published.catalogue import STORED_INSTANCES
from icgan_demo.weights.published.encoder_store import convert_encoder
from icgan_demo.weights.published.official import WANTED, convert_official
from icgan_demo.weights.published.stored_instances import SUFFIX, attach_instances, convert_stored_instances

logger = logging.getLogger(__name__)

MEMORY_BYTES = 4 << 30
"""Private memory of the child; the largest published generator takes about 1.5 GB to convert."""
SECONDS = 600
"""Processor time of the child; the largest takes about 20."""
PATIENCE_S = 1800
"""How long a busy machine may take over it."""
FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "ctypes.")
"""Prefixes of the interpreter's audit events that the child refuses once its modules are imported."""


def convert(
    path: Path, models: Path, *, encoder: str | None = None, name: str | None = None, replace: bool = False
) -> str:
    """Convert a local file or folder, whatever it is, and return a sentence that says what it became.

    Args:
        path: a published archive or its folder, a network snapshot, the archive of stored instances or its folder, or
            an encoder's file.
        models: the user's model folder.
        encoder: kind of an encoder file that does not show its kind itself.
        name: what to call a model; None takes the published name.
        replace: whether a model of that name is exchanged.
    Raises:
        WeightsError: that says what is wrong with the file; nothing half-written stays behind.
    """
    if not path.exists():
        raise WeightsError(f"There is no file or folder named {path.name}.")
    if WANTED.fullmatch(path.name):  # one file of an unpacked archive stands for its folder
        path = path.parent
    if encoder is not None or not (path.is_dir() or path.name.endswith((".tar.gz", ".tgz", ".npy", ".pkl"))):
        return f"{convert_encoder(path, models, encoder)} is ready."
    if path.name.startswith(STORED_INSTANCES) or path.name.endswith(SUFFIX) or any(path.glob(f"*{SUFFIX}")):
        given = convert_stored_instances(path, models)
        return f"Stored instances are ready for {', '.join(given) or 'the models that are imported later'}."
    model = convert_official(path, models, name, replace_existing=replace)
    bank = " with its stored instances" if attach_instances(models, model) else ""
    return f"{model} is ready{bank}."


def convert_apart(path: Path, models: Path, **options: Any) -> str:
    """Do what ``convert`` does in a process of its own."""
    request = {"path": str(path.absolute()), "models": str(models.absolute()), "options": options}
    package = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
    )
    try:
        answer, _ = child.communicate(json.dumps(request), timeout=PATIENCE_S)
        reply = json.loads(answer) if child.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        reply = {}
    finally:
        child.kill()
        child.wait()
        for left in models.rglob(f".*.{child.pid}.*"):  # scratch folders of a child that was killed
            shutil.rmtree(left, ignore_errors=True)
    if "done" in reply:
        return str(reply["done"])
    raise WeightsError(
        str(reply.get("refused") or f"{path.name} could not be converted: it took too much memory or time.")
    )


def _fence() -> None:
    """Give up what reading a file does not need; cannot be undone in this process."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} is not allowed here")

    sys.addaudithook(refuse)


def _main() -> None:
    request = json.load(sys.stdin)
    _fence()
    try:
        reply = {"done": convert(Path(request["path"]), Path(request["models"]), **request["options"])}
    except WeightsError as error:
        reply = {"refused": str(error)}
    except MemoryError:
        reply = {}
    except Exception:
        logger.exception("%s", request["path"])
        reply = {"refused": f"{Path(request['path']).name} is damaged in a way that no published file is."}
    sys.stdout.write(json.dumps(reply))


if __name__ == "__main__":
    _main()
