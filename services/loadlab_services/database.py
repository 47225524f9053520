"""One URL for asyncpg, psycopg and SQLAlchemy alike, also where all lies in one schema.

A connection looks for tables where its `search_path` says. All three clients hand the URL's
`options` to the server, which reads them as its command line: so the schema goes in there, once,
when the settings are read. No client needs to know of it, and nothing is set in the database of
the user. PgBouncer drops or refuses `options`; the data set's Job looks whether they came through.
"""

import re
from urllib.parse import parse_qsl, quote, urlencode

# SQLAlchemy's spelling names a driver, which libpq and asyncpg do not know.
_SCHEME = re.compile(r"^postgres(ql)?(\+\w+)?://")


def in_schema(url: str, schema: str) -> str:
    """Return the URL whose connections look for tables in this schema only.

    A text that is no URL is returned as it is: who connects with it can say so better.
    """
    if not _SCHEME.match(url):
        return url
    plain = _SCHEME.sub("postgresql://", url)
    setting = f"-csearch_path={schema}"
    options = url_options(plain)
    if setting in options.split():
        return plain
    return _with_options(plain, f"{options} {setting}".strip())


def session_options(url: str, own: str) -> str:
    """Return a client's own `options` after those of the URL, which they would replace."""
    return f"{url_options(url)} {own}".strip()


def url_options(url: str) -> str:
    """Return the `options` of a URL, empty where it has none."""
    _, _, query = url.partition("?")
    return next((value for name, value in parse_qsl(query) if name == "options"), "")


def _with_options(url: str, options: str) -> str:
    base, _, query = url.partition("?")
    others = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "options"]
    return f"{base}?{urlencode([*others, ('options', options)], quote_via=quote)}"
