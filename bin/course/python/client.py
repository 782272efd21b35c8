"""A chat client for the dialect `json` of Strata.

    python3 client.py HOST PORT

A line that you type is a message. Other lines begin with a slash:

    /login NAME     /logout     /names     /to NAME TEXT     /quit

The main thread reads what you type and sends requests. A second thread receives responses and shows
them. The file uses `Lines` of server.py, so lab 2 has to be done first.
"""

import json
import os
import socket
import sys
import threading

from server import Lines, Refused

READ = 4096  # bytes that one read returns at most
LONGEST_LINE = 16 << 20  # bytes of a response
LAST = 5  # seconds to wait for the last responses


# Lab 12: the client


def request_for(typed):
    """Turns a typed line into a request, a dict. Returns None for an empty line.

    Raises Refused with a sentence for the user if the line begins with a slash and is no command.
    """
    raise NotImplementedError("lab 12: request_for")


def clean(text):
    """Replaces each character of a text that is not printable by a question mark.

    So a message cannot move the cursor or clear the screen. `str.isprintable` tells them apart.
    """
    raise NotImplementedError("lab 12: clean")


def sentence_for(line):
    """Turns a received line, as bytes, into the text that the user sees.

    A message is `NAME: TEXT`, a whisper `NAME (to OTHER): TEXT`. A response with `error` shows the
    error. A login shows who the user is, and each message of the backlog on a line of its own. The
    list of names shows all names. Everything else is shown in some form: events, unknown responses,
    responses with missing keys or other types, and lines that are not JSON. Whatever the server
    sends, the function returns a text in which only newlines of its own are not printable.
    """
    raise NotImplementedError("lab 12: sentence_for")


def said(message):
    """The line for a message of the chat or of the backlog."""
    to = f" (to {message['to']})" if "to" in message else ""
    return clean(f"{message['username']}{to}: {message['message']}")


def receive(stream):
    """The receiving thread: shows each response, in order, until the stream ends.

    `Lines` finds the responses in what the reads return, and `show` prints a text. An OSError or a
    line that is too long ends the function, too.
    """
    raise NotImplementedError("lab 12: receive")


def show(text):
    """Prints a text at once, in one piece."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def receive_until_the_end(stream, leaving):
    """Runs `receive`. If the server has closed the connection, it says so and ends the program.

    The main thread waits for the keyboard, and nothing but the end of the program ends that wait.
    """
    try:
        receive(stream)
    except NotImplementedError as hole:
        show(f"client.py: not implemented: {hole}")
    if not leaving.is_set():
        show("! The server has closed the connection.")
        os._exit(1)


def send_what_is_typed(stream):
    """Sends a request for each typed line, until `/quit` or the end of the input."""
    for typed in sys.stdin:
        typed = typed.rstrip("\n")
        if typed == "/quit":
            return
        try:
            request = request_for(typed)
        except Refused as why:
            show(f"! {why}")
            continue
        if request is not None:
            stream.sendall(json.dumps(request).encode() + b"\n")


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdecimal():
        sys.exit("usage: python3 client.py HOST PORT")
    host, port = sys.argv[1], int(sys.argv[2])
    try:
        stream = socket.create_connection((host, port))
    except OSError as why:
        sys.exit(f"client.py: cannot connect to {host}:{port}: {why}")
    leaving = threading.Event()
    receiver = threading.Thread(target=receive_until_the_end, args=(stream, leaving), daemon=True)
    receiver.start()
    try:
        send_what_is_typed(stream)
        leaving.set()
        # The server answers what it has received, and closes the connection then.
        stream.shutdown(socket.SHUT_WR)
        receiver.join(LAST)
    except KeyboardInterrupt:
        leaving.set()
    except NotImplementedError as hole:
        sys.exit(f"client.py: not implemented: {hole}")
    except OSError:
        sys.exit("client.py: the connection broke")


if __name__ == "__main__":
    main()
