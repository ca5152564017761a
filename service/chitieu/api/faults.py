"""The errors of a route as its description has them: by status, each with its code, its words and an example of its body."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from chitieu.api.schemas import ErrorBody
from chitieu.errors import (
    AccountExists,
    AccountsMissing,
    AccountUnknown,
    AliasUnknown,
    AnnotationInvalid,
    BadEncoding,
    BadRequest,
    BodyTooSlow,
    ChitieuError,
    CorrectionConflict,
    CorrectionInvalid,
    CorrectionsMissing,
    CrossSite,
    DatabaseDown,
    DatabaseInvalid,
    DataLeak,
    DocumentUnknown,
    EmptyText,
    FileDamaged,
    FileEncrypted,
    FileTooCostly,
    FileTooLarge,
    FileUnsupported,
    FileWithoutText,
    Forbidden,
    FormatUnknown,
    HostRefused,
    IndicatorAmbiguous,
    IndicatorUnknown,
    JobUnfinished,
    JobUnknown,
    LoginFailed,
    LoginNeeded,
    ModelDamaged,
    ModelHasNoPrevious,
    ModelInvalid,
    ModelNotPassed,
    ModelUnknown,
    NotAcceptable,
    NotReady,
    NotText,
    OutputLocked,
    OutputUnwritable,
    PasswordWeak,
    PasswordWrong,
    ProgramMissing,
    ProjectExists,
    ProjectUnknown,
    RateLimited,
    SeriesTooLarge,
    ServiceBusy,
    ServiceStopping,
    TaskClosed,
    TaskUnfinished,
    TaskUnknown,
    TextTooLong,
    TooSlow,
    TrainingFailed,
    UnsupportedMedia,
)

Kind = type[ChitieuError]
Responses = dict[int | str, dict[str, Any]]

BODY: tuple[Kind, ...] = (BodyTooSlow, TextTooLong, BadRequest)
TEXT: tuple[Kind, ...] = (*BODY, EmptyText, NotText, BadEncoding, UnsupportedMedia)
FILE: tuple[Kind, ...] = (
    FileTooLarge, FileTooCostly, FileUnsupported, FileDamaged, FileEncrypted, FileWithoutText, ProgramMissing,
)  # fmt: skip
LOAD: tuple[Kind, ...] = (ServiceBusy, ServiceStopping, TooSlow)
STORE: tuple[Kind, ...] = (DatabaseDown, DatabaseInvalid)

_SAMPLES: dict[Kind, tuple[str, dict[str, Any]]] = {
    EmptyText: ("Văn bản trống. / The text is empty.", {}),
    TextTooLong: (
        "Văn bản dài 1200000 ký tự, tối đa 1000000. / The text has 1200000 characters, the limit is 1000000.",
        {"length": 1_200_000, "limit": 1_000_000},
    ),
    NotText: ("Dữ liệu nhị phân, không phải văn bản. / Binary data, not text.", {"control_characters": 512}),
    BadEncoding: ("Không phải UTF-8 (byte 7). / Not valid UTF-8 (byte 7).", {"position": 7}),
    BadRequest: (
        "Yêu cầu không hợp lệ. / The request does not fit the contract.",
        {"problems": [{"where": "text", "what": "Field required"}]},
    ),
    UnsupportedMedia: (
        "Gửi application/json, text/plain hoặc nội dung của một tệp. / "
        "Send application/json, text/plain or the bytes of a file.",
        {"content_type": "image/png"},
    ),
    NotAcceptable: (
        "Chỉ trả lời được: application/json. / Answers are to be had as: application/json.",
        {"offered": ["application/json"]},
    ),
    BodyTooSlow: ("Nội dung gửi đến quá chậm. / The body came too slowly.", {}),
    ServiceBusy: (
        "Dịch vụ đang bận, hãy thử lại sau 5 giây. / The service is busy, try again after 5 seconds.",
        {"retry_after": 5},
    ),
    ServiceStopping: ("Dịch vụ đang dừng. / The service is stopping.", {"retry_after": 5}),
    TooSlow: (
        "Đọc văn bản này quá lâu; hãy gửi thành công việc. / Reading this text took too long; send it as a job.",
        {},
    ),
    FileTooLarge: (
        "bao-cao.pdf: tệp dài 120.0 MiB, tối đa 100.0 MiB. / bao-cao.pdf: the file has 120.0 MiB, the limit is 100.0 MiB.",
        {"file": "bao-cao.pdf"},
    ),
    FileTooCostly: (
        "bao-cao.pdf: đọc tệp quá tốn kém. / bao-cao.pdf: reading the file costs too much.",
        {"file": "bao-cao.pdf"},
    ),
    FileUnsupported: (
        "anh.png: loại tệp không đọc được. / anh.png: a kind of file that is not read.",
        {"file": "anh.png"},
    ),
    FileDamaged: ("bao-cao.pdf: tệp hỏng. / bao-cao.pdf: the file is damaged.", {"file": "bao-cao.pdf"}),
    FileEncrypted: ("bao-cao.pdf: cần mật khẩu. / bao-cao.pdf: it needs a password.", {"file": "bao-cao.pdf"}),
    FileWithoutText: (
        "bao-cao.pdf: các trang chỉ là ảnh. / bao-cao.pdf: its pages are pictures.",
        {"file": "bao-cao.pdf", "page": 1},
    ),
    ProgramMissing: (
        "bao-cao.doc: cần cài thêm LibreOffice. / bao-cao.doc: LibreOffice is needed.",
        {"file": "bao-cao.doc", "program": "soffice"},
    ),
    DatabaseDown: (
        "Cơ sở dữ liệu không sẵn sàng, chưa lưu gì. / The database is not available; nothing was stored.",
        {"cause": "unreachable", "retry_after": 5},
    ),
    DatabaseInvalid: (
        "Cơ sở dữ liệu hỏng hoặc không phải của chitieu. / The database is damaged or none of chitieu's.",
        {},
    ),
    NotReady: (
        "Dịch vụ chưa sẵn sàng (database: down). / The service is not ready (database: down).",
        {"parts": {"model": "ok", "database": "down", "queue": "ok"}},
    ),
    DocumentUnknown: ("Không có tài liệu này. / There is no such document.", {"id": "0" * 64}),
    ProjectUnknown: ("Không có dự án này. / There is no such project.", {"project": "0" * 32}),
    ProjectExists: (
        "Đã có dự án “Báo cáo 2023”. / There is a project “Báo cáo 2023” already.",
        {"name": "Báo cáo 2023"},
    ),
    TaskUnknown: ("Không có việc này. / There is no such task.", {"task": "0" * 32}),
    TaskClosed: (
        "Việc này đã xong hoặc của người khác, không sửa được nữa. / The task is done or another's: it takes no changes.",
        {"task": "0" * 32, "state": "done"},
    ),
    TaskUnfinished: (
        "Chưa có hai bản gán nhãn xong của tài liệu này. / No two annotations of this document are done.",
        {"document": "0" * 64},
    ),
    CorrectionInvalid: (
        "Không sửa được như vậy (overlap). / The correction breaks a rule (overlap).",
        {"event": "e2", "index": 1, "reason": "overlap", "spans": ["s4"]},
    ),
    CorrectionConflict: (
        "Người khác vừa sửa chỗ này, chưa lưu gì. / Others have just changed this; nothing was stored.",
        {"revision": 15, "events": ["e1"], "spans": ["s2"], "between": []},
    ),
    AnnotationInvalid: (
        "a.jsonl: không phải JSON (dòng 1, cột 1) / not JSON (line 1, column 1)",
        {"file": "a.jsonl", "problems": ["không phải JSON (dòng 1, cột 1) / not JSON (line 1, column 1)"]},
    ),
    FormatUnknown: (
        "a.bin: không rõ định dạng. / The format of a.bin is not known.",
        {"file": "a.bin", "formats": ["xml", "jsonl"]},
    ),
    AliasUnknown: ("Không có tên đề xuất này. / There is no such proposed name.", {"alias": "0" * 32}),
    AccountUnknown: ("Không có người gán nhãn “mai”. / No annotator is called “mai”.", {"name": "mai"}),
    ModelUnknown: (
        "Không rõ mô hình “chitieu-vi/9.0.0”. / No model is known as “chitieu-vi/9.0.0”.",
        {"model": "chitieu-vi/9.0.0", "versions": ["chitieu-vi/0.3.0"]},
    ),
    ModelDamaged: (
        "chitieu-vi/0.4.0 không dùng được: model.onnx / chitieu-vi/0.4.0 cannot be served: model.onnx",
        {"model": "chitieu-vi/0.4.0", "cause": "model.onnx"},
    ),
    ModelNotPassed: (
        "Cổng kiểm định từ chối chitieu-vi/0.4.0. / The gate refused chitieu-vi/0.4.0.",
        {"model": "chitieu-vi/0.4.0", "decision": "refuse", "reasons": ["regression"]},
    ),
    ModelHasNoPrevious: ("Trước đó không có mô hình nào. / No model was served before this one.", {}),
    ModelInvalid: (
        "current.json: không đọc được / cannot be read",
        {"path": "/var/lib/chitieu/models/current.json"},
    ),
    OutputLocked: (
        "Kho mô hình đang được thay đổi, hãy thử lại. / The models are being changed, try again.",
        {"file": "/var/lib/chitieu/models"},
    ),
    OutputUnwritable: (
        "Không ghi được current.json: Read-only file system. / current.json cannot be written: Read-only file system.",
        {"file": "current.json", "cause": "Read-only file system"},
    ),
    DataLeak: (
        "1 cặp tài liệu gần giống nhau nằm ở hai phần khác nhau, không huấn luyện. / "
        "1 pair of near-duplicate documents is in different splits, nothing is trained.",
        {
            "pairs": [
                {
                    "documents": ["bao-cao.txt", "bao-cao-sua.txt"],
                    "sources": ["project:" + "0" * 32, "project:" + "0" * 32],
                    "splits": ["train", "test"],
                    "shared": 0.83,
                }
            ],
            "number": 1,
        },
    ),
    CorrectionsMissing: (
        "Mới có 2 tài liệu đã sửa xong thuộc phần huấn luyện, cần 5. / "
        "2 corrected documents of the training split are done, 5 are needed.",
        {"documents": {"project": {"reviewed/train": 2}}, "needed": 5},
    ),
    TrainingFailed: (
        "Huấn luyện thất bại: hết bộ nhớ. / The training failed: out of memory.",
        {"cause": "memory", "status": -9, "log": []},
    ),
    JobUnknown: ("Không có công việc này. / There is no such job.", {"id": "0" * 32}),
    JobUnfinished: ("Công việc chưa xong. / The job is not finished.", {"id": "0" * 32, "state": "running"}),
    IndicatorUnknown: ("Không có chỉ tiêu “khong-co”. / There is no indicator “khong-co”.", {"id": "khong-co"}),
    IndicatorAmbiguous: (
        "“sản lượng” có thể là nhiều chỉ tiêu, hãy chọn mã của một. / "
        "“sản lượng” may be several indicators: choose the id of one.",
        {
            "indicator": "sản lượng",
            "suggestions": [
                {"id": "san-luong-lua", "name_vi": "Sản lượng lúa", "name_en": "Rice output", "score": 0.95}
            ],
        },
    ),
    SeriesTooLarge: (
        "Quá nhiều số liệu (trên 20000), hãy chọn địa phương hoặc thời kỳ. / "
        "Too many statements (over 20000): choose a place or a time.",
        {"limit": 20000},
    ),
    LoginNeeded: ("Cần đăng nhập. / A login is needed.", {}),
    LoginFailed: ("Tên hoặc mật khẩu không đúng. / Wrong name or password.", {}),
    Forbidden: (
        "Tài khoản không được phép làm việc này. / The account's role does not allow this.",
        {"needs": "reviewer"},
    ),
    CrossSite: ("Yêu cầu đến từ trang khác. / The request came from another site's page.", {}),
    HostRefused: ("Không trả lời cho tên máy này. / Not a host name that is answered for.", {}),
    AccountsMissing: (
        "Dịch vụ chưa có tài khoản nào. / The service has no accounts yet.",
        {"login": "/login"},
    ),
    AccountExists: ("Dịch vụ đã có tài khoản. / The service has accounts already.", {}),
    PasswordWeak: (
        "Mật khẩu phải có từ 12 đến 1000 ký tự. / A password has 12 to 1000 characters.",
        {"minimum": 12, "maximum": 1000},
    ),
    PasswordWrong: ("Mật khẩu đang dùng không đúng. / The password in use is not this one.", {}),
    RateLimited: ("Quá nhiều yêu cầu. / Too many requests.", {"retry_after": 30}),
}
_INTERNAL = {
    "error": {
        "code": "internal",
        "message": "Lỗi hệ thống. / An internal error.",
        "detail": {"request": "7f3c0a9be2d14c55"},
    }
}
RETRY_AFTER = {
    "Retry-After": {
        "description": "Sau bao nhiêu giây nên thử lại / after how many seconds to try again",
        "schema": {"type": "integer", "minimum": 0},
    }
}


def errors_of(*kinds: Kind) -> Responses:
    """What a route's ``responses`` says of these errors: one entry for each status, naming the codes, with an example of each."""
    by_status: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for kind in kinds:
        message, detail = _SAMPLES.get(kind, ((kind.__doc__ or "").strip(), {}))
        by_status[kind.status][kind.code] = kind(message, **detail).body()
    return {status: _response(examples) for status, examples in sorted(by_status.items())}


def internal() -> Responses:
    """What is said of faults of the service itself."""
    return {500: _response({"internal": _INTERNAL})}


def _response(bodies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "model": ErrorBody,
        "description": "\n".join(f"- `{code}`: {body['error']['message']}" for code, body in bodies.items()),
        "content": {"application/json": {"examples": {code: {"value": body} for code, body in bodies.items()}}},
    }
    if any("retry_after" in body["error"]["detail"] for body in bodies.values()):
        told["headers"] = RETRY_AFTER
    return told
