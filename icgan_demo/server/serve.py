"""Opens the page, then loads the model behind it, and stops cleanly on SIGTERM."""

import gc
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from icgan_demo.errors import DemoError
from icgan_demo.lazy import start
from icgan_demo.server.app_config import PROGRAM_FOLDER, AppConfig, read_config
from icgan_demo.server.assembly import close_services, open_services, open_store
from icgan_demo.server.health import HealthCheck, health_of
from icgan_demo.server.known_endpoints import KnownEndpoints
from icgan_demo.server.request_guard import GuardLimits, RequestGuard, answer_headers
from icgan_demo.ui.stub_files import spare_stub_files
from icgan_demo.weights.folders import user_models_folder

if TYPE_CHECKING:
    from starlette.middleware import Middleware

    from icgan_demo.ui.common.queue_limits import QueueLimits
    from icgan_demo.ui.common.services import Services

logger = logging.getLogger(__name__)

HEARTBEAT_S = "4"
"""Time between signs of life while something is drawn: proxies cut connections that are silent for 10 s or more."""


def main(arguments: Sequence[str] | None = None, program: str = "app.py") -> int:
    """Open the page and keep it open until SIGTERM or Ctrl-C, then end the process.

    Args:
        arguments: command-line flags, None for those of this process.
        program: what to call it in its help.
    Returns:
        The exit code, where no page was opened.
    """
    config = read_config(arguments, os.environ, program)
    logging.basicConfig(level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "faiss"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if config.dry_run:
        return _print_settings(config)
    stopping = threading.Event()
    _listen_for_signals(stopping)
    with tempfile.TemporaryDirectory(prefix="icgan_demo-thumbnails-") as thumbnails:
        code = _serve(config, Path(thumbnails), stopping)
    # A thread that is inside torch while the interpreter takes itself down aborts the process: leave without that.
    logging.shutdown()
    os._exit(code)


def _serve(config: AppConfig, thumbnail_dir: Path, stopping: threading.Event) -> int:
    _prepare_environment(config)
    # Imports make half a million objects that stay; looking for rubbish among them is a fifth of the time to the page.
    gc.disable()
    spare_stub_files()
    # Imported here: gradio takes seconds, which --help and a wrong flag should not cost.
    from icgan_demo.ui.common.queue_limits import QueueLimits
    from icgan_demo.ui.launch import close, launch
    from icgan_demo.ui.layout import build_app

    try:
        services = open_services(config, thumbnail_dir)
    except DemoError as error:
        logger.error("The page cannot open: %s", error)
        return 2
    _listen_for_signals(stopping)  # again, since Ray has set its own
    assert services.training is not None
    demo = build_app(services)
    middleware = _middleware(config, services, KnownEndpoints.of(demo), QueueLimits(demo, config.limits))
    try:
        url = launch(
            demo,
            thumbnail_dir,
            server_name=config.host,
            server_port=config.port,
            max_file_size=config.limits.largest_upload,
            blocked_paths=[str(PROGRAM_FOLDER), str(user_models_folder()), str(config.data_dir)],
            app_kwargs={"middleware": middleware},
        )
    except OSError as error:
        logger.error("The page cannot open on %s, port %s: %s", config.host, config.port or "7860 to 7959", error)
        return 1
    gc.freeze()
    gc.enable()
    logger.info("The page is open at %s", url)
    _forget_uploads(config.upload_dir)
    start(services.sampling)  # only now: importing the networks beside gradio would delay the page
    stopping.wait()
    logger.info("Stopping.")
    services.training.jobs.stop_all()
    close(demo)
    close_services(config)
    return 0


def _listen_for_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def _forget_uploads(folder: Path) -> None:
    """Delete what an app before this one has left, as soon as it is an hour old: this one deletes only its own."""
    from icgan_demo.service.recipes.drawn_files import KEEP_S, forget_files

    forget_files(folder)
    later = threading.Timer(KEEP_S, forget_files, (folder,))
    later.daemon = True
    later.start()


def _middleware(
    config: AppConfig, services: "Services", endpoints: KnownEndpoints, shares: "QueueLimits"
) -> "list[Middleware]":
    """Return what a request passes before Gradio sees it, outermost first."""
    from starlette.middleware import Middleware

    from icgan_demo.ui.texts.error_texts import in_accepted_language

    return [
        Middleware(
            HealthCheck, report=partial(health_of, services.sampling), headers=answer_headers(config.frame_ancestors)
        ),
        Middleware(
            RequestGuard,
            upload_dir=config.upload_dir,
            thumbnail_dir=services.thumbnail_dir,
            allowed_hosts=config.allowed_hosts,
            allow_ip_hosts=config.is_on_network,
            frame_ancestors=config.frame_ancestors,
            limits=GuardLimits(
                upload_body=config.limits.largest_upload, of_one_address=config.limits.uploads_of_one_address
            ),
            trusts_proxy=bool(config.hosts),
            endpoints=endpoints,
            shares=shares,
            translate=in_accepted_language,
        ),
    ]


def _prepare_environment(config: AppConfig) -> None:
    """Set what Gradio and the Hub's library read on import."""
    if os.environ.pop("GRADIO_SHARE", ""):
        logger.warning("GRADIO_SHARE is ignored: this page is never shared through a tunnel.")
    config.upload_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(config.upload_dir)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("GRADIO_HEARTBEAT_INTERVAL", HEARTBEAT_S)


def _print_settings(config: AppConfig) -> int:
    print(config)
    for info in open_store(config).infos():
        print(f"{info.name}: {info.title}, {info.resolution} px, {info.state} {info.message}".rstrip())
    return 0
