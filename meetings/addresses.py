"""What the parts of an address may hold: whatever no row can have leads nowhere, before any database is asked."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

KEY_MAX = 2**31 - 1  # what a database's key column holds


class Key(IntegerConverter):
    """A row's number; a larger one than any can have is an unknown address."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=KEY_MAX)


class Text(UnicodeConverter):
    """A name or token, as in addresses everywhere, but without NUL: PostgreSQL refuses to look for that."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map)
        self.regex = "[^/\0]+"


def init_app(app: Flask) -> None:
    """Let addresses say <key:id>, and mean by <slug> what can be looked for. Before any address is registered."""
    app.url_map.converters.update(key=Key, default=Text, string=Text)
