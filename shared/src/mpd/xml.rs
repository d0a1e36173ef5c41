//! XML to and from the typed model, driven by one declaration an element (macro [`element`]).
//!
//! quick-xml finds the tags; this file walks them straight into typed elements, so that every complaint has line and
//! column, a bad optional attribute costs only itself, and no tree of a hostile document is ever built. The depth of
//! recursion is the depth of the model. quick-xml's serde layer is not used: with it one bad attribute makes the whole
//! document unreadable, and the error has no line.
//!
//! Names are compared without their prefix, because real manifests forget and misdeclare namespaces. Elements that the
//! model does not know are skipped. Not here: the elements ([`super::model`]) and their meaning ([`mod@super::resolve`]).

use super::budget::{Budget, mebibytes};
use super::datatype::Value;
use super::problem::{DocumentPlace, LineCounter, MpdError, Warnings};
use super::well_formed::{self, IllFormed, Prefixes};
use quick_xml::Reader;
use quick_xml::escape::{escape, partial_escape, unescape};
use quick_xml::events::Event;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What became of an attribute.
pub(super) enum Taken {
    Yes,
    Unknown,
    /// It should have been this.
    Bad(&'static str),
}

impl Taken {
    pub(super) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Self::Unknown) { other() } else { self }
    }
}

/// One type of element. Implemented by [`element`] only (and `String`, for elements that are nothing but text).
pub(super) trait XmlElement: Default {
    fn attribute(&mut self, name: &str, value: &str) -> Taken;
    /// Reads the child when this element knows it; `false` leaves it to be skipped.
    fn child(&mut self, tag: &Tag<'_>, cursor: &mut Cursor<'_>) -> Result<bool, MpdError>;
    fn set_text(&mut self, text: &str);
    fn write_attributes(&self, writer: &mut XmlWriter);
    fn write_content(&self, writer: &mut XmlWriter);
}

/// A field that holds child elements: `Vec` for any number, `Option` for at most one.
pub(super) trait Children {
    fn read(&mut self, tag: &Tag<'_>, cursor: &mut Cursor<'_>) -> Result<(), MpdError>;
    fn write(&self, name: &'static str, writer: &mut XmlWriter);
}

impl<E: XmlElement> Children for Vec<E> {
    fn read(&mut self, tag: &Tag<'_>, cursor: &mut Cursor<'_>) -> Result<(), MpdError> {
        self.push(cursor.element(tag)?);
        Ok(())
    }

    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        for element in self {
            writer.element(name, element);
        }
    }
}

impl<E: XmlElement> Children for Option<E> {
    /// The first one counts when there are several.
    fn read(&mut self, tag: &Tag<'_>, cursor: &mut Cursor<'_>) -> Result<(), MpdError> {
        if self.is_some() {
            cursor.warn(tag.offset, format!("a second {} is ignored", tag.name));
            return cursor.skip(tag);
        }
        *self = Some(cursor.element(tag)?);
        Ok(())
    }

    fn write(&self, name: &'static str, writer: &mut XmlWriter) {
        if let Some(element) = self {
            writer.element(name, element);
        }
    }
}

impl XmlElement for String {
    fn attribute(&mut self, _: &str, _: &str) -> Taken {
        Taken::Unknown
    }

    fn child(&mut self, _: &Tag<'_>, _: &mut Cursor<'_>) -> Result<bool, MpdError> {
        Ok(false)
    }

    fn set_text(&mut self, text: &str) {
        text.clone_into(self);
    }

    fn write_attributes(&self, _: &mut XmlWriter) {}

    fn write_content(&self, writer: &mut XmlWriter) {
        writer.text(self);
    }
}

