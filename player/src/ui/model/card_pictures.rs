//! The pictures on the cards of known films, read from disk once, each on a thread of its own.

use super::known_films;
use crate::ui::task::Task;
use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// A wider or higher picture was not written here.
const LARGEST: u32 = 1024;

/// Pictures by address.
#[derive(Default)]
pub(crate) struct CardPictures(BTreeMap<String, CardPicture>);

enum CardPicture {
    Reading(Task<Option<ColorImage>>),
    Read(TextureHandle),
    None,
}

impl std::fmt::Debug for CardPictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CardPictures").field(&self.0.len()).finish()
    }
}

impl CardPictures {
    /// The picture of a film, once it is there.
    pub(crate) fn of(&mut self, ctx: &Context, address: &str) -> Option<&TextureHandle> {
        let picture = self.0.entry(address.to_owned()).or_insert_with(|| read(ctx, address));
        if let CardPicture::Reading(task) = picture
            && let Some(image) = task.poll()
        {
            let texture = image.map(|image| ctx.load_texture(address, image, TextureOptions::LINEAR));
            *picture = texture.map_or(CardPicture::None, CardPicture::Read);
        }
        match picture {
            CardPicture::Read(texture) => Some(texture),
            CardPicture::Reading(_) | CardPicture::None => None,
        }
    }

    /// There is another picture now.
    pub(crate) fn forget(&mut self, address: &str) {
        self.0.remove(address);
    }
}

fn read(ctx: &Context, address: &str) -> CardPicture {
    let path = known_films::picture(address);
    let task = path.and_then(|path| Task::start(ctx, "picture", move || decode(&path)));
    task.map_or(CardPicture::None, CardPicture::Reading)
}

/// Three bytes a pixel, as `thumbnail` writes them.
fn decode(path: &Path) -> Option<ColorImage> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).ok()?)).read_info().ok()?;
    let info = reader.info();
    if info.width > LARGEST || info.height > LARGEST {
        return None;
    }
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let size = [frame.width as usize, frame.height as usize];
    let rgb = frame.color_type == png::ColorType::Rgb && frame.bit_depth == png::BitDepth::Eight;
    let pixels = pixels.get(..size[0] * size[1] * 3).filter(|_| rgb)?;
    Some(ColorImage::from_rgb(size, pixels))
}
