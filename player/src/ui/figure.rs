//! The charts of whole sessions as pictures for a paper or a report: light, with room, and without anything to click.
//! They are drawn as in the window, and become pixels or SVG here, so that it needs neither a window nor a graphics card.
//! egui's shapes are the one description of a chart: a plotting library beside them would be a second one, with its own
//! fonts and its own looks.

mod raster;
mod vector;

use super::chart;
use super::model::chart_view::ChartView;
use super::model::totals_rows;
use super::theme::{self, Palette};
use eframe::egui::epaint::ClippedShape;
use eframe::egui::{
    ColorImage, Context, Pos2, RawInput, Rect, RichText, Theme, Ui, UiBuilder, Vec2, ViewportId, pos2, vec2,
};
use player_core::snapshot::Snapshot;
use raster::Textures;
use shared::time::SessionTime;
use std::time::Duration;

/// Size in points: about as wide as a page whose text has the size of the labels.
const WIDTH: f32 = 1000.0;
const HEIGHT: f32 = 560.0;
/// The height of one of several sessions.
const ROW: f32 = 330.0;
/// Pixels for each point, so that the picture is sharp when printed.
const SCALE: f32 = 2.0;
/// egui lays out what it has not seen before in a second pass.
const PASSES: usize = 2;

/// Something drawn that can be written down.
pub(crate) struct Figure {
    title: String,
    size: Vec2,
    ctx: Context,
    textures: Textures,
    shapes: Vec<ClippedShape>,
}

/// A session and what it is called.
#[derive(Clone, Copy)]
pub(crate) struct NamedSession<'a> {
    /// For people.
    pub name: &'a str,
    /// All of it.
    pub snapshot: &'a Snapshot,
}

/// The charts of a whole session.
pub(crate) fn charts(snapshot: &Snapshot) -> Figure {
    Figure::draw(&snapshot.url, vec2(WIDTH, HEIGHT), |ui, whole| {
        let session = NamedSession { name: &snapshot.url, snapshot };
        one(ui, whole, session, ChartView { span: None, ..ChartView::default() });
    })
}

/// The charts of several sessions, one below the other on the same axes.
pub(crate) fn comparison(sessions: &[NamedSession<'_>]) -> Figure {
    let names: Vec<&str> = sessions.iter().map(|session| session.name).collect();
    let shared = shared_axes(sessions.iter().map(|session| session.snapshot));
    Figure::draw(&names.join(", "), vec2(WIDTH, ROW * sessions.len() as f32), |ui, whole| {
        for (index, session) in sessions.iter().enumerate() {
            let top = whole.top() + ROW * index as f32;
            one(ui, Rect::from_min_size(pos2(whole.left(), top), vec2(WIDTH, ROW)), *session, shared);
        }
    })
}

/// The longest session and the widest range of rates are the measure of all.
pub(crate) fn shared_axes<'a>(sessions: impl Iterator<Item = &'a Snapshot> + Clone) -> ChartView {
    let longest = sessions.clone().map(|session| session.at.since(SessionTime::ZERO)).max();
    let rates = sessions.map(chart::rates).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let span = longest.map(|longest| longest.max(Duration::from_secs(10)));
    ChartView { span, rates, ..ChartView::default() }
}

fn one(ui: &mut Ui, area: Rect, session: NamedSession<'_>, view: ChartView) {
    let weak = Palette::of(ui).weak;
    ui.push_id((session.name, area.top() as i32), |ui| {
        ui.scope_builder(UiBuilder::new().max_rect(area.shrink(theme::GAP)), |ui| {
            ui.label(RichText::new(session.name).strong());
            ui.label(RichText::new(totals_rows::in_a_line(session.snapshot)).small().color(weak));
            chart::figure(ui, session.snapshot, view);
        });
    });
}

