"""How long long work takes, in words."""

from html import escape

from icgan_demo.ui.texts.language import say

WORTH_SAYING_S = 5.0


def duration(seconds: float, language: str) -> str:
    """Return a length of time in the largest units that say something."""
    whole = max(0, round(seconds))
    if whole < 90:
        return say(language, "duration_seconds", count=whole)
    if whole < 5400:
        return say(language, "duration_minutes", count=round(whole / 60))
    minutes = round(whole / 60)
    return say(language, "duration_hours", hours=minutes // 60, minutes=minutes % 60)


def time_left_of(elapsed_s: float, done: float, total: float) -> float | None:
    """Return the seconds that the rest takes if it comes as what is done did; None while nothing is done."""
    return elapsed_s * (total - done) / done if done > 0 else None


def with_time_left(sentence: str, left_s: float | None, language: str) -> str:
    """Return how far some work is, and how long it still takes where that is known and worth saying."""
    if left_s is None or left_s < WORTH_SAYING_S:
        return sentence
    return f"{sentence} · {say(language, 'time_left', time=duration(left_s, language))}"


def step_progress(
    sentence: str, elapsed_s: float, left_s: float | None, language: str, share: float | None = None
) -> str:
    """Return how far one long step is, as HTML: what it is, how long it has run, how long it still takes if known.

    Args:
        sentence: what is being done.
        elapsed_s: since its beginning.
        left_s: until its end; None where nothing is known of it.
        language: of the answer.
        share: what is done, 0..1; None to take it from the times, or, where those are unknown, to show no measure.
    """
    said = f"{sentence} · {say(language, 'time_passed', time=duration(elapsed_s, language))}"
    if share is None and left_s is not None:
        share = elapsed_s / max(elapsed_s + left_s, 1e-9)
    value = "" if share is None else f" value={min(share, 1.0):.3f} max=1"
    return f"{escape(with_time_left(said, left_s, language))}<progress{value}></progress>"


def progress(done: int, total: int, language: str, left_s: float | None = None) -> str:
    """Return how far a drawing is, in words and as a bar; how long it still takes, if that is worth saying."""
    key = "drawing" if left_s is None or left_s < WORTH_SAYING_S else "drawing_left"
    said = say(language, key, done=done, total=total, seconds=left_s)
    return f"{said}<progress value={done} max={total}></progress>"
