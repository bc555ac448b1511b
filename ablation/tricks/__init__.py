"""The tricks: one module each, holding one function of the module's name, `Recipe -> Recipe`.

A module dropped into this folder is a trick: nothing else has to be edited. Its function's docstring is the card that
`ablation show` prints, its keyword arguments with their annotations are the parameters a study may set.

**Twice on one ladder**: a trick sets what it is about, whatever was there. Used again it replaces its own earlier
setting, whether that is a number (`l2`), a slot (`mixup`) or a layer in a list (`dropout`): a second dropout of 0.5
after one of 0.25 leaves one of 0.5. `capacity` and `compound_scaling` alone multiply what they find, so twice is more.
**Together in one step**: two tricks that fill one slot (`mixup` and `cutmix`) are refused, since the first would do
nothing; on different rungs the later one takes the slot.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError, validate_call

from ablation import own_code
from ablation.errors import UserError, did_you_mean
from ablation.explain import explain
from ablation.recipe import Recipe, check_kinds

__path__ += own_code.paths("tricks")

Trick = Callable[..., Recipe]

SLOTS = ("mix", "schedule", "clip", "norm", "initializer", "activation", "optimizer", "loss")
"""Fields that one trick fills as a whole."""


def trick(*changes: str, undoes: Sequence[str] = ()) -> Callable[[Trick], Trick]:
    """Declare a function to be a trick that changes only the recipe fields named here.

    Args:
        changes: the fields.
        undoes: other tricks, of which it leaves nothing; it is not used with them in one step.

    Raises:
        TypeError: when applied, if it changed another field.
    """

    def declare(function: Trick) -> Trick:
        checked = validate_call(config=ConfigDict(allow_inf_nan=False))(function)

        @functools.wraps(function)
        def apply_checked(recipe: Recipe, **parameters: Any) -> Recipe:
            after = checked(recipe, **parameters)
            if strange := set(after.changes_from(recipe)) - set(changes):
                raise TypeError(
                    f"trick {function.__name__} changes {sorted(strange)}, declared are {changes}"
                )
            return after

        apply_checked.changes, apply_checked.undoes = changes, undoes  # type: ignore[attr-defined]
        return apply_checked

    return declare


@functools.cache
def names() -> tuple[str, ...]:
    """All tricks, alphabetically."""
    return own_code.modules(__path__)


def get(name: str) -> Trick:
    """A trick by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        raise UserError(f"unknown trick '{name}'{did_you_mean(name, names())}")
    return own_code.member(f"{__name__}.{name}", name)


def card(name: str) -> str:
    """What the trick does, where it comes from, what the lecture claims, when it hurts."""
    return inspect.getdoc(get(name)) or ""


def parameters(name: str) -> dict[str, Any]:
    """The trick's parameters with their defaults."""
    return {key: one.default for key, one in _parameters(get(name)).items()}


def _parameters(function: Trick) -> dict[str, inspect.Parameter]:
    _, *found = inspect.signature(function).parameters.values()
    return {one.name: one for one in found}


def apply(name: str, recipe: Recipe, given: dict[str, Any]) -> Recipe:
    """The recipe with the trick in it.

    Args:
        name: of the trick.
        recipe: what it is added to; left as it is.
        given: parameters that differ from their defaults.

    Raises:
        UserError: unknown trick or parameter, or a value out of its range; the text names the parameter.
    """
    function = get(name)
    known = _parameters(function)
    for key in given:
        if key not in known:
            raise UserError(f"{name}.{key}: unknown parameter{did_you_mean(key, known or ['no parameters'])}")
    for key, value in given.items():
        try:
            check_kinds(known[key].annotation, value)
        except ValueError as error:
            raise UserError(f"{name}.{key}: {error}") from error
    try:
        return function(recipe, **given)
    except ValidationError as error:
        raise UserError(explain(error, prefix=name)) from error
    except ValueError as error:
        where = own_code.place(error)
        raise UserError(f"{name}: {error}{f' ({where})' if where else ''}") from error


def check_together(used: Sequence[str]) -> None:
    """Refuse tricks of one step of which one would undo the other.

    Args:
        used: names of known tricks, in order.

    Raises:
        UserError: two of them fill the same slot, or a later one undoes an earlier one.
    """
    for place, second in enumerate(used):
        undone = get(second).undoes  # type: ignore[attr-defined]
        if first := next((name for name in used[:place] if name in undone), ""):
            raise UserError(
                f"{second} takes the place of {first}, which would do nothing: expected one of them"
            )
    for slot in SLOTS:
        filling = [name for name in used if slot in get(name).changes]  # type: ignore[attr-defined]
        if len(filling) > 1:
            first, second = filling[:2]
            raise UserError(
                f"{first} and {second} both set '{slot}', so {first} would do nothing: expected one of them"
            )
