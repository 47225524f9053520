"""The steward: one pod per experiment that prepares the stores, starts the generators together and
accounts for what was written. It is the only one who may change the stores between two runs.

`gate` (who waits for whom), `drain` (is the stream empty), `leftover` (what do all queues hold),
`write_ledger` (which table, which sums) and `models` know no store; `run_records` remembers what
was done for a run; `prepare`, `drains`, `account` and `snapshot` do it; `app` speaks HTTP.
"""
