"""Bugs of the chat: names, messages, the history, and departures."""

import os
import re
from contextlib import suppress

from bug import NEW, OLD, Bug, bug, is_message

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


@bug("empty-name-accepted", NEW)
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


@bug("names-as-list", NEW)
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


@bug("logout-ignored", NEW)
class LogoutIgnored(Bug):
    """answers a logout, but the user stays logged in and connected"""

    def logout(self, content):
        username = self.users[self]
        super().logout(content)
        self.users[self] = username
        self.connected = True
