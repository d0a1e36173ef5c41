//! URL templates (ISO/IEC 23009-1 5.3.9.4.4): `$Number%05d$`, `$Time$`, `$RepresentationID$`, `$Bandwidth$`, `$$`.

use super::SegmentNumber;
use crate::units::Bitrate;

/// A template in which identity and bandwidth are already filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<TemplatePart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplatePart {
    Literal(String),
    /// With at least so many digits.
    Number(usize),
    Time(usize),
}

/// The widest number that is written. A `u64` has 20 digits; a larger width is a mistake or an attack on memory.
const MAX_WIDTH: usize = 32;

impl Template {
    /// The template and, where it deviates from the standard, how. Identifiers that nobody knows stay as they are.
    pub fn parse(text: &str, representation: &str, bandwidth: Bitrate) -> (Self, Option<String>) {
        let mut template = Self { parts: Vec::new() };
        let mut complaint = None;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            template.literal(before);
            let Some((identifier, after)) = after.split_once('$') else {
                complaint = Some(format!("a $ in \"{text}\" has no partner"));
                template.literal("$");
                rest = after;
                break;
            };
            if !template.identifier(identifier, representation, bandwidth) {
                complaint = Some(format!("${identifier}$ in \"{text}\" is not known"));
                template.literal(&format!("${identifier}$"));
            }
            rest = after;
        }
        template.literal(rest);
        (template, complaint)
    }

    /// The reference of the segment with this number and this start in ticks.
    pub fn expand(&self, number: SegmentNumber, time: u64) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                TemplatePart::Literal(text) => out.push_str(text),
                TemplatePart::Number(width) => out += &format!("{:0width$}", number.0),
                TemplatePart::Time(width) => out += &format!("{time:0width$}"),
            }
        }
        out
    }

    /// Whether references depend on the number of a segment.
    pub fn has_number(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, TemplatePart::Number(_)))
    }

    fn identifier(&mut self, identifier: &str, representation: &str, bandwidth: Bitrate) -> bool {
        let (name, format) = identifier.split_once('%').unwrap_or((identifier, "01d"));
        let Some(width) = width(format) else { return false };
        match name {
            "" if identifier.is_empty() => self.literal("$"),
            "RepresentationID" => self.literal(representation), // a width has no meaning here, but is seen
            "Bandwidth" => self.literal(&format!("{:0width$}", bandwidth.bps())),
            "Number" => self.parts.push(TemplatePart::Number(width)),
            "Time" => self.parts.push(TemplatePart::Time(width)),
            _ => return false,
        }
        true
    }

    fn literal(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(TemplatePart::Literal(before)) => before.push_str(text),
            _ => self.parts.push(TemplatePart::Literal(text.to_owned())),
        }
    }
}

/// Of the format tag `0[width]d`.
fn width(format: &str) -> Option<usize> {
    let digits = format.strip_suffix('d')?;
    let width: usize = if digits.is_empty() { 1 } else { digits.parse().ok()? };
    (width <= MAX_WIDTH).then_some(width.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_filled_in() {
        let cases = [
            ("$RepresentationID$/$Number%05d$.m4s", "v1/00007.m4s", false),
            ("$Bandwidth$_$Time$.m4s", "600000_42.m4s", false),
            ("$Time%08d$$$x", "00000042$x", false),
            ("$RepresentationID%05d$", "v1", false),
            ("plain.mp4", "plain.mp4", false),
            ("$Unknown$-$Number$", "$Unknown$-7", true),
            ("$Number%999999999d$", "$Number%999999999d$", true),
            ("$Number%$", "$Number%$", true),
            ("price$5", "price$5", true),
        ];
        for (text, expected, complains) in cases {
            let (template, complaint) = Template::parse(text, "v1", Bitrate::from_kbps(600));
            assert_eq!(
                (template.expand(SegmentNumber(7), 42).as_str(), complaint.is_some()),
                (expected, complains),
                "{text}"
            );
        }
    }
}
