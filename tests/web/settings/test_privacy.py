"""The settings about privacy, without script: words for all links, types of subscription, how long things are kept."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings.models import Consent, SubscriptionType, User
from meetings.services import consents, retention, subscriptions
from meetings.services.consents import Agreed
from tests import make
from tests.web.pages import Page, sign_in, visit

PATH = "/settings/privacy"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def boss(client: FlaskClient) -> User:
    admin = make.user("Ada Admin", role="admin")
    sign_in(client, admin)
    return admin


def sent(page: Page, **changes: Any) -> Page:
    return page.send(PATH, **changes)


def preview(page: Page) -> str:
    return str(page.all("iframe")[0].get("srcdoc"))


def test_it_begins_with_nothing_said_and_words_to_begin_with(client: FlaskClient, boss: User) -> None:
    page = visit(client, PATH)
    fields = page.fields(PATH)
    assert fields["consent_mode"] == ["off"]
    assert "hold this meeting" in fields["privacy_text"][0]
    assert "may write to me" in fields["box_label"][0]
    assert "consent-box" not in preview(page)
    assert "Used to prepare and hold this meeting." in preview(page)


def test_the_words_are_saved_and_every_link_says_them(client: FlaskClient, boss: User) -> None:
    link = make.link()
    page = sent(visit(client, PATH), consent_mode="consent", consent_text="May we?", box_required="news")
    assert page.notices() == ["Saved. Links without words of their own say this from now on."]
    said = consents.terms(link, "en")
    assert (said.mode, said.text, said.must_tick) == ("consent", "May we?", True)
    assert page.fields(PATH)["consent_text"] == ["May we?"]
    assert "May we?" in visit(client, "/book/demo?start=1796202000").main()


def test_a_legitimate_interest(client: FlaskClient, boss: User) -> None:
    basis = "performance_of_contract"
    sent(visit(client, PATH), consent_mode="legitimate_interest", legal_basis=basis, consent_text="")
    booking = make.booking(agreed=Agreed())
    (row,) = consents.of_booking(booking)
    assert (row.legal_basis, row.subscription) == (basis, "one_to_one")
    assert row.wording.startswith(
        "We use your details to prepare and hold this meeting, and may write to you about it."
    )


def test_what_a_way_doesn_t_show_is_kept_for_when_one_comes_back(client: FlaskClient, boss: User) -> None:
    sent(visit(client, PATH), consent_mode="consent", box_label="Ours")
    sent(visit(client, PATH), consent_mode="off")
    assert visit(client, PATH).fields(PATH)["box_label"] == ["Ours"]
    assert consents.account_consent()["mode"] == "off"


def test_boxes_are_put_in_order_and_the_button_keeps_the_focus(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), consent_mode="consent", do="add:box")
    first, second = page.fields(PATH)["box_id"]
    page = sent(page, do=f"up:consent-box:{second}")
    assert page.fields(PATH)["box_id"] == [second, first]
    assert [one.get("id") for one in page.all("button") if one.get("autofocus") is not None] == [f"up-{second}"]


def test_boxes_come_and_go_without_saving(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), consent_mode="consent", do="add:box")
    first, second = page.fields(PATH)["box_id"]
    assert page.all("textarea", id=f"box-{second}")[0].get("autofocus") is not None
    page = sent(page, do=f"remove:box:{first}")
    assert page.fields(PATH)["box_id"] == [second]
    assert consents.account_consent()["mode"] == "off"


def test_the_preview_is_the_page_s_own_part(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), consent_mode="consent", consent_text="May we?", do="preview")
    assert all(words in preview(page) for words in ("May we?", 'name="consent-box"', "/booking."))
    assert "checked" not in preview(page)
    answer = client.post(PATH, data={**page.fields(PATH), "privacy_text": "Ours", "do": "preview"}, headers=HTMX)
    assert answer.get_data(as_text=True).lstrip().startswith("<aside")


def test_a_box_without_words_is_told_off_beside_it(client: FlaskClient, boss: User) -> None:
    page = sent(visit(client, PATH), consent_mode="consent", box_label=" ")
    assert page.status == 422
    assert list(page.errors()) == ["box-news"]
    page = sent(visit(client, PATH), consent_mode="consent", consent_text="x" * 5001)
    assert list(page.errors()) == ["consent_text"]
    assert page.fields(PATH)["consent_text"] == ["x" * 5001]


def test_a_type_of_subscription_comes_is_renamed_and_goes(client: FlaskClient, boss: User) -> None:
    page = visit(client, PATH).send(f"{PATH}/subscriptions", label="News")
    assert page.notices() == ["Added: News."]
    row = SubscriptionType.get(SubscriptionType.name == "news")
    action = f"{PATH}/subscriptions/{row.id}"
    page = page.send(action, label="Good news")
    assert subscriptions.labels("en")["news"] == "Good news"
    page = page.send(action, do="delete")
    assert not page.has_form(action)
    assert subscriptions.names() == ["one_to_one"]


def test_a_wrong_name_is_told_beside_it(client: FlaskClient, boss: User) -> None:
    page = visit(client, PATH).send(f"{PATH}/subscriptions", label=" ")
    assert (page.status, list(page.errors())) == (422, ["new-label"])
    row = subscriptions.add(boss, {"label": "News"})
    page = visit(client, PATH).send(f"{PATH}/subscriptions/{row.id}", label="")
    assert (page.status, list(page.errors())) == (422, [f"label-{row.id}"])


def test_what_somebody_agreed_to_has_no_button_to_delete_it(client: FlaskClient, boss: User) -> None:
    row = subscriptions.add(boss, {"label": "News"})
    box = {"id": "news", "label": "News?", "subscription": "news"}
    make.booking(
        make.link(form={"consent": {"mode": "consent", "checkboxes": [box]}}), agreed=Agreed(frozenset({"news"}))
    )
    page = visit(client, PATH)
    assert page.all("button", value="delete") == []
    assert page.send(f"{PATH}/subscriptions/{row.id}", do="delete", label="News").status == 422
    assert Consent.select().count() == 1


def test_how_long_things_are_kept(client: FlaskClient, boss: User) -> None:
    page = visit(client, PATH).send(f"{PATH}/retention", bookings_months="24", mail_days="0")
    assert page.notices() == ["Saved."]
    assert retention.rules() == {"bookings_months": 24, "mail_days": 0}
    page = page.send(f"{PATH}/retention", bookings_months="-1", mail_days="many")
    assert (page.status, sorted(page.errors())) == (422, ["bookings_months", "mail_days"])
    assert page.fields(f"{PATH}/retention")["mail_days"] == ["many"]


def test_members_stay_out(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, make.user("Bob Okafor"))
    assert visit(client, PATH).status == 403
