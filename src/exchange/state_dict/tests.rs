use super::*;
use crate::exchange::{pytorch_file, to_pytorch};
use crate::weights::{Metadata, safetensors_file};
use burn::tensor::TensorData;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ImageShape, MlpConfig, NetworkConfig, find};
use std::fs;
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn architecture() -> ClassifierConfig {
    let spec = find("mlp-relu").unwrap();
    spec.config(ImageShape::new(1, 2, 2), 3)
}

fn weights(seed: u64) -> Weights {
    Weights::of(
        &architecture()
            .init_with_seed::<Flex>(seed, &FlexDevice)
            .unwrap(),
    )
}

/// The weights read from a file with models under these prefixes, each drawn with its index as seed.
fn read(prefixes: &[&str], key: Option<&str>) -> Result<Weights, ExchangeError> {
    let models = prefixes.iter().enumerate();
    let tensors = models.flat_map(|(seed, prefix)| {
        let tensors = to_pytorch(&architecture(), &weights(seed as u64)).into_iter();
        tensors.map(move |(name, data)| (format!("{prefix}{name}"), data))
    });
    let bytes = pytorch_file::write(&tensors.collect::<Vec<_>>()).unwrap();
    weights_in(&bytes, key)
}

/// The weights in a file with these bytes.
fn weights_in(bytes: &[u8], key: Option<&str>) -> Result<Weights, ExchangeError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let naming = Naming {
        key: key.map(String::from),
        ..Naming::default()
    };
    let state = StateDict::open(file.path())?;
    Ok(state.weights(&architecture(), &naming)?.weights)
}

