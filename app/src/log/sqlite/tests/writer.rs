//! Tests of the `data` thread. Its queue is filled before it starts, so that its batches are known.

use std::sync::mpsc::{channel, sync_channel};

use parse::Peer;

use super::*;
use crate::log::Origin;
use crate::log::sqlite::writer::{BATCH, TOGETHER};

/// A data file, and a connection that reads it like the chat's.
struct Data {
    folder: Folder,
    place: Place,
    reader: Connection,
}

/// The batches that a writer handed back.
type Batches = Vec<Vec<Entry>>;

impl Data {
    fn new() -> Data {
        let folder = Folder::new();
        let place = Place::find_or_make(&folder.file()).unwrap();
        drop(file::open(&place).unwrap());
        let reader = file::connect_to_read(&place).unwrap();
        let data = Data { folder, place, reader };
        // The write-ahead log stays as long as a connection has read it.
        assert_eq!(count(&data.reader), 0);
        data
    }

    fn writer(&self, wake: impl Fn() + Send + 'static) -> Writer {
        let connection = file::open(&self.place).unwrap();
        let last = schema::last_id(&connection).unwrap();
        let watch = Watch::start(&connection).unwrap();
        Writer::new(connection, last, 0, watch, wake, Files::of(&self.place), Arc::default())
    }

    /// A writer on a disk with room for this number of new pages. SQLite says "full" exactly as it does
    /// for a full disk.
    fn writer_with_room(&self, pages: i64) -> Writer {
        let connection = file::open(&self.place).unwrap();
        let used: i64 =
            connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.pragma_update(None, "max_page_count", used + pages).unwrap();
        let watch = Watch::start(&connection).unwrap();
        Writer::new(connection, 0, 0, watch, || {}, Files::of(&self.place), Arc::default())
    }

    /// Runs a writer on these drafts to its end. Returns the batches that it hands back.
    fn run(&self, drafts: impl IntoIterator<Item = Draft>) -> Batches {
        let (batches, handed_back) = sync_channel(100);
        self.writer(|| {}).run(&queue(drafts), &batches);
        drop(batches);
        handed_back.iter().collect()
    }

    /// The number of bytes in the write-ahead log.
    fn log_size(&self) -> u64 {
        fs::metadata(self.place.beside("-wal")).map_or(0, |log| log.len())
    }
}

/// The number of messages in the file.
fn count(connection: &Connection) -> usize {
    connection.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap()
}

/// A closed queue with an order for each draft.
fn queue(drafts: impl IntoIterator<Item = Draft>) -> Receiver<Order> {
    let (orders, queue) = channel();
    drafts.into_iter().for_each(|draft| orders.send(Order::Write(draft)).unwrap());
    queue
}

/// A draft of the peer with this number.
fn draft(number: u64, change: Change) -> Draft {
    let peer = Peer::new(number);
    let origin = Origin { peer, to: None, request: "message".into(), tag: None };
    Draft { change, timestamp: Timestamp::UNIX_EPOCH, origin: Some(origin) }
}

fn say(number: u64, text: &str) -> Draft {
    draft(number, crate::log::contract::say("lobby", None, text))
}

/// Messages of the peers 1, 2, 3 and so on.
fn messages(count: usize) -> impl Iterator<Item = Draft> {
    (1..).take(count).map(|number| say(number, "hello"))
}

/// The numbers of the peers that entries answer.
fn peers(entries: &[Entry]) -> Vec<Peer> {
    entries.iter().map(|entry| entry.origin.as_ref().expect("an origin").peer).collect()
}

/// The id of each message, or the refusal.
fn ids(entries: &[Entry]) -> Vec<Result<u64, Refusal>> {
    let id = |entry: &Entry| match &entry.outcome {
        Ok(Effect::Said(message)) => Ok(message.id),
        Ok(other) => panic!("no message: {other:?}"),
        Err(refusal) => Err(refusal.clone()),
    };
    entries.iter().map(id).collect()
}

