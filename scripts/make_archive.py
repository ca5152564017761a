#!/usr/bin/env python3
"""Make an archive of invented reports whose figures are known, and measure a batch's output against it.

    python scripts/make_archive.py make FOLDER --documents 200 --seed 7
    python scripts/make_archive.py measure OUTPUT FOLDER/truth.jsonl

FOLDER gets `archive/`, reports of many kinds and encodings among broken, empty, doubled and huge files, and `truth.jsonl`:
for each file its name, SHA-256 and true figures. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import re
import sys
import textwrap
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

MOST = 2000
WIDTH = 92
LEGACY = {"tcvn3": "tcvn3", "vni": "vni-windows"}

PLACES = (
    ("Hà Giang", "02", "Tỉnh"), ("Cao Bằng", "04", "Tỉnh"), ("Yên Bái", "15", "Tỉnh"), ("Thái Nguyên", "19", "Tỉnh"),
    ("Phú Thọ", "25", "Tỉnh"), ("Hải Phòng", "31", "Thành phố"), ("Nam Định", "36", "Tỉnh"), ("Nghệ An", "40", "Tỉnh"),
    ("Quảng Nam", "49", "Tỉnh"), ("Gia Lai", "64", "Tỉnh"), ("Bình Dương", "74", "Tỉnh"), ("Trà Vinh", "84", "Tỉnh"),
    ("An Giang", "89", "Tỉnh"), ("Cà Mau", "96", "Tỉnh"),
)  # fmt: skip
YEARS = tuple(range(2005, 2025))


@dataclass(frozen=True)
class Subject:
    """An indicator as reports name it: its catalogue id, unit, range of its numbers, decimals, and the word for its plan."""

    name: str
    id: str
    unit: str
    low: float
    high: float
    decimals: int = 0
    plan: str = "kế hoạch"


ECONOMY = (
    Subject(
        "Thu ngân sách nhà nước trên địa bàn",
        "thu-ngan-sach-nha-nuoc-tren-dia-ban",
        "tỷ đồng",
        1200,
        28000,
        0,
        "dự toán",
    ),
    Subject("Chi ngân sách địa phương", "chi-ngan-sach-nha-nuoc", "tỷ đồng", 3000, 24000, 1, "dự toán"),
    Subject("Giá trị xuất khẩu hàng hóa", "gia-tri-xuat-khau-hang-hoa", "triệu USD", 60, 4800, 1),
    Subject(
        "Tổng mức bán lẻ hàng hóa và doanh thu dịch vụ tiêu dùng",
        "tong-muc-ban-le-hang-hoa-va-doanh-thu-dich-vu-tieu-dung",
        "tỷ đồng",
        9000,
        95000,
    ),
    Subject("Giá trị sản xuất công nghiệp", "gia-tri-san-xuat-cong-nghiep", "tỷ đồng", 4000, 88000),
    Subject("Vốn đầu tư công đã giải ngân", "von-dau-tu-cong-da-giai-ngan", "tỷ đồng", 900, 7800, 1),
    Subject("Dư nợ tín dụng", "du-no-tin-dung-cua-cac-to-chuc-tin-dung", "tỷ đồng", 12000, 140000),
    Subject("Số doanh nghiệp thành lập mới", "so-doanh-nghiep-thanh-lap-moi", "doanh nghiệp", 120, 2400),
    Subject("Số lượt khách du lịch", "so-luot-khach-du-lich", "nghìn lượt", 150, 6200, 1),
)
FARMING = (
    Subject("Diện tích gieo trồng lúa", "dien-tich-gieo-trong-lua", "ha", 18000, 480000),
    Subject("Sản lượng lúa", "san-luong-lua", "tấn", 90000, 2900000),
    Subject("Năng suất lúa", "nang-suat-lua", "tạ/ha", 41, 69, 1),
    Subject("Tổng đàn bò", "tong-dan-bo", "con", 16000, 240000),
    Subject("Tổng đàn lợn", "tong-dan-lon", "con", 90000, 880000),
    Subject("Tổng đàn gia cầm", "tong-dan-gia-cam", "nghìn con", 1800, 16000, 1),
    Subject("Sản lượng thủy sản", "san-luong-thuy-san", "tấn", 4000, 380000),
    Subject("Diện tích rừng trồng mới tập trung", "dien-tich-rung-trong-moi-tap-trung", "ha", 300, 14000, 1),
)
SOCIETY = (
    Subject("Số lao động được tạo việc làm mới", "so-lao-dong-duoc-tao-viec-lam-moi", "lao động", 9000, 46000),
    Subject("Số người tham gia bảo hiểm y tế", "so-nguoi-tham-gia-bao-hiem-y-te", "người", 380000, 2600000),
    Subject("Số giường bệnh", "so-giuong-benh", "giường", 900, 7800),
    Subject("Số xã đạt chuẩn nông thôn mới", "so-xa-dat-chuan-nong-thon-moi", "xã", 18, 260),
    Subject("Số học sinh", "so-hoc-sinh", "học sinh", 120000, 720000),
    Subject("Số người đóng bảo hiểm xã hội", "so-nguoi-dong-bao-hiem-xa-hoi", "người", 40000, 680000),
)
RATES = (
    Subject("Tỷ lệ bao phủ bảo hiểm y tế", "ty-le-bao-phu-bao-hiem-y-te", "%", 71, 97, 2),
    Subject("Tỷ lệ trường học đạt chuẩn quốc gia", "ty-le-truong-hoc-dat-chuan-quoc-gia", "%", 31, 84, 1),
    Subject("Tỷ lệ lao động qua đào tạo", "ty-le-lao-dong-qua-dao-tao", "%", 34, 74, 1),
    Subject("Tỷ lệ hộ sử dụng điện", "ty-le-ho-su-dung-dien", "%", 88, 99, 2),
)
SECTIONS = (
    ("KINH TẾ", ECONOMY),
    ("NÔNG NGHIỆP, NÔNG THÔN", FARMING),
    ("VĂN HÓA - XÃ HỘI", SOCIETY),
)
# «N», «n» the name, «L» the value, «A» how much of the plan «P», «C» a change in percent, «D» one in the unit, «S» a share;
# <…> one of several.
SHAPES = (
    "«N» <đạt|ước đạt|thực hiện> «L», <bằng|đạt> «A» «P», <tăng|giảm> «C» so với cùng kỳ năm trước.",
    "«N» <đạt|ước đạt> «L», <tăng|giảm> «C» so với cùng kỳ.",
    "«N» là «L», đạt «A» «P» năm.",
    "«N» «TIME» đạt «L», tăng «D» so với cùng kỳ năm trước.",
    "Đến cuối kỳ, «n» đạt «L» (<tăng|giảm> «C» so với cùng kỳ).",
    "«N» ước «L», vượt «A» «P»; riêng các huyện miền núi chiếm «S».",
    "«N»: «L», bằng «A» so với «P».",
    "Toàn tỉnh có «n» là «L», <tăng|giảm> «C».",
)
RATE_SHAPES = (
    "«N» đạt «L», <tăng|cao hơn> «Q» điểm phần trăm so với cùng kỳ năm trước.",
    "«N» ước đạt «L».",
    "«N» là «L», vượt mục tiêu đề ra.",
)
TALK = (
    "Các cấp, các ngành đã tập trung chỉ đạo, tháo gỡ khó khăn cho sản xuất và đời sống của người dân.",
    "Công tác phối hợp giữa các đơn vị từng lúc chưa chặt chẽ, việc báo cáo của một số nơi còn chậm.",
    "Thời tiết cơ bản thuận lợi, sâu bệnh được phát hiện sớm và khoanh vùng kịp thời.",
    "An ninh trật tự được giữ vững, các hoạt động lễ hội diễn ra an toàn, tiết kiệm.",
    "Nhiều công trình được đưa vào sử dụng đã phục vụ tốt nhu cầu đi lại và giao thương.",
    "Cải cách hành chính có chuyển biến, người dân và doanh nghiệp đánh giá tích cực.",
    "Việc chăm lo cho gia đình chính sách, người có công được thực hiện chu đáo.",
)  # fmt: skip


@dataclass
class Figure:
    """A figure as it is printed, and what it means. ``start`` and ``end`` are offsets in the text, where it is plain text."""

    text: str
    number: str
    unit: str
    kind: str
    indicator: str | None
    start: int | None = None
    end: int | None = None


@dataclass
class Report:
    """A report: its lines, each with the figures in it and where they stand there, and what it is about."""

    place: str
    place_code: str
    title: str
    period: tuple[str, str]
    lines: list[tuple[str, list[tuple[int, Figure]]]] = field(default_factory=list)

    def text(self, *, wrapped: bool) -> tuple[str, list[Figure]]:
        """The text and its figures with their offsets; ``wrapped``: in lines as on a page."""
        out, at, figures = [], 0, []
        for line, marks in self.lines:
            shown = (
                "\n".join(textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False))
                if wrapped
                else line
            )
            shown = shown if len(shown) == len(line) else line
            out.append(shown)
            figures += [
                Figure(**{**vars(f), "start": at + start, "end": at + start + len(f.text)}) for start, f in marks
            ]
            at += len(shown) + 1
        return "\n".join(out) + "\n", figures

    def figures(self) -> list[Figure]:
        return [figure for _, marks in self.lines for _, figure in marks]


def printed(value: Decimal) -> str:
    """`1.234,5`."""
    return f"{value:,f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _number(draw: random.Random, low: float, high: float, decimals: int) -> Decimal:
    scale = 10**decimals
    return Decimal(draw.randint(round(low * scale), round(high * scale))).scaleb(-decimals)


def sentence(
    draw: random.Random, subject: Subject, time: str, *, shapes: Sequence[str]
) -> tuple[str, list[tuple[int, Figure]]]:
    """A sentence on a subject, and its figures with their places in it."""
    shape = re.sub(r"<([^<>]*)>", lambda m: draw.choice(m[1].split("|")), draw.choice(shapes))
    values: dict[str, tuple[float, float, int, str, str]] = {
        "L": (subject.low, subject.high, subject.decimals, subject.unit, "level"),
        "A": (2, 19, 1, "%", "attainment") if "vượt «A»" in shape else (52, 128, 1, "%", "attainment"),
        "C": (0.4, 24, draw.choice((1, 2)), "%", "change"),
        "D": (subject.low / 20, subject.high / 20, subject.decimals, subject.unit, "change"),
        "S": (6, 44, 1, "%", "share"),
        "Q": (0.2, 4, 1, "điểm phần trăm", "change"),
    }
    words = {
        "N": subject.name, "n": subject.name[0].lower() + subject.name[1:], "P": subject.plan, "TIME": time,
    }  # fmt: skip
    out, marks = "", []
    for part in re.split(r"(«\w+»)", shape):
        code = part.strip("«»") if part.startswith("«") else ""
        if code in values:
            low, high, decimals, unit, kind = values[code]
            number = _number(draw, low, high, decimals)
            indicator = None if kind == "share" else subject.id  # a part of it, which is no entry of its own
            marks.append((len(out), Figure(printed(number), str(number), unit, kind, indicator)))
            out += printed(number) + ("%" if unit == "%" else "" if code == "Q" else f" {unit}")
        else:
            out += words.get(code, part)
    return out, marks


def report(draw: random.Random, *, sentences: int) -> Report:
    """A report of so many sentences with figures."""
    name, code, level = draw.choice(PLACES)
    year = draw.choice(YEARS)
    time, start, end = draw.choice(
        (
            (f"năm {year}", f"{year}-01-01", f"{year}-12-31"),
            (f"6 tháng đầu năm {year}", f"{year}-01-01", f"{year}-06-30"),
            (f"quý I năm {year}", f"{year}-01-01", f"{year}-03-31"),
            (f"9 tháng đầu năm {year}", f"{year}-01-01", f"{year}-09-30"),
        )
    )
    made = Report(name, code, f"Tình hình kinh tế - xã hội {time}", (start, end))
    made.lines = [
        (line, []) for line in (f"ỦY BAN NHÂN DÂN {level.upper()} {name.upper()}", "", "BÁO CÁO", made.title, "")
    ]
    left = sentences
    for number, (heading, subjects) in enumerate(SECTIONS):
        share = left if number == len(SECTIONS) - 1 else sentences // len(SECTIONS)
        made.lines += [(f"{'I' * (number + 1)}. {heading}", []), (draw.choice(TALK), [])]
        chosen = draw.sample(subjects, min(share, len(subjects))) + [
            draw.choice(subjects) for _ in range(share - len(subjects))
        ]
        for subject in chosen:
            if number == len(SECTIONS) - 1 and draw.random() < 0.3:
                subject, shapes = draw.choice(RATES), RATE_SHAPES
            else:
                shapes = SHAPES
            words, marks = sentence(draw, subject, time, shapes=shapes)
            made.lines.append((f"- {words}", [(at + 2, figure) for at, figure in marks]))
            if draw.random() < 0.2:
                made.lines.append((draw.choice(TALK), []))
        made.lines.append(("", []))
        left -= share
    return made


def as_docx(made: Report) -> bytes:
    """A Word file, a paragraph a line."""
    import docx

    document = docx.Document()
    for line, _ in made.lines:
        if line:
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def as_html(made: Report) -> bytes:
    """A web page with a menu."""
    body = "".join(f"<p>{escape(line)}</p>\n" for line, _ in made.lines if line)
    menu = "<nav><a href='/'>Trang chủ</a> <a href='/lien-he'>Liên hệ</a></nav>"
    head = f"<head><meta charset='utf-8'><title>{escape(made.title)}</title></head>"
    return f"<!doctype html>\n<html lang='vi'>{head}<body>{menu}<main>{body}</main></body></html>".encode()


def as_xlsx(draw: random.Random, made: Report) -> tuple[bytes, list[Figure]]:
    """A workbook: title and a table of levels; and the figures in it."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Số liệu"
    sheet.append([f"ỦY BAN NHÂN DÂN {made.place.upper()}"])
    sheet.append([made.title])
    sheet.append(["STT", "Chỉ tiêu", "Đơn vị", "Thực hiện"])
    figures = []
    subjects = [subject for _, group in SECTIONS for subject in group]
    for number, subject in enumerate(draw.sample(subjects, min(12, len(subjects))), 1):
        value = _number(draw, subject.low, subject.high, subject.decimals)
        sheet.append([number, subject.name, subject.unit, float(value)])
        sheet.cell(sheet.max_row, 4).number_format = "#,##0" + (
            f".{'0' * subject.decimals}" if subject.decimals else ""
        )
        figures.append(Figure(printed(value), str(value), subject.unit, "level", subject.id))
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue()), figures


