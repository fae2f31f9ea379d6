# SPDX-License-Identifier: Apache-2.0
"""A loopback server that does with each connection what the next of its scripts says, with the last
one for ever."""
import socket
import threading


def reply(status, body=b"", *headers, length=None):
    """The bytes of an answer; `length` is what it says about its body instead of the truth."""
    head = [f"HTTP/1.1 {status} Because",
            f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


class ScriptServer:
    """Subclasses have serve(), which gets each connection in a thread of its own."""

    scheme = "http"

    def __init__(self, *scripts):
        self.scripts = scripts
        self.count = 0  # scripts begun
        self.over = threading.Event()  # for scripts that say nothing
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{self.scheme}://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def next_script(self):
        self.count += 1
        return self.scripts[min(self.count, len(self.scripts)) - 1]

    def close(self):
        self.over.set()
        self.listener.close()
