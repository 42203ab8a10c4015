"""Speaks docs/worker-protocol.md for a worker behind Holdfast; without Holdfast in front it answers plain JSON.

Work is a function of a Run that returns its result, or a generator that yields what happens on the way:

    def analyze(run):
        state = run.checkpoint or {}                  # where the attempt before this one was lost
        yield run.progress("schema", "Reading 2 tables")
        yield run.save("schema", {**state, "tables": 2})
        yield run.delta("In 1995 ")
        return {"result": "In 1995 it was 79.5"}      # an async generator: yield run.result(...) as its last word

    app = holdfast.wsgi(analyze)                      # or holdfast.asgi(analyze), or holdfast.answer(run, analyze)

The client's connection is Holdfast's: when a run is cancelled it is closed. A generator then gets GeneratorExit at its
yield, a coroutine CancelledError: clean up in `finally`. Standard library only, Python 3.9 or later.
"""
import asyncio
import inspect
import json
import sys
import time
import traceback
from typing import Any, Iterable, List, NamedTuple, Optional, Tuple
from urllib.parse import unquote

EVENTS = "application/vnd.holdfast.events+ndjson"
MAX_LINE = 1024 * 1024  #: Bytes; Holdfast refuses a longer line.
MAX_BODY = 8 * 1024 * 1024  #: Bytes that wsgi() and asgi() read of a request.
_PIECE = 128 * 1024  # Characters of a delta line: six bytes each at worst.


class Refused(Exception):
    """The run fails with this `code` and message; with `retryable` it is tried again while it has attempts left."""

    def __init__(self, message: str, code: str = "failed_precondition", retryable: bool = False, status: int = 422):
        super().__init__(message)
        self.code, self.retryable, self.status = code, retryable, status  #: `status`: of the plain answer.


class Line(bytes):
    """One event as it is sent. Empty where nobody listens."""

    value: Any = None
    last = False


class Answer(NamedTuple):
    """What a web framework sends. `body`: an iterator of bytes, an asynchronous one from answer_async()."""

    status: int
    headers: List[Tuple[str, str]]
    body: Any


class Run:
    """One attempt at a run. Not for several threads at once."""

    def __init__(self, headers, body):
        get = _reader(headers)
        self.body = _parse(body)  #: The client's JSON object, without what Holdfast added to it.
        added = self.body.pop("holdfast", None) or {}
        saved = added.get("checkpoint") or {}
        self.streams = EVENTS in get("accept")  #: Holdfast is in front and takes events.
        self.id: Optional[str] = get("holdfast-run-id") or None
        self.attempt = int(get("holdfast-attempt") or 1)
        self.user: Optional[str] = unquote(get("holdfast-user")) or None
        self.thread_key: Optional[str] = get("holdfast-thread-key") or None  #: Keep conversations by this.
        self.step: Optional[str] = saved.get("step")  #: Of the checkpoint.
        self.checkpoint = saved.get("state")  #: What save() was given last, in an attempt that was lost; or None.
        self.history = added.get("history") or []
        self.memory_level = get("holdfast-memory-level") or "normal"  #: normal, warning, critical or emergency.
        reserved = get("holdfast-memory-reserved-bytes")
        self.memory_reserved = int(reserved) if reserved else None  #: Bytes this run is expected to need at most.
        self.url: Optional[str] = get("holdfast-url") or None  #: Of the Holdfast in front, for this worker.
        self.token: Optional[str] = get("holdfast-token") or None  #: Opens this run's thread there, while it runs.
        limit = get("holdfast-deadline-ms")
        self._ends = time.monotonic() + int(limit) / 1000 if limit else None

    def remaining(self) -> float:
        """Seconds until the worker is stopped; infinite without Holdfast."""
        return float("inf") if self._ends is None else max(0.0, self._ends - time.monotonic())

    def progress(self, step: str, message: str = "") -> Line:
        return self._line({"type": "progress", "step": step, "message": message})

    def save(self, step: str, state: Any) -> Line:
        """A checkpoint: the next attempt finds `state` in Run.checkpoint. It is JSON, and a line of MAX_LINE at most."""
        return self._line({"type": "checkpoint", "step": step, "state": state})

    def delta(self, text: str) -> Line:
        """A piece of the answer, shown at once. A long one is sent in several lines."""
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]
        return Line(b"".join(self._line({"type": "delta", "text": piece}) for piece in pieces))

    def result(self, value: Any) -> Line:
        """The last word. `return value` says the same where a function can return."""
        line = self._line({"type": "result", "result": value})
        line.value, line.last = value, True
        return line

    def _line(self, event: dict) -> Line:
        if not self.streams:
            return Line()
        line = Line(_json(event) + b"\n")
        if len(line) > MAX_LINE:
            raise ValueError(f"a {event['type']} of {len(line)} bytes: Holdfast takes lines of {MAX_LINE} bytes; keep large "
                             "data in a file or a database and save its name")
        return line


def run(headers, body) -> Run:
    """`headers`: a WSGI environ, an ASGI scope, or any mapping or list of header fields. `body`: bytes or a parsed object.

    Refused (status 422): the body is no JSON object."""
    return Run(headers, body)


def answer(run: Run, work) -> Answer:
    """For WSGI, Flask and http.server. In front of a stream the work is done while `body` is read, else before."""
    if run.streams:
        return Answer(200, [("Content-Type", EVENTS)], _stream(run, work))
    try:
        made = work(run)
        value = _last_of(made) if inspect.isgenerator(made) else made
        return _plain(200, value)
    except Exception as error:
        return _plain_failure(error)


