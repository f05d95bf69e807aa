"""The process that looks into one file, or draws one page, and says in a line of JSON how it went.

It is started as ``python -m exempt.adapters.papers.worker`` with the file as
its input: ``look TYPE COPY`` or ``draw TYPE PAGE PICTURE SMALL``, where COPY,
PICTURE and SMALL are numbers of open files to write to.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from exempt.adapters.papers import limits


def main(arguments: list[str]) -> dict[str, Any]:
    """Do what *arguments* say; what comes back is the line."""
    what, media_type, *rest = arguments
    with open(0, "rb", closefd=False) as given:
        given.seek(0)
        if what == "look":
            return _look(given.read(), media_type, int(rest[0]))
        return _draw(given.read(), media_type, *map(int, rest))


def _look(content: bytes, media_type: str, copy: int) -> dict[str, Any]:
    if media_type == "application/pdf":
        from exempt.adapters.papers.pdfs import defuse  # noqa: PLC0415 - one of the two

        pages, removed = defuse(content, copy)
        return {"pages": pages, "removed": removed}
    from exempt.adapters.papers.pictures import bind, encode_anew  # noqa: PLC0415 - the other

    if media_type == "image/tiff":
        return {"pages": bind(content, copy), "removed": []}
    encode_anew(content, media_type, copy)
    return {"pages": 1, "removed": []}


def _draw(content: bytes, media_type: str, page: int, picture: int, small: int) -> dict[str, Any]:
    from exempt.adapters.papers.pictures import opened, write_sizes  # noqa: PLC0415 - slow

    if media_type == "application/pdf":
        from exempt.adapters.papers.pages import drawn  # noqa: PLC0415 - only for PDFs

        image = drawn(content, page)
    else:
        image = opened(content, media_type)
    return {"sizes": write_sizes(image, picture, small)}


def _alone() -> int:
    """Take on the limits; what anybody prints goes nowhere. Returns where the answer goes."""
    limits.give_up()
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answer


def _said(arguments: list[str]) -> dict[str, Any]:
    from exempt.adapters.papers.refusing import Refused  # noqa: PLC0415 - after the limits

    try:
        return main(arguments)
    except Refused as refused:
        return {"refused": refused.args[0]}
    except MemoryError:
        return {"refused": "too_complex", "because": "MemoryError"}
    except OSError as error:
        full = error.errno is not None  # beyond the size of a file, or no room
        return {"refused": "too_complex" if full else "corrupt", "because": type(error).__name__}
    except ImportError:
        raise
    except Exception as error:  # noqa: BLE001 - a file made by an attacker may raise anything
        return {"refused": "corrupt", "because": type(error).__name__}


if __name__ == "__main__":
    answer = _alone()
    line = json.dumps(_said(sys.argv[1:]))
    os.write(answer, line.encode())
    os._exit(0)  # nothing that was half read gets a say at the end
