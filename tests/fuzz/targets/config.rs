#![no_main]
//! A run's configuration.

use burn_zoo::run::read_config;
use burn_zoo_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = read_config(&file("config.json", bytes)) else {
        return;
    };
    config.dataset.normalisation();
    config.recipe_in_words();
    let identity = config.identity();
    let written = serde_json::to_vec(&config).expect("a configuration is JSON");
    let again = read_config(&file("again.json", &written)).expect("it was written by the zoo");
    assert_eq!(again.identity(), identity);
});
