# What CI runs.
check:
    .ci/run

# The tests alone, in parallel.
test:
    cargo nextest run

# A server and a client to play with.
server *ARGS:
    cargo run --release --bin server -- {{ARGS}}

client *ARGS:
    cargo run --release --bin client -- {{ARGS}}
