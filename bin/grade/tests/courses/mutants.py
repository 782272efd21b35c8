"""The plain servers of the KTN courses with one bug each.

    python3 mutants.py [PORT] --course ktn2017 --bug name-not-freed
    python3 mutants.py --list

`--list` prints the bugs: name, courses, and what is wrong.
"""

import argparse
import importlib

import bugs_answers  # noqa: F401 (registers its bugs)
import bugs_bytes  # noqa: F401
import bugs_chat  # noqa: F401
from bug import ALL, BUGS, Bug


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
