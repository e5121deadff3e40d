"""Contacts from a file, for admins: upload, columns, a look at what would happen, then all of it or nothing."""

from contextlib import closing
from typing import Any

from babel.numbers import format_decimal
from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain import contact_file
from meetings.domain.contact_file import MEGABYTES_MAX, ROWS_MAX, Sheet
from meetings.domain.fields import Flaw
from meetings.errors import Conflict, Invalid
from meetings.i18n import gettext as _
from meetings.models import ContactFile, User
from meetings.services import contact_files
from meetings.services.contact_files import Judged

from .. import htmx
from ..session import Answer, admin_required, signed_in
from .pages import Choice, blueprint

SAMPLES = 3  # cells shown of each column
FIRST = 5  # contacts shown as they will be
WRONG = 50  # lines named on the page; the file has all of them


@blueprint.route("/contacts/import", methods=["GET", "POST"])
@admin_required
def upload() -> Answer:
    """Choose a file."""
    if request.method == "GET":
        return _upload()
    try:
        file = _kept()
    except Invalid as problem:
        return _upload([i18n.flaw_message(flaw) for flaw in problem.flaws], problem.status)
    return redirect(url_for("contacts.columns", file_id=file.id), 303)


def _kept() -> ContactFile:
    came = request.files.get("file")
    if came is None or not came.filename:
        raise Invalid([Flaw("file", "required")])
    with closing(came):  # a large one is a file of the system's
        return contact_files.keep(signed_in(), came.filename, came.read(), clock.now())


def _upload(errors: list[str] | None = None, status: int = 200) -> Response:
    rows = format_decimal(ROWS_MAX, locale=i18n.babel_locale(i18n.current_locale()))
    context = {"errors": errors or [], "megabytes": MEGABYTES_MAX, "rows": rows}
    return htmx.page_or_fragment("contacts/import.html", "contacts/import.html", status, **context)


def _file(file_id: int) -> ContactFile:
    return contact_files.waiting_file(signed_in(), file_id, clock.now())


# ---- columns ---------------------------------------------------------------------------------------------------------


@blueprint.route("/contacts/import/<key:file_id>/columns", methods=["GET", "POST"])
@admin_required
def columns(file_id: int) -> Answer:
    """Say what the columns are."""
    file = _file(file_id)
    if file.outcome is not None:
        return _to_end(file)
    sheet = contact_files.sheet_of(file)
    if request.method == "GET":
        usual = contact_files.choices_of(sheet, contact_files.guessed(sheet), contact_files.FILL)
        return _columns(file, sheet, file.choices or usual, [])
    typed = [request.form.get(f"column-{index}", "") for index in range(len(sheet.headings))]
    choices = contact_files.choices_of(sheet, typed, request.form.get("known", ""))
    flaws = contact_files.flaws_of(sheet, choices)
    if flaws or request.form.get("do") == "preview":
        return _columns(file, sheet, choices, flaws, Invalid.status if flaws else 200)
    contact_files.settle(file, choices)
    return redirect(url_for("contacts.check", file_id=file.id), 303)


def _columns(
    file: ContactFile, sheet: Sheet, choices: dict[str, Any], flaws: list[Flaw], status: int = 200
) -> Response:
    locale = i18n.current_locale()
    possible: list[Choice] = contact_files.targets(locale)
    return htmx.page_or_fragment(
        "contacts/import_columns.html",
        "contacts/_import_columns.html",
        status,
        file=file,
        sheet=sheet,
        samples=[_samples(sheet, index) for index in range(len(sheet.headings))],
        chosen=choices["columns"],
        targets=[("", _("Leave out")), *possible, (contact_files.NEW, _("Make a property of it"))],
        known=choices["known"],
        known_choices=_known_choices(),
        errors={flaw.field: [i18n.flaw_message(flaw)] for flaw in flaws},
        preview=[] if flaws else _preview(sheet, choices, dict(possible)),
    )


def _known_choices() -> list[Choice]:
    return [
        (contact_files.FILL, _("Fill in what is not known yet")),
        (contact_files.OVERWRITE, _("Replace what is known by what the file says")),
        (contact_files.LEAVE, _("Leave them as they are")),
    ]


def _samples(sheet: Sheet, index: int) -> str:
    cells = dict.fromkeys(line.cells[index] for line in sheet.lines[:50] if line.cells[index])
    return " · ".join([cell[:60] for cell in cells][:SAMPLES])


