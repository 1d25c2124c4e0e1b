"""The driver lies beside this folder; what it builds upon, the lab's harness, beside that."""
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH.parent / "lab")]
