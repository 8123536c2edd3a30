//! The meaning of the names of folders: splits, and folders of other programs.

use crate::data::split::Split;

/// Folders that systems, network disks and other programs keep beside pictures, in small letters.
const OTHERS_FOLDERS: [&str; 25] = [
    "@eadir",
    "@tmp",
    "@sharebin",
    "@recycle",
    "@recently-snapshot",
    "@__thumb",
    "#recycle",
    "#snapshot",
    "~snapshot",
    "$recycle.bin",
    "recycler",
    "recycled",
    "found.000",
    "system volume information",
    "lost+found",
    "__macosx",
    "network trash folder",
    "temporary items",
    "thevolumesettingsfolder",
    "picasaoriginals",
    "ipod photo cache",
    "synophoto_thumb",
    "__pycache__",
    "node_modules",
    "_gsdata_",
];
/// Endings of the names of folders in which photo programs keep previews.
const OTHERS_ENDINGS: [&str; 5] = [
    ".lrdata",
    ".lrcat-data",
    ".photoslibrary",
    ".aplibrary",
    ".cocatalog",
];
/// Folders of small copies of the pictures that lie beside them, in small letters.
const THUMBNAILS: [&str; 8] = [
    "thumb",
    "thumbs",
    "_thumb",
    "_thumbs",
    "thumbnail",
    "thumbnails",
    "_thumbnails",
    "zbthumbnail",
];

/// Whether a folder of this name is kept by a system or a program, so that its pictures are not the user's.
pub(super) fn is_of_another_program(name: &str) -> bool {
    let name = name.to_lowercase();
    OTHERS_FOLDERS.contains(&name.as_str())
        || OTHERS_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a folder of this name holds small copies, if there are pictures beside it.
pub(super) fn is_of_thumbnails(name: &str) -> bool {
    THUMBNAILS.contains(&name.to_lowercase().as_str())
}

/// Words that stand beside the name of a split and say nothing: "Training Set", "test_images".
const FILLERS: [&str; 14] = [
    "set", "sets", "data", "dataset", "split", "images", "image", "imgs", "img", "pictures",
    "photos", "pics", "folder", "seg",
];

/// The split that the name of a folder means, if it is the usual name of one: `train`, `Testing`, `VALID`,
/// `training_set`.
pub(super) fn split_of(name: &str) -> Option<Split> {
    let name = name.to_lowercase();
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty() && !FILLERS.contains(word));
    let (Some(word), None) = (words.next(), words.next()) else {
        return None;
    };
    let mut endings = FILLERS.iter();
    let bare = endings.find_map(|ending| word.strip_suffix(ending));
    match bare.unwrap_or(word) {
        "train" | "training" | "trn" => Some(Split::Train),
        "test" | "testing" | "tst" => Some(Split::Test),
        "val" | "valid" | "validation" | "validate" | "validating" | "dev" => Some(Split::Valid),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_known_by_their_usual_names_in_any_case() {
        for (name, split) in [
            ("train", Split::Train),
            ("Train", Split::Train),
            ("TRAINING", Split::Train),
            ("training_set", Split::Train),
            ("Training Images", Split::Train),
            ("seg_train", Split::Train),
            ("trainset", Split::Train),
            ("test", Split::Test),
            ("Testing", Split::Test),
            ("test-data", Split::Test),
            ("TestSet", Split::Test),
            ("val", Split::Valid),
            ("Valid", Split::Valid),
            ("validation", Split::Valid),
            ("Validation_Set", Split::Valid),
        ] {
            assert_eq!(split_of(name), Some(split), "{name}");
        }
        for name in [
            "",
            "cat",
            "trainer",
            "strain",
            "contest",
            "train station",
            "data",
            "images",
            "value",
            "train-test",
        ] {
            assert_eq!(split_of(name), None, "{name}");
        }
    }

    #[test]
    fn folders_of_other_programs_are_known_in_any_case() {
        for name in [
            "@eaDir",
            "__MACOSX",
            "$RECYCLE.BIN",
            "Lost+Found",
            "a.lrdata",
        ] {
            assert!(is_of_another_program(name), "{name}");
        }
        for name in ["cat", "#1", "@home", "Thumbs"] {
            assert!(!is_of_another_program(name), "{name}");
        }
        assert!(is_of_thumbnails("Thumbs") && !is_of_thumbnails("thumbs up"));
    }
}
