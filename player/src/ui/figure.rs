//! The charts of a whole session as a picture for a paper or a report: light, with room, and without anything to click.
//! They are drawn as in the window and become pixels here, so that it needs neither a window nor a graphics card.

mod raster;

use super::chart;
use super::model::totals_rows;
use super::theme::{self, Palette};
use eframe::egui::{ColorImage, Context, Pos2, RawInput, Rect, RichText, Theme, Ui, UiBuilder, Vec2, ViewportId, vec2};
use player_core::snapshot::Snapshot;
use raster::Raster;

/// Size in points: about as wide as a page whose text has the size of the labels.
const SIZE: Vec2 = vec2(1000.0, 560.0);
/// Pixels for each point, so that the picture is sharp when printed.
const SCALE: f32 = 2.0;
/// egui lays out what it has not seen before in a second pass.
const PASSES: usize = 2;

/// Draws the charts of the whole session.
pub(crate) fn charts(snapshot: &Snapshot) -> ColorImage {
    let ctx = Context::default();
    theme::install(&ctx);
    ctx.set_theme(Theme::Light);
    let mut raster = Raster::new((SIZE * SCALE).into());
    for _ in 0..PASSES {
        let mut output = ctx.run_ui(input(), |ui| contents(ui, snapshot));
        raster.learn(&output.textures_delta);
        output.textures_delta.clear();
        raster.draw(&ctx.tessellate(output.shapes, output.pixels_per_point), output.pixels_per_point);
    }
    raster.finish()
}

fn input() -> RawInput {
    let mut input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)), ..RawInput::default() };
    input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(SCALE);
    input
}

fn contents(ui: &mut Ui, snapshot: &Snapshot) {
    let whole = ui.ctx().content_rect();
    let palette = Palette::of(ui);
    ui.painter().rect_filled(whole, 0.0, palette.surface);
    ui.scope_builder(UiBuilder::new().max_rect(whole.shrink(theme::GAP)), |ui| {
        ui.label(RichText::new(&snapshot.url).strong());
        ui.label(RichText::new(totals_rows::in_a_line(snapshot)).small().color(palette.weak));
        chart::figure(ui, snapshot);
    });
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
        let picture = charts(&snapshot);
        assert_eq!(picture.size, [2000, 1120]);
        let count = |color| picture.pixels.iter().filter(|pixel| **pixel == color).count();
        let shown = LadderView::of_video(&snapshot).color(&LIGHT, snapshot.tracks[0].shown.unwrap());
        assert!(count(shown) > 500, "the rung on the screen");
        assert!(count(LIGHT.text) > 2_000, "the estimate, the buffer and the title");
        assert!(count(LIGHT.surface) > 200_000 && count(LIGHT.background) > 200_000);
        assert!(picture.pixels.iter().all(|pixel| pixel.a() == 255));
    }
}
