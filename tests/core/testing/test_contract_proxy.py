"""The proxy between a connector and its sandbox: true while all is well, false on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import httpx
import pytest

from exempt.testing.faults import ELSEWHERE, LOOP, LOST_ANSWER, Behaviour, Fault, Reply
from exempt.testing.proxy import Proxy


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got, and with links to itself."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.seen.append(self.command)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        here = f"http://{self.headers['Host']}"
        said = {
            "method": self.command,
            "path": self.path,
            "sent": sent,
            "key": self.headers.get("X-Key"),
            "self": f"{here}/rows/1",
            "next": f"{here}/rows?page=2",
            "relative": {"next_url": "/rows?page=2"},
        }
        body = json.dumps(said).replace("/rows/1", "\\/rows\\/1").encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Link", f'<{here}/rows?page=2>; rel="next"')
        self.send_header("X-Own", "kept")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PATCH = do_POST  # noqa: N815 - as the base class calls them

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    Echo.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    made = Proxy(f"http://127.0.0.1:{server.server_port}")
    made.elsewhere = "http://127.0.0.1:9"
    with made.running():
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


def call(proxy: Proxy, method: str = "GET", path: str = "/rows", **more: Any) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.request(method, f"{proxy.url}{path}", **more)


def failing(proxy: Proxy, how: Behaviour, **when: Any) -> None:
    proxy.plan(Fault("planned", how, ()), **when)


def test_a_call_and_its_answer_pass_as_they_are(proxy: Proxy) -> None:
    answer = call(proxy, "PATCH", "/rows?a=1", content=b"hello", headers={"X-Key": "k"})
    said = answer.json()
    assert answer.status_code == 201
    assert answer.headers["x-own"] == "kept"
    assert (said["method"], said["path"], said["sent"]) == ("PATCH", "/rows?a=1", "hello")
    assert said["key"] == "k"
    assert proxy.calls[0].method == "PATCH"
    assert proxy.calls[0].body == b"hello"


def test_the_remotes_own_links_lead_through_the_proxy(proxy: Proxy) -> None:
    answer = call(proxy)
    assert answer.json()["next"] == f"{proxy.url}/rows?page=2"
    assert answer.json()["self"] == f"{proxy.url}/rows/1"
    assert proxy.url in answer.headers["link"]
    assert proxy.upstream not in answer.text


def test_an_answer_is_given_in_its_place(proxy: Proxy) -> None:
    proxy.plan(Fault("503", Reply(503, b"later", {"Retry-After": "7"}), ()))
    answer = call(proxy)
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "later", "7")


def test_a_fault_comes_after_good_calls_and_passes(proxy: Proxy) -> None:
    proxy.plan(Fault("500", Reply(500), ()), after=1, times=2)
    assert [call(proxy).status_code for _ in range(4)] == [201, 500, 500, 201]


def test_a_fault_of_writing_leaves_reading_alone(proxy: Proxy) -> None:
    proxy.plan(Fault("500", Reply(500), ()), times=1, writing=True)
    found = [call(proxy, method).status_code for method in ("GET", "PATCH", "PATCH")]
    assert found == [201, 500, 201]


@pytest.mark.parametrize("how", [Behaviour.RESET, Behaviour.CUT, Behaviour.LOSE])
def test_a_connection_breaks(proxy: Proxy, how: Behaviour) -> None:
    failing(proxy, how)
    with pytest.raises(httpx.RemoteProtocolError):
        call(proxy)


def test_a_call_whose_answer_is_lost_was_carried_out(proxy: Proxy) -> None:
    proxy.plan(LOST_ANSWER)
    with pytest.raises(httpx.RemoteProtocolError):
        call(proxy, "PATCH")
    assert Echo.seen == ["PATCH"]


def test_a_call_whose_connection_is_reset_never_reached_the_remote(proxy: Proxy) -> None:
    failing(proxy, Behaviour.RESET)
    with pytest.raises(httpx.RemoteProtocolError):
        call(proxy, "PATCH")
    assert Echo.seen == []


def test_a_call_that_hangs_is_held(proxy: Proxy) -> None:
    failing(proxy, Behaviour.HANG)
    with httpx.Client(trust_env=False, timeout=0.1) as client, pytest.raises(httpx.ReadTimeout):
        client.get(f"{proxy.url}/rows")


def test_a_refusal_may_show_the_credentials(proxy: Proxy) -> None:
    failing(proxy, Behaviour.ECHO)
    answer = call(proxy, headers={"X-Key": "secret-1"})
    assert answer.status_code == 422
    assert "secret-1" in answer.text


def test_next_links_are_led_elsewhere_and_a_records_own_is_not(proxy: Proxy) -> None:
    proxy.plan(ELSEWHERE)
    answer = call(proxy)
    said = answer.json()
    assert said["next"] == said["relative"]["next_url"] == "http://127.0.0.1:9/rows?page=2"
    assert said["self"] == f"{proxy.url}/rows/1"
    assert answer.headers["link"] == '<http://127.0.0.1:9/rows?page=2>; rel="next"'
    assert proxy.links == 3


def test_next_links_are_led_to_their_own_page(proxy: Proxy) -> None:
    proxy.plan(LOOP)
    said = call(proxy, path="/rows?page=7").json()
    assert said["next"] == f"{proxy.url}/rows?page=7"
    assert said["relative"]["next_url"] == "/rows?page=7"


def test_it_knows_whether_clients_are_left(proxy: Proxy) -> None:
    with httpx.Client(trust_env=False) as client:
        client.get(f"{proxy.url}/rows")
        assert not proxy.nobody_left(0.05)
    assert proxy.nobody_left(5)


def test_a_remote_that_is_gone_is_a_bad_gateway() -> None:
    with Proxy("http://127.0.0.1:9").running() as made:
        assert call(made).status_code == 502
