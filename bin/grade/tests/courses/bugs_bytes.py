"""Bugs of connections: bytes, and clients that delay others."""

import socket
import socketserver
import threading
import time
from contextlib import suppress

from bug import Bug, bug, is_message


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
    """serves no client while one has sent half a request"""

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
    """serves no client while one does not read and the buffers are full"""

    def setup(self):
        super().setup()
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)

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
