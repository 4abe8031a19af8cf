"""Write a tree as YAML in any of the ways YAML knows, sound or not: styles, anchors, tags, merge keys, odd ends."""

import random
import re

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./ -]*(?<! )")
_TAGS = (
    "!!str ",
    "!!int ",
    "!!float ",
    "!!bool ",
    "!!null ",
    "!!binary ",
    "!!python/object:os.system ",
    "!x ",
    "!<tag> ",
    "! ",
)
_ENDS = ("\n", "\n", "\n", "\r\n", "\r", "\n\n", "\x85", "\u2028")


class Writer:
    """One text in the making: ``wild`` is how often (a share) something odd is done."""

    def __init__(self, draw: random.Random, wild: float) -> None:
        self.draw = draw
        self.wild = wild
        self.anchors = 0

    def text(self, tree: object) -> str:
        """Return a whole file."""
        written = "\n".join(self._block(tree, 0))
        if self._odd():
            written = self._around(written)
        if self._odd():
            written = written.replace("\n", self.draw.choice(_ENDS))
        return written + self.draw.choice(("\n", "\n", "", "\n\n", " "))

    def _odd(self) -> bool:
        return self.draw.random() < self.wild

    def _around(self, text: str) -> str:
        return self.draw.choice(
            (
                "\ufeff" + text,
                "---\n" + text,
                "%YAML 1.1\n---\n" + text,
                "%YAML 9.9\n---\n" + text,
                "%TAG ! tag:x,2000:\n---\n" + text,
                text + "\n...\n",
                text + "\n---\n" + text,
                "# a comment\n" + text + " # the end",
                "\t" + text,
                "- " + text.replace("\n", "\n  "),
                "? " + text.replace("\n", "\n  ") + "\n: value",
                "\u200b" + text,
            )
        )

    def _block(self, node: object, indent: int) -> list[str]:
        pad = " " * indent
        if isinstance(node, dict) and node and indent < 40 and self.draw.random() < 0.85:
            lines = []
            for key, value in node.items():
                lines += self._entry(f"{pad}{self._scalar(str(key), key=True)}:", value, indent)
                if self._odd():
                    lines.append(
                        self.draw.choice((lines[-1], f"{pad}# note", "", f"{pad}<<: *a1", f"{pad}<<: {{x: 1}}", "\t"))
                    )
            return lines
        if isinstance(node, list) and node and indent < 40 and self.draw.random() < 0.6:
            lines = []
            for value in node:
                lines += self._entry(f"{pad}-", value, indent)
            return lines
        return [pad + self._flow(node)]

    def _entry(self, start: str, value: object, indent: int) -> list[str]:
        deeper = indent + self.draw.choice((1, 2, 2, 2, 4))
        if isinstance(value, dict | list) and value and self.draw.random() < 0.5:
            return [start + self._mark(), *self._block(value, deeper)]
        if isinstance(value, str) and value and self._odd():
            sign = self.draw.choice(("|", ">", "|-", ">+", "|2", "|9", ">-1"))
            return [f"{start} {sign}", *(" " * deeper + line for line in value.split("\n"))]
        return [f"{start} {self._flow(value)}"]

    def _mark(self) -> str:
        if not self._odd():
            return ""
        if self.draw.random() < 0.3:
            return " " + self.draw.choice(_TAGS).strip()
        self.anchors += 1
        return f" &a{self.anchors}"

    def _flow(self, node: object) -> str:
        if self._odd() and self.anchors:
            return f"*a{self.draw.randint(1, self.anchors + 1)}"
        mark = self._mark().strip()
        mark = f"{mark} " if mark else ""
        if isinstance(node, dict):
            inner = ", ".join(f"{self._scalar(str(key), key=True)}: {self._flow(value)}" for key, value in node.items())
            return f"{mark}{{{inner}}}"
        if isinstance(node, list):
            return f"{mark}[{', '.join(map(self._flow, node))}{self.draw.choice(('', '', ','))}]"
        return mark + self._scalar(node)

    def _scalar(self, value: object, *, key: bool = False) -> str:
        if value is None:
            return self.draw.choice(("null", "~", "", "Null"))
        if isinstance(value, bool):
            return str(value).lower()
        text = str(value)
        if _PLAIN.fullmatch(text) and not self._odd():
            return text
        style = self.draw.random()
        if style < 0.2 and "\n" not in text and not key:
            return text  # plain, whatever it means then
        if style < 0.5 and text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        return '"' + "".join(self._escaped(character) for character in text) + '"'

    def _escaped(self, character: str) -> str:
        if " " <= character <= "~" and character not in '"\\' and not self._odd():
            return character
        number = ord(character)
        if number < 256 and self.draw.random() < 0.5:
            return f"\\x{number:02x}"
        return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
