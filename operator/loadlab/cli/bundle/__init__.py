"""An experiment as one archive: all that was measured, and what it takes to measure it again.

cleaned    an experiment's object without what is of its cluster, and without credentials (pure)
contents   object and trials -> the files of a bundle (pure)
archive    files <-> bytes of a .tar.gz, bounded (pure)
manifest   what a bundle says of itself: its format, its files and their checksums (pure)
source     a bundle read as a cluster is
"""
