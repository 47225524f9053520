"""Services that run already: a Service of the namespace, or a host that the chart allows."""

import re
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.rules import Rule, Ruled

# A label of DNS, as Services are named. No underscore, no dot: it is one name in one namespace.
SERVICE_NAME = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
# Scheme, a name of at least two labels and perhaps a port; the last label begins with a letter, so
# that no spelling of an IP address is one. No user, no path: the requests have the paths.
_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
HOST = f"({_LABEL}[.])+[a-z]([-a-z0-9]{{0,61}}[a-z0-9])?"
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
URL = f"^https?://{HOST}(:({_PORT}))?$"
HostUrl = Annotated[
    str,
    Ruled(
        Rule(
            f"self.matches('{URL}')",
            lambda text: re.fullmatch(URL, text) is not None,
            "url must be http:// or https:// and a DNS name of two labels at least in small "
            "letters, and perhaps a port, such as https://shop.example.com:8443; no IP address, no "
            "user, and no path, which the requests have",
        )
    ),
]


class AppMetrics(ApiModel):
    """Where an app tells a Prometheus of itself."""

    port: int = Field(ge=1, le=65535, description="Port of the Service, such as 80.")
    path: str = Field(
        default="/metrics",
        max_length=200,
        pattern=r"^/[-._~/A-Za-z0-9]*$",
        description="Path of the endpoint, such as /metrics; without a query.",
    )


class RunningService(ApiModel):
    """A Service of the experiment's namespace with a selector and a cluster IP."""

    name: str = Field(pattern=SERVICE_NAME, max_length=63, description="The Service, such as shop.")
    port: int = Field(
        ge=1, le=65535, description="Port of the Service, such as 80: not that of its pods."
    )
