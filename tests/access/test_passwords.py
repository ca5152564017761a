"""What passwords must be, and how they are kept."""

from __future__ import annotations

import time
import unicodedata

import pytest
from argon2 import PasswordHasher

from chitieu.access.passwords import hash_password, is_outdated, is_password, rehash
from chitieu.errors import PasswordWeak
from members import PASSWORD, hashed


def test_only_the_password_is_the_password():
    assert hashed().startswith("$argon2id$") and PASSWORD not in hashed()
    assert is_password(hashed(), PASSWORD)
    for other in (PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], ""):
        assert not is_password(hashed(), other)


def test_keyboards_compose_letters_in_different_ways():
    assert unicodedata.normalize("NFD", PASSWORD) != PASSWORD
    assert is_password(hashed(), unicodedata.normalize("NFD", PASSWORD))


@pytest.mark.parametrize(
    "password",
    ["", "mười một chữ"[:11], "x" * 40, "x" * 1001, "nguyen.van.an", "Nguyen.Van.An", "ngắn\u0300\u0301" * 2, "mười hai con\ud800 trâu"],
)  # fmt: skip
def test_weak_passwords_are_refused(password):
    with pytest.raises(PasswordWeak) as refused:
        hash_password(password, "nguyen.van.an")
    assert not password or password not in repr(refused.value.body())


def test_twelve_characters_suffice():
    assert is_password(hash_password("mười hai chữ", "lan"), "mười hai chữ")


@pytest.mark.parametrize("stored", [None, "", "plain", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_without_a_hash_nothing_is_the_password(stored):
    assert not is_password(stored, PASSWORD)
    assert not is_password(stored, "")


def test_an_unknown_name_costs_as_much_as_a_wrong_password():
    def fastest(stored):
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            is_password(stored, "a wrong password")
            times.append(time.perf_counter() - begun)
        return min(times)

    known, unknown = fastest(hashed()), fastest(None)
    assert unknown > known / 2 and known > unknown / 2


def test_a_hash_with_other_parameters_is_outdated():
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    assert is_outdated(old) and is_password(old, PASSWORD)
    assert not is_outdated(rehash(PASSWORD))


def test_what_cannot_be_written_in_utf_8_is_no_password():
    assert not is_password(hashed(), "\ud800")
    assert not is_password(hashed(), "x" * 100_000)
