"""Reading a YAML file that may come from anyone: plain data only, every mistake one line.

Scalars mean what YAML 1.2's core schema says, as in most tools of today: `5e-4` is a number, `010` is ten, `yes`, `on`
and `1_000` are text. (PyYAML itself follows YAML 1.1, where they are text, eight, true, true and a thousand.)
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from ablation.errors import UserError

MAX_BYTES = 500_000
MAX_DEPTH = 20
BY_NUMBER = ("class_weight", "weights")  # fields whose value may be a mapping by numbers
TAG = "tag:yaml.org,2002:"
PLAIN = {f"{TAG}{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map")}

# YAML 1.2.2, section 10.3.2: pattern and the characters that such a scalar begins with.
CORE = {
    "null": (re.compile(r"(?:null|Null|NULL|~|)\Z"), [*"nN~", ""]),
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]),
    "int": (re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), [*"-+0123456789"]),
    "float": (
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        [*"-+.0123456789"],
    ),
}


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, (pattern, first) in CORE.items():
        for one in first:
            found.setdefault(one, []).append((f"{TAG}{kind}", pattern))
    return found


class _Loader(yaml.SafeLoader):
    """Plain printable data: no tags, no key twice, no anchors (a few lines of them stand for gigabytes)."""

    yaml_implicit_resolvers = _resolvers()
    depth = 0

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.by_number: set[Any] = set()

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
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in BY_NUMBER:
                self.by_number.add(value_node)
            number = type(key) is int and node in self.by_number
            if not isinstance(key, str) and not number:
                raise ConstructorError(None, None, f"key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise ConstructorError(None, None, f"key '{key}' is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_number(self, node: Any) -> int | float | bool:
        text, kind = self.construct_scalar(node), node.tag.removeprefix(TAG)
        if not CORE[kind][0].match(text):
            raise ConstructorError(
                None, None, f"expected a value of !!{kind}, found '{text[:60]}'", node.start_mark
            )
        if kind == "bool":
            return text.lower() == "true"
        if kind == "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


for _kind in ("bool", "int", "float"):
    _Loader.add_constructor(f"{TAG}{_kind}", _Loader.construct_number)


class _Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads back: text that looks like a number or a truth value is quoted."""

    yaml_implicit_resolvers = {
        first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, []), *_resolvers().get(first, [])]
        for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_resolvers()}
    }


def to_yaml(value: Any, **layout: Any) -> str:
    """Plain data as YAML that `parse_yaml`, and a reader of YAML 1.1, reads back as they are.

    Args:
        value: of mappings, lists, text, numbers, truth values and None.
        layout: as `yaml.dump` takes it: `width`, `default_flow_style`, `sort_keys`.
    """
    return yaml.dump(value, Dumper=_Dumper, **layout)


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
