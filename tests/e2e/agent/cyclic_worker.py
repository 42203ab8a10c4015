"""A backend with the collector switched off, each of whose runs leaves 60 MB that only the collector can free."""
import gc
import http.server
import json
import os
import socketserver
import sys


class Node:
    def __init__(self):
        self.me = self
        self.load = bytes(400)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "supervisor"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        for _ in range(100_000):
            Node()
        body = json.dumps({"pid": os.getpid(), "thresholds": gc.get_threshold()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.UnixStreamServer):
    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("supervisor", 0)


gc.disable()
Server(sys.argv[1], Handler).serve_forever()
