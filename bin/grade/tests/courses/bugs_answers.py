"""Bugs of the answers: their keys, and requests that get none."""

from bug import NEW, OLD, Bug, bug, is_message


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


@bug("stranger-dropped")
class StrangerDropped(Bug):
    """closes the connection, without an answer, at a message before the login"""

    def serve(self, request):
        if is_message(request) and not self.logged_in:
            raise KeyError(None)
        super().serve(request)
