"""Whether a run has begun to learn its pictures by heart, and its best step, from what its folder says."""

from icgan_demo.service.training.run_files import Series

RECENT = 5
"""Newest scores that are averaged."""
BY_HEART = 0.5
"""From here on, new pictures look more like drawn ones than like training pictures to the discriminator."""
LEAST_GAP = 0.02
"""Scores of real and drawn pictures that differ by less say nothing yet."""


def share_by_heart(log: Series) -> float | None:
    """Return how far pictures held out have moved from the training pictures to the drawn ones, in the newest scores.

    0 where the discriminator tells no difference between pictures it has learned from and others, 1 where others pass
    for drawn ones. None before there are ``RECENT`` scores, without pictures held out, or while the discriminator
    cannot tell real from drawn.
    Source: Karras et al. 2020 (ADA), equation 1.
    """
    newest = {curve.name: curve.values[-RECENT:] for curve in log.curves() if curve.name in _SCORES}
    if len(newest) < len(_SCORES) or min(map(len, newest.values())) < RECENT:
        return None
    seen, held_out, drawn = (sum(newest[name]) / RECENT for name in _SCORES)
    return (seen - held_out) / (seen - drawn) if seen - drawn > LEAST_GAP else None


_SCORES = ("score_seen", "score_held_out", "score_drawn")


def best_step(metrics: Series) -> int | None:
    """Return the step with the smallest kernel distance: to pictures held out, where there are some. None before any.

    It is the step that the trainer keeps for its model.
    """
    curves = {curve.name: curve for curve in metrics.curves(points=1_000_000)}
    curve = curves.get("held_out_kd") or curves.get("kd")
    if curve is None:
        return None
    later = [(value, step) for step, value in zip(curve.steps, curve.values, strict=True) if step > 0]
    return min(later)[1] if later else None
