//! A provider that answers as it is told, byte by byte, and remembers what it was
//! asked. It speaks just enough HTTP/1.1, because a proper server would not break
//! off in the middle of an answer.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// What is done with a request.
pub enum Answer {
    /// This status, these header lines and this body.
    Whole(u16, &'static str, String),
    /// The connection ends without a word.
    Reset,
    /// The body ends before its length.
    Cut(String),
    /// Nothing ever comes.
    Never,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Whole(
            status,
            "content-type: application/json\r\n",
            body.to_string(),
        )
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// Request line and headers.
    pub head: String,
    pub body: Value,
    pub at: Instant,
}

impl RecordedRequest {
    /// The question's text, at Gemini.
    pub fn question(&self) -> &str {
        self.body["contents"][0]["parts"][0]["text"]
            .as_str()
            .unwrap_or("")
    }

    pub fn config(&self) -> &Value {
        &self.body["generationConfig"]
    }
}

type Script = dyn Fn(usize, &RecordedRequest) -> Answer + Send + Sync;

pub struct Provider {
    pub url: String,
    seen: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl Provider {
    /// Starts to listen; `script` is given the request's number, from 0.
    pub async fn start(
        script: impl Fn(usize, &RecordedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self { url, seen }
    }

    /// The same answer to everything.
    pub async fn always(status: u16, headers: &'static str, body: String) -> Self {
        Self::start(move |_, _| Answer::Whole(status, headers, body.clone())).await
    }

    pub fn seen(&self) -> Vec<RecordedRequest> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<RecordedRequest>>>) {
    let Some(seen) = read(&mut stream).await else {
        return;
    };
    let number = {
        let mut log = log.lock().expect("not poisoned");
        log.push(seen.clone());
        log.len() - 1
    };
    let _ = write(&mut stream, script(number, &seen)).await;
}

async fn read(stream: &mut TcpStream) -> Option<RecordedRequest> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.unwrap_or(0);
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let body = match length {
        0 => Value::Null,
        _ => serde_json::from_slice(&bytes[end..]).ok()?,
    };
    Some(RecordedRequest {
        head,
        body,
        at: Instant::now(),
    })
}

async fn write(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    let (status, headers, body, length) = match answer {
        Answer::Reset => return Ok(()),
        Answer::Never => std::future::pending().await,
        Answer::Cut(body) => (
            200,
            "content-type: application/json\r\n",
            body.clone(),
            body.len() + 100,
        ),
        Answer::Whole(status, headers, body) => (status, headers, body.clone(), body.len()),
    };
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// A finished answer of Gemini's.
pub fn gemini_says(text: &str) -> Value {
    json!({
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": 1000, "candidatesTokenCount": 200,
            "thoughtsTokenCount": 50, "totalTokenCount": 1250
        },
        "modelVersion": "gemini-2.5-flash",
    })
}

/// A finished answer of a chat completion's, without counted tokens.
pub fn chat_says(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "qwen3:8b",
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": text, "refusal": null}
        }],
    })
}
