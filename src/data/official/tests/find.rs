//! The places in which files are found.

use super::*;
use crate::data::official::find::path;
use crate::data::official::supply::load;

#[test]
fn offline_the_error_says_what_was_tried_and_the_ways_to_get_the_data() {
    for (id, package) in [("fashion-mnist", true), ("cifar-10", false)] {
        let (spec, set) = spec(id);
        let (cache, variable) = (temporary_folder(), temporary_folder());
        let places = Places {
            variable: Some(variable.path().to_owned()),
            ..places(&cache, None)
        };
        let text = load(&spec, &set, Split::Train, &places)
            .unwrap_err()
            .to_string();
        let cached = cache.path().join(id).display().to_string();
        for part in [
            &format!("{id} was not found"),
            &format!(
                "no {} in {}, given by BURN_ZOO_DATA",
                set.files()[0].name,
                variable.path().display()
            ),
            &cached,
            "BURN_ZOO_OFFLINE is set",
            "‘data_dir’",
            &format!("`zoo data fetch {id}` on a machine with internet access"),
        ] {
            assert!(text.contains(part), "{part:?} not in: {text}");
        }
        assert_eq!(
            text.contains("Debian's package dataset-fashion-mnist"),
            package
        );
        assert!(!cache.path().join(id).exists());
    }
}

#[test]
fn the_files_may_lie_in_a_subfolder() {
    let (spec, set) = spec("cifar-10");
    for inner in [
        "",
        "cifar-10",
        "cifar-10-batches-bin",
        "cifar-10/cifar-10-batches-bin",
    ] {
        let (cache, folder) = (temporary_folder(), temporary_folder());
        let inner = folder.path().join(inner);
        fs::create_dir_all(&inner).unwrap();
        cifar10::tests::write_subset(&inner);
        for given in [true, false] {
            let place = Some(folder.path().to_owned());
            let (given, variable) = if given { (place, None) } else { (None, place) };
            let places = Places {
                given,
                variable,
                ..places(&cache, None)
            };
            let found = path(&spec, &set, &places).unwrap();
            assert_eq!(
                found.components().collect::<PathBuf>(),
                inner.components().collect::<PathBuf>()
            );
        }
    }
}

#[test]
fn the_named_folder_comes_first_then_the_variable_then_the_cache() {
    let (spec, set) = spec("cifar-10");
    let (cache, given, variable) = (temporary_folder(), temporary_folder(), temporary_folder());
    let cached = cache.path().join("cifar-10");
    fs::create_dir(&cached).unwrap();
    for folder in [given.path(), variable.path(), &cached] {
        cifar10::tests::write_subset(folder);
    }
    let mut places = Places {
        given: Some(given.path().to_owned()),
        variable: Some(variable.path().to_owned()),
        ..places(&cache, None)
    };
    assert_eq!(path(&spec, &set, &places).unwrap(), given.path());
    places.given = None;
    assert_eq!(path(&spec, &set, &places).unwrap(), variable.path());
    places.variable = None;
    assert_eq!(path(&spec, &set, &places).unwrap(), cached);
}

#[test]
fn a_named_folder_is_the_only_place_tried() {
    let (spec, set) = spec("cifar-10");
    let (cache, given) = (temporary_folder(), temporary_folder());
    let cached = cache.path().join("cifar-10");
    fs::create_dir(&cached).unwrap();
    cifar10::tests::write_subset(&cached);
    let mut places = Places {
        given: Some(given.path().to_owned()),
        ..places(&cache, None)
    };
    let text = load(&spec, &set, Split::Train, &places)
        .unwrap_err()
        .to_string();
    let missing = given.path().join("data_batch_1.bin").display().to_string();
    assert!(text.starts_with(&format!("{missing} is missing")), "{text}");
    assert!(path(&spec, &set, &places).is_err());

    for path in [given.path().join("nowhere"), cached.join("test_batch.bin")] {
        places.given = Some(path.clone());
        let text = load(&spec, &set, Split::Train, &places)
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&path.display().to_string()), "{text}");
        assert!(text.contains("is not a folder"), "{text}");
    }
}
