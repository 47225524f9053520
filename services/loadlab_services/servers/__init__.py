"""The servers that a service under test can run in: one module each, `serve(serving)` its door.

Each runs WORKERS processes in which the same app is served by uvicorn with the same options, counts
on a board made before the fork, and answers the instruments port from a process without threads.
"""
