//! Requests as the server sees them.

use std::io::Cursor;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRequest {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// The text fields in order.
    pub(crate) fields: Vec<(String, String)>,
    /// Name and type of the file.
    pub(crate) file: (String, String),
    pub(crate) wav: Vec<u8>,
    /// Bytes of the whole body.
    pub(crate) size: usize,
}

impl RecordedRequest {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Seconds of audio.
    pub(crate) fn seconds(&self) -> f64 {
        let reader = hound::WavReader::new(Cursor::new(&self.wav)).expect("a WAV file");
        assert_eq!(
            (reader.spec().channels, reader.spec().sample_rate),
            (1, 16_000)
        );
        f64::from(reader.duration()) / 16_000.0
    }
}

impl From<&testing::RecordedRequest> for RecordedRequest {
    fn from(request: &testing::RecordedRequest) -> Self {
        let kind = request.header("content-type");
        let boundary = kind.split("boundary=").nth(1).expect("a boundary");
        let authorization = request.headers.get("authorization");
        let body = &request.body[..];
        let mut seen = Self {
            path: request.path.clone(),
            authorization: authorization.map(|value| value.to_str().expect("text").to_owned()),
            fields: Vec::new(),
            file: Default::default(),
            wav: Vec::new(),
            size: body.len(),
        };
        for part in parts(body, format!("--{boundary}").as_bytes()) {
            let split = find(part, b"\r\n\r\n").expect("a header");
            let head = String::from_utf8_lossy(&part[..split]).into_owned();
            let content = &part[split + 4..part.len() - 2];
            let name = quoted(&head, "name=").expect("a name");
            if let Some(file) = quoted(&head, "filename=") {
                assert_eq!(name, "file");
                let kind = head.split("Content-Type: ").nth(1).expect("a type");
                seen.file = (file, kind.trim().to_owned());
                seen.wav = content.to_vec();
            } else {
                let value = String::from_utf8(content.to_vec()).expect("text");
                seen.fields.push((name, value));
            }
        }
        seen
    }
}

fn quoted(head: &str, key: &str) -> Option<String> {
    let rest = head.split(&format!(" {key}\"")).nth(1)?;
    rest.split('"').next().map(str::to_owned)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut rest = &body[find(body, boundary).expect("a boundary") + boundary.len()..];
    while let Some(end) = find(rest, boundary) {
        found.push(&rest[2..end]);
        rest = &rest[end + boundary.len()..];
    }
    found
}
