"""Pictures that show no thing a model learned: flat colours, noise, screens, pages, plots, drawings, night.

``python -m benchmarks.strange_pictures`` draws other ones than those that ``benchmarks.known`` tests with, and stores
their features beside the shared encoder's projection: what comes nearer to them than to any photo is not known.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps
from torch import Tensor

from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.encoders.lite0 import shared_encoder
from icgan_demo.weights.lite0_files import projection_folder, write_nothing

SIDE = 256
SEEDS = (1, 2)
"""Of the pictures whose features are stored; seed 0 is for tests."""
FLAT = ("white", "black", "gray", "red", "lime", "navy", "#e7bc91", "#87ceeb")
TEXT = "Neighbours of a photo are drawn, not found. A page of text shows no thing that a model has learned."
WORDS = TEXT.split()
DARK, PALE, BLUE, RED, GREEN, YELLOW = "#20242c", "#f4f2ec", "#2f6fd6", "#d2413a", "#3c9d4e", "#f2c230"


def strange_pictures(seed: int = 0) -> Iterator[tuple[str, Image.Image]]:
    """Yield kinds with RGB pictures of 256 x 256 px, always the same ones for a seed; each kind has one picture."""
    for place, named in enumerate(FLAT):
        any_colour = tuple(np.random.default_rng([seed, place]).integers(0, 256, 3).tolist())
        yield f"flat colour {place}", Image.new("RGB", (SIDE, SIDE), any_colour if seed else named)
    for name, make in _MAKERS.items():
        drawn = make(np.random.default_rng(seed))
        if isinstance(drawn, np.ndarray):
            drawn = Image.fromarray(np.clip(drawn, 0, 255).astype(np.uint8))
        yield name, _varied(drawn.convert("RGB"), seed)


def _varied(picture: Image.Image, seed: int) -> Image.Image:
    """Return the picture of seed 0 as it is, of others a part of it, every third one in negative."""
    if not seed:
        return picture
    source = np.random.default_rng([seed, int(np.asarray(picture).sum())])
    side = int(source.integers(160, SIDE))
    left, top = source.integers(0, SIDE - side, 2).tolist()
    part = picture.crop((left, top, left + side, top + side))
    return ImageOps.invert(part) if source.random() < 1 / 3 else part


def nothing(encoder: Encoder) -> Tensor:
    """Return the features of the pictures that show no thing, unit-length rows (N, D)."""
    pictures = [picture for seed in SEEDS for _, picture in strange_pictures(seed)]
    parts = [encode_pictures(encoder, pictures[start : start + 16], 64) for start in range(0, len(pictures), 16)]
    return torch.cat(parts)


def _ramp(x: float, y: float, low: tuple[int, int, int], high: tuple[int, int, int]) -> np.ndarray:
    ys, xs = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    share = np.clip(x * xs + y * ys, 0, 1)[:, :, None]
    return np.array(low) * (1 - share) + np.array(high) * share


def _spot(source: np.random.Generator) -> np.ndarray:
    ys, xs = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    return np.repeat(255 * np.exp(-(xs**2 + ys**2) / 6000)[:, :, None], 3, axis=2)


def _noise(source: np.random.Generator) -> np.ndarray:
    return source.integers(0, 256, (SIDE, SIDE, 3))


def _grey_noise(source: np.random.Generator) -> np.ndarray:
    return np.repeat(source.integers(0, 256, (SIDE, SIDE, 1)), 3, axis=2)


def _clouds(source: np.random.Generator) -> Image.Image:
    return Image.fromarray(source.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )


def _coarse_noise(source: np.random.Generator) -> Image.Image:
    return Image.fromarray(source.integers(0, 256, (32, 32, 3), dtype=np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.NEAREST
    )


def _checks(side: int) -> Callable[[np.random.Generator], np.ndarray]:
    ys, xs = np.mgrid[0:SIDE, 0:SIDE] // side
    return lambda source: np.repeat(255 * ((xs + ys) % 2)[:, :, None], 3, axis=2)


def _stripes(source: np.random.Generator) -> np.ndarray:
    xs = np.mgrid[0:SIDE, 0:SIDE][1] // 12
    return np.where((xs % 2)[:, :, None] == 0, np.array([210, 40, 40]), np.array([245, 240, 230]))


def _canvas(ground: str = "white") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (SIDE, SIDE), ground)
    return picture, ImageDraw.Draw(picture)


def _lines(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], size: int, ink: str, start: int = 0) -> None:
    """Fill a box with running text."""
    font, (left, top, right, bottom), at = ImageFont.load_default(size), box, start
    for y in range(top, bottom - size, round(1.4 * size)):
        x = float(left)
        while x + draw.textlength(WORDS[at % len(WORDS)], font) < right:
            draw.text((x, y), WORDS[at % len(WORDS)], ink, font)
            x += draw.textlength(WORDS[at % len(WORDS)] + " ", font)
            at += 1


def _page(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    _lines(draw, (20, 16, 240, 244), 11, "black")
    return picture


def _headline(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas(PALE)
    for y, word in enumerate(("SALE", "50 %", "TODAY")):
        draw.text((24, 16 + 76 * y), word, RED if y == 1 else "black", ImageFont.load_default(66))
    return picture


def _handwriting(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas(PALE)
    for y in range(24, 250, 26):
        xs = np.arange(16, 240, 2)
        wave = 7 * np.sin(xs / 3 + source.normal(0, 1, len(xs)).cumsum() / 3)
        draw.line([(float(x), float(y + dy)) for x, dy in zip(xs, wave, strict=True)], "#1c2f6b", 2)
    return picture


def _window(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#5b7a9d")
    draw.rectangle((14, 18, 242, 238), "white", "#888888")
    draw.rectangle((14, 18, 242, 36), "#dddddd")
    for x, colour in ((22, RED), (34, YELLOW), (46, GREEN)):
        draw.ellipse((x, 23, x + 8, 31), colour)
    draw.rectangle((14, 37, 74, 238), "#eeeeee")
    _lines(draw, (20, 44, 72, 230), 9, "#444444")
    _lines(draw, (84, 46, 236, 190), 9, "#222222", 5)
    draw.rounded_rectangle((170, 204, 232, 226), 6, BLUE)
    draw.text((188, 208), "Send", "white", ImageFont.load_default(12))
    return picture


def _terminal(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas(DARK)
    for row, y in enumerate(range(8, 246, 12)):
        x = 8 + 10 * int(source.integers(0, 4))
        for colour in ("#7fd0a0", "#c0c5ce", "#d8a657")[: 1 + row % 3]:
            draw.text((x, y), WORDS[int(source.integers(len(WORDS)))], colour, ImageFont.load_default(10))
            x += 56
    return picture


def _chat(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#e6ebee")
    for row, y in enumerate(range(10, 220, 48)):
        left = 14 if row % 2 else 96
        draw.rounded_rectangle((left, y, left + 146, y + 38), 10, "white" if row % 2 else "#cdeec0")
        _lines(draw, (left + 8, y + 6, left + 142, y + 40), 10, "#222222", 3 * row)
    return picture


def _table(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    draw.rectangle((0, 0, SIDE, 20), "#d9e6f5")
    for y in range(0, SIDE, 20):
        draw.line((0, y, SIDE, y), "#b0b0b0")
        for x in range(0, SIDE, 64):
            draw.line((x, 0, x, SIDE), "#b0b0b0")
            draw.text((x + 8, y + 4), str(int(source.integers(10, 9999))), "black", ImageFont.load_default(11))
    return picture


def _web_page(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("white")
    draw.rectangle((0, 0, SIDE, 30), BLUE)
    draw.text((10, 6), "Shop", "white", ImageFont.load_default(16))
    for row in range(2):
        for column in range(3):
            x, y = 10 + 82 * column, 42 + 106 * row
            draw.rectangle((x, y, x + 72, y + 60), "#e8e8e8", "#cccccc")
            _lines(draw, (x, y + 64, x + 72, y + 98), 9, "#333333", row + column)
    return picture


def _phone(source: np.random.Generator) -> Image.Image:
    picture, draw = Image.fromarray(_ramp(0.3, 0.7, (40, 30, 90), (210, 90, 120)).astype(np.uint8)), None
    draw = ImageDraw.Draw(picture)
    for row in range(5):
        for column in range(4):
            x, y = 18 + 60 * column, 14 + 48 * row
            colour = tuple(int(value) for value in source.integers(40, 255, 3))
            draw.rounded_rectangle((x, y, x + 38, y + 36), 9, colour)
    return picture


def _plot(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    draw.line((30, 10, 30, 226, 246, 226), "black", 2)
    for colour in (BLUE, RED, GREEN):
        ys = 120 + source.normal(0, 7, 54).cumsum()
        draw.line([(30 + 4 * x, float(np.clip(y, 12, 224))) for x, y in enumerate(ys)], colour, 2)
    return picture


def _bars(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    draw.line((24, 10, 24, 230, 246, 230), "black", 2)
    for place, height in enumerate(source.integers(30, 200, 8)):
        draw.rectangle((34 + 26 * place, 230 - int(height), 54 + 26 * place, 229), BLUE)
    return picture


def _pie(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    for start, end, colour in ((0, 110, BLUE), (110, 190, YELLOW), (190, 290, RED), (290, 360, GREEN)):
        draw.pieslice((36, 36, 220, 220), start, end, colour, "white", 3)
    return picture


def _scatter(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    draw.rectangle((20, 10, 246, 236), None, "black")
    for x, y in source.normal(128, 38, (160, 2)).tolist():
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), BLUE)
    return picture


def _house(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("white")
    draw.ellipse((190, 14, 236, 60), YELLOW)
    draw.rectangle((60, 120, 180, 220), None, RED, 4)
    draw.line((52, 122, 120, 60, 188, 122), RED, 5)
    draw.rectangle((104, 164, 136, 220), None, "#6b3f1c", 4)
    draw.line((0, 222, 256, 222), GREEN, 6)
    return picture


def _stick_man(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("white")
    draw.ellipse((104, 26, 152, 74), None, "black", 4)
    draw.line((128, 74, 128, 160), "black", 4)
    draw.line((84, 110, 172, 110), "black", 4)
    draw.line((92, 232, 128, 160, 164, 232), "black", 4)
    return picture


def _smiley(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("white")
    draw.ellipse((30, 30, 226, 226), YELLOW, "black", 4)
    draw.ellipse((84, 88, 106, 118), "black")
    draw.ellipse((150, 88, 172, 118), "black")
    draw.arc((80, 96, 176, 186), 20, 160, "black", 6)
    return picture


def _face(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#9db4c0")
    draw.ellipse((52, 20, 204, 150), "#4a2c17")
    draw.ellipse((70, 48, 186, 216), "#e0ac88")
    for x in (98, 142):
        draw.ellipse((x, 104, x + 20, 116), "white", "black")
        draw.ellipse((x + 6, 105, x + 15, 115), "#3b2716")
    draw.arc((104, 150, 152, 186), 20, 160, "#a03c3c", 5)
    draw.line((128, 118, 124, 146, 132, 148), "#b98565", 3)
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def _room(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#e9e2d0")
    draw.polygon([(0, 256), (70, 180), (186, 180), (256, 256)], "#9c7448")
    draw.polygon([(0, 0), (70, 50), (70, 180), (0, 256)], "#d8cfb8")
    draw.polygon([(256, 0), (186, 50), (186, 180), (256, 256)], "#c9bfa6")
    draw.rectangle((104, 76, 152, 122), "#aed3ea", "white", 4)
    draw.rectangle((84, 150, 172, 190), "#5a6f8f")
    draw.rectangle((84, 132, 172, 154), "#6e84a6")
    return picture


def _shapes(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas(PALE)
    draw.rectangle((20, 20, 110, 110), BLUE)
    draw.ellipse((140, 24, 236, 120), RED)
    draw.polygon([(60, 140), (110, 236), (14, 236)], GREEN)
    draw.regular_polygon((188, 188, 52), 6, fill=YELLOW)
    return picture


def _street_map(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#eae6dc")
    draw.polygon([(0, 60), (90, 40), (120, 120), (0, 150)], "#b7d7a4")
    draw.line((0, 210, 120, 180, 256, 226), "#9cc3e6", 20)
    for _ in range(9):
        draw.line([tuple(point) for point in source.integers(0, 256, (2, 2)).tolist()], "white", 9)
    draw.line((0, 20, 256, 150), YELLOW, 10)
    return picture


def _code(source: np.random.Generator) -> Image.Image:
    picture = Image.fromarray(255 * source.integers(0, 2, (25, 25), dtype=np.uint8)).resize(
        (216, 216), Image.Resampling.NEAREST
    )
    ground, _ = _canvas()
    ground.paste(picture, (20, 20))
    return ground


def _bar_code(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    for x, width in zip(range(20, 236, 6), source.integers(0, 5, 36).tolist(), strict=True):
        draw.rectangle((x, 50, x + width, 200), "black")
    return picture


def _music(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas(PALE)
    for stave in (30, 110, 190):
        for line in range(5):
            draw.line((10, stave + 8 * line, 246, stave + 8 * line), "black")
        for x, step in zip(range(30, 240, 24), source.integers(0, 9, 9).tolist(), strict=True):
            y = stave + 4 * step
            draw.ellipse((x, y - 4, x + 10, y + 4), "black")
            draw.line((x + 10, y, x + 10, y - 26), "black", 2)
    return picture


def _flag(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas()
    for place, colour in enumerate((BLUE, "white", RED)):
        draw.rectangle((86 * place, 0, 86 * place + 86, SIDE), colour)
    return picture


def _night_sky(source: np.random.Generator) -> np.ndarray:
    sky = source.normal(10, 4, (SIDE, SIDE, 3))
    for y, x in source.integers(0, SIDE, (90, 2)).tolist():
        sky[y, x] = source.integers(120, 255)
    return sky


def _night_street(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#070912")
    for x, y in source.integers(0, 256, (26, 2)).tolist():
        size = int(source.integers(2, 9))
        draw.ellipse((x - size, y - size, x + size, y + size), ("#ffcf70", "#ff9440", "#fff3d0")[size % 3])
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(4)), dtype=float)
    return Image.fromarray(np.clip(blurred + source.normal(0, 9, blurred.shape), 0, 255).astype(np.uint8))


def _lit_windows(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#05070d")
    draw.rectangle((50, 30, 206, 256), "#0d1018")
    for y in range(42, 250, 18):
        for x in range(60, 200, 20):
            draw.rectangle((x, y, x + 10, y + 10), "#e8c46a" if source.random() < 0.4 else "#161b26")
    return picture


def _moon(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#04050a")
    draw.ellipse((80, 70, 170, 160), "#d9d6c8")
    for x, y, size in ((100, 90, 12), (130, 110, 18), (110, 130, 9)):
        draw.ellipse((x, y, x + size, y + size), "#b3b0a4")
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def _craters(source: np.random.Generator) -> Image.Image:
    height = np.zeros((SIDE, SIDE))
    ys, xs = np.mgrid[0:SIDE, 0:SIDE]
    for y, x, radius in zip(*source.integers(0, SIDE, (2, 14)), source.uniform(4, 30, 14), strict=True):
        distance = np.hypot(ys - y, xs - x) / radius
        height += radius * (np.exp(-((distance - 1) ** 2) * 8) - 0.8 * np.exp(-(distance**2) * 2))
    slope = np.gradient(height)[1] * 26 + source.normal(0, 4, height.shape)
    return Image.fromarray(np.clip(120 + slope, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def _bricks(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#8d8d8d")
    for row, y in enumerate(range(0, SIDE, 22)):
        for x in range(-30 * (row % 2), SIDE, 60):
            level = int(source.integers(95, 130))
            draw.rectangle((x + 2, y + 2, x + 57, y + 19), (level, level - 8, level - 14))
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def _grain(source: np.random.Generator) -> np.ndarray:
    noise = Image.fromarray(source.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(3))
    return 128 + 5 * (np.asarray(noise, dtype=float)[:, :, None].repeat(3, axis=2) - 127)


def _tissue(source: np.random.Generator) -> Image.Image:
    picture, draw = _canvas("#efe6ee")
    for x, y, size in zip(*source.integers(0, SIDE, (2, 90)), source.integers(10, 34, 90), strict=True):
        draw.ellipse((x - size, y - size, x + size, y + 0.7 * size), ("#d9b8d0", "#c9a27e", "#e3cfe0")[size % 3])
    for x, y, size in zip(*source.integers(0, SIDE, (2, 160)), source.integers(2, 5, 160), strict=True):
        draw.ellipse((x - size, y - size, x + size, y + size), "#6a5a9c")
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def _underexposed(source: np.random.Generator) -> np.ndarray:
    return source.normal(0, 6, (SIDE, SIDE, 3)) + np.asarray(_room(source), dtype=float) * 0.07


_MAKERS: dict[str, Callable[[np.random.Generator], Image.Image | np.ndarray]] = {
    "grey ramp": lambda source: _ramp(1, 0, (0, 0, 0), (255, 255, 255)),
    "blue ramp": lambda source: _ramp(0, 1, (20, 70, 190), (220, 235, 255)),
    "sunset ramp": lambda source: _ramp(0, 1, (60, 20, 90), (255, 150, 50)),
    "spot of light": _spot,
    "white noise": _noise,
    "grey noise": _grey_noise,
    "coarse noise": _coarse_noise,
    "coloured clouds": _clouds,
    "checks": _checks(32),
    "fine checks": _checks(8),
    "stripes": _stripes,
    "page of text": _page,
    "headline": _headline,
    "handwriting": _handwriting,
    "window on a screen": _window,
    "terminal": _terminal,
    "chat": _chat,
    "table": _table,
    "web page": _web_page,
    "phone": _phone,
    "line plot": _plot,
    "bar chart": _bars,
    "pie chart": _pie,
    "scatter plot": _scatter,
    "drawn house": _house,
    "stick man": _stick_man,
    "smiley": _smiley,
    "drawn face": _face,
    "drawn room": _room,
    "shapes": _shapes,
    "street map": _street_map,
    "square code": _code,
    "bar code": _bar_code,
    "music": _music,
    "flag": _flag,
    "night sky": _night_sky,
    "night street": _night_street,
    "lit windows": _lit_windows,
    "moon": _moon,
    "underexposed room": _underexposed,
    "craters": _craters,
    "bricks": _bricks,
    "grain": _grain,
    "tissue": _tissue,
}


if __name__ == "__main__":
    features = nothing(shared_encoder())
    print(f"{len(features)} features: {write_nothing(features, projection_folder()).size / 1000:.0f} kB")
