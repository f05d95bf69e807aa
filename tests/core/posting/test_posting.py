"""Where webhooks of ours may go, and what comes back."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest

from exempt.adapters import posting
from exempt.adapters.posting import HttpPoster


class Remote(http.server.ThreadingHTTPServer):
    """Answers with `status`, and remembers what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = 204, b""
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hooks"
        self.headers_out: dict[str, str] = {}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Remote

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers_out.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def remote() -> Iterator[Remote]:
    server = Remote()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def poster() -> Iterator[HttpPoster]:
    poster = HttpPoster(["127.0.0.0/8"])
    yield poster
    poster.close()


def test_what_is_posted_arrives_as_it_is(remote: Remote, poster: HttpPoster) -> None:
    posted = poster.post(remote.url, b'{"a":1}', {"webhook-id": "evt_1"})
    assert posted.taken
    ((path, headers, body),) = remote.came
    assert (path, body) == ("/hooks", b'{"a":1}')
    assert headers["webhook-id"] == "evt_1"
    assert headers["user-agent"] == "exempt-webhooks"


@pytest.mark.parametrize(
    ("status", "taken", "gone"),
    [(200, True, False), (204, True, False), (302, False, False), (410, False, True),
     (500, False, False)],
)  # fmt: skip
def test_what_an_answer_means(
    remote: Remote, poster: HttpPoster, status: int, taken: bool, gone: bool
) -> None:
    remote.status, remote.headers_out = status, {"location": "http://127.0.0.1:1/elsewhere"}
    posted = poster.post(remote.url, b"{}", {})
    assert (posted.status, posted.taken, posted.gone) == (status, taken, gone)
    assert len(remote.came) == 1  # nobody follows


def test_how_long_to_wait_is_heard(remote: Remote, poster: HttpPoster) -> None:
    remote.status, remote.headers_out = 429, {"retry-after": "120"}
    posted = poster.post(remote.url, b"{}", {})
    assert posted.retry_after is not None
    assert posted.retry_after.total_seconds() == 120


def test_of_a_long_answer_little_is_read(
    remote: Remote, poster: HttpPoster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "ANSWER_MAX", 10)
    remote.answer, remote.status = b"x" * 1_000_000, 200
    assert poster.post(remote.url, b"{}", {}).taken


def test_nobody_there(poster: HttpPoster) -> None:
    posted = poster.post("http://127.0.0.1:1/", b"{}", {})
    assert (posted.status, posted.message) == (None, "not reached: ConnectError")


def test_a_certificate_that_nobody_signed_is_refused(remote: Remote, poster: HttpPoster) -> None:
    posted = poster.post(remote.url.replace("http:", "https:"), b"{}", {})
    assert posted.status is None
    assert remote.came == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "0.0.0.0",  # noqa: S104 - nobody listens there
        "169.254.169.254", "::ffff:127.0.0.1", "10.1.2.3",
        "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "fe80::1", "224.0.0.1", "ff02::1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::",
        "::7f00:1", "::ffff:0:7f00:1", "fec0::1",
    ],
)  # fmt: skip
def test_nothing_goes_to_an_address_that_is_not_public(address: str) -> None:
    poster = HttpPoster(lookup=lambda _host, _port: [address])
    posted = poster.post("http://erp.example/", b"{}", {})
    assert (posted.status, posted.message.partition(":")[0]) == (None, "its address is not public")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_however_this_machine_is_written(remote: Remote, host: str) -> None:
    poster = HttpPoster()
    posted = poster.post(f"http://{host}:{remote.server_port}/", b"{}", {})
    assert posted.status is None
    assert remote.came == []


def test_a_good_address_beside_a_bad_one_is_refused() -> None:
    poster = HttpPoster(lookup=lambda _host, _port: ["93.184.216.34", "127.0.0.1"])
    assert "not public" in poster.post("http://erp.example/", b"{}", {}).message


def test_the_connection_goes_to_what_was_checked(remote: Remote) -> None:
    """A name that leads elsewhere the second time is asked for once."""
    asked = []

    def lookup(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    poster = HttpPoster(["127.0.0.1/32"], lookup)
    assert poster.post(f"http://erp.example:{remote.server_port}/", b"{}", {}).taken
    assert asked == ["erp.example"]
    assert remote.came[0][1]["Host"] == f"erp.example:{remote.server_port}"


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(_host: str, _port: int) -> list[str]:
        raise httpx.ConnectError("its name is not known")

    posted = HttpPoster(lookup=lookup).post("http://nowhere.example/", b"{}", {})
    assert posted.message == "not reached: ConnectError"
