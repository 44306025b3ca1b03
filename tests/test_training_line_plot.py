"""Plots hold their lines within their frame, whatever the numbers."""

import math
import xml.etree.ElementTree as ET

import pytest

from icgan_demo.training.line_plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, line_plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize(
    "points", [[(1, 2.0)], [(1, 3.0), (5, 3.0)], [(1, -1e9), (50, math.nan), (200, 1e9)], [(10, 0.0), (1e6, 1e-9)]]
)
def test_every_finite_point_is_marked_inside_the_frame(points, logarithmic):
    drawn = ET.fromstring(line_plot({"a <b>": points}, "up & down", "across", logarithmic=logarithmic))
    circles = drawn.findall(f"{SVG}circle")
    assert len(circles) == sum(math.isfinite(y) for _, y in points)
    for circle in circles:
        assert LEFT <= float(circle.get("cx")) <= WIDTH - RIGHT
        assert TOP <= float(circle.get("cy")) <= HEIGHT - BOTTOM
    words = [text.text for text in drawn.findall(f"{SVG}text")]
    assert {"a <b>", "up & down", "across"} <= set(words)


def test_equal_factors_are_equal_steps_on_a_logarithmic_scale():
    drawn = ET.fromstring(line_plot({"k": [(1, 0.0), (10, 1.0), (100, 2.0)]}, "y", "x", logarithmic=True))
    a, b, c = (float(circle.get("cx")) for circle in drawn.findall(f"{SVG}circle"))
    assert b - a == pytest.approx(c - b, abs=0.2)
