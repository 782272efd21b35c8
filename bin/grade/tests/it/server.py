"""A chat server as a student might hand it in: threads, a dict of users, and a lock.

    python3 server.py PORT [json | ktn14 | ktn15]

It meets the requirements of `handout/protocol.md` with Python's standard library. Each client has two
threads: one reads requests and executes them, the other writes the frames in the client's queue. A
message is only put into the queues, so a client that does not read delays no other. The chat itself
speaks `json`; the other dialects are translated.
"""

import json
import queue
import re
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import datetime, timezone

NAME = re.compile(r"[A-Za-z0-9_]{1,32}")
BACKLOG = 50  # messages that come with a login
READ = 4096  # bytes
LONGEST_REQUEST = 8192  # bytes
LONGEST_MESSAGE = 4096  # bytes
ONE_READ = 1024  # bytes: buffer size of clients that take each read for one message
WAITING = 1000  # frames that may wait for one client


class Refused(Exception):
    """A request fails. The text says why."""


def text(request, key):
    """An argument of a request."""
    if key not in request:
        raise Refused(f"Missing argument: {key}")
    if not isinstance(request[key], str):
        raise Refused(f"Wrong type for {key}: wanted string")
    return request[key]


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Chat:
    """The users and the messages. The caller of a method holds the lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.users = {}  # clients by their names, in lower case
        self.said = deque(maxlen=BACKLOG)
        self.count = 0

    def serve(self, client, request):
        word = text(request, "request")
        if word not in ("login", "logout", "message", "names"):
            raise Refused("Unknown request!")
        if word in ("message", "names") and client.name is None:
            raise Refused("You are not logged in!")
        getattr(self, word)(client, request)

    def login(self, client, request):
        name = text(request, "username")
        if client.name is not None:
            raise Refused("Already logged in!")
        if not NAME.fullmatch(name):
            raise Refused("Invalid username!")
        if name.lower() in self.users:
            raise Refused("Name already taken!")
        said = list(self.said)
        client.answer(request, {"response": "login", "username": name, "messages": said})
        self.tell_all({"response": "join", "username": name, "online": len(self.users) + 1})
        client.name = name
        self.users[name.lower()] = client

    def logout(self, client, request):
        if client.name is None:
            raise Refused("Not logged in!")
        client.answer(request, {"response": "logout", "username": client.name})
        self.leave(client)

    def leave(self, client):
        """Removes a user who has logged out or disconnected."""
        if client.name is not None:
            name, client.name = client.name, None
            del self.users[name.lower()]
            self.tell_all({"response": "leave", "username": name, "online": len(self.users)})

    def message(self, client, request):
        words = text(request, "message")
        if not words.strip():
            raise Refused("Empty message!")
        if len(words.encode(errors="replace")) > LONGEST_MESSAGE:
            raise Refused("Message too long!")
        self.count += 1
        message = {"id": self.count, "username": client.name, "message": words}
        message["timestamp"] = now()
        self.said.append(message)
        answer = {"response": "message", **message}
        client.answer(request, answer)
        self.tell_all(answer, but=client)

    def names(self, client, request):
        names = sorted(user.name for user in self.users.values())
        client.answer(request, {"response": "names", "names": names})

    def tell_all(self, answer, but=None):
        for user in self.users.values():
            if user is not but:
                user.answer({}, answer)


class Json:
    """`json`: a frame is a line."""

    gap = 0
    end = b"\n"

    def cut(self, data):
        """Splits the first request off the received bytes. Returns None while it is incomplete."""
        line, newline, rest = data.partition(b"\n")
        return (line, rest) if newline else (None, data)

    def read(self, request):
        """Translates a request to `json`."""
        return request

    def say(self, answer, request):
        """The frames for an answer to this request; a notice answers the request {}."""
        tag = {"tag": request["tag"]} if "tag" in request else {}
        return [{**answer, **tag}]


class Values:
    """JSON values without delimiters, for clients that take each read for one message."""

    gap = 0.02  # seconds
    end = b""
    # A string, or a bracket. A single quote begins an incomplete string.
    token = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)

    def cut(self, data):
        data = data.lstrip()
        if data and data[:1] not in b"{[":
            # Bytes that are not a value end where a value may begin.
            length = re.match(rb".[^\s{\[]*", data, re.DOTALL).end()
            return data[:length], data[length:]
        depth = 0
        for token in self.token.finditer(data):
            if token[0] == b'"':
                break
            depth += token[0] in (b"{", b"[")
            depth -= token[0] in (b"}", b"]")
            if depth == 0:
                return data[: token.end()], data[token.end() :]
        return None, data

    def news(self, answer):
        what = "joined" if answer["response"] == "join" else "left"
        return f"{answer['username']} {what} ({answer['online']} online)"


class Ktn14(Values):
    """`ktn14`: the text of a message contains the sender's name."""

    def read(self, request):
        return {**request, "request": "names"} if request.get("request") == "listUsers" else request

    def say(self, answer, request):
        word = "listUsers" if answer["response"] == "names" else answer["response"]
        if "error" in answer:
            name = {"username": request.get("username", "")} if word in ("login", "logout") else {}
            return [{**answer, "response": word, **name}]
        if word == "login":
            return self.let_in(answer)
        if word == "message":
            return [self.said(answer)]
        if word == "listUsers":
            return [{"response": word, "users": answer["names"]}]
        return [answer] if word == "logout" else [self.text("* " + self.news(answer))]

    def let_in(self, answer):
        """Messages that do not fit into the answer to a login follow it."""
        said = [self.said(message) for message in answer["messages"]]
        strings = [json.dumps(message) for message in said]
        fits = len(said)
        while fits and len(json.dumps({**answer, "messages": strings[:fits]})) > ONE_READ:
            fits -= 1
        return [{**answer, "messages": strings[:fits]}, *said[fits:]]

    def said(self, message):
        clock = message["timestamp"][11:19]
        return self.text(f"{message['username']} said @ {clock}: {message['message']}")

    def text(self, words):
        return {"response": "message", "message": words}


