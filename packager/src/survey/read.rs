//! The pass over the packets.

use super::{PacketFacts, Survey};
use crate::decode::TimestampRepair;
use crate::error::PackagerError;
use shared_av::{MediaSource, Packet};

/// Reads all packets of `streams`; the others are skipped. The times of a clock that jumps are mended as
/// [`crate::decode`] does it.
///
/// # Errors
/// When reading fails.
pub fn read(source: MediaSource, streams: &[usize]) -> Result<Survey, PackagerError> {
    read_with(source, streams, |_| ())
}

/// The same; `each` sees every packet with its mended times.
pub(super) fn read_with(
    mut source: MediaSource,
    streams: &[usize],
    mut each: impl FnMut(&Packet),
) -> Result<Survey, PackagerError> {
    let mut repair = TimestampRepair::new(&source.info().container);
    let mut survey = Survey::default();
    source.keep_only(streams);
    while let Some(mut packet) = source.read()? {
        // Packets that were read while the file was opened come all the same.
        if !streams.contains(&packet.stream()) {
            continue;
        }
        repair.mend(&mut packet);
        survey.damaged += u64::from(packet.is_corrupt());
        let facts = PacketFacts {
            pts: packet.pts,
            lasts: packet.duration,
            is_key: packet.is_key(),
            is_discarded: packet.is_discarded(),
        };
        survey.packet(packet.stream(), facts);
        each(&packet);
    }
    survey.jumps = repair.jumps();
    survey.damaged += source.damaged();
    Ok(survey)
}