/// Declares an element: a struct whose attributes are all optional, and how it is read and written.
/// Children stand in the order of the schema's sequence: that is the order in which they are written. `extends` names a
/// schema base type, whose attributes and children come first. Foreign names carry the prefix under which we write them.
macro_rules! element {
    (
        $(#[$doc:meta])*
        $name:ident $(extends $base:ident: $Base:ty)? {
            $(attributes { $($(#[$attr_doc:meta])* $attr:ident: $Attr:ty = $attr_name:literal,)* })?
            $(children { $($(#[$child_doc:meta])* $child:ident: $Child:ty = $child_name:literal,)* })?
            $(text { $(#[$text_doc:meta])* $text:ident })?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $(pub $base: $Base,)?
            $($($(#[$attr_doc])* pub $attr: Option<$Attr>,)*)?
            $($($(#[$child_doc])* pub $child: $Child,)*)?
            $($(#[$text_doc])* pub $text: String,)?
        }

        impl $crate::mpd::xml::XmlElement for $name {
            fn attribute(&mut self, name: &str, value: &str) -> $crate::mpd::xml::Taken {
                $($(if $crate::mpd::xml::same_attribute(name, $attr_name) {
                    return $crate::mpd::xml::take(&mut self.$attr, value);
                })*)?
                let _ = (name, value);
                let taken = $crate::mpd::xml::Taken::Unknown;
                $(let taken = taken.or_else(|| self.$base.attribute(name, value));)?
                taken
            }

            fn child(
                &mut self,
                tag: &$crate::mpd::xml::Tag<'_>,
                cursor: &mut $crate::mpd::xml::Cursor<'_>,
            ) -> Result<bool, $crate::mpd::MpdError> {
                $($(if tag.local_name() == $crate::mpd::xml::local_name($child_name) {
                    return $crate::mpd::xml::Children::read(&mut self.$child, tag, cursor).map(|()| true);
                })*)?
                $(if self.$base.child(tag, cursor)? { return Ok(true); })?
                let _ = (tag, cursor);
                Ok(false)
            }

            fn set_text(&mut self, text: &str) {
                $(text.clone_into(&mut self.$text);)?
                let _ = text;
            }

            fn write_attributes(&self, writer: &mut $crate::mpd::xml::XmlWriter) {
                $(self.$base.write_attributes(writer);)?
                $($(writer.attribute($attr_name, &self.$attr);)*)?
                let _ = writer;
            }

            fn write_content(&self, writer: &mut $crate::mpd::xml::XmlWriter) {
                $(self.$base.write_content(writer);)?
                $($($crate::mpd::xml::Children::write(&self.$child, $child_name, writer);)*)?
                $(writer.text(&self.$text);)?
                let _ = writer;
            }
        }
    };
}
pub(super) use element;

/// Attributes of the MPD namespace carry no prefix (attributeFormDefault="unqualified"); foreign ones any or none.
pub(super) fn same_attribute(written: &str, declared: &str) -> bool {
    match declared.split_once(':') {
        Some((_, local)) => local_name(written) == local,
        None => written == declared,
    }
}

pub(super) fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

pub(super) fn take<V: Value>(field: &mut Option<V>, text: &str) -> Taken {
    match V::parse(text) {
        Some(value) => {
            *field = Some(value);
            Taken::Yes
        }
        None => Taken::Bad(V::EXPECTED),
    }
}

/// An opening tag; its parts are slices of the document.
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// Everything between name and `>`.
    attributes: &'a str,
    /// Of `<` in the document.
    pub(super) offset: usize,
    /// `<x/>`
    empty: bool,
}

impl<'a> Tag<'a> {
    /// From the text of the tag, `<` and `>` included.
    fn new(text: &'a str, offset: usize) -> Self {
        let inner = text.trim_start_matches('<').trim_end_matches('>');
        let (inner, empty) = inner.strip_suffix('/').map_or((inner, false), |inner| (inner, true));
        let end = inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len());
        Self { name: &inner[..end], attributes: &inner[end..], offset, empty }
    }

    pub(super) fn local_name(&self) -> &'a str {
        local_name(self.name)
    }
}

enum XmlToken<'a> {
    Open(Tag<'a>),
    Text(Cow<'a, str>),
    Close,
    End,
}

/// A place in the document that moves forward.
pub(super) struct Cursor<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    lines: LineCounter,
    budget: Budget,
    prefixes: Prefixes<'a>,
    pub(super) warnings: Warnings,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            reader: Reader::from_str(text),
            text,
            lines: LineCounter::new(),
            budget: Budget::new(Budget::ELEMENTS),
            prefixes: Prefixes::default(),
            warnings: Warnings::default(),
        }
    }

    /// The first tag of the document.
    pub(super) fn root(&mut self) -> Result<Tag<'a>, MpdError> {
        loop {
            match self.next()? {
                XmlToken::Open(tag) => return Ok(tag),
                XmlToken::Text(text) if text.trim().is_empty() => {}
                XmlToken::Text(_) | XmlToken::Close => return Err(self.error(0, "not an XML document")),
                XmlToken::End => return Err(self.error(0, "the document is empty")),
            }
        }
    }

    /// Behind the root element nothing but comments may stand.
    pub(super) fn finish(&mut self) {
        loop {
            let offset = self.position();
            match self.next() {
                Ok(XmlToken::End) => return,
                Ok(XmlToken::Text(text)) if text.trim().is_empty() => {}
                Ok(_) | Err(_) => {
                    let problem = IllFormed::new(offset, "something follows the last tag");
                    return self.ill_formed([problem]);
                }
            }
        }
    }

    /// The element that `tag` opens, up to its end.
    pub(super) fn element<E: XmlElement>(&mut self, tag: &Tag<'_>) -> Result<E, MpdError> {
        if !self.budget.take(size_of::<E>()) {
            let most = mebibytes(Budget::ELEMENTS);
            return Err(self.error(tag.offset, format!("has more elements than {most} MiB of memory hold")));
        }
        let mut element = E::default();
        self.attributes(tag, &mut element)?;
        if tag.empty {
            return Ok(element);
        }
        let mut text = String::new();
        loop {
            match self.next()? {
                XmlToken::Open(child) => {
                    if !element.child(&child, self)? {
                        self.skip(&child)?;
                    }
                }
                XmlToken::Text(part) => text.push_str(&part),
                XmlToken::Close => break,
                XmlToken::End => return Err(self.error(tag.offset, format!("<{}> is never closed", tag.name))),
            }
        }
        element.set_text(text.trim());
        Ok(element)
    }

    /// Passes over the element that `tag` opens. Without recursion, because unknown elements may nest to any depth.
    pub(super) fn skip(&mut self, tag: &Tag<'_>) -> Result<(), MpdError> {
        let mut open = u64::from(!tag.empty);
        while open > 0 {
            match self.next()? {
                XmlToken::Open(child) => open += u64::from(!child.empty),
                XmlToken::Close => open -= 1,
                XmlToken::Text(_) => {}
                XmlToken::End => return Err(self.error(tag.offset, format!("<{}> is never closed", tag.name))),
            }
        }
        Ok(())
    }

    pub(super) fn warn(&mut self, offset: usize, problem: String) {
        let place = || {
            let (line, column) = self.lines.at(self.text, offset);
            DocumentPlace::Text { line, column }
        };
        self.warnings.push(place, problem);
    }

    pub(super) fn error(&self, offset: usize, problem: impl Into<String>) -> MpdError {
        MpdError::at(LineCounter::new().at(self.text, offset), &problem.into())
    }

    fn ill_formed(&mut self, found: impl IntoIterator<Item = IllFormed>) {
        // None is made when there is no room left for it.
        for IllFormed { offset, problem } in found.into_iter().take(self.warnings.room()) {
            self.warn(offset, problem);
        }
    }

    fn next(&mut self) -> Result<XmlToken<'a>, MpdError> {
        loop {
            let offset = self.position();
            let event = self.reader.read_event();
            // Where the reader stands behind an error is not promised.
            let raw = self.text.get(offset..self.position()).unwrap_or_default();
            self.ill_formed(well_formed::characters(raw, offset));
            match event {
                Ok(Event::Start(_) | Event::Empty(_)) => return Ok(XmlToken::Open(self.open(raw, offset))),
                Ok(Event::End(_)) => {
                    self.prefixes.close();
                    return Ok(XmlToken::Close);
                }
                Ok(Event::Text(text)) => {
                    let wrong = raw.contains("]]>").then(|| IllFormed::new(offset, "`]]>` stands in a text"));
                    self.ill_formed(wrong);
                    return Ok(XmlToken::Text(text.into_inner()));
                }
                Ok(Event::CData(text)) => return Ok(XmlToken::Text(text.into_inner())),
                Ok(Event::GeneralRef(_)) => {
                    self.ill_formed(well_formed::references(raw).map(|problem| IllFormed::new(offset, problem)));
                    return Ok(XmlToken::Text(unescaped(raw)));
                }
                // Entity declarations can expand exponentially ("billion laughs"), and no manifest needs them.
                Ok(Event::DocType(_)) => return Err(self.error(offset, "document type declarations are refused")),
                Ok(Event::Comment(_)) => self.ill_formed(comment(raw).map(|problem| IllFormed::new(offset, problem))),
                Ok(Event::Decl(_)) if offset > 0 => {
                    self.ill_formed([IllFormed::new(offset, "the XML declaration is not at the beginning")]);
                }
                Ok(Event::PI(_) | Event::Decl(_)) => {}
                Ok(Event::Eof) => return Ok(XmlToken::End),
                Err(error) => return Err(self.error(self.error_position(), error.to_string())),
            }
        }
    }

    fn open(&mut self, raw: &'a str, offset: usize) -> Tag<'a> {
        let tag = Tag::new(raw, offset);
        let found = self.prefixes.open(offset, tag.name, tag.attributes, tag.empty);
        self.ill_formed(found);
        tag
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len())
    }

    fn error_position(&self) -> usize {
        usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX)
    }

    /// Reads the attributes of a tag. Unlike quick-xml it refuses `a="1"b="2"`, which is not well-formed and usually a typing
    /// mistake in a quoted value.
    fn attributes(&mut self, tag: &Tag<'_>, element: &mut impl XmlElement) -> Result<(), MpdError> {
        let start = tag.offset + 1 + tag.name.len();
        let mut rest = tag.attributes;
        while !rest.trim_start().is_empty() {
            let offset = start + tag.attributes.len() - rest.trim_start().len();
            if rest.trim_start().len() == rest.len() {
                return Err(self.error(offset - 1, "white space is missing behind this quote"));
            }
            let (name, value, after) = split_attribute(rest).map_err(|problem| self.error(offset, problem))?;
            let value = unescaped(value);
            if let Taken::Bad(expected) = element.attribute(name, &value) {
                let shown: String = value.chars().take(40).collect();
                self.warn(offset, format!("{}@{name} \"{shown}\" is not {expected} and is ignored", tag.name));
            }
            rest = after;
        }
        Ok(())
    }
}

/// A text with references that cannot be resolved is taken as it stands; [`well_formed::references`] says so.
fn unescaped(text: &str) -> Cow<'_, str> {
    unescape(text).unwrap_or(Cow::Borrowed(text))
}

/// What is wrong with a comment (XML 1.0 section 2.5).
fn comment(raw: &str) -> Option<&'static str> {
    let body = raw.strip_prefix("<!--")?.strip_suffix("-->")?;
    (body.contains("--") || body.ends_with('-')).then_some("a comment has `--` in it")
}

/// Name and raw value of the attribute at the start of `text`, and what follows it.
pub(super) fn split_attribute(text: &str) -> Result<(&str, &str, &str), &'static str> {
    let (name, rest) = text.trim_start().split_once('=').ok_or("an attribute has no value")?;
    let name = name.trim_end();
    if name.is_empty() || name.contains(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'') {
        return Err("an attribute has no value");
    }
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or("an attribute's value has no quotes")?;
    let (value, after) = rest[1..].split_once(quote).ok_or("an attribute's value has no closing quote")?;
    Ok((name, value, after))
}

/// The characters of `text` that XML 1.0 has (2.2): a document with another one, written as it is or as a reference, is
/// not well-formed, and no escape can express it.
fn only_xml(text: &str) -> Cow<'_, str> {
    let is_xml =
        |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.chars().all(is_xml) { text.into() } else { text.chars().filter(|c| is_xml(*c)).collect::<String>().into() }
}

/// Indented XML. Prefixes that were written are remembered: the root has to declare them.
#[derive(Default)]
pub(super) struct XmlWriter {
    pub(super) out: String,
    depth: usize,
    pub(super) prefixes: BTreeSet<&'static str>,
}

impl XmlWriter {
    pub(super) fn element(&mut self, name: &'static str, element: &impl XmlElement) {
        self.name(name);
        self.indent();
        self.out += &format!("<{name}");
        element.write_attributes(self);
        self.out.push('>');
        let before = self.out.len();
        self.depth += 1;
        element.write_content(self);
        self.depth -= 1;
        if self.out.len() == before {
            self.out.truncate(before - 1);
            self.out += "/>\n";
            return;
        }
        if self.out.ends_with(">\n") {
            self.indent();
        }
        self.out += &format!("</{name}>\n");
    }

    pub(super) fn attribute<V: Value>(&mut self, name: &'static str, value: &Option<V>) {
        if let Some(value) = value {
            self.name(name);
            self.out += &format!(" {name}=\"{}\"", escape(only_xml(&value.to_text())));
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out += &partial_escape(only_xml(text));
    }

    fn name(&mut self, name: &'static str) {
        if let Some((prefix, _)) = name.split_once(':') {
            self.prefixes.insert(prefix);
        }
    }

    /// On a line of its own, after the end of an element or directly after an opening tag.
    fn indent(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Mpd, ProgramInformation};
    use super::super::{parse, write};

    #[test]
    fn what_is_written_is_xml_whatever_a_text_holds() {
        let foreign = "a\u{5}\u{0}b\u{ffff}\u{fffe}\u{1f} <c> & \"d\"\te\nf \u{7f}\u{1f3a7}";
        let title =
            ProgramInformation { title: Some(foreign.into()), lang: Some(foreign.into()), ..Default::default() };
        let text = write(&Mpd { program_information: vec![title], profiles: Some(foreign.into()), ..Mpd::default() });
        assert!(!text.contains(|c: char| c < ' ' && c != '\n' && c != '\t' || c == '\u{ffff}' || c == '\u{fffe}'));
        assert!(!text.contains("&#5;") && !text.contains("&#x"), "nor by reference: {text}");
        let read = parse(text.as_bytes()).unwrap().0;
        assert_eq!(read.program_information[0].title.as_deref(), Some("ab <c> & \"d\"\te\nf \u{7f}\u{1f3a7}"));
    }
}
