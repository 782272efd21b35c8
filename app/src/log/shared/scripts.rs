//! The keys in Redis, and the scripts that change them.
//!
//! | key | content |
//! |---|---|
//! | `strata:{CHAT}:log` | the stream; its ids are `1-0`, `2-0`, `3-0` and so on, without a gap |
//! | `strata:{CHAT}:meta` | `chat`: a random name of this log; `last`: the last number in the stream; `epochs`: the last number of a server; `snapshot`, `chunks`: the latest snapshot |
//! | `strata:{CHAT}:live` | for each server that is part of the chat: its token and its name |
//! | `strata:{CHAT}:seqs` | for each of them: the sequence number of its last draft |
//! | `strata:{CHAT}:suspects` | for each of them whose lease has run out: since when |
//! | `strata:{CHAT}:lease:N` | exists while the lease of the server N runs; its length |
//! | `strata:{CHAT}:snapshot:N` | the chunks of the snapshot at the entry N |
//! | `strata:{CHAT}:snapshot-lock` | exists while a server stores a snapshot |
//!
//! A script is atomic. So a number is given and its entry added in one step, and no entry of a
//! server follows the one that declares it gone.

use redis::{Connection, RedisResult, Script};

use super::record::Appended;

/// The keys of a chat.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// The keys of the chat with this name. The braces make Redis keep them in one place.
    pub(super) fn of(chat: &str) -> Keys {
        Keys { prefix: format!("strata:{{{chat}}}") }
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    pub(super) fn log(&self) -> String {
        self.key("log")
    }

    pub(super) fn meta(&self) -> String {
        self.key("meta")
    }
}

/// What the scripts share.
const COMMON: &str = "
local log, meta, live, seqs, suspects, lease = unpack(KEYS)
local function add(...)
    local number = redis.call('HINCRBY', meta, 'last', 1)
    redis.call('XADD', log, string.format('%.0f-0', number), ...)
    return number
end
local function gone(epoch)
    redis.call('HDEL', live, epoch)
    redis.call('HDEL', seqs, epoch)
    redis.call('HDEL', suspects, epoch)
    redis.call('DEL', lease .. epoch)
    return add('kind', 'gone', 'epoch', epoch)
end
";

/// Appends drafts: the epoch, and for each draft its sequence number, the number of its arguments, and
/// the arguments. Returns 0 if the server is no longer part of the chat.
const APPEND: &str = "
local epoch = ARGV[1]
if redis.call('HEXISTS', live, epoch) == 0 then return 0 end
local seen = tonumber(redis.call('HGET', seqs, epoch))
local at = 2
while at <= #ARGV do
    local seq, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
    -- A server that got no answer sends its drafts again.
    if seq > seen then
        add(unpack(ARGV, at + 2, at + 1 + count))
        seen = seq
    end
    at = at + 2 + count
end
redis.call('HSET', seqs, epoch, string.format('%.0f', seen))
return 1
";

/// Joins the chat: the token, the name, `first` or `again`, and the length of the lease. Returns the
/// number of the server, or 0 if another server has taken the name.
const JOIN: &str = "
local token, name, mode, length = unpack(ARGV)
local others, active, old = '', '', {}
local all = redis.call('HGETALL', live)
for at = 1, #all, 2 do
    local epoch, theirs, called = all[at], all[at + 1]:match('^(%S+) (.*)$')
    if theirs == token or (called == name and mode == 'first') then
        table.insert(old, epoch)
    elseif called == name then
        return 0
    else
        others = others .. #epoch .. ':' .. epoch .. #called .. ':' .. called
        if tonumber(redis.call('HGET', seqs, epoch)) > 0 then
            active = active .. #epoch .. ':' .. epoch
        end
    end
end
for _, epoch in ipairs(old) do gone(epoch) end
local epoch = string.format('%.0f', redis.call('HINCRBY', meta, 'epochs', 1))
redis.call('HSET', live, epoch, token .. ' ' .. name)
redis.call('HSET', seqs, epoch, 0)
redis.call('SET', lease .. epoch, length, 'PX', length)
add('kind', 'joined', 'epoch', epoch, 'token', token, 'name', name, 'others', others, 'active', active)
return tonumber(epoch)
";

