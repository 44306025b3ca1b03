"""Settings of the running app, from its flags and its environment; nothing else of the page reads either."""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from icgan_demo.config import PUBLIC_LIMITS, Engine, Limits, Precision, TrainOn
from icgan_demo.weights.folders import holds_comparison, user_data_folder, user_name

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HUB_SITES = ("https://huggingface.co", "https://*.hf.space")
PROGRAM_FOLDER = Path(__file__).resolve().parents[2]
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class AppConfig:
    """Where the page listens and where it keeps files."""

    host: str = "127.0.0.1"
    """Address to listen on; only this machine unless told otherwise."""
    port: int | None = None
    """Port to listen on; None for the first free one from 7860 on."""
    hosts: tuple[str, ...] = ()
    """Names under which the page is reached besides this machine's own."""
    frame_ancestors: tuple[str, ...] = ()
    """Sites that may show the page in a frame."""
    upload_dir: Path = Path(tempfile.gettempdir()) / f"icgan_demo-{user_name()}"
    """Uploads and drawn pictures, deleted after an hour."""
    downloads: bool | None = None
    """Whether visitors may have published models fetched to this machine; None: only where it is its own visitor."""
    precision: Precision = Precision.AUTO
    """In which pictures are drawn."""
    engine: Engine = Engine.LOCAL
    """Where they are drawn."""
    train_on: TrainOn = TrainOn.LOCAL
    """Where visitors' models are trained."""
    log_level: str = "info"
    """One of ``LOG_LEVELS``."""
    dry_run: bool = False
    """Whether to print the settings and the models found, and stop."""
    compared: Path | None = None
    """Folder of a comparison whose models the Compare page shows; None for that of the program, if it has one."""
    data_dir: Path = field(default_factory=user_data_folder)
    """Training runs and the pictures behind them; none of it is served."""
    limits: Limits = field(default_factory=Limits)
    """What visitors may train; stricter where strangers reach the page."""

    def __post_init__(self) -> None:
        if self.port is not None and not 0 <= self.port <= 65535:
            raise ValueError(f"port must be between 0 and 65535, got {self.port}")
        if self.log_level not in LOG_LEVELS:
            raise ValueError(f"log level must be one of {', '.join(LOG_LEVELS)}, got {self.log_level!r}")
        if self.compared is not None and not holds_comparison(self.compared):
            name = self.compared.resolve().name
            raise ValueError(f"{name} holds no models that were compared; make some with `compare`")
        if self.upload_dir.resolve().is_relative_to(self.data_dir.resolve()):
            raise ValueError("GRADIO_TEMP_DIR must not lie inside ICGAN_DATA_DIR, none of whose files is served")
        if self.upload_dir.resolve().is_relative_to(PROGRAM_FOLDER):
            raise ValueError("GRADIO_TEMP_DIR must not lie inside the program's folder, none of whose files is served")

    @property
    def is_on_network(self) -> bool:
        """Whether other machines can reach the page."""
        return self.host not in LOOPBACK

    @property
    def may_download(self) -> bool:
        """Whether the page offers to fetch published models: bytes, disk and consent are the operator's to give."""
        return not (self.is_on_network or self.hosts) if self.downloads is None else self.downloads

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Every name under which the page may be asked for."""
        return (*LOOPBACK, self.host, *self.hosts)


def read_config(arguments: Sequence[str] | None, environment: Mapping[str, str], program: str = "app.py") -> AppConfig:
    """Return the settings; a flag wins over the environment.

    Args:
        arguments: command-line flags, None for those of this process.
        environment: ``GRADIO_SERVER_NAME``, ``GRADIO_SERVER_PORT`` and ``GRADIO_TEMP_DIR`` as Gradio knows them,
            ``ICGAN_ALLOWED_HOSTS`` (names separated by commas, for a page behind a proxy), ``ICGAN_DOWNLOADS`` (1 or
            0: whether visitors may have published models fetched), ``ICGAN_PRECISION``, ``ICGAN_ENGINE``,
            ``ICGAN_TRAIN_ON``, ``RAY_ADDRESS`` (the cluster), ``ICGAN_COMPARED`` (folder of a comparison),
            ``ICGAN_DATA_DIR`` (training runs), ``ICGAN_PUBLIC`` (1 where strangers reach the page, 0 where they do
            not), and on a Hugging Face Space ``SPACE_HOST`` and ``SPACE_ID``.
        program: what to call it in help and errors.
    Raises:
        SystemExit: with code 2 and one line, for a flag or variable that makes no sense.
    """
    parser = _parser(environment, program)
    flags = parser.parse_args(arguments)
    space = environment.get("SPACE_HOST", "")
    named = [name.strip() for name in environment.get("ICGAN_ALLOWED_HOSTS", "").split(",")]
    chosen = (
        ("PRECISION", flags.precision, Precision),
        ("ENGINE", flags.engine, Engine),
        ("TRAIN_ON", flags.train_on, TrainOn),
    )
    for variable, value, known in chosen:
        if value not in list(known):  # argparse does not check what comes from the environment
            parser.error(f"ICGAN_{variable} must be one of {', '.join(known)}, got {value!r}")
    if flags.train_on != TrainOn.LOCAL and not environment.get("RAY_ADDRESS"):
        parser.error("Training on a cluster outlives the page, so RAY_ADDRESS must name one that runs already")
    try:
        return AppConfig(
            host=flags.host,
            port=flags.port,
            hosts=tuple(name for name in (*named, *space.split(",")) if name),
            frame_ancestors=HUB_SITES if space else (),
            upload_dir=Path(environment.get("GRADIO_TEMP_DIR") or AppConfig.upload_dir),
            downloads=flags.downloads,
            precision=Precision(flags.precision),
            engine=Engine(flags.engine),
            train_on=TrainOn(flags.train_on),
            log_level=flags.log_level,
            dry_run=flags.dry_run,
            compared=Path(flags.compared).expanduser() if flags.compared else None,
            data_dir=Path(environment.get("ICGAN_DATA_DIR") or user_data_folder()).expanduser(),
            limits=PUBLIC_LIMITS if _is_open_to_strangers(environment) else Limits(),
        )
    except ValueError as error:
        parser.error(str(error))


def _parser(environment: Mapping[str, str], program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Open the page: a photo in, its new neighbours out.")
    host = environment.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if environment.get("SPACE_HOST") else AppConfig.host)
    parser.add_argument("--host", default=host, help="address to listen on; 0.0.0.0 for every network of this machine")
    port = environment.get("GRADIO_SERVER_PORT") or None
    parser.add_argument("--port", default=port, type=int, help="default: the first free one from 7860 on")
    parser.add_argument(
        "--downloads",
        action=argparse.BooleanOptionalAction,
        default={"1": True, "0": False}.get(environment.get("ICGAN_DOWNLOADS", "")),
        help="let visitors fetch published models to this machine; default: only if no other machine reaches the page",
    )
    parser.add_argument(
        "--precision",
        default=environment.get("ICGAN_PRECISION") or AppConfig.precision.value,
        choices=[precision.value for precision in Precision],
        help="precision of inference; auto: what suits the processor",
    )
    parser.add_argument(
        "--engine",
        default=environment.get("ICGAN_ENGINE") or AppConfig.engine.value,
        choices=[engine.value for engine in Engine],
        help="where images are generated: in this process, or on the Ray cluster that RAY_ADDRESS names",
    )
    parser.add_argument(
        "--train-on",
        default=environment.get("ICGAN_TRAIN_ON") or AppConfig.train_on.value,
        choices=[place.value for place in TrainOn],
        help="where models are trained: on this machine, or on a processor or a GPU of the cluster of RAY_ADDRESS",
    )
    parser.add_argument(
        "--compared",
        default=environment.get("ICGAN_COMPARED") or None,
        metavar="FOLDER",
        help="what `compare` wrote: its models get a page beside the others",
    )
    parser.add_argument("--log-level", default=AppConfig.log_level, choices=LOG_LEVELS)
    parser.add_argument("--dry-run", action="store_true", help="print settings and models, then stop")
    return parser


def _is_open_to_strangers(environment: Mapping[str, str]) -> bool:
    said = environment.get("ICGAN_PUBLIC", "").strip().lower()
    if said:
        return said not in ("0", "false", "no", "off")
    return bool(environment.get("SPACE_ID"))
