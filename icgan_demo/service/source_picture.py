"""A picture that was found, with what its class follows from; no torch, unlike where pictures are looked for."""

from dataclasses import dataclass

from icgan_demo.guards.candidate import Candidate


@dataclass(frozen=True)
class SourcePicture:
    """A picture that was found, or the name of one that is of no use or was not read."""

    candidate: Candidate
    """Named below the folder or archive that it was found in; without picture and reason if it was not read."""
    group: str
    """What its class follows from: ``=`` and a label that stands with it, or ``/`` and the folder of its name."""

    @classmethod
    def of_class(cls, candidate: Candidate) -> "SourcePicture":
        """Return a picture whose label is its class, also if it has none."""
        return cls(candidate, f"={candidate.label}")