/// Renews the lease of a server, and declares others gone: the epoch, the length of a lease, and how
/// long a lease must have been found run out. Does nothing if the server is no longer part of the chat.
///
/// While Redis stands still, all leases run out. A server whose own lease has run out judges nobody. The
/// first write is one that needs no memory: after it, Redis lets a script write although its memory is
/// full. So a full Redis costs nobody their lease.
const RENEW: &str = "
local epoch, length, patience = unpack(ARGV)
if redis.call('HEXISTS', live, epoch) == 0 then return 0 end
if redis.call('PEXPIRE', lease .. epoch, length) == 0 then
    redis.call('SET', lease .. epoch, length, 'PX', length)
    redis.call('DEL', suspects)
    return 1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function runs(other)
    local whole = tonumber(redis.call('GET', lease .. other) or 0)
    -- A lease that has longer to run than it is long is from before the clock was set back. The value 1
    -- is of an older version.
    return whole == 1 or redis.call('PTTL', lease .. other) <= whole and whole > 0
end
for _, other in ipairs(redis.call('HKEYS', live)) do
    if runs(other) then
        redis.call('HDEL', suspects, other)
    else
        local since = redis.call('HGET', suspects, other)
        if not since or tonumber(since) > now then
            redis.call('HSET', suspects, other, string.format('%.0f', now))
        elseif now - since >= tonumber(patience) then
            gone(other)
        end
    end
end
return 1
";

/// Leaves the chat: the epoch.
const LEAVE: &str = "
if redis.call('HEXISTS', live, ARGV[1]) == 1 then gone(ARGV[1]) end
return 1
";

/// The scripts of a chat.
#[derive(Debug)]
pub(super) struct Scripts {
    keys: Keys,
    append: Script,
    join: Script,
    renew: Script,
    leave: Script,
}

impl Scripts {
    /// The scripts for these keys.
    pub(super) fn new(keys: &Keys) -> Scripts {
        let script = |text: &str| Script::new(&format!("{COMMON}{text}"));
        Scripts {
            keys: keys.clone(),
            append: script(APPEND),
            join: script(JOIN),
            renew: script(RENEW),
            leave: script(LEAVE),
        }
    }

    /// Runs a script. Returns its number.
    fn run(&self, script: &Script, args: &[String], on: &mut Connection) -> RedisResult<u64> {
        let mut call = script.prepare_invoke();
        for name in ["log", "meta", "live", "seqs", "suspects", "lease:"] {
            call.key(self.keys.key(name));
        }
        call.arg(args).invoke(on)
    }

    /// Appends drafts. Returns false if the server is no longer part of the chat.
    pub(super) fn append(
        &self,
        epoch: u64,
        drafts: &[Appended],
        on: &mut Connection,
    ) -> RedisResult<bool> {
        let mut args = vec![epoch.to_string()];
        for draft in drafts {
            let fields = draft.encode();
            args.extend([draft.sequence.to_string(), (2 * fields.len()).to_string()]);
            for (name, value) in fields {
                args.extend([name.to_owned(), value]);
            }
        }
        self.run(&self.append, &args, on).map(|done| done == 1)
    }

    /// Joins the chat. Returns the number of the server; 0 if another server has taken its name. At
    /// its first attempt, a server takes its name from another one, which has probably died.
    pub(super) fn join(
        &self,
        token: &str,
        name: &str,
        is_first: bool,
        lease: u64,
        on: &mut Connection,
    ) -> RedisResult<u64> {
        let mode = if is_first { "first" } else { "again" };
        let args = [token.to_owned(), name.to_owned(), mode.to_owned(), lease.to_string()];
        self.run(&self.join, &args, on)
    }

    /// Renews the lease of this server, and declares servers gone whose lease has run out.
    pub(super) fn renew(&self, epoch: u64, lease: u64, on: &mut Connection) -> RedisResult<()> {
        let args = [epoch, lease, lease / 4].map(|number| number.to_string());
        self.run(&self.renew, &args, on).map(drop)
    }

    /// Leaves the chat.
    pub(super) fn leave(&self, epoch: u64, on: &mut Connection) -> RedisResult<()> {
        self.run(&self.leave, &[epoch.to_string()], on).map(drop)
    }
}
