//! Elements of EBML (RFC 8794): an ID, a size, content. They are read as one flat stream. Elements whose size may be
//! unknown (Segment, Cluster) are entered instead of skipped, so that their size is not needed.

/// IDs with their marker bits (RFC 9559 5.1).
pub(crate) mod id {
    pub(crate) const EBML: u32 = 0x1A45_DFA3;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const INFO: u32 = 0x1549_A966;
    pub(crate) const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
    pub(crate) const DURATION: u32 = 0x4489;
    pub(crate) const TRACKS: u32 = 0x1654_AE6B;
    pub(crate) const TRACK_ENTRY: u32 = 0xAE;
    pub(crate) const TRACK_NUMBER: u32 = 0xD7;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const CODEC_ID: u32 = 0x86;
    pub(crate) const CODEC_PRIVATE: u32 = 0x63A2;
    pub(crate) const CODEC_DELAY: u32 = 0x56AA;
    pub(crate) const DEFAULT_DURATION: u32 = 0x0023_E383;
    pub(crate) const LANGUAGE: u32 = 0x0022_B59C;
    pub(crate) const VIDEO: u32 = 0xE0;
    pub(crate) const PIXEL_WIDTH: u32 = 0xB0;
    pub(crate) const PIXEL_HEIGHT: u32 = 0xBA;
    pub(crate) const PIXEL_CROP_LEFT: u32 = 0x54CC;
    pub(crate) const PIXEL_CROP_TOP: u32 = 0x54BB;
    pub(crate) const PIXEL_CROP_RIGHT: u32 = 0x54DD;
    pub(crate) const PIXEL_CROP_BOTTOM: u32 = 0x54AA;
    pub(crate) const DISPLAY_WIDTH: u32 = 0x54B0;
    pub(crate) const DISPLAY_HEIGHT: u32 = 0x54BA;
    pub(crate) const DISPLAY_UNIT: u32 = 0x54B2;
    pub(crate) const AUDIO: u32 = 0xE1;
    pub(crate) const SAMPLING_FREQUENCY: u32 = 0xB5;
    pub(crate) const CHANNELS: u32 = 0x9F;
    pub(crate) const CONTENT_ENCRYPTION: u32 = 0x5035;
    pub(crate) const CONTENT_ENCODINGS: u32 = 0x6D80;
    pub(crate) const CONTENT_ENCODING: u32 = 0x6240;
    pub(crate) const CLUSTER: u32 = 0x1F43_B675;
    pub(crate) const TIMESTAMP: u32 = 0xE7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xA3;
    pub(crate) const BLOCK_GROUP: u32 = 0xA0;
    pub(crate) const BLOCK: u32 = 0xA1;
    pub(crate) const BLOCK_DURATION: u32 = 0x9B;
    pub(crate) const REFERENCE_BLOCK: u32 = 0xFB;
    pub(crate) const CUES: u32 = 0x1C53_BB6B;
    pub(crate) const CUE_POINT: u32 = 0xBB;
    pub(crate) const CUE_TIME: u32 = 0xB3;
    pub(crate) const CUE_TRACK_POSITIONS: u32 = 0xB7;
    pub(crate) const CUE_CLUSTER_POSITION: u32 = 0xF1;
}

/// An element. One of `entered` shows only what of it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EbmlElement<'a> {
    pub(super) id: u32,
    /// Where its content begins in the bytes that were handed in.
    pub(super) start: usize,
    /// Size of the content, if it is stated.
    pub(super) size: Option<u64>,
    /// The content, or as much of it as there is.
    pub(super) data: &'a [u8],
}

impl EbmlElement<'_> {
    /// A number of at most 8 bytes; `None` for longer ones.
    pub(super) fn uint(&self) -> Option<u64> {
        (self.data.len() <= 8).then(|| self.data.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// Single or double precision; nothing else is a float in EBML.
    pub(super) fn float(&self) -> Option<f64> {
        match self.data.len() {
            4 => Some(f64::from(f32::from_be_bytes(self.data.try_into().ok()?))),
            8 => Some(f64::from_be_bytes(self.data.try_into().ok()?)),
            _ => None,
        }
    }

    /// ASCII or UTF-8; what stands behind a zero byte is padding.
    pub(super) fn text(&self) -> String {
        let end = self.data.iter().position(|byte| *byte == 0).unwrap_or(self.data.len());
        String::from_utf8_lossy(&self.data[..end]).into_owned()
    }
}

/// Walks over `data`. Of the elements in `entered` the content follows as elements of the same stream. Ends silently
/// where the bytes do: what is cut off is not an element.
pub(super) fn walk<'a>(data: &'a [u8], entered: &'static [u32]) -> Walk<'a> {
    Walk { data, at: 0, entered }
}

pub(super) struct Walk<'a> {
    data: &'a [u8],
    at: usize,
    entered: &'static [u32],
}

impl<'a> Iterator for Walk<'a> {
    type Item = EbmlElement<'a>;

    fn next(&mut self) -> Option<EbmlElement<'a>> {
        let rest = self.data.get(self.at..)?;
        let ElementHeader { id, size, length } = header(rest)?;
        let start = self.at + length;
        let there = self.data.get(start..)?;
        let stated = size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let enter = self.entered.contains(&id);
        if !enter && stated.is_none_or(|stated| stated > there.len()) {
            return None;
        }
        let data = &there[..stated.unwrap_or(usize::MAX).min(there.len())];
        self.at = if enter { start } else { start + data.len() };
        Some(EbmlElement { id, start, size, data })
    }
}

/// What stands before the content of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ElementHeader {
    pub(crate) id: u32,
    /// Bytes of the content; `None` when it is unknown.
    pub(crate) size: Option<u64>,
    /// Bytes of the header itself.
    pub(crate) length: usize,
}

/// The longest header: an ID of 4 bytes and a size of 8.
pub(crate) const LONGEST_HEADER: usize = 12;

/// The header with which `bytes` begin; `None` when it is cut off or none.
pub(crate) fn header(bytes: &[u8]) -> Option<ElementHeader> {
    let (id, id_length) = vint(bytes, 4, true)?;
    let (size, size_length) = vint(bytes.get(id_length..)?, 8, false)?;
    let unknown = size == (1 << (7 * size_length)) - 1;
    Some(ElementHeader { id: id as u32, size: (!unknown).then_some(size), length: id_length + size_length })
}

/// A number of variable length and how many bytes it takes (RFC 8794 4); with its marker bit if it is an ID.
pub(super) fn vint(bytes: &[u8], longest: usize, marked: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > longest {
        return None;
    }
    let value = bytes.get(..length)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let marker = 1_u64 << (7 * length);
    Some((if marked { value } else { value & (marker - 1) }, length))
}
