//! The pass over the packets.

use super::Survey;
use crate::decode::TimestampRepair;
use crate::error::PackagerError;
use shared_av::{MediaSource, Packet};
use std::ops::ControlFlow;

/// Reads all packets of `streams`; the others are skipped. The times of a clock that jumps are mended as
/// [`crate::decode`] does it.
///
/// # Errors
/// When reading fails.
pub fn read(mut source: MediaSource, streams: &[usize]) -> Result<Survey, PackagerError> {
    let mut repair = TimestampRepair::new(&source.info().container);
    let mut survey = Survey::default();
    packets(&mut source, streams, |mut packet| {
        repair.mend(&mut packet);
        survey.packet(packet.stream(), packet.pts, packet.duration, packet.is_key());
        ControlFlow::Continue(())
    })?;
    survey.jumps = repair.jumps();
    survey.damaged = source.damaged();
    Ok(survey)
}

/// Gives the packets of `streams` in the order of the file, until `each` breaks.
pub(super) fn packets(
    source: &mut MediaSource,
    streams: &[usize],
    mut each: impl FnMut(Packet) -> ControlFlow<()>,
) -> Result<(), shared_av::AvError> {
    source.keep_only(streams);
    while let Some(packet) = source.read()? {
        // Packets that were read while the file was opened come all the same.
        if streams.contains(&packet.stream()) && each(packet).is_break() {
            break;
        }
    }
    Ok(())
}
