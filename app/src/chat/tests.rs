//! Stories about a whole chat, as its peers see it.

mod anonymous;
mod deadlines;
mod disconnect;
mod observers;
mod pipelining;
mod replacing;
mod requests;
mod rights;
mod several;
mod unconfirmed;
