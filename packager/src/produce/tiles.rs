//! Sheets of small pictures: the first frame of each stretch of time, scaled and put into its place, and a JPEG file when
//! a sheet is full. A chunk of the film makes the sheets of its own time.

use super::put::tell;
use super::{FrameSink, PipelineEvent, RunContext};
use crate::error::{Exit, PackagerError};
use crate::layout;
use crate::mux::{SegmentClosed, Timing};
use crate::plan::TileSheets;
use crate::scale::Shaper;
use crate::workspace::ChunkDone;
use crossbeam_channel::Sender;
use jpeg_encoder::{ColorType, Encoder};
use shared::units::ByteSize;
use shared_av::{ColourDescription, PixelFormat, Scaler, VideoFrame};

/// Of JPEG, from 1 to 100: small pictures are looked at for a moment.
const QUALITY: u8 = 60;
/// Bytes of a sample on a sheet.
const RGBA: usize = 4;

/// Makes the small pictures of a film.
pub struct TilesProducer<'a> {
    run: &'a RunContext<'a>,
    id: &'a str,
    sheets: &'a TileSheets,
    events: Sender<PipelineEvent>,
    shaper: Shaper,
    /// To what a sheet is painted with.
    painter: Scaler,
    open: Option<OpenChunk>,
}

struct OpenChunk {
    number: u32,
    sheet: Option<Sheet>,
    closed: Vec<SegmentClosed>,
}

/// A sheet that is being filled.
struct Sheet {
    /// From 0.
    number: u64,
    canvas: Vec<u8>,
    /// Places that are filled.
    filled: u64,
    /// The frame behind the last one.
    end: u64,
}

impl<'a> TilesProducer<'a> {
    /// For the rendition `id`.
    pub fn new(run: &'a RunContext<'a>, id: &'a str, sheets: &'a TileSheets, events: Sender<PipelineEvent>) -> Self {
        let shaper = Shaper::preview(run.plan, sheets.width, sheets.height);
        let painter = Scaler::new(sheets.width, sheets.height, PixelFormat::Rgba, ColourDescription::SRGB);
        Self { run, id, sheets, events, shaper, painter, open: None }
    }

    fn place(&mut self, index: u64, frame: &VideoFrame) -> Result<(), PackagerError> {
        let tile = self.sheets.tile_of(index);
        let (number, place) = (tile / self.sheets.count(), tile % self.sheets.count());
        let Some(mut chunk) = self.open.take() else { return Ok(()) };
        if chunk.sheet.as_ref().is_some_and(|sheet| sheet.number != number) {
            self.close_sheet(&mut chunk)?;
        }
        let sheet = chunk.sheet.get_or_insert_with(|| Sheet::blank(number, self.sheets));
        sheet.end = index + 1;
        if place >= sheet.filled {
            let small = self.painter.scale(&self.shaper.shape(frame)?)?;
            // Where frames are further apart than pictures, one stands for several.
            for place in sheet.filled..=place {
                sheet.paint(place, &small, self.sheets);
            }
            sheet.filled = place + 1;
        }
        self.open = Some(chunk);
        Ok(())
    }

    fn close_sheet(&self, chunk: &mut OpenChunk) -> Result<(), PackagerError> {
        let Some(sheet) = chunk.sheet.take() else { return Ok(()) };
        let plan = self.run.plan;
        let first = sheet.number * self.sheets.frames;
        let bytes = sheet.jpeg(self.sheets)?;
        let number = sheet.number + 1;
        self.run.publisher.put(&layout::sheet(&plan.generation, self.id, number), &bytes)?;
        let ticks = u64::from(plan.frame_ticks);
        let closed = SegmentClosed {
            representation: self.id.to_owned(),
            number,
            time: first * ticks,
            duration: (sheet.end - first) * ticks,
            size: ByteSize::from_bytes(bytes.len() as u64),
            first_sample: 0..bytes.len() as u64,
            demand: vec![],
        };
        tell(&self.events, PipelineEvent::Closed(closed.clone()));
        chunk.closed.push(closed);
        Ok(())
    }
}

impl FrameSink for TilesProducer<'_> {
    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), PackagerError> {
        let number = u32::try_from(self.run.plan.chunk_of(index)).unwrap_or(u32::MAX);
        if self.open.as_ref().is_none_or(|open| open.number != number) {
            self.finish()?;
        }
        if self.run.is_done(self.id, number) {
            return Ok(());
        }
        self.open.get_or_insert_with(|| OpenChunk { number, sheet: None, closed: vec![] });
        self.place(index, frame)
    }

    fn finish(&mut self) -> Result<(), PackagerError> {
        let Some(mut chunk) = self.open.take() else { return Ok(()) };
        self.close_sheet(&mut chunk)?;
        let timing = Timing { timescale: self.run.plan.timescale, reorder: 0, priming: 0 };
        let OpenChunk { number, closed: segments, .. } = chunk;
        let representation = self.id.to_owned();
        let done = ChunkDone { representation, chunk: number, timing, segments, quality: None };
        tell(&self.events, PipelineEvent::Chunk(done));
        Ok(())
    }
}

impl Sheet {
    /// Black, which costs nothing where no picture comes.
    fn blank(number: u64, sheets: &TileSheets) -> Self {
        let (width, height) = (sheets.columns * sheets.width, sheets.rows * sheets.height);
        Self { number, canvas: vec![0; width as usize * height as usize * RGBA], filled: 0, end: 0 }
    }

    fn paint(&mut self, place: u64, picture: &VideoFrame, sheets: &TileSheets) {
        let Some(plane) = picture.plane(0) else { return };
        let (columns, place) = (sheets.columns as usize, usize::try_from(place).unwrap_or(0));
        let across = sheets.width as usize * RGBA;
        let stride = across * columns;
        let (left, top) = (place % columns * across, place / columns * sheets.height as usize);
        let rows = self.canvas.chunks_exact_mut(stride).skip(top).take(sheets.height as usize);
        for (to, from) in rows.zip(plane.data.chunks(plane.stride)) {
            if let (Some(to), Some(from)) = (to.get_mut(left..left + across), from.get(..across)) {
                to.copy_from_slice(from);
            }
        }
    }

    fn jpeg(&self, sheets: &TileSheets) -> Result<Vec<u8>, PackagerError> {
        let failed =
            |why: &dyn std::fmt::Display| PackagerError::new(Exit::Codec, format!("a sheet of thumbnails: {why}"));
        let side = |side: u32| u16::try_from(side).map_err(|e| failed(&e));
        let (width, height) = (side(sheets.columns * sheets.width)?, side(sheets.rows * sheets.height)?);
        let mut bytes = vec![];
        Encoder::new(&mut bytes, QUALITY)
            .encode(&self.canvas, width, height, ColorType::Rgba)
            .map_err(|e| failed(&e))?;
        Ok(bytes)
    }
}
