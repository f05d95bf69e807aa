"""The process that looks for words and fields on one paper, and says them in a line of JSON.

It is started as ``python -m exempt.adapters.reading.worker TYPE`` with the
paper as its input.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from exempt.adapters.papers import limits

MAX_PAGES = 10
"""Later pages of a certificate are instructions."""

MAX_WORDS = 12_000


def main(media_type: str) -> dict[str, Any]:
    """Look at the paper; what comes back is the line."""
    with open(0, "rb", closefd=False) as given:
        given.seek(0)
        content = given.read()
    if media_type == "application/pdf":
        from exempt.adapters.reading.pdfs import look  # noqa: PLC0415 - one of the two

        return look(content, max_pages=MAX_PAGES, max_words=MAX_WORDS)
    from exempt.adapters.papers.pictures import opened  # noqa: PLC0415 - one of the two
    from exempt.adapters.reading.pictures import words_in  # noqa: PLC0415 - one of the two

    picture = opened(content, media_type)
    words = words_in(picture, 1)
    return {
        "words": words[:MAX_WORDS],
        "by": "ocr" if words else "none",
        "pages": 1,
        "shapes": [picture.height / picture.width],
    }


if __name__ == "__main__":
    limits.give_up()
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    line = json.dumps(main(sys.argv[1])).encode()
    with os.fdopen(answer, "wb") as out:
        out.write(line)
    os._exit(0)  # nothing that was half read gets a say at the end
