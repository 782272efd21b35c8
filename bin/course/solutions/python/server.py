"""A chat server that speaks the dialect `json` of Strata.

    python3 server.py PORT

Each client has two threads. One reads lines and executes the requests in them. The other writes the
responses that wait in the client's outbox. So a client that does not read delays no other client.

The file has four parts, one for each lab: lines (2), threads (4), dicts (6), and the chat (7 and 8).
"""

import json
import queue
import re
import socket
import sys
import threading
from collections import deque
from datetime import datetime, timezone

LONGEST_LINE = 8192  # bytes, without the newline
LONGEST_TEXT = 4096  # bytes
BACKLOG = 50  # earlier messages in the answer to a login
WAITING = 1000  # responses that may wait for one client
READ = 4096  # bytes that one read returns at most
NAME = re.compile(r"[A-Za-z0-9_]{1,32}")


class Refused(Exception):
    """A request fails. The text of the exception says why."""


# Lab 2: lines


class Lines:
    """Finds the lines in the bytes of one connection."""

    def __init__(self, longest=LONGEST_LINE):
        self.rest = b""  # the bytes after the last newline
        self.longest = longest  # bytes of a line, without the newline

    def feed(self, piece):
        """Adds the bytes that a read has returned, and returns all lines that are complete now.

        The result is a list of `bytes`, without the newline of each line and without a carriage
        return before it. Bytes after the last newline stay in `rest` for the next call. If a line is
        longer than `longest`, complete or not, the function raises Refused.
        """
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if any(len(line) > self.longest for line in [*lines, self.rest]):
            raise Refused(f"Not a JSON object: a line is over {self.longest} bytes")
        return [line.removesuffix(b"\r") for line in lines]


# Lab 4: threads


class Client:
    """One connection: a socket, the two threads that use it, and the name of its user."""

    def __init__(self, stream, chat):
        self.stream = stream
        self.chat = chat
        self.name = None  # of the user who is logged in
        self.outbox = queue.Queue()  # responses as bytes; None is the last
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self):
        """The reading thread: reads until the end, logs the user out, and waits for the writer."""
        writer = threading.Thread(target=self.write, daemon=True)
        writer.start()
        try:
            self.read()
        except NotImplementedError as hole:
            print(f"server.py: not implemented: {hole}", file=sys.stderr)
        except OSError:
            pass  # the connection broke
        with self.chat.lock:
            self.chat.leave(self)
        self.outbox.put(None)
        writer.join()
        self.stream.close()

    def read(self):
        """Reads from the stream until it ends, and executes each line that is not empty.

        `chat.execute(self, line)` executes a line. If `Lines` refuses the bytes, the client gets a
        response `error` with the reason, and the function returns.
        """
        lines = Lines()
        try:
            while piece := self.stream.recv(READ):
                for line in lines.feed(piece):
                    if line.strip():
                        self.chat.execute(self, line)
        except Refused as why:
            self.send({"response": "error", "error": str(why)})

    def write(self):
        """The writing thread: sends what is in the outbox, in order, until it finds None there.

        An OSError means that the connection broke: the function returns.
        """
        try:
            while (line := self.outbox.get()) is not None:
                self.stream.sendall(line)
        except OSError:
            return

    def send(self, response):
        """Puts a response into the outbox, as JSON in UTF-8 with a newline. It never waits.

        If more than WAITING responses are in the outbox, the client does not read. Then the function
        shuts the connection down, so that both threads end. A shutdown may raise an OSError.
        """
        self.outbox.put(json.dumps(response).encode() + b"\n")
        if self.outbox.qsize() > WAITING:
            try:
                self.stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(port, chat):
    """Listens on the port of 127.0.0.1, accepts clients for ever, and runs each in a thread.

    The listener reuses the address, and its backlog is 1024, because a whole class connects at once.
    The threads are daemons, so that they do not keep the program from ending.
    """
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=Client(stream, chat).run, daemon=True).start()


# Lab 6: dicts


def read_request(line):
    """Turns a line into a request: a dict in which the key `request` is a string.

    Raises Refused if the line is not a JSON object in UTF-8 ("Not a JSON object"), if it has no
    `request`, or if that is not a string, as `argument` does.
    """
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise Refused("Not a JSON object") from None
    if not isinstance(request, dict):
        raise Refused("Not a JSON object")
    argument(request, "request")
    return request


def argument(request, key):
    """Returns the argument of a request, a string.

    Raises Refused with "Missing argument: KEY" or "Wrong type for KEY: wanted string".
    """
    if key not in request:
        raise Refused(f"Missing argument: {key}")
    if not isinstance(request[key], str):
        raise Refused(f"Wrong type for {key}: wanted string")
    return request[key]


def answer_to(request, body):
    """The answer to a request that succeeded: `response` is the name of the request, then the body.

    If the request has a `tag`, the answer has the same one, as its last key.
    """
    return {"response": request["request"], **body, **tag_of(request)}


