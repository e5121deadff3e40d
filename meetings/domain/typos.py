"""What somebody may have meant who mistyped the part of an e-mail address after the @."""

from typing import Final

# Where most mailboxes are; what is one slip away from one of these is hardly ever meant.
COMMON: Final = (
    *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.fr", "live.com", "msn.com"),
    *("yahoo.com", "yahoo.fr", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com"),
    *("gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr"),
    *("laposte.net", "posteo.de", "mailbox.org", "fastmail.com", "zoho.com"),
)
_REAL: Final = frozenset({"mail.com", "ymail.com", "gmx.at", "gmx.ch", "gmx.fr", "live.fr", "live.de", "yahoo.de"})


def suggestion(email: str) -> str:
    """The address that was probably meant; nothing where it looks right, or nobody can tell."""
    name, at, domain = email.strip().lower().rpartition("@")
    if not (name and at) or domain in COMMON or domain in _REAL:
        return ""
    near = [known for known in COMMON if len(known) > len("me.com") and is_one_slip(domain, known)]
    return f"{name}@{near[0]}" if len(near) == 1 else ""


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many, another, or two neighbours changed places."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = next((n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    rest, wanted = typed[start:], meant[start:]
    swapped = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], swapped) or rest == wanted[1:] or rest[1:] == wanted[1:]
