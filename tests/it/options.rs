//! The options of the client: a wrong value gets an error that names it.

use assert_cmd::Command;
use harness::clients::empty_home;
use predicates::str::contains;

#[test]
fn a_wrong_option_is_named_before_the_client_connects() {
    let home = empty_home();
    for (arguments, error) in [
        (
            &["--reconnect", "--no-reconnect"][..],
            "'--reconnect' cannot be used with '--no-reconnect'",
        ),
        (&["--json", "--timestamps"], "'--json' cannot be used with '--timestamps'"),
        (&["--color", "sometimes"], "[possible values: auto, always, never]"),
        (&["--name", ""], "a value is required for '--name <NAME>'"),
        (&["host:99999"], "client: a port is a number from 1 to 65535, not \"99999\""),
        (&["http://host:7/"], "client: the server is HOST or HOST:PORT, so write \"host:7\""),
        (&[""], "client: the server is HOST or HOST:PORT; \":49512\" names no host"),
        (&["--password-file", "/nowhere"], "client: --password-file needs --name NAME"),
    ] {
        let mut client = Command::from_std(harness::client(home.path()));
        client.args(arguments).assert().code(2).stdout("").stderr(contains(error));
    }
}
