"""Contacts: the list, one of them with their meetings and notes, making and changing them, their rights."""

from . import editing, exporting, importing, listing, merging, notes, person, privacy
from .pages import blueprint

__all__ = ["blueprint", "editing", "exporting", "importing", "listing", "merging", "notes", "person", "privacy"]
