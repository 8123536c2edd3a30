//! `zoo list`, and the weights that come with the zoo.

use crate::support::data::write_fashion_mnist;
use crate::support::*;
use burn_zoo_models::MODELS;
use serde_json::Value;
use std::collections::BTreeSet;
use tempfile::tempdir;

#[test]
fn the_list_names_every_model_with_its_parameters() {
    let list = output_of(&mut zoo("list"));
    for model in MODELS {
        let line = format!("{} ", model.id);
        assert!(list.lines().any(|row| row.starts_with(&line)), "{list}");
    }
    for parameters in ["203,530", "2,635,146", "4,211,146"] {
        assert!(list.contains(parameters), "{list}");
    }
}

#[test]
fn the_list_as_json_holds_every_model_with_its_parameters_and_recipe() {
    let list: Vec<Value> = serde_json::from_str(&output_of(&mut zoo("list --json"))).unwrap();
    let ids: BTreeSet<_> = list.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, MODELS.iter().map(|spec| spec.id).collect());
    assert_eq!(list.len(), MODELS.len());
    for (model, grey, colour) in [
        ("mlp-relu", 203_530, 789_258),
        ("mlp-relu-3", 335_114, 920_842),
        ("cnn", 2_635_146, 4_211_146),
    ] {
        let row = list.iter().find(|row| row["id"] == model).unwrap();
        assert_eq!(row["parameters"]["fashion-mnist"], grey, "{model}");
        assert_eq!(row["parameters"]["cifar-10"], colour, "{model}");
        assert_eq!(row["recipe"]["batch_size"], 1024, "{model}");
        assert_eq!(row["recipe"]["num_epochs"], 10, "{model}");
    }
}

#[test]
fn weights_that_come_with_the_zoo_are_listed_and_taken_by_their_names() {
    let list: Vec<Value> = serde_json::from_str(&output_of(&mut zoo("list --json"))).unwrap();
    let weights = list
        .iter()
        .flat_map(|row| row["weights"].as_array().unwrap());
    let ids: Vec<_> = weights
        .map(|weights| weights["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"mlp-relu.fashion-mnist"), "{ids:?}");
    let table = output_of(&mut zoo("list"));
    assert!(ids.iter().all(|id| table.contains(id)), "{table}");

    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 40);
    let words = "evaluate mlp-relu.fashion-mnist --backend flex --json --data-dir";
    let report: Value = serde_json::from_str(&output_of(zoo(words).arg(folder.path()))).unwrap();
    assert_eq!(report["weights"], "the zoo's weights");
    assert_eq!(report["images"], 40);
    let expected = ["neither a run folder", "those are mlp-relu.fashion-mnist,"];
    refused(&mut zoo("evaluate mlp-relu.fashion"), &expected);
    let words = "export mlp-relu.fashion-mnist --format onnx --weights best";
    refused(
        &mut zoo(words),
        &["comes with the zoo", "leave --weights out"],
    );
}
