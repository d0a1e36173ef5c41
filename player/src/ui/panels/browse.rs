//! A folder as a list, over everything else: a click goes into a folder or takes a file.

use crate::ui::browser::{Browser, Entry, Wanted};
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::view::{Out, View};
use crate::ui::widgets::icon_button;
use eframe::egui::{Align, Align2, Area, Button, Frame, Id, Key, Layout, Order, RichText, ScrollArea, Ui, vec2};
use std::path::PathBuf;

const WIDTH: f32 = 520.0;
const HEIGHT: f32 = 360.0;
const ROW: f32 = 24.0;

/// Opens the list beside what is open.
pub(crate) fn button(ui: &mut Ui, wanted: Wanted, name: &str, view: &mut View) {
    if icon_button(ui, Icon::Folder, name, "").clicked() {
        let near = if wanted == Wanted::Trace { &view.throttle.typed } else { &view.address };
        view.browser = Some(Browser::new(wanted, near));
    }
}

/// What was clicked.
enum Choice {
    Nothing,
    Close,
    Into(PathBuf),
    Take(PathBuf),
}

/// Shows it while somebody looks for a file.
pub(crate) fn show(ui: &Ui, view: &mut View, out: &mut Out) {
    let Some(browser) = &mut view.browser else { return };
    browser.look(ui.ctx());
    let area = Area::new(Id::unique("browser")).order(Order::Foreground).anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0));
    let choice = area.show(ui.ctx(), |ui| {
        let frame = Frame::popup(ui.style()).fill(Palette::of(ui).surface).inner_margin(theme::GAP);
        frame.show(ui, |ui| {
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 6.0 * theme::GAP));
            contents(ui, browser)
        })
    });
    let escaped = ui.input(|input| input.key_pressed(Key::Escape));
    match choice.inner.inner {
        _ if escaped => view.browser = None,
        Choice::Nothing => {}
        Choice::Close => view.browser = None,
        Choice::Into(folder) => browser.enter(folder),
        Choice::Take(file) => take(&file.display().to_string(), view, out),
    }
}

fn take(file: &str, view: &mut View, out: &mut Out) {
    match view.browser.take().map(|browser| browser.wanted) {
        Some(Wanted::Trace) => {
            view.throttle.follow(file);
            out.send(view.throttle.command());
        }
        _ => out.open = Some(file.to_owned()),
    }
}

fn contents(ui: &mut Ui, browser: &Browser) -> Choice {
    let mut choice = heading(ui, browser);
    ui.separator();
    ui.set_height(HEIGHT.min(ui.ctx().content_rect().height() - 12.0 * theme::GAP));
    let weak = Palette::of(ui).weak;
    match &browser.entries {
        None => drop(ui.label(RichText::new("Reading …").color(weak))),
        Some(Err(problem)) => {
            let color = Palette::of(ui).warning;
            ui.label(RichText::new(format::sentence(problem)).color(color));
        }
        Some(Ok(entries)) if entries.is_empty() => {
            let what = if browser.wanted == Wanted::Trace { "No trace here." } else { "No MPD here." };
            ui.label(RichText::new(what).color(weak));
        }
        Some(Ok(entries)) => {
            ui.spacing_mut().item_spacing.y = 0.0;
            let list = ScrollArea::vertical().auto_shrink([false, false]);
            list.show_rows(ui, ROW, entries.len(), |ui, range| {
                for entry in entries.get(range).into_iter().flatten() {
                    if row(ui, entry) {
                        let path = browser.folder.join(&entry.name);
                        choice = if entry.is_folder { Choice::Into(path) } else { Choice::Take(path) };
                    }
                }
            });
        }
    }
    choice
}

/// Where we are, the way up, the way out.
fn heading(ui: &mut Ui, browser: &Browser) -> Choice {
    let mut choice = Choice::Nothing;
    ui.horizontal(|ui| {
        let above = browser.folder.parent();
        let up = ui.add_enabled(above.is_some(), Button::new("Up"));
        if up.accessible_name("Folder above").clicked() {
            choice = above.map_or(Choice::Nothing, |above| Choice::Into(above.to_owned()));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button(ui, Icon::Close, "Close the list", "Esc").clicked() {
                choice = Choice::Close;
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let path = browser.folder.display().to_string();
                ui.add(eframe::egui::Label::new(RichText::new(&path).strong()).truncate()).on_hover_text(path);
            });
        });
    });
    choice
}

/// Whether it was clicked.
fn row(ui: &mut Ui, entry: &Entry) -> bool {
    let text = if entry.is_folder { format!("{}/", entry.name) } else { entry.name.clone() };
    let color = if entry.is_folder { Palette::of(ui).weak } else { Palette::of(ui).text };
    let size = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center).with_main_justify(true), |ui| {
        let button = Button::selectable(false, RichText::new(text).color(color)).truncate();
        ui.add(button.min_size(size)).clicked()
    })
    .inner
}
