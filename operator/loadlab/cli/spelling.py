"""Durations and numbers of things for people."""


def spell_seconds(seconds: float) -> str:
    """Spell a duration in its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(count: int, thing: str) -> str:
    """Spell a number of things, such as 1 cell and 3 cells."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
