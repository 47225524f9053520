"""The RabbitMQ pipeline: an API process publishes Celery tasks, Celery's worker writes the rows.

`producer` is what an API process uses. `app` is the worker's half, with a module for each task;
`landing` is what becomes of a task's message. `names` is what both halves and the steward agree on.
Errors are those of `loadlab_services.delivery.errors`. Nothing here knows FastAPI.
"""
