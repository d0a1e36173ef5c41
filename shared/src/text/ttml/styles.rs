//! Named styles, and what an element looks like by them (TTML 8.4.4).

use super::Attributes;
use crate::text::markup::{Colour, Style};
use std::collections::BTreeMap;

/// Styles that refer to others are followed so far.
const MOST_STEPS: usize = 16;

/// The styles of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct StyleSheet(BTreeMap<String, Attributes>);

impl StyleSheet {
    /// Keeps a style, unless there are `most`.
    pub(super) fn add(&mut self, attributes: &Attributes, most: usize) {
        if let Some(id) = attributes.get("id").filter(|_| self.0.len() < most) {
            self.0.insert(id.clone(), attributes.clone());
        }
    }

    /// What an element says, and what the styles say that it names: its own word counts first, then the last style's.
    pub(super) fn computed(&self, attributes: &Attributes) -> Attributes {
        let mut all = attributes.clone();
        let mut waiting: Vec<&str> = attributes.get("style").map_or(vec![], |names| names.split_whitespace().collect());
        for _ in 0..MOST_STEPS {
            let Some(style) = waiting.pop().and_then(|name| self.0.get(name)) else { break };
            for (name, value) in style {
                all.entry(name.clone()).or_insert_with(|| value.clone());
            }
            waiting.extend(style.get("style").iter().flat_map(|names| names.split_whitespace()));
        }
        all
    }
}

/// The look of an element with these attributes in one that looks like `outer`.
pub(super) fn style(attributes: &Attributes, outer: Style) -> Style {
    let is = |name: &str, yes: &[&str], outer: bool| {
        attributes.get(name).map_or(outer, |value| value.split_whitespace().any(|word| yes.contains(&word)))
    };
    let colour = attributes.get("color").map_or(outer.colour, |value| colour(value));
    Style {
        bold: is("fontWeight", &["bold"], outer.bold),
        italic: is("fontStyle", &["italic", "oblique"], outer.italic),
        underline: is("textDecoration", &["underline"], outer.underline),
        colour,
        is_ruby_text: attributes.get("ruby").map_or(outer.is_ruby_text, |ruby| ruby == "text"),
    }
}

/// White is what text is anyway; an alpha component is left out.
fn colour(value: &str) -> Option<Colour> {
    let value = if value.starts_with('#') { value.get(..7).unwrap_or(value) } else { value };
    Colour::parse(value).filter(|colour| *colour != Colour::White)
}
