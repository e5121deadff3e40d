"""Why a link offers a time or not: a page in words and with a drawing, for those who may see the link."""

from .hosts import what
from .pages import address, blueprint

__all__ = ["address", "blueprint", "what"]
