"""How the cost of a row grows with scale: the whole night's seconds per row that it read.

Takes the newest results of two scales (`benchmarks.nightly`), and measures nothing.

    python -m benchmarks.cost_per_row
"""

import json

from benchmarks.measuring import RESULTS, as_json

SCALES = (1, 5)


def microseconds_per_row(scale: int) -> float:
    """Of the whole night at this scale, by its newest result.

    Raises:
        SystemExit: there is none, or one from before rows read were counted.
    """
    found = sorted(RESULTS.glob(f"*-nightly-scale-{scale}.json"))
    result = json.loads(found[-1].read_text(encoding="utf-8")) if found else {}
    whole = result.get("medians", {}).get("whole night", {})
    if not whole.get("rows_read"):
        raise SystemExit(f"no rows read at scale {scale} in {RESULTS}; measure with: make bench")
    return whole["seconds"] / whole["rows_read"] * 1e6


def main() -> None:
    """Prints both scales' microseconds per row, and their ratio."""
    costs = [round(microseconds_per_row(scale), 1) for scale in SCALES]
    told = {f"microseconds per row at scale {s}": c for s, c in zip(SCALES, costs, strict=True)}
    print(as_json(told | {"ratio": round(costs[1] / costs[0], 2)}))


if __name__ == "__main__":
    main()
