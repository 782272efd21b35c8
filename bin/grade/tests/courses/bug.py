"""The base of the bugs that `mutants.py` gives to the plain servers.

A bug is a class that is mixed into the handler of a plain server, `ClientHandler`. Its doc comment
says what is wrong.
"""

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


def is_message(request):
    return isinstance(request, dict) and request.get("request") in ("msg", "message")
