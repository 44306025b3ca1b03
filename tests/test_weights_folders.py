from pathlib import Path

from icgan_demo.weights.folders import bundled_models_folder, model_folders, user_models_folder


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
