//! What was typed of protection. A key is never repeated in a message: it may be a real one with a typing error.

use super::{KeyRing, ProtectionWishes, Scheme, System};
use crate::error::PackagerError;
use clap::Args;
use shared::protection::{ContentKey, KeyFileError};
use std::fs;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// A file of keys is not longer than this.
const MOST_BYTES: u64 = 1 << 20;

/// The options of `package`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Encryption")]
pub struct ProtectionArgs {
    /// Encrypt with this key, hexadecimal: for everything, or for AUDIO, SD (to 576 lines), HD (to 1080) or UHD alone.
    /// @FILE has one a line
    #[arg(long, value_name = "KID:KEY[:LABEL]|@FILE")]
    key: Vec<String>,
    /// The way of encryption
    #[arg(long, value_enum, default_value = "cenc", requires = "key")]
    scheme: Scheme,
    /// Leave segments clear that begin in the first so many seconds
    #[arg(long, value_name = "S", requires = "key", allow_negative_numbers = true, value_parser = clear_lead)]
    clear_lead: Option<f64>,
    /// Where players get ClearKey licences
    #[arg(long, value_name = "URL", requires = "key", value_parser = license_url)]
    license_url: Option<String>,
    /// Tell these licence systems of the keys
    #[arg(long, value_name = "SYSTEM,…", value_enum, value_delimiter = ',', requires = "key")]
    pssh: Vec<System>,
}

impl ProtectionArgs {
    /// What they mean; `None` without a key.
    ///
    /// # Errors
    /// 2 when they make no sense, 3 when a file of keys cannot be read.
    pub fn wishes(&self) -> Result<Option<ProtectionWishes>, PackagerError> {
        if self.key.is_empty() {
            return Ok(None);
        }
        let mut systems = self.pssh.clone();
        systems.dedup();
        if systems.contains(&System::FairPlay) && self.scheme != Scheme::Cbcs {
            return Err(PackagerError::usage("--pssh fairplay needs --scheme cbcs: FairPlay knows no other"));
        }
        Ok(Some(ProtectionWishes {
            keys: KeyRing::new(read_keys(&self.key)?)?,
            scheme: self.scheme,
            clear_lead: Duration::from_secs_f64(self.clear_lead.unwrap_or(0.0)),
            license_url: self.license_url.clone(),
            systems,
        }))
    }
}

/// The keys that `--key` names, each by itself or in a file.
///
/// # Errors
/// 2 for what is no key, 3 when a file cannot be read.
pub fn read_keys(typed: &[String]) -> Result<Vec<ContentKey>, PackagerError> {
    let mut keys = vec![];
    for (number, text) in (1..).zip(typed) {
        match text.strip_prefix('@') {
            Some(file) => keys.extend(of_file(Path::new(file))?),
            None => {
                let wrong = |problem| PackagerError::usage(format!("--key number {number}: {problem}"));
                keys.push(text.parse().map_err(wrong)?);
            }
        }
    }
    Ok(keys)
}

fn of_file(file: &Path) -> Result<Vec<ContentKey>, PackagerError> {
    let unreadable = |error: &std::io::Error| PackagerError::input(file, error);
    let opened = fs::File::open(file).map_err(|e| unreadable(&e))?;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::Read::take(opened, MOST_BYTES), &mut text)
        .map_err(|e| unreadable(&e))?;
    let wrong = |problem: KeyFileError| PackagerError::usage(format!("{}: {problem}", file.display()));
    ContentKey::read_lines(&text).map_err(wrong)
}

/// Nothing to a day.
fn clear_lead(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=86_400.0).contains(&seconds) { Ok(seconds) } else { Err("must be between 0 and 86400".into()) }
}

fn license_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(text.to_owned())
    } else {
        Err("must be http:// or https://".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff:000102030405060708090a0b0c0d0e0f";

    fn message(typed: &[&str]) -> (u8, String) {
        let typed: Vec<String> = typed.iter().map(|text| (*text).to_owned()).collect();
        let error = read_keys(&typed).unwrap_err();
        (error.exit as u8, error.message)
    }

    #[test]
    fn what_is_no_key_is_told_by_its_number_and_not_repeated() {
        let (exit, said) = message(&[KEY, &format!("{KEY}00")]);
        assert!(exit == 2 && said.starts_with("--key number 2: ") && !said.contains("0001"), "{said}");
        assert_eq!(message(&["@/nowhere/keys"]).0, 3);
    }

    #[test]
    fn a_file_has_keys_in_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        let named = format!("@{}", file.display());
        fs::write(&file, format!("# of the film\n{KEY}\n\n{KEY}:AUDIO\n")).unwrap();
        assert_eq!(read_keys(std::slice::from_ref(&named)).unwrap().len(), 2);
        fs::write(&file, "# of the film\nnonsense\n").unwrap();
        let (exit, said) = message(&[&named]);
        assert!(exit == 2 && said.contains("line 2: "), "{said}");
    }

    #[test]
    fn licences_come_over_http() {
        assert!(license_url("https://licences.example/clearkey?a=b").is_ok());
        assert!(["licences.example", "/clearkey", "ftp://a/b", "skd://x"].iter().all(|bad| license_url(bad).is_err()));
    }
}
