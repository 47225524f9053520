"""The cases of the rules of the stores."""

from tests.unit.model.rule_case import case, long_key

STORE_CASES = [
    *case(
        "Postgres",
        secret=({"mode": "Existing", "secretRef": {"name": "db"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "db"}}),
        settings=(
            {"settings": {"a": "b"}},
            {"mode": "Existing", "secretRef": {"name": "db"}, "settings": {"a": "b"}},
        ),
        long_setting=long_key("settings", 63, "x"),
        overwrite=(
            {"mode": "Existing", "secretRef": {"name": "db"}, "overwrite": True},
            {"overwrite": True},
        ),
    ),
    *case(
        "Redis",
        secret=({"mode": "Existing", "secretRef": {"name": "r"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "r"}}),
        image=(
            {"image": "redis:7"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "image": "redis:7"},
        ),
        appendfsync=(
            {"appendfsync": "always"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "appendfsync": "always"},
        ),
    ),
    *case(
        "RabbitMq",
        secret=({"mode": "Existing", "secretRef": {"name": "r"}}, {"mode": "Existing"}),
        builtin=({}, {"secretRef": {"name": "r"}}),
        image=(
            {"image": "rabbitmq:3"},
            {"mode": "Existing", "secretRef": {"name": "r"}, "image": "rabbitmq:3"},
        ),
        metrics_port=(
            {"mode": "Existing", "secretRef": {"name": "r"}, "metricsPort": 15693},
            {"metricsPort": 15693},
        ),
    ),
]
