"""The rules of the vocabulary on a corpus of three products."""

from pathlib import Path

import pytest

from icgan_demo.errors import TrainingError
from icgan_demo.training.tags.word_corpus import STOP_WORDS, read_products
from icgan_demo.training.tags.word_training import WordTrainConfig, tag_table, train_words

CLASSES = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int)\n"
TEXTS = {"Red-Plum": "A sweet plum, and it is juicy.", "Kiwi": "Kiwis are sweet. The pulp is juicy!", "Leek": ""}


def write_corpus(folder: Path, texts=TEXTS) -> Path:
    """Write a corpus in the layout of the Grocery Store Dataset."""
    (folder / "descriptions").mkdir(parents=True)
    rows = [f"{name},{row},{name.split('-')[-1]},{row}\n" for row, name in enumerate(texts)]
    (folder / "classes.csv").write_text(CLASSES + "".join(rows))
    for name, words in texts.items():
        (folder / "descriptions" / f"{name}.txt").write_text(words)
        (folder / "train" / ("Vegetables" if name == "Leek" else "Fruit") / name).mkdir(parents=True)
    return folder


@pytest.fixture
def products(tmp_path):
    return {product.name: product for product in read_products(write_corpus(tmp_path / "corpus"))}


def test_a_document_holds_class_coarse_class_kind_and_description(products):
    assert products["Kiwi"].words == ("kiwi", "kiwi", "fruit", "kiwi", "sweet", "juicy")
    assert products["Red Plum"].tags == {"red", "plum", "fruit", "sweet", "juicy"}


def test_rare_words_go_unless_a_class_is_named_after_them(products):
    assert "pulp" not in products["Kiwi"].tags
    assert "red" in products["Red Plum"].tags
    assert products["Leek"].words == ("leek", "leek")  # "vegetables" is used once


def test_stop_words_are_never_tags(products):
    assert {"a", "and", "it", "is", "the", "are"} <= STOP_WORDS
    assert not any(product.tags & STOP_WORDS for product in products.values())


@pytest.mark.parametrize("missing", ["everything", "classes", "words"])
def test_an_empty_corpus_is_refused_in_one_sentence(tmp_path, missing):
    if missing == "classes":
        (tmp_path / "classes.csv").write_text(CLASSES)
    if missing == "words":
        (tmp_path / "classes.csv").write_text(CLASSES + "7,0,8,0\n")
    with pytest.raises(TrainingError, match=r"classes\.csv|no words"):
        read_products(tmp_path)


def test_a_damaged_list_is_refused(tmp_path):
    (tmp_path / "classes.csv").write_bytes(b"\xff\xfe\x00,1\n\xff,2\n")
    with pytest.raises(TrainingError, match="missing or damaged"):
        read_products(tmp_path)


def test_words_need_a_corpus():
    with pytest.raises(TrainingError, match="corpus is empty"):
        train_words([], WordTrainConfig())


def test_words_that_stand_together_become_similar(tmp_path):
    pytest.importorskip("gensim", reason="gensim is not installed (requirements-dev.txt)")
    texts = {f"Plum-{letter}{letter}": "sweet juicy pulp" for letter in "abcdef"}
    texts |= {f"Leek-{letter}{letter}": "mild onion soup" for letter in "ghijkl"}
    products = read_products(write_corpus(tmp_path / "corpus", texts))
    words = train_words(products, WordTrainConfig(dim=8, epochs=100, sample=0))
    assert set(words.words) >= {"sweet", "juicy", "pulp", "mild", "onion", "soup", "plum", "leek"}
    near = dict(words.similar("sweet", len(words)))
    assert min(near["juicy"], near["pulp"]) > max(near["onion"], near["soup"])
    assert words.vectors.norm(dim=1).sub(1).abs().max() < 1e-5
    again = train_words(products, WordTrainConfig(dim=8, epochs=100, sample=0))
    assert again.vectors.equal(words.vectors)


def test_classes_get_the_words_of_their_product(tmp_path):
    import torch

    from icgan_demo.models.cgan.word_vectors import WordVectors

    products = read_products(write_corpus(tmp_path / "corpus"))
    words = WordVectors(("juicy", "kiwi", "leek", "plum"), torch.eye(4))
    table = tag_table(["Kiwi", "Leek"], products, words)
    assert table.tolist() == [[True, True, False, False], [False, False, True, False]]
    with pytest.raises(TrainingError, match="does not know the class 'Melon'"):
        tag_table(["Melon"], products, words)
    with pytest.raises(TrainingError, match="None of the words of the class 'Kiwi'"):
        tag_table(["Kiwi"], products, WordVectors(("zebra", "yak"), torch.eye(2)))


@pytest.mark.parametrize("change", [{"dim": 0}, {"epochs": 0}, {"lr": 0.0}])
def test_settings_refuse_nonsense(change):
    with pytest.raises(ValueError, match="must be"):
        WordTrainConfig(**change)
