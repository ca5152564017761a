"""A tokenizer, a small document, and a configuration that fits them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chitieu.annotation.document import AnnotatedDocument
from chitieu.annotation.inline_xml import parse
from chitieu.tagging.tokens import load_tokenizer

ROOT = Path(__file__).resolve().parents[2]

XML = """BÁO CÁO
<ind id="1">Tổng thu ngân sách</ind> ước đạt <qty of="1">215,4</qty> <unit>tỷ đồng</unit>, <att of="1">bằng <pct>81,4%</pct> dự toán</att>; \
trong đó <ind id="2" in="1">thu nội địa</ind> <qty of="2">198</qty> <unit>tỷ đồng</unit>, <att of="2">đạt <pct>83%</pct> dự toán</att>.
<ind id="3">Cây lúa</ind>: <ind id="4" in="3">gieo trồng</ind> <qty of="4">12.450</qty> <unit>ha</unit>, <att of="4">vượt <pct>1,2%</pct> kế hoạch</att>; \
<ind id="5" in="3">năng suất bình quân</ind> <qty of="5">61,5</qty> <unit>tạ/ha</unit>.
<ind id="6">Đàn bò</ind> có <qty of="6">8.320</qty> <unit>con</unit>, <chg of="6">giảm <pct>3,1%</pct> so với <per>cùng kỳ</per></chg>.
<ind id="7">Tỷ lệ hộ nghèo</ind> còn <pct of="7">2,15%</pct>, <att of="7">đạt chỉ tiêu Nghị quyết</att>. Có <qty>07</qty> <unit>vụ</unit>.
"""


@pytest.fixture(scope="session")
def tokenizer_path() -> Path:
    """The served model's tokenizer, else the base encoder's."""
    served = sorted((ROOT / "models" / "chitieu-vi").glob("*/tokenizer.json"))
    found = [*served, ROOT.parent / "shared" / "encoder" / "tokenizer.json"]
    for path in found:
        if path.is_file():
            return path
    pytest.skip("no tokenizer.json in models/chitieu-vi or ../shared/encoder")


@pytest.fixture(scope="session")
def tokenizer(tokenizer_path):
    return load_tokenizer(tokenizer_path)


@pytest.fixture
def document() -> AnnotatedDocument:
    return parse(XML, "nho.xml")


@pytest.fixture(scope="session")
def tiny_encoder(tokenizer_path):
    """Writes a random encoder of a few small layers, with the tokenizer, into a folder."""
    torch = pytest.importorskip("torch", reason="needs the extra `train`")
    transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

    def make(folder: Path, *, layers: int) -> Path:
        vocabulary = json.loads(tokenizer_path.read_text(encoding="utf-8"))["model"]["vocab"]
        torch.manual_seed(0)
        sizes = {"num_hidden_layers": layers, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 48}
        settings = transformers.BertConfig(vocab_size=len(vocabulary) + 8, max_position_embeddings=512, **sizes)
        transformers.BertModel(settings, add_pooling_layer=False).save_pretrained(folder)
        shutil.copyfile(tokenizer_path, folder / "tokenizer.json")
        return folder

    return make
