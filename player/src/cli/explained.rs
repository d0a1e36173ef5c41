//! What stands below the flags in a help: the policies with their sources, and the words of tables and windows.

use player_core::abr::POLICIES;
use player_core::words::{MEASURES, THINGS};

/// Where the meanings begin, and where a terminal ends.
const INDENT: usize = 19;
const WIDTH: usize = 100;

/// As lines for a terminal.
pub(super) fn explained() -> String {
    let policies = POLICIES.iter().map(|known| entry(known.name, &format!("{} ({})", known.explanation, known.source)));
    let words = THINGS.iter().chain(&MEASURES).map(|word| entry(word.word, word.meaning));
    format!("Policies:\n{}\nWords:\n{}", policies.collect::<String>(), words.collect::<String>())
}

/// A word, and its meaning in as many lines as it takes.
fn entry(word: &str, meaning: &str) -> String {
    let mut text = format!("  {word:<width$}", width = INDENT - 2);
    let mut column = INDENT;
    for part in meaning.split(' ') {
        let length = part.chars().count();
        if column + length > WIDTH {
            text = format!("{}\n{:INDENT$}", text.trim_end(), "");
            column = INDENT;
        }
        text += part;
        text.push(' ');
        column += length + 1;
    }
    text.trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_a_terminal_and_no_word_is_lost() {
        let text = explained();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let long = "word ".repeat(60);
        assert_eq!(words(&entry("long", &long))[1..], words(&long));
    }
}
