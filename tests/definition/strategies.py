"""Hypothesis strategies for definitions: every field, every kind of metric, odd texts; valid by construction.

:func:`definitions` draws the mapping that a YAML file would hold. What the rules forbid together is not drawn
together, so nothing is filtered away.
"""

import datetime as dt
import functools
import json
from collections.abc import Callable

from hypothesis import strategies as st

from abtest.definition.assignment import HASHES, NEEDED
from abtest.definition.formats import FORMATS
from abtest.definition.lints import CODES
from abtest.words.visible import hidden

Tree = dict[str, object]
Draw = Callable[..., object]

ODD = (
    "no", "yes", "on", "y", "N", "null", "Null", "~", "true", "False", "012", "0o17", "0x1F", "1e3", "1_000",
    "12:30:00", "12:30", ".5", "5.", ".inf", "-.INF", ".nan", "+1", "-3", "1.5", "5%", "28d", "2026-03-02",
    "2026-03-02 10:00:00Z", "-", "--", "---", "...", "- a", "-a", "--force", "? a", "?", ":", ": a", "a:",
    "a: b", "a:b", "#", "# a", "a # b", "a #b", "a#b", "&a", "*a", "!a", "!!str a", "|", ">", ">-", "%a", "@a",
    "`a`", "'", "''", '"', '"a"', "'a'", "it's", 'say "no"', 'it\'s "so"', "\\", "a\\nb", "C:\\data\\x.csv",
    "{a}", "[a, b]", "a, b", "{", "]", "=", "<<", "<", "~a", "a  b", "é", "Überraschung", "週刊", "еженедельно",
    "أسبوعي", "می\u200cخواهم", "👩\u200d👩\u200d👧", "🙂", "a\u00a0b", "a\u0085b", "a\u2028b", "a\u2029b",
    "a\ufeffb", "a\u202eb", "a\u0080b", "\ufffd", "\ue000", "\U0010fffe", "x" * 3_000, "word " * 300 + "end",
    "$(rm -rf)", "'; DROP TABLE x; --", "data/*.csv", "data/a b.parquet", "../up.csv", "/abs.csv",
)  # fmt: skip
"""Texts that YAML, a shell or SQL would like to read as something else."""
ODD_NAMES = ("no", "012", "1e3", "null", "true", "0x1F", "2026-03-02", "1.5", "y", "0o7", "A-b_c.d", "9" * 64)
ODD_KEYS = (
    "no",
    "Yes",
    "null",
    "true",
    "y",
    "on",
    "e1",
    "_",
    "inf",
    "NaN",
    "nan_",
    "x" * 63,
    "type",
    "role",
    "metrics",
)
ZONES = ("Europe/Helsinki", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "Asia/Kathmandu")
RATES, MEANS = ("retention", "conversion"), ("count", "sum", "mean", "ratio", "quantile", "time_to_event")
HOUR, DAY, WEEK = 3_600, 86_400, 604_800

_PRINTABLE = st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda character: hidden(character) is None)
_plain_texts = st.text(_PRINTABLE, min_size=1, max_size=12).map(lambda text: text.strip() or "blank")
texts = st.sampled_from([text for text in ODD if hidden(text) is None]) | _plain_texts
"""What stands in one line."""
proses = (
    texts
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.lists(st.sampled_from((*ODD[:90], "", " ", "  indented", "ends ", "\t")), max_size=5).map("\n".join)
    | st.sampled_from(("", " ", "\n", "a\n", "a\n\n", "\na", " a\nb", "a\n b\n\nc", "a\r\nb", "a\tb", "\0", "a\nb \nc"))
)
"""Free text of any number of lines."""
names = st.sampled_from(ODD_NAMES) | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9_-]", fullmatch=True)
keys = st.sampled_from(ODD_KEYS) | st.from_regex(r"[a-z][A-Za-z0-9_]{0,8}", fullmatch=True)
tables = st.sampled_from(("orders", "warehouse.orders", "main.shop.orders", "`my catalogue`.2026.`a.b`", "1e3", "no"))
masters = st.sampled_from(("local[4]", "yarn", "spark://host:7077", "k8s://https://host:443")) | texts
remotes = st.sampled_from(("sc://host:15002", "sc://host:443/;use_ssl=true", "sc://h")) | texts.map("sc://{}".format)
flags = st.booleans()
_ONE_IN_THREE = st.sampled_from((False, False, True))
positive = st.integers(1, 1_000_000) | st.floats(1e-9, 1e12) | st.sampled_from((0.5, 1e-7, 5e-324, 1e12, 95e-2))
numbers = st.integers(-1_000, 1_000_000) | st.floats(-1e12, 1e12)
shares = st.floats(0.5, 1, exclude_min=True, exclude_max=True) | st.sampled_from((0.9, 0.99, 0.999))


