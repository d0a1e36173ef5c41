//! What every store must do. A new one adds a line to `stores`.

use super::{Folder, ObjectPart, Store};
use crate::layout;

/// Runs `check` on an empty store of each kind.
fn stores(check: impl Fn(&dyn Store)) {
    let outer = tempfile::tempdir().unwrap();
    check(&Folder::new(outer.path()));
}

#[test]
fn what_is_put_can_be_read_sized_listed_and_replaced() {
    stores(|store| {
        let segment = layout::segment("g", "v", 1);
        store.put(&segment, b"one").unwrap();
        store.put(layout::MANIFEST, b"m").unwrap();
        store.put(&segment, b"uno!").unwrap();
        assert_eq!(store.get(&segment).unwrap().as_deref(), Some(&b"uno!"[..]));
        assert_eq!(store.size(&segment).unwrap(), Some(4));
        assert_eq!(store.list().unwrap(), [segment.as_str(), layout::MANIFEST]);
    });
}

#[test]
fn what_is_not_there_is_no_error() {
    stores(|store| {
        assert_eq!(store.get("nothing").unwrap(), None);
        assert_eq!(store.size("nothing/here").unwrap(), None);
        store.remove("nothing").unwrap();
        assert!(store.list().unwrap().is_empty());
    });
}

#[test]
fn objects_are_put_together_from_bytes_and_objects() {
    stores(|store| {
        store.put("a", b"aa").unwrap();
        store.put("b", b"bbb").unwrap();
        store
            .put_parts(
                "c",
                &[ObjectPart::Bytes(b"<"), ObjectPart::Stored("a"), ObjectPart::Stored("b"), ObjectPart::Bytes(b">")],
            )
            .unwrap();
        assert_eq!(store.get("c").unwrap().as_deref(), Some(&b"<aabbb>"[..]));
    });
}

#[test]
fn a_failed_put_leaves_the_old_object_and_no_litter() {
    stores(|store| {
        store.put("c", b"old").unwrap();
        assert!(store.put_parts("c", &[ObjectPart::Bytes(b"new"), ObjectPart::Stored("missing")]).is_err());
        assert!(store.put_parts("d/e", &[ObjectPart::Stored("missing")]).is_err());
        assert_eq!(store.get("c").unwrap().as_deref(), Some(&b"old"[..]));
        assert_eq!(store.list().unwrap(), ["c"]);
    });
}

#[test]
fn paths_stay_inside() {
    stores(|store| {
        for path in ["", "/etc/x", "../x", "a/../../x", "."] {
            assert!(store.put(path, b"x").is_err(), "{path}");
        }
    });
}

#[test]
fn readers_never_see_a_part_of_an_object() {
    stores(|store| {
        let contents = [vec![1u8; 300_000], vec![2u8; 200_000]];
        store.put("x", &contents[0]).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for content in contents.iter().cycle().take(40) {
                    store.put("x", content).unwrap();
                }
            });
            for _ in 0..40 {
                let seen = store.get("x").unwrap().unwrap();
                assert!(contents.contains(&seen), "{} bytes", seen.len());
            }
        });
    });
}
