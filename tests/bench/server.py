"""The measured process: the app as it is served, with one more route to measure against.

The route T does what the cheapest useful page does: one row by an indexed column, a template of 40 lines.
Usage: python -m tests.bench.server DATA_DIR; prints its port.
"""

import sys

from flask import Flask, render_template
from waitress import create_server

from meetings import clock, create_app, db
from meetings.models import User
from tests.bench import data

THREADS = 8
TEMPLATE = (
    "<!doctype html>\n<title>{{ user.name }}</title>\n<table>\n"
    + "\n".join(
        f"<tr><th>Line {number}</th><td>{{{{ user.name }}}}</td><td class='{{{{ user.timezone }}}}'>"
        f"{'word ' * 8}</td></tr>"
        for number in range(36)
    )
    + "\n</table>"
)


def make(data_dir: str) -> Flask:
    app = create_app({"DATA_DIR": data_dir, "SECRET_KEY": "bench", "SCHEDULER": False, "RATELIMIT_ENABLED": False})
    clock.set_source(lambda: data.NOW)
    template = app.jinja_env.from_string(TEMPLATE)  # compiled once, as templates in files are

    @app.get("/bench/reference")
    def reference() -> str:
        return render_template(template, user=User.get(User.email == "host3@example.org"))

    return app


def main() -> None:
    app = make(sys.argv[1])
    with app.app_context():
        db.migrate()
        if not User.select().exists():
            print(f"{data.fill()} meetings", file=sys.stderr)
        db.disconnect()
    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    print(server.effective_port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
