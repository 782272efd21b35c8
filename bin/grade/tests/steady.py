#!/usr/bin/env python3
"""Runs the grader again and again on little processor time, and expects the same verdicts.

For each right server all checks have to pass; for each mutant exactly the checks that handout/grading.md
names have to fail; in each reference suite all transcripts have to be valid and catch every mutant. Each
run gets half a processor: a control group with a quota (as root on Linux), or else one processor that it
shares with a busy loop.

    cargo build -p grade -p strata --examples --bins
    python3 bin/grade/tests/steady.py --times 300             # hours
    python3 bin/grade/tests/steady.py --skip suite-           # half of the time
    python3 bin/grade/tests/steady.py --times 10 --only tells-strangers --only plain
    python3 bin/grade/tests/steady.py --tally runs.json --minutes 60    # again and again, until all are done
"""

import argparse
import compileall
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTS = ROOT / "bin" / "grade" / "tests"
COURSES = TESTS / "courses"
SUITES = {
    "json": ROOT / "bin" / "course" / "solutions" / "00-tests-first" / "transcripts",
    "ktn14": TESTS / "suite" / "ktn14",
    "ktn15": TESTS / "suite" / "ktn15",
}
PERIOD = 100_000  # microseconds


def graded(command, *arguments, checks=()):
    """The arguments of a run of all checks or of these, and what it must print of verdicts other than passed."""
    only = [word for check in checks for word in ("--check", check)]
    return ["--server", command, "--jobs", "8", *arguments, *only], sorted(f"{check} failed" for check in checks)


