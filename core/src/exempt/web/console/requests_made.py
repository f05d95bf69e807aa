"""The page that tells a link once, or holds the letter that it stands on."""

from __future__ import annotations

import base64

from starlette.responses import Response

from exempt.model.requesting import Way
from exempt.services.letters import paper_letter
from exempt.services.requesting import Made
from exempt.web.pages import Call


def made_page(call: Call, made: Made, way: Way) -> Response:
    """The link of a request that was just made; nobody can show it again."""
    site, letter = call.site, ""
    if way is Way.LETTER and site.letter_printer is not None:
        paper = paper_letter(site.store, made, site.post, site.clock())
        packed = base64.b64encode(site.letter_printer(paper)).decode()
        letter = f"data:application/pdf;base64,{packed}"
    return call.page("requests/made.html", row=made.request, link=made.link, letter=letter)
