"""A run followed live, and the page over all runs."""

import threading
import urllib.error
import urllib.request

import pytest
from synthetic import EVIL, ladder, write_study

from ablation.cli import main
from ablation.errors import UserError
from ablation.report import overview, watch


@pytest.fixture
def served(tmp_path):
    serving = watch.server(tmp_path, 0)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()


def read(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode()


def test_the_page_follows_the_folder_on_the_loopback_alone(tmp_path, served):
    assert "not a results folder" in read(f"{served}/") and watch.REFRESH in read(f"{served}/")
    write_study(tmp_path, steps=ladder(2))
    first = read(f"{served}/")
    assert watch.REFRESH in first and "rung-1" in first and "batch norm" not in first
    write_study(tmp_path, steps=ladder(3))
    assert "batch norm" in read(f"{served}/")
    with pytest.raises(urllib.error.HTTPError):
        read(f"{served}/manifest.json")
    port = int(served.rpartition(":")[2])
    with pytest.raises(UserError, match=f"--port {port}: "):
        watch.server(tmp_path, port)


def test_the_overview_links_every_run(tmp_path, capsys):
    write_study(tmp_path / "a" / "one", steps=ladder(2))
    (tmp_path / "a" / "one" / "report.html").touch()
    steps = ladder(2)
    steps[1]["title"] = EVIL
    write_study(tmp_path / "b", steps=steps)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    assert main(["overview", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'index.html'}\n"
    page = (tmp_path / "index.html").read_text()
    assert page.count('<th scope="row">') == 3 and '<a href="a/one/report.html">' in page
    assert "6 of 6" in page and "<script" not in page and "manifest.json" in page
    with pytest.raises(UserError, match="no results in it"):
        overview.html(tmp_path / "a" / "one" / "trials")