def _preview(sheet: Sheet, choices: dict[str, Any], words: dict[str, str]) -> list[list[Choice]]:
    """The first contacts as they will be: pairs of label and value; wrong lines show themselves on the next page."""
    if "email" not in choices["columns"]:
        return []
    first = Sheet(sheet.headings, sheet.lines[:FIRST])
    judged, _outcome = contact_files.preview(first, choices)
    people = {user.id: user.name for user in User.present()}
    found = []
    for person in judged.people:
        told = {"email": person.email, **person.said, "others": "; ".join(person.others)}
        told |= {"owner": people[person.owner]} if person.owner is not None else {}
        told |= {f"property:{name}": value for name, value in person.values.items()}
        named = {f"property:{contact_files.NEW_PROPERTY}{at}": heading for at, heading in enumerate(sheet.headings)}
        found.append([((words | named)[name], value) for name, value in told.items() if value])
    return found


# ---- checking and writing --------------------------------------------------------------------------------------------


@blueprint.route("/contacts/import/<key:file_id>/check", methods=["GET", "POST"])
@admin_required
def check(file_id: int) -> Answer:
    """Say what would happen and what is wrong; then do it."""
    file = _file(file_id)
    if file.outcome is not None:
        return _to_end(file)
    if not file.choices:
        return redirect(url_for("contacts.columns", file_id=file.id), 303)
    if request.method == "GET":
        return _check(file)
    only_right = request.form.get("do") == "right"
    try:
        contact_files.bring_in(signed_in(), file, clock.now(), only_right=only_right)
    except Invalid as problem:
        return _check(file, problem, only_right=only_right)
    except Conflict:  # the button was pressed twice
        return _to_end(file)
    return _to_end(file)


def _check(file: ContactFile, problem: Invalid | None = None, *, only_right: bool = False) -> Response:
    sheet = contact_files.sheet_of(file)
    judged, outcome = contact_files.preview(sheet, file.choices)
    # A property that can't be made is no fault of a line.
    general = problem.flaws if problem is not None and (only_right or not judged.wrong) else []
    return htmx.page_or_fragment(
        "contacts/import_check.html",
        "contacts/import_check.html",
        problem.status if problem is not None else 200,
        file=file,
        outcome=outcome,
        wrong=_wrong(sheet, judged),
        hidden=max(len(judged.wrong) - WRONG, 0),
        errors=[i18n.flaw_message(flaw) for flaw in general],
    )


def _wrong(sheet: Sheet, judged: Judged) -> list[tuple[int, list[Choice]]]:
    """Of each wrong line its number, and for each flaw the column and the words."""
    return [
        (one.line.number, [(_heading(sheet, at), i18n.flaw_message(flaw)) for at, flaw in one.flaws])
        for one in judged.wrong[:WRONG]
    ]


def _heading(sheet: Sheet, index: int | None) -> str:
    if index is None:
        return ""
    return sheet.headings[index] or _("Column %(number)s", number=index + 1)


@blueprint.get("/contacts/import/<key:file_id>/wrong.csv")
@admin_required
def wrong(file_id: int) -> Response:
    """The wrong lines, to be mended and sent again."""
    file = _file(file_id)
    if file.outcome is not None or not file.choices:
        return redirect(url_for("contacts.columns", file_id=file.id), 303)
    sheet = contact_files.sheet_of(file)
    judged, _outcome = contact_files.preview(sheet, file.choices)

    def told(at: int | None, flaw: Flaw) -> str:
        what = i18n.flaw_message(flaw)
        return what if at is None else _("%(column)s: %(what)s", column=_heading(sheet, at), what=what)

    rows = list(contact_files.wrong_lines(sheet, judged, told, _("What is wrong")))
    answer = current_app.response_class("\ufeff" + contact_file.written(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="wrong-lines.csv"'
    return answer


def _to_end(file: ContactFile) -> Response:
    return htmx.redirect(url_for("contacts.imported", file_id=file.id))


@blueprint.get("/contacts/import/<key:file_id>/done")
@admin_required
def imported(file_id: int) -> Answer:
    """What came of it."""
    file = _file(file_id)
    if file.outcome is None:
        return redirect(url_for("contacts.columns", file_id=file.id), 303)
    return htmx.page_or_fragment("contacts/imported.html", "contacts/imported.html", file=file, outcome=file.outcome)
