"""The members of a Word, Excel or OpenDocument file, each unpacked only when asked for, and never more than the limit."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from chitieu.text.files.kinds import tell_odf, tell_zip
from chitieu.text.files.raw import ReadFailure

if TYPE_CHECKING:
    from lxml import etree

_CHUNK = 1024 * 1024
_MOST_MEMBERS = 20_000
_ENCRYPTED = 0x1


class Archive:
    """A ZIP in memory.

    Raises:
        ReadFailure: ``damaged``, ``encrypted``, or ``too_large`` where the members declare more than the limit.
    """

    def __init__(self, data: bytes, max_unpacked_bytes: int) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _damaged(error) from error
        self._limit = max_unpacked_bytes
        self._unpacked = 0
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise ReadFailure("too_large", "quá nhiều phần trong tệp nén", f"it holds {len(members)} members")
        if sum(member.file_size for member in members) > max_unpacked_bytes:
            raise self._bomb()
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise ReadFailure("encrypted", "tệp có mật khẩu", "it is protected by a password")
        self.names = frozenset(member.filename for member in members)

    def _bomb(self) -> ReadFailure:
        mib = self._limit / _CHUNK
        return ReadFailure(
            "too_large",
            f"giải nén ra hơn {mib:.0f} MiB",
            f"it unpacks to more than {mib:.0f} MiB",
            limit=self._limit,
        )

    def kind(self) -> str:
        """docx, xlsx, odt or ods.

        Raises:
            ReadFailure: ``unsupported``, or ``encrypted``.
        """
        kind = tell_zip(self.names)
        if kind != "odf":
            return kind
        if "META-INF/manifest.xml" in self.names and b"encryption-data" in self.read("META-INF/manifest.xml"):
            raise ReadFailure("encrypted", "tệp có mật khẩu", "it is protected by a password")
        return tell_odf(self.read("mimetype").decode("ascii", "replace") if "mimetype" in self.names else "")

    def read(self, name: str) -> bytes:
        """A member, unpacked.

        Raises:
            ReadFailure: ``damaged`` (also where it is missing), or ``too_large``: what is really unpacked counts, too.
        """
        parts: list[bytes] = []
        try:
            with self._zip.open(name) as member:
                while part := member.read(_CHUNK):
                    self._unpacked += len(part)
                    if self._unpacked > self._limit:
                        raise self._bomb()
                    parts.append(part)
        except KeyError as error:
            raise ReadFailure("damaged", f"thiếu phần {name}", f"its part {name} is missing") from error
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise _damaged(error) from error
        return b"".join(parts)

    def xml(self, name: str) -> etree._Element:
        """A member as XML. Entities are not resolved, nothing outside is loaded.

        Raises:
            ReadFailure: ``damaged``: no XML, or with a DTD, which the format forbids.
        """
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError as error:
            raise ReadFailure(
                "damaged", f"phần {name} bị hỏng ({error})", f"its part {name} is damaged ({error})"
            ) from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise _dtd(name)
        return root

    def check_parts(self, suffix: str) -> None:
        """Unpack, and forget, every member whose name ends so: for libraries that unpack by themselves.

        Raises:
            ReadFailure: as `read`, and ``damaged`` where a member holds a DTD.
        """
        before = self._unpacked
        for name in sorted(name for name in self.names if name.endswith(suffix)):
            if b"<!DOCTYPE" in self.read(name)[:4096].replace(b"\0", b""):
                raise _dtd(name)
        self._unpacked = before


def _dtd(name: str) -> ReadFailure:
    return ReadFailure("damaged", f"phần {name} khai báo DTD", f"its part {name} declares a DTD, which is not allowed")


def _damaged(error: Exception) -> ReadFailure:
    return ReadFailure("damaged", "tệp nén bị hỏng hoặc thiếu", f"its ZIP is damaged or cut short ({error})")
