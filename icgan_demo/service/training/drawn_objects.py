"""The built-in training set: four kinds of objects drawn from formulas, so that training can be tried offline.

Every picture has its own shape, colours, light and background; the same program draws the same pictures everywhere.
"""

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

SIDE = 128
SUPERSAMPLING = 2
PER_CLASS = 15
SEED = 20

Colour = np.ndarray
"""RGB, 0..1, shape (3,)."""


def draw_objects(per_class: int = PER_CLASS) -> Iterator[tuple[str, int, Image.Image]]:
    """Yield (class, number, RGB picture of 128 px), class by class."""
    for kind, (label, draw) in enumerate(_KINDS.items()):
        for number in range(1, per_class + 1):
            scene = _Scene(np.random.default_rng([SEED, kind, number]))
            draw(scene)
            yield label, number, scene.picture()


@dataclass(frozen=True)
class _Ellipse:
    x: float
    y: float
    across: float
    down: float


class _Scene:
    """A table before a wall, lit from one side; coordinates run from -1 to 1, y downwards."""

    def __init__(self, source: np.random.Generator) -> None:
        self.source = source
        side = SIDE * SUPERSAMPLING
        axis = (np.arange(side) + 0.5) / side * 2 - 1
        self.x, self.y = np.meshgrid(axis, axis)
        self._edge = 2.5 / side
        self.size = source.uniform(0.85, 1.1)
        self.left = source.uniform(-0.14, 0.14)
        self.floor = source.uniform(0.62, 0.72)
        turn = source.choice([-1, 1]) * source.uniform(0.35, 0.95)
        self.light = np.array([np.sin(turn), -source.uniform(0.5, 0.8), np.cos(turn)])
        self.light /= np.linalg.norm(self.light)
        self._background()

    def _background(self) -> None:
        hue = self.source.random()
        wall = self.colour(hue, self.source.uniform(0.1, 0.35), self.source.uniform(0.75, 0.97))
        table = self.colour(hue + self.source.uniform(0.3, 0.7), self.source.uniform(0.1, 0.4), 0.72)
        horizon = self.floor - self.source.uniform(0.25, 0.4)
        below = _smooth((self.y - horizon) / 0.02)
        self.image = wall + (table - wall) * below[..., None]
        glow = (self.x - self.light[0]) ** 2 + (self.y + 0.6) ** 2
        self.image *= (1.08 - 0.13 * glow)[..., None]
        shadow_x = self.left - 0.22 * self.light[0]
        distance = ((self.x - shadow_x) / (0.62 * self.size)) ** 2 + ((self.y - self.floor) / 0.13) ** 2
        self.image *= (1 - 0.5 * np.exp(-1.6 * distance))[..., None]

    def colour(self, hue: float, saturation: float, value: float) -> Colour:
        """Return a colour; the hue wraps around at 1."""
        return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value))

    def strong_colour(self) -> Colour:
        """Return a random colour that stands out."""
        return self.colour(self.source.random(), self.source.uniform(0.65, 0.95), self.source.uniform(0.7, 0.95))

    def place(self, x: float, up: float, across: float, down: float) -> _Ellipse:
        """Return an ellipse given in the object's own measure: centre above the floor, half axes."""
        return _Ellipse(self.left + x * self.size, self.floor - up * self.size, across * self.size, down * self.size)

    def inside(self, shape: _Ellipse) -> np.ndarray:
        """Return how much of each pixel an ellipse covers, 0..1."""
        radius = np.hypot((self.x - shape.x) / shape.across, (self.y - shape.y) / shape.down)
        return _smooth((1 - radius) * min(shape.across, shape.down) / self._edge + 0.5)

    def between(self, left: np.ndarray | float, right: np.ndarray | float, top: float, bottom: float) -> np.ndarray:
        """Return the cover of the region between two edges, which may depend on the height, 0..1."""
        sideways = np.minimum(self.x - left, right - self.x)
        upright = np.minimum(self.y - top, bottom - self.y)
        return _smooth(np.minimum(sideways, upright) / self._edge + 0.5)

    def paint(self, cover: np.ndarray, colour: np.ndarray, shade: np.ndarray | float = 1.0) -> None:
        """Lay a colour over the picture."""
        painted = np.clip(colour * np.asarray(shade)[..., None], 0, 1)
        self.image = self.image + (painted - self.image) * cover[..., None]

    def paint_round(self, shape: _Ellipse, colour: np.ndarray, cover: np.ndarray | None = None) -> None:
        """Paint an ellipsoid with light, shade and a highlight; ``cover`` limits where."""
        u, v = (self.x - shape.x) / shape.across, (self.y - shape.y) / shape.down
        depth = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
        facing = u * self.light[0] + v * self.light[1] + depth * self.light[2]
        shade = 0.42 + 0.68 * np.clip(facing, 0, 1)
        self.paint(self.inside(shape) if cover is None else cover, colour, shade)
        gleam = np.clip(facing, 0, 1) ** 40 * 0.55
        self.paint(gleam * (self.inside(shape) if cover is None else cover), np.ones(3))

    def paint_upright(self, cover: np.ndarray, colour: np.ndarray, middle: float, half: float) -> None:
        """Paint a region as the side of a cylinder around the vertical line ``middle``."""
        u = np.clip((self.x - middle) / half, -1, 1)
        facing = u * self.light[0] + np.sqrt(1 - u**2) * self.light[2]
        self.paint(cover, colour, 0.42 + 0.65 * np.clip(facing, 0, 1))

    def picture(self) -> Image.Image:
        """Return the finished picture."""
        pixels = (np.clip(self.image, 0, 1) * 255).round().astype(np.uint8)
        return Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _smooth(ramp: np.ndarray) -> np.ndarray:
    t = np.clip(ramp, 0, 1)
    return t * t * (3 - 2 * t)


