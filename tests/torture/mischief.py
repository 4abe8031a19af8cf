"""What happens to a file while a command reads it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

WAYS = ("vanish", "truncate", "empty", "replace", "rewrite", "append", "become a folder")


def do(order: Sequence[str]) -> None:
    """Do the mischief ``order`` = (way, file, other file whose content it may get)."""
    way, file, other = order[0], Path(order[1]), Path(order[2])
    size = file.stat().st_size
    if way == "vanish":
        file.unlink()
    elif way == "truncate":
        os.truncate(file, size // 2)
    elif way == "empty":
        os.truncate(file, 0)
    elif way == "replace":  # another file takes its name, as careful programs write
        beside = file.with_name(file.name + ".beside")
        shutil.copyfile(other, beside)
        beside.replace(file)
    elif way == "rewrite":  # the same file gets other content, as careless programs write
        with file.open("r+b") as stream:
            stream.truncate(0)
            stream.write(other.read_bytes())
    elif way == "append":
        with file.open("ab") as stream:
            stream.write(other.read_bytes()[-40:])
    elif way == "become a folder":
        file.unlink()
        file.mkdir()
    else:
        raise ValueError(way)
