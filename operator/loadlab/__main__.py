"""`python -m loadlab`: run the operator, in a cluster or against the current kubeconfig."""

import asyncio
import logging

import kopf
import structlog
from prometheus_client import start_http_server

from loadlab.controller.handlers import Operator, register
from loadlab.controller.settings import from_environment


def main() -> None:
    """Run until SIGTERM."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    settings = from_environment()
    operator = Operator(settings)
    register(operator)
    if settings.metrics_port:
        start_http_server(
            settings.metrics_port, addr=settings.listen_on, registry=operator.metrics.registry
        )
    asyncio.run(
        kopf.operator(
            standalone=True,
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
            liveness_endpoint=settings.liveness_endpoint,
        )
    )


if __name__ == "__main__":
    main()
