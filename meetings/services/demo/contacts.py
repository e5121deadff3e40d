"""Whose contacts are whose in the demo, and what the team wrote down about them."""

from datetime import datetime, timedelta

from meetings.models import Contact, User

from .. import companies, contacts, notes

CONTACTS = (
    ("Maren", "Holt", "maren.holt@fjordkontor.example", "Europe/Oslo", "en"),
    ("Farah", "El-Amin", "farah@oasisbank.example", "Europe/Paris", "fr"),
    ("Wanjirũ", "Kamau", "w.kamau@savannaradio.example", "Africa/Nairobi", "en"),
    ("Mateusz", "Wiśniewski", "mateusz@brzmienie.example", "Europe/Warsaw", "en"),
    ("Léa", "Fontaine", "lea@fontaine-architectes.example", "Europe/Paris", "fr"),
    ("Tomasz", "Brzęczyszczykiewicz", "tomasz@filharmonia.example", "Europe/Warsaw", "en"),
    ("Elin", "Sandberg", "elin@norrlandtimber.example", "Europe/Stockholm", "en"),
    ("Jun", "Park", "jun.park@hanok.example", "Asia/Seoul", "en"),
    ("Chloé", "Marchand", "chloe@radio-canal.example", "America/Montreal", "fr"),
    ("Diego", "Robles", "diego@teatromayor.example", "America/Bogota", "en"),
    ("Nora", "Lindqvist", "nora@vardcentral.example", "Europe/Stockholm", "en"),
    ("Bartholomäus", "von Hohenfels-Wittgenstein", "b.hohenfels@stadttheater.example", "Europe/Berlin", "en"),
)

# Name, domain, whose its contacts are.
COMPANIES = (
    ("Fjordkontor AS", "fjordkontor.example", "joakim@northlight.example"),
    ("Filharmonia", "filharmonia.example", "aiko@northlight.example"),
    ("Teatro Mayor", "teatromayor.example", "aiko@northlight.example"),
    ("Oasis Bank", "oasisbank.example", ""),
    ("Fontaine Architectes", "fontaine-architectes.example", ""),
)

# Made by hand: first and last name, address, owner. Maren is there twice, for whoever looks for duplicates.
BY_HAND = (
    ("Léa", "Fontaine", "lea@fontaine-architectes.example", "ines@northlight.example"),
    ("Oskar", "Lindgren", "oskar@norrlandtimber.example", "joakim@northlight.example"),
    ("Maren", "Holt", "m.holt@fjordkontor.example", ""),
)

# Whose, by whom, days ago, what.
NOTES = (
    (
        "maren.holt@fjordkontor.example",
        "joakim@northlight.example",
        6,
        "Sends plans as DWG. Ask for heights.",
    ),
    ("maren.holt@fjordkontor.example", "ines@northlight.example", 2, "Wants an offer before Christmas."),
    ("lea@fontaine-architectes.example", "ines@northlight.example", 4, "Three schools in one year.\nPrefers mornings."),
    ("tomasz@filharmonia.example", "aiko@northlight.example", 3, "The small hall first; the organ stays."),
)


def make_owned(team: list[User], now: datetime) -> None:
    """Companies with and without an owner, and contacts that were made by hand."""
    admin = team[0]
    for name, domain, owner in COMPANIES:
        companies.create(admin, {"name": name, "domain": domain, "owner": owner}, now - timedelta(days=80))
    for first_name, last_name, email, owner in BY_HAND:
        values = {"email": email, "first_name": first_name, "last_name": last_name, "owner": owner}
        contacts.create(admin, values, now - timedelta(days=70))


def write_notes(team: list[User], now: datetime) -> None:
    """What was noted of those who are known by now."""
    authors = {user.email: user for user in team}
    for email, author, days, words in NOTES:
        contact = Contact.known_as(email)
        if contact is not None:
            notes.add(authors[author], contact, words, now - timedelta(days=days))
