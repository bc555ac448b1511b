"""How fast a user's own JPEGs are read: `tests/decoding.py` on few of them, by the processor's time."""

import decoding
from PIL import Image


def test_two_cores_have_time_for_three_thousand_jpegs_a_second(tmp_path, monkeypatch):
    """On a slower machine: an image takes no more than six times what decoding it alone takes there."""
    monkeypatch.setenv("ABLATION_CACHE_DIR", str(tmp_path / "cache"))
    decoding.draw(tmp_path / "pets", 1500, 64)
    assert Image.open(tmp_path / "pets" / "class0" / "0.jpg").size == (64, 64)
    found = decoding.measure(tmp_path / "pets")
    assert found["images"] == 1500
    took = found["processor_us_per_image"]
    assert took < 2 * 1e6 / 3000 or took < 6 * decoding.of_pillow([*(tmp_path / "pets").rglob("*.jpg")])
