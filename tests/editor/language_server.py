"""A real yaml-language-server on the other end of a pipe, and what an editor asks of it."""

import json
import os
import queue
import select
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("ABTEST_EDITOR", ROOT / "build/editor"))
"""Where `npm install` put the server; ABTEST_EDITOR names another folder."""
SERVER = HOME / "node_modules/yaml-language-server"
PINNED = json.loads((Path(__file__).parent / "package.json").read_text())["dependencies"]["yaml-language-server"]
DEFINITION = "experiments/drip.yaml"
PATIENCE = 30
"""Seconds to wait for an answer."""


def require_server() -> None:
    """Skip the test when there is no server; fail when it is another version than the pinned one."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed; the language server needs it")
    if not SERVER.is_dir():
        pytest.skip(f"no language server in {HOME}; copy tests/editor/package.json there and run npm install")
    found = json.loads((SERVER / "package.json").read_text())["version"]
    assert found == PINNED, f"{SERVER} is version {found}, tests/editor/package.json pins {PINNED}"


class LanguageServer:
    """The server as an editor sees it: open a text, then ask for completions, hovers and diagnostics.

    ``settings`` are the editor's, such as ``{"yaml.validate": True}``. Positions are lines and columns from 0.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        # A proxy that only listens: were the server to go to the network, it would knock here.
        self.proxy = socket.create_server(("127.0.0.1", 0))
        self.settings: dict[str, Any] = {}
        for key, value in {"http.proxy": f"http://127.0.0.1:{self.proxy.getsockname()[1]}", **settings}.items():
            *sections, last = key.split(".")
            section = self.settings
            for name in sections:
                section = section.setdefault(name, {})
            section[last] = value
        self.configured = False
        self.answers: dict[int, Any] = {}
        self.diagnosed: dict[str, list[Any]] = {}
        self.inbox: queue.Queue[Any] = queue.Queue()
        self.count = 0

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            ["node", str(SERVER / "bin/yaml-language-server"), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": self.folder.as_uri(),
                "workspaceFolders": [{"uri": self.folder.as_uri(), "name": "experiments"}],
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                        "hover": {"contentFormat": ["markdown"]},
                    },
                },
            },
        )
        self._send("initialized", {})
        self._wait(lambda: self.configured or None, "settings")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        self.proxy.close()

    @property
    def went_online(self) -> bool:
        """Whether the server tried to reach any address through the proxy that it was told to use."""
        return bool(select.select([self.proxy], [], [], 0)[0])

    def diagnostics(self, text: str, name: str = DEFINITION) -> list[Any]:
        """Open ``text`` as a file called ``name`` and return what the server says of it."""
        uri = self.open(text, name)
        return self._wait(lambda: self.diagnosed.get(uri), f"diagnostics of {name}")

    def open(self, text: str, name: str = DEFINITION) -> str:
        """Open ``text`` as a file called ``name`` in a folder of its own; return its address."""
        self.count += 1
        uri = (self.folder / str(self.count) / name).as_uri()
        self._send(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}},
        )
        return uri

    def completions(self, text: str, line: int, column: int, name: str = DEFINITION) -> dict[str, Any]:
        """Return what is offered at a place, by its label."""
        result = self.request("textDocument/completion", self._at(self.open(text, name), line, column))
        items = result["items"] if isinstance(result, dict) else result or []
        return {item["label"]: item for item in items}

    def hover(self, text: str, line: int, column: int, name: str = DEFINITION) -> str:
        """Return the Markdown that is shown at a place; empty when nothing is."""
        result = self.request("textDocument/hover", self._at(self.open(text, name), line, column))
        return str(result["contents"]["value"]) if result else ""

    @staticmethod
    def _at(uri: str, line: int, column: int) -> dict[str, Any]:
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}

    def request(self, method: str, params: Any) -> Any:
        """Send a request and return its result."""
        self.count += 1
        number = self.count
        self._send(method, params, number)
        answer = self._wait(lambda: self.answers.pop(number, None), method)
        assert "error" not in answer, answer
        return answer["result"]

    def _send(self, method: str, params: Any, number: int | None = None) -> None:
        self._write({"method": method, "params": params} | ({} if number is None else {"id": number}))

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _listen(self) -> None:
        """Put every message of the server into the inbox; ``None`` when it is gone."""
        stream = self.process.stdout
        assert stream is not None
        while True:
            size = 0
            for line in iter(stream.readline, b"\r\n"):
                if not line:
                    self.inbox.put(None)
                    return
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            self.inbox.put(json.loads(stream.read(size)))

    def _wait(self, found: Any, what: str) -> Any:
        """Take messages until ``found()`` is something."""
        end = time.monotonic() + PATIENCE
        while (result := found()) is None:
            try:
                message = self.inbox.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                pytest.fail(f"no answer within {PATIENCE} seconds: {what}")
            if message is None:
                pytest.fail(f"the server ended before it answered: {what}")
            self._take(message)
        return result

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self.answers[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.diagnosed[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            self._write({"id": message["id"], "result": self._reply(message)})

    def _reply(self, message: dict[str, Any]) -> Any:
        """Answer what the server asks of the editor; only the settings matter."""
        if message["method"] == "workspace/configuration":
            self.configured = True
            return [self.settings.get(item.get("section")) for item in message["params"]["items"]]
        return None
