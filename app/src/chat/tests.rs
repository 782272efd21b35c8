//! Stories about a whole chat, as peers see it.

mod pipelining;
mod requests;
