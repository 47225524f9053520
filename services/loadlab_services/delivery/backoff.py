"""How long to wait before asking an absent store again. Pure."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling delays up to a ceiling low enough to be back within 5 s of the store's return."""

    delay: float = 0.05
    ceiling: float = 1.0

    def after_failure(self) -> "Backoff":
        return replace(self, delay=min(self.delay * 2, self.ceiling))
