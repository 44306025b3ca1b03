"""A run on the page: found again after a reload, looked at once a second, paused, resumed, ended, deleted."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.training.job_record import RunView
from icgan_demo.service.training.overfitting import best_step, share_by_heart
from icgan_demo.service.training.present_state import step_of
from icgan_demo.service.training.run_files import copy_once, zip_folder
from icgan_demo.service.training.train_request import MAX_TITLE
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.events import AT_ONCE, QUICKLY, Updates, told_once
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train.outcome_view import after_text, by_class_html
from icgan_demo.ui.train.run_curves import LOSSES, SCORES, SHARES, distances, named, table
from icgan_demo.ui.train.run_drawing import RunDrawing
from icgan_demo.ui.train.run_text import overfitting_html, run_line, status_html
from icgan_demo.ui.train.shown_run import ShownRun
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.visitor_lists import VisitorLists, visitor_of
from icgan_demo.ui.visitor.visits import Visits

Runs = dict[str, Any]

KEPT_IDS = 50


class LiveRun:
    """Shows the run that the visitor's browser remembers; a page of trusted visitors shows every run."""

    def __init__(self, services: Services, training: TrainingService, widgets: TrainWidgets, visits: Visits) -> None:
        self._services = services
        self._training = training
        self._widgets = widgets
        self._visits = visits
        self._lists = VisitorLists(KEPT_IDS)
        self.drawing = RunDrawing(services, training, widgets)

    # --- looking ---

    def attach(self, request: gr.Request, runs: Runs | None, smoothing: float) -> Updates:
        """Find the visitor's run again when the page opens."""
        with shown_to_visitor():
            known = self._read_runs(runs)
            remembered = known["current"]
            if not self._exists(remembered):
                has_begun = bool(self._visits.of(request).training_sets)  # by a visitor who is quicker than this answer
                known["current"] = None if has_begun else self._find_running(known)
            if known["current"] is None:
                gone = remembered is not None and self._training.limits.is_public
                said = say(language_of(request), "train_gone") if gone else ""
                return {self._widgets.runs: known, **self._show_nothing(known, language_of(request), said)}
            return self.open(request, known, smoothing)

    def open(self, request: gr.Request, runs: Runs, smoothing: float) -> Updates:
        """Show the current run from scratch and keep looking."""
        updates = self._look(ShownRun(runs["current"]), runs, smoothing, None, language_of(request))
        return {**self._blank(), **updates, self._widgets.runs: runs}

    def poll(
        self,
        request: gr.Request,
        runs: Runs | None,
        shown: ShownRun | None,
        smoothing: float,
        zoom: list[float] | None,
        position: float | None,
    ) -> Updates:
        """Show what is new; a run that has ended is looked at no more."""
        with shown_to_visitor():
            known, language = self._read_runs(runs), language_of(request)
            if not self._exists(known["current"]):
                return self._show_nothing(known, language)
            if shown is None or shown.run_id != known["current"]:
                shown = ShownRun(known["current"])
            return self._look(shown, known, smoothing, zoom, language, position)

    def choose(self, request: gr.Request, run_id: str | None, runs: Runs | None, smoothing: float) -> Updates:
        """Show another run of the list."""
        with shown_to_visitor():
            if run_id is None:  # told again
                return gr.skip()
            known = self._read_runs(runs)
            if run_id not in [value for _, value in self._choices(known, "en")]:
                raise RequestError("Run not found.")
            return self.open(request, {**known, "current": run_id}, smoothing)

    def show_moment(self, request: gr.Request, position: float, shown: ShownRun | None) -> Updates:
        """Show the sheet of another moment."""
        with shown_to_visitor():
            if shown is None or not shown.sheets:
                return gr.skip()
            return self._moment(shown, int(position), language_of(request))

    def redraw(
        self, request: gr.Request, shown: ShownRun | None, smoothing: float, zoom: list[float] | None
    ) -> Updates:
        """Draw the curves again after another smoothing or another part was chosen."""
        with shown_to_visitor():
            return gr.skip() if shown is None else self._curves(shown.run_id, smoothing, zoom, language_of(request))

    def enlarge(self, event: gr.SelectData) -> list[float] | None:
        """Return the steps that were dragged over; a click without a drag shows everything again."""
        first, last = event.index
        return [float(first), float(last)] if last > first else None

    # --- doing ---

    def pause(self, request: gr.Request, runs: Runs | None, shown: ShownRun | None, smoothing: float) -> Updates:
        """Save the run and let it rest."""
        return self._do(self._training.jobs.pause, request, runs, shown, smoothing)

    def resume(self, request: gr.Request, runs: Runs | None, shown: ShownRun | None, smoothing: float) -> Updates:
        """Continue the run."""
        return self._do(self._training.jobs.resume, request, runs, shown, smoothing)

    def finish(self, request: gr.Request, runs: Runs | None, shown: ShownRun | None, smoothing: float) -> Updates:
        """End the run where it is and keep its model; one that has not begun leaves the queue."""

        def end(run_id: str) -> None:
            is_waiting = self._training.jobs.view(run_id).state == "queued"
            (self._training.jobs.stop if is_waiting else self._training.jobs.finish)(run_id)

        return self._do(end, request, runs, shown, smoothing)

    def ask(self) -> Any:
        """Show the second button, which deletes."""
        return gr.update(visible=True)

    def delete(self, request: gr.Request, runs: Runs | None) -> Updates:
        """Delete the current run with everything that belongs to it."""
        with shown_to_visitor():
            known = self._read_runs(runs)
            if known["current"] is not None:
                self._training.jobs.delete(known["current"])
            ids = [run_id for run_id in known["ids"] if run_id != known["current"]]
            self._lists.remove(known["visitor"], known["current"])
            left: Runs = {**known, "current": None, "ids": ids}
            language = language_of(request)
            return {self._widgets.runs: left, **self._show_nothing(left, language, say(language, "train_deleted"))}

    def put_away(self, request: gr.Request, runs: Runs | None) -> Updates:
        """Make room for new pictures; the run continues and stays in the list."""
        left = {**self._read_runs(runs), "current": None}
        return {self._widgets.runs: left, **self._show_nothing(left, language_of(request))}

    # --- pieces ---

    def with_run(self, runs: Runs | None, run_id: str) -> Runs:
        """Return what the browser shall remember after a start, of all of its tabs."""
        known = self._read_runs(runs)
        self._lists.add(known["visitor"], run_id)
        return {**known, "current": run_id, "ids": [run_id, *known["ids"]][:KEPT_IDS]}

    def models_of(self, runs: Any) -> list[str]:
        """Return the names of the models that a browser's own runs have written, the newest first."""
        ids = self._read_runs(runs)["ids"]
        return [view.model for view in self._training.jobs.views() if view.run_id in ids and view.model]

    def free_title(self, title: str, runs: Any) -> str:
        """Return a title, numbered if a browser's own run has it: two models of one title look alike in every list."""
        ids = self._read_runs(runs)["ids"]
        taken = {view.title for view in self._training.jobs.views() if view.run_id in ids}
        numbered = (f"{title[: MAX_TITLE - 4]} {number}" for number in itertools.count(2))
        return next(free for free in itertools.chain([title], numbered) if free not in taken)

    def _read_runs(self, runs: Any) -> Runs:
        """Return what the browser remembers; it is data from outside."""
        values = runs if isinstance(runs, dict) else {}
        ids = values.get("ids")
        plain = [run_id for run_id in ids if isinstance(run_id, str)] if isinstance(ids, list) else []
        current, visitor = values.get("current"), visitor_of(runs)
        ids = self._lists.all_of(visitor, plain[:KEPT_IDS])
        return {"current": current if isinstance(current, str) else None, "ids": ids, "visitor": visitor}

    def _exists(self, run_id: str | None) -> bool:
        if run_id is None:
            return False
        try:
            self._training.jobs.view(run_id)
        except RequestError:
            return False
        return True

    def _find_running(self, runs: Runs) -> str | None:
        """Return a run in progress: the visitor's own, or any where visitors are trusted, also from another browser."""
        for view in self._training.jobs.views():
            if view.is_active and (view.run_id in runs["ids"] or not self._training.limits.is_public):
                return view.run_id
        return None

    def _do(
        self, act: Any, request: gr.Request, runs: Runs | None, shown: ShownRun | None, smoothing: float
    ) -> Updates:
        with shown_to_visitor():
            known = self._read_runs(runs)
            if known["current"] is None:
                raise RequestError("Run not found.")
            act(known["current"])
            return self.poll(request, known, shown, smoothing, None, None)

    def _look(
        self,
        shown: ShownRun,
        runs: Runs,
        smoothing: float,
        zoom: list[float] | None,
        language: str,
        position: float | None = None,
    ) -> Updates:
        """Return what has changed since ``shown``; ``position`` is where the time slider stands, None for its end."""
        w, view = self._widgets, self._training.jobs.view(shown.run_id)
        files = self._training.jobs.files(shown.run_id)
        is_done = view.state == "finished" and bool(view.model)
        updates: Updates = {
            w.status: status_html(view, self._training.limits.is_public, language),
            w.timer: gr.update(active=view.is_active),
        }
        if not shown.state:  # the first look
            updates |= self.drawing.offer(shown.run_id, language)
        sheets = tuple(files.sheets())
        evaluated = int(files.metrics.last.get("step", -1))
        if (sheets, evaluated) != (shown.sheets, shown.evaluated):
            updates |= self._sheets(shown, sheets, language, position)
        if (view.step, evaluated) != (shown.step, shown.evaluated):
            updates |= self._curves(shown.run_id, smoothing, zoom, language) | self._lesson(shown.run_id, language)
        if view.state != shown.state:
            updates |= self._buttons(view, is_done) | {w.run_list: self._run_list(runs, shown.run_id, language)}
        if is_done and not shown.model:
            updates |= self._offer_download(view) | self._outcome(view, shown, sheets, language, position)
        model = view.model if is_done else ""
        updates[w.shown] = replace(
            shown, step=view.step, evaluated=evaluated, sheets=sheets, state=view.state, model=model
        )
        return updates

    def _buttons(self, view: RunView, is_done: bool) -> Updates:
        w = self._widgets
        is_going = view.state in ("preparing", "running")
        can_keep = is_going or view.state == "queued" or (view.is_resumable and view.step > 0)
        return {
            w.pause: gr.update(visible=is_going or view.state == "queued"),
            w.resume: gr.update(visible=view.is_resumable),
            w.stop: gr.update(visible=can_keep),
            w.use: gr.update(visible=is_done),
            w.download: gr.update(visible=is_done),
            w.hub: gr.update(visible=is_done),
        }

    def _sheets(self, shown: ShownRun, sheets: tuple[int, ...], language: str, position: float | None) -> Updates:
        """Extend the time slider; at its right end it follows, elsewhere it stays."""
        w, last, files = self._widgets, len(sheets) - 1, self._training.jobs.files(shown.run_id)
        updates: Updates = {
            w.time: gr.update(maximum=max(1, last)),
            w.before: self._copy(shown.run_id, files.sheets().get(sheets[0])) if sheets else None,
            w.real: self._copy(shown.run_id, files.real_sheet),
        }
        follows = position is None or position >= len(shown.sheets) - 1
        if sheets and follows:
            updates[w.time] = gr.update(maximum=max(1, last), value=last)
            updates |= self._moment(replace(shown, sheets=sheets), last, language)
        return updates

    def _outcome(
        self, view: RunView, shown: ShownRun, sheets: tuple[int, ...], language: str, position: float | None
    ) -> Updates:
        """Show a finished model beside what there was before, as one more moment, and whether classes are recognised.

        Runs of before it was looked at show nothing more.
        """
        w, files = self._widgets, self._training.jobs.files(view.run_id)
        updates: Updates = {w.by_class: by_class_html(files.by_class(), language)}
        if not files.model_sheet.is_file():
            return updates
        last = len(sheets)
        if position is not None and position < len(shown.sheets) - 1:  # somebody looks at an earlier moment
            return {**updates, w.time: gr.update(maximum=last)}
        after = self._moment(replace(shown, sheets=sheets, model=view.model), last, language)
        return {**updates, w.time: gr.update(maximum=last, value=last), **after}

    def _after(self, run_id: str, language: str) -> Updates:
        w, jobs = self._widgets, self._training.jobs
        files = jobs.files(run_id)
        sheet = self._copy(run_id, files.model_sheet)
        return {
            w.now: gr.update(value=sheet, label=say(language, "train_after")),
            w.shown_step: after_text(step_of(files.model), jobs.view(run_id).request.base, language),
        }

    def _moment(self, shown: ShownRun, position: int, language: str) -> Updates:
        step = shown.sheets[max(0, min(position, len(shown.sheets) - 1))]
        w, files = self._widgets, self._training.jobs.files(shown.run_id)
        is_newest = step == shown.sheets[-1]
        worst = [sheet for evaluated, sheet in files.worst_sheets().items() if is_newest or evaluated <= step]
        updates: Updates = {
            w.now: gr.update(
                value=self._copy(shown.run_id, files.sheets().get(step)), label=say(language, "train_now")
            ),
            w.worst: self._copy(shown.run_id, worst[-1], f"worst-{worst[-1].name}") if worst else None,
            w.shown_step: say(language, "train_shown_step", step=step),
        }
        is_after = bool(shown.model) and position >= len(shown.sheets) and files.model_sheet.is_file()
        return updates | self._after(shown.run_id, language) if is_after else updates

    def _lesson(self, run_id: str, language: str) -> Updates:
        files = self._training.jobs.files(run_id)
        said = overfitting_html(share_by_heart(files.log), best_step(files.metrics), files.held_out(), language)
        return {self._widgets.lesson: said}

    def _curves(self, run_id: str, smoothing: float, zoom: list[float] | None, language: str) -> Updates:
        w, files = self._widgets, self._training.jobs.files(run_id)
        learned, measured = files.log.curves(min(max(smoothing, 0.0), 0.98)), files.metrics.curves()
        tables = {
            w.losses: table(learned, named(LOSSES, language)),
            w.scores: table(learned, named(SCORES, language)),
            w.metrics: table(measured, distances(files.metrics.last, language)),
            w.shares: table(measured, named(SHARES, language)),
        }
        # A plot appears with its second step, since one is no line; for the reason given in _blank it never goes again.
        shown: dict[str, Any] = {"visible": True}
        return {
            plot: gr.update(value=rows, x_lim=zoom, **(shown if rows["step"].nunique() > 1 else {}))
            for plot, rows in tables.items()
        }

    def _offer_download(self, view: RunView) -> Updates:
        folder = self._training.jobs.model_folder(view.run_id)
        archive = zip_folder(folder, self.copies(view.run_id) / f"{view.model}.zip")
        return {self._widgets.download: gr.update(value=str(archive), visible=True)}

    def use(self, request: gr.Request, shown: ShownRun | None) -> None:
        """Choose the run's model for the other pages."""
        with shown_to_visitor():
            if shown is None or not shown.model:
                raise RequestError("This run has not written its model yet.")
            visit = self._visits.of(request)
            visit.model, visit.is_pinned = self._services.model(shown.model).name, True

    def copies(self, run_id: str) -> Path:
        """Return where files of a run are copied to be looked at or saved; they go after an hour."""
        return self._services.output_dir / "training" / run_id

    def _copy(self, run_id: str, file: Path | None, name: str = "") -> str | None:
        """Return a sheet where it may be served."""
        copy = None if file is None else copy_once(file, self.copies(run_id), name or file.name)
        return None if copy is None else str(copy)

    def _choices(self, runs: Runs, language: str) -> list[tuple[str, str]]:
        views = self._training.jobs.views()
        if self._training.limits.is_public:
            views = [view for view in views if view.run_id in runs["ids"]]
        return [(run_line(view, language), view.run_id) for view in views]

    def _run_list(self, runs: Runs, current: str | None, language: str) -> Any:
        return gr.update(choices=self._choices(runs, language), value=current)

    def _show_nothing(self, runs: Runs, language: str, sentence: str = "") -> Updates:
        w = self._widgets
        hidden = {part: gr.update(visible=False) for part in (w.pause, w.resume, w.stop, w.use, w.download, w.hub)}
        return {
            **self._blank(),
            **hidden,
            w.shown: None,
            w.status: sentence,
            w.timer: gr.update(active=False),
            w.run_list: self._run_list(runs, None, language),
        }

    def _blank(self) -> Updates:
        """Clear what belongs to another run."""
        w = self._widgets
        return {
            **dict.fromkeys((w.before, w.now, w.real, w.worst, w.zoom)),
            # An empty table and not None: Gradio 6.31 takes the plot away for None and then looks for its width.
            **{plot: gr.update(value=table([], {})) for plot in plots(w)},
            w.lesson: "",
            w.by_class: "",
            w.shown_step: "",
            w.pushed: "",
            w.project_said: "",
            w.project_save: gr.update(value=None, visible=False),
            w.delete_sure: gr.update(visible=False),
            **self.drawing.offer(None),
        }


