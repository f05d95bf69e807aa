"""A distribution that counts as installed, without a call to a package index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def pretend_installed(
    folder: Path, name: str, version: str, groups: Mapping[str, Mapping[str, str]]
) -> None:
    """Leave in *folder*, on the path of imports, what ``pip install`` leaves of a project.

    Args:
        folder: Where its modules lie.
        name: The distribution's.
        version: The same.
        groups: Its entry points, by group.
    """
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{point} = {value}" for point, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
