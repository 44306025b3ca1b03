"""Drawn pictures as files that a visitor can look at and keep."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icgan_demo.service.requests import ModelInfo, Sample, SampleRequest


@dataclass(frozen=True)
class ResultFiles:
    """Files of one drawing; small enough for a visitor's state.

    The writers are imported when the first picture is drawn: they import torch, which must not delay the page.
    """

    root: Path
    """Folder of all drawings; below the upload folder, so that Gradio may show its files."""
    run: str
    """Random id of this drawing's folder."""
    request: SampleRequest
    info: ModelInfo

    @classmethod
    def start(cls, root: Path, request: SampleRequest, info: ModelInfo) -> "ResultFiles":
        """Return the files of a new drawing; drawings of more than an hour ago are removed."""
        from icgan_demo.service.outputs import Outputs

        return cls(root, Outputs(root).start(), request, info)

    def save(self, sample: Sample) -> Path:
        """Return the picture's file, a PNG with its recipe; it is written once and never changes while it is read."""
        from icgan_demo.service.outputs import Outputs

        return Outputs(self.root).save(self.run, sample, self.request, self.info)

    def bundle(self, samples: Sequence[Sample]) -> Path:
        """Return a zip of the pictures, a contact sheet and the recipe."""
        from icgan_demo.service.outputs import Outputs

        return Outputs(self.root).save_archive(self.run, samples, self.request, self.info)

    def recipe(self, samples: Sequence[Sample]) -> dict[str, Any]:
        """Return what draws these pictures again, as JSON values."""
        from icgan_demo.service.recipe import write_recipe

        recipe: dict[str, Any] = json.loads(write_recipe(self.request, samples, self.info).to_json())
        return recipe
