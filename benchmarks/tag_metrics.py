"""How good tags are: precision and recall among the first ten, mean average precision, and two simple baselines."""

import torch
from torch import Tensor

from icgan_demo.models.cgan.word_vectors import TAGS


def tag_figures(order: Tensor, relevant: Tensor, count: int = TAGS) -> dict[str, float]:
    """Return precision and recall among the first ``count`` words, and mean average precision, over pictures.

    Args:
        order: rows of all words from best to worst for each picture, int64 (P, W).
        relevant: which words belong to each picture, bool (P, W); at least one each.
    """
    hits = relevant.gather(1, order).double()  # (P, W), in the order of the tagger
    total = hits.sum(dim=1)
    precision_at = hits.cumsum(dim=1) / torch.arange(1, hits.shape[1] + 1)
    return {
        f"precision_at_{count}": (hits[:, :count].sum(dim=1) / count).mean().item(),
        f"recall_at_{count}": (hits[:, :count].sum(dim=1) / total).mean().item(),
        "mean_average_precision": ((precision_at * hits).sum(dim=1) / total).mean().item(),
    }


def best_possible(relevant: Tensor, count: int = TAGS) -> dict[str, float]:
    """Return the figures of a tagger that is never wrong: pictures with few words bound the precision."""
    return tag_figures(relevant.float().argsort(dim=1, descending=True, stable=True), relevant, count)


def frequency_order(train_tags: Tensor, pictures: int) -> Tensor:
    """Return the words from most to least frequent among training pictures (N, W), for each of ``pictures``."""
    counts = train_tags.double().mean(dim=0)
    return counts.argsort(descending=True, stable=True).expand(pictures, -1)


def neighbour_order(features: Tensor, train_features: Tensor, train_tags: Tensor, neighbours: int) -> Tensor:
    """Return the words of the nearest training pictures (P, W), those of the nearer ones first.

    Equal scores are in order of frequency. Arguments as for ``neighbour_scores``.
    """
    scores = neighbour_scores(features, train_features, train_tags, neighbours)
    return (scores + 1e-6 * train_tags.double().mean(dim=0)).argsort(dim=1, descending=True, stable=True)


def neighbour_scores(features: Tensor, train_features: Tensor, train_tags: Tensor, neighbours: int) -> Tensor:
    """Return what the nearest training pictures say for each word: the share, by exp(20 cosine), of those that have it.

    Args:
        features: unit-length rows (P, D) of the pictures to tag.
        train_features: unit-length rows (N, D).
        train_tags: their words, bool (N, W).
        neighbours: how many training pictures vote.
    Returns:
        Scores (P, W), float64; a word that all neighbours of a picture have scores 1.
    """
    cosines, rows = (features @ train_features.T).topk(neighbours, dim=1)
    weights = (20 * cosines.double()).softmax(dim=1)  # (P, k)
    return torch.einsum("pk,pkw->pw", weights, train_tags[rows].double())
