"""A drawing service that is built on another thread, so that the page opens before the networks are imported."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from icgan_demo.errors import BusyError, DemoError, WeightsError
from icgan_demo.service.drawing_requests import Drawing
from icgan_demo.service.requests import BankEntry, Instance, ModelInfo, Neighbour, Sampling
from icgan_demo.service.search_requests import Search

logger = logging.getLogger(__name__)

PATIENCE_S = 60.0


Built = TypeVar("Built")


def waited_for(built: Future[Built], patience_s: float = PATIENCE_S) -> Built:
    """Return what is being built; raises DemoError if it takes too long or has failed."""
    try:
        return built.result(patience_s)
    except DemoError:
        raise
    except WaitedTooLong as error:
        raise BusyError("The page is still starting. Try again in a few seconds.") from error
    except Exception as error:
        raise WeightsError("The drawing service could not start. The log of this page says why.") from error


class BackgroundSampling:
    """Keeps the ``Sampling`` contract; each method waits until the real service is there."""

    def __init__(self, build: Callable[[], Sampling], patience_s: float = PATIENCE_S) -> None:
        """Wait for ``start``.

        Args:
            build: makes the service; imports torch, so it runs on a thread of its own.
            patience_s: how long a method waits before it says that the page is still starting.
        """
        self._patience_s = patience_s
        self._build = build
        self._built: Future[Sampling] = Future()

    def start(self) -> None:
        """Begin to build, on a daemon thread: a stop during loading does not wait for the loading to end."""
        threading.Thread(target=self._run, name="model-loader", daemon=True).start()

    def is_starting(self) -> bool:
        """Return whether the methods would wait."""
        return not self._built.done()

    def health(self) -> dict[str, Any]:
        """Return what ``/healthz`` says, without waiting."""
        if self.is_starting():
            return {"status": "ok", "model_loaded": False, "model": None, "detail": "starting"}
        try:
            models = self.models()
        except DemoError as error:
            return {"status": "ok", "model_loaded": False, "model": None, "detail": str(error)}
        if not models or models[0].state == "downloadable":
            return {"status": "ok", "model_loaded": False, "model": None, "detail": "no model"}
        first = models[0]
        detail = first.message or first.state
        return {"status": "ok", "model_loaded": first.state == "ready", "model": first.name, "detail": detail}

    def _run(self) -> None:
        try:
            self._built.set_result(self._build())
        except Exception as error:
            logger.exception("the drawing service could not start")
            self._built.set_exception(error)

    def _service(self) -> Sampling:
        return waited_for(self._built, self._patience_s)

    @property
    def drawing(self) -> Drawing:
        """See ``Sampling.drawing``."""
        return self._service().drawing

    @property
    def search(self) -> Search:
        """See ``Sampling.search``."""
        return self._service().search

    def models(self) -> list[ModelInfo]:
        """See ``Sampling.models``."""
        return self._service().models()

    def unlisted(self, name: str) -> ModelInfo | None:
        """See ``Sampling.unlisted``."""
        return self._service().unlisted(name)

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """See ``Sampling.encode``."""
        return self._service().encode(model, photo)

    def bank(self, model: str) -> list[BankEntry]:
        """See ``Sampling.bank``."""
        return self._service().bank(model)

    def pick(self, model: str, row: int) -> Instance:
        """See ``Sampling.pick``."""
        return self._service().pick(model, row)

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """See ``Sampling.neighbours``."""
        return self._service().neighbours(model, feature, count)
