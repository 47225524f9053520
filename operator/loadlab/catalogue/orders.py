"""The data set of orders, which select and simulation ask for by user."""

from loadlab.catalogue.factors import Factor
from loadlab.catalogue.facts import Asked
from loadlab.catalogue.requests import Range

USERS_AT_FULL_SCALE = 1_000_000


def user_range(asked: Asked) -> Range:
    """Return the users that are asked for: as many as the cell says, or all of the data set."""
    users = max(1, round(USERS_AT_FULL_SCALE * asked.scale))
    return 1, min(asked.cell.number(Factor.USER_IDS) or users, users)
