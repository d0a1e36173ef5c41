//! Size and place of the window: remembered, and fitted into the part of the screen that is free for windows.

use eframe::egui::{Pos2, Rect, Vec2, ViewportInfo};
use serde::{Deserialize, Serialize};

/// The smallest window that is remembered; smaller ones are a mistake.
const LEAST: f32 = 100.0;
const MOST: f32 = 20_000.0;

/// Where the window was, in points of the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowPlace {
    /// Of its content.
    pub size: [f32; 2],
    /// Upper left corner with its title bar, where the system tells it.
    pub corner: Option<[f32; 2]>,
    /// As large as the desktop lets it be.
    pub maximized: bool,
}

impl WindowPlace {
    /// What the system tells now; the size before it was maximized is kept. Nothing of a window that fills the screen or
    /// is out of sight. `zoom` is how much larger than usual everything is shown.
    pub(crate) fn of(viewport: &ViewportInfo, size: Vec2, zoom: f32, before: Option<Self>) -> Option<Self> {
        if viewport.fullscreen == Some(true) || viewport.minimized == Some(true) {
            return None;
        }
        if viewport.maximized == Some(true) {
            return before.map(|before| Self { maximized: true, ..before });
        }
        let size = viewport.inner_rect.map_or(size, |inner| inner.size()) * zoom;
        let corner = viewport.outer_rect.map(|outer| (outer.min.to_vec2() * zoom).into());
        Some(Self { size: size.into(), corner, maximized: false }).filter(Self::is_sane)
    }

    /// Whether it can have been a window.
    pub(crate) fn is_sane(&self) -> bool {
        let corner = self.corner.unwrap_or_default();
        self.size.iter().all(|side| (LEAST..MOST).contains(side)) && corner.iter().all(|place| place.abs() < MOST)
    }
}

/// The window within `area`: its content's new size and its corner. `None` when it is within it already.
pub(crate) fn fitted(outer: Rect, inner: Rect, area: Rect) -> Option<(Vec2, Pos2)> {
    let frame = outer.size() - inner.size();
    let size = inner.size().min(area.size() - frame).max(Vec2::splat(LEAST));
    let whole = size + frame;
    let most = (area.max - whole).max(area.min);
    let corner = outer.min.clamp(area.min, most);
    let differs = (size - inner.size()).length() > 1.0 || (corner - outer.min).length() > 1.0;
    differs.then_some((size, corner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(width, height))
    }

    #[test]
    fn a_window_that_is_too_large_is_made_smaller_with_its_title_bar() {
        let area = rect(0.0, 40.0, 1280.0, 700.0);
        let (outer, inner) = (rect(100.0, 10.0, 1284.0, 828.0), rect(102.0, 36.0, 1280.0, 800.0));
        assert_eq!(fitted(outer, inner, area), Some((vec2(1276.0, 672.0), pos2(0.0, 40.0))));
    }

    #[test]
    fn one_that_fits_stays_where_it_is_and_one_beside_the_screen_comes_back() {
        let area = rect(0.0, 0.0, 1920.0, 1080.0);
        let (outer, inner) = (rect(100.0, 100.0, 800.0, 628.0), rect(100.0, 128.0, 800.0, 600.0));
        assert_eq!(fitted(outer, inner, area), None);
        let beside = vec2(4000.0, 0.0);
        let back = fitted(outer.translate(beside), inner.translate(beside), area);
        assert_eq!(back, Some((vec2(800.0, 600.0), pos2(1120.0, 100.0))));
    }

    #[test]
    fn a_full_screen_is_no_size_to_come_back_to() {
        let before = WindowPlace { size: [800.0, 600.0], corner: None, maximized: false };
        let told = |viewport: ViewportInfo| WindowPlace::of(&viewport, vec2(900.0, 700.0), 1.0, Some(before));
        assert_eq!(told(ViewportInfo { fullscreen: Some(true), ..ViewportInfo::default() }), None);
        let maximized = ViewportInfo { maximized: Some(true), ..ViewportInfo::default() };
        assert_eq!(told(maximized), Some(WindowPlace { maximized: true, ..before }));
        assert_eq!(told(ViewportInfo::default()).map(|place| place.size), Some([900.0, 700.0]));
    }
}