#[test]
fn drafts_that_wait_share_one_commit() {
    let data = Data::new();
    let handed_back = data.run(messages(500));
    assert_eq!(handed_back.iter().map(Vec::len).collect::<Vec<_>>(), [500]);
    assert_eq!(count(&data.reader), 500);
    // A commit adds each page that it changed to the write-ahead log, at least one.
    let log = data.log_size();
    assert!(log > 0 && log < 500 * 4096, "the write-ahead log has {log} bytes");
}

#[test]
fn batches_that_are_ready_are_handed_back_together() {
    let data = Data::new();
    let handed_back = data.run(messages(BATCH * (TOGETHER + 1) + 1));
    let sizes: Vec<usize> = handed_back.iter().map(Vec::len).collect();
    assert_eq!(sizes, [BATCH * (TOGETHER + 1), 1]);
}

#[test]
fn entries_have_the_order_of_the_queue_and_the_origins_of_their_drafts() {
    let data = Data::new();
    let entries = data.run(messages(BATCH + 10)).concat();
    let want: Vec<u64> = (1..).take(BATCH + 10).collect();
    assert_eq!(ids(&entries), want.iter().copied().map(Ok).collect::<Vec<_>>());
    assert_eq!(peers(&entries), want.into_iter().map(Peer::new).collect::<Vec<_>>());
}

#[test]
fn the_chat_is_woken_when_entries_are_handed_back_and_on_the_disk() {
    let data = Data::new();
    let reader = file::connect_to_read(&data.place).unwrap();
    let (batches, handed_back) = sync_channel(100);
    let (found, finds) = channel();
    let writer = data.writer(move || {
        let entries = handed_back.try_recv().map_or(0, |entries: Vec<Entry>| entries.len());
        found.send((entries, count(&reader))).unwrap();
    });
    writer.run(&queue(messages(3)), &batches);
    assert_eq!(finds.iter().collect::<Vec<_>>(), [(3, 3)], "one wake for one batch");
}

#[test]
fn a_refused_draft_does_not_keep_others_from_the_disk() {
    let data = Data::new();
    let register = |number, name| draft(number, register(name));
    let drafts = [register(1, "Alice"), say(2, "a"), register(3, "aLICE"), say(4, "b")];
    let entries = data.run(drafts).concat();
    assert_eq!(peers(&entries), [1, 2, 3, 4].map(Peer::new));
    assert!(matches!(entries[0].outcome, Ok(Effect::Registered(_))), "{:?}", entries[0]);
    assert_eq!(entries[2].outcome, Err(Refusal::NameTaken));
    assert_eq!(ids(&[entries[1].clone(), entries[3].clone()]), [Ok(1), Ok(2)]);
    assert_eq!(count(&data.reader), 2);
}

#[test]
fn a_batch_is_on_the_disk_as_a_whole_or_not_at_all() {
    let data = Data::new();
    let mut writer = data.writer_with_room(2);
    let large = "x".repeat(20_000);
    let entries = writer.write(vec![say(1, "small"), say(2, &large), say(3, "small")]);
    assert_eq!(ids(&entries), vec![Err(Refusal::NotKept); 3]);
    assert_eq!(peers(&entries), [1, 2, 3].map(Peer::new), "each sender gets the error");
    assert_eq!(count(&data.reader), 0);
}

#[test]
fn drafts_are_written_although_the_chat_is_gone() {
    let data = Data::new();
    let (batches, handed_back) = sync_channel(100);
    drop(handed_back);
    data.writer(|| {}).run(&queue(messages(BATCH + 1)), &batches);
    assert_eq!(count(&data.reader), BATCH + 1);
}

#[test]
fn a_full_disk_refuses_messages_and_loses_none() {
    let data = Data::new();
    let mut writer = data.writer_with_room(2);
    let mut write = |text: &str| ids(&writer.write(vec![say(1, text)]));
    assert_eq!(write("small"), [Ok(1)]);
    assert_eq!(write(&"x".repeat(20_000)), [Err(Refusal::NotKept)]);
    assert_eq!(write("small again"), [Ok(3)], "an id that may be on the disk is not used again");
    drop(writer);
    let mut log = data.folder.open();
    assert_eq!(log.texts("lobby", None, 10), ["small", "small again"]);
    assert_eq!(log.say("after that"), 4);
}
