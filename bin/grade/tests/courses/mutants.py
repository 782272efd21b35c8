"""The plain servers of the KTN courses with one bug each.

    python3 mutants.py [PORT] --course ktn2017 --bug name-not-freed
    python3 mutants.py --list

`--list` prints the bugs: name, courses, and what is wrong. A bug is a class that is mixed into the
handler of a plain server, `ClientHandler`. Its doc comment says what is wrong.
"""

import argparse
import importlib
import os
import re
import socket
import socketserver
import threading
import time
from contextlib import suppress

ALL = ("ktn2014", "ktn2015", "ktn2017")
OLD = ("ktn2014",)
NEW = ("ktn2015", "ktn2017")
BUGS = {}


def bug(name, courses=ALL):
    def register(mixin):
        BUGS[name] = (courses, mixin)
        return mixin

    return register


class Bug:
    """A handler without a bug. `change` may also change the module of the plain server."""

    module = None  # the plain server
    users = {}  # those of the plain server
    course = ""

    @classmethod
    def change(cls):
        pass

    @property
    def logged_in(self):
        return self in self.users


# Bytes.


@bug("recv-is-message")
class RecvIsMessage(Bug):
    """takes the bytes of one read (4096 at most) for one request"""

    @classmethod
    def change(cls):
        split = cls.module.split_requests

        def take_all(text):
            values, rest = split(text)
            return (values if len(values) == 1 and not rest else [None]), ""

        cls.module.split_requests = take_all


@bug("first-of-read")
class FirstOfRead(Bug):
    """serves only the first of the requests that arrive together"""

    @classmethod
    def change(cls):
        split = cls.module.split_requests

        def take_first(text):
            values, rest = split(text)
            return values[:1], rest

        cls.module.split_requests = take_first


@bug("order-lost")
class OrderLost(Bug):
    """swaps messages that arrive in one read"""

    @classmethod
    def change(cls):
        split = cls.module.split_requests

        def swap(text):
            values, rest = split(text)
            said = all(is_message(value) for value in values)
            return (values[::-1] if said else values), rest

        cls.module.split_requests = swap


@bug("coalesces")
class Coalesces(Bug):
    """sends the responses that are waiting for a client in one write"""

    def encode(self, payload):
        time.sleep(self.module.GAP)
        sent = super().encode(payload)
        while not self.responses.empty() and self.responses.queue[0] is not None:
            sent += super().encode(self.responses.get())
        return sent


@bug("corrupts-quotes")
class CorruptsQuotes(Bug):
    """replaces quotes in a message by apostrophes"""

    def serve(self, request):
        if is_message(request):
            request = {
                key: value.replace('"', "'") if isinstance(value, str) else value
                for key, value in request.items()
            }
        super().serve(request)


@bug("crash-on-bad-json")
class CrashOnBadJson(Bug):
    """ends the connection with a traceback at an input that is not a JSON object"""

    def serve(self, request):
        if not isinstance(request, dict):
            raise ValueError("Expecting a JSON object")
        super().serve(request)


@bug("crash-on-missing-key")
class CrashOnMissingKey(Bug):
    """ends the connection with a traceback at a request without its argument"""

    def serve(self, request):
        if isinstance(request, dict):
            argument = "content"
            if self.course == "ktn2014":
                argument = {"login": "username", "message": "message"}.get(request["request"])
            if argument is not None:
                request[argument]
        super().serve(request)


# Names.


@bug("not-unique")
class NotUnique(Bug):
    """gives the same name to several users"""

    def is_taken(self, username):
        return False


@bug("prefix-match")
class PrefixMatch(Bug):
    """checks only the beginning of a name: accepts al!ce"""

    def is_valid(self, username):
        return super().is_valid(username[:1])


@bug("trailing-newline")
class TrailingNewline(Bug):
    """accepts a name with a newline at its end"""

    def is_valid(self, username):
        return super().is_valid(username.removesuffix("\n"))


