//! egui's triangles as pixels, blended as its painters for graphics cards blend them: premultiplied, in gamma space.

use eframe::egui::epaint::{ClippedPrimitive, ImageData, ImageDelta, Mesh, Primitive, Vertex};
use eframe::egui::{Color32, ColorImage, Pos2, Rect, TextureId, TexturesDelta, Vec2};
use std::collections::HashMap;

/// What triangles are filled with, such as the picture of all glyphs.
#[derive(Default)]
pub(super) struct Textures(HashMap<TextureId, ColorImage>);

impl Textures {
    /// Takes over new and changed ones.
    pub(super) fn learn(&mut self, delta: &TexturesDelta) {
        for (id, deltas) in &delta.set {
            for delta in deltas {
                self.learn_one(*id, delta);
            }
        }
    }

    fn learn_one(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let (Some([left, top]), Some(known)) = (delta.pos, self.0.get_mut(&id)) else {
            self.0.insert(id, image.as_ref().clone());
            return;
        };
        let width = known.width();
        for (y, row) in image.pixels.chunks_exact(image.width().max(1)).enumerate() {
            let start = (top + y) * width + left;
            if let Some(part) = known.pixels.get_mut(start..start + row.len()) {
                part.copy_from_slice(row);
            }
        }
    }

    /// A picture of `size` pixels, drawn in order.
    pub(super) fn draw(&self, size: [f32; 2], primitives: &[ClippedPrimitive], pixels_per_point: f32) -> ColorImage {
        let mut picture = ColorImage::filled(size.map(|side| side as usize), Color32::BLACK);
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            if let Some(texture) = self.0.get(&mesh.texture_id) {
                paint(&mut picture, mesh, texture, *clip_rect, pixels_per_point);
            }
        }
        picture
    }
}

fn paint(picture: &mut ColorImage, mesh: &Mesh, texture: &ColorImage, clip: Rect, pixels_per_point: f32) {
    let [width, height] = picture.size.map(|side| side as f32);
    let clip = Rect::from_min_max(
        (clip.min.to_vec2() * pixels_per_point).round().to_pos2(),
        (clip.max.to_vec2() * pixels_per_point).round().to_pos2(),
    );
    let clip = clip.intersect(Rect::from_min_max(Pos2::ZERO, Pos2::new(width, height)));
    let corner = |index: &u32| {
        let vertex = mesh.vertices.get(*index as usize)?;
        Some(Vertex { pos: vertex.pos * pixels_per_point, ..*vertex })
    };
    for indices in mesh.indices.chunks_exact(3) {
        if let [Some(a), Some(b), Some(c)] = [0, 1, 2].map(|place| indices.get(place).and_then(corner)) {
            triangle(picture, [a, b, c], texture, clip);
        }
    }
}

/// Twice the area to the left of the way from `a` to `b`, seen from `c`.
fn area(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// A pixel on an edge belongs to one of the two triangles that share it: else seams would show.
fn owns_edge(a: Pos2, b: Pos2) -> bool {
    a.y > b.y || a.y == b.y && a.x < b.x
}

fn triangle(picture: &mut ColorImage, [a, b, c]: [Vertex; 3], texture: &ColorImage, clip: Rect) {
    let whole = area(a.pos, b.pos, c.pos);
    let corners = if whole < 0.0 { [a, c, b] } else { [a, b, c] };
    let [a, b, c] = corners.map(|corner| corner.pos);
    let bounds = Rect::from_points(&[a, b, c]).intersect(clip);
    if whole == 0.0 || !bounds.is_positive() {
        return;
    }
    let edges = [(b, c), (c, a), (a, b)];
    let first = |least: f32| (least - 0.5).ceil().max(0.0) as usize;
    for y in first(bounds.top())..first(bounds.bottom()) {
        for x in first(bounds.left())..first(bounds.right()) {
            let middle = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
            let parts = edges.map(|(from, to)| area(from, to, middle));
            let inside =
                |(part, (from, to)): (&f32, &(Pos2, Pos2))| *part > 0.0 || *part == 0.0 && owns_edge(*from, *to);
            if parts.iter().zip(&edges).all(inside) {
                let color = color(&corners, parts.map(|part| part / whole.abs()), texture);
                let width = picture.width();
                if let Some(pixel) = picture.pixels.get_mut(y * width + x) {
                    *pixel = over(color, *pixel);
                }
            }
        }
    }
}

/// The colour of a pixel (0 to 255): interpolated between the corners, times that of the texture.
fn color(corners: &[Vertex; 3], shares: [f32; 3], texture: &ColorImage) -> [f32; 4] {
    let (mut mixed, mut uv) = ([0.0; 4], Vec2::ZERO);
    for (corner, share) in corners.iter().zip(shares) {
        uv += corner.uv.to_vec2() * share;
        for (sum, part) in mixed.iter_mut().zip(corner.color.to_array()) {
            *sum += f32::from(part) * share;
        }
    }
    let [width, height] = texture.size;
    let place = |share: f32, length: usize| ((share * length as f32) as usize).min(length.saturating_sub(1));
    let texel = texture.pixels.get(place(uv.y, height) * width + place(uv.x, width)).copied().unwrap_or(Color32::WHITE);
    let [r, g, b, a] = texel.to_array().map(|part| f32::from(part) / 255.0);
    let [red, green, blue, alpha] = mixed;
    [red * r, green * g, blue * b, alpha * a]
}

fn over([r, g, b, a]: [f32; 4], below: Color32) -> Color32 {
    let through = 1.0 - a / 255.0;
    let [below_r, below_g, below_b, below_a] = below.to_array().map(|part| f32::from(part) * through);
    let [r, g, b, a] = [r + below_r, g + below_g, b + below_b, a + below_a].map(|part| part.round() as u8);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::epaint::WHITE_UV;

    #[test]
    fn triangles_that_share_an_edge_cover_each_pixel_once() {
        let mut picture = ColorImage::filled([8, 8], Color32::BLACK);
        let white = ColorImage::filled([1, 1], Color32::WHITE);
        let half = Color32::from_rgba_premultiplied(100, 100, 100, 128);
        let mut mesh = Mesh::default();
        for (x, y) in [(1.0, 1.0), (7.0, 1.0), (7.0, 7.0), (1.0, 7.0)] {
            mesh.vertices.push(Vertex { pos: Pos2::new(x, y), uv: WHITE_UV, color: half });
        }
        mesh.indices = vec![0, 1, 2, 0, 2, 3];
        paint(&mut picture, &mesh, &white, Rect::EVERYTHING, 1.0);
        let gray = Color32::from_rgb(100, 100, 100);
        assert_eq!(picture.pixels.iter().filter(|pixel| **pixel == gray).count(), 36);
        assert_eq!(picture.pixels.iter().filter(|pixel| **pixel == Color32::BLACK).count(), 64 - 36);
    }
}
