"""In which versions the objects were that an experiment was given."""

MOST_CONFIG_MAPS = 20  # that an experiment may name: each is asked for in each pass

Inputs = dict[str, str]  # the version of each ConfigMap, by its name; empty where there is none