@bug("empty-name-accepted")
class EmptyNameAccepted(Bug):
    """accepts an empty name"""

    def is_valid(self, username):
        return username == "" or super().is_valid(username)


@bug("underscore-refused", OLD)
class UnderscoreRefused(Bug):
    """refuses a name with an underscore"""

    def is_valid(self, username):
        return re.fullmatch("[A-Za-z0-9]+", username) is not None


@bug("underscore-accepted", NEW)
class UnderscoreAccepted(Bug):
    """accepts a name with an underscore"""

    def is_valid(self, username):
        return re.fullmatch("[A-Za-z0-9_]+", username) is not None


@bug("digits-refused")
class DigitsRefused(Bug):
    """refuses a name with a digit"""

    def is_valid(self, username):
        return re.search("[0-9]", username) is None and super().is_valid(username)


@bug("name-not-freed")
class NameNotFreed(Bug):
    """keeps the name of a user who left without a logout"""

    kept = set()

    def is_taken(self, username):
        return username in self.kept or super().is_taken(username)

    def finish(self):
        if self.logged_in:
            self.kept.add(self.users[self])
        super().finish()


@bug("logout-keeps-name")
class LogoutKeepsName(Bug):
    """keeps the name of a user who logged out"""

    kept = set()

    def is_taken(self, username):
        return username in self.kept or super().is_taken(username)

    def logout(self, request):
        if self.logged_in:
            self.kept.add(self.users[self])
        super().logout(request)


@bug("names-lists-gone", NEW)
class NamesListsGone(Bug):
    """lists the names of users who left without a logout"""

    gone = []

    def finish(self):
        if self.logged_in:
            self.gone.append(self.users[self])
        super().finish()

    def names(self, content):
        ghosts = {object(): username for username in self.gone}
        self.users.update(ghosts)
        super().names(content)
        for ghost in ghosts:
            del self.users[ghost]


@bug("names-as-list", ("ktn2017",))
class NamesAsList(Bug):
    """lists the names as a JSON list, but the content of info must be a string"""

    def names(self, _):
        self.info(list(self.users.values()))


# Messages and the history.


@bug("tells-strangers")
class TellsStrangers(Bug):
    """sends messages to clients that are not logged in"""

    everyone = []

    def setup(self):
        super().setup()
        self.everyone.append(self)

    def finish(self):
        self.everyone.remove(self)
        super().finish()

    def broadcast(self, message):
        for client in list(self.everyone):
            client.put(message)


@bug("login-not-needed")
class LoginNotNeeded(Bug):
    """delivers the messages of clients that are not logged in"""

    def serve(self, request):
        with self.module.lock:
            stranger = is_message(request) and not self.logged_in
            if stranger:
                self.users[self] = "None"
            super().serve(request)
            if stranger:
                del self.users[self]


@bug("no-echo")
class NoEcho(Bug):
    """does not send a message to its sender"""

    def broadcast(self, message):
        for client in self.users:
            if client is not self:
                client.put(message)


@bug("sender-is-receiver")
class SenderIsReceiver(Bug):
    """puts the name of the receiver on each message, not that of the sender"""

    def broadcast(self, message):
        key = "sender" if "sender" in message else "message"
        for client, username in self.users.items():
            client.put({**message, key: message[key].replace(self.users[self], username, 1)})


@bug("loses-under-load")
class LosesUnderLoad(Bug):
    """loses every 53rd message while three or more users are logged in"""

    said = []

    def broadcast(self, message):
        self.said.append(message)
        if len(self.said) % 53 or len(self.users) < 3:
            super().broadcast(message)


@bug("backlog-per-receiver")
class BacklogPerReceiver(Bug):
    """stores a message in the history once for each receiver"""

    def broadcast(self, message):
        super().broadcast(message)
        self.module.history += self.module.history[-1:] * (len(self.users) - 1)


@bug("backlog-missing")
class BacklogMissing(Bug):
    """has no earlier messages at a login"""

    def broadcast(self, message):
        super().broadcast(message)
        self.module.history.clear()


