//! A real browser, driven over its DevTools protocol.
//!
//! With `--remote-debugging-pipe` the browser reads commands from descriptor 3 and writes answers to
//! descriptor 4, each a JSON text that ends with a zero byte. So no port and no WebSocket are needed, and
//! the browser ends with the test.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use harness::{DEADLINE, Value, json, wait_until};

/// The deadline of one command. A browser on a busy machine is slow.
const PATIENCE: Duration = DEADLINE.saturating_mul(2);

/// The names of the program. The first is the same browser without its windows, which costs a third less.
const NAMES: [&str; 4] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/// The codes of the keys with which the browser itself does something.
const CODES: [(&str, u32); 2] = [("Tab", 9), ("Escape", 27)];

/// A running browser with one page.
pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    count: u64,
    session: Value,
    /// The events that have arrived while an answer was awaited.
    events: VecDeque<Value>,
    _profile: tempfile::TempDir,
}

/// The program, if it is installed.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| folders.iter().map(|it| it.join(name)).find(|it| it.is_file()))
}

impl Browser {
    /// Starts the browser with an empty page.
    pub(crate) fn start(program: &Path) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#])
            .arg(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .arg("--disable-dev-shm-usage")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = sync_channel(4096);
        thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let text = String::from_utf8_lossy(&message);
                if sender.send(text.parse().unwrap()).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let (events, session) = (VecDeque::new(), Value::Null);
        let mut browser =
            Browser { child, commands, answers, count: 0, session, events, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let flat = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", flat)["sessionId"].clone();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method and returns its result.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.count += 1;
        let mut command = json!({"id": self.count, "method": method, "params": parameters});
        if self.session != Value::Null {
            command["sessionId"] = self.session.clone();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE).expect("an answer of the browser");
            if answer["id"] == self.count {
                assert!(answer.get("error").is_none(), "{command}: {answer}");
                return answer["result"].clone();
            }
            self.events.push_back(answer);
        }
    }

    /// Opens a page and waits until its script has run.
    pub(crate) fn opens(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        self.sees("document.readyState === 'complete' && typeof view === 'object'");
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression in the page is true.
    pub(crate) fn sees(&mut self, expression: &str) {
        wait_until(expression, PATIENCE, || {
            let parameters = json!({"expression": expression, "returnByValue": true});
            self.call("Runtime.evaluate", parameters)["result"]["value"] == true
        });
    }

    /// Presses a key, such as `s`, `Enter` or `ArrowDown`.
    pub(crate) fn presses(&mut self, key: &str) {
        let text = if key.len() == 1 { key } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "text": text});
            if let Some((_, code)) = CODES.iter().find(|(name, _)| *name == key) {
                event["code"] = json!(key);
                event["windowsVirtualKeyCode"] = json!(code);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Clicks in the middle of an element.
    pub(crate) fn clicks(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const it = document.querySelector({selector:?}).getBoundingClientRect(); \
             return [it.x + it.width / 2, it.y + it.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Changes the size of the page, in pixels, and its colours.
    pub(crate) fn resizes(&mut self, width: u32, height: u32, colours: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let colours = json!({"features": [{"name": "prefers-color-scheme", "value": colours}]});
        self.call("Emulation.setEmulatedMedia", colours);
        self.sees("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))) && true");
    }

    /// Takes a picture.
    pub(crate) fn takes_a_picture(&mut self, file: &Path) {
        // The rows are drawn with the next frames.
        self.value(
            "new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(true)), 50))",
        );
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        fs::write(file, from_base64(picture["data"].as_str().unwrap())).unwrap();
    }

    /// Checks that no script failed, and that no request went to another address. Then leaves the page: it
    /// would connect again to a program that has ended, while the next test begins.
    pub(crate) fn had_no_errors(&mut self, url: &str) {
        self.value("1");
        for event in self.events.drain(..) {
            let (method, params) = (event["method"].as_str().unwrap_or_default(), &event["params"]);
            match method {
                "Runtime.exceptionThrown" => panic!("{event}"),
                "Log.entryAdded" => {
                    // A refused command is an answer like others.
                    let text = params["entry"]["text"].as_str().unwrap_or_default();
                    assert!(params["entry"]["level"] != "error" || text.contains("409"), "{event}");
                }
                "Network.requestWillBeSent" => {
                    let to = params["request"]["url"].as_str().unwrap_or_default();
                    let own =
                        [url, "data:", "about:", "blob:"].iter().any(|begin| to.starts_with(begin));
                    assert!(own, "a request to {to}");
                }
                _ => {}
            }
        }
        self.call("Page.navigate", json!({"url": "about:blank"}));
        self.value("1");
        self.events.clear();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Decodes base64, as the browser writes it.
fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|it| DIGITS.iter().position(|digit| *digit == it));
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_usize, 0);
    for digit in digits {
        (bits, count) = (bits << 6 | digit, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).unwrap());
            bits &= (1 << count) - 1;
        }
    }
    bytes
}
