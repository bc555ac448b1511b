"""What a design plans: its steps, each saying in fields what it is."""

from dataclasses import dataclass
from typing import Any

from ablation.study.published import PublishedAccuracy
from ablation.study.schema import Step
from ablation.study.setting import Setting

START, ADDED, LEFT_OUT, CONTROL = ROLES = ("start", "added", "left_out", "control")

NOTHING = PublishedAccuracy()


@dataclass(frozen=True)
class Variant:
    """A design with what it does otherwise than the study says.

    As text, `cumulative@20@lecture`, it is the tables' column `design` and what `--design` takes.

    Attributes:
        design: its name.
        epochs: of every step, or none for what the study says.
        protocol: `honest` or `lecture`, or none for the study's.
    """

    design: str
    epochs: int | None = None
    protocol: str | None = None

    def __str__(self) -> str:
        parts = (self.design, self.epochs, self.protocol)
        return "@".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True)
class Control:
    """What a step that is no trick is there for.

    Attributes:
        kind: one of `ablation.study.controls.CONTROLS`.
        label: what it compares, for people: "residual against a wider network, same FLOPs".
    """

    kind: str
    label: str


@dataclass(frozen=True)
class PlannedStep:
    """One step of one design.

    Attributes:
        step, title: its name within the design, and what people read.
        base: the step of the same design it is compared with, or none.
        setting: what is trained.
        role: `start` where all begins, `added` or `left_out` for a step of the ladder, `control`.
        change: the step of the ladder that is added, left out or stood against; none for a start or a repetition.
        order: which of the ladder's orders it belongs to, from 1; none where there is but one.
        uses: the tricks it adds (or, leaving one out, takes away), with their parameters.
        lecture: published figures.
        control: what it stands against, or none for a step of the ladder.
        variant, position, protocol: settled by `plan`: the design with its budget and protocol as asked for; the place
            in it, from 0; and `honest` or `lecture`.
    """

    step: str
    title: str
    base: str | None
    setting: Setting
    role: str
    change: str | None = None
    order: int | None = None
    uses: tuple[tuple[str, dict[str, Any]], ...] = ()
    lecture: PublishedAccuracy = NOTHING
    control: Control | None = None
    variant: Variant = Variant("")
    position: int = 0
    protocol: str = "honest"

    @property
    def design(self) -> str:
        """The variant as the tables write it."""
        return str(self.variant)

    @property
    def place(self) -> tuple[str, str]:
        """What no other step of a run has: (column `design`, column `step`)."""
        return self.design, self.step


def rung(step: Step, base: str | None, setting: Setting) -> PlannedStep:
    """A step of the ladder under its own name, added to `base`; the start where there is none."""
    return PlannedStep(
        step.step,
        step.shown,
        base,
        setting,
        ADDED if base else START,
        change=step.step if base else None,
        uses=step.uses(),
        lecture=step.lecture,
    )
