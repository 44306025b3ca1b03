"""Word vectors from a small corpus: skip-gram with negative sampling (Mikolov et al. 2013), trained by gensim.

gensim is needed here only; the vectors are stored (weights/tag_files.py) and used without it.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.word_vectors import WordVectors
from icgan_demo.setting import check_settings, setting
from icgan_demo.training.tags.word_corpus import Product

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WordTrainConfig:
    """Skip-gram settings that suit a corpus of a few thousand words."""

    dim: int = setting(100, least=1)
    """Length of a vector; 200 in the paper."""
    window: int = setting(100, least=1)
    """Words to either side that count as context; longer than a description, so that its order does not matter."""
    negative: int = setting(5, least=1)
    """Noise words for each true one."""
    sample: float = setting(1e-3, least=0)
    """Words more frequent than this share of the corpus are thinned out."""
    epochs: int = setting(500, least=1)
    """Passes over the corpus."""
    lr: float = setting(0.05, above=0)
    """First learning rate; it falls linearly to almost 0."""
    seed: int = 0
    """Seed of every random choice."""

    def __post_init__(self) -> None:
        check_settings(self)


def train_words(products: Sequence[Product], config: WordTrainConfig) -> WordVectors:
    """Return vectors for all words of ``products``, in the order of the alphabet.

    The mean vector is taken off before the vectors are scaled to unit length: what all words share says nothing, and
    in a small corpus it is most of a vector (Mu and Viswanath 2018).

    Raises:
        TrainingError: if there are fewer than two words, or gensim is not installed.
    """
    documents = [list(product.words) for product in products if product.words]
    words = sorted(Counter(word for document in documents for word in document))
    if len(words) < 2:
        raise TrainingError("The corpus is empty: it has fewer than two different words. Give one with descriptions.")
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise TrainingError("Word vectors are trained by gensim: pip install -r requirements-dev.txt.") from error
    model = Word2Vec(
        documents,
        vector_size=config.dim,
        window=config.window,
        shrink_windows=False,
        min_count=1,  # the corpus has been cleaned already
        sg=1,
        negative=config.negative,
        sample=config.sample,
        epochs=config.epochs,
        alpha=config.lr,
        seed=config.seed,
        workers=1,  # several make the result depend on the order of threads
    )
    vectors = torch.from_numpy(np.stack([model.wv[word] for word in words]))
    logger.info("%d words from %d documents", len(words), len(documents))
    return WordVectors(tuple(words), F.normalize(vectors - vectors.mean(dim=0), dim=1))


def tag_table(class_names: Sequence[str], products: Sequence[Product], words: WordVectors) -> torch.Tensor:
    """Return which words belong to the pictures of each class, bool (classes, W).

    Raises:
        TrainingError: if a class has no product, or none of its words has a vector.
    """
    by_name = {product.name: product for product in products}
    table = torch.zeros(len(class_names), len(words), dtype=torch.bool)
    for row, name in enumerate(class_names):
        if name not in by_name:
            raise TrainingError(f"The corpus does not know the class {name[:100]!r}.")
        known = [words.rows[word] for word in by_name[name].tags if word in words.rows]
        if not known:
            raise TrainingError(f"None of the words of the class {name[:100]!r} is in the vocabulary.")
        table[row, known] = True
    return table
