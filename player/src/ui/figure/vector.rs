//! egui's shapes as SVG 1.1: lines stay lines and text stays text, so that a figure can be scaled, searched and changed.
//! What the charts do not use (textures, gradients) is left out.

use crate::export::markup::escaped;
use eframe::egui::epaint::{CircleShape, ClippedShape, ColorMode, PathShape, PathStroke, RectShape, TextShape};
use eframe::egui::{Color32, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2};
use std::fmt::Write as _;

/// What is searched for the letters; the widths are those of the letters that the figure was laid out with.
const FONTS: &str = "Ubuntu, Inter, 'DejaVu Sans', Arial, sans-serif";

/// The document, of `size` points. What it refers to by name begins with `scope`: several drawings in one page have one space
/// of names.
pub(super) fn document(size: Vec2, title: &str, scope: &str, shapes: &[ClippedShape]) -> String {
    let mut svg = Svg { out: String::new(), scope, whole: Rect::from_min_size(Pos2::ZERO, size), clips: vec![] };
    for ClippedShape { clip_rect, shape, .. } in shapes {
        svg.clipped(*clip_rect, shape);
    }
    let (width, height) = (size.x, size.y);
    let clips: String = svg.clips.iter().enumerate().map(|(index, clip)| clip_path(scope, index, *clip)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\">\n<title>{}</title>\n<defs>\n{clips}</defs>\n{}</svg>\n",
        escaped(title),
        svg.out
    )
}

fn clip_path(scope: &str, index: usize, clip: Rect) -> String {
    format!("<clipPath id=\"{scope}clip{index}\"><rect {}/></clipPath>\n", area(clip))
}

struct Svg<'a> {
    out: String,
    scope: &'a str,
    whole: Rect,
    /// Those that cut something off.
    clips: Vec<Rect>,
}

