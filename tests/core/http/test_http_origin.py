"""Credentials never leave the origin: whatever a remote writes into a link."""

from __future__ import annotations

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from exempt import PermanentError
from exempt.http import Auth, Client, Response, origin

PAGE = "https://erp.example/api/orders?page=1"

ELSEWHERE = [
    pytest.param("https://evil.example/orders", id="another host"),
    pytest.param("http://erp.example/api/orders", id="another scheme"),
    pytest.param("https://erp.example:8443/api/orders", id="another port"),
    pytest.param("https://erp.example@evil.example/", id="our host as a user name"),
    pytest.param("https://erp.example:443@evil.example/", id="our host and port as a user"),
    pytest.param("https://erp.example\\@evil.example/", id="a backslash before the at"),
    pytest.param("https://erp.example%40evil.example/", id="an escaped at"),
    pytest.param("https://erp.example.evil.example/", id="our host as a subdomain"),
    pytest.param("https://user:word@erp.example/api/orders", id="credentials of the link's own"),
    pytest.param("https://sub.erp.example/api/orders", id="a subdomain of ours"),
    pytest.param("https://erp.example./api/orders", id="our host with a dot at the end"),
    pytest.param("https://ërp.example/api/orders", id="a look-alike letter"),
    pytest.param("https://erp.example:port/", id="a port that is no number"),
    pytest.param("https://erp.example:99999/", id="a port beyond all ports"),
    pytest.param("file:///etc/passwd", id="a file"),
    pytest.param("javascript://erp.example/%0aalert(1)", id="a script"),
]


@pytest.mark.parametrize("link", [*ELSEWHERE, pytest.param("https:///orders", id="no host")])
def test_an_absolute_link_elsewhere_is_not_called(
    remote: respx.MockRouter, client: Client, link: str
) -> None:
    everything = remote.route().mock(return_value=httpx.Response(200))
    with pytest.raises(PermanentError, match="leads to another host"):
        client.get(link)
    assert not everything.called


@pytest.mark.parametrize(
    "link",
    [
        *ELSEWHERE,
        pytest.param("//evil.example/orders", id="a link without a scheme"),
        pytest.param("https://[::1", id="a bracket that never closes"),
    ],
)
def test_a_link_in_an_answer_is_held_against_its_origin(link: str) -> None:
    answer = Response(200, {"Link": f'<{link}>; rel="next"'}, b"", PAGE)
    for follow in (lambda: answer.link(link), answer.next_link):
        with pytest.raises(PermanentError, match="another host"):
            follow()


@pytest.mark.parametrize(
    ("link", "followed"),
    [
        pytest.param("https://erp.example/x", "https://erp.example/x", id="the same origin"),
        pytest.param("https://ERP.example/x", "https://ERP.example/x", id="in capitals"),
        pytest.param("HTTPS://erp.example/x", "https://erp.example/x", id="scheme in capitals"),
        pytest.param("https://erp.example:443/x", "https://erp.example:443/x", id="port written"),
        pytest.param("?page=2", "https://erp.example/api/orders?page=2", id="only a query"),
        pytest.param("orders/2", "https://erp.example/api/orders/2", id="relative"),
        pytest.param("/other", "https://erp.example/other", id="from the root"),
        pytest.param("../up", "https://erp.example/up", id="upwards"),
        pytest.param("///evil", "https://erp.example/evil", id="three slashes name no host"),
        pytest.param("https:///x", "https://erp.example/x", id="a scheme without a host"),
        pytest.param(
            "https://erp.example#@evil.example/",
            "https://erp.example#@evil.example/",
            id="another host in the fragment",
        ),
    ],
)
def test_links_that_are_followed(link: str, followed: str) -> None:
    assert Response(200, {}, b"", PAGE).link(link) == followed


@pytest.mark.parametrize(
    "link", [PAGE, "", "?page=1", "#end", "https://erp.example:443/api/orders?page=1"]
)
def test_a_link_to_the_very_page_is_refused(link: str) -> None:
    with pytest.raises(PermanentError, match="leads to itself"):
        Response(200, {}, b"", PAGE).link(link)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        pytest.param("orders", "https://erp.example/api/orders", id="a path"),
        pytest.param("/orders", "https://erp.example/api/orders", id="a path with a slash"),
        pytest.param("//evil.example", "https://erp.example/api/evil.example", id="two slashes"),
        pytest.param(
            "orders?callback=https://evil.example",
            "https://erp.example/api/orders?callback=https://evil.example",
            id="an address in the query",
        ),
    ],
)
def test_paths_stay_below_the_base_address(client: Client, path: str, url: str) -> None:
    assert client.url(path) == url


@given(st.text())
def test_no_link_leaves_the_origin(link: str) -> None:
    try:
        followed = Response(200, {}, b"", PAGE).link(link)
    except PermanentError:
        return
    assert httpx.URL(followed).host == "erp.example"
    assert httpx.URL(followed).scheme == "https"


@pytest.mark.parametrize(
    ("header", "followed"),
    [
        pytest.param("", None, id="no header"),
        pytest.param('</a>; rel="prev"', None, id="no next link"),
        pytest.param('</a>; rel="next"', "/a", id="quoted"),
        pytest.param("</a>; rel=next", "/a", id="not quoted"),
        pytest.param("</a>;rel=next", "/a", id="no blank"),
        pytest.param('</a> ; REL = "NEXT"', "/a", id="capitals and blanks"),
        pytest.param('</a>; rel="prev", </b>; rel="next"', "/b", id="the second"),
        pytest.param('</a>; rel="next", </b>; rel="next"', "/a", id="the first of two"),
        pytest.param('</a>; rel="next last"', "/a", id="several relations"),
        pytest.param('</a>; title="x=y; z"; rel="next"', "/a", id="signs in a quoted text"),
        pytest.param('</a>; title="a, <b>"; rel="next"', "/a", id="a link in a quoted text"),
        pytest.param("</a?ids=1,2;3>; rel=next", "/a?ids=1,2;3", id="signs in the address"),
        pytest.param('</a>; rel="nextish"', None, id="a relation that only begins so"),
        pytest.param("</a; rel=next", None, id="never closed"),
        pytest.param('</a>; rel="prev"; rel="next"', None, id="of two relations the first counts"),
    ],
)
def test_the_next_link_of_the_header(header: str, followed: str | None) -> None:
    found = Response(200, {"Link": header}, b"", PAGE).next_link()
    assert found == (followed and f"https://erp.example{followed}")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(remote: respx.MockRouter, code: int) -> None:
    with_secret = Client("https://erp.example/api", auth=Auth(bearer=SecretStr("sesame")))
    elsewhere = respx.get("https://evil.example/")
    remote.get("/api/orders").mock(
        return_value=httpx.Response(code, headers={"Location": "https://evil.example/"})
    )
    with pytest.raises(PermanentError, match=f"answered {code}, a redirect; not followed"):
        with_secret.get("orders")
    assert not elsewhere.called


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://erp.example", "https://erp.example:443"),
        ("http://ERP.example/x", "http://erp.example:80"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
        ("https://bücher.example", "https://xn--bcher-kva.example:443"),
    ],
)
def test_origin(url: str, expected: str) -> None:
    assert origin(url) == expected
