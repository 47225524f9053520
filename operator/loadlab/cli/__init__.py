"""The `loadlab` command: read and follow experiments from a terminal.

app         the commands and their exit codes
experiment  a LoadExperiment as read from the API server, and what its state means
starter     a wish -> a commented experiment (pure)
openapi     an OpenAPI document -> requests (pure)
doctor      what of a cluster stands in the way of an experiment
commands    those that app has no room for
options     what the commands have in common
source      the only module that talks to the API server
tables      experiment -> what a terminal shows (pure)
sheet       a table that is folded where it is too wide, and never cut (pure)
against     two experiments -> their ratios (pure)
export      experiment -> json, yaml, csv, md (pure)
flat        experiment and trials -> tables of rows (pure)
parquet     rows -> Parquet (pure), with the extra of that name
bundle      experiment and trials <-> one archive
markdown    what a terminal shows -> Markdown (pure)
"""

from loadlab.cli.app import main

__all__ = ["main"]
