//! Boxes as an owned tree that can be edited. What is not edited is written as it was read, byte for byte, unknown boxes
//! included.

use super::write::boxed;
use super::{BmffError, BoxRef, FourCc, walk};

/// Boxes that hold nothing but boxes, and that we descend into.
const CONTAINERS: [&[u8; 4]; 11] =
    [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"edts", b"moof", b"traf", b"mfra"];
/// `moov/trak/mdia/minf/stbl` is five deep; nothing real is deeper.
const MAX_DEPTH: usize = 8;

/// A box with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxNode {
    /// The type.
    pub kind: FourCc,
    /// What is in it.
    pub content: BoxContent,
}

/// The inside of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoxContent {
    /// Not looked into.
    Bytes(Vec<u8>),
    /// Boxes.
    Children(Vec<BoxNode>),
}

/// The boxes of `data` as trees.
pub fn parse(data: &[u8]) -> Result<Vec<BoxNode>, BmffError> {
    walk::boxes(data).map(|found| BoxNode::from_box(&found?, 0)).collect()
}

/// The boxes one after the other.
pub fn to_bytes(nodes: &[BoxNode]) -> Vec<u8> {
    let mut out = vec![];
    for node in nodes {
        node.write(&mut out);
    }
    out
}

impl BoxNode {
    /// A box of `kind` that is not looked into.
    pub fn leaf(kind: &[u8; 4], body: Vec<u8>) -> Self {
        Self { kind: FourCc(*kind), content: BoxContent::Bytes(body) }
    }

    /// A box of boxes.
    pub fn container(kind: &[u8; 4], children: Vec<BoxNode>) -> Self {
        Self { kind: FourCc(*kind), content: BoxContent::Children(children) }
    }

    fn from_box(found: &BoxRef<'_>, depth: usize) -> Result<Self, BmffError> {
        let descend = depth < MAX_DEPTH && CONTAINERS.iter().any(|kind| found.kind == **kind);
        let content = if descend {
            BoxContent::Children(
                found.children().map(|child| Self::from_box(&child?, depth + 1)).collect::<Result<_, _>>()?,
            )
        } else {
            BoxContent::Bytes(found.body.to_vec())
        };
        Ok(Self { kind: found.kind, content })
    }

    /// Appends the box.
    pub fn write(&self, out: &mut Vec<u8>) {
        boxed(out, &self.kind.0, |out| match &self.content {
            BoxContent::Bytes(body) => out.extend_from_slice(body),
            BoxContent::Children(children) => {
                for child in children {
                    child.write(out);
                }
            }
        });
    }

    /// Its boxes; none when it was not looked into.
    pub fn children_mut(&mut self) -> Option<&mut Vec<BoxNode>> {
        match &mut self.content {
            BoxContent::Children(children) => Some(children),
            BoxContent::Bytes(_) => None,
        }
    }

    /// Its body, when it was not looked into.
    pub fn bytes_mut(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.content {
            BoxContent::Bytes(body) => Some(body),
            BoxContent::Children(_) => None,
        }
    }

    /// The box at the end of `path`, each step the first child of its kind.
    pub fn descend_mut(&mut self, path: &[&[u8; 4]]) -> Option<&mut BoxNode> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        self.children_mut()?.iter_mut().find(|child| child.kind == **first)?.descend_mut(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_boxes_survive_an_edit() {
        let moov = BoxNode::container(
            b"moov",
            vec![
                BoxNode::leaf(b"what", vec![1, 2, 3]),
                BoxNode::container(b"trak", vec![BoxNode::leaf(b"tkhd", vec![0])]),
            ],
        );
        let bytes = to_bytes(std::slice::from_ref(&moov));
        let mut read = parse(&bytes).unwrap();
        assert_eq!(read, [moov]);
        *read[0].descend_mut(&[b"trak", b"tkhd"]).unwrap().bytes_mut().unwrap() = vec![7, 7];
        let edited = to_bytes(&read);
        assert_eq!(edited.len(), bytes.len() + 1);
        assert_eq!(edited[8..19], bytes[8..19]);
    }
}
