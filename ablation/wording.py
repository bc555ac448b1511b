"""Numbers as a reader sees them: accuracies in percent, differences in points, times and counts in short."""

from collections.abc import Sequence
from math import ceil, floor, isnan


def points(fraction: float) -> str:
    """A difference of fractions in signed percentage points: 0.0321 -> "+3.2"."""
    text = f"{100 * fraction:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def percent(fraction: float) -> str:
    """0.6741 -> "67.4 %"; a dash where nothing was measured."""
    return "–" if isnan(fraction) else f"{100 * fraction:.1f} %"


def signed(fraction: float) -> str:
    """A difference of fractions in points; a dash where nothing was measured."""
    return "–" if isnan(fraction) else points(fraction)


def gap_points(fraction: float) -> str:
    """A gap of fractions in points: 0.213 -> "21.3 points"."""
    return f"{signed(fraction).lstrip('+')} points"


def interval(low: float, high: float) -> str:
    """An interval of differences in points; empty where there is none."""
    return "" if isnan(low) else f"[{signed(low)}, {signed(high)}]"


def spread(mean: float, low: float) -> str:
    """An accuracy with the half width of its interval: "67.4 ± 1.9 %"; with both ends where the interval leaves 0 to
    100 %, cut off there: "97.0 [92, 100] %"."""
    if isnan(mean) or isnan(low):
        return percent(mean)
    half = mean - low
    if low < 0 or mean + half > 1:
        ends = max(0, floor(100 * low)), min(100, ceil(100 * (mean + half)))
        return f"{100 * mean:.1f} [{ends[0]}, {ends[1]}] %"
    return f"{100 * mean:.1f} ± {100 * half:.1f} %"


def difference(delta: float, low: float, high: float) -> str:
    """A difference with its interval, in points; empty where there is none."""
    return "" if isnan(delta) else f"{signed(delta)} {interval(low, high)}".strip()


def counted(number: int, noun: str) -> str:
    """A number of things: "1 trial", "2 trials"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "noise, dropout and L2"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def count(number: float) -> str:
    """A number of parameters or FLOPs, short: 21034826 -> "21.0 M"."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """A time for people: 75 -> "1 min 15 s"."""
    if isnan(seconds):
        return "–"
    if round(seconds) < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
