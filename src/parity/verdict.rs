//! How far an observation is from the reference, and how far it may be: the one place of tolerances.
//!
//! A relative error is the sum of the absolute differences over the sum of the exact values' absolute
//! values, for a change of weights over the sum of the exact changes. What is allowed is not chosen by
//! hand but follows from the model, its weights and images:
//!
//! | quantity | allowed |
//! |---|---|
//! | logits, losses, gradients | 4 × what shaking moved it by, + 8 roundings |
//! | changes of weights | the same, + a rounding of each weight a step |
//!
//! * *Shaking*: the reference is computed again four times with every weight moved by as much as the
//!   roundings of a float32 sum amount to, and Adam's steps by the roundings of its scalars; see
//!   `reference.rs`. Backends sum in different orders and in blocks, and the backward pass adds
//!   roundings of its own: hence 4 ×.
//! * *8 roundings* (8 · 2⁻²⁴): of the loss's exponentials and logarithm, and of the result itself.
//! * *A rounding of each weight a step*: weights are stored as float32, and a step of 10⁻⁵ changes
//!   little of them.
//!
//! A gradient for which this comes to more than 5 · 10⁻⁴ cannot be judged, and that is a breach too.

use super::reference::{Difference, ROUNDOFF, Reference};
use super::{Observation, Tensors};
use crate::numbers::{each_or_nan, or_nan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many times what shaking moved a quantity by it may be off.
const SAFETY: f64 = 4.0;
/// Roundings of a result itself.
const RESULT: f64 = 8.0 * ROUNDOFF;
/// The largest error of a gradient that still tells a right backend from a wrong one.
const BLUNT: f64 = 5e-4;
/// What shaking may move a gradient by so that it can be judged.
pub(super) const SHARP: f64 = (BLUNT - RESULT) / SAFETY;

/// What is compared.
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

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is compared.
    pub quantity: Quantity,
    /// Of which parameter, or of which step's batch.
    pub of: Option<String>,
    /// The largest absolute difference.
    #[serde(deserialize_with = "or_nan")]
    pub largest_absolute: f64,
    /// The relative error.
    #[serde(deserialize_with = "or_nan")]
    pub relative: f64,
    /// The relative error allowed.
    #[serde(deserialize_with = "or_nan")]
    pub allowed: f64,
}

impl Check {
    /// Whether the error is allowed; one that is no number is not.
    pub fn holds(&self) -> bool {
        self.relative <= self.allowed
    }
}

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Every comparison.
    pub checks: Vec<Check>,
    /// Images of the first batch for which the largest logit is that of the reference's class.
    pub same_answers: usize,
    /// Images of the first batch.
    pub images: usize,
    /// The loss of the first batch before and after the steps.
    #[serde(deserialize_with = "each_or_nan")]
    pub learned: [f64; 2],
    /// Everything that is not as it must be, a sentence each.
    pub breaches: Vec<String>,
}

impl Verdict {
    /// Judges an observation of the reference's task.
    pub fn of(seen: &Observation, reference: &Reference) -> Self {
        let checks = compare(seen, reference);
        let mut breaches = Vec::new();
        let exact = &reference.exact;
        if seen.initial_weights_sha256 != exact.initial_weights_sha256 {
            breaches.push("it began with other weights".into());
        }
        for check in &checks {
            let of = check.of.as_deref();
            let what = of.map_or(check.quantity.to_string(), |of| {
                format!("{} of {of}", check.quantity)
            });
            if check.quantity == Quantity::Gradient && check.allowed > BLUNT {
                breaches.push(format!(
                    "{what} cannot be judged: float32 itself may move it by {:.1e}; other images (--seed, --batch-size) may do",
                    check.allowed
                ));
            }
            if !check.holds() {
                breaches.push(if check.relative.is_infinite() {
                    format!("{what} is missing or of another size")
                } else {
                    format!(
                        "{what} is off by {:.1e}, allowed are {:.1e}",
                        check.relative, check.allowed
                    )
                });
            }
        }
        let answers = answers(seen, reference);
        let scale = exact
            .logits
            .iter()
            .fold(0.0, |scale: f64, logit| scale.max(logit.abs()));
        for &(image, margin) in &answers.different {
            // Two logits that are equal to within what is allowed may change places.
            if margin > 2.0 * checks[0].allowed * scale {
                breaches.push(format!(
                    "image {image} of the first batch is put in another class"
                ));
            }
        }
        breaches.extend(learned_nothing(&checks, reference));
        let learned = |seen: &Observation| {
            let first = seen.losses.first().copied().unwrap_or(f64::NAN);
            [first, seen.losses.last().copied().unwrap_or(f64::NAN)]
        };
        Self {
            same_answers: answers.images - answers.different.len(),
            images: answers.images,
            learned: learned(seen),
            checks,
            breaches,
        }
    }

