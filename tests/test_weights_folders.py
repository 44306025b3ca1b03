import getpass
import os
import tempfile
from pathlib import Path

import pytest

from icgan_demo.weights.folders import (
    bundled_models_folder,
    is_folder,
    model_folders,
    user_data_folder,
    user_models_folder,
    user_name,
)


def test_the_user_folder_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path))
    assert user_models_folder() == tmp_path
    monkeypatch.delenv("ICGAN_MODELS_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert user_models_folder() == tmp_path / "cache" / "icgan_demo" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert user_models_folder() == tmp_path / "home" / ".cache" / "icgan_demo" / "models"


def test_bundled_models_come_before_the_users_own():
    assert bundled_models_folder() == Path(__file__).parents[1] / "weights"
    assert model_folders() == [bundled_models_folder(), user_models_folder()]


@pytest.mark.parametrize("problem", [KeyError("getpwuid(): uid not found: 12345"), OSError("no entry"), ImportError()])
def test_a_user_without_a_name_goes_by_its_number(monkeypatch, problem):
    """As in ``docker run -u 12345``."""

    def nameless():
        raise problem

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert user_name() == str(os.getuid())


def test_data_lie_among_the_temporary_files_where_there_is_no_home_or_none_that_can_be_written(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert user_data_folder().parent == Path(tempfile.gettempdir())
    monkeypatch.undo()

    def homeless(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert user_data_folder().parent == Path(tempfile.gettempdir())


@pytest.mark.parametrize("text", ["x" * 5000, "a\0b", "", "/" + "y/" * 3000])
def test_a_text_that_is_no_path_is_no_folder(text):
    assert not is_folder(text)
