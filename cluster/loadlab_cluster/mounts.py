"""What is mounted below a folder of ours."""

import os
import re
from pathlib import Path

ESCAPED = re.compile(r"\\([0-7]{3})")  # the kernel's for a blank, tab, line's end and backslash


def mounts_under(folder: Path) -> list[str]:
    """Mount points below a folder and itself, the innermost first."""
    points = mount_points(os.fsdecode(Path("/proc/self/mountinfo").read_bytes()))
    return sorted((point for point in points if f"{point}/".startswith(f"{folder}/")), reverse=True)


def mount_points(mountinfo: str) -> set[str]:
    """The paths that a mountinfo file names."""
    points = (line.split(" ")[4] for line in mountinfo.split("\n") if line)
    return {ESCAPED.sub(lambda found: chr(int(found[1], 8)), point) for point in points}
