"""What a request does: one package per workload, one short module per variant."""
