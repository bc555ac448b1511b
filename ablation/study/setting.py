"""A setting: what one training is made of, but for the seed, and how steps and tricks change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ablation import tricks
from ablation.data.sizes import Sizes
from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.networks import families
from ablation.recipe import Frozen, Network, Recipe, Training
from ablation.study.bounds import check_activation, check_convs, check_layers
from ablation.study.schema import Step


@dataclass(frozen=True)
class Setting:
    """A recipe and the numbers of images it is trained and judged on: a result, but for the seed."""

    recipe: Recipe
    sizes: Sizes

    def with_fields(self, where: str, network: Mapping, training: Mapping, data: Mapping) -> "Setting":
        """Fields set outright; a family of networks brings its own defaults of those that are not.

        Raises:
            UserError: unknown key, value out of range, or a field that the family does not read; the text begins with
                `where`.
        """
        given: tuple[tuple[str, Mapping, type[Frozen]], ...] = (
            ("network", network, Network),
            ("training", training, Training),
            ("data", data, Sizes),
        )
        for section, values, model in given:
            for key in values:
                if key not in model.model_fields:
                    raise UserError(
                        f"{where}{section}.{key}: unknown key{did_you_mean(key, model.model_fields)}"
                    )
        try:
            recipe = families.settled(self.recipe.replace(**families.chosen(network), **training))
            families.check_fields(recipe, network)
            check_convs(recipe)
        except ValidationError as error:
            section = "network" if error.errors()[0]["loc"][0] in Network.model_fields else "training"
            raise UserError(f"{where}{explain(error, section, Recipe)}") from error
        except UserError as error:
            raise UserError(f"{where}{error}") from error
        except ValueError as error:
            raise UserError(f"{where}network.{error}") from error
        for section, values, _ in given[:2]:
            for key in values:
                check_layers(f"{where}{section}.{key}", getattr(recipe, key))
        check_activation(f"{where}network.activation", recipe.activation)
        try:
            return Setting(recipe, self.sizes.replace(**data))
        except ValidationError as error:
            raise UserError(f"{where}{explain(error, 'data', Sizes)}") from error

    def with_trick(self, where: str, name: str, given: dict[str, Any]) -> "Setting":
        """A trick added.

        Raises:
            UserError: unknown trick or parameter, a value out of range, or a trick that does nothing in the recipe's
                family; the text begins with `where`.
        """
        try:
            recipe = tricks.apply(name, self.recipe, given)
            families.check_trick(name, self.recipe, recipe, tricks.get(name).changes)  # type: ignore[attr-defined]
            check_convs(recipe)
        except (UserError, ValueError, OverflowError) as error:
            raise UserError(f"{where}{error}") from error
        return Setting(recipe, self.sizes)

    def with_step(self, where: str, step: Step) -> "Setting":
        """All that a step of the ladder sets and adds.

        Raises:
            UserError: as `with_fields` and `with_trick`.
        """
        setting = self.with_fields(where, step.network, step.training, step.data)
        for name, given in step.uses():
            setting = setting.with_trick(f"{where}tricks.", name, given)
        return setting
