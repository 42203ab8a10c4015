"""What a worker reads of a request, and how its words look on the wire. Run by `python3 -m unittest`."""
import json
import math
import random
import unittest

import holdfast

EVENTS = {"Accept": f"{holdfast.EVENTS}, application/json", "Holdfast-Run-Id": "r", "Holdfast-Attempt": "2"}


def lines_of(run, work):
    return [json.loads(line) for line in b"".join(holdfast.answer(run, work).body).splitlines()]


class ReadingARequest(unittest.TestCase):
    def test_every_kind_of_headers_says_the_same(self):
        environ = {"wsgi.version": (1, 0), "HTTP_ACCEPT": EVENTS["Accept"], "HTTP_HOLDFAST_RUN_ID": "r",
                   "HTTP_HOLDFAST_ATTEMPT": "2", "HTTP_HOLDFAST_USER": "a%40b"}
        pairs = [(b"accept", EVENTS["Accept"].encode()), (b"holdfast-run-id", b"r"), (b"holdfast-attempt", b"2"),
                 (b"holdfast-user", b"a%40b")]
        mapping = {**EVENTS, "Holdfast-User": "a%40b"}
        for headers in (environ, {"type": "http", "headers": pairs}, mapping, list(mapping.items())):
            run = holdfast.run(headers, b"{}")
            self.assertEqual((run.id, run.attempt, run.user, run.streams), ("r", 2, "a@b", True))

    def test_what_holdfast_added_is_not_in_the_body(self):
        body = {"prompt": "p", "holdfast": {"checkpoint": {"step": "s", "state": {"n": 1}}}}
        run = holdfast.run(EVENTS, json.dumps(body).encode())
        self.assertEqual((run.body, run.step, run.checkpoint), ({"prompt": "p"}, "s", {"n": 1}))
        self.assertIn("holdfast", body)

    def test_without_holdfast_there_is_no_deadline_and_no_checkpoint(self):
        run = holdfast.run({}, b'{"prompt": "p"}')
        self.assertEqual((run.streams, run.checkpoint, run.attempt, run.remaining()), (False, None, 1, math.inf))

    def test_the_time_left_falls_to_zero_and_stays(self):
        self.assertLessEqual(holdfast.run({"holdfast-deadline-ms": "5000"}, b"{}").remaining(), 5.0)
        self.assertEqual(holdfast.run({"holdfast-deadline-ms": "0"}, b"{}").remaining(), 0.0)

    def test_a_body_that_is_no_json_object_is_refused(self):
        for body in (b"", b"[1]", b"{", b"\xff", b"[" * 100_000):
            with self.assertRaises(holdfast.Refused):
                holdfast.run({}, body)

    def test_memory_is_told_in_bytes(self):
        run = holdfast.run({"Holdfast-Memory-Level": "critical", "Holdfast-Memory-Reserved-Bytes": "1048576"}, b"{}")
        self.assertEqual((run.memory_level, run.memory_reserved), ("critical", 1048576))


class Speaking(unittest.TestCase):
    def setUp(self):
        self.run = holdfast.run(EVENTS, b"{}")

    def test_any_text_is_one_line_that_reads_back(self):
        source = random.Random(7)
        for _ in range(500):
            text = "".join(chr(source.choice((0, 10, 13, 34, 92, 0x2028, 0x1F642, source.randrange(1, 0xD800)))) for _ in range(30))
            line = self.run.progress(text, text)
            self.assertEqual(line.count(b"\n"), 1)
            self.assertEqual(json.loads(line)["message"], text)

    def test_a_lone_surrogate_does_not_cost_the_run(self):
        self.assertEqual(json.loads(self.run.delta("a\ud800b"))["text"], "a?b")

    def test_a_long_delta_is_sent_in_pieces_that_are_the_same_text(self):
        text = "\x00🙂" * 400_000
        lines = self.run.delta(text).splitlines()
        self.assertLessEqual(max(map(len, lines)), holdfast.MAX_LINE)
        self.assertEqual("".join(json.loads(line)["text"] for line in lines), text)

    def test_a_checkpoint_past_the_limit_says_so(self):
        with self.assertRaisesRegex(ValueError, "1048576 bytes"):
            self.run.save("s", "x" * holdfast.MAX_LINE)
        self.assertLessEqual(len(self.run.save("s", "x" * (holdfast.MAX_LINE - 100))), holdfast.MAX_LINE)

    def test_what_is_no_json_is_an_error_of_the_worker(self):
        for value in (math.nan, object()):
            self.assertEqual(lines_of(self.run, lambda run: {"n": value})[-1]["type"], "error")


if __name__ == "__main__":
    unittest.main()
