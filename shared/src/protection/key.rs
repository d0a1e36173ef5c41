//! Content keys and their names, as people write them. A key is shown nowhere: neither by its type nor by an error.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most keys of one file: a service has some for each film, not for each viewer.
const MOST_KEYS: usize = 4096;

/// `KID`, the public name of a key. Its `Display` is 32 hexadecimal digits, as they are typed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    /// With the hyphens of a UUID (RFC 9562 4), as `cenc:default_KID` has it (ISO/IEC 23001-7 11.2).
    pub fn uuid(&self) -> String {
        let digits = self.to_string();
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

/// Hexadecimal digits, with or without `0x`, or a UUID.
impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        sixteen(text).map(Self).ok_or(KeyError::Id)
    }
}

/// A key of AES-128. Whoever wants to see it must take it apart: it has no `Display`, and `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// Hexadecimal digits, with or without `0x`.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        sixteen(text).map(Self).ok_or(KeyError::Key)
    }
}

/// What a key is for. Without a label it is for everything that no other key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// All sound.
    Audio,
    /// Pictures of up to 576 lines.
    Sd,
    /// Pictures of up to 1080 lines that are not [`Sd`](Self::Sd).
    Hd,
    /// Larger pictures.
    Uhd,
}

impl Label {
    const ALL: [(Label, &'static str); 4] =
        [(Self::Audio, "AUDIO"), (Self::Sd, "SD"), (Self::Hd, "HD"), (Self::Uhd, "UHD")];

    /// The label of pictures with this many lines.
    pub fn of_lines(lines: u32) -> Self {
        match lines {
            0..=576 => Self::Sd,
            577..=1080 => Self::Hd,
            _ => Self::Uhd,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(label, _)| label == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Label {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let found = Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text));
        found.map(|(label, _)| *label).ok_or(KeyError::Label)
    }
}

/// A key with its name and its purpose: `KID:KEY[:LABEL]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentKey {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: Key,
    /// What it is for, when there are several.
    pub label: Option<Label>,
}

impl FromStr for ContentKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.trim().splitn(3, ':').map(str::trim);
        let id = parts.next().unwrap_or_default();
        let key = parts.next().ok_or(KeyError::Form)?;
        let label = parts.next().map(str::parse).transpose()?;
        Ok(Self { id: id.parse()?, key: key.parse()?, label })
    }
}

impl ContentKey {
    /// The keys of a file, one a line; empty lines and those that begin with `#` are none.
    ///
    /// # Errors
    /// The first line that is wrong, and a file without a key.
    pub fn read_lines(text: &str) -> Result<Vec<Self>, KeyFileError> {
        let mut keys = vec![];
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if keys.len() == MOST_KEYS {
                return Err(KeyFileError::TooMany);
            }
            keys.push(line.parse().map_err(|problem| KeyFileError::Line { number, problem })?);
        }
        if keys.is_empty() { Err(KeyFileError::Empty) } else { Ok(keys) }
    }
}

/// Why a text is no key. What was typed is not repeated: it may be most of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No colon.
    #[error("a key is written KID:KEY or KID:KEY:LABEL")]
    Form,
    /// The part before the first colon.
    #[error("the key id (before the colon) must be 32 hexadecimal digits or a UUID")]
    Id,
    /// The part behind it.
    #[error("the key (behind the key id) must be 32 hexadecimal digits")]
    Key,
    /// The part behind the second.
    #[error("the label of a key is one of AUDIO, SD, HD, UHD")]
    Label,
}

/// What is wrong with a file of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// With the line, from 1.
    #[error("line {number}: {problem}")]
    Line {
        /// From 1.
        number: usize,
        /// What is wrong with it.
        problem: KeyError,
    },
    /// Nothing but comments.
    #[error("it holds no key: one a line is expected, as KID:KEY")]
    Empty,
    /// More than any service has.
    #[error("it holds more than {MOST_KEYS} keys")]
    TooMany,
}

