//! The comparison of an observation with the reference, and its tolerances: they are defined here and nowhere else.
//!
//! A relative error is the sum of the absolute differences over the sum of the exact values' absolute
//! values, for a change of weights over the sum of the exact changes. The tolerance is not chosen by hand but follows
//! from the model, its weights and images:
//!
//! | quantity | tolerance |
//! |---|---|
//! | logits, losses, gradients | 4 × its change by shaking, + 8 roundings |
//! | changes of weights | the same, + one rounding of each weight in each step |
//!
//! * *Shaking*: the reference is computed again four times with every weight moved by as much as the
//!   roundings of a float32 sum amount to, and Adam's steps by the roundings of its scalars; see
//!   `reference.rs`. Backends sum in different orders and in blocks, and the backward pass adds
//!   roundings of its own: hence 4 ×.
//! * *8 roundings* (8 · 2⁻²⁴): of the loss's exponentials and logarithm, and of the result itself.
//! * *A rounding of each weight a step*: weights are stored as float32, and a step of 10⁻⁵ changes
//!   little of them.
//!
//! A gradient whose tolerance is larger than 5 · 10⁻⁴ cannot be judged, and that is a breach too.
//!
//! A device that multiplies in TF32 or in 16-bit floats is held to the roundings of those: a product's instead of the 8 of
//! the result, and gradients are judged up to a tolerance of a quarter, in bf16 of a half: so much do they change where the
//! input of a ReLU changes its sign, the less the more images there are. What the steps change of the loss is then lost in
//! roundings, and what they change of the weights shows whether it learns.

use super::reference::{Difference, ROUNDOFF, Reference, of_a_product};
use crate::backend::Arithmetic;
use crate::numbers::{figure, figures};
use burn_zoo_steps::{Observation, Tensors};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The factor from the change by shaking to the tolerance.
const SAFETY: f64 = 4.0;
/// The largest change of a gradient by shaking with which it can be judged in float32.
pub(super) const SHARP: f64 = (blunt(Arithmetic::Float32) - result(Arithmetic::Float32)) / SAFETY;

/// The roundings of the result itself, or of its last factors.
const fn result(arithmetic: Arithmetic) -> f64 {
    match arithmetic {
        Arithmetic::Float32 => 8.0 * ROUNDOFF,
        _ => of_a_product(arithmetic),
    }
}

/// The largest tolerance of a gradient that still separates a right backend from a wrong one.
const fn blunt(arithmetic: Arithmetic) -> f64 {
    match arithmetic {
        Arithmetic::Float32 => 5e-4,
        Arithmetic::Tf32 | Arithmetic::F16 => 0.25,
        Arithmetic::Bf16 => 0.5,
    }
}

/// A quantity that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// The logits of the first batch.
    Logits,
    /// The loss before a step, and after the last.
    Loss,
    /// A parameter's gradient in the first step.
    Gradient,
    /// A parameter's change in the first step.
    FirstUpdate,
    /// A parameter's change in all steps.
    Update,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Logits => "the logits",
            Self::Loss => "the loss",
            Self::Gradient => "the gradient",
            Self::FirstUpdate => "the first Adam step",
            Self::Update => "all Adam steps",
        })
    }
}

/// The comparison of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The quantity.
    pub quantity: Quantity,
    /// Its parameter, or the batch of its step.
    pub of: Option<String>,
    /// The largest absolute difference.
    #[serde(with = "figure")]
    pub largest_absolute: f64,
    /// The relative error.
    #[serde(with = "figure")]
    pub relative: f64,
    /// The tolerance of the relative error.
    #[serde(with = "figure")]
    pub allowed: f64,
}

impl Check {
    /// Whether the error is within the tolerance; NaN is not.
    pub fn holds(&self) -> bool {
        self.relative <= self.allowed
    }
}

/// The result of the comparison of an observation with the reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The arithmetic whose roundings are tolerated.
    #[serde(default)]
    pub arithmetic: Arithmetic,
    /// Every comparison.
    pub checks: Vec<Check>,
    /// The number of images of the first batch with the same predicted class as in the reference.
    pub same_answers: usize,
    /// The number of images of the first batch.
    pub images: usize,
    /// The loss of the first batch before and after the steps.
    #[serde(with = "figures")]
    pub learned: [f64; 2],
    /// The differences beyond the tolerance, a sentence each.
    pub breaches: Vec<String>,
}

