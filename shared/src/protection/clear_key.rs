//! Licences of ClearKey as JSON (W3C Encrypted Media Extensions 9.1): what is asked and what is answered. Keys are written in
//! base64url without padding; readers take the other forms, too, which many servers send.

use super::{ContentKey, Key, KeyId};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

/// The most bytes of a request and of an answer.
pub const MAX_BODY: usize = 64 << 10;
/// The most keys of one.
const MOST: usize = 512;

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Serialize, Deserialize)]
struct Asked {
    kids: Vec<String>,
    #[serde(rename = "type", default = "temporary")]
    session: String,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    keys: Vec<WebKey>,
    #[serde(rename = "type", default = "temporary")]
    session: String,
}

/// A symmetric key (RFC 7517, RFC 7518 6.4).
#[derive(Serialize, Deserialize)]
struct WebKey {
    #[serde(default = "oct")]
    kty: String,
    kid: String,
    k: String,
}

fn temporary() -> String {
    "temporary".to_owned()
}

fn oct() -> String {
    "oct".to_owned()
}

/// The body of a request for these keys.
pub fn request(ids: &[KeyId]) -> String {
    let kids = ids.iter().map(|id| BASE64URL.encode(id.0)).collect();
    serde_json::to_string(&Asked { kids, session: temporary() }).unwrap_or_default()
}

/// Which keys are asked for.
///
/// # Errors
/// In words, when the body is no such request. What it holds is not repeated.
pub fn read_request(body: &[u8]) -> Result<Vec<KeyId>, &'static str> {
    let asked: Asked =
        serde_json::from_slice(body).map_err(|_| "expected {\"kids\": [...], \"type\": \"temporary\"}")?;
    if asked.kids.is_empty() || asked.kids.len() > MOST {
        return Err("`kids` must name between 1 and 512 keys");
    }
    let ids: Option<Vec<KeyId>> = asked.kids.iter().map(|kid| sixteen(kid).map(KeyId)).collect();
    ids.ok_or("a key id must be 16 bytes in base64url")
}

/// The body of an answer with these keys.
pub fn answer(keys: &[ContentKey]) -> String {
    let web = |key: &ContentKey| WebKey { kty: oct(), kid: BASE64URL.encode(key.id.0), k: BASE64URL.encode(key.key.0) };
    let answer = Answer { keys: keys.iter().map(web).collect(), session: temporary() };
    serde_json::to_string(&answer).unwrap_or_default()
}

/// The keys of an answer.
///
/// # Errors
/// In words, when the body is no such answer. What it holds is not repeated.
pub fn read_answer(body: &[u8]) -> Result<Vec<ContentKey>, &'static str> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| "the answer is no ClearKey licence")?;
    let oct = answer.keys.iter().filter(|key| key.kty == "oct").take(MOST);
    let keys: Option<Vec<ContentKey>> = oct.map(read_key).collect();
    keys.ok_or("a key of the ClearKey licence is not 16 bytes in base64url")
}

fn read_key(web: &WebKey) -> Option<ContentKey> {
    Some(ContentKey { id: KeyId(sixteen(&web.kid)?), key: Key(sixteen(&web.k)?), label: None })
}

/// Some servers take base64 for base64url, and some pad it.
fn sixteen(text: &str) -> Option<[u8; 16]> {
    let url_safe = text.trim().replace('+', "-").replace('/', "_");
    BASE64URL.decode(url_safe).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: KeyId = KeyId([0xfb; 16]);
    const KEY: ContentKey = ContentKey { id: ID, key: Key([0xff; 16]), label: None };

    #[test]
    fn requests_and_answers_are_as_browsers_write_them() {
        let asked = r#"{"kids":["-_v7-_v7-_v7-_v7-_v7-w"],"type":"temporary"}"#;
        assert_eq!(request(&[ID]), asked);
        assert_eq!(read_request(asked.as_bytes()), Ok(vec![ID]));
        let answered = r#"{"keys":[{"kty":"oct","kid":"-_v7-_v7-_v7-_v7-_v7-w","k":"_____________________w"}],"type":"temporary"}"#;
        assert_eq!(answer(&[KEY]), answered);
        assert_eq!(read_answer(answered.as_bytes()), Ok(vec![KEY]));
    }

    #[test]
    fn other_forms_of_base64_and_missing_types_are_taken() {
        let answered = r#"{"keys":[{"kid":"+/v7+/v7+/v7+/v7+/v7+w==","k":"/////////////////////w==","alg":"A128KW"}]}"#;
        assert_eq!(read_answer(answered.as_bytes()), Ok(vec![KEY]));
        assert_eq!(read_request(br#"{"kids":["+/v7+/v7+/v7+/v7+/v7+w=="]}"#), Ok(vec![ID]));
    }

    #[test]
    fn everything_else_is_an_error_that_shows_nothing() {
        let many = format!(r#"{{"kids":[{}"AA"]}}"#, r#""-_v7-_v7-_v7-_v7-_v7-w","#.repeat(MOST));
        for bad in ["", "[]", "{}", r#"{"kids":[]}"#, r#"{"kids":["AAAA"]}"#, r#"{"kids":[7]}"#, &many] {
            assert!(read_request(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in ["<html>", "{}", r#"{"keys":[{"kid":"-_v7-_v7-_v7-_v7-_v7-w","k":"secret"}]}"#] {
            assert!(!read_answer(bad.as_bytes()).unwrap_err().contains("secret"), "{bad}");
        }
        assert_eq!(read_answer(br#"{"keys":[]}"#), Ok(vec![]));
    }
}
