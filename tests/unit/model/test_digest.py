"""Identifiers are fixed for ever: feeds, mail threads and API clients keep them."""

from __future__ import annotations

import pytest

from publisher.model.digest import sha256, short_id

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("length", [1, 2, 7, 12, 24, 25])
def test_a_short_id_is_the_hash_in_base_36_lowest_digit_first(length: int) -> None:
    for name in ("incident", "x", "é"):
        number = int(sha256(f"update\x1f{name}".encode()), 16) % 36**length
        found = short_id("update", name, length=length)
        assert len(found) == length
        assert int(found[::-1], 36) == number
    assert set(short_id("a", length=25)) <= set(DIGITS)


def test_known_ids_stay_what_they_were() -> None:
    assert (short_id("incident", "2026-11-20-x"), short_id("group", "shop", length=5)) == ("yf0oh6d3zb45", "gl78k")
