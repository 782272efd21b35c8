//! Running a test on every engine.

use std::thread;

use parse::EngineKind;

/// Runs a test on every engine, on all of them at the same time. A panic message names the engine.
pub(crate) fn on_each_engine(test: impl Fn(&'static str) + Sync) {
    let caller = thread::current();
    let caller = caller.name().unwrap_or("a test");
    thread::scope(|scope| {
        for engine in EngineKind::ALL {
            let test = &test;
            let thread = thread::Builder::new().name(format!("{caller} on {engine}"));
            thread.spawn_scoped(scope, || test(engine.name())).unwrap();
        }
    });
}

#[test]
fn the_story_macro_of_the_harness_knows_every_engine() {
    let engines: Vec<&str> = EngineKind::ALL.iter().map(|engine| engine.name()).collect();
    assert_eq!(harness::ENGINES, engines, "see `for_each_engine!` in tests/harness/lib.rs");
}
