"""Fine-tunes are compared on photos chosen alike, and a trainer that fails is told from one that learned."""

from pathlib import Path

import pytest

from benchmarks import fine_tunes


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg")}


def test_a_set_holds_so_many_photos_of_the_first_classes_and_is_measured_against_all_of_them(tmp_path):
    write(tmp_path / "train", *[f"{kind}/{row}.jpg" for kind in ("Cream", "Juice", "Milk") for row in range(3)])
    write(tmp_path / "evaluation", "Cream/0.jpg", "Juice/7.jpg", "Milk/8.jpg")
    fine_tunes.choose(tmp_path, 2, 2, tmp_path / "out")
    assert names_in(tmp_path / "out/learned") == {"Cream/0.jpg", "Cream/1.jpg", "Juice/0.jpg", "Juice/1.jpg"}
    trained = {f"{kind}/{row}.jpg" for kind in ("Cream", "Juice") for row in range(3)}
    assert names_in(tmp_path / "out/all") == trained | {"Cream/evaluation_0.jpg", "Juice/evaluation_7.jpg"}


def test_a_trainer_that_ends_by_itself_gives_no_figures(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(RuntimeError, match="produce64 ended with"):
        fine_tunes.fine_tune("produce64", tmp_path / "photos", tmp_path / "run", 60.0, [])
