//! The places where a program crashed, as far as its output shows them: the tracebacks of Python, Java,
//! JavaScript, C#, Go and Rust.

/// The place of one exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crash {
    /// The type of the exception: `KeyError`.
    exception: String,
    /// The name of the file, without its folders: each check runs in a folder of its own.
    file: String,
    line: String,
    function: String,
}

/// A place in a file, and the function that contains it.
struct Frame<'a> {
    path: &'a str,
    line: &'a str,
    function: &'a str,
}

/// Parts of paths and functions that belong to a language, not to the submission.
const LIBRARIES: &[&str] = &[
    "/lib/python",
    "site-packages",
    "dist-packages",
    "<frozen",
    "node:",
    "node_modules",
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "System.",
    "/go/src/",
    "/rustc/",
    ".cargo",
];

impl Crash {
    /// The place in words: `KeyError in handle, server.py line 42`.
    pub(super) fn words(&self) -> String {
        let Crash { exception, file, line, function } = self;
        let function = if function.is_empty() { String::new() } else { format!("{function}, ") };
        format!("{exception} in {function}{file} line {line}")
    }

    /// Makes a crash of an exception and its innermost frame outside libraries.
    fn new(exception: &str, innermost_first: &[Frame<'_>]) -> Option<Crash> {
        let is_own = |frame: &&Frame<'_>| {
            let is_in = |library: &&str| {
                frame.path.contains(*library) || frame.function.starts_with(*library)
            };
            !LIBRARIES.iter().any(is_in)
        };
        // `<lambda>` and `<genexpr>` are parts of a function, which is the next frame.
        let is_part = |frame: &&Frame<'_>| frame.function.starts_with('<');
        let mut own = innermost_first.iter().filter(is_own).skip_while(is_part);
        let any = || innermost_first.iter().find(is_own).or(innermost_first.first());
        let frame = own.next().or_else(any)?;
        let function = if is_part(&frame) { "" } else { frame.function };
        let file = frame.path.rsplit(['/', '\\']).next().unwrap_or(frame.path);
        Some(Crash {
            exception: exception.trim().to_owned(),
            file: file.to_owned(),
            line: frame.line.to_owned(),
            function: function.to_owned(),
        })
    }
}

/// Greatest number of output lines examined, and of crashes found.
const LINES: usize = 2000;
const CRASHES: usize = 20;

/// The crashes at the end of the output, in order and each once.
pub(super) fn find(output: &str) -> Vec<Crash> {
    let mut lines: Vec<&str> = output.lines().rev().take(LINES).collect();
    lines.reverse();
    let mut found: Vec<Crash> = Vec::new();
    for place in 0..lines.len() {
        let (before, rest) = lines.split_at(place);
        let [first, rest @ ..] = rest else { break };
        if found.len() == CRASHES {
            break;
        }
        let crash = python(first, rest)
            .or_else(|| calls(before.last()?, first, rest))
            .or_else(|| go(first, rest))
            .or_else(|| rust(first));
        found.extend(crash.filter(|crash| !found.contains(crash)));
    }
    found
}

/// `Traceback (most recent call last):`, the frames, the innermost last, and the exception.
fn python(first: &str, rest: &[&str]) -> Option<Crash> {
    if !first.trim_start().starts_with("Traceback (most recent call last)") {
        return None;
    }
    let end = rest.iter().position(|line| !line.starts_with(' '))?;
    let (frames, last) = rest.split_at(end);
    let frames: Vec<Frame<'_>> =
        frames.iter().rev().filter_map(|line| python_frame(line)).collect();
    let exception = last.first()?.split(':').next()?;
    Crash::new(exception, &frames)
}

/// `  File "server.py", line 42, in handle`
fn python_frame(line: &str) -> Option<Frame<'_>> {
    let (path, place) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let (line, function) = place.split_once(", in ").unwrap_or((place, ""));
    Some(Frame { path, line, function })
}

/// Java, JavaScript, C#: the exception, then lines that begin with `at`, the innermost first.
fn calls(header: &str, first: &str, rest: &[&str]) -> Option<Crash> {
    let is_call =
        |line: &&str| line.trim_start().starts_with("at ") && line.starts_with([' ', '\t']);
    if !is_call(&first) || is_call(&header) {
        return None;
    }
    let more = rest.iter().copied().take_while(is_call);
    let frames: Vec<Frame<'_>> = std::iter::once(first).chain(more).filter_map(call).collect();
    // `Exception in thread "main" java.io.IOException: closed`, `TypeError: x is not a function`
    let header = header.trim().rsplit_once("\" ").map_or(header.trim(), |(_, exception)| exception);
    Crash::new(header.split(':').next()?, &frames)
}

