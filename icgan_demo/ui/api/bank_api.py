"""The public endpoint around banks: /bank_build."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import BankInfo, Banks
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import PICTURE_TYPES
from icgan_demo.ui.map.map_banks import hand_out


class BankEndpoints:
    """What the endpoint does."""

    def __init__(self, services: Services, banks: Banks) -> None:
        self._services = services
        self._banks = banks

    def bank_build(
        self, files: Sequence[str] | None = None, model: str = "", name: str = "", zip_names: str = ""
    ) -> Iterator[tuple[str | None, dict[str, Any]]]:
        """Build a bank of instances from images: returns its file and {name, encoder, count, classes, skipped, ...}.

        While it is being built, streams {done, total}. The file is opened on the page in Studio, Map; nothing else of
        the images is kept.

        Parameters:
            files: ZIP files or images; folders in a ZIP are classes.
            model: whose encoder embeds them, a name from /models; empty for the default one.
            name: of the bank; empty for the first file's.
            zip_names: encoding of names in a ZIP that do not state it: utf-8, cp949, gb18030, big5, cp932, cp866 or
                cp437; empty to detect it.
        """
        with shown_to_visitor():
            if not files:
                raise RequestError("Please upload the file.")
            info, uploads = self._services.model(model), [Path(file) for file in files]
            with closing(self._banks.build(info.name, uploads, name, zip_names)) as reports:  # type: ignore[type-var]
                for report in reports:
                    if report.finished is None:
                        yield None, {"done": report.done, "total": report.total}
                    else:
                        yield self._hand_out_once(report.finished), _describe(report.finished, info.name)

    def _hand_out_once(self, info: BankInfo) -> str:
        """Return the bank's file where the page may hand it out; the bank itself goes, since nobody here has its id."""
        file = hand_out(self._banks, info.bank_id, self._services.output_dir)
        self._banks.delete(info.bank_id)
        return file


def _describe(info: BankInfo, model: str) -> dict[str, Any]:
    return {
        "name": info.name,
        "model": model,
        "encoder": info.encoder,
        "count": info.count,
        "classes": info.classes,
        "megabytes": round(info.megabytes, 3),
        "duplicates": info.duplicates,
        "skipped": [list(pair) for pair in info.skipped],
        "notes": list(info.notes),
    }


def add_endpoints(services: Services, banks: Banks) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    endpoints = BankEndpoints(services, banks)
    with gr.Row(visible=False):
        # Widgets and not gr.api, because only a component makes Gradio check that a named file is an upload.
        files = gr.File(label="files", file_count="multiple", file_types=PICTURE_TYPES)
        model, name, names = (gr.Textbox("", label=label) for label in ("model", "name", "zip_names"))
        bank, summary = gr.File(label="bank"), gr.JSON(label="summary")
        trigger = gr.Button()
    trigger.click(
        endpoints.bank_build, [files, model, name, names], [bank, summary], api_name="bank_build",
        concurrency_id="bank", concurrency_limit=1,
    )  # fmt: skip
