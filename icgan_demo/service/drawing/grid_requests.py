"""A grid: one image drawn again and again, two of its settings changed against each other; checked on construction."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_number, is_whole, whole
from icgan_demo.service.drawing.direction_requests import MAX_AMOUNT
from icgan_demo.service.drawing.drawing_requests import DrawRequest, Request, Swap

MAX_SIDE = 12
"""Columns or rows at most: more would be too small to compare."""

Value = int | float | str


class Setting(Enum):
    """What may change along an axis."""

    MODEL = "model"
    CLASS = "class"
    CLASS_WEIGHT = "class_weight"
    """0 no label, 1 the class in full."""
    INSTANCE = "instance"
    """0 the class alone, 0.5 both in full, 1 the instance alone."""
    STYLE = "style"
    """Output side of the first block that takes the style of a second instance, px."""
    DIRECTION = "direction"
    """Standard deviations along the image's first direction, -6..6."""
    TRUNCATION = "truncation"
    SEED = "seed"


NAMED = (Setting.MODEL, Setting.CLASS)
"""Settings whose values are names; those of others are numbers."""
WHOLE = (Setting.STYLE, Setting.SEED)


@dataclass(frozen=True)
class GridAxis:
    """One setting with its values."""

    setting: Setting
    values: tuple[Value, ...]
    """1 to 12, in their order: names of models or classes ("" for no label), or numbers."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.values) <= MAX_SIDE:
            raise RequestError(f"A grid has between 1 and {MAX_SIDE} rows and columns, got {len(self.values)}.")
        if len(set(self.values)) < len(self.values):
            raise RequestError(f"The {self.name} has a value twice. Give each once.")
        for value in self.values:
            if isinstance(value, str) != (self.setting in NAMED):
                kind = "names" if self.setting in NAMED else "numbers"
                raise RequestError(f"The values of the {self.name} must be {kind}, got {value!r:.40}.")
            if self.setting in WHOLE and not is_whole(whole(value), 0, 2**31 - 1):
                raise RequestError(f"The {self.name} must be a whole number, got {value!r:.40}.")
            if self.setting is Setting.CLASS_WEIGHT:
                check_number("The class weight", float(value), 0, 1)
            if self.setting is Setting.DIRECTION:
                check_number("The amount of a direction", float(value), -MAX_AMOUNT, MAX_AMOUNT)

    @property
    def name(self) -> str:
        """The setting in words."""
        return self.setting.value.replace("_", " ")

    @property
    def labels(self) -> list[str]:
        """Return what stands beside the rows or above the columns."""
        return [(value or "no label") if isinstance(value, str) else f"{value:.10g}" for value in self.values]

    @classmethod
    def parsed(cls, setting: Setting, text: str) -> "GridAxis":
        """Return an axis whose values stand in a text, between semicolons, or commas where there is none.

        Raises:
            RequestError: if there are too many or none, or one is no number where it must be.
        """
        parts = [part.strip() for part in text.split(";" if ";" in text else ",")]
        parts = parts if any(parts) else []
        if setting in NAMED:
            return cls(setting, tuple(parts))
        return cls(setting, tuple(_number(part) for part in parts if part))


@dataclass(frozen=True)
class GridRequest:
    """All combinations of two settings."""

    images: tuple[DrawRequest, ...]
    """The one image that the cells change; with models along an axis one for each, in their order."""
    columns: GridAxis
    rows: GridAxis

    def __post_init__(self) -> None:
        if self.columns.setting is self.rows.setting:
            raise RequestError("Rows and columns change the same setting. Choose two different ones.")
        assert self.images, "a grid changes an image"
        assert all(len(image.seeds) == 1 and image.best_of is None for image in self.images), "one image"
        models = next((axis.values for axis in self._axes if axis.setting is Setting.MODEL), None)
        if tuple(image.model for image in self.images) != (self.images[:1] and (models or (self.images[0].model,))):
            raise RequestError("The grid does not hold an image for each of its models.")
        settings = [axis.setting for axis in self._axes]
        if Setting.STYLE in settings and self.images[0].fine is None:
            raise RequestError("Choose an instance that gives the style of the fine blocks.")
        if Setting.DIRECTION in settings and not self.images[0].moves:
            raise RequestError("Choose a direction along which the image is to change.")
        if Setting.DIRECTION in settings and models:
            raise RequestError("A direction belongs to one model. Let something else change beside it.")
        if Setting.SEED in settings and self.images[0].noise is not None:
            raise RequestError("This image has noise of its own and no seed. Choose another setting.")
        if Setting.CLASS_WEIGHT in settings and Setting.CLASS not in settings:
            for image in self.images:
                if not image.blend.swap.targets:
                    raise RequestError("Choose a class whose weight is to change.")
        for row in range(len(self.rows.values)):
            for column in range(len(self.columns.values)):
                self.cell(row, column)  # checks what a value means for the image

    @property
    def _axes(self) -> tuple[GridAxis, GridAxis]:
        return self.columns, self.rows

    def title(self, axis: GridAxis) -> str:
        """Return what an axis is called: the setting, or its direction, where the sheet's letters can write that."""
        if axis.setting is not Setting.DIRECTION:
            return axis.name
        name = self.images[0].moves[0].direction.name
        return name if name and name.isascii() else axis.name

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.columns.values) * len(self.rows.values)

    def cell(self, row: int, column: int) -> DrawRequest:
        """Return the request of one cell."""
        chosen = {self.columns.setting: column, self.rows.setting: row}
        image = self.images[chosen.pop(Setting.MODEL, 0)]
        for setting in Setting:  # a class first, then its weight
            if setting in chosen:
                axis = self.columns if setting is self.columns.setting else self.rows
                image = _changed(image, setting, axis.values[chosen[setting]])
        return image

    def parts(self) -> Iterator[DrawRequest]:
        """Yield requests that draw all cells, row by row; cells of a row that differ in their seeds are one."""
        width = len(self.columns.values)
        for row in range(len(self.rows.values)):
            cells = [self.cell(row, column) for column in range(width)]
            if self.columns.setting is Setting.SEED:
                yield replace(cells[0], seeds=tuple(cell.seeds[0] for cell in cells))
            else:
                yield from cells


Drawable = Request | GridRequest


def _changed(image: DrawRequest, setting: Setting, value: Value) -> DrawRequest:
    """Return an image with another value of a setting; raises RequestError for one out of range."""
    blend = image.blend
    match setting:
        case Setting.CLASS:
            return replace(image, blend=replace(blend, swap=Swap.to(str(value))))
        case Setting.CLASS_WEIGHT:
            return replace(image, blend=replace(blend, swap=replace(blend.swap, position=float(value))))
        case Setting.INSTANCE:
            return replace(image, blend=replace(blend, balance=float(value)))
        case Setting.STYLE:
            return replace(image, fine_from=int(value))
        case Setting.DIRECTION:
            first, *others = image.moves
            return replace(image, moves=(replace(first, amount=float(value)), *others))
        case Setting.TRUNCATION:
            return replace(image, truncation=float(value))
        case _:
            return replace(image, seeds=(int(value),))


def _number(text: str) -> float:
    try:
        return whole(float(text))
    except ValueError as error:
        raise RequestError(f"The values must be numbers with a semicolon between them, got {text!r:.40}.") from error
