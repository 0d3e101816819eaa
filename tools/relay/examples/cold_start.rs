//! How long each function takes from its start to its first answer, and how much memory
//! it holds then: `scripts/cold-start`.

#![allow(
    clippy::disallowed_methods,
    reason = "programs are started with the environment of this one"
)]

use std::{
    error::Error,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use domain::pipeline::Pipeline;

const RUNS: usize = 21;

/// The longest time that one start may take.
const START_TIMEOUT: Duration = Duration::from_secs(10);

struct Start {
    answered: Duration,
    resident_kib: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let program = std::env::args().nth(1).ok_or("which program?")?;
    let mut slow = Vec::new();
    let mut table = b"function      first answer    resident\n".to_vec();
    for name in Pipeline::ours().functions.keys() {
        let starts: Result<Vec<Start>, _> = (0..RUNS).map(|_| start(&program, name)).collect();
        let starts = starts?;
        let answered = median(starts.iter().map(|start| start.answered.as_micros()));
        let resident = median(starts.iter().map(|start| u128::from(start.resident_kib)));
        writeln!(
            table,
            "{name:<12} {:>7}.{} ms {:>6}.{} MiB",
            answered / 1_000,
            answered / 100 % 10,
            resident >> 10,
            (resident & 1_023) * 10 / 1_024,
        )?;
        if answered > 30_000 {
            slow.push(name.clone());
        }
    }
    std::io::stdout().write_all(&table)?;
    if slow.is_empty() {
        Ok(())
    } else {
        Err(format!("over 30 ms: {}", slow.join(", ")).into())
    }
}

fn median(values: impl Iterator<Item = u128>) -> u128 {
    let mut values: Vec<u128> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// Starts a function with settings as in the cloud, and asks until it answers.
fn start(program: &str, name: &str) -> Result<Start, Box<dyn Error>> {
    let free = TcpListener::bind("127.0.0.1:0")?;
    let address = free.local_addr()?;
    drop(free);
    let begun = Instant::now();
    let mut child = command(program, name, address.port()).spawn()?;
    let answered = loop {
        if answers(address).is_some() {
            break begun.elapsed();
        }
        if begun.elapsed() > START_TIMEOUT || child.try_wait()?.is_some() {
            return Err(format!("{name} does not answer").into());
        }
    };
    let resident_kib = resident(&child)?;
    child.kill()?;
    child.wait()?;
    Ok(Start {
        answered,
        resident_kib,
    })
}

fn command(program: &str, name: &str, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .arg(name)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("PORT", port.to_string())
        .env("HOST", "127.0.0.1")
        .env("GCS_PROJECT_ID", "p")
        .env("GCS_BUCKET_NAME", "u")
        .env("GCS_ARTIFACTS_BUCKET_NAME", "a")
        .env("CLOUD_TASKS_LOCATION", "europe-west1")
        .env("TASKS_SERVICE_ACCOUNT", "t@p.iam.gserviceaccount.com")
        .env(
            "FUNCTION_URLS",
            "analyze=https://a.example,notify=https://n.example,report=https://r.example,\
             transcribe=https://t.example,waveform=https://w.example",
        )
        .env("SIGNING_SECRET", "0123456789abcdef0123456789abcdef")
        .env("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .stdout(Stdio::null())
        .stdin(Stdio::null());
    command
}

fn answers(address: std::net::SocketAddr) -> Option<()> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.1 200").then_some(())
}

fn resident(child: &Child) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.ok_or("no VmRSS")?.parse()?)
}
