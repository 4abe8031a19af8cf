"""The small language of ``eligible`` and ``where``: parsed into a tree, compiled later, never pasted into SQL.

::

    expression := or ;  or := and ("or" and)* ;  and := not ("and" not)*
    not        := "not" not | "(" expression ")" | test
    test       := operand ( ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") operand
                          | ["not"] "in" "(" literal ("," literal)* ")"
                          | ["not"] "in" "file" "(" text ")"
                          | ["not"] ("like" | "contains" | "starts" "with" | "ends" "with") text
                          | "is" ["not"] "null" )?
    operand    := column | "lower" "(" column ")" | "period.start" | "period.end" | literal
    literal    := number | text in quotes | date (2026-03-02) | true | false

A column is a plain name, or any text between backticks. A test without an operator is a true/false column.
``period.start`` is midnight at the start of the first day, ``period.end`` midnight at the end of the last one, both in
the definition's time zone. In the text behind ``like``, ``%`` stands for any letters and ``_`` for one; a backslash
before them makes them plain. ``in file("…")`` is a list with a value a line. A comparison with an empty cell is neither
true nor false, as in SQL.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

Operator = Literal["=", "!=", "<", "<=", ">", ">="]

MAX_LENGTH = 4_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that the expression filters."""

    name: str


@dataclass(frozen=True, slots=True)
class Lower:
    """A column in small letters."""

    column: Column


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal value; a date is a day in the definition's time zone."""

    value: str | int | float | bool | dt.date


@dataclass(frozen=True, slots=True)
class PeriodEdge:
    """``period.start`` or ``period.end``."""

    edge: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Compare:
    """``left operator right``."""

    operator: Operator
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Within:
    """``operand in (…)``."""

    operand: "Operand"
    options: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InFile:
    """``operand in file("…")``: one of the lines of a file."""

    operand: "Operand"
    path: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """``operand like …``, ``contains …``, ``starts with …`` or ``ends with …``."""

    kind: Literal["like", "contains", "starts", "ends"]
    operand: "Operand"
    text: str
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand is null``."""

    operand: "Operand"
    negated: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """A true/false column on its own."""

    operand: "Operand"


@dataclass(frozen=True, slots=True)
class Group:
    """``part and part …`` or ``part or part …``; flat, so that a long list of conditions is not a deep tree."""

    operator: Literal["and", "or"]
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """``not operand``."""

    operand: "Expression"


Operand: TypeAlias = Column | Lower | Constant | PeriodEdge
Expression: TypeAlias = Compare | Within | InFile | Matches | IsNull | Truth | Group | Negation

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w-]))
    | (?P<number>[-+]?(?:[0-9]+\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.]))
    | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<quoted>`[^`]+`)
    | (?P<period>period\.(?:start|end)\b)
    | (?P<word>(?!period\.)[^\W\d]\w*(?:\.[^\W\d]\w*)*|[^\W\d]\w*)
    | (?P<operator><=|>=|!=|<>|==|=|<|>)
    | (?P<sign>[(),])
    )""",
    re.VERBOSE,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false"})


_TEXT_TESTS: tuple[Literal["like", "contains", "starts", "ends"], ...] = ("like", "contains", "starts", "ends")


class ExpressionError(ValueError):
    """The expression does not parse; ``offset`` is the character (from 0) where it went wrong."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


def parse_expression(text: str) -> Expression:
    """Parse ``text``. Raises :class:`ExpressionError` (a ``ValueError``) that names the place and the cure."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters", 0)
    return _Parser(text).parse()


def columns_of(expression: Expression) -> list[str]:
    """Return the names of the columns used, each once, in order of appearance."""
    found: dict[str, None] = {}

    def visit(node: Expression | Operand) -> None:
        match node:
            case Column(name) | Lower(Column(name)):
                found[name] = None
            case Compare(_, left, right):
                visit(left)
                visit(right)
            case Group(_, parts):
                for part in parts:
                    visit(part)
            case Within(operand, _, _) | InFile(operand, _, _) | IsNull(operand, _) | Truth(operand):
                visit(operand)
            case Matches(_, operand, _, _):
                visit(operand)
            case Negation(inner):
                visit(inner)

    visit(expression)
    return list(found)


def uses_period(expression: Expression) -> bool:
    """Whether the expression names ``period.start`` or ``period.end``."""
    match expression:
        case Compare(_, left, right):
            return isinstance(left, PeriodEdge) or isinstance(right, PeriodEdge)
        case Group(_, parts):
            return any(uses_period(part) for part in parts)
        case Negation(operand):
            return uses_period(operand)
        case Within(operand, _, _) | IsNull(operand, _) | Truth(operand):
            return isinstance(operand, PeriodEdge)
        case InFile() | Matches():
            return False