impl Verdict {
    /// Compares an observation with the reference of the same task.
    pub fn of(seen: &Observation, reference: &Reference) -> Self {
        let checks = compare(seen, reference);
        let mut breaches = Vec::new();
        let mut unjudged: Vec<(&str, f64)> = Vec::new();
        let exact = &reference.exact;
        let arithmetic = reference.arithmetic;
        if seen.initial_weights_sha256 != exact.initial_weights_sha256 {
            breaches.push("it began with other weights".into());
        }
        for check in &checks {
            let of = check.of.as_deref();
            let what = of.map_or(check.quantity.to_string(), |of| {
                format!("{} of {of}", check.quantity)
            });
            if check.quantity == Quantity::Gradient && check.allowed > blunt(arithmetic) {
                unjudged.push((of.unwrap_or_default(), check.allowed));
            }
            if !check.holds() {
                breaches.push(if check.relative.is_infinite() {
                    format!("{what} is missing or has another size")
                } else {
                    format!(
                        "{what} is off by {:.1e}, the tolerance is {:.1e}",
                        check.relative, check.allowed
                    )
                });
            }
        }
        breaches.extend(cannot_be_judged(&unjudged, arithmetic));
        let answers = answers(seen, reference);
        let scale = exact
            .logits
            .iter()
            .fold(0.0, |scale: f64, logit| scale.max(logit.abs()));
        for &(image, margin) in &answers.different {
            // Two logits that are equal within the tolerance may change places.
            if margin > 2.0 * checks[0].allowed * scale {
                breaches.push(format!(
                    "image {image} of the first batch is classified differently"
                ));
            }
        }
        breaches.extend(learned_nothing(reference));
        let learned = |seen: &Observation| {
            let first = seen.losses.first().copied().unwrap_or(f64::NAN);
            [first, seen.losses.last().copied().unwrap_or(f64::NAN)]
        };
        Self {
            arithmetic,
            same_answers: answers.images - answers.different.len(),
            images: answers.images,
            learned: learned(seen),
            checks,
            breaches,
        }
    }

    /// Whether the backend computes the same function as float64, within the tolerance of its arithmetic.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }

    /// Of the comparisons of a quantity, the one that is nearest to its tolerance, or furthest beyond it.
    pub fn worst(&self, quantity: Quantity) -> Option<&Check> {
        let checks = self.checks.iter();
        let checks = checks.filter(|check| check.quantity == quantity);
        checks.max_by(|a, b| (a.relative / a.allowed).total_cmp(&(b.relative / b.allowed)))
    }
}

/// The parameters whose gradients an arithmetic may change by too much, with the tolerances that they would need.
fn cannot_be_judged(unjudged: &[(&str, f64)], arithmetic: Arithmetic) -> Option<String> {
    let &(worst, most) = unjudged.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let others = match unjudged.len() - 1 {
        0 => String::new(),
        1 => " and of another parameter".into(),
        others => format!(" and of {others} other parameters"),
    };
    let advice = match arithmetic {
        Arithmetic::Float32 => "try another seed or batch size",
        _ => "try larger batches",
    };
    Some(format!(
        "the gradient of {worst}{others} cannot be judged: {} alone may change it by {most:.1e}; {advice}",
        arithmetic.name()
    ))
}

fn compare(seen: &Observation, reference: &Reference) -> Vec<Check> {
    let Reference {
        exact,
        initial,
        shaken,
        arithmetic,
        ..
    } = reference;
    let check = |quantity, of, difference, shaken| {
        check(quantity, of, difference, allowed(shaken, *arithmetic))
    };
    let mut checks = Vec::new();
    let difference = Difference::of(&seen.logits, &exact.logits, None);
    checks.push(check(Quantity::Logits, None, difference, shaken.logits));
    for (step, &loss) in exact.losses.iter().enumerate() {
        let seen = seen.losses.get(step).map_or(&[][..], std::slice::from_ref);
        let of = Some(if step + 1 == exact.losses.len() {
            "the first batch after all steps".into()
        } else {
            format!("batch {}", step + 1)
        });
        let difference = Difference::of(seen, &[loss], None);
        checks.push(check(Quantity::Loss, of, difference, shaken.losses[step]));
    }
    for (name, exact) in &exact.gradients {
        let difference = Difference::of(tensor(&seen.gradients, name), exact, None);
        let shaken = shaken.gradients[name];
        checks.push(check(
            Quantity::Gradient,
            Some(name.clone()),
            difference,
            shaken,
        ));
    }
    let steps = exact.losses.len() - 1;
    for (quantity, seen, exact, shaken, steps) in [
        (
            Quantity::FirstUpdate,
            &seen.after_first,
            &exact.after_first,
            &shaken.first_update,
            1,
        ),
        (
            Quantity::Update,
            &seen.after_last,
            &exact.after_last,
            &shaken.update,
            steps,
        ),
    ] {
        let tolerance = |name: &str| allowed(shaken[name], *arithmetic);
        checks.extend(updates(quantity, [seen, exact, initial], tolerance, steps));
    }
    checks
}