#[test]
fn of_several_models_the_key_names_one() {
    let error = read(&["model.", "ema."], None).unwrap_err().to_string();
    assert!(
        error.contains("several models, under ema, model: name one by ‘key’"),
        "{error}"
    );
    assert_eq!(read(&["model.", "ema."], Some("ema")).unwrap(), weights(1));
    let error = read(&["model.", "ema."], Some("best"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("under \"best\""), "{error}");
}

#[test]
fn wrappers_are_taken_off() {
    for prefix in ["", "module.", "_orig_mod.module.", "state.model.module."] {
        assert_eq!(read(&[prefix], None).unwrap(), weights(0), "{prefix}");
    }
}

#[test]
fn a_file_of_the_zoos_own_is_taken_as_it_is() {
    let bytes = weights(5).to_safetensors(Metadata::new());
    assert_eq!(weights_in(&bytes, None).unwrap(), weights(5));
}

#[test]
fn integers_are_no_weights() {
    let tensors = to_pytorch(&architecture(), &weights(0));
    let tensors = tensors.iter().map(|(name, data)| (name, data));
    let bytes = safetensors_file(tensors, &Metadata::new());
    let at = bytes
        .windows(5)
        .position(|word| word == b"\"F32\"")
        .unwrap();
    let mut integers = bytes;
    integers[at + 1] = b'I';
    let error = weights_in(&integers, None).unwrap_err().to_string();
    assert!(error.contains("holds I32 instead of floats"), "{error}");
}

/// The files that tests/pytorch/foreign.py writes: a small model's, saved as people do.
fn foreign(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/foreign");
    let entries = fs::read_dir(path.join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The model of those files.
fn small() -> ClassifierConfig {
    let input = ImageShape::new(1, 2, 2);
    ClassifierConfig::Mlp(MlpConfig::new(input, 3).with_hidden(vec![5]))
}

fn taken(file: &Path) -> Result<Taken, ExchangeError> {
    StateDict::open(file)?.weights(&small(), &Naming::default())
}

#[test]
fn every_file_that_pytorch_projects_save_gives_the_same_weights_bit_for_bit() {
    let files = foreign("reads");
    let plain = files
        .iter()
        .find(|file| file.ends_with("plain.safetensors"));
    let expected = taken(plain.unwrap()).unwrap().weights;
    // (37 · 1 mod 101 − 50) / 64 and so on, as the script has it; dense weights are the other way round.
    let first = expected.get("hidden.0.weight").unwrap();
    let second: f32 = (37.0 * 4.0 % 101.0 - 50.0) / 64.0;
    assert_eq!(
        first.iter::<f32>().take(2).collect::<Vec<_>>(),
        [-50.0 / 64.0, second]
    );
    let index = foreign("")
        .into_iter()
        .find(|file| file.ends_with("model.safetensors.index.json"));
    for file in files.iter().chain(&index) {
        let taken = taken(file).unwrap_or_else(|error| panic!("{error}"));
        assert!(taken.weights == expected, "{}", file.display());
    }
}

#[test]
fn tensors_that_are_no_weights_are_passed_over_by_name() {
    let passed_over = |name: &str| {
        let files = foreign("reads");
        let file = files.iter().find(|file| file.ends_with(name)).unwrap();
        taken(file).unwrap().passed_over
    };
    assert_eq!(passed_over("averaged.pt"), ["n_averaged"]);
    assert_eq!(passed_over("buffers.pt"), ["_extra_state", "ema_1_weight"]);
    assert_eq!(passed_over("foreign-tensors.pt"), ["mask", "steps"]);
    let all = ["mask", "scales", "spectrum", "steps"];
    assert_eq!(passed_over("foreign-tensors.safetensors"), all);
    assert!(passed_over("plain.safetensors").is_empty());
}

#[test]
fn an_nn_sequential_of_the_same_layers_fits_by_its_order_and_says_so() {
    for (name, renamed) in [
        (
            "sequential-without-flatten.pt",
            [("0", "1"), ("2", "3")].as_slice(),
        ),
        ("sequential-with-dropout.pt", &[("4", "3")]),
        (
            "sequential-in-a-module.pt",
            &[("linear_relu_stack.0", "1"), ("linear_relu_stack.2", "3")],
        ),
        ("plain.safetensors", &[]),
    ] {
        let files = foreign("reads");
        let file = files.iter().find(|file| file.ends_with(name)).unwrap();
        let renamed: Vec<_> = renamed
            .iter()
            .map(|(file, own)| (file.to_string(), own.to_string()))
            .collect();
        assert_eq!(taken(file).unwrap().renamed, renamed, "{name}");
    }
}

#[test]
fn what_only_python_can_read_is_refused_with_the_command_that_makes_it_readable() {
    for file in foreign("refuses") {
        let error = taken(&file).unwrap_err().to_string();
        assert!(error.contains("if you trust the file"), "{error}");
        assert!(error.contains("python3 -c \"import torch"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

/// An archive of torch.save's with a pickle of one's own and no values.
fn archive(pickle: &[u8], compression: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(compression);
    archive.start_file("archive/data.pkl", options).unwrap();
    archive.write_all(pickle).unwrap();
    archive.start_file("archive/data/0", options).unwrap();
    archive.write_all(&[0; 4]).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The pickle of tensors of the model, each of one value that stands for all of its elements.
fn of_one_value(sides: impl Fn(usize) -> usize) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for own in parameters(&small()) {
        let name = own.pytorch.as_bytes();
        pickle.extend(
            b"X".iter()
                .chain(&(name.len() as u32).to_le_bytes())
                .chain(name),
        );
        pickle.extend(
            b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n",
        );
        pickle.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00(");
        for side in own.shape.iter().rev() {
            pickle.push(b'J');
            pickle.extend((sides(*side) as u32).to_le_bytes());
        }
        pickle.extend(b"t(");
        pickle.extend(b"K\x00".repeat(own.shape.len()));
        pickle.extend(b"t\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"u.");
    pickle
}

#[test]
fn files_that_would_fill_the_memory_or_the_stack_are_refused_in_a_sentence() {
    let nested =
        |count: usize| [b"]".repeat(count), b"a".repeat(count - 1), b".".to_vec()].concat();
    let mut doubled = b"\x80\x02)".to_vec();
    doubled.extend(b"2\x86".repeat(200));
    doubled.push(b'.');
    let mut remembered = vec![0x80, 2, b'X', 0, 0, 16, 0];
    remembered.extend(b"x".repeat(1 << 20));
    remembered.extend(b"q\x00(");
    remembered.extend(b"h\x00".repeat(5000));
    remembered.extend(b"l.");
    let stored = CompressionMethod::Stored;
    let deflated = CompressionMethod::Deflated;
    for (what, bytes) in [
        ("nested lists", archive(&nested(200_000), stored)),
        ("nested lists alone", nested(200_000)),
        (
            "nested tuples",
            archive(
                &[b"\x80\x02)".to_vec(), b"\x85".repeat(200_000)].concat(),
                stored,
            ),
        ),
        ("doubled tuples", archive(&doubled, stored)),
        ("a text many times", archive(&remembered, stored)),
        (
            "a text of 4 GB",
            archive(b"\x80\x02X\xff\xff\xff\xff.", stored),
        ),
        (
            "a pickle that unpacks",
            archive(&vec![b'N'; 200 << 20], deflated),
        ),
        (
            "one value for 9 GB",
            archive(
                &of_one_value(|side| if side == 4 { 480_000_000 } else { side }),
                stored,
            ),
        ),
        (
            "one value for 8 EB",
            archive(&of_one_value(|_| u32::MAX as usize >> 1), stored),
        ),
        (
            "as many classes",
            archive(
                &of_one_value(|side| if side == 3 { 300_000_000 } else { side }),
                stored,
            ),
        ),
    ] {
        let error = weights_in(&bytes, None).unwrap_err().to_string();
        assert!(
            error.len() < 600 && error.lines().count() == 1,
            "{what}: {error}"
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let classes = StateDict::open(file.path())
            .and_then(|state| state.num_classes(&small(), &Naming::default()));
        assert!(
            classes.is_err() || classes.unwrap() <= MOST_CLASSES,
            "{what}"
        );
    }
    // What bounds it: the same pickle with the model's own sides is read.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), archive(&of_one_value(|side| side), stored)).unwrap();
    assert_eq!(taken(file.path()).unwrap().weights.names().count(), 4);
}

#[test]
fn a_cut_file_and_one_with_a_flipped_bit_never_give_other_weights() {
    let files = foreign("reads");
    for name in ["protocol-4.pt", "plain.safetensors"] {
        let file = files.iter().find(|file| file.ends_with(name)).unwrap();
        let expected = taken(file).unwrap().weights;
        let whole = fs::read(file).unwrap();
        let damaged = tempfile::NamedTempFile::new().unwrap();
        for cut in 0..whole.len() {
            fs::write(damaged.path(), &whole[..cut]).unwrap();
            assert!(taken(damaged.path()).is_err(), "{name} cut at {cut}");
        }
        // safetensors has no checksum for its values.
        if name.ends_with(".pt") {
            for flipped in 0..whole.len() {
                let mut bytes = whole.clone();
                bytes[flipped] ^= 4;
                fs::write(damaged.path(), bytes).unwrap();
                let taken = taken(damaged.path());
                assert!(
                    taken.is_err() || taken.unwrap().weights == expected,
                    "{flipped}"
                );
            }
        }
    }
}

/// A header and values of a safetensors file, put together.
fn safetensors(header: &str, num_bytes: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [length.as_slice(), header.as_bytes(), &vec![0; num_bytes]].concat()
}

#[test]
fn a_safetensors_header_that_does_not_say_where_each_value_is_is_refused() {
    let entry = |from: usize, to: usize| {
        format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":[{from},{to}]}}"#)
    };
    for (header, num_bytes, said) in [
        (
            format!(r#"{{"a":{},"a":{}}}"#, entry(0, 8), entry(8, 16)),
            16,
            "twice",
        ),
        (
            format!(r#"{{"a":{},"b":{}}}"#, entry(0, 8), entry(0, 8)),
            8,
            "not where they should be",
        ),
        (
            format!(r#"{{"a":{},"b":{}}}"#, entry(0, 8), entry(16, 24)),
            24,
            "not where they should be",
        ),
        (format!(r#"{{"a":{}}}"#, entry(0, 8)), 7, "7 of 8 bytes"),
        (
            format!(r#"{{"a":{}}}"#, entry(0, 12)),
            12,
            "another size than its shape",
        ),
        (
            format!(r#"{{"a":{}}}"#, entry(8, 0)),
            8,
            "not where they should be",
        ),
        (r#"{"a":7}"#.into(), 0, "a: invalid type"),
        (r#"{"a":"#.into(), 0, "not a whole safetensors file"),
    ] {
        let error = weights_in(&safetensors(&header, num_bytes), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{header}: {error}");
    }
}

#[test]
fn of_files_that_an_index_names_only_those_beside_it_are_read() {
    let shard = foreign("")
        .into_iter()
        .find(|file| file.ends_with("model-00001-of-00002.safetensors"));
    let error = taken(&shard.unwrap()).unwrap_err().to_string();
    assert!(
        error.ends_with("it is one of several files: give the .index.json beside them"),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    for (map, said) in [
        (
            r#"{"1.weight": "../plain.safetensors"}"#,
            "no file beside it",
        ),
        (r#"{"1.weight": "/etc/passwd"}"#, "no file beside it"),
        (r#"{"1.weight": ""}"#, "no file beside it"),
        (
            r#"{"1.weight": "none.safetensors"}"#,
            "names none.safetensors, which cannot be read",
        ),
        (r#"{"1.weight": "a", "1.weight": "b"}"#, "twice"),
    ] {
        let index = folder.path().join("model.safetensors.index.json");
        fs::write(&index, format!(r#"{{"weight_map": {map}}}"#)).unwrap();
        let error = taken(&index).unwrap_err().to_string();
        assert!(error.contains(said), "{map}: {error}");
    }
}

fn naming(rename: &[&str], ignore: &[&str], match_shapes: bool) -> Naming {
    Naming {
        rename: rename.iter().map(|text| text.parse().unwrap()).collect(),
        ignore: ignore.iter().map(ToString::to_string).collect(),
        match_shapes,
        ..Naming::default()
    }
}

/// The weights in a file whose tensors have these names in place of the model's modules, and more beside.
fn named(modules: [&str; 2], beside: &[&str], naming: &Naming) -> Result<Taken, ExchangeError> {
    let weights = Weights::of(&small().init_with_seed::<Flex>(1, &FlexDevice).unwrap());
    let tensors = to_pytorch(&small(), &weights)
        .into_iter()
        .map(|(name, data)| {
            let (module, last) = name.split_once('.').unwrap();
            let module = modules[usize::from(module == "3")];
            (format!("{module}.{last}"), data)
        });
    let beside = beside
        .iter()
        .map(|name| (name.to_string(), TensorData::from([1.0f32])));
    let bytes = pytorch_file::write(&tensors.chain(beside).collect::<Vec<_>>()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let taken = StateDict::open(file.path())?.weights(&small(), naming)?;
    assert!(taken.weights == weights);
    Ok(taken)
}

#[test]
fn other_names_are_proposed_by_their_shapes_and_taken_if_asked_for() {
    let error = named(["fc_in", "out"], &[], &naming(&[], &[], false))
        .unwrap_err()
        .to_string();
    let expected = "all shapes fit in order, if fc_in is 1, out is 3: ‘match_shapes’ takes them so";
    assert!(error.contains(expected), "{error}");
    let taken = named(["fc_in", "out"], &[], &naming(&[], &[], true)).unwrap();
    let renamed =
        [("fc_in", "1"), ("out", "3")].map(|(file, own)| (file.to_owned(), own.to_owned()));
    assert_eq!(taken.renamed, renamed);
    // Where something is left over, nothing is proposed.
    let error = named(["fc_in", "out"], &["norm.weight"], &naming(&[], &[], true)).unwrap_err();
    assert!(!error.to_string().contains("match_shapes"), "{error}");
}

#[test]
fn modules_are_renamed_and_tensors_left_out_as_asked_for() {
    for (modules, rename) in [
        (["net.0", "net.2"], ["net.0=1", "net.2=3"].as_slice()),
        (["a.in", "a.out"], &["a.in=1", "out=3"]),
        (["1", "1x"], &["1x=3"]),
        (["3", "1"], &["3=1", "1=3"]),
        (["ema.1", "ema.3"], &["ema="]),
    ] {
        let result = named(modules, &[], &naming(rename, &[], false));
        match modules[0] {
            // Under two prefixes there is no model.
            "a.in" => assert!(result.is_err()),
            _ => assert!(result.is_ok(), "{modules:?}: {}", result.unwrap_err()),
        }
    }
    let error = named(["1", "3"], &["loss.weight"], &naming(&[], &[], false))
        .unwrap_err()
        .to_string();
    assert!(error.contains("loss.weight is unexpected: if the network computes the same without, leave it out by ‘ignore’"), "{error}");
    for pattern in ["loss.weight", "loss.*", "*weight.*", "lo*s.w*ght", "*loss*"] {
        let result = named(
            ["1", "3"],
            &["loss.weight"],
            &naming(&[], &[pattern], false),
        );
        assert_eq!(result.is_ok(), pattern != "*weight.*", "{pattern}");
    }
    let error = named(["1", "3"], &[], &naming(&["2=3"], &[], false))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no tensor's name has 2, which ‘rename’ names"),
        "{error}"
    );
    let error = named(["1", "3"], &[], &naming(&["1=3"], &[], false))
        .unwrap_err()
        .to_string();
    assert!(error.contains("would both be 3."), "{error}");
}

#[test]
fn layers_of_other_widths_are_told_with_the_way_to_change_the_models_own() {
    let input = ImageShape::new(1, 2, 2);
    let wider = ClassifierConfig::Mlp(MlpConfig::new(input, 3).with_hidden(vec![6]));
    let weights = |file: &str| {
        let files = foreign("reads");
        let file = files.iter().find(|path| path.ends_with(file)).unwrap();
        let result = StateDict::open(file)
            .unwrap()
            .weights(&wider, &Naming::default());
        result.unwrap_err().to_string()
    };
    let own = weights("plain.safetensors");
    let expected = "1.bias has the shape [5] instead of [6], 3.weight has the shape [3, 5] instead of [3, 6]: \
                    ‘set’ changes the model's own settings";
    assert!(own.ends_with(expected), "{own}");
    let other = weights("sequential-in-a-module.pt");
    let expected = "by their order, linear_relu_stack.0.bias has the shape [5] instead of [6], ";
    assert!(other.contains(expected), "{other}");
    assert!(
        other.ends_with("‘set’ changes the model's own settings"),
        "{other}"
    );
}

#[test]
fn what_a_file_says_of_its_images_is_found_and_what_it_says_of_others_is_not() {
    let said = |name: &str| {
        let files = foreign("reads");
        let file = files.iter().find(|path| path.ends_with(name)).unwrap();
        StateDict::open(file).unwrap().normalisation()
    };
    assert_eq!(said("normalised.pt"), Some(Normalisation::IMAGENET));
    assert_eq!(said("normalised-within.pt"), Some(Normalisation::LECTURE));
    // Means of losses, two that differ, and pixels from 0 to 255.
    for name in [
        "normalised-not.pt",
        "normalised-twice.pt",
        "normalised-bytes.pt",
        "plain.safetensors",
    ] {
        assert_eq!(said(name), None, "{name}");
    }
}

#[test]
fn modules_of_one_shape_are_matched_only_if_their_numbers_order_them() {
    let input = ImageShape::new(1, 2, 2);
    let deep = ClassifierConfig::Mlp(MlpConfig::new(input, 3).with_hidden(vec![4, 4]));
    let weights = Weights::of(&deep.init_with_seed::<Flex>(1, &FlexDevice).unwrap());
    let take = |modules: [&str; 3]| {
        let tensors = to_pytorch(&deep, &weights).into_iter();
        let tensors = tensors.map(|(name, data)| {
            let (module, last) = name.split_once('.').unwrap();
            let place = ["1", "3", "5"].iter().position(|own| *own == module);
            (format!("{}.{last}", modules[place.unwrap()]), data)
        });
        let bytes = pytorch_file::write(&tensors.collect::<Vec<_>>()).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let state = StateDict::open(file.path())?;
        state.weights(&deep, &naming(&[], &[], true))
    };
    for modules in [
        ["fc2", "fc10", "out"],
        ["net.2", "net.10", "head"],
        ["7", "8", "9"],
    ] {
        assert!(take(modules).unwrap().weights == weights, "{modules:?}");
    }
    for modules in [["entry", "middle", "exit"], ["b", "a", "out"]] {
        assert!(take(modules).is_err(), "{modules:?}");
    }
}
