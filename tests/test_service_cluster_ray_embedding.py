"""Shards made by a cluster: the folder is that of one process, byte for byte, whoever is killed meanwhile."""

import os
import signal

import pytest
from local_ray import WANTS_RAY, local_ray  # noqa: F401
from test_cli_bank_commands import run
from test_service_banks_bank_streaming import contents, png

from icgan_demo.errors import RequestError
from icgan_demo.inference.loading import load_model
from icgan_demo.service.banks.bank_streaming import EmbedPlan, embed_into
from icgan_demo.service.cluster import ray_embedding
from icgan_demo.service.cluster.ray_embedding import shards_by_ray
from icgan_demo.weights.bank_folder import check_bank_folder

pytestmark = [WANTS_RAY, pytest.mark.usefixtures("local_ray")]
PLAN = EmbedPlan("Mine", shard_pictures=4, has_thumbnails=True)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ten different pictures in two class folders, a copy of one of them, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(11):
        path = folder / ("apple" if number % 2 else "pear") / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(number % 10))
    (folder / "pear" / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def model(models_folder):
    return load_model(models_folder / "tiny")


def on_cluster(pictures, models_folder, plan=PLAN):
    return shards_by_ray([pictures], str(models_folder / "tiny"), plan)


def test_the_folder_is_that_of_one_process(pictures, model, models_folder, tmp_path):
    embed_into([pictures], model, tmp_path / "here", PLAN)
    told = []
    made = on_cluster(pictures, models_folder)
    embed_into([pictures], model, tmp_path / "there", PLAN, told.append, elsewhere=made)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert told[-1].looked_at == 12


def test_what_one_process_has_begun_a_cluster_continues(pictures, model, models_folder, tmp_path):
    embed_into([pictures], model, tmp_path / "here", PLAN)
    embed_into([pictures], model, tmp_path / "there", PLAN)
    for name in ("shard-000001.safetensors", "shard-000002.safetensors", "manifest.json"):
        (tmp_path / "there" / name).unlink()
    embed_into([pictures], model, tmp_path / "there", PLAN, elsewhere=on_cluster(pictures, models_folder))
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def dying(marks, moments):
    """Return what makes a shard, but ends its process before some pictures, each time the first that comes to them."""

    def shard(*of_shard):
        from icgan_demo.service.cluster import ray_embedding

        def pictures(sources, unread):
            for number, picture in enumerate(real(sources, unread)):
                mark = marks / str(number)
                if number in moments and not mark.exists():
                    mark.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                yield picture

        real, ray_embedding.pictures_of = ray_embedding.pictures_of, pictures
        try:
            return ray_embedding._shard(*of_shard)
        finally:
            ray_embedding.pictures_of = real

    return shard


def test_workers_killed_at_several_moments_change_nothing(pictures, model, models_folder, tmp_path, monkeypatch):
    """Before the first picture, within a shard, at the border of two, and at the last."""
    embed_into([pictures], model, tmp_path / "here", PLAN)
    marks, moments = tmp_path / "marks", {0, 2, 4, 7, 11}
    marks.mkdir()
    monkeypatch.setattr(ray_embedding, "_shard", dying(marks, moments))
    made = on_cluster(pictures, models_folder)
    embed_into([pictures], model, tmp_path / "there", PLAN, elsewhere=made)
    assert {int(mark.name) for mark in marks.iterdir()} == moments
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_an_error_of_the_work_is_told_and_not_repeated(model, models_folder, tmp_path):
    with pytest.raises(RequestError, match=r"^There is no file or folder named 'gone'.$"):
        next(shards_by_ray([tmp_path / "gone"], str(models_folder / "tiny"), PLAN)(0))


def test_the_command_fills_a_folder_on_a_cluster(pictures, models_folder, tmp_path, capsys):
    words = ("embed", pictures, "--model", models_folder / "tiny", "--ray", "local", "--out")
    assert run(*words, tmp_path / "features") == 0
    assert "10 images, 2 classes, without thumbnails" in capsys.readouterr().out
    assert check_bank_folder(tmp_path / "features").count == 10
    assert run(*words, tmp_path / "one.safetensors") == 2
    assert "A cluster fills a folder." in capsys.readouterr().err