impl Svg<'_> {
    fn clipped(&mut self, clip: Rect, shape: &Shape) {
        let before = self.out.len();
        self.shape(shape);
        let visible = shape.visual_bounding_rect().intersect(self.whole);
        if clip.contains_rect(visible) || self.out.len() == before {
            return;
        }
        let known = self.clips.iter().position(|known| *known == clip);
        let index = known.unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        });
        self.out.insert_str(before, &format!("<g clip-path=\"url(#{}clip{index})\">", self.scope));
        self.out.push_str("</g>\n");
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().fold((), |(), shape| self.shape(shape)),
            Shape::Circle(circle) => self.circle(circle),
            Shape::LineSegment { points: [from, to], stroke } => self.line(*from, *to, stroke),
            Shape::Path(path) => self.path(path),
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => self.text(text),
            Shape::QuadraticBezier(curve) => self.curve(&curve.points, 'Q', curve.fill, &curve.stroke),
            Shape::CubicBezier(curve) => self.curve(&curve.points, 'C', curve.fill, &curve.stroke),
            Shape::Ellipse(_) | Shape::Band(_) | Shape::Mesh(_) | Shape::Callback(_) | Shape::Noop => {}
        }
    }

    fn put(&mut self, element: &str) {
        self.out += element;
        self.out.push('\n');
    }

    fn circle(&mut self, circle: &CircleShape) {
        let Some(looks) = looks(circle.fill, circle.stroke) else { return };
        let (x, y, r) = (short(circle.center.x), short(circle.center.y), short(circle.radius));
        self.put(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{looks}/>"));
    }

    fn line(&mut self, from: Pos2, to: Pos2, stroke: &Stroke) {
        let Some(looks) = looks(Color32::TRANSPARENT, *stroke) else { return };
        let [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map(short);
        self.put(&format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{looks}/>"));
    }

    fn path(&mut self, path: &PathShape) {
        let Some(looks) = looks(path.fill, plain(&path.stroke)) else { return };
        let name = if path.closed { "polygon" } else { "polyline" };
        self.put(&format!("<{name} points=\"{}\"{looks}/>", places(&path.points)));
    }

    fn curve(&mut self, points: &[Pos2], how: char, fill: Color32, stroke: &PathStroke) {
        let (Some(looks), Some((first, rest))) = (looks(fill, plain(stroke)), points.split_first()) else { return };
        self.put(&format!("<path d=\"M{} {how}{}\"{looks}/>", places(&[*first]), places(rest)));
    }

    /// SVG knows strokes on the middle of an edge only.
    fn rect(&mut self, shape: &RectShape) {
        let Some(looks) = looks(shape.fill, shape.stroke) else { return };
        let half = if shape.stroke.is_empty() { 0.0 } else { shape.stroke.width / 2.0 };
        let edge = match shape.stroke_kind {
            StrokeKind::Inside => shape.rect.shrink(half),
            StrokeKind::Middle => shape.rect,
            StrokeKind::Outside => shape.rect.expand(half),
        };
        let round = match shape.corner_radius.nw {
            0 => String::new(),
            radius => format!(" rx=\"{radius}\""),
        };
        // Columns that touch must not show a seam.
        let crisp = if shape.stroke.is_empty() { " shape-rendering=\"crispEdges\"" } else { "" };
        self.put(&format!("<rect {}{round}{looks}{crisp}/>", area(edge)));
    }

    /// Each row by its baseline. A text of several colours has that of its beginning.
    fn text(&mut self, shape: &TextShape) {
        let Some(section) = shape.galley.job.sections.first() else { return };
        let own =
            if section.format.color == Color32::PLACEHOLDER { shape.fallback_color } else { section.format.color };
        let color = shape.override_text_color.unwrap_or(own).gamma_multiply(shape.opacity_factor);
        let size = short(section.format.font_id.size);
        for row in &shape.galley.rows {
            let Some(first) = row.row.glyphs.first() else { continue };
            let at = shape.pos + row.pos.to_vec2() + first.pos.to_vec2();
            let letters: String = row.row.glyphs.iter().map(|glyph| glyph.chr).collect();
            let width: f32 = row.row.glyphs.iter().map(|glyph| glyph.advance_width).sum();
            let turned = match shape.angle {
                0.0 => String::new(),
                angle => {
                    format!(" transform=\"rotate({} {} {})\"", short(angle.to_degrees()), shape.pos.x, shape.pos.y)
                }
            };
            let (x, y, width, fill) = (short(at.x), short(at.y), short(width), paint("fill", color));
            let letters = escaped(&letters);
            self.put(&format!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" textLength=\"{width}\"{fill}{turned}>{letters}</text>"
            ));
        }
    }
}

/// Fill and stroke as attributes; nothing where there is neither.
fn looks(fill: Color32, stroke: Stroke) -> Option<String> {
    if fill == Color32::TRANSPARENT && stroke.is_empty() {
        return None;
    }
    let mut text = if fill == Color32::TRANSPARENT { " fill=\"none\"".to_owned() } else { paint("fill", fill) };
    if !stroke.is_empty() {
        let _ = write!(text, "{} stroke-width=\"{}\"", paint("stroke", stroke.color), short(stroke.width)); // a String takes it
    }
    Some(text)
}

fn plain(stroke: &PathStroke) -> Stroke {
    match stroke.color {
        ColorMode::Solid(color) => Stroke::new(stroke.width, color),
        ColorMode::UV(_) => Stroke::NONE,
    }
}

/// ` fill="#a0b0c0" fill-opacity="0.5"`.
fn paint(what: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    let opacity = match a {
        255 => String::new(),
        _ => format!(" {what}-opacity=\"{}\"", short(f32::from(a) / 255.0)),
    };
    format!(" {what}=\"#{r:02x}{g:02x}{b:02x}\"{opacity}")
}

fn area(rect: Rect) -> String {
    let [x, y, width, height] = [rect.left(), rect.top(), rect.width().max(0.0), rect.height().max(0.0)].map(short);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

fn places(points: &[Pos2]) -> String {
    points.iter().map(|point| format!("{},{}", short(point.x), short(point.y))).collect::<Vec<_>>().join(" ")
}

/// Two decimals are finer than any printer.
fn short(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::emath::TSTransform;
    use eframe::egui::{pos2, vec2};

    fn drawn(clip: Rect, shape: Shape) -> String {
        let all = [ClippedShape { clip_rect: clip, shape, transform_after_tessellation: TSTransform::IDENTITY }];
        document(vec2(100.0, 50.0), "a <film>", "a-", &all)
    }

    #[test]
    fn shapes_keep_their_places_and_colours() {
        let everything = Rect::EVERYTHING;
        let red = Color32::from_rgb(255, 0, 0);
        let line = drawn(everything, Shape::line_segment([pos2(1.0, 2.5), pos2(9.0, 2.5)], Stroke::new(1.5, red)));
        let expected =
            "<line x1=\"1\" y1=\"2.5\" x2=\"9\" y2=\"2.5\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"1.5\"/>";
        assert!(line.contains(expected), "{line}");
        assert!(line.starts_with("<svg ") && line.contains("<title>a &lt;film&gt;</title>"), "{line}");
        let half = Color32::from_rgba_unmultiplied(0, 0, 255, 128);
        let rect = Rect::from_min_max(pos2(10.0, 10.0), pos2(20.0, 30.0));
        let filled = drawn(everything, Shape::rect_filled(rect, 0.0, half));
        assert!(
            filled
                .contains("<rect x=\"10\" y=\"10\" width=\"10\" height=\"20\" fill=\"#0000ff\" fill-opacity=\"0.5\" shape-rendering=\"crispEdges\"/>"),
            "{filled}"
        );
    }

    #[test]
    fn what_reaches_beyond_its_chart_is_cut_off_there() {
        let (chart, rect) = (
            Rect::from_min_max(pos2(0.0, 0.0), pos2(50.0, 50.0)),
            Rect::from_min_max(pos2(40.0, 0.0), pos2(60.0, 9.0)),
        );
        let cut = drawn(chart, Shape::rect_filled(rect, 0.0, Color32::WHITE));
        assert!(
            cut.contains("<clipPath id=\"a-clip0\"><rect x=\"0\" y=\"0\" width=\"50\" height=\"50\"/></clipPath>"),
            "{cut}"
        );
        assert!(cut.contains("<g clip-path=\"url(#a-clip0)\">"), "{cut}");
        let whole = drawn(Rect::EVERYTHING, Shape::rect_filled(rect, 0.0, Color32::WHITE));
        assert!(!whole.contains("clip-path="), "{whole}");
    }
}
