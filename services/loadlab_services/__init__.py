"""The services LoadLab measures: workloads, variants, queue workers, data set, instruments.

This package stands alone: it imports nothing from `loadlab`, and each process imports only the
drivers its own variant needs, because every trial starts fresh processes and waits for them.
"""
