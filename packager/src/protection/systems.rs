//! What licence systems are told of a key: the data of their `pssh` boxes. Each is the system's own format.

use super::Scheme;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use shared::protection::{KeyId, Pssh, SystemId};

/// A licence system that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum System {
    /// Google's
    Widevine,
    /// Microsoft's
    PlayReady,
    /// The W3C's list of key ids, which hls.js needs for ClearKey
    Common,
    /// Apple's: a tag in HLS and nothing else
    FairPlay,
}

/// Record types and versions of a PlayReady object.
const RIGHTS_HEADER: u16 = 1;
const HEADER_NAMESPACE: &str = "http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader";

impl System {
    /// Its number in `pssh` and in the MPD; none for that of HLS alone.
    pub fn id(self) -> Option<SystemId> {
        match self {
            Self::Widevine => Some(SystemId::WIDEVINE),
            Self::PlayReady => Some(SystemId::PLAYREADY),
            Self::Common => Some(SystemId::COMMON),
            Self::FairPlay => None,
        }
    }

    /// Its `pssh` for a track with this key.
    pub fn pssh(self, key_id: KeyId, scheme: Scheme) -> Option<Pssh> {
        let (key_ids, data) = match self {
            Self::Widevine => (vec![], widevine(key_id, scheme)),
            Self::PlayReady => (vec![], playready(key_id, scheme)),
            Self::Common => (vec![key_id], vec![]),
            Self::FairPlay => return None,
        };
        Some(Pssh { system: self.id()?, key_ids, data })
    }
}

/// A message of type `WidevinePsshData`: `key_id` (field 2, bytes) and `protection_scheme` (field 9, a number).
fn widevine(key_id: KeyId, scheme: Scheme) -> Vec<u8> {
    let mut out = vec![2 << 3 | 2, 16];
    out.extend(key_id.0);
    out.push(9 << 3);
    let mut code = scheme.name().bytes().fold(0_u32, |code, byte| code << 8 | u32::from(byte));
    while code >= 0x80 {
        out.push(code as u8 | 0x80);
        code >>= 7;
    }
    out.push(code as u8);
    out
}

/// A PlayReady object with one header, in UTF-16: of version 4.0 for counter mode, which all devices read, and of 4.3, the
/// first one that knows block chaining.
pub(crate) fn playready(key_id: KeyId, scheme: Scheme) -> Vec<u8> {
    let id = BASE64_STANDARD.encode(as_guid(key_id));
    let (version, keys) = match scheme {
        Scheme::Cenc => {
            let info = "<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO>";
            ("4.0.0.0", format!("{info}<KID>{id}</KID>"))
        }
        Scheme::Cbcs => {
            let key = format!("<KID ALGID=\"AESCBC\" VALUE=\"{id}\"></KID>");
            ("4.3.0.0", format!("<PROTECTINFO><KIDS>{key}</KIDS></PROTECTINFO>"))
        }
    };
    let head = format!("<WRMHEADER xmlns=\"{HEADER_NAMESPACE}\" version=\"{version}\">");
    let header = format!("{head}<DATA>{keys}</DATA></WRMHEADER>");
    let header: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut out = vec![];
    out.extend((header.len() as u32 + 10).to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(RIGHTS_HEADER.to_le_bytes());
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header);
    out
}

/// With the first three fields of the UUID in the byte order of Windows.
fn as_guid(key_id: KeyId) -> [u8; 16] {
    let mut guid = key_id.0;
    for field in [0..4, 4..6, 6..8] {
        guid[field].reverse();
    }
    guid
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: KeyId = KeyId(0x00112233_4455_6677_8899_aabbccddeeff_u128.to_be_bytes());

    #[test]
    fn widevine_is_told_the_key_and_the_scheme() {
        let data = widevine(ID, Scheme::Cbcs);
        assert_eq!(data[..4], [0x12, 16, 0x00, 0x11]);
        assert_eq!(data[18..], [0x48, 0xf3, 0xc6, 0x89, 0x9b, 0x06], "0x63626373 in groups of seven bits");
    }

    #[test]
    fn playready_has_the_key_in_its_own_order() {
        for (scheme, expected) in [
            (
                Scheme::Cenc,
                "version=\"4.0.0.0\"><DATA><PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO><KID>MyIRAFVEd2aImaq7zN3u/w==</KID></DATA></WRMHEADER>",
            ),
            (
                Scheme::Cbcs,
                "version=\"4.3.0.0\"><DATA><PROTECTINFO><KIDS><KID ALGID=\"AESCBC\" VALUE=\"MyIRAFVEd2aImaq7zN3u/w==\"></KID></KIDS></PROTECTINFO></DATA></WRMHEADER>",
            ),
        ] {
            let object = playready(ID, scheme);
            assert_eq!(u32::from_le_bytes(object[..4].try_into().unwrap()) as usize, object.len());
            assert_eq!(object[4..8], [1, 0, 1, 0]);
            assert_eq!(usize::from(u16::from_le_bytes([object[8], object[9]])), object.len() - 10);
            let units: Vec<u16> = object[10..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            let text = String::from_utf16(&units).unwrap();
            assert!(text.ends_with(expected), "{text}");
        }
    }

    #[test]
    fn only_what_dash_knows_has_a_box() {
        assert_eq!(System::FairPlay.pssh(ID, Scheme::Cbcs), None);
        let common = System::Common.pssh(ID, Scheme::Cenc).unwrap();
        assert_eq!((common.key_ids, common.data), (vec![ID], vec![]));
        assert_eq!(System::Widevine.pssh(ID, Scheme::Cenc).unwrap().key_ids, []);
    }
}
