"""An experiment as one HTML file: status and trials in, a text out. Pure.

subject, stored   what it is about: names of cells, and trials so far as they can be read
headline          verdict, standing, recommendation
ratios … environment  one module for each section, in the page's order
charts, scale     what the template draws, and where on an axis it lies
page, templates   the page

Charts are drawings (SVG) made here, with no script: they print, they are there at once, they follow
the reader's light or dark, and a page that runs no script cannot be made to run somebody else's.
"""

from loadlab.report.page import write_report
from loadlab.report.stored import read_trials
from loadlab.report.subject import Subject

__all__ = ["Subject", "read_trials", "write_report"]
