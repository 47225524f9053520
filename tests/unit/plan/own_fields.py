"""A valid spec with every field about a team's own service, and what each of them may not be."""

from hypothesis import strategies as st

from tests.manifests import Json

Place = tuple[str | int, ...]
Wrong = tuple[Place, st.SearchStrategy[object]]

OBJECT: Json = {"name": "shop", "key": "token"}
TWICE: Json = {"path": "/etc/shop.toml", "configMapKeyRef": OBJECT}
VALID: Json = {
    "workload": "custom",
    "variants": [
        {
            "name": "mine",
            "image": "mine:1",
            "imagePullSecrets": [{"name": "registry"}],
            "serviceAccountName": "shop",
            "https": {"secretName": "tls", "ca": {"secretKeyRef": OBJECT}},
            "automountServiceAccountToken": True,
            "podLabels": {"team": "shop"},
            "podAnnotations": {"example.com/note": "x"},
            "env": [
                {"name": "app.password", "valueFrom": {"secretKeyRef": OBJECT}},
                {"name": "region", "valueFrom": {"configMapKeyRef": OBJECT}},
            ],
            "files": [
                {"path": "/etc/shop/settings.toml", "configMapKeyRef": OBJECT},
                {"path": "/etc/shop/licence", "secretKeyRef": OBJECT},
            ],
        }
    ],
    "load": {
        "request": {
            "path": "/",
            "expectedStatuses": [200, 404],
            "redirects": "Accept",
            "headersFrom": [{"name": "X-Key", "prefix": "a", "secretKeyRef": OBJECT}],
        }
    },
}
VALID["preparation"] = {
    "image": "shop:1",
    "command": ["alembic", "upgrade", "head"],
    "env": [{"name": "SEED", "value": "7"}],
    "imagePullSecrets": [{"name": "regcred"}],
    "envFrom": [{"configMapRef": {"name": "shop"}}, {"secretRef": {"name": "keys"}}],
    "files": [{"path": "/etc/shop.toml", "configMapKeyRef": OBJECT}],
    "serviceAccountName": "migrates",
    "timeout": "1h",
}
VARIANT: Place = ("variants", 0)
REQUEST: Place = ("load", "request")
FLOW: Json = VALID | {
    "load": {
        "request": {
            "variables": {
                "email": {"values": ["a@example.org", "b@example.org"]},
                "shelf": {"min": 1, "max": 2},
                "city": {"configMapKeyRef": OBJECT},
            },
            "steps": [
                {
                    "name": "login",
                    "method": "POST",
                    "path": "/login?city=${city}",
                    "body": '{"email": "${email}"}',
                    "expectedStatuses": [201],
                    "extract": [{"name": "token", "json": "access.token"}],
                },
                {"name": "me", "path": "/me", "headers": {"X-Token": "${token}"}},
            ],
        }
    }
}
STEP: Place = (*REQUEST, "steps", 0)

RUNNING: Json = VALID | {
    "variants": [
        {
            "name": "mine",
            "service": {"name": "shop", "port": 80},
            "readinessPath": "/ready",
            "instrumentsPort": 9000,
            "https": {"ca": {"secretKeyRef": OBJECT}},
        },
        {"name": "other", "url": "https://shop.example.com"},
        {
            "name": "third",
            "service": {"name": "shop", "port": 80},
            "metrics": {"port": 80, "path": "/metrics"},
        },
    ]
}

NAMES: st.SearchStrategy[object] = st.sampled_from(
    ["", "Shop", "1shop", "shop.other", "shop_1", "shop/..", "x" * 64, "shop.svc.kube-system", "-a"]
)
no_object_name = st.text(max_size=300).filter(
    lambda text: not all(c in "abcdefghijklmnopqrstuvwxyz0123456789-." for c in text) or not text
)
no_key = st.text(max_size=300).filter(lambda text: not text.isascii() or " " in text or not text)
not_a_text = st.one_of(st.integers(), st.booleans(), st.lists(st.text(), max_size=2))
not_a_list = st.one_of(st.text(), st.integers(), st.booleans())
control = st.sampled_from(["a\nb", "\x00", "a\tb", "\x7f", "ü", " a"])
not_an_object: st.SearchStrategy[object] = st.one_of(
    st.text(), st.integers(), st.none(), st.just({})
)
OURS = st.sampled_from(["PORT", "WORKERS", "WORKLOAD", "VARIANT", "RUN_ID", "READINESS_PATH"])


MARKS = st.sampled_from(["app.kubernetes.io/name", "loadlab.dev/run", "a b", "-", "a/b/c"]).map(
    lambda key: {key: "x"}
)


