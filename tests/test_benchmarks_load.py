"""Simulated visitors do what they say, on a painted page; what they would have seen instead of pictures is counted."""

import argparse
import asyncio

import httpx
import numpy as np
import pytest
from fakes import PaintedSampling
from live_page import open_page

from benchmarks import load
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import save_picture
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.recipes.redraw import open_sampling

OPTIONS = argparse.Namespace(visitors=1, minutes=0.5, think=2.0)


def test_a_visitor_uploads_draws_swaps_mixes_and_restores(tmp_path):
    seen = load.Seen()

    async def use(url):
        async with httpx.AsyncClient(base_url=url, timeout=60) as page:
            visitor = load.Visitor(page, 0, 0, tmp_path, seen)
            visitor.model = "painted"
            for action in ("_photo", "_slider", "_mix", "_restore"):
                await getattr(visitor, action)()
            with pytest.raises(load.RefusedError, match="Images must be"):
                await visitor._drawn("mix", {"features": [visitor._features[0][1]], "model": "painted", "count": 0})

    with open_page(PaintedSampling(), tmp_path) as url:
        asyncio.run(use(url.rstrip("/")))
    asked = {name: len(seconds) for name, seconds in seen.whole_s.items()}
    assert asked == {"encode": 1, "generate": 1, "swap_class": 4, "mix": 1, "recipe_restore": 1}
    assert len(seen.pictures) == 7
    seen.memory_mb.append(100.0)
    assert "| `/swap_class`, all | 4 |" in load.report(seen, 0, OPTIONS)


def test_a_picture_that_is_not_its_recipe_s_is_found(models_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models_folder))
    sampling = open_sampling()
    request = DrawRequest.neighbours("tiny", sampling.pick("tiny", 0).feature, count=2)
    info = sampling.unlisted("tiny")
    right, wrong = tmp_path / "right.png", tmp_path / "wrong.png"
    first, second = sampling.drawing.draw(request)
    recipe = write_recipe(request, info)
    save_picture(first.picture, recipe.of_seed(first.seed), right)
    save_picture(second.picture, recipe.of_seed(first.seed), wrong)
    assert load.wrong_pictures([right, wrong]) == [wrong]


def test_memory_that_keeps_growing_is_told_from_memory_that_settles():
    assert load.growth_mb([500.0] + [800.0] * 20) == 0
    assert load.growth_mb(list(np.linspace(500, 900, 21))) > 150
    assert load.growth_mb([500.0]) == 0
