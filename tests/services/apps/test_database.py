"""A schema goes into the database's URL once, and no client drops it again."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError
from sqlalchemy import make_url

from loadlab_services.database import in_schema, session_options
from loadlab_services.settings import DatasetSettings, ServiceSettings

SERVICES = Path(str(files("loadlab_services")))
OPTION = "-csearch_path=loadlab"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("postgresql://u:p@h/d", OPTION),
        ("postgres://u:p@h/d", OPTION),
        ("postgresql+asyncpg://u:p@h/d", OPTION),
        ("postgresql://u:p%40@h:1/d?sslmode=require", OPTION),
        ("postgresql://u:p@h/d?options=-c%20timezone%3DUTC", f"-c timezone=UTC {OPTION}"),
        ("postgresql://u:p@h/d?options=-csearch_path%3Dloadlab", OPTION),
    ],
)
def test_libpq_and_sqlalchemy_read_the_schema_and_all_the_rest(url: str, options: str) -> None:
    found = in_schema(url, "loadlab")
    plain = conninfo_to_dict(re.sub(r"^postgres\w*\+?\w*:", "postgresql:", url))
    assert conninfo_to_dict(found) == plain | {"options": options}
    assert make_url(found).query["options"] == options
    assert in_schema(found, "loadlab") == found


def test_what_is_no_url_is_left_to_who_connects() -> None:
    assert in_schema("host=h dbname=d", "loadlab") == "host=h dbname=d"


def test_settings_apply_the_schema_only_where_one_is_named() -> None:
    url = "postgresql://u:p@h/d"
    own = DatasetSettings(workload="select", database_url=url)
    other = DatasetSettings(workload="select", database_url=url, database_schema="loadlab")
    assert (own.database_url, other.database_url) == (url, in_schema(url, "loadlab"))


def test_settings_that_are_wrong_do_not_repeat_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/d")
    monkeypatch.setenv("POOL_SIZE", "none")
    with pytest.raises(ValidationError) as caught:
        ServiceSettings()
    assert "secret" not in str(caught.value)


def test_a_clients_own_options_come_after_those_of_the_url() -> None:
    url = in_schema("postgresql://u:p@h/d", "loadlab")
    assert session_options(url, "-c timezone=UTC") == f"{OPTION} -c timezone=UTC"
    assert session_options("postgresql://u:p@h/d", "-c timezone=UTC") == "-c timezone=UTC"


def test_no_client_replaces_the_options_of_the_url() -> None:
    """psycopg's argument takes the place of what the URL says, and the tables would be others."""
    given = re.compile(r"""(?:\boptions=|["']options["']:\s*)(?!session_options\()(\w+|f?["'])""")
    known = {"options": re.compile(r"options = session_options\(")}
    bare = [
        f"{path.relative_to(SERVICES)}: {found[0]}"
        for path in SERVICES.rglob("*.py")
        if "psycopg" in (text := path.read_text()) and path.name != "database.py"
        for found in given.finditer(text)
        if not (found[1] in known and known[found[1]].search(text))
    ]
    assert bare == []
