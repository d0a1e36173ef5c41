//! The texts of a plan: what their renditions are called.

use super::{How, PlannedRendition, RenditionKind};
use crate::language;
use crate::text::TextInfo;

/// One rendition a text.
pub(super) fn renditions(texts: &[TextInfo]) -> impl Iterator<Item = PlannedRendition> {
    texts.iter().zip(1..).map(|(text, number)| PlannedRendition {
        id: id(text, number),
        kind: RenditionKind::Text,
        from: text.from,
        how: How::ConvertText(text.clone()),
    })
}

/// `text-1-de`. A tag has nothing that does not belong into the name of a folder.
fn id(text: &TextInfo, number: usize) -> String {
    let language = text.language.as_deref().and_then(language::tag).map(|tag| format!("-{tag}"));
    format!("text-{number}{}", language.unwrap_or_default())
}
