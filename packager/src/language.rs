//! Languages as containers spell them (ISO 639-2, both kinds) to the shortest tag, as BCP 47 wants it in a manifest.

const SHORT: [(&str, &str); 44] = [
    ("ara", "ar"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cze", "cs"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ger", "de"),
    ("ell", "el"),
    ("gre", "el"),
    ("eng", "en"),
    ("spa", "es"),
    ("est", "et"),
    ("fas", "fa"),
    ("per", "fa"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("ind", "id"),
    ("isl", "is"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("nld", "nl"),
    ("dut", "nl"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("rus", "ru"),
    ("slk", "sk"),
    ("swe", "sv"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("zho", "zh"),
    ("chi", "zh"),
];

/// The BCP 47 tag, or `None` for what is no language.
pub fn tag(language: &str) -> Option<String> {
    let language = language.to_ascii_lowercase();
    let plain = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    let unknown = ["und", "mis", "zxx", "mul"].contains(&language.as_str());
    (plain && !unknown)
        .then(|| SHORT.iter().find(|(long, _)| *long == language).map_or(language, |(_, short)| (*short).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn tags_are_short_and_nonsense_is_none() {
        assert_eq!(tag("ENG").as_deref(), Some("en"));
        assert_eq!(tag("gsw").as_deref(), Some("gsw"));
        assert_eq!((tag("und"), tag("x\u{0}y"), tag("")), (None, None, None));
    }
}
