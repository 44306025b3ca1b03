import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from icgan_demo.errors import ImageError, RequestError
from icgan_demo.inference.loading import load_model
from icgan_demo.service.photo_embedding import Embedded, embed_photos, nearest_agreement


@pytest.fixture
def folder(tmp_path, photo):
    """Twenty pictures in two class folders, and other files."""
    for number in range(20):
        path = tmp_path / "market" / "Fruit" / f"{'Lemon' if number % 2 else 'Lime'}" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo.rotate(number * 9).save(path)
    (tmp_path / "market" / "notes.txt").write_text("not a picture")
    return tmp_path / "market"


def test_photos_are_taken_at_any_depth_by_name_also_out_of_a_zip(folder, photo_path, models_folder, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "more"), "zip", folder)
    embedded = embed_photos(load_model("tiny", [models_folder]), [folder, photo_path, Path(archive)])
    assert embedded.names[:2] == ("Fruit/Lemon/01.png", "Fruit/Lemon/03.png")
    assert (embedded.names[20], len(embedded.names)) == ("photo.png", 41)
    assert [name for name, _ in embedded.skipped] == ["notes.txt"]  # of the ZIP; a folder is only searched


def test_nothing_to_embed_is_one_sentence(tmp_path, models_folder):
    model = load_model("tiny", [models_folder])
    with pytest.raises(ImageError, match=r"No usable image was found\. Give JPEG, PNG"):
        embed_photos(model, [tmp_path])
    with pytest.raises(RequestError, match="no file or folder named 'absent'"):
        embed_photos(model, [tmp_path / "absent"])


def test_features_do_not_depend_on_the_company(folder, models_folder):
    model = load_model("tiny", [models_folder])
    told = []
    embedded = embed_photos(model, [folder], told.append)
    assert embedded.features.shape == (20, 16)
    assert told == list(range(1, 21))
    alone = embed_photos(model, [folder / embedded.names[17]])
    torch.testing.assert_close(alone.features[0], embedded.features[17], atol=1e-5, rtol=0)


def test_unusable_pictures_are_named_and_left_out(folder, models_folder):
    model = load_model("tiny", [models_folder])
    (folder / "Fruit" / "Lemon" / "05.png").write_bytes(b"torn")
    embedded = embed_photos(model, [folder])
    assert len(embedded.names) == len(embedded.features) == 19
    assert [name for name, _ in embedded.skipped] == ["Fruit/Lemon/05.png"]
    (folder / "only.png").write_bytes(b"torn")
    with pytest.raises(ImageError, match=r"No usable image was found\. only\.png: "):
        embed_photos(model, [folder / "only.png"])


def test_agreement_is_the_share_of_nearest_neighbours_of_the_same_class():
    features = torch.eye(4)[[0, 0, 1, 1, 2, 2]]
    names = ("a/1.png", "a/2.png", "b/1.png", "b/2.png", "a/3.png", "b/3.png")
    assert nearest_agreement(Embedded(features, names, ())) == pytest.approx(4 / 6)
    assert nearest_agreement(Embedded(features, tuple("123456"), ())) is None
    assert nearest_agreement(Embedded(features[:1], names[:1], ())) is None


def test_large_photos_are_embedded_as_uploads_are(tmp_path, models_folder):
    model = load_model("tiny", [models_folder])
    Image.radial_gradient("L").resize((1500, 1100)).convert("RGB").save(tmp_path / "large.jpg")
    embedded = embed_photos(model, [tmp_path])
    torch.testing.assert_close(embedded.features, model.encode([tmp_path / "large.jpg"]))
