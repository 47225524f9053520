"""What the operator makes of its environment."""

import pytest

from loadlab.controller.settings import from_environment


@pytest.mark.parametrize(
    ("pod_ip", "endpoint"),
    [
        ("", "http://0.0.0.0:8080/healthz"),
        ("10.1.2.3", "http://0.0.0.0:8080/healthz"),
        ("fd00::17", "http://[::]:8080/healthz"),
    ],
)
def test_probes_are_answered_by_the_family_of_the_pod(pod_ip: str, endpoint: str) -> None:
    settings = from_environment({"LOADLAB_POD_IP": pod_ip})
    assert settings.liveness_endpoint == endpoint
    assert settings.listen_on in endpoint


def test_a_wrong_output_is_named_and_not_quoted() -> None:
    wrong = '{"opentelemetry": {"url": "ftp://secret", "to": {"namespace": "a", "port": 1}}}'

    with pytest.raises(ValueError, match=r"k6Outputs of the chart: opentelemetry\.url") as refused:
        from_environment({"LOADLAB_K6_OUTPUTS": wrong})

    assert "secret" not in str(refused.value)
