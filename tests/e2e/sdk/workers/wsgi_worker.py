"""Standard library alone: `python3 wsgi_worker.py PORT`."""
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from steps import holdfast, work


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", int(sys.argv[1]), holdfast.wsgi(work), handler_class=Quiet).serve_forever()
