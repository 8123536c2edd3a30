// Made by scripts/edition.py from models/: not to be edited.

/// The known names, those most like `wanted` first, for a message that nothing has the wanted name.
///
/// Two names are the more alike the fewer letters have to be changed, added, removed or swapped, as a share of the
/// longer name; upper and lower case are the same. Names that are equally unlike keep their order.
pub fn nearest_first<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let likeness =
        |name: &str| strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase());
    let mut known: Vec<_> = known
        .into_iter()
        .map(|name| (likeness(name), name))
        .collect();
    known.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    known.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest_first;

    #[test]
    fn the_first_name_is_the_one_that_was_meant() {
        let datasets = ["fashion-mnist", "cifar-10", "synthetic", "synthetic-rgb"];
        let models = ["mlp-relu", "mlp-relu-2", "cnn", "cnn-maxpool", "resnet-20"];
        let weights = [
            "cnn.fashion-mnist",
            "mlp-relu.fashion-mnist.lecture",
            "mlp-relu.fashion-mnist",
        ];
        let backends = ["flex", "ndarray", "libtorch", "wgpu", "rocm"];
        let options = ["threads", "batch-size", "epochs"];
        for (known, wanted, meant) in [
            (datasets.as_slice(), "mnist", "fashion-mnist"),
            (&datasets, "CIFRA10", "cifar-10"),
            (&datasets, "cifar-100", "cifar-10"),
            (&models, "mlp-rely-2", "mlp-relu-2"),
            (&models, "mlp", "mlp-relu"),
            (&models, "cnn_maxpol", "cnn-maxpool"),
            (&weights, "mlp-relu.fashion", "mlp-relu.fashion-mnist"),
            (&backends, "libtroch", "libtorch"),
            (&backends, "torch", "libtorch"),
            (&options, "batch_size", "batch-size"),
            (&options, "epoch", "epochs"),
        ] {
            let found = nearest_first(wanted, known.iter().copied());
            assert_eq!(found[0], meant, "{wanted}");
            assert_eq!(found.len(), known.len());
        }
    }

    #[test]
    fn names_that_are_equally_unlike_keep_their_order() {
        for wanted in ["", "🦀", "-"] {
            assert_eq!(nearest_first(wanted, ["b", "a"]), ["b", "a"]);
        }
    }
}
