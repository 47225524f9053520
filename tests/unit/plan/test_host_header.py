"""The chart's list of hosts holds for the site that is asked for, not for its address only."""

from dataclasses import replace

import pytest

from loadlab.plan import PlanError, make_plan

BEYOND = {"name": "beyond", "url": "https://shop.example.com"}
SECRET = {"secretKeyRef": {"name": "shop", "key": "host"}}


def step(**fields):
    return {"steps": [{"name": "first", "path": "/"} | fields]}


OTHERS = {
    "headers": (
        {"path": "/", "headers": {"Host": "admin.example.com"}},
        "headers.Host names admin",
    ),
    "in small letters": (
        {"path": "/", "headers": {"host": "admin.example.com"}},
        "headers.host names admin.example.com:443",
    ),
    "of a step": (step(headers={"HOST": "admin.example.com"}), "steps first: headers.HOST names"),
    "another port": (
        {"path": "/", "headers": {"Host": "shop.example.com:8443"}},
        "names shop.example.com:8443",
    ),
    "from a Secret": (
        {"path": "/", "headersFrom": [{"name": "Host"} | SECRET]},
        "headersFrom Host is no host in plain words",
    ),
    "from a variable": (
        {
            "path": "/",
            "headers": {"Host": "${x}"},
            "variables": {"x": {"values": ["a.example.com"]}},
        },
        "headers.Host is no host in plain words",
    ),
    "half from a variable": (
        {
            "path": "/",
            "headers": {"Host": "${x}.example.com"},
            "variables": {"x": {"values": ["admin"]}},
        },
        "is no host in plain words",
    ),
    "from an answer": (
        {
            "steps": [
                {"name": "a", "path": "/", "extract": [{"name": "x", "header": "X-Next"}]},
                {"name": "b", "path": "/", "headers": {"hOST": "${x}"}},
            ]
        },
        "steps b: headers.hOST is no host",
    ),
    "with a dot at its end": (
        {"path": "/", "headers": {"Host": "shop.example.com."}},
        "is no host in plain words",
    ),
    "an address": ({"path": "/", "headers": {"Host": "10.0.0.1"}}, "is no host in plain words"),
    "no port": (
        {"path": "/", "headers": {"Host": "shop.example.com:65536"}},
        "is no host in plain words",
    ),
}
SAME = {
    "its own": {"Host": "shop.example.com"},
    "its own with the port": {"host": "Shop.Example.com:443"},
    "another one of the list": {"Host": "b.example.com"},
}


@pytest.fixture
def planned(experiment, images):
    def plan(request, variant=BEYOND):
        allowed = ("shop.example.com:443", "b.example.com:443")
        spec = {"workload": "custom", "variants": [variant], "load": {"request": request}}
        return make_plan(experiment(**spec), replace(images, allowed_hosts=allowed))

    return plan


@pytest.mark.parametrize(("request_", "said"), OTHERS.values(), ids=OTHERS)
def test_no_other_site_of_the_same_address_is_asked(planned, request_, said):
    with pytest.raises(PlanError, match=said):
        planned(request_)


@pytest.mark.parametrize("headers", SAME.values(), ids=SAME)
def test_a_host_of_the_list_may_be_named(planned, headers):
    assert planned({"path": "/", "headers": headers}).trials


def test_a_service_of_the_namespace_may_be_asked_by_any_name(planned):
    """It is the namespace's own: whoever may create an experiment may ask it from a pod as well."""
    shop = {"name": "shop", "service": {"name": "shop", "port": 80}}

    assert planned({"path": "/", "headers": {"Host": "admin.example.com"}}, shop).trials
