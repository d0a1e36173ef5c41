//! The words that players of this kind and their papers use, each in a sentence: for helps, pages and windows. One word a
//! thing, as in the code.

/// A word and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As windows, tables and summaries write it.
    pub word: &'static str,
    /// In a sentence.
    pub meaning: &'static str,
}

const fn word(word: &'static str, meaning: &'static str) -> Word {
    Word { word, meaning }
}

/// What one sees happen.
pub const THINGS: [Word; 8] = [
    word(
        "rendition",
        "one coded version of the film, such as 720p; the renditions of a film are its ladder, each is a rung of it",
    ),
    word("segment", "a few seconds of one rendition: the unit that is fetched"),
    word("buffer", "media that is fetched and not yet shown, in seconds"),
    word("estimate", "what the policy expects the network to carry"),
    word("throttle", "what holds the network back on purpose: a rate or a trace (a rate that changes with time)"),
    word("policy", "the rule that chooses the rendition of the next segment"),
    word("abandoned", "a download that was given up for a smaller one, because it would have come too late"),
    word("replaced", "a buffered segment that was fetched again in better quality"),
];

/// What a session is measured by.
pub const MEASURES: [Word; 11] = [
    word("start-up", "seconds from opening to the first picture"),
    word("stall", "playback stands still for want of media; the start and seeks do not count"),
    word(
        "avoidable stall",
        "seconds of stalls beyond those of the same session held at the lowest rendition, which nobody can avoid",
    ),
    word("rebuffering", "stalls as a part of the time of the session"),
    word("switch", "a change of the rendition on the screen"),
    word("mean rate", "the declared rate of what was shown, by the time it was shown"),
    word(
        "view",
        "what it was worth to the viewer, in per cent of the best picture throughout: less 60 s a stall, 3 s each second of it, 1 s each second of start-up, and switches (after ITU-T P.1203.3)",
    ),
    word(
        "QoE (linear)",
        "Mbit/s of the segments shown, less their changes, and the rate of the top rendition for each second of waiting (Yin et al., SIGCOMM 2015)",
    ),
    word("QoE log", "the same with the logarithm of the rate, as the eye has it"),
    word(
        "QoE norm",
        "mean logarithmic utility (0 to 1), less ten times the rebuffering, less the share of segments that switch",
    ),
    word("wasted", "bytes that were fetched and never shown"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_meaning() {
        let all: Vec<&str> = THINGS.iter().chain(&MEASURES).map(|word| word.word).collect();
        assert!(all.iter().enumerate().all(|(at, word)| !all[..at].contains(word)));
    }
}
