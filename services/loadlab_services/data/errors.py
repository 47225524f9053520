"""What ends the data set's Job. The text is its last line, which the experiment's condition quotes.

DatasetError            the data set is not what it must be, or may not be made so
└── DatasetChangedError rows are not those that were loaded
"""


class DatasetError(RuntimeError):
    """The data set is not what it must be."""


class DatasetChangedError(DatasetError):
    """Something else wrote to the tables."""