def _sometimes(draw: Draw, part: Tree, key: str, strategy: st.SearchStrategy[object]) -> None:
    """Put a value under ``key`` in about a third of the cases."""
    if draw(_ONE_IN_THREE):
        part[key] = draw(strategy)


def _length(draw: Draw, seconds: int) -> str:
    """Write a length of time in one of the ways in which it can be written."""
    units = [("h", HOUR), ("d", DAY), ("w", WEEK)]
    fitting = [f"{abs(seconds) // size}{letter}" for letter, size in units if seconds % size == 0]
    text = draw(st.sampled_from([each for each in fitting if len(each) <= 7]))
    sign = "-" if seconds < 0 else draw(st.sampled_from(["", "", "+"]))
    return f"{sign}{text[:-1]}{draw(st.sampled_from(['', '', ' ']))}{text[-1]}"


def _steps(whole_days: bool) -> st.SearchStrategy[int]:
    """Draw the seconds of a length, most often in days."""
    days = st.integers(0, 400).map(lambda count: count * DAY) | st.sampled_from((7 * DAY, 36_500 * DAY))
    return days if whole_days else days | st.integers(0, 2_000).map(lambda count: count * HOUR)


def _window(draw: Draw, *, whole_days: bool = True, before: bool = False, end_by: int | None = None) -> list[str]:
    """Draw ``[from, to)``; with ``before`` it ends at the assignment or earlier, with ``end_by`` (seconds) by then."""
    one, other = draw(_steps(whole_days)), draw(_steps(whole_days))
    low, high = sorted((one, other))
    if end_by is not None:
        low, high = low % end_by // DAY * DAY, end_by
    elif low == high:
        low, high = (low - DAY, high) if low >= DAY else (low, high + DAY)
    return [_length(draw, -high), _length(draw, -low)] if before else [_length(draw, low), _length(draw, high)]


_short_texts = st.sampled_from(
    [text for text in ODD if "`" not in text and len(text) < 100 and hidden(text) is None]
) | _plain_texts.map(lambda text: text.replace("`", "")).map(lambda text: text.strip() or "blank")
_columns = st.sampled_from(("plan", "first_order_at", "blocked", "größe")) | _short_texts.map(lambda text: f"`{text}`")
_quoted = _short_texts.map(lambda text: "'" + text.replace("'", "''") + "'")


