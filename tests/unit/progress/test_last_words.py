"""The end of a log in one line: the error, not the mark below it nor the link behind it."""

import pytest

from loadlab.progress.last_words import TERMINATION_LINE, last_words

PSQL = """\
psql:/sql/preparation.sql:3: ERROR:  relation "foo" does not exist
LINE 1: select * from foo
                      ^
"""
PSQL_DETAIL = """\
psql:/sql/preparation.sql:9: ERROR:  duplicate key value violates unique constraint "users_pkey"
DETAIL:  Key (id)=(1) already exists.
"""
SQLALCHEMY = """\
  File "/app/versions/1.py", line 12, in upgrade
    op.execute("select * from foo")
sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "foo" does not exist
LINE 1: select * from foo
                      ^
[SQL: select * from foo]
[parameters: {'password': 'hunter2'}]
(Background on this error at: https://sqlalche.me/e/20/f405)
"""
UVICORN = """\
  File "/app/main.py", line 3, in lifespan
RuntimeError: DATABASE_URL is not set

ERROR:    Application startup failed. Exiting.
"""
NODE = """\
Error: Cannot find module './app'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15)
    at node:internal/main/run_main_module:23:47 {
  code: 'MODULE_NOT_FOUND',
}

Node.js v20.19.2
"""
SAID = {
    "psql": (PSQL, 'psql:/sql/preparation.sql:3: ERROR: relation "foo" does not exist'),
    "psql's detail": (
        PSQL_DETAIL,
        (
            "psql:/sql/preparation.sql:9: ERROR: duplicate key value violates unique constraint "
            '"users_pkey"; DETAIL: Key (id)=(1) already exists.'
        ),
    ),
    "SQLAlchemy": (
        SQLALCHEMY,
        (
            "sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "
            '"foo" does not exist'
        ),
    ),
    "uvicorn": (UVICORN, "RuntimeError: DATABASE_URL is not set"),
    "Node.js": (NODE, "Error: Cannot find module './app'; Node.js v20.19.2"),
    "an exception without words": ("Traceback:\n  x\nKeyError\n", "KeyError"),
    "an error, and what was said last": (
        "ERROR:root: it fails, once more\nworking\ngave up: the database is locked",
        "ERROR:root: it fails, once more; gave up: the database is locked",
    ),
    "no error": ("working\nFAILED: No revision 'ab'\n", "FAILED: No revision 'ab'"),
    "our data set": (
        "an error: before\ndataset: failed: Error: no room", "Error: no room"
    ),
    "nothing": (" \n ^ \n", ""),
}  # fmt: skip


@pytest.mark.parametrize(("log", "says"), SAID.values(), ids=SAID.keys())
def test_why_it_ended_is_told(log, says):
    assert last_words(log) == says


def test_a_long_one_begins_with_the_error():
    told = last_words(f"ValueError: {'x' * 600}\nbye")

    assert len(told) == TERMINATION_LINE
    assert told.startswith("ValueError: xxx")


def test_values_of_a_statement_are_left_out():
    assert "hunter2" not in last_words(SQLALCHEMY)
