//! The typed document to text that validates against the schema, provided that mandatory attributes are given.

use super::model::Mpd;
use super::xml::XmlWriter;

/// The namespaces of the prefixes that the model writes.
const PREFIXES: [(&str, &str); 5] = [
    ("cenc", "urn:mpeg:cenc:2013"),
    ("dashif", "https://dashif.org/CPS"),
    ("dvb", "urn:dvb:dash:dash-extensions:2014-1"),
    ("mspr", "urn:microsoft:playready"),
    ("xlink", "http://www.w3.org/1999/xlink"),
];

/// The document with XML declaration, indented, declaring the namespaces it uses.
pub fn write(mpd: &Mpd) -> String {
    let mut writer = XmlWriter::default();
    writer.element("MPD", mpd);
    let (head, rest) = writer.out.split_at("<MPD".len());
    let foreign: String = PREFIXES
        .iter()
        .filter(|(prefix, _)| writer.prefixes.contains(prefix))
        .map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head} xmlns=\"urn:mpeg:dash:schema:mpd:2011\"{foreign} \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"urn:mpeg:dash:schema:mpd:2011 DASH-MPD.xsd\"{rest}"
    )
}
