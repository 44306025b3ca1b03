"""Banks of a visitor beside the map: built from pictures, opened from a file, saved, forgotten."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.atomic_files import link
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.banks.bank_requests import OWN_BANK, BankInfo, Banks, BuildProgress
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.time_left import time_left_of, with_time_left
from icgan_demo.ui.common.widgets import PICTURE_TYPES, zip_names
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import say, text
from icgan_demo.ui.visitor.generate_state import StopSignal
from icgan_demo.ui.visitor.visitor_lists import VisitorLists, visitor_of

KeptBanks = dict[str, Any]
"""What a browser remembers: ids, and a name that its tabs share."""

MAX_NAME = 60
MAX_KEPT = 50
"""Banks that a browser remembers."""
LISTED_SKIPPED = 20


class BankPanel:
    """Lays the panel out on construction, inside the current column."""

    def __init__(self, banks: Banks, output_dir: Path, browser_secret: str) -> None:
        self._banks = banks
        self._output_dir = output_dir
        self._lists = VisitorLists(MAX_KEPT)
        self.choice = gr.Dropdown(
            [(text("bank_own"), OWN_BANK)], value=OWN_BANK, label=text("bank_choose"), elem_id="map-bank"
        )
        with gr.Accordion(text("bank_make"), open=False, elem_id="map-make"):
            gr.HTML(text("bank_make_note"), elem_classes="fine-print")
            self.files = gr.File(
                label=text("bank_files"),
                file_count="multiple",
                file_types=PICTURE_TYPES,
                height=140,
                elem_id="bank-files",
            )
            self.name = gr.Textbox("", label=text("bank_name"), max_length=MAX_NAME, elem_id="bank-name")
            self.zip_names = zip_names("bank-zip-names")
            with gr.Row():
                self.build = gr.Button(text("bank_build"), variant="primary", min_width=120, elem_id="bank-build")
                self.stop = gr.Button(text("stop"), visible=False, min_width=90, elem_id="bank-stop")
            self.status = gr.HTML("", elem_id="bank-status", html_template='<div role="status">${value}</div>')
        with gr.Accordion(text("bank_share"), open=False, elem_id="map-share"):
            gr.HTML(text("bank_share_note"), elem_classes="fine-print")
            self.saved = gr.File(label=text("bank_file"), file_types=[".safetensors"], height=150, elem_id="bank-file")
            with gr.Row():
                self.download = gr.DownloadButton(
                    text("bank_download"), visible=False, min_width=120, elem_id="bank-download"
                )
                self.forget = gr.Button(text("bank_forget"), visible=False, min_width=90, elem_id="bank-forget")
        self.signal = gr.State(None)
        # The visitor's banks: {"ids": [...]}; a browser keeps them over a reload and a restart.
        # Rendered outside all tabs: what lies in one that nobody has opened yet has not read what the browser keeps.
        self.kept = gr.BrowserState({"ids": []}, storage_key="icgan-banks", secret=browser_secret, render=False)

    @property
    def chosen_outputs(self) -> list[Any]:
        """Components that ``list_banks`` changes."""
        return [self.choice, self.download, self.forget]

    def list_banks(self, kept: Any, chosen: str, language: str) -> Updates:
        """Return the list of banks with ``chosen`` chosen, and what can be done with that one."""
        choices = [(say(language, "bank_own"), OWN_BANK)]
        shared = self._banks.shared()
        for info in (*shared, *self._known(kept)):
            choices.append((say(language, "bank_choice", name=info.name, count=info.count), info.bank_id))
        is_own = chosen not in (OWN_BANK, *(info.bank_id for info in shared))
        return {
            self.choice: gr.update(choices=choices, value=chosen),
            self.download: gr.update(
                visible=is_own, value=hand_out(self._banks, chosen, self._output_dir) if is_own else None
            ),
            self.forget: gr.update(visible=is_own),
        }

    def build_bank(
        self, model: str, files: Sequence[str] | None, name: str, encoding: str, language: str
    ) -> Iterator[tuple[Updates, BankInfo | None]]:
        """Yield the panel while a bank is being built, with the last update the bank, or None if it was stopped."""
        signal = StopSignal()
        yield {self.signal: signal, self.stop: gr.update(visible=True), self.status: say(language, "bank_begins")}, None
        uploads = [Path(file) for file in files or ()]
        started = time.perf_counter()
        try:
            with closing(self._banks.build(model, uploads, name, encoding)) as reports:  # type: ignore[type-var]
                for report in reports:
                    if report.finished is not None:
                        self._remove(uploads)
                        yield self._end(_built_html(report.finished, language)), report.finished
                        return
                    if signal.is_set:
                        break
                    yield {self.status: _progress(report, time.perf_counter() - started, language)}, None
        except Exception:
            yield self._end(""), None
            raise
        yield self._end(say(language, "bank_stopped")), None

    def keep_file(self, file: str) -> BankInfo:
        """Keep an uploaded bank file; raises IndexFileError."""
        try:
            return self._banks.take(Path(file))
        finally:
            self._remove([Path(file)])

    def name_browser(self, kept: Any) -> KeptBanks:
        """Return what the browser remembers, with a name for it, before any of its tabs keeps a bank."""
        visitor = visitor_of(kept)
        return {"ids": self._ids(kept, visitor), "visitor": visitor}

    def with_bank(self, kept: Any, bank_id: str) -> KeptBanks:
        """Return what the browser remembers, with one more bank, of all of its tabs."""
        visitor = visitor_of(kept)
        ids = [known for known in self._ids(kept, visitor) if known != bank_id]
        self._lists.add(visitor, bank_id)
        return {"ids": [*ids, bank_id][-MAX_KEPT:], "visitor": visitor}

    def without_bank(self, kept: Any, bank_id: str) -> KeptBanks:
        """Return what the browser remembers, after the bank was deleted."""
        visitor = visitor_of(kept)
        if bank_id not in self._ids(kept, visitor):
            raise RequestError("Choose a bank of yours first.")
        self._banks.delete(bank_id)
        self._lists.remove(visitor, bank_id)
        return {"ids": [known for known in self._ids(kept, visitor) if known != bank_id], "visitor": visitor}

    def _ids(self, kept: Any, visitor: str) -> list[str]:
        """Return the ids of a browser's banks, the oldest first."""
        return self._lists.all_of(visitor, _ids(kept)[::-1])[::-1]

    def _known(self, kept: Any) -> Iterator[BankInfo]:
        for bank_id in self._ids(kept, visitor_of(kept)):
            try:
                yield self._banks.info(bank_id)
            except DemoError:
                continue  # gone, or of an older version

    def _end(self, sentence: str) -> Updates:
        return {self.stop: gr.update(visible=False), self.status: sentence, self.signal: None}

    def _remove(self, uploads: Sequence[Path]) -> None:
        for file in uploads:  # what counts has been embedded, and an hour is long for the others
            file.unlink(missing_ok=True)