@bug("backlog-reversed")
class BacklogReversed(Bug):
    """sends the newest of the earlier messages first"""

    def welcome(self, username):
        self.module.history.reverse()
        super().welcome(username)
        self.module.history.reverse()


@bug("backlog-missing-when-empty", OLD)
class BacklogMissingWhenEmpty(Bug):
    """leaves the key messages out of the answer to a login if there are no messages"""

    def put(self, payload):
        if payload and payload.get("messages") == []:
            del payload["messages"]
        super().put(payload)


# Leaving.


@bug("stops-at-dead-socket")
class StopsAtDeadSocket(Bug):
    """stops a broadcast at a user who left without a logout: users after them receive nothing"""

    clients = []  # in the order of their logins
    dead = False

    def welcome(self, username):
        super().welcome(username)
        self.clients.append(self)

    def logout(self, request):
        if self.logged_in:
            self.clients.remove(self)
        super().logout(request)

    def finish(self):
        self.dead = self.logged_in
        super().finish()

    def broadcast(self, message):
        for client in self.clients:
            if client.dead:
                break
            client.put(message)


@bug("leaver-crashes")
class LeaverCrashes(Bug):
    """exits with code 1 when a user leaves without a logout"""

    def finish(self):
        if self.logged_in:
            os._exit(1)
        super().finish()


@bug("spins-at-end")
class SpinsAtEnd(Bug):
    """does not notice the end of a stream: a thread spins, and the user stays logged in"""

    def handle(self):
        super().handle()
        while getattr(self, "connected", True):
            with suppress(OSError):
                self.request.recv(4096)


@bug("logout-keeps-receiving", OLD)
class LogoutKeepsReceiving(Bug):
    """sends messages to a user who has logged out"""

    former = []

    def logout(self, request):
        if self.logged_in:
            self.former.append(self)
        super().logout(request)

    def broadcast(self, message):
        super().broadcast(message)
        for client in self.former:
            if client not in self.users:
                client.put(message)


@bug("logout-unanswered", OLD)
class LogoutUnanswered(Bug):
    """executes a logout but does not answer it"""

    def logout(self, request):
        if self.users.pop(self, None) is None:
            super().logout(request)


@bug("logout-not-closed", NEW)
class LogoutNotClosed(Bug):
    """keeps the connection open after a logout"""

    def logout(self, content):
        super().logout(content)
        self.connected = True


@bug("logout-ignored", NEW)
class LogoutIgnored(Bug):
    """answers a logout, but the user stays logged in and connected"""

    def logout(self, content):
        username = self.users[self]
        super().logout(content)
        self.users[self] = username
        self.connected = True


# Answers.


@bug("wrong-sender-of-answers", NEW)
class WrongSenderOfAnswers(Bug):
    """puts the name of the user (None before the login) on info, errors and the history"""

    def respond(self, _, response, content):
        super().respond(self.users.get(self, "None"), response, content)


@bug("timestamp-missing", NEW)
class TimestampMissing(Bug):
    """leaves the key timestamp out of errors and info"""

    def respond(self, sender, response, content):
        payload = self.payload(sender, response, content)
        del payload["timestamp"]
        self.put(payload)


@bug("timestamp-number", ("ktn2017",))
class TimestampNumber(Bug):
    """sends timestamps as numbers"""

    def payload(self, sender, response, content):
        return {**super().payload(sender, response, content), "timestamp": 1488366000.5}


@bug("error-missing")
class ErrorMissing(Bug):
    """reports errors as a success: without the key error, or as info"""

    def put(self, payload):
        if payload and "error" in payload:
            payload = {key: value for key, value in payload.items() if key != "error"}
        elif payload and payload["response"] == "error":
            payload = {**payload, "response": "info"}
        super().put(payload)


