"""Values that nobody should send: for tests that hold everything against everything."""

from hypothesis import strategies as st

TEXTS = [
    "",
    " ",
    "​⁠",
    "\0",
    "a\0b",
    "\ud800",
    "a\ud800b",
    "line\nbreak",
    "line\u2028break",
    "\r\n",
    "tab\there",
    "‮evil",
    "e\u0301",
    "ﬂ",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "{{ contact.email }}",
    "{{",
    "../../etc/passwd",
    "/etc/localtime",
    "x" * 100_000,
    "e\u0301" * 50_000,
    "\u0301" * 10_000,
    "👩‍👩‍👧‍👦" * 300,
    "שלום",
    "٣٠",
    "30",
    "-1",
    "1e3",
    "NaN",
    "null",
    "true",
    "2026-02-30",
    "2026-W01-1",
    "20260101",
    "0000-00-00",
    "9999-12-31",
    "24:00",
    "25:00",
    "9:00",
    "09:00\n",
    "https://example.org/",
    "javascript:alert(1)",
    "a@b",
    "ana@example.org",
    "Ana <ana@example.org>",
    "Europe/Paris",
    "europe/paris",
]
SCALARS = [
    *(None, True, False, 0, 1, -1, 30, 10**30, -(10**400), 0.5, 30.0, float("nan"), float("inf"), float("-inf")),
    *TEXTS,
]
VALUES = [*SCALARS, [], {}, [None], [[]], [{}], {"": ""}, {"kind": None}, [30] * 5000, {str(n): n for n in range(5000)}]

scalars = st.one_of(
    st.integers(0, len(SCALARS) - 1).map(lambda index: SCALARS[index]), st.integers(), st.floats(), st.text(max_size=20)
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