    /// Whether the observation is the reference's function, as exactly as float32 allows.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }

    /// Of the comparisons of a quantity, the one that comes nearest to what is allowed, or is furthest
    /// beyond.
    pub fn worst(&self, quantity: Quantity) -> Option<&Check> {
        let checks = self.checks.iter();
        let checks = checks.filter(|check| check.quantity == quantity);
        checks.max_by(|a, b| (a.relative / a.allowed).total_cmp(&(b.relative / b.allowed)))
    }
}

fn compare(seen: &Observation, reference: &Reference) -> Vec<Check> {
    let Reference {
        exact,
        initial,
        shaken,
        ..
    } = reference;
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
        checks.extend(updates(quantity, [seen, exact, initial], shaken, steps));
    }
    checks
}

fn updates(
    quantity: Quantity,
    [seen, exact, initial]: [&Tensors; 3],
    shaken: &BTreeMap<String, f64>,
    steps: usize,
) -> Vec<Check> {
    let checks = exact.iter().map(|(name, exact)| {
        let initial = tensor(initial, name);
        let difference = Difference::of(tensor(seen, name), exact, Some(initial));
        let stored: f64 = initial.iter().map(|weight| weight.abs()).sum();
        let mut check = check(quantity, Some(name.clone()), difference, shaken[name]);
        check.allowed += steps as f64 * ROUNDOFF * stored / difference.exact;
        check
    });
    checks.collect()
}

fn check(quantity: Quantity, of: Option<String>, difference: Difference, shaken: f64) -> Check {
    Check {
        quantity,
        of,
        largest_absolute: difference.largest,
        relative: difference.relative(),
        allowed: SAFETY * shaken + RESULT,
    }
}

fn tensor<'a>(tensors: &'a Tensors, name: &str) -> &'a [f64] {
    tensors.get(name).map_or(&[], Vec::as_slice)
}

struct Answers {
    images: usize,
    /// Images put in another class than by the reference, and how far apart the two classes' logits
    /// are there.
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

/// Which of the numbers is the largest.
fn largest(numbers: &[f64]) -> Option<usize> {
    (0..numbers.len()).max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]))
}

/// Says why the steps would look right even if they taught the model nothing.
fn learned_nothing(checks: &[Check], reference: &Reference) -> Vec<String> {
    let exact = &reference.exact;
    let mut sentences = Vec::new();
    if !reference.batches_differ {
        sentences.push("the steps do not have different images, so that nothing shows whether each took its own".into());
    }
    if let (Some(before), Some(after)) = (exact.losses.first(), exact.losses.last()) {
        let allowed = checks
            .iter()
            .filter(|check| check.quantity == Quantity::Loss);
        let allowed = allowed.map(|check| check.allowed).fold(0.0, f64::max);
        if (after - before).abs() <= 10.0 * allowed * before {
            sentences.push(format!(
                "nothing was learned: the loss of the first batch was {before} and is {after}"
            ));
        }
    }
    let still = exact
        .after_last
        .iter()
        .filter(|(name, after)| reference.initial.get(*name) == Some(*after));
    sentences.extend(still.map(|(name, _)| {
        format!("{name} did not change, so that nothing shows whether it learns")
    }));
    sentences
}

#[cfg(test)]
mod tests;
