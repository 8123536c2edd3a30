//! The program as its users meet it: every test runs `zoo` and looks at what it says and writes.

mod backends;
mod bench;
mod compare;
mod completions;
mod data;
mod doctor;
mod evaluate;
mod export;
mod import;
mod job;
mod limits;
mod list;
mod options;
mod output;
mod parity;
mod predict;
mod publish;
mod report;
mod runs;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod train;
mod visualize;
