import pytest

from meetings.domain.place import Place


@pytest.mark.parametrize(
    ("kind", "text", "line", "join_url", "call_url", "public"),
    [
        ("custom", "", "", "", "", ""),
        ("custom", "At our office", "At our office", "", "", "At our office"),
        ("custom", "https://meet.example/a", "https://meet.example/a", "https://meet.example/a", "", ""),
        ("custom", "http://meet.example/a", "http://meet.example/a", "", "", ""),
        ("custom", "Video: https://meet.example/a?pw=1", "Video: https://meet.example/a?pw=1", "", "", "Video"),
        ("custom", "Call (https://meet.example/a) at ten", "Call (https://meet.example/a) at ten", "", "", "Call at ten"),
        ("address", "Rua do Alecrim 41,\nLisbon\n\nPortugal", "Rua do Alecrim 41, Lisbon, Portugal", "", "", "Rua do Alecrim 41,\nLisbon\n\nPortugal"),
        ("address", "https://meet.example", "https://meet.example", "", "", ""),
        ("link", "https://meet.example/a", "https://meet.example/a", "https://meet.example/a", "", ""),
        ("link", "", "", "", "", ""),
        ("link", "javascript:alert(1)", "javascript:alert(1)", "", "", ""),
        ("phone", "+33 (0)1 23-45.67", "+33 (0)1 23-45.67", "", "tel:+331234567", ""),
        ("phone", "030 1234567 ext. 12", "030 1234567 ext. 12", "", "tel:0301234567;ext=12", ""),
        ("phone", "+44 20 7946 0000, x9", "+44 20 7946 0000, x9", "", "tel:+442079460000;ext=9", ""),
        ("phone", "", "", "", "", ""),
    ],
)  # fmt: skip
def test_a_place_as_each_reader_needs_it(kind, text, line, join_url, call_url, public):
    place = Place(kind, text)
    assert (place.line, place.join_url, place.call_url, place.public) == (line, join_url, call_url, public)
