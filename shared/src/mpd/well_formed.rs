//! What makes a document ill-formed (XML 1.0; Namespaces in XML 1.0) and does not keep us from reading it. Other
//! readers, browsers among them, refuse such a document as a whole, so it has to be said. Not here: what cannot be read
//! at all, which quick-xml and [`super::xml`] refuse.

use super::xml::split_attribute;
use std::collections::{BTreeSet, HashMap};

/// XML 1.0 section 4.6.
const PREDEFINED: [&str; 5] = ["amp", "lt", "gt", "quot", "apos"];
/// Prefixes that nobody declares (Namespaces section 3).
const RESERVED: [&str; 2] = ["xml", "xmlns"];

/// So much is said of a tag at most.
const MOST_A_TAG: usize = 8;

/// Something that is ill-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IllFormed {
    /// Of the place in the document, in bytes.
    pub(super) offset: usize,
    pub(super) problem: String,
}

impl IllFormed {
    pub(super) fn new(offset: usize, problem: impl AsRef<str>) -> Self {
        Self { offset, problem: format!("not well-formed XML, which other players refuse: {}", problem.as_ref()) }
    }
}

/// The namespace prefixes that are declared at a place that moves through the document.
#[derive(Default)]
pub(super) struct Prefixes<'a> {
    /// How many open elements declare a prefix.
    declared: HashMap<&'a str, u32>,
    /// What each open element declares.
    open: Vec<Vec<&'a str>>,
}

impl<'a> Prefixes<'a> {
    /// Goes behind an opening tag; says what is wrong with the tag. `attributes` is everything behind its name.
    pub(super) fn open(&mut self, offset: usize, name: &'a str, attributes: &'a str, empty: bool) -> Vec<IllFormed> {
        let mut found = Vec::new();
        let names = attribute_names(attributes, offset + 1 + name.len(), &mut found);
        let declares: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("xmlns:")).collect();
        for prefix in &declares {
            *self.declared.entry(prefix).or_default() += 1;
        }
        self.open.push(declares);
        for name in names.into_iter().chain([name]) {
            found.extend(self.name(name).map(|problem| IllFormed::new(offset, problem)));
        }
        if empty {
            self.close();
        }
        found
    }

    /// Goes behind a closing tag.
    pub(super) fn close(&mut self) {
        for prefix in self.open.pop().into_iter().flatten() {
            if let Some(count) = self.declared.get_mut(prefix) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// What is wrong with the name of an element or an attribute.
    fn name(&self, name: &str) -> Option<String> {
        if !is_name(name) {
            return Some(format!("`{name:.40}` is no name"));
        }
        let (prefix, _) = name.split_once(':')?;
        let is_declared = RESERVED.contains(&prefix) || self.declared.get(prefix).is_some_and(|count| *count > 0);
        (!is_declared).then(|| format!("the prefix of {name:.40} is not declared"))
    }
}

/// The names of the attributes of a tag, and what is wrong with how they are written.
fn attribute_names<'a>(attributes: &'a str, start: usize, found: &mut Vec<IllFormed>) -> Vec<&'a str> {
    let mut names = BTreeSet::new();
    let mut rest = attributes;
    while !rest.trim_start().is_empty() {
        let offset = start + attributes.len() - rest.trim_start().len();
        if rest.trim_start().len() == rest.len() {
            found.push(IllFormed::new(offset, "white space is missing between attributes"));
        }
        let (name, value, after) = match split_attribute(rest) {
            Ok(parts) => parts,
            Err(problem) => {
                found.push(IllFormed::new(offset, problem));
                break;
            }
        };
        if !names.insert(name) {
            found.push(IllFormed::new(offset, format!("the attribute {name:.40} stands there twice")));
        }
        if value.contains('<') {
            found.push(IllFormed::new(offset, format!("the attribute {name:.40} has `<` in its value")));
        }
        found.extend(references(value).next().map(|problem| IllFormed::new(offset, problem)));
        rest = after;
        found.truncate(MOST_A_TAG);
    }
    names.into_iter().collect()
}

/// What is wrong with the references in a text.
pub(super) fn references(text: &str) -> impl Iterator<Item = String> {
    text.split('&').skip(1).filter_map(|behind| match behind.split_once(';') {
        Some((name, _)) => reference(name),
        None => Some("an `&` begins no reference".to_owned()),
    })
}

fn reference(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        let problem = || format!("the entity &{name:.40}; is not declared");
        return (!PREDEFINED.contains(&name)).then(problem);
    };
    let code = match number.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    let is_good = code.ok().and_then(char::from_u32).is_some_and(is_character);
    (!is_good).then(|| format!("&{name:.40}; stands for a character that XML does not have"))
}

