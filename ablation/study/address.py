"""How a field of a setting is addressed: `network.widths`, `training.epochs`, `data.train`, `tricks.dropout.rate`.

`--set`, `--space`, a study's `tune` and its presets all address fields so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ablation import tricks
from ablation.data.sizes import Sizes
from ablation.errors import UserError, did_you_mean
from ablation.recipe import Frozen, Network, Training
from ablation.study.yaml_file import parse_yaml

SECTIONS: dict[str, type[Frozen]] = {"network": Network, "training": Training, "data": Sizes}
TRICKS = "tricks"
OPTIONS = {"measures": "--measures", "primary_measure": "--primary-measure"}
"""Keys of a study that are no setting's and have an option of their own."""


@dataclass(frozen=True)
class Address:
    """One field of a setting, or one parameter of a trick.

    Attributes:
        section: `network`, `training`, `data` or `tricks`.
        field: of the section, or the trick's parameter.
        trick: its name; empty in the other sections.
    """

    section: str
    field: str
    trick: str = ""

    def check(self, where: str) -> None:
        """Refuse what is not there.

        Args:
            where: what an error names as the place.

        Raises:
            UserError: no such trick, parameter or field.
        """
        if self.section == TRICKS:
            if self.trick not in tricks.names():
                raise UserError(
                    f"{where}: unknown trick '{self.trick}'{did_you_mean(self.trick, tricks.names())}"
                )
            if self.field not in (known := tricks.parameters(self.trick)):
                raise UserError(f"{where}: unknown parameter{did_you_mean(self.field, known or ['none'])}")
        elif self.field not in (fields := SECTIONS[self.section].model_fields):
            near = did_you_mean(str(self), [f"{self.section}.{name}" for name in fields])
            raise UserError(f"{where}: unknown key{near}")

    def __str__(self) -> str:
        return ".".join(part for part in (self.section, self.trick, self.field) if part)


def parse(key: str) -> Address | None:
    """The address that a text is; None where it is none, whether or not there is such a field."""
    section, *rest = key.split(".")
    match rest:
        case [name] if section in SECTIONS:
            return Address(section, name)
        case [trick, parameter] if section == TRICKS:
            return Address(section, parameter, trick)
    return None


@dataclass(frozen=True)
class Overrides:
    """Values set over those of a study, as a preset has them.

    Attributes:
        network, training, data: fields.
        tricks: parameters, by trick.
    """

    network: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    tricks: dict[str, dict[str, Any]] = field(default_factory=dict)


def overrides(values: Mapping[Address, Any]) -> Overrides:
    """Values by section and trick."""
    found = Overrides()
    for address, value in values.items():
        section = getattr(found, address.section)
        (section.setdefault(address.trick, {}) if address.trick else section)[address.field] = value
    return found


def assignments(texts: Sequence[str]) -> dict[Address, Any]:
    """What `--set KEY=VALUE` sets; the last one of a key counts.

    Raises:
        UserError: it is no assignment, or the value is no plain YAML.
    """
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if key in OPTIONS:
            raise UserError(f"--set {text}: expected {OPTIONS[key]} {value}".rstrip())
        address = parse(key)
        if not equals or address is None:
            raise UserError(
                f"--set {text}: expected SECTION.KEY=VALUE with SECTION network, training or data, or "
                "tricks.TRICK.PARAMETER=VALUE"
            )
        found[address] = parse_yaml(value, f"--set {key}")
    return found