async def answer_async(run: Run, work) -> Answer:
    """For ASGI, FastAPI and Starlette. `work` may be any kind of function; one that blocks is run in a thread."""
    if run.streams:
        return Answer(200, [("Content-Type", EVENTS)], _stream_async(run, work))
    try:
        value = None
        async for line in _events(run, work):
            value = line.value if line.last else value
        status, headers, body = _plain(200, value)
    except Exception as error:
        status, headers, body = _plain_failure(error)
    return Answer(status, headers, _one(body[0]))


def wsgi(work):
    """A WSGI application that answers every POST with `work`."""

    def application(environ, start_response):
        size = int(environ.get("CONTENT_LENGTH") or 0)
        try:
            made = answer(run(environ, environ["wsgi.input"].read(_bounded(size))), work)
        except Refused as error:
            made = _plain_failure(error)
        start_response(f"{made.status} {'OK' if made.status < 300 else 'Refused'}", made.headers)
        return made.body

    return application


def asgi(work):
    """An ASGI application that answers every POST with `work`, and stops it when the connection is closed."""

    async def application(scope, receive, send):
        if scope["type"] != "http":
            raise RuntimeError(f"holdfast.asgi answers http, not {scope['type']}")
        try:
            made = await answer_async(run(scope, await _read(receive)), work)
        except Refused as error:
            status, headers, body = _plain_failure(error)
            made = Answer(status, headers, _one(body[0]))
        sending = asyncio.ensure_future(_send(made, send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            try:
                await sending
            except asyncio.CancelledError:
                pass

    return application


# What is below is not for users of this module.


def _reader(headers):
    if "wsgi.version" in headers:
        return lambda name: headers.get("HTTP_" + name.upper().replace("-", "_"), "")
    pairs: Iterable = headers.get("headers", headers) if isinstance(headers, dict) else headers
    pairs = pairs.items() if hasattr(pairs, "items") else pairs
    fields = {_text(name).lower(): _text(value) for name, value in pairs}
    return lambda name: fields.get(name, "")


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _parse(body):
    try:
        parsed = json.loads(body) if isinstance(body, (bytes, bytearray, str)) else body
    except (ValueError, RecursionError) as error:
        raise Refused(f"the body is not JSON: {error}", "invalid_argument") from None
    if not isinstance(parsed, dict):
        raise Refused("the body must be a JSON object", "invalid_argument")
    return dict(parsed)


def _json(value) -> bytes:
    # A lone surrogate is no UTF-8: it becomes a question mark, and costs nobody the run.
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _bounded(size: int) -> int:
    if size > MAX_BODY:
        raise Refused(f"a body of {size} bytes; holdfast.MAX_BODY is {MAX_BODY}", "invalid_argument", status=413)
    return size


def _failure(error: BaseException):
    if isinstance(error, Refused):
        return error.code, str(error), error.retryable, error.status
    traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
    message = str(error) if isinstance(error, ValueError) else "its log has more"
    return "internal", f"the worker raised {type(error).__name__}: {message}", False, 500


def _error_line(error: BaseException) -> bytes:
    code, message, retryable, _ = _failure(error)
    return _json({"type": "error", "code": code, "message": message[:4000], "retryable": retryable}) + b"\n"


def _plain(status: int, value) -> Answer:
    body = _json(value)
    return Answer(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], [body])


def _plain_failure(error: Exception) -> Answer:
    code, message, retryable, status = _failure(error)
    return _plain(status, {"error": {"code": code, "message": message, "retryable": retryable}})


def _last_of(generator):
    value = None
    while True:
        try:
            line = next(generator)
        except StopIteration as stop:
            return value if stop.value is None else stop.value
        value = line.value if line.last else value


def _lines(run: Run, work):
    made = work(run)
    if not inspect.isgenerator(made):
        yield run.result(made)
        return
    said = False
    try:
        while not said:
            try:
                line = next(made)
            except StopIteration as stop:
                yield run.result(stop.value)
                return
            said = line.last
            yield line
    finally:
        made.close()


def _stream(run: Run, work):
    lines = _lines(run, work)
    try:
        for line in lines:
            if line:
                yield bytes(line)  # WSGI wants bytes, not a kind of bytes.
    except Exception as error:
        yield _error_line(error)
    finally:
        lines.close()


async def _events(run: Run, work):
    if inspect.isasyncgenfunction(work):
        made = work(run)
        try:
            async for line in made:
                yield line
                if line.last:
                    return
        finally:
            await made.aclose()
        yield run.result(None)
    elif inspect.iscoroutinefunction(work):
        yield run.result(await work(run))
    else:
        loop, lines, end = asyncio.get_running_loop(), _lines(run, work), object()
        try:
            while (line := await loop.run_in_executor(None, next, lines, end)) is not end:
                yield line
        finally:
            # A step that is still running in its thread cannot be interrupted: its generator is closed after it.
            await loop.run_in_executor(None, _close, lines)


def _close(lines):
    while True:
        try:
            return lines.close()
        except ValueError:  # It is executing.
            time.sleep(0.01)


async def _stream_async(run: Run, work):
    events = _events(run, work)
    try:
        async for line in events:
            if line:
                yield bytes(line)
    except Exception as error:
        yield _error_line(error)
    finally:
        await events.aclose()


async def _one(body: bytes):
    yield body


async def _read(receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("the request was cut off", "cancelled", status=400)
        body += message.get("body", b"")
        _bounded(len(body))
        if not message.get("more_body"):
            return body


async def _gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(made: Answer, send):
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in made.headers]
    await send({"type": "http.response.start", "status": made.status, "headers": headers})
    try:
        async for piece in made.body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        await made.body.aclose()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
