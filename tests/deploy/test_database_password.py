"""The database's password from a file: a secret of a container, a credential of systemd."""

from __future__ import annotations

import pytest

from chitieu.errors import ConfigInvalid
from chitieu.settings import Settings
from chitieu.store.database import database_url

URL = "postgresql://chitieu@database/chitieu"


def settings(file, url=URL):
    return Settings(database_url=url, database_password_file=file)


@pytest.mark.parametrize("written", ["p@ss/wörd:1", "p@ss/wörd:1\n", "p@ss/wörd:1\r\n"])
def test_it_goes_into_the_url_whatever_signs_it_has(tmp_path, written):
    file = tmp_path / "password"
    file.write_bytes(written.encode())
    url = database_url(settings(file))
    assert url.password == "p@ss/wörd:1"
    assert (url.username, url.host, url.database, url.drivername) == (
        "chitieu",
        "database",
        "chitieu",
        "postgresql+psycopg",
    )
    assert "wörd" not in url.render_as_string(hide_password=True)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_without_one_is_told(tmp_path, content):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigInvalid) as caught:
        database_url(settings(file))
    assert caught.value.detail["variable"] == "CHITIEU_DATABASE_PASSWORD_FILE"
    assert str(file) in caught.value.message and " / " in caught.value.message


def test_sqlite_needs_none(tmp_path):
    url = database_url(settings(tmp_path / "missing", f"sqlite:///{tmp_path}/chitieu.db"))
    assert url.get_backend_name() == "sqlite"
