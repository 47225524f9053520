"""The operator over a fake cluster: one experiment, one pass after the other, a clock of steps."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