def _draw_ball(scene: _Scene) -> None:
    """A beach ball: panels that meet at a pole."""
    ball = scene.place(0, 0.62, 0.62, 0.62)
    tilt = scene.source.uniform(-0.6, 0.6, size=2)
    u, v = (scene.x - ball.x) / ball.across, (scene.y - ball.y) / ball.down
    depth = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
    pole = np.array([tilt[0], -0.8, 0.75 + tilt[1] * 0.4])
    pole /= np.linalg.norm(pole)
    along = np.cross(pole, [0, 0, 1.0])
    along /= np.linalg.norm(along)
    beside = np.cross(pole, along)
    points = np.stack([u, v, depth], axis=-1)
    angle = np.arctan2(points @ beside, points @ along) + scene.source.uniform(0, 6)
    panels = int(scene.source.integers(3, 5)) * 2
    white = np.array([0.97, 0.96, 0.93])
    alternate = _smooth(np.sin(angle * panels / 2) * 6 + 0.5)
    colour = white + (scene.strong_colour() - white) * alternate[..., None]
    cap = _smooth((points @ pole - 0.95) / 0.012)
    scene.paint_round(ball, colour + (white - colour) * cap[..., None])


def _draw_toadstool(scene: _Scene) -> None:
    """A toadstool: a spotted cap on a stem."""
    height, half = scene.source.uniform(0.6, 0.8), scene.source.uniform(0.13, 0.19)
    middle = scene.left + scene.source.uniform(-0.03, 0.03)
    flare = 1 + 0.5 * np.clip((scene.y - scene.floor) / scene.size + 0.3, 0, 1)
    stem = scene.between(
        middle - half * scene.size * flare,
        middle + half * scene.size * flare,
        scene.floor - height * scene.size,
        scene.floor,
    )
    scene.paint_upright(stem, np.array([0.96, 0.92, 0.83]), middle, half * scene.size * 1.3)
    cap = scene.place(0, height - 0.02, scene.source.uniform(0.55, 0.72), scene.source.uniform(0.42, 0.6))
    rim = cap.y + 0.08 * cap.down * (1 - ((scene.x - cap.x) / cap.across) ** 2)
    cover = scene.inside(cap) * _smooth((rim - scene.y) / 0.02 + 0.5)
    scene.paint_round(cap, scene.strong_colour(), cover)
    for _ in range(9):
        u, v = scene.source.uniform(-0.85, 0.85), scene.source.uniform(-0.9, -0.1)
        if u * u + v * v < 0.8:
            size = scene.source.uniform(0.07, 0.13) * np.sqrt(1 - u * u - v * v)
            spot = _Ellipse(cap.x + u * cap.across, cap.y + v * cap.down, size, size * 0.8)
            scene.paint_round(cap, np.array([1.0, 0.98, 0.94]), scene.inside(spot) * cover)


