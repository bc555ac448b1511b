"""Which designs a run has: those asked for, at each budget and under each protocol."""

from collections.abc import Sequence
from dataclasses import replace

from ablation.errors import UserError, did_you_mean
from ablation.study.design import get
from ablation.study.planned import Variant
from ablation.study.schema import PROTOCOLS, Study

MOST_EPOCHS = 1_000_000


def variant(study: Study, text: str) -> Variant:
    """A design as the user writes it, `cumulative@20@lecture`, the study's own protocol left out.

    Raises:
        UserError: no design of the study, or anything but epochs and a protocol behind it.
    """
    design, *parts = text.split("@")
    found = Variant(get(design).name)
    if design not in study.designs:
        raise UserError(
            f"design: '{design}' makes no sense for {study.study}; expected {', '.join(study.designs)}"
        )
    for part in parts:
        if part in PROTOCOLS:
            found = replace(found, protocol=part)
        elif part.isascii() and part.isdigit() and 1 <= int(part[:9]) <= MOST_EPOCHS and len(part) < 9:
            found = replace(found, epochs=int(part))
        else:
            raise UserError(f"design: expected epochs or a protocol after '{design}@', found '{part}'")
    return under(study, found, found.protocol)


def variants(
    study: Study, designs: Sequence[str], budgets: Sequence[int] = (), protocol: str = ""
) -> tuple[Variant, ...]:
    """The designs of a run, one for each number of epochs and each protocol.

    Args:
        study: a loaded study.
        designs: as `variant` takes them; empty for the study's own.
        budgets: epochs; empty for what the design or the study says.
        protocol: `honest`, `lecture`, `both`, or empty for what the design or the study says.

    Raises:
        UserError: unknown design or protocol, or a number of epochs out of range.
    """
    if protocol not in ("", "both", *PROTOCOLS):
        raise UserError(f"protocol: unknown '{protocol}'{did_you_mean(protocol, (*PROTOCOLS, 'both'))}")
    for epochs in budgets:
        if not 1 <= epochs <= MOST_EPOCHS:
            raise UserError(f"budget: expected 1 to {MOST_EPOCHS} epochs, found {epochs}")
    protocols = PROTOCOLS if protocol == "both" else (protocol,)
    asked = [variant(study, design) for design in designs or (study.design,)]
    return tuple(
        dict.fromkeys(
            under(study, replace(one, epochs=epochs or one.epochs), of_run or one.protocol)
            for of_run in protocols
            for one in asked
            for epochs in budgets or (None,)
        )
    )


def under(study: Study, variant: Variant, protocol: str | None) -> Variant:
    """A variant under a protocol, left out where it is the study's own."""
    return replace(variant, protocol=None if protocol == study.protocol else protocol)
