"""A backend in plain Python that takes memory in pieces and gives most of it back: POST {"fill": WHAT} does that once,
every other request is an analysis of a second. Knows nothing of Holdfast. pieces.py --socket PATH"""
import gc
import http.server
import json
import os
import random
import socketserver
import sys
import time

MB = 1 << 20
held = []


def pieces(megabytes, smallest, largest, kept_share):
    """Pieces of random sizes, of which a random share stays."""
    made, size = [], 0
    while size < megabytes * MB:
        made.append(bytes(random.randrange(smallest, largest)))
        size += sys.getsizeof(made[-1])
    held.extend(piece for piece in made if random.random() < kept_share)
    return sum(map(sys.getsizeof, held))


def burst():
    """Sixty answers, made as JSON and read again; a small cache of them stays."""
    for number in range(60):
        rows = [{"id": i, "name": f"row {i} of {number}", "value": random.random(), "tags": ["a", str(i)]} for i in range(6000)]
        text = json.dumps(rows)
        json.loads(text)
        held.append(text)
        del held[:-8]
    return sum(map(sys.getsizeof, held))


def fill(what):
    random.seed(17)
    if what == "small":
        return pieces(300, 16, 480, 0.1)
    if what == "mixed":
        return pieces(300, 10, 16384, 0.1)
    return burst()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"result": request.get("prompt", "")}
        if "fill" in request:
            answer["live_bytes"] = fill(request["fill"])
        elif "collect" in request:
            gc.collect()
        else:
            time.sleep(1)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


path = sys.argv[sys.argv.index("--socket") + 1]
if os.path.exists(path):
    os.unlink(path)
Server(path, Handler).serve_forever()
