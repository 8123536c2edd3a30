//! The names of data sets and classes.

use std::path::Path;

/// The prefix of the id of a folder of pictures; its path follows.
pub(super) const FOLDER_PREFIX: &str = "folder:";

/// The data set of a model if nobody knows what it was trained on.
pub const UNKNOWN: &str = "unknown";

/// The name of a class that has none.
pub fn unnamed(class: usize) -> String {
    format!("class {class}")
}

/// Whether the data set with this id is a folder of the user's own pictures.
pub fn is_folder(id: &str) -> bool {
    id.starts_with(FOLDER_PREFIX)
}

/// The name of the data set with this id, short enough for a title or a file name: for a folder, the last part of
/// its path.
pub fn short_name(id: &str) -> &str {
    let Some(path) = id.strip_prefix(FOLDER_PREFIX) else {
        return id;
    };
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.unwrap_or("pictures")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_called_by_the_last_part_of_its_path() {
        for (id, name) in [
            ("cifar-10", "cifar-10"),
            ("folder:/home/me/pets", "pets"),
            ("folder:/home/me/pets/", "pets"),
            ("folder:/", "pictures"),
        ] {
            assert_eq!(short_name(id), name);
        }
    }
}
