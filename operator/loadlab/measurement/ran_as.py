"""What the pods of a trial were, as the API server had them, whatever was sent to it."""

from dataclasses import dataclass

GUARANTEED = "Guaranteed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RanAs:
    """A component's own container: limits and requests in CPUs and bytes, None where none is.

    Of several pods it is the one that may use the least CPU; `nodes` are those of all.
    """

    cpu_limit: float | None = None
    cpu_request: float | None = None
    memory_limit: float | None = None
    memory_request: float | None = None
    qos_class: str = ""  # of its pod
    set_by: str = ""  # who set the CPU limit, where admission says so
    pods: int = 1
    restarted: bool = False  # a container of it was started again in mid-run
    nodes: tuple[str, ...] = ()  # each once, sorted; empty where not looked at
    beside: tuple[str, ...] = ()  # containers that admission added to its pods, and that stay

    @property
    def cpu_limit_of_all(self) -> float | None:
        """The CPUs that its pods may use together."""
        return None if self.cpu_limit is None else self.cpu_limit * self.pods

    @property
    def limit_in_words(self) -> str:
        """The CPU limit and who set it, where that was not the experiment."""
        words = "no CPU limit" if self.cpu_limit is None else f"{self.cpu_limit:g} CPU"
        return f"{words} set by {self.set_by}" if self.set_by else words

    @property
    def whole_cpus(self) -> int | None:
        """The CPUs that a kubelet with the static CPU manager gives to it alone; None for none."""
        limit = self.cpu_limit
        is_whole = limit is not None and limit >= 1 and limit == int(limit)
        return int(limit or 0) if is_whole and self.qos_class == GUARANTEED else None

    def why_not_alone(self, allowed: int | None, online: int | None) -> str:
        """Say why it does not own its CPUs, by how many of those online it could run on.

        Nothing where it does, and where its class is not told: it was not looked at.
        """
        if not self.qos_class:
            return ""
        if self.whole_cpus is None:
            return (
                f"its pod was {self.qos_class} and its limit {self.limit_in_words}, while "
                "only Guaranteed pods own whole CPUs: something changed it, or added a container"
            )
        if allowed is None or online is None or allowed == self.whole_cpus < online:
            return ""
        return (
            f"it could run on {allowed} of the node's {online} CPUs, not on {self.whole_cpus} "
            "of its own: the kubelet has no static CPU manager"
        )
