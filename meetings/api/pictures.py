"""Pictures for links to show."""

from flask import request

from .. import clock
from ..models import User
from ..services import pictures
from .calls import Access, Group, call

MAX_BODY = (pictures.MEGABYTES_MAX + 1) * 1024 * 1024  # a little more than may be kept: such a file is told its limit


@call(
    "POST",
    "/pictures",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Upload a picture",
    takes=("image/jpeg", "image/png", "image/webp"),
    answer="Picture",
    explanation=(
        f"The body is the file itself: JPEG, PNG or WebP, at most {pictures.MEGABYTES_MAX} MB. It is cut to a square "
        "and written anew as WebP. `name` is what a link's `scheduling.picture` takes."
    ),
)
def upload_picture(actor: User) -> dict[str, object]:
    request.max_content_length = MAX_BODY
    kept = pictures.keep(request.get_data(), actor, clock.now(), pictures.FACE)
    return {"name": kept.name, "url": pictures.address(kept.name), "width": kept.width, "height": kept.height}
