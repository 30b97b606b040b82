"""Write distances for people."""

from __future__ import annotations


def metres(distance_m: float) -> str:
    """Return a distance with three significant digits, written out: 0.31 m, 1400 m."""
    if distance_m < 999.5:
        return f"{distance_m:.3g} m"
    return f"{float(f'{distance_m:.3g}'):.0f} m"
