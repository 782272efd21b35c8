# What CI runs.
check:
    .ci/run

# The tests but for the slow ones, in parallel. Without the second start of each test, with which nextest prepares for Ctrl-Z.
test:
    NEXTEST_DOUBLE_SPAWN=0 cargo nextest run

# A server and a client to play with.
server *ARGS:
    cargo run --release --bin server -- {{ARGS}}

client *ARGS:
    cargo run --release --bin client -- {{ARGS}}
