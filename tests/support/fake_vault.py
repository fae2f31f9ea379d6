# SPDX-License-Identifier: Apache-2.0
"""A fake of HashiCorp Vault: no Vault is to be had where these tests run. It knows the few routes
that are asked for, as Vault's HTTP API documentation describes them, and nothing else.

Prints its port and ends with its standard input."""
import http.server
import json
import sys
import threading

TOKEN = "s.fake-root"
SECRET = {"login": "ana", "password": "tide-and-moon", "n": 7}
LOGINS = {
    "/v1/auth/approle/login": {"role_id": "pilot", "secret_id": "fake-secret-id"},
    "/v1/auth/harbour/k8s/login": {"role": "pod", "jwt": "fake-jwt"},
    "/v1/auth/kubernetes/login": {"role": "pod", "jwt": "fake-jwt"},
}
DATA = {
    "/v1/secret/data/boats/gull": {"data": SECRET, "metadata": {"version": 1}},
    "/v1/kv/boats/gull": SECRET,
    "/v1/secret/data/with%20blank": {"data": SECRET},
    "/v1/secret/data/deleted": {"data": None},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, content, **headers):
        text = json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path not in LOGINS:
            self.reply(404, {"errors": ["no handler for route"]})
        elif body == LOGINS[self.path]:
            self.reply(200, {"auth": {"client_token": TOKEN}})
        else:
            self.reply(400, {"errors": ["invalid role or secret ID"]})

    def do_GET(self):
        if self.headers.get("X-Vault-Token") != TOKEN:
            self.reply(403, {"errors": ["permission denied"]})
        elif self.path == "/v1/secret/data/standby":  # as a node does that is not the active one
            self.reply(307, {}, Location="/v1/secret/data/boats/gull")
        elif self.path == "/v1/secret/data/sealed":
            self.reply(503, {"errors": ["Vault is sealed"]})
        elif self.path in DATA:
            self.reply(200, {"data": DATA[self.path]})
        else:
            self.reply(404, {"errors": []})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
