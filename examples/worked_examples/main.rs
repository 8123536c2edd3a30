//! The lecture's worked examples, step by step as the slides have them, on any backend:
//!
//! ```sh
//! cargo run --release --example worked_examples -- libtorch
//! ```

mod steps;

use burn_zoo::backend::{self, Device};
use burn_zoo_models::{ImageShape, ModelError};
use std::error::Error;
use std::process::ExitCode;
use steps::*;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).unwrap_or_else(|| "flex".into());
    // Drivers are asked by a process of their own: the zoo's, if it is built beside this.
    let zoo = std::env::current_exe()?.with_file_name("../zoo");
    let selected = backend::select(&id, None, Some(&zoo))?;
    println!("on {} {}\n", selected.backend.id, selected.info.id);
    convolution(&selected.device);
    from_mlp_to_cnn(&selected.device);
    shapes(&selected.device)?;
    Ok(())
}

fn convolution(device: &Device) {
    println!("# Convolution\n\nData D, 5×5:");
    print_rows(&DATA);
    for kernel in KERNELS {
        println!("\nKernel {}, 3×3, {}; bias 0:", kernel.name, kernel.what);
        print_rows(&kernel.weights);
        for stride in [1, 2] {
            let size = output_size(5, 3, stride);
            println!("\nStride {stride}: S_o = (5 − 3) / {stride} + 1 = {size}");
            let output = convolve(&kernel, stride, device);
            for (row, outputs) in output.iter().enumerate() {
                for (column, m) in outputs.iter().enumerate() {
                    let number = row * size + column + 1;
                    let at = [row * stride, column * stride];
                    println!(
                        "m{number} = {} = {}",
                        terms(&kernel.weights, at),
                        tenths(*m)
                    );
                }
            }
            print_rows(&output);
            let slides = match stride {
                1 => kernel.stride_1.as_flattened(),
                _ => kernel.stride_2.as_flattened(),
            };
            println!("{}", as_expected(&output.concat(), slides));
        }
    }
    println!(
        "\nThe slides print K, but the outputs of K': of all kernels with entries −0.2, −0.1, 0, 0.1 and \
         0.2 only K' gives\nthem. Both have the slides' m1 = −0.1.\n"
    );
}

/// Says whether the outputs are those worked out by hand.
fn as_expected(output: &[f32], expected: &[f32]) -> &'static str {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-6;
    match output.iter().zip(expected).all(near) {
        true => "as worked out by hand",
        false => "NOT as worked out by hand",
    }
}

/// The sum that an output is, as the slides write it.
fn terms(kernel: &[[f32; 3]; 3], [row, column]: [usize; 2]) -> String {
    let products = (0..9).map(|place| {
        let (y, x) = (place / 3, place % 3);
        format!("{}×{:.1}", DATA[row + y][column + x], kernel[y][x])
    });
    products.collect::<Vec<_>>().join(" + ")
}

fn print_rows<Row: AsRef<[f32]>>(rows: &[Row]) {
    for row in rows {
        let cells = row
            .as_ref()
            .iter()
            .map(|&value| format!("{:>5}", tenths(value)));
        println!("   {}", cells.collect::<String>());
    }
}

/// A number to one decimal, without a minus before zero.
fn tenths(value: f32) -> String {
    format!("{:.1}", (value * 10.0).round() / 10.0 + 0.0)
}

fn from_mlp_to_cnn(device: &Device) {
    println!("# From MLP to CNN\n\nData 3×3×1, v1 … v9: {V:?}");
    println!("Kernel 2×2×1, w1 … w4: {W:?}, bias b = {BIAS}: 5 parameters");
    for (number, [a, b, c, d]) in [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]
        .into_iter()
        .enumerate()
    {
        println!(
            "m{} = v{a}·w1 + v{b}·w2 + v{c}·w3 + v{d}·w4 + b",
            number + 1
        );
    }
    println!("As a convolution:  {:?}", from_convolution(device));
    println!(
        "As a dense layer:  {:?}, whose weights [9, 4] are",
        from_dense(device)
    );
    print_rows(&dense_weights());
    println!();
}

fn shapes(device: &Device) -> Result<(), ModelError> {
    println!("# Shapes, (height, width, channels)\n");
    for example in SHAPES {
        let (output, num_params) = example.compute(device);
        println!(
            "{:?} with {} kernel{} {:?} → {output:?}, {num_params} parameters{}",
            example.data,
            example.kernels,
            if example.kernels == 1 { "" } else { "s" },
            example.kernel,
            match (output, num_params) == (example.output, example.num_params) {
                true => "",
                false => ": NOT as on the slides",
            }
        );
    }
    let images = ImageShape::new(3, 32, 32);
    let error = images.check([1, 1, 32, 32]).err();
    println!(
        "\nThe channels of the kernel must equal the channels of the data: anything else is an error."
    );
    println!(
        "   {}",
        error.map_or(String::new(), |error| error.to_string())
    );
    Ok(())
}
