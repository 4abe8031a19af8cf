"""``include``: metrics and sources that a team defines once, in a library file, and names in its experiments.

Principle: the library only offers. A metric is used when the experiment names it under ``metrics`` (``revenue_56d:``
takes it as it is; keys of its own go before the library's, and with a `type` of its own it stands alone), and a source
when a used metric asks for it. What an experiment uses stands in its own file; what it does not name changes nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from abtest.grammar.diagnostics import refuse
from abtest.grammar.fields import nearest
from abtest.grammar.nodes import Document, Mark, Problem, Tree, decode, parse, speaks_of
from abtest.grammar.nodes import Path as NodePath
from abtest.process.regular import open_regular

INCLUDE = "include"
LIBRARY_KEYS = ("version", INCLUDE, "data", "metrics")
_SHARED = ("data", "metrics")
_ALWAYS = ("customers", "assignments")
MOST_FILES = 50
_WHERE = frozenset({"path", "table"})


def is_library(tree: Tree) -> bool:
    """Whether a file holds nothing but what a library may hold, so that it is no experiment."""
    return isinstance(tree, dict) and bool(tree) and set(tree) <= set(LIBRARY_KEYS)


@dataclass
class _Offer:
    """One entry of a library: its value, the file it stands in, and where that file is."""

    value: Tree
    document: Document
    label: str
    folder: Path


@dataclass
class _Assembly:
    """What is collected on the way through the files."""

    folder: Path
    offers: dict[NodePath, _Offer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    keys: dict[NodePath, Mark] = field(default_factory=dict)
    values: dict[NodePath, Mark] = field(default_factory=dict)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    read: dict[Path, bool] = field(default_factory=dict)


def assembled(document: Document, file: Path | None, folder: Path) -> Document:
    """Return the document with what it uses of the libraries that it includes, in place.

    ``file`` is where it was read from, ``folder`` what relative data paths start from. Every problem with a library
    file is in the result's ``problems``, with its place in that file.
    """
    tree = document.tree
    if not isinstance(tree, dict) or INCLUDE not in tree:
        return document
    assembly = _Assembly(folder, problems=list(document.problems), lines=dict(document.lines or {}))
    assembly.values.update(document.values)
    assembly.keys.update(document.keys)
    chain = (file.resolve(),) if file is not None else ()
    _follow(document, (file.parent if file else folder), chain, assembly)
    return _merged(document, assembly)


def problems_of_includes(document: Document, file: Path) -> list[Problem]:
    """Return what is wrong with the files that a library includes; each is reported at its place in the library."""
    if not isinstance(document.tree, dict) or INCLUDE not in document.tree:
        return []
    whole = assembled(document, file, file.parent)
    return [
        Problem((INCLUDE,), f"{whole.mark(problem.path, on_key=True).file}: {problem.message}", code="include")
        if whole.mark(problem.path, on_key=True).file != file.name
        else Problem((INCLUDE,), problem.message, code="include")
        for problem in whole.problems[len(document.problems) :]
    ]


def _follow(
    document: Document, here: Path, chain: tuple[Path, ...], assembly: _Assembly, *, library: bool = False
) -> None:
    """Read the files that ``document`` includes, and those that they include."""
    tree = document.tree
    listed = tree.get(INCLUDE) if isinstance(tree, dict) else None
    entries: list[tuple[NodePath, Tree]] = (
        [((INCLUDE, index), entry) for index, entry in enumerate(listed)]
        if isinstance(listed, list | tuple)
        else [((INCLUDE,), listed)]
    )
    for path, entry in entries:
        if not isinstance(entry, str) or not entry.strip():
            # What a YAML file has that is not text is an error of the field, which the model reports for the
            # experiment's own file; from Python a number would pass there.
            if library or isinstance(entry, int | float):
                _complain(assembly, document, path, "must be the path of a library file, such as library.yaml")
            continue
        problem = _include(entry, here, chain, assembly)
        if problem:
            _complain(assembly, document, path, problem)


def _include(entry: str, here: Path, chain: tuple[Path, ...], assembly: _Assembly) -> str | None:
    """Read one library; return what is wrong with the entry that names it."""
    if Path(entry).is_absolute() or entry.startswith("~") or "\\" in entry or "://" in entry:
        return "must be a path relative to this file, with / between folders, so that it holds on every machine"
    target = here / entry
    try:
        resolved = target.resolve()
        if not resolved.exists() or resolved.is_dir():
            siblings = [found.name for found in target.parent.glob("*.y*ml")] if target.parent.is_dir() else []
            return f"there is no file {entry!r}{nearest(target.name, siblings)}"
        if resolved in chain:
            names = " → ".join(found.name for found in (*chain[chain.index(resolved) :], resolved))
            return f"the files include each other in a circle: {names}; remove one of the includes"
        if resolved in assembly.read:
            return None
        if len(assembly.read) >= MOST_FILES:
            return f"more than {MOST_FILES} files are included; put their metrics into fewer"
        assembly.read[resolved] = True
        with open_regular(resolved) as opened:
            raw = opened.read(1_000_001)
    except (OSError, ValueError, RuntimeError) as error:  # a link that leads to itself is a RuntimeError
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    label = _relative(resolved, assembly.folder)
    if label in assembly.lines:
        label = resolved.as_posix()  # from another folder than the experiment's own file
    text = decode(raw, label)
    if not text.strip():
        raise refuse(label, 1, 1, "the file is empty; a library holds data or metrics")
    outside = not resolved.is_relative_to(assembly.folder.resolve())
    library = parse(text, label, ours=not outside and speaks_of(text, LIBRARY_KEYS))
    if outside and not is_library(library.tree):
        return f"{label} is no library, which is a mapping of {', '.join(LIBRARY_KEYS)} and nothing else"
    # Who includes a file of somebody else's may not be who may read it: of such a file no line is shown.
    assembly.lines.update(dict.fromkeys(library.lines or {}, ()) if outside else library.lines or {})
    assembly.problems += library.problems
    assembly.keys.update({place: mark for place, mark in library.keys.items() if str(place[-1]).startswith("#")})
    if not isinstance(library.tree, dict):
        assembly.lines[label] = ()
        _complain(assembly, library, (), f"a library is a mapping of {', '.join(LIBRARY_KEYS)}")
        return None
    _follow_library(library, label, (*chain, resolved), assembly)
    return None


def _follow_library(library: Document, label: str, chain: tuple[Path, ...], assembly: _Assembly) -> None:
    tree = library.tree
    if not isinstance(tree, dict):
        return
    for key in tree:
        if key not in LIBRARY_KEYS:
            hint = nearest(key, LIBRARY_KEYS)
            known = ", ".join(LIBRARY_KEYS)
            message = f"unknown key: a library holds only {known}{hint}"
            _complain(assembly, library, (key,), message, on_key=True)
    if tree.get("version", "1") != "1":
        _complain(assembly, library, ("version",), "must be 1, the version of the grammar that this abtest reads")
    if INCLUDE in tree:
        _follow(library, chain[-1].parent, chain, assembly, library=True)
    for part in _SHARED:
        entries = tree.get(part)
        if entries is None:
            continue
        if not isinstance(entries, dict):
            _complain(assembly, library, (part,), "must be a mapping of keys")
            continue
        for name, value in entries.items():
            earlier = assembly.offers.get((part, name))
            if earlier is not None:
                _complain(
                    assembly, library, (part, name), f"is defined in {earlier.label} too; keep one of them", on_key=True
                )
                continue
            assembly.offers[(part, name)] = _Offer(value, library, label, chain[-1].parent)


def _merged(document: Document, assembly: _Assembly) -> Document:
    tree = dict(document.tree) if isinstance(document.tree, dict) else {}
    own_metrics = tree.get("metrics")
    if isinstance(own_metrics, Mapping):
        metrics: dict[str, Tree] = {}
        for name, own in own_metrics.items():
            offer = assembly.offers.get(("metrics", name))
            metrics[name] = _taken(("metrics", name), own, offer, assembly)
            unread = any(problem.code == "include" for problem in assembly.problems)
            if offer is None and not unread and not (isinstance(own, Mapping) and "type" in own):
                offered = [key for part, key in assembly.offers if part == "metrics"]
                hint = nearest(name, [str(key) for key in offered])
                message = f"no library that is included defines {name!r}; give it a `type` to define it here{hint}"
                assembly.problems.append(Problem(("metrics", name), message, on_key=True, code="include"))
        tree["metrics"] = metrics
    data = tree.get("data")
    if data is None or isinstance(data, Mapping):
        tree["data"] = _sources(tree, dict(data or {}), assembly)
    return Document(tree, assembly.values, assembly.keys, tuple(assembly.problems), assembly.lines)


def _sources(tree: Mapping[str, Tree], own: dict[str, Tree], assembly: _Assembly) -> dict[str, Tree]:
    """Return the experiment's sources and those of the libraries that it uses."""
    named = _events(tree.get("metrics"), _events(tree.get("population"), _events(tree.get("compliance"), set())))
    used = {*_ALWAYS, *named}
    sources: dict[str, Tree] = {}
    for key, value in own.items():
        name = str(key)
        sources[key] = _taken(("data", name), value, assembly.offers.get(("data", name)), assembly)
    for (part, offered), offer in assembly.offers.items():
        name = str(offered)
        if part == "data" and name not in sources and name in used:
            sources[name] = _taken(("data", name), None, offer, assembly)
            if ("data",) not in assembly.values:
                assembly.values[("data",)] = offer.document.mark(("data",))
    return sources


