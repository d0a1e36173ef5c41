//! Patterns for paths: `*` is any run of characters, slashes too, `?` is one character.

/// Whether the whole of `text` fits `pattern`. Linear in the text for each star: the last star is the only one that
/// ever needs to be widened.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut widen) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                widen = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut widen {
                Some((after_star, from)) => {
                    *from += 1;
                    p = *after_star;
                    t = *from;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        let fits = [("*/2.m4s", "v/720/2.m4s"), ("*", ""), ("a?c*", "abc"), ("*.m4s", "a.m4s.m4s"), ("a**b", "a/x/b")];
        let misses = [("*/2.m4s", "v/12.m4s"), ("", "a"), ("a?", "a"), ("*.mpd", "a.mpd.bak"), ("abc", "ab")];
        for (pattern, text) in fits {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in misses {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
