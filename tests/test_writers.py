"""The only way to write a booking: services/bookings/, in a transaction that has locked the hosts first.

Read from the source, so that another way is found before anybody takes it.
"""

import ast
import re
from collections.abc import Container, Iterator
from pathlib import Path

import peewee
import pytest

from meetings.models import Booking, Participant
from meetings.services import bookings

PACKAGE = Path(__file__).parent.parent / "meetings"
DATABASE = "db.py"  # opens transactions, for all
STATEMENTS = "models/base.py"  # writes the text of statements, for all
WRITER = "services/bookings/"
PARTS = {path.stem for path in (PACKAGE / WRITER).glob("*.py")} - {"__init__"}

GUARDED = {"Booking", "Participant"}
WRITES = {
    *("create", "create_if_new", "get_or_create", "bulk_create", "insert", "insert_many", "insert_from"),
    *("update", "bulk_update", "set_by_id", "replace", "replace_many"),
    *("delete", "delete_by_id", "truncate_table", "drop_table"),
}
OF_A_ROW = {"save": {"force_insert", "only"}, "delete_instance": {"recursive", "delete_nullable"}}  # with what it takes
OPENS = {"atomic", "manual_commit", "session_start", "session_commit", "session_rollback", "commit", "rollback"}
OURS = {"transaction", "savepoint"}  # of meetings/db.py; peewee's own have the same names
BEGINS = re.compile(r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")
CHANGES = re.compile(
    r"\b(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|MERGE\s+INTO|UPDATE\s+\S+(\s+\S+)?\s+SET|DELETE\s+FROM|TRUNCATE|"
    r"(ALTER|DROP)\s+TABLE)\b",
    re.IGNORECASE,
)

Found = Iterator[tuple[int, str]]


def sources() -> list[str]:
    found = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    return sorted(str(path) for path in found if "migrations" not in path.parts)


def called(node: ast.AST) -> tuple[str, str] | None:
    """("db", "lock") of `db.lock(…)`, ("", "lock") of `lock(…)`; of longer names the last two."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return "", node.func.id
    if not isinstance(node.func, ast.Attribute):
        return None
    return last_name(node.func.value), node.func.attr


def last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string in the code, f-strings with a mark where a value goes; what explains the code is none."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "§" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (prose | parts):
            yield node.lineno, node.value


# -- transactions


def transactions(tree: ast.AST) -> Found:
    """Whatever opens or ends one, but for `db.transaction` and `db.savepoint`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            is_ours = isinstance(node.value, ast.Name) and node.value.id == "db"
            of_database = last_name(node.value) in {"database", "obj"}
            if node.attr in OPENS or (node.attr in OURS and not is_ours) or (node.attr == "begin" and of_database):
                yield node.lineno, f".{node.attr} of the database"
        elif isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & {"database"}:
            yield node.lineno, "the database itself is imported"
    yield from ((line, text) for line, text in texts(tree) if BEGINS.match(text))


# -- bookings written elsewhere


def writes(tree: ast.AST, tables: set[str] | None = None) -> Found:
    """Whatever writes rows of the guarded tables, or might: by the table, by the row, by a statement."""
    tables = names_of_guarded(tree) if tables is None else tables
    for node in ast.walk(tree):
        of, what = called(node) or ("", "")
        if (what in WRITES and of in tables) or (what in OF_A_ROW and is_of_a_row(node, what)):
            yield node.lineno, f"{of}.{what}"
    yield from ((line, text) for line, text in texts(tree) if CHANGES.search(text))


def reaches_inside(tree: ast.AST) -> Found:
    """Whatever takes a part of the writer that it keeps to itself: its modules, and what is in them."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute) and last_name(node.value) == "bookings":
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            of = str(node.module).split(".")
            names = (
                [alias.name for alias in node.names] if of[-1] == "bookings" else of[-1:] if "bookings" in of else []
            )
        elif isinstance(node, ast.Import):
            names = [alias.name.rpartition("bookings.")[2] for alias in node.names if "bookings." in alias.name]
        yield from ((node.lineno, name) for name in names if name.startswith("_") or name in PARTS)


def is_of_a_row(node: ast.AST, what: str) -> bool:
    """A row's `save`, not a picture's: that one is told where to."""
    assert isinstance(node, ast.Call)
    return not node.args and {keyword.arg for keyword in node.keywords} <= OF_A_ROW[what]


def names_of_guarded(tree: ast.AST) -> set[str]:
    """The tables' names here, with every other name that may stand for them."""
    known = set(GUARDED)
    while True:
        more = known | {name for node in ast.walk(tree) for name in bound_by(node, known)}
        if more == known:
            return known
        known = more


def bound_by(node: ast.AST, known: set[str]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names if alias.name in known)
    elif isinstance(node, ast.Assign) and mentions(node.value, known):
        yield from (last_name(target) for target in node.targets)
    elif isinstance(node, ast.For | ast.comprehension | ast.AnnAssign | ast.NamedExpr):
        value = node.iter if isinstance(node, ast.For | ast.comprehension) else node.value
        yield from [last_name(node.target)] if value is not None and mentions(value, known) else []


def mentions(value: ast.AST, known: set[str]) -> bool:
    """Whether the value is such a table, or a choice of several with one among them."""
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return any(mentions(each, known) for each in value.elts)
    if isinstance(value, ast.IfExp):
        return mentions(value.body, known) or mentions(value.orelse, known)
    return last_name(value) in known


# -- the one who may


def unlocked(tree: ast.Module, public: Container[str]) -> Found:
    """In the writer: transactions that don't begin with the lock, and writing that may happen outside of one.

    `public` are the functions that others may call.
    """
    tables = names_of_guarded(tree)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if is_transaction(node) and not is_locked(node):
            yield node.lineno, "the first statement of a transaction is not db.lock"
    bare = {name for name, function in functions.items() if any(writes(outside_of_locks(function), tables))}
    while more := {name for name, function in functions.items() if uses(function, bare)} - bare:
        bare |= more
    for name in sorted(bare):
        if name in public:
            yield functions[name].lineno, f"{name} writes outside of a transaction that locked the hosts"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) and (any(writes(node, tables)) or uses(node, bare)):
            yield node.lineno, "written when the module is read"


