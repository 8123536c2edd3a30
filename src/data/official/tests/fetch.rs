//! Downloading missing and damaged files.

use super::server::cut;
use super::*;
use crate::data::official::fetch::fetch;
use crate::data::official::find::path;
use crate::data::official::supply::load;

#[test]
fn files_are_fetched_once_and_then_found() {
    let cache = temporary_folder();
    let server = Server::start(good());
    let places = places(&cache, Some(&server));
    let folder = fetch(&any_spec(), &tiny_files(), &places).unwrap();
    assert_eq!(folder, cache.path().join("fashion-mnist"));
    assert_eq!(names(&folder), ["test.gz", "train.gz"]);
    assert_eq!(path(&any_spec(), &tiny_files(), &places).unwrap(), folder);
    fetch(&any_spec(), &tiny_files(), &places).unwrap();
    assert_eq!(server.requests(), ["/train.gz", "/test.gz"]);
}

#[test]
fn a_damaged_file_in_the_cache_is_fetched_again() {
    let cache = temporary_folder();
    let folder = cache.path().join("fashion-mnist");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("train"), b"hellO").unwrap();
    fs::write(folder.join("test"), b"world").unwrap();
    let server = Server::start(good());
    fetch(&any_spec(), &tiny_files(), &places(&cache, Some(&server))).unwrap();
    assert_eq!(server.requests(), ["/train.gz"]);
    assert_eq!(names(&folder), ["test", "train.gz"]);
}

#[test]
fn what_is_not_the_official_file_is_never_taken_for_data() {
    let not_found = answer("404 Not Found", b"no");
    let cases = [
        (vec![answer("200 OK", &gzip(b"other"))], "its checksum is"),
        (vec![answer("200 OK", b"a page")], "cannot be unpacked"),
        (
            vec![answer("200 OK", b"<html>Sign in")],
            "is a web page (“<html>Sign in”)",
        ),
        (
            vec![answer("200 OK", &gzip(b"hello")[..12])],
            "cannot be unpacked",
        ),
        (vec![not_found], "status 404"),
        (vec![cut(&gzip(b"hello")); 3], "broke off"),
    ];
    for (answers, expected) in cases {
        let cache = temporary_folder();
        let server = Server::start(answers);
        let places = places(&cache, Some(&server));
        let text = fetch(&any_spec(), &tiny_files(), &places)
            .unwrap_err()
            .to_string();
        assert!(text.contains(expected), "{text}");
        assert!(
            text.contains(&format!("{}/train.gz", server.address)),
            "{text}"
        );
        assert!(names(&cache.path().join("fashion-mnist")).is_empty());
        assert!(path(&any_spec(), &tiny_files(), &places).is_err());
    }
}

#[test]
fn an_interrupted_fetch_goes_on_with_the_missing_file() {
    let cache = temporary_folder();
    let [first, second]: [Vec<u8>; 2] = good().try_into().unwrap();
    let server = Server::start(vec![first, answer("404 Not Found", b""), second]);
    let places = places(&cache, Some(&server));
    assert!(fetch(&any_spec(), &tiny_files(), &places).is_err());
    let folder = fetch(&any_spec(), &tiny_files(), &places).unwrap();
    assert_eq!(server.requests(), ["/train.gz", "/test.gz", "/test.gz"]);
    assert_eq!(names(&folder), ["test.gz", "train.gz"]);
}

#[test]
fn only_the_files_of_the_data_set_are_taken_from_an_archive() {
    let archive = tar_gz(&[
        ("all/readme.html", b"about"),
        ("all/train", b"hello"),
        ("../../escaped", b"evil!"),
        ("/../test", b"world"),
    ]);
    let set = tiny_archive(&archive);
    let cache = temporary_folder();
    let server = Server::start(vec![answer("200 OK", &archive)]);
    let places = places(&cache, Some(&server));
    let folder = fetch(&any_spec(), &set, &places).unwrap();
    assert_eq!(names(&folder), [SUMS, "test", "train"]);
    assert_eq!(names(cache.path()), ["fashion-mnist"]);
    assert_eq!(fs::read(folder.join("train")).unwrap(), b"hello");
    // Intact files are not fetched again.
    fetch(&any_spec(), &set, &places).unwrap();
    assert_eq!(server.requests(), ["/all.tar.gz"]);
}

#[test]
fn an_archive_that_is_not_as_it_should_be_leaves_nothing() {
    let good = tar_gz(&[("all/train", b"hello"), ("all/test", b"world")]);
    let short = tar_gz(&[("all/train", b"hell"), ("all/test", b"world")]);
    let missing = tar_gz(&[("all/train", b"hello")]);
    let twice = tar_gz(&[
        ("train", b"hello"),
        ("a/train", b"hello"),
        ("test", b"world"),
    ]);
    let cases = [
        (tiny_archive(b"another"), good.clone(), "its checksum is"),
        (
            tiny_archive(&good[..40]),
            good[..40].to_vec(),
            "cannot be unpacked",
        ),
        (tiny_archive(&short), short, "its train has 4 bytes"),
        (tiny_archive(&missing), missing, "it holds 0 files test"),
        (tiny_archive(&twice), twice, "it holds 2 files train"),
    ];
    for (set, body, expected) in cases {
        let cache = temporary_folder();
        let server = Server::start(vec![answer("200 OK", &body)]);
        let places = places(&cache, Some(&server));
        let text = fetch(&any_spec(), &set, &places).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(names(&cache.path().join("fashion-mnist")).is_empty());
    }
}

#[test]
fn a_damaged_unpacked_file_is_fetched_again() {
    let archive = tar_gz(&[("all/train", b"hello"), ("all/test", b"world")]);
    let set = tiny_archive(&archive);
    let cache = temporary_folder();
    let server = Server::start(vec![answer("200 OK", &archive); 2]);
    let places = places(&cache, Some(&server));
    let folder = fetch(&any_spec(), &set, &places).unwrap();
    fs::write(folder.join("test"), b"w0rld").unwrap();
    fetch(&any_spec(), &set, &places).unwrap();
    assert_eq!(fs::read(folder.join("test")).unwrap(), b"world");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_failed_download_is_part_of_the_error() {
    let (spec, set) = spec("cifar-10");
    let cache = temporary_folder();
    let server = Server::start(vec![answer("404 Not Found", b"")]);
    let places = places(&cache, Some(&server));
    let text = load(&spec, &set, Split::Test, &places)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("was not found") && text.contains("status 404"),
        "{text}"
    );
    assert!(text.contains("cifar-10-binary.tar.gz"), "{text}");
}

#[test]
fn a_cache_folder_in_whose_place_a_file_is_is_an_error_naming_it() {
    let (spec, set) = spec("cifar-10");
    let cache = temporary_folder();
    fs::write(cache.path().join("cifar-10"), b"").unwrap();
    let server = Server::start(vec![]);
    let error = fetch(&spec, &set, &places(&cache, Some(&server))).unwrap_err();
    assert!(matches!(error, DataError::Write { .. }), "{error}");
}
