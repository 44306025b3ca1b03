"""A comparison's folder with tiny random models."""

from conftest import write_tiny_model

KINDS = {
    "none": {"classes": False, "clusters": 1},
    "class": {"clusters": 1},
    "partition": {"classes": False, "clusters": 3},
    "instance": {"classes": False},
    "instance-and-class": {},
}


def write_comparison(folder, words=tuple(KINDS)):
    """Write a model for each conditioning as ``compare`` does, and return the folder."""
    for word in words:
        run_folder = folder / f"{word}-0"
        run_folder.mkdir(parents=True)
        write_tiny_model(run_folder / run_folder.name, **KINDS[word])
    return folder
