"""Making and changing links; who may see them."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from meetings import db
from meetings.errors import Busy, Conflict, DuplicateSlug, Forbidden, Invalid, NotFound, OrganizerFixed
from meetings.models import Link, MeetingType, Member, Picture, Slug, User
from meetings.services import access, housekeeping, links
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")


def codes(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {flaw.field: flaw.code for flaw in refused.value.flaws}


def members(link: Link) -> list[Member]:
    """The team in the order the organizer gave."""
    return list(Member.select().where(Member.link == link).order_by(Member.position, Member.id))


class TestSurroundings:
    """What a document is held against beside its own words."""

    def test_titles_mention_properties_that_are_there_or_asked_for(self) -> None:
        asked = [{"name": "floor", "label": "Floor", "type": "property", "kind": "number"}]
        link = make.link(overview={"title": "Floor {{ contact.floor }}"}, form={"fields": asked})
        make.link(link.organizer, "again", overview={"title": "Floor {{ contact.floor }}"})  # it is there by now
        with pytest.raises(Invalid) as refused:
            make.link(link.organizer, "other", overview={"title": "{{ contact.shoe_size }}"})
        assert codes(refused) == {"overview.title": "unknown-token"}

    def test_types_and_pictures_are_known_ones(self) -> None:
        with pytest.raises(Invalid) as refused:
            make.link(overview={"meeting_type": "Review"}, picture=f"{'0' * 32}.webp")
        unknown = {"overview.meeting_type": "unknown-meeting-type", "scheduling.picture": "unknown-picture"}
        assert codes(refused) == unknown

    def test_a_link_and_its_copies_keep_what_has_gone(self) -> None:
        MeetingType.create(name="Review")
        picture = Picture.create(name=f"{'0' * 32}.webp", width=1, height=1, created_at=NOW)
        link = make.link(overview={"meeting_type": "Review"}, picture=picture.name)
        MeetingType.delete().execute()
        Picture.delete().execute()
        saved = links.update(link.organizer, link, {"overview": {"title": "Talk"}}, NOW)
        copy = links.duplicate(link.organizer, saved, "Copy", NOW)
        for one in (saved, copy):
            assert (one.overview["meeting_type"], one.scheduling["picture"]) == ("Review", picture.name)


class TestMaking:
    def test_the_document_comes_back_whole(self) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        link = make.link(
            alice, "robin", kind="round_robin", team=[{"user": bob.email, "weight": 3}], durations=[15, 60]
        )
        document = links.document(Link.get_by_id(link.id))
        assert document["overview"]["organizer"] == "alice@example.org"
        assert document["team"] == [
            {"user": "bob@example.org", "check_availability": True, "weight": 3, "paused": False, "schedule": None}
        ]
        assert document["scheduling"]["durations"] == [15, 60]
        assert document["scheduling"]["window"] == {"kind": "rolling", "weeks": 2}
        again = {**document, "scheduling": {**document["scheduling"], "slug": "robin-2"}}
        assert links.document(links.create(alice, again, NOW))["automation"] == document["automation"]

    def test_the_organizers_zone_is_the_default(self) -> None:
        alice = make.user(timezone="Asia/Kathmandu")
        document = make.document()
        del document["scheduling"]["timezone"]
        assert links.create(alice, document, NOW).scheduling["timezone"] == "Asia/Kathmandu"

    def test_an_address_is_unique_without_regard_to_case(self) -> None:
        alice = make.user()
        make.link(alice, "Demo")
        with pytest.raises(DuplicateSlug):
            make.link(alice, "dEMO")
        assert Link.select().count() == 1

    def test_a_group_gets_its_organizer_a_round_robin_does_not(self) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        group = make.link(alice, "group", kind="group", team=[bob])
        robin = make.link(alice, "robin", kind="round_robin", team=[bob])
        assert [member.user.name for member in members(group)] == ["Alice Martin", "Bob Berg"]
        assert [member.user.name for member in members(robin)] == ["Bob Berg"]

    def test_a_team_needs_somebody_and_only_known_people(self) -> None:
        alice = make.user()
        with pytest.raises(Invalid) as refused:
            make.link(alice, kind="round_robin")
        assert set(codes(refused)) == {"team"}
        with pytest.raises(Invalid) as refused:
            make.link(alice, kind="round_robin", team=[alice, {"user": "nobody@example.org"}])
        assert codes(refused) == {"team.1.user": "unknown-user"}
        assert not Link.select().exists()
        assert not Slug.select().exists()

    def test_only_admins_organize_for_others(self) -> None:
        alice, bob, admin = make.user(), make.user("Bob Berg"), make.user("Ada Admin", role="admin")
        theirs = {"organizer": "BOB@example.org"}
        with pytest.raises(Forbidden):
            make.link(alice, overview=theirs)
        assert make.link(admin, overview=theirs).organizer_id == bob.id
        with pytest.raises(Invalid) as refused:
            make.link(admin, "other", overview={"organizer": "nobody@example.org"})
        assert codes(refused) == {"overview.organizer": "unknown-user"}

    def test_flaws_are_named_by_their_place(self) -> None:
        with pytest.raises(Invalid) as refused:
            make.link(
                slug="not a slug", durations=[1], available_hours=[{"days": ["mon"], "start": "17:00", "end": "09:00"}]
            )
        assert codes(refused) == {
            "scheduling.slug": "not-a-slug",
            "scheduling.durations.0": "out-of-range",
            "scheduling.available_hours.0.end": "ends-before-start",
        }


class TestChanging:
    def test_a_patch_changes_what_it_names(self) -> None:
        link = make.link()
        changed = links.update(link.organizer, link, {"scheduling": {"durations": [45], "heading": "Hello"}}, NOW)
        assert (changed.durations, changed.scheduling["heading"], changed.slug) == ([45], "Hello", "demo")
        assert changed.version == link.version + 1

    def test_an_old_address_leads_to_the_link_and_stays_taken(self) -> None:
        link = make.link()
        links.update(link.organizer, link, {"scheduling": {"slug": "new-demo"}}, NOW)
        assert access.public_link("demo").slug == "new-demo"
        with pytest.raises(DuplicateSlug):
            make.link(link.organizer, "demo")
        back = links.update(link.organizer, access.public_link("demo"), {"scheduling": {"slug": "demo"}}, NOW)
        assert back.slug == "demo"

    def test_organizer_and_kind_are_fixed(self) -> None:
        link = make.link()
        make.user("Bob Berg")
        with pytest.raises(OrganizerFixed):
            links.update(link.organizer, link, {"overview": {"organizer": "bob@example.org"}}, NOW)
        with pytest.raises(Invalid) as refused:
            links.update(link.organizer, link, {"kind": "group"}, NOW)
        assert codes(refused) == {"kind": "fixed"}

    def test_a_bad_patch_changes_nothing(self) -> None:
        link = make.link()
        before = links.document(link)
        with pytest.raises(Invalid):
            links.update(link.organizer, link, {"scheduling": {"heading": "x", "buffer": -1}}, NOW)
        make.link(link.organizer, "other")
        with pytest.raises(DuplicateSlug):
            links.update(link.organizer, link, {"scheduling": {"heading": "x", "slug": "other"}}, NOW)
        assert links.document(Link.get_by_id(link.id)) == before

    def test_the_second_editor_is_told(self) -> None:
        link = make.link()
        values = {**link.overview, "title": "First"}
        links.save_section(link.organizer, link, "overview", values, NOW, version=link.version)
        with pytest.raises(Conflict):
            links.save_section(
                link.organizer, link, "overview", {**values, "title": "Second"}, NOW, version=link.version
            )
        assert Link.get_by_id(link.id).overview["title"] == "First"

    @pytest.mark.parametrize("version", [0, -1, 99, 2**40, 2**70])
    def test_a_version_that_no_link_has_is_another_one(self, version: int) -> None:
        link = make.link()
        with pytest.raises(Conflict):
            links.save_section(link.organizer, link, "overview", link.overview, NOW, version=version)

    def test_members_keep_their_rows(self) -> None:
        alice, bob, carol = make.user(), make.user("Bob Berg"), make.user("Carol Cruz")
        link = make.link(alice, kind="round_robin", team=[alice, bob])
        before = {member.user_id: member.id for member in members(link)}
        team = [{"user": carol.email}, {"user": bob.email, "weight": 2, "paused": True}]
        links.update(alice, link, {"team": team}, NOW)
        assert before[bob.id] in {member.id for member in members(link)}
        kept = [(member.user.name, member.weight, member.is_paused) for member in members(link)]
        assert kept == [("Carol Cruz", 1, False), ("Bob Berg", 2, True)]


class TestDrafts:
    def test_from_nothing_to_live(self) -> None:
        alice = make.user()
        draft = links.start_draft(alice, "individual", NOW)
        with pytest.raises(NotFound):
            access.public_link(draft.slug)
        with pytest.raises(Invalid):
            links.publish(alice, draft, NOW)
        links.keep_unsaved(draft, "scheduling", {"slug": "not yet"})
        links.save_section(alice, draft, "overview", {"internal_name": "Coffee"}, NOW)
        saved = links.save_section(alice, Link.get_by_id(draft.id), "scheduling", {"slug": "coffee"}, NOW)
        assert saved.unsaved == {}
        live = links.publish(alice, saved, NOW)
        assert access.public_link("coffee").id == live.id
        assert live.is_bookable

    def test_what_cannot_be_saved_is_kept(self) -> None:
        draft = links.start_draft(make.user(), "individual", NOW)
        links.keep_unsaved(draft, "scheduling", {"slug": "ä ö"})
        assert Link.get_by_id(draft.id).unsaved == {"scheduling": {"slug": "ä ö"}}
        links.forget_unsaved(draft, "scheduling")
        assert Link.get_by_id(draft.id).unsaved == {}

    def test_addresses_are_suggested(self) -> None:
        alice = make.user()
        make.link(alice, "cafe-creme")
        assert links.suggest_slug(None, "Café Crème") == "cafe-creme-2"
        assert links.suggest_slug(None, "会議") != ""


class TestLife:
    def test_off_and_on_and_gone(self) -> None:
        link = make.link()
        off = links.switch_off(link.organizer, link, NOW)
        assert not access.public_link("demo").is_bookable
        assert links.switch_on(link.organizer, off, NOW).is_bookable
        make.booking(link)
        links.delete(link.organizer, link, make.NOW)
        with pytest.raises(NotFound):
            access.public_link("demo")
        assert links.is_slug_free(None, "demo")

    def test_a_deleted_link_comes_back_as_it_was(self) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        link = make.link(alice, kind="group", team=[alice, bob])
        links.update(alice, link, {"scheduling": {"slug": "talk"}}, NOW)
        off = links.switch_off(alice, Link.get_by_id(link.id), NOW)
        links.delete(alice, off, NOW)
        assert Link.by_slug("talk") is None
        assert access.links_of(alice) == []
        back = links.restore(alice, links.deleted_link(alice, link.id, NOW), NOW + timedelta(minutes=9))
        assert (back.status, back.slug, len(members(back))) == ("off", "talk", 2)
        assert access.public_link("demo").id == link.id
        with pytest.raises(NotFound):
            links.deleted_link(alice, link.id, NOW)

    def test_an_address_that_somebody_took_meanwhile_is_theirs(self) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        link = make.link(alice)
        links.delete(alice, link, NOW)
        theirs = make.link(bob, "DEMO")
        back = links.restore(alice, links.deleted_link(alice, link.id, NOW), NOW)
        assert (back.slug, back.scheduling["slug"]) == ("demo-2", "demo-2")
        assert access.public_link("demo").id == theirs.id
        assert access.public_link("demo-2").id == link.id

    def test_a_new_link_may_take_the_address_at_once(self) -> None:
        alice = make.user()
        for _ in range(3):
            links.delete(alice, make.link(alice), NOW)
        assert make.link(alice).slug == "demo"

    def test_after_a_while_it_is_gone_for_good(self) -> None:
        alice = make.user()
        link = make.link(alice)
        links.delete(alice, link, NOW)
        later = NOW + links.UNDO_LASTS
        with pytest.raises(NotFound):
            links.deleted_link(alice, link.id, later)
        with pytest.raises(NotFound):
            links.restore(alice, link, later)
        assert housekeeping.clear_away(later - timedelta(seconds=1)) == 0
        assert housekeeping.clear_away(later) == 1
        assert not Slug.select().exists()
        assert housekeeping.clear_away(later) == 0

    def test_only_who_could_delete_it_brings_it_back(self) -> None:
        alice, bob, admin = make.user(), make.user("Bob Berg"), make.user("Ada Admin", role="admin")
        link = make.link(alice, kind="group", team=[alice, bob])
        links.delete(alice, link, NOW)
        with pytest.raises(NotFound):
            links.deleted_link(bob, link.id, NOW)
        assert links.deleted_link(admin, link.id, NOW)
        User.update(is_active=False).where(User.id == alice.id).execute()
        with pytest.raises(NotFound):
            links.deleted_link(admin, link.id, NOW)

    def test_what_was_deleted_is_changed_by_nobody(self) -> None:
        link = make.link(status="draft")
        links.delete(link.organizer, link, NOW)
        for change in (
            lambda: links.publish(link.organizer, link, NOW),
            lambda: links.save_section(link.organizer, link, "overview", link.overview, NOW),
        ):
            with pytest.raises(Conflict):
                change()
        assert Link.get_by_id(link.id).status == "deleted"

    @pytest.mark.parametrize("kind", ["individual", "group", "round_robin"])
    @pytest.mark.parametrize("other", ["individual", "group", "round_robin"])
    def test_a_copy_may_be_of_another_kind(self, kind: str, other: str) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        team = [] if kind == "individual" else [bob]
        copy = links.duplicate(bob, make.link(alice, kind=kind, team=team), "Copy", NOW, other)
        names = [member.user.name for member in members(copy)]
        assert (copy.kind, copy.organizer_id) == (other, bob.id)
        assert names == ([] if other == "individual" else names)
        assert other == "individual" or "Bob Berg" in names
        assert links.publish(bob, Link.get_by_id(copy.id), NOW).is_bookable

    def test_a_copy_is_a_draft_at_its_own_address(self) -> None:
        link = make.link(durations=[45])
        copy = links.duplicate(link.organizer, link, "Copy", NOW)
        assert (copy.status, copy.slug, copy.durations) == ("draft", "demo-2", [45])


class TestAccess:
    def test_who_sees_a_link(self) -> None:
        alice, bob, charlie, admin = (
            make.user(),
            make.user("Bob Berg"),
            make.user("Charlie Cho"),
            make.user("Ada Admin", role="admin"),
        )
        make.link(alice, "team", kind="round_robin", team=[bob])
        make.link(alice, "own")
        assert access.link_for(bob, "team").slug == "team"
        with pytest.raises(Forbidden):
            access.link_for(bob, "team", write=True)
        for actor, slug in ((bob, "own"), (charlie, "team"), (charlie, "nothing")):
            with pytest.raises(NotFound):
                access.link_for(actor, slug)
        assert access.link_for(admin, "own", write=True)
        assert [link.slug for link in access.links_of(bob)] == ["team"]
        assert {link.slug for link in access.links_of(admin)} == {"team", "own"}
        assert access.links_of(charlie) == []
        assert [link.slug for link in access.links_of(alice, query="OWN")] == ["own"]

    def test_who_sees_a_booking(self) -> None:
        alice, bob, charlie = make.user(), make.user("Bob Berg"), make.user("Charlie Cho")
        booking = make.booking(make.link(alice, "team", kind="round_robin", team=[bob]))
        assert access.booking_for(bob, booking.public_id).id == booking.id
        assert access.booking_for(alice, booking.public_id).id == booking.id
        with pytest.raises(NotFound):
            access.booking_for(charlie, booking.public_id)
        assert access.bookings_of(alice, query="maren holt").count() == 1
        assert access.bookings_of(charlie).count() == 0

    def test_the_contacts_token(self) -> None:
        booking = make.booking()
        token = access.manage_token(booking)
        assert access.booking_by_token(token, NOW).id == booking.id
        assert token == access.manage_token(booking)
        for wrong in ("", token[:-1], token + "x", booking.public_id):
            with pytest.raises(NotFound):
                access.booking_by_token(wrong, NOW)
        with pytest.raises(NotFound):
            access.booking_by_token(token, booking.ends_at + timedelta(days=31))


def test_two_who_change_a_link_at_once_lose_nothing() -> None:
    """Both read it, then both write: a patch changes what it names and nothing else."""
    alice = make.user()
    make.link(alice)
    first, second = Link.by_slug("demo"), Link.by_slug("demo")
    links.update(alice, first, {"scheduling": {"buffer": 30}}, make.NOW)
    changed = links.update(alice, second, {"scheduling": {"heading": "Talk"}}, make.NOW)
    assert (changed.scheduling["buffer"], changed.scheduling["heading"]) == (30, "Talk")


def test_a_member_who_is_kept_out_for_a_while_stays_in_the_team() -> None:
    alice, bob = make.user(), make.user("Bob Berg")
    link = make.link(alice, kind="round_robin", team=[alice, bob])
    User.update(is_active=False).where(User.id == bob.id).execute()
    changed = links.update(alice, link, {"overview": {"title": "Talk"}}, make.NOW)
    assert [member["user"] for member in links.document(changed)["team"]] == [alice.email, bob.email]
    charlie = make.user("Charlie Roux", is_active=False)
    with pytest.raises(Invalid):
        links.update(alice, changed, {"team": [{"user": charlie.email}]}, make.NOW)


@pytest.mark.parametrize("turn", range(8))
def test_who_brings_a_link_back_and_who_takes_its_address_agree(app: Flask, turn: int) -> None:
    """At the same moment: the address leads to one of them, and the other knows a different one as its own."""
    alice, bob = make.user(), make.user("Bob Berg")
    gone = make.link(alice)
    links.delete(alice, gone, NOW)
    together = threading.Barrier(2)

    def do(act: Callable[[], object]) -> None:
        with app.app_context():
            db.connect()
            together.wait()
            try:
                act()
            except (Busy, DuplicateSlug):
                pass
            finally:
                db.disconnect()

    acts = (lambda: links.restore(alice, gone, NOW), lambda: links.create(bob, make.document("demo"), NOW))
    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there = [link for link in Link.select() if link.status != "deleted"]
    assert there
    for link in there:
        assert link.slug == link.scheduling["slug"]
        assert access.published_link(link.slug).id == link.id
