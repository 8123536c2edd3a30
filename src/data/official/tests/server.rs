//! A server on this machine, for tests of downloads.

use crate::data::official::download::DownloadSettings;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server that answers one request after the other with these bytes, then closes the connection.
pub(in crate::data::official) struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(in crate::data::official) fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(&stream).lines();
                let mut lines = lines.map_while(Result::ok).take_while(|l| !l.is_empty());
                seen.lock().unwrap().push(lines.next().unwrap_or_default());
                lines.for_each(drop);
                // A client may close early: that is what some tests are about.
                let _ = stream.write_all(&answer);
            }
        });
        Self { address, requests }
    }

    /// The paths asked for so far.
    pub(in crate::data::official) fn requests(&self) -> Vec<String> {
        let lines = self.requests.lock().unwrap();
        let path = |line: &String| line.split(' ').nth(1).unwrap_or_default().to_owned();
        lines.iter().map(path).collect()
    }
}

pub(in crate::data::official) fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// An answer whose connection is closed after half of what it announces.
pub(in crate::data::official) fn cut(body: &[u8]) -> Vec<u8> {
    let mut bytes = answer("200 OK", body);
    bytes.truncate(bytes.len() - body.len() / 2);
    bytes
}

pub(in crate::data::official) fn hasty() -> DownloadSettings {
    DownloadSettings {
        timeout: Duration::from_secs(5),
        pause: Duration::ZERO,
        proxy: None,
        show_progress: false,
    }
}
