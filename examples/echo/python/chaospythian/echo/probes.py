# SPDX-License-Identifier: Apache-2.0
"""The steady-state probe of the echo server, under the name that the article's experiment uses."""
import socket

__all__ = ["echoserver"]

TIMEOUT_S = 5
ANSWER_MAX = 65536


def echoserver(tcp_ip: str, tcp_port: int, message: str) -> bool:
    """Send one line, take the answer, say bye: true when the line came back, blanks aside."""
    with socket.create_connection((tcp_ip, tcp_port), timeout=TIMEOUT_S) as server:
        server.sendall(message.encode())
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < ANSWER_MAX:
            part = server.recv(4096)
            if not part:
                break
            answer += part
        server.sendall(b"bye\n")
    return answer.decode(errors="replace").strip() == message.strip()
