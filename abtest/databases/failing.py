"""What a database refuses, in our words.

Principle: the driver's text may quote an address, a statement or a value, so nothing of it is passed on; what went
wrong is told by the state that SQL has for it, or by the kind of the driver's error.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from abtest.errors import DataError

_T = TypeVar("_T")
_STATES = {
    "42P01": "there is no such table, or this user may not see it; check its schema and name (letter case counts)",
    "3F000": "there is no such schema; check the name of the table",
    "42703": "it uses a column that is not there; check the names of columns (letter case counts)",
    "42601": "the database does not understand the query; try it in the database's own client",
    "0A000": "the database does not do that for who only reads; use a query that only selects",
    "42501": "this user may not read it; ask for the right to SELECT",
    "25006": "it would write, and what reads for an analysis must not; use a query that only selects",
    "57014": "it took longer than `timeout` allows; raise it, ask for less, or add an index on the time",
    "57P01": "the database ended the connection; try again",
    "57P03": "the database is starting or stopping; try again",
    "53300": "the database takes no more connections; try again later",
    "53200": "the database ran out of memory; ask for less",
    "22P02": "a value does not fit the type that the query asks for",
    "28P01": "the database does not accept the user and password of the address",
    "28000": "the database does not accept the user of the address",
    "3D000": "the server has no database of the address's name",
}
_CLASSES = {
    "08": "the connection was lost; try again",
    "22": "a value cannot be computed as the query asks",
    "40": "the database gave up in favour of another transaction; try again",
    "42": "the database does not understand the query; try it in the database's own client",
    "53": "the database has not enough resources; try again later",
    "57": "the database stopped; try again",
    "58": "the database could not read its own files",
}
_SAID = {
    "statement timeout": _STATES["57014"],
    "canceling statement": _STATES["57014"],
    "no such table": _STATES["42P01"],
    "no such column": _STATES["42703"],
    "readonly": _STATES["25006"],
    "read-only": _STATES["25006"],
    "syntax error": _STATES["42601"],
    "database is locked": "another program is writing the database; try again",
    "malformed": "the database file is damaged; restore or copy it again",
    "not a database": "the database file is damaged; restore or copy it again",
    **dict.fromkeys(
        ("server closed", "connection", "could not receive", "terminat", "ssl", "timeout", "timed out", "eof"),
        _CLASSES["08"],
    ),
}
"""What drivers say that give no state. Where an address cannot be reached, nothing says where it leads."""
_ADDRESS = "the address is not one that the driver understands, such as postgresql://user@host/name"
_UNREACHED = {
    "password": _STATES["28P01"],
    "authentication": _STATES["28P01"],
    "role": _STATES["28P01"],
    "no pg_hba": _STATES["28P01"],
    "does not exist": _STATES["3D000"],
    'missing "="': _ADDRESS,
    "invalid uri": _ADDRESS,
    "invalid connection option": _ADDRESS,
    "invalid port": _ADDRESS,
    "translate host name": "the address names a host that is not known",
    "name or service": "the address names a host that is not known",
    "refused": "no database answers at the address; is it running, and are host and port right?",
    "no such file": "no database answers at the address; is it running, and are host and port right?",
    "timeout": "the database did not answer in time; are host and port right, and is it let through?",
    "timed out": "the database did not answer in time; are host and port right, and is it let through?",
    "ssl": "the database and the driver do not agree on encryption; see `sslmode` of the address",
    "certificate": "the database and the driver do not agree on encryption; see `sslmode` of the address",
    "too many": _STATES["53300"],
}


def explained(what: str, ask: Callable[[], _T]) -> _T:
    """Return what ``ask`` returns; an error of the driver's becomes :class:`~abtest.errors.DataError`.

    ``what`` is the place and the name of what is read.
    """
    import adbc_driver_manager

    try:
        return ask()
    except adbc_driver_manager.Error as error:
        require_wanted(error)
        told = DataError(f"{what}: {reason(error)}")
    # Outside of the handler, so that the driver's error, which may quote an address, does not hang on ours.
    raise told


def require_wanted(error: Exception) -> None:
    """Raise ``KeyboardInterrupt`` when it was the user who ended a question: the driver makes an error of it."""
    if "user request" in str(error).lower():
        raise KeyboardInterrupt from None


def reason(error: Exception) -> str:
    """Return what a driver's error means."""
    state = str(getattr(error, "sqlstate", None) or "")
    if state in _STATES:
        return _STATES[state]
    if state[:2] in _CLASSES:
        return _CLASSES[state[:2]]
    text = str(error).lower()
    if "failed to connect" in text or "connection to server" in text:
        return _first(text, _UNREACHED) or "the database cannot be reached; check the address"
    return (
        _first(text, _SAID)
        or f"the database refused it ({type(error).__name__}); try the query in the database's own client"
    )


def _first(text: str, signs: Mapping[str, str]) -> str | None:
    """Return what the first sign means that stands in a text."""
    return next((meaning for sign, meaning in signs.items() if sign in text), None)
