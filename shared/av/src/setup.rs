//! How the decoder of a stream is to be set up, by the word of its container. Packets carry it: in recordings that were
//! joined, a stream changes its format on the way.

use ffmpeg_next as ff;

/// A copy of what the container said when the format began.
pub(crate) struct Setup {
    parameters: ff::codec::Parameters,
    /// Alpha lies beside the pictures, where ordinary decoders do not look.
    pub(crate) has_alpha: bool,
}

// SAFETY: the parameters are our own copy, which nobody changes after `of`; libavcodec reads them alone.
#[expect(unsafe_code, reason = "ffmpeg-next lets parameters be sent, but not be shared")]
unsafe impl Sync for Setup {}

impl Setup {
    pub(crate) fn of(stream: &ff::Stream<'_>, has_alpha: bool) -> Self {
        Self { parameters: stream.parameters().clone(), has_alpha }
    }

    /// For a decoder, which takes a copy.
    pub(crate) fn parameters(&self) -> ff::codec::Parameters {
        self.parameters.clone()
    }

    /// What is said to a decoder before the first packet.
    pub(crate) fn extradata(&self) -> Vec<u8> {
        // SAFETY: the parameters are our own valid copy; `extradata` is null or points to `extradata_size` bytes that
        // belong to it, and they are copied here.
        #[expect(unsafe_code, reason = "extradata has no getter")]
        unsafe {
            let raw = self.parameters.as_ptr();
            let size = usize::try_from((*raw).extradata_size).unwrap_or(0);
            if (*raw).extradata.is_null() || size == 0 {
                return vec![];
            }
            std::slice::from_raw_parts((*raw).extradata, size).to_vec()
        }
    }

    /// Whether it is that of a stream as it is now.
    pub(crate) fn is_of(&self, stream: &ff::Stream<'_>) -> bool {
        self.parameters.id() == stream.parameters().id()
    }

    /// Whether a decoder of one goes on with the other.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.parameters.id() == other.parameters.id()
    }
}
