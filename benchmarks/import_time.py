"""What ``import sktl`` costs beside the packages that it stands on.

Fresh interpreters in turn, so that the machine's moods hit all alike; the ratio is taken round by round. Run:
``python benchmarks/import_time.py``.
"""

import statistics
import subprocess
import sys
import time

STATEMENTS = {
    "nothing": "pass",
    "numpy, scipy, scikit-learn": "import numpy, scipy, sklearn",
    "the same and what sktl needs of them": (
        "import numpy, scipy.linalg, scipy.sparse.linalg, joblib, sklearn.base, sklearn.pipeline, "
        "sklearn.metrics.pairwise, sklearn.model_selection, sklearn.preprocessing"
    ),
    "sktl": "import sktl",
}
ROUNDS = 15


def seconds(statement):
    """Wall time of a fresh interpreter that runs one statement."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    for statement in STATEMENTS.values():
        seconds(statement)  # warm the file cache
    times = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    print(f"{'import':<40}{'seconds':>9}{'sktl / this':>13}   (medians of {ROUNDS} rounds)")
    for name, values in times.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(times["sktl"], values, strict=True))
        print(f"{name:<40}{statistics.median(values):>9.2f}{ratio:>13.2f}")
