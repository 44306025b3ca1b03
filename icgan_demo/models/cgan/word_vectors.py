"""A vocabulary with its vectors: nearest words, votes of many samples, a flat map."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.errors import RequestError

SAMPLES = 100
"""Vectors drawn for one picture, as published."""
NEAREST = 20
"""Words that each sample votes for, as published."""
TAGS = 10
"""Words that win, as published."""


@dataclass(frozen=True)
class WordVectors:
    """Words and their vectors."""

    words: tuple[str, ...]
    """Lower-case single words, each once."""
    vectors: Tensor
    """Unit-length rows (W, D), float32."""

    def __post_init__(self) -> None:
        if not self.words or len(set(self.words)) != len(self.words):
            raise ValueError("words must be given, each once")
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.words):
            raise ValueError(f"vectors must be ({len(self.words)}, D), got {tuple(self.vectors.shape)}")

    def __len__(self) -> int:
        return len(self.words)

    def same_as(self, other: "WordVectors") -> bool:
        """Return whether words and vectors are the same, in the same order."""
        return self.words == other.words and torch.equal(self.vectors, other.vectors)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.vectors.shape[1]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    def row(self, word: str) -> int:
        """Return a word's row; raises RequestError, which may name a similar word, if it is not in the vocabulary."""
        if word in self.rows:
            return self.rows[word]
        alike = get_close_matches(word[:100], self.words, n=1)
        hint = f" Did you mean {alike[0]!r}?" if alike else ""
        raise RequestError(f"The word {word[:100]!r} is not among the {len(self)} words that this model knows.{hint}")

    def similar(self, word: str, count: int = TAGS) -> list[tuple[str, float]]:
        """Return the words nearest to ``word`` with their cosines, nearest first, without the word itself.

        Raises:
            RequestError: if the word is not in the vocabulary.
        """
        row = self.row(word)
        cosines = self.vectors @ self.vectors[row]
        cosines[row] = -torch.inf
        values, rows = cosines.topk(min(count, len(self) - 1))
        return [(self.words[row], value) for row, value in zip(rows.tolist(), values.tolist(), strict=True)]

    @cached_property
    def plane(self) -> Tensor:
        """The two directions (D, 2) in which the words differ most: their first principal components."""
        centred = (self.vectors - self.vectors.mean(dim=0)).double()
        directions = torch.linalg.svd(centred, full_matrices=False).Vh[:2].T  # (D, 2)
        signs = directions.gather(0, directions.abs().argmax(dim=0)[None]).sign()  # a decomposition may mirror
        return (directions * signs).float()

    def flatten(self, vectors: Tensor) -> Tensor:
        """Return the places (N, 2) of vectors (N, D) of any length on the flat map of the words."""
        return (F.normalize(vectors, dim=1) - self.vectors.mean(dim=0)) @ self.plane


def count_votes(samples: Tensor, words: WordVectors, nearest: int = NEAREST) -> Tensor:
    """Return how many samples of each picture have each word among their nearest.

    Args:
        samples: drawn vectors of any length, shape (P, S, D): S for each of P pictures.
        nearest: words that a sample votes for.
    Returns:
        int64 tensor (P, W); every row sums to S * min(nearest, W).
    Source: Mirza and Osindero 2014, section 4.2.
    """
    cosines = F.normalize(samples, dim=-1) @ words.vectors.T  # (P, S, W)
    chosen = cosines.topk(min(nearest, len(words)), dim=-1).indices.flatten(1)  # (P, S * nearest)
    votes = torch.zeros(len(samples), len(words), dtype=torch.int64)
    return votes.scatter_add_(1, chosen, torch.ones_like(chosen))


def rank_words(samples: Tensor, words: WordVectors, nearest: int = NEAREST) -> tuple[Tensor, Tensor]:
    """Return the words of each picture from most to fewest votes, and the votes by word.

    Equal votes are ordered by the mean cosine of the samples with the word.

    Args:
        samples: as for ``count_votes``, shape (P, S, D).
    Returns:
        Rows of the words in order, int64 (P, W), and ``count_votes``, int64 (P, W).
    """
    votes = count_votes(samples, words, nearest)
    closeness = F.normalize(samples, dim=-1).mean(dim=1) @ words.vectors.T  # (P, W), each in [-1, 1]
    return (votes + closeness / 4).argsort(dim=1, descending=True, stable=True), votes


def name_rows(name: str, words: WordVectors) -> list[int] | None:
    """Return the rows of the words of a name such as "Granny Smith", or None if one is not in the vocabulary.

    Plurals count as their singular where only that is known.
    """
    rows = []
    for word in name.lower().replace("-", " ").split():
        row = next((words.rows[form] for form in singulars(word) if form in words.rows), None)
        if row is None:
            return None
        rows.append(row)
    return rows or None


def singulars(word: str) -> Sequence[str]:
    """Return a word and what may be its singular: berries, berry; tomatoes, tomato; dishes, dish; plums, plum."""
    forms = [word]
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            forms.append(word.removesuffix(ending) + singular)
    return forms
