"""The README's picture: the head of the report that the tests draw, as Chromium shows it.

`UPDATE_GOLDEN=1 pytest -m integration tests/browser/test_picture.py` makes it anew.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.browser import Browser, find_browser
from tests.unit.report.examples import full, report

pytestmark = pytest.mark.integration

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "report.png"
WIDTH, HEIGHT = 940, 1036  # down to the end of the first chart


def test_the_picture_is_of_what_is_drawn_today(tmp_path: Path) -> None:
    browser = replace(Browser(find_browser(), tmp_path, tmp_path), width=WIDTH)
    drawn = browser.screenshot(report(*full()), tmp_path / "report.png", HEIGHT)
    if os.environ.get("UPDATE_GOLDEN"):
        PICTURE.write_bytes(drawn)

    kept = PICTURE.read_bytes()

    assert kept[16:24] == drawn[16:24]  # width and height of a PNG
    # Fonts differ from one machine to the next; another page takes another number of bytes.
    assert abs(len(kept) - len(drawn)) < len(drawn) / 4
