//! Boxes as text, one a line, children indented, with the fields that matter in goldens.

use crate::bmff::{BmffError, BoxRef, Fields, Sidx, walk};
use std::fmt::Write;

const CONTAINERS: [&[u8; 4]; 10] =
    [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"edts", b"moof", b"traf"];

/// The boxes of `data`; what cannot be read is said in its place.
pub fn dump(data: &[u8]) -> String {
    let mut out = String::new();
    boxes(walk::boxes(data), 0, &mut out);
    out
}

fn boxes<'a>(found: impl Iterator<Item = Result<BoxRef<'a>, BmffError>>, depth: usize, out: &mut String) {
    for found in found {
        match found {
            Ok(found) => one(&found, depth, out),
            Err(error) => line(out, depth, &format!("! {error}")),
        }
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:indent$}{}", "", text.trim_end(), indent = 2 * depth);
}

fn one(found: &BoxRef<'_>, depth: usize, out: &mut String) {
    let details = details(found).unwrap_or_else(|error| format!("! {error}"));
    line(out, depth, &format!("{} {} {details}", found.kind, found.range().len()));
    if CONTAINERS.iter().any(|kind| found.kind == **kind) {
        boxes(found.children(), depth + 1, out);
    }
    if found.kind == b"stsd" && found.body.len() > 8 {
        let entry = &found.body[8..];
        boxes(walk::boxes(entry), depth + 1, out);
        let fixed = if entry.get(4..8) == Some(b"mp4a") { 36 } else { 86 };
        boxes(walk::boxes(entry.get(fixed..).unwrap_or_default()), depth + 2, out);
    }
}

fn details(found: &BoxRef<'_>) -> Result<String, BmffError> {
    let mut fields = found.fields();
    Ok(match &found.kind.0 {
        b"ftyp" | b"styp" => brands(found),
        b"sidx" => index(&Sidx::from_box(found)?),
        b"tfdt" => {
            let (version, _) = fields.full()?;
            format!("v{version} {}", fields.sized(version)?)
        }
        b"mfhd" => {
            fields.full()?;
            fields.u32()?.to_string()
        }
        b"mdhd" => {
            let (version, _) = fields.full()?;
            fields.skip(if version == 0 { 8 } else { 16 })?;
            format!("timescale {}", fields.u32()?)
        }
        b"elst" => edits(&mut fields)?,
        b"tfhd" => format!("flags {:06x} {}", fields.full()?.1, hex(fields.rest())),
        b"trun" => run(&mut fields)?,
        b"hdlr" => {
            fields.skip(8)?;
            fields.four_cc()?.to_string()
        }
        b"avcC" | b"esds" | b"colr" | b"pasp" | b"trex" => hex(found.body),
        _ => String::new(),
    })
}

fn brands(found: &BoxRef<'_>) -> String {
    let names: Vec<String> = found.body.chunks(4).map(|name| name.escape_ascii().to_string()).collect();
    let major = names.first().cloned().unwrap_or_default();
    let compatible = names.get(2..).unwrap_or_default();
    format!("{major} [{}]", compatible.join(" "))
}

fn index(sidx: &Sidx) -> String {
    let parts: Vec<String> = sidx
        .references
        .iter()
        .map(|part| format!("{} bytes {} ticks sap {}", part.size, part.duration, part.sap_type))
        .collect();
    format!("timescale {} from {}: {}", sidx.timescale.get(), sidx.earliest, parts.join(", "))
}

fn edits(fields: &mut Fields<'_>) -> Result<String, BmffError> {
    let (version, _) = fields.full()?;
    let count = fields.u32()?;
    let mut out = format!("v{version}");
    for _ in 0..count {
        let length = fields.sized(version)?;
        let start = if version == 0 { i64::from(fields.i32()?) } else { fields.i64()? };
        let _ = write!(out, " length {length} from {start} rate {:x}", fields.u32()?);
    }
    Ok(out)
}

fn run(fields: &mut Fields<'_>) -> Result<String, BmffError> {
    let (version, flags) = fields.full()?;
    let count = fields.u32()?;
    let offset = fields.u32()?;
    let first = if flags & 4 != 0 { format!(" first {:08x}", fields.u32()?) } else { String::new() };
    let mut out = format!("v{version} flags {flags:06x} data at {offset}{first}:");
    for _ in 0..count {
        let width = (flags >> 8 & 15).count_ones();
        let words: Vec<String> = (0..width).map(|_| fields.i32().map(|w| w.to_string())).collect::<Result<_, _>>()?;
        let _ = write!(out, " {}", words.join("/"));
    }
    Ok(out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
