# SPDX-License-Identifier: Apache-2.0
"""A loopback HTTPS server for tests: tls_server.py CERTIFICATE KEY prints its port, answers every
GET with "secure" and ends with its standard input."""
import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"secure")


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that trusts nobody leaves in the handshake


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
