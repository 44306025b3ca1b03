"""Grids of an instance: the image that its cells change, for each model that draws it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import DirectionsRequest, Move
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap, TravelStop
from icgan_demo.service.drawing.grid_requests import GridAxis, GridRequest, Setting
from icgan_demo.service.drawing.other_model import carried_over
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.values import ModelInfo

SUGGESTED = 5
"""Values of an axis that nobody has chosen."""


def grid_of(
    sampling: Sampling, image: DrawRequest, columns: GridAxis, rows: GridAxis, photo: Path | None = None
) -> GridRequest:
    """Return the grid of one image.

    A class whose weight changes is the image's, else that of its instance; a direction is the image's first, else the
    strongest of the model's weights. Where models change, each draws the image as
    it understands it: classes by their names, the instance as its own encoder sees ``photo``.

    Args:
        sampling: knows the models.
        image: of one seed.
        columns: what changes from left to right.
        rows: what changes from top to bottom.
        photo: of the instance, where it is known.
    Raises:
        RequestError: if the settings do not fit each other or the models.
    """
    settings = {columns.setting, rows.setting}
    if Setting.CLASS_WEIGHT in settings and Setting.CLASS not in settings and not image.blend.swap.targets:
        own = sampling.drawing.own_class(image.model, image.blend.features[0])
        image = replace(image, blend=replace(image.blend, swap=Swap.to(own)))
    if Setting.DIRECTION in settings and not image.moves:
        strongest = sampling.drawing.directions(DirectionsRequest(image.model))[0]
        image = image.moved(Move(strongest, 0.0))
    images = [image]
    for axis in (columns, rows):
        if axis.setting is Setting.MODEL:
            images = [_drawn_by(sampling, image, str(name), photo) for name in axis.values]
        if axis.setting is Setting.CLASS and not _info(sampling, image.model).class_names:
            raise RequestError("This model has no classes. Choose another setting, or another model.")
    return GridRequest(tuple(images), columns, rows)


def suggested(setting: Setting, sampling: Sampling, info: ModelInfo, own: str | None = None) -> GridAxis:
    """Return an axis with values that show what a setting does; ``own`` is the instance's class, if it has one."""
    match setting:
        case Setting.MODEL:
            usable = [each.name for each in sampling.models() if each.state in ("ready", "available")]
            others = [name for name in usable if name != info.name]
            return GridAxis(setting, (info.name, *others[: SUGGESTED - 1]))
        case Setting.CLASS:
            known = info.class_names
            places = range(min(SUGGESTED, len(known)))
            some = [name for place in places if (name := known[len(known) * place // len(places)]) != own]
            return GridAxis(setting, (own or "", *some[: SUGGESTED - 1]))
        case Setting.STYLE:
            sides = [8 << block for block in range(info.resolution.bit_length() - 3)]
            return GridAxis(setting, tuple(sides[:SUGGESTED]) or (8,))
        case Setting.DIRECTION:
            return GridAxis(setting, (-3, -1.5, 0, 1.5, 3))
        case Setting.TRUNCATION:
            return GridAxis(setting, (0.2, 0.4, 0.6, 0.8, 1))
        case Setting.SEED:
            return GridAxis(setting, tuple(range(SUGGESTED)))
        case _:
            return GridAxis(setting, (0, 0.25, 0.5, 0.75, 1))


def _drawn_by(sampling: Sampling, image: DrawRequest, name: str, photo: Path | None) -> DrawRequest:
    """Return an image as another model draws it."""
    if name == image.model:
        return image
    source, target = _info(sampling, image.model), _info(sampling, name)
    blends: Sequence[Blend] = [image.blend, image.fine or image.blend]
    stops = tuple(TravelStop(blend, image.seeds[0]) for blend in blends)
    photos = {} if photo is None or len(image.blend.features) > 1 else {0: photo}
    main, fine = carried_over(stops, source, target, sampling, photos).stops
    return replace(
        image, model=name, blend=main.blend, fine=None if image.fine is None else fine.blend, noise=None, centre=None
    )


def _info(sampling: Sampling, name: str) -> ModelInfo:
    found = next((each for each in sampling.models() if each.name == name), None) or sampling.unlisted(name)
    if found is None:
        known = ", ".join(each.name for each in sampling.models())
        raise RequestError(f"There is no model {name!r:.60}. Known models: {known}.")
    return found
