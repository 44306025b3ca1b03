from pathlib import Path

import gradio
import httpx
from fakes import PaintedSampling
from live_page import open_page

from icgan_demo.ui.page_icon import LINK, MANIFEST


def test_every_page_is_served_with_its_icon_and_asks_for_no_file_at_the_root(tmp_path):
    assert MANIFEST in (Path(gradio.__file__).parent / "templates/frontend/index.html").read_text(encoding="utf-8")
    with open_page(PaintedSampling(), tmp_path) as url:
        for path in ("", "studio", "about"):
            page = httpx.get(f"{url}{path}", timeout=60).text
            assert page.count(LINK) == 1
            assert MANIFEST not in page
