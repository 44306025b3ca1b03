"""The table of a comparison's measured runs."""

from benchmarks.compare import as_markdown


def figures(fid: float) -> dict:
    judged = {"precision": 0.5, "recall": 0.25, "density": 0.75, "coverage": 0.125}
    return {
        "inception": {"to_evaluation": {"fid": fid, "kid": 0.01}},
        "judge": {"to_evaluation": judged},
        "accuracy": 0.9,
        "cosine": 0.8,
        "spread": {"inception": 0.6},
    }


def test_rows_are_means_over_the_seeds_and_runs_without_figures_are_left_out():
    runs = [{"series": "conditioning", "value": "none", "seed": seed, "name": f"none-{seed}"} for seed in (0, 1)]
    runs.append({"series": "neighbours", "value": "5", "seed": 0, "name": "neighbours-5"})
    runs.append({"series": "encoder", "value": "lite0", "seed": 0, "name": "encoder-lite0"})
    measured = {name: {"figures": figures(fid)} for name, fid in (("none-0", 40), ("none-1", 50), ("neighbours-5", 30))}
    lines = as_markdown({"runs": runs}, measured).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| none", "| neighbours 5"]
    assert lines[2].startswith("| none | 45.000 ± 5.000 | 0.010 ± 0.000 |")
    assert lines[3].startswith("| neighbours 5 | 30.000 | 0.010 |")
