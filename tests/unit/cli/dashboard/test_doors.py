"""Who is let in: who has the address's token, names loopback, and is no page of another site."""

import pytest

from loadlab.cli.dashboard.doors import new_token
from tests.unit.cli.dashboard.conftest import TOKEN, Pages

ADDRESSES = ("/", "/experiments/lab/select", "/experiments/lab/select/report", "/events")


async def test_the_address_that_was_printed_is_answered(pages: Pages) -> None:
    assert (await pages.get("/")).status_code == 200


@pytest.mark.parametrize("root", ["", "/", f"/{TOKEN}", f"/{TOKEN}x/", f"/x{TOKEN}/", "/../"])
@pytest.mark.parametrize("path", ["/", "/events", "/static/live.js"])
async def test_nothing_is_answered_without_the_token(pages: Pages, root: str, path: str) -> None:
    answer = await pages.client.get(
        f"{root}{path}".replace("//", "/") if root != f"/{TOKEN}" else root
    )

    assert answer.status_code == 404
    assert "loadlab dashboard" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "10.0.0.1:8000",
        "",
        "127.0.0.1:x",
    ],
)
@pytest.mark.parametrize("path", ADDRESSES)
async def test_a_name_that_was_made_to_mean_loopback_is_refused(
    pages: Pages, host: str, path: str
) -> None:
    assert (await pages.get(path, Host=host)).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "localhost:9"])
async def test_loopback_goes_by_two_names_at_any_port(pages: Pages, host: str) -> None:
    assert (await pages.get("/", Host=host)).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9", "null"])
async def test_another_origin_is_refused(pages: Pages, origin: str) -> None:
    assert (await pages.get("/events", Origin=origin)).status_code == 403


async def test_our_own_origin_is_not(pages: Pages) -> None:
    assert (await pages.get("/", Origin="http://127.0.0.1:8000")).status_code == 200


@pytest.mark.parametrize("mode", ["no-cors", "cors", "navigate"])
async def test_another_site_may_neither_read_nor_frame_it(pages: Pages, mode: str) -> None:
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": "iframe"}

    assert (await pages.get("/", **headers)).status_code == 403


async def test_a_link_elsewhere_may_lead_here(pages: Pages) -> None:
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}

    assert (await pages.get("/", Sec_Fetch_Dest="document", **headers)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_it_only_reads(pages: Pages, method: str) -> None:
    assert (await pages.client.request(method, f"/{TOKEN}/")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/experiments/lab/x", "/nowhere", "/static/live.css"])
async def test_every_answer_tells_the_browser_what_it_may_do(pages: Pages, path: str) -> None:
    headers = (await pages.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_tokens_differ() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 32
