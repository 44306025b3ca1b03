"""How good the tags of a tag model are, next to two simple baselines.

``python -m benchmarks.tags SPLIT GROCERY [--model weights/cgan-tags] [--write]``

SPLIT is that of produce by ``benchmarks.splits``. Its evaluation photos are tagged as published: 100 samples a picture,
each votes for its 20 nearest words, the ten with the most votes are the tags. Precision and recall at 10 and mean
average precision count against the words of the photo's class, coarse class, kind and description. ``--write`` stores
them in the card.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.tag_metrics import (
    best_possible,
    frequency_order,
    neighbour_order,
    neighbour_scores,
    tag_figures,
)
from icgan_demo.inference.loading import load_model
from icgan_demo.inference.tagging import Tagger
from icgan_demo.models.cgan.word_vectors import NEAREST, SAMPLES, TAGS, WordVectors, rank_words
from icgan_demo.service.cgan.tag_training import TagPhotos, prepare_photos, vote_strength
from icgan_demo.training.tags.word_corpus import read_products
from icgan_demo.training.tags.word_training import tag_table
from icgan_demo.weights.cards import write_card
from icgan_demo.weights.tag_files import load_tag_model

NEIGHBOURS = (1, 5, 20)
EXAMPLES = 10


def true_word_order(tags: Tensor, words: WordVectors) -> Tensor:
    """Return the order in which words win if the samples are exactly the picture's own words, each equally often."""
    return torch.cat([rank_words(words.vectors[row][None], words)[0] for row in tags])


def voted_neighbour_order(train: TagPhotos, held: TagPhotos, words: WordVectors, neighbours: int) -> Tensor:
    """Return the order in which words win if the samples are words of the nearest training photos.

    They are drawn by their scores: the nearest-neighbour baseline behind the same vote as the networks' samples.
    """
    scores = neighbour_scores(held.features, train.features, train.tags, neighbours)
    drawn = torch.multinomial(scores, SAMPLES, replacement=True, generator=torch.Generator().manual_seed(0))
    return torch.cat([rank_words(words.vectors[rows][None], words)[0] for rows in drawn])


def figures(tagger: Tagger, train: TagPhotos, held: TagPhotos) -> dict[str, dict[str, float]]:
    """Return the figures of the tagger, of what it could reach at best, and of the baselines."""
    words = tagger.model.words
    result = {"conditional GAN": tag_figures(tagger.tag(held.features).order, held.tags)}
    for count in NEIGHBOURS:
        order = neighbour_order(held.features, train.features, train.tags, count)
        result[f"words of the {count} nearest training photos"] = tag_figures(order, held.tags)
    order = voted_neighbour_order(train, held, words, NEIGHBOURS[-1])
    result[f"words of the {NEIGHBOURS[-1]} nearest, voted on"] = tag_figures(order, held.tags)
    result["most frequent words"] = tag_figures(frequency_order(train.tags, len(held.tags)), held.tags)
    result["the photo's own words, voted on"] = tag_figures(true_word_order(held.tags, words), held.tags)
    result["best possible"] = best_possible(held.tags)
    return result


def examples(tagger: Tagger, held: TagPhotos, count: int = EXAMPLES) -> list[str]:
    """Return class, precision and tags of ``count`` evaluation photos, evenly from the best to the worst."""
    found = tagger.tag(held.features)
    hits = held.tags.gather(1, found.order[:, :TAGS])
    ranked = hits.sum(dim=1).argsort(descending=True, stable=True)
    rows = ranked[torch.linspace(0, len(ranked) - 1, count).round().long()]
    words = tagger.model.words.words
    lines = []
    for row in rows.tolist():
        tags = [
            f"{words[word]}{'' if hit else '*'} {int(found.votes[row, word])}"
            for word, hit in zip(found.order[row, :TAGS].tolist(), hits[row].tolist(), strict=True)
        ]
        lines.append(f"{held.classes[row]}: {', '.join(tags)}")
    return lines


def word_figures(words: WordVectors, table: Tensor) -> float:
    """Return the share of a word's ten nearest that stand in a description with it, over all words of ``table``."""
    used = table.any(dim=0).nonzero().flatten()
    together = table.float().T @ table.float() > 0  # (W, W)
    cosines = words.vectors @ words.vectors.T
    cosines.fill_diagonal_(-2)
    return together.gather(1, cosines.topk(TAGS).indices)[used].float().mean().item()


def main() -> None:
    """Print the figures and ten examples, and store the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split", type=Path)
    parser.add_argument("grocery", type=Path)
    parser.add_argument("--model", type=Path, default=Path("weights/cgan-tags"))
    parser.add_argument("--cache", type=Path, help="folder for features; default: SPLIT/cache")
    parser.add_argument("--write", action="store_true", help="store the figures in the card")
    options = parser.parse_args()
    model = load_tag_model(options.model)
    tagger, words = Tagger(model), model.words
    encoder = load_model(model.card.encoder.model)
    products = read_products(options.grocery)
    cache = options.cache or options.split / "cache"
    train, held = (
        prepare_photos(options.split / side, products, words, encoder, cache / f"tags_{side}.safetensors")
        for side in ("train", "evaluation")
    )
    found = figures(tagger, train, held)
    for name, values in found.items():
        print(f"{name:38s}" + "  ".join(f"{key} {value:.3f}" for key, value in values.items()))
    table = tag_table([product.name for product in products], products, words)
    share = word_figures(words, table)
    print(f"{len(words)} words; of a word's 10 nearest, {share:.1%} stand in a description with it")
    strength = vote_strength(tagger, held.features)
    print(f"votes for the ten tags: mean {strength.mean():.2f}, 5 % quantile {strength.quantile(0.05):.2f}")
    print(f"\nTags with their votes; * is not among the photo's words ({len(held.tags)} photos, best to worst):")
    print("\n".join(examples(tagger, held)))
    if options.write:
        protocol = (
            f"{len(held.tags)} evaluation photos, {len(train.tags)} training photos, 100 samples, {NEAREST} words"
        )
        stored: dict[str, Any] = {"protocol": protocol, **found, "nearest words that share a description": share}
        write_card(replace(model.card, figures=stored), options.model)


if __name__ == "__main__":
    main()
