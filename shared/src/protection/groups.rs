//! Groups of samples of the type `seig` (ISO/IEC 14496-12 8.9, ISO/IEC 23001-7 clause 6): a clear beginning, or another key.

use super::Encryption;
use crate::bmff::entry::Protection;
use crate::bmff::{BmffError, BoxRef, Fields};

/// Entries of a `sgpd` that are read; a film has a few keys.
const MOST_GROUPS: u32 = 1 << 12;
/// From this number on a group is described in the fragment itself (8.9.4).
pub(super) const OWN_GROUPS: u32 = 0x1_0000;

/// Which group each sample is in.
pub(super) struct GroupReader<'p> {
    /// Samples in a row and the number of their group; 0: none.
    runs: Vec<(usize, u32)>,
    own: Vec<Encryption>,
    track: &'p [Encryption],
}

impl<'p> GroupReader<'p> {
    pub(super) fn read(traf: &BoxRef<'_>, protection: &'p Protection) -> Result<Self, BmffError> {
        let mut runs = vec![];
        for found in traf.children() {
            let found = found?;
            if found.kind == b"sbgp" && found.body.get(4..8) == Some(b"seig") {
                runs = group_runs(&found)?;
            }
        }
        Ok(Self { runs, own: groups(traf)?, track: &protection.groups })
    }

    /// What the group of a sample of the fragment says; none where it is in no group.
    pub(super) fn of_sample(&self, index: usize) -> Option<Encryption> {
        let mut end = 0usize;
        let holds = |(count, _): &&(usize, u32)| {
            end = end.saturating_add(*count);
            index < end
        };
        let (_, group) = *self.runs.iter().find(holds)?;
        let (list, number) = match group.checked_sub(OWN_GROUPS) {
            Some(number) => (&self.own[..], number),
            None => (self.track, group),
        };
        list.get((number as usize).checked_sub(1)?).copied()
    }
}

fn group_runs(sbgp: &BoxRef<'_>) -> Result<Vec<(usize, u32)>, BmffError> {
    let mut fields = sbgp.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 0 { 4 } else { 8 })?;
    let count = fields.u32()?;
    let mut runs = vec![];
    for _ in 0..count {
        let samples = fields.u32()? as usize;
        runs.push((samples, fields.u32()?));
    }
    Ok(runs)
}

/// What the first `sgpd` of the type `seig` in `parent`, a `traf` or a `stbl`, describes.
///
/// # Errors
/// When an entry is not of this form.
pub(crate) fn groups(parent: &BoxRef<'_>) -> Result<Vec<Encryption>, BmffError> {
    for found in parent.children() {
        let found = found?;
        if found.kind == b"sgpd" && found.body.get(4..8) == Some(b"seig") {
            return described(&found);
        }
    }
    Ok(vec![])
}

fn described(sgpd: &BoxRef<'_>) -> Result<Vec<Encryption>, BmffError> {
    let mut fields = sgpd.fields();
    let (version, _) = fields.full()?;
    fields.skip(4)?;
    let length = if version == 1 { fields.u32()? } else { 0 };
    if version >= 2 {
        fields.skip(4)?;
    }
    let count = fields.u32()?;
    if count > MOST_GROUPS {
        return Err(sgpd.error(format!("describes {count} groups")));
    }
    let mut entries = vec![];
    for _ in 0..count {
        let own = if version == 1 && length == 0 { fields.u32()? } else { length };
        if own == 0 {
            entries.push(Encryption::read(&mut fields)?);
        } else {
            let mut entry = Fields::new(sgpd.kind, sgpd.offset, fields.bytes(own as usize)?);
            entries.push(Encryption::read(&mut entry)?);
        }
    }
    Ok(entries)
}
