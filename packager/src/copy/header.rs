//! The description of a copied track, a `moov` without samples: its own boxes as they stand in the file. Sound of QuickTime
//! has fields of its own before its boxes and is described anew.

use super::track::Description;
use shared::bmff::entry::{self, SampleEntry};
use shared::bmff::write::{boxed, full, put_u16, put_u32};
use shared::bmff::{BoxRef, FourCc, walk};
use shared::time::Timescale;

/// Of a sample entry of sound in QuickTime: where its version stands behind the header of the box.
const SOUND_VERSION: usize = 8;

/// `moov` of a track.
pub(super) fn movie_box(timescale: Timescale, description: &Description) -> Vec<u8> {
    let mut out = vec![];
    let Description { track_header, handler, media_header, entries } = description;
    let iso = iso_sound(entries);
    let entries = iso.as_ref().map_or(entries, |(entries, _)| entries);
    boxed(&mut out, b"moov", |out| {
        movie_header(out);
        boxed(out, b"trak", |out| {
            out.extend(numbered(track_header.clone()));
            boxed(out, b"mdia", |out| {
                full(out, b"mdhd", 0, 0, |out| {
                    for word in [0, 0, timescale.get(), 0, 0x55c4_0000] {
                        put_u32(out, word);
                    }
                });
                out.extend_from_slice(handler);
                boxed(out, b"minf", |out| {
                    out.extend_from_slice(media_header);
                    data_information(out);
                    sample_tables(out, entries);
                });
            });
        });
        boxed(out, b"mvex", |out| {
            full(out, b"trex", 0, 0, |out| {
                for word in [1, 1, 0, 0, 0] {
                    put_u32(out, word);
                }
            });
        });
    });
    out
}

fn movie_header(out: &mut Vec<u8>) {
    full(out, b"mvhd", 0, 0, |out| {
        for word in [0, 0, 1000, 0, 0x0001_0000, 0x0100_0000, 0, 0] {
            put_u32(out, word);
        }
        for cell in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
            put_u32(out, cell);
        }
        out.extend_from_slice(&[0; 24]);
        put_u32(out, 2);
    });
}

/// `tkhd` of the first track, enabled, of a length that is not said.
fn numbered(mut tkhd: Vec<u8>) -> Vec<u8> {
    let is_long = tkhd.get(8).is_some_and(|version| *version == 1);
    let (number, duration) = if is_long { (28, 36..44) } else { (20, 28..32) };
    if let Some(flags) = tkhd.get_mut(11) {
        *flags = 7;
    }
    if let Some(id) = tkhd.get_mut(number..number + 4) {
        id.copy_from_slice(&1u32.to_be_bytes());
    }
    if let Some(duration) = tkhd.get_mut(duration) {
        duration.fill(0);
    }
    tkhd
}

/// The media are in the same file.
fn data_information(out: &mut Vec<u8>) {
    boxed(out, b"dinf", |out| {
        full(out, b"dref", 0, 0, |out| {
            put_u32(out, 1);
            full(out, b"url ", 0, 1, |_| {});
        });
    });
}

fn sample_tables(out: &mut Vec<u8>, entries: &[u8]) {
    boxed(out, b"stbl", |out| {
        out.extend_from_slice(entries);
        for kind in [b"stts", b"stsc"] {
            full(out, kind, 0, 0, |out| put_u32(out, 0));
        }
        full(out, b"stsz", 0, 0, |out| out.extend_from_slice(&[0; 8]));
        full(out, b"stco", 0, 0, |out| put_u32(out, 0));
    });
}

/// An `stsd` of ISO for one of QuickTime's sound, with what it says; `None` where it is one of ISO already, or has nothing that
/// tells a decoder how to begin.
pub(super) fn iso_sound(stsd: &[u8]) -> Option<(Vec<u8>, SampleEntry)> {
    let found = walk::boxes(stsd).next()?.ok()?;
    let entry = walk::boxes(found.body.get(8..)?).next()?.ok()?;
    let version = u16::from_be_bytes(entry.body.get(SOUND_VERSION..SOUND_VERSION + 2)?.try_into().ok()?);
    if version == 0 || entry.kind != b"mp4a" {
        return None;
    }
    let esds = inside(&entry, b"esds")?;
    let channels = entry.body.get(16..18)?;
    let rate = entry.body.get(24..28)?;
    let mut out = vec![];
    full(&mut out, b"stsd", 0, 0, |out| {
        put_u32(out, 1);
        boxed(out, b"mp4a", |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
            out.extend_from_slice(&[0; 8]);
            out.extend_from_slice(channels);
            put_u16(out, 16);
            put_u32(out, 0);
            out.extend_from_slice(rate);
            out.extend_from_slice(esds);
        });
    });
    let read = entry::all(&walk::boxes(&out).next()?.ok()?, FourCc(*b"soun")).ok()?.0;
    Some((out, read))
}

/// A box somewhere in an entry, which in QuickTime stands within a `wave`.
fn inside<'a>(entry: &BoxRef<'a>, kind: &[u8; 4]) -> Option<&'a [u8]> {
    let at = entry.body.windows(4).position(|window| window == kind)?.checked_sub(4)?;
    let size = u32::from_be_bytes(entry.body.get(at..at + 4)?.try_into().ok()?);
    entry.body.get(at..at.checked_add(usize::try_from(size).ok()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_of_quicktime_is_described_as_iso_has_it() {
        let config = [0x11, 0x90];
        let decoder = [&[0x05, 2][..], &config].concat();
        let stream = [&[0x04, 13 + 4, 0x40, 0x15][..], &[0; 11], &decoder].concat();
        let descriptor = [&[0x03, (3 + stream.len()) as u8, 0, 0, 0][..], &stream].concat();
        let mut stsd = vec![];
        full(&mut stsd, b"stsd", 0, 0, |out| {
            put_u32(out, 1);
            boxed(out, b"mp4a", |out| {
                out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 16, 0, 0, 0, 0]);
                put_u32(out, 48_000 << 16);
                out.extend_from_slice(&[0; 16]);
                boxed(out, b"wave", |out| full(out, b"esds", 0, 0, |out| out.extend_from_slice(&descriptor)));
            });
        });
        let (iso, entry) = iso_sound(&stsd).unwrap();
        assert_eq!((entry.codec.to_string().as_str(), entry.config.as_slice()), ("mp4a.40.2", &config[..]));
        assert_eq!(iso_sound(&iso), None, "nothing is left to do");
    }
}
