"""The edges: what a shell, a scheduler, a container or a stranger's folder may put around a command."""

from collections.abc import Mapping

from edge_runs import DONE, GONE, REFUSED, SHORT, Edge

_ANY = frozenset({DONE, SHORT})
_LIMITED = frozenset({DONE, REFUSED, SHORT})

STREAMS: Mapping[str, Edge] = {
    "stdin closed": Edge(after="<&-"),
    "stdout closed": Edge(after=">&-"),
    "stderr closed": Edge(after="2>&-"),
    "all streams closed": Edge(after="<&- >&- 2>&-"),
    "stdout full": Edge(after=">/dev/full", codes=frozenset({REFUSED}), told_late=True),
    "stderr full": Edge(after="2>/dev/full"),
    "both full": Edge(after=">/dev/full 2>&1", codes=frozenset({REFUSED}), told_late=True),
    "reader gone": Edge(before="set -o pipefail; sleep 0 |", after="| true", codes=frozenset({DONE, GONE})),
    "one line read": Edge(after="| head -1"),
}
LIMITS: Mapping[str, Edge] = {
    **{
        f"ulimit -v {size}": Edge(before=f"ulimit -v {size} && ", codes=_ANY)
        for size in (60_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000, 800_000, 1_200_000, 1_500_000)
    },
    **{f"ulimit -d {size}": Edge(before=f"ulimit -d {size} && ", codes=_ANY) for size in (50_000, 200_000, 500_000)},
    **{f"ulimit -n {size}": Edge(before=f"ulimit -n {size} && ", codes=_ANY) for size in (4, 5, 6, 8, 12, 16, 24, 64)},
    **{f"ulimit -s {size}": Edge(before=f"ulimit -s {size} && ", codes=_ANY) for size in (100, 200, 400, 2_000)},
    **{f"ulimit -f {size}": Edge(before=f"ulimit -f {size} && ", codes=_LIMITED) for size in (0, 1, 8, 64)},
}
_THREADLESS = "setpriv --reuid 65534 --clear-groups --inh-caps +dac_override --ambient-caps +dac_override"
PROCESSES: Mapping[str, Edge] = {
    f"ulimit -u {number}": Edge(before=f"{_THREADLESS} bash -c 'ulimit -u {number} && exec \"$@\"' -", codes=_ANY)
    for number in (0, 1, 2, 4, 8, 16)
}
"""Threads that cannot be had; the superuser, whom no such limit binds, has to become somebody else."""
_EPOCH = frozenset({REFUSED})
VARIABLES: Mapping[str, Edge] = {
    "no HOME": Edge(unset=("HOME",)),
    "HOME that is not there": Edge(environment={"HOME": "/nonexistent"}),
    "HOME that is read-only": Edge(environment={"HOME": "/proc"}),
    "TMPDIR that is not there": Edge(environment={"TMPDIR": "/nonexistent"}),
    "LANG=C": Edge(environment={"LANG": "C", "LC_ALL": "C"}),
    "a POSIX locale without UTF-8": Edge(
        environment={"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ),
    "a locale that is not there": Edge(environment={"LC_ALL": "xx_YY.bogus"}),
    "ASCII streams": Edge(environment={"PYTHONIOENCODING": "ascii"}),
    "strict Latin streams": Edge(environment={"PYTHONIOENCODING": "latin-1:strict"}),
    "warnings are errors": Edge(environment={"PYTHONWARNINGS": "error"}),
    "no docstrings": Edge(environment={"PYTHONOPTIMIZE": "2"}),
    "a fixed hash": Edge(environment={"PYTHONHASHSEED": "0"}),
    "development mode": Edge(environment={"PYTHONDEVMODE": "1"}),
    "a backend that is not there": Edge(environment={"MPLBACKEND": "garbage"}),
    "a stranger's backend": Edge(environment={"MPLBACKEND": "module://evil"}),
    "endless settings": Edge(environment={"MATPLOTLIBRC": "/dev/zero"}),
    "settings in /proc": Edge(environment={"MPLCONFIGDIR": "/proc", "XDG_CACHE_HOME": "/proc"}),
    "a zone that is not there": Edge(environment={"TZ": "garbage"}),
    "a zone that is no zone": Edge(environment={"TZ": ":/etc/passwd"}),
    "no colour": Edge(environment={"NO_COLOR": "1"}),
    "a dumb terminal": Edge(environment={"TERM": "dumb"}),
    **{
        f"COLUMNS={shown}": Edge(environment={"COLUMNS": value, "LINES": value, "TERMINAL_WIDTH": value})
        for shown, value in (
            ("99999999", "99999999"),
            ("0", "0"),
            ("-5", "-5"),
            ("abc", "abc"),
            ("1", "1"),
            ("9…", "9" * 5000),
        )
    },
    "many threads for matrices": Edge(environment={"OPENBLAS_NUM_THREADS": "9999"}),
}
DATES: Mapping[str, Edge] = {
    f"SOURCE_DATE_EPOCH={value[:12]}": Edge(environment={"SOURCE_DATE_EPOCH": value}, codes=_EPOCH)
    for value in ("garbage", "-1", "", "99999999999999999999", "9" * 5000, "1.5", "²")
}
_MODULES = ("json", "typing", "numpy", "matplotlib", "duckdb", "csv", "site", "sitecustomize", "secrets", "typst")
FOLDERS: Mapping[str, Edge] = {
    "a folder that was removed": Edge(
        before='cp -r . "$PWD-gone" && cd "$PWD-gone" && rm -r "$PWD" &&', codes=frozenset({DONE, REFUSED, SHORT})
    ),
    "a stranger's modules": Edge(
        prepare="\n".join(f'echo \'open("ran", "w").close()\' > {name}.py' for name in _MODULES)
    ),
    "a stranger's settings": Edge(
        prepare="printf 'backend: module://evil\\nsavefig.facecolor: red\\nfont.size: nonsense\\n' > matplotlibrc"
    ),
    "settings that never come": Edge(prepare="mkfifo matplotlibrc"),
    "settings without end": Edge(prepare="ln -s /dev/zero matplotlibrc"),
}
ALL: Mapping[str, Edge] = {**STREAMS, **LIMITS, **PROCESSES, **VARIABLES, **DATES, **FOLDERS}
