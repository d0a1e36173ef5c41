//! Writing boxes. Calls nest as the boxes do; the size of a box is filled in when it is closed.

/// Appends a box of `kind` to `out`; `body` appends what is in it.
///
/// For boxes below 4 GiB: the 64-bit size is not written. The writers of `mdat` keep segments below that.
pub fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(kind);
    body(out);
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// A box that starts with `version` and 24 bits of `flags`.
pub fn full(out: &mut Vec<u8>, kind: &[u8; 4], version: u8, flags: u32, body: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        put_u32(out, u32::from(version) << 24 | flags & 0x00ff_ffff);
        body(out);
    });
}

/// `ftyp` or `styp` with `major` first among the compatible brands.
pub fn brands(out: &mut Vec<u8>, kind: &[u8; 4], major: &[u8; 4], others: &[&[u8; 4]]) {
    boxed(out, kind, |out| {
        out.extend_from_slice(major);
        put_u32(out, 0);
        out.extend_from_slice(major);
        for brand in others {
            out.extend_from_slice(*brand);
        }
    });
}

/// 16 bits, big-endian.
pub fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// 32 bits, big-endian.
pub fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// 64 bits, big-endian.
pub fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}
