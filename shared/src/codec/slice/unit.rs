//! The bits of a NAL unit without the bytes that keep start codes out of it (ITU-T H.264 7.3.1, ITU-T H.265 7.3.1.1).

/// A position in bits that knows to which byte of the unit it belongs. Reading past the end gives `None`.
#[derive(Clone)]
pub(super) struct UnitBits<'a> {
    unit: &'a [u8],
    /// The byte of the unit behind the current one.
    next: usize,
    /// Zero bytes before it.
    zeros: usize,
    /// The current byte, and how many of its bits have not been read.
    byte: u8,
    left: u32,
}

impl<'a> UnitBits<'a> {
    /// From byte `header` of the unit on.
    pub(super) fn new(unit: &'a [u8], header: usize) -> Self {
        Self { unit, next: header, zeros: 0, byte: 0, left: 0 }
    }

    /// Bytes of the unit up to the end of the one that the position is in.
    pub(super) fn bytes_begun(&self) -> usize {
        self.next
    }

    /// The bits of the current byte that have not been read: how many, and their value.
    pub(super) fn rest_of_byte(&self) -> (u32, u8) {
        let mask = (1_u16 << self.left) - 1;
        (self.left, self.byte & mask as u8)
    }

    /// The next bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.byte = self.next_byte()?;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.byte >> self.left & 1 == 1)
    }

    /// The next `count` bits, at most 32.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// Steps over `count` bits.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        for _ in 0..count {
            self.flag()?;
        }
        Some(())
    }

    /// An unsigned number in Exp-Golomb code (ITU-T H.264 9.1, ITU-T H.265 9.2).
    pub(super) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }

    /// The same, of a value that is no more than `most`.
    pub(super) fn up_to(&mut self, most: u32) -> Option<u32> {
        self.unsigned().filter(|value| *value <= most)
    }

    /// A signed number in Exp-Golomb code.
    pub(super) fn signed(&mut self) -> Option<i64> {
        let code = i64::from(self.unsigned()?);
        Some(if code % 2 == 1 { code / 2 + 1 } else { -(code / 2) })
    }

    fn next_byte(&mut self) -> Option<u8> {
        if self.zeros >= 2 && self.unit.get(self.next) == Some(&3) {
            self.next += 1;
            self.zeros = 0;
        }
        let byte = *self.unit.get(self.next)?;
        self.next += 1;
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_prevent_start_codes_are_stepped_over_and_counted() {
        let mut bits = UnitBits::new(&[0x65, 0, 0, 3, 1, 0, 0, 3, 0xff], 1);
        assert_eq!((bits.take(16), bits.bytes_begun()), (Some(0), 3));
        assert_eq!((bits.take(8), bits.bytes_begun()), (Some(1), 5));
        assert_eq!((bits.take(20), bits.bytes_begun()), (Some(0xf), 9));
        assert_eq!((bits.rest_of_byte(), bits.take(4), bits.take(1)), ((4, 0xf), Some(0xf), None));
        assert_eq!(bits.rest_of_byte(), (0, 0));
    }

    #[test]
    fn numbers_of_varying_length() {
        // 1, 010, 011, 00100, then -1 as 011 and 1 as 010.
        let mut bits = UnitBits::new(&[0b1010_0110, 0b0100_0110, 0b1000_0000], 0);
        assert_eq!([(); 4].map(|()| bits.unsigned()), [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!((bits.signed(), bits.signed()), (Some(-1), Some(1)));
        assert_eq!(UnitBits::new(&[0; 8], 0).unsigned(), None, "endless");
    }
}
