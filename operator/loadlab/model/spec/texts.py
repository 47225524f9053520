"""What a text of the user's own must look like for a node to take it."""

# A reference as registries spell it, with capitals where a host may have them.
IMAGE = r"^[A-Za-z0-9][-A-Za-z0-9._:/@]*$"
OPTIONAL_IMAGE = r"^([A-Za-z0-9][-A-Za-z0-9._:/@]*)?$"
NO_NUL = r"^[^\x00]*$"  # which ends a word of a command line, and a variable
