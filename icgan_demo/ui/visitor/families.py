"""The family of images that a visitor grows in the studio, with the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from icgan_demo.errors import RequestError
from icgan_demo.service.recipes.lineage import Lineage, image_id
from icgan_demo.service.recipes.recipe import Recipe

MAX_STEPS_BACK = 50


@dataclass(frozen=True)
class Family:
    """What the Explore page shows."""

    lineage: Lineage = field(default_factory=Lineage)
    chosen: str = ""
    """The image whose children are shown; empty before there is one."""
    partner: str = ""
    """The image that others are crossed with; empty for none."""
    seed: int = 0
    """Of the children that are shown."""
    is_crossed: bool = False
    """Whether they are children of the partner, too."""
    litter: Mapping[str, Recipe] = field(default_factory=dict)
    """The children by their ids; those that are chosen come into the lineage."""
    past: tuple["Family", ...] = ()
    """What was there before, the last step last."""

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of the parents of the children that are shown."""
        return (self.chosen, self.partner) if self.is_crossed else (self.chosen,)

    def founded(self, recipe: Recipe) -> "Family":
        """Return the family with an image that comes from none other, chosen."""
        return self._step(lineage=self.lineage.with_image(recipe), chosen=image_id(recipe))

    def with_child(self, image: str) -> "Family":
        """Return the family with one of the children that are shown, chosen; raises RequestError if it is not shown."""
        if image not in self.litter:
            raise RequestError("This child is no longer shown. Choose one of the images that are.")
        return self._step(lineage=self.lineage.with_image(self.litter[image], self.parents), chosen=image)

    def with_chosen(self, image: str) -> "Family":
        """Return the family with another of its images chosen."""
        self.lineage.find(image)
        return self._step(chosen=image)

    def with_litter(self, recipes: Sequence[Recipe]) -> "Family":
        """Return the family with these children shown."""
        return replace(self, litter={image_id(recipe): recipe for recipe in recipes})

    def with_other_children(self) -> "Family":
        """Return the family about to show other children of the same parents."""
        return replace(self, seed=self.seed + 1)

    def with_partner(self) -> "Family":
        """Return the family with the chosen image as the one that others are crossed with."""
        self.lineage.find(self.chosen)
        return replace(self, partner=self.chosen)

    def crossed(self) -> "Family":
        """Return the family about to show children of the chosen image and its partner; raises RequestError."""
        if self.partner not in self.lineage.members or self.partner == self.chosen:
            raise RequestError("Choose a partner first: click an image, “Use as partner”, then click another one.")
        return replace(self, is_crossed=True, seed=self.seed + 1)

    def named(self, name: str) -> "Family":
        """Return the family with the chosen image called ``name``."""
        return replace(self, lineage=self.lineage.named(self.chosen, name), past=self._past())

    def pruned(self) -> "Family":
        """Return the family without the chosen image and what came from it alone; its parent is chosen then."""
        parents = self.lineage.find(self.chosen).parents
        lineage = self.lineage.pruned(self.chosen)
        left = [image for image in (*parents, *reversed(lineage.members)) if image in lineage.members]
        return self._step(lineage=lineage, chosen=left[0] if left else "")

    def joined(self, lineage: Lineage) -> "Family":
        """Return the family with another one in its place, the last image chosen; a single image joins this one."""
        chosen = next(reversed(lineage.members))
        if len(lineage.members) == 1:
            return self.founded(lineage.members[chosen].recipe)
        return self._step(lineage=lineage, chosen=chosen)

    def undone(self) -> "Family":
        """Return the family as it was one step before; raises RequestError at the first."""
        if not self.past:
            raise RequestError("There is no step to take back.")
        return replace(self.past[-1], past=self.past[:-1])

    def _step(self, **changes: object) -> "Family":
        stepped = replace(self, seed=0, is_crossed=False, litter={}, past=self._past(), **changes)  # type: ignore[arg-type]
        return stepped if stepped.partner in stepped.lineage.members else replace(stepped, partner="")

    def _past(self) -> tuple["Family", ...]:
        return (*self.past, replace(self, past=(), litter={}))[-MAX_STEPS_BACK:] if self.chosen else self.past