fn updates(
    quantity: Quantity,
    [seen, exact, initial]: [&Tensors; 3],
    tolerance: impl Fn(&str) -> f64,
    steps: usize,
) -> Vec<Check> {
    let checks = exact.iter().map(|(name, exact)| {
        let initial = tensor(initial, name);
        let difference = Difference::of(tensor(seen, name), exact, Some(initial));
        let stored: f64 = initial.iter().map(|weight| weight.abs()).sum();
        let stored = steps as f64 * ROUNDOFF * stored / difference.exact;
        let allowed = tolerance(name) + stored;
        check(quantity, Some(name.clone()), difference, allowed)
    });
    checks.collect()
}

/// The tolerance of a quantity that shaking changes by so much.
fn allowed(shaken: f64, arithmetic: Arithmetic) -> f64 {
    SAFETY * shaken + result(arithmetic)
}

fn check(quantity: Quantity, of: Option<String>, difference: Difference, allowed: f64) -> Check {
    Check {
        quantity,
        of,
        largest_absolute: difference.largest,
        relative: difference.relative(),
        allowed,
    }
}

fn tensor<'a>(tensors: &'a Tensors, name: &str) -> &'a [f64] {
    tensors.get(name).map_or(&[], Vec::as_slice)
}

struct Answers {
    images: usize,
    /// Images that are classified differently, each with the difference of the two classes' logits in the reference.
    different: Vec<(usize, f64)>,
}

fn answers(seen: &Observation, reference: &Reference) -> Answers {
    let exact = &reference.exact.logits;
    let classes = reference.num_classes;
    let mut different = Vec::new();
    for (image, exact) in exact.chunks_exact(classes).enumerate() {
        let seen = seen.logits.get(image * classes..).unwrap_or_default();
        let (mine, right) = (largest(&seen[..classes.min(seen.len())]), largest(exact));
        if mine != right {
            let apart = mine.map_or(f64::INFINITY, |mine| {
                exact[right.unwrap_or(0)] - exact[mine]
            });
            different.push((image + 1, apart));
        }
    }
    Answers {
        images: exact.len() / classes,
        different,
    }
}

/// The index of the largest number.
fn largest(numbers: &[f64]) -> Option<usize> {
    (0..numbers.len()).max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
}

/// The largest relative error of a loss that is allowed.
fn allowed_loss(reference: &Reference) -> f64 {
    let losses = reference.shaken.losses.iter();
    losses
        .map(|&shaken| allowed(shaken, reference.arithmetic))
        .fold(0.0, f64::max)
}

/// Whether the steps change the loss by so much more than the roundings do that a backend that learned nothing
/// would be found.
pub(super) fn shows_learning(reference: &Reference) -> bool {
    let losses = &reference.exact.losses;
    match (losses.first(), losses.last()) {
        (Some(before), Some(after)) => {
            (after - before).abs() > 10.0 * allowed_loss(reference) * before
        }
        _ => true,
    }
}

/// The reasons, if any, why these steps would look right even if the model learned nothing.
fn learned_nothing(reference: &Reference) -> Vec<String> {
    let exact = &reference.exact;
    let mut sentences = Vec::new();
    if !reference.batches_differ {
        sentences.push("the steps do not all have different images, so nothing shows whether each step used its own".into());
    }
    if reference.arithmetic == Arithmetic::Float32
        && !shows_learning(reference)
        && let (Some(before), Some(after)) = (exact.losses.first(), exact.losses.last())
    {
        sentences.push(format!(
            "whether it learns cannot be judged: the loss of the first batch was {before} and is {after}, and {} itself may change it by {:.1e}",
            reference.arithmetic.name(),
            allowed_loss(reference) * before
        ));
    }
    let still = exact
        .after_last
        .iter()
        .filter(|(name, after)| reference.initial.get(*name) == Some(*after));
    sentences.extend(
        still.map(|(name, _)| format!("{name} did not change, so nothing shows whether it learns")),
    );
    sentences
}

#[cfg(test)]
mod tests;
