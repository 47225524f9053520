"""As many cells as there may be, with as many expectations."""

from tests.manifests import Json

TEN = list(range(1, 11))
THOUSAND_CELLS: Json = {
    "workload": "wells",
    "variants": [{"name": "async"}],
    "factors": {"workers": TEN, "virtualUsers": TEN, "poolSize": TEN},
    "postgres": {"settings": {"max_connections": "9000"}},
    "timeouts": {"total": "48h"},
    "expectations": [
        {
            "name": f"claim-{number}",
            "ratio": "latencyMs.p95",
            "request": "ping",
            "of": {"workers": 2},
            "over": {"workers": 1},
            "atLeast": 1,
        }
        for number in range(20)
    ],
}
