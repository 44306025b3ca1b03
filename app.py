"""Start here: opens the page.

``python app.py`` does, and so do ``make run``, ``python -m icgan_demo serve``, a Hugging Face Space and the Docker
image. Reads the settings, opens the page, then loads the model behind it, and stops cleanly on SIGTERM.
"""

import gc
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from icgan_demo.later import later, start
from icgan_demo.ui.app_config import AppConfig, read_config

if TYPE_CHECKING:
    from icgan_demo.service.bank_requests import Banks
    from icgan_demo.service.installation import Downloads
    from icgan_demo.service.requests import Sampling
    from icgan_demo.service.store import ModelStore
    from icgan_demo.service.tag_requests import Tagging
    from icgan_demo.ui.services import Services

logger = logging.getLogger("icgan_demo.app")

ROOT = Path(__file__).resolve().parent
HEARTBEAT_S = "4"
"""Time between signs of life while something is drawn: proxies cut connections that are silent for 10 s or more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the page and keep it open until SIGTERM or Ctrl-C, then end the process.

    Args:
        arguments: command-line flags, None for those of this process.
    Returns:
        The exit code, where no page was opened.
    """
    config = read_config(arguments, os.environ)
    logging.basicConfig(level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "faiss"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if config.dry_run:
        return _print_settings(config)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with tempfile.TemporaryDirectory(prefix="icgan_demo-thumbnails-") as thumbnails:
        code = _serve(config, Path(thumbnails), stopping)
    # A thread that is inside torch while the interpreter takes itself down aborts the process: leave without that.
    logging.shutdown()
    os._exit(code)


def open_store(config: AppConfig) -> "ModelStore":
    """Return the models found, none of them loaded, and those that may be fetched; imports torch."""
    from icgan_demo.service.store import ModelStore
    from icgan_demo.service.training_desk import own_models_folder
    from icgan_demo.weights.folders import model_folders
    from icgan_demo.weights.published import PUBLISHED

    return ModelStore(
        model_folders(),
        PUBLISHED.values() if config.may_download else (),
        precision=config.precision,
        unlisted=[own_models_folder(config.data_dir)],
    )


@dataclass(frozen=True)
class Drawing:
    """What comes with the networks, behind the open page: all of it shares one store."""

    sampling: "Sampling"
    banks: "Banks"
    downloads: "Downloads"


def open_drawing(config: AppConfig) -> Drawing:
    """Return what draws, which goes on loading its first model; imports torch."""
    from icgan_demo.service.banks import BankService
    from icgan_demo.service.published import PublishedModels
    from icgan_demo.service.sampling import SamplingService
    from icgan_demo.weights.folders import user_models_folder

    store = open_store(config)
    sampling = SamplingService(store)
    sampling.start_loading()
    return Drawing(
        sampling,
        BankService(store, sampling, config.data_dir, config.limits),
        PublishedModels(user_models_folder(), on_ready=store.refresh),
    )


def open_tagging(sampling: "Sampling") -> "Tagging":
    """Return the tag service, which takes features from ``sampling``; imports torch."""
    from icgan_demo.service.tags import TaggingService
    from icgan_demo.weights.folders import model_folders

    return TaggingService(sampling, model_folders())


def open_services(config: AppConfig, thumbnail_dir: Path) -> "Services":
    """Return everything the page works with; what imports torch comes later."""
    from icgan_demo.service.training_desk import TrainingDesk
    from icgan_demo.ui.services import Services
    from icgan_demo.weights.folders import user_models_folder

    drawing = later(lambda: open_drawing(config), patience_s=None)
    sampling = later(lambda: drawing.sampling)
    return Services(
        sampling,
        thumbnail_dir,
        config.upload_dir,
        downloads=later(lambda: drawing.downloads) if config.may_download else None,
        tagging=later(lambda: open_tagging(sampling)),
        training=TrainingDesk(config.data_dir, user_models_folder(), config.limits),
        banks=later(lambda: drawing.banks),
    )


def _serve(config: AppConfig, thumbnail_dir: Path, stopping: threading.Event) -> int:
    _prepare_environment(config)
    # Imports make half a million objects that stay; looking for rubbish among them is a fifth of the time to the page.
    gc.disable()
    # Imported here: gradio takes seconds, which --help and a wrong flag should not cost.
    import gradio as gr
    from starlette.middleware import Middleware

    from icgan_demo.ui.health import HealthCheck, health_of
    from icgan_demo.ui.layout import build_app, known_endpoints, look
    from icgan_demo.ui.request_guard import GuardLimits, RequestGuard, answer_headers
    from icgan_demo.weights.folders import user_models_folder

    services = open_services(config, thumbnail_dir)
    gr.set_static_paths([thumbnail_dir])
    demo = build_app(services)
    guard = Middleware(
        RequestGuard,
        upload_dir=config.upload_dir,
        thumbnail_dir=thumbnail_dir,
        allowed_hosts=config.allowed_hosts,
        allow_ip_hosts=config.is_public,
        frame_ancestors=config.frame_ancestors,
        limits=GuardLimits(upload_body=config.limits.upload_bytes),
        trusts_proxy=bool(config.hosts),
        endpoints=known_endpoints(demo),
    )
    health = Middleware(
        HealthCheck, report=partial(health_of, services.sampling), headers=answer_headers(config.frame_ancestors)
    )
    try:
        _, url, _ = demo.launch(
            server_name=config.host,
            server_port=config.port,
            max_file_size=config.limits.upload_bytes,
            max_threads=16,
            state_session_capacity=200,
            blocked_paths=[str(ROOT), str(user_models_folder()), str(config.data_dir)],
            app_kwargs={"middleware": [health, guard]},
            show_error=False,
            strict_cors=True,
            ssr_mode=False,
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            _frontend=False,  # it asks its own page and gives up after 3 s, a false alarm on a busy machine
            **look(),
        )
    except OSError as error:
        logger.error("The page cannot open on %s, port %s: %s", config.host, config.port or "7860 to 7959", error)
        return 1
    gc.freeze()
    gc.enable()
    logger.info("The page is open at %s", url)
    start(services.sampling)  # only now: importing the networks beside gradio would delay the page
    stopping.wait()
    logger.info("Stopping.")
    assert services.training is not None
    services.training.jobs.stop_all()
    demo.close(verbose=False)
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
