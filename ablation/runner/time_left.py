"""How long the trials of a run will still take, from what they have taken so far."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

Label = tuple[str, int]
SHORTEST = 1.0  # seconds of training before a speed is believed


@dataclass
class _Run:
    """A trial under way: when it began, its first sign of life and its latest (time, share done)."""

    began: float
    first: tuple[float, float]
    latest: tuple[float, float]

    @property
    def rate(self) -> float | None:
        """Seconds that its whole training takes, compiling left out; None before that can be told."""
        (since, from_share), (until, to_share) = self.first, self.latest
        if until - since < SHORTEST or to_share <= from_share:
            return None
        return (until - since) / (to_share - from_share)


class TimeLeft:
    """Told what happens when, it says how long the rest will take.

    A trial's time is its cost times a speed, plus what it takes to begin. A network that has been trained takes what
    it took; the speed of the others is the mean of those seen, by cost. The first trials begin with their processes and
    are no measure of how the others begin. Where trainings are too short to show a speed while they last, beginning is
    most of their time: then nothing is said of networks that were not seen before one has ended that was not the first
    of its process.

    Args:
        costs: of each trial, by title and seed, in any unit, such as FLOPs; in the order of training.
        jobs: trials at a time; None where it is not known, as on a cluster.
        now: the time, in seconds.
    """

    def __init__(self, costs: Mapping[Label, float], jobs: int | None, now: float) -> None:
        self._costs, self._jobs = dict(costs), jobs
        self._free = [now] * max(jobs or 1, 1)
        self._began = now
        self._running: dict[Label, _Run] = {}
        self._over: set[Label] = set()
        self._took: dict[str, float] = {}  # seconds per unit of cost of the latest finished trial of a title
        self._speeds: dict[str, float] = {}
        self._short: dict[str, float] = {}  # likewise, of trials that were over before a speed could be told
        self._cold = 0.0  # what the latest first trial of a slot took to begin, with its process
        self._warm: list[float] = []  # what later ones took

    def progress(self, label: Label, share: float, now: float) -> None:
        """A trial has done so much of its training, 0-1."""
        run = self._running.get(label)
        if run is None:
            began = heapq.heappop(self._free) if self._free else self._began
            self._running[label] = _Run(began, (now, share), (now, share))
            if began == self._began:
                self._cold = now - began
            return
        run.latest = (now, share)
        if run.rate is not None:
            self._speeds[label[0]] = run.rate / self._cost(label)

    def finish(self, label: Label, now: float) -> None:
        """A trial ended."""
        run = self._running.pop(label, None)
        began = run.began if run else heapq.heappop(self._free) if self._free else now
        whole = now - began
        if run and run.first[1] < 1:
            since, share = run.first
            whole = (now - since) / (1 - share)
            if began != self._began:
                self._warm.append(max(since - share * whole - began, 0.0))
            if run.rate is None:
                self._short[label[0]] = whole / self._cost(label)
        self._took[label[0]] = whole / self._cost(label)
        self._over.add(label)
        heapq.heappush(self._free, now)

    def seconds(self, now: float) -> float | None:
        """Until all are done; None before it can be told."""
        waiting = [label for label in self._costs if label not in self._over | self._running.keys()]
        if not waiting and not self._running:
            return 0.0
        known = self._speeds or self._short or self._took
        unseen = any(title not in self._took for title, _ in waiting)
        if not known or (known is self._short and unseen and not self._warm):
            return None
        typical = mean(known.values())
        slots = [self._rest(label, run, typical, now) for label, run in self._running.items()]
        slots += [0.0] * ((self._jobs or 1) - len(slots))
        heapq.heapify(slots)
        begun = Counter(title for title, _ in self._running)
        for label in waiting:
            begun[label[0]] += 1
            compiled = begun[label[0]] > (self._jobs or 1)
            heapq.heappush(slots, heapq.heappop(slots) + self._expected(label, typical, compiled))
        return max(slots)

    def _rest(self, label: Label, run: _Run, typical: float, now: float) -> float:
        at, share = run.latest
        whole = run.rate or self._speeds.get(label[0], typical) * self._cost(label)
        return max((1 - share) * whole - (now - at), 0.0)

    def _expected(self, label: Label, typical: float, compiled: bool) -> float:
        title = label[0]
        if title in self._took:
            return self._took[title] * self._cost(label) + min(self._warm, default=0.0)
        beginning = 0.0 if compiled else self._warm[-1] if self._warm else self._cold
        return self._speeds.get(title, typical) * self._cost(label) + beginning

    def _cost(self, label: Label) -> float:
        return self._costs.get(label) or 1.0
