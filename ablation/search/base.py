"""The recipe that a search varies, in the study it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ablation import tricks
from ablation.recipe import Network, Recipe
from ablation.study.address import Address
from ablation.study.address import parse as parse_address
from ablation.study.planned import PlannedStep
from ablation.study.planning import plan
from ablation.study.schema import Study
from ablation.study.setting import Setting
from ablation.study.space import Values


@dataclass(frozen=True)
class Base:
    """The recipe that is varied, in the study it comes from."""

    study: Study
    preset: str
    dataset: str
    step: str
    sets: tuple[str, ...]

    def at(self, values: Values, sets: Sequence[str] = ()) -> PlannedStep:
        """The step with a point's values in it.

        Raises:
            UserError: the recipe refuses a value.
        """
        return self._planned(values, sets, (self.step,))[0]

    def value(self, key: str) -> Any:
        """What the step has without a search."""
        address = address_of(key)
        if not address.trick:
            return self.at({}).setting.recipe.model_dump(mode="json")[address.field]
        given = tricks.parameters(address.trick)
        for step in self._planned({}):
            given |= dict(step.uses).get(address.trick, {})
        return given[address.field]

    def _planned(
        self, values: Values, sets: Sequence[str] = (), steps: Sequence[str] = ()
    ) -> tuple[PlannedStep, ...]:
        return plan(
            self.study,
            preset=self.preset,
            dataset=self.dataset,
            design="cumulative" if "cumulative" in self.study.designs else "",
            sets=(*self.sets, *sets),
            values={address_of(key): value for key, value in values.items()},
            steps=steps,
        )


def address_of(key: str) -> Address:
    """Where a key of a space lies; it was checked when the space was read."""
    found = parse_address(key)
    assert found is not None, key
    return found


def sections(setting: Setting) -> dict[str, Any]:
    """A setting as the top of a study file."""
    recipe = setting.recipe.model_dump(mode="json", exclude_defaults=True)
    return fields(setting.recipe, set(recipe)) | {
        "data": setting.sizes.model_dump(mode="json", exclude_none=True)
    }


def fields(recipe: Recipe, names: set[str]) -> dict[str, Any]:
    """Some fields of a recipe as a step of a study file sets them."""
    content = recipe.model_dump(mode="json")
    network = {name: content[name] for name in content if name in names and name in Network.model_fields}
    training = {name: content[name] for name in content if name in names and name not in network}
    return {"network": network, "training": training}
