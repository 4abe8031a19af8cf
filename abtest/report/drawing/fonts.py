"""The fonts of reports: DejaVu Sans as matplotlib ships it, and a family for East Asian text where one is installed.

Principle: a character that no font can draw is an error that names it, never a gap.
"""

import sys
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from abtest.errors import UsageError
from abtest.report.drawing.style import load_matplotlib

FAMILY = "DejaVu Sans"
_EAST_ASIAN = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans CJK KR",
    "Noto Sans JP",
    "Noto Sans SC",
    "Source Han Sans",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "IPAexGothic",
    "IPAGothic",
    "Hiragino Sans",
    "PingFang SC",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
)
_NEVER_DRAWN = {"Cc", "Cf", "Zl", "Zp", "Zs"}


@dataclass(frozen=True)
class Fonts:
    """The families to set a text in, first choice first, and the folders that hold them."""

    families: tuple[str, ...]
    folders: tuple[Path, ...]


def fonts_for(texts: Iterable[str]) -> Fonts:
    """Return the fonts that draw every character of ``texts``.

    Raises :class:`~abtest.errors.UsageError` naming the characters that no font on this machine can draw.
    """
    folder = bundled_folder()
    needed = {c for text in texts for c in text if unicodedata.category(c) not in _NEVER_DRAWN}
    # Titles are set in bold: a character must be in both faces.
    missing = needed - (_characters(folder / "DejaVuSans.ttf") & _characters(folder / "DejaVuSans-Bold.ttf"))
    if not missing:
        return Fonts((FAMILY,), (folder,))
    families, folders = [FAMILY], [folder]
    for family, path in _installed():
        covered = missing & _characters(path)
        if covered:
            families.append(family)
            folders.append(path.parent)
            missing -= covered
        if not missing:
            return Fonts(tuple(families), tuple(dict.fromkeys(folders)))
    shown = sorted(missing)[:12]
    names = ", ".join(f"{c} (U+{ord(c):04X})" for c in shown) + (", …" if len(missing) > len(shown) else "")
    raise UsageError(
        f"report: no installed font can draw: {names}; "
        "install one that can (for Chinese, Japanese and Korean: Noto Sans CJK), or write these texts without them"
    )


def bundled_folder() -> Path:
    """Return the folder of the fonts that come with matplotlib."""
    load_matplotlib()
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _installed() -> list[tuple[str, Path]]:
    """Return the East Asian families that are installed, in the order of preference; matplotlib knows them then."""
    from matplotlib import font_manager

    known = {str(entry.fname) for entry in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts(_folders()):
        # A file that is no font, or a damaged one, is as good as none.
        with suppress(OSError, RuntimeError):
            if path not in known and font_manager.get_font(path).family_name in _EAST_ASIAN:
                font_manager.fontManager.addfont(path)
    regular: dict[str, Path] = {}
    for entry in font_manager.fontManager.ttflist:
        if entry.name in _EAST_ASIAN and entry.name not in regular:
            regular[entry.name] = Path(entry.fname)
    return [(family, regular[family]) for family in _EAST_ASIAN if family in regular]


def _folders() -> list[str] | None:
    """Return the folders of fonts; left to ask, matplotlib starts programs that keep lists in the home folder."""
    from matplotlib import font_manager

    if sys.platform == "win32":
        return None
    return [*font_manager.X11FontDirectories, *(font_manager.OSXFontDirectories if sys.platform == "darwin" else [])]


def _characters(path: Path) -> set[str]:
    from matplotlib.ft2font import FT2Font

    return {chr(code) for code in FT2Font(str(path)).get_charmap()}
