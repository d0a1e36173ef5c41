//! Sheets of small pictures (DASH-IF Interoperability Points 6.2.6): JPEG files of the size that is said, over the whole
//! Period.

use super::{Check, Finding, PackageFiles, Report};
use shared::mpd::model::Descriptor;
use shared::mpd::{AdaptationSet, Period, Representation};

/// The scheme of the grid.
const TILES: &str = "http://dashif.org/guidelines/thumbnail_tile";
/// Seconds for which a small picture may stand.
const SHORTEST: f64 = 0.99;
const LONGEST: f64 = 10.01;
/// Sheets that are read at most.
const MOST: usize = 20_000;

/// Reads and checks all sheets of a Representation.
pub(super) fn check(
    period: &Period,
    (set, one): (&AdaptationSet, &Representation),
    files: &dyn PackageFiles,
    report: &mut Report,
) {
    if &*one.mime != "image/jpeg" {
        report.not_read += 1;
        return;
    }
    let Some((columns, rows)) = one.essential.iter().find_map(grid) else {
        let where_else =
            if set.essential.iter().any(|one| grid(one).is_some()) { ", which not all players see" } else { "" };
        found(report, one, "the manifest", "", format!("has no property {TILES} of its own{where_else}"));
        return;
    };
    let count = columns * rows;
    let (mut read, mut bytes, mut covered) = (0, 0, period.start);
    for number in one.index.numbers().take(MOST) {
        let (Some(time), Some(resource)) = (one.index.time(number), one.index.resource(number)) else { break };
        covered = time.end;
        let place = format!("sheet {number}");
        let Some(Ok(url)) = one.locations.first().map(|location| resource.url(&location.base)) else { continue };
        match files.read(&url, resource.range) {
            Err(error) => report.findings.push(Finding::new(
                Check::Missing,
                url.as_str(),
                format!("{} {place}", one.id),
                error.to_string(),
            )),
            Ok(sheet) => {
                read += 1;
                bytes += sheet.len() as u64;
                for problem in problems(&sheet, one, (columns, rows)) {
                    found(report, one, url.as_str(), &place, problem);
                }
            }
        }
    }
    lasts(period, one, count, report);
    if period.end().is_some_and(|end| covered < end) {
        found(report, one, "the manifest", "", format!("the sheets end at {covered}, before the Period"));
    }
    report.add_read(&one.id, read, bytes);
}

fn found(report: &mut Report, one: &Representation, file: &str, place: &str, problem: String) {
    let place = format!("{} {place}", one.id);
    report.findings.push(Finding::new(Check::Image, file, place.trim_end(), problem));
}

fn grid(property: &Descriptor) -> Option<(u32, u32)> {
    let value = property.value.as_deref().filter(|_| property.scheme_id_uri.as_deref() == Some(TILES))?;
    let (columns, rows) = value.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| (1..=100).contains(side));
    Some((side(columns)?, side(rows)?))
}

/// What is wrong with a sheet, in words.
fn problems(sheet: &[u8], one: &Representation, (columns, rows): (u32, u32)) -> Vec<String> {
    let Some(size) = jpeg_size(sheet) else { return vec!["is no whole JPEG file".to_owned()] };
    let mut problems = vec![];
    if (one.width, one.height) != (Some(size.0), Some(size.1)) {
        let said = |side: Option<u32>| side.map_or("?".to_owned(), |side| side.to_string());
        problems.push(format!("has {}x{}, the manifest says {}x{}", size.0, size.1, said(one.width), said(one.height)));
    }
    if !size.0.is_multiple_of(columns) || !size.1.is_multiple_of(rows) {
        problems.push(format!("{}x{} are no {columns}x{rows} pictures of one size", size.0, size.1));
    }
    problems
}

/// Each picture stands for the same time.
fn lasts(period: &Period, one: &Representation, count: u32, report: &mut Report) {
    let Some(first) = one.index.first().and_then(|first| one.index.time(first)) else { return };
    // The last sheet ends with the Period: when it is the only one, its length is not known.
    if one.index.len() < 2 || period.duration.is_none() {
        return;
    }
    let seconds = first.end.offset_secs(first.start) / f64::from(count);
    if !(SHORTEST..=LONGEST).contains(&seconds) {
        found(report, one, "the manifest", "", format!("a small picture stands for {seconds:.3} s, not for 1 to 10 s"));
    }
}

/// Width and height of a JPEG file that has its end (ITU-T T.81 B.2.2); `None` for what is none.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    if !bytes.ends_with(&[0xff, 0xd9]) {
        return None;
    }
    loop {
        let (marker, behind) = rest.split_at_checked(4)?;
        let length = usize::from(u16::from_be_bytes([marker[2], marker[3]]));
        if marker[0] != 0xff || length < 2 {
            return None;
        }
        let is_frame = matches!(marker[1], 0xc0..=0xcf) && !matches!(marker[1], 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let side = |at: usize| Some(u32::from(u16::from_be_bytes(behind.get(at..at + 2)?.try_into().ok()?)));
            return Some((side(3)?, side(1)?));
        }
        rest = behind.get(length - 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder};

    #[test]
    fn the_size_of_a_picture_is_in_its_file() {
        let mut bytes = vec![];
        Encoder::new(&mut bytes, 50).encode(&[0; 30 * 20 * 3], 30, 20, ColorType::Rgb).unwrap();
        assert_eq!(jpeg_size(&bytes), Some((30, 20)));
        assert_eq!(jpeg_size(&bytes[..bytes.len() - 1]), None, "cut off");
        assert_eq!(
            [jpeg_size(b""), jpeg_size(b"\xff\xd8\xff\xd9"), jpeg_size(b"\xff\xd8\xff\xe0\0\0\xff\xd9")],
            [None; 3]
        );
    }

    #[test]
    fn a_grid_is_two_numbers() {
        let of = |value: &str| grid(&Descriptor::new(TILES, value));
        assert_eq!([of("5x3"), of("0x3"), of("5"), of("1000x1")], [Some((5, 3)), None, None, None]);
        assert_eq!(grid(&Descriptor::new("other", "5x3")), None);
    }
}
