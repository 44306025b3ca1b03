"""One set of strangers' files, read by every surface: all of them make the same of a file."""

import numpy as np
import pytest
from strangers_files import strangers_archives, strangers_pictures
from training_sets import write_zip

from icgan_demo.config import Limits
from icgan_demo.errors import DemoError, ImageError
from icgan_demo.guards.archive import ArchiveLimits, read_archive
from icgan_demo.guards.picture import PictureLimits, read_picture
from icgan_demo.service.training.training_sets import TrainingSets
from icgan_demo.service.uploads import read_uploads
from icgan_demo.training.common.image_set import load_image_folder

PICTURES = strangers_pictures()
ARCHIVES = strangers_archives()


def by_name(value):
    return value.name


@pytest.mark.parametrize("file", PICTURES, ids=by_name)
def test_a_picture_is_taken_or_refused_alike_by_every_surface(file, tmp_path):
    """The guard alone (page, API, command line), uploads (Train page, banks), folders and zips of a training."""
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / file.name
    path.write_bytes(file.content)
    archive = write_zip(tmp_path / "a.zip", {file.name: file.content})
    uploads = list(read_uploads([path], ArchiveLimits(), PictureLimits())) if file.name != "archive.png" else []
    zipped = list(read_archive(archive))
    if file.size is None:
        with pytest.raises(ImageError) as refused:
            read_picture(path)
        sentence = str(refused.value)
        assert sentence.endswith(".")
        assert not set(sentence) & set("<>\n/")
        assert all(upload.picture is None for upload in uploads)
        assert zipped[0].picture is None
        for source in (folder, archive):
            with pytest.raises(DemoError):
                load_image_folder(source, 32, tmp_path / "cache")
        return
    picture = read_picture(path).picture
    assert picture.size == file.size
    assert np.abs(np.subtract(picture.getpixel((5, 5)), file.corner)).max() <= 8
    for other in (uploads[0].picture, zipped[0].picture, read_picture(file.content).picture):
        assert other.tobytes() == picture.tobytes()
    squares = [load_image_folder(source, 32, tmp_path / "cache").pixels for source in (folder, archive)]
    np.testing.assert_array_equal(*squares)


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_an_archive_has_the_same_classes_on_every_surface(file, tmp_path):
    archive = write_zip(tmp_path / "a.zip", file.members)
    sources = [archive]
    if file.as_folder:
        for name, content in file.members.items():
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        sources.append(tmp_path / "in")
    sets = TrainingSets(tmp_path / "sets", Limits())
    found = sets.add(None, [archive])
    assert found.classes == file.classes
    assert len(found.strays) == file.strays
    assert found.skipped == ()
    sources.append(sets.folder(found.set_id))  # what the trainer of the Train page gets
    for source in sources:
        images = load_image_folder(source, 32, tmp_path / "cache")
        counts = {name: int((images.labels == row).sum()) for row, name in enumerate(images.class_names)}
        assert counts == file.classes
    labels = [upload.label for upload in read_uploads([archive], ArchiveLimits(), PictureLimits()) if upload.label]
    assert {name: labels.count(name) for name in labels} == file.classes  # what a bank gets
