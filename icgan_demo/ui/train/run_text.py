"""Sentences about training sets and runs; every name from outside is escaped."""

from html import escape

from icgan_demo.config import Limits
from icgan_demo.service.training.estimates import Estimate
from icgan_demo.service.training.job_record import RunView
from icgan_demo.service.training.overfitting import BY_HEART
from icgan_demo.service.training.project_file import Lack
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_sets import TrainingSet
from icgan_demo.ui.common.time_left import duration
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import say

LISTED = 50
LISTED_STRAYS = 5


def set_html(found: TrainingSet, limits: Limits, language: str) -> str:
    """Return what was understood of a set: counts, classes, what was left out and why."""
    classes, strays = found.classes, found.strays
    count = len(found.pictures) - len(strays)
    key = ("train_count", "train_in_class", "train_in_classes")[min(2, len(classes))]
    facts = [f"<b>{say(language, key, count=count, classes=len(classes))}</b>"]
    if found.duplicates:
        facts.append(say(language, "train_duplicates", count=found.duplicates))
    if found.similar:
        facts.append(say(language, "train_similar", count=found.similar))
    parts = [f"<p>{' · '.join(facts)}</p>"]
    if count < limits.min_pictures:
        parts.append(f"<p class='warning'>{say(language, 'train_too_few', least=limits.min_pictures)}</p>")
    if strays:
        names = ", ".join(picture.name for picture in strays[:LISTED_STRAYS])
        parts.append(f"<p>{escape(say(language, 'train_strays', count=len(strays), names=names))}</p>")
    if found.pictures and not classes:
        key = "train_no_classes" if found.loses_folders else "train_no_folders"
        parts.append(f"<p>{say(language, key)}</p>")
    parts += [f"<p>{escape(in_language(note, language))}</p>" for note in found.notes[:LISTED]]
    if found.skipped:
        heading = say(language, "train_skipped", count=len(found.skipped))
        why = [(name, in_language(reason, language)) for name, reason in found.skipped[:LISTED]]
        rows = "".join(f"<li><b>{escape(name)}</b> {escape(reason)}</li>" for name, reason in why)
        parts.append(f"<details><summary>{heading}</summary><ul>{rows}</ul></details>")
    return "".join(parts)


def status_html(view: RunView, is_own: bool, language: str) -> str:
    """Return one line about a run, with a bar of its progress and the trainer's own sentence below."""
    key = f"train_state_{view.state}"
    if view.state == "finished" and (view.is_of_pair or is_own):
        key = "train_state_finished_pair" if view.is_of_pair else "train_state_finished_own"
    values = {"step": view.step, "steps": view.steps, "position": view.position}
    facts = [say(language, key, time=duration(view.elapsed_s, language), **values)]
    if view.state == "running":
        if view.eta_s is not None:
            facts.append(say(language, "time_left", time=duration(view.eta_s, language)))
        if view.images_per_s:
            facts.append(say(language, "train_speed", speed=view.images_per_s))
    if view.hit_limit:
        facts.append(say(language, "train_limit_ended", step=view.step, steps=view.steps))
    line = f"<b>{escape(view.title)}</b> · {' · '.join(facts)}"
    bar = f"<progress value={view.step} max={max(1, view.steps)}></progress>" if view.is_active else ""
    wants_words = view.state in ("preparing", "failed", "stopped", "finished", "running")
    said = f"<small>{escape(in_language(view.message, language))}</small>" if view.message and wants_words else ""
    return f"{line}{bar}{said}{_lacking_html(view, language)}"


def _lacking_html(view: RunView, language: str) -> str:
    """Return what a run that was opened from a file cannot do; of a finished one, only images are of further use."""
    lacking = [lack for lack in view.lacks if view.state != "finished" or lack == Lack.IMAGES]
    return f"<small>{say(language, f'project_lacks_{lacking[0]}')}</small>" if lacking else ""


def overfitting_html(share: float | None, best: int | None, held_out: int | None, language: str) -> str:
    """Return what the held-out images say about a run, as sentences; nothing for a run that does not mention them."""
    if held_out is None:
        return ""
    if held_out == 0:
        return f"<p>{say(language, 'train_nothing_held_out')}</p>"
    said = [say(language, "train_held_out", count=held_out)]
    if share is not None:
        is_bad = share >= BY_HEART
        sentence = say(language, "train_overfits" if is_bad else "train_overfits_not", share=min(max(share, 0.0), 1.0))
        said.append(f"<b>{sentence}</b>" if is_bad else sentence)
    if best is not None:
        said.append(say(language, "train_best_step", step=best))
    return f"<p>{' '.join(said)}</p>"


def run_line(view: RunView, language: str) -> str:
    """Return a run as a line of the list."""
    state = say(language, f"train_name_{view.state}")
    return say(language, "train_run_line", title=view.title, state=state, step=view.step)


def estimate_text(estimate: Estimate, request: TrainRequest, language: str) -> str:
    """Return how long a run will take, or how far it will come, and its memory."""
    done = estimate.steps_of(request)
    if request.minutes is not None and done < request.steps:
        said = say(language, "train_estimate_limited", minutes=request.minutes, done=done, steps=request.steps)
    else:
        time = duration(done * estimate.seconds_per_step, language)
        said = say(language, "train_estimate", time=time, steps=request.steps)
    if estimate.memory_mb is None:
        return said
    return f"{said} {say(language, 'train_estimate_memory', memory=estimate.memory_mb / 1000)}"
