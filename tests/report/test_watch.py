"""A run followed live, and the page over all runs."""

import re
import socket
import struct
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


def test_a_browser_that_leaves_is_no_news(served, capfd):
    with socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2]))) as browser:
        browser.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )  # leaves with a reset
        browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost:1\r\n")
    assert "not a results folder" in read(f"{served}/")
    assert capfd.readouterr() == ("", "")


def test_a_page_of_another_name_cannot_read_it(served):
    request = urllib.request.Request(f"{served}/", headers={"Host": "evil.example:80"})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request)


def test_an_overview_links_by_quoted_names_and_leaves_another_index_alone(tmp_path, capsys):
    for name in ("javascript:alert(1)", "a#b?c"):
        write_study(tmp_path / name, steps=ladder(2))
        (tmp_path / name / "report.html").touch()
    assert main(["overview", str(tmp_path)]) == 0 and main(["overview", str(tmp_path)]) == 0
    page = (tmp_path / "index.html").read_text()
    assert re.findall('href="([^"]*)"', page) == [
        "a%23b%3Fc/report.html",
        "javascript%3Aalert%281%29/report.html",
    ]
    (tmp_path / "index.html").write_text("my site")
    assert main(["overview", str(tmp_path)]) == 2
    assert "index.html: expected none, or one that this command wrote" in capsys.readouterr().err
    assert (tmp_path / "index.html").read_text() == "my site"
