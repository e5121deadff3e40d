"""What two link documents differ in, by path; and how such differences are taken back or put into a third document.

A list is one value, and so is the window, whose kinds have nothing in common.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

WHOLE: Final = frozenset({"scheduling.window"})  # objects that change as one

Change = dict[str, Any]  # {"path", "old", "new"}; what isn't there is None


def difference(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> list[Change]:
    """What has to change for `old` to become `new`, in the order of `new`."""
    found: list[Change] = []
    for name in (*new, *(name for name in old if name not in new)):
        place = f"{path}.{name}" if path else name
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping) and place not in WHOLE:
            found += difference(before, after, place)
        else:
            found.append({"path": place, "old": before, "new": after})
    return found


def applied(document: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """The document with these changes' new values."""
    return _with(document, [(change["path"], change["new"]) for change in changes])


def taken_back(document: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The document before these changes, which are given in the order in which they were made."""
    return _with(document, [(change["path"], change["old"]) for change in reversed(changes)])


def paths_of(changes: Iterable[Change]) -> set[str]:
    """Where something changed."""
    return {change["path"] for change in changes}


def collisions(mine: Iterable[Change], theirs: Collection[Change]) -> list[tuple[Change, Change]]:
    """Pairs of changes, mine first, that want another value in the same place."""
    return [
        (own, other)
        for own in mine
        for other in theirs
        if _overlap(own["path"], other["path"]) and (own["path"], own["new"]) != (other["path"], other["new"])
    ]


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def patch_of(changes: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A merge patch that sets these paths to these values; the last word on a path counts."""
    patch: dict[str, Any] = {}
    for path, value in changes:
        *above, name = path.split(".")
        place = patch
        for part in above:
            place = place.setdefault(part, {})
        place[name] = value
    return patch


def _with(document: Mapping[str, Any], values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(document)
    for path, value in values:
        _set(made, path.split("."), value)
    return made


def _set(place: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a value into its place; what is above it is copied."""
    name, *below = path
    if below:
        inner = place.get(name)
        place[name] = dict(inner) if isinstance(inner, Mapping) else {}
        _set(place[name], below, value)
    else:
        place[name] = value
