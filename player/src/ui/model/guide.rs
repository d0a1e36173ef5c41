//! The user guide as it is compiled in: its pages, and where their links lead. How it is shown is the panel's matter.

use egui_commonmark::CommonMarkCache;
use std::path::{Component, Path};

/// A page.
#[derive(Debug)]
pub(crate) struct GuidePage {
    /// Where it lies in the source: links between pages are relative to it.
    path: &'static str,
    /// Markdown.
    text: &'static str,
    /// It is in the list of pages; the others are only linked.
    pub listed: bool,
}

macro_rules! page {
    ($path:literal, $listed:literal) => {
        GuidePage {
            path: $path,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../", $path)),
            listed: $listed,
        }
    };
}

/// All pages, in the order in which they are read.
pub(crate) const PAGES: [GuidePage; 17] = [
    page!("player/docs/README.md", true),
    page!("player/docs/watch.md", true),
    page!("player/docs/throttle.md", true),
    page!("player/docs/policies.md", true),
    page!("player/docs/figures.md", true),
    page!("player/docs/lab.md", true),
    page!("player/docs/report.md", true),
    page!("packager/docs/package.md", true),
    page!("packager/docs/serve.md", true),
    page!("packager/docs/verify.md", true),
    page!("player/docs/exit-codes.md", true),
    page!("player/docs/troubleshooting.md", true),
    page!("player/README.md", false),
    page!("player/core/README.md", false),
    page!("player/core/src/abr/README.md", false),
    page!("packager/README.md", false),
    page!("samples/labs/policies/README.md", false),
];

impl GuidePage {
    /// Its first heading.
    pub(crate) fn title(&self) -> &'static str {
        self.text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(self.path)
    }

    /// What is to be shown: Markdown in which a link that leads out of the guide is only its words, and commands are
    /// in one colour: those of a highlighter are too pale for the light theme.
    pub(crate) fn shown(&self) -> String {
        let mut shown = String::with_capacity(self.text.len());
        let mut rest = self.text;
        while let Some(link) = Link::first_in(rest) {
            let kept = self.linked(link.target).is_some() || link.target.contains("://");
            shown.push_str(&rest[..link.start]);
            shown.push_str(if kept { &rest[link.start..link.end] } else { link.words });
            rest = &rest[link.end..];
        }
        (shown + rest).replace("```sh", "```")
    }

    /// The targets of its links that lead to other pages, each with the number of that page.
    pub(crate) fn links(&self) -> Vec<(&'static str, usize)> {
        let mut links = vec![];
        let mut rest = self.text;
        while let Some(link) = Link::first_in(rest) {
            links.extend(self.linked(link.target).map(|page| (link.target, page)));
            rest = &rest[link.end..];
        }
        links
    }

    /// The page to which a link leads.
    fn linked(&self, target: &str) -> Option<usize> {
        let file = target.split('#').next().filter(|file| !file.is_empty())?;
        let path = normal(&Path::new(self.path).parent()?.join(file));
        PAGES.iter().position(|page| path == page.path)
    }
}

/// The guide while it is open.
#[derive(Debug, Default)]
pub(crate) struct OpenGuide {
    page: usize,
    text: String,
    layout: CommonMarkCache,
}

impl OpenGuide {
    /// Opens it at its first page.
    pub(crate) fn new() -> Self {
        let mut guide = Self::default();
        guide.turn_to(0);
        guide
    }

    /// The number of the page that is open.
    pub(crate) fn page(&self) -> usize {
        self.page
    }

    /// What is to be shown of it, and where its layout is kept from frame to frame.
    pub(crate) fn shown(&mut self) -> (&mut CommonMarkCache, &str) {
        (&mut self.layout, &self.text)
    }

    /// Opens another page.
    pub(crate) fn turn_to(&mut self, page: usize) {
        self.page = page;
        self.text = PAGES[page].shown();
        self.layout = CommonMarkCache::default();
        for (target, _) in PAGES[page].links() {
            self.layout.add_link_hook(target);
        }
    }

    /// The page whose link was clicked in this frame.
    pub(crate) fn followed(&self) -> Option<usize> {
        let clicked = |target: &str| self.layout.get_link_hook(target) == Some(true);
        PAGES[self.page].links().into_iter().find(|(target, _)| clicked(target)).map(|(_, page)| page)
    }
}

/// `[words](target)` in a text; a picture is one with an exclamation mark, and is none of ours.
struct Link<'a> {
    words: &'a str,
    target: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Link<'a> {
    fn first_in(text: &'a str) -> Option<Self> {
        let mut from = 0;
        loop {
            let middle = from + text[from..].find("](")?;
            let words = text[..middle].rfind('[');
            let length = text[middle..].find(')');
            match words.zip(length) {
                Some((start, length)) if !text[start..middle].contains("\n\n") => {
                    let (words, target) = (&text[start + 1..middle], &text[middle + 2..middle + length]);
                    return Some(Self { words, target, start, end: middle + length + 1 });
                }
                _ => from = middle + 2,
            }
        }
    }
}

/// A relative path without `..`, with slashes.
fn normal(path: &Path) -> String {
    let mut parts: Vec<&str> = vec![];
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(name) => parts.extend(name.to_str()),
            _ => {}
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_titles_and_lead_to_each_other() {
        for page in &PAGES {
            assert_ne!(page.title(), page.path, "{} has no heading", page.path);
        }
        let first: Vec<usize> = PAGES[0].links().into_iter().map(|(_, page)| page).collect();
        let listed = (1..PAGES.len()).filter(|page| PAGES[*page].listed);
        assert!(listed.into_iter().all(|page| first.contains(&page)), "the first page names every page of the list");
    }

    #[test]
    fn what_leads_out_of_the_guide_is_only_its_words() {
        let page = GuidePage {
            path: "player/docs/a.md",
            text: "See [the ladder](../../samples/ladders), [Watch](watch.md#keys) and [RFC](https://a.example/b).",
            listed: true,
        };
        assert_eq!(page.shown(), "See the ladder, [Watch](watch.md#keys) and [RFC](https://a.example/b).");
        assert_eq!(page.links(), [("watch.md#keys", 1)]);
    }
}
