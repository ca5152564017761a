"""Fuzzing of the extraction by coverage: `make fuzz`. Any text, and any spans that a tagger might see in it, give a whole answer.

    python tests/fuzz_extraction.py -max_total_time=600 FOLDER

keeps in FOLDER the inputs that reached something new; one that fails is written to `crash-…` in the working folder and can be given as the
only argument to see it again. Needs the extra `fuzz`.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["chitieu"]):
    from chitieu.api.answers import OFFERED, render
    from chitieu.contract import Extraction
    from chitieu.errors import ChitieuError
    from fakes import ChaosTagger, chaos_pipeline
    from whole import assert_whole

# Words that decide between readings are seldom met by chance.
WORDS = (
    "tổng thu ngân sách ", "đạt ", "tăng ", "giảm ", "bằng ", "vượt ", "chiếm ", "so với cùng kỳ ", "kế hoạch ", "nghị quyết ",
    "tỷ đồng", "triệu ", "nghìn tấn ", "ha, ", "% ", " điểm % ", "năm 2023 ", "9 tháng ", "quý III/2022 ", "từ ", "đến ", "âm ",
    "trên ", "khoảng ", "trong đó ", "(", "), ", "; ", ".\n", "\n- ", "1.234,5 ", "48/63 ", "10 - 11 ", "hai triệu rưỡi ", "gấp đôi ",
    "I. ", "\n\n", "|", "\t", "1) ", "¹", "\u0301", "\u200b",
)  # fmt: skip


def text_of(data: atheris.FuzzedDataProvider) -> str:
    """Words of the genre and whatever else comes, in turn."""
    parts = []
    for _ in range(data.ConsumeIntInRange(1, 60)):
        if data.ConsumeBool():
            parts.append(WORDS[data.ConsumeIntInRange(0, len(WORDS) - 1)])
        else:
            parts.append(data.ConsumeUnicodeNoSurrogates(data.ConsumeIntInRange(0, 12)))
    return "".join(parts)


def check(given: bytes) -> None:
    """Raises where an answer is not whole, or an error has no name."""
    data = atheris.FuzzedDataProvider(given)
    PIPELINE.tagger = ChaosTagger(data.ConsumeIntInRange(0, 2**32 - 1))
    text = text_of(data)
    try:
        answer = PIPELINE.extract(text)
    except ChitieuError:
        return
    assert_whole(text, answer)
    Extraction.model_validate_json(answer.model_dump_json())
    for media in OFFERED:
        render(media, answer, text)


if __name__ == "__main__":
    PIPELINE = chaos_pipeline(0)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
