"""What holds for all tests: a property is judged by what it finds, not by how fast it is found.

The machine is shared with builds and other tests, so a deadline per example fails at random.
"""

from hypothesis import settings

settings.register_profile("loadlab", deadline=None)
settings.load_profile("loadlab")
