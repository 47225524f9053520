"""What is mounted below a folder of ours."""

from pathlib import Path


def mounts_under(folder: Path) -> list[str]:
    """Mount points below a folder and itself, the innermost first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = {line.split()[4] for line in lines}
    return sorted((point for point in points if f"{point}/".startswith(f"{folder}/")), reverse=True)
