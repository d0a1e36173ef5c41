//! What is done about failures, in figures: one policy, whose constants stand here and nowhere else. Each says what it
//! trades; the rules that use them are in `network` (silence, pauses, exclusions) and in `loading` (rungs, segments,
//! tracks).

use shared::units::ByteSize;
use std::ops::Range;
use std::time::Duration;

// Pauses between attempts at the same thing.

/// The first pause; every further one is twice as long.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// No pause is longer than this.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// With a viewer in front of a picture that stands, or soon will, pauses are no longer than this.
pub(super) const LONGEST_WHEN_DRY: Duration = Duration::from_secs(1);
/// Nor shorter than this, when what is tried again must fail before the buffer is dry.
pub(super) const SOONEST_AGAIN: Duration = Duration::from_millis(250);
/// A pause takes at most this part of the buffer.
pub(super) const BUFFER_PART: u32 = 3;
/// A server's Retry-After is respected up to this, and up to this part of the buffer: no wish is worth a stall.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(15);
/// See [`LONGEST_RETRY_AFTER`].
pub(super) const WISH_PART: u32 = 4;

// Attempts before something else is tried.

/// Attempts at one resource when the server answers with an error or breaks off, before another rung is tried.
pub(super) const ATTEMPTS_A_RUNG: u32 = 2;
/// Rounds through all rungs for a segment that servers say they do not have, while the viewer does not notice.
pub(super) const ROUNDS: u32 = 7;
/// The same while the viewer waits anyway.
pub(super) const ROUNDS_WHILE_WAITING: u32 = 4;
/// The same when the viewer is about to notice: with less than [`SHORT`] ahead.
pub(super) const ROUNDS_WHEN_SHORT: u32 = 2;
/// See [`ROUNDS_WHEN_SHORT`].
pub(super) const SHORT: Duration = Duration::from_millis(500);
/// Attempts at a file that the last rung left cannot do without.
pub(super) const LAST_ATTEMPTS: u32 = 4;
/// Attempts at a manifest that a server does not have, or only half of: it may be about to be published.
pub(super) const MANIFEST_ATTEMPTS: u32 = 3;
/// FailureStreak with the manifest that is waited out. A restart of the server fits in; who waits for a first picture wants
/// an answer sooner than who watches.
pub(super) const START_PATIENCE: Duration = Duration::from_secs(6);
/// Before the first picture so much time is looked at: nothing in it ends the session, too little twice as well. Somebody
/// sits in front of a black picture and wants to know within a quarter of a minute.
pub(super) const START_WINDOW: Duration = Duration::from_secs(14);
/// Less than this in such a window is a drip, 8 kbit/s: no film begins with it.
pub(super) const START_DRIP: ByteSize = ByteSize::from_bytes(14_000);

// Silence of a request under way.

/// Less than this is silence: a server that lets a byte drip now and then is of no more use than a silent one.
pub(super) const NOTICEABLE: ByteSize = ByteSize::from_bytes(1024);
/// With another location to ask, silence is not borne for longer (or a quarter of the buffer, if that is less).
pub(super) const IMPATIENCE: Duration = Duration::from_secs(2);
/// But for at least this long.
pub(super) const LEAST_PATIENCE: Duration = Duration::from_millis(500);
/// With a short buffer and nobody else to ask, the first attempt may be silent for this long,
pub(super) const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// or for so many times of what the server's answers take to begin,
pub(super) const USUAL_TIMES: u32 = 10;
/// but no less than this.
pub(super) const LEAST_FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// A request may be silent for this long once part of its body has come: that part is lost with it, and a link that is
/// down for a while is the likelier cause.
pub(super) const BODY_PATIENCE: Duration = Duration::from_secs(6);
/// And for this long when the server answers other requests meanwhile: it is neither the server nor the link.
pub(super) const PATIENCE_WITH_ONE: Duration = Duration::from_millis(1500);
/// A link that has brought something so recently is busy.
pub(super) const BUSY: Duration = Duration::from_secs(1);
/// Segments whose waiting times say what is usual,
pub(super) const WAITS: usize = 8;
/// and how many of them it takes.
pub(super) const LEAST_WAITS: usize = 3;
/// A file needed for the start that has not begun to arrive by then is asked for at another location as well; whoever
/// delivers first is kept. The least that RFC 8305 section 8 recommends between attempts: such files are small, and the
/// first segments then come from the location that is near.
pub(super) const HEDGE: Duration = Duration::from_millis(100);