/// `at Server.handle(Server.java:7)`, `at handle (/home/ada/server.js:7:3)`, `at /home/ada/server.js:7:3`
fn call(line: &str) -> Option<Frame<'_>> {
    let line = line.trim_start().strip_prefix("at ")?;
    let (function, place) = match line.split_once('(') {
        Some((function, place)) => (function.trim_end(), place.trim_end_matches(')')),
        None => ("", line),
    };
    let mut parts = place.rsplitn(3, ':');
    let (last, middle, first) = (parts.next()?, parts.next()?, parts.next());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match first {
        Some(path) if is_number(middle) => Some(Frame { path, line: middle, function }),
        _ if is_number(last) => {
            Some(Frame { path: place.rsplit_once(':')?.0, line: last, function })
        }
        _ => None,
    }
}

/// `panic: …`, then a stack in which each place follows its function, the innermost first.
fn go(first: &str, rest: &[&str]) -> Option<Crash> {
    let message = first.strip_prefix("panic: ")?;
    let places = rest.iter().zip(rest.iter().skip(1)).filter_map(|(function, place)| {
        let place = place.strip_prefix('\t')?.split(' ').next()?;
        let (path, line) = place.rsplit_once(':').filter(|(path, _)| path.ends_with(".go"))?;
        Some(Frame { path, line, function: function.split('(').next()? })
    });
    let frames: Vec<Frame<'_>> = places.collect();
    Crash::new(&format!("panic: {}", message.split(':').next()?), &frames)
}

/// `thread 'main' panicked at src/main.rs:7:5:`
fn rust(first: &str) -> Option<Crash> {
    let place = first.strip_prefix("thread '")?.split_once(" panicked at ")?.1;
    let mut parts = place.trim_end_matches(':').rsplitn(3, ':');
    let (_, line, path) = (parts.next()?, parts.next()?, parts.next()?);
    Crash::new("panic", &[Frame { path, line, function: "" }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(output: &str) -> Vec<String> {
        find(output).iter().map(Crash::words).collect()
    }

    const PYTHON: &str = "\
listening
Exception in thread Thread-3 (handle):
Traceback (most recent call last):
  File \"/usr/lib/python3.11/threading.py\", line 1038, in _bootstrap_inner
    self.run()
  File \"/tmp/copy-7/server.py\", line 42, in handle
    name = json.loads(line)[\"username\"]
           ^^^^^^^^^^^^^^^^
  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode
    raise JSONDecodeError(\"Expecting value\", s, err.value) from None
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
";

    #[test]
    fn the_place_is_the_innermost_frame_of_the_submission() {
        let place = "json.decoder.JSONDecodeError in handle, server.py line 42";
        assert_eq!(words(PYTHON), [place]);
        // The same crash in another thread counts once.
        assert_eq!(words(&PYTHON.repeat(3)), [place]);
        let alone =
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nOSError\n";
        assert_eq!(words(alone), ["OSError in a.py line 1"]);
        let part = "Traceback (most recent call last):\n  File \"/a/a.py\", line 3, in names\n    x\n  \
                    File \"/a/a.py\", line 3, in <genexpr>\n    x\nKeyError: 1\n";
        assert_eq!(words(part), ["KeyError in names, a.py line 3"]);
        assert!(words("Traceback (most recent call last):\n  File \"a.py\", li").is_empty());
    }

    #[test]
    fn other_languages_are_understood() {
        let java = "Exception in thread \"main\" java.lang.NullPointerException: x\n\
                    \tat java.base/java.util.Objects.requireNonNull(Objects.java:233)\n\
                    \tat Server.handle(Server.java:7)\n\tat Server.main(Server.java:3)\n";
        assert_eq!(
            words(java),
            ["java.lang.NullPointerException in Server.handle, Server.java line 7"]
        );
        let script = "TypeError: users.get is not a function\n    at handle (/tmp/c/server.js:10:5)\n    \
                      at /tmp/c/server.js:90:1\n    at node:net:12:3\n";
        assert_eq!(words(script), ["TypeError in handle, server.js line 10"]);
        let go = "panic: runtime error: index out of range [3]\n\ngoroutine 1 [running]:\n\
                  main.handle(...)\n\t/tmp/c/main.go:5 +0x1d\nmain.main()\n\t/tmp/c/main.go:9\nexit status 2\n";
        assert_eq!(words(go), ["panic: runtime error in main.handle, main.go line 5"]);
        let rust = "thread 'main' (7) panicked at src/main.rs:10:5:\nindex out of bounds\n";
        assert_eq!(words(rust), ["panic in main.rs line 10"]);
    }

    #[test]
    fn ordinary_output_is_no_crash() {
        for text in ["", "ann logs in\n", "at 7 o'clock\n", "look\n  at the end: 7\n", "panic: \n"]
        {
            assert!(find(text).is_empty(), "{text:?}");
        }
    }
}