def plots(w: TrainWidgets) -> list[Any]:
    """Return the plots of a run."""
    return [w.losses, w.scores, w.metrics, w.shares]


def shown_parts(w: TrainWidgets) -> list[Any]:
    """Return everything that a look at a run may change."""
    return [
        w.status, w.timer, w.shown, w.before, w.now, w.real, w.worst, w.time, w.shown_step, w.lesson, *plots(w),
        w.pause, w.resume, w.stop, w.use, w.download, w.hub, w.run_list, w.runs, w.zoom, w.pushed, w.delete_sure,
        w.try_own, w.try_photo, w.tried, w.tried_step, w.by_class, w.project_said, w.project_save,
    ]  # fmt: skip


def wire(live: LiveRun, w: TrainWidgets, demo: gr.Blocks) -> None:
    """Connect the run's widgets to their handlers; nothing here waits behind a drawing."""
    parts = shown_parts(w)
    demo.load(live.attach, [w.runs, w.smoothing], parts, **AT_ONCE)
    looking = [w.runs, w.shown, w.smoothing, w.zoom, w.time]
    w.timer.tick(live.poll, looking, parts, **AT_ONCE)
    w.run_list.input(live.choose, [w.run_list, w.runs, w.smoothing], parts, **QUICKLY, **told_once("train-run-list"))
    for button, act in ((w.pause, live.pause), (w.resume, live.resume), (w.stop, live.finish)):
        acted = button.click(act, [w.runs, w.shown, w.smoothing], parts, **AT_ONCE)
        # A look from before the click may be answered after it, and would end the looking.
        acted.then(live.poll, looking, parts, **AT_ONCE)
    w.time.input(
        live.show_moment, [w.time, w.shown], [w.now, w.worst, w.shown_step], trigger_mode="always_last", **AT_ONCE
    )
    w.smoothing.input(
        live.redraw,
        [w.shown, w.smoothing, w.zoom],
        plots(w),
        trigger_mode="always_last",
        **AT_ONCE,
    )
    for plot in plots(w):
        plot.select(live.enlarge, None, w.zoom, **AT_ONCE)
        plot.double_click(lambda: None, None, w.zoom, **AT_ONCE)
    w.zoom.change(live.redraw, [w.shown, w.smoothing, w.zoom], plots(w), **AT_ONCE)
    w.delete.click(live.ask, None, w.delete_sure, **AT_ONCE)
    w.delete_sure.click(live.delete, [w.runs], parts, **AT_ONCE)
