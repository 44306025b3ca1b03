"""Videos from strangers: frames evenly spaced, and nothing but a sentence from what is none."""

import subprocess

import pytest
from training_sets import noise
from videos import write_video

from icgan_demo.guards.picture import PictureLimits
from icgan_demo.guards.video import NO_DECODER, UNREADABLE, VideoLimits, is_video, read_video

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (requirements.txt)")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "otters.mp4")


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_video_becomes_frames_evenly_spaced_in_time(tmp_path, kind):
    film = write_video(tmp_path / f"otters.{kind}")
    assert is_video(film)
    found = list(read_video(film, "otter"))
    assert len(found) == 12  # 4 a second of 3 seconds
    assert [one.name for one in found[:3]] == [f"otters.{kind}, {second} s" for second in ("0", "0.25", "0.5")]
    assert all(one.is_frame and one.label == "otter" and one.picture.size == (160, 160) for one in found)


def test_a_webm_from_a_browsers_recorder_is_a_video(film, tmp_path):
    webm = tmp_path / "otters.webm"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "quiet", "-i", film, "-c:v", "libvpx", webm]
    subprocess.run(command, check=True, timeout=120)
    assert is_video(webm)
    assert len(list(read_video(webm, ""))) == 12


def test_frames_are_shrunk_to_the_side_wanted(film):
    found = list(read_video(film, "", PictureLimits(max_side=64)))
    assert {one.picture.size for one in found} == {(64, 64)}


def test_of_a_long_video_only_the_beginning_is_used_and_that_is_said(film):
    found = list(read_video(film, "", limits=VideoLimits(frames=5)))
    assert [one.picture is None for one in found] == [False] * 5 + [True]
    assert found[-1].reason == "Only the first 1.25 seconds of the video were used."


def test_photos_and_texts_are_no_videos(tmp_path):
    noise(1).save(tmp_path / "still.gif")
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert not any(is_video(path) for path in tmp_path.iterdir())


@pytest.mark.parametrize("start", [b"\0\0\0\x18ftypisom", b"\x1aE\xdf\xa3"])
def test_what_only_begins_like_a_video_is_refused_in_a_sentence(tmp_path, start):
    path = tmp_path / "broken.mp4"
    path.write_bytes(start + b"#EXTM3U\nfile:///etc/passwd\n" * 50)
    assert [one.reason for one in read_video(path, "")] == [UNREADABLE]


def test_frames_of_more_pixels_than_allowed_are_not_decoded(film):
    assert [one.reason for one in read_video(film, "", limits=VideoLimits(pixels=1_000))] == [UNREADABLE]


def test_a_video_cut_short_gives_the_frames_that_are_there(tmp_path):
    film = write_video(tmp_path / "otters.gif", count=6)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    found = list(read_video(film, ""))
    assert 1 <= len([one for one in found if one.picture]) < 24


def test_a_decoder_that_stalls_is_ended(film, tmp_path, monkeypatch):
    stalled = tmp_path / "ffmpeg"
    stalled.write_text("#!/bin/sh\nexec sleep 600\n")
    stalled.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(stalled))
    assert [one.reason for one in read_video(film, "", limits=VideoLimits(seconds=1))] == [UNREADABLE]


def test_without_a_decoder_the_reason_says_so(film, monkeypatch):
    def missing():
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    assert [one.reason for one in read_video(film, "")] == [NO_DECODER]
