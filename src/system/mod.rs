//! The operating system: files that are written whole, locks, memory, standard output, time.

pub mod files;
pub mod memory;
pub mod output;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Does something, and logs how long it took: `timed("reading the data", || …)`.
pub fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = run();
    log::debug!("{name} took {:.2} s", begun.elapsed().as_secs_f64());
    done
}

/// The result, or the message of a panic.
pub(crate) fn caught<T>(compute: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(compute)).map_err(|panic| message(panic.as_ref()))
}

/// A panic's message in one line, without LibTorch's list of the functions that it was in.
pub fn message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or(panic.downcast_ref::<&str>().copied());
    let message = message.unwrap_or_default();
    // As text, or within an error that is printed for developers.
    let message = match message.split_once("Exception raised from ") {
        Some((reason, _)) => reason.trim_end_matches("\\n"),
        None => message,
    };
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_panic_in_libtorch_its_reason_is_told() {
        let reason = "The size of tensor a (2) must match the size of tensor b (3)";
        let whole = format!("{reason}\nException raised from infer_size at a.cpp:35:\nframe #0: x");
        let told = |panic: String| caught(|| std::panic::panic_any(panic)).unwrap_err();
        assert_eq!(told(whole.clone()), reason);
        let printed = told(format!(
            "called `Result::unwrap()`: {:?}",
            Err::<(), _>(whole)
        ));
        assert_eq!(
            printed,
            format!("called `Result::unwrap()`: Err(\"{reason}")
        );
        assert_eq!(told("a\n  b".into()), "a b");
    }
}
