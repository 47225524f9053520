"""How much the documents of one run may unpack to: they come from pods that may print anything.

A text's length says little about what it takes once it is read. A JSON array of three characters
takes 64 bytes, a histogram of 300 characters 170 KB.
"""

from dataclasses import dataclass

MOST_VALUES = 100_000
MOST_BUCKETS = 2_000_000


def check_values(text: str) -> None:
    """Refuse a JSON text of more values than any document has, before it is read.

    Every value but the first of an array or object comes after a comma.

    Raises:
        ValueError: it has more, or as many commas and brackets in its strings.
    """
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values")


@dataclass
class Buckets:
    """The buckets that the histograms of a run's documents may still hold together."""

    left: int = MOST_BUCKETS

    def take(self, number: int) -> None:
        """Take so many.

        Raises:
            ValueError: there are none left.
        """
        if number > self.left:
            raise ValueError(f"the run's histograms hold more than {MOST_BUCKETS:,} buckets")
        self.left -= number