class Ktn15(Values):
    """`ktn15`: a request has a content, and every answer the same four keys."""

    def read(self, request):
        word, content = request.get("request"), request.get("content")
        content = "" if content is None else content
        word = "message" if word == "msg" else word
        return {"request": word, "username": content, "message": content}

    def say(self, answer, request):
        word = answer["response"]
        if "error" in answer:
            return [self.four(now(), "server", "error", answer["error"])]
        if word == "message":
            return [self.said(answer)]
        if word == "login":
            before = [self.said(message) for message in answer["messages"]]
            return [self.info(f"Logged in as {answer['username']}."), *before]
        if word == "names":
            return [self.info(", ".join(answer["names"]))]
        return [self.info("Logged out." if word == "logout" else self.news(answer))]

    def said(self, message):
        return self.four(message["timestamp"], message["username"], "message", message["message"])

    def info(self, words):
        return self.four(now(), "server", "info", words)

    def four(self, timestamp, sender, word, content):
        keys = {"timestamp": timestamp, "sender": sender}
        return {**keys, "response": word, "content": content}


class Client(socketserver.BaseRequestHandler):
    """One connection."""

    def setup(self):
        self.name = None
        self.chat, self.dialect = self.server.chat, self.server.dialect
        self.outbox = queue.SimpleQueue()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.writer = threading.Thread(target=self.write, daemon=True)
        self.writer.start()

    def handle(self):
        data = b""
        with suppress(OSError):
            # A read returns what has arrived: half a request, or three. No bytes mean the end.
            while len(data) <= LONGEST_REQUEST and (piece := self.request.recv(READ)):
                frame, data = self.dialect.cut(data + piece)
                while frame is not None:
                    if frame.strip():
                        self.serve(frame)
                    frame, data = self.dialect.cut(data)
        if len(data) > LONGEST_REQUEST:
            self.answer({}, {"response": "error", "error": "Not a JSON object: too long"})

    def finish(self):
        with self.chat.lock:
            self.chat.leave(self)
        # Earlier requests still get their answers.
        self.outbox.put(None)
        self.writer.join()

    def serve(self, frame):
        try:
            request = json.loads(frame)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict):
            return self.answer({}, {"response": "error", "error": "Not a JSON object"})
        request = self.dialect.read(request)
        with self.chat.lock:
            try:
                self.chat.serve(self, request)
            except Refused as why:
                word = request.get("request")
                word = word if isinstance(word, str) else "error"
                self.answer(request, {"response": word, "error": str(why)})

    def answer(self, request, answer):
        for frame in self.dialect.say(answer, request):
            self.outbox.put(json.dumps(frame).encode() + self.dialect.end)
        if self.outbox.qsize() > WAITING:
            # The client does not read. Both of its threads find the connection closed.
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)

    def write(self):
        with suppress(OSError):
            while (frame := self.outbox.get()) is not None:
                self.request.sendall(frame)
                time.sleep(self.dialect.gap)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024  # a whole class connects at the same time


def main():
    dialects = {"json": Json, "ktn14": Ktn14, "ktn15": Ktn15}
    port, dialect = int(sys.argv[1]), (sys.argv[2:] or ["json"])[0]
    threading.stack_size(256 * 1024)  # hundreds of clients have two threads each
    with Server(("127.0.0.1", port), Client) as server, suppress(KeyboardInterrupt):
        server.chat, server.dialect = Chat(), dialects[dialect]()
        server.serve_forever()


if __name__ == "__main__":
    main()
