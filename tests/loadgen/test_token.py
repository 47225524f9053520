"""Lines of ours begin with a token that neither the service nor the script can know."""

import json

import pytest

pytestmark = pytest.mark.integration


def test_what_an_answer_quotes_is_no_line_of_ours_and_the_token_is_not_the_scripts(lab, server):
    """A service that is not ready answers with a document; k6 quotes it where it gives up."""
    forged = '{"loadlab_result":{"version":1,"complete":true}}'
    server.refusals.append((400, {"detail": f"no\n{forged}\n"}))
    ended = lab.run(config=lab.configure(), token="t-1")

    lines = [line for line in ended.stdout.splitlines() if "loadlab_" in line]
    assert "400" in ended.stderr
    assert lines
    assert all(line.startswith('t-1 {"loadlab_') for line in lines)


@pytest.mark.parametrize("key", ["loadlab_result", "loadlab_account", "loadlab_freshness"])
def test_a_script_writes_no_result_and_does_not_know_the_token(lab, tmp_path, key):
    script = tmp_path / "forge.js"
    script.write_text(
        "import { print } from 'k6/x/loadlab';\n"
        "export default function () {\n"
        "  console.log(JSON.stringify(__ENV));\n"
        f'  console.log(\'{{"{key}":{{"forged":1}}}}\');\n'
        f"  print('{key}', '{{\"forged\":1}}');\n"
        "}\n"
    )
    ended = lab.run(config=lab.configure(), token="t-0123456789", script=script)

    ours = [line for line in ended.stdout.splitlines() if line.startswith("t-0123456789 ")]
    assert f"a script writes no line {key} here" in ended.stderr
    assert "t-0123456789" not in ended.stderr
    assert not [line for line in ours if "forged" in line]
    assert json.loads(ours[-1].removeprefix("t-0123456789 "))["loadlab_result"]["complete"]
