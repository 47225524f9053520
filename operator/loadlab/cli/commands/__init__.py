"""The commands that app.py has no room for, one each; what is slow they import when they run."""
