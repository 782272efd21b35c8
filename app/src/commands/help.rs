//! `help`: lists the command table, the errors and the limits.

use parse::{Dict, Value};

use super::{Access, Answer, Argument, COMMANDS, Call, Command, Order, Outcome};
use crate::errors;

pub(super) const COMMAND: Command = Command {
    name: "help",
    arguments: &[],
    access: Access::Anyone,
    order: Order::Alone,
    summary: "List the requests.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let commands: Value = COMMANDS.iter().map(|command| Value::from(describe(command))).collect();
    let errors = errors().fold(Dict::new(), |errors, (code, text)| errors.with(code, text));
    let limits = call.chat.limits;
    let limits = Dict::new()
        .with("text", limits.text)
        .with("name", limits.name)
        .with("history", limits.history.messages);
    Ok(Answer::Now(
        Dict::new().with("help", commands).with("errors", errors).with("limits", limits),
    ))
}

fn describe(command: &Command) -> Dict {
    let arguments = command.arguments.iter();
    let arguments: Value = arguments.map(|argument| Value::from(explain(argument))).collect();
    Dict::new()
        .with("request", command.name)
        .with("arguments", arguments)
        .with("access", command.access.name())
        .with("summary", command.summary)
}

fn explain(argument: &Argument) -> Dict {
    let mut dict = Dict::new()
        .with("name", argument.name)
        .with("type", argument.kind.name())
        .with("required", argument.required);
    if argument.secret {
        dict.insert("secret", true);
    }
    dict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Room;

    #[test]
    fn it_lists_the_whole_table_without_a_login() {
        let mut room = Room::new();
        room.limits().text = 77;
        let peer = room.connect();
        room.ask(peer, "help", Dict::new());
        let said = room.heard(peer).join("\n");
        for command in COMMANDS {
            assert!(said.contains(&format!(r#""request":"{}""#, command.name)), "{said}");
            assert!(said.contains(command.summary), "{said}");
        }
        let history = r#"[{"name":"limit","type":"whole number","required":false},"#;
        assert!(said.contains(history), "{said}");
        for (code, text) in errors() {
            assert!(said.contains(&format!("{code:?}:{text:?}")), "{said}");
        }
        assert!(said.contains(r#"limits={"text":77,"name":32,"history":100}"#), "{said}");
    }
}
