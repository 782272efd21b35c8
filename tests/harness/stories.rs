//! The macros that run a test on every engine, and with every log.

/// Passes the names of all engines to another macro, behind one more token if there is one. This is the only
/// list of them in the crate; a test of the workspace compares `ENGINES` with the list of the layers.
#[macro_export]
macro_rules! for_each_engine {
    ($callback:ident $(, $more:tt)?) => {
        $callback! { $($more)? events threads }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! engine_names {
    ($($engine:ident)*) => {
        &[$(stringify!($engine)),*]
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! story_tests {
    ([$attribute:meta] $($engine:ident)*) => {
        $(#[test]
        #[$attribute]
        fn $engine() {
            story($crate::Server::start(stringify!($engine), ARGUMENTS));
        })*
    };
}

/// Runs a test once on every engine, once with a data file, and once with a log on Redis.
///
/// `story!(name, |server| { .. })` makes the tests `name::events`, `name::threads`, `name::on_disk`
/// and `name::on_redis`, which is one of the slow tests. Each of them gets a [`Server`](crate::Server) of its
/// own. `story!(name, ["--flag"], |server| { .. })` also passes arguments to the server.
#[macro_export]
macro_rules! story {
    ($(#[$doc:meta])* $name:ident, |$server:ident| $body:block) => {
        $crate::story!($(#[$doc])* $name, [], |$server| $body);
    };
    ($(#[$doc:meta])* $name:ident, $arguments:expr, |$server:ident| $body:block) => {
        $crate::story_module!([] [cfg(all())] $(#[$doc])* $name, $arguments, |$server| $body);
    };
}

/// Makes the tests of a [`story!`](crate::story) that takes long: all of them are slow tests.
#[macro_export]
macro_rules! slow_story {
    ($(#[$doc:meta])* $name:ident, |$server:ident| $body:block) => {
        $crate::slow_story!($(#[$doc])* $name, [], |$server| $body);
    };
    ($(#[$doc:meta])* $name:ident, $arguments:expr, |$server:ident| $body:block) => {
        $crate::story_module!([] [ignore = "slow"] $(#[$doc])* $name, $arguments, |$server| $body);
    };
}

/// Runs a test as [`story!`](crate::story) does, and also over TLS: `name::over_tls::events` and
/// `name::over_tls::threads`, which are slow tests. The peers do not notice, because a relay encrypts for
/// them. The story cannot ask for their addresses.
#[macro_export]
macro_rules! story_also_over_tls {
    ($(#[$doc:meta])* $name:ident, |$server:ident| $body:block) => {
        $crate::story_also_over_tls!($(#[$doc])* $name, [], |$server| $body);
    };
    ($(#[$doc:meta])* $name:ident, $arguments:expr, |$server:ident| $body:block) => {
        $crate::story_module!(
            [mod over_tls {
                use super::{ARGUMENTS, story};
                use $crate::tls_story_tests;
                $crate::for_each_engine!(tls_story_tests);
            }]
            [cfg(all())] $(#[$doc])* $name, $arguments, |$server| $body
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! tls_story_tests {
    ($($engine:ident)*) => {
        $(#[test]
        #[ignore = "slow"]
        fn $engine() {
            story($crate::Server::start_over_tls(stringify!($engine), ARGUMENTS));
        })*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! story_module {
    // `cfg(all())` is an attribute that does nothing.
    ([$($more:item)*] [$attribute:meta] $(#[$doc:meta])* $name:ident, $arguments:expr, |$server:ident| $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "a short story may use no item of its file")]
            use super::*;

            const ARGUMENTS: &[&str] = &$arguments;

            fn story($server: $crate::Server) {
                $body
            }

            use $crate::story_tests;
            $crate::for_each_engine!(story_tests, [$attribute]);

            #[test]
            #[$attribute]
            fn on_disk() {
                story($crate::Server::start_on_disk(ARGUMENTS));
            }

            #[test]
            #[ignore = "slow"]
            fn on_redis() {
                if let Some(server) = $crate::Server::start_on_redis(ARGUMENTS) {
                    story(server);
                }
            }

            $($more)*
        }
    };
}