/// The characters of a text at `offset` that XML does not have.
pub(super) fn characters(text: &str, offset: usize) -> impl Iterator<Item = IllFormed> {
    let foreign = text.char_indices().filter(|(_, c)| !is_character(*c));
    foreign.map(move |(place, c)| {
        IllFormed::new(offset + place, format!("XML does not have the character U+{:04X}", u32::from(c)))
    })
}

/// XML 1.0 production 2.
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// XML 1.0 productions 4 to 5 for ASCII; everything beyond is taken for a letter.
fn is_name(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':') || !c.is_ascii();
    let goes_on = |c: char| begins(c) || c.is_ascii_digit() || matches!(c, '-' | '.');
    name.starts_with(begins) && name.chars().all(goes_on)
}

#[cfg(test)]
mod tests {
    use crate::mpd::parse;

    /// What is said of a document, without its place.
    fn said(document: &str) -> Vec<String> {
        let (_, warnings) = parse(document.as_bytes()).unwrap();
        let prefix = "not well-formed XML, which other players refuse: ";
        warnings.iter().map(|warning| warning.problem.replace(prefix, "")).collect()
    }

    #[test]
    fn what_browsers_refuse_is_said() {
        let cases = [
            ("<MPD id='a\u{5}b'/>", "XML does not have the character U+0005"),
            ("<MPD><!-- \u{ffff} --></MPD>", "XML does not have the character U+FFFF"),
            ("<MPD><x>\u{b}</x></MPD>", "XML does not have the character U+000B"),
            ("<MPD id='&#5;'/>", "&#5; stands for a character that XML does not have"),
            ("<MPD><x>&#xD800;</x></MPD>", "&#xD800; stands for a character that XML does not have"),
            ("<MPD><x>&#xFFFE;</x></MPD>", "&#xFFFE; stands for a character that XML does not have"),
            ("<MPD><x y='&nbsp;'/></MPD>", "the entity &nbsp; is not declared"),
            ("<MPD><BaseURL>&copy;</BaseURL></MPD>", "the entity &copy; is not declared"),
            ("<MPD id='a & b'/>", "an `&` begins no reference"),
            ("<MPD id='a<b'/>", "the attribute id has `<` in its value"),
            ("<MPD id='a' id='b'/>", "the attribute id stands there twice"),
            ("<MPD><x y=1 /></MPD>", "an attribute's value has no quotes"),
            ("<MPD><x y='1'z='2'/></MPD>", "white space is missing between attributes"),
            ("<MPD><x 1y='1'/></MPD>", "`1y` is no name"),
            ("<MPD><cenc:pssh/></MPD>", "the prefix of cenc:pssh is not declared"),
            ("<MPD xlink:href='a'/>", "the prefix of xlink:href is not declared"),
            ("<MPD><x>a ]]> b</x></MPD>", "`]]>` stands in a text"),
            ("<MPD><!-- a -- b --></MPD>", "a comment has `--` in it"),
            ("\n<?xml version='1.0'?><MPD/>", "the XML declaration is not at the beginning"),
            ("<MPD/><MPD/>", "something follows the last tag"),
            ("<MPD/> the end", "something follows the last tag"),
            ("<MPD/></Period>", "something follows the last tag"),
            ("<MPD/><!-- a comment, and -->&amp;", "something follows the last tag"),
        ];
        for (document, expected) in cases {
            assert_eq!(said(document), [expected], "{document}");
        }
    }

    #[test]
    fn what_is_well_formed_is_not_complained_about() {
        let good = [
            "<?xml version='1.0' encoding='UTF-8'?>\n<!-- - -->\n<MPD id='a>b &lt;&#x41;&#10;'><x><![CDATA[ & < ]]></x></MPD>\n<!-- end -->",
            "<MPD xmlns:a='u'><a:x xmlns:b='v' b:y='1'><b:z/></a:x><x xml:lang='de'/></MPD>",
            "<MPD><x>\u{9}\u{85}\u{fffd}\u{1f600}</x><\u{e4}/></MPD>",
        ];
        for document in good {
            assert!(said(document).is_empty(), "{document}: {:?}", said(document));
        }
    }

    #[test]
    fn a_prefix_ends_with_the_element_that_declares_it() {
        let document = "<MPD><x xmlns:a='u'><y xmlns:a='v'/><a:z/></x><a:z/></MPD>";
        assert_eq!(said(document), ["the prefix of a:z is not declared"]);
    }

    #[test]
    fn an_unpaired_surrogate_is_not_passed_over() {
        let mut bytes: Vec<u8> = "\u{feff}<MPD id='x'/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = bytes.iter().position(|byte| *byte == b'x').unwrap();
        bytes[at + 1] = 0xd8;
        let warnings = parse(&bytes).unwrap().1;
        assert!(warnings[0].problem.contains("does not have the character"), "{warnings:?}");
    }
}
