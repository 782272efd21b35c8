"""Tests of single functions of server.py. `check.py` runs them; so does

    python3 -m unittest -v tests
"""

import json
import socket
import threading
import unittest

import server
from server import Client, Refused

LIMIT = 5  # seconds that a test waits


def feed(*pieces):
    """All lines that one reader finds in these pieces."""
    lines = server.Lines()
    return [line for piece in pieces for line in lines.feed(piece)]


class Lines(unittest.TestCase):
    """Lab 2."""

    def test_a_line_in_pieces(self):
        text = "{\"a\":\"å\"}\nb\n".encode()
        for cut in range(len(text) + 1):
            self.assertEqual(feed(text[:cut], text[cut:]), ["{\"a\":\"å\"}".encode(), b"b"])
        self.assertEqual(feed(*[text[i : i + 1] for i in range(len(text))])[1], b"b")

    def test_several_lines_in_one_piece(self):
        self.assertEqual(feed(b"a\n\nb\n"), [b"a", b"", b"b"])

    def test_a_line_ends_at_its_newline_only(self):
        self.assertEqual(feed(b"a"), [])
        self.assertEqual(feed(b"a\nb"), [b"a"])
        self.assertEqual(feed(b"a\x0bb\x85c\xe2\x80\xa8d\re\n"), [b"a\x0bb\x85c\xe2\x80\xa8d\re"])

    def test_a_carriage_return_before_the_newline_is_dropped(self):
        self.assertEqual(feed(b"a\r\nb\r", b"\n"), [b"a", b"b"])

    def test_a_line_has_a_limit(self):
        longest = b"x" * server.LONGEST_LINE
        self.assertEqual(feed(longest + b"\n", longest, b"\n"), [longest, longest])
        for pieces in ([longest + b"x\n"], [longest, b"x"]):
            with self.assertRaises(Refused):
                feed(*pieces)


class Recorder:
    """A chat that only records what the client's reading thread executes."""

    def __init__(self):
        self.lines = []

    def execute(self, client, line):
        self.lines.append(line)


class Threads(unittest.TestCase):
    """Lab 4."""

    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.theirs = socket.create_connection(listener.getsockname(), timeout=LIMIT)
            ours, _ = listener.accept()
        self.chat = Recorder()
        self.client = Client(ours, self.chat)
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)

    def runs(self, function):
        """Runs a function in a thread, which has to end."""
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        thread.join(LIMIT)
        self.assertFalse(thread.is_alive(), "the function does not return")

    def test_each_line_is_executed_once(self):
        self.theirs.sendall(b"one\ntwo\n\nthr")
        self.theirs.sendall(b"ee\n")
        self.theirs.shutdown(socket.SHUT_WR)
        self.runs(self.client.read)
        self.assertEqual(self.chat.lines, [b"one", b"two", b"three"])

    def test_responses_leave_in_order_until_the_last(self):
        for number in range(3):
            self.client.send({"number": number, "text": "é\n"})
        self.client.outbox.put(None)
        self.runs(self.client.write)
        lines = self.theirs.recv(4096).split(b"\n")
        self.assertEqual(lines.pop(), b"")
        self.assertEqual([json.loads(line)["number"] for line in lines], [0, 1, 2])
        self.assertEqual(json.loads(lines[0])["text"], "é\n")

    def test_send_does_not_wait_and_drops_who_does_not_read(self):
        def send():
            for _ in range(server.WAITING + 2):
                self.client.send({"text": "x" * 100})

        self.runs(send)
        self.assertEqual(self.theirs.recv(1), b"", "the connection is shut down")


class Dicts(unittest.TestCase):
    """Lab 6."""

    def test_an_object_with_a_name_is_a_request(self):
        line = '{"request":"message","message":"å","tag":[1]}'.encode()
        self.assertEqual(server.read_request(line), json.loads(line))

    def test_what_is_no_object_is_refused(self):
        for line in (b"hello", b"null", b"[]", b'"request"', b'{"request":', b"\xff", b"[" * 8000):
            with self.assertRaises(Refused, msg=line[:20]) as caught:
                server.read_request(line)
            self.assertIn("Not a JSON object", str(caught.exception))

    def test_a_request_needs_its_name(self):
        with self.assertRaises(Refused) as caught:
            server.read_request(b'{"req":"help"}')
        self.assertEqual(str(caught.exception), "Missing argument: request")
        for value in (b"7", b"null", b'["help"]'):
            with self.assertRaises(Refused):
                server.read_request(b'{"request":' + value + b"}")

    def test_an_argument_is_a_string(self):
        self.assertEqual(server.argument({"username": ""}, "username"), "")
        wrong = "Wrong type for to"
        for request, why in (({}, "Missing argument: to"), ({"to": None}, wrong), ({"to": 7}, wrong)):
            with self.assertRaises(Refused) as caught:
                server.argument(request, "to")
            self.assertIn(why, str(caught.exception))

    def test_an_answer_has_the_tag_of_its_request(self):
        for tag in (7, None, False, {"a": [1]}):
            answer = server.answer_to({"request": "names", "tag": tag}, {"names": []})
            expected = [("response", "names"), ("names", []), ("tag", tag)]
            self.assertEqual(list(answer.items()), expected)
        answer = server.answer_to({"request": "names"}, {"names": []})
        self.assertEqual(list(answer), ["response", "names"])

    def test_an_error_names_its_request(self):
        error = server.error_for({"request": "fly", "tag": 0}, Refused("No wings!"))
        self.assertEqual(error, {"response": "fly", "error": "No wings!", "tag": 0})
        error = server.error_for(None, Refused("What?"))
        self.assertEqual(error, {"response": "error", "error": "What?"})
