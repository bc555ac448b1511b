"""Numbers as a reader sees them: accuracies in percent, differences in points, times and counts in short; and lines."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan, nan


@dataclass(frozen=True)
class Scale:
    """How values of a measure are written, and differences between them.

    Attributes:
        factor: by which a value is multiplied.
        digits: after the point.
        sign: behind a value.
        unit: of a difference; empty where it has none.
    """

    factor: float
    digits: int
    sign: str
    unit: str

    def value(self, number: float) -> str:
        """0.6741 -> "67.4 %"; a dash where nothing was measured."""
        return "–" if isnan(number) else f"{self.number(number)}{self.sign}"

    def number(self, number: float) -> str:
        """A value without its sign: 0.6741 -> "67.4"."""
        return f"{self.factor * number:.{self.digits}f}"

    def spread(self, mean: float, low: float) -> str:
        """A mean with the half width of its interval: "67.4 ± 1.9 %"; with both ends where that of a percentage leaves
        0 to 100 %, cut off there: "97.0 [92, 100] %"."""
        if isnan(mean) or isnan(low):
            return self.value(mean)
        half = mean - low
        if self.sign == " %" and (low < 0 or mean + half > 1):
            ends = max(0, floor(100 * low)), min(100, ceil(100 * (mean + half)))
            return f"{self.number(mean)} [{ends[0]}, {ends[1]}] %"
        return f"{self.number(mean)} ± {self.number(half)}{self.sign}"

    def signed(self, difference: float) -> str:
        """A difference without its unit, 0.0321 -> "+3.2"; a dash where nothing was measured."""
        if isnan(difference):
            return "–"
        text = f"{self.factor * difference:+.{self.digits}f}"
        return text[1:] if float(text) == 0 else text.replace("-", "−")

    def told(self, difference: float) -> str:
        """A difference with its unit: "+3.2 points"."""
        return f"{self.signed(difference)} {self.unit}".rstrip()

    def amount(self, difference: float) -> str:
        """The same without a plus: "3.2 points"."""
        return self.told(difference).lstrip("+")

    @property
    def units(self) -> str:
        """What differences are in, whether they have a unit or not."""
        return self.unit or "the units of the measure"

    def size(self, difference: float) -> str:
        """A size of differences with its unit and no more digits than it needs: 0.01 -> "1 points"."""
        return f"{self.factor * difference:g} {self.unit}".rstrip()

    def interval(self, low: float, high: float) -> str:
        """An interval of differences; empty where there is none."""
        return "" if isnan(low) else f"[{self.signed(low)}, {self.signed(high)}]"

    def difference(self, delta: float, low: float, high: float) -> str:
        """A difference with its interval; empty where there is none."""
        return "" if isnan(delta) else f"{self.signed(delta)} {self.interval(low, high)}".strip()


FRACTION = Scale(100.0, 1, " %", "points")
percent, signed, spread = FRACTION.value, FRACTION.signed, FRACTION.spread
interval, difference, gap_points = FRACTION.interval, FRACTION.difference, FRACTION.amount


def factor(ratio: float, low: float = nan, high: float = nan) -> str:
    """A ratio with its interval, where it has one: "1.06× [1.02, 1.10]"; a dash where nothing was measured."""
    if isnan(ratio):
        return "–"
    return f"{ratio:.2f}×" + ("" if isnan(low) else f" [{low:.2f}, {high:.2f}]")


def counted(number: float, noun: str) -> str:
    """A number of things: "1 trial", "2 trials"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def first_line(text: str) -> str:
    """What a card or a docstring begins with."""
    return text.partition("\n")[0]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: "noise, dropout and L2"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def seen_before(repeated: int, tested: int) -> str:
    """What test images are worth that a network was trained on."""
    return (
        f"{repeated:,} of {tested:,} test images stand among the training images too, to the last byte: their accuracy"
        " is that of images seen before"
    )


def wrapped(text: str, width: int, hanging: int = 4) -> str:
    """Lines broken between words, no word cut in two.

    Args:
        width: columns; a longer word, such as a path, has a line of its own.
        hanging: by how much the rest of a line stands further in than its beginning.
    """
    lines = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()) + hanging)
        lines += textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


def reflowed(text: str) -> str:
    """A text without the line breaks inside its sentences.

    Lines that begin with a word and a colon, or with a dash, stay apart.
    """
    return re.sub(r"(?<=\S)\n(?!\n|\s*[\w ]+:(?:\s|$)|\s*- )\s*", " ", text)


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


def printable(text: object) -> str:
    """Text on one line, of letters that are seen: no terminal escape, no line break, no change of direction."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
