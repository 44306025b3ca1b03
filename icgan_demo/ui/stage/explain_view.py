"""How samples lie among real pictures, as a table and three sentences."""

from collections.abc import Sequence
from html import escape

from icgan_demo.service.banks.bank_requests import Explanation, NearestInstance
from icgan_demo.ui.texts.language import say

MAX_LISTED = 16


def explanation_html(found: Explanation, seeds: Sequence[int], language: str, *, is_own_bank: bool) -> str:
    """Return the explanation of samples in the order of their seeds; class names come from outside and are escaped.

    Args:
        found: what was measured.
        seeds: of the samples.
        language: of the sentences.
        is_own_bank: whether the bank looked at is the model's own, whose instances are training pictures.
    """
    columns: list[tuple[str, tuple[NearestInstance, ...]]] = []
    if found.nearest:
        columns.append(("explain_nearest" if is_own_bank else "explain_nearest_bank", found.nearest))
    if found.nearest_training and not is_own_bank:
        columns.append(("explain_nearest", found.nearest_training))
    names = ["explain_seed", "explain_instance", *(name for name, _ in columns)]
    head = "".join(f'<th scope="col">{escape(say(language, name))}</th>' for name in names)
    rows = []
    for place, (seed, distance) in enumerate(zip(seeds, found.distances, strict=True)):
        cells = [f'<th scope="row">{seed}</th>', f"<td>{distance:.2f}</td>"]
        cells += [_near(nearest[place], language) for _, nearest in columns]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows[:MAX_LISTED])}</tbody></table>"
    return f'<section class="explanation">{_figures(found, language)}{table}{_verdict(found, language)}</section>'


def _figures(found: Explanation, language: str) -> str:
    """Return fidelity and diversity beside those of the real neighbours; a single picture has no diversity."""
    pairs = [("explain_fidelity", found.fidelity, found.real_fidelity)]
    if len(found.distances) > 1:
        pairs.append(("explain_diversity", found.diversity, found.real_diversity))
    parts = []
    for name, drawn, real in pairs:
        values = f"<dd><b>{drawn:.2f}</b> {escape(_counted(len(found.distances), language))}"
        if real is not None:
            values += f" · <b>{real:.2f}</b> {escape(say(language, 'explain_real'))}"
        note = escape(say(language, f"{name}_note"))
        parts.append(f'<div><dt title="{note}">{escape(say(language, name))}</dt>{values}</dd><dd>{note}</dd></div>')
    return f"<dl>{''.join(parts)}</dl>"


def _counted(count: int, language: str) -> str:
    return say(language, "explain_drawn_one") if count == 1 else say(language, "explain_drawn", count=count)


def _near(near: NearestInstance, language: str) -> str:
    name = near.label or say(language, "unlabelled", row=near.row)
    warning = f" <strong>{escape(say(language, 'explain_suspicious'))}</strong>" if near.is_suspicious else ""
    return f"<td>{near.distance:.2f} <span>{escape(name)}</span>{warning}</td>"


def _verdict(found: Explanation, language: str) -> str:
    """Return whether samples look copied, and what that can and cannot mean."""
    if not found.nearest_training:
        return f"<p>{escape(say(language, 'explain_no_training'))}</p>"
    count = sum(near.is_suspicious for near in found.nearest_training)
    name = "explain_copies" if count else "explain_no_copies"
    sentence = say(language, name, count=count, total=len(found.distances))
    note = say(language, "explain_note", stored=found.training_count)
    return f"<p><b>{escape(sentence)}</b></p><p>{escape(note)}</p>"