def files_of(expression: Expression) -> list[str]:
    """Return the paths of the lists that the expression names, each once."""
    match expression:
        case InFile(_, path, _):
            return [path]
        case Group(_, parts):
            return list(dict.fromkeys(path for part in parts for path in files_of(part)))
        case Negation(operand):
            return files_of(operand)
        case _:
            return []


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.position = 0
        self.depth = 0

    def _tokens(self) -> list[_Token]:
        tokens, offset = [], 0
        while self.text[offset:].strip():
            match = _TOKEN.match(self.text, offset)
            if match is None or match.lastgroup is None:
                start = offset + len(self.text[offset:]) - len(self.text[offset:].lstrip())
                raise ExpressionError(f"cannot read {self.text[start : start + 12]!r}{_hint(self.text, start)}", start)
            kind = match.lastgroup
            tokens.append(_Token(kind, match[kind], match.start(kind)))
            offset = match.end()
        return tokens

    def parse(self) -> Expression:
        result = self._either()
        if self.position < len(self.tokens):
            self._fail("expected `and`, `or` or the end of the expression")
        return result

    def _fail(self, expected: str) -> NoReturn:
        if self.position < len(self.tokens):
            token = self.tokens[self.position]
            raise ExpressionError(f"{expected}, found {token.text!r}", token.offset)
        raise ExpressionError(f"{expected}, but the expression ends", len(self.text))

    def _without_column(self) -> NoReturn:
        raise ExpressionError(
            "compares two values and no column; a column is a plain name such as plan, or any text between backticks",
            self.tokens[max(self.position - 1, 0)].offset,
        )

    def _peek(self, *texts: str) -> bool:
        if self.position >= len(self.tokens):
            return False
        token = self.tokens[self.position]
        return token.kind in {"word", "sign", "operator"} and token.text.lower() in texts

    def _take(self, *texts: str) -> bool:
        if self._peek(*texts):
            self.position += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            self._fail(f"expected {text!r}")

    def _either(self) -> Expression:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Group("or", tuple(parts))

    def _all(self) -> Expression:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Group("and", tuple(parts))

    def _negation(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} deep")
        result: Expression
        if self._take("not"):
            result = Negation(self._negation())
        elif self._take("("):
            result = self._either()
            self._need(")")
        else:
            result = self._test()
        self.depth -= 1
        return result

    def _test(self) -> Expression:
        left = self._operand()
        if self._peek("=", "==", "!=", "<>", "<", "<=", ">", ">="):
            text = self.tokens[self.position].text
            self.position += 1
            operator: Operator = {"==": "=", "<>": "!="}.get(text, text)  # type: ignore[assignment]
            right = self._operand()
            if not isinstance(left, Column | Lower) and not isinstance(right, Column | Lower):
                self._without_column()
            return Compare(operator, left, right)
        if not isinstance(left, Column | Lower) and self._peek("in", "is", "not", *_TEXT_TESTS):
            self._without_column()
        negated = self._take("not")
        if self._take("in"):
            if self._take("file"):
                self._need("(")
                path = self._words("the path of a file in quotes")
                self._need(")")
                return InFile(left, path, negated)
            return Within(left, self._options(), negated)
        for kind in _TEXT_TESTS:
            if self._take(kind):
                if kind in {"starts", "ends"}:
                    self._need("with")
                return Matches(kind, left, self._words("a text in quotes"), negated)
        if negated:
            self._fail("expected `in`, `like`, `contains`, `starts with` or `ends with` after `not`")
        if self._take("is"):
            negated = self._take("not")
            self._need("null")
            return IsNull(left, negated)
        if isinstance(left, Column) and not self._peek("between"):
            return Truth(left)
        return self._fail("expected a comparison: =, !=, <, <=, >, >=, in (…), is null, like, contains")

    def _words(self, expected: str) -> str:
        operand = self._operand() if self.position < len(self.tokens) else None
        if not isinstance(operand, Constant) or not isinstance(operand.value, str) or not operand.value:
            self.position -= operand is not None
            self._fail(f"expected {expected}")
        return str(operand.value)

    def _options(self) -> tuple[Constant, ...]:
        self._need("(")
        options = [self._constant()]
        while self._take(","):
            options.append(self._constant())
        self._need(")")
        return tuple(options)

    def _constant(self) -> Constant:
        operand = self._operand()
        if not isinstance(operand, Constant):
            self.position -= 1
            self._fail("expected a text in quotes, a number or a date")
        return operand

    def _operand(self) -> Operand:
        if self.position >= len(self.tokens):
            self._fail("expected a column or a value")
        token = self.tokens[self.position]
        following = self.tokens[self.position + 1] if self.position + 1 < len(self.tokens) else None
        if token.kind == "word" and token.text.lower() == "lower" and following is not None and following.text == "(":
            self.position += 2
            inner = self._operand()
            if not isinstance(inner, Column):
                self.position -= 1
                self._fail("expected a column")
            self._need(")")
            return Lower(inner)
        operand = _read(token)
        if operand is None:
            null = "; write `is null` or `is not null`" if token.text.lower() == "null" else ""
            self._fail(f"expected a column or a value{null}")
        self.position += 1
        return operand


def _hint(text: str, start: int) -> str:
    before, rest = text[:start].lower(), text[start:]
    if before.rstrip().endswith("period"):
        return "; the period's edges are period.start and period.end, in lower case"
    if re.match(r"[-+]?\.?[0-9]", rest):
        return "; write numbers like 0.5 or 1000"
    if rest.startswith(("'", '"')):
        return "; the quote is not closed"
    return "; put unusual column names between backticks"


def _read(token: _Token) -> Operand | None:
    lower = token.text.lower()
    match token.kind:
        case "date":
            try:
                return Constant(dt.date.fromisoformat(token.text))
            except ValueError:
                raise ExpressionError(f"{token.text} is not a day of the calendar", token.offset) from None
        case "number":
            return Constant(int(token.text) if re.fullmatch(r"[-+]?[0-9]+", token.text) else float(token.text))
        case "text":
            quote = token.text[0]
            return Constant(token.text[1:-1].replace(quote * 2, quote))
        case "quoted":
            return Column(token.text[1:-1])
        case "period":
            return PeriodEdge("start" if token.text.endswith("start") else "end")
        case "word" if lower in {"true", "false"}:
            return Constant(lower == "true")
        case "word" if lower not in _KEYWORDS:
            return Column(token.text)
        case _:
            return None
