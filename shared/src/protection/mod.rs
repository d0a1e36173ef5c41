//! Common encryption (ISO/IEC 23001-7): keys and their names, schemes, and what the boxes of licence systems say. Pure.
//! Not here: where keys come from, and what a manifest says of protection.

mod key;
mod pssh;
mod scheme;

pub use key::{ContentKey, Key, KeyError, KeyFileError, KeyId, Label};
pub use pssh::{Pssh, SystemId};
pub use scheme::{Cipher, Scheme};