impl Figure {
    fn draw(title: &str, size: Vec2, mut contents: impl FnMut(&mut Ui, Rect)) -> Self {
        let ctx = Context::default();
        theme::install(&ctx);
        ctx.set_theme(Theme::Light);
        let mut figure = Self { title: title.to_owned(), size, ctx, textures: Textures::default(), shapes: vec![] };
        for _ in 0..PASSES {
            let mut output = figure.ctx.run_ui(input(size), |ui| {
                let whole = ui.ctx().content_rect();
                ui.painter().rect_filled(whole, 0.0, Palette::of(ui).surface);
                contents(ui, whole);
            });
            figure.textures.learn(&output.textures_delta);
            output.textures_delta.clear();
            figure.shapes = output.shapes;
        }
        figure
    }

    /// As pixels.
    pub(crate) fn image(&self) -> ColorImage {
        self.textures.draw((self.size * SCALE).into(), &self.ctx.tessellate(self.shapes.clone(), SCALE), SCALE)
    }

    /// As a file of the format PNG.
    ///
    /// # Errors
    /// When it is larger than the format permits.
    pub(crate) fn png(&self) -> std::io::Result<Vec<u8>> {
        let image = self.image();
        let [width, height] = image.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let mut file = vec![];
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let bytes: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&bytes)?;
        writer.finish()?;
        Ok(file)
    }

    /// As a file of the format SVG.
    pub(crate) fn svg(&self) -> String {
        self.svg_within("")
    }

    /// The same as a part of a page, in which nothing else has a name that begins with `scope`.
    pub(crate) fn svg_within(&self, scope: &str) -> String {
        vector::document(self.size, &self.title, scope, &self.shapes)
    }
}

fn input(size: Vec2) -> RawInput {
    let mut input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)), ..RawInput::default() };
    input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(SCALE);
    input
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::ladder::LadderView;
    use crate::ui::tests::fixtures;
    use crate::ui::theme::LIGHT;

    #[test]
    fn the_picture_shows_what_happened_in_the_colours_of_the_rungs() {
        let snapshot = fixtures::playing();
        let picture = charts(&snapshot).image();
        assert_eq!(picture.size, [2000, 1120]);
        let count = |color| picture.pixels.iter().filter(|pixel| **pixel == color).count();
        let shown = LadderView::of_video(&snapshot).color(&LIGHT, snapshot.tracks[0].shown.unwrap());
        assert!(count(shown) > 500, "the rung on the screen");
        assert!(count(LIGHT.text) > 2_000, "the estimate, the buffer and the title");
        assert!(count(LIGHT.surface) > 200_000 && count(LIGHT.background) > 200_000);
        assert!(picture.pixels.iter().all(|pixel| pixel.a() == 255));
    }

    #[test]
    fn the_drawing_has_the_same_colours_and_its_words_can_be_read() {
        let snapshot = fixtures::playing();
        let svg = charts(&snapshot).svg();
        let color = LadderView::of_video(&snapshot).color(&LIGHT, snapshot.tracks[0].shown.unwrap());
        let [r, g, b, _] = color.to_array();
        assert!(svg.contains(&format!("#{r:02x}{g:02x}{b:02x}")), "the rung on the screen");
        for word in [snapshot.url.as_str(), ">720p<", ">estimate<", "mean rate"] {
            assert!(svg.contains(word), "{word}");
        }
        let lowest = svg.matches("<text").count();
        assert!(lowest > 20 && svg.matches("</text>").count() == lowest && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn several_sessions_share_their_axes() {
        let (a, b) = (fixtures::playing(), fixtures::meddled());
        let sessions = [("one", &a), ("two", &b)].map(|(name, snapshot)| NamedSession { name, snapshot });
        let figure = comparison(&sessions);
        assert_eq!(figure.image().size, [2000, 1320]);
        let svg = figure.svg();
        assert!(svg.contains(">one<") && svg.contains(">two<"));
        let axes = shared_axes([&a, &b].into_iter());
        assert_eq!(axes.span, Some(a.at.max(b.at).since(SessionTime::ZERO)));
    }
}
