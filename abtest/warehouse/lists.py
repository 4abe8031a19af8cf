"""Lists of values in files, for conditions: ``customer_id not in file("test_accounts.txt")``.

Principle: a list is data. It is read by the engine, and no value of it stands in a statement or a message.
"""

import csv
import hashlib
from pathlib import Path

from abtest.engines.engine import Engine
from abtest.errors import DataError
from abtest.files.paths import find_files
from abtest.process.regular import open_regular

MOST_LINES = 10_000_000
LONGEST_LINE = 1_000


def list_view(engine: Engine, folder: Path, written: str, place: str) -> str:
    """Make the lines of a file a view of the engine, and return its name; blanks at the ends of a line are left out."""
    found = find_files(written, folder, place).files
    if len(found) != 1:
        raise DataError(f"{place}: file({written!r}) names {len(found)} files; a list is one")
    [path] = found
    state = path.stat()
    key = hashlib.sha256(f"{path.absolute()}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}".encode()).hexdigest()
    home = engine.workspace() / "lists" / key[:24]
    home.mkdir(parents=True, exist_ok=True)
    copy = home / "list.csv"
    count = 0
    try:
        with open_regular(path) as content, copy.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writerow(["value"])
            while raw := content.readline(LONGEST_LINE + 1):
                if len(raw) > LONGEST_LINE:
                    raise DataError(
                        f"{place}: {path.name}: a line has more than {LONGEST_LINE:,} bytes; a list has a value a line"
                    )
                count += 1
                if count > MOST_LINES:
                    raise DataError(
                        f"{place}: {path.name}: has more than {MOST_LINES:,} lines; make it a column of a table"
                    )
                value = raw.decode("utf-8-sig" if count == 1 else "utf-8").strip()
                if value:
                    writer.writerow([value])
    except UnicodeDecodeError:
        raise DataError(f"{place}: {path.name}: is not UTF-8 text; a list has a value a line") from None
    except OSError as error:
        raise DataError(f"{place}: {path.name} cannot be read: {error.strerror or error}") from None
    view = f"raw_list_{key[:16]}"
    engine.attach_files(view, [str(copy)], "csv", (",", ["value"]))
    return view
