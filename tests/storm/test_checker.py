"""Tests of the checker: it is silent about a log without mistakes, and names each broken promise."""

import contextlib
import io
import types
import unittest

import checker
from journal import Entry, Replay
from record import Record


class Story:
    """A log of two servers, `one` and `two`, and what the clients know."""

    def __init__(self):
        self.record, self.entries, self.sequences = Record(), [], {}
        self.add("joined", 1, name="one")
        self.add("joined", 2, name="two")

    def add(self, kind, epoch, sequence=None, **fields):
        if sequence is None and kind not in ("joined", "gone"):
            sequence = self.sequences[epoch] = self.sequences.get(epoch, 0) + 1
        self.entries.append(Entry(len(self.entries) + 1, kind, epoch, sequence or 0, 0, fields))

    def arrive(self, epoch, peer, name):
        self.add("arrive", epoch, peer=f"{epoch}.{peer}", username=name)

    def say(self, epoch, name, text, **more):
        self.add("say", epoch, username=name, text=text, **more)

    def wrong(self):
        replay = Replay(self.record)
        with contextlib.redirect_stdout(io.StringIO()):
            for entry in self.entries:
                replay.take(entry)
        self.granted = [(name, server) for name, server, _ in replay.granted]
        return self.record.wrong


class Checker(unittest.TestCase):
    def finds(self, wrong, *words):
        self.assertEqual([word for word in words if not any(word in line for line in wrong)], [])
        self.assertTrue(len(wrong) == len(words), wrong)

    def test_a_log_without_a_mistake(self):
        story = Story()
        story.arrive(1, 1, "alice")
        story.arrive(2, 1, "Alice")
        story.say(1, "alice", "hello")
        story.add("depart", 1, peer="1.1")
        story.arrive(2, 1, "Alice")
        story.say(2, "Alice", "hi")
        story.add("gone", 2)
        story.add("joined", 3, name="two")
        story.arrive(3, 1, "alice")
        self.finds(story.wrong())
        self.assertEqual(story.granted, [("alice", "one"), ("alice", "two"), ("alice", "two")])

    def test_an_append_of_a_server_that_is_gone(self):
        story = Story()
        story.arrive(2, 1, "alice")
        story.add("gone", 2)
        story.say(2, "alice", "late")
        self.finds(story.wrong(), "declared gone before", "None has the name")

    def test_an_append_that_is_repeated(self):
        story = Story()
        story.arrive(1, 1, "alice")
        story.say(1, "alice", "hello", sequence=2)
        story.say(1, "alice", "hello", sequence=2)
        self.finds(story.wrong(), "the sequence 2 again", "in the log twice")

    def test_a_name_that_two_people_use(self):
        story = Story()
        story.arrive(1, 1, "alice")
        story.arrive(2, 1, "alice")
        story.say(2, "alice", "hello")
        self.finds(story.wrong(), "alice of epoch 2 says 'hello'")

    def check_contents(self, answer, *messages, sections=()):
        record = Record()
        token = record.token("alice", "lobby", None)
        record.answered(token, answer(token))
        record.sections += sections
        storm = types.SimpleNamespace(record=record)
        with contextlib.redirect_stdout(io.StringIO()):
            checker.contents(storm, [{"id": number, "message": text or token} for number, text in messages])
        return record.wrong

    def test_messages_that_are_lost_or_doubled(self):
        def acknowledged(token):
            return {"id": 1, "message": token}

        def refused(_):
            return {"error": "…", "code": "not-kept"}

        self.finds(self.check_contents(acknowledged, (1, None)))
        self.finds(self.check_contents(refused))
        self.finds(self.check_contents(acknowledged), "lost")
        self.finds(self.check_contents(acknowledged, (2, None)), "has id 2")
        self.finds(self.check_contents(acknowledged, (2, None), (1, None)), "doubled")
        self.finds(self.check_contents(refused, (1, None)), "was refused, and is there")
        self.finds(self.check_contents(acknowledged, (1, None), (2, "x")), "nobody said 'x'")

    def test_a_message_that_one_client_did_not_receive(self):
        record = Record()
        record.sections += [[1, 3], [2, 3], []]
        storm = types.SimpleNamespace(record=record)
        for number in range(1, 5):
            record.said[f"m{number}"] = types.SimpleNamespace(to=None, answer="none")
        with contextlib.redirect_stdout(io.StringIO()):
            checker.contents(storm, [{"id": number, "message": f"m{number}"} for number in range(1, 5)])
        self.finds(record.wrong, "has not received [2] between 1 and 3")

    def test_messages_that_arrive_out_of_order_or_at_strangers(self):
        record, server = Record(), types.SimpleNamespace(name="one")
        link = types.SimpleNamespace(name="alice", server=server, last=0, lobby=[], rooms={"tea"})
        message = {"id": 5, "username": "bob", "message": "x"}
        with contextlib.redirect_stdout(io.StringIO()):
            record.heard(link, message)
            record.heard(link, {**message, "id": 6, "room": "tea"})
            record.heard(link, {**message, "id": 7, "to": "ALICE"})
            self.finds(record.wrong)
            record.heard(link, {**message, "id": 7, "to": "ALICE"})
            record.heard(link, {**message, "id": 8, "room": "den"})
            record.heard(link, {**message, "id": 9, "to": "carol"})
            record.heard(link, {**message, "id": 9, "to": "alice"})
        self.finds(record.wrong, "id 7 after 7", "not a member", "a whisper to carol", "id 9 is", "id 9 after 9")

    def test_views_that_differ(self):
        record = Record()
        storm = types.SimpleNamespace(record=record, servers=[types.SimpleNamespace(name=n) for n in ("one", "two")])
        with contextlib.redirect_stdout(io.StringIO()):
            checker.the_same(storm, "transcripts", [[1, 2], [1, 2]])
            self.finds(record.wrong)
            checker.the_same(storm, "transcripts", [[1, 2], [1, 3]])
        self.finds(record.wrong, "transcripts differ", "only two has 3", "two does not have 2")


if __name__ == "__main__":
    unittest.main()
