"""Reads what a run left behind and turns it into the trial's result."""
