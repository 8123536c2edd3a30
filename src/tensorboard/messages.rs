//! The messages of an event file, as far as scalars need them.
//!
//! Names and numbers of the fields are those of `tensorboard/compat/proto/event.proto` and
//! `summary.proto` in <https://github.com/tensorflow/tensorboard>.

use prost::Message;

/// `SessionLog.SessionStatus.START`: events of this step or a later one, written before, are void.
pub(super) const START: i32 = 1;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    // One of the following, and no other.
    #[prost(string, optional, tag = "3")]
    pub file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    pub session_log: Option<SessionLog>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SessionLog {
    #[prost(int32, tag = "1")]
    pub status: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<Value>,
}

/// `Summary.Value`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(string, tag = "1")]
    pub tag: String,
    /// Also where it is 0, which protobuf would otherwise leave out.
    #[prost(float, optional, tag = "2")]
    pub simple_value: Option<f32>,
}