NO_PATHS = st.sampled_from(
    [
        *("", "/", "etc/shop", "/etc/", "/etc//shop", "/etc/../shop", "/etc/./shop", "/..", "/a b"),
        *("/a:b", "/a\nb", "/a\x00", "/proc/self", "/sys", "/dev/shm/x", "/tmp/x", "/tls/tls.crt"),
        *("/etc/hosts", "/etc/resolv.conf", "/run/secrets/kubernetes.io/x", "/a" * 151, "/ü"),
    ]
)


def reference(place: Place) -> list[Wrong]:
    """What a key of a Secret or of a ConfigMap may not be."""
    return [
        (place, not_an_object),
        ((*place, "name"), st.one_of(no_object_name, not_a_text)),
        ((*place, "key"), st.one_of(no_key, not_a_text)),
    ]


FIELDS: list[Wrong] = [
    ((*VARIANT, "env", 0, "name"), st.one_of(st.sampled_from(["1a", "a=b", ""]), not_a_text)),
    ((*VARIANT, "env"), OURS.map(lambda name: [{"name": name, "value": "1"}])),
    *reference((*VARIANT, "env", 0, "valueFrom", "secretKeyRef")),
    *reference((*VARIANT, "env", 1, "valueFrom", "configMapKeyRef")),
    *reference((*VARIANT, "files", 0, "configMapKeyRef")),
    *reference((*VARIANT, "files", 1, "secretKeyRef")),
    ((*VARIANT, "files"), not_a_list | st.just([{}]) | st.just([TWICE, TWICE])),
    ((*VARIANT, "files"), st.just([TWICE | {"path": f"/f{n}"} for n in range(21)])),
    ((*VARIANT, "files", 1, "path"), NO_PATHS | not_a_text | st.just("/etc/shop/settings.toml/x")),
    (("preparation", "files"), not_a_list | st.just([{}]) | st.just([TWICE, TWICE])),
    (("preparation", "files", 0, "path"), NO_PATHS),
    ((*VARIANT, "https"), st.one_of(st.text(), st.integers(), st.just({"insecure": True}))),
    ((*VARIANT, "https", "secretName"), no_object_name),
    ((*VARIANT, "https", "ca"), not_a_list | st.just({})),
    *reference((*VARIANT, "https", "ca", "secretKeyRef")),
    ((*VARIANT, "imagePullSecrets"), not_a_list),
    ((*VARIANT, "imagePullSecrets", 0, "name"), no_object_name),
    ((*VARIANT, "serviceAccountName"), no_object_name),
    ((*VARIANT, "automountServiceAccountToken"), st.sampled_from(["maybe", 7, [], {}])),
    ((*VARIANT, "podLabels"), MARKS | st.just({"team": "a b"}) | st.just({"team": "x" * 64})),
    ((*VARIANT, "podAnnotations"), MARKS | st.just({"note": "x" * 1001})),
    ((*REQUEST, "headersFrom"), not_a_list),
    (("preparation", "image"), st.sampled_from(["", " ", "../x", "x" * 301]) | st.integers()),
    (("preparation", "command"), not_a_list | st.just([]) | st.just(["a\0b"])),
    (("preparation", "env"), not_a_list | st.just([{"name": "A"}])),
    (("preparation", "sql"), st.just(OBJECT)),
    (("preparation", "imagePullSecrets", 0, "name"), no_object_name),
    (("preparation", "serviceAccountName"), no_object_name),
    (("preparation", "envFrom"), not_a_list | st.just([{}])),
    (("preparation", "envFrom", 0, "configMapRef", "name"), no_object_name),
    (("preparation", "envFrom", 1, "secretRef", "name"), no_object_name),
    (("preparation", "imagePullPolicy"), st.sampled_from(["always", "", 7, "Sometimes"])),
    ((*VARIANT, "imagePullPolicy"), st.sampled_from(["always", "", 7, "Sometimes"])),
    (("preparation", "podLabels"), MARKS | st.just({"team": "a b"})),
    (("preparation", "podAnnotations"), MARKS | st.just({"note": "x" * 1001})),
    (("preparation", "timeout"), st.sampled_from(["5s", "7h", "", "soon"]) | st.integers()),
    ((*REQUEST, "redirects"), st.sampled_from(["fail", "", 0, True])),
    (
        (*REQUEST, "expectedStatuses"),
        st.one_of(
            not_a_list,
            st.lists(st.integers(max_value=199) | st.integers(min_value=600), min_size=1),
            st.just([200] * 11),
            st.just([2.5]),
        ),
    ),
    ((*REQUEST, "headersFrom", 0, "name"), st.one_of(control, st.just(""), st.just("a:b"))),
    ((*REQUEST, "headersFrom", 0, "prefix"), st.one_of(control, not_a_text)),
    *reference((*REQUEST, "headersFrom", 0, "secretKeyRef")),
]
FLOW_FIELDS: list[Wrong] = [
    (
        (*REQUEST, "steps"),
        not_a_list | st.just([{"name": f"s{n}", "path": "/"} for n in range(11)]),
    ),
    ((*STEP, "name"), st.sampled_from(["Login", "1a", "", "a b", "me", "x" * 41]) | not_a_text),
    ((*STEP, "method"), st.sampled_from(["FETCH", "get", ""])),
    ((*STEP, "path"), st.sampled_from(["login", "", "/a b", "/${nobody}", "ws://x/", "grpc://x"])),
    ((*STEP, "body"), st.sampled_from(["${nobody}", "x" * 16_385]) | st.integers()),
    ((*STEP, "headers"), st.sampled_from([{"a b": "x"}, {"A": "a\nb"}, {"A": "${token}"}])),
    ((*STEP, "expectedStatuses"), not_a_list | st.just([99]) | st.just([600])),
    ((*STEP, "extract"), not_a_list | st.just([{"name": "email", "json": "a"}])),
    ((*STEP, "extract", 0, "name"), st.sampled_from(["a-b", "", "x" * 61, "request_id"])),
    ((*STEP, "extract", 0, "json"), st.sampled_from(["", "a..b", "$.a", "a b", ".a"])),
    ((*STEP, "extract", 0, "header"), st.just("X-Both")),
    ((*REQUEST, "variables", "email", "values"), not_a_list | st.just([]) | st.just(["x" * 201])),
    ((*REQUEST, "variables", "email", "values"), st.just(["a"] * 101) | st.just(["a\nb"])),
    ((*REQUEST, "variables", "shelf", "min"), st.integers(min_value=3)),
    *reference((*REQUEST, "variables", "city", "configMapKeyRef")),
]
BEYOND: Place = ("variants", 1, "url")
NO_HOSTS = (
    *("http://127.0.0.1", "http://[::1]:80", "http://2130706433", "http://0x7f.0.0.1", "ftp://a.b"),
    *("http://localhost", "https://shop.example.com:444", "https://shop.example.com/path"),
    *("http://shop.example.com:65536", "http://shop.example.com:70000"),
    *(
        "https://x@shop.example.com",
        "https://other.example.com",
        "https://shop.example.com.evil.io",
    ),
    *(
        "https://sub.shop.example.com",
        "http://shop.example.com",
        "//shop.example.com",
        "https://A.b",
    ),
    *(
        "http://169.254.169.254",
        "http://metadata.google.internal",
        "https://shop.example.com\n",
        "",
    ),
)
RUNNING_FIELDS: list[Wrong] = [
    ((*VARIANT, "service"), st.one_of(st.text(), st.integers(), st.just({}))),
    ((*VARIANT, "service", "name"), NAMES),
    ((*VARIANT, "service", "port"), st.integers(max_value=0) | st.integers(min_value=65_536)),
    ((*VARIANT, "service", "namespace"), st.just("kube-system")),
    ((*VARIANT, "url"), st.just("https://shop.example.com")),
    ((*VARIANT, "image"), st.just("mine:1")),
    ((*VARIANT, "command"), st.just(["true"])),
    ((*VARIANT, "port"), st.integers(1, 65_535)),
    ((*VARIANT, "env"), st.just([{"name": "A", "value": "1"}])),
    ((*VARIANT, "files"), st.just([TWICE])),
    ((*VARIANT, "podLabels"), st.just({"team": "shop"})),
    ((*VARIANT, "server"), st.just("uvicorn")),
    ((*VARIANT, "instrumentsPort"), st.just(80) | st.integers(max_value=0)),
    ((*VARIANT, "https", "secretName"), st.just("tls")),
    ((*VARIANT, "metrics"), st.just({"port": 80}) | st.just({}) | st.text()),
    (("variants", 2, "metrics", "port"), st.just(0) | st.just("http")),
    (("variants", 2, "metrics", "path"), st.sampled_from(["metrics", "/a?b", "//x@y", "/a b", ""])),
    (BEYOND, st.sampled_from(NO_HOSTS)),
    (("variants", 1, "instrumentsPort"), st.just(9000)),
    (("factors", "workers"), st.just([1, 2])),
    ((*REQUEST, "redirects"), st.just("Follow")),
    (("placement", "serviceCpu"), st.just("Exclusive")),
    (("load", "generator"), st.sampled_from(["wrk", "hey"])),
]
