"""The database goes away while a mail is being delivered."""

from datetime import timedelta
from typing import Any

import peewee
import pytest

from meetings import db
from meetings.errors import Busy
from meetings.models import Delivery
from meetings.models.outbox import SENDING, SENT
from meetings.services import outbox
from meetings.services.outbox import delivery as delivering
from tests import make
from tests.smtp import MailServer

SOON = make.NOW + timedelta(seconds=1)
CONTACT = "maren@example.com"
GONE = [peewee.OperationalError("database or disk is full"), peewee.InterfaceError("not opened"), Busy()]


@pytest.fixture
def settings(settings: dict[str, Any], mail_server: MailServer) -> dict[str, Any]:
    return settings | mail_server.settings


@pytest.fixture(autouse=True)
def _booking(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.booking()
    monkeypatch.setattr(delivering, "INSIST", (0, 0, 0))


def failing(what: Any, error: Exception, times: int) -> Any:
    """The same, but the first calls raise."""
    left = [error] * times

    def fail_first(*given: Any, **more: Any) -> Any:
        if left:
            raise left.pop()
        return what(*given, **more)

    return fail_first


def to_contact() -> Delivery:
    return Delivery.get(Delivery.recipient == CONTACT)


@pytest.mark.parametrize("error", GONE)
def test_a_mail_that_cannot_be_claimed_stays_unsent_and_blameless(
    monkeypatch: pytest.MonkeyPatch, mail_server: MailServer, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    monkeypatch.setattr(delivering._Claim, "hold", failing(None, error, 100))
    with pytest.raises(type(error)):
        outbox.deliver_due(SOON)
    row = to_contact()
    assert (row.state, row.attempts, row.last_error) == (SENDING, 0, "")
    assert "can't be made" not in caplog.text
    assert not mail_server.received


@pytest.mark.parametrize("error", GONE)
def test_that_a_mail_is_out_is_written_down_as_soon_as_it_can_be(
    monkeypatch: pytest.MonkeyPatch, mail_server: MailServer, error: Exception
) -> None:
    monkeypatch.setattr(delivering, "forgotten", failing(delivering.forgotten, error, 3))
    outbox.deliver_due(SOON)
    assert to_contact().state == SENT
    assert len(mail_server.to(CONTACT)) == 1


def test_even_by_another_connection(monkeypatch: pytest.MonkeyPatch, mail_server: MailServer) -> None:
    mark = delivering._mark_sent

    def lose_connection(*given: Any) -> None:
        db.disconnect()
        mark(*given)

    monkeypatch.setattr(delivering, "_mark_sent", lose_connection)
    outbox.deliver_due(SOON)
    assert to_contact().state == SENT
    assert len(mail_server.to(CONTACT)) == 1


def test_as_long_as_it_cannot_be_no_other_mail_goes_out(
    monkeypatch: pytest.MonkeyPatch, mail_server: MailServer
) -> None:
    monkeypatch.setattr(delivering, "forgotten", failing(None, peewee.OperationalError("disk is full"), 100))
    with pytest.raises(peewee.OperationalError):
        outbox.deliver_due(SOON)
    assert len(mail_server.received) == 1
