//! Movie fragments (ISO/IEC 14496-12 8.8) of a file, as entries of a sample table. The media are not read, so nothing is
//! known here of whether they are there.

use super::table::SampleTable;
use shared::bmff::init::SampleDefaults;
use shared::bmff::{BmffError, BoxRef, Fields, walk};

/// `sample_is_non_sync_sample`.
const NON_SYNC: u32 = 0x0001_0000;
/// `default-base-is-moof`.
const FROM_MOOF: u32 = 0x0002_0000;

/// What samples of a track have unless its fragments say otherwise (`trex` in `mvex`).
///
/// # Errors
/// When it is cut off.
pub(super) fn defaults(mvex: &[u8], track: u32) -> Result<SampleDefaults, BmffError> {
    let Some(mvex) = walk::boxes(mvex).next().transpose()? else { return Ok(SampleDefaults::default()) };
    for found in mvex.children() {
        let found = found?;
        if found.kind != b"trex" {
            continue;
        }
        let mut fields = found.fields();
        fields.full()?;
        if fields.u32()? == track {
            let entry = fields.u32()?;
            let duration = fields.u32()?;
            let size = fields.u32()?;
            return Ok(SampleDefaults { duration, size, flags: fields.u32()?, entry });
        }
    }
    Ok(SampleDefaults::default())
}

/// Appends the samples of a track in a `moof` that begins at `at` of the file.
///
/// # Errors
/// When its boxes contradict themselves.
pub(super) fn append(
    moof: &[u8],
    at: u64,
    (track, defaults): (u32, SampleDefaults),
    table: &mut SampleTable,
) -> Result<(), BmffError> {
    let Some(moof) = walk::boxes(moof).next().transpose()? else { return Ok(()) };
    table.begin_fragments();
    // Data of the first track begin with the fragment, those of the others behind the data before.
    let mut implied = at;
    for traf in moof.children() {
        let traf = traf?;
        if traf.kind == b"traf" {
            implied = track_fragment(&traf, (at, implied), (track, defaults), table)?;
        }
    }
    Ok(())
}

/// Tells where its data end.
fn track_fragment(
    traf: &BoxRef<'_>,
    (moof, implied): (u64, u64),
    (track, defaults): (u32, SampleDefaults),
    table: &mut SampleTable,
) -> Result<u64, BmffError> {
    let mut fields = traf.require(&[b"tfhd"])?.fields();
    let (_, flags) = fields.full()?;
    let is_ours = fields.u32()? == track;
    let stated = if flags & 1 != 0 { Some(fields.u64()?) } else { None };
    let mut optional = |bit: u32| if flags & bit != 0 { fields.u32().map(Some) } else { Ok(None) };
    let entry = optional(2)?.unwrap_or(defaults.entry);
    let duration = optional(8)?.unwrap_or(defaults.duration);
    let size = optional(0x10)?.unwrap_or(defaults.size);
    let defaults = SampleDefaults { entry, duration, size, flags: optional(0x20)?.unwrap_or(defaults.flags) };
    let base = stated.unwrap_or(if flags & FROM_MOOF != 0 { moof } else { implied });
    if is_ours {
        decode_time(traf, table)?;
    }
    let mut position = base;
    for trun in traf.children() {
        let trun = trun?;
        if trun.kind == b"trun" {
            position = run(&trun, (base, position), &defaults, is_ours.then_some(&mut *table))?;
        }
    }
    Ok(position)
}

/// The table goes on at the time that the fragment says: the sample before lasts until then.
fn decode_time(traf: &BoxRef<'_>, table: &mut SampleTable) -> Result<(), BmffError> {
    let Some(tfdt) = traf.child(b"tfdt")? else { return Ok(()) };
    let mut fields = tfdt.fields();
    let (version, _) = fields.full()?;
    let time = i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX);
    table.go_on_at(time).ok_or_else(|| tfdt.error("begins before the fragment before it ends"))
}

/// Appends its samples where there is a table for them, and tells where their data end.
fn run(
    trun: &BoxRef<'_>,
    (base, position): (u64, u64),
    defaults: &SampleDefaults,
    mut table: Option<&mut SampleTable>,
) -> Result<u64, BmffError> {
    let mut fields = trun.fields();
    let (_, flags) = fields.full()?;
    let count = fields.u32()?;
    let mut at = position;
    if flags & 1 != 0 {
        at = base.saturating_add_signed(fields.i32()?.into());
    }
    let mut first_flags = optional(&mut fields, flags & 4 != 0)?;
    let least = [0x100, 0x200, 0x400, 0x800].iter().filter(|bit| flags & **bit != 0).count() * 4;
    if least * count as usize > fields.rest().len() || least == 0 && count > 1 << 20 {
        return Err(trun.error("counts more samples than it has"));
    }
    for _ in 0..count {
        let duration = optional(&mut fields, flags & 0x100 != 0)?.unwrap_or(defaults.duration);
        let size = optional(&mut fields, flags & 0x200 != 0)?.unwrap_or(defaults.size);
        let own = optional(&mut fields, flags & 0x400 != 0)?;
        let offset = optional(&mut fields, flags & 0x800 != 0)?.unwrap_or(0).cast_signed();
        let sample_flags = first_flags.take().or(own).unwrap_or(defaults.flags);
        if let Some(table) = table.as_deref_mut() {
            table.push_fragment_sample(duration, offset, (size, at), sample_flags & NON_SYNC == 0);
        }
        at = at.saturating_add(size.into());
    }
    Ok(at)
}

fn optional(fields: &mut Fields<'_>, is_there: bool) -> Result<Option<u32>, BmffError> {
    if is_there { fields.u32().map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mux::{Bitstream, FragmentWriter, Packet, Timing, Wrapping};
    use shared::time::Timescale;

    fn packet(n: i64) -> Packet {
        Packet { data: vec![0; 10 + n as usize].into(), pts: n * 5, dts: n * 5, duration: 5, key: n % 4 == 0 }
    }

    #[test]
    fn fragments_of_our_own_writer_become_a_table() {
        let timing = Timing { timescale: Timescale::new(100).unwrap(), reorder: 0, priming: 0 };
        let writer = FragmentWriter::new("v", timing, Bitstream::Plain, Wrapping::Bare);
        let (first, _) = writer.segment(1, &(0..4).map(packet).collect::<Vec<_>>()).unwrap();
        let (second, _) = writer.segment(2, &(4..8).map(packet).collect::<Vec<_>>()).unwrap();
        let mut table = SampleTable::default();
        let base = 1000;
        append(&first, base, (1, SampleDefaults::default()), &mut table).unwrap();
        append(&second, base + first.len() as u64, (1, SampleDefaults::default()), &mut table).unwrap();
        let seen: Vec<_> = table.iter().map(|s| (s.dts, s.size, s.is_key)).collect();
        let expected: Vec<_> = (0..8).map(|n| (n * 5, 10 + n as u32, n % 4 == 0)).collect();
        assert_eq!(seen, expected);
        let last = table.iter().last().unwrap();
        assert_eq!(last.at + u64::from(last.size), base + (first.len() + second.len()) as u64);
        assert!(append(&first, 0, (1, SampleDefaults::default()), &mut table).is_err(), "it goes back in time");
        let mut other = SampleTable::default();
        append(&first, 0, (2, SampleDefaults::default()), &mut other).unwrap();
        assert!(other.is_empty());
    }
}
