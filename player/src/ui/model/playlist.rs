//! Several addresses, one after the other.

/// What was named on the command line, and which of it is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Playlist {
    addresses: Vec<String>,
    here: usize,
}

impl Playlist {
    /// Begins with the first.
    pub(crate) fn new(addresses: Vec<String>) -> Self {
        Self { addresses, here: 0 }
    }

    /// The address so many further on.
    pub(crate) fn at(&self, by: isize) -> Option<&str> {
        let to = self.here.checked_add_signed(by)?;
        self.addresses.get(to).map(String::as_str)
    }

    /// Goes to the address so many further on, if there is one.
    pub(crate) fn go(&mut self, by: isize) -> Option<String> {
        let address = self.at(by)?.to_owned();
        self.here = self.here.checked_add_signed(by)?;
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_until_the_end_and_back_to_the_start() {
        let mut list = Playlist::new(vec!["a".into(), "b".into()]);
        assert_eq!((list.at(-1), list.at(1)), (None, Some("b")));
        assert_eq!((list.go(1).as_deref(), list.go(1).as_deref()), (Some("b"), None));
        assert_eq!((list.go(-1).as_deref(), list.go(-1)), (Some("a"), None));
        assert_eq!(Playlist::default().at(0), None);
    }
}
