"""The trial configuration that the operator plans is the one that the script reads."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loadlab_services.steward.models import Finish
from tests.contract.sides import configurations, faults

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = REPOSITORY / "loadgen" / "scripts"
FILE = "trial-configuration.schema.json"
PLANNED = dict(configurations())
# One of each kind; together they make the script read every field.
SCRIPTED = [
    "sleep/async closed", "sleep/async ramping", "sleep/async open",
    "sleep/async open, Calibration",
    "items/cached closed", "ingest/queued closed", "wells/async closed", "select/metered",
    "custom/told", "custom/steps", "custom/script", "custom/iterations",
    "custom/told with outputs", "custom/script with outputs",
]  # fmt: skip


def run_script(configuration: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Run the script under Node.js with k6's modules replaced."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is missing: apt-get install nodejs (18 or later)", pytrace=False)
    command = [node, str(Path(__file__).with_name("run_script.mjs")), str(SCRIPTS)]
    given = json.dumps({"configuration": configuration, "schemas": schemas})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error: " in line]
        pytest.fail(said[0] if said else done.stderr, pytrace=False)
    return dict(json.loads(done.stdout))


@cache
def scripted(title: str) -> dict[str, Any]:
    folder = REPOSITORY / "docs" / "contracts"
    schemas = {f.name: json.loads(f.read_text()) for f in folder.glob("*.schema.json")}
    return run_script(PLANNED[title], schemas)


def test_every_planned_trial_configuration_is_that_of_the_schema(schemas):
    found = {title: faults(schemas, FILE, planned) for title, planned in PLANNED.items()}

    assert len(found) > 50
    assert {title: said for title, said in found.items() if said} == {}


@pytest.mark.parametrize("title", SCRIPTED)
def test_the_script_reads_only_what_the_schema_has_and_prints_what_it_says(schemas, title):
    ran = scripted(title)

    kinds = [next(iter(line)) for line in ran["printed"]]
    writes = any(request["writes"] for request in PLANNED[title]["requests"])
    assert kinds.count("loadlab_snapshot") == (3 if writes else 2)
    assert kinds[-1] == "loadlab_account"
    for line in ran["printed"]:
        assert faults(schemas, "generator-document.schema.json", line) == []


def test_every_field_of_the_schema_is_read_by_the_script(schemas):
    read = {name for title in SCRIPTED for name in scripted(title)["read"]}

    # The requests of the probe are measured under a name of its own.
    renamed = {"freshness.write.name", "freshness.read.name"}
    # Neither a side load nor a probe is a user's, who alone has Secrets.
    known = {name for name in fields(schemas[FILE], schemas) if not nobodys(name)}
    by_the_module = {"run", "steward", "variant"}  # k6/x/steward, which has the token
    assert {name for name in read | renamed | by_the_module if not nobodys(name)} == known


def nobodys(name: str) -> bool:
    return name.startswith(("side.", "freshness.")) and any(
        field in name for field in ("secretHeaders", "expectedStatuses", "extract")
    )


def fields(schema: dict[str, Any], schemas: dict[str, Any], path: str = "") -> list[str]:
    """Spell out the fields of a schema as the script's names for them."""
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        target = schemas[file or FILE]
        for key in pointer.split("/")[1:]:
            target = target[key]
        return fields(target, schemas, path) if not file else []
    found = [n for choice in schema.get("anyOf", ()) for n in fields(choice, schemas, path)]
    for name, inner in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        found += [place, *fields(inner, schemas, place)]
    if "items" in schema:
        found += fields(schema["items"], schemas, f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        found += fields(schema["additionalProperties"], schemas, f"{path}.*")
    return found


def test_the_script_sends_what_the_configuration_says():
    configuration = PLANNED["items/cached closed"]
    ran = scripted("items/cached closed")
    sent = {request["name"]: request for request in ran["requests"]}

    assert {"read", "write"} <= sent.keys()
    for request in configuration["requests"]:
        made = sent[request["name"]]
        assert made["method"] == request["method"]
        assert made["url"] == configuration["target"] + request["path"]
        assert made["timeout"] == configuration["timeoutMs"]
    assert "${" not in json.dumps(ran["requests"])
    measure = ran["options"]["scenarios"]["measure"]
    assert measure["vus"] == configuration["load"]["virtualUsers"]
    assert measure["duration"] == f"{configuration['load']['durationMs']}ms"


def test_a_calibration_asks_nothing_of_the_service_but_whether_it_is_ready():
    title = "sleep/async open, Calibration"
    target = PLANNED[title]["target"]

    requests = scripted(title)["requests"]

    sent = [each["url"] for each in requests if each["name"] == "request"]
    assert len(sent) > 50
    assert set(sent) == {"http://127.0.0.1:1/"}
    assert {each["name"] for each in requests if each["url"].startswith(target)} == {"readiness"}


def test_a_pod_waits_for_the_others_as_long_as_a_graceful_stop_may_take(schemas):
    planned = json.loads(json.dumps(PLANNED["sleep/async closed"]))
    planned["load"]["gracefulStopMs"] = 300_000

    requests = run_script(planned, schemas)["requests"]
    (asked,) = [each for each in requests if each["name"] == "finish"]
    told = Finish.model_validate_json(asked["body"])

    assert told.together_ms > 300_000
    assert asked["timeout"] >= told.together_ms, "the pod hangs up before the steward answers"


@pytest.mark.parametrize("title", ["custom/told with outputs", "custom/script with outputs"])
def test_samples_have_the_tags_that_are_planned_and_the_pods_number(title):
    tags = scripted(title)["options"]["tags"]

    assert PLANNED[title]["tags"].keys() > {"loadlab_experiment", "loadlab_cell"}
    assert tags == PLANNED[title]["tags"] | {"loadlab_pod": "0"}
    assert "tags" not in scripted("custom/told")["options"]
