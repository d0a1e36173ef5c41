//! A fake encoder: packets with valid structure and known sizes that carry their own number instead of a picture.

/// A coded packet, as encoders give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// H.264 with start codes, or something like AAC.
    pub data: Vec<u8>,
    /// In ticks.
    pub pts: i64,
    /// In ticks.
    pub dts: i64,
    /// In ticks.
    pub duration: i64,
    /// An IDR picture, or sound.
    pub key: bool,
}

/// `count` pictures of `ticks` each in decoding order: every `group`-th an IDR picture, and within a group pairs of
/// a P picture and the B picture shown before it. Picture n (in display order) carries n; a key frame has `scale`
/// times 400 bytes, the others 40 to 100 times.
pub fn fake_video(count: u32, ticks: u32, group: u32, scale: u32) -> Vec<Coded> {
    let order =
        (0..count).step_by(group.max(1) as usize).flat_map(|first| decoding_order(first, group.min(count - first)));
    let decoded: Vec<u32> = order.collect();
    let pictures = decoded.iter().enumerate().map(|(position, &shown)| {
        let key = shown % group.max(1) == 0;
        let size = scale as usize * if key { 400 } else { 40 + 10 * (shown as usize % 7) };
        Coded {
            data: picture(shown, key, size),
            pts: i64::from(shown) * i64::from(ticks),
            // One picture of reordering, as with one level of B pictures.
            dts: (position as i64 - 1) * i64::from(ticks),
            duration: i64::from(ticks),
            key,
        }
    });
    pictures.collect()
}

/// I, then for each pair (a, b): b, a.
fn decoding_order(first: u32, count: u32) -> Vec<u32> {
    let mut order = vec![first];
    let rest: Vec<u32> = (first + 1..first + count).collect();
    for pair in rest.chunks(2) {
        order.extend(pair.iter().rev());
    }
    order
}

fn picture(number: u32, key: bool, size: usize) -> Vec<u8> {
    let mut data = vec![0, 0, 0, 1, if key { 0x65 } else { 0x41 }];
    // Seven bits a byte with the highest set: no start code can appear.
    data.extend((0..4).map(|at| 0x80 | (number >> (7 * at) & 0x7f) as u8));
    data.resize(size.max(9), 0x55);
    data
}

/// `count` packets of `samples` samples, the first `priming` of which come before presentation time 0.
pub fn fake_audio(count: u32, samples: u32, priming: u32, size: usize) -> Vec<Coded> {
    let packet = |n: u32| {
        let pts = i64::from(n) * i64::from(samples) - i64::from(priming);
        let mut data = n.to_be_bytes().to_vec();
        data.resize(size.max(4), 0x21);
        Coded { data, pts, dts: pts, duration: i64::from(samples), key: true }
    };
    (0..count).map(packet).collect()
}
