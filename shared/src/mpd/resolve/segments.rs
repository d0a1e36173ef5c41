//! What the segments of a Representation are (ISO/IEC 23009-1 5.3.9): which of the three ways of addressing counts, the
//! attributes of that element gathered over the levels, and the [`SegmentIndex`] made of them.

use super::MAX_ADDRESS;
use super::account::Account;
use super::periods::Span;
use crate::addressing::template::Template;
use crate::addressing::timeline::{Timeline, TimelineClock, TimelineEntry};
use crate::addressing::{ByteRange, Places, Resource, SegmentIndex, SegmentNumber};
use crate::mpd::model::{
    AdaptationSet, MultipleSegmentBase, Period, Representation, S, SegmentBase, SegmentList, SegmentTemplate,
    SegmentTimeline, SegmentUrl, SegmentUrlRange,
};
use crate::time::{PresentationTime, Timescale};
use crate::units::Bitrate;
use std::collections::HashMap;
use std::sync::Arc;

/// The addressing elements of one level.
#[derive(Clone, Copy)]
pub(super) struct Addressing<'a> {
    base: Option<&'a SegmentBase>,
    list: Option<&'a SegmentList>,
    template: Option<&'a SegmentTemplate>,
}

macro_rules! addressing_of {
    ($($level:ident)*) => {$(
        impl<'a> From<&'a $level> for Addressing<'a> {
            fn from(level: &'a $level) -> Self {
                Self {
                    base: level.segment_base.as_ref(),
                    list: level.segment_list.as_ref(),
                    template: level.segment_template.as_ref(),
                }
            }
        }
    )*};
}
addressing_of!(Period AdaptationSet Representation);

/// One kind of element on Representation, AdaptationSet and Period, innermost first. Looked through, never merged:
/// a long timeline stays one for all Representations.
struct AddressingLevels<'a, T>([Option<&'a T>; 3]);

impl<'a, T> AddressingLevels<'a, T> {
    fn find<V>(&self, get: impl Fn(&'a T) -> Option<V>) -> Option<V> {
        self.0.iter().flatten().find_map(|level| get(level))
    }

    fn find_with_depth<V>(&self, get: impl Fn(&'a T) -> Option<V>) -> Option<(MpdLevel, V)> {
        let depths = [MpdLevel::Representation, MpdLevel::AdaptationSet, MpdLevel::Period];
        depths.into_iter().zip(&self.0).find_map(|(depth, level)| Some((depth, get((*level)?)?)))
    }

    fn map<U>(&self, get: impl Fn(&'a T) -> &'a U) -> AddressingLevels<'a, U> {
        AddressingLevels(self.0.map(|level| level.map(&get)))
    }
}

/// The kinds of parent that an addressing element can have, in the order of [`AddressingLevels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MpdLevel {
    Representation,
    AdaptationSet,
    Period,
}

/// Identity of a Representation in templates.
pub(super) type Identity<'a> = (&'a str, Bitrate);

/// Whether the Base URL of a Representation leads to a file of its own, and of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SingleFile {
    /// It is that of the document.
    None,
    /// Video or sound, which may have an index box.
    Mp4,
    Other,
}

type Found = (Option<Resource>, SegmentIndex);

/// Which of the two elements that may have a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum AddressingElement {
    List,
    Template,
}

/// What is built once from the elements of one AdaptationSet or Period, for all Representations in it.
#[derive(Default)]
struct Inherited {
    /// By element, timescale and offset: levels further in may change the latter two.
    timelines: HashMap<(AddressingElement, Timescale, u64), Timeline>,
    list: Option<Arc<[Resource]>>,
    media: Option<Arc<str>>,
    initialization: Option<Arc<str>>,
}

/// Builds indexes for the Representations of one Period, set after set.
pub(super) struct SegmentResolver {
    span: Span,
    of_period: Inherited,
    of_set: Inherited,
}

impl SegmentResolver {
    pub(super) fn new(span: &Span) -> Self {
        Self { span: *span, of_period: Inherited::default(), of_set: Inherited::default() }
    }

    /// From now on Representations are those of another AdaptationSet.
    pub(super) fn enter_set(&mut self) {
        self.of_set = Inherited::default();
    }

    fn inherited(&mut self, depth: MpdLevel) -> Option<&mut Inherited> {
        match depth {
            MpdLevel::Representation => None,
            MpdLevel::AdaptationSet => Some(&mut self.of_set),
            MpdLevel::Period => Some(&mut self.of_period),
        }
    }

