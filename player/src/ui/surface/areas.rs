//! The parts of a frame that can be painted without each other: shapes that are clipped to rectangles which do not
//! overlap, as panels are.

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Rect, Shape};

/// The shapes of one frame, sorted by areas.
pub(super) struct FrameShapes {
    shapes: Vec<ClippedShape>,
    areas: Vec<Area>,
    /// Shapes that no area holds; they touch none.
    loose: Vec<usize>,
    pub window: Rect,
    pixels_per_point: f32,
}

struct Area {
    place: Rect,
    /// Which shapes are in it, from below.
    shapes: Vec<usize>,
    /// A callback paints it, so what it will look like is not known: the film's picture.
    moves: bool,
}

impl FrameShapes {
    /// Sorts the shapes.
    ///
    /// # Errors
    /// The shapes, when there is nothing to gain (no area moves by itself), or when the areas do not stand alone.
    pub(super) fn new(
        shapes: Vec<ClippedShape>,
        window: Rect,
        pixels_per_point: f32,
    ) -> Result<Self, Vec<ClippedShape>> {
        let mut areas: Vec<_> = places(&shapes, window).into_iter().map(Area::new).collect();
        let mut loose = Vec::new();
        for (index, shape) in shapes.iter().enumerate() {
            match areas.iter_mut().find(|area| area.place.contains_rect(shape.clip_rect)) {
                Some(area) => {
                    area.shapes.push(index);
                    area.moves |= moves(shape);
                }
                None => loose.push(index),
            }
        }
        let stands_alone = |area: &Area| !loose.iter().any(|index| touches(shown(&shapes[*index]), area.place));
        let moving = areas.iter().any(|area| area.moves) && !loose.iter().any(|index| moves(&shapes[*index]));
        match moving && areas.iter().all(stands_alone) && are_apart(&areas) {
            true => Ok(Self { shapes, areas, loose, window, pixels_per_point }),
            false => Err(shapes),
        }
    }

    /// The areas that are the same in `new`.
    pub(super) fn still(&self, new: &Self) -> Vec<Rect> {
        if (self.window, self.pixels_per_point) != (new.window, new.pixels_per_point) {
            return Vec::new();
        }
        let was_so = |area: &&Area| self.areas.iter().any(|old| old.looks_like(self, area, new));
        new.areas.iter().filter(was_so).map(|area| area.place).collect()
    }

    /// The shapes outside the areas `still`.
    pub(super) fn shapes_beside(&self, still: &[Rect]) -> impl Iterator<Item = &ClippedShape> {
        let changed = self.areas.iter().filter(|area| !still.contains(&area.place));
        let indices = changed.flat_map(|area| &area.shapes).chain(&self.loose);
        indices.map(|index| &self.shapes[*index])
    }

    /// Whether all areas but those in `still` are painted by callbacks.
    pub(super) fn moves_in_all_but(&self, still: &[Rect]) -> bool {
        self.areas.iter().all(|area| area.moves || still.contains(&area.place))
    }
}

impl Area {
    fn new(place: Rect) -> Self {
        Self { place, shapes: Vec::new(), moves: false }
    }

    fn looks_like(&self, of: &FrameShapes, other: &Self, of_other: &FrameShapes) -> bool {
        let same = |(a, b): (&usize, &usize)| of.shapes[*a] == of_other.shapes[*b];
        self.place == other.place
            && !(self.moves || other.moves)
            && self.shapes.len() == other.shapes.len()
            && self.shapes.iter().zip(&other.shapes).all(same)
    }
}

/// The rectangles that shapes are clipped to, without those within others and those that are all of the window.
fn places(shapes: &[ClippedShape], window: Rect) -> Vec<Rect> {
    let mut places: Vec<Rect> = Vec::new();
    for clip in shapes.iter().map(|shape| shape.clip_rect).filter(|clip| clip.is_positive()) {
        if !clip.contains_rect(window) && !places.iter().any(|place| place.contains_rect(clip)) {
            places.retain(|place| !clip.contains_rect(*place));
            places.push(clip);
        }
    }
    places
}

