//! Common encryption (ISO/IEC 23001-7): keys and their names, schemes, and what boxes say of
//! encryption, and samples in the clear again. Pure.
//! Not here: where keys come from, and what a manifest says of protection.

mod arguments;
pub mod clear_key;
mod cleared;
mod decrypt;
mod encryption;
mod fragment;
pub(crate) mod groups;
mod key;
mod pssh;
mod scheme;

pub use arguments::KeyArguments;
pub use cleared::{Locked, clear};
pub use decrypt::{SampleEncryption, Subsample, TooShort, decrypt, encrypt};
pub use encryption::{Encryption, Pattern};
pub use fragment::{key_ids, of_samples};
pub use key::{ContentKey, Key, KeyError, KeyFileError, KeyId, Label};
pub use pssh::{Pssh, SystemId};
pub use scheme::{Cipher, Scheme};