    /// Initialization and segments of a Representation; with a complaint when there are none. `file`: what its Base URL
    /// leads to, so that it may be a single file.
    pub(super) fn of(
        &mut self,
        levels: &[Addressing<'_>; 3],
        identity: Identity<'_>,
        file: SingleFile,
        account: &mut Account<'_>,
    ) -> Found {
        let templates = AddressingLevels(levels.map(|level| level.template));
        let lists = AddressingLevels(levels.map(|level| level.list));
        let bases = AddressingLevels(levels.map(|level| level.base));
        let innermost = levels.iter().find(|l| l.template.is_some() || l.list.is_some() || l.base.is_some());
        let innermost = innermost.copied().unwrap_or(Addressing { base: None, list: None, template: None });
        let found = if innermost.template.is_some() && templates.find(|template| template.media.as_ref()).is_some() {
            self.template(&templates, identity, account)
        } else if innermost.list.is_some() {
            self.list(&lists, account)
        } else if file == SingleFile::None {
            account.complain("has neither segments nor a BaseURL".to_owned());
            return (None, SegmentIndex::none());
        } else if innermost.template.is_some() {
            self.file(&templates.map(|template| &template.multiple.base), file, account)
        } else {
            self.file(&bases, file, account)
        };
        if found.1.pending().is_none() && found.1.is_empty() {
            account.complain("has no segment within its Period".to_owned());
        }
        found
    }

    fn template(
        &mut self,
        levels: &AddressingLevels<'_, SegmentTemplate>,
        identity: Identity<'_>,
        account: &mut Account<'_>,
    ) -> Found {
        let media = levels.find_with_depth(|template| template.media.as_deref());
        let media = media.and_then(|media| self.address(media, |inherited| &mut inherited.media, identity, account));
        let init = levels.find_with_depth(|template| template.initialization.as_deref());
        let init = init.and_then(|it| self.address(it, |inherited| &mut inherited.initialization, identity, account));
        let init = init.map(|template| template.expand(SegmentNumber(0), 0)).filter(|path| account.take(path.len()));
        let multiple = levels.map(|template| &template.multiple);
        let init = init.map(Resource::whole);
        let init = init.or_else(|| initialization(&multiple.map(|multiple| &multiple.base), account));
        let Some(media) = media else { return (init, SegmentIndex::none()) };
        let first_number = first_number(&multiple);
        let timeline = self.timeline((AddressingElement::Template, &multiple), None, account);
        (init, SegmentIndex::new(timeline, Places::Template(Arc::new(media)), first_number))
    }

    /// A template for addresses; `None` when they would be longer than any server accepts. Its text is one for all
    /// Representations that inherit it.
    fn address(
        &mut self,
        (depth, text): (MpdLevel, &str),
        kept: impl Fn(&mut Inherited) -> &mut Option<Arc<str>>,
        (representation, bandwidth): Identity<'_>,
        account: &mut Account<'_>,
    ) -> Option<Template> {
        let too_long = |account: &mut Account<'_>| {
            account.complain(format!("has addresses of more than {MAX_ADDRESS} bytes, which no server accepts"));
        };
        if text.len() > MAX_ADDRESS {
            too_long(account);
            return None;
        }
        let shared = match self.inherited(depth) {
            Some(inherited) => Arc::clone(kept(inherited).get_or_insert_with(|| text.into())),
            None => text.into(),
        };
        let template = Template::new(shared, representation, bandwidth);
        if template.longest() > MAX_ADDRESS {
            too_long(account);
            return None;
        }
        if let Some(complaint) = template.complaint() {
            account.complain(complaint);
        }
        account.take(representation.len() + size_of::<Template>()).then_some(template)
    }

    fn list(&mut self, levels: &AddressingLevels<'_, SegmentList>, account: &mut Account<'_>) -> Found {
        let urls = levels.find_with_depth(|list| Some(list.urls.as_slice()).filter(|urls| !urls.is_empty()));
        let (depth, urls) = urls.unwrap_or((MpdLevel::Representation, &[]));
        if levels.find(|list| list.href.as_ref()).is_some() {
            account.complain("has a remote list (xlink:href); remote elements are not followed".to_owned());
        }
        let resources = self.resources(depth, urls);
        let multiple = levels.map(|list| &list.multiple);
        let first_number = first_number(&multiple);
        let timeline = self.timeline((AddressingElement::List, &multiple), Some(resources.len() as u64), account);
        let init = initialization(&multiple.map(|multiple| &multiple.base), account);
        (init, SegmentIndex::new(timeline, Places::List(resources), first_number))
    }

