"""The real page around any drawing service, in this process, for the tests of API and browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.middleware import Middleware

from icgan_demo.config import Limits
from icgan_demo.server.known_endpoints import KnownEndpoints
from icgan_demo.server.request_guard import RequestGuard
from icgan_demo.service.banks.bank_requests import Banks
from icgan_demo.service.banks.larger_set_requests import LargerSets
from icgan_demo.service.cgan.digit_requests import Digits
from icgan_demo.service.cgan.tag_requests import Tagging
from icgan_demo.service.comparison.comparing import Comparing
from icgan_demo.service.download_requests import Downloads
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.recipes.direction_files import KeptDirections
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.queue_limits import QueueLimits
from icgan_demo.ui.common.services import Services, lazy_digits
from icgan_demo.ui.launch import SWITCHES, close, launch
from icgan_demo.ui.layout import build_app
from icgan_demo.ui.texts.error_texts import in_accepted_language

UNLIMITED = Limits()


@contextmanager
def open_page(
    sampling: Sampling,
    folder: Path,
    *,
    downloads: Downloads | None = None,
    digits: Digits | None = None,
    tagging: Tagging | None = None,
    training: TrainingService | None = None,
    banks: Banks | None = None,
    kept_directions: KeptDirections | None = None,
    larger_sets: LargerSets | None = None,
    compared: Comparing | None = None,
    limits: Limits = UNLIMITED,
    frame_ancestors: tuple[str, ...] = (),
) -> Iterator[str]:
    """Yield the address of a page that keeps its files below ``folder``; closed on leaving."""
    uploads, thumbnails = folder / "uploads", folder / "thumbnails"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(uploads))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        services = Services(
            sampling,
            thumbnails,
            uploads,
            downloads=downloads,
            digits=digits or lazy_digits(),
            tagging=tagging,
            training=training,
            banks=banks,
            kept_directions=kept_directions,
            larger_sets=larger_sets,
            compared=compared,
        )
        demo = build_app(services)
        guard = Middleware(
            RequestGuard,
            upload_dir=uploads,
            thumbnail_dir=thumbnails,
            allowed_hosts=("127.0.0.1", "localhost"),
            frame_ancestors=frame_ancestors,
            endpoints=KnownEndpoints.of(demo),
            shares=QueueLimits(demo, limits),
            translate=in_accepted_language,
        )
        url = launch(demo, thumbnails, max_file_size="10mb", app_kwargs={"middleware": [guard]})
        with closed_afterwards(demo):
            yield url


@contextmanager
def launched(demo: gr.Blocks, **settings: Any) -> Iterator[str]:
    """Yield the address of any page of this process; closed on leaving."""
    _, url, _ = demo.launch(**SWITCHES, **settings)
    with closed_afterwards(demo):
        yield url


@contextmanager
def closed_afterwards(demo: gr.Blocks) -> Iterator[None]:
    """Close a page on leaving."""
    try:
        yield
    finally:
        close(demo)