fn are_apart(areas: &[Area]) -> bool {
    areas
        .iter()
        .enumerate()
        .all(|(index, area)| !areas[index + 1..].iter().any(|other| touches(area.place, other.place)))
}

/// Whether two rectangles overlap by more than the rounding to pixels can cause.
fn touches(a: Rect, b: Rect) -> bool {
    a.shrink(0.5).intersect(b.shrink(0.5)).is_positive()
}

/// Where it shows, feathered edges included.
fn shown(shape: &ClippedShape) -> Rect {
    shape.clip_rect.intersect(shape.shape.visual_bounding_rect().expand(1.0))
}

fn moves(shape: &ClippedShape) -> bool {
    matches!(shape.shape, Shape::Callback(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Color32, PaintCallback, pos2, vec2};
    use std::sync::Arc;

    const WINDOW: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(300.0, 100.0) };

    fn column(number: u8) -> Rect {
        Rect::from_min_size(pos2(f32::from(number) * 100.0, 0.0), vec2(100.0, 100.0))
    }

    fn text(clip: Rect, at: [f32; 2], grey: u8) -> ClippedShape {
        let rect = Rect::from_min_size(clip.min + vec2(at[0], at[1]), vec2(10.0, 10.0));
        ClippedShape::new(clip, Shape::rect_filled(rect, 0.0, Color32::from_gray(grey)))
    }

    fn picture(clip: Rect) -> ClippedShape {
        ClippedShape::new(clip, Shape::Callback(PaintCallback { rect: clip, callback: Arc::new(()) }))
    }

    fn scene(shapes: Vec<ClippedShape>) -> Option<FrameShapes> {
        FrameShapes::new(shapes, WINDOW, 1.0).ok()
    }

    #[test]
    fn a_panel_that_is_the_same_is_not_painted_again() {
        let frame = |second: u8, third: u8| {
            let inner = Rect::from_min_size(column(1).min, vec2(50.0, 50.0));
            let within = text(inner, [5.0, 5.0], second);
            scene(vec![picture(column(0)), text(column(1), [60.0, 5.0], 1), within, text(column(2), [5.0, 5.0], third)])
        };
        let (old, new) = (frame(1, 1).unwrap(), frame(1, 2).unwrap());
        assert_eq!(old.still(&new), [column(1)]);
        assert_eq!(new.shapes_beside(&[column(1)]).count(), 2);
        assert!(!new.moves_in_all_but(&[column(1)]));
        assert!(new.moves_in_all_but(&[column(1), column(2)]));
        assert_eq!(old.still(&frame(2, 1).unwrap()), [column(2)]);
    }

    #[test]
    fn another_size_of_pixels_changes_everything() {
        let shapes = vec![picture(column(0)), text(column(1), [5.0, 5.0], 1)];
        let (old, new) = (scene(shapes.clone()).unwrap(), FrameShapes::new(shapes, WINDOW, 2.0).ok().unwrap());
        assert!(old.still(&new).is_empty());
    }

    #[test]
    fn what_lies_over_a_panel_has_all_of_it_painted() {
        let with = |above: ClippedShape| scene(vec![picture(column(0)), text(column(1), [5.0, 5.0], 1), above]);
        assert!(with(text(WINDOW, [150.0, 50.0], 1)).is_none(), "over a panel");
        assert!(with(text(WINDOW, [250.0, 50.0], 1)).is_some(), "beside the panels");
        assert!(with(text(column(1).expand(20.0), [5.0, 5.0], 1)).is_none(), "across panels");
    }

    #[test]
    fn without_a_picture_there_is_nothing_to_gain() {
        assert!(scene(vec![text(column(1), [5.0, 5.0], 1)]).is_none());
        assert!(scene(vec![picture(WINDOW), text(column(1), [5.0, 5.0], 1)]).is_none(), "it is the whole window");
    }
}
