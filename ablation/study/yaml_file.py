"""Reading a YAML file that may come from anyone: plain data only, every mistake one line."""

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from ablation.errors import UserError

MAX_BYTES = 500_000
MAX_DEPTH = 20
PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map")}


class _Loader(yaml.SafeLoader):
    """Plain printable data: no tags, no key twice, no anchors (a few lines of them stand for gigabytes)."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in PLAIN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ConstructorError(
                None, None, "aliases (*name) are not allowed", self.peek_event().start_mark
            )
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConstructorError(None, None, "nested too deeply", self.peek_event().start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        if node.tag not in PLAIN:
            raise ConstructorError(None, None, f"tag {node.tag} is not allowed", node.start_mark)
        return super().construct_object(node, deep=deep)

    def construct_scalar(self, node: Any) -> Any:
        text = super().construct_scalar(node)
        strange = next((one for one in text if not one.isprintable() and one not in "\n\t"), None)
        if strange is not None:
            raise ConstructorError(None, None, f"character {strange!r} is not allowed", node.start_mark)
        return text

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise ConstructorError(None, None, f"key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise ConstructorError(None, None, f"key '{key}' is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def parse_yaml(text: str, where: str) -> Any:
    """The plain data that a YAML text stands for.

    Args:
        text: YAML.
        where: what an error names as the place.

    Raises:
        UserError: not YAML, or more than plain data; the line is named.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        problem = ", ".join(text for text in (error.context, error.problem) if text)
        raise UserError(f"{where}: {line}{problem}") from error
    except (yaml.YAMLError, ValueError, LookupError) as error:
        raise UserError(f"{where}: not YAML ({error})") from error


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a file holds.

    Raises:
        UserError: no such file, over 500 kB, not UTF-8, not plain YAML (line named), or not a mapping.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{str(file)!r}: cannot be read ({error})") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"{file.name}: expected a study of at most {MAX_BYTES // 1000} kB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {data[error.start]:#x} at {error.start}"
        raise UserError(f"{file.name}: expected UTF-8 text, found {found}") from error
    content = parse_yaml(text, file.name)
    if not isinstance(content, dict):
        found = type(content).__name__
        raise UserError(f"{file.name}: expected a mapping with the key 'study', found {found}")
    return content