def _events(part: object, found: set[str]) -> set[str]:
    """Add to ``found`` what stands behind a key ``event`` anywhere in a part of the tree."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "event" and isinstance(value, str):
                found.add(value)
            else:
                _events(value, found)
    elif isinstance(part, list | tuple):
        for value in part:
            _events(value, found)
    return found


def _taken(path: NodePath, own: Tree, offer: _Offer | None, assembly: _Assembly) -> Tree:
    """Return the library's entry under the experiment's own keys; the marks of what is taken come along."""
    if offer is None or not (own is None or isinstance(own, Mapping)) or _stands_alone(path, own):
        return own
    overridden = set(own or {})
    if path[0] == "data" and overridden & _WHERE:
        overridden |= _WHERE  # a table that is somewhere else is not in the library's place too
    for marks, of_library in ((assembly.values, offer.document.values), (assembly.keys, offer.document.keys)):
        for place, mark in of_library.items():
            inside = place[: len(path)] == path and (len(place) == len(path) or place[len(path)] not in overridden)
            if inside and place not in marks:
                marks[place] = mark
    if own is None or not isinstance(offer.value, Mapping):
        # What is missing or wrong is missing in the library.
        assembly.values[path] = offer.document.mark(path)
    if not isinstance(offer.value, Mapping):
        return offer.value if own is None else own
    taken = {key: value for key, value in offer.value.items() if key not in overridden}
    location = taken.get("path")
    if path[0] == "data" and isinstance(location, str):
        taken["path"] = _moved(location, offer.folder, assembly.folder)
    return {**taken, **(own or {})}


def _stands_alone(path: NodePath, own: Mapping[str, Tree] | None) -> bool:
    """Whether an experiment's entry is a definition of its own, to which a library adds nothing."""
    return own is not None and path[0] == "metrics" and "type" in own


def _moved(location: str, here: Path, folder: Path) -> str:
    """Return a data path of a library as one that starts at the experiment's folder."""
    if Path(location).is_absolute() or "://" in location:
        return location
    return type(location)(_relative(here / location, folder))


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder.resolve() if path.is_absolute() else folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _complain(assembly: _Assembly, document: Document, path: NodePath, message: str, *, on_key: bool = False) -> None:
    """Note a problem with its mark, which may be in another file than the experiment's."""
    place = (*path, f"#include#{len(assembly.problems)}")
    assembly.keys[place] = document.mark(path, on_key=on_key)
    assembly.problems.append(Problem(place, message, on_key=True, code="include"))
