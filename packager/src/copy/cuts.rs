//! Where segments begin: of the instants at which all renditions of pictures have a key frame, those nearest to the multiples
//! of the wanted length. Pure; instants are nanoseconds from the start of the presentation.

/// An instant that all renditions have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Common {
    /// Of the first rendition.
    pub at: i64,
    /// The place of each rendition's own one in its list.
    pub places: Vec<usize>,
}

/// The instants that all `renditions` have within `tolerance`, each of which lists its own in ascending order.
pub(super) fn common(renditions: &[Vec<i64>], tolerance: i64) -> Vec<Common> {
    let Some((first, _)) = renditions.split_first() else { return vec![] };
    let near = |list: &Vec<i64>, at: i64| {
        let place = list.partition_point(|own| *own < at - tolerance);
        list.get(place).filter(|own| **own <= at + tolerance).map(|_| place)
    };
    let all = |at: i64| renditions.iter().map(|list| near(list, at)).collect::<Option<Vec<_>>>();
    first.iter().filter_map(|at| Some(Common { at: *at, places: all(*at)? })).collect()
}

/// What is wished of the cuts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wanted {
    /// Length of a segment.
    pub length: i64,
    /// A last segment that is a smaller part of it joins the one before.
    pub least_tail: f64,
}

/// Places in `candidates`, which ascend from the start of the film on, of those that are taken; the film ends at `end`.
pub(super) fn choose(candidates: &[i64], wanted: Wanted, end: i64) -> Vec<usize> {
    let length = regular(candidates, wanted.length);
    let mut chosen = vec![0];
    let mut multiple = length;
    while multiple < end {
        let behind = candidates.partition_point(|at| *at < multiple).min(candidates.len().saturating_sub(1));
        let before = behind.saturating_sub(1);
        let distance = |place: usize| candidates.get(place).map_or(i64::MAX, |at| at.abs_diff(multiple).cast_signed());
        let nearest = if distance(before) <= distance(behind) { before } else { behind };
        if chosen.last().is_some_and(|last| *last < nearest) {
            chosen.push(nearest);
        }
        multiple += length;
    }
    let tail = chosen.last().and_then(|last| candidates.get(*last)).map_or(0, |last| end - last);
    if chosen.len() > 1 && (tail as f64) < wanted.least_tail * length as f64 {
        chosen.pop();
    }
    chosen
}

/// The wanted length, or a whole number of equal groups that is nearly that: 4.004 s for groups of 2.002 s, so that no segment
/// differs from the others after a quarter of an hour.
fn regular(candidates: &[i64], wanted: i64) -> i64 {
    const NEARLY: f64 = 0.01;
    let wanted = wanted.max(1);
    let [first, .., last] = candidates else { return wanted };
    let groups = (candidates.len() - 1) as f64;
    let group = (last - first) as f64 / groups;
    let is_even = candidates.windows(2).all(|pair| ((pair[1] - pair[0]) as f64 - group).abs() < group * NEARLY);
    let whole = (wanted as f64 / group).round().max(1.0) * group;
    let is_near = (whole - wanted as f64).abs() <= wanted as f64 * NEARLY;
    if is_even && is_near { whole.round() as i64 } else { wanted }
}

/// The first stretch between two cuts, or the last one and the end, that lasts more than twice as long as is wanted.
pub(super) fn too_long(cuts: &[i64], end: i64, wanted: i64) -> Option<(i64, i64)> {
    // Rates that are no whole number of frames a second make segments a little longer.
    let most = wanted.saturating_mul(2).saturating_add(wanted / 100);
    let ends = cuts.iter().skip(1).copied().chain([end]);
    cuts.iter().copied().zip(ends).find(|(begin, end)| end - begin > most)
}

