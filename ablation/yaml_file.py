"""Reading a YAML file that may come from anyone: plain data only, every mistake one line."""

from pathlib import Path
from typing import Any

import yaml

from ablation.errors import UserError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class _Loader(yaml.SafeLoader):
    """YAML's plain types; no anchors (a few lines of them can stand for gigabytes), no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(None, None, "aliases (*name) are not allowed", self.peek_event().start_mark)
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > MAX_DEPTH:
            raise yaml.constructor.ConstructorError(None, None, "nested too deeply", self.peek_event().start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a file holds.

    Raises:
        UserError: no such file, over 1 MB, not UTF-8, not YAML (line named), or not a mapping.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"{file.name}: expected a study of under {MAX_BYTES // 1000} kB")
    try:
        content = yaml.load(data.decode("utf-8"), Loader=_Loader)
    except UnicodeDecodeError as error:
        raise UserError(f"{file.name}: expected UTF-8 text, found byte {data[error.start]:#x} at {error.start}") from error
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise UserError(f"{file.name}:{line} {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{file.name}: not YAML ({error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{file.name}: expected a mapping with the key 'study', found {type(content).__name__}")
    return content
