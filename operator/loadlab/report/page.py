"""The page: the sections in their order, put through the template.

Texts come from users, from their services' answers and from pods' logs. The template escapes each
of them; nothing here or there is marked as safe but the style sheet. The page holds no script, and
forbids the browser to run one or to load anything.
"""

from collections.abc import Callable, Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from loadlab.report import headline
from loadlab.report.charts import Section
from loadlab.report.environment import environment
from loadlab.report.percentiles import percentiles
from loadlab.report.published import published
from loadlab.report.ratios import ratios
from loadlab.report.scaling import scaling
from loadlab.report.speed import speed
from loadlab.report.stages import stages
from loadlab.report.subject import Subject
from loadlab.report.timelines import timelines
from loadlab.report.waits import waits

_SECTIONS: tuple[Callable[[Subject], Iterator[Section]], ...] = (
    *(ratios, speed, scaling, percentiles, timelines),
    *(stages, waits, published, environment),
)


def write_report(subject: Subject) -> str:
    """Return one HTML file that needs nothing beside it."""
    return _template().render(
        name=subject.name,
        namespace=subject.namespace,
        verdict=headline.verdict_of(subject),
        standing=headline.standing_of(subject),
        told=list(headline.told_first(subject)),
        reservations=list(headline.reservations(subject)),
        facts=list(headline.facts(subject)),
        criteria=list(headline.criteria(subject)),
        sections=[section for write in _SECTIONS for section in write(subject)],
    )


@cache
def _template() -> Template:
    environment_ = Environment(
        loader=PackageLoader("loadlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment_.get_template("report.html.j2")