@bug("other-error-texts", OLD)
class OtherErrorTexts(Bug):
    """has other texts of errors than the course"""

    def respond(self, response, **arguments):
        if "error" in arguments:
            arguments["error"] = arguments["error"].rstrip("!")
        super().respond(response, **arguments)


@bug("unknown-ignored")
class UnknownIgnored(Bug):
    """does not answer an unknown request"""

    def serve(self, request):
        known = ("login", "logout", "msg", "message", "names", "help")
        if not isinstance(request, dict) or request.get("request") in known:
            super().serve(request)


@bug("stranger-dropped")
class StrangerDropped(Bug):
    """closes the connection, without an answer, at a message before the login"""

    def serve(self, request):
        if is_message(request) and not self.logged_in:
            raise KeyError(None)
        super().serve(request)


# Clients that delay others.


@bug("one-at-a-time")
class OneAtATime(Bug):
    """serves a client when the one before it has left"""

    @classmethod
    def change(cls):
        cls.module.ThreadedTCPServer.process_request = socketserver.TCPServer.process_request


@bug("silent-stalls-all")
class SilentStallsAll(Bug):
    """accepts no client while one has not sent its first request or has sent half of it"""

    @classmethod
    def change(cls):
        def wait_for_request(server, client, address):
            length = 0
            with suppress(OSError):
                while True:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, length + 1)
                    data = client.recv(4096, socket.MSG_PEEK)
                    if (
                        len(data) == length
                        or cls.module.split_requests(data.decode(errors="replace"))[0]
                    ):
                        break
                    length = len(data)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            return True

        cls.module.ThreadedTCPServer.verify_request = wait_for_request


@bug("half-stalls-all")
class HalfStallsAll(Bug):
    """serves nobody while a client has sent half a request"""

    holders = set()  # the threads that hold the lock between two reads

    @classmethod
    def change(cls):
        split = cls.module.split_requests

        def split_and_lock(text):
            values, rest = split(text)
            cls.hold(bool(rest))
            return values, rest

        cls.module.split_requests = split_and_lock

    @classmethod
    def hold(cls, wanted):
        thread = threading.get_ident()
        if wanted and thread not in cls.holders:
            cls.module.lock.acquire()
            cls.holders.add(thread)
        elif not wanted and thread in cls.holders:
            cls.holders.remove(thread)
            cls.module.lock.release()

    def finish(self):
        self.hold(False)
        super().finish()


@bug("slow-reader-stalls-all")
class SlowReaderStallsAll(Bug):
    """serves nobody while a client does not read and the buffers are full"""

    def put(self, payload):
        while self.writer.is_alive() and self.responses.qsize() > 1:
            time.sleep(0.005)
        super().put(payload)


@bug("rush-refused")
class RushRefused(Bug):
    """closes the connections after the hundredth"""

    @classmethod
    def change(cls):
        server = cls.module.ThreadedTCPServer
        server.verify_request = lambda *_: threading.active_count() <= 200


def is_message(request):
    return isinstance(request, dict) and request.get("request") in ("msg", "message")


def main():
    parser = argparse.ArgumentParser(description="A plain server with the given bug.")
    parser.add_argument("port", nargs="?", type=int, default=9998)
    parser.add_argument("--course", choices=ALL, default="ktn2017")
    parser.add_argument("--bug", choices=BUGS, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print all bugs")
    arguments = parser.parse_args()
    if arguments.list:
        for name, (courses, mixin) in BUGS.items():
            print(name, ",".join(courses), mixin.__doc__, sep="\t")
        return
    courses, mixin = BUGS[arguments.bug] if arguments.bug else (ALL, Bug)
    if arguments.course not in courses:
        parser.error(f"{arguments.course} has no bug {arguments.bug}")
    module = importlib.import_module(arguments.course)
    own = {"module": module, "users": module.users, "course": arguments.course}
    handler = type("Mutant", (mixin, module.ClientHandler), own)
    handler.change()
    module.run(handler, arguments.port)


if __name__ == "__main__":
    main()
