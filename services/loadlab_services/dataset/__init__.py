"""The data set that `select` reads: the same rows for the same seed and scale, wherever loaded."""
