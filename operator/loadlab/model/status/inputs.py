"""In which versions the objects were that an experiment was given, and what was in them."""

MOST_CONFIG_MAPS = 20  # that an experiment may name: each is asked for in each pass
MOST_SECRETS = 200  # that the pods of one trial may be given, by the bounds of a spec

# Of each ConfigMap by its name `uid/resourceVersion/digest of what pods are given of it`; "" where
# there is none. The digest lacks in what an earlier release wrote, and of one that is too large to
# read.
Inputs = dict[str, str]


def version_in(recorded: str) -> str:
    """Return of what is on record which object it was in which state, without what was in it."""
    return recorded.rpartition("/")[0] if recorded.count("/") > 1 else recorded


def is_same_input(before: str, now: str) -> bool:
    """Whether pods were given the same: a label or an annotation that changed reaches none."""
    if version_in(before) == version_in(now):  # of which two experiments may be given other keys
        return True
    if before.count("/") > 1 and now.count("/") > 1:
        return before.rpartition("/")[2] == now.rpartition("/")[2]
    return False
