"""The same work as a stream for Holdfast and as plain JSON, in every kind of function and framework."""
import asyncio
import contextlib
import io
import json
import unittest
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import holdfast

EVENTS = {"accept": holdfast.EVENTS}


def plain(run):
    return {"result": run.body["prompt"]}


def steps(run):
    yield run.progress("one", "first")
    yield run.save("one", {"n": 1})
    yield run.delta("half ")
    return {"result": run.body["prompt"]}


async def coroutine(run):
    return plain(run)


async def async_steps(run):
    for line in (run.progress("one", "first"), run.save("one", {"n": 1}), run.delta("half ")):
        yield line
    yield run.result(plain(run))
    raise AssertionError("nothing is asked after the last word")


def refuses(run):
    yield run.progress("one")
    raise holdfast.Refused("no such table", "not_found", retryable=True, status=404)


def breaks(run):
    raise KeyError("secret of the worker")


def types(body):
    return [json.loads(line)["type"] for line in body.splitlines()]


def ask(headers):
    return holdfast.run(headers, {"prompt": "why"})


def read_async(headers, work):
    async def read():
        made = await holdfast.answer_async(ask(headers), work)
        return made.status, b"".join([piece async for piece in made.body])

    return asyncio.run(read())


def read_sync(headers, work):
    made = holdfast.answer(ask(headers), work)
    return made.status, b"".join(made.body)


class Answering(unittest.TestCase):
    def test_a_stream_ends_with_the_result(self):
        every = ["progress", "checkpoint", "delta", "result"]
        for read, work, expected in ((read_sync, plain, every[3:]), (read_sync, steps, every), (read_async, plain, every[3:]),
                                     (read_async, steps, every), (read_async, coroutine, every[3:]), (read_async, async_steps, every)):
            status, body = read(EVENTS, work)
            self.assertEqual((status, types(body)), (200, expected), work.__name__)
            self.assertEqual(json.loads(body.splitlines()[-1])["result"], {"result": "why"})

    def test_without_holdfast_the_answer_is_the_result_alone(self):
        for read, work in ((read_sync, plain), (read_sync, steps), (read_async, plain), (read_async, steps),
                           (read_async, coroutine), (read_async, async_steps)):
            self.assertEqual(read({}, work), (200, b'{"result":"why"}'), work.__name__)

    def test_a_refusal_keeps_its_code(self):
        for read in (read_sync, read_async):
            last = json.loads(read(EVENTS, refuses)[1].splitlines()[-1])
            self.assertEqual(last, {"type": "error", "code": "not_found", "message": "no such table", "retryable": True})
            status, body = read({}, refuses)
            self.assertEqual((status, json.loads(body)["error"]["code"]), (404, "not_found"))

    def test_an_exception_is_told_without_its_secrets(self):
        for read in (read_sync, read_async):
            with contextlib.redirect_stderr(io.StringIO()) as log:
                status, body = read({}, breaks)
                line = json.loads(read(EVENTS, breaks)[1])
            self.assertEqual((status, line["code"], line["retryable"]), (500, "internal", False))
            self.assertNotIn(b"secret", body)
            self.assertNotIn("secret", line["message"])
            self.assertIn("secret of the worker", log.getvalue())


class Cancelling(unittest.TestCase):
    def test_a_stream_that_is_closed_ends_its_generator(self):
        ended = []

        def work(run):
            try:
                while True:
                    yield run.progress("on")
            finally:
                ended.append(True)

        body = holdfast.answer(ask(EVENTS), work).body
        next(body)
        body.close()
        self.assertEqual(ended, [True])

    def test_a_connection_that_is_closed_cancels_asynchronous_work(self):
        ended = []

        async def work(run):
            try:
                yield run.progress("on")
                await asyncio.sleep(3600)
            finally:
                ended.append(True)

        def blocking(run):
            try:
                while True:
                    yield run.progress("on")
            finally:
                ended.append(True)

        async def serve(work):
            messages = [{"type": "http.request", "body": b"{}"}]
            started = asyncio.Event()

            async def receive():
                if messages:
                    return messages.pop()
                await started.wait()
                return {"type": "http.disconnect"}

            async def send(message):
                if message.get("body"):
                    started.set()

            scope = {"type": "http", "headers": [(b"accept", holdfast.EVENTS.encode())]}
            await asyncio.wait_for(holdfast.asgi(work)(scope, receive, send), 30)

        asyncio.run(serve(work))
        asyncio.run(serve(blocking))
        self.assertEqual(ended, [True, True])


class Wsgi(unittest.TestCase):
    def post(self, body, **environ):
        said = []
        environ = {"wsgi.version": (1, 0), "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ}
        sent = b"".join(holdfast.wsgi(steps)(environ, lambda status, headers: said.append((status, dict(headers)))))
        return said[0][0], said[0][1]["Content-Type"], sent

    def test_it_answers_both_ways(self):
        self.assertEqual(self.post(b'{"prompt":"why"}'), ("200 OK", "application/json", b'{"result":"why"}'))
        status, kind, sent = self.post(b'{"prompt":"why"}', HTTP_ACCEPT=holdfast.EVENTS)
        self.assertEqual((status, kind, types(sent)[-1]), ("200 OK", holdfast.EVENTS, "result"))

    def test_it_keeps_the_rules_of_wsgi(self):
        for accept in (holdfast.EVENTS, "application/json"):
            environ = {"REQUEST_METHOD": "POST", "HTTP_ACCEPT": accept, "CONTENT_LENGTH": "2", "wsgi.input": io.BytesIO(b"{}"),
                       "QUERY_STRING": ""}
            setup_testing_defaults(environ)
            made = validator(holdfast.wsgi(lambda run: {}))(environ, lambda *_: lambda _: None)
            self.assertTrue(b"".join(made))
            made.close()

    def test_bad_requests_are_refused(self):
        self.assertTrue(self.post(b"nonsense")[0].startswith("422"))
        self.assertTrue(self.post(b"{}", CONTENT_LENGTH=str(holdfast.MAX_BODY + 1))[0].startswith("413"))


if __name__ == "__main__":
    unittest.main()
