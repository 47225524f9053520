"""What the two resources are built of: the base of their models, names, quantities, times, rules.

The ground of the package: it imports nothing of the others, and knows no workload and no spec.
"""