/// The numbers of the first packets of each segment: those whose start is nearest to the cuts. `starts` ascend. A cut that no
/// packet is left for is none.
pub(super) fn nearest(starts: impl Iterator<Item = (u32, i64)>, cuts: &[i64]) -> Vec<(u32, i64)> {
    let mut found: Vec<(u32, i64)> = vec![];
    // The first segment begins with the first packet, wherever that is.
    let mut cuts = cuts.iter().copied().skip(1).peekable();
    let mut before = None;
    for (number, at) in starts {
        if found.is_empty() {
            found.push((number, at));
        }
        while let Some(cut) = cuts.next_if(|cut| *cut <= at) {
            let earlier = before.filter(|(_, earlier): &(u32, i64)| cut - earlier < at - cut);
            let own = earlier.unwrap_or((number, at));
            if found.last().is_some_and(|(last, _)| *last < own.0) {
                found.push(own);
            }
        }
        before = Some((number, at));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn seconds(list: &[f64]) -> Vec<i64> {
        list.iter().map(|at| (at * 1e9).round() as i64).collect()
    }

    fn cuts(candidates: &[f64], length: f64, end: f64) -> Vec<f64> {
        let candidates = seconds(candidates);
        let wanted = Wanted { length: (length * 1e9) as i64, least_tail: 0.5 };
        choose(&candidates, wanted, (end * 1e9) as i64).iter().map(|place| candidates[*place] as f64 / 1e9).collect()
    }

    #[test]
    fn only_what_all_have_is_common() {
        let lists = [seconds(&[0.0, 2.0, 4.0, 6.0]), seconds(&[0.001, 3.0, 6.001]), seconds(&[0.0, 5.0, 5.999])];
        let found = common(&lists, S / 50);
        let shape: Vec<_> = found.iter().map(|one| (one.at / S, one.places.clone())).collect();
        assert_eq!(shape, [(0, vec![0, 0, 0]), (6, vec![3, 2, 2])]);
        assert_eq!(common(&[], S), []);
    }

    #[test]
    fn the_nearest_to_each_multiple_is_taken_once() {
        assert_eq!(cuts(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 4.0, 10.0), [0.0, 4.0, 8.0]);
        assert_eq!(cuts(&[0.0, 3.0, 6.0, 9.0, 12.0], 4.0, 15.0), [0.0, 3.0, 9.0, 12.0]);
        assert_eq!(cuts(&[0.0, 9.0], 4.0, 12.0), [0.0, 9.0]);
        assert_eq!(cuts(&[0.0, 4.0, 8.0], 4.0, 9.0), [0.0, 4.0], "a short tail joins");
        assert_eq!(cuts(&[0.0], 4.0, 3.0), [0.0]);
    }

    #[test]
    fn equal_groups_make_equal_segments_however_long_the_film_is() {
        let candidates: Vec<f64> = (0..2000).map(|n| f64::from(n) * 2.002).collect();
        let found = cuts(&candidates, 4.0, 4004.0);
        assert_eq!(found.len(), 1000);
        assert!(found.windows(2).all(|pair| (pair[1] - pair[0] - 4.004).abs() < 1e-6));
    }

    #[test]
    fn what_lasts_over_twice_as_long_is_found_with_its_place() {
        let of = |cuts: &[f64], end: f64| too_long(&seconds(cuts), (end * 1e9) as i64, 2 * S).map(|(at, _)| at / S);
        assert_eq!(of(&[0.0, 2.0, 6.0], 9.0), None);
        assert_eq!(of(&[0.0, 2.0, 6.2], 9.0), Some(2));
        assert_eq!(of(&[0.0, 2.0], 9.0), Some(2));
    }

    #[test]
    fn sound_is_cut_at_the_packet_nearest_to_the_picture() {
        let packets = || (0..100).map(|n| (n, i64::from(n) * 10 - 10));
        let at = |cuts: &[i64]| nearest(packets(), cuts);
        assert_eq!(at(&[0, 104, 206]), [(0, -10), (11, 100), (22, 210)]);
        assert_eq!(at(&[0, 104, 106]), [(0, -10), (11, 100), (12, 110)]);
        assert_eq!(at(&[0, 105, 5000]), [(0, -10), (12, 110)], "no packet is left");
        let late = nearest((0..10).map(|n| (n, 500 + i64::from(n) * 10)), &[0, 100, 200, 530]);
        assert_eq!(late, [(0, 500), (3, 530)]);
    }
}
