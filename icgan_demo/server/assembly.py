"""The services of a running page, put together from its settings."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from icgan_demo.config import Engine, TrainOn
from icgan_demo.lazy import lazy
from icgan_demo.server.app_config import AppConfig
from icgan_demo.weights.folders import compared_folder, holds_comparison, model_folders, user_models_folder

if TYPE_CHECKING:
    from icgan_demo.service.banks.bank_requests import Banks
    from icgan_demo.service.banks.larger_set_requests import LargerSets
    from icgan_demo.service.cgan.tag_requests import Tagging
    from icgan_demo.service.comparison.comparing import Comparing
    from icgan_demo.service.download_requests import Downloads
    from icgan_demo.service.drawing.sampling_contract import Sampling
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.ui.common.services import Services


def open_services(config: AppConfig, thumbnail_dir: Path) -> "Services":
    """Return everything the page works with; imports no torch, which comes with the first use of what draws.

    Called on the thread that stays until the end: a cluster of this machine ends with the thread that started it.

    Raises:
        RequestError: if there is no such cluster.
        ClusterError: if one of this machine does not start.
    """
    from icgan_demo.service.recipes.direction_files import KeptDirections
    from icgan_demo.service.training.trainer_process import TRAINER
    from icgan_demo.service.training.training_service import TrainingService
    from icgan_demo.ui.common.events import WORKS
    from icgan_demo.ui.common.services import Services

    if config.engine is Engine.RAY:
        from icgan_demo.service.cluster.ray_cluster import connect

        connect()
    command: tuple[str, ...] = TRAINER
    if config.train_on is not TrainOn.LOCAL:
        from icgan_demo.service.cluster.ray_training import COMMAND

        command = COMMAND + (("--device=cuda",) if config.train_on is TrainOn.RAY_GPU else ())
    drawing = lazy(partial(_open_drawing, config), patience_s=None)
    sampling = lazy(lambda: drawing.sampling)
    return Services(
        sampling,
        thumbnail_dir,
        config.upload_dir,
        downloads=lazy(lambda: drawing.downloads) if config.may_download else None,
        tagging=lazy(lambda: _open_tagging(sampling)),
        training=TrainingService(config.data_dir, user_models_folder(), config.limits, command=command),
        banks=lazy(lambda: drawing.banks),
        kept_directions=None if config.limits.is_public else KeptDirections(config.data_dir / "directions"),
        larger_sets=lazy(lambda: drawing.larger_sets),
        compared=_compared(config),
        places=WORKS if config.engine is Engine.RAY else 1,
    )


def _compared(config: AppConfig) -> "Comparing | None":
    """Return the models of a comparison, if there is one; they are of this process, and load as they are drawn with."""
    folder = config.compared or compared_folder()
    if not holds_comparison(folder) or config.engine is Engine.RAY:
        return None

    def make() -> "Comparing":
        from icgan_demo.service.comparison.compared_models import ComparedModels

        return ComparedModels(folder, config.precision, config.limits)

    return lazy(make)


def close_services(config: AppConfig) -> None:
    """Leave what would stay behind when this process ends."""
    if config.engine is Engine.RAY:
        from icgan_demo.service.cluster.ray_cluster import leave

        leave()


def open_store(config: AppConfig) -> "ModelStore":
    """Return the models found, none of them loaded, and those that may be fetched; imports torch."""
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.service.training.training_service import own_models_folder
    from icgan_demo.weights.published.catalogue import PUBLISHED

    return ModelStore(
        model_folders(),
        PUBLISHED.values() if config.may_download else (),
        precision=config.precision,
        unlisted=[own_models_folder(config.data_dir)],
    )


@dataclass(frozen=True)
class _Drawing:
    """What comes with the networks, behind the open page: all of it shares one store."""

    sampling: "Sampling"
    banks: "Banks"
    larger_sets: "LargerSets"
    downloads: "Downloads"


def _open_drawing(config: AppConfig) -> _Drawing:
    """Return what draws, which continues loading its first model."""
    from icgan_demo.service.banks.bank_service import BankService
    from icgan_demo.service.banks.larger_set import LargerSetService
    from icgan_demo.service.download_service import DownloadService
    from icgan_demo.service.drawing.sampling_service import SamplingService

    store = open_store(config)
    here = SamplingService(store, config.limits)
    sampling: Sampling = here
    if config.engine is Engine.RAY:
        sampling = _open_cluster(config, store)
    else:
        here.start_loading()
    return _Drawing(
        sampling,
        BankService(store, here, config.data_dir, config.limits),
        LargerSetService(store, here),
        DownloadService(user_models_folder(), on_ready=store.refresh),
    )


def _open_cluster(config: AppConfig, store: "ModelStore") -> "Sampling":
    """Return what draws on the cluster that this process is connected to."""
    from icgan_demo.inference.fast.prepare import choose_precision
    from icgan_demo.service.cluster.ray_sampling import RaySampling, WorkerModels
    from icgan_demo.service.training.training_service import own_models_folder

    folders, own = tuple(model_folders()), (own_models_folder(config.data_dir),)
    return RaySampling(WorkerModels(folders, own, choose_precision(config.precision), config.limits), store)


def _open_tagging(sampling: "Sampling") -> "Tagging":
    from icgan_demo.service.cgan.tag_service import TaggingService

    return TaggingService(sampling, model_folders())
