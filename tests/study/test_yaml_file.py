"""A study file may come from anyone."""

import pytest
import yaml

from ablation.errors import UserError
from ablation.study.yaml_file import MAX_BYTES, parse_yaml, read_yaml, to_yaml


def test_plain_data():
    text = "a: [1, 2.5, true, null, text]\nb: {c: 2020-01-01, <<: {=: 1}}\nd: |\n  two\n  lines\n"
    assert parse_yaml(text, "x") == {
        "a": [1, 2.5, True, None, "text"],
        "b": {"c": "2020-01-01", "<<": {"=": 1}},
        "d": "two\nlines\n",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5e-4", 5e-4), ("1e3", 1000.0), ("1E+2", 100.0), (".5", 0.5), ("1.", 1.0), ("-.5e1", -5.0),
        ("010", 10), ("0o10", 8), ("0x1F", 31), ("-007", -7), ("+3", 3),
        (".inf", float("inf")), ("-.INF", float("-inf")),
        ("true", True), ("TRUE", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("Yes", "Yes"), ("y", "y"), ("tRue", "tRue"),
        ("1_000", "1_000"), ("1:30", "1:30"), ("0b11", "0b11"), ("1e", "1e"), ("e5", "e5"), ("0o9", "0o9"),
        ("1.2.3", "1.2.3"), ("inf", "inf"), ("nan", "nan"), ("'5e-4'", "5e-4"), ("!!str 5", "5"),
        ("!!float 5", 5.0), ("!!int 7", 7),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = parse_yaml(f"a: {text}", "x")["a"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "value",
    ["5e-4", "1e3", "yes", "no", "on", "010", "0o10", "1_000", "true", "null", "~", "", "1:30", ".inf", "two\nlines",
     "a: b", "# x", "- x", "2020-01-01", "=", 5e-4, 1e-7, 1e22, 10, True, None, [1, "2", 3.0], {"a": {"b": "no"}}],
)  # fmt: skip
def test_what_is_written_is_read_back(value):
    for layout in ({}, {"default_flow_style": True}, {"width": 20}):
        found = parse_yaml(to_yaml({"a": value}, **layout), "x")["a"]
        assert found == value and type(found) is type(value)
    assert yaml.safe_load(to_yaml({"a": value}))["a"] == value


def test_weights_of_classes_may_be_a_mapping_by_numbers_and_nothing_else_may():
    text = "training: {class_weight: {0: 1.0, 1: 5.0}}\ntricks: [class_weight: {weights: {2: 0.5}}]"
    assert parse_yaml(text, "x") == {
        "training": {"class_weight": {0: 1.0, 1: 5.0}},
        "tricks": [{"class_weight": {"weights": {2: 0.5}}}],
    }
    for wrong in (
        "class_weight: {true: 1}",
        "class_weight: {1.5: 1}",
        "class_weight: {0: {1: 2}}",
        "x: {0: 1}",
    ):
        with pytest.raises(UserError, match="is not text"):
            parse_yaml(wrong, "x")
    with pytest.raises(UserError, match="key '0' is there twice"):
        parse_yaml("class_weight: {0: 1, 0: 2}", "x")


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n\tb: 2", "line 2: while scanning for the next token, found character"),
        ("a: [1, 2", "line 1: while parsing a flow sequence, expected ',' or ']'"),
        ("a: 1\nb\n", "line 3: while scanning a simple key, could not find expected ':'"),
        ("a: 1\nb: 2\na: 3", "line 3: key 'a' is there twice"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("1: a", "key 1 is not text"),
        ("? [a]\n: b", "is not text"),
        (BOMB, "line 2: aliases (*name) are not allowed"),
        ("a: &a\n  <<: *a", "aliases"),
        ("a: &a [*a]", "aliases"),
        (
            "a: !!python/object/apply:os.system [id]",
            "tag tag:yaml.org,2002:python/object/apply:os.system is not",
        ),
        ("a: !!python/name:os.system", "is not allowed"),
        ("a: !!set {b}", "tag tag:yaml.org,2002:set is not allowed"),
        ("a: !!binary aGk=", "is not allowed"),
        ("!include other.yaml", "tag !include is not allowed"),
        ("a: !!int ''", "line 1: expected a value of !!int, found ''"),
        ("a: !!bool maybe", "expected a value of !!bool, found 'maybe'"),
        ("a: !!float x", "expected a value of !!float, found 'x'"),
        ("a: !!int 1_000", "expected a value of !!int"),
        ("a: " + "9" * 5000, "not YAML"),
        ("[" * 1000, "nested too deeply"),
        ("{a: " * 1000, "nested too deeply"),
        ("- " * 1000, "nested too deeply"),
        ('a: "\\e[31m"', r"character '\x1b' is not allowed"),
        ('a: "\\0"', "is not allowed"),
        ('"\\ud800": 1', "is not allowed"),
        ("a: \x07", "not YAML (unacceptable character"),
        ("a: %", "found character '%'"),
        ("%TAG ! tag:x\n", "expected"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_the_place(text, message):
    with pytest.raises(UserError) as raised:
        parse_yaml(text, "my.yaml")
    assert str(raised.value).startswith("my.yaml: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a mapping with the key 'study', found NoneType"),
        (b"- a", "found list"),
        (b"study: \xff", "expected UTF-8 text, found byte 0xff at 7"),
        ("study: é".encode("utf-16"), "expected UTF-8 text, found byte 0xff at 0"),
        (b"a" * (MAX_BYTES + 1), "expected a study of at most 500 kB"),
        (b"\x00\x00\x00", "not YAML"),
    ],
)
def test_files_that_are_no_study(tmp_path, content, message):
    file = tmp_path / "my.yaml"
    file.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read_yaml(file)
    assert str(raised.value).startswith("my.yaml: ")
    assert message in str(raised.value)


def test_files_that_cannot_be_read(tmp_path):
    for file in (tmp_path / "missing.yaml", tmp_path, tmp_path / ("x" * 300), tmp_path / "a\0b.yaml"):
        with pytest.raises(UserError, match="cannot be read"):
            read_yaml(file)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_bytes(b"\xef\xbb\xbfstudy: x")
    assert read_yaml(file) == {"study": "x"}
