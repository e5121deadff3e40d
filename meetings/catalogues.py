"""Catalogues: the sources' sentences, gathered for translators, and what they made of them, built for speaking.

A translator's file (`.po`) is the source. The built one (`.mo`) lies beside it and is made anew when that has changed;
where the folder can't be written, the source is read each time the app starts, which takes a blink longer.
"""

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from babel.support import NullTranslations, Translations

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "translations"
SOURCES = ("meetings", "templates")

# How code marks a sentence: the function, and at which place its sentence stands (None: the first and only one).
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "say": (2,),
    "say_count": (2, 3),
}
# Lines of a file's head that would change with every run and say nothing.
_NOISE = tuple(
    f'"{name}:'
    for name in (
        *("POT-Creation-Date", "PO-Revision-Date", "Generated-By"),
        *("Last-Translator", "Language-Team", "Report-Msgid-Bugs-To"),
    )
)
_TEMPLATE_HEAD = (
    "# Every sentence of Meetings, as the code has it. Written by `flask translations update`: don't edit it."
)

log = logging.getLogger(__name__)


# ---- speaking --------------------------------------------------------------------------------------------------------


def build(locales: Iterable[str], folder: Path = FOLDER) -> None:
    """Make the built catalogues of these languages where they are missing or of another source."""
    for locale in locales:
        source = find(locale, folder)
        if source is None or _is_built(source):
            continue
        try:
            written_at = source.stat().st_mtime_ns
            _replace(source.with_suffix(".mo"), _compiled(source), written_at)
        except OSError as trouble:
            log.info("The translations of %s are read from their source, for nothing can be built: %s", locale, trouble)
        except ValueError as trouble:
            log.error("The translations of %s can't be read, so it speaks English: %s", locale, trouble)  # noqa: TRY400


def load(locale: str, folder: Path = FOLDER) -> NullTranslations:
    """The language's sentences; without a catalogue, or with a broken one, the sentences as the code has them."""
    source = find(locale, folder)
    if source is None:
        return NullTranslations()
    try:
        content = source.with_suffix(".mo").read_bytes() if _is_built(source) else _compiled(source)
    except (OSError, ValueError):  # `build` has told the log
        return NullTranslations()
    return Translations(BytesIO(content))


def find(locale: str, folder: Path = FOLDER) -> Path | None:
    """The translators' file of a language, or of the nearest wider one: fr_CA → fr_CA or fr."""
    parts = locale.replace("-", "_").split("_")
    while parts and all(part.isalnum() for part in parts):
        source = folder / "_".join(parts) / "LC_MESSAGES" / "messages.po"
        if source.exists():
            return source
        parts.pop()
    return None


def _is_built(source: Path) -> bool:
    """Whether the built file is of this very source: it bears the time at which that was written."""
    built = source.with_suffix(".mo")
    return built.exists() and built.stat().st_mtime_ns == source.stat().st_mtime_ns


def _compiled(source: Path) -> bytes:
    content = BytesIO()
    write_mo(content, read(source))
    return content.getvalue()


def _replace(path: Path, content: bytes, written_at: int | None = None) -> None:
    """Write a file in one step, so that an app that starts at the same time never reads half of it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        if written_at is not None:
            os.utime(name, ns=(written_at, written_at))
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


# ---- translating -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a language has come."""

    locale: str
    sentences: int
    missing: int


def update(folder: Path = FOLDER) -> list[Progress]:
    """Gather the sentences afresh and bring every language up to them. What nobody says any more is dropped."""
    template = gather()
    _write(folder / "messages.pot", template)
    return [_bring_up(source, template) for source in sources(folder)]


def add(name: str, folder: Path = FOLDER) -> Path:
    """Begin a language: a file with all sentences and no translation yet. Raises ValueError for one nobody knows."""
    locale = _locale(name)
    source = folder / str(locale) / "LC_MESSAGES" / "messages.po"
    if source.exists():
        raise FileExistsError(f"{source} is here already.")
    catalog = Catalog(
        locale, header_comment=f"# {locale.get_display_name('en')} translations of Meetings.", fuzzy=False
    )
    catalog.update(gather(), no_fuzzy_matching=True)
    source.parent.mkdir(parents=True)
    _write(source, catalog)
    return source


def _locale(name: str) -> Locale:
    try:
        locale = Locale.parse(name.replace("-", "_"))
    except UnknownLocaleError as trouble:
        raise ValueError(str(trouble)) from trouble
    if str(locale).casefold() != name.replace("-", "_").casefold():
        raise ValueError(f"There is no language {name}; the nearest is {locale}.")
    return locale


def sources(folder: Path = FOLDER) -> list[Path]:
    """The translators' files of all languages."""
    return sorted(folder.glob("*/LC_MESSAGES/messages.po"))


def read(source: Path) -> Catalog:
    """A translators' file; ValueError where it is no such file."""
    locale = source.parent.parent.name if source.suffix == ".po" else None
    try:
        with source.open("rb") as file:
            return read_po(file, locale, abort_invalid=True)
    except PoFileError as trouble:
        raise ValueError(f"{source}: {trouble}") from trouble


def gather(root: Path = ROOT) -> Catalog:
    """All sentences that code and templates mark for translation."""
    from babel.messages.extract import extract_from_dir
    from babel.messages.frontend import parse_mapping_cfg

    with (FOLDER / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog(header_comment=_TEMPLATE_HEAD, fuzzy=False)
    for path, line, sentence, comments, context in extract_from_dir(
        root, methods, options, KEYWORDS, ("NOTE:",), directory_filter=lambda path: _is_source(Path(path), root)
    ):
        found.add(sentence, None, [(path, line)], auto_comments=comments, context=context)
    return found


def missing(catalog: Catalog) -> Iterator[Message]:
    """Sentences without a translation, with a doubtful one, or without one of the language's plural forms."""
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = catalog.num_plurals if message.pluralizable else 1
        if message.fuzzy or len(forms) != wanted or not all(forms):
            yield message


def _is_source(path: Path, root: Path) -> bool:
    return path.relative_to(root).parts[0] in SOURCES


def _bring_up(source: Path, template: Catalog) -> Progress:
    catalog = read(source)
    catalog.update(template, no_fuzzy_matching=True)
    _write(source, catalog)
    return Progress(source.parent.parent.name, len(catalog), len(list(missing(catalog))))


def _write(path: Path, catalog: Catalog) -> None:
    """Write a catalogue, if it says anything else than the file does: no dates, no line numbers, no tool's name."""
    catalog.project, catalog.version = "Meetings", "VERSION"
    content = BytesIO()
    write_po(content, catalog, width=120, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    lines = StringIO(content.getvalue().decode("utf-8").replace("Meetings VERSION", "Meetings"))
    text = "".join(line for line in lines if not line.startswith(_NOISE))
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _replace(path, text.encode("utf-8"))
