"""A painted stand-in for the models of a comparison: one colour per conditioning and seed."""

from fakes import CLASS_NAMES, PaintedSampling
from PIL import Image

from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.comparing import ComparedFigures, ComparedRow

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><title>Coverage</title></svg>'
FIGURES = ComparedFigures(
    ("images", "second_kd", "coverage"),
    tuple((word, ("400,000", "0.100 ± 0.010", "0.500")) for word in Conditioning),
    (("curves", "coverage", SVG), ("stored", "second_kd", SVG)),
    (("photos", SVG), *((word, SVG) for word in Conditioning)),
    2,
)


def colour_of(word, seed):
    """Return the colour of an image; that of no condition is the same for every instance."""
    return (40 * list(Conditioning).index(word) + 20, seed % 256, 0)


class PaintedComparison:
    """Keeps the ``Comparing`` contract; ``asked`` are the features and requests of all drawings."""

    encoding = "painted"
    conditionings = tuple(Conditioning)

    def __init__(self, figures=FIGURES, label=CLASS_NAMES[0], *, shows_instances=True):
        self.sampling = PaintedSampling()
        self.shows_instances = shows_instances
        self.asked = []
        self._figures = figures
        self._label = label

    def load(self):
        pass

    def rows(self, feature, asked):
        self.asked.append((feature, asked))
        for word in Conditioning:
            seeds = range(asked.seed, asked.seed + asked.count)
            pictures = [Image.new("RGB", (32, 32), colour_of(word, seed)) for seed in seeds]
            is_partition = word is Conditioning.PARTITION
            members = tuple(pictures[:3]) if is_partition else ()
            label = self._label if word.uses_class else None
            yield ComparedRow(word, label, pictures, 7 if is_partition else None, members)

    def figures(self):
        return self._figures
