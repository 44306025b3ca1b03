"""Films: the frames that went in come out, whatever the format."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from icgan_demo.errors import RequestError
from icgan_demo.service.recipes.film import FilmFormat, write_film

NOTE = '{"note": "Synthetic"}'


@pytest.fixture(scope="module")
def frames():
    return [Image.new("RGB", (64, 64), (10 * place, 255 - 10 * place, 90)) for place in range(12)]


@pytest.mark.parametrize("film_format", [FilmFormat.GIF, FilmFormat.WEBP])
def test_an_animation_has_every_frame_loops_for_ever_and_says_what_it_is(frames, film_format, tmp_path):
    path = write_film(frames, tmp_path / "film", film_format, fps=20, scale=2, comment=NOTE)
    with Image.open(path) as film:
        assert film.n_frames == 12
        assert film.size == (128, 128)
        assert film.info["loop"] == 0
        shown = [frame.convert("RGB").getpixel((64, 64)) for frame in ImageSequence.Iterator(film)]
    for colour, frame in zip(shown, frames, strict=True):
        assert max(abs(a - b) for a, b in zip(colour, frame.getpixel((0, 0)), strict=True)) <= 12
    assert b"Synthetic" in path.read_bytes()


def test_a_gif_keeps_the_pace(frames, tmp_path):
    with Image.open(write_film(frames, tmp_path / "a.gif", FilmFormat.GIF, fps=10)) as film:
        assert film.info["duration"] == 100


def test_a_video_has_every_frame(frames, tmp_path):
    imageio = pytest.importorskip("imageio.v2", reason="imageio is not installed (requirements.txt)")
    path = write_film(frames, tmp_path / "a.mp4", FilmFormat.MP4, fps=12, comment=NOTE)
    with imageio.get_reader(path, format="FFMPEG") as film:
        shown = [np.asarray(frame) for frame in film]
    assert len(shown) == 12
    assert shown[0].shape == (64, 64, 3)
    assert np.abs(shown[5].astype(int) - np.asarray(frames[5])).max() <= 20


@pytest.mark.parametrize("film_format", FilmFormat)
def test_writing_tells_how_far_it_is_and_ends_where_it_is_told_to(frames, film_format, tmp_path):
    if film_format is FilmFormat.MP4:
        pytest.importorskip("imageio.v2", reason="imageio is not installed (requirements.txt)")
    told, path = [], tmp_path / f"film.{film_format.value}"
    write_film(frames, path, film_format, tell=told.append)
    assert set(told) >= {place / 12 for place in range(1, 12)}

    def stop(share):
        if share > 0.4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_film(frames, path, film_format, tell=stop)
    assert not path.exists()


@pytest.mark.parametrize("side", [32, 64, 100, 128, 129, 250, 256])
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_video_of_every_size_is_of_the_kind_that_every_browser_plays(side, scale, tmp_path):
    imageio = pytest.importorskip("imageio.v2", reason="imageio is not installed (requirements.txt)")
    frames = [Image.effect_noise((side, side), 50).convert("RGB") for _ in range(3)]
    path = write_film(frames, tmp_path / "a.mp4", FilmFormat.MP4, scale=scale)
    with imageio.get_reader(path, format="FFMPEG") as film:
        told = film.get_meta_data()
    assert told["codec"] == "h264"
    assert told["pix_fmt"].startswith("yuv420p")
    assert all(length % 2 == 0 for length in told["size"])
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # it begins to play before all of it is there


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"fps": 0}, "Frames per second"), ({"scale": 3}, "1, 2 or 4 times"), ({"frames": []}, "no frames")],
)
def test_settings_out_of_range_are_named(frames, changes, message, tmp_path):
    settings = {"frames": frames, "path": tmp_path / "a.gif", "film_format": FilmFormat.GIF, **changes}
    with pytest.raises(RequestError, match=message):
        write_film(**settings)
