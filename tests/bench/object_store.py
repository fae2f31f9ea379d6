# SPDX-License-Identifier: Apache-2.0
"""The S3 that clients are measured with: object_store.py BYTES prints its port on 127.0.0.1, throws
away what is put and gives BYTES zeros to every GET."""
import http.server
import sys

PIECE = 1 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        buffer = bytearray(PIECE)
        while left:
            left -= self.rfile.readinto(memoryview(buffer)[:min(left, PIECE)])
        self.answer(0)

    def do_GET(self):
        self.answer(int(sys.argv[1]))
        for _ in range(int(sys.argv[1]) // PIECE):
            self.wfile.write(bytes(PIECE))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
