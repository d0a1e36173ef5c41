//! URL templates (ISO/IEC 23009-1 5.3.9.4.4): `$Number%05d$`, `$Time$`, `$RepresentationID$`, `$Bandwidth$`, `$$`.

use super::SegmentNumber;
use crate::units::Bitrate;
use std::fmt::Write as _;
use std::sync::Arc;

/// A template with the identity of its Representation. The text stays what the manifest says, one for all
/// Representations that inherit it; it is written out when an address is wanted. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: Arc<str>,
    representation: Arc<str>,
    bandwidth: Bitrate,
}

/// What stands between two `$`, or outside of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TemplatePart<'a> {
    Literal(&'a str),
    Representation,
    /// With at least so many digits.
    Bandwidth(usize),
    Number(usize),
    Time(usize),
    /// Not known; it stays as it is, between its `$`.
    Unknown(&'a str),
    /// A `$` without a partner.
    Alone,
}

/// The widest number that is written. A `u64` has 20 digits; a larger width is a mistake or an attack on memory.
const MAX_WIDTH: usize = 32;

impl Template {
    /// The template of a Representation. Identifiers that nobody knows stay as they are.
    pub fn new(text: impl Into<Arc<str>>, representation: impl Into<Arc<str>>, bandwidth: Bitrate) -> Self {
        Self { text: text.into(), representation: representation.into(), bandwidth }
    }

    /// How it deviates from the standard.
    pub fn complaint(&self) -> Option<String> {
        self.parts().find_map(|part| match part {
            TemplatePart::Unknown(identifier) => Some(format!("${identifier}$ in \"{}\" is not known", self.text)),
            TemplatePart::Alone => Some(format!("a $ in \"{}\" has no partner", self.text)),
            _ => None,
        })
    }

    /// The most bytes that a reference can have. Costs no more than the text is long.
    pub fn longest(&self) -> usize {
        self.parts().map(|part| part.longest(self)).fold(0, usize::saturating_add)
    }

    /// The reference of the segment with this number and this start in ticks.
    pub fn expand(&self, number: SegmentNumber, time: u64) -> String {
        let mut out = String::new();
        for part in self.parts() {
            // Writing to a string does not fail.
            let _ = match part {
                TemplatePart::Literal(text) => out.write_str(text),
                TemplatePart::Representation => out.write_str(&self.representation),
                TemplatePart::Bandwidth(width) => write!(out, "{:0width$}", self.bandwidth.bps()),
                TemplatePart::Number(width) => write!(out, "{:0width$}", number.0),
                TemplatePart::Time(width) => write!(out, "{time:0width$}"),
                TemplatePart::Unknown(identifier) => write!(out, "${identifier}$"),
                TemplatePart::Alone => out.write_str("$"),
            };
        }
        out
    }

    /// Whether references depend on the number of a segment.
    pub fn has_number(&self) -> bool {
        self.parts().any(|part| matches!(part, TemplatePart::Number(_)))
    }

    fn parts(&self) -> impl Iterator<Item = TemplatePart<'_>> {
        // Every second piece stands between two `$`; the last one does so only if it has a partner.
        let mut pieces = self.text.split('$').enumerate().peekable();
        std::iter::from_fn(move || {
            let (index, piece) = pieces.next()?;
            let outside = index % 2 == 0;
            let unpaired = !outside && pieces.peek().is_none();
            Some(match piece {
                _ if unpaired => [TemplatePart::Alone, TemplatePart::Literal(piece)],
                _ if outside => [TemplatePart::Literal(piece), TemplatePart::Literal("")],
                _ => [TemplatePart::identifier(piece), TemplatePart::Literal("")],
            })
        })
        .flatten()
    }
}

impl<'a> TemplatePart<'a> {
    fn identifier(identifier: &'a str) -> Self {
        let (name, format) = identifier.split_once('%').unwrap_or((identifier, "01d"));
        match (name, width(format)) {
            ("", Some(_)) if identifier.is_empty() => Self::Literal("$"),
            // A width has no meaning here, but is seen.
            ("RepresentationID", Some(_)) => Self::Representation,
            ("Bandwidth", Some(width)) => Self::Bandwidth(width),
            ("Number", Some(width)) => Self::Number(width),
            ("Time", Some(width)) => Self::Time(width),
            _ => Self::Unknown(identifier),
        }
    }

    /// The most bytes that it is written with.
    fn longest(&self, template: &Template) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Representation => template.representation.len(),
            Self::Bandwidth(_) | Self::Number(_) | Self::Time(_) => MAX_WIDTH,
            Self::Unknown(identifier) => identifier.len() + 2,
            Self::Alone => 1,
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
            let template = Template::new(text, "v1", Bitrate::from_kbps(600));
            let reference = template.expand(SegmentNumber(7), 42);
            assert_eq!((reference.as_str(), template.complaint().is_some()), (expected, complains), "{text}");
            assert!(template.longest() >= template.expand(SegmentNumber(u64::MAX), u64::MAX).len(), "{text}");
        }
    }

    /// Eight thousand million bytes, were it written out.
    #[test]
    fn a_template_costs_what_it_says_and_not_what_it_comes_to() {
        let template = Template::new("$RepresentationID$".repeat(20_000), "i".repeat(400_000), Bitrate::from_kbps(1));
        assert_eq!((template.longest(), template.complaint()), (8_000_000_000, None));
    }
}