    fn resources(&mut self, depth: MpdLevel, urls: &[SegmentUrl]) -> Arc<[Resource]> {
        let list = || urls.iter().map(listed).collect();
        match self.inherited(depth) {
            Some(inherited) => Arc::clone(inherited.list.get_or_insert_with(list)),
            None => list(),
        }
    }

    /// One file, whose index box says more where there is one.
    fn file(
        &mut self,
        levels: &AddressingLevels<'_, SegmentBase>,
        what: SingleFile,
        account: &mut Account<'_>,
    ) -> Found {
        let clock = self.clock(levels, account);
        let stated = levels.find(|base| base.representation_index.as_ref());
        let range = levels.find(|base| base.index_range).or_else(|| stated?.range);
        let path = stated.and_then(|index| file(index.source_url.as_ref(), account)).unwrap_or_default();
        if range.is_none() && path.is_empty() {
            let whole = SegmentIndex::new(self.one_segment(clock), Places::Whole("".into()), SegmentNumber(1));
            let index = match what {
                SingleFile::Mp4 => SegmentIndex::searched("", whole, clock, self.span.end),
                SingleFile::None | SingleFile::Other => whole,
            };
            return (initialization(levels, account), index);
        }
        // Without a statement it is what stands before the index (on-demand profile, 8.3.2).
        let before = || ByteRange::of_length(0, range.filter(|_| path.is_empty())?.first);
        let init = initialization(levels, account);
        let init = init.or_else(|| Some(Resource { path: String::new(), range: Some(before()?) }));
        (init, SegmentIndex::in_file("", Resource { path, range }, clock, self.span.end))
    }