def _draw_mug(scene: _Scene) -> None:
    """A mug: a cylinder with a handle and a band."""
    half, height = scene.source.uniform(0.38, 0.48), scene.source.uniform(0.8, 1.05)
    colour, band = scene.strong_colour(), scene.strong_colour()
    side = scene.source.choice([-1, 1])
    ring = scene.place(side * (half + 0.06), height * 0.52, 0.27, height * 0.3)
    hole = _Ellipse(ring.x, ring.y, ring.across * 0.6, ring.down * 0.66)
    scene.paint_round(ring, colour * 0.9, scene.inside(ring) * (1 - scene.inside(hole)))
    foot = scene.place(0, 0.03, half, 0.1)
    rim = scene.place(0, height, half, 0.12)
    width = half * scene.size
    body = scene.between(scene.left - width, scene.left + width, rim.y, foot.y)
    body = np.maximum(body, scene.inside(foot))
    scene.paint_upright(body, colour, scene.left, width)
    sag = 0.1 * scene.size * np.sqrt(np.clip(1 - ((scene.x - scene.left) / width) ** 2, 0, 1))
    middle = scene.floor - height * scene.source.uniform(0.3, 0.6) * scene.size + sag
    stripe = _smooth((0.09 * scene.size - np.abs(scene.y - middle)) / 0.02 + 0.5) * body
    scene.paint_upright(stripe, band, scene.left, width)
    scene.paint(scene.inside(rim), colour, 1.1)
    drink = _Ellipse(rim.x, rim.y + 0.015, rim.across * 0.88, rim.down * 0.8)
    scene.paint(scene.inside(drink), np.array([0.24, 0.14, 0.09]))


def _draw_cactus(scene: _Scene) -> None:
    """A cactus in a pot: ribbed, with an arm and a flower."""
    green = scene.colour(scene.source.uniform(0.27, 0.42), scene.source.uniform(0.45, 0.75), 0.62)
    top = scene.source.uniform(1.15, 1.35)
    trunk = scene.place(0, (top + 0.4) / 2, scene.source.uniform(0.24, 0.34), (top - 0.3) / 2)
    side = scene.source.choice([-1, 1])
    for number in range(int(scene.source.integers(0, 3))):
        sign = side if number == 0 else -side
        arm = scene.place(sign * 0.42, 0.72 + 0.1 * number, 0.13, 0.24)
        joint = scene.place(sign * 0.28, 0.62 + 0.1 * number, 0.2, 0.1)
        scene.paint_round(joint, green)
        scene.paint_round(arm, green)
    u = (scene.x - trunk.x) / trunk.across
    ribs = 0.88 + 0.14 * np.cos(np.arcsin(np.clip(u, -1, 1)) * 11)
    scene.paint_round(trunk, green * ribs[..., None])
    flower = scene.place(0, top + 0.03, 0.11, 0.08)
    scene.paint_round(flower, scene.colour(scene.source.uniform(0.85, 1.15), 0.7, 0.97))
    half = scene.source.uniform(0.3, 0.38)
    pot = scene.strong_colour()
    slope = 1 - 0.28 * np.clip((scene.y - scene.floor) / scene.size / 0.45 + 1, 0, 1)
    width = half * scene.size
    sides = scene.between(
        scene.left - width * slope, scene.left + width * slope, scene.floor - 0.45 * scene.size, scene.floor
    )
    scene.paint_upright(sides, pot, scene.left, width)
    brim_top = scene.floor - 0.5 * scene.size
    brim = scene.between(scene.left - 1.1 * width, scene.left + 1.1 * width, brim_top, scene.floor - 0.38 * scene.size)
    scene.paint_upright(brim, pot * 1.08, scene.left, 1.1 * width)


_KINDS = {"Beach ball": _draw_ball, "Cactus": _draw_cactus, "Mug": _draw_mug, "Toadstool": _draw_toadstool}
CLASSES = tuple(_KINDS)
