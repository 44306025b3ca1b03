"""Votes counted by hand, nearest words, the flat map, names of classes."""

import math

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.errors import RequestError
from icgan_demo.models.cgan.word_vectors import WordVectors, count_votes, name_rows, rank_words, singulars


def circle(*degrees):
    """Return unit vectors of the plane."""
    return torch.tensor([[math.cos(math.radians(angle)), math.sin(math.radians(angle))] for angle in degrees])


@pytest.fixture
def words():
    return WordVectors(("north", "east", "south", "west"), circle(90, 0, 270, 180))


def test_votes_are_counted_as_by_hand(words):
    # 80 degrees: north, then east. 10: east, then north. 100: north, then west. Two words each.
    samples = 3 * circle(80, 10, 100)[None]
    assert count_votes(samples, words, nearest=2).tolist() == [[3, 2, 0, 1]]


def test_each_picture_has_its_own_votes_and_all_samples_vote(words):
    samples = torch.stack([circle(80, 10, 100), circle(260, 280, 190)])
    votes = count_votes(samples, words, nearest=2)
    assert votes.sum(dim=1).tolist() == [6, 6]
    assert votes[1].tolist() == [0, 1, 3, 2]


def test_more_words_asked_for_than_there_are_means_all(words):
    assert count_votes(circle(1)[None], words, nearest=20).tolist() == [[1, 1, 1, 1]]


def test_equal_votes_are_ordered_by_closeness(words):
    order, votes = rank_words(circle(80, 10, 100)[None], words, nearest=4)
    assert votes.tolist() == [[3, 3, 3, 3]]
    assert order.tolist() == [[0, 1, 3, 2]]


def test_votes_weigh_more_than_closeness(words):
    # West is in two lists; east is in one, that of a sample right upon it, which pulls the mean its way.
    order, votes = rank_words(circle(150, 150, 0)[None], words, nearest=1)
    assert votes.tolist() == [[0, 1, 0, 2]]
    assert order[0, :2].tolist() == [3, 1]


def test_the_length_of_a_sample_does_not_matter(words):
    samples = circle(80, 10, 100)[None]
    assert torch.equal(
        count_votes(samples, words, 2), count_votes(samples * torch.tensor([[[9.0], [0.1], [2]]]), words, 2)
    )


def test_similar_words_come_nearest_first_without_the_word_itself():
    words = WordVectors(("a", "b", "c"), circle(0, 50, 20))
    assert [word for word, _ in words.similar("a")] == ["c", "b"]
    assert words.similar("a", 1)[0][1] == pytest.approx(math.cos(math.radians(20)))


def test_a_word_outside_the_vocabulary_is_refused_with_a_similar_one(words):
    with pytest.raises(RequestError, match=r"'soutn' is not among the 4 words .* Did you mean 'south'"):
        words.row("soutn")
    with pytest.raises(RequestError, match=r"knows\.$"):
        words.similar("qqqqqqq")


def test_the_map_keeps_the_two_directions_that_differ_most():
    vectors = F.normalize(torch.tensor([[9.0, 1, 0.1], [-9, 1, -0.1], [1, 9, 0.1], [1, -9, -0.1]]), dim=1)
    words = WordVectors(("a", "b", "c", "d"), vectors)
    flat = words.flatten(vectors)
    assert flat.shape == (4, 2)
    assert torch.allclose(torch.cdist(flat, flat), torch.cdist(vectors[:, :2], vectors[:, :2]), atol=2e-2)
    assert torch.allclose(words.flatten(5 * vectors), flat, atol=1e-6)


@pytest.mark.parametrize(
    ("plural", "singular"), [("berries", "berry"), ("tomatoes", "tomato"), ("plums", "plum"), ("peaches", "peach")]
)
def test_plurals_have_their_singular_among_the_forms(plural, singular):
    assert plural == singulars(plural)[0]
    assert singular in singulars(plural)


def test_a_name_is_found_word_by_word():
    words = WordVectors(("carrot", "granny", "smith"), circle(0, 50, 20))
    assert name_rows("Granny Smith", words) == [1, 2]
    assert name_rows("Carrots", words) == [0]
    assert name_rows("Granny Gala", words) is None


@pytest.mark.parametrize(("names", "rows"), [((), 0), (("a", "a"), 2), (("a", "b"), 3)])
def test_words_and_vectors_that_contradict_each_other_are_refused(names, rows):
    with pytest.raises(ValueError, match=r"words must|vectors must"):
        WordVectors(names, torch.zeros(rows, 2))
