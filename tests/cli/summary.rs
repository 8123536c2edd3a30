//! `zoo summary`.

use crate::support::*;

#[test]
fn the_summary_of_the_cnn_has_the_lectures_totals() {
    let summary = output_of(&mut zoo("summary cnn"));
    for line in [
        "Conv2d-7            [-1, 256, 4, 4]       1,605,888",
        "Linear-10                  [-1, 128]         524,416",
        "Total params: 2,635,146",
        "Trainable params: 2,635,146",
        "Forward/backward pass size (MB): 0.78",
        "Params size (MB): 10.05",
        "Estimated Total Size (MB): 10.83",
    ] {
        assert!(summary.contains(line), "without {line:?}: {summary}");
    }
}

#[test]
fn the_summary_takes_the_images_of_the_data_set() {
    let summary = output_of(&mut zoo("summary cnn --dataset cifar-10"));
    assert!(summary.contains("Total params: 4,211,146"), "{summary}");
}
