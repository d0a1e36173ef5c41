//! The part of the screen that is free for windows: without panels and docks (EWMH `_NET_WORKAREA`).

use eframe::egui::{Rect, Vec2, pos2, vec2};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt};

/// In pixels, where a window manager tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WorkArea(Option<[u32; 4]>);

impl WorkArea {
    /// Asks the X server. Wayland tells nobody, and fits windows itself.
    pub(crate) fn find() -> Self {
        Self(if cfg!(target_os = "linux") { asked() } else { None })
    }

    /// In points of the window; the whole monitor where nothing better is known.
    pub(crate) fn in_points(self, pixels_per_point: f32, monitor: Option<Vec2>) -> Option<Rect> {
        let Some(area) = self.0 else { return monitor.map(|size| Rect::from_min_size(pos2(0.0, 0.0), size)) };
        let [x, y, width, height] = area.map(|pixels| pixels as f32 / pixels_per_point);
        Some(Rect::from_min_size(pos2(x, y), vec2(width, height)))
    }
}

/// The area of the first desktop. A server that says nonsense is not believed.
fn asked() -> Option<[u32; 4]> {
    let (connection, screen) = x11rb::connect(None).ok()?;
    let root = connection.setup().roots.get(screen)?.root;
    let atom = connection.intern_atom(true, b"_NET_WORKAREA").ok()?.reply().ok()?.atom;
    let property = connection.get_property(false, root, atom, AtomEnum::CARDINAL, 0, 4).ok()?.reply().ok()?;
    let area: Vec<u32> = property.value32()?.collect();
    let [x, y, width, height] = area[..] else { return None };
    (width >= 200 && height >= 200 && [x, y, width, height].iter().all(|value| *value < 100_000))
        .then_some([x, y, width, height])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_window_manager_it_is_the_monitor() {
        let monitor = Some(vec2(1280.0, 800.0));
        let whole = WorkArea(None).in_points(2.0, monitor).map(|area| area.size());
        assert_eq!(whole, monitor);
        let free = WorkArea(Some([0, 60, 2560, 1500])).in_points(2.0, monitor);
        assert_eq!(free, Some(Rect::from_min_size(pos2(0.0, 30.0), vec2(1280.0, 750.0))));
    }
}
