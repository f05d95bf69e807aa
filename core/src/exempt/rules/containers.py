"""The little that is read of files which hold other files: member names, and who made them.

Nothing is unpacked, so that nothing can swell. Sources: APPNOTE.TXT 6.3.10,
sections 4.3.12 and 4.3.16 (ZIP), and [MS-CFB] 2.2 and 2.6 (OLE).
"""

from __future__ import annotations

import mmap
import struct

from exempt.errors import RefusedError

Content = bytes | mmap.mmap
"""The bytes of a file, in memory or mapped into it."""

MAX_MEMBERS = 10_000
"""No office document has as many."""

_END = struct.Struct("<4s4H2LH")
_MEMBER = struct.Struct("<4s24x3H12x")

_HEADER = struct.Struct("<30xH16xL")
_DIRECTORY_ENTRY = 128


def member_names(content: Content) -> list[str]:
    """The names in the directory of a ZIP, in small letters.

    Raises:
        RefusedError: The directory is not whole, or has more than `MAX_MEMBERS`.
    """
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or len(content) - end < _END.size:
        raise _damaged()
    _, _, _, _, count, size, start, comment = _END.unpack(content[end : end + _END.size])
    if start + size != end or len(content) - end != _END.size + comment:
        raise _damaged()
    names: list[str] = []
    while start < end:
        if len(names) == MAX_MEMBERS:
            msg = f"is an archive of more than {MAX_MEMBERS:,} files: save it as a PDF"
            raise RefusedError(msg)
        head = content[start : start + _MEMBER.size]
        if len(head) < _MEMBER.size or head[:4] != b"PK\x01\x02":
            raise _damaged()
        _, name, extra, remark = _MEMBER.unpack(head)
        start += _MEMBER.size
        names.append(content[start : start + name].decode(errors="replace").lower())
        start += name + extra + remark
    if start != end or len(names) != count:
        raise _damaged()
    return names


def _damaged() -> RefusedError:
    return RefusedError("is damaged: open it, and save it again")


def ole_class(content: Content) -> bytes:
    """The class of the program that an OLE file is for, as it stands there; empty = not told."""
    head = content[: _HEADER.size]
    if len(head) != _HEADER.size:
        return b""
    shift, sector = _HEADER.unpack(head)
    if shift > 16:
        return b""
    start = (sector + 1) << shift
    return content[start : start + _DIRECTORY_ENTRY][80:96]
