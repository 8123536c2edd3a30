//! Pickles that are no batches, or would do harm in Python.

use super::*;

fn problem(pickle: &[u8]) -> String {
    match Pickle::read(pickle) {
        Err(problem) => problem,
        Ok(pickle) => pickle.array("data").unwrap_err(),
    }
}

#[test]
fn a_pickle_that_calls_anything_else_is_an_error() {
    for (pickle, expected) in [
        // os.system("true"), as Python 2 and 3 write it.
        (
            &b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."[..],
            "would call posix.system",
        ),
        (
            b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
            "would call posix.system",
        ),
        (
            b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.",
            "__builtin__.eval",
        ),
        (b"\x80\x02cnumpy\nload\nX\x01\0\0\0a\x85R.", "numpy.load"),
        (b"\x80\x02c\x1b[2J\nx\n)R.", "\\x1b[2J.x"),
        // By the instructions INST, OBJ, NEWOBJ, PERSID, EXT1.
        (
            b"\x80\x02(X\x04\0\0\0trueiposix\nsystem\n.",
            "the instruction 0x69",
        ),
        (b"\x80\x02(cposix\nsystem\no.", "posix.system"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "the instruction 0x81"),
        (b"\x80\x02P1\n.", "the instruction 0x50"),
        (b"\x80\x02\x82\x01.", "the instruction 0x82"),
        (b"\x80\x02K\x01)R.", "what is no function"),
        (b"\x80\x02]}b.", "would change what is no array"),
    ] {
        let text = problem(pickle);
        assert!(text.contains(expected), "{expected:?} not in: {text}");
    }
}

#[test]
fn what_is_no_batch_is_an_error() {
    for (pickle, expected) in [
        (&b""[..], "no pickle"),
        (b"(dp0\n.", "no pickle in one of the protocols 2 to 5"),
        (b"\x80\x02].", "something else than a dictionary"),
        (b"\x80\x02}.", "has no data but nothing"),
        (b"\x80\x02}U\x04dataK\x01s.", "data is no array"),
        (b"\x80\x02}U\x04data]Ns.", "cut short or damaged"),
        (b"\x80\x02}(U\x04data](Neu.", "not all whole numbers"),
        (b"\x80\x02}.more", "goes on"),
        (b"\x80\x02}}.", "cut short or damaged"),
        (
            b"\x80\x02}(U\x0bfine_labels]u.",
            "has no data but fine_labels",
        ),
        (
            b"\x80\x02}(U\x04datacnumpy\nndarray\n)Ru.",
            "no whole array",
        ),
        (b"\x80\x02X\xff\xff\xff\xff.", "cut short"),
        (
            b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
            "cut short",
        ),
        (b"\x80\x02h\x07.", "cut short"),
        (b"\x80\x02(.", "cut short"),
        (b"\x80\x02\x85.", "cut short"),
        (b"\x80\x02\x8a\0.", "something else than a dictionary"),
    ] {
        let text = problem(pickle);
        assert!(text.contains(expected), "{expected:?} not in: {text}");
    }
}

#[test]
fn no_pickle_is_too_deep_or_takes_more_memory_than_its_size() {
    for step in [&b"\x85"[..], b"h\0\x86", b"(]", b"N"] {
        for count in [100_000, 3_000_000] {
            let mut pickle = b"\x80\x02)q\0".to_vec();
            pickle.extend(step.repeat(count));
            pickle.push(b'.');
            assert!(!problem(&pickle).is_empty());
        }
    }
    // A list that holds itself.
    assert!(!problem(b"\x80\x02]q\0h\0a.").is_empty());
    assert!(!problem(b"\x80\x02}q\0U\x04datah\0s.").is_empty());
}