def is_transaction(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(called(item.context_expr) == ("db", "transaction") for item in node.items)


def is_locked(node: ast.AST) -> bool:
    assert isinstance(node, ast.With)
    first = node.body[0]
    is_alone = len(node.items) == 1
    return is_alone and isinstance(first, ast.Expr) and called(first.value) == ("db", "lock")


class _WithoutLocked(ast.NodeTransformer):
    def visit_With(self, node: ast.With) -> ast.AST:
        if is_transaction(node) and is_locked(node):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def outside_of_locks(function: ast.AST) -> ast.AST:
    """What a function does but for its transactions that hold the lock."""
    return _WithoutLocked().visit(ast.parse(ast.unparse(function)))


def uses(function: ast.AST, names: set[str]) -> bool:
    return any(name_used(node) in names for node in ast.walk(outside_of_locks(function)))


def name_used(node: ast.AST) -> str:
    """ "seat" of `seat`, and of `writing.seat`, which stands in another part of the writer."""
    if isinstance(node, ast.Attribute) and last_name(node.value) in PARTS:
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# -- held against the package


def parsed(name: str) -> ast.Module:
    return ast.parse((PACKAGE / name).read_text(encoding="utf-8"))


def writer() -> ast.Module:
    """All parts of the writer as one."""
    parts = [parsed(f"{WRITER}{part}.py") for part in sorted(PARTS)]
    return ast.Module([node for part in parts for node in part.body], type_ignores=[])


@pytest.mark.parametrize("name", [name for name in sources() if name != DATABASE])
def test_transactions_come_from_one_place(name: str) -> None:
    assert [found for found in transactions(parsed(name)) if not is_excused(name, found)] == []


def is_excused(name: str, found: tuple[int, str]) -> bool:
    return name.startswith("models/") and found[1] == "the database itself is imported"  # to bind the tables to it


@pytest.mark.parametrize(
    "name", [name for name in sources() if name not in {DATABASE, STATEMENTS} and not name.startswith(WRITER)]
)
def test_nobody_else_writes_bookings(name: str) -> None:
    assert [*writes(parsed(name)), *reaches_inside(parsed(name))] == []


def test_bookings_are_written_under_the_lock() -> None:
    assert list(unlocked(writer(), bookings.__all__)) == []
    assert any(writes(writer()))


def test_no_name_in_the_writer_stands_for_two_functions() -> None:
    """Nor has a part another name elsewhere: the test above follows them by name."""
    names = [node.name for node in writer().body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))
    imports = [node for node in writer().body if isinstance(node, ast.ImportFrom) and node.level == 1]
    assert imports
    assert not [alias.name for node in imports for alias in node.names if alias.asname]


def test_nothing_else_is_deleted_or_changed_together_with_a_booking() -> None:
    """A contact, a link or a user that went would take bookings along, unseen by all of the above."""
    for table in (Booking, Participant):
        for key in table._meta.refs:
            allowed = "CASCADE" if key.rel_model is Booking else "RESTRICT"
            assert isinstance(key, peewee.ForeignKeyField)
            assert (key.on_delete, key.on_update) == (allowed, None), key.name


