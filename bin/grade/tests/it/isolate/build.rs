//! A real build: Cargo tests a crate whose build script attacks.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use super::{Course, names, text};
use crate::attacks::is_isolated;

const MANIFEST: &str = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// Tries to leave something behind, and to read a secret.
const BUILD: &str = r#"
use std::{env, fs};

fn main() {
    let all = [env::var("OUTSIDE").unwrap(), "src/evil".to_owned()];
    for path in all {
        let _ = fs::write(path, "evil");
    }
    let secret = fs::read_to_string(env::var("SECRET").unwrap()).is_ok();
    println!("cargo:rustc-env=FOUND_SECRET={secret}");
    println!("cargo:rerun-if-changed=build.rs");
}
"#;

/// Passes where the own network works, and that of the machine cannot be reached.
const LIBRARY: &str = r#"
#[test]
fn the_network_is_its_own() {
    use std::net::{TcpListener, TcpStream};
    let ours = TcpListener::bind("127.0.0.1:0").unwrap();
    TcpStream::connect(ours.local_addr().unwrap()).unwrap();
    let theirs = std::env::var("LISTENER").unwrap();
    assert!(TcpStream::connect(theirs).is_err());
}

#[test]
fn no_secret_was_found() {
    assert_eq!(env!("FOUND_SECRET"), "false");
}
"#;

/// The folder of the toolchain that runs this test, or why a build cannot be tried.
fn toolchain() -> Result<PathBuf, String> {
    let asks = |command: &str, argument: &[&str]| {
        let output = Command::new(command).args(argument).output();
        output.map_err(|error| format!("{command}: {error}"))
    };
    asks("cc", &["--version"])?;
    let sysroot = text(&asks("rustc", &["--print", "sysroot"])?.stdout);
    let sysroot = PathBuf::from(sysroot.trim());
    match sysroot.join("bin/cargo").is_file() {
        true => Ok(sysroot),
        false => Err(format!("there is no Cargo in {}", sysroot.display())),
    }
}

#[test]
#[ignore = "slow"]
fn cargo_builds_and_tests_a_crate_whose_build_script_attacks() {
    if !is_isolated() {
        return;
    }
    let toolchain = match toolchain() {
        Ok(toolchain) => toolchain,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let course = Course::new();
    fs::create_dir(course.from.join("src")).unwrap();
    for (file, content) in [("Cargo.toml", MANIFEST), ("build.rs", BUILD), ("src/lib.rs", LIBRARY)]
    {
        fs::write(course.from.join(file), content).unwrap();
    }
    let beside = |name: &str| course.from.with_file_name(name).display().to_string();
    fs::write(beside("secret"), "secret").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tools = toolchain.display();
    let variables = [
        format!("PATH={tools}/bin:/usr/local/bin:/usr/bin:/bin"),
        format!("CARGO_TARGET_DIR={}", course.out.display()),
        format!("OUTSIDE={}", beside("evil")),
        format!("SECRET={}", beside("secret")),
        format!("LISTENER={}", listener.local_addr().unwrap()),
    ];
    let mut options = vec!["--visible", toolchain.to_str().unwrap()];
    options.extend(variables.iter().flat_map(|variable| ["--env", variable]));
    let test = || course.isolate(&options, &["cargo", "test", "--offline"]).output().unwrap();
    let output = test();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("2 passed; 0 failed"), "{output:?}");
    assert!(text(&output.stderr).contains("Compiling tiny"), "{output:?}");
    // The next build finds the work of this one.
    let output = test();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!text(&output.stderr).contains("Compiling"), "{output:?}");
    assert_eq!(names(course.from.parent().unwrap()), ["ada", "out", "secret"]);
    assert_eq!(names(&course.from), ["Cargo.toml", "build.rs", "given", "src"]);
    assert_eq!(names(&course.from.join("src")), ["lib.rs"]);
}