def cases(built):
    """Name, arguments of grade, and the verdicts that it must print except those that are good."""
    mutant = f"'{built}/examples/mutant-server' --port {{port}} --dialect {{dialect}}"
    strata = (
        f"'{built}/server' --engine {{engine}} --listen {{{{dialect}}}}=127.0.0.1:{{{{port}}}} "
        "--data :memory: --flood off --login-limit 0 --log off"
    )
    for dialect, suite in SUITES.items():
        yield f"suite-{dialect}", ["tests", suite, "--dialect", dialect, "--jobs", "8"], []
        yield f"plain-{dialect}", *graded(mutant, "--dialect", dialect)
        for engine in ["events", "threads"]:
            yield f"{engine}-{dialect}", *graded(strata.format(engine=engine), "--dialect", dialect)
    for course in ["ktn2014", "ktn2015", "ktn2017"]:
        yield course, *graded(f"python3 -B -S '{COURSES}/{course}.py' {{port}}", "--course", course)
        for habit in ["--habit late-history", "--habit late-echo", "--all"]:
            free = f"python3 -B -S free.py {{port}} --course {course} {habit}"
            yield f"{course}-{re.split('--|habit ', habit)[-1]}", *graded(free, "--course", course, "--from", COURSES)
    page = (ROOT / "handout" / "grading.md").read_text()
    listed = subprocess.run([built / "examples" / "mutant-server", "--bugs"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        bug, dialects = line.split()[:2]
        row = re.search(rf"^\| `{re.escape(bug)}` \|.*\| ([A-Z0-9, -]+) \|$", page, re.M)
        checks = re.findall(r"[A-Z]+-\d+", row[1])
        for dialect in dialects.split(","):
            yield f"{bug}-{dialect}", *graded(f"{mutant} --bug {bug}", "--dialect", dialect, checks=checks)


@contextlib.contextmanager
def half_a_processor(number):
    """Yields a function that puts the calling process on half a processor."""
    for root, quota, period in [
        (pathlib.Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us", "cpu.cfs_period_us"),
        (pathlib.Path("/sys/fs/cgroup"), "cpu.max", None),
    ]:
        group = root / f"steady-{os.getpid()}-{number}"
        try:
            group.mkdir()
            if period:
                (group / period).write_text(str(PERIOD))
                (group / quota).write_text(str(PERIOD // 2))
            else:
                (group / quota).write_text(f"{PERIOD // 2} {PERIOD}")
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            continue
        yield lambda: (group / "cgroup.procs").write_text("0")
        # A group cannot be removed while a process is ending in it.
        for _ in range(100):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.05)
        return
    processor = number % os.cpu_count()
    share = lambda: os.sched_setaffinity(0, [processor])
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=share)
    try:
        yield share
    finally:
        busy.kill()
        busy.wait()


def verdicts(grade, arguments, enter):
    with tempfile.TemporaryDirectory() as folder:
        line = [grade, *arguments]
        ended = subprocess.run(line, cwd=folder, preexec_fn=enter, capture_output=True, text=True)
    found = re.findall(r"^\[\d+/\d+\] (\w+) +([A-Z]+-\d+)", ended.stdout, re.M)
    bad = sorted(f"{check} {verdict}" for verdict, check in found if verdict != "passed")
    bad += re.findall(r"^(?:invalid|undecided|not caught) .*", ended.stdout, re.M)
    if ended.returncode not in (0, 1):
        bad.append(f"exit code {ended.returncode}")
    return bad, ended.stdout + ended.stderr


class Tally:
    """How often each case has run, kept in a file if one is named, so that a later start goes on from there."""

    def __init__(self, path, chosen, built):
        programs = [built / "grade", built / "server", built / "examples" / "mutant-server"]
        self.programs = [hashlib.sha256(program.read_bytes()).hexdigest() for program in programs]
        self.path = path
        self.runs, self.changed = {}, 0
        if path and path.exists():
            kept = json.loads(path.read_text())
            if kept["programs"] != self.programs:
                sys.exit(f"{path} counts runs of other programs: remove it, or build those again")
            self.runs, self.changed = kept["runs"], kept["changed"]
        for name, *_ in chosen:
            self.runs.setdefault(name, 0)
        self.lock = threading.Lock()

    def count(self, name, changed):
        with self.lock:
            self.runs[name] += 1
            self.changed += changed
            if self.path:
                new = self.path.with_suffix(".new")
                new.write_text(json.dumps({"programs": self.programs, "runs": self.runs, "changed": self.changed}))
                new.replace(self.path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--only", action="append", default=[], help="cases whose name contains this")
    parser.add_argument("--skip", action="append", default=[], help="no cases whose name contains this")
    parser.add_argument("--parallel", type=int, default=max(2 * os.cpu_count() - 1, 1))
    parser.add_argument("--minutes", type=float, help="begin no further run after this time")
    parser.add_argument("--tally", type=pathlib.Path, help="a file with the runs so far: go on from there")
    parser.add_argument("--built", type=pathlib.Path, default=ROOT / "target" / "debug", help="where the programs are")
    options = parser.parse_args()
    built = options.built.resolve()
    # Each check starts a server, and a server that runs with -B would compile its modules each time.
    compileall.compile_dir(COURSES, maxlevels=0, quiet=1)
    is_named = lambda case, parts: any(part in case[0] for part in parts)
    chosen = [case for case in cases(built) if not options.only or is_named(case, options.only)]
    chosen = [case for case in chosen if not is_named(case, options.skip)]
    tally = Tally(options.tally, chosen, built)
    until = time.monotonic() + 60 * options.minutes if options.minutes else float("inf")
    numbers = threading.local()
    begun = iter(range(1_000_000))

    def run(case):
        name, arguments, wanted = case
        if time.monotonic() > until:
            return
        if not hasattr(numbers, "own"):
            numbers.own = next(begun)
        with half_a_processor(numbers.own) as enter:
            found, output = verdicts(built / "grade", arguments, enter)
        if found != wanted:
            print(f"{name}, run {tally.runs[name] + 1}: wanted {wanted}, found {found}\n{output}", flush=True)
        tally.count(name, found != wanted)

    done = dict(tally.runs)
    rounds = (case for number in range(options.times) for case in chosen if done[case[0]] <= number)
    with concurrent.futures.ThreadPoolExecutor(options.parallel) as workers:
        list(workers.map(run, rounds))
    counts = [tally.runs[name] for name, *_ in chosen]
    print(f"{len(counts)} cases, {min(counts)} to {max(counts)} runs each, {sum(counts)} in all: {tally.changed} changed")
    return 1 if tally.changed else 0


if __name__ == "__main__":
    sys.exit(main())
