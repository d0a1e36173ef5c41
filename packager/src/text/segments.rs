//! Segments of text. They lie where those of the pictures do: when one of these is closed, the piece of every text in the
//! same time becomes a segment of the same number. Nothing else is needed for it, so they may come in any order, and
//! after an interruption they are made again.

use super::FilmText;
use crate::error::PackagerError;
use crate::language;
use crate::layout::{self, Addressing};
use crate::mux::{self, Bitstream, FragmentWriter, Packet, SegmentClosed, Timing, Wrapping};
use crate::plan::{How, Plan, PlannedRendition, RenditionKind};
use crate::publish::{Folder, Publisher};
use shared::text::{webvtt, wvtt};
use shared::time::MediaTime;

/// The text renditions of a plan, with the rendition after which they are cut.
pub struct TextSegments<'a> {
    plan: &'a Plan,
    publisher: &'a Publisher<Folder>,
    leader: Option<&'a PlannedRendition>,
    timing: Timing,
    tracks: Vec<(&'a str, wvtt::Tiles<'a>)>,
}

impl<'a> TextSegments<'a> {
    /// Writes the initialization segments of the plan's text renditions, whose cues are in `texts`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn begin(
        plan: &'a Plan,
        publisher: &'a Publisher<Folder>,
        texts: &'a [FilmText],
    ) -> Result<Self, PackagerError> {
        let leader = plan.renditions.first();
        let own = plan.renditions.iter().find(|rendition| rendition.kind == RenditionKind::Text);
        let timescale = own.map_or(plan.timescale, |own| plan.timescale_of(own));
        let timing = Timing { timescale, reorder: 0, priming: 0 };
        let mut tracks = vec![];
        for (id, text) in plan.text_renditions().filter_map(|(id, info)| Some((id, find(texts, info.from)?))) {
            let header = mux::text_header(timescale, &webvtt::head(&text.track.header));
            let language = text.info.language.as_deref().and_then(language::three_letters);
            let init = mux::cmaf_init(&header, timing, language.as_deref())?;
            publisher.put(&layout::init(&plan.generation, id), &init)?;
            tracks.push((id, wvtt::Tiles::new(&text.track, timescale)));
        }
        Ok(Self { plan, publisher, leader, timing, tracks })
    }

    /// A segment of any rendition is closed: writes those of the texts that belong to it.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn closed(&self, closed: &SegmentClosed) -> Result<Vec<SegmentClosed>, PackagerError> {
        match self.leader {
            Some(leader) if leader.id == closed.representation => {
                let tick = |ticks| self.tick(ticks, leader);
                let stretch = tick(closed.time)..tick(closed.time.saturating_add(closed.duration));
                self.tracks
                    .iter()
                    .map(|(id, tiles)| self.segment(id, closed.number, tiles.pieces(stretch.clone())))
                    .collect()
            }
            _ => Ok(vec![]),
        }
    }

    /// Where text is cut when the leader is cut at `ticks`. Packets of sound that is coded do not end where segments
    /// should: then it is the plan's own cut, so that all segments are equally long.
    fn tick(&self, ticks: u64, leader: &PlannedRendition) -> i64 {
        let plan = self.plan;
        let time = MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), plan.timescale_of(leader));
        let tick = time.rescaled(self.timing.timescale).ticks;
        let is_sound = matches!(leader.how, How::EncodeAudio(_));
        if is_sound { plan.grid().nearest_cut(tick, plan.frame_ticks.into()) } else { tick }
    }

    fn segment(&self, id: &str, number: u64, pieces: Vec<wvtt::Piece>) -> Result<SegmentClosed, PackagerError> {
        let packet = |piece: wvtt::Piece| Packet {
            data: wvtt::write_sample(&piece.cues).into(),
            pts: piece.time.start,
            dts: piece.time.start,
            duration: piece.time.end - piece.time.start,
            key: true,
        };
        let packets: Vec<Packet> = pieces.into_iter().map(packet).collect();
        let wrapping = if self.plan.addressing == Addressing::Base { Wrapping::Bare } else { Wrapping::Segment };
        let writer = FragmentWriter::new(id, self.timing, Bitstream::Plain, wrapping);
        let (bytes, closed) = writer.segment(number, &packets)?;
        self.publisher.put(&layout::segment(&self.plan.generation, id, number), &bytes)?;
        Ok(closed)
    }
}

fn find(texts: &[FilmText], from: usize) -> Option<&FilmText> {
    texts.iter().find(|text| text.info.from == from)
}
