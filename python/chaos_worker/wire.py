# SPDX-License-Identifier: Apache-2.0
"""Frames on the socket to the engine: four bytes of length, big-endian, then JSON in UTF-8."""
import _socket  # the module socket takes several times longer to import
import json
import re
import threading

from chaos_worker import values

FRAME_MAX = 64 * 1024 * 1024


class Channel:
    """The socket. Any thread may send or ask; one thread reads."""

    def __init__(self, descriptor):
        self.socket = _socket.socket(fileno=descriptor)
        self.socket.setblocking(True)
        self.lock = threading.Lock()
        self.waiting = {}
        self.asked = 0

    def close(self):
        self.socket.close()

    def send(self, text):
        """Send one frame. A single call of sendall, so that an exception that another thread
        raises in this one cannot cut it; the caller keeps signal handlers from raising."""
        data = text.encode("ascii", "backslashreplace")
        with self.lock:
            self.socket.sendall(len(data).to_bytes(4, "big") + data)

    def _read(self, length):
        parts = []
        while length:
            part = self.socket.recv(length, _socket.MSG_WAITALL)
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def receive(self):
        """The next message, or None at the end. One that cannot be read has an "error"."""
        header = self._read(4)
        if header is None:
            return None
        length = int.from_bytes(header, "big")
        if length > FRAME_MAX:
            return None
        data = self._read(length)
        if data is None:
            return None
        text = data.decode("utf-8", "replace")
        try:
            return values.decode(text)
        except (ValueError, RecursionError, KeyError) as x:
            number = re.match(r'\{"id":\s*(\d+)', text)  # the engine writes it first
            return {"id": int(number.group(1)) if number else 0, "op": "", "error": str(x)}

    def ask(self, op, fields, guard):
        """Ask the engine and wait for its answer. `guard` sends."""
        answer = _Answer()
        with self.lock:
            self.asked += 1
            number = self.asked
            self.waiting[number] = answer
        try:
            head = json.dumps({"ask": number, "op": op})[:-1]
            body = "".join(',%s:%s' % (json.dumps(k), values.encode(v)) for k, v in fields.items())
            guard(head + body + "}")
            answer.arrived.wait()
        finally:
            self.waiting.pop(number, None)
        if answer.message is None:
            raise EOFError("the engine is gone")
        return answer.message

    def answered(self, message):
        answer = self.waiting.get(message.get("answer"))
        if answer:
            answer.message = message
            answer.arrived.set()

    def ended(self):
        for answer in list(self.waiting.values()):
            answer.arrived.set()


class _Answer:
    def __init__(self):
        self.arrived = threading.Event()
        self.message = None
