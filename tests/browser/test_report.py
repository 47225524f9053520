"""The report in a browser: nothing that axe finds, nothing wider than a telephone, no script."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.browser import Browser, find_axe, find_browser
from tests.unit.report.examples import full, report
from tests.unit.report.traced_examples import TRACE, traced

pytestmark = pytest.mark.integration

AXE_RUN = """
const found = await axe.run(document, {resultTypes: ["violations"]});
return found.violations.map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].html]);
"""
VIEW = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches];"
TOO_WIDE = """
const wide = [...document.querySelectorAll("body *")].filter((each) =>
  !each.closest(".scroll, svg, .skip") && each.getBoundingClientRect().right > innerWidth + 1);
return [innerWidth, document.documentElement.scrollWidth,
        wide.map((each) => each.outerHTML.slice(0, 200))];
"""
UNREACHABLE = """
const wanted = [...document.querySelectorAll("summary, a, .scroll")];
return [wanted.length, wanted.filter((each) => each.tabIndex < 0).map((each) => each.outerHTML)];
"""
SCRIPT = "<script>document.documentElement.dataset.ran = 'yes'</script>"
VIEWS = pytest.mark.parametrize(
    ("width", "dark"),
    [(1280, False), (1280, True), (380, False), (380, True)],
    ids=["desktop light", "desktop dark", "telephone light", "telephone dark"],
)


@pytest.fixture(scope="module")
def html() -> str:
    resource, trials = full()
    return report(resource, [*trials, traced("sync", trace=TRACE), traced("async", trace=TRACE)])


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(find_browser(), find_axe(), tmp_path)


@VIEWS
def test_axe_finds_nothing(browser: Browser, html: str, width: int, dark: bool) -> None:
    assert replace(browser, width=width, dark=dark).ask(html, AXE_RUN) == []


def test_axe_would_find_something(browser: Browser, html: str) -> None:
    broken = html.replace("<main id", '<img src="x"><p style="color:#ccc">pale</p><main id')

    found = {name for name, *_ in browser.ask(broken, AXE_RUN)}

    assert {"image-alt", "color-contrast"} <= found


@VIEWS
def test_a_view_is_what_it_is_called(browser: Browser, html: str, width: int, dark: bool) -> None:
    seen = replace(browser, width=width, dark=dark)

    assert seen.ask(html, VIEW) == [width, dark]


@pytest.mark.parametrize("unfolded", [False, True], ids=["folded", "unfolded"])
def test_nothing_is_wider_than_a_telephone(browser: Browser, html: str, unfolded: bool) -> None:
    inner, scrolled, wide = replace(browser, width=380).ask(html, TOO_WIDE, unfolded=unfolded)

    assert (inner, scrolled, wide) == (380, 380, [])


def test_all_that_folds_scrolls_or_leads_somewhere_is_reached_by_keyboard(
    browser: Browser, html: str
) -> None:
    count, unreachable = browser.ask(html, UNREACHABLE)

    assert count > 30
    assert unreachable == []


def test_the_browser_runs_no_script_in_it(browser: Browser, html: str) -> None:
    smuggled = html.replace("</main>", f"{SCRIPT}</main>")

    assert 'data-ran="yes"' not in browser.dom(smuggled)
    without = smuggled.replace("default-src 'none'", "default-src 'unsafe-inline'")
    assert 'data-ran="yes"' in browser.dom(without)


@VIEWS
def test_it_is_drawn(browser: Browser, html: str, tmp_path: Path, width: int, dark: bool) -> None:
    seen = replace(browser, width=width, dark=dark)

    picture = seen.screenshot(html, tmp_path / "report.png", 2400)

    assert int.from_bytes(picture[16:20]) == width
    assert len(picture) > 60_000  # a blank one takes 8 KB
