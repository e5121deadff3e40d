"""The battery: programs that try to make the app lose or double a booking or a mail.

Real processes of app.py, a real mail server, SQLite on a disk or a PostgreSQL server. The verdict comes from what the
callers were told, the final database and what the mail server got (`checker.py`), never from the app's own word.
A program that can't fail proves nothing: each race is run once more with its guard taken out, and must then fail.

    python -m tests.battery --help
"""