def _settled(data: bytes) -> bytes:
    """A ZIP without the time of its making."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as write:
        for info in read.infolist():
            content = read.read(info)
            if info.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-01-01T00:00:00Z", content)
            write.writestr(zipfile.ZipInfo(info.filename), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def as_pdf(text: str) -> bytes:
    """A PDF of wrapped text, forty lines a page, in a font whose codes a map turns into letters."""
    letters = sorted(set(text) - {"\n"})
    codes = {c: ord(c) for c in letters if " " <= c <= "~"}
    codes |= dict(zip((c for c in letters if c not in codes), (*range(128, 256), *range(1, 32)), strict=False))
    pairs = "\n".join(f"<{code:02x}> <{c.encode('utf-16-be').hex()}>" for c, code in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange {len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    widths = b" ".join([b"500"] * 256)
    font = (
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 0 /LastChar 255 /Widths [%s] /ToUnicode 4 0 R >>"
        % widths
    )
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", font, _stream(cmap.encode())]
    lines, kids = text.split("\n"), []
    for first in range(0, len(lines), 40):
        drawn = b"\n".join(
            b"BT /F 11 Tf 50 %d Td <%s> Tj ET" % (790 - 18 * row, bytes(codes[c] for c in line).hex().encode())
            for row, line in enumerate(lines[first : first + 40])
            if line
        )
        objects.append(_stream(drawn))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>"
            % len(objects)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % n for n in kids))
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at)
    return bytes(out)


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)


def legacy(text: str, name: str) -> bytes:
    """A text in a code of before Unicode."""
    from chitieu.text.encodings.tables import COLUMNS, DATA

    rows = [
        line.split("\t")
        for line in (DATA / "legacy_encodings.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    ]
    column = rows[0].index(COLUMNS[LEGACY[name]])
    codes = {row[0]: bytes.fromhex(row[column]) for row in rows[1:]}
    return b"".join(c.encode() if c.isascii() else codes[c] for c in unicodedata.normalize("NFC", text))


@dataclass
class Made:
    """A file of the archive and its truth."""

    name: str
    data: bytes
    truth: dict[str, Any]


KINDS = ("txt", "txt", "txt", "utf-16", "tcvn3", "vni", "docx", "docx", "html", "pdf", "xlsx", "zip")


def document(draw: random.Random, number: int, *, sentences: int) -> Made:
    """The file of this number."""
    kind = KINDS[number % len(KINDS)]
    made = report(draw, sentences=sentences)
    wrapped = draw.random() < 0.5
    figures, encoding, suffix = made.figures(), None, kind
    if kind in ("txt", "utf-16", "tcvn3", "vni", "zip", "pdf"):
        text, placed = made.text(wrapped=wrapped or kind == "pdf")
        figures = figures if kind == "pdf" else placed
        encoding = {"pdf": None, "txt": "utf-8", "zip": "utf-8"}.get(kind, kind)
        suffix = "pdf" if kind == "pdf" else "txt"
        if kind == "pdf":
            data = as_pdf(text)
        elif kind in LEGACY:
            data = legacy(text, kind)
        else:
            data = text.encode(encoding or "utf-8")
    elif kind == "docx":
        data = as_docx(made)
    elif kind == "html":
        data = as_html(made)
    else:
        data, figures = as_xlsx(draw, made)
    bare = unicodedata.normalize("NFD", made.place.replace("Đ", "D").replace("đ", "d"))
    slug = bare.encode("ascii", "ignore").decode().lower().replace(" ", "-")
    name = f"{made.period[1][:4]}/{slug}/bao-cao-{number:04}.{suffix}"
    truth = {
        "name": name,
        "kind": suffix,
        "encoding": encoding,
        "state": "good",
        "place": {"name": made.place, "code": made.place_code},
        "period": {"start": made.period[0], "end": made.period[1]},
        "figures": [vars(figure) for figure in figures],
    }
    return Made(name, data, truth)


def _spoilt(draw: random.Random, good: Sequence[Made]) -> list[Made]:
    """Broken, empty, doubled and huge files: what every archive has."""
    out: list[Made] = []

    def add(name: str, data: bytes, state: str, **more: Any) -> None:
        out.append(
            Made(name, data, {"name": name, "kind": Path(name).suffix[1:], "state": state, "figures": [], **more})
        )

    count = len(good)
    office = [one for one in good if one.truth["kind"] in ("docx", "pdf", "xlsx")]
    for number, one in enumerate(draw.sample(office, min(len(office), max(1, count // 50)))):
        add(f"hỏng/cắt-{number}.{one.truth['kind']}", one.data[: len(one.data) // 2], "broken")
    for number in range(max(1, count // 100)):
        add(f"hỏng/rác-{number}.txt", draw.randbytes(2000), "broken")
        add(f"hỏng/trống-{number}.txt", b" \n" * number, "empty")
    for number, one in enumerate(draw.sample(list(good), max(1, count // 30))):
        suffix = one.truth["kind"]
        add(f"bản sao/Bản sao {number} của báo cáo.{suffix}", one.data, "double", of=one.name)
    line = "Thu ngân sách nhà nước trên địa bàn đạt 1.215 tỷ đồng, bằng 81,4% dự toán.\n"
    add("hỏng/quá dài.txt", (line * (1_100_000 // len(line))).encode(), "huge")
    return out


def make(folder: Path, *, documents: int, seed: int, sentences: tuple[int, int] = (6, 24)) -> Path:
    """Write ``archive/`` and ``truth.jsonl`` into a folder; returns the archive."""
    draw = random.Random(seed)  # nosec B311  # the same each time
    good = [document(draw, number, sentences=draw.randint(*sentences)) for number in range(documents)]
    packed = [one for number, one in enumerate(good) if KINDS[number % len(KINDS)] == "zip"]
    files = [one for one in good if one not in packed] + _spoilt(draw, good)
    archive = folder / "archive"
    inner = packed[len(packed) // 2 :]
    zips = {"kho/nen.zip": packed[: len(packed) // 2]}
    for name, inside in zips.items():
        path = archive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        members = [(one.name, one.data) for one in inside] + [
            ("sâu/trong.zip", _zip([(o.name, o.data) for o in inner]))
        ]
        path.write_bytes(_zip(members))
        for one in inside:
            one.truth["name"] = f"{name}/{one.name}"
        for one in inner:
            one.truth["name"] = f"{name}/sâu/trong.zip/{one.name}"
    for one in files:
        path = archive / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.data)
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as out:
        for one in [*files, *packed]:
            truth = {**one.truth, "sha256": hashlib.sha256(one.data).hexdigest()}
            out.write(json.dumps(truth, ensure_ascii=False) + "\n")
    return archive


def _zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as write:
        for name, data in members:
            write.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST}")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Make or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("make", help="make an archive")
    making.add_argument("folder", type=Path)
    making.add_argument("--documents", type=_count, default=200)
    making.add_argument("--seed", type=int, default=1)
    making.set_defaults(run=_make)
    measuring = commands.add_parser("measure", help="the recall of a batch's output")
    measuring.add_argument("output", type=Path)
    measuring.add_argument("truth", type=Path)
    measuring.set_defaults(run=_measure)
    args = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def _make(args: argparse.Namespace) -> int:
    print(make(args.folder, documents=args.documents, seed=args.seed))
    return 0


def _measure(args: argparse.Namespace) -> int:
    from chitieu.batch.recall import recall

    print(json.dumps(recall(args.output, args.truth), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
