//! Icons as shapes: the same on every machine, sharp at every scale, in the colour of the text around them.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

/// What an icon button shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Play,
    Pause,
    Replay,
    Repeat,
    Folder,
    Sound,
    Silence,
    Grow,
    Shrink,
    Day,
    Night,
    Info,
    Keys,
    Close,
    Folded,
    Unfolded,
    Charts,
}

/// Paints `icon` in the middle of `rect`.
pub(crate) fn paint(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let square = Rect::from_center_size(rect.center(), Vec2::splat(rect.width().min(rect.height())));
    let pen = Pen { painter, square, color, stroke: Stroke::new(square.width() * 0.1, color) };
    match icon {
        Icon::Play => pen.fill(&[(-0.6, -0.8), (0.8, 0.0), (-0.6, 0.8)]),
        Icon::Pause => pen.pause(),
        Icon::Replay => pen.replay(),
        Icon::Repeat => pen.repeat(),
        Icon::Folder => pen.folder(),
        Icon::Sound => pen.speaker(true),
        Icon::Silence => pen.speaker(false),
        Icon::Grow => pen.corners(1.0, 0.45),
        Icon::Shrink => pen.corners(0.3, 0.9),
        Icon::Day => pen.sun(),
        Icon::Night => pen.moon(),
        Icon::Info => pen.letter("i"),
        Icon::Keys => pen.letter("?"),
        Icon::Close => pen.cross(),
        Icon::Folded => pen.fill(&[(-0.4, -0.7), (0.5, 0.0), (-0.4, 0.7)]),
        Icon::Unfolded => pen.fill(&[(-0.7, -0.4), (0.7, -0.4), (0.0, 0.5)]),
        Icon::Charts => pen.charts(),
    }
}

/// Draws in a square that reaches from -1 to 1 both ways.
struct Pen<'a> {
    painter: &'a Painter,
    square: Rect,
    color: Color32,
    stroke: Stroke,
}

impl Pen<'_> {
    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.square.center() + vec2(x, y) * self.square.width() / 2.0
    }

    fn line(&self, points: &[(f32, f32)]) {
        self.painter.add(Shape::line(points.iter().map(|p| self.at(*p)).collect(), self.stroke));
    }

    fn fill(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|p| self.at(*p)).collect();
        self.painter.add(Shape::convex_polygon(points, self.color, Stroke::NONE));
    }

    fn arc(&self, center: (f32, f32), radius: f32, from_degrees: f32, to_degrees: f32) {
        let point = |step: u8| {
            let angle = (from_degrees + (to_degrees - from_degrees) * f32::from(step) / 20.0).to_radians();
            (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
        };
        self.line(&(0..=20).map(point).collect::<Vec<_>>());
    }

    fn cross(&self) {
        self.line(&[(-0.7, -0.7), (0.7, 0.7)]);
        self.line(&[(-0.7, 0.7), (0.7, -0.7)]);
    }

    fn pause(&self) {
        for x in [-0.4, 0.4] {
            let bar = Rect::from_two_pos(self.at((x - 0.2, -0.75)), self.at((x + 0.2, 0.75)));
            self.painter.rect_filled(bar, 1.0, self.color);
        }
    }

    /// Columns of a chart.
    fn charts(&self) {
        for (x, top) in [(-0.65, 0.1), (0.0, -0.8), (0.65, -0.3)] {
            let bar = Rect::from_two_pos(self.at((x - 0.2, top)), self.at((x + 0.2, 0.8)));
            self.painter.rect_filled(bar, 0.0, self.color);
        }
    }

    fn replay(&self) {
        self.arc((0.0, 0.05), 0.7, -60.0, 220.0);
        self.fill(&[(0.05, -0.95), (0.62, -0.55), (0.02, -0.2)]);
    }

    /// Two arrows after each other in a round.
    fn repeat(&self) {
        self.line(&[(-0.85, 0.1), (-0.85, -0.45), (0.5, -0.45)]);
        self.fill(&[(0.4, -0.85), (0.95, -0.45), (0.4, -0.05)]);
        self.line(&[(0.85, -0.1), (0.85, 0.45), (-0.5, 0.45)]);
        self.fill(&[(-0.4, 0.05), (-0.95, 0.45), (-0.4, 0.85)]);
    }

    fn folder(&self) {
        let outline = [(-0.9, 0.7), (-0.9, -0.65), (-0.25, -0.65), (0.0, -0.35), (0.9, -0.35), (0.9, 0.7), (-0.9, 0.7)];
        self.line(&outline);
    }

    fn speaker(&self, on: bool) {
        self.fill(&[(-0.9, -0.3), (-0.55, -0.3), (-0.55, 0.3), (-0.9, 0.3)]);
        self.fill(&[(-0.55, -0.3), (-0.05, -0.75), (-0.05, 0.75), (-0.55, 0.3)]);
        if on {
            self.arc((-0.05, 0.0), 0.45, -45.0, 45.0);
            self.arc((-0.05, 0.0), 0.85, -45.0, 45.0);
        } else {
            self.line(&[(0.3, -0.35), (0.95, 0.35)]);
            self.line(&[(0.3, 0.35), (0.95, -0.35)]);
        }
    }

    /// Four right angles with their tips at `tip`; arms reach to `arm`.
    fn corners(&self, tip: f32, arm: f32) {
        let scale = 0.85;
        for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
            let (t, a) = (tip * scale, arm * scale);
            self.line(&[(x * a, y * t), (x * t, y * t), (x * t, y * a)]);
        }
    }

    fn sun(&self) {
        self.painter.circle_filled(self.at((0.0, 0.0)), self.square.width() * 0.2, self.color);
        for step in 0..8_u8 {
            let (sin, cos) = (f32::from(step) * std::f32::consts::FRAC_PI_4).sin_cos();
            self.line(&[(cos * 0.62, sin * 0.62), (cos * 0.92, sin * 0.92)]);
        }
    }

    fn moon(&self) {
        self.arc((0.0, 0.0), 0.8, 20.0, 250.0);
        self.arc((0.45, -0.35), 0.75, 70.0, 200.0);
    }

    fn letter(&self, letter: &str) {
        let middle = self.at((0.0, 0.0));
        self.painter.circle_stroke(middle, self.square.width() * 0.46, Stroke::new(1.3, self.color));
        let font = eframe::egui::FontId::proportional(self.square.width() * 0.72);
        let galley = self.painter.layout_no_wrap(letter.to_owned(), font, self.color);
        self.painter.galley(pos2(middle.x, middle.y) - galley.size() / 2.0, galley, self.color);
    }
}
