"""The stream pipeline: producers append to a Redis stream, consumers write it into Postgres.

`producer` is what an API process uses; `consumer` is the loop of a worker. `buffer`, `quarantine`
and `backoff` are pure: they get the time as an argument. `stream` is the only module that speaks to
Redis for the consumers, `table` the only one that speaks to Postgres, by one of the `writers`.
Nothing here knows FastAPI.
"""
