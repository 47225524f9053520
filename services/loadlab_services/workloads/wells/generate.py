"""The rows of `wells`: how many a scale means, and the statements that make them. Pure.

Every value is made by `data.functions` of its row's id, a column number and the seed.
Here a scale changes how many fields there are, never how many wells are in a field nor how many
measurements a well has. So a page does the same work at every scale, even at the smallest.
"""

from dataclasses import dataclass
from typing import Final, LiteralString

WELLS_AT_FULL_SCALE: Final = 100_000
SMALLEST_WELLS: Final = 1_000
WELLS_PER_FIELD: Final = 50  # one more in some fields, where the wells do not divide evenly
MEASUREMENTS_PER_WELL: Final = 100
EVENTS_PER_WELL: Final = 20
_FIELDS_PER_OPERATOR: Final = 4
_LAST_MEASUREMENTS: Final = 1_735_689_600  # 2025-01-01, as the "now" of `dataset.generate`
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class WellsRows:
    """The size of every table, under the table's name."""

    operators: int
    fields: int
    wells: int
    measurements: int
    well_events: int


def wells_rows_at(scale: float) -> WellsRows:
    """Shrink the number of wells, down to a floor, and with it all else."""
    wells = max(SMALLEST_WELLS, round(WELLS_AT_FULL_SCALE * scale))
    fields = wells // WELLS_PER_FIELD
    return WellsRows(
        operators=fields // _FIELDS_PER_OPERATOR,
        fields=fields,
        wells=wells,
        measurements=wells * MEASUREMENTS_PER_WELL,
        well_events=wells * EVENTS_PER_WELL,
    )


OPERATORS: Final[LiteralString] = """
SELECT id, 'Operator ' || id AS name,
       ('{Brazil,Canada,Kuwait,Nigeria,Norway}'::text[])[1 + pg_temp.pick(id, %(seed)s + 101, 5)]
           AS country
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

FIELDS: Final[LiteralString] = """
SELECT id, 'Field ' || id AS name,
       ('{Campos,Niger Delta,North Sea,Permian}'::text[])[1 + pg_temp.pick(id, %(seed)s + 102, 4)]
           AS basin
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

WELLS: Final[LiteralString] = """
SELECT id, 1 + (id - 1) * %(fields)s / %(wells)s AS field_id,
       1 + pg_temp.pick(id, %(seed)s + 103, %(operators)s) AS operator_id, 'Well ' || id AS name,
       ('{producing,injecting,suspended,abandoned}'::text[])
           [1 + pg_temp.pick(id, %(seed)s + 104, 4)] AS status,
       (800 + pg_temp.pick(id, %(seed)s + 105, 4200))::integer AS depth_m,
       DATE '2023-12-31' - pg_temp.pick(id, %(seed)s + 106, 14600)::integer AS drilled_on
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id
"""

# A year in even steps, each up to an hour early, so that no two of a well are at the same moment.
# The ids run well by well: what a page reads lies together, and its cost is the CPU's, not the
# disk's.
MEASUREMENTS: Final[LiteralString] = """
SELECT id, well_id,
       to_timestamp(%(now)s - (%(per_well)s - place) * %(interval)s
                    - pg_temp.pick(id, %(seed)s + 107, 3600)) AS measured_at,
       ((1000 + pg_temp.pick(well_id, %(seed)s + 108, 20000))
           * (70 + pg_temp.pick(id, %(seed)s + 109, 60)) / 10000.0)::numeric(10, 2) AS oil_m3,
       ((6000 + pg_temp.pick(well_id, %(seed)s + 110, 20000)
              + pg_temp.pick(id, %(seed)s + 111, 2000)) / 100.0)::numeric(7, 2) AS pressure_bar,
       (pg_temp.pick(id, %(seed)s + 112, 9500) / 100.0)::numeric(5, 2) AS water_percent
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id,
     LATERAL (SELECT 1 + (id - 1) / %(per_well)s, 1 + (id - 1) %% %(per_well)s) at(well_id, place)
"""

WELL_EVENTS: Final[LiteralString] = """
SELECT id, 1 + (id - 1) / %(events_per_well)s AS well_id, kind,
       'Event ' || id || ': ' || kind AS note, pg_temp.created(id, %(seed)s + 114) AS happened_at
FROM generate_series(%(first)s::bigint, %(last)s, %(step)s) id,
     LATERAL (SELECT ('{inspection,workover,shutdown,restart,alarm}'::text[])
                     [1 + pg_temp.pick(id, %(seed)s + 113, 5)]) event(kind)
"""

STATEMENTS: Final[dict[str, LiteralString]] = {
    "operators": OPERATORS,
    "fields": FIELDS,
    "wells": WELLS,
    "measurements": MEASUREMENTS,
    "well_events": WELL_EVENTS,
}


def values_of(seed: int, rows: WellsRows) -> dict[str, int]:
    """Give what the statements need to know besides the ids."""
    return {
        "seed": seed * 1000,  # leaves room for column numbers: no seed shares a stream with another
        "now": _LAST_MEASUREMENTS + seed % 365 * _DAY,
        "interval": 365 * _DAY // MEASUREMENTS_PER_WELL,
        "per_well": MEASUREMENTS_PER_WELL,
        "events_per_well": EVENTS_PER_WELL,
        "operators": rows.operators,
        "fields": rows.fields,
        "wells": rows.wells,
    }
