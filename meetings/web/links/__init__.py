"""The list of links, and what is done with one from there: share, duplicate, switch off and on, transfer, delete."""

from . import changes, embedding, invitations, listing, person, share, times, transferring
from .pages import blueprint

__all__ = ["blueprint", "changes", "embedding", "invitations", "listing", "person", "share", "times", "transferring"]
