"""Mistyped ends of e-mail addresses: what is one slip away from where most mailboxes are."""

import pytest

from meetings.domain import typos


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("maren@gmial.com", "maren@gmail.com"),
        ("maren@gmai.com", "maren@gmail.com"),
        ("maren@gmaill.com", "maren@gmail.com"),
        ("maren@gmail.con", "maren@gmail.com"),
        ("Maren@GMIAL.com ", "maren@gmail.com"),
        ("maren@otmail.com", "maren@hotmail.com"),
        ("maren@yaho.fr", "maren@yahoo.fr"),
        ("maren@outlok.com", "maren@outlook.com"),
        ("maren@t-onlin.de", "maren@t-online.de"),
    ],
)
def test_a_slip_is_seen(typed, meant):
    assert typos.suggestion(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "maren@gmail.com",
        "maren@mail.com",
        "maren@example.org",
        "maren@gmx.at",
        "maren",
        "@gmial.com",
        "",
        "maren@",
        "a@m.com",
    ],
)
def test_what_looks_right_is_left_alone(typed):
    assert typos.suggestion(typed) == ""


def test_no_common_place_is_a_slip_away_from_itself():
    assert all(typos.suggestion(f"maren@{domain}") == "" for domain in typos.COMMON)