    /// From SegmentTimeline, @duration, or neither: then one segment lasts the whole Period, and several of a list
    /// (`listed`) share it equally, which is a guess.
    fn timeline(
        &mut self,
        (element, levels): (AddressingElement, &AddressingLevels<'_, MultipleSegmentBase>),
        listed: Option<u64>,
        account: &mut Account<'_>,
    ) -> Timeline {
        let clock = self.clock(&levels.map(|multiple| &multiple.base), account);
        let end_number = levels.find(|multiple| multiple.end_number);
        let numbered = end_number.map(|end| (u64::from(end) + 1).saturating_sub(first_number(levels).0));
        let limit = [numbered, listed].into_iter().flatten().min();
        let stated = levels.find_with_depth(|multiple| multiple.timeline.as_ref());
        let duration = levels.find(|multiple| multiple.duration).filter(|duration| *duration > 0);
        match (stated, duration) {
            (Some(stated), _) => {
                self.stated_timeline(element, stated, clock, account).limited(limit.unwrap_or(u64::MAX))
            }
            (None, Some(duration)) => Timeline::uniform(clock, duration.into(), limit, self.span.end),
            (None, None) if limit.is_some_and(|limit| limit > 1) => {
                account.complain("states no duration for its segments: taken to be equally long".to_owned());
                let share = self.ticks(clock) / limit.unwrap_or(1);
                Timeline::uniform(clock, share.max(1), limit, self.span.end)
            }
            (None, None) => self.one_segment(clock).limited(limit.unwrap_or(1)),
        }
    }

    fn stated_timeline(
        &mut self,
        element: AddressingElement,
        (depth, stated): (MpdLevel, &SegmentTimeline),
        clock: TimelineClock,
        account: &mut Account<'_>,
    ) -> Timeline {
        let end = self.span.end;
        let mut timeline = || {
            let affordable = account.take(stated.entries.len().saturating_mul(Timeline::RUN_BYTES));
            stated_timeline(if affordable { &stated.entries } else { &[] }, clock, end)
        };
        let Some(inherited) = self.inherited(depth) else { return timeline() };
        inherited.timelines.entry((element, clock.timescale, clock.offset)).or_insert_with(timeline).clone()
    }

    fn clock(&self, levels: &AddressingLevels<'_, SegmentBase>, account: &mut Account<'_>) -> TimelineClock {
        let timescale = levels.find(|base| base.timescale).unwrap_or(1);
        let timescale = Timescale::new(timescale).unwrap_or_else(|| {
            account.complain("has timescale 0, taken as 1".to_owned());
            Timescale::ONE
        });
        let offset = levels.find(|base| base.presentation_time_offset).unwrap_or(0);
        TimelineClock { timescale, offset, period_start: self.span.start }
    }

    fn one_segment(&self, clock: TimelineClock) -> Timeline {
        let whole = TimelineEntry { start: Some(clock.offset), duration: self.ticks(clock), repeat: 0 };
        Timeline::new(clock, [whole], self.span.end)
    }

    /// Length of the Period; without an end the longest there is.
    fn ticks(&self, clock: TimelineClock) -> u64 {
        let end = self.span.end.map_or(i64::MAX as u64, |end| clock.tick(end));
        end.saturating_sub(clock.offset)
    }
}

/// The timeline of a SegmentTimeline. Without @t it begins at tick 0 (5.3.9.6.2). If none of its segments lies in the
/// Period then, it is taken to begin with the Period, because large live services write it so.
fn stated_timeline(entries: &[S], clock: TimelineClock, end: Option<PresentationTime>) -> Timeline {
    let stated =
        entries.iter().map(|s| TimelineEntry { start: s.t, duration: s.d.unwrap_or(0), repeat: s.r.unwrap_or(0) });
    let timeline = Timeline::new(clock, stated.clone(), end);
    if !timeline.is_empty() || entries.first().is_none_or(|first| first.t.is_some()) {
        return timeline;
    }
    let moved = stated.enumerate().map(|(index, entry)| match index {
        0 => TimelineEntry { start: Some(clock.offset), ..entry },
        _ => entry,
    });
    Timeline::new(clock, moved, end)
}

/// Of the first segment that is listed.
fn first_number(levels: &AddressingLevels<'_, MultipleSegmentBase>) -> SegmentNumber {
    SegmentNumber(levels.find(|multiple| multiple.start_number).unwrap_or(1).into())
}

fn listed(url: &SegmentUrl) -> Resource {
    Resource { path: url.media.clone().unwrap_or_default(), range: url.media_range }
}

fn initialization(levels: &AddressingLevels<'_, SegmentBase>, account: &mut Account<'_>) -> Option<Resource> {
    let SegmentUrlRange { source_url, range } = levels.find(|base| base.initialization.as_ref())?;
    // Some packagers write an empty Initialization element when there is no initialization segment.
    let path = file(source_url.as_ref(), account);
    (path.is_some() || range.is_some()).then(|| Resource { path: path.unwrap_or_default(), range: *range })
}

/// The name of a file; `None` when it is longer than any server accepts.
fn file(name: Option<&String>, account: &mut Account<'_>) -> Option<String> {
    let name = name?;
    if name.len() > MAX_ADDRESS {
        account.complain(format!("names a file by more than {MAX_ADDRESS} bytes, which no server accepts"));
        return None;
    }
    account.take(name.len()).then(|| name.clone())
}

#[cfg(test)]
mod tests {
    use crate::mpd;

    /// A timeline of the set, one of the Period, and one of the Representation itself, all with the same clock.
    #[test]
    fn a_timeline_is_inherited_within_its_own_element_only() {
        let timeline = |repeat: u32| format!("<SegmentTimeline><S d='1' r='{repeat}'/></SegmentTimeline>");
        let template = |content: &str| format!("<SegmentTemplate media='$Time$'>{content}</SegmentTemplate>");
        let representation =
            |id: &str, content: &str| format!("<Representation id='{id}' bandwidth='1'>{content}</Representation>");
        let set = |content: &str| format!("<AdaptationSet mimeType='video/mp4'>{content}</AdaptationSet>");
        let document = [
            "<MPD profiles='p' minBufferTime='PT1S' mediaPresentationDuration='PT9S'><Period>".to_owned(),
            template(&timeline(0)),
            set(&[template(&timeline(1)), representation("a", ""), representation("b", &template(&timeline(4)))]
                .concat()),
            set(&[template(&timeline(2)), representation("c", ""), representation("d", "")].concat()),
            set(&[representation("e", ""), representation("f", "")].concat()),
            "</Period></MPD>".to_owned(),
        ];
        let url = "http://a.example/x.mpd".parse().unwrap();
        let (presentation, _) = mpd::read(document.concat().as_bytes(), &url).unwrap();
        let representations = presentation.periods[0].sets.iter().flat_map(|set| &set.representations);
        let counts: Vec<_> = representations.map(|one| (one.id.as_str(), one.index.len())).collect();
        assert_eq!(counts, [("a", 2), ("b", 5), ("c", 3), ("d", 3), ("e", 1), ("f", 1)]);
    }
}
