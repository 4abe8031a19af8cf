"""Change a tree of mappings, lists and values as somebody who knows its shape would: one place at a time."""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Steps = tuple[str | int, ...]
NUMBERS: tuple[object, ...] = (
    0, 1, -1, 2, 3, 7, 0.5, -0.5, 1e-300, 5e-324, -0.0, 1e16, 1e18, -1e18, 1e19, 1e300, 1.7976931348623157e308,
    -1e308,
    2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**38, 10**400, 0.1, 0.95, 1.0000000001, 100,
    1000000,
    float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
TEXTS = (
    "", " ", "a", "no", "null", "1", "-1", "1e400", "NaN", "Infinity", "true", "28d", "-56d", "0d", "9999999d", "1pp",
    "5%", "100%", "-5%", "2026-03-02", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30",
    "orders",
    "customers", "assignments", "retained", "x" * 300, "é", "\u202e\u2066abc", "\u200b", "\x1b[31m", "\x00", "\n",
    "a\nb", "'",
    '"', "`", "\\", "../../etc/passwd", "/dev/null", "/dev/zero", "~", "*.csv", "=1+1", "<b>", "$x",
    "#let x = 1", "{{x}}",
    "\ud800", "\U0010ffff", "Europe/Helsinki", "Mars/Olympus", "UTC", "+25:00", "週刊", "🙂",
)  # fmt: skip
OTHERS: tuple[object, ...] = (None, True, False, [], {}, [None], [[]], {"": None}, [{}], {"a": {"b": []}})


@dataclass(frozen=True)
class Place:
    """Where a tree is changed: what holds the value, under which key or number, and the trees it may take from."""

    draw: random.Random
    holder: Any
    step: Any
    value: Any
    tree: object
    others: Sequence[object]


def places(tree: object, path: Steps = ()) -> Iterator[Steps]:
    """Return the path of every value of a tree."""
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from places(value, (*path, index))


def at(tree: object, path: Steps) -> object:
    """Return the value at a path."""
    for step in path:
        tree = tree[step]  # type: ignore[index]
    return tree


def changed(draw: random.Random, tree: object, others: Sequence[object] = (), times: int | None = None) -> object:
    """Return a copy of a tree with some changes; ``others`` are trees whose parts may be put into it."""
    # Copies, of the others too: what is put in by reference would change later cases, and might come to hold itself.
    tree, others = copy.deepcopy(tree), copy.deepcopy(list(others))
    for _ in range(times or draw.choice((1, 1, 1, 2, 2, 3, 6))):
        found = list(places(tree))
        path = draw.choice(found)
        if not path:
            continue
        holder, step, value = at(tree, path[:-1]), path[-1], at(tree, path)
        draw.choice(_CHANGES)(Place(draw, holder, step, value, tree, others))
    return tree


def value_like(draw: random.Random, value: object) -> object:
    """Return another value, most often of the same type."""
    if draw.random() < 0.15:
        return copy.deepcopy(draw.choice(OTHERS))
    if isinstance(value, bool) and draw.random() < 0.5:
        return not value
    if isinstance(value, int | float) and not isinstance(value, bool) and draw.random() < 0.8:
        return _number_near(draw, value)
    if isinstance(value, str) and draw.random() < 0.8:
        return draw.choice(TEXTS) if draw.random() < 0.5 else edited(draw, value)
    return copy.deepcopy(draw.choice(draw.choice((NUMBERS, TEXTS, OTHERS))))


def _number_near(draw: random.Random, value: float) -> object:
    change: Callable[[], object] = draw.choice(
        (
            lambda: draw.choice(NUMBERS),
            lambda: value + draw.choice((-1, 1)),
            lambda: -value,
            lambda: value * draw.choice((2, 10, 1e-9, 1e9)),
            lambda: str(value),
        )
    )
    try:
        return change()
    except OverflowError:
        return 0


def edited(draw: random.Random, text: str) -> str:
    """Return a text with one edit."""
    place = draw.randrange(len(text) + 1)
    match draw.randrange(5):
        case 0:
            return text[:place] + draw.choice(TEXTS) + text[place:]
        case 1:
            return text[:place] + text[place + 1 :]
        case 2:
            return (
                text[:place] + chr(draw.choice((draw.randrange(32, 127), draw.randrange(0x3000)))) + text[place + 1 :]
            )
        case 3:
            return text + text[:place]
        case _:
            return text.swapcase()


def _replace(on: Place) -> None:
    on.holder[on.step] = value_like(on.draw, on.value)


def _remove(on: Place) -> None:
    del on.holder[on.step]


def _repeat(on: Place) -> None:
    if isinstance(on.holder, list):
        on.holder.insert(on.draw.randrange(len(on.holder) + 1), copy.deepcopy(on.value))
    else:
        on.holder[f"{on.step}{on.draw.choice(('_2', ' ', 's'))}"] = copy.deepcopy(on.value)


def _rename(on: Place) -> None:
    if isinstance(on.holder, list):
        on.draw.shuffle(on.holder)
        return
    keys = [
        path[-1] for other in (on.tree, *on.others[:1]) for path in places(other) if path and isinstance(path[-1], str)
    ]
    del on.holder[on.step]
    on.holder[on.draw.choice((*keys, on.draw.choice(TEXTS), edited(on.draw, str(on.step))))] = on.value


def _swap(on: Place) -> None:
    path = on.draw.choice(list(places(on.tree)))
    if path:
        other = copy.deepcopy(at(on.tree, path))
        on.holder[on.step] = other


def _take(on: Place) -> None:
    """Put a part of another tree here, best one that stands under the same key."""
    if not on.others:
        return
    other = on.draw.choice(on.others)
    found = [path for path in places(other) if path]
    same = [path for path in found if path[-1] == on.step]
    if found:
        on.holder[on.step] = copy.deepcopy(at(other, on.draw.choice(same or found)))


def _add(on: Place) -> None:
    """Add a key that stands in another tree."""
    if not on.others or not isinstance(on.holder, dict):
        return
    other = on.draw.choice(on.others)
    path = on.draw.choice(list(places(other)))
    if path and isinstance(path[-1], str):
        on.holder[path[-1]] = copy.deepcopy(at(other, path))


def _wrap(on: Place) -> None:
    if isinstance(on.value, list) and on.value and on.draw.random() < 0.5:
        on.holder[on.step] = on.value[0]
    else:
        on.holder[on.step] = [on.value] if on.draw.random() < 0.5 else {str(on.draw.choice(TEXTS)): on.value}


def _many(on: Place) -> None:
    """Make a list long, or a text."""
    if isinstance(on.value, list) and on.value and on.draw.random() < 0.2:
        on.holder[on.step] = [copy.deepcopy(on.value[0]) for _ in range(on.draw.choice((50, 300)))]
    elif isinstance(on.value, str) and on.draw.random() < 0.1:
        on.holder[on.step] = (on.value or "x") * on.draw.choice((100, 2000))
    else:
        on.holder[on.step] = value_like(on.draw, on.value)


_CHANGES = (_replace, _replace, _replace, _remove, _repeat, _rename, _swap, _take, _take, _add, _wrap, _many)