/// 32 hexadecimal digits, with `0x` before them, or with the hyphens of a UUID at their four places.
fn sixteen(text: &str) -> Option<[u8; 16]> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let is_uuid = digits.len() == 36 && digits.bytes().enumerate().all(|(at, byte)| is_hyphen(at) == (byte == b'-'));
    let digits: Vec<u8> = digits.bytes().filter(|&byte| !(is_uuid && byte == b'-')).collect();
    let values: Option<Vec<u8>> = digits.iter().map(|&digit| Some(char::from(digit).to_digit(16)? as u8)).collect();
    let bytes: Vec<u8> = values?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    if digits.len() == 32 { bytes.try_into().ok() } else { None }
}

fn is_hyphen(at: usize) -> bool {
    matches!(at, 8 | 13 | 18 | 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00112233445566778899aabbccddeeff";
    const SECRET: &str = "deadbeefdeadbeefdeadbeefdeadbeef";

    #[test]
    fn ids_in_all_their_forms() {
        let id: KeyId = ID.parse().unwrap();
        assert_eq!(id.uuid(), "00112233-4455-6677-8899-aabbccddeeff");
        for form in [id.uuid(), id.uuid().to_uppercase(), format!("0x{ID}"), format!("0X{}", ID.to_uppercase())] {
            assert_eq!(form.parse(), Ok(id), "{form}");
        }
        let wrong = ["", "0x", &ID[1..], &format!("{ID}0"), "0011223344556677-8899-aabb-ccdd-eeff", &"é".repeat(16)];
        for form in wrong {
            assert_eq!(form.parse::<KeyId>(), Err(KeyError::Id), "{form}");
        }
    }

    #[test]
    fn keys_with_and_without_a_label() {
        let key: ContentKey = format!(" {ID}:{SECRET}:hd ").parse().unwrap();
        assert_eq!(
            (key.id.to_string().as_str(), key.key, key.label),
            (ID, Key([0xde, 0xad, 0xbe, 0xef].repeat(4).try_into().unwrap()), Some(Label::Hd))
        );
        assert_eq!(format!("{ID}:{SECRET}").parse::<ContentKey>().map(|key| key.label), Ok(None));
        let wrong = [(ID, KeyError::Form), ("x:y", KeyError::Id), (&format!("{ID}:{SECRET}0"), KeyError::Key)];
        for (text, expected) in wrong {
            assert_eq!(text.parse::<ContentKey>(), Err(expected));
        }
        assert_eq!(format!("{ID}:{SECRET}:4K").parse::<ContentKey>(), Err(KeyError::Label));
    }

    #[test]
    fn files_of_keys() {
        let text = format!("\u{feff}# films\r\n\r\n{ID}:{SECRET}\r\n {ID}:{SECRET}:AUDIO\n");
        let labels: Vec<_> = ContentKey::read_lines(&text).unwrap().into_iter().map(|key| key.label).collect();
        assert_eq!(labels, [None, Some(Label::Audio)]);
        let error = ContentKey::read_lines(&format!("{text}{ID}:{SECRET}x")).unwrap_err();
        assert_eq!(error, KeyFileError::Line { number: 5, problem: KeyError::Key });
        assert_eq!(ContentKey::read_lines("# none"), Err(KeyFileError::Empty));
        let many = format!("{ID}:{SECRET}\n").repeat(MOST_KEYS + 1);
        assert_eq!(ContentKey::read_lines(&many), Err(KeyFileError::TooMany));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key: ContentKey = format!("{ID}:{SECRET}").parse().unwrap();
        assert!(!format!("{key:?}").contains("dead") && format!("{key:?}").contains(ID));
        let error = format!("{ID}:{SECRET}{SECRET}").parse::<ContentKey>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("dead"));
    }

    #[test]
    fn labels_by_lines() {
        let labels = [240, 576, 577, 1080, 1081].map(Label::of_lines);
        assert_eq!(labels, [Label::Sd, Label::Sd, Label::Hd, Label::Hd, Label::Uhd]);
    }
}
