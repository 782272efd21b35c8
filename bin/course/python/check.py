"""Checks the labs, and prints one list with points.

    python3 check.py                 all labs
    python3 check.py 7               lab 7
    python3 check.py --grade PATH    with this program `grade`, if it is not in the PATH

The tests of a lab run in a second. `grade` runs the whole program, so it waits until the labs are done
that a lab needs. The exit code is 0 if everything has passed.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60  # seconds for the tests of one lab
TRANSCRIPTS = "transcripts"  # the folder of the student's tests
HOLE = re.compile(r'raise NotImplementedError\("lab (\d+): ([\w.]+)"\)')


def open_holes():
    """The functions that are not written yet, by the number of their lab."""
    holes = {}
    for name in ("server.py", "client.py"):
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            for number, function in HOLE.findall(file.read()):
                holes.setdefault(int(number), []).append(function)
    return holes


def run_tests(names):
    """Runs these tests of tests.py. Returns the verdict of each."""
    command = [sys.executable, "-m", "unittest", "-v", *(f"tests.{name}" for name in names)]
    try:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=LIMIT)
        said = done.stderr
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode(errors="replace")
    verdicts = {}
    for name in names:
        suite, test = name.split(".")
        line = re.search(rf"^{test} \(tests\.{suite}\b.* \.\.\. (\w+)$", said, re.MULTILINE)
        verdicts[name] = "passed" if line and line[1] == "ok" else "failed"
    if "failed" in verdicts.values():
        print(said)
    return verdicts


def run_grade(grade, labs, program, ids, report):
    """Runs these checks of `grade`, and prints its explanations. Returns the verdict of each."""
    command = [grade, f"--{program}", labs[program], "--from", HERE]
    if program == "client":
        command += ["--profile", os.path.join(HERE, labs["profile"])]
    else:
        command += ["--course", os.path.join(HERE, labs["course"])]
    if report:
        command += ["--report", os.path.join(os.path.abspath(report), program)]
    for check in ids:
        command += ["--check", check]
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as rubric:
        rubric.write(rubric_of(labs))
        rubric.flush()
        command += ["--rubric", rubric.name]
        done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"check.py: {grade} did not run")
    lines = re.findall(r"^\[\d+/\d+\] (\w+) +([A-Z]+-\d+) ", done.stdout, re.MULTILINE)
    verdicts = {check: verdict for verdict, check in lines}
    if done.returncode == 1:
        # The explanations stand between the list of the checks and the sums.
        explained = re.sub(r"^\[\d+/\d+\] .*\n", "", done.stdout, flags=re.MULTILINE)
        print(explained.split("\nPoints by part")[0])
    return {check: verdicts.get(check, "skipped") for check in ids}


def judge_transcripts(grade, wanted):
    """Judges the student's transcripts with `grade tests`. Returns the verdict of each property."""
    if not os.path.isdir(os.path.join(HERE, TRANSCRIPTS)):
        print(f"there is no folder {TRANSCRIPTS} yet")
        return dict.fromkeys(wanted, "failed")
    command = [grade, "tests", TRANSCRIPTS, "--json"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    try:
        results = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(done.stderr.strip())
        # 2: a transcript cannot be read. Otherwise `grade` could not judge.
        return dict.fromkeys(wanted, "failed" if done.returncode == 2 else "undecided")
    found = {"valid": validity(results)}
    words = {"caught": "passed", "not caught": "failed"}
    for concept in results["concepts"]:
        found[f"concept {concept['says']}"] = words.get(concept["verdict"], "undecided")
    for area in results["areas"]:
        missed = area["not caught"]
        if missed:
            numbers = ", ".join(map(str, missed))
            print(f"{area['area']}: not caught: mutants number {numbers}")
        rest = "undecided" if area["undecided"] else "passed"
        found[f"area {area['area']}"] = "failed" if missed else rest
    return {name: found.get(name, "undecided") for name in wanted}


def validity(results):
    """Whether every transcript is valid. Tests that pass on every wrong server do not count."""
    for transcript in results["transcripts"]:
        if transcript["why"]:
            print("\n".join(transcript["why"]))
    verdicts = {transcript["verdict"] for transcript in results["transcripts"]}
    if "invalid" in verdicts or results["caught"] == 0:
        return "failed"
    return "undecided" if "undecided" in verdicts else "passed"


def rubric_of(labs):
    """The points of the checks, as `grade` reads them: a stage for each lab."""
    lines = []
    graded = [lab for lab in labs["lab"] if "checks" in lab]
    for lab in graded:
        title, checks = f"Lab {lab['number']}", list(lab["checks"])
        stage = f"[[stage]]\nname = {json.dumps(title)}\npoints = 1\nchecks = {json.dumps(checks)}\n"
        lines.append(stage)
    lines.append("[points]")
    for lab in graded:
        lines += [f"{check} = {points}" for check, points in lab["checks"].items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Checks the labs.")
    parser.add_argument("lab", nargs="?", type=int, help="the number of a lab; without it, all labs")
    parser.add_argument("--grade", default="grade", help="path of the program grade")
    parser.add_argument("--report", help="folder for the reports of grade: a folder for each program in it")
    options = parser.parse_args()
    with open(os.path.join(HERE, "labs.toml"), "rb") as file:
        labs = tomllib.load(file)
    grade = shutil.which(options.grade)
    chosen = [lab for lab in labs["lab"] if options.lab in (None, lab["number"])]
    if not chosen:
        numbers = ", ".join(str(lab["number"]) for lab in labs["lab"])
        sys.exit(f"check.py: there is no lab {options.lab} in Python, only {numbers}")
    if grade is None:
        sys.exit(f"check.py: no program {options.grade}: put it into the PATH, or use --grade")
    grade = os.path.abspath(grade)

    holes = open_holes()
    verdicts = {}
    for lab in chosen:
        if lab.get("tests"):
            verdicts |= run_tests(list(lab["tests"]))
        if lab.get("suite"):
            verdicts |= judge_transcripts(grade, list(lab["suite"]))
    for program in ("server", "client"):
        ready = [lab for lab in chosen if lab.get("program") == program and not waits(lab, holes)]
        ids = [check for lab in ready for check in lab["checks"]]
        if ids:
            verdicts |= run_grade(grade, labs, program, ids, options.report)
    sys.exit(0 if print_list(chosen, holes, verdicts) else 1)


def waits(lab, holes):
    """The labs that have to be done before `grade` can check this one, itself included."""
    return [number for number in [lab["number"], *lab.get("needs", [])] if number in holes]


def all_checks(lab):
    """The checks of a lab, each with its points."""
    return {**lab.get("suite", {}), **lab.get("tests", {}), **lab.get("checks", {})}


def print_list(chosen, holes, verdicts):
    """Prints the verdict and the points of each check. Returns whether all have passed."""
    earned = possible = 0
    for lab in chosen:
        print(f"\nLab {lab['number']}: {lab['title']}")
        if lab["number"] in holes:
            print(f"  to do: {', '.join(holes[lab['number']])}")
        others = [number for number in waits(lab, holes) if number != lab["number"]]
        if others:
            print(f"  grade waits for lab {', '.join(map(str, others))}")
        for check, points in all_checks(lab).items():
            verdict = verdicts.get(check, "waits")
            got = points if verdict == "passed" else 0
            print(f"  {verdict:<9}  {got:>3} of {points:>3}  {check}")
            if verdict != "undecided":
                earned += got
                possible += points
    print(f"\ntotal: {earned} of {possible} points")
    undecided = [check for check, verdict in verdicts.items() if verdict == "undecided"]
    if undecided:
        print(f"not counted, because the machine was too busy: {', '.join(undecided)}")
    return earned == possible


if __name__ == "__main__":
    main()
