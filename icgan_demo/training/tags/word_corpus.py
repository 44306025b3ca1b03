"""The words of products: class names, coarse classes, kinds and descriptions, as lists of words.

Rules: lower-case runs of letters; a plural becomes its singular where the corpus knows that; stop words and single
letters are left out; a word used once in the whole corpus is left out unless it is part of a class name.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.word_vectors import singulars

MIN_USES = 2
"""Words used less often are left out, unless a class is named after them; 200 in the paper, with millions of texts."""
MAX_DESCRIPTION_BYTES = 1 << 20
_FUNCTION_WORDS = """
a about after all almost already also although always an and are as at be been both but by can could do does during
either etc even ever for from had has have having hence how however if in instead into is it its itself just like many
may more most much not of off often on one ones only or other our out over own rather s same should so some sometimes
somewhat such than that the their them then there therefore these they this those though to too two until us use used
usually very was way we were what when whenever which while who whole will with without would you your
"""
STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Function words of English, and the verb "use" in its forms, which descriptions of products are full of."""


@dataclass(frozen=True)
class Product:
    """One class and everything that is said about it."""

    name: str
    """Readable class name, as image folders give it: "Granny Smith"."""
    words: tuple[str, ...]
    """Its document: the words of class, coarse class, kind and description, in that order, with repetitions."""

    @property
    def tags(self) -> frozenset[str]:
        """The words of its pictures."""
        return frozenset(self.words)


def read_products(folder: Path) -> list[Product]:
    """Return the products of a folder like that of the Grocery Store Dataset (Klasson et al. 2019).

    Args:
        folder: holds ``classes.csv`` (class, id, coarse class, id), ``descriptions/<class>.txt``, and pictures below
            ``<part>/<kind>/``, from which the kind of each class is known.
    Raises:
        TrainingError: if the list or all words are missing.
    """
    kinds = {path.name: path.relative_to(folder).parts[1] for path in sorted(folder.glob("*/*/**/")) if path.is_dir()}
    texts, names = {}, set()
    for name, coarse in _classes(folder / "classes.csv"):
        named = f"{name} {coarse} {kinds.get(name, '')}"
        names |= set(_letters(name))
        texts[_readable(name)] = _letters(named) + _letters(_description(folder / "descriptions" / f"{name}.txt"))
    products = clean_documents(texts, names)
    if not any(product.words for product in products):
        raise TrainingError(f"The folder {folder.name!r} holds no words. Fill classes.csv and the descriptions.")
    return products


def clean_documents(texts: dict[str, list[str]], kept: set[str]) -> list[Product]:
    """Return the documents after the rules of this module; words of ``kept`` stay even if they are rare."""
    known = {word for words in texts.values() for word in words}

    def singular(word: str) -> str:
        return next((form for form in singulars(word)[1:] if form in known), word)

    kept = {singular(word) for word in kept}
    folded = {name: [singular(word) for word in words] for name, words in texts.items()}
    uses = Counter(word for words in folded.values() for word in words)

    def is_left_out(word: str) -> bool:
        return len(word) < 2 or word in STOP_WORDS or (uses[word] < MIN_USES and word not in kept)

    return [Product(name, tuple(word for word in words if not is_left_out(word))) for name, words in folded.items()]


def _letters(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _readable(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")


def _classes(path: Path) -> list[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream)][1:]
        classes = [(row[0].strip(), row[2].strip()) for row in rows if row]
    except (OSError, ValueError, csv.Error, IndexError) as error:
        raise TrainingError(f"{path.name} is missing or damaged in the folder {path.parent.name!r}.") from error
    if not classes:
        raise TrainingError(f"{path.name} in the folder {path.parent.name!r} lists no classes, so there are no words.")
    return classes


def _description(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return stream.read(MAX_DESCRIPTION_BYTES).decode("utf-8", errors="replace")