# -- that all this can fail

BEGINNINGS = [
    "with db.database.atomic(): pass",
    "with database.atomic('IMMEDIATE'): pass",
    "@database.atomic()\ndef f(): pass",
    "with db.database.transaction(): pass",
    "with db.database.obj.savepoint(): pass",
    "with db.database.manual_commit(): pass",
    "db.database.begin()",
    "db.database.obj.commit()",
    "db.execute('BEGIN IMMEDIATE', [])",
    "db.execute(f'  savepoint {name}'.upper() or f'SAVEPOINT {name}', [])",
    "from meetings.db import database",
]
ELSEWHERE = [
    "Booking.create(uid='x')",
    "models.Participant.insert(host=1).execute()",
    "Booking.update(status='cancelled').where(Booking.id == 1).execute()",
    "from meetings.models import Booking as Meeting\nMeeting.delete().execute()",
    "for table in (Session, Participant):\n    table.delete().execute()",
    "[table.delete().execute() for table in [Answer, Booking]]",
    "table = Participant if merged else Member\ntable.update(host=1).execute()",
    "chosen = Booking\nagain = chosen\nagain.create_if_new()",
    "booking.save()",
    "booking.save(only=[Booking.status])",
    "found.delete_instance(recursive=True)",
    "db.execute('UPDATE booking SET status = ?', [])",
    "db.execute('update \"booking\" b set status = ?', [])",
    "db.execute(f'DELETE FROM {table}', [])",
    "db.execute('INSERT OR IGNORE INTO ' + table, [])",
    "db.execute('ALTER TABLE participant DROP COLUMN buffer', [])",
]
INSIDE = [
    "bookings._seat(booking, [], 0)",
    "from .bookings import _touch",
    "services.bookings._move",
    "bookings.writing.seat(booking, [], 0)",
    "from .bookings import writing",
    "from meetings.services.bookings.writing import seat",
    "import meetings.services.bookings.writing as others",
]
HARMLESS = [
    "Member.delete().where(Member.user == user).execute()",
    "Booking.select().where(Booking.id.in_(Participant.select(Participant.booking)))",
    "picture.save(target, 'WEBP', quality=82)",
    "values.update(status='x')",
    "with db.transaction():\n    with db.savepoint(): pass",
    "pause.begin(error)",
    "def f():\n    'Right before the UPDATE booking SET … goes out.'",
    "raise Invalid('Begin anew, or delete the booking.')",
]
LOCKED = "with db.transaction():\n        db.lock(ids)\n        "
UNLOCKED = [
    "def take():\n    Booking.create()",
    "def take():\n    with db.transaction():\n        Booking.create()",
    "def take():\n    with db.transaction():\n        found = Booking.by_key(key)\n        db.lock(ids)",
    "def take():\n    with db.transaction(), quiet():\n        db.lock(ids)\n        Booking.create()",
    f"def take():\n    {LOCKED}pass\n    Booking.create()",
    f"def take():\n    {LOCKED}pass\n    _a()\ndef _a():\n    _b()\ndef _b():\n    booking.save()",
    "def take():\n    return list(map(_b, found))\ndef _b(booking):\n    booking.save()",
    "from meetings.models import Booking as Meeting\ndef take():\n    Meeting.create()",
    "def take():\n    writing.seat(booking)\ndef seat(booking):\n    booking.save()",
    "Booking.create()",
]


@pytest.mark.parametrize("code", BEGINNINGS)
def test_another_transaction_is_found(code: str) -> None:
    assert list(transactions(ast.parse(code)))


@pytest.mark.parametrize("code", ELSEWHERE)
def test_another_writer_is_found(code: str) -> None:
    assert list(writes(ast.parse(code)))


@pytest.mark.parametrize("code", INSIDE)
def test_who_reaches_inside_is_found(code: str) -> None:
    assert list(reaches_inside(ast.parse(code)))


@pytest.mark.parametrize("code", HARMLESS)
def test_what_is_harmless_is_left_alone(code: str) -> None:
    tree = ast.parse(code)
    assert [*transactions(tree), *writes(tree), *reaches_inside(tree)] == []


@pytest.mark.parametrize("code", UNLOCKED)
def test_writing_without_the_lock_is_found(code: str) -> None:
    assert list(unlocked(ast.parse(code), {"take"}))


def test_writing_under_the_lock_is_left_alone() -> None:
    code = f"def take():\n    {LOCKED}_a()\ndef _a():\n    _b()\ndef _b():\n    booking.save()"
    assert list(unlocked(ast.parse(code), {"take"})) == []
