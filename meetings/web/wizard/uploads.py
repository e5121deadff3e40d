"""A file that comes along with a page: the picture that the booking page shows, or that on the page before it."""

import secrets as random_source
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

from werkzeug.datastructures import FileStorage

from meetings import clock, i18n
from meetings.errors import Invalid
from meetings.services import pictures
from meetings.services.pictures import Shape

from ..forms.wizard import Typed, welcome
from ..forms.wizard.picture import ON_PAGE, OWN, PictureChoice
from ..session import signed_in

FIELD = "picture_file"
# Steps to which a file can come: what it is chosen for, and how large it is kept.
TARGETS: Final[Mapping[str, tuple[PictureChoice, Shape]]] = {
    "scheduling": (ON_PAGE, pictures.FACE),
    "welcome": (welcome.PICTURE, pictures.COVER),
}


def came(files: Mapping[str, FileStorage]) -> bool:
    """Whether a file was chosen."""
    return bool(FIELD in files and files[FIELD].filename)


def take(step: str, typed: Typed, files: Mapping[str, FileStorage]) -> list[str]:
    """Keep the picture and choose it; returns what is wrong with it, in sentences."""
    if step not in TARGETS or not came(files):
        return []
    choice, shape = TARGETS[step]
    try:
        with closing(files[FIELD]) as upload:  # a large one is a file of the system's
            kept = pictures.keep(upload.read(), signed_in(), clock.now(), shape)
    except Invalid as problem:
        return [i18n.flaw_message(flaw) for flaw in problem.flaws]
    typed.update({choice.control: OWN, choice.uploaded: kept.name})
    return []


def emptied(files: Mapping[str, FileStorage]) -> dict[str, Any]:
    """After a file came, a new field, which has the focus: the old one would send it with every answer."""
    if not came(files):
        return {}
    field_id = f"{FIELD}-{random_source.token_hex(3)}"
    return {"picture_field": field_id, "focus": field_id}