def hand_out(banks: Banks, bank_id: str, output_dir: Path) -> str:
    """Return a bank's file under its name in ``output_dir``, from where the page may hand it out."""
    target = new_folder(output_dir) / f"{banks.info(bank_id).name}.safetensors"
    link(banks.file(bank_id), target)
    return str(target)


def _ids(kept: Any) -> list[str]:
    """Return the ids that a browser remembers, which may be anything."""
    ids = kept.get("ids") if isinstance(kept, dict) else None
    return [bank_id for bank_id in ids if isinstance(bank_id, str)][-MAX_KEPT:] if isinstance(ids, list) else []


def _progress(report: BuildProgress, elapsed_s: float, language: str) -> str:
    sentence = say(language, "bank_progress", done=report.done, total=report.total)
    said = with_time_left(sentence, time_left_of(elapsed_s, report.done, report.total), language)
    return f"{escape(said)}<progress value={report.done} max={max(1, report.total)}></progress>"


def _built_html(info: BankInfo, language: str) -> str:
    values = {"count": info.count, "megabytes": info.megabytes, "name": info.name}
    parts = [f"<p>{escape(say(language, 'bank_ready', **values))}</p>"]
    if info.duplicates:
        parts.append(f"<p>{escape(say(language, 'bank_duplicates', count=info.duplicates))}</p>")
    parts += [f"<p>{escape(in_language(note, language))}</p>" for note in info.notes]
    if info.skipped:
        why = [(name, in_language(reason, language)) for name, reason in info.skipped[:LISTED_SKIPPED]]
        items = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in why)
        summary = escape(say(language, "bank_skipped", count=len(info.skipped)))
        parts.append(f"<details><summary>{summary}</summary><ul>{items}</ul></details>")
    return "".join(parts)
