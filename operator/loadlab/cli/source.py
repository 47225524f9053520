"""Reads LoadExperiments with the caller's kubeconfig. Imported only when a command needs it:
the Kubernetes client alone takes two seconds to import on a small machine.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import quote

from kubernetes import client, watch
from urllib3.exceptions import HTTPError

from loadlab.base.names import EXPERIMENT_LABEL, GROUP, VERSION
from loadlab.cli import kubeconfig as kubeconfigs
from loadlab.cli.doctor.finding import Answer
from loadlab.cli.errors import CliError
from loadlab.cli.refusals import (
    PLURAL,
    AwayError,
    cause,
    not_allowed,
    not_applied,
    not_logged_in,
    not_read,
    unreachable,
)
from loadlab.cli.untaken import Untaken

_TRIALS = "loadtrials"
_PAGE = 20  # trials of up to 40 KB each
_WITHOUT_RESULT = {"Failed", "Lost", "Invalid"}
_ANSWER_SECONDS = 10
_LONGEST_WATCH_SECONDS = 300
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0
_JSON = "application/json"
_OUTLINE = f"{_JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_NOT_FOUND = 404
_FIELD_MANAGER = "loadlab-run"


class Cluster:
    """One cluster and namespace, as the caller's kubeconfig names them."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._api = api
        self._objects = client.CustomObjectsApi(api)
        self.server = api.configuration.host
        self.namespace = namespace

    @classmethod
    def connect(cls, kubeconfig: Path | None, context: str | None, namespace: str | None) -> Self:
        """Read the kubeconfig; nothing is sent yet."""
        api, usual = kubeconfigs.load(kubeconfig, context)
        return cls(api, namespace or usual or "default")

    def within(self, namespace: str) -> Self:
        """Return the same cluster with another namespace."""
        return type(self)(self._api, namespace)

    def ask(
        self, path: str, document: Mapping[str, Any] | None = None, accept: str = _JSON
    ) -> Answer:
        """Send GET, or POST where there is a document; what comes is never an error."""
        method, headers = ("POST" if document else "GET"), {"Accept": accept}
        if document:
            headers["Content-Type"] = _JSON
        request = self._api.param_serialize(
            *(method, path), header_params=headers, body=document, auth_settings=["BearerToken"]
        )
        try:
            found = self._api.call_api(*request, _request_timeout=_ANSWER_SECONDS)
            body: bytes = found.read()  # type: ignore[no-untyped-call] # untyped client
            return Answer(found.status, body.decode(errors="replace"))
        except client.ApiException as err:
            return Answer(int(err.status or 0))
        except (HTTPError, OSError) as err:
            return Answer(0, cause(err))

    def holds(self, plural: str, name: str) -> bool | None:
        """Whether the namespace has a thing of the core API; None where nobody may tell.

        It is asked for in outline: a Secret is not read.
        """
        path = f"/api/v1/namespaces/{self.namespace}/{plural}/{quote(name, safe='')}"
        answer = self.ask(path, accept=_OUTLINE)
        return True if answer.is_there else False if answer.status == _NOT_FOUND else None

    def read(self, name: str) -> dict[str, Any]:
        """Read one experiment."""
        try:
            found = self._objects.get_namespaced_custom_object(
                GROUP,
                VERSION,
                self.namespace,
                PLURAL,
                name,
                _request_timeout=_ANSWER_SECONDS,
            )
        except client.ApiException as err:
            raise not_read(name, self.namespace, self.server, err) from err
        except HTTPError as err:
            raise self._unreachable(err) from err
        return cast("dict[str, Any]", found)

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """Create an experiment, or leave one alone that says the same (server-side apply).

        Without force: what somebody else has set otherwise stays, and is a refusal.
        """
        name = document["metadata"]["name"]
        try:
            found = self._objects.patch_namespaced_custom_object(
                GROUP,
                VERSION,
                self.namespace,
                PLURAL,
                name,
                document,
                field_manager=_FIELD_MANAGER,
                _content_type="application/apply-patch+yaml",
                _request_timeout=_ANSWER_SECONDS,
            )
        except client.ApiException as err:
            raise not_applied(name, self.namespace, self.server, err) from err
        except HTTPError as err:
            raise self._unreachable(err) from err
        # Of one that it created (201) the client returns nothing.
        return self.read(name) if found is None else cast("dict[str, Any]", found)

    def failed_trials(self, name: str, most: int) -> list[dict[str, Any]]:
        """Read the first trials without a usable result; none where they may not be read."""
        try:
            found = (t for t in self._trials(name) if _phase(t) in _WITHOUT_RESULT)
            return list(islice(found, most))
        except (client.ApiException, HTTPError):
            return []  # they only add to what the experiment itself says

    def trials(self, name: str) -> list[dict[str, Any]]:
        """Read all trials of an experiment; several page by page, each with its measurement."""
        try:
            return list(self._trials(name))
        except client.ApiException as err:
            if err.status == 401:
                raise CliError(not_logged_in(self.server)) from err
            why = not_allowed(_TRIALS, self.namespace, err)
            raise CliError(f"LoadTrials in {self.namespace} {why}") from err
        except HTTPError as err:
            raise self._unreachable(err) from err

    def _trials(self, name: str) -> Iterator[dict[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            page: Any = self._objects.list_namespaced_custom_object(
                GROUP,
                VERSION,
                self.namespace,
                _TRIALS,
                label_selector=f"{EXPERIMENT_LABEL}={name}",
                limit=_PAGE,
                _request_timeout=_ANSWER_SECONDS,
                **more,
            )
            yield from page["items"]
            more = {"_continue": page["metadata"].get("continue")}
            if not more["_continue"]:
                return

    def follow(
        self, name: str, seconds: float, say: Callable[[str], None]
    ) -> Iterator[dict[str, Any]]:
        """Yield the experiment now and after every change, until the time is up.

        A server that is away once the experiment was read is asked again, and `say` told of it;
        and of an experiment that no operator takes up.
        """
        deadline, was_read, pause, said = time.monotonic() + seconds, False, _PAUSE_SECONDS, ""
        untaken = Untaken()
        while (left := deadline - time.monotonic()) > 0:
            try:
                current = self.read(name)
                was_read = True
                yield current
                if told := untaken.told_of(current, time.monotonic()):
                    say(told)
                longest = untaken.looked_at_within(current) or _LONGEST_WATCH_SECONDS
                yield from self._changes(name, current, min(left, longest))
                pause, said = _PAUSE_SECONDS, ""
            except AwayError as error:
                if not was_read:
                    raise
                if str(error) != said:
                    said = str(error)
                    say(f"{said}; {name} goes on, and it is asked again")
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            # A server that cuts watches short is not hammered.
            time.sleep(max(0.0, min(pause, deadline - time.monotonic())))

    def _changes(
        self, name: str, current: dict[str, Any], seconds: float
    ) -> Iterator[dict[str, Any]]:
        whole_seconds = max(1, int(seconds))
        stream = watch.Watch().stream(  # type: ignore[no-untyped-call] # untyped client
            self._objects.list_namespaced_custom_object,
            GROUP,
            VERSION,
            self.namespace,
            PLURAL,
            field_selector=f"metadata.name={name}",
            resource_version=current["metadata"]["resourceVersion"],
            timeout_seconds=whole_seconds,
            _request_timeout=whole_seconds + _ANSWER_SECONDS,
        )
        try:
            for event in stream:
                if event["type"] == "DELETED":
                    raise CliError(f"LoadExperiment {self.namespace}/{name} was deleted")
                yield event["object"]
        except client.ApiException as err:
            if err.status != 410:  # Gone: our version is too old, the caller reads anew
                raise not_read(name, self.namespace, self.server, err) from err
        except HTTPError:
            return  # a cut connection; reading anew says whether the server is away

    def _unreachable(self, error: Exception) -> AwayError:
        return unreachable(self.server, error)


def _phase(trial: dict[str, Any]) -> str:
    return str((trial.get("status") or {}).get("phase"))
