"""Which domains are nobody's own."""

import pytest

from meetings.domain.free_mail import company_domain


@pytest.mark.parametrize(
    "address",
    [
        *(
            "a@gmail.com",
            "a@GMail.com",
            "a@googlemail.com",
            "a@yahoo.co.uk",
            "a@outlook.com.br",
            "a@live.nl",
            "a@gmx.fr",
        ),
        *("a@web.de", "a@free.fr", "a@proton.me", "a@mail.ru", "a@qq.com", "a@me.com", "a@privaterelay.appleid.com"),
        *("a@vip.163.com", "a@box.mail.web.de", "a@tampabay.rr.com", "a@me.yahoo.com", "nobody", ""),
    ],
)
def test_where_anybody_has_a_mailbox_is_no_company(address: str) -> None:
    assert company_domain(address) in {"", address}


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("maren@Nordlicht.example", "nordlicht.example"),
        ("a@yahoo.acme.com", "yahoo.acme.com"),
        ("a@live.acme.co.uk", "live.acme.co.uk"),
        ("a@notgmail.com", "notgmail.com"),
        ("a@gmail.com.acme.example", "gmail.com.acme.example"),
        ("a@orange.com", "orange.com"),
        ("a@mail.acme.example", "mail.acme.example"),
    ],
)
def test_all_others_are(address: str, domain: str) -> None:
    assert company_domain(address) == domain
