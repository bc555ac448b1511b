"""Where the project's own files lie: beside the package in a checkout, inside it in an installed copy."""

from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parent


def _found(installed: str, checked_out: str) -> Path:
    within = PACKAGE / installed
    return within if within.is_dir() else CHECKOUT / checked_out


STUDIES = _found("experiments", "experiments")
REFERENCE = _found("reference", "results/reference")  # a wheel has its summaries and manifests alone
