"""Servers that notices are sent to in tests: a real HTTP receiver and a real, small mail server with STARTTLS."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def certificate(folder):
    """Make a certificate for 127.0.0.1 and localhost; returns (certificate, key)."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@contextmanager
def receiver(answers, tls=None):
    """Run an HTTP server that gives `answers` in turn ((status, headers) or "drip"); yields (port, requests)."""
    got, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer == "drip":
                for _ in range(100):
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        return
                    time.sleep(0.1)
                return
            status, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mail_server(tls=None, *, offers=True):  # noqa: C901 - it speaks several words
    """Run a mail server; yields (port, mails) with each mail as (encrypted, signed in, message)."""
    got = []

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text):
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self):
            encrypted = signed_in = False
            self.say("220 test")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "EHLO":
                    more = ["STARTTLS"] if tls and offers and not encrypted else []
                    more += ["AUTH PLAIN"] if encrypted else []
                    words = ["test", *more]
                    for place, word in enumerate(words):
                        self.say(f"250{'-' if place < len(words) - 1 else ' '}{word}")
                elif verb == "STARTTLS":
                    self.say("220 go")
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(*tls)
                    self.request = context.wrap_socket(self.request, server_side=True)
                    self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
                    encrypted = True
                elif verb == "AUTH":
                    signed_in = True
                    self.say("235 ok")
                elif verb == "DATA":
                    self.say("354 go")
                    lines = []
                    while (data := self.rfile.readline()) != b".\r\n":
                        lines.append(data)
                    got.append((encrypted, signed_in, message_from_bytes(b"".join(lines), policy=policy.default)))
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        server.server_close()