def error_for(request, why):
    """The answer to a request that failed: `response`, `error` with the reason, and the tag, if any.

    `request` is None if the line was no request at all. Then the response is `error`.
    """
    if request is None:
        return {"response": "error", "error": str(why)}
    return {"response": request["request"], "error": str(why), **tag_of(request)}


def tag_of(request):
    """The tag of a request in a dict of its own. The dict is empty if the request has no tag."""
    return {"tag": request["tag"]} if "tag" in request else {}


def now():
    """The time in UTC, RFC 3339 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Chat:
    """The users and the messages. `execute` holds the lock while one request is executed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.users = {}  # the clients that are logged in, by their names in lower case
        self.messages = deque(maxlen=BACKLOG)  # the latest messages, without whispers
        self.count = 0  # messages so far
        self.commands = {
            "login": self.login,
            "logout": self.logout,
            "message": self.message,
            "names": self.names,
        }

    def execute(self, client, line):
        """Executes the request in a line, and answers it."""
        request = None
        with self.lock:
            try:
                request = read_request(line)
                command = self.commands.get(request["request"])
                if command is None:
                    raise Refused("Unknown request!")
                command(client, request)
            except Refused as why:
                client.send(error_for(request, why))

    # Lab 7: names

    def login(self, client, request):
        """Gives the client the name in `username`.

        Refuses a client that has a name ("Already logged in!"), a name that NAME does not match as a
        whole ("Invalid username!"), and one that is taken, in upper or lower case ("Name already
        taken!"). The answer has `username` and `messages`, a list of the latest messages. All others
        get a `join` with `username` and `online`, the number of users with the new one.
        """
        name = argument(request, "username")
        if client.name is not None:
            raise Refused("Already logged in!")
        if not NAME.fullmatch(name):
            raise Refused("Invalid username!")
        if name.lower() in self.users:
            raise Refused("Name already taken!")
        self.tell({"response": "join", "username": name, "online": len(self.users) + 1})
        client.name = name
        self.users[name.lower()] = client
        client.send(answer_to(request, {"username": name, "messages": list(self.messages)}))

    def logout(self, client, request):
        """Answers with the name, and takes it from the client, which stays connected.

        Refuses a client without a name ("Not logged in!").
        """
        if client.name is None:
            raise Refused("Not logged in!")
        client.send(answer_to(request, {"username": client.name}))
        self.leave(client)

    def leave(self, client):
        """Takes the name from a client, if it has one, and tells the others.

        They get a `leave` with `username` and `online`. The reading thread calls this, too, when the
        connection has ended.
        """
        if client.name is not None:
            name, client.name = client.name, None
            del self.users[name.lower()]
            self.tell({"response": "leave", "username": name, "online": len(self.users)})

    def names(self, client, request):
        """Answers with `names`, the sorted list of the users. Refuses a client without a name."""
        self.check_login(client)
        names = sorted(user.name for user in self.users.values())
        client.send(answer_to(request, {"names": names}))

    def check_login(self, client):
        """Refuses a client without a name ("You are not logged in!")."""
        if client.name is None:
            raise Refused("You are not logged in!")

    # Lab 8: messages

    def message(self, client, request):
        """Delivers the text in `message` to all users, or to the user in `to`, if there is one.

        Refuses a client without a name, a text of white space ("Empty message!"), a text of more than
        LONGEST_TEXT bytes ("Message too long!"), and a `to` that is no user ("No such user!").

        A message is a dict of `id` (1, 2, 3 and so on), `username`, `to` (in a whisper only, the name
        of the user as they wrote it), `message` and `timestamp`. The sender gets it as the answer to
        the request. The others get it without a tag. A whisper is not kept in `messages`.
        """
        self.check_login(client)
        text = argument(request, "message")
        if not text.strip():
            raise Refused("Empty message!")
        if len(text.encode(errors="replace")) > LONGEST_TEXT:
            raise Refused("Message too long!")
        to = None
        if "to" in request:
            to = self.users.get(argument(request, "to").lower())
            if to is None:
                raise Refused("No such user!")
        self.count += 1
        whisper = {} if to is None else {"to": to.name}
        message = {"id": self.count, "username": client.name, **whisper, "message": text}
        message["timestamp"] = now()
        client.send(answer_to(request, message))
        if to is None:
            self.messages.append(message)
            self.tell({"response": "message", **message}, but=client)
        elif to is not client:
            to.send({"response": "message", **message})

    def tell(self, response, but=None):
        """Sends a response to all users except `but`."""
        for user in self.users.values():
            if user is not but:
                user.send(response)


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: python3 server.py PORT")
    threading.stack_size(256 * 1024)  # hundreds of clients have two threads each
    try:
        serve(int(sys.argv[1]), Chat())
    except KeyboardInterrupt:
        pass
    except NotImplementedError as hole:
        sys.exit(f"server.py: not implemented: {hole}")


if __name__ == "__main__":
    main()