@functools.cache
def expressions(edges: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Draw conditions of the small language; ``edges`` are those of the period that exist."""
    plain = st.sampled_from(("1", "-2.5", "1e3", "true", "2026-03-02", '"x"'))
    values = _quoted | st.sampled_from(("1", *(f"period.{edge}" for edge in edges)))
    operators = st.sampled_from(("=", "==", "!=", "<>", "<", "<=", ">", ">="))
    compared = st.tuples(_columns, operators, values | plain).map(" ".join)
    listed = st.lists(_quoted | plain, min_size=1, max_size=3).map(", ".join).map("({})".format)
    within = st.tuples(_columns, st.sampled_from(("in", "not in")), listed).map(" ".join)
    null = st.tuples(_columns, st.sampled_from(("is null", "IS NOT NULL"))).map(" ".join)
    tests = compared | within | null | _columns
    joined = st.tuples(tests, st.sampled_from((" and ", " or ", "\nand\n")), tests).map("".join)
    return tests | joined | (tests | joined).map("not ({})".format)


class _World:
    """What the parts of one definition have to agree on."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.zone = draw(st.sampled_from((None, *ZONES)))
        self.customers = draw(flags)
        self.assignments = draw(flags) or not self.customers
        count = draw(st.sampled_from((0, 1, 1, 2, 3)))
        names = draw(st.lists(keys, min_size=count, max_size=count, unique_by=str.lower))
        taken = {"customers", "assignments", "assigned", "customer", "exposed", "population", "outcomes"}
        self.events = [key for key in names if key.lower() not in taken and not key.lower().startswith("raw_")]
        if not self.events and not self.customers:
            self.events = ["orders"]
        self.unit = draw(st.none() | texts)
        self.cluster = self.customers and draw(st.integers(0, 5)) == 0
        self.strata = self.customers and not self.cluster and draw(st.integers(0, 3)) == 0
        self.monitoring = draw(st.integers(0, 3)) == 0
        self.calendar = self.zone is not None and draw(st.integers(0, 3)) == 0
        self.early = not (self.cluster or self.strata or self.monitoring or self.calendar) and draw(flags)
        self.engine = draw(st.sampled_from((None, None, "duckdb", "spark")))
        self.period = self._period()
        self.edges = tuple(edge for edge in ("start", "end") if edge in (self.period or {}))
        self.with_value: set[str] = set()

    def _period(self) -> Tree | None:
        if not self.draw(flags):
            return None
        start = self.draw(st.dates(dt.date(1970, 1, 1), dt.date(2190, 1, 1)))
        after = st.integers(0, 1_000).map(lambda days: start + dt.timedelta(days=days))
        day = (lambda: str(self.draw(after))) if self.draw(flags) else (lambda: self.draw(after))
        period: Tree = {"start": start if self.draw(flags) else str(start)}
        for key in ("end", "through"):
            if self.draw(flags):
                period[key] = day()
        if self.draw(st.integers(0, 2)) == 0:
            period["lag"] = _length(self.draw, self.draw(_steps(whole_days=False)))
        return period

    def data(self) -> Tree:
        """Draw the tables."""
        data: Tree = {}
        needs_unit = self.unit is None
        if self.customers:
            data["customers"] = source = self._source(unit=needs_unit)
            if not self.assignments:
                source["arm"] = self.draw(texts)
                source["at"] = self.draw(texts)
        if self.assignments:
            data["assignments"] = source = self._source(unit=needs_unit)
            _sometimes(self.draw, source, "arm", texts)
            _sometimes(self.draw, source, "at", texts)
        for name in self.events:
            data[name] = source = self._source(unit=needs_unit)
            source["at"] = self.draw(texts)
            if self.draw(flags):
                source["value"] = self.draw(texts)
                self.with_value.add(name)
        return data

    def _source(self, *, unit: bool) -> Tree:
        source: Tree = {}
        match self.draw(st.integers(0, 4)):
            case 0:
                pass
            case 1 if self.engine != "duckdb":
                source["table"] = self.draw(tables)
            case _:
                source["path"] = self.draw(texts)
        if unit or self.draw(st.integers(0, 4)) == 0:
            source["unit"] = self.draw(texts)
        _sometimes(self.draw, source, "where", expressions(self.edges))
        return source

    def spark(self) -> Tree:
        """Draw where Spark runs, if it counts."""
        places = st.sampled_from((("master", masters), ("remote", remotes)))
        key, strategy = self.draw(places)
        return {key: self.draw(strategy)} if self.engine == "spark" and self.draw(flags) else {}

    def metrics(self) -> Tree:
        """Draw the metrics, the first of them primary."""
        found: Tree = {}
        count = self.draw(st.integers(1, 5))
        for name in self.draw(st.lists(keys, min_size=count, max_size=count, unique_by=str.lower)):
            found[name] = self._metric(primary=not found)
        return found

    def _kinds(self) -> list[str]:
        kinds = ["column", "column"] if self.customers else []
        if self.events:
            kinds += [*RATES, "retention", "retention", "retention", "count", "sum", "mean", "active_periods"]
            kinds += ["ratio", "ratio"] if not self.cluster else []
            plain = not (self.cluster or self.strata or self.monitoring)
            kinds += ["quantile", "quantile"] if plain else []
            kinds += ["time_to_event"] if not (self.cluster or self.monitoring) else []
        return kinds

    def _metric(self, *, primary: bool) -> Tree:
        draw, kind = self.draw, self.draw(st.sampled_from(self._kinds()))
        metric: Tree = {"type": kind}
        role = "primary" if primary else draw(st.sampled_from((None, "primary", "secondary", "guardrail")))
        if role is not None:
            metric["role"] = role
        for key, strategy in {"title": texts, "description": proses, "unit": texts}.items():
            _sometimes(draw, metric, key, strategy)
        _sometimes(draw, metric, "good", st.sampled_from(("up", "down")))
        # With a number of periods it is a rate, else a mean.
        enough = kind == "active_periods" and draw(flags)
        alike = kind if kind != "active_periods" else "conversion" if enough else "count"
        self._margin(metric, alike, role)
        for key in ("benchmark", "goal"):
            _sometimes(draw, metric, key, self._levels(alike))
        if enough:
            metric["at_least"] = draw(st.integers(1, 4))
        if kind in {"mean", "ratio"} and (role == "primary" or draw(flags)):
            metric["allow_conditional"] = role == "primary" or draw(flags)
        elif kind == "sum":
            _sometimes(draw, metric, "allow_conditional", flags)
        self._details(metric, kind)
        return metric

    def _margin(self, metric: Tree, kind: str, role: str | None) -> None:
        draw = self.draw
        if kind == "quantile" or not draw(_ONE_IN_THREE):
            return
        share = st.decimals("0.000001", "99.999", places=6).map(lambda number: f"{number:f}")
        endings = ["%"] + (["pp", " pp"] if kind in {*RATES, "column"} else [])
        written = st.tuples(share, st.sampled_from(endings)).map("".join)
        plain = st.integers(1, 1_000) | st.floats(1e-3, 1e9).map(lambda number: round(number, 3) or 1)
        metric["margin"] = draw(written if kind in RATES else written | plain | plain.map(str))
        if role != "guardrail" or draw(flags):
            metric["test"] = draw(st.sampled_from(("non-inferiority", "superiority", "equivalence")))

    @staticmethod
    def _levels(kind: str) -> st.SearchStrategy[object]:
        percent = st.decimals(0, 100, places=4).map(lambda number: f"{number:f}%") | st.sampled_from(("45%", "33.3 %"))
        if kind in RATES:
            return percent | st.floats(0, 1)
        return numbers if kind in MEANS else percent | numbers

    def _event(self, *, value: bool, holder: Tree) -> str:
        """Draw an event source, and a value column where one is needed."""
        name = str(self.draw(st.sampled_from(self.events)))
        if value and (name not in self.with_value or self.draw(flags)):
            holder["value"] = self.draw(texts)
        return name

    def _details(self, metric: Tree, kind: str) -> None:
        """Draw what the kind of metric has of its own."""
        draw = self.draw
        if kind == "column":
            _sometimes(draw, metric, "column", texts)
        elif kind == "ratio":
            for side in ("numerator", "denominator"):
                part: Tree = {}
                of = draw(st.sampled_from((None, "count", "sum")))
                if of is not None:
                    part["of"] = of
                part["event"] = self._event(value=part.get("of") == "sum", holder=part)
                metric[side] = part
        elif kind == "quantile":
            of = draw(st.sampled_from((None, "count", "sum")))
            if of is not None:
                metric["of"] = of
            _sometimes(draw, metric, "quantile", st.floats(0, 1, exclude_min=True, exclude_max=True))
            metric["event"] = self._event(value=metric.get("of") != "count", holder=metric)
        else:
            metric["event"] = self._event(value=kind in {"sum", "mean"}, holder=metric)
        whole_days = self._days(metric, kind)
        if kind == "time_to_event":
            self._times(metric)
        elif kind == "retention":
            self._returns(metric, whole_days=whole_days)
        elif kind != "column":
            metric["window"] = (
                self._periods(metric) if kind == "active_periods" else _window(draw, whole_days=whole_days)
            )
        early = self._in_time(metric, kind)
        if not self.cluster:
            if kind in {"count", "sum", "column"}:
                _sometimes(draw, metric, "winsorise", shares)
            if kind not in {"quantile", "time_to_event"} and not early:
                self._covariates(metric, kind, whole_days=whole_days)

    def _times(self, metric: Tree) -> None:
        """Draw how far times are followed, and whether they stand in columns."""
        draw = self.draw
        days = draw(st.integers(1, 400))
        metric["horizon"] = _length(draw, days * DAY)
        _sometimes(draw, metric, "follow_to", st.integers(days, 800).map(lambda found: f"{found}d"))
        if self.customers and draw(flags):
            del metric["event"]
            metric |= {"duration": draw(texts), "event_column": draw(texts)}
        rivals = [name for name in self.events if name != metric.get("event")]
        if rivals and "event" in metric:
            _sometimes(
                draw, metric, "competing", st.lists(st.sampled_from(rivals), unique=True) | st.sampled_from(rivals)
            )
        marks = st.lists(st.integers(1, days), max_size=3, unique=True).map(sorted)
        _sometimes(draw, metric, "landmarks", marks.map(lambda found: [f"{mark}d" for mark in found]))

    def _periods(self, metric: Tree) -> list[str]:
        """Draw a window of whole periods, and of which."""
        _sometimes(self.draw, metric, "by", st.sampled_from(("day", "week", "month")))
        step = {"day": DAY, "week": WEEK, "month": 30 * DAY}[str(metric.get("by", "week"))]
        low = self.draw(st.integers(0, 60)) * DAY
        high = low + self.draw(st.integers(int(metric.get("at_least", 1)), 62)) * step
        return [_length(self.draw, low), _length(self.draw, high)]

    def _in_time(self, metric: Tree, kind: str) -> bool:
        """Draw curve and reading; return whether the metric is read early."""
        draw = self.draw
        if kind in {"retention", "count", "sum"}:
            steps: list[object] = [None, None, "none"]
            if not (self.cluster or self.monitoring or "by" in metric):
                begin = _begin(metric) if kind != "retention" else 0
                sizes = {"day": DAY, "week": WEEK, "month": 30 * DAY}
                steps += [step for step, size in sizes.items() if -(-(_end(metric) - begin) // size) <= 62]
            step = draw(st.sampled_from(steps))
            if step is not None:
                metric["curve"] = step
        if kind not in RATES:
            return False
        early = self.early and "by" not in metric and metric.get("days") != "calendar" and draw(flags)
        if early or draw(_ONE_IN_THREE):
            metric["reading"] = "kaplan-meier" if early else "mature"
        if kind == "retention" and not early:
            _sometimes(draw, metric, "at_least", st.integers(1, 10_000))
        return early

    def _days(self, metric: Tree, kind: str) -> bool:
        """Draw what a day is; return whether windows have to be whole days."""
        if kind in {"column", "time_to_event"}:
            return self.calendar
        options = [None, None, "exact"] + (["calendar"] if self.zone else [])
        days = self.draw(st.sampled_from(options))
        if days is not None:
            metric["days"] = days
        return self.calendar if days is None else days == "calendar"

    def _returns(self, metric: Tree, *, whole_days: bool) -> None:
        draw = self.draw
        match draw(st.sampled_from(("window", "day", "after", *(("by", "by") if self.zone else ())))):
            case "window":
                metric["window"] = _window(draw, whole_days=whole_days)
            case "day":
                metric["day"] = draw(st.integers(0, 400) | st.sampled_from((7, 7.0)))
            case "after":
                metric["after"], metric["horizon"] = _window(draw, whole_days=whole_days)
            case _:
                metric["by"] = draw(st.sampled_from(("week", "month", "quarter", "year")))
                metric.pop("days", None)
                if draw(flags):
                    metric["nth"] = draw(st.integers(1, 120))

    def _covariates(self, metric: Tree, kind: str, *, whole_days: bool) -> None:
        def one() -> Tree:
            if self.customers and (kind == "column" or self.draw(flags)):
                return {"column": self.draw(texts)}
            # A calendar metric by periods has its covariates in the days of the analysis.
            if kind == "active_periods":
                return {"window": ["-60d" if metric.get("by") in {"day", "month"} else "-56d", "0d"]}
            return {"window": _window(self.draw, whole_days=whole_days or self.calendar, before=True)}

        if self.draw(st.integers(0, 3)) == 0:
            metric["covariate"] = one()
        if self.draw(st.integers(0, 5)) == 0:
            metric["covariates"] = [one() for _ in range(self.draw(st.integers(1, 2)))]

    def analysis(self, metrics: Tree) -> Tree:
        """Draw the settings."""
        draw, settings = self.draw, {}
        corrections = ["holm", "hochberg", "bonferroni", "bh", "by", "none"]
        # A margin is one-sided already.
        margins = any("margin" in metric and metric.get("role") != "guardrail" for metric in metrics.values())
        one_sided = draw(st.sampled_from((None, "two-sided") if margins else (None, "two-sided", "one-sided")))
        if one_sided != "one-sided" and not self.monitoring:
            corrections.append("dunnett")
        correction = draw(st.sampled_from((None, *corrections)))
        if correction is not None:
            settings["correction"] = correction
        if one_sided is not None:
            settings["alternative"] = one_sided
        _sometimes(draw, settings, "confidence", st.floats(0.5, 0.99, exclude_min=True) | st.sampled_from((0.9, 0.95)))
        if settings.get("correction", "holm") in {"holm", "hochberg", "bonferroni"}:
            _sometimes(draw, settings, "gatekeeping", flags)
        early = any(metric.get("reading") == "kaplan-meier" for metric in metrics.values())
        _sometimes(
            draw,
            settings,
            "odds_ratio",
            flags if not early and one_sided != "one-sided" and not self.monitoring else st.just(False),
        )
        if self.monitoring:
            settings["monitoring"] = {"planned": draw(st.integers(10, 10_000_000_000))}
            _sometimes(draw, settings["monitoring"], "method", st.just("anytime"))
        elif not self.cluster:
            _sometimes(draw, settings, "permutation", st.integers(100, 100_000))
            _sometimes(draw, settings, "bootstrap", st.integers(201, 100_000))
        if self.calendar:
            settings["days"] = "calendar"
        else:
            _sometimes(draw, settings, "days", st.just("exact"))
        if self.strata:
            settings["strata"] = draw(st.lists(texts, min_size=1, max_size=2))
        if not early and draw(flags):
            settings["bayes"] = draw(self._priors(list(metrics)) if draw(flags) else flags)
        return settings

    @staticmethod
    def _priors(metrics: list[str]) -> st.SearchStrategy[object]:
        rate = st.fixed_dictionaries({}, optional={"a": positive, "b": positive})
        mean = st.fixed_dictionaries({"mean": numbers, "sd": positive})
        means = st.dictionaries(st.sampled_from(metrics), mean, min_size=1, max_size=2)
        return st.fixed_dictionaries({}, optional={"rate_prior": rate, "mean_priors": means})

    def compliance(self, metrics: Tree) -> Tree | None:
        """Draw take-up, which ends before the window of every primary metric, however long their days are."""
        primaries = [metric for metric in metrics.values() if metric.get("role") == "primary"]
        timed = [metric for metric in primaries if metric["type"] != "column" and "duration" not in metric]
        if any(metric.get("reading") == "kaplan-meier" for metric in primaries):
            return None
        if not timed or self.monitoring or any("by" in metric for metric in timed) or self.draw(st.integers(0, 2)):
            return None
        end = (min(_end(metric) for metric in timed) // DAY - 2) * DAY
        if end < DAY:
            return None
        return {"event": self.draw(st.sampled_from(self.events)), "window": _window(self.draw, end_by=end)}


def _worth(draw: Draw, metrics: Tree) -> Tree | None:
    """Draw what a customer is worth, where a time to an event tells how long they stay."""
    times = [name for name, metric in metrics.items() if metric["type"] == "time_to_event"]
    if not times or draw(_ONE_IN_THREE):
        return None
    name = draw(st.sampled_from(times))
    worth: Tree = {"metric": name, "margin": draw(st.floats(1e-9, 1e12) | st.integers(1, 1_000))}
    days = _end(metrics[name]) // DAY
    if days < 30 or draw(flags):
        worth["period"] = _length(draw, draw(st.integers(1, days)) * DAY)
    _sometimes(draw, worth, "unit", texts)
    _sometimes(draw, worth, "horizon", st.integers(1, 1_200))
    discount = st.floats(1e-4, 1, exclude_max=True)
    if "horizon" not in worth or draw(flags):
        worth["discount"] = draw(discount if "horizon" not in worth else discount | st.just(0))
    return worth


def _begin(metric: Tree) -> int:
    return _seconds(metric["window"][0])


def _end(metric: Tree) -> int:
    """Return where a metric's window ends, in seconds."""
    if "day" in metric:
        return (int(metric["day"]) + 1) * DAY
    return _seconds(metric["window"][1] if "window" in metric else metric["horizon"])


def _seconds(length: object) -> int:
    text = str(length).replace(" ", "").lstrip("+")
    return int(text[:-1]) * {"h": HOUR, "d": DAY, "w": WEEK}[text[-1]]


def _arms(draw: Draw) -> list[Tree]:
    arms: list[Tree] = []
    for name in draw(st.lists(texts, min_size=2, max_size=4, unique=True)):
        arm: Tree = {"name": name}
        _sometimes(draw, arm, "weight", positive)
        _sometimes(draw, arm, "cadence", st.integers(1, 9_999).map(lambda hours: f"{hours}h") | st.just("2w"))
        _sometimes(draw, arm, "title", texts)
        _sometimes(draw, arm, "description", proses)
        _sometimes(draw, arm, "control", st.just(False))
        arms.append(arm)
    draw(st.sampled_from(arms))["control"] = True
    return arms


def _population(draw: Draw, world: _World) -> Tree:
    population: Tree = {}
    if world.customers:
        _sometimes(draw, population, "eligible", expressions(world.edges))
    if world.events and draw(st.integers(0, 2)) == 0:
        exposure: Tree = {"event": draw(st.sampled_from(world.events))}
        if draw(flags):
            exposure["window"] = _window(draw)
        _sometimes(draw, exposure, "trigger", st.sampled_from(("assignment", "exposure")))
        population["exposure"] = exposure
    return population


@st.composite
def definitions(draw: Draw) -> Tree:
    """Draw a valid definition as a mapping: what a YAML file holds, or what Python gives to ``abtest.load``."""
    world = _World(draw)
    definition: Tree = {"name": draw(names), "arms": _arms(draw), "data": world.data(), "metrics": world.metrics()}
    _sometimes(draw, definition, "version", st.sampled_from((1, "1")))
    _sometimes(draw, definition, "title", texts | st.integers(-5, 5_000))
    _sometimes(draw, definition, "hypothesis", proses)
    _sometimes(draw, definition, "ignore", st.lists(st.sampled_from(sorted(CODES)), max_size=3))
    alone = {"unit": world.unit, "timezone": world.zone, "period": world.period, "engine": world.engine}
    for key, value in alone.items():
        if value is not None:
            definition[key] = value
    if world.cluster:
        definition["cluster"] = draw(texts)
    elif world.customers and not world.monitoring and not world.early:
        segment = st.fixed_dictionaries({"column": texts}, optional={"declared": flags})
        _sometimes(draw, definition, "segments", st.lists(texts | segment, min_size=1, max_size=3))
    assignment = _assignment(draw, definition["arms"])
    if world.customers:
        _sometimes(draw, assignment, "at", texts)
    report = st.fixed_dictionaries(
        {}, optional={"formats": st.lists(st.sampled_from(FORMATS), max_size=2), "language": st.just("en")}
    )
    parts = {
        "population": _population(draw, world),
        "analysis": world.analysis(definition["metrics"]),
        "assignment": assignment,
        "report": draw(report),
        "spark": world.spark(),
        "compliance": world.compliance(definition["metrics"]),
        "value": _worth(draw, definition["metrics"]),
    }
    definition.update({key: part for key, part in parts.items() if part})
    order = draw(st.permutations(list(definition)))
    return {key: definition[key] for key in order}


def as_text(tree: object) -> str:
    """Write a drawn mapping as JSON, which is YAML; nothing of the code under test is used.

    Text stands in double quotes, other values plain. What YAML does not let stand in a file as itself is escaped.
    """
    written = json.dumps(tree, ensure_ascii=False, default=str)
    return "".join(
        character
        if " " <= character <= "~" or (character.isprintable() and character <= "\ud7ff")
        else f"\\U{ord(character):08x}"
        for character in written
    )


def _assignment(draw: st.DrawFn, arms: list[Tree]) -> Tree:
    """Draw whose hash draws the arms, with what it reads."""
    hash_ = draw(st.sampled_from(sorted(HASHES)))
    assignment: Tree = {} if hash_ == "abtest" and draw(flags) is True else {"hash": hash_}
    taken = HASHES[hash_]
    seeds = st.integers(-(2**31), 2**32 - 1)
    if hash_ == "launchdarkly":
        by_seed = draw(st.booleans())
        return assignment | ({"seed": draw(seeds)} if by_seed else {"key": draw(texts), "salt": draw(texts)})
    if hash_ in NEEDED:
        assignment |= {name: draw(seeds if name == "seed" else texts) for name in NEEDED[hash_]}
    elif "salt" in taken:
        _sometimes(draw, assignment, "salt", texts)
    if "key" in taken:
        _sometimes(draw, assignment, "key", texts)
    if "shards" in taken:
        _sometimes(draw, assignment, "shards", st.integers(2, 10**6))
    if "namespace" in taken:
        _sometimes(draw, assignment, "namespace", st.fixed_dictionaries({"id": texts, "range": st.just([0.25, 0.5])}))
    if "ranges" in taken and draw(st.booleans()):
        edges = [place / len(arms) for place in range(len(arms) + 1)]
        for place, arm in enumerate(arms):
            arm["ranges"] = [[edges[place], edges[place + 1]]]
    elif "coverage" in taken and draw(st.booleans()):
        assignment["coverage"] = draw(st.sampled_from((0.1, 0.5, 1)))
        for name, values in (("coverage_salt", texts), ("coverage_seed", seeds)):
            if name in taken:
                assignment[name] = draw(values)
    return assignment
