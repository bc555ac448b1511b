"""How far chance alone moves a mean."""

from ablation.analysis.intervals import noise_floor
from ablation.analysis.measured import primary
from ablation.analysis.pairs import paired
from ablation.analysis.steps import AA, control_kind, steps_of
from ablation.results.read import Results


def control_floor(results: Results) -> float | None:
    """Half width of the A/A noise floor, in the primary measure's units.

    That control changes nothing, so it measures chance alone.

    Returns:
        None where the study has no such control, or it has no finished pair.

    Raises:
        UserError: no trial of the folder is done.
    """
    steps = steps_of(results)
    for step in (one for one in steps.all if control_kind(one) == AA):
        differences = paired(steps, step, primary(results.manifest).column).differences
        if len(differences):
            return noise_floor(differences)
    return None
