"""A pydantic error as one line that a user can act on."""

from typing import Any

from pydantic import BaseModel, ValidationError

from ablation.errors import did_you_mean


def explain(error: ValidationError, prefix: str = "", model: type[BaseModel] | None = None) -> str:
    """The first error: key, what was expected, what was found, and the nearest known key for an unknown one.

    Args:
        error: what pydantic raised.
        prefix: path of the validated value in the user's file.
        model: what was validated, to look up the known keys.
    """
    first = next((e for e in error.errors() if e["type"] == "extra_forbidden"), error.errors()[0])
    where = ".".join(str(part) for part in (prefix, *first["loc"]) if str(part)) or "top level"
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, first["loc"][:-1])
        hint = did_you_mean(first["loc"][-1], known) if known else ""
        return f"{where}: unknown key{hint}"
    expected = (
        first["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("Assertion ")
    )
    expected = expected[0].lower() + expected[1:]
    if first["type"] == "value_error":
        return f"{where}: {expected}" if first["loc"] else expected
    return f"{where}: expected {expected}, found {_short(first['input'])}"


def _known_keys(model: type[BaseModel] | None, location: tuple[Any, ...]) -> list[str]:
    for part in location:
        if model is None:
            return []
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        model = _model_within(annotation) or (model if annotation is None else None)
    return list(model.model_fields) if model is not None else []


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_within(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model is not None), None)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