// Rungs, segments and tracks that fail.

/// How long a rung is left alone after it failed; twice as long each further time.
pub(super) const RUNG_EXCLUSION: Duration = Duration::from_secs(15);
/// A rung that failed so often without a success in between will not come back.
pub(super) const HOPELESS_STRIKES: u32 = 3;
/// A track of which so many segments in a row cannot be had is given up.
pub(super) const MOST_SKIPS: u32 = 8;
/// FailureStreak of several tracks that lasts longer is an outage: it is neither's own.
pub(super) const OUTAGE: Duration = Duration::from_secs(3);
/// With less than this to play, what failed often enough, and alone, is given up.
pub(super) const LAST_CHANCE: Duration = Duration::from_secs(2);
/// So often is often enough,
pub(super) const LEAST_ATTEMPTS: u32 = 3;
/// and so long is long enough.
pub(super) const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// After something that had failed came so lately, the server is one that stumbles:
pub(super) const LATELY: Duration = Duration::from_secs(30);
/// a picture that may still come is worth more attempts then,
pub(super) const LEAST_ATTEMPTS_AT_A_PICTURE: u32 = 5;
/// and one more to a viewer who waits already.
pub(super) const LEAST_ATTEMPTS_WHILE_WAITING: u32 = 6;
/// After so many attempts at a segment while nothing comes, what follows it is asked for: if that comes, it is the segment.
pub(super) const BEYOND_EVERY: u32 = 3;
/// What was given up is tried again so far ahead of the playhead, twice as far each further time,
pub(super) const FIRST_LEAP: Duration = Duration::from_secs(2);
/// but no further than this: so much is missing when it comes back.
pub(super) const LONGEST_LEAP: Duration = Duration::from_secs(8);
/// Attempts at a segment, after the first, during which tracks that are ahead wait: a server that is busy with one
/// answers the next.
pub(super) const UNDISTURBED: Range<u32> = 1..3;

// A machine that is too slow.

/// The picture may be late for this long
pub(super) const LATE_ENOUGH: Duration = Duration::from_secs(2);
/// within so much time (dash.js: 15 of 100 pictures dropped) before smaller pictures are taken:
pub(super) const LATE_WITHIN: Duration = Duration::from_secs(10);
/// for so long, and twice as long each further time,
pub(super) const LATE_EXCLUSION: Duration = Duration::from_secs(60);
/// but no longer than this: the machine may have been busy with something else.
pub(super) const LONGEST_LATE_EXCLUSION: Duration = Duration::from_secs(960);

// Locations.

/// How long a location is left alone after its first failure; every further one doubles it.
pub(super) const FIRST_EXCLUSION: Duration = Duration::from_secs(15);
/// But never longer than this: one that is back is used again about a minute later.
pub(super) const LONGEST_EXCLUSION: Duration = Duration::from_secs(60);
/// Another location must be this much better to move there,
pub(super) const BETTER: f64 = 0.7;
/// its first byte sooner by this, where the delay decides,
pub(super) const SOONER: Duration = Duration::from_millis(20);
/// so often in a row,
pub(super) const IN_A_ROW: u32 = 3;
/// and with so much in the buffer.
pub(super) const SAFE_BUFFER: Duration = Duration::from_secs(10);
/// After a move nothing is moved for so long.
pub(super) const SETTLED: Duration = Duration::from_secs(30);
/// So much better that a short buffer is a reason for the move, not against it.
pub(super) const FAR_BETTER: f64 = 0.4;
/// Of a location that has brought no more than so many segments nobody knows how far away it is.
pub(super) const LEARNT: u32 = 1;
/// With so much in the buffer an unknown location is tried,
pub(super) const TRIAL_BUFFER: Duration = Duration::from_secs(8);
/// or after so many segments that did not fill it.
pub(super) const TRIAL_AFTER: u32 = 3;
/// Every so many segments a known one is tried again,
pub(super) const TRIAL_EVERY: u32 = 20;
/// while the buffer is full to this part.
pub(super) const NEARLY_FULL: f64 = 0.8;
/// Smaller bodies say nothing about throughput (Shaka Player leaves them out, too).
pub(super) const MEASURABLE: ByteSize = ByteSize::from_bytes(16_000);
