//! The bits of an AV1 header (4.10).

/// A position in bits. Reading past the end gives `None`.
pub(super) struct HeaderBits<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> HeaderBits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// Whole bytes up to here: behind a header, bits follow up to the end of its last byte.
    pub(super) fn bytes(&self) -> usize {
        self.at.div_ceil(8)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.data.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// `f(count)`, at most 32.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        for _ in 0..count {
            self.flag()?;
        }
        Some(())
    }

    /// `su(count)`: a signed number in two's complement.
    pub(super) fn signed(&mut self, count: u32) -> Option<i32> {
        let value = i64::from(self.take(count)?);
        let sign = 1_i64 << (count - 1);
        i32::try_from(if value & sign == 0 { value } else { value - 2 * sign }).ok()
    }

    /// `ns(values)`: one of so many values.
    pub(super) fn one_of(&mut self, values: u32) -> Option<u32> {
        let width = values.checked_ilog2()? + 1;
        let short = (1_u64 << width) - u64::from(values);
        let value = self.take(width - 1)?;
        if u64::from(value) < short {
            return Some(value);
        }
        let extra = u32::from(self.flag()?);
        u32::try_from((u64::from(value) << 1) + u64::from(extra) - short).ok()
    }

    /// `uvlc()`.
    pub(super) fn uvlc(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros < 32 { self.skip(zeros) } else { Some(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds() {
        let mut bits = HeaderBits::new(&[0b1010_1111, 0b0110_0000]);
        assert_eq!((bits.take(3), bits.signed(4), bits.bytes()), (Some(5), Some(7), 1));
        assert_eq!((bits.signed(3), bits.bytes()), (Some(-3), 2));
        assert_eq!(HeaderBits::new(&[]).flag(), None);
    }

    #[test]
    fn one_of_five_has_two_or_three_bits() {
        // 00, 01, 10, 110, 111.
        let mut bits = HeaderBits::new(&[0b0001_1011, 0b0111_0000]);
        assert_eq!([(); 5].map(|()| bits.one_of(5)), [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(bits.one_of(1), Some(0));
    }
}
