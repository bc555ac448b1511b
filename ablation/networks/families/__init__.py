"""The families of networks: one module each, holding a `Family` named `FAMILY`.

A module dropped into this folder is a family: nothing else has to be edited. `network.family` names it. So is one that
holds a plain Keras function of its own name instead (`function`).
"""

import functools
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from ablation import own_code
from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.networks.family import Family
from ablation.recipe import Network, Recipe

__path__ += own_code.paths("networks")


@functools.cache
def names() -> tuple[str, ...]:
    """All families, alphabetically."""
    return own_code.modules(__path__)


def get(name: str) -> Family:
    """A family by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        raise UserError(f"network.family: unknown '{name}'{did_you_mean(name, names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    if not hasattr(module, "FAMILY") and callable(getattr(module, name, None)):
        from ablation.networks.families import function

        return function.of(name)
    return own_code.member(f"{__name__}.{name}", "FAMILY", f"a function '{name}'")


def card(name: str) -> str:
    """What a family's networks are, its options, and which keys of a study's `network` shape them.

    Raises:
        UserError: there is none of that name.
    """
    family, module = get(name), importlib.import_module(f"{__name__}.{name}")
    told = inspect.getdoc(module) or inspect.getdoc(getattr(module, name, None)) or ""
    options = (inspect.getdoc(family.options) or "").partition("Attributes:\n")[2]
    return "\n\n".join(
        part
        for part in (
            told,
            options and f"Options, `network.options`:\n{options}",
            f"Reads: {', '.join(family.reads)}.",
        )
        if part
    )


def chosen(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a network as they are set, with what the family that they choose sets beside them.

    Raises:
        UserError: unknown family.
    """
    if "family" not in fields:
        return dict(fields)
    return {"options": {}, **get(str(fields["family"])).defaults, **fields}


def settled(recipe: Recipe) -> Recipe:
    """The recipe with its family's options checked, those that are the family's defaults left out.

    Raises:
        UserError: unknown family or option, or a value out of range.
    """
    model = get(recipe.family).options
    try:
        options = model.model_validate(recipe.options)
    except ValidationError as error:
        raise UserError(explain(error, "network.options", model)) from error
    given = options.model_dump(mode="json", exclude_defaults=True)
    return recipe.replace(options=given) if given or recipe.options else recipe


def check_fields(recipe: Recipe, fields: Iterable[str]) -> None:
    """Refuse fields that do nothing in the recipe's family.

    Raises:
        UserError: one of them does nothing.
    """
    if idle := _idle(recipe, fields):
        raise UserError(f"network.{idle[0]}: does nothing in family {recipe.family}: {_told(recipe)}")


def check_trick(name: str, before: Recipe, after: Recipe, declared: Iterable[str]) -> None:
    """Refuse a trick whose changes do nothing in the recipe's family.

    A field that the family always has is no hindrance to a trick that changes another one beside it.

    Args:
        name: of the trick.
        before, after: recipes without and with it.
        declared: fields that it may change.

    Raises:
        UserError: it changes a field that the family does not read.
    """
    changes = set(after.changes_from(before)) or set(declared)
    idle = set(_idle(after, changes))
    if idle - set(get(after.family).always) or (idle and idle == changes):
        told = ", ".join(sorted(idle))
        raise UserError(f"{name}: {told} does nothing in family {after.family}: {_told(after)}")


def _idle(recipe: Recipe, fields: Iterable[str]) -> list[str]:
    of_network = set(Network.model_fields) - {"family", "options"}
    return [name for name in fields if name in of_network and name not in get(recipe.family).reads]


def _told(recipe: Recipe) -> str:
    return f"it reads {', '.join(get(recipe.family).reads)}"
