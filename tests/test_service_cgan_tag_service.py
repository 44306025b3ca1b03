"""Tags of photos and stored instances, with a tiny random model; what cannot be tagged is said in a sentence."""

from functools import partial

import pytest
import torch
from tagging_fakes import WORDS, write_tiny_tags

from icgan_demo.errors import ImageError, RequestError, WeightsError
from icgan_demo.inference.tagging import Tagger
from icgan_demo.models.cgan.word_vectors import rank_words
from icgan_demo.service.cgan.tag_service import TaggingService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.tag_files import load_tag_model


@pytest.fixture
def service_of(models_folder, tmp_path):
    """Return a function that makes the service, with a tag model for the encoder of ``tiny``."""

    def make(encoder="tiny", **card):
        write_tiny_tags(tmp_path / "models" / "tags", models_folder / encoder, **card)
        return TaggingService(SamplingService(ModelStore([models_folder])), [tmp_path / "models"])

    return make


def test_a_photo_gets_ten_words_most_votes_first(service_of, photo_path):
    found = service_of().tag(photo_path)
    votes = [tag.votes for tag in found.tags]
    assert len(found.tags) == 10
    assert votes == sorted(votes, reverse=True)
    assert {tag.word for tag in found.tags} <= set(WORDS)
    assert found.samples == 100
    assert found.cloud.shape == (100, 2)


def test_the_same_photo_gets_the_same_tags(service_of, photo_path):
    service = service_of()
    assert service.tag(photo_path).tags == service.tag(photo_path).tags


def test_a_stored_instance_can_be_tagged(service_of):
    assert service_of().tag_row(0).tags
    with pytest.raises(RequestError, match="no stored instance"):
        service_of().tag_row(99)


def test_weak_votes_are_told(service_of, photo_path, monkeypatch):
    # Two votes a sample: the ten best of twelve words have at most a fifth of them each, in the mean.
    monkeypatch.setattr("icgan_demo.inference.tagging.rank_words", partial(rank_words, nearest=2))
    assert service_of(weak_votes=0.5).tag(photo_path).is_weak
    assert not service_of(weak_votes=0.1).tag(photo_path).is_weak


def test_classes_are_offered_only_when_every_word_is_a_tag(models_folder, tmp_path):
    write_tiny_tags(tmp_path / "tags", models_folder / "tiny")
    tagger = Tagger(load_tag_model(tmp_path / "tags"))
    rows = [WORDS.index(word) for word in ("lime", "golden", "apple", "sour", "brown", "sweet")]
    assert tagger.named_classes(rows, ["Lemon", "Lime", "Golden apple", "Brown cap mushroom"]) == [
        "Lime",
        "Golden apple",
    ]


def test_pictures_are_tagged_alone_as_in_company(models_folder, tmp_path):
    write_tiny_tags(tmp_path / "tags", models_folder / "tiny")
    tagger = Tagger(load_tag_model(tmp_path / "tags"))
    features = torch.nn.functional.normalize(torch.randn(70, 16), dim=1)
    together, alone = tagger.tag(features), tagger.tag(features[67:68])
    assert together.votes[67].equal(alone.votes[0])


def test_similar_words_and_words_outside_the_vocabulary(service_of):
    service = service_of()
    assert len(service.similar(" Lemon ", 3)) == 3
    with pytest.raises(RequestError, match="'zebra' is not among"):
        service.similar("zebra")
    with pytest.raises(RequestError, match="between 1 and 100"):
        service.similar("lemon", 0)


def test_what_is_no_picture_is_refused(service_of, tmp_path):
    (tmp_path / "fake.png").write_bytes(b"<html>no picture</html>")
    with pytest.raises(ImageError):
        service_of().tag(tmp_path / "fake.png")


def test_without_a_model_a_sentence_says_so(models_folder):
    service = TaggingService(SamplingService(ModelStore([models_folder])), [models_folder])
    with pytest.raises(RequestError, match="no tag model on this machine"):
        service.info()


def test_features_of_another_encoder_are_refused(models_folder, tmp_path, photo_path):
    card = write_tiny_tags(tmp_path / "tags", models_folder / "plain")
    text = (tmp_path / "tags" / "card.json").read_text().replace('"plain"', '"tiny"')
    (tmp_path / "tags" / "card.json").write_text(text)
    service = TaggingService(SamplingService(ModelStore([models_folder])), [tmp_path])
    with pytest.raises(WeightsError, match=f"{card.title} was trained on another encoder of tiny"):
        service.tag(photo_path)
