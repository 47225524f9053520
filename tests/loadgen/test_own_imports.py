"""What a script imports by its address is refused at once; a text in its code is no import."""

import pytest

from tests.loadgen.own_script import Site, measured, run_ours

pytestmark = pytest.mark.integration

# Each is of the scripts that people have; none of it loads anything.
NO_IMPORTS = r"""
import http from 'k6/http';
import { check } from "k6";
export const BASE = __ENV.LOADLAB_TARGET || 'http://localhost:8000';
export let other = 'https://example.org/', more = ['//example.org'];
export { BASE as base };
/* import x from 'https://example.org/x.js'; */
// export * from 'https://example.org/y.js';
const accept = { accept: 'text/html,*/*', quoted: "it's // no comment", ticks: `a /* b` };
const important = 'https://example.org/', exported = "import x from 'https://example.org/z.js'";
export function unused() { return important + exported + 'https://quickpizza.grafana.com'; }
export default function () {
  const base = __ENV.BASE || 'http://localhost:8000';
  check(http.get(`${BASE}/page`, { headers: accept }), { ok: (r) => r.status === 200 && base });
}
export function handleSummary(data) { return { 'https://example.org': data }; }
"""
ADDRESS = "https://example.org/lib.js"
IMPORTS = [
    f"import x from '{ADDRESS}';",
    f'import{{x}}from"{ADDRESS}";',
    f"import x, {{\n  y as z,\n  $w,\n}} from '{ADDRESS}';",
    f"import * as x from '{ADDRESS}';",
    f"import '{ADDRESS}';",
    f"import a from 'k6';import x from '{ADDRESS}';",
    f"export * from '{ADDRESS}';",
    f"export * as x from '{ADDRESS}';",
    f"export {{ x, y as default }} from '{ADDRESS}';",
    f"const x = require('{ADDRESS}');",
    f"const x = () => import('{ADDRESS}');",
    f"const h = 'text/html,*/*';\nimport x from '{ADDRESS}'; /* why */",
    "import x from '//example.org/lib.js';",
]


@pytest.fixture
def server():
    return Site()


def test_a_text_among_exports_is_no_import(lab, server, tmp_path):
    (tmp_path / "own.js").write_text(NO_IMPORTS)

    assert measured(run_ours(lab, tmp_path / "own.js"))["requests"] > 10


def test_a_browser_is_refused_as_there_is_none(lab, server, tmp_path):
    (tmp_path / "own.js").write_text(
        "import { browser } from 'k6/browser';\nexport default () => browser.newPage();\n"
    )
    ended = run_ours(lab, tmp_path / "own.js")

    assert ended.code in {104, 107}
    assert "own.js imports k6/browser, and no browser is here" in ended.stderr


@pytest.mark.parametrize("text", IMPORTS)
def test_an_import_by_address_is_refused_however_it_is_written(lab, server, tmp_path, text):
    (tmp_path / "own.js").write_text(f"{text}\nexport default function () {{}}\n")
    ended = run_ours(lab, tmp_path / "own.js")

    assert ended.code in {104, 107}
    assert "example.org/lib.js, and a trial loads nothing from a network" in ended.stderr
