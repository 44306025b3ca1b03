"""What of ``run.json`` travels in a project: the fields that are known, each checked, and nothing else."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from icgan_demo.config import TrainConfig
from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.training.plan import config_from_json
from icgan_demo.weights.cards import FreeForm, PlainName

MOST = {"batch_size": 4096, "neighbours": 1000, "discriminator_steps": 8, "accumulate": 4096, "clusters": 10_000}
"""Settings that decide how much work and memory one update takes."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Sentence = Annotated[str, Field(max_length=1000)]


@dataclass(frozen=True)
class BaseModel:
    """The model that a run started from."""

    name: PlainName
    sha256: Digest
    """Of its generator's file."""


@dataclass(frozen=True)
class ProjectRecord:
    """The content of ``run.json`` as it travels."""

    settings: FreeForm
    asked: FreeForm
    base: BaseModel | None
    resolution: Annotated[int, Field(ge=8, le=1024)]
    data: FreeForm
    decoded: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")]
    threads: Annotated[int, Field(ge=0, le=256)]
    versions: dict[Annotated[str, Field(max_length=50)], Annotated[str, Field(max_length=100)]]
    notes: Annotated[tuple[Sentence, ...], Field(max_length=100)]
    started: Annotated[str, Field(max_length=50)]
    held_out: Annotated[tuple[Sentence, ...], Field(max_length=100_000)] | None = None
    """None for a run of the time before images could be held out."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "held_out" or value is not None}


_RECORD, _CONFIG = TypeAdapter(ProjectRecord), TypeAdapter(TrainConfig)


def read_project_record(content: bytes) -> ProjectRecord:
    """Return the content of ``run.json``.

    Raises:
        ArchiveError: if a field is not what it should be.
        RequestError: if the settings are of another version, or an update would take more than any honest one needs.
    """
    try:
        record = _RECORD.validate_json(content)
        config_from_json(record.settings)
        config = _CONFIG.validate_python({"held_out": 0.0, **record.settings})
    except ValidationError as error:
        raise ArchiveError("The record of this run is damaged. Export it again.") from error
    for name, most in MOST.items():
        if getattr(config, name) > most:
            raise RequestError(f"{name} of this run is {getattr(config, name)}; the most is {most}.")
    return record
