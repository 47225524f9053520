"""The checks of an experiment as JUnit XML, which CI systems read. Pure.

Of the schema that Jenkins, GitLab and GitHub's reporters share: a failure is what was measured and
did not hold, an error what could not be judged, skipped what may stay unknown.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from loadlab.base.text import plain
from loadlab.cli.experiment import Experiment
from loadlab.cli.gate import Check, Outcome

_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF))  # no characters of XML, though no control characters


def build_junit(experiment: Experiment, checks: Sequence[Check]) -> str:
    """Write one suite with a case for each check."""
    name = f"{experiment.namespace}/{experiment.name}"
    cases = [_case(f"loadlab.{experiment.namespace}.{experiment.name}", each) for each in checks]
    counts = {
        count: str(sum(case.find(tag) is not None for case in cases))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    about = {"name": _text(name), "tests": str(len(cases))}
    suite = Xml.Element("testsuite", about | counts)
    suite.extend(cases)
    suites = Xml.Element("testsuites")
    suites.append(suite)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(group: str, check: Check) -> Xml.Element:
    case = Xml.Element("testcase", classname=group, name=_text(check.name))
    message = _text(check.message)
    if (tag := _tag(check)) is None:
        Xml.SubElement(case, "system-out").text = message
    else:
        Xml.SubElement(case, tag, message=message)
    return case


def _tag(check: Check) -> str | None:
    match check.outcome:
        case Outcome.FAILED:
            return "failure"
        case Outcome.UNDECIDED:
            return "error" if check.is_decisive else "skipped"
        case _:
            return None


def _text(text: str) -> str:
    return plain(text).translate(_NO_XML)
