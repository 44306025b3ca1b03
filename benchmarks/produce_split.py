"""The split behind the bundled produce models, as two plain image folders of links.

``python -m benchmarks.produce_split GROCERY OUT`` makes ``OUT/train`` and ``OUT/eval`` from the Grocery Store Dataset
(Klasson et al. 2019): fruit and vegetables only. The last floor(n / 3) photos by file name of each class's ``test``
folder are for evaluation (series of one shelf stay on one side), all others train.
"""

import sys
from pathlib import Path


def split(grocery: Path, out: Path) -> tuple[int, int]:
    """Link every photo into ``out/train`` or ``out/eval``, one folder per class; returns both counts."""
    counts = {"train": 0, "eval": 0}
    for part in ("train", "val", "test"):
        for kind in ("Fruit", "Vegetables"):
            for folder in sorted({path.parent for path in (grocery / part / kind).rglob("*.jpg")}):
                photos = sorted(folder.glob("*.jpg"))
                held_out = len(photos) // 3 if part == "test" else 0
                for index, photo in enumerate(photos):
                    side = "eval" if index >= len(photos) - held_out else "train"
                    link = out / side / folder.name / f"{part}_{photo.name}"
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.unlink(missing_ok=True)
                    link.symlink_to(photo.resolve())
                    counts[side] += 1
    return counts["train"], counts["eval"]


if __name__ == "__main__":
    train_count, eval_count = split(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{train_count} photos train, {eval_count} evaluate")
