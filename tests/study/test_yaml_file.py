"""A study file may come from anyone."""

import pytest

from ablation.errors import UserError
from ablation.study.yaml_file import MAX_BYTES, parse_yaml, read_yaml


def test_plain_data():
    text = "a: [1, 2.5, true, null, text]\nb: {c: 2020-01-01, <<: {=: 1}}\nd: |\n  two\n  lines\n"
    assert parse_yaml(text, "x") == {
        "a": [1, 2.5, True, None, "text"],
        "b": {"c": "2020-01-01", "<<": {"=": 1}},
        "d": "two\nlines\n",
    }


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
        ("a: !!int ''", "not YAML"),
        ("a: !!bool maybe", "not YAML"),
        ("a: !!float x", "not YAML"),
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
